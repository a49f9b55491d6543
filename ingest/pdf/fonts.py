"""Characters of a PDF page whose font does not say what letters they are: their codes come out as other letters.

A font without a table of letters gives its own numbers: signs, letters of any script, rare 漢字. Some of them still are
the letters that they stand for, and some texts are in other languages: only what nobody writes is taken for numbers.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ingest.text import is_usual

_LEAST_ODD = 8  # different characters: a font of bullets has fewer
_LEAST_LOST = 3  # different characters that the font itself does not know
_LEAST_HAN = 15
_WIDE = 0.9  # of its height: a letter of a western script is narrower
_WESTERN = 0x250
_PLAIN = frozenset(" ,.-()/:%&'\"+~")


def without_codes(textpage: Any) -> frozenset[int]:
    """Return which characters of a page (pdfium's numbers) come from fonts whose letters are not known."""
    import pypdfium2.raw as pdfium

    codes = [pdfium.FPDFText_GetUnicode(textpage, i) for i in range(textpage.count_chars())]
    lost = {i for i in range(len(codes)) if pdfium.FPDFText_HasUnicodeMapError(textpage, i) == 1}
    if not lost and len({code for code in codes if _is_odd(code)}) < _LEAST_ODD:
        return frozenset()
    fonts: defaultdict[int, _Font] = defaultdict(_Font)
    font_of: dict[int, int] = {}  # by text object
    for i, code in enumerate(codes):
        item = pdfium.FPDFText_GetTextObject(textpage, i)
        if not item:
            continue
        key = ctypes.addressof(item.contents)
        if key not in font_of:
            font = pdfium.FPDFTextObj_GetFont(item)
            font_of[key] = ctypes.addressof(font.contents) if font else 0
        fonts[font_of[key]].take(i, code, i in lost, textpage)
    return frozenset(i for font in fonts.values() if font.is_unknown for i in font.places)


@lru_cache(maxsize=20_000)
def _is_odd(code: int) -> bool:
    """Say whether a character is one that hardly anybody writes: none, a private one, a rare 漢字, a sign."""
    character = chr(code)
    if code < _WESTERN:
        return not (character.isspace() or character.isalnum() or character in _PLAIN)
    return unicodedata.category(character) in ("Cn", "Co", "Cc", "Cs") or code == 0xFFFD or _is_rare(character)


@lru_cache(maxsize=20_000)
def _is_rare(character: str) -> bool:
    """Say whether a character is a 漢字 that JIS X 0208 does not have."""
    if not unicodedata.name(character, "").startswith("CJK UNIFIED"):
        return False
    try:
        character.encode("euc_jp")
    except UnicodeEncodeError:
        return True
    return len(character.encode("euc_jp")) != 2


@dataclass
class _Font:
    """What a page shows in one font."""

    places: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    lost: list[tuple[int, bool]] = field(default_factory=list)  # a code that the font does not know, and whether odd
    wide: int = 0  # letters of western scripts that are as wide as 漢字

    def take(self, i: int, code: int, is_lost: bool, textpage: Any) -> None:
        if chr(code).isspace() and not is_lost:
            return
        is_wide = code < _WESTERN and _is_wide(textpage, i)
        self.places.append(i)
        self.codes.append(code)
        self.wide += is_wide
        if is_lost:
            self.lost.append((code, is_wide or not is_usual(chr(code)) or _is_rare(chr(code))))

    @property
    def is_unknown(self) -> bool:
        """Whether what comes out are no letters."""
        unknown = {code for code, _ in self.lost}
        if len(unknown) >= _LEAST_LOST and 2 * sum(odd for _, odd in self.lost) >= len(self.lost):
            return True
        odd = [code for code in self.codes if _is_odd(code)]
        if len(set(odd)) < _LEAST_ODD:
            return False
        nothing = sum(code >= _WESTERN and not _is_rare(chr(code)) for code in odd) + sum(code < 32 for code in odd)
        if 3 * nothing > len(self.codes):
            return True
        han = [chr(code) for code in self.codes if unicodedata.name(chr(code), "").startswith("CJK UNIFIED")]
        kana = sum("ぁ" <= chr(code) <= "ヺ" for code in self.codes)
        if len(han) >= _LEAST_HAN and 5 * sum(map(_is_rare, han)) >= 3 * len(han) and 20 * kana < len(self.codes):
            return True
        signs = sum(code < _WESTERN for code in odd)
        return 10 * self.wide >= 8 * len(self.codes) and 10 * signs >= 3 * len(self.codes)


def _is_wide(textpage: Any, i: int) -> bool:
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(textpage, i, box):
        return False
    return bool(box.right - box.left >= _WIDE * (box.top - box.bottom) > 0)
