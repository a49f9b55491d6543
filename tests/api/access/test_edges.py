"""What stands at the edges: hosts, origins, kinds of body, headers, how often and how many at once."""

import asyncio

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.access.turns import MOST_WAITING, Turns
from api.app import create_app
from api.problems import Problem
from api.settings import Settings
from tests.api.access.office import SECRET, open_office

PUBLIC = {"public_url": "https://papers.example.jp", "public_api_url": "https://papers.example.jp:8443"}


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """An office behind a public name."""
    office = open_office(tmp_path_factory.mktemp("public"), with_harbour=False, **PUBLIC)
    with office.client:
        yield office


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"origin": "https://papers.example.jp"}, True),
        ({"origin": "https://papers.example.jp:8443"}, True),
        ({"origin": "http://papers.example.jp"}, False),
        ({"origin": "https://papers.example.jp:9999"}, False),
        ({"origin": "https://papers.example.jp.evil.example"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"host": "evil.example"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({"host": "papers.example.jp.evil.example:8443"}, False),
        ({"host": "papers.example.jp:8443"}, True),
    ],
)
def test_hosts_and_origins_are_compared_to_the_letter_whatever_the_method(public, method, headers, is_let_in):
    response = public.call("reader", method, "/v1/documents", headers=headers)
    if method == "HEAD":  # which has no body to say why; that a GET would do it is not asked
        assert response.status_code == 405 if is_let_in else response.status_code in (400, 403)
    else:
        kind = response.json().get("type", "")
        assert kind.endswith(("host-not-allowed", "origin-not-allowed")) is not is_let_in


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8501", 200),  # the page
        ("http://localhost:8000", 200),  # the API's own documentation
        ("http://testserver", 200),  # wherever it is called
        ("http://127.0.0.1:3000", 403),  # another program of this machine
        ("http://127.0.0.1.evil.example:8501", 403),
        ("file://127.0.0.1", 403),
    ],
)
def test_on_ones_own_machine_a_page_of_another_program_is_refused(assistant, tmp_path, origin, status):
    with TestClient(create_app(assistant, Settings(index=tmp_path / "index"))) as client:
        assert client.get("/v1/documents", headers={"origin": origin}).status_code == status


def test_what_a_form_can_send_without_asking_changes_nothing(office):
    """A "simple" request is text/plain, a form or multipart without headers of its own; a credential is none of it."""
    document = office.papers["welfare"][0]
    body = b'{"title": "changed"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = office.call(
            "curator", "PATCH", f"/v1/documents/{document}", content=body, headers={"content-type": kind}
        )
        assert response.status_code in (415, 422), kind
    cookie = {"cookie": f"tenkyo_session={office.tokens['curator']}"}
    files = [("files", ("x.txt", b"x"))]
    for method, path, how in (
        ("DELETE", f"/v1/documents/{document}", {}),
        ("POST", "/v1/documents", {"files": files}),
        ("POST", "/v1/sample", {}),
        ("POST", "/v1/keys", {"json": {"name": "k"}}),
    ):
        assert office.client.request(method, path, headers=cookie, **how).status_code == 401, path


def test_no_websocket_is_spoken(office):
    with pytest.raises(WebSocketDisconnect), office.client.websocket_connect("/v1/ask"):
        pass


def test_a_body_over_the_limit_is_refused_before_it_is_read(office):
    response = office.call(
        "reader", "POST", "/v1/ask", content=b"x" * 70_000, headers={"content-type": "application/json"}
    )
    assert response.status_code == 413


HOSTILE = {
    "頁.html": "<html><body><h1>白鳥市　掲示</h1><script>alert(1)</script><p>橋の数は41本です。</p></body></html>",
    "表<img src=x>.md": "# 白鳥市の<script>alert(1)</script>掲示\n\n[押す](javascript:alert(1)) ![](http://evil.example/x)\n",
}


