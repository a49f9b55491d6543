"""The write side: a paper goes in, or out, in one transaction, and each such change is a generation."""

from __future__ import annotations

import time
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, Integer, Table, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from index.database import schema
from index.database.engine import Database, settle
from index.database.generations import Generation, newest, record
from index.database.inserting import insert_rows
from index.database.parameters import as_parameter, listed
from index.database.postings import SIZE, TABLES, unpack_lengths, unpack_terms
from index.database.records import (
    Paths,
    Values,
    block_rows,
    chunk_rows,
    document_body,
    document_tables,
    fact_rows,
    page_rows,
    text_rows,
    to_json,
)
from index.database.stretches import Outline, pack_outline, stretch_rows
from index.database.words import Words, count_words, keep_vocabulary
from index.documents import info_of
from index.keywords import analyzer
from index.protocols import Vectors
from ingest.document import Chunk, Document, Fact
from ingest.kana import signature
from ingest.statements import Statement

AT_ONCE = 8  # versions that are cleared away in one transaction: others write in between


@dataclass(frozen=True)
class Paper:
    """All that is stored of a document. ``vectors`` has a row for each chunk, float32 ``(len(chunks), dim)``.

    ``words`` are the vectors of words that the collection may not have yet. ``given`` is what a person has said of it.
    ``content`` is the original's bytes where the database is to keep them; otherwise it lies beside the index.
    """

    document: Document
    chunks: Sequence[Chunk]
    facts: Sequence[Fact]
    statements: Sequence[Statement]
    vectors: Vectors
    words: Mapping[str, Vectors] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""
    size: int = 0
    content: bytes | None = None


def put(database: Database, paper: Paper, embedder: str, replaces: Collection[str] = ()) -> Generation:
    """Take in a paper; what was there of it, and of the documents that it ``replaces``, goes out in the same step.

    Return the generation from which on it is there. ``embedder`` is the name of the model of the vectors. Raise
    IndexMismatch when the collection is of another model or analyzer, IndexBusy when another writer does not finish,
    IndexUnwritable when the disk is full or this user may not write, ValueError when the parts do not belong together;
    then nothing has changed.
    """
    if len(paper.vectors) != len(paper.chunks):
        raise ValueError(f"not the same number of chunks and vectors: {len(paper.chunks)} != {len(paper.vectors)}")
    document = paper.document
    # What takes longest is done before anybody is kept waiting.
    words = Words.of(paper.chunks, paper.facts, document.title)
    paths = Paths()
    rows = _rows(paper, paths)
    signed = zlib.compress(signature(document), 1)
    made_with = {schema.ANALYZER: analyzer(), schema.EMBEDDER: embedder, schema.DIM: str(paper.vectors.shape[1])}
    with database.writing() as connection:
        settle(connection, made_with, database.place)
        before = newest(connection)
        after = before.next(
            documents=1,
            chunks=len(paper.chunks),
            chunk_words=words.length("chunks"),
            facts=len(paper.facts),
            fact_words=words.length("facts"),
        )
        for number in _current(connection, database, {document.id, *replaces}):
            after = _take_out(connection, database, number, after)
        _keep_original(connection, database, paper)
        numbers = count_words(connection, database, words)
        number = connection.execute(
            insert(schema.documents)
            .values(
                id=document.id,
                since=after.number,
                source=document.source,
                sha256=document.sha256,
                info=to_json(vars(info_of(document, len(paper.chunks), len(paper.facts)))),
                given=to_json(dict(paper.given)),
                lacks_ocr=document.lacks_ocr,
                **words.columns(numbers),
                paths=paths.pack(),
                **pack_outline(Outline.of(paper.statements)),
                signature=signed,
                tables=document_tables(document),
                body=document_body(document),
            )
            .returning(schema.documents.c.number)
        ).scalar_one()
        for table, values in rows.items():
            insert_rows(connection, database, table, ({"document": number, **row} for row in values))
        for table, values in words.postings(number, numbers):
            insert_rows(connection, database, table, values)
        known = words.packed["chunks"]
        keep_vocabulary(connection, database, {numbers[w]: v for w, v in paper.words.items() if w in known})
        record(connection, after)
    database.mark.note(after)
    return after


def remove(database: Database, document_id: str) -> Generation:
    """Take a document out; return the generation from which on it is gone. KeyError if it is not there."""
    with database.writing() as connection:
        after = newest(connection).next()
        numbers = _current(connection, database, {document_id})
        if not numbers:
            raise KeyError(document_id)
        after = _take_out(connection, database, numbers[0], after)
        record(connection, after)
    database.mark.note(after)
    return after


