"""page(client): the Streamlit page. Run it with ``streamlit run ui/app.py``; TENKYO_API_URL names the API."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from ui import render
from ui.client import ApiDown, ApiSlow, AskClient, Json, Problem, connect

HERE = Path(__file__).parent
DEFAULT_API = "http://127.0.0.1:8000"
UPLOAD_TYPES = [".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".html", ".htm", ".txt", ".text", ".md", ".markdown"]
UPLOADED = {
    "added": "{n} 件を取り込みました",
    "refreshed": "{n} 件を新しい内容に替えました",
    "skipped": "{n} 件は同じ内容で取り込み済みです",
}
FILTER_FROM = 9  # documents from which on the collection gets a search box
SHOWN_DOCUMENTS = 100
NOT_FOUND_PASSAGES = 3

# Streamlit's page says that it is English: screen readers and the choice of Han glyphs go by that.
SPEAK_JAPANESE = '<script>document.documentElement.lang = "ja";</script>'

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


@dataclass
class Turn:
    """One question with what came of it, and which of its places is shown as a page."""

    question: str
    answer: Json | None = None
    error: Exception | None = None
    shown: str | None = None  # "c1": the first citation; "p2": the second passage
    pages: dict[tuple[Any, ...], bytes | Json] = field(default_factory=dict)  # pictures and texts already fetched


def page(client: AskClient) -> None:
    """Draw the whole page."""
    st.set_page_config("典拠", page_icon=str(HERE / "icon.svg"), layout="wide", menu_items=None)
    st.html(HERE / "style.css")
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    try:
        documents = client.documents()
    except (ApiDown, ApiSlow, Problem) as error:
        _masthead()
        _say(error)
        st.button("もう一度試す", type="primary")
        return
    with st.sidebar:
        _collection(client, documents)
    _masthead()
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
            _scroll_to("newest", share=0.3)
        elif "clicked" in st.session_state:
            _scroll_to(st.session_state.pop("clicked"), share=0.6)


def _scroll_to(target: str, *, share: float) -> None:
    """Scroll to a container of ours, unless it begins within the upper ``share`` of the window already."""
    # Streamlit runs a script once: the same element again would do nothing.
    st.session_state["scrolls"] = key = st.session_state.get("scrolls", 0) + 1
    st.html(SCROLL % {"target": target, "share": share, "key": key}, unsafe_allow_javascript=True)


def _masthead() -> None:
    st.html(
        '<header class="tk-masthead"><h1>典拠</h1>'
        "<p>行政の資料に日本語で質問すると、答えと、いつの数字か、どの資料の何ページに書いてあるかを示します。</p></header>"
        + SPEAK_JAPANESE,
        unsafe_allow_javascript=True,
    )


def _say(error: Exception) -> None:
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


# --- asking --------------------------------------------------------------------------------------------------------


def _welcome(client: AskClient) -> None:
    try:
        with st.spinner("質問の例を用意しています…"):
            examples = client.examples()
    except (ApiDown, ApiSlow, Problem):
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
    except (ApiDown, ApiSlow, Problem) as error:
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
        _say(turn.error)
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
    except (ApiDown, ApiSlow, Problem) as error:
        st.html(render.page_heading_html(citation))
        _say(error)
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


# --- the collection ------------------------------------------------------------------------------------------------


def _collection(client: AskClient, documents: list[Json]) -> None:
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
        except (ApiDown, ApiSlow, Problem) as error:
            messages.append(render.message_html(f"{file.name} を取り込めませんでした", _reason(error), kind="error"))
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
    except (ApiDown, ApiSlow, Problem) as error:
        notice = render.message_html("資料を外せませんでした", _reason(error), kind="error")
    st.session_state["notices"] = [notice]


def _reason(error: Exception) -> str:
    return error.title if isinstance(error, Problem) else "サーバーから応答がありません。"


if __name__ == "__main__":
    page(st.cache_resource(connect)(os.environ.get("TENKYO_API_URL", DEFAULT_API)))
