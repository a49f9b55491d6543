"""Who uses the page: what they may do decides what is drawn. Without accounts everything is."""

from __future__ import annotations

import streamlit as st

from ui import render
from ui.client import AskClient, Json, Problem
from ui.messages import FAILURES, reason

COOKIE = "tenkyo_session"  # set by the API's own page, out of reach of scripts
PERMISSIONS = {
    "read": "読む・質問する",
    "contribute": "資料を加える",
    "curate": "資料と意見を整理する",
    "administer": "人とグループを管理する",
    "audit": "監査記録を見る",
}
UNKNOWN = 401


def look(client: AskClient) -> None:
    """Ask who uses the page; a Problem of status 401 when that is nobody any more."""
    st.session_state["me"] = client.me()


def may(permission: str) -> bool:
    me: Json | None = st.session_state.get("me")
    return me is None or permission in me["permissions"]


def is_signed_in() -> bool:
    """Tell whether there are accounts, and somebody is signed in."""
    return bool(st.session_state.get("me"))


def groups() -> list[Json]:
    """Return the groups of whoever uses the page; none without accounts."""
    found: list[Json] = (st.session_state.get("me") or {}).get("groups", [])
    return found


def group_names() -> dict[str, str]:
    """Return the names of those groups by id."""
    return {group["id"]: group["name"] for group in groups()}


def is_unknown(error: Exception) -> bool:
    """Tell whether the API knows nobody who asks so: they have signed out, or too much time has passed."""
    return isinstance(error, Problem) and error.status == UNKNOWN


def signed_out(sign_in: str) -> None:
    """Say that one has to sign in. What the page knew of whoever used it is forgotten."""
    st.session_state.clear()
    st.html(render.message_html("サインインしてください", "サインインすると、あなたのグループの資料に質問できます。"))
    st.link_button("サインイン", sign_in, type="primary")


def control(client: AskClient, sign_in: str) -> None:
    """Draw who is signed in, and behind it what they can do with their account."""
    me: Json = st.session_state["me"]
    with st.popover(render.label(me["name"]), key="account", icon=":material/account_circle:", type="tertiary"):
        named = "、".join(group["name"] for group in me["groups"]) or "どのグループにも入っていません"
        rights = "、".join(words for name, words in PERMISSIONS.items() if name in me["permissions"])
        st.html(
            f"<p><b>{render.escape(me['name'])}</b></p><p>グループ：{render.escape(named)}<br>できること：{rights}</p>"
        )
        if st.button("サインアウト", key="sign-out", type="primary", width="stretch"):
            try:
                client.sign_out()
            except FAILURES as error:
                if not is_unknown(error):
                    st.html(render.message_html("サインアウトできませんでした", reason(error), kind="error"))
                    return
            st.rerun()
        with st.expander("パスワードを変える", key="password"):
            _password(client)
        with st.expander("APIキー", key="own-keys"):
            _keys(client, me)


def _password(client: AskClient) -> None:
    with st.form("password-form", border=False, clear_on_submit=True):
        old = st.text_input("今のパスワード", type="password", key="password-old", autocomplete="current-password")
        new = st.text_input(
            "新しいパスワード（10 文字以上）", type="password", key="password-new", autocomplete="new-password"
        )
        if not st.form_submit_button("変える", width="stretch"):
            return
    try:
        client.change_password(old, new)
    except FAILURES as error:
        st.html(render.message_html("変えられませんでした", reason(error), kind="error"))
    else:
        st.html(
            render.message_html("パスワードを変えました", "ほかの場所のサインインは、すべて終わりました。", kind="good")
        )


def _keys(client: AskClient, me: Json) -> None:
    """Let a key be made for a program that asks as oneself, and old ones be revoked."""
    with st.form("key-form", border=False, clear_on_submit=True):
        name = st.text_input("何に使うキーですか", key="key-name", max_chars=100)
        days = st.number_input("期限（日）", 1, 366, 90, key="key-days")
        made = st.form_submit_button("キーを作る", width="stretch")
    try:
        if made and name.strip():
            st.code(client.add_key(name, ["read"] if "read" in me["permissions"] else [], int(days)), language=None)
            st.html('<p class="tk-lead">このキーは二度と表示できません。今、控えてください。</p>')
        for key in client.api_keys():
            if key["user"] == me["id"]:
                key_row(client, key)
    except FAILURES as error:
        st.html(render.message_html(reason(error), kind="error"))


def key_row(client: AskClient, key: Json, owner: str = "") -> None:
    """Draw one key with the button that revokes it."""
    with st.container(key=f"key-{key['id']}", horizontal=True, vertical_alignment="center"):
        used = render.moment_of(key["used"]) if key["used"] else "まだ使われていません"
        st.html(
            f"<p><b>{render.escape(key['name'])}</b>{render.escape(owner)}　"
            f"<code>{render.escape(key['shown'])}</code><br>"
            f'<span class="tk-quiet">期限 {render.moment_of(key["expires"])}、最後の使用 {used}</span></p>'
        )
        if st.button("取り消す", key=f"revoke-{key['id']}", type="tertiary"):
            client.revoke_key(key["id"])
            st.rerun()
