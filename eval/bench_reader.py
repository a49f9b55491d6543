"""How well the reader (``index.reader``) picks the text that answers, against the embedding model's cosine.

    python -m eval.bench_reader QA_FOLDER WEIGHTS

Asks JaQuAD's dev questions and those of one report of the U4 tables that is not learned from; each has one right text
among ``CANDIDATES``, the rest being those of its passage, row and column and the most alike of other passages. Prints
how often a right text is first and among the first three, how well the best score tells whether there is a right text
at all, how often the likeliest of all values in the texts is right, and the milliseconds for 24 texts.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from answer.reading.values import Place
from eval.reader_examples import Example, from_passages, from_tables, wrong_values
from index.embedder import SentenceEmbedder, open_embedder
from index.reader import MOST, Read, Reader

HELD_OUT = "S100ILF5"  # a report of the tables: a tenth of their questions
SEED = 20261129
QUESTIONS = 300  # of each set
CANDIDATES = 8
ROUNDS = 30

Scores = Callable[[str, Sequence[str]], npt.NDArray[np.float32]]


class Choice(NamedTuple):
    """A question with texts, the first ``right`` of which answer it by these ``values`` (``Example``)."""

    question: str
    texts: tuple[str, ...]
    right: int
    values: tuple[tuple[Place, ...] | None, ...]
    yes: bool | None = None

    def places(self) -> Iterator[tuple[int, Place, bool]]:
        """Yield the values of the texts: in which of these each stands, where, and whether it answers.

        Those of a text that answers come first, and are none where it is not known which of them do.
        """
        for n, text in enumerate(self.texts):
            known = self.values[n] if n < self.right else ()
            if known is not None:
                yield from ((n, place, True) for place in known)
                yield from ((n, place, False) for place in wrong_values(text, known))


def held_out(qa: Path) -> dict[str, list[Choice]]:
    """Return the questions that are measured by, of each set."""
    return {
        "jaquad_dev": fixed_choices(from_passages(qa / "jaquad_dev")),
        "u4_held_out": fixed_choices(from_tables(qa / "u4_tables_valid")[HELD_OUT]),
    }


def fixed_choices(examples: Sequence[Example]) -> list[Choice]:
    """Return ``QUESTIONS`` questions with the right text and the most alike wrong ones, ``CANDIDATES`` in all."""
    rng = random.Random(SEED)
    choices = []
    for example in rng.sample(list(examples), min(QUESTIONS, len(examples))):
        near = example.near[: CANDIDATES // 2]
        wrong = [*near, *example.far[: CANDIDATES - 1 - len(near)]]
        choices.append(Choice(example.question, (example.right[0], *wrong), 1, example.values[:1], example.yes))
    return choices


def measures(
    choices: Sequence[Choice],
    scores: Sequence[Sequence[float]],
    values: Sequence[bool | None] = (),
    yes: Sequence[bool | None] = (),
) -> dict[str, float]:
    """Return how often a right text is first, and among the first three, and how well the best score tells whether
    there is a right text at all (area under the curve; without one is the same question with the right text gone).

    ``values`` say whether the likeliest value is right, ``yes`` whether yes or no is; how often they are, is told where
    that is known of any.
    """
    first = third = 0
    best_with, best_without = [], []
    for choice, own in zip(choices, scores, strict=True):
        rank = sum(score >= max(own[: choice.right]) for score in own[choice.right :])
        first += rank == 0
        third += rank < 3
        best_with.append(max(own))
        best_without.append(max(own[choice.right :], default=-np.inf))
    given, gone = np.asarray(best_with)[:, None], np.asarray(best_without)[None]
    area = float(((given > gone) + 0.5 * (given == gone)).mean())
    found = {"first": first / len(choices), "first_three": third / len(choices), "answerable_auc": area}
    for name, those in (("value", values), ("yes", yes)):
        known = [each for each in those if each is not None]
        found |= {name: sum(known) / len(known)} if known else {}
    return found


def value_is_right(choice: Choice, read: Sequence[Read]) -> bool | None:
    """Say whether the likeliest of all values answers; None where none that was read is known to."""
    told = [(odds, right) for n, place, right in choice.places() if (odds := read[n].value_odds(*place)) is not None]
    if not any(right for _, right in told):
        return None
    return max(told, key=lambda one: (one[0], not one[1]))[1]


def cosines(embedder: SentenceEmbedder) -> Scores:
    """Return a scorer by the embedding model alone."""

    def scores(question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        found = embedder.embed_passages(texts) @ embedder.embed_queries([question])[0]
        return np.asarray(found, np.float32)

    return scores


def milliseconds(reader: Reader, choices: Sequence[Choice]) -> list[float]:
    """Return how long ``MOST`` texts took, taken together from questions one after the other, for each of ROUNDS."""
    texts = [text for choice in choices for text in choice.texts]
    took = []
    for i in range(ROUNDS):
        began = time.perf_counter()
        reader.read(choices[i].question, texts[i * MOST : (i + 1) * MOST])
        took.append((time.perf_counter() - began) * 1000)
    return took[2:]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.bench_reader", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("qa", type=Path, metavar="QA_FOLDER")
    parser.add_argument("weights", type=Path, metavar="WEIGHTS")
    given = parser.parse_args(arguments)
    embedder = open_embedder()
    if not isinstance(embedder, SentenceEmbedder):
        raise TypeError("the reader stands on the default embedding model")
    reader = Reader(given.weights, embedder)
    print(f"{'':14}{'':9}  first  first three  answerable AUC  value")
    for name, choices in held_out(given.qa).items():
        read, by_cosine = [reader.read(c.question, c.texts) for c in choices], cosines(embedder)
        values = [value_is_right(choice, own) for choice, own in zip(choices, read, strict=True)]
        for by, found in (
            ("cosine", measures(choices, [by_cosine(c.question, c.texts).tolist() for c in choices])),
            ("reader", measures(choices, [[one.odds for one in own] for own in read], values)),
        ):
            row = f"{found['first']:7.3f}{found['first_three']:13.3f}{found['answerable_auc']:16.3f}"
            print(f"{name:14}{by:9}{row}" + (f"{found['value']:7.3f}" if "value" in found else ""), flush=True)
        took = sorted(milliseconds(reader, choices))
        print(f"{name:14}{MOST} texts: {statistics.median(took):.0f} ms, p95 {took[int(len(took) * 0.95)]:.0f} ms")


if __name__ == "__main__":
    main()
