"""Which figure of one edition measures what a figure of the other measures: tables first, then lines, then labels.

A table is the other's table where their rows and columns are called alike, and a cell the other's cell where both names
are. Figures of lines that are the same but for figures go together; what is left is paired by its label and headings.
A value never meets one of another unit, of another class (planned, budgeted, settled, a goal, of part of a year) or of
another kind of time (a day, a year); where two candidates are about as good, there is no pair.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from answer.asking.cues import CHANGE_HEADING, TOTAL_HEADING
from answer.editions.lines import LinePair, lines_alike
from answer.editions.paper import Paper, classes_of, dateless, pack, shape_of, topic_of, unit_of, words_in
from answer.reading.told import told_of
from ingest.dates import parse_code
from ingest.document import Fact
from ingest.tables import is_missing

# Set by hand on six pairs of papers (eval/questions/editions): how much of the rows and columns of two tables, and of
# the words of two labels, must be the same, and by how much the best candidate must lead.
ROWS, COLUMNS, ALIKE_TITLES = 0.5, 0.5, 0.34
COVERED, ALIKE, LEAD = 0.7, 0.7, 0.12
_OF_CHANGE = re.compile(rf"{CHANGE_HEADING.pattern}|対比")
# What a figure must be told as; of a cell its heading says whether it is a change (``is_of_change``).
_ROLES = {False: ("now",), True: ("now", "change", "index")}
_SHORT = 30  # characters of a cell of words
_BETWEEN = 3  # characters between the figures of one cell
_COMMON_ROWS = 3  # tables of so many common rows need no common words in their titles

Key = tuple[str, str, str]  # row, column, and what else a label says


@dataclass(frozen=True)
class Pair:
    """Two facts that measure one thing, and what says so. ``sure`` is 0 to 1: how well names and headings agree."""

    then: Fact
    now: Fact
    by: Literal["table", "line", "label"]
    sure: float


@dataclass(frozen=True)
class Alignment:
    """Pairs of facts, whose values may be equal, and the pairs of tables (ordinals) that were found."""

    pairs: tuple[Pair, ...]
    tables: tuple[tuple[int, int], ...]
    lines: tuple[LinePair, ...] = ()
    texts: tuple[tuple[Fact, Fact], ...] = ()  # cells of words that stand in one row and column, and differ


def align(then: Paper, now: Paper) -> Alignment:
    """Return which figures of two papers measure the same."""
    grids = _grids(then), _grids(now)
    tables = _tables_alike(*grids)
    pairs = [pair for a, b in tables for pair in _cells_alike(grids[0][a], grids[1][b], then, now)]
    inside = {f.id for a, b in tables for grid in (grids[0][a], grids[1][b]) for fs in grid.cells.values() for f in fs}
    lines = lines_alike(then, now)
    pairs += [p for p in _figures_of_lines(lines, then, now) if p.then.id not in inside and p.now.id not in inside]
    taken = inside | {p.then.id for p in pairs} | {p.now.id for p in pairs}
    left = [[f for f in paper.figures if f.id not in taken] for paper in (then, now)]
    pairs += _labels_alike(left[0], left[1], then, now)
    return Alignment(tuple(pairs), tuple(tables), lines, tuple(_texts_alike(tables, then, now)))


def _texts_alike(tables: Sequence[tuple[int, int]], then: Paper, now: Paper) -> Iterator[tuple[Fact, Fact]]:
    """Yield the short cells of words in one row and column of tables that are one, where the words are not the same."""
    held: list[dict[tuple[int, Key], list[Fact]]] = []
    for paper in (then, now):
        cells: dict[tuple[int, Key], list[Fact]] = defaultdict(list)
        for fact in paper.facts:
            if fact.table is not None and fact.number is None and fact.row and fact.column:
                cells[fact.table, _key(fact)].append(fact)
        held.append(cells)
    for a, b in tables:
        for (table, key), facts in held[0].items():
            others = held[1].get((b, key), [])
            if table == a and len(facts) == len(others) == 1 and not is_missing(facts[0].value + others[0].value):
                one, other = facts[0], others[0]
                if max(len(one.value), len(other.value)) <= _SHORT and pack(one.value) != pack(other.value):
                    yield one, other


# --- lines ------------------------------------------------------------------------------------------------------------


def _figures_of_lines(lines: Sequence[LinePair], then: Paper, now: Paper) -> Iterator[Pair]:
    """Yield the figures of two lines that are the same but for figures and dates, in their order."""
    for line in lines:
        if line.likeness < 1.0:
            break
        held = [
            [f for f in paper.figures if side.start <= f.value_start < side.end]
            for paper, side in ((then, line.then), (now, line.now))
        ]
        if len(held[0]) == len(held[1]) and all(unit_of(a) == unit_of(b) for a, b in zip(*held, strict=True)):
            for a, b in zip(*held, strict=True):
                if _is_same_kind(a, b, then, now) and not (is_of_change(now.called(b)) or _is_of_its_table(b, now)):
                    yield Pair(a, b, "line", 1.0)


# --- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grid:
    """The figures of a table by what their row and column are called, dates put aside."""

    cells: Mapping[Key, tuple[Fact, ...]]
    rows: frozenset[str]
    columns: frozenset[str]
    title: frozenset[str]


def _grids(paper: Paper) -> dict[int, _Grid]:
    found: dict[int, dict[Key, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    titles: dict[int, set[str]] = defaultdict(set)
    for fact in paper.figures:
        if fact.table is None or fact.table < 0:
            continue
        found[fact.table][_key(fact)].append(fact)
        titles[fact.table] |= words_in(" ".join((fact.scope or "", *fact.headings[-1:])))
    return {
        ordinal: _Grid(
            {key: tuple(facts) for key, facts in cells.items()},
            frozenset(row for row, _, _ in cells),
            frozenset(column for _, column, _ in cells),
            frozenset(titles[ordinal]),
        )
        for ordinal, cells in found.items()
    }


def _key(fact: Fact) -> Key:
    row, column = dateless(fact.row or ""), dateless(fact.column or "")
    rest = fact.label
    for part in (fact.row, fact.column):
        rest = rest.replace(part, " ", 1) if part else rest
    return row, column, dateless(rest)


def _tables_alike(then: Mapping[int, _Grid], now: Mapping[int, _Grid]) -> list[tuple[int, int]]:
    """Return the tables that are each other's best match."""
    scores = {(a, b): s for a, one in then.items() for b, other in now.items() if (s := _likeness(one, other)) > 0}
    return sorted(_mutual(scores, 0.05))


