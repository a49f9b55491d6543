"""What the rooms of generated answers hand to each other.

evidence (numbered lines) → a writer (any language model, behind a seam) → claims (a sentence, the lines it points to)
→ verdicts (by code) → the sentences that are left, with citations that code copied.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

from answer.answer import USUAL
from answer.draft import Support


@dataclass(frozen=True)
class EvidenceLine:
    """A line that a model may point to: a sentence, a table row under its headings, a key with its value."""

    id: str  # L1, L2, …: short, ASCII
    text: str  # as the model reads it: one line, headings of a table row included
    support: Support  # what is cited: a span of one document's text
    period: str | None = None  # code of the date that the line holds for, where one is known


@dataclass(frozen=True)
class EvidenceBlock:
    """Lines of one place, under what a reader needs to place them: title, meeting, date, headings, unit, notes."""

    document_id: str
    heading: str  # one line. 例: 環境委員会 説明資料（令和6年2月議会） > 2 ごみ > 単位：トン
    lines: tuple[EvidenceLine, ...]


@dataclass(frozen=True)
class Option:
    """A candidate of our own for the answer, which a model that only picks may choose by its letter."""

    id: str  # A, B, …
    text: str  # already held against its places: what is shown if it is chosen
    supports: tuple[Support, ...]


@dataclass(frozen=True)
class Evidence:
    """What is handed to a model: best blocks first, within a budget of characters."""

    question: str
    blocks: tuple[EvidenceBlock, ...]
    options: tuple[Option, ...] = ()  # likeliest first; for mode PICK alone
    limit: int = USUAL  # characters that the whole answer may have, by what is asked
    sentences: int = 0  # that a summary shall have; 0: none is asked for

    def line(self, id_: str) -> EvidenceLine | None:
        """Return the line of this id; None for one that was never given."""
        return next((line for block in self.blocks for line in block.lines if line.id == id_), None)

    def option(self, id_: str) -> Option | None:
        """Return the option of this letter; None for one that was never given."""
        return next((option for option in self.options if option.id == id_), None)

    def places(self, id_: str) -> tuple[Support, ...]:
        """Return what a line or an option stands on; nothing for an id that was never given."""
        option, line = self.option(id_), self.line(id_)
        return option.supports if option is not None else (line.support,) if line is not None else ()


class Mode(IntEnum):
    """What is asked of a model, by what a probe has shown of its server (higher asks more)."""

    NONE = 0
    PICK = 1  # ids: of lines, at most five, or of an option
    MARKED = 2  # one sentence a line, ending in [L3]
    SCHEMA = 3  # {"sentences": [{"lines": ["L3"], "text": "…"}]}, enforced by the server


@dataclass(frozen=True)
class Claim:
    """A sentence of a model with the ids of the lines that it points to.

    In mode PICK it has no text of its own, and may point to an option.
    """

    text: str
    lines: tuple[str, ...]


VerdictKind = Literal["supported", "repointed", "stitched", "unsupported"]


@dataclass(frozen=True)
class Verdict:
    """What checking found of a claim. ``lines`` are those that support it; ``reason`` is Japanese, for who asks why."""

    claim: Claim
    kind: VerdictKind
    lines: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Written:
    """What a writer ended with: an error is Japanese, for the person; tokens as the server counted them, else None."""

    mode: Mode
    model: str
    error: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt: str = ""  # what was asked last, for records
    raw: tuple[str, ...] = ()  # the replies as they came, one a request, for records


class Writer(Protocol):
    """Words an answer over evidence: the only seam to a language model."""

    def write(self, evidence: Evidence) -> Generator[Claim | Written | None, None, None]:
        """Yield claims as they are complete, then one ``Written``. Never raises for what a server does wrong.

        None is yielded now and then while there is nothing to tell, so that whoever iterates can leave: closing the
        generator cancels what is under way.
        """
        ...

    def terms(self, question: str) -> tuple[str, ...]:
        """Return words that papers may use for what is asked: only to search by, never said.

        Nothing where the model is too weak or too slow for it, or fails.
        """
        ...

    def rewritten(self, question: str, before: str) -> str | None:
        """Return a follow-up as a whole question, as a model says it: nothing of it is checked yet.

        None where the model is too weak or too slow for it, fails, or makes nothing of it.
        """
        ...


@dataclass(frozen=True)
class Record:
    """All that a writing can be judged by once more, without the model."""

    evidence: Evidence
    verdicts: tuple[Verdict, ...]
    written: Written
