"""Does the jobs of a collection's queue, one after another, in a thread of its own.

Any number of processes may: one job runs at a time, and that of a process that died goes to another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

from api import schemas
from api.estimate import Estimate, Pace
from api.problems import Problem, problem_of
from index.collection import Progress, Stopped
from index.database.queue import About, Job, Queue, State, Step
from index.protocols import TenkyoIndexError

PAUSE = 0.2  # seconds between two reports of a job
BEAT = 5.0  # seconds after which a worker is heard of, whether it has come further or not
IDLE = 1.0  # seconds between two looks whether there is a job
LEAVING = 2.0  # seconds that the end of the process waits for a job to be left
ATTEMPTS = 3  # workers that may die at a job before it is given up
STOPPED = "取り込みは取りやめられました。終わっていた資料は残っています。"
GIVEN_UP = (
    "取り込みの途中で処理が何度も止まったため、やめました。メモリの空きを確かめ、ファイルを分けて送ってください。"
)

Files = Mapping[Path, str]
CarryOut = Callable[[About, Files, Progress], schemas.UploadOut]
Preparing = Callable[[], schemas.ProgressEvent | None]

log = logging.getLogger(__name__)


def stopped() -> Problem:
    """Return what a job that was stopped ends with."""
    return Problem(409, "intake-stopped", STOPPED, "the intake was stopped by request")


class _Left(Stopped):
    """The process ends, or the job is another worker's by now."""


class Worker:
    """Does jobs while there are any, and looks for more as long as it is to stay."""

    def __init__(self, queue: Queue, carry_out: CarryOut, preparing: Preparing):
        """``carry_out`` takes the files of a job in; ``preparing`` tells how far the model is that it needs."""
        self._queue = queue
        self._carry_out = carry_out
        self._preparing = preparing
        self._pace = Pace()
        self._me = token_hex(8)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stays = False
        self._leaving = threading.Event()
        self._news = threading.Event()
        self._ended = threading.Condition()
        self._job: Job | None = None

    def begin(self, *, stay: bool = False) -> None:
        """Do what there is to do; with ``stay``, also what will come from others."""
        with self._lock:
            self._stays = self._stays or stay
            self._leaving.clear()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tenkyo-intake")
                self._thread.start()
        self._news.set()

    def close(self) -> None:
        """Leave the job that is under way to whoever comes next, and end the thread."""
        with self._lock:
            self._stays = False
            thread = self._thread
        self._leaving.set()
        self._news.set()
        if thread is not None:
            thread.join(LEAVING)
        if (job := self._job) is not None:  # it does not end: the process will, and the next may begin at once
            self._give_back(job)

    def wait(self, seconds: float) -> None:
        """Return when a job has ended here, or after so many seconds."""
        with self._ended:
            self._ended.wait(seconds)

    def _run(self) -> None:
        said = ""
        with suppress(TenkyoIndexError, OSError):
            self._queue.clear_away()
        while True:
            self._news.clear()
            job, fault = None, ""
            try:
                if not self._leaving.is_set():
                    job = self._queue.claim(self._me)
            except TenkyoIndexError as error:
                fault = str(error)
                if fault != said:
                    log.warning("no job can be taken up: %s", error)
            said = fault
            if job is not None:
                try:
                    self._do(job)
                except Exception:  # such as no room for its files: it is taken up again once it has been silent
                    log.exception("an intake could not be carried out")
                continue
            with self._lock:
                if self._leaving.is_set() or not (self._stays or (not fault and self._is_any_under_way())):
                    self._thread = None
                    return
            self._news.wait(IDLE)

    def _is_any_under_way(self) -> bool:
        try:
            return any(job.ended is None for job in self._queue.listed())
        except TenkyoIndexError:
            return False

    def _do(self, job: Job) -> None:
        self._job = job
        report = _Report(self._queue, job, self._me, Estimate(self._pace), self._preparing, self._leaving)
        try:
            with report, TemporaryDirectory(prefix="tenkyo-") as folder:
                state, result = self._outcome(job, Path(folder), report)
            self._end(job, state, result, report.now)
        except _Left:
            self._give_back(job)
        finally:
            self._job = None
            with self._ended:
                self._ended.notify_all()

    def _outcome(self, job: Job, folder: Path, report: _Report) -> tuple[State, Mapping[str, Any]]:
        try:
            if job.is_stopping:
                raise Stopped
            if job.attempts > ATTEMPTS:
                raise Problem(500, "intake-given-up", GIVEN_UP, f"{job.attempts - 1} workers died at it")
            files = self._queue.files(job, folder)
            return "done", self._carry_out(job.about, files, report.heard).model_dump(mode="json")
        except _Left:
            raise
        except Stopped:
            return "stopped", stopped().body(job.about.path)
        except Exception as error:
            problem = problem_of(error)
            if problem.status_code == 500 and not isinstance(error, Problem):
                log.error("the intake failed", exc_info=error)
            return "failed", problem.body(job.about.path)

    def _end(self, job: Job, state: State, result: Mapping[str, Any], last: Step) -> None:
        """Write the end down; where that is not to be had now, the job is done once more, which changes nothing."""
        try:
            self._queue.end(job, self._me, state, result, last)
        except TenkyoIndexError as error:
            log.warning("the end of an intake could not be written down: %s", error)

    def _give_back(self, job: Job) -> None:
        try:
            self._queue.release(job, self._me)
        except TenkyoIndexError as error:  # it is taken up once this worker has been silent for long
            log.warning("an intake could not be given back: %s", error)


class _Report:
    """Tells the queue how far a job is, and hears whether it is to be stopped. The job itself waits for neither."""

    def __init__(
        self,
        queue: Queue,
        job: Job,
        worker: str,
        estimate: Estimate,
        preparing: Preparing,
        leaving: threading.Event,
    ):
        self._queue, self._job, self._worker = queue, job, worker
        self._estimate, self._preparing, self._leaving = estimate, preparing, leaving
        self.now = job.step
        self._is_stopping = self._is_lost = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tenkyo-intake-report", daemon=True)

    def __enter__(self) -> _Report:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def heard(self, stage: str, done: int, total: int) -> None:
        """Take in a report of progress; raise Stopped when the job is to end here."""
        if self._leaving.is_set() or self._is_lost:
            raise _Left
        if self._is_stopping:
            raise Stopped
        self._estimate.heard(stage, done, total)
        self.now = Step(stage, done, total, self._estimate.share, self._estimate.left)

    def _run(self) -> None:
        said, at = self._job.step, time.monotonic()
        while not self._over.wait(PAUSE):
            step = self._step()
            try:
                if step != said or time.monotonic() - at >= BEAT:
                    is_stopping = self._queue.report(self._job, self._worker, step)
                    said, at = step, time.monotonic()
                else:
                    is_stopping = self._queue.is_stopping(self._job, self._worker)
            except TenkyoIndexError as error:  # such as a paper that is being written; it will be said the next time
                log.debug("no report of an intake: %s", error)
                continue
            self._is_lost = is_stopping is None
            self._is_stopping = bool(is_stopping)

    def _step(self) -> Step:
        """Return what is being done. The model is loaded by the first job that needs it, which then says nothing."""
        now, preparing = self.now, self._preparing()
        if preparing is None:
            return now
        return Step(preparing.stage, preparing.done, preparing.total, now.share, now.seconds_left)
