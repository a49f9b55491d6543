"""The part of the collection that a question is answered from: readings around the hits, scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from answer.evidence import Atom, Coverage, Reading, Statement
from answer.question import Question
from ingest.document import Fact

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
            prior = tuple(priors[key].get(i, 0.0) for i in range(coverage.low, coverage.high))
            regions.append(Region(readings[key], coverage, prior))
    scored: list[Scored] = []
    for region in regions:
        for offset, value in enumerate(region.coverage.scores()):
            score = float(value) + PRIOR * region.prior[offset]
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
