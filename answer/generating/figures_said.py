"""Do the figures and dates of a sentence stand in the lines? Each in its unit, in whatever way it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from answer.check import figures
from answer.generating.said import Said, Value, said
from answer.generating.source import Source
from answer.reading.evidence import katakana
from ingest.dates import Period
from ingest.kanji_figures import NUMERALS, kanji_value
from ingest.numbers import Quantity, base_unit, unit_scale

_ABOUT_BEFORE = re.compile(r"(?:約|およそ|おおよそ|ほぼ|概ね|おおむね)\s*$")
_ABOUT_AFTER = re.compile(r"余り?|程度|ほど|強|弱|台|近く|以上|を超え")
_EACH = re.compile(r"\s*間?(?:あたり|当たり|当り|につき|ごと|毎|に)")
_UNIT_SAID = re.compile(r"(?:単位\s*[:：]?\s*|[（(]\s*)([^（）()\s|:：、]{1,6})")
_NUMBER = r"[△▲-]?\d[\d,.]*(?:\s?[^\d\s=＝≒+＋×÷*/()（）、。−－-]{0,6})"
_WORKED = re.compile(
    rf"(?P<a>{_NUMBER})\s*(?P<sign>[−－＋+×÷*/]|(?<=\s)[-–](?=\s)|[–-])\s*(?P<b>{_NUMBER})\s*(?P<is>[=＝≒])\s*(?P<c>{_NUMBER})"
)
# Bounds that say the same of a figure, whatever words say it. 例: 10冊まで, 10冊以内, 上限10冊
_MOST = re.compile(r"以下|以内|まで|上限|最大|限度")
_LEAST = re.compile(r"以上|下限|最低|最小|から")
_KANJI = re.compile(f"[{NUMERALS}]{{2,}}")
# What is counted in things, and so may be counted by the sentence itself; an amount is never.
_MEASURES = re.compile(r"[A-Za-z%円年℃割度]|ポイント|時間|分|秒|歳|か月|週|日|倍|ドル|ユーロ")
_ITEMS = ("[、・]", "[、・]|と(?!い)|や|及び|並びに|または|又は|および")


def absent_figures(claim: Said, sources: Sequence[Source], worked: Sequence[Quantity], question: Said) -> Iterator[str]:
    """Yield the figures, times and bounds of a sentence that no line has."""
    for quantity in claim.quantities:
        if any(same(quantity, one) for one in worked):
            continue
        if not any(_holds(source, quantity, claim.text, question) for source in sources) and not _counts(
            claim, quantity, sources
        ):
            yield f"「{quantity.text}」が行にありません"
    for figure, before, after in claim.runs:
        if any(figure in figures(one.text) for one in worked):
            continue
        if not any(_has_run(source, figure, before, after) for source in sources):
            yield f"「{before}{figure}{after}」が行にありません"
    for code in claim.codes:
        if not any(_has_code(source, code) for source in sources):
            yield f"「{code.text}」が行にありません"
    held = [clock for s in sources for side in (s.own, s.over) for clock in side.clocks]
    exact = {clock.value for clock in held}
    as_said = {_as_said(clock) for clock in held}
    for clock in claim.clocks:
        halved = re.search(r"午前|午後|[ap]m", clock.text) is not None
        if clock.value not in exact and (halved or clock.value not in as_said):
            yield f"「{clock.text.strip()}」が行にありません"
    if "午前" in claim.text and "午後" not in claim.text:
        late = [c.text for c in claim.clocks if isinstance(c.value, tuple) and c.value[0] > _NOON]
        yield from (f"「午前」と「{text}」が合いません" for text in late)
    yield from _absent_bounds(claim, sources)
    yield from _lost_bounds(claim, sources)


_NOON = 12


def _as_said(clock: Value) -> object:
    """Return the time as the clock on the wall has it. 例: 午後5時 → 5:00"""
    if not isinstance(clock.value, tuple) or "午後" not in clock.text:
        return clock.value
    return (clock.value[0] % 12, clock.value[1])


def _absent_bounds(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    held = {bound for s in sources for side in (s.own, s.over) for bound in side.bounds}
    for what, bound in claim.bounds - held:
        bare = "".join(figures(what))
        if not what[0].isdigit():
            if any(w.endswith(what) or what.endswith(w) for w, b in held if b != bound and not w[0].isdigit()):
                yield f"「{what}{bound}」が行と違います"
            continue
        if any("".join(figures(w)) == bare and b == bound for w, b in held):
            continue
        like = _MOST if _MOST.fullmatch(bound) else _LEAST if bound == "以上" else None
        # the words before it, if no other figure is nearer to them: 4m以上6m未満 has no 6m以上
        around = rf"(?:上限|下限|最大|最低|最小|限度)[^\d。]{{0,6}}{re.escape(bare)}|{re.escape(bare)}[^\d。]{{0,6}}"
        if like is None or not any(like.search(text) for s in sources for text in re.findall(around, s.own.text)):
            yield f"「{what}{bound}」が行にありません"


def _lost_bounds(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield the figures that the lines have as thresholds alone and the sentence as values. 例: 50% of 50%以上"""
    for quantity in claim.quantities:
        held = [(s.own.text[q.at[1] :], q) for s in sources for q in s.own.quantities if same(q, quantity)]
        told = claim.text[quantity.at[1] :]
        if held and not _BOUNDED.match(told) and all(re.match(r"以上|未満|超", rest) for rest, _ in held):
            yield f"「{quantity.text}」は行では限度です"


