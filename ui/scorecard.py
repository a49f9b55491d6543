"""The page 成績: how many questions each version answers rightly, and every wrong answer beside the right one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.marks import (
    BASELINE,
    TYPES,
    Marks,
    choices,
    groups_of,
    marked_name,
    none_or,
    of,
    percent,
    run_name,
    seconds,
    set_name,
    sets_of,
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
FEW = 3  # sets whose details are shown one by one
REACH = {
    "candidate_recall": "答えか、候補のどれかが正しい",
    "in_passages": "示した箇所のどれかに、正しい答えがある",
    "on_page": "示した箇所のどれかが、正しいページにある",
    "unsure_shown": "一つに決められないとき、正しい答えを示せた",
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
        # A key of its own for each run: another run may hold other sets.
        name = right.selectbox(
            "質問集",
            choices(run),
            format_func=lambda name: marked_name(name, run["sets"].get(name)),
            key=f"set-{chosen}",
            filter_mode=None,
        )
    sets = sets_of(run, name)
    st.html(f'<p class="tk-whose">{escape(whose(sets))}</p>')
    st.html(glance_html(Marks.of(sets.values()), baseline_of(run, sets, runs)))
    st.html(version_html(run, sets))
    st.html('<h3 class="tk-head">質問の種類ごとの成績</h3>' + types_html(types_of(sets.values())))
    details = st.expander("検索と確度のくわしい数値", key="scorecard-details", on_change="rerun")
    if details.open:
        details.html(details_html(sets) + build_html(run, sets))
    show_history(runs)
    show_wrong(client, run, name, sets)


def baseline_of(run: Json, sets: Json, runs: list[Json]) -> Marks | None:
    """Return the baseline's counts of the same question sets; None unless it was asked just these questions."""
    kept: Json = next((one["sets"] for one in runs if one["id"] == BASELINE), {})
    asked = [scores.get("questions_sha256") for scores in sets.values()]
    if run["id"] == BASELINE or None in asked or asked != [kept.get(name, {}).get("questions_sha256") for name in sets]:
        return None
    return Marks.of(kept[name] for name in sets)


def glance_html(marks: Marks, before: Marks | None = None) -> str:
    """Return what an office wants to know first, each number with what it means and how the baseline had it."""

    def change(counted: Callable[[Marks], int | None]) -> str:
        was, is_ = (counted(before), counted(marks)) if before else (None, None)
        return since(is_ - was) if was is not None and is_ is not None else ""

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
                "答えたうち正しい",
                of(marks.right_given, marks.given),
                "出した答えのうち、正しかった数です。資料に答えがない質問に答えたものは、誤りに数えます。",
                main=True,
            ),
            _card("確度「高」のうち正しい", of(marks.right_high, marks.high), _promise(marks), main=True),
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
                "答えのない質問に答えなかった",
                of(marks.declined, marks.traps),
                "資料に答えがない質問に、作り話をしなかった数です。",
                change=change(lambda m: m.declined),
            )
        )
    if marks.answerable:
        cards += [
            _card(
                "一つに決められない",
                of(marks.unsure, marks.answerable),
                "資料に答えがあるのに一つに絞れず、候補と箇所を示した数です。"
                + (f"うち {marks.shown:,}問は、その中に正しい答えがありました。" if marks.unsure else ""),
                change=change(lambda m: m.unsure),
            ),
            _card(
                "誤って「記載なし」",
                of(marks.wrongly_declined, marks.answerable),
                "資料に答えがあるのに、「資料に記載がありません」と答えた数です。少ないほど良い数字です。",
                change=change(lambda m: m.wrongly_declined),
            ),
        ]
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


def _promise(marks: Marks) -> str:
    """Return what 確度 高 promises, and whether it holds."""
    if marks.promised is None:
        return "「高」と示した答えのうち、正しかった数です。"
    told = f"「高」は、{percent(marks.promised)}以上が正しいという約束です。"
    if not marks.high:
        return told
    return told + (
        "約束どおりです。" if (marks.right_high or 0) / marks.high >= marks.promised else "まだ約束に届いていません。"
    )


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
    groups = {marked_name(group): list(own.values()) for group, own in groups_of(sets).items()}
    told.append("質問集　" + "、".join(f"{name} {Marks.of(own).questions:,}問" for name, own in groups.items()))
    return f'<p class="tk-version">{"".join(f"<span>{escape(part)}</span>" for part in told)}</p>'


