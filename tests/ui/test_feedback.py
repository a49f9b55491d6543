"""What a reader says of an answer, and how it becomes a question: the question under an answer, and the page 意見."""

import json
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from api.schemas import FeedbackIn, QuestionDraft, Reason
from eval import dataset
from tests.ui.conftest import shown
from tests.ui.fake_api import PDF, PLAIN, FakeApi, answer, opinion, problem, unsure
from ui.feedback import NONE_OF_THEM, NOT_STATED, REASONS
from ui.opinions import completed, opinion_html


def under_an_answer(client, shown):
    from ui.feedback import ask_opinion

    ask_opinion(client, shown, key="0")


def all_opinions(client):
    from ui.opinions import page

    page(client)


@pytest.fixture
def widget(api) -> AppTest:
    return AppTest.from_function(under_an_answer, args=(api.client, answer()), default_timeout=20).run()


@pytest.fixture
def page(api) -> AppTest:
    api.feedback = [opinion(2), opinion(1, verdict="good", reason=None, right_answer=None, draft=None)]
    return AppTest.from_function(all_opinions, args=(api.client,), default_timeout=20).run()


def sent(api: FakeApi) -> dict:
    return json.loads(api.requests[-1].content)


# --- under an answer -----------------------------------------------------------------------------------------------


def test_every_reason_of_the_api_has_its_words():
    assert tuple(REASONS) == get_args(Reason)


def test_a_good_word_is_one_click_and_is_thanked_for_once(widget, api):
    widget.button(key="good-0").click().run()
    assert "ありがとうございます" in shown(widget)
    assert sent(api) == {
        "verdict": "good",
        "answer": answer(),
        "reason": None,
        "candidate": None,
        "right_answer": None,
        "comment": None,
    }
    assert len(widget.button) == 0, "an opinion is given once"
    assert "ありがとうございます" in shown(widget.run())
    assert api.asked("POST", "/v1/feedback") == 1


def test_what_is_wrong_is_asked_before_it_is_sent(widget, api):
    widget.button(key="bad-0").click().run()
    assert api.asked("POST", "/v1/feedback") == 0
    widget.radio(key="reason-0").set_value("wrong_date")
    widget.text_input(key="right-0").set_value("　2,801件 ")
    widget.button(key="send-0").click().run()
    said = sent(api)
    assert (said["verdict"], said["reason"], said["right_answer"], said["comment"]) == (
        "bad",
        "wrong_date",
        "2,801件",
        None,
    )
    assert "ページ「意見」に記録しました" in shown(widget)
    assert FeedbackIn.model_fields.keys() == said.keys()


@pytest.mark.parametrize(
    ("choice", "typed", "verdict", "candidate", "right"),
    [
        (2, "", "good", 2, None),
        (1, "2776", "good", 1, "2776"),
        (NONE_OF_THEM, "3,000件", "bad", None, "3,000件"),
        (NOT_STATED, "", "bad", None, "資料に記載がありません"),
        (None, "", "bad", None, None),
    ],
)
def test_of_an_unsure_answer_the_right_candidate_is_asked(api, choice, typed, verdict, candidate, right):
    widget = AppTest.from_function(under_an_answer, args=(api.client, unsure()), default_timeout=20).run()
    assert widget.button(key="bad-0").label == "正しい候補を知らせる"
    widget.button(key="bad-0").click().run()
    assert len(widget.radio(key="candidate-0").options) == 4, "two candidates, none of them, not stated at all"
    widget.radio(key="candidate-0").set_value(choice)
    widget.text_input(key="right-0").set_value(typed)
    widget.button(key="send-0").click().run()
    said = sent(api)
    assert (said["verdict"], said["candidate"], said["right_answer"]) == (verdict, candidate, right)
    assert said["reason"] is None
    assert "担当者が正しい答えを確かめて" in shown(widget)


def test_an_unsure_answer_without_candidates_is_asked_about_like_any_other(api):
    shown_answer = unsure(candidates=[], citations=[])
    widget = AppTest.from_function(under_an_answer, args=(api.client, shown_answer), default_timeout=20).run()
    widget.button(key="bad-0").click().run()
    assert widget.radio(key="reason-0").options == list(REASONS.values())


def test_what_cannot_be_sent_is_said_and_what_was_typed_stays(widget, api):
    widget.button(key="bad-0").click().run()
    widget.text_area(key="comment-0").set_value("時点が古い")
    api.refusal = problem(503, "意見を保存できません。")
    widget.button(key="send-0").click().run()
    assert "意見を保存できません。" in shown(widget)
    assert widget.text_area(key="comment-0").value == "時点が古い"
    api.refusal = None
    widget.button(key="send-0").click().run()
    assert "意見を保存できません。" not in shown(widget)
    assert sent(api)["comment"] == "時点が古い"


def test_the_form_can_be_closed_without_sending(widget, api):
    widget.button(key="bad-0").click().run()
    widget.button(key="cancel-0").click().run()
    assert len(widget.radio) == 0
    assert api.asked("POST", "/v1/feedback") == 0


# --- all opinions --------------------------------------------------------------------------------------------------


