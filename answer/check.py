"""Is every figure, unit and date of an answer in the text that it cites? Pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ingest.dates import find_periods
from ingest.numbers import with_digits
from ingest.writing import without_notes

_FIGURE = re.compile(r"\d+(?:\.\d+)?")


def figures(text: str) -> list[str]:
    """Return the figures of a text as they are compared: half width, without commas or leading zeros.

    例: ３６，４９４千円 → 36494; R6.01 → 6, 1; 1,234²件 → 1234
    """
    plain = unicodedata.normalize("NFKC", without_notes(text)).replace(",", "").replace("，", "")
    return [_canonical(figure) for figure in _FIGURE.findall(re.sub(r"(?<=\d)\.(?=\d+\.)|(?<=\d\.\d)\.", " ", plain))]


def _canonical(figure: str) -> str:
    whole, dot, rest = figure.partition(".")
    return (whole.lstrip("0") or "0") + dot + rest


def supported_figures(texts: Iterable[str]) -> frozenset[str]:
    """Return the figures that texts hold, with the western, era and calendar forms of their dates."""
    held: set[str] = set()
    for text in texts:
        for said in {text, with_digits(text)}:  # 三億円 in kanji is 3億円
            held.update(figures(said))
            held.update(part for figure in figures(said) for part in figure.split("."))
        for period in find_periods(text):
            for day in (period.start, period.end):
                year = int(day[:4])
                held.update({str(year), *(_canonical(p) for p in day.split("-")[1:])})
                held.update(str(year - base) for base in (2018, 1988, 1925) if year > base)
            if period.kind == "fiscal_year":
                held.update({str(int(period.start[:4])), str(int(period.start[:4]) - 2018)})
    return frozenset(held)


def unsupported(answer: str, cited: Iterable[str], question: str = "", how: str | None = None) -> tuple[str, ...]:
    """Return the figures of an answer that neither the cited texts, the question, nor the working-out holds."""
    held = supported_figures([*cited, question, how or ""])
    return tuple(dict.fromkeys(f for f in figures(answer) if f not in held))


def is_verbatim(quote: str, text: str, start: int, end: int) -> bool:
    """Tell whether the quote is exactly what stands at its place."""
    return bool(quote.strip()) and text[start:end] == quote
