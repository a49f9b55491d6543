"""What a sign that stands in a cell instead of a figure means: by the paper's own legend, else by convention."""

from __future__ import annotations

import re

from ingest.document import Document
from ingest.writing import same_width

# What the signs of official statistics stand for where a paper does not say it (総務省統計局 and 経済産業省 alike).
_CONVENTIONS = {"X": "秘匿", "…": "不詳", "-": "該当なし"}
_SAID = re.compile(
    r"(?:[「『\"“](?P<quoted>[^「」『』\"“”\s]{1,4})[」』\"”] ?印?(?:は|を|:|=|…|)"
    r"|(?<![^\s、。,():・])(?P<bare>[Xx…*]+|-) ?印?(?:は|:|=)) ?"
    r"(?P<meaning>[^、。,;()「」『』\"“”\n\t]{2,24}?)"
    r"(?=(?:を(?:示|表)|で(?:す|ある)|と(?:し|な))|[、。,;()「」『』\"“”\n\t]|$)"
)
_NOT_BY_ITSELF = re.compile(r"(?:の|を|が|は|に)$")


def meaning_of(cell: str, document: Document, near: int) -> tuple[str | None, tuple[int, int] | None]:
    """Return what a cell's sign means and the span of the line that says so; None where nothing and nobody says it.

    The legend nearest to ``near`` counts. What only convention says is told as such.
    例: 「X」は秘匿、「-」は該当なし → (秘匿, …); no legend → (統計の慣例では秘匿, None)
    """
    sign = _in_one_form(cell.strip())
    text = same_width(document.text)
    said: list[tuple[int, str, tuple[int, int]]] = []
    for match in _SAID.finditer(text):
        if _in_one_form(match["quoted"] or match["bare"]) == sign and not _NOT_BY_ITSELF.search(match["meaning"]):
            line = document.line_span(document.lines(match.start(), match.end())[0])
            said.append((abs(match.start() - near), match["meaning"].strip(), line))
    if said:
        _, meaning, place = min(said)
        return meaning, place
    convention = _CONVENTIONS.get(sign)
    return (f"統計の慣例では{convention}", None) if convention else (None, None)


def _in_one_form(sign: str) -> str:
    """Return a sign in one form of its many. 例: x, χ and ｘ → X; ･･･ and ‥ → …; ― → -"""
    plain = re.sub(r"[‥⋯…]+|[.・･]{2,}", "…", same_width(sign))
    plain = re.sub(r"[-ー─]+", "-", plain)
    return "X" if plain in ("x", "X", "χ", "Χ") else plain
