"""Statements with their surroundings, and how much of a question each of them meets.

A statement is a sentence, a bullet, a key-value line, a note or a table row: the smallest piece that can be quoted.
Briefings say half of what they mean by place (a heading, the line above, a note below), so a word of the question
counts fully in the statement itself and less the further away it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import combinations, groupby, pairwise
from typing import Protocol, overload

import numpy as np
import numpy.typing as npt

from answer.asking.cues import OPPOSITES
from answer.asking.question import Question, Term
from answer.asking.thesaurus import synonyms
from answer.reading.clauses import with_own_names
from index.database.stretches import LENGTH, Outline, Stretch, stretches_of
from ingest.dates import Period, find_periods, parse_code
from ingest.document import Document, Fact
from ingest.japanese import content_words, fold
from ingest.kana import katakana as katakana
from ingest.numbers import Quantity, find_quantities
from ingest.statements import Statement as Kept
from ingest.statements import on_one_line, read_statements

Array = npt.NDArray[np.float64]

# What a word is worth by its distance, in statements, from the one that is judged. Set by hand; the shape matters
# (near is much better than far), not the values.
_DECAY = (1.0, 0.72, 0.6, 0.5, 0.42, 0.36, 0.32, 0.28, 0.25, 0.22, 0.2)
_BY_DISTANCE = np.array([0.0, *_DECAY[1:], 0.0])  # what stands in the statement itself is counted apart
_HEADING = (0.85, 0.75, 0.65, 0.55, 0.5)  # innermost first
_TITLE = 0.65
_OTHER_SECTION = 0.6  # a neighbour under other headings says less
_SYNONYM = 0.8
HEARD = 0.55  # a word that no document holds is known all the same when one of its like words counts this much
# What a verb or an adjective weighs beside a noun: everyday questions put them in words that no paper uses.
_SAYS_HOW = 0.6
_SAID_OTHERWISE = 0.1  # none of the documents has it, nor a synonym
_OF_ORDINAL = 0.6  # what 第2回 counts in the lines below it
_ORDINAL_REACH = 4  # statements below it that an ordinal may be about

_ORDINAL = re.compile(r"第\d|\d+(?:回|号|弾|歳|泊|年生|番)")


@dataclass(frozen=True)
class Statement:
    """A quotable piece: ``document.text[start:end]``, with the headings it stands under."""

    document: Document
    order: int
    start: int
    end: int
    kind: str
    headings: tuple[str, ...]

    @classmethod
    def of(cls, document: Document, order: int, kept: Kept, text: str | None = None) -> Statement:
        """Return the statement as it is kept, in its document, whose ``text`` is looked up where it is not given."""
        statement = cls(document, order, kept.start, kept.end, kept.kind, kept.headings)
        statement.__dict__["lemmas"] = frozenset(kept.lemmas)  # what its text would give
        if text is not None:
            statement.__dict__["text"] = text[kept.start : kept.end]
        return statement

    @cached_property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @cached_property
    def flat(self) -> str:
        """The text on one line."""
        return on_one_line(self.text)

    @cached_property
    def key(self) -> str:
        return katakana(self.text)

    @cached_property
    def lemmas(self) -> frozenset[str]:
        return frozenset(content_words(self.flat))

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Quantities with places in ``text``."""
        return find_quantities(self.text)

    @cached_property
    def periods(self) -> list[Period]:
        """Periods with places in ``text``; 昨年度 and the like count from when the document was published."""
        return find_periods(self.text, written=written_at(self.document))


def written_at(document: Document) -> Period | None:
    """Return when a document was published, as far as it is known."""
    return parse_code(document.published) if document.published else None


@dataclass(frozen=True)
class Piece:
    """A stretch of a paper as it is read: statements, and the facts that begin where they stand, by start.

    ``unpaired`` are the places of figures that are no facts of their own any more; ``loose`` is filled as it is asked.
    """

    statements: tuple[Statement, ...]
    facts: tuple[Fact, ...]
    unpaired: frozenset[int]
    loose: dict[int, tuple[Fact, ...]] = field(default_factory=dict)


