"""PowerPoint files (.pptx): a slide is a page; its text boxes and tables in reading order, then the speaker's notes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.office.charts import chart_fields
from ingest.office.drawing import DIAGRAM, A, diagram_lines, paragraph_text
from ingest.office.leaf import Field, Leaf, one_line
from ingest.office.numbering import numeral
from ingest.office.package import head_of

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MOST_SLIDES = 2_000
_DEEPEST = 20  # groups in groups


def read_slides(package: io.BytesIO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the page records of a presentation."""
    import pptx

    presentation = pptx.Presentation(package)
    pages: list[dict[str, Any]] = []
    hidden: list[int] = []
    feet: set[str] = set()
    count = len(presentation.slides)
    size = float(presentation.slide_width or 0), float(presentation.slide_height or 0)
    for number, slide in enumerate(presentation.slides, 1):
        if number > _MOST_SLIDES:
            break
        is_hidden = slide.element.get("show") in ("0", "false")
        if is_hidden:
            hidden.append(number)
        pages.append(_page(slide, number, size, feet, is_hidden=is_hidden))
    warnings = []
    if hidden:
        warnings.append(f"非表示のスライドも読みました：{'、'.join(map(str, hidden[:50]))}枚目。")
    if count > _MOST_SLIDES:
        warnings.append(f"スライドが {count} 枚あります。初めの {_MOST_SLIDES} 枚だけを読みました。")
    return head_of(presentation.core_properties, warnings), pages


@dataclass
class _Placed:
    """A shape with where it stands on the slide."""

    shape: Any
    left: float
    top: float
    right: float
    bottom: float

    def is_outside(self, width: float, height: float) -> bool:
        """Say whether no part of the shape stands on a slide of this size."""
        sized = self.right > self.left and self.bottom > self.top
        return sized and (self.right <= 0 or self.bottom <= 0 or self.left >= width > 0 or self.top >= height > 0)


def _page(slide: Any, number: int, size: tuple[float, float], feet: set[str], *, is_hidden: bool) -> dict[str, Any]:
    """Return a slide's record; ``feet`` are the footers that slides before it have, to which its own is added."""
    leaf = Leaf()
    place = f"スライド{number}" + ("（非表示）" if is_hidden else "")
    title = slide.shapes.title
    # A slide that opens a part stands over those that follow it.
    level = 1 if slide.slide_layout.element.get("type") == "secHead" else 2
    if title is not None and title.has_text_frame:
        struck: list[str] = []
        leaf.line(one_line("\n".join(_texts(title, struck))), level=level, place=place)
        leaf.strike(struck, place)
    for placed in _in_order(list(_shapes(slide.shapes, None, _DEEPEST))):
        if title is not None and placed.shape.shape_id == title.shape_id:
            continue
        if placed.is_outside(*size):
            leaf.hidden += len("".join(_texts(placed.shape, [])))
        else:
            _write(leaf, placed.shape, place)
    for foot in _feet(slide):
        if foot not in feet:
            feet.add(foot)
            leaf.blank()
            leaf.line(foot, place=place)
    if slide.has_notes_slide:
        _write_notes(leaf, slide.notes_slide.notes_text_frame, f"スライド{number}（ノート）")
    return leaf.record()


def _write_notes(leaf: Leaf, frame: Any, place: str) -> None:
    struck: list[str] = []
    texts = [paragraph_text(paragraph._p, struck) for paragraph in frame.paragraphs] if frame is not None else []
    if any(texts):
        leaf.blank()
        leaf.line("［ノート］", place=place)
        for text in texts:
            leaf.line(text, place=place)
    leaf.strike(struck, place)


_FURNITURE = {13, 15, 16}  # slide number, footer, date
_FOOTER = 15


def _feet(slide: Any) -> Iterator[str]:
    for shape in slide.placeholders:
        if shape.placeholder_format.type == _FOOTER and shape.has_text_frame and not _is_hidden(shape):
            yield one_line(shape.text_frame.text)


def _is_hidden(shape: Any) -> bool:
    named = next(shape.element.iter("{*}cNvPr"), None)
    return named is not None and named.get("hidden") in ("1", "true")


def _texts(shape: Any, struck: list[str]) -> Iterator[str]:
    """Yield the texts of a shape's paragraphs."""
    if shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            yield paragraph_text(paragraph._p, struck)


def _shapes(shapes: Any, scale: tuple[float, float, float, float] | None, depth: int) -> Iterator[_Placed]:
    """Yield the shapes of a slide or a group (``scale``: x and y of its origin and factors) that hold something."""
    for shape in shapes:
        if (shape.is_placeholder and shape.placeholder_format.type in _FURNITURE) or _is_hidden(shape):
            continue
        x, y, fx, fy = scale or (0.0, 0.0, 1.0, 1.0)
        left, top = x + fx * (shape.left or 0), y + fy * (shape.top or 0)
        width, height = fx * (shape.width or 0), fy * (shape.height or 0)
        if hasattr(shape, "shapes"):
            if depth:
                yield from _shapes(shape.shapes, _inner(shape, left, top, width, height), depth - 1)
        else:
            yield _Placed(shape, left, top, left + width, top + height)


