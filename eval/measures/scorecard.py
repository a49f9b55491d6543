"""The verdict on one answer, and the scorecard of a set of them.

Shares are numbers from 0 to 1, never per cent; a share of nothing is None, so that it is not taken for a zero. A
question that was declined or crashed counts as 0, and is never dropped (the convention of ir-measures), except for
precisions: who says or cites nothing has said or cited nothing wrong.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from eval.dataset import Question
from eval.measures.answers import holds_it, is_short_enough, says_it
from eval.measures.ceiling import is_candidate, is_on_page, is_within
from eval.measures.citations import GoldPage, citation_precision, citation_recall, is_covered, page_hit
from eval.measures.confidence import aurc, brier, calibration_error, promises, reliability, risk_coverage, word_of
from eval.measures.latency import latencies
from eval.measures.lists import list_precision, list_recall
from eval.measures.luck import luck
from eval.measures.refusals import refusals
from eval.measures.retrieval import Place
from eval.measures.spans import best_character_f1, is_exact
from eval.measures.values import as_of_right, value_right

# What ``Judged.measures`` holds. 0 or 1 for every question:
FLAGS = (
    *("right", "value", "cited", "page_hit", "as_of", "declined"),
    *("told", "candidate", "in_passages", "on_page"),
)
# 0 or 1 for every answer that was given, or given with that word; its share is over these alone:
OF_ANSWERS = ("right_of_answered", "right_of_high")
# From 0 to 1 for every question:
MEANS = ("character_f1", "list_precision", "list_recall", "citation_precision", "citation_recall")


def share(flags: Iterable[bool]) -> float | None:
    """Return the share of true ones; None when there are none to count."""
    counted = list(flags)
    return sum(counted) / len(counted) if counted else None


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of those that apply (not None); None when none does."""
    counted = [value for value in values if value is not None]
    return statistics.fmean(counted) if counted else None


@dataclass(frozen=True)
class Judged:
    """What was found out about one answer. None stands where a measure does not apply to the question or answer."""

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
    luck: str | None = None  # why an answer that holds the accepted text does not say it: a rule of ``luck``
    value: bool | None = None  # the answer's own value is the gold one
    as_of: bool | None = None  # of a right answer: it names the period for which the value holds
    page_hit: bool | None = None
    list_precision: float | None = None
    list_recall: float | None = None
    citation_precision: float | None = None
    citation_recall: float | None = None
    files: tuple[str, ...] = ()  # where the gold answer stands
    status: str = ""  # of the answer; empty after an error
    candidate: bool | None = None  # one of what was picked, said or offered, is right
    in_passages: bool | None = None  # the right text stands in the passages shown
    on_page: bool | None = None  # a passage shown stands at a gold place
    steps: Mapping[str, float] = field(default_factory=dict)  # milliseconds of each step

    def measures(self) -> dict[str, float | None]:
        """Return what is compared from run to run, each from 0 to 1; None where a measure does not apply."""
        good = float(self.answerable and self.right)
        given: dict[str, float | None] = {
            "right_of_answered": good if self.answered else None,
            "right_of_high": good if self.answered and word_of(self.confidence) == "高" else None,
        }
        if not self.answerable:
            return {"declined": float(self.right), **given}
        return {
            "right": float(self.right),
            "value": _number(self.value),
            "cited": float(self.cited),
            "page_hit": _number(self.page_hit),
            "candidate": _number(self.candidate),
            "in_passages": _number(self.in_passages),
            "on_page": _number(self.on_page),
            "told": float(self.status != "not_found"),
            **given,
            "as_of": _number(self.as_of),
            "character_f1": self.character_f1,
            "list_precision": self.list_precision,
            "list_recall": self.list_recall,
            "citation_precision": self.citation_precision,
            "citation_recall": self.citation_recall,
        }


def _number(flag: bool | None) -> float | None:
    return None if flag is None else float(flag)


