"""Which line or cell of one edition says what a line or cell of the other says, in other figures, dates or words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from answer.editions.paper import Paper, is_item, masked, pack, topic_of

KEYED, UNDER = 0.9, 0.75  # how sure a common key is, and how much two headings must have in common
_LONGEST_KEY = 16
ALIKE, LEAD = 70.0, 4.0  # rapidfuzz ratio of two lines, 0 to 100, and by how much it must lead
LEAST, MOST = 6, 600  # characters: of less nothing is sure, and of more nobody sees what changed
_OWN = 9  # letters: a shorter line (参加者：20名) says what it is about only by what it stands under


@dataclass(frozen=True)
class Line:
    """A sentence, item or cell: ``document.text[start:end]``. ``mask`` is what it says, dates and figures put aside."""

    start: int
    end: int
    flat: str
    mask: str
    headings: tuple[str, ...]
    is_heading: bool

    @property
    def topic(self) -> frozenset[str]:
        """What tells the innermost heading that names something from others."""
        return next((topic_of(name) for name in reversed(self.headings) if is_item(name)), frozenset())

    @property
    def key(self) -> str:
        """What stands before a colon; empty without one."""
        before, colon, _ = re.sub(r"^[^\w]+", "", self.flat).replace("：", ":").partition(":")
        return pack(before) if colon and len(before) <= _LONGEST_KEY else ""


@dataclass(frozen=True)
class LinePair:
    then: Line
    now: Line
    likeness: float  # 0 to 1; 1: the same but for figures and dates


def lines_alike(then: Paper, now: Paper) -> tuple[LinePair, ...]:
    """Return the pairs of lines that say one thing and are not the same, letter by letter.

    Lines that are the same but for figures and dates come first; of the others, each must be the other's best.
    """
    sides = [list(_lines(paper)) for paper in (then, now)]
    same = {pack(line.flat) for line in sides[0]} & {pack(line.flat) for line in sides[1]}
    left = [[line for line in side if pack(line.flat) not in same] for side in sides]
    pairs = [LinePair(a, b, 1.0) for a, b in _of_one(lambda line: line.mask, *left) if _is_sure(a, b)]
    left = _without(pairs, left)
    pairs += [LinePair(a, b, KEYED) for a, b in _of_one(lambda line: line.key, *left) if _are_under_one(a, b)]
    return (*pairs, *_near(*_without(pairs, left)))


def _without(pairs: Sequence[LinePair], sides: Sequence[Sequence[Line]]) -> list[list[Line]]:
    taken = {id(line) for pair in pairs for line in (pair.then, pair.now)}
    return [[line for line in side if id(line) not in taken] for side in sides]


def _is_sure(one: Line, other: Line) -> bool:
    return len(re.findall(r"[^\W\d_]", one.mask)) >= _OWN or _are_under_one(one, other)


def _are_under_one(one: Line, other: Line) -> bool:
    """Tell whether two lines stand under headings that name one thing."""
    common = one.topic & other.topic
    return bool(common) and len(common) >= UNDER * min(len(one.topic), len(other.topic))


def _lines(paper: Paper) -> Iterator[Line]:
    text = paper.document.text
    for statement in paper.statements:
        if statement.kind == "table":
            at = statement.start
            for cell in text[statement.start : statement.end].split("\t"):
                yield from _line(text, at, at + len(cell), statement.headings)
                at += len(cell) + 1
        else:
            is_heading = statement.kind == "heading"
            yield from _line(text, statement.start, statement.end, statement.headings, is_heading=is_heading)


def _line(text: str, start: int, end: int, headings: tuple[str, ...], *, is_heading: bool = False) -> Iterator[Line]:
    flat = re.sub(r"[ \t　]*\n\s*", "", text[start:end]).strip()
    mask = masked(flat)
    if LEAST <= len(flat) <= MOST and re.search(r"[^\W\d_]{2}", mask):
        yield Line(start, end, flat, mask, headings, is_heading)


def _of_one(name: Callable[[Line], str], then: Sequence[Line], now: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Yield the lines of one name, where each paper has one of them."""
    held: tuple[dict[str, list[Line]], dict[str, list[Line]]] = (defaultdict(list), defaultdict(list))
    for index, side in zip(held, (then, now), strict=True):
        for line in side:
            index[name(line)].append(line)
    for key, lines in held[0].items():
        if key and len(lines) == 1 and len(held[1].get(key, ())) == 1:
            yield lines[0], held[1][key][0]


def _near(then: Sequence[Line], now: Sequence[Line]) -> Iterator[LinePair]:
    """Yield the lines that are each other's nearest by a lead."""
    if not then or not now:
        return
    scores = process.cdist([a.mask for a in then], [b.mask for b in now], scorer=fuzz.ratio, score_cutoff=ALIKE - LEAD)
    for i, j in zip(*np.nonzero(scores >= ALIKE), strict=True):
        best = scores[i, j]
        rivals = max(np.delete(scores[i], j).max(initial=0.0), np.delete(scores[:, j], i).max(initial=0.0))
        if best - rivals > LEAD and _is_sure(then[i], now[j]):
            yield LinePair(then[i], now[j], float(best) / 100)
