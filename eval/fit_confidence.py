"""Fit the weights of ``answer.confidence`` on question sets: right answers against wrong and unanswerable ones.

    python -m eval.fit_confidence QUESTIONS.jsonl INDEX [QUESTIONS.jsonl INDEX …]

Prints the weights of each group, the calibration error of five-fold cross-validation, and what each threshold would
accept. The method is logistic regression with an L2 penalty, by Newton's method.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from answer.answer import QuestionError
from answer.assistant import open_assistant
from answer.confidence import GROUPS, Signals
from eval.dataset import read_questions
from eval.measures.answers import is_short_enough, says_it
from eval.measures.confidence import calibration_error

Array = npt.NDArray[np.float64]
PENALTY = 0.2
FOLDS = 5
AGAINST = ("unmet", "unknown")  # signals that speak against an answer; all others speak for it


def observe(questions: Path, index: Path) -> list[tuple[str, Signals, bool, bool]]:
    """Return (group, signals, right, answerable) of every question for which an answer was picked."""
    assistant = open_assistant(index)
    rows = []
    for question in read_questions(questions):
        try:
            draft = assistant.trace(question.question).picked
        except QuestionError:
            continue
        if draft.text and draft.signals is not None and not draft.signals.needed:
            right = question.answerable and says_it(question, draft.text) and is_short_enough(question, draft.text)
            rows.append((GROUPS[draft.kind], draft.signals, right, question.answerable))
    return rows


def fit(signals: Array, right: Array) -> Array:
    """Return intercept and weights for rows of signals and 0/1 outcomes.

    No weight may have the wrong sign: words that are not met never speak for an answer, however few wrong answers of
    a small set lack them.
    """
    x = np.hstack([np.ones((len(signals), 1)), signals])
    penalty = np.array([0.01, *([PENALTY] * (x.shape[1] - 1))])

    def loss(weights: Array) -> tuple[float, Array]:
        activation = x @ weights
        value = float(np.logaddexp(0, activation).sum() - right @ activation + 0.5 * penalty @ weights**2)
        return value, x.T @ (1 / (1 + np.exp(-activation)) - right) + penalty * weights

    signs = [-1 if field.name in AGAINST else 1 for field in fields(Signals) if field.name != "needed"]
    bounds = [(None, None), *((None, 0) if sign < 0 else (0, None) for sign in signs)]
    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)


def predict(signals: Array, weights: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-(weights[0] + signals @ weights[1:]))))


def main(argv: Sequence[str]) -> int:
    if len(argv) < 2 or len(argv) % 2:
        print(__doc__, file=sys.stderr)
        return 2
    rows = [row for q, i in zip(argv[::2], argv[1::2], strict=True) for row in observe(Path(q), Path(i))]
    scored: list[tuple[float, bool, bool]] = []
    for group in sorted(set(GROUPS.values())):
        mine = [row for row in rows if row[0] == group]
        x = np.array([row[1].vector() for row in mine])
        y = np.array([row[2] for row in mine], dtype=float)
        print(f'    "{group}": ({", ".join(f"{w:.2f}" for w in fit(x, y))}),  # {int(y.sum())} right of {len(y)}')
        for fold in range(FOLDS):
            held = np.arange(len(y)) % FOLDS == fold
            p = predict(x[held], fit(x[~held], y[~held]))
            scored += [(float(v), mine[i][2], mine[i][3]) for v, i in zip(p, np.flatnonzero(held), strict=True)]
    error = calibration_error([s[0] for s in scored], [s[1] for s in scored])
    print(f"calibration error, {FOLDS}-fold: {error:.3f}")
    for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
        right = sum(ok for p, ok, _ in scored if p >= threshold)
        lost = sum(ok for p, ok, _ in scored if p < threshold)
        said = sum(p >= threshold for p, _, answerable in scored if not answerable)
        wrong = sum(p >= threshold for p, ok, answerable in scored if answerable and not ok)
        print(
            f"at {threshold:.2f}: right {right}, right but declined {lost}, wrong {wrong}, unanswerable answered {said}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
