"""Where the papers of a watched folder go, and from where they are taken out again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from api.settings import Settings
from index.collection import AddReport, Collection, Progress


class Shelf(Protocol):
    """``id`` is the group's, empty without one."""

    @property
    def id(self) -> str: ...

    def add(self, paths: Sequence[Path], progress: Progress | None) -> AddReport: ...

    def remove(self, document_id: str) -> None:
        """Take a document out; KeyError if it is not there."""
        ...


class OwnShelf:
    """The collection of this machine's one person."""

    id = ""

    def __init__(self, collection: Collection):
        self._collection = collection

    def add(self, paths: Sequence[Path], progress: Progress | None) -> AddReport:
        return self._collection.add(paths, progress=progress)

    def remove(self, document_id: str) -> None:
        self._collection.remove(document_id)


class GroupShelf:
    """The papers of a group, where there are accounts. Raises AccessError for a group that is not there."""

    def __init__(self, named: str, collection: Collection, settings: Settings):
        from api.access.cli import opened

        with opened(settings) as accounts:
            self.id = accounts.people.group(named).id
        self._collection, self._settings = collection, settings

    def add(self, paths: Sequence[Path], progress: Progress | None) -> AddReport:
        from api.access.cli import add_for

        return add_for(self.id, self._collection, paths, self._settings, progress or (lambda stage, done, total: None))

    def remove(self, document_id: str) -> None:
        from api.access.cli import remove_for

        remove_for(self.id, self._collection, document_id, self._settings)
