"""Figures: what the question's topic, unit and period say for each, best first, and how one is printed and dated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from answer.asking.cues import MONEY, OPPOSITES, PEOPLE, RATE, SPEAKS_OF_CHANGE, TOTAL_HEADING
from answer.asking.question import Question
from answer.check import unsupported
from answer.draft import Support
from answer.reading.clauses import TOTAL
from answer.reading.evidence import Array, Atom, katakana
from answer.reading.scene import PRIOR, STRANGER, Region, Scene, label_words
from answer.reading.signals import NEAR, Signals, read_signals
from answer.reading.told import told_of
from ingest.dates import Period, describe, find_periods, parse_code
from ingest.document import Fact
from ingest.japanese import fold, morphs
from ingest.numbers import base_unit, find_quantities, with_digits
from ingest.tables import is_missing
from ingest.writing import without_notes

_UNIT_WRONG = -0.35  # the figure measures something else
_UNIT_UNKNOWN = -0.05  # a bare figure
_UNIT_COUNT = 0.3  # a bare figure in a table, where a count is asked for
_SIGN_LEADS = 0.08  # by how much a cell with a sign must fit better than any figure


class Clues(NamedTuple):
    """What speaks for and against a figure, each about −1 to 1."""

    coverage: float  # share of the topic that is met where it stands
    unit: float
    dated: float  # it is said to hold for the period asked
    misdated: float  # it is said to hold for another one
    precision: float  # share of its label's words that were asked for
    prior: float  # how well its passage was found
    no_aim: float
    aim: float
    forecast: float
    added: float
    part: float
    budget: float
    total: float
    total_asked: float
    ordinal: float
    named: float  # by how many names of the question its row and column are called, just so
    called: float  # the question ends in the heading of its column, word for word
    stranger: float  # the paper is about somebody else
    opposite: float  # it belongs to the other half of what is named: 歳出 for 歳入


# Set by hand. A conditional logit over these clues, fitted on 112 questions, was no better in cross-validation (99 to
# 101 right first against 103), nor fitted on two question sets for the third.
WEIGHTS = Clues(
    coverage=1.0,
    unit=0.12,
    dated=0.2,
    misdated=0.2,
    precision=0.08,
    prior=PRIOR,
    no_aim=-0.35,
    aim=-0.2,
    forecast=-0.3,
    added=-0.25,
    part=-0.1,
    budget=0.08,
    total=0.12,
    total_asked=0.13,
    ordinal=-0.3,
    named=0.12,
    called=0.2,
    stranger=-STRANGER,
    opposite=-0.15,
)


@dataclass(frozen=True)
class Figure:
    """A fact as an answer: how well it meets topic, unit and period."""

    region: Region
    fact: Fact
    statement: int
    score: float
    coverage: float
    unit_fit: float
    period_fit: float
    zones: Array
    clues: Clues

    @property
    def undated(self) -> float:
        """The score without what the period asked speaks for and against it: which figure it is, whenever it holds."""
        return self.score - WEIGHTS.dated * self.clues.dated - WEIGHTS.misdated * self.clues.misdated

    def signals(self, scene: Scene, lead: float = 0.0) -> Signals:
        """Return what can be seen of the evidence for this figure."""
        atoms = self.region.coverage.atoms
        own = scene.label_zones(self.fact, atoms)
        found = read_signals(
            atoms,
            self.zones,
            own,
            unit=self.unit_fit,
            period=self.period_fit,
            lead=lead,
            fit=float(self.fact.kind == "cell"),
            prior=self.region.prior[self.statement - self.region.low],
        )
        unsaid = (
            *_unsaid_amount(scene.question, atoms, self.zones),
            *_undone(scene.question, atoms, own),
            *self._uncounted(scene.question, own),
            *self._told_of_another(own),
            *_other_entity(scene.question, self.fact),
            *_other_row(scene.question, self.fact, found.strange, atoms),
            *_only_a_part(scene, self.fact),
            *_nothing_of(self.fact, atoms, own),
        )
        return replace(found, needed=(*found.needed, *unsaid)) if unsaid else found

    def named(self, own: Array) -> Array:
        """Return what each atom counts at the figure itself: in its label (``own``), its line or a heading over it."""
        coverage, at = self.region.coverage, self.statement - self.region.low
        return np.maximum(np.maximum(own, coverage.own[:, at]), coverage.headings[:, at])

    def _told_of_another(self, own: Array) -> tuple[str, ...]:
        """Return the weightiest thing of the topic when the figure's sentence says what it is about, and that is none.

        例: 移住の相談は、…180件でした is not told of 航路の利用, whatever the lines around it speak of.
        """
        coverage, statements = self.region.coverage, self.region.reading.statements
        statement = statements[self.statement]
        if _ABOUT.search(statement.text, 0, max(0, self.fact.value_start - statement.start)) is None:
            return ()
        named, at = self.named(own), self.statement - self.region.low
        # A line that stands alone over the others is their heading, too.
        label = next((i for i in range(at - 1, -1, -1) if statements[self.region.low + i].kind == "label"), None)
        if label is not None and statements[self.region.low + label].headings == statement.headings:
            named = np.maximum(named, coverage.own[:, label])
        things = [(a.weight, n, a.lemma) for a, n in zip(coverage.atoms, named, strict=True) if not a.says_how]
        return (max(things)[2],) if things and not any(n for _, n, _ in things) else ()

    def _uncounted(self, question: Question, own: Array) -> tuple[str, ...]:
        """Return the noun of what is counted when no heading over a cell has a word of it: 患者総数 is no 検査件数."""
        if self.fact.kind != "cell":
            return ()
        asked = re.search(
            r"([^\s、。のはがを]+(?:件|人|者|台|個|社|校)数)(?:は|が|って)、?(?:何|いくつ|どれ)", question.folded
        )
        term = next((t for t in question.terms if asked and t.text == asked[1]), None)
        parts = [p for p in term.parts if not re.fullmatch(r".?数", p)] if term is not None else []
        atoms = self.region.coverage.atoms
        scope = self.region.reading.heading(self.fact.scope or "")
        near = [n or a.match(*scope) for a, n in zip(atoms, self.named(own), strict=True) if a.lemma in parts]
        return (asked[1],) if asked and near and not any(near) else ()


_ABOUT = re.compile(r"[^\W\d_ぁ-ん]は[、 　]?")  # 例: 相談は、…


def _unsaid_amount(question: Question, atoms: Sequence[Atom], zones: Array) -> tuple[str, ...]:
    """Return the noun that names the amount when it is not said near the figure: a 定員 is no 入学者数, a 運賃 no 助成.

    Nouns that only say in what is counted (件数, 人数, 割合) need not be said, the unit says them.
    """
    if question.amount is None:
        return ()
    met = {atom.lemma: zone >= NEAR for atom, zone in zip(atoms, zones, strict=True)}
    term = next((t for t in question.terms if t.text.endswith(question.amount)), None)
    if term is None:
        return ()
    # 料, 費 and 額 alone say little: 建設費 is told by 建設, too.
    head = term.parts[-1:] if len(term.parts[-1]) > 1 else term.parts[-2:]
    said = met.get(term.text) or any(met.get(part, True) for part in head)
    return () if said else (term.text,)


def _undone(question: Question, atoms: Sequence[Atom], zones: Array) -> tuple[str, ...]:
    """Return what the money is asked to be for when nothing near the figure says it: 建てるのにいくら is no 運営費."""
    deed = re.search(
        r"([一-龠々ァ-ヶー]+)[ぁ-ん]{1,4}(?:のに|ために)(?:は|、)?[^、。]{0,8}(?:いくら|何円|どれ|どの)",
        question.folded,
    )
    if deed is None:
        return ()
    term = next((t for t in question.terms if t.says_how and t.text.startswith(deed[1])), None)
    met = {atom.lemma: zone > 0 for atom, zone in zip(atoms, zones, strict=True)}
    return () if term is None or met.get(term.lemma, True) else (term.text,)


ENTITY = re.compile(
    r"([一-鿿々ァ-ヶー]{1,8}?)(線|空港|港|駅|高校|小学校|中学校|高等学校|大学|病院|窓口|会場|支所|市|町|村|県|区)(?![一-鿿])"
)


def _other_entity(question: Question, fact: Fact) -> tuple[str, ...]:
    """Return what the question names when the figure's own label names another of its kind: 高雄線 and 台北線."""
    label = fold(" ".join(filter(None, (fact.row, fact.column))) or fact.label)
    # 国際線 is a kind of line, 高雄線 is one of them: only names of places count.
    asked = [m for term in question.terms for m in ENTITY.finditer(term.text) if any(p in m[1] for p in term.proper)]
    missed = []
    for kind in {m[2] for m in asked}:
        names = {m[1] for m in asked if m[2] == kind}
        held = {m[1] for m in ENTITY.finditer(label) if m[2] == kind}
        if (
            held
            and not any(a.endswith(b) or b.endswith(a) for a in names for b in held)
            and not any(
                name in question.folded
                for name in held  # 例: 八代の港, asked of a row 八代港
            )
        ):
            missed += [m[0] for m in asked if m[2] == kind]
    return tuple(missed[:1])


