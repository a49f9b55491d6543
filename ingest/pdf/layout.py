"""A page is set as it is read: tables cell by cell, lines in reading order, titles and units found above tables."""

from __future__ import annotations

import base64
import math
import re
import statistics
import sys
from array import array
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ingest.pdf.characters import least_space
from ingest.pdf.reading_order import Part, Piece, reading_order
from ingest.pdf.rulings import SAME_PLACE, Grid
from ingest.pdf.sheet import (
    Box,
    Char,
    Sheet,
    bounding_box,
    gap_between,
    is_kanji,
    is_wide,
    lines_of,
    size_of,
    text_of,
    upright,
)
from ingest.pdf.signs import take_out
from ingest.pdf.upright import gather_upright
from ingest.table_heads import UNIT, count_headings, may_be_title
from ingest.tables import is_value


def page_record(sheet: Sheet, grids: Sequence[Grid], shown: Callable[[Box], Box] = lambda box: box) -> dict[str, Any]:
    """Return what a reader says of a page (see ``ingest.assemble``): its text set in order, boxes and tables.

    ``shown`` says where a box of the sheet stands on the page as shown, where the two differ.
    """
    if any(char.tight is not None for char in sheet.chars):
        set_tables(sheet, grids)
        set_in_order(sheet)
        for table in sheet.tables:
            table["title"], table["unit"] = caption(sheet, table)
    struck = take_out(sheet)
    return {
        "text": "".join(char.text for char in sheet.chars),
        "width": sheet.width,
        "height": sheet.height,
        "boxes": _packed([char.box and shown(char.box) for char in sheet.chars]),
        "tables": sheet.tables,
        "struck": [("", text) for text in struck],
    }


def _packed(boxes: Sequence[Box | None]) -> str:
    packed = array("f")
    for box in boxes:
        packed.extend(box or (math.nan,) * 4)
    if sys.byteorder == "big":
        packed.byteswap()
    return base64.b64encode(packed.tobytes()).decode("ascii")


def set_tables(sheet: Sheet, grids: Sequence[Grid]) -> None:
    """Set the ruled tables of a page cell by cell, rows on lines of their own and cells between tabs.

    As a PDF draws them, the lines of neighbouring cells are mixed; set cell by cell, each cell is one span.
    """
    home: list[Grid | None] = []
    for char in sheet.chars:
        place = None
        if char.tight is not None:
            for candidate in grids:
                key = candidate.cell_at(*char.middle)
                if key is not None:
                    candidate.chars[key].append(char)
                    place = candidate
                    break
        home.append(place)
    tables = [candidate for candidate in grids if candidate.is_table and not _cuts_words(candidate, sheet, home)]
    if not tables:
        return
    chars: list[Char] = []
    begun: list[Grid] = []
    previous: Grid | None = None  # the table that the characters just passed belong to
    for char, place in zip(sheet.chars, home, strict=True):
        grid = place if place in tables else None
        if char.tight is None and previous is not None:
            continue  # spaces and line ends within a table
        if grid is None:
            if previous is not None:
                previous = None
                if chars and chars[-1].text != "\n":
                    chars.append(Char("\n", None))
            chars.append(char)
            continue
        previous = grid
        if grid in begun:
            continue
        begun.append(grid)
        while chars and chars[-1].text in (" ", "　"):
            chars.pop()
        if chars and chars[-1].text != "\n":
            chars.append(Char("\n", None))
        sheet.tables.append(_set(grid, chars))
    sheet.chars = chars


def _cuts_words(grid: Grid, sheet: Sheet, home: Sequence[Grid | None]) -> bool:
    """Say whether the rulings of a grid go through its words: then they are a drawing's, and it is no table.

    例: boxes of a chart of offices with arrows between them; bars laid over a calendar
    """
    cut = 0
    for (left, right), (at, to) in zip(pairwise(sheet.chars), pairwise(home), strict=True):
        if at is not grid or left.tight is None or right.tight is None:
            continue
        if not _level(left, right):
            continue
        gap = (right.tight[0] - left.tight[2]) / max(1.0, size_of(left))
        words = is_wide(left.text) and is_wide(right.text) and -0.5 < gap < 0.3
        if words or (left.text.isdecimal() and right.text.isdecimal() and -0.5 < gap < 0.1):
            here, there = grid.cell_at(*left.middle), grid.cell_at(*right.middle) if to is grid else None
            cut += here != there
    filled = sum(1 for chars in grid.chars.values() if chars)
    return cut > 1 and cut * 10 > filled


