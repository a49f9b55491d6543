"""Numbers of a spreadsheet as a person sees them: the figure in the cell and its format make what is read.

例: 1234 as #,##0 → 1,234; -5 as #,##0;"▲ "#,##0 → ▲ 5; 45322 as ggge"年"m"月"d"日" → 令和6年1月31日
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

# What Excel shows in Japanese for the formats that have only a number. (The library names the others.)
JAPANESE = {
    14: "yyyy/m/d",
    22: "yyyy/m/d h:mm",
    27: '[$-411]ge"."m"."d',
    28: '[$-411]ggge"年"m"月"d"日"',
    29: '[$-411]ggge"年"m"月"d"日"',
    30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"時"mm"分"',
    33: 'h"時"mm"分"ss"秒"',
    34: 'yyyy"年"m"月"',
    35: 'm"月"d"日"',
    36: '[$-411]ge"."m"."d',
    50: '[$-411]ge"."m"."d',
    51: '[$-411]ggge"年"m"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: '[$-411]ggge"年"m"月"d"日"',
    55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"',
    57: '[$-411]ge"."m"."d',
    58: '[$-411]ggge"年"m"月"d"日"',
}

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<skipped>.)|\*(?P<filling>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<meridian>AM/PM|A/P|午前/午後)|(?P<general>General|G/標準|標準)"
    r"|(?P<exponent>E[+-])(?=[0#?])|(?P<letters>g+|e+|y+|m+|d+|h+|s+|a{3,4}|b{2,4})|(?P<digits>[0#?]+)|(?P<other>.)",
    re.I | re.S,
)
_ERAS = (
    (date(2019, 5, 1), "令和", "令", "R"),
    (date(1989, 1, 8), "平成", "平", "H"),
    (date(1926, 12, 25), "昭和", "昭", "S"),
    (date(1912, 7, 30), "大正", "大", "T"),
    (date(1868, 1, 25), "明治", "明", "M"),
)
_WEEKDAYS = "月火水木金土日"

Token = tuple[str, str]


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return a number as its format shows it; a number too wide or odd for its format is shown as General."""
    if code == "General":
        return general(value)
    sections = _sections(code)
    tokens, signed = _chosen(value, sections)
    kinds = {kind for kind, _ in tokens}
    try:
        if kinds & {"letters", "meridian"} or any(_is_elapsed(text) for kind, text in tokens if kind == "bracket"):
            return _date(value, tokens, from_1904=from_1904)
        return _number(value if signed else abs(value), tokens)
    except (OverflowError, ValueError, ArithmeticError):
        return general(value)


def format_code(number: int, own: str = "") -> str:
    """Return the format of a number, as Japanese Excel knows it; ``own`` is what the file says of that number.

    Programs write the formats that Excel has by itself as if they were the file's own.
    """
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_REVERSE

    number = BUILTIN_FORMATS_REVERSE.get(own, number)
    if own and own not in BUILTIN_FORMATS_REVERSE:
        return own
    return JAPANESE.get(number) or BUILTIN_FORMATS.get(number) or "General"


def general(value: float) -> str:
    """Return a number without a format: at most eleven digits, as in a cell that is wide enough."""
    if value == int(value) and abs(value) < 1e11:
        return str(int(value))
    text = f"{value:.10g}" if abs(value) < 1e11 else f"{value:.5E}"
    if "e" in text or "E" in text:
        mantissa, _, exponent = text.upper().partition("E")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}E{exponent}"
    return text


def text_shown(value: str, code: str) -> str:
    """Return a text as the fourth part of a format shows it. 例: 福祉 as @"課" → 福祉課"""
    sections = _sections(code)
    section = sections[3] if len(sections) > 3 else sections[-1] if any(t == "@" for _, t in sections[-1]) else None
    if section is None or not any(text == "@" for _, text in section):
        return value
    return "".join(value if text == "@" else text for kind, text in section if kind in ("quoted", "escaped", "other"))


