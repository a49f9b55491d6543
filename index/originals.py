"""The kept copies of the files that documents were read from, each under the hash of its content."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from filelock import FileLock, Timeout

FOLDER = "sources"
COPYING = ".copying-"


def copy_name(sha256: str, suffix: str) -> str:
    """Return the name under which a file is kept."""
    return f"{sha256}{suffix.lower()}"


def keep_original(file: Path, folder: Path, sha256: str) -> Path:
    """Copy ``file`` into ``folder`` under its hash, unless it is there; return the copy, which is on the disk.

    Raise ValueError when the file's content is not what ``sha256`` says: somebody has just changed it.
    """
    name = copy_name(sha256, file.suffix)
    place = folder / name
    if place == file or (place.exists() and place.stat().st_size == file.stat().st_size and hash_file(place) == sha256):
        return place
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{COPYING}{name}"
    try:
        shutil.copyfile(file, fresh)
        if seal(fresh) != sha256:
            raise ValueError(f"{file} changed while it was read")
        os.replace(fresh, place)
        sync_folder(folder)
    finally:
        fresh.unlink(missing_ok=True)
    return place


def fetch_original(content: bytes, place: Path) -> None:
    """Write an original that the database keeps to ``place``, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{COPYING}{token_hex(4)}-{place.name}")
    try:
        fresh.write_bytes(content)
        os.replace(fresh, place)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def originals_kept(index: Path, wait: float = 0.0) -> Iterator[None]:
    """Keep everybody else from removing copies of the folder of an index; Timeout after ``wait`` seconds of others."""
    with FileLock(index / "backup.lock", timeout=wait):
        yield


def forget_originals(index: Path, needed: Collection[str]) -> None:
    """Remove the copies that no document needs, and what a writer that died has left.

    While a backup is being made they stay, for the next writer to remove.
    """
    with suppress(Timeout), originals_kept(index):
        for copy in (index / FOLDER).glob("*"):
            if copy.name not in needed:
                copy.unlink(missing_ok=True)


def seal(path: Path) -> str:
    """Bring a finished file to the disk; return its sha256."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(path: Path) -> None:
    """Bring a rename to the disk, where the system has a way to say so."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
