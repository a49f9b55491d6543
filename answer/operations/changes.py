"""Values before, and changes: told by a sentence, or worked out from two values of one thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from answer.asking.cues import EARLIER, GROWTH, MONEY, RATE
from answer.asking.question import Question
from answer.candidates.figures import Figure, lead_over, places_of, printed, rank_figures
from answer.draft import Draft
from answer.operations.indicator import same_unit, told_at
from answer.operations.series import change, number_text
from answer.reading.scene import Scene
from answer.reading.told import CHANGED, Told
from ingest.dates import Period, parse_code
from ingest.document import Fact
from ingest.japanese import fold
from ingest.writing import same_width


def answer_earlier(scene: Scene) -> Draft | None:
    """Return the value that something had before; None where the question asks for none, or only dates can tell.

    例: 5年前の高齢化率は (31.4%で、5年前より2.6ポイント上昇) → 28.8%; 値上げ前の料金は (300円から500円に) → 300円
    """
    asked = EARLIER.search(scene.question.folded)
    if asked is None or scene.question.wants_difference or scene.question.superlative is not None:
        return None
    figures = rank_figures(scene, ())
    for group in _by_sentence(figures):
        if group[0].score < figures[0].score - _CLOSE:
            break
        for figure in group:
            told = told_at(figure)
            if told.role == "before" and _same_time(asked, told.since):
                named = f"（{told.since}）" if _TIME_ASKED.match(told.since) else ""
                return replace(_draft(scene, figure, figures, printed(figure.fact) + named), as_of=None)
        now = next((f for f in group if told_at(f).role == "now"), None)
        moved = next((f for f in group if told_at(f).role == "change" and _same_time(asked, told_at(f).since)), None)
        if now is not None and moved is not None and (worked := _undone(scene, now, moved, figures)) is not None:
            return worked
    if asked["since"] and scene.question.periods:
        return None  # a table or another paper may have the year
    best = figures[0] if figures else None
    if best is not None and told_at(best).role == "before":
        return None
    return Draft(scene.question.kind, missing=(asked[0].rstrip("のはにで、"),), why=("前の値が書かれていない",))


def answer_changed(scene: Scene) -> Draft | None:
    """Return by how much one thing changed, told or worked out; None where that is not what is asked."""
    question = scene.question
    if len(question.alternatives) > 1 or len(question.meetings) > 1 or question.superlative is not None:
        return None
    if question.wants_series and not question.wants_difference:
        return None
    bases = base_periods(question)
    relative = _TIME_ASKED.search(question.folded) is not None
    if len(question.periods) > 1 and not (relative and len(bases) == 1):
        return None
    between = answer_between(scene) if bases and question.wants_difference else None
    found = between or answer_told_change(scene)
    if (found is not None and found.text) or not question.wants_difference or len(question.periods) > 1:
        return found
    return (_from_to(scene) or answer_between(scene)) if GROWTH.search(question.folded) is None else found


def answer_told_change(scene: Scene) -> Draft | None:
    """Return by how much something changed, where a paper says so. 例: 2.4ポイント上昇, 前年比8.3%増, 対前年比108.3%"""
    question = scene.question
    is_growth = GROWTH.search(question.folded) is not None
    if not is_growth and not question.wants_difference:
        return None
    bases = base_periods(question)
    periods = [p for p in question.periods if p not in bases]
    figures = rank_figures(scene, periods)
    named = _TIME_ASKED.search(question.folded)
    for figure in figures:
        if figure.score < figures[0].score - _CLOSE:
            break
        told, fact = told_at(figure), figure.fact
        is_named = is_growth and told.role == "now" and GROWTH.search(fold(fact.label)) is not None
        if not (is_named or told.role in ("change", "index")) or not _fits(question, fact, is_growth):
            continue
        if periods and figure.period_fit < 0:
            continue
        if named is not None and told.since and not _alike(named[0], told.since):
            continue
        if bases and named is None and not told.since:
            continue  # a column 増減 does not say from when
        if told.role != "index":
            return _draft(scene, figure, figures, f"{_unsigned(printed(fact))}{_said_way(figure, told)}")
        assert fact.number is not None
        grown = fact.number - 100
        text = f"{number_text(abs(grown))}%{'増' if grown > 0 else '減'}" if grown else "増減なし"
        return replace(
            _draft(scene, figure, figures, text), how=f"{printed(fact)} − 100% = {number_text(grown)}%", operands=(0,)
        )
    if is_growth and question.counter != "ポイント":
        return Draft(question.kind, missing=("増減率",), why=("どれだけの割合で変わったかが書かれていない",))
    return None


_CLOSE = 0.2  # a sentence may be this much behind the best one and still tell of the same thing
_TIME_ASKED = re.compile(r"[\d一二三四五六七八九十]+年前|前々?年度?|一?昨年度?|去年|前回|前期|前月|先月")


def answer_between(scene: Scene) -> Draft | None:
    """Return by how much a row of dated columns changed: from the time that is named, or else from the one before.

    例: 民生費は令和5年度からいくら増えましたか, of the columns 令和6年度 and 令和5年度
    """
    question = scene.question
    bases = base_periods(question)
    others = [p for p in question.periods if p not in bases]
    if len(bases) > 1 or len(others) > 1 or (GROWTH.search(question.folded) and "ポイント" not in question.folded):
        return None
    figures = rank_figures(scene, bases or others)
    best = next((f for f in figures if told_at(f).role == "now" and _fits(question, f.fact, is_growth=False)), None)
    if best is None or best.fact.table is None or best.fact.as_of is None or best.score < figures[0].score - _CLOSE:
        return None
    if (bases or others) and best.period_fit < _SURE:
        return None
    row = [f for f in (best, *figures) if _is_beside(f.fact, best.fact) and f.fact.as_of and told_at(f).role == "now"]
    row += [f for f in _of_row(scene, best) if f.fact.id not in {g.fact.id for g in row}]
    dated = sorted({f.fact.as_of: f for f in row if f.fact.as_of}.values(), key=_when)
    at = next((i for i, f in enumerate(dated) if f.fact.as_of == best.fact.as_of), 0)
    if bases:
        later = [f for f in dated[at + 1 :] if not others or f.fact.as_of == others[0].code]
        pair = (dated[at], later[-1]) if later else None
    else:
        last = at if others else len(dated) - 1
        pair = (dated[last - 1], dated[last]) if last > 0 else None
    if pair is None or any((f.fact.number or 0.0) < 0 for f in pair):
        return None  # what is below nothing is a change itself. 例: a table 社会増減
    return change(scene, *pair, best)


def _from_to(scene: Scene) -> Draft | None:
    """Return by how much a sentence's value differs from the earlier one beside it. 例: 41,000部から38,500部に"""
    figures = rank_figures(scene, ())
    named = _TIME_ASKED.search(scene.question.folded)
    for group in _by_sentence(figures):
        if group[0].score < figures[0].score - _CLOSE:
            break
        for early in (
            f for f in group if told_at(f).role == "before" and _fits(scene.question, f.fact, is_growth=False)
        ):
            since = told_at(early).since
            late = next((f for f in group if told_at(f).role == "now" and same_unit(f.fact, early.fact)), None)
            if late is not None and not (named and since and not _alike(named[0], since)):
                return change(scene, early, late, late)
    return None


