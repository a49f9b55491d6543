"""PDF files: text with a box for every character, ruled tables, and pictures of pages.

PDFs are hostile: whatever touches one runs in a child process (``python -m ingest.pdf``) with limits on memory and
time, so that a crash or a hang costs one page or one file, never the caller. This is the only module that imports
pypdfium2 and pdfplumber, and only the child imports them.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import os
import queue
import re
import subprocess
import sys
import threading
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from ingest.document import Cell, Document, Page, Table

Box = tuple[float, float, float, float]

# --- what callers use ------------------------------------------------------------------------------------------------

_PAGE_SECONDS = 15.0  # no page that a person can read takes longer
_MEMORY = 2 << 30
_MOST_BAD_PAGES = 3


def read_pdf(path: Path, data: bytes) -> Document:
    """Return the text, boxes and ruled tables of a PDF (its blocks are found by the caller); raise ``ParseError``."""
    digest = hashlib.sha256(data).hexdigest()
    head: dict[str, Any] = {}
    pages: list[dict[str, Any]] = []
    bad: list[int] = []
    while not head or len(pages) < head["pages"]:
        try:
            for record in _ask(path, "read", str(len(pages))):
                if "error" in record:
                    _refuse(path, record)
                elif "pages" in record:
                    head = record
                else:
                    pages.append(record)
        except _ChildFailedError as error:
            if not head:
                raise _error(path, "broken", str(error)) from error
        if len(pages) >= head["pages"]:
            break
        # The next page was too much: go on behind it.
        bad.append(len(pages) + 1)
        if len(bad) > _MOST_BAD_PAGES:
            raise _error(path, "stuck", f"pages {bad} took too long or crashed", bad[-1])
        pages.append({"text": "", "width": None, "height": None, "boxes": "", "tables": []})
    return _document(path, digest, head, pages, bad)


def page_count(path: Path) -> int:
    """Return how many pages a PDF has; raise ``ParseError``."""
    record = _single(path, "count")
    return int(record["pages"])


def render_page(path: Path, page: int, *, dpi: int = 110, boxes: Sequence[Box] = ()) -> bytes:
    """Return page ``page`` (from 1) as a PNG, with ``boxes`` (points, origin top left) marked in yellow."""
    record = _single(path, "render", json.dumps({"page": page, "dpi": dpi, "boxes": list(boxes)}))
    return base64.b64decode(record["png"])


def _single(path: Path, *arguments: str) -> dict[str, Any]:
    try:
        for record in _ask(path, *arguments):
            if "error" in record:
                _refuse(path, record)
            return record
    except _ChildFailedError as error:
        raise _error(path, "broken", str(error)) from error
    raise _error(path, "broken", "no answer")


_MESSAGES = {
    "encrypted": "パスワードで保護された PDF です。パスワードを外した PDF を指定してください。",
    "broken": "PDF が壊れているため読めません。元の文書から PDF を作り直してください。",
    "stuck": "PDF に処理できないページがあります。元の文書から PDF を作り直してください。",
    "image": "文字のない（画像のみの）PDF です。文字認識（OCR）をかけた PDF を指定してください。",
    "page": "そのページはありません。",
}


def _error(path: Path, kind: str, detail: str, page: int | None = None) -> Exception:
    from ingest.parse import ParseError  # parse imports this module when it meets a PDF

    return ParseError(path, _MESSAGES[kind], detail, page)


def _refuse(path: Path, record: dict[str, Any]) -> NoReturn:
    raise _error(path, record["error"], record["detail"])


class _ChildFailedError(Exception):
    """The child died or did not answer in time."""


def _ask(path: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """Yield what the child says, one record a line; raise when it crashes or falls silent."""
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH")]))
    environment["PYTHONIOENCODING"] = "utf-8"
    child = subprocess.Popen(
        [sys.executable, "-m", "ingest.pdf", str(path.resolve()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    assert child.stdout is not None
    stdout = child.stdout
    lines: queue.Queue[bytes] = queue.Queue(maxsize=64)

    def pump() -> None:
        for line in stdout:
            lines.put(line)
        lines.put(b"")

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        while True:
            try:
                line = lines.get(timeout=_PAGE_SECONDS)
            except queue.Empty:
                raise _ChildFailedError(f"no answer within {_PAGE_SECONDS:.0f} s") from None
            if not line:
                break
            yield json.loads(line)
        if child.wait() != 0:
            raise _ChildFailedError(f"the reader ended with status {child.returncode}")
    finally:
        child.kill()
        # A full queue must not keep the pump, and with it the pipe, open.
        while thread.is_alive():
            try:
                lines.get(timeout=0.05)
            except queue.Empty:
                thread.join(0.05)
        child.wait()
        stdout.close()


def _document(
    path: Path, digest: str, head: dict[str, Any], records: Sequence[dict[str, Any]], bad: Sequence[int]
) -> Document:
    """Return the document made of the child's pages."""
    from ingest.text import printed_labels

    texts = [str(record["text"]) for record in records]
    if not any(text.strip() for text in texts):
        raise _error(path, "image", "no page has any text")
    labels = printed_labels(texts)
    pages: list[Page] = []
    tables: list[Table] = []
    at = 0
    nothing = array("f", [math.nan] * 4).tobytes()
    for number, (record, text, label) in enumerate(zip(records, texts, labels, strict=True), 1):
        end = at + len(text) + 1  # and the form feed
        boxes = base64.b64decode(record["boxes"]) + nothing
        if len(boxes) != 16 * (end - at):
            boxes = nothing * (end - at)
        pages.append(Page(number, at, end, label, record["width"], record["height"], boxes))
        tables.extend(_table(table, at, number) for table in record["tables"])
        at = end
    warnings: list[str] = []
    empty = [n for n, text in enumerate(texts, 1) if not text.strip() and n not in bad]
    if empty:
        warnings.append(f"文字のないページがあります（画像のみ、または白紙）：{_ranges(empty)}ページ。")
    if bad:
        warnings.append(f"読み取れなかったページがあります：{_ranges(bad)}ページ。")
    garbled = [n for n, text in enumerate(texts, 1) if _is_garbled(text)]
    if garbled:
        warnings.append(f"文字コードのない書体のため正しく読めないページがあります：{_ranges(garbled)}ページ。")
    return Document(
        id=digest[:16],
        source=str(path),
        file=path.name,
        sha256=digest,
        kind="pdf",
        text="".join(text + "\f" for text in texts),
        pages=tuple(pages),
        paging="physical",
        tables=tuple(tables),
        title=head["title"],
        published=head["created"],
        warnings=tuple(warnings),
    )


