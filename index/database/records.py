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
from ingest.statements import Statement

PIECE = 2048  # characters of text in one row: a window is in one or two
_BODY = frozenset(Document.__dataclass_fields__) - {"text", "pages", "blocks", "tables", "places"}
_FACT_COLUMNS = {"id", "document_id", "page", "start", "end", "value_start", "value_end", "headings"}

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


def statement_rows(statements: Sequence[Statement], paths: Paths) -> Iterator[Values]:
    for ordinal, statement in enumerate(statements):
        yield {
            "ordinal": ordinal,
            "start": statement.start,
            "stop": statement.end,
            "kind": statement.kind,
            "path": paths.number(statement.headings),
            "is_order": statement.is_order,
            "lemmas": to_json(statement.lemmas),
        }


def fact_rows(facts: Sequence[Fact], paths: Paths) -> Iterator[Values]:
    for ordinal, fact in enumerate(facts):
        fields = {name: value for name, value in vars(fact).items() if name not in _FACT_COLUMNS}
        yield {
            "ordinal": ordinal,
            "start": fact.start,
            "stop": fact.end,
            "value_start": fact.value_start,
            "value_stop": fact.value_end,
            "page": fact.page,
            "path": paths.number(fact.headings),
            "body": to_json({"id": fact.id.removeprefix(f"{fact.document_id}:"), **fields}),
        }


def document_body(document: Document) -> bytes:
    """Return all of a document that has no table of its own."""
    body = {name: value for name, value in vars(document).items() if name in _BODY}
    body["tables"] = [asdict(table) for table in document.tables]
    body["places"] = [(place.start, place.end, place.name) for place in document.places]
    return deflate(to_json(body))


def document_of(body: bytes, text: str, pages: Sequence[Any], blocks: Sequence[Block]) -> Document:
    """Return the document of ``document_body``, its text and its rows of pages, with its blocks."""
    values = fields(inflate(body))
    values["tables"] = tuple(
        Table(**table | {"cells": tuple(Cell(**cell) for cell in table["cells"])}) for table in values["tables"]
    )
    values["places"] = tuple(Place(*place) for place in values["places"])
    return Document(**values, text=text, blocks=tuple(blocks), pages=tuple(map(page_of, pages)))


def page_of(row: Any) -> Page:
    return Page(
        number=row.number,
        start=row.start,
        end=row.stop,
        label=row.label,
        char_boxes=None if row.boxes is None else zlib.decompress(row.boxes),
        width=row.width,
        height=row.height,
        read_by=row.read_by,
        confidence=row.confidence,
    )


def block_of(row: Any, headings: tuple[str, ...]) -> Block:
    return Block(row.kind, row.start, row.stop, row.page, headings, row.level)


def chunk_of(row: Any, info: DocumentInfo, headings: tuple[str, ...], text: str) -> Chunk:
    return _chunk(info.id, info.title, info.published, row.page, row.start, headings, text)


def statement_of(row: Any, headings: tuple[str, ...]) -> Statement:
    return Statement(row.start, row.stop, row.kind, headings, row.is_order, tuple(json.loads(row.lemmas)))


def fact_of(row: Any, document_id: str, headings: tuple[str, ...]) -> Fact:
    body = json.loads(row.body)
    body["id"] = f"{document_id}:{body['id']}"
    body["context"] = tuple(map(tuple, body["context"]))
    return Fact(
        **body,
        document_id=document_id,
        page=row.page,
        start=row.start,
        end=row.stop,
        value_start=row.value_start,
        value_end=row.value_stop,
        headings=headings,
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
    return {name: _tupled(value) for name, value in json.loads(body).items()}


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
