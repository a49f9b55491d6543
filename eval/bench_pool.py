"""How well the reader puts the statements of a scene in order, on questions over our own papers that it has not seen.

    python -m eval.bench_pool POOL --scores DIR [--most N] --fold WEIGHTS COLLECTION… [--fold …]

For each question of a pool (``eval.reader_pool``) the first statements of its scene are scored by the scene itself, by
the embedding model's cosine, by the reader, and by sums of the reader's logit and the scene's score. ``WEIGHTS`` are
those that have not been learned from the COLLECTIONs after them; of each ``N`` questions are drawn by chance. DIR keeps
what was scored, a line a question, so that a run that was ended goes on after the last collection that it finished.

Prints, for each collection and over all: of the questions with an answer how often a right statement is among those at
all, first, and among the first three; how well the best score tells these questions from those without an answer (area
under the curve); and how often the likeliest of all values in the statements is right, where a right one is known.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from eval.bench_reader import Choice, Scores, cosines, value_is_right
from eval.reader_examples import places_in_pool
from index.embedder import SentenceEmbedder, open_embedder
from index.reader import Read, Reader

Array = npt.NDArray[np.float64]
SUMS = (1.0, 2.0, 4.0, 8.0)  # what the scene's score counts beside the reader's logit


class Scored(NamedTuple):
    """A question with the scores of its scene's statements, best of the scene first."""

    collection: str
    kind: str
    answerable: bool
    right: npt.NDArray[np.bool_]  # which of the statements answer
    scene: Array
    cosine: Array
    reader: Array  # logits
    value: bool | None  # whether the likeliest value is right; None where no right one is known


def score(
    rows: Sequence[Mapping[str, Any]], by_reader: Callable[[str, Sequence[str]], Sequence[Read]], by_cosine: Scores
) -> list[dict[str, Any]]:
    """Return, for each question, the cosines and the reader's logits of the statements of its scene, and of values."""
    scored = []
    for row in tqdm(rows, file=sys.stderr, disable=None):
        texts = [text for text, _ in row["scene"]]
        read = by_reader(row["question"], texts)
        near = by_cosine(row["question"], texts) if texts else np.empty(0)
        by_each = {"cosine": [round(float(c), 4) for c in near], "reader": [round(one.odds, 3) for one in read]}
        scored.append({"id": row["id"], **by_each, "value": _value(row, read)})
    return scored


def _value(row: Mapping[str, Any], read: Sequence[Read]) -> bool | None:
    """Say whether the likeliest value of what was read answers; a statement that may answer as well is left out."""
    values = dict(zip(row["right"], places_in_pool(row), strict=True))
    wrong = {*row["near"], *row["far"]}
    known = [one for one in read if one.text in values] + [one for one in read if one.text in wrong]
    right = tuple(values[one.text] for one in known if one.text in values)
    return value_is_right(Choice(row["question"], tuple(one.text for one in known), len(right), right), known)


def drawn(rows: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return at most so many rows, in their order; the same ones each time."""
    kept = random.Random(len(rows)).sample(range(len(rows)), min(most, len(rows)))
    return [rows[n] for n in sorted(kept)]


def joined(row: Mapping[str, Any], scored: Mapping[str, Any]) -> Scored:
    """Return a row of a pool with what was scored of it."""
    right = np.array([text in row["right"] for text, _ in row["scene"]], bool)
    scene = np.array([value for _, value in row["scene"]], float)
    cosine, reader = np.array(scored["cosine"], float), np.array(scored["reader"], float)
    return Scored(row["collection"], row["kind"], row["answerable"], right, scene, cosine, reader, scored["value"])


def ways() -> dict[str, Callable[[Scored], Array]]:
    """Return the scorers that are compared."""
    alone: dict[str, Callable[[Scored], Array]] = {
        "scene": lambda one: one.scene,
        "cosine": lambda one: one.cosine,
        "reader": lambda one: one.reader,
    }
    return alone | {f"reader + {share:g} scene": _sum(share) for share in SUMS}


def _sum(share: float) -> Callable[[Scored], Array]:
    return lambda one: np.asarray(one.reader + share * one.scene)


def figures(questions: Sequence[Scored], way: Callable[[Scored], Array]) -> tuple[float, float, float]:
    """Return how often a right statement is first, and among the first three, and the area under the curve."""
    ranks = [_rank(way(one), one.right) for one in questions if one.answerable]
    best = [(float(way(one).max(initial=-np.inf)), one.answerable) for one in questions]
    given, none = (np.array([value for value, answerable in best if answerable == wanted]) for wanted in (True, False))
    area = (
        ((given[:, None] > none[None]) + 0.5 * (given[:, None] == none[None])).mean() if len(given) * len(none) else 0
    )
    return float(np.mean([r < 1 for r in ranks])), float(np.mean([r < 3 for r in ranks])), float(area)


def _rank(scores: Array, right: npt.NDArray[np.bool_]) -> float:
    """Return how many wrong statements are before the first right one; infinity where none is right."""
    return float((scores[~right] >= scores[right].max()).sum()) if right.any() else np.inf


def table(questions: Sequence[Scored]) -> list[str]:
    """Return the lines of what is printed of some questions."""
    asked = [one for one in questions if one.answerable]
    at_all = np.mean([one.right.any() for one in asked])
    lines = [
        f"{len(asked)} with an answer, {len(questions) - len(asked)} without; among those seen at all {at_all:.3f}"
    ]
    for name, way in ways().items():
        first, third, area = figures(questions, way)
        lines.append(f"  {name:18s} first {first:.3f}  first three {third:.3f}  answerable AUC {area:.3f}")
    known = [one.value for one in questions if one.value is not None]
    return [*lines, f"  the likeliest value is right: {sum(known)} of {len(known)}"]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.bench_pool", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pool", type=Path, metavar="POOL")
    parser.add_argument("--fold", nargs="+", action="append", required=True, metavar=("WEIGHTS", "COLLECTION"))
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--most", type=int, default=10_000, metavar="N")
    given = parser.parse_args(argv)
    embedder = open_embedder()
    if not isinstance(embedder, SentenceEmbedder):
        raise TypeError("the reader stands on the default embedding model")
    given.scores.mkdir(parents=True, exist_ok=True)
    every: list[Scored] = []
    for weights, *names in given.fold:
        reader = Reader(Path(weights), embedder)
        for name in names:
            rows = drawn(_rows(given.pool / f"{name}.jsonl"), given.most)
            kept = given.scores / f"{name}.jsonl"
            if not kept.exists():
                lines = (json.dumps(one) for one in score(rows, reader.read, cosines(embedder)))
                kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
            scored = {one["id"]: one for one in _rows(kept)}
            questions = [joined(row, scored[row["id"]]) for row in rows]
            print(f"{name}: ", *table(questions), sep="\n", flush=True)
            every += questions
    print("\nall, each by weights that have not seen it:", *table(every), sep="\n")
    for kind in sorted({one.kind for one in every if one.answerable}):
        of_kind = [one for one in every if one.kind == kind]
        told = "  ".join(f"{name} {figures(of_kind, way)[0]:.3f}" for name, way in list(ways().items())[:3])
        print(f"  {kind:12s} {len(of_kind):4d}  first: {told}")
    return 0


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
