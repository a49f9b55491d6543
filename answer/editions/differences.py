"""What is different between two editions: figures that changed, came or went, and items that came or went.

A change is told only as far as it is sure. A changed figure needs a pair of ``aligning``; a new one is a value, as it is
printed with its unit, that stands nowhere in the other paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from answer.check import figures, is_verbatim
from answer.editions.aligning import Alignment, Pair, align
from answer.editions.paper import Paper, is_item, name_of, pack, unit_of, words_in
from answer.evidence import Statement
from answer.figures import printed
from answer.series import subtract
from ingest.document import Fact
from ingest.japanese import fold

Kind = Literal["figure", "new", "gone", "added", "dropped", "date", "status", "wording"]

@dataclass(frozen=True)
class Side:
    """One paper's side of a change: what it says, as printed, and the line that it says it in."""

    document_id: str
    text: str
    start: int  # of the quote, in the document's text
    end: int
    as_of: str | None = None


@dataclass(frozen=True)
class Change:
    """A difference between two editions; ``then`` or ``now`` is None where one of them says nothing of it.

    ``label`` names what changed, ``section`` the headings it stands under; ``difference`` and ``how`` are worked out in
    the figure's unit (例: 141企業・団体増, 648 − 507 = 141企業・団体). ``sure`` is 0 to 1, ``weight`` what it counts.
    """

    kind: Kind
    label: str
    section: tuple[str, ...]
    then: Side | None
    now: Side | None
    difference: str | None = None
    how: str | None = None
    share: float | None = None  # of the earlier value: 0.1 is a tenth more or less
    sure: float = 1.0
    weight: float = 0.0


def figure_changes(then: Paper, now: Paper, alignment: Alignment) -> Iterator[Change]:
    """Yield the figures that changed, and those that only one of the papers prints."""
    for pair in alignment.pairs:
        if _differs(pair):
            difference, how = subtract(pair.now, pair.then)
            before = abs(pair.then.number or 0.0)
            yield Change(
                "figure",
                label_of(pair.now),
                section_of(now, pair.now),
                side_of(then, pair.then),
                side_of(now, pair.now),
                difference,
                how,
                abs((pair.now.number or 0.0) - (pair.then.number or 0.0)) / before if before else None,
                pair.sure,
            )
    paired = {fact.id for pair in alignment.pairs for fact in (pair.then, pair.now)}
    for fact in _only_here(now, then, paired):
        yield Change("new", label_of(fact), section_of(now, fact), None, side_of(now, fact))
    for fact in _only_here(then, now, paired):
        yield Change("gone", label_of(fact), section_of(then, fact), side_of(then, fact), None)


def _differs(pair: Pair) -> bool:
    """Tell whether two values are not the same, nor the same but for how they were rounded. 例: 4.42% and 4.4%"""
    one, other = pair.then.number, pair.now.number
    if one is None or other is None or one == other:
        return False
    places = [_decimals(fact) for fact in (pair.then, pair.now)]
    if places[0] != places[1]:
        return abs(one - other) > 0.5 * 10.0 ** -min(places) + 1e-9
    return True


def _decimals(fact: Fact) -> int:
    shown = re.search(r"[0-9]\.([0-9]+)", fold(fact.value))
    return len(shown[1]) if shown else 0


def _only_here(paper: Paper, other: Paper, paired: set[str]) -> Iterator[Fact]:
    """Yield the figures whose value, as printed, stands nowhere in the other paper, and which have a name."""
    told: set[tuple[str, str]] = set()
    for fact in paper.figures:
        value = pack(printed(fact))
        if fact.id in paired or not (words_in(fact.label) or paper.names_over(fact)) or (label_of(fact), value) in told:
            continue
        bare = unit_of(fact) is None and not set(figures(fact.value)) - other.numbers
        if bare or _holds(other, value) or _holds(other, pack(fact.value)):
            continue
        told.add((label_of(fact), value))
        yield fact


def _holds(paper: Paper, value: str) -> bool:
    """Tell whether a paper prints a value: 35社 does not stand in 535社."""
    return re.search(rf"(?<![0-9.]){re.escape(value)}(?![0-9])", paper.packed) is not None


def label_of(fact: Fact) -> str:
    """Return what a figure measures, as a reader is told: its label on one line."""
    return re.sub(r"\s+", " ", fact.label).strip(" :：、") or (fact.scope or "")


