"""The page 成績: how many questions each version answers rightly, and every wrong answer beside the right one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import altair as alt
import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.messages import FAILURES, say
from ui.paging import pager, piece
from ui.render import escape

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
FAULTS = {
    "wrong": ("内容が違う", "答えの内容が、正しい答えと違います。"),
    "declined": (
        "「記載なし」とした",
        "資料に答えがあるのに、「資料に記載がありません」と答えました。",
    ),
    "invented": (
        "答えがないのに答えた",
        "資料に答えがない質問です。「資料に記載がありません」と答えるべきところでした。",
    ),
    "uncited": ("出典が違う", "答えは合っていますが、出典が正しい箇所を示していません。"),
    "too_long": ("長すぎる", "正しい答えを含みますが、決まった長さを超えています。"),
    "error": ("エラー", "エラーのため、答えられませんでした。"),
}
LEGS = {"fused": "語と意味の両方（実際の検索）", "keyword": "語だけ", "vector": "意味だけ"}
FOUND = {"recall@1": "1番目に", "recall@5": "5番目までに", "recall@10": "10番目までに"}
SETS = {"sample": "見本の資料（sample）"}
EVERY = "すべて"
WRONG_A_PIECE = 10
LONGEST_QUOTE = 240
# Told apart by shape and stroke as well as by colour.
LINE_COLOURS = ["#24476b", "#9e3524", "#3f7a4d", "#7a5a00", "#5f3f84", "#4b5563"]
STROKES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 4]]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
CHARTED = 10  # evaluations: more than these have no room on the axis
DAY_OVER_TIME = "split(replace(datum.label, /^\\d{4}\\//, ''), ' ')"
FONT = "'Hiragino Sans', 'Yu Gothic UI', Meiryo, 'Noto Sans CJK JP', IPAGothic, sans-serif"


def page(client: AskClient) -> None:
    """Draw the scorecard of a chosen evaluation, the history of all of them, and what was answered wrongly."""
    st.html(
        '<h2 class="tk-head">成績</h2><p class="tk-lead">正しい答えが分かっている質問（質問集）にすべて答えさせ、'
        "採点した結果です。</p>"
    )
    try:
        with st.spinner("成績を読んでいます…"):
            runs = client.evaluations()
    except FAILURES as error:
        say(error)
        return
    if not any(run["sets"] for run in runs):
        st.html(
            render.message_html(
                "まだ評価がありません",
                "次のコマンドを実行すると、質問集のすべての質問に答えさせて採点し、結果がここに表示されます（数分かかります）。",
                command="tenkyo eval",
            )
        )
        return
    with st.container(key="scorecard-choice"):
        left, right = st.columns([3, 2])
        named = {run["id"]: run for run in runs if run["sets"]}
        chosen = left.selectbox(
            "評価", list(named), format_func=lambda id_: run_name(named[id_]), key="run", filter_mode=None
        )
        run = named[chosen]
        names = [EVERY, *run["sets"]] if len(run["sets"]) > 1 else list(run["sets"])
        # A key of its own for each run: another run may hold other sets.
        name = right.selectbox("質問集", names, format_func=set_name, key=f"set-{chosen}", filter_mode=None)
    sets = run["sets"] if name == EVERY else {name: run["sets"][name]}
    st.html(glance_html(Marks.of(sets.values())))
    st.html(version_html(run, sets))
    st.html('<h3 class="tk-head">質問の種類ごとの成績</h3>' + types_html(types_of(sets.values())))
    with st.expander("検索と確度のくわしい数値", key="scorecard-details"):
        st.html(details_html(sets))
    _history(runs)
    _wrong(client, run, name)


# --- at a glance ---------------------------------------------------------------------------------------------------


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


def glance_html(marks: Marks) -> str:
    """Return what an office wants to know first, each number with what it means."""
    cards = []
    if marks.answerable:
        cards += [
            _card(
                "正しく答えた",
                of(marks.right, marks.answerable),
                "資料に答えがある質問に、正しい答えを決まった短さで言えた数です。",
                main=True,
            ),
            _card(
                "出典も正しい",
                of(marks.cited, marks.answerable),
                "正しく答え、しかも答えの書かれたページ・行を出典に示せた数です。",
            ),
        ]
    if marks.traps:
        cards.append(
            _card(
                "正直に「記載なし」",
                of(marks.declined, marks.traps),
                "資料に答えがない質問に、作り話をせず「資料に記載がありません」と答えた数です。",
            )
        )
    if marks.answerable:
        cards.append(
            _card(
                "誤って「記載なし」",
                of(marks.wrongly_declined, marks.answerable),
                "資料に答えがあるのに、見つけられなかった数です。少ないほど良い数字です。",
            )
        )
    cards += [
        _card(
            "資料にない数字",
            none_or(marks.unsupported),
            "出典のどこにも書かれていない数字を含む答えです。",
            bad=marks.unsupported,
        ),
        _card(
            "原文と違う引用",
            none_or(marks.misquoted),
            f"引用 {marks.quotes:,} 件を、資料の原文と一字ずつ比べました。",
            bad=marks.misquoted,
        ),
        _card("エラー", none_or(marks.errors), "エラーで答えられなかった質問です。", bad=marks.errors),
    ]
    if marks.median_ms is not None and marks.slow_ms is not None:
        cards.append(
            _card(
                "速さ",
                f"<b>{seconds(marks.median_ms)}</b>",
                f"質問から答えまでの、ふつうの時間です。100問のうち95問は {seconds(marks.slow_ms)}以内でした。",
            )
        )
    return f'<dl class="tk-marks">{"".join(cards)}</dl>'


def _card(name: str, value: str, meaning: str, *, main: bool = False, bad: int = 0) -> str:
    kind = " tk-main" if main else " tk-bad" if bad else ""
    return (
        f'<div class="tk-mark{kind}"><dt>{escape(name)}</dt><dd class="tk-score">{value}</dd>'
        f"<dd>{escape(meaning)}</dd></div>"
    )


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


# --- versions ------------------------------------------------------------------------------------------------------


def run_name(run: Json) -> str:
    """Return the name of an evaluation. 例: 2026/11/23 17:37（版 d5b66b6a）, 基準の成績"""
    when = render.moment(run.get("time"))
    if when is None:
        return "基準の成績" if run["id"] == "baseline" else run["id"]
    return f"{when}（版 {version(run)}）" if run.get("commit") else when


def version(run: Json) -> str:
    """Return the commit in short. 例: d5b66b6a47e8-dirty → d5b66b6a＋変更あり"""
    commit = str(run.get("commit") or "不明")
    return commit[:8] + ("＋変更あり" if commit.endswith("-dirty") else "")


def set_name(name: str) -> str:
    return "すべて合わせて" if name == EVERY else SETS.get(name, name)


def version_html(run: Json, sets: Json) -> str:
    """Return which version was asked, when, with which model and over what."""
    if run["id"] == "baseline":
        told = ["基準の成績（製品に付属。日時と速さの記録はありません）"]
    else:
        model = run.get("embedding_model")
        told = [
            f"評価した日時　{render.moment(run.get('time')) or '不明'}",
            f"版　{version(run)}",
            f"検索モデル　{'標準' if model == 'default' else model or '不明'}",
        ]
    told.append("質問集　" + "、".join(f"{set_name(name)} {one['questions']:,}問" for name, one in sets.items()))
    return f'<p class="tk-version">{"".join(f"<span>{escape(part)}</span>" for part in told)}</p>'


# --- tables --------------------------------------------------------------------------------------------------------


def types_html(types: dict[str, dict[str, int]]) -> str:
    """Return a table of the types of questions; the bar says again what the number says."""
    rows = []
    for kind, counts in types.items():
        total, right = counts["questions"], counts["right"]
        trap = kind == "unanswerable"
        cited = "－" if trap else f"{counts['cited']:,}"
        declined = "－" if trap else f"{counts['declined']:,}"  # there it is the right answer
        share = right / total
        rows.append(
            f'<tr><th scope="row">{escape(TYPES.get(kind, kind))}</th>'
            f'<td><div class="tk-bar"><span class="tk-bar-box" aria-hidden="true">'
            f'<i style="width:{100 * share:.1f}%"></i></span>'
            f"<span><b>{right:,}</b> / {total:,}問</span><span>{percent(share)}</span></div></td>"
            f"<td>{cited}</td><td>{declined}</td><td>{counts['too_long']:,}</td></tr>"
        )
    return (
        '<div class="tk-table tk-types"><table><thead><tr><th scope="col">種類</th><th scope="col">正しく答えた</th>'
        '<th scope="col">出典も正しい</th><th scope="col">誤って「記載なし」</th><th scope="col">長すぎた</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def details_html(sets: Json) -> str:
    """Return how well the places of the answers are found, and how far the stated confidence can be trusted."""
    parts = []
    for name, one in sets.items():
        rows = "".join(
            f'<tr><th scope="row">{escape(LEGS.get(leg, leg))}</th>'
            + "".join(f"<td>{percent(values.get(key))}</td>" for key in FOUND)
            + "</tr>"
            for leg, values in one.get("retrieval", {}).items()
        )
        gap = one.get("calibration_error")
        trust = (
            f"確度（0〜1）と実際に正しかった割合の差は、平均 {gap:.2f} です（0 が理想）。" if gap is not None else ""
        )
        heads = "".join(f'<th scope="col">{words}</th>' for words in FOUND.values())
        parts.append(
            f"<h4>{escape(set_name(name))}</h4><p>答えの書かれた箇所が、検索結果の何番目までに見つかったか（質問の割合）</p>"
            f'<div class="tk-table"><table><thead><tr><th scope="col">検索の方法</th>{heads}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div><p>{trust}</p>"
        )
    return f'<div class="tk-details">{"".join(parts)}</div>'


# --- history -------------------------------------------------------------------------------------------------------


def _history(runs: list[Json]) -> None:
    st.html(
        '<h3 class="tk-head">版ごとの移り変わり</h3>'
        '<p class="tk-hint">正しく答えた割合（資料に答えがある質問のうち）。同じ質問集どうしで比べてください。</p>'
    )
    points = history(runs[:CHARTED])
    if len({point["when"] for point in points}) < 2:
        st.html(history_html(runs))
        return
    left, right = st.columns([5, 6], gap="medium")
    with left, st.container(key="history-chart"):
        st.altair_chart(
            chart(points),
            width="stretch",
            theme=None,
            alt="版ごとの正しく答えた割合の折れ線グラフ。同じ数字が表にあります。",
        )
    right.html(history_html(runs))


def history(runs: list[Json]) -> list[dict[str, Any]]:
    """Return a point for each set of each evaluation, oldest first: when, set, share of right answers."""
    points = []
    taken: dict[str, int] = {}
    names = list(dict.fromkeys(name for run in runs for name in run["sets"]))
    for run in reversed(runs):
        when = render.moment(run.get("time")) or ("基準" if run["id"] == "baseline" else run["id"])
        taken[when] = taken.get(when, 0) + 1
        if taken[when] > 1:  # two evaluations within a minute are two places on the axis
            when += f"（{taken[when]}）"
        points += [
            {"when": when, "set": set_name(name), "share": one["accuracy"]}
            for name in names
            if (one := run["sets"].get(name)) is not None and one.get("accuracy") is not None
        ]
    return points


def chart(points: list[dict[str, Any]]) -> alt.LayerChart:
    """Return a line for each question set over the evaluations."""
    names = list(dict.fromkeys(point["set"] for point in points))
    legend = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=180, symbolStrokeWidth=0)

    def told_apart(values: list[Any]) -> alt.Scale:
        return alt.Scale(domain=names, range=[values[i % len(values)] for i in range(len(names))])

    lowest = min(point["share"] for point in points)
    base = alt.Chart({"values": points}).encode(
        x=alt.X("when:O", sort=None, axis=alt.Axis(title=None, labelAngle=0, labelExpr=DAY_OVER_TIME)),
        y=alt.Y(
            "share:Q",
            scale=alt.Scale(domain=[max(0.0, int(10 * lowest - 1) / 10), 1.0]),
            axis=alt.Axis(title=None, format=".0%", tickCount=5),
        ),
        color=alt.Color("set:N", scale=told_apart(LINE_COLOURS), legend=legend),
        tooltip=[
            alt.Tooltip("when:N", title="評価"),
            alt.Tooltip("set:N", title="質問集"),
            alt.Tooltip("share:Q", title="正しく答えた割合", format=".1%"),
        ],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("set:N", scale=told_apart(STROKES), legend=None)
    )
    dots = base.mark_point(size=60, filled=True, opacity=1).encode(
        shape=alt.Shape("set:N", scale=told_apart(SHAPES), legend=legend)
    )
    drawn: alt.LayerChart = (
        (lines + dots)
        .properties(height=340, background="transparent")
        .configure(font=FONT, aria=False)  # Vega describes the marks in English; the table says it all
        .configure_axis(labelColor="#1f2630", gridColor="#d8d4c8", labelFontSize=12)
        .configure_legend(labelColor="#1f2630", labelFontSize=12)
        .configure_view(stroke=None)
    )
    return drawn


def history_html(runs: list[Json]) -> str:
    """Return the evaluations as a table, newest first, a column for each question set."""
    names = list(dict.fromkeys(name for run in runs for name in run["sets"]))
    heads = "".join(f'<th scope="col">{escape(set_name(name))}</th>' for name in names)
    rows = []
    for run in runs:
        cells = "".join(f"<td>{_share_html(run['sets'].get(name))}</td>" for name in names)
        about = "" if run.get("time") is None else f"<small>版 {escape(version(run))}</small>"
        when = render.moment(run.get("time")) or run_name(run)
        rows.append(f'<tr><th scope="row">{escape(when)}{about}</th>{cells}</tr>')
    return (
        '<div class="tk-table tk-history" tabindex="0" role="region" aria-label="版ごとの成績">'  # wider than a phone
        f'<table><thead><tr><th scope="col">評価</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _share_html(one: Json | None) -> str:
    if one is None or one.get("accuracy") is None:
        return "－"
    right = sum(counts["right"] for kind, counts in one["types"].items() if kind != "unanswerable")
    return f"<b>{percent(one['accuracy'])}</b><small>{right:,} / {one['answerable']:,}問</small>"


# --- wrong answers -------------------------------------------------------------------------------------------------


def _wrong(client: AskClient, run: Json, name: str) -> None:
    st.html('<h3 class="tk-head">間違えた質問</h3>')
    try:
        records = _records(client, run["id"])
    except FAILURES as error:
        say(error)
        return
    records = [record for record in records if name in (EVERY, record.get("set"))]
    if not records:
        known = run["id"] != "baseline"
        st.html(
            render.message_html("間違えた質問はありません", kind="good")
            if known
            else render.message_html(
                "基準の成績には、一問ごとの記録がありません", "上の「評価」で、日時のある評価を選んでください。"
            )
        )
        return
    kinds = [kind for kind in TYPES if any(record["expected"]["type"] == kind for record in records)]
    faults = [code for code in FAULTS if any(fault(record) == code for record in records)]
    left, right = st.columns(2)
    kind = left.selectbox(
        "種類", [EVERY, *kinds], format_func=lambda k: TYPES.get(k, k), key=f"kind-{run['id']}-{name}", filter_mode=None
    )
    code = right.selectbox(
        "間違い方",
        [EVERY, *faults],
        format_func=lambda c: FAULTS[c][0] if c in FAULTS else c,
        key=f"fault-{run['id']}-{name}",
        filter_mode=None,
    )
    listed = [
        record for record in records if kind in (EVERY, record["expected"]["type"]) and code in (EVERY, fault(record))
    ]
    key = f"wrong-{kind}-{code}"
    with st.container(key="wrong"):
        st.html(f'<p class="tk-counts"><b>{len(listed):,}</b> 問</p>')
        for record in piece(listed, key, WRONG_A_PIECE):
            st.html(wrong_html(record))
    pager(listed, key, WRONG_A_PIECE, top="wrong")


def _records(client: AskClient, run_id: str) -> list[Json]:
    """Return the wrong answers of an evaluation, which never change: they are fetched once a session."""
    kept = st.session_state.setdefault("evaluations", {})
    if run_id not in kept:
        kept[run_id] = client.evaluation(run_id)["wrong"]
    records: list[Json] = kept[run_id]
    return records


def fault(record: Json) -> str:
    """Return why an answer counts as wrong: a key of FAULTS."""
    verdict = record["verdict"]
    if verdict.get("error"):
        return "error"
    if not verdict["answerable"]:
        return "invented"
    if not verdict["answered"]:
        return "declined"
    if verdict["right"]:
        return "uncited"
    return "too_long" if verdict["too_long"] else "wrong"


def why(record: Json) -> list[str]:
    """Return in words all that is wrong with an answer."""
    verdict, code = record["verdict"], fault(record)
    said = [FAULTS[code][1]]
    if code == "wrong":
        said.append("出典の箇所は合っています。" if verdict["covered"] else "出典も、正しい箇所を示していません。")
    if verdict["unsupported"]:
        said.append(f"出典にない数字を含みます: {'、'.join(verdict['unsupported'])}")
    if verdict["bad_quotes"]:
        said.append(f"原文と違う引用が {verdict['bad_quotes']} 件あります。")
    return said


def wrong_html(record: Json) -> str:
    """Return a question with what was expected and what was answered, side by side."""
    expected = record["expected"]
    badges = f'<span class="tk-badge tk-missing">{escape(FAULTS[fault(record)][0])}</span>'
    badges += f'<span class="tk-badge">{escape(TYPES.get(expected["type"], expected["type"]))}</span>'
    badges += f"<span>質問集 {escape(set_name(record.get('set') or '不明'))}・{escape(expected['id'])}</span>"
    gold = "資料に記載がありません" if not expected["answerable"] else expected["answer"]
    places = "".join(_place_html(place) for place in expected["evidence"])
    note = f'<p class="tk-note">注: {escape(expected["note"])}</p>' if expected.get("note") else ""
    cited = "".join(_place_html(citation) for citation in record.get("citations", ()))
    return (
        f'<article class="tk-wrong"><h4>{escape(expected["question"])}</h4><p class="tk-badges">{badges}</p>'
        f'<p class="tk-why">{"".join(escape(part) for part in why(record))}</p>'
        f'<div class="tk-sides"><section><h5>正しい答え</h5><p class="tk-said">{escape(gold)}</p>'
        f"{_places_html('根拠', places)}{note}</section>"
        f'<section><h5>実際の答え</h5><p class="tk-said">{escape(record.get("answer") or "（答えなし）")}</p>'
        f"{_places_html('出典', cited)}</section></div></article>"
    )


def _places_html(name: str, places: str) -> str:
    return f'<p class="tk-lead">{name}</p><ul>{places}</ul>' if places else ""


def _place_html(place: Json) -> str:
    quote = str(place.get("quote") or "").strip()
    cut = quote[:LONGEST_QUOTE] + "…" if len(quote) > LONGEST_QUOTE else quote
    where = "　".join(part for part in (place["file"], render.place(place)) if part)
    return f"<li>{escape(where)}{f'<q>{escape(cut)}</q>' if cut else ''}</li>"
