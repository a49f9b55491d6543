"""The page 資料: what is in the collection, what goes in and out of it, and what is said of each document."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from ui import account, paging, reader, render, scope, upload, viewer, watching
from ui.client import AskClient, Json
from ui.messages import FAILURES, reason, say, scroll_to

UPLOAD_TYPES = [".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".html", ".htm", ".txt", ".text", ".md", ".markdown"]
LARGE_MB = 100  # from here on a file takes long, or is refused by the server
FILTER_FROM = 6  # documents from which on the list can be narrowed and sorted
SHOWN = 20  # documents on one screen
ALL_MEETINGS = "すべての会議"
NO_MEETING = "会議名なし"
SORTS = {"新しい順": "published", "追加順": "", "題名順": "title"}
FIELDS = {"title": "題名", "meeting": "会議名", "published": "日付", "department": "部署"}


def page(client: AskClient, documents: list[Json]) -> None:
    """Draw the list of documents with what changes it, or the document that the address names."""
    if "id" in st.query_params:
        reader.page(client, documents)
        return
    reader.left()
    listed = upload.intakes(client)
    st.html(f'<h2 class="tk-head">資料</h2>{render.counts_html(documents)}')
    if notices := st.session_state.pop("notices", []):
        with st.container(key="notices"):
            for message in notices:
                st.html(message)
        scroll_to("notices", share=0.9)
    if not documents and not upload.running(listed):
        if account.may("contribute"):
            _first_steps(client)
        else:
            st.html(render.message_html("見られる資料がまだありません", "管理者に、グループへの追加を頼んでください。"))
    upload.progress(client, listed)
    if not upload.running(listed) and account.may("contribute"):
        with st.expander("資料を追加", expanded=not documents, key="add"):
            _choose_files(client)
    watching.draw(client)
    if documents:
        _documents(client, documents)
    _dialog(client, documents)


def _first_steps(client: AskClient) -> None:
    st.html(render.steps_html())
    try:
        has_sample = client.health().get("has_sample", False)
    except FAILURES:
        has_sample = False  # the files of one's own go in all the same
    if has_sample:
        with st.container(key="sample", horizontal=True, vertical_alignment="center"):
            if st.button("見本の資料で試す", key="try-sample"):
                try:
                    client.add_sample(_group())
                except FAILURES as error:
                    say(error)
                else:
                    st.rerun()
            st.html('<p class="tk-lead">手元に資料がなくても、付属の見本で使い方を試せます。</p>')


# --- adding --------------------------------------------------------------------------------------------------------


def _choose_files(client: AskClient) -> None:
    """Let files be chosen, say what will happen to them, and send them off."""
    round_ = st.session_state.setdefault("upload-round", 0)  # a new uploader is an empty one
    files = st.file_uploader(
        "PDF・Word・PowerPoint・Excel・CSV・HTML・テキスト・Markdown のファイル（いくつでも）",
        type=UPLOAD_TYPES,
        accept_multiple_files=True,
        key=f"files-{round_}",
    )
    group = _group()
    if not files:
        return
    large = [file.name for file in files if file.size > LARGE_MB * 2**20]
    if large:
        st.html(
            render.message_html(
                f"{LARGE_MB} MB を超えるファイルがあります: {'、'.join(large)}",
                "取り込みに長い時間がかかるか、サーバーが受け付けません。分けて保存し直すと確実です。",
                kind="error",
            )
        )
    size = sum(file.size for file in files) / 2**20
    if st.button(f"{len(files)} 件（{size:,.1f} MB）を取り込む", key="take-in", type="primary", width="stretch"):
        with st.spinner("送っています…"):
            upload.send(client, [(file.name, file.getvalue()) for file in files], group)
        st.session_state["upload-round"] += 1
        st.rerun()


def _group() -> str | None:
    """Return the group that papers are taken in for: the one, or the one that is chosen; None without accounts."""
    names = {group["id"]: group["name"] for group in account.groups()}
    if len(names) < 2:
        return next(iter(names), None)
    chosen: str | None = st.selectbox(
        "どのグループの資料にしますか", list(names), format_func=names.__getitem__, key="upload-group"
    )
    return chosen


# --- the list ------------------------------------------------------------------------------------------------------


@st.fragment
def _documents(client: AskClient, documents: list[Json]) -> None:
    """Draw one screen of the list, narrowed and sorted as wished; only this is redrawn while one looks around."""
    with st.container(key="listed"):
        listed = _narrowed(documents) if len(documents) >= FILTER_FROM else documents
    chosen = [d for d in documents if d["id"] in st.session_state.setdefault("chosen-documents", set())]
    if chosen:
        with st.container(key="chosen", horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f"<b>{len(chosen):,} 件を選択中</b>", width="content")
            if st.button("まとめて外す", key="remove-chosen"):
                _open("remove", [d["id"] for d in chosen])
            st.button("選択をやめる", key="choose-none", on_click=_choose_none, args=(chosen,), type="tertiary")
    if len(listed) < len(documents):
        with st.container(key="narrowed", horizontal=True, vertical_alignment="center", gap="small"):
            st.html(
                f'<p class="tk-lead">絞り込み中：{len(documents):,} 件のうち {len(listed):,} 件</p>', width="content"
            )
            st.button("絞り込みをやめる", key="narrow-none", on_click=_narrow_none, type="tertiary")
    if not listed:
        st.html(render.message_html("当てはまる資料がありません", "言葉を減らすか、会議の指定を外してください。"))
    for document in paging.piece(listed, "documents", SHOWN):
        _row(document)
    paging.pager(listed, "documents", SHOWN, top="listed")


def _narrowed(documents: list[Json]) -> list[Json]:
    meetings = Counter(d.get("meeting") or NO_MEETING for d in documents)
    words, meeting, order = st.columns([5, 4, 2])
    typed = words.text_input(
        "資料を絞り込む",
        key="filter",
        placeholder="題名・会議名・部署・ファイル名",
        live=True,
        on_change=_from_the_top,
        persist_state="session",
    )
    wanted = meeting.selectbox(
        "会議",
        [ALL_MEETINGS, *sorted(meetings)],
        format_func=lambda name: name if name == ALL_MEETINGS else f"{name}（{meetings[name]} 件）",
        key="meeting",
        filter_mode="contains",
        on_change=_from_the_top,
        persist_state="session",
    )
    by = order.selectbox(
        "並び順", list(SORTS), key="order", filter_mode=None, on_change=_from_the_top, persist_state="session"
    )
    within = [d for d in documents if wanted in (ALL_MEETINGS, d.get("meeting") or NO_MEETING)]
    return ordered(matching(within, typed or ""), SORTS[by or "新しい順"])


def _narrow_none() -> None:
    st.session_state["filter"], st.session_state["meeting"] = "", ALL_MEETINGS
    _from_the_top()


def matching(documents: list[Json], words: str) -> list[Json]:
    """Return the documents that name every one of the words, however wide or tall they are written."""
    wanted = [render.folded(word) for word in words.split()]
    named = ("title", "meeting", "department", "file")
    return [
        d for d in documents if all(word in render.folded(" ".join(d.get(n) or "" for n in named)) for word in wanted)
    ]


def ordered(documents: list[Json], by: str) -> list[Json]:
    """Return the documents by date, newest first and undated ones last; by title; or, for "", as they came."""
    if by == "published":
        return sorted(documents, key=lambda d: d.get("published") or "", reverse=True)
    return sorted(documents, key=lambda d: render.folded(d["title"])) if by else documents


def _row(document: Json) -> None:
    name = document["id"]
    with st.container(key=f"document-{name}", gap="xsmall"):
        with st.container(horizontal=True, wrap=False, gap="small"):
            if account.may("curate"):
                st.checkbox(
                    f"「{render.label(document['title'])}」を選ぶ",
                    value=name in st.session_state["chosen-documents"],
                    key=f"choose-{name}",
                    label_visibility="collapsed",
                    on_change=_choose,
                    args=(name,),
                )
            st.html(render.document_html(document, _whose(document)))
        with st.container(key=f"do-{name}", horizontal=True, gap="small"):
            if st.button("読む", key=f"read-{name}"):
                reader.open_document(name)
                st.rerun()
            if st.button("この資料に質問する", key=f"ask-{name}"):
                scope.choose({"documents": [name]})
                st.switch_page(st.session_state["pages"]["ask"])
            if account.may("curate"):
                if st.button("情報を直す", key=f"edit-{name}", type="tertiary"):
                    _open("edit", [name])
                if st.button("外す", key=f"remove-{name}", type="tertiary"):
                    _open("remove", [name])


def _whose(document: Json) -> str:
    """Return whose the document is, where that may be one or another of one's groups."""
    names = account.group_names()
    return "・".join(names[group] for group in document.get("groups", ()) if group in names) if len(names) > 1 else ""


