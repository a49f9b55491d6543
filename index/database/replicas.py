"""Streaming replicas of a shared database: one that holds what somebody has seen is read in the primary's place."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Lock

from sqlalchemy import Connection, Engine, exc, text

from index.database.errors import in_words
from index.database.generations import Generation
from index.database.schema import REVISION
from index.protocols import IndexMismatch, TenkyoIndexError

REST = 5.0  # seconds after which a server that could not be reached is tried again
BEHIND = 0.1  # and one that did not hold yet what was wanted

log = logging.getLogger(__name__)

Holds = Callable[[Connection], bool]


@dataclass(frozen=True)
class Identity:
    """What a database has in common with its replicas, and with no other: the cluster, the database, the schema."""

    system: int
    database: int
    schema: int | None

    @classmethod
    def of(cls, connection: Connection) -> Identity:
        return cls(*connection.execute(_IDENTITY).one())


_IDENTITY = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT CAST(oid AS bigint) FROM pg_database WHERE datname = current_database()),"
    " CAST(to_regnamespace(current_schema()) AS oid)::bigint"
)
_HELD = text(
    "SELECT made.version_num AS revision, seen.token AS token FROM alembic_version AS made"
    " LEFT JOIN generations AS seen ON seen.number = :number"
)


class Mark:
    """The newest generation that a process has read or written, and which history that is of. Safe from threads.

    After a failover, what the old primary alone had is no part of what goes on: that is another history.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest = Generation()
        self._timeline: str | None = None
        self.history = 0

    @property
    def newest(self) -> Generation:
        return self._newest

    def note(self, made: Generation) -> None:
        with self._lock:
            if made.number > self._newest.number:
                self._newest = made

    def look(self, seen: Generation, latest: Generation, timeline: str, *, is_known: bool) -> None:
        """Take in what the primary holds: the ``latest`` generation, and whether it knows what was ``seen`` before.

        Where it does not, another history begins, unless the primary is the same and merely does not show it yet.
        ``timeline`` is another one after each promotion.
        """
        with self._lock:
            if not is_known and self._newest != seen:
                return  # somebody has seen more meanwhile: the next look tells
            if is_known:
                self._newest = max(self._newest, latest, key=lambda one: one.number)
            elif latest.number >= seen.number or self._timeline not in (None, timeline):
                self._newest = latest
                self.history += 1
            self._timeline = timeline


def holds(connection: Connection, wanted: Generation) -> bool:
    """Tell whether a server has this version's schema and, in its history, a generation; number 0 is in every one."""
    row = connection.execute(_HELD, {"number": wanted.number}).first()
    return row is not None and row.revision == REVISION and (wanted.number == 0 or row.token == wanted.token)


class Replica:
    """One of them. ``fault`` says what it was passed over for when it was last looked at; nothing where it was read."""

    def __init__(self, engine: Engine, place: str):
        self.engine = engine
        self.place = place  # as people are told; without a password
        self.fault: TenkyoIndexError | None = None
        self._rests_until = 0.0

    def open(self, identity: Identity, is_wanted: Holds) -> Connection | None:
        """Return a connection in a transaction that holds what is wanted; None while it does not, or rests."""
        if time.monotonic() < self._rests_until:
            return None
        if self.fault is not None:  # one looks whether it is back, and nobody else waits for that
            self._rests_until = time.monotonic() + REST
        for is_last in (False, True):
            try:
                connection = self.engine.connect()
            except exc.TimeoutError:  # all connections are in use
                return None
            except exc.DBAPIError as error:
                self._pass(error)
                return None
            try:
                self._check(connection, identity)
                if is_wanted(connection):
                    self._well()
                    return connection
            except exc.DBAPIError as error:
                connection.close()
                if error.connection_invalidated and not is_last:
                    continue  # one that was kept since before the server was started anew
                if getattr(error.orig, "sqlstate", None) in _NOT_YET:
                    break
                self._pass(error)
                return None
            except IndexMismatch as error:
                connection.close()
                self._pass(error)
                return None
            connection.close()
            break
        self._rests_until = time.monotonic() + BEHIND
        return None

    def _check(self, connection: Connection, identity: Identity) -> None:
        """Raise IndexMismatch for another database; each connection is asked once."""
        if connection.info.get("is_replica_of") != identity:
            if Identity.of(connection) != identity:
                raise another_database(self.place)
            connection.info["is_replica_of"] = identity

    def _pass(self, error: exc.DBAPIError | IndexMismatch) -> None:
        self._rests_until = time.monotonic() + REST
        fault = in_words(self.place, error) if isinstance(error, exc.DBAPIError) else error
        if str(fault) != str(self.fault):
            log.warning("a replica is not read: %s", fault)
        self.fault = fault

    def _well(self) -> None:
        if self.fault is not None:
            log.warning("the replica %s is read again", self.place)
            self._rests_until = 0.0
        self.fault = None


_NOT_YET = ("3F000", "42P01", "42703")  # a schema, a table or a column that has not arrived


class Replicas:
    """All of them, read in turn. Safe from threads."""

    def __init__(self, replicas: Sequence[Replica]):
        self.all = tuple(replicas)
        self.identity: Identity | None = None  # of the primary: nothing is read before it is known
        self._turn = count()

    def open(self, is_wanted: Holds) -> Connection | None:
        """Return a connection to one of them, in a transaction that holds what is wanted; None where none does."""
        if self.identity is None:
            return None
        first = next(self._turn) % len(self.all)
        opened = (one.open(self.identity, is_wanted) for one in (*self.all[first:], *self.all[:first]))
        return next((connection for connection in opened if connection is not None), None)

    def faults(self) -> Iterator[str]:
        """Yield, in English, why each is not read."""
        for one in self.all:
            yield str(one.fault) if one.fault else f"{one.place} does not hold it yet"

    def close(self) -> None:
        for one in self.all:
            one.engine.dispose()


def another_database(place: str) -> IndexMismatch:
    """Return the error for the URL of a replica that names another database, or another schema of it."""
    return IndexMismatch(
        f"{place} is no replica of the database of TENKYO_DATABASE_URL: it has another system identifier, database or "
        "schema; name streaming replicas of that one in TENKYO_DATABASE_READ_URL",
        f"{place} は、TENKYO_DATABASE_URL のデータベースの複製ではありません（別のデータベースか、別のスキーマです）。"
        "TENKYO_DATABASE_READ_URL には、同じデータベースのストリーミング複製を指定してください。",
    )
