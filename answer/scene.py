"""The part of the collection that a question is answered from: readings around the hits, scored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from answer.confidence import Signals, read_signals
from answer.evidence import Array, Atom, Coverage, Reading, Statement, katakana
from answer.question import Question
from ingest.document import Fact
from ingest.japanese import content_words, fold

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
            prior=self.region.prior[at],
        )


@dataclass(frozen=True)
class Scene:
    question: Question
    atoms: tuple[Atom, ...]
    regions: tuple[Region, ...]
    statements: tuple[Scored, ...] = field(default=())  # best first

    def facts(self) -> list[tuple[Region, Fact]]:
        """Return the facts that lie in the regions."""
        found: list[tuple[Region, Fact]] = []
        for region in self.regions:
            statements = region.reading.statements
            if region.low >= region.high:
                continue
            start, end = statements[region.low].start, statements[region.high - 1].end
            found += [(region, fact) for fact in region.reading.facts_between(start, end)]
        return found

    @cached_property
    def strangers(self) -> frozenset[int]:
        """The ids of the regions of papers about somebody else.

        A name of the question that is in the title of other papers and nowhere in this one: 株式会社甲 and 株式会社乙
        report the same tables.
        """
        titles = {
            id(r): r.reading.heading(f"{r.reading.document.title} {r.reading.document.meeting or ''}")
            for r in self.regions
        }
        others: set[int] = set()
        for i, atom in enumerate(self.atoms):
            if not (atom.proper or _NAME.fullmatch(atom.surface)):
                continue
            entitled = {key for key, title in titles.items() if atom.match(*title)}
            if entitled and len(entitled) < len(titles):
                others |= {id(r) for r in self.regions if not r.coverage.zones[i].any()}
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

    def fact_zones(self, region: Region, fact: Fact, index: int, *, rivals: bool = True) -> Array:
        """Return what each atom counts for one fact: its own words fully, a rival's words hardly.

        A rival is another cell of the table or another key of the line: a question that names 道路 does not mean the
        figure in the 下水道 column beside it, though both stand in one row. A total has no ``rivals``.
        """
        zones = region.coverage.zones[:, index - region.low].copy()
        own = self.label_zones(fact, region.coverage.atoms)
        if fact.scope is not None:
            lemmas, key = region.reading.heading(fact.scope)
            scope = np.array([_OF_TITLE * atom.match(lemmas, key) for atom in region.coverage.atoms])
            np.maximum(zones, scope, out=zones)
        others = self._rivals[fact.id] if rivals else (False,) * len(self.atoms)
        for i, of_a_rival in enumerate(others):
            if own[i]:
                zones[i] = max(zones[i], own[i])
            elif of_a_rival:
                zones[i] = min(zones[i], _OF_A_RIVAL)
        return zones

    def label_zones(self, fact: Fact, atoms: Sequence[Atom]) -> Array:
        """Return how each atom meets the fact's own label."""
        label = " ".join(filter(None, (fact.label, fact.row, fact.column)))
        lemmas, key = _read_label(label)
        return np.array([atom.match(lemmas, key) for atom in atoms])


@lru_cache(maxsize=50_000)  # labels come again with every question about their table
def _read_label(label: str) -> tuple[frozenset[str], str]:
    """Return the lemmas and the katakana form of a label."""
    return frozenset(content_words(label)), katakana(label)


@lru_cache(maxsize=50_000)
def _rival_words(label: str) -> frozenset[str]:
    return frozenset(katakana(w) for w in (label, *content_words(label)))


def _group(fact: Fact) -> tuple[object, ...]:
    if fact.table is not None:
        return fact.document_id, fact.table
    return fact.document_id, fact.start, fold(fact.unit or "")


_NAME = re.compile(r"[ァ-ヶー]{4,}|[a-z]{3,}")  # ソフトバンク, jica: names to the eye, though no dictionary has them
STRANGER = 0.25  # what a paper about somebody else loses
_OF_TITLE = 0.85  # what a word counts for a cell when it stands in the table's title, which may be below it
_OF_A_RIVAL = 0.15  # what a word counts for a cell when it names another row, column or key
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
    for key, pairs in windows.items():
        for low, high in _merge(pairs):
            coverage = Coverage(readings[key], atoms, low, high)
            places = range(coverage.low, coverage.high)
            regions.append(Region(readings[key], coverage, tuple(priors[key].get(i, 0.0) for i in places)))
    scored: list[Scored] = []
    strangers = Scene(question, tuple(atoms), tuple(regions)).strangers
    for region in regions:
        loss = STRANGER * (id(region) in strangers)
        for offset, value in enumerate(region.coverage.scores()):
            score = float(value) + PRIOR * region.prior[offset] - loss
            scored.append(Scored(region, region.low + offset, score, float(value)))
    scored.sort(key=lambda s: -s.score)
    return Scene(question, tuple(atoms), tuple(regions), tuple(scored))


def _merge(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
