"""What a caller of a tool is told, and can do something about."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - a refusal, not a fault of ours
    """A call that cannot be done as it was made. ``str(error)`` is Japanese and says what can be written instead."""
