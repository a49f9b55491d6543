"""Is what a question asks about in no paper at all? Only then may it be said that nothing is written of it.

That nothing scored well is no evidence, nor is a common noun that no paper has: of 65 such nouns in 690 questions
(eval/blind.md, second batch) 50 were answered in other words. Evidence is a proper name, one of a row (第9回) or a year
that stands in no paper, letter by letter, in none of its forms and in no form that a slip of the pen would make.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from answer.asking.question import Question, Term
from answer.reading.evidence import Atom, katakana
from ingest.japanese import words
from ingest.kana import Marks, marks

# What is asked of a thing; papers call it by many names.
_ATTRIBUTE = re.compile(
    r"(?:率|割合|度|額|数|量|費|料|賃|代|価格|単価|値|時間|期間|期限|日|場所|番号|名|者|先|方法|手順|理由|目的|内容)$"
)
_SLIP = 3  # characters from which one that differs may be a slip: 印艦証明


class Shelf:
    """All that the papers say, looked through letter by letter."""

    def __init__(self, texts: Callable[[Sequence[Marks]], Iterable[str]]) -> None:
        """``texts`` gives what papers say, as ``searchable`` makes it: of all that may hold one of the marks."""
        self._texts = texts

    def holds(self, wanted: str) -> bool:
        """Say whether a text stands in some paper, whatever its width and kana."""
        needle = katakana(wanted)
        return bool(needle) and any(needle in text for text in self._texts([marks(needle)]))

    def nearly_holds(self, wanted: str) -> bool:
        """Say whether a text of some length stands in some paper but for one character of it."""
        needle = katakana(wanted)
        if len(needle) < _SLIP:
            return False
        slips = "|".join(rf"{re.escape(needle[:i])}\D{re.escape(needle[i + 1 :])}" for i in range(len(needle)))
        nearly = [marks(needle, wrong) for wrong in range(len(needle))]
        return any(re.search(slips, text) for text in self._texts(nearly))


class Absence(NamedTuple):
    """What of a question stands in no paper, in its own words, each once.

    ``evident``: names, ordinals and years, of which then nothing can be said. ``unheard``: other things, which the
    papers may well call otherwise; a reader should know it.
    """

    evident: tuple[str, ...]
    unheard: tuple[str, ...]


def absent(question: Question, atoms: Sequence[Atom], shelf: Shelf, suspects: Sequence[str] = ()) -> Absence:
    """Return what of the question is in no paper.

    ``suspects`` are compounds of which the papers name another of the kind, and may not name this one.
    """
    strange = {atom.lemma: atom for atom in atoms if atom.is_strange}
    things = {*question.subjects, *question.focus, *(word for name in question.alternatives for word in words(name))}
    evident: list[str] = []
    unheard: list[str] = []
    for term in question.terms:
        pieces = [strange[lemma] for lemma in dict.fromkeys((term.text, *term.parts)) if lemma in strange]
        is_named = bool(pieces and (term.proper or term.quoted)) or term.ordinal or term.text in suspects
        is_thing = bool(pieces) and bool({term.lemma, *term.parts} & things) and not _ATTRIBUTE.search(term.text)
        if not (is_named or is_thing) or any(map(shelf.holds, _written(term, pieces, atoms))):
            continue
        if term.ordinal or not shelf.nearly_holds(term.text):
            (evident if is_named else unheard).append(term.text)
    years = _years(question, shelf)
    return Absence(tuple(dict.fromkeys((*evident, *years))), tuple(dict.fromkeys(unheard)))


def _written(term: Term, pieces: Sequence[Atom], atoms: Sequence[Atom]) -> Iterator[str]:
    """Yield how a term may be written."""
    yield term.text
    for atom in pieces:
        yield from _forms(atom)
    if term.ordinal:
        yield from (other for atom in atoms if atom.lemma == term.parts[0] for other, *_ in atom.others)


def _forms(atom: Atom) -> Iterator[str]:
    """Yield how a word may be written: itself, and the part of it that inflection leaves. 例: 滞る, 滞"""
    yield from (atom.lemma, atom.surface)
    stem = re.match(r"[一-鿿々]+(?=[ぁ-ん]+$)", atom.lemma)
    if stem:
        yield stem[0]


def _years(question: Question, shelf: Shelf) -> Iterator[str]:
    """Yield the years that are asked for and that no paper names in any form. 例: 2019 is 令和元年, 平成31年, R1"""
    for period in question.periods:
        year = int(period.start[:4])
        forms = [str(year), *(form for base, eras in _ERAS for form in _in_era(year - base, eras))]
        if period.kind != "range" and not any(map(shelf.holds, forms)):
            yield question.folded[slice(*period.at)] or str(year)


_ERAS = ((2018, "令和 R"), (1988, "平成 H"), (1925, "昭和 S"))


def _in_era(n: int, eras: str) -> Iterator[str]:
    if n >= 1:
        for era in eras.split():
            yield f"{era}{n}"
            if n == 1:
                yield f"{era}元"
