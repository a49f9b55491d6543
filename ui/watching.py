"""The folders that are watched, on the page 資料: what the last run did, and what could not be taken in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.client import AskClient, Json
from ui.messages import FAILURES, say
from ui.render import escape, label, moment


def draw(client: AskClient) -> None:
    """Draw the watched folders; nothing where nobody has had any watched."""
    try:
        folders = client.watching()
    except FAILURES as error:
        say(error)
        return
    if folders:
        wrong = any(folder["failed"] or folder["problem"] or not folder["is_watched"] for folder in folders)
        with st.expander(label(brief(folders)), expanded=wrong, key="watching"):
            st.html(watching_html(folders))


def brief(folders: Sequence[Json]) -> str:
    """Return in one line how the folders are. 例: 見張っているフォルダ 2 件　取り込めないもの 1 件"""
    failed = sum(len(folder["failed"]) for folder in folders)
    return f"見張っているフォルダ {len(folders)} 件" + (f"　取り込めないもの {failed} 件" if failed else "")


def watching_html(folders: Sequence[Json]) -> str:
    """Return each folder with its last run, and under it the files that could not be taken in, with why."""
    return "".join(_folder_html(folder) for folder in folders)


def _folder_html(folder: Json) -> str:
    counts = (("追加", folder["added"]), ("更新", folder["refreshed"]), ("取り除き", folder["removed"]))
    changed = "、".join(f"{verb} {count:,} 件" for verb, count in counts if count) or "変わりなし"
    run = f"前回 {moment(folder['last_run'])}　{changed}" if folder["last_run"] else "まだ調べ終わっていません"
    state = "" if folder["is_watched"] else "　いまは止まっています（tenkyo watch で始められます）"
    lines = [f"<p>取り込み済み {folder['papers']:,} 件　{escape(run)}{state}</p>"]
    if folder["problem"]:
        lines.append(f'<p role="alert">{escape(folder["problem"])}</p>')
    rows = "".join(
        f'<li class="tk-failed"><span class="tk-sign" aria-hidden="true">×</span><span>{escape(_file(one))}</span>'
        f"<span>{escape(one['reason'])}</span></li>"
        for one in folder["failed"]
    )
    listed = f"<ul>{rows}</ul>" if rows else ""
    return f'<div class="tk-upload"><b>{escape(folder["folder"])}</b>{"".join(lines)}{listed}</div>'


def _file(failed: Json) -> str:
    return f"{failed['file']}（{failed['page']}ページ）" if failed["page"] else str(failed["file"])
