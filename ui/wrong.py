"""Every wrong answer of an evaluation beside the right one."""

from __future__ import annotations

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.marks import BASELINE, EVERY, TYPES, set_name
from ui.messages import FAILURES, say
from ui.paging import pager, piece
from ui.render import escape

FAULTS = {
    "wrong": ("内容が違う", "答えの内容が、正しい答えと違います。"),
    "declined": (
        "「記載なし」とした",
        "資料に答えがあるのに、「資料に記載がありません」と答えました。",
    ),
    "unsure": (
        "一つに決めなかった",
        "答えがあるのに「一つに決められません」として、候補と箇所だけを示しました。",
    ),
    "invented": (
        "答えがないのに答えた",
        "資料に答えがない質問です。答えないのが正しいところでした。",
    ),
    "uncited": ("出典が違う", "答えは合っていますが、出典が正しい箇所を示していません。"),
    "too_long": ("長すぎる", "正しい答えを含みますが、決まった長さを超えています。"),
    "error": ("エラー", "エラーのため、答えられませんでした。"),
}
WRONG_A_PIECE = 10
LONGEST_QUOTE = 240


def show_wrong(client: AskClient, run: Json, name: str, sets: Json) -> None:
    """List the wrong answers of the sets, which are called ``name`` together."""
    st.html('<h3 class="tk-head">間違えた質問</h3>')
    try:
        records = _records(client, run["id"])
    except FAILURES as error:
        say(error)
        return
    records = [record for record in records if name == EVERY or record.get("set") in sets]
    if not records:
        known = run["id"] != BASELINE
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
            st.html(wrong_html(record, sets))
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
        return "unsure" if record.get("status") == "unsure" else "declined"
    if verdict["right"]:
        return "uncited"
    return "too_long" if verdict["too_long"] else "wrong"


def why(record: Json) -> list[str]:
    """Return in words all that is wrong with an answer."""
    verdict, code = record["verdict"], fault(record)
    said = [FAULTS[code][1]]
    if code == "wrong":
        said.append("出典の箇所は合っています。" if verdict["covered"] else "出典も、正しい箇所を示していません。")
    if code == "unsure":
        said.append(
            "候補に正しい答えがありました。"
            if verdict.get("candidate")
            else "示した箇所に正しい答えがありました。"
            if verdict.get("in_passages")
            else "候補にも、示した箇所にも、正しい答えはありませんでした。"
        )
    if verdict["unsupported"]:
        said.append(f"出典にない数字を含みます: {'、'.join(verdict['unsupported'])}")
    if verdict["bad_quotes"]:
        said.append(f"原文と違う引用が {verdict['bad_quotes']} 件あります。")
    return said


def wrong_html(record: Json, sets: Json | None = None) -> str:
    """Return a question with what was expected and what was answered, side by side; ``sets`` tell its set's name."""
    expected, set_ = record["expected"], record.get("set") or "不明"
    badges = f'<span class="tk-badge tk-missing">{escape(FAULTS[fault(record)][0])}</span>'
    badges += f'<span class="tk-badge">{escape(TYPES.get(expected["type"], expected["type"]))}</span>'
    badges += f"<span>質問集 {escape(set_name(set_, (sets or {}).get(set_)))}・{escape(expected['id'])}</span>"
    gold = "資料に記載がありません" if not expected["answerable"] else expected["answer"]
    places = "".join(_place_html(place) for place in expected["evidence"])
    note = f'<p class="tk-note">注: {escape(expected["note"])}</p>' if expected.get("note") else ""
    cited = "".join(_place_html(citation) for citation in record.get("citations", ()))
    offered = "".join(f"<li>{escape(one['text'])}</li>" for one in record.get("candidates") or ())
    return (
        f'<article class="tk-wrong"><h4>{escape(expected["question"])}</h4><p class="tk-badges">{badges}</p>'
        f'<p class="tk-why">{"".join(escape(part) for part in why(record))}</p>'
        f'<div class="tk-sides"><section><h5>正しい答え</h5><p class="tk-said">{escape(gold)}</p>'
        f"{_places_html('根拠', places)}{note}</section>"
        f'<section><h5>実際の答え</h5><p class="tk-said">{escape(record.get("answer") or "（答えなし）")}</p>'
        f"{_places_html('候補', offered)}{_places_html('出典', cited)}</section></div></article>"
    )


def _places_html(name: str, places: str) -> str:
    return f'<p class="tk-lead">{name}</p><ul>{places}</ul>' if places else ""


def _place_html(place: Json) -> str:
    quote = str(place.get("quote") or "").strip()
    cut = quote[:LONGEST_QUOTE] + "…" if len(quote) > LONGEST_QUOTE else quote
    where = "　".join(part for part in (place["file"], render.place(place)) if part)
    return f"<li>{escape(where)}{f'<q>{escape(cut)}</q>' if cut else ''}</li>"
