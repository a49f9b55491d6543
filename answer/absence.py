"""Is what a question asks about in no paper at all? Only then may it be said that nothing is written of it.

That nothing scored well is no evidence: a reader's word may be another than the paper's. Evidence is a thing that the
question names (a proper name, what it asks of) or a year, of which no paper has the word, a like word or any of its
forms, letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from answer.evidence import Atom, katakana
from answer.question import Question
from ingest.japanese import words

# What is asked of a thing; papers call it by many names.
_ATTRIBUTE = re.compile(
    r"(?:率|割合|度|額|数|量|費|料|賃|代|価格|単価|値|時間|期間|期限|日|場所|番号|名|者|先|方法|手順|理由|目的|内容)$"
)

Holds = Callable[[str], bool]  # does a text stand in some paper, whatever its width and kana


def absent(question: Question, atoms: Sequence[Atom], holds: Holds, suspects: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what of the question is in no paper, in the question's own words: things and years, each once.

    An attribute of a thing (観光客数の伸び率) is no evidence: papers may call that otherwise.
    ``suspects`` are compounds of which the papers name another of the kind, and may not name this one.
    """
    strange = {atom.lemma: atom for atom in atoms if atom.is_strange}
    things = {*question.subjects, *question.focus, *(word for name in question.alternatives for word in words(name))}
    found = []
    for term in question.terms:
        looked_for = {term.lemma, *term.parts}
        pieces = [strange[lemma] for lemma in dict.fromkeys((term.text, *term.parts)) if lemma in strange]
        is_asked = bool(term.quoted or term.proper or (looked_for & things and not _ATTRIBUTE.search(term.text)))
        is_strange = (bool(pieces) and is_asked) or term.ordinal or term.text in suspects
        forms = [term.text, *(form for atom in pieces for form in _forms(atom))]
        if term.ordinal:
            forms += [other for atom in atoms if atom.lemma == term.parts[0] for other, *_ in atom.others]
        if is_strange and not any(map(holds, forms)):
            found.append(term.text)
    return tuple(dict.fromkeys((*found, *_years(question, holds))))


def _forms(atom: Atom) -> Iterator[str]:
    """Yield how a word may be written: itself, and the part of it that inflection leaves. 例: 滞る, 滞"""
    yield from (atom.lemma, atom.surface)
    stem = re.match(r"[一-鿿々]+(?=[ぁ-ん]+$)", atom.lemma)
    if stem:
        yield stem[0]


def _years(question: Question, holds: Holds) -> Iterator[str]:
    """Yield the years that are asked for and that no paper names in any form. 例: 2019 is 令和元年, 平成31年, R1"""
    for period in question.periods:
        year = int(period.start[:4])
        forms = [str(year), *(form for base, eras in _ERAS for form in _in_era(year - base, eras))]
        if period.kind != "range" and not any(map(holds, forms)):
            yield question.folded[slice(*period.at)] or str(year)


_ERAS = ((2018, "令和 R"), (1988, "平成 H"), (1925, "昭和 S"))


def _in_era(n: int, eras: str) -> Iterator[str]:
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
