"""Taking files in: they are handed to the API, whose intakes are seen from every tab, and after a reload."""

from __future__ import annotations

import streamlit as st

from ui import account, render
from ui.client import AskClient, Json
from ui.messages import FAILURES, reason

LOOK_SECONDS = 1.0
IDLE_SECONDS = 5.0  # between two looks whether somebody else has begun one
ACTIVE = ("waiting", "running", "stopping")
AGAIN = ("failed", "stopped")  # the files that were sent are still there


def send(client: AskClient, files: list[tuple[str, bytes]], group: str | None = None) -> None:
    """Hand the files over for a group, each as an intake of its own; one that is refused keeps back no other."""
    _close(client)
    for name, content in files:
        try:
            client.upload(name, content, group)
        except FAILURES as error:
            refused = render.message_html(f"「{name}」を取り込めません", reason(error), kind="error")
            st.session_state.setdefault("notices", []).append(refused)


def intakes(client: AskClient) -> list[Json]:
    """Return the intakes as the API lists them; nothing when it cannot be asked, which the page says itself."""
    try:
        return client.intakes()
    except FAILURES:
        return []


def running(listed: list[Json]) -> bool:
    return any(one["state"] in ACTIVE for one in listed)


def progress(client: AskClient, listed: list[Json]) -> None:
    """Draw how far the intakes are, or what became of them until that is dismissed."""
    _remember(listed)
    seconds = LOOK_SECONDS if running(listed) else IDLE_SECONDS
    st.fragment(_progress, run_every=seconds)(client)


def elsewhere(client: AskClient, page: st.Page) -> None:
    """Tell on the other pages that an intake is under way, and let it be looked at."""
    if running(intakes(client)):
        st.fragment(_elsewhere, run_every=2 * LOOK_SECONDS)(client, page)


def _elsewhere(client: AskClient, page: st.Page) -> None:
    listed = intakes(client)
    if not running(listed):
        st.rerun()  # all of the page: its documents are others now
    with st.container(key="intake-elsewhere"):
        st.page_link(page, label=render.label(render.intake_brief(listed)))


def _progress(client: AskClient) -> None:
    listed = intakes(client)
    if _remember(listed):
        st.rerun()  # all of the page: the list is longer now, or files may be chosen again
    if not listed:
        return
    with st.container(key="uploading", gap="small"):
        st.html(render.intakes_html(listed))
        if not account.may("contribute"):
            return  # whoever only reads sees that papers of their group come, and has no say in it
        if not running(listed):
            with st.container(horizontal=True):
                st.button("結果を閉じる", key="upload-close", on_click=_close, args=(client,))
                if any(one["state"] in AGAIN for one in listed):
                    st.button("できなかったものをやり直す", key="upload-retry", on_click=_retry, args=(client, listed))
        elif any(one["state"] in ("waiting", "running") for one in listed):
            st.button("取り込みを取りやめる", key="upload-stop", on_click=_stop, args=(client, listed))


def _remember(listed: list[Json]) -> bool:
    """Keep how the intakes stand; return whether one has begun or ended since the last look."""
    now = [(one["id"], one["state"] in ACTIVE) for one in listed]
    before = st.session_state.get("intakes", now)
    st.session_state["intakes"] = now
    return bool(before != now)


def _stop(client: AskClient, listed: list[Json]) -> None:
    # The last first: one that waits must not begin in between.
    _drop(client, [one for one in reversed(listed) if one["state"] in ACTIVE])


def _retry(client: AskClient, listed: list[Json]) -> None:
    for one in listed:
        if one["state"] in AGAIN:
            try:
                client.retry_intake(one["id"])
            except FAILURES:  # it was begun again, or dismissed, in another tab
                continue


def _close(client: AskClient) -> None:
    _drop(client, [one for one in intakes(client) if one["state"] not in ACTIVE])


def _drop(client: AskClient, listed: list[Json]) -> None:
    for one in listed:
        try:
            client.drop_intake(one["id"])
        except FAILURES:  # it has ended meanwhile, or was dismissed in another tab
            continue
