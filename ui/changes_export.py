"""Changes between two editions as Word, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

from ui import render
from ui.client import Json
from ui.export import Block, Heading, Table, Text, origin

HEAD = ("種類", "内容", "前", "今", "差", "前の箇所", "今の箇所")
FOOT = "数値は原文のとおりです。差は資料の数値から計算しました。使う前に、両方の箇所を確かめてください。"


def blocks(found: Json, changes: Sequence[Json]) -> Iterator[Block]:
    """Yield what a document of changes holds: the two papers, and a table for each kind of change."""
    yield Heading("前の版からの変更", 1)
    yield Text(f"前：{paper_name(found['then'])}")
    yield Text(f"今：{paper_name(found['now'])}")
    yield Text(f"書き出した日：{render.when(date.today().isoformat())}　変更：{len(changes)}件", "note")
    for name in dict.fromkeys(change["name"] for change in changes):
        rows = [row(change) for change in changes if change["name"] == name]
        yield Heading(f"{name}（{len(rows)}件）", 2)
        yield Table((HEAD[1:], *(cells[1:] for cells in rows)))
    yield Text(FOOT, "note")


def to_csv(changes: Sequence[Json]) -> bytes:
    """Return changes as CSV that Excel opens as UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(HEAD)
    writer.writerows([_harmless(cell) for cell in row(change)] for change in changes)
    return ("\ufeff" + written.getvalue()).encode()


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a figure below nothing stays one."""
    return f"'{cell}" if cell[:1] in "=@" or (cell[:1] in "+-" and not cell[1:2].isdigit()) else cell


def row(change: Json) -> tuple[str, ...]:
    """Return a change as the cells of a row."""
    held = f"（{'、'.join(change['holds'])}）" if change["holds"] else ""
    sides = change["then"], change["now"]
    return (
        change["name"],
        f"{change['label']}{held}",
        *(side_text(side) for side in sides),
        change["difference"] or "",
        *(f"{origin(side['citation'])}{_lines(side['citation'])}" if side else "" for side in sides),
    )


def side_text(side: Json | None) -> str:
    """Return a side as it is read: its text, and when a figure holds."""
    if side is None:
        return ""
    day = render.when(side["as_of"]) if side["as_of"] else None
    return f"{side['text']}（{day}）" if day else str(side["text"])


def _lines(citation: Json) -> str:
    lines = citation.get("lines")
    return f"、{lines[0]}行目" if lines and "行" not in render.place(citation) else ""


def paper_name(document: Json) -> str:
    """Return what a paper is called. 例: 令和6年2月議会 説明資料（a.pdf）"""
    return f"{' '.join(filter(None, (document.get('meeting'), document['title'])))}（{document['file']}）"
