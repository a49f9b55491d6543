"""The learned reader: how likely each of several texts answers a question, and each value in it. Its weights are data.

A pair is read as ``<s> question </s></s> text </s>``, with at most 48 tokens of the question and 112 of the text. What
stands around a text is part of it: ``text_under`` writes the title and headings before it, as passages are embedded.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from index.default_model import SOURCE_SHA256
from index.embedder import SentenceEmbedder, has_fast_bytes, open_embedder, round_weights
from index.protocols import Embedder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from index.pair_network import PairNetwork, PairRead

WEIGHTS = Path(__file__).with_name("reader.safetensors")
WEIGHTS_SHA256 = "acc2c6ead630e875bbd76be0b1ce85cdefe6e99a39ea3f8179b694eb62beac88"
FORMAT = "tenkyo-reader-3"
FROZEN = 6  # of twelve layers; the other six are 21 MB in float16
QUESTION_TOKENS = 48
TEXT_TOKENS = 112
MOST = 24  # texts a question
WORKERS = 2
BEGIN, END = 0, 2


class ReaderMismatch(Exception):  # noqa: N818 - a state, as IndexMismatch is
    """The weights are damaged, or were learned on top of another model."""


class HasLayers(Protocol):
    """What the reader stands on: the default embedding model (``index.embedder.SentenceEmbedder``)."""

    def layers(self) -> tuple[Any, Path]:
        """Return its BertModel and the folder with its tokenizer."""


def text_under(text: str, title: str = "", headings: Sequence[str] = ()) -> str:
    """Return a text with what it stands under. 例: 令和6年度予算案 / 歳出⏎民生費 | 令和6年度: 1,204百万円"""
    path = " / ".join(part for part in (title[:60], *(heading[:40] for heading in headings[-3:])) if part)
    return f"{path}\n{text}" if path else text


class Pair(NamedTuple):
    """The tokens of a question and a text, where the text's begin, and which of its characters each of these is."""

    ids: list[int]
    second: int
    offsets: list[tuple[int, int]]

    def at(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the first and the last token of some characters of the text; None where not all were read."""
        first = next((i for i, (_, end) in enumerate(self.offsets) if end > start), None)
        if first is None or self.offsets[-1][1] < stop:
            return None
        last = next(i for i in range(len(self.offsets) - 1, -1, -1) if self.offsets[i][0] < stop)
        before = self.second + 1  # the token that parts the text from the question
        return (before + first, before + last) if last >= first else None


class Pairs:
    """Makes the tokens of pairs. A tokenizer of its own: the embedding model's cannot be shared between threads."""

    def __init__(self, model: Path):
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))

    def of(self, question: str, texts: Sequence[str]) -> list[Pair]:
        first, *others = self._tokenizer.encode_batch([question, *texts], add_special_tokens=False)
        asked = [BEGIN, *first.ids[:QUESTION_TOKENS], END]
        return [
            Pair([*asked, END, *other.ids[:TEXT_TOKENS], END], len(asked), other.offsets[:TEXT_TOKENS])
            for other in others
        ]


@dataclass(frozen=True)
class Read:
    """What the reader says of one text: log-odds, above 0 where it more likely than not answers the question."""

    text: str
    odds: float
    value_odds: Callable[[int, int], float | None] = field(default=lambda start, stop: None, compare=False)
    """The same of the characters from ``start`` to ``stop``; None where they were not read: a long text is cut."""
    yes: float = 0.0
    """The log-odds that the text says yes to a question of yes or no; it means nothing of any other question."""


class Reader:
    """Reads pairs. Its weights are loaded with the first question, on top of the embedding model's lower layers.

    ``sha256``, where given, is what the file must hash to. ``exact`` keeps its weights from being rounded to 8 bits.
    """

    def __init__(self, weights: Path, embedder: HasLayers, sha256: str | None = None, *, exact: bool = False):
        self._weights = weights
        self._embedder = embedder
        self._sha256 = sha256
        self._exact = exact
        self._lock = Lock()
        self._parts: tuple[PairNetwork, Any, Pairs, Executor] | None = None

    def read(self, question: str, texts: Sequence[str]) -> list[Read]:
        """Return what is to be said of each text, at most ``MOST`` of them.

        The odds are each text's own, not shares of one: all are low where no text answers.
        """
        if len(texts) > MOST:
            raise ValueError(f"too many texts for one question: {len(texts)} > {MOST}")
        if not texts:
            return []
        with self._lock:
            network, bert, pairs, workers = self._loaded()
            read = pairs.of(question, texts)
            made = network.score(bert, read, workers)
        return [
            Read(text, float(one.logit), partial(_value_odds, network, pair, one), float(one.yes))
            for text, pair, one in zip(texts, read, made, strict=True)
        ]

    def _loaded(self) -> tuple[PairNetwork, Any, Pairs, Executor]:
        if self._parts is None:
            tensors = read_weights(self._weights, self._sha256)
            bert, folder = self._embedder.layers()
            from index.pair_network import PairNetwork, single_threads

            network = PairNetwork(bert.config, FROZEN).take(tensors)
            if not self._exact and has_fast_bytes():
                round_weights(network.layers)
            self._parts = network, bert, Pairs(folder), single_threads(min(WORKERS, os.cpu_count() or 1))
        return self._parts


def _value_odds(network: PairNetwork, pair: Pair, made: PairRead, start: int, stop: int) -> float | None:
    place = pair.at(start, stop)
    return network.score_value(made, *place) if place is not None else None


def open_reader(embedder: Embedder, weights: Path = WEIGHTS) -> Reader:
    """Return the reader on top of the default embedding model, whichever model the passages are embedded by.

    Nothing is read before the first question. The product's own weights are checked by their hash.
    """
    is_default = isinstance(embedder, SentenceEmbedder) and embedder.is_default
    base = embedder if is_default else open_embedder()
    assert isinstance(base, SentenceEmbedder)
    return Reader(weights, base, WEIGHTS_SHA256 if weights == WEIGHTS else None)


def read_weights(path: Path, sha256: str | None = None) -> dict[str, npt.NDArray[np.float16]]:
    """Return the learned tensors; ReaderMismatch where the file is not what was expected."""
    from safetensors import SafetensorError, safe_open

    if sha256 is not None and (found := file_sha256(path)) != sha256:
        raise ReaderMismatch(f"{path} is damaged: its hash is {found[:12]}…, not {sha256[:12]}…")
    try:
        with safe_open(path, "numpy") as file:
            made = file.metadata() or {}
            if (made.get("format"), made.get("base")) != (FORMAT, SOURCE_SHA256):
                raise ReaderMismatch(
                    f"{path} was made for {made.get('format')} on {str(made.get('base'))[:12]}…, "
                    f"this program reads {FORMAT} on {SOURCE_SHA256[:12]}…"
                )
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 # it is no dict
    except (SafetensorError, FileNotFoundError) as error:
        raise ReaderMismatch(f"{path} cannot be read: {error}") from error


def write_weights(path: Path, tensors: Mapping[str, npt.NDArray[Any]], made_from: Mapping[str, object]) -> None:
    """Write the learned tensors as float16 with what they were made from, all at once."""
    from safetensors.numpy import save_file

    halves = {name: np.ascontiguousarray(values, np.float16) for name, values in tensors.items()}
    metadata = {"format": FORMAT, "base": SOURCE_SHA256, "made_from": json.dumps(made_from, ensure_ascii=False)}
    unfinished = path.with_name(f".{path.name}.new")
    save_file(halves, unfinished, metadata=metadata)
    unfinished.replace(path)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
