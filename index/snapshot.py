"""What is in the index at one moment: one generation, safe from threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from index.cache import Cache
from index.database.catalogue import Visible
from index.database.checking import problems
from index.database.engine import check_properties
from index.database.holdings import all_frequencies, content_of, originals, vectors_of, vocabulary
from index.database.reading import View
from index.database.schema import ANALYZER, EMBEDDER
from index.database.stretches import Outline, Stretch
from index.documents import DocumentInfo, Original
from index.keywords import analyzer
from index.originals import FOLDER, fetch_original
from index.protocols import Embedder, Hit, Vectors
from index.retriever import Leg, retrieve
from index.scope import Scope
from index.stored import StoredDocument
from index.vocabulary import Vocabulary
from ingest.document import Chunk, Document, Fact
from ingest.japanese import words

PARTS_KEPT = 16  # scopes of which it is in memory what they cover
READERS_KEPT = 16  # sets of documents that somebody may see, with what was made for them
WORDS_KEPT = 16384  # words of which it is in memory how many passages hold them


@dataclass(frozen=True)
class Part:
    """The documents of a snapshot that a scope covers, and what a search within it may find."""

    scope: Scope
    documents: tuple[DocumentInfo, ...]
    visible: Visible


class Memory:
    """The documents that somebody holds, each one time only. Safe from threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._documents: WeakValueDictionary[int, StoredDocument] = WeakValueDictionary()

    def document(self, view: View, document_id: str) -> StoredDocument:
        """Return the document; KeyError if it is not in this generation."""
        version = view.contents.by_id[document_id]
        with self._lock:
            found = self._documents.get(version.number)
            if found is None:
                found = self._documents[version.number] = StoredDocument(view.parts, version.number, version.info)
            return found