def _table(record: dict[str, Any], at: int, page: int) -> Table:
    def moved(span: Sequence[int] | None) -> tuple[int, int] | None:
        return (span[0] + at, span[1] + at) if span is not None else None

    cells = tuple(Cell(at + a, at + b, *place) for a, b, *place in record["cells"])
    return Table(
        start=at + record["start"],
        end=at + record["end"],
        page=page,
        cells=cells,
        header_rows=record["header_rows"],
        header_columns=record["header_columns"],
        title=moved(record["title"]),
        unit=moved(record["unit"]),
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Return page numbers for people. 例: 1, 2, 3, 7 → 1～3、7"""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return "、".join(str(p[0]) if len(p) == 1 else f"{p[0]}～{p[-1]}" for p in parts)


def _is_garbled(text: str) -> bool:
    letters = [c for c in text if not c.isspace()]
    strange = sum(1 for c in letters if c == "\ufffd" or unicodedata.category(c) in ("Co", "Cn"))
    return len(letters) > 20 and strange > len(letters) // 3


# --- in the child: characters ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Char:
    text: str  # one character
    box: Box | None  # points, origin top left of the page as shown; None for what has no ink
    line: int = 0
    tight: Box | None = None

    @property
    def middle(self) -> tuple[float, float]:
        x0, y0, x1, y1 = self.tight or self.box or (math.nan,) * 4
        return (x0 + x1) / 2, (y0 + y1) / 2


@dataclass
class _Sheet:
    """A page as it is shown."""

    chars: list[_Char]
    width: float
    height: float
    tables: list[dict[str, Any]] = field(default_factory=list)


def _to_shown(page: Any) -> Any:
    """Return a function from a box in PDF space to one on the page as shown (crop box and rotation applied)."""
    left, bottom, right, top = page.get_cropbox()
    media = page.get_mediabox()
    left, bottom = max(left, media[0]), max(bottom, media[1])
    right, top = min(right, media[2]), min(top, media[3])
    rotation = page.get_rotation() % 360

    def point(x: float, y: float) -> tuple[float, float]:
        if rotation == 90:
            return y - bottom, x - left
        if rotation == 180:
            return right - x, y - bottom
        if rotation == 270:
            return top - y, right - x
        return x - left, top - y

    def shown(x0: float, y0: float, x1: float, y1: float) -> Box:
        (a, b), (c, d) = point(x0, y0), point(x1, y1)
        return min(a, c), min(b, d), max(a, c), max(b, d)

    return shown


_NO_TEXT = frozenset(range(0x20)) | {0x7F, 0xFFFE, 0xFFFF, 0xFEFF, 0x200B, 0x00AD}


def _characters(page: Any) -> list[_Char]:
    """Return the characters of a page in pdfium's reading order, line ends as ``\\n``."""
    import ctypes

    import pypdfium2.raw as pdfium

    shown = _to_shown(page)
    textpage = page.get_textpage()
    found: list[_Char] = []
    x0, x1, y0, y1 = (ctypes.c_double() for _ in range(4))
    loose = pdfium.FS_RECTF()
    high = 0
    line = 0
    for i in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, i)
        if code in (0x0A, 0x0D):
            if found and found[-1].text != "\n":
                found.append(_Char("\n", None, line))
                line += 1
            continue
        if code == 0x02:  # pdfium's mark for a hyphen at a line end
            code = 0x2D
        if code in _NO_TEXT:
            if code == 0x09:
                found.append(_Char(" ", None, line))
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            if not high:
                continue
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        character = chr(code)
        if character.isspace():
            found.append(_Char("　" if character == "　" else " ", None, line))
            continue
        tight = box = None
        if pdfium.FPDFText_GetCharBox(textpage, i, x0, x1, y0, y1) and x1.value > x0.value and y1.value > y0.value:
            tight = box = shown(x0.value, y0.value, x1.value, y1.value)
            if pdfium.FPDFText_GetLooseCharBox(textpage, i, loose):
                # The loose box spans the line's height, which is what a marker pen covers; wild ones are not used.
                wide = shown(loose.left, loose.bottom, loose.right, loose.top)
                if _contains(wide, tight) and wide[3] - wide[1] <= 4 * max(tight[3] - tight[1], tight[2] - tight[0]):
                    box = wide
        found.append(_Char(character, box, line, tight))
    textpage.close()
    while found and found[-1].text == "\n":
        found.pop()
    return _without_doubles(_without_spread(found))


