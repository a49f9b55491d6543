"""Several figures: of two dates, two papers or two things, and what they differ by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answer.asking.cues import TELLS_CHANGE
from answer.asking.question import Question
from answer.candidates.figures import (
    Figure,
    describe_plain,
    places_of,
    printed,
    rank_figures,
    said_as,
    split_periods,
    words_of,
)
from answer.draft import Draft, Moment, Support
from answer.operations.indicator import is_asked_for, is_same_indicator, same_unit
from answer.operations.series import answer_figure, answer_series, corroborations, subtract
from answer.reading.evidence import Array, Coverage, katakana
from answer.reading.scene import Region, Scene, label_words
from answer.reading.signals import NEAR, weakest
from ingest.dates import Period, find_periods, parse_code
from ingest.japanese import fold
from ingest.numbers import find_quantities


@dataclass(frozen=True)
class Operand:
    """One of the values that a question asks for: a period, a document's date, or one of two alternatives."""

    label: str
    periods: tuple[Period, ...] = ()
    meeting: Period | None = None
    alternative: str | None = None


def answer_several(scene: Scene) -> Draft:
    """Return the values of several periods, documents or alternatives, and what they differ by where that is asked."""
    question = scene.question
    operands = read_operands(question)
    if len(operands) < 2:
        if question.wants_series:
            return answer_series(scene)
        if not question.wants_difference:
            return answer_figure(scene)
        return _told_difference(scene, answer_figure(scene))
    columns: list[list[Figure]] = []
    for operand in operands:
        if _is_unheard_of(scene, operand):
            return Draft(question.kind, missing=(operand.label,), why=(f"{operand.label} はどの資料にもない",))
        view = _for_alternative(scene, operand, operands)
        figures = rank_figures(view, operand.periods, (), operand.meeting, operand.alternative, given=True)
        if operand.alternative is not None:
            figures = [f for f in figures if _is_of(view, f, operand.alternative)]
        if operand.periods:
            # An operand must be said to hold for its own date: a wrong one makes the whole comparison wrong.
            # What was counted over a fiscal year holds for its end: 令和5年度 for 年度末.
            least = 0.15 if all(p.kind == "day" and p.end.endswith("-03-31") for p in operand.periods) else _DATED
            figures = [f for f in figures if f.period_fit >= least]
        if not figures:
            return Draft(question.kind, missing=(operand.label,), why=(f"{operand.label} の数値が見つからない",))
        columns.append(figures)
    chosen = _choose_together([_as_given(question, figures)[:_JOINT] for figures in columns])
    if chosen is None:
        return Draft(question.kind, missing=tuple(o.label for o in operands), why=("比べる数値が同じもの",))
    why = tuple(
        f"{o.label}: {f.score:.2f} {f.fact.value} [{f.fact.as_of}] {f.fact.label[:50]}"
        for o, f in zip(operands, chosen, strict=True)
    )
    unlike = any(
        not same_unit(chosen[0].fact, other.fact)
        or (_unlike(chosen[0], other) > _TOO_UNLIKE and _named_alike(chosen[0], other) < 0.5)
        or (len(chosen) > 2 and not _named_alike(chosen[0], other))
        for other in chosen[1:]
    )
    if (question.wants_difference or question.alternatives or len(chosen) > 2) and unlike:
        # Unlike things: no answer is better than their difference, or than a row of values that is of none of them.
        return Draft(question.kind, missing=tuple(o.label for o in operands), score=0.0, why=(*why, "単位が違う"))
    parts = [f"{operand.label}は{printed(figure.fact)}" for operand, figure in zip(operands, chosen, strict=True)]
    text = "、".join(parts)
    how = None
    if len(chosen) == 2:
        text, how = _compare(question, operands, chosen, text)
    quotes = [Support(f.fact.document_id, f.fact.start, f.fact.end) for f in chosen]
    dates = [place for f in chosen for place in places_of(f)[1:]]
    dates += [place for f, column in zip(chosen, columns, strict=True) for place in corroborations(f, column)[:1]]
    return Draft(
        kind=question.kind,
        text=text,
        supports=(*quotes, *dict.fromkeys(dates)),
        as_of=max((f.fact.as_of for f in chosen if f.fact.as_of), default=None, key=lambda code: parse_code(code).end),
        how=how,
        operands=tuple(range(len(chosen))) if how else (),
        timeline=_moments(chosen),
        score=min(f.score for f in chosen),
        signals=weakest([f.signals(scene, 0.5 * (how is not None)) for f in chosen]),
        why=why,
    )


def _moments(chosen: Sequence[Figure]) -> tuple[Moment, ...]:
    """Return the figures that are compared as one indicator at its dates; two things are no series of one."""
    if not is_asked_for(chosen[0]) or not all(is_same_indicator(figure, chosen[0]) for figure in chosen[1:]):
        return ()
    dated = sorted(enumerate(chosen), key=lambda pair: parse_code(pair[1].fact.as_of or "9999").end)
    return tuple(Moment(f.fact.as_of or "", f.fact.value, f.fact.unit, i) for i, f in dated)


