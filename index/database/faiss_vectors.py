"""FAISS beside SQLite: the vectors of the database once more in memory, and on disk so that a start need not read them.

The database is the truth. What FAISS holds is filled from it and appended to; versions that were taken out stay in it
until they are many, and are never found, because a search looks only at what is visible.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from index.database import schema
from index.database.catalogue import Numbers, Visible
from index.database.generations import Generation, generation, newest
from index.database.keyword_search import Key
from index.protocols import Vectors

CACHE, HEAD = "vectors.faiss", "vectors.json"
SAVED_AGAIN = 1.1  # times as many rows as when it was last saved: what is written grows with what was added
DEAD = 0.25  # the share of rows taken out from which on they are thrown away
AT_ONCE = 4096  # rows between the database and FAISS

log = logging.getLogger(__name__)


class FaissVectors:
    """Compares with every visible vector: exact. Safe from threads; one for each database and process."""

    def __init__(self, folder: Path | None):
        """``folder`` is where the file that spares a start the reading lies; None keeps nothing."""
        self._folder = folder
        self._lock = RLock()
        self._generation = Generation()
        self._index: Any = None
        self._numbers: Numbers = np.zeros(0, np.int64)  # of each row: its version,
        self._ordinals: npt.NDArray[np.int32] = np.zeros(0, np.int32)  # and which of its chunks it is
        self._saved = 0
        self._tried = folder is None

    def search(
        self, connection: Connection, vectors: Vectors, k: int, visible: Visible
    ) -> list[list[tuple[Key, float]]]:
        """Return, for each row of float32 ``(n, dim)``, at most ``k`` (key, inner product) pairs, best first.

        Only what is ``visible`` is found, and all of it can be.
        """
        import faiss

        with self._lock:
            self._catch_up(connection, visible.generation)
            _, seen = visible.among(self._numbers)
            k = min(k, int(seen.sum()))
            if k < 1:
                return [[] for _ in vectors]
            chosen = None
            if not seen.all():
                bits = np.packbits(seen, bitorder="little")
                # The stubs know the C++ signatures only, not the wrappers that take an array and keywords.
                selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type] # wrapped, see above
                chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg] # wrapped, see above
            scores, rows = self._index.search(np.ascontiguousarray(vectors, np.float32), k, params=chosen)
            return [
                [
                    ((int(self._numbers[row]), int(self._ordinals[row])), float(score))
                    for score, row in zip(*found, strict=True)
                    if row != -1
                ]
                for found in zip(scores, rows, strict=True)
            ]

    def __len__(self) -> int:
        return len(self._numbers)

    def _catch_up(self, connection: Connection, wanted: Generation) -> None:
        """Hold at least what ``wanted`` sees."""
        if not self._tried:
            self._tried = True
            self._load(connection)
        if self._generation.number >= wanted.number:
            return
        latest = newest(connection)
        known = self._generation.number
        documents, vectors = schema.documents, schema.chunk_vectors
        query = (
            select(vectors.c.document, vectors.c.ordinal, vectors.c.vector)
            .join(documents, documents.c.number == vectors.c.document)
            .where(documents.c.since > known, documents.c.since <= latest.number)
            .order_by(vectors.c.document, vectors.c.ordinal)
        )
        for some in connection.execute(query).partitions(AT_ONCE):
            numbers, ordinals, values = zip(*some, strict=True)
            self._append(numbers, ordinals, np.array(values, np.float32))
        self._generation = latest
        self._throw_away(connection)
        if self._folder is not None and len(self) > SAVED_AGAIN * self._saved:
            self._save(self._folder)

    def _append(self, numbers: Sequence[int], ordinals: Sequence[int], values: Vectors) -> None:
        import faiss

        if self._index is None:
            self._index = faiss.IndexFlatIP(values.shape[1])
        self._index.add(np.ascontiguousarray(values))
        self._numbers = np.concatenate([self._numbers, np.array(numbers, np.int64)])
        self._ordinals = np.concatenate([self._ordinals, np.array(ordinals, np.int32)])

    def _throw_away(self, connection: Connection) -> None:
        """Forget the versions that the database has cleared away, once they are many."""
        held = np.array(sorted(connection.scalars(select(schema.documents.c.number))), np.int64)
        kept = np.isin(self._numbers, held)
        if len(kept) and 1 - kept.mean() > DEAD:
            values = self._index.reconstruct_n(0, len(kept))[kept]
            numbers, ordinals = self._numbers[kept].tolist(), self._ordinals[kept].tolist()
            generation_of = self._generation
            self._clear()
            if len(numbers):
                self._append(numbers, ordinals, values)
            self._generation = generation_of

    def _clear(self) -> None:
        self._index, self._generation, self._saved = None, Generation(), 0
        self._numbers, self._ordinals = np.zeros(0, np.int64), np.zeros(0, np.int32)

    def _save(self, folder: Path) -> None:
        """Write the rows, then the head that names them; a cache that cannot be written is only missed at a start."""
        import faiss

        if self._index is None:
            return
        fresh = folder / f"{CACHE}.{token_hex(4)}"
        try:
            faiss.write_index(self._index, str(fresh))
            head = {
                "number": self._generation.number,
                "token": self._generation.token,
                "size": fresh.stat().st_size,
                "rows": [[int(n), int(c)] for n, c in zip(*np.unique(self._numbers, return_counts=True), strict=True)],
            }
            os.replace(fresh, folder / CACHE)
            (folder / f"{HEAD}.new").write_text(json.dumps(head), "utf-8")
            os.replace(folder / f"{HEAD}.new", folder / HEAD)
            self._saved = len(self)
        except (OSError, RuntimeError) as error:
            log.warning("the vectors were not kept in %s: %s", folder, error)
            with suppress(OSError):
                fresh.unlink()

    def _load(self, connection: Connection) -> None:
        """Take the rows from the disk, if they are of a generation of this database; otherwise begin with nothing."""
        import faiss

        assert self._folder is not None
        try:
            head = json.loads((self._folder / HEAD).read_text("utf-8"))
            known = generation(connection, int(head["number"]))
            if known is None or known.token != head["token"] or (self._folder / CACHE).stat().st_size != head["size"]:
                return
            numbers = np.repeat(*np.array(head["rows"], np.int64).reshape(-1, 2).T)
            index = faiss.read_index(str(self._folder / CACHE))
            if index.ntotal != len(numbers):
                return
        except (OSError, RuntimeError, ValueError, KeyError, TypeError):
            return
        counts = [count for _, count in head["rows"]]
        self._index, self._numbers, self._generation, self._saved = index, numbers, known, len(numbers)
        self._ordinals = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])
