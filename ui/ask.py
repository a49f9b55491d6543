"""The page 質問: questions, answers, and the page of the document that each stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.messages import FAILURES, say, scroll_to

NOT_FOUND_PASSAGES = 3


@dataclass
class Turn:
    """One question with what came of it, and which of its places is shown as a page."""

    question: str
    answer: Json | None = None
    error: Exception | None = None
    shown: str | None = None  # "c1": the first citation; "p2": the second passage
    pages: dict[tuple[Any, ...], bytes | Json] = field(default_factory=dict)  # pictures and texts already fetched


def page(client: AskClient, documents: list[Json]) -> None:
    """Draw the conversation over the question box."""
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    thread = st.container(key="thread")
    question = st.container(key="ask").chat_input("質問を入力", key="question", disabled=not documents)
    question = question or st.session_state.pop("chosen", None)
    with thread:
        if question and question.strip():
            with st.spinner("資料を調べています…"):
                turn = _ask(client, question.strip())
            for earlier in turns:  # their pages are closed, and fetched again when a place is clicked
                earlier.shown = None
                earlier.pages.clear()
            turns.append(turn)
        if not documents:
            _nothing_indexed()
        elif not turns:
            _welcome(client)
        _conversation(client, turns)
        if question:
            scroll_to("newest", share=0.3)
        elif "clicked" in st.session_state:
            scroll_to(st.session_state.pop("clicked"), share=0.6)


def _welcome(client: AskClient) -> None:
    try:
        with st.spinner("質問の例を用意しています…"):
            examples = client.examples()
    except FAILURES:
        return  # the page works without them
    if not examples:
        return
    st.html('<p class="tk-lead">たとえば、次のように質問できます。</p>')
    with st.container(key="examples"):
        for i, example in enumerate(examples):
            st.button(render.label(example), key=f"example-{i}", on_click=_choose, args=(example,), width="stretch")


def _choose(question: str) -> None:
    st.session_state["chosen"] = question


def _nothing_indexed() -> None:
    st.html(
        render.message_html(
            "まだ資料がありません",
            "左の欄の「資料を追加」から PDF やテキストのファイルを取り込むか、"
            "次のコマンドで資料のフォルダを取り込んでください。（狭い画面では、左上の » を押すと左の欄が開きます。）",
            command="tenkyo ingest 資料のフォルダ",
        )
    )


def _ask(client: AskClient, question: str) -> Turn:
    turn = Turn(question)
    try:
        turn.answer = client.ask(question)
    except FAILURES as error:
        turn.error = error
    else:
        turn.shown = "c1" if turn.answer["citations"] else "p1" if turn.answer["passages"] else None
    return turn


# --- answers -------------------------------------------------------------------------------------------------------


def _conversation(client: AskClient, turns: list[Turn]) -> None:
    for i, turn in enumerate(turns[:-1]):
        with st.expander(render.label(turn.question), key=f"turn-{i}"):
            _turn(client, turn, i)
    if turns:
        with st.container(key="newest"):
            st.html(render.question_html(turns[-1].question))
            _turn(client, turns[-1], len(turns) - 1)


def _turn(client: AskClient, turn: Turn, i: int) -> None:
    if turn.error is not None:
        say(turn.error)
        return
    answer = turn.answer
    assert answer is not None
    found = answer["status"] == "answered"
    st.html(render.answer_html(answer) if found else render.not_found_html(answer))
    left, right = st.columns([10, 12], gap="medium")
    with left, st.container(key=f"places-{i}"):
        if timeline := render.timeline_html(answer["timeline"]):
            st.html(timeline)
        if found:
            st.html('<h3 class="tk-head">出典</h3>')
            for citation in answer["citations"]:
                _place(turn, i, f"c{citation['n']}", citation)
            rest = answer["passages"]
        elif answer["passages"]:
            st.html('<h3 class="tk-head">近い内容の箇所</h3>')
            for n, passage in enumerate(answer["passages"][:NOT_FOUND_PASSAGES], 1):
                _place(turn, i, f"p{n}", passage)
            rest = answer["passages"][NOT_FOUND_PASSAGES:]
        else:
            rest = []
        if rest:
            first = len(answer["passages"]) - len(rest) + 1
            with st.expander(f"ほかの関連箇所（{len(rest)}件）", key=f"rest-{i}"):
                for n, passage in enumerate(rest, first):
                    _place(turn, i, f"p{n}", passage)
    with right, st.container(key=f"page-{i}"):
        shown = _shown(turn)
        if shown is not None:
            _page_of(client, turn, i, shown)


def _place(turn: Turn, i: int, name: str, citation: Json) -> None:
    """Draw a citation or passage as a card; the button lies over the whole card."""
    with st.container(key=f"place-{i}-{name}", gap=None):
        st.html(render.citation_html(citation, shown=turn.shown == name, passage=name[0] == "p"))
        where = render.place(citation) or "この箇所"
        what = f"出典{citation['n']}" if name[0] == "c" else "関連箇所"
        st.button(f"{what}の{render.label(where)}を表示", key=f"show-{i}-{name}", on_click=_show, args=(turn, i, name))


def _show(turn: Turn, i: int, name: str) -> None:
    turn.shown = name
    st.session_state["clicked"] = f"page-{i}"


def _shown(turn: Turn) -> Json | None:
    """Return the citation or passage whose page is to be shown."""
    if turn.shown is None or turn.answer is None:
        return None
    listed = turn.answer["citations" if turn.shown[0] == "c" else "passages"]
    place: Json = listed[int(turn.shown[1:]) - 1]
    return place


def _page_of(client: AskClient, turn: Turn, i: int, citation: Json) -> None:
    try:
        # Fetched before anything is drawn: no heading may stand over the picture of another page.
        with st.spinner("ページを開いています…"):
            fetched = _fetched(client, turn, citation)
    except FAILURES as error:
        st.html(render.page_heading_html(citation))
        say(error)
        return
    st.html(render.page_heading_html(citation))
    if isinstance(fetched, bytes):
        st.image(fetched, width="stretch", output_format="PNG", alt=_alt(citation))
        if st.button("大きく表示", key=f"enlarge-{i}", type="tertiary"):
            _enlarged(client, citation)
    else:
        whole = st.toggle("ページ全体を表示", key=f"whole-{i}")
        context = None if whole else render.CONTEXT_LINES
        st.html(render.page_text_html(fetched["text"], fetched["start"], citation, context=context))
    with st.expander("引用文と出典を書き写す", key=f"copy-{i}"):
        st.code(render.reference(citation), language=None, wrap_lines=True)


def _fetched(client: AskClient, turn: Turn, citation: Json) -> bytes | Json:
    """Return the page's picture with the quote marked, or, of a text file, the page itself."""
    document_id, number = citation["document_id"], citation["page"] or 1
    if citation["boxes"] is None:
        if (document_id, number) not in turn.pages:
            turn.pages[document_id, number] = client.page(document_id, number)
        return turn.pages[document_id, number]
    span = (citation["start"], citation["end"])
    if (document_id, number, span) not in turn.pages:
        turn.pages[document_id, number, span] = client.picture(document_id, number, span)
    return turn.pages[document_id, number, span]


def _alt(citation: Json) -> str:
    return f"{render.place(citation)}の画像。引用箇所に印があります。"


@st.dialog("ページを大きく表示", width="large")
def _enlarged(client: AskClient, citation: Json) -> None:
    st.html(render.page_heading_html(citation))
    span = (citation["start"], citation["end"])
    with st.spinner("ページを開いています…"):
        picture = client.picture(citation["document_id"], citation["page"], span, dpi=200)
    st.image(picture, width="stretch", output_format="PNG", alt=_alt(citation))
