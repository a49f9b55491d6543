"""Fit ``answer/confidence.json``: how likely an answer is right, from its row of features.

    python -m eval.fit_confidence --documents DIR… [--rows FILE] [--share 0.85] [NAME…]

Asks the sets of the bank (all, or those of these names; sealed ones never) and keeps a row for each answer that was
picked. Every prediction that is judged is of a collection that was left out. The weights are a logistic regression with
an L2 penalty, chosen by those predictions and scaled by them (Platt 1999, "Probabilistic outputs for support vector
machines"), so that a probability holds on papers that nobody has learned from. ``least``, from which an answer is said,
is where the share of right ones among what is said falls below ``--share``.

Prints, for each collection left out, what would be said and how much of it is right. ``--rows`` keeps the rows, so that
the weights can be fitted again without asking.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from tqdm import tqdm

from answer.answer import QuestionError, QuestionType
from answer.confidence import GROUPS, HIGH, MIDDLE, WEIGHTS
from answer.features import Features, features
from eval.measures.answers import is_short_enough, says_it
from eval.sets import QuestionSet, bank_files, find_sets, open_set

Array = npt.NDArray[np.float64]
PENALTIES = (3.0, 10.0, 30.0, 100.0)  # of the standardised weights
NAMES = tuple(sorted(set(GROUPS.values())))
INDEX = Path("build/bank/index")


@dataclass(frozen=True)
class Row:
    """An answer that was picked for a question: what could be seen of it, and whether it was right."""

    collection: str
    id: str
    kind: QuestionType
    features: tuple[float, ...]
    right: bool
    stopped: bool  # by a gate, whatever its probability
    answerable: bool


@dataclass(frozen=True)
class Model:
    """Weights of standardised features; ``b`` holds the intercept, then one weight for each feature and group."""

    mean: Array
    spread: Array
    b: Array

    def activation(self, x: Array) -> Array:
        return np.asarray(self.b[0] + ((x - self.mean) / self.spread) @ self.b[1:])


def observe(one: QuestionSet, index: Path, embedding_model: str) -> Iterator[Row]:
    """Yield a row for every question of a set for which an answer was picked."""
    assistant = open_set(one, index, embedding_model)
    papers = len(assistant.collection.snapshot().documents())
    for question in tqdm(one.questions, desc=one.name, file=sys.stderr, disable=None):
        try:
            trace = assistant.trace(question.question)
        except QuestionError:
            continue
        draft = trace.picked
        if draft.text:
            right = question.answerable and says_it(question, draft.text) and is_short_enough(question, draft.text)
            row = features(trace.scene, draft, trace.legs["fused"], papers)
            stopped, name = bool(trace.outcome.against), one.name.partition(".")[0]
            yield Row(name, question.id, draft.kind, tuple(row), right, stopped, question.answerable)


def design(rows: Sequence[Row]) -> tuple[Array, Array]:
    """Return the features with a column for each group, and 1 for each right answer."""
    groups = [[float(GROUPS[row.kind] == name) for name in NAMES] for row in rows]
    return np.hstack([np.array([row.features for row in rows]), np.array(groups)]), np.array(
        [float(row.right) for row in rows]
    )


def fit(x: Array, right: Array, penalty: float) -> Model:
    """Return a logistic regression over standardised features."""
    mean, spread = x.mean(0), np.maximum(x.std(0), 1e-3)
    z = np.hstack([np.ones((len(x), 1)), (x - mean) / spread])
    cost = np.array([0.01, *([penalty] * x.shape[1])])

    def loss(b: Array) -> tuple[float, Array]:
        activation = z @ b
        value = float(np.logaddexp(0, activation).sum() - right @ activation + 0.5 * cost @ b**2)
        return value, z.T @ (sigmoid(activation) - right) + cost * b

    return Model(mean, spread, np.asarray(minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x))


def left_out(x: Array, right: Array, collections: npt.NDArray[np.str_], penalty: float) -> Array:
    """Return for each row the activation by weights that were fitted without its collection."""
    told = np.zeros(len(right))
    for name in np.unique(collections):
        mine = collections == name
        told[mine] = fit(x[~mine], right[~mine], penalty).activation(x[mine])
    return told


def scale(activation: Array, right: Array) -> tuple[float, float]:
    """Return factor and offset that make activations of left-out collections probabilities that hold."""

    def loss(line: Array) -> tuple[float, Array]:
        scaled = line[0] * activation + line[1]
        apart = sigmoid(scaled) - right
        return float(np.logaddexp(0, scaled).sum() - right @ scaled), np.array([apart @ activation, apart.sum()])

    factor, offset = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return float(factor), float(offset)


def log_loss(activation: Array, right: Array) -> float:
    return float((np.logaddexp(0, activation) - right * activation).mean())


def sigmoid(activation: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-activation)))


def ranking(probability: Array, right: Array) -> float:
    """Return how often a right answer has a higher probability than a wrong one (the area under the ROC curve)."""
    good, bad = probability[right > 0], probability[right == 0]
    if not len(good) or not len(bad):
        return float("nan")
    return float(((good[:, None] > bad[None]).mean() + (good[:, None] >= bad[None]).mean()) / 2)


def least_of(probability: Array, right: Array, share: float) -> float:
    """Return the least probability at which the answers said are right as often as ``share``; 1 where none is."""
    order = np.argsort(-probability)
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= share)
    return float(probability[order[enough[-1]]]) if len(enough) else 1.0


def told(name: str, probability: Array, rows: Sequence[Row], least: float) -> str:
    """Return a line on what would be said of a collection, by predictions that were made without it."""
    right = np.array([row.right for row in rows])

    def of(chosen: npt.NDArray[np.bool_]) -> str:
        return f"{int(right[chosen].sum()):4d}/{int(chosen.sum()):4d}"

    high, middle = probability >= HIGH, (probability >= MIDDLE) & (probability < HIGH)
    area = ranking(probability, right.astype(float))
    return (
        f"{name:32s} picked {of(probability >= 0)}  said {of(probability >= least)}  高 {of(high)}  中 {of(middle)}"
        f"  AUC {area:.3f}"
    )


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.fit_confidence")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--documents", nargs="+", type=Path, default=[])
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--index", type=Path, default=INDEX)
    parser.add_argument("--embedding-model", default="default")
    parser.add_argument("--share", type=float, default=0.85)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args(argv)
    if arguments.rows and arguments.rows.exists():
        lines = arguments.rows.read_text(encoding="utf-8").splitlines()
        rows = [Row(**{**body, "features": tuple(body["features"])}) for body in map(json.loads, lines)]
    else:
        sets, absent = find_sets(bank_files(arguments.names), arguments.documents)
        print(*absent, sep="\n", file=sys.stderr)
        rows = [row for one in sets for row in observe(one, arguments.index, arguments.embedding_model)]
        if arguments.rows:
            kept = (json.dumps(asdict(row), ensure_ascii=False) for row in rows)
            arguments.rows.write_text("\n".join(kept) + "\n", encoding="utf-8")
    free = [row for row in rows if not row.stopped]
    x, right = design(free)
    collections = np.array([row.collection for row in free])
    by_penalty = {penalty: left_out(x, right, collections, penalty) for penalty in PENALTIES}
    scaled = {penalty: scale(activation, right) for penalty, activation in by_penalty.items()}
    adjusted: Callable[[float], Array] = lambda penalty: scaled[penalty][0] * by_penalty[penalty] + scaled[penalty][1]  # noqa: E731
    best = min(PENALTIES, key=lambda penalty: log_loss(adjusted(penalty), right))
    probability = sigmoid(adjusted(best))
    least = least_of(probability, right, arguments.share)
    print(f"penalty {best:g}, scaled by {scaled[best][0]:.2f}, said from {least:.3f}")
    for name in np.unique(collections):
        mine = collections == name
        print(told(str(name), probability[mine], [row for row in free if row.collection == name], least))
    print(told("all, each left out", probability, free, least))
    save(arguments.out, fit(x, right, best), *scaled[best], least)
    return 0


def save(path: Path, model: Model, factor: float, offset: float, least: float) -> None:
    """Write the weights as ``answer.confidence`` reads them."""
    n = len(Features._fields)
    mean, spread, b = model.mean, model.spread, factor * model.b
    parts = {
        name: [round(float(value), 5) for value in (mean[i], spread[i], b[1 + i])]
        for i, name in enumerate(Features._fields)
    }
    groups = {name: float(b[1 + n + i] / spread[n + i]) for i, name in enumerate(NAMES)}
    intercept = float(b[0] + offset - sum(mean[n + i] * groups[name] for i, name in enumerate(NAMES)))
    body = {
        "intercept": round(intercept, 5),
        "features": parts,
        "groups": {name: round(value, 5) for name, value in groups.items()},
        "least": round(least, 4),
    }
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
