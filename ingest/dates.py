"""Periods named in Japanese text: days, months, years and fiscal years, in era and western years.

Only what the text itself fixes is read. Relative words (昨年度, 本年3月末) are read only when the caller says when the
text was written, and a month or day without a year only when the caller passes the period it lies near.
"""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from ingest.kanji_figures import kanji_value
from ingest.writing import read_form

PeriodKind = Literal["day", "month", "year", "fiscal_year", "range"]

# The western year before the first year of each era, newest first.
ERAS = (("令和", "R", 2018), ("平成", "H", 1988), ("昭和", "S", 1925), ("大正", "T", 1911), ("明治", "M", 1867))
_ERA_BASE = {name: base for kanji, letter, base in ERAS for name in (kanji, letter)}


@dataclass(frozen=True)
class Period:
    """A stretch of days that a text names, and where it names it.

    ``code`` is ``2024-01-31``, ``2024-01``, ``2024``, ``FY2023``, or two of these joined by ``/`` for a range.
    ``ambiguous`` marks a bare R5 or 令和5, which may mean the year or the fiscal year.
    """

    start: str  # ISO day
    end: str  # ISO day, included
    kind: PeriodKind
    code: str
    at: tuple[int, int] = (0, 0)
    ambiguous: bool = False


_NUMBER = r"(?:[0-9]{1,2}|[〇一二三四五六七八九十]{1,3})"
_SPACE = r"[ \t]?"
# 例: 令和6, 令和六, R元, H30. A letter inside a word (CR2, R2D2) or glued to a digit is not an era.
_ERA_YEAR = (
    r"(?P<era>令和|平成|昭和|大正|明治|(?<![A-Za-z0-9_\-])[RHSTM])"
    rf"[ \t\n]{{0,2}}(?P<n>元|{_NUMBER})(?![0-9A-Za-z])"
)
_WESTERN_YEAR = (
    r"(?P<w>(?<![0-9,.\-/A-Za-z])(?:18|19|20)[0-9]{2}"
    r"|(?<![〇一二三四五六七八九十])"
    r"(?:[一二][〇一二三四五六七八九]{3}|(?:千[八九]百|二千)[一二三四五六七八九十]{0,4}(?= ?年)))(?![0-9,])"
)
_YEAR = re.compile(rf"{_ERA_YEAR}|{_WESTERN_YEAR}")
# 例: 令和7(2025)年度, 2024(令和6)年, 令和6年(2024年)1月, 平成31年度(令和元年度)
_SAME_YEAR_AGAIN = re.compile(
    rf"{_SPACE}\({_SPACE}(?:(?:西暦)?{_YEAR.pattern}){_SPACE}(?:年{_SPACE}(?P<fiscal>度)?)?{_SPACE}\)"
)

_MONTH_DAY = (
    rf"(?P<m>{_NUMBER}){_SPACE}月(?!曜|額|報|刊|給|例|謝|間)"
    rf"(?:{_SPACE}(?P<d>{_NUMBER}){_SPACE}(?:日(?!間|本|目)|(?=~[0-9]{{1,2}}日)))?"
)
_TAILS = {
    "fiscal_end": re.compile(rf"{_SPACE}年{_SPACE}度末"),
    "fiscal": re.compile(rf"{_SPACE}年{_SPACE}度"),
    "year_end": re.compile(rf"{_SPACE}年末"),
    # 例: 令和6年1～9月
    "months": re.compile(rf"{_SPACE}年{_SPACE}(?P<m>{_NUMBER})(?:~|-|・)(?P<m2>{_NUMBER}){_SPACE}月(?!曜|額|報|刊)"),
    "month": re.compile(rf"{_SPACE}年{_SPACE}{_MONTH_DAY}(?P<last>末(?!日)|末日)?"),
    "year": re.compile(rf"{_SPACE}年(?!代|生|式|型|目|間)"),
    # 例: R6.1.31, 令和6.1.31, 2024/1/31, 2024-01-31
    "dotted_day": re.compile(r"(?P<sep>[./\-]) ?(?P<m>[0-9]{1,2}) ?(?P=sep) ?(?P<d>[0-9]{1,2})(?![0-9.,])日?"),
    # 例: R6.1, R6.1月末, R7.7.(予定), 2024/1
    "dotted_month": re.compile(
        r"(?P<sep>[./]) ?(?P<m>[0-9]{1,2})(?![0-9,%]|\.[0-9]|倍|ポイント)"
        rf"(?P<tsuki>{_SPACE}月(?:{_SPACE}(?P<d>{_NUMBER}){_SPACE}日)?(?P<last>末日?)?)?"
    ),
}
_RANGE = re.compile(rf"(?:\([月火水木金土日][・祝休]*\))?{_SPACE}(?:~|-|ー|至){_SPACE}")
_FROM = re.compile(rf"{_SPACE}から{_SPACE}")
_UNTIL = re.compile(rf"{_SPACE}まで")
# The second half of a range may leave out what it shares: 令和2~5年度, 令和5年4月~9月, 2月20日~21日.
_REST_YEAR = re.compile(rf"(?P<n>[0-9]{{4}}|{_NUMBER}){_SPACE}年(?:(?P<fiscal>{_SPACE}度)|(?!間|目|生))")
_REST_MONTH = re.compile(rf"{_MONTH_DAY}(?P<last>末日?)?")
_REST_DAY = re.compile(rf"(?P<d>{_NUMBER}){_SPACE}日(?!間|本)")
# 例: R5.9.11~15, R6.1.9~2.22
_REST_DOTTED = re.compile(r"(?:(?P<m>[0-9]{1,2})\.)?(?P<d>[0-9]{1,2})(?![0-9.,%]|[^\W\d_])")
_YEARLESS = re.compile(rf"(?<![0-9〇一二三四五六七八九十.,/か年]){_MONTH_DAY}(?P<last>末日?)?")
_YEARLESS_MONTHS = re.compile(
    rf"(?<![0-9〇一二三四五六七八九十.,/か年])(?P<m>{_NUMBER})~(?P<m2>{_NUMBER}){_SPACE}月(?!曜|額|報|刊)"
)
_SLASHED = re.compile(r"(?<![0-9/.,\-A-Za-z])(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})(?![0-9/.,%A-Za-z]|以|の|ずつ|補)")