def _told_difference(scene: Scene, draft: Draft) -> Draft:
    """Return a draft when its figure is a difference by the paper's own words: an amount does not say how much more."""
    if not draft.text:
        return draft
    support = draft.supports[0]
    shown = re.search(r"\d+(?:\.\d+)?", fold(draft.text).replace(",", ""))
    figure = shown[0] if shown else ""
    for region in scene.regions:
        document = region.reading.document
        if document.id == support.document_id:
            quoted = re.sub(r"\s|,", "", fold(document.text[support.start : support.end]))
            around = re.findall(rf".{{0,10}}{figure}.{{0,12}}", quoted)
            facts = region.reading.facts_between(support.start, support.start + 1)
            heads = [f"{f.column} {f.row}" for f in facts if f.table is not None]
            if any(TELLS_CHANGE.search(words) for words in (*around, *heads)):
                return draft
    return replace(draft, text="", missing=("差",))


_DATED = 0.3  # the least fit of a date for an operand: its own, or one that stands beside it


def _as_given(question: Question, figures: list[Figure]) -> list[Figure]:
    """Return the figures that have a value which the question gives, or all. 例: 令和5年度の361名より何名多い"""
    given = {(q.value, q.base_unit) for q in find_quantities(question.folded) if q.base_unit}
    return [
        f for f in figures if any((q.value, q.base_unit) in given for q in find_quantities(printed(f.fact)))
    ] or figures


_TOO_UNLIKE = 0.25  # half of the topic is met by only one of two figures


_JOINT = 8  # figures of each operand that are tried together


def _choose_together(columns: Sequence[Sequence[Figure]]) -> list[Figure] | None:
    """Return one figure of each column: the best row of figures that measure the same thing.

    The values of a comparison belong together: a pair of one indicator, one unit and one table beats the two best
    figures taken one by one.
    """
    rows: list[tuple[float, list[Figure]]] = [(f.score, [f]) for f in columns[0]]
    for column in columns[1:]:
        grown = [
            (total + figure.score + _kinship(row[0], figure) - _unlike(row[0], figure), [*row, figure])
            for total, row in rows
            for figure in column
            if all(figure.fact.id != other.fact.id for other in row)
        ]
        rows = sorted(grown, key=lambda pair: -pair[0])[: 4 * _JOINT]
    return rows[0][1] if rows else None


def _unlike(one: Figure, other: Figure) -> float:
    """Return how much of the topic only one of two figures meets: 台湾からの宿泊 and 外国人の宿泊 are not compared."""
    atoms = {a.lemma: (a.weight, z >= NEAR) for a, z in zip(one.region.coverage.atoms, one.zones, strict=True)}
    total = sum(weight for weight, _ in atoms.values()) or 1.0
    apart = 0.0
    for atom, zone in zip(other.region.coverage.atoms, other.zones, strict=True):
        weight, met = atoms.get(atom.lemma, (0.0, False))
        apart += weight if met != (zone >= NEAR) else 0.0
    return 0.5 * apart / total


def _named_alike(one: Figure, other: Figure) -> float:
    """Return the share of words that the labels of two figures have in common."""
    a, b = words_of(one.fact), words_of(other.fact)
    return len(a & b) / max(1, min(len(a), len(b)))


def _kinship(one: Figure, other: Figure) -> float:
    """Return how much two figures measure the same thing: unit, words of the label, table."""
    kin = 0.2 if same_unit(one.fact, other.fact) else -0.4
    kin += 0.3 * _named_alike(one, other)
    if one.fact.table is not None and (one.fact.document_id, one.fact.table) == (
        other.fact.document_id,
        other.fact.table,
    ):
        kin += 0.1
    return kin


def read_operands(question: Question) -> tuple[Operand, ...]:
    """Return what a comparison or a row of values is made of; fewer than two when the question names none."""
    dated = [_dated_alternative(a, question) for a in question.alternatives]
    if len(dated) == 2 and all(o.periods for o in dated) and any(o.alternative for o in dated):
        return tuple(dated)
    if len(question.alternatives) == 2 and not all(parse_like_period(a) for a in question.alternatives):
        scope, inner = split_periods(question.periods)
        return tuple(Operand(a, periods=inner or scope, alternative=a) for a in question.alternatives)
    scope, inner = split_periods(question.periods)
    periods = list(inner or scope)
    if (
        len(inner) == 1
        and len(scope) == 1
        and re.search(r"年間|通年|1年|一年|年度(?:計|合計|全体|を通)|通し", question.folded)
    ):
        periods = [inner[0], scope[0]]  # 例: 9月末時点と年間ではどう違う
    if len(periods) == 1 and periods[0].kind == "range" and (question.wants_difference or question.wants_series):
        ends = periods[0].code.split("/")
        if len(ends) == 2:
            periods = [replace(parse_code(code), at=periods[0].at) for code in ends]
    if len(periods) > 1:
        return tuple(Operand(said_as(p, question), periods=(p,)) for p in periods)
    if len(question.meetings) > 1:
        return tuple(Operand(f"{describe_plain(m)}の資料", tuple(periods), meeting=m) for m in question.meetings)
    return ()


