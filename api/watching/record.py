"""What is known of watched folders, in a file beside the index, which whoever watches writes and the page reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from api.json_files import replace_json

FILE, LOCK = "watching.json", "watching.lock"
FORMAT = 1


class WatchingDamaged(ValueError):  # noqa: N818 - a state
    """The file cannot be read. ``str(error)`` names it; ``message`` says in Japanese what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be read: {why}")
        self.message = (
            f"見張りの記録 {path} を読み取れません。ファイルを削除してください"
            "（次に tenkyo watch を始めるときに、フォルダをはじめから調べ直します）。"
        )


class AlreadyWatching(Exception):  # noqa: N818 - a state
    """Another process watches for this index."""


@dataclass(frozen=True)
class Seen:
    """A file as it was seen: whether it has changed is told by these."""

    size: int
    mtime: int  # nanoseconds


@dataclass(frozen=True)
class Taken:
    """A file that is in the index, as the document of that id."""

    seen: Seen
    id: str


@dataclass(frozen=True)
class Failed:
    """A file that could not be taken in. It is tried again only when it is another."""

    seen: Seen
    reason: str  # Japanese
    page: int | None = None


@dataclass(frozen=True)
class Run:
    """What the last round that changed something did."""

    time: str  # ISO, UTC
    added: int = 0
    refreshed: int = 0
    removed: int = 0


@dataclass
class Folder:
    """A watched folder, its files by their place in it. ``shelf`` is the group that its papers are of."""

    path: str  # absolute
    shelf: str = ""
    is_watched: bool = True  # False: by an earlier command only
    place: tuple[int, int] | None = None  # device and number of the folder itself, when files were last seen in it
    taken: dict[str, Taken] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)  # documents whose files are gone or others now
    problem: str | None = None  # Japanese: why the folder as a whole cannot be looked through
    run: Run | None = None


class Record:
    """The record of the index at ``folder``. One process watches and writes; any number read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> list[Folder]:
        """Return what is known; nothing where nobody ever watched. Raise WatchingDamaged."""
        path = self.folder / FILE
        try:
            body = json.loads(path.read_text("utf-8"))
            if body["format"] != FORMAT:
                raise ValueError(f"format {body['format']!r}, this version reads {FORMAT}")
            return [_folder(row) for row in body["folders"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WatchingDamaged(path, str(error)) from error

    def write(self, folders: Sequence[Folder]) -> None:
        """Put this in place of what was known: the whole of it or, if that fails, nothing."""
        replace_json(self.folder / FILE, {"format": FORMAT, "folders": [asdict(folder) for folder in folders]})

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Be the one that watches; raise AlreadyWatching while another is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / LOCK, timeout=1)  # seconds: somebody may just be looking whether it is held
        try:
            lock.acquire()
        except Timeout:
            raise AlreadyWatching(str(self.folder)) from None
        try:
            yield
        finally:
            lock.release()

    def is_watched(self) -> bool:
        """Tell whether somebody watches now."""
        path = self.folder / LOCK
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except (Timeout, OSError):
            return True


def _folder(row: dict[str, Any]) -> Folder:
    place = row["place"]
    return Folder(
        path=str(row["path"]),
        shelf=str(row["shelf"]),
        is_watched=bool(row["is_watched"]),
        place=None if place is None else (int(place[0]), int(place[1])),
        taken={name: Taken(Seen(**one["seen"]), one["id"]) for name, one in row["taken"].items()},
        failed={name: Failed(Seen(**one["seen"]), one["reason"], one["page"]) for name, one in row["failed"].items()},
        stale=[str(id_) for id_ in row["stale"]],
        problem=row["problem"],
        run=None if row["run"] is None else Run(**row["run"]),
    )
