"""PDF files: text with a box for every character, ruled tables, and pictures of pages.

PDFs are hostile: whatever touches one runs in a child process (``python -m ingest.pdf``) with limits on memory and
time, so that a crash or a hang costs one page or one file, never the caller. This is the only module that imports
pypdfium2, and only the child does.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import io
import json
import math
import os
import queue
import re
import statistics
import subprocess
import sys
import threading
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from ingest.document import Cell, Document, Page, Table
from ingest.reading_order import Part, Piece, reading_order

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
        follows=record.get("follows", False),
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


def _is_kanji(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _without_spread(chars: list[_Char]) -> list[_Char]:
    """Return the characters without the spaces of spread type. 例: 町 議 会 → 町議会, 1, 234 → 1,234"""
    kept: list[_Char] = []
    for group in _by_line(chars):
        spaces = [i for i in range(1, len(group) - 1) if group[i].text == " " and group[i - 1].box and group[i + 1].box]
        wide = [i for i in spaces if _is_wide(group[i - 1].text) and _is_wide(group[i + 1].text)]
        pairs = sum(1 for a, b in pairwise(group) if a.box and b.box and _is_wide(a.text) and _is_wide(b.text))
        drop = {i for i in spaces if _gap(group[i - 1], group[i + 1]) < _least_space(group[i - 1], group[i + 1])}
        if len(wide) >= 3 and len(wide) > 2 * pairs:
            gaps = sorted(_gap(group[i - 1], group[i + 1]) for i in wide)
            drop |= {i for i in wide if _gap(group[i - 1], group[i + 1]) <= gaps[len(gaps) // 2] + 2}
        text = "".join(char.text for char in group)
        for match in _SPREAD_NAME.finditer(text):
            between = [i for i in range(*match.span()) if group[i].text == " "]
            gaps = [_gap(group[i - 1], group[i + 1]) for i in between]
            if max(gaps) <= 1.25 * min(gaps) + 1:
                drop |= set(between)
        for match in _SPREAD_DIGITS.finditer(text):
            drop |= {i for i in range(*match.span()) if group[i].text == " "}
        kept.extend(char for i, char in enumerate(group) if i not in drop)
    return kept


# 例: 2 3 , 9 8 2 千円; but 1月 2月 and 12 34 are what they are
_SPREAD_DIGITS = re.compile(r"(?<![0-9.,])[0-9](?: [0-9.,]){2,}(?![0-9.,]| [0-9])")
_SPREAD_NAME = re.compile(r"(?<![一-鿿])[一-鿿](?: [一-鿿]){2,}(?![一-鿿])")  # 例: （１）給 水 戸 数 19,200 戸
_NARROW = frozenset("、。，．,.・（）()「」『』【】〔〕：；:;")  # much of their width is white


def _least_space(left: _Char, right: _Char) -> float:
    """Return the width from which a gap between two characters is a space."""
    size = max(_size(left), _size(right))
    if left.text in ",." and right.text.isdecimal():
        return size
    if left.text in _NARROW or right.text in _NARROW:
        return 1.1 * size if _is_wide(left.text) or _is_wide(right.text) else 0.25 * size
    return 0.25 * size if _is_wide(left.text) and _is_wide(right.text) else 0.0


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

_MOST_SEGMENTS = 20_000  # more than this on a page is a map or a chart
_MOST_RULINGS = 1_500
_THIN = 3.0  # points: a filled rectangle no thicker than this is a line
_SNAP = 2.5  # points: rulings closer than this are one
_SHORTEST = 6.0  # points: shorter lines rule nothing


@dataclass(slots=True)
class _Ruling:
    """A straight line: at ``at`` across, from ``start`` to ``end`` along."""

    at: float
    start: float
    end: float


def _rulings(page: Any) -> tuple[list[_Ruling], list[_Ruling]]:
    """Return the upright and the flat lines of a page, as shown: strokes, thin boxes, and the sides of filled boxes."""
    shown = _to_shown(page)
    upright: list[_Ruling] = []
    flat: list[_Ruling] = []
    for count, segment in enumerate(_segments(page)):
        if count > _MOST_SEGMENTS:
            return [], []
        x0, y0, x1, y1 = shown(*segment)
        if x1 - x0 <= 1 and y1 - y0 > 1:
            upright.append(_Ruling((x0 + x1) / 2, y0, y1))
        elif y1 - y0 <= 1 and x1 - x0 > 1:
            flat.append(_Ruling((y0 + y1) / 2, x0, x1))
    upright, flat = _joined(upright), _joined(flat)
    if len(upright) + len(flat) > _MOST_RULINGS:
        return [], []
    return upright, flat


_Segment = tuple[float, float, float, float]
_Matrix = tuple[float, float, float, float, float, float]


def _segments(page: Any) -> Iterator[_Segment]:
    """Yield the straight segments that a page draws, in PDF space."""
    import pypdfium2.raw as pdfium

    for i in range(pdfium.FPDFPage_CountObjects(page)):
        yield from _of_object(pdfium.FPDFPage_GetObject(page, i), (1, 0, 0, 1, 0, 0), 0)


def _of_object(item: Any, outer: _Matrix, depth: int) -> Iterator[_Segment]:
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFPageObj_GetType(item)
    if kind not in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM):
        return
    own = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, own):
        return
    matrix = _product((own.a, own.b, own.c, own.d, own.e, own.f), outer)
    if kind == pdfium.FPDF_PAGEOBJ_FORM:
        if depth < 4:
            for i in range(pdfium.FPDFFormObj_CountObjects(item)):
                yield from _of_object(pdfium.FPDFFormObj_GetObject(item, i), matrix, depth + 1)
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    if not fill.value and not stroke.value:
        return  # a clipping path draws nothing
    lines = _lines_of_path(item, matrix)
    if not stroke.value:
        lines = _thinned(lines)
    yield from lines


def _product(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _lines_of_path(path: Any, matrix: _Matrix) -> list[_Segment]:
    import pypdfium2.raw as pdfium

    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    found: list[_Segment] = []
    begin = here = (0.0, 0.0)
    for i in range(min(pdfium.FPDFPath_CountSegments(path), _MOST_SEGMENTS)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        there = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            begin = there
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            found.append((*here, *there))
        here = there
        if pdfium.FPDFPathSegment_GetClose(segment):
            found.append((*here, *begin))
            here = begin
    return found


def _thinned(lines: list[_Segment]) -> list[_Segment]:
    """Return a filled shape as rulings: a thin box is one line along its middle."""
    if not lines:
        return lines
    xs = [v for line in lines for v in (line[0], line[2])]
    ys = [v for line in lines for v in (line[1], line[3])]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    if len(lines) <= 5 and x1 - x0 <= _THIN:
        return [((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)]
    if len(lines) <= 5 and y1 - y0 <= _THIN:
        return [(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)]
    return lines


def _joined(lines: list[_Ruling]) -> list[_Ruling]:
    """Return lines with those on one ruling brought to one place, and pieces that touch (dashes too) made one."""
    groups: list[list[_Ruling]] = []
    for line in sorted(lines, key=lambda line: line.at):
        if groups and line.at - groups[-1][0].at <= _SNAP:
            groups[-1].append(line)
        else:
            groups.append([line])
    found: list[_Ruling] = []
    for group in groups:
        at = sum(line.at for line in group) / len(group)
        pieces: list[_Ruling] = []
        for line in sorted(group, key=lambda line: line.start):
            if pieces and line.start <= pieces[-1].end + _SNAP:
                pieces[-1].end = max(pieces[-1].end, line.end)
            else:
                pieces.append(_Ruling(at, line.start, line.end))
        found.extend(piece for piece in pieces if piece.end - piece.start >= _SHORTEST)
    return found


@dataclass(eq=False)
class _Grid:
    """A ruled table as geometry: its rulings, and its cells by their first row and column."""

    columns: list[float]
    rows: list[float]
    cells: dict[tuple[int, int], tuple[int, int]]  # (row, column) to (row span, column span)
    owner: dict[tuple[int, int], tuple[int, int]]  # every field to the cell that covers it
    chars: dict[tuple[int, int], list[_Char]]
    tiled: bool = False  # its cells are boxes of their own

    @property
    def bound(self) -> Box:
        return self.columns[0], self.rows[0], self.columns[-1], self.rows[-1]

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        if not (self.columns[0] <= x < self.columns[-1] and self.rows[0] <= y < self.rows[-1]):
            return None
        return self.owner[bisect_right(self.rows, y) - 1, bisect_right(self.columns, x) - 1]

    @property
    def is_table(self) -> bool:
        """Whether its cells hold what cells hold: something in two rows and two columns, and no page in one of them."""
        filled = [key for key, chars in self.chars.items() if chars]
        return (
            len(filled) >= 4
            and len({row for row, _ in filled}) > 1
            and len({column for _, column in filled}) > 1
            and all(len(chars) <= 1200 for chars in self.chars.values())
            and not any(self._is_open(key) for key in filled)
            and (not self.tiled or self._measures(filled))
        )

    def _measures(self, filled: Sequence[tuple[int, int]]) -> bool:
        """Say whether boxes side by side are a table: short, and a good part of them figures."""
        texts = ["".join(char.text for char in self.chars[key]) for key in filled]
        figures = sum(re.search(r"[0-9０-９]", text) is not None for text in texts)
        return max(map(len, texts)) <= 60 and figures * 3 >= len(texts)

    def _is_open(self, key: tuple[int, int]) -> bool:
        """Say whether a cell spreads both ways and holds running text: then lines are missing, and it is no cell."""
        row_span, column_span = self.cells[key]
        return row_span > 1 and column_span > 1 and len(self.chars[key]) > 40


def _grids(page: Any) -> list[_Grid]:
    """Return the ruled grids of a page, topmost first."""
    upright, flat = _rulings(page)
    groups = _touching(upright, flat)
    tiled, groups = _tiled(groups)
    grids = [*tiled, *(_grid(*group) for group in groups)]
    return sorted((grid for grid in grids if grid is not None), key=lambda grid: (grid.rows[0], grid.columns[0]))


_TILES_APART = 10.0  # points
_LEAST_TILES = 9


def _tiled(
    groups: Sequence[tuple[list[_Ruling], list[_Ruling]]],
) -> tuple[list[_Grid], list[tuple[list[_Ruling], list[_Ruling]]]]:
    """Return the tables whose cells are boxes of their own with narrow white between them, and the other groups.

    Slides are drawn so. The white closes: its two sides become one ruling.
    """
    boxed = [(group, _bound_of(group)) for group in groups if len(group[0]) > 1 and len(group[1]) > 1]
    # A frame around others is no cell.
    boxed = [
        (group, box) for group, box in boxed if not any(_contains(box, other) for _, other in boxed if other is not box)
    ]
    if len(boxed) < _LEAST_TILES or len(boxed) > 400:
        return [], list(groups)
    clusters: list[list[int]] = []
    left = set(range(len(boxed)))
    while left:
        cluster = [left.pop()]
        for i in cluster:
            beside = {j for j in left if _are_tiles(boxed[i][1], boxed[j][1])}
            left -= beside
            cluster.extend(beside)
        clusters.append(cluster)
    found: list[_Grid] = []
    taken: list[int] = []
    for cluster in clusters:
        tiles = [boxed[i] for i in cluster]
        # A title over the table is set flush with none of its cells.
        tiles = [
            (group, box)
            for group, box in tiles
            if any(
                other is not box and min(abs(box[i] - other[i]) for i in (0, 2)) <= _SAME_PLACE for _, other in tiles
            )
        ]
        lefts, tops = _closed([box[0] for _, box in tiles]), _closed([box[1] for _, box in tiles])
        if len(tiles) < _LEAST_TILES or len(lefts) < 3 or len(tops) < 3:
            continue
        across = _closed([line.at for (upright, _), _ in tiles for line in upright])
        down = _closed([line.at for (_, flat), _ in tiles for line in flat])
        upright = [_moved(line, across, down) for (lines, _), _ in tiles for line in lines]
        flat = [_moved(line, down, across) for (_, lines), _ in tiles for line in lines]
        grid = _grid(upright, flat)
        if grid is not None:
            grid.tiled = True
            found.append(grid)
            taken.extend(id(group) for group, _ in tiles)
    return found, [group for group in groups if id(group) not in taken]


def _bound_of(group: tuple[Sequence[_Ruling], Sequence[_Ruling]]) -> Box:
    upright, flat = group
    return (
        min(line.at for line in upright),
        min(line.at for line in flat),
        max(line.at for line in upright),
        max(line.at for line in flat),
    )


def _are_tiles(a: Box, b: Box) -> bool:
    """Say whether two boxes stand beside or over each other with narrow white between them."""
    for near, far in ((0, 1), (1, 0)):
        gap = max(a[near], b[near]) - min(a[near + 2], b[near + 2])
        shared = min(a[far + 2], b[far + 2]) - max(a[far], b[far])
        if -1 <= gap <= _TILES_APART and shared > 0.5 * min(a[far + 2] - a[far], b[far + 2] - b[far]):
            return True
    return False


def _closed(values: Sequence[float]) -> list[float]:
    """Return one place for values that lie no further apart than tiles do."""
    places: list[list[float]] = []
    for value in sorted(values):
        if places and value - places[-1][0] <= _TILES_APART:
            places[-1].append(value)
        else:
            places.append([value])
    return [(place[0] + place[-1]) / 2 for place in places]


def _moved(line: _Ruling, own: Sequence[float], along: Sequence[float]) -> _Ruling:
    def nearest(value: float, places: Sequence[float]) -> float:
        return min(places, key=lambda place: abs(place - value))

    return _Ruling(nearest(line.at, own), nearest(line.start, along), nearest(line.end, along))


def _touching(upright: Sequence[_Ruling], flat: Sequence[_Ruling]) -> list[tuple[list[_Ruling], list[_Ruling]]]:
    """Return the lines in groups that hang together."""
    parent = list(range(len(upright) + len(flat)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, v in enumerate(upright):
        for j, h in enumerate(flat):
            across = h.start - _SNAP <= v.at <= h.end + _SNAP
            if across and v.start - _SNAP <= h.at <= v.end + _SNAP:
                parent[root(i)] = root(len(upright) + j)
    groups: dict[int, tuple[list[_Ruling], list[_Ruling]]] = {}
    for i, line in enumerate([*upright, *flat]):
        groups.setdefault(root(i), ([], []))[0 if i < len(upright) else 1].append(line)
    return list(groups.values())


def _grid(upright: Sequence[_Ruling], flat: Sequence[_Ruling]) -> _Grid | None:
    """Return the cells that lines enclose. The table's own sides may be open, as they often are."""
    if not upright or len(flat) < 2:
        return None
    columns = _places([*(v.at for v in upright), min(h.start for h in flat), max(h.end for h in flat)])
    rows = _places([*(h.at for h in flat), min(v.start for v in upright), max(v.end for v in upright)])
    if len(columns) < 3 or len(rows) < 3 or len(columns) * len(rows) > 20_000:
        return None
    walls = _walls(upright, columns, rows)  # (row, column): a line at the left of that field
    floors = {(r, c) for c, r in _walls(flat, rows, columns)}  # (row, column): a line at the top of that field
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    last_row, last_column = len(rows) - 1, len(columns) - 1
    for row in range(last_row):
        for column in range(last_column):
            if (row, column) in owner:
                continue
            right = column + 1
            while right < last_column and (row, right) not in walls and (row, right) not in owner:
                right += 1
            below = row + 1
            while below < last_row and not any(
                (below, c) in floors or (below, c) in owner for c in range(column, right)
            ):
                # A field with walls of its own ends the cell above it.
                if any((below, c) in walls for c in range(column + 1, right)):
                    break
                below += 1
            cells[row, column] = (below - row, right - column)
            owner.update({(r, c): (row, column) for r in range(row, below) for c in range(column, right)})
    return _Grid(columns, rows, cells, owner, {key: [] for key in cells})


