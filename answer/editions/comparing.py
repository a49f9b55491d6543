"""compare(then, now): every change between two editions, the weightiest first."""

from __future__ import annotations

from answer.editions.aligning import align
from answer.editions.differences import Change, figure_changes, sound
from answer.editions.items import item_changes
from answer.editions.paper import Paper
from answer.editions.ranking import ranked
from answer.editions.wording import wording_changes


def compare(then: Paper, now: Paper) -> tuple[Change, ...]:
    """Return what changed from one edition to the next, the weightiest first."""
    alignment = align(then, now)
    figures = tuple(sound(figure_changes(then, now, alignment), (then, now)))
    told = {change.now.start for change in figures if change.kind == "figure" and change.now is not None}
    wording = wording_changes(alignment, then, now, told)
    items = item_changes(then, now, alignment)
    return ranked((*figures, *sound((*wording, *items), (then, now))))
