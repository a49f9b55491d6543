"""The paired tests, against values worked out by hand."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.baseline import Baseline, kept
from eval.compare import ABSENT, READ, UNREAD, compare, interval, mcnemar, share_interval


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


# --- a share of the answers given ----------------------------------------------------------------------------------


def test_the_interval_of_a_share_agrees_with_that_of_its_mean_where_every_question_is_answered():
    values = np.random.default_rng(2).integers(0, 2, (300, 2)).astype(float)
    assert share_interval(values) == pytest.approx(interval(values[:, 1] - values[:, 0]), abs=0.01)


def test_the_interval_of_a_share_leaves_out_what_was_not_answered():
    silent = np.full((50, 2), ABSENT)
    answered = np.array([[1.0, 1.0]] * 20)
    assert share_interval(np.vstack([silent, answered])) == (0.0, 0.0)


def record(name, id_, *, right, answered=True, confidence=0.99):
    """Return a record with the measures of an answer that is right, wrong or not given."""
    measures = {"right": float(right), "right_of_answered": float(right) if answered else None}
    measures["right_of_high"] = measures["right_of_answered"] if confidence >= 0.95 else None
    expected = {"id": id_, "question": f"{id_}は何人", "type": "number", "answer": "3人", "answerable": True}
    return {
        "set": name,
        "id": id_,
        "answer": "3人" if right else "4人" if answered else "",
        "expected": expected | {"accept": ["3人"], "accept_all": []},
        "verdict": {"answered": answered},
        "measures": measures,
    }


def compared(before, after, standings=None):
    """Return the comparison of two runs, each a list of records; sets stand as ``standings`` say."""
    clean = {"unsupported_answers": 0, "quotes_not_verbatim": 0, "errors": 0, "questions_sha256": "0123"}
    sets = {one["set"]: clean | {"standing": (standings or {}).get(one["set"])} for one in after}
    answers = {name: {one["id"]: kept(one) for one in before if one["set"] == name} for name in sets}
    return compare(Baseline({}, answers), sets, after)


def run(name, right, wrong=0, silent=0):
    """Return a set's records: so many right, then wrong, then without an answer."""
    outcomes = [(True, True)] * right + [(False, True)] * wrong + [(False, False)] * silent
    return [record(name, f"{name}{n}", right=r, answered=a) for n, (r, a) in enumerate(outcomes)]


def test_wrong_answers_where_there_were_none_are_a_drop_of_the_share_though_as_many_are_right():
    found = compared(run("a", 20, silent=10), run("a", 20, wrong=10))
    share = next(one for one in found.paired if one.measure == "right_of_answered")
    assert (share.before, share.after, share.worse, share.better) == (1.0, pytest.approx(2 / 3), 10, 0)
    assert share.dropped
    assert {failure.measure for failure in found.failures} == {"right_of_answered", "right_of_high"}


def test_more_wrong_answers_among_many_more_right_ones_are_no_drop_of_the_share():
    """Of eight answers half are right; of thirty then 18, though eight questions have a wrong answer now."""
    more = run("a", 4, wrong=4) + [record("a", f"a{n}", right=n < 22) for n in range(8, 30)]
    found = compared(run("a", 4, wrong=4, silent=22), more)
    share = next(one for one in found.paired if one.measure == "right_of_answered")
    assert (share.before, share.after, share.worse, share.better) == (0.5, 0.6, 8, 0)
    assert not share.dropped


def test_to_answer_less_and_rightly_is_no_drop_of_the_share():
    found = compared(run("a", 20, wrong=10), run("a", 15, silent=15))
    assert [failure.measure for failure in found.failures] == ["right"], "that right ones were lost is told by itself"


def test_one_wrong_answer_among_few_sure_ones_may_be_chance():
    found = compared(run("a", 1, silent=7), run("a", 0, wrong=1, silent=7))
    assert found.failures == ()


# --- what nobody learned from --------------------------------------------------------------------------------------

STANDINGS = {"a": "既読", "b": "初回"}


def test_sets_that_nobody_learned_from_are_tested_together():
    found = compared(run("a", 5) + run("b", 5), run("a", 5) + run("b", 0, wrong=5), STANDINGS)
    right = {one.set: (one.before, one.after) for one in found.paired if one.measure == "right"}
    assert (right[UNREAD], right[READ]) == ((1.0, 0.0), (1.0, 1.0))
    assert UNREAD in {failure.set for failure in found.failures}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (run("a", 5, wrong=8) + run("b", 9, wrong=9), run("a", 13) + run("b", 9, wrong=9), "not_better"),
        (run("a", 5, wrong=8) + run("b", 9, wrong=9), run("a", 13) + run("b", 18), None),
        (run("a", 5, wrong=2) + run("b", 9, wrong=9), run("a", 7) + run("b", 9, wrong=9), None),  # may be chance
        (run("a", 5, wrong=8), run("a", 13), "not_asked"),
        (run("b", 5, wrong=8), run("b", 13), None),
    ],
    ids=["known only", "both", "chance", "nothing else asked", "left out only"],
)
def test_what_got_better_on_known_questions_alone_is_said(before, after, said):
    assert compared(before, after, STANDINGS).only_read == said
