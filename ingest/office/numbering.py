"""The marks of numbered and bulleted paragraphs in Word: they are counted, not written. 例: 第１章, （２）, ①, ・"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""
    plain: bool = False  # every number in it is decimal, whatever its own level says


@dataclass
class _List:
    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document; each call of ``mark`` counts on."""

    def __init__(self, element: Any) -> None:
        """Read the part that defines lists (None: there is none)."""
        self._lists: dict[str, _List] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        if element is None:
            return
        abstract = {a.get(_W + "abstractNumId"): a for a in element.iter(_W + "abstractNum")}
        styled = {
            style.get(_W + "val"): a for a in abstract.values() if (style := a.find(_W + "styleLink")) is not None
        }
        shared: dict[int, _List] = {}
        for number in element.iter(_W + "num"):
            link = number.find(_W + "abstractNumId")
            base = abstract.get(link.get(_W + "val")) if link is not None else None
            if base is None:
                continue
            other = base.find(_W + "numStyleLink")
            base = styled.get(other.get(_W + "val"), base) if other is not None else base
            key = number.get(_W + "numId")
            if id(base) not in shared:
                shared[id(base)] = _List({int(lvl.get(_W + "ilvl")): _level(lvl) for lvl in base.iter(_W + "lvl")})
            self._lists[key] = shared[id(base)]
            restarts = {}
            for override in number.iter(_W + "lvlOverride"):
                start = override.find(_W + "startOverride")
                if start is not None:
                    restarts[int(override.get(_W + "ilvl"))] = int(start.get(_W + "val"))
            self._restarts[key] = restarts

    def mark(self, number: str, level: int) -> str:
        """Return the mark of the next paragraph of a list with what parts it from the text, "" where it has none."""
        listed = self._lists.get(number)
        if listed is None or level not in listed.levels:
            return ""
        own = listed.levels[level]
        restart = self._restarts[number].pop(level, None)
        if restart is not None:
            listed.counts[level] = restart
        else:
            listed.counts[level] = listed.counts.get(level, own.start - 1) + 1
        for deeper in [other for other in listed.counts if other > level]:
            del listed.counts[deeper]
        if own.format == "bullet":
            return _bullet(own.text)
        if own.format == "none":
            return ""

        def counted(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = listed.levels.get(at, _Level())
            count = listed.counts.get(at, other.start)
            return str(count) if own.plain and at != level else numeral(count, other.format)

        text = re.sub(r"%([1-9])", counted, own.text)
        return text if not text or text[-1] in "）)】］、．・　" else f"{text} "


def _level(element: Any) -> _Level:
    def value(name: str, otherwise: str) -> str:
        child = element.find(_W + name)
        return str(child.get(_W + "val")) if child is not None and child.get(_W + "val") is not None else otherwise

    start = value("start", "1")
    return _Level(
        int(start) if start.isdecimal() else 1,
        value("numFmt", "decimal"),
        value("lvlText", ""),
        element.find(_W + "isLgl") is not None,
    )


def _bullet(text: str) -> str:
    """Return a bullet; those of symbol fonts have no character of their own."""
    if not text.strip() or any("\ue000" <= c <= "\uf8ff" for c in text):
        return "・"
    return "・" if text in "•·●lnoØüvq§" else text + ("" if ord(text[-1]) > 0x2000 else " ")


_KANJI = "〇一二三四五六七八九"
_AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン"


def numeral(count: int, kind: str) -> str:
    """Return a number as Word writes it. 例: 3 as decimalEnclosedCircle → ③, japaneseCounting → 三"""
    if kind in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord(c) + 0xFEE0) for c in str(count))
    if kind == "decimalZero":
        return f"{count:02}"
    if kind.startswith("decimalEnclosedCircle") and 1 <= count <= 20:
        return chr(0x2460 + count - 1)
    if kind == "decimalEnclosedParen" and 1 <= count <= 20:
        return chr(0x2474 + count - 1)
    if kind in ("upperRoman", "lowerRoman") and 1 <= count < 4000:
        roman = _roman(count)
        return roman if kind == "upperRoman" else roman.lower()
    if kind in ("upperLetter", "lowerLetter") and count >= 1:
        letter = chr(ord("A") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if kind == "upperLetter" else letter.lower()
    if kind.startswith(("aiueo", "iroha")):
        row = _AIUEO if kind.startswith("aiueo") else _IROHA
        return row[(count - 1) % len(row)]
    if kind in ("japaneseCounting", "chineseCounting", "chineseCountingThousand", "japaneseLegal") and 1 <= count < 100:
        tens, ones = divmod(count, 10)
        return (("" if tens == 1 else _KANJI[tens]) + "十" if tens else "") + (_KANJI[ones] if ones else "")
    if kind == "ideographDigital" or kind == "japaneseDigitalTenThousand":
        return "".join(_KANJI[int(c)] for c in str(count))
    return str(count)


def _roman(count: int) -> str:
    text = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "M CM D CD C XC L XL X IX V IV I".split(), strict=True
    ):
        text += sign * (count // value)
        count %= value
    return text
