"""Fit the weights of ``answer.figures`` on question sets, and measure whether they beat those that are set by hand.

    python -m eval.fit_ranking QUESTIONS.jsonl INDEX [QUESTIONS.jsonl INDEX …]

A conditional logit: a question's candidate figures share a probability of 1, and the likelihood is that of the right
ones together. Prints the share of questions whose first candidate is right, by the hand-set weights and by fitted
ones: in ten-fold cross-validation over questions, and fitted on all sets but one for each set. The prior of the fit is
the hand-set weights: the L2 penalty draws towards them, so that few questions change little.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from answer.answer import QuestionError
from answer.assistant import open_assistant
from answer.figures import WEIGHTS, Clues, printed, rank_figures, split_periods
from eval.dataset import read_questions
from eval.metrics import says_it

Array = npt.NDArray[np.float64]
KINDS = ("number", "table_cell", "temporal", "paraphrase")
CANDIDATES = 40
SHARPNESS = 12.0  # the hand-set scores, which lie about 0.1 apart, as log odds
FOLDS = 10
STEPS = 300  # of gradient descent
PENALTIES = (1.0, 3.0, 10.0, 30.0)


@dataclass(frozen=True)
class Choice:
    """A question's candidates, a row of clues each, and which of them are right."""

    name: str
    clues: Array
    right: npt.NDArray[np.bool_]


def observe(questions: Path, index: Path) -> list[Choice]:
    """Return the choices of a set: the questions for one figure of which some candidate is right, and some not."""
    assistant = open_assistant(index)
    found = []
    for question in read_questions(questions):
        if not question.answerable or question.type not in KINDS:
            continue
        try:
            trace = assistant.trace(question.question)
        except QuestionError:
            continue
        read, scene = trace.question, trace.scene
        if read.kind not in ("number", "text"):
            continue
        scope, inner = split_periods(read.periods)
        meeting = read.meetings[0] if len(read.meetings) == 1 else None
        figures = rank_figures(scene, inner or scope, scope if inner else (), meeting)[:CANDIDATES]
        right = np.array([says_it(question, printed(f.fact)) for f in figures], dtype=bool)
        if right.any() and not right.all():
            found.append(Choice(question.id, np.array([f.clues for f in figures], dtype=float), right))
    return found


def fit(choices: Sequence[Choice], penalty: float) -> Array:
    """Return weights for the clues: the hand-set ones, moved as far as the choices ask for it."""
    hand = SHARPNESS * np.array(WEIGHTS)

    def loss(weights: Array) -> tuple[float, Array]:
        value = 0.5 * penalty * float(((weights - hand) ** 2).sum()) / SHARPNESS
        slope = penalty * (weights - hand) / SHARPNESS
        for choice in choices:
            scores = choice.clues @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            of_right = shares * choice.right
            value -= float(np.log(of_right.sum()))
            slope = slope + choice.clues.T @ (shares - of_right / of_right.sum())
        return value, slope

    weights, step = hand.copy(), 1.0
    value, slope = loss(weights)
    for _ in range(STEPS):
        trial = weights - step * slope
        reached, its_slope = loss(trial)
        if reached < value:
            weights, value, slope, step = trial, reached, its_slope, step * 1.3
        else:
            step /= 2
    return weights / SHARPNESS


def first_right(choices: Sequence[Choice], weights: Array) -> int:
    """Return for how many questions the best candidate is right."""
    return sum(bool(c.right[int(np.argmax(c.clues @ weights))]) for c in choices)


def cross_validated(choices: Sequence[Choice], penalty: float) -> int:
    """Return for how many questions it is right by weights that were fitted without them."""
    right = 0
    for fold in range(FOLDS):
        held = [c for i, c in enumerate(choices) if i % FOLDS == fold]
        right += first_right(held, fit([c for i, c in enumerate(choices) if i % FOLDS != fold], penalty))
    return right


def main(argv: Sequence[str]) -> int:
    if len(argv) < 2 or len(argv) % 2:
        print(__doc__, file=sys.stderr)
        return 2
    sets = [observe(Path(q), Path(i)) for q, i in zip(argv[::2], argv[1::2], strict=True)]
    choices = [choice for chosen in sets for choice in chosen]
    hand = np.array(WEIGHTS)
    print(f"hand-set weights: {first_right(choices, hand)} of {len(choices)}, {[first_right(s, hand) for s in sets]}")
    for penalty in PENALTIES:
        others = [
            first_right(mine, fit([c for other in sets if other is not mine for c in other], penalty)) for mine in sets
        ]
        print(f"penalty {penalty}: {FOLDS}-fold {cross_validated(choices, penalty)}, each set by the others {others}")
    for penalty in PENALTIES:
        fitted = fit(choices, penalty)
        print(penalty, {n: round(float(w), 2) for n, w in zip(Clues._fields, fitted, strict=True)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
