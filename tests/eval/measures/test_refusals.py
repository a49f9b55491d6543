"""Declining, as four questions without answer and six with one are treated."""

import pytest

from eval.measures.refusals import Refusals, refusals


def test_declining_by_hand():
    fates = [
        *[(False, False, False)] * 3,  # three of four declined
        (False, True, False),
        *[(True, True, False)] * 4,
        *[(True, False, False)] * 2,  # two of six declined wrongly
    ]
    found = refusals(fates)
    assert (found.recall, found.precision) == (3 / 4, 3 / 5)
    assert found.f1 == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))
    assert found.false_refusal == pytest.approx(2 / 6)


def test_a_crash_declines_nothing():
    assert refusals([(False, False, True)]) == Refusals(0.0, None, 0.0, None)


def test_a_share_of_nothing_is_none():
    assert refusals([]) == Refusals(None, None, None, None)
    assert refusals([(True, True, False)]).false_refusal == 0.0
