"""The reader of PDF files: a child process (``python -m ingest.pdf.reader PATH FIRST``, a page from 0).

It says what ``ingest.assemble`` describes, a line a page, so that the pages read before a crash are kept.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ingest.child import limit_memory, say
from ingest.pdf.annotations import opened, struck_by_hand, tick
from ingest.pdf.characters import characters, to_shown
from ingest.pdf.fonts import without_codes
from ingest.pdf.hidden import is_picture, unseen
from ingest.pdf.layout import go_on, headings, page_record, row_names
from ingest.pdf.render import open_pdf
from ingest.pdf.rulings import Grid, drawn_lines, grids_of, settled
from ingest.pdf.sheet import Char, Sheet, upright
from ingest.pdf.signs import mark_raised, mark_struck


def main(arguments: Sequence[str]) -> int:
    path, first = arguments
    limit_memory()
    document = open_pdf(path)
    if isinstance(document, dict):
        return say(document)
    count = len(document)
    metadata = document.get_metadata_dict()
    say({"pages": count, "title": metadata.get("Title", "").strip(), "created": _created(metadata)})
    before: dict[str, Any] | None = None
    for number in range(int(first), count):
        record = _read_page(document, number)
        if before is not None and before["tables"] and record["tables"]:
            go_on(record["tables"][0], before["tables"][-1], record["text"])
            names = row_names(record["tables"][0], before["tables"][-1], record["text"], before["text"])
            if names and len(before["tables"]) == len(record["tables"]) == 1:
                record["tables"][0]["rows_from"] = names
        for above, table in pairwise(record["tables"]):
            if not table["header_rows"]:
                go_on(table, above, record["text"])  # 例: the 項 of a budget, under headings that stand once a page
        before = record
        say(record)
    return 0


def _created(metadata: dict[str, str]) -> str | None:
    """Return the day a PDF says it was made on. 例: D:20210512045225+09'00' → 2021-05-12"""
    match = re.match(r"D:((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", metadata.get("CreationDate", ""))
    return "-".join(match.groups()) if match else None


def _read_page(document: Any, number: int) -> dict[str, Any]:
    page, ticked = opened(document, number)
    width, height = page.get_size()
    textpage = page.get_textpage()
    hidden = unseen(page, textpage)
    unknown = without_codes(textpage) - hidden.left_out
    left_out = hidden.left_out | unknown
    chars = characters(page, textpage, left_out)
    turn = _most_turned(chars)
    sheet = Sheet(chars, width, height)
    if turn:
        size = (width, height) if turn == 180 else (height, width)
        sheet = Sheet(characters(page, textpage, left_out, turn), *size)
    textpage.close()
    tick(sheet.chars, (to_shown(page, turn)(*box) for box in ticked))
    picture = not unknown and is_picture(page, chars)
    grids: Sequence[Grid] = ()
    if chars:
        walls, floors = drawn_lines(page, turn)
        mark_raised(sheet.chars)
        strikes = set(map(id, mark_struck(sheet.chars, walls, floors, struck_by_hand(page, to_shown(page, turn)))))
        grids = grids_of(*settled(walls, [line for line in floors if id(line) not in strikes]))
    record = page_record(sheet, grids, lambda box: upright(box, -turn % 360, sheet.width, sheet.height))
    record |= {"width": width, "height": height, "headings": headings(sheet)}
    if hidden.left_out:
        record["hidden"] = len(hidden.left_out)
    if hidden.layer:
        record["read_by"] = "ocr"
    if unknown:
        record["garbled"] = len(unknown)
    if picture:
        record["picture"] = True
    page.close()
    return record


def _most_turned(chars: Sequence[Char]) -> int:
    """Return by how many degrees nearly all text of a page lies on its side, 0 where it stands upright."""
    turns = Counter(char.turn for char in chars if char.box is not None)
    turn, count = turns.most_common(1)[0] if turns else (0, 0)
    return turn if count * 10 > 8 * turns.total() else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
