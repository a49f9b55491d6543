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

from answer.answer import QuestionType
from answer.features import Features

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

    ``least`` is the probability from which an answer is said rather than offered.
    """

    intercept: float
    features: dict[str, tuple[float, float, float]]
    groups: dict[str, float]
    least: float

    def probability(self, kind: QuestionType, row: Features) -> float:
        """Return the probability that an answer of this kind with this row is right: 0 to 1."""
        activation = self.intercept + self.groups[GROUPS[kind]]
        for value, (mean, spread, weight) in zip(row, self.features.values(), strict=True):
            activation += weight * (value - mean) / spread
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, activation))))


@cache
def weights(path: Path = WEIGHTS) -> Weights:
    """Return the model of a file; ValueError when it is of other features than those of today."""
    body = json.loads(path.read_text(encoding="utf-8"))
    if tuple(body["features"]) != Features._fields or set(body["groups"]) != set(GROUPS.values()):
        raise ValueError(f"{path} is of other features: make it again with eval/fit_confidence.py")
    features = {
        name: (float(mean), float(spread), float(weight)) for name, (mean, spread, weight) in body["features"].items()
    }
    return Weights(body["intercept"], features, body["groups"], body["least"])
