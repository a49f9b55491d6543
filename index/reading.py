"""Files become documents with their passages and facts: several at once, ahead of whoever embeds them."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from threading import Lock

from index.files import not_readable
from index.protocols import TenkyoIndexError
from ingest.chunk import chunk
from ingest.document import Chunk, Document, Fact
from ingest.facts import read_facts
from ingest.parse import ParseError, parse
from ingest.statements import Statement, read_statements

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

log = logging.getLogger(__name__)

_Read = tuple["Task", Document, list[Fact], tuple[Statement, ...]]


@dataclass(frozen=True)
class Task:
    """A file to be read. ``replaces`` is the document that the same source held before.

    Of a file that is known by a name only, ``rivals`` are the documents of that name: what it says decides whether it
    is a new version of one of them.
    """

    path: Path
    id: str
    sha256: str
    source: str
    file: str
    replaces: str | None = None
    is_known: bool = False
    size: int = 0  # bytes
    given: dict[str, str] = field(default_factory=dict)  # what a person has said of it: title, published, …
    rivals: tuple[str, ...] = ()
    is_namesake: bool = False  # other papers have its name


@dataclass(frozen=True)
class Reading:
    """What was read of a task's file."""

    task: Task
    document: Document
    chunks: list[Chunk]
    facts: list[Fact]
    statements: tuple[Statement, ...]


def read_files(
    tasks: Sequence[Task],
    copies: Path,
    count_tokens: Callable[[str], int],
    failed: list[tuple[Path, ParseError]],
    report: Callable[[int, int], None],
    settle: Callable[[Task, Document], Task],
) -> Generator[Reading, None, None]:
    """Yield what was read, in the order of the tasks; as many files are read at once as there are cores.

    Some are read ahead while what is here is embedded. What cannot be read goes into ``failed``. ``copies`` is the
    folder of the kept originals, ``report`` hears (pages read, pages altogether). ``settle`` returns a task as it is
    once its document has been read.
    """
    pages = _Pages(tasks)
    upcoming = iter(tasks)
    waiting: deque[Future[_Read | ParseError]] = deque()
    with ThreadPoolExecutor(CORES, "tenkyo-read") as pool:
        try:
            while True:
                for task in islice(upcoming, 2 * CORES - len(waiting)):
                    waiting.append(pool.submit(_read, task, copies, pages, settle))
                if not waiting:
                    break
                # Only this thread reports: not every listener can be called from others.
                while not wait([waiting[0]], timeout=0.2).done:
                    report(*pages.so_far)
                outcome = waiting.popleft().result()
                report(*pages.so_far)
                if isinstance(outcome, ParseError):
                    failed.append((outcome.path, outcome))
                    continue
                task, document, facts, statements = outcome
                try:
                    # Counting tokens may load the model, which Ctrl-C can stop in this thread only.
                    chunks = chunk(document, count_tokens)
                except TenkyoIndexError:
                    raise  # the model, not the file
                except Exception as error:
                    failed.append((Path(task.source), _mistake(Path(task.source), error)))
                    continue
                yield Reading(task, document, chunks, facts, statements)
        finally:
            pages.stop()
            for future in waiting:
                future.cancel()


def _read(task: Task, copies: Path, pages: _Pages, settle: Callable[[Task, Document], Task]) -> _Read | ParseError:
    """Return the document with its facts and statements, or why it cannot be read."""
    shown = Path(task.source) if task.path.parent == copies else task.path
    try:
        document = parse(task.path, lambda done, total: pages.heard(task, done, total), name=task.file)
        if document.sha256 != task.sha256:
            message = "読み取っている間にファイルが変わりました。もう一度取り込んでください。"
            return ParseError(shown, message, "the file changed while it was read")
        task = settle(task, document)
        document = replace(document, id=task.id, source=task.source).described(task.given)
        pages.heard(task, len(document.pages), len(document.pages))
        return task, document, read_facts(document), read_statements(document)
    except ParseError as error:
        error.path = shown
        return error
    except OSError as error:
        return not_readable(shown, error)
    except _StoppedError:
        raise
    except Exception as error:
        return _mistake(shown, error)
    finally:
        pages.finished(task)


def _mistake(path: Path, error: Exception) -> ParseError:
    """Return what is said of a mistake of ours in one odd file; it must not stop the ingestion of the others."""
    log.error("%s could not be read", path, exc_info=error)
    message = "このファイルは読み取れませんでした（内部エラー）。別の形式で保存し直すと読めることがあります。"
    failure = ParseError(path, message, f"{type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


class _StoppedError(Exception):
    """Nobody waits for what is being read."""


class _Pages:
    """How many pages have been read, and how many there will be, judged by the sizes of files not yet opened."""

    def __init__(self, tasks: Sequence[Task]):
        self._lock = Lock()
        self._unopened = {task.id: task.size for task in tasks}
        self._opened: dict[str, tuple[int, int]] = {}
        self._bytes = 0
        self._stopped = False

    def stop(self) -> None:
        """Let whoever reads a page next give up."""
        self._stopped = True

    def heard(self, task: Task, done: int, total: int) -> None:
        if self._stopped:
            raise _StoppedError
        with self._lock:
            self._bytes += self._unopened.pop(task.id, 0)
            self._opened[task.id] = done, total

    def finished(self, task: Task) -> None:
        """Count a file that gave no page as one."""
        with self._lock:
            self._unopened.pop(task.id, None)
            total = self._opened.get(task.id, (1, 1))[1]
            self._opened[task.id] = total, total

    @property
    def so_far(self) -> tuple[int, int]:
        """Return (pages read, pages altogether)."""
        with self._lock:
            done = sum(done for done, _ in self._opened.values())
            total = sum(total for _, total in self._opened.values())
            rate = total / self._bytes if self._bytes else 0.0
            return done, total + sum(max(1, round(size * rate)) for size in self._unopened.values())
