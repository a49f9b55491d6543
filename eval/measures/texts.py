"""How texts are compared: the same figure, year or name is one, however it is written."""

from __future__ import annotations

import re
import unicodedata

_DASHES = str.maketrans({"∼": "~", "〜": "~"})
_IGNORED = re.compile(r"[\s,、*]")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_ERA_YEAR = re.compile(r"(令和|平成|昭和|R|H|S)\s*(\d{1,2}|元)")


def normalise(text: str) -> str:
    """Return the text as answers are compared: NFKC, lower case, without spaces, commas and emphasis marks."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES).lower()


def figures(text: str) -> list[str]:
    """Return the figures of a text in order, without digit commas: 2,776件 → 2776."""
    return _FIGURE.findall(unicodedata.normalize("NFKC", text).replace(",", ""))


def western_years(text: str) -> set[str]:
    """Return the western years that the era years of a text stand for: R6 → 2024."""
    found = _ERA_YEAR.findall(unicodedata.normalize("NFKC", text))
    return {str(_ERAS[era] + (1 if year == "元" else int(year))) for era, year in found}