def _set(grid: Grid, chars: list[Char]) -> dict[str, Any]:
    """Append a table to the characters of a page; return where it and its cells stand."""
    cells: list[tuple[int, int, int, int, int, int]] = []
    heights: dict[int, float] = {}
    # Double lines and margins make rows and columns in which nothing ever begins.
    rows = sorted({row for (row, _), held in grid.chars.items() if held})
    columns = sorted({column for (_, column), held in grid.chars.items() if held})
    number = -1
    for row in rows:
        lines = _rows_within(grid, row)
        for line in range(max((len(each) for each in lines.values()), default=1)):
            number += 1
            if number:
                chars.append(Char("\n", None))
            for place, column in enumerate(columns):
                if (row, column) not in grid.cells:
                    continue
                if place:
                    chars.append(Char("\t", None))
                first = len(chars)
                held = lines.get(column, [[]])[line] if lines else grid.chars[row, column]
                if held and (first_line := _levels([char for char in held if char.box is not None])[:1]):
                    heights[number] = min(heights.get(number, math.inf), _middle_of(first_line[0]))
                chars.extend(_items(held) or _in_one_line(held))
                row_span, column_span = grid.cells[row, column]
                down = sum(1 for r in rows if row <= r < row + row_span)
                along = sum(1 for c in columns if column <= c < column + column_span)
                cells.append((first, len(chars), number, place, down, along))
    filled = [cell for cell in cells if cell[0] < cell[1]]
    header_rows, header_columns = count_headings(cells, "".join(char.text for char in chars), number + 1, len(columns))
    return {
        "start": min(cell[0] for cell in filled),
        "end": max(cell[1] for cell in filled),
        "cells": cells,
        "header_rows": header_rows,
        "header_columns": header_columns,
        "bound": grid.bound,
        "edges": {place: grid.columns[column] for place, column in enumerate(columns)},
        "heights": heights,
    }


def _rows_within(grid: Grid, row: int) -> dict[int, list[list[Char]]]:
    """Return, by column, the lines of a row that is several rows without rulings; nothing where it is one row.

    例: ９時間 / ８時間 beside １３４日 / １０５日: every cell holds as many lines at the same heights, and all of one
    column are figures.
    """
    if any(r < row < r + span for (r, _), (span, _) in grid.cells.items()):
        return {}  # beside a cell that reaches over several rows
    found: dict[int, list[list[Char]]] = {}
    for (r, column), (span, _) in grid.cells.items():
        if r != row:
            continue
        if span > 1:
            return {}
        if grid.chars[r, column]:
            found[column] = _lines_of_cell(grid.chars[r, column])
    counts = {len(lines) for lines in found.values()}
    if len(found) < 2 or len(counts) != 1 or counts < {2}:
        return {}
    if counts == {1}:
        return {}
    for lines in zip(*found.values(), strict=True):
        heights = [_middle_of(line) for line in lines]
        if max(heights) - min(heights) > 0.5 * max(size_of(line[0]) for line in lines):
            return {}
    figures = [
        column
        for column, lines in found.items()
        if all(is_value("".join(char.text for char in line).strip()) for line in lines)
    ]
    if not figures or (counts == {2} and len(figures) * 2 < len(found)):
        return {}
    empty = [[] for _ in range(next(iter(counts)))]  # type: list[list[Char]]
    return {column: found.get(column, empty) for (r, column) in grid.cells if r == row}


def _lines_of_cell(chars: Sequence[Char]) -> list[list[Char]]:
    lines: list[list[Char]] = []
    for char in chars:
        if char.box is None:
            continue
        if not lines or char.box[1] > _middle_of(lines[-1]):
            lines.append([])
        lines[-1].append(char)
    return lines


def _middle_of(line: Sequence[Char]) -> float:
    return statistics.median((char.box[1] + char.box[3]) / 2 for char in line if char.box is not None)


