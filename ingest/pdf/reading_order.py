"""The order in which a page is read: pieces of lines by where they stand, columns one after the other.

Pure geometry. Bands of white part a page from top to bottom; where the same upright gutter goes through several bands,
what stands left of it is read before what stands right of it, unless both are one row: a key and its value, or a table
without rules. 例: two boxes side by side, each read to its end; 会 場 | 文化ホール on one line
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

Box = tuple[float, float, float, float]
Stripe = tuple[float, float]  # left and right


@dataclass(eq=False, slots=True)
class Piece:
    """A stretch of a page's characters that stands on one line without a wide gap, or a whole ruled table."""

    start: int
    end: int
    text: str
    box: Box
    size: float  # of its type
    solid: bool = False  # a table: a unit that nothing is joined to

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


@dataclass(eq=False, slots=True)
class Part:
    """Rows that are read one after the other, each of cells from left to right, a cell of the pieces of its lines.

    ``is_table`` when every row has every cell.
    """

    rows: list[list[list[Piece]]]
    is_table: bool = False
    is_keyed: bool = False  # a table whose first column holds keys, without a head
    is_account: bool = False  # such a table, its figures in several columns: only a row's first figure is named by it


def _plain(lines: Sequence[Sequence[Piece]]) -> Part:
    return Part([[[piece] for piece in line] for line in lines])


@dataclass(eq=False, slots=True)
class _Band:
    """Pieces between two white stripes that go across."""

    pieces: list[Piece]
    top: float = field(init=False)
    bottom: float = field(init=False)

    def __post_init__(self) -> None:
        self.top = min(p.box[1] for p in self.pieces)
        self.bottom = max(p.box[3] for p in self.pieces)


_GUTTER = 0.5  # of the type's size: narrower white parts words
_LEVEL = 0.25  # of the type's size: lines less apart in height are level
_NEAR = 1.5  # of the type's size: white above a line of the same column
_ZONE = 0.065  # of a page's height: where running heads and page numbers stand


def reading_order(pieces: Sequence[Piece], height: float) -> list[Part]:
    """Return all pieces of a page in the order in which they are read."""
    marked = _marked(pieces)
    if marked:
        whole = {id(one): [mark, line] for one, mark, line in marked}
        held = {id(piece) for pair in whole.values() for piece in pair}
        rest = [piece for piece in pieces if id(piece) not in held]
        read = reading_order([*rest, *(one for one, _, _ in marked)], height)
        for part in read:
            part.rows = [[[q for p in cell for q in whole.get(id(p), [p])] for cell in row] for row in part.rows]
        return read
    stacks = [(_as_one(stack), stack) for stack in _stacks(pieces)]
    if stacks:
        held = {id(piece) for _, stack in stacks for piece in stack}
        apart = {id(one): [[[piece]] for piece in stack] for one, stack in stacks}
        rest = [piece for piece in pieces if id(piece) not in held]
        read = reading_order([*rest, *(one for one, _ in stacks)], height)
        return [split for part in read for split in _unstacked(part, apart)]
    usual = _usual(pieces)
    zones: list[list[Piece]] = [[], [], []]
    for piece in pieces:
        aside = not piece.solid and piece.size <= usual
        head, foot = piece.box[3] < _ZONE * height, piece.box[1] > (1 - _ZONE) * height
        zones[0 if aside and head else 2 if aside and foot else 1].append(piece)
    parts: list[Part] = []
    for zone in (zones[0], zones[2]):
        # A page number beside a running title is a line of its own, the outermost one.
        lines = [[piece] for row in _rows(zone) for piece in row]
        lines.sort(key=lambda line: _is_number(line[0].text), reverse=zone is zones[0])
        parts.append(_plain(lines))
    body = _ordered(zones[1], usual)
    return [part for part in (parts[0], *body, parts[1]) if part.rows]


_NUMBER = re.compile(r"[(（](?:[0-9０-９]{1,2}|[ア-ケa-zｱ-ｹ])[)）]|[0-9０-９]{1,2}[.．)）]|[\u2460-\u2473]")
_REACH = (3, 12)  # times the type's size: so far a number may stand before its item; near ones share its line


