"""Do the citations show the places that the answer needs?

Precision and recall of citations after ALCE (Gao et al., "Enabling Large Language Models to Generate Text with
Citations", EMNLP 2023), with gold places where ALCE asks a model whether the cited text entails the answer. The page
hit is that of page-level question answering over Japanese documents (JDocQA, Onami et al., LREC-COLING 2024).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eval.dataset import Question
from eval.measures.retrieval import Place

GoldPage = tuple[str, int]  # file and physical page, from 1


def is_covered(question: Question, citations: Sequence[Place]) -> bool:
    """Say whether some citation shows a gold place, the same value elsewhere included."""
    return any(citation.shows(place) for citation in citations for place in question.places)


def citation_precision(question: Question, citations: Sequence[Place]) -> float | None:
    """Return the share of the citations that show a gold place, from 0 to 1; None for no citation.

    A lower bound: a place that says the same, but that nobody noted as evidence, counts as wrong.
    """
    if not citations:
        return None
    return sum(any(map(citation.shows, question.places)) for citation in citations) / len(citations)


def citation_recall(question: Question, citations: Sequence[Place]) -> float:
    """Return the share of the needed places (``evidence``) that some citation shows, from 0 to 1.

    A place of ``alt_evidence`` may stand in for one needed place that no citation shows. An upper bound where several
    are needed: the question file does not say for which.
    """
    shown = sum(any(citation.shows(place) for citation in citations) for place in question.evidence)
    instead = sum(any(citation.shows(place) for citation in citations) for place in question.alt_evidence)
    needed = len(question.evidence)
    return min(needed, shown + instead) / needed if needed else 0.0


def page_hit(gold_pages: Collection[GoldPage], citations: Sequence[Place]) -> bool | None:
    """Say whether some citation stands on a page of a gold place; None where the documents have no pages."""
    if not gold_pages:
        return None
    return any((citation.file, citation.page) in gold_pages for citation in citations)
