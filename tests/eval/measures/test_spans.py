"""Exact match and character F1."""

import pytest

from eval.measures.spans import best_character_f1, character_f1, is_exact
from tests.eval.measures.questions import question


def test_exact_means_the_gold_answer_or_an_accepted_one():
    assert is_exact(question(), "２，７７６ 件")
    assert not is_exact(question(), "2,776件です")


def test_character_f1_counts_common_characters():
    assert character_f1("図書館", "図書館") == 1.0
    assert character_f1("図書館", "体育場") == 0.0
    assert character_f1("図書館", "図書室です") == pytest.approx(2 * 2 / (3 + 5))


def test_the_best_gold_text_counts():
    asked = question(answer="市立図書館の本館", accept=("図書館",))
    assert best_character_f1(asked, "図書館") == 1.0
    assert best_character_f1(asked, "本館") == pytest.approx(2 * 2 / (2 + 8))
    assert best_character_f1(asked, "") == 0.0
