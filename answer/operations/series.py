"""One indicator at its dates: the value that is asked for, what it was at others, and what it changed by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from answer.asking.question import Question
from answer.candidates.figures import (
    DATE_WORDS,
    ENTITY,
    Figure,
    asked_names,
    in_digits,
    in_papers,
    is_named,
    lead_over,
    name_words,
    only_one,
    places_of,
    printed,
    printed_date,
    rank_figures,
    said_as,
    split_periods,
    words_of,
)
from answer.candidates.signs import meaning_of
from answer.candidates.units import in_unit
from answer.draft import Draft, Moment, Support
from answer.operations.indicator import base_unit_of, is_asked_for, is_bound, met, role_of, same_unit, series_of
from answer.reading.scene import Scene
from ingest.dates import describe, parse_code
from ingest.document import Fact
from ingest.japanese import fold, morphs

_SAME_SERIES = 0.12  # a later value may score this much less than the best one and still be preferred


def answer_figure(scene: Scene) -> Draft:
    """Return the one figure that is asked for, its date, and its other dates as timeline."""
    question = scene.question
    scope, inner = split_periods(question.periods)
    anywhere = rank_figures(scene, inner or scope, scope if inner else (), signs=True)
    figures = in_papers(scene, anywhere, only_one(question.meetings))
    if not figures:
        return Draft(question.kind, missing=_missing_unit(question), why=("単位の合う数値が近くにない",))
    figures = _of_month(question, figures) or figures
    if figures[0].fact.number is None:
        return _answer_sign(scene, figures[0])
    if scene.is_beside_blank(figures[0].fact):
        return Draft(question.kind, missing=_missing_unit(question), why=("たずねている欄は空いている",))
    best = figures[0]
    if not question.periods and not question.meetings:
        best = _latest(best, figures)
    why = tuple(
        f"数値 {f.score:.2f} 話題 {f.coverage:.2f} 単位 {f.unit_fit:+.2f} 時期 {f.period_fit:+.2f} "
        f"{f.fact.value} [{f.fact.as_of}] {f.fact.label[:60]}"
        for f in figures[:5]
    )
    if question.periods and (best.period_fit < 0 or _only_at_other_times(best, figures)):
        return Draft(
            question.kind, missing=tuple(said_as(p, question) for p in question.periods), score=best.score, why=why
        )
    supports = [*places_of(best), *corroborations(best, figures)]
    moments: list[Moment] = []
    series = series_of(best, anywhere) if is_asked_for(best) else [best]
    for figure in with_contradictions(series, anywhere):
        fact = figure.fact
        supports += [] if figure is best else [Support(fact.document_id, fact.start, fact.end)]
        moments.append(Moment(fact.as_of or "", fact.value, fact.unit, 0 if figure is best else len(supports) - 1))
    said = printed(best.fact)
    converted = in_unit(best.fact, said, question.counter)
    said, how = converted if converted is not None else (said, None)
    return Draft(
        kind=question.kind,
        text=said + printed_date(best),
        supports=tuple(supports),
        as_of=best.fact.as_of,
        how=how,
        operands=(0,) if how else (),
        timeline=tuple(moments) if len(moments) > 1 else (),
        is_named=bool(is_named(best.fact, asked_names(question))),
        score=best.score,
        signals=best.signals(scene, lead_over(best, figures)),
        why=why,
    )


_MONTH_ALONE = re.compile(r"(?<![\d年一-龠])(1?\d)月(?=[のはに、分]|$)")


def _of_month(question: Question, figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures of the month that a question names without a year, where it names one. 例: 6月の利用者は"""
    asked = _MONTH_ALONE.search(question.folded) if not question.periods else None
    if asked is None:
        return []
    named = re.compile(rf"(?<!\d){asked[1]}月")
    return [f for f in figures if named.search(fold(f"{f.fact.column or ''} {f.fact.row or ''} {f.fact.label}"))]


