"""A page as characters with places: what every reader of pictures and PDFs makes, and layout works on."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Char:
    text: str  # one character
    box: Box | None  # points, origin top left of the page as shown; None for what has no ink
    line: int = 0
    tight: Box | None = None
    turn: int = 0  # degrees clockwise from upright: 0, 90, 180 or 270
    struck: bool = False  # a line runs through it
    raised: bool = False  # it is smaller than what it stands beside, and higher

    @property
    def middle(self) -> tuple[float, float]:
        x0, y0, x1, y1 = self.tight or self.box or (math.nan,) * 4
        return (x0 + x1) / 2, (y0 + y1) / 2


@dataclass
class Sheet:
    """A page as it is shown."""

    chars: list[Char]
    width: float
    height: float
    tables: list[dict[str, Any]] = field(default_factory=list)


def upright(box: Box, turn: int, width: float, height: float) -> Box:
    """Return a box of a page of this width and height as it stands when the page is turned back by ``turn`` degrees."""
    x0, y0, x1, y1 = box
    if turn == 90:
        return y0, width - x1, y1, width - x0
    if turn == 180:
        return width - x1, height - y1, width - x0, height - y0
    if turn == 270:
        return height - y1, x0, height - y0, x1
    return box


def contains(outer: Box, inner: Box) -> bool:
    slack = 0.5
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and outer[2] >= inner[2] - slack
        and outer[3] >= inner[3] - slack
    )


def is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def is_kanji(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def by_line(chars: Sequence[Char]) -> Iterator[list[Char]]:
    group: list[Char] = []
    for char in chars:
        group.append(char)
        if char.text == "\n":
            yield group
            group = []
    if group:
        yield group


def gap_between(left: Char, right: Char) -> float:
    if left.box is None or right.box is None:
        return math.inf
    return max(right.box[0] - left.box[2], right.box[1] - left.box[3])


def size_of(char: Char) -> float:
    return max(char.box[2] - char.box[0], char.box[3] - char.box[1]) if char.box else 0.0


def bounding_box(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def text_of(sheet: Sheet, start: int, end: int) -> str:
    return "".join(char.text for char in sheet.chars[start:end])


def lines_of(chars: Sequence[Char]) -> Iterator[tuple[int, int, Box]]:
    """Yield start, end and box of each line that has ink."""
    start = 0
    for i in range(len(chars) + 1):
        if i == len(chars) or chars[i].text == "\n":
            boxes = [char.box for char in chars[start:i] if char.box is not None]
            if boxes:
                a, b = start, i
                while chars[a].box is None:
                    a += 1
                while chars[b - 1].box is None:
                    b -= 1
                yield a, b, bounding_box(boxes)
            start = i + 1