def judge(
    question: Question,
    *,
    answered: bool,
    text: str,
    citations: Sequence[Place],
    confidence: float,
    ms: float,
    status: str = "",
    candidates: Sequence[str] = (),
    passages: Sequence[Place] = (),
    as_of: str | None = None,
    gold_pages: Collection[GoldPage] = (),
    steps: Mapping[str, float] | None = None,
    unsupported: Sequence[str] = (),
    bad_quotes: int = 0,
    error: str | None = None,
) -> Judged:
    """Return the verdict on one answer. An error is never right, not even for a question without answer.

    ``candidates`` are the texts that an unsure answer offers, ``passages`` what is shown beside it; ``as_of`` is the
    answer's code; ``gold_pages`` are the pages of the gold places, none where documents have none.
    """
    said = question.answerable and answered and says_it(question, text)
    by_luck = question.answerable and answered and not said and holds_it(question, text)
    short = is_short_enough(question, text)
    right = error is None and (said and short if question.answerable else not answered)
    covered = is_covered(question, citations)
    given, shown = (text, citations) if answered else ("", ())  # what is only offered is not said
    asked = question.answerable
    return Judged(
        id=question.id,
        type=question.type,
        answerable=asked,
        answered=answered,
        right=right,
        cited=right and (covered or not asked),
        too_long=said and not short,
        exact=asked and answered and is_exact(question, text),
        character_f1=best_character_f1(question, given) if asked else 0.0,
        covered=covered,
        unsupported=tuple(unsupported),
        quotes=len(citations),
        bad_quotes=bad_quotes,
        confidence=confidence,
        ms=ms,
        error=error,
        luck=luck(question, text) if by_luck else None,
        value=value_right(question, given),
        as_of=as_of_right(question, as_of) if asked and right else None,
        page_hit=page_hit(gold_pages, shown) if asked else None,
        list_precision=list_precision(question, given) if asked else None,
        list_recall=list_recall(question, given) if asked else None,
        citation_precision=citation_precision(question, shown) if asked else None,
        citation_recall=citation_recall(question, shown) if asked else None,
        files=tuple(sorted(question.documents)),
        status=status,
        candidate=right or is_candidate(question, candidates) if asked else None,
        in_passages=is_within(question, passages) if asked else None,
        on_page=is_on_page(question, passages) if asked else None,
        steps=steps or {},
    )


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the scorecard of a set of answers: shares and means, counts, and the same by type and by document."""
    asked = [j for j in judged if j.answerable]
    answered = [j for j in judged if j.answered]
    confidences, right = [j.confidence for j in answered], [j.right for j in answered]
    declining = refusals((j.answerable, j.answered, j.error is not None) for j in judged)
    return {
        "questions": len(judged),
        "answerable": len(asked),
        "accuracy": share(j.right for j in asked),
        "value_accuracy": mean(j.value for j in asked),
        "cited_accuracy": share(j.cited for j in asked),
        "exact": share(j.exact for j in asked),
        "character_f1": mean(j.character_f1 for j in asked),
        "as_of_accuracy": mean(j.as_of for j in asked),
        "list_precision": mean(j.list_precision for j in asked),
        "list_recall": mean(j.list_recall for j in asked),
        "citation_coverage": share(j.covered for j in asked if j.answered),
        "citation_precision": mean(j.citation_precision for j in asked),
        "citation_recall": mean(j.citation_recall for j in asked),
        "page_hit": mean(j.page_hit for j in asked),
        "right_of_answered": share(right),
        "promises": [asdict(one) for one in promises(confidences, right)],
        "unsure": share(j.status == "unsure" for j in asked),
        "false_absence": share(j.status == "not_found" for j in asked),
        "candidate_recall": share(bool(j.candidate) for j in asked),
        "unsure_shown": share(bool(j.candidate or j.in_passages) for j in asked if j.status == "unsure"),
        "in_passages": share(bool(j.in_passages) for j in asked),
        "on_page": share(bool(j.on_page) for j in asked),
        "refusal_recall": declining.recall,
        "refusal_precision": declining.precision,
        "refusal_f1": declining.f1,
        "false_refusal": declining.false_refusal,
        "too_long": share(j.too_long for j in asked),
        "lucky": sum(j.luck is not None for j in asked),
        "unsupported_answers": sum(bool(j.unsupported) for j in judged),
        "quotes": sum(j.quotes for j in judged),
        "quotes_not_verbatim": sum(j.bad_quotes for j in judged),
        "calibration_error": calibration_error(confidences, right),
        "brier": brier(confidences, right),
        "aurc": aurc(confidences, right),
        "reliability": [asdict(one) for one in reliability(confidences, right)],
        "risk_coverage": [asdict(one) for one in risk_coverage(confidences, right)],
        "errors": sum(j.error is not None for j in judged),
        **latencies([j.ms for j in judged], [j.steps for j in judged]),
        "types": _grouped((j.type, j) for j in judged),
        "files": _grouped((file, j) for j in judged for file in j.files),
    }


def _grouped(named: Iterable[tuple[str, Judged]]) -> dict[str, dict[str, int]]:
    """Return the counts of each group; a question over two documents is counted with both."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for name, one in named:
        groups[name].append(one)
    return {
        name: {
            "questions": len(group),
            "right": sum(j.right for j in group),
            "cited": sum(j.cited for j in group),
            "declined": sum(not j.answered for j in group),
            "unsure": sum(j.status == "unsure" for j in group),
            "absent": sum(j.status == "not_found" for j in group),
            "too_long": sum(j.too_long for j in group),
            "candidate": sum(bool(j.candidate) for j in group),
            "in_passages": sum(bool(j.in_passages) for j in group),
        }
        for name, group in sorted(groups.items())
    }
