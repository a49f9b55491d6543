"""How much of an intake is done, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from index.collection import EMBEDDING, READING


@dataclass
class Pace:
    """Seconds that a page takes to be read and to be embedded, as last measured in this process."""

    reading: float = 0.05
    embedding: float = 0.2


class Estimate:
    """How much of an intake is done, and how long the rest will take.

    Pages are read, then embedded, some thousand passages at a time: both are counted in pages.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic):
        self.share = 0.0
        self.left: float | None = None  # seconds
        self._pace, self._clock = pace, clock
        self._pages = self._read = 0
        self._embedded = self._embedded_before = 0.0
        self._stage, self._since, self._at = "", 0.0, 0.0

    def heard(self, stage: str, done: int, total: int) -> None:
        """Take in a report of progress."""
        now = self._clock()
        if stage != self._stage:
            if self._stage == EMBEDDING:
                self._embedded_before = self._embedded = float(self._read)
            self._stage, self._since, self._at = stage, now, float(self._read)
        if stage == READING:
            self._read, self._pages = done, total
            # At the end of reading the model may still be loaded: that is not the pages' time.
            if done < total and done - self._at >= 3 and now - self._since > 0.5:
                self._pace.reading = (now - self._since) / (done - self._at)
        elif stage == EMBEDDING and total:
            pages = (self._read - self._embedded_before) * done / total
            self._embedded = self._embedded_before + pages
            if pages >= 1:
                self._pace.embedding = (now - self._since) / pages
        if self._pages:
            reading, embedding = self._pace.reading, self._pace.embedding
            self.left = (self._pages - self._read) * reading + (self._pages - self._embedded) * embedding
            spent = self._read * reading + self._embedded * embedding
            self.share = max(self.share, min(0.99, spent / max(spent + self.left, 1e-9)))
