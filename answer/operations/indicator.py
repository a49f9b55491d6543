"""One indicator: which figures are values of the same thing at other dates, decided by what they stand under.

A wrong point in a chart misleads more than a missing one: where it is in doubt, two figures are not the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from answer.asking.cues import UNIT_GROUPS
from answer.candidates.figures import DATE_WORDS, Figure, name_words, printed
from answer.reading.scene import label_words
from answer.reading.signals import NEAR
from answer.reading.told import Role, Told, told_of
from ingest.dates import find_periods, parse_code
from ingest.document import Fact
from ingest.japanese import fold
from ingest.numbers import find_quantities

# What a value is, beside the thing that it measures: an aim is no result, and half a year is no year.
_KINDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"目標|KPI|kpi|めざす|目指す",
        r"見込|見通し|推計|予測|想定|将来",
        r"計画|予定",
        r"当初",
        r"補正|専決",
        r"予算",
        r"実績|決算|確定",
        r"速報|暫定|概数",
        r"上半?期|下半?期|四半期|前半|後半|途中|月まで",
        r"平均",
        r"最[大小高低]|ピーク",
    )
)
_AFTER = re.compile(r"\s*[（(]([^（()）\n]{1,16})[)）]")  # 例: 1,200人（見込み）
_NUMBERING = re.compile(r"[(（]?\d+[)）.．、]|[①-⑳⑴-⒇⒈-⒛]|※\s*\d*|[(（]注[)）]?\d*")


def told_at(figure: Figure) -> Told:
    """Return what the sentence of a figure, or its cell's heading, says of it in time."""
    statement = figure.region.reading.statements[figure.statement]
    return told_of(figure.fact, statement.text, statement.start)


def role_of(figure: Figure) -> Role:
    """Return what a figure is in time; one said of a year by its name is a value of that year, not one of before."""
    told = told_at(figure)
    return "now" if told.role == "before" and find_periods(told.since) else told.role


def is_same_indicator(one: Figure, best: Figure) -> bool:
    """Tell whether a figure is surely the best one's indicator at another date.

    Both are dated by what stands beside or over them, and alike in unit, in the length of time that they hold for, in
    kind (aim, forecast, result, part of a year) and in their role (a value, or the change of one). Cells are called
    alike by row and column; in other tables the tables are, too. What only one of two sentences says must be what the
    question asks for, or stand over the other. Words of the question that the best one stands under, the other does.
    """
    a, b = one.fact, best.fact
    if a.as_of is None or b.as_of is None or "document" in (a.as_of_from, b.as_of_from):
        return False
    if not _holds_alike(a.as_of, b.as_of) or not _measures_alike(one, best):
        return False
    if role_of(one) != role_of(best) or _kinds(one) != _kinds(best):
        return False
    if a.table is not None and (a.document_id, a.table) == (b.document_id, b.table):
        return _cell_name(a) == _cell_name(b) and (a.as_of_from != "column" or b.as_of_from != "column" or _row(a, b))
    apart = a.document_id != b.document_id  # one paper's title is over all that it tells
    if not _called(best, best, titled=apart) <= _called(one, best, titled=apart):
        return False
    if a.kind == b.kind == "cell":
        return _cell_name(a) == _cell_name(b) and _tables_alike(a, b) and not _other_names(one, best)
    asked = {atom.lemma for atom in best.region.coverage.atoms}
    mine, theirs = _name(a), _name(b)
    if not mine & theirs:
        return False
    return (mine - theirs) <= (asked | _over(best)) and (theirs - mine) <= (asked | _over(one))


def is_asked_for(figure: Figure) -> bool:
    """Tell whether a figure is surely what the question asks for: a chart stands under the question's words.

    Most of the topic is met there, names of places and bodies aside, which a paper of their own need not say.
    """
    atoms, called = figure.region.coverage.atoms, _called(figure, figure)
    if figure.fact.kind != "cell":
        called |= met(figure)  # a sentence says around its figure what a cell's headings say
    leaves = [a for a in atoms if not (a.compound or a.says_how or _BODY.fullmatch(a.whole or a.lemma))]
    said = sum(a.weight for a in leaves if a.lemma in called)
    return said >= _MOST * sum(a.weight for a in leaves)


