"""Replies of a model, read as they come: one reader a mode, each yielding a claim once it is complete."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Protocol
from unicodedata import normalize

from pydantic import BaseModel

from answer.generating.contract import Claim, Mode
from answer.generating.language import cleaned, is_japanese, says_nothing_is_written
from answer.generating.markers import Mark, MarkScanner, named_ids
from answer.generating.prompts import MOST_PICKED, MOST_TERMS, clean

_LONGEST_TERM = 20  # characters: what is longer is a sentence

FORMLESS = "言語モデルの返事が、決めた形になっていません。"
FOREIGN = "言語モデルが日本語で答えませんでした。"


class Reader(Protocol):
    """Reads one reply, piece by piece."""

    def feed(self, piece: str) -> list[Claim]:
        """Return the claims that are complete by now and were not returned before."""
        ...

    def finish(self) -> list[Claim]:
        """Return the claims that the end completes."""
        ...

    @property
    def fault(self) -> str | None:
        """Return, after ``finish``, why the reply has not the form asked for, in Japanese; None where it has."""
        ...


def read_terms(text: str, question: str) -> tuple[str, ...]:
    """Return the search terms of a reply, at most six: short words without figures that the question has not."""
    said = [cleaned(clean(piece)).strip("「」『』（）()・:： ") for piece in re.split(r"[\n、,，]", text)]
    return tuple(
        term
        for term in dict.fromkeys(said)
        if 1 < len(term) <= _LONGEST_TERM
        and not re.search(r"[0-9０-９。]", term)
        and is_japanese(term)
        and not says_nothing_is_written(term)
        and term not in question
    )[:MOST_TERMS]


def reader(mode: Mode, ids: Sequence[str]) -> Reader:
    """Return what reads a reply of this mode that may point to lines of these ids."""
    known = frozenset(ids)
    if mode is Mode.SCHEMA:
        return SchemaReader(known)
    return MarkedReader(known) if mode is Mode.MARKED else PickReader(known)


class _Sentences:
    """Claims made of sentences: each once, in Japanese, pointing to lines that were given."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._said: set[Claim] = set()
        self.declined = False  # said that nothing is written
        self.foreign = 0

    @property
    def count(self) -> int:
        return len(self._said)

    def claim(self, text: str, ids: Sequence[str]) -> list[Claim]:
        """Return the claim of a sentence, or none."""
        text = cleaned(text)
        if not text:
            return []
        if says_nothing_is_written(text):
            self.declined = True
            return []
        if not is_japanese(text):
            self.foreign += 1
            return []
        claim = Claim(text, tuple(id_ for id_ in dict.fromkeys(ids) if id_ in self._known))
        if claim in self._said:
            return []
        self._said.add(claim)
        return [claim]

    def fault(self) -> str | None:
        """Return what is wrong with a reply whose form is right."""
        if not self._said and self.foreign:
            return FOREIGN
        return None


class _SentenceForm(BaseModel):
    lines: list[str]
    text: str


class _Form(BaseModel):
    sentences: list[_SentenceForm]


class SchemaReader:
    """Reads ``{"sentences": [{"lines": ["L3"], "text": "…"}]}``."""

    _LIST = re.compile(r'"sentences"\s*:\s*\[')

    def __init__(self, known: frozenset[str]) -> None:
        self._sentences = _Sentences(known)
        self._text = ""
        self._at: int | None = None  # where the next sentence may begin
        self._is_whole = False
        self._decoder = json.JSONDecoder()

    def feed(self, piece: str) -> list[Claim]:
        self._text += piece
        if "}" not in piece:
            return []
        if self._at is None and (found := self._LIST.search(self._text)):
            self._at = found.end()
        claims: list[Claim] = []
        while self._at is not None and (start := self._text.find("{", self._at)) >= 0:
            try:
                found_, self._at = self._decoder.raw_decode(self._text, start)
                sentence = _SentenceForm.model_validate(found_)
            except (ValueError, RecursionError):  # half a sentence, or none
                break
            claims += self._claims(sentence)
        return claims

    def finish(self) -> list[Claim]:
        start = self._text.find("{")
        try:
            found, end = self._decoder.raw_decode(self._text, max(start, 0))
            form = _Form.model_validate(found)
        except (ValueError, RecursionError):
            return []
        self._is_whole = not self._text[end:].strip(" \n`")
        return [claim for sentence in form.sentences for claim in self._claims(sentence)] if self._is_whole else []

    def _claims(self, sentence: _SentenceForm) -> list[Claim]:
        return self._sentences.claim(sentence.text, [id_ for line in sentence.lines for id_ in named_ids(line)])

    @property
    def fault(self) -> str | None:
        return self._sentences.fault() if self._is_whole else FORMLESS


class MarkedReader:
    """Reads one sentence a line, each ending in the lines that it stands on: 「…です。[L3]」."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._sentences = _Sentences(known)
        self._scanner = MarkScanner()
        self._text = ""
        self._ids: list[str] = []
        self._points = False

    def feed(self, piece: str) -> list[Claim]:
        return self._read(self._scanner.feed(piece))

    def finish(self) -> list[Claim]:
        return self._read(self._scanner.finish()) + self._end()

    def _read(self, parts: list[str | Mark]) -> list[Claim]:
        claims: list[Claim] = []
        for part in parts:
            if isinstance(part, Mark):
                self._ids += part.ids
                self._points |= any(id_ in self._known for id_ in part.ids)
                continue
            for character in part:
                is_next = bool(self._ids) and bool(self._text.strip()) and character not in " 　。、．.」)）"
                if character == "\n" or is_next:
                    claims += self._end()
                self._text += character
        return claims

    def _end(self) -> list[Claim]:
        text, ids, self._text, self._ids = self._text, self._ids, "", []
        return self._sentences.claim(text, ids)

    @property
    def fault(self) -> str | None:
        if self._sentences.count and self._points:
            return None
        if self._sentences.declined and not self._sentences.count:
            return None
        return self._sentences.fault() or FORMLESS


class PickReader:
    """Reads ids alone, at most five, or that there are none: a claim without text for each.

    An option is a whole answer: where one is named first, nothing else counts.
    """

    _NONE = re.compile(r"^\W*(?:なし|無し|ありません|該当なし)\W*$")
    _IDS = re.compile(r"(?<![A-Za-z])[LlＬｌ]\s?[0-9０-９]{1,3}")
    _OPTION = re.compile(r"^[\W_]*(?:候補|答え)?[\s:：「(（]*([A-Z])(?![A-Za-z0-9])")
    _BARE = re.compile(r"[0-9０-９\s,、，\[\]【】［］・]+")

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._text = ""
        self._ids: tuple[str, ...] = ()

    def feed(self, piece: str) -> list[Claim]:
        self._text += piece
        return []

    def finish(self) -> list[Claim]:
        option = self._OPTION.match(normalize("NFKC", self._text))
        if option is not None and option[1] in self._known:
            self._ids = (option[1],)
            return [Claim("", self._ids)]
        marked = self._IDS.findall(self._text) or ([self._text] if self._BARE.fullmatch(self._text) else [])
        named = dict.fromkeys(id_ for found in marked for id_ in named_ids(found))
        self._ids = tuple(id_ for id_ in named if id_ in self._known)[:MOST_PICKED]
        return [Claim("", (id_,)) for id_ in self._ids]

    @property
    def fault(self) -> str | None:
        nothing = self._NONE.match(self._text.strip()) or says_nothing_is_written(self._text)
        return None if self._ids or nothing else FORMLESS
