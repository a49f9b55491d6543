"""A page as it is written down by the readers of files that have lines and tables of their own.

What comes out is a page record of ``ingest.assemble``: no pictures and no boxes, but marked headings and places.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.office.package import RefusedError
from ingest.table_heads import Span, caption, count_headings


@dataclass(frozen=True, slots=True)
class Field:
    """A cell of a table with what it says; ``place`` is its own name, where it has one. 例: シート「歳入」 B5"""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    place: str | None = None


_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200b\u200e\u200f\u2060\ufeff\ufffe\uffff]|[\ud800-\udfff]")
_BREAKS = re.compile(r"\r\n?|[\v\f\u2028\u2029\x85]")


def plain(text: str) -> str:
    """Return a text with line ends as ``\\n`` and without characters that have no meaning in a text."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """Return what a cell says on one line."""
    if text.isprintable() and "  " not in text:
        return text.strip(" ")  # nothing else is white space or unseen
    return " ".join(plain(text).split())


def compacted(fields: Iterable[Field]) -> list[Field]:
    """Return the cells of a table by rows, without the rows and columns in which nothing begins.

    Merged cells and forms drawn on squared paper make many of those. An empty cell is left out where no row or column
    of its own remains.
    """
    listed = list(fields)
    rows = sorted({field.row for field in listed if field.text})
    columns = sorted({field.column for field in listed if field.text})
    row_at = {row: i for i, row in enumerate(rows)}
    column_at = {column: i for i, column in enumerate(columns)}
    kept = []
    for field in listed:
        if field.row not in row_at or field.column not in column_at:
            continue
        row, column = row_at[field.row], column_at[field.column]
        down = along = 1
        if field.row_span > 1:
            down = bisect_left(rows, field.row + field.row_span) - row
        if field.column_span > 1:
            along = bisect_left(columns, field.column + field.column_span) - column
        kept.append(Field(row, column, field.text, down, along, field.place))
    kept.sort(key=lambda field: (field.row, field.column))
    return kept


_HEADED = 300  # rows that show how a table is headed
_MOST_LINES = 50_000  # outside tables; a paper of 1,000 pages has 20,000
_ABOVE = 3  # lines above a table that may name it


class Leaf:
    """A page that is written line by line and table by table."""

    def __init__(self) -> None:
        self.hidden = 0
        self.struck: list[tuple[str, str]] = []  # place and text of what is struck through
        self.left_out: list[str] = []  # what a person sees and is not read, in Japanese
        self.tables: list[dict[str, Any]] = []
        self._parts: list[str] = []
        self._at = 0
        self._lines: list[tuple[int, int, str]] = []
        self._headings: list[tuple[int, int, int]] = []
        self._places: list[tuple[int, int, str]] = []

    @property
    def is_empty(self) -> bool:
        return self._at == 0

    def texts(self) -> list[str]:
        """Return the lines that have been written outside tables."""
        return [text for _, _, text in self._lines]

    def blank(self) -> None:
        """Part what follows from what stands above by an empty line."""
        if self._parts and not (len(self._parts) > 1 and self._parts[-1] == self._parts[-2] == "\n"):
            self._write("\n")

    def strike(self, texts: Sequence[str], place: str) -> None:
        """Note what is struck through at a place, so that people are told of it."""
        self.struck.extend((place, text) for text in texts)

    def line(self, text: str, *, level: int = 0, place: str | None = None) -> None:
        """Write a paragraph, if it holds something; line ends in it stay, ``level`` makes it a heading."""
        lines = [line.replace("\t", " ").strip(" ") for line in plain(text).split("\n")]
        lines = [line for line in lines if line.strip()]
        if not lines:
            return
        if len(self._lines) > _MOST_LINES:
            raise RefusedError("large", f"more than {_MOST_LINES} lines")
        start = self._at
        for line in lines:
            self._lines.append((self._at, self._at + len(line), line))
            self._write(line)
            self._write("\n")
        end = self._at - 1
        if level:
            self._headings.append((start, end, level))
        if place is not None:
            self._places.append((start, end, place))

    def table(
        self,
        fields: Iterable[Field],
        *,
        header_rows: int | None = None,
        header_columns: int | None = None,
        name_row: Callable[[int], str] | None = None,
    ) -> None:
        """Write a table, a row a line and cells between tabs.

        ``header_rows`` and ``header_columns`` are what the file itself says of its headings, in rows of ``fields``;
        ``name_row`` names the place of a row (from 0). A table of one row or column is written as lines.
        """
        listed = list(fields)
        cells = compacted(listed)
        rows = cells[-1].row + 1 if cells else 0
        columns = max((field.column for field in cells), default=-1) + 1
        original = sorted({field.row for field in listed if field.text})
        if rows < 2 or columns < 2:
            for field in cells:
                place = field.place or (name_row(original[field.row]) if name_row else None)
                self.line(field.text, place=place)
            return
        if header_rows is not None:
            header_rows = min(bisect_left(original, header_rows), rows - 1) or None
        written: list[tuple[int, int, int, int, int, int]] = []
        start, row, row_start = self._at, 0, self._at
        for i, field in enumerate(cells):
            if field.row != row:
                self._name(row_start, name_row, original[row])
                self._write("\n")
                row, row_start = field.row, self._at
            elif i:
                self._write("\t")
            first = self._at
            self._write(field.text)
            written.append((first, self._at, field.row, field.column, field.row_span, field.column_span))
            if field.place is not None and field.text:
                self._places.append((first, self._at, field.place))
        self._name(row_start, name_row, original[row])
        top = [(a - start, b - start, *place) for a, b, *place in written if place[0] < _HEADED]
        heads = count_headings(top, self._since(start), min(rows, _HEADED), columns, header_rows)
        filled = [cell for cell in written if cell[0] < cell[1]]
        self.tables.append(
            {
                "start": min(cell[0] for cell in filled),
                "end": max(cell[1] for cell in filled),
                "cells": written,
                "header_rows": heads[0],
                "header_columns": min(header_columns, columns - 1) if header_columns else heads[1],
            }
        )
        self._write("\n")

    def record(self, **more: Any) -> dict[str, Any]:
        """Return the page's record, with the titles and units of its tables."""
        for i, table in enumerate(self.tables):
            table["title"], table["unit"] = self._caption(i)
        text = "".join(self._parts)
        return {
            "text": text.rstrip("\n"),
            "width": None,
            "height": None,
            "boxes": "",
            "tables": self.tables,
            "headings": self._headings,
            "places": self._places,
            "hidden": self.hidden,
            "struck": self.struck,
            "left_out": self.left_out,
            **more,
        }

    def _write(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._at += len(text)

    def _since(self, start: int) -> str:
        parts: list[str] = []
        at = self._at
        for part in reversed(self._parts):
            if at <= start:
                break
            parts.append(part)
            at -= len(part)
        return "".join(reversed(parts))

    def _name(self, start: int, name_row: Callable[[int], str] | None, row: int) -> None:
        if name_row is not None and start < self._at:
            self._places.append((start, self._at, name_row(row)))

    def _caption(self, i: int) -> tuple[Span | None, Span | None]:
        """Return title and unit of a table: of the lines above it, or the unit of the line at its foot."""
        table = self.tables[i]
        after = self.tables[i - 1]["end"] if i else 0
        until = self.tables[i + 1]["start"] if i + 1 < len(self.tables) else None
        at = bisect_left(self._lines, (table["start"],))
        above = [line for line in self._lines[max(0, at - _ABOVE) : at] if line[0] >= after]
        below = self._lines[at : at + 1]
        if until is not None:
            # A line between two tables belongs to the lower one, unless more lines follow it.
            below = below if len([line for line in self._lines[at : at + 2] if line[1] < until]) > 1 else []
        return caption(above, below)
