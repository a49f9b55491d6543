"""Text as it is looked for letter by letter, and whether a paper can hold one at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from ingest.document import Document
from ingest.japanese import fold
from ingest.kanji_figures import kanji_value

_HIRAGANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
# ウェルカム and ウエルカム are one word, and so are ぁ-forms: small vowels count as large ones.
_SMALL = str.maketrans("ァィゥェォ", "アイウエオ")
_KANJI_ORDINAL = re.compile(r"第([一二三四五六七八九十百〇]+)")
_SPACE = re.compile(r"\s+")
_BITS = 1 << 16  # of a signature: a paper of 25,000 characters sets a fifth of them

Marks = Collection[int]  # bits of a signature


def katakana(text: str) -> str:
    """Return folded text without white space, hiragana as katakana, one sign for ranges, ordinals in digits.

    例: ぶらいと 企業 → ブライト企業, 20～24歳 → 20-24歳, 第三号 → 第3号
    """
    plain = _SPACE.sub("", fold(text)).translate(_HIRAGANA).translate(_SMALL).replace("~", "-")
    return _KANJI_ORDINAL.sub(lambda ordinal: f"第{kanji_value(ordinal[1]) or ordinal[1]}", plain)


def searchable(title: str, meeting: str | None, published: str | None, text: str) -> str:
    """Return all that a paper says, its title and date included, as texts are looked for in it."""
    return katakana(" ".join((title, meeting or "", published or "", text)))


def signature(document: Document) -> bytes:
    """Return which pairs of characters a paper has beside each other, or one apart: a bit for each, many share one."""
    held = searchable(document.title, document.meeting, document.published, document.text)
    bits = np.zeros(_BITS, np.bool_)
    for apart in (1, 2):
        bits[_marks(held, apart)] = True
    return np.packbits(bits, bitorder="little").tobytes()


def marks(needle: str, wrong: int | None = None) -> Marks:
    """Return the bits that the signature of a paper has if it holds a text; ``wrong`` may be another character."""
    found: set[int] = set()
    for apart in (1, 2):
        places = _marks(needle, apart).tolist()
        found |= {bit for at, bit in enumerate(places) if wrong not in (at, at + apart)}
    return found


def may_hold(signed: bytes, alternatives: Sequence[Marks]) -> bool:
    """Tell whether a paper of that signature may hold what one of the marks is of; if not, it surely does not."""
    for some in alternatives:
        for bit in some:  # of every paper, and nearly always one of the first is missing
            if not signed[bit >> 3] >> (bit & 7) & 1:
                break
        else:
            return True
    return False


def _marks(text: str, apart: int) -> npt.NDArray[np.int64]:
    """Return the bit of each pair of characters so far apart, in order."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    one, other = codes[:-apart], codes[apart:]
    mixed = (one * 0x9E3779B1 + other * 0x85EBCA77 + apart * 0xC2B2AE3D) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 15)) % _BITS
