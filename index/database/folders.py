"""The file and the folder of an embedded index: who may write, and how its file is copied while it is in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from index.database.errors import busy, told
from index.protocols import IndexUnwritable


@contextmanager
def claimed_folder(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a folder; raise IndexBusy at once while one does."""
    with making(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "write.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise busy(str(folder)) from error
    try:
        yield
    finally:
        lock.release()


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database file as it is at one moment to a new file, while others read it and write to it."""
    with told(str(source)), _file(source) as held, told(str(target)), _file(target) as copy:
        held.connection.driver_connection.backup(copy.connection.driver_connection)
        copy.exec_driver_sql("PRAGMA journal_mode = DELETE")


def leave_wal(path: Path) -> None:
    """Bring all of a database into its one file; OperationalError while another connection is open."""
    with _file(path) as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")


@contextmanager
def _file(path: Path) -> Iterator[Any]:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def making(place: str) -> Iterator[None]:
    """Say in words what keeps a folder from being made."""
    try:
        yield
    except OSError as error:
        raise IndexUnwritable(
            f"{place} cannot be written ({error}): check its permissions, or use another folder",
            f"索引のフォルダ {place} に書き込めません。権限を確かめるか、別のフォルダを指定してください。",
        ) from error
