"""What lies in a folder at one moment, and which of it is whole: nobody is at it any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import time

from api.watching.record import Seen
from index.files import find_files
from ingest.parse import ParseError

# What browsers and copying programs leave beside a file until it is whole: 資料.pdf.part, 資料.pdf.crdownload
PARTIAL = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart", ".opdownload")
FORGOTTEN = 3600.0  # seconds after which a half that stays as it is keeps nobody waiting
GONE = "フォルダが見つかりません。取り外されたか、名前が変わった可能性があります。資料はそのまま残しています。"


@dataclass(frozen=True)
class Look:
    """``files`` and ``refused`` by their place in the folder. Of what lies in ``hidden``, nothing could be seen."""

    place: tuple[int, int] | None  # device and number of the folder; None where it is not there
    files: Mapping[str, Seen] = field(default_factory=dict)
    refused: Mapping[str, tuple[Seen, ParseError]] = field(default_factory=dict)  # never tried, such as a link out
    hidden: tuple[str, ...] = ()

    def hides(self, name: str) -> bool:
        """Tell whether a file may be there though it is not seen."""
        return self.place is None or any(name == one or name.startswith(f"{one}/") or one == "." for one in self.hidden)


def look(folder: Path, but: Path) -> Look:
    """Return what lies in a folder that could be read; hidden files, locks of offices and halves of files do not."""
    try:
        there = folder.stat()
        if not folder.is_dir():
            return Look(None)
    except OSError:
        return Look(None)
    files: dict[str, Seen] = {}
    refused: dict[str, tuple[Seen, ParseError]] = {}
    hidden: list[str] = []
    for path, failure in find_files([folder], but):
        name = path.relative_to(folder).as_posix()
        try:
            found = path.lstat() if failure else path.stat()
        except OSError:
            continue  # it has gone meanwhile
        seen = Seen(found.st_size, found.st_mtime_ns)
        if failure is None:
            files[name] = seen
        elif path.is_dir() and not path.is_symlink():
            hidden.append(name)
        else:
            refused[name] = seen, failure
    return Look((there.st_dev, there.st_ino), files, refused, tuple(hidden))


class Settling:
    """Tells which files have stayed as they are for a while, and which have been away for as long."""

    def __init__(self, seconds: float, clock: Callable[[], float]):
        self._seconds, self._clock = seconds, clock
        self._since: dict[Path, tuple[Seen | None, float]] = {}

    def is_settled(self, path: Path, seen: Seen | None) -> bool:
        """Tell whether a file has been seen just so, or not at all (None), on looks that lie far enough apart."""
        now = self._clock()
        before, since = self._since.get(path, (None, now))
        if path not in self._since or before != seen:
            self._since[path] = seen, now
            return False
        return now - since >= self._seconds and not (seen is not None and is_being_written(path))

    def forget(self, path: Path) -> None:
        """Begin anew with a file that is done with."""
        self._since.pop(path, None)


def is_being_written(path: Path) -> bool:
    """Tell whether a half of the file lies beside it: some browsers make the name first, with nothing in it."""
    halves = (path.with_name(path.name + end) for end in PARTIAL)
    return any(half.exists() and time() - half.stat().st_mtime < FORGOTTEN for half in halves)
