"""Characters of a page that are struck through, or raised: by the lines that are drawn on them, by height and size."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ingest.marks import RAISED, is_mark
from ingest.pdf.rulings import Ruling
from ingest.pdf.sheet import Box, Char, Sheet, by_line, is_kanji

_SMALLER = 0.75  # times the type beside it, at most: a raised sign
_LIFT = 0.22  # of the size of the type beside it, at least: how far its foot stands above that type's
_BESIDE = 0.5  # of that size, at most: the white between the two
_LOOKED_AT = 10  # characters to each side
_MOST_RAISED = 12  # characters of one sign


def mark_raised(chars: Sequence[Char]) -> None:
    """Mark the signs of notes and the exponents of a page. 例: 2 in 1,234²件"""
    for line in by_line(chars):
        if any(char.text.isdecimal() for char in line):
            _mark_line([char for char in line if char.tight is not None and not char.turn])


def _mark_line(line: Sequence[Char]) -> None:
    sizes = [_size(char) for char in line]
    largest = max((size for size in sizes if size is not None), default=0.0)
    lifted = [
        (char.text.isdecimal() or is_mark(f"{char.text}1")) and _is_lifted(line, sizes, i, largest)
        for i, char in enumerate(line)
    ]
    begin = 0
    for is_run, group in groupby(range(len(line)), key=lifted.__getitem__):
        end = begin + len(list(group))
        if is_run:
            for first, last in _touching(line, sizes, begin, end):
                if _is_sign(line, sizes, first, last):
                    for char in line[first:last]:
                        char.raised = True
        begin = end


def _touching(line: Sequence[Char], sizes: Sequence[float | None], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a stretch of a line that no white parts."""
    first = begin
    for i in range(begin + 1, end + 1):
        if i == end or not _touch(line, sizes, i - 1):
            yield first, i
            first = i


def _is_sign(line: Sequence[Char], sizes: Sequence[float | None], first: int, last: int) -> bool:
    """Say whether lifted characters are a sign of a note: they stand at a word, and nothing goes on in their size."""
    before = first > 0 and _touch(line, sizes, first - 1)
    behind = last < len(line) and _touch(line, sizes, last - 1)
    own = max((size for size in sizes[first:last] if size is not None), default=0.0)
    next_size = sizes[last] if behind else None
    alone = next_size is None or next_size * _SMALLER >= own
    text = "".join(char.text for char in line[first:last])
    return len(text) <= _MOST_RAISED and (before or behind) and alone and is_mark(text)


def _size(char: Char) -> float | None:
    """Return the size of a character's type, as its ink shows it; None where that says little."""
    assert char.tight is not None
    x0, y0, x1, y1 = char.tight
    if is_kanji(char.text):
        return max(x1 - x0, y1 - y0) / 0.92
    if char.text.isdecimal() or "A" <= char.text <= "Z":
        return (y1 - y0) / 0.72
    return None


def _foot(char: Char, size: float) -> float:
    """Return how far down the line stands on which a character is set."""
    assert char.tight is not None
    return char.tight[3] - (0.08 * size if is_kanji(char.text) else 0.0)


def _is_lifted(line: Sequence[Char], sizes: Sequence[float | None], i: int, largest: float) -> bool:
    """Say whether a character is clearly smaller than those near it, and stands higher."""
    x0, y0, x1, y1 = line[i].tight or (0.0,) * 4
    own = sizes[i] or max(x1 - x0, y1 - y0)  # of brackets and signs
    if own > _SMALLER * largest:
        return False
    for j in _next_to(line, sizes, i):
        size = sizes[j]
        if size is None or size * _SMALLER < own:
            continue
        _, top, _, _ = line[j].tight or (0.0,) * 4
        bracket = 0.2 * own if sizes[i] is None else 0.0  # reaches below the line
        return _foot(line[j], size) - (y1 - bracket) >= _LIFT * size and top - 0.5 * size < y0 and y1 >= top
    return False


