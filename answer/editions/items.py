"""The headings, items of lists, projects and rows that only one of two editions has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from answer.editions.aligning import Alignment
from answer.editions.differences import Change, Side
from answer.editions.paper import Paper, is_item, name_of, pack, topic_of
from answer.reading.evidence import Statement
from ingest.dates import find_periods
from ingest.japanese import fold, may_continue, morphs

SAID = 0.75  # of a name's words on one line of the other paper: it is said there
_MARKED = re.compile(r"[◇◆○●◎■・\-※①-⑳]|[(（]?[0-9]{1,2}[)）.]")
_BOXED = re.compile(r"^[＜<【《]([^＞>】》\n]+)[＞>】》]")
# What a name ends in that is no part of it. 例: …事業［310万円］, …の開催（令和6年1月20日）
_TAIL = re.compile(
    r"(?<=\S)\s*【[^】]*】\s*(?:新規|拡充|継続)?$|[\[［][^\]］]*[\]］]$"
    r"|[(（](?:[RHS]?[0-9]|令和|平成|昨|本)[^()（）]*[)）]$"
)
_NAME = 16  # characters: a longer line with a subject or an object is half a sentence


@dataclass(frozen=True)
class _Item:
    name: str
    start: int
    end: int
    section: tuple[str, ...]


def item_changes(then: Paper, now: Paper, alignment: Alignment) -> Iterator[Change]:
    """Yield what only one of the papers names; what stands under a heading that came or went goes with it."""
    # A table or a figure that both have may stand under other words: they are no news.
    kept = {
        pack(name)
        for pair in alignment.pairs
        for paper, fact in ((then, pair.then), (now, pair.now))
        for name in paper.names_over(fact)
    } | {pack(_bare(line.flat)) for pair in alignment.lines for line in (pair.then, pair.now)}
    sides: tuple[tuple[Literal["added", "dropped"], Paper, Paper], ...] = (("added", now, then), ("dropped", then, now))
    for kind, paper, other in sides:
        lines = [(topic_of(s.flat), is_item(s.flat)) for s in other.statements]
        found = [item for item in _items(paper) if pack(item.name) not in kept and _is_nowhere(item.name, other, lines)]
        headed = {pack(item.name) for item in found}
        for item in found:
            if _over(item, headed):
                continue
            holds = tuple(other.name for other in found if pack(item.name) == _over(other, headed))
            side = Side(paper.document.id, item.name, item.start, item.end, item.section)
            then_side, now_side = (None, side) if kind == "added" else (side, None)
            yield Change(kind, item.name, item.section, then_side, now_side, holds=holds)


def _over(item: _Item, headed: set[str]) -> str | None:
    """Return the outermost heading over an item that came or went itself; None where there is none."""
    above = (pack(_bare(heading)) for heading in item.section)
    return next((heading for heading in above if heading in headed and heading != pack(item.name)), None)


def _items(paper: Paper) -> Iterator[_Item]:
    """Yield what names a thing: headings, names of boxes, items of lists, and what a row or a line is about."""
    told = {pack(paper.document.title)}
    for at, statement in enumerate(paper.statements):
        following = paper.statements[at + 1] if at + 1 < len(paper.statements) else None
        if statement.kind == "label" and (following is None or following.kind in ("label", "heading")):
            continue  # the caption of a picture, or a piece of one
        if statement.kind == "bullet" and following is not None and _goes_on(statement, following):
            continue  # half a sentence
        for raw in _names_in(statement):
            name = _bare(raw)
            if is_item(name) and pack(name) not in told and _is_name(name, is_heading=statement.kind == "heading"):
                told.add(pack(name))
                yield _Item(name, statement.start, statement.end, statement.headings)


def _names_in(statement: Statement) -> Iterator[str]:
    flat = statement.flat
    if statement.kind in ("heading", "label") or (statement.kind != "table" and _MARKED.match(flat)):
        yield flat
    elif statement.kind == "table":
        first, *rest = flat.split("\t")
        boxed = _BOXED.match(first)
        if boxed or not any(re.search(r"[0-9]", fold(cell)) for cell in rest if len(cell) < _NAME):
            yield boxed[1] if boxed else first  # a row with figures is told by its figures
    elif statement.kind == "key_value":
        yield from re.split(r"[:：]", flat)


def _bare(name: str) -> str:
    return _TAIL.sub("", re.sub(r"^[\s#◇◆○●◎■・\-*]+|\*\*", "", name)).strip()


def _is_name(name: str, *, is_heading: bool) -> bool:
    """Tell whether a line is a name: no caption, no half of a sentence, nothing glued together of several."""
    if _NO_NAME.search(name) or not _is_balanced(name) or (len(name.split()) > 2 and not is_heading):
        return False
    if is_heading:
        return True
    subject = any(m.pos == "助詞" and m.surface in "がをは、" for m in morphs(name))
    return not find_periods(name) and (len(name) <= _NAME or not subject)


def _goes_on(one: Statement, other: Statement) -> bool:
    """Tell whether a line goes on in the next: the reading may have taken it for an end."""
    return other.kind == "paragraph" and len(one.flat) > _NAME and may_continue(one.flat, other.flat)


_NO_NAME = re.compile(
    r"[0-9]/[0-9]|曜日?|(?:様子|イメージ|写真|氏|しま|[をにがはでともへや、「（(…])[①-⑳]?$"
    r"|^[…、。）)ぁ-ん]|\s[①-⑳]|[\"=|↑↓→]"
)


def _is_balanced(name: str) -> bool:
    return all(name.count(a) == name.count(b) for a, b in ("「」", "()", "（）", "【】", "『』"))


def _is_nowhere(name: str, other: Paper, lines: Sequence[tuple[frozenset[str], bool]]) -> bool:
    """Tell whether a name is not in a paper: not as written, not most of its words on one line, no shorter name."""
    plain = re.sub(r"[(（][^()（）]*[)）]$", "", name_of(name))
    if plain in other.packed or pack(name) in other.packed:
        return False
    words = topic_of(name)
    for line, is_name in lines:
        common = len(words & line)
        if common >= SAID * len(words) or (is_name and common > 1 and common >= SAID * len(line)):
            return False
    return True
