"""What a language model adds to the answers, and what it costs: of one question, and of many.

The answer with a model is its text where that answers the question, and else what the rules found; so both can be
held against each other, question by question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from scipy.stats import binomtest

from answer.answer import Dropping, Ending
from answer.generating.contract import VerdictKind
from eval.measures.latency import percentile
from eval.measures.scorecard import Judged, mean, share

KINDS: tuple[VerdictKind, ...] = get_args(VerdictKind)
# Why a sentence is not shown though it stands in its lines.
UNSHOWN: tuple[Dropping, ...] = ("too_long", "repeated")


@dataclass(frozen=True)
class Worded:
    """What was found out about one question that a model was asked, beside what the rules alone answered.

    ``ended`` is None where no model was asked. Times are milliseconds, None where no model ran.
    """

    before: Judged  # what the rules answered
    after: Judged  # the answer with a model
    ended: Ending | None = None
    is_answer: bool = False  # the model's text stands as the answer
    says_it: bool | None = None  # it holds what was asked for, as an answer or as what is written near it
    error: str | None = None  # Japanese: why the writing failed
    replies: int = 0  # that were needed
    sentences: Mapping[VerdictKind, int] = field(default_factory=dict)  # by what checking found of them
    unshown: Mapping[Dropping, int] = field(default_factory=dict)  # of those that stand in their lines
    unsupported: tuple[str, ...] = ()  # figures of the text that stand in no line that it cites
    quotes: int = 0
    bad_quotes: int = 0
    disagreements: int = 0
    model: str = ""
    asked_for: str = "none"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    write_ms: float | None = None
    total_ms: float | None = None

    @property
    def turn(self) -> int:
        """1 where only the answer with a model is right, -1 where only the one without is, else 0."""
        return int(self.after.right) - int(self.before.right)


def summarise_writing(worded: Sequence[Worded]) -> dict[str, Any]:
    """Return the scorecard: shares from 0 to 1 (None for a share of nothing), counts, and the same by type."""
    asked = [one for one in worded if one.ended is not None]
    written = [one for one in asked if one.ended != "failed"]
    kinds: Counter[VerdictKind] = Counter()
    unshown: Counter[Dropping] = Counter()
    for one in written:
        kinds.update(one.sentences)
        unshown.update(one.unshown)
    total = kinds.total()
    said = [one for one in written if one.sentences]
    given = [one for one in asked if one.is_answer]
    beside = [one for one in asked if one.ended == "kept" and not one.is_answer]
    return {
        "questions": len(worded),
        "asked": len(asked),
        "asked_for": dict(Counter(one.asked_for for one in asked)),
        "in_form": share(one.ended != "failed" for one in asked),
        "at_once": share(one.ended != "failed" and one.replies == 1 for one in asked),
        "errors": dict(Counter(one.error for one in asked if one.error)),
        "sentences": total,
        "kinds": {kind: kinds[kind] for kind in KINDS},
        "shares": {kind: kinds[kind] / total if total else None for kind in KINDS},
        "unshown": {why: unshown[why] for why in UNSHOWN},
        "dropped_whole": share(one.ended == "dropped" for one in said),
        "declined_by_model": share(one.ended == "declined" for one in written),
        "answers": len(given),
        "right_of_answers": share(one.after.answerable and one.after.right for one in given),
        "too_long": sum(one.after.too_long for one in given),
        "beside": len(beside),
        "beside_says_it": sum(bool(one.says_it) for one in beside),
        "disagreements": sum(bool(one.disagreements) for one in asked),
        "unsupported_answers": sum(bool(one.unsupported) for one in asked),
        "quotes": sum(one.quotes for one in asked),
        "quotes_not_verbatim": sum(one.bad_quotes for one in asked),
        "crashes": sum(one.after.error is not None for one in worded),
        "prompt_tokens": mean(one.prompt_tokens for one in asked),
        "completion_tokens": mean(one.completion_tokens for one in asked),
        **{
            f"{name}_p{round(100 * q)}_ms": percentile((ms for ms in times if ms is not None), q)
            for name, times in (
                ("write", [one.write_ms for one in asked]),
                ("total", [one.total_ms for one in asked]),
            )
            for q in (0.5, 0.95)
        },
        "before": _answers(one.before for one in worded),
        "after": _answers(one.after for one in worded),
        **turns(worded),
        "types": _by_type(worded),
    }


def turns(worded: Sequence[Worded]) -> dict[str, Any]:
    """Return the questions won and lost with a model, and how often a coin would part as many at least so unevenly."""
    won, lost = (sum(one.turn == turn for one in worded) for turn in (1, -1))
    p = float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0
    return {"won": won, "lost": lost, "sign_test": p}


def _answers(judged: Iterable[Judged]) -> dict[str, float | None]:
    """Return the shares of a set of answers. A question without an answer is right when it is declined."""
    every = list(judged)
    asked = [one for one in every if one.answerable]
    return {
        "right": share(one.right for one in asked),
        "cited": share(one.cited for one in asked),
        "right_of_answered": share(one.answerable and one.right for one in every if one.answered),
        "declined": share(not one.answered and one.error is None for one in asked),
        "declined_unanswerable": share(one.right for one in every if not one.answerable),
    }


def _by_type(worded: Sequence[Worded]) -> dict[str, dict[str, int]]:
    groups: defaultdict[str, list[Worded]] = defaultdict(list)
    for one in worded:
        groups[one.before.type].append(one)
    return {
        kind: {
            "questions": len(group),
            "right_before": sum(one.before.right for one in group),
            "right_after": sum(one.after.right for one in group),
            "cited_before": sum(one.before.cited for one in group),
            "cited_after": sum(one.after.cited for one in group),
            "declined_before": sum(not one.before.answered for one in group),
            "declined_after": sum(not one.after.answered for one in group),
            "written": sum(one.is_answer for one in group),
            "won": sum(one.turn == 1 for one in group),
            "lost": sum(one.turn == -1 for one in group),
        }
        for kind, group in sorted(groups.items())
    }
