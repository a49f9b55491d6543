"""The order of the passages that were found, by what else is known of them: facts, other words, the learned reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from answer.reading.scene import Scene
from index.fusion import fuse
from index.protocols import Hit
from ingest.document import Fact

_OF_FACTS = 0.3  # what its best fact counts for a passage beside a score of 0 to 1
_OF_READING = 0.1  # what a log-odds of its likeliest statement counts beside a best score of 1
_OF_TERMS = 0.8  # what a hit of a model's search terms counts beside one of the question's own words


def led_by_facts(hits: Sequence[Hit], facts: Sequence[tuple[Fact, float]]) -> list[Hit]:
    """Return the hits in the order of their scores and of the best fact that each of them holds.

    Of two pages of tables, the one whose row is called what the question says is the better one.
    """
    best = facts[0][1] if facts else 1.0
    worth: dict[str, float] = {}
    for hit in hits:
        chunk = hit.chunk
        inside = (s for f, s in facts if f.document_id == chunk.document_id and chunk.start <= f.start < chunk.end)
        worth[chunk.id] = hit.score + _OF_FACTS * max(inside, default=0.0) / best
    return sorted((replace(hit, score=worth[hit.chunk.id]) for hit in hits), key=lambda hit: -hit.score)


def merged(first: Sequence[Hit], second: Sequence[Hit], k: int) -> list[Hit]:
    """Return the ``k`` best hits of the question and of other words for it: the question's own count more."""
    hits = {hit.chunk.id: hit for hit in (*second, *first)}
    rankings = [[(hit.chunk.id, hit.score) for hit in ranking] for ranking in (first, second)]
    return [replace(hits[id_], score=score) for id_, score in fuse(rankings, (1.0, _OF_TERMS), k)]


def led_by_reading(hits: Sequence[Hit], scene: Scene) -> list[Hit]:
    """Return the hits in the order of their scores and of the likeliest statement that each of them holds.

    On four collections that the reader had not seen the first passage held the answer to .70 of the questions instead
    of .60, the first five to as many as before; from .1 to .4 the worth hardly matters.
    """
    top = hits[0].score if hits else 1.0
    odds: dict[str, list[tuple[int, float]]] = {}
    for scored in scene.statements:
        document = scored.statement.document.id
        if (key := (document, scored.index)) in scene.odds:
            odds.setdefault(document, []).append((scored.statement.start, scene.odds[key]))
    least, most = min(scene.odds.values(), default=0.0), max(scene.odds.values(), default=0.0)
    worth: dict[str, float] = {}
    for hit in hits:
        chunk = hit.chunk
        inside = (o for start, o in odds.get(chunk.document_id, ()) if chunk.start <= start < chunk.end)
        worth[chunk.id] = hit.score + _OF_READING * top * (max(inside, default=least) - most)
    return sorted((replace(hit, score=worth[hit.chunk.id]) for hit in hits), key=lambda hit: -hit.score)
