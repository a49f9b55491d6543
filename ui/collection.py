"""The page 資料: what is in the collection, and what goes in and out of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.messages import FAILURES, reason

UPLOAD_TYPES = [".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".html", ".htm", ".txt", ".text", ".md", ".markdown"]
UPLOADED = {
    "added": "{n} 件を取り込みました",
    "refreshed": "{n} 件を新しい内容に替えました",
    "skipped": "{n} 件は同じ内容で取り込み済みです",
}
FILTER_FROM = 9  # documents from which on the collection gets a search box
SHOWN_DOCUMENTS = 100


def page(client: AskClient, documents: list[Json]) -> None:
    """Draw the list of documents, with what adds to it and takes out of it."""
    st.html(f'<h2 class="tk-head">資料</h2>{render.counts_html(documents)}')
    for message in st.session_state.pop("notices", []):
        st.html(message)
    with (
        st.expander("資料を追加", expanded=not documents, key="add"),
        st.form("upload", border=False, clear_on_submit=True),
    ):
        files = st.file_uploader(
            "PDF・テキスト・Markdown のファイル", type=UPLOAD_TYPES, accept_multiple_files=True, key="files"
        )
        if st.form_submit_button("取り込む", type="primary", width="stretch") and files:
            st.session_state["notices"] = _upload(client, files)
            st.rerun()
    listed = documents
    if len(documents) >= FILTER_FROM:
        wanted = st.text_input("資料を絞り込む", placeholder="題名・会議名", key="filter").strip()
        listed = [d for d in documents if wanted in f"{d['title']} {d.get('meeting') or ''} {d['file']}"]
    for document in listed[:SHOWN_DOCUMENTS]:
        with st.container(key=f"document-{document['id']}", horizontal=True, wrap=False, gap="small"):
            st.html(render.document_html(document))
            st.button(
                "外す",
                key=f"remove-{document['id']}",
                type="tertiary",
                on_click=_propose_removal,
                args=(document,),
            )
    if len(listed) > SHOWN_DOCUMENTS:
        st.caption(f"ほかに {len(listed) - SHOWN_DOCUMENTS} 件。絞り込むと表示されます。")
    if "removing" in st.session_state:
        _confirm_removal(client, st.session_state.pop("removing"))


def _upload(client: AskClient, files: list[Any]) -> list[str]:
    """Send the files one by one and return, as HTML, what became of them."""
    progress = st.progress(0.0)
    done = dict.fromkeys(UPLOADED, 0)
    messages = []
    for i, file in enumerate(files):
        progress.progress(i / len(files), f"取り込み中 {i + 1} / {len(files)}　{render.label(file.name)}")
        try:
            report = client.upload(file.name, file.getvalue())
        except FAILURES as error:
            messages.append(render.message_html(f"{file.name} を取り込めませんでした", reason(error), kind="error"))
        else:
            for kind in UPLOADED:
                done[kind] += len(report[kind])
            messages += [
                render.message_html(f"{file.name} を取り込めませんでした", failure["title"], kind="error")
                for failure in report["failed"]
            ]
    good = [
        render.message_html(words.format(n=done[kind]), kind="good") for kind, words in UPLOADED.items() if done[kind]
    ]
    return good + messages


def _propose_removal(document: Json) -> None:
    st.session_state["removing"] = document


@st.dialog("資料を外しますか")
def _confirm_removal(client: AskClient, document: Json) -> None:
    st.html(
        render.document_html(document)
        + "<p>この資料は、質問の対象から外れます。元のファイルは消えません。もう一度取り込めば戻せます。</p>"
    )
    yes, no = st.columns(2)
    closed = yes.button(
        "外す", key="remove-yes", type="primary", width="stretch", on_click=_remove, args=(client, document)
    )
    if no.button("やめる", key="remove-no", width="stretch") or closed:
        st.rerun()


def _remove(client: AskClient, document: Json) -> None:
    try:
        client.remove(document["id"])
        notice = render.message_html(f"「{document['title']}」を外しました", kind="good")
    except FAILURES as error:
        notice = render.message_html("資料を外せませんでした", reason(error), kind="error")
    st.session_state["notices"] = [notice]
