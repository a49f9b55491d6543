"""Opens the file of accounts: SQLite beside the index, whatever the index itself is kept in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError

from api.access import schema
from api.access.errors import AccessUnusable

FILE = "access.db"
PATIENCE = 10.0  # seconds that a writer waits for another before it gives up
NOTHING_BEFORE = "0" * 64  # the hash before the first entry of the record
_WRITES = "tenkyo_writes"


class Database:
    """The file of accounts. Safe from threads and from other processes."""

    def __init__(self, path: Path, engine: Engine):
        self.path = path
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _told(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that nobody else writes beside; committed at its end, unless something is raised."""
        writers = self._engine.execution_options(**{_WRITES: True})
        with _told(self.path), writers.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def open_accounts(folder: Path) -> Database:
    """Return the accounts of the collection in ``folder``, made if need be; AccessUnusable says why that fails."""
    path = folder.expanduser().absolute() / FILE
    with _told(path):
        folder.mkdir(parents=True, exist_ok=True)
        # Hashes of passwords and of keys are nobody else's to read.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        url = URL.create("sqlite+pysqlite", database=str(path))
        engine = create_engine(url, connect_args={"timeout": PATIENCE}, pool_size=8, max_overflow=24)
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begins)
    database = Database(path, engine)
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: Database) -> None:
    """Make the tables, or refuse those of a later version."""
    with database.writing() as connection:
        found = int(connection.scalar(text("PRAGMA user_version")) or 0)
        if found > schema.VERSION:
            raise AccessUnusable(
                f"{database.path} has the tables of version {found}, not {schema.VERSION}: use a newer tenkyo",
                f"{database.path} は新しい版の tenkyo で作られています。新しい版を使ってください。",
            )
        if found == schema.VERSION:
            return
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.changes).values(count=0))
        connection.execute(insert(schema.audit_start).values(pruned=0, hash=NOTHING_BEFORE))
        for trigger in schema.TRIGGERS:
            connection.execute(text(trigger))
        connection.execute(text(f"PRAGMA user_version = {schema.VERSION}"))


def changed(connection: Connection) -> None:
    """Let every process forget what it remembers of who may see what."""
    connection.execute(schema.changes.update().values(count=schema.changes.c.count + 1))


def change(connection: Connection) -> int:
    return int(connection.scalar(select(schema.changes.c.count)) or 0)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
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
