"""Tables in plain text and Markdown, read only where the counts leave no doubt.

Three shapes are read: cells between tabs or pipes, rows of cells between spaces under a header of as many cells, and
cells one a line under such a header. What does not add up is no table: a cell under the wrong heading would be a
figure that nobody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice, pairwise, takewhile

from ingest.dates import find_periods
from ingest.document import Block, Cell, Document, Page, Table
from ingest.numbers import NOTE_MARKS, find_quantities, is_unit
from ingest.runs import grid_written_out, written_out
from ingest.writing import same_width

Span = tuple[int, int]
_EMPTY: Span = (0, 0)

_UNIT_LINE = re.compile(r"単位 ?[:は]? ?(?P<unit>[^\s()\[\]、,;:※■]+)")
# What stands in a cell instead of a figure. 例: X and 秘 (kept secret), … (not known), - (nothing to count), 皆増
_NOTHING = re.compile(
    r"[-ー―–—─…‥⋯・･*＊]+|\.{2,}|[XxχΧ]|秘匿?|[Nn]\.?/?[Aa]\.?|/|※[0-9]*|皆増|皆減|なし|未定|不詳|非公表|\(-\)"
)
_DELIMITER_ROW = re.compile(r"[\s|:\-]*-[\s|:\-]*")
_TOTAL = re.compile(r"(?:合|総|小)?計")
# A short line that names what stands near it: 例: ＜品目別の出荷額＞, 【人口統計】, 人口の推移, 相談件数（実績）
_NAMING = r"(?:推移|状況|内訳|一覧|実績|[件者人戸社校]数|割合|比較|見込み?|予算|統計|概要|配分額?|別表)"
_CAPTION = re.compile(rf"[<【〈《■◆◇○●□▼#①-⑳]|\([0-9]+\)|.*{_NAMING}(?:[\s<>【】()\[\]~].*)?$|.*表$")
# Rows that go on under the label before them: 例: 就職者数 / 実績 … / 目標 …
_SUB_ROW = re.compile(r"[(]?(?:うち|実績|目標|計画|予算|決算|当初|補正|前年|増減|男|女|国|県|市)")
# What stands over the labels of the rows. 例: 区分, 市町村名, 品目
_CORNER = re.compile(
    r".*(?:名|別|区分|項目|科目|種類|品目|年度|年次|地域|地区|内訳|番号|№|市町村|都道府県|学校|施設|年齢|対象|会計|部局)$"
)
_MAX_HEADER_ROWS = 3
_MAX_STACK = 40  # headings one a line


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str  # in one width; offsets hold

    @property
    def blank(self) -> bool:
        return not self.text.strip()


@dataclass(frozen=True)
class _Grid:
    """Cells as spans, a row as wide as any other; ``_EMPTY`` where there is nothing."""

    rows: tuple[tuple[Span, ...], ...]
    header_rows: int
    header_columns: int
    first: int  # lines of the page that the grid covers
    last: int
    reach: Mapping[tuple[int, int], int] = field(default_factory=dict)  # rows that a row heading stands over, if known


def read_tables(document: Document) -> tuple[Table, ...]:
    """Return the tables of a text or Markdown document in reading order."""
    tables: list[Table] = []
    headings = _HeadingsAt(document.blocks)
    for page in document.pages:
        lines = _lines(document.text, page)
        grids = sorted([*_delimited(lines, document.text), *_spaced(lines, document.text)], key=lambda g: g.first)
        taken = {i for grid in grids for i in range(grid.first, grid.last + 1)}
        for grid in grids:
            table = _table(grid, page.number, headings(lines[grid.first].start))
            title = _title(lines, grid, taken)
            if title is None and tables and _same_header(tables[-1], table, document.text):
                title = tables[-1].title  # 例: 転出 and 転入 as two tables under one caption
            unit = _unit(lines, grid, taken)
            if unit is None and not _cells_have_units(grid, document.text):
                unit = _unit_of_page(lines, grid, document.text)
            tables.append(replace(table, title=title, unit=unit))
    return tuple(tables)


class _HeadingsAt:
    """Answers under which headings an offset stands."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = sorted(blocks, key=lambda b: b.start)

    def __call__(self, offset: int) -> tuple[str, ...]:
        low, high = 0, len(self._blocks)
        while low < high:
            middle = (low + high) // 2
            if self._blocks[middle].start <= offset:
                low = middle + 1
            else:
                high = middle
        return self._blocks[low - 1].headings if low else ()


def _lines(text: str, page: Page) -> list[_Line]:
    lines = []
    position = page.start
    for raw in text[page.start : page.end].split("\n"):
        lines.append(_Line(position, position + len(raw), same_width(raw)))
        position += len(raw) + 1
    return lines


# Cells between tabs or pipes


def _delimited(lines: list[_Line], text: str) -> Iterator[_Grid]:
    for mark in ("\t", "|"):
        first = 0
        while first < len(lines):
            if mark not in lines[first].text:
                first += 1
                continue
            last = first
            while last + 1 < len(lines) and mark in lines[last + 1].text:
                last += 1
            yield from _grids_of_run(lines, first, last, mark, text)
            first = last + 1


