"""Tables of plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> list[str]:
    """Return the lines of a table whose columns align in a terminal, where a full-width character takes two places.

    The first ``texts`` columns begin at one place, the others, of figures, end at one. All rows are as long as the
    head; ``ValueError`` otherwise.
    """
    table = (head, *rows)
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) if column < texts else " " * (width - _width(cell)) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
