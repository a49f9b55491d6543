"""main(client): the Streamlit pages. Run it with ``streamlit run ui/app.py``; TENKYO_API_URL names the API."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from ui import account, ask, changes, collection, model, opinions, people, render, scorecard, upload
from ui.client import AskClient, Json, connect
from ui.messages import FAILURES, say, when_back

HERE = Path(__file__).parent
DEFAULT_API = "http://127.0.0.1:8000"

# Runs in the browser once; the element only has to be there.
SCRIPT = f"<script>{(HERE / 'page.js').read_text(encoding='utf-8')}</script>"


def main(client: AskClient, sign_in: str | None = None) -> None:
    """Draw what stands over every page, and the page that the address names.

    ``sign_in`` is where people sign in, where there are accounts: the client then asks as whoever uses the page.
    """
    st.set_page_config("典拠", page_icon=str(HERE / "icon.svg"), layout="wide", menu_items=None)
    st.html(HERE / "style.css")
    try:
        if sign_in:
            account.look(client)
        documents = _documents(client)
    except FAILURES as error:
        if sign_in and account.is_unknown(error):
            _masthead([])
            account.signed_out(sign_in)
            return
        _masthead([])
        say(error)
        st.button("もう一度試す", type="primary")
        when_back(client)
        return
    pages = {
        "ask": st.Page(partial(ask.page, client, documents), title="質問", url_path="ask", default=True),
        "documents": st.Page(partial(collection.page, client, documents), title="資料", url_path="documents"),
        "changes": st.Page(partial(changes.page, client, documents), title="変更", url_path="changes"),
    }
    if account.may("curate"):
        pages["scorecard"] = st.Page(partial(scorecard.page, client), title="成績", url_path="scorecard")
        pages["opinions"] = st.Page(partial(opinions.page, client), title="意見", url_path="opinions")
    if sign_in and (account.may("administer") or account.may("audit")):
        pages["people"] = st.Page(partial(people.page, client, sign_in), title="管理", url_path="people")
    st.session_state["pages"] = pages
    current = st.navigation(list(pages.values()), position="hidden")
    _masthead(list(pages.values()), partial(account.control, client, sign_in) if sign_in else None)
    if current.url_path != "documents":
        upload.elsewhere(client, pages["documents"])
    current.run()


def _documents(client: AskClient) -> list[Json]:
    """Return the collection, and look which model writes; a question does not wait for that: the next run does it."""
    if "documents" not in st.session_state or not ask.is_asking():
        st.session_state["documents"] = client.documents()
        model.look(client)
    documents: list[Json] = st.session_state["documents"]
    return documents


def _masthead(pages: Sequence[st.Page], account_of: Callable[[], None] | None = None) -> None:
    with st.container(key="masthead", horizontal=True, vertical_alignment="center", gap="small"):
        skips = "".join(render.skip_html(where) for where in ("answer", "question"))
        st.html(f'{skips}<h1 class="tk-name">典拠</h1>{SCRIPT}', unsafe_allow_javascript=True, width="content")
        for one in pages:
            st.page_link(one, label=one.title)
        if account_of is not None:
            account_of()


if __name__ == "__main__":
    api = st.cache_resource(connect)(os.environ.get("TENKYO_API_URL", DEFAULT_API))
    sign_in = os.environ.get("TENKYO_SIGN_IN_URL")
    main(api.signed_in(st.context.cookies.get(account.COOKIE)) if sign_in else api, sign_in)
