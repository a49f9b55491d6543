"""Intakes one after another, in a thread of their own: how far each is, when it will be done, and how it ended."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from secrets import token_hex

from api import schemas
from api.problems import Problem, problem_of
from index.collection import EMBEDDING, READING, Progress, Stopped

PAUSE = 0.2  # seconds between two lines of progress
KEPT, KEPT_SECONDS = 100, 3600.0  # ended intakes that are still told of, and for how long
STARTING = "準備しています"
WAITING = "ほかの取り込みが終わるのを待っています"
STOPPED = "取り込みは取りやめられました。終わっていた資料は残っています。"

Job = Callable[[Progress], schemas.UploadOut]
Preparing = Callable[[], schemas.ProgressEvent | None]
Event = schemas.ProgressEvent | schemas.DoneEvent | schemas.ProblemEvent

log = logging.getLogger(__name__)


@dataclass
class Pace:
    """Seconds that a page takes to be read and to be embedded, as last measured in this process."""

    reading: float = 0.05
    embedding: float = 0.2


class Estimate:
    """How much of an intake is done, and how long the rest will take.

    Pages are read, then embedded, some thousand passages at a time: both are counted in pages.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic):
        self.share = 0.0
        self.left: float | None = None  # seconds
        self._pace, self._clock = pace, clock
        self._pages = self._read = 0
        self._embedded = self._embedded_before = 0.0
        self._stage, self._since, self._at = "", 0.0, 0.0

    def heard(self, stage: str, done: int, total: int) -> None:
        """Take in a report of progress."""
        now = self._clock()
        if stage != self._stage:
            if self._stage == EMBEDDING:
                self._embedded_before = self._embedded = float(self._read)
            self._stage, self._since, self._at = stage, now, float(self._read)
        if stage == READING:
            self._read, self._pages = done, total
            # At the end of reading the model may still be loaded: that is not the pages' time.
            if done < total and done - self._at >= 3 and now - self._since > 0.5:
                self._pace.reading = (now - self._since) / (done - self._at)
        elif stage == EMBEDDING and total:
            pages = (self._read - self._embedded_before) * done / total
            self._embedded = self._embedded_before + pages
            if pages >= 1:
                self._pace.embedding = (now - self._since) / pages
        if self._pages:
            reading, embedding = self._pace.reading, self._pace.embedding
            self.left = (self._pages - self._read) * reading + (self._pages - self._embedded) * embedding
            spent = self._read * reading + self._embedded * embedding
            self.share = max(self.share, min(0.99, spent / max(spent + self.left, 1e-9)))


