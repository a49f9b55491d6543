"""Uploaded files on their way into the collection: names that cannot leave their folder, private copies."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import UploadFile

from api.problems import Problem

MAX_NAME_BYTES = 200  # file systems allow 255


def plain_name(name: str | None) -> str:
    """Return the base name of what a browser sent as file name, without what could harm a path or a terminal.

    例: ``..\\\\..\\\\議案.pdf`` → ``議案.pdf``. Empty when nothing is left.
    """
    base = unicodedata.normalize("NFC", (name or "").replace("\\", "/").rsplit("/", 1)[-1])
    # C*: control, format (the direction of writing could hide a suffix), private use, lone surrogates
    base = "".join(c for c in base if not unicodedata.category(c).startswith("C"))
    base = re.sub(r"^[\s.]+|[\s.]+$", "", base)
    stem, dot, suffix = base.rpartition(".")
    if not dot:
        stem, suffix = base, ""
    room = MAX_NAME_BYTES - len((dot + suffix).encode())
    if room <= 0:
        return ""
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def keep(files: Sequence[UploadFile], folder: Path) -> dict[Path, str]:
    """Copy the files into ``folder``, each into a folder of its own, and return the path and plain name of each."""
    kept: dict[Path, str] = {}
    for number, file in enumerate(files):
        name = plain_name(file.filename)
        if not name:
            title = "ファイル名を読み取れません。名前を変えて、もう一度お試しください。"
            raise Problem(422, "file-name", title, f"file {number + 1} has no usable name")
        if name in kept.values():
            title = f"同じ名前のファイルが2つあります（{name}）。どちらかの名前を変えてください。"
            raise Problem(422, "file-name", title, f"two files are named {name}", file=name)
        path = folder / str(number) / name
        path.parent.mkdir()
        with path.open("xb") as copy:
            shutil.copyfileobj(file.file, copy, 1024 * 1024)
        kept[path] = name
    return kept
