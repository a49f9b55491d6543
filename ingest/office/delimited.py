"""Files of separated values (.csv): the text stays as it is, line for line, and its tables are places in it."""

from __future__ import annotations

import re
from collections import Counter

from ingest.document import Cell, Table
from ingest.office.leaf import Field, compacted
from ingest.office.regions import find_regions
from ingest.table_heads import UNIT, Span, caption, count_headings, may_be_title

MOST_BYTES = 64 << 20
MOST_CELLS = 1_000_000
_LONGEST_VALUE = 200_000
_MARKS = (",", "\t", ";", "|")
_HEADED = 300  # rows that show how a table is headed
_ABOVE = 3


class TooLargeError(ValueError):
    """More cells, or longer ones, than are read."""


def read_delimited(text: str) -> tuple[str, tuple[Table, ...]]:
    """Return the title ("" for none) and the tables of a file of separated values; raise ``TooLargeError``.

    The mark between values is the one that parts most lines alike. Values in quotes may hold marks and line ends;
    their cells are what stands within the quotes.
    """
    mark = _mark(text)
    if text.count(mark) > MOST_CELLS:
        raise TooLargeError(f"more than {MOST_CELLS} cells")
    spans: dict[tuple[int, int], Span] = {}
    fields: list[Field] = []
    for row, cells in enumerate(_rows(text, mark)):
        for column, (start, end) in enumerate(cells):
            if end - start > _LONGEST_VALUE:
                raise TooLargeError(f"a value of {end - start} characters")
            if start < end:
                spans[row, column] = start, end
                fields.append(Field(row, column, text[start:end], place=f"{row} {column}"))
    tables: list[Table] = []
    lines: list[tuple[int, int, str]] = []
    title = ""
    for region in find_regions(fields):
        found = [(*spans[field.row, field.column], field.text) for field in region.fields]
        if not region.is_table:
            if (
                not tables
                and not title
                and len(found) < 3
                and may_be_title(found[0][2])
                and not UNIT.search(found[0][2])
            ):
                title = found[0][2].split("\n")[0]
            lines += found
            continue
        tables.append(_table(text, compacted(_filled_up(region.fields)), spans, lines[-_ABOVE:]))
        lines = []
    return title, tuple(tables)


def _filled_up(fields: tuple[Field, ...]) -> list[Field]:
    """Return the cells of a table with the empty ones between them."""
    held = {(field.row, field.column): field for field in fields}
    rows = sorted({row for row, _ in held})
    columns = sorted({column for _, column in held})
    return [held.get((row, column)) or Field(row, column, "") for row in rows for column in columns]


def _table(
    text: str, fields: list[Field], spans: dict[tuple[int, int], Span], above: list[tuple[int, int, str]]
) -> Table:
    cells: list[Cell] = []
    for field in fields:
        start, end = (0, 0)
        if field.place is not None:
            row, column = field.place.split(" ")
            start, end = spans[int(row), int(column)]
        cells.append(Cell(start, end, field.row, field.column))
    filled = [cell for cell in cells if cell.start < cell.end]
    top = [(c.start, c.end, c.row, c.column, 1, 1) for c in cells if c.row < _HEADED]
    rows, columns = fields[-1].row + 1, max(field.column for field in fields) + 1
    header_rows, header_columns = count_headings(top, text, min(rows, _HEADED), columns)
    title, unit = caption(above)
    return Table(
        start=min(cell.start for cell in filled),
        end=max(cell.end for cell in filled),
        page=1,
        cells=tuple(cells),
        header_rows=header_rows,
        header_columns=header_columns,
        title=title,
        unit=unit,
    )


def _mark(text: str) -> str:
    """Return what parts the values: the mark that most of the first lines hold, and as often as their neighbours."""
    lines = [re.sub(r'"[^"\n]*"', "", line) for line in text[:200_000].split("\n", 200)[:200] if line.strip()]

    def fit(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark) for line in lines if mark in line)
        return (counts.most_common(1)[0][1], sum(counts.values())) if counts else (0, 0)

    return max(_MARKS, key=fit)


def _rows(text: str, mark: str) -> list[list[Span]]:
    """Return the cells of each row as spans of the text, without quotes and white space around them."""
    value = re.compile(rf' *+"(?P<quoted>(?:[^"]|"")*+)"[^{re.escape(mark)}\n]*+|(?P<bare>[^{re.escape(mark)}\n]*+)')
    rows: list[list[Span]] = [[]]
    at = 0
    while at <= len(text):
        match = value.match(text, at)
        assert match is not None
        group = "quoted" if match["quoted"] is not None else "bare"
        rows[-1].append(_stripped(text, *match.span(group)))
        at = match.end() + 1
        if text[match.end() : at] == "\n":
            rows.append([])
    return rows


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
