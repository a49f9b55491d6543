"""What a change weighs: how high it stands in the list.

Weight is 0 to 1 and the product of three things, set by hand: what kind of change it is (a plan that was carried out, a
figure and a date that moved come before words, and what is in both papers before what is in one), how sure it is that
both sides tell of one thing, and how much it matters. A figure matters by its share of the earlier value (from a
tenth of the whole for none to the whole for doubling or more), more for a total than for a part of it; a figure of one
paper by its size among that paper's figures of the same unit; an item by how much came or went with it, and by words
that name a measure: 事業, 補助, 制度, 計画, 条例.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from answer.asking.cues import TOTAL_HEADING
from answer.editions.differences import Change, Kind, Side
from ingest.numbers import find_quantities

KINDS: Mapping[Kind, float] = {
    "status": 1.0,
    "figure": 0.95,
    "date": 0.9,
    "wording": 0.7,
    "added": 0.6,
    "dropped": 0.6,
    "new": 0.5,
    "gone": 0.45,
}
_MEASURE = re.compile(r"事業|補助|助成|制度|計画|条例|料金|給付|枠|加点|センター|窓口")
_LEAST = 0.3  # of a change that hardly matters


def ranked(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes with their weights, the weightiest first; those of one weight as they stand in the paper."""
    every = list(changes)
    sizes = _sizes(every)
    weighed = [replace(c, weight=round(KINDS[c.kind] * c.sure * _matter(c, sizes), 3)) for c in every]
    return tuple(sorted(weighed, key=lambda change: (-change.weight, _place(change))))


def _place(change: Change) -> int:
    side = change.now or change.then
    return side.start if side is not None else 0


def _matter(change: Change, sizes: Mapping[tuple[Kind, str], Sequence[float]]) -> float:
    """Return how much a change matters: ``_LEAST`` to 1."""
    if change.kind == "figure":
        share = 1.0 if change.share is None else min(1.0, change.share)
        part = 1.0 if any(TOTAL_HEADING.fullmatch(word) for word in change.label.split()) else 0.9
        return part * (_LEAST + (1 - _LEAST) * math.sqrt(share))
    if change.kind in ("new", "gone"):
        unit, size = _size(change.now or change.then)
        held = sizes[change.kind, unit]
        return _LEAST + (1 - _LEAST) * (bisect_left(held, size) + 1) / (len(held) + 1)
    if change.kind in ("added", "dropped"):
        with_it = min(1.0, len(change.holds) / 6)
        return _LEAST + 0.3 * with_it + (0.4 if _MEASURE.search(change.label) else 0.0)
    return 1.0


def _sizes(changes: Sequence[Change]) -> dict[tuple[Kind, str], list[float]]:
    held: dict[tuple[Kind, str], list[float]] = defaultdict(list)
    for change in changes:
        if change.kind in ("new", "gone"):
            unit, size = _size(change.now or change.then)
            held[change.kind, unit].append(size)
    return {key: sorted(sizes) for key, sizes in held.items()}


def _size(side: Side | None) -> tuple[str, float]:
    """Return a figure's unit and how large it is in it."""
    found = find_quantities(side.text) if side is not None else []
    return (found[0].base_unit or "", abs(found[0].value)) if found else ("", 0.0)
