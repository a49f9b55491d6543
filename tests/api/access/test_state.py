"""Local or shared, and nothing between; how a browser signs in; and what an administrator does at the terminal."""

import json
import re

import pytest

from api.cli import main
from api.settings import Settings, SettingsError, check_state
from tests.api.access.office import PASSWORD, open_office


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"api_host": "0.0.0.0"}, "TENKYO_API_HOST.*TENKYO_SHARED"),
        ({"ui_host": "192.0.2.7"}, "TENKYO_UI_HOST.*TENKYO_SHARED"),
        ({"ui_host": "127.0.0.1.example.jp"}, "TENKYO_UI_HOST.*TENKYO_SHARED"),
        ({"api_host": "::"}, "TENKYO_API_HOST.*TENKYO_SHARED"),
        ({"public_url": "https://papers.example.jp"}, "TENKYO_PUBLIC_URL.*TENKYO_SHARED"),
        ({"shared": True, "ui_host": "0.0.0.0"}, "TENKYO_PUBLIC_URL.*must be set"),
        (
            {"shared": True, "ui_host": "0.0.0.0", "public_url": "https://papers.example.jp"},
            "TENKYO_PUBLIC_API_URL.*must be set",
        ),
        (
            {
                "shared": True,
                "public_url": "https://papers.example.jp",
                "public_api_url": "https://api.example.jp",
            },
            "TENKYO_PUBLIC_API_URL.*one host",
        ),
    ],
)
def test_any_other_state_is_refused_with_the_setting_named(given, named):
    with pytest.raises(SettingsError, match=named):
        check_state(Settings(**given))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"api_host": "localhost", "ui_host": "::1"},
        {"shared": True},
        {
            "shared": True,
            "api_host": "0.0.0.0",
            "public_url": "https://papers.example.jp",
            "public_api_url": "https://papers.example.jp:8443",
        },
    ],
)
def test_the_two_states_start(given):
    check_state(Settings(**given))


def test_serve_does_not_listen_to_others_without_accounts(monkeypatch, capsys):
    monkeypatch.setenv("TENKYO_API_HOST", "0.0.0.0")
    assert main(["serve"]) == 2
    assert "TENKYO_SHARED=1" in capsys.readouterr().err


# --- the browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office = open_office(
        tmp_path_factory.mktemp("forms"),
        with_harbour=False,
        public_url="https://testserver",
        public_api_url="https://testserver:8443",
    )
    with office.client:
        yield office


ORIGIN = {"origin": "https://testserver:8443"}


def filled(office, path, fields, headers=ORIGIN):
    """Open a form, fill it in and send it, as a browser would; cookies that it may send only encrypted it sends."""
    page = office.client.get(path)
    assert page.status_code == 200
    form = re.search(r'name="form" value="([^"]+)"', page.text)[1]
    cookie = page.headers["set-cookie"].split(";")[0]
    office.client.cookies.clear()
    sent = {**headers, "cookie": cookie}
    parts = {name: (None, value) for name, value in {"form": form, **fields}.items()}
    return office.client.post(path, files=parts, headers=sent, follow_redirects=False)


def test_a_browser_is_signed_in_by_a_cookie_that_no_script_reads(office):
    response = filled(office, "/sign-in", {"name": "reader", "password": PASSWORD})
    assert (response.status_code, response.headers["location"]) == (303, "https://testserver")
    kept = next(c for c in response.headers.get_list("set-cookie") if c.startswith("tenkyo_session="))
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(kept.split("; "))
    token = kept.split(";")[0].partition("=")[2]
    assert office.client.get("/v1/me", headers={"authorization": f"Bearer {token}"}).json()["name"] == "reader"


def test_a_wrong_password_is_told_without_saying_what_is_wrong(office):
    known = filled(office, "/sign-in", {"name": "reader", "password": "ちがうあいことば"})
    unknown = filled(office, "/sign-in", {"name": "nobody", "password": "ちがうあいことば"})
    assert known.status_code == unknown.status_code == 403
    shown = [re.sub(r'value="[^"]*"|nonce="[^"]*"', "", response.text) for response in (known, unknown)]
    assert shown[0] == shown[1]
    assert "名前かパスワードが違います。" in shown[0]


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"origin": "https://testserver"}])
def test_a_form_of_another_page_signs_nobody_in(office, headers):
    response = filled(office, "/sign-in", {"name": "reader", "password": PASSWORD}, headers)
    assert response.status_code in (400, 403)
    assert "tenkyo_session" not in str(response.headers)


def test_a_form_that_was_not_given_to_this_browser_signs_nobody_in(office):
    form = re.search(r'name="form" value="([^"]+)"', office.client.get("/sign-in").text)[1]
    office.client.cookies.clear()
    parts = {"form": (None, form), "name": (None, "reader"), "password": (None, PASSWORD)}
    response = office.client.post("/sign-in", files=parts, headers={**ORIGIN, "cookie": "tenkyo_form=mine"})
    assert response.status_code == 400


def test_what_was_typed_comes_back_as_text(office):
    response = filled(office, "/sign-in", {"name": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>" not in response.text
    assert "script-src" not in response.headers["content-security-policy"]
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'nonce-")


# --- the terminal -------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path, capsys):
    def run(*arguments):
        status = main([*arguments, "--index", str(tmp_path / "index")])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_people_groups_and_keys_are_managed_at_the_terminal_and_put_down(run, tmp_path):
    assert run("group", "add", "福祉課")[0] == 0
    status, said, _ = run("user", "add", "佐藤 花子", "--may", "read,contribute", "--group", "福祉課")
    assert status == 0
    assert re.search(r"/welcome\nコード: \S{20}", said)
    assert "佐藤 花子（パスワード未設定）  contribute,read  福祉課" in run("user", "list")[1]
    secret = run("key", "add", "佐藤 花子", "集計")[1].splitlines()[-1]
    listed = run("key", "list")[1]
    assert secret.startswith("tk_")
    assert secret not in listed
    assert "集計（佐藤 花子）" in listed
    assert run("key", "revoke", listed.split()[0])[0] == 0
    assert run("key", "list")[1] == ""
    assert run("audit", "verify")[1].startswith("問題は見つかりませんでした（4 件）。")
    assert run("audit", "export", "--out", str(tmp_path / "a.jsonl"))[0] == 0
    whats = [json.loads(line)["what"] for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert whats == ["group add", "user add", "key add", "key revoke"]
    assert secret not in (tmp_path / "a.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("user", "set", "いない人", "--may", "read"), "「いない人」という人はいません。"),
        (("user", "add", "a", "--group", "ない課"), "「ない課」というグループはありません。"),
        (("key", "revoke", "x"), "そのキーはありません。"),
        (("group", "give", "ない課", "x"), "その文書はありません: x"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(run, arguments, said):
    status, _, error = run(*arguments)
    assert status != 0
    assert said in error


def test_a_permission_that_there_is_not_is_refused(run):
    with pytest.raises(SystemExit):
        run("user", "add", "a", "--may", "everything")
