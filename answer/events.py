"""What is told of an answer while it is made, in this order: one ``Found``, then what a model words, one ``Done``."""

from __future__ import annotations

from dataclasses import dataclass

from answer.answer import Answer, Citation, Sentence
from answer.generating.contract import Record


@dataclass(frozen=True)
class Found:
    """The answer in the papers' own words, at once: it waits for no model, and none can change it."""

    answer: Answer
    more: bool  # a model is asked now, and sentences may follow


@dataclass(frozen=True)
class Worded:
    """A sentence of the model, checked, with the citations that are new with it (numbered on from those before)."""

    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Waiting:
    """Nothing yet. Told several times a second, so that whoever listens can stop."""


@dataclass(frozen=True)
class Done:
    """The whole answer, which takes the place of all that was told before.

    Sentences that were told are not in it where the model's reply broke off; ``answer.writing`` says so.
    """

    answer: Answer
    record: Record | None = None  # for evaluation; None where no model was asked


Event = Found | Worded | Waiting | Done
