"""Confidence against truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measures.confidence import Bin, Coverage, aurc, brier, calibration_error, reliability, risk_coverage


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


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_no_order_of_confidence_beats_the_true_one(pairs):
    confidences, right = [c for c, _ in pairs], [ok for _, ok in pairs]
    best = aurc([float(ok) for ok in right], right)
    assert best - 1e-9 <= aurc(confidences, right) <= 1
    assert 0 <= calibration_error(confidences, right) <= 1
    assert brier(confidences, right) == pytest.approx(np.mean((np.array(confidences) - np.array(right)) ** 2))