def section_of(paper: Paper, fact: Fact) -> tuple[str, ...]:
    """Return what a figure stands under, outermost first."""
    return tuple(re.sub(r"\s+", " ", name) for name in reversed(paper.names_over(fact)))


def side_of(paper: Paper, fact: Fact) -> Side:
    """Return a figure with the line it stands in; where that line holds it not (〃), with the cell that does."""
    start, end = fact.start, fact.end
    if not start <= fact.value_start < end:
        start, end = fact.value_start, fact.value_end
    return Side(fact.document_id, printed(fact), start, end, fact.as_of)


# --- items ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    name: str
    start: int
    end: int
    section: tuple[str, ...]


def item_changes(then: Paper, now: Paper) -> Iterator[Change]:
    """Yield the headings, items of lists and names of rows that only one of the papers has."""
    for kind, paper, other in (("added", now, then), ("dropped", then, now)):
        names = _lines_of(other)
        for item in _items(paper):
            if _is_nowhere(item.name, other, names):
                side = Side(paper.document.id, item.name, item.start, item.end)
                yield Change(
                    "added" if kind == "added" else "dropped",
                    item.name,
                    item.section,
                    None if kind == "added" else side,
                    side if kind == "added" else None,
                )


_MARKED = re.compile(r"[◇◆○●◎■・\-※①-⑳]|[(（]?[0-9]{1,2}[)）.]")
_BOXED = re.compile(r"^[＜<【《]([^＞>】》\n]+)[＞>】》]")
_TAIL = re.compile(r"[\[［][^\]］]*[\]］]$|[(（](?:[RHS]?[0-9]|令和|平成|昨|本)[^()（）]*[)）]$")


def _items(paper: Paper) -> Iterator[_Item]:
    """Yield what names a thing: headings, names of boxes, items of lists, and what a row or a line is about."""
    told: set[str] = set()
    for statement in paper.statements:
        for name in _names_in(statement):
            name = _TAIL.sub("", re.sub(r"^[\s#◇◆○●◎■・\-*]+|\*\*", "", name)).strip()
            if is_item(name) and pack(name) not in told:
                told.add(pack(name))
                yield _Item(name, statement.start, statement.end, statement.headings)


def _names_in(statement: Statement) -> Iterator[str]:
    flat = statement.flat
    if statement.kind in ("heading", "label") or (statement.kind != "table" and _MARKED.match(flat)):
        yield flat
    elif statement.kind == "table":
        first = flat.split("\t")[0]
        boxed = _BOXED.match(first)
        yield boxed[1] if boxed else first
    elif statement.kind == "key_value":
        yield from re.split(r"[:：]", flat)


def _lines_of(paper: Paper) -> list[frozenset[str]]:
    """Return the words of every line: what is said otherwise is not gone."""
    return [words_in(s.flat) for s in paper.statements]


def _is_nowhere(name: str, other: Paper, lines: Sequence[frozenset[str]]) -> bool:
    """Tell whether a name, nor most of its words on one line, is not in a paper."""
    plain = re.sub(r"[(（][^()（）]*[)）]$", "", name_of(name))
    if plain in other.packed or pack(name) in other.packed:
        return False
    words = words_in(name)
    return all(len(words & line) < _SAID * len(words) for line in lines)


_SAID = 0.75  # of a name's words on one line: it is said there


# --- all --------------------------------------------------------------------------------------------------------------


def sound(changes: Iterable[Change], papers: Sequence[Paper]) -> Iterator[Change]:
    """Yield the changes whose quotes stand where they say, each figure in its own quote: no other one is told."""
    texts = {paper.document.id: paper.document for paper in papers}
    for change in changes:
        sides = [side for side in (change.then, change.now) if side is not None]
        if all(_stands(side, texts[side.document_id].text, texts[side.document_id].cells_apart) for side in sides):
            yield change


def _stands(side: Side, text: str, cells_apart: object) -> bool:
    quote = text[side.start : side.end]
    apart = cells_apart(side.start, side.end) if callable(cells_apart) else quote
    held = set(figures(apart))
    return is_verbatim(quote, text, side.start, side.end) and set(figures(side.text)) <= held


__all__ = ["Change", "Kind", "Side", "align", "figure_changes", "is_item", "item_changes", "sound"]
