"""Which servers hold a shared index. No database is opened here: settings are read with it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Servers:
    """The URL of the primary of a shared database, and those of streaming replicas that may be read."""

    url: str
    replicas: tuple[str, ...] = ()


def split_urls(text: str) -> tuple[str, ...]:
    """Return the URLs of a list with commas or spaces; a comma within one parts its hosts."""
    parts = re.split(r"(?:\s*,\s*|\s+)(?=\w+(?:\+\w+)?://)", text.strip().strip(","))
    return tuple(part.strip() for part in parts if part.strip())
