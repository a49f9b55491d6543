"""The words of what is asked: what each is worth, and which others of the papers are like it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from index.snapshot import Part, Snapshot
from ingest.japanese import words

# Words with a cosine of .45 are mostly about the same thing (端末 and タブレット .47, 悩み and 相談 .57), below it more
# and more only of one field. Against none, right answers rise by .02 on questions-dev, and wrongly declined ones fall
# by .02 to .04 on four sets; .4 and .5, and a worth of once the cosine, hardly differ.
_ALIKE = 0.45
_WORTH = 1.2


class Lexicon:
    """The words of a snapshot, or of the part of it that is asked."""

    def __init__(self, snapshot: Snapshot, part: Part | None = None) -> None:
        self._snapshot, self._part = snapshot, part

    def idf(self, word: str) -> float:
        """Return what finding a word is worth: the BM25 weight of its share of the chunks, at most 1 in 1,000."""
        return math.log(1 + 1 / max(self._frequency(word), 0.001))

    def known(self, word: str) -> bool:
        return self._frequency(word) > 0

    def neighbours(self, words: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
        found = self._snapshot.neighbours(words, _ALIKE)
        # One look for all that is asked about next.
        self._shares([*words, *(other for near in found.values() for other, _ in near)])
        return {word: [(other, min(0.8, _WORTH * cosine)) for other, cosine in near] for word, near in found.items()}

    def _frequency(self, word: str) -> float:
        return self._shares([word])[word]

    def _shares(self, asked: Sequence[str]) -> dict[str, float]:
        """Return how often each word stands, or what stands for it: its last part."""
        forms = {word: {word, *words(word)[-1:]} for word in asked}
        held = self._snapshot.shares({form for some in forms.values() for form in some}, self._part)
        return {word: max(held[form] for form in some) for word, some in forms.items()}
