"""main(client): the Streamlit pages. Run it with ``streamlit run ui/app.py``; TENKYO_API_URL names the API."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import streamlit as st

from ui import ask, collection, opinions, scorecard
from ui.client import AskClient, connect
from ui.messages import FAILURES, say

HERE = Path(__file__).parent
DEFAULT_API = "http://127.0.0.1:8000"

# Streamlit's page says that it is English: screen readers and the choice of Han glyphs go by that.
SPEAK_JAPANESE = '<script>document.documentElement.lang = "ja";</script>'


def main(client: AskClient) -> None:
    """Draw what stands over every page, and the page that the address names."""
    st.set_page_config("典拠", page_icon=str(HERE / "icon.svg"), layout="wide", menu_items=None)
    st.html(HERE / "style.css")
    try:
        documents = client.documents()
    except FAILURES as error:
        _masthead([])
        say(error)
        st.button("もう一度試す", type="primary")
        return
    pages = [
        st.Page(partial(ask.page, client, documents), title="質問", url_path="ask", default=True),
        st.Page(partial(collection.page, client, documents), title="資料", url_path="documents"),
        st.Page(partial(scorecard.page, client), title="成績", url_path="scorecard"),
        st.Page(partial(opinions.page, client), title="意見", url_path="opinions"),
    ]
    current = st.navigation(pages, position="hidden")
    _masthead(pages)
    current.run()


def _masthead(pages: list[st.Page]) -> None:
    with st.container(key="masthead", horizontal=True, vertical_alignment="center"):
        st.html('<header class="tk-masthead"><h1>典拠</h1></header>' + SPEAK_JAPANESE, unsafe_allow_javascript=True)
        for one in pages:
            st.page_link(one, label=one.title)


if __name__ == "__main__":
    main(st.cache_resource(connect)(os.environ.get("TENKYO_API_URL", DEFAULT_API)))
