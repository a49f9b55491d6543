"""What the page's address says: questions with their scopes and snapshots, so that a link opens the same answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ui.client import Json
from ui.scope import BOUNDS, FIELDS

if TYPE_CHECKING:
    from ui.turn import Turn

Query = dict[str, list[str]]

MOST = 8  # questions that an address keeps; a reload asks them again
LONGEST = 500  # characters of a question


def query(turns: Sequence[Turn], *, model_first: bool = False) -> Query:
    """Return the query of an address: ``q`` the whole questions, ``s`` the scope and ``v`` the snapshot of each.

    ``t`` says which of them are to be taken as typed, where any is; ``m`` that a model's words come first.
    """
    kept = [turn for turn in turns if turn.answer is not None][-MOST:]
    if not kept:
        return {}
    typed = {"t": ["1" if turn.as_typed else "" for turn in kept]} if any(turn.as_typed for turn in kept) else {}
    return (typed | {"m": ["1"]} if model_first else typed) | {
        "q": [turn.whole for turn in kept],
        "s": [json.dumps(turn.scope, ensure_ascii=False, separators=(",", ":")) if turn.scope else "" for turn in kept],
        "v": [str((turn.answer or {}).get("index", "")) for turn in kept],
    }


def questions(found: Mapping[str, Sequence[str]]) -> list[tuple[str, Json | None, str | None, bool]]:
    """Return (question, scope, snapshot, whether as typed) of each question in a query.

    What makes no sense in it is left out.
    """
    asked = list(found.get("q", ()))[:MOST]
    scopes, snapshots, typed = ([*found.get(name, ()), *[""] * len(asked)] for name in ("s", "v", "t"))
    return [
        (question.strip(), _scope(scope), snapshot or None, as_typed == "1")
        for question, scope, snapshot, as_typed in zip(asked, scopes, snapshots, typed, strict=False)
        if question.strip() and len(question) <= LONGEST
    ]


def is_model_first(found: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a query wants a model's words first."""
    return "1" in found.get("m", ())


def _scope(text: str) -> Json | None:
    try:
        read = json.loads(text)
    except ValueError:
        return None
    if not isinstance(read, dict):
        return None
    return {name: read[name] for name in FIELDS if read.get(name) and _fits(name, read[name])} or None


def _fits(name: str, value: object) -> bool:
    if name in BOUNDS:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