def go_on(table: dict[str, Any], above: dict[str, Any], text: str) -> None:
    """Give a page's first table the columns of the last one of the page before, where it is the rest of that.

    Its rulings stand at the same places; a column in which nothing is printed has been left out, and no headings are
    repeated.
    """
    edges, others = table.get("edges"), above.get("edges")
    if not edges or not others or len(edges) < 3:
        return
    sides = zip((table["bound"][0], table["bound"][2]), (above["bound"][0], above["bound"][2]), strict=True)
    if any(abs(a - b) > SAME_PLACE for a, b in sides):
        return
    place = {
        column: next((other for other, at in others.items() if abs(at - left) <= SAME_PLACE), None)
        for column, left in edges.items()
    }
    if None in place.values() or len(set(place.values())) < len(place):
        return
    top = [text[a:b] for a, b, row, *_ in table["cells"] if row == 0]
    spread = any(row == 0 and along > 1 for _, _, row, _, _, along in table["cells"])
    # A first row without figures is no heading when it has a number of its own or a sentence.
    if table["header_rows"] and (spread or not (top[0].isdecimal() or max(map(len, top)) > _LONGEST_HEADING)):
        return
    table["cells"] = [(a, b, row, place[column], *spans) for a, b, row, column, *spans in table["cells"]]
    table["header_rows"], table["header_columns"] = 0, above["header_columns"]
    table["edges"] = others
    table["follows"] = True


_LONGEST_HEADING = 25


_BUDGET_NAMES = re.compile(r"(?:款|項|目|科目|款・?項(?:・?目)?)")
_SAME_HEIGHT = 2.0  # points


def row_names(table: dict[str, Any], left: dict[str, Any], text: str, left_text: str) -> list[tuple[int, int, int]]:
    """Return the rows of a page's first table that begin on the page before: row, start and end of its name there.

    An open budget book shows one row on two pages: 目 and its sums on the left one, 節 and 説明 on the right one. Both
    tables begin at one height, no heading of the left one is repeated, and each name stands level with a row.
    例: 1 報酬 | 25,600 beside 1 議会費 | 120,000
    """
    heights, others = table.get("heights"), left.get("heights")
    if not heights or not others or table.get("follows") or not (table["header_rows"] and left["header_rows"]):
        return []
    if abs(table["bound"][1] - left["bound"][1]) > _SAME_HEIGHT or not left["header_columns"]:
        return []
    heads, left_heads = _heads(table, text), _heads(left, left_text)
    names_rows = [_BUDGET_NAMES.fullmatch(head) is not None for head in left_heads]
    if not any(names_rows) or heads & left_heads or any(map(_BUDGET_NAMES.fullmatch, heads)):
        return []
    below = [(row, heights[row]) for row in sorted(heights) if row >= table["header_rows"]]
    names = sorted(
        (others[row], start, end)
        for start, end, row, column, *_ in left["cells"]
        if row >= left["header_rows"] and column == left["header_columns"] - 1 and start < end and row in others
    )
    if not names or not all(any(abs(at - height) <= _SAME_HEIGHT for _, height in below) for at, _, _ in names):
        return []
    found: list[tuple[int, int, int]] = []
    for row, height in below:
        level = [(start, end) for at, start, end in names if at <= height + _SAME_HEIGHT]
        if level:
            found.append((row, *level[-1]))
    return found


def _heads(table: dict[str, Any], text: str) -> set[str]:
    """Return the headings of a table's columns, without the spaces of their layout."""
    heads = (text[start:end] for start, end, row, *_ in table["cells"] if row < table["header_rows"] and start < end)
    return {re.sub(r"\s", "", head) for head in heads}


def _in_one_line(chars: Sequence[Char]) -> list[Char]:
    """Return the inked characters of a cell as one line, with a space where words or lines of letters part."""
    line: list[Char] = []
    for char in _unit_last(_left_to_right(chars)):
        if line and not (is_wide(line[-1].text) and is_wide(char.text)):
            last, box = line[-1].box, char.box
            if last is not None and box is not None:
                # Words of letters are set closer than figures. 例: Times New Roman
                least = 0.15 if line[-1].text.isalpha() and char.text.isalpha() else 0.25
                apart = box[0] - last[2] > max(least * size_of(line[-1]), least_space(line[-1], char))
                apart = apart or box[1] > last[3] - 1 or not _level(line[-1], char)
                numbered = apart and len(line) < 3 and is_kanji(char.text) and all(c.text.isdecimal() for c in line)
                if numbered or (apart and not (is_wide(line[-1].text) or is_wide(char.text))):
                    line.append(Char(" ", None))  # 1 議会費 is the first item, and no figure in 議会費
        line.append(char)
    return line