def _contains(outer: Box, inner: Box) -> bool:
    slack = 0.5
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and outer[2] >= inner[2] - slack
        and outer[3] >= inner[3] - slack
    )


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _without_spread(chars: list[_Char]) -> list[_Char]:
    """Return the characters without the spaces of spread type. 例: 南 町 議 会 → 南町議会; 日　時 stays"""
    kept: list[_Char] = []
    for group in _by_line(chars):
        spaces = [
            i
            for i in range(1, len(group) - 1)
            if group[i].text == " " and _is_wide(group[i - 1].text) and _is_wide(group[i + 1].text)
        ]
        pairs = sum(
            1 for a, b in pairwise(group) if _is_wide(a.text) and _is_wide(b.text) and a.text != "　" and b.text != "　"
        )
        drop: set[int] = set()
        if len(spaces) >= 3 and len(spaces) > 2 * pairs:
            gaps = sorted(_gap(group[i - 1], group[i + 1]) for i in spaces)
            usual = gaps[len(gaps) // 2]
            drop = {i for i in spaces if _gap(group[i - 1], group[i + 1]) <= usual + 2}
        else:
            # A space that is narrower than a quarter of its neighbours is how the type was set, not a word's end.
            drop = {i for i in spaces if _gap(group[i - 1], group[i + 1]) < 0.25 * _size(group[i - 1])}
        kept.extend(char for i, char in enumerate(group) if i not in drop)
    return kept


def _by_line(chars: Sequence[_Char]) -> Iterator[list[_Char]]:
    group: list[_Char] = []
    for char in chars:
        group.append(char)
        if char.text == "\n":
            yield group
            group = []
    if group:
        yield group


def _gap(left: _Char, right: _Char) -> float:
    if left.box is None or right.box is None:
        return math.inf
    return max(right.box[0] - left.box[2], right.box[1] - left.box[3])


def _size(char: _Char) -> float:
    return max(char.box[2] - char.box[0], char.box[3] - char.box[1]) if char.box else 0.0


def _without_doubles(chars: list[_Char]) -> list[_Char]:
    """Return the characters without those drawn twice on one spot, which is how some programs make bold type."""
    seen: set[tuple[str, int, int]] = set()
    kept: list[_Char] = []
    for char in chars:
        if char.tight is not None:
            x, y = char.middle
            places = {(char.text, round(x + dx), round(y + dy)) for dx in (-0.4, 0.4) for dy in (-0.4, 0.4)}
            if places & seen:
                continue
            seen.add((char.text, round(x), round(y)))
        kept.append(char)
    return kept


# --- in the child: tables --------------------------------------------------------------------------------------------

_MOST_RULES = 6000  # more lines than this are a map or a chart


def _is_ruled(page: Any) -> bool:
    """Say whether a page holds lines or boxes that may rule a table."""
    import pypdfium2.raw as pdfium

    flat = upright = 0
    for count, item in enumerate(page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_PATH,), max_depth=3)):
        if count > _MOST_RULES:
            return False
        left, bottom, right, top = item.get_bounds()
        width, height = right - left, top - bottom
        if width >= 12 and height <= 3:
            flat += 1
        elif height >= 6 and width <= 3:
            upright += 1
        elif width >= 12 and height >= 6:
            flat += 2
            upright += 2
    return flat >= 3 and upright >= 2


