"""What stands on a sheet: tables, and the lines above, between and below them, in the order in which they are read.

Empty rows and columns part what belongs to different tables. What stands alone in a row above a table names it or says
its unit; a remark below it is no row of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.office.leaf import Field
from ingest.table_heads import UNIT
from ingest.tables import is_value

_NOTE = re.compile(r"[※＊*]|[（(]?注|[（(]?(?:資料|出典|出所|備考)[:：）)]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_LONGEST_LABEL = 40  # a longer text alone in a row is a remark or a sentence
_DEEPEST = 12


@dataclass(frozen=True)
class Region:
    """Cells that make one table, or (``is_table`` False) lines."""

    fields: tuple[Field, ...]
    is_table: bool


def find_regions(fields: Sequence[Field]) -> Iterator[Region]:
    """Yield the tables and lines of a sheet, given its cells with something in them."""
    filled = sorted((field for field in fields if field.text.strip()), key=lambda field: (field.row, field.column))
    yield from _regions(filled, _DEEPEST)


def _regions(fields: list[Field], depth: int) -> Iterator[Region]:
    for band in _joined(_parted(fields, by_rows=True)):
        head, body, foot = _peeled(band)
        if head:
            yield Region(tuple(head), False)
        parts = _beside(body)
        if len(parts) > 1 and depth:
            for part in parts:
                yield from _regions(part, depth - 1)
        elif body:
            yield Region(tuple(body), _is_table(body))
        if foot:
            yield Region(tuple(foot), False)


def _joined(bands: list[list[Field]]) -> list[list[Field]]:
    """Return the bands between empty rows, each with those below it that only go on with its table.

    An empty row may set apart groups of rows. What begins with a row of figures under the same columns has no headings
    of its own. 例: 本庁 | 12 | 15 / (empty) / オンライン | 30 | 31
    """
    joined: list[list[Field]] = []
    for band in bands:
        if joined and _goes_on(joined[-1], band):
            joined[-1] = joined[-1] + band
        else:
            joined.append(band)
    return joined


def _goes_on(above: list[Field], band: list[Field]) -> bool:
    columns = {field.column for field in above}
    first = [field for field in band if field.row == band[0].row]
    figures = [field for field in first[1:] if is_value(field.text) and not _YEAR.fullmatch(field.text)]
    return (
        _is_table(above)
        and first[0].column == min(columns)
        and not is_value(first[0].text)
        and len(first) > 1
        and len(figures) * 2 > len(first) - 1
        and {field.column for field in band} <= columns
    )


def _parted(fields: list[Field], *, by_rows: bool) -> list[list[Field]]:
    """Return the groups of cells that an empty row (or column) parts."""
    groups: list[list[Field]] = []
    until = 0
    for field in fields if by_rows else sorted(fields, key=lambda field: (field.column, field.row)):
        start = field.row if by_rows else field.column
        end = start + (field.row_span if by_rows else field.column_span)
        if not groups or start > until:
            groups.append([])
        groups[-1].append(field)
        until = max(until, end)
    return groups


def _beside(fields: list[Field]) -> list[list[Field]]:
    """Return the tables that stand side by side, each in order of its rows.

    A part without names of its own is no table: an empty column may only set figures apart from their labels.
    """
    parts: list[list[Field]] = []
    for group in _parted(fields, by_rows=False):
        if parts and (_is_nameless(group) or _is_nameless(parts[-1]) or not _is_table(group)):
            parts[-1] += group
        else:
            parts.append(group)
    return [sorted(part, key=lambda field: (field.row, field.column)) for part in parts]


def _is_nameless(fields: list[Field]) -> bool:
    """Say whether the first column of a part names no rows: it holds figures below its heading."""
    first = min(field.column for field in fields)
    top = min(field.row for field in fields)
    names = [field.text for field in fields if field.column == first and field.row > top]
    return not names or any(is_value(name) for name in names)


def _is_table(fields: Sequence[Field]) -> bool:
    return len({field.row for field in fields}) > 1 and len({field.column for field in fields}) > 1


def _peeled(fields: list[Field]) -> tuple[list[Field], list[Field], list[Field]]:
    """Return the lines above a table, the table, and the notes below it."""
    rows: list[list[Field]] = []
    for field in fields:
        if not rows or rows[-1][0].row != field.row:
            rows.append([])
        rows[-1].append(field)
    first, last = 0, len(rows)
    while first < last and _stands_above(rows[first], rows[first + 1 :]):
        first += 1
    while last > first and len(rows[last - 1]) == 1 and _is_note(rows[last - 1][0], last - first):
        last -= 1
    parts = rows[:first], rows[first:last], rows[last:]
    head, body, foot = ([field for row in part for field in row] for part in parts)
    return head, body, foot


def _stands_above(row: list[Field], below: list[list[Field]]) -> bool:
    """Say whether a row names a table or says its unit. 例: 移住相談件数の推移; 令和5年度 | （単位：件）"""
    if any(UNIT.search(field.text) for field in row) and not any(is_value(field.text) for field in row):
        return len(row) < 3 and not any(field.row_span > 1 for field in row)
    if len(row) > 1:
        return False
    field = row[0]
    if is_value(field.text) or field.row_span > 1:
        return False
    if len(field.text) > _LONGEST_LABEL or not below:
        return True
    # A heading over a part of the columns stands above no first column, and has headings right below it.
    left = min(other.column for line in below for other in line)
    right = max(other.column + other.column_span for line in below for other in line)
    over_some = field.column_span > 1 and field.column > left and field.column + field.column_span >= right
    return not (over_some and below[0][0].row == field.row + 1)


def _is_note(field: Field, rows: int) -> bool:
    return _NOTE.match(field.text) is not None or (
        rows > 1 and (len(field.text) > _LONGEST_LABEL or UNIT.search(field.text) is not None)
    )
