"""Text of a PDF page that nobody can see: drawn invisibly, white on white, under a picture, too small, off the page.
Text of a layer that is switched off is not drawn at all.

How text is drawn says cheaply what may be hidden. Whether it is, is seen by drawing the page without it: where the
picture stays the same and is blank, there was nothing to see. Where it is not blank, the letters may be there as shapes
or in a picture, with their text drawn invisibly to be searched: such text stays.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.pdf.characters import area_shown, to_shown
from ingest.pdf.sheet import Box, Char

_WHITE = 235  # of 255: lighter letters may not show on white
_FAINT = 26  # of 255: with less alpha, letters may not show
_TINY = 1.0  # points: no eye reads type of this size
_COVERS = 3.0  # points: a thinner shape is a line
_SCALE = 1.5  # pixels a point of the two pictures that are compared
_MOST_PIXELS = 6_000_000
_SEEN = 20  # of 255: a smaller difference is no letter
_LARGE = 0.5  # of the page: pictures as large as this are a scan
_FEW = 50  # characters: a scanner's stamp has no more
_ANY = 0.02  # of the page: on a page without text, a picture as large as this may hold some
_MANY_PATHS = 50  # letters may be drawn as shapes


@dataclass(frozen=True)
class Unseen:
    """The characters of a page (pdfium's numbers) that are left out; ``layer``: the rest is what a scanner read."""

    left_out: frozenset[int]
    layer: bool = False


@dataclass(frozen=True)
class _Thing:
    """What is drawn on a page: its place in the order of drawing, and on the sheet (PDF space)."""

    item: Any
    order: int
    kind: int
    box: Box


def unseen(page: Any, textpage: Any) -> Unseen:
    """Return which characters of a page nobody can see."""
    import pypdfium2.raw as pdfium

    things = list(_things(page))
    texts = {_address(thing.item): thing for thing in things if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT}
    first = min((thing.order for thing in things if _holds_text(thing)), default=0)
    covers = [thing for thing in things if thing.order > first and _may_cover(thing)]
    left, bottom, right, top = area_shown(page)
    away: set[int] = set()
    doubtful: dict[int, tuple[int, Box]] = {}  # by character: the address of its text object, and its box
    items: dict[int, Any] = {}
    faint: dict[int, bool] = {}
    layered: dict[int, bool] = {}
    off: set[int] = set()  # characters that are hidden only if their layer is switched off
    over: dict[int, list[_Thing]] = {}
    inked = 0
    loose = pdfium.FS_RECTF()
    x0, x1, y0, y1 = (ctypes.c_double() for _ in range(4))
    for i in range(textpage.count_chars()):
        if chr(pdfium.FPDFText_GetUnicode(textpage, i)).isspace():
            continue  # some have a box
        if not pdfium.FPDFText_GetCharBox(textpage, i, x0, x1, y0, y1) or x1.value <= x0.value or y1.value <= y0.value:
            continue
        inked += 1
        box = x0.value, y0.value, x1.value, y1.value
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not (left - 1 <= x <= right + 1 and bottom - 1 <= y <= top + 1):
            away.add(i)
            continue
        item = pdfium.FPDFText_GetTextObject(textpage, i)
        if not item:
            continue
        key = _address(item)
        if key not in faint:
            faint[key] = _is_faint(item)
            layered[key] = _is_layered(item)
            items[key] = item
            over[key] = _over(texts.get(key), covers)
        # Points and commas are small in any type: what counts is the type's own height.
        tiny = pdfium.FPDFText_GetLooseCharBox(textpage, i, loose) and loose.top - loose.bottom < _TINY
        if faint[key] or tiny or any(_is_in(x, y, thing.box) for thing in over[key]):
            doubtful[i] = key, box
        elif layered[key] or key not in texts:  # the layer of a form is not known
            doubtful[i] = key, box
            if layered[key]:
                off.add(i)
    nowhere, blank = _not_showing(page, doubtful, items) if doubtful else (set(), set())
    scans = [thing for thing in things if _has_picture(thing)]
    if nowhere and _share(scans, page) >= _LARGE and inked - len(nowhere) - len(away) <= max(_FEW, len(nowhere) // 4):
        layer = {i for i in nowhere if any(_is_in(*_middle(doubtful[i][1]), scan.box) for scan in scans)}
        return Unseen(frozenset(away | (blank - layer)), len(layer) > _FEW)
    return Unseen(frozenset(away | blank | (nowhere & off)))


def is_picture(page: Any, chars: Sequence[Char]) -> bool:
    """Say whether what a page says stands in its pictures: it has no text, or a stamp's on a scan."""
    import pypdfium2.raw as pdfium

    letters = sum(1 for char in chars if char.tight is not None)
    if letters > _FEW:
        return False
    things = list(_things(page))
    share = _share([thing for thing in things if _has_picture(thing)], page)
    if letters:
        return share >= _LARGE
    return share >= _ANY or sum(1 for thing in things if thing.kind == pdfium.FPDF_PAGEOBJ_PATH) >= _MANY_PATHS


def _things(page: Any) -> Iterator[_Thing]:
    import pypdfium2.raw as pdfium

    edges = [ctypes.c_float() for _ in range(4)]
    for order in range(pdfium.FPDFPage_CountObjects(page)):
        item = pdfium.FPDFPage_GetObject(page, order)
        if pdfium.FPDFPageObj_GetBounds(item, *edges):
            left, bottom, right, top = (edge.value for edge in edges)
            yield _Thing(item, order, pdfium.FPDFPageObj_GetType(item), (left, bottom, right, top))


def _address(item: Any) -> int:
    return ctypes.addressof(item.contents)


def _holds_text(thing: _Thing) -> bool:
    import pypdfium2.raw as pdfium

    return thing.kind in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_FORM)


def _may_cover(thing: _Thing) -> bool:
    """Say whether what was drawn before a thing may be hidden under it."""
    import pypdfium2.raw as pdfium

    x0, y0, x1, y1 = thing.box
    if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT or min(x1 - x0, y1 - y0) < _COVERS:
        return False
    if thing.kind == pdfium.FPDF_PAGEOBJ_PATH:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDFPath_GetDrawMode(thing.item, fill, stroke)
        return bool(fill.value)
    return True


def _over(text: _Thing | None, covers: Sequence[_Thing]) -> list[_Thing]:
    """Return what is drawn over a text object; a text within a form has no place of its own in the order."""
    if text is None:
        return []
    x0, y0, x1, y1 = text.box
    return [
        thing
        for thing in covers
        if thing.order > text.order
        and thing.box[0] < x1
        and x0 < thing.box[2]
        and thing.box[1] < y1
        and y0 < thing.box[3]
    ]


def _is_faint(item: Any) -> bool:
    """Say whether a text object draws nothing, or (nearly) white or clear letters."""
    import pypdfium2.raw as pdfium

    if pdfium.FPDFTextObj_GetTextRenderMode(item) in (
        pdfium.FPDF_TEXTRENDERMODE_INVISIBLE,
        pdfium.FPDF_TEXTRENDERMODE_CLIP,
    ):
        return True
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        return False
    return min(red.value, green.value, blue.value) >= _WHITE or alpha.value < _FAINT


def _is_layered(item: Any) -> bool:
    """Say whether an object belongs to a layer, which may be switched off."""
    import pypdfium2.raw as pdfium

    name, length = (pdfium.FPDF_WCHAR * 8)(), ctypes.c_ulong()
    for i in range(pdfium.FPDFPageObj_CountMarks(item)):
        mark = pdfium.FPDFPageObj_GetMark(item, i)
        if pdfium.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), length) and name[:3] == [0x4F, 0x43, 0]:
            return True  # OC
    return False


