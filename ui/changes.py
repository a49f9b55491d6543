"""The page 変更: what changed from one edition of a paper to the next, and alerts of what is followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from ui import account, changes_export, render, viewer
from ui.changes_export import paper_name, side_text
from ui.client import AskClient, Json
from ui.export import file_name, markdown_of, word_of
from ui.messages import FAILURES, say
from ui.paging import pager, piece
from ui.render import escape

A_PIECE = 20  # rows
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def page(client: AskClient, documents: list[Json]) -> None:
    """Draw the alerts, the choice of two papers, and what changed between them, the weightiest first."""
    st.html(
        '<h2 class="tk-head">変更</h2>'
        '<p class="tk-lead">同じシリーズの前の版から変わったところを、重いものから並べます。'
        "行を開くと、印の付いた両方のページが並びます。確かでない変更は示しません。</p>"
    )
    _alerts(client)
    if len(documents) < 2:
        st.html(render.message_html("比べる資料がまだありません", "同じシリーズの資料を2つ以上追加してください。"))
        return
    chosen = _chosen(client, documents)
    if chosen is None:
        return
    now, then = chosen
    try:
        with st.spinner("2つの資料を比べています…"):
            found = client.changes(now, then)
    except FAILURES as error:
        say(error)
        return
    _list(client, found)


# --- which papers --------------------------------------------------------------------------------------------------


def _chosen(client: AskClient, documents: list[Json]) -> tuple[str, str] | None:
    """Draw the choice of the two papers; return (now, then), or None while there is nothing to compare."""
    names = {d["id"]: paper_name(d) for d in documents}
    dates = {d["id"]: d["published"] or "" for d in documents}
    newest = sorted(names, key=dates.__getitem__, reverse=True)
    asked = st.query_params.get("now")
    left, right = st.columns(2)
    now: str = right.selectbox(
        "今の資料",
        newest,
        index=newest.index(asked) if asked in names else 0,
        format_func=names.__getitem__,
        key="changes-now",
    )
    try:
        series = client.editions(now)
    except FAILURES as error:
        say(error)
        return None
    others = [id_ for id_ in newest if id_ != now]
    before = st.query_params.get("then") if asked == now else None
    before = before if before in others else series["before"]
    then: str | None = left.selectbox(
        "前の資料",
        others,
        index=others.index(before) if before in others else None,
        format_func=names.__getitem__,
        placeholder="前の版が見つかりません。比べる資料を選んでください",
        key=f"changes-then-{now}",
    )
    _series(client, series, names)
    return (now, then) if then else None


def _series(client: AskClient, series: Json, names: dict[str, str]) -> None:
    """Draw which papers are known as editions of one series, and what a person may say of that."""
    here = series["document_id"]
    count = len(series["editions"])
    with st.expander(f"同じシリーズの資料（{count}件）", key=f"series-{here}"):
        for edition in (*series["editions"], *series["parted"]):
            document = edition["document"]
            is_here, said = document["id"] == here, edition["said"]
            with st.container(horizontal=True, vertical_alignment="center", key=f"edition-{document['id']}"):
                note = {"joined": "手で登録", "parted": "シリーズから外した"}.get(said or "", "")
                words = f"{escape(render.when(document['published']) or '日付なし')}　{escape(names[document['id']])}"
                st.html(f"<p>{words}{f'<small>　{note}</small>' if note else ''}{'　<b>今</b>' if is_here else ''}</p>")
                if is_here or not account.may("curate"):
                    continue
                label, new = ("自動の判定に戻す", None) if said else ("シリーズから外す", "parted")
                if st.button(label, key=f"part-{document['id']}"):
                    _decide(client, here, document["id"], new)
        if not account.may("curate"):
            return
        known = {edition["document"]["id"] for edition in (*series["editions"], *series["parted"])}
        rest = [id_ for id_ in names if id_ not in known]
        other = st.selectbox("加える資料", rest, index=None, format_func=names.__getitem__, key=f"join-{here}")
        if st.button("同じシリーズとして登録", disabled=other is None, key=f"join-button-{here}") and other:
            _decide(client, here, other, "joined")


def _decide(client: AskClient, here: str, other: str, said: str | None) -> None:
    try:
        client.decide(here, other, said)
    except FAILURES as error:
        say(error)
        return
    st.rerun()


# --- what changed --------------------------------------------------------------------------------------------------


def _list(client: AskClient, found: Json) -> None:
    every: list[Json] = found["changes"]
    if not every:
        st.html(
            render.message_html(
                "確かな変更は見つかりませんでした", "書き方が大きく違う資料では、示せないことがあります。"
            )
        )
        return
    counts = {change["name"]: 0 for change in every}
    for change in every:
        counts[change["name"]] += 1
    picked = st.pills(
        "種類",
        list(counts),
        selection_mode="multi",
        format_func=lambda name: f"{name}（{counts[name]}）",
        key="changes-kinds",
    )
    words = st.text_input("言葉で絞る", key="changes-words", placeholder="例: 会員数")
    shown = [c for c in every if (not picked or c["name"] in picked) and matches(c, words)]
    _downloads(found, shown)
    if not shown:
        st.html(render.message_html("当てはまる変更はありません", "種類か言葉の指定を外してください。"))
        return
    key = f"changes-{found['then']['id']}-{found['now']['id']}-{len(shown)}"
    _rows(client, key, shown)


@st.fragment
def _rows(client: AskClient, key: str, shown: Sequence[Json]) -> None:
    """Draw the rows of one piece; opening one redraws nothing else."""
    with st.container(key="changes"):
        for n, change in enumerate(piece(shown, key, A_PIECE)):
            at = (st.session_state.get(f"{key}-piece", 0), n)
            with st.container(key=f"change-{n}", gap="small"):
                left, right = st.columns([5, 2], vertical_alignment="center")
                left.html(change_html(change))
                with right.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
                    is_open = st.session_state.get("changes-open") == (key, at)
                    label, opened = ("閉じる", None) if is_open else ("両方のページを開く", (key, at))
                    st.button(label, key=f"open-{n}", on_click=partial(_open, opened))
                    if change["kind"] == "figure" and st.button(
                        "お知らせ", key=f"follow-{n}", help="次の版で変わったら知らせます"
                    ):
                        _follow(client, change)
                if is_open:
                    _both(client, change)
    pager(shown, key, A_PIECE, top="changes")


def _open(opened: tuple[str, tuple[int, int]] | None) -> None:
    st.session_state["changes-open"] = opened


def _both(client: AskClient, change: Json) -> None:
    """Draw both pages side by side, each with its place marked."""
    columns = st.columns(2)
    for column, side, name in zip(columns, (change["then"], change["now"]), ("then", "now"), strict=True):
        with column:
            st.html(f'<h3 class="tk-head">{"前" if name == "then" else "今"}</h3>')
            if side is None:
                st.html('<p class="tk-hint">この資料には見当たりません。</p>')
            else:
                viewer.draw(client, side["citation"], key=f"change-{name}")


def _follow(client: AskClient, change: Json) -> None:
    side = change["now"]
    cited = side["citation"]
    spot = {"document_id": cited["document_id"], "start": cited["start"], "end": cited["end"], "text": side["text"]}
    try:
        client.follow({"label": change["label"], "spot": spot})
    except FAILURES as error:
        say(error)
        return
    st.toast(f"「{change['label']}」が次の版で変わったら、このページに知らせます。")
    st.rerun()


def matches(change: Json, words: str) -> bool:
    """Tell whether a change holds every word that is looked for."""
    sides = [side for side in (change["then"], change["now"]) if side]
    held = " ".join((change["label"], *change["section"], *change["holds"], *(side["text"] for side in sides)))
    return all(render.folded(word) in render.folded(held) for word in words.split())


def change_html(change: Json) -> str:
    """Return one change: its kind, what it is about, then and now, and the difference."""
    sides = [side_text(change[name]) for name in ("then", "now")]
    if change["then"] and change["now"]:
        body = f"<span>{escape(sides[0])}</span> <b aria-label='から'>→</b> <strong>{escape(sides[1])}</strong>"
    elif change["kind"] in ("new", "gone"):
        body = f"<strong>{escape(sides[0] or sides[1])}</strong>"
    else:
        body = f"<small>{escape('、'.join(change['holds']))}</small>" if change["holds"] else ""
    difference = f'<span class="tk-badge">{escape(change["difference"])}</span>' if change["difference"] else ""
    where = " › ".join(change["section"])
    return (
        f'<div class="tk-change"><p><span class="tk-badge tk-state">{escape(change["name"])}</span> '
        f"<b>{escape(change['label'])}</b></p><p>{body} {difference}</p>"
        + (f'<p class="tk-hint">{escape(where)}</p>' if where else "")
        + "</div>"
    )


def _downloads(found: Json, shown: Sequence[Json]) -> None:
    name = f"変更_{found['now']['title']}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="changes-downloads"):
        st.html(f'<p class="tk-counts"><b>{len(shown):,}</b> 件</p>', width="content")
        st.download_button(
            "Word",
            lambda: word_of(changes_export.blocks(found, shown)),
            file_name("docx", name),
            WORD,
            on_click="ignore",
        )
        st.download_button(
            "Markdown",
            lambda: markdown_of(changes_export.blocks(found, shown)),
            file_name("md", name),
            "text/markdown",
            on_click="ignore",
        )
        st.download_button(
            "CSV", lambda: changes_export.to_csv(shown), file_name("csv", name), "text/csv", on_click="ignore"
        )


# --- alerts --------------------------------------------------------------------------------------------------------


def _alerts(client: AskClient) -> None:
    """Draw what new papers changed of what is followed, and what is followed."""
    try:
        held = client.follows()
    except FAILURES as error:
        say(error)
        return
    unseen = held["unseen"]
    title = f"お知らせ（新しいもの {unseen} 件）" if unseen else "お知らせ"
    with st.expander(title, expanded=bool(unseen), key="alerts"):
        for n, alert in enumerate(held["alerts"][:A_PIECE]):
            st.html(alert_html(alert))
            if st.button("両方のページを開く", key=f"alert-{n}"):
                st.session_state["alert-open"] = alert["id"]
            if st.session_state.get("alert-open") == alert["id"]:
                _both(client, {"then": _cited(alert["then_citation"]), "now": _cited(alert["now_citation"])})
        if unseen and st.button("すべて確認済みにする", key="alerts-seen"):
            _try(client.see_alerts)
        if not held["alerts"]:
            st.html('<p class="tk-hint">登録した数値や質問の答えを新しい資料が変えると、ここに並びます。</p>')
        ways = {"webhook": "Webhook", "mail": "メール"}
        sends = "・".join(ways.get(way, way) for way in held["sends"])
        st.html(f'<p class="tk-hint">{f"{sends}でも知らせます。" if sends else "このページだけで知らせます。"}</p>')
        question = st.text_input(
            "答えが変わったら知らせる質問", key="follow-question", placeholder="例: 会員数は何社ですか"
        )
        if st.button("登録", key="follow-add", disabled=not question.strip()):
            _try(partial(client.follow, {"question": question.strip()}))
        for follow in held["follows"]:
            with st.container(horizontal=True, vertical_alignment="center", key=f"follow-row-{follow['id']}"):
                last = f"（{escape(follow['last'])}）" if follow["last"] else ""
                st.html(f"<p>{'数値' if follow['kind'] == 'figure' else '質問'}　{escape(follow['label'])}{last}</p>")
                if st.button("外す", key=f"unfollow-{follow['id']}"):
                    _try(partial(client.unfollow, follow["id"]))


def _try(act: Callable[[], object]) -> None:
    try:
        act()
    except FAILURES as error:
        say(error)
        return
    st.rerun()


def _cited(citation: Json | None) -> Json | None:
    return {"citation": citation} if citation else None


def alert_html(alert: Json) -> str:
    """Return one alert: what is followed, then and now, and how telling it elsewhere ended."""
    then = f"{escape(alert['then'])} <b>→</b> " if alert["then"] else ""
    difference = f' <span class="tk-badge">{escape(alert["difference"])}</span>' if alert["difference"] else ""
    faults = "".join(
        f'<p class="tk-hint">{"Webhook" if sent["way"] == "webhook" else "メール"}: '
        f"{escape(sent['fault'] or '送りました')}</p>"
        for sent in alert["sent"]
    )
    state = "" if alert["seen"] else '<span class="tk-badge tk-missing">新しい</span> '
    return (
        f'<div class="tk-change"><p>{state}<b>{escape(alert["label"])}</b> '
        f"<small>{escape(render.moment(alert['time']))}</small></p>"
        f"<p>{then}<strong>{escape(alert['now'])}</strong>{difference}</p>{faults}</div>"
    )