_SURE = 0.9  # the column is headed by the very year


def _when(figure: Figure) -> str:
    return parse_code(figure.fact.as_of or "").end


def _of_row(scene: Scene, best: Figure) -> list[Figure]:
    """Return the cells of the best figure's row that another period's question would have passed over."""
    return [
        f
        for f in rank_figures(scene, ())
        if _is_beside(f.fact, best.fact) and f.fact.as_of and told_at(f).role == "now"
    ]


def _is_beside(one: Fact, other: Fact) -> bool:
    """Tell whether two cells tell of one thing at two times: in one row under two dates, or the other way round."""
    if (one.document_id, one.table) != (other.document_id, other.table) or not same_unit(one, other):
        return False
    by = other.as_of_from
    return one.as_of_from == by and (
        (by == "column" and one.row == other.row) or (by == "row" and one.column == other.column)
    )


def base_periods(question: Question) -> tuple[Period, ...]:
    """Return the periods that something is measured from. 例: 令和5年度 of 令和5年度からいくら増えたか"""
    return tuple(p for p in question.periods if _FROM.match(fold(question.text[p.at[1] :])))


_FROM = re.compile(r"(?:度|同期|同月|末)?(?:の[^、。\s]{1,8})?(?:から|より|と比|に比|比|に対)")