class Snapshot:
    """The read side of an index. Open one with ``Collection.snapshot``.

    It may be that of one reader, see ``only``. It stays what it is while others come. What is replaced can still be
    read for a minute; after that, who reads on is told by GenerationGone.
    """

    def __init__(
        self, view: View, folder: Path, embedder: Embedder, made_with: Mapping[str, str], memory: Memory | None = None
    ):
        """``made_with`` is what the database says of how it was made; IndexMismatch when it is another analyzer."""
        check_properties(made_with, {ANALYZER: analyzer()}, view.database.place)
        self.id = view.contents.id
        self.view = view
        self.folder = folder
        self.embedder = embedder
        self._made_with = made_with
        self._memory = memory or Memory()
        self._lock = Lock()
        self._vocabulary: Vocabulary | None = None
        self._kept_part = lru_cache(PARTS_KEPT)(self._part)
        self._kept_readers = lru_cache(READERS_KEPT)(self._of_reader)
        self._shares = Cache[tuple[str, Scope | None], float](WORDS_KEPT, lambda _: 1)

    def only(self, ids: frozenset[str] | None) -> Snapshot:
        """Return this snapshot for a reader who may see these documents alone; itself for one who may see all.

        A document that is not among them is as unknown as one that never was: it is neither found nor counted, and
        every method raises the same KeyError for both.
        """
        return self if ids is None else self._kept_readers(ids)

    def documents(self) -> list[DocumentInfo]:
        return self.view.infos()

    def info(self, document_id: str) -> DocumentInfo:
        """Return what a list shows of a document; KeyError if it is not in this snapshot."""
        return self.view.contents.by_id[document_id].info

    def document(self, document_id: str) -> Document:
        """Return the document; KeyError if it is not in this snapshot."""
        return self._memory.document(self.view, document_id)

    def texts(self, ids: Iterable[str]) -> dict[str, str]:
        """Return whole texts of documents, which are read together; KeyError for one that is not in this snapshot."""
        numbers = {self.view.contents.by_id[id_].number: id_ for id_ in ids}
        return {numbers[number]: text for number, text in self.view.parts.texts(numbers).items()}

    def outlines(self, ids: Iterable[str]) -> dict[str, Outline]:
        """Return where the statements of documents begin; KeyError for one that is not in this snapshot."""
        numbers = {self.view.contents.by_id[id_].number: id_ for id_ in ids}
        return {numbers[number]: outline for number, outline in self.view.parts.outlines(numbers).items()}

    def stretches(self, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Stretch]:
        """Return the stretches (document, ordinal) of statements, which are read together."""
        versions = self.view.contents.by_id
        numbered = {(versions[id_].number, ordinal): (id_, ordinal) for id_, ordinal in keys}
        return {numbered[key]: stretch for key, stretch in self.view.parts.stretches(numbered).items()}

    def signatures(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return what tells of documents that they do not hold a text; KeyError for one that is not here."""
        numbers = {self.view.contents.by_id[id_].number: id_ for id_ in ids}
        return {numbers[number]: signed for number, signed in self.view.parts.signatures(numbers).items()}

    def version(self, document_id: str) -> int:
        """Return the number of what a document is now: it changes with the document, and with nothing else.

        But for a failover: what the old primary alone had is lost, and its numbers may be given once more.
        """
        return self.view.contents.by_id[document_id].number + (self.view.database.history << 32)

    def original(self, document_id: str) -> Original:
        """Return how the document's file is kept; KeyError if it is not in this snapshot."""
        self.view.contents.by_id[document_id]
        return originals(self.view, [document_id])[0]

    def source_path(self, document_id: str) -> Path:
        """Return the index's own copy of the document's file; KeyError if it is not in this snapshot."""
        original = self.original(document_id)
        path = self.folder / FOLDER / original.copy
        if not path.exists():
            content = content_of(self.view, original.sha256)
            if content is not None:
                fetch_original(content, path)
        return path

    def chunks(self, document_id: str) -> list[Chunk]:
        return self.view.chunks(document_id)

    def chunk(self, chunk_id: str) -> Chunk:
        return self.view.chunks_by_id([chunk_id])[chunk_id]

    def facts(self, document_id: str) -> list[Fact]:
        return self.view.parts.facts(self.view.contents.by_id[document_id].number)

    def part(self, scope: Scope) -> Part:
        """Return what a scope covers; ``search`` and the others look only there when they are given it."""
        return self._kept_part(scope)

    def search(self, question: str, k: int = 10, leg: Leg = "fused", part: Part | None = None) -> list[Hit]:
        """Return at most ``k`` hits, best first."""
        check_properties(self._made_with, {EMBEDDER: self.embedder.name}, self.view.database.place)
        return retrieve(self.view, self.embedder, question, k, leg, None if part is None else part.visible)

    def search_facts(self, question: str, k: int = 50, part: Part | None = None) -> list[tuple[Fact, float]]:
        """Return at most ``k`` facts and their BM25 scores, best first."""
        found = self.view.search(words(question), k, "facts", None if part is None else part.visible)
        facts = self.view.facts_at([key for key, _ in found])
        return [(facts[key], score) for key, score in found]

    def frequency(self, word: str, part: Part | None = None) -> float:
        """Return the share of chunks that hold a word as ``ingest.japanese.words`` writes it: 0 to 1."""
        return self.shares([word], part)[word]

    def shares(self, words: Iterable[str], part: Part | None = None) -> dict[str, float]:
        """Return ``frequency`` of several words, which are looked up together."""
        scope = None if part is None else part.scope
        visible = self.view.visible() if part is None else part.visible

        def look(missing: Sequence[tuple[str, Scope | None]]) -> dict[tuple[str, Scope | None], float]:
            held = self.view.frequencies([word for word, _ in missing], visible=visible)
            return {(word, scope): held[word] / max(1, len(visible.chunks)) for word, _ in missing}

        return {word: share for (word, _), share in self._shares.all(((w, scope) for w in words), look).items()}

    def frequencies(self) -> dict[str, int]:
        """Return every word of the chunks, as ``ingest.japanese.words`` writes it, with how many chunks hold it."""
        return all_frequencies(self.view)

    def neighbours(self, words: Sequence[str], least: float) -> dict[str, tuple[tuple[str, float], ...]]:
        """Return, for each word, the collection's words that mean about the same, with their cosines, best first."""
        return self.vocabulary().neighbours(words, self.embedder, least)

    def vocabulary(self) -> Vocabulary:
        with self._lock:
            if self._vocabulary is None:
                self._vocabulary = Vocabulary(*vocabulary(self.view))
            return self._vocabulary

    def vectors(self, document_id: str) -> Vectors:
        """Return the vectors of a document's chunks in order, float32; KeyError if it is not in this snapshot."""
        return vectors_of(self.view, document_id)

    def problems(self) -> list[str]:
        """Return, in Japanese, what does not fit together; nothing when all is well."""
        return problems(self.view, self.folder / FOLDER)

    def _of_reader(self, ids: frozenset[str]) -> Snapshot:
        return Snapshot(self.view.only(ids), self.folder, self.embedder, self._made_with, self._memory)

    def _part(self, scope: Scope) -> Part:
        documents = tuple(info for info in self.view.infos() if scope.covers(info))
        return Part(scope, documents, self.view.visible(info.id for info in documents))
