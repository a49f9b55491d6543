"""Intakes as the routes see them: sent, looked at, stopped and tried again, whichever process does them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from api import schemas
from api.problems import Problem
from api.worker import PAUSE, Files, Worker, stopped
from index.database.queue import ENDED, About, Job, Queue, Step

KEPT, KEPT_SECONDS = 100, 3600.0  # ended intakes that are still told of, and for how long
STARTING = "準備しています"
WAITING = "ほかの取り込みが終わるのを待っています"

Event = schemas.ProgressEvent | schemas.DoneEvent | schemas.ProblemEvent


class Works:
    """The intakes of a collection. One runs, the others wait for their turn; who asked for one need not stay."""

    def __init__(self, queue: Queue, worker: Worker, *, begins: bool = True):
        """``worker`` does what is sent here, unless another process is quicker; others do where it never ``begins``."""
        self._queue = queue
        self._worker = worker
        self._begins = begins

    def submit(self, files: Files, about: About) -> Job:
        """Put files at the end of the queue; return their job."""
        job = self._queue.submit(files, about, Step(WAITING), Step(STARTING))
        if self._begins:
            self._worker.begin()
        return job

    def listed(self) -> list[Job]:
        """Return the jobs in the order in which they came; those that ended long ago are forgotten."""
        every = self._queue.listed()
        ended = [job for job in every if job.ended is not None]
        old = {job.id for job in ended if time.time() - (job.ended or 0.0) > KEPT_SECONDS}
        old |= {job.id for job in ended[:-KEPT]}
        if old:
            self._queue.forget(sorted(old))
        return [job for job in every if job.id not in old]

    def drop(self, job: Job) -> None:
        """Stop a job that is under way, or forget one that has ended; KeyError if it is there no longer."""
        if job.state in ENDED:
            self._queue.forget([job.id])
        else:
            self._queue.stop(job.id, stopped().body(job.about.path))

    def retry(self, job: Job) -> Job:
        """Have a job that failed or was stopped done again; KeyError if it is none such."""
        again = self._queue.retry(job.id, Step(WAITING))
        if self._begins:
            self._worker.begin()
        return again

    def result(self, job: Job) -> schemas.UploadOut:
        """Wait for a job's end and return its report; raise the Problem that it ended with."""
        while job.state not in ENDED:
            self._worker.wait(PAUSE)
            job = self._queue.job(job.id)
        assert job.result is not None
        if job.state == "done":
            return schemas.UploadOut.model_validate(job.result)
        raise _problem(job.result)

    async def lines(self, job: Job, may_hear: Callable[[], bool] = lambda: True) -> AsyncIterator[str]:
        """Yield what is being done, whenever that has changed, and how it ended: JSON, one event a line.

        Whoever may hear it no longer hears nothing more.
        """
        said: Event | None = None
        while await asyncio.to_thread(may_hear):
            now = _event(job)
            if now != said:
                said = now
                yield now.model_dump_json() + "\n"
            if job.state in ENDED:
                return
            await asyncio.to_thread(self._worker.wait, PAUSE)
            job = await asyncio.to_thread(self._queue.job, job.id)


def intake_out(job: Job) -> schemas.IntakeOut:
    """Return a job as it is shown."""
    is_done, step = job.state == "done", job.step
    is_stopping = job.state == "running" and job.is_stopping
    return schemas.IntakeOut(
        id=job.id,
        files=job.about.files,
        state="stopping" if is_stopping else job.state,
        stage=step.stage,
        done=step.done,
        total=step.total,
        share=1.0 if is_done else step.share,
        seconds_left=None if job.state in ENDED else step.seconds_left,
        ended=None if job.ended is None else datetime.fromtimestamp(job.ended, UTC).isoformat(),
        report=schemas.UploadOut.model_validate(job.result) if is_done else None,
        problem=dict(job.result) if job.result is not None and not is_done else None,
    )


def _event(job: Job) -> Event:
    if job.state == "done":
        return schemas.DoneEvent(report=schemas.UploadOut.model_validate(job.result))
    if job.state in ENDED:
        return schemas.ProblemEvent(problem=dict(job.result or {}))
    return schemas.ProgressEvent(stage=job.step.stage, done=job.step.done, total=job.step.total)


def _problem(body: Mapping[str, Any]) -> Problem:
    """Return the problem that a job ended with."""
    own = {"type", "title", "status", "detail", "instance"}
    extra = {name: value for name, value in body.items() if name not in own}
    kind = str(body["type"]).removeprefix("urn:tenkyo:problem:")
    return Problem(body["status"], kind, body["title"], body["detail"], **extra)
