"""Rankings against gold places."""

import math

import pytest

from eval.dataset import Evidence
from eval.measures.retrieval import mean_measures, measure_rankings, recall_at
from tests.eval.measures.questions import A5, A9, B1, question


def test_recall_is_the_share_of_the_needed_documents_that_are_reached():
    both = question(evidence=(Evidence("a.txt", (5, 6)), Evidence("b.txt", (1, 1))))
    assert recall_at(both, [A9, A5, B1], 1) == 0.0
    assert recall_at(both, [A9, A5, B1], 2) == 0.5
    assert recall_at(both, [A9, A5, B1], 3) == 1.0


def test_the_head_and_the_row_of_one_table_are_one_place():
    assert recall_at(question(evidence=(Evidence("a.txt", (1, 1)), Evidence("a.txt", (5, 5)))), [A5], 1) == 1.0


def test_the_same_value_elsewhere_is_as_good():
    assert recall_at(question(alt_evidence=(Evidence("b.txt", (1, 1)),)), [B1], 1) == 1.0


def test_ranking_measures_by_hand():
    first = question(id="first")
    second = question(id="second")
    unanswerable = question("unanswerable", id="trick", answerable=False, evidence=(), accept=())
    rankings = {"first": [A9, A5], "trick": [A5]}  # nothing came back for the second: it counts as 0
    measures = mean_measures(measure_rankings([first, second, unanswerable], rankings, [A5, A9, B1]))
    assert measures == pytest.approx(
        {"recall@1": 0, "recall@5": 0.5, "recall@10": 0.5, "mrr": 0.25, "ndcg@10": 0.5 / math.log2(3)}
    )


def test_a_place_that_no_chunk_holds_counts_as_not_found():
    lost = question(evidence=(Evidence("a.txt", (99, 99)),))
    assert set(mean_measures(measure_rankings([lost], {"q": [A5]}, [A5])).values()) == {0.0}