_UNIT_ALONE = re.compile(r"(?:[十百千万億]{0,2}円|人|件|戸|世帯|[%％]|㎡|㎥|ha|km|トン|ｔ)")


def _unit_last(chars: Sequence[Char]) -> Sequence[Char]:
    """Return the characters of a cell with the unit that stands over its figure set behind it. 例: 円 over 593,407"""
    lines = _levels([char for char in chars if char.box is not None])
    if len(lines) != 2 or not _UNIT_ALONE.fullmatch("".join(char.text for char in lines[0])):
        return chars
    figure = "".join(char.text for char in lines[1])
    return [*lines[1], *lines[0]] if re.fullmatch(r"[△▲\-−－]?[\d,，.．]+", figure) else chars


_SUM = re.compile(r"[△▲]?[0-9０-９][0-9０-９,，]*")


def _items(chars: Sequence[Char]) -> list[Char]:
    """Return a cell that lists names with figures at its right edge, each name whole before its figure; [] for others.

    The figure stands on the first line of a name that goes on below it.
    例: 行政計画審議会委員報 … 257 above 酬 is 行政計画審議会委員報酬 257
    """
    lines = _levels([char for char in chars if char.box is not None])
    parted = [_name_and_figure(line) for line in lines]
    ends = [figure[-1].tight[2] for _, figure in parted if figure and figure[-1].tight is not None]
    if not ends or len(lines) < 2 or max(ends) - min(ends) > 0.6 * size_of(lines[0][0]):
        return []
    right = max(name[-1].box[2] for name, _ in parted if name and name[-1].box is not None)
    items: list[tuple[list[list[Char]], list[Char]]] = []
    room = True  # behind the line before: it was not cut for want of room
    for name, figure in parted:
        goes_on = items and items[-1][1] and not figure and (not room or name[0].text in "（(")
        if goes_on:
            items[-1][0].append(name)
        else:
            items.append(([name], figure))
        last = name[-1].box
        room = last is None or last[2] < right - 1.5 * size_of(name[-1])
    if len(ends) == 1 and not any(figure and len(names) > 1 for names, figure in items):
        return []
    line: list[Char] = []
    for names, figure in items:
        words = _in_one_line([char for name in names for char in name])
        line += [*([Char(" ", None)] if line else []), *words]
        line += [Char(" ", None), *figure] if figure else []
    return line


def _name_and_figure(line: list[Char]) -> tuple[list[Char], list[Char]]:
    """Return a line parted at the wide gap before its last figure; all of it and nothing where there is none."""
    at = len(line)
    while at and (line[at - 1].text in "△▲,，" or line[at - 1].text.isdecimal()):
        at -= 1
    figure = line[at:]
    if not 0 < at < len(line) or not _SUM.fullmatch("".join(char.text for char in figure)):
        return line, []
    return (line[:at], figure) if gap_between(line[at - 1], figure[0]) > size_of(line[at - 1]) else (line, [])


def _left_to_right(chars: Sequence[Char]) -> Sequence[Char]:
    """Return the characters of a cell as they are read, where a program drew the right end of a line first.

    例: (A) drawn before 職員数, which stands left of it; 高齢者 drawn before 65歳以上, which stands over it
    """
    inked = [char for char in chars if char.box is not None]
    level = [_level(a, b) for a, b in pairwise(inked)]
    backwards = any(
        same and b.middle[0] < a.middle[0] - size_of(a) for same, (a, b) in zip(level, pairwise(inked), strict=True)
    )
    # Upright writing goes up again for its next line; only lines that lie can be set in the wrong order.
    lies = 2 * sum(level) >= len(level)
    upwards = lies and any(b.middle[1] < a.middle[1] - size_of(a) for a, b in pairwise(inked))
    if not (backwards or upwards):
        return chars
    return [char for line in _levels(inked) for char in line]


