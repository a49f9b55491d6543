"""Confidence against truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.judging.confidence import HIGH, MIDDLE
from eval.measures.confidence import (
    Bin,
    Coverage,
    aurc,
    brier,
    calibration_error,
    promise,
    promises,
    reliability,
    risk_coverage,
    word_of,
)


def test_calibration_error_is_the_weighed_gap_between_confidence_and_truth():
    # Two at .9 of which one is right (gap .4), one at .3 that is wrong (gap .3), one at 1.0 that is right (gap 0);
    # 1.0 falls into the last bin, with the two at .9: mean .9333 against 2/3.
    assert calibration_error([0.9, 0.9, 0.3, 1.0], [True, False, False, True]) == pytest.approx((0.8 + 0.3) / 4)
    assert calibration_error([], []) is None


def test_the_reliability_diagram_has_a_point_for_each_bin_that_is_not_empty():
    assert reliability([0.25, 0.95, 0.21, 1.0], [True, True, False, True]) == [
        Bin(pytest.approx(0.23), 0.5, 2),
        Bin(pytest.approx(0.975), 1.0, 2),
    ]


def test_the_brier_score_is_the_mean_squared_distance():
    assert brier([0.9, 0.4], [True, False]) == pytest.approx((0.01 + 0.16) / 2)
    assert brier([], []) is None


def test_the_surest_answers_come_first_and_ties_together():
    assert risk_coverage([0.5, 0.9, 0.5, 0.1], [True, True, False, False]) == [
        Coverage(0.9, 0.25, 1.0),
        Coverage(0.5, 0.75, pytest.approx(2 / 3)),
        Coverage(0.1, 1.0, 0.5),
    ]


def test_the_area_under_risk_and_coverage_by_hand():
    # Risks of the first 1, 2, 3 and 4 answers: 0, 0, 1/3, 2/4.
    assert aurc([0.9, 0.8, 0.7, 0.6], [True, True, False, False]) == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    # Of two tied answers, one of them wrong, each counts half: 1/2, 1/2.
    assert aurc([0.5, 0.5], [False, True]) == aurc([0.5, 0.5], [True, False]) == 0.5
    assert aurc([], []) is None


def test_each_word_of_confidence_is_judged_by_what_it_promises():
    high, middle, low = promises([0.99, HIGH, 0.9, MIDDLE, 0.1], [True, True, True, False, False])
    assert (high.share, high.count, high.least) == (1.0, 2, HIGH)
    assert (middle.share, middle.count, middle.least) == (0.5, 2, MIDDLE)
    assert (low.share, low.count, low.least, low.kept) == (0.0, 1, None, None)
    assert [word_of(confidence) for confidence in (HIGH, HIGH - 0.01, MIDDLE, MIDDLE - 0.01)] == [
        "高",
        "中",
        "中",
        "低",
    ]
    assert promises([], [])[0] == promise("高", 0, 0)


@pytest.mark.parametrize(
    ("right", "count", "kept"),
    [
        (96, 100, True),
        (93, 100, None),  # below .95, and chance brings that about more often than one time in twenty
        (88, 100, False),
        (2, 3, None),
        (0, 0, None),
    ],
)
def test_a_promise_is_broken_when_chance_does_not_explain_it(right, count, kept):
    assert promise("高", right, count).kept is kept


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_no_order_of_confidence_beats_the_true_one(pairs):
    confidences, right = [c for c, _ in pairs], [ok for _, ok in pairs]
    best = aurc([float(ok) for ok in right], right)
    assert best - 1e-9 <= aurc(confidences, right) <= 1
    assert 0 <= calibration_error(confidences, right) <= 1
    assert brier(confidences, right) == pytest.approx(np.mean((np.array(confidences) - np.array(right)) ** 2))