def _answer_sign(scene: Scene, best: Figure) -> Draft:
    """Return the sign that stands in the cell that is asked for, and what it means. 例: X（秘匿）"""
    question, document = scene.question, best.region.reading.document
    why = (f"数値のない欄 {best.score:.2f} {best.fact.value} {best.fact.label[:60]}",)
    if question.periods and best.period_fit < 0:
        return Draft(question.kind, missing=tuple(said_as(p, question) for p in question.periods), why=why)
    meaning, place = meaning_of(best.fact.value, document, best.fact.end)
    return Draft(
        kind=question.kind,
        text=best.fact.value + (f"（{meaning}）" if meaning else ""),
        supports=(*places_of(best), *([Support(document.id, *place)] if place else [])),
        as_of=best.fact.as_of,
        is_named=bool(is_named(best.fact, asked_names(question))),
        score=best.score,
        signals=best.signals(scene, 0.5),
        why=why,
    )


def _latest(best: Figure, figures: Sequence[Figure]) -> Figure:
    """Return the latest value of the best figure's indicator among those that fit nearly as well."""
    alike = [
        f for f in (*_likely_alike(best, figures), *_said_again(best, figures)) if f.score >= best.score - _SAME_SERIES
    ]
    return max(alike, key=_freshness, default=best)


def _likely_alike(best: Figure, figures: Sequence[Figure]) -> list[Figure]:
    """Return the values that may be the best figure's at other dates: of one unit, under names that share most words.

    Which of them is answered is weighed by how well each fits; to stand in one series they must be more than likely.
    """
    if best.fact.as_of is None:
        return [best]
    name = words_of(best.fact)
    dated: dict[str, Figure] = {}
    for figure in figures:
        fact = figure.fact
        if fact.as_of is None or fact.as_of_from == "document" or not same_unit(fact, best.fact):
            continue
        if figure is not best and is_bound(figure):
            continue
        if figure.undated < best.undated - 0.45 or figure.coverage < best.coverage - 0.2:
            continue
        counted = base_unit_of(fact) is not None and base_unit_of(fact) == base_unit_of(best.fact)
        elsewhere = counted and fact.document_id != best.fact.document_id and met(figure) == met(best)
        if figure is not best and not elsewhere and not _alike(name - {"数"}, words_of(fact) - {"数"}):
            continue
        if fact.as_of not in dated or figure is best:
            dated[fact.as_of] = figure
    return list(dated.values())


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return one == other
    return len(one & other) / min(len(one), len(other)) >= 0.67


def _said_again(best: Figure, figures: Sequence[Figure]) -> list[Figure]:
    """Return what papers of other dates say under the best figure's very name, where none gives the value a date.

    Such a value holds for its paper: last year's paper must not outdo this year's by a hair of its wording.
    """
    if best.fact.as_of_from != "document":
        return []
    name = _name_of(best.fact)
    return [
        f
        for f in figures
        if f.fact.as_of_from == "document" and same_unit(f.fact, best.fact) and _name_of(f.fact) == name
    ]


def _name_of(fact: Fact) -> tuple[str, ...]:
    """Return what a figure is called, without the numbers of years and items."""
    return tuple(re.sub(r"\d+", "", fold(part or "")) for part in (fact.label, fact.row, fact.column, fact.scope))


def _freshness(figure: Figure) -> tuple[str, str]:
    as_of = figure.fact.as_of
    return (parse_code(as_of).end if as_of else "", figure.region.reading.document.published or "")


def _only_at_other_times(best: Figure, figures: Sequence[Figure]) -> bool:
    """Tell whether what is asked for is known at other dates only, and the best figure is about something else."""
    if best.period_fit >= 0.5 and best.fact.as_of_from in ("text", "column", "row"):
        return False
    # 例: asked for 3月末, known as of 1月末: what was added over the year is another thing.
    point = parse_code(best.fact.as_of).kind in ("year", "fiscal_year") if best.fact.as_of else False
    return any(
        f.period_fit < 0
        and f.unit_fit >= 0.9
        and (
            f.coverage >= best.coverage + 0.2
            or (point and f.coverage >= best.coverage and parse_code(f.fact.as_of or "9999").kind == "day")
        )
        for f in figures
        if f.fact.as_of_from != "document"
    )


