"""Asking as every front end does: what all answers keep, errors, threads, and papers that change."""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.answer import Answer, QuestionError, Timings
from answer.assistant import Assistant
from index.collection import Collection
from index.protocols import IndexMissing
from tests.answer.papers import TrustsThePicker, ask, assistant_over, check_contract, plain
from tests.conftest import HashingEmbedder

PAPERS = {
    "報告.txt": """\
鐘ヶ丘市　産業の取組
令和6年8月
産業振興課

【起業の支援】
◆相談件数：延べ345件（R6.7月末現在）
起業支援室を、令和5年10月2日に開設しました。
担当課：産業振興課

【直売所】
対象の直売所（ひなた市場、みのり市場、鐘の駅）で、地元の野菜を扱います。
""",
    "統計.txt": """\
鐘ヶ丘市　統計の概要
令和6年4月

【直売所の来客数】（単位：人）
\tR4年度\tR5年度
ひなた市場\t12,040\t13,515
みのり市場\t8,907\t9,220
""",
}
QUESTIONS = (
    "起業の支援の相談件数は何件ですか",
    "起業支援室はいつ開設しましたか",
    "起業の支援の担当はどの課ですか",
    "対象の直売所を列挙してください",
    "令和5年度のみのり市場の来客数は何人ですか",
    "ひなた市場の来客数は令和4年度と令和5年度でいくつ増えましたか",
    "ひなた市場の来客数の推移を教えてください",
    "令和9年度のみのり市場の来客数は何人ですか",
    "水族館の入館料はいくらですか",
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("assistant"), PAPERS)


def without_time(answer: Answer) -> Answer:
    """Return an answer without what differs from run to run."""
    return replace(answer, timings_ms=Timings())


# --- what comes back -------------------------------------------------------------------------------------------------


def test_an_answer_carries_the_question_its_id_the_snapshot_and_the_time_it_took(town):
    answer = town.ask("  起業の支援の相談件数は何件ですか\n", id="q-7")
    assert (answer.question, answer.id) == ("起業の支援の相談件数は何件ですか", "q-7")
    assert answer.index == town.collection.snapshot().id
    assert answer.answerer == "extractive"
    took = answer.timings_ms
    assert 0 <= took.retrieve + took.read + took.check <= took.total + 0.2


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_is_json_and_its_passages_are_flat(town, question):
    answer = ask(town, question)
    body = json.loads(json.dumps(answer.to_dict(), ensure_ascii=False))
    assert body["answer"] == answer.answer
    assert [p["quote"] for p in body["passages"]] == [p.citation.quote for p in answer.passages]
    assert all({"chunk_id", "score", "document_id", "start", "end", "lines"} <= set(p) for p in body["passages"])


@pytest.mark.parametrize("question", QUESTIONS)
def test_passages_come_best_first_and_are_numbered_from_one(town, question):
    passages = ask(town, question).passages
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert [passage.citation.n for passage in passages] == list(range(1, len(passages) + 1))


def test_searching_returns_the_passages_without_an_answer(town):
    best, *_ = town.search("直売所の来客数", k=3)
    assert best.citation.file == "統計.txt"
    assert best.chunk_id == f"{best.citation.document_id}:{best.citation.start}-{best.citation.end}"


