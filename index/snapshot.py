"""What is in the index at one moment: immutable, checked when it is opened, safe from threads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from index.keywords import Bm25Keywords, analyzer
from index.protocols import Embedder, Hit, IndexDamaged, IndexMismatch, IndexMissing, Rows
from index.retriever import Leg, Retriever
from index.scope import Scope
from index.store import DocumentInfo as DocumentInfo
from index.store import Store, damaged
from index.vectors import FaissVectors
from index.vocabulary import Vocabulary
from ingest.document import Chunk, Document, Fact

FORMAT = 4  # of the folder; raise when a reader of the old one could misread the new
POINTER = "current.json"
MANIFEST = "manifest.json"
STORE = "store.sqlite"
VECTORS = "vectors.faiss"
CHUNK_WORDS = "chunk_words"
FACT_WORDS = "fact_words"
VOCABULARY = "vocabulary.npz"
PARTS_KEPT = 16  # scopes whose rows are in memory: a byte for each passage and figure
READERS_KEPT = 16  # sets of documents that somebody may see, with what was made for them
DOCUMENTS_KEPT = 64  # documents in memory: a long PDF takes some 50 ms to fetch


@dataclass(frozen=True)
class Original:
    """The kept copy of a document's file; the index can be made again from these alone."""

    id: str
    source: str
    file: str
    sha256: str
    copy: str  # name under sources/
    given: dict[str, str] = field(default_factory=dict)  # what a person has said of it: title, published, …
    lacks_ocr: bool = False  # it is read again once there is an engine for its pictures


