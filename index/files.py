"""Which files are meant: those named, and in folders the visible ones of a kind that can be read."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.office.read import OLD
from ingest.parse import SUFFIXES, ParseError

Found = tuple[Path, ParseError | None]  # a file, or what cannot be looked at and why


def find_files(paths: Sequence[Path], but: Path) -> Iterator[Found]:
    """Yield the files to be read, in order of their names; the folder ``but`` is passed over.

    Links that lead out of a folder are not followed: a folder that somebody sent must not reach into other ones.
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _in_folder(path, but.resolve())
        elif path.exists() and not path.is_file():
            message = "ふつうのファイルではないため読めません。ファイルかフォルダを指定してください。"
            yield path, ParseError(path, message, "not a regular file")
        else:
            yield path, None


def _in_folder(top: Path, but: Path) -> Iterator[Found]:
    root = top.resolve()
    unreadable: list[OSError] = []
    for folder, subfolders, names in os.walk(top, onerror=unreadable.append):
        here = Path(folder)
        links = [n for n in subfolders if (here / n).is_symlink() and not n.startswith(".")]
        subfolders[:] = sorted(n for n in subfolders if not n.startswith(".") and (here / n).resolve() != but)
        # Office leaves lock files beside open documents: ~$計画.docx
        wanted = [n for n in names if not n.startswith((".", "~$")) and Path(n).suffix.lower() in SUFFIXES | OLD.keys()]
        for name in sorted([*wanted, *links]):
            file = here / name
            if file.is_symlink() and not file.resolve().is_relative_to(root):
                message = "フォルダの外を指すリンクのため読みません。必要なら、指す先を直接指定してください。"
                yield file, ParseError(file, message, f"a link out of {top}")
            elif file.is_file():
                yield file, None
    for error in unreadable:
        place = Path(error.filename or top)
        yield place, not_readable(place, error)


def document_id(sha256: str, shelf: str = "") -> str:
    """Return the id of a document of this content. The same content on two shelves is two documents."""
    return (hashlib.sha256(f"{shelf}\n{sha256}".encode()).hexdigest() if shelf else sha256)[:16]


def not_readable(path: Path, error: OSError) -> ParseError:
    """Return the error for a file or folder that the system does not let us read."""
    match error:
        case FileNotFoundError():
            message = "ファイルがありません。移動や削除がなかったかを確かめて、もう一度取り込んでください。"
        case PermissionError():
            message = "読む権限がありません。権限を確かめて、もう一度取り込んでください。"
        case _:
            message = f"読み取れません（{error.strerror or error}）。置き場所を確かめて、もう一度取り込んでください。"
    failure = ParseError(path, message, f"{type(error).__name__}: {error.strerror or error}")
    failure.__cause__ = error
    return failure


def shown_name(source: str) -> str:
    """Return the name by which a file is shown: composed characters, and a space for what would break a line.

    例: か + ゙ (as macOS writes names) → が
    """
    name = unicodedata.normalize("NFC", Path(source).name)
    return "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in name)
