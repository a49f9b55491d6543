"""Documents on their way in: uploads and the sample collection, at once or as a running report."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import StreamingResponse

from answer.assistant import Assistant
from api import schemas
from api.documents import document_out
from api.problems import Problem, problem_of
from api.settings import Settings
from api.uploads import keep
from index.collection import AddReport, Progress
from index.embedder import preparing
from index.protocols import IndexBusy

NDJSON = "application/x-ndjson"
PAUSE = 0.2  # seconds between two lines of progress
WAIT_SECONDS = 60.0  # for another intake to finish
RETRY_SECONDS = 0.3
STARTING = "準備しています"
WAITING = "ほかの取り込みが終わるのを待っています"

Work = Callable[[Progress], schemas.UploadOut]
Event = schemas.ProgressEvent | schemas.DoneEvent | schemas.ProblemEvent

log = logging.getLogger(__name__)


def intake_router(assistant: Assistant, settings: Settings) -> APIRouter:
    """Return the routes that take documents in. With ``Accept: application/x-ndjson`` they tell how far they are."""
    router = APIRouter(tags=["documents"])
    streamed: dict[int | str, dict[str, Any]] = {
        200: {"content": {NDJSON: {"schema": {"type": "string", "description": "One event a line."}}}}
    }

    def take_in(folder: tempfile.TemporaryDirectory[str], kept: dict[Path, str]) -> Work:
        """Return the work that adds the files of ``folder``, and removes it in the end."""

        def work(progress: Progress) -> schemas.UploadOut:
            with folder:
                return upload_out(_patiently(lambda: assistant.collection.add(list(kept), progress, kept), progress))

        return work

    def answer(work: Work, request: Request) -> schemas.UploadOut | StreamingResponse:
        if NDJSON not in request.headers.get("accept", ""):
            return work(lambda stage, done, total: None)
        # The model is loaded within the first work that needs it, which then says nothing for a while.
        running = Running(work, request.url.path, lambda: preparing_out(assistant))
        return StreamingResponse(running.lines(), media_type=NDJSON)

    @router.post("/v1/documents", response_model=schemas.UploadOut, responses=streamed)
    def upload(
        files: Annotated[list[UploadFile], File(description="Text, Markdown, PDF, Office files; one or more.")],
        request: Request,
    ) -> schemas.UploadOut | StreamingResponse:
        """Add or refresh documents. What can't be read is named in ``failed``; the rest goes in."""
        if len(files) > settings.max_upload_files:
            title = f"一度に送れるのは {settings.max_upload_files} ファイルまでです。"
            raise Problem(413, "too-many-files", title, f"{len(files)} files, at most {settings.max_upload_files}")
        folder = tempfile.TemporaryDirectory(prefix="tenkyo-")
        try:
            kept = keep(files, Path(folder.name))
        except BaseException:
            folder.cleanup()
            raise
        return answer(take_in(folder, kept), request)

    @router.post("/v1/sample", response_model=schemas.UploadOut, responses=streamed)
    def add_sample(request: Request) -> schemas.UploadOut | StreamingResponse:
        """Take in the sample collection that comes with the program."""
        papers = sample_papers()
        if not papers:
            title = "見本資料が入っていません。お手元の資料を取り込んでください。"
            raise Problem(404, "sample-missing", title, "the package sample holds no PDF")
        folder = tempfile.TemporaryDirectory(prefix="tenkyo-")
        kept: dict[Path, str] = {}
        try:
            for paper in papers:
                path = Path(folder.name) / paper.name
                path.write_bytes(paper.read_bytes())
                kept[path] = paper.name
        except BaseException:
            folder.cleanup()
            raise
        return answer(take_in(folder, kept), request)

    return router


def sample_papers() -> list[Traversable]:
    """Return the PDFs of the installed package ``sample``; none where it is not installed."""
    try:
        return sorted((p for p in resources("sample").iterdir() if p.name.endswith(".pdf")), key=lambda p: p.name)
    except (ModuleNotFoundError, FileNotFoundError):
        return []


def preparing_out(assistant: Assistant) -> schemas.ProgressEvent | None:
    """Return how far the unpacking or loading of the model is; None before it began and once it is ready."""
    heard = preparing(assistant.collection.embedder)
    return schemas.ProgressEvent(stage=heard[0], done=heard[1], total=heard[2]) if heard else None


def upload_out(report: AddReport) -> schemas.UploadOut:
    """Return what became of the files; raise the first failure when nothing else came of it."""
    failures = [(path, problem_of(error)) for path, error in report.failed]
    if failures and not (report.added or report.refreshed or report.skipped):
        path, problem = failures[0]
        problem.extra = {
            **problem.extra,
            "file": path.name,
            "failed": [failure_out(p, e).model_dump() for p, e in failures],
        }
        raise problem
    return schemas.UploadOut(
        added=tuple(map(document_out, report.added)),
        refreshed=tuple(map(document_out, report.refreshed)),
        skipped=tuple(map(document_out, report.skipped)),
        duplicates=tuple(schemas.DuplicateOut(file=p.name, same_as=same) for p, same in report.duplicates),
        failed=tuple(failure_out(p, e) for p, e in failures),
        seconds=report.seconds,
    )


def failure_out(path: Path, problem: Problem) -> schemas.FailureOut:
    return schemas.FailureOut(
        file=path.name, page=problem.extra.get("page"), title=problem.title, detail=problem.detail
    )


def _patiently(add: Callable[[], AddReport], progress: Progress) -> AddReport:
    """Return what ``add`` does, waiting for another intake to finish; IndexBusy when that takes too long."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return add()
        except IndexBusy:
            if time.monotonic() >= until:
                raise
            progress(WAITING, 0, 1)
            time.sleep(RETRY_SECONDS)


class Running:
    """Work in a thread of its own, which goes on when nobody listens any more."""

    def __init__(self, work: Work, path: str, preparing: Callable[[], schemas.ProgressEvent | None]):
        self._now = schemas.ProgressEvent(stage=STARTING, done=0, total=1)
        self._path = path
        self._preparing = preparing
        self._end: Future[Event] = Future()
        self._end.set_running_or_notify_cancel()  # from here on nobody can call it off
        threading.Thread(target=self._run, args=(work,), name="tenkyo-intake").start()

    async def lines(self) -> AsyncIterator[str]:
        """Yield what is being done, whenever that has changed, and how it ended: JSON, one event a line."""
        end = asyncio.wrap_future(self._end)
        said: Event | None = None
        try:
            while not end.done():
                now = self._preparing() or self._now
                if now != said:
                    said = now
                    yield _line(now)
                await asyncio.wait([end], timeout=PAUSE)
            yield _line(end.result())
        finally:
            end.cancel()  # only the waiting: the loop may be gone when the work ends

    def _run(self, work: Work) -> None:
        try:
            self._end.set_result(schemas.DoneEvent(report=work(self._heard)))
        except Exception as error:
            problem = problem_of(error)
            if problem.status_code == 500:
                log.error("the intake failed", exc_info=error)
            self._end.set_result(schemas.ProblemEvent(problem=problem.body(self._path)))

    def _heard(self, stage: str, done: int, total: int) -> None:
        self._now = schemas.ProgressEvent(stage=stage, done=done, total=total)


def _line(event: Event) -> str:
    return event.model_dump_json() + "\n"
