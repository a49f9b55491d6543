"""The read side: one generation at a time, and of its papers no more than a question needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from index.database import schema
from index.database.catalogue import Catalogue, Contents, Visible
from index.database.engine import Database, Kind
from index.database.generations import Generation, check_held
from index.database.keyword_search import Key, frequencies, search
from index.database.parameters import as_parameter, listed
from index.database.parts import Parts
from index.database.postings import Of
from index.database.records import (
    PIECE,
    block_of,
    chunk_of,
    document_of,
    fact_bodies,
    fact_of,
    inflate,
)
from index.database.vector_search import VectorSearch, open_vectors
from index.database.visibility import EVERYTHING
from index.documents import DocumentInfo
from index.protocols import Vectors
from ingest.document import Chunk, Document, Fact


class Reader:
    """Looks at a collection. Safe from threads; one for each database and process."""

    def __init__(self, database: Database):
        self.database = database
        self._catalogue = Catalogue()
        self._vectors = open_vectors(database)
        self.parts = Parts(database)

    def newest(self) -> View:
        """Return a view of the newest generation: one query, and what has changed since the last one."""
        with self.database.reading(EVERYTHING) as connection:
            contents = self._catalogue.current(connection)
        self.database.mark.note(contents.generation)
        return View(self.database, contents, self._vectors, self.parts)


class View:
    """One generation. Every call sees that one, or raises GenerationGone when it has been cleared away.

    What is replaced stays readable for a minute, so that a question is answered from what it began with.
    """

    def __init__(self, database: Database, contents: Contents, vectors: VectorSearch, parts: Parts):
        self.database = database
        self.contents = contents
        self._vectors = vectors
        self.parts = parts

    @property
    def generation(self) -> Generation:
        return self.contents.generation

    def infos(self) -> list[DocumentInfo]:
        """Return what a list shows of each document, in the order in which they were put."""
        return [version.info for version in self.contents.versions]

    def only(self, ids: Iterable[str]) -> View:
        """Return this generation for a reader for whom no other documents exist: nothing of them is read or counted."""
        contents = self.contents.only(ids)
        return View(self.database, contents, self._vectors, self.parts.only(contents.visible_rows))

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
            bodies = select(documents.c.number, documents.c.body, documents.c.tables)
            bodies = bodies.join_from(wanted, documents, documents.c.number == wanted.c.document)
            body = {row.number: (row.body, row.tables) for row in connection.execute(bodies, given)}
            text, page, block = (
                _grouped(connection.execute(query, given))
                for query in (of(texts, "start"), of(pages, "number"), of(blocks, "ordinal"))
            )
        headings = self.parts.paths(numbers)
        return {
            id_: document_of(
                *body[number],
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
        headings = self.parts.paths({row.document for row in rows})
        bodies = zip(rows, fact_bodies(rows), strict=True)
        found = {(row.document, row.ordinal): self._fact(row, body, headings) for row, body in bodies}
        return {key: found[key] for key in keys}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that sees this generation; raise GenerationGone when it has been cleared away.

        Of a shared database it sees no row of a paper that the reader does not see.
        """
        with self.database.reading(self.contents.visible_rows) as connection:
            check_held(connection, self.generation)
            yield connection

    def _chunks(self, query: Select[Any], given: Mapping[str, str], keys: Sequence[Key] | None) -> dict[Key, Chunk]:
        with self.reading() as connection:
            rows = connection.execute(query, given).all()
            texts = _texts(connection, self.database.kind, [(r.document, r.start, r.stop) for r in rows])
        headings = self.parts.paths({row.document for row in rows})
        found = {}
        for row in rows:
            text = _slice(texts[row.document], row.start, row.stop)
            info = self.contents.by_number[row.document].info
            found[row.document, row.ordinal] = chunk_of(row, info, headings[row.document][row.path], text)
        return {key: found[key] for key in keys or found}

    def _fact(self, row: Any, body: Any, headings: Mapping[int, Sequence[tuple[str, ...]]]) -> Fact:
        id_ = self.contents.by_number[row.document].info.id
        return fact_of(row, body, id_, headings[row.document][row.path])


def _grouped(rows: Iterable[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.document].append(row)
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