_AMOUNT_NAME = re.compile(r".*(?:額|費|数|率|量|割合|価格|単価|人口|面積)(?:\s*[(（].*)?")


def _other_row(question: Question, fact: Fact, strange: tuple[str, ...], atoms: Sequence[Atom]) -> tuple[str, ...]:
    """Return the strange things of a question when the figure stands in a row of something else.

    That is the row of all (the question names one that the table does not have), the row of a place that the question
    does not name (宇宙窓口 is no 熊本窓口), or one of which the question has no word.
    """
    if not strange or fact.kind != "cell" or not fact.row:
        return ()
    row = fold(fact.row)
    if TOTAL_HEADING.fullmatch(row):
        return () if question.wants_total else strange[:1]
    unsaid = [m for m in morphs(row) if fold(m.surface) not in question.folded]
    of_place = bool(unsaid) and all(m.pos2 == "固有名詞" for m in unsaid)
    lemmas, key = label_words(row), katakana(row)
    # A row may also be called by what kind of figure it holds (予算額), which people put in words of their own.
    unasked = not _AMOUNT_NAME.fullmatch(row) and not any(atom.match(lemmas, key) for atom in atoms)
    return strange[:1] if of_place or unasked else ()


def lead_over(best: Figure, figures: Sequence[Figure]) -> float:
    """Return how far the best figure is ahead of the best one with another value."""
    other = next((f for f in figures if f.fact.number != best.fact.number), None)
    return best.score - other.score if other is not None else 0.5


