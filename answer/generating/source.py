"""A line of the evidence as a sentence is held against it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from answer.asking.thesaurus import synonyms
from answer.generating.said import Said, said
from answer.reading.evidence import katakana
from ingest.dates import Period, parse_code
from ingest.japanese import fold
from ingest.numbers import Quantity


@dataclass(frozen=True)
class Source:
    """A line with the heading of its block."""

    text: str
    heading: str
    period: str | None = None

    @property
    def own(self) -> Said:
        return said(self.text)

    @property
    def over(self) -> Said:
        return said(self.heading)

    @cached_property
    def key(self) -> str:
        return f"{self.own.key}\n{self.over.key}"

    @cached_property
    def lemmas(self) -> frozenset[str]:
        return self.own.lemmas | self.over.lemmas

    @cached_property
    def quantities(self) -> list[Quantity]:
        return [*self.own.quantities, *self.over.quantities]

    @cached_property
    def periods(self) -> list[Period]:
        """The dates of the line itself, those that lean on the heading's read by it."""
        dated = [parse_code(self.period)] if self.period else []
        return [*self.own.periods_near(self.over.periods), *dated]

    def has_word(self, lemma: str, key: str) -> bool:
        """Say whether a word stands here, or one like it."""
        return has_word(lemma, key, self.lemmas, self.key)


_WEEKDAY = re.compile("[月火水木金土日]曜日?")
_SHORT_DAY = r"(?:(?<![一-龠々\d])|(?<=:\d\d)){0}(?![一-龠々])|[(・]{0}[)・]"  # 例: (土), 月・水, 17:00土9:00


def has_word(lemma: str, key: str, lemmas: frozenset[str], text: str) -> bool:
    """Say whether a word, or one like it, stands in a text that is given by its lemmas and as it is compared."""
    if lemma in lemmas or (len(key) > 1 and key in text):
        return True
    if _WEEKDAY.fullmatch(key):
        return re.search(_SHORT_DAY.format(key[0]), text) is not None
    like = synonyms(lemma) | synonyms(fold(key))
    return any(o in lemmas or (len(o) > 1 and katakana(o) in text) for o in like)