@dataclass(eq=False)
class _Grid:
    """A ruled table as geometry: its rulings, and its cells by their first row and column."""

    columns: list[float]
    rows: list[float]
    cells: dict[tuple[int, int], tuple[int, int]]  # (row, column) to (row span, column span)
    owner: dict[tuple[int, int], tuple[int, int]]  # every field to the cell that covers it
    chars: dict[tuple[int, int], list[_Char]]

    @property
    def bound(self) -> Box:
        return self.columns[0], self.rows[0], self.columns[-1], self.rows[-1]

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        if not (self.columns[0] <= x < self.columns[-1] and self.rows[0] <= y < self.rows[-1]):
            return None
        return self.owner.get((bisect_right(self.rows, y) - 1, bisect_right(self.columns, x) - 1))

    @property
    def is_table(self) -> bool:
        """Whether its cells hold what cells hold: something in two rows and two columns, and no page in one of them."""
        filled = [key for key, chars in self.chars.items() if chars]
        return (
            len(filled) >= 4
            and len({row for row, _ in filled}) > 1
            and len({column for _, column in filled}) > 1
            and all(len(chars) <= 1200 for chars in self.chars.values())
        )


def _grids(plumbed: Any) -> list[_Grid]:
    """Return the ruled grids of a page, topmost first; a frame around another grid is none."""
    left, top = plumbed.bbox[:2]
    found = [
        [(c[0] - left, c[1] - top, c[2] - left, c[3] - top) for c in table.cells if c is not None]
        for table in plumbed.find_tables()
    ]
    found = [cells for cells in found if 4 <= len(cells) <= 4000]
    kept = [
        cells
        for cells in found
        if not any(_contains(cell, _bound(other)) for other in found if other is not cells for cell in cells)
    ]
    grids = [_grid(cells) for cells in sorted(kept, key=lambda cells: _bound(cells)[1])]
    return [grid for grid in grids if grid is not None]


