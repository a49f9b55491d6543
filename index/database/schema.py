"""The tables, for SQLite and PostgreSQL alike.

A document is stored in versions: each is put by one generation (``since``) and taken out by a later one (``until``);
whoever reads generation n sees the versions with since <= n < until, and nothing of the others. Everything that
belongs to a version carries its number, so that a version is removed by one number from every table.

Text is kept once, in pieces; chunks, statements, facts and blocks are spans of it. Statements, which are read many at
a time, are packed as well. Of headings, which stand over many
of these, each path is kept once a version. What a word index holds is packed by term and version, which is a tenth of
the rows: see ``postings``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from index.protocols import Vectors

REVISION = "0004"  # of the newest migration in ``migrations/``; a database of a later one is refused
ANALYZER, EMBEDDER, DIM = "analyzer", "embedder", "dim"  # names in ``properties``

metadata = MetaData()

# Of versions and words there are millions of rows that name one, and never two thousand million of either.
Number = Integer
# SQLite counts by itself only in a key that is called INTEGER.
Big = BigInteger().with_variant(Integer(), "sqlite")


class _PgVector(UserDefinedType[str]):
    """pgvector's ``vector``; the dimension is that of the embedder, which is known when the first paper comes."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "vector"


class Vector(TypeDecorator[Vectors]):
    """A float32 row: pgvector's own type in PostgreSQL, little-endian bytes in SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_PgVector() if dialect.name == "postgresql" else LargeBinary())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        if dialect.name == "postgresql":
            return lambda row: None if row is None else vector_text(row)
        return lambda row: None if row is None else np.asarray(row, "<f4").tobytes()

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        if dialect.name == "postgresql":
            return lambda value: None if value is None else np.array(value[1:-1].split(","), np.float32)
        return lambda value: None if value is None else np.frombuffer(value, "<f4")


def vector_text(row: Vectors) -> str:
    """Return a vector as pgvector reads it; nine digits give every float32 back."""
    return "[" + ",".join(format(value, ".9g") for value in row.tolist()) + "]"


def _of_version() -> Column[int]:
    return Column("document", Number, ForeignKey("documents.number"), primary_key=True)


def _ordinal() -> Column[int]:
    return Column("ordinal", Integer, primary_key=True, autoincrement=False)


def _span() -> tuple[Column[int], Column[int]]:
    return Column("start", Integer, nullable=False), Column("stop", Integer, nullable=False)


properties = Table(
    "properties",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

generations = Table(
    "generations",
    metadata,
    # Counted by us and without a gap: the one writer takes the last one and adds 1.
    Column("number", Big, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),  # two databases restored from one backup part ways here
    Column("at", Float, nullable=False),  # seconds since 1970; never less than the generation before
    Column("documents", Integer, nullable=False),
    Column("chunks", Big, nullable=False),
    Column("chunk_words", Big, nullable=False),  # the sum of their lengths
    Column("facts", Big, nullable=False),
    Column("fact_words", Big, nullable=False),
    Column("swept", Big, nullable=False),  # what generations up to here no longer saw may be gone
)

originals = Table(
    "originals",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("suffix", Text, nullable=False),
    Column("size", Big, nullable=False),
    Column("content", LargeBinary),  # NULL: the file lies in the index folder, under its hash
)

documents = Table(
    "documents",
    metadata,
    Column("number", Number, Identity(always=True), primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("since", Big, nullable=False),
    Column("until", Big),
    Column("source", Text, nullable=False),
    Column("sha256", Text, ForeignKey("originals.sha256"), nullable=False),
    Column("info", Text, nullable=False),  # what a list of documents shows, JSON
    Column("given", Text, nullable=False),  # what a person has said of it, JSON
    Column("lacks_ocr", Boolean, nullable=False),
    Column("chunk_lengths", LargeBinary, nullable=False),  # how many words each has, see ``postings``
    Column("fact_lengths", LargeBinary, nullable=False),
    Column("terms", LargeBinary, nullable=False),  # its words, in place of an index of the postings by version
    Column("paths", LargeBinary, nullable=False),  # of headings, each under its place in the list, deflated JSON
    Column("starts", LargeBinary, nullable=False),  # of its statements, see ``stretches``
    Column("signature", LargeBinary, nullable=False),  # what it surely does not say, deflated: ``ingest.kana``
    Column("orders", Text, nullable=False),  # spans that tell whoever answers what to say, JSON
    Column("tables", LargeBinary, nullable=False),  # deflated JSON
    Column("body", LargeBinary, nullable=False),  # places and the other fields, deflated JSON
    sqlite_autoincrement=True,
)
Index(
    "documents_current",
    documents.c.id,
    unique=True,
    sqlite_where=text("until IS NULL"),
    postgresql_where=text("until IS NULL"),
)
Index("documents_since", documents.c.since)
Index("documents_until", documents.c.until)

texts = Table(
    "texts",
    metadata,
    _of_version(),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("stop", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # deflated UTF-8
)

pages = Table(
    "pages",
    metadata,
    _of_version(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    *_span(),
    Column("label", Text),
    Column("width", Float),
    Column("height", Float),
    Column("read_by", Text, nullable=False),
    Column("confidence", Float),
    Column("boxes", LargeBinary),
)

blocks = Table(
    "blocks",
    metadata,
    _of_version(),
    _ordinal(),
    *_span(),
    Column("kind", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("path", Integer, nullable=False),
    Column("level", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("blocks_by_start", blocks.c.document, blocks.c.start)

chunks = Table(
    "chunks",
    metadata,
    _of_version(),
    _ordinal(),
    *_span(),
    Column("page", Integer, nullable=False),
    Column("path", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("chunks_by_start", chunks.c.document, chunks.c.start)

stretches = Table(
    "stretches",
    metadata,
    _of_version(),
    _ordinal(),
    Column("body", LargeBinary, nullable=False),  # statements, see ``stretches``
    sqlite_with_rowid=False,
)

facts = Table(
    "facts",
    metadata,
    _of_version(),
    _ordinal(),
    *_span(),
    Column("value_start", Integer, nullable=False),
    Column("value_stop", Integer, nullable=False),
    Column("page", Integer, nullable=False),
    Column("path", Integer, nullable=False),
    Column("body", Text, nullable=False),  # the other fields, JSON
    sqlite_with_rowid=False,
)
Index("facts_by_start", facts.c.document, facts.c.start)

terms = Table(
    "terms",
    metadata,
    Column("number", Number, Identity(always=True), primary_key=True, autoincrement=True),
    Column("word", Text, nullable=False, unique=True),
    Column("chunks", Integer, nullable=False),  # of the newest generation: how many hold it
    Column("facts", Integer, nullable=False),
    sqlite_autoincrement=True,
    postgresql_with={"fillfactor": 80},  # room for the counts to change where they stand
)


def _postings(name: str) -> Table:
    return Table(
        name,
        metadata,
        # No foreign keys: to check each of these many rows takes PostgreSQL as long as to write them.
        Column("term", Number, primary_key=True),
        Column("document", Number, primary_key=True),
        Column("entries", LargeBinary, nullable=False),  # see ``postings``
        sqlite_with_rowid=False,
    )


chunk_postings = _postings("chunk_postings")
fact_postings = _postings("fact_postings")

vocabulary = Table(
    "vocabulary",
    metadata,
    Column("term", Number, ForeignKey("terms.number"), primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),  # little-endian float16, which holds well enough to compare words
)

chunk_vectors = Table(
    "chunk_vectors",
    metadata,
    _of_version(),
    _ordinal(),
    Column("vector", Vector, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("number", Number, Identity(always=True), primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("generation", Big),
    Column("body", Text, nullable=False),  # what was asked, answered and said of it, JSON
    sqlite_autoincrement=True,
)

# What people say beside the papers: see ``notes``.
notes = Table(
    "notes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),  # JSON
)

# Papers that were sent and wait for their turn, or what became of them: see ``queue``.
jobs = Table(
    "jobs",
    metadata,
    Column("number", Number, Identity(always=True), primary_key=True, autoincrement=True),  # in the order of turns
    Column("id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # waiting, running, done, failed, stopped
    Column("about", Text, nullable=False),  # who sent what for whom, JSON
    Column("stage", Text, nullable=False),  # what is being done, in Japanese
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("share", Float, nullable=False),  # of all its pages
    Column("seconds_left", Float),
    Column("is_stopping", Boolean, nullable=False),
    Column("result", Text),  # what it ended with, JSON
    Column("worker", Text),  # who does it
    Column("attempts", Integer, nullable=False),
    Column("heard", Float),  # when its worker was last heard of: one that is silent for long is dead
    Column("ended", Float),
    sqlite_autoincrement=True,
)
Index("jobs_by_state", jobs.c.state, jobs.c.number)

job_files = Table(
    "job_files",
    metadata,
    Column("job", Number, ForeignKey("jobs.number"), primary_key=True, autoincrement=False),
    _ordinal(),
    Column("place", Text, nullable=False),  # under which it was sent, such as 第1回/資料1.pdf
    Column("file", Text, nullable=False),  # its name on a disk
    Column("content", LargeBinary),  # NULL: the file lies in the index folder
)

# What belongs to a version and is found by it alone, in an order in which it may be removed.
OF_VERSION = (
    chunk_vectors,
    facts,
    stretches,
    chunks,
    blocks,
    pages,
    texts,
)
