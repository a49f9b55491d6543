"""A model's checked words beside an answer: as they arrive, once they are there, and where they come to nothing."""

import json
import re
import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui import conftest
from tests.ui.conftest import whole_page
from tests.ui.fake_api import (
    PDF,
    answer,
    citation,
    generated,
    llm,
    not_found,
    problem,
    sentence,
    unsure,
    writing,
    written,
)
from ui import address, telling
from ui.written import DECLINED, DIFFERS, places

FIRST, SECOND = "令和6年1月末の相談件数は2,776件です。", "このうち1,912件が電話です。"
TITLE = "AIによる文章（原文と照合済み）・wakaba-4b"
WAITS = "文章を照合しています…"
OTHER_VALUE = [{"value": "2,776件", "citation": 1, "generated_value": "1,912件", "generated_citation": 2}]
DROPPED = [{"kind": "unsupported", "reason": "「2,767件」が、示した行にありません"}]


@pytest.fixture
def api(api):
    """An API to which a model is connected."""
    api.llm = llm()
    api.reply = written()
    return api


@pytest.fixture
def gate(api):
    """What the model waits for, before it says the next thing; opened in the end."""
    gates = [threading.Event(), threading.Event()]
    api.told = [gates[0], sentence(1), gates[1], sentence(2)]
    yield gates
    for one in gates:
        one.set()


def shown(app: AppTest) -> str:
    """Return the HTML of the page without its styles and scripts."""
    return re.sub(r"(?s)<(style|script)>.*?</\1>", "", conftest.shown(app))


def ask(app: AppTest, question: str = "相談件数は何件ですか") -> str:
    conftest.ask(app, question)
    return shown(app)


def bodies(api):
    return [json.loads(r.content) for r in api.requests if r.url.path == "/v1/ask"]


def until(app: AppTest, holds) -> str:
    """Draw the page as it is drawn while something is told, until it holds; return what is shown then."""
    end = time.monotonic() + 10
    while not holds(page := shown(app.run())):
        assert time.monotonic() < end, page
        time.sleep(0.03)
    return page


def finished(app: AppTest, question: str = "相談件数は何件ですか") -> str:
    ask(app, question)
    return until(app, lambda page: WAITS not in page)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


# --- without a model -----------------------------------------------------------------------------------------------


def test_without_a_model_nothing_is_streamed_and_nothing_of_the_page_is_other(app, api):
    api.llm = llm(connected=False, model=None)
    api.reply = answer()
    page = ask(app.run())
    assert "AI" not in page
    assert bodies(api) == [{"question": "相談件数は何件ですか", "scope": None, "after": None, "as_typed": False}]
    assert not [label for label in labels(app) if "AI" in label]
    assert "m" not in app.query_params


def test_an_api_that_knows_of_no_model_is_asked_as_ever(app, api):
    api.llm = problem(404, "ありません")
    respond = api._respond
    api._respond = lambda request: api.llm if request.url.path == "/v1/llm" else respond(request)
    app = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    api.reply = answer()
    assert "2,776件" in ask(app.run())
    assert "stream" not in bodies(api)[0]


# --- arriving ------------------------------------------------------------------------------------------------------


def test_the_papers_answer_comes_at_once_and_sentences_one_by_one_under_the_models_name(app, api, gate):
    page = ask(app.run())
    assert page.index("2,776件（令和6年1月末現在）") < page.index(TITLE) < page.index(WAITS)
    assert FIRST not in page
    assert app.button(key="stop-0").label == "止める"
    gate[0].set()
    page = until(app, lambda page: FIRST in page)
    assert SECOND not in page
    assert page.index(FIRST) < page.index(WAITS)
    gate[1].set()
    page = until(app, lambda page: WAITS not in page)
    assert page.index("tk-value") < page.index(FIRST) < page.index(SECOND)
    assert "stop-0" not in [button.key for button in app.button]
    assert api.asked("POST", "/v1/ask") == 1, "a rerun asks nothing again"


def test_a_number_of_a_sentence_opens_its_page_also_while_more_is_awaited(app, api, gate):
    api.told = [sentence(1), sentence(2), gate[0]]
    ask(app.run())
    page = until(app, lambda page: SECOND in page)
    assert WAITS in page
    worded = page[page.index(FIRST) :]
    assert 'data-show="show-0-c1"' in worded, "the same line has the same number"
    assert 'data-show="show-0-g2"' in worded
    assert "③" in worded, "the answer has two places already"
    app.button(key="show-0-g2").click().run()
    images = [r.url.params for r in api.requests if r.url.path.endswith("/image")]
    assert (images[-1]["start"], images[-1]["end"]) == ("148", "164")
    assert app.button(key="show-0-g2").label.startswith("出典3の")


