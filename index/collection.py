"""The write side of an index: files go in, documents go out, each in one step that readers see whole or not at all."""

from __future__ import annotations

import errno
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

from index.database import writing
from index.database.engine import Database, check_properties, open_database
from index.database.folders import claimed_folder
from index.database.generations import Generation
from index.database.holdings import copies, originals, vectors_of, with_vector
from index.database.notes import Notes
from index.database.reading import Reader, View
from index.database.replicas import Mark
from index.database.rewording import reword
from index.database.schema import ANALYZER, EMBEDDER
from index.database.urls import FILE
from index.documents import DocumentInfo, Original, info_of
from index.embedder import open_embedder
from index.files import document_id, find_files, not_readable, shown_name
from index.keywords import analyzer
from index.originals import FOLDER, forget_originals, hash_file, keep_original
from index.protocols import Embedder, GenerationGone, IndexMissing, IndexUnwritable, TenkyoIndexError, Vectors
from index.reading import Reading, Task, read_files
from index.retriever import passage_text
from index.servers import Servers
from index.snapshot import Memory, Snapshot
from index.takeover import STAGING, forget_old, is_old, old, put_aside, read_old, settle
from index.versions import is_new_version
from index.vocabulary import vocabulary_of
from ingest.document import Document
from ingest.parse import ParseError
from ingest.pdf.ocr import installed as ocr_installed

Progress = Callable[[str, int, int], None]

LOOKING = "ファイルを調べています"
READING = "文書を読み取っています（ページ）"
EMBEDDING = "意味で探せるようにしています（か所）"
WORDS = "ことばの近さを調べています（語）"
WRITING = "索引を書き込んでいます"
REWORDING = "単語を新しい切り方に直しています（文書）"
_DIGITS = 16  # that no generation's number has
SLICE = 64  # passages between two reports of progress
WORD_SLICE = 512  # words between two reports of progress
GRACE = 60.0  # seconds that what was replaced stays, for a reader who is still at it
CHECKPOINT = (
    2000  # passages after which what is embedded is written: some minutes of work, and all that a crash can take
)


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


def _held_vectors(readings: Sequence[Reading], before: View) -> dict[str, Vectors]:
    """Return the vectors that the index has for these documents or those they replace, by passage text."""
    held: dict[str, Vectors] = {}
    for id_ in {id_ for r in readings for id_ in (r.task.id, r.task.replaces) if id_ in before.contents.by_id}:
        passages = map(passage_text, before.chunks(id_))
        held |= zip(passages, vectors_of(before, id_), strict=True)
    return held


def _settled(task: Task, document: Document, *, before: View, taken: set[str], lock: Lock) -> Task:
    """Return the task of a document that has been read, with the one of its rivals that it is a new version of.

    Each document has one new version: ``taken`` are those that have found theirs.
    """
    for rival in reversed(task.rivals):
        with lock:
            if rival not in taken and is_new_version(document, before.document(rival)):
                taken.add(rival)
                return replace(task, replaces=rival, given=_without_date(originals(before, [rival])[0].given))
    return task


def _without_date(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name != "published"}


