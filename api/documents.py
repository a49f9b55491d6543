"""The routes of one document: what it is, its pages and its file, where words stand in it, what a person says of it."""

from __future__ import annotations

import hashlib
import math
from importlib.metadata import version
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response

from answer.answer import Box
from api import schemas
from api.access.caller import Curator, Reader
from api.access.papers import Papers, unknown_document
from api.access.state import Holdings
from api.find import find, words_of
from api.problems import Problem
from api.uploads import place_of, plain_name
from index.documents import DocumentInfo
from index.snapshot import Snapshot
from ingest.dates import date_of
from ingest.document import Document, Kind, Page, Table
from ingest.pdf.read import render_page

VERSION = version("tenkyo")
MOST_PIXELS = 16_000_000  # of a page's picture: a poster is drawn more coarsely
MOST_BOXES = 500
# A page of somebody else's must never be drawn under our address: HTML leaves as mere bytes.
MEDIA_TYPES: dict[Kind, str] = {
    "text": "text/plain",
    "markdown": "text/markdown",
    "pdf": "application/pdf",
    "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "slides": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "sheet": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "html": "application/octet-stream",
}

DocumentId = Annotated[str, InPath(description="From GET /v1/documents.", examples=["0123456789abcdef"])]
PageNumber = Annotated[int, InPath(description="Physical page, from 1.", examples=[1])]


