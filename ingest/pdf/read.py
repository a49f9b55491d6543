"""PDF files: text with a box for every character, ruled tables, and pictures of pages, all read in a child process."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from ingest.assemble import assemble
from ingest.child import ChildFailedError, ask
from ingest.document import Document
from ingest.pdf.ocr import INSTALL
from ingest.pdf.ocr import installed as ocr_installed

log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]

_PAGE_SECONDS = 6.0  # the slowest page of a thousand real ones takes 0.3 s
_LOST_SECONDS = 12.0  # spent on pages that cannot be read, after which the file is given up
_MOST_BAD_PAGES = 50
_PICTURE_SECONDS = 120.0  # a page takes 3 to 20 s, and more where the cores are busy
_MOST_CRASHES = 5
_PICTURES = threading.Lock()  # a reader of pictures takes up to 1.7 GiB: one at a time, however many files are read
LEAST_CONFIDENCE = 0.85  # real scans are read with .94 and more; what is read with less is no clear text

_NO_ENGINE = (
    "文字認識（OCR）の部品がないため読み取れない、画像のページがあります"
    f"（{INSTALL}を実行してから、もう一度取り込んでください）"
)
_LOST = "文字認識（OCR）が終わらなかった、画像のページがあります"
_UNSURE = "画像が不鮮明で、文字認識（OCR）の結果を使わなかったページがあります"


def read_pdf(path: Path, data: bytes, progress: Callable[[int, int], None] | None = None) -> Document:
    """Return the text, boxes and tables of a PDF (its blocks are found by the caller); raise ``ParseError``.

    ``progress`` hears how many pages have been read, and of how many, and again each second that a picture takes; what
    it raises ends the reading.
    """
    digest = hashlib.sha256(data).hexdigest()
    head: dict[str, Any] = {}
    pages: list[dict[str, Any]] = []
    bad: list[int] = []
    lost = 0.0
    while not head or len(pages) < head["pages"]:
        said = time.monotonic()
        try:
            for record in _ask("reader", path, str(len(pages))):
                said = time.monotonic()
                if "error" in record:
                    _refuse(path, record)
                elif "pages" in record:
                    head = record
                else:
                    pages.append(record)
                if progress:
                    progress(len(pages) - len(_pictures(pages)), head["pages"])
        except ChildFailedError as error:
            if not head:
                raise _error(path, "broken", str(error)) from error
            log.info("%s, page %d: %s", path, len(pages) + 1, error)
        if len(pages) >= head["pages"]:
            break
        # The next page was too much: go on behind it.
        bad.append(len(pages) + 1)
        lost += time.monotonic() - said
        if lost > _LOST_SECONDS or len(bad) > _MOST_BAD_PAGES:
            raise _error(path, "stuck", f"pages {bad} took too long or crashed", bad[-1])
        pages.append({"text": "", "width": None, "height": None, "boxes": "", "tables": []})
    _read_pictures(path, pages, progress or (lambda done, total: None))
    if not any(record["text"].strip() for record in pages):
        if any(record.get("warning") == _NO_ENGINE for record in pages):
            raise _error(path, "no_engine", "no page has any text, and there is no engine to read pictures")
        if any(record.get("garbled") for record in pages):
            raise _error(path, "no_letters", "no page has text in a font whose letters are known")
        kind = "unreadable" if any(record.get("picture") for record in pages) else "blank"
        raise _error(path, kind, "no page has any text")
    document = assemble(path, digest, "pdf", head, pages, bad=bad)
    lost = not ocr_installed() and any(map(_is_lost, pages))
    return replace(document, lacks_ocr=lost or any(record.get("warning") == _NO_ENGINE for record in pages))


def _pictures(pages: Sequence[dict[str, Any]]) -> list[int]:
    """Return the numbers of the pages that must be recognised."""
    return [n for n, record in enumerate(pages, 1) if record.get("picture") or _is_lost(record)]


def _is_lost(record: dict[str, Any]) -> bool:
    """Say whether a good part of a page is in fonts whose letters are not known."""
    return bool(2 * record.get("garbled", 0) > len("".join(record["text"].split())))


def _read_pictures(path: Path, pages: list[dict[str, Any]], progress: Callable[[int, int], None]) -> None:
    """Put what character recognition reads in the place of pages that are pictures, or say why it does not."""
    wanted = _pictures(pages)
    if not ocr_installed():
        for n in wanted:
            if pages[n - 1].get("picture"):
                pages[n - 1]["warning"] = _NO_ENGINE
        return
    if not wanted:
        return

    def heard() -> None:
        progress(len(pages) - len(wanted), len(pages))

    with _taken(_PICTURES, heard):
        crashes = 0
        while wanted and crashes < _MOST_CRASHES:
            try:
                for record in ask("ingest.pdf.ocr", path, json.dumps(wanted), seconds=_PICTURE_SECONDS, waiting=heard):
                    if "page" in record:
                        _take(pages, wanted.pop(0), record)
                    heard()
                break
            except ChildFailedError:
                if not wanted:
                    break
                # The next page was too much: go on behind it.
                pages[wanted.pop(0) - 1]["warning"] = _LOST
                crashes += 1
    for n in wanted:
        pages[n - 1]["warning"] = _LOST


@contextmanager
def _taken(lock: threading.Lock, waiting: Callable[[], object]) -> Iterator[None]:
    """Hold a lock; ``waiting`` is called each second until it is free, and may raise."""
    while not lock.acquire(timeout=1.0):
        waiting()
    try:
        yield
    finally:
        lock.release()


def _take(pages: list[dict[str, Any]], number: int, read: dict[str, Any]) -> None:
    """Take a page as it was recognised, if it was read well enough."""
    if not read["text"].strip():
        return
    if read["confidence"] < LEAST_CONFIDENCE:
        pages[number - 1]["warning"] = _UNSURE
        return
    hidden = pages[number - 1].get("hidden")
    pages[number - 1] = read | ({"hidden": hidden} if hidden else {})


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
        for record in _ask("render", path, *arguments):
            if "error" in record:
                _refuse(path, record)
            return record
    except ChildFailedError as error:
        raise _error(path, "broken", str(error)) from error
    raise _error(path, "broken", "no answer")


def _ask(module: str, path: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    return ask(f"ingest.pdf.{module}", path, *arguments, seconds=_PAGE_SECONDS)


_MESSAGES = {
    "encrypted": "パスワードで保護された PDF です。パスワードを外した PDF を指定してください。",
    "broken": "PDF が壊れているため読めません。元の文書から PDF を作り直してください。",
    "stuck": "PDF に処理できないページがあります。元の文書から PDF を作り直してください。",
    "blank": "文字も画像もない PDF です。内容のある PDF を指定してください。",
    "unreadable": "文字のない（画像のみの）PDF で、文字認識（OCR）でも文字を読み取れませんでした。"
    "文字のある PDF か、より鮮明な画像の PDF を指定してください。",
    "no_engine": "文字のない（画像のみの）PDF です。文字認識（OCR）を使うには、"
    f"{INSTALL}を実行してから、もう一度取り込んでください。",
    "no_letters": "文字コードのない書体で作られた PDF のため、文字を正しく読めません。"
    "元の文書から書体を埋め込んだ PDF を作り直すか、"
    f"文字認識（OCR）を使えるように{INSTALL}を実行してから、もう一度取り込んでください。",
    "page": "そのページはありません。",
}


def _error(path: Path, kind: str, detail: str, page: int | None = None) -> Exception:
    from ingest.parse import ParseError  # parse imports this module when it meets a PDF

    return ParseError(path, _MESSAGES[kind], detail, page)


def _refuse(path: Path, record: dict[str, Any]) -> NoReturn:
    raise _error(path, record["error"], record["detail"])
