"""What a model is given to read: the passages that were found, whole, as numbered lines bound to their places.

A line is what can be cited: a sentence, or a table row under its column headings and with its units. Its text is made
to be read; what is quoted is the span behind it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from answer.asking.question import Term
from answer.draft import Support
from answer.generating.contract import Evidence, EvidenceBlock, EvidenceLine
from answer.reading.evidence import Reading, Statement, katakana
from answer.reading.scene import Scene
from index.protocols import Hit
from ingest.dates import describe
from ingest.document import Cell, Document, Fact
from ingest.japanese import begins_item, ends_sentence, may_continue
from ingest.writing import same_width

BUDGET = 3000  # characters, headings and the marks of the lines included
MOST_LINES = 40  # of what is added to the passages: these are given whole, however many lines they have
_PASSAGES = 5
_MARK = 5  # characters that the number of a line takes
_REACH = 6  # statements on each side in which a list, a table or a sentence that a passage cuts is followed
_REACH_CHARS = 300  # … and so many characters
_HEADING = 140  # characters of a block's heading
_LONE = 5  # characters of a piece that may be the beginning of a word
_GOES_ON = re.compile(r"[ぁ-ん一-龠ァ-ヶー0-9円％%）)](?:、|[をにはがで])$")
_JOINED = 60  # characters of short lines that are made one
_NOTES = 4  # statements behind a passage among which its notes are looked for
_LEADS_LIST = re.compile(r"(?:次の|以下の|下記の|とおり|通り|[:：])[^。]{0,12}[。:：]?$")


@dataclass(frozen=True)
class _Piece:
    """A line before it is numbered: what is read, and ``document.text[start:end]``, which is cited."""

    text: str
    start: int
    end: int
    headings: tuple[str, ...]
    period: str | None = None

    @property
    def cost(self) -> int:
        return len(self.text) + _MARK


@dataclass(frozen=True)
class _Section:
    """Statements of a document by their indexes; ``is_named``: the headings over them name what is asked about."""

    statements: range
    is_named: bool = False


def gather(scene: Scene, hits: Sequence[Hit], budget: int = BUDGET) -> Evidence:
    """Return the best passages whole, and what else of the scene meets the question most, within the budget.

    The best block is the first. Orders to the reader, which a ``Reading`` leaves out, are in none. For a summary the
    section that the question is about comes before all else.
    """
    desk = _Desk(scene, budget)
    if scene.question.lines:
        desk.add_section(hits, scene.question.terms)
    for hit in hits[:_PASSAGES]:
        desk.add_passage(hit.chunk.document_id, hit.chunk.start, hit.chunk.end)
    for scored in scene.statements:
        if desk.is_full:
            break
        if scored.statement.kind != "heading":
            desk.add(scored.region.reading, scored.index)
    return Evidence(scene.question.text, tuple(desk.blocks()))


class _Desk:
    """The lines that were chosen so far, by their document, and what is left of the budget."""

    def __init__(self, scene: Scene, budget: int) -> None:
        self._pages = {region.reading.document.id: _Lines(region.reading) for region in scene.regions}
        self._worth = {
            (s.statement.document.id, s.index): s.score for s in reversed(scene.statements)
        }  # of each statement that was scored
        self._left = budget
        self._chosen: dict[tuple[str, int], tuple[int, _Piece]] = {}  # by document and start: with its rank
        self._headed: set[tuple[str, tuple[str, ...]]] = set()

    @property
    def is_full(self) -> bool:
        return self._left < _MARK * 4 or len(self._chosen) >= MOST_LINES

    def add_passage(self, document_id: str, start: int, end: int) -> None:
        """Take a passage with what it cuts in the middle; without that, or only its best lines, where room is short."""
        page = self._pages.get(document_id)
        if page is None:
            return
        low, high = page.reading.at(start), page.reading.at(max(start, end - 1)) + 1
        whole = page.lines(range(low, high))
        around = page.lines(range(*page.followed(low, high)))
        for pieces in (around, whole):
            if self._take(page.reading.document, pieces):
                return
        by_worth = sorted(range(low, high), key=lambda n: -self._worth.get((document_id, n), 0.0))
        for n in by_worth:
            self._take(page.reading.document, page.lines([n]))

    def add_section(self, hits: Sequence[Hit], terms: Sequence[Term]) -> None:
        """Take a passage and all of its section as room allows: the best one under headings that name these words.

        Where none is under such headings, it is the best of all.
        """
        found = [(hit, page) for hit in hits if (page := self._pages.get(hit.chunk.document_id)) is not None]
        sections = [(hit, page, page.section(hit.chunk.start, hit.chunk.end, terms)) for hit, page in found]
        for hit, page, section in sorted(sections, key=lambda one: not one[2].is_named)[:1]:
            self.add_passage(hit.chunk.document_id, hit.chunk.start, hit.chunk.end)
            for piece in page.lines(section.statements):
                self._take(page.reading.document, [piece])

    def add(self, reading: Reading, index: int) -> None:
        """Take the line of a statement where there is room for it."""
        page = self._pages[reading.document.id]
        self._take(reading.document, page.lines([index]))

    def _take(self, document: Document, pieces: Sequence[_Piece]) -> bool:
        """Take lines that are not yet there; all of them or none, by what there is room for."""
        taken = [(p.start, p.end) for (of, _), (_, p) in self._chosen.items() if of == document.id]
        new = [p for p in pieces if not any(start <= p.start and p.end <= end for start, end in taken)]
        heads = {(document.id, piece.headings) for piece in new} - self._headed
        cost = sum(piece.cost for piece in new) + sum(len(_heading(document, path)) for _, path in heads)
        if cost > self._left:
            return False
        self._left -= cost
        self._headed |= heads
        for piece in new:
            self._chosen[document.id, piece.start] = len(self._chosen), piece
        return True

    def blocks(self) -> Iterator[EvidenceBlock]:
        """Yield the lines under their headings, best block first, and number them."""
        runs: list[tuple[int, str, list[_Piece]]] = []
        inside = sorted(self._chosen.items(), key=lambda one: one[0])
        for (document_id, _), group in groupby(inside, key=lambda one: (one[0][0], one[1][1].headings)):
            ranked = [chosen for _, chosen in group]
            runs.append((min(rank for rank, _ in ranked), document_id, [piece for _, piece in ranked]))
        runs.sort(key=lambda run: run[0])
        spare = sum(len(pieces) for _, _, pieces in runs) - MOST_LINES
        number = 0
        for _, document_id, pieces in runs:
            spare -= _join(pieces, self._pages[document_id].reading.document, spare)
            lines = []
            for piece in pieces:
                number += 1
                support = Support(document_id, piece.start, piece.end)
                lines.append(EvidenceLine(f"L{number}", piece.text, support, piece.period))
            document = self._pages[document_id].reading.document
            yield EvidenceBlock(document_id, _heading(document, pieces[0].headings), tuple(lines))


class _Lines:
    """The statements of a document as lines: those of a table as its rows."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._rows: dict[int, list[_Piece]] = {}

    def lines(self, indexes: Iterable[int]) -> list[_Piece]:
        """Return the lines of statements, each once; a heading that stands over one of the others is none."""
        indexes = list(indexes)
        statements = [self.reading.statements[n] for n in indexes]
        over = {_plain(heading) for s in statements for heading in s.headings}
        found: dict[int, _Piece] = {}
        for statement in statements:
            if statement.kind == "heading" and _plain(statement.flat).lstrip("# ") in over:
                continue
            for piece in self._of(statement):
                found.setdefault(piece.start, piece)
        for n in sorted(indexes, reverse=True):  # from behind, so that a line torn into three is one
            self._mend(found, n)
        return [piece for _, piece in sorted(found.items()) if re.search(r"\w", piece.text)]

    def _mend(self, found: dict[int, _Piece], n: int) -> None:
        """Make one line of a statement and the next, where both are lines and the sentence was torn between them.

        例: 令和4年度の予算は、8,200千円で、前年度に比べて、 / 490千円の減
        """
        if n + 1 >= len(self.reading.statements):
            return
        one, other = self.reading.statements[n : n + 2]
        if one.start in found and other.start in found and _is_torn(one, other):
            first, second = found[one.start], found.pop(other.start)
            found[one.start] = _Piece(
                first.text + second.text, one.start, second.end, one.headings, first.period or second.period
            )

    def section(self, start: int, end: int, terms: Sequence[Term]) -> _Section:
        """Return what stands under the outermost headings, the title above all, that name all of these words.

        Where none do, it is what stands under the innermost heading at ``start``.
        """
        statements = self.reading.statements
        title = self.reading.document.title
        least = int(any(title in s.headings for s in statements))  # a title that is read from a heading is no more
        first = self.reading.at(start)
        for at in range(first, self.reading.at(max(start, end - 1)) + 1):
            path = statements[at].headings
            for depth in range(least, len(path) + 1):
                over = katakana(" ".join((title, *path[:depth])[least:]))
                if terms and all(katakana(term.text) in over for term in terms):
                    return _Section(self._under(at, depth), is_named=True)
        depth = len(statements[first].headings)
        return _Section(self._under(first, depth) if depth else range(first, first + 1))

    def _under(self, at: int, depth: int) -> range:
        """Return the statements around one that stand under the same headings as it, up to this depth of them."""
        statements = self.reading.statements
        path = statements[at].headings[:depth]
        low = high = at
        while low > 0 and statements[low - 1].headings[:depth] == path:
            low -= 1
        while high < len(statements) and statements[high].headings[:depth] == path:
            high += 1
        return range(low, high)

    def followed(self, low: int, high: int) -> tuple[int, int]:
        """Return the run of statements, wider where it begins or ends in a sentence, a list or a table.

        Notes behind it belong to it too.
        """
        statements = self.reading.statements
        room = _REACH_CHARS
        while low > 0 and low > high - 1 - 2 * _REACH and self._is_cut(low) and room > len(statements[low - 1].text):
            low -= 1
            room -= len(statements[low].text)
        room = _REACH_CHARS
        for _ in range(_REACH):
            if high >= len(statements) or not self._is_cut(high) or room < len(statements[high].text):
                break
            room -= len(statements[high].text)
            high += 1
        for n in range(high, min(high + _NOTES, len(statements))):
            if statements[n].kind == "note" and _same_page(statements[high - 1], statements[n]):
                high = n + 1
        return low, high

    def _is_cut(self, at: int) -> bool:
        """Say whether the statement at ``at`` goes on with what the one before it began."""
        before, after = self.reading.statements[at - 1], self.reading.statements[at]
        if before.kind == "heading" or not _same_page(before, after):
            return False
        if after.kind in ("bullet", "key_value", "table") and before.kind == after.kind:
            return before.headings == after.headings
        if after.kind in ("bullet", "key_value", "table"):
            return before.headings == after.headings and _LEADS_LIST.search(before.flat) is not None
        return _is_torn(before, after) or (not ends_sentence(before.flat) and may_continue(before.flat, after.flat))

    def _of(self, statement: Statement) -> Iterator[_Piece]:
        document = self.reading.document
        if statement.kind == "table":
            of_table = [
                (n, t) for n, t in enumerate(document.tables) if t.start < statement.end and statement.start < t.end
            ]
            rows = [
                row
                for n, _ in of_table
                for row in self._table(n)
                if row.start < statement.end and statement.start < row.end
            ]
            if rows:
                yield from rows
                return
            if of_table and any(self._is_header(n, statement) for n, _ in of_table):
                return  # the headings stand in every row
        text = document.cells_apart(statement.start, statement.end) if document.kind == "csv" else statement.flat
        facts = self.reading.facts_between(statement.start, statement.end)
        yield _Piece(_plain(text), statement.start, statement.end, statement.headings, _period(facts))

    def _is_header(self, ordinal: int, statement: Statement) -> bool:
        """Say whether a statement holds nothing but headings of a table whose rows are told."""
        table = self.reading.document.tables[ordinal]
        cells = [c for c in table.cells if c.start < c.end and statement.start <= c.start < statement.end]
        return bool(self._table(ordinal)) and bool(cells) and all(c.row < table.header_rows for c in cells)

    def _table(self, ordinal: int) -> list[_Piece]:
        if ordinal not in self._rows:
            self._rows[ordinal] = list(self._read_table(ordinal))
        return self._rows[ordinal]

    def _read_table(self, ordinal: int) -> Iterator[_Piece]:
        """Yield the rows of a table, the cells under their headings and with their units, as the facts have them."""
        document = self.reading.document
        table = document.tables[ordinal]
        facts = [f for f in self.reading.facts_between(table.start, table.end) if f.table == ordinal]
        starts = [f.value_start for f in facts]
        rows: dict[int, list[tuple[Cell, list[Fact]]]] = {}
        columns: dict[int, str] = {}
        for cell in table.cells:
            if cell.start < cell.end and cell.row >= table.header_rows:
                held = facts[bisect_left(starts, cell.start) : bisect_left(starts, cell.end)]
                rows.setdefault(cell.row, []).append((cell, held))
                for fact in held:
                    columns.setdefault(cell.column, _plain(fact.column or ""))
        for _, cells in sorted(rows.items()):
            held = [fact for _, inside in cells for fact in inside]
            if not held:
                continue
            name = _plain(held[0].row or "")
            parts = [name] if name else []
            for cell, inside in cells:
                words = _plain(document.text[cell.start : cell.end])
                if words and not (cell.column < table.header_columns and words in name):
                    head = columns.get(cell.column, "")
                    parts.append(f"{head}: {_with_unit(words, inside)}" if head else _with_unit(words, inside))
            start, end = min(cell.start for cell, _ in cells), max(cell.end for cell, _ in cells)
            scope = held[0].scope
            path = held[0].headings
            headings = path if scope is None or scope in path else (*path, scope)
            yield _Piece(" | ".join(parts), start, end, headings, _period(held))


