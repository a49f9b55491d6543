"""The papers as they are read for questions: pieces around what was found, kept for the next question."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence

from answer.reading.evidence import Piece, Reading, read_piece
from index.cache import Cache
from index.database.stretches import LENGTH, Outline
from index.snapshot import Snapshot
from ingest.kana import Marks, may_hold, searchable

KEPT = 96 << 20  # bytes of pieces: some thousand, 30 KB each
TOLD = 32 << 20  # bytes of whole texts as they are looked through
TOGETHER = 8  # texts that are read at a time until what is looked for is found
MARGIN = 14  # statements on each side of what was found that are read with it; what else is looked at is read then

SELDOM = (20_000, 20, 20)  # objects made, and rounds of the younger ones, between two searches for cyclic garbage

Place = tuple[str, int, int]  # a document's id, and a span of its text


def collect_seldom() -> None:
    """Let this process search for cyclic garbage after more new objects than Python does by itself.

    A question makes some ten thousand objects, and what is kept of papers are a hundred times as many, none of which
    ever is part of a cycle: to look through them all takes .1 s, which was done at every other question.
    """
    if 0 < gc.get_threshold()[0] < SELDOM[0]:  # 0: somebody has switched it off
        gc.set_threshold(*SELDOM)


class Library:
    """Opens readings. Safe from threads."""

    def __init__(self) -> None:
        self._pieces = Cache[tuple[int, int], Piece](KEPT, _size)
        self._told = Cache[int, str](TOLD, lambda text: 2 * len(text) + 100)

    def open(self, snapshot: Snapshot, places: Iterable[Place]) -> dict[str, Reading]:
        """Return the reading of each document, by its id, with what stands around the places read in a few queries."""
        asked = list(places)
        ids = list(dict.fromkeys(id_ for id_, _, _ in asked))
        outlines = snapshot.outlines(ids)
        found = {id_: self._reading(snapshot, id_, outline) for id_, outline in outlines.items()}
        wanted: dict[tuple[str, int], None] = {}
        for id_, start, end in asked:
            reading = found[id_]
            first, last = reading.at(start), reading.at(max(start, end - 1))
            wanted |= dict.fromkeys((id_, n) for n in reading.lacking(first - MARGIN, last + 1 + MARGIN))
        for (id_, ordinal), piece in self._read(snapshot, list(wanted)).items():
            found[id_].hold({ordinal: piece})
        return found

    def searchable(self, snapshot: Snapshot, ids: Sequence[str], marked: Sequence[Marks]) -> Iterator[str]:
        """Yield all that documents say, as texts are looked for, of those that may hold what one of the marks is of."""
        signed = snapshot.signatures(ids)
        near = [id_ for id_ in ids if may_hold(signed[id_], marked)]
        for some in (near[at : at + TOGETHER] for at in range(0, len(near), TOGETHER)):
            numbered = {snapshot.version(id_): id_ for id_ in some}

            def make(missing: Sequence[int], numbered: Mapping[int, str] = numbered) -> dict[int, str]:
                texts = snapshot.texts(numbered[number] for number in missing)
                infos = ((number, snapshot.info(numbered[number])) for number in missing)
                return {n: searchable(i.title, i.meeting, i.published, texts[i.id]) for n, i in infos}

            yield from self._told.all(numbered, make).values()

    def _reading(self, snapshot: Snapshot, id_: str, outline: Outline) -> Reading:
        def read(ordinals: Sequence[int]) -> Mapping[int, Piece]:
            found = self._read(snapshot, [(id_, ordinal) for ordinal in ordinals])
            return {ordinal: piece for (_, ordinal), piece in found.items()}

        return Reading(snapshot.document(id_), outline, read)

    def _read(self, snapshot: Snapshot, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Piece]:
        """Return pieces by (document, ordinal)."""
        numbered = {(snapshot.version(id_), ordinal): (id_, ordinal) for id_, ordinal in keys}

        def make(missing: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Piece]:
            wanted = [numbered[key] for key in missing]
            ids = {id_ for id_, _ in wanted}
            outlines, stretches = snapshot.outlines(ids), snapshot.stretches(wanted)
            snapshot.texts(ids)  # together, before each statement looks at its own
            return {
                key: read_piece(snapshot.document(id_), outlines[id_], ordinal, stretches[id_, ordinal])
                for key in missing
                for id_, ordinal in [numbered[key]]
            }

        return {numbered[key]: piece for key, piece in self._pieces.all(numbered, make).items()}


def _size(piece: Piece) -> int:
    # What a statement works out about itself is kept with it, as long as the text several times over.
    return sum(1500 + 8 * (s.end - s.start) for s in piece.statements) + 1500 * len(piece.facts) + 20 * LENGTH
