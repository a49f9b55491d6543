"""What accounts refuse; and the permissions there are, for whoever must not wait for a web framework to load."""

from __future__ import annotations

from typing import Literal, get_args

Permission = Literal["read", "contribute", "curate", "administer", "audit"]
PERMISSIONS: frozenset[Permission] = frozenset(get_args(Permission))


class AccessError(Exception):
    """What cannot be done with accounts. ``message`` is Japanese, for the person; ``str(error)`` is exact English."""

    def __init__(self, detail: str, message: str, kind: str = "access"):
        super().__init__(detail)
        self.message = message
        self.kind = kind


class AccessUnusable(AccessError):  # noqa: N818 - a state
    """The file of accounts cannot be opened, read or written."""
