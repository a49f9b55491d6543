"""The counts of a scorecard, and the words for them and for evaluations: pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ui import render
from ui.client import Json

TYPES = {
    "number": "数値",
    "date": "日付",
    "name": "名前",
    "place": "場所",
    "list": "列挙",
    "table_cell": "表の値",
    "definition": "定義",
    "reason": "理由",
    "howto": "方法・手続",
    "yesno": "はい・いいえ",
    "comparison": "比較",
    "temporal": "推移・時点",
    "paraphrase": "言い換え",
    "unanswerable": "記載なし（資料に答えがない）",
}
# The question sets that come with the program; every other one is of the office's own papers.
SETS = {
    "sample": "見本資料",
    "seeds": "点検用の資料（seeds）",
    "fresh": "点検用の資料（fresh）",
    "unseen": "点検用の資料（unseen）",
}
EVERY = "すべて"
BASELINE = "baseline"  # the id of the committed scorecards


@dataclass(frozen=True)
class Marks:
    """The counts of one or more question sets together; times are those of the slowest, None where none were kept."""

    questions: int
    answerable: int
    right: int
    cited: int
    wrongly_declined: int
    traps: int  # questions that the documents do not answer
    declined: int  # of these
    unsupported: int
    quotes: int
    misquoted: int
    errors: int
    median_ms: float | None
    slow_ms: float | None

    @classmethod
    def of(cls, sets: Iterable[Json]) -> Marks:
        listed = list(sets)
        types = types_of(listed)
        honest = types.get("unanswerable", {"questions": 0, "right": 0})
        others = [counts for kind, counts in types.items() if kind != "unanswerable"]
        return cls(
            questions=_sum(listed, "questions"),
            answerable=_sum(listed, "answerable"),
            right=_sum(others, "right"),
            cited=_sum(others, "cited"),
            wrongly_declined=_sum(others, "declined"),
            traps=honest["questions"],
            declined=honest["right"],
            unsupported=_sum(listed, "unsupported_answers"),
            quotes=_sum(listed, "quotes"),
            misquoted=_sum(listed, "quotes_not_verbatim"),
            errors=_sum(listed, "errors"),
            median_ms=_slowest(listed, "p50_ms"),
            slow_ms=_slowest(listed, "p95_ms"),
        )


def _sum(counts: Iterable[Json], key: str) -> int:
    return sum(int(one.get(key) or 0) for one in counts)


def _slowest(sets: Iterable[Json], key: str) -> float | None:
    return max((one[key] for one in sets if one.get(key) is not None), default=None)


def types_of(sets: Iterable[Json]) -> dict[str, dict[str, int]]:
    """Return the counts of each type of question over all ``sets``, in the order of TYPES."""
    total: dict[str, dict[str, int]] = {}
    for one in sets:
        for kind, counts in one["types"].items():
            before = total.setdefault(kind, dict.fromkeys(counts, 0))
            total[kind] = {key: before.get(key, 0) + value for key, value in counts.items()}
    known = list(TYPES)
    return dict(sorted(total.items(), key=lambda item: known.index(item[0]) if item[0] in known else len(known)))


def of(count: int, total: int) -> str:
    """Return a count of a total, as HTML. 例: (9, 10) → <b>9</b> / 10問（90%）"""
    return f"<b>{count:,}</b> / {total:,}問<span>（{percent(count / total)}）</span>"


def none_or(count: int) -> str:
    return f"<b>{count:,}</b> 件<span>（要確認）</span>" if count else "<b>0</b> 件<span>（なし）</span>"


def percent(share: float | None) -> str:
    """Return a share in whole percent; only all is 100, and only none is 0. 例: 0.998 → 99%"""
    if share is None:
        return "－"
    whole = round(100 * share)
    return f"{min(max(whole, 1), 99) if 0 < share < 1 else whole}%"


def seconds(ms: float) -> str:
    """Return a time for people. 例: 64.2 → 0.06秒, 1240 → 1.2秒"""
    return "0.01秒未満" if ms < 10 else f"{ms / 1000:.2f}秒" if ms < 1000 else f"{ms / 1000:.1f}秒"


def run_name(run: Json) -> str:
    """Return the name of an evaluation. 例: 2026/11/23 17:37 の評価, 基準の成績（製品に付属）"""
    when = render.moment(run.get("time"))
    if when is None:
        return "基準の成績（製品に付属）" if run["id"] == BASELINE else run["id"]
    return f"{when} の評価"


def version(run: Json) -> str:
    """Return the commit in short. 例: d5b66b6a47e8-dirty → d5b66b6a＋変更あり"""
    commit = str(run.get("commit") or "不明")
    return commit[:8] + ("＋変更あり" if commit.endswith("-dirty") else "")


def set_name(name: str) -> str:
    return "すべて合わせて" if name == EVERY else SETS.get(name, f"お手元の資料（{name}）")


def own_first(names: Iterable[str]) -> list[str]:
    """Return the names of question sets, those of the office's own papers before those that come with the program."""
    return sorted(names, key=lambda name: (name in SETS, list(SETS).index(name) if name in SETS else 0))


def whose(names: Iterable[str]) -> str:
    """Return whose papers the scores are about, in a sentence."""
    listed = own_first(names)
    own = [name for name in listed if name not in SETS]
    if not own:
        named = "と".join(map(set_name, listed))
        return f"これは{named}の成績です。お手元の資料の成績ではありません。"
    if len(own) < len(listed):
        return "お手元の資料と、製品に付属する資料を合わせた成績です。"
    return "お手元の資料の成績です。"
