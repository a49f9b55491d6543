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
# The question sets that come with the program and that it was made with.
SETS = {
    "sample": "見本資料",
    "seeds": "点検用の資料（seeds）",
    "fresh": "点検用の資料（fresh）",
    "unseen": "点検用の資料（unseen）",
}
EVERY = "すべて"
# Sets over other offices' papers, all that nobody learned from together, and the others.
UNREAD, READ = "ほかの自治体・省庁の資料（初見）", "ほかの自治体・省庁の資料（既読）"
BASELINE = "baseline"  # the id of the committed scorecards


@dataclass(frozen=True)
class Marks:
    """The counts of one or more question sets together; times are those of the slowest, None where none were kept.

    ``unsure``, ``shown``, ``given`` and what follows it are None where an older evaluation did not count them.
    """

    questions: int
    answerable: int
    right: int
    cited: int
    wrongly_declined: int  # it was said that the documents do not say what they do say
    unsure: int | None  # though there is an answer
    shown: int | None  # of these: it was among the candidates or in the places shown
    given: int | None  # answers
    right_given: int | None
    high: int | None  # answers of which the program was sure
    right_high: int | None
    promised: float | None  # the share of right ones among them that the word promises
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
        absent = [counts.get("absent", counts["declined"]) for counts in others]
        is_counted = all("promises" in one and one.get("unsure") is not None for one in listed if one["answerable"])
        worth = [promise for one in listed for promise in one.get("promises", ())] if is_counted else []
        sure = [promise for promise in worth if promise["word"] == "高"]
        return cls(
            questions=_sum(listed, "questions"),
            answerable=_sum(listed, "answerable"),
            right=_sum(others, "right"),
            cited=_sum(others, "cited"),
            wrongly_declined=sum(absent),
            unsure=sum(_unsure(one) for one in listed) if is_counted else None,
            shown=sum(round((one.get("unsure_shown") or 0) * _unsure(one)) for one in listed) if is_counted else None,
            given=_sum(worth, "count") if worth else None,
            right_given=_right(worth) if worth else None,
            high=_sum(sure, "count") if sure else None,
            right_high=_right(sure) if sure else None,
            promised=next((promise.get("least") for promise in sure), None),
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


def _unsure(one: Json) -> int:
    return round((one.get("unsure") or 0.0) * int(one["answerable"]))


def _right(promises: Iterable[Json]) -> int:
    return sum(round((one["share"] or 0) * one["count"]) for one in promises)


def _slowest(sets: Iterable[Json], key: str) -> float | None:
    return max((one[key] for one in sets if one.get(key) is not None), default=None)


def types_of(sets: Iterable[Json]) -> dict[str, dict[str, int]]:
    """Return the counts of each type of question over all ``sets``, in the order of TYPES."""
    total: dict[str, dict[str, int]] = {}
    for one in sets:
        for kind, counts in one["types"].items():
            before = total.setdefault(kind, dict.fromkeys(counts, 0))
            # What one of them did not count has no sum.
            total[kind] = {key: before[key] + value for key, value in counts.items() if key in before}
    known = list(TYPES)
    return dict(sorted(total.items(), key=lambda item: known.index(item[0]) if item[0] in known else len(known)))


def of(count: int | None, total: int | None) -> str:
    """Return a count of a total, as HTML; 「－」 for what was not counted. 例: (9, 10) → <b>9</b> / 10問（90%）"""
    if count is None or total is None:
        return "<b>－</b><span>（この評価では数えていません）</span>"
    if not total:
        return "<b>0</b> 問"
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


def group_of(name: str, scores: Json) -> str:
    """Return what a set is counted with: itself, or the sets over other offices' papers of the same standing."""
    if name in SETS or not scores.get("standing"):
        return name
    return READ if scores["standing"] == "既読" else UNREAD


def is_read(name: str, scores: Json) -> bool:
    """Say whether the program was made with the questions of a set: then its scores are no measure."""
    return name in SETS or scores.get("standing") == "既読"


def set_name(name: str, scores: Json | None = None) -> str:
    """Return what a set, a group of them or all together are called; ``scores`` tell a set of another office's papers.

    例: お手元の資料（総務課）, ほかの自治体・省庁の資料（初見）: 国会の委員会の会議録
    """
    if name in (EVERY, UNREAD, READ):
        return "すべて合わせて" if name == EVERY else name
    group = group_of(name, scores or {})
    return (
        f"{group}: {(scores or {}).get('title') or name}"
        if group in (UNREAD, READ)
        else SETS.get(name, f"お手元の資料（{name}）")
    )


def marked_name(name: str, scores: Json | None = None) -> str:
    """Return the name of a set, marked where the program was made with it. 例: 見本資料（既読）"""
    called = set_name(name, scores)
    if name not in SETS:
        return called
    return f"{called[:-1]}・既読）" if called.endswith("）") else f"{called}（既読）"


def sets_of(run: Json, chosen: str) -> Json:
    """Return the sets of an evaluation that a choice means: one of them, a group, or all."""
    sets: Json = run["sets"]
    return {n: one for n, one in sets.items() if chosen in (EVERY, n, group_of(n, one))}


def choices(run: Json) -> list[str]:
    """Return what can be chosen of an evaluation, first what says most of one's own papers.

    One's own sets, other offices' papers together, what the program was made with, and then each set and all together.
    """
    sets: Json = run["sets"]
    if len(sets) == 1:
        return list(sets)
    own = [name for name, one in sets.items() if group_of(name, one) == name and name not in SETS]
    groups = [group for group in (UNREAD, READ) if any(group_of(*item) == group for item in sets.items())]
    shipped = [name for name in SETS if name in sets]
    others = sorted(name for name in sets if name not in own and name not in shipped)
    first = [*own, *groups] if own or groups else [EVERY]
    return list(dict.fromkeys([*first, *shipped, *others, EVERY]))


def groups_of(sets: Json) -> dict[str, Json]:
    """Return the sets by what they are counted with, one's own first and what the program was made with last."""
    found: dict[str, Json] = {}
    for name, one in sets.items():
        found.setdefault(group_of(name, one), {})[name] = one
    return {group: found[group] for group in own_first(found)}


def own_first(groups: Iterable[str]) -> list[str]:
    """Return the names of groups of sets, one's own first and what the program was made with last."""
    order = [UNREAD, READ, *SETS]
    return sorted(groups, key=lambda group: order.index(group) + 1 if group in order else 0)


def whose(sets: Json) -> str:
    """Return whose papers the scores are about, and whether they measure anything, in a few sentences."""
    groups = list(groups_of(sets))
    own = [name for name in groups if name not in (UNREAD, READ, *SETS)]
    read = [is_read(name, one) for name, one in sets.items()]
    if own and len(own) == len(groups):
        return "お手元の資料の成績です。"
    if own:
        told = "お手元の資料と、ほかの資料を合わせた成績です。"
    else:
        named = "と".join(map(set_name, groups))
        told = f"これは{named}の成績です。お手元の資料の成績ではありません。"
    if all(read):
        return told + "作るときに見た質問（既読）なので、実力の目安にはなりません。"
    if any(read):
        return told + "作るときに見た質問（既読）を含むので、実力の目安にはなりません。"
    return told + "答えを見て手直ししたことのない質問（初見）なので、知らない資料での実力の目安になります。" * (not own)
