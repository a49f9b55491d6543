"""Backups of an index folder: one file that holds all of it as it was at one moment, checked when it is put back."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import IO

from filelock import Timeout
from sqlalchemy.exc import OperationalError

from index.database.checking import problems
from index.database.engine import open_database
from index.database.faiss_vectors import CACHE, HEAD
from index.database.folders import claimed_folder, copy_sqlite, leave_wal
from index.database.generations import Generation, newest
from index.database.holdings import copies
from index.database.reading import Reader
from index.database.urls import FILE
from index.originals import COPYING, FOLDER, originals_kept, sync_folder
from index.protocols import IndexBusy, IndexDamaged, IndexMissing, IndexUnwritable, TenkyoIndexError
from index.takeover import STAGING, is_old, old

MANIFEST, PART = "manifest.json", "part.zip"
KIND, FORMAT = "tenkyo-backup", 1
PATIENCE = 5.0  # seconds that a writer has to finish clearing away
PIECE = 1 << 20  # bytes read at once
WRITING, CHECKING = "控えを書いています（ファイル）", "控えを確かめています（ファイル）"
# What can be made again, or means something to a running process only.
_LEFT_OUT = {CACHE, HEAD, STAGING}
_PASSING = (".lock", ".new", "-wal", "-shm", "-journal")

Progress = Callable[[str, int, int], None]


class BackupRefused(TenkyoIndexError):  # noqa: N818 - a state
    """A backup is not written, or not put back, since something is there that it would replace."""


@dataclass(frozen=True)
class Held:
    """A file of a backup: its size in bytes and the hash of its content."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. ``index`` is the generation that it holds; empty where it holds no papers."""

    made: str  # ISO time, UTC
    version: str  # of the program
    index: str
    documents: int
    files: Mapping[str, Held]


@dataclass(frozen=True)
class Restored:
    """What became of a restore. ``aside`` is where the index went that was there; ``problems`` are in Japanese."""

    manifest: Manifest
    aside: Path | None
    problems: tuple[str, ...]


def back_up(
    folder: Path, target: Path, version: str, progress: Progress, *, is_whole: bool = True
) -> tuple[Path, Manifest]:
    """Write a backup of an index folder to ``target``, whole or not at all; return where it is, and what is in it.

    Others may read and write meanwhile. A ``target`` that is a folder gets a file with the date in its name.
    ``is_whole`` is False where the papers are in a shared database, and only what lies beside it is to be kept. Raise
    IndexMissing where there is nothing, IndexMismatch for the folder of an older version, BackupRefused when ``target``
    is another file, IndexUnwritable when it cannot be written.
    """
    folder = folder.expanduser().absolute()
    if is_old(folder):
        raise old(folder)
    if target.is_dir():
        target = target / default_name()
    _check_target(target, folder)
    if not folder.is_dir() or not any(_files(folder)):
        raise IndexMissing(
            f"there is no index at {folder}: nothing to back up",
            f"{folder} に索引がありません。控えを取るものがありません。",
        )
    with (
        _writing_to(target),
        _keeping(folder),
        tempfile.TemporaryDirectory(prefix=".tenkyo-", dir=target.parent) as beside,
    ):
        manifest = _write(folder, Path(beside), version, progress, is_whole=is_whole)
        os.replace(Path(beside) / PART, target)
        sync_folder(target.parent)
    return target, manifest


def default_name() -> str:
    """Return the name of a backup that is made now. 例: tenkyo-20261129-214500.zip"""
    return f"tenkyo-{datetime.now():%Y%m%d-%H%M%S}.zip"


def read_manifest(archive: Path) -> Manifest:
    """Return what a backup says of itself; IndexDamaged for a file that is none, or not whole."""
    try:
        with zipfile.ZipFile(archive) as packed:
            return _manifest(packed)
    except FileNotFoundError:
        raise IndexMissing(f"{archive} is not there", f"{archive} がありません。") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise _damaged(archive, f"{type(error).__name__}: {error}") from error


def check(archive: Path, progress: Progress) -> Manifest:
    """Return the manifest of a backup every file of which is what it was; IndexDamaged otherwise."""
    manifest = read_manifest(archive)
    _each(archive, manifest, lambda name: None, progress)
    return manifest


