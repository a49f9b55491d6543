"""Fusion is arithmetic on two short lists."""

import pytest

from index.fusion import fuse

WORDS = [("a", 12.0), ("b", 6.0), ("c", 2.0)]
VECTORS = [("b", 0.90), ("d", 0.85), ("a", 0.80)]


def test_scores_are_the_weighted_sums_of_scaled_scores():
    # words: a 1.0, b 0.4, c 0.0; vectors: b 1.0, d 0.5, a 0.0
    assert fuse([WORDS, VECTORS], [0.5, 0.5], 10) == [
        ("b", pytest.approx(0.7)),
        ("a", pytest.approx(0.5)),
        ("d", pytest.approx(0.25)),
        ("c", 0.0),
    ]


@pytest.mark.parametrize(("weights", "order"), [((1.0, 0.0), "abcd"), ((0.0, 1.0), "bdac")])
def test_all_the_weight_on_one_ranking_keeps_its_order(weights, order):
    assert "".join(key for key, _ in fuse([WORDS, VECTORS], weights, 10)) == order


def test_one_empty_ranking_leaves_the_other_as_it_is():
    assert [key for key, _ in fuse([[], VECTORS], [0.6, 0.4], 10)] == ["b", "d", "a"]
    assert fuse([[], []], [0.6, 0.4], 10) == []


def test_a_single_hit_and_equal_scores_are_worth_a_full_share():
    assert fuse([[("a", 3.0)], []], [0.6, 0.4], 10) == [("a", 0.6)]
    assert fuse([[("a", 3.0), ("b", 3.0)], []], [0.6, 0.4], 10) == [("a", 0.6), ("b", 0.6)]


def test_k_cuts_and_weights_must_fit():
    assert len(fuse([WORDS, VECTORS], [0.5, 0.5], 2)) == 2
    with pytest.raises(ValueError, match="2 != 1"):
        fuse([WORDS, VECTORS], [1.0], 2)
