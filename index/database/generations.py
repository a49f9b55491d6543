"""The states of a collection: each change of a document makes one, and whoever reads sees one of them whole."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from secrets import token_hex

from sqlalchemy import Connection, insert, select

from index.database.schema import generations
from index.protocols import GenerationGone


@dataclass(frozen=True)
class Generation:
    """How much a collection held after a change. ``chunk_words`` and ``fact_words`` are the sums of their lengths."""

    number: int = 0
    token: str = ""
    at: float = 0.0
    documents: int = 0
    chunks: int = 0
    chunk_words: int = 0
    facts: int = 0
    fact_words: int = 0
    swept: int = 0

    @property
    def id(self) -> str:
        """The name under which an answer says what it was given from. 例: 000012-8f3a91c2"""
        return f"{self.number:06d}-{self.token}"

    def next(
        self, *, documents: int = 0, chunks: int = 0, chunk_words: int = 0, facts: int = 0, fact_words: int = 0
    ) -> Generation:
        """Return the generation after this one, which holds so much more, or less."""
        return replace(
            self,
            number=self.number + 1,
            token=token_hex(4),
            at=time.time(),
            documents=self.documents + documents,
            chunks=self.chunks + chunks,
            chunk_words=self.chunk_words + chunk_words,
            facts=self.facts + facts,
            fact_words=self.fact_words + fact_words,
        )


def newest(connection: Connection) -> Generation:
    """Return the newest generation; of a collection that never held anything, number 0."""
    row = connection.execute(select(generations).order_by(generations.c.number.desc()).limit(1)).mappings().first()
    return Generation(**row) if row else Generation()


def generation(connection: Connection, number: int) -> Generation | None:
    """Return the generation of that number; None if there is none."""
    row = connection.execute(select(generations).where(generations.c.number == number)).mappings().first()
    return Generation(**row) if row else None


def knows(connection: Connection, wanted: Generation) -> bool:
    """Tell whether a generation is of this history; number 0 is of every one."""
    if wanted.number == 0:
        return True
    same = generation(connection, wanted.number)
    return same is not None and same.token == wanted.token


def record(connection: Connection, made: Generation) -> None:
    """Write a generation down, in the transaction of the change that makes it."""
    connection.execute(insert(generations), vars(made))


def check_held(connection: Connection, wanted: Generation) -> Generation:
    """Return the newest generation; raise GenerationGone when what ``wanted`` saw may have been cleared away."""
    latest = newest(connection)
    is_known = latest.token == wanted.token if latest.number == wanted.number else knows(connection, wanted)
    if latest.swept > wanted.number or not is_known:
        raise GenerationGone(
            f"generation {wanted.id} has been replaced and cleared away, the newest is {latest.id}: look again",
            "読んでいる間に資料が差し替えられました。もう一度お試しください。",
        )
    return latest
