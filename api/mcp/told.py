"""What a tool says in words: short Japanese text, with what is a paper's inside a marked block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Literal

from answer.answer import Answer, Citation
from answer.judging.confidence import HIGH, MIDDLE
from api.mcp.schemas import DocumentOut, Point, Quote
from api.places import link_of, link_to, place_of
from index.documents import DocumentInfo
from ingest.dates import describe

SCHEME = "tenkyo://documents"


def block(lines: Iterable[str]) -> str:
    """Return lines of papers between two marks, which no paper can write: they are other ones each time."""
    mark = f"資料の文字 {token_hex(4)}"
    return "\n".join([f"<{mark}>", *lines, f"</{mark}>"])


def uri_of(document_id: str, page: int | None = None) -> str:
    """Return the address of the resource. 例: tenkyo://documents/0123456789abcdef/pages/3"""
    return f"{SCHEME}/{document_id}" + (f"/pages/{page}" if page is not None else "")


def quote_of(citation: Citation, page_url: str) -> Quote:
    return Quote(
        n=citation.n,
        document_id=citation.document_id,
        title=citation.title or citation.file,
        published=citation.published,
        page=citation.page,
        place=place_of(citation),
        quote=citation.quote,
        uri=uri_of(citation.document_id, citation.page),
        link=link_to(page_url, citation),
    )


def quoted(quotes: Iterable[Quote]) -> list[str]:
    """Return the lines that show quotes: what they stand in and of when that is, the words, and where to see them."""
    lines = []
    for quote in quotes:
        of_when = f"（資料の日付 {when(quote.published)}）" if quote.published else "（日付のない資料）"
        lines += [
            f"[{quote.n}] {' '.join(f'{quote.title}{of_when} {quote.place}'.split())}",
            f"「{quote.quote.strip()}」",
            f"リンク: {quote.link}",
        ]
    return lines


def document_out(info: DocumentInfo, page_url: str) -> DocumentOut:
    return DocumentOut(
        document_id=info.id,
        title=info.title,
        meeting=info.meeting,
        department=info.department,
        published=info.published,
        pages=None if info.paging == "none" else info.pages,
        uri=uri_of(info.id),
        link=link_of(page_url, info.id, None),
    )


def described(document: DocumentOut) -> str:
    """Return the line that shows a document. 例: 0123456789abcdef 総務委員会資料（令和6年2月議会、12ページ）"""
    dated = when(document.published) if document.published else "日付なし"
    pages = f"{document.pages}ページ" if document.pages is not None else None
    about = "、".join(filter(None, [document.meeting, document.department, dated, pages]))
    return f"{document.document_id} {' '.join(document.title.split())}（{' '.join(about.split())}）"


def when(code: str) -> str:
    """Return a date as it is said. 例: 2024-06-04 → 令和6年6月4日"""
    return describe(code).removesuffix("現在")


def points_of(answer: Answer) -> tuple[Point, ...]:
    return tuple(Point(as_of=p.as_of, value=p.value, unit=p.unit, n=p.citation) for p in answer.timeline)


def pointed(points: Sequence[Point]) -> list[str]:
    """Return a line a value, oldest first. 例: 令和5年度 648件 [1]"""
    units = ("" if not p.unit or p.value.endswith(p.unit) else p.unit for p in points)
    return [f"{describe(p.as_of)} {p.value}{unit} [{p.n}]" for p, unit in zip(points, units, strict=True)]


def sure(answer: Answer) -> Literal["高", "中", "低"] | None:
    """Return how sure an answer is: 高 promises that 95 of 100 such are right, 中 80. None for what is no answer."""
    if answer.status != "answered":
        return None
    return "高" if answer.confidence >= HIGH else "中" if answer.confidence >= MIDDLE else "低"
