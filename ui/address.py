"""What the page's address says: questions with their scopes and snapshots, so that a link opens the same answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ui.client import Json
from ui.scope import FIELDS

if TYPE_CHECKING:
    from ui.turn import Turn

Query = dict[str, list[str]]

MOST = 8  # questions that an address keeps; a reload asks them again
LONGEST = 500  # characters of a question


def query(turns: Sequence[Turn]) -> Query:
    """Return the query of an address: ``q`` the whole questions, ``s`` the scope and ``v`` the snapshot of each."""
    kept = [turn for turn in turns if turn.answer is not None][-MOST:]
    if not kept:
        return {}
    return {
        "q": [turn.whole for turn in kept],
        "s": [json.dumps(turn.scope, ensure_ascii=False, separators=(",", ":")) if turn.scope else "" for turn in kept],
        "v": [str((turn.answer or {}).get("index", "")) for turn in kept],
    }


def questions(found: Mapping[str, Sequence[str]]) -> list[tuple[str, Json | None, str | None]]:
    """Return (question, scope, snapshot) of each question in a query; what makes no sense in it is left out."""
    asked = list(found.get("q", ()))[:MOST]
    scopes, snapshots = ([*found.get(name, ()), *[""] * len(asked)] for name in ("s", "v"))
    return [
        (question.strip(), _scope(scope), snapshot or None)
        for question, scope, snapshot in zip(asked, scopes, snapshots, strict=False)
        if question.strip() and len(question) <= LONGEST
    ]


def _scope(text: str) -> Json | None:
    try:
        read = json.loads(text)
    except ValueError:
        return None
    return {name: read[name] for name in FIELDS if read.get(name)} or None if isinstance(read, dict) else None