def test_a_page_that_a_form_feed_starts_is_cited_by_its_number(tmp_path):
    first, second = (
        "渚町　港の取組\n令和6年5月\n\n渚町は港の町です。\n",
        "【港の利用】\n◆入港した船：87隻（R6.4月末現在）\n",
    )
    answer = ask(assistant_over(tmp_path, {"港.txt": f"{first}\f{second}"}), "入港した船は何隻ですか")
    assert plain(answer.answer).startswith("87隻")
    assert answer.citations[0].page == 2
    assert answer.citations[0].quote == "◆入港した船：87隻（R6.4月末現在）"


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", "empty"),
        ("　\n\t", "empty"),
        ("？？？！", "symbols_only"),
        ("あ" * 501, "too_long"),
        ("How many members does the council have?", "not_japanese"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_in_japanese_for_asking_and_for_searching(town, question, code):
    for attempt in (town.ask, town.search):
        with pytest.raises(QuestionError) as caught:
            attempt(question)
        assert caught.value.code == code
        assert not caught.value.message.isascii()


def test_the_longest_question_is_a_setting(town):
    short = Assistant(town.collection, max_question_chars=10)
    with pytest.raises(QuestionError) as caught:
        short.ask("起業の支援の相談件数は何件ですか")
    assert caught.value.code == "too_long"
    assert "10文字" in caught.value.message


def test_without_an_index_there_is_nothing_to_ask(tmp_path):
    with pytest.raises(IndexMissing):
        Assistant(Collection(tmp_path / "index", HashingEmbedder())).ask("人口は何人ですか")


# --- papers that change ----------------------------------------------------------------------------------------------


def test_a_paper_that_is_added_answers_the_next_question_and_one_that_is_removed_does_not(tmp_path):
    town = assistant_over(tmp_path, PAPERS)
    question = "陶芸教室の生徒は何人ですか"
    assert ask(town, question).status != "answered"
    paper = tmp_path / "陶芸.txt"
    paper.write_text("鐘ヶ丘市　陶芸教室\n令和6年9月\n\n◆陶芸教室の生徒：26人（R6.8月末現在）\n", encoding="utf-8")
    (added,) = town.collection.add([paper]).added
    assert plain(ask(town, question).answer).startswith("26人")
    paper.write_text("鐘ヶ丘市　陶芸教室\n令和6年10月\n\n◆陶芸教室の生徒：31人（R6.9月末現在）\n", encoding="utf-8")
    (refreshed,) = town.collection.add([paper]).refreshed
    assert refreshed.id != added.id
    assert plain(ask(town, question).answer).startswith("31人")
    town.collection.remove(refreshed.id)
    assert ask(town, question).status != "answered"


# --- threads ---------------------------------------------------------------------------------------------------------


def test_eight_threads_get_the_answers_that_one_gets(tmp_path):
    alone = assistant_over(tmp_path, PAPERS)
    expected = [without_time(alone.ask(question)) for question in QUESTIONS]
    # Nothing is remembered yet: the threads fill its memory together.
    shared = Assistant(alone.collection, judge=TrustsThePicker())
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda n: [shared.ask(q) for q in _turned(n)], range(16)))
    for n, run in enumerate(runs):
        assert [without_time(answer) for answer in run] == [expected[i] for i in _order(n)]


def _order(n: int) -> list[int]:
    """Return the places of the questions, begun at another one for each thread."""
    return [(i + n) % len(QUESTIONS) for i in range(len(QUESTIONS))]


def _turned(n: int) -> list[str]:
    return [QUESTIONS[i] for i in _order(n)]


# --- invariants ------------------------------------------------------------------------------------------------------

_LABELS = st.sampled_from(
    [
        "相談件数",
        "登録者数",
        "加盟店",
        "見守りの協力員",
        "清掃活動",
        "防災訓練",
        "補助金",
        "ぽかぽか事業",
        "DX研修",
        "空き家の成約",
    ]
)
_PLACES = st.sampled_from(
    ["星見市", "川渡町", "山手地区", "湖畔地区", "ふなだまり", "まちづくり課", "青鷺大学", "𠮷野駅前"]
)
_FIGURES = st.sampled_from(
    ["128店", "1,204件", "３６５人", "1億2,000万円", "4,800千円", "▲3.5％", "0件", "約20人", "第2回", "－", "2か所"]
)
_DATES = st.sampled_from(
    ["令和6年1月末現在", "R5.6月末現在", "2024年3月31日", "令和5年度", "R4", "令和元年", "１０月末", "H31年度"]
)
_SPACES = st.sampled_from(["", "　", " ", "\t"])


@st.composite
def _lines(draw: st.DrawFn) -> str:
    label, place, figure, date = draw(_LABELS), draw(_PLACES), draw(_FIGURES), draw(_DATES)
    return draw(
        st.sampled_from(
            [
                f"{label}は、{date}で{figure}です。",
                f"◆{label}：{figure}（{date}）",
                f"・{place}の{label}　{figure}",
                f"{label}{draw(_SPACES)}：{draw(_SPACES)}{place}",
                f"{label}（{place}、{draw(_PLACES)}、{draw(_PLACES)}）を対象とします。",
                f"{label}とは、{place}で{draw(_LABELS)}を進めるものです。",
                f"※{label}：{place}が行うもの。",
                f"{date}\n{label}を開始",
                f"{label}は、{place}の{draw(_LABELS)}が減っているため、見直します。",
                f"{label}は{figure}、目標は{draw(_FIGURES)}。",
                f"会場：{place}　日時：{date}",
                "",
                "\f",
            ]
        )
    )


