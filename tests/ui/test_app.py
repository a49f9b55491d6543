"""The page in each of its states, drawn by Streamlit without a browser or a port."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.ui.conftest import ask, shown, whole_page
from tests.ui.fake_api import problem, running
from ui import client


def test_an_api_that_is_down_is_said_with_the_way_to_start_it(app, api):
    api.down = True
    page = shown(app.run())
    assert "サーバーに接続できません" in page
    assert "もう一度起動してください" in page
    assert "./run" not in page, "it may have been started otherwise"
    assert len(app.chat_input) == 0
    api.down = False
    app.button[0].click().run()
    assert "サーバーに接続できません" not in shown(app)
    assert len(app.chat_input) == 1


def test_an_api_that_goes_down_in_between_loses_no_earlier_answer(app, api):
    ask(app.run())
    api.down = True
    app.run()
    assert "サーバーに接続できません" in shown(app)
    api.down = False
    assert "2,776件" in shown(app.run())


def test_an_index_that_cannot_be_read_is_said_in_the_apis_words(app, api):
    api._respond = lambda request: problem(503, "索引が壊れています。もう一度取り込んでください。")
    app = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    assert "索引が壊れています。もう一度取り込んでください。" in shown(app.run())


def test_every_page_tells_that_papers_are_being_taken_in(app, api):
    api.intakes = [running("1", "計画.pdf")]
    app.run()
    shown(app)
    (link,) = [link for link in app.get("page_link") if "取り込んで" in link.proto.label]
    assert "6" in link.proto.label
    assert "残り約2分" in link.proto.label
    api.intakes = []
    app.run()
    assert not [link for link in app.get("page_link") if "取り込んで" in link.proto.label]


def test_the_script_names_the_api_by_its_variable_and_says_when_it_is_not_there(monkeypatch):
    monkeypatch.setenv("TENKYO_API_URL", "http://127.0.0.1:9")
    app = AppTest.from_file(Path(client.__file__).with_name("app.py"), default_timeout=20).run()
    assert "サーバーに接続できません" in shown(app)
