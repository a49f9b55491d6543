"""The tools that open something: list_documents, outline, read_page; and the same as resources."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import CallToolResult
from pydantic import Field

from api.mcp import cursors, told
from api.mcp.asking import Cursor, Departments, Groups, Meetings, Since, Until
from api.mcp.desk import Desk
from api.mcp.near import check_document
from api.mcp.refused import Refused
from api.mcp.result import result
from api.mcp.schemas import DocumentOut, DocumentsOut, HeadingOut, OutlineOut, PageOut
from api.places import link_of
from index.snapshot import Snapshot
from ingest.document import Document, Page

LISTED = 20  # documents at once
HEADINGS = 100  # at once
PAGE_CHARS = 6000  # of a page at once: a text file may be one page
RESOURCE_DOCUMENTS = 500  # of the list that is a resource

DocumentId = Annotated[str, Field(description="list_documents か search の ID", max_length=100)]


class Reading:
    def __init__(self, desk: Desk):
        self.desk = desk

    async def list_documents(
        self,
        groups: Groups = (),
        meetings: Meetings = (),
        departments: Departments = (),
        since: Since = None,
        until: Until = None,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, DocumentsOut]:
        """Return the papers that there are, newest first."""

        def work() -> CallToolResult:
            snapshot = self.desk.snapshot()
            infos = snapshot.documents()
            scope = self.desk.scope(infos, (), groups, meetings, departments, since, until)
            listed = [info for info in infos if scope is None or scope.covers(info)]
            listed.sort(key=lambda info: info.published or "", reverse=True)
            asked = ("list_documents", groups, meetings, departments, since, until, snapshot.id)
            piece, more = cursors.piece(listed, cursor, LISTED, *asked)
            documents = [told.document_out(info, self.desk.page_url) for info in piece]
            self.desk.note("list_documents")
            out = DocumentsOut(total=len(listed), documents=tuple(documents), next_cursor=more)
            return result(documents_text(documents, len(listed), more), out)

        return await self.desk.does(work)

    async def outline(self, document_id: DocumentId, cursor: Cursor = None) -> Annotated[CallToolResult, OutlineOut]:
        """Return the headings of a paper with their pages."""

        def work() -> CallToolResult:
            snapshot, document, about = self._opened(document_id)
            headings = headings_of(document)
            asked = ("outline", document_id, snapshot.version(document_id))
            piece, more = cursors.piece(headings, cursor, HEADINGS, *asked)
            self.desk.note("outline", documents=[document_id])
            out = OutlineOut(document=about, total=len(headings), headings=tuple(piece), next_cursor=more)
            return result(outline_text(out), out)

        return await self.desk.does(work)

    async def read_page(
        self,
        document_id: DocumentId,
        page: Annotated[int, Field(ge=1, description="ページ（1 から）")] = 1,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, PageOut]:
        """Return the text of a page, a long one piece by piece."""
        return await self.desk.does(partial(self._read_page, document_id, page, cursor))

    def _read_page(self, document_id: str, number: int, cursor: str | None) -> CallToolResult:
        snapshot, document, about = self._opened(document_id)
        page = page_of(document, number)
        text = document.text[page.start : page.end]
        asked = ("read_page", document_id, number, snapshot.version(document_id))
        start = cursors.offset(cursor, *asked)
        end = min(start + PAGE_CHARS, len(text))
        more = cursors.after(end, *asked) if end < len(text) else None
        self.desk.note("read_page", documents=[document_id])
        out = self._page_out(document, about, page, text[start:end], more)
        return result(page_text(out), out)

    # --- resources ---

    async def documents_resource(self) -> str:
        """Return the list of papers."""

        def work() -> str:
            infos = sorted(self.desk.snapshot().documents(), key=lambda info: info.published or "", reverse=True)
            documents = [told.document_out(info, self.desk.page_url) for info in infos[:RESOURCE_DOCUMENTS]]
            self.desk.note("documents")
            left = "\nほかの資料は list_documents で見られます。" if len(infos) > len(documents) else ""
            return documents_text(documents, len(infos), None) + left

        return await self.desk.does(work, failing=ResourceError)

    async def document_resource(self, id: str) -> str:  # noqa: A002 - the address's own name for it
        """Return what a paper is, with its headings."""

        def work() -> str:
            _, document, about = self._opened(id)
            headings = headings_of(document)
            self.desk.note("document", documents=[id])
            return outline_text(
                OutlineOut(document=about, total=len(headings), headings=tuple(headings), next_cursor=None)
            )

        return await self.desk.does(work, failing=ResourceNotFoundError)

    async def page_resource(self, id: str, n: str) -> str:  # noqa: A002
        """Return the text of a page."""

        def work() -> str:
            _, document, about = self._opened(id)
            page = page_of(document, int(n) if n.isascii() and n.isdigit() and len(n) < 10 else 0)
            self.desk.note("page", documents=[id])
            text = document.text[page.start : page.end]
            return page_text(self._page_out(document, about, page, text, None))

        return await self.desk.does(work, failing=ResourceNotFoundError)

    def _opened(self, document_id: str) -> tuple[Snapshot, Document, DocumentOut]:
        """Return the snapshot and the paper; Refused, with what is near, where the caller has none of that id."""
        snapshot = self.desk.snapshot()
        check_document(snapshot.documents(), document_id)
        about = told.document_out(snapshot.info(document_id), self.desk.page_url)
        return snapshot, snapshot.document(document_id), about

    def _page_out(self, document: Document, about: DocumentOut, page: Page, text: str, more: str | None) -> PageOut:
        guessed = "（推定）" if page.label and document.paging == "guessed" else ""
        return PageOut(
            document=about,
            page=page.number,
            label=page.label and f"{page.label}{guessed}",
            text=text,
            link=link_of(self.desk.page_url, about.document_id, page.number),
            next_cursor=more,
        )


def headings_of(document: Document) -> list[HeadingOut]:
    return [
        HeadingOut(
            text=re.sub(r"^#{1,6} ", "", " ".join(document.text[b.start : b.end].split())), level=b.level, page=b.page
        )
        for b in document.blocks
        if b.kind == "heading"
    ]


def page_of(document: Document, number: int) -> Page:
    for page in document.pages:
        if page.number == number:
            return page
    raise Refused(f"そのページはありません。この資料は 1〜{len(document.pages)} ページです。")


def documents_text(documents: list[DocumentOut], total: int, more: str | None) -> str:
    if not documents:
        return "資料はまだありません。"
    goes_on = f"\n続きは cursor に {more} を渡してください。" if more else ""
    head = f"資料 {total} 件のうち {len(documents)} 件です（新しい順）。"
    return f"{head}\n{told.block(map(told.described, documents))}{goes_on}"


def outline_text(out: OutlineOut) -> str:
    lines = [told.described(out.document), f"リンク: {out.document.link}"]
    for heading in out.headings:
        page = f"（{heading.page}ページ）" if heading.page is not None and out.document.pages is not None else ""
        lines.append(f"{'  ' * max(0, (heading.level or 1) - 1)}- {heading.text}{page}")
    said = f"見出し {out.total} 件です。" if out.total else "見出しはありません。read_page で本文を読めます。"
    goes_on = f"\n続きは cursor に {out.next_cursor} を渡してください。" if out.next_cursor else ""
    return f"{said}\n{told.block(lines)}{goes_on}"


def page_text(out: PageOut) -> str:
    label = f"、印刷 {out.label}" if out.label else ""
    whole = out.document.pages
    head = "ページのない資料の本文です。" if whole is None else f"{out.page}ページ（全 {whole} ページ{label}）です。"
    goes_on = f"\nこのページの続きは cursor に {out.next_cursor} を渡してください。" if out.next_cursor else ""
    empty = "" if out.text.strip() else "（このページに読み取れる文字はありません）\n"
    lines = [told.described(out.document), f"リンク: {out.link}", "", out.text]
    return f"{head}\n{empty}{told.block(lines)}{goes_on}"