def _grids_of_run(lines: list[_Line], first: int, last: int, mark: str, text: str) -> Iterator[_Grid]:
    numbers = [i for i in range(first, last + 1) if mark == "\t" or not _DELIMITER_ROW.fullmatch(lines[i].text)]
    framed = mark == "|" and all(lines[i].text.strip().startswith("|") for i in numbers)
    rows = [_split(lines[i], mark, framed=framed) for i in numbers]
    if any("<" in text[a:b] and re.search(r"</?\w+[^>]*>", text[a:b].replace("<br>", "")) for r in rows for a, b in r):
        return  # cells that hold HTML were laid out, not tabulated
    if mark == "|":
        opening = _opening(rows, text)
        if opening:
            keyed = tuple((row[0], row[1]) for row in rows[:opening])
            yield _Grid(keyed, 0, 1, numbers[0], numbers[opening - 1])
        rows, numbers = _without_arrows(rows[opening:], text), numbers[opening:]
        first = numbers[0] if opening and numbers else first
    outlines = list(_outlines(rows, numbers, text))
    if outlines:
        yield from outlines
        return
    even = _even_rows(rows, text)
    padded = [tuple(rows) for rows, _ in even]
    numbers = [numbers[i] for _, i in even]
    width = len(padded[0]) if padded else 0
    # Markdown rules a line off below the heading row. Over two columns that is often a key with its value.
    ruled = [i for i in range(first, last + 1) if mark == "|" and _DELIMITER_ROW.fullmatch(lines[i].text)]
    said = sum(n < ruled[0] for n in numbers) if len(ruled) == 1 and width > 2 else 0
    starts = [0]
    if width == 2 and any(is_value(text[a:b]) for _, (a, b) in padded):
        # 例: 性別 | / 男性 | 70.1% / 家族構成 | / 単身 | 34.7%: a line without a value opens the next table.
        starts += [i for i in range(1, len(padded)) if padded[i][1] == _EMPTY and padded[i][0] != _EMPTY]
    for start, end in zip(starts, [*starts[1:], len(padded)], strict=True):
        if end - start >= 2:
            for part in _side_by_side(padded[start:end], text):
                grid = _with_headings(part, text, numbers[start], numbers[end - 1], 0 if start else said)
                if grid is not None:
                    yield _with_sections(grid, text)


def _opening(rows: list[list[Span]], text: str) -> int:
    """Return how many rows at the top give a key one value, merged over all other columns by arrows.

    They say what the table below them is of. 例: ファイル名 | 道路の種別.xml | ← | ← above コード | 説明 | 細分 | 定義
    """
    opening = 0
    for row in rows:
        said = [text[a:b] for a, b in row]
        if len(row) < 3 or not (said[0] and said[1]) or "←" in said[:2] or set(said[2:]) != {"←"}:
            break
        opening += 1
    return opening if opening < len(rows) else 0


def _without_arrows(rows: list[list[Span]], text: str) -> list[list[Span]]:
    """Return rows without the arrows that stand for the cell beside or above: Markdown merges none.

    A label goes on downwards, elsewhere there is nothing. An arrow to the left says so by itself, or one upwards in
    place of a label; others may tell of a rise.
    """
    if not any("←" in (text[a:b] for a, b in row) or (row and text[slice(*row[0])] == "↑") for row in rows):
        return rows
    freed: list[list[Span]] = []
    for row in rows:
        labels = [freed[-1][0]] if freed and freed[-1] and row and text[slice(*row[0])] == "↑" else row[:1]
        freed.append([*labels, *(_EMPTY if text[a:b] in ("←", "↑") else (a, b) for a, b in row[1:])])
    return freed


def _even_rows(rows: list[list[Span]], text: str) -> list[tuple[list[Span], int]]:
    """Return the rows of one width with their places in ``rows``; none where a heading row has another width.

    A row that lost a cell has its figures under wrong headings, and a header that lost one misplaces every row. Only
    what leaves no doubt is filled in: a column of units without a heading (例: 回次 | 第1期 | 第2期 over 売上高 |
    （百万円） | 120 | 130), and headings that stand over several columns (``_spread``).
    """
    if not rows:
        return []  # a run of nothing but delimiters: |---|---|
    valued = [any(is_value(text[a:b]) for a, b in row) for row in rows]
    widths = [len(row) for row, has_value in zip(rows, valued, strict=True) if has_value or not any(valued)]
    width = max(set(widths), key=widths.count)
    body = [row for row, has_value in zip(rows, valued, strict=True) if has_value and len(row) == width]
    first = valued.index(True) if any(valued) else 0
    if width > 2 and sum(_is_unit_cell(text[slice(*row[1])]) for row in body) * 10 > 8 * len(body):
        # A row in brackets goes on with the unit of the row above: 例: うち中間配当額 | (30) | (40)
        rows = [
            [row[0], _EMPTY, *row[1:]]
            if len(row) == width - 1 and row[0] != _EMPTY and (n < first or has_value)
            else row
            for n, (row, has_value) in enumerate(zip(rows, valued, strict=True))
        ]
        header = _spread(rows[:first], width, 2, text)
    else:
        header = _spread(rows[:first], width, 1, text)
    if header is None:
        return []
    even = [
        *((row, n) for n, row in enumerate(header) if row),
        *((row, n) for n, row in enumerate(rows[first:], first) if len(row) == width),
    ]
    return [] if len(even) * 2 <= len(rows) else even


