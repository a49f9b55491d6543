"""Builds the next snapshot beside the current one, and puts it in place in one step."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Collection, Mapping, Sequence, Set
from pathlib import Path
from secrets import token_hex

import numpy as np

from index.keywords import Bm25Keywords, analyzer, chunk_words, fact_words
from index.protocols import Vectors
from index.snapshot import (
    CHUNK_WORDS,
    FACT_WORDS,
    FORMAT,
    MANIFEST,
    POINTER,
    STORE,
    VECTORS,
    VOCABULARY,
    Manifest,
    Original,
    Snapshot,
)
from index.store import DocumentInfo, StoreWriter
from index.vectors import FaissVectors
from index.vocabulary import Vocabulary
from ingest.document import Chunk, Document, Fact

BUILDING = ".building-"
COPYING = ".copying-"
GRACE = 60.0  # seconds that a replaced snapshot stays, for a reader who has just read the pointer


class SnapshotWriter:
    """Starts from ``before`` (or from nothing), takes documents in and out, and publishes.

    Until ``publish`` nothing that a reader can see changes. The caller holds the writer's lock.
    """

    def __init__(self, folder: Path, number: int, embedder_name: str, before: Snapshot | None):
        self.folder = folder
        self._number = number
        self._embedder_name = embedder_name
        self._before = before
        self._originals = {o.id: o for o in before.manifest.originals} if before else {}
        self._vectors: dict[str, Vectors] = {}
        self.changed = False
        self.pending = 0  # passages added since the last publication
        self._building = folder / "snapshots" / f"{BUILDING}{number:06d}"
        self._building.mkdir(parents=True)
        if before:
            shutil.copyfile(before.path / STORE, self._building / STORE)
        self._store = StoreWriter(self._building / STORE, new=before is None)

    def add(
        self,
        document: Document,
        file: Path,
        chunks: Sequence[Chunk],
        facts: Sequence[Fact],
        vectors: Vectors,
        given: dict[str, str],
    ) -> DocumentInfo:
        """Take in a document whose file is at ``file``; ``vectors`` has one row for each chunk.

        ``given`` is what a person has said of it, kept for the next time that it is read.
        """
        copy = keep_original(file, self.folder / "sources", document.sha256)
        info = self._store.add(
            document,
            chunks,
            [chunk_words(chunk) for chunk in chunks],
            facts,
            [fact_words(fact, document.title) for fact in facts],
        )
        self._originals[document.id] = Original(
            document.id, document.source, document.file, document.sha256, copy, given, document.lacks_ocr
        )
        self._vectors |= dict(zip((chunk.id for chunk in chunks), vectors, strict=True))
        self.pending += len(chunks)
        self.changed = True
        return info

    @property
    def documents(self) -> Set[str]:
        """The ids of the documents that are in."""
        return self._originals.keys()

    def remove(self, document_id: str) -> None:
        del self._originals[document_id]
        self._store.remove(document_id)
        self.changed = True

    def publish(self, dim: int, new_words: Mapping[str, Vectors]) -> Manifest:
        """Write everything out, then let the pointer name it; return the new manifest.

        ``new_words`` has the vectors of the words that the snapshot before did not have.
        """
        chunk_ids, chunk_tokens = self._store.words("chunks")
        fact_ids, fact_tokens = self._store.words("facts")
        counts = {"documents": len(self._originals), "chunks": len(chunk_ids), "facts": len(fact_ids)}
        self._store.close()
        FaissVectors.build(chunk_ids, self._matrix(chunk_ids, dim)).save(self._building / VECTORS)
        Bm25Keywords.build(chunk_ids, chunk_tokens).save(self._building / CHUNK_WORDS)
        Bm25Keywords.build(fact_ids, fact_tokens).save(self._building / FACT_WORDS)
        self._vocabulary(new_words, {t for tokens in chunk_tokens for t in tokens}, dim).save(
            self._building / VOCABULARY
        )
        files = sorted(path for path in self._building.rglob("*") if path.is_file())
        manifest = Manifest(
            format=FORMAT,
            number=self._number,
            id=f"{self._number:06d}-{token_hex(4)}",
            embedder=self._embedder_name,
            dim=dim,
            analyzer=analyzer(),
            counts=counts,
            files={path.relative_to(self._building).as_posix(): seal(path) for path in files},
            originals=tuple(self._originals.values()),
        )
        body = manifest.to_json().encode()
        write_synced(self._building / MANIFEST, body)
        place = self.folder / "snapshots" / manifest.id
        self._building.rename(place)
        sync_folder(place.parent)
        pointer = {"snapshot": manifest.id, "manifest_sha256": hashlib.sha256(body).hexdigest()}
        fresh = self.folder / f"{POINTER}.new"
        write_synced(fresh, json.dumps(pointer).encode())
        os.replace(fresh, self.folder / POINTER)
        sync_folder(self.folder)
        return manifest

    def abandon(self) -> None:
        """Throw away what was not published."""
        self._store.abandon()
        shutil.rmtree(self._building, ignore_errors=True)

    def _matrix(self, ids: Sequence[str], dim: int) -> Vectors:
        """Return the vectors of ``ids``: the new ones, and for all others the rows of the snapshot before."""
        matrix = np.empty((len(ids), dim), np.float32)
        old = self._before.vectors() if self._before else None
        rows = {key: row for row, key in enumerate(old.ids)} if old else {}
        values = old.all() if old else matrix
        for at, key in enumerate(ids):
            matrix[at] = self._vectors[key] if key in self._vectors else values[rows[key]]
        return matrix

    def _vocabulary(self, new: Mapping[str, Vectors], held: Collection[str], dim: int) -> Vocabulary:
        """Return the words of the snapshot before and the new ones, without those that are in no chunk any more."""
        old = self._before.vocabulary() if self._before else None
        vectors = dict(zip(old.words, old.vectors, strict=True)) if old else {}
        kept = {word: vector for word, vector in {**vectors, **new}.items() if word in held}
        return Vocabulary(list(kept), np.array(list(kept.values()), np.float32).reshape(-1, dim))


def keep_original(file: Path, folder: Path, sha256: str) -> str:
    """Copy ``file`` into ``folder`` under its hash, unless it is there; return the copy's name.

    Raise ValueError when the file's content is not what ``sha256`` says: somebody has just changed it.
    """
    name = f"{sha256}{file.suffix.lower()}"
    place = folder / name
    if place == file or (place.exists() and place.stat().st_size == file.stat().st_size and hash_file(place) == sha256):
        return name
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{COPYING}{name}"
    try:
        shutil.copyfile(file, fresh)
        if seal(fresh)[1] != sha256:
            raise ValueError(f"{file} changed while it was read")
        os.replace(fresh, place)
    finally:
        fresh.unlink(missing_ok=True)
    return name


def sweep(folder: Path, current: Manifest | None) -> None:
    """Remove what a writer that died has left, snapshots that nobody can be reading, and originals that none needs.

    The current snapshot stays, the one before it, and for a while every other one. The caller holds the writer's lock.
    """
    snapshots = folder / "snapshots"
    for leftover in (
        *snapshots.glob(f"{BUILDING}*"),
        *(folder / "sources").glob(f"{COPYING}*"),
        *folder.glob(f"{POINTER}.new"),
    ):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    if current is None:
        return
    found = sorted(path for path in snapshots.glob("*-*") if (path / MANIFEST).exists())
    newer = [path for path in found if path.name != current.id and int(path.name.split("-")[0]) >= current.number]
    older = [path for path in found if int(path.name.split("-")[0]) < current.number]
    # The manifest's time is when a snapshot came, so the next one's is when this one was replaced.
    times = [(path / MANIFEST).stat().st_mtime for path in older]
    gone = [path for path, replaced in zip(older, times[1:], strict=False) if time.time() - replaced > GRACE]
    for path in (*newer, *gone):
        shutil.rmtree(path, ignore_errors=True)
    try:
        kept = [Manifest.from_json((path / MANIFEST).read_text("utf-8")) for path in found if path.exists()]
    except (OSError, ValueError, KeyError, TypeError):
        return  # an unreadable manifest may need any of the originals
    needed = {original.copy for manifest in (*kept, current) for original in manifest.originals}
    for copy in (folder / "sources").glob("*"):
        if copy.name not in needed:
            copy.unlink(missing_ok=True)


def seal(path: Path) -> tuple[int, str]:
    """Bring a finished file to the disk; return its size and sha256."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring a rename to the disk, where the system has a way to say so."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
