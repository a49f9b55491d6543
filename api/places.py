"""Where a quote stands, as every door says it: in words, and as the address of the page that shows it."""

from __future__ import annotations

from urllib.parse import urlencode

from answer.answer import Citation


def place_of(citation: Citation) -> str:
    """Return where in its paper a quote stands. 例: 3ページ（印刷 2） 1 治安情勢 > (2) 特殊詐欺"""
    notes = ["文字認識（OCR）"] if citation.read_by == "ocr" else []
    parts = []
    if citation.place is not None:
        parts.append(citation.place + "".join(f"（{note}）" for note in notes))
    elif citation.page is not None:
        notes = [f"印刷 {citation.page_label}"] * bool(citation.page_label) + ["推定"] * citation.page_guessed + notes
        parts.append(f"{citation.page}ページ" + (f"（{'、'.join(notes)}）" if notes else ""))
    if citation.lines is not None:
        first, last = citation.lines
        parts.append(f"{first}行目" if first == last else f"{first}〜{last}行目")
    if citation.section:
        parts.append(" > ".join(citation.section))
    return " ".join(parts)


def link_of(page_url: str, document_id: str, page: int | None, span: tuple[int, int] | None = None) -> str:
    """Return the address at which people see a page, with a span of it marked. It carries no right: they sign in."""
    marked = {"start": span[0], "end": span[1]} if span else {}
    return f"{page_url}/documents?{urlencode({'id': document_id, 'page': page or 1, **marked})}"


def link_to(page_url: str, citation: Citation) -> str:
    """Return the address at which people see a quote on its page."""
    return link_of(page_url, citation.document_id, citation.page, (citation.start, citation.end))
