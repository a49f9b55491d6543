"""What a fetched paper is called, and which kind it is: both are said by whoever sends it, and neither is believed."""

from __future__ import annotations

from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote

from api.uploads import place_of, plain_name
from ingest.office.read import OLD
from ingest.parse import SUFFIXES

_OOXML = "application/vnd.openxmlformats-officedocument"
# The kinds that are taken, with the ending of a file that has none.
KINDS = {
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    f"{_OOXML}.wordprocessingml.document": ".docx",
    f"{_OOXML}.presentationml.presentation": ".pptx",
    f"{_OOXML}.spreadsheetml.sheet": ".xlsx",
    "text/csv": ".csv",
    "application/csv": ".csv",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
}
WEB = {"text/html", "application/xhtml+xml"}
# Kinds that say nothing: the ending of the name decides.
ANY = {
    *("", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download"),
    *("application/download", "application/zip", "application/x-zip-compressed", "application/vnd.ms-excel"),
}


class KindRefused(Exception):  # noqa: N818 - a refusal
    """What was sent is no paper. ``str(error)`` is Japanese."""


def name_of(url: SplitResult, disposition: bytes | None, kind: str) -> str:
    """Return a plain file name with an ending that can be read; KindRefused for what is none of the kinds."""
    media = kind.partition(";")[0].strip().lower()
    if media not in KINDS and media not in ANY:
        raise KindRefused(f"この種類のデータは受け取りません: {media[:80]}")
    sent = place_of(_sent_name(disposition))
    name = plain_name(sent) or plain_name(place_of(unquote(url.path).rsplit("/", 1)[-1]))
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in SUFFIXES | OLD.keys():
        if media in WEB and suffix not in (".html", ".htm"):
            raise KindRefused("資料ではなくウェブページが返りました。案内かエラーのページかもしれません。")
        return name
    if media in ANY:
        raise KindRefused("資料の種類が分かりません（ファイル名にも、サーバーの返事にもありません）。")
    return plain_name(f"{name or url.hostname}{KINDS[media]}")


def place_in(url: SplitResult, name: str) -> str:
    """Return where a paper is published, as its source in the index. 例: www.town.example.jp/gikai/r6/資料1.pdf"""
    folder = unquote(url.path).rpartition("/")[0]
    return place_of(f"{url.hostname}{folder}/{name}") or name


def _sent_name(disposition: bytes | None) -> str:
    """Return the file name of a Content-Disposition; empty without one."""
    if not disposition:
        return ""
    for encoding in ("utf-8", "cp932", "latin-1"):  # by the standard ASCII, in fact any of these
        try:
            text = disposition.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    message = Message()
    message["Content-Disposition"] = " ".join(text.split())
    return message.get_filename() or ""
