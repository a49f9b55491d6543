"""Conversations that outlive the browser: kept question by question, opened anew, renamed, shared and removed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui import account, address, render, scope
from ui.client import AskClient, Json, Problem
from ui.messages import FAILURES, reason
from ui.turn import Turn

LONGEST_TITLE = 60
SHOWN = 30
NOBODY = ""
GONE = (403, 404)  # a conversation that was removed elsewhere, or is somebody else's: a new one begins


def keep(client: AskClient, turns: Sequence[Turn]) -> None:
    """Keep the conversation as it now is; nothing without accounts, or where it cannot be kept: asking goes on."""
    if not account.is_signed_in() or not turns:
        return
    asked = [{"question": turn.whole, "scope": turn.scope, "as_typed": turn.as_typed} for turn in turns]
    if asked == st.session_state.get("conversation-kept"):
        return
    try:
        id_ = st.session_state.get("conversation")
        if id_ is None:
            st.session_state["conversation"] = client.add_conversation(turns[0].question[:LONGEST_TITLE], asked)
        else:
            client.change_conversation(id_, {"turns": asked})
        st.session_state["conversation-kept"] = asked
    except FAILURES as error:
        if isinstance(error, Problem) and error.status in GONE:
            st.session_state.pop("conversation", None)
        # Else nothing can be written just now: it is kept with the next question.


def forget() -> None:
    """Begin another conversation; the one so far stays kept."""
    st.session_state.pop("conversation", None)
    st.session_state.pop("conversation-kept", None)


def control(client: AskClient) -> None:
    """Draw the button behind which earlier conversations are; nothing without accounts."""
    if not account.is_signed_in():
        return
    with st.popover("これまでの会話", key="conversations", type="tertiary"):
        try:
            listed = client.conversations()
        except FAILURES as error:
            st.html(render.message_html(reason(error), kind="error"))
            return
        if not listed:
            st.html('<p class="tk-lead">質問すると、ここに残ります。</p>')
        for one in listed[:SHOWN]:
            _row(client, one)


def _row(client: AskClient, one: Json) -> None:
    with st.container(key=f"conversation-{one['id']}", gap="xsmall"):
        shared = next((g["name"] for g in account.groups() if g["id"] == one["group"]), "")
        of = "" if one["is_mine"] else f"{one['owner']} さん、"
        told = f"{of}{render.moment_of(one['changed'])}" + (f"、「{shared}」で共有" if shared else "")
        st.button(render.label(one["title"]), key=f"open-{one['id']}", on_click=_open, args=(one,), width="stretch")
        st.html(f'<p class="tk-quiet">{render.escape(told)}</p>')
        if one["is_mine"]:
            with st.expander("名前・共有・削除", key=f"more-{one['id']}"):
                _more(client, one)


def _more(client: AskClient, one: Json) -> None:
    names = {NOBODY: "自分だけ", **{group["id"]: group["name"] for group in account.groups()}}
    with st.form(f"conversation-form-{one['id']}", border=False):
        title = st.text_input("名前", one["title"], key=f"title-{one['id']}", max_chars=200)
        held = list(names)
        at = held.index(one["group"]) if one["group"] in held else 0
        group = st.selectbox(
            "見られる人", held, at, format_func=names.__getitem__, key=f"shared-{one['id']}", filter_mode=None
        )
        saved = st.form_submit_button("保存する", width="stretch")
    removed = st.button("削除する", key=f"drop-{one['id']}", type="tertiary")
    try:
        if removed:
            client.remove_conversation(one["id"])
            if st.session_state.get("conversation") == one["id"]:
                forget()
        elif saved and title.strip():
            client.change_conversation(one["id"], {"title": title.strip(), "group": group or ""})
        else:
            return
    except FAILURES as error:
        st.html(render.message_html(reason(error), kind="error"))
        return
    st.rerun()


def _open(one: Json) -> None:
    """Ask the questions of a conversation anew: the answers are those of today, for whoever opens it."""
    for turn in st.session_state.pop("turns", []):
        turn.stop()
    forget()
    turns = [
        Turn(asked["question"], _scope(asked["scope"]), as_typed=asked["as_typed"], answer={}) for asked in one["turns"]
    ]
    st.query_params.from_dict(address.query(turns))
    if one["is_mine"]:
        st.session_state["conversation"] = one["id"]
    if turns:
        scope.choose(turns[-1].scope)


def _scope(found: Json | None) -> Json | None:
    """Return a scope as the page writes it: without what narrows nothing."""
    return {name: value for name, value in (found or {}).items() if value} or None
