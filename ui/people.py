"""The page 管理: people, groups, whose documents are whose, API keys, and the record of what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui import account, render
from ui.account import PERMISSIONS
from ui.client import AskClient, Json
from ui.messages import FAILURES, reason

ENTRIES = 200  # of the record on the page; the file holds all
# What most entries are of, in words; of the others the route itself is shown.
DEEDS = {
    "POST /v1/ask": "質問",
    "POST /v1/search": "検索",
    "POST /v1/documents": "資料の取り込み",
    "GET /v1/documents/{document_id}": "資料を開く",
    "GET /v1/documents/{document_id}/pages/{number}": "資料のページ",
    "GET /v1/documents/{document_id}/pages/{number}/image": "資料のページの画像",
    "GET /v1/documents/{document_id}/file": "原本のダウンロード",
    "GET /v1/documents/{document_id}/find": "資料の中の検索",
    "PATCH /v1/documents/{document_id}": "資料の情報を直す",
    "DELETE /v1/documents/{document_id}": "資料を外す",
    "PUT /v1/holdings/{document_id}": "資料のグループを変える",
    "POST /sign-in": "サインイン",
    "GET /sign-in/callback": "サインイン（職場のアカウント）",
    "POST /welcome": "コードでサインイン",
    "DELETE /v1/session": "サインアウト",
    "POST /v1/users": "人の登録",
    "PATCH /v1/users/{user_id}": "人の変更",
    "POST /v1/keys": "APIキーの作成",
    "DELETE /v1/keys/{key_id}": "APIキーの取り消し",
}


def page(client: AskClient, sign_in: str) -> None:
    """Draw what an administrator does, and what an auditor reads."""
    st.html('<h2 class="tk-head">管理</h2>')
    for message in st.session_state.pop("people-notices", []):
        st.html(message)
    parts: dict[str, Callable[[], None]] = {}
    if account.may("administer"):
        welcome = f"{sign_in.rsplit('/', 1)[0]}/welcome"
        parts |= {
            "人": lambda: _people(client, welcome),
            "グループ": lambda: _groups(client),
            "資料": lambda: _holdings(client),
            "APIキー": lambda: _keys(client),
        }
    if account.may("audit"):
        parts["監査記録"] = lambda: _audit(client)
    chosen = st.segmented_control(
        "表示", list(parts), default=next(iter(parts)), key="people-part", label_visibility="collapsed"
    )
    try:
        parts[chosen or next(iter(parts))]()
    except FAILURES as error:
        st.html(render.message_html("できませんでした", reason(error), kind="error"))


def _done(title: str, body: str = "") -> None:
    """Say on the next drawing what was done, and draw."""
    st.session_state.setdefault("people-notices", []).append(render.message_html(title, body, kind="good"))
    st.rerun()


def _code(name: str, welcome: str, code: str) -> None:
    body = f"次のアドレスで、1週間以内に1回だけ使えます。今、本人に渡してください。{welcome}"
    st.session_state.setdefault("people-notices", []).append(
        render.message_html(f"{name} さんのコード", body, kind="good", command=code)
    )
    st.rerun()


# --- people --------------------------------------------------------------------------------------------------------


def _people(client: AskClient, welcome: str) -> None:
    names = {group["id"]: group["name"] for group in client.groups()}
    with st.expander("人を登録する", key="add-person"), st.form("add-person-form", border=False):
        name = st.text_input("名前", key="person-name", max_chars=100)
        permissions = _permissions("new", ["read"])
        groups = _groups_of("new", names, [])
        if st.form_submit_button("登録する", type="primary") and name.strip():
            _code(name.strip(), welcome, client.add_user(name, permissions, groups))
    for person in client.users():
        _person(client, person, names, welcome)


def _person(client: AskClient, person: Json, names: dict[str, str], welcome: str) -> None:
    state = "（停止中）" if person["is_disabled"] else "" if person["has_password"] else "（パスワード未設定）"
    where = "、".join(names[group] for group in person["groups"] if group in names)
    label = f"{person['name']}{state}　{where}"
    with st.expander(render.label(label), key=f"person-{person['id']}"):
        with st.form(f"person-form-{person['id']}", border=False):
            permissions = _permissions(person["id"], person["permissions"])
            groups = _groups_of(person["id"], names, person["groups"])
            disabled = st.checkbox(
                "停止する（次の要求から使えません）", person["is_disabled"], key=f"off-{person['id']}"
            )
            if st.form_submit_button("保存する", type="primary"):
                change = {"permissions": permissions, "groups": groups, "is_disabled": disabled}
                client.change_user(person["id"], change)
                _done(f"{person['name']} さんを変えました", "次の要求から有効です。")
        if st.button("新しいコードを出す", key=f"invite-{person['id']}"):
            _code(person["name"], welcome, client.invite(person["id"]))


def _permissions(key: str, chosen: list[str]) -> list[str]:
    return st.multiselect(
        "できること", list(PERMISSIONS), chosen, format_func=PERMISSIONS.__getitem__, key=f"permissions-{key}"
    )


def _groups_of(key: str, names: dict[str, str], chosen: list[str]) -> list[str]:
    there = [group for group in chosen if group in names]
    return st.multiselect("グループ", list(names), there, format_func=names.__getitem__, key=f"groups-{key}")


# --- groups, documents, keys ---------------------------------------------------------------------------------------


def _groups(client: AskClient) -> None:
    with st.form("add-group", border=False, clear_on_submit=True):
        name = st.text_input("新しいグループの名前", key="group-name", max_chars=100)
        if st.form_submit_button("作る", type="primary") and name.strip():
            client.add_group(name)
            _done(f"グループ「{name.strip()}」を作りました")
    people, held = client.users(), client.holdings()
    rows = [
        (
            group["name"],
            "、".join(person["name"] for person in people if group["id"] in person["groups"]) or "-",
            f"{sum(group['id'] in document['groups'] for document in held):,} 件",
        )
        for group in client.groups()
    ]
    st.html(_table(("グループ", "人", "資料"), rows))


def _holdings(client: AskClient) -> None:
    names = {group["id"]: group["name"] for group in client.groups()}
    held = client.holdings()
    free = [document for document in held if not document["groups"]]
    if free:
        st.html(render.message_html(f"どのグループにも属さない資料が {len(free):,} 件あります", "だれにも見えません。"))
    if not names or not held:
        st.html('<p class="tk-lead">グループと資料ができると、ここで結び付けられます。</p>')
        return
    group = st.selectbox("グループ", list(names), format_func=names.__getitem__, key="holding-group")
    titles = {document["id"]: document["title"] for document in held}
    now = [document["id"] for document in held if group in document["groups"]]
    with st.form(f"holding-{group}", border=False):
        wanted = st.multiselect(
            "このグループの資料", list(titles), now, format_func=titles.__getitem__, key=f"held-{group}"
        )
        if st.form_submit_button("保存する", type="primary"):
            groups = {document["id"]: document["groups"] for document in held}
            for id_ in set(wanted) ^ set(now):
                others = [other for other in groups[id_] if other != group]
                client.hold(id_, [*others, group] if id_ in wanted else others)
            _done(f"「{names[group]}」の資料を変えました")
    if free and st.button(f"どこにも属さない {len(free):,} 件を「{names[group]}」に加える", key="hold-free"):
        for document in free:
            client.hold(document["id"], [group])
        _done(f"{len(free):,} 件を「{names[group]}」に加えました")


def _keys(client: AskClient) -> None:
    people = {person["id"]: person["name"] for person in client.users()}
    keys = client.api_keys()
    if not keys:
        st.html('<p class="tk-lead">APIキーはまだありません。右上の自分の名前から作れます。</p>')
    for key in keys:
        account.key_row(client, key, f"（{people.get(key['user'], '')}）")


# --- the record ----------------------------------------------------------------------------------------------------


def _audit(client: AskClient) -> None:
    with st.container(key="audit-do", horizontal=True):
        checked = st.button("書き換えがないかを確かめる", key="audit-check")
        st.download_button(
            "すべて書き出す（JSONL）",
            client.audit_file,
            "audit.jsonl",
            "application/x-ndjson",
            key="audit-file",
            on_click="ignore",
        )
    if checked:
        verdict = client.check_audit()
        if verdict["faults"]:
            st.html(render.message_html("記録に手が加えられています", "".join(verdict["faults"]), kind="error"))
        else:
            told = f"最後のハッシュ: {verdict['head']}"
            st.html(render.message_html(f"{verdict['entries']:,} 件に問題はありません", told, kind="good"))
    names = {person["id"]: person["name"] for person in client.users()} if account.may("administer") else {}
    rows = []
    for one in client.audit(ENTRIES):
        entry = one["entry"]
        who = entry.get("who")
        told = names.get(who or "", who) or ("端末のコマンド" if entry.get("by") == "command" else "（不明）")
        rows.append(
            (
                render.moment_of(one["time"]),
                told,
                DEEDS.get(entry.get("what", ""), entry.get("what", "")),
                str(entry.get("status", "")),
                f"資料 {len(entry['documents'])} 件" if entry.get("documents") else "",
            )
        )
    st.html(
        f'<p class="tk-quiet">新しい順に {len(rows):,} 件</p>'
        + _table(("時刻", "だれが", "何を", "結果", "資料"), rows)
    )


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{render.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="tk-plain" tabindex="0" role="region" aria-label="一覧">{table}</div>'
