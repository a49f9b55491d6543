"""The page in each of its states, drawn by Streamlit without a browser or a port."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.fake_api import PDF, FakeApi, answer, citation, not_found, problem
from ui import client


def script(client):
    from ui.app import main

    main(client)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def app(api) -> AppTest:
    return AppTest.from_function(script, args=(api.client,), default_timeout=20)


def shown(app: AppTest) -> str:
    """Return all HTML of the page, after making sure that nothing broke."""
    assert list(app.exception) == []
    return "\n".join(element.value for element in app.html)


def ask(app: AppTest, question: str = "相談件数は何件ですか") -> str:
    app.chat_input[0].set_value(question).run()
    return shown(app)


def pictures(app: AppTest) -> int:
    return len(app.get("image")) + len(app.get("imgs"))


def test_the_first_sight_offers_the_collection_and_questions_it_answers(app):
    page = shown(app.run())
    assert "<h1>典拠</h1>" in page
    assert PDF["title"] in page
    assert "<b>2</b> 件" in page
    assert "<b>9</b> ページ" in page
    assert "5ページ: 文字が読み取れません" in page
    assert app.chat_input[0].placeholder == "質問を入力"
    assert [app.button(key=f"example-{i}").label for i in range(2)] == [
        "相談件数は何件ですか",
        r"人口は \*何人\* ですか",
    ]


def test_an_example_is_asked_as_it_stands(app, api):
    app.run()
    app.button(key="example-1").click().run()
    assert "<h2>人口は *何人* ですか</h2>" in shown(app)
    assert api.asked("POST", "/v1/ask") == 1


def test_an_answer_comes_with_date_citations_passages_and_the_first_citations_page(app):
    page = ask(app.run())
    assert "2,776件（令和6年1月末現在）" in page
    assert "時点　令和6年1月31日（2024年）" in page
    assert "確度　高" in page
    assert "p.3（印刷ページ 5）" in page
    assert "相談件数は2,776件" in page
    assert pictures(app) == 1
    assert [e.label for e in app.expander if "関連箇所" in e.label] == ["ほかの関連箇所（1件）"]
    assert page.index("tk-answer") < page.index("tk-citation")


def test_a_click_on_a_citation_shows_its_page_and_asks_nothing_again(app, api):
    ask(app.run())
    app.button(key="show-0-c2").click().run()
    page = shown(app)
    assert "<mark>人口\t48,210人\t47,655人</mark>" in page
    assert "2,776件（令和6年1月末現在）" in page
    assert pictures(app) == 0
    assert api.asked("POST", "/v1/ask") == 1
    app.button(key="show-0-c1").click().run()
    assert pictures(app) == 1
    assert api.asked("GET", f"/v1/documents/{PDF['id']}/pages/3/image") == 1, "the picture is kept"


def test_a_page_that_cannot_be_had_is_said_beside_the_answer(app, api):
    api.reply = answer(citations=[citation(document_id="ffffffffffffffff", boxes=None)])
    page = ask(app.run())
    assert "その資料はありません" in page
    assert "2,776件" in page


def test_earlier_questions_stay_with_their_answers_collapsed(app):
    ask(app.run(), "一つ目の *質問*")
    page = ask(app, "二つ目の質問")
    earlier = next(e for e in app.expander if "一つ目" in e.label)
    assert earlier.label == r"一つ目の \*質問\*"
    assert not earlier.proto.expanded
    assert page.count("2,776件（令和6年1月末現在）</p>") == 2
    assert "<h2>二つ目の質問</h2>" in page
    assert pictures(app) == 1, "only the newest answer shows a page"


def test_a_place_of_an_earlier_answer_can_still_be_shown(app, api):
    ask(app.run(), "一つ目")
    ask(app, "二つ目")
    app.button(key="show-0-c1").click().run()
    assert pictures(app) == 2
    assert api.asked("POST", "/v1/ask") == 2


def test_not_found_names_what_is_missing_and_offers_the_nearest_places(app, api):
    api.reply = not_found()
    page = ask(app.run())
    assert "資料に記載がありません" in page
    assert "好物" in page
    assert "近い内容の箇所" in page
    assert "48,210人" in page
    assert "確度" not in page


def test_not_found_without_any_passage_is_a_page_all_the_same(app, api):
    api.reply = not_found(passages=[])
    assert "資料に記載がありません" in ask(app.run())


def test_a_refused_question_shows_the_reason_and_the_next_one_goes_through(app, api):
    api.reply = problem(422, "質問が長すぎます（900文字）。500文字以内に縮めてください。", "900 > 500")
    page = ask(app.run(), "あ" * 900)
    assert "質問が長すぎます（900文字）。500文字以内に縮めてください。" in page
    assert "900 &gt; 500" not in page, "the exact English is for programmers"
    api.reply = answer()
    assert "2,776件" in ask(app)


def test_a_blank_question_is_not_sent(app, api):
    ask(app.run(), "　 ")
    assert api.asked("POST", "/v1/ask") == 0


def test_an_api_that_is_down_is_said_with_the_way_to_start_it(app, api):
    api.down = True
    page = shown(app.run())
    assert "サーバーに接続できません" in page
    assert "<pre>./run</pre>" in page
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
    app = AppTest.from_function(script, args=(api.client,), default_timeout=20)
    assert "索引が壊れています。もう一度取り込んでください。" in shown(app.run())


def test_the_script_names_the_api_by_its_variable_and_says_when_it_is_not_there(monkeypatch):
    monkeypatch.setenv("TENKYO_API_URL", "http://127.0.0.1:9")
    app = AppTest.from_file(Path(client.__file__).with_name("app.py"), default_timeout=20).run()
    assert "サーバーに接続できません" in shown(app)
