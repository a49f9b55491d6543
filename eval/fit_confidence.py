"""Fit the weights of ``answer.confidence`` on question sets: right answers against wrong and unanswerable ones.

    python -m eval.fit_confidence QUESTIONS.jsonl INDEX [QUESTIONS.jsonl INDEX …]

Each set is asked twice: of its collection, and, as ``eval.robustness`` does, of one that lacks the pages of the
answers, where the best that is left is wrong. Ordinary questions alone hold few answers that are wrong and look right;
fitted on them, any two figures make a comparison. The weights are fitted on both, then scaled (Platt 1999,
"Probabilistic outputs for support vector machines") so that the probabilities hold for ordinary questions.

Prints the weights of each group and the least probability to accept. Then, by ten-fold cross-validation, the
calibration error and what is accepted so.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from answer.answer import QuestionError
from answer.assistant import Assistant, open_assistant
from answer.confidence import AGAINST, GROUPS, SIGNALS
from eval.dataset import Question, read_questions
from eval.measures.answers import is_short_enough, says_it
from eval.measures.confidence import calibration_error
from eval.robustness import documents as shelves
from ingest.document import Document

Array = npt.NDArray[np.float64]
PENALTY = 0.2
FOLDS = 10
# The least probability among both kinds of questions, before it is scaled: declining a right answer is as bad as five
# wrong ones where the papers lack the page. By cross-validation 0.10 loses 2 right answers of 509 and says 201 of 347
# wrong ones, 0.16 9 and 160, 0.20 16 and 139.
LEAST = 0.16


class Row(NamedTuple):
    """An answer that was picked: its group, signals, and what is true of it."""

    group: str
    signals: tuple[float, ...]
    right: bool
    answerable: bool
    ordinary: bool  # asked of the whole collection
    question: str  # one that stays together in cross-validation


def observe(path: Path, index: Path) -> list[Row]:
    """Return a row for every question for which an answer was picked, of the collection and of it without pages."""
    assistant = open_assistant(index)
    questions = read_questions(path)
    rows = list(_asked(assistant, questions, path.stem, ordinary=True))
    snapshot = assistant.collection.snapshot()
    documents: dict[str, Document] = {}
    papers = []
    for info in snapshot.documents():
        documents.setdefault(info.file, snapshot.document(info.id))
        papers.append(Path(info.source))
    embedder = shelves.Remembering(assistant.collection)
    with tempfile.TemporaryDirectory() as home:
        answerable = [question for question in questions if question.answerable]
        for fold, shelf in shelves.shelves_without_pages(answerable, documents, papers, Path(home), embedder):
            rows += _asked(shelf, fold.questions, path.stem, ordinary=False)
    return rows


def _asked(assistant: Assistant, questions: Sequence[Question], name: str, *, ordinary: bool) -> Iterator[Row]:
    for question in questions:
        try:
            draft = assistant.trace(question.question).picked
        except QuestionError:
            continue
        if draft.text and draft.signals is not None and not draft.signals.needed:
            right = question.answerable and says_it(question, draft.text) and is_short_enough(question, draft.text)
            group, signals = GROUPS[draft.kind], draft.signals.vector()
            yield Row(group, signals, right, question.answerable, ordinary, f"{name} {question.id}")


def fit(signals: Array, right: Array) -> Array:
    """Return intercept and weights for rows of signals and 0/1 outcomes: logistic regression with an L2 penalty.

    No weight may have the wrong sign: words that are not met never speak for an answer, however few wrong answers of
    a small set lack them.
    """
    x = np.hstack([np.ones((len(signals), 1)), signals])
    penalty = np.array([0.01, *([PENALTY] * (x.shape[1] - 1))])

    def loss(weights: Array) -> tuple[float, Array]:
        activation = x @ weights
        value = float(np.logaddexp(0, activation).sum() - right @ activation + 0.5 * penalty @ weights**2)
        return value, x.T @ (_sigmoid(activation) - right) + penalty * weights

    bounds = [(None, None), *((None, 0) if name in AGAINST else (0, None) for name in SIGNALS)]
    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)


def scale(weights: Array, signals: Array, right: Array) -> tuple[Array, float]:
    """Return the weights times one factor with a new intercept, fitted on these rows; and the factor, held near 1."""
    activation = weights[0] + signals @ weights[1:]

    def loss(line: Array) -> tuple[float, Array]:
        scaled = line[0] + line[1] * activation
        value = float(np.logaddexp(0, scaled).sum() - right @ scaled + 0.5 * (line[1] - 1) ** 2)
        apart = _sigmoid(scaled) - right
        return value, np.array([apart.sum(), apart @ activation + line[1] - 1])

    found = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.3, 3)]).x
    return np.concatenate([[found[0] + found[1] * weights[0]], found[1] * weights[1:]]), float(found[1])


def fitted(rows: Sequence[Row]) -> tuple[Array, float]:
    """Return weights for the rows of one group, fitted on all and scaled to the ordinary ones, and what to accept."""
    signals, right = np.array([row.signals for row in rows]), np.array([row.right for row in rows], dtype=float)
    ordinary = np.array([row.ordinary for row in rows])
    weights = fit(signals, right)
    scaled, factor = scale(weights, signals[ordinary], right[ordinary])
    least = scaled[0] + factor * (np.log(LEAST / (1 - LEAST)) - weights[0])
    return scaled, float(_sigmoid(least))


def predict(rows: Sequence[Row], weights: Array) -> Array:
    """Return the probability that each row's answer is right."""
    return _sigmoid(weights[0] + np.array([row.signals for row in rows]) @ weights[1:])