def _spread(header: list[list[Span]], width: int, labels: int, text: str) -> list[list[Span]] | None:
    """Return the rows above the figures with their cells in ``width`` columns; None where that leaves a doubt.

    Merged cells are often printed once. A row of one cell says a unit or a date and goes; the others must be full, or
    a heading over all columns (例: 回次 | 日本基準), or headings over equal groups of columns that the row below
    repeats (例: 区分 | 前年度 | 本年度 over 件数 | 人数 | 件数 | 人数).
    """
    spread: list[list[Span]] = []
    over: list[Span] = []  # headings that wait for the row below
    columns = width - labels
    for row in header:
        filled = [span for span in row if span != _EMPTY]
        remark = (
            not spread and filled == row[-1:] and (len(row) > 2 or _UNIT_LINE.search(same_width(text[slice(*row[-1])])))
        )
        groups = len(row) - 1
        if remark and (len(row) != width or _UNIT_LINE.search(same_width(text[slice(*row[-1])]))):
            spread.append([])
        elif len(row) == width and len(over) < 2:
            spread.append(row)
            over = []
        elif over and len(row) == columns and (len(over) == 1 or _repeats([text[a:b] for a, b in row], len(over))):
            spread.append([*(_EMPTY,) * labels, *row])
            over = []
        elif not over and 0 < groups < columns and columns % groups == 0 and _EMPTY not in row[1:]:
            over = row[1:]
            each = [_EMPTY] * (columns // groups - 1)
            spread.append([row[0], *(_EMPTY,) * (labels - 1), *(span for heading in over for span in (heading, *each))])
        else:
            return None
    return None if over else spread


def _repeats(names: list[str], times: int) -> bool:
    """Say whether names are the same ones again and again. 例: 件数, 人数, 件数, 人数"""
    each = len(names) // times
    return each > 1 and len(set(names[:each])) == each and names == names[:each] * times


_MAX_DEPTH = 8


def _outlines(rows: list[list[Span]], numbers: list[int], text: str) -> Iterator[_Grid]:
    """Give the tables of rows that are aligned on the right: empty cells before a label say how deep it stands.

    例: 収入 |  |  / 　 | 使用料 | 120 | 130 / 　 | 補助金 | 80 | 70. A label stands over the deeper rows below it.
    Every row of figures must have as many cells behind its label, or nothing is read.
    """
    shapes = [_shape(row, text) for row in rows]
    valued = [shape for shape in shapes if shape is not None]
    if len({depth for depth, _ in valued}) < 2 or len({depth + cells for depth, cells in valued}) < 2:
        return  # one depth, or rows of one width: an ordinary table
    widths = [cells for _, cells in valued]
    width = max(set(widths), key=widths.count)
    if width == 0 or widths.count(width) * 10 < 9 * len(widths):
        return
    first = 0
    header: list[list[Span]] = []
    body: list[tuple[int, list[Span]]] = []
    for n, row in enumerate(rows):
        tail = row[-width:]
        shape = shapes[n]
        heads = shape is None and len(row) > width and all(a < b for a, b in tail)
        if heads and (width > 1 or not body):
            if body:  # the headings of the next table
                yield from _outline(header, body, width, text, numbers[first], numbers[n - 1])
                header, body, first = [], [], n
            header.append(tail)
        elif shape is not None and shape[1] == width:
            body.append((shape[0], row))
        elif shape is None and header and _is_section(row, width):
            body.append((next(i for i, (a, b) in enumerate(row) if a < b), row))
    yield from _outline(header, body, width, text, numbers[first], numbers[-1])


def _shape(row: list[Span], text: str) -> tuple[int, int] | None:
    """Return how many empty cells stand before a row's label and how many cells behind it; None without a figure."""
    kinds = [_kind(text[a:b]) for a, b in row]
    words = [i for i, kind in enumerate(kinds) if kind == "word"]
    if not words or "value" not in kinds[words[-1] :] or "value" in kinds[: words[-1]]:
        return None
    return words[0], len(row) - 1 - words[-1]


def _is_section(row: list[Span], width: int) -> bool:
    """Say whether a row only names what stands below it: one cell, and none where figures stand."""
    filled = [i for i, (a, b) in enumerate(row) if a < b]
    return len(filled) == 1 and (len(row) == 1 or filled[0] < max(1, len(row) - width))


def _outline(
    header: list[list[Span]], body: list[tuple[int, list[Span]]], width: int, text: str, first: int, last: int
) -> Iterator[_Grid]:
    """Give the grid of an outline: a column of labels for each depth, then the columns of figures."""
    header = header[-_MAX_HEADER_ROWS:]
    deepest = max((depth for depth, _ in body), default=0)
    if not header or len(body) < 2 or deepest >= _MAX_DEPTH:
        return
    labels = deepest + 1
    rows = [((_EMPTY,) * labels) + tuple(tail) for tail in header]
    reach: dict[tuple[int, int], int] = {}
    for n, (depth, row) in enumerate(body):
        named = [span for span in row[: max(1, len(row) - width)] if span != _EMPTY]
        label = (named[0][0], named[-1][1])
        values = row[-width:] if len(row) > width else []
        values = [span if span[0] >= label[1] else _EMPTY for span in values] or [_EMPTY] * width
        rows.append((*(_EMPTY,) * depth, label, *(_EMPTY,) * (labels - depth - 1), *values))
        under = next((m for m in range(n + 1, len(body)) if body[m][0] <= depth), len(body))
        reach[len(header) + n, depth] = under - n
    yield _Grid(tuple(rows), len(header), labels, first, last, reach)


def _is_unit_cell(cell: str) -> bool:
    return is_unit(re.sub(r"[()（）\s]", "", cell))


def _split(line: _Line, mark: str, *, framed: bool) -> list[Span]:
    """Return the cells of a line; ``framed`` lines begin (and may end) with the mark itself."""
    body = line.text
    begin, end = 0, len(body)
    if framed:
        begin = body.index("|") + 1
        end = body.rindex("|") if body.rstrip().endswith("|") and body.count("|") > 1 else end
    spans = []
    position = begin
    for part in body[begin:end].split(mark):
        left = position + len(part) - len(part.lstrip())
        right = position + len(part.rstrip())
        spans.append((line.start + left, line.start + right) if left < right else _EMPTY)
        position += len(part) + 1
    return spans


def _side_by_side(rows: list[tuple[Span, ...]], text: str) -> list[list[tuple[Span, ...]]]:
    """Return the tables that share these rows: 例: 市名 | R3割合 | 市名 | R5割合 is two tables."""
    head = [text[a:b] for a, b in rows[0]]
    again = [j for j in range(1, len(head)) if head[j] and head[j] == head[0]]
    if not head[0] or not again:
        return [rows]
    cuts = [0, *again, len(head)]
    return [[row[a:b] for row in rows] for a, b in pairwise(cuts)]


def _with_headings(rows: list[tuple[Span, ...]], text: str, first: int, last: int, said: int = 0) -> _Grid | None:
    """Return the grid with its heading rows and columns counted, or None when nothing in it would be a cell.

    ``said`` is how many heading rows the file rules off, if it does; more than these are those without a label.
    """
    width = len(rows[0])
    if width < 2 or len(rows) < 2:
        return None
    words = grid_written_out([[text[a:b] for a, b in row] for row in rows], _MAX_HEADER_ROWS)
    kinds = [[_kind(cell) for cell in row] for row in words]
    if said == 1 and _CORNER.match(words[0][0]):
        kinds[0] = ["word" if kind == "value" else kind for kind in kinds[0]]  # 例: 区分 | 1回券 | 1日券
    if any("value" in row[1:] for row in kinds[:said]):
        said = 0  # figures: a row that was ruled off because some row had to be
    while 0 < said < len(rows) - 1 and rows[said][0] == rows[0][0] != _EMPTY:
        said += 1  # what stands over the labels goes on
    if not any("value" in row for row in kinds):
        head, *body = [[text[a:b] for a, b in row] for row in rows]
        header_rows = said or (1 if _names_columns(head, body) else 0)
        if any(not row[0] for row in body):
            # Empty cells on the left: events in columns (with a header), or merged cells that cannot be told from them.
            return _Grid(tuple(rows), header_rows, 0, first, last) if header_rows else None
        return _Grid(tuple(rows), header_rows, 1, first, last)
    header_rows = 0
    while header_rows < len(rows) and "value" not in kinds[header_rows][1:]:
        section = header_rows and kinds[header_rows][0] == "word" and set(kinds[header_rows][1:]) == {"empty"}
        if kinds[header_rows][0] == "value" or (section and "empty" not in kinds[header_rows - 1][1:]):
            break
        if said and header_rows >= said and kinds[header_rows][0] != "empty":
            break
        header_rows += 1
    if header_rows == len(rows):
        return None
    if header_rows > _MAX_HEADER_ROWS:
        header_rows = 1
    if header_rows == 0 and _are_years([text[a:b] for a, b in rows[0]][1:]):
        header_rows = 1
    header_columns = 0
    while header_columns < width - 1 and _is_heading_column([row[header_columns] for row in words[header_rows:]]):
        header_columns += 1
    if header_columns == 0 and not all(any(row[c] != _EMPTY for row in rows[:header_rows]) for c in range(width)):
        return None
    if header_rows == 0 and width > header_columns + 1:
        return None  # several figures of a row, and nothing says which is which
    return _Grid(tuple(rows), header_rows, header_columns, first, last)


def _with_sections(grid: _Grid, text: str) -> _Grid:
    """Return the grid with the rows that only name a section as headings over the rows of that section.

    A row without figures may also be one whose figures are missing, so something must show that it is a section: a
    row further down that is its total (収入 … 収入合計), brackets around its name, or a name such as 収入の部.
    """
    body = grid.rows[grid.header_rows :]
    names = [re.sub(r"\s", "", same_width(text[slice(*row[0])])) for row in body]
    alone = [row[0] != _EMPTY and set(row[1:]) <= {_EMPTY} for row in body]
    if not grid.header_rows or not grid.header_columns or not any(alone):
        return grid
    opened: list[tuple[int, int, str]] = []  # row, the row of its total, what shows that it is a section
    depths: list[int] = []
    reach: dict[tuple[int, int], int] = {}

    def close(until: int, keep: int) -> None:
        while len(opened) > keep:
            row, _, _ = opened.pop()
            reach[grid.header_rows + row, len(opened)] = until - row

    for n, name in enumerate(names):
        ended = next((i for i, (_, total, _) in enumerate(opened) if total <= n), len(opened))
        close(n, ended)
        depths.append(-1)
        if not alone[n]:
            continue
        base = re.escape(name.removesuffix("の部"))
        total = next((m for m in range(n + 1, len(names)) if re.fullmatch(rf"{base}の?[合小総]?計", names[m])), None)
        sign = "部" if name.endswith("の部") else name[0] if re.fullmatch(r"[(<【〔\[].*[)>】〕\]]", name) else ""
        if total is None and not sign:
            continue
        if total is None:
            close(n, next((i for i, (_, _, other) in enumerate(opened) if other == sign), len(opened)))
        depths[n] = len(opened)
        opened.append((n, total if total is not None else len(names), sign))
    close(len(names), 0)
    deepest = max(depths) + 1
    if not 0 < deepest < _MAX_DEPTH:
        return grid
    free = (_EMPTY,) * deepest
    rows = [(*free, *row) for row in grid.rows[: grid.header_rows]]
    for row, depth in zip(body, depths, strict=True):
        if depth < 0:
            rows.append((*free, *row))
        else:
            rows.append((*free[:depth], row[0], *free[depth + 1 :], *(_EMPTY,) * len(row)))
    return replace(grid, rows=tuple(rows), header_columns=grid.header_columns + deepest, reach=reach)


def _kind(cell: str) -> str:
    if not cell:
        return "empty"
    return "value" if is_value(cell) else "word"


_AGES = re.compile(
    r"(?:満?[0-9]{1,3}[歳才]?[~-][0-9]{1,3}[歳才]|[0-9]{1,3}[歳才](?:以上|以下|未満|代|~)|[0-9]0代(?:以上|~)?)"
)


def is_value(cell: str) -> bool:
    """Say whether a cell is a figure, with its unit and remarks, or the mark of a missing one.

    例: 1,234, ▲ 12.3%, 15,576 (0.89%), 198件, - yes; H30年12月, 第2期計画, 会員 12 名以上の団体 no.
    """
    folded = NOTE_MARKS.sub("", same_width(cell).replace("**", "")).strip()
    if _NOTHING.fullmatch(folded):
        return True
    if _AGES.fullmatch(folded):
        return False  # an age band names a row or a column
    quantities = find_quantities(folded)
    if not quantities:
        return False
    covered = sum(q.at[1] - q.at[0] for q in quantities)
    return covered * 10 >= 6 * len(re.sub(r"[\s()\[\]約計延べ※*]", "", folded))


def is_missing(cell: str) -> bool:
    """Say whether a cell holds a sign instead of a figure. 例: X, …, -, 秘匿, 皆減; 0 and 〃 no"""
    return _NOTHING.fullmatch(same_width(cell).replace("**", "").strip()) is not None


_LABEL = re.compile(
    r"[0-9]+歳?[-~][0-9]+歳|[0-9]+歳(?:以上|以下|未満|代)?|(?:[RHS]|令和|平成|昭和)?[0-9元]{1,4}年?度?"
    r"|(?:[0-9]+年)?[0-9]+[か箇ヶカケ]月(?:間?以上|間?以下|間?未満)?|[0-9]+年(?:以上|以下|未満)"  # years of service
    r"|(?P<from>[0-9]+)(?P<unit>[^0-9\s]{1,2})[-~][0-9]+(?P=unit)"  # 169日～216日
)


def is_label(cell: str) -> bool:
    """Say whether a cell of digits names a row or column rather than measuring. 例: 20-24歳, 65歳以上, R4, 2019年"""
    return _LABEL.fullmatch(same_width(cell).replace(" ", "")) is not None and "," not in cell and not cell.isdecimal()


def _is_heading_column(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    if not any(is_value(cell) for cell in filled):
        return bool(filled)
    digits = [same_width(cell) for cell in filled]
    counts_up = [str(i) for i in range(1, len(digits) + 1)] == digits and len(digits) > 2  # №
    return counts_up or _are_years(digits)


def _are_years(cells: list[str]) -> bool:
    return len(cells) > 1 and all(re.fullmatch(r"(?:19|20)[0-9]{2}", same_width(cell)) for cell in cells)


def _names_columns(head: list[str], body: list[list[str]]) -> bool:
    """Say whether the first row of a table of words names its columns: short, filled, no digit, no full stop."""
    if not all(cell and len(cell) <= 12 and not re.search(r"[0-9。]", same_width(cell)) for cell in head):
        return False
    lengths = [len(cell) for row in body for cell in row if cell]
    return bool(lengths) and sum(lengths) / len(lengths) > 1.5 * sum(map(len, head)) / len(head)


# Cells between spaces, or one a line


# A figure keeps its sign and its groups of digits: 例: ▲ 1,681; 527, 923
_TOKEN = re.compile(r"(?:[△▲] ?)?[0-9]{1,3}(?: ?, ?[0-9]{3})+(?![0-9])[^\s]*|[△▲] ?(?=[0-9])[^\s]+|[^\s]+")


def _tokens(line: _Line) -> list[Span]:
    return [(line.start + m.start(), line.start + m.end()) for m in _TOKEN.finditer(line.text)]


def _spaced(lines: list[_Line], text: str) -> Iterator[_Grid]:
    number = 0
    while number < len(lines):
        grid = None
        for header, after in _headers(lines, number, text):
            grid = _rows_under(lines, header, number, after, text)
            if grid is not None:
                break
        if grid is not None:
            yield grid
            number = grid.last + 1
        else:
            number += 1


def _headers(lines: list[_Line], number: int, text: str) -> Iterator[tuple[list[Span], int]]:
    """Give the header cells that may start at a line, and the line after them."""
    line = lines[number]
    if line.blank or "\t" in line.text or "|" in line.text or re.search(r"[。、]|^\s*(?:[-*] |#)", line.text):
        return
    tokens = _tokens(line)
    names = written_out([same_width(text[a:b]) for a, b in tokens])
    if len(tokens) >= 2 and all(len(name) <= 15 and _is_heading(name) for name in names):
        joined = _join_brackets(tokens, text)
        if len(joined) >= 3 or _all_periods(joined, text):
            yield _with_wrapped_end(lines, joined, number)
        return
    # One heading a line: only periods (and a total) are sure to be headings.
    stack: list[Span] = []
    position = number
    while position < len(lines):
        if not lines[position].blank:
            tokens = _join_brackets(_tokens(lines[position]), text)
            if len(tokens) != 1 or not _is_period_or_total(text[slice(*tokens[0])]):
                break
            stack.append(tokens[0])
            if len(stack) > _MAX_STACK:
                return
        position += 1
    if len(stack) >= 3:
        yield stack, position


def _is_heading(name: str) -> bool:
    """Say whether a word can head a column: no figure, unless it is a band (例: 0-14歳, 65歳以上, 20代)."""
    return not is_value(name) or bool(
        re.fullmatch(r"[0-9]+[^0-9]{0,3}(?:[-~][0-9]*[^0-9]{0,3}|以上|以下|未満|超)", name)
    )


def _join_brackets(tokens: list[Span], text: str) -> list[Span]:
    """Give a bracketed word to the word before it: 例: R5 (1月末) is one heading."""
    joined: list[Span] = []
    for token in tokens:
        if joined and text[token[0]] in "（(" and text[joined[-1][0]] not in "（(":
            joined[-1] = (joined[-1][0], token[1])
        else:
            joined.append(token)
    return joined


def _with_wrapped_end(lines: list[_Line], tokens: list[Span], number: int) -> tuple[list[Span], int]:
    """Give the last heading the bracket that follows on lines of its own: 例: … R6年度 / (1月末 / 時点)."""
    after = number + 1
    if after < len(lines) and lines[after].text.strip().startswith("("):
        end = after
        while end < min(len(lines), after + 3) and not lines[end].text.strip().endswith(")"):
            end += 1
        inside = "".join(line.text for line in lines[after : end + 1])
        if end < min(len(lines), after + 3) and len(inside) <= 20 and not any(is_value(t) for t in inside.split()):
            tokens = [*tokens[:-1], (tokens[-1][0], lines[end].start + len(lines[end].text.rstrip()))]
            return tokens, end + 1
    return tokens, after


@lru_cache(maxsize=4096)
def _is_period_or_total(name: str) -> bool:
    name = same_width(name)
    if _TOTAL.fullmatch(name) or re.fullmatch(r"1?[0-9]月|[1-4]Q|(?:上|下)(?:半)?期", name):
        return True
    periods = find_periods(name)
    return bool(periods) and periods[0].at[0] <= 1 and len(name) - periods[0].at[1] <= 8


def _all_periods(tokens: list[Span], text: str) -> bool:
    return all(_is_period_or_total(text[a:b]) for a, b in tokens)


@dataclass
class _Row:
    prefix: Span  # the label of a group of rows, or _EMPTY
    label: Span
    values: list[Span]
    inline: bool


def _rows_under(lines: list[_Line], header: list[Span], first: int, after: int, text: str) -> _Grid | None:
    """Return the grid of the rows below a header, when their counts agree with it."""
    stacked = after > first + 1 and len(_tokens(lines[first])) == 1
    for corner in (0, 1):
        width = len(header) - corner
        if width < 2:
            continue
        rows, last = _scan_rows(lines, after, width, text)
        inline = [row for row in rows if row.inline and row.label != _EMPTY]
        if stacked and len(rows) < 2:
            continue
        if not stacked and not inline and not (len(rows) == 1 and _sure_without_label(rows[0], header, corner, text)):
            continue
        sure = _CORNER.match(text[slice(*header[0])]) or _heads_periods([text[a:b] for a, b in header])
        if corner and (any(row.label == _EMPTY for row in rows) or not sure):
            continue  # a value may be missing instead
        return _spaced_grid(header, corner, rows, first, last)
    return None


def _heads_periods(header: list[str]) -> bool:
    """Say whether all headings but the first one are periods. 例: 路線 | 令和2年度 | 3 | 4"""
    first, *others = written_out(header)
    return not _is_period_or_total(first) and all(map(_is_period_or_total, others))


def _sure_without_label(row: _Row, header: list[Span], corner: int, text: str) -> bool:
    """Say whether a single row of bare values belongs to its header: one that names a total, or periods only.

    Evenly spaced figures are the ticks of an axis (0 1,000 2,000).
    """
    if corner or row.label != _EMPTY or not row.inline or len(row.values) < 3:
        return False
    names = [same_width(text[a:b]) for a, b in header]
    if not (_all_periods(header, text) or any(_TOTAL.fullmatch(name) for name in names)):
        return False
    values = [q.value for a, b in row.values for q in find_quantities(text[a:b])[:1]]
    steps = {round(b - a, 6) for a, b in pairwise(values)}
    return len(values) >= 2 and len(steps) > 1


def _scan_rows(lines: list[_Line], number: int, width: int, text: str) -> tuple[list[_Row], int]:
    """Return the rows of ``width`` values from a line on, and the last line they use."""
    rows: list[_Row] = []
    last = number
    label: list[int] = []  # lines of a label that waits for its values
    values: list[Span] = []  # values that wait to be a row, one a line
    value_end = number
    prefix = _EMPTY
    blanks = 0

    def flush() -> bool:
        """Make a row of the waiting values; False when their count is wrong."""
        nonlocal label, values, last
        if not values:
            return True
        cells = _cells_of(values, width, text)
        if cells is None or not label or not _label_of(lines, label)[1]:
            return False
        rows.append(_Row(_EMPTY, _label_of(lines, label), cells, False))
        label, values, last = [], [], value_end
        return True

    while number < len(lines):
        line = lines[number]
        if line.blank:
            blanks += 1
            if blanks > 3:
                break
            number += 1
            continue
        if "\t" in line.text or "|" in line.text:
            break
        tokens = _tokens(line)
        kinds = [is_value(text[a:b]) for a, b in tokens]
        trailing = 0
        while trailing < len(kinds) and kinds[-1 - trailing]:
            trailing += 1
        if trailing == width and (len(tokens) > width or not (label and values)) and width > 1:
            if not flush():
                break
            own = tokens[: len(tokens) - width]
            own_label = (own[0][0], own[-1][1]) if own else _EMPTY
            waiting = _label_of(lines, label) if label else _EMPTY
            if own_label == _EMPTY and waiting != _EMPTY and blanks == 0:
                own_label, waiting = waiting, _EMPTY
            if waiting != _EMPTY:
                prefix = waiting
            elif not _SUB_ROW.match(same_width(text[slice(*own_label)])):
                prefix = _EMPTY
            rows.append(_Row(prefix, own_label, tokens[len(tokens) - width :], True))
            label, last = [], number
        elif trailing == len(tokens) == 1:
            values.append(tokens[0])
            value_end = number
            if not label or len(values) > 4 * width:
                break
        elif len(tokens) >= max(2, width) and _all_periods(tokens, text):
            break  # the header of the next table
        elif trailing == 0 or (trailing == 1 and len(tokens) > 2 and len(line.text) > 30):
            if not flush() or _ends_table(line.text) or len(label) >= 2:
                break
            label.append(number)
        else:
            break
        blanks = 0
        number += 1
    flush()
    return rows, last


def _ends_table(line: str) -> bool:
    """Say whether a line is no label: a note, a bullet, a heading, a unit, a sentence."""
    stripped = line.strip()
    return (
        len(stripped) > 30
        or bool(re.match(r"[※○●■◆◇□▼#<【〈・⇒→•⚫]|- |\(?単位|[0-9]+ ", stripped))
        or "。" in stripped
    )


def _label_of(lines: list[_Line], numbers: list[int]) -> Span:
    first, last = lines[numbers[0]], lines[numbers[-1]]
    start = first.start + len(first.text) - len(first.text.lstrip())
    return start, last.start + len(last.text.rstrip())


def _cells_of(values: list[Span], width: int, text: str) -> list[Span] | None:
    """Return ``width`` cells out of values that stood one a line, or None when their count or kinds do not fit.

    例: with five columns, 9人 / 1市 / 19人 / 6市 / … gives five cells of two lines: the kinds alternate.
    """
    lines_each, rest = divmod(len(values), width)
    if rest or not 1 <= lines_each <= 3:
        return None
    kinds = [_signature(text[a:b]) for a, b in values]
    for i in range(lines_each):
        if len({kind for kind in kinds[i::lines_each] if kind is not None}) > 1:
            return None
    if lines_each > 1 and len({kinds[i] for i in range(lines_each)}) != lines_each:
        return None
    return [(values[i][0], values[i + lines_each - 1][1]) for i in range(0, len(values), lines_each)]


def _signature(cell: str) -> str | None:
    folded = same_width(cell)
    if _NOTHING.fullmatch(folded):
        return None
    unit = find_quantities(folded)[0].base_unit or ""
    return ("(" if folded.startswith("(") else "") + ("市町村" if unit in {"市", "町", "村", "町村", "市町"} else unit)


def _spaced_grid(header: list[Span], corner: int, rows: list[_Row], first: int, last: int) -> _Grid:
    with_prefix = any(row.prefix != _EMPTY for row in rows)
    labelled = any(row.label != _EMPTY for row in rows)
    columns = 2 if with_prefix else 1 if labelled else 0
    corner_cells = (header[0],) if corner else (_EMPTY,)
    head = ((*corner_cells, *(_EMPTY,) * (columns - 1)) if columns else ()) + tuple(header[corner:])
    body = []
    for row in rows:
        labels = (row.prefix, row.label)[-columns:] if columns else ()
        if columns == 2 and row.prefix == _EMPTY:
            labels = (row.label, _EMPTY)
        body.append((*labels, *row.values))
    return _Grid((head, *body), 1, columns, first, last)


# From a grid to a table with title and unit


def _table(grid: _Grid, page: int, headings: tuple[str, ...]) -> Table:
    cells: list[Cell] = []
    used: set[tuple[int, int]] = set()
    height, width = len(grid.rows), len(grid.rows[0])
    for r, row in enumerate(grid.rows):
        for c, (start, end) in enumerate(row):
            if (r, c) in used:
                continue
            row_span = column_span = 1
            if start < end and r < grid.header_rows - 1:
                # A heading over several columns leaves the cells to its right empty, and has headings below.
                while c + column_span < width and c >= grid.header_columns and _is_covered(grid, r, c + column_span):
                    column_span += 1
            if (r, c) in grid.reach:
                row_span = grid.reach[r, c]
            elif start < end and c < grid.header_columns and r >= grid.header_rows:
                while r + row_span < height and _goes_on_down(grid, r + row_span, c, (start, end)):
                    row_span += 1
            used.update((r + i, c + j) for i in range(row_span) for j in range(column_span))
            cells.append(Cell(start, end, r, c, row_span, column_span))
    spans = [cell for cell in cells if cell.start < cell.end]
    return Table(
        start=min(cell.start for cell in spans),
        end=max(cell.end for cell in spans),
        page=page,
        cells=tuple(cells),
        header_rows=grid.header_rows,
        header_columns=grid.header_columns,
        headings=headings,
    )


def _is_covered(grid: _Grid, row: int, column: int) -> bool:
    below = any(grid.rows[r][column] != _EMPTY for r in range(row + 1, grid.header_rows))
    return grid.rows[row][column] == _EMPTY and below


def _goes_on_down(grid: _Grid, row: int, column: int, span: Span) -> bool:
    """Say whether a row heading covers the next row too: an empty cell below it, or the same words in the text."""
    below = grid.rows[row][column]
    if column == 0 and below == _EMPTY:
        return True
    return below == span


_REACH = 30  # lines with text between a table and the caption or unit of its page
_NO_TITLE = re.compile(r"[※*]|\((?![0-9]+\))|\(?単位|[-・] ")


def _title(lines: list[_Line], grid: _Grid, taken: set[int]) -> Span | None:
    """Return the line that names the table: a caption right above it, or else the nearest one below on its page.

    Between the caption and the table only units, remarks and notes may stand: （単位：人）, （参考…）, ※….
    """
    for number in _with_text(lines, range(grid.first - 1, -1, -1)):
        stripped = lines[number].text.strip()
        if number in taken:
            break
        if _NO_TITLE.match(stripped):
            continue
        if _CAPTION.match(stripped) and len(stripped) <= 80 and not stripped.endswith("。"):
            return _stripped(lines[number])
        break
    for distance, number in enumerate(_with_text(lines, range(grid.last + 1, len(lines)))):
        stripped = lines[number].text.strip()
        if stripped.startswith("#"):
            break
        if number in taken:
            continue
        beside = distance < 2 and re.match(r"<[^>]+>", stripped)
        named = len(stripped) <= 45 and re.fullmatch(rf"[^○●※・、。-][^、。]*{_NAMING}(?:[\s()\[\]~].*)?", stripped)
        if beside or named:
            return _stripped(lines[number])
    return None


def _with_text(lines: list[_Line], numbers: range) -> Iterator[int]:
    return islice((n for n in numbers if not lines[n].blank), _REACH)


def _stripped(line: _Line) -> Span:
    body = line.text
    return line.start + len(body) - len(body.lstrip(" \t\f#")), line.start + len(body.rstrip())


def _same_header(table: Table, other: Table, text: str) -> bool:
    heads = [[text[c.start : c.end] for c in t.cells if c.row < t.header_rows] for t in (table, other)]
    return table.page == other.page and bool(heads[0]) and heads[0] == heads[1]


def _unit(lines: list[_Line], grid: _Grid, taken: set[int]) -> Span | None:
    """Return the unit that a table names itself: in its first line, or on a line next to it."""
    numbers = list(range(grid.first, grid.last + 1))[:_MAX_HEADER_ROWS]
    for nearby in (range(grid.first - 1, -1, -1), range(grid.last + 1, len(lines))):
        numbers += takewhile(lambda n: n not in taken, islice(_with_text(lines, nearby), 3))
    return next((unit for n in numbers if (unit := _unit_on(lines[n]))), None)


def _unit_on(line: _Line) -> Span | None:
    match = _UNIT_LINE.search(line.text)
    if match is None or not is_unit(match["unit"]):
        return None
    return line.start + match.start("unit"), line.start + match.end("unit")


def _unit_of_page(lines: list[_Line], grid: _Grid, text: str) -> Span | None:
    """Return the unit that the lines around a table name, when it is one and only one."""
    around = [
        *_with_text(lines, range(grid.first - 1, -1, -1)),
        *_with_text(lines, range(grid.last + 1, len(lines))),
    ]
    units = [unit for n in around if (unit := _unit_on(lines[n]))]
    return units[0] if len({text[a:b] for a, b in units}) == 1 else None


def _cells_have_units(grid: _Grid, text: str) -> bool:
    body = [cell for row in grid.rows[grid.header_rows :] for cell in row[grid.header_columns :]]
    values = [q for a, b in body for q in find_quantities(text[a:b])[:1]]
    return bool(values) and sum(q.base_unit is not None for q in values) * 2 > len(values)
