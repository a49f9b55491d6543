"""What a collection holds beside what is read: originals, vectors of passages and of words, and its words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import Integer, func, select

from index.database import schema
from index.database.engine import Database
from index.database.generations import newest
from index.database.parameters import as_parameter, listed
from index.database.postings import SIZE, TABLES
from index.database.reading import View
from index.database.visibility import EVERYTHING
from index.documents import Original
from index.originals import copy_name
from index.protocols import Vectors


def originals(view: View, ids: Iterable[str] | None = None) -> list[Original]:
    """Return the kept originals of documents, of all of them when ``ids`` is None; an unknown id adds nothing."""
    versions = view.contents.versions
    if ids is not None:
        by_id = view.contents.by_id
        versions = tuple(by_id[id_] for id_ in dict.fromkeys(ids) if id_ in by_id)
    documents, kept = schema.documents, schema.originals
    wanted = listed(view.database.kind, "papers", document=int)
    query = (
        select(documents.c.number, documents.c.sha256, documents.c.given, documents.c.lacks_ocr, kept.c.suffix)
        .join_from(wanted, documents, documents.c.number == wanted.c.document)
        .join(kept, kept.c.sha256 == documents.c.sha256)
    )
    with view.reading() as connection:
        rows = connection.execute(query, {"papers": as_parameter((v.number,) for v in versions)}).all()
    found = {row.number: row for row in rows}
    return [
        Original(
            version.info.id,
            version.info.source,
            version.info.file,
            row.sha256,
            copy_name(row.sha256, row.suffix),
            json.loads(row.given),
            row.lacks_ocr,
        )
        for version in versions
        for row in [found[version.number]]
    ]


def content_of(view: View, sha256: str) -> bytes | None:
    """Return the bytes of an original that the database keeps; None where it does not."""
    kept = schema.originals
    with view.reading() as connection:
        content = connection.scalar(select(kept.c.content).where(kept.c.sha256 == sha256))
    return None if content is None else bytes(content)


def copies(database: Database) -> set[str]:
    """Return the names of the kept originals of every version that has not been cleared away."""
    kept = schema.originals
    with database.reading(EVERYTHING) as connection:
        return {copy_name(row.sha256, row.suffix) for row in connection.execute(select(kept.c.sha256, kept.c.suffix))}


def vectors_of(view: View, document_id: str) -> Vectors:
    """Return the vectors of a document's chunks in order, float32 ``(chunks, dim)``; KeyError if it is not there."""
    number, vectors = view.contents.by_id[document_id].number, schema.chunk_vectors
    query = select(vectors.c.vector).where(vectors.c.document == number).order_by(vectors.c.ordinal)
    with view.reading() as connection:
        rows = list(connection.scalars(query))
    return np.array(rows, np.float32).reshape(len(rows), -1)


def vocabulary(view: View) -> tuple[list[str], Vectors]:
    """Return the words that have a vector and stand in some chunk, and float32 ``(len(words), dim)``."""
    terms, held = schema.terms, schema.vocabulary
    query = select(terms.c.word, held.c.vector).join_from(held, terms, terms.c.number == held.c.term)
    with view.reading() as connection:
        rows = connection.execute(query.where(terms.c.chunks > 0).order_by(terms.c.number)).all()
    if not view.contents.is_whole:  # nor may their order tell when a word first came
        held_here = all_frequencies(view)
        rows = sorted(row for row in rows if row[0] in held_here)
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), "<f2").astype(np.float32)
    return [word for word, _ in rows], vectors.reshape(len(rows), -1) if rows else np.zeros((0, 0), np.float32)


def with_vector(view: View, words: Sequence[str]) -> set[str]:
    """Return those of the words that have a vector."""
    terms, held = schema.terms, schema.vocabulary
    asked = listed(view.database.kind, "words", word=str)
    query = select(terms.c.word).join_from(asked, terms, terms.c.word == asked.c.word)
    query = query.join(held, held.c.term == terms.c.number)
    with view.reading() as connection:
        return set(connection.scalars(query, {"words": as_parameter((word,) for word in words)}))


def all_frequencies(view: View) -> dict[str, int]:
    """Return every word of the chunks with how many chunks hold it."""
    terms, contents = schema.terms, view.contents
    with view.reading() as connection:
        if contents.is_whole and newest(connection).number == contents.generation.number:
            rows = connection.execute(select(terms.c.word, terms.c.chunks).where(terms.c.chunks > 0)).all()
            return dict(map(tuple, rows))
        table, papers = TABLES["chunks"], listed(view.database.kind, "papers", document=int)
        held = func.sum(func.length(table.c.entries, type_=Integer)) / SIZE
        query = select(terms.c.word, held).join_from(table, terms, terms.c.number == table.c.term)
        query = query.where(table.c.document.in_(select(papers.c.document))).group_by(terms.c.word)
        numbers = as_parameter((version.number,) for version in contents.versions)
        rows = connection.execute(query.order_by(terms.c.word), {"papers": numbers}).all()
    return {word: int(held) for word, held in rows}
