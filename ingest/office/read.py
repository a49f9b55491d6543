"""Office files and web pages, read in a child process, become documents; .csv files stay their own text."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ingest.assemble import assemble
from ingest.child import ChildFailedError, ask
from ingest.document import Document, Kind, Page, Paging
from ingest.text import NotTextError, decode

# By suffix: the kind, and what the file is called in messages.
OFFICE: dict[str, Kind] = {
    ".docx": "word",
    ".pptx": "slides",
    ".xlsx": "sheet",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
}
# Files that look readable to a person; the way to make them so is known.
OLD = {".doc": ".docx", ".xls": ".xlsx", ".ppt": ".pptx"}
_SECONDS = 90.0  # of silence; the child itself computes for 20 at most


def read_office(path: Path, data: bytes, kind: Kind) -> Document:
    """Return what a file of a kind of ``OFFICE`` says (its blocks are found by the caller); raise ``ParseError``."""
    if kind == "csv":
        return _values(path, data)
    head: dict[str, Any] = {}
    pages: list[dict[str, Any]] = []
    try:
        for record in ask("ingest.office.reader", path, kind, seconds=_SECONDS):
            if "error" in record:
                raise _error(path, record["error"], record["detail"])
            if not head:
                head = record
            else:
                pages.append(record)
    except ChildFailedError as error:
        raise _error(path, "stuck", str(error)) from error
    if not any(record["text"].strip() for record in pages):
        raise _error(path, "empty", "no text")
    paging: Paging = "physical" if kind in ("slides", "sheet") else "none"
    return assemble(path, hashlib.sha256(data).hexdigest(), kind, head, pages, paging=paging)


def _values(path: Path, data: bytes) -> Document:
    from ingest.office.delimited import MOST_BYTES, TooLargeError, read_delimited

    if len(data) > MOST_BYTES:
        raise _error(path, "large", f"{len(data)} bytes, of which {MOST_BYTES} are read")
    try:
        text = decode(data)
        title, tables = read_delimited(text)
    except NotTextError as error:
        raise _error(path, "nottext", f"not a text file: {error}") from error
    except TooLargeError as error:
        raise _error(path, "large", str(error)) from error
    if not text.strip():
        raise _error(path, "empty", "no text")
    digest = hashlib.sha256(data).hexdigest()
    return Document(
        id=digest[:16],
        source=str(path),
        file=path.name,
        sha256=digest,
        kind="csv",
        text=text,
        pages=(Page(1, 0, len(text)),),
        paging="none",
        tables=tables,
        title=title,
    )


_MESSAGES = {
    "encrypted": "パスワードで保護されたファイルです。パスワードを外して保存したファイルを指定してください。",
    "old": "古い形式（.doc・.xls・.ppt）のファイルは読めません。.docx・.xlsx・.pptx で保存し直してください。",
    "broken": "ファイルが壊れているか、拡張子と中身が違うため読めません。元のソフトで開いて保存し直してください。",
    "hostile": "安全に読めない内容（XML の実体宣言）を含むファイルです。元のソフトで開いて保存し直してください。",
    "large": "ファイルが大きすぎて読めません。必要な部分だけのファイルに分けてください。",
    "stuck": "ファイルが大きすぎるか壊れているため、時間内に読めません。必要な部分だけのファイルに分けてください。",
    "empty": "ファイルに文字がありません。内容のあるファイルを指定してください。",
    "nottext": "文字コードが分からないか、文字化けしているため読めません。UTF-8 か Shift_JIS で保存し直してください。",
}


def _error(path: Path, kind: str, detail: str) -> Exception:
    from ingest.parse import ParseError  # parse imports this module when it meets such a file

    return ParseError(path, _MESSAGES[kind], detail)
