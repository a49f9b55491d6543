"""PDF files: text with a box for every character, ruled tables, and pictures of pages, all read in a child process."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ingest.assemble import assemble
from ingest.child import ChildFailedError, ask
from ingest.document import Document

Box = tuple[float, float, float, float]

_PAGE_SECONDS = 6.0  # the slowest page of a thousand real ones takes 0.3 s
_LOST_SECONDS = 12.0  # spent on pages that cannot be read, after which the file is given up
_MOST_BAD_PAGES = 50


def read_pdf(path: Path, data: bytes, progress: Callable[[int, int], None] | None = None) -> Document:
    """Return the text, boxes and tables of a PDF (its blocks are found by the caller); raise ``ParseError``.

    ``progress`` hears how many pages have been read, and of how many.
    """
    digest = hashlib.sha256(data).hexdigest()
    head: dict[str, Any] = {}
    pages: list[dict[str, Any]] = []
    bad: list[int] = []
    lost = 0.0
    while not head or len(pages) < head["pages"]:
        said = time.monotonic()
        try:
            for record in _ask(path, "read", str(len(pages))):
                said = time.monotonic()
                if "error" in record:
                    _refuse(path, record)
                elif "pages" in record:
                    head = record
                else:
                    pages.append(record)
                if progress:
                    progress(len(pages), head["pages"])
        except ChildFailedError as error:
            if not head:
                raise _error(path, "broken", str(error)) from error
        if len(pages) >= head["pages"]:
            break
        # The next page was too much: go on behind it.
        bad.append(len(pages) + 1)
        lost += time.monotonic() - said
        if lost > _LOST_SECONDS or len(bad) > _MOST_BAD_PAGES:
            raise _error(path, "stuck", f"pages {bad} took too long or crashed", bad[-1])
        pages.append({"text": "", "width": None, "height": None, "boxes": "", "tables": []})
    if not any(record["text"].strip() for record in pages):
        raise _error(path, "image", "no page has any text")
    return assemble(path, digest, "pdf", head, pages, bad=bad)


def page_count(path: Path) -> int:
    """Return how many pages a PDF has; raise ``ParseError``."""
    record = _single(path, "count")
    return int(record["pages"])


def render_page(path: Path, page: int, *, dpi: int = 110, boxes: Sequence[Box] = ()) -> bytes:
    """Return page ``page`` (from 1) as a PNG, with ``boxes`` (points, origin top left) marked in yellow."""
    record = _single(path, "render", json.dumps({"page": page, "dpi": dpi, "boxes": list(boxes)}))
    return base64.b64decode(record["png"])


def _single(path: Path, *arguments: str) -> dict[str, Any]:
    try:
        for record in _ask(path, *arguments):
            if "error" in record:
                _refuse(path, record)
            return record
    except ChildFailedError as error:
        raise _error(path, "broken", str(error)) from error
    raise _error(path, "broken", "no answer")


def _ask(path: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    return ask("ingest.pdf_reader", path, *arguments, seconds=_PAGE_SECONDS)


_MESSAGES = {
    "encrypted": "パスワードで保護された PDF です。パスワードを外した PDF を指定してください。",
    "broken": "PDF が壊れているため読めません。元の文書から PDF を作り直してください。",
    "stuck": "PDF に処理できないページがあります。元の文書から PDF を作り直してください。",
    "image": "文字のない（画像のみの）PDF です。文字認識（OCR）をかけた PDF を指定してください。",
    "page": "そのページはありません。",
}


def _error(path: Path, kind: str, detail: str, page: int | None = None) -> Exception:
    from ingest.parse import ParseError  # parse imports this module when it meets a PDF

    return ParseError(path, _MESSAGES[kind], detail, page)


def _refuse(path: Path, record: dict[str, Any]) -> NoReturn:
    raise _error(path, record["error"], record["detail"])