@st.composite
def _tables(draw: st.DrawFn) -> str:
    dates = draw(st.lists(_DATES, min_size=1, max_size=3))
    rows = draw(st.lists(_PLACES, min_size=1, max_size=3))
    title = f"【{draw(_LABELS)}の推移】{draw(st.sampled_from(['', '（単位：人）', '（単位：千円）']))}"
    head = "\t".join(["", *dates])
    body = ["\t".join([row, *(draw(_FIGURES) for _ in dates)]) for row in rows]
    return "\n".join([title, head, *body])


@st.composite
def _papers(draw: st.DrawFn) -> str:
    parts = [f"{draw(_PLACES)}　{draw(_LABELS)}の資料", draw(_DATES)]
    for _ in range(draw(st.integers(1, 4))):
        parts += [
            "",
            draw(st.sampled_from(["【{}】", "１　{}について", "（2）{}", "## {}", "{}"])).format(draw(_LABELS)),
        ]
        parts += draw(st.lists(_lines() | _tables(), min_size=1, max_size=5))
    return "\n".join(parts) + "\n"


_QUESTIONS = st.builds(
    str.format,
    st.sampled_from(
        [
            "{label}は何件ですか",
            "{date}の{label}は何人ですか",
            "{place}の{label}はいくらですか",
            "{label}はいくつですか",
            "{label}の推移を教えてください",
            "{label}は{date}と{other_date}でどれだけ増えましたか",
            "{label}と{other}ではどちらが多いですか",
            "{label}と{other}の差はいくらですか",
            "{label}はいつ始まりましたか",
            "{label}の会場はどこですか",
            "{label}の担当はどの課ですか",
            "{label}に参加した人は誰ですか",
            "{label}の対象をすべて挙げてください",
            "{label}の3つの対象は何ですか",
            "{label}とは何ですか",
            "{label}を見直すのはなぜですか",
            "{label}を申し込むにはどうすればいいですか",
            "{label}は目標を達成しましたか",
            "{label}は目標に何件足りませんか",
            "{label}は続いていますか",
            "{place}の{label}の電話番号は",
            "{label}　{place}　{date}",
            "{label}",
        ]
    ),
    label=_LABELS,
    other=_LABELS,
    place=_PLACES,
    date=_DATES,
    other_date=_DATES,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(_papers(), min_size=1, max_size=3), st.lists(_QUESTIONS, min_size=1, max_size=8))
def test_whatever_the_papers_say_and_whatever_is_asked_every_answer_keeps_the_contract(texts, questions):
    with tempfile.TemporaryDirectory() as folder:
        town = assistant_over(Path(folder), {f"{n}.txt": text for n, text in enumerate(texts)})
        for question in questions:
            ask(town, question)


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=60)
    | st.text(st.sampled_from("令和6年１月末R.%（）～何人件いくらどこ、。？ 　\n\f第2回「」A9０①𠮷")),
    st.data(),
)
def test_any_text_may_be_asked_and_is_answered_or_refused_as_a_question(town, text, data):
    question = data.draw(
        st.sampled_from(["{}", "{}は何件ですか", "起業の支援の{}", "{}と相談件数ではどちらが多いですか"])
    ).format(text)
    with suppress(QuestionError):
        check_contract(town, town.ask(question))


def test_the_last_of_some_questions_is_whole_when_each_is_read_after_the_one_before(town):
    first = "令和5年度のみのり市場の来客数は何人ですか"
    assert town.whole([first, "令和4年度は？"]) == "令和4年度のみのり市場の来客数は何人ですか"
    assert town.whole([first, "令和4年度は？", "令和5年度は？"]) == first
    assert town.whole([first, "起業支援室はいつ開設しましたか"]) == "起業支援室はいつ開設しましたか"
    assert town.whole(["", "?", first, "長" * 501]) == first  # what nobody could ask is passed over
    assert town.whole([]) is None
