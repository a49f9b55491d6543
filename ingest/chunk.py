"""A document as passages for the index: they follow its blocks, stay in one page and cut no sentence or table row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Block, BlockKind, Chunk, Document, Table
from ingest.japanese import split_sentences
from ingest.structure import heading_text

Count = Callable[[str], int]


@dataclass(frozen=True)
class _Piece:
    """What is never cut: a block, or a sentence or table row of a block that is too long."""

    start: int
    end: int
    page: int
    kind: BlockKind
    path: tuple[str, ...]  # a heading's own text included


def chunk(document: Document, count: Count, limit: int = 220) -> list[Chunk]:
    """Return the passages of ``document`` in reading order, each of at most ``limit`` tokens as ``count`` counts them.

    Only a sentence, heading or table row that alone is longer is cut, at commas or line ends where there are any.
    """
    chunks: list[Chunk] = []
    current: list[_Piece] = []

    def close() -> None:
        if current:
            chunks.append(_chunk(document, current))
            current.clear()

    for piece in _pieces(document, count, limit):
        if current and not _joins(document, current, piece, count, limit):
            leading = _take_leading(current, piece)
            close()
            current.extend(leading)
            # The headings that moved along must leave room for what they head.
            if current and count(document.text[current[0].start : piece.end]) > limit:
                close()
        current.append(piece)
    close()
    return chunks


def _chunk(document: Document, pieces: Sequence[_Piece]) -> Chunk:
    start, end = pieces[0].start, pieces[-1].end
    body = [piece for piece in pieces if piece.kind != "heading"] or list(pieces)
    return Chunk(
        id=f"{document.id}:{start}-{end}",
        document_id=document.id,
        page=pieces[0].page,
        start=start,
        end=end,
        text=document.text[start:end],
        headings=_common([piece.path for piece in body]),
        title=document.title,
        published=document.published,
    )


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the headings that all stand under."""
    shared = paths[0]
    for path in paths[1:]:
        length = next((i for i, (a, b) in enumerate(zip(shared, path, strict=False)) if a != b), None)
        shared = shared[: min(len(shared), len(path)) if length is None else length]
    return shared


def _joins(document: Document, current: Sequence[_Piece], piece: _Piece, count: Count, limit: int) -> bool:
    """Say whether a piece goes into the passage that is being made."""
    last = current[-1]
    if piece.page != last.page:
        return False
    tokens = count(document.text[current[0].start : piece.end])
    if tokens > limit:
        return False
    if all(p.kind == "heading" for p in current):
        return True
    if piece.kind == "heading" or piece.path != last.path:
        # Passages of a few words find nothing: small neighbours under one heading stay together.
        base = next(p for p in current if p.kind != "heading").path
        near = piece.path[: max(1, len(base) - 1)] == base[: max(1, len(base) - 1)]
        small = count(document.text[current[0].start : last.end]) < limit // 4
        return near and small and tokens <= limit // 2
    if "table" in (piece.kind, last.kind):
        # A table keeps its title and unit above it, its further rows and the notes below it.
        return piece.kind == last.kind or piece.kind == "note" or last.kind in ("label", "note", "key_value")
    return True


def _take_leading(current: list[_Piece], piece: _Piece) -> list[_Piece]:
    """Take from the end of a passage the headings (and a table's title) that belong to what follows."""
    kinds = ("heading", "label") if piece.kind == "table" else ("heading",)
    keep = len(current)
    while keep > 0 and current[keep - 1].kind in kinds and current[keep - 1].page == piece.page:
        keep -= 1
    if keep == 0:
        return []
    leading = current[keep:]
    del current[keep:]
    return leading


# --- pieces ----------------------------------------------------------------------------------------------------------


def _pieces(document: Document, count: Count, limit: int) -> Iterator[_Piece]:
    tables = {(table.start, table.end): table for table in document.tables}
    for block in document.blocks:
        path = block.headings
        if block.kind == "heading":
            path = (*path, heading_text(document.text[block.start : block.end]))
        table = tables.get((block.start, block.end)) if block.kind == "table" else None
        if table is not None and table.title is not None:
            path = (*path, document.text[slice(*table.title)].strip())
        if count(document.text[block.start : block.end]) <= limit:
            yield _Piece(block.start, block.end, block.page, block.kind, path)
            continue
        for start, end in _split(document, block, table, count, limit):
            yield _Piece(start, end, block.page, block.kind, path)


def _split(
    document: Document, block: Block, table: Table | None, count: Count, limit: int
) -> Iterator[tuple[int, int]]:
    """Yield the rows or sentences of a block that is too long, and parts of those that still are."""
    text = document.text
    if table is not None:
        spans = _rows(table, block)
    else:
        spans = [(block.start + a, block.start + b) for a, b in split_sentences(text[block.start : block.end])]
    for start, end in spans:
        if count(text[start:end]) <= limit:
            yield start, end
        else:
            yield from _cut(text, start, end, count, limit)


def _rows(table: Table, block: Block) -> list[tuple[int, int]]:
    """Return the spans of a table's rows; one span over all where rows do not lie one after the other."""
    ends: dict[int, tuple[int, int]] = {}
    for cell in table.cells:
        if cell.start < cell.end:
            start, end = ends.get(cell.row, (cell.start, cell.end))
            ends[cell.row] = (min(start, cell.start), max(end, cell.end))
    rows = [ends[row] for row in sorted(ends)]
    apart = all(above[1] <= below[0] for above, below in pairwise(rows))
    if not rows or not apart or rows[0][0] < block.start or rows[-1][1] > block.end:
        return [(block.start, block.end)]
    starts = [block.start, *(row[0] for row in rows[1:])]
    return [(start, row[1]) for start, row in zip(starts[:-1], rows[:-1], strict=True)] + [(starts[-1], block.end)]


_JOINT = re.compile(r"[、，,；;\n\t　 ]+|(?<=[）」』])")


def _cut(text: str, start: int, end: int, count: Count, limit: int) -> Iterator[tuple[int, int]]:
    """Yield parts of an over-long sentence, cut at commas and spaces, or anywhere if there are none."""
    places = [start + m.end() for m in _JOINT.finditer(text[start:end]) if 0 < m.end() < end - start] + [end]
    at = start
    best = start
    i = 0
    while i < len(places):
        if count(text[at : places[i]]) <= limit:
            best = places[i]
            i += 1
        elif best > at:
            yield at, best
            at = best
        else:
            length = _longest(text, at, places[i], count, limit)
            yield at, at + length
            at = best = at + length
    if best > at:
        yield at, best


def _longest(text: str, start: int, end: int, count: Count, limit: int) -> int:
    """Return how many characters from ``start`` fit into ``limit``; at least one."""
    low, high = 1, end - start
    while low < high:
        middle = (low + high + 1) // 2
        if count(text[start : start + middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low
