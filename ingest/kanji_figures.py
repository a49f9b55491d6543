"""Figures written in kanji, as digits. Whether kanji are a figure at all (三重県, 一般会計) is not asked here."""

from __future__ import annotations

import re

_DIGITS = "〇一二三四五六七八九"
_FORMAL = str.maketrans("零壱壹弐貳参參伍拾佰仟阡萬", "〇一一二二三三五十百千千万")
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"兆": 10**12, "億": 10**8, "万": 10**4}

NUMERALS = f"{_DIGITS}十百千万億兆零壱壹弐貳参參伍拾佰仟阡萬"

_D = f"[{_DIGITS}]"
_D1 = f"[{_DIGITS[1:]}]"
# 二千百三十四, or by place 二一三四
_PART = rf"(?:(?=[{_DIGITS[1:]}十百千])(?:{_D1}?千)?(?:{_D1}?百)?(?:{_D1}?十)?{_D1}?(?!{_D})|{_D1}{_D}{{1,3}})"
_COUNTED = re.compile(rf"(?:(?P<兆>{_PART})兆)?(?:(?P<億>{_PART})億)?(?:(?P<万>{_PART})万)?(?P<rest>{_PART})?")
_PLACED = re.compile(
    rf"(?P<whole>{_D}+|{_D}{{1,3}}(?:[、,]{_D}{{3}})+)(?:(?P<point>・{_D}+)(?P<scale>[百千]?[万億兆]?))?"
)


def kanji_value(text: str) -> int | None:
    """Return the whole number that kanji write, or None where they write none.

    例: 三億五千二百万 → 352000000, 二〇二四 → 2024, 弐拾 → 20; 十十, 万 → None
    """
    digits = in_digits(text)
    if digits is None or "." in digits:
        return None
    plain = digits.replace(",", "")
    return sum(int(part) * _LARGE.get(scale, 1) for part, scale in re.findall(r"([0-9]+)([兆億万]?)", plain))


def in_digits(text: str) -> str | None:
    """Return the figure that kanji write in digits, as papers print it; None where they write none.

    例: 三億五千二百万 → 3億5,200万, 二〇二四 → 2024, 一二・五 → 12.5, 三・五億 → 3.5億
    """
    text = text.translate(_FORMAL)
    placed = _PLACED.fullmatch(text)
    if placed is not None:
        whole = re.sub(r"[、,]", "", placed["whole"])
        plain = _by_place(whole)
        grouped = f"{int(plain):,}" if len(whole) < len(placed["whole"]) else plain
        return grouped + _decimals(placed["point"]) + (placed["scale"] or "")
    counted = _COUNTED.fullmatch(text)
    if counted is None or not text:
        return None
    shown = [f"{_part(counted[scale]):,}{scale}" for scale in _LARGE if counted[scale]]
    if counted["rest"]:
        shown.append(f"{_part(counted['rest']):,}")
    return "".join(shown)


def _by_place(digits: str) -> str:
    return "".join(str(_DIGITS.index(c)) for c in digits)


def _part(text: str) -> int:
    """Return the value of 二千百三十四 or 二一三四."""
    if not any(c in _SMALL for c in text):
        return int(_by_place(text))
    value, digit = 0, 0
    for c in text:
        if c in _SMALL:
            value, digit = value + (digit or 1) * _SMALL[c], 0
        else:
            digit = _DIGITS.index(c)
    return value + digit


def _decimals(point: str | None) -> str:
    return "." + _by_place(point[1:]) if point else ""
