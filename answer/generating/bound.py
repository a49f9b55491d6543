"""Does a figure belong to what a sentence says it of? Each figure of a line stands with words; so does one that is told.

A figure is another's where a rival of its kind, in any line that was given, has all the words that the sentence tells
with it, and has one of them closer: 定員は60人 of a place whose row says 90人.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from answer.evidence import katakana
from answer.generating.figures_said import covers
from answer.generating.opposites import GROWN, SHRUNK
from answer.generating.said import Said, Value, said
from answer.generating.source import Source, has_word
from ingest.dates import Period
from ingest.japanese import fold

_OWN, _AROUND = 2, 1  # a word stands with the figure itself, or in its row, its sentence or its heading
_CHANGED = "増減"  # stands for any word of a direction


@dataclass(frozen=True)
class Told:
    """A figure with the text that it stands in most closely, and with all that stands around it."""

    value: Value
    own: str
    around: str

    @cached_property
    def close(self) -> Said:
        return said(self.own)

    def level(self, word: _Word, wide: Said) -> int:
        """Return how closely a word stands with the figure."""
        return _OWN if word.stands_in(self.close) else _AROUND if word.stands_in(wide) else 0


@dataclass(frozen=True)
class _Word:
    """What a sentence tells with a figure: a word, a date, or a figure of another kind."""

    lemma: str
    key: str
    period: Period | None = None

    def stands_in(self, text: Said) -> bool:
        if self.period is not None:
            return any(covers(self.period, one) for one in text.periods)
        if self.lemma == _CHANGED:
            return _turns(text.text)
        return has_word(self.lemma, self.key, text.lemmas, text.key)


def others_figures(claim: Said, cited: Sequence[Source], given: Sequence[Source]) -> Iterator[str]:
    """Yield the figures of a sentence that the lines have of something else."""
    for value, own in _told(claim.text, claim.values):
        words = _words(own, value)
        if not words:
            continue
        mine = [(t, s) for s in cited for t in told_in(s.text) if _same(t.value, value)]
        if not mine:
            continue
        rivals = [
            (t, s)
            for s in given
            for t in told_in(s.text)
            if t.value.kind == value.kind and not _same(t.value, value)
        ]
        if all(_is_beaten(one, source, words, rivals, cited) for one, source in mine):
            yield f"「{value.text}」が別のものの数字です"


def _is_beaten(
    one: Told, source: Source, words: Sequence[_Word], rivals: Sequence[tuple[Told, Source]], cited: Sequence[Source]
) -> bool:
    mine = [one.level(word, _wide(one, source)) for word in words]
    for rival, other in rivals:
        theirs = [rival.level(word, _wide(rival, other)) for word in words]
        if any(a > b for a, b in zip(mine, theirs, strict=True)):
            continue
        closer = [n for n, (a, b) in enumerate(zip(mine, theirs, strict=True)) if b > a and b == _OWN]
        # a line that was not pointed to has it only where this one does not say the word at all
        if closer and (other in cited or any(mine[n] == 0 for n in closer)):
            return True
    return False


def _wide(told: Told, source: Source) -> Said:
    return said(f"{told.around}。{source.heading}")


def _same(one: Value, other: Value) -> bool:
    return one.kind == other.kind and one.value == other.value


@lru_cache(maxsize=4096)
def told_in(text: str) -> tuple[Told, ...]:
    """Return the figures of a line, each with the words of its own: of its cell and row, or of its part of a sentence."""
    line = said(text)
    cells = line.text.split(" | ")
    named = " ".join(cell for cell in cells if not _HEADED.match(cell)) if len(cells) > 1 else ""
    found = []
    at = 0
    for cell in cells:
        here = said(cell)
        values = here.values
        for value, own in _told(cell, values):
            found.append(Told(value, f"{named if _HEADED.match(cell) else ''} {own}", line.text))
        at += len(cell) + 3
    return tuple(found)


_HEADED = re.compile(r"[^。:：|]{1,60}[:：] ")


def _told(text: str, values: Sequence[Value]) -> Iterator[tuple[Value, str]]:
    """Yield each figure with its part of a text: from the figure of its kind before it up to the next comma."""
    head = _HEADED.match(text)
    for value in values:
        start, end = value.at
        before = max((v.at[1] for v in values if v.kind == value.kind and v.at[1] <= start), default=0)
        stop = text.rfind("。", 0, start) + 1
        ahead = text[max(before, stop) : start]
        if before > stop:
            cut = re.search(r"[、，]", ahead)
            ahead = ahead[cut.end() :] if cut else re.sub(r"^.*?[にでがとし]", "", ahead, count=1)
        following = min((v.at[0] for v in values if v.kind == value.kind and v.at[0] >= end), default=len(text))
        behind = re.split(r"[、。，（(]", text[end:following])[0]
        yield value, f"{head[0] if head else ''}{ahead}{value.text}{behind}"


def _words(text: str, value: Value) -> list[_Word]:
    here = said(text)
    found = [_Word(lemma, key) for lemma, key, _ in here.content if not _DIRECTION.search(key)]
    found += [_Word("", "", period) for period in here.periods]
    found += [_Word(v.text, katakana(v.text)) for v in here.values if v.kind not in (value.kind, "day", "年", "") ]
    if _turns(here.text):
        found.append(_Word(_CHANGED, _CHANGED))
    return found


def _turns(text: str) -> bool:
    plain = fold(text)
    return GROWN.search(plain) is not None or SHRUNK.search(plain) is not None or "増減" in plain or "△" in text


_DIRECTION = re.compile(r"[増減]|上昇|低下")