def _grid(boxes: Sequence[Box]) -> _Grid | None:
    columns = _rulings([x for box in boxes for x in (box[0], box[2])])
    rows = _rulings([y for box in boxes for y in (box[1], box[3])])
    if len(columns) < 3 or len(rows) < 3:
        return None
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for box in sorted(boxes, key=lambda box: (box[1], box[0])):
        row, column = _nearest(rows, box[1]), _nearest(columns, box[0])
        below, right = _nearest(rows, box[3]), _nearest(columns, box[2])
        fields = [(r, c) for r in range(row, below) for c in range(column, right)]
        if not fields or any(place in owner for place in fields):
            continue
        cells[row, column] = (below - row, right - column)
        owner.update(dict.fromkeys(fields, (row, column)))
    return _Grid(columns, rows, cells, owner, {key: [] for key in cells})


def _bound(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _rulings(values: Sequence[float]) -> list[float]:
    """Return the distinct rulings, those closer than 2 points taken as one."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > 2:
            found.append(value)
    return found


def _nearest(edges: Sequence[float], value: float) -> int:
    return min(range(len(edges)), key=lambda i: abs(edges[i] - value))


def _set_tables(sheet: _Sheet, grids: Sequence[_Grid]) -> None:
    """Set the ruled tables of a page cell by cell, rows on lines of their own and cells between tabs.

    As a PDF draws them, the lines of neighbouring cells are mixed; set cell by cell, each cell is one span.
    """
    home: list[_Grid | None] = []
    for char in sheet.chars:
        place = None
        if char.tight is not None:
            for candidate in grids:
                key = candidate.cell_at(*char.middle)
                if key is not None:
                    candidate.chars[key].append(char)
                    place = candidate
                    break
        home.append(place)
    tables = [candidate for candidate in grids if candidate.is_table]
    if not tables:
        return
    chars: list[_Char] = []
    begun: list[_Grid] = []
    previous: _Grid | None = None  # the table that the characters just passed belong to
    for char, place in zip(sheet.chars, home, strict=True):
        grid = place if place in tables else None
        if char.tight is None and previous is not None:
            continue  # spaces and line ends within a table
        if grid is None:
            if previous is not None:
                previous = None
                if chars and chars[-1].text != "\n":
                    chars.append(_Char("\n", None))
            chars.append(char)
            continue
        previous = grid
        if grid in begun:
            continue
        begun.append(grid)
        while chars and chars[-1].text in (" ", "　"):
            chars.pop()
        if chars and chars[-1].text != "\n":
            chars.append(_Char("\n", None))
        sheet.tables.append(_set(grid, chars))
    sheet.chars = chars
    for table in sheet.tables:
        table["title"], table["unit"] = _caption(sheet, table)


def _set(grid: _Grid, chars: list[_Char]) -> dict[str, Any]:
    """Append a table to the characters of a page; return where it and its cells stand."""
    start = len(chars)
    cells: list[tuple[int, int, int, int, int, int]] = []
    used = sorted({row for row, _ in grid.cells})
    for number, row in enumerate(used):
        if number:
            chars.append(_Char("\n", None))
        for column in sorted(column for r, column in grid.cells if r == row):
            if column:
                chars.append(_Char("\t", None))
            first = len(chars)
            chars.extend(_in_one_line(grid.chars[row, column]))
            row_span, column_span = grid.cells[row, column]
            covered = sum(1 for r in used if row <= r < row + row_span)
            cells.append((first, len(chars), number, column, covered, column_span))
    filled = [cell for cell in cells if cell[0] < cell[1]]
    header_rows, header_columns = _headers(cells, chars, len(used), len(grid.columns) - 1)
    return {
        "start": min(cell[0] for cell in filled),
        "end": max(cell[1] for cell in filled),
        "cells": cells,
        "header_rows": header_rows,
        "header_columns": header_columns,
        "bound": grid.bound,
        "from": start,
    }


def _in_one_line(chars: Sequence[_Char]) -> list[_Char]:
    """Return the inked characters of a cell as one line, with a space where words or lines of letters part."""
    line: list[_Char] = []
    for char in chars:
        if line and not (_is_wide(line[-1].text) and _is_wide(char.text)):
            last, box = line[-1].box, char.box
            if last is not None and box is not None:
                apart = box[0] - last[2] > 0.25 * _size(line[-1]) or box[1] > last[3] - 1
                if apart and not (_is_wide(line[-1].text) or _is_wide(char.text)):
                    line.append(_Char(" ", None))
        line.append(char)
    return line


def _headers(
    cells: Sequence[tuple[int, int, int, int, int, int]], chars: Sequence[_Char], rows: int, columns: int
) -> tuple[int, int]:
    """Return how many rows and columns of a table are headings: those before the first figure."""
    from ingest.tables import is_value

    texts = {(r, c): "".join(char.text for char in chars[a:b]) for a, b, r, c, _, _ in cells}
    values = {place for place, text in texts.items() if text and is_value(text)}
    if not values:
        return (1, 0) if columns > 2 else (0, 1)

    def share(places: list[tuple[int, int]]) -> float:
        filled = [place for place in places if texts.get(place)]
        return sum(place in values for place in filled) / len(filled) if filled else 0.0

    header_columns = next(
        (c for c in range(columns) if share([(r, c) for r in range(rows) if r]) >= 0.4), min(1, columns)
    )
    header_rows = next(
        (r for r in range(rows) if share([(r, c) for c in range(header_columns, columns)]) >= 0.4), min(1, rows)
    )
    # Headings may go on in a merged cell; and a table of nothing but figures has none.
    return min(header_rows, rows - 1), min(header_columns, columns - 1)


_UNIT = re.compile(r"単\s?位\s?[：:／/]?\s?(?P<unit>[^\s）)、，,：:]{1,8})")


def _caption(sheet: _Sheet, table: dict[str, Any]) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Return the spans of the title and the unit that stand above a table (or the unit at its foot)."""
    left, top, right, bottom = table["bound"]
    others = [t for t in sheet.tables if t is not table]
    title = unit = None
    above: list[tuple[float, int, int]] = []
    for start, end, box in _lines(sheet.chars):
        if table["start"] <= start < table["end"] or any(t["start"] <= start < t["end"] for t in others):
            continue
        text = "".join(char.text for char in sheet.chars[start:end])
        beside = box[0] < right and box[2] > left
        near = -4 <= top - box[3] <= 48 or 0 <= box[1] - bottom <= 16
        match = _UNIT.search(text)
        if match and near and beside and unit is None:
            unit = (start + match.start("unit"), start + match.end("unit"))
        if beside and -4 <= top - box[3] <= 48 and not match:
            above.append((top - box[3], start, end))
        elif match and beside and -4 <= top - box[3] <= 48:
            named = text[: match.start()].rstrip(" 　（([【")
            if len(named) >= 4:
                above.append((top - box[3], start, start + len(named)))
    for _, start, end in sorted(above):
        text = "".join(char.text for char in sheet.chars[start:end]).strip()
        if len(text) <= 60 and not text.endswith(("。", "、")) and not text.startswith(("※", "注", "（注")):
            title = (start, end)
            break
    return title, unit


def _lines(chars: Sequence[_Char]) -> Iterator[tuple[int, int, Box]]:
    """Yield start, end and box of each line that has ink."""
    start = 0
    for i in range(len(chars) + 1):
        if i == len(chars) or chars[i].text == "\n":
            boxes = [char.box for char in chars[start:i] if char.box is not None]
            if boxes:
                a, b = start, i
                while chars[a].box is None:
                    a += 1
                while chars[b - 1].box is None:
                    b -= 1
                yield a, b, _bound(boxes)
            start = i + 1


# --- in the child: the commands --------------------------------------------------------------------------------------


def _main(arguments: Sequence[str]) -> int:
    path, command, *rest = arguments
    _limit_memory()
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)  # tries the empty password by itself
        count = len(document)
    except pypdfium2.PdfiumError as error:
        kind = "encrypted" if "password" in str(error).lower() or "security" in str(error).lower() else "broken"
        return _say({"error": kind, "detail": str(error)})
    if count == 0:
        return _say({"error": "broken", "detail": "no pages"})
    if command == "count":
        return _say({"pages": count})
    if command == "render":
        return _say(_rendered(document, json.loads(rest[0])))
    metadata = document.get_metadata_dict()
    _say({"pages": count, "title": metadata.get("Title", "").strip(), "created": _created(metadata)})
    plumber = _Plumber(path)
    for number in range(int(rest[0]), count):
        _say(_read_page(document, number, plumber))
    return 0


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _say(record: dict[str, Any]) -> int:
    sys.stdout.write(json.dumps(record, ensure_ascii=True) + "\n")
    sys.stdout.flush()
    return 0


