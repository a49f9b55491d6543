"""What an answerer hands over to be checked and cited: a text and the spans that it stands on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from answer.answer import QuestionType
from answer.reading.signals import Signals

# "picked" out of all that was found; picked "near" one of the likeliest lines; the "line", nothing picked out of it.
Sort = Literal["picked", "near", "line"]
SORTS: tuple[Sort, ...] = get_args(Sort)


@dataclass(frozen=True)
class Support:
    """A quote that the answer stands on: a span of one document's text."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True)
class Moment:
    """A value of the same indicator at another date; ``support`` is an index into ``Draft.supports``."""

    as_of: str
    value: str
    unit: str | None
    support: int


@dataclass(frozen=True)
class Draft:
    """An answer before it was checked. Without ``text`` it says that nothing was found, and ``missing`` why."""

    kind: QuestionType
    text: str = ""
    supports: tuple[Support, ...] = ()
    as_of: str | None = None
    how: str | None = None  # how a figure was worked out; its operands are these of the supports
    operands: tuple[int, ...] = ()
    timeline: tuple[Moment, ...] = ()
    missing: tuple[str, ...] = ()
    sort: Sort = "picked"
    place: int = 0  # of the line that this is, or that it was picked near: 1 is the likeliest
    is_named: bool = False  # a figure whose row or column is called just what the question says
    score: float = 0.0
    signals: Signals | None = None
    probability: float = 0.0  # that the text is right, once it was judged: 0 to 1
    why: tuple[str, ...] = ()

    @property
    def is_line(self) -> bool:
        return self.sort == "line"


_YES_OR_NO = re.compile("^(はい|いいえ)(?:。(?=.))?")


def says_yes(text: str) -> bool | None:
    """Say whether an answer begins with yes or with no; None for any other."""
    found = _YES_OR_NO.match(text)
    return found[1] == "はい" if found else None


def without_yes(text: str) -> str:
    """Return what an answer says after its yes or no, where it says anything."""
    return text if says_yes(text) is None else _YES_OR_NO.sub("", text) or text
