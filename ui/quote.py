"""A quote as it is shown: lines joined that a page's width has broken, rows of tables as a grid with their headings.

The quote itself stays as it stands in the document; what is copied and exported is verbatim. What matters in it can be
marked, wherever the page has broken or spaced it.
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
WHOLE = 0.8  # of a text: who marks more than this of it marks nothing
_BEGINS = re.compile(
    r"[\s　]*(?:[・○●◎◇◆□■▲△※＊*\-−–〇①-⑳]|[（(]?[0-9０-９ア-ンa-zａ-ｚ]{1,2}[)）.．、\s　]|第[0-9０-９一-十]+)"
)
_ENDS = re.compile(r"[。！？」』）)：:]\s*$")


def quote_html(citation: Json, tables: Sequence[Json] = (), marks: Sequence[str] = ()) -> str:
    """Return the quote of a citation as HTML; ``tables`` are those that it touches, as the API gives them.

    ``marks`` are texts that are marked where they stand in it.
    """
    quote, start = str(citation["quote"]), int(citation["start"])
    parts, at = [], 0
    for table in sorted(tables, key=lambda one: int(one["start"])):
        first, last = table["start"] - start, table["end"] - start
        if first < at or last > len(quote) or not table["rows"]:
            continue
        parts += [*_text_html(quote[at:first], citation, marks), grid_html(table, marks)]
        at = last
    return "".join((*parts, *_text_html(quote[at:], citation, marks)))


def _text_html(text: str, citation: Json, marks: Sequence[str]) -> Iterator[str]:
    """Yield text as paragraphs; lines with tabs, which no known table holds, as rows."""
    text = _without_signs(text, citation)
    for is_row, lines in groupby(text.strip().split("\n"), key=lambda line: "\t" in line.strip()):
        if is_row:
            yield grid_html({"heads": [], "rows": [line.strip().split("\t") for line in lines], "names": []}, marks)
        elif joined := reflowed("\n".join(lines)):
            yield f"<p>{marked_html(joined, marks)}</p>"


def _without_signs(text: str, citation: Json) -> str:
    """Return text without the signs that a file of lines, such as Markdown, sets around its words."""
    if not citation.get("lines"):
        return text
    return re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", re.sub(r"(?m)^#{1,6} +", "", text))


def line_html(citation: Json, wanted: str, most: int = 120) -> str | None:
    """Return the line of a quote in which a text stands, with the text marked; None where no line holds it.

    Of a line longer than ``most`` characters what stands around the text. Cells are set apart by wide spaces.
    """
    for line in reflowed(_without_signs(str(citation["quote"]), citation)).split("\n"):
        found = span_of(wanted, line)
        if found is not None:
            first, last = (0, len(line)) if len(line) <= most else _around(found, len(line), most)
            cut = line[first:last].replace("\t", "\u3000")
            return f"{'…' if first else ''}{marked_html(cut, [wanted])}{'…' if last < len(line) else ''}"
    return None


def _around(span: tuple[int, int], length: int, most: int) -> tuple[int, int]:
    """Return where to cut a line so that a span stands in the middle of what is left."""
    first = max(0, min(span[0], (span[0] + span[1] - most) // 2))
    return first, min(length, max(span[1], first + most))


def marked_html(text: str, marks: Sequence[str]) -> str:
    """Return text as HTML with what stands in it of ``marks`` marked; nothing where that is nearly all of it."""
    spans = sorted(found for mark in marks if (found := span_of(mark, text)) is not None)
    parts, at = [], 0
    for first, last in spans:
        if first >= at and last - first < WHOLE * len(text):
            parts += [html.escape(text[at:first]), f"<mark>{html.escape(text[first:last])}</mark>"]
            at = last
    return "".join((*parts, html.escape(text[at:])))


def span_of(wanted: str, text: str) -> tuple[int, int] | None:
    """Return where a text stands in another, whatever its width, case, white space and digit commas.

    A figure is no part of a longer one. 例: 6,344人 in 福岡県 ６３４４人 → (4, 9), 26 in 2,600 → None
    """
    places = [(c, i) for i, one in enumerate(text) for c in _folded(one)]
    folded, needle = "".join(c for c, _ in places), _folded(wanted)
    at = folded.find(needle) if needle else -1
    while at >= 0:
        first, last = places[at][1], places[at + len(needle) - 1][1] + 1
        goes_on_before = needle[0].isdigit() and re.search(r"\d[,，.]?$", text[:first])
        if not goes_on_before and not (needle[-1].isdigit() and re.match(r"[,，.]?\d", text[last:])):
            return first, last
        at = folded.find(needle, at + 1)
    return None


def _folded(text: str) -> str:
    """Return text as it is compared, character by character: what one folds to depends on no other."""
    return "".join(re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", c).casefold()) for c in text)


def grid_html(table: Json, marks: Sequence[str] = ()) -> str:
    """Return rows of a table; a single row of many columns as headings with their values below each other.

    Of several rows those that ``marks`` hold as a whole are marked, of cells what stands in them.
    """
    heads, rows, names = table["heads"], table["rows"], table.get("names") or []
    if len(rows) == 1 and heads and len(heads) >= PAIRED_FROM:
        (row,), (ref,) = rows, names or [[""] * len(heads)]
        pairs = [(head, cell, name) for head, cell, name in zip(heads, row, ref, strict=True) if cell]
        body = "".join(
            f'<tr><th scope="row">{html.escape(head)}</th>{_cell_html(cell, name, marks)}</tr>'
            for head, cell, name in pairs[:MOST_PAIRS]
        )
        more = f"<p>…ほか {len(pairs) - MOST_PAIRS} 列</p>" if len(pairs) > MOST_PAIRS else ""
        return f'<table class="tk-grid tk-pairs"><tbody>{body}</tbody></table>{more}'
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    held = [len(rows) > 1 and any(_folded("".join(row)) in _folded(mark) for mark in marks) for row in rows]
    body = "".join(
        ('<tr class="tk-marked">' if is_held else "<tr>")
        + "".join(_cell_html(cell, name, marks) for cell, name in zip(row, ref, strict=True))
        + "</tr>"
        for row, ref, is_held in zip(rows, names or [[""] * len(row) for row in rows], held, strict=True)
    )
    return (
        f'<table class="tk-grid">{f"<thead><tr>{head}</tr></thead>" if any(heads) else ""}<tbody>{body}</tbody></table>'
    )


def brief(table: Json, marks: Sequence[str]) -> Json:
    """Return a single row with its name and the cells that hold ``marks`` only; any other table as it is."""
    if len(table["rows"]) != 1:
        return table
    [row] = table["rows"]
    kept = [i for i, cell in enumerate(row) if any(span_of(mark, cell) for mark in marks)]
    if not kept or not table["heads"]:
        return table
    columns = sorted({0, *kept})
    names = [[names[i] for i in columns] for names in table.get("names") or []]
    return table | {"heads": [table["heads"][i] for i in columns], "rows": [[row[i] for i in columns]], "names": names}


def _cell_html(cell: str, name: str, marks: Sequence[str]) -> str:
    text = cell.strip()
    figure = ' class="tk-figure"' if re.fullmatch(r"[△▲−\-+]?[\d,.]+\D{0,4}", text) else ""
    is_whole = any(_folded(mark) == _folded(text) for mark in marks)
    body = f"<mark>{html.escape(text)}</mark>" if text and is_whole else marked_html(text, marks)
    return f"<td{figure}>{f'<small>{html.escape(name)}</small> ' if name else ''}{body}</td>"


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
