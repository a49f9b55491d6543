"""Upright writing on a page that also has lines that lie: columns of characters, gathered and read from the right.

pdfium follows the order in which a program drew the characters, which for upright columns is any: from the left, with
figures and signs apart.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.pdf.sheet import Box, Char, Sheet, bounding_box, is_wide, size_of

_LEAST = 3  # characters of a column
_LEAST_BLOCK = 12  # characters of a block of columns
_COLUMN = 0.4  # of the type's size: so far from the middle of a column its characters stand
_NEXT = 4.0  # of the type's size: from the middle of one column to that of the next


@dataclass(eq=False)
class _Column:
    chars: list[tuple[int, Char]] = field(default_factory=list)  # with their places on the sheet

    @property
    def size(self) -> float:
        return statistics.median(char.box[2] - char.box[0] for _, char in self.chars if char.box is not None)

    @property
    def middle(self) -> float:
        return statistics.median(char.middle[0] for _, char in self.chars)

    @property
    def top(self) -> float:
        return min(char.middle[1] for _, char in self.chars)

    @property
    def foot(self) -> float:
        return max(char.middle[1] for _, char in self.chars)


def gather_upright(sheet: Sheet) -> list[tuple[int, int, Box]]:
    """Move each block of upright columns to the end of a sheet, a column a line; return where they stand, with boxes.

    A single column stays where it is: a title at the side of a box.
    """
    in_table = [(table["start"], table["end"]) for table in sheet.tables]
    inked = [
        (at, char)
        for at, char in enumerate(sheet.chars)
        if char.box is not None and not char.turn and not any(a <= at < b for a, b in in_table)
    ]
    columns = _columns(inked)
    blocks = [block for block in _blocks(columns) if len(block) > 1 and _count(block) >= _LEAST_BLOCK]
    if not blocks:
        return []
    _take_strays(blocks, inked)
    gone = {at for block in blocks for column in block for at, _ in column.chars}
    for table in sheet.tables:
        by = -sum(at < table["start"] for at in gone)
        table["start"] += by
        table["end"] += by
        table["cells"] = [(a + by, b + by, *place) for a, b, *place in table["cells"]]
    sheet.chars = [char for at, char in enumerate(sheet.chars) if at not in gone]
    found: list[tuple[int, int, Box]] = []
    for block in blocks:
        sheet.chars.append(Char("\n", None))
        start = len(sheet.chars)
        for i, column in enumerate(sorted(block, key=lambda column: -column.middle)):
            if i:
                sheet.chars.append(Char("\n", None))
            sheet.chars.extend(char for _, char in sorted(column.chars, key=lambda one: _place_in(column, one[1])))
        found.append((start, len(sheet.chars), bounding_box([c.box for c in sheet.chars[start:] if c.box is not None])))
    return found


def _count(block: Sequence[_Column]) -> int:
    return sum(len(column.chars) for column in block)


def _place_in(column: _Column, char: Char) -> tuple[float, float]:
    """Return where a character stands in a column; figures side by side are at one height. 例: 22 in 22億円"""
    return round(2 * (char.middle[1] - column.top) / column.size), char.middle[0]


def _columns(inked: Sequence[tuple[int, Char]]) -> list[_Column]:
    """Return runs of characters that were drawn one below the other, those of one column together."""
    runs: list[list[tuple[int, Char]]] = [[one] for one in inked[:1]]
    for above, below in pairwise(inked):
        if _stands_below(above[1], below[1]):
            runs[-1].append(below)
        else:
            runs.append([below])
    columns: list[_Column] = []
    for run in sorted((_Column(run) for run in runs if len(run) >= _LEAST), key=lambda run: run.top):
        wide = sum(is_wide(char.text) for _, char in run.chars)
        if wide * 3 < 2 * len(run.chars):
            continue
        over = (c for c in columns if abs(c.middle - run.middle) <= _COLUMN * run.size)
        last = next((c for c in over if -run.size < run.top - c.foot <= 2.5 * run.size), None)
        if last is not None:
            last.chars += run.chars
        else:
            columns.append(run)
    return columns


def _stands_below(above: Char, below: Char) -> bool:
    size = max(size_of(above), size_of(below))
    (x, y), (right, lower) = above.middle, below.middle
    return abs(x - right) <= _COLUMN * size and 0.3 * size <= lower - y <= 1.6 * size


def _blocks(columns: Sequence[_Column]) -> list[list[_Column]]:
    """Return columns that stand side by side at one height in one size of type."""
    blocks: list[list[_Column]] = []
    for column in sorted(columns, key=lambda column: -column.middle):
        block = next((block for block in blocks if any(_beside(other, column) for other in block)), None)
        if block is None:
            blocks.append([column])
        else:
            block.append(column)
    return blocks


def _beside(right: _Column, left: _Column) -> bool:
    size = max(right.size, left.size)
    shared = min(right.foot, left.foot) - max(right.top, left.top)
    alike = min(right.size, left.size) >= 0.8 * size
    return alike and right.middle - left.middle <= _NEXT * size and shared > 0


def _take_strays(blocks: Sequence[Sequence[_Column]], inked: Sequence[tuple[int, Char]]) -> None:
    """Give the columns the characters that stand in them and were drawn apart: figures, signs, ends of columns."""
    taken = {at for block in blocks for column in block for at, _ in column.chars} | _lying(inked)
    for block in blocks:
        size = statistics.median(column.size for column in block)
        top, foot = min(column.top for column in block), max(column.foot for column in block)
        middles = {id(column): column.middle for column in block}
        for at, char in inked:
            x, y = char.middle
            if at in taken or not top - 0.6 * size <= y <= foot + 0.6 * size:
                continue
            column = min(block, key=lambda column: abs(middles[id(column)] - x))
            if abs(middles[id(column)] - x) <= 0.6 * size:
                column.chars.append((at, char))
                taken.add(at)


def _lying(inked: Sequence[tuple[int, Char]]) -> set[int]:
    """Return the places of the characters of lines that lie: three or more drawn one beside the other."""
    found: set[int] = set()
    run: list[int] = []
    for (at, left), (after, right) in pairwise(inked):
        size = max(size_of(left), size_of(right))
        (x, y), (beyond, height) = left.middle, right.middle
        beside = abs(y - height) <= _COLUMN * size and 0 < beyond - x <= 1.6 * size
        run = [*(run or [at]), after] if beside else []
        if len(run) >= _LEAST:
            found.update(run)
    return found