def _marked(pieces: Sequence[Piece]) -> list[tuple[Piece, Piece, Piece]]:
    """Return the numbers of items that stand alone before their item's first line: both as one piece, and each.

    例: （１） at a distance before 現金及び預金, where the numbers would be a column of their own
    """
    found: list[tuple[Piece, Piece, Piece]] = []
    for mark in pieces:
        if mark.solid or not _NUMBER.fullmatch(mark.text.strip()):
            continue
        right = [p for p in pieces if p.box[0] >= mark.box[2] - 1 and abs(p.middle - mark.middle) <= 0.5 * mark.size]
        line = min(right, key=lambda p: p.box[0], default=None)
        if line is None or line.solid or _MARK.match(line.text) or is_figure(line.text):
            continue
        far = _REACH[0] * mark.size < line.box[0] - mark.box[2] <= _REACH[1] * mark.size
        if far and 0.8 <= line.size / mark.size <= 1.25 and not any(line is other for _, _, other in found):
            top, bottom = min(mark.box[1], line.box[1]), max(mark.box[3], line.box[3])
            box = (mark.box[0], top, line.box[2], bottom)
            found.append((Piece(mark.start, line.end, f"{mark.text} {line.text}", box, line.size), mark, line))
    return found


_LEAST_STACKS = 3


