"""Fit ``answer/judging/confidence.json``: how likely an answer is right, from its row of features.

    python -m eval.fit_confidence --documents DIR… [--fold WEIGHTS COLLECTION…]… [--unread] [--rows FILE]
        [--share 0.85 | --least P] [--unanswerable SHARE] [--seen FILE…] [--questions FILE… | NAME…]

Asks the sets of the bank (all, those of these names, or question files; sealed ones never) and keeps a row for each
answer that was picked. Every prediction that is judged is of a collection that was left out. The weights are a logistic
regression with an L2 penalty, chosen by those predictions and scaled by them (Platt 1999, "Probabilistic outputs for
support vector machines"), so that a probability holds on papers that nobody has learned from. ``least``, from which an
answer is said, is ``--least``, or where the share of right ones among what is said falls below ``--share``.

The learned reader is no better judge of what it was learned from than a pupil of the book's solutions. So ``--fold``
says with which weights collections are asked: weights that have not seen them (``eval.train_reader --leave-out``).
Collections of no fold are asked with those of ``--reader``. ``--unread`` fits the judge of answers without a reader
instead; the other judge of the file stays as it is.

``--seen`` names question files that the rules were made with. They are learned from, like any collection, because an
answer to what the rules know well is right more often; left-out collections are ordered as well with them as without.
The scale is that of the other collections, and so is what is printed of all together.

``--unanswerable`` repeats the questions without an answer until they are about that share of all: where too few were
written, an answer would be told as likelier than it is.

Prints, for each collection left out, what would be said and how much of it is right. ``--rows`` keeps the rows, so that
the weights can be fitted again without asking.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from tqdm import tqdm

from answer.answer import QuestionError, QuestionType
from answer.draft import SORTS, Sort, Support
from answer.judging.confidence import GROUPS, HIGH, MIDDLE, WEIGHTS
from answer.judging.features import Features
from eval.dataset import Question
from eval.measures.answers import is_short_enough, says_it
from eval.sets import QuestionSet, bank_files, find_sets, open_set
from index.snapshot import Snapshot

Array = npt.NDArray[np.float64]
Scales = dict[str, tuple[float, float]]  # of a group, a factor and an offset of the log-odds
PENALTIES = (3.0, 10.0, 30.0, 100.0)  # of the standardised weights
NAMES = tuple(sorted(set(GROUPS.values())))
# Groups with a scale of their own. Of two words one is right, however well the line beside it meets the question: with
# the scale of the others はい and いいえ were told as likely from .8 on, of which 32 of 66 were right.
APART = ("yesno",)
ENOUGH = 10  # answers: of fewer a share says too little to take a promise back
INDEX = Path("build/bank/index")


@dataclass(frozen=True)
class Row:
    """A draft for a question: what could be seen of it, and whether it was right."""

    collection: str
    id: str  # of the question
    kind: QuestionType
    sort: Sort
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


def observe(one: QuestionSet, index: Path, embedding_model: str, reader: Path | None) -> Iterator[Row]:
    """Yield a row for every draft of every question of a set; of a question without drafts none.

    A はい or いいえ that happens to be right beside a line of another place is not.
    """
    assistant = open_set(one, index, embedding_model, reader)
    snapshot = assistant.collection.snapshot()
    files = {info.id: info.file for info in snapshot.documents()}
    name = one.name.partition(".")[0]
    for question in tqdm(one.questions, desc=one.name, file=sys.stderr, disable=None):
        try:
            judged = assistant.trace(question.question).outcome.judged
        except QuestionError:
            continue
        for each in judged:
            draft = each.draft
            right = question.answerable and says_it(question, draft.text) and is_short_enough(question, draft.text)
            if question.type == "yesno":
                right = right and any(_stands_at(question, files[s.document_id], s, snapshot) for s in draft.supports)
            row, stopped = tuple(each.row), bool(each.against)
            yield Row(name, question.id, draft.kind, draft.sort, row, right, stopped, question.answerable)


def _stands_at(question: Question, file: str, support: Support, snapshot: Snapshot) -> bool:
    document = snapshot.document(support.document_id)
    lines = document.lines(support.start, support.end) if document.lines_are_source else None
    page = document.page_at(support.start).number if document.paging != "none" else None
    text = document.text[support.start : support.end]
    return any(place.overlaps(Path(file).name, lines, page, text) for place in question.places)


def with_share(rows: Sequence[Row], share: float, seen: Collection[str] = ()) -> list[Row]:
    """Return rows with those of questions without an answer repeated, so that these are about a share of all.

    Only of collections that are not ``seen``. A repeated question has an id of its own: it counts as another one.
    """
    new = [row for row in rows if row.collection not in seen]
    asked = {
        answerable: {(r.collection, r.id) for r in new if r.answerable == answerable} for answerable in (True, False)
    }
    if not asked[False]:
        return list(rows)
    times = max(1, round(len(asked[True]) * share / (1 - share) / len(asked[False])))
    again = (replace(row, id=f"{row.id}~{n}") for n in range(1, times) for row in new if not row.answerable)
    return [*rows, *again]


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


def scale(activation: Array, right: Array, least: float | None = None) -> tuple[float, float]:
    """Return factor, at ``least`` so much, and offset that make activations of left-out collections probabilities."""

    def loss(line: Array) -> tuple[float, Array]:
        scaled = line[0] * activation + line[1]
        apart = sigmoid(scaled) - right
        return float(np.logaddexp(0, scaled).sum() - right @ scaled), np.array([apart @ activation, apart.sum()])

    bounds = [(least, None), (None, None)]
    factor, offset = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
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


def chosen(rows: Sequence[Row], probability: Array) -> list[int]:
    """Return for each question the place of its likeliest draft that no gate stops."""
    best: dict[tuple[str, str], int] = {}
    for n, row in enumerate(rows):
        key = (row.collection, row.id)
        if not row.stopped and (key not in best or probability[n] > probability[best[key]]):
            best[key] = n
    return list(best.values())


def told(name: str, probability: Array, rows: Sequence[Row], asked: int, least: float) -> str:
    """Return a line on what would be said of a collection, by predictions that were made without it."""
    right = np.array([row.right for row in rows])

    def of(some: npt.NDArray[np.bool_]) -> str:
        return f"{int(right[some].sum()):4d}/{int(some.sum()):4d}"

    high, middle = probability >= HIGH, (probability >= MIDDLE) & (probability < HIGH)
    said = probability >= least
    of_none = sum(bool(s) and not row.answerable for s, row in zip(said, rows, strict=True))
    return (
        f"{name:32s} asked {asked:4d}  best {of(probability >= 0)}  said {of(said)} (of none {of_none:3d})"
        f"  高 {of(high)}  中 {of(middle)}  AUC {ranking(probability, right.astype(float)):.3f}"
    )


def learn(rows: Sequence[Row], seen: Collection[str] = ()) -> tuple[Model, float, float, Scales, Array]:
    """Return weights for rows of one sort, the factor and offset of their scale, those of groups, and left-out
    probabilities.

    Penalty and scale are those of the collections that the rules were not made with: a probability shall hold there.
    """
    x, right = design(rows)
    collections = np.array([row.collection for row in rows])
    groups = np.array([GROUPS[row.kind] for row in rows])
    new = ~np.isin(collections, list(seen))
    unseen = new & ~np.isin(groups, APART)
    found: list[tuple[float, float, float, float, Array]] = []
    for penalty in PENALTIES:
        activation = left_out(x, right, collections, penalty)
        factor, offset = scale(activation[unseen], right[unseen])
        loss = log_loss(factor * activation[unseen] + offset, right[unseen])
        found.append((loss, penalty, factor, offset, activation))
    _, penalty, factor, offset, activation = min(found, key=lambda one: one[0])
    told = factor * activation + offset
    scales: Scales = {}
    for group in APART:
        own = groups == group
        if len(set(right[own & new])) > 1:
            scales[group] = scale(told[own & new], right[own & new], least=0.0)
            told[own] = scales[group][0] * told[own] + scales[group][1]
    return fit(x, right, penalty), factor, offset, scales, sigmoid(told)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.fit_confidence")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--documents", nargs="+", type=Path, default=[])
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--index", type=Path, default=INDEX)
    parser.add_argument("--embedding-model", default="default")
    parser.add_argument("--share", type=float, default=0.85)
    parser.add_argument("--least", type=float)
    parser.add_argument("--unanswerable", type=float, metavar="SHARE")
    parser.add_argument("--fold", nargs="+", action="append", default=[], metavar="WEIGHTS COLLECTION")
    parser.add_argument("--reader", type=Path, help="weights for the collections of no fold")
    parser.add_argument("--unread", action="store_true")
    parser.add_argument("--questions", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--seen", nargs="+", type=Path, default=[])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args(argv)
    seen = {path.stem for path in arguments.seen}
    rows = _rows(arguments)
    if arguments.unanswerable:
        rows = with_share(rows, arguments.unanswerable, seen)
    probability = np.zeros(len(rows))
    fitted: dict[str, Any] = {}
    for sort in (sort for sort in SORTS if any(row.sort == sort for row in rows)):
        of_sort = np.array([row.sort == sort for row in rows])
        model, factor, offset, scales, left = learn([row for row in rows if row.sort == sort], seen)
        probability[of_sort] = left
        fitted[sort] = _body(model, factor, offset, scales)
    best = chosen(rows, probability)
    said = [rows[n] for n in best]
    right = np.array([row.right for row in said], dtype=float)
    least = arguments.least or least_of(probability[best], right, arguments.share)
    print(f"said from {least:.3f}")
    names = sorted({row.collection for row in said})
    for name in names:
        mine = [n for n in best if rows[n].collection == name]
        asked = len({row.id for row in rows if row.collection == name and row.answerable})
        print(told(name, probability[mine], [rows[n] for n in mine], asked, least))
    unseen = [n for n in best if rows[n].collection not in seen]
    everyone = len({(row.collection, row.id) for row in rows if row.answerable and row.collection not in seen})
    print(told("all, each left out", probability[unseen], [rows[n] for n in unseen], everyone, least))
    body = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else {}
    which = "unread" if arguments.unread else "read"
    most = most_of(probability[unseen], [rows[n] for n in unseen])
    body[which] = {**body.get(which, {}), **fitted, "least": round(least, 4), "most": round(most, 4)}
    arguments.out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def most_of(probability: Array, rows: Sequence[Row]) -> float:
    """Return the highest probability that is told: what each collection that was left out has borne out.

    Where of one of them, with ``ENOUGH`` of such answers, less than ``HIGH`` of what is told as that likely was right,
    nothing is: among the papers of the next one who asks may be some like these.
    """
    high = probability >= HIGH
    for name in {row.collection for row in rows}:
        right = [row.right for row, is_high in zip(rows, high, strict=True) if is_high and row.collection == name]
        if len(right) >= ENOUGH and np.mean(right) < HIGH:
            return round(HIGH - 0.001, 4)
    return float(probability.max())


def _rows(arguments: argparse.Namespace) -> list[Row]:
    """Return the rows of the sets: those that are kept in the file, and of the other sets the questions asked now.

    Each set is kept when all of it was asked, so a run that was ended goes on after it.
    """
    kept: list[Row] = []
    if arguments.rows and arguments.rows.exists():
        lines = arguments.rows.read_text(encoding="utf-8").splitlines()
        kept = [Row(**{**body, "features": tuple(body["features"])}) for body in map(json.loads, lines)]
    done = {(row.collection, row.id) for row in kept}
    if done and not arguments.documents:
        return kept
    files = [*(arguments.questions or bank_files(arguments.names)), *arguments.seen]
    sets, absent = find_sets(files, arguments.documents)
    print(*absent, sep="\n", file=sys.stderr)
    weights = {name: Path(file) for file, *names in arguments.fold for name in names}

    def asked(one: QuestionSet) -> Iterator[Row]:
        reader = None if arguments.unread else weights.get(one.name.partition(".")[0], arguments.reader)
        yield from observe(one, arguments.index, arguments.embedding_model, reader)

    for one in sets:
        name = one.name.partition(".")[0]
        if any((name, question.id) in done for question in one.questions):
            continue
        rows = list(asked(one))
        kept += rows
        if arguments.rows:
            with arguments.rows.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    return kept


def _body(model: Model, factor: float, offset: float, scales: Scales) -> dict[str, Any]:
    """Return weights as ``answer.judging.confidence`` reads them."""
    n = len(Features._fields)
    mean, spread, b = model.mean, model.spread, factor * model.b
    parts = {
        name: [round(float(value), 5) for value in (mean[i], spread[i], b[1 + i])]
        for i, name in enumerate(Features._fields)
    }
    groups = {name: float(b[1 + n + i] / spread[n + i]) for i, name in enumerate(NAMES)}
    intercept = float(b[0] + offset - sum(mean[n + i] * groups[name] for i, name in enumerate(NAMES)))
    return {
        "intercept": round(intercept, 5),
        "features": parts,
        "groups": {name: round(value, 5) for name, value in groups.items()},
        "scales": {name: [round(value, 5) for value in line] for name, line in scales.items()},
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
