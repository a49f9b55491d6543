"""Names that are said, and names that were not asked for."""

import pytest

from eval.measures.lists import items, list_precision, list_recall
from tests.eval.measures.questions import question

ASKED = question("list", answer="天草市、上天草市、進化", accept=(), accept_all=("天草市", "上天草市", "進化"))


@pytest.mark.parametrize(
    ("answer", "precision", "recall"),
    [
        ("天草市、上天草市、進化", 1, 1),
        ("上天草市、進化", 1, 2 / 3),  # 上天草市 does not say 天草市
        ("天草市・上天草市・進化の3つ（甲、乙）", 1, 1),
        ("天草市と上天草市", 1, 2 / 3),
        ("天草市、森町、乙川村、進化", 2 / 4, 2 / 3),
        ("森町", 0, 0),
        ("", None, 0),
    ],
)
def test_precision_and_recall_by_hand(answer, precision, recall):
    assert list_precision(ASKED, answer) == (None if precision is None else pytest.approx(precision))
    assert list_recall(ASKED, answer) == pytest.approx(recall)


def test_an_item_may_hold_a_dot_or_a_number():
    assert items("①組織づくり・人材育成 ②データ利活用") == ["組織づくり・人材育成", "データ利活用"]
    assert items("甲、甲、乙。") == ["甲", "乙"]


def test_a_gold_name_with_a_comma_in_it_is_not_foreign():
    asked = question("list", answer="豊かな町、命と健康、安心を守る町", accept=(), accept_all=("豊かな", "安心を守る"))
    assert list_precision(asked, "豊かな町、命と健康、安心を守る町") == 1


def test_what_is_told_in_clauses_has_no_items():
    series = question("temporal", answer="52件→206件", accept=(), accept_all=("52件", "206件"))
    assert list_precision(series, "1月は52件、2月は206件") is None
    assert list_recall(series, "1月は52件") == 0.5
    assert list_recall(question(), "2,776件") is None