@dataclass(eq=False)
class Work:
    """One intake, waiting, running or ended."""

    id: str
    files: tuple[str, ...]
    path: str  # of the request: a problem names it
    job: Job | None
    after: Callable[[], None]  # done at the end, however it ends
    estimate: Estimate
    preparing: Preparing
    now: schemas.ProgressEvent = field(default_factory=lambda: schemas.ProgressEvent(stage=STARTING, done=0, total=1))
    end: Future[Event] = field(default_factory=Future)
    began: datetime | None = None
    ended: datetime | None = None
    problem: Problem | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    by: str = ""  # id of the caller
    shelf: str = ""  # the group that the papers are of

    def run(self) -> None:
        """Do the job, unless it was called off before its turn."""
        self.began = datetime.now(UTC)
        try:
            if self.stopping.is_set():
                raise Stopped
            assert self.job is not None
            ended: Event = schemas.DoneEvent(report=self.job(self._heard))
        except Stopped:
            self.problem = Problem(409, "intake-stopped", STOPPED, "the intake was stopped by request")
            ended = schemas.ProblemEvent(problem=self.problem.body(self.path))
        except Exception as error:
            self.problem = problem_of(error)
            if self.problem.status_code == 500:
                log.error("the intake failed", exc_info=error)
            ended = schemas.ProblemEvent(problem=self.problem.body(self.path))
        finally:
            self.after()
            self.job = None  # it may hold much
        self.ended = datetime.now(UTC)
        self.end.set_result(ended)

    def result(self) -> schemas.UploadOut:
        """Return the report once it has ended; raise the Problem that it ended with."""
        ended = self.end.result()
        if isinstance(ended, schemas.DoneEvent):
            return ended.report
        assert self.problem is not None
        raise self.problem

    async def lines(self, may_hear: Callable[[], bool] = lambda: True) -> AsyncIterator[str]:
        """Yield what is being done, whenever that has changed, and how it ended: JSON, one event a line.

        Whoever may hear it no longer hears nothing more.
        """
        end = asyncio.wrap_future(self.end)
        said: Event | None = None
        try:
            while not end.done():
                if not await asyncio.to_thread(may_hear):
                    return
                now = self.doing()
                if now != said:
                    said = now
                    yield _line(now)
                await asyncio.wait([end], timeout=PAUSE)
            if await asyncio.to_thread(may_hear):
                yield _line(end.result())
        finally:
            end.cancel()  # only the waiting: the loop may be gone when the work ends

    def doing(self) -> schemas.ProgressEvent:
        """Return what is being done. The model is loaded by the first work that needs it, which then says nothing."""
        return (self.preparing() if self.began else None) or self.now

    def out(self) -> schemas.IntakeOut:
        ended = self.end.result() if self.ended and self.end.done() else None
        report = ended.report if isinstance(ended, schemas.DoneEvent) else None
        problem = ended.problem if isinstance(ended, schemas.ProblemEvent) else None
        if ended is not None:
            state: schemas.IntakeState = "done" if report else "stopped" if self.stopping.is_set() else "failed"
        elif self.stopping.is_set():
            state = "stopping"
        else:
            state = "running" if self.began else "waiting"
        doing = self.doing()
        return schemas.IntakeOut(
            id=self.id,
            files=self.files,
            state=state,
            stage=doing.stage,
            done=doing.done,
            total=doing.total,
            share=1.0 if report else self.estimate.share,
            seconds_left=None if ended else self.estimate.left,
            ended=self.ended.isoformat() if self.ended else None,
            report=report,
            problem=problem,
        )

    def _heard(self, stage: str, done: int, total: int) -> None:
        if self.stopping.is_set():
            raise Stopped
        self.estimate.heard(stage, done, total)
        self.now = schemas.ProgressEvent(stage=stage, done=done, total=total)


class Works:
    """All intakes of this process. One runs, the others wait for their turn; who asked for one need not stay."""

    def __init__(self, preparing: Preparing):
        self._preparing = preparing
        self._pace = Pace()
        self._ids = count(1)
        self._lock = threading.Lock()
        self._waiting: deque[Work] = deque()
        self._all: list[Work] = []
        self._is_running = False

    def submit(
        self,
        job: Job,
        files: tuple[str, ...],
        path: str,
        after: Callable[[], None] = lambda: None,
        *,
        by: str = "",
        shelf: str = "",
    ) -> Work:
        """Return the work that will do the job when its turn comes; ``after`` is called at its end."""
        with self._lock:
            # How many others there were is nobody's business.
            id_ = token_hex(8) if shelf else str(next(self._ids))
            work = Work(id_, files, path, job, after, Estimate(self._pace), self._preparing, by=by, shelf=shelf)
            work.end.set_running_or_notify_cancel()  # a listener that leaves cannot call it off
            if self._is_running:
                work.now = schemas.ProgressEvent(stage=WAITING, done=0, total=1)
            self._all.append(work)
            self._waiting.append(work)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="tenkyo-intake").start()
        return work

    def listed(self) -> list[Work]:
        """Return the intakes in the order in which they came; those that ended long ago are left out."""
        with self._lock:
            ended = [work for work in self._all if work.ended]
            now = datetime.now(UTC)
            old = {w for w in ended if w.ended and (now - w.ended).total_seconds() > KEPT_SECONDS} | {*ended[:-KEPT]}
            self._all = [work for work in self._all if work not in old]
            return list(self._all)

    def drop(self, id_: str) -> None:
        """Stop an intake that is under way, or forget one that has ended; KeyError if there is none of that id."""
        with self._lock:
            work = next((work for work in self._all if work.id == id_), None)
            if work is None:
                raise KeyError(id_)
            if work.ended:
                self._all.remove(work)
            else:
                work.stopping.set()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return
                work = self._waiting.popleft()
            work.run()


def _line(event: Event) -> str:
    return event.model_dump_json() + "\n"