def _stacks(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return the labels of a chart with their figures: a name, under its middle its value, and under that its share.

    例: 市税 over 58.6億円 over 25.1%; a neighbour's share at the height of a name is not its own
    """
    found: list[list[Piece]] = []
    for share in pieces:
        if not share.text.strip().endswith(("%", "％")) or not is_figure(share.text):
            continue
        value = _over(share, pieces)
        name = _over(value, pieces) if value is not None and is_figure(value.text) else None
        if value is None or name is None or is_figure(name.text) or len(name.text) > 14:
            continue
        if not value.text.strip().endswith(("%", "％")):
            found.append([name, value, share])
    taken = [id(piece) for stack in found for piece in stack]
    return found if len(found) >= _LEAST_STACKS and len(set(taken)) == len(taken) else []


def _over(piece: Piece, pieces: Sequence[Piece]) -> Piece | None:
    """Return the piece that stands close above another, both on one middle; None where there is none."""
    centre = (piece.box[0] + piece.box[2]) / 2
    near = [
        p
        for p in pieces
        if p is not piece
        and not p.solid
        and abs((p.box[0] + p.box[2]) / 2 - centre) <= 0.5 * piece.size
        and -0.3 * piece.size <= piece.box[1] - p.box[3] <= piece.size
    ]
    return max(near, key=lambda p: p.middle, default=None)


def _as_one(stack: Sequence[Piece]) -> Piece:
    name = stack[0]
    left, right = min(p.box[0] for p in stack), max(p.box[2] for p in stack)
    return Piece(name.start, name.end, name.text, (left, name.box[1], right, stack[-1].box[3]), name.size, solid=True)


def _unstacked(part: Part, lines: Mapping[int, list[list[list[Piece]]]]) -> Iterator[Part]:
    """Yield a part with the lines of each stack in it on rows of their own."""
    if not any(id(piece) in lines for row in part.rows for cell in row for piece in cell):
        yield part
        return
    for row in part.rows:
        for cell in row:
            for piece in cell:
                yield Part(lines.get(id(piece), [[[piece]]]))


def _usual(pieces: Sequence[Piece]) -> float:
    sizes = sorted(piece.size for piece in pieces if not piece.solid)
    return sizes[len(sizes) // 2] if sizes else 10.0


def _is_number(text: str) -> bool:
    """Say whether a piece can be a printed page number. 例: 3, - 12 -, ～３～"""
    folded = unicodedata.normalize("NFKC", text)
    return re.fullmatch(r"(?:[pP]\.?)?\W{0,3}\d{1,4}\W{0,3}(?:/\s?\d{1,4})?", folded) is not None


def _ordered(pieces: Sequence[Piece], usual: float) -> list[Part]:
    bands = _bands(pieces)
    parts: list[Part] = []
    i = 0
    while i < len(bands):
        gutters: list[float] = []
        first, end = i, i + 1
        if len(bands[i].pieces) > 1:
            end = _extent(bands, i, usual)
            first, end = _trimmed(bands, i, end, usual)
            gutters = _gutters(bands[first:end], usual)
        if not gutters:
            parts.extend(_in_band(bands[i], usual))
            i += 1
            continue
        for band in bands[i:first]:
            parts.extend(_in_band(band, usual))
        # A column may begin above the others: lines close above it are its own.
        while parts and (grown := _with_above(parts[-1], bands[first:end], gutters, usual)):
            parts.pop()
            bands[first:end] = grown
            gutters = _gutters(grown, usual)
        parts.extend(_in_columns(bands[first:end], gutters, usual))
        i = end
    return parts


def _bands(pieces: Sequence[Piece]) -> list[_Band]:
    groups: list[list[Piece]] = []
    bottom = 0.0
    for piece in sorted(pieces, key=lambda p: p.box[1]):
        if groups and piece.box[1] < bottom:
            groups[-1].append(piece)
            bottom = max(bottom, piece.box[3])
        else:
            groups.append([piece])
            bottom = piece.box[3]
    return [_Band(group) for group in groups]


def _white(bands: Sequence[_Band], usual: float) -> list[Stripe]:
    """Return the upright stripes that none of the bands has anything in, from left to right."""
    # Frames and tables may nearly touch.
    spans = sorted(
        (p.box[0] + 0.4 * usual, p.box[2] - 0.4 * usual) if p.solid else (p.box[0], p.box[2])
        for band in bands
        for p in band.pieces
    )
    found: list[Stripe] = []
    right = spans[0][1]
    for left, end in spans[1:]:
        if left - right >= _GUTTER * usual:
            found.append((right, left))
        right = max(right, end)
    return found


def _gutters(bands: Sequence[_Band], usual: float) -> list[float]:
    """Return the places of the stripes that part columns: two lines or a table stand at one height on both sides.

    A blank to be filled in is white too. 例: 採用の日から＿＿週間以内に提出する
    """
    found: list[float] = []
    for left, right in _white(bands, usual):
        at = (left + right) / 2
        shared = [p for band in bands if _both(band, at) for p in band.pieces]
        sides = _split([_Band(shared)], [at]) if shared else []
        if any(p.solid for p in shared) or (sides and min(len(_rows(side)) for side in sides) > 1):
            found.append(at)
    # A head centred over its column stands beside nothing but white.
    for at in list(found):
        near = {found.index(at), found.index(at) + 1}
        if not any(near <= {_column(p, found) for p in band.pieces} for band in bands):
            found.remove(at)
    return found


def _both(band: _Band, at: float) -> bool:
    return len({_column(p, [at]) for p in band.pieces}) > 1


def _extent(bands: Sequence[_Band], first: int, usual: float) -> int:
    """Return where the bands end that share a gutter with the first one."""
    end = first + 1
    white = _white(bands[first:end], usual)
    while white and end < len(bands):
        gap = bands[end].top - bands[end - 1].bottom
        wider = _white(bands[first : end + 1], usual)
        wider = [w for w in wider if any(min(w[1], o[1]) > max(w[0], o[0]) for o in white)]
        if not wider or gap > max(2.5 * usual, max(b - a for a, b in wider)):
            break
        ends = len(wider) < len(white) and not _is_row_under(bands[end], wider)
        if ends and _ends_rows(bands[first:end], white, wider):
            break
        white = wider
        end += 1
    return end


def _ends_rows(bands: Sequence[_Band], white: Sequence[Stripe], left: Sequence[Stripe]) -> bool:
    """Say whether bands were rows of cells and what comes now is not: none of the gutters left parts columns.

    例: 年月 | 国 | 県 above a text in two columns; keys and values in two columns above a line that reaches far
    """
    gutters = [(a + b) / 2 for a, b in white]
    if _is_grid(bands, gutters):
        return True
    columns = _split(bands, gutters)
    return all(
        columns[i] and columns[i + 1] and _are_rows(columns[i], columns[i + 1])
        for i, (a, b) in enumerate(white)
        if any(min(b, d) > max(a, c) for c, d in left)
    )


def _is_row_under(band: _Band, white: Sequence[Stripe]) -> bool:
    """Say whether a band is a name and figures, one in every column.

    例: 特別会計　計, set further left than its parts
    """
    name, *columns = _split([band], [(a + b) / 2 for a, b in white])
    if len(name) != 1 or name[0].solid or len(name[0].text) > 20 or is_figure(name[0].text):
        return False
    return bool(columns) and all(len(column) == 1 and is_figure(column[0].text) for column in columns)


def _trimmed(bands: Sequence[_Band], first: int, end: int, usual: float) -> tuple[int, int]:
    """Return the bands without those at the end that stand apart. 例: a note below two columns"""
    while end - first > 1:
        gutters = _gutters(bands[first:end], usual)
        if not gutters:
            return first, first + 1 if _gutters(bands[first : first + 1], usual) else end
        heads = end < len(bands) and _heads(bands[end - 1], bands[end], usual)
        if heads and not _heads(bands[end - 2], bands[end - 1], usual):
            end -= 1
            continue
        last = bands[end - 1].pieces
        column = _column(last[0], gutters)
        if any(_column(p, gutters) != column for p in last):
            break
        above = [p.box[3] for band in bands[first : end - 1] for p in band.pieces if _column(p, gutters) == column]
        if above and bands[end - 1].top - max(above) <= _NEAR * usual:
            break
        end -= 1
    return first, end


def _heads(band: _Band, below: _Band, usual: float) -> bool:
    """Say whether a row is the head of the cells below it rather than the last line of columns."""
    if not len(band.pieces) == len(below.pieces) > 1 or len(_rows(band.pieces)) + len(_rows(below.pieces)) > 2:
        return False
    shared = [(a + b) / 2 for a, b in _white([band, below], usual)]
    return sum(_both(band, at) and _both(below, at) for at in shared) >= len(band.pieces) - 1


def _column(piece: Piece, gutters: Sequence[float]) -> int:
    middle = (piece.box[0] + piece.box[2]) / 2
    return sum(1 for at in gutters if middle > at)


def _with_above(part: Part, bands: Sequence[_Band], gutters: Sequence[float], usual: float) -> list[_Band]:
    """Return bands with what was read last before them, where it is the upper end of a column other than the first."""
    above = [p for row in part.rows for cell in row for p in cell]
    if any(p.box[0] < gutters[0] for p in above):
        return []
    left, right = min(p.box[0] for p in above), max(p.box[2] for p in above)
    tops = [p.box[1] for band in bands for p in band.pieces if p.box[0] < right and p.box[2] > left]
    if not tops or min(tops) - max(p.box[3] for p in above) > 1.3 * usual:
        return []
    grown = [_Band([*above, *bands[0].pieces]), *bands[1:]]
    found = _gutters(grown, usual)
    return grown if found and all(p.box[0] > found[0] for p in above) else []


def _in_band(band: _Band, usual: float) -> list[Part]:
    """Return a band that shares no gutter with its neighbours."""
    if len(band.pieces) == 1:
        return [_plain([band.pieces])]
    gutters = _gutters([band], usual)
    if gutters:
        return _in_columns([band], gutters, usual)
    rows = _rows(band.pieces)
    if len(rows) == 1:
        return [_plain(list(_parted(rows[0])))]
    return [_plain(rows)]


def _parted(row: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces of a lone row, together only where they belong together.

    例: 会 場 | 文化ホール and 相談件数 | 120 件 are one line; the captions of two pictures are two
    """
    current = [row[0]]
    for left, right in pairwise(row):
        gap = right.box[0] - left.box[2]
        together = len(left.text) <= 8 or len(right.text) <= 3 or is_figure(right.text) or right.text[0] in "（(…・‥."
        # A sentence with a blank to fill in goes on behind it.
        together = together or re.search(r"[ぁ-ん、「（(]$", left.text) is not None
        if (gap > 3 * max(left.size, right.size) and not together) or left.solid or right.solid:
            yield current
            current = []
        current.append(right)
    yield current


def _in_columns(bands: Sequence[_Band], gutters: Sequence[float], usual: float) -> list[Part]:
    """Return columns one after the other; those that are rows of cells together."""
    columns = _split(bands, gutters)
    if len(columns) == 2 and (boxed := _boxed_keys(columns[0], columns[1])):
        return [boxed]
    runs: list[list[list[Piece]]] = []
    for column, following in pairwise([*filter(None, columns), []]):
        if runs and _joins(runs[-1], column, following):
            runs[-1].append(column)
        else:
            runs.append([column])
    parts: list[Part] = []
    lines = [_names_figure(band) for band in bands] if len(runs) > 1 else []
    if sum(lines) > 1 and sum(lines) * 2 > len(bands):
        for named, group in groupby(zip(lines, bands, strict=True), key=lambda pair: pair[0]):
            held = [band for _, band in group]
            if named:
                parts.append(_plain([row for band in held for row in _rows(band.pieces)]))
            else:
                parts.extend(_ordered([p for band in held for p in band.pieces], usual))
        return parts
    for run in runs:
        if len(run) == len(columns):
            parts.extend(_as_rows(run))
        else:
            # A heading among the rows parts them, once they stand alone.
            parts.extend(_ordered([p for column in run for p in column], usual))
    return parts


_LINE = 0.9  # of the type's size: wider white parts the lines of a box from those of the next
_KEY = 24  # characters of the longest key


def _boxed_keys(left: Sequence[Piece], right: Sequence[Piece]) -> Part | None:
    """Return rows of keys of several lines and the paragraphs that stand beside them; None where these are no pairs.

    White parts every key from the next, and at the same heights their paragraphs, wider than it parts any lines.
    例: 窓口で / 使えるカード beside three lines of text, above 支払いの / 期限 beside two
    """
    if any(p.solid for p in (*left, *right)) or not left or not right:
        return None
    keys = _groups(_rows(left), _LINE * min(p.size for p in left))
    if len(keys) < 2 or all(len(key) == 1 for key in keys):
        return None
    if any(len(key) > 4 or sum(len(p.text) for row in key for p in row) > _KEY for key in keys):
        return None
    lines = _rows(right)
    values: list[list[list[Piece]]] = [[] for _ in keys]
    ends = [(_foot(a) + _head(b)) / 2 for a, b in pairwise(keys)]
    for line in lines:
        values[sum(line[0].middle > end for end in ends)].append(line)
    if not all(values) or len(lines) < 2 * len(keys):
        return None
    inner = [_head([b]) - _foot([a]) for value in values for a, b in pairwise(value)]
    outer = [_head(b) - _foot(a) for a, b in pairwise(values)]
    if min(outer) < max([0.0, *inner]) + 0.3 * min(p.size for p in right):
        return None
    # Labels of a chart are as short as what stands beside them.
    long = sum(len(p.text) for p in right) >= 3 * sum(len(p.text) for p in left)
    # Marks and figures are items and columns of their own.
    if not long or any(_MARK.match(key[0][0].text) or is_figure(key[0][0].text) for key in keys):
        return None
    return Part([[_flat(key), _flat(value)] for key, value in zip(keys, values, strict=True)], True, True)


def _groups(rows: Sequence[list[Piece]], gap: float) -> list[list[list[Piece]]]:
    """Return rows in groups, each parted from the next by more white than ``gap``."""
    groups: list[list[list[Piece]]] = []
    for row in rows:
        if groups and _head([row]) - _foot([groups[-1][-1]]) <= gap:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _head(rows: Sequence[Sequence[Piece]]) -> float:
    return min(p.box[1] for p in rows[0])


def _foot(rows: Sequence[Sequence[Piece]]) -> float:
    return max(p.box[3] for p in rows[-1])


def _flat(rows: Sequence[Sequence[Piece]]) -> list[Piece]:
    return [piece for row in rows for piece in row]


def _names_figure(band: _Band) -> bool:
    """Say whether a band is one line of short names and, at a distance, their one figure. 例: 給水戸数 … 19,200戸"""
    rows = _rows(band.pieces)
    if len(rows) != 1 or not 2 <= len(rows[0]) <= 4 or any(p.solid for p in band.pieces):
        return False
    *names, figure = rows[0]
    if not is_figure(figure.text) or not re.search(r"[,，]|\d\s?\D", figure.text):
        return False
    return all(len(p.text) <= 20 and (not is_figure(p.text) or p.text[0] in "（(") for p in names)


def _split(bands: Sequence[_Band], gutters: Sequence[float]) -> list[list[Piece]]:
    columns: list[list[Piece]] = [[] for _ in range(len(gutters) + 1)]
    for band in bands:
        for piece in band.pieces:
            columns[_column(piece, gutters)].append(piece)
    return columns


def _joins(run: Sequence[Sequence[Piece]], column: Sequence[Piece], following: Sequence[Piece]) -> bool:
    """Say whether a column belongs to the rows of the columns left of it. 例: key, value | key, value are two"""
    if len(run) > 1 and sum(_MARK.match(p.text) is not None for p in column) > 1:
        return False
    if len(run) > 1 and following and _begins_again(run[0], column) and _are_rows(column, following):
        return False
    if len(run) > 1 and _is_wordy(run[-1]) and following and _are_rows(column, following) and _is_wordy(following):
        return False
    if _are_rows(run[-1], column):
        return True
    # Figures that stand level with a name each are its own, whatever the columns between hold.
    # 例: 営業利益 | | | 54,349 below 営業費用合計 | | 527,967
    keys = [piece for held in run for piece in held] if all(is_figure(p.text) for p in column) else run[0]
    return len(run) > 1 and _hang_on(column, keys)


def _begins_again(keys: Sequence[Piece], column: Sequence[Piece]) -> bool:
    """Say whether a column holds the keys of another table beside the first: the same head, or the same keys.

    例: 地域 | 人数 | 地域 | 人数
    """
    if any(is_figure(p.text) for p in column):
        return False
    heads = {p.text for p in sorted(keys, key=lambda p: p.middle)[:2]}
    if any(p.text in heads for p in sorted(column, key=lambda p: p.middle)[:2]):
        return True
    shared = {p.text for p in keys} & {p.text for p in column}
    return len(shared) * 2 > len(column)


def _is_wordy(column: Sequence[Piece]) -> bool:
    return sum(1 for p in column if not is_figure(p.text) and len(p.text) > 6) * 2 > len(column)


def _hang_on(column: Sequence[Piece], keys: Sequence[Piece]) -> bool:
    """Say whether every cell of a column stands in the row of a key, though keys may lack one. 例: 年月 | 国 | 県"""
    if any(p.solid for p in (*column, *keys)):
        return False
    return all(len(p.text) <= 20 for p in (*column, *keys)) and all(_is_paired(p, keys) for p in column)


def _as_rows(columns: Sequence[Sequence[Piece]]) -> list[Part]:
    """Return columns as rows of cells, each row at a piece of the first column.

    Cells of several lines are set against their row's first line or, as tables do, against its middle.
    """
    anchors = _rows(columns[0])
    rows: list[list[list[Piece]]] = [[row, *([] for _ in columns[1:])] for row in anchors]
    above: list[list[list[Piece]]] = []
    for number, column in enumerate(columns[1:], 1):
        for at, line in _hung(anchors, _rows(column)):
            if at < 0:
                above.append([line])
            else:
                rows[at][number].extend(line)
    # Several figures at one name are lines of their own, each with its name in another column.
    # 例: 1 営業収益 | (1) 給水収益 | 579,091 above (2) その他 | 3,225
    if any(sum(is_figure(p.text) for p in cell) > 1 for row in rows for cell in row[1:]):
        return [_account(columns) or _plain(_rows([piece for column in columns for piece in column]))]
    parts = [_cells(above)]
    done = 0
    for start in range(len(rows)):
        end = _table_end(rows, start)
        keyed = end == start
        if keyed:
            end = _keys_end(rows, start)
        if start >= done and end - start > 1:
            parts += [_cells(rows[done:start]), Part(rows[start:end], is_table=True, is_keyed=keyed)]
            done = end
    if not done and (account := _account(columns)) is not None:
        return [account]
    return [part for part in (*parts, _cells(rows[done:])) if part.rows]


_LEAST_LINES = 6  # of an account


def _account(columns: Sequence[Sequence[Piece]]) -> Part | None:
    """Return an account as a table of names and figures, None where it is none.

    Its figures are bare and stand in columns without heads: items, their sums, the balance of two sums.
    例: (1) 給水収益 | 579,091 above 営業収益合計 | | 582,316
    """
    first = len(columns)
    while first and all(is_figure(p.text) and not re.search(r"[^\W\d_]", p.text) for p in columns[first - 1]):
        first -= 1
    if not 0 < first < len(columns) or any(p.solid for column in columns for p in column):
        return None
    rows: list[list[list[Piece]]] = []
    for line in _rows([piece for column in columns for piece in column]):
        cells = [[p for column in columns[:first] for p in line if p in column]]
        cells += [[p for p in line if p in column] for column in columns[first:]]
        if not cells[0] or max(map(len, cells[1:])) > 1:
            return None
        rows.append(cells)
    figures = [sum(map(bool, cells[1:])) for cells in rows]
    if len(rows) < _LEAST_LINES or sum(count == 1 for count in figures) * 3 < sum(map(bool, figures)) * 2:
        return None
    return Part(rows, is_table=True, is_keyed=True, is_account=True)


def _cells(rows: Sequence[list[list[Piece]]]) -> Part:
    return Part([[cell for cell in row if cell] for row in rows])


def _table_end(rows: Sequence[Sequence[Sequence[Piece]]], start: int) -> int:
    """Return where the table without rules ends whose head is row ``start``; ``start`` where there is none.

    It has every cell, they are short, and nearly all are figures.
    例: 地域 | 転出 | 転入 above 首都圏 | 6,927 | 5,277 and 県内 | 812 | 640
    """
    end = start
    figures = cells = 0
    while end < len(rows) and all(rows[end]):
        texts = ["".join(p.text for p in cell) for cell in rows[end]]
        found = sum(map(is_figure, texts[1:]))
        if max(map(len, texts)) > 40 or (end == start) != (found * 2 < len(texts) - 1) or is_figure(texts[0]):
            break
        if end > start:
            figures, cells = figures + found, cells + len(texts) - 1
        end += 1
    return end if figures * 5 >= cells * 4 and end - start > 2 else start


def _keys_end(rows: Sequence[Sequence[Sequence[Piece]]], start: int) -> int:
    """Return where the rows of a short key and its value end that begin with row ``start``, all set flush.

    例: 会 場 | 文化ホール above 参加者 | 120名
    """
    end = start
    while end < len(rows) and len(rows[end]) == 2 and all(rows[end]):
        (key, *more), (value, *_) = rows[end]
        first_key, first_value = rows[start][0][0], rows[start][1][0]
        flush = max(abs(key.box[0] - first_key.box[0]), abs(value.box[0] - first_value.box[0])) <= 0.5 * key.size
        unclosed = re.search(r"[（(「『【〈《][^）)」』】〉》]*$", key.text) is not None
        if more or not flush or unclosed or len(key.text) > 12 or is_figure(key.text) or _MARK.match(key.text):
            break
        end += 1
    # Two rows may be chance, unless their keys are words.
    keys = [row[0][0].text for row in rows[start:end]]
    least = 2 if all(len(key) <= 6 for key in keys) else 3
    return end if len(keys) >= least and len(set(keys)) == len(keys) else start


def _hung(anchors: Sequence[Sequence[Piece]], lines: Sequence[list[Piece]]) -> list[tuple[int, list[Piece]]]:
    """Return the lines of a column, each with the number of the row that it belongs to."""
    places = [row[0].middle for row in anchors]
    slack = 0.5 * min(p.size for row in anchors for p in row)
    middles = [line[0].middle for line in lines]
    nearest = [min(range(len(places)), key=lambda i: abs(places[i] - middle)) for middle in middles]
    held: dict[int, list[float]] = {}
    for at, middle in zip(nearest, middles, strict=True):
        held.setdefault(at, []).append(middle)
    if all(abs((min(m) + max(m)) / 2 - places[at]) <= slack for at, m in held.items()):
        return list(zip(nearest, lines, strict=True))
    return [(sum(place <= m + slack for place in places) - 1, line) for m, line in zip(middles, lines, strict=True)]


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return pieces in rows from top to bottom, each from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.middle):
        if rows and all(_on_one_line(piece, other) for other in rows[-1]):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda p: p.box[0]) for row in rows]