# What a speech or a report says of the days around it, in years from when it was written. 前年度 and 同年 are not here:
# they lean on a date in the text, and a column 前年度 on its table.
_SPOKEN = {"一昨年": -2, "おととし": -2, "昨年": -1, "去年": -1, "本年": 0, "今年": 0, "来年": 1, "明年": 1}
_RELATIVE = re.compile(
    rf"(?P<word>{'|'.join(_SPOKEN)})(?:(?P<fiscal>度)(?P<fiscal_end>末)?|(?P<year_end>末)|の?{_MONTH_DAY}(?P<last>末日?)?)?"
)


def find_periods(text: str, default: Period | None = None, written: Period | None = None) -> list[Period]:
    """Return the periods that ``text`` names, in order and without overlap.

    A range is one period of kind ``range``: 令和2～5年度 is ``FY2020/FY2023``. Months and days without a year are
    returned only with ``default``, and then in the year that brings them nearest to it (例: 11月17日 in a paper of
    February 2024 is 2023-11-17). Relative words are returned only with ``written``, when the text was written
    (例: 昨年度 in a report of June 2022 is ``FY2021``).
    """
    folded, offsets = read_form(text)
    found = _periods_in(folded, default, written)
    if offsets is None:
        return found
    return [replace(p, at=(offsets[p.at[0]], offsets[p.at[1] - 1] + 1)) for p in found]


def _periods_in(folded: str, default: Period | None, written: Period | None) -> list[Period]:
    found: list[Period] = []
    position = 0
    for match in _YEAR.finditer(folded):
        if match.start() < position:
            continue
        period = _ranged(folded, _dated(folded, match), match)
        if period is not None:
            found.append(period)
            position = period.at[1]
    if written is not None:
        found = sorted([*found, *_relative(folded, written, found)], key=lambda p: p.at)
    if default is not None:
        found = sorted([*found, *_yearless(folded, default, found)], key=lambda p: p.at)
    return found


@lru_cache(maxsize=4096)
def parse_code(code: str) -> Period:
    """Return the period of an as-of code: ``2024-01-31``, ``2024-01``, ``2024``, ``FY2023`` or a range of two."""
    if "/" in code:
        first, last = (parse_code(part) for part in code.split("/", 1))
        return Period(first.start, last.end, "range", code)
    match = re.fullmatch(r"(FY)?(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", code)
    if match is None or (match[1] and match[3]):
        raise ValueError(f"not an as-of code: {code!r} (expected 2024-01-31, 2024-01, 2024, FY2023 or two with /)")
    period = (
        _fiscal_year(int(match[2]))
        if match[1]
        else _period(int(match[2]), int(match[3]) if match[3] else None, int(match[4]) if match[4] else None)
    )
    if period is None:
        raise ValueError(f"no such day: {code!r}")
    return period


