"""How likely an answer is right: a logistic model over its row of features, and the words that a reader sees.

The weights are data (``confidence.json``), made by ``eval/fit_confidence.py`` from questions that were written from
papers alone; each prediction that they are judged by is of a collection that was left out.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from answer.answer import QuestionType
from answer.draft import SORTS, Draft, Sort
from answer.judging.features import Features

HIGH, MIDDLE = 0.95, 0.80  # the least share of right answers that 確度 高 and 中 promise
WEIGHTS = Path(__file__).with_name("confidence.json")

# Kinds of answers that are picked alike, and are right for like reasons.
GROUPS: dict[QuestionType, str] = {
    "number": "figure",
    "comparison": "figures",
    "temporal": "figures",
    "date": "date",
    "name": "span",
    "place": "span",
    "list": "list",
    "definition": "prose",
    "reason": "prose",
    "howto": "prose",
    "yesno": "yesno",
    "text": "text",
}


@dataclass(frozen=True)
class Weights:
    """A logistic model: of each feature its mean, spread and weight, and of each group of kinds what is added.

    ``scales`` are, for a group of its own ways, a factor and an offset of the log-odds.
    """

    intercept: float
    features: dict[str, tuple[float, float, float]]
    groups: dict[str, float]
    scales: dict[str, tuple[float, float]]

    def probability(self, kind: QuestionType, row: Features) -> float:
        """Return the probability that an answer of this kind with this row is right: 0 to 1."""
        activation = self.intercept + self.groups[GROUPS[kind]]
        for value, (mean, spread, weight) in zip(row, self.features.values(), strict=True):
            activation += weight * (value - mean) / spread
        factor, offset = self.scales.get(GROUPS[kind], (1.0, 0.0))
        activation = factor * activation + offset
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, activation))))


class Judge(Protocol):
    """Says how likely a draft is right; ``least`` is from where an answer is said rather than offered."""

    @property
    def least(self) -> float: ...

    def probability(self, draft: Draft, row: Features) -> float:
        """Return the probability that a draft with this row is right: 0 to 1."""
        ...


@dataclass(frozen=True)
class Fitted:
    """A model for each sort of drafts there are. Without a reader nothing is picked near a line."""

    weights: dict[Sort, Weights]
    least: float
    most: float  # no paper left out has borne out a higher probability

    def probability(self, draft: Draft, row: Features) -> float:
        """Return the probability that a draft with this row is right: 0 to 1."""
        return min(self.most, self.weights[draft.sort].probability(draft.kind, row))


@cache
def the_judge(path: Path = WEIGHTS, *, with_reader: bool = True) -> Fitted:
    """Return the judge of a file, of answers with or without the learned reader.

    ValueError when it is of other features than those of today.
    """
    body = json.loads(path.read_text(encoding="utf-8"))["read" if with_reader else "unread"]
    weights = {sort: _weights(path, body[sort]) for sort in SORTS if sort in body}
    return Fitted(weights, float(body["least"]), float(body["most"]))


def _weights(path: Path, body: dict[str, Any]) -> Weights:
    if tuple(body["features"]) != Features._fields or set(body["groups"]) != set(GROUPS.values()):
        raise ValueError(f"{path} is of other features: make it again with eval/fit_confidence.py")
    features = {name: (float(mean), float(spread), float(w)) for name, (mean, spread, w) in body["features"].items()}
    groups = {name: float(w) for name, w in body["groups"].items()}
    scales = {name: (float(factor), float(offset)) for name, (factor, offset) in body.get("scales", {}).items()}
    return Weights(float(body["intercept"]), features, groups, scales)
