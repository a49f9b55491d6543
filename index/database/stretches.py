"""Statements as they are stored and read: a paper in stretches, of which a question reads those around its hits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.database.records import Paths, Values, deflate, inflate, to_json
from ingest.document import Fact
from ingest.statements import Statement

LENGTH = 16  # statements of a stretch


@dataclass(frozen=True)
class Outline:
    """Where the statements of a paper begin, but for its orders to the reader, which are spans of their own."""

    starts: npt.NDArray[np.int64]
    orders: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, statements: Sequence[Statement]) -> Outline:
        said = [s.start for s in statements if not s.is_order]
        return cls(np.array(said, np.int64), tuple((s.start, s.end) for s in statements if s.is_order))

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, offset: int) -> int:
        """Return the index of the statement that holds ``offset``, or the one before it."""
        return max(0, int(np.searchsorted(self.starts, offset, "right")) - 1)

    def start(self, index: int) -> int | None:
        """Return where a statement begins; 0 for the first and those before it, None behind the last."""
        if index <= 0:
            return 0
        return int(self.starts[index]) if index < len(self.starts) else None

    def area(self, stretch: int) -> tuple[int, int | None]:
        """Return the span of text whose facts belong to a stretch, or to the statement on each side of it."""
        return self.start(LENGTH * stretch - 1), self.start(LENGTH * (stretch + 1) + 1)  # type: ignore[return-value]


@dataclass(frozen=True)
class Stretch:
    """Some statements that follow one another, with the one before and the one after them where there is one.

    ``low`` is the index of the first of all these in its paper. ``facts`` are those of ``Outline.area``, by start.
    """

    low: int
    statements: tuple[Statement, ...]
    facts: tuple[Fact, ...]


def stretches_of(statements: Sequence[Statement]) -> Iterator[tuple[int, Sequence[Statement]]]:
    """Yield each stretch of statements that are no orders, with its neighbours, and the index of its first."""
    for first in range(0, len(statements), LENGTH):
        low = max(0, first - 1)
        yield low, statements[low : first + LENGTH + 1]


def stretch_rows(statements: Sequence[Statement], paths: Paths) -> Iterator[Values]:
    """Yield the stretches of all statements of a paper."""
    said = [statement for statement in statements if not statement.is_order]
    for ordinal, (low, some) in enumerate(stretches_of(said)):
        rows = [[s.start, s.end - s.start, s.kind, paths.number(s.headings), *s.lemmas] for s in some]
        yield {"ordinal": ordinal, "body": deflate(to_json([low, rows]))}


def unpack_stretch(body: bytes, paths: Sequence[tuple[str, ...]]) -> tuple[int, tuple[Statement, ...]]:
    """Return the index of the first statement of a stretch, and its statements."""
    low, rows = json.loads(inflate(body))
    return low, tuple(
        Statement(start, start + length, kind, paths[path], lemmas=tuple(lemmas))
        for start, length, kind, path, *lemmas in rows
    )


def pack_outline(outline: Outline) -> Values:
    """Return what the row of a version says of its outline."""
    starts = np.diff(outline.starts, prepend=0).astype("<u4").tobytes()
    return {"starts": starts, "orders": to_json(outline.orders)}


def unpack_outline(starts: bytes, orders: str) -> Outline:
    found = np.cumsum(np.frombuffer(starts, "<u4"), dtype=np.int64)
    return Outline(found, tuple(map(tuple, json.loads(orders))))