_BOUNDED = re.compile(r".{0,12}?(?:以[上下内後降前]|未満|満た|超|まで|から|限|最[低大少小高]|越え|下回|上回|達し)")


def _counts(claim: Said, quantity: Quantity, sources: Sequence[Source]) -> bool:
    """Say whether a figure counts what the sentence lists, or what the lines are. 例: A、B、Cの3つ"""
    unit = quantity.base_unit
    if not unit or _MEASURES.match(unit) or not 2 <= quantity.value <= 20:
        return False
    if any(one.base_unit == unit for source in sources for one in source.own.quantities):
        return False
    start, end = quantity.at
    ahead = re.split(r"(?:[はがをに]、|。|次の|以下の|うち、?)", claim.text[:start])[-1]
    led = re.match(r"[^、はがで:：]*(?:[はがで]、?|[:：、])", claim.text[end:])
    behind = re.split(r"。", claim.text[end:][led.end() if led else 0 :])[0]
    for text in (ahead, behind):
        for items in (re.split(mark, text) for mark in _ITEMS):
            named = [item for item in items if item.strip("のでは ")]
            # 例: 派遣され、2回まで利用できます is no list
            if len(named) == quantity.value and not any(said(i).units and said(i).units[0].stated for i in named[:-1]):
                return True
    return unit in ("つ", "項目", "種類", "点", "か所") and quantity.value in (len(sources), len(sources) - 1)


def _has_run(source: Source, figure: str, before: str, after: str) -> bool:
    """Say whether a line has a figure that is no quantity: 第3回 and サロン2 beside its sign, a bare one by itself."""
    alone = rf"(?<![\d.])(?<!\d-)0*{re.escape(figure)}(?![\d]|[.\-]\d)"
    if before == "第":
        patterns = [before + alone + re.escape(after)]
    else:
        patterns = [re.escape(before) + alone] * bool(before) + [alone + re.escape(after)] * bool(after)
        # a cell that is nothing else, or a figure that says more than one digit does
        patterns += [alone] if not patterns or len(figure) > 1 else [rf"(?:^|[|:]){alone}(?=[|:]|$)"]
    if any(re.search(pattern, source.key) for pattern in patterns):
        return True
    if not figure.isdigit():
        return False
    # 例: 十都県, beside its sign
    beside = re.findall(f"[{NUMERALS}]+(?={re.escape(after)})", source.key) if after else []
    return any(kanji_value(run) == int(figure) for run in [*_KANJI.findall(source.text), *beside])


def _has_code(source: Source, code: Value) -> bool:
    if any(code.value == one.value for side in (source.own, source.over) for one in side.codes):
        return True
    return re.search(rf"(?<![\d.\-]){re.escape(katakana(code.text))}(?![\d]|-\d)", source.key) is not None


def _holds(source: Source, quantity: Quantity, text: str, question: Said) -> bool:
    """Say whether a line has a quantity: the value in its unit, whatever scale it is written in."""
    about = _ABOUT_BEFORE.search(text[: quantity.at[0]]) or _ABOUT_AFTER.match(text[quantity.at[1] :])
    for one in source.quantities:
        if same(quantity, one) or (about and _rounds(one, quantity)):
            return True
        if one.base_unit is None and _scaled(one.value, source, quantity, question):
            return True
        if figures(one.text) != figures(quantity.text):
            continue
        if quantity.base_unit == "つ" and one.value == quantity.value:
            return True  # 例: 1つの企業 for 1企業
        if quantity.unit is None:
            return True  # the bare figure of one that has a unit
    if quantity.base_unit not in (None, "年", "日", "時間", "分") and _is_printed(source, quantity):
        return True
    if quantity.value == 1 and quantity.unit and _EACH.match(text[quantity.at[1] :]):
        unit = re.escape(katakana(quantity.unit).removesuffix("間"))
        return re.search(rf"[/毎各]{unit}|{unit}間?(?:毎|当|アタリ|ニツキ|ゴト)", source.own.key) is not None  # 例: /週
    printed = figures(quantity.text)
    bare = [figure for side in (source.own, source.over) for figure, _, _ in side.runs]
    return any(
        [figure] == printed and _scaled(float(figure), source, quantity, question)
        for figure in bare
        if figure.replace(".", "", 1).isdigit()
    )