def test_what_is_stopped_leaves_the_papers_answer_and_takes_its_own_sentences_back(app, api, gate):
    api.told = [sentence(1), gate[0]]
    ask(app.run())
    until(app, lambda page: FIRST in page)
    app.button(key="stop-0").click().run()
    page = shown(app.run())
    assert FIRST not in page
    assert "AIの文章を止めました。示した文は取り消しました。" in page
    assert "2,776件（令和6年1月末現在）" in page
    assert api.left.wait(5), "the connection is closed, which stops the model"
    api.told = []
    app.button(key="write-0").click().run()
    assert FIRST in until(app, lambda page: WAITS not in page)


def test_the_next_question_does_not_wait_for_a_model_that_still_writes(app, api, gate):
    ask(app.run())
    api.told = []
    page = finished(app, "では令和4年度は？")
    assert api.left.wait(5)
    assert FIRST in page
    assert bodies(api)[-1]["after"] == "相談件数は何件ですか"


def test_a_new_conversation_stops_the_model_too(app, api, gate):
    ask(app.run())
    app.button(key="begin").click().run()
    assert api.left.wait(5)


def test_a_browser_that_is_gone_stops_the_model_after_a_while(monkeypatch):
    closed = threading.Event()

    def events():
        try:
            while True:
                yield None
        finally:
            closed.set()

    monkeypatch.setattr(telling, "GONE_SECONDS", 0.05)
    told = telling.Telling(answer())
    told._listen(events(), lambda: False)
    assert told.state == "stopped"
    assert closed.is_set()


def test_events_that_end_before_the_end_are_a_failure(api):
    told = telling.Telling(answer())
    told._listen((event for event in [sentence(1)]), lambda: True)
    assert (told.state, told.fault) == ("failed", telling.BROKE_OFF)
    assert told.so_far == answer()


# --- finished ------------------------------------------------------------------------------------------------------


def test_a_finished_text_stays_and_no_drawing_asks_the_model_again(app, api):
    finished(app.run())
    assert FIRST in shown(app.run())
    finished(app, "二つ目の質問")
    app.session_state["turn-0"] = True
    asked = api.asked("POST", "/v1/ask")
    app.run()
    assert api.asked("POST", "/v1/ask") == asked == 2


def test_how_many_sentences_are_not_shown_and_why_is_told_on_demand(app, api):
    api.reply = written(writing=writing(dropped=DROPPED), generated=generated(repointed=1))
    page = finished(app.run())
    told = page[page.index("<details") : page.index("</details>")]
    assert "示さなかった文 1 件" in told
    assert "原文にない内容：「2,767件」が、示した行にありません" in told
    assert "1 文は、AIが示した行ではなく" in told


def test_another_figure_is_told_over_everything_with_both_places_and_never_comes_first(app, api):
    app.run()
    app.radio(key="model-order").set_value(True).run()
    api.reply = written(generated=generated(disagreements=OTHER_VALUE))
    page = finished(app)
    notice = page[page.index("tk-differs") :]
    assert page.index(DIFFERS) < page.index("tk-value") < page.index(FIRST)
    notice = notice[: notice.index("</div>")]
    for part in ("2,776件", "1,912件", "show-0-c1", "show-0-g2", PDF["title"]):
        assert part in notice
    assert 'role="alert"' in page
    assert "値が違います。</p>" in page[page.index(TITLE) : page.index(FIRST)], "and again where the words are"


def test_a_line_that_the_model_only_picked_is_a_quote_of_the_paper(app, api):
    picked = [{"text": "相談件数は2,776件", "citations": [1], "is_quote": True}]
    api.reply = written(generated=generated(sentences=picked, citations=[citation(1)]))
    page = finished(app.run())
    assert '<blockquote class="tk-picked">相談件数は2,776件' in page
    assert "AIが選んだ資料の記載（原文のまま）・wakaba-4b" in page
    assert "文字は資料のものです。" in page
    assert "AIによる文章" not in page


def test_where_none_could_be_settled_on_the_checked_sentences_lead(app, api):
    api.reply = unsure(generated=generated(), writing=writing())
    page = finished(app.run())
    assert page.index(FIRST) < page.index("資料の言葉のままの候補</h3>") < page.index("tk-unsure")
    assert 'data-to="extracted-0"' in page
    assert page.index("AIの文章の出典") < page.index("候補の箇所")


def test_where_the_model_only_picked_a_hint_the_candidates_stay_first(app, api):
    api.reply = unsure(generated=generated(is_answer=False), writing=writing(asked_for="pick"))
    page = finished(app.run())
    assert page.index("tk-unsure") < page.index(FIRST)


def test_what_no_paper_says_is_not_answered_by_a_model(app, api):
    api.reply = not_found(generated=generated(is_answer=False), writing=writing())
    app.run()
    app.radio(key="model-order").set_value(True).run()
    page = finished(app)
    assert page.index("資料に記載がありません") < page.index("関連する記載：") < page.index(FIRST)


