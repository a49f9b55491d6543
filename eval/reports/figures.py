"""Figures as people read them: shares, differences, times. What was not measured is 「－」."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

NOTHING = "－"
JAPAN = timezone(timedelta(hours=9), "JST")


def percent(share: float | None) -> str:
    """Return a share in per cent with one decimal. 例: 0.8929 → 89.3%"""
    return NOTHING if share is None else f"{100 * share:.1f}%"


def decimal(value: float | None) -> str:
    """Return a value from 0 to 1 with three decimals. 例: 0.04217 → 0.042"""
    return NOTHING if value is None else f"{value:.3f}"


def points(difference: float | None) -> str:
    """Return a difference of two shares in points. 例: -0.0125 → −1.3ポイント, 0 → 差なし"""
    if difference is None:
        return NOTHING
    rounded = round(100 * difference, 1)
    return f"{rounded:+.1f}ポイント".replace("-", "−") if rounded else "差なし"


def milliseconds(ms: float | None) -> str:
    """Return a time for people. 例: 47.63 → 48ミリ秒, 1240 → 1.24秒"""
    if ms is None:
        return NOTHING
    return f"{ms / 1000:.2f}秒" if ms >= 1000 else f"{ms:.0f}ミリ秒" if ms >= 10 else f"{ms:.1f}ミリ秒"


def moment(time: str | None) -> str:
    """Return a time of ISO 8601 as Japan's clocks show it. 例: 2026-11-23T15:22:20+00:00 → 2026年11月24日 0:22"""
    if time is None:
        return NOTHING
    at = datetime.fromisoformat(time).astimezone(JAPAN)
    return f"{at.year}年{at.month}月{at.day}日 {at.hour}:{at.minute:02}"
