"""Every route, asked by everybody, about a document of their own, of others, and of nobody."""

import re
from typing import Any

import pytest
from fastapi import Depends, FastAPI

from api.access.caller import PUBLIC, May, UnguardedRoute, all_routes, check_routes, guard_of
from tests.api.access.office import PEOPLE

MISSING, ALSO_MISSING = "0123456789abcdef", "fedcba9876543210"
ANSWER: dict[str, Any] = {
    **{"id": None, "question": "保育？", "status": "not_found", "answer": "資料に記載がありません", "type": "text"},
    **{"as_of": None, "derived": None, "citations": [], "candidates": [], "timeline": [], "unsaid": [], "missing": []},
    **{"is_half": False, "passages": [], "confidence": 0.5, "index": "x", "answerer": "extractive"},
    **{"timings_ms": {"retrieve": 1, "read": 1, "check": 1, "total": 1}, "understood": None, "scope": None},
    "searched": 2,
}
DRAFT = {"id": "q", "question": "q", "type": "number", "answer": "1", "accept": ["1"]}
# What is sent to a route beside its path; every route that wants something has a line here.
SENT: dict[str, dict[str, Any]] = {
    "POST /v1/search": {"json": {"question": "待機児童数"}},
    "POST /v1/ask": {"json": {"question": "保育所の待機児童数は何人ですか。"}},
    "POST /v1/chat/completions": {"json": {"messages": [{"role": "user", "content": "待機児童数は？"}]}},
    "POST /retrieval": {"json": {"knowledge_id": "all", "query": "待機児童数", "retrieval_setting": {"top_k": 3}}},
    "POST /v1/documents": {"files": [("files", ("x.docx", b"no paper"))]},
    "POST /v1/sample": {"params": {"group": "no group of mine"}},  # refused before eight papers are read
    "POST /v1/feedback": {"json": {"verdict": "good", "answer": ANSWER}},
    "POST /v1/feedback/{feedback_id}/accept": {"json": DRAFT},
    "PATCH /v1/documents/{document_id}": {"json": {}},
    "PUT /v1/documents/{document_id}/editions/{other_id}": {"json": {"said": None}},
    "GET /v1/changes": {"params": {"now": MISSING}},
    "POST /v1/follows": {"json": {"question": "保育所の待機児童数は何人ですか。"}},
    "GET /v1/documents/{document_id}/find": {"params": {"q": "保育"}},
    "GET /v1/documents/{document_id}/tables": {"params": {"start": 0, "end": 9}},
    "POST /v1/me/password": {"json": {"old": "wrong", "new": "x" * 12}},
    "POST /v1/keys": {"json": {"name": "k", "permissions": []}},
    "POST /v1/users": {"json": {"name": ""}},
    "PATCH /v1/users/{user_id}": {"json": {}},
    "POST /v1/conversations": {"json": {"title": "t", "turns": [{"question": "保育？"}]}},
    "PATCH /v1/conversations/{conversation_id}": {"json": {"title": "t"}},
    "POST /v1/groups": {"json": {"name": ""}},
    "PUT /v1/holdings/{document_id}": {"json": {"groups": []}},
}
ADMINISTERED = "PUT /v1/holdings/{document_id}"  # of every document: whoever administers says whose it is
HARMFUL = {"DELETE /v1/documents/{document_id}", "DELETE /v1/session"}  # of one's own: tested where it may happen


def routes(app):
    return [(m, r) for r in all_routes(app) for m in sorted(r.methods - {"HEAD"})]


def called(office, who, method, route, document):
    path = re.sub(r"\{document_id\}", document, route.path)
    path = re.sub(r"\{number\}", "1", path)
    path = re.sub(r"\{other_id\}", ALSO_MISSING, path)
    path = re.sub(r"\{\w+\}", MISSING, path)
    return office.call(who, method, path, **SENT.get(f"{method} {route.path}", {}))


def plain(response, document):
    """Return what a response says, but for the id that it was asked about."""
    return response.status_code, response.text.replace(document, "…")


@pytest.fixture(scope="module")
def counted():
    """How many calls the matrix has made, told at its end."""
    count = {"calls": 0}
    yield count
    print(f"\naccess matrix: {count['calls']} calls")


@pytest.mark.parametrize("who", [None, *PEOPLE])
def test_nobody_gets_further_than_they_may(office, counted, who):
    """401 without a caller, 403 without the permission, one and the same 404 for foreign and for missing."""
    permissions, groups = PEOPLE.get(who, ((), ()))
    mine, theirs = ("harbour", "welfare") if "harbour" in groups else ("welfare", "harbour")
    own, foreign = office.papers[mine][0], office.papers[theirs][0]
    for method, route in routes(office.client.app):
        name, guard = f"{method} {route.path}", guard_of(route)
        of_document = "{document_id}" in route.path
        if name == ADMINISTERED and "administer" in permissions:
            continue
        for document in (own, foreign, MISSING) if of_document else (own,):
            if document == own and name in HARMFUL and who not in (None, "revoked"):
                continue
            response = called(office, who, method, route, document)
            counted["calls"] += 1
            told = f"{who}: {name} of {'own' if document == own else 'foreign or missing'}: {response.text[:300]}"
            assert response.status_code < 500, told
            if who == "revoked" or (who is None and route.path not in PUBLIC):
                assert response.status_code == 401, told
            elif guard and guard.permission and guard.permission not in permissions:
                assert response.status_code == 403, told
            elif of_document and groups and document != own:
                assert response.status_code == 404, told
            else:
                assert response.status_code != 401, told
        if of_document and who not in (None, "revoked"):
            calls = [plain(called(office, who, method, route, d), d) for d in (foreign, MISSING)]
            counted["calls"] += 2
            assert calls[0] == calls[1], name


