"""Which language model writes beside the answers, and which of the two comes first: what was chosen, and the choice."""

from __future__ import annotations

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.messages import FAILURES

ORDERS = {False: "資料の言葉のままの答えを先に", True: "AIによる文章を先に"}


def look(client: AskClient) -> None:
    """Ask which model is connected; without one nothing of the page is other than it was."""
    try:
        state = client.llm()
    except FAILURES:
        state = {"connected": False}
    st.session_state["llm"] = state


def connected() -> Json | None:
    """Return what is known of the model that writes; None where none does."""
    state: Json = st.session_state.get("llm") or {}
    return state if state.get("connected") else None


def is_first() -> bool:
    """Tell whether a model's words are to stand over the answer in the papers' own words."""
    return bool(st.session_state.get("model-first"))


def choose(first: bool) -> None:
    """Let a model's words stand over the answer from now on, or under it."""
    st.session_state["model-first"] = first
    st.session_state.pop("model-order", None)  # the control shows what holds


def control() -> None:
    """Draw the button that says which comes first, and behind it the choice; nothing without a model."""
    model = connected()
    if model is None:
        return
    words = "AIの文章：先に示す" if is_first() else "AIの文章：あとに示す"
    with st.popover(words, key="model-choice", type="tertiary"):
        st.html(about_html(model))
        st.radio(
            "先に示すもの",
            list(ORDERS),
            index=int(is_first()),
            format_func=ORDERS.__getitem__,
            key="model-order",
            on_change=_chosen,
        )


def _chosen() -> None:
    st.session_state["model-first"] = st.session_state["model-order"]


def about_html(model: Json) -> str:
    """Return what a model does with the questions and papers: its name, where it runs, what is wrong with it."""
    name = f"モデル：<b>{render.escape(model['model'])}</b>。" if model.get("model") else ""
    where = (
        "このパソコンの中で動き、資料は外に出ません。"
        if model["on_this_machine"]
        else "質問と、見つかった資料の一部を、ほかのコンピューターに送ります。"
    )
    detail = f"<p>{render.escape(model['detail'])}</p>" if model.get("detail") else ""
    return (
        '<div class="tk-lead"><p>答えに添えて、AIに文章を書かせます。'
        f"1文ずつ原文と照合し、確かめられた文だけを示します。</p><p>{name}{where}</p>{detail}</div>"
    )
