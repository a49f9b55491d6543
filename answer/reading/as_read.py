"""What the learned reader (``index.reader``) is given of statements, and the scene as it then looks.

A statement is read alone, under its title and headings; of a scene the statements that meet the question most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from answer.reading.evidence import Reading, Statement, katakana
from answer.reading.scene import Scene, Scored, with_statements
from index.reader import Read, text_under
from ingest.japanese import fold_with_offsets

# What is to be said of each of several texts that may answer a question.
Reads = Callable[[str, Sequence[str]], Sequence[Read]]

# Statements of a scene that are read. A right one is among the first 12 for .85 of the questions of the pool, among the
# first 24 for .90; reading 24 takes an answer from p95 444 to 617 ms on two quiet cores.
SEEN = 12
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
    seen = list(alike.values())[:SEEN]
    texts = [as_read(first.region.reading, first.statement, asked) for first, *_ in seen]
    said = {
        (each.statement.document.id, each.index): read
        for same, read in zip(seen, reads(asked, texts), strict=True)
        for each in same
    }
    return with_statements(replace(scene, reads=said))


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
