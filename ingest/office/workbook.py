"""The parts of a workbook as they stand in its file: sheets, how cells look, texts, what is drawn on the sheets.

They are read here and not by a library, because workbooks that Excel opens are refused by it for a colour or a name.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from xml.etree import ElementTree  # parts with a document type declaration were refused before

from ingest.marks import Run
from ingest.office.number_format import format_code
from ingest.office.package import RefusedError, resolved

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MOST_STYLES = 100_000  # Excel allows 65,490


@dataclass(frozen=True)
class SheetPart:
    name: str
    part: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell looks: its number format, and whether it is struck through."""

    code: str = "General"
    struck: bool = False


class Written(NamedTuple):
    """A cell as it is written: ``kind`` as in its ``t``, the text of its value, runs of a text of its own."""

    row: int
    column: int
    kind: str
    value: str | None
    style: int
    runs: tuple[Run, ...] = ()
    is_formula: bool = False


class Workbook:
    """A workbook in an opened package; raise ``RefusedError`` where it has no part that makes it one."""

    def __init__(self, package: io.BytesIO) -> None:
        self._zip = zipfile.ZipFile(package)
        self._names = {name.lower(): name for name in self._zip.namelist()}
        main = next((target for kind, target in self.links("").values() if kind == "officeDocument"), "xl/workbook.xml")
        root = self.tree(main)
        if root is None or root.tag != S + "workbook":
            raise RefusedError("broken", f"no workbook at {main}")
        self._links = self.links(main)
        properties = root.find(S + "workbookPr")
        self.from_1904 = properties is not None and is_true(properties.get("date1904"))
        self.sheets: list[SheetPart] = []
        for sheet in root.iter(S + "sheet"):
            kind, part = self._links.get(sheet.get(R + "id") or "", ("", ""))
            if kind == "worksheet" and self.has(part):  # else of a chart or a dialog
                hidden = sheet.get("state", "visible") != "visible"
                self.sheets.append(SheetPart(sheet.get("name") or "", part, hidden))

    def has(self, part: str) -> bool:
        return part.lower() in self._names

    def data(self, part: str) -> bytes:
        """Return a part's bytes, b"" where there is none. Names differ in case from how they are referred to."""
        return self._zip.read(self._names[part.lower()]) if self.has(part) else b""

    def tree(self, part: str) -> Any:
        data = self.data(part)
        return ElementTree.fromstring(data) if data else None

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to within the package: by id, the kind and the part."""
        folder, _, name = part.rpartition("/")
        where = f"{folder}/_rels/{name}.rels".lstrip("/")
        root = self.tree(where)
        return {
            link.get("Id") or "": (
                (link.get("Type") or "").rpartition("/")[2],
                resolved(where, link.get("Target") or ""),
            )
            for link in (root if root is not None else ())
            if link.get("TargetMode") != "External"
        }

    def _linked(self, kind: str) -> Any:
        part = next((target for found, target in self._links.values() if found == kind), "")
        return self.tree(part) if part else None

    @cached_property
    def styles(self) -> list[Style]:
        """How cells look, by the number that they give."""
        root = self._linked("styles")
        if root is None:
            return []
        own = {_number(f.get("numFmtId")): f.get("formatCode") or "" for f in root.iterfind(f"{S}numFmts/{S}numFmt")}
        struck = [_is_set(font, "strike") for font in root.iterfind(f"{S}fonts/{S}font")]
        styles: list[Style] = []
        for look in root.iterfind(f"{S}cellXfs/{S}xf"):
            number, font = _number(look.get("numFmtId")), _number(look.get("fontId"))
            styles.append(Style(format_code(number, own.get(number, "")), font < len(struck) and struck[font]))
        return styles[:_MOST_STYLES]

    @cached_property
    def texts(self) -> list[tuple[Run, ...]]:
        """The texts that cells share."""
        part = next((target for kind, target in self._links.values() if kind == "sharedStrings"), "")
        found: list[tuple[Run, ...]] = []
        for _, element in ElementTree.iterparse(io.BytesIO(self.data(part))) if self.has(part) else ():
            if element.tag == S + "si":
                found.append(_runs(element))
                element.clear()
        return found

    def head(self, warnings: list[str]) -> dict[str, Any]:
        """Return the head record (see ``ingest.assemble``)."""
        part = next((target for kind, target in self.links("").values() if kind == "core-properties"), "")
        root = self.tree(part) if part else None
        said = {e.tag.rpartition("}")[2]: e.text or "" for e in (root if root is not None else ())}
        day = re.match(r"\d{4}-\d\d-\d\d", said.get("modified") or said.get("created") or "")
        return {"title": said.get("title", "").strip(), "created": day[0] if day else None, "warnings": warnings}


def _is_set(look: Any, name: str) -> bool:
    sign = look.find(S + name)
    return sign is not None and is_true(sign.get("val", "1"))


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() else 0


def is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")


def _runs(element: Any) -> tuple[Run, ...]:
    """Return the runs of a text, without the readings of its words."""
    found: list[Run] = []
    for piece in element:
        if piece.tag == S + "t":
            found.append(Run(_unescaped(piece.text or "")))
        elif piece.tag == S + "r":
            look = piece.find(S + "rPr")
            text = _unescaped(piece.findtext(S + "t") or "")
            if look is None:
                found.append(Run(text))
            else:
                level = look.find(S + "vertAlign")
                is_raised = level is not None and level.get("val") == "superscript"
                found.append(Run(text, _is_set(look, "strike"), is_raised))
    return tuple(found)


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    """Return a text with the characters that XML cannot hold. 例: _x000D_ → a line end"""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


# Cells and rows that hold nothing but a format: programs write them by the million.
_EMPTY = re.compile(rb"<c [^<>]*/>|<c [^<>]*></c>")
_EMPTY_ROW = re.compile(rb"<row[^<>]*/>|<row[^<>]*>\s*</row>")
_UNPLACED = re.compile(rb"<(?:c|row)(?:>|/>| (?![^<>]*\br=))")
_WIDEST = 16_384
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


class Sheet:
    """A sheet that is read from its top to its end; what it says of rows, columns and areas is known after that."""

    def __init__(self, book: Workbook, part: str) -> None:
        data = book.data(part)
        if b"<![CDATA[" not in data and not _UNPLACED.search(data):
            data = _EMPTY_ROW.sub(b"", _EMPTY.sub(b"", data))
        self._data = data
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.spans: dict[tuple[int, int], tuple[int, int]] = {}  # of merged cells, by their first: rows and columns
        self.drawing: str | None = None  # the id of what is drawn on the sheet

    def cells(self) -> Iterator[Written]:
        """Yield the cells in the order of the file."""
        row = 0
        begun = ElementTree.iterparse(io.BytesIO(self._data), ("start", "end"))
        for event, element in begun:
            if event == "start":
                if element.tag == S + "row":
                    row = _number(element.get("r")) or row + 1
                continue
            if element.tag == S + "row":
                if is_true(element.get("hidden")) or _is_nothing(element.get("ht")):
                    self.hidden_rows.add(row)
                yield from _cells_of(element, row)
                element.clear()
            elif element.tag == S + "col":
                if is_true(element.get("hidden")) or _is_nothing(element.get("width")):
                    first, last = _number(element.get("min")), min(_number(element.get("max")), _WIDEST)
                    self.hidden_columns.update(range(first, last + 1))
            elif element.tag == S + "mergeCell":
                first_cell, _, last_cell = (element.get("ref") or "").partition(":")
                a, b = place_of(first_cell), place_of(last_cell)
                if a and b and a <= b:
                    self.spans[a] = b[0] - a[0] + 1, b[1] - a[1] + 1
            elif element.tag == S + "drawing":
                self.drawing = element.get(R + "id")


def _is_nothing(size: str | None) -> bool:
    return size is not None and re.fullmatch(r"0(?:\.0*)?", size) is not None


def _cells_of(row: Any, number: int) -> Iterator[Written]:
    column = 0
    for cell in row:
        if cell.tag != S + "c":
            continue
        place = place_of(cell.get("r") or "")
        column = place[1] if place else column + 1
        inline = cell.find(S + "is")
        yield Written(
            number,
            column,
            cell.get("t") or "n",
            cell.findtext(S + "v"),
            _number(cell.get("s")),
            _runs(inline) if inline is not None else (),
            cell.find(S + "f") is not None,
        )


def place_of(name: str) -> tuple[int, int] | None:
    """Return row and column (from 1) of a cell's name. 例: C12 → 12, 3"""
    match = _CELL.fullmatch(name)
    if match is None:
        return None
    column = 0
    for letter in match[1].upper():
        column = 26 * column + ord(letter) - 64
    return int(match[2]), column