def rank_figures(
    scene: Scene,
    periods: Sequence[Period],
    scope: Sequence[Period] = (),
    meeting: Period | None = None,
    alternative: str | None = None,
    *,
    given: bool = False,
    signs: bool = False,
) -> list[Figure]:
    """Return the facts near the hits that may answer, best first; values that the question gives only on demand.

    Where what is asked for is a cell that holds a sign and no figure, no other cell's figure answers: that is all that
    is returned with ``signs``, and nothing without.
    """
    asked = ("ranked", tuple(periods), tuple(scope), alternative, given)
    figures: list[Figure] = scene.once(asked, lambda: _ranked(scene, periods, scope, alternative, given=given))
    sign = next((f for f in figures if f.fact.number is None), None)
    numbers = [f for f in figures if f.fact.number is not None]
    if sign is not None and (not numbers or sign.score > numbers[0].score + _SIGN_LEADS):
        return in_papers(scene, [sign], meeting) if signs else []
    return in_papers(scene, numbers, meeting)


class _Weighed(NamedTuple):
    """A fact with all that does not hang on the period that is asked for."""

    region: Region
    fact: Fact
    statement: int
    zones: Array
    clues: Clues  # undated


class _Candidates(NamedTuple):
    """The facts that may answer, with the weighted clues of each in a row; ``other_sizes`` says that some were not."""

    weighed: list[_Weighed]
    worth: Array
    other_sizes: bool
    told: frozenset[tuple[float, str | None]]  # what the question itself gives


def _ranked(
    scene: Scene, periods: Sequence[Period], scope: Sequence[Period], alternative: str | None, *, given: bool
) -> list[Figure]:
    """Return the facts near the hits that may answer, best first."""
    found: _Candidates = scene.once(("weighed", given), lambda: _weigh(scene, given))
    times = _Times(periods, scope)
    when = [times.fit(one) for one in found.weighed]
    worth = found.worth.copy()
    if len(when):
        worth[:, _DATED] = WEIGHTS.dated * np.maximum(when, 0.0)
        worth[:, _MISDATED] = WEIGHTS.misdated * np.minimum(when, 0.0)
    totals = np.zeros(len(when))
    for column in worth.T:  # one after the other, as a sum of them is made: to the last bit
        totals += column
    figures: list[Figure] = []
    for (region, fact, index, zones, clues), time, total in zip(found.weighed, when, totals.tolist(), strict=True):
        score = total - scene.loss(region, index)
        if alternative is not None:
            score += _of_alternative(alternative, region, fact, index)
        dated = clues._replace(dated=max(time, 0.0), misdated=min(time, 0.0)) if time else clues
        figures.append(Figure(region, fact, index, score, clues.coverage, clues.unit, time, zones, dated))
    if found.other_sizes and not any(found.told & _sizes(figure.fact) for figure in figures):
        return []  # the papers tell it of other sizes only
    return sorted(figures, key=lambda f: -f.score)


_DATED, _MISDATED = Clues._fields.index("dated"), Clues._fields.index("misdated")


def _weigh(scene: Scene, given: bool) -> _Candidates:
    """Return the facts near the hits that may answer; values that the question gives only where they are ``given``."""
    question = scene.question
    told = frozenset((q.value, q.base_unit) for q in find_quantities(question.folded) if q.base_unit and not given)
    kept: list[tuple[Region, Fact, int, float, bool, Array]] = []
    other_sizes = False
    for region, fact in scene.facts():
        if (fact.number is None and not is_missing(fact.value)) or (
            told and any((q.value, q.base_unit) in told for q in find_quantities(printed(fact)))
        ):
            continue  # 例: これから10年、年にどれくらい…: the 10年 was said, not asked
        unit = unit_fit(question, fact)
        if unit <= _UNIT_WRONG:
            continue
        if told and _is_of_another_size(fact, told):
            other_sizes = True
            continue
        index = region.reading.at(fact.start)
        if not region.low <= index < region.high:
            continue
        other_row, other_column = scene.names_another(fact)
        total = _is_total(fact, other_row, other_column) or is_total_of_parts(scene, fact)
        zones = scene.fact_zones(region, fact, index, rivals=not (question.wants_total and total))
        kept.append((region, fact, index, unit, total, zones))
    if not kept:
        return _Candidates([], np.zeros((0, len(WEIGHTS))), other_sizes, told)
    coverages = kept[0][0].coverage.scores_of(np.array([zones for *_, zones in kept]))
    kind_of_value, precision, called = _ValueKinds(question, given), _Precision(scene), _Called(question)
    names, sides = asked_names(question), one_sided(question)
    strict = [i for i, atom in enumerate(scene.atoms) if atom.strict]
    weighed: list[_Weighed] = []
    for (region, fact, index, unit, total, zones), coverage in zip(kept, coverages.tolist(), strict=True):
        title = region.reading.document.title
        clues = Clues(
            coverage=coverage,
            unit=unit,
            dated=0.0,
            misdated=0.0,
            precision=precision(fact),
            prior=region.prior[index - region.low],
            **kind_of_value(fact, region, index),
            part=float(_is_unasked_part(scene, fact)),
            budget=_budget_column(question, fact, title),
            # The figure for all rows is meant where the question names none of them.
            total=float(total),
            total_asked=float(total and question.wants_total),
            named=is_named(fact, names),
            stranger=float(id(region) in scene.strangers),
            called=called(fact),
            opposite=is_opposite(sides, fact, title) + _of_another_area(question, fact),
            ordinal=float(any(zones[i] < NEAR for i in strict)),
        )
        weighed.append(_Weighed(region, fact, index, zones, clues))
    return _Candidates(weighed, np.array([one.clues for one in weighed]) * np.array(WEIGHTS), other_sizes, told)