@lru_cache(maxsize=1024)
def _sections(code: str) -> list[list[Token]]:
    """Return the parts of a format between semicolons as tokens."""
    sections: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = str(match.lastgroup)
        text = match[kind]
        if kind == "other" and text == ";":
            sections.append([])
        else:
            sections[-1].append((kind, text))
    return sections


_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9.]+)")
_TESTS = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


def _chosen(value: float, sections: list[list[Token]]) -> tuple[list[Token], bool]:
    """Return the part of a format that shows a value, and whether the sign is still to be shown."""
    conditions = [
        next((m for kind, text in section if kind == "bracket" and (m := _CONDITION.fullmatch(text))), None)
        for section in sections[:3]
    ]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=False):
            if condition is None or _TESTS[condition[1]](value, float(condition[2])):
                return section, True
        return sections[min(2, len(sections) - 1)], True
    if value < 0 and len(sections) > 1:
        return sections[1], False
    if value == 0 and len(sections) > 2:
        return sections[2], True
    return sections[0], True


def _number(value: float, tokens: list[Token]) -> str:
    if not tokens:
        return ""  # 例: #,##0;; shows nothing for what is not positive
    if any(kind == "general" for kind, _ in tokens):
        return "".join(general(value) if kind == "general" else _literal(kind, text) for kind, text in tokens)
    places = [i for i, (kind, _) in enumerate(tokens) if kind == "digits"]
    if not places:
        text = "".join(_literal(kind, text) for kind, text in tokens)
        return ("-" if value < 0 else "") + text if "@" not in text else text.replace("@", general(value))
    if any(text == "/" for kind, text in tokens[places[0] :] if kind == "other"):
        return general(value)  # fractions: the number itself is clearer than a rounded one
    if any(kind == "exponent" for kind, _ in tokens):
        return _scientific(value, tokens)
    first, last = places[0], places[-1]
    point = next((i for i in range(first, last + 1) if tokens[i] == ("other", ".")), None)
    point = point if point is not None else (first - 1 if first and tokens[first - 1] == ("other", ".") else None)
    whole = [text for i, (_, text) in enumerate(tokens) if i in places and (point is None or i < point)]
    part = [text for i, (_, text) in enumerate(tokens) if i in places and point is not None and i > point]
    grouped = any(tokens[i] == ("other", ",") for i in range(first, last))
    after = last + 1
    thousands = 0
    while after < len(tokens) and tokens[after] == ("other", ","):
        thousands += 1
        after += 1
    percents = sum(tokens[i] == ("other", "%") for i in range(len(tokens)))
    number = Decimal(repr(float(value))) * 100**percents / 1000**thousands
    decimals = sum(len(text) for text in part)
    number = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits = f"{abs(number):f}"
    before, _, behind = digits.partition(".")
    least = sum(text.count("0") for text in whole)
    before = before.lstrip("0").rjust(least, "0")
    if grouped:
        before = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", before)
    optional = "".join(part)
    while behind and optional[len(behind) - 1] in "#?" and behind[-1] == "0":
        behind = behind[:-1]
    body = before + ("." if point is not None else "") + behind
    start = min(first, point) if point is not None else first
    prefix = "".join(_literal(kind, text) for kind, text in tokens[:start])
    inner = "".join(_literal(*tokens[i]) for i in range(start, after) if tokens[i][0] in ("quoted", "escaped"))
    suffix = "".join(_literal(kind, text) for kind, text in tokens[after:])
    return ("-" if number < 0 else "") + prefix + body + inner + suffix


def _scientific(value: float, tokens: list[Token]) -> str:
    at = next(i for i, (kind, _) in enumerate(tokens) if kind == "exponent")
    point = next((i for i in range(at) if tokens[i] == ("other", ".")), at)
    decimals = sum(len(text) for kind, text in tokens[point:at] if kind == "digits")
    return f"{value:.{decimals}E}"


