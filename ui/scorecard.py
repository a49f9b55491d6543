"""The page 成績: how many questions each version answers rightly, and every wrong answer beside the right one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.marks import (
    BASELINE,
    EVERY,
    SETS,
    TYPES,
    Marks,
    none_or,
    of,
    own_first,
    percent,
    run_name,
    seconds,
    set_name,
    types_of,
    version,
    whose,
)
from ui.messages import FAILURES, say
from ui.render import escape
from ui.versions import show_history
from ui.wrong import show_wrong

LEGS = {
    "fused": "語と意味の両方（実際の検索）",
    "keyword": "語だけ",
    "vector": "意味だけ",
    "reranked": "並べ替えた後（答えを読む順）",
}
FOUND = {"recall@1": "1番目に", "recall@5": "5番目までに", "recall@10": "10番目までに"}


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
        listed = own_first(run["sets"])
        # One's own papers first; of those that come with the program all together say most.
        first = [EVERY] if listed[0] in SETS else []
        names = list(dict.fromkeys([*first, *listed, EVERY])) if len(listed) > 1 else listed
        # A key of its own for each run: another run may hold other sets.
        name = right.selectbox("質問集", names, format_func=set_name, key=f"set-{chosen}", filter_mode=None)
    sets = run["sets"] if name == EVERY else {name: run["sets"][name]}
    st.html(f'<p class="tk-whose">{escape(whose(sets))}</p>')
    st.html(glance_html(Marks.of(sets.values()), baseline_of(run, sets, runs)))
    st.html(version_html(run, sets))
    st.html('<h3 class="tk-head">質問の種類ごとの成績</h3>' + types_html(types_of(sets.values())))
    details = st.expander("検索と確度のくわしい数値", key="scorecard-details", on_change="rerun")
    if details.open:
        details.html(details_html(sets) + build_html(run, sets))
    show_history(runs)
    show_wrong(client, run, name)


def baseline_of(run: Json, sets: Json, runs: list[Json]) -> Marks | None:
    """Return the baseline's counts of the same question sets; None unless it was asked just these questions."""
    kept: Json = next((one["sets"] for one in runs if one["id"] == BASELINE), {})
    asked = [scores.get("questions_sha256") for scores in sets.values()]
    if run["id"] == BASELINE or None in asked or asked != [kept.get(name, {}).get("questions_sha256") for name in sets]:
        return None
    return Marks.of(kept[name] for name in sets)


def glance_html(marks: Marks, before: Marks | None = None) -> str:
    """Return what an office wants to know first, each number with what it means and how the baseline had it."""

    def change(counted: Callable[[Marks], int]) -> str:
        return since(counted(marks) - counted(before)) if before else ""

    cards = []
    if marks.answerable:
        cards += [
            _card(
                "正しく答えた",
                of(marks.right, marks.answerable),
                "資料に答えがある質問に、正しい答えを決まった短さで言えた数です。",
                change=change(lambda m: m.right),
                main=True,
            ),
            _card(
                "出典も正しい",
                of(marks.cited, marks.answerable),
                "正しく答え、しかも答えの書かれたページ・行を出典に示せた数です。",
                change=change(lambda m: m.cited),
            ),
        ]
    if marks.traps:
        cards.append(
            _card(
                "正直に答えなかった",
                of(marks.declined, marks.traps),
                "資料に答えがない質問に、作り話をせず「記載がありません」「一つに決められません」とした数です。",
                change=change(lambda m: m.declined),
            )
        )
    if marks.answerable:
        cards.append(
            _card(
                "答えられなかった",
                of(marks.wrongly_declined, marks.answerable),
                "資料に答えがあるのに、見つけられないか、一つに決められなかった数です。少ないほど良い数字です。",
                change=change(lambda m: m.wrongly_declined),
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


def _card(name: str, value: str, meaning: str, *, change: str = "", main: bool = False, bad: int = 0) -> str:
    kind = " tk-main" if main else " tk-bad" if bad else ""
    return (
        f'<div class="tk-mark{kind}"><dt>{escape(name)}</dt><dd class="tk-score">{value}</dd>{change}'
        f"<dd>{escape(meaning)}</dd></div>"
    )


def since(difference: int) -> str:
    """Return how many questions more or fewer than the baseline, as HTML. 例: -2 → 基準から −2問"""
    words = f"基準から {difference:+,}問".replace("-", "−") if difference else "基準と同じ"
    return f'<dd class="tk-change">{words}</dd>'


def version_html(run: Json, sets: Json) -> str:
    """Return which version was asked, when, with which model and over what."""
    if run["id"] == BASELINE:
        told = ["基準の成績（製品に付属。速さの記録はありません）", *_reasons(sets)]
    else:
        model = run.get("embedding_model")
        told = [
            f"評価した日時　{render.moment(run.get('time')) or '不明'}",
            f"検索モデル　{'標準' if model == 'default' else model or '不明'}",
        ]
    told.append("質問集　" + "、".join(f"{set_name(name)} {one['questions']:,}問" for name, one in sets.items()))
    return f'<p class="tk-version">{"".join(f"<span>{escape(part)}</span>" for part in told)}</p>'


def _reasons(sets: Json) -> list[str]:
    """Return of each set since when it is the baseline, and why; nothing of older ones, which did not say it."""
    return [
        f"{set_name(name)}の基準　{render.moment(one.get('time')) or '日時不明'}　理由: {one['reason']}"
        for name, one in sets.items()
        if one.get("reason")
    ]


def build_html(run: Json, sets: Json) -> str:
    """Return which build of the program was asked: for whoever looks for a fault, and for nobody else."""
    builds = [version(one) for one in (run, *sets.values()) if one.get("commit")]
    told = "、".join(dict.fromkeys(builds))
    return f'<div class="tk-details"><p>プログラムの識別番号　{escape(told)}</p></div>' if told else ""


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
        '<th scope="col">出典も正しい</th><th scope="col">答えられなかった</th><th scope="col">長すぎた</th>'
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