def restore(archive: Path, folder: Path, progress: Progress, *, replace: bool = False) -> Restored:
    """Put a backup into an index folder, once all of it has been checked.

    Where something is already, raise BackupRefused unless ``replace``; then that is put aside beside it, and not
    removed. Raise IndexDamaged for a backup that is not whole, IndexBusy while a process uses what would be replaced.
    """
    folder = folder.expanduser().absolute()
    is_taken = folder.is_dir() and any(_files(folder))
    if is_taken and not replace:
        raise BackupRefused(
            f"{folder} holds an index: restore into another folder (--index), or say --replace",
            f"{folder} には索引があります。別のフォルダに戻す（--index）か、--replace を付けてください"
            "（今の索引は消さず、隣に移します）。",
        )
    manifest = read_manifest(archive)
    with _writing_to(folder):
        fresh = folder.with_name(f".{folder.name}-restoring-{token_hex(4)}")
        fresh.mkdir(parents=True)
        try:
            _each(archive, manifest, lambda name: fresh / name, progress)
            found = _problems(fresh)
            aside = _swap(fresh, folder) if is_taken else None
            if aside is None:
                shutil.rmtree(folder, ignore_errors=True)  # at most locks are in it
                os.rename(fresh, folder)
            sync_folder(folder.parent)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return Restored(manifest, aside, found)


def _write(folder: Path, beside: Path, version: str, progress: Progress, *, is_whole: bool) -> Manifest:
    """Write the finished backup to ``beside / PART``."""
    index, documents = "", 0
    sources = {name: folder / name for name in _files(folder) if name.parts[0] not in (FILE, FOLDER)}
    if is_whole and (folder / FILE).exists():
        last, originals = _copy_papers(folder, beside)
        index, documents = last.id, last.documents
        sources = {PurePosixPath(FILE): beside / FILE, **originals, **sources}
    held: dict[str, Held] = {}
    part = beside / PART
    with zipfile.ZipFile(part, "w", allowZip64=True) as packed:
        # Whose a paper is comes after the papers: whoever lost the right to see it meanwhile does not regain it.
        for done, (name, source) in enumerate(sources.items()):
            progress(WRITING, done, len(sources))
            if name.suffix == ".db" and source == folder / name:
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                copy_sqlite(source, beside / name)
                (beside / name).chmod(stat.S_IMODE(source.stat().st_mode))
                source = beside / name
            with suppress(FileNotFoundError):  # no paper of the index: it has just been taken back
                held[name.as_posix()] = _pack(packed, source, name)
        progress(WRITING, len(sources), len(sources))
        manifest = Manifest(datetime.now(UTC).isoformat(timespec="seconds"), version, index, documents, held)
        body = {"kind": KIND, "format": FORMAT, **asdict(manifest)}
        packed.writestr(MANIFEST, json.dumps(body, ensure_ascii=False, indent=1))
    part.chmod(stat.S_IRUSR | stat.S_IWUSR)  # hashes of passwords may be in it
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return manifest


def _copy_papers(folder: Path, beside: Path) -> tuple[Generation, dict[PurePosixPath, Path]]:
    """Copy the papers' database to ``beside``; return its generation, and where its originals are."""
    copy_sqlite(folder / FILE, beside / FILE)
    database = open_database(beside, create=True)
    try:
        originals = {PurePosixPath(FOLDER, name): folder / FOLDER / name for name in sorted(copies(database))}
        with database.reading() as connection:
            last = newest(connection)
    finally:
        database.close()
    leave_wal(beside / FILE)
    for original in originals.values():
        if not original.exists():
            raise IndexDamaged(
                f"{original} is not there: run `tenkyo verify`, then try again",
                "原本の控えがありません。「tenkyo verify」で確かめて、もう一度実行してください。",
            )
    (beside / FILE).chmod(stat.S_IMODE((folder / FILE).stat().st_mode))
    return last, originals


@contextmanager
def _keeping(folder: Path) -> Iterator[None]:
    """Keep originals as long as a backup takes, whatever becomes of the papers."""
    try:
        with originals_kept(folder, wait=PATIENCE):
            yield
    except Timeout as error:
        raise IndexBusy(
            f"another backup of {folder} is being made: try again when it has finished",
            f"{folder} の控えは、別の処理が取っているところです。終わってから、もう一度実行してください。",
        ) from error


def _pack(packed: zipfile.ZipFile, source: Path, name: PurePosixPath) -> Held:
    hashed, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name.as_posix(), datetime.now().timetuple()[:6])
    # Originals are PDFs for the most part, which are packed already.
    info.compress_type = zipfile.ZIP_STORED if name.parts[0] == FOLDER else zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | stat.S_IMODE(source.stat().st_mode)) << 16
    with source.open("rb") as file, packed.open(info, "w", force_zip64=True) as into:
        while piece := file.read(PIECE):
            hashed.update(piece)
            size += len(piece)
            into.write(piece)
    return Held(size, hashed.hexdigest())


