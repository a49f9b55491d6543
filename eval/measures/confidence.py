"""Does an answer know how sure it may be?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from scipy.stats import binomtest

from answer.judging.confidence import HIGH, MIDDLE

# The words that stand beside an answer, surest first, and the share of right ones that each promises.
WORDS: dict[str, float | None] = {"高": HIGH, "中": MIDDLE, "低": None}
BINS = 10
CHANCE = 0.05  # a promise is broken when chance would bring so few right answers about less often than this


@dataclass(frozen=True)
class Promise:
    """What a word of confidence is worth: the share of right ones among the answers that carry it, and their number.

    ``kept`` is None where nothing can be said: no promise, no answer, or so few that it may be chance.
    """

    word: str
    share: float | None  # None for no answer
    count: int
    least: float | None  # what the word promises
    kept: bool | None


def promises(confidences: Sequence[float], right: Sequence[bool]) -> list[Promise]:
    """Return how far the words that a reader sees hold, the surest first."""
    groups: dict[str, list[bool]] = {word: [] for word in WORDS}
    for confidence, ok in zip(confidences, right, strict=True):
        groups[word_of(confidence)].append(ok)
    return [promise(word, sum(oks), len(oks)) for word, oks in groups.items()]


def promise(word: str, right: int, count: int) -> Promise:
    """Return what a word is worth that stands beside so many answers, so many of them right."""
    share, least = right / count if count else None, WORDS[word]
    kept: bool | None = None
    if share is not None and least is not None:
        by_chance = float(binomtest(right, count, least, alternative="less").pvalue)
        kept = True if share >= least else False if by_chance < CHANCE else None
    return Promise(word, share, count, least, kept)


def word_of(confidence: float) -> str:
    """Return the word that stands beside an answer of this confidence."""
    return "高" if confidence >= HIGH else "中" if confidence >= MIDDLE else "低"


@dataclass(frozen=True)
class Bin:
    """The answers of one stretch of confidence: their mean confidence, the share of right ones, their number."""

    confidence: float
    share: float
    count: int


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Return the points of a reliability diagram, lowest confidence first; an empty bin has none.

    Equal bins, as in Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017); 1.0 falls into the last.
    """
    groups: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, ok in zip(confidences, right, strict=True):
        groups[min(int(confidence * bins), bins - 1)].append((confidence, ok))
    return [
        Bin(sum(c for c, _ in group) / len(group), sum(ok for _, ok in group) / len(group), len(group))
        for _, group in sorted(groups.items())
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float | None:
    """Return the expected calibration error: how far confidence and share of right ones lie apart, on average.

    Equal bins of confidence, each weighed by how many answers fall into it: Naeini et al. (AAAI 2015), Guo et al.
    (ICML 2017). None for no answer.
    """
    points = reliability(confidences, right, bins)
    if not points:
        return None
    return sum(point.count * abs(point.confidence - point.share) for point in points) / len(confidences)


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the mean squared distance of confidence and truth (0 or 1): Brier (Monthly Weather Review, 1950)."""
    gaps = [(confidence - ok) ** 2 for confidence, ok in zip(confidences, right, strict=True)]
    return sum(gaps) / len(gaps) if gaps else None


@dataclass(frozen=True)
class Coverage:
    """What remains when only answers of at least this confidence are given: their share, and how many are right."""

    confidence: float
    coverage: float
    accuracy: float


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[Coverage]:
    """Return the risk–coverage curve, surest answers first, a point for every confidence that occurs.

    Geifman & El-Yaniv, "Selective Classification for Deep Neural Networks" (NeurIPS 2017).
    """
    points, given, good = [], 0, 0
    for confidence, group in _tied(confidences, right):
        given += len(group)
        good += sum(group)
        points.append(Coverage(confidence, given / len(confidences), good / given))
    return points


def aurc(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the area under the risk–coverage curve: the mean share of wrong ones among the k surest, over all k.

    Answers of the same confidence come in no order, so each of them counts as wrong as their group is on average.
    """
    risks, given, wrong = [], 0, 0.0
    for _, group in _tied(confidences, right):
        for _ in group:
            given += 1
            wrong += 1 - sum(group) / len(group)
            risks.append(wrong / given)
    return sum(risks) / len(risks) if risks else None


def _tied(confidences: Sequence[float], right: Sequence[bool]) -> list[tuple[float, list[bool]]]:
    pairs = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    return [(confidence, [ok for _, ok in group]) for confidence, group in groupby(pairs, key=lambda pair: pair[0])]
