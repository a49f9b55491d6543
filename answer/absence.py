"""Is what a question asks about in no paper at all? Only then may it be said that nothing is written of it.

That nothing scored well is no evidence: a reader's word may be another than the paper's. Evidence is a thing that the
question names (a proper name, what it asks of) or a year, of which no paper has the word, a like word or any of its
forms, letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from answer.evidence import Atom, katakana
from answer.question import Question, Term

Holds = Callable[[str], bool]  # does a text stand in some paper, whatever its width and kana


def absent(question: Question, atoms: tuple[Atom, ...], holds: Holds) -> tuple[str, ...]:
    """Return what of the question is in no paper, in the question's own words: things and years, each once."""
    found = [term.text for term in question.terms if _is_absent(question, term, atoms, holds)]
    return tuple(dict.fromkeys((*found, *_years(question, holds))))


def _is_absent(question: Question, term: Term, atoms: tuple[Atom, ...], holds: Holds) -> bool:
    """Say whether a term names what is asked about, and no paper has it or a word like it."""
    strange = [atom for atom in atoms if atom.lemma in (term.text, *term.parts) and atom.is_strange]
    named = (
        term.quoted
        or term.proper
        or question.subjects & {term.lemma, *term.parts}
        or set(question.focus) & {*term.parts}
    )
    if not strange or not named or term.ordinal or holds(term.text):
        return False
    return not any(holds(form) for atom in strange for form in (atom.lemma, atom.surface, *_stems(atom)))


def _stems(atom: Atom) -> Iterator[str]:
    """Yield the unchanging part of an inflected word. 例: 滞る → 滞"""
    stem = re.match(r"[一-鿿々]+(?=[ぁ-ん]+$)", atom.lemma)
    if stem:
        yield stem[0]


def _years(question: Question, holds: Holds) -> Iterator[str]:
    """Yield the years that are asked for and that no paper names in any form. 例: 2019 is 令和元年, 平成31年, R1"""
    for period in question.periods:
        year = int(period.start[:4])
        forms = [str(year), *(form for base, eras in _ERAS for form in _forms(year - base, eras))]
        if period.kind in ("year", "fiscal_year") and not any(map(holds, forms)):
            yield question.folded[slice(*period.at)] or str(year)


_ERAS = ((2018, "令和 R"), (1988, "平成 H"), (1925, "昭和 S"))


def _forms(n: int, eras: str) -> Iterator[str]:
    if n >= 1:
        for era in eras.split():
            yield f"{era}{n}"
            if n == 1:
                yield f"{era}元"


def searchable(text: str) -> str:
    """Return a text as ``stands`` looks in it: one width and kana, without white space."""
    return katakana(text)


def stands(wanted: str, searched: str) -> bool:
    """Say whether a text stands in another that ``searchable`` made, letter by letter."""
    needle = katakana(wanted)
    return bool(needle) and needle in searched
