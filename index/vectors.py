"""FAISS: exact inner products over unit vectors. Only this module knows what FAISS returns."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.protocols import Rows, Scored, Vectors


class FaissVectors:
    """A ``VectorStore`` that compares with every vector: exact, and a millisecond for a hundred thousand passages."""

    def __init__(self, ids: Sequence[str], index: Any):
        if len(ids) != index.ntotal:
            raise ValueError(f"not the same number of ids and vectors: {len(ids)} != {index.ntotal}")
        self.ids = list(ids)
        self._index = index

    @classmethod
    def build(cls, ids: Sequence[str], vectors: Vectors) -> FaissVectors:
        """Return a store over float32 ``vectors`` of shape ``(len(ids), dim)``."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(ids, index)

    @classmethod
    def load(cls, path: Path, ids: Sequence[str]) -> FaissVectors:
        """Return what ``save`` wrote; ValueError when it is not that."""
        import faiss

        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise ValueError(f"{path}: {error}") from error
        return cls(ids, index)

    def save(self, path: Path) -> None:
        import faiss

        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:  # FAISS reports a full disk so
            number = errno.ENOSPC if "No space" in str(error) else errno.EIO
            raise OSError(number, str(error), str(path)) from error

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def search(self, vectors: Vectors, k: int, rows: Rows | None = None) -> list[Scored]:
        """Return, for each row of float32 ``(n, dim)``, at most ``k`` (id, inner product) pairs, best first."""
        import faiss

        k = min(k, len(self.ids) if rows is None else int(rows.sum()))
        if k < 1:
            return [[] for _ in vectors]
        chosen = None
        if rows is not None:
            bits = np.packbits(rows, bitorder="little")
            # The stubs know the C++ signatures only, not the wrappers that take an array and keywords.
            selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type] # wrapped, see above
            chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg] # wrapped, see above
        scores, places = self._index.search(np.ascontiguousarray(vectors, np.float32), k, params=chosen)
        return [
            [(self.ids[place], float(score)) for score, place in zip(*row, strict=True) if place != -1]
            for row in zip(scores, places, strict=True)
        ]

    def all(self) -> Vectors:
        """Return every vector, float32 of shape ``(len(ids), dim)``, in the order of the ids."""
        if not self.ids:
            return np.empty((0, self.dim), np.float32)
        vectors: Vectors = self._index.reconstruct_n(0, len(self.ids))
        return vectors
