"""Ruled tables as geometry: the straight lines that a PDF page draws, and the cells that they enclose."""

from __future__ import annotations

import ctypes
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.pdf.characters import to_shown
from ingest.pdf.sheet import Box, Char, contains
from ingest.tables import is_value

_MOST_SEGMENTS = 20_000  # more than this on a page is a map or a chart
_MOST_RULINGS = 1_500
_THIN = 3.0  # points: a filled rectangle no thicker than this is a line
_SNAP = 2.5  # points: rulings closer than this are one
_SHORTEST = 6.0  # points: shorter lines rule nothing


@dataclass(slots=True)
class Ruling:
    """A straight line: at ``at`` across, from ``start`` to ``end`` along."""

    at: float
    start: float
    end: float
    alone: bool = False  # it was drawn as a line, and is no side or stroke of a shape


def drawn_lines(page: Any, turn: int = 0) -> tuple[list[Ruling], list[Ruling]]:
    """Return the upright and the flat lines of a page, as shown: strokes, thin boxes, and the sides of filled boxes.

    ``turn`` as in ``to_shown``.
    """
    shown = to_shown(page, turn)
    upright: list[Ruling] = []
    flat: list[Ruling] = []
    for count, (segment, alone) in enumerate(_segments(page)):
        if count > _MOST_SEGMENTS:
            return [], []
        x0, y0, x1, y1 = shown(*segment)
        if x1 - x0 <= 1 and y1 - y0 > 1:
            upright.append(Ruling((x0 + x1) / 2, y0, y1, alone))
        elif y1 - y0 <= 1 and x1 - x0 > 1:
            flat.append(Ruling((y0 + y1) / 2, x0, x1, alone))
    return upright, flat


def settled(upright: list[Ruling], flat: list[Ruling]) -> tuple[list[Ruling], list[Ruling]]:
    """Return lines with their pieces made one; none where there are more than tables have."""
    upright, flat = _joined(upright), _joined(flat)
    return (upright, flat) if len(upright) + len(flat) <= _MOST_RULINGS else ([], [])


_Segment = tuple[float, float, float, float]
_Matrix = tuple[float, float, float, float, float, float]


_Fill = tuple[_Segment, tuple[int, int, int]]  # a filled box and its colour
_MOST_FILLS = 100  # looked back at


def _segments(page: Any) -> Iterator[tuple[_Segment, bool]]:
    """Yield the straight segments that a page draws, in PDF space, and whether each is a line by itself."""
    import pypdfium2.raw as pdfium

    paper: _Fill = ((-math.inf, -math.inf, math.inf, math.inf), (255, 255, 255))
    fills = [paper]
    for i in range(pdfium.FPDFPage_CountObjects(page)):
        yield from _of_object(pdfium.FPDFPage_GetObject(page, i), (1, 0, 0, 1, 0, 0), 0, fills)


def _of_object(item: Any, outer: _Matrix, depth: int, fills: list[_Fill]) -> Iterator[tuple[_Segment, bool]]:
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFPageObj_GetType(item)
    if kind not in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_IMAGE):
        return
    own = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, own):
        return
    matrix = _product((own.a, own.b, own.c, own.d, own.e, own.f), outer)
    if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        yield from ((dash, True) for dash in _dashes(matrix))
        return
    if kind == pdfium.FPDF_PAGEOBJ_FORM:
        if depth < 4:
            for i in range(pdfium.FPDFFormObj_CountObjects(item)):
                yield from _of_object(pdfium.FPDFFormObj_GetObject(item, i), matrix, depth + 1, fills)
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    if not fill.value and not stroke.value:
        return  # a clipping path draws nothing
    lines, alone = _lines_of_path(item, matrix)
    if not stroke.value:
        lines = _thinned(lines)
        alone = len(lines) == 1
        if 1 < len(lines) <= 5 and _is_unseen(item, lines, fills):
            return
    yield from ((line, alone) for line in lines)


def _dashes(matrix: _Matrix) -> list[_Segment]:
    """Return a picture as a ruling if it is as thin as one: word processors draw dotted lines of them."""
    a, b, c, d, e, f = matrix
    width, height = abs(a) + abs(c), abs(b) + abs(d)
    if min(width, height) > 1 or max(width, height) <= 1:
        return []
    x, y = min(e, e + a, e + c, e + a + c), min(f, f + b, f + d, f + b + d)
    if height <= width:
        return [(x, y + height / 2, x + width, y + height / 2)]
    return [(x + width / 2, y, x + width / 2, y + height)]


