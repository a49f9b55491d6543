"""What a reader thinks of an answer: two buttons under it, and a small form for what is wrong."""

from __future__ import annotations

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.messages import FAILURES, say

REASONS = {
    "wrong_value": "数字・内容が違う",
    "wrong_date": "時点が違う",
    "wrong_source": "出典が違う",
    "wrongly_declined": "資料にあるのに「記載なし」",
    "off_topic": "質問と関係がない",
    "unclear": "分かりにくい",
    "other": "その他",
}
ABOUT = {"answered": "この答えは", "unsure": "この候補は", "not_found": "この結果は"}
NONE_OF_THEM, NOT_STATED = "どの候補も違う", "資料に答えは書かれていない"
STATES_NOTHING = "資料に記載がありません"
PRAISED = "「役に立った」という意見を、ページ「意見」に記録しました。"
TO_BE_CHECKED = (
    "いただいた意見を、ページ「意見」に記録しました。担当者が正しい答えを確かめて質問集に加えると、採点に使えます。"
)


@st.fragment
def ask_opinion(client: AskClient, answer: Json, *, key: str) -> None:
    """Ask once what the reader thinks of ``answer``; ``key`` names the answer and stays the same over reruns."""
    with st.container(key=f"opinion-{key}", gap="small"):
        if (sent := st.session_state.get(_sent(key))) is not None:
            st.html(render.message_html("ありがとうございます", sent, kind="good"))
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<p class="tk-lead">{ABOUT[answer["status"]]}</p>', width="content")
            st.button(
                "役に立った",
                icon=":material/thumb_up:",
                key=f"good-{key}",
                on_click=_praise,
                args=(client, answer, key),
            )
            offers = render.candidates(answer)
            words, icon = ("正しい候補を知らせる", "rule") if offers else ("違う", "thumb_down")
            st.button(words, icon=f":material/{icon}:", key=f"bad-{key}", on_click=_open, args=(key, True))
        if st.session_state.get(_opened(key)):
            _form(client, answer, key)
        if (error := st.session_state.get(_error(key))) is not None:
            say(error)


def _form(client: AskClient, answer: Json, key: str) -> None:
    with st.form(f"opinion-form-{key}", enter_to_submit=False):
        if offers := render.candidates(answer):
            named = {n: f"{render.circled(n)}　{render.label(one['text'])}" for n, one in enumerate(offers, 1)}
            st.radio(
                "どれが正しい答えですか",
                [*named, NONE_OF_THEM, NOT_STATED],
                index=None,
                format_func=lambda choice: named.get(choice, choice),
                key=f"candidate-{key}",
                width="stretch",
            )
        else:
            st.radio(
                "どこが違いますか",
                list(REASONS),
                index=None,
                format_func=REASONS.__getitem__,
                key=f"reason-{key}",
                width="stretch",
            )
        st.text_input("正しい答え（分かれば）", max_chars=600, key=f"right-{key}")
        st.text_area("気づいたこと（任意）", max_chars=2000, height=80, key=f"comment-{key}")
        with st.container(horizontal=True):
            st.form_submit_button(
                "送る", type="primary", key=f"send-{key}", on_click=_object, args=(client, answer, key)
            )
            st.form_submit_button("やめる", key=f"cancel-{key}", on_click=_open, args=(key, False))


def _sent(key: str) -> str:
    return f"opinion-sent-{key}"


def _opened(key: str) -> str:
    return f"opinion-opened-{key}"


def _error(key: str) -> str:
    return f"opinion-error-{key}"


def _open(key: str, opened: bool) -> None:
    st.session_state[_opened(key)] = opened
    st.session_state.pop(_error(key), None)


def _praise(client: AskClient, answer: Json, key: str) -> None:
    feedback = {"verdict": "good", "answer": answer, "reason": None, "candidate": None}
    _send(client, key, feedback | {"right_answer": None, "comment": None}, PRAISED)


def _object(client: AskClient, answer: Json, key: str) -> None:
    """Send what the form says: what is wrong, or which of the candidates is right."""
    said = st.session_state
    choice = said.get(f"candidate-{key}")
    right = said[f"right-{key}"].strip() or (STATES_NOTHING if choice == NOT_STATED else None)
    feedback = {
        "verdict": "good" if isinstance(choice, int) else "bad",
        "answer": answer,
        "reason": said.get(f"reason-{key}"),
        "candidate": choice if isinstance(choice, int) else None,
        "right_answer": right,
        "comment": said[f"comment-{key}"].strip() or None,
    }
    _send(client, key, feedback, TO_BE_CHECKED)


def _send(client: AskClient, key: str, feedback: Json, thanks: str) -> None:
    """Send once; what cannot be sent is said by the next drawing, and the form keeps what was typed."""
    if _sent(key) in st.session_state:  # a second click on a slow connection
        return
    try:
        client.send_feedback(feedback)
    except FAILURES as error:
        st.session_state[_error(key)] = error
    else:
        st.session_state[_sent(key)] = thanks
