"""Index folders of before there was a database: what they hold is read once more from their own originals."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from index.database.urls import FILE
from index.documents import Original
from index.originals import FOLDER, sync_folder
from index.protocols import IndexDamaged, IndexMismatch

POINTER = "current.json"
SNAPSHOTS = "snapshots"
FORMAT = 4  # the last one that such folders had
STAGING = "taking-over"  # where the database is made, until all is in it
UNREAD = "unread"  # where originals go that could not be read again


def is_old(folder: Path) -> bool:
    """Tell whether a folder holds an index, and none in a database."""
    return (folder / POINTER).exists() and not (folder / FILE).exists()


def old(folder: Path) -> IndexMismatch:
    """Return what is said to whoever would read an old folder."""
    return IndexMismatch(
        f"{folder} was made by an older version: run `tenkyo ingest` once, and it is made again from its originals",
        f"{folder} の索引は古い版の形式です。もう一度「tenkyo ingest」をすると、保存してある原本から作り直します。",
    )


def read_old(folder: Path) -> tuple[str, list[Original]]:
    """Return the name of the model and the originals of an old folder; IndexDamaged when it does not say."""
    pointer = folder / POINTER
    try:
        current = json.loads(pointer.read_bytes())
        body = json.loads((folder / SNAPSHOTS / Path(current["snapshot"]).name / "manifest.json").read_bytes())
        if body["format"] > FORMAT:
            raise ValueError(f"format {body['format']}")
        return body["embedder"], [Original(**original) for original in body["originals"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(
            f"{pointer} does not say what is in the index ({type(error).__name__}: {error}): remove the folder of the "
            "index and run `tenkyo ingest` with your files again",
            f"索引のファイル {pointer} が壊れています。"
            "索引のフォルダを削除して、「tenkyo ingest」で文書を取り込み直してください。",
        ) from error


def put_aside(folder: Path, original: Original) -> None:
    """Keep an original that could not be read again where nothing clears it away."""
    copy = folder / FOLDER / original.copy
    if copy.exists():
        (folder / UNREAD).mkdir(exist_ok=True)
        shutil.copyfile(copy, folder / UNREAD / f"{original.id}-{original.file.replace('/', '_')}")


def settle(folder: Path) -> None:
    """Put the finished database in its place; whoever looked at the folder before finds the old index, then this."""
    os.replace(folder / STAGING / FILE, folder / FILE)
    sync_folder(folder)
    forget_old(folder)


def forget_old(folder: Path) -> None:
    """Remove what the database has taken the place of."""
    if (folder / FILE).exists():
        (folder / POINTER).unlink(missing_ok=True)
        for name in (SNAPSHOTS, STAGING):
            shutil.rmtree(folder / name, ignore_errors=True)
