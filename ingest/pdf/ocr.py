"""The reader of pages that are pictures: a child process (``python -m ingest.pdf.ocr PATH PAGES``), offline.

PAGES is a JSON list of page numbers (from 1). It says a head, then for each page what ``ingest.assemble`` describes,
with its number as ``page``. The engine and its model come with the extra ``tenkyo[ocr]``.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from ingest.child import limit_memory, say
from ingest.pdf.characters import without_spread
from ingest.pdf.layout import go_on, page_record
from ingest.pdf.picture import (
    SURELY_RULED,
    Pixels,
    band_of,
    blobs_of,
    cut_letters,
    holds_dash,
    ink_of,
    is_dash,
    rulings_of,
    straightened,
    tilt_of,
    triangle_in,
)
from ingest.pdf.rulings import Grid, Ruling, grids_of, settled
from ingest.pdf.sheet import Box, Char, Sheet, bounding_box, is_kanji

# By its folder: under the name alone, a package index might hand out somebody else's tenkyo.
INSTALL = "tenkyo のフォルダで「pip install -c constraints.txt '.[ocr]'」"

# Bytes of address space: A4 takes 1.8 GiB, the largest page 2.0 GiB (of these, 1.1 and 1.7 are resident); a sheet that
# was scanned much finer needs its own picture besides.
_MEMORY = 4 << 30
_DPI = 200
_MOST_PIXELS = 9_000_000  # A3 at 200 dpi
_LEAST_LINE = 0.5  # a line read with less confidence is a drawing, or noise
_LEAST_FIGURE = 0.7  # a figure with a character read with less confidence is shown as 〓
_WIDEST_FIGURE = 1.2  # of the line's height: no figure is wider
_WIDEST_LETTER = 1.7
_DOTS = ".·…‥・"  # they lead the eye, many read as few
_DOUBTFUL = "〓"


def installed() -> bool:
    """Say whether the engine is there."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2"))


def main(arguments: Sequence[str]) -> int:
    path, pages = arguments
    threads = int(os.environ.setdefault("OMP_NUM_THREADS", "1"))
    limit_memory(_MEMORY)
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    engine = _engine(threads)
    wanted = json.loads(pages)
    say({"pages": len(wanted)})
    before: dict[str, Any] = {"page": 0, "tables": []}
    for number in wanted:
        record = {"page": number, **_read_page(document[number - 1], engine)}
        if before["page"] == number - 1 and before["tables"] and record["tables"]:
            go_on(record["tables"][0], before["tables"][-1], record["text"])
        before = record
        say(record)
    return 0


def _engine(threads: int) -> Any:
    from rapidocr import RapidOCR

    engine: Any = RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_vertical_padding": False,
            "Global.return_word_box": True,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    recogniser = engine._load_rec_model()
    recogniser.postprocess_op = _Japanese(recogniser.postprocess_op)
    return engine


class _Japanese:
    """The engine's decoder for Japanese papers.

    It knows the writing of other countries and times, and both widths of figures. What is one character here shares
    its probability among them: 3 and ３, or 増 and 增, of .5 each are a character that is sure.
    """

    def __init__(self, decode: Any):
        self._decode = decode
        characters: list[str] = decode.character
        at = {character: i for i, character in enumerate(characters)}
        pairs = [*zip(_OTHER_FORMS[::2], _OTHER_FORMS[1::2], strict=True)]
        pairs += [(chr(ord(c) + 0xFEE0), c) for c in _ONE_WIDTH]
        self._pairs = [(at[other], at[own]) for other, own in pairs if other in at and own in at]
        self._foreign = [i for i, character in enumerate(characters) if _is_foreign(character)]

    def __call__(self, chances: Any, *arguments: Any, **options: Any) -> Any:
        for other, own in self._pairs:
            chances[:, :, own] += chances[:, :, other]
            chances[:, :, other] = 0
        chances[:, :, self._foreign] = 0
        return self._decode(chances, *arguments, **options)


_ONE_WIDTH = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz,.%"
_OTHER_FORMS = (
    "增増讓譲圈圏稅税說説內内敎教產産步歩淸清靑青曆暦歷歴槪概旣既鄕郷卽即緖緒錄録綠緑虛虚戶戸戾戻齡齢·・〇○每毎值値单単价価减減"
    "额額给給设設费費业業务務补補实実营営车車门門关関办弁处処债債资資贷貸赁賃购購员員总総战戦发発检検查査"
)


