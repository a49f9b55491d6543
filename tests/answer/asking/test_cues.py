"""A cue inside a longer word of a question is none."""

import pytest

from answer.asking.cues import COMPARE, LIST, SPEAKS_OF_CHANGE, TOTAL, WH, WHEN, WHERE, Cue
from answer.asking.question import read_question


@pytest.mark.parametrize(
    ("cue", "word"),
    [
        (COMPARE, "プラスチックの収集量"),
        (COMPARE, "マイナスイオン発生装置の数"),
        (COMPARE, "段差は多いですか"),
        (TOTAL, "合計特殊出生率の値"),
        (TOTAL, "複合計画の予算"),
        (TOTAL, "トータルケア事業"),
        (LIST, "アーティストの名前"),
        (WH, "ぶどうの生産量"),
        (WH, "だれでもトイレの数"),
        (SPEAKS_OF_CHANGE, "日比谷公園と差別の相談、減災の訓練"),
    ],
)
def test_a_cue_inside_a_longer_word_is_none(cue: Cue, word: str):
    assert cue.search(word) is None


@pytest.mark.parametrize(
    ("cue", "words"),
    [
        (COMPARE, "収支はいくらのマイナスですか"),
        (COMPARE, "男女の差は"),
        (TOTAL, "合計で何人"),
        (LIST, "施設のリスト"),
        (WH, "どこでもらえますか"),
        (WH, "何千円ですか"),
        (WHEN, "いつ頃の予定ですか"),
        (WHERE, "場所はどこどこですか"),
        (SPEAKS_OF_CHANGE, "男女比は"),
    ],
)
def test_a_cue_that_stands_by_itself_is_one(cue: Cue, words: str):
    assert cue.search(words) is not None


def test_a_name_that_holds_a_word_for_a_year_speaks_of_none():
    assert read_question("日本年金機構の職員数は何人ですか", "2024-06-01").periods == ()


def test_a_school_is_told_from_the_other_by_its_first_sign():
    assert {"中", "学校"} <= {part for t in read_question("中学校の数は").terms for part in t.parts}


@pytest.mark.parametrize(
    ("question", "kind"),
    [("有給休暇って何日", "number"), ("休みは最低何日ですか", "number"), ("式典は何日ですか", "date")],
)
def test_days_that_are_had_are_counted(question: str, kind: str):
    assert read_question(question).kind == kind