class _Times:
    """How far the dates of facts fit the periods that are asked for."""

    def __init__(self, periods: Sequence[Period], scope: Sequence[Period]) -> None:
        self._periods, self._scope = periods, scope
        self._nearby: dict[tuple[int, int], float] = {}  # by region and statement

    def fit(self, one: _Weighed) -> float:
        """Return 1 where a fact holds for a period that is asked for, less than 0 where it holds for another one."""
        region, fact = one.region, one.fact
        when = max((period_fit(p, fact) for p in self._periods), default=0.0)
        year = _year_of_column(fact, region.reading.document.title) if self._periods else None
        if year is not None:
            when = max(_fit(p, year) for p in self._periods)
        if self._scope:
            when = max(when, 0.5 * max(period_fit(p, fact) for p in self._scope)) if when <= 0 else when
        if self._periods and when in (0.0, 0.25):
            when = self._said_nearby(region, one.statement)
        if when <= -0.6 and fact.as_of_from != "document":
            when *= 3  # it is said to hold for another time
        return when

    def _said_nearby(self, region: Region, index: int) -> float:
        at = id(region), index
        if at not in self._nearby:
            self._nearby[at] = _said_nearby(region, index, (*self._periods, *self._scope))
        return self._nearby[at]


def _is_of_another_size(fact: Fact, told: Collection[tuple[float, str | None]]) -> bool:
    """Tell whether a figure is named by a size, and the question names another one.

    例: 口径13ミリ, where 口径20ミリ was asked for. A label with limits (65歳以上, 20～24歳) may cover what is asked.
    """
    if _LIMITS.search(fold(fact.label)):
        return False
    held = _sizes(fact)
    return any(
        base not in _SPANS and base in {b for _, b in held} and (value, base) not in held for value, base in told
    )


def _sizes(fact: Fact) -> set[tuple[float, str | None]]:
    """Return the quantities that a figure is named by. 例: 口径13ミリ"""
    return {(q.value, q.base_unit) for q in find_quantities(fact.label)}


_LIMITS = re.compile(r"以上|以下|以内|未満|超|まで|から|~|\d-\d|平均")
_SPANS = ("年", "か月", "日", "時間", "分")  # how long, not how large


def in_papers(scene: Scene, figures: list[Figure], meeting: Period | None) -> list[Figure]:
    """Return the figures that stand in the papers of a meeting, or all where none is named."""
    if meeting is None:
        return figures
    papers = _of_meeting(scene.regions, meeting)
    return [f for f in figures if id(f.region) in papers]


class _ValueKinds:
    """What speaks against a figure because it is an aim, a forecast or a change, or because it is none."""

    def __init__(self, question: Question, given: bool) -> None:
        self._asked = _is_goal(question.folded)
        self._doubt = 0.6 if question.alternatives else 1.0  # 実績 and 目標 are both asked
        self._wants_result = "実績" in question.folded
        self._wants_value = given or SPEAKS_OF_CHANGE.search(question.folded) is None

    def __call__(self, fact: Fact, region: Region, index: int) -> dict[str, float]:
        held = _is_goal(f"{fact.label} {fact.row or ''} {fact.column or ''}")
        return {
            "no_aim": self._doubt * (self._asked and not held),
            "aim": self._doubt * (held and not self._asked),
            "forecast": float(self._wants_result and _FORECAST.search(fact.label) is not None),
            "added": float(self._wants_value and self._is_change(fact, region, index)),
        }

    def _is_change(self, fact: Fact, region: Region, index: int) -> bool:
        """Tell whether a figure is what was added or what was before, not what there is."""
        if fold(fact.value).startswith("+") or _TOLD_AS_CHANGE.search(fold(fact.label)) is not None:
            return True
        if fact.table is not None:
            return False
        statement = region.reading.statements[index]
        return told_of(fact, statement.text, statement.start).role != "now"


_FORECAST = re.compile(r"見込|予定|計画")
_TOLD_AS_CHANGE = re.compile(r"(?:比べ|比較|前年比|対前年).*(?:増|減)(?:加|少)?(?:と|し|で|$)")


