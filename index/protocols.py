"""The seams of the index: what is asked of an embedder, what is found, and what keeps an index from being used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ingest.document import Chunk

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """A chunk that was found. ``ranks`` says at which place (from 1) each leg had it."""

    chunk: Chunk
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)


class Embedder(Protocol):
    """Turns texts into unit vectors. ``name`` goes into the manifest; two embedders with one name are one."""

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model sees in ``text``, so that a chunk can be cut to what it reads well."""
        ...


class TenkyoIndexError(Exception):
    """An index folder cannot be used. The text names the folder, what is wrong and the remedy.

    ``message`` says the same in Japanese, for the person; ``str(error)`` is exact English.
    """

    def __init__(self, detail: str, message: str = ""):
        super().__init__(detail)
        self.message = message or detail


# N818 asks for names ending in Error; these say what state the index is in.
class IndexMissing(TenkyoIndexError):  # noqa: N818 - a state
    """There is no index at the folder."""


class IndexDamaged(TenkyoIndexError):  # noqa: N818 - a state
    """A file of the index is missing or does not match its hash."""


class IndexMismatch(TenkyoIndexError):  # noqa: N818 - a state
    """The index was made by another embedder, analyzer or format version."""


class IndexBusy(TenkyoIndexError):  # noqa: N818 - a state
    """Another process is writing to the index."""


class IndexUnwritable(TenkyoIndexError):  # noqa: N818 - a state
    """The index could not be written: the disk is full, or the folder may not be changed."""


class IndexUnreachable(TenkyoIndexError):  # noqa: N818 - a state
    """The database of the index cannot be used: not there, not allowed, too old, or gone in the middle."""


class IndexInterrupted(IndexUnreachable):
    """The database went away in the middle of something, which may be done again at once."""


class GenerationGone(TenkyoIndexError):  # noqa: N818 - a state
    """What a reader was looking at has been replaced and cleared away: it is to be looked at anew."""


class ModelMissing(TenkyoIndexError):  # noqa: N818 - a state
    """The embedding model is not on this machine."""
