"""The words of a collection once more, when they are no longer cut as they were: nothing is read or embedded again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection, delete, select, update

from index.database import schema
from index.database.catalogue import Version
from index.database.engine import Database
from index.database.generations import newest, record
from index.database.inserting import insert_rows
from index.database.postings import TABLES, Of
from index.database.reading import Reader, View
from index.database.records import Paths, unpack_paths
from index.database.stretches import Outline, pack_outline, stretch_rows
from index.database.words import Words, count_words, keep_vocabulary
from index.database.writing import clear
from index.keywords import analyzer
from ingest.kana import signature
from ingest.statements import read_statements


def reword(database: Database, report: Callable[[int, int], None]) -> None:
    """Cut all words anew, in one transaction: until its end the index is what it was. ``report`` hears how far it is.

    A word that was not there before has no vector, and so no neighbours, until a new paper brings it.
    """
    documents, terms, vocabulary = schema.documents, schema.terms, schema.vocabulary
    with database.writing() as connection:
        view = Reader(database).newest()  # nobody writes but this transaction
        after = newest(connection).next()
        for number in connection.scalars(select(documents.c.number).where(documents.c.until.is_not(None))).all():
            clear(connection, database, number)
        of_words = select(terms.c.word, vocabulary.c.vector).join_from(
            vocabulary, terms, terms.c.number == vocabulary.c.term
        )
        vectors = dict(connection.execute(of_words).all())
        for table in (*TABLES.values(), vocabulary, terms):
            connection.execute(delete(table))
        held: dict[Of, int] = dict.fromkeys(TABLES, 0)
        for done, version in enumerate(view.contents.versions):
            report(done, len(view.contents.versions))
            for of, length in _reword_version(connection, database, view, version, vectors).items():
                held[of] += length
        # Whoever knows the versions as they were is to look again.
        after = replace(after, chunk_words=held["chunks"], fact_words=held["facts"], swept=after.number)
        record(connection, after)
        properties = schema.properties
        made = update(properties).where(properties.c.name == schema.ANALYZER).values(value=analyzer())
        connection.execute(made)
    database.mark.note(after)
    report(len(view.contents.versions), len(view.contents.versions))


def _reword_version(
    connection: Connection, database: Database, view: View, version: Version, vectors: Mapping[str, bytes]
) -> dict[Of, int]:
    """Write the words of a version anew; return how many its chunks and its facts have."""
    documents, stretches, number, id_ = schema.documents, schema.stretches, version.number, version.info.id
    words = Words.of(view.chunks(id_), view.facts(id_), version.info.title)
    numbers = count_words(connection, database, words)
    paths = Paths(unpack_paths(connection.scalar(select(documents.c.paths).where(documents.c.number == number)) or b""))
    connection.execute(delete(stretches).where(stretches.c.document == number))
    document = view.document(id_)
    statements = read_statements(document)
    rows = ({"document": number, **row} for row in stretch_rows(statements, paths))
    insert_rows(connection, database, stretches, rows)
    for table, values in words.postings(number, numbers):
        insert_rows(connection, database, table, values)
    known = {numbers[word]: np.frombuffer(vectors[word], "<f2") for word in words.packed["chunks"] if word in vectors}
    keep_vocabulary(connection, database, known)
    told = {**words.columns(numbers), **pack_outline(Outline.of(statements)), "paths": paths.pack()}
    told["signature"] = zlib.compress(signature(document), 1)
    connection.execute(update(documents).where(documents.c.number == number).values(told))
    return {of: words.length(of) for of in TABLES}