def _is_printed(source: Source, quantity: Quantity) -> bool:
    """Say whether a line prints a figure with its unit where it is no quantity. 例: 10枚当たり, 一組"""
    unit = re.escape(katakana(quantity.unit or ""))
    digits = re.escape("".join(figures(quantity.text)[:1]))
    if re.search(rf"(?<![\d.]){digits}{unit}", source.key):
        return True
    return any(kanji_value(run) == quantity.value for run in re.findall(f"[{NUMERALS}]+(?={unit})", source.key))


def _scaled(value: float, source: Source, quantity: Quantity, question: Said) -> bool:
    """Say whether a figure without a unit is the quantity, by a unit that the line, its heading or the question has."""
    if quantity.unit is None:
        return math.isclose(abs(value), abs(quantity.value))
    for text in (source.own.text, source.over.text):
        for match in _UNIT_SAID.finditer(text):
            if base_unit(match[1]) == quantity.base_unit:
                return math.isclose(abs(value) * unit_scale(match[1]), abs(quantity.value))
    if _MEASURES.match(quantity.base_unit or "") or not math.isclose(abs(value), abs(quantity.value)):
        return False
    return (
        re.search(rf"[何幾]{quantity.unit}|{quantity.unit}数", question.text + source.text + source.heading) is not None
    )


def same(one: Quantity, other: Quantity) -> bool:
    """Say whether two quantities are one value in one unit."""
    return math.isclose(abs(one.value), abs(other.value), rel_tol=1e-9) and one.base_unit == other.base_unit


def agree(one: Quantity, other: Quantity) -> bool:
    """Say whether two quantities are one, or one is the other rounded."""
    return same(one, other) or _rounds(one, other) or _rounds(other, one)


def _rounds(exact: Quantity, rounded: Quantity) -> bool:
    """Say whether one quantity is another, rounded to the digits that it shows. 例: 18,426,000千円 → 184億円"""
    if exact.base_unit != rounded.base_unit or not exact.value or not rounded.value:
        return False
    shown = re.sub(r"\D", "", "".join(figures(rounded.text))).strip("0")
    digits = max(len(shown), 2)
    power = digits - 1 - math.floor(math.log10(abs(exact.value)))
    return math.isclose(round(abs(exact.value) * 10**power) / 10**power, abs(rounded.value), rel_tol=1e-9)


def worked_out(text: str, sources: Sequence[Source]) -> tuple[list[Quantity], str]:
    """Return the quantities that a shown calculation gives, and the first calculation that does not hold."""
    found: list[Quantity] = []
    for match in _WORKED.finditer(text):
        a, b, c = (next(iter(said(match[name].strip()).quantities), None) for name in ("a", "b", "c"))
        if a is None or b is None or c is None:
            return found, match[0]
        if not all(any(_holds(s, q, "", said("")) for s in sources) for q in (a, b)):
            return found, match[0]
        if not _is_result(a.value, match["sign"], b.value, c, match["c"], match["is"]):
            return found, match[0]
        found += [c, *(q for q in said(text).quantities if math.isclose(abs(q.value), abs(c.value)))]
    return found, ""


def _is_result(one: float, sign: str, other: float, result: Quantity, printed: str, equals: str) -> bool:
    """Say whether a calculation gives what is printed, to its last digit."""
    if sign in "÷/":
        if not other:
            return False
        values = [one / other, 100 * one / other]
    else:
        values = [one + other if sign in "＋+" else one * other if sign in "×*" else one - other]
    places = len(re.sub(r"[^\d.]", "", printed).partition(".")[2])
    scale = unit_scale(result.unit) if result.unit and not printed.strip().endswith("%") else 1.0
    off = 0.5 * scale * 10**-places * (1.001 if equals == "≒" or sign in "÷/" else 1e-6)
    return any(abs(abs(v) - abs(result.value)) <= off for v in values)


def steps(claim: Said) -> list[float]:
    """Return by how much figures of one unit differ where から, より or に leads from one to the other."""
    found = []
    for one, other in pairwise(claim.quantities):
        between = claim.text[one.at[1] : other.at[0]]
        if one.base_unit != other.base_unit or between == "~":
            continue
        if re.match(r"から|→|を", between) and re.match(r"\s*(?:に|へ|まで|と|、|。|$)", claim.text[other.at[1] :]):
            found.append(other.value - one.value)
        elif re.fullmatch(r"[^。]{1,40}", between) and re.match(
            r"\s*(?:から|より|に比べ|と比べ|に対し)", claim.text[other.at[1] :]
        ):
            found.append(one.value - other.value)
    return [step for step in found if step]


