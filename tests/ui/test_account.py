"""The page where there are accounts: who is signed in, and what is drawn for whom."""

import html
import json
import re
from urllib.parse import parse_qs

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import shown
from tests.ui.fake_api import PDF, PLAIN, FakeApi, answer, problem
from tests.ui.test_ask import bodies
from ui.client import AskClient

SIGN_IN = "http://127.0.0.1:8000/sign-in"
GROUPS = [{"id": "g1", "name": "総務課"}, {"id": "g2", "name": "土木課"}]


class Office(FakeApi):
    """The API with accounts: whoever has the token is ``me``."""

    def __init__(self):
        self.me = {"is_shared": True, "id": "u1", "name": "佐藤 花子", "by": "session", "permissions": ["read"]}
        self.me["groups"] = GROUPS[:1]
        self.talks = []
        self.tokens = []
        self.is_over = False
        self.changed = []
        super().__init__()

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.tokens.append(request.headers.get("authorization"))
        if self.is_over or self.tokens[-1] != "Bearer ts_own":
            return problem(401, "サインインしてください。")
        match request.method, request.url.path:
            case "GET", "/v1/me":
                return httpx.Response(200, json=self.me)
            case "DELETE", "/v1/session":
                self.changed.append("signed out")
                return httpx.Response(204)
            case "GET", "/v1/keys":
                return httpx.Response(200, json={"keys": []})
            case "GET", "/v1/conversations":
                return httpx.Response(200, json={"conversations": self.talks})
            case (("POST" | "PATCH"), path) if path.startswith("/v1/conversations"):
                self.changed.append((request.method, json.loads(request.content)))
                return httpx.Response(201, json={"id": "t1"})
        return super()._respond(request)


def page_of(client, sign_in):
    from ui.app import main

    main(client, sign_in)


def listed(client):
    import streamlit as st

    from ui import account, collection

    account.look(client)
    st.session_state["pages"] = {}
    collection.page(client, client.documents())


@pytest.fixture
def office():
    return Office()


def opened(office, token="ts_own"):
    client: AskClient = office.client.signed_in(token)
    return AppTest.from_function(page_of, args=(client, SIGN_IN), default_timeout=20)


def labels(app):
    return [button.label for button in app.button]


@pytest.mark.parametrize("token", [None, "ts_ended"])
def test_whoever_is_not_signed_in_is_told_where_to(office, token):
    app = opened(office, token).run()
    assert "サインインしてください" in shown(app)
    (link,) = app.get("link_button")
    assert link.proto.url == SIGN_IN
    assert len(app.chat_input) == 0


def test_every_request_is_made_as_whoever_uses_the_page(office):
    shown(opened(office).run())
    assert set(office.tokens) == {"Bearer ts_own"}


def test_a_reader_is_offered_what_a_reader_may(office):
    app = opened(office).run()
    titles = {link.proto.label for link in app.get("page_link")}
    assert titles == {"質問", "資料", "変更"}
    assert "総務課" in shown(app)
    office.me["permissions"] = ["read", "contribute", "curate", "administer"]
    app.run()
    assert {link.proto.label for link in app.get("page_link")} == {"質問", "資料", "変更", "成績", "意見", "管理"}


def test_a_session_that_ends_while_the_page_is_open_is_said_and_what_was_known_is_forgotten(office):
    app = opened(office).run()
    app.chat_input[0].set_value("相談件数は何件ですか").run()
    assert "2,776件" in shown(app)
    office.is_over = True
    page = shown(app.run())
    assert "サインインしてください" in page
    assert "2,776件" not in page
    assert "turns" not in app.session_state


def test_signing_out_ends_the_session_at_the_api(office):
    app = opened(office).run()
    next(button for button in app.button if button.label == "サインアウト").click().run()
    assert office.changed == ["signed out"]


def asked(app, question="相談件数は何件ですか"):
    app.chat_input[0].set_value(question).run()
    return shown(app)


def test_whoever_is_in_two_groups_may_ask_the_papers_of_one(office):
    app = opened(office).run()
    assert "scope-groups" not in {control.key for control in app.multiselect}, "of one group, all is its own"
    office.me["groups"] = GROUPS
    app.run()
    control = app.multiselect(key="scope-groups")
    assert (control.label, control.options) == ("どのグループの資料", ["総務課", "土木課"])
    control.set_value(["g2"]).run()
    office.reply = answer(scope={"groups": ["g2"]}, searched=1)
    page = asked(app)
    assert bodies(office)[-1]["scope"] == {"groups": ["g2"]}
    assert "対象：土木課の資料（1件）" in page
    assert office.changed[-1][1]["turns"][-1]["scope"] == {"groups": ["g2"]}, "the conversation knows it"
    (link,) = re.findall(r'data-link="\?([^"]+)"', page)
    assert json.loads(parse_qs(html.unescape(link))["s"][0]) == {"groups": ["g2"]}
    app.button(key="scope-all").click().run()
    asked(app, "ほかの質問")
    assert bodies(office)[-1]["scope"] is None


def test_a_link_to_the_papers_of_a_group_that_one_is_not_in_is_refused_and_never_widened(office):
    office.me["groups"] = GROUPS
    app = opened(office)
    app.query_params["q"] = "相談件数は何件ですか"
    app.query_params["s"] = json.dumps({"groups": ["g9"]})
    office.reply = problem(404, "そのグループはありません。")
    page = shown(app.run())
    assert "そのグループはありません。" in page
    assert bodies(office)[-1]["scope"] == {"groups": ["g9"]}
    office.reply = answer(scope=None)
    asked(app, "ほかの質問")
    assert bodies(office)[-1]["scope"] == {"groups": ["g9"]}, "until somebody says otherwise"


def test_the_list_says_whose_a_paper_is_to_whoever_is_in_several_groups(office):
    office.documents = [PDF | {"groups": ["g2"]}, PLAIN | {"groups": ["g1", "g2"]}]
    told = {1: [], 2: ["土木課の資料", "総務課・土木課の資料"]}
    for count, words in told.items():
        office.me["groups"] = GROUPS[:count]
        page = shown(AppTest.from_function(listed, args=(office.client.signed_in("ts_own"),)).run())
        assert sorted(re.findall(r"<span>([^<]*課の資料)</span>", page)) == words


def test_what_is_asked_is_kept_without_its_answer(office):
    app = opened(office).run()
    app.chat_input[0].set_value("相談件数は何件ですか").run()
    shown(app)
    ((method, kept),) = office.changed
    assert (method, kept["title"]) == ("POST", "相談件数は何件ですか")
    assert [set(turn) for turn in kept["turns"]] == [{"question", "scope", "as_typed"}]
    assert "2,776" not in json.dumps(kept, ensure_ascii=False)


def test_a_shared_conversation_says_whose_it_is_and_offers_no_change(office):
    talk = {"id": "t9", "title": "窓口のこと", "owner": "鈴木", "is_mine": False, "group": "g1"}
    office.talks = [talk | {"changed": 1_800_000_000.0, "turns": []}]
    app = opened(office).run()
    page = shown(app)
    assert "窓口のこと" in labels(app)
    assert "鈴木 さん" in page
    assert "「総務課」で共有" in page
    assert "削除する" not in labels(app)