def cross_validated(rows: Sequence[Row]) -> list[tuple[Row, float, bool]]:
    """Return each row with its probability and whether it is accepted, by weights fitted without its question."""
    parts = {name: n % FOLDS for n, name in enumerate(sorted({row.question for row in rows}))}
    judged: list[tuple[Row, float, bool]] = []
    for part in range(FOLDS):
        held = [row for row in rows if parts[row.question] == part]
        if held:
            weights, least = fitted([row for row in rows if parts[row.question] != part])
            judged += [(row, float(p), bool(p >= least)) for row, p in zip(held, predict(held, weights), strict=True)]
    return judged


def _sigmoid(activation: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-activation)))


def main(argv: Sequence[str]) -> int:
    if len(argv) < 2 or len(argv) % 2:
        print(__doc__, file=sys.stderr)
        return 2
    rows = [row for q, i in zip(argv[::2], argv[1::2], strict=True) for row in observe(Path(q), Path(i))]
    judged: list[tuple[Row, float, bool]] = []
    for group in sorted(set(GROUPS.values())):
        mine = [row for row in rows if row.group == group]
        weights, least = fitted(mine)
        print(f'    "{group}": ({", ".join(f"{w:.2f}" for w in weights)}),  # accept {least:.2f}')
        judged += cross_validated(mine)
    said = [(p, row.right) for row, p, accepted in judged if row.ordinary and accepted]
    error = calibration_error([p for p, _ in said], [right for _, right in said])
    print(f"calibration error of what is accepted, {FOLDS}-fold: {error:.3f}")
    for says, ordinary in (("the whole collection", True), ("without the pages of the answers", False)):
        asked = [(row, accepted) for row, _, accepted in judged if row.ordinary == ordinary]
        right, lost = (sum(row.right and accepted == kept for row, accepted in asked) for kept in (True, False))
        wrong = sum(not row.right and row.answerable and accepted for row, accepted in asked)
        of_none = sum(not row.answerable and accepted for row, accepted in asked)
        print(
            f"{says}: right {right}, right but declined {lost}, wrong {wrong}, unanswerable answered {of_none}, "
            f"picked {len(asked)}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