def _from_the_top() -> None:
    st.session_state.pop("documents-piece", None)


def _choose(name: str) -> None:
    (st.session_state["chosen-documents"].add if st.session_state[f"choose-{name}"] else _unchoose)(name)


def _unchoose(name: str) -> None:
    st.session_state["chosen-documents"].discard(name)


def _choose_none(chosen: list[Json]) -> None:
    st.session_state["chosen-documents"].clear()
    for document in chosen:
        st.session_state.pop(f"choose-{document['id']}", None)


# --- changing and removing -----------------------------------------------------------------------------------------


def _open(what: str, names: list[str]) -> None:
    st.session_state["dialog"] = (what, names)
    st.rerun()  # all of the page: a dialog that is remembered outlives the end of an upload


def _close() -> None:
    st.session_state.pop("dialog", None)


def _dialog(client: AskClient, documents: list[Json]) -> None:
    what, names = st.session_state.get("dialog", ("", []))
    concerned = [document for document in documents if document["id"] in names]
    if concerned and what == "edit":
        _describe(client, concerned[0])
    elif concerned and what == "remove":
        _confirm_removal(client, concerned)


@st.dialog("資料の情報を直す", on_dismiss=_close)
def _describe(client: AskClient, document: Json) -> None:
    st.html(
        f'<p class="tk-quiet">ファイル: {render.escape(document["file"])}</p>'
        "<p>手で設定した欄を空にすると、資料から読み取った内容に戻ります。</p>"
    )
    by_hand = [field for field, source in (document.get("taken_from") or {}).items() if source == "by_hand"]
    with st.form("describe", border=False):
        typed = {
            field: st.text_input(
                f"{name}（手で設定）" if field in by_hand else name,
                value=spoken(document.get(field)) if field == "published" else document.get(field) or "",
                max_chars=300 if field == "title" else 200,
                key=f"describe-{document['id']}-{field}",
                placeholder="例: 令和6年6月4日、2024-06-04、R6.6" if field == "published" else None,
            )
            for field, name in FIELDS.items()
        }
        saved = st.form_submit_button("保存する", type="primary", width="stretch")
    if st.button("やめる", key="describe-no", width="stretch"):
        _close()
        st.rerun()
    if not saved:
        return
    try:
        said = changes(document, typed)
        if said:
            with st.spinner("保存しています…"):
                new = client.describe(document["id"], said)
            viewer.forget_document(document["id"])
            st.session_state["notices"] = [render.message_html(*told(document, new, said), kind="good")]
    except ValueError as error:
        st.html(render.message_html(str(error), kind="error"))
        return
    except FAILURES as error:
        st.html(render.message_html("保存できませんでした", reason(error), kind="error"))
        return
    _close()
    st.rerun()


