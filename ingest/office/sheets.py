"""Excel workbooks (.xlsx): each sheet is a page, each cell has its place, and figures read as Excel shows them."""

from __future__ import annotations

import io
import re
import zipfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from ingest.office.leaf import Field, Leaf, one_line
from ingest.office.number_format import JAPANESE, shown, text_shown
from ingest.office.package import RefusedError, head_of
from ingest.office.regions import find_regions

MOST_CELLS = 600_000  # filled, in all sheets: what is read in the time that a file may take
_MOST_SHEETS = 500
_FULL = 30  # characters: a shorter line was not broken for want of room
# Cells and rows that hold nothing but a format: programs write them by the million.
_EMPTY = re.compile(rb"<c [^<>]*/>|<c [^<>]*></c>")
_EMPTY_ROW = re.compile(rb"<row[^<>]*/>|<row[^<>]*>\s*</row>")


def read_sheets(package: io.BytesIO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the page records of a workbook; raise ``RefusedError``."""
    from openpyxl import load_workbook

    book = load_workbook(_without_empty_cells(package), read_only=True, data_only=True)
    warnings: list[str] = []
    pages: list[dict[str, Any]] = []
    hidden: list[str] = []
    uncalculated: list[str] = []
    count = 0
    for sheet in book.worksheets[:_MOST_SHEETS]:
        if sheet.sheet_state != "visible":
            hidden.append(sheet.title)
            continue
        cells = _Cells(book, sheet)
        fields = list(cells.fields(MOST_CELLS - count))
        count += len(fields)
        if cells.uncalculated:
            uncalculated.append(f"シート「{sheet.title}」（{cells.uncalculated} か所）")
        pages.append(_page(sheet.title, fields, cells.hidden))
    if hidden:
        warnings.append(f"非表示のシートは読みませんでした：{'、'.join(hidden[:20])}。")
    if len(book.worksheets) > _MOST_SHEETS:
        warnings.append(f"シートが {len(book.worksheets)} 枚あります。初めの {_MOST_SHEETS} 枚だけを読みました。")
    if uncalculated:
        warnings.append(
            "計算結果が保存されていない数式があるため、その値は読めませんでした："
            f"{'、'.join(uncalculated[:20])}。Excel で開いて保存し直してください。"
        )
    return head_of(book.properties, warnings), pages


def _page(name: str, fields: list[Field], hidden: int) -> dict[str, Any]:
    leaf = Leaf()
    for region in find_regions(fields):
        leaf.blank()
        if region.is_table:
            leaf.table(region.fields)
            continue
        last, above = 0, ""
        for row, text, place in _lines(region.fields):
            # Only a long line may go on in the next row: 例: a sentence that was broken by hand.
            if row != last + 1 or len(above) < _FULL:
                leaf.blank()
            leaf.line(text, place=place)
            last, above = row, text
    leaf.hidden = hidden
    return leaf.record(label=name)


def _lines(fields: Sequence[Field]) -> Iterator[tuple[int, str, str | None]]:
    """Yield the rows of what is no table as lines: row, text, and the place of its first cell."""
    for row, held in groupby(fields, key=lambda field: field.row):
        cells = list(held)
        yield row, "　".join(cell.text for cell in cells), cells[0].place


def _without_empty_cells(package: io.BytesIO) -> io.BytesIO:
    copy = io.BytesIO()
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename.startswith("xl/worksheets/") and b"<![CDATA[" not in data:
                data = _EMPTY_ROW.sub(b"", _EMPTY.sub(b"", data))
            new.writestr(part.filename, data)
    copy.seek(0)
    return copy


class _Cells:
    """The filled cells of one sheet that can be seen; ``hidden`` and ``uncalculated`` count what is not given."""

    def __init__(self, book: Any, sheet: Any) -> None:
        self._book, self._sheet = book, sheet
        self.hidden = 0  # characters
        self.uncalculated = 0
        self._formats: dict[int, str] = {}

    def fields(self, most: int) -> Iterator[Field]:
        """Yield the cells in order; raise ``RefusedError`` when there are more than ``most``."""
        # The library's own stream over a sheet: unlike its public readers it gives merged cells and hidden rows
        # without holding a million cells in memory.
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet._reader import WorkSheetParser

        outer = self

        class Parser(WorkSheetParser):  # type: ignore[misc] # openpyxl has no types
            def parse_cell(self, element: Any) -> Any:
                cell = super().parse_cell(element)
                if cell["value"] is None and any(child.tag.endswith("}f") for child in element):
                    outer.uncalculated += 1
                return cell

        found: list[tuple[int, int, str]] = []
        with self._sheet._get_source() as source:
            # Without formats of dates, every number stays a number.
            parser = Parser(source, self._sheet._shared_strings, data_only=True)
            for _, cells in parser.parse():
                for cell in cells:
                    text = self._text(cell)
                    if text:
                        found.append((cell["row"], cell["column"], text))
                if len(found) > most:
                    raise RefusedError("large", f"more than {MOST_CELLS} filled cells")
        rows = sorted(int(row) for row, said in parser.row_dimensions.items() if _is_true(said.get("hidden")))
        columns = sorted(
            {
                column
                for said in parser.column_dimensions.values()
                if _is_true(said.get("hidden"))
                for column in range(int(said["min"]), min(int(said["max"]), 16384) + 1)
            }
        )
        unseen = set(rows), set(columns)
        merged = list(parser.merged_cells.mergeCell) if parser.merged_cells is not None else []
        spans = {
            (area.min_row, area.min_col): (area.max_row - area.min_row + 1, area.max_col - area.min_col + 1)
            for area in merged
        }
        letters: dict[int, str] = {}
        for row, column, text in found:
            if row in unseen[0] or column in unseen[1]:
                self.hidden += len(text)
                continue
            down, along = spans.get((row, column), (1, 1))
            if column not in letters:
                letters[column] = get_column_letter(column)
            yield Field(
                _seen(row, rows),
                _seen(column, columns),
                text,
                _seen(row + down, rows) - _seen(row, rows),
                _seen(column + along, columns) - _seen(column, columns),
                f"シート「{self._sheet.title}」 {letters[column]}{row}",
            )

    def _text(self, cell: dict[str, Any]) -> str:
        """Return what a cell shows, on one line."""
        value, kind = cell["value"], cell["data_type"]
        if value is None:
            return ""
        if kind == "b":
            return "TRUE" if value else "FALSE"
        if isinstance(value, int | float):
            return one_line(shown(value, self._format(cell["style_id"]), from_1904=self._from_1904))
        if isinstance(value, datetime | date | time | timedelta):  # a cell that holds an ISO date
            return _iso(value)
        return one_line(text_shown(str(value), self._format(cell["style_id"])))

    @property
    def _from_1904(self) -> bool:
        return bool(self._book.epoch.year == 1904)

    def _format(self, style: int) -> str:
        """Return the format of a style, as Japanese Excel knows it."""
        if style not in self._formats:
            from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

            styles = self._book._cell_styles
            number = styles[style].numFmtId if 0 <= style < len(styles) else 0
            if number >= BUILTIN_FORMATS_MAX_SIZE:
                own = self._book._number_formats
                code = own[number - BUILTIN_FORMATS_MAX_SIZE] if number - BUILTIN_FORMATS_MAX_SIZE < len(own) else ""
            else:
                code = JAPANESE.get(number) or BUILTIN_FORMATS.get(number, "General")
            self._formats[style] = code or "General"
        return self._formats[style]


def _iso(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, datetime):
        day = f"{value.year}/{value.month}/{value.day}"
        return day if value.time() == time() else f"{day} {value.hour}:{value.minute:02}"
    return f"{value.year}/{value.month}/{value.day}" if isinstance(value, date) else str(value)


def _seen(at: int, hidden: list[int]) -> int:
    """Return the place of a row or column among those that can be seen."""
    return at - bisect_left(hidden, at) if hidden else at


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")
