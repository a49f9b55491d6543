"""What is different between two editions: the type of a change, and the figures that changed, came or went.

A change is told only as far as it is sure. A changed figure needs a pair of ``aligning``; a new one is a value, as it
is printed with its unit, that stands nowhere in the other paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from answer.candidates.figures import printed
from answer.check import figures, is_verbatim
from answer.editions.aligning import Alignment, Pair, is_of_change
from answer.editions.paper import Paper, dateless, is_generic, pack, unit_of, words_in
from answer.operations.series import subtract
from answer.reading.told import told_of
from ingest.dates import parse_code
from ingest.document import Document, Fact
from ingest.japanese import fold

Kind = Literal["figure", "new", "gone", "added", "dropped", "date", "status", "wording"]

# What is counted in these is seldom what a paper reports: 2つの窓口, 3年間, 月2回, 15歳以上
_NO_MEASURE = frozenset(
    "つ 回 か所 箇所 ヶ所 種類 時 時間 分 秒 歳 年 年間 か年 か月 ヶ月 月 日 日間 週 週間 倍 割 泊 度 位 点 番".split()
)


_SHORT_NAMES = ("計", "歳", "男", "女")
_LONGEST_LABEL = 44  # characters: a longer one is a sentence


@dataclass(frozen=True)
class Side:
    """One paper's side of a change: what it says, as printed, and the line that it says it in."""

    document_id: str
    text: str
    start: int  # of the quote, in the document's text
    end: int
    section: tuple[str, ...] = ()  # what it stands under, outermost first
    as_of: str | None = None


@dataclass(frozen=True)
class Change:
    """A difference between two editions; ``then`` or ``now`` is None where one of them says nothing of it.

    ``label`` names what changed, ``section`` the headings it stands under, outermost first; ``difference`` and ``how``
    are worked out in the figure's unit (例: 141企業・団体増, 648 − 507 = 141企業・団体), ``share`` is the difference
    in parts of the earlier value. ``sure`` is 0 to 1; ``weight`` says how high it stands in the list.
    """

    kind: Kind
    label: str
    section: tuple[str, ...]
    then: Side | None
    now: Side | None
    difference: str | None = None
    how: str | None = None
    share: float | None = None
    holds: tuple[str, ...] = ()  # what came or went with a heading
    sure: float = 1.0
    weight: float = 0.0


def figure_changes(then: Paper, now: Paper, alignment: Alignment) -> Iterator[Change]:
    """Yield the figures that changed, and those that only one of the papers prints."""
    for pair in alignment.pairs:
        if _differs(pair):
            difference, how = subtract(pair.now, pair.then)
            before, after = pair.then.number or 0.0, pair.now.number or 0.0
            yield Change(
                "figure",
                label_of(now, pair.now),
                section_of(now, pair.now),
                side_of(then, pair.then),
                side_of(now, pair.now),
                difference,
                how,
                abs((after - before) / before) if before else None,
                sure=pair.sure,
            )
    paired = {fact.id for pair in alignment.pairs for fact in (pair.then, pair.now)}
    for fact in _only_here(now, then, alignment, paired):
        yield Change("new", label_of(now, fact), section_of(now, fact), None, side_of(now, fact))
    for fact in _only_here(then, now, alignment, paired):
        yield Change("gone", label_of(then, fact), section_of(then, fact), side_of(then, fact), None)


def _differs(pair: Pair) -> bool:
    """Tell whether two values are not the same, nor the same but for how they were rounded. 例: 4.42% and 4.4%"""
    one, other = pair.then.number, pair.now.number
    if one is None or other is None or one == other:
        return False
    places = [_decimals(fact) for fact in (pair.then, pair.now)]
    if places[0] != places[1]:
        return abs(one - other) > 0.5 * 10.0 ** -min(places) + 1e-9
    return True


def _decimals(fact: Fact) -> int:
    shown = re.search(r"[0-9]\.([0-9]+)", fold(fact.value))
    return len(shown[1]) if shown else 0


def _only_here(paper: Paper, other: Paper, alignment: Alignment, paired: set[str]) -> Iterator[Fact]:
    """Yield the figures whose value, as printed, stands nowhere in the other paper, and which have a name."""
    told: set[tuple[str, str]] = set()
    for fact in _newest_of_rows(paper.figures):
        value = pack(printed(fact))
        if fact.id in paired or (label_of(paper, fact), value) in told or fold(fact.unit or "") in _NO_MEASURE:
            continue
        if not (words_in(fact.label) or paper.names_over(fact)) or not paper.is_named(fact) or not _is_now(paper, fact):
            continue
        unit = unit_of(fact)
        if unit is None or not fact.number or not _is_telling(label_of(paper, fact)):
            continue
        if (fact.number, unit) in other.measures or _holds(other, value):
            continue
        if (paper.thing_of(fact), unit) in other.things:
            continue  # both papers give a figure of it, and it is not sure that they are one: nothing is told
        told.add((label_of(paper, fact), value))
        yield fact


