"""The write side of an index folder: files go in, documents go out, and readers always see one whole snapshot."""

from __future__ import annotations

import errno
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from threading import Lock

import numpy as np
from filelock import FileLock, Timeout

from index.embedder import open_embedder
from index.files import document_id, find_files, not_readable, shown_name
from index.protocols import (
    Embedder,
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnwritable,
    TenkyoIndexError,
    Vectors,
)
from index.reading import Reading, Task, read_files
from index.retriever import passage_text
from index.snapshot import POINTER, Manifest, Original, Snapshot, check_embedder, read_manifest
from index.store import DocumentInfo
from index.versions import is_new_version
from index.vocabulary import vocabulary_of
from index.writer import SnapshotWriter, hash_file, sweep
from ingest.document import Document
from ingest.parse import ParseError
from ingest.pdf.ocr import installed as ocr_installed

Progress = Callable[[str, int, int], None]

LOOKING = "ファイルを調べています"
READING = "文書を読み取っています（ページ）"
EMBEDDING = "意味で探せるようにしています（か所）"
WORDS = "ことばの近さを調べています（語）"
WRITING = "索引を書き込んでいます"
SLICE = 64  # passages between two reports of progress
WORD_SLICE = 512  # words between two reports of progress
CHECKPOINT = 2000  # passages after which what is done is published: some minutes of work, and all that a crash can take

log = logging.getLogger(__name__)


class Stopped(Exception):  # noqa: N818 - no error, as KeyboardInterrupt is none
    """Raised by whoever hears the progress: the work ends as by Ctrl-C, and what is finished stays."""


STOPS = (KeyboardInterrupt, Stopped)


@dataclass(frozen=True)
class AddReport:
    """What became of the files. ``skipped`` were here already, unchanged."""

    added: list[DocumentInfo] = field(default_factory=list)
    refreshed: list[DocumentInfo] = field(default_factory=list)
    skipped: list[DocumentInfo] = field(default_factory=list)
    duplicates: list[tuple[Path, str]] = field(default_factory=list)  # same content as the file of that name
    namesakes: list[DocumentInfo] = field(default_factory=list)  # of those added: another paper has the same name
    failed: list[tuple[Path, ParseError]] = field(default_factory=list)
    seconds: float = 0.0


def _up_to(readings: Iterator[Reading], passages: float) -> list[Reading]:
    """Return the next readings that have so many passages together; nothing when there are no more."""
    taken: list[Reading] = []
    while sum(len(reading.chunks) for reading in taken) < passages:
        reading = next(readings, None)
        if reading is None:
            break
        taken.append(reading)
    return taken


def _held_vectors(readings: Sequence[Reading], before: Snapshot | None) -> dict[str, Vectors]:
    """Return the vectors that the snapshot before has for these documents or those they replace, by passage text."""
    held: dict[str, Vectors] = {}
    infos = {info.id for info in before.documents()} if before else set()
    ids = {id_ for r in readings for id_ in (r.task.id, r.task.replaces) if id_ in infos}
    if before and ids:
        stored = before.vectors()
        rows = {key: row for row, key in enumerate(stored.ids)}
        values = stored.all()
        for id_ in ids:
            held |= {passage_text(chunk): values[rows[chunk.id]] for chunk in before.chunks(id_)}
    return held


def _settled(task: Task, document: Document, *, before: Snapshot | None, taken: set[str], lock: Lock) -> Task:
    """Return the task of a document that has been read, with the one of its rivals that it is a new version of.

    Each document has one new version: ``taken`` are those that have found theirs.
    """
    for rival in reversed(task.rivals if before else ()):
        assert before is not None
        with lock:
            if rival not in taken and is_new_version(document, before.document(rival)):
                taken.add(rival)
                given = next(original.given for original in before.manifest.originals if original.id == rival)
                return replace(task, replaces=rival, given=_without_date(given))
    return task


def _without_date(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name != "published"}


