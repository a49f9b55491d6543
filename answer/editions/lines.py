"""Which line or cell of one edition says what a line or cell of the other says, in other figures, dates or words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from answer.editions.paper import Paper, masked, pack

ALIKE, LEAD = 70.0, 4.0  # rapidfuzz ratio of two lines, 0 to 100, and by how much it must lead
LEAST, MOST = 10, 600  # characters: of less nothing is sure, and of more nobody sees what changed


@dataclass(frozen=True)
class Line:
    """A sentence, item or cell: ``document.text[start:end]``. ``mask`` is what it says, dates and figures put aside."""

    start: int
    end: int
    flat: str
    mask: str
    headings: tuple[str, ...]
    is_heading: bool


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
    pairs = [LinePair(a, b, 1.0) for a, b in _of_one_mask(*left)]
    taken = {id(line) for pair in pairs for line in (pair.then, pair.now)}
    left = [[line for line in side if id(line) not in taken] for side in left]
    return (*pairs, *_near(*left))


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


def _of_one_mask(then: Sequence[Line], now: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Yield the lines that are the same but for figures and dates, where each paper has one of them."""
    held: tuple[dict[str, list[Line]], dict[str, list[Line]]] = (defaultdict(list), defaultdict(list))
    for index, side in zip(held, (then, now), strict=True):
        for line in side:
            index[line.mask].append(line)
    for mask, lines in held[0].items():
        if len(lines) == 1 and len(held[1].get(mask, ())) == 1:
            yield lines[0], held[1][mask][0]


def _near(then: Sequence[Line], now: Sequence[Line]) -> Iterator[LinePair]:
    """Yield the lines that are each other's nearest by a lead."""
    if not then or not now:
        return
    scores = process.cdist([a.mask for a in then], [b.mask for b in now], scorer=fuzz.ratio, score_cutoff=ALIKE - LEAD)
    for i, j in zip(*np.nonzero(scores >= ALIKE), strict=True):
        best = scores[i, j]
        rivals = max(np.delete(scores[i], j).max(initial=0.0), np.delete(scores[:, j], i).max(initial=0.0))
        if best - rivals > LEAD:
            yield LinePair(then[i], now[j], float(best) / 100)