def _of_alternative(alternative: str, region: Region, fact: Fact, index: int) -> float:
    """Return what speaks for a figure being the named thing's, of two that are compared."""
    named, label = katakana(alternative), katakana(f"{fact.label} {fact.row or ''} {fact.column or ''}")
    if named in label:
        return 0.25
    if named[-1] in "市町村県区府都道社" and f"本{named[-1]}" in label:
        return 0.25  # 例: 本市 in the town's own report
    words = label_words(alternative)
    if words and words <= label_words(f"{fact.label} {fact.row or ''} {fact.column or ''}"):
        return 0.2
    if named in katakana(region.reading.document.text[fact.start : fact.end]):
        return -0.1
    # 例: the name of an event over the lines that describe it
    around = katakana(" ".join((*region.reading.statements[index].headings[-2:], fact.scope or "")))
    if len(named) > 2 and named in around:
        return 0.1
    return -0.4


def asked_names(question: Question) -> frozenset[str]:
    """Return what the question calls the thing it asks about: what it quotes, else the word before 何."""
    quoted = [t for t in question.terms if t.quoted]
    nearest = [t for t in question.terms if set(t.parts) & set(question.focus)][-1:]
    return frozenset(katakana(t.text) for t in quoted or nearest)


def is_named(fact: Fact, names: frozenset[str]) -> int:
    """Return by how many of the names a cell's row and column are called, the innermost by one of them, or 0.

    例: not その他の投資 for 投資; 営業外収益 その他 by two of 「その他、営業外収益」
    """
    paths = [_heads(part) for part in (fact.row, fact.column) if part]
    if not any(path[-1] in names for path in paths):
        return 0
    return len(names & {head for path in paths for head in path})


class _Called:
    """Whether what is asked for is a column's heading as it stands: 1 or 0. 例: …の「現在の数値」は"""

    def __init__(self, question: Question) -> None:
        self._asked = re.sub(r"\s", "", katakana(question.folded))

    def __call__(self, fact: Fact) -> float:
        head = _heads(fact.column)[-1] if fact.column else ""
        if len(head) < 4 or not re.search(r"[^\W\d_]", head):
            return 0.0
        at = self._asked.find(head)
        return float(at > 0 and re.match(r"ハ|ヲ|ガ|ッテ|、|[?。]|$", self._asked[at + len(head) :]) is not None)


# 例: 3.国庫支出金, 売上高(百万円), 現金及び預金(注)1, 固定資産合計
_ORDER_OR_UNIT = re.compile(r"^\d+[.、]?|\([^()]*\)\d*|※\d*|合?計$")


@lru_cache(maxsize=50_000)
def _heads(part: str) -> tuple[str, ...]:
    return tuple(_ORDER_OR_UNIT.sub("", katakana(head)) for head in part.split(" "))


def one_sided(question: Question) -> tuple[tuple[str, str], ...]:
    """Return the words of which the question names one and not its opposite."""
    pairs = [pair for one, other in OPPOSITES for pair in ((one, other), (other, one))]
    return tuple(
        (asked, against)
        for asked, against in pairs
        if re.search(asked, question.folded) and not re.search(against, question.folded)
    )


def is_opposite(sides: Sequence[tuple[str, str]], fact: Fact, title: str) -> bool:
    """Tell whether a figure belongs to the other half of what the question names: 歳出 for 歳入, 連結 for 個別."""
    said = f"{fact.label} {fact.scope or ''} {' '.join(fact.headings)} {title}" if sides else ""
    return any(re.search(against, said) and not re.search(asked, said) for asked, against in sides)


def _budget_column(question: Question, fact: Fact, title: str) -> float:
    """Return what speaks for one of the amounts of a budget's row when the question names none of them.

    Every local budget prints last year's amount and the difference beside this year's, and a supplementary budget
    what was there before and the sum beside what it adds: the row's own amount is 本年度, or 補正額.
    """
    column = fold(fact.column or "")
    supplementary = "補正" in question.folded or "補正" in title
    name = "補正" if supplementary else "本年度"
    own = r"補正(?:予定)?額$" if supplementary else r"本年度(?:当初)?(?:予定|予算)?額?$"
    others = r"補正前|既決|^計$| 計$|財源" if supplementary else r"前年度|比較|増減|財源"
    if re.search(own, column) and f"{name}額" not in question.folded:
        return 1.0
    return -1.0 if re.search(others, column) and not re.search(others, question.folded) else 0.0


_AREA = re.compile(r"(?:全国|国内|世界|(?:[一-龠]{2,3}|全|同)[県都府](?!内))(?:平均|全体|計)?(?:で|の|は|が|では|も)?$")
_OWN_AREA = re.compile(r"(?:本|当|弊)[市町村県区社](?:で|の|は|が|では|も)?$")


def _of_another_area(question: Question, fact: Fact) -> float:
    """Return 1 for a figure of 全国 or the 県 beside that of the town that is asked about, −1 for 本市's own."""
    if fact.kind != "sentence" or question.alternatives:
        return 0.0
    label = fold(fact.label).strip()
    if _OWN_AREA.search(label):
        return -1.0
    area = _AREA.search(label)
    return float(area is not None and area[0][:2] not in question.folded)


