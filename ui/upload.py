"""Taking files in, in a thread of its own: one may leave the page meanwhile, and the result waits to be read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from ui import render
from ui.client import AskClient, Heard, Json
from ui.messages import FAILURES, reason

LOOK_SECONDS = 1.0
KINDS = {"added": "取り込みました", "refreshed": "新しい内容に替えました", "skipped": "同じ内容で取り込み済みです"}


@dataclass
class Item:
    """One file, or a bundle of them, on its way in."""

    name: str
    send: Callable[[Heard], Json] | None
    state: str = "waiting"  # running, done, failed, stopped
    words: str = "待っています"
    share: float = 0.0
    documents: int = 0


@dataclass
class Upload:
    """Items that are sent one after another. The thread writes, the page only looks."""

    items: list[Item]
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    listed: bool = False  # the list of documents has been drawn anew since the end

    @property
    def running(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def run(self) -> None:
        """Send what waits; one that fails doesn't keep back the others."""
        for item in self.items:
            if self.stop.is_set():
                item.state, item.words = "stopped", "取りやめました"
            else:
                _take_in(item)
            item.send = None  # it holds the file's content


def sender(client: AskClient, name: str, content: bytes) -> Callable[[Heard], Json]:
    return lambda heard: client.upload(name, content, heard)


def start(items: list[Item]) -> None:
    """Begin to send the items."""
    job = Upload(items)
    job.thread = threading.Thread(target=job.run, name="upload", daemon=True)
    job.thread.start()
    st.session_state["upload"] = job


def running() -> bool:
    job: Upload | None = st.session_state.get("upload")
    return job is not None and job.running


def progress() -> None:
    """Draw how far the upload is, or what became of it until that is dismissed."""
    job: Upload | None = st.session_state.get("upload")
    if job is not None:
        st.fragment(_progress, run_every=LOOK_SECONDS if job.running else None)(job)


def _progress(job: Upload) -> None:
    if st.session_state.get("upload") is not job:
        return  # it has been dismissed
    now = job.running
    if not now and not job.listed:
        job.listed = True
        st.rerun()  # all of the page: the list is longer now
    with st.container(key="uploading", gap="small"):
        st.html(render.upload_html(job.items, running=now))
        if not now:
            st.button("結果を閉じる", key="upload-close", on_click=_dismiss)
        elif len(job.items) > 1 and not job.stop.is_set():
            st.button("残りを取りやめる", key="upload-stop", on_click=job.stop.set)


def _dismiss() -> None:
    st.session_state.pop("upload", None)


def _take_in(item: Item) -> None:
    def heard(stage: str, done: int, total: int) -> None:
        item.words = f"{stage}　{done} / {total}" if total else stage
        item.share = done / total if total else 0.0

    item.state, item.words = "running", "送っています"
    try:
        assert item.send is not None
        report = item.send(heard)
    except FAILURES as error:
        item.state, item.words = "failed", reason(error)
    except Exception:  # a mistake of ours with one file must not keep back the others
        logging.exception("taking in %s", item.name)
        item.state, item.words = "failed", "思わぬ問題が起きました。もう一度お試しください。"
    else:
        item.state, item.words = outcome(report)
        item.documents = sum(len(report[kind]) for kind in KINDS)
    item.share = 1.0


def outcome(report: Json) -> tuple[str, str]:
    """Return state and words for what became of an item.

    例: ("done", "取り込みました（12ページ）"), ("done", "6 件を取り込みました"), ("failed", "ファイルが空です。")
    """
    parts = []
    for kind, words in KINDS.items():
        documents = report[kind]
        if len(documents) == 1:
            parts.append(f"{words}（{documents[0]['pages']}ページ）" if kind != "skipped" else words)
        elif documents:
            parts.append(f"{len(documents)} 件を{words}" if kind != "skipped" else f"{len(documents)} 件は{words}")
    parts += [f"「{twin['same_as']}」と同じ内容です" for twin in report.get("duplicates", ())]
    failed = report["failed"]
    if failed and not parts and len(failed) == 1:
        return "failed", failed[0]["title"]
    parts += [f"{failure['file']}: {failure['title']}" for failure in failed]
    return ("failed" if failed else "done"), "、".join(parts) or "変わりはありません"
