"""The words of a version: what is kept of them beside the postings themselves, and how they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from index.database import schema
from index.database.engine import Database
from index.database.parameters import as_parameter, listed
from index.database.postings import TABLES, Of, count, pack, pack_lengths, pack_terms
from index.keywords import chunk_words, fact_words
from index.protocols import Vectors
from ingest.document import Chunk, Fact


@dataclass(frozen=True)
class Words:
    """The words of a version's chunks and of its facts: those of each, and where each word stands."""

    tokens: dict[Of, list[list[str]]]
    packed: dict[Of, dict[str, bytes]]

    @classmethod
    def of(cls, chunks: Sequence[Chunk], facts: Sequence[Fact], title: str) -> Words:
        tokens: dict[Of, list[list[str]]] = {
            "chunks": [chunk_words(chunk) for chunk in chunks],
            "facts": [fact_words(fact, title) for fact in facts],
        }
        return cls(tokens, {of: pack(held) for of, held in tokens.items()})

    def length(self, of: Of) -> int:
        """Return how many words there are, each as often as it stands there."""
        return sum(map(len, self.tokens[of]))

    def columns(self, numbers: Mapping[str, int]) -> dict[str, bytes]:
        """Return what the row of the version says of them; ``numbers`` are those of the words."""
        return {
            "chunk_lengths": pack_lengths(self.tokens["chunks"]),
            "fact_lengths": pack_lengths(self.tokens["facts"]),
            "terms": pack_terms(numbers.values()),
        }

    def postings(self, document: int, numbers: Mapping[str, int]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        """Yield the rows of the version ``document`` in each table of postings."""
        for of, table in TABLES.items():
            held = sorted(self.packed[of].items())
            yield table, [{"term": numbers[w], "document": document, "entries": entries} for w, entries in held]


def count_words(connection: Connection, database: Database, words: Words) -> dict[str, int]:
    """Add a version's words to the counts; return the number of each word."""
    terms = schema.terms
    of_chunks, of_facts = words.packed["chunks"], words.packed["facts"]
    held = {w: (count(of_chunks.get(w, b"")), count(of_facts.get(w, b""))) for w in sorted({*of_chunks, *of_facts})}
    new = listed(database.kind, "words", word=str, chunks=int, facts=int)
    more = {"chunks": terms.c.chunks + new.c.chunks, "facts": terms.c.facts + new.c.facts}
    counted = update(terms).where(terms.c.word == new.c.word).values(more).returning(terms.c.word, terms.c.number)
    added = insert(terms).from_select(["word", "chunks", "facts"], select(new)).returning(terms.c.word, terms.c.number)
    # Not in one step, ON CONFLICT: PostgreSQL would use up a new number for every word that is known.
    numbers: dict[str, int] = {}
    for statement in (counted, added):
        missing = [(word, *counts) for word, counts in held.items() if word not in numbers]
        rows = connection.execute(statement, {"words": as_parameter(missing)}).all()
        numbers |= {row.word: row.number for row in rows}
    return numbers


def keep_vocabulary(connection: Connection, database: Database, vectors: Mapping[int, Vectors]) -> None:
    """Keep the vectors of words, each at the number of its word, but for those that have one."""
    if vectors:
        made = postgresql.insert if database.kind == "postgresql" else sqlite.insert
        rows = [{"term": n, "vector": np.asarray(v, "<f2").tobytes()} for n, v in sorted(vectors.items())]
        connection.execute(made(schema.vocabulary).on_conflict_do_nothing(), rows)
