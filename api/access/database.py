"""Opens the accounts: SQLite beside an index in a folder, a schema of their own beside one that machines share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from api.access import schema
from api.access.errors import AccessUnusable
from index.database.engine import Database as Papers
from index.database.engine import connect
from index.protocols import IndexUnwritable, TenkyoIndexError
from index.servers import Servers

FILE = "access.db"
PATIENCE = 10.0  # seconds that a writer waits for another before it gives up
NOTHING_BEFORE = "0" * 64  # the hash before the first entry of the record
_WRITES = "tenkyo_writes"
_CHANGES = "tenkyo_changes"  # under which a connection knows how many changes there are with those it makes
_LOCK = 0x54454E41  # the class of our advisory lock
# Whatever the search path is: tables of these names are the papers' too.
_OF_ACCOUNTS: dict[str, Any] = {"schema_translate_map": {None: schema.PLACE}}


class Database:
    """The accounts. Safe from threads, from other processes and, where they are shared, from other machines.

    Shared ones are those of the primary. While there is none, a replica is read which knows all that this process
    knows of who may do what: who was signed in goes on reading, and nobody regains a right.
    """

    def __init__(self, path: Path | str, engine: Engine, held: Papers | None = None):
        """``held`` is the shared database, which has the engine."""
        self.path = path  # as people are told
        self._engine = engine
        self._held = held
        self._known = 0  # changes to what somebody may
        self.is_shared = held is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that sees one state."""
        if self._held is None:
            with _told(self.path), self._engine.connect() as connection, connection.begin():
                yield connection
            return
        with _told(self.path), self._held.current(self._is_known) as connection:
            yield connection.execution_options(**_OF_ACCOUNTS)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that nobody else writes beside; committed at its end, unless something is raised."""
        if self._held is None:
            writers = self._engine.execution_options(**{_WRITES: True})
            with _told(self.path), writers.connect() as connection, connection.begin():
                yield connection
            return
        with _told(self.path), self._held.written() as connection:
            connection.execution_options(**_OF_ACCOUNTS)
            connection.execute(text(f"SET LOCAL lock_timeout = '{int(PATIENCE * 1000)}ms'"))
            mine = {"class": _LOCK, "place": schema.PLACE}
            connection.execute(text("SELECT pg_advisory_xact_lock(:class, hashtext(:place))"), mine)
            connection.info[_CHANGES] = 0
            yield connection
            count = connection.info[_CHANGES]
        self.saw(count)

    def saw(self, count: int) -> None:
        """Say how many changes to what somebody may are known."""
        self._known = max(self._known, count)

    def close(self) -> None:
        if self._held is None:
            self._engine.dispose()
        else:
            self._held.close()

    def _is_known(self, connection: Connection) -> bool:
        """Tell whether a replica has this version's tables, and every change that is known."""
        connection.execution_options(**_OF_ACCOUNTS)
        return _version(self, connection) == schema.VERSION and change(connection) >= self._known


def open_accounts(folder: Path, url: Servers | str | None = None) -> Database:
    """Return the accounts of the collection in ``folder``, made if need be; AccessUnusable says why that fails.

    With the ``url`` of a database that machines share they stand there. Those that this machine has had for itself
    move there the first time, unless there are some already.
    """
    database = _open_file(folder) if url is None else _open_shared(url)
    try:
        is_new = _prepare(database)
        if is_new and url is not None and (folder / FILE).exists():
            _move(folder, database)
    except BaseException:
        database.close()
        raise
    return database


def _open_file(folder: Path) -> Database:
    path = folder.expanduser().absolute() / FILE
    with _told(path):
        folder.mkdir(parents=True, exist_ok=True)
        # Hashes of passwords and of keys are nobody else's to read.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        url = URL.create("sqlite+pysqlite", database=str(path))
        engine = create_engine(url, connect_args={"timeout": PATIENCE}, pool_size=8, max_overflow=24)
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begins)
    return Database(path, engine)


def _open_shared(url: Servers | str) -> Database:
    try:
        held = connect(url)
    except TenkyoIndexError as error:
        raise AccessUnusable(str(error), error.message) from error
    return Database(held.place, held.engine, held)