@dataclass(frozen=True)
class Manifest:
    """How a snapshot was made, and the size and sha256 of each of its files."""

    format: int
    number: int
    id: str
    embedder: str
    dim: int
    analyzer: str
    counts: dict[str, int]
    files: dict[str, tuple[int, str]]
    originals: tuple[Original, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return the manifest; ValueError, KeyError or TypeError when it is not one."""
        body = json.loads(text)
        body["files"] = {name: tuple(value) for name, value in body["files"].items()}
        body["originals"] = tuple(Original(**original) for original in body["originals"])
        return cls(**body)


def read_manifest(folder: Path, *, older: bool = False) -> Manifest:
    """Return the manifest that the pointer in ``folder`` names, checked against the pointer's hash.

    Another format than today's is refused, unless it is an ``older`` one that is wanted: what it says of the originals
    is enough to make the index again.
    """
    pointer = folder / POINTER
    try:
        current = json.loads(pointer.read_bytes())
        path = folder / "snapshots" / Path(current["snapshot"]).name / MANIFEST
        expected = current["manifest_sha256"]
    except FileNotFoundError:
        raise IndexMissing(
            f"there is no index at {folder}: run `tenkyo ingest` first",
            f"{folder} に索引がありません。先に「tenkyo ingest」で文書を取り込んでください。",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise _lost(pointer, f"{type(error).__name__}: {error}") from error
    try:
        data = path.read_bytes()
        body = json.loads(data)
        if body["format"] > FORMAT or (body["format"] < FORMAT and not older):
            newer = body["format"] > FORMAT
            raise IndexMismatch(
                f"{folder} was made with format version {body['format']}, not {FORMAT}: "
                + ("use a newer tenkyo" if newer else "run `tenkyo ingest` once, and it is made again"),
                f"{folder} の索引の形式（{body['format']}）は、この版では読めません（{FORMAT}）。"
                + (
                    "新しい版の tenkyo を使ってください。"
                    if newer
                    else "もう一度「tenkyo ingest」をすると、保存してある原本から作り直します。"
                ),
            )
        if hashlib.sha256(data).hexdigest() != expected:
            raise _lost(path, "it does not match its hash")
        return Manifest.from_json(data.decode())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _lost(path, f"{type(error).__name__}: {error}") from error


def check_embedder(folder: Path, manifest: Manifest, embedder: Embedder) -> None:
    """Raise IndexMismatch when the vectors were made by another model."""
    if embedder.name != manifest.embedder:
        raise IndexMismatch(
            f"{folder} was made with the embedding model {manifest.embedder}, not {embedder.name}: "
            "name that model, or use another folder",
            f"{folder} の索引は埋め込みモデル「{manifest.embedder}」で作られていますが、"
            f"今の設定は「{embedder.name}」です。同じモデルを指定するか、別のフォルダに取り込んでください。",
        )


def check_files(path: Path, manifest: Manifest) -> None:
    """Raise IndexDamaged for the first file of a snapshot that is missing or not what was written.

    Every byte is hashed, once for each snapshot a process opens: about a second for a gigabyte, and then no answer can
    come out of a damaged file.
    """
    for name, (size, sha256) in manifest.files.items():
        file = path / name
        try:
            if file.stat().st_size != size:
                raise damaged(file, f"its size is {file.stat().st_size}, not {size}")
            with file.open("rb") as data:
                if hashlib.file_digest(data, "sha256").hexdigest() != sha256:
                    raise damaged(file, "it does not match its hash")
        except OSError as error:
            raise damaged(file, str(error)) from error


@dataclass(frozen=True)
class Part:
    """The documents of a snapshot that a scope covers, and which rows of its indexes are theirs."""

    documents: tuple[DocumentInfo, ...]
    chunks: Rows
    facts: Rows


class Snapshot:
    """The read side of an index. Open one with ``Collection.snapshot``."""

    def __init__(self, folder: Path, manifest: Manifest, embedder: Embedder):
        """Check the snapshot that ``manifest`` describes, and open its store."""
        self.id = manifest.id
        self.folder = folder
        self.path = folder / "snapshots" / manifest.id
        self.manifest = manifest
        self.embedder = embedder
        if manifest.analyzer != analyzer():
            raise IndexMismatch(
                f"{folder} was made with analyzer {manifest.analyzer}, not {analyzer()}: "
                "run `tenkyo ingest` with your files again to rebuild it from its originals",
                f"{folder} の索引は今の版と単語の切り方が違います（{manifest.analyzer} → {analyzer()}）。"
                "「tenkyo ingest」で文書をもう一度取り込むと、保存してある原本から作り直します。",
            )
        check_files(self.path, manifest)
        self._store = Store(self.path / STORE)
        self._originals = {original.id: original for original in manifest.originals}
        self._lock = Lock()
        self._retriever: Retriever | None = None
        self._vectors: FaissVectors | None = None
        self._chunk_words: Bm25Keywords | None = None
        self._fact_words: Bm25Keywords | None = None
        self._vocabulary: Vocabulary | None = None
        self._kept_documents = lru_cache(1)(self._store.documents)
        self._kept_document = lru_cache(DOCUMENTS_KEPT)(self._store.document)
        self._kept_facts = lru_cache(DOCUMENTS_KEPT)(self._store.facts)
        self._kept_owners = lru_cache(2)(self._owners)
        self._kept_part = lru_cache(PARTS_KEPT)(self._narrowed)
        self._kept_part_of = lru_cache(PARTS_KEPT)(self._part_of)
        self._kept_visible = lru_cache(READERS_KEPT)(self._visible)

    def documents(self) -> list[DocumentInfo]:
        return list(self._kept_documents())

    def document(self, document_id: str) -> Document:
        """Return the document; KeyError if it is not in this snapshot."""
        return self._kept_document(document_id)

    def source_path(self, document_id: str) -> Path:
        """Return the index's own copy of the document's file; KeyError if it is not in this snapshot."""
        return self.folder / "sources" / self._originals[document_id].copy

    def chunks(self, document_id: str) -> list[Chunk]:
        self._originals[document_id]
        return self._store.chunks(document_id)

    def chunk(self, chunk_id: str) -> Chunk:
        return self._store.chunks_by_id([chunk_id])[chunk_id]

    def facts(self, document_id: str) -> list[Fact]:
        self._originals[document_id]
        return list(self._kept_facts(document_id))

    def part(self, scope: Scope) -> Part:
        """Return what a scope covers; ``search`` and the others look only there when they are given it."""
        return self._kept_part(scope)

    def part_of(self, ids: frozenset[str]) -> Part:
        """Return what belongs to some documents; an id that is not here adds nothing."""
        return self._kept_part_of(ids)

    def only(self, ids: frozenset[str] | None) -> Snapshot:
        """Return this snapshot for a reader who may see these documents alone; itself for one who may see all."""
        return self if ids is None else self._kept_visible(ids)

    def search(self, question: str, k: int = 10, leg: Leg = "fused", part: Part | None = None) -> list[Hit]:
        """Return at most ``k`` hits, best first."""
        with self._lock:
            if self._retriever is None:
                check_embedder(self.folder, self.manifest, self.embedder)
                words = self._load_chunk_words()
                self._retriever = Retriever(self.embedder, self._load_vectors(), words, self._store.chunks_by_id)
        return self._retriever.search(question, k, leg, None if part is None else part.chunks)

    def search_facts(self, question: str, k: int = 50, part: Part | None = None) -> list[tuple[Fact, float]]:
        """Return at most ``k`` facts and their BM25 scores, best first."""
        with self._lock:
            if self._fact_words is None:
                self._fact_words = self._load_words(FACT_WORDS, self._store.fact_ids())
        found = self._fact_words.search([question], k, None if part is None else part.facts)[0]
        facts = self._store.facts_by_id([key for key, _ in found])
        return [(facts[key], score) for key, score in found]

    def frequency(self, word: str, part: Part | None = None) -> float:
        """Return the share of chunks that hold a word as ``ingest.japanese.words`` writes it: 0 to 1."""
        with self._lock:
            words = self._load_chunk_words()
        if part is None:
            return words.frequency(word) / max(1, len(words))
        return words.frequency(word, part.chunks) / max(1, int(part.chunks.sum()))

    def frequencies(self, part: Part | None = None) -> dict[str, int]:
        """Return every word of the chunks, as ``ingest.japanese.words`` writes it, with how many chunks hold it."""
        with self._lock:
            words = self._load_chunk_words()
        return words.frequencies(None if part is None else part.chunks)

    def neighbours(self, words: Sequence[str], least: float) -> dict[str, tuple[tuple[str, float], ...]]:
        """Return, for each word, the collection's words that mean about the same, with their cosines, best first."""
        return self.vocabulary().neighbours(words, self.embedder, least)

    def vocabulary(self) -> Vocabulary:
        with self._lock:
            if self._vocabulary is None:
                path = self.path / VOCABULARY
                try:
                    self._vocabulary = Vocabulary.load(path)
                except (OSError, ValueError) as error:
                    raise damaged(path, str(error)) from error
            return self._vocabulary

    def vectors(self) -> FaissVectors:
        with self._lock:
            return self._load_vectors()

    def problems(self) -> list[str]:
        """Return, in Japanese, what does not fit together; nothing when all is well."""
        found = []
        if not self._store.is_sound():
            found.append(f"{self._store.path} の内容が壊れています。")
        counts = self.manifest.counts
        actual = {"chunks": len(self._store.chunk_ids()), "facts": len(self._store.fact_ids())}
        actual["documents"] = len(self.documents())
        found += [
            f"{name} の数が {counts[name]} ではなく {n} です。" for name, n in actual.items() if counts[name] != n
        ]
        for original in self.manifest.originals:
            found += self._problems_of(original)
        return found

    def _problems_of(self, original: Original) -> list[str]:
        try:
            with self.source_path(original.id).open("rb") as file:
                intact = hashlib.file_digest(file, "sha256").hexdigest() == original.sha256
        except OSError:
            intact = False
        found = [] if intact else [f"{original.file} の原本の控えがないか、壊れています。もう一度取り込んでください。"]
        text = self._store.document(original.id).text
        if any(text[c.start : c.end] != c.text for c in self._store.chunks(original.id)):
            found.append(f"{original.file} の抜粋が本文と一致しません。")
        return found

    def _narrowed(self, scope: Scope) -> Part:
        return self._part_of(frozenset(info.id for info in self._kept_documents() if scope.covers(info)))

    def _part_of(self, ids: frozenset[str]) -> Part:
        documents = tuple(info for info in self._kept_documents() if info.id in ids)
        known = [info.id for info in documents]
        return Part(documents, *(np.isin(self._kept_owners(table), known) for table in ("chunks", "facts")))

    def _visible(self, ids: frozenset[str]) -> Snapshot:
        from index.visible import VisibleSnapshot  # a snapshot itself

        return VisibleSnapshot(self, ids)

    def _owners(self, table: str) -> np.typing.NDArray[np.str_]:
        """Return whose each row of an index is, as an array of document ids."""
        return np.array(self._store.owners(table), np.str_)

    def _load_vectors(self) -> FaissVectors:
        if self._vectors is None:
            path = self.path / VECTORS
            try:
                self._vectors = FaissVectors.load(path, self._store.chunk_ids())
            except (OSError, ValueError) as error:
                raise damaged(path, str(error)) from error
        return self._vectors

    def _load_chunk_words(self) -> Bm25Keywords:
        if self._chunk_words is None:
            self._chunk_words = self._load_words(CHUNK_WORDS, self._store.chunk_ids())
        return self._chunk_words

    def _load_words(self, name: str, ids: list[str]) -> Bm25Keywords:
        path = self.path / name
        try:
            return Bm25Keywords.load(path, ids)
        except (OSError, ValueError, KeyError) as error:
            raise damaged(path, str(error)) from error


def _lost(path: Path, what: str) -> IndexDamaged:
    """The files that say what is in the index are damaged: nothing can be made again from what is left."""
    return IndexDamaged(
        f"{path} is damaged ({what}): remove the folder of the index and run `tenkyo ingest` with your files again",
        f"索引のファイル {path} が壊れています。"
        "索引のフォルダを削除して、「tenkyo ingest」で文書を取り込み直してください。",
    )
