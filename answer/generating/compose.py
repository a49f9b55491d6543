"""What was verified as part of an answer: the sentences that are left, with citations that code copied."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator

from answer.answer import (
    USUAL,
    Answer,
    AskedFor,
    Citation,
    Disagreement,
    Dropped,
    Dropping,
    Ending,
    Generated,
    Sentence,
    Writing,
)
from answer.candidates.prose import clip
from answer.draft import Support
from answer.generating.contract import Claim, Evidence, Mode, Verdict, Written
from answer.generating.figures_said import agree
from answer.generating.language import cleaned
from answer.generating.said import said
from answer.generating.verify import verify
from answer.reading.evidence import katakana

log = logging.getLogger(__name__)

Cite = Callable[[Support, int], Citation]  # a place and its number in the answer
ASKED_FOR: dict[Mode, AskedFor] = {
    Mode.NONE: "none",
    Mode.PICK: "pick",
    Mode.MARKED: "marked",
    Mode.SCHEMA: "schema",
}
_LEAST_CLIPPED = 20  # characters: a shorter piece of a line says nothing
_OUT_OF_ASIDES = re.compile(r"[（(][^（）()]*[)）]")


class Composition:
    """Takes claims one by one, so that each sentence can leave when it is verified, and ends as one ``Generated``."""

    def __init__(self, evidence: Evidence, answer: Answer, cite: Cite) -> None:
        """``answer`` is the extractive one. ``cite`` makes the citation of a place."""
        self._evidence, self._answer, self._cite = evidence, answer, cite
        self._length = 0
        self._numbers: dict[Support, int] = {}
        self._citations: list[Citation] = []
        self._sentences: list[Sentence] = []
        self._dropped: list[Dropped] = []
        self._repointed = 0
        self.verdicts: list[Verdict] = []

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of the sentences so far, by number."""
        return tuple(self._citations)

    def add(self, claim: Claim) -> Sentence | None:
        """Return the sentence of a claim as it is shown; None where it is dropped."""
        verdict = verify(claim, self._evidence)
        self.verdicts.append(verdict)
        if verdict.kind in ("unsupported", "stitched"):
            self._drop("stitched" if verdict.kind == "stitched" else "unsupported", verdict.reason)
            return None
        places = [place for id_ in verdict.lines for place in self._evidence.places(id_)]
        text = self._text(verdict)
        if not places or not text or len(_counted(text)) > self._room:
            self._drop("too_long", "字数の上限を超えます")
            return None
        if 0 < self._evidence.sentences <= len(self._sentences):
            self._drop("too_long", "求められた文の数を超えます")
            return None
        if any(katakana(text) == katakana(sentence.text) for sentence in self._sentences):
            self._drop("repeated", "前の文と同じです")
            return None
        self._length += len(_counted(text))
        self._repointed += verdict.kind == "repointed"
        numbers = tuple(dict.fromkeys(map(self._number, places)))
        sentence = Sentence(text, numbers, is_quote=not verdict.claim.text.strip())
        self._sentences.append(sentence)
        return sentence

    def end(self, written: Written) -> tuple[Generated | None, Writing]:
        """Return what is left in the end, None where that is nothing, and how it came to that.

        Of a reply that broke off nothing is left: what is missing may turn what was said.
        """
        ended: Ending = "kept" if self._sentences else "dropped" if self._dropped else "declined"
        if written.error is not None:
            ended = "failed"
        asked_for = ASKED_FOR[written.mode]
        writing = Writing(written.model, asked_for, ended, written.error, tuple(self._dropped))
        if ended != "kept":
            return None, writing
        generated = Generated(
            tuple(self._sentences),
            tuple(self._citations),
            self._is_answer(written.mode),
            self._repointed,
            tuple(self._disagreements()) if written.mode > Mode.PICK else (),
        )
        return generated, writing

    @property
    def _room(self) -> int:
        """Return the characters that the next sentence may have.

        The first may name the thing and the date of a figure, for which a bare value has no room.
        """
        limit = self._evidence.limit
        return limit - self._length if self._sentences else max(limit, USUAL)

    def _text(self, verdict: Verdict) -> str:
        """Return what is shown: the model's sentence or, where it only points, an option or the lines themselves."""
        if verdict.claim.text.strip():
            return cleaned(verdict.claim.text)
        option = next(filter(None, map(self._evidence.option, verdict.lines)), None)
        if option is not None:
            return option.text
        pointed = " ".join(line.text for id_ in verdict.lines if (line := self._evidence.line(id_)) is not None)
        if len(_counted(pointed)) <= self._room:
            return pointed
        clipped = clip(pointed, self._room)
        return clipped if len(clipped) >= _LEAST_CLIPPED else ""

    def _number(self, support: Support) -> int:
        """Return the number of a place, which is given at its first use."""
        if support not in self._numbers:
            self._numbers[support] = len(self._numbers) + 1
            self._citations.append(self._cite(support, self._numbers[support]))
        return self._numbers[support]

    def _is_answer(self, mode: Mode) -> bool:
        """Say whether the sentences answer the question. What a small model picks is a hint, and contradicts nobody.

        One of 1.5 B picks others than what our rules had said, and rightly, too often to outrank them.
        """
        return mode > Mode.PICK and self._answer.status in ("answered", "unsure")

    def _drop(self, kind: Dropping, reason: str) -> None:
        log.info("a sentence of the model is not shown (%s): %s", kind, reason)
        self._dropped.append(Dropped(kind, reason))

    def _disagreements(self) -> Iterator[Disagreement]:
        """Yield where the sentences have, of the kind of the answer's value, only others."""
        answer = self._answer
        if answer.status != "answered" or not answer.citations:
            return
        picked = said(_OUT_OF_ASIDES.sub("", answer.answer))
        place = answer.derived.operands[0] if answer.derived and answer.derived.operands else answer.citations[0].n
        if answer.type == "date":
            mine = [(p.code, picked.text[slice(*p.at)]) for p in picked.periods[:1]]
            theirs = [
                (p.code, said(s.text).text[slice(*p.at)], s) for s in self._sentences for p in said(s.text).periods
            ]
            held = any(code[0].startswith(one[0]) or one[0].startswith(code[0]) for code in mine for one in theirs)
            if mine and theirs and not held:
                yield Disagreement(mine[0][1], place, theirs[0][1], theirs[0][2].citations[0])
            return
        if answer.type not in ("number", "comparison", "temporal") or not picked.quantities:
            return
        value = picked.quantities[0]
        others = [
            (q, sentence)
            for sentence in self._sentences
            for q in said(sentence.text).quantities
            if q.base_unit == value.base_unit
        ]
        if others and not any(agree(quantity, value) for quantity, _ in others):
            quantity, sentence = others[0]
            yield Disagreement(value.text, place, quantity.text, sentence.citations[0])


def _counted(text: str) -> str:
    """Return a text as its length is counted: NFKC, without white space and commas."""
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text))