def _places(values: Sequence[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _SNAP:
            found.append(value)
    return found


def _walls(lines: Sequence[_Ruling], across: Sequence[float], along: Sequence[float]) -> set[tuple[int, int]]:
    """Return (place along, place across) of each stretch between two places along that a line covers."""
    found: set[tuple[int, int]] = set()
    for line in lines:
        place = min(range(len(across)), key=lambda i: abs(across[i] - line.at))
        for i in range(len(along) - 1):
            low, high = along[i], along[i + 1]
            if min(high, line.end) - max(low, line.start) > 0.6 * (high - low):
                found.add((i, place))
    return found


def _bound(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


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


def _set(grid: _Grid, chars: list[_Char]) -> dict[str, Any]:
    """Append a table to the characters of a page; return where it and its cells stand."""
    cells: list[tuple[int, int, int, int, int, int]] = []
    # Double lines and margins make rows and columns in which nothing ever begins.
    rows = sorted({row for (row, _), held in grid.chars.items() if held})
    columns = sorted({column for (_, column), held in grid.chars.items() if held})
    number = -1
    for row in rows:
        lines = _rows_within(grid, row)
        for line in range(max((len(each) for each in lines.values()), default=1)):
            number += 1
            if number:
                chars.append(_Char("\n", None))
            for place, column in enumerate(columns):
                if (row, column) not in grid.cells:
                    continue
                if place:
                    chars.append(_Char("\t", None))
                first = len(chars)
                held = lines.get(column, [[]])[line] if lines else grid.chars[row, column]
                chars.extend(_in_one_line(held))
                row_span, column_span = grid.cells[row, column]
                down = sum(1 for r in rows if row <= r < row + row_span)
                along = sum(1 for c in columns if column <= c < column + column_span)
                cells.append((first, len(chars), number, place, down, along))
    filled = [cell for cell in cells if cell[0] < cell[1]]
    header_rows, header_columns = _headers(cells, chars, number + 1, len(columns))
    return {
        "start": min(cell[0] for cell in filled),
        "end": max(cell[1] for cell in filled),
        "cells": cells,
        "header_rows": header_rows,
        "header_columns": header_columns,
        "bound": grid.bound,
        "edges": {place: grid.columns[column] for place, column in enumerate(columns)},
    }


def _rows_within(grid: _Grid, row: int) -> dict[int, list[list[_Char]]]:
    """Return, by column, the lines of a row that is several rows without rulings; nothing where it is one row.

    例: ９時間 / ８時間 beside １３４日 / １０５日: every cell holds as many lines at the same heights, and all of one
    column are figures.
    """
    from ingest.tables import is_value

    if any(r < row < r + span for (r, _), (span, _) in grid.cells.items()):
        return {}  # beside a cell that reaches over several rows
    found: dict[int, list[list[_Char]]] = {}
    for (r, column), (span, _) in grid.cells.items():
        if r != row:
            continue
        if span > 1:
            return {}
        if grid.chars[r, column]:
            found[column] = _lines_of_cell(grid.chars[r, column])
    counts = {len(lines) for lines in found.values()}
    if len(found) < 2 or len(counts) != 1 or counts < {2}:
        return {}
    if counts == {1}:
        return {}
    for lines in zip(*found.values(), strict=True):
        heights = [_middle_of(line) for line in lines]
        if max(heights) - min(heights) > 0.5 * max(_size(line[0]) for line in lines):
            return {}
    figures = [
        column
        for column, lines in found.items()
        if all(is_value("".join(char.text for char in line).strip()) for line in lines)
    ]
    if not figures or (counts == {2} and len(figures) * 2 < len(found)):
        return {}
    empty = [[] for _ in range(next(iter(counts)))]  # type: list[list[_Char]]
    return {column: found.get(column, empty) for (r, column) in grid.cells if r == row}


def _lines_of_cell(chars: Sequence[_Char]) -> list[list[_Char]]:
    lines: list[list[_Char]] = []
    for char in chars:
        if char.box is None:
            continue
        if not lines or char.box[1] > _middle_of(lines[-1]):
            lines.append([])
        lines[-1].append(char)
    return lines


def _middle_of(line: Sequence[_Char]) -> float:
    return statistics.median((char.box[1] + char.box[3]) / 2 for char in line if char.box is not None)


def _go_on(table: dict[str, Any], above: dict[str, Any], text: str) -> None:
    """Give a page's first table the columns of the last one of the page before, where it is the rest of that.

    Its rulings stand at the same places; a column in which nothing is printed has been left out, and no headings are
    repeated.
    """
    edges, others = table.get("edges"), above.get("edges")
    if not edges or not others or len(edges) < 3:
        return
    sides = zip((table["bound"][0], table["bound"][2]), (above["bound"][0], above["bound"][2]), strict=True)
    if any(abs(a - b) > _SAME_PLACE for a, b in sides):
        return
    place = {
        column: next((other for other, at in others.items() if abs(at - left) <= _SAME_PLACE), None)
        for column, left in edges.items()
    }
    if None in place.values() or len(set(place.values())) < len(place):
        return
    top = [text[a:b] for a, b, row, *_ in table["cells"] if row == 0]
    spread = any(row == 0 and along > 1 for _, _, row, _, _, along in table["cells"])
    # A first row without figures is no heading when it has a number of its own or a sentence.
    if table["header_rows"] and (spread or not (top[0].isdecimal() or max(map(len, top)) > _LONGEST_HEADING)):
        return
    table["cells"] = [(a, b, row, place[column], *spans) for a, b, row, column, *spans in table["cells"]]
    table["header_rows"], table["header_columns"] = 0, above["header_columns"]
    table["edges"] = others
    table["follows"] = True


_SAME_PLACE = 4.0  # points
_LONGEST_HEADING = 25


def _in_one_line(chars: Sequence[_Char]) -> list[_Char]:
    """Return the inked characters of a cell as one line, with a space where words or lines of letters part."""
    line: list[_Char] = []
    for char in chars:
        if line and not (_is_wide(line[-1].text) and _is_wide(char.text)):
            last, box = line[-1].box, char.box
            if last is not None and box is not None:
                apart = box[0] - last[2] > max(0.25 * _size(line[-1]), _least_space(line[-1], char))
                apart = apart or box[1] > last[3] - 1
                if apart and not (_is_wide(line[-1].text) or _is_wide(char.text)):
                    line.append(_Char(" ", None))
        line.append(char)
    return line


def _headers(
    cells: Sequence[tuple[int, int, int, int, int, int]], chars: Sequence[_Char], rows: int, columns: int
) -> tuple[int, int]:
    """Return how many rows and columns of a table are headings.

    A further heading row has nothing of its own under the corner; heading columns go up to the first one of words.
    例: 番号 | 事業名 | 担当課 | 予算額 → 1 row, 2 columns
    """
    from ingest.dates import same_width
    from ingest.tables import is_label, is_value

    texts = {(r, c): "".join(char.text for char in chars[a:b]).strip() for a, b, r, c, _, _ in cells}
    values = {place for place, text in texts.items() if text and is_value(text) and not is_label(text)}
    if not values and columns < 3:
        return 0, 1

    def filled(r: int) -> list[int]:
        return [c for c in range(columns) if texts.get((r, c))]

    # What stands over all columns heads them all: their own headings begin below it.
    first = int(rows > 2 and any(row == column == 0 and along == columns for _, _, row, column, _, along in cells))
    # A row without a label and without a figure is of headings, and so are the rows above it.
    # 例: １日の所定労働時間 | ３６５日 | ３６６日 over (empty) | 年間休日日数
    header_rows = next(
        (
            r + 1
            for r in (first + 2, first + 1)
            if r < rows - 1 and filled(r) and texts.get((r, 0)) == "" and not any((r, c) in values for c in filled(r))
        ),
        0,
    )
    while header_rows < rows - 1:
        here = filled(header_rows)
        figures = sum((header_rows, c) in values for c in here if c)
        if figures >= 0.4 * max(1, len(here) - 1) or (header_rows > first and (0 in here or not here)):
            break
        header_rows += 1
    if header_rows == first + 1:
        # A heading that reaches over several rows makes headings of what stands beside it.
        reach = [row + down for _, _, row, c, down, _ in cells if row == first and c and texts.get((row, c))]
        header_rows = max(header_rows, min(max(reach, default=0), rows - 1))
    body = [r for r in range(header_rows, rows) if len(filled(r)) > 1]
    header_columns = 0
    for c in range(columns - 1):
        held = [texts[r, c] for r in body if texts.get((r, c))]
        serial = bool(held) and all(text.isdecimal() and len(text) < 4 for text in held) and _rises(held)
        serial = serial or _tallies(held)
        if c == 0 and header_rows and len(held) > 2 and all(_HOURS.fullmatch(same_width(text)) for text in held):
            return header_rows, 1
        if not serial and any((r, c) in values for r in body):
            break
        header_columns = c + 1
        if not serial and not _parts_on(cells, texts, values, header_rows, columns, c):
            break
    return header_rows, header_columns


def _parts_on(
    cells: Sequence[tuple[int, int, int, int, int, int]],
    texts: Mapping[tuple[int, int], str],
    values: Collection[tuple[int, int]],
    header_rows: int,
    columns: int,
    column: int,
) -> bool:
    """Say whether the labels of a column stand over several rows each, which the next column tells apart.

    例: 会議室 | 市内在住者 | 500円 above (same room) | 市外在住者 | 750円; 1.市民税 | 1.個人 | 1.現年課税分 | 69,102
    """
    if column + 2 >= columns:
        return False
    if not any(
        c == column and row >= header_rows and down > 1 and texts.get((row, c)) for _, _, row, c, down, _ in cells
    ):
        return False
    following = [
        (place, text) for place, text in texts.items() if place[1] == column + 1 and place[0] >= header_rows and text
    ]
    figures = any(place in values for place in texts if place[1] > column + 1 and place[0] >= header_rows)
    short = [text for place, text in following if place not in values and len(text) <= 20]
    return figures and len(short) == len(following) > 1


def _rises(numbers: Sequence[str]) -> bool:
    return all(int(b) == int(a) + 1 for a, b in pairwise(numbers))


def _tallies(cells: Sequence[str]) -> bool:
    """Say whether cells count up or down one by one in one unit. 例: 4日, 3日, 2日, 1日"""
    from ingest.dates import same_width

    parts = [re.fullmatch(r"([0-9]{1,3})([^0-9,.%]{1,3})", same_width(cell)) for cell in cells]
    if len(parts) < 3 or not all(parts) or len({part[2] for part in parts if part}) > 1:
        return False
    numbers = [part[1] for part in parts if part]
    return _rises(numbers) or _rises(numbers[::-1])


_HOURS = re.compile(r"[0-9]+時間(?:[0-9]+分)?")
_APART = 1.1  # of the type's size: a wider gap parts a line
_MARK = re.compile(r"[\ue000-\uf8ff・•●○◯◎■□◆◇▪▶➢※\u2460-\u2473⇒→]|[（(]?[0-9０-９]{1,2}[)）.．]")


def _pieces(sheet: _Sheet) -> list[Piece]:
    """Return the lines of a page cut at wide gaps, and its ruled tables."""
    found = [Piece(t["start"], t["end"], "", t["bound"], 0.0, solid=True) for t in sheet.tables]
    tables = list(found)
    for start, end, box in _lines(sheet.chars):
        if any(t.start <= start < t.end for t in tables):
            continue
        if _is_upright(start, end, box):
            found.append(Piece(start, end, _text(sheet, start, end), box, box[2] - box[0]))
            continue
        first = last = start
        letters = [_size(char) for char in sheet.chars[start:end] if char.text.isalnum() and char.box is not None]
        usual = statistics.median(letters) if letters else 0.0
        for i in range(start + 1, end):
            if sheet.chars[i].box is None:
                continue
            if _are_apart(sheet.chars[last], sheet.chars[i], usual) and not _is_spread(sheet.chars, last, i):
                mark = last - first < 4 and _MARK.fullmatch(_text(sheet, first, last + 1)) is not None
                if not mark or _gap(sheet.chars[last], sheet.chars[i]) > 3 * _size(sheet.chars[i]):
                    found.append(_piece(sheet, first, last + 1))
                    first = i
            last = i
        found.append(_piece(sheet, first, last + 1))
    return found


def _is_upright(start: int, end: int, box: Box) -> bool:
    return end - start > 2 and box[3] - box[1] > 2 * (box[2] - box[0])


def _are_apart(left: _Char, right: _Char, usual: float) -> bool:
    """Say whether two characters that follow each other in a line of pdfium stand in different pieces."""
    if left.box is None or right.box is None:
        return False
    size = max(_size(left), _size(right), 0.8 * usual)  # leaders have wide gaps for their size
    return right.box[0] - left.box[2] > _APART * size or right.box[2] < left.box[0] - size


def _is_spread(chars: Sequence[_Char], left: int, right: int) -> bool:
    """Say whether a gap is one of several like ones in a word that is set wide. 例: 給 水 戸 数"""
    gap = _gap(chars[left], chars[right])
    if (
        right != left + 1
        or gap > 4 * _size(chars[right])
        or not all(map(_is_kanji, chars[left].text + chars[right].text))
    ):
        return False
    for a, b in ((left - 1, left), (right, right + 1)):
        if a < 0 or b >= len(chars) or not (_is_kanji(chars[a].text) and _is_kanji(chars[b].text)):
            continue
        if abs(_gap(chars[a], chars[b]) - gap) <= 0.25 * gap + 1:
            return True
    return False


def _piece(sheet: _Sheet, start: int, end: int) -> Piece:
    """Return a piece; its box is as high as its type, since a font's own line height reaches into other lines."""
    inked = [char for char in sheet.chars[start:end] if char.box is not None]
    left, top, right, bottom = _bound([char.box for char in inked if char.box is not None])
    # Kana and signs may be set closer than their type's size; 漢字 never are.
    wide = [char.box[2] - char.box[0] for char in inked if char.box is not None and _is_kanji(char.text)]
    wide = wide or [char.box[2] - char.box[0] for char in inked if char.box is not None and _is_wide(char.text)]
    narrow = [char.box[2] - char.box[0] for char in inked if char.box is not None and not wide]
    size = min(statistics.median(wide) if wide else 1.8 * statistics.median(narrow), bottom - top)
    middle = statistics.median((char.box[1] + char.box[3]) / 2 for char in inked if char.box is not None)
    return Piece(start, end, _text(sheet, start, end), (left, middle - 0.42 * size, right, middle + 0.42 * size), size)


def _text(sheet: _Sheet, start: int, end: int) -> str:
    return "".join(char.text for char in sheet.chars[start:end])


def _set_in_order(sheet: _Sheet) -> None:
    """Set the lines and tables of a page in the order in which they are read; part paragraphs by a blank line.

    Programs draw titles and units after their tables, and pdfium joins what stands side by side. Upright writing keeps
    pdfium's order.
    """
    pieces = _pieces(sheet)
    if not pieces:
        return
    lines = [piece for piece in pieces if not piece.solid]
    upright = sum(1 for piece in lines if _is_upright(piece.start, piece.end, piece.box))
    if upright * 4 > len(lines):
        parts = [Part([[[piece]] for piece in sorted(pieces, key=lambda piece: piece.start)])]
    else:
        parts = reading_order(pieces, sheet.height)
    boxes = [_of_row(row) for part in parts for row in part.rows]
    gaps = sorted(max(0.0, b[1] - a[3]) for a, b in pairwise(boxes) if b[1] > a[1])
    usual = statistics.median(piece.size for piece in lines) if lines else 10.0
    # Lines set wide apart are no paragraphs: more than the page's usual gap counts.
    wide = (gaps[len(gaps) // 2] if gaps else 0.0) + 0.5 * usual
    ruled = {record["start"]: record for record in sheet.tables}
    chars: list[_Char] = []
    above: Box | None = None
    last = 0.0
    for part in parts:
        cells: list[tuple[int, int, int, int, int, int]] = []
        for number, row in enumerate(part.rows):
            box, size = _of_row(row), _size_of_row(row)
            if above is not None:
                chars.append(_Char("\n", None))
                gap = box[1] - above[3]
                # Titles and notes are set in another size than what they stand beside.
                resized = bool(size and last) and not 0.9 <= size / last <= 1.1
                if gap > wide or gap < -3 * usual or (not upright and (gap < -usual or resized)):
                    chars.append(_Char("\n", None))
            above, last = box, size
            for column, cell in enumerate(row):
                if column:
                    chars.extend(
                        [_Char("\t", None)] if part.is_table else _between(sheet, row[column - 1][-1], cell[0])
                    )
                begin = len(chars)
                for i, piece in enumerate(cell):
                    if i:
                        # A line that leaves room is no wrapped one.
                        full = cell[i - 1].box[2] > max(p.box[2] for p in cell) - 1.5 * piece.size
                        chars.extend(_between(sheet, cell[i - 1], piece) if full else [_Char(" ", None)])
                    if piece.solid:
                        _move(ruled[piece.start], len(chars) - piece.start)
                    chars.extend(sheet.chars[piece.start : piece.end])
                cells.append((begin, len(chars), number, column, 1, 1))
        if part.is_table:
            sheet.tables.append(_unruled(cells, chars, part))
    sheet.chars = chars
    sheet.tables.sort(key=lambda record: int(record["start"]))


def _between(sheet: _Sheet, left: Piece, right: Piece) -> list[_Char]:
    """Return what stands between two pieces of one row: their own spaces, or one."""
    own = sheet.chars[left.end : right.start]
    if right.start >= left.end and all(char.text in " 　" for char in own):
        return own
    if right.box[1] >= left.box[3] or right.box[0] - left.box[2] <= 0.25 * min(left.size, right.size):
        # The next line of a cell: only letters part.
        return [] if _is_wide(left.text[-1]) or _is_wide(right.text[0]) else [_Char(" ", None)]
    return [_Char(" ", None)]


def _size_of_row(row: Sequence[Sequence[Piece]]) -> float:
    """Return the size of a row's type, 0 where it cannot be told: only 漢字 are surely as wide as their type."""
    sizes = [piece.size for cell in row for piece in cell if any(map(_is_kanji, piece.text))]
    return max(sizes, default=0.0)


def _of_row(row: Sequence[Sequence[Piece]]) -> Box:
    return _bound([piece.box for cell in row for piece in cell])


def _move(record: dict[str, Any], by: int) -> None:
    record["start"] += by
    record["end"] += by
    record["cells"] = [(a + by, b + by, *place) for a, b, *place in record["cells"]]


def _unruled(cells: list[tuple[int, int, int, int, int, int]], chars: Sequence[_Char], part: Part) -> dict[str, Any]:
    header_rows, header_columns = 0, 1
    if not part.is_keyed:
        header_rows = _headers(cells, chars, len(part.rows), len(part.rows[0]))[0]
    return {
        "keyed": part.is_keyed,
        "start": cells[0][0],
        "end": cells[-1][1],
        "cells": cells,
        "header_rows": header_rows,
        "header_columns": header_columns,
        "bound": _bound([_of_row(row) for row in part.rows]),
    }


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
        if beside and -4 <= top - box[3] <= 64 and not match:
            above.append((top - box[3], start, end))
        elif match and beside and -4 <= top - box[3] <= 48:
            named = text[: match.start()].rstrip(" 　（([【")
            if len(named) >= 4:
                above.append((top - box[3], start, start + len(named)))
    keyed = table.get("keyed", False)
    for distance, start, end in sorted(above)[: 1 if keyed else None]:
        text = "".join(char.text for char in sheet.chars[start:end]).strip()
        if keyed and (distance > 32 or text.startswith("・")):
            break  # keys and values often have no title
        if len(text) > 60 or text.endswith(("。", "、")) or text.startswith(("※", "注", "（注")):
            continue
        if len(text) > 25 and re.search(r"[。、]", text):
            continue  # a line of a sentence. 例: 年間において…労働者に対しては、下の表のとおり勤続
        if title is None:
            title = (start, end)
            if text[0] not in "（(" or keyed:
                break
        elif end <= title[0] <= end + 3:
            title = (start, title[1])  # （歳入） alone names nothing: the line above it does
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
    before: dict[str, Any] | None = None
    for number in range(int(rest[0]), count):
        record = _read_page(document, number)
        if before is not None and before["tables"] and record["tables"]:
            _go_on(record["tables"][0], before["tables"][-1], record["text"])
        before = record
        _say(record)
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


def _read_page(document: Any, number: int) -> dict[str, Any]:
    page = document[number]
    width, height = page.get_size()
    sheet = _Sheet(_characters(page), width, height)
    if any(char.tight is not None for char in sheet.chars):
        _set_tables(sheet, _grids(page))
        _set_in_order(sheet)
        for table in sheet.tables:
            table["title"], table["unit"] = _caption(sheet, table)
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
