"""Opens the database of a collection: a folder or a URL becomes a Database that reads and writes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from weakref import finalize

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, insert, select, text

from index.database import schema
from index.database.errors import another_history, busy, is_out_of_reach, no_primary, nowhere, told
from index.database.folders import making
from index.database.generations import Generation, knows, newest
from index.database.replicas import Holds, Identity, Mark, Replica, Replicas, holds
from index.database.urls import Place, has_hosts, replicas_of, shown, url_of
from index.database.visibility import EVERYTHING, NOTHING, show
from index.protocols import IndexMismatch, IndexMissing, IndexUnreachable, IndexUnwritable

Kind = Literal["sqlite", "postgresql"]

PATIENCE = 10.0  # seconds that a writer waits for another before it gives up
SLOW = 2  # seconds that a server has to take a connection where another may do; libpq knows no fewer
LOOK = 1.0  # seconds for which what another process has written may be missed where replicas are read
PRIMARY_REST = 2.0  # seconds after which a primary that could not be reached is tried again
CATCHING_UP = 5.0  # seconds that replicas have to come to what was seen while there is no primary
PAUSE = 0.02  # seconds between two looks at them
# A machine that is gone says nothing: seconds, and milliseconds, after which a connection to it is given up.
_HEARD = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
POSTGRES, PGVECTOR = 15, (0, 8)  # the oldest that are known to work: iterative scans came with pgvector 0.8
_LOCK = 0x54454E4B  # the class of our advisory locks; the second number is the schema's
_CLAIM = 0x54454E4C  # and that of a work of many transactions
_TIMELINE = text("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")  # another one after each promotion
_WRITES = "tenkyo_writes"  # an execution option: the transaction is to hold the writer's lock from its start


class Database:
    """One collection's database. Safe from threads: each transaction has a connection of its own."""

    def __init__(
        self,
        engine: Engine,
        place: str,
        folder: Path | None,
        replicas: Replicas | None = None,
        mark: Mark | None = None,
        *,
        is_replicated: bool = False,
    ):
        """``mark`` is what this process has seen of it; ``is_replicated`` tells that another server may take over."""
        self.engine = engine
        self.place = place  # as people are told; without a password
        self.folder = folder  # where caches may lie, and the originals of an embedded index
        self.kind: Kind = "postgresql" if engine.dialect.name == "postgresql" else "sqlite"
        self.mark = mark or Mark()
        self.replicas = replicas
        self._is_replicated = is_replicated
        self.history = self.mark.history  # that it reads; in another, nothing that is known of it holds
        self._looking = Lock()
        self._looks_at = self._rests_until = 0.0
        of_one_state = {"isolation_level": "REPEATABLE READ"} if self.kind == "postgresql" else {}
        self._readers = engine.execution_options(**of_one_state)
        finalize(self, engine.dispose)  # of one that nobody holds any more
        if replicas is not None:
            finalize(self, replicas.close)

    @contextmanager
    def reading(self, visible: str = NOTHING) -> Iterator[Connection]:
        """Give a transaction that sees one state of the database, whatever is written meanwhile.

        Of a shared one it sees the rows of papers that are ``visible`` alone, see ``visibility``. It is that of a
        replica which holds all that this process has seen, or of the primary where none does. Raise GenerationGone once
        the history has become another, IndexUnreachable when no server holds what was seen.
        """
        with told(self.place), self._opened() as connection:
            if self.kind == "postgresql":
                show(connection, visible)
            yield connection

    @contextmanager
    def current(self, is_wanted: Holds = lambda _: True, visible: str = NOTHING) -> Iterator[Connection]:
        """Give a transaction as ``reading`` does, but of the primary.

        While there is none, it is that of a replica that holds what ``is_wanted``; IndexUnwritable where none does.
        """
        with told(self.place):
            connection: Connection | None
            try:
                connection = self._primary(self._readers)
            except IndexUnwritable:
                connection = None if self.replicas is None else self.replicas.open(is_wanted)
                if connection is None:
                    raise
            with connection:
                if not connection.in_transaction():
                    connection.begin()
                if self.kind == "postgresql":
                    show(connection, visible)
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that nobody else writes beside; it is committed at its end, unless something is raised.

        Raise IndexBusy when another writer does not finish in time, IndexUnwritable while no server can be written.
        """
        with self.written() as connection:
            if self.kind == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{int(PATIENCE * 1000)}ms'"))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:class, hashtext(current_schema()))"), {"class": _LOCK}
                )
                show(connection, EVERYTHING)
            yield connection

    @contextmanager
    def written(self) -> Iterator[Connection]:
        """Give a transaction of the primary, whoever writes beside."""
        writers = self.engine.execution_options(**{_WRITES: True})
        with told(self.place), self._primary(writers) as connection, connection.begin():
            yield connection

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep others from a work of many transactions; raise IndexBusy at once while another machine is at one.

        Of a folder that is ``claimed_folder``: only a shared database has a lock of its own.
        """
        if self.kind == "sqlite":
            yield
            return
        with told(self.place), self._primary(self.engine) as connection:
            # Of the session, not of a transaction: none may stay open for as long as a work takes.
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            mine = {"class": _CLAIM}
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:class, hashtext(current_schema()))"), mine):
                raise busy(self.place)
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:class, hashtext(current_schema()))"), mine)

    def properties(self) -> dict[str, str]:
        """Return what the database says of how it was made: analyzer, embedder, dim; nothing before the first paper."""
        with self.reading() as connection:
            return {row.name: row.value for row in connection.execute(select(schema.properties))}

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self.replicas is not None:
            self.replicas.close()

    def catch_up(self, seen: Generation | None) -> None:
        """See to it that nothing older is read from now on than what somebody else has seen.

        None is what nobody can tell: then it is what the primary holds. A generation that the primary does not know is
        none, and changes nothing. Raise IndexUnreachable while there is no primary and no replica holds it.
        """
        if self.replicas is None or (seen is not None and self.mark.newest.number >= seen.number):
            return
        self._look(at_once=True)
        if seen is None or self.mark.newest.number >= seen.number or time.monotonic() >= self._rests_until:
            return
        held = self.replicas.open(partial(holds, wanted=seen))
        if held is None:
            raise nowhere(self.place, seen.id, "; ".join(self.replicas.faults()))
        with held:
            self.mark.note(seen)

    def _opened(self) -> Connection:
        """Return a connection of ``reading``; where nothing that was seen can be had, it is waited for a little."""
        if self.replicas is None:
            connection = self._primary(self._readers)
            connection.begin()
            return connection
        until = time.monotonic() + CATCHING_UP
        while True:
            self._look()
            if self.history != self.mark.history:
                raise another_history(self.place)
            seen = self.mark.newest
            found = self.replicas.open(partial(holds, wanted=seen))
            if found is not None:
                return found
            try:
                connection = self._primary(self._readers)
            except IndexUnwritable as error:
                if time.monotonic() > until:
                    raise nowhere(self.place, seen.id, "; ".join(self.replicas.faults())) from error
            else:
                connection.begin()
                # What a replica shows, its primary may show a moment later: when it hears that it has arrived there.
                if time.monotonic() > until or knows(connection, seen):
                    return connection
                connection.close()
            time.sleep(PAUSE)

    def _primary(self, engine: Engine) -> Connection:
        """Return a connection to the primary; IndexUnwritable while there is none but there are others to ask."""
        if time.monotonic() < self._rests_until:
            raise no_primary(self.place)
        if self._rests_until:  # one looks whether it is back, and nobody else waits for that
            self._rests_until = time.monotonic() + PRIMARY_REST
        try:
            connection = engine.connect()
        except exc.DBAPIError as error:
            if not self._is_replicated or not is_out_of_reach(error):
                raise
            if self.replicas is not None:
                self._rests_until = time.monotonic() + PRIMARY_REST
            raise no_primary(self.place, str(error.orig).strip()) from error
        self._rests_until = 0.0
        return connection

    def _look(self, *, at_once: bool = False) -> None:
        """See now and then what the primary holds: what other processes have written is missed for no longer."""
        if not self._looking.acquire(blocking=at_once):
            return  # somebody does
        try:
            if time.monotonic() < self._looks_at and not at_once:
                return
            self._looks_at = time.monotonic() + LOOK
            seen = self.mark.newest
            with self._primary(self._readers) as connection, connection.begin():
                latest, is_known = newest(connection), knows(connection, seen)
                timeline = str(connection.scalar(_TIMELINE))
            self.mark.look(seen, latest, timeline, is_known=is_known)
        except (IndexUnwritable, exc.DBAPIError):
            return  # while there is none, or nothing in it yet
        finally:
            self._looking.release()