def answer_series(scene: Scene) -> Draft:
    """Return an indicator over time, oldest first, with the difference between its ends. 例: 推移, 増えていますか"""
    question = scene.question
    start = _start_of_series(question)
    figures = rank_figures(scene, () if start else question.periods, (), only_one(question.meetings))
    if not figures:
        return Draft(question.kind, missing=_missing_unit(question), why=("近くに数値がない",))
    best, series = _longest(question, figures, start)
    if len(series) < 2:
        return answer_figure(scene)
    first, last = series[0], series[-1]
    steps = " → ".join(f"{_as_of_words(f.fact)} {printed(f.fact)}" for f in series[-8:])
    told = [places_of(f) for f in series]  # with the headings that date them, since the text says when
    text, how = steps, None
    if first.fact.number is not None and last.fact.number is not None and same_unit(first.fact, last.fact):
        difference, how = subtract(last.fact, first.fact)
        text += f"（{difference}）"
    return Draft(
        kind=question.kind,
        text=text,
        supports=(*(places[0] for places in told), *dict.fromkeys(dating for places in told for dating in places[1:])),
        as_of=last.fact.as_of,
        how=how,
        operands=(0, len(series) - 1) if how else (),
        timeline=tuple(Moment(f.fact.as_of or "", f.fact.value, f.fact.unit, i) for i, f in enumerate(series)),
        score=best.score,
        signals=best.signals(scene, lead_over(best, figures)),
        why=tuple(f"推移 {f.fact.as_of} {f.fact.value} {f.score:.2f}" for f in series),
    )


def _longest(question: Question, figures: Sequence[Figure], start: str) -> tuple[Figure, list[Figure]]:
    """Return the best figure that has other dates, and its series; a course of amounts is none of rates or changes."""
    of_rates = _RATES.search(question.folded) is not None
    like = [f for f in figures if of_rates or (role_of(f) == "now" and base_unit_of(f.fact) != "%")]
    like = like or list(figures)
    for best in like:
        if best.score < like[0].score - _SAME_SERIES:
            break
        if not is_asked_for(best):
            continue
        series = [f for f in series_of(best, figures) if parse_code(f.fact.as_of or "9999").end >= start]
        if len(series) > 1:
            return best, series
    return like[0], []


_RATES = re.compile(r"率|比|割|シェア|増減|伸び|差額|%|パーセント|ポイント")


def _start_of_series(question: Question) -> str:
    """Return the day that a series is asked from, or nothing. 例: 令和6年1月末から順に"""
    periods = question.periods
    if (
        len(periods) == 1
        and periods[0].kind != "range"
        and question.text[periods[0].at[1] :].startswith(("から", "以降"))
    ):
        return periods[0].start
    return ""


def _as_of_words(fact: Fact) -> str:
    return describe(fact.as_of).removesuffix("現在") if fact.as_of else ""


def _missing_unit(question: Question) -> tuple[str, ...]:
    return (question.counter,) if question.counter else ()


def change(scene: Scene, early: Figure, late: Figure, best: Figure) -> Draft:
    """Return by how much a figure changed, with both figures as operands; ``best`` of them says how sure it is."""
    difference, how = subtract(late.fact, early.fact)
    first, last = places_of(early), places_of(late)
    return Draft(
        kind=scene.question.kind,
        text=f"{difference}（{printed(early.fact)}→{printed(late.fact)}）",
        supports=(first[0], last[0], *first[1:], *last[1:]),
        as_of=late.fact.as_of,
        how=how,
        operands=(0, 1),
        score=best.score,
        signals=best.signals(scene, 0.5),
        why=(f"変化 {early.fact.value} → {late.fact.value} {best.fact.label[:50]}",),
    )


def subtract(late: Fact, early: Fact) -> tuple[str, str]:
    """Return (what changed in words, how it was worked out). 例: 141企業・団体増（648 − 507 = 141）"""
    assert late.number is not None
    assert early.number is not None
    scale, unit = _scale(late), fold(late.unit or "")
    if re.search(r"[億万兆]\d", in_digits(late)):  # 例: 122億4千万円
        scale, unit = next(
            (n, w) for n, w in ((1e8, "億円"), (1e4, "万円"), (1.0, "円")) if late.number % (n / 100) == 0
        )
    if unit in ("%", "パーセント"):
        unit = "ポイント"  # what two rates differ by
    a, b = late.number / scale, early.number / scale
    difference = a - b
    sign = "増" if difference > 0 else "減" if difference < 0 else "増減なし"
    terms = number_text(a), number_text(b)
    if any(re.search(r"[億万兆]\d", in_digits(fact)) for fact in (late, early)):
        terms = printed(late), printed(early)  # as the papers print them, so that a reader finds them there
    how = f"{terms[0]} − {terms[1]} = {number_text(difference)}{unit}"
    return (f"{number_text(abs(difference))}{unit}{sign}" if difference else sign), how


