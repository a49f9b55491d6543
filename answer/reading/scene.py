"""The part of the collection that a question is answered from: readings around the hits, scored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from answer.asking.cues import RATE, TOTAL_HEADING
from answer.asking.question import Question
from answer.reading.evidence import Array, Atom, Coverage, Reading, Statement, katakana
from answer.reading.signals import Signals, read_signals
from index.reader import Read
from ingest.document import Fact
from ingest.facts import is_part
from ingest.japanese import content_words, fold, morphs

_AROUND = 12  # statements on each side of a hit that are looked at


@dataclass(frozen=True)
class Region:
    """A run of statements of one document, with what each of them meets of the question."""

    reading: Reading
    coverage: Coverage
    prior: tuple[float, ...]  # per statement: 1 inside the best hit, falling with the rank, 0 outside all hits

    @property
    def low(self) -> int:
        return self.coverage.low

    @property
    def high(self) -> int:
        return self.coverage.high


@dataclass(frozen=True)
class Scored:
    """A statement and how well it meets the question."""

    region: Region
    index: int  # in reading.statements
    score: float
    coverage: float

    @property
    def statement(self) -> Statement:
        return self.region.reading.statements[self.index]

    @property
    def prior(self) -> float:
        """1 inside the best hit, falling with the rank, 0 outside all hits."""
        return self.region.prior[self.index - self.region.low]

    def signals(self, scene: Scene, *, lead: float = 0.0, fit: float = 0.0, period: float = 0.0) -> Signals:
        """Return what can be seen of the evidence for an answer out of this statement."""
        at = self.index - self.region.low
        coverage = self.region.coverage
        return read_signals(
            scene.atoms,
            coverage.zones[:, at],
            coverage.own[:, at],
            lead=lead,
            fit=fit,
            period=period,
            prior=self.prior,
        )


@dataclass(frozen=True)
class Scene:
    question: Question
    atoms: tuple[Atom, ...]
    regions: tuple[Region, ...]
    statements: tuple[Scored, ...] = field(default=())  # best first
    # What the reader says of the statements that it was given, by (document id, index in reading.statements).
    reads: Mapping[tuple[str, int], Read] = field(default_factory=dict)

    def loss(self, region: Region, index: int) -> float:
        """Return what a statement loses because another one answers likelier: 0 for the likeliest, or without reader.

        What the reader was not given counts like the least likely that it was given: it met the question less.
        """
        if not self.odds:
            return 0.0
        low, high = self._extremes
        return OF_ODDS * min(_MOST_ODDS, high - self.odds.get((region.reading.document.id, index), low))

    @cached_property
    def odds(self) -> Mapping[tuple[str, int], float]:
        """The log-odds that a statement answers, of those that the reader was given."""
        return {place: read.odds for place, read in self.reads.items()}

    @cached_property
    def _extremes(self) -> tuple[float, float]:
        return min(self.odds.values()), max(self.odds.values())

    def read_of(self, scored: Scored) -> Read | None:
        """Return what the reader says of a statement; None where it was not given it."""
        return self.reads.get((scored.statement.document.id, scored.index))

    def read_at(self, document_id: str, start: int) -> Read | None:
        """Return what the reader says of the statement that stands at a place; None where it was not given it."""
        reading = next((r.reading for r in self.regions if r.reading.document.id == document_id), None)
        return self.reads.get((document_id, reading.at(start))) if reading is not None else None

    def once(self, what: Hashable, make: Callable[[], Any]) -> Any:
        """Return what is worked out about this scene, and asked for several times, under a name of its own."""
        if what not in self._worked_out:
            self._worked_out[what] = make()
        return self._worked_out[what]

    @cached_property
    def _worked_out(self) -> dict[Hashable, Any]:
        return {}

    def facts(self) -> list[tuple[Region, Fact]]:
        """Return the facts that lie in the regions, with the figures of sentences in what is counted."""
        if self._facts:
            return self._facts
        found = self._facts
        counter = self.question.counter
        counters = [katakana(c) for c in (RATE if counter == "ポイント" else {counter or ""})]
        for region in self.regions:
            statements = region.reading.statements
            if region.low >= region.high:
                continue
            start, end = statements[region.low].start, statements[region.high - 1].end
            # A fact of a table without a statement of its own counts with the one before it, which may lie outside.
            between = region.reading.facts_between(start, end)
            inside = [fact for fact in between if region.low <= region.reading.at(fact.start) < region.high]
            if counter is not None:
                for index in range(region.low, region.high):
                    if any(c in statements[index].key for c in counters):
                        loose = region.reading.loose_facts(index)
                        inside += [f for f in loose if any(c in katakana(f.value) for c in counters)]
                inside.sort(key=lambda f: f.start)
            found += [(region, fact) for fact in inside]
        return found

    @cached_property
    def _facts(self) -> list[tuple[Region, Fact]]:
        return []

    @cached_property
    def strangers(self) -> frozenset[int]:
        """The ids of the regions of papers about somebody else, or that tell their reader what to answer.

        A name of the question that is in the title of other papers and nowhere in this one: 株式会社甲 and 株式会社乙
        report the same tables. A paper whose title names nobody (目的別歳出) is about whom the collection is about.
        """
        titles = {
            id(r): r.reading.heading(f"{r.reading.document.title} {r.reading.document.meeting or ''}")
            for r in self.regions
        }
        others = {id(r) for r in self.regions if r.reading.is_doubted}
        for i, atom in enumerate(self.atoms):
            if not (atom.proper or _NAME.fullmatch(atom.surface)):
                continue
            entitled = {key for key, title in titles.items() if atom.match(*title)}
            if entitled and len(entitled) < len(titles):
                others |= {
                    id(r)
                    for r in self.regions
                    if not r.coverage.zones[i].any() and _names_somebody(titles[id(r)][1], r.reading.document.title)
                }
        return frozenset(others)

    @cached_property
    def _rivals(self) -> dict[str, tuple[bool, ...]]:
        """For each fact, which atoms are named by the labels that it competes with.

        They are the row and column headings of its table, or the labels of the figures of the same unit in its line.
        """
        found = self.facts()
        labels: dict[tuple[object, ...], set[str]] = {}
        for _, fact in found:
            parts = (fact.row, fact.column) if fact.table is not None else (fact.label,)
            labels.setdefault(_group(fact), set()).update(part for part in parts if part)
        named: dict[tuple[object, ...], tuple[bool, ...]] = {}
        for group, names in labels.items():
            rivals = {w for name in names for w in _rival_words(name)}
            joined = "\n".join(rivals)
            named[group] = tuple(
                atom.lemma in rivals or (len(atom.surface) > 1 and atom.surface in joined) for atom in self.atoms
            )
        return {fact.id: named[_group(fact)] for _, fact in found}

    @cached_property
    def _announced(self) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        """For each figure of a sentence, the words of the like figures in the sentences that follow it.

        What a text has said holds on, what it is going to say does not. Apart from the others: the words of a sentence
        that tells a part of the figure. 例: 外国人の宿泊は144万人泊。うち台湾は41万人泊。
        """
        found: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        prose = [(r, f) for r, f in self.facts() if f.table is None and f.number is not None]
        for i, (region, fact) in enumerate(prose):
            words: set[str] = set()
            parts: set[str] = set()
            at, unit = region.reading.at(fact.start), fold(fact.unit or "")
            for other_region, other in prose[i + 1 : i + 8]:
                if other_region is not region or region.reading.at(other.start) > at + 3:
                    break
                if other.start > fact.start and fold(other.unit or "") == unit:
                    told = parts if is_part(region.reading.statements[region.reading.at(other.start)].text) else words
                    told.update(katakana(w) for w in (other.label, *label_words(other.label)))
            found[fact.id] = frozenset(words), frozenset(parts)
        return found

    @cached_property
    def _headings(self) -> dict[tuple[object, ...], tuple[frozenset[str], frozenset[str]]]:
        """For each table, the row headings and the column headings that the question names.

        A heading is named by a word that no more than half of the headings of its side have.
        """
        sides: dict[tuple[object, ...], tuple[set[str], set[str]]] = {}
        for _, fact in self.facts():
            if fact.table is not None:
                rows, columns = sides.setdefault(_group(fact), (set(), set()))
                rows.update(filter(None, (fact.row,)))
                columns.update(filter(None, (fact.column,)))
        return {key: (self._named(rows), self._named(columns)) for key, (rows, columns) in sides.items()}

    def _named(self, headings: set[str]) -> frozenset[str]:
        met = {heading: self._met_by(heading) for heading in headings}
        held = Counter(i for atoms in met.values() for i in atoms)
        return frozenset(
            h
            for h, atoms in met.items()
            if not TOTAL_HEADING.fullmatch(h) and any(2 * held[i] <= len(headings) for i in atoms)
        )

    def names_another(self, fact: Fact) -> tuple[bool, bool]:
        """Return whether the question names rows, and whether columns, of a cell's table but not the cell's own."""
        if fact.table is None:
            return False, False
        rows, columns = self._headings[_group(fact)]
        return bool(rows) and fact.row not in rows, bool(columns) and fact.column not in columns

    def names_a_rival(self, fact: Fact) -> bool:
        """Tell whether the question names a figure of the same unit in the same sentence, and not this one."""
        own = self._met_in_label(fact)
        return any(rival and not mine for rival, mine in zip(self._rivals[fact.id], own, strict=True))

    def has_rivals(self, fact: Fact) -> bool:
        """Tell whether the sentence of a figure holds others of its unit."""
        return sum(_group(fact) == _group(other) for _, other in self.facts()) > 1

    def is_beside_blank(self, fact: Fact) -> bool:
        """Tell whether the question names other rows of a cell's table better, and none has anything in its column.

        Then the cell that is asked for is empty, and this one's figure is another's.
        """
        if fact.table is None or not fact.row:
            return False
        own, rows = self._met_by(fact.row), self._headings[_group(fact)][0]
        better = {row for row in rows if own < self._met_by(row) and fact.row not in row}
        column = [f.row for _, f in self.facts() if f.column == fact.column and _group(f) == _group(fact)]
        return bool(better) and better.isdisjoint(column)

    def _met_by(self, heading: str) -> frozenset[int]:
        """Return which atoms a heading meets."""
        return frozenset(i for i, met in enumerate(self._met_in(heading)) if met)

    def fact_zones(self, region: Region, fact: Fact, index: int, *, rivals: bool = True) -> Array:
        """Return what each atom counts for one fact: its own words fully, a rival's words hardly.

        A rival is another cell of the table or another key of the line: a question that names 道路 does not mean the
        figure in the 下水道 column beside it, though both stand in one row. A total has no ``rivals``.
        """
        # A handful of numbers for each of a thousand facts: lists are quicker than arrays.
        zones: list[float] = region.coverage.zones[:, index - region.low].tolist()
        own = self._met_in_label(fact)
        if fact.scope is not None:
            zones = [max(zone, _OF_TITLE * met) for zone, met in zip(zones, self._met_in(fact.scope), strict=True)]
        others = self._rivals[fact.id] if rivals else (False,) * len(self.atoms)
        announced = self._announced.get(fact.id)
        for i, of_a_rival in enumerate(others) if announced or any(own) or any(others) else ():
            if own[i]:
                zones[i] = max(zones[i], own[i])
            elif of_a_rival:
                zones[i] = min(zones[i], _OF_A_RIVAL)
            elif zones[i] < 1 and announced is not None:
                atom = self.atoms[i]
                later, parts = announced
                if any(atom.surface in r for r in parts):
                    zones[i] = min(zones[i], _OF_A_RIVAL)
                elif any(atom.surface in r for r in later) and not region.coverage.said_before(i, index):
                    headed = region.coverage.headings[i, index - region.low]
                    zones[i] = min(zones[i], _ANNOUNCED if headed else _OF_A_RIVAL)
        self._met_by_unit(fact, self.atoms, zones)
        return np.array(zones)

    def _met_by_unit(self, fact: Fact, atoms: Sequence[Atom], zones: list[float]) -> None:
        """Let a figure's unit say what it counts: 相談は247件 says 相談件数."""
        counted = f"{fold(fact.unit or '')}数"
        if len(counted) < 2 or not self.once(("counted", counted), lambda: _any_ends(atoms, counted)):
            return
        for i, atom in enumerate(atoms):
            if atom.lemma == counted:
                zones[i] = 1.0
        for i, atom in enumerate(atoms):
            pieces = [zones[j] for j, piece in enumerate(atoms) if piece.whole == atom.lemma]
            if pieces and atom.lemma.endswith(counted):
                zones[i] = max(zones[i], _OF_UNIT * min(pieces))

    def label_zones(self, fact: Fact, atoms: Sequence[Atom]) -> Array:
        """Return how each atom, of this scene or another one, meets the fact's own label."""
        if atoms is self.atoms:
            return np.array(self._met_in_label(fact))
        lemmas, key = _read_label(_label_of(fact))
        return np.array([atom.match(lemmas, key) for atom in atoms])

    def _met_in_label(self, fact: Fact) -> list[float]:
        return self._met_in(_label_of(fact))

    def _met_in(self, label: str) -> list[float]:
        """Return what each atom counts in a label or a heading; many figures stand under the same ones."""
        found: list[float] | None = self._worked_out.get(("met", label))
        if found is None:
            lemmas, key = _read_label(label)
            found = self._worked_out["met", label] = [atom.match(lemmas, key) for atom in self.atoms]
        return found