def _year_of_column(fact: Fact, title: str) -> Period | None:
    """Return the year of a column that counts from the budget's own: 前年度 in the budget of 令和4年度 is 令和3年度."""
    column = fold(fact.column or "")
    named = re.search(r"前年度|[本当]年度", column)
    if named is None or find_periods(column):
        return None
    years = [p for heading in (title, *fact.headings[::-1]) for p in find_periods(heading) if p.kind == "fiscal_year"]
    return parse_code(f"FY{int(years[0].start[:4]) - (named[0] == '前年度')}") if years else None


def _is_goal(text: str) -> bool:
    """Tell whether a question or a label is about what is aimed at, not what was reached."""
    return re.search(r"目標|KPI|kpi|めざす|目指す", text) is not None


def _said_nearby(region: Region, index: int, asked: Sequence[Period]) -> float:
    """Return what the dates around a figure without its own say: 0.3 when one fits the question, −0.4 when none does.

    A figure that stands under 令和7年度 is no answer to a question about 令和8年度, though nothing dates it by itself.
    """
    statements = region.reading.statements
    near = statements[max(region.low, index - 3) : min(region.high, index + 4)]
    held = [p for s in near for p in s.periods]
    held += [p for heading in statements[index].headings for p in find_periods(heading)]
    document = region.reading.document
    held += find_periods(f"{document.title} {document.meeting or ''}")
    if any(_fit(a, h) > 0.3 for a in asked for h in held):
        return 0.3
    published = document.published
    if not held and published and any(a.start <= published <= f"{a.end}~" for a in asked):
        return 0.1
    # 例: a bill of March on charges from April on: of that year, and no other is said.
    years = {a.start[:4] for a in asked if a.kind != "day"}
    if published and published[:4] in years and all(h.start[:4] in years for h in held):
        return 0.05
    return -0.4


class _Precision:
    """The share of a label's words that the question also has: プラチナ…企業を含む is more than was asked."""

    def __init__(self, scene: Scene) -> None:
        self._asked = {atom.lemma for atom in scene.atoms} | {o for atom in scene.atoms for o, *_ in atom.others}

    def __call__(self, fact: Fact) -> float:
        words = words_of(fact)
        return len(words & self._asked) / len(words) if words else 0.0


_TIMES = frozenset(
    ["年", "年間", "か年", "月", "か月", "ヶ月", "日", "日間", "時間", "分", "秒", "歳", "週", "週間", "年度", "泊"]
)


def _is_total(fact: Fact, other_row: bool, other_column: bool) -> bool:
    """Tell whether a cell stands in the row or column of totals, and the question does not name another one."""
    if other_row or other_column:
        return False
    # 経済産業省 計 is the total of one group of columns only.
    row, column = (TOTAL_HEADING.fullmatch(part.strip()) if part else None for part in (fact.row, fact.column))
    return row is not None or column is not None


def is_total_of_parts(scene: Scene, fact: Fact) -> bool:
    """Tell whether a sentence gives a figure as the sum of others, and the question names none of them."""
    return fact.table is None and fact.label.endswith(f" {TOTAL}") and not scene.names_a_rival(fact)


def _only_a_part(scene: Scene, fact: Fact) -> tuple[str, ...]:
    """Return 合計 where the sum is asked for and a sentence gives a figure beside others, of a part with a name."""
    if not scene.question.wants_total or fact.table is not None or fact.label.endswith(f" {TOTAL}"):
        return ()
    own = label_words(re.split(r"\s", fact.label.strip())[-1])
    unasked = [w for w in own if not any(atom.match(frozenset({w}), katakana(w)) for atom in scene.atoms)]
    return (TOTAL,) if unasked and scene.has_rivals(fact) else ()


def _nothing_of(fact: Fact, atoms: Sequence[Atom], own: Array) -> tuple[str, ...]:
    """Return the asked noun that a cell of 0 has not in its headings: most rows of a budget are 0 somewhere."""
    if fact.number != 0 or fact.table is None:
        return ()
    return tuple(a.lemma for a, n in zip(atoms, own, strict=True) if a.focus and not n and len(a.surface) > 1)[:1]


def _is_unasked_part(scene: Scene, fact: Fact) -> bool:
    """Tell whether a figure is only a part of what is asked for. 例: うち半導体関連, where 半導体 was not asked"""
    part = re.search(r"(?:うち|内数|含む|含め)(.*)", fold(fact.label))
    if part is None:
        return False
    words = label_words(re.sub(r"※?\d+", "", part[1]))
    asked = sum(any(a.match(frozenset({w}), "") for a in scene.atoms) for w in words)
    return 2 * asked <= min(len(words), 3)  # in a whole sentence most words only say what is counted