class Collection:
    """An index folder. One process writes at a time; any number read, each from a whole snapshot."""

    def __init__(self, folder: Path, embedder: Embedder | None = None):
        self.folder = Path(folder).expanduser().absolute()
        self.embedder = embedder or open_embedder()
        self._is_embedder_chosen = embedder is not None
        self._opening = Lock()
        self._pointer = b""
        self._snapshot: Snapshot | None = None

    def exists(self) -> bool:
        return (self.folder / POINTER).exists()

    def snapshot(self) -> Snapshot:
        """Return the current snapshot, opening it only when the pointer names another than last time.

        A collection that was given no embedder lists and removes documents of any index, and minds only when it
        searches.
        """
        with self._opening:
            for attempt in (1, 2, 3):
                pointer = self._read_pointer()
                if self._snapshot is not None and pointer and pointer == self._pointer:
                    return self._snapshot
                try:
                    manifest = read_manifest(self.folder)
                    if self._is_embedder_chosen:
                        check_embedder(self.folder, manifest, self.embedder)
                    opened = Snapshot(self.folder, manifest, self.embedder)
                except IndexDamaged:
                    # A writer may have replaced, and long since removed, what this pointer named.
                    if attempt < 3 and self._read_pointer() != pointer:
                        continue
                    raise
                self._pointer, self._snapshot = pointer, opened
                return opened
            raise AssertionError("unreachable")

    def add(
        self,
        paths: Sequence[Path],
        progress: Progress | None = None,
        sources: Mapping[Path, str] | None = None,
        shelf: str = "",
    ) -> AddReport:
        """Take in files and folders; a file with unchanged content is skipped, one with new content replaces its old.

        A file whose pictures nobody could read is read again, from its copy, once there is an engine for them.

        ``progress`` hears (what is being done, done, total). ``sources`` gives the name under which a file is to be
        known, when that is not its path (例: an upload in a temporary folder); since papers of one name may be
        different ones, such a file takes the place of another only where it is recognisably a new version of it. On a
        ``shelf`` of its own a file meets no file of another shelf, whatever its name or content. A file that cannot be
        read is listed, and the rest goes on. Ctrl-C, and ``Stopped`` out of ``progress``, keep
        the documents that were finished.
        """
        began = time.monotonic()
        report = progress or (lambda stage, done, total: None)
        result = AddReport()
        with self._writing():
            manifest, before = self._before()
            sweep(self.folder, manifest)
            tasks = self._plan(paths, sources or {}, manifest, before, result, report, shelf)
            if tasks:
                self._carry_out(tasks, manifest, before, result, report)
        return replace(result, seconds=time.monotonic() - began)

    def describe(self, document_id: str, given: Mapping[str, str], progress: Progress | None = None) -> DocumentInfo:
        """Set what a person says of a document (title, meeting, published, department); return how it is listed now.

        An empty value takes back what was said, and what the paper says of itself holds again. The paper is read once
        more from its kept original, since passages and figures bear its title and its date; only passages whose words
        change are embedded again. Raise KeyError if the document is not there, ParseError if it cannot be read.
        """
        report = progress or (lambda stage, done, total: None)
        result = AddReport()
        with self._writing():
            before = self.snapshot()
            check_embedder(self.folder, before.manifest, self.embedder)
            before.source_path(document_id)
            sweep(self.folder, before.manifest)
            original = next(o for o in before.manifest.originals if o.id == document_id)
            together = {name: value for name, value in {**original.given, **given}.items() if value}
            task = self._again(replace(original, given=together))
            self._carry_out([task], before.manifest, before, result, report)
        if result.failed:
            raise result.failed[0][1]
        return result.refreshed[0]

    def remove(self, document_id: str) -> None:
        """Take a document out; KeyError if it is not there."""
        with self._writing():
            before = self.snapshot()
            before.source_path(document_id)
            sweep(self.folder, before.manifest)
            writer = SnapshotWriter(self.folder, before.manifest.number + 1, before.manifest.embedder, before)
            try:
                writer.remove(document_id)
                sweep(self.folder, writer.publish(before.manifest.dim, {}))
            finally:
                writer.abandon()

    def verify(self) -> list[str]:
        """Return, in Japanese, what is wrong with the index or its kept originals; nothing when all is well."""
        try:
            return Snapshot(self.folder, read_manifest(self.folder), self.embedder).problems()
        except IndexMissing:
            raise
        except TenkyoIndexError as error:
            return [error.message]

    def _read_pointer(self) -> bytes:
        try:
            return (self.folder / POINTER).read_bytes()
        except OSError:
            return b""

    def _again(self, original: Original) -> Task:
        """Return the task that reads a document once more from its kept original."""
        copy = self.folder / "sources" / original.copy
        size = copy.stat().st_size if copy.exists() else 0
        return Task(
            copy, original.id, original.sha256, original.source, original.file, None, True, size, original.given
        )

    def _before(self) -> tuple[Manifest | None, Snapshot | None]:
        """Return what there is to build on: nothing, a snapshot, or only the manifest of one to be made again."""
        if not self.exists():
            return None, None
        manifest = read_manifest(self.folder, older=True)
        # Never made again with another model: a forgotten setting must not cost an hour.
        check_embedder(self.folder, manifest, self.embedder)
        try:
            return manifest, self.snapshot()
        except (IndexDamaged, IndexMismatch) as error:
            log.warning("making the index again from its originals: %s", error)
            return manifest, None

    def _plan(
        self,
        paths: Sequence[Path],
        sources: Mapping[Path, str],
        manifest: Manifest | None,
        before: Snapshot | None,
        result: AddReport,
        report: Progress,
        shelf: str = "",
    ) -> list[Task]:
        """Return which files to read; what is skipped or cannot be opened goes into ``result``."""
        files = list(find_files(paths, but=self.folder))
        found: dict[str, Task] = {}
        known = {original.id: original for original in (manifest.originals if manifest else ())}
        held_by: dict[str, list[Original]] = {}
        for original in known.values():
            if original.id == document_id(original.sha256, shelf):
                held_by.setdefault(original.source, []).append(original)
        for done, (path, failure) in enumerate(files):
            report(LOOKING, done, len(files))
            source = sources.get(path, str(path.absolute()))
            sha256, size = "", 0
            if failure is None:
                try:
                    sha256, size = hash_file(path), path.stat().st_size
                except OSError as error:
                    failure = not_readable(path, error)
            if failure:
                result.failed.append((path, failure))
                continue
            id_ = document_id(sha256, shelf)
            same, held = known.get(id_), held_by.get(source, [])
            others = tuple(original.id for original in held if original.id != id_)
            task = Task(path, id_, sha256, source, shown_name(source), None, same is not None, size)
            if path in sources:
                task = replace(task, rivals=others, given=same.given if same else {})
            else:
                # A new version is still the same paper by its path, but has a date of its own.
                given = same.given if same else _without_date(held[-1].given) if held else {}
                task = replace(task, replaces=others[-1] if others else None, given=given)
            if task.id in found and found[task.id].source != source:
                result.duplicates.append((path, found[task.id].file))
            elif same and same.source != source:
                result.duplicates.append((path, same.file))
            found.setdefault(task.id, task)
        report(LOOKING, len(files), len(files))
        named = Counter(task.source for task in found.values())
        tasks = [
            replace(
                task,
                replaces=None if task.replaces in found else task.replaces,
                rivals=tuple(rival for rival in task.rivals if rival not in found),
                is_namesake=bool(task.rivals) or named[task.source] > 1,
            )
            for task in found.values()
        ]
        if before is None:
            # Nothing to build on: every document that was here is read again, from the file named now or from its copy.
            again = [found.get(original.id) or self._again(original) for original in known.values()]
            return [*again, *(t for t in tasks if not t.is_known)]
        infos = {info.id: info for info in before.documents()}
        waited = {id_ for id_, original in known.items() if original.lacks_ocr} if ocr_installed() else set()
        result.skipped.extend(infos[t.id] for t in tasks if t.is_known and t.id not in waited)
        again = [self._again(known[t.id]) for t in tasks if t.is_known and t.id in waited]
        return [*again, *(t for t in tasks if not t.is_known)]

    def _carry_out(
        self,
        tasks: list[Task],
        manifest: Manifest | None,
        before: Snapshot | None,
        result: AddReport,
        report: Progress,
    ) -> None:
        """Read, embed and publish, some thousand passages at a time."""
        is_rebuilt = before is None and manifest is not None
        number = manifest.number + 1 if manifest else 1
        copies, count_tokens = self.folder / "sources", self.embedder.count_tokens
        settle = partial(_settled, before=before, taken=set(), lock=Lock())
        reading = read_files(tasks, copies, count_tokens, result.failed, partial(report, READING), settle)
        with closing(reading) as upcoming:
            # An index that is made again is published whole, or documents would be missing for a while.
            while readings := _up_to(upcoming, math.inf if is_rebuilt else CHECKPOINT):
                finished, vectors, interrupt = self._embed(readings, before, report)
                if interrupt and (is_rebuilt or not finished):
                    raise interrupt
                words: dict[str, Vectors] = {}
                try:
                    self._embed_words(words, finished, before, report)
                except STOPS as error:
                    interrupt = error  # what lacks its vector only lacks its neighbours
                report(WRITING, 0, 1)
                published = self._publish(finished, vectors, words, number, before, result)
                report(WRITING, 1, 1)
                if interrupt:
                    raise interrupt
                number = published.number + 1
                before = self.snapshot()

    def _embed(
        self, readings: list[Reading], before: Snapshot | None, report: Progress
    ) -> tuple[list[Reading], Vectors, BaseException | None]:
        """Return the documents whose passages are all embedded, the vectors of those, and what cut the work short."""
        texts = [passage_text(c) for reading in readings for c in reading.chunks]
        held = _held_vectors(readings, before)
        new = [text for text in dict.fromkeys(texts) if text not in held]
        interrupt = None
        try:
            for done in range(0, len(new), SLICE):
                report(EMBEDDING, done, len(new))
                some = new[done : done + SLICE]
                held |= zip(some, self.embedder.embed_passages(some), strict=True)
            report(EMBEDDING, len(new), len(new))
        except STOPS as error:
            interrupt = error
        ready = list(takewhile(held.__contains__, texts))
        vectors = np.array([held[text] for text in ready], np.float32).reshape(-1, self.embedder.dim)
        finished, end = [], 0
        for reading in readings:
            end += len(reading.chunks)
            if end > len(vectors):
                break
            finished.append(reading)
        return finished, vectors, interrupt

    def _embed_words(
        self, made: dict[str, Vectors], readings: list[Reading], before: Snapshot | None, report: Progress
    ) -> None:
        """Put the vectors of the words that are new to the collection into ``made``."""
        known = before.vocabulary() if before else ()
        words = sorted(w for w in vocabulary_of(c.text for r in readings for c in r.chunks) if w not in known)
        for done in range(0, len(words), WORD_SLICE):
            report(WORDS, done, len(words))
            some = words[done : done + WORD_SLICE]
            made |= zip(some, self.embedder.embed_queries(some), strict=True)
        report(WORDS, len(words), len(words))

    def _publish(
        self,
        readings: list[Reading],
        vectors: Vectors,
        words: Mapping[str, Vectors],
        number: int,
        before: Snapshot | None,
        result: AddReport,
    ) -> Manifest:
        writer = SnapshotWriter(self.folder, number, self.embedder.name, before)
        added: list[DocumentInfo] = []
        refreshed: list[DocumentInfo] = []
        namesakes: list[DocumentInfo] = []
        try:
            start = 0
            for reading in readings:
                end = start + len(reading.chunks)
                task = reading.task
                for old in writer.documents & {task.replaces or task.id, task.id}:
                    writer.remove(old)
                info = writer.add(
                    reading.document, task.path, reading.chunks, reading.facts, vectors[start:end], task.given
                )
                (refreshed if task.replaces or task.is_known else added).append(info)
                if task.is_namesake and info in added:
                    namesakes.append(info)
                start = end
            manifest = writer.publish(self.embedder.dim, words)
        finally:
            writer.abandon()
        result.added.extend(added)
        result.refreshed.extend(refreshed)
        result.namesakes.extend(namesakes)
        sweep(self.folder, manifest)
        return manifest

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the writer's lock, and say in words what keeps the folder from being written."""
        lock = FileLock(self.folder / "write.lock", timeout=0)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with lock:
                yield
        except Timeout as error:
            raise IndexBusy(
                f"another process is writing to {self.folder}: try again when it has finished",
                f"別の処理が {self.folder} の索引を書き換えています。終わってから、もう一度実行してください。",
            ) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                what = (
                    "ディスクの空きが足りないため、索引を書き込めません。空きを作ってから、もう一度実行してください。"
                )
                raise IndexUnwritable(
                    f"no space left while writing {self.folder}: free some and try again; the index is unchanged",
                    f"{what}これまでの索引（{self.folder}）は無事です。",
                ) from error
            raise IndexUnwritable(
                f"{self.folder} cannot be written ({error}): check its permissions, or use another folder",
                f"索引のフォルダ {self.folder} に書き込めません。権限を確かめるか、別のフォルダを指定してください。",
            ) from error