def _by_sentence(figures: Sequence[Figure]) -> list[list[Figure]]:
    """Return the figures by the sentence they stand in, best first, each sentence's in their order."""
    groups: dict[tuple[object, ...], list[Figure]] = {}
    for figure in figures:
        if figure.fact.table is None:
            groups.setdefault((figure.fact.document_id, figure.statement), []).append(figure)
    return [sorted(group, key=lambda f: -f.score) for group in groups.values()]


def _same_time(asked: re.Match[str], since: str) -> bool:
    if asked["since"] is None:
        return not re.search(r"年前|前年|昨年|前月|前期", since)
    return bool(since) and _alike(asked["since"], since)


def _alike(one: str, other: str) -> bool:
    """Tell whether two words mean the same time before. 例: 昨年 and 前年, 五年前 and 5年前"""
    return _plain(one) == _plain(other)


def _plain(word: str) -> str:
    word = re.sub(r"昨年|去年", "前年", fold(word)).replace("一前年", "前々年").replace("先月", "前月")
    word = word.translate(str.maketrans("一二三四五六七八九", "123456789"))
    return re.sub(r"同期|同月|の?調査|度$", "", word)


def _fits(question: Question, fact: Fact, is_growth: bool) -> bool:
    """Tell whether a change is given as it is asked for: as a rate, in points, or in what is counted."""
    unit = fold(fact.unit or "")
    is_rate = unit in RATE or unit == "pt"
    if question.counter in ("ポイント", "%", "パーセント"):
        return unit in ("ポイント", "pt") if question.counter == "ポイント" else unit in ("%", "パーセント")
    if is_growth:
        return is_rate
    return not is_rate or bool(question.units & RATE and not question.units & MONEY)


def _said_way(figure: Figure, told: Told) -> str:
    if figure.fact.table is None:
        text = figure.region.reading.document.text
        said = CHANGED.match(same_width(text[figure.fact.value_end : figure.fact.value_end + 24]))
        way = _WRITTEN.match(said["up"] or said["down"]) if said is not None else None
        if way is not None:
            return way[0]
    return {1: "増", -1: "減", 0: ""}[told.way]


_WRITTEN = re.compile(r"増加?|減少?|上昇|低下|下落|向上|短縮|拡大|縮小")


def _unsigned(value: str) -> str:
    return re.sub(r"^[△▲+-]\s*", "", value)


def _undone(scene: Scene, now: Figure, moved: Figure, figures: Sequence[Figure]) -> Draft | None:
    """Return the value before a change that a sentence tells beside the value of now. 例: 31.4 − 2.6 = 28.8%"""
    a, b, way = now.fact, moved.fact, told_at(moved).way
    rates = fold(a.unit or "") in ("%", "パーセント") and fold(b.unit or "") in ("ポイント", "pt", "%ポイント")
    counts = same_unit(a, b) and fold(b.unit or "") not in RATE
    if not way or not (rates or counts) or a.number is None or b.number is None:
        return None
    if not re.fullmatch(r"[\d,]+(?:\.\d+)?\D*", _unsigned(printed(a))) or (a.unit != b.unit and not rates):
        return None
    shown = [float(re.sub(r"[^\d.]", "", printed(f))) for f in (a, b)]
    unit, sign = fold(a.unit or ""), "−" if way > 0 else "＋"
    value = number_text(round(shown[0] - way * shown[1], 6))
    how = f"{number_text(shown[0])} {sign} {number_text(shown[1])} = {value}{unit}"
    return replace(_draft(scene, now, figures, f"{value}{unit}"), how=how, operands=(0,), as_of=None, timeline=())


def _draft(scene: Scene, figure: Figure, figures: Sequence[Figure], text: str) -> Draft:
    fact = figure.fact
    return Draft(
        kind=scene.question.kind,
        text=text,
        supports=tuple(places_of(figure)),
        as_of=fact.as_of,
        score=figure.score,
        signals=figure.signals(scene, lead_over(figure, figures)),
        why=(f"変化 {figure.score:.2f} {told_at(figure).role} {fact.value} {fact.label[:50]}",),
    )
