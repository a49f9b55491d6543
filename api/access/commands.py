"""``tenkyo user | group | key | audit``: what can be written after them. What they do is loaded when it is done."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from api.access.errors import PERMISSIONS
from api.settings import Settings

DAYS = 90  # that a key holds

Add = Callable[..., argparse.ArgumentParser]


def add_commands(command: Add, common: argparse.ArgumentParser) -> None:
    """Add the four commands to the parser; ``command`` is what adds one."""

    def under(sub: Any, name: str, does: str) -> Any:
        one = sub.add_parser(name.split()[1], help=does, description=does, parents=[common], allow_abbrev=False)
        one.set_defaults(run=partial(_run, name))
        return one

    may = {"type": _permissions, "metavar": "権限", "help": f"コンマ区切り: {'、'.join(sorted(PERMISSIONS))}"}
    group: dict[str, Any] = {"action": "append", "metavar": "グループ", "help": "くり返せます"}

    user = command("user", "人を登録し、できることとグループを決めます").add_subparsers(
        required=True, metavar="list|add|set|invite"
    )
    under(user, "user list", "人の一覧を出します")
    one = under(user, "user add", "人を登録し、パスワードを決めるためのコードを出します")
    one.add_argument("name", metavar="名前")
    one.add_argument("--may", **may, default=["read"])
    one.add_argument("--group", **group, default=[])
    one = under(user, "user set", "権限やグループを置きかえ、使えなくしたり戻したりします")
    one.add_argument("name", metavar="名前")
    one.add_argument("--may", **may)
    one.add_argument("--group", **group)
    either = one.add_mutually_exclusive_group()
    either.add_argument("--disable", dest="is_disabled", action="store_true", default=None, help="使えなくします")
    either.add_argument(
        "--enable", dest="is_disabled", action="store_false", default=None, help="また使えるようにします"
    )
    one = under(user, "user invite", "パスワードを忘れた人に、新しいコードを出します")
    one.add_argument("name", metavar="名前")

    groups = command("group", "グループと、その資料を決めます").add_subparsers(
        required=True, metavar="list|add|give|take"
    )
    under(groups, "group list", "グループの一覧を出します")
    under(groups, "group add", "グループを作ります").add_argument("name", metavar="名前")
    one = under(groups, "group give", "資料をグループに加えます")
    one.add_argument("name", metavar="グループ")
    one.add_argument("documents", nargs="*", metavar="ID")
    one.add_argument("--free", action="store_true", help="どのグループにも属さない資料をすべて加えます")
    one = under(groups, "group take", "資料をグループから外します")
    one.add_argument("name", metavar="グループ")
    one.add_argument("documents", nargs="+", metavar="ID")

    key = command("key", "APIキーを作り、取り消します").add_subparsers(required=True, metavar="list|add|revoke")
    under(key, "key list", "キーの一覧を出します")
    one = under(key, "key add", "キーを作ります（表示されるのは一度だけです）")
    one.add_argument("user", metavar="持ち主")
    one.add_argument("name", metavar="名前")
    one.add_argument("--may", **may, default=["read"])
    one.add_argument("--group", **group)
    one.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"期限の日数（既定: {DAYS}）")
    under(key, "key revoke", "キーを取り消します（次の要求から使えません）").add_argument("id", metavar="ID")

    audit = command("audit", "監査記録を確かめ、書き出します").add_subparsers(
        required=True, metavar="verify|export|prune"
    )
    under(audit, "audit verify", "記録が書き換えられていないかを、すべてのハッシュを計算し直して確かめます")
    one = under(audit, "audit export", "記録を1行に1つのJSONで書き出します")
    one.add_argument("--out", type=Path, metavar="F.jsonl", help="出力先（既定: 標準出力）")
    one = under(audit, "audit prune", "古い記録を取り除きます（残りは確かめられるままです）")
    one.add_argument("--before", type=_day, required=True, metavar="日付", help="この日より前のもの（例: 2025-04-01）")


def _run(name: str, arguments: argparse.Namespace, settings: Settings) -> int:
    from api.access.cli import run

    return run(name, arguments, settings)


def _permissions(text: str) -> list[str]:
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = set(wanted) - PERMISSIONS
    if unknown:
        raise argparse.ArgumentTypeError(
            f"知らない権限 {'、'.join(sorted(unknown))}。使えるのは {'、'.join(sorted(PERMISSIONS))} です。"
        )
    return wanted


def _day(text: str) -> float:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} は日付として読めません（例: 2025-04-01）。") from None
