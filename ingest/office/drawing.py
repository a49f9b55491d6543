"""What shapes and diagrams say, which Word, Excel and PowerPoint draw alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree  # parts with a document type declaration were refused before

from ingest.marks import Run, said

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"


def paragraph_text(paragraph: Any, struck: list[str]) -> str:
    """Return what an ``a:p`` says, with the fields in it; line breaks stay, what is struck through is put aside."""
    return said(_runs(paragraph), struck).strip()


def _runs(paragraph: Any) -> Iterator[Run]:
    for piece in paragraph:
        if piece.tag == A + "br":
            yield Run("\n")
        elif piece.tag in (A + "r", A + "fld"):
            look = piece.find(A + "rPr")
            text = piece.findtext(A + "t") or ""
            if look is None:
                yield Run(text)
            else:
                yield Run(text, look.get("strike", "noStrike") != "noStrike", _is_raised(look.get("baseline")))


def _is_raised(baseline: str | None) -> bool:
    """Say whether a base line lies higher than that of the text, by thousandths or (strict) per cent of its size."""
    try:
        return float((baseline or "0").rstrip("%")) > 0
    except ValueError:
        return False


def diagram_lines(blob: bytes, struck: list[str]) -> list[str]:
    """Return the texts of a SmartArt diagram, given the part that holds its data."""
    try:
        root = ElementTree.fromstring(blob)
    except ElementTree.ParseError:
        return []
    paragraphs = (p for point in root.iter(DIAGRAM + "t") for p in point.iter(A + "p"))
    return [text for paragraph in paragraphs if (text := paragraph_text(paragraph, struck))]
