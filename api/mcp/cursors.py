"""Where a list goes on. A cursor carries no right: it says how far somebody was in what they had asked for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar

from api.mcp.refused import Refused

T = TypeVar("T")


def piece(listed: Sequence[T], cursor: str | None, most: int, *asked: object) -> tuple[Sequence[T], str | None]:
    """Return at most ``most`` of what is listed from the cursor on, and the cursor of what follows.

    ``asked`` is what makes the list what it is, such as the arguments and the snapshot. Raise Refused for a cursor of
    another list: a list that has changed is begun anew, rather than gone on with in the wrong place.
    """
    start = offset(cursor, *asked)
    end = start + most
    return listed[start:end], after(end, *asked) if end < len(listed) else None


def after(end: int, *asked: object) -> str:
    """Return the cursor of what follows the first ``end`` of a list."""
    return base64.urlsafe_b64encode(json.dumps([_mark(asked), end]).encode()).decode()


def offset(cursor: str | None, *asked: object) -> int:
    """Return how many of the list came before the cursor."""
    if not cursor:
        return 0
    try:
        mark, start = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        mark, start = "", 0
    if mark != _mark(asked) or not isinstance(start, int) or isinstance(start, bool) or start < 0:
        why = "ほかの引数のものか、そのあと資料が変わっています。"
        raise Refused(f"この cursor は使えません。{why}cursor なしで最初から呼んでください。")
    return start


def _mark(asked: Sequence[object]) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
