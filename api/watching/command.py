"""``tenkyo watch``: looks as soon as something happens, and every little while in case nobody was told of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from watchfiles import watch as changes

from api.watching.record import Record
from api.watching.shelves import Shelf
from api.watching.watcher import Done, Watcher
from index.collection import Collection, Progress

TICK_MS = 2000
LOOK_SECONDS = 20.0  # drives of a network tell nothing of what others do there
NAMED = 5  # files that are named in one line
BUSY = "ほかの取り込みが終わるのを待っています。"


class FolderError(Exception):
    """A folder that cannot be watched, in Japanese."""


def whole_paths(folders: Sequence[Path]) -> list[Path]:
    """Return the folders as they are known in the index; FolderError for one that is none or lies in another."""
    paths = list(dict.fromkeys(Path(os.path.abspath(folder)) for folder in folders))
    for path in paths:
        if not path.is_dir():
            raise FolderError(f"フォルダではありません: {path}")
        outer = next((one for one in paths if one in path.parents), None)
        if outer is not None:
            raise FolderError(f"{path} は {outer} の中にあります。外側のフォルダだけを書いてください。")
    return paths


def watch(
    collection: Collection,
    shelf: Shelf,
    folders: Sequence[Path],
    bar: Callable[[], AbstractContextManager[Progress]],
    say: Callable[[str], None],
    after: Callable[[], None],
) -> None:
    """Watch until Ctrl-C. ``bar`` shows how far each taking in is; ``after`` is done when papers have come in.

    Raise AlreadyWatching, WatchingDamaged, and what keeps the index from being used.
    """
    record = Record(collection.folder)
    with record.watching(), _ending():
        watcher = Watcher(collection, shelf, folders, record)
        say(f"見張っています: {'、'.join(map(str, folders))}（終了するには Ctrl-C を押してください）")
        was_busy, looked = False, -LOOK_SECONDS
        done = Done(is_waiting=True)
        for happened in _ticks(folders):
            if not (happened or done.is_waiting or time.monotonic() - looked >= LOOK_SECONDS):
                continue
            with bar() as progress:
                done = watcher.look(progress)
            looked = time.monotonic()
            if done.is_busy and not was_busy:
                say(BUSY)
            was_busy = done.is_busy
            for line in told(done):
                say(line)
            if done.added or done.refreshed:
                after()


def told(done: Done) -> list[str]:
    """Return the lines that say what a look came to."""
    what = [
        ("追加", [info.file for info in done.added]),
        ("更新", [info.file for info in done.refreshed]),
        ("取り除き", [file for _, file in done.removed]),
    ]
    now = datetime.now().strftime("%m-%d %H:%M:%S")
    lines = [f"{now} {verb} {len(files)} 件: {_named(files)}" for verb, files in what if files]
    for path, failed in done.failed:
        place = f"{path} の {failed.page} ページ" if failed.page else str(path)
        lines.append(f"{now} 読み込めませんでした: {place}: {failed.reason}")
    lines += [f"{now} {folder}: {problem}" for folder, problem in done.problems]
    return lines


def _named(files: Sequence[str]) -> str:
    more = f" ほか {len(files) - NAMED} 件" if len(files) > NAMED else ""
    return "、".join(files[:NAMED]) + more


def _ticks(folders: Sequence[Path]) -> Iterator[bool]:
    """Yield, at least every two seconds, whether something has happened in the folders."""
    while True:
        there = [folder for folder in folders if folder.is_dir()]
        try:
            for found in changes(
                *there, watch_filter=None, rust_timeout=TICK_MS, yield_on_timeout=True, ignore_permission_denied=True
            ):
                yield bool(found)
                if [folder for folder in folders if folder.is_dir()] != there:
                    break  # a folder has gone, or is back: it is listened to anew
        except OSError as error:  # as many folders as the system can tell of are listened to already
            print(f"変化の知らせを受け取れないため、{LOOK_SECONDS:.0f} 秒ごとに調べます（{error}）。", file=sys.stderr)
            while True:
                time.sleep(TICK_MS / 1000)
                yield False


@contextmanager
def _ending() -> Iterator[None]:
    """Let SIGTERM end it as Ctrl-C does: with what was finished put down."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
