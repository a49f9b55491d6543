"""The read side: one generation at a time, and of its papers no more than a question needs."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from index.database import schema
from index.database.catalogue import Catalogue, Contents, Visible
from index.database.engine import Database, Kind
from index.database.generations import Generation, check_held
from index.database.keyword_search import Key, frequencies, search
from index.database.parameters import as_parameter, listed
from index.database.postings import Of
from index.database.records import (
    PIECE,
    block_of,
    chunk_of,
    document_of,
    fact_of,
    inflate,
    statement_of,
    unpack_paths,
)
from index.database.vector_search import VectorSearch, open_vectors
from index.documents import DocumentInfo
from index.protocols import Vectors
from ingest.document import Block, Chunk, Document, Fact
from ingest.statements import Statement

PATHS_KEPT = 512  # versions whose heading paths are in memory: some 20 KiB each


@dataclass(frozen=True)
class Span:
    """A place in a document: ``document.text[start:end]``."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True)
class Window:
    """Some statements of a document that follow one another, and what else stands where they stand.

    ``first`` is the ordinal of the first one in its document; ``text`` is ``document.text[start:end]`` and reaches from
    the first one to the last. ``facts`` and ``blocks`` are those that begin within, in order.
    """

    info: DocumentInfo
    first: int
    start: int
    end: int
    text: str
    statements: tuple[Statement, ...]
    facts: tuple[Fact, ...]
    blocks: tuple[Block, ...]

    def text_of(self, statement: Statement) -> str:
        return self.text[statement.start - self.start : statement.end - self.start]


class Reader:
    """Looks at a collection. Safe from threads; one for each database and process."""

    def __init__(self, database: Database):
        self.database = database
        self._catalogue = Catalogue()
        self._vectors = open_vectors(database)
        self._paths = _Paths()

    def newest(self) -> View:
        """Return a view of the newest generation: one query, and what has changed since the last one."""
        with self.database.reading() as connection:
            return View(self.database, self._catalogue.current(connection), self._vectors, self._paths)


