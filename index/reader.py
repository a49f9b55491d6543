"""The learned reader: how likely each of several texts answers a question. Its weights are data.

A pair is read as ``<s> question </s></s> text </s>``, with at most 48 tokens of the question and 112 of the text. What
stands around a text is part of it: ``text_under`` writes the title and headings before it, as passages are embedded.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.default_model import SOURCE_SHA256
from index.embedder import SentenceEmbedder, has_fast_bytes, open_embedder, round_weights
from index.protocols import Embedder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS = Path(__file__).with_name("reader.safetensors")
WEIGHTS_SHA256 = "4f35bc9fbdc39889524b1ae072e95ded613a8b81c09c29fbc623615135877787"
FORMAT = "tenkyo-reader-1"
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


class Pairs:
    """Makes the tokens of pairs. A tokenizer of its own: the embedding model's cannot be shared between threads."""

    def __init__(self, model: Path):
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))

    def of(self, question: str, texts: Sequence[str]) -> list[tuple[list[int], int]]:
        """Return, for each text, the tokens of the pair and where its second part begins."""
        first, *others = self._tokenizer.encode_batch([question, *texts], add_special_tokens=False)
        asked = [BEGIN, *first.ids[:QUESTION_TOKENS], END]
        return [([*asked, END, *other.ids[:TEXT_TOKENS], END], len(asked)) for other in others]


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
        self._parts: tuple[Any, Any, Pairs, Executor] | None = None

    def scores(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return probabilities ``(len(texts),)``, at most ``MOST``: that a text answers the question.

        Each is its text's own and they do not add up to 1: all are low where no text answers.
        """
        if len(texts) > MOST:
            raise ValueError(f"too many texts for one question: {len(texts)} > {MOST}")
        if not texts:
            return np.empty(0, np.float32)
        with self._lock:
            network, bert, pairs, workers = self._loaded()
            logits: npt.NDArray[np.float32] = network.score(bert, pairs.of(question, texts), workers)
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

    def _loaded(self) -> tuple[Any, Any, Pairs, Executor]:
        if self._parts is None:
            tensors = read_weights(self._weights, self._sha256)
            bert, folder = self._embedder.layers()
            from index.pair_network import PairNetwork, single_threads

            network = PairNetwork(bert.config, FROZEN).take(tensors)
            if not self._exact and has_fast_bytes():
                round_weights(network.layers)
            self._parts = network, bert, Pairs(folder), single_threads(min(WORKERS, os.cpu_count() or 1))
        return self._parts


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
