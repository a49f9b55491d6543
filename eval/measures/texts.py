"""How texts are compared: the same figure, year or name is one, however it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DASHES = str.maketrans({"∼": "~", "〜": "~"})
_IGNORED = re.compile(r"[\s,、*]")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_ERA_YEAR = re.compile(r"(令和|平成|昭和|R|H|S)\s*(\d{1,2}|元)")
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ASIDE = re.compile(r"\([^()]*\)")


def normalise(text: str) -> str:
    """Return the text as answers are compared: NFKC, lower case, without spaces, commas and emphasis marks."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES).lower()


def held(wanted: str, text: str) -> bool:
    """Say whether a text holds another one, both folded."""
    return normalise(wanted) in normalise(text)


def figures(text: str) -> list[str]:
    """Return the figures of a text in order, without digit commas: 2,776件 → 2776."""
    return _FIGURE.findall(unicodedata.normalize("NFKC", text).replace(",", ""))


def western_years(text: str) -> set[str]:
    """Return the western years that the era years of a text stand for: R6 → 2024."""
    found = _ERA_YEAR.findall(unicodedata.normalize("NFKC", text))
    return {str(_ERAS[era] + (1 if year == "元" else int(year))) for era, year in found}


def compact(text: str) -> str:
    """Return the text as figures and dates are read in it: NFKC, without spaces, emphasis marks and digit commas.

    Unlike ``normalise`` it keeps case and the commas that part two figures: 例: "２， ７７６件、9件" → "2776件、9件".
    """
    plain = re.sub(r"[\s*]", "", unicodedata.normalize("NFKC", text)).translate(_DASHES)
    return _DIGIT_COMMA.sub("", plain)


def without_asides(text: str) -> str:
    """Return the text without what stands in parentheses, nested ones too, in NFKC.

    例: 648企業・団体（令和7年1月末） → 648企業・団体
    """
    plain = unicodedata.normalize("NFKC", text)
    while True:
        shorter = _ASIDE.sub("", plain)
        if shorter == plain:
            return plain.strip()
        plain = shorter


@dataclass(frozen=True)
class Occurrence:
    """Where an accepted text is held: ``text[start:end]`` of ``compact``, with what stands next to it.

    ``left`` and ``right`` are the neighbours in the printed text, a space included; empty at its ends.
    """

    text: str
    start: int
    end: int
    left: str
    right: str

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def after(self) -> str:
        return self.text[self.end :]

    @property
    def said(self) -> str:
        return self.text[self.start : self.end]


def occurrences(wanted: str, text: str) -> list[Occurrence]:
    """Return every place, overlapping ones too, where ``normalise(text)`` holds ``normalise(wanted)``."""
    needle = normalise(wanted)
    printed = unicodedata.normalize("NFKC", text).translate(_DASHES)
    whole = compact(text)
    # Both hold the same characters that count, so the n-th of one is the n-th of the other.
    shown = [i for i, c in enumerate(printed) if not _IGNORED.match(c)]
    kept = [i for i, c in enumerate(whole) if not _IGNORED.match(c)]
    straw = "".join(whole[i].lower()[0] for i in kept)  # the lower case of a few letters is two: İ
    found = []
    at = straw.find(needle) if needle else -1
    while at >= 0:
        last = at + len(needle) - 1
        left = printed[: shown[at]][-1:]
        right = printed[shown[last] + 1 :][:1]
        found.append(Occurrence(whole, kept[at], kept[last] + 1, left, right))
        at = straw.find(needle, at + 1)
    return found