class View:
    """One generation. Every call sees that one, or raises GenerationGone when it has been cleared away.

    What is replaced stays readable for a minute, so that a question is answered from what it began with.
    """

    def __init__(self, database: Database, contents: Contents, vectors: VectorSearch, paths: _Paths):
        self.database = database
        self.contents = contents
        self._vectors = vectors
        self._paths = paths

    @property
    def generation(self) -> Generation:
        return self.contents.generation

    def infos(self) -> list[DocumentInfo]:
        """Return what a list shows of each document, in the order in which they were put."""
        return [version.info for version in self.contents.versions]

    def visible(self, ids: Iterable[str] | None = None) -> Visible:
        """Return what a search may find when it may find only these documents; all of them when ``ids`` is None."""
        return self.contents.visible(ids)

    def search(
        self, tokens: Sequence[str], k: int, of: Of = "chunks", visible: Visible | None = None
    ) -> list[tuple[Key, float]]:
        """Return at most ``k`` (key, BM25 score > 0) pairs of chunks or facts, best first; of ``visible`` only."""
        with self.reading() as connection:
            return search(connection, self.database.kind, visible or self.visible(), tokens, k, of)

    def nearest(self, vectors: Vectors, k: int, visible: Visible | None = None) -> list[list[tuple[Key, float]]]:
        """Return, for each row of float32 ``(n, dim)``, at most ``k`` (key, inner product) pairs of chunks."""
        with self.reading() as connection:
            return self._vectors.search(connection, vectors, k, visible or self.visible())

    def frequencies(self, words: Sequence[str], of: Of = "chunks", visible: Visible | None = None) -> dict[str, int]:
        """Return by how many chunks or facts each word is held; of ``visible`` only."""
        with self.reading() as connection:
            return frequencies(connection, self.database.kind, visible or self.visible(), words, of)

    def document(self, document_id: str) -> Document:
        """Return a document whole; KeyError if it is not in this generation."""
        return self.documents([document_id])[document_id]

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """Return documents whole, by id; KeyError if one is not in this generation."""
        numbers = {self.contents.by_id[id_].number: id_ for id_ in ids}
        wanted = listed(self.database.kind, "papers", document=int)
        given = {"papers": as_parameter((number,) for number in sorted(numbers))}
        documents, texts, pages, blocks = schema.documents, schema.texts, schema.pages, schema.blocks

        def of(table: Table, order: str) -> Select[Any]:
            chosen = select(table).join_from(wanted, table, table.c.document == wanted.c.document)
            return chosen.order_by(table.c.document, table.c[order])

        with self.reading() as connection:
            bodies = select(documents.c.number, documents.c.body)
            bodies = bodies.join_from(wanted, documents, documents.c.number == wanted.c.document)
            body = dict(connection.execute(bodies, given).all())
            text, page, block = (
                _grouped(connection.execute(query, given))
                for query in (of(texts, "start"), of(pages, "number"), of(blocks, "ordinal"))
            )
            headings = self._paths.of(connection, self.database.kind, numbers)
        return {
            id_: document_of(
                body[number],
                "".join(inflate(row.body) for row in text[number]),
                page[number],
                [block_of(row, headings[number][row.path]) for row in block[number]],
            )
            for number, id_ in numbers.items()
        }

    def chunks(self, document_id: str) -> list[Chunk]:
        """Return the chunks of a document in order; KeyError if it is not in this generation."""
        version = self.contents.by_id[document_id]
        return list(self.chunks_at([(version.number, n) for n in range(version.info.chunks)]).values())

    def facts(self, document_id: str) -> list[Fact]:
        """Return the facts of a document in order; KeyError if it is not in this generation."""
        version = self.contents.by_id[document_id]
        return list(self.facts_at([(version.number, n) for n in range(version.info.facts)]).values())

    def chunks_at(self, keys: Sequence[Key]) -> dict[Key, Chunk]:
        """Return the chunks that a search found, in that order; KeyError for one of another generation."""
        keyed = listed(self.database.kind, "keys", document=int, ordinal=int)
        chunks = schema.chunks
        same = (chunks.c.document == keyed.c.document) & (chunks.c.ordinal == keyed.c.ordinal)
        return self._chunks(select(chunks).join_from(keyed, chunks, same), {"keys": as_parameter(keys)}, keys)

    def chunks_by_id(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Return chunks by id, in that order; KeyError for one that is not in this generation."""
        places = []
        for id_ in ids:
            document_id, _, span = id_.rpartition(":")
            start, _, end = span.partition("-")
            if not (start.isdecimal() and end.isdecimal()):
                raise KeyError(id_)
            places.append((self.contents.by_id[document_id].number, int(start), int(end)))
        placed = listed(self.database.kind, "places", document=int, start=int, stop=int)
        chunks = schema.chunks
        same = (
            (chunks.c.document == placed.c.document)
            & (chunks.c.start == placed.c.start)
            & (chunks.c.stop == placed.c.stop)
        )
        query = select(chunks).join_from(placed, chunks, same)
        found = {c.id: c for c in self._chunks(query, {"places": as_parameter(places)}, None).values()}
        return {id_: found[id_] for id_ in ids}

    def facts_at(self, keys: Sequence[Key]) -> dict[Key, Fact]:
        """Return the facts that a search found, in that order; KeyError for one of another generation."""
        keyed = listed(self.database.kind, "keys", document=int, ordinal=int)
        facts = schema.facts
        same = (facts.c.document == keyed.c.document) & (facts.c.ordinal == keyed.c.ordinal)
        with self.reading() as connection:
            rows = connection.execute(select(facts).join_from(keyed, facts, same), {"keys": as_parameter(keys)}).all()
            headings = self._paths.of(connection, self.database.kind, {row.document for row in rows})
        found = {(row.document, row.ordinal): self._fact(row, headings) for row in rows}
        return {key: found[key] for key in keys}

    def windows(self, spans: Sequence[Span], around: int) -> list[Window]:
        """Return what stands at the spans, with ``around`` statements before and after each, in the papers' order.

        Windows of one document that meet are one. KeyError for a document that is not in this generation. However many
        spans there are, it is six queries at most.
        """
        kind = self.database.kind
        places = sorted({(self.contents.by_id[s.document_id].number, s.start, max(s.start, s.end - 1)) for s in spans})
        with self.reading() as connection:
            ranges = _merged(_ordinals(connection, kind, places), around)
            statements = _between(connection, kind, schema.statements, "ordinal", ranges)
            held = [(number, statements[number, low]) for number, low, _ in ranges if statements[number, low]]
            areas = [(number, rows[0].start, max(row.stop for row in rows)) for number, rows in held]
            facts = _between(connection, kind, schema.facts, "start", areas)
            blocks = _between(connection, kind, schema.blocks, "start", areas)
            texts = _texts(connection, kind, areas)
            headings = self._paths.of(connection, kind, {number for number, _ in held})
        return [
            Window(
                self.contents.by_number[number].info,
                rows[0].ordinal,
                start,
                stop,
                _slice(texts[number], start, stop),
                tuple(statement_of(row, headings[number][row.path]) for row in rows),
                tuple(self._fact(row, headings) for row in facts[number, start]),
                tuple(block_of(row, headings[number][row.path]) for row in blocks[number, start]),
            )
            for (number, start, stop), (_, rows) in zip(areas, held, strict=True)
        ]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that sees this generation; raise GenerationGone when it has been cleared away."""
        with self.database.reading() as connection:
            check_held(connection, self.generation)
            yield connection

    def _chunks(self, query: Select[Any], given: Mapping[str, str], keys: Sequence[Key] | None) -> dict[Key, Chunk]:
        with self.reading() as connection:
            rows = connection.execute(query, given).all()
            texts = _texts(connection, self.database.kind, [(r.document, r.start, r.stop) for r in rows])
            headings = self._paths.of(connection, self.database.kind, {row.document for row in rows})
        found = {}
        for row in rows:
            text = _slice(texts[row.document], row.start, row.stop)
            info = self.contents.by_number[row.document].info
            found[row.document, row.ordinal] = chunk_of(row, info, headings[row.document][row.path], text)
        return {key: found[key] for key in keys or found}

    def _fact(self, row: Any, headings: Mapping[int, Sequence[tuple[str, ...]]]) -> Fact:
        id_ = self.contents.by_number[row.document].info.id
        return fact_of(row, id_, headings[row.document][row.path])


class _Paths:
    """The heading paths of versions that were read lately. A version never changes. Safe from threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[int, tuple[tuple[str, ...], ...]] = OrderedDict()

    def of(self, connection: Connection, kind: Kind, numbers: Iterable[int]) -> dict[int, tuple[tuple[str, ...], ...]]:
        """Return the paths of some versions, each at its number."""
        with self._lock:
            found = {number: self._kept[number] for number in numbers if number in self._kept}
        missing = sorted(set(numbers) - found.keys())
        if missing:
            documents = schema.documents
            wanted = listed(kind, "papers", document=int)
            query = select(documents.c.number, documents.c.paths)
            query = query.join_from(wanted, documents, documents.c.number == wanted.c.document)
            rows = connection.execute(query, {"papers": as_parameter((number,) for number in missing)})
            found |= {number: unpack_paths(paths) for number, paths in rows}
        with self._lock:
            self._kept |= found
            for number in found:
                self._kept.move_to_end(number)
            while len(self._kept) > PATHS_KEPT:
                self._kept.popitem(last=False)
        return found


def _grouped(rows: Iterable[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.document].append(row)
    return found


def _ordinals(connection: Connection, kind: Kind, places: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the version and the first and last statement of each place (version, first and last character)."""
    placed = listed(kind, "places", document=int, first=int, last=int)
    statements = schema.statements

    def at(offset: Any) -> Any:
        """The statement that holds a character, or the one before it."""
        before = (statements.c.document == placed.c.document) & (statements.c.start <= offset)
        found = select(statements.c.ordinal).where(before).order_by(statements.c.start.desc()).limit(1)
        return found.correlate(placed).scalar_subquery()

    query = select(placed.c.document, at(placed.c.first), at(placed.c.last))
    rows = connection.execute(query, {"places": as_parameter(places)})
    return [(number, first or 0, last or 0) for number, first, last in rows]


def _merged(ranges: Iterable[tuple[int, int, int]], around: int) -> list[tuple[int, int, int]]:
    """Return ranges of statements, widened, as [low, high), those that meet as one."""
    merged: list[tuple[int, int, int]] = []
    for number, first, last in sorted(ranges):
        low, high = max(0, first - around), last + 1 + around
        if merged and merged[-1][0] == number and low <= merged[-1][2]:
            merged[-1] = (number, merged[-1][1], max(high, merged[-1][2]))
        else:
            merged.append((number, low, high))
    return merged


def _between(
    connection: Connection, kind: Kind, table: Table, column: str, areas: Sequence[tuple[int, int, int]]
) -> defaultdict[tuple[int, int], list[Any]]:
    """Return the rows of a version whose ``column`` is in [low, high), in order, by (version, low)."""
    area = listed(kind, "areas", document=int, low=int, high=int)
    inside = (table.c.document == area.c.document) & (table.c[column] >= area.c.low) & (table.c[column] < area.c.high)
    query = select(area.c.low.label("low"), table).join_from(area, table, inside)
    found: defaultdict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in connection.execute(query, {"areas": as_parameter(areas)}):
        found[row.document, row.low].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row.ordinal)
    return found


def _texts(
    connection: Connection, kind: Kind, areas: Sequence[tuple[int, int, int]]
) -> defaultdict[int, list[tuple[int, str]]]:
    """Return the pieces of text that hold the areas, by version and in order: (start, text)."""
    texts = schema.texts
    pieces = {(n, at) for n, start, stop in areas for at in range(start - start % PIECE, max(stop, start + 1), PIECE)}
    keyed = listed(kind, "pieces", document=int, start=int)
    same = (texts.c.document == keyed.c.document) & (texts.c.start == keyed.c.start)
    query = select(texts.c.document, texts.c.start, texts.c.body).join_from(keyed, texts, same)
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, start, body in connection.execute(query, {"pieces": as_parameter(sorted(pieces))}):
        found[number].append((start, inflate(body)))
    for held in found.values():
        held.sort()
    return found


def _slice(pieces: Sequence[tuple[int, str]], start: int, stop: int) -> str:
    """Return the text of [start, stop) out of the pieces that hold it."""
    return "".join(
        text[max(0, start - at) : max(0, stop - at)] for at, text in pieces if at < stop and start < at + len(text)
    )