class Collection:
    """An index: in a folder of its own, or in a database that several machines share.

    One process writes at a time; any number read, each from one generation.
    """

    def __init__(self, folder: Path, embedder: Embedder | None = None, url: Servers | str | None = None):
        """``url`` names a shared database; ``folder`` then holds what this machine keeps of it to be quick.

        Where it names replicas too, they are read, but none that lacks what this collection has read or written.
        """
        self.folder = Path(folder).expanduser().absolute()
        self.embedder = embedder or open_embedder()
        self._is_embedder_chosen = embedder is not None
        self._url = url
        self.notes = Notes(self.folder, url)
        self._mark = Mark()
        self._opening = Lock()
        self._opened: tuple[Reader, object] | None = None
        self._memory = Memory()
        self._snapshot: Snapshot | None = None

    def exists(self) -> bool:
        """Tell whether anything was ever put into it."""
        with self._opening:
            try:
                return self._view().generation.number > 0
            except IndexMissing:
                return False

    def snapshot(self) -> Snapshot:
        """Return the current snapshot: the same one until there is another generation.

        A collection that was given no embedder lists and removes documents of any index, and minds only when it
        searches.
        """
        with self._opening:
            view = self._view()
            if view.generation.number == 0:
                raise self._missing()
            if self._snapshot is None or self._snapshot.view.contents is not view.contents:
                made_with = view.database.properties()
                if self._is_embedder_chosen:
                    check_properties(made_with, {EMBEDDER: self.embedder.name}, view.database.place)
                self._snapshot = Snapshot(view, self.folder, self.embedder, made_with, self._memory)
            return self._snapshot

    def catch_up(self, seen: str) -> None:
        """Read nothing older from now on than the snapshot of this id; IndexUnreachable where no server holds it.

        Of what a reader sees the id does not tell how new it is: then it is no older than what the primary holds.
        """
        if not isinstance(self._url, Servers) or not self._url.replicas:
            return
        with self._opening:
            database = self._view().database
        number, _, token = seen.partition("-")
        whole = number.isdecimal() and len(number) < _DIGITS and token
        database.catch_up(Generation(int(number), token) if whole else None)

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
            if self._url is None and is_old(self.folder):
                self._take_over(result, report)
            with self._database(create=True) as database:
                self._make_ready(database, report)
                before = Reader(database).newest()
                tasks = self._plan(paths, sources or {}, before, result, report, shelf)
                if tasks:
                    self._carry_out(database, tasks, result, report)
                    self._clear_away(database)
        return replace(result, seconds=time.monotonic() - began)

    def describe(self, document_id: str, given: Mapping[str, str], progress: Progress | None = None) -> DocumentInfo:
        """Set what a person says of a document (title, meeting, published, department); return how it is listed now.

        An empty value takes back what was said, and what the paper says of itself holds again. The paper is read once
        more from its kept original, since passages and figures bear its title and its date; only passages whose words
        change are embedded again. Raise KeyError if the document is not there, ParseError if it cannot be read.
        """
        report = progress or (lambda stage, done, total: None)
        result = AddReport()
        with self._writing(), self._database() as database:
            before = self.snapshot()
            check_properties(database.properties(), {EMBEDDER: self.embedder.name}, database.place)
            original = before.original(document_id)
            before.source_path(document_id)  # of a shared database, it may not be on this machine yet
            self._clear_away(database)
            together = {name: value for name, value in {**original.given, **given}.items() if value}
            self._carry_out(database, [self._again(replace(original, given=together))], result, report)
            self._clear_away(database)
        if result.failed:
            raise result.failed[0][1]
        return result.refreshed[0]

    def remove(self, document_id: str) -> None:
        """Take a document out; KeyError if it is not there."""
        with self._writing(), self._database() as database:
            writing.remove(database, document_id)
            self._clear_away(database)

    def verify(self) -> list[str]:
        """Return, in Japanese, what is wrong with the index or its kept originals; nothing when all is well."""
        try:
            return self.snapshot().problems()
        except IndexMissing:
            raise
        except TenkyoIndexError as error:
            return [error.message]

    def _view(self) -> View:
        """Return the newest generation as it is now, of the database that is there now.

        A folder's file may have been replaced, by a backup or by what was made of an older version's.
        """
        file = self.folder / FILE
        try:
            found = file.stat() if self._url is None else None
        except OSError:
            if is_old(self.folder):
                raise old(self.folder) from None
            raise self._missing() from None
        which = (found.st_dev, found.st_ino) if found else (self._url, self._mark.history)
        if self._opened is None or self._opened[1] != which:
            self._opened = Reader(open_database(self._url or self.folder, mark=self._mark)), which
            self._memory, self._snapshot = Memory(), None
        try:
            return self._opened[0].newest()
        except GenerationGone:
            if which == (self._url, self._mark.history):
                raise
            return self._view()  # of the history that it is now

    def _missing(self) -> IndexMissing:
        place = self._opened[0].database.place if self._opened else self.folder
        return IndexMissing(
            f"there is no index at {place}: run `tenkyo ingest` first",
            f"{place} に索引がありません。先に「tenkyo ingest」で文書を取り込んでください。",
        )

    def _again(self, original: Original) -> Task:
        """Return the task that reads a document once more from its kept original."""
        copy = self.folder / FOLDER / original.copy
        size = copy.stat().st_size if copy.exists() else 0
        return Task(
            copy, original.id, original.sha256, original.source, original.file, None, True, size, original.given
        )

    def _take_over(self, result: AddReport, report: Progress) -> None:
        """Make the database of an old folder beside it, from its own originals; then put it in its place.

        What an interruption leaves is gone on with the next time.
        """
        model, known = read_old(self.folder)
        # Never made again with another model: a forgotten setting must not cost an hour.
        check_properties({EMBEDDER: model}, {EMBEDDER: self.embedder.name}, str(self.folder))
        staging = open_database(self.folder / STAGING, create=True)
        try:
            done = Reader(staging).newest().contents.by_id
            missing = [original for original in known if original.id not in done]
            self._carry_out(staging, [self._again(original) for original in missing], result, report)
        finally:
            staging.close()
        failed = {path for path, _ in result.failed}
        for original in known:
            if Path(original.source) in failed:
                put_aside(self.folder, original)
        settle(self.folder)

    def _make_ready(self, database: Database, report: Progress) -> None:
        """Raise IndexMismatch for an index of another model; cut the words anew where the analyzer is another."""
        made_with = database.properties()
        check_properties(made_with, {EMBEDDER: self.embedder.name}, database.place)
        self._clear_away(database)
        if made_with.get(ANALYZER, analyzer()) != analyzer():
            reword(database, partial(report, REWORDING))

    def _clear_away(self, database: Database) -> None:
        """Remove what nobody can be reading any more, and what a writer that died has left."""
        writing.sweep(database, GRACE)
        if self._url is None:
            forget_old(self.folder)
        forget_originals(self.folder, copies(database))

    def _plan(
        self,
        paths: Sequence[Path],
        sources: Mapping[Path, str],
        before: View,
        result: AddReport,
        report: Progress,
        shelf: str = "",
    ) -> list[Task]:
        """Return which files to read; what is skipped or cannot be opened goes into ``result``."""
        files = list(find_files(paths, but=self.folder))
        found: dict[str, Task] = {}
        known = {original.id: original for original in originals(before)}
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
        again = {info.id for info in result.refreshed}  # of an older version's folder, just now
        waited = {id_ for id_, original in known.items() if original.lacks_ocr} if ocr_installed() else set()
        infos = before.contents.by_id
        result.skipped.extend(infos[t.id].info for t in tasks if t.is_known and t.id not in waited | again)
        awaited = [self._again(known[t.id]) for t in tasks if t.is_known and t.id in waited - again]
        return [*awaited, *(t for t in tasks if not t.is_known)]

    def _carry_out(self, database: Database, tasks: list[Task], result: AddReport, report: Progress) -> None:
        """Read, embed and write: some hundred passages at a time are embedded, and each paper is written by itself."""
        reader, count_tokens = Reader(database), self.embedder.count_tokens
        before = reader.newest()
        settle_task = partial(_settled, before=before, taken=set(), lock=Lock())
        copies_at = self.folder / FOLDER
        reading = read_files(tasks, copies_at, count_tokens, result.failed, partial(report, READING), settle_task)
        with closing(reading) as upcoming:
            while readings := _up_to(upcoming, CHECKPOINT):
                finished, vectors, interrupt = self._embed(readings, before, report)
                if interrupt and not finished:
                    raise interrupt
                words: dict[str, Vectors] = {}
                try:
                    self._embed_words(words, finished, before, report)
                except STOPS as error:
                    interrupt = error  # what lacks its vector only lacks its neighbours
                end = 0
                for done, one in enumerate(finished):
                    report(WRITING, done, len(finished))
                    start, end = end, end + len(one.chunks)
                    self._write(database, one, vectors[start:end], words, result)
                report(WRITING, len(finished), len(finished))
                if interrupt:
                    raise interrupt
                before = reader.newest()

    def _embed(
        self, readings: list[Reading], before: View, report: Progress
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

    def _embed_words(self, made: dict[str, Vectors], readings: list[Reading], before: View, report: Progress) -> None:
        """Put the vectors of the words that are new to the collection into ``made``."""
        every = sorted(vocabulary_of(c.text for r in readings for c in r.chunks))
        known = with_vector(before, every)
        words = [word for word in every if word not in known]
        for done in range(0, len(words), WORD_SLICE):
            report(WORDS, done, len(words))
            some = words[done : done + WORD_SLICE]
            made |= zip(some, self.embedder.embed_queries(some), strict=True)
        report(WORDS, len(words), len(words))

    def _write(
        self, database: Database, reading: Reading, vectors: Vectors, words: Mapping[str, Vectors], result: AddReport
    ) -> None:
        """Put a paper in, in place of what it replaces; one whose file has changed or gone meanwhile has failed."""
        task, document = reading.task, reading.document
        try:
            copy = keep_original(task.path, self.folder / FOLDER, document.sha256)
        except (ValueError, FileNotFoundError) as error:
            if isinstance(error, OSError) and task.path.exists():
                raise  # it is the copy that cannot be made
            message = "取り込んでいる間にファイルが変わったか、なくなりました。もう一度取り込んでください。"
            result.failed.append(
                (task.path, ParseError(task.path, message, "the file changed or went while it was read"))
            )
            return
        mine = vocabulary_of(chunk.text for chunk in reading.chunks)
        paper = writing.Paper(
            document,
            reading.chunks,
            reading.facts,
            reading.statements,
            vectors,
            {word: words[word] for word in mine if word in words},
            task.given,
            copy.suffix,
            copy.stat().st_size,
            copy.read_bytes() if database.kind == "postgresql" else None,
        )
        writing.put(database, paper, self.embedder.name, {task.replaces} if task.replaces else ())
        info = info_of(document, len(reading.chunks), len(reading.facts))
        is_new = not (task.replaces or task.is_known)
        (result.added if is_new else result.refreshed).append(info)
        if is_new and task.is_namesake:
            result.namesakes.append(info)

    @contextmanager
    def _database(self, *, create: bool = False) -> Iterator[Database]:
        """Give the database to write to; one that is not to be made must be one that can be read."""
        if not create:
            self.snapshot()
        database = open_database(self._written(), create=create, mark=self._mark)
        try:
            with database.claimed():
                yield database
        finally:
            database.close()

    def _written(self) -> Path | str:
        """Return where it is written, and read for that: never at a replica, which might be behind."""
        url = self._url.url if isinstance(self._url, Servers) else self._url
        return url or self.folder

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the folder's lock, and say in words what keeps the folder from being written."""
        try:
            with claimed_folder(self.folder):
                yield
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
