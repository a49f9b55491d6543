"""What a word index holds: where a word stands and how often, packed by word and version; and how long each place is.

A version's row for a word is an array of little-endian uint32, one for each of its chunks (or facts) that holds the
word: the ordinal of the chunk in the upper bits, how often it has the word in the lower ones. How many words each chunk
has is kept once a version.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy import Table

from index.database.schema import chunk_postings, fact_postings

Of = Literal["chunks", "facts"]
TABLES: dict[Of, Table] = {"chunks": chunk_postings, "facts": fact_postings}

SIZE = 4  # bytes of an entry
_TIMES = 12  # bits
_MOST_TIMES, _MOST_ORDINAL = (1 << _TIMES) - 1, (1 << (32 - _TIMES)) - 1
Lengths = npt.NDArray[np.uint16]


def pack(tokens: Sequence[Sequence[str]]) -> dict[str, bytes]:
    """Return the entries of each word of one version's chunks or facts, given the words of each in order."""
    if len(tokens) > _MOST_ORDINAL + 1:
        raise ValueError(f"a document has {len(tokens)} passages or figures, and {_MOST_ORDINAL + 1} are the most")
    found: dict[str, list[int]] = {}
    for ordinal, held in enumerate(tokens):
        for word, times in Counter(held).items():
            # More often than that says no more: the score of a word has all but reached its bound.
            found.setdefault(word, []).append(ordinal << _TIMES | min(times, _MOST_TIMES))
    return {word: np.array(entries, "<u4").tobytes() for word, entries in found.items()}


def unpack(rows: Sequence[bytes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """Return the ordinals, and how often each has the word, of several rows, one after the other."""
    entries = np.frombuffer(b"".join(rows), "<u4")
    return (entries >> _TIMES).astype(np.int64), entries & np.uint32(_MOST_TIMES)


def count(entries: bytes) -> int:
    """Return how many chunks or facts a row is about."""
    return len(entries) // SIZE


def pack_terms(numbers: Iterable[int]) -> bytes:
    """Return the numbers of a version's words as ``unpack_terms`` reads them."""
    return zlib.compress(np.diff(sorted(numbers), prepend=0).astype("<u4").tobytes(), 6)


def unpack_terms(terms: bytes) -> list[int]:
    """Return the numbers of a version's words, ascending."""
    found: list[int] = np.cumsum(np.frombuffer(zlib.decompress(terms), "<u4"), dtype=np.int64).tolist()
    return found


def pack_lengths(tokens: Sequence[Sequence[str]]) -> bytes:
    """Return how many words each chunk or fact of a version has, as ``unpack_lengths`` reads it."""
    return np.minimum([len(held) for held in tokens], np.iinfo(np.uint16).max).astype("<u2").tobytes()


def unpack_lengths(lengths: bytes) -> Lengths:
    return np.frombuffer(lengths, "<u2")
