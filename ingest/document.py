"""The data that ingestion makes: documents, pages, blocks, tables, chunks and facts.

Everything points into one string, ``Document.text``. Whatever is shown to a reader as a quote is
``document.text[start:end]``; nothing here holds text that could drift from its source.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

BlockKind = Literal["heading", "paragraph", "bullet", "key_value", "note", "table", "label"]
FactKind = Literal["cell", "key_value", "sentence"]
Paging = Literal["physical", "guessed", "none"]
Kind = Literal["text", "markdown", "pdf", "word", "slides", "sheet", "csv", "html"]
Source = Literal["cover", "text", "properties", "file_name", "by_hand"]  # where what is said of a document is from


@dataclass(frozen=True)
class Page:
    """One page: a span of its document's text.

    ``char_boxes`` holds, for a PDF, four little-endian float32 per character of the span (x0, y0, x1, y1 in
    points, origin at the top left of the page as it is shown); characters without ink hold NaN.
    """

    number: int  # physical, from 1
    start: int
    end: int
    label: str | None = None  # the page number as printed
    width: float | None = None  # points, as shown
    height: float | None = None
    char_boxes: bytes | None = field(default=None, repr=False)
    read_by: Literal["text", "ocr"] = "text"
    confidence: float | None = None  # of character recognition, 0 to 1


@dataclass(frozen=True)
class Place:
    """A span of the text with a name that a reader finds it by. 例: 段落12, シート「歳入」 B5, スライド3（ノート）"""

    start: int
    end: int
    name: str


@dataclass(frozen=True)
class Block:
    """A structural piece of a page. ``headings`` are the headings it stands under, outermost first."""

    kind: BlockKind
    start: int
    end: int
    page: int
    headings: tuple[str, ...] = ()
    level: int = 0  # headings: 1 is the outermost


@dataclass(frozen=True)
class Cell:
    """A table cell. ``start == end`` marks an empty cell; a merged cell appears once, with its spans."""

    start: int
    end: int
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True)
class Table:
    """A table that could be read safely: cells with places, the first rows and columns being headings."""

    start: int
    end: int
    page: int
    cells: tuple[Cell, ...]
    header_rows: int
    header_columns: int
    headings: tuple[str, ...] = ()
    title: tuple[int, int] | None = None  # span of the title line, when there is one
    unit: tuple[int, int] | None = None  # span of a unit that holds for the whole table, such as （単位：千円）
    follows: bool = False  # it goes on from the page before: the headings of the table before it hold
    rows_from: tuple[tuple[int, int, int], ...] = ()  # row, start, end: names of rows that begin on the page before


@dataclass(frozen=True)
class Document:
    """One source file as text with places.

    ``text`` keeps the document's own characters (only line ends become ``\\n``; form feeds stay).
    ``lines_are_source`` is true for text files, where line numbers mean something to the reader.
    """

    id: str  # first 16 hex digits of sha256: the same content is the same document
    source: str  # path it was ingested from
    file: str  # base name
    sha256: str
    kind: Kind
    text: str = field(repr=False)
    pages: tuple[Page, ...] = field(repr=False)
    paging: Paging
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    tables: tuple[Table, ...] = field(default=(), repr=False)
    title: str = ""
    meeting: str | None = None  # 会議名, such as 令和6年2月議会
    published: str | None = None  # ISO date, "YYYY-MM" or "YYYY": as precise as the document says
    department: str | None = None
    warnings: tuple[str, ...] = ()  # Japanese, for people: pages without text and the like
    taken_from: dict[str, Source] = field(default_factory=dict)  # by field: title, meeting, published, department
    marked_headings: tuple[tuple[int, int, int], ...] = ()  # start, end, level: headings that the file marks as such
    places: tuple[Place, ...] = field(default=(), repr=False)  # in order, and none overlaps another
    lacks_ocr: bool = False  # pages are pictures that were not read for want of an engine: worth another reading

    @property
    def is_date_guessed(self) -> bool:
        """Whether the paper does not say when it was issued: the date is the latest in its text, or the file's."""
        return self.taken_from.get("published") in ("text", "file_name", "properties")

    def described(self, given: Mapping[str, str]) -> Document:
        """Return the document with what a person says of it: title, meeting, published or department."""
        by_hand: dict[str, Source] = dict.fromkeys(given, "by_hand")
        # The names are those of str fields; a checker cannot see that from a mapping.
        return replace(self, **given, taken_from={**self.taken_from, **by_hand})  # type: ignore[arg-type]

    @property
    def lines_are_source(self) -> bool:
        return self.kind in ("text", "markdown", "csv")

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        return starts

    @cached_property
    def _page_starts(self) -> list[int]:
        return [page.start for page in self.pages]

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """Return the 1-based first and last line of ``text[start:end]``."""
        first = bisect_right(self._line_starts, start)
        last = bisect_right(self._line_starts, max(start, end - 1))
        return first, last

    def line_span(self, line: int) -> tuple[int, int]:
        """Return the span of a 1-based line, without its line end."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] - 1 if line < len(self._line_starts) else len(self.text)
        return start, end

    @cached_property
    def _place_starts(self) -> list[int]:
        return [place.start for place in self.places]

    def place_of(self, start: int, end: int) -> str | None:
        """Return the name of the place that holds a span, or of the first and the last. 例: シート「歳入」 A5～D5"""
        first, last = self._place_at(start), self._place_at(max(start, end - 1))
        if first is None or last is None or first == last:
            return first
        common, _, _ = first.rpartition(" ")
        return f"{first}～{last.removeprefix(common).lstrip()}"

    def _place_at(self, offset: int) -> str | None:
        at = bisect_right(self._place_starts, offset) - 1
        return self.places[at].name if at >= 0 and offset < self.places[at].end else None

    def cells_apart(self, start: int, end: int) -> str:
        """Return ``text[start:end]`` with white space for what parts the values of a .csv file.

        Its commas would otherwise join figures. 例: 812,640 are two values, 812 and 640
        """
        if self.kind != "csv":
            return self.text[start:end]
        spans = [(c.start, c.end) for t in self.tables if t.start < end and start < t.end for c in t.cells]
        if not spans:
            return self.text[start:end]
        held = {at for a, b in spans for at in range(max(a, start), min(b, end))}
        return "".join(self.text[at] if at in held else "\t" for at in range(start, end))

    def headings_at(self, offset: int) -> tuple[str, ...]:
        """Return the headings of the block that holds the character at ``offset``; none where there is none."""
        return next((b.headings for b in self.blocks if b.start <= offset < b.end), ())

    def page_at(self, offset: int) -> Page:
        """Return the page that holds the character at ``offset``."""
        return self.pages[max(0, bisect_right(self._page_starts, offset) - 1)]


@dataclass(frozen=True)
class Chunk:
    """A passage that is indexed: ``document.text[start:end] == text``, inside one page."""

    id: str  # "<document id>:<start>-<end>"
    document_id: str
    page: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    title: str = ""  # of the document, so that a chunk is searchable on its own
    published: str | None = None


@dataclass(frozen=True)
class Fact:
    """A value with what it measures, when and where it was said.

    ``text[start:end]`` is the quote (a line, sentence or table row), ``text[value_start:value_end]`` the value in it.
    ``context`` holds further spans that the reading rests on: header row, unit line, note.
    """

    id: str  # "<document id>:f<ordinal>"
    document_id: str
    kind: FactKind
    label: str  # what is measured, in words: row and column headings, key, or subject
    value: str  # as printed
    number: (
        float | None
    )  # value in its own unit's base: 千円 → 円, 万人 → 人; △ and ▲ are minus; None when not a figure
    unit: str | None  # as printed or inherited, such as 千円
    as_of: str | None  # "2024-01-31", "2024-01", "2024" or "FY2023"
    as_of_from: Literal["text", "column", "row", "heading", "document"] | None
    scope: str | None  # table title or innermost heading
    page: int
    start: int
    end: int
    value_start: int
    value_end: int
    headings: tuple[str, ...] = ()
    row: str | None = None  # cells: the row's heading
    column: str | None = None  # cells: the column's heading, outermost part first, joined with a space
    table: int | None = None  # cells: ordinal of the table in Document.tables
    context: tuple[tuple[int, int], ...] = ()
