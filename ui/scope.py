"""Which documents a question is put to: what was chosen, in words, and the means to choose it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from ui import account, render
from ui.client import AskClient, Json
from ui.messages import FAILURES

BOUNDS = ("since", "until")
FIELDS = ("documents", "groups", "meetings", "departments", *BOUNDS)
LISTS = {"meetings": ("会議", "meeting"), "departments": ("部署", "department")}
ANY = "指定しない"


def chosen() -> Json | None:
    """Return the scope that questions are asked with now; None for the whole collection."""
    scope: Json = st.session_state.get("scope") or {}
    return {name: scope[name] for name in FIELDS if scope.get(name)} or None


def choose(scope: Json | None) -> None:
    """Ask with this scope from now on."""
    st.session_state["scope"] = scope or {}
    for name in FIELDS:  # the controls show what holds
        st.session_state.pop(f"scope-{name}", None)


def close() -> None:
    """Close the means to choose: nothing shall lie over the answer that is coming."""
    st.session_state["scope-choice"] = False


def names_of(documents: Sequence[Json]) -> dict[str, str]:
    """Return the names of documents by id; papers of one name are told apart by their files, then by a number."""
    names = {document["id"]: render.document_name(document) for document in documents}
    files = {document["id"]: render.file_with_place(document) for document in documents}
    shared = Counter(names.values())
    names = {id_: f"{name}（{files[id_]}）" if shared[name] > 1 else name for id_, name in names.items()}
    shared, seen = Counter(names.values()), Counter[str]()
    for id_, name in names.items():
        seen[name] += 1
        names[id_] = f"{name}・{seen[name]}" if shared[name] > 1 else name
    return names


def titles_of(documents: Sequence[Json]) -> dict[str, str]:
    """Return what a scope may name, by id: documents, and the groups of whoever uses the page."""
    return {**names_of(documents), **account.group_names()}


def control(client: AskClient, documents: Sequence[Json]) -> None:
    """Draw the button that says what is asked, and behind it the means to change that."""
    scope = chosen()
    words = render.scope_words(scope, titles_of(documents)) if scope else "すべての資料"
    count = _count(client, scope) if scope else f"{len(documents)}件"
    shown = st.popover(
        render.label(f"対象：{words}（{count}）"), key="scope-choice", type="tertiary", on_change="rerun"
    )
    with shown:
        _fields(documents)
    if scope:
        st.button("すべての資料に戻す", key="scope-all", type="tertiary", on_click=choose, args=(None,))


def _count(client: AskClient, scope: Json) -> str:
    """Return how many documents lie within a scope, before anything is asked."""
    try:
        return f"{len(client.documents(scope))}件"
    except FAILURES:
        return "件数不明"  # the question itself will say what is wrong


def _fields(documents: Sequence[Json]) -> None:
    st.html('<p class="tk-lead">選んだ資料だけに質問します。選ばない欄では絞り込みません。</p>')
    scope = chosen() or {}
    # What no control shows, such as a group of the one whose link this is, holds on: nothing is widened in silence.
    picked: Json = dict(scope)
    groups = account.group_names()
    if len(groups) > 1:  # of one group all that one sees is its own
        picked["groups"] = _several("どのグループの資料", list(groups), "groups", scope, groups, "すべて")
    for name, (words, key) in LISTS.items():
        options = sorted({document[key] for document in documents if document.get(key)})
        if options:
            picked[name] = _several(words, options, name, scope)
    months = sorted({d["published"][:7] for d in documents if d.get("published")})
    if len(months) > 1:
        left, right = st.columns(2)
        with left:
            picked["since"] = _one("資料の日付（から）", months, "since", scope)
        with right:
            picked["until"] = _one("資料の日付（まで）", months, "until", scope)
    names = names_of(documents)
    picked["documents"] = _several("資料", sorted(names, key=names.__getitem__), "documents", scope, names)
    new = {name: value for name, value in picked.items() if value} or None
    if new != chosen():
        st.session_state["scope"] = new or {}
        st.rerun()


def _several(
    words: str,
    options: Sequence[str],
    name: str,
    scope: Json,
    written: Mapping[str, str] | None = None,
    otherwise: str = "選んでください",
) -> list[str]:
    key = f"scope-{name}"
    before: Sequence[str] = scope.get(name, ())
    st.session_state.setdefault(key, [option for option in before if option in options])
    picked = st.multiselect(
        words,
        options,
        key=key,
        placeholder=otherwise,
        format_func=lambda option: (written or {}).get(option, option),
    )
    kept = [option for option in before if option in picked or option not in options]
    return [*kept, *(option for option in picked if option not in kept)]


def _one(words: str, months: Sequence[str], name: str, scope: Json) -> str | None:
    key = f"scope-{name}"
    before: str | None = scope.get(name)
    st.session_state.setdefault(key, before if before in months else None)
    picked = st.selectbox(
        words, months, index=None, key=key, placeholder=ANY, format_func=lambda month: render.when(month) or ANY
    )
    return before if picked is None and before not in months else picked
