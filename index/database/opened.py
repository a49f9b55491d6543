"""The database of a collection as it is there now, for what is kept in it beside the papers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from index.database.engine import Database, check_schema, connect, open_database, revision
from index.database.urls import FILE
from index.database.visibility import EVERYTHING
from index.protocols import IndexMissing
from index.servers import Servers
from index.takeover import is_old, old


class Opened:
    """Opens it when it is first needed, and anew when a backup has replaced a folder's file. Safe from threads."""

    def __init__(self, folder: Path, url: Servers | str | None = None):
        self.folder = folder.expanduser().absolute()
        self.is_shared = url is not None
        self._url = url
        self._lock = Lock()
        self._opened: tuple[Database, object] | None = None

    @contextmanager
    def reading(self) -> Iterator[tuple[Database, Connection] | None]:
        """Give a transaction that sees one state; None where there is no database yet."""
        database = self.database()
        if database is None:
            yield None
            return
        with database.current(visible=EVERYTHING) as connection:
            yield database, connection

    @contextmanager
    def writing(self) -> Iterator[tuple[Database, Connection]]:
        """Give a transaction that nobody else writes beside; IndexMissing where there is no database yet."""
        database = self.database()
        if database is None:
            raise IndexMissing(f"there is no index at {self.folder}", f"{self.folder} に索引がありません。")
        with database.writing() as connection:
            yield database, connection

    def database(self, *, create: bool = False) -> Database | None:
        """Return the database; None where nothing is, unless it is to be made.

        IndexMismatch for what is to be made in the folder of an older version.
        """
        with self._lock:
            which: object = self._url
            if self._url is None:
                try:
                    found = (self.folder / FILE).stat()
                    which = found.st_dev, found.st_ino
                except OSError:
                    if not create:
                        return None
                    if is_old(self.folder):
                        raise old(self.folder) from None
                    which = None
            if self._opened is not None and self._opened[1] == which:
                return self._opened[0]
            self._close()
            opened = open_database(self._url or self.folder, create=True) if create else self._there()
            if opened is None:
                return None
            if which is None:
                found = (self.folder / FILE).stat()
                which = found.st_dev, found.st_ino
            self._opened = opened, which
            return opened

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _there(self) -> Database | None:
        """Return the database, with this version's schema; None where it holds nothing yet."""
        database = connect(self._url or self.folder)
        try:
            if revision(database) is None:
                database.close()
                return None
            check_schema(database, create=True)
        except BaseException:
            database.close()
            raise
        return database