def test_an_original_is_never_shown_under_our_name(public):
    added = public.send("contributor", "welfare", HOSTILE).json()["added"]
    assert len(added) == 2
    for document in added:
        response = public.call("reader", "GET", f"/v1/documents/{document['id']}/file")
        assert response.headers["content-disposition"].startswith("attachment")
        assert response.headers["content-type"].split(";")[0] in ("application/octet-stream", "text/markdown")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in response.headers["content-security-policy"]


def test_a_drawing_with_scripts_is_no_paper(public):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    response = public.send("contributor", "welfare", {"図.svg": svg})
    assert response.status_code == 422


@pytest.mark.parametrize("path", ["/healthz", "/v1/documents", "/v1/documents/nothing", "/sign-in", "/nothing"])
def test_every_response_says_that_it_is_not_to_be_guessed_framed_kept_or_run(office, path):
    for who in (None, "reader"):
        headers = office.call(who, "GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == ("same-origin" if path == "/sign-in" else "no-referrer")
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


def test_whoever_asks_too_often_waits_and_the_others_do_not(tmp_path):
    office = open_office(tmp_path, with_harbour=False)
    with office.client:
        office.door._often = type(office.door._often)(5)
        statuses = [office.call("reader", "GET", "/v1/me").status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        refused = office.call("reader", "GET", "/v1/me")
        assert refused.headers["retry-after"] == "60"
        assert office.call("curator", "GET", "/v1/me").status_code == 200
        nobody = [office.client.get("/healthz").status_code for _ in range(130)]
        assert nobody.count(429) == 10


def test_metrics_count_and_tell_nothing_of_what_was_asked(office):
    office.call("other", "POST", "/v1/ask", json={"question": f"{SECRET}の事業費は？"})
    office.call("other", "GET", f"/v1/documents/{SECRET}")
    told = office.call("administrator", "GET", "/metrics").text
    assert 'tenkyo_requests_total{route="POST /v1/ask",status="200"}' in told
    assert "tenkyo_ask_wait_seconds_count" in told
    for word in (SECRET, "カモシカ", *office.papers["harbour"], *office.tokens.values()):
        assert word not in told
    assert office.call("reader", "GET", "/metrics").status_code == 403


# --- turns --------------------------------------------------------------------------------------------------------


def test_turns_go_round_among_callers_and_not_by_who_asks_most():
    async def story():
        turns, order = Turns(1), []

        async def ask(who):
            async with turns.turn(who):
                order.append(who)
                await asyncio.sleep(0)

        busy = [asyncio.create_task(ask("busy")) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.gather(*busy, ask("quiet"), ask("third"))
        return order

    order = asyncio.run(story())
    assert order.index("quiet") <= 3
    assert order.index("third") <= 4
    assert order.count("busy") == 5


def test_never_more_turns_than_there_are_and_none_is_lost():
    async def story():
        waits = []
        turns = Turns(2, waits.append)
        running = most = done = 0

        async def ask(who):
            nonlocal running, most, done
            async with turns.turn(who) as over:
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.001)
                running -= 1
                over()
                over()
            done += 1

        tasks = [asyncio.create_task(ask(str(n % 7))) for n in range(30)]
        await asyncio.sleep(0.002)
        for task in tasks[::5]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with turns.turn("a"), turns.turn("b"):
            pass
        return most, done, len(waits)

    most, done, waits = asyncio.run(story())
    assert most == 2
    assert done >= 24
    assert waits >= done


def test_too_many_questions_of_one_caller_are_refused():
    async def story():
        turns = Turns(1)

        async def ask():
            async with turns.turn("a"):
                await asyncio.sleep(0.01)

        tasks = [asyncio.create_task(ask()) for _ in range(MOST_WAITING + 3)]
        return await asyncio.gather(*tasks, return_exceptions=True)

    refused = [one for one in asyncio.run(story()) if isinstance(one, Problem)]
    assert [problem.status_code for problem in refused] == [429, 429]