def _scale(fact: Fact) -> float:
    """Return what one of the printed figure's units is in the base unit. 例: 299百万円 → 1,000,000"""
    match = re.search(r"\d[\d,]*(?:\.\d+)?", in_digits(fact))
    if not match or not fact.number:
        return 1.0
    shown = float(match.group().replace(",", ""))
    ratio = abs(fact.number) / shown if shown else 1.0
    return ratio if ratio >= 1 and abs(ratio - round(ratio)) < 1e-6 and round(ratio) in _SCALES else 1.0


_SCALES = frozenset({1, 10, 100, 1000, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9, 10**12})


def number_text(value: float) -> str:
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-6 else f"{value:,.2f}".rstrip("0")


def with_contradictions(series: Sequence[Figure], figures: Sequence[Figure]) -> list[Figure]:
    """Return a series with what other papers say otherwise for the very same date, each beside its own."""
    both: list[Figure] = []
    for figure in series:
        both.append(figure)
        others = (f for f in figures if _contradicts(f, figure))
        both += [f for f in others if all(f.fact.number != held.fact.number for held in both)][:1]
    return both


def _contradicts(one: Figure, other: Figure) -> bool:
    """Tell whether two papers give different values for one thing at one date.

    A wrong contradiction is worse than none: both must be called the same by the same words, under headings that add
    nothing of their own, in one unit, be of one kind (no aim beside a result), and differ by more than they are
    rounded.
    """
    a, b = one.fact, other.fact
    if a.document_id == b.document_id or a.as_of is None or a.as_of != b.as_of or a.number == b.number:
        return False
    if any(f.as_of_from not in ("text", "column", "row") for f in (a, b)) or base_unit_of(a) != base_unit_of(b):
        return False
    kinds = [f.clues._replace(coverage=0, unit=0, prior=0, precision=0, named=0, called=0) for f in (one, other)]
    return (
        kinds[0] == kinds[1]
        and words_of(a) == words_of(b) != frozenset()
        and met(one) == met(other)
        and _stood_under(one) == _stood_under(other)
        and not any(_about_so_many(f) for f in (one, other))
        and abs((a.number or 0) - (b.number or 0)) >= max(_step(a), _step(b))
    )


def _stood_under(figure: Figure) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of the headings next to a figure, and the names in all that it stands under."""
    fact = figure.fact
    heads = " ".join(filter(None, (fact.scope, *fact.headings[-1:], fact.row, fact.column)))
    every = " ".join((figure.region.reading.document.title, heads, *fact.headings, fact.label))
    return name_words(heads), _names_in(every)


@lru_cache(maxsize=4096)
def _names_in(text: str) -> frozenset[str]:
    names = frozenset(fold(m.base) for m in morphs(text) if m.pos2 == "固有名詞")
    return (names | {m[0] for m in ENTITY.finditer(fold(text))}) - DATE_WORDS


def _about_so_many(figure: Figure) -> bool:
    """Tell whether a value is given roughly. 例: 約500人, 500人余り"""
    text, fact = figure.region.reading.document.text, figure.fact
    before, after = text[max(0, fact.value_start - 3) : fact.value_start], text[fact.value_end : fact.value_end + 3]
    return bool(
        re.search(r"約|およそ|ほぼ", before + fact.value) or re.match(r"\s*(?:余|程度|ほど|超|弱|強|以上|前後)", after)
    )


def _step(fact: Fact) -> float:
    """Return what the last printed place of a figure is worth. 例: 12.3億円 → 10,000,000"""
    shown = re.findall(r"\d+(?:\.(\d+))?", in_digits(fact))
    return _scale(fact) * 10.0 ** -len(shown[-1]) if shown else 1.0


def corroborations(best: Figure, figures: Sequence[Figure]) -> list[Support]:
    """Return where other documents say the same value of the same indicator for the same date."""
    seen = {best.fact.document_id}
    places: list[Support] = []
    for figure in figures:
        fact = figure.fact
        if fact.document_id in seen or fact.number != best.fact.number or not same_unit(fact, best.fact):
            continue
        if fact.as_of == best.fact.as_of and figure.coverage >= best.coverage - 0.2:
            seen.add(fact.document_id)
            places.append(Support(fact.document_id, fact.start, fact.end))
    return places[:3]
