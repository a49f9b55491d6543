"""``tenkyo backup | restore | doctor | work``: what can be written after them, and what they do."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from functools import partial
from importlib.metadata import version
from pathlib import Path

from api.access.commands import Add
from api.settings import Settings
from index.protocols import IndexMissing

DONE, LOOK, FAILED = 0, 1, 2


def add_commands(command: Add) -> None:
    """Add the commands to the parser; ``command`` is what adds one."""
    one = command("backup", "索引の控えを1つのファイルに取ります（使っている最中でも取れます）")
    one.set_defaults(run=backup)
    one.add_argument(
        "target", type=Path, metavar="FILE|フォルダ", help="控えのファイル。フォルダなら日付の名前で作ります"
    )
    one.add_argument("--check", action="store_true", help="控えを取らず、その控えが壊れていないかを確かめます")
    one = command("restore", "控えから索引を戻します（すべて確かめてから置きます）")
    one.set_defaults(run=restore)
    one.add_argument("source", nargs="?", type=Path, metavar="FILE", help="tenkyo backup で取った控え")
    one.add_argument(
        "--replace", action="store_true", help="今ある索引と置き換えます（今の索引は消さず、隣のフォルダに移します）"
    )
    one.add_argument(
        "--check", action="store_true", help="pg_restore で戻したデータベースが、欠けていないかを確かめます"
    )
    one = command("doctor", "設定、ディスク、データベース、モデル、アカウントを調べ、悪いところと直し方を示します")
    one.set_defaults(run=doctor)
    one = command("work", "送られた資料を取り込みます（画面とAPIは動かしません。Ctrl-C で終わります）")
    one.set_defaults(run=work)


def work(_: argparse.Namespace, settings: Settings) -> int:
    """Take in what is in the queue until Ctrl-C or SIGTERM."""
    from api.work import work_until

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    work_until(stop, settings, partial(print, flush=True))
    return DONE


def doctor(_: argparse.Namespace, settings: Settings) -> int:
    """Print what is wrong with this deployment; return 1 if anything is."""
    from api.doctor import Remark, examine

    count = 0
    for name, found in examine(settings):
        wrong = sum(not isinstance(one, Remark) for one in found)
        print(f"{'×' if wrong else '○'} {name}", flush=True)
        for one in found:
            print(f"  ・{one}", flush=True)
        count += wrong
    print(f"\n直すところが {count} 件あります。" if count else "\n問題は見つかりませんでした。")
    return LOOK if count else DONE


def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write a backup, or check one. Of a shared database, say what does."""
    from api.cli import Progress
    from index.backup import back_up, check

    with Progress(sys.stderr) as progress:
        if arguments.check:
            manifest = check(arguments.target, progress)
            print(f"控えに問題はありません（{manifest.made}、資料 {manifest.documents} 件）。")
            return DONE
        try:
            target, manifest = back_up(
                settings.index, arguments.target, version("tenkyo"), progress, is_whole=settings.database is None
            )
        except IndexMissing:
            if settings.database is None:
                raise
            target = None
    if settings.database is not None:
        _tell_postgresql(settings.database.url, target)
        return LOOK
    assert target is not None
    size = target.stat().st_size / 2**20
    print(f"控えを取りました: {target}（資料 {manifest.documents} 件、{size:,.1f} MB）")
    if "access.db" in manifest.files:
        print("アカウントの記録も入っています。ほかの人が読めない場所に置いてください。")
    return DONE


def _tell_postgresql(database: str, target: Path | None) -> None:
    from index.database.urls import url_of
    from index.database.visibility import EVERYTHING, SETTING

    url = url_of(database).set(drivername="postgresql", password=None, query={})
    print("索引は PostgreSQL にあります。資料の控えは、次のコマンドで取ってください。")
    # Of a role for which row-level security holds, pg_dump sees only what it is told to.
    seeing = url.update_query_dict({"options": f"-c{SETTING}={EVERYTHING}"}).render_as_string()
    print(f"  pg_dump --enable-row-security --format=custom --file=tenkyo.dump '{seeing}'")
    again = url.set(database=f"{url.database}_restored").render_as_string()
    print("戻すときは、空のデータベースを作って、次のようにします。最後の行で、欠けていないかを確かめます。")
    print(f"  psql '{url.render_as_string()}' -c 'CREATE DATABASE \"{url.database}_restored\"'")
    print(f"  pg_restore --no-owner --dbname='{again}' tenkyo.dump")
    print(f"  TENKYO_DATABASE_URL='{again}' tenkyo restore --check")
    if target is not None:
        print(f"この機械のフォルダにあるもの（意見など）は、{target} に控えました。")


def restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Put a backup into the index folder; of a shared database, check what was restored by its own means."""
    from api.cli import CommandError, Progress
    from index.backup import check
    from index.backup import restore as put_back

    if arguments.source is None:
        if not arguments.check:
            raise CommandError("戻す控えを指定してください（例: tenkyo restore tenkyo-20260401-090000.zip）。")
        return _check_database(settings)
    with Progress(sys.stderr) as progress:
        if arguments.check:
            check(arguments.source, progress)
            print("控えに問題はありません。")
            return DONE
        done = put_back(arguments.source, settings.index, progress, replace=arguments.replace)
    print(f"{done.manifest.made} の控えを {settings.index} に戻しました（資料 {done.manifest.documents} 件）。")
    if done.aside is not None:
        print(f"それまでの索引は {done.aside} に移しました。要らなければ削除してください。")
    for problem in done.problems:
        print(problem)
    if settings.database is not None:
        print("TENKYO_DATABASE_URL があるので、資料はデータベースのものを使います。")
    return LOOK if done.problems else DONE


def _check_database(settings: Settings) -> int:
    from index.collection import Collection

    collection = Collection(settings.index, url=settings.database)
    problems = collection.verify()
    for problem in problems:
        print(problem)
    if problems:
        return LOOK
    snapshot = collection.snapshot()
    print(f"問題は見つかりませんでした（資料 {len(snapshot.documents())} 件、世代 {snapshot.id}）。")
    return DONE
