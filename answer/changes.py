"""What a sentence says about one of its figures in time: that it is an earlier value, or by how much another changed.

例: 31.4%で、5年前より2.6ポイント上昇; 4,120件（前年4,305件）; 81.5%から83.0%に; 前年度比4.2%増の9,876人
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from answer.cues import CHANGE_HEADING, EARLIER, GROWTH, MONEY, RATE
from answer.draft import Draft, Support
from answer.figures import Figure, lead_over, places_of, printed, printed_date, rank_figures
from answer.question import Question
from answer.scene import Scene
from answer.series import _number, change, same_unit
from ingest.dates import Period, find_periods, parse_code, same_width
from ingest.document import Fact
from ingest.japanese import fold

Role = Literal["now", "before", "change", "index"]

_WAY = (
    r"(?P<up>増加?|上昇|向上|改善|伸び|伸|上が|上回|引き?上げ|値上げ|拡大|延長|プラス|アップ|多[いく]|高[いく])"
    r"|(?P<down>減少?|低下|下落|悪化|下が|下回|引き?下げ|値下げ|縮小|短縮|マイナス|ダウン|少な[いく]|低[いく])"
)
# Right behind a figure that is the change itself. 例: 4.2%増の9,876人, 120人(3.1%)減
_CHANGED = re.compile(rf"\s*(?:\([^()]*\))?[)]?\s*(?:の|も|ほど|程度|余り|分)?(?:大幅[なに]|微|純)?(?:{_WAY})")
_TIME = (
    r"[\d一二三四五六七八九十]+年前|前々?年度?(?:同期|同月)?|一?昨年度?|去年|前回(?:の?調査)?|前期|前月|先月"
    r"|(?:令和|平成)[\d元]{1,2}年度?|(?:19|20)\d\d年度?"
)
_REVISED = r"(?:改定|改正|改訂|変更|見直し|引き?上げ|引き?下げ|値上げ|値下げ)前|従来|現行|旧|これまで"
_SINCE = re.compile(rf"({_TIME})(?:同期|同月|末|時点)?(?:に?比べ|に?比|より|から|と比|に対|[のはがで:、(\s]*(?=約?[\d△▲+]))")
_WAS = re.compile(rf"(?P<since>{_TIME}|{_REVISED})(?:実績|値|調査|時点|末)?[のはがで:、(\s]*約?$")
_INDEX = re.compile(rf"対?(?:{_TIME})(?:同期|同月)?比(?:率)?[はでが:、(\s]*約?$")
_LEADS = re.compile(r"\s*(?:から|を|→|⇒|➡)\s*(?:[^、。\d]{0,12}?)約?\s*(?=\d)")
_MOVED = re.compile(rf"に|へ|→|⇒|➡|{_WAY}|改定|変更|なり|なっ|見直|改め")


@dataclass(frozen=True)
class Told:
    """``role``: a value of now or of before, a change, or this value as a percentage of the earlier one.

    ``way`` is 1 for more and −1 for less, 0 where it is not said; ``since`` when the earlier value held.
    """

    role: Role = "now"
    way: int = 0
    since: str = ""


def tell(text: str, start: int, end: int, unit: str | None) -> Told:
    """Return what a sentence says of the figure at ``text[start:end]``."""
    text = same_width(text)
    before, after = re.split(r"。", text[:start])[-1], text[end:]
    since = [m[1] for m in _SINCE.finditer(f"{before}{text[start:end]}")][-1:]
    reference = since[0] if since else ""
    changed = _CHANGED.match(after)
    if changed is not None:
        return Told("change", 1 if changed["up"] else -1, reference)
    index = _INDEX.search(before)
    if index is not None and unit and fold(unit) in RATE:
        sign = text[start]
        if sign in "△▲+-":
            return Told("change", 1 if sign == "+" else -1, reference)
        return Told("index", 0, reference)
    was = _WAS.search(before)
    if was is not None and "比" not in before[was.end("since") :]:
        return Told("before", 0, was["since"])
    leads = _LEADS.match(after)
    if leads is not None:
        rest = re.split(r"[。、]", re.sub(r"^[\d,.]+\S?", "", after[leads.end() :]))[0]
        if _MOVED.search(rest) or not leads[0].strip().startswith(("から", "を")):
            return Told("before", 0, reference)
    return Told("now", 0, reference)


def told_of(figure: Figure) -> Told:
    """Return what is said of a figure: in its sentence, or by the heading of its column or row."""
    fact = figure.fact
    if fact.table is not None:
        heads = fold(" ".join(filter(None, (fact.column, fact.row))))
        if CHANGE_HEADING.search(heads):
            number = fact.number or 0.0
            is_index = re.search(r"比(?!較)", heads) and number >= _LEAST_INDEX and "増減" not in heads
            return Told("index" if is_index else "change", (number > 0) - (number < 0))
        return Told("before" if re.search(_REVISED, heads) else "now")
    statement = figure.region.reading.statements[figure.statement]
    at = statement.start
    return tell(statement.text, fact.value_start - at, fact.value_end - at, fact.unit)


_LEAST_INDEX = 50  # 前年比108.3% is an index, 前年比8.3% a change


# --- answers ---------------------------------------------------------------------------------------------------------


def answer_earlier(scene: Scene) -> Draft | None:
    """Return the value that something had before; None where the question asks for none, or only dates can tell.

    例: 5年前の高齢化率は (31.4%で、5年前より2.6ポイント上昇) → 28.8%; 値上げ前の料金は (300円から500円に) → 300円
    """
    asked = EARLIER.search(scene.question.folded)
    if asked is None or scene.question.wants_difference or scene.question.superlative is not None:
        return None
    figures = rank_figures(scene, (), given=True)
    for group in _by_sentence(figures):
        if group[0].score < figures[0].score - _CLOSE:
            break
        for figure in group:
            told = told_of(figure)
            if told.role == "before" and _same_time(asked, told.since):
                named = f"（{told.since}）" if _TIME_ASKED.match(told.since) else ""
                return replace(_draft(scene, figure, figures, printed(figure.fact) + named), as_of=None)
        now = next((f for f in group if told_of(f).role == "now"), None)
        moved = next((f for f in group if told_of(f).role == "change" and _same_time(asked, told_of(f).since)), None)
        if now is not None and moved is not None and (worked := _undone(scene, now, moved, figures)) is not None:
            return worked
    if asked["since"] and scene.question.periods:
        return None  # a table or another paper may have the year
    best = figures[0] if figures else None
    if best is not None and told_of(best).role == "before":
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
    if found is not None or not question.wants_difference or len(question.periods) > 1:
        return found
    return answer_between(scene)


def answer_told_change(scene: Scene) -> Draft | None:
    """Return by how much something changed, where a paper says so. 例: 2.4ポイント上昇, 前年比8.3%増, 対前年比108.3%"""
    question = scene.question
    is_growth = GROWTH.search(question.folded) is not None
    if not is_growth and not question.wants_difference:
        return None
    bases = base_periods(question)
    periods = [p for p in question.periods if p not in bases]
    figures = rank_figures(scene, periods, given=True)
    named = _TIME_ASKED.search(question.folded)
    for figure in figures:
        if figure.score < figures[0].score - _CLOSE:
            break
        told, fact = told_of(figure), figure.fact
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
        text = f"{_number(abs(grown))}%{'増' if grown > 0 else '減'}" if grown else "増減なし"
        return replace(
            _draft(scene, figure, figures, text), how=f"{printed(fact)} − 100% = {_number(grown)}%", operands=(0,)
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
    figures = rank_figures(scene, bases or others, given=True)
    best = next((f for f in figures if told_of(f).role == "now" and _fits(question, f.fact, is_growth=False)), None)
    if best is None or best.fact.table is None or best.fact.as_of is None or best.score < figures[0].score - _CLOSE:
        return None
    if (bases or others) and best.period_fit < _SURE:
        return None
    row = [f for f in (best, *figures) if _is_beside(f.fact, best.fact) and f.fact.as_of and told_of(f).role == "now"]
    row += [f for f in _of_row(scene, best) if f.fact.id not in {g.fact.id for g in row}]
    dated = sorted({f.fact.as_of: f for f in row if f.fact.as_of}.values(), key=_when)
    at = next((i for i, f in enumerate(dated) if f.fact.as_of == best.fact.as_of), 0)
    if bases:
        later = [f for f in dated[at + 1 :] if not others or f.fact.as_of == others[0].code]
        pair = (dated[at], later[-1]) if later else None
    else:
        last = at if others else len(dated) - 1
        pair = (dated[last - 1], dated[last]) if last > 0 else None
    return change(scene, *pair, best) if pair is not None else None


_SURE = 0.9  # the column is headed by the very year


def _when(figure: Figure) -> str:
    return parse_code(figure.fact.as_of or "").end


def _of_row(scene: Scene, best: Figure) -> list[Figure]:
    """Return the cells of the best figure's row that another period's question would have passed over."""
    return [
        f
        for f in rank_figures(scene, (), given=True)
        if _is_beside(f.fact, best.fact) and f.fact.as_of and told_of(f).role == "now"
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
    text = fold(question.text)
    return tuple(
        p for p in question.periods if re.match(r"(?:度|同期|同月|末)?(?:の[^、。\s]{1,8})?(?:から|より|と比|に比|比|に対)", text[p.at[1] :])
    )


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
        said = _CHANGED.match(same_width(text[figure.fact.value_end : figure.fact.value_end + 24]))
        if said is not None and (way := re.match(r"増加?|減少?|上昇|低下|下落|向上|短縮|拡大|縮小", said["up"] or said["down"])):
            return way[0]
    return {1: "増", -1: "減", 0: ""}[told.way]


def _unsigned(value: str) -> str:
    return re.sub(r"^[△▲+-]\s*", "", value)


def _undone(scene: Scene, now: Figure, moved: Figure, figures: Sequence[Figure]) -> Draft | None:
    """Return the value before a change that a sentence tells beside the value of now. 例: 31.4 − 2.6 = 28.8%"""
    a, b, way = now.fact, moved.fact, told_of(moved).way
    rates = fold(a.unit or "") in ("%", "パーセント") and fold(b.unit or "") in ("ポイント", "pt", "%ポイント")
    counts = same_unit(a, b) and fold(b.unit or "") not in RATE
    if not way or not (rates or counts) or a.number is None or b.number is None:
        return None
    if not re.fullmatch(r"[\d,]+(?:\.\d+)?\D*", _unsigned(printed(a))) or a.unit != b.unit and not rates:
        return None
    shown = [float(re.sub(r"[^\d.]", "", re.match(r"[△▲+-]?[\d,.]+", printed(f))[0])) for f in (a, b)]
    unit, sign = fold(a.unit or ""), "−" if way > 0 else "＋"
    value = _number(round(shown[0] - way * shown[1], 6))
    how = f"{_number(shown[0])} {sign} {_number(shown[1])} = {value}{unit}"
    return replace(
        _draft(scene, now, figures, f"{value}{unit}"), how=how, operands=(0,), as_of=None, timeline=()
    )


def _draft(scene: Scene, figure: Figure, figures: Sequence[Figure], text: str) -> Draft:
    fact = figure.fact
    return Draft(
        kind=scene.question.kind,
        text=text,
        supports=tuple(places_of(figure)),
        as_of=fact.as_of,
        score=figure.score,
        signals=figure.signals(scene, lead_over(figure, figures)),
        why=(f"変化 {figure.score:.2f} {told_of(figure).role} {fact.value} {fact.label[:50]}",),
    )