def changes(document: Json, typed: dict[str, str]) -> dict[str, str]:
    """Return what was changed, as PATCH takes it; ValueError, in Japanese, for what can't be taken.

    An emptied field takes back what was set by hand. What was read from the document can't be emptied.
    """
    said = {}
    for field, text in typed.items():
        now = document.get(field) or ""
        new = " ".join(text.split())
        if new in (now, spoken(now) if field == "published" else now):
            continue
        if not new and (document.get("taken_from") or {}).get(field) != "by_hand":
            raise ValueError(
                f"{FIELDS[field]}は資料から読み取ったものなので、空にはできません。正しいものを入力してください。"
            )
        said[field] = new
    return said


def told(document: Json, new: Json, said: dict[str, str]) -> tuple[str, str]:
    """Return what became of a document, as title and body of a message."""
    back = "、".join(FIELDS[field] for field, text in said.items() if not text)
    body = f"{back}を、資料から読み取った内容に戻しました。" if back else ""
    return f"「{new.get('title') or document['title']}」の情報を直しました", body


@st.dialog("資料を外しますか", on_dismiss=_close)
def _confirm_removal(client: AskClient, documents: list[Json]) -> None:
    st.html(
        '<div class="tk-removed">'
        + "".join(render.document_html(document) for document in documents)
        + "</div><p>質問の対象から外れます。元のファイルは消えません。もう一度取り込めば戻せます。</p>"
    )
    yes, no = st.columns(2)
    words = "外す" if len(documents) == 1 else f"{len(documents)} 件を外す"
    if yes.button(words, key="remove-yes", type="primary", width="stretch"):
        with st.spinner("外しています…"):
            _remove(client, documents)
        _close()
        st.rerun()
    if no.button("やめる", key="remove-no", width="stretch"):
        _close()
        st.rerun()


def _remove(client: AskClient, documents: list[Json]) -> None:
    removed: list[Json] = []
    notices = []
    for document in documents:
        try:
            client.remove(document["id"])
        except FAILURES as error:
            notices.append(
                render.message_html(f"「{document['title']}」を外せませんでした", reason(error), kind="error")
            )
        else:
            removed.append(document)
            _unchoose(document["id"])
    if removed:
        more = f" ほか {len(removed) - 1} 件" if len(removed) > 1 else ""
        notices.insert(0, render.message_html(f"「{removed[0]['title']}」{more}を外しました", kind="good"))
    st.session_state["notices"] = notices


def spoken(code: str | None) -> str:
    """Return an ISO date as it is typed in again. 例: 2024-06 → 令和6年6月"""
    return (render.when(code) or "").partition("（")[0]
