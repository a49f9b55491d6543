"""The words of the collection as vectors: which of its words mean about the same as a word of a question.

People ask about 会社 and 悩み where the papers say 企業 and 相談. The vectors of single words all point about the same
way, so they are compared after taking away their mean (Mu and Viswanath, All-but-the-Top, 2018): 会社 and 企業 then
have a cosine of .7, 果物 and 苺 of .4, words that have nothing to do with each other of 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np

from index.protocols import Embedder, Vectors
from ingest.japanese import content_words

NEAREST = 60  # neighbours that are looked at

# Words with different signs of one of these groups name opposites, or kinds of which one is meant: 転入 and 転出 are as
# close to each other as 転出 and 流出.
_CONTRASTS = tuple(
    map(
        frozenset,
        (
            *("入出", "内外", "増減", "男女", "大小中", "高低", "新旧", "有無", "開閉休", "始終", "昼夜", "東西南北"),
            *("前後", "上下", "左右", "国県市町村区都府道", "公私", "官民", "収支", "売買", "貸借", "父母", "昨今来翌"),
            *(
                "黒赤",
                "最初",
                "春夏秋冬",
                "陸海空",
                "内国",
                "加減",
                "進退",
                "往復",
                "発着",
                "長短",
                "多少",
                "早遅",
                "正非",
            ),
        ),
    )
)


def vocabulary_of(texts: Iterable[str]) -> set[str]:
    """Return the words of texts that have a meaning of their own: no figures, names in letters or single signs."""
    return {word for text in texts for word in content_words(text) if _is_plain(word)}


def _is_plain(word: str) -> bool:
    return len(word) > 1 and not word.isascii() and re.search(r"[\d\W_]", word) is None


def contrast(one: str, other: str) -> bool:
    """Tell whether two words tell one thing from another. 例: 転入 and 転出, 市民 and 県民"""
    a, b = set(one), set(other)
    return any(a & group and b & group and not a & b & group for group in _CONTRASTS)


class Vocabulary:
    """Words with their unit vectors. Safe from threads; ``embedder`` reads the words that are not among them."""

    def __init__(self, words: Sequence[str], vectors: Vectors):
        """``vectors`` is of shape ``(len(words), dim)``, as the embedder made them."""
        if len(words) != len(vectors):
            raise ValueError(f"not the same number of words and vectors: {len(words)} != {len(vectors)}")
        self.words = list(words)
        self.vectors = vectors
        self._rows = {word: row for row, word in enumerate(self.words)}
        self._mean = vectors.mean(0) if len(words) else np.zeros(vectors.shape[1], np.float32)
        self._centred = self._unit(vectors)
        self._known: dict[str, tuple[tuple[str, float], ...]] = {}
        self._lock = Lock()

    def neighbours(
        self, words: Sequence[str], embedder: Embedder, least: float
    ) -> dict[str, tuple[tuple[str, float], ...]]:
        """Return, for each word, the words of the collection near it, with their cosines of at least ``least``.

        The best come first. The word itself and words that contrast with it are left out; a figure or a single sign
        has no neighbours.
        """
        with self._lock:
            new = [word for word in dict.fromkeys(words) if word not in self._known and _is_plain(word)]
            foreign = [word for word in new if word not in self._rows]
            vectors = dict(zip(foreign, self._unit(embedder.embed_queries(foreign)), strict=True)) if foreign else {}
            for word in new if self.words else ():
                vector = self._centred[self._rows[word]] if word in self._rows else vectors[word]
                cosines = self._centred @ vector
                best = np.argsort(-cosines, kind="stable")[:NEAREST]
                self._known[word] = tuple(
                    (self.words[i], float(cosines[i]))
                    for i in best
                    if self.words[i] != word and not contrast(word, self.words[i])
                )
            return {word: tuple(n for n in self._known.get(word, ()) if n[1] >= least) for word in words}

    def _unit(self, vectors: Vectors) -> Vectors:
        centred = vectors - self._mean
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        return np.asarray(centred / np.maximum(lengths, 1e-6), np.float32)
