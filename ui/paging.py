"""A long list in pieces, with buttons that have words: Streamlit's own pagination speaks English to a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from ui.messages import scroll_to

T = TypeVar("T")


def piece(items: Sequence[T], key: str, size: int) -> Sequence[T]:
    """Return the part of ``items`` that is to be shown now; ``pager`` of the same key moves on."""
    last = max(0, (len(items) - 1) // size)
    number = min(st.session_state.get(f"{key}-piece", 0), last)  # the list may have become shorter
    return items[number * size : (number + 1) * size]


def pager(items: Sequence[T], key: str, size: int, *, top: str) -> None:
    """Draw the buttons for the part before and after, and what is shown; a click scrolls to the container ``top``."""
    if len(items) <= size:
        return
    last = (len(items) - 1) // size
    number = min(st.session_state.get(f"{key}-piece", 0), last)
    with st.container(key=f"{key}-pager", horizontal=True, vertical_alignment="center", horizontal_alignment="center"):
        st.button("前へ", key=f"{key}-before", disabled=number == 0, on_click=_turn, args=(key, number - 1))
        first, final = number * size + 1, min((number + 1) * size, len(items))
        st.html(f'<p class="tk-lead">{len(items)} 件のうち {first}–{final} 件目</p>', width="content")
        st.button("次へ", key=f"{key}-after", disabled=number == last, on_click=_turn, args=(key, number + 1))
    if st.session_state.pop(f"{key}-turned", False):
        scroll_to(top, share=0.3)


def _turn(key: str, number: int) -> None:
    st.session_state[f"{key}-piece"] = number
    st.session_state[f"{key}-turned"] = True
