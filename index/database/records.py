"""Documents, chunks, facts and statements as rows, and rows as what they were."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from index.documents import DocumentInfo
from index.protocols import IndexDamaged
from ingest.document import Block, Cell, Chunk, Document, Fact, Page, Place, Table

PIECE = 8192  # characters of text in one row
_BODY = frozenset(Document.__dataclass_fields__) - {"text", "pages", "blocks", "tables", "places"}
# Of a fact, what has no column of its own, in the order in which it is stored.
_OF_FACT = (
    *("kind", "label", "value", "number", "unit", "as_of", "as_of_from", "scope"),
    *("row", "column", "table", "context"),
)

Values = dict[str, Any]


class Paths:
    """The heading paths of one version, each under a number."""

    def __init__(self, known: Sequence[tuple[str, ...]] = ()) -> None:
        """``known`` are those of a version that has some."""
        self._numbers = {headings: number for number, headings in enumerate(known)}

    def number(self, headings: tuple[str, ...]) -> int:
        return self._numbers.setdefault(headings, len(self._numbers))

    def pack(self) -> bytes:
        """Return them as ``unpack_paths`` reads them."""
        return deflate(to_json(list(self._numbers)))


def unpack_paths(paths: bytes) -> tuple[tuple[str, ...], ...]:
    """Return the heading paths of a version, each at its number."""
    return tuple(map(tuple, json.loads(inflate(paths))))


def text_rows(text: str) -> Iterator[Values]:
    """Yield the text in pieces."""
    for start in range(0, len(text), PIECE):
        piece = text[start : start + PIECE]
        yield {"start": start, "stop": start + len(piece), "body": deflate(piece)}


def page_rows(document: Document) -> Iterator[Values]:
    for page in document.pages:
        yield {
            "number": page.number,
            "start": page.start,
            "stop": page.end,
            "label": page.label,
            "width": page.width,
            "height": page.height,
            "read_by": page.read_by,
            "confidence": page.confidence,
            "boxes": None if page.char_boxes is None else zlib.compress(page.char_boxes, 1),
        }


def block_rows(document: Document, paths: Paths) -> Iterator[Values]:
    for ordinal, block in enumerate(document.blocks):
        yield {
            "ordinal": ordinal,
            "start": block.start,
            "stop": block.end,
            "kind": block.kind,
            "page": block.page,
            "path": paths.number(block.headings),
            "level": block.level,
        }


def chunk_rows(document: Document, chunks: Sequence[Chunk], paths: Paths) -> Iterator[Values]:
    """Yield chunks, whose text, title and date are their document's; ValueError for one that says otherwise."""
    for ordinal, chunk in enumerate(chunks):
        text = document.text[chunk.start : chunk.end]
        place = (chunk.page, chunk.start, chunk.headings)
        if chunk != _chunk(document.id, document.title, document.published, *place, text):
            raise ValueError(f"chunk {chunk.id} is not what document {document.id} says at its place")
        yield {
            "ordinal": ordinal,
            "start": chunk.start,
            "stop": chunk.end,
            "page": chunk.page,
            "path": paths.number(chunk.headings),
        }


def fact_rows(facts: Sequence[Fact], paths: Paths) -> Iterator[Values]:
    for ordinal, fact in enumerate(facts):
        yield {
            "ordinal": ordinal,
            "start": fact.start,
            "stop": fact.end,
            "value_start": fact.value_start,
            "value_stop": fact.value_end,
            "page": fact.page,
            "path": paths.number(fact.headings),
            "body": to_json(
                [fact.id.removeprefix(f"{fact.document_id}:"), *(getattr(fact, name) for name in _OF_FACT)]
            ),
        }


def document_body(document: Document) -> bytes:
    """Return all of a document that has no table or column of its own."""
    body = {name: value for name, value in vars(document).items() if name in _BODY}
    body["places"] = [(place.start, place.end, place.name) for place in document.places]
    return deflate(to_json(body))


def document_tables(document: Document) -> bytes:
    """Return the tables of a document as ``tables_of`` reads them."""
    return deflate(to_json([asdict(table) for table in document.tables]))


def tables_of(tables: bytes) -> tuple[Table, ...]:
    return tuple(
        Table(**table | {"cells": tuple(Cell(**cell) for cell in table["cells"])})
        for table in map(_of_object, json.loads(inflate(tables)))
    )


def document_of(body: bytes, tables: bytes, text: str, pages: Sequence[Any], blocks: Sequence[Block]) -> Document:
    """Return the document of ``document_body`` and ``document_tables``, with its text, rows of pages, and blocks."""
    values = fields(inflate(body))
    values["places"] = places_of(values["places"])
    whole = (page_of(row, None if row.boxes is None else zlib.decompress(row.boxes)) for row in pages)
    return Document(**values, tables=tables_of(tables), text=text, blocks=tuple(blocks), pages=tuple(whole))


def places_of(places: Sequence[tuple[int, int, str]]) -> tuple[Place, ...]:
    return tuple(Place(*place) for place in places)


def page_of(row: Any, boxes: bytes | None) -> Page:
    return Page(
        number=row.number,
        start=row.start,
        end=row.stop,
        label=row.label,
        char_boxes=boxes,
        width=row.width,
        height=row.height,
        read_by=row.read_by,
        confidence=row.confidence,
    )


def block_of(row: Any, headings: tuple[str, ...]) -> Block:
    return Block(row.kind, row.start, row.stop, row.page, headings, row.level)


def chunk_of(row: Any, info: DocumentInfo, headings: tuple[str, ...], text: str) -> Chunk:
    return _chunk(info.id, info.title, info.published, row.page, row.start, headings, text)


def fact_bodies(rows: Sequence[Any]) -> list[Any]:
    """Return what ``fact_of`` takes beside each row; read in one go, which is quicker than one by one."""
    bodies: list[Any] = json.loads(f"[{','.join(row.body for row in rows)}]")
    return bodies


def fact_of(row: Any, body: Any, document_id: str, headings: tuple[str, ...]) -> Fact:
    id_, kind, label, value, number, unit, as_of, as_of_from, scope, name, column, table, context = body
    return Fact(
        f"{document_id}:{id_}",
        document_id,
        kind,
        label,
        value,
        number,
        unit,
        as_of,
        as_of_from,
        scope,
        row.page,
        row.start,
        row.stop,
        row.value_start,
        row.value_stop,
        headings,
        name,
        column,
        table,
        tuple(map(tuple, context)),
    )


def _chunk(
    document_id: str,
    title: str,
    published: str | None,
    page: int,
    start: int,
    headings: tuple[str, ...],
    text: str,
) -> Chunk:
    end = start + len(text)
    return Chunk(f"{document_id}:{start}-{end}", document_id, page, start, end, text, headings, title, published)


def fields(body: str) -> Values:
    """Return the JSON object's fields; every list becomes a tuple, as in all of our types."""
    return _of_object(json.loads(body))


def _of_object(value: Values) -> Values:
    return {name: _tupled(v) for name, v in value.items()}


def _tupled(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tupled(v) for v in value)
    if isinstance(value, dict):
        return {k: _tupled(v) for k, v in value.items()}
    return value


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def deflate(text: str) -> bytes:
    return zlib.compress(text.encode(), 6)


def inflate(data: bytes) -> str:
    """Return what ``deflate`` was given; IndexDamaged when it is not that."""
    try:
        return zlib.decompress(data).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise IndexDamaged(
            f"a text in the database is damaged ({error}): restore it from a backup, or run `tenkyo ingest` into "
            "another folder",
            "索引の本文が壊れています。控えから戻すか、別のフォルダに取り込み直してください。",
        ) from error