def _prepare(database: Database) -> bool:
    """Make the tables, or refuse those of a later version; return whether they are new."""
    with database.reading() as connection:
        if _version(database, connection) == schema.VERSION:  # which need not be written, and may not now
            return False
    with database.writing() as connection:
        found = _version(database, connection)
        if found > schema.VERSION:
            raise AccessUnusable(
                f"{database.path} has the tables of version {found}, not {schema.VERSION}: use a newer tenkyo",
                f"{database.path} は新しい版の tenkyo で作られています。新しい版を使ってください。",
            )
        if found == schema.VERSION:
            return False
        if database.is_shared:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema.PLACE}"))
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.changes).values(count=0))
        connection.execute(insert(schema.audit_start).values(pruned=0, hash=NOTHING_BEFORE))
        for statement in schema.SHARED_TRIGGERS if database.is_shared else schema.TRIGGERS:
            connection.execute(text(statement))
        if database.is_shared:
            schema.shared.create_all(connection)
            connection.execute(insert(schema.audit_end).values(number=0))
            connection.execute(text(f"COMMENT ON SCHEMA {schema.PLACE} IS '{schema.VERSION}'"))
        else:
            connection.execute(text(f"PRAGMA user_version = {schema.VERSION}"))
    return True


def _version(database: Database, connection: Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    if not database.is_shared:
        return int(connection.scalar(text("PRAGMA user_version")) or 0)
    said = text("SELECT obj_description(to_regnamespace(:place), 'pg_namespace')")
    return int(connection.scalar(said, {"place": schema.PLACE}) or 0)


def _move(folder: Path, database: Database) -> None:
    """Copy what a machine has had for itself, in one transaction; then put the file aside."""
    own = _open_file(folder)
    try:
        with own.reading() as there, database.writing() as here:
            for table in (schema.changes, schema.audit_start):
                here.execute(table.delete())
            for table in schema.metadata.sorted_tables:
                rows = [dict(row) for row in there.execute(select(table)).mappings()]
                if rows:
                    here.execute(insert(table), rows)
            here.execute(update(schema.audit_end).values(number=last_number(there)))
    finally:
        own.close()
    for path in sorted(folder.glob(f"{FILE}*")):
        path.rename(path.with_name(path.name.replace(FILE, "access-moved.db", 1)))


def inserting(connection: Connection, table: Table) -> Any:
    """Return an INSERT that can say what is to be done where the row is there already."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def next_number(connection: Connection) -> dict[str, int]:
    """Return the number of the next entry of the record, where the database does not count by itself without a gap."""
    if connection.dialect.name == "sqlite":
        return {}
    kept = schema.audit_end
    counted = update(kept).values(number=kept.c.number + 1).returning(kept.c.number)
    return {"number": connection.execute(counted).scalar_one()}


def last_number(connection: Connection) -> int:
    """Return the highest number that an entry of the record has ever had."""
    if connection.dialect.name == "sqlite":
        return int(connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")) or 0)
    return int(connection.execute(select(schema.audit_end.c.number)).scalar_one())


def changed(connection: Connection) -> None:
    """Let every process forget what it remembers of who may do what; and no replica is asked that has not heard of it.

    Whatever takes a right from somebody, or a session, says so.
    """
    counted = update(schema.changes).values(count=schema.changes.c.count + 1).returning(schema.changes.c.count)
    connection.info[_CHANGES] = connection.execute(counted).scalar_one()


def change(connection: Connection) -> int:
    return int(connection.scalar(select(schema.changes.c.count)) or 0)


@contextmanager
def _told(path: Path | str) -> Iterator[None]:
    try:
        yield
    except IndexUnwritable as error:
        message = f"{error.message}サインインや設定の変更は、そのあとにお願いします。"
        raise AccessUnusable(str(error), message) from error
    except TenkyoIndexError as error:
        raise AccessUnusable(str(error), error.message) from error
    except (DBAPIError, OSError) as error:
        cause: Any = getattr(error, "orig", None) or error
        raise AccessUnusable(
            f"{path} cannot be used ({type(cause).__name__}: {cause}): check its permissions and the disk",
            "アカウントの記録を読み書きできません。サーバーの管理者に知らせてください。",
        ) from error


def _connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions at moments of its own
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