def open_database(place: Place, *, create: bool = False, mark: Mark | None = None) -> Database:
    """Return the database in a folder, or the one that a ``postgresql+psycopg://…`` URL names.

    With ``create`` it is made, or brought to the schema of this version, if need be; without it, that is refused:
    IndexMissing where nothing is, IndexMismatch where a shared one has the schema of an older version. That of a newer
    version is refused always. A URL that cannot be
    used, a server too old, without pgvector or out of reach raise IndexUnreachable, a role without rights
    IndexUnwritable, a replica of another database IndexMismatch; each says what helps. ``mark`` is what this process
    has seen of it.
    """
    url = url_of(place)
    if url.drivername.startswith("sqlite"):
        folder = Path(str(url.database)).parent
        if not create and not Path(str(url.database)).is_file():
            raise _missing(str(folder))
        with making(str(folder)):
            folder.mkdir(parents=True, exist_ok=True)
    database = connect(place, mark)
    try:
        check_schema(database, create=create)
    except BaseException:
        database.close()
        raise
    return database


def connect(place: Place, mark: Mark | None = None) -> Database:
    """Return a database as ``open_database`` does, whatever its schema is."""
    url, others = url_of(place), replicas_of(place)
    folder = None if url.drivername.startswith("postgresql") else Path(str(url.database)).parent
    is_replicated = bool(others) or has_hosts(url)
    found = Replicas([_replica(one) for one in others]) if others else None
    engine = _engine(url, SLOW if is_replicated else 10)
    database = Database(
        engine, shown(url) if folder is None else str(folder), folder, found, mark, is_replicated=is_replicated
    )
    try:
        if found is not None:
            _identify(database, found, url)
        if database.kind == "postgresql":
            _check_server(database)
    except BaseException:
        database.close()
        raise
    return database