def _levels(inked: Sequence[Char]) -> list[list[Char]]:
    """Return inked characters as lines from top to bottom, each from left to right."""
    lines: list[list[Char]] = []
    for char in sorted(inked, key=lambda char: char.middle[1]):
        if lines and _level(lines[-1][0], char):
            lines[-1].append(char)
        else:
            lines.append([char])
    return [sorted(line, key=lambda char: char.middle[0]) for line in lines]


def _level(a: Char, b: Char) -> bool:
    """Say whether two characters stand on one line; a raised figure does."""
    if a.box is None or b.box is None:
        return False
    return abs((a.box[1] + a.box[3]) - (b.box[1] + b.box[3])) < 0.8 * max(size_of(a), size_of(b))


_APART = 1.1  # of the type's size: a wider gap parts a line
_MARK = re.compile(r"[\ue000-\uf8ff・•●○◯◎■□◆◇▪▶➢※\u2460-\u2473⇒→]|[（(]?[0-9０-９]{1,2}[)）.．]")


def _pieces(sheet: Sheet) -> list[Piece]:
    """Return the lines of a page cut at wide gaps, its ruled tables and its blocks of upright columns."""
    upright_blocks = gather_upright(sheet)
    found = [Piece(t["start"], t["end"], "", t["bound"], 0.0, solid=True) for t in sheet.tables]
    found += [Piece(start, end, "", box, 0.0, solid=True) for start, end, box in upright_blocks]
    tables = list(found)
    for start, end, box in lines_of(sheet.chars):
        if any(t.start <= start < t.end for t in tables) or _lies(sheet.chars[start:end]):
            continue
        if _is_upright(start, end, box):
            found.append(Piece(start, end, text_of(sheet, start, end), box, box[2] - box[0]))
            continue
        first = last = start
        letters = [size_of(char) for char in sheet.chars[start:end] if char.text.isalnum() and char.box is not None]
        usual = statistics.median(letters) if letters else 0.0
        for i in range(start + 1, end):
            if sheet.chars[i].box is None:
                continue
            if _are_apart(sheet.chars[last], sheet.chars[i], usual) and not _is_spread(sheet.chars, last, i):
                mark = last - first < 4 and _MARK.fullmatch(text_of(sheet, first, last + 1)) is not None
                if not mark or gap_between(sheet.chars[last], sheet.chars[i]) > 3 * size_of(sheet.chars[i]):
                    found.append(_piece(sheet, first, last + 1))
                    first = i
            last = i
        found.append(_piece(sheet, first, last + 1))
    return found


def _lies(line: Sequence[Char]) -> bool:
    """Say whether a line lies on its side, as page numbers of turned sheets and the names of axes do."""
    return all(char.turn for char in line if char.box is not None)


def _lying(sheet: Sheet) -> list[list[Char]]:
    """Return the lines that lie on their side, each as it is read when the page is turned."""
    turned: dict[int, list[tuple[Box, Char]]] = {}
    for start, end, _ in lines_of(sheet.chars):
        line = sheet.chars[start:end]
        if any(t["start"] <= start < t["end"] for t in sheet.tables) or not _lies(line):
            continue
        for char in line:
            if char.box is not None:
                turned.setdefault(char.turn, []).append((upright(char.box, char.turn, sheet.width, sheet.height), char))
    found: list[list[Char]] = []
    for placed in turned.values():
        size = statistics.median(max(box[2] - box[0], box[3] - box[1]) for box, _ in placed)
        last: Box | None = None
        for box, char in sorted(placed, key=lambda one: (round((one[0][1] + one[0][3]) / size), one[0][0])):
            if last is None or abs(box[1] + box[3] - last[1] - last[3]) > size or not -1 < box[0] - last[2] < 3 * size:
                found.append([])
            found[-1].append(char)
            last = box
    return found


def _is_upright(start: int, end: int, box: Box) -> bool:
    return end - start > 2 and box[3] - box[1] > 2 * (box[2] - box[0])


_LEAST_BODY = 4  # lines