def _created(metadata: dict[str, str]) -> str | None:
    """Return the day a PDF says it was made on. 例: D:20210512045225+09'00' → 2021-05-12"""
    match = re.match(r"D:((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", metadata.get("CreationDate", ""))
    return "-".join(match.groups()) if match else None


class _Plumber:
    """pdfplumber's view of the file, opened only when a page has rulings."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: Any = None

    def page(self, number: int) -> Any:
        if self._file is None:
            import pdfplumber

            self._file = pdfplumber.open(self._path)
        return self._file.pages[number]


def _read_page(document: Any, number: int, plumber: _Plumber) -> dict[str, Any]:
    page = document[number]
    width, height = page.get_size()
    sheet = _Sheet(_characters(page), width, height)
    if any(char.tight is not None for char in sheet.chars) and _is_ruled(page):
        # Tables are an addition: a page that pdfplumber cannot read still has its text.
        try:
            plumbed = plumber.page(number)
            grids = _grids(plumbed)
            plumbed.close()
        except Exception:
            grids = []
        _set_tables(sheet, grids)
    page.close()
    boxes = array("f")
    for char in sheet.chars:
        boxes.extend(char.box or (math.nan,) * 4)
    if sys.byteorder == "big":
        boxes.byteswap()
    return {
        "text": "".join(char.text for char in sheet.chars),
        "width": width,
        "height": height,
        "boxes": base64.b64encode(boxes.tobytes()).decode("ascii"),
        "tables": sheet.tables,
    }


_MOST_PIXELS = 40_000_000


def _rendered(document: Any, wish: dict[str, Any]) -> dict[str, Any]:
    """Return a page's picture; the boxes are translucent yellow with a border."""
    from PIL import Image, ImageDraw

    if not 1 <= wish["page"] <= len(document):
        return {"error": "page", "detail": f"page {wish['page']} of {len(document)}"}
    page = document[wish["page"] - 1]
    width, height = page.get_size()
    scale = min(wish["dpi"] / 72, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
    picture = page.render(scale=scale).to_pil().convert("RGBA")
    marks = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(marks)
    for x0, y0, x1, y1 in wish["boxes"]:
        corners = [round(v * scale) for v in (x0, y0, x1, y1)]
        pen.rectangle(corners, fill=(255, 221, 0, 90), outline=(214, 158, 0, 255), width=max(1, round(scale)))
    out = io.BytesIO()
    Image.alpha_composite(picture, marks).convert("RGB").save(out, "PNG")
    return {"png": base64.b64encode(out.getvalue()).decode("ascii")}


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