def _literal(kind: str, text: str) -> str:
    """Return what a token of a number's format shows by itself."""
    if kind in ("quoted", "escaped", "other", "letters"):
        return text
    if kind == "bracket" and text.startswith("$"):
        return text[1:].partition("-")[0]  # [$¥-411] shows ¥
    return " " if kind == "skipped" and text in " 　" else ""


# --- dates -----------------------------------------------------------------------------------------------------------


def _is_elapsed(text: str) -> bool:
    return re.fullmatch(r"h+|m+|s+", text, re.I) is not None


def _date(value: float, tokens: list[Token], *, from_1904: bool) -> str:
    if value < 0:
        return general(value)  # Excel shows only ####
    moment, weekday = _moment(value, from_1904=from_1904)
    tokens = [(kind, text.lower() if kind == "letters" else text) for kind, text in tokens]
    meridian = any(kind == "meridian" for kind, _ in tokens)
    out: list[str] = []
    for i, (kind, text) in enumerate(tokens):
        if kind == "letters":
            out.append(_date_part(moment, weekday, text, _is_minute(tokens, i), meridian=meridian))
        elif kind == "meridian":
            forenoon, afternoon = ("午前", "午後") if text == "午前/午後" else tuple(text.upper().split("/"))
            out.append(forenoon if moment.hour < 12 else afternoon)
        elif kind == "bracket" and _is_elapsed(text):
            seconds = round(value * 86400)
            unit = {"h": 3600, "m": 60, "s": 1}[text[0].lower()]
            out.append(str(seconds // unit).rjust(len(text), "0"))
        elif kind == "digits":
            out.append(text if not set(text) <= {"0"} else "0" * len(text))
        elif kind == "other" and text == "@":
            continue
        else:
            out.append(_literal(kind, text))
    return "".join(out).strip()


def _moment(value: float, *, from_1904: bool) -> tuple[datetime, int]:
    """Return the day and time of a serial number, and its day of the week (0 is Monday)."""
    # Excel counts a February 29 in 1900 that there never was.
    start = datetime(1899, 12, 31) if value < 60 else datetime(1899, 12, 30)
    start = datetime(1904, 1, 1) if from_1904 else start
    moment = start + timedelta(days=int(value), seconds=round((value - int(value)) * 86400))
    return moment, moment.weekday()


def _is_minute(tokens: list[Token], i: int) -> bool:
    """Say whether m is a minute: after an hour, or before a second."""
    letters = [text for kind, text in tokens[:i] if kind == "letters" or (kind == "bracket" and _is_elapsed(text))]
    following = [text for kind, text in tokens[i + 1 :] if kind == "letters"]
    return bool(letters and letters[-1][0] in "hH") or bool(following and following[0][0] == "s")


def _date_part(moment: datetime, weekday: int, text: str, minute: bool, *, meridian: bool) -> str:
    letter, width = text[0], len(text)
    day = moment.date()
    if letter == "y":
        return f"{day.year % 100:02}" if width <= 2 else f"{day.year}"
    if letter in "ge":
        era = next((era for era in _ERAS if day >= era[0]), None)
        if era is None:
            return "" if letter == "g" else str(day.year)
        if letter == "g":
            return str(era[4 - min(width, 3)])
        year = day.year - era[0].year + 1
        return f"{year:02}" if width > 1 else str(year)
    if letter == "m" and not minute:
        return str(day.month) if width == 1 else f"{day.month:02}" if width == 2 else day.strftime("%b")
    if letter == "d":
        if width > 2:
            return day.strftime("%a" if width == 3 else "%A")
        return str(day.day) if width == 1 else f"{day.day:02}"
    if letter == "a":
        return _WEEKDAYS[weekday] + ("曜日" if width == 4 else "")
    number = {"h": (moment.hour % 12 or 12) if meridian else moment.hour, "m": moment.minute, "s": moment.second}
    return f"{number.get(letter, day.year):0{2 if width > 1 else 1}}"
