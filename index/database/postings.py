"""What a word index holds: where a word stands, how often, and how long that is; packed by word and version."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy import Table

from index.database.schema import chunk_postings, fact_postings

Of = Literal["chunks", "facts"]
TABLES: dict[Of, Table] = {"chunks": chunk_postings, "facts": fact_postings}

# One for each chunk or fact that holds the word: which of its version it is, how often it has the word, and how many
# words it has. The length goes with each, so that a search reads one table.
ENTRY = np.dtype([("ordinal", "<u4"), ("times", "<u2"), ("length", "<u2")])
_ENTRY = struct.Struct("<IHH")
_MOST = 0xFFFF


def pack(tokens: Sequence[Sequence[str]]) -> dict[str, bytes]:
    """Return the entries of each word of one version's chunks or facts, given the words of each in order."""
    found: dict[str, list[bytes]] = {}
    for ordinal, held in enumerate(tokens):
        length = len(held)
        if length > _MOST:
            raise ValueError(f"a passage of {length} words is longer than {_MOST}: cut it smaller")
        for word, times in Counter(held).items():
            found.setdefault(word, []).append(_ENTRY.pack(ordinal, times, length))
    return {word: b"".join(entries) for word, entries in found.items()}


def unpack(entries: Sequence[bytes]) -> npt.NDArray[np.void]:
    """Return the entries of several rows, one after the other, as an array of ``ENTRY``."""
    return np.frombuffer(b"".join(entries), ENTRY)


def count(entries: bytes) -> int:
    """Return how many chunks or facts a row is about."""
    return len(entries) // ENTRY.itemsize