def _reasons(sets: Json) -> list[str]:
    """Return of each set since when it is the baseline, and why; nothing of older ones, which did not say it."""
    return [
        f"{set_name(name, one)}の基準　{render.moment(one.get('time')) or '日時不明'}　理由: {one['reason']}"
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
        # To say nothing is right there. Older evaluations told 「記載なし」 of all that they did not answer.
        unsure = "－" if trap or "unsure" not in counts else f"{counts['unsure']:,}"
        declined = "－" if trap else f"{counts.get('absent', counts['declined']):,}"
        share = right / total
        rows.append(
            f'<tr><th scope="row">{escape(TYPES.get(kind, kind))}</th>'
            f'<td><div class="tk-bar"><span class="tk-bar-box" aria-hidden="true">'
            f'<i style="width:{100 * share:.1f}%"></i></span>'
            f"<span><b>{right:,}</b> / {total:,}問</span><span>{percent(share)}</span></div></td>"
            f"<td>{cited}</td><td>{unsure}</td><td>{declined}</td><td>{counts['too_long']:,}</td></tr>"
        )
    return (
        '<div class="tk-table tk-types"><table><thead><tr><th scope="col">種類</th><th scope="col">正しく答えた</th>'
        '<th scope="col">出典も正しい</th><th scope="col">一つに決められない</th>'
        '<th scope="col">誤って「記載なし」</th><th scope="col">長すぎた</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def details_html(sets: Json) -> str:
    """Return how often the right answer was within reach, how well its place is found, and what confidence is worth."""
    if len(sets) > FEW:
        found = {set_name(name, one): one.get("retrieval", {}).get("fused", {}) for name, one in sets.items()}
        parts = [_reach_html(sets), _found_html("質問集", found)]
    else:
        parts = [
            f"<h4>{escape(set_name(name, one))}</h4>{_reach_html({name: one})}"
            + _found_html(
                "検索の方法", {LEGS.get(leg, leg): values for leg, values in one.get("retrieval", {}).items()}
            )
            + _trust_html(one)
            for name, one in sets.items()
        ]
    return f'<div class="tk-details">{"".join(parts)}</div>'


def _found_html(what: str, found: Json) -> str:
    """Return how far up the places of the answers are found, a row for each name."""
    heads = "".join(f'<th scope="col">{words}</th>' for words in FOUND.values())
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{percent(values.get(key))}</td>" for key in FOUND)
        + "</tr>"
        for name, values in found.items()
    )
    return (
        "<p>答えの書かれた箇所が、検索結果の何番目までに見つかったか（質問の割合）</p>"
        f'<div class="tk-table"><table><thead><tr><th scope="col">{what}</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _trust_html(scores: Json) -> str:
    gap = scores.get("calibration_error")
    told = f"確度（0〜1）と実際に正しかった割合の差は、平均 {gap:.2f} です（0 が理想）。" if gap is not None else ""
    return f"<p>{told}</p>"


def _reach_html(sets: Json) -> str:
    """Return how often the right answer was within a reader's reach, and what each word of confidence is worth.

    Nothing for older evaluations, which did not look.
    """
    known = {name: one for name, one in sets.items() if "promises" in one}
    if not known:
        return ""
    words = [promise["word"] for promise in next(iter(known.values()))["promises"]]
    told = [*REACH.values(), *(f"確度「{word}」の答えが正しい" for word in words)]
    heads = "".join(f'<th scope="col">{head}</th>' for head in told)
    rows = "".join(
        f'<tr><th scope="row">{escape(set_name(name, one))}</th>'
        + "".join(f"<td>{percent(one.get(key))}</td>" for key in REACH)
        + "".join(
            f"<td>{percent(promise['share'])}<small>{promise['count']:,}件</small></td>" for promise in one["promises"]
        )
        + "</tr>"
        for name, one in known.items()
    )
    return (
        "<p>正しい答えは、示した中にあったか（答えのある質問の割合）。確度のことばごとに、正しかったか（答えの割合）</p>"
        '<div class="tk-table tk-reach" tabindex="0" role="region" aria-label="正しい答えは示した中にあったか">'
        f'<table><thead><tr><th scope="col">質問集</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
