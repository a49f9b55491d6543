"""What is said when something goes wrong, and how the page is moved to what was asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import render
from ui.client import ApiDown, ApiSlow, AskClient, Problem

FAILURES = (ApiDown, ApiSlow, Problem)
READY_SECONDS = 1  # between two looks how far the preparation of the model is
BACK_SECONDS = 2  # between two looks whether the API is back

# The page is taller than the window once a picture stands on it: bring into view what was asked for.
SCROLL = """<script>
// %(key)s
setTimeout(() => {  // once the rest of the page has been laid out
  const header = 44;  // what Streamlit lays over the top of a narrow window
  const target = document.querySelector(".st-key-%(target)s");
  const top = target ? target.getBoundingClientRect().top : header;
  if (top < header || top > %(share)s * window.innerHeight) {
    target.scrollIntoView({block: "start", behavior: "smooth"});
  }
}, 250);
</script>"""


def scroll_to(target: str, *, share: float) -> None:
    """Scroll to a container of ours, unless it begins within the upper ``share`` of the window already."""
    # Streamlit runs a script once: the same element again would do nothing.
    st.session_state["scrolls"] = key = st.session_state.get("scrolls", 0) + 1
    st.html(SCROLL % {"target": target, "share": share, "key": key}, unsafe_allow_javascript=True)


def say(error: Exception) -> None:
    """Say what went wrong and what to do."""
    if isinstance(error, Problem):
        st.html(render.message_html(error.title, kind="error"))
    elif isinstance(error, ApiSlow):
        st.html(
            render.message_html(
                "応答に時間がかかっています",
                "資料の取り込み中かもしれません。少し待ってから、もう一度お試しください。",
                kind="error",
            )
        )
    else:
        st.html(
            render.message_html(
                "サーバーに接続できません",
                "回答用のサーバー（API）が動いていません。典拠を起動した画面（端末）が閉じられていないか確かめ、"
                "閉じていれば、はじめと同じコマンドでもう一度起動してください。"
                "つながりしだい、この画面は自動で元に戻ります。",
                kind="error",
            )
        )


@st.fragment(run_every=BACK_SECONDS)
def when_back(client: AskClient, then: Callable[[], None] | None = None) -> None:
    """Look whether the API answers again; then do what was waiting for it, and draw the page anew."""
    try:
        client.health()
    except FAILURES:
        return
    if then is not None:
        then()
    st.rerun()


def when_ready(client: AskClient) -> bool:
    """Tell whether the model is still being prepared; then say how far that is, and draw the page anew when it is."""
    preparing = client.health().get("preparing")
    if preparing:
        _preparing(client)
    return bool(preparing)


@st.fragment(run_every=READY_SECONDS)
def _preparing(client: AskClient) -> None:
    try:
        preparing = client.health().get("preparing")
    except FAILURES:
        st.rerun()
    if not preparing:
        st.rerun()
    done, total = preparing["done"], max(1, preparing["total"])
    st.progress(min(1.0, done / total), render.label(preparing["stage"]))
    st.html(
        '<p class="tk-lead">準備ができしだい、質問できるようになります。先に質問を入力しても、待ってから答えます。</p>'
    )


def reason(error: Exception) -> str:
    return error.title if isinstance(error, Problem) else "サーバーから応答がありません。"
