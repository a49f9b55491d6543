"""Documents on their way in: uploads and the sample collection, at once or as a running report."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Header, Query, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse

from answer.assistant import Assistant
from api import schemas
from api.access.caller import Caller, Contributor, Reader
from api.access.door import is_open, note
from api.access.state import Holdings
from api.documents import document_out
from api.problems import Problem, problem_of
from api.settings import Settings
from api.uploads import keep
from api.worker import CarryOut, Files, Worker
from api.works import WAITING, Works, intake_out
from index.collection import AddReport, Progress
from index.database.queue import About, Job, Queue
from index.documents import DocumentInfo
from index.embedder import preparing
from index.protocols import IndexBusy, TenkyoIndexError

log = logging.getLogger(__name__)

NDJSON = "application/x-ndjson"
WAIT_SECONDS = 60.0  # for another process to finish its intake
RETRY_SECONDS = 0.3
ASYNC = "respond-async"
NAMESAKE = "同じ名前の別の資料として加えました"
REPLACED = "前の版と置き換えました"

Prefer = Annotated[
    str, Header(description="respond-async: answer 202 at once; GET /v1/intake tells how far it is.", examples=[ASYNC])
]

Group = Annotated[
    str | None,
    Query(
        max_length=100, description="Where there are accounts: whose papers they will be. Default: one's only group."
    ),
]

IntakeId = Annotated[str, InPath(description="From GET /v1/intake.", examples=["0f3a91c2d4e5b6a7"])]


def intake_router(
    assistant: Assistant, settings: Settings, holdings: Holdings, after: Callable[[], object] = lambda: None
) -> APIRouter:
    """Return the routes that take documents in, and tell how far that is.

    With ``Accept: application/x-ndjson`` they tell it themselves, line by line. ``after`` is done once papers are in;
    that it fails takes nothing back. While the app runs, it does what is in the queue, whoever has sent it.
    """
    queue = Queue(settings.index, settings.database)
    worker = Worker(queue, taker(assistant, holdings, after), lambda: preparing_out(assistant))
    works = Works(queue, worker, begins=settings.intake)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        if settings.intake:
            worker.begin(stay=True)
        try:
            yield
        finally:
            await run_in_threadpool(worker.close)
            queue.close()

    router = APIRouter(tags=["documents"], lifespan=lifespan)
    answers: dict[int | str, dict[str, Any]] = {
        200: {"content": {NDJSON: {"schema": {"type": "string", "description": "One event a line."}}}},
        202: {"description": "It has been begun or waits for its turn.", "model": schemas.IntakeOut},
    }

    def take_in(
        who: Caller, shelf: str, kept: Mapping[Path, str], request: Request, prefer: str
    ) -> schemas.UploadOut | Response:
        """Put files into the queue, and answer in the form that is wished for."""
        note(request, files=list(kept.values()), group=shelf)
        job = works.submit(kept, About(tuple(kept.values()), request.url.path, who.id, shelf))
        if ASYNC in prefer:
            headers = {"Preference-Applied": ASYNC, "Location": "/v1/intake"}
            return JSONResponse(intake_out(job).model_dump(), 202, headers)
        if NDJSON in request.headers.get("accept", ""):
            return StreamingResponse(works.lines(job, lambda: is_open(request, who)), media_type=NDJSON)
        return works.result(job)

    @router.post("/v1/documents", response_model=schemas.UploadOut, responses=answers)
    def upload(
        files: Annotated[
            list[UploadFile],
            File(
                description="Text, Markdown, PDF, Office files; one or more. The file name may be a relative path "
                "(第1回/資料1.pdf): papers are known by their place and content, so two of one name are two papers."
            ),
        ],
        request: Request,
        who: Contributor,
        prefer: Prefer = "",
        group: Group = None,
    ) -> schemas.UploadOut | Response:
        """Add or refresh documents. What can't be read is named in ``failed``; the rest goes in.

        A file takes the place of a document of its name only where it is recognisably a new version of it: it has the
        same title, meeting and date, and most of its lines. Else both stay, and ``notes`` say so.
        """
        if len(files) > settings.max_upload_files:
            title = f"一度に送れるのは {settings.max_upload_files} ファイルまでです。"
            raise Problem(413, "too-many-files", title, f"{len(files)} files, at most {settings.max_upload_files}")
        shelf = holdings.shelf(who, group)
        with tempfile.TemporaryDirectory(prefix="tenkyo-") as folder:
            return take_in(who, shelf, keep(files, Path(folder)), request, prefer)

    @router.post("/v1/sample", response_model=schemas.UploadOut, responses=answers)
    def add_sample(
        request: Request, who: Contributor, prefer: Prefer = "", group: Group = None
    ) -> schemas.UploadOut | Response:
        """Take in the sample collection that comes with the program."""
        papers = sample_papers()
        if not papers:
            title = "見本資料が入っていません。お手元の資料を取り込んでください。"
            raise Problem(404, "sample-missing", title, "the package sample holds no PDF")
        shelf = holdings.shelf(who, group)
        with tempfile.TemporaryDirectory(prefix="tenkyo-") as folder:
            kept = {Path(folder) / paper.name: paper.name for paper in papers}
            for path, paper in zip(kept, papers, strict=True):
                path.write_bytes(paper.read_bytes())
            return take_in(who, shelf, kept, request, prefer)

    @router.get("/v1/intake")
    def intakes(who: Reader) -> schemas.IntakesOut:
        """List the intakes that wait, run, or have ended within the last hour, in the order in which they came."""
        return schemas.IntakesOut(intakes=tuple(intake_out(job) for job in works.listed() if _is_shown(job, who)))

    def own(intake_id: str, who: Caller) -> Job:
        """Return an intake that the caller may stop; a Problem of status 403 or 404 otherwise."""
        job = next((job for job in works.listed() if job.id == intake_id and _is_shown(job, who)), None)
        if job is None:
            raise _unknown_intake(intake_id)
        if who.by != "local" and job.about.by != who.id and not who.may("curate"):
            title = "ほかの人の取り込みは止められません。"
            raise Problem(403, "not-permitted", title, "the permission 'curate' is needed")
        return job

    @router.delete("/v1/intake/{intake_id}", status_code=204)
    def drop_intake(intake_id: IntakeId, who: Contributor) -> None:
        """Stop an intake that waits or runs (what it has finished stays), or take one that has ended off the list."""
        try:
            works.drop(own(intake_id, who))
        except KeyError:
            raise _unknown_intake(intake_id) from None

    @router.post("/v1/intake/{intake_id}/retry", status_code=202)
    def retry_intake(intake_id: IntakeId, who: Contributor) -> schemas.IntakeOut:
        """Do an intake again that has failed or was stopped, with the files that were sent then."""
        job = own(intake_id, who)
        try:
            return intake_out(works.retry(job))
        except KeyError:
            title = "この取り込みは、やり直せる状態ではありません。"
            raise Problem(409, "intake-not-failed", title, f"it is {job.state}, not failed or stopped") from None

    return router


def taker(assistant: Assistant, holdings: Holdings, after: Callable[[], object] = lambda: None) -> CarryOut:
    """Return what takes the files of a job in: for the group that they were sent for, which owns them from the start.

    ``after`` is done once papers are in; that it fails takes nothing back.
    """

    def take(about: About, files: Files, progress: Progress) -> schemas.UploadOut:
        holdings.expect(about.shelf, files)
        before = _held(assistant) if about.shelf else []
        on = {"shelf": about.shelf} if about.shelf else {}
        report = _patiently(lambda: assistant.collection.add(list(files), progress, files, **on), progress)
        holdings.succeed(before, report)
        try:
            after()
        except Exception:
            log.exception("what follows an intake failed")
        return upload_out(report, files)

    return take


def _is_shown(job: Job, who: Caller) -> bool:
    """Tell whether an intake is of the caller's own groups."""
    return who.visible is None or job.about.shelf in who.groups