def read_piece(document: Document, outline: Outline, ordinal: int, stretch: Stretch) -> Piece:
    """Return a stretch of a document as it is read.

    The statement on each side of it is looked at too: what a line of figures says, the headings above it say.
    """
    text = document.text
    every = [Statement.of(document, stretch.low + n, kept, text) for n, kept in enumerate(stretch.statements)]
    first, behind = LENGTH * ordinal, LENGTH * (ordinal + 1)
    low, high = outline.start(first), outline.start(behind)
    stated = [f for f in stretch.facts if not any(a <= f.value_start < b for a, b in outline.orders)]
    paired = _with_paired_figures(every, stated)
    unpaired = {f.value_start for f in stated} - {f.value_start for f in paired}
    headed = _with_headed_lines(every, paired, stretch.low)
    return Piece(
        tuple(s for s in every if first <= s.order < behind),
        tuple(f for f in headed if (low or 0) <= f.start and (high is None or f.start < high)),
        frozenset(unpaired),
    )


class Reading:
    """A document read as statements, with its facts by place: as much of it as is looked at."""

    def __init__(
        self, document: Document, outline: Outline, read: Callable[[Sequence[int]], Mapping[int, Piece]]
    ) -> None:
        """``read`` returns pieces of the document by their ordinals."""
        self.document = document
        self.outline = outline
        self._pieces: dict[int, Piece] = {}
        self.statements = _Statements(self)
        # It speaks to whoever answers from it: what another paper says counts for more.
        self.is_doubted = bool(outline.orders)
        self._read = read
        self._starts: list[int] = outline.starts.tolist()

    def hold(self, pieces: Mapping[int, Piece]) -> None:
        """Take in pieces that were read together with those of other documents."""
        self._pieces |= pieces

    def lacking(self, low: int, high: int) -> list[int]:
        """Return the pieces of statements [low, high) that have not been read yet."""
        last = min(high, len(self.outline)) - 1
        wanted = range(max(0, low) // LENGTH, last // LENGTH + 1) if last >= max(0, low) else range(0)
        return [n for n in wanted if n not in self._pieces]

    def pieces(self, low: int, high: int) -> list[Piece]:
        """Return the pieces that hold the statements [low, high)."""
        missing = self.lacking(low, high)
        if missing:
            self.hold(self._read(missing))
        last = min(high, len(self.outline)) - 1
        return [self._pieces[n] for n in range(max(0, low) // LENGTH, last // LENGTH + 1)] if last >= 0 else []

    def piece(self, ordinal: int) -> Piece:
        """Return one piece; asked for at every statement that is looked at."""
        found = self._pieces.get(ordinal)
        if found is None:
            self.hold(self._read([ordinal]))
            found = self._pieces[ordinal]
        return found

    def at(self, offset: int) -> int:
        """Return the index of the statement that holds ``offset``, or the one before it."""
        return max(0, bisect_right(self._starts, offset) - 1)  # as the outline does, at every fact that is looked at

    @property
    def facts(self) -> Sequence[Fact]:
        """All facts of the document, by start."""
        return [fact for piece in self.pieces(0, len(self.outline)) for fact in piece.facts]

    def facts_between(self, start: int, end: int) -> Sequence[Fact]:
        """Return the facts that begin within a span, by start."""
        held = self.pieces(self.at(start), self.at(end) + 1) if start < end else []
        return [fact for piece in held for fact in piece.facts if start <= fact.start < end]

    def loose_facts(self, index: int) -> tuple[Fact, ...]:
        """Return the figures of a statement that are no facts of their own, each labelled by the words before it.

        例: ３，１９３種類に及び、うち個人情報を扱う業務が７１９種類 → 719種類 of うち個人情報を扱う業務
        """
        piece = self.piece(index // LENGTH)
        if index not in piece.loose:
            statement = self.statements[index]
            held = [f.value_start for f in self.facts_between(statement.start - 200, statement.end)]
            held += [at for at in piece.unpaired if statement.start <= at < statement.end]
            piece.loose[index] = tuple(_loose_facts(statement, held))
        return piece.loose[index]

    def heading(self, heading: str) -> tuple[frozenset[str], str]:
        """Return the lemmas and the katakana form of a heading."""
        return _read_heading(heading)


class _Statements(Sequence[Statement]):
    """The statements of a reading, which are read when they are looked at."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._length = len(reading.outline)
        self._pieces = reading._pieces  # looked into at every statement

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Statement: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Statement]: ...

    def __getitem__(self, index: int | slice) -> Statement | Sequence[Statement]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        if not -self._length <= index < self._length:
            raise IndexError(f"{index} of {self._length} statements")
        at = index % self._length
        piece = self._pieces.get(at // LENGTH) or self._reading.piece(at // LENGTH)
        return piece.statements[at % LENGTH]


@lru_cache(maxsize=16384)
def _read_heading(heading: str) -> tuple[frozenset[str], str]:
    return frozenset(content_words(heading)), katakana(heading)


def read_whole(document: Document, facts: Sequence[Fact]) -> Reading:
    """Return the reading of a document that is here as a whole, with its facts."""
    statements = read_statements(document)
    outline = Outline.of(statements)
    said = [statement for statement in statements if not statement.is_order]
    ordered = sorted(facts, key=lambda fact: fact.start)
    pieces: dict[int, Piece] = {}
    for ordinal, (low, some) in enumerate(stretches_of(said)):
        first, behind = outline.area(ordinal)
        near = tuple(f for f in ordered if first <= f.start and (behind is None or f.start < behind))
        pieces[ordinal] = read_piece(document, outline, ordinal, Stretch(low, tuple(some), near))
    return Reading(document, outline, lambda ordinals: {n: pieces[n] for n in ordinals})


def _with_paired_figures(statements: Sequence[Statement], facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts, the figures of a sentence that holds several each labelled by the name it stands with."""
    starts = [s.start for s in statements]
    found: list[Fact] = []
    for at, inside in groupby(facts, key=lambda f: bisect_right(starts, f.value_start) - 1):
        held = list(inside)
        statement = statements[at] if at >= 0 else None
        several = statement is not None and statement.kind != "table" and sum(f.number is not None for f in held) > 1
        found += with_own_names(statement.text, statement.start, held) if statement and several else held
    return found


_BARE = re.compile(r"[△▲+-]?\d[\d,]*(?:\.\d+)?%?")


def _with_headed_lines(statements: Sequence[Statement], facts: Sequence[Fact], first: int) -> tuple[Fact, ...]:
    """Return the facts, those of a line of bare figures under a line of as many headings read by these headings.

    A ruled box may hold several small tables one below the other; read as one, the first one's headings would name
    the figures of them all. 例: 男性⇥女性 over 328⇥245. ``first`` is the index of the first statement in its paper.
    """
    kept = list(facts)
    starts = [f.start for f in kept]
    for n, (above, line) in enumerate(pairwise(statements), first):
        if above.kind != "table" or line.kind != "table":
            continue
        heads, cells = above.text.split("\t"), line.text.split("\t")
        if len(heads) != len(cells) or len(cells) < 2 or not all(_BARE.fullmatch(fold(cell).strip()) for cell in cells):
            continue
        names = [fold(head).strip() for head in heads]
        if len(set(names)) < len(names) or not all(re.search(r"[^\W\d_]", name) for name in names):
            continue
        if all(re.search(r"\d", name) for name in names):
            continue
        first, last = bisect_left(starts, line.start), bisect_left(starts, line.end)
        held = {f.value_start: f for f in kept[first:last] if f.number is not None}
        at, up, read = line.start, above.start, list[Fact]()
        for head, cell, name in zip(heads, cells, names, strict=True):
            read.append(_under(head, cell, line, at, up, n, held.get(at)))
            known = held.get(at)
            read[-1] = known if known is not None and not known.row and name in fold(known.column or "") else read[-1]
            at, up = at + len(cell) + 1, up + len(head) + 1
        if all(fact in held.values() for fact in read):
            continue
        before = bisect_left(starts, above.start)
        kept[before:last] = read
        starts = [f.start for f in kept]
    return tuple(kept)


def _under(head: str, cell: str, line: Statement, at: int, up: int, n: int, known: Fact | None) -> Fact:
    """Return a figure of a line as the cell under its heading."""
    document = line.document
    number = re.sub(r"[,%]", "", fold(cell).strip()).replace("△", "-").replace("▲", "-")
    return Fact(
        id=known.id if known is not None else f"{document.id}:h{at}",
        document_id=document.id,
        kind="cell",
        label=head.strip(),
        value=cell.strip(),
        number=float(number),
        unit="%" if fold(cell).strip().endswith("%") else None,
        as_of=document.published,
        as_of_from="document" if document.published else None,
        scope=line.headings[-1] if line.headings else None,
        page=document.page_at(at).number,
        start=line.start,
        end=line.end,
        value_start=at,
        value_end=at + len(cell),
        headings=line.headings,
        column=head.strip(),
        table=-1 - n,
        context=((up, up + len(head)),),
    )


_TORN = re.compile(r"\n|(?<=\d) (?=[^\W\d_a-zA-Z])")
_TOPIC = re.compile(r"([^、。]{2,40}?)は、")
_WORDS_BEFORE = 48  # characters before a figure that may say what it is


def _loose_facts(statement: Statement, held: Sequence[int]) -> Iterator[Fact]:
    """Return a fact for each figure with a unit in a statement, but for those that start in ``held``."""
    # A line end inside a figure or its unit is no end (パ⏎ーセント), nor is the space of 719 種類.
    kept = [i for i in range(len(statement.text)) if not _TORN.match(statement.text, i)]
    text = "".join(statement.text[i] for i in kept)
    document = statement.document
    before = 0
    for quantity in find_quantities(text):
        begin, stop = quantity.at
        # 例: 交付枚数は…、交付率は、全国で43%、本市は33%: the topics before it hold for every figure
        topics = [m[1] for m in _TOPIC.finditer(text, 0, before)]
        label = " ".join((*topics[:1], *topics[1:][-1:], text[max(before, begin - _WORDS_BEFORE) : begin]))
        before = stop
        if text[stop : stop + 1] == "分" and text[stop + 1 : stop + 2] != "の":
            stop += 1  # 例: 1,800食分
        start, end = statement.start + kept[begin], statement.start + kept[stop - 1] + 1
        if quantity.base_unit is None or any(start <= at < end for at in held):
            continue
        periods = [p for p in statement.periods if p.at[1] <= kept[begin]]
        as_of = periods[-1].code if periods else document.published
        yield Fact(
            id=f"{document.id}:q{start}",
            document_id=document.id,
            kind="sentence",
            label=label,
            value=document.text[start:end],
            number=quantity.value,
            unit=quantity.unit,
            as_of=as_of,
            as_of_from="text" if periods else "document" if as_of else None,
            scope=statement.headings[-1] if statement.headings else None,
            page=document.page_at(start).number,
            start=statement.start,
            end=statement.end,
            value_start=start,
            value_end=end,
            headings=statement.headings,
        )


@dataclass(frozen=True)
class Atom:
    """The smallest thing of a question's topic that is looked for, with the weight of finding it."""

    lemma: str
    surface: str  # katakana-folded
    weight: float
    others: tuple[tuple[str, str, float], ...] = ()  # like words, best first: lemma, katakana form, what it counts
    known: bool = True  # some document of the collection holds it, or one of its synonyms
    focus: bool = False
    whole: str | None = None  # the compound it is a piece of: where that stands, the piece does too
    proper: bool = False  # a piece of a name
    strict: bool = False  # 第2回, 20～24歳: tells one thing from its neighbours, so a neighbour's does not count
    compound: bool = False  # has pieces that are atoms too
    says_how: bool = False  # a verb or an adjective, which people put in words of their own

    @property
    def is_strange(self) -> bool:
        """Say whether this is a thing that no document names, by this word or one like it.

        A single character is a piece of many words (昨年度, 中国籍), 数値 only says what kind of figure is asked, and
        of two halves (個別, 連結) papers name only the other.
        """
        counted = _MEASURE.fullmatch(self.lemma.removesuffix("値")) is not None
        half = any(re.fullmatch(word, self.lemma) for pair in OPPOSITES for word in pair)
        return len(self.surface) > 1 and not (self.known or self.compound or self.says_how or counted or half)

    def match(self, lemmas: frozenset[str], key: str) -> float:
        if self.lemma in lemmas or (len(self.surface) > 1 and self.surface in key):
            return 1.0
        for lemma, surface, worth in self.others:
            if lemma in lemmas or (len(surface) > 1 and surface in key):
                return worth
        return 0.0

    def within(self, lemmas: frozenset[str], key: str) -> Atom | None:
        """Return the atom with those of its like words alone that stand in a text; None where nothing of it does."""
        others = tuple(o for o in self.others if o[0] in lemmas or (len(o[1]) > 1 and o[1] in key))
        if not others and self.lemma not in lemmas and self.surface not in key:
            return None
        return replace(self, others=others)


_MEASURE = re.compile(r"人数|件数|金額|額|数|割合|率|個数|人員|社数|校数|回数|値|数字")


class Lexicon(Protocol):
    """What a collection knows of words."""

    def idf(self, word: str) -> float: ...

    def known(self, word: str) -> bool:
        """Tell whether some document holds the word."""
        ...

    def neighbours(self, words: Sequence[str]) -> Mapping[str, Sequence[tuple[str, float]]]:
        """Return the words of the documents that mean about the same as each word, with what they count for it."""
        ...


def read_atoms(question: Question, lexicon: Lexicon) -> tuple[Atom, ...]:
    """Return the atoms of a question's terms: each lemma once, compounds in addition to their parts."""
    atoms: dict[str, Atom] = {}
    idf, known = lexicon.idf, lexicon.known
    # A name stands for itself: no other town is about the same as the one that is asked about.
    near = lexicon.neighbours([p for t in question.terms for p in t.parts if p not in t.proper and not t.ordinal])

    def add(lemma: str, surface: str, scale: float, whole: str | None = None, term: Term | None = None) -> None:
        others = dict(near.get(lemma, ()))
        others |= dict.fromkeys(synonyms(lemma) | synonyms(surface) | _ordinals(lemma), _SYNONYM)
        meant = [other for other, worth in others.items() if worth >= HEARD and known(other)]
        found = known(lemma) or known(surface)
        heard = found or bool(meant)
        weight = scale * (idf(lemma) if found or not heard else max(map(idf, meant)))
        if term is not None and term.says_how:
            weight *= _SAYS_HOW if heard else _SAID_OTHERWISE
        if term is not None and not term.ordinal and re.fullmatch(r"\d+.", term.text):
            weight *= 0.3  # 例: 中袋（10枚）: how many of it tells little of what it is
        if _MEASURE.fullmatch(lemma):
            weight *= 0.4  # what kind of figure is asked for is judged by its unit
        atom = Atom(
            lemma,
            katakana(surface),
            weight,
            tuple((other, katakana(other), others[other]) for other in sorted(others, key=lambda o: (-others[o], o))),
            heard,
            lemma in question.focus,
            whole,
            term is not None and lemma in term.proper,
            term is not None and term.ordinal,
            term is None,
            term is not None and term.says_how,
        )
        if lemma not in atoms or atoms[lemma].weight < weight:
            atoms[lemma] = atom

    for term in question.terms:
        compound = len(term.parts) > 1 and len(term.text) > 2
        if compound:
            # The compound as it stands is worth as much as one more word: 相談件数 is not 件数 … 相談.
            add(term.text, term.text, 0.5 if not term.quoted else 1.0)
        for part in term.parts:
            add(part, _surface_of(part, term), 1.0, term.text if compound else None, term)
    return tuple(atoms.values())


def _ordinals(text: str) -> frozenset[str]:
    """Return the other writing of an ordinal. 例: 2回目 → 第2回"""
    match = re.fullmatch(r"(?:第?(\d+)(回|号|弾|期|次)目?)", text)
    if match:
        return frozenset({f"第{match[1]}{match[2]}", f"{match[1]}{match[2]}目"} - {text})
    ages = re.fullmatch(r"(\d+)(?:~|歳から)(\d+)歳", text)
    if not ages:
        return frozenset()
    return frozenset({f"{ages[1]}歳から{ages[2]}歳", f"{ages[1]}~{ages[2]}歳", f"{ages[1]}~{ages[2]}"} - {text})


def _surface_of(part: str, term: Term) -> str:
    return term.text if len(term.parts) == 1 and len(term.text) > 1 else part


class Coverage:
    """How much of a question's topic the statements in ``[low, high)`` of a reading meet.

    ``zones[a, i]`` is what atom ``a`` counts at statement ``low + i``: 1 in its own text, less in headings and
    neighbours, 0 where it is nowhere near.
    """

    def __init__(
        self,
        reading: Reading,
        atoms: Sequence[Atom],
        low: int,
        high: int,
        matched: dict[str, Array] | None = None,
    ) -> None:
        """``matched`` keeps what each atom counts in a heading, for other coverages of the same atoms."""
        self.reading = reading
        self.atoms = atoms
        self.low, self.high = max(0, low), min(high, len(reading.statements))
        self.weights: Array = np.array([a.weight for a in atoms], dtype=float)
        self._matched = {} if matched is None else matched
        statements = reading.statements[self.low : self.high]
        self.own: Array = _own(atoms, statements)
        self.headings: Array = self._under_headings([statement.headings for statement in statements])
        places = {atom.lemma: row for row, atom in enumerate(atoms)}
        for row, atom in enumerate(atoms):
            if atom.whole in places:
                np.maximum(self.own[row], self.own[places[atom.whole]], out=self.own[row])
                np.maximum(self.headings[row], self.headings[places[atom.whole]], out=self.headings[row])
        self.zones = np.maximum(self.own, self.headings)
        strict = np.array([atom.strict for atom in atoms], dtype=bool)
        if strict.any():
            under = _OF_ORDINAL * self._under_ordinals()
            np.maximum(self.zones, np.where(strict[:, None], under, 0.0), out=self.zones)
        # Most words of a question stand nowhere in most places: only of the others is anything near.
        said = np.flatnonzero(self.own.any(axis=1) & ~strict)
        if len(said):
            self.zones[said] = np.maximum(self.zones[said], self._near(said, [s.headings for s in statements]))

    def _under_headings(self, paths: Sequence[tuple[str, ...]]) -> Array:
        """Return what each atom counts in the headings that each statement stands under, and in the title."""
        document = self.reading.document
        of_title = _TITLE * self._of_heading(" ".join(filter(None, (document.title, document.meeting))))
        zones = {path: self._of_headings(path, of_title) for path in dict.fromkeys(paths)}
        return np.array([zones[path] for path in paths]).reshape(len(paths), len(self.atoms)).T.copy()

    def _near(self, rows: npt.NDArray[np.int64], paths: Sequence[tuple[str, ...]]) -> Array:
        """Return what atoms count at each statement by standing in those around it: the less the further away."""
        order = {path: k for k, path in enumerate(dict.fromkeys(paths))}
        near_by = np.ones((len(order), len(order)))
        for (one, a), (other, b) in combinations(order.items(), 2):
            if not _same_section(one, other):
                near_by[a, b] = near_by[b, a] = _OTHER_SECTION
        section = np.array([order[path] for path in paths], dtype=int)
        own = self.own[rows]
        at = np.flatnonzero(own.any(axis=0))  # the few statements that say any of it
        apart = np.minimum(np.abs(at[:, None] - np.arange(len(paths))), len(_DECAY))
        decay = _BY_DISTANCE[apart] * near_by[section[at][:, None], section]
        return np.asarray((own[:, at, None] * decay).max(axis=1))

    def _under_ordinals(self) -> Array:
        """Return, per atom and statement, whether the last ordinal said up to there is the atom's.

        第2回 above a line is about that line, up to the next ordinal; 第2回 in a note below it then is not.
        """
        under = np.zeros_like(self.own)
        last, said = -_ORDINAL_REACH - 1, np.zeros(len(self.atoms))
        for i in range(under.shape[1]):
            if _ORDINAL.search(self.reading.statements[self.low + i].key):
                last, said = i, self.own[:, i]
            if i - last <= _ORDINAL_REACH:
                under[:, i] = said
            else:  # nothing above: the next two lines may say it
                under[:, i] = self.own[:, i : i + 3].max(axis=1)
        return under

    def said_before(self, atom: int, index: int) -> bool:
        """Tell whether a word stands in a statement or in one of the four before it."""
        at = index - self.low
        return bool(self.own[atom, max(0, at - 4) : at + 1].any())

    def _of_headings(self, headings: tuple[str, ...], floor: Array) -> Array:
        zone = floor.copy()
        for depth, heading in enumerate(reversed(headings)):
            np.maximum(zone, _HEADING[min(depth, len(_HEADING) - 1)] * self._of_heading(heading), out=zone)
        return zone

    def _of_heading(self, heading: str) -> Array:
        if heading not in self._matched:
            lemmas, key = self.reading.heading(heading)
            self._matched[heading] = np.array([a.match(lemmas, key) for a in self.atoms], dtype=float)
        return self._matched[heading]

    def score(self, zones: Array) -> float:
        """Return the weighted share of the topic that ``zones`` (one value per atom) meet: 0 to 1."""
        total = float(self.weights.sum())
        return float((self.weights * zones).sum() / total) if total else 0.0

    def scores_of(self, zones: Array) -> Array:
        """Return ``score`` of each row, to the last bit."""
        total = float(self.weights.sum())
        return (self.weights * zones).sum(axis=1) / total if total else np.zeros(len(zones))

    def scores(self) -> Array:
        total = float(self.weights.sum())
        return (self.weights @ self.zones) / total if total else np.zeros(self.zones.shape[1])


def _own(atoms: Sequence[Atom], statements: Sequence[Statement]) -> Array:
    """Return what each atom counts in the own text of each statement."""
    found: Array = np.zeros((len(atoms), len(statements)))
    # Of an atom and its many like words hardly one stands in any of these: what does not is not looked for in each.
    lemmas = frozenset[str]().union(*(statement.lemmas for statement in statements))
    text = "\n".join(statement.key for statement in statements)
    for row, atom in enumerate(atoms):
        there = atom.within(lemmas, text)
        if there is not None:
            found[row] = [there.match(statement.lemmas, statement.key) for statement in statements]
    return found


def _same_section(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