def _is_foreign(character: str) -> bool:
    """Say whether a character is a 漢字 that Japanese papers cannot hold: Shift_JIS, in which they began, lacks it."""
    if not is_kanji(character):
        return False
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return True
    return False


def _read_page(page: Any, engine: Any) -> dict[str, Any]:
    width, height = page.get_size()
    scale = min(_DPI / 72, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
    shown = np.asarray(page.render(scale=scale, grayscale=True).to_pil().convert("L"))
    page.close()
    found = _read(shown, scale, engine)
    record = found if found is not None else page_record(Sheet([], width, height), ())
    record.update(width=width, height=height, read_by="ocr")
    return record


@dataclass
class _Line:
    """A line of a picture: its characters, how sure each is, and where it stands (pixels)."""

    text: str
    sure: list[float]
    middles: list[float]  # of each character, from the left of the box
    box: tuple[int, int, int, int]
    upright: bool = False

    @property
    def confidence(self) -> float:
        return statistics.mean(self.sure)


def _read(shown: Pixels, scale: float, engine: Any) -> dict[str, Any] | None:
    """Return the record of a page from its picture, or None where there are no letters on it."""
    picture, way = straightened(shown, 0, tilt_of(ink_of(shown)))
    ink = ink_of(picture)
    upright, flat, mask = rulings_of(ink, scale)
    clean = np.where(mask, 255, picture).astype(np.uint8)
    boxes = _boxes(clean, engine)
    quarter = _quarter(clean, boxes, engine)
    if quarter:
        turned = np.ascontiguousarray(np.rot90(shown, quarter))
        picture, way = straightened(shown, quarter, tilt_of(ink_of(turned)))
        ink = ink_of(picture)
        upright, flat, mask = rulings_of(ink, scale)
        clean = np.where(mask, 255, picture).astype(np.uint8)
        boxes = _boxes(clean, engine)
    boxes = _cut_at(upright, boxes, scale)
    rest = _passed_over(clean.shape, ink & ~mask, grids_of(*settled(list(upright), list(flat))), boxes, scale)
    lines = _recognised(clean, boxes, engine)
    lines += [line for line in _recognised(clean, rest, engine) if _is_sure_figure(line)]
    if not lines:
        return None
    letters = [sure for line in lines for sure in line.sure]
    confidence = round(statistics.mean(letters), 3)
    lines = [line for line in lines if line.confidence >= _LEAST_LINE]
    lines = _with_signs(lines, clean, ink & ~mask, upright, scale, engine)
    ordered = sorted(lines, key=lambda line: (line.box[1] + line.box[3], line.box[0]))
    placed = [_of_line(line, ink & ~mask, scale) for line in ordered]
    sheet = Sheet(_in_rows(placed), way.width / scale, way.height / scale)
    words = [bounding_box([char.tight for char in chars if char.tight is not None]) for chars in placed]
    grids = grids_of(*settled(_outside(upright, words, 1), _outside(flat, words, 0)))
    record = page_record(sheet, grids, lambda box: _shown(way.back, box, scale))
    record["confidence"] = confidence
    return record


def _shown(back: Any, box: Box, scale: float) -> Box:
    x0, y0, x1, y1 = back(tuple(v * scale for v in box))
    return x0 / scale, y0 / scale, x1 / scale, y1 / scale


def _boxes(picture: Pixels, engine: Any) -> list[tuple[int, int, int, int]]:
    """Return the boxes (pixels) of the lines on a picture."""
    from rapidocr.main import RapidOCRError

    height, width = picture.shape
    try:
        _, found = engine.detect_and_crop(np.dstack([picture] * 3), {})
    except RapidOCRError:  # there are none
        return []
    boxes: list[tuple[int, int, int, int]] = []
    for corners in found.boxes:
        (x0, y0), (x1, y1) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        box = max(0, int(x0)), max(0, int(y0)), min(width, int(x1)), min(height, int(y1))
        if box[2] - box[0] > 3 and box[3] - box[1] > 3:
            boxes.append(box)
    return boxes


def _cut_at(
    upright: Sequence[Ruling], boxes: Sequence[tuple[int, int, int, int]], scale: float
) -> list[tuple[int, int, int, int]]:
    """Return boxes cut where a ruling runs through them: what stands in two cells is detected as one line."""
    walls = [line for line in upright if line.end - line.start >= SURELY_RULED]
    found: list[tuple[int, int, int, int]] = []
    for x0, y0, x1, y1 in boxes:
        margin = 0.4 * (y1 - y0)
        middle = (y0 + y1) / 2 / scale
        cuts = sorted({round(w.at * scale) for w in walls if w.start < middle < w.end})
        edges = [x0, *(cut for cut in cuts if x0 + margin < cut < x1 - margin), x1]
        found.extend((a, y0, b, y1) for a, b in pairwise(edges))
    return found


def _passed_over(
    shape: tuple[int, ...], ink: Pixels, grids: Sequence[Grid], boxes: Sequence[tuple[int, int, int, int]], scale: float
) -> list[tuple[int, int, int, int]]:
    """Return boxes of what is printed alone in cells of tables and was not detected, such as a lone 1."""
    taken = np.zeros(shape, bool)
    for x0, y0, x1, y1 in boxes:
        taken[y0:y1, x0:x1] = True
    found: list[tuple[int, int, int, int]] = []
    edge = round(1.2 * scale)
    for grid in grids:
        for (row, column), (down, along) in grid.cells.items():
            x0, x1 = (round(grid.columns[c] * scale) for c in (column, column + along))
            y0, y1 = (round(grid.rows[r] * scale) for r in (row, row + down))
            x0, y0, x1, y1 = x0 + edge, y0 + edge, x1 - edge, y1 - edge
            if x1 - x0 < 3 or y1 - y0 < 3 or taken[y0:y1, x0:x1].any():
                continue
            ys, xs = np.nonzero(ink[y0:y1, x0:x1])
            if not len(ys):
                continue
            width, height = int(xs.max() - xs.min()), int(ys.max() - ys.min())
            if not 4 * scale <= height <= 24 * scale or width > 3 * height:
                continue
            pad = max(3, height // 3)
            left, top = x0 + int(xs.min()), y0 + int(ys.min())
            found.append((max(0, left - pad), max(0, top - pad), left + width + pad, top + height + pad))
    return found[:_MOST_PASSED_OVER]


_MOST_PASSED_OVER = 200


def _is_sure_figure(line: _Line) -> bool:
    return re.fullmatch(r"[0-9]{1,3}", line.text) is not None and min(line.sure) >= _SURE


# --- signs of figures


_Blob = tuple[int, int, int, int]
_BEGINS_WITH_FIGURE = re.compile(r"[(（¥￥]?[0-9]")
_DASHES = "-－−–—―ー一"
_NEAR = 3.0  # of the line's height: what stands so near to a figure, and was not read, may be its sign
_FAR = 12.0  # in a cell a sign may stand at the other end
_JOINED = 0.7  # a dash so near to what stands before it joins the two. 例: 10 - 20
_LEADERS = 3  # dashes in a row lead the eye. 例: 目次 ------ 12


def _with_signs(
    lines: Sequence[_Line], picture: Pixels, ink: Pixels, upright: Sequence[Ruling], scale: float, engine: Any
) -> list[_Line]:
    """Return lines with the signs that stand apart from their figures, which detection passes over. 例: △ 599,511

    A triangle is known by its shape. Anything else beside a figure is read together with it; where that is not sure,
    the figure is made unreadable, for it may be a sign that it lacks.
    """
    weak = [line for line in lines if _is_weak(line)]
    read = [line for line in lines if not _is_weak(line)]
    signs: dict[_Blob, _Line] = {}
    unclear: dict[_Blob, tuple[_Line, _Mark]] = {}
    for line in read:
        mark = _mark_before(line, read, ink, upright, scale) if _BEGINS_WITH_FIGURE.match(line.text) else None
        if mark is None:
            continue
        if mark.sign:
            signs[mark.box] = _Line(mark.sign, [1.0], [(mark.box[2] - mark.box[0]) / 2], mark.box)
        elif mark.is_dash or not any(_covers(o.box, mark.box) and o.confidence >= _LEAST_FIGURE for o in weak):
            unclear[_around(line.box, mark.box)] = line, mark
    again = {line.box: line for line in _recognised(picture, list(unclear), engine)}
    settled = {id(line): _judged(line, mark, again.get(box), weak) for box, (line, mark) in unclear.items()}
    blobs = [*signs, *(mark.box for _, mark in unclear.values())]
    kept = [line for line in weak if not any(_covers(line.box, blob) for blob in blobs)]
    return [*(settled.get(id(line), line) for line in read), *kept, *signs.values()]


@dataclass(frozen=True)
class _Mark:
    """What stands before a figure: △ or ▲ where it is one, whether it is a dash, and whether the dash joins."""

    box: _Blob
    sign: str
    is_dash: bool
    joins: bool


def _is_weak(line: _Line) -> bool:
    """Say whether a line is a lone mark that may be something else: the picture of a triangle is read as 公 or A."""
    text = line.text.strip()
    return len(text) == 1 and not text.isdigit() and (line.confidence < _SURE or not is_kanji(text) or text == "一")


def _covers(box: _Blob, blob: _Blob) -> bool:
    x, y = (blob[0] + blob[2]) / 2, (blob[1] + blob[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _around(line: _Blob, mark: _Blob) -> _Blob:
    """Return the box of a line and of a mark before it, with some white around."""
    pad = max(2, (line[3] - line[1]) // 6)
    return max(0, min(line[0], mark[0]) - pad), min(line[1], mark[1]), line[2], max(line[3], mark[3])


def _judged(line: _Line, mark: _Mark, again: _Line | None, weak: Sequence[_Line]) -> _Line:
    """Return a figure with what stands before it, or made doubtful where that is not sure."""
    before = [other.text.strip() for other in weak if _covers(other.box, mark.box)]
    if again is not None and again.text.endswith(line.text) and min(again.sure) >= _LEAST_FIGURE:
        before.append(again.text.removesuffix(line.text).strip())
        if not mark.is_dash and before[-1]:
            return again
    if mark.is_dash and not mark.joins and any(text and text in _DASHES for text in before):
        x0 = mark.box[0]
        moved = [(mark.box[2] - x0) / 2, *(middle + line.box[0] - x0 for middle in line.middles)]
        box = x0, min(line.box[1], mark.box[1]), line.box[2], max(line.box[3], mark.box[3])
        return _Line("-" + line.text, [1.0, *line.sure], moved, box)
    figure = _FIGURE.search(line.text)
    assert figure is not None
    return replace(line, sure=[0.0 if i < figure.end() else sure for i, sure in enumerate(line.sure)])


def _mark_before(
    line: _Line, read: Sequence[_Line], ink: Pixels, upright: Sequence[Ruling], scale: float
) -> _Mark | None:
    """Return what stands before a figure, on its line and in its cell, and was not read."""
    x0, y0, _, y1 = line.box
    high, middle = y1 - y0, (y0 + y1) / 2
    walls = [w.at for w in upright if w.end - w.start > 1.5 * high / scale and w.start < middle / scale < w.end]
    wall = max((round((at + 1.2) * scale) for at in walls if at * scale < x0 + 0.2 * high), default=0)
    ends = [o.box[2] for o in read if o is not line and o.box[1] < middle < o.box[3] and o.box[0] < x0]
    end = max(ends, default=-high)
    left = max(0, wall, end, round(x0 - (_FAR if wall else _NEAR) * high))
    if x0 - left < 3:
        return None
    top, foot = band_of(ink, line.box)
    tall = foot - top
    more = tall // 5  # signs may be higher than figures
    from_x, from_y = max(wall, left - high, 0), max(0, top - more)
    found: list[_Mark] = []
    # A detected box may cut a sign in two: then a part of it lies within.
    for a, b, c, d in blobs_of(ink[from_y : foot + more, from_x : x0 + high // 2]):
        box = from_x + a, from_y + b, from_x + c, from_y + d
        if not left <= (box[0] + box[2]) / 2 < x0:
            continue
        dash = is_dash(c - a, d - b, (box[1] + box[3]) / 2 - top, tall)
        sign = triangle_in(ink[box[1] : box[3], box[0] : box[2]])
        if sign or dash or (d - b >= 0.4 * tall and x0 - box[2] < _NEAR * high):
            found.append(_Mark(box, sign, dash, wall <= end and box[0] - end < _JOINED * high))
    if not found or sum(mark.is_dash for mark in found) >= _LEADERS:
        return None
    if found[-1].is_dash and (line.text[-1] in _DASHES or _dash_follows(line.box, ink, (top, foot))):
        return None  # the number of a page. 例: ― 21 ―
    return found[-1]


def _dash_follows(box: _Blob, ink: Pixels, band: tuple[int, int]) -> bool:
    (_, y0, x1, y1), (top, foot) = box, band
    from_x = max(0, x1 - (y1 - y0) // 2)
    after = blobs_of(ink[top:foot, from_x : x1 + 2 * (y1 - y0)])
    return any(is_dash(c - a, d - b, (b + d) / 2, foot - top) for a, b, c, d in after)


def _crop(picture: Pixels, box: tuple[int, int, int, int], quarter: int = 0) -> Pixels:
    x0, y0, x1, y1 = box
    part = np.rot90(picture[y0:y1, x0:x1], quarter)
    if not quarter and part.shape[1] < _LEAST_SHAPE * part.shape[0]:
        # A lone 1 is surer amid white.
        rest = round(_LEAST_SHAPE * part.shape[0]) - part.shape[1]
        part = np.pad(part, ((0, 0), (rest // 2, rest - rest // 2)), constant_values=255)
    return np.ascontiguousarray(np.dstack([part] * 3))


_LEAST_SHAPE = 1.5  # width of a line that is recognised, of its height


def _is_tall(box: tuple[int, int, int, int], usual: float) -> bool:
    """Say whether a box holds characters one over another: a lone figure 1 is tall, but no taller than a line."""
    x0, y0, x1, y1 = box
    return y1 - y0 >= 2 * (x1 - x0) and y1 - y0 > 1.6 * usual


def _usual_height(boxes: Sequence[tuple[int, int, int, int]]) -> float:
    return statistics.median([min(y1 - y0, x1 - x0) for x0, y0, x1, y1 in boxes]) if boxes else 0.0


_SAMPLE = 6


def _quarter(picture: Pixels, boxes: Sequence[tuple[int, int, int, int]], engine: Any) -> int:
    """Return by how many quarters to the left a picture must be turned so that its lines can be read.

    The longest lines are read each way; the page is turned only where another way is much better.
    """
    usual = _usual_height(boxes)
    longest = sorted(boxes, key=lambda box: max(box[2] - box[0], box[3] - box[1]), reverse=True)[:_SAMPLE]
    if not longest:
        return 0
    tall = sum(_is_tall(box, usual) for box in longest) * 2 > len(longest)
    longest = [box for box in longest if _is_tall(box, usual) == tall]

    def sureness(quarter: int) -> float:
        result = engine.recognize_txt([_crop(picture, box, quarter) for box in longest])
        return float(statistics.mean(result.scores))

    ways = {quarter: sureness(quarter) for quarter in ((1, 3) if tall else (0,))}
    if not tall and ways[0] < _SURE:
        ways[2] = sureness(2)
    best = max(ways, key=lambda quarter: ways[quarter])
    if tall:
        # Upright writing turned left is read well enough by the engine to be told from a page on its side.
        return best if ways[best] >= _SURE else 0
    return best if ways[best] > ways[0] + 0.1 else 0


_SURE = 0.9


def _recognised(picture: Pixels, boxes: Sequence[tuple[int, int, int, int]], engine: Any) -> list[_Line]:
    if not boxes:
        return []
    usual = _usual_height(boxes)
    tall = [_is_tall(box, usual) for box in boxes]
    result = engine.recognize_txt([_crop(picture, box, int(up)) for box, up in zip(boxes, tall, strict=True)])
    lines: list[_Line] = []
    for box, up, text, words in zip(boxes, tall, result.txts, result.word_results, strict=True):
        if not text.strip() or not words.line_txt_len:
            continue
        across, along = sorted((box[2] - box[0], box[3] - box[1])) if up else (box[3] - box[1], box[2] - box[0])
        padded = along if up else max(along, round(_LEAST_SHAPE * across))
        columns = iter([column for word in words.word_cols for column in word])
        pitch = padded / words.line_txt_len
        before = (padded - along) / 2
        middles = [math.nan if c.isspace() else (next(columns) + 0.5) * pitch - before for c in text]
        lines.append(_Line(text, [float(v) for v in words.confs], middles, box, up))
    return lines


# 例: 7,719, 183
_GAP_IN_FIGURE = re.compile(r"(?<=[0-9][,.]) (?=[0-9]{3}(?![0-9]))|(?<=[0-9]) (?=,[0-9]{3}(?![0-9]))")
_FIGURE = re.compile(r"[△▲+\-−]?[0-9](?:[0-9,.\-−]*[0-9])?")
_BROKEN = re.compile(r",[0-9]{4}|,[0-9]{2}(?![0-9])|[0-9]{4},")
_LOOKALIKES = str.maketrans("力二口八夕工卜一べへぺ", "カニロハタエトーベヘペ")
_AMONG_KATAKANA = re.compile(
    r"(?<=[ァ-ヶー])(?:卜|一(?![一-鿿0-9])|[力二口八夕工べへぺ](?=[ァ-ヶー]))|(?<![一-鿿])口(?=[ァ-ヶ])"
)  # 例: スマー卜避難所, フロア一の
_MINUS_APART = re.compile(r"[-－−–—―ー一] +(?=[0-9][0-9,.]*[%％]?$)")  # 例: － 250
_LONG_MINUS = re.compile(r"^[－−–—―ー一](?=[0-9][0-9,.]*[%％]?$)")  # 例: ー5.4
_MINUS = re.compile(r"(?<![0-9A-Za-z])[A∆Δ](?= ?[0-9]{1,3}(?:,[0-9]{3})+(?![0-9]))")  # 例: A8,763,696


def _settled(line: _Line, *, enclosed: bool = False) -> list[tuple[str, float, float]]:
    """Return the characters of a line with their middles and how sure they are: slips that are certain mended.

    A figure that dashes enclose numbers a page: they are no minus. 例: - 2 -
    """
    drop = {match.start() for match in _GAP_IN_FIGURE.finditer(line.text)}
    lone = None if enclosed else _MINUS_APART.match(line.text)
    drop |= set(range(1, lone.end())) if lone else set()
    kept = [i for i in range(len(line.text)) if i not in drop]
    text = "".join(line.text[i] for i in kept)
    text = _AMONG_KATAKANA.sub(lambda match: match.group().translate(_LOOKALIKES), text)
    text = _MINUS.sub("▲", text)
    text = text if enclosed else _LONG_MINUS.sub("-", text)
    return [(letter, line.middles[i], line.sure[i]) for letter, i in zip(text, kept, strict=True)]


def _without_doubtful(text: str, sure: Sequence[float], widths: Sequence[float]) -> str:
    """Return a line with figures that may be wrong made unreadable: 〓 for each character.

    A character of them was read with little confidence, commas part no thousands (例: 38,0001 for 38,000※1), or one
    is wider (``widths``, of the line's height) than figures are: then something beside it was not read. So is it where
    the letter before is wider than letters are. Figures that hyphens join go together. 例: 088-622-5121
    """
    letters = list(text)
    for match in _FIGURE.finditer(text):
        span = range(*match.span())
        doubtful = min(sure[i] for i in span) < _LEAST_FIGURE or _BROKEN.search(match.group()) is not None
        doubtful |= any(widths[i] > _WIDEST_FIGURE for i in span if text[i].isdigit())
        before = len(text[: match.start()].rstrip()) - 1
        if doubtful or (before >= 0 and text[before] not in _DOTS and widths[before] > _WIDEST_LETTER):
            letters[match.start() : match.end()] = _DOUBTFUL * len(match.group())
    return "".join(letters)


def _how_sure(letter: str, chance: float, box: _Blob | None, ink: Pixels) -> float:
    """Return how sure a letter is, given its ink: a triangle is; no digit has a dash beside it. 例: 12 for 1-2"""
    if box is None:
        return chance
    if letter.isdigit():
        return 0.0 if holds_dash(ink, box) else chance
    x0, y0, x1, y1 = box
    return 1.0 if letter in "△▲" and triangle_in(ink[y0:y1, x0:x1]) else chance


def _with_own_signs(text: str, boxes: Sequence[_Blob | None], ink: Pixels) -> str:
    """Return a line whose letters before figures are △ or ▲ where they have that shape. 例: A5.4"""
    letters = list(text)
    for match in _SIGN_READ.finditer(text):
        box = boxes[match.start()]
        if box is not None:
            x0, y0, x1, y1 = box
            letters[match.start()] = triangle_in(ink[y0:y1, x0:x1]) or match.group()
    return "".join(letters)


_SIGN_READ = re.compile(r"[^\s0-9,.△▲](?= ?[0-9])")


def _in_rows(lines: Sequence[list[Char]]) -> list[Char]:
    """Return the characters of a page, what stands side by side on one line, as a PDF gives them."""
    rows: list[list[list[Char]]] = []
    for chars in lines:
        middle, low, high = _extent(chars)
        for row in reversed(rows[-40:]):
            m, a, b = _extent(row[0])
            if a <= middle <= b and low <= m <= high and b - a < 2 * (high - low):
                row.append(chars)
                break
        else:
            rows.append([chars])
    found: list[Char] = []
    for number, row in enumerate(rows):
        row.sort(key=lambda chars: chars[0].middle[0])
        if found:
            found.append(Char("\n", None, number - 1))
        for i, chars in enumerate(row):
            if i:
                found.append(Char(" ", None, number))
            for char in chars:
                char.line = number
            found.extend(chars)
    return without_spread(found)


def _extent(chars: Sequence[Char]) -> tuple[float, float, float]:
    """Return the middle, top and foot of a line."""
    boxes = [char.box for char in chars if char.box is not None]
    low, high = min(b[1] for b in boxes), max(b[3] for b in boxes)
    return (low + high) / 2, low, high


def _of_line(line: _Line, ink: Pixels, scale: float) -> list[Char]:
    x0, y0, x1, y1 = line.box
    if line.upright:
        ink, (x0, y0, x1, y1) = np.ascontiguousarray(ink.T), (y0, x0, y1, x1)
    top, foot = band_of(ink, (x0, y0, x1, y1))
    letters = _settled(line, enclosed=_dash_follows((x0, y0, x1, y1), ink, (top, foot)))
    inked = [middle for letter, middle, _ in letters if not letter.isspace()]
    tight = cut_letters(ink, (x0, top, x1, foot), inked)
    wide = list(tight)
    for i in range(len(wide) - 1):
        (a, end), (start, b) = wide[i], wide[i + 1]
        # What was read without a space stands close: a 1 is narrower than its place in a figure.
        if start - end <= 1.5 * (foot - top):
            cut = (end + start) // 2
            wide[i], wide[i + 1] = (a, cut), (cut, b)

    def placed(span: tuple[int, int]) -> Box:
        a, b, c, d = (top, span[0], foot, span[1]) if line.upright else (span[0], top, span[1], foot)
        return a / scale, b / scale, c / scale, d / scale

    reach = iter([(b - a) / max(1, foot - top) for a, b in tight])
    widths = [0.0 if letter.isspace() or line.upright else next(reach) for letter, _, _ in letters]
    apart = iter([(a, top, b, foot) for a, b in tight])
    boxes = [None if letter.isspace() or line.upright else next(apart) for letter, _, _ in letters]
    text = _with_own_signs("".join(letter for letter, _, _ in letters), boxes, ink)
    sure = [
        _how_sure(letter, chance, box, ink) for letter, (_, _, chance), box in zip(text, letters, boxes, strict=True)
    ]
    text = _without_doubtful(text, sure, widths)
    spans = iter(zip(wide, tight, strict=True))
    chars: list[Char] = []
    for letter in text:
        if letter.isspace():
            chars.append(Char(" ", None))
        else:
            own, narrow = next(spans)
            chars.append(Char(letter, placed(own), 0, placed(narrow)))
    return chars


def _outside(lines: Sequence[Ruling], words: Sequence[Box], along: int) -> list[Ruling]:
    """Return the lines that are no strokes of letters; ``along`` is 0 for flat ones, 1 for upright ones."""
    across = 1 - along
    slack = 1.5

    def is_stroke(line: Ruling) -> bool:
        return any(
            word[across] < line.at < word[across + 2]
            and word[along] - slack <= line.start
            and line.end <= word[along + 2] + slack
            for word in words
        )

    return [line for line in lines if not is_stroke(line)]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