def _in_margin(pieces: Sequence[Piece]) -> list[Piece]:
    """Return what stands one below the other beside all lines of a page, from the top. 例: 第４章 on its index tab"""
    body = [p for p in pieces if p.solid or (len(p.text) > 10 and not _is_upright(p.start, p.end, p.box))]
    if len(body) < _LEAST_BODY:
        return []
    left, right = min(p.box[0] for p in body), max(p.box[2] for p in body)
    beside = [p for p in pieces if p not in body and (p.box[2] <= left or p.box[0] >= right)]
    runs = [p.box for p in beside if _is_upright(p.start, p.end, p.box)]
    held = [p for p in beside if any(p.box[0] < run[2] and p.box[2] > run[0] for run in runs)]
    return sorted(held, key=lambda p: p.box[1])


def _are_apart(left: Char, right: Char, usual: float) -> bool:
    """Say whether two characters that follow each other in a line of pdfium stand in different pieces."""
    if left.box is None or right.box is None:
        return False
    size = max(size_of(left), size_of(right), 0.8 * usual)  # leaders have wide gaps for their size
    return right.box[0] - left.box[2] > _APART * size or right.box[2] < left.box[0] - size


def _is_spread(chars: Sequence[Char], left: int, right: int) -> bool:
    """Say whether a gap is one of several like ones in a word that is set wide. 例: 給 水 戸 数, そ の 他"""
    gap = gap_between(chars[left], chars[right])
    if (
        right != left + 1
        or gap > 4 * size_of(chars[right])
        or not all(map(_is_japanese, chars[left].text + chars[right].text))
    ):
        return False
    for a, b in ((left - 1, left), (right, right + 1)):
        if a < 0 or b >= len(chars) or not (_is_japanese(chars[a].text) and _is_japanese(chars[b].text)):
            continue
        if abs(gap_between(chars[a], chars[b]) - gap) <= 0.25 * gap + 1:
            return True
    return False


def _is_japanese(character: str) -> bool:
    return is_kanji(character) or "ぁ" <= character <= "ヿ"


def _piece(sheet: Sheet, start: int, end: int) -> Piece:
    """Return a piece; its box is as high as its type, since a font's own line height reaches into other lines."""
    inked = [char for char in sheet.chars[start:end] if char.box is not None]
    left, top, right, bottom = bounding_box([char.box for char in inked if char.box is not None])
    # Kana and signs may be set closer than their type's size; 漢字 never are.
    wide = [char.box[2] - char.box[0] for char in inked if char.box is not None and is_kanji(char.text)]
    wide = wide or [char.box[2] - char.box[0] for char in inked if char.box is not None and is_wide(char.text)]
    narrow = [char.box[2] - char.box[0] for char in inked if char.box is not None and not wide]
    size = min(statistics.median(wide) if wide else 1.8 * statistics.median(narrow), bottom - top)
    middle = statistics.median((char.box[1] + char.box[3]) / 2 for char in inked if char.box is not None)
    return Piece(
        start, end, text_of(sheet, start, end), (left, middle - 0.42 * size, right, middle + 0.42 * size), size
    )


