"""Charts of Office files as tables: the figures that a chart was drawn from stand in it, whatever it looks like."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree  # parts with a document type declaration were refused before

from ingest.office.leaf import Field, one_line
from ingest.office.number_format import shown

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MOST_POINTS = 2_000


def chart_fields(blob: bytes) -> tuple[str, list[Field]]:
    """Return a chart's title and its cells: categories down, series across; no cells where it holds no figures."""
    try:
        root = ElementTree.fromstring(blob)
    except ElementTree.ParseError:
        return "", []
    title = root.find(f"{_C}chart/{_C}title")
    name = one_line("".join(text.text or "" for text in title.iter(_A + "t"))) if title is not None else ""
    series = list(root.iter(_C + "ser"))
    if not series:
        return name, []
    labels = next((found for one in series if (found := _points(one, "cat") or _points(one, "xVal"))), {})
    columns = [(one_line(_series_name(one)), _points(one, "val") or _points(one, "yVal")) for one in series]
    rows = sorted({at for _, points in columns for at in points})[:_MOST_POINTS]
    fields = [Field(0, 0, "")]
    fields += [Field(0, i, label or f"系列{i}") for i, (label, _) in enumerate(columns, 1)]
    for row, at in enumerate(rows, 1):
        fields.append(Field(row, 0, labels.get(at, str(at + 1))))
        fields += [Field(row, i, points.get(at, "")) for i, (_, points) in enumerate(columns, 1)]
    return name, fields if rows else []


_SHEET = re.compile(r"'((?:[^']|'')+)'!|([^\s'!,()]+)!")


def sheets_of_chart(blob: bytes) -> set[str]:
    """Return the names of the sheets that a chart of a workbook takes its figures from."""
    try:
        root = ElementTree.fromstring(blob)
    except ElementTree.ParseError:
        return set()
    found = (match for formula in root.iter(_C + "f") for match in _SHEET.finditer(formula.text or ""))
    return {(match[1] or match[2]).replace("''", "'") for match in found}


def _series_name(series: Any) -> str:
    value = series.find(f"{_C}tx//{_C}v")
    return value.text or "" if value is not None else ""


def _points(series: Any, name: str) -> dict[int, str]:
    """Return what a series holds by place, as the chart shows it."""
    source = series.find(_C + name)
    if source is None:
        return {}
    code = source.findtext(f".//{_C}formatCode") or "General"
    level = source.find(f".//{_C}lvl")  # of labels in several levels, the innermost
    found: dict[int, str] = {}
    for point in (level if level is not None else source).iter(_C + "pt"):
        value = point.findtext(_C + "v")
        at = point.get("idx")
        if value is None or at is None or not at.isdecimal():
            continue
        own = point.get("formatCode") or code
        try:
            found[int(at)] = (
                one_line(shown(float(value), own)) if source.find(f".//{_C}numCache") is not None else one_line(value)
            )
        except ValueError:
            found[int(at)] = one_line(value)
    return found
