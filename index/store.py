"""SQLite holds documents, pages, chunks and facts: one file a snapshot, written once and then only read."""

from __future__ import annotations

import errno
import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import finalize

from index.protocols import IndexDamaged
from ingest.document import Block, Cell, Chunk, Document, Fact, Page, Place, Source, Table

SCHEMA = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, source TEXT NOT NULL, info TEXT NOT NULL,
    body BLOB NOT NULL, text BLOB NOT NULL);
CREATE TABLE pages (document_id TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, boxes BLOB);
CREATE TABLE chunks (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document_id TEXT NOT NULL, body TEXT NOT NULL,
    words TEXT NOT NULL);
CREATE TABLE facts (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document_id TEXT NOT NULL, body TEXT NOT NULL,
    words TEXT NOT NULL);
CREATE INDEX pages_by_document ON pages (document_id);
CREATE INDEX chunks_by_document ON chunks (document_id);
CREATE INDEX facts_by_document ON facts (document_id);
"""
AT_ONCE = 500  # ids in one query; SQLite allows many more
DOCUMENT_FIELDS = frozenset(Document.__dataclass_fields__) - {"text", "pages", "blocks", "tables", "places"}


@dataclass(frozen=True)
class DocumentInfo:
    """What a list of documents shows: everything but the text. ``pages``, ``chunks`` and ``facts`` are counts."""

    id: str
    file: str
    title: str
    meeting: str | None
    published: str | None
    department: str | None
    kind: str
    paging: str
    pages: int
    chunks: int
    facts: int
    source: str
    warnings: tuple[str, ...] = ()
    taken_from: dict[str, Source] = field(default_factory=dict)


class Store:
    """Reads a finished file. Safe from threads: one connection, one lock."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = Lock()
        with self._reading():
            self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        finalize(self, self._db.close)  # a snapshot ends when nobody holds it any more

    def documents(self) -> list[DocumentInfo]:
        return [_info(row[0]) for row in self._rows("SELECT info FROM documents ORDER BY position")]

    def document(self, document_id: str) -> Document:
        """Return the document; KeyError if it is not here."""
        rows = self._rows("SELECT body, text FROM documents WHERE id = ?", (document_id,))
        if not rows:
            raise KeyError(document_id)
        pages = self._rows("SELECT body, boxes FROM pages WHERE document_id = ? ORDER BY number", (document_id,))
        with self._reading():
            values = _fields(_inflate(rows[0][0])) | {"text": _inflate(rows[0][1])}
            values["blocks"] = tuple(Block(**block) for block in values["blocks"])
            values["tables"] = tuple(
                Table(**table | {"cells": tuple(Cell(**cell) for cell in table["cells"])}) for table in values["tables"]
            )
            values["places"] = tuple(Place(*place) for place in values.get("places", ()))
            values["pages"] = tuple(
                Page(**_fields(body), char_boxes=None if boxes is None else zlib.decompress(boxes))
                for body, boxes in pages
            )
            return Document(**values)

    def chunks(self, document_id: str) -> list[Chunk]:
        rows = self._rows("SELECT body FROM chunks WHERE document_id = ? ORDER BY position", (document_id,))
        return [Chunk(**_fields(row[0])) for row in rows]

    def facts(self, document_id: str) -> list[Fact]:
        rows = self._rows("SELECT body FROM facts WHERE document_id = ? ORDER BY position", (document_id,))
        return [Fact(**_fields(row[0])) for row in rows]

    def chunks_by_id(self, ids: Sequence[str]) -> dict[str, Chunk]:
        return {key: Chunk(**_fields(body)) for key, body in self._bodies("chunks", ids)}

    def facts_by_id(self, ids: Sequence[str]) -> dict[str, Fact]:
        return {key: Fact(**_fields(body)) for key, body in self._bodies("facts", ids)}

    def chunk_ids(self) -> list[str]:
        """Return all chunk ids in the order of the vectors and of the keyword index."""
        return [row[0] for row in self._rows("SELECT id FROM chunks ORDER BY position")]

    def fact_ids(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT id FROM facts ORDER BY position")]

    def owners(self, table: str) -> list[str]:
        """Return whose each of the ``chunks`` or ``facts`` is, a document id, in their order."""
        return [row[0] for row in self._rows(f"SELECT document_id FROM {table} ORDER BY position")]

    def is_sound(self) -> bool:
        """Return whether SQLite finds nothing wrong with its own file."""
        return self._rows("PRAGMA integrity_check") == [("ok",)]

    def _bodies(self, table: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        for i in range(0, len(ids), AT_ONCE):
            some = ids[i : i + AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._rows(f"SELECT id, body FROM {table} WHERE id IN ({marks})", some)

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock, self._reading():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what a damaged file raises, deep inside, into the error that names the file and the remedy."""
        try:
            yield
        except (sqlite3.Error, zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise damaged(self.path, f"{type(error).__name__}: {error}") from error


class StoreWriter:
    """Writes a file that nobody reads yet; it is thrown away if the writer dies, so nothing in it needs a journal."""

    def __init__(self, path: Path, *, new: bool):
        self._db = sqlite3.connect(path, check_same_thread=False)  # it may be closed by whoever collects it
        finalize(self, self._db.close)  # of a writer that was interrupted
        with _writing():
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            if new:
                self._db.executescript(SCHEMA)

    def add(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        chunk_words: Sequence[Sequence[str]],
        facts: Sequence[Fact],
        fact_words: Sequence[Sequence[str]],
    ) -> DocumentInfo:
        info = info_of(document, len(chunks), len(facts))
        body = {name: value for name, value in vars(document).items() if name in DOCUMENT_FIELDS}
        body |= {"blocks": [asdict(b) for b in document.blocks], "tables": [asdict(t) for t in document.tables]}
        body["places"] = [(place.start, place.end, place.name) for place in document.places]
        with _writing():
            self._db.execute(
                "INSERT INTO documents SELECT ?, 1 + ifnull(max(position), 0), ?, ?, ?, ? FROM documents",
                (document.id, document.source, _json(asdict(info)), _deflate(_json(body)), _deflate(document.text)),
            )
            for page in document.pages:
                boxes = None if page.char_boxes is None else zlib.compress(page.char_boxes, 1)
                values = {name: value for name, value in vars(page).items() if name != "char_boxes"}
                self._db.execute(
                    "INSERT INTO pages VALUES (?, ?, ?, ?)", (document.id, page.number, _json(values), boxes)
                )
            self._insert("chunks", chunks, chunk_words)
            self._insert("facts", facts, fact_words)
        return info

    def remove(self, document_id: str) -> None:
        with _writing():
            self._db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            for table in ("pages", "chunks", "facts"):
                self._db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))

    def words(self, table: str) -> tuple[list[str], list[list[str]]]:
        """Return the ids of ``chunks`` or ``facts``, and the words of each, in their order."""
        rows = self._db.execute(f"SELECT id, words FROM {table} ORDER BY position").fetchall()
        return [row[0] for row in rows], [row[1].split("\n") if row[1] else [] for row in rows]

    def documents(self) -> list[DocumentInfo]:
        return [_info(row[0]) for row in self._db.execute("SELECT info FROM documents ORDER BY position")]

    def close(self) -> None:
        with _writing():
            self._db.commit()
            self._db.close()

    def abandon(self) -> None:
        self._db.close()

    def _insert(self, table: str, items: Sequence[Chunk | Fact], words: Sequence[Sequence[str]]) -> None:
        self._db.executemany(
            f"INSERT INTO {table} (id, document_id, body, words) VALUES (?, ?, ?, ?)",
            [
                (item.id, item.document_id, _json(vars(item)), "\n".join(tokens))
                for item, tokens in zip(items, words, strict=True)
            ],
        )


def damaged(path: Path, what: str) -> IndexDamaged:
    """Return the error for a file of the index that cannot be trusted."""
    return IndexDamaged(
        f"{path} is damaged ({what}): run `tenkyo ingest` with your files again to rebuild it from its originals",
        f"索引のファイル {path} が壊れています。「tenkyo ingest」で文書をもう一度取り込むと、"
        "保存してある原本から作り直します。",
    )


@contextmanager
def _writing() -> Iterator[None]:
    """SQLite has its own word for a full disk."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise OSError(errno.ENOSPC, str(error)) from error
        raise OSError(errno.EIO, str(error)) from error


def info_of(document: Document, chunks: int, facts: int) -> DocumentInfo:
    """Return what a list shows of a document that has so many chunks and facts."""
    return DocumentInfo(
        id=document.id,
        file=document.file,
        title=document.title,
        meeting=document.meeting,
        published=document.published,
        department=document.department,
        kind=document.kind,
        paging=document.paging,
        pages=len(document.pages),
        chunks=chunks,
        facts=facts,
        source=document.source,
        warnings=document.warnings,
        taken_from=document.taken_from,
    )


def _info(body: str) -> DocumentInfo:
    return DocumentInfo(**_fields(body))


def _fields(body: str) -> dict[str, Any]:
    """Return the JSON object's fields; every list becomes a tuple, as in all of our types."""
    return {name: _tupled(value) for name, value in json.loads(body).items()}


def _tupled(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tupled(v) for v in value)
    if isinstance(value, dict):
        return {k: _tupled(v) for k, v in value.items()}
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _deflate(text: str) -> bytes:
    return zlib.compress(text.encode(), 6)


def _inflate(data: bytes) -> str:
    return zlib.decompress(data).decode()
