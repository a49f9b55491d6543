"""The Japanese font of pictures and PDFs: IPAexGothic, as the package matplotlib-fontja ships it.

The package itself is never imported: it would change matplotlib's settings for everybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

NAME = "IPAexGothic"
GETA = "〓"  # what Japanese printers set where a type is missing


def path() -> Path:
    """Return the font's file."""
    spec = find_spec("matplotlib_fontja")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package matplotlib-fontja, which ships the font IPAexGothic, is not installed")
    return Path(spec.origin).parent / "fonts" / "ipaexg.ttf"


@cache
def characters() -> frozenset[int]:
    """Return the code points that the font has a glyph for."""
    from fontTools.ttLib import TTFont

    with TTFont(path(), lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """Return ``text`` with 〓 for each character that the font lacks (例: 𠮷, an emoji); line breaks stay.

    What is not seen anyway goes: joiners, and the selectors of a variant of the character before.
    """
    # Names of files from a Mac have か and ゛ apart.
    text = re.sub("[ぁ-ヿ][\u3099\u309a]", lambda kana: unicodedata.normalize("NFC", kana[0]), text)
    return "".join(c if c == "\n" or ord(c) in characters() else _stand_in(c) for c in text)


def lacks(text: str) -> bool:
    """Tell whether a character of ``text`` shows as 〓."""
    return printable(text).count(GETA) > text.count(GETA)


def _stand_in(character: str) -> str:
    category = unicodedata.category(character)
    if character == "›":
        return "＞"
    if category == "Zs":
        return " "
    invisible = category in ("Cc", "Cf") or re.match("[\ufe00-\ufe0f\U000e0100-\U000e01ef]", character)
    return "" if invisible else GETA


# --- lines ---------------------------------------------------------------------------------------------------------

# No line begins or ends with these (行頭禁則, 行末禁則); a figure or a Latin word stays whole.
_CLOSING = "、。，．・：；？！々ゝゞー）］｝」』】〉》〕…‥ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)\\]}%％℃"
_OPENING = "（［｛「『【〈《〔(\\[{¥￥"
_WORD = r"[0-9A-Za-z.,%'_/:@&=?#~+\-]+(?:[十百千万億兆]+[0-9.,]*)*[円人件]?"
_UNBREAKABLE = re.compile(rf"[{_OPENING}]*(?:{_WORD}|.)[{_CLOSING}]*", re.DOTALL)


def columns(text: str) -> float:
    """Return the width of ``text`` in half-width columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return ``text`` in lines no wider than ``width``, broken as Japanese is set.

    ``measure`` says how wide a text is; the parts of a text are together as wide as the whole.
    """
    lines = []
    for paragraph in text.split("\n"):
        line, room = "", width
        for piece in _UNBREAKABLE.findall(paragraph):
            wide = measure(piece)
            # A piece that no line holds is broken where the line is full.
            parts = [(piece, wide)] if wide <= width else [(c, measure(c)) for c in piece]
            for part, taken in parts:
                if line and taken > room:
                    lines.append(line)
                    line, room = "", width
                line, room = line + part, room - taken
        lines.append(line)
    return lines