@lru_cache(maxsize=4096)
def _names_somebody(key: str, title: str) -> bool:
    """Tell whether a title holds a name: of a place, a person, a body or a product."""
    return _NAME.search(key) is not None or any(m.pos2 == "固有名詞" for m in morphs(title))


@lru_cache(maxsize=65536)
def label_words(text: str) -> frozenset[str]:
    """Return the words of a label, which many questions ask for again."""
    return frozenset(content_words(text))


@lru_cache(maxsize=65536)
def _read_label(label: str) -> tuple[frozenset[str], str]:
    """Return the lemmas and the katakana form of a label."""
    return label_words(label), katakana(label)


@lru_cache(maxsize=65536)
def _rival_words(label: str) -> frozenset[str]:
    return frozenset(katakana(w) for w in (label, *label_words(label)))


def _any_ends(atoms: Sequence[Atom], ending: str) -> bool:
    return any(atom.lemma.endswith(ending) for atom in atoms)


def _label_of(fact: Fact) -> str:
    return " ".join(filter(None, (fact.label, fact.row, fact.column)))


def _group(fact: Fact) -> tuple[object, ...]:
    if fact.table is not None:
        return fact.document_id, fact.table
    return fact.document_id, fact.start, fold(fact.unit or "")


_NAME = re.compile(r"[ァ-ヶー]{4,}|[a-z]{3,}")  # ソフトバンク, jica: names to the eye, though no dictionary has them
STRANGER = 0.25  # what a paper about somebody else loses
_OF_TITLE = 0.85  # what a word counts for a cell when it stands in the table's title, which may be below it
_OF_A_RIVAL = 0.15  # what a word counts for a cell when it names another row, column or key
_OF_UNIT = 0.8  # what 相談件数 counts where 相談 stands and the figure is one of 件
_ANNOUNCED = 0.5  # … when a heading names it, and then the next figure's own words
OF_ODDS = 0.2  # what a log-odds of the reader is worth beside a coverage of 0 to 1
_MOST_ODDS = 6.0  # by so much less likely is as good as ruled out
PRIOR = 0.12  # what the best hit's place is worth beside a coverage of 0 to 1


