"""A quote as it is shown: lines joined that a page's width has broken, rows of tables as a grid with their headings.

The quote itself stays as it stands in the document; what is copied and exported is verbatim.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

Json = dict[str, Any]

FULL = 0.75  # of the longest line's width: a shorter line was ended by its author
PAIRED_FROM = 5  # columns of a single row from which on its cells stand below each other
MOST_PAIRS = 14
_BEGINS = re.compile(
    r"[\s　]*(?:[・○●◎◇◆□■▲△※＊*\-−–〇①-⑳]|[（(]?[0-9０-９ア-ンa-zａ-ｚ]{1,2}[)）.．、\s　]|第[0-9０-９一-十]+)"
)
_ENDS = re.compile(r"[。！？」』）)：:]\s*$")


def quote_html(citation: Json, tables: Sequence[Json] = ()) -> str:
    """Return the quote of a citation as HTML; ``tables`` are those that it touches, as the API gives them."""
    quote, start = str(citation["quote"]), int(citation["start"])
    parts, at = [], 0
    for table in sorted(tables, key=lambda one: int(one["start"])):
        first, last = table["start"] - start, table["end"] - start
        if first < at or last > len(quote) or not table["rows"]:
            continue
        parts += [*_text_html(quote[at:first], citation), grid_html(table)]
        at = last
    return "".join((*parts, *_text_html(quote[at:], citation)))


def _text_html(text: str, citation: Json) -> Iterator[str]:
    """Yield text as paragraphs; lines with tabs, which no known table holds, as rows."""
    if citation.get("lines"):  # a file whose marks are part of its text, such as Markdown
        text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", re.sub(r"(?m)^#{1,6} +", "", text))
    for is_row, lines in groupby(text.strip().split("\n"), key=lambda line: "\t" in line.strip()):
        if is_row:
            yield grid_html({"heads": [], "rows": [line.strip().split("\t") for line in lines], "names": []})
        elif joined := reflowed("\n".join(lines)):
            yield f"<p>{html.escape(joined)}</p>"


def grid_html(table: Json) -> str:
    """Return rows of a table; a single row of many columns as headings with their values below each other."""
    heads, rows, names = table["heads"], table["rows"], table.get("names") or []
    if len(rows) == 1 and heads and len(heads) >= PAIRED_FROM:
        (row,), (ref,) = rows, names or [[""] * len(heads)]
        pairs = [(head, cell, name) for head, cell, name in zip(heads, row, ref, strict=True) if cell]
        body = "".join(
            f'<tr><th scope="row">{html.escape(head)}</th>{_cell_html(cell, name)}</tr>'
            for head, cell, name in pairs[:MOST_PAIRS]
        )
        more = f"<p>…ほか {len(pairs) - MOST_PAIRS} 列</p>" if len(pairs) > MOST_PAIRS else ""
        return f'<table class="tk-grid tk-pairs"><tbody>{body}</tbody></table>{more}'
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    body = "".join(
        "<tr>" + "".join(_cell_html(cell, name) for cell, name in zip(row, ref, strict=True)) + "</tr>"
        for row, ref in zip(rows, names or [[""] * len(row) for row in rows], strict=True)
    )
    return (
        f'<table class="tk-grid">{f"<thead><tr>{head}</tr></thead>" if any(heads) else ""}<tbody>{body}</tbody></table>'
    )


def _cell_html(cell: str, name: str) -> str:
    figure = ' class="tk-figure"' if re.fullmatch(r"[△▲−\-+]?[\d,.]+\D{0,4}", cell.strip()) else ""
    return f"<td{figure}>{f'<small>{html.escape(name)}</small> ' if name else ''}{html.escape(cell.strip())}</td>"


def reflowed(text: str) -> str:
    """Return text without the line ends that only the width of a page made; Japanese lines are joined without a space.

    例: 件数は前の年より少なくなりまし ↵ た。原因は、… → 件数は前の年より少なくなりました。原因は、…
    """
    lines = [line.strip() for line in text.strip().split("\n")]
    most = max(map(_width, lines), default=0)
    shown = ""
    for before, line in zip(["", *lines], lines, strict=False):
        full = _width(before) >= FULL * most and bool(before) and not _ENDS.search(before)
        if full and line and not _BEGINS.match(line):
            latin = before[-1].isascii() and line[0].isascii() and before[-1].isalnum() and line[0].isalnum()
            shown += (" " if latin else "") + line
        else:
            shown += ("\n" if shown else "") + line
    return shown.replace("\f", "").strip()


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "FWA" else 1 for c in line)