def date_of(text: str) -> str:
    """Return the code of the day, month or year that ``text`` is; ValueError for anything else.

    例: 令和6年6月4日（火） → 2024-06-04, ｒ６．６ → 2024-06, 2024-06 → 2024-06
    """
    plain = re.sub(r"\([月火水木金土日]\)$", "", read_form(text)[0].strip().upper())
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{4}(?:-[0-9]{2}){0,2}", plain) and date.fromisoformat((plain + "-01-01")[:10]):
            return plain
    found = find_periods(plain)
    if len(found) != 1 or found[0].kind not in ("day", "month", "year") or found[0].at != (0, len(plain)):
        raise ValueError(f"{text!r} is no day, month or year, such as 2024-06-04, 2024-06 or 令和6年6月4日")
    return found[0].code


def describe(code: str) -> str:
    """Return an as-of code in Japanese: 2024-01-31 → 令和6年1月末現在, FY2023 → 令和5年度, 2024-01 → 令和6年1月."""
    if "/" in code:
        first, last = code.split("/", 1)
        return f"{describe(first)}～{describe(last)}".replace("現在", "")
    period = parse_code(code)
    start = date.fromisoformat(period.start)
    if period.kind == "fiscal_year":
        # 2019年度 began in 平成 but is called 令和元年度: its name is the era that most of it lay in.
        return f"{_era_year(start.replace(month=9))}年度"
    if period.kind == "year":
        # A year in which an era changed is named by the era it ended in.
        return f"{_era_year(date.fromisoformat(period.end))}年"
    if period.kind == "month":
        return f"{_era_year(date.fromisoformat(period.end))}年{start.month}月"
    day = "末" if start.day == monthrange(start.year, start.month)[1] else f"{start.day}日"
    return f"{_era_year(start)}年{start.month}月{day}現在"


_ERA_STARTS = (("令和", date(2019, 5, 1)), ("平成", date(1989, 1, 8)), ("昭和", date(1926, 12, 25)))


def _era_year(day: date) -> str:
    for name, start in _ERA_STARTS:
        if day >= start:
            n = day.year - _ERA_BASE[name]
            return f"{name}{'元' if n == 1 else n}"
    return str(day.year)


def _number(digits: str | None) -> int | None:
    """Return the value of ASCII or kanji digits, or None for a run of kanji that is no number (十十).

    例: 元 → 1, 十二 → 12, 二〇二四 → 2024
    """
    if digits is None:
        return None
    if digits == "元":
        return 1
    return int(digits) if digits.isascii() else kanji_value(digits)


def _period(year: int, month: int | None = None, day: int | None = None) -> Period | None:
    if not 1 <= year <= 9999:
        return None
    if month is None:
        return Period(f"{year:04}-01-01", f"{year:04}-12-31", "year", f"{year:04}")
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    if day is None:
        code = f"{year:04}-{month:02}"
        return Period(f"{code}-01", f"{code}-{last:02}", "month", code)
    if not 1 <= day <= last:
        return None
    code = f"{year:04}-{month:02}-{day:02}"
    return Period(code, code, "day", code)


def _fiscal_year(year: int) -> Period:
    return Period(f"{year:04}-04-01", f"{year + 1:04}-03-31", "fiscal_year", f"FY{year:04}")


def _month_end(year: int, month: int) -> Period | None:
    return _period(year, month, monthrange(year, month)[1]) if 1 <= month <= 12 else None


def _year_of(match: re.Match[str]) -> int | None:
    if match["w"]:
        return _number(match["w"])
    n = _number(match["n"])
    return None if not n else _ERA_BASE[match["era"]] + n


def _dated(text: str, match: re.Match[str]) -> Period | None:
    """Return the period that starts with this year, or None where it is only a number that looks like one."""
    year = _year_of(match)
    if year is None:
        return None
    begin, end = match.span()
    again = _SAME_YEAR_AGAIN.match(text, end)
    if again and _year_of(again) == year:
        end = again.end()
    for name, pattern in _TAILS.items():
        tail = pattern.match(text, end)
        if tail is None:
            continue
        period = _with_tail(name, year, tail, western=match["w"] is not None, letter=match["era"] or "")
        if period is not None:
            if name in ("fiscal", "year", "year_end"):
                again = _SAME_YEAR_AGAIN.match(text, tail.end())
                if again and _year_of(again) == year and bool(again["fiscal"]) <= (name == "fiscal"):
                    month = re.compile(rf"{_SPACE}{_MONTH_DAY}(?P<last>末日?)?").match(text, again.end())
                    inner = _with_tail("month", year, month, western=False, letter="") if month else None
                    if inner is not None and month is not None and name == "year":
                        return replace(inner, at=(begin, month.end()))
                    return replace(period, at=(begin, again.end()))
            return replace(period, at=(begin, tail.end()))
    if again and _year_of(again) == year and again["fiscal"]:  # 例: 令和5(2023年度)
        return replace(_fiscal_year(year), at=(begin, end))
    if match["era"] in ("令和", "平成", "昭和") or _bare_letter(text, match):
        period = _period(year)
        return None if period is None else replace(period, at=(begin, end), ambiguous=True)
    return None


