"""Which versions of which documents each generation sees: kept in memory, and caught up by what has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, or_, select

from index.database import schema
from index.database.generations import Generation, newest
from index.database.postings import Of
from index.database.records import fields
from index.store import DocumentInfo

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Version:
    """A document as it was from one generation on, until another."""

    number: int
    since: int
    until: int | None
    info: DocumentInfo


@dataclass(frozen=True)
class Visible:
    """What a search may find: versions of one generation, by number, ascending.

    ``numbers``, ``chunks`` and ``facts`` are of one length: the versions, and how many of each belong to them.
    ``is_all`` tells that nothing of the generation is left out.
    """

    generation: Generation
    numbers: Numbers
    chunks: Numbers
    facts: Numbers
    is_all: bool

    def sizes(self, of: Of) -> Numbers:
        return self.chunks if of == "chunks" else self.facts

    def among(self, numbers: Numbers) -> tuple[Numbers, npt.NDArray[np.bool_]]:
        """Return where each of ``numbers`` is among ours, and whether it is there at all."""
        if not len(self.numbers):
            return np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.bool_)
        at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return at, self.numbers[at] == numbers


@dataclass(frozen=True)
class Contents:
    """The versions that one generation sees, in the order in which they were put."""

    generation: Generation
    versions: tuple[Version, ...]
    by_id: dict[str, Version] = field(init=False, repr=False)
    by_number: dict[int, Version] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {version.info.id: version for version in self.versions})
        object.__setattr__(self, "by_number", {version.number: version for version in self.versions})

    def visible(self, ids: Iterable[str] | None = None) -> Visible:
        """Return what a search may find when it may find only these documents; all of them when ``ids`` is None.

        An id that is not here adds nothing.
        """
        chosen = self.versions
        if ids is not None:
            wanted = set(ids)
            chosen = tuple(version for version in self.versions if version.info.id in wanted)
        columns = ([v.number for v in chosen], [v.info.chunks for v in chosen], [v.info.facts for v in chosen])
        numbers, chunks, facts = (np.array(column, np.int64) for column in columns)
        return Visible(self.generation, numbers, chunks, facts, len(chosen) == len(self.versions))


class Catalogue:
    """Follows the generations. Safe from threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._versions: dict[int, Version] = {}
        self._contents = Contents(Generation(), ())

    def current(self, connection: Connection) -> Contents:
        """Return what the newest generation sees that ``connection`` knows of."""
        latest = newest(connection)
        with self._lock:
            if latest == self._contents.generation:
                return self._contents
            documents = schema.documents
            known = self._contents.generation
            told = select(documents.c.number, documents.c.since, documents.c.until, documents.c.info)
            if self._follows(connection, latest):
                changed = or_(documents.c.since > known.number, documents.c.until > known.number)
                found = {**self._versions, **_versions(connection.execute(told.where(changed)))}
            else:
                found = _versions(connection.execute(told))
            seen = {n: v for n, v in sorted(found.items()) if v.until is None or v.until > latest.number}
            contents = Contents(latest, tuple(seen.values()))
            if latest.number >= known.number:
                self._versions, self._contents = seen, contents
            return contents

    def _follows(self, connection: Connection, latest: Generation) -> bool:
        """Tell whether ``latest`` came after what is known, and not out of a backup of something else."""
        known = self._contents.generation
        if known.number == 0 or latest.number < known.number:
            return False
        row = select(schema.generations.c.token).where(schema.generations.c.number == known.number)
        return connection.scalar(row) == known.token


def _versions(rows: Iterable[tuple[int, int, int | None, str]]) -> dict[int, Version]:
    return {number: Version(number, since, until, DocumentInfo(**fields(info))) for number, since, until, info in rows}
