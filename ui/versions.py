"""How the share of right answers moved from version to version, as a chart and a table."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from ui import render
from ui.client import Json
from ui.marks import BASELINE, Marks, groups_of, marked_name, own_first, percent, run_name
from ui.render import escape

# Told apart by shape and stroke as well as by colour.
LINE_COLOURS = ["#24476b", "#9e3524", "#3f7a4d", "#7a5a00", "#5f3f84", "#4b5563"]
STROKES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 4]]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
CHARTED = 10  # evaluations: more than these have no room on the axis
DAY_OVER_TIME = "split(replace(datum.label, /^\\d{4}\\//, ''), ' ')"
FONT = "'Hiragino Sans', 'Yu Gothic UI', Meiryo, 'Noto Sans CJK JP', IPAGothic, sans-serif"


def show_history(runs: list[Json]) -> None:
    st.html(
        '<h3 class="tk-head">評価ごとの移り変わり</h3>'
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
            alt="評価ごとの正しく答えた割合の折れ線グラフ。同じ数字が表にあります。",
        )
    right.html(history_html(runs))


def history(runs: list[Json]) -> list[dict[str, Any]]:
    """Return a point for each group of sets of each evaluation, oldest first: when, set, share of right answers."""
    points = []
    taken: dict[str, int] = {}
    names = _names(runs)
    for run in reversed(runs):
        when = render.moment(run.get("time")) or ("基準" if run["id"] == BASELINE else run["id"])
        taken[when] = taken.get(when, 0) + 1
        if taken[when] > 1:  # two evaluations within a minute are two places on the axis
            when += f"（{taken[when]}）"
        groups = groups_of(run["sets"])
        marks = {name: Marks.of(groups[name].values()) for name in names if name in groups}
        points += [
            {"when": when, "set": _short(name), "share": one.right / one.answerable}
            for name, one in marks.items()
            if one.answerable
        ]
    return points


def _short(name: str) -> str:
    """Return the name of a set, or of a group of them, as it fits beside a chart. 例: ほかの資料（初見）"""
    return marked_name(name).replace("ほかの自治体・省庁の資料", "ほかの資料")


def _names(runs: list[Json]) -> list[str]:
    """Return the names of all sets, those that are counted together under one name."""
    return own_first(dict.fromkeys(group for run in runs for group in groups_of(run["sets"])))


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
    names = _names(runs)
    heads = "".join(f'<th scope="col">{escape(_short(name))}</th>' for name in names)
    rows = []
    for run in runs:
        groups = groups_of(run["sets"])
        cells = "".join(f"<td>{_share_html(groups.get(name))}</td>" for name in names)
        when = render.moment(run.get("time")) or run_name(run)
        rows.append(f'<tr><th scope="row">{escape(when)}</th>{cells}</tr>')
    return (
        '<div class="tk-table tk-history" tabindex="0" role="region" aria-label="評価ごとの成績">'  # wider than a phone
        f'<table><thead><tr><th scope="col">評価</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _share_html(sets: Json | None) -> str:
    marks = Marks.of((sets or {}).values())
    if not marks.answerable:
        return "－"
    return f"<b>{percent(marks.right / marks.answerable)}</b><small>{marks.right:,} / {marks.answerable:,}問</small>"
