"""BM25 as bm25s has it, over tokens that were made beforehand: what the index's own scores are compared with."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from index.keywords import K1, B

Key = TypeVar("Key", bound=Hashable)


class Bm25(Generic[Key]):
    """One list of tokens for each key, with the index's own k1 and b."""

    def __init__(self, keys: Sequence[Key], tokens: Sequence[Sequence[str]]):
        import bm25s

        self.keys = list(keys)
        self._model: Any = None  # there is no word at all
        if any(tokens):
            self._model = bm25s.BM25(method="lucene", k1=K1, b=B)
            self._model.index([list(held) for held in tokens], create_empty_token=False, show_progress=False)

    def search(
        self, tokens: Sequence[str], k: int, among: npt.NDArray[np.bool_] | None = None
    ) -> list[tuple[Key, float]]:
        """Return at most ``k`` (key, score > 0) pairs, best first; of ``among`` only, one for each key."""
        known = [token for token in dict.fromkeys(tokens) if self._model and token in self._model.vocab_dict]
        if not known or k < 1:
            return []
        scores = self._model.get_scores(known, weight_mask=among)
        order = np.argsort(-scores, kind="stable")[:k]
        return [(self.keys[i], float(scores[i])) for i in order if scores[i] > 0]

    def frequency(self, word: str, among: npt.NDArray[np.bool_] | None = None) -> int:
        """Return how many entries, or how many of those ``among``, hold a word."""
        token = None if self._model is None else self._model.vocab_dict.get(word)
        if token is None:
            return 0
        starts = self._model.scores["indptr"]
        held = self._model.scores["indices"][starts[token] : starts[token + 1]]
        return len(held) if among is None else int(among[held].sum())