def unit_fit(question: Question, fact: Fact) -> float:
    """Return 1 when the fact's unit is as asked, less when it may be, ``_UNIT_WRONG`` when it cannot be."""
    unit = fold(fact.unit or "")
    if _ONE_IN.fullmatch(unit):  # 例: 3人に1人 is a share, and no count of people
        return 0.9 if question.units & RATE else 0.4 if not question.units else _UNIT_WRONG
    if not question.units:
        # How long, how old and how often are not counts of things: 3年間 does not answer いくつ.
        if "いくつ" in question.folded and unit in MONEY | RATE:
            return _UNIT_WRONG
        return 0.4 if unit not in _TIMES or re.search(r"年|月|日|期間|時間|歳|齢|回", question.folded) else _UNIT_WRONG
    value = fold(fact.value)
    if question.counter and (unit == question.counter or value.endswith(question.counter)):
        return 1.0
    if (
        question.counter
        and len(question.counter) > 1
        and (question.counter in unit or (unit and question.counter.endswith(unit)))
    ):
        return 0.9  # 例: 何万人 → 万人泊
    base = base_unit(unit)
    if unit and not question.units.isdisjoint((unit, base, *_JOINED.split(unit))):
        # 何件 is better answered in 件 than in its kin か所, 何名 in 人 just as well.
        return 0.9 if question.counter is None or base == base_unit(question.counter) else 0.75
    if value.endswith(tuple(question.units)):
        return 0.9
    if question.units & PEOPLE and base in ("人泊", "人日", "人回"):
        return 0.8
    if len(unit) > 1 and unit == base and re.search(rf"{re.escape(unit)}(?:件|の)?数", question.folded):
        return 0.6  # 例: オープンデータ件数 and 336データ
    if not unit:
        # A bare figure may carry any counter; an amount of money or a rate only where its labels speak of one.
        label = f"{fact.label} {fact.scope or ''}"
        if question.units & MONEY and not re.search(r"額|費|円|予算|金|価格|料", label):
            return _UNIT_WRONG
        if question.units & {"%"} and not re.search(r"率|割合|比|％|%", label):
            return _UNIT_WRONG
        # A count in a table of sums of money: the sum's column says neither.
        label = f"{fact.row or ''} {fact.column or ''}"
        is_count = not question.units & (MONEY | RATE) and not re.search(r"額|費|財源|予算|円|率|比|増減", label)
        return _UNIT_COUNT if is_count and fact.table is not None else _UNIT_UNKNOWN
    return _UNIT_WRONG


_ONE_IN = re.compile(r"(\D+)に\d+\1")
_JOINED = re.compile(r"[・、/]")
_OF_DAY = 0.35


def period_fit(asked: Period, fact: Fact) -> float:
    """Return 1 when the fact holds for the period asked, 0 when its date is unknown, less than 0 when it is another."""
    if fact.as_of is None:
        return 0.0
    try:
        held = parse_code(fact.as_of)
    except ValueError:
        return 0.0
    fit = _fit(asked, held)
    if fit > 0 and held.kind in ("day", "month") and asked.kind in ("year", "fiscal_year"):
        heading = fact.column if fact.as_of_from == "column" else fact.row if fact.as_of_from == "row" else None
        named = find_periods(heading or "")
        if named and named[0].start[:4] != asked.start[:4]:
            return -1.0  # 例: a column R5年度（1月末） holds for no more than January of 令和6年
    point = asked.kind == "day" and _is_month_end(asked.end)
    if point and held.kind in ("year", "fiscal_year") and asked.end != held.end and fact.as_of_from != "heading":
        return min(fit, -0.3)  # 例: as of 1月末 is not over the year
    if fact.as_of_from == "document":
        if asked.kind == "day" and asked.code == held.code:
            return _OF_DAY  # a report of the day that is asked about
        # The briefing's own date says little about what a figure in it holds for.
        return 0.25 if fit > 0 else 0.0
    if fact.as_of_from == "heading":
        return 0.8 * fit if fit > 0 else 0.6 * fit
    return fit


def _fit(asked: Period, held: Period) -> float:
    if asked.code == held.code:
        return 1.0
    if {asked.kind, held.kind} == {"year", "fiscal_year"} and asked.start[:4] == held.start[:4]:
        return 0.9 if asked.ambiguous or held.ambiguous else 0.35
    if asked.start[:7] == held.start[:7] and asked.end[:7] == held.end[:7]:
        return 0.95  # 1月末 and 1月
    if asked.start <= held.start and held.end <= asked.end:
        return 0.4  # asked for the year, held for a day in it
    if held.kind == "range" and asked.kind == "year" and asked.start[:4] in (held.start[:4], held.end[:4]):
        return 0.6 if held.end[:4] == asked.start[:4] else 0.1  # a business year is called by the year in which it ends
    if held.start <= asked.start and asked.end <= held.end:
        return 0.2 if held.kind != "range" else 0.1
    return -1.0


def _is_month_end(day: str) -> bool:
    return (date.fromisoformat(day) + timedelta(days=1)).day == 1


def split_periods(periods: Sequence[Period]) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """Return (scope, inner): a period that holds another one is its scope. 例: 令和6年度の…2025年1月末まで"""
    inner = [
        p
        for p in periods
        if not any(q is not p and p.start <= q.start and q.end <= p.end and p.code != q.code for q in periods)
    ]
    if len(inner) == len(periods):
        return tuple(periods), ()
    return tuple(p for p in periods if p not in inner), tuple(inner)


def words_of(fact: Fact) -> frozenset[str]:
    """Return the words that name a fact's indicator, dates and figures left out."""
    label = fact.row if fact.kind == "cell" and fact.row and fact.as_of_from == "column" else fact.label
    return name_words(label or fact.label)


