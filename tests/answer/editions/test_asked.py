"""Questions of what changed since the edition before, asked as any other question."""

import pytest

from answer.editions.asked import read_asked
from tests.answer.editions.papers import NOW, THEN
from tests.answer.papers import ask, assistant_over, cited_files


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("asked"), {"2305.md": THEN, "2406.md": NOW})


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("前回の資料から何が変わった？", ""),
        ("前回の議会からどこが変わりましたか", ""),
        ("会員数は前回から変わった？", "会員数"),
        ("前の版と比べて相談件数はどのように変わりましたか。", "相談件数"),
    ],
)
def test_what_is_asked_about_is_read(question, topic):
    asked = read_asked(question)
    assert asked is not None
    assert asked.topic == topic


@pytest.mark.parametrize("question", ["会員数は何社ですか", "前回の開催日はいつですか", "料金は変わりますか"])
def test_other_questions_are_left_to_the_rest(question):
    assert read_asked(question) is None


def test_the_weightiest_changes_are_told_with_both_papers_and_where_to_see_all(assistant):
    answer = ask(assistant, "前回の資料から何が変わった？")
    assert answer.status == "answered"
    assert "48件 → 95件" in answer.answer
    assert "tenkyo changes" in answer.answer
    assert answer.answer.count("・") <= 5 + 1
    assert cited_files(answer) == {"2305.md", "2406.md"}


def test_one_thing_is_told_alone_with_how_it_was_worked_out(assistant):
    answer = ask(assistant, "フォーラムの会員数は前回から変わった？")
    assert "312社 → 378社、66社増" in answer.answer
    assert "95件" not in answer.answer
    assert answer.derived is not None
    assert "378 − 312 = 66社" in answer.derived.how
    assert {answer.citations[n - 1].file for n in answer.derived.operands} == {"2305.md", "2406.md"}


def test_without_an_edition_before_nothing_is_made_up(tmp_path):
    answer = ask(assistant_over(tmp_path, {"2406.md": NOW}), "フォーラムの会員数は前回から変わった？")
    assert "→" not in answer.answer
    assert answer.status != "answered" or "tenkyo changes" not in answer.answer
