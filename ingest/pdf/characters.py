"""The characters of a PDF page with their boxes, as pdfium gives them: line ends, spread type and doubles mended."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Container
from itertools import pairwise
from typing import Any

from ingest.pdf.sheet import Box, Char, by_line, contains, gap_between, is_kanji, is_wide, size_of

_LETTER = (0.0, 0.0, 612.0, 792.0)  # what pdfium takes where a page says no sensible size


def area_shown(page: Any) -> Box:
    """Return what of a page is shown, in PDF space: left, bottom, right, top."""
    crop, media = page.get_cropbox(), page.get_mediabox()
    left, bottom, right, top = (
        max(crop[0], media[0]),
        max(crop[1], media[1]),
        min(crop[2], media[2]),
        min(crop[3], media[3]),
    )
    return (left, bottom, right, top) if left < right and bottom < top else _LETTER


def to_shown(page: Any, turn: int = 0) -> Any:
    """Return a function from a box in PDF space to one on the page as shown (crop box and rotation applied).

    With ``turn``, as shown when turned back by so many degrees, for pages whose text lies on its side.
    """
    left, bottom, right, top = area_shown(page)
    rotation = (page.get_rotation() - turn) % 360

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


def characters(page: Any, textpage: Any, left_out: Container[int] = (), turn: int = 0) -> list[Char]:
    """Return the characters of a page in pdfium's reading order, line ends as ``\\n``, without those left out.

    ``turn`` as in ``to_shown``.
    """
    import pypdfium2.raw as pdfium

    shown = to_shown(page, turn)
    rotation = page.get_rotation() - turn
    found: list[Char] = []
    x0, x1, y0, y1 = (ctypes.c_double() for _ in range(4))
    loose = pdfium.FS_RECTF()
    high = 0
    line = 0
    for i in range(textpage.count_chars()):
        if i in left_out:
            continue
        code = pdfium.FPDFText_GetUnicode(textpage, i)
        if code in (0x0A, 0x0D):
            if found and found[-1].text != "\n":
                found.append(Char("\n", None, line))
                line += 1
            continue
        if code == 0x02:  # pdfium's mark for a hyphen at a line end
            code = 0x2D
        if code in _NO_TEXT:
            if code == 0x09:
                found.append(Char(" ", None, line))
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
            found.append(Char("　" if character == "　" else " ", None, line))
            continue
        tight = box = None
        if pdfium.FPDFText_GetCharBox(textpage, i, x0, x1, y0, y1) and x1.value > x0.value and y1.value > y0.value:
            tight = box = shown(x0.value, y0.value, x1.value, y1.value)
            if pdfium.FPDFText_GetLooseCharBox(textpage, i, loose):
                # The loose box spans the line's height, which is what a marker pen covers; wild ones are not used.
                wide = shown(loose.left, loose.bottom, loose.right, loose.top)
                if contains(wide, tight) and wide[3] - wide[1] <= 4 * max(tight[3] - tight[1], tight[2] - tight[0]):
                    box = wide
        angle = math.degrees(pdfium.FPDFText_GetCharAngle(textpage, i)) + rotation
        found.append(Char(character, box, line, tight, round(angle / 90) * 90 % 360))
    while found and found[-1].text == "\n":
        found.pop()
    return _without_ruby(_without_doubles(without_spread(found)))


def without_spread(chars: list[Char]) -> list[Char]:
    """Return the characters without the spaces of spread type. 例: 町 議 会 → 町議会, 1, 234 → 1,234"""
    kept: list[Char] = []
    for group in by_line(chars):
        spaces = [i for i in range(1, len(group) - 1) if group[i].text == " " and group[i - 1].box and group[i + 1].box]
        wide = [i for i in spaces if is_wide(group[i - 1].text) and is_wide(group[i + 1].text)]
        pairs = sum(1 for a, b in pairwise(group) if a.box and b.box and is_wide(a.text) and is_wide(b.text))
        drop = {i for i in spaces if gap_between(group[i - 1], group[i + 1]) < least_space(group[i - 1], group[i + 1])}
        if len(wide) >= 3 and len(wide) > 2 * pairs:
            gaps = sorted(gap_between(group[i - 1], group[i + 1]) for i in wide)
            most = gaps[len(gaps) // 2] + max(2.0, 0.2 * size_of(group[wide[0] - 1]))
            drop |= {i for i in wide if gap_between(group[i - 1], group[i + 1]) <= most}
        text = "".join(char.text for char in group)
        for match in (*_SPREAD_NAME.finditer(text), *_SPREAD_KANA.finditer(text)):
            between = [i for i in range(*match.span()) if group[i].text == " "]
            gaps = [gap_between(group[i - 1], group[i + 1]) for i in between]
            if max(gaps) <= 1.25 * min(gaps) + 1:
                drop |= set(between)
        for match in (*_SPREAD_LINE.finditer(text), *_SPREAD_NUMBER.finditer(text)):
            if not _DAYS.fullmatch(match.group()):
                drop |= {i for i in range(*match.span()) if group[i].text in " 　"}
        for match in _SPREAD_DIGITS.finditer(text):
            drop |= {i for i in range(*match.span()) if group[i].text == " "}
        kept.extend(char for i, char in enumerate(group) if i not in drop)
    return kept


# 例: 2 3 , 9 8 2 千円; but 1月 2月 and 12 34 are what they are
_SPREAD_DIGITS = re.compile(r"(?<![0-9.,])[0-9](?: [0-9.,]){2,}(?![0-9.,]| [0-9])")
_SPREAD_NAME = re.compile(r"(?<![一-鿿])[一-鿿](?: [一-鿿]){2,}(?![一-鿿])")  # 例: （１）給 水 戸 数 19,200 戸
# 例: そ の 他営業費用, 原水及 び 浄水費
_SPREAD_KANA = re.compile(r"(?=[^ぁ-ヺ\n]{0,4}[ぁ-ヺ])[一-鿿ぁ-ヺー](?: [一-鿿ぁ-ヺー]){2,}")
# Full-width spaces part words too (例: 日　時), but hardly each character of four.
_SPREAD_LINE = re.compile(
    r"(?<!\S)[一-鿿ぁ-んァ-ヶー](?:(?P<gap>　{1,3})[一-鿿ぁ-んァ-ヶー])(?:(?P=gap)[一-鿿ぁ-んァ-ヶー])+(?!\S)"
)
_DAYS = re.compile(r"[月火水木金土日　]+")
_SPREAD_NUMBER = re.compile(r"第[ 　]?[0-9０-９]{1,3}[ 　]?[表条号回款項章節](?![一-鿿])")  # 例: 第 １ 表
_NARROW = frozenset("、。，．,.・（）()「」『』【】〔〕：；:;")  # much of their width is white


def least_space(left: Char, right: Char) -> float:
    """Return the width from which a gap between two characters is a space."""
    size = max(size_of(left), size_of(right))
    if left.text in ",." and right.text.isdecimal():
        return size
    if left.text in _NARROW or right.text in _NARROW:
        return 1.1 * size if is_wide(left.text) or is_wide(right.text) else 0.25 * size
    return 0.25 * size if is_wide(left.text) and is_wide(right.text) else 0.0


def _without_doubles(chars: list[Char]) -> list[Char]:
    """Return the characters without those drawn twice on one spot, which is how some programs make bold type."""
    seen: set[tuple[str, int, int]] = set()
    kept: list[Char] = []
    for char in chars:
        if char.tight is not None:
            x, y = char.middle
            places = {(char.text, round(x + dx), round(y + dy)) for dx in (-0.4, 0.4) for dy in (-0.4, 0.4)}
            if places & seen:
                continue
            seen.add((char.text, round(x), round(y)))
        kept.append(char)
    return kept


_RUBY = 0.62  # of the size of the type it stands over, at most


def _without_ruby(chars: list[Char]) -> list[Char]:
    """Return the characters without the small kana over 漢字 that say how they are read.

    例: びしゃもんいけ over 毘沙門池. They are left out: set in brackets behind its word, a reading would part what is
    quoted and searched for.
    """
    kanji = [char for char in chars if char.tight is not None and not char.turn and is_kanji(char.text)]
    if not kanji:
        return chars
    usual = sorted(map(_ink, kanji))[len(kanji) // 2]
    small = [char for char in chars if _is_kana(char.text) and _ink(char) <= _RUBY * usual]
    if not small:
        return chars
    rows: dict[int, list[Char]] = {}
    for char in kanji:
        assert char.tight is not None
        rows.setdefault(round(char.tight[1] / usual), []).append(char)
    over = {id(char) for char in small if _stands_over(char, rows, usual)}
    kept: list[Char] = []
    for group in by_line(chars):
        for run in _runs(group):
            if not all(id(char) in over for char in run):  # a word of the line has narrow kana too
                over.difference_update(map(id, run))
        left = [char for char in group if id(char) not in over]
        if any(char.text not in " 　\n" for char in left) or len(left) == len(group):
            kept.extend(left)
    while kept and kept[-1].text == "\n":
        kept.pop()
    return kept


def _runs(group: list[Char]) -> list[list[Char]]:
    """Return the characters of a line that nearly touch, each run by itself."""
    runs: list[list[Char]] = []
    for char in group:
        if char.tight is None:
            continue
        last = runs[-1][-1] if runs else None
        level = last is not None and abs(last.middle[1] - char.middle[1]) < 0.6 * max(_ink(last), _ink(char))
        if last is not None and level and gap_between(last, char) < max(_ink(last), _ink(char)):
            runs[-1].append(char)
        else:
            runs.append([char])
    return runs


def _is_kana(character: str) -> bool:
    return "ぁ" <= character <= "ヺ"


def _ink(char: Char) -> float:
    """Return the longer side of a character's ink: the height of its box is its font's."""
    return max(char.tight[2] - char.tight[0], char.tight[3] - char.tight[1]) if char.tight else math.inf


def _stands_over(char: Char, rows: dict[int, list[Char]], usual: float) -> bool:
    """Say whether a small character stands right above a 漢字 of a line of larger type."""
    assert char.tight is not None
    bottom, (x, _) = char.tight[3], char.middle
    for row in range(round(bottom / usual) - 1, round(bottom / usual) + 2):
        for below in rows.get(row, ()):
            assert below.tight is not None
            size = _ink(below)
            if (
                _ink(char) <= _RUBY * size
                and -0.4 * size < below.tight[1] - bottom < 0.4 * size
                and below.tight[0] - 0.5 * size < x < below.tight[2] + 0.5 * size
            ):
                return True
    return False
