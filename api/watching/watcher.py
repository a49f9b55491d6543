"""One look after another at watched folders: what is new is taken in, what is gone is taken out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from api.watching.looking import GONE, Look, Settling, look
from api.watching.record import Failed, Folder, Record, Run, Seen, Taken
from api.watching.shelves import Shelf
from index.collection import AddReport, Collection, Progress
from index.documents import DocumentInfo
from index.files import document_id, not_readable
from index.originals import hash_file
from index.protocols import IndexBusy, IndexMissing

SETTLE_SECONDS = 3.0  # that a file must stay as it is
# Of a file that could not even be opened, such as one that an office holds: it is tried again with each look.
UNOPENED = Seen(-1, -1)
EMPTIED = (
    "フォルダが空になり、前に見ていたものとは別のフォルダのようです。取り外されたドライブかもしれないため、"
    "資料はそのまま残しています。"
)


@dataclass
class Done:
    """What a look came to. ``is_waiting``: there are files that are not whole yet, or somebody else writes."""

    added: list[DocumentInfo] = field(default_factory=list)
    refreshed: list[DocumentInfo] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)  # (folder, file)
    failed: list[tuple[Path, Failed]] = field(default_factory=list)  # anew
    problems: list[tuple[str, str]] = field(default_factory=list)  # (folder, Japanese), anew
    is_waiting: bool = False
    is_busy: bool = False  # another process writes to the index

    def __bool__(self) -> bool:
        """Tell whether anything came of it."""
        return bool(self.added or self.refreshed or self.removed or self.failed or self.problems)


_Ready = tuple[Folder, str, Seen, str]  # a file that is whole: its folder, place, how it was seen, its paper's id


class Watcher:
    """Looks at folders. What it is told to do again after an interruption, it finds done, or does."""

    def __init__(
        self,
        collection: Collection,
        shelf: Shelf,
        folders: Sequence[Path],
        record: Record,
        *,
        settle: float = SETTLE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ):
        """``folders`` are absolute, and none lies in another. Raise WatchingDamaged."""
        self.collection, self.shelf, self.record = collection, shelf, record
        known = {(folder.path, folder.shelf): folder for folder in record.read()}
        self.folders = [known.pop((str(path), shelf.id), Folder(str(path), shelf.id)) for path in folders]
        self._others = list(known.values())
        for folder in self.folders:
            folder.is_watched = True
        for folder in self._others:
            folder.is_watched = False
        self._settling = Settling(settle, clock)
        self._is_first = True
        if not self._held():  # the index was made anew, and knows of none of them
            for folder in self.folders:
                folder.taken.clear()
        self._write()

    def look(self, progress: Progress | None = None) -> Done:
        """Bring the index up to what lies in the folders and is whole; return what came of it.

        Ctrl-C leaves what was finished, and the record knows of it.
        """
        done = Done()
        looks = [self._looked(folder, done) for folder in self.folders]
        try:
            self._take_in(looks, done, progress)
            self._take_out(looks, done)
        except IndexBusy:  # somebody else takes papers in: it is tried again with the next look
            done.is_busy = done.is_waiting = True
        if done or (self._is_first and not done.is_waiting):
            self._told_of(done)
        return done

    def _told_of(self, done: Done) -> None:
        """Put down, folder by folder, what a look came to."""
        for folder in self.folders:
            added, refreshed = (sum(_is_of(folder, i) for i in infos) for infos in (done.added, done.refreshed))
            run = Run(_now(), added, refreshed, sum(path == folder.path for path, _ in done.removed))
            if self._is_first or added or refreshed or run.removed:
                folder.run = run
        self._is_first = False
        self._write()

    def _looked(self, folder: Folder, done: Done) -> Look:
        """Return what lies in a folder, and put down what hinders looking."""
        seen = look(Path(folder.path), self.collection.folder)
        problem = None
        if seen.place is None:
            problem = GONE
        elif folder.taken and not seen.files and folder.place not in (None, seen.place):
            problem, seen = EMPTIED, Look(None)
        if problem != folder.problem:
            folder.problem = problem
            if problem is not None:
                done.problems.append((folder.path, problem))
            else:
                self._write()
        if seen.files:
            folder.place = seen.place
        return seen

    # --- what comes in ---

    def _take_in(self, looks: Sequence[Look], done: Done, progress: Progress | None) -> None:
        ready: dict[Path, _Ready] = {}
        for folder, seen_in in zip(self.folders, looks, strict=True):
            for name, (seen, error) in seen_in.refused.items():
                self._failed(folder, name, Failed(seen, error.message, error.page), done)
            for name, seen in seen_in.files.items():
                path = Path(folder.path, name)
                taken, failed = folder.taken.get(name), folder.failed.get(name)
                if taken is not None and taken.seen == seen:
                    folder.failed.pop(name, None)  # it is again what it was
                    continue
                if failed is not None and failed.seen == seen:
                    continue
                if not self._settling.is_settled(path, seen):
                    done.is_waiting = True
                    continue
                try:
                    ready[path] = folder, name, seen, document_id(hash_file(path), self.shelf.id)
                except OSError as error:
                    self._failed(folder, name, Failed(UNOPENED, not_readable(path, error).message), done)
        if not ready:
            return
        report, before = AddReport(), self._held()
        try:
            report = self.shelf.add(list(ready), progress)
        finally:  # also of what was finished before it was broken off
            self._put_down(ready, report, done)
            self._look_again_for(before.keys() - self._held().keys(), done)
            self._write()
        done.added += report.added
        done.refreshed += report.refreshed

    def _put_down(self, ready: Mapping[Path, _Ready], report: AddReport, done: Done) -> None:
        held, errors = self._held(), dict(report.failed)
        read = {info.source: info.id for info in (*report.added, *report.refreshed)}
        for path, (folder, name, seen, hashed) in ready.items():
            self._settling.forget(path)
            error = errors.get(path)
            if error is not None:
                if seen == _seen(path):  # else it has become another in between, and is tried again
                    self._failed(folder, name, Failed(seen, error.message, error.page), done)
                continue
            # What was put down as it was seen before is found changed, or gone, by the next look.
            id_ = hashed if hashed in held else read.get(str(path))
            if id_ is None:
                continue
            before = folder.taken.get(name)
            folder.taken[name] = Taken(seen, id_)
            folder.failed.pop(name, None)
            if before is not None and before.id != id_:
                folder.stale.append(before.id)  # most often it is gone already, replaced by the new one

    def _look_again_for(self, lost: Set[str], done: Done) -> None:
        """Forget files whose paper another file of the same content had brought, and has now taken with it."""
        for folder in self.folders:
            for name in [name for name, taken in folder.taken.items() if taken.id in lost]:
                del folder.taken[name]
                done.is_waiting = True

    def _failed(self, folder: Folder, name: str, failed: Failed, done: Done) -> None:
        if folder.failed.get(name) != failed:
            folder.failed[name] = failed
            done.failed.append((Path(folder.path, name), failed))

    # --- what goes out ---

    def _take_out(self, looks: Sequence[Look], done: Done) -> None:
        """Take out the papers that came from files which are gone, unless the same paper lies in another file."""
        arriving = [
            seen
            for folder, seen_in in zip(self.folders, looks, strict=True)
            for name, seen in seen_in.files.items()
            if name not in folder.taken and name not in folder.failed
        ]
        for folder, seen_in in zip(self.folders, looks, strict=True):
            for name in {*folder.taken, *folder.failed} - seen_in.files.keys() - seen_in.refused.keys():
                if seen_in.hides(name):
                    continue
                if not self._settling.is_settled(Path(folder.path, name), None):
                    done.is_waiting = True
                    continue
                taken = folder.taken.get(name)
                if taken is not None and taken.seen in arriving:
                    continue  # by all appearance it has another name now, and will be known by it in a moment
                self._settling.forget(Path(folder.path, name))
                folder.failed.pop(name, None)
                if taken is not None:
                    folder.stale.append(folder.taken.pop(name).id)
        for folder in self.folders:
            while folder.stale:
                self._remove(folder, folder.stale[-1], done)
                folder.stale.pop()
                self._write()

    def _remove(self, folder: Folder, id_: str, done: Done) -> None:
        info = self._held().get(id_)
        # What was sent to the page, or taken in from elsewhere, only happens to have the same content.
        if info is None or id_ in self._present() or not any(_is_of(one, info) for one in self.folders):
            return
        try:
            self.shelf.remove(id_)
        except KeyError:  # somebody else was faster
            return
        done.removed.append((folder.path, info.file))

    def _present(self) -> set[str]:
        """Return the papers that lie in the folders, under whatever name."""
        return {taken.id for folder in self.folders for taken in folder.taken.values()}

    def _held(self) -> dict[str, DocumentInfo]:
        try:
            return {info.id: info for info in self.collection.snapshot().documents()}
        except IndexMissing:
            return {}

    def _write(self) -> None:
        self.record.write([*self.folders, *self._others])


def _is_of(folder: Folder, info: DocumentInfo) -> bool:
    """Tell whether a paper was read from a folder: what was sent to the page bears no whole path."""
    return os.path.isabs(info.source) and os.path.abspath(info.source).startswith(os.path.join(folder.path, ""))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seen(path: Path) -> Seen | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Seen(found.st_size, found.st_mtime_ns)