def build_scene(
    question: Question,
    atoms: Sequence[Atom],
    spans: Sequence[tuple[Reading, int, int, float]],
) -> Scene:
    """Return the scene for hits given as (reading, start, end, prior), the spans being offsets into the text."""
    windows: dict[str, list[tuple[int, int]]] = {}
    readings: dict[str, Reading] = {}
    priors: dict[str, dict[int, float]] = {}
    for reading, start, end, prior in spans:
        if not reading.statements:
            continue
        key = reading.document.id
        readings[key] = reading
        first, last = reading.at(start), reading.at(max(start, end - 1))
        windows.setdefault(key, []).append((max(0, first - _AROUND), min(len(reading.statements), last + 1 + _AROUND)))
        known = priors.setdefault(key, {})
        for index in range(first, last + 1):
            known[index] = max(known.get(index, 0.0), prior)
    regions: list[Region] = []
    matched: dict[str, Array] = {}
    for key, pairs in windows.items():
        for low, high in _merge(pairs):
            coverage = Coverage(readings[key], atoms, low, high, matched)
            places = range(coverage.low, coverage.high)
            regions.append(Region(readings[key], coverage, tuple(priors[key].get(i, 0.0) for i in places)))
    return with_statements(Scene(question, tuple(atoms), tuple(regions)))


def with_statements(scene: Scene) -> Scene:
    """Return the scene with its statements, best first."""
    scored: list[Scored] = []
    for region in scene.regions:
        loss = STRANGER * (id(region) in scene.strangers)
        for offset, value in enumerate(region.coverage.scores().tolist()):
            index = region.low + offset
            score = value + PRIOR * region.prior[offset] - loss - scene.loss(region, index)
            scored.append(Scored(region, index, score, value))
    return replace(scene, statements=tuple(sorted(scored, key=lambda s: -s.score)))


def _merge(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