def _is_unseen(path: Any, lines: Sequence[_Segment], fills: list[_Fill]) -> bool:
    """Say whether a filled box lies on one of its own colour, or is white on paper: then its sides are no lines.

    例: the shading of a paragraph within a shaded cell; a spreadsheet's white background
    """
    import pypdfium2.raw as pdfium

    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(path, red, green, blue, alpha):
        return False
    xs = [v for line in lines for v in (line[0], line[2])]
    ys = [v for line in lines for v in (line[1], line[3])]
    box = (min(xs), min(ys), max(xs), max(ys))
    colour = (red.value, green.value, blue.value)
    under = next((other for held, other in reversed(fills[-_MOST_FILLS:]) if contains(held, box)), fills[0][1])
    fills.append((box, colour))
    return alpha.value == 0 or colour == under


def _product(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _lines_of_path(path: Any, matrix: _Matrix) -> tuple[list[_Segment], bool]:
    """Return the straight segments of a path, and whether it is made of nothing but such, none touching another."""
    import pypdfium2.raw as pdfium

    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    found: list[_Segment] = []
    begin = here = (0.0, 0.0)
    alone, touching = True, False
    for i in range(min(pdfium.FPDFPath_CountSegments(path), _MOST_SEGMENTS)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        there = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            begin, touching = there, False
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            found.append((*here, *there))
            alone, touching = alone and not touching, True
        else:
            alone = False
        here = there
        if pdfium.FPDFPathSegment_GetClose(segment):
            found.append((*here, *begin))
            here = begin
    return found, alone


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


def _joined(lines: list[Ruling]) -> list[Ruling]:
    """Return lines with those on one ruling brought to one place, and pieces that touch (dashes too) made one."""
    groups: list[list[Ruling]] = []
    for line in sorted(lines, key=lambda line: line.at):
        if groups and line.at - groups[-1][0].at <= _SNAP:
            groups[-1].append(line)
        else:
            groups.append([line])
    found: list[Ruling] = []
    for group in groups:
        at = sum(line.at for line in group) / len(group)
        pieces: list[Ruling] = []
        for line in sorted(group, key=lambda line: line.start):
            if pieces and line.start <= pieces[-1].end + _SNAP:
                pieces[-1].end = max(pieces[-1].end, line.end)
            else:
                pieces.append(Ruling(at, line.start, line.end))
        found.extend(piece for piece in pieces if piece.end - piece.start >= _SHORTEST)
    return found


@dataclass(eq=False)
class Grid:
    """A ruled table as geometry: its rulings, and its cells by their first row and column."""

    columns: list[float]
    rows: list[float]
    cells: dict[tuple[int, int], tuple[int, int]]  # (row, column) to (row span, column span)
    owner: dict[tuple[int, int], tuple[int, int]]  # every field to the cell that covers it
    chars: dict[tuple[int, int], list[Char]]
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
        """Whether its cells hold what cells hold: something in two rows and two columns, and no page in one of them.

        Or a heading over its figure, framed alone. 例: 総数 over 573
        """
        filled = [key for key, chars in self.chars.items() if chars]
        if len(self.columns) == 2:
            texts = ["".join(char.text for char in self.chars[key]) for key in filled]
            return len(texts) == 2 and len(texts[0]) <= 20 and not is_value(texts[0]) and is_value(texts[1])
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


def grids_of(upright: Sequence[Ruling], flat: Sequence[Ruling]) -> list[Grid]:
    """Return the grids that upright and flat lines make, topmost first, but frames of one column behind all others."""
    groups = _with_strips(_touching(upright, flat))
    tiled, groups = _tiled(groups)
    grids = [*tiled, *(_grid(*group) for group in groups)]
    # A frame may be drawn around a table, whose cells are its own.
    return sorted(
        (grid for grid in grids if grid is not None),
        key=lambda grid: (len(grid.columns) == 2, grid.rows[0], grid.columns[0]),
    )


_Group = tuple[list[Ruling], list[Ruling]]
_LEAST_ROWS = 5
_STRIP_APART = 40.0  # points


def _with_strips(groups: Sequence[_Group]) -> list[_Group]:
    """Return the groups of lines, a table's last column that stands apart joined to it: its rows are the table's.

    例: 確認中 behind a narrow white, ruled at the heights of the prefectures' rows
    """
    joined = list(groups)
    for strip in groups:
        if len(_places([line.at for line in strip[0]])) != 2 or len(strip[1]) < _LEAST_ROWS:
            continue
        left, top, _, bottom = _bound_of(strip)
        for table in joined:
            if table is strip or len(table[0]) < 2 or len(table[1]) < _LEAST_ROWS:
                continue
            bound = _bound_of(table)
            heights = [line.at for line in table[1]]
            shared = sum(any(abs(line.at - at) <= _SNAP for at in heights) for line in strip[1])
            beside = 0 < left - bound[2] <= _STRIP_APART and abs(top - bound[1]) < _SNAP and abs(bottom - bound[3]) < 20
            if beside and shared * 10 >= 9 * max(len(strip[1]), len(heights) - 2):
                joined.remove(table)
                joined.remove(strip)
                joined.append(([*table[0], *strip[0]], [*table[1], *strip[1]]))
                break
    return joined


SAME_PLACE = 4.0  # points: edges of one column on two pages, or of tiles set flush
_TILES_APART = 10.0  # points
_LEAST_TILES = 9


def _tiled(
    groups: Sequence[_Group],
) -> tuple[list[Grid], list[_Group]]:
    """Return the tables whose cells are boxes of their own with narrow white between them, and the other groups.

    Slides are drawn so. The white closes: its two sides become one ruling.
    """
    boxed = [(group, _bound_of(group)) for group in groups if len(group[0]) > 1 and len(group[1]) > 1]
    # A frame around others is no cell.
    boxed = [
        (group, box) for group, box in boxed if not any(contains(box, other) for _, other in boxed if other is not box)
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
    found: list[Grid] = []
    taken: list[int] = []
    for cluster in clusters:
        tiles = [boxed[i] for i in cluster]
        # A title over the table is set flush with none of its cells.
        tiles = [
            (group, box)
            for group, box in tiles
            if any(other is not box and min(abs(box[i] - other[i]) for i in (0, 2)) <= SAME_PLACE for _, other in tiles)
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


def _bound_of(group: tuple[Sequence[Ruling], Sequence[Ruling]]) -> Box:
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


def _moved(line: Ruling, own: Sequence[float], along: Sequence[float]) -> Ruling:
    def nearest(value: float, places: Sequence[float]) -> float:
        return min(places, key=lambda place: abs(place - value))

    return Ruling(nearest(line.at, own), nearest(line.start, along), nearest(line.end, along))


def _touching(upright: Sequence[Ruling], flat: Sequence[Ruling]) -> list[_Group]:
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
    groups: dict[int, _Group] = {}
    for i, line in enumerate([*upright, *flat]):
        groups.setdefault(root(i), ([], []))[0 if i < len(upright) else 1].append(line)
    return list(groups.values())


def _grid(upright: Sequence[Ruling], flat: Sequence[Ruling]) -> Grid | None:
    """Return the cells that lines enclose. The table's own sides may be open, as they often are."""
    if not upright or len(flat) < 2:
        return None
    columns = _places([*(v.at for v in upright), min(h.start for h in flat), max(h.end for h in flat)])
    rows = _places([*(h.at for h in flat), min(v.start for v in upright), max(v.end for v in upright)])
    if len(rows) < 3 or len(columns) < (2 if len(rows) == 3 else 3) or len(columns) * len(rows) > 20_000:
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
    return Grid(columns, rows, cells, owner, {key: [] for key in cells})


def _places(values: Sequence[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _SNAP:
            found.append(value)
    return found


def _walls(lines: Sequence[Ruling], across: Sequence[float], along: Sequence[float]) -> set[tuple[int, int]]:
    """Return (place along, place across) of each stretch between two places along that a line covers."""
    found: set[tuple[int, int]] = set()
    for line in lines:
        place = min(range(len(across)), key=lambda i: abs(across[i] - line.at))
        for i in range(len(along) - 1):
            low, high = along[i], along[i + 1]
            if min(high, line.end) - max(low, line.start) > 0.6 * (high - low):
                found.add((i, place))
    return found
