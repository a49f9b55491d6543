"""The paired tests, against values worked out by hand."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.compare import interval, mcnemar


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [
        (0, 0, 1.0),  # nothing changed
        (0, 4, 1 / 16),  # four broken may be chance
        (0, 5, 1 / 32),
        (1, 8, (comb(9, 8) + 1) / 2**9),  # 8 or 9 heads of 9
        (3, 3, sum(comb(6, k) for k in (3, 4, 5, 6)) / 2**6),
        (5, 0, 1.0),  # better is never worse
    ],
)
def test_mcnemar_counts_the_tails_of_a_coin(better, worse, p):
    assert mcnemar(better, worse) == pytest.approx(p)


def test_the_interval_of_one_difference_for_all_is_that_difference():
    assert interval([0.25] * 9) == (0.25, 0.25)
    assert interval([0.0] * 9) == (0.0, 0.0)


def test_the_interval_agrees_with_the_normal_one_for_many_questions():
    """By the central limit theorem: mean ± 1.96 standard errors."""
    differences = np.random.default_rng(1).normal(-0.1, 0.5, 400)
    low, high = interval(differences)
    error = differences.std() / 20
    assert low == pytest.approx(differences.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(differences.mean() + 1.96 * error, abs=0.2 * error)


def test_a_single_question_that_fell_is_no_drop_of_the_mean():
    low, high = interval([-1.0] + [0.0] * 19)
    assert low < 0
    assert high == 0


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_the_interval_lies_within_the_differences_and_is_the_same_each_time(differences):
    low, high = interval(differences)
    assert min(*differences, 0) - 1e-9 <= low <= high <= max(*differences, 0) + 1e-9
    assert interval(differences) == (low, high)