_MOST = 0.6  # share of the topic


def row_of(figure: Figure) -> Iterator[Figure]:
    """Yield the other cells of a figure's row whose columns are dates, where the figure's own column is one."""
    fact = figure.fact
    if fact.kind != "cell" or fact.as_of_from != "column":
        return
    for other in figure.region.reading.facts_between(fact.start, fact.end):
        beside = (other.start, other.end, other.row, other.table) == (fact.start, fact.end, fact.row, fact.table)
        if beside and other.as_of_from == "column" and other.number is not None and other.id != fact.id:
            yield replace(figure, fact=other)


def series_of(best: Figure, figures: Sequence[Figure]) -> list[Figure]:
    """Return the values of the best figure's indicator at its dates, oldest first, the best one among them.

    Its own row is read first, then its table, its paper, and the others, the better ones first.
    """
    if best.fact.as_of is None:
        return [best]
    dated = {best.fact.as_of: best}
    own = best.fact
    nearest = sorted(
        figures, key=lambda f: (f.fact.document_id != own.document_id) + (_table(f.fact) != _table(own))
    )  # as stable as it is, the better of two stays before the other
    for figure in (*row_of(best), *nearest):
        if figure.fact.as_of in dated or not is_same_indicator(figure, best):
            continue
        for found in (figure, *(f for f in row_of(figure) if is_same_indicator(f, best))):
            dated.setdefault(found.fact.as_of or "", found)
    return sorted(dated.values(), key=lambda f: parse_code(f.fact.as_of or "").end)


def same_unit(one: Fact, other: Fact) -> bool:
    """Tell whether two figures measure in one unit: 千円 and 億円, 人 and 名; a bare count goes with any counter."""
    a, b = base_unit_of(one), base_unit_of(other)
    if a is None or b is None:
        return (a or b) not in ("円", "%")
    pieces_a, pieces_b = {a, *a.split("・")}, {b, *b.split("・")}
    return bool(pieces_a & pieces_b) or any(pieces_a & group and pieces_b & group for group in UNIT_GROUPS[:3])


def base_unit_of(fact: Fact) -> str | None:
    """Return what a figure counts in: 千円 → 円; None for a bare count."""
    return _counted_in(printed(fact), fact.unit)


@lru_cache(maxsize=16384)
def _counted_in(said: str, unit: str | None) -> str | None:
    quantities = find_quantities(said)
    return quantities[0].base_unit if quantities else unit


def met(figure: Figure) -> frozenset[str]:
    """Return the words of the topic that are met at a figure."""
    return frozenset(a.lemma for a, z in zip(figure.region.coverage.atoms, figure.zones, strict=True) if z >= NEAR)


def _table(fact: Fact) -> tuple[str, int | None]:
    return fact.document_id, fact.table


def _holds_alike(one: str, other: str) -> bool:
    """Tell whether two dates are of one length: a year's sum is no value as of a day, and a month's is no year's."""
    a, b = parse_code(one).kind, parse_code(other).kind
    return a == b != "range" or {a, b} == {"day", "month"}


def _measures_alike(one: Figure, best: Figure) -> bool:
    """Tell whether two figures count in one unit, and both are values: 20位以内 only bounds one."""
    bare = [f for f in (one, best) if base_unit_of(f.fact) is None]
    if len(bare) == 1 and not is_asked_for(bare[0]):  # what it counts is said by its name alone. 例: 会員数 549
        return False
    return not is_bound(one) and same_unit(one.fact, best.fact)


def is_bound(figure: Figure) -> bool:
    """Tell whether a figure only bounds the value. 例: 20位以内にランクイン"""
    return _BOUND.match(figure.region.reading.document.text, figure.fact.value_end) is not None


_BOUND = re.compile(r"\s*(?:以内|以上|以下|未満)")


