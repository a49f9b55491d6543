"""A figure in the unit that was asked for: 18,426,000千円 is about 184億円, 90分 is 1時間30分."""

from __future__ import annotations

import re

from ingest.document import Fact
from ingest.japanese import fold
from ingest.numbers import base_unit, unit_scale

# What one of each unit is in the smallest of its kind.
_KINDS: tuple[dict[str, float], ...] = (
    {"g": 1, "kg": 1e3, "t": 1e6},
    {"m2": 1, "ha": 1e4, "km2": 1e6},
    {"cm": 1, "m": 100, "km": 1e5},
    {"L": 1, "kL": 1e3, "m3": 1e3},
    {"秒": 1, "分": 60, "時間": 3600},
    {"kW": 1, "MW": 1e3},
)
_MOST_PLACES = 3  # decimals of a figure that is given exactly


def in_unit(fact: Fact, shown: str, asked: str | None) -> tuple[str, str] | None:
    """Return a figure in the unit that is asked for and how it was worked out; None where it is in that unit already.

    例: 18426000千円 asked in 億円 → 約184億円（184億2,600万円）; 約 says that it was rounded
    """
    unit = fact.unit and fold(fact.unit)
    if asked is None or not unit or fact.number is None or fact.number < 0:
        return None
    if re.search(rf"\d\s*{re.escape(asked)}$", fold(shown)) or fold(unit) == asked:
        return None
    if asked == "割" and unit in ("%", "パーセント", "％"):
        tenths = fact.number / 10
        return _said(tenths, "割", shown)
    scale = unit_scale(asked)
    if base_unit(asked) != base_unit(unit):
        kind = next((k for k in _KINDS if base_unit(asked) in k and base_unit(unit) in k), None)
        if kind is None:
            return None
        number = fact.number * kind[base_unit(unit) or ""]
        if base_unit(asked) == "時間":
            return _hours(number / kind["分"], shown)
        return _said(number / kind[base_unit(asked) or ""] / scale, asked, shown, exact=True)
    if scale == 1 or scale == unit_scale(unit):
        return None  # 何円 and 何人 are asked whatever the unit is
    value = fact.number / scale
    whole = _in_words(fact.number, base_unit(unit) or "") if base_unit(unit) == "円" else ""
    return _said(value, asked, shown, whole)


def _said(value: float, unit: str, shown: str, whole: str = "", *, exact: bool = False) -> tuple[str, str] | None:
    """Return a value in words, rounded where it is no short figure. 例: 184.26億円 → 約184億円"""
    places = _MOST_PLACES if exact else 1
    if value and round(value, places) == 0:
        return None
    is_exact = abs(value - round(value, places)) < 1e-9
    rounded = round(value, places) if is_exact else round(value) if value >= 100 else round(value, 1)
    text = f"{_plain(rounded)}{unit}"
    printed = f"（{whole}）" if whole and whole != text else f"（{shown}）"
    if is_exact:
        return f"{text}（{shown}）", f"{shown} ＝ {text}"
    steps = f"{shown} ＝ {whole} ≒ {text}" if whole and whole != shown else f"{shown} ≒ {text}"
    return f"約{text}{printed}", steps


def _hours(minutes: float, shown: str) -> tuple[str, str]:
    hours, rest = divmod(round(minutes), 60)
    text = "".join((f"{hours}時間" if hours else "", f"{rest}分" if rest or not hours else ""))
    return f"{text}（{shown}）", f"{shown} ＝ {text}"


def _in_words(yen: float, unit: str) -> str:
    """Return an amount by its 億 and 万. 例: 18426000000 → 184億2,600万円"""
    left, parts = round(yen), []
    for size, word in ((10**12, "兆"), (10**8, "億"), (10**4, "万"), (1, "")):
        part, left = divmod(left, size)
        if part:
            parts.append(f"{part:,}{word}")
    return "".join(parts) + unit


def _plain(value: float) -> str:
    return f"{value:,.{_MOST_PLACES}f}".rstrip("0").rstrip(".")
