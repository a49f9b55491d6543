"""compare(then, now): every change between two editions, the weightiest first."""

from __future__ import annotations

from answer.editions.aligning import align
from answer.editions.differences import Change, figure_changes, sound
from answer.editions.items import item_changes
from answer.editions.paper import Paper


def compare(then: Paper, now: Paper) -> tuple[Change, ...]:
    """Return what changed from one edition to the next, the weightiest first."""
    alignment = align(then, now)
    found = (*figure_changes(then, now, alignment), *item_changes(then, now, alignment))
    return tuple(sound(found, (then, now)))
