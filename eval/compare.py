"""Two runs over the same questions, compared question by question: what was fixed, what broke, what may be chance.

Right or wrong is compared by McNemar's exact test, one-sided ("is it worse?"): Q. McNemar, Psychometrika 12 (1947);
for the pairing of test questions see Dror et al., "The Hitchhiker's Guide to Testing Statistical Significance in NLP"
(ACL 2018). Means get a confidence interval by the paired bootstrap: Efron & Tibshirani, "An Introduction to the
Bootstrap" (1993); Koehn, "Statistical Significance Tests for Machine Translation Evaluation" (EMNLP 2004).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from scipy.stats import binomtest, bootstrap

from eval.baseline import Baseline, kept

LEVEL = 0.05  # a drop counts when chance would bring it about less often than this
RESAMPLES = 10_000
SEED = 20261123

# 0 or 1 for every question, by McNemar's test; the names are those of a record's "measures".
FLAGS = ("right", "value", "cited", "page_hit", "as_of", "declined")
# From 0 to 1 for every question, by the bootstrap.
MEANS = (
    *("character_f1", "list_precision", "list_recall", "citation_precision", "citation_recall"),
    *("recall@10", "mrr", "ndcg@10"),
)
# None of these may occur, whatever the baseline had.
Forbidden = Literal["unsupported_answers", "quotes_not_verbatim", "errors"]
MUST_BE_NONE: tuple[Forbidden, ...] = get_args(Forbidden)

What = Literal["fixed", "broken", "cited", "uncited", "changed"]
_TURNS: tuple[tuple[str, What, What], ...] = (
    ("right", "fixed", "broken"),
    ("declined", "fixed", "broken"),
    ("cited", "cited", "uncited"),
)
ALL = "*"  # the name of the comparison over all sets together


@dataclass(frozen=True)
class Change:
    """A question whose answer is not what it was.

    ``what`` is "fixed" or "broken" (right or not), "cited" or "uncited" (right both times, but only now, or no longer,
    from the right place), or "changed" (other words, the same verdict). ``before`` may be a fingerprint.
    """

    set: str
    id: str
    type: str
    question: str
    what: What
    before: str
    after: str


@dataclass(frozen=True)
class Paired:
    """A measure before and after over the ``n`` questions of both runs to which it applies.

    ``low`` and ``high`` bound the difference of the means (95 %); ``p`` is McNemar's, None for a mean; ``better`` and
    ``worse`` count questions. ``dropped`` says that the drop is no chance.
    """

    set: str
    measure: str
    n: int
    before: float
    after: float
    low: float
    high: float
    better: int
    worse: int
    p: float | None
    dropped: bool


@dataclass(frozen=True)
class Failure:
    """Why the gate stays shut: a drop of a measure, or the count of something that must not occur."""

    gate: Literal["drop"] | Forbidden
    set: str
    measure: str | None
    before: float | None
    after: float


@dataclass(frozen=True)
class Comparison:
    """All that differs from the baseline. ``left_out`` names, by set, the questions that only one run has.

    ``unknown`` are sets that the baseline lacks, ``not_run`` those that only the baseline has.
    """

    changes: tuple[Change, ...]
    paired: tuple[Paired, ...]
    failures: tuple[Failure, ...]
    left_out: Mapping[str, Sequence[str]]
    unknown: tuple[str, ...]
    not_run: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    baseline: Baseline, sets: Mapping[str, Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Return what changed since the baseline, and whether the gate stays shut (``failures``)."""
    changes: list[Change] = []
    pairs: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {}
    left_out: dict[str, list[str]] = {}
    for name in sets:
        old = baseline.answers.get(name)
        if old is None:
            continue
        new = {record["id"]: record for record in records if record["set"] == name}
        pairs[name] = []
        gone = [id_ for id_ in old if id_ not in new]
        for id_, record in new.items():
            now = kept(record)
            if id_ not in old or old[id_]["asked"] != now["asked"]:  # it is another question now
                gone.append(id_)
                continue
            pairs[name].append((old[id_], now))
            what = _what_changed(old[id_], now)
            if what is not None:
                text = record.get("answer") or ""
                question = record["expected"]["question"]
                changes.append(Change(name, id_, now["type"], question, what, old[id_]["said"], text))
        if gone:
            left_out[name] = gone
    paired = [one for name in pairs for one in _paired(name, pairs[name])]
    if len(pairs) > 1:
        paired += _paired(ALL, [pair for some in pairs.values() for pair in some])
    return Comparison(
        changes=tuple(changes),
        paired=tuple(paired),
        failures=(
            *forbidden(sets),
            *(Failure("drop", p.set, p.measure, p.before, p.after) for p in paired if p.dropped),
        ),
        left_out=left_out,
        unknown=tuple(name for name in sets if name not in baseline.answers),
        not_run=tuple(name for name in baseline.answers if name not in sets),
    )


def forbidden(sets: Mapping[str, Mapping[str, Any]]) -> tuple[Failure, ...]:
    """Return what must not occur and does: a figure without support, a quote that is not verbatim, a crash."""
    return tuple(
        Failure(gate, name, None, None, scores[gate])
        for name, scores in sets.items()
        for gate in MUST_BE_NONE
        if scores[gate]
    )


def _drop(one: Paired) -> Failure:
    return Failure("drop", one.set, one.measure, one.before, one.after)


def _what_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
    was, is_ = old["measures"], new["measures"]
    for flag, gained, lost in (
        ("right", "fixed", "broken"),
        ("declined", "fixed", "broken"),
        ("cited", "cited", "uncited"),
    ):
        if flag in was and flag in is_ and was[flag] != is_[flag]:
            return gained if is_[flag] > was[flag] else lost
    return "changed" if old["said"] != new["said"] else None


def _paired(name: str, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Paired]:
    found = []
    for measure in (*FLAGS, *MEANS):
        values = [
            (old["measures"][measure], new["measures"][measure])
            for old, new in pairs
            if measure in old["measures"] and measure in new["measures"]
        ]
        if values:
            found.append(_tested(name, measure, np.array(values, dtype=float)))
    return found


def _tested(name: str, measure: str, values: np.typing.NDArray[np.float64]) -> Paired:
    differences = values[:, 1] - values[:, 0]
    better, worse = int((differences > 1e-9).sum()), int((differences < -1e-9).sum())
    low, high = interval(differences)
    p = mcnemar(better, worse) if measure in FLAGS else None
    before, after = (float(mean) for mean in values.mean(axis=0))
    dropped = p < LEVEL if p is not None else high < 0
    return Paired(name, measure, len(values), before, after, low, high, better, worse, p, dropped)


def mcnemar(better: int, worse: int) -> float:
    """Return how often chance alone would turn at least ``worse`` of the changed questions from right to wrong.

    The exact, one-sided form: of the questions that changed, a coin decides which got worse. 1 when none changed.
    """
    changed = better + worse
    return float(binomtest(worse, changed, 0.5, alternative="greater").pvalue) if changed else 1.0


def interval(differences: Sequence[float] | np.typing.NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of paired differences, by drawing questions with replacement."""
    values = np.asarray(differences, dtype=float)
    if np.ptp(values) == 0:  # one and the same for all: there is nothing to draw
        return float(values[0]), float(values[0])
    found = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, confidence_level=1 - LEVEL, method="percentile", rng=SEED
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