_RANGE = re.compile(r"\s*(?:\([月火水木金土日祝・]+\))?\s*(?P<mark>[~\-]|から)\s*(?:翌|同)?")


def parted_ranges(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield the ranges of a sentence of which the lines have one end, with another one. 例: 8:00~15:00"""
    held = [pair for s in sources for pair in _ranges(s.own)]
    for start, end, text in _ranges(claim):
        if (start, end) in {(a, b) for a, b, _ in held}:
            continue
        if start in {a for a, _, _ in held} or end in {b for _, b, _ in held}:
            yield f"「{text}」が行と違います"


def _on_the_wall(value: Value) -> object:
    return (
        (value.value[0] % 12, value.value[1])
        if isinstance(value.value, tuple) and value.kind == "clock"
        else value.value
    )


def _ranges(text: Said) -> list[tuple[object, object, str]]:
    found: list[tuple[object, object, str]] = []
    for one, other in pairwise(text.values):
        mark = _RANGE.fullmatch(text.text[one.at[1] : other.at[0]])
        # amounts that lead from one to the other are no range: 10人から20人に
        if mark and one.kind == other.kind and (mark["mark"] != "から" or one.kind == "clock"):
            found.append((_on_the_wall(one), _on_the_wall(other), text.text[one.at[0] : other.at[1]]))
    return found


# --- dates ------------------------------------------------------------------------------------------------------------


def absent_dates(claim: Said, sources: Sequence[Source], question: Said) -> Iterator[str]:
    """Yield the dates of a sentence that neither the lines nor, where these have none, their headings have."""
    asked = {p.code for p in question.periods}
    days = {day for s in sources for day in (s.own.calendar or s.over.calendar)}
    for period in (p for s in sources for p in s.periods):
        if period.kind in ("day", "range"):
            days |= {(int(day[5:7]), int(day[8:10])) for day in (period.start, period.end)}
        elif period.kind == "month":
            days.add((int(period.start[5:7]), None))
    for period in claim.periods:
        if any(holds_period(claim, source, period, sources) for source in sources):
            continue
        # 例: 同年9月, where the question says which year
        named = (int(period.start[5:7]), int(period.start[8:10]) if period.kind == "day" else None)
        leans = any("同年" in s.text and not s.own.periods for s in sources)
        if not (leans and period.code in asked and period.kind in ("day", "month") and named in days):
            yield f"「{claim.text[slice(*period.at)]}」が行にありません"
    months = {day[0] for day in days if isinstance(day, tuple)}
    for day in claim.days:
        if day.value in days or day.value in question.calendar:
            continue
        if any(start <= day.at[0] and day.at[1] <= end for start, end in (p.at for p in claim.periods)):
            continue
        if not isinstance(day.value, tuple) or day.value[1] is not None or day.value[0] not in months:
            yield f"「{day.text}」が行にありません"


def holds_period(claim: Said, source: Source, period: Period, cited: Sequence[Source]) -> bool:
    """Say whether a line, or its heading where the lines have no such date of their own, holds for a period."""
    if any(covers(period, own) for own in source.periods):
        return True
    over = [
        one
        for one in source.over.periods
        # a paper of February 2024 says by its date alone nothing of 2024, nor of a fiscal year
        if one.kind not in ("day", "month") or period.kind in ("day", "month")
    ]
    if not any(_alike_kind(own, period) for s in cited for own in s.own.periods):
        return any(covers(period, one) for one in over)
    owned = [own for s in cited for own in s.own.periods]
    said_too = any(covers(other, own) for other in claim.periods if other is not period for own in owned)
    return said_too and any(period.code == one.code for one in over)


def _alike_kind(one: Period, other: Period) -> bool:
    years = {"year", "fiscal_year", "range"}
    return one.kind == other.kind or one.ambiguous or {one.kind, other.kind} <= years


def covers(told: Period, held: Period) -> bool:
    """Say whether a date is the one that is held, or the month or year that holds it."""
    if told.code == held.code:
        return True
    if told.kind == "range":
        return False
    if held.kind == "range":
        return "/" in held.code and told.code in held.code.split("/")
    if told.ambiguous or held.ambiguous:
        return told.start[:4] == held.start[:4] and {told.kind, held.kind} <= {"year", "fiscal_year"}
    if told.kind == "fiscal_year" and held.kind != "fiscal_year":
        return False
    return told.kind in ("month", "year") and told.start <= held.start and held.end <= told.end
