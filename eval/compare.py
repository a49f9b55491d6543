"""Two runs over the same questions, compared question by question: what was fixed, what broke, what may be chance.

Right or wrong is compared by McNemar's exact test, one-sided ("is it worse?"): Q. McNemar, Psychometrika 12 (1947);
for the pairing of test questions see Dror et al., "The Hitchhiker's Guide to Testing Statistical Significance in NLP"
(ACL 2018). Means get a confidence interval by the paired bootstrap: Efron & Tibshirani, "An Introduction to the
Bootstrap" (1993); Koehn, "Statistical Significance Tests for Machine Translation Evaluation" (EMNLP 2004). A share of
the answers given (how many of them are right) is over other questions in each run, so it takes both: a drop is a share
whose interval lies below, and wrong answers that came beyond chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from scipy.stats import binomtest, bootstrap

from eval.baseline import FILE, Baseline, kept, kept_sealed
from eval.measures.scorecard import FLAGS, OF_ANSWERS
from eval.measures.scorecard import MEANS as ANSWER_MEANS

Array = np.typing.NDArray[np.float64]
Pair = tuple[Mapping[str, Any], Mapping[str, Any]]  # what is kept of a question before and after

LEVEL = 0.05  # a drop counts when chance would bring it about less often than this
RESAMPLES = 10_000
SEED = 20261123
ABSENT = -1.0  # where no such answer was given

# By the bootstrap; FLAGS are compared by McNemar's test. The names are those of a record's "measures".
MEANS = (*ANSWER_MEANS, "recall@10", "mrr", "ndcg@10")
# None of these may occur, whatever the baseline had.
Forbidden = Literal["unsupported_answers", "quotes_not_verbatim", "errors"]
MUST_BE_NONE: tuple[Forbidden, ...] = get_args(Forbidden)

What = Literal["fixed", "broken", "cited", "uncited", "changed"]
# The names of the comparisons over several sets together: all of them; those that nobody learned from (sealed, or asked
# blind and left alone since); and the others, which the rules may have been made with.
ALL, UNREAD, READ = "*", "*unread", "*read"
LEFT_OUT = ("初回", "封印")  # what the scorecard of such a set says of itself, under "standing"

# Right answers rose on the sets that were learned from, and on the left-out ones they did not, or none was asked.
OnlyRead = Literal["not_better", "not_asked"]


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

    ``unknown`` are sets that the baseline lacks, ``not_run`` those that only the baseline has. ``only_read`` says that
    what got better may hold for nothing but the questions it was made with.
    """

    changes: tuple[Change, ...]
    paired: tuple[Paired, ...]
    failures: tuple[Failure, ...]
    left_out: Mapping[str, Sequence[str]]
    unknown: tuple[str, ...]
    not_run: tuple[str, ...]
    only_read: OnlyRead | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    baseline: Baseline, sets: Mapping[str, Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Return what changed since the baseline, and whether the gate stays shut (``failures``)."""
    changes: list[Change] = []
    pairs: dict[str, list[Pair]] = {}
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
    return _comparison(baseline, sets, pairs, tuple(changes), left_out)


def compare_sealed(
    baseline: Baseline, sets: Mapping[str, Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Return the tests of sealed sets against their baseline: counts alone, and no question by name.

    Sealed files are never changed, so a set of other questions is another set: it is not compared.
    """
    same = [name for name in sets if baseline.sets.get(name, {}).get(FILE) == sets[name][FILE]]
    pairs: dict[str, list[Pair]] = {name: [] for name in same}
    for record in records:
        if record["set"] in pairs:
            key, now = kept_sealed(record)
            pairs[record["set"]].append((baseline.answers[record["set"]][key], now))
    return _comparison(baseline, sets, pairs, (), {})


def _comparison(
    baseline: Baseline,
    sets: Mapping[str, Mapping[str, Any]],
    pairs: Mapping[str, Sequence[Pair]],
    changes: tuple[Change, ...],
    left_out: Mapping[str, Sequence[str]],
) -> Comparison:
    groups = {
        ALL: [pair for some in pairs.values() for pair in some],
        UNREAD: [pair for name in pairs if sets[name].get("standing") in LEFT_OUT for pair in pairs[name]],
        READ: [pair for name in pairs if sets[name].get("standing") not in LEFT_OUT for pair in pairs[name]],
    }
    paired = [one for name in pairs for one in paired_measures(name, pairs[name])]
    if len(pairs) > 1:
        kinds = (ALL, UNREAD, READ) if groups[UNREAD] and groups[READ] else (ALL,)
        paired += [one for name in kinds for one in paired_measures(name, groups[name])]
    return Comparison(
        changes=changes,
        paired=tuple(paired),
        failures=(
            *forbidden(sets),
            *(Failure("drop", p.set, p.measure, p.before, p.after) for p in paired if p.dropped),
        ),
        left_out=left_out,
        unknown=tuple(name for name in sets if name not in pairs),
        not_run=tuple(name for name in baseline.answers if name not in sets),
        only_read=_only_read(groups[READ], groups[UNREAD]),
    )


def _only_read(read: Sequence[Pair], unread: Sequence[Pair]) -> OnlyRead | None:
    if not _is_better(read):
        return None
    return "not_asked" if not unread else None if _is_better(unread) else "not_better"


def _is_better(pairs: Sequence[Pair]) -> bool:
    """Say whether more questions are answered rightly than chance would bring about."""
    values = _values(pairs, "right")
    return mcnemar(int((values[:, 1] < values[:, 0]).sum()), int((values[:, 1] > values[:, 0]).sum())) < LEVEL


def forbidden(sets: Mapping[str, Mapping[str, Any]]) -> tuple[Failure, ...]:
    """Return what must not occur and does: a figure without support, a quote that is not verbatim, a crash."""
    return tuple(
        Failure(gate, name, None, None, scores[gate])
        for name, scores in sets.items()
        for gate in MUST_BE_NONE
        if scores[gate]
    )


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


def paired_measures(
    name: str,
    pairs: Sequence[Pair],
    measures: Sequence[str] = (*FLAGS, *MEANS),
    of_answers: Sequence[str] = OF_ANSWERS,
) -> list[Paired]:
    """Return the tests of the measures that the pairs have; ``of_answers`` are shares of the answers given."""
    found = []
    for measure in measures:
        values = _values(pairs, measure)
        if len(values):
            found.append(_tested(name, measure, values))
    for measure in of_answers:
        values = np.array([[one["measures"].get(measure, ABSENT) for one in pair] for pair in pairs])
        if len(values) and (values != ABSENT).any(axis=0).all():
            found.append(_tested_share(name, measure, values))
    return found


def _values(pairs: Sequence[Pair], measure: str) -> Array:
    """Return the measure before and after, of shape (n, 2), of the questions that have it both times."""
    both = [(old["measures"], new["measures"]) for old, new in pairs]
    values = [(old[measure], new[measure]) for old, new in both if measure in old and measure in new]
    return np.array(values, dtype=float).reshape(-1, 2)


def _tested_share(name: str, measure: str, values: Array) -> Paired:
    """Return the test of a share of answers; ``values`` are 1, 0 or, where there was no such answer, ``ABSENT``.

    What gets worse is a question to which a wrong answer is given now, and was not before.
    """
    was_wrong, is_wrong = (values == 0).T
    better, worse = int((was_wrong & ~is_wrong).sum()), int((~was_wrong & is_wrong).sum())
    p = mcnemar(better, worse)
    before, after = (values == 1).sum(axis=0) / (values != ABSENT).sum(axis=0)
    low, high = share_interval(values)
    n = int((values != ABSENT).any(axis=1).sum())
    return Paired(
        name, measure, n, float(before), float(after), low, high, better, worse, p, dropped=p < LEVEL and high < 0
    )


def _tested(name: str, measure: str, values: Array) -> Paired:
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


def share_interval(values: Array) -> tuple[float, float]:
    """Return the 95 % percentile interval of the difference of two shares, by drawing questions with replacement.

    There are but nine kinds of question (right, wrong or not answered, before and after), so it is enough to draw how
    often each occurs. A draw without any answer on one side has no share, and is left out.
    """
    kinds, counts = np.unique(values, axis=0, return_counts=True)
    drawn = np.random.default_rng(SEED).multinomial(counts.sum(), counts / counts.sum(), size=RESAMPLES)
    given, right = drawn @ (kinds != ABSENT), drawn @ (kinds == 1)
    whole = (given > 0).all(axis=1)
    shares = right[whole] / given[whole]
    low, high = np.quantile(shares[:, 1] - shares[:, 0], (LEVEL / 2, 1 - LEVEL / 2))
    return float(low), float(high)


def interval(differences: Sequence[float] | Array) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of paired differences, by drawing questions with replacement."""
    values = np.asarray(differences, dtype=float)
    if np.ptp(values) == 0:  # one and the same for all: there is nothing to draw
        return float(values[0]), float(values[0])
    found = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, confidence_level=1 - LEVEL, method="percentile", rng=SEED
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