def _inner(group: Any, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Return how places inside a group become places on the slide."""
    frame = group.element.grpSpPr.find(A + "xfrm")
    offset = frame.find(A + "chOff") if frame is not None else None
    extent = frame.find(A + "chExt") if frame is not None else None
    if offset is None or extent is None:
        return left, top, 1.0, 1.0
    fx = width / int(extent.get("cx")) if int(extent.get("cx") or 0) else 1.0
    fy = height / int(extent.get("cy")) if int(extent.get("cy") or 0) else 1.0
    return left - fx * int(offset.get("x")), top - fy * int(offset.get("y")), fx, fy


def _in_order(placed: list[_Placed]) -> list[_Placed]:
    """Return shapes as they are read: rows from the top, each from the left.

    What overlaps in height by half of the lower one stands in one row.
    """
    rows: list[list[_Placed]] = []
    for one in sorted(placed, key=lambda p: (p.top, p.left)):
        first = rows[-1][0] if rows else None
        height = min(one.bottom - one.top, first.bottom - first.top) if first is not None else 0
        if first is not None and first.bottom - one.top > 0.5 * height and height > 0:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda p: (p.left, p.top))]


def _write(leaf: Leaf, shape: Any, place: str) -> None:
    struck: list[str] = []
    if getattr(shape, "has_table", False) and shape.has_table:
        leaf.blank()
        table = shape.table
        leaf.table(
            _table_fields(table, struck),
            header_rows=1 if table.first_row and len(table.rows) > 1 else None,
            name_row=lambda row: place,
        )
        leaf.blank()
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        leaf.blank()
        title, fields = chart_fields(shape.chart.part.blob)
        leaf.line(title, place=place)
        leaf.table(fields, header_rows=1, header_columns=1, name_row=lambda row: place)
        leaf.blank()
    elif shape.has_text_frame:
        leaf.blank()
        counts: dict[int, int] = {}
        for paragraph in shape.text_frame.paragraphs:
            text = paragraph_text(paragraph._p, struck)
            leaf.line(_mark(paragraph, counts) + text if text else "", place=place)
    else:
        for blob in _diagrams(shape):
            for line in diagram_lines(blob, struck):
                leaf.line(line, place=place)
        if next(shape.element.iter("{*}oleObj"), None) is not None:
            leaf.left_out.append("埋め込みのファイル（表や文書）")
    leaf.strike(struck, place)


def _table_fields(table: Any, struck: list[str]) -> Iterator[Field]:
    for r, row in enumerate(table.rows):
        for c, cell in enumerate(row.cells):
            if not cell.is_spanned:
                text = one_line(" ".join(paragraph_text(p._p, struck) for p in cell.text_frame.paragraphs))
                down, along = (cell.span_height, cell.span_width) if cell.is_merge_origin else (1, 1)
                yield Field(r, c, text, down, along)


def _mark(paragraph: Any, counts: dict[int, int]) -> str:
    """Return the bullet or number that a paragraph itself asks for; those of the layout are not read."""
    properties = paragraph._p.find(A + "pPr")
    if properties is None:
        return ""
    bullet, auto = properties.find(A + "buChar"), properties.find(A + "buAutoNum")
    level = paragraph.level
    if auto is None:
        counts.pop(level, None)
        sign = bullet.get("char") if bullet is not None else None
        return "" if not sign else sign if "\u2000" < sign < "\ue000" and len(sign) == 1 else "・"
    counts[level] = counts.get(level, int(auto.get("startAt") or 1) - 1) + 1
    form = auto.get("type") or ""
    if form.startswith("circle"):
        return numeral(counts[level], "decimalEnclosedCircle")
    kind = "upperRoman" if form.startswith("romanUc") else "upperLetter" if form.startswith("alphaUc") else ""
    kind = kind or ("lowerRoman" if form.startswith("romanLc") else "lowerLetter" if form.startswith("alphaLc") else "")
    number = numeral(counts[level], kind or "decimal")
    if re.search(r"ParenBoth$", form):
        return f"({number})"
    return f"{number})" if form.endswith("ParenR") else f"{number}. "


def _diagrams(shape: Any) -> Iterator[bytes]:
    """Yield the data of the SmartArt diagrams in a frame, which are parts of their own."""
    for data in shape.element.iter(DIAGRAM + "relIds"):
        relation = shape.part.rels.get(data.get(_R + "dm"))
        if relation is not None and not relation.is_external:
            yield relation.target_part.blob
