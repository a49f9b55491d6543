"""The write side of an index folder: files go in, documents go out, and readers always see one whole snapshot."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from threading import Lock

import numpy as np
from filelock import FileLock, Timeout

from index.embedder import open_embedder
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
from index.retriever import passage_text
from index.snapshot import POINTER, Manifest, Snapshot, check_embedder, read_manifest
from index.store import DocumentInfo
from index.vocabulary import vocabulary_of
from index.writer import SnapshotWriter, hash_file, sweep
from ingest.chunk import chunk
from ingest.document import Chunk, Document, Fact
from ingest.facts import read_facts
from ingest.office import OLD
from ingest.parse import SUFFIXES, ParseError, parse

Progress = Callable[[str, int, int], None]

LOOKING = "ファイルを調べています"
READING = "文書を読み取っています"
EMBEDDING = "埋め込みを計算しています"
WORDS = "ことばの近さを計算しています"
WRITING = "索引を書き込んでいます"
SLICE = 64  # passages between two reports of progress
WORD_SLICE = 512  # words between two reports of progress
CHECKPOINT = 2000  # passages after which what is done is published: some minutes of work, and all that a crash can take

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AddReport:
    """What became of the files. ``skipped`` were here already, unchanged."""

    added: list[DocumentInfo] = field(default_factory=list)
    refreshed: list[DocumentInfo] = field(default_factory=list)
    skipped: list[DocumentInfo] = field(default_factory=list)
    failed: list[tuple[Path, Exception]] = field(default_factory=list)  # ParseError or OSError
    seconds: float = 0.0


@dataclass(frozen=True)
class _Task:
    """A file to be read. ``replaces`` is the document that the same source held before."""

    path: Path
    id: str
    sha256: str
    source: str
    file: str
    replaces: str | None = None
    is_known: bool = False


@dataclass(frozen=True)
class _Reading:
    task: _Task
    document: Document
    chunks: list[Chunk]
    facts: list[Fact]


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
    ) -> AddReport:
        """Take in files and folders; a file with unchanged content is skipped, one with new content replaces its old.

        ``progress`` hears (what is being done, done, total). ``sources`` gives the name under which a file is to be
        known, when that is not its path (例: an upload in a temporary folder). A file that cannot be read is listed,
        and the rest goes on. Ctrl-C keeps the documents that were finished.
        """
        began = time.monotonic()
        report = progress or (lambda stage, done, total: None)
        result = AddReport()
        with self._writing():
            manifest, before = self._before()
            sweep(self.folder, manifest)
            tasks = self._plan(paths, sources or {}, manifest, before, result, report)
            if tasks:
                self._carry_out(tasks, manifest, before, result, report)
        return replace(result, seconds=time.monotonic() - began)

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

    def _before(self) -> tuple[Manifest | None, Snapshot | None]:
        """Return what there is to build on: nothing, a snapshot, or only the manifest of one to be made again."""
        if not self.exists():
            return None, None
        manifest = read_manifest(self.folder)
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
    ) -> list[_Task]:
        """Return which files to read; what is skipped or cannot be opened goes into ``result``."""
        files = list(self._files(paths, result))
        found: dict[str, _Task] = {}
        known = {original.id: original for original in (manifest.originals if manifest else ())}
        held_by = {original.source: original.id for original in known.values()}
        for done, path in enumerate(files):
            report(LOOKING, done, len(files))
            source = sources.get(path, str(path.absolute()))
            try:
                sha256 = hash_file(path)
            except OSError as error:
                result.failed.append((path, error))
                continue
            task = _Task(
                path, sha256[:16], sha256, source, Path(source).name, held_by.get(source), sha256[:16] in known
            )
            found.setdefault(task.id, task)
        report(LOOKING, len(files), len(files))
        tasks = [replace(t, replaces=None if t.replaces in found else t.replaces) for t in found.values()]
        if before is None:
            # Nothing to build on: every document that was here is read again, from the file named now or from its copy.
            again = [
                found.get(o.id) or _Task(self.folder / "sources" / o.copy, o.id, o.sha256, o.source, o.file, None, True)
                for o in known.values()
            ]
            return [*again, *(t for t in tasks if not t.is_known)]
        infos = {info.id: info for info in before.documents()}
        result.skipped.extend(infos[t.id] for t in tasks if t.is_known)
        return [t for t in tasks if not t.is_known]

    def _files(self, paths: Sequence[Path], result: AddReport) -> Iterator[Path]:
        """Yield the files to be looked at: those named, and in folders the visible ones of a kind that can be read.

        Links that lead out of a folder are not followed, and the index does not read itself.
        """
        for path in map(Path, paths):
            if not path.is_dir():
                yield path
                continue
            root = path.resolve()

            def unreadable(error: OSError, path: Path = path) -> None:
                result.failed.append((Path(error.filename or path), error))

            for folder, subfolders, names in os.walk(path, onerror=unreadable):
                here = Path(folder)
                subfolders[:] = sorted(
                    n for n in subfolders if not n.startswith(".") and (here / n).resolve() != self.folder.resolve()
                )
                for name in sorted(names):
                    file = here / name
                    # Office leaves lock files beside open documents: ~$計画.docx
                    if name.startswith((".", "~$")) or file.suffix.lower() not in SUFFIXES | OLD.keys():
                        continue
                    if file.is_file() and file.resolve().is_relative_to(root):
                        yield file

    def _carry_out(
        self,
        tasks: list[_Task],
        manifest: Manifest | None,
        before: Snapshot | None,
        result: AddReport,
        report: Progress,
    ) -> None:
        """Read, embed and publish, some thousand passages at a time."""
        is_rebuilt = before is None and manifest is not None
        number = manifest.number + 1 if manifest else 1
        at = 0
        while at < len(tasks):
            readings: list[_Reading] = []
            pending = 0
            # An index that is made again is published whole, or documents would be missing for a while.
            while at < len(tasks) and (pending < CHECKPOINT or is_rebuilt):
                report(READING, at, len(tasks))
                reading = self._read(tasks[at], result)
                at += 1
                if reading:
                    readings.append(reading)
                    pending += len(reading.chunks)
            report(READING, at, len(tasks))
            if not readings:
                continue
            finished, vectors, interrupt = self._embed(readings, report)
            if interrupt and (is_rebuilt or not finished):
                raise interrupt
            words: dict[str, Vectors] = {}
            try:
                self._embed_words(words, finished, before, report)
            except KeyboardInterrupt as error:
                interrupt = error  # what lacks its vector only lacks its neighbours
            report(WRITING, 0, 1)
            published = self._publish(finished, vectors, words, number, before, result)
            report(WRITING, 1, 1)
            if interrupt:
                raise interrupt
            number = published.number + 1
            if at < len(tasks):
                before = self.snapshot()

    def _read(self, task: _Task, result: AddReport) -> _Reading | None:
        """Return the document with its chunks and facts; a file that cannot be read goes into ``result``."""
        is_copy = task.path.parent == self.folder / "sources"
        shown = Path(task.source) if is_copy else task.path
        try:
            with tempfile.TemporaryDirectory(prefix="tenkyo-") as folder:
                path = task.path
                if is_copy:
                    # It is named by its hash, but a document without a title is called by its file's name.
                    path = Path(folder) / task.file
                    copyfile(task.path, path)
                document = parse(path)
            if document.sha256 != task.sha256:
                raise ParseError(
                    shown,
                    "読み取っている間にファイルが変わりました。もう一度取り込んでください。",
                    "the file changed while it was read",
                )
            document = replace(document, source=task.source, file=task.file)
            return _Reading(task, document, chunk(document, self.embedder.count_tokens), read_facts(document))
        except (ParseError, OSError) as error:
            result.failed.append((shown, error))
        except TenkyoIndexError:
            raise  # the model, not the file
        except Exception as error:
            # A mistake of ours in one odd file must not stop the ingestion of the others.
            log.exception("%s could not be read", shown)
            failure = ParseError(
                shown,
                "このファイルは読み取れませんでした（内部エラー）。別の形式で保存し直すと読めることがあります。",
                f"{type(error).__name__}: {error}",
            )
            failure.__cause__ = error
            result.failed.append((shown, failure))
        return None

    def _embed(
        self, readings: list[_Reading], report: Progress
    ) -> tuple[list[_Reading], Vectors, KeyboardInterrupt | None]:
        """Return the documents whose passages are all embedded, the vectors of those, and what cut the work short."""
        texts = [passage_text(c) for reading in readings for c in reading.chunks]
        parts: list[Vectors] = []
        done, interrupt = 0, None
        try:
            for done in range(0, len(texts), SLICE):
                report(EMBEDDING, done, len(texts))
                parts.append(self.embedder.embed_passages(texts[done : done + SLICE]))
            done = len(texts)
            report(EMBEDDING, done, len(texts))
        except KeyboardInterrupt as error:
            interrupt = error
        vectors = np.concatenate([np.empty((0, self.embedder.dim), np.float32), *parts])
        finished, end = [], 0
        for reading in readings:
            end += len(reading.chunks)
            if end > len(vectors):
                break
            finished.append(reading)
        return finished, vectors, interrupt

    def _embed_words(
        self, made: dict[str, Vectors], readings: list[_Reading], before: Snapshot | None, report: Progress
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
        readings: list[_Reading],
        vectors: Vectors,
        words: Mapping[str, Vectors],
        number: int,
        before: Snapshot | None,
        result: AddReport,
    ) -> Manifest:
        writer = SnapshotWriter(self.folder, number, self.embedder.name, before)
        added: list[DocumentInfo] = []
        refreshed: list[DocumentInfo] = []
        try:
            start = 0
            for reading in readings:
                end = start + len(reading.chunks)
                task = reading.task
                if task.replaces:
                    writer.remove(task.replaces)
                info = writer.add(reading.document, task.path, reading.chunks, reading.facts, vectors[start:end])
                (refreshed if task.replaces or task.is_known else added).append(info)
                start = end
            manifest = writer.publish(self.embedder.dim, words)
        finally:
            writer.abandon()
        result.added.extend(added)
        result.refreshed.extend(refreshed)
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
