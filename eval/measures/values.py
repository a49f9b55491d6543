"""Which value a text states, and when two values are one: figures with unit and scale, and dates.

The same value is 3,649万4千円, 36,494千円 and 36,494,000円; R6.1.20, 令和6年1月20日 and 2024-01-20; 令和5年度 and
2023年度; 9割 and 90%. Figures are read as the product reads them (``ingest.numbers``, ``ingest.dates``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import zip_longest

from eval.dataset import Question
from eval.measures.texts import compact, without_asides
from ingest.dates import Period, find_periods, parse_code
from ingest.numbers import Quantity, find_quantities

# The types whose answer can be a value; a list, a reason or a procedure is none, whatever figures it names.
VALUE_TYPES = frozenset({"number", "table_cell", "temporal", "date", "comparison", "paraphrase"})
_TOLERANCE = 1e-9  # of the value: 28.5億 and 2,850百万 differ by rounding of floats only

# What a figure may measure; units of two measures, or two units of one, never stand for the same value. The papers
# count one thing as 社, 企業, 団体 or 件, so counters outside of this table do not speak against each other.
_MEASURED = {
    unit: measure
    for measure, units in {
        "money": "円 ドル ユーロ ウォン 元",
        "people": "人 人泊 人日 人回 人回泊 世帯",
        "share": "% ‰ ポイント 倍 割",
        "rank": "位",
        "time": "年 か月 週 日 時間 分 秒 歳",
        "size": "m2 m3 km2 km m cm mm ha kg g t L kL ml μg/m3 mg/L ppm ppb km/h",
        "other": "℃ 度 kW MW GW kWh MWh GWh dB hPa kcal GB TB MB bps Mbps Gbps TEU か国 言語 便",
    }.items()
    for unit in units.split()
}
# Counters of things, never of people; 者, 組 and 件 may count either.
_THINGS = frozenset(
    "社 企業 団体 校 台 棟 市町村 市 町 村 施設 機関 事業 便 か所 か国 企業・団体 社・団体 手続".split()
)
_YEAR_ONLY = parse_code("2000")  # a leap year, for days that are named without their year
_BARE = re.compile(
    r"(?P<sign>[△▲▼])?(?<![\d./:~A-Za-z第-])(?P<figure>\d+(?:\.\d+)?)(?![\d./:~A-Za-z-]|[年月日時分回]|[号番条章節頁目]|か年)"
)
_LEADING = re.compile(r"\d+(?:\.\d+)?")
_FRACTION = re.compile(r"\d/\d|分の")
_PAPER = re.compile(r"(?:第?\d*回)?(?:の)?(?:定例)?(?:県?議会|定例会|会見|資料|説明|議案)")


@lru_cache(maxsize=4096)  # each rule reads the same few texts
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of a text with their places in ``compact(text)``, in order.

    Besides those that ``find_quantities`` is sure of, a bare figure inside an answer's words is one (県内は396). A
    share written as a fraction is in per cent.
    """
    plain = compact(text)
    found = []
    for quantity in find_quantities(plain):
        if quantity.unit is None and _FRACTION.search(quantity.text):
            quantity = replace(quantity, value=100 * quantity.value, unit="%", base_unit="%")
        found.append(quantity)
    taken = [*(q.at for q in found), *(p.at for p in periods(plain))]
    for bare in _BARE.finditer(plain):
        if not any(start < bare.end() and bare.start() < end for start, end in taken):
            sign = -1 if bare["sign"] else 1
            found.append(Quantity(sign * float(bare["figure"]), None, None, bare[0], bare.span()))
    return tuple(sorted(found, key=lambda one: one.at))


def units_differ(one: str | None, other: str | None) -> bool:
    """Say whether two base units cannot count the same: 円 and 人, but not 社 and 企業・団体, nor a missing one."""
    if one is None or other is None or one == other:
        return False
    first, second = _MEASURED.get(one), _MEASURED.get(other)
    if first and second:
        return True
    if first == "people" or second == "people":
        return (other if first else one) in _THINGS
    return bool(first or second) and _is_counter(other if first else one)


