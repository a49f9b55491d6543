"""A change in a line of Japanese, as the command, the answer and exports say it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from answer.editions.differences import Change, Kind, Side
from index.documents import DocumentInfo
from ingest.dates import describe

NAMES: Mapping[Kind, str] = {
    "figure": "変わった数値",
    "new": "前回の資料にない数値",
    "gone": "今回の資料にない数値",
    "added": "加わった項目",
    "dropped": "なくなった項目",
    "date": "変わった日付",
    "status": "予定と実績",
    "wording": "変わった文言",
}
_NUMBERED = re.compile(r"^(?:[(（]?[0-9０-９]{1,2}[)）.．、]?\s+|[(（][0-9０-９]{1,2}[)）]|[①-⑳⑴-⒇])\s*")
MOST_HELD = 5  # names of what came or went with a heading


def told(change: Change, *, dated: bool = True) -> str:
    """Return what changed; ``dated`` says of figures when they hold.

    例: 台湾（在留外国人の数）: 511人（2023年6月）→ 1,753人（2024年6月）、1,242人増
    """
    if change.then is not None and change.now is not None:
        days = [_day(side) if dated else "" for side in (change.then, change.now)]
        days = ["", ""] if days[0] == days[1] else days
        tail = f"、{change.difference}" if change.difference else ""
        return f"{named(change)}: {change.then.text}{days[0]} → {change.now.text}{days[1]}{tail}"
    side = change.now or change.then
    assert side is not None
    if change.kind in ("new", "gone"):
        return f"{named(change)}: {side.text}{_day(side) if dated else ''}"
    more = "ほか" if len(change.holds) > MOST_HELD else ""
    held = f"（{'、'.join(change.holds[:MOST_HELD])}{more}）" if change.holds else ""
    return f"{change.label}{held}"


def _day(side: Side) -> str:
    return f"（{describe(side.as_of).removesuffix('現在')}）" if side.as_of else ""


def named(change: Change) -> str:
    """Return what a change is about, with the heading that says of what. 例: 相談件数（ビジネスサポートデスク）"""
    if change.kind not in ("figure", "new", "gone"):
        return change.label
    over = next((_NUMBERED.sub("", name) for name in reversed(change.section) if name not in change.label), "")
    return f"{change.label}（{over}）" if over else change.label


def paper_said(info: DocumentInfo) -> str:
    """Return what an edition is called. 例: 令和6年2月議会 地域活力の創生に関する説明資料"""
    return " ".join(filter(None, (info.meeting, info.title)))