_PLAIN = re.compile(r"(?:実績|見込み?|予定|計画|速報値?|確定値?|年間|数|分|時点|現在|[のは、()（）])*")


def _dated_alternative(text: str, question: Question) -> Operand:
    """Return an alternative with its own period apart from what it names. 例: 令和6年度の春祭り → 令和6年度, 春祭り"""
    periods = [p for p in find_periods(text) if any(p.code == q.code for q in question.periods)]
    named = text
    for period in reversed(periods):
        named = named[: period.at[0]] + named[period.at[1] :]
    named = named.strip("のは、()")
    return Operand(text, tuple(periods[:1]), alternative=None if _PLAIN.fullmatch(named) else named)


def parse_like_period(text: str) -> bool:
    return bool(re.search(r"\d年|\d月|年度", text))


def _is_unheard_of(scene: Scene, operand: Operand) -> bool:
    """Say whether no document knows the word that one of two alternatives is called by.

    例: a misspelt name: the values of whatever stands nearest would be compared under it.
    """
    called = katakana(operand.alternative) if operand.alternative else ""
    return any(atom.is_strange and atom.surface == called for atom in scene.atoms)


def _is_of(scene: Scene, figure: Figure, alternative: str) -> bool:
    """Say whether a figure's label, line or headings have a word of the thing that it is to be a value of."""
    words = label_words(alternative)
    atoms = figure.region.coverage.atoms
    named = figure.named(scene.label_zones(figure.fact, atoms))
    of_it = [n for a, n in zip(atoms, named, strict=True) if a.lemma in words or a.surface == katakana(alternative)]
    return not of_it or any(of_it)


def _for_alternative(scene: Scene, operand: Operand, operands: Sequence[Operand]) -> Scene:
    """Return the scene with the words of the other alternatives left out: they are not this value's topic."""
    if operand.alternative is None:
        return scene
    own = katakana(operand.alternative)
    others = [katakana(o.alternative) for o in operands if o.alternative and o is not operand]
    kept = [
        i
        for i, atom in enumerate(scene.atoms)
        if atom.surface in own or not any(atom.surface in other for other in others)
    ]
    return _with_atoms(scene, [i in kept for i in range(len(scene.atoms))], scene.question)


def _with_atoms(scene: Scene, kept: Sequence[bool], question: Question) -> Scene:
    """Return the scene as a part of the topic sees it."""
    atoms = tuple(atom for atom, keep in zip(scene.atoms, kept, strict=True) if keep)
    matched: dict[str, Array] = {}
    regions = tuple(
        Region(r.reading, Coverage(r.reading, atoms, r.low, r.high, matched), r.prior) for r in scene.regions
    )
    return Scene(question, atoms, regions, scene.statements, scene.reads)


def _compare(
    question: Question, operands: Sequence[Operand], chosen: Sequence[Figure], text: str
) -> tuple[str, str | None]:
    one, two = chosen[0].fact, chosen[1].fact
    if not one.unit and not two.unit and question.counter:
        one, two = replace(one, unit=question.counter), replace(two, unit=question.counter)  # bare counts in a table
    if one.number is None or two.number is None or not same_unit(one, two):
        return text, None
    which = operands[0].alternative is not None or re.search(r"どちら|どっち", question.folded)
    before_after = operands[0].label.endswith("前") and operands[1].label.endswith("後")
    if before_after and question.wants_difference:
        difference, how = subtract(two, one)
        return f"{difference}（{text}）", how
    if operands[0].alternative is not None and question.wants_difference:
        difference, how = subtract(one, two)
        return f"{difference[:-1]}（{text}）" if one.number != two.number else f"差はない（{text}）", how
    if which:
        if one.number == two.number:
            return f"同じ（{text}）", None
        more = operands[0] if one.number > two.number else operands[1]
        word = (
            "少ない"
            if re.search(r"少な|低|小さ|短", question.folded) and not re.search(r"多|高|大き|長", question.folded)
            else "多い"
        )
        named = more if word == "多い" else (operands[1] if more is operands[0] else operands[0])
        return f"{named.label}のほうが{word}（{text}）", None
    if re.search(r"位$|番目$", fold(one.unit or "") or fold(one.value)):
        changed = "変わらない" if one.number == two.number else "変わった"
        return f"{text}（{changed}）", None
    # ▲2,161人 and 「1,542人の社会減」 count the same thing with and without its sign: they have no plain difference.
    one_signed = (one.number < 0) != (two.number < 0) and re.search(r"減|赤字|超過", question.folded)
    if not question.wants_difference or one_signed:
        return text, None
    # The question's own dates go first: the figure of last year may stand in this year's paper without its date.
    first, second = (
        max((period.end for period in operand.periods), default=fact.as_of or "")
        for operand, fact in zip(operands, (one, two), strict=True)
    )
    difference, how = subtract(two, one) if first <= second else subtract(one, two)
    return f"{difference}（{text}）", how