def _is_counter(unit: str) -> bool:
    """Say whether a unit that measures nothing counts things: 件, 社, 企業・団体; a word after a figure is no unit."""
    return unit in _THINGS or unit in ("件", "者", "組", "個", "名", "回", "つ", "票", "頭", "本", "枚")


def same_quantity(one: Quantity, other: Quantity) -> bool:
    """Say whether two quantities are one value, up to the sign where one of them does not print any."""
    if units_differ(one.base_unit, other.base_unit):
        return False
    if not _close(abs(one.value), abs(other.value)):
        return False
    return one.value * other.value >= 0 or not (_is_signed(one) and _is_signed(other))


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE * max(1.0, abs(one), abs(other))


def _is_signed(quantity: Quantity) -> bool:
    return quantity.text[:1] in "△▲▼-+−"


@lru_cache(maxsize=4096)
def periods(text: str) -> tuple[Period, ...]:
    """Return the dates and periods of a text with their places in ``compact(text)``.

    A day or month without a year gets the year 2000 (see ``has_year``).
    """
    return tuple(find_periods(compact(text), default=_YEAR_ONLY))


def same_period(gold: Period, said: Period) -> bool:
    """Say whether ``said`` is the gold period or, more exactly, a day or month of it; without a year, by the rest.

    例: 令和6年1月20日 = 2024年1月20日; 2024-01-20 is in 2024年1月; 2023年度 is not 2023年. A bare R5 may be either.
    """
    if not (has_year(gold) and has_year(said)):
        return (gold.start[5:], gold.end[5:]) == (said.start[5:], said.end[5:])
    if "fiscal_year" in (gold.kind, said.kind) and gold.kind != said.kind:
        years = {p.start[:4] for p in (gold, said)}
        return (gold.ambiguous or said.ambiguous) and len(years) == 1
    return gold.start <= said.start and said.end <= gold.end


def has_year(period: Period) -> bool:
    """Say whether a period of ``periods`` was written with its year."""
    return not period.start.startswith("2000-")


def gold_quantities(question: Question) -> Sequence[Quantity]:
    """Return the ways to write the one gold figure, or each of the gold figures of ``accept_all``; empty for none.

    An accepted text without a unit (例: 36494) is only another way to look for the gold answer's own figure.
    """
    if question.accept_all:
        stated = quantities(question.answer)
        named = [text for text in question.accept_all if not is_date(text)]
        found = [next((s for s in stated if is_written(text, s)), None) for text in named]
        return [quantity for quantity in found if quantity is not None]
    core = quantities(without_asides(question.answer))
    own = [q for q in core if any(is_written(text, q) for text in question.accept)][:1] or core[:1]
    accepted = [q for text in question.accept for q in quantities(text)[:1] if q.at == (0, len(compact(text)))]
    if own:
        return [*own, *(q for q in accepted if q.unit is not None and not units_differ(own[0].base_unit, q.base_unit))]
    return accepted


def is_written(accepted: str, stated: Quantity) -> bool:
    """Say whether the accepted text begins with the figure of a quantity: 36494, 36494千円 or 2回寄る."""
    one, other = (compact(text).lstrip("△▲▼-+−") for text in (accepted, stated.text))
    first, second = (_LEADING.match(text) for text in (one, other))
    return bool(first and second and first[0] == second[0]) and (one.startswith(other) or other.startswith(one))


def gold_periods(question: Question) -> Sequence[Period]:
    """Return the gold date, or each of the gold dates of ``accept_all``; empty for an answer that is none."""
    if question.accept_all:
        return [periods(text)[0] for text in question.accept_all if is_date(text)]
    core = without_asides(question.answer)
    return periods(core)[:1] if question.type == "date" or is_date(core) else []


