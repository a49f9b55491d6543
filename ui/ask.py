"""The page 質問: the conversation over the question box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import account, address, conversations, export, model, render, scope, written
from ui.client import AskClient, Json
from ui.messages import FAILURES, scroll_to, when_ready
from ui.turn import Turn, put, show

MIME = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


def page(client: AskClient, documents: list[Json]) -> None:
    """Draw the conversation, the newest question first in time and last on the page."""
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    linked = [] if turns else _of_address()
    thread = st.container(key="thread")
    if is_asking():
        scope.close()
    with st.container(key="ask"):
        st.html(render.skip_html("sources"))
        with st.container(key="scope", horizontal=True, vertical_alignment="center", gap="small"):
            scope.control(client, documents)
            model.control()
        typed = st.chat_input("質問を入力", key="question", disabled=not documents)
    with thread:
        earlier = st.container(key="earlier")
        asked = _asked(typed, turns) or linked
        # Two places in turn: the one before vanishes at once, or its answer would stand under the next question.
        place = (len(turns) + len(asked)) % 2
        places = [st.container(key=f"{'newest' if n == place else 'former'}-{n}") for n in (0, 1)]
        if asked:
            for turn in turns:
                turn.stop()  # whoever asks on does not wait for it, and a model writes one text at a time
        with places[place]:
            waiting = st.empty()
            for turn in asked:
                # Of the questions of a link a model writes for the last one only: it takes its time.
                _put(client, turn, turns, waiting, write=turn is asked[-1])
        # At once: who reloads while the page is still being drawn shall find it again.
        kept = address.query(turns, model_first=model.is_first())
        if kept != _address():
            st.query_params.from_dict(kept)
        if asked:
            conversations.keep(client, turns)
        # The newest first: nobody should wait for what was read before.
        with places[place]:
            if turns:
                st.html(render.question_html(turns[-1].question))
                show(client, turns[-1], len(turns) - 1, documents, _ask_next)
            else:
                st.html(render.welcome_html(documents))
                if documents:
                    _examples(client)
                else:
                    _nothing_indexed()
        with earlier:
            if turns or account.is_signed_in():
                with st.container(key="conversation", horizontal=True, gap="medium"):
                    if turns:
                        _exports(client, turns, documents)
                        st.button("新しい会話を始める", key="begin", type="tertiary", on_click=_begin)
                    conversations.control(client)
            for i, turn in enumerate(turns[:-1]):
                _earlier(client, turn, i, documents)
        if asked and turns:
            scroll_to(f"newest-{place}", share=0.3)


def is_asking() -> bool:
    """Tell whether this run of the script puts a question: then nothing else should be waited for."""
    return bool(st.session_state.get("question") or st.session_state.get("next"))


def _asked(typed: str | None, turns: Sequence[Turn]) -> list[Turn]:
    """Return the question that was typed, which may follow the last one, or that of a button."""
    chosen: Turn | None = st.session_state.pop("next", None)
    if typed and typed.strip():
        return [Turn(typed.strip(), scope.chosen(), turns[-1].whole if turns else None)]
    return [chosen] if chosen else []


def _of_address() -> list[Turn]:
    """Return the questions of the link that the page was opened by."""
    found = address.questions(_address())
    if found:
        scope.choose(found[-1][1])
        model.choose(address.is_model_first(_address()))
    return [
        Turn(question, narrowed, as_typed=as_typed, snapshot=snapshot)
        for question, narrowed, snapshot, as_typed in found
    ]


def _begin() -> None:
    """Start anew: nothing follows the questions so far, and the address forgets them."""
    for turn in st.session_state.pop("turns"):
        turn.stop()
    st.query_params.clear()
    conversations.forget()


def _address() -> address.Query:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _ask_next(turn: Turn) -> None:
    st.session_state["next"] = turn


def _put(client: AskClient, turn: Turn, turns: list[Turn], waiting: DeltaGenerator, *, write: bool) -> None:
    """Ask one question; until its answer is there, the question stands where it will."""
    with waiting.container():
        st.html(render.question_html(turn.question))
        with st.spinner("資料を調べています…"):
            put(client, turn, write=write)
    waiting.empty()
    turns.append(turn)


def _earlier(client: AskClient, turn: Turn, i: int, documents: Sequence[Json]) -> None:
    """Draw an earlier question; what came of it is drawn once somebody opens it."""
    folded = st.expander(render.label(turn.question), key=f"turn-{i}", on_change="rerun")
    if folded.open:
        with folded:
            show(client, turn, i, documents, _ask_next)


def _examples(client: AskClient) -> None:
    try:
        if when_ready(client):
            return  # it is being prepared, and says so
        with st.spinner("質問の例を用意しています…"):
            examples = client.examples()
    except FAILURES:
        return  # the page works without them
    if not examples:
        return
    st.html('<p class="tk-lead">たとえば、次のように質問できます。</p>')
    with st.container(key="examples"):
        for i, example in enumerate(examples):
            st.button(
                render.label(example),
                key=f"example-{i}",
                on_click=_ask_next,
                args=(Turn(example, scope.chosen()),),
                width="stretch",
            )


def _nothing_indexed() -> None:
    st.html(render.message_html("まだ資料がありません", "「資料」のページで、資料を取り込んでください。"))
    st.page_link(st.session_state["pages"]["documents"], label="資料を取り込む", icon=":material/arrow_forward:")


# --- taking it away -----------------------------------------------------------------------------------------------


def _exports(client: AskClient, turns: Sequence[Turn], documents: Sequence[Json]) -> None:
    with st.popover("この会話を書き出す", key="exports", type="tertiary"):
        st.html('<p class="tk-lead">質問、答え、引用文と、引用したページの画像を入れます。</p>')
        for words, kind, made in (
            ("Word（.docx）", "docx", export.word),
            ("PDF（.pdf）", "pdf", export.pdf),
            ("Markdown（.zip）", "zip", export.markdown),
        ):
            st.download_button(
                words,
                partial(_file, made, client, turns, documents),
                f"典拠_質問と答え_{date.today():%Y%m%d}.{kind}",
                MIME[kind],
                key=f"export-{kind}",
                on_click="ignore",
                width="stretch",
            )


def _file(
    made: Callable[[Sequence[export.Exported]], bytes],
    client: AskClient,
    turns: Sequence[Turn],
    documents: Sequence[Json],
) -> bytes:
    return made(_exported(client, turns, documents))


def _exported(client: AskClient, turns: Sequence[Turn], documents: Sequence[Json]) -> list[export.Exported]:
    """Return the conversation with the pictures of the pages that it cites; a page that is gone has none."""
    titles = scope.titles_of(documents)
    exported = []
    for turn in turns:
        if turn.answer is None:
            continue
        pictures = {}
        cited = [(f"c{citation['n']}", citation) for citation in turn.answer["citations"]]
        for name, citation in [*cited, *((name, citation) for name, _, citation in written.added(turn.answer))]:
            if citation["boxes"] is not None:
                try:
                    span = (citation["start"], citation["end"])
                    pictures[name] = client.picture(citation["document_id"], citation["page"], span, dpi=120)
                except FAILURES:
                    continue
        exported.append(export.Exported(turn.question, turn.answer, pictures, titles))
    return exported
