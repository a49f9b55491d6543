"""Excel workbooks (.xlsx): each sheet is a page, each cell has its place, and figures read as Excel shows them."""

from __future__ import annotations

import io
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from functools import lru_cache
from itertools import groupby
from typing import Any

from ingest.marks import Run, said
from ingest.office.charts import chart_fields, sheets_of_chart
from ingest.office.drawing import DIAGRAM, A, diagram_lines, paragraph_text
from ingest.office.leaf import Field, Leaf, one_line
from ingest.office.number_format import shown, text_shown
from ingest.office.package import RefusedError
from ingest.office.regions import find_regions
from ingest.office.workbook import R, Sheet, SheetPart, Style, Workbook, Written, is_true

MOST_CELLS = 600_000  # filled, in all sheets: what is read in the time that a file may take
_MOST_SHEETS = 500
_FULL = 30  # characters: a shorter line was not broken for want of room


def read_sheets(package: io.BytesIO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the page records of a workbook; raise ``RefusedError``."""
    book = Workbook(package)
    warnings: list[str] = []
    pages: list[dict[str, Any]] = []
    hidden = [sheet.name for sheet in book.sheets[:_MOST_SHEETS] if sheet.is_hidden]
    seen = [sheet for sheet in book.sheets[:_MOST_SHEETS] if not sheet.is_hidden]
    uncalculated: list[str] = []
    count = 0
    for sheet in seen:
        cells = _Cells(book, sheet)
        fields = list(cells.fields(MOST_CELLS - count))
        count += len(fields)
        if cells.uncalculated:
            uncalculated.append(f"シート「{sheet.name}」（{cells.uncalculated} か所）")
        leaf = cells.leaf
        _write(leaf, fields)
        _Drawn(book, cells.sheet, sheet, {one.name for one in seen}).write(leaf)
        pages.append(leaf.record(label=sheet.name))
    if hidden:
        warnings.append(f"非表示のシートは読みませんでした：{'、'.join(hidden[:20])}。")
    if len(book.sheets) > _MOST_SHEETS:
        warnings.append(f"シートが {len(book.sheets)} 枚あります。初めの {_MOST_SHEETS} 枚だけを読みました。")
    if uncalculated:
        warnings.append(
            "計算結果が保存されていない数式があるため、その値は読めませんでした："
            f"{'、'.join(uncalculated[:20])}。Excel で開いて保存し直してください。"
        )
    return book.head(warnings), pages


def _write(leaf: Leaf, fields: list[Field]) -> None:
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


def _lines(fields: Sequence[Field]) -> Iterator[tuple[int, str, str | None]]:
    """Yield the rows of what is no table as lines: row, text, and the place of its first cell."""
    for row, held in groupby(fields, key=lambda field: field.row):
        cells = list(held)
        yield row, "　".join(cell.text for cell in cells), cells[0].place


class _Cells:
    """The filled cells of one sheet that can be seen; ``leaf`` is told of those that are hidden or struck through."""

    def __init__(self, book: Workbook, part: SheetPart) -> None:
        self._book, self._name = book, part.name
        self.sheet = Sheet(book, part.part)
        self.leaf = Leaf()
        self.uncalculated = 0

    def fields(self, most: int) -> Iterator[Field]:
        """Yield the cells in order; raise ``RefusedError`` when there are more than ``most``."""
        found: list[tuple[int, int, str, list[str]]] = []
        for cell in self.sheet.cells():
            self.uncalculated += cell.is_formula and not cell.value and cell.kind != "str"
            struck: list[str] = []
            text = self._text(cell, struck)
            if text or struck:
                found.append((cell.row, cell.column, text, struck))
            if len(found) > most:
                raise RefusedError("large", f"more than {MOST_CELLS} filled cells")
        found.sort(key=lambda one: one[:2])
        rows, columns = sorted(self.sheet.hidden_rows), sorted(self.sheet.hidden_columns)
        for row, column, text, struck in found:
            if row in self.sheet.hidden_rows or column in self.sheet.hidden_columns:
                self.leaf.hidden += len(text)
                continue
            place = f"シート「{self._name}」 {_letters(column)}{row}"
            self.leaf.strike(struck, place)
            if not text:
                continue
            down, along = self.sheet.spans.get((row, column), (1, 1))
            yield Field(
                _seen(row, rows),
                _seen(column, columns),
                text,
                _seen(row + down, rows) - _seen(row, rows),
                _seen(column + along, columns) - _seen(column, columns),
                place,
            )

    def _text(self, cell: Written, struck: list[str]) -> str:
        """Return what a cell shows, on one line."""
        styles = self._book.styles
        style = styles[cell.style] if cell.style < len(styles) else Style()
        runs = cell.runs
        if cell.kind == "s" and (cell.value or "").strip().isdecimal():
            at = int(cell.value or 0)
            runs = self._book.texts[at] if at < len(self._book.texts) else ()
        if not runs:
            runs = (Run(self._shown(cell, style.code)),)
        if style.struck and len(runs) == 1:
            runs = (Run(runs[0].text, True),)
        text = said(runs, struck)
        return one_line(text_shown(text, style.code) if cell.kind in ("s", "inlineStr") else text)

    def _shown(self, cell: Written, code: str) -> str:
        value = cell.value
        if value is None:
            return ""
        if cell.kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if cell.kind == "d":
            return _iso(value)
        if cell.kind == "n":
            try:
                number = float(value) if re.search(r"[.eE]", value) else int(value)
                return shown(number, code, from_1904=self._book.from_1904)
            except (ValueError, OverflowError):
                return value
        return text_shown(value, code)


def _iso(value: str) -> str:
    """Return a date as strict workbooks hold it, in the form that Excel shows. 例: 2024-01-31T00:00:00 → 2024/1/31"""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return value
    day = f"{moment.year}/{moment.month}/{moment.day}"
    return day if moment.time() == time() else f"{day} {moment.hour}:{moment.minute:02}"


@lru_cache(maxsize=20_000)
def _letters(column: int) -> str:
    """Return the name of a column. 例: 28 → AB"""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_X = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"


class _Drawn:
    """What is drawn on a sheet: text in shapes, diagrams, charts of figures that stand in no sheet that can be seen."""

    def __init__(self, book: Workbook, sheet: Sheet, part: SheetPart, seen: set[str]) -> None:
        self._book, self._name, self._seen = book, part.name, seen
        links = book.links(part.part) if sheet.drawing else {}
        self._part = links.get(sheet.drawing or "", ("", ""))[1]

    def write(self, leaf: Leaf) -> None:
        """Write what is drawn from the top to the foot, behind the cells."""
        root = self._book.tree(self._part) if self._part else None
        if root is None:
            return
        links = self._book.links(self._part)
        for row, column, anchor in sorted(_anchors(root), key=lambda one: one[:2]):
            place = f"シート「{self._name}」 {_letters(column)}{row}（図形）"
            for shape in _shapes(anchor):
                if shape.tag == _X + "sp":
                    self._shape(leaf, shape, place)
                    continue
                for element in shape.iter():
                    _, target = links.get(element.get(R + "id") or element.get(R + "dm") or "", ("", ""))
                    if element.tag == _CHART:
                        self._chart(leaf, self._book.data(target), place)
                    elif element.tag == DIAGRAM + "relIds":
                        struck: list[str] = []
                        for line in diagram_lines(self._book.data(target), struck):
                            leaf.line(line, place=place)
                        leaf.strike(struck, place)

    def _shape(self, leaf: Leaf, shape: Any, place: str) -> None:
        leaf.blank()
        for paragraph in shape.iterfind(f"{_X}txBody/{A}p"):
            struck: list[str] = []
            leaf.line(paragraph_text(paragraph, struck), place=place)
            leaf.strike(struck, place)

    def _chart(self, leaf: Leaf, blob: bytes, place: str) -> None:
        title, fields = chart_fields(blob)
        leaf.blank()
        leaf.line(title, place=place)
        if not sheets_of_chart(blob) <= self._seen:
            leaf.table(fields, header_rows=1, header_columns=1, name_row=lambda row: place)


def _anchors(root: Any) -> Iterator[tuple[int, int, Any]]:
    """Yield what is anchored on a sheet, with row and column of the cell (from 1)."""
    for anchor in root:
        row, column = (anchor.findtext(f"{_X}from/{_X}{name}") or "0" for name in ("row", "col"))
        if row.isdecimal() and column.isdecimal():
            yield int(row) + 1, int(column) + 1, anchor


def _shapes(parent: Any) -> Iterator[Any]:
    """Yield the shapes and frames of an anchor or a group that can be seen."""
    for child in parent:
        named = next(child.iter(_X + "cNvPr"), None)
        if named is not None and is_true(named.get("hidden")):
            continue
        if child.tag == _X + "grpSp":
            yield from _shapes(child)
        elif child.tag in (_X + "sp", _X + "graphicFrame"):
            yield child


def _seen(at: int, hidden: list[int]) -> int:
    """Return the place of a row or column among those that can be seen."""
    return at - bisect_left(hidden, at) if hidden else at
