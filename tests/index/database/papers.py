"""Papers of a town that does not exist, as they are stored."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from sqlalchemy import func, select

from index.database import schema
from index.database.engine import Database
from index.database.postings import TABLES, count
from index.database.visibility import EVERYTHING
from index.database.writing import Paper
from index.retriever import passage_text
from index.vocabulary import vocabulary_of
from ingest.chunk import chunk
from ingest.facts import read_facts
from ingest.parse import parse
from ingest.statements import read_statements
from tests.conftest import HashingEmbedder

EMBEDDER = HashingEmbedder(dim=16)


def paper_of(text: str, name: str = "資料.txt", limit: int = 60) -> Paper:
    """Return the paper of a text, cut into chunks of so many characters."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        return paper_at(path, limit)


def paper_at(path: Path, limit: int = 300) -> Paper:
    document = replace(parse(path), source=path.name)
    chunks = chunk(document, len, limit)
    words = sorted(vocabulary_of(c.text for c in chunks))
    return Paper(
        document,
        chunks,
        read_facts(document),
        read_statements(document),
        EMBEDDER.embed_passages([passage_text(c) for c in chunks]),
        dict(zip(words, EMBEDDER.embed_queries(words), strict=True)),
        suffix=path.suffix,
        size=path.stat().st_size,
    )


def report(count_of_homes: int, year: int = 6) -> str:
    """Return a paper of which every figure is ``count_of_homes``: what mixes two of them is seen."""
    n = count_of_homes
    return (
        f"みずほ野市　令和{year}年定例会　行政報告資料\n令和{year}年6月4日\n企画政策課\n\n１　空き家バンク\n"
        f"空き家バンクの登録件数は{n}件です。\n相談の件数は{n}件で、前年より増えました。\n\n２　会議\n"
        f"会議の参加者は{n}人でした。\n"
        f"| 年度 | 件数 |\n| --- | --- |\n| 令和4年度 | {n} |\n| 令和5年度 | {n} |\n"
    )


def counted(database: Database) -> dict[str, object]:
    """Return all that the database says of its words, by the words themselves, and how much there is in each table."""
    with database.reading(EVERYTHING) as connection:
        words = {
            word: (chunks, facts)
            for word, chunks, facts in connection.execute(
                select(schema.terms.c.word, schema.terms.c.chunks, schema.terms.c.facts)
            )
            if chunks or facts
        }
        rows = {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in (
                *schema.OF_VERSION,
                *TABLES.values(),
                schema.documents,
                schema.originals,
                schema.vocabulary,
                schema.terms,
            )
        }
        last = connection.execute(
            select(schema.generations).order_by(schema.generations.c.number.desc()).limit(1)
        ).one()
    totals = last._mapping
    sizes = {name: totals[name] for name in ("documents", "chunks", "chunk_words", "facts", "fact_words")}
    return {"words": words, "rows": rows, "sizes": sizes}


def orphans(database: Database) -> dict[str, int]:
    """Return how many rows of each table belong to no document, and how many words stand in none."""
    found = {}
    with database.reading(EVERYTHING) as connection:
        held = select(schema.documents.c.number)
        for table in (*schema.OF_VERSION, *TABLES.values()):
            lost = select(func.count()).select_from(table).where(table.c.document.not_in(held))
            found[table.name] = connection.scalar(lost) or 0
        of_terms: dict[int, list[int]] = {}
        for n, table in enumerate(TABLES.values()):
            for term, entries in connection.execute(select(table.c.term, table.c.entries)):
                of_terms.setdefault(term, [0, 0])[n] += count(entries)
        terms = set(connection.scalars(select(schema.terms.c.number)))
        found["postings"] = len(of_terms.keys() - terms)
        found["terms"] = len(terms - of_terms.keys())
    return {name: n for name, n in found.items() if n}