def documents_router(papers: Papers, holdings: Holdings) -> APIRouter:
    """Return the routes below ``/v1/documents/{document_id}``."""
    router = APIRouter(tags=["documents"])

    snapshot_with, collection = papers.document, papers.assistant.collection

    def info_of(snapshot: Snapshot, document_id: str) -> DocumentInfo:
        return next(info for info in snapshot.documents() if info.id == document_id)

    @router.get("/v1/documents/{document_id}")
    def document(document_id: DocumentId, who: Reader) -> schemas.DocumentDetail:
        """Return one document with its pages and headings."""
        snapshot, found = snapshot_with(who, document_id)
        return schemas.DocumentDetail(
            **document_out(info_of(snapshot, document_id)).model_dump(),
            page_list=tuple(schemas.PageSummary(number=page.number, label=page.label) for page in found.pages),
            headings=tuple(
                schemas.HeadingOut(
                    text=found.text[b.start : b.end].strip(), level=b.level, page=b.page, start=b.start, end=b.end
                )
                for b in found.blocks
                if b.kind == "heading"
            ),
        )

    @router.delete("/v1/documents/{document_id}", status_code=204)
    def remove(document_id: DocumentId, who: Curator) -> None:
        """Take one document out of the collection. The original file is not touched.

        Where it belongs to groups that the caller is not in, it stays there, and is taken from the caller's alone.
        """
        if not who.sees(document_id):
            raise unknown_document(document_id)
        if holdings.is_only(who, document_id):
            try:
                collection.remove(document_id)
            except KeyError:
                raise unknown_document(document_id) from None
        holdings.release(who, document_id)

    @router.patch("/v1/documents/{document_id}")
    def describe(document_id: DocumentId, body: schemas.Description, who: Curator) -> schemas.DocumentOut:
        """Set by hand what a document is called and when it was issued; its passages and figures bear that at once."""
        given = _given(body)
        if not who.sees(document_id):
            raise unknown_document(document_id)
        if not given:
            snapshot, _ = snapshot_with(who, document_id)
            return document_out(info_of(snapshot, document_id))
        try:
            return document_out(collection.describe(document_id, given))
        except KeyError:
            raise unknown_document(document_id) from None

    @router.get(
        "/v1/documents/{document_id}/file",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {}}}, 304: {"description": "The file is the same."}},
    )
    def original(document_id: DocumentId, request: Request, who: Reader) -> Response:
        """Return the document's own file, as it was taken in."""
        snapshot, found = snapshot_with(who, document_id)
        path = snapshot.source_path(document_id)
        headers = {
            "ETag": f'"{found.sha256}"',
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
            # given here, since the encoding of a text file is its own
            "Content-Type": MEDIA_TYPES[found.kind],
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if not path.is_file():
            title = "原本の控えが見つかりません。この文書をもう一度取り込んでください。"
            raise Problem(404, "original-missing", title, f"the kept original of document {document_id} is gone")
        return FileResponse(path, headers=headers, filename=plain_name(place_of(found.file)) or document_id)

    @router.get("/v1/documents/{document_id}/find")
    def find_words(
        document_id: DocumentId,
        who: Reader,
        q: Annotated[str, Query(max_length=200, description="A word, or several that stand on one line.")],
        limit: Annotated[int, Query(ge=1, le=1000, description="Most places that are returned.")] = 100,
    ) -> schemas.FoundOut:
        """Return where words stand in the document; width, case, commas in figures and spacing make no difference."""
        if not words_of(q):
            raise Problem(422, "find-empty", "探すことばを入力してください。", "q holds no word")
        _, found = snapshot_with(who, document_id)
        return find(found, q, limit)

    @router.get("/v1/documents/{document_id}/tables")
    def tables(
        document_id: DocumentId,
        who: Reader,
        start: Annotated[int, Query(ge=0, description="From this offset of the document's text …")],
        end: Annotated[int, Query(ge=0, description="… to this one.")],
    ) -> schemas.TablesOut:
        """Return the rows of tables that a span touches, with their headings: a quoted row alone says little."""
        _, found = snapshot_with(who, document_id)
        touched = (table for table in found.tables if table.start < end and start < table.end)
        return schemas.TablesOut(tables=tuple(table_out(found, table, start, end) for table in touched))

    @router.get("/v1/documents/{document_id}/pages/{number}")
    def page(document_id: DocumentId, number: PageNumber, request: Request, who: Reader) -> schemas.PageOut:
        """Return a page's text, line by line, with offsets and places."""
        _, found = snapshot_with(who, document_id)
        return page_out(found, _page(found, number), f"{request.url.path}/image")

    @router.get(
        "/v1/documents/{document_id}/pages/{number}/image",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, 304: {"description": "The picture is still the same."}},
    )
    def image(
        document_id: DocumentId,
        number: PageNumber,
        who: Reader,
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
        snapshot, found = snapshot_with(who, document_id)
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
            drawn += papers.assistant.cite(snapshot, document_id, first, last, 1).boxes or ()
        dpi = _bounded(dpi, shown)
        etag = f'"{hashlib.sha256(repr((VERSION, document_id, number, dpi, drawn)).encode()).hexdigest()[:32]}"'
        # the id is a hash of the content, so a picture stays what it is until the program changes
        headers = {"ETag": etag, "Cache-Control": "private, max-age=86400"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        picture = render_page(snapshot.source_path(document_id), number, dpi=dpi, boxes=drawn)
        return Response(picture, media_type="image/png", headers=headers)

    return router


def document_out(info: DocumentInfo) -> schemas.DocumentOut:
    return schemas.DocumentOut.model_validate(info, from_attributes=True)


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


def table_out(document: Document, table: Table, start: int, end: int) -> schemas.TableOut:
    """Return the rows of a table that ``start`` to ``end`` touches; a heading over several columns stands in each."""
    width = 1 + max(cell.column + cell.column_span - 1 for cell in table.cells)
    heads: list[list[str]] = [[] for _ in range(width)]
    touched = {cell.row for cell in table.cells if cell.start < end and start < max(cell.end, cell.start + 1)}
    rows = {row: [""] * width for row in sorted(touched) if row >= table.header_rows}
    names = {row: [""] * width for row in rows}
    for cell in table.cells:
        text = " ".join(document.text[cell.start : cell.end].split())
        if cell.row < table.header_rows:
            for column in range(cell.column, cell.column + cell.column_span):
                heads[column] += [text] if text and text not in heads[column] else []
        elif cell.row in rows:
            rows[cell.row][cell.column] = text
            if document.kind == "sheet" and text:
                names[cell.row][cell.column] = (document.place_of(cell.start, cell.end) or "").rsplit(" ", 1)[-1]
    return schemas.TableOut(
        start=max(start, table.start),
        end=min(end, table.end),
        heads=tuple(map(" ".join, heads)) if table.header_rows else (),
        rows=tuple(map(tuple, rows.values())),
        names=tuple(map(tuple, names.values())) if document.kind == "sheet" else (),
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


def _given(body: schemas.Description) -> dict[str, str]:
    """Return what is to be set, each as one line, the date as it is kept."""
    given = {name: " ".join(value.split()) for name, value in body.model_dump(exclude_none=True).items()}
    if given.get("published"):
        try:
            given["published"] = date_of(given["published"])
        except ValueError as error:
            title = "日付として読めません。2024-06-04、2024-06、令和6年6月4日 のように書いてください。"
            raise Problem(422, "date-invalid", title, f"published: {error}") from None
    return given