def _on_one_line(a: Piece, b: Piece) -> bool:
    apart = a.box[0] >= b.box[2] - 1 or b.box[0] >= a.box[2] - 1
    return apart and not a.solid and not b.solid and abs(a.middle - b.middle) <= 0.5 * min(a.size, b.size)


_FIGURE = re.compile(
    r"[△▲▼±+\-−–—―ー~～約]?[\d,.、]*\d[\d,.]*\s?(?:[%年度件人名社円千百万億団体か所箇歳回位点世帯戸㎥㎡]{0,4}|\s?m[23])"
    r"|[\-−–—―ー*]{1,3}|\.{3}|\.{6}|皆[増減]"
)


def is_figure(text: str) -> bool:
    """Say whether a cell holds a figure. 例: 6,927, △3,393, １２．５％, （120）, －, ***, …, 皆増"""
    folded = re.sub(r"[\s()\[\]]", "", unicodedata.normalize("NFKC", text))
    return _FIGURE.fullmatch(folded) is not None


_MARK = re.compile(r"[\ue000-\uf8ff・•●○◯◎■□◆◇▪▶➢※①-⑳⇒→]|[-−]\s?\D|[(（]?[0-9０-９]{1,2}[)）.．]")


def _are_rows(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """Say whether two columns are read row by row: keys and their values, or names and their figures."""
    if any(p.solid for p in (*left, *right)):
        return False
    paired = sum(_is_paired(p, right) for p in left)
    if paired * 10 < len(left) * 7:
        return len(left) > 2 and paired * 2 > len(left) and _hang_on(right, left)
    if _counts_items(left) and paired == len(left):
        return True  # the numbers of paragraphs, set apart from them
    figures = [sum(is_figure(p.text) for p in side) * 10 >= len(side) * 6 for side in (left, right)]
    if figures[1]:
        return all(len(p.text) <= 30 for p in left)
    if figures[0]:
        # Figures are no keys: what stands beside them is a remark on each, or another column.
        return _hang_on(right, left)
    # Lists that stand side by side have marks of their own.
    marks = [sum(_MARK.match(p.text) is not None and len(p.text) > 3 for p in side) for side in (left, right)]
    if all(count * 3 >= len(side) for count, side in zip(marks, (left, right), strict=True)):
        return False
    if paired == len(left) and _hang_on(right, left):
        return True
    lengths = sorted(len(p.text) for p in left)
    widths = [max(p.box[2] for p in side) - min(p.box[0] for p in side) for side in (left, right)]
    if widths[0] > widths[1] or len(_rows(left)) * 5 < len(left) * 4:
        return False
    return lengths[len(lengths) // 2] <= 12 and lengths[-1] <= 20 and not any("。" in p.text for p in left)


def _counts_items(column: Sequence[Piece]) -> bool:
    """Say whether a column holds the numbers of items, one after the other. 例: ２ above ３, (1) above (2)"""
    marks = [re.fullmatch(r"[(]?([0-9]{1,2})[).]?", unicodedata.normalize("NFKC", p.text).strip()) for p in column]
    numbers = [int(mark[1]) for mark in marks if mark]
    return len(numbers) == len(marks) > 1 and all(b == a + 1 for a, b in pairwise(numbers)) and numbers[0] < 9


def _is_paired(piece: Piece, others: Sequence[Piece]) -> bool:
    """Say whether a piece is on one line with another, or at the middle of two lines that follow each other."""
    slack = _LEVEL * piece.size
    if any(abs(piece.middle - other.middle) <= slack for other in others):
        return True
    above = [other.middle for other in others if 0 < piece.middle - other.middle < 1.2 * piece.size]
    below = [other.middle for other in others if 0 < other.middle - piece.middle < 1.2 * piece.size]
    return bool(above and below) and abs(max(above) + min(below) - 2 * piece.middle) <= slack


def _is_grid(bands: Sequence[_Band], gutters: Sequence[float]) -> bool:
    """Say whether bands are rows of short cells, each with its first cell, in three columns or with figures."""
    rows: list[list[list[Piece]]] = []
    for band in bands:
        rows.append([[] for _ in range(len(gutters) + 1)])
        for piece in band.pieces:
            rows[-1][_column(piece, gutters)].append(piece)
    if any(sum(map(bool, row)) < 2 for row in rows):
        return False
    if _table_end(rows, 0) == len(rows):
        return True
    lone = all(len(cell) <= 1 and all(len(p.text) <= 20 and not p.solid for p in cell) for row in rows for cell in row)
    return lone and len(gutters) > 1 and len(rows) > 2 and all(row[0] for row in rows)
