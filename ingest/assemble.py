"""What a reader says of a file, page by page, becomes a document with places.

The head record: ``pages`` (how many follow), ``title`` and ``created`` (what the file's properties say, "" and None
where they say nothing), optional ``warnings`` (Japanese, for people). A page record:

``text``      the page's text in reading order, lines parted by ``\\n``, cells of a table by tabs
``width``, ``height``  points as shown, or None where there is no picture
``boxes``     base64 of four float32 per character, as in ``Page.char_boxes``, or ""
``tables``    ``{"start", "end", "cells": [[start, end, row, column, row_span, column_span], …], "header_rows",
              "header_columns", "title": [start, end] | None, "unit": … | None, "follows": bool,
              "rows_from": [[row, start, end], …]}``; the last, names of rows in the text of the page before, optional
``label``     optional: the page's printed number or name (例: the name of a sheet)
``read_by``   optional: "ocr" for a page read by character recognition, with its mean ``confidence`` (0 to 1)
``headings``  optional: ``[[start, end, level], …]``, where the file itself says what is a heading
``places``    optional: ``[[start, end, name], …]``, where there is more to say than the page (例: 段落12, B5)
``hidden``    optional: how many characters of the page nobody can see; they are not in its text
``struck``    optional: ``[[place, text], …]``, what is struck through and so not in the text; the place may be ""
``garbled``   optional: how many characters of the page have no code that means a letter; they are not in its text
``left_out``  optional: what a person sees on the page and is not read, each in Japanese (例: 埋め込みのファイル)
``warning``   optional: what people should know of the page, in Japanese, without its number or a full stop

All offsets are into the page's own text.
"""

from __future__ import annotations

import base64
import math
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.document import Cell, Document, Kind, Page, Paging, Place, Table
from ingest.marks import struck_notice
from ingest.text import printed_labels


def assemble(
    path: Path,
    sha256: str,
    kind: Kind,
    head: dict[str, Any],
    records: Sequence[dict[str, Any]],
    *,
    paging: Paging = "physical",
    bad: Sequence[int] = (),
) -> Document:
    """Return the document made of a reader's records; ``bad`` are the pages (from 1) that could not be read."""
    texts = [str(record["text"]) for record in records]
    printed = printed_labels(texts) if kind == "pdf" else [None] * len(texts)
    pages: list[Page] = []
    tables: list[Table] = []
    headings: list[tuple[int, int, int]] = []
    places: list[Place] = []
    at = before = 0
    nothing = array("f", [math.nan] * 4).tobytes()
    for number, (record, text, label) in enumerate(zip(records, texts, printed, strict=True), 1):
        end = at + len(text) + 1  # and the form feed
        boxes = None
        if record["width"] is not None:
            boxes = base64.b64decode(record["boxes"]) + nothing
            if len(boxes) != 16 * (end - at):
                boxes = nothing * (end - at)
        pages.append(
            Page(
                number,
                at,
                end,
                record.get("label", label),
                record["width"],
                record["height"],
                boxes,
                record.get("read_by", "text"),
                record.get("confidence"),
            )
        )
        tables.extend(_table(table, at, number, before) for table in record["tables"])
        headings.extend((at + a, at + b, level) for a, b, level in record.get("headings", ()))
        places.extend(Place(at + a, at + b, name) for a, b, name in record.get("places", ()))
        before, at = at, end
    if kind == "pdf" and len(pages) > _LEAF:
        # A paper of many pages counts its chapters: a title set large, 目次 or a running title would hold all of them.
        headings.clear()
    return Document(
        id=sha256[:16],
        source=str(path),
        file=path.name,
        sha256=sha256,
        kind=kind,
        text="".join(text + "\f" for text in texts),
        pages=tuple(pages),
        paging=paging,
        tables=tuple(tables),
        title=head.get("title", ""),
        published=head.get("created"),
        warnings=(*head.get("warnings", ()), *_warnings(kind, records, texts, bad)),
        marked_headings=tuple(headings),
        places=tuple(places),
    )


_LEAF = 3  # pages, up to which the size of type tells more of a PDF's headings than their numbers

# What a page of a kind of file is called; the others have no pages.
_PAGE_NAMES: dict[Kind, str] = {"pdf": "ページ", "slides": "枚目のスライド", "sheet": "枚目のシート"}


def _warnings(
    kind: Kind, records: Sequence[dict[str, Any]], texts: Sequence[str], bad: Sequence[int]
) -> tuple[str, ...]:
    page = _PAGE_NAMES.get(kind)
    unseen = "画像の裏、ページの外、表示されない層" if kind == "pdf" else "隠し文字や、非表示の行と列"
    kinds: dict[str, Sequence[int]] = {
        "文字のないページがあります（画像のみ、または白紙）": [
            n
            for n, (record, text) in enumerate(zip(records, texts, strict=True), 1)
            if not text.strip() and n not in bad and not ({"warning", "garbled"} & record.keys())
        ],
        "読み取れなかったページがあります": bad,
        "文字コードのない書体の文字は正しく読めないため除きました": [
            n for n, record in enumerate(records, 1) if record.get("garbled")
        ],
        "文字認識（OCR）で読み取ったページがあります。誤読があり得ます": [
            n for n, record in enumerate(records, 1) if record.get("read_by") == "ocr"
        ],
        f"見えない文字（{unseen}）は除きました": [n for n, record in enumerate(records, 1) if record.get("hidden")],
    }
    for n, record in enumerate(records, 1):
        if "warning" in record:
            kinds[record["warning"]] = [*kinds.get(record["warning"], ()), n]
        for what in dict.fromkeys(record.get("left_out", ())):
            kinds[f"{what}は読みませんでした"] = [*kinds.get(f"{what}は読みませんでした", ()), n]
    told = [
        what + (f"：{_ranges(numbers)}{page}。" if page is not None else "。")
        for what, numbers in kinds.items()
        if numbers
    ]
    struck = [(where or f"{n}ページ", text) for n, r in enumerate(records, 1) for where, text in r.get("struck", ())]
    return (*told, *([struck_notice(struck)] if struck else []))


def _table(record: dict[str, Any], at: int, page: int, before: int) -> Table:
    def moved(span: Sequence[int] | None) -> tuple[int, int] | None:
        return (span[0] + at, span[1] + at) if span is not None else None

    cells = tuple(Cell(at + a, at + b, *place) for a, b, *place in record["cells"])
    return Table(
        start=at + record["start"],
        end=at + record["end"],
        page=page,
        cells=cells,
        header_rows=record["header_rows"],
        header_columns=record["header_columns"],
        title=moved(record["title"]),
        unit=moved(record["unit"]),
        follows=record.get("follows", False),
        rows_from=tuple((row, before + a, before + b) for row, a, b in record.get("rows_from", ())),
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Return page numbers for people. 例: 1, 2, 3, 7 → 1～3、7"""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return "、".join(str(p[0]) if len(p) == 1 else f"{p[0]}～{p[-1]}" for p in parts)
