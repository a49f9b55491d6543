"""Citations against gold places."""

import pytest

from eval.dataset import Evidence
from eval.measures.citations import citation_precision, citation_recall, is_covered, page_hit
from eval.measures.retrieval import Place
from tests.eval.measures.questions import A5, A9, B1, question

TWO = question(evidence=(Evidence("a.txt", (5, 6)), Evidence("b.txt", (1, 1))))
AGAIN = question(alt_evidence=(Evidence("a.txt", (9, 9)),))


@pytest.mark.parametrize(
    ("asked", "citations", "precision", "recall"),
    [
        (question(), (A5,), 1, 1),
        (question(), (A5, A9, B1), 1 / 3, 1),
        (question(), (B1,), 0, 0),
        (question(), (), None, 0),
        (TWO, (A5, A9), 1 / 2, 1 / 2),
        (TWO, (A5, B1), 1, 1),
        (AGAIN, (A9,), 1, 1),  # the same value elsewhere stands in
        (AGAIN, (A5, A9), 1, 1),
    ],
)
def test_precision_and_recall_by_hand(asked, citations, precision, recall):
    assert citation_precision(asked, citations) == (None if precision is None else pytest.approx(precision))
    assert citation_recall(asked, citations) == pytest.approx(recall)


def test_one_citation_of_many_covers():
    assert is_covered(question(), (B1, A5))
    assert not is_covered(question(), (B1, A9))


def test_a_citation_may_begin_one_line_late_and_not_two():
    assert is_covered(question(), (Place("", "a.txt", (6, 6), None),))
    assert not is_covered(question(), (Place("", "a.txt", (7, 7), None),))


def test_a_page_is_hit_by_file_and_number():
    pages = {("a.pdf", 3)}
    assert page_hit(pages, (Place("", "b.pdf", None, 3), Place("", "a.pdf", None, 3))) is True
    assert page_hit(pages, (Place("", "a.pdf", None, 4), Place("", "b.pdf", None, 3))) is False
    assert page_hit(pages, ()) is False
    assert page_hit(set(), (A5,)) is None