def _replica(url: URL) -> Replica:
    # What is asked first of each connection tells whether it still is one.
    engine = _engine(url, SLOW, pre_ping=False)
    return Replica(engine.execution_options(isolation_level="REPEATABLE READ"), shown(url))


def _identify(database: Database, replicas: Replicas, url: URL) -> None:
    """See which database the replicas must be of; raise IndexMismatch for one of another.

    Without a primary any server counts that its URL names: who has written that has said that it is this database.
    """
    with told(database.place):
        try:
            with database.current() as connection:
                replicas.identity = Identity.of(connection)
        except IndexUnwritable:
            any_of_it = _engine(url.update_query_dict({"target_session_attrs": "any"}), SLOW)
            try:
                with any_of_it.connect() as connection:
                    replicas.identity = Identity.of(connection)
            except exc.DBAPIError as error:
                raise no_primary(database.place, str(error.orig).strip()) from error
            finally:
                any_of_it.dispose()
        for replica in replicas.all:
            connection_of = replica.open(replicas.identity, lambda _: True)
            if connection_of is not None:
                connection_of.close()
            if isinstance(replica.fault, IndexMismatch):
                raise replica.fault


def settle(connection: Connection, wanted: Mapping[str, str], place: str) -> None:
    """Write down how the index is made; raise IndexMismatch when it was made otherwise.

    Called in the transaction that writes, so that two first writers cannot settle for different models.
    """
    held = {row.name: row.value for row in connection.execute(select(schema.properties))}
    check_properties(held, wanted, place)
    new = [{"name": name, "value": value} for name, value in wanted.items() if name not in held]
    if new:
        connection.execute(insert(schema.properties), new)


def check_properties(held: Mapping[str, str], wanted: Mapping[str, str], place: str) -> None:
    """Raise IndexMismatch when an index was made by another model or analyzer than the ``wanted`` ones."""
    for name, value in wanted.items():
        if held.get(name, value) == value:
            continue
        if name == schema.ANALYZER:
            raise IndexMismatch(
                f"{place} was made with analyzer {held[name]}, not {value}: "
                "run `tenkyo ingest` with your files again to rebuild it from its originals",
                f"{place} の索引は今の版と単語の切り方が違います（{held[name]} → {value}）。"
                "「tenkyo ingest」で文書をもう一度取り込むと、保存してある原本から作り直します。",
            )
        raise IndexMismatch(
            f"{place} was made with the embedding model {held[name]}, not {value}: "
            "name that model, or use another index",
            f"{place} の索引は埋め込みモデル「{held[name]}」で作られていますが、今の設定は「{value}」です。"
            "同じモデルを指定するか、別の索引に取り込んでください。",
        )


def _engine(url: URL, patience: int = 10, *, pre_ping: bool = True) -> Engine:
    """Return the engine of a URL; a server of it has ``patience`` seconds to take a connection."""
    if url.drivername.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": PATIENCE}, pool_size=8, max_overflow=24)
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
        return engine
    # A prepared plan is kept although SET LOCAL has since changed what it should look like.
    connecting: dict[str, Any] = {"prepare_threshold": None, "connect_timeout": patience, **_HEARD}
    connecting = {name: value for name, value in connecting.items() if name not in url.query}
    try:
        engine = create_engine(url, connect_args=connecting, pool_size=8, max_overflow=24, pool_pre_ping=pre_ping)
        event.listen(engine, "connect", _postgresql_connected)
        return engine
    except ImportError as error:
        raise IndexUnreachable(
            f"PostgreSQL needs a package that is not installed ({error}): pip install 'tenkyo[postgres]'",
            "PostgreSQL を使うための部品が入っていません。pip install 'tenkyo[postgres]' を実行してください。",
        ) from error


def _postgresql_connected(connection: Any, _: object) -> None:
    connection.autocommit = True
    # All is looked up by key, a few rows at a time, and most of it is in memory: the server's own setting, which is for
    # disks that turn, would read whole tables instead.
    connection.execute("SET random_page_cost = 1.1")
    connection.autocommit = False