def _kinds(figure: Figure) -> frozenset[int]:
    """Return which kinds of value a figure is said to be, by its name, its table and what is set behind it.

    A heading over sentences is none of theirs: what stands under 推進計画 may be a result.
    """
    fact = figure.fact
    title = fact.scope if fact.table is not None else None
    behind = _AFTER.match(figure.region.reading.document.text, fact.value_end)
    said = " ".join(filter(None, (fact.label, fact.row, fact.column, title, behind[1] if behind else "")))
    return frozenset(i for i, kind in enumerate(_KINDS) if kind.search(said))


@lru_cache(maxsize=50_000)
def _undated(text: str) -> str:
    """Return what a heading says beside its dates and its number. 例: 令和4年度当初予算 予算額 → 当初予算 予算額"""
    for period in reversed(find_periods(text)):
        start, end = period.at
        text = f"{text[:start]} {text[end:]}"
    return _NUMBERING.sub(" ", fold(text))


def _words(text: str | None) -> frozenset[str]:
    return name_words(_undated(text)) if text else frozenset()


def _cell_name(fact: Fact) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of a cell's row and of its column; one of signs and figures alone is taken as it stands."""
    parts = [("row", fact.row), ("column", fact.column)]
    row, column = (_words(said) or frozenset(_signs(said or "", side == fact.as_of_from)) for side, said in parts)
    return row, column


def _signs(said: str, is_date: bool) -> list[str]:
    """Return the pieces of a heading without words, the bare year of one that is a date left out. 例: 3, 元年度"""
    return [piece for piece in _undated(said).split() if not (is_date and _SHORT_YEAR.fullmatch(piece))]


_SHORT_YEAR = re.compile(r"[元\d]{1,2}(?:年度?)?")


def _row(one: Fact, other: Fact) -> bool:
    """Tell whether two cells of one table stand in rows of one name, whatever their words are worth: A and B."""
    return re.sub(r"\s", "", _undated(one.row or "")) == re.sub(r"\s", "", _undated(other.row or ""))


def _tables_alike(one: Fact, other: Fact) -> bool:
    """Tell whether two tables are called alike, dates aside; one without a title may be the other's like."""
    a, b = _words(one.scope), _words(other.scope)
    return not a or not b or a <= b or b <= a


def _name(fact: Fact) -> frozenset[str]:
    """Return the words that name a figure."""
    if fact.kind == "cell":
        row, column = _cell_name(fact)
        return (row | column) - _COUNTS
    return _words(fact.label) - _COUNTS


_COUNTS = frozenset(["数", "値"])


def _over(figure: Figure) -> frozenset[str]:
    """Return the words of the title and the headings that a figure stands under."""
    fact, document = figure.fact, figure.region.reading.document
    return label_words(" ".join(filter(None, (document.title, document.meeting, *fact.headings, fact.scope))))


def _other_names(one: Figure, best: Figure) -> bool:
    """Tell whether two papers are about different places or bodies, as far as what stands over their figures says."""
    a, b = (_proper(figure) for figure in (one, best))
    return bool(a and b) and not a & b


def _proper(figure: Figure) -> frozenset[str]:
    """Return the places and bodies that a figure's title and headings name."""
    fact, document = figure.fact, figure.region.reading.document
    said = fold(" ".join(filter(None, (document.title, *fact.headings, fact.scope))))
    return frozenset(match[0] for match in _BODY.finditer(said)) - DATE_WORDS


_BODY = re.compile(r"[一-鿿々ァ-ヶー]{1,8}?(?:都|道|府|県|市|区|町|村|会社|組合|公社|大学)(?![一-鿿])")


def _called(figure: Figure, asked: Figure, *, titled: bool = True) -> frozenset[str]:
    """Return which words of the question, of which the second figure is, the first one is called by or stands under."""
    fact, document = figure.fact, figure.region.reading.document
    over = (document.title, document.meeting) if titled else ()
    said = " ".join(filter(None, (fact.label, fact.row, fact.column, fact.scope, *fact.headings, *over)))
    lemmas, key = figure.region.reading.heading(said)
    return frozenset(atom.lemma for atom in asked.region.coverage.atoms if atom.match(lemmas, key) >= NEAR)