def sweep(database: Database, grace: float) -> int:
    """Clear away the versions that were replaced more than ``grace`` seconds ago; return how many those were."""
    cleared = 0
    while True:
        with database.writing() as connection:
            last = newest(connection)
            old = select(func.max(schema.generations.c.number)).where(schema.generations.c.at <= time.time() - grace)
            up_to = min(connection.scalar(old) or 0, last.number)
            found = select(schema.documents.c.number).where(schema.documents.c.until <= up_to)
            numbers = list(connection.scalars(found.order_by(schema.documents.c.until).limit(AT_ONCE)))
            if numbers:
                # A reader of an older generation learns from this that it may miss something.
                seen = select(func.max(schema.documents.c.until)).where(schema.documents.c.number.in_(numbers))
                swept = max(last.swept, connection.scalar(seen) or 0)
                mark = update(schema.generations).where(schema.generations.c.number == last.number)
                connection.execute(mark.values(swept=swept))
                for number in numbers:
                    clear(connection, database, number)
                cleared += len(numbers)
            if len(numbers) < AT_ONCE:
                return cleared


def _rows(paper: Paper, paths: Paths) -> dict[Table, list[Values]]:
    """Return the rows of every table that holds a piece of a version."""
    return {
        schema.texts: list(text_rows(paper.document.text)),
        schema.pages: list(page_rows(paper.document)),
        schema.blocks: list(block_rows(paper.document, paths)),
        schema.chunks: list(chunk_rows(paper.document, paper.chunks, paths)),
        schema.stretches: list(stretch_rows(paper.statements, paths)),
        schema.facts: list(fact_rows(paper.facts, paths)),
        schema.chunk_vectors: [{"ordinal": n, "vector": vector} for n, vector in enumerate(paper.vectors)],
    }


def _current(connection: Connection, database: Database, ids: Iterable[str]) -> list[int]:
    """Return the numbers of the versions of these documents that are in now."""
    wanted = listed(database.kind, "ids", id=str)
    documents = schema.documents
    found = select(documents.c.number).where(documents.c.id == wanted.c.id, documents.c.until.is_(None))
    return list(connection.scalars(found, {"ids": as_parameter((id_,) for id_ in sorted(ids))}))


def _take_out(connection: Connection, database: Database, number: int, after: Generation) -> Generation:
    """End a version and take its words off the counts; return the generation without it."""
    documents = schema.documents
    ended = connection.execute(
        update(documents)
        .where(documents.c.number == number)
        .values(until=after.number)
        .returning(documents.c.chunk_lengths, documents.c.fact_lengths, documents.c.terms)
    ).one()
    mine = listed(database.kind, "mine", term=int)
    parameters = {"mine": as_parameter((term,) for term in unpack_terms(ended.terms))}
    chunks, facts = unpack_lengths(ended.chunk_lengths), unpack_lengths(ended.fact_lengths)
    for of, table in TABLES.items():
        held = func.length(table.c.entries, type_=Integer) // SIZE
        of_mine = (mine.c.term == table.c.term) & (table.c.document == number) & (schema.terms.c.number == mine.c.term)
        connection.execute(update(schema.terms).where(of_mine).values({of: schema.terms.c[of] - held}), parameters)
    return replace(
        after,
        documents=after.documents - 1,
        chunks=after.chunks - len(chunks),
        chunk_words=after.chunk_words - int(chunks.sum()),
        facts=after.facts - len(facts),
        fact_words=after.fact_words - int(facts.sum()),
    )


def _keep_original(connection: Connection, database: Database, paper: Paper) -> None:
    made = postgresql.insert if database.kind == "postgresql" else sqlite.insert
    values = {"sha256": paper.document.sha256, "suffix": paper.suffix, "size": paper.size, "content": paper.content}
    # The same bytes may come again as a file of another kind, which is then read in another way.
    known = made(schema.originals).values(values)
    connection.execute(known.on_conflict_do_update(index_elements=["sha256"], set_={"suffix": paper.suffix}))


def clear(connection: Connection, database: Database, number: int) -> None:
    """Delete a version that nobody sees any more, and what only it had: words, and its original."""
    documents, originals, terms, vocabulary = schema.documents, schema.originals, schema.terms, schema.vocabulary
    packed = connection.execute(select(documents.c.terms).where(documents.c.number == number)).scalar_one()
    parameters = {"mine": as_parameter((term,) for term in unpack_terms(packed))}
    of_mine = select(listed(database.kind, "mine", term=int).c.term)
    for table in TABLES.values():
        one_of_mine = table.c.term.in_(of_mine), table.c.document == number
        connection.execute(delete(table).where(*one_of_mine), parameters)
    for table in schema.OF_VERSION:
        connection.execute(delete(table).where(table.c.document == number))
    gone = delete(documents).where(documents.c.number == number).returning(documents.c.sha256)
    sha256 = connection.execute(gone).scalar_one()
    unneeded = originals.c.sha256 == sha256, ~exists().where(documents.c.sha256 == sha256)
    connection.execute(delete(originals).where(*unneeded))
    in_no_chunk = select(terms.c.number).where(terms.c.number.in_(of_mine), terms.c.chunks == 0)
    connection.execute(delete(vocabulary).where(vocabulary.c.term.in_(in_no_chunk)), parameters)
    held = (exists().where(table.c.term == terms.c.number) for table in TABLES.values())
    unused = terms.c.number.in_(of_mine), terms.c.chunks == 0, terms.c.facts == 0, *(~one for one in held)
    connection.execute(delete(terms).where(*unused), parameters)