def _sqlite_connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions at moments of its own
    for pragma in (
        "page_size = 8192",  # of a new file: five vectors of 384 dimensions fill a page, and two a half
        "journal_mode = WAL",  # readers and the writer do not wait for each other
        "synchronous = FULL",  # a commit is on the disk before it is said to be
        "foreign_keys = ON",
        "cache_size = -8000",  # KiB, for each connection; the system keeps more
        "temp_store = MEMORY",
        "journal_size_limit = 67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_server(database: Database) -> None:
    """Raise IndexUnreachable for a server that is too old, and make sure of pgvector."""
    with database.current() as connection:
        version = int(connection.scalar(text("SELECT current_setting('server_version_num')")) or 0) // 10000
        held = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'vector'"))
        offered = connection.scalar(text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"))
    if version < POSTGRES:
        raise IndexUnreachable(
            f"{database.place} runs PostgreSQL {version}, and {POSTGRES} is the oldest that works: upgrade the server",
            f"{database.place} の PostgreSQL は {version} 版です。{POSTGRES} 版以上に上げてください。",
        )
    if held is None and offered is None:
        raise IndexUnreachable(
            f"{database.place} has no pgvector: install it on the server (package postgresql-{version}-pgvector)",
            f"{database.place} に拡張機能 pgvector がありません。"
            f"サーバーに postgresql-{version}-pgvector を入れてください。",
        )
    if held is not None and _numbers(held) < PGVECTOR:
        least = ".".join(map(str, PGVECTOR))
        raise IndexUnreachable(
            f"{database.place} has pgvector {held}, and {least} is the oldest that works: install a newer one, "
            "then run ALTER EXTENSION vector UPDATE",
            f"{database.place} の pgvector は {held} 版です。{least} 版以上を入れて、"
            "ALTER EXTENSION vector UPDATE を実行してください。",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version))


def check_schema(database: Database, *, create: bool = False) -> None:
    """Raise when the schema is not this version's.

    With ``create``, or where it is an older one in a folder, make it so first.
    """
    found = revision(database)
    if found == schema.REVISION:
        return
    if found is not None and (found > schema.REVISION or not re.fullmatch(r"\d{4}", found)):
        raise IndexMismatch(
            f"{database.place} has the schema {found} of a newer version than this one ({schema.REVISION}): "
            "use a newer tenkyo",
            f"{database.place} の索引は、新しい版の tenkyo で作られています（{found}）。"
            "この版では読めません。新しい版の tenkyo を使ってください。",
        )
    # An index in a folder is one machine's; of a shared one, others may still run the older version.
    if create or (found is not None and database.kind == "sqlite"):
        migrate(database)
    elif found is None:
        raise _missing(database.place)
    else:
        raise IndexMismatch(
            f"{database.place} has the schema {found} of an older version: "
            "run `tenkyo serve` or `tenkyo ingest` once, and it is upgraded",
            f"{database.place} の索引の形式（{found}）は古い版のものです。一度「tenkyo serve」か"
            f"「tenkyo ingest」を実行すると、新しい形式（{schema.REVISION}）になります。",
        )


def revision(database: Database) -> str | None:
    """Return the revision of the schema; None where there is none."""
    with database.current() as connection:
        if database.kind == "postgresql":
            # Of the schema that comes first in the search path only: another collection's may stand behind it.
            there = connection.scalar(
                text("SELECT to_regclass(format('%I.alembic_version', current_schema())) IS NOT NULL")
            )
        else:
            there = connection.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"))
        return connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None


def migrate(database: Database, to: str = "head") -> None:
    """Bring the schema to this version's, or to an earlier one, in one transaction."""
    # Alembic takes a third of a second to import, and is needed once in the life of an index.
    from alembic import command
    from alembic.config import Config

    if database.kind == "postgresql":
        _add_pgvector(database)
    with database.writing() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, to)


def _add_pgvector(database: Database) -> None:
    """Add the extension to the database, unless it is there; only an administrator may."""
    try:
        with database.writing() as connection:
            if connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'vector'")) == 0:
                connection.execute(text("CREATE EXTENSION vector"))
    except IndexUnwritable as error:
        raise IndexUnreachable(
            f"{database.place} has no pgvector yet, and this role may not add it: let an administrator of the database "
            "run CREATE EXTENSION vector",
            f"{database.place} で拡張機能 pgvector が有効になっていません。データベースの管理者が "
            "CREATE EXTENSION vector を実行してください。",
        ) from error


def _missing(place: str) -> IndexMissing:
    return IndexMissing(
        f"there is no index at {place}: run `tenkyo ingest` first",
        f"{place} に索引がありません。先に「tenkyo ingest」で文書を取り込んでください。",
    )
