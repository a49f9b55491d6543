"""What people have said beside the papers, such as which are editions of one series: one JSON text a name.

Such texts once lay in files beside the index; one that still does is taken over when it is first asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from index.database.opened import Opened
from index.database.schema import notes
from index.servers import Servers

MOVED = ".moved"  # what is added to the name of a file that was taken over: nothing of it is lost
T = TypeVar("T")


@dataclass(frozen=True)
class Form(Generic[T]):
    """How a kind of note is read and written.

    ``read`` raises ValueError, KeyError or TypeError for what is none; ``damaged`` returns the error for a file (path,
    why) that cannot be read. ``merge`` joins what is kept with what a file of another machine holds.
    """

    empty: T
    read: Callable[[Any], T]
    write: Callable[[T], Any]
    merge: Callable[[T, T], T]
    damaged: Callable[[Path, str], Exception]


class Notes:
    """The notes of a collection, seen and changed from every process. Safe from threads."""

    def __init__(self, folder: Path, url: Servers | str | None = None):
        self._opened = Opened(folder, url)

    def read(self, name: str, form: Form[T]) -> T:
        """Return what is kept under a name; what the form is when it is empty where nothing is."""
        path = self._path(name)
        if path.exists():
            if self._opened.database() is None:
                return _in_file(path, form)
            self.change(name, form, lambda held: held)
        with self._opened.reading() as held:
            return form.empty if held is None else _kept(held[1], name, form)

    def change(self, name: str, form: Form[T], do: Callable[[T], T]) -> T:
        """Keep what ``do`` makes of what is kept, and return it; what ``do`` raises changes nothing.

        Nobody else writes meanwhile: it is not to take long.
        """
        path = self._path(name)
        self._opened.database(create=True)
        with self._opened.writing() as (database, connection):
            held = _kept(connection, name, form)
            # Looked for within the transaction: another process may have taken it over just now.
            is_there = path.exists()
            before = form.merge(held, _in_file(path, form)) if is_there else held
            after = do(before)
            if after != held or is_there:
                made = postgresql.insert if database.kind == "postgresql" else sqlite.insert
                body = json.dumps(form.write(after), ensure_ascii=False)
                kept = made(notes).values(name=name, body=body)
                connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_={"body": body}))
        if is_there:
            os.replace(path, path.with_name(path.name + MOVED))
        return after

    def _path(self, name: str) -> Path:
        return self._opened.folder / f"{name}.json"


def _kept(connection: Connection, name: str, form: Form[T]) -> T:
    body = connection.scalar(select(notes.c.body).where(notes.c.name == name))
    return form.empty if body is None else form.read(json.loads(body))


def _in_file(path: Path, form: Form[T]) -> T:
    try:
        return form.read(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return form.empty
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise form.damaged(path, str(error)) from error