def set_in_order(sheet: Sheet) -> None:
    """Set the lines and tables of a page in the order in which they are read; part paragraphs by a blank line.

    Programs draw titles and units after their tables, and pdfium joins what stands side by side. Upright writing keeps
    pdfium's order.
    """
    pieces, lying = _pieces(sheet), _lying(sheet)
    if not pieces:
        return
    tab = _in_margin(pieces)
    if tab:
        lying.append([char for piece in tab for char in sheet.chars[piece.start : piece.end] if char.box is not None])
        pieces = [piece for piece in pieces if piece not in tab]
    lines = [piece for piece in pieces if not piece.solid]
    vertical = sum(1 for piece in lines if _is_upright(piece.start, piece.end, piece.box)) * 4 > len(lines)
    if vertical:
        parts = [Part([[[piece]] for piece in sorted(pieces, key=lambda piece: piece.start)])]
    else:
        parts = reading_order(pieces, sheet.height)
    boxes = [_of_row(row) for part in parts for row in part.rows]
    if vertical:  # columns from right to left
        gaps = sorted(max(0.0, a[0] - b[2]) for a, b in pairwise(boxes) if b[0] < a[0])
    else:
        gaps = sorted(max(0.0, b[1] - a[3]) for a, b in pairwise(boxes) if b[1] > a[1])
    usual = statistics.median(piece.size for piece in lines) if lines else 10.0
    # Lines set wide apart are no paragraphs: more than the page's usual gap counts.
    wide = (gaps[len(gaps) // 2] if gaps else 0.0) + 0.5 * usual
    ruled = {record["start"]: record for record in sheet.tables}
    chars: list[Char] = []
    above: Box | None = None
    last = 0.0
    for part in parts:
        cells: list[tuple[int, int, int, int, int, int]] = []
        for number, row in enumerate(part.rows):
            box, size = _of_row(row), _size_of_row(row)
            if above is not None:
                chars.append(Char("\n", None))
                gap = above[0] - box[2] if vertical else box[1] - above[3]
                # Titles and notes are set in another size than what they stand beside.
                resized = bool(size and last) and not 0.9 <= size / last <= 1.1
                apart = gap < -3 * usual or (not vertical and (gap < -usual or resized))
                if gap > wide or apart:
                    chars.append(Char("\n", None))
            above, last = box, size
            for column, cell in enumerate(row):
                if column:
                    chars.extend([Char("\t", None)] if part.is_table else _between(sheet, row[column - 1][-1], cell[0]))
                begin = len(chars)
                for i, piece in enumerate(cell):
                    if i:
                        # A line that leaves room is no wrapped one.
                        full = cell[i - 1].box[2] > max(p.box[2] for p in cell) - 1.5 * piece.size
                        level = abs(cell[i - 1].middle - piece.middle) <= 0.5 * piece.size
                        chars.extend(_between(sheet, cell[i - 1], piece) if full or level else [Char(" ", None)])
                    if piece.start in ruled:
                        _move(ruled[piece.start], len(chars) - piece.start)
                    chars.extend(sheet.chars[piece.start : piece.end])
                if not (part.is_account and any(row[1:column])):
                    # 例: 営業費用合計 | | 527,967 | 54,349: what is left over is no figure of this name
                    cells.append((begin, len(chars), number, column, 1, 1))
        if part.is_table:
            sheet.tables.append(_unruled(cells, chars, part))
    for line in lying:
        chars.extend([Char("\n", None), Char("\n", None), *line])
    sheet.chars = chars
    sheet.tables.sort(key=lambda record: int(record["start"]))


def _between(sheet: Sheet, left: Piece, right: Piece) -> list[Char]:
    """Return what stands between two pieces of one row: their own spaces, or one."""
    own = sheet.chars[left.end : right.start]
    if right.start >= left.end and all(char.text in " 　" for char in own):
        return own
    if right.box[1] >= left.box[3] or right.box[0] - left.box[2] <= 0.25 * min(left.size, right.size):
        # The next line of a cell: only letters part.
        return [] if is_wide(left.text[-1]) or is_wide(right.text[0]) else [Char(" ", None)]
    return [Char(" ", None)]


def _size_of_row(row: Sequence[Sequence[Piece]]) -> float:
    """Return the size of a row's type, 0 where it cannot be told: only 漢字 are surely as wide as their type."""
    sizes = [piece.size for cell in row for piece in cell if any(map(is_kanji, piece.text))]
    return max(sizes, default=0.0)


def _of_row(row: Sequence[Sequence[Piece]]) -> Box:
    return bounding_box([piece.box for cell in row for piece in cell])


def _move(record: dict[str, Any], by: int) -> None:
    record["start"] += by
    record["end"] += by
    record["cells"] = [(a + by, b + by, *place) for a, b, *place in record["cells"]]


def _unruled(cells: list[tuple[int, int, int, int, int, int]], chars: Sequence[Char], part: Part) -> dict[str, Any]:
    header_rows, header_columns = 0, 1
    if not part.is_keyed:
        header_rows = count_headings(cells, "".join(char.text for char in chars), len(part.rows), len(part.rows[0]))[0]
    return {
        "keyed": part.is_keyed and not part.is_account,
        "start": cells[0][0],
        "end": cells[-1][1],
        "cells": cells,
        "header_rows": header_rows,
        "header_columns": header_columns,
        "bound": bounding_box([_of_row(row) for row in part.rows]),
        "heights": {number: row[0][0].middle for number, row in enumerate(part.rows) if row[0]},
    }


def caption(sheet: Sheet, table: dict[str, Any]) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Return the spans of the title and the unit that stand above a table (or the unit at its foot)."""
    left, top, right, bottom = table["bound"]
    others = [t for t in sheet.tables if t is not table]
    title = unit = None
    above: list[tuple[float, int, int]] = []
    for start, end, box in lines_of(sheet.chars):
        if table["start"] <= start < table["end"] or any(t["start"] <= start < t["end"] for t in others):
            continue
        text = "".join(char.text for char in sheet.chars[start:end])
        beside = box[0] < right and box[2] > left
        near = -4 <= top - box[3] <= 48 or 0 <= box[1] - bottom <= 16
        match = UNIT.search(text)
        if match and near and beside and unit is None:
            unit = (start + match.start("unit"), start + match.end("unit"))
        if beside and -4 <= top - box[3] <= 64 and not match:
            above.append((top - box[3], start, end))
        elif match and beside and -4 <= top - box[3] <= 48:
            named = text[: match.start()].rstrip(" 　（([【")
            if len(named) >= 4:
                above.append((top - box[3], start, start + len(named)))
    keyed = table.get("keyed", False)
    for distance, start, end in sorted(above)[: 1 if keyed else None]:
        text = "".join(char.text for char in sheet.chars[start:end]).strip()
        if keyed and (distance > 32 or text.startswith("・")):
            break  # keys and values often have no title
        if not may_be_title(text):
            continue
        if title is None:
            title = (start, end)
            if (text[0] not in "（(" and not _is_date(text)) or keyed:
                break
        elif end <= title[0] <= end + 3:
            title = (start, title[1])  # （歳入） or a date alone names nothing: the line above it does
            break
    return title, unit


def _is_date(text: str) -> bool:
    """Say whether a line tells a date and no more. 例: 2022/3/11 24時時点, 令和４年６月１日現在"""
    from ingest.dates import find_periods

    rest = text
    for period in reversed(find_periods(text)):
        rest = rest[: period.at[0]] + rest[period.at[1] :]
    return rest != text and not re.sub(r"現在|時点|[0-9０-９]+時|\W", "", rest)


_LARGER = 1.2  # times the type of the body: a heading's
_LEVELS = (1.8, 1.4)  # times the type of the body: headings of the first level, of the second
_FIGURE = re.compile(r"[\d,.]+\s?(?:[十百千万億兆]{0,2}円|[%％人件戸㎡]|世帯|か所)")


def headings(sheet: Sheet) -> list[tuple[int, int, int]]:
    """Return start, end and level of the lines of a set page that are clearly set larger than its running text.

    Only where there is running text, and no two such lines follow each other more than once: a poster or a slide is
    set large all over. Lines in tables, sentences and figures are none. 例: 12 points over a text of 10
    """
    lines: list[tuple[int, int, float]] = []
    for start, end, _ in lines_of(sheet.chars):
        if any(table["start"] <= start < table["end"] for table in sheet.tables):
            continue
        widths = [
            char.box[2] - char.box[0] for char in sheet.chars[start:end] if char.box is not None and is_kanji(char.text)
        ]
        if len(widths) > 1 and not _lies(sheet.chars[start:end]):
            lines.append((start, end, statistics.median(widths)))
    running = [(start, end, size) for start, end, size in lines if end - start > 20]
    if len(running) < 4:
        return []
    body = statistics.median(size for _, _, size in running)
    larger = [(start, end, size) for start, end, size in lines if size >= _LARGER * body]
    if len(larger) * 4 > len(lines):
        return []
    found: list[tuple[int, int, int]] = []
    for start, end, size in larger:
        level = 1 + sum(size < times * body for times in _LEVELS)
        if not _names(text_of(sheet, start, end).strip()):
            continue
        if found and found[-1][1:] == (start - 1, level):
            found[-1] = (found[-1][0], end, level)  # a title of two lines
        else:
            found.append((start, end, level))
    return found


def _names(text: str) -> bool:
    """Say whether a line can be a heading: short, no sentence, no note, no figure and no date."""
    if not 2 < len(text) <= 40 or re.search(r"[。、\t]|[はがをにで]$|^[※（(注]", text) or _FIGURE.search(text):
        return False
    return not _is_date(text)
