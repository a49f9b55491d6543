"""The verdict on one answer, and the scorecard of a set of them.

Shares are numbers from 0 to 1, never per cent; a share of nothing is None, so that it is not taken for a zero.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eval.dataset import Question
from eval.measures.answers import character_f1, is_exact, is_short_enough, says_it
from eval.measures.confidence import calibration_error
from eval.measures.retrieval import Place


def percentile(values: Iterable[float], q: float) -> float | None:
    """Return the value below which a share ``q`` lies: the median is exact, others take the lower neighbour."""
    ordered = sorted(values)
    if not ordered:
        return None
    return statistics.median(ordered) if q == 0.5 else ordered[int(q * (len(ordered) - 1))]


def share(flags: Iterable[bool]) -> float | None:
    """Return the share of true ones; None when there are none to count."""
    counted = list(flags)
    return sum(counted) / len(counted) if counted else None


@dataclass(frozen=True)
class Judged:
    """What was found out about one answer."""

    id: str
    type: str
    answerable: bool
    answered: bool
    right: bool  # an unanswerable question: declined
    cited: bool  # right, and a citation shows a gold place; an unanswerable question: declined
    too_long: bool  # says it, but in too many words
    exact: bool
    character_f1: float
    covered: bool  # some citation shows a gold place, right or not
    unsupported: tuple[str, ...]
    quotes: int
    bad_quotes: int  # not the document's own characters at the place they name
    confidence: float
    ms: float
    error: str | None = None

    def measures(self) -> dict[str, float | None]:
        """Return what is compared from run to run, each from 0 to 1; None where a measure does not apply."""
        if not self.answerable:
            return {"declined": float(self.right)}
        return {"right": float(self.right), "cited": float(self.cited), "character_f1": self.character_f1}


def judge(
    question: Question,
    *,
    answered: bool,
    text: str,
    citations: Sequence[Place],
    confidence: float,
    ms: float,
    unsupported: Sequence[str] = (),
    bad_quotes: int = 0,
    error: str | None = None,
) -> Judged:
    """Return the verdict on one answer. An error is never right, not even for a question without answer."""
    said = question.answerable and answered and says_it(question, text)
    short = is_short_enough(question, text)
    right = error is None and (said and short if question.answerable else not answered)
    covered = any(p.is_cited_by(c.file, c.lines, c.page) for p in question.places for c in citations)
    return Judged(
        id=question.id,
        type=question.type,
        answerable=question.answerable,
        answered=answered,
        right=right,
        cited=right and (covered or not question.answerable),
        too_long=said and not short,
        exact=question.answerable and answered and is_exact(question, text),
        character_f1=character_f1(question.answer, text) if question.answerable and answered else 0.0,
        covered=covered,
        unsupported=tuple(unsupported),
        quotes=len(citations),
        bad_quotes=bad_quotes,
        confidence=confidence,
        ms=ms,
        error=error,
    )


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the scorecard of a set of answers."""
    asked = [j for j in judged if j.answerable]
    trick = [j for j in judged if not j.answerable]
    answered = [j for j in judged if j.answered]
    declined = [j for j in judged if not j.answered and j.error is None]
    return {
        "questions": len(judged),
        "answerable": len(asked),
        "accuracy": share(j.right for j in asked),
        "cited_accuracy": share(j.cited for j in asked),
        "exact": share(j.exact for j in asked),
        "character_f1": statistics.fmean(j.character_f1 for j in asked) if asked else None,
        "citation_coverage": share(j.covered for j in asked if j.answered),
        "refusal_recall": share(j.right for j in trick),
        "refusal_precision": share(not j.answerable for j in declined),
        "false_refusal": share(not j.answered for j in asked),
        "too_long": share(j.too_long for j in asked),
        "unsupported_answers": sum(bool(j.unsupported) for j in judged),
        "quotes": sum(j.quotes for j in judged),
        "quotes_not_verbatim": sum(j.bad_quotes for j in judged),
        "calibration_error": calibration_error([j.confidence for j in answered], [j.right for j in answered]),
        "errors": sum(j.error is not None for j in judged),
        "p50_ms": percentile((j.ms for j in judged), 0.5),
        "p95_ms": percentile((j.ms for j in judged), 0.95),
        "types": {
            name: {
                "questions": len(group),
                "right": sum(j.right for j in group),
                "cited": sum(j.cited for j in group),
                "declined": sum(not j.answered for j in group),
                "too_long": sum(j.too_long for j in group),
            }
            for name, group in sorted(_by_type(judged).items())
        },
    }


def _by_type(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.type].append(one)
    return groups