def is_date(text: str) -> bool:
    """Say whether a text is a date and little else: 2027年末まで, 8月頃."""
    found = periods(text)
    return bool(found) and found[0].at[0] == 0 and found[0].at[1] >= len(compact(text)) - 3


def value_right(question: Question, answer: str) -> bool | None:
    """Say whether the answer's own value is the gold one; None where the gold answer is no value.

    The answer's own value is the first outside of parentheses, where papers put the as-of date and what a figure was
    worked out from (see ``own_quantities``). Digits that leave their scale to the table (10,500 for 10,500千円) are
    another value; digits without a counter (25 for 25町村) are not. With ``accept_all`` every gold value must stand
    somewhere. That a value is scored apart from its wording, and wrong in another scale, follows TAT-QA (Zhu et al.,
    ACL 2021), here with the units, scales and calendars of Japanese papers.
    """
    if not question.answerable or question.type not in VALUE_TYPES:
        return None
    dates, gold = gold_periods(question), gold_quantities(question)
    if question.accept_all:
        if not dates and not gold:
            return None
        said = periods(answer)
        # Of several dates each is meant as exactly as it is written: 令和7年1月 is not said by 令和7年1月22日.
        dated = all(any(same_period(date, p) and same_period(p, date) for p in said) for date in dates)
        return dated and all(any(same_quantity(one, q) for q in quantities(answer)) for one in gold)
    if dates:
        stated = periods(without_asides(answer)) or periods(answer)
        return bool(stated) and same_period(dates[0], stated[0])
    if not gold:
        return None
    own = own_quantities(question, answer)
    return bool(own) and any(same_quantity(one, own[0]) for one in gold)


def own_quantities(question: Question, answer: str) -> Sequence[Quantity]:
    """Return the figures that an answer gives as its value, the first being the one; empty for none.

    Left out are asides in parentheses, figures of the question, what a rate is per (1人5,000円) and what a change
    starts from (1割から10割, 507→648).
    """
    core = without_asides(answer)
    plain = compact(core)
    asked = quantities(question.question)
    stated = quantities(core)
    kept = []
    for one, following in zip_longest(stated, stated[1:]):
        between = plain[one.at[1] : following.at[0]] if following else None
        if between in ("から", "→", "⇒") or (between in ("", "当たり", "あたり", "につき") and one.value == 1):
            continue
        if not any(_close(one.value, a.value) and one.unit == a.unit for a in asked):
            kept.append(one)
    return kept or stated[-1:]


def gold_as_of(question: Question) -> Period | None:
    """Return when the gold value holds, or None where neither gold answer nor question states just one period.

    The question file has no key for it, so it is read by rule: the one period that stands in the gold answer beside the
    value, else the one of the question. A period that names a paper (2月議会の資料) is not the value's.
    """
    if question.type not in ("number", "table_cell", "temporal") or question.accept_all or gold_periods(question):
        return None
    for text in (question.answer, question.question):
        plain = compact(text)
        found = [p for p in periods(plain) if not _PAPER.match(plain, p.at[1])]
        if found:
            return found[0] if len({p.code for p in found}) == 1 and has_year(found[0]) else None
    return None


def as_of_right(question: Question, as_of: str | None) -> bool | None:
    """Say whether an as-of code names the gold period; None where no gold period can be derived.

    Of a day and its month the coarser counts: 2024-01 is right for 令和6年1月末, and 2024-01-31 for 令和6年1月. A year
    is no fiscal year, except that a bare R6 may be either.
    """
    gold = gold_as_of(question)
    if gold is None:
        return None
    if as_of is None:
        return False
    said = parse_code(as_of)
    if {gold.kind, said.kind} <= {"day", "month"}:
        length = 10 if gold.kind == said.kind == "day" else 7
        return gold.start[:length] == said.start[:length]
    if gold.ambiguous and {gold.kind, said.kind} == {"year", "fiscal_year"}:
        return gold.start[:4] == said.start[:4]
    return (gold.start, gold.end) == (said.start, said.end)
