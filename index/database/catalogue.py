"""Which versions of which documents each generation sees: kept in memory, and caught up by what has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, or_, select

from index.database import schema
from index.database.generations import Generation, newest
from index.database.postings import Lengths, Of, unpack_lengths
from index.database.records import fields
from index.database.visibility import EVERYTHING, of_versions
from index.documents import DocumentInfo

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Version:
    """A document as it was from one generation on, until another."""

    number: int
    since: int
    until: int | None
    info: DocumentInfo
    lengths: dict[Of, Lengths]  # how many words each chunk, and each fact, has


@dataclass(frozen=True)
class Places:
    """The chunks, or the facts, of some versions, one after the other.

    ``first`` says where each version's begin, and at its end how many there are; ``lengths`` how many words each has.
    """

    first: Numbers
    lengths: Lengths

    @classmethod
    def of(cls, versions: Sequence[Version], of: Of) -> Places:
        lengths = [version.lengths[of] for version in versions]
        first = np.cumsum([0, *map(len, lengths)], dtype=np.int64)
        return cls(first, np.concatenate(lengths) if lengths else np.zeros(0, np.uint16))

    def __len__(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True)
class Visible:
    """What a search may find: versions out of ``contents``, by number, ascending.

    How rare a word is, and how long a passage, is judged by all of ``contents``.
    """

    contents: Contents
    versions: tuple[Version, ...]

    @property
    def generation(self) -> Generation:
        return self.contents.generation

    @property
    def is_all(self) -> bool:
        """Tell whether nothing of the generation is left out."""
        return self.contents.is_whole and len(self.versions) == len(self.contents.versions)

    @cached_property
    def numbers(self) -> Numbers:
        return np.array([version.number for version in self.versions], np.int64)

    @cached_property
    def chunks(self) -> Places:
        return Places.of(self.versions, "chunks")

    @cached_property
    def facts(self) -> Places:
        return Places.of(self.versions, "facts")

    def among(self, numbers: Numbers) -> tuple[Numbers, npt.NDArray[np.bool_]]:
        """Return where each of ``numbers`` is among ours, and whether it is there at all."""
        if not len(self.numbers):
            return np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.bool_)
        at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return at, self.numbers[at] == numbers


@dataclass(frozen=True)
class Contents:
    """The versions that one generation sees, in the order in which they were put; or those of them that a reader sees.

    ``generation`` counts no others; ``is_whole`` tells that these are all.
    """

    generation: Generation
    versions: tuple[Version, ...]
    is_whole: bool = True

    @cached_property
    def id(self) -> str:
        """The name under which an answer says what it was given from.

        A reader's is another one as soon as something changes that they see, and not before: that somebody else's
        paper came is nobody's business.
        """
        if self.is_whole:
            return self.generation.id
        return hashlib.sha256(repr([version.info for version in self.versions]).encode()).hexdigest()[:16]

    @cached_property
    def visible_rows(self) -> str:
        """Which rows of the database a transaction of the reader sees, see ``visibility``."""
        return EVERYTHING if self.is_whole else of_versions(self.visible().numbers)

    def only(self, ids: Iterable[str]) -> Contents:
        """Return what there is for a reader for whom no other documents exist; an id that is not here adds nothing."""
        chosen = self._chosen(ids)
        lengths: dict[Of, list[Lengths]] = {of: [v.lengths[of] for v in chosen] for of in ("chunks", "facts")}
        counted = replace(
            self.generation,
            documents=len(chosen),
            chunks=sum(map(len, lengths["chunks"])),
            chunk_words=sum(int(held.sum()) for held in lengths["chunks"]),
            facts=sum(map(len, lengths["facts"])),
            fact_words=sum(int(held.sum()) for held in lengths["facts"]),
        )
        return Contents(counted, chosen, is_whole=False)

    @cached_property
    def by_id(self) -> dict[str, Version]:
        return {version.info.id: version for version in self.versions}

    @cached_property
    def by_number(self) -> dict[int, Version]:
        return {version.number: version for version in self.versions}

    def visible(self, ids: Iterable[str] | None = None) -> Visible:
        """Return what a search may find when it may find only these documents; all of them when ``ids`` is None.

        An id that is not here adds nothing.
        """
        if ids is None:
            return self._all
        return Visible(self, self._chosen(ids))

    @cached_property
    def _all(self) -> Visible:
        return Visible(self, self.versions)

    def _chosen(self, ids: Iterable[str]) -> tuple[Version, ...]:
        wanted = set(ids)
        return tuple(version for version in self.versions if version.info.id in wanted)


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
            told = select(
                *(documents.c.number, documents.c.since, documents.c.until),
                *(documents.c.info, documents.c.chunk_lengths, documents.c.fact_lengths),
            )
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
        """Tell whether ``latest`` came after what is known, and not out of a backup of something else.

        What has been cleared away since may have been written anew under the numbers that are known.
        """
        known = self._contents.generation
        if known.number == 0 or latest.number < known.number or latest.swept > known.number:
            return False
        row = select(schema.generations.c.token).where(schema.generations.c.number == known.number)
        return connection.scalar(row) == known.token


def _versions(rows: Iterable[tuple[int, int, int | None, str, bytes, bytes]]) -> dict[int, Version]:
    found = {}
    for number, since, until, info, chunks, facts in rows:
        lengths: dict[Of, Lengths] = {"chunks": unpack_lengths(chunks), "facts": unpack_lengths(facts)}
        found[number] = Version(number, since, until, DocumentInfo(**fields(info)), lengths)
    return found
