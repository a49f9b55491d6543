"""Two editions of a paper of a town that does not exist, and comparing them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from answer.editions.comparing import compare
from answer.editions.differences import Change
from answer.editions.paper import Paper
from ingest.facts import read_facts
from ingest.parse import parse

THEN = """\
# かえで台市 産業振興の取組み 説明資料

令和5年6月議会　商工課

## 1 企業連携フォーラム

- フォーラムの会員数は312社（令和5年3月末時点）です。
- 相談窓口の相談件数は延べ48件（令和5年3月末時点）です。
- 交流会は令和5年9月12日に開催する予定です。

## 2 空き店舗活用事業

- 空き店舗活用事業の補助額は1件当たり最大30万円です。

| 地区 | 空き店舗数 | 利用店舗数 |
|---|---|---|
| 東部 | 41店舗 | 12店舗 |
| 西部 | 35店舗 | 9店舗 |
| 南部 | 27店舗 | 8店舗 |

## 3 夜市の開催支援

- 夜市の来場者数は5,400人でした。
"""
NOW = """\
# かえで台市 産業振興の取組み 説明資料

令和6年6月議会　商工課

## 1 企業連携フォーラム

- フォーラムの会員数は378社（令和6年3月末時点）です。
- 相談窓口の相談件数は延べ95件（令和6年3月末時点）です。
- 交流会は令和6年10月8日に開催する予定です。

## 2 空き店舗活用事業

- 空き店舗活用事業の補助額は1件当たり最大30万円です。

| 地区 | 空き店舗数 | 利用店舗数 |
|---|---|---|
| 東部 | 38店舗 | 15店舗 |
| 西部 | 35店舗 | 11店舗 |
| 南部 | 30店舗 | 8店舗 |

## 3 移動販売車の導入補助

- 移動販売車の導入台数は6台です。
"""


def paper(text: str, name: str = "資料.md") -> Paper:
    """Return a text as it is compared: read and its facts taken, as ingestion does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        document = parse(path)
    return Paper(document, tuple(read_facts(document)))


def changes(then: str, now: str) -> tuple[Change, ...]:
    return compare(paper(then), paper(now))


def said(found: tuple[Change, ...], *kinds: str) -> set[tuple[str, str | None, str | None]]:
    """Return what is told: the label, then and now."""
    return {(c.label, c.then and c.then.text, c.now and c.now.text) for c in found if not kinds or c.kind in kinds}


def figures(then: str, now: str) -> set[tuple[str | None, str | None]]:
    """Return the values of the figures that are told as changed."""
    return {(c.then and c.then.text, c.now and c.now.text) for c in changes(then, now) if c.kind == "figure"}