def _likeness(one: _Grid, other: _Grid) -> float:
    """Return how sure it is that two tables are one at two times: 0 where their rows or columns differ too much."""
    rows, columns = one.rows & other.rows, one.columns & other.columns
    if not rows or not columns:
        return 0.0
    row_share = len(rows) / min(len(one.rows), len(other.rows))
    column_share = len(columns) / min(len(one.columns), len(other.columns))
    titles = _dice(one.title, other.title)
    plain = len(rows) < _COMMON_ROWS or one.columns == {""}
    if row_share < ROWS or column_share < COLUMNS or (plain and titles < ALIKE_TITLES):
        return 0.0
    common = len(one.cells.keys() & other.cells.keys()) / max(len(one.cells), len(other.cells))
    return (row_share + column_share + titles + common) / 4


def _cells_alike(one: _Grid, other: _Grid, then: Paper, now: Paper) -> Iterator[Pair]:
    sure = 0.7 + 0.3 * _likeness(one, other)
    for key in one.cells.keys() & other.cells.keys():
        early, late = one.cells[key], other.cells[key]
        if is_of_change(" ".join(key)):
            continue  # how much something changed is no figure that changes
        for a, b in _at_their_dates(early, late):
            if _is_same_kind(a, b, then, now):
                yield Pair(a, b, "table", sure)


