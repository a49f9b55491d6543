"""What is laid on a page of a PDF and can be seen: fields that are filled in, notes typed on it, words struck out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ingest.pdf.sheet import Box

_HIDDEN = 1 << 1 | 1 << 5  # not shown at all, not shown on a screen


def opened(document: Any, number: int) -> Any:
    """Return page ``number`` (from 0) with what is typed on it (fields, notes) made part of it, as a reader sees it."""
    import pypdfium2.raw as pdfium

    page = document[number]
    typed = {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT}
    if {kind for kind, _ in _annotations(page)} & typed:
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        page = document[number]  # only a page that is opened anew shows it
    return page


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
