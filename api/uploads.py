"""Uploaded files on their way into the collection: names that cannot leave their folder, private copies."""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import UploadFile

from api.problems import Problem

MAX_NAME_BYTES = 200  # file systems allow 255
MAX_PLACE_BYTES = 4000  # of a name with its folders: longer than what any system sends
LONGEST_SUFFIX = 20  # bytes


def place_of(name: str | None) -> str:
    """Return what a client sent as file name as a relative path, without what could harm a path or a terminal.

    A folder that is sent as a whole names its files by their place in it. What points elsewhere loses its folders.
    例: ``第1回\\\\資料1.txt`` → ``第1回/資料1.txt``; ``..\\\\..\\\\議案.pdf`` and ``C:\\\\議案.pdf`` → ``議案.pdf``.
    Empty when nothing is left.
    """
    parts = unicodedata.normalize("NFC", name or "").replace("\\", "/").split("/")
    if not parts[0].strip() or ":" in parts[0] or ".." in (part.strip() for part in parts):
        parts = parts[-1:]
    plain = [_plain(part) for part in parts]
    place = "/".join(filter(None, plain))
    return _cut(place, MAX_PLACE_BYTES) if plain[-1] else ""


def _plain(part: str) -> str:
    # C*: control, format (the direction of writing could hide a suffix), private use, lone surrogates
    kept = "".join(c for c in part if not unicodedata.category(c).startswith("C"))
    return re.sub(r"^[\s.]+|[\s.]+$", "", kept)


def plain_name(place: str) -> str:
    """Return the base name of a place as every file system takes it. 例: ``第1回/資料1.txt`` → ``資料1.txt``"""
    return _cut(place.rsplit("/", 1)[-1], MAX_NAME_BYTES)


def _cut(name: str, most: int) -> str:
    """Return a name of at most so many bytes; a hash stands for what is cut off, so that two long names stay two."""
    if len(name.encode()) <= most:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    end = f"…{hashlib.sha256(name.encode()).hexdigest()[:8]}{dot}{suffix}"
    return stem.encode()[: most - len(end.encode())].decode(errors="ignore") + end


def keep(files: Sequence[UploadFile], folder: Path) -> dict[Path, str]:
    """Copy the files into ``folder``, each into a folder of its own, and return the path and the place of each."""
    kept: dict[Path, str] = {}
    for number, file in enumerate(files):
        place = place_of(file.filename)
        if not place:
            title = "ファイル名を読み取れません。名前を変えて、もう一度お試しください。"
            raise Problem(422, "file-name", title, f"file {number + 1} has no usable name")
        path = folder / str(number) / plain_name(place)
        path.parent.mkdir()
        with path.open("xb") as copy:
            shutil.copyfileobj(file.file, copy, 1024 * 1024)
        kept[path] = place
    return kept