def _not_showing(
    page: Any, doubtful: Mapping[int, tuple[int, Box]], items: Mapping[int, Any]
) -> tuple[set[int], set[int]]:
    """Return the characters without which the page looks the same, and those of them in whose place it is blank."""
    import numpy as np
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    scale = min(_SCALE, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))

    def drawn() -> Any:
        return np.asarray(page.render(scale=scale).to_pil().convert("RGB")).astype(np.int16)

    before = drawn()
    doubted = [items[key] for key in {key for key, _ in doubtful.values()}]
    for item in doubted:
        pdfium.FPDFPageObj_SetIsActive(item, False)
    after = drawn()
    for item in doubted:
        pdfium.FPDFPageObj_SetIsActive(item, True)
    differs = (np.abs(before - after).max(axis=2) >= _SEEN).astype(np.uint8)
    shown = to_shown(page)
    hidden: set[int] = set()
    blank: set[int] = set()
    showing: set[int] = set()  # text objects of which a character shows
    small: dict[int, int] = {}
    for i, (key, box) in doubtful.items():
        a, b, c, d = (v * scale for v in shown(*box))
        if differs[max(0, math.floor(b)) : math.ceil(d), max(0, math.floor(a)) : math.ceil(c)].any():
            showing.add(key)
            continue
        hidden.add(i)
        # What stands beside it may reach into its box.
        slack_x, slack_y = 0.15 * (c - a), 0.15 * (d - b)
        inner = before[round(b + slack_y) : math.ceil(d - slack_y), round(a + slack_x) : math.ceil(c - slack_x)]
        if not inner.size or int((inner.max(axis=(0, 1)) - inner.min(axis=(0, 1))).max()) < _SEEN:
            blank.add(i)
        if max(c - a, d - b) < 4:
            small[i] = key
    # A point or a comma may fall between the pixels: it shows where its neighbours do.
    hidden -= {i for i, key in small.items() if key in showing}
    return hidden, _by_word(hidden, blank)


def _by_word(hidden: set[int], blank: set[int]) -> set[int]:
    """Return the characters of words that are blank for the most part.

    A line of a table may run through one letter, and a straight stroke fills its box as evenly as nothing does.
    """
    words: list[list[int]] = []
    for i in sorted(hidden):
        if words and i - words[-1][-1] <= 2:
            words[-1].append(i)
        else:
            words.append([i])
    return {i for word in words if 2 * sum(i in blank for i in word) > len(word) for i in word}


def _has_picture(thing: _Thing) -> bool:
    import pypdfium2.raw as pdfium

    def holds(item: Any, depth: int) -> bool:
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            return True
        if kind != pdfium.FPDF_PAGEOBJ_FORM or depth > 3:
            return False
        return any(
            holds(pdfium.FPDFFormObj_GetObject(item, i), depth + 1)
            for i in range(min(200, pdfium.FPDFFormObj_CountObjects(item)))
        )

    return holds(thing.item, 0)


def _share(things: Sequence[_Thing], page: Any) -> float:
    """Return how much of a page things cover, were they to lie side by side."""
    left, bottom, right, top = area_shown(page)
    covered = sum(
        max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
        for x0, y0, x1, y1 in (thing.box for thing in things)
    )
    return covered / max(1.0, (right - left) * (top - bottom))


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _is_in(x: float, y: float, box: Box) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