@lru_cache(maxsize=50_000)
def name_words(label: str) -> frozenset[str]:
    """Return the words of a label that name something, dates and figures left out."""
    return label_words(re.sub(r"\d+", "", fold(label))) - DATE_WORDS


DATE_WORDS = frozenset(["年", "年度", "月", "日", "末", "令和", "平成", "r", "h", "時点", "現在", "元", "累計", "延べ"])


def printed(fact: Fact) -> str:
    """Return the value as printed, folded in width, with its unit; a figure of kanji also in digits.

    例: ３６，４９４千円 → 36,494千円, 1,234²件 → 1,234件, 三億五千二百万円 → 三億五千二百万円（3億5,200万円）
    """
    return _printed(fact.value, fact.unit if fact.number is not None else None)


@lru_cache(maxsize=16384)
def _printed(printed_value: str, printed_unit: str | None) -> str:
    value = _half_width(without_notes(printed_value))
    unit = _half_width(printed_unit or "")
    whole = value if not unit or unit in value else f"{value}{unit}"
    if not _KANJI.search(value) or fold(with_digits(printed_value)) == fold(value):
        return whole
    return f"{whole}（{_half_width(with_digits(whole))}）"


_KANJI = re.compile("[〇一二三四五六七八九十百千壱弐参拾]")


def in_digits(fact: Fact) -> str:
    """Return a value as it is compared, its figures in digits. 例: 三億五千二百万円 → 3億5200万円, 1,234²件 → 1234件"""
    return fold(with_digits(fact.value))


def _half_width(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def printed_date(figure: Figure) -> str:
    """Return the date of a figure as the paper prints it, where the cited text prints it. 例: （R6.1月末現在）"""
    fact = figure.fact
    if fact.as_of is None or fact.as_of_from not in ("text", "column", "row"):
        return ""
    text = figure.region.reading.document.text
    for start, end in ((fact.start, fact.end), *fact.context):
        for period in find_periods(text[start:end]):
            if period.code == fact.as_of:
                said = _half_width(text[start:end][slice(*period.at)])
                tail = re.match(r"\s*(?:現在|時点)", text[start + period.at[1] : end])
                return f"（{said}{tail.group().strip() if tail else ''}）"
    # A heading that goes on short says its year in full only in what it means. 例: 3 behind 令和2年度
    short = [f for f in (fact.column, fact.row) if f and fact.as_of_from in ("column", "row")]
    said = next((f[slice(*p.at)] for f in short for p in find_periods(f) if p.code == fact.as_of), "")
    cited = " ".join(text[place.start : place.end] for place in places_of(figure))
    return f"（{said}）" if said and not unsupported(said, [cited]) else ""


def describe_plain(period: Period) -> str:
    return describe(period.code).removesuffix("現在")


def said_as(period: Period, question: Question) -> str:
    """Return a period in the question's own words. 例: 令和6年1月末"""
    start, end = period.at
    said = question.text[start:end].strip()
    return (
        said
        if find_periods(said) and period.kind != "range" and not re.search(r"から|～|~", said)
        else describe_plain(period)
    )


def places_of(figure: Figure) -> list[Support]:
    """Return the quote of a figure, and the heading that dates it when that stands elsewhere (a table's first row)."""
    fact = figure.fact
    places = [Support(fact.document_id, fact.start, fact.end)]
    if not fact.start <= fact.value_start < fact.end:  # 〃 stands for the cell above
        places.append(Support(fact.document_id, fact.value_start, fact.value_end))
    if fact.as_of is not None and fact.as_of_from in ("column", "row", "text"):
        text = figure.region.reading.document.text
        outside = [(a, b) for a, b in fact.context if b <= fact.start or a >= fact.end]
        dating = [at for at in outside if any(p.code == fact.as_of for p in find_periods(text[slice(*at)]))]
        # A heading that goes on short names no year by itself.
        short = [at for at in outside if _SHORT_HEAD.fullmatch(text[slice(*at)].strip())]
        places += [Support(fact.document_id, start, end) for start, end in (dating or short)[:1]]
    return places


_SHORT_HEAD = re.compile(r"元|[0-9０-９]{1,2}")


def only_one(meetings: Sequence[Period]) -> Period | None:
    return meetings[0] if len(meetings) == 1 else None


def _of_meeting(regions: Sequence[Region], meeting: Period) -> set[int]:
    """Return the ids of the regions whose papers belong to a meeting: dated in its month, or else shortly before it.

    Papers are made before the meeting they are for, and a PDF may know only the day it was made.
    """
    before = (date.fromisoformat(meeting.start) - timedelta(days=62)).isoformat()
    made = {id(r) for r in regions if _dated_within(r.reading.document.published, before, meeting.end)}
    exact = {id(r) for r in regions if _dated_within(r.reading.document.published, meeting.start, meeting.end)}
    guessed = {id(r) for r in regions if r.reading.document.is_date_guessed}
    return exact | (made & guessed) or made


def _dated_within(published: str | None, start: str, end: str) -> bool:
    """Tell whether a date as precise as it is known (2024-02, 2024) lies within two days."""
    return published is not None and start[: len(published)] <= published <= end[: len(published)]
