"""はい or いいえ is what the reader says of a line; of what is picked before it is read, words of denial decide."""

import pytest

from answer.assistant import Assistant
from answer.draft import Draft
from tests.answer.papers import assistant_over, reader_of, reading_all

PAPER = """\
木津川町　会館の利用案内
令和6年4月1日

１　利用の申込み
会館の利用は、町民でない方もできます。
会館の利用料は、町内の学校が使うときは免除します。
"""
FREE = "町内の学校が使うとき、会館の利用料はかかりますか"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("hall"), {"hall.txt": PAPER})


def drafts(assistant: Assistant, question: str) -> list[Draft]:
    return [one.draft for one in assistant.trace(question).outcome.judged]


@pytest.mark.parametrize(("yes", "word"), [(3.0, "はい。"), (-3.0, "いいえ。")])
def test_the_reader_says_of_each_line_and_of_what_is_picked_near_it_whether_it_says_yes(hall, yes, word):
    read = reading_all(hall, reader_of(lambda text: 1.0, yes=lambda text: yes))
    found = drafts(read, FREE)

    assert {draft.sort for draft in found if draft.text.startswith(word)} >= {"near", "line"}
    assert all(draft.text.startswith(word) for draft in found if draft.sort != "picked")


def test_each_line_is_read_for_itself(hall):
    read = reading_all(hall, reader_of(lambda text: 1.0, yes=lambda text: -2.0 if "免除" in text else 2.0))
    lines = [draft.text for draft in drafts(read, FREE) if draft.is_line]

    assert {text[:3] for text in lines if "免除" in text} == {"いいえ"}
    assert {text[:2] for text in lines if "免除" not in text} == {"はい"}


@pytest.mark.parametrize(("yes", "word"), [(3.0, "はい。"), (-3.0, "いいえ。")])
def test_how_sure_the_reader_is_of_the_word_that_a_draft_says_is_seen(hall, yes, word):
    read = reading_all(hall, reader_of(lambda text: 1.0, yes=lambda text: yes))
    for one in read.trace(FREE).outcome.judged:
        assert one.row.yes == (0.5 if one.draft.text.startswith(word) else -0.5)
    others = read.trace("会館の利用料は何ですか").outcome.judged
    assert {one.row.yes for one in others} == {0.0}


def test_without_a_reader_words_decide_and_a_line_says_neither(hall):
    found = drafts(hall, "町民でない方も会館を利用できますか")

    assert next(draft for draft in found if draft.sort == "picked").text.startswith(("はい。", "いいえ。"))
    assert not any(draft.text.startswith(("はい。", "いいえ。")) for draft in found if draft.is_line)


def test_a_line_is_offered_once_and_says_neither_yes_nor_no(hall):
    read = reading_all(hall, reader_of(lambda text: 1.0, yes=lambda text: -3.0))
    outcome = read.trace(FREE).outcome
    offered = [draft.text for draft in outcome.candidates]

    assert {one.draft.text[:2] for one in outcome.judged if "免除" in one.draft.text} == {"はい", "いい"}
    assert sum("免除" in text for text in offered) == 1
    assert not any(text.startswith(("はい", "いいえ")) for text in offered)
