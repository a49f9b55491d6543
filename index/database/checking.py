"""Whether what a database says of a collection fits together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Integer, func, select, text

from index.database import schema
from index.database.holdings import content_of, originals
from index.database.postings import SIZE, TABLES
from index.database.reading import View

_NAMES = {"documents": "文書", "chunks": "抜粋", "facts": "値"}


def problems(view: View, copies: Path) -> list[str]:
    """Return, in Japanese, what does not fit together; nothing when all is well. ``copies`` holds the originals."""
    return [*_of_file(view), *_of_counts(view), *_of_words(view), *_of_documents(view, copies)]


def _of_file(view: View) -> Iterator[str]:
    if view.database.kind == "sqlite":
        with view.reading() as connection:
            said = connection.scalars(text("PRAGMA integrity_check(1)")).all()
        if said != ["ok"]:
            yield f"{view.database.place} の内容が壊れています（{said[0]}）。控えから戻してください。"


def _of_counts(view: View) -> Iterator[str]:
    generation = view.generation
    numbers = [version.number for version in view.contents.versions]
    actual = {"documents": len(numbers)}
    wanted = {"documents": generation.documents, "chunks": generation.chunks, "facts": generation.facts}
    with view.reading() as connection:
        for table in (schema.chunks, schema.facts, schema.chunk_vectors):
            held = select(table.c.document, func.count()).group_by(table.c.document)
            of_version: dict[int, int] = dict(connection.execute(held).all())
            actual[table.name] = sum(of_version.get(number, 0) for number in numbers)
    for name, expected in wanted.items():
        if actual[name] != expected:
            yield f"{_NAMES[name]}の数が {expected} ではなく {actual[name]} です。"
    if actual["chunk_vectors"] != actual["chunks"]:
        yield f"抜粋は {actual['chunks']} か所ありますが、ベクトルは {actual['chunk_vectors']} か所分です。"


def _of_words(view: View) -> Iterator[str]:
    terms, documents = schema.terms, schema.documents
    for of, table in TABLES.items():
        held = func.sum(func.length(table.c.entries, type_=Integer)) / SIZE
        query = select(table.c.term, held).join_from(table, documents, documents.c.number == table.c.document)
        with view.reading() as connection:
            rows = connection.execute(query.where(documents.c.until.is_(None)).group_by(table.c.term))
            actual = {term: int(count) for term, count in rows}
            counted = select(terms.c.number, terms.c[of]).where(terms.c[of] != 0)
            told = dict(connection.execute(counted).all())
        wrong = sum(told.get(term, 0) != actual.get(term, 0) for term in {*told, *actual})
        if wrong:
            yield f"{_NAMES[of]}の語のうち {wrong} 語の数が合いません。"


def _of_documents(view: View, copies: Path) -> Iterator[str]:
    for original in originals(view):
        if not _is_intact(view, copies / original.copy, original.sha256):
            yield f"{original.file} の原本の控えがないか、壊れています。もう一度取り込んでください。"
        document = view.document(original.id)
        if any(document.text[c.start : c.end] != c.text for c in view.chunks(original.id)):
            yield f"{original.file} の抜粋が本文と一致しません。"


def _is_intact(view: View, copy: Path, sha256: str) -> bool:
    if view.database.kind == "postgresql":
        content = content_of(view, sha256)
        return content is not None and hashlib.sha256(content).hexdigest() == sha256
    try:
        with copy.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