def _at_their_dates(early: Sequence[Fact], late: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    """Yield the cells of one name that may be compared: those of one date, the newest of each, or the only ones."""
    if all(f.as_of is not None and f.as_of_from in ("column", "row") for f in (*early, *late)):
        series = [{f.as_of or "": f for f in facts} for facts in (early, late)]
        if any(len(held) < len(facts) for held, facts in zip(series, (early, late), strict=True)):
            return  # two cells of one name and one date
        yield from ((series[0][day], series[1][day]) for day in series[0].keys() & series[1].keys())
        newest = [max(held.values(), key=lambda f: parse_code(f.as_of or "").end) for held in series]
        if parse_code(newest[0].as_of or "").end < parse_code(newest[1].as_of or "").start:
            yield newest[0], newest[1]
    elif len(early) == len(late) == 1:
        yield early[0], late[0]
    elif [unit_of(f) for f in early] == [unit_of(f) for f in late] and _of_one_cell(early) and _of_one_cell(late):
        yield from zip(early, late, strict=True)  # 例: 44.5%（2,853人/6,406床）, each in its place


def _of_one_cell(facts: Sequence[Fact]) -> bool:
    """Tell whether figures stand one behind the other in one cell: nothing but brackets and signs parts them."""
    ordered = sorted(facts, key=lambda f: f.value_start)
    return all(0 <= b.value_start - a.value_end <= _BETWEEN for a, b in pairwise(ordered)) and ordered == list(facts)


# --- labels -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Named:
    fact: Fact
    name: str  # of a cell: its row and column, dates put aside
    own: frozenset[str]  # words of the label
    around: frozenset[str]  # these, and the words of its line and of the headings it stands under
    over: frozenset[str]  # what tells the innermost heading from others
    line: frozenset[str]  # what its line says besides
    head: str  # the innermost heading, as names are compared
    follows: str  # what stands right behind the value


def _labels_alike(early: Iterable[Fact], late: Iterable[Fact], then: Paper, now: Paper) -> Iterator[Pair]:
    """Yield the pairs of figures that are called alike, each the other's best by a clear lead."""
    named = [[_named(f, p) for f in facts if _is_called(f, p)] for facts, p in ((early, then), (late, now))]
    scores: dict[tuple[int, int], float] = {}
    for i, one in enumerate(named[0]):
        for j, other in enumerate(named[1]):
            if one.fact.table is not None and other.fact.table is not None and one.name != other.name:
                continue  # the rows and columns of two tables are called just so
            if one.own & other.around and other.own & one.around and _is_same_kind(one.fact, other.fact, then, now):
                score = _called_alike(one, other)
                if score > 0:
                    scores[i, j] = score
    for i, j in _mutual(scores, LEAD):
        yield Pair(named[0][i].fact, named[1][j].fact, "label", min(1.0, scores[i, j] / 2))


def _is_called(fact: Fact, paper: Paper) -> bool:
    """Tell whether a figure is no change of another one, and its line more than bare figures.

    A cell must be the only one of its name: where the heading of a column was not read, all of a row have one.
    """
    if is_of_change(fact.label) or paper.is_bracketed(fact) or _is_of_its_table(fact, paper):
        return False
    return fact.table is None or (paper.named_alike(fact) == 1 and paper.is_named(fact))


def _is_of_its_table(fact: Fact, paper: Paper) -> bool:
    """Tell whether only its table says what a figure is of: a total, or one of a row whose columns were not read."""
    is_total = fact.table is not None and TOTAL_HEADING.fullmatch(pack(fact.row or "")) is not None
    return is_total or paper.is_in_row(fact)


def is_of_change(label: str) -> bool:
    """Tell whether a label names how much something changed, and no thing."""
    return (
        _OF_CHANGE.search(label.replace("差引残", "残")) is not None
        or re.search(r"前[年月期回]|度比", label) is not None
    )


def _named(fact: Fact, paper: Paper) -> _Named:
    over, line = paper.names_over(fact), paper.line_of(fact)
    own = words_in(fact.label) or words_in(over[0] if over else line)
    around = own.union(*map(words_in, (*over[:3], line)))
    own = own or around
    follows = pack(paper.document.text[fact.value_end : min(fact.end, fact.value_end + 8)])
    return _Named(
        fact,
        "｜".join(_key(fact)),
        own,
        around,
        topic_of(over[0] if over else ""),
        topic_of(line) - own,
        dateless(over[0]) if over else "",
        follows,
    )


def _called_alike(one: _Named, other: _Named) -> float:
    """Return how well two labels agree, up to 2.25: each must be met where the other stands, and so must a heading."""
    covered = min(_share(one.own & other.around, one.own), _share(other.own & one.around, other.own))
    own = _dice(one.own, other.own)
    ways = ((one.over, other.over | other.own), (one.over | one.own, other.over), (one.over, other.line))
    anchored = max(_anchored(a, b) for a, b in (*ways, (one.line, other.over), (one.line, other.line)))
    same_head = bool(one.head) and one.head == other.head
    said = own >= COVERED and len(one.own & other.own) > (1 if same_head else 2)
    if covered < COVERED or not (anchored >= ALIKE or said):
        return 0.0
    follows = one.follows[:3] == other.follows[:3]
    return 0.5 * covered + 0.5 * anchored + 0.5 * own + 0.25 * same_head + 0.5 * follows


def _anchored(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much of the shorter of two headings the other holds; a single word is no heading."""
    common = one & other
    return 0.0 if len(common) < 2 else max(_share(common, one), _share(common, other))


def _share(some: frozenset[str], words: frozenset[str]) -> float:
    return len(some) / len(words) if words else 0.0


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


# --- both -------------------------------------------------------------------------------------------------------------


def _is_same_kind(one: Fact, other: Fact, then: Paper, now: Paper) -> bool:
    """Tell whether two figures may be compared: one unit, one class, one kind of time, and both hold for now."""
    shapes = {shape_of(one), shape_of(other)}
    dated_alike = len(shapes) == 1 or shapes <= {"open", "day", "month"}
    if unit_of(one) != unit_of(other) or not dated_alike:
        return False
    if one.table is None and unit_of(one) is None:
        return False  # a bare figure in a line may be of anything
    classes = [classes_of(f, paper.document.text, paper.names_over(f)) for f, paper in ((one, then), (other, now))]
    if classes[0] != classes[1]:
        return False
    return all(
        told_of(fact, paper.document.text[fact.start : fact.end], fact.start).role in roles
        for fact, paper, roles in ((f, p, _ROLES[f.table is not None]) for f, p in ((one, then), (other, now)))
    )


def _mutual(scores: Mapping[tuple[int, int], float], lead: float) -> Iterator[tuple[int, int]]:
    """Yield the pairs that are best for both, by more than ``lead`` over every other pair of either."""
    rows: dict[int, list[float]] = defaultdict(list)
    columns: dict[int, list[float]] = defaultdict(list)
    for (a, b), score in scores.items():
        rows[a].append(score)
        columns[b].append(score)
    for (a, b), score in scores.items():
        rivals = sorted((*rows[a], *columns[b]), reverse=True)[2:3]  # its own score stands first, twice
        if score >= max(*rows[a], *columns[b]) and (not rivals or score - rivals[0] > lead):
            yield a, b
