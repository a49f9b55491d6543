"""What stands at a place of a document: the page's picture with boxes, or the lines around."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from answer.citing import line_boxes
from index.snapshot import Snapshot
from ingest.document import Document, Page
from ingest.japanese import fold, fold_with_offsets
from ingest.parse import ParseError
from ingest.pdf.read import Box, render_page

DPI = 110  # a line of 10.5 points is 16 pixels high: read without effort
COLOURS = 16  # what is printed needs few: 64 KB a page, where full colour takes 208 KB
AROUND = 3  # lines shown before and after

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A page as it is shown, ``width`` by ``height`` points; ``png`` is its image, ``id`` that of no other page."""

    id: str
    width: float
    height: float
    png: bytes


class Pages(Protocol):
    """Where reports look up places. What cannot be had is None or empty: a report never fails for a picture."""

    def picture(self, set_name: str, file: str, page: int) -> Picture | None:
        """Return the picture of a page (from 1)."""
        ...

    def boxes(self, set_name: str, file: str, page: int, quote: str) -> tuple[Box, ...]:
        """Return a box for each line of the quote on that page, in points from the top left."""
        ...

    def lines(self, set_name: str, file: str, first: int, last: int) -> list[tuple[int, str]]:
        """Return the lines of a text file (from 1) with some around them, each with its number."""
        ...


class SnapshotPages:
    """The pages of the collections that the questions were asked over; ``open_set`` opens that of a set by its name."""

    def __init__(self, open_set: Callable[[str], Snapshot]):
        self._open = open_set
        self._snapshots: dict[str, Snapshot] = {}
        self._pictures: dict[tuple[str, int], Picture | None] = {}

    def picture(self, set_name: str, file: str, page: int) -> Picture | None:
        document, found = self._page(set_name, file, page)
        if document is None or found is None or document.kind != "pdf" or not found.width or not found.height:
            return None
        key = (document.id, page)
        if key not in self._pictures:
            self._pictures[key] = self._drawn(set_name, document, page, found.width, found.height)
        return self._pictures[key]

    def _drawn(self, set_name: str, document: Document, page: int, width: float, height: float) -> Picture | None:
        try:
            png = render_page(self._snapshot(set_name).source_path(document.id), page, dpi=DPI)
        except (ParseError, OSError) as error:
            log.warning("%s, page %d cannot be drawn: %s", document.file, page, error)
            return None
        return Picture(f"{document.id}-{page}", width, height, few_colours(png))

    def boxes(self, set_name: str, file: str, page: int, quote: str) -> tuple[Box, ...]:
        document, found = self._page(set_name, file, page)
        span = find_quote(document.text[found.start : found.end], quote) if document and found else None
        if found is None or span is None:
            return ()
        return line_boxes(found, found.start + span[0], found.start + span[1]) or ()

    def lines(self, set_name: str, file: str, first: int, last: int) -> list[tuple[int, str]]:
        document = self._document(set_name, file)
        if document is None or not document.lines_are_source:
            return []
        count = document.text.count("\n") + 1
        numbers = range(max(1, first - AROUND), min(count, last + AROUND) + 1)
        return [(n, document.text[slice(*document.line_span(n))]) for n in numbers]

    def _snapshot(self, set_name: str) -> Snapshot:
        if set_name not in self._snapshots:
            self._snapshots[set_name] = self._open(set_name)
        return self._snapshots[set_name]

    def _document(self, set_name: str, file: str) -> Document | None:
        snapshot = self._snapshot(set_name)
        return next((snapshot.document(info.id) for info in snapshot.documents() if info.file == file), None)

    def _page(self, set_name: str, file: str, number: int) -> tuple[Document | None, Page | None]:
        document = self._document(set_name, file)
        pages = document.pages if document else ()
        return document, next((page for page in pages if page.number == number), None)


def find_quote(text: str, quote: str) -> tuple[int, int] | None:
    """Return the span of the first place where the quote stands, however it is spaced and whatever widths it has.

    例: 令和6年1月末 is found in 令和６年 1月末, and 1,267950 in the row 1,267 950. None when it stands nowhere.
    """
    folded, offsets = fold_with_offsets(text)
    kept = [at for at, character in enumerate(folded) if _counts(character)]
    wanted = "".join(filter(_counts, fold(quote)))
    at = "".join(folded[place] for place in kept).find(wanted)
    if at < 0 or not wanted:
        return None
    last = kept[at + len(wanted) - 1]
    return offsets[kept[at]], next(end for end in offsets[last + 1 :] if end > offsets[last])


def _counts(character: str) -> bool:
    return character != "," and not character.isspace()


def few_colours(png: bytes) -> bytes:
    """Return the picture with few colours, much smaller: letters stay sharp, where JPEG would blur them."""
    small = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(small, "PNG")
    return small.getvalue()