def _join(pieces: list[_Piece], document: Document, most: int) -> int:
    """Make one line of short lines that follow each other, the shortest first; return how many are saved.

    A page of slides has a line for every other word: a model that is to point at lines needs fewer.
    """
    saved = 0
    while saved < most:
        pairs = [
            (len(one.text) + len(other.text), n)
            for n, (one, other) in enumerate(pairwise(pieces))
            if " | " not in one.text + other.text and not document.text[one.end : other.start].strip()
        ]
        length, n = min(pairs, default=(_JOINED, 0))
        if length >= _JOINED:
            break
        one, other = pieces[n : n + 2]
        period = one.period if one.period == other.period else None
        pieces[n : n + 2] = [_Piece(f"{one.text} {other.text}", one.start, other.end, one.headings, period)]
        saved += 1
    return saved


def _with_unit(words: str, facts: Sequence[Fact]) -> str:
    """Return a cell with the unit that it inherits. 例: 36,494 under 単位：千円 → 36,494千円"""
    if len(facts) != 1 or facts[0].number is None or not facts[0].unit or not words[-1:].isdecimal():
        return words
    unit = _plain(facts[0].unit)
    return words if same_width(unit) in same_width(words) else words + unit


def _period(facts: Iterable[Fact]) -> str | None:
    """Return the date that all figures of a line hold for, where the line or its headings say it."""
    told = {fact.as_of for fact in facts if fact.as_of_from not in (None, "document")}
    return told.pop() if len(told) == 1 else None