def _bare_letter(text: str, match: re.Match[str]) -> bool:
    """Say whether R5 or H30 stands alone as a year; H2 is hydrogen and M7 an earthquake, S3 a product.

    例: R5, R元, H30 yes; H2, M7.1, S3, R2号, R5-1 no (R2-R5 is a range and was read before).
    """
    letter, digits = match["era"], match["n"]
    if letter not in ("R", "H") or not (digits == "元" or digits.isascii()) or " " in match[0] or "\t" in match[0]:
        return False
    in_range = text[match.start() - 1 : match.start()] == "~" or re.match(r" ?[~ー] ?H?[0-9]", text[match.end() :][:4])
    if letter == "H" and len(digits) == 1 and not in_range:
        return False
    return not re.match(r"-[0-9]|号|[.,][0-9]|[%_]", text[match.end() : match.end() + 2])


def _with_tail(name: str, year: int, tail: re.Match[str], *, western: bool, letter: str) -> Period | None:
    if name == "fiscal_end":
        return _period(year + 1, 3, 31)
    if name == "fiscal":
        return _fiscal_year(year)
    if name == "year_end":
        return _period(year, 12, 31)
    if name == "year":
        return _period(year)
    if name == "months":
        return _months(year, tail)
    month, day = _number(tail["m"]), _number(tail["d"])
    if month is None or (tail["d"] and day is None):
        return None
    if name == "dotted_day":
        return None if tail["sep"] == "-" and not western else _period(year, month, day)
    # 2024.1 is a figure, and M7.1 or S1.5 are no dates: a lone decimal point needs R, H or the era's name.
    lone_point = name == "dotted_month" and not tail["tsuki"]
    if lone_point and ((western and tail["sep"] == ".") or letter in ("M", "T", "S")):
        return None
    if tail["last"] and day is None:
        return _month_end(year, month)
    return _period(year, month, day)


def _months(year: int, tail: re.Match[str]) -> Period | None:
    """Return the range of months that are named with one 月: 1～9月."""
    month, last_month = _number(tail["m"]), _number(tail["m2"])
    first = _period(year, month) if month else None
    last = _period(year, last_month) if last_month else None
    if first is None or last is None or first.start >= last.start:
        return None
    return Period(first.start, last.end, "range", f"{first.code}/{last.code}")


def _ranged(text: str, first: Period | None, match: re.Match[str]) -> Period | None:
    """Return ``first``, or the range it opens: 令和5年12月～令和6年2月, R2~R5, 令和2～5年度, 2020-2024年."""
    at = first.at[1] if first else match.end()
    begin = first.at[0] if first else match.start()
    link = _RANGE.match(text, at) or _FROM.match(text, at)
    if link is None:
        return first
    last = _range_end(text, link.end(), first, match)
    if last is None or ("から" in link[0] and not _UNTIL.match(text, last.at[1])):
        return first
    year = _year_of(match)
    if first is None or first.ambiguous:
        # 令和2～5年度 says 年度 once for both ends.
        if year is None:
            return None
        opening = _fiscal_year(year) if last.kind == "fiscal_year" else _period(year)
        if opening is None:
            return None
        first = replace(opening, ambiguous=last.ambiguous)
    if last.ambiguous and first.kind == "fiscal_year":
        last = replace(_fiscal_year(int(last.code)), at=last.at)
    if first.start > last.start:
        return None if first.at == (0, 0) else first
    ambiguous = first.ambiguous and last.ambiguous
    return Period(first.start, last.end, "range", f"{first.code}/{last.code}", (begin, last.at[1]), ambiguous)