def test_a_wrong_answer_waits_and_a_good_one_does_not(page):
    assert "相談件数の質問 2" in shown(page)
    assert "相談件数の質問 1" not in shown(page)
    assert "時点が違う" in shown(page)
    page.radio(key="opinions-shown").set_value("すべて").run()
    assert shown(page).index("相談件数の質問 2") < shown(page).index("相談件数の質問 1")
    assert "役に立った</span>" in shown(page)


def test_a_right_candidate_waits_to_become_a_question(api):
    api.feedback = [opinion(3, verdict="good", candidate=2, answer=unsure(), reason=None, right_answer=None)]
    page = AppTest.from_function(all_opinions, args=(api.client,), default_timeout=20).run()
    assert "候補2が正しい" in shown(page)
    assert "<dt>候補2</dt><dd>世帯 20,114世帯 20,240世帯\n令和6年度 若葉市 市政の概況　p.6</dd>" in shown(page)
    assert "未処理</span>" in shown(page)
    page.button(key="accept-f3").click().run()
    assert len(api.questions) == 1
    assert "未処理の意見はありません" in shown(page)


def test_an_opinion_shows_what_was_answered_and_said_and_takes_nothing_for_html():
    told = opinion_html(opinion(right_answer="<b>2,801件</b>", comment="<script>"))
    assert "<dt>答え</dt><dd>2,776件（令和6年1月末現在）</dd>" in told
    assert "<dd>&lt;b&gt;2,801件&lt;/b&gt;</dd>" in told
    assert "<script>" not in told
    assert "<dt>索引の版</dt><dd>s1</dd>" in told
    assert "2026/11/23 17:37" in told
    assert f"{PDF['title']}　p.3（印刷ページ 5）　ほか 1 件" in told


def test_a_completed_draft_goes_into_the_question_file(page, api):
    page.text_area(key="draft-accept-f2").set_value("2801\n\n 2,801件 ")
    page.selectbox(key="evidence-file-f2-1").set_value(PLAIN["file"])
    page.number_input(key="evidence-first-f2-1").set_value(4)
    page.number_input(key="evidence-page-f2-1").set_value(1)  # a place is told by lines or by page, not by both
    page.button(key="accept-f2").click().run()
    [question] = api.questions
    assert question == {
        "id": "f2",
        "question": "相談件数の質問 2",
        "type": "number",
        "answer": "2,801件",
        "accept": ["2801", "2,801件"],
        "accept_all": [],
        "evidence": [
            {"file": PDF["file"], "quote": "相談件数は2,776件", "lines": None, "page": 3},
            {"file": PLAIN["file"], "quote": None, "lines": [4, 4], "page": None},
        ],
        "answerable": True,
        "note": "",
    }
    assert QuestionDraft.model_validate(question)
    assert "質問集に加えました" in shown(page)
    assert "未処理の意見はありません" in shown(page)
    assert "<b>1</b> 問" in shown(page)
    assert "質問集に加えました" not in shown(page.run()), "the notice is shown once"


def test_a_completed_question_is_one_that_the_evaluation_reads(page, api, tmp_path):
    page.button(key="accept-f2").click().run()
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(api.questions[0]), encoding="utf-8")
    [question] = dataset.read_questions(path)
    assert question.evidence == (dataset.Evidence(PDF["file"], page=3, quote="相談件数は2,776件"),)


def test_a_question_without_answer_takes_no_places_along():
    draft = opinion()["draft"]
    said = {name: draft[name] for name in ("question", "answer", "note")} | {"accept": "2801", "accept_all": ""}
    places = {f"{name}-{i}": None for i in range(2) for name in ("page", "first", "last")}
    places |= {"file-0": PDF["file"], "file-1": None, "quote-0": "引用", "quote-1": ""}
    question = completed(draft, said | places | {"type": "unanswerable"})
    assert (question["answerable"], question["accept"], question["evidence"]) == (False, [], [])


def test_a_refused_draft_says_why_at_the_form_and_keeps_what_was_typed(page, api):
    api.refusal = problem(422, "正解とする表記を一つ以上書いてください。")
    page.text_area(key="draft-answer-f2").set_value("三千件")
    page.button(key="accept-f2").click().run()
    assert "正解とする表記を一つ以上書いてください。" in shown(page)
    assert page.text_area(key="draft-answer-f2").value == "三千件"
    assert api.questions == []


def test_an_opinion_that_is_not_used_is_put_away(page, api):
    page.button(key="dismiss-f2").click().run()
    assert "使わない" in shown(page)
    assert api.feedback[0]["state"] == "dismissed"
    assert api.questions == []
    assert "未処理の意見はありません" in shown(page)


def test_the_question_file_can_be_downloaded_once_there_is_one(page, api):
    assert len(page.get("download_button")) == 0
    api.questions = [{"id": "f9"}]
    shown(page.run())
    assert len(page.get("download_button")) == 1
    assert "tenkyo eval --questions questions.jsonl --documents 資料のフォルダ" in shown(page)


def test_no_opinion_yet_says_where_they_come_from(api):
    app = AppTest.from_function(all_opinions, args=(api.client,), default_timeout=20).run()
    assert "まだ意見はありません" in shown(app)


def test_opinions_without_server_say_so(api):
    api.down = True
    app = AppTest.from_function(all_opinions, args=(api.client,), default_timeout=20).run()
    assert "サーバーに接続できません" in shown(app)
