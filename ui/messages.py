"""What is said when something goes wrong, and how the page is moved to what was asked for."""

from __future__ import annotations

import streamlit as st

from ui import render
from ui.client import ApiDown, ApiSlow, Problem

FAILURES = (ApiDown, ApiSlow, Problem)

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
                "回答用のサーバー（API）が動いていません。プロジェクトのフォルダで次のコマンドを実行し、"
                "起動してからもう一度お試しください。",
                kind="error",
                command="./run",
            )
        )


def reason(error: Exception) -> str:
    return error.title if isinstance(error, Problem) else "サーバーから応答がありません。"
