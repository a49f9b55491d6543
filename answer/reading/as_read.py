"""What the learned reader (``index.reader``) is given of statements, and the scene as it then looks.

A statement is read alone, under its title and headings; of a scene the statements that meet the question most.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from answer.asking.question import Question
from answer.reading.evidence import Reading, Statement, katakana
from answer.reading.scene import Scene, Scored, with_statements
from index.fusion import fuse
from index.reader import Read, text_under
from ingest.japanese import fold_with_offsets

# What is to be said of each of several texts that may answer a question.
Reads = Callable[[str, Sequence[str]], Sequence[Read]]

# Statements of a scene that are read, in an order of their own. Of 2,923 questions over 14 collections a right one is
# among the first 12 for .868, 16 for .889, 24 for .912; by words alone for .836, .867 and .900.
SEEN = 12
MET = 60  # statements, those that meet the question most, of which these are chosen: of all is hardly better
_OF_PRIOR = 0.3  # what the best hit's place is worth beside all character pairs of a question
_OF_KIND = 0.1  # … and a figure in its unit, or a date, where one is asked for
MOST = 180  # characters of a table's row and what it stands under, which are about 110 tokens
LEAST = 90  # … that are left to the row in any case
_TWICE = 2  # places of a value in a text that are looked at
_BETWEEN_CELLS = " \t　,\"'|"
_LABEL, _COLUMN = 60, 40  # characters of each
_WORD = re.compile(r"[一-龠ァ-ヺぁ-ん]{2}")


def read_by(reads: Reads, scene: Scene) -> Scene:
    """Return the scene with what the reader says of its first statements, which orders them anew.

    What several papers say in the same words is read once, for the first of them.
    """
    asked = scene.question.text
    alike: dict[str, list[Scored]] = {}
    for scored in scene.statements:
        if scored.statement.kind != "heading":
            alike.setdefault(scored.statement.key, []).append(scored)
    seen = _in_order(scene.question, list(alike.values())[:MET])[:SEEN]
    texts = [as_read(first.region.reading, first.statement, asked) for first, *_ in seen]
    said = {
        (each.statement.document.id, each.index): read
        for same, read in zip(seen, reads(asked, texts), strict=True)
        for each in same
    }
    return with_statements(replace(scene, reads=said))


def _in_order(question: Question, met: Sequence[list[Scored]]) -> list[list[Scored]]:
    """Return statements, each given as those that say the same, in the order in which they are read.

    Two rankings are fused: by the words that a statement meets with what stands around it, and by the character pairs
    that it shares with the question itself, the rare ones counting more, with the passage that it stands in.
    """
    firsts = [first for first, *_ in met]
    pairs = [_pairs(first.statement.key) for first in firsts]
    held = Counter(pair for own in pairs for pair in own)
    worth = {pair: math.log((len(met) + 1) / (held[pair] or 1)) + 0.2 for pair in _pairs(katakana(question.folded))}
    whole = sum(worth.values()) or 1.0
    kind = [_OF_KIND * _holds_kind(question, first.statement) for first in firsts]
    by_words = [first.score + of_kind for first, of_kind in zip(firsts, kind, strict=True)]
    by_pairs = [
        sum(worth[pair] for pair in own & worth.keys()) / whole + _OF_PRIOR * first.prior + of_kind
        for first, own, of_kind in zip(firsts, pairs, kind, strict=True)
    ]
    rankings = [sorted(enumerate(by), key=lambda pair: -pair[1]) for by in (by_words, by_pairs)]
    return [met[n] for n, _ in fuse(rankings, (1.0, 1.0), len(met))]


def _holds_kind(question: Question, statement: Statement) -> bool:
    """Say whether a statement holds a figure in the unit that is asked for, or a date where one is."""
    if question.kind == "date":
        return bool(statement.periods)
    wants_number = question.kind in ("number", "comparison") or question.wants_number
    return wants_number and any(not question.units or q.unit in question.units for q in statement.quantities)


def as_read(reading: Reading, statement: Statement, asked: str) -> str:
    """Return a statement under its title and headings; of a table's row, the cells under their columns.

    Of a row that is too long to be read, the cells are left out that have least in common with the question.
    例: 令和6年度予算 / 歳出⏎民生費 | 令和5年度: 1,150百万円 | 令和6年度: 1,204百万円
    """
    text = statement.flat
    if statement.kind == "table":
        under = text_under("", statement.document.title, statement.headings)
        text = _row(reading, statement, asked, max(LEAST, MOST - len(under))) or text
    return text_under(text, statement.document.title, statement.headings)


def value_odds(read: Read, value: str) -> float | None:
    """Return the log-odds that a value, wherever it stands below a text's headings, is what was asked for.

    None where it does not stand there as it is written, or too far back to have been read. Width, blanks and commas
    are no difference.
    """
    under = read.text.rfind("\n") + 1
    text, places = _bare(read.text[under:])
    wanted, _ = _bare(value)
    found: list[float] = []
    at = text.find(wanted) if wanted else -1
    while at >= 0 and len(found) < _TWICE:
        odds = read.value_odds(under + places[at], under + places[at + len(wanted) - 1] + 1)
        if odds is not None:
            found.append(odds)
        at = text.find(wanted, at + 1)
    return max(found, default=None)


def _bare(text: str) -> tuple[str, list[int]]:
    """Return a text folded, without blanks and commas, and where each of its characters comes from."""
    folded, offsets = fold_with_offsets(text)
    kept = [(c, i) for c, i in zip(folded, offsets, strict=False) if not c.isspace() and c not in ",、"]
    return "".join(c for c, _ in kept), [i for _, i in kept]


def _row(reading: Reading, statement: Statement, asked: str, room: int) -> str:
    """Return a row of a table with its columns; nothing where these are not known."""
    cells = list(_cells(reading, statement))
    if not cells:
        return ""
    label = _plain(statement.text[: cells[0].start - statement.start])[:_LABEL]
    pairs = _pairs(katakana(asked))

    def worth(cell: _Cell) -> tuple[int, bool, int]:
        return len(pairs & _pairs(katakana(cell.told))), _WORD.search(cell.value) is not None, -len(cell.told)

    kept: list[_Cell] = []
    room -= len(label)
    for cell in sorted(cells, key=worth, reverse=True):
        room -= len(cell.told) + len(" | ")
        if room < 0 and kept:
            break
        kept.append(cell)
    return " | ".join([*filter(None, [label]), *(cell.told for cell in sorted(kept))])


class _Cell(NamedTuple):
    start: int
    value: str
    told: str  # with what it stands under. 例: 令和6年度: 1,204百万円


def _cells(reading: Reading, statement: Statement) -> Iterator[_Cell]:
    """Yield the cells of a row that stand under a heading, from left to right; a figure within a cell is none."""
    inside = [
        fact
        for fact in reading.facts_between(statement.start, statement.end)
        if fact.kind == "cell" and fact.column and fact.value_end <= statement.end
    ]
    text, done = statement.text, 0
    for fact in sorted(inside, key=lambda fact: (fact.value_start, -fact.value_end)):
        start, end = fact.value_start - statement.start, fact.value_end - statement.start
        unit = fact.unit if fact.number is not None and fact.unit else ""
        if start < done:
            continue
        if "\t" in text:  # a figure of a sentence is told with its sentence
            first, last = text.rfind("\t", 0, start) + 1, text.find("\t", end)
            last = last if last >= 0 else len(text)
            unit = unit if _plain(text[first:last]) == _plain(text[start:end]) else ""
            start, end = first, last
        column, value = (fact.column or "")[:_COLUMN], _plain(text[start:end])
        is_bare = unit and unit not in value and unit not in column
        yield _Cell(start + statement.start, value, f"{column}: {value}{unit if is_bare else ''}")
        done = end


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(_BETWEEN_CELLS)


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
