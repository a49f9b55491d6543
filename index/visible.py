"""What one reader may see of a snapshot: a snapshot in which no other document exists."""

from __future__ import annotations

import hashlib
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from index.protocols import Hit
from index.retriever import Leg
from index.scope import Scope
from index.snapshot import PARTS_KEPT, DocumentInfo, Part, Snapshot
from index.vocabulary import Vocabulary
from ingest.document import Chunk, Document, Fact
from ingest.japanese import words


class VisibleSnapshot(Snapshot):
    """A snapshot narrowed to some documents, before anything is counted, scored or spelt.

    A document that is not among them is as unknown as one that never was: every method raises the same KeyError for
    both. It holds nothing of a ``Snapshot`` but its interface, so that what is not narrowed here cannot be asked at
    all. Only how rare a word is, which the order of hits rests on, is judged by the whole collection.
    """

    def __init__(self, whole: Snapshot, ids: frozenset[str]):
        """``ids`` may name documents that are not there."""
        self.whole = whole
        self.folder = whole.folder
        self.embedder = whole.embedder
        self._part = whole.part_of(ids)
        self._ids = frozenset(info.id for info in self._part.documents)
        # Another one as soon as something that is seen here changes, and not before: that somebody else's paper came
        # is nobody's business.
        self.id = hashlib.sha256(repr(self._part.documents).encode()).hexdigest()[:16]
        self._lock = Lock()
        self._kept_part = lru_cache(PARTS_KEPT)(self._narrowed)

    def documents(self) -> list[DocumentInfo]:
        return list(self._part.documents)

    def document(self, document_id: str) -> Document:
        return self.whole.document(self._known(document_id))

    def source_path(self, document_id: str) -> Path:
        return self.whole.source_path(self._known(document_id))

    def chunks(self, document_id: str) -> list[Chunk]:
        return self.whole.chunks(self._known(document_id))

    def chunk(self, chunk_id: str) -> Chunk:
        chunk = self.whole.chunk(chunk_id)
        if chunk.document_id not in self._ids:
            raise KeyError(chunk_id)
        return chunk

    def facts(self, document_id: str) -> list[Fact]:
        return self.whole.facts(self._known(document_id))

    def part_of(self, ids: frozenset[str]) -> Part:
        return self.whole.part_of(ids & self._ids)

    def search(self, question: str, k: int = 10, leg: Leg = "fused", part: Part | None = None) -> list[Hit]:
        return self.whole.search(question, k, leg, part or self._part)

    def search_facts(self, question: str, k: int = 50, part: Part | None = None) -> list[tuple[Fact, float]]:
        return self.whole.search_facts(question, k, part or self._part)

    def frequency(self, word: str, part: Part | None = None) -> float:
        return self.whole.frequency(word, part or self._part)

    def frequencies(self, part: Part | None = None) -> dict[str, int]:
        return self.whole.frequencies(part or self._part)

    def vocabulary(self) -> Vocabulary:
        """Return the words of these documents alone, so that no other word is near anything."""
        with self._lock:
            return self._vocabulary_here

    @cached_property
    def _vocabulary_here(self) -> Vocabulary:
        held, all_words = self.frequencies(), self.whole.vocabulary()
        rows = [
            row
            for row, word in enumerate(all_words.words)
            if word in held or any(piece in held for piece in words(word)[-1:])
        ]
        return Vocabulary([all_words.words[row] for row in rows], all_words.vectors[np.array(rows, np.int64)])

    def _narrowed(self, scope: Scope) -> Part:
        return self.whole.part_of(frozenset(info.id for info in self._part.documents if scope.covers(info)))

    def _known(self, document_id: str) -> str:
        if document_id not in self._ids:
            raise KeyError(document_id)
        return document_id