def _heading(document: Document, path: Sequence[str]) -> str:
    """Return what a reader needs to place the lines of a block, on one line; the innermost headings are kept."""
    date = describe(document.published).replace("現在", "") if document.published else None
    guessed = "（推定）" if date and document.is_date_guessed else ""
    about = "、".join(filter(None, (_plain(document.meeting or ""), f"{date}{guessed}" if date else "")))
    title = _plain(document.title)[:60]
    told = [f"{title}（{about}）" if about else title]
    kept: list[str] = []
    for heading in reversed([_plain(h) for h in path]):
        if heading and heading not in title and sum(map(len, (*told, *kept, heading))) <= _HEADING:
            kept.insert(0, heading)
    return " > ".join([*told, *dict.fromkeys(kept)])


def _plain(text: str) -> str:
    """Return a text on one line, without invisible characters and marks of emphasis; cells are parted by bars."""
    apart = re.sub(r"[ 　]*\t[\t 　]*", " | ", re.sub(r"[ \t　]*\n\s*", "", text.strip()))
    seen = "".join(c for c in apart if unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cn"))
    linked = re.sub(r"!?\[\[?(?:[^\[\]|]{1,200}\| ?)?([^\[\]|]{1,200})\](?:\]|\([^()\s]{1,300}\))", r"\1", seen)
    return re.sub(r"\s+", " ", re.sub(r"\*\*|</?[A-Za-z][^<>]{0,60}>", "", linked)).strip()


def _is_torn(one: Statement, other: Statement) -> bool:
    """Say whether a line end tore two statements: behind a comma, a particle, a word's beginning, or in brackets."""
    if one.kind in ("table", "heading") or other.kind not in ("paragraph", "label") or one.headings != other.headings:
        return False
    if one.document.text[one.end : other.start].strip() or not _same_page(one, other) or begins_item(other.flat):
        return False
    is_open = len(re.findall("[（(「『]", one.flat)) > len(re.findall("[）)」』]", one.flat))
    is_lone = len(one.flat) <= _LONE and not re.search(r"\s", one.flat) and may_continue(one.flat, other.flat)
    return is_open or is_lone or _GOES_ON.search(one.flat) is not None


def _same_page(one: Statement, other: Statement) -> bool:
    document = one.document
    return document.page_at(one.start).number == document.page_at(other.start).number