def _unknown_intake(intake_id: str) -> Problem:
    title = "その取り込みはありません。すでに終わった可能性があります。"
    return Problem(404, "intake-unknown", title, f"no intake has the id {intake_id[:80]!r}")


def _held(assistant: Assistant) -> list[DocumentInfo]:
    try:
        return assistant.collection.snapshot().documents()
    except TenkyoIndexError:  # adding says what is wrong, or makes it good
        return []


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


def upload_out(report: AddReport, names: Mapping[Path, str]) -> schemas.UploadOut:
    """Return what became of the files, which were sent under ``names``.

    Raise the first failure when nothing else came of it.
    """
    failures = []
    for path, error in report.failed:
        error.path = Path(names.get(path, path))
        failures.append((error.path.name, problem_of(error)))
    if failures and not (report.added or report.refreshed or report.skipped):
        name, problem = failures[0]
        problem.extra = {
            **problem.extra,
            "file": name,
            "failed": [failure_out(n, e).model_dump() for n, e in failures],
        }
        raise problem
    notes = [(info, NAMESAKE) for info in report.namesakes] + [(info, REPLACED) for info in report.refreshed]
    return schemas.UploadOut(
        added=tuple(map(document_out, report.added)),
        refreshed=tuple(map(document_out, report.refreshed)),
        skipped=tuple(map(document_out, report.skipped)),
        duplicates=tuple(
            schemas.DuplicateOut(file=Path(names.get(p, p)).name, same_as=same) for p, same in report.duplicates
        ),
        failed=tuple(failure_out(n, e) for n, e in failures),
        notes=tuple(schemas.NoteOut(document_id=info.id, file=info.file, text=text) for info, text in notes),
        seconds=report.seconds,
    )


def failure_out(name: str, problem: Problem) -> schemas.FailureOut:
    return schemas.FailureOut(file=name, page=problem.extra.get("page"), title=problem.title, detail=problem.detail)


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