def test_a_paper_that_is_named_beside_the_path_is_as_unknown_when_foreign_as_when_missing(office):
    own, foreign = office.papers["welfare"][0], office.papers["harbour"][0]

    def asked(other):
        spot = {"document_id": other, "start": 0, "end": 9, "text": "x"}
        yield office.call("curator", "GET", "/v1/changes", params={"now": other})
        yield office.call("curator", "GET", "/v1/changes", params={"now": own, "then": other})
        yield office.call("curator", "PUT", f"/v1/documents/{own}/editions/{other}", json={"said": "joined"})
        yield office.call("curator", "POST", "/v1/follows", json={"label": "x", "spot": spot})

    for here, there in zip(asked(foreign), asked(MISSING), strict=True):
        assert here.status_code == 404, here.text
        assert plain(here, foreign) == plain(there, MISSING)


def asked_of(office, who, group):
    """Yield what every door says that may be narrowed to a group."""
    scope = {"scope": {"groups": [group]}}
    for body in (SENT["POST /v1/ask"]["json"], SENT["POST /v1/ask"]["json"] | {"stream": True}):
        yield office.call(who, "POST", "/v1/ask", json=body | scope)
    yield office.call(who, "POST", "/v1/search", json=SENT["POST /v1/search"]["json"] | scope)
    yield office.call(who, "GET", "/v1/documents", params={"groups": group})
    for tool, more in (
        ("ask", {"question": "待機児童数は？"}),
        ("search", {"question": "待機児童数"}),
        ("figures_over_time", {"indicator": "待機児童数"}),
        ("list_documents", {}),
    ):
        called = {"name": tool, "arguments": {"groups": [group], **more}}
        sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}
        accepts = {"accept": "application/json, text/event-stream"}
        yield office.call(who, "POST", "/mcp", json=sent, headers=accepts)


@pytest.mark.parametrize("who", [who for who, (may, groups) in PEOPLE.items() if "read" in may and who != "revoked"])
def test_a_group_of_others_is_as_unknown_as_one_that_never_was_by_id_and_by_name(office, who):
    (mine,) = PEOPLE[who][1]
    theirs = "harbour" if mine == "welfare" else "welfare"
    missing = [plain(response, MISSING) for response in asked_of(office, who, MISSING)]
    assert [status for status, _ in missing] == [404] * 4 + [200] * 4
    assert all("そのグループはありません" in text for _, text in missing)
    for group in (office.groups[theirs], theirs):
        assert [plain(response, group) for response in asked_of(office, who, group)] == missing
    for group in (office.groups[mine], mine):
        answered = list(asked_of(office, who, group))
        assert {response.status_code for response in answered} == {200}
        assert not any("そのグループはありません" in response.text for response in answered)


def test_an_administrator_without_a_group_reads_no_paper(office):
    for group in ("welfare", "harbour"):
        response = office.call("administrator", "GET", f"/v1/documents/{office.papers[group][0]}")
        assert response.status_code == 403  # does not even read
    office.sign_up("both", ("read", "administer"))
    found, missing = (
        office.call("both", "GET", f"/v1/documents/{id_}") for id_ in (office.papers["harbour"][0], MISSING)
    )
    assert plain(found, office.papers["harbour"][0]) == plain(missing, MISSING)
    assert office.call("both", "GET", "/v1/documents").json()["documents"] == []


def test_every_route_that_changes_something_asks_for_a_permission_of_its_own(office):
    """What anybody known may do is named here, one by one: a new route must say why."""
    for_anybody_known = {
        "GET /v1/me",
        "DELETE /v1/session",
        "POST /v1/me/password",
        "GET /v1/keys",
        "POST /v1/keys",
        "DELETE /v1/keys/{key_id}",
        "GET /v1/groups",
        "PUT /v1/holdings/{document_id}",  # for who administers or curates: it looks itself
    }
    found = {f"{m} {r.path}" for m, r in routes(office.client.app) if (g := guard_of(r)) and g.permission is None}
    assert found == for_anybody_known
    assert {r.path for _, r in routes(office.client.app) if guard_of(r) is None} <= PUBLIC


def test_an_app_with_a_route_for_nobody_in_particular_does_not_start():
    app = FastAPI(openapi_url=None)

    @app.get("/v1/guarded")
    def guarded(who: str = Depends(May("read"))) -> None: ...

    check_routes(app)

    @app.get("/v1/forgotten")
    def forgotten() -> None: ...

    with pytest.raises(UnguardedRoute, match="/v1/forgotten"):
        check_routes(app)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer ts_wrong"}, 401),
        ({"authorization": "Bearer tk_wrong"}, 401),
        ({"authorization": "Bearer other_kind"}, 400),
        ({"authorization": "Basic dHM6eA=="}, 400),
        ({"authorization": "Bearer {token}", "x-api-key": "tk_other"}, 400),
        ({"authorization": "Bearer {token}"}, 200),
        ({"authorization": "bearer {token}"}, 200),
        ({"cookie": "tenkyo_session={token}"}, 401),  # a browser sends cookies for whatever site it shows
    ],
)
def test_one_credential_is_looked_at_and_no_cookie(office, headers, status):
    sent = {name: value.format(token=office.tokens["reader"]) for name, value in headers.items()}
    assert office.client.get("/v1/documents", headers=sent).status_code == status


def test_nobody_in_particular_learns_only_that_the_server_runs(office):
    told = office.client.get("/healthz").json()
    assert told["status"] == "ok"
    assert (told["documents"], told["index"], told["embedder"]) == (0, None, "")
    assert office.call("reader", "GET", "/healthz").json()["documents"] == 2
    for path in ("/docs", "/openapi.json", "/v1/nothing", "/"):
        assert office.client.get(path).status_code == 401, path