def _next_to(line: Sequence[Char], sizes: Sequence[float | None], i: int) -> list[int]:
    """Return the places of characters that hang together with one, without white between them, the nearest first."""
    before = behind = i
    while before > max(0, i - _LOOKED_AT) and _touch(line, sizes, before - 1):
        before -= 1
    while behind < min(len(line) - 1, i + _LOOKED_AT) and _touch(line, sizes, behind):
        behind += 1
    return sorted((j for j in range(before, behind + 1) if j != i), key=lambda j: abs(j - i))


def _touch(line: Sequence[Char], sizes: Sequence[float | None], i: int) -> bool:
    """Say whether little white stands between a character and the next."""
    left, right = line[i].tight, line[i + 1].tight
    if left is None or right is None:
        return False
    return -1.0 <= (right[0] - left[2]) / max(sizes[i] or 1.0, sizes[i + 1] or 1.0, 1.0) <= _BESIDE


_ROW = 8.0  # points: characters are looked up by strips of this height
_OFF = 0.2  # of a character's height, at most: how far from its middle a line through it runs
_OVERHANG = 1.0  # times a character's height: a line that reaches further is one of a table or a chart
_SHORTEST = 2.5  # points
_GAP = 1.0  # points between pieces of one line
_JOINED = 1.5  # points: nearer to an upright line, a line ends in a table


