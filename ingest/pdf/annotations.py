"""What is laid on a page of a PDF and can be seen: fields that are filled in, notes typed on it, words struck out."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ingest.pdf.sheet import Box, Char

_HIDDEN = 1 << 1 | 1 << 5  # not shown at all, not shown on a screen


def opened(document: Any, number: int) -> tuple[Any, list[Box]]:
    """Return page ``number`` (from 0) with what is typed on it (fields, notes) made part of it, as a reader sees it.

    And where boxes are ticked (in PDF space): the tick is often a drawing.
    """
    import pypdfium2.raw as pdfium

    page = document[number]
    ticked: list[Box] = []
    typed = {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT}
    kinds: set[int] = set()
    for kind, annotation in _annotations(page):
        kinds.add(kind)
        if kind == pdfium.FPDF_ANNOT_WIDGET and _state(annotation) not in ("", "Off"):
            ticked.append(_place(annotation))
    if kinds & typed:
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        page = document[number]  # only a page that is opened anew shows it
    return page, ticked


def _state(annotation: Any) -> str:
    """Return which of its appearances an annotation shows, "" where it has only one."""
    import pypdfium2.raw as pdfium

    letters = (pdfium.FPDF_WCHAR * 64)()
    length = pdfium.FPDFAnnot_GetStringValue(annotation, b"AS", letters, ctypes.sizeof(letters))
    return bytes(letters)[: max(0, length - 2)].decode("utf-16-le", "replace")


def _place(annotation: Any) -> Box:
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, box)
    return box.left, min(box.bottom, box.top), box.right, max(box.bottom, box.top)


def tick(chars: list[Char], boxes: Iterable[Box]) -> None:
    """Add a sign for each box that is ticked (on the page as shown) to the characters, where none stands in it."""
    for box in boxes:
        x0, y0, x1, y1 = box
        if not any(x0 <= char.middle[0] <= x1 and y0 <= char.middle[1] <= y1 for char in chars):
            line = chars[-1].line + 1 if chars else 0
            chars += [*([Char("\n", None, line - 1)] if chars else []), Char("☑", box, line, box)]


def struck_by_hand(page: Any, shown: Callable[..., Box]) -> list[Box]:
    """Return where words are struck out by annotations, on the page as ``shown``."""
    import pypdfium2.raw as pdfium

    found: list[Box] = []
    for kind, annotation in _annotations(page):
        if kind != pdfium.FPDF_ANNOT_STRIKEOUT:
            continue
        corners = pdfium.FS_QUADPOINTSF()
        for i in range(pdfium.FPDFAnnot_CountAttachmentPoints(annotation)):
            if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, i, corners):
                xs = corners.x1, corners.x2, corners.x3, corners.x4
                ys = corners.y1, corners.y2, corners.y3, corners.y4
                found.append(shown(min(xs), min(ys), max(xs), max(ys)))
    return found


def _annotations(page: Any) -> Iterator[tuple[int, Any]]:
    """Yield the annotations of a page that can be seen, each with its kind."""
    import pypdfium2.raw as pdfium

    for i in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, i)
        if not annotation:
            continue
        try:
            if not pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
                yield pdfium.FPDFAnnot_GetSubtype(annotation), annotation
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
