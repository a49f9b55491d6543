"""How large the lines of a page are set, and where they stand: what a reader sees of a PDF before reading a word."""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Callable, Sequence

from ingest.document import Page
from ingest.pdf.sheet import Box, is_kanji, is_wide

_RUNNING = 20  # characters, more than which a line of running text has
_LEAST = 4  # lines that make it


class Typography:
    """The type of the pages that have a box for every character; others tell nothing, and neither do recognised ones.

    Sizes are points: how wide 漢字 are set.
    """

    def __init__(self, text: str, pages: Sequence[Page], lines: Sequence[tuple[int, int, int]]) -> None:
        """``lines`` are page, start and end of what is in no table."""
        self._text = text
        self._boxes: dict[int, tuple[Page, array[float]]] = {}
        for page in pages:
            if page.char_boxes is not None and page.read_by == "text":
                boxes = array("f")
                boxes.frombytes(page.char_boxes)
                self._boxes[page.number] = page, boxes
        running: dict[int, list[float]] = {}
        for page_number, start, end in lines:
            if end - start > _RUNNING and (size := self.size(page_number, start, end)) is not None:
                running.setdefault(page_number, []).append(size)
        sizes = [size for of_page in running.values() for size in of_page]
        if len(sizes) < _LEAST:
            sizes = [w for page, _ in self._boxes.values() for w in self._widths(page.number, page.start, page.end)]
        self._body = statistics.median(sizes) if sizes else math.inf
        self._bodies = {page: statistics.median(of_page) for page, of_page in running.items() if len(of_page) >= _LEAST}

    def body(self, page: int) -> float:
        """Return the size of the running text of a page or of its paper, whichever is larger."""
        return max(self._body, self._bodies.get(page, 0.0))

    def size(self, page: int, start: int, end: int) -> float | None:
        """Return the size of the type of a span; None where it cannot be told."""
        return _middle(self._widths(page, start, end))

    def least_size(self, page: int, start: int, end: int) -> float | None:
        """Return the size of the type of a span, or the least that it can be: kana are also set closer than that."""
        return self.size(page, start, end) or _middle(self._widths(page, start, end, is_wide))

    def box(self, page: int, start: int, end: int) -> Box | None:
        """Return the box of a span as shares of its page's width and height; None where there is no ink."""
        if page not in self._boxes:
            return None
        shown, boxes = self._boxes[page]
        part = boxes[4 * (start - shown.start) : 4 * (end - shown.start)]
        sides = [[at for at in part[i::4] if not math.isnan(at)] for i in range(4)]
        if not sides[0] or not shown.width or not shown.height:
            return None
        left, top, right, bottom = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])
        return left / shown.width, top / shown.height, right / shown.width, bottom / shown.height

    def is_upright(self, page: int, start: int, end: int) -> bool:
        """Say whether a span is written from top to bottom."""
        box = self.box(page, start, end)
        if box is None:
            return False
        shown, _ = self._boxes[page]
        return (box[3] - box[1]) * (shown.height or 0) > 2 * (box[2] - box[0]) * (shown.width or 0)

    def _widths(self, page: int, start: int, end: int, counts: Callable[[str], bool] = is_kanji) -> list[float]:
        if page not in self._boxes:
            return []
        shown, boxes = self._boxes[page]
        places = (4 * (at - shown.start) for at in range(start, end) if counts(self._text[at]))
        return [width for at in places if not math.isnan(width := boxes[at + 2] - boxes[at])]


def _middle(widths: Sequence[float]) -> float | None:
    """Return the median of widths; None where one character alone would decide."""
    return statistics.median(widths) if len(widths) > 1 else None
