"""The record of who asked for what: only added to, each entry chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from api.access import schema
from api.access.database import Database, last_number, next_number

Questions = Literal["off", "hashed", "full"]
AT_ONCE = 1000  # entries that are read at once


@dataclass(frozen=True)
class Entry:
    number: int
    time: float
    entry: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole record says: how many entries there are, the last one's hash, and what is wrong."""

    entries: int
    head: str
    faults: tuple[str, ...]  # Japanese


class Audit:
    """Adds to the record, reads it and checks it. Safe from threads and processes."""

    def __init__(self, database: Database, questions: Questions = "hashed", clock: Callable[[], float] = time.time):
        self._database = database
        self._questions = questions
        self._clock = clock

    def add(self, **what: Any) -> None:
        """Put down one thing that was done. A ``question`` is kept in full, as a hash, or not, as is set."""
        question = what.pop("question", None)
        if question and self._questions == "full":
            what["question"] = question
        elif question and self._questions == "hashed":
            what["question_sha256"] = hashlib.sha256(question.encode()).hexdigest()
        now = self._clock()
        entry = json.dumps({"time": now, **what}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        with self._database.writing() as connection:
            before = _head(connection)
            row = {"time": now, "entry": entry, "hash": _chained(before, entry), **next_number(connection)}
            connection.execute(insert(schema.audit).values(row))

    def entries(self, after: int = 0, most: int | None = None) -> Iterator[Entry]:
        """Yield the entries behind a number, in the order in which they were made."""
        left = most
        while left is None or left > 0:
            wanted = AT_ONCE if left is None else min(AT_ONCE, left)
            kept = schema.audit
            with self._database.reading() as connection:
                rows = connection.execute(
                    select(kept).where(kept.c.number > after).order_by(kept.c.number).limit(wanted)
                ).all()
            for row in rows:
                yield Entry(row.number, row.time, json.loads(row.entry), row.hash)
            if len(rows) < wanted:
                return
            after = rows[-1].number
            left = None if left is None else left - len(rows)

    def newest(self, most: int) -> list[Entry]:
        """Return the last entries, newest first."""
        kept = schema.audit
        with self._database.reading() as connection:
            rows = connection.execute(select(kept).order_by(kept.c.number.desc()).limit(most)).all()
        return [Entry(row.number, row.time, json.loads(row.entry), row.hash) for row in rows]

    def verify(self) -> Verdict:
        """Compute every hash anew: an entry that was changed, put in, or taken out, at the end too, is told."""
        faults: list[str] = []
        kept, start = schema.audit, schema.audit_start
        with self._database.reading() as connection:
            number, before = connection.execute(select(start.c.pruned, start.c.hash)).one()
            count = 0
            for row in connection.execute(select(kept).order_by(kept.c.number)):
                if row.number != number + 1:
                    faults.append(f"{number + 1} から {row.number - 1} までの記録がありません。")
                if not hmac.compare_digest(row.hash, _chained(before, row.entry)):
                    faults.append(f"{row.number} 番の記録か、その前の記録が書き換えられています。")
                number, before, count = row.number, row.hash, count + 1
            last = last_number(connection)
        if number < last:
            faults.append(f"{number + 1} から {last} までの記録がありません。")
        return Verdict(count, before, tuple(faults))

    def prune(self, before: float) -> int:
        """Take away what is older than a time, and return how many entries that were; what is left still verifies."""
        kept, start = schema.audit, schema.audit_start
        with self._database.writing() as connection:
            wanted = select(kept.c.number, kept.c.hash).where(kept.c.time < before).order_by(kept.c.number.desc())
            last = connection.execute(wanted.limit(1)).first()
            if last is None:
                return 0
            connection.execute(update(start).values(pruned=last.number, hash=last.hash))
            return connection.execute(delete(kept).where(kept.c.number <= last.number)).rowcount


def _head(connection: Connection) -> str:
    """Return the hash that the next entry is chained to."""
    kept = schema.audit
    last = connection.scalar(select(kept.c.hash).order_by(kept.c.number.desc()).limit(1))
    return str(last or connection.scalar(select(schema.audit_start.c.hash)))


def _chained(before: str, entry: str) -> str:
    return hashlib.sha256(f"{before}\n{entry}".encode()).hexdigest()
