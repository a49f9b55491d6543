"""Is the right answer among what a reader is shown, picked or not?"""

from __future__ import annotations

from collections.abc import Sequence

from eval.dataset import DERIVED, Question
from eval.measures.answers import says_it
from eval.measures.retrieval import Place
from eval.measures.texts import normalise

# Their answers are words of our own (はい, a difference): of these the place must be shown, not the words.
WORKED_OUT = frozenset({"yesno", "comparison"})


def is_within(question: Question, passages: Sequence[Place]) -> bool:
    """Say whether the accepted text (every one of ``accept_all``) stands in the passages shown.

    This is what a perfect reader of the passages could answer: the ceiling of any answerer over this search. Of an
    answer that is worked out, every needed document's gold place must be shown.
    """
    if question.type in WORKED_OUT or DERIVED in question.note:
        shown = {place.file for place in question.places if any(p.holds(place) for p in passages)}
        return len(shown) >= len(question.documents)
    text = normalise("\n".join(passage.text for passage in passages))
    held = [normalise(wanted) in text for wanted in question.accept_all or question.accept]
    return all(held) if question.accept_all else any(held)


def is_on_page(question: Question, passages: Sequence[Place]) -> bool:
    """Say whether a passage shown stands at a gold place: on its page, over its lines, or with its words."""
    return any(passage.holds(place) for passage in passages for place in question.places)


def is_candidate(question: Question, texts: Sequence[str]) -> bool:
    """Say whether one of the texts that may be the answer says it."""
    return any(says_it(question, text) for text in texts)