def _range_end(text: str, at: int, first: Period | None, match: re.Match[str]) -> Period | None:
    full = _YEAR.match(text, at)
    if full is not None:
        period = _dated(text, full)
        if period is not None:
            return period
    rest = _REST_YEAR.match(text, at)
    if rest is not None and (first is None or first.kind in ("year", "fiscal_year")):
        n = _number(rest["n"])
        if not n:
            return None
        year = n if n >= 1000 else _ERA_BASE[match["era"]] + n if match["era"] else None
        if year is None:
            return None
        period = _fiscal_year(year) if rest["fiscal"] else _period(year)
        return None if period is None else replace(period, at=rest.span())
    if first is None:
        return None
    return _shared_end(text, at, first)


def _shared_end(text: str, at: int, first: Period) -> Period | None:
    """Return the end of a range that shares its year (and month) with the start: 4月～9月, 2月20日～21日."""
    year, month = int(first.start[:4]), int(first.start[5:7])
    rest = _REST_MONTH.match(text, at)
    period: Period | None = None
    if rest is not None and first.kind in ("month", "day"):
        last_month, day = _number(rest["m"]), _number(rest["d"])
        if last_month is None:
            return None
        if last_month < month:  # 例: 令和5年12月～2月 ends in the next year
            year += 1
        period = _month_end(year, last_month) if rest["last"] else _period(year, last_month, day)
    elif first.kind == "day":
        rest = _REST_DAY.match(text, at)
        day = _number(rest["d"]) if rest else None
        period = _period(year, month, day) if day else None
        if rest is None and text[first.at[0] : first.at[1]].count(".") == 2:
            rest = _REST_DOTTED.match(text, at)
            if rest is not None:
                last_month = int(rest["m"] or month)
                period = _period(year + (last_month < month), last_month, int(rest["d"]))
    return None if period is None or rest is None else replace(period, at=rest.span())


def _relative(text: str, written: Period, taken: list[Period]) -> list[Period]:
    found: list[Period] = []
    for match in _RELATIVE.finditer(text):
        if any(p.at[0] < match.end() and match.start() < p.at[1] for p in taken):
            continue
        offset, month = _SPOKEN[match["word"]], _number(match["m"])
        period: Period | None = None
        if match["fiscal"]:
            # Which fiscal year it is cannot be told from a year alone.
            if written.kind != "year":
                year = int(written.start[:4]) - (written.start[5:7] < "04") + offset
                period = _period(year + 1, 3, 31) if match["fiscal_end"] else _fiscal_year(year)
        elif written.kind != "fiscal_year":
            year = int(written.start[:4]) + offset
            if match["year_end"]:
                period = _period(year, 12, 31)
            elif match["last"] and not match["d"]:
                period = _month_end(year, month or 0)
            else:
                period = _period(year, month, _number(match["d"]))
        if period is not None:
            found.append(replace(period, at=match.span()))
    return found


def _yearless(text: str, default: Period, taken: list[Period]) -> list[Period]:
    found: list[Period] = []
    busy = [False] * (len(text) + 1)
    for period in taken:
        busy[period.at[0] : period.at[1]] = [True] * (period.at[1] - period.at[0])
    for match in _YEARLESS_MONTHS.finditer(text):  # 例: 10～12月
        months = _months(_nearest_year(_number(match["m"]) or 1, default), match)
        if months is not None and not busy[match.start()]:
            busy[match.start() : match.end()] = [True] * (match.end() - match.start())
            found.append(replace(months, at=match.span()))
    for match in sorted([*_YEARLESS.finditer(text), *_SLASHED.finditer(text)], key=lambda m: m.start()):
        if busy[match.start()]:
            continue
        month, day = _number(match["m"]), _number(match["d"])
        if month is None or not 1 <= month <= 12:
            continue
        year = _nearest_year(month, default)
        month_end = "last" in match.re.groupindex and match["last"] and day is None
        period_found = _month_end(year, month) if month_end else _period(year, month, day)
        if period_found is None:
            continue
        period = replace(period_found, at=match.span())
        link = _RANGE.match(text, match.end())
        last = _shared_end(text, link.end(), period) if link and "/" not in match[0] else None
        if last is not None and last.start >= period.start:
            code = f"{period.code}/{last.code}"
            period = Period(period.start, last.end, "range", code, (match.start(), last.at[1]))
        busy[period.at[0] : period.at[1]] = [True] * (period.at[1] - period.at[0])
        found.append(period)
    return found


def _nearest_year(month: int, default: Period) -> int:
    """Return the year in which ``month`` lies inside ``default``, or else nearest to its start."""
    start = date.fromisoformat(default.start)
    if default.kind == "fiscal_year":
        return start.year if month >= 4 else start.year + 1
    if default.kind == "year":
        return start.year
    offset = month - start.month
    if offset > 6:
        return start.year - 1
    return start.year + 1 if offset < -6 else start.year
