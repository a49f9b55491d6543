"""Does an answer decline where the documents say nothing, and only there?

Declining is taken as the retrieval of questions without answer: Rajpurkar et al., "Know What You Don't Know" (SQuAD
2.0, ACL 2018).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusals:
    """Shares from 0 to 1; None for a share of nothing. A crash declines nothing, not even by chance."""

    recall: float | None  # of the questions without answer, those declined
    precision: float | None  # of those declined, the ones without answer
    f1: float | None
    false_refusal: float | None  # of the answerable questions, those not answered


def refusals(fates: Iterable[tuple[bool, bool, bool]]) -> Refusals:
    """Return the scores of declining; each fate is (answerable, answered, crashed)."""
    counted = list(fates)
    declined = [answerable for answerable, answered, crashed in counted if not answered and not crashed]
    hits = sum(not answerable for answerable in declined)
    without = sum(not answerable for answerable, _, _ in counted)
    asked = [answered for answerable, answered, _ in counted if answerable]
    return Refusals(
        recall=hits / without if without else None,
        precision=hits / len(declined) if declined else None,
        f1=2 * hits / (len(declined) + without) if without else None,
        false_refusal=asked.count(False) / len(asked) if asked else None,
    )