def _files(folder: Path) -> Iterator[PurePosixPath]:
    """Yield what of an index folder is to be kept, by its place in it."""
    for top, folders, names in os.walk(folder):
        here = Path(top).relative_to(folder)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not name.startswith("."))
        for name in sorted(names):
            is_cache = here == Path() and (name in _LEFT_OUT or name.startswith(f"{CACHE}."))
            if not (is_cache or name.endswith(_PASSING) or name.startswith((".", COPYING))):
                yield PurePosixPath((here / name).as_posix())


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    body = json.loads(packed.read(MANIFEST))
    if body.pop("kind") != KIND or body.pop("format") > FORMAT:
        raise ValueError("no backup of this version of tenkyo")
    files = {str(name): Held(**held) for name, held in body.pop("files").items()}
    for name in files:
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or "\\" in name or ":" in name:
            raise ValueError(f"the name {name!r} leads elsewhere")
    if {*packed.namelist()} != {*files, MANIFEST}:
        raise ValueError("it does not hold the files that it names")
    return Manifest(**body, files=files)


def _each(archive: Path, manifest: Manifest, place: Callable[[str], Path | None], progress: Progress) -> None:
    """Read every file of a backup, and write it where ``place`` says; IndexDamaged when one is not what it was."""
    with zipfile.ZipFile(archive) as packed:
        for done, (name, wanted) in enumerate(manifest.files.items()):
            progress(CHECKING, done, len(manifest.files))
            into = place(name)
            try:
                with packed.open(name) as file:
                    is_same = _unpack(file, into) == wanted
                if into is not None:
                    into.chmod(packed.getinfo(name).external_attr >> 16 & 0o777 | stat.S_IRUSR | stat.S_IWUSR)
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise _damaged(archive, f"{name}: {error}") from error
            if not is_same:
                raise _damaged(archive, f"{name} does not match its hash")
    progress(CHECKING, len(manifest.files), len(manifest.files))


def _unpack(file: IO[bytes], into: Path | None) -> Held:
    if into is not None:
        into.parent.mkdir(parents=True, exist_ok=True)
    hashed, size = hashlib.sha256(), 0
    with open(os.devnull if into is None else into, "wb") as written:
        while piece := file.read(PIECE):
            hashed.update(piece)
            size += len(piece)
            written.write(piece)
        written.flush()
        if into is not None:
            os.fsync(written.fileno())
    return Held(size, hashed.hexdigest())


def _problems(folder: Path) -> tuple[str, ...]:
    """Bring a restored database to this version's schema; return what does not fit together in it."""
    if not (folder / FILE).exists():
        return ()
    database = open_database(folder, create=True)
    try:
        return tuple(problems(Reader(database).newest(), folder / FOLDER))
    finally:
        database.close()


def _swap(fresh: Path, folder: Path) -> Path:
    """Put ``fresh`` in the place of ``folder``; return where that has gone."""
    with claimed_folder(folder):
        for database in sorted(folder.glob("*.db")):
            try:
                leave_wal(database)
            except OperationalError as error:
                raise IndexBusy(
                    f"a process uses {database}: stop `tenkyo serve` and other commands first ({error.orig})",
                    f"{folder} を使っている処理があります。tenkyo serve などを止めてから、もう一度実行してください。",
                ) from error
        aside = folder.with_name(f"{folder.name}.replaced-{datetime.now():%Y%m%d-%H%M%S}")
        os.rename(folder, aside)
        os.rename(fresh, folder)
    return aside


def _check_target(target: Path, folder: Path) -> None:
    """Raise BackupRefused for a place that a backup must not take."""
    if target.absolute().is_relative_to(folder):
        raise BackupRefused(
            f"{target} lies within the index {folder}: name a place outside of it",
            f"控えは、索引のフォルダ {folder} の外に作ってください。",
        )
    if target.exists():
        try:
            read_manifest(target)
        except TenkyoIndexError as error:
            raise BackupRefused(
                f"{target} is no backup of tenkyo: name another file",
                f"{target} は tenkyo の控えではありません。別の名前を指定してください。",
            ) from error


def _damaged(archive: Path, what: str) -> IndexDamaged:
    return IndexDamaged(
        f"{archive} is no whole backup of tenkyo ({what}): use another one",
        f"{archive} は tenkyo の控えではないか、壊れています（{what}）。別の控えを使ってください。",
    )


@contextmanager
def _writing_to(target: Path) -> Iterator[None]:
    """Say in words what keeps a place from being written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise IndexUnwritable(
                f"no space left while writing {target}: free some and try again; nothing has changed",
                f"ディスクの空きが足りないため、{target} を書けません。空きを作ってから、もう一度実行してください。",
            ) from error
        raise IndexUnwritable(
            f"{target} cannot be written ({error}): check its permissions, or name another place",
            f"{target} に書き込めません（{error.strerror}）。権限を確かめるか、別の場所を指定してください。",
        ) from error
