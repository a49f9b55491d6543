"""The front door over HTTP: routes, and what travels in and out of them."""

from __future__ import annotations

import hashlib
import math
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI, File, Query, Request, UploadFile
from fastapi import Path as InPath
from fastapi.responses import Response

from answer.answer import Answer, Box, Passage
from answer.assistant import Assistant
from api import schemas
from api.examples import example_questions
from api.problems import Gate, Problem, handle_problems, problem_of
from api.settings import Settings
from api.uploads import keep
from index.protocols import IndexMissing, TenkyoIndexError
from index.scope import Scope
from index.snapshot import DocumentInfo, Snapshot
from ingest.document import Document, Page
from ingest.pdf.read import render_page

EXAMPLES = 4
MOST_PIXELS = 16_000_000  # of a page's picture: a poster is drawn more coarsely
MOST_BOXES = 500

DocumentId = Annotated[str, InPath(description="From GET /v1/documents.", examples=["0123456789abcdef"])]
PageNumber = Annotated[int, InPath(description="Physical page, from 1.", examples=[1])]


def create_app(assistant: Assistant, settings: Settings) -> FastAPI:
    """Return the API over one assistant. Nothing is opened here: the index is read when it is first asked."""
    problem: dict[str, Any] = {
        "description": "RFC 9457 problem document.",
        "content": {"application/problem+json": {"schema": schemas.ProblemOut.model_json_schema()}},
    }
    app = FastAPI(
        title="tenkyo",
        version=version("tenkyo"),
        summary="Ask government briefing documents in Japanese; every answer says where it stands.",
        responses={"4XX": problem, "5XX": problem},
    )
    handle_problems(app)
    app.add_middleware(
        Gate,
        allowed_hosts=(*settings.allowed_hosts, settings.api_host),
        upload_path="/v1/documents",
        upload_limit=settings.max_upload_mb * 2**20,
    )
    examples = _Examples(assistant)

    def snapshot_with(document_id: str) -> tuple[Snapshot, Document]:
        snapshot = assistant.collection.snapshot()
        try:
            return snapshot, snapshot.document(document_id)
        except KeyError:
            raise _unknown_document(document_id) from None

    @app.post("/v1/ask", tags=["ask"])
    def ask(body: schemas.AskRequest) -> schemas.AnswerOut:
        """Answer one question, with the quotes it stands on, or say what the documents do not tell."""
        return answer_out(assistant.ask(body.question, id=body.id, scope=scope_of(body.scope), after=body.after))

    @app.post("/v1/search", tags=["ask"])
    def search(body: schemas.SearchRequest) -> schemas.SearchOut:
        """Return the passages nearest to the question, best first."""
        if body.k > settings.max_k:
            title = f"一度に探せるのは {settings.max_k} 件までです。"
            raise Problem(422, "k-too-large", title, f"k is {body.k}, at most {settings.max_k}")
        found = assistant.search(body.question, k=body.k, leg=body.leg, scope=scope_of(body.scope))
        return schemas.SearchOut(question=body.question, leg=body.leg, passages=tuple(map(passage_out, found)))

    @app.get("/v1/examples", tags=["ask"])
    def get_examples() -> schemas.ExamplesOut:
        """Return a few questions that this collection answers; none when nothing is indexed."""
        return schemas.ExamplesOut(questions=examples.get())

    @app.get("/v1/documents", tags=["documents"])
    def documents(scope: Annotated[schemas.ScopeBody, Query()]) -> schemas.DocumentsOut:
        """List the collection, or what of it lies within a scope; empty when nothing is indexed."""
        try:
            snapshot = assistant.collection.snapshot()
        except IndexMissing:
            return schemas.DocumentsOut(index=None, documents=())
        within = scope_of(scope) or Scope()
        listed = tuple(document_out(info) for info in snapshot.documents() if within.covers(info))
        return schemas.DocumentsOut(index=snapshot.id, documents=listed)

    @app.post("/v1/documents", tags=["documents"])
    def upload(
        files: Annotated[list[UploadFile], File(description="Text, Markdown or PDF; one or more.")],
    ) -> schemas.UploadOut:
        """Add or refresh documents. What can't be read is named in ``failed``; the rest goes in."""
        if len(files) > settings.max_upload_files:
            title = f"一度に送れるのは {settings.max_upload_files} ファイルまでです。"
            raise Problem(413, "too-many-files", title, f"{len(files)} files, at most {settings.max_upload_files}")
        with tempfile.TemporaryDirectory(prefix="tenkyo-") as folder:
            kept = keep(files, Path(folder))
            report = assistant.collection.add(list(kept), sources=kept)
        failures = [(path, problem_of(error)) for path, error in report.failed]
        done = (*report.added, *report.refreshed, *report.skipped)
        if failures and not done:
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

    @app.get("/v1/documents/{document_id}", tags=["documents"])
    def document(document_id: DocumentId) -> schemas.DocumentDetail:
        """Return one document with its pages and headings."""
        snapshot, found = snapshot_with(document_id)
        info = next(info for info in snapshot.documents() if info.id == document_id)
        return schemas.DocumentDetail(
            **document_out(info).model_dump(),
            page_list=tuple(schemas.PageSummary(number=page.number, label=page.label) for page in found.pages),
            headings=tuple(
                schemas.HeadingOut(text=found.text[b.start : b.end].strip(), level=b.level, page=b.page)
                for b in found.blocks
                if b.kind == "heading"
            ),
        )

    @app.delete("/v1/documents/{document_id}", tags=["documents"], status_code=204)
    def remove(document_id: DocumentId) -> None:
        """Take one document out of the collection. The original file is not touched."""
        try:
            assistant.collection.remove(document_id)
        except KeyError:
            raise _unknown_document(document_id) from None

    @app.get("/v1/documents/{document_id}/pages/{number}", tags=["documents"])
    def page(document_id: DocumentId, number: PageNumber, request: Request) -> schemas.PageOut:
        """Return a page's text, line by line, with offsets and places."""
        _, found = snapshot_with(document_id)
        return page_out(found, _page(found, number), f"{request.url.path}/image")

    @app.get(
        "/v1/documents/{document_id}/pages/{number}/image",
        tags=["documents"],
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, 304: {"description": "The picture is still the same."}},
    )
    def image(
        document_id: DocumentId,
        number: PageNumber,
        request: Request,
        start: Annotated[int | None, Query(ge=0, description="Draw the text from this offset of the document.")] = None,
        end: Annotated[int | None, Query(ge=0, description="… to this one.")] = None,
        boxes: Annotated[
            str | None,
            Query(max_length=20_000, description="Draw these: x0,y0,x1,y1;… in points.", examples=["72,120,301,134"]),
        ] = None,
        dpi: Annotated[int, Query(ge=36, le=220)] = 110,
    ) -> Response:
        """Return the picture of a PDF's page, with citations drawn on it."""
        snapshot, found = snapshot_with(document_id)
        shown = _page(found, number)
        if found.kind != "pdf":
            title = "テキスト文書にはページ画像がありません。本文を表示してください。"
            raise Problem(404, "no-image", title, f"document {document_id} is a text file and has no pictures of pages")
        drawn = _boxes(boxes)
        if start is not None or end is not None:
            # of a quote that goes on overleaf, the part on this page
            first, last = max(start or 0, shown.start), min(end or 0, shown.end)
            if start is None or first >= last:
                title = "引用の位置がこのページの中にありません。"
                detail = f"start and end must overlap {shown.start}-{shown.end}, got {start}-{end}"
                raise Problem(422, "span-outside-page", title, detail)
            drawn += assistant.cite(snapshot, document_id, first, last, 1).boxes or ()
        dpi = _bounded(dpi, shown)
        etag = f'"{hashlib.sha256(repr((app.version, document_id, number, dpi, drawn)).encode()).hexdigest()[:32]}"'
        # the id is a hash of the content, so a picture stays what it is until the program changes
        headers = {"ETag": etag, "Cache-Control": "private, max-age=86400"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        picture = render_page(snapshot.source_path(document_id), number, dpi=dpi, boxes=drawn)
        return Response(picture, media_type="image/png", headers=headers)

    @app.get("/healthz", tags=["health"])
    def health() -> schemas.HealthOut:
        """Say whether questions can be asked. 200 as long as the server runs, also when nothing is indexed."""
        try:
            snapshot = assistant.collection.snapshot()
        except TenkyoIndexError as error:
            return health_out("empty" if isinstance(error, IndexMissing) else "unusable", detail=error.message)
        count = len(snapshot.documents())
        if not count:
            return health_out("empty", snapshot.id, detail="文書がまだありません。文書を追加してください。")
        return health_out("ok", snapshot.id, count, snapshot.embedder.name)

    def health_out(
        status: schemas.HealthStatus,
        index: str | None = None,
        documents: int = 0,
        embedder: str | None = None,
        detail: str | None = None,
    ) -> schemas.HealthOut:
        return schemas.HealthOut(
            status=status,
            version=app.version,
            index=index,
            documents=documents,
            embedder=embedder or settings.embedding_model,
            detail=detail,
        )

    return app


class _Examples:
    """The example questions of the newest snapshot: looked for once, since each is tried out."""

    def __init__(self, assistant: Assistant):
        self.assistant = assistant
        self.index: str | None = None
        self.questions: tuple[str, ...] = ()
        self.lock = threading.Lock()

    def get(self) -> tuple[str, ...]:
        try:
            snapshot = self.assistant.collection.snapshot()
        except IndexMissing:
            return ()
        with self.lock:
            if self.index != snapshot.id:
                self.questions = example_questions(self.assistant, snapshot, EXAMPLES)
                self.index = snapshot.id
            return self.questions


def scope_of(body: schemas.ScopeBody | None) -> Scope | None:
    """Return what a body narrows the collection to; None where it narrows nothing."""
    return (Scope(**body.model_dump()) if body is not None else None) or None


def answer_out(answer: Answer) -> schemas.AnswerOut:
    return schemas.AnswerOut.model_validate(answer.to_dict())


def passage_out(passage: Passage) -> schemas.PassageOut:
    place = schemas.Place.model_validate(passage.citation, from_attributes=True)
    return schemas.PassageOut(chunk_id=passage.chunk_id, score=passage.score, **place.model_dump())


def document_out(info: DocumentInfo) -> schemas.DocumentOut:
    return schemas.DocumentOut.model_validate(info, from_attributes=True)


def failure_out(path: Path, problem: Problem) -> schemas.FailureOut:
    return schemas.FailureOut(
        file=path.name, page=problem.extra.get("page"), title=problem.title, detail=problem.detail
    )


def page_out(document: Document, page: Page, image: str) -> schemas.PageOut:
    """Return a page as it travels. A form feed belongs to no line."""
    lines = []
    start = page.start
    for raw in document.text[page.start : page.end].split("\n"):
        text = raw.strip("\f")
        first = start + raw.index(text)
        end = first + len(text)
        lines.append(
            schemas.LineOut(
                number=document.lines(first, end)[0] if document.lines_are_source else None,
                start=first,
                end=end,
                text=text,
                box=line_box(page, first, end),
            )
        )
        start += len(raw) + 1
    if not lines[-1].text and len(lines) > 1:  # what follows the last line end
        lines.pop()
    return schemas.PageOut(
        document_id=document.id,
        number=page.number,
        label=page.label,
        label_guessed=document.paging == "guessed",
        start=page.start,
        end=page.end,
        text=document.text[page.start : page.end],
        lines=tuple(lines),
        width=page.width,
        height=page.height,
        image=image if document.kind == "pdf" else None,
    )


def line_box(page: Page, start: int, end: int) -> Box | None:
    """Return the rectangle around the ink of ``start`` to ``end``, or None where there is none."""
    if page.char_boxes is None:
        return None
    boxes = np.frombuffer(page.char_boxes, "<f4").reshape(-1, 4)[start - page.start : end - page.start]
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    x0, y0 = boxes[:, :2].min(axis=0).tolist()
    x1, y1 = boxes[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1


def _unknown_document(document_id: str) -> Problem:
    title = "その文書は見つかりません。取り除かれたか、新しい版に置き換わった可能性があります。"
    return Problem(404, "document-unknown", title, f"no document has the id {document_id[:80]!r}")


def _page(document: Document, number: int) -> Page:
    for page in document.pages:
        if page.number == number:
            return page
    last = len(document.pages)
    title = f"そのページはありません。この文書は {last} ページまでです。"
    raise Problem(404, "page-unknown", title, f"page {number} is not within 1-{last}")


def _boxes(text: str | None) -> tuple[Box, ...]:
    """Return the rectangles of ``x0,y0,x1,y1;…``."""
    boxes: list[Box] = []
    for part in (text or "").split(";") if text else ():
        try:
            x0, y0, x1, y1 = map(float, part.split(","))
        except ValueError:
            x0 = y0 = x1 = y1 = math.nan
        if not all(map(math.isfinite, (x0, y0, x1, y1))) or not (x0 < x1 and y0 < y1) or len(boxes) == MOST_BOXES:
            detail = f"boxes must be at most {MOST_BOXES} times x0,y0,x1,y1 with x0 < x1 and y0 < y1; got {part[:80]!r}"
            raise Problem(422, "boxes-invalid", "枠の指定を読み取れません。", detail)
        boxes.append((x0, y0, x1, y1))
    return tuple(boxes)


def _bounded(dpi: int, page: Page) -> int:
    """Return the resolution, lowered so that a very large page stays within ``MOST_PIXELS``."""
    area = (page.width or 1) * (page.height or 1) / 72**2  # square inches
    return max(1, min(dpi, int(math.sqrt(MOST_PIXELS / area))))
