"""Superlatives: which row of a table has the most or the least of what is asked, with its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from answer.asking.cues import CHANGE_HEADING, SUPERLATIVE_SAID, TOTAL_HEADING
from answer.asking.question import Superlative
from answer.candidates.figures import is_opposite, one_sided, period_fit, printed, unit_fit
from answer.draft import Draft, Support
from answer.reading.evidence import Array, Atom, katakana
from answer.reading.scene import PRIOR, STRANGER, Region, Scene
from answer.reading.signals import NEAR, read_signals
from ingest.dates import find_periods
from ingest.document import Fact
from ingest.japanese import fold

_LEAST = 0.45  # share of the topic that a line of a table must meet
_OF_COLUMNS = 0.8  # what a word counts for a difference that stands in the heading of what it is a difference of
_CELLS = 3  # fewer than three are no ranking


@dataclass(frozen=True)
class Line:
    """The cells of one column (or row) of one table, each with the name of its row (or column)."""

    region: Region
    heading: str
    cells: tuple[tuple[str, Fact], ...]
    zones: Array
    score: float
    unit: float
    period: float


def answer_extreme(scene: Scene) -> Draft | None:
    """Return the name of what has the most (or least) of what is asked, with its value; None where no table tells.

    例: 増え方が一番大きい費目は → 教育費（438,317千円増）
    """
    asked = scene.question.superlative
    if asked is None:
        return None
    lines = sorted(_lines(scene, asked), key=lambda line: -line.score)
    if not lines or lines[0].score < _LEAST:
        return None
    best = lines[0]
    ranked = sorted(best.cells, key=lambda cell: _rank(cell[1], asked), reverse=True)
    first = ranked[: asked.count]
    # Those that share the last place of the answer are named, too.
    first += [cell for cell in ranked[asked.count :] if cell[1].number == first[-1][1].number]
    if len(first) > asked.count + 2:
        return None  # 例: all months have 0
    told = [f"{name}（{_told(fact, asked)}）" for name, fact in first]
    shown = [*first, *ranked[len(first) : len(first) + 1]]
    lead = next((line for line in lines[1:] if _winner(line, asked) != _winner(best, asked)), None)
    own = np.array([atom.match(frozenset(), katakana(best.heading)) for atom in _topic(scene, asked)])
    signals = read_signals(
        _topic(scene, asked),
        best.zones,
        own,
        unit=best.unit,
        period=best.period,
        lead=best.score - lead.score if lead is not None else 0.5,
        fit=1.0,
        prior=max(best.region.prior, default=0.0),
    )
    return Draft(
        kind="comparison",
        text="、".join(told),
        supports=tuple(dict.fromkeys(Support(f.document_id, f.start, f.end) for _, f in shown)),
        as_of=first[0][1].as_of,
        score=best.score,
        signals=signals,
        why=tuple(f"列 {line.score:.2f} {line.heading[:40]} {_winner(line, asked)}" for line in lines[:5]),
    )


def says_extreme(scene: Scene, draft: Draft) -> bool:
    """Tell whether the papers themselves call what a draft quotes the most or the least of its kind."""
    quoted = {(s.document_id, s.start) for s in draft.supports}
    for scored in scene.statements:
        statement = scored.statement
        held = any(d == statement.document.id and statement.start <= at < statement.end for d, at in quoted)
        if held and SUPERLATIVE_SAID.search(fold(statement.flat)):
            return True
    return False


def _winner(line: Line, asked: Superlative) -> str:
    return max(line.cells, key=lambda cell: _rank(cell[1], asked))[0]


def _rank(fact: Fact, asked: Superlative) -> float:
    number = fact.number or 0.0
    if asked.change == "both":
        return abs(number)
    return number if asked.most else -number


def _told(fact: Fact, asked: Superlative) -> str:
    """Return a value as printed; a change without its sign, which the word tells. 例: △ 1,200千円 → 1,200千円減"""
    value = printed(fact)
    if asked.change is None or asked.rate or fact.number is None or re.search(r"[増減]", value):
        return value
    return re.sub(r"^[△▲+＋-]", "", value) + ("増" if fact.number >= 0 else "減")


def _topic(scene: Scene, asked: Superlative) -> tuple[Atom, ...]:
    """Return the atoms without those that only say how to rank, or what is ranked.

    Nor do names count: a table of a town's budget does not say again whose it is, and papers of others are strangers.
    """
    words = katakana(f"{asked.words} 市 町 村 県")
    kept = tuple(
        a
        for a in scene.atoms
        if a.surface not in words
        and katakana(a.lemma) not in words
        and not any(p in a.lemma for t in scene.question.terms for p in t.proper)
    )
    return kept or scene.atoms


def _lines(scene: Scene, asked: Superlative) -> Iterator[Line]:
    """Return the columns and rows of the tables near the hits that may be ranked, scored."""
    question = scene.question
    topic = _topic(scene, asked)
    places = [scene.atoms.index(atom) for atom in topic]
    weights = np.array([atom.weight for atom in topic])
    total = float(weights.sum()) or 1.0
    sides = one_sided(question)
    near: dict[tuple[str, int], tuple[Region, list[Fact]]] = {}
    for region, fact in scene.facts():
        if fact.table is not None and fact.number is not None:
            near.setdefault((fact.document_id, fact.table), (region, []))[1].append(fact)
    for (_, table), (region, inside) in near.items():
        # A table that goes beyond what was found is ranked whole.
        whole = [
            f
            for f in region.reading.facts
            if f.table == table and f.number is not None and f.column and (f.row or table < 0)
        ]
        # A table that two regions share is judged by its cells in the first.
        seen = {f.id for f in inside if region.low <= region.reading.at(f.start) < region.high}
        for across in (False, True):
            groups: dict[str, list[Fact]] = {}
            for fact in whole:
                groups.setdefault(fact.row or "" if across else fact.column or "", []).append(fact)
            for heading, facts in groups.items():
                if not _fits_change(heading, asked, across):
                    continue
                cells = _cells(facts, across, asked)
                fits = [unit_fit(question, f) for _, f in cells] if question.units else []
                unit = min(fits, default=0.4)
                held = [f for _, f in cells if f.id in seen]
                if len(cells) < _CELLS or not held or unit < -0.3:
                    continue
                zones: Array = np.mean(
                    [
                        scene.fact_zones(region, f, region.reading.at(f.start), rivals=asked.change is None)[places]
                        for f in held[:12]
                    ],
                    axis=0,
                )
                if asked.change is not None:
                    heads = katakana(" ".join({f.column for f in whole if f.column}))
                    np.maximum(zones, [_OF_COLUMNS * atom.match(frozenset(), heads) for atom in topic], out=zones)
                if not _measured(topic, zones, asked):
                    continue
                period = max((min(period_fit(p, f) for f in held[:12]) for p in question.periods), default=0.0)
                if period < -0.5 and asked.change is None:
                    continue
                title = region.reading.document.title
                scope = katakana(f"{held[0].scope or ''} {heading if across else ''} {title}")
                score = float(weights @ zones) / total
                score += 0.2 * period + 0.12 * unit + PRIOR * max(region.prior, default=0.0)
                score += 0.1 * _of_kind(asked.thing, scope, [name for name, _ in cells])
                score -= 0.15 * is_opposite(sides, held[0], title) + STRANGER * (id(region) in scene.strangers)
                yield Line(region, heading, tuple(cells), zones, score, unit, period)


def _of_kind(thing: str, scope: str, names: Sequence[str]) -> int:
    """Return 1 when what is ranked is called what the question calls it, −1 when nothing says so."""
    if not thing:
        return 0
    if thing in ("年代", "年齢層", "世代", "年齢"):
        return 1 if sum(bool(re.search(r"\d(?:代|歳)", fold(name))) for name in names) * 2 > len(names) else -1
    return 1 if katakana(thing) in scope or sum(thing in name for name in names) * 2 > len(names) else -1


def _fits_change(heading: str, asked: Superlative, across: bool) -> bool:
    """Tell whether a column may be ranked for changes, or for amounts."""
    is_change = CHANGE_HEADING.search(fold(heading)) is not None
    is_rate = re.search(r"率|%|比(?!較)", fold(heading)) is not None
    if across:
        return asked.change is None and not is_change
    if asked.change is None:
        return not is_change
    return is_change and is_rate == asked.rate


def _cells(facts: Sequence[Fact], across: bool, asked: Superlative) -> list[tuple[str, Fact]]:
    """Return the cells of a line that are ranked, each with its name: no totals, no parts, no remainder, one unit."""
    named = [(_name((f.column if across else f.row) or ""), f) for f in facts]
    named = [(name, f) for name, f in named if not _is_sum(name)]
    named = [named[i] for i in range(len(named)) if not _adds_up([f.number or 0.0 for _, f in named], i)]
    # A heading over others is their sum, or they are its parts.
    named = [(n, f) for n, f in named if not any(other.startswith(f"{n} ") for other, _ in named)]
    if asked.when:
        named = [(n, f) for n, f in named if find_periods(n) or re.fullmatch(r"\d{1,2}月(?:分|末)?", n)]
    elif sum(bool(find_periods(n)) for n, _ in named) * 2 > len(named):
        return []  # a series of dates answers いつ, and nothing else
    names = [n for n, _ in named]
    units = {f.unit and fold(f.unit) for _, f in named}
    if len(units) > 1 or len(set(names)) < len(names):
        return []
    return [(n, f) for n, f in named if re.search(r"[^\W\d_]", n)]


# 例: 10.教育費, （３）その他, 東京※４
_NUMBERED = re.compile(r"^(?:[(]?\d{1,2}[).、]|[①-⑳])\s*|※\d*$|\(注\)?\d*\)?$")


def _name(heading: str) -> str:
    return _NUMBERED.sub("", _NUMBERED.sub("", fold(heading).strip())).strip()


def _is_sum(name: str) -> bool:
    last = name.split(" ")[-1]
    return (
        TOTAL_HEADING.fullmatch(last) is not None
        or re.search(
            r"計$|総額$|総数$|^全国$|^全県$|^県全体$|^平均|平均$|その他|^うち|内数|^不明|不詳|^[本前]年度|^比較|^増減",
            last,
        )
        is not None
    )


def _adds_up(numbers: Sequence[float], i: int) -> bool:
    """Tell whether the cells right after (or before) a cell add up to it: it is their total, whatever it is called."""
    if abs(numbers[i]) == 0:
        return False
    for run in (numbers[i + 1 :], numbers[:i][::-1]):
        added, terms = 0.0, 0
        for number in run:
            added += number
            terms += number != 0
            if terms > 1 and abs(added - numbers[i]) <= 1e-6 * abs(numbers[i]):
                return True
    return False


def _measured(topic: Sequence[Atom], zones: Array, asked: Superlative) -> bool:
    """Tell whether what is ranked is met at the line: 死亡者 of 「死亡者が最も多い」, where the question names it."""
    subject = [zone >= NEAR for atom, zone in zip(topic, zones, strict=True) if atom.surface in katakana(asked.subject)]
    return any(subject) if subject else True