@pytest.mark.parametrize(
    ("ended", "told", "again"),
    [
        ({"ended": "declined"}, DECLINED, False),
        ({"ended": "dropped", "dropped": DROPPED}, "原文と照合できる文がなかった", False),
        ({"ended": "failed", "error": "言語モデルにつながりません。"}, "言語モデルにつながりません。", True),
    ],
)
def test_where_no_text_is_left_the_reason_is_told_and_the_answer_stays(app, api, ended, told, again):
    api.reply = written(generated=None, writing=writing(**ended))
    page = finished(app.run())
    assert told in page
    assert "2,776件（令和6年1月末現在）" in page
    assert "tk-written" not in page
    assert ("もう一度書かせる" in labels(app)) is again
    assert ("示さなかった文" in page) is ("dropped" in ended)


def test_what_was_shown_is_taken_back_where_the_reply_broke_off(app, api, gate):
    api.told = [sentence(1), gate[0]]
    api.reply = written(generated=None, writing=writing(ended="failed", error="返事が途中で切れました。"))
    ask(app.run())
    until(app, lambda page: FIRST in page)
    gate[0].set()
    page = until(app, lambda page: WAITS not in page)
    assert FIRST not in page
    assert "AIの文章を取り消しました：返事が途中で切れました。" in page


def test_a_problem_behind_the_outcome_and_a_server_that_goes_away_are_told_alike(app, api):
    body = {"title": "サーバーで誤りが起きました。", "status": 500}
    api.told = [sentence(1), {"event": "problem", "problem": body}]
    page = finished(app.run())
    assert "AIの文章を取り消しました：サーバーで誤りが起きました。" in page
    assert "2,776件（令和6年1月末現在）" in page
    api.down = True
    app.button(key="write-0").click()
    api.down = False  # the collection is there again: only what was asked for failed
    api.told = []
    assert FIRST in finished(app)


def test_a_refused_question_is_refused_as_ever(app, api):
    api.reply = problem(422, "質問が短すぎます。")
    assert "質問が短すぎます。" in ask(app.run(), "？")


# --- which comes first ---------------------------------------------------------------------------------------------


def test_which_comes_first_is_chosen_once_kept_by_the_address_and_the_other_is_one_click_away(app, api):
    app.run()
    assert app.radio(key="model-order").options == ["資料の言葉のままの答えを先に", "AIによる文章を先に"]
    app.radio(key="model-order").set_value(True).run()
    page = finished(app)
    assert page.index(FIRST) < page.index("tk-value")
    assert 'data-to="extracted-0">資料の言葉のままの答えへ' in page
    assert app.query_params["m"] == "1"
    link = page.split('data-link="?')[-1].split('"')[0]
    assert "m=1" in link
    opened = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    for name, values in app.query_params.items():
        opened.query_params[name] = values
    opened.run()
    page = until(opened, lambda page: WAITS not in page)
    assert page.index(FIRST) < page.index("tk-value")


def test_of_a_link_only_the_last_question_is_put_to_the_model_and_the_others_on_demand(app, api):
    for name, values in address.query([]).items():
        app.query_params[name] = values
    app.query_params["q"] = ["一つ目の質問", "二つ目の質問"]
    app.run()
    until(app, lambda page: WAITS not in page)
    first, second = bodies(api)
    assert (first["llm"], "stream" in first) == (False, False)
    assert second["stream"] is True


def test_where_the_papers_go_is_said_where_the_model_is_chosen(app, api):
    assert "資料は外に出ません" in shown(app.run())
    api.llm = llm(on_this_machine=False, detail="鍵が違います。")
    page = shown(app.run())
    assert "ほかのコンピューターに送ります" in page
    assert "鍵が違います。" in page


# --- opinions and numbers ------------------------------------------------------------------------------------------


def test_an_opinion_holds_the_models_words_and_the_page_of_opinions_shows_them(app, api):
    finished(app.run())
    app.button(key="good-opinion-0").click().run()
    [kept] = api.feedback
    assert kept["answer"]["generated"]["sentences"][0]["text"] == FIRST
    from ui.opinions import opinion_html

    drawn = opinion_html(kept)
    assert TITLE in drawn
    assert f"{FIRST}［出典1］" in drawn


def test_places_are_numbered_on_from_the_answers_and_shared_where_they_are_the_same():
    named = {n: place[:2] for n, place in places(written()).items()}
    assert named == {1: ("c1", 1), 2: ("g2", 3)}
    offered = {n: place[:2] for n, place in places(unsure(generated=generated())).items()}
    assert offered == {1: ("g1", 3), 2: ("g2", 4)}, "numbers of candidates are no numbers of places"
    alone = {n: place[:2] for n, place in places(not_found(generated=generated())).items()}
    assert alone == {1: ("g1", 1), 2: ("g2", 2)}


def test_what_a_model_says_is_never_taken_for_html(app, api):
    said = [{"text": "<img src=x onerror=alert(1)>**2,776件**です。", "citations": [1], "is_quote": False}]
    api.reply = written(generated=generated(sentences=said), writing=writing(model="<b>x</b>"))
    page = finished(app.run())
    assert "&lt;img src=x onerror=alert(1)&gt;**2,776件**です。" in page
    assert "・&lt;b&gt;x&lt;/b&gt;" in page
