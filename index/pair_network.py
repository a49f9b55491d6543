"""The network that reads a question and a text together: the default model's lower layers, and upper ones of its own.

The lower layers and the word table are the embedding model's and stay as they are; only the upper layers and the head
are learned, so only they are stored. Imports torch: for ``index.reader`` and ``eval.train_reader`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier
from typing import Any, NamedTuple, Protocol

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

PAD = 1
PIECE = 6  # pairs of about the same length that are read at once: 24 are four pieces, two for each of two workers


class Tokens(Protocol):
    """The tokens of a pair, and where its second part begins (``index.reader.Pair``)."""

    @property
    def ids(self) -> Sequence[int]: ...

    @property
    def second(self) -> int: ...


class PairRead(NamedTuple):
    """What the network makes of a pair: a logit, above 0 where the text more likely than not answers the question.

    ``yes`` is another, above 0 where the text rather says yes to it than no, if it is a question of yes or no.
    ``firsts`` and ``lasts`` are what each of its tokens brings to a value that begins or ends there, both
    ``(tokens, width)``; ``PairNetwork.of_values`` gives the logits of values.
    """

    logit: Tensor
    yes: Tensor
    firsts: Tensor
    lasts: Tensor


class PairNetwork(nn.Module):
    """``read`` tells how likely a text answers, whether it says yes, and how likely each value in it answers."""

    def __init__(self, config: Any, frozen: int):
        super().__init__()
        from transformers.models.bert import modeling_bert

        layer: Any = modeling_bert.BertLayer  # it has no types
        self.frozen = frozen
        self.layers = nn.ModuleList(layer(config) for _ in range(config.num_hidden_layers - frozen))
        self.segments = nn.Embedding(2, config.hidden_size)  # what of a pair is question, what text
        nn.init.zeros_(self.segments.weight)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.out = nn.Linear(config.hidden_size, 1)
        self.span = nn.Linear(3 * config.hidden_size, config.hidden_size)  # first token, last token and the pair
        self.span_out = nn.Linear(config.hidden_size, 1)
        self.yes = nn.Linear(config.hidden_size, config.hidden_size)
        self.yes_out = nn.Linear(config.hidden_size, 1)

    def take(self, tensors: Mapping[str, npt.NDArray[Any]]) -> PairNetwork:
        """Return this network with learned tensors, ready to read."""
        self.load_state_dict({name: torch.from_numpy(values).float() for name, values in tensors.items()})
        return self.eval()

    def score(self, bert: Any, pairs: Sequence[Tokens], workers: Executor | None = None) -> list[PairRead]:
        """Return what ``read`` says, without learning; ``workers`` share the work."""
        with torch.inference_mode():
            return self.read(bert, pairs, workers.map if workers else map)

    def score_value(self, made: PairRead, first: int, last: int) -> float:
        """Return the logit of one value by its first and last token, without learning."""
        with torch.inference_mode():
            return float(self.of_values(made.firsts[first : first + 1], made.lasts[last : last + 1])[0])

    def start_from(self, bert: Any) -> None:
        """Take the upper layers of a model whose weights are floats."""
        for own, given in zip(self.layers, bert.encoder.layer[self.frozen :], strict=True):
            own.load_state_dict(given.state_dict())

    def forward(self, hidden: Tensor, mask: Tensor, segments: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return ``PairRead``s of what the lower layers made, ``(n, tokens, width)``, and two ``(n, tokens)``."""
        hidden = hidden + self.segments(segments)
        hidden_away = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)[:, None, None, :]
        for layer in self.layers:
            hidden = _through(layer, hidden, hidden_away)
        logits = self.out(torch.tanh(self.dense(hidden[:, 0]))).squeeze(-1)
        yes = self.yes_out(torch.tanh(self.yes(hidden[:, 0]))).squeeze(-1)
        first, last, pair = torch.split(self.span.weight, hidden.shape[-1], 1)
        whole = functional.linear(hidden[:, :1], pair, self.span.bias)
        return logits, yes, functional.linear(hidden, first), functional.linear(hidden, last) + whole

    def of_values(self, firsts: Tensor, lasts: Tensor) -> Tensor:
        """Return the logits ``(n,)`` of values by their first and last tokens, ``(n, width)`` each."""
        logits: Tensor = self.span_out(torch.tanh(firsts + lasts)).squeeze(-1)
        return logits

    def read(
        self, bert: Any, pairs: Sequence[Tokens], each: Callable[..., Iterable[tuple[Tensor, ...]]] = map
    ) -> list[PairRead]:
        """Return what is made of the pairs, in their order; pairs of a length go together, so little is padding.

        ``each`` takes the pieces, as ``map`` does, the longest first.
        """
        learning = torch.is_grad_enabled()

        def of_piece(piece: Sequence[int]) -> tuple[Tensor, ...]:
            with nullcontext() if learning else torch.inference_mode():  # which is each thread's own
                return self(*_lower(bert, self.frozen, [pairs[i] for i in piece]))  # type: ignore[no-any-return] # a Module

        order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i].ids))
        pieces = [order[at : at + PIECE] for at in range(0, len(order), PIECE)]
        found: dict[int, PairRead] = {}
        for piece, made in zip(pieces, each(of_piece, pieces), strict=True):
            for i, logit, says_yes, firsts, lasts in zip(piece, *made, strict=True):
                length = len(pairs[i].ids)
                found[i] = PairRead(logit, says_yes, firsts[:length], lasts[:length])
        return [found[i] for i in range(len(pairs))]


def single_threads(count: int) -> Executor:
    """Return ``count`` workers, each of which does its sums in one thread.

    Threads that share one sum wait for each other: with other programs busy on two cores, 24 texts took 3 to 10 seconds
    by two such threads, and half a second by one.
    """
    before = torch.get_num_threads()
    workers = ThreadPoolExecutor(count, "reader", torch.set_num_threads, (1,))
    all_there = Barrier(count)
    list(workers.map(lambda _: all_there.wait(), range(count)))
    torch.set_num_threads(before)  # else whatever thread comes later would have one, too
    return workers


def _through(layer: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Return what ``layer`` makes of the tokens, which look at all.

    Written out: torch's own attention is no faster for texts this short, and its way back takes seven times as long in
    bfloat16, in which the network is learned.
    """
    attend = layer.attention.self

    def heads(values: Tensor) -> Tensor:
        return values.view(*values.shape[:2], -1, attend.attention_head_size).transpose(1, 2)

    likeness = heads(attend.query(hidden)) @ heads(attend.key(hidden)).transpose(2, 3)
    looks = torch.softmax(likeness / math.sqrt(attend.attention_head_size) + mask, -1)
    seen = (looks @ heads(attend.value(hidden))).transpose(1, 2).flatten(2)
    made: Tensor = layer.feed_forward_chunk(layer.attention.output(seen, hidden))
    return made


def _lower(bert: Any, frozen: int, pairs: Sequence[Tokens]) -> tuple[Tensor, Tensor, Tensor]:
    """Return the hidden states after the ``frozen`` layers, which tokens are no padding, and the part of each."""
    ids = torch.full((len(pairs), max(len(pair.ids) for pair in pairs)), PAD)
    segments = torch.zeros_like(ids)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        segments[row, pair.second : len(pair.ids)] = 1
    mask = ids != PAD
    with torch.no_grad():
        hidden = bert.embeddings(ids)
        for layer in bert.encoder.layer[:frozen]:
            hidden = layer(hidden, mask[:, None, None, :])
    return hidden.float(), mask, segments