def mark_struck(
    chars: Iterable[Char], upright: Sequence[Ruling], flat: Sequence[Ruling], marked: Sequence[Box] = ()
) -> list[Ruling]:
    """Mark the characters that a line strikes through, or that stand in a box of ``marked``; return those lines.

    An underline runs below its words, a ruling of a table beside them; a line of a chart reaches further.
    """
    rows: defaultdict[int, list[Char]] = defaultdict(list)
    for char in chars:
        if char.tight is None:
            continue
        rows[int(char.middle[1] // _ROW)].append(char)
        if any(x0 <= char.middle[0] <= x1 and y0 <= char.middle[1] <= y1 for x0, y0, x1, y1 in marked):
            char.struck = True
    used: list[Ruling] = []
    for line, pieces in _whole(flat):
        at = int(line.at // _ROW)
        near = [char for row in range(at - 2, at + 3) for char in rows.get(row, ()) if not char.turn]
        on = _beside([char for char in near if _is_on(char, line)], near, line)
        if on and _strikes(line, on) and not any(_meets(line, other) for other in upright):
            for char in on:
                char.struck = True
            used.extend(pieces)
    return used


def _whole(flat: Sequence[Ruling]) -> Iterable[tuple[Ruling, list[Ruling]]]:
    """Yield lines with the pieces that they are drawn in."""
    heights: defaultdict[int, list[Ruling]] = defaultdict(list)
    for line in flat:
        if line.alone:
            heights[round(line.at * 2)].append(line)
    for level in heights.values():
        pieces: list[Ruling] = []
        for line in sorted(level, key=lambda line: line.start):
            if pieces and line.start > max(piece.end for piece in pieces) + _GAP:
                yield _spanned(pieces), pieces
                pieces = []
            pieces.append(line)
        yield _spanned(pieces), pieces


def _spanned(pieces: Sequence[Ruling]) -> Ruling:
    return Ruling(statistics.median(piece.at for piece in pieces), pieces[0].start, max(piece.end for piece in pieces))


def _is_on(char: Char, line: Ruling) -> bool:
    assert char.tight is not None
    _, y0, _, y1 = char.tight
    reach = 0.5 * (y1 - y0) + 0.5
    return line.start <= char.middle[0] <= line.end and abs(char.middle[1] - line.at) <= reach


def _beside(on: Sequence[Char], near: Sequence[Char], line: Ruling) -> list[Char]:
    """Return the characters that a line runs through, with the full stops and commas between them, which lie below."""
    boxes = [char.tight for char in on if char.tight is not None]
    if not boxes:
        return []
    top, foot = min(y0 for _, y0, _, _ in boxes), max(y1 for _, _, _, y1 in boxes)
    slack = _SLACK * (foot - top)
    return [
        char
        for char in near
        if char.tight is not None
        and line.start <= char.middle[0] <= line.end
        and top - slack <= char.tight[1]
        and char.tight[3] <= foot + slack
    ]


_SLACK = 0.3


def _strikes(line: Ruling, on: Sequence[Char]) -> bool:
    """Say whether a line runs through the middle of the characters on it, and ends with them."""
    letters = [char for char in on if char.text.isalnum()]
    if not letters or line.end - line.start < _SHORTEST:
        return False
    boxes = [char.tight for char in letters if char.tight is not None]
    height = statistics.median(y1 - y0 for _, y0, _, y1 in boxes)
    width = statistics.median(x1 - x0 for x0, _, x1, _ in boxes)
    middle = statistics.median((y0 + y1) / 2 for _, y0, _, y1 in boxes)
    size = max(height, width)
    edges = [char.tight for char in on if char.tight is not None]
    left, right = min(box[0] for box in edges), max(box[2] for box in edges)
    return (
        abs(middle - line.at) <= _OFF * height
        and all(abs((y0 + y1) / 2 - middle) <= 0.5 * size for _, y0, _, y1 in boxes)
        and left - line.start <= _OVERHANG * size
        and line.end - right <= _OVERHANG * size
        and min(line.end, right) - max(line.start, left) >= 0.6 * (right - left)
    )


def _meets(line: Ruling, upright: Ruling) -> bool:
    """Say whether an upright line stands at an end of a flat one, as in a table."""
    at_end = min(abs(upright.at - line.start), abs(upright.at - line.end)) <= _JOINED
    return at_end and upright.start - _JOINED <= line.at <= upright.end + _JOINED


@dataclass(frozen=True)
class _Cut:
    """Where the characters that stay stand, by where they stood."""

    at: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.at[start], self.at[end]


def take_out(sheet: Sheet) -> list[str]:
    """Take what is struck through out of a set page and set what is raised as such; return the texts taken out."""
    for char in sheet.chars:
        if char.raised:
            char.text = char.text.translate(RAISED)
    if not any(char.struck for char in sheet.chars):
        return []
    struck: list[str] = []
    gone: set[int] = set()
    begin = 0
    for line in by_line(sheet.chars):
        found = [i for i, char in enumerate(line, begin) if char.struck]
        left = [i for i, char in enumerate(line, begin) if not char.struck and not char.text.isspace()]
        for i, place in enumerate(found):
            between = sheet.chars[found[i - 1] + 1 : place] if i else []
            if i and all(char.text in " 　" for char in between):
                struck[-1] += "".join(char.text for char in between) + sheet.chars[place].text
                gone.update(range(found[i - 1] + 1, place))
            else:
                struck.append(sheet.chars[place].text)
        gone.update(found)
        if found and not left and not any(char.text == "\t" for char in line):
            gone.update(range(begin, begin + len(line)))
        begin += len(line)
    at = [0]
    for i in range(len(sheet.chars)):
        at.append(at[-1] + (i not in gone))
    sheet.chars = [char for i, char in enumerate(sheet.chars) if i not in gone]
    for table in sheet.tables:
        _move(table, _Cut(at))
    sheet.tables = [table for table in sheet.tables if table["start"] < table["end"]]
    return struck


def _move(table: dict[str, Any], cut: _Cut) -> None:
    table["start"], table["end"] = cut.span(table["start"], table["end"])
    table["cells"] = [(*cut.span(start, end), *place) for start, end, *place in table["cells"]]
    for name in ("title", "unit"):
        if table[name] is not None:
            start, end = cut.span(*table[name])
            table[name] = (start, end) if start < end else None