def _is_telling(label: str) -> bool:
    """Tell whether a label names what a figure is of: not by a number, a date, a general word, or a sentence."""
    letters = re.sub(r"[\W\d①-⑳]", "", dateless(label))
    return (len(letters) > 1 or letters in _SHORT_NAMES) and len(label) <= _LONGEST_LABEL and not is_generic(label)


def _newest_of_rows(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the facts, of a table's row over the years the newest alone: the years before are no news."""
    newest: dict[tuple[int, str, str, str], Fact] = {}
    for fact in facts:
        key = _series_of(fact)
        if key is not None and (key not in newest or _day(fact) > _day(newest[key])):
            newest[key] = fact
    for fact in facts:
        key = _series_of(fact)
        if key is None or newest[key] is fact:
            yield fact


def _series_of(fact: Fact) -> tuple[int, str, str, str] | None:
    """Return the row over time that a cell belongs to; None for what stands in none."""
    if fact.table is None or fact.as_of is None or fact.as_of_from not in ("column", "row"):
        return None
    return fact.table, dateless(fact.row or ""), dateless(re.sub(r"[(（].*", "", fact.column or "")), fact.unit or ""


def _day(fact: Fact) -> str:
    return parse_code(fact.as_of or "").end


def _is_now(paper: Paper, fact: Fact) -> bool:
    """Tell whether a figure is no change of another, nor an earlier value that a sentence goes from."""
    text = paper.document.text[fact.start : fact.end]
    label = f"{fact.label} {paper.called(fact)}"
    return not is_of_change(label) and (fact.table is not None or told_of(fact, text, fact.start).role == "now")


def _holds(paper: Paper, value: str) -> bool:
    """Tell whether a paper prints a value: 35社 does not stand in 535社."""
    pattern = re.compile(rf"(?<![0-9.]){re.escape(value)}(?![0-9])")
    return pattern.search(paper.packed) is not None or pattern.search(paper.cells) is not None


_TRAILING = re.compile(
    r"(?:[\s、:：]|(?<=\s)[はがをにでも]|(?<=[^\W\d_ぁ-ん」』）)])(?:[はがをにでもの]|から|まで|より|とは|には)|約|延べ)+$"
)


def label_of(paper: Paper, fact: Fact) -> str:
    """Return what a figure measures, as a reader is told: its label on one line. 例: 会員数は → 会員数"""
    called = paper.called(fact)
    if fact.table is not None and fact.column and fact.column not in called:
        called = f"{called} {fact.column}"
    if fact.table is not None and fact.as_of_from in ("column", "row"):  # its date is told beside it
        dating = fact.column if fact.as_of_from == "column" else fact.row
        if dating and dateless(dating) == "@" and called.strip() != dating:
            called = called.replace(dating, " ", 1)
    label = re.sub(r"\s+", " ", called).strip(" :：、・-#○●◎◆◇■")
    return _TRAILING.sub("", label) or (fact.scope or "")


def section_of(paper: Paper, fact: Fact) -> tuple[str, ...]:
    """Return what a figure stands under, outermost first."""
    return tuple(re.sub(r"\s+", " ", name) for name in reversed(paper.names_over(fact)))


def side_of(paper: Paper, fact: Fact) -> Side:
    """Return a figure with the line it stands in; where that line holds it not (〃), with the cell that does."""
    start, end = fact.start, fact.end
    if not start <= fact.value_start < end:
        start, end = fact.value_start, fact.value_end
    as_of = fact.as_of if fact.as_of_from in ("text", "column", "row") else None
    return Side(fact.document_id, printed(fact), start, end, section_of(paper, fact), as_of)


def sound(changes: Iterable[Change], papers: Sequence[Paper]) -> Iterator[Change]:
    """Yield the changes whose quotes stand where they say, each figure in its own quote: no other one is told."""
    documents = {paper.document.id: paper.document for paper in papers}
    for change in changes:
        if all(_stands(side, documents[side.document_id]) for side in (change.then, change.now) if side is not None):
            yield change


def _stands(side: Side, document: Document) -> bool:
    held = set(figures(document.cells_apart(side.start, side.end)))
    quote = document.text[side.start : side.end]
    return is_verbatim(quote, document.text, side.start, side.end) and set(figures(side.text)) <= held
