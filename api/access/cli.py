"""What ``tenkyo user | group | key | audit`` do, for whoever may write to the collection's folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.access.audit import Audit
from api.access.database import Database, open_accounts
from api.access.keys import Keys
from api.access.people import People
from api.access.state import SharedHoldings
from api.settings import Settings
from index.collection import AddReport, Collection, Progress
from index.files import find_files
from index.protocols import IndexMissing

DONE, LOOK = 0, 1


class Accounts:
    """What a command works on; what it does is put down."""

    def __init__(self, database: Database, settings: Settings):
        self.people, self.keys = People(database), Keys(database)
        self.audit = Audit(database, settings.audit_questions)
        self.settings = settings

    def did(self, what: str, target: str, **more: Any) -> None:
        self.audit.add(who=None, by="command", what=what, target=target, **more)


@contextmanager
def opened(settings: Settings) -> Iterator[Accounts]:
    """Open the accounts of the collection that is set."""
    database = open_accounts(settings.index, settings.database)
    try:
        yield Accounts(database, settings)
    finally:
        database.close()


def run(name: str, arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the command of a name, and return its exit status."""
    with opened(settings) as accounts:
        return COMMANDS[name](arguments, accounts)


def add_for(
    named: str,
    collection: Collection,
    paths: Sequence[Path],
    settings: Settings,
    progress: Progress,
    sources: Mapping[Path, str] | None = None,
) -> AddReport:
    """Add files and folders for a group; ``sources`` are the names that files are to be known by."""
    with opened(settings) as accounts:
        group, holdings = accounts.people.group(named), SharedHoldings(accounts.people)
        holdings.expect(group.id, [path for path, failure in find_files(paths, settings.index) if failure is None])
        before = collection.snapshot().documents() if collection.exists() else []
        report = collection.add(paths, progress=progress, sources=sources, shelf=group.id)
        holdings.succeed(before, report)
        changed = [info.id for info in (*report.added, *report.refreshed)]
        accounts.did("ingest", group.id, documents=changed)
    return report


def remove_for(named: str, collection: Collection, document: str, settings: Settings) -> None:
    """Take a document from a group, and out of the index where it is no other group's; KeyError if it is not there."""
    with opened(settings) as accounts:
        group = accounts.people.group(named)
        if accounts.people.groups_of(document) <= {group.id}:
            collection.remove(document)
        accounts.people.take(group.id, [document])
        accounts.did("remove", group.id, documents=[document])


def list_users(_: argparse.Namespace, of: Accounts) -> int:
    names = {group.id: group.name for group in of.people.groups()}
    for person in of.people.all():
        state = "（停止中）" if person.is_disabled else "" if person.has_password else "（パスワード未設定）"
        print(f"{person.id}  {person.name}{state}  {_listed(person.permissions)}  {_named(person.groups, names)}")
    return DONE


def add_user(arguments: argparse.Namespace, of: Accounts) -> int:
    person, code = of.people.add(arguments.name, arguments.may, arguments.group)
    of.did("user add", person.id, permissions=sorted(person.permissions), groups=sorted(person.groups))
    print(f"{person.name} を登録しました。次のコードを本人に渡してください（1週間、1回だけ使えます）。")
    print(f"{of.settings.sign_in_url}/welcome\nコード: {code}")
    return DONE


def set_user(arguments: argparse.Namespace, of: Accounts) -> int:
    change = {"permissions": arguments.may, "groups": arguments.group, "is_disabled": arguments.is_disabled}
    person = of.people.change(arguments.name, **change)
    of.did("user set", person.id, change={name: value for name, value in change.items() if value is not None})
    print(f"{person.name} を変えました。次の要求から有効です。")
    return DONE


def invite(arguments: argparse.Namespace, of: Accounts) -> int:
    code = of.people.invite(arguments.name)
    of.did("user invite", of.people.get(arguments.name).id)
    print(f"{of.settings.sign_in_url}/welcome\nコード: {code}")
    return DONE


def list_groups(_: argparse.Namespace, of: Accounts) -> int:
    members = [person.groups for person in of.people.all()]
    for group in of.people.groups():
        people = sum(group.id in groups for groups in members)
        print(f"{group.id}  {group.name}  {people} 人、資料 {len(of.people.documents(group.id))} 件")
    return DONE


def add_group(arguments: argparse.Namespace, of: Accounts) -> int:
    group = of.people.add_group(arguments.name)
    of.did("group add", group.id, name=group.name)
    print(f"{group.id}  {group.name}")
    return DONE


def give(arguments: argparse.Namespace, of: Accounts) -> int:
    held = _held(of.settings)
    unknown = [id_ for id_ in arguments.documents if id_ not in held]
    if unknown:
        print(f"その文書はありません: {'、'.join(unknown)}", file=sys.stderr)
        return LOOK
    free = [id_ for id_ in held if not of.people.groups_of(id_)] if arguments.free else []
    group, documents = of.people.group(arguments.name), [*arguments.documents, *free]
    of.people.give(group.id, documents)
    of.did("group give", group.id, documents=documents)
    print(f"{group.name} に資料 {len(documents)} 件を加えました。")
    return DONE


def take(arguments: argparse.Namespace, of: Accounts) -> int:
    group = of.people.group(arguments.name)
    of.people.take(group.id, arguments.documents)
    of.did("group take", group.id, documents=arguments.documents)
    print(f"{group.name} から資料 {len(arguments.documents)} 件を外しました。")
    return DONE


def list_keys(_: argparse.Namespace, of: Accounts) -> int:
    names = {person.id: person.name for person in of.people.all()}
    for key in of.keys.all():
        used = _date(key.used) if key.used else "未使用"
        whose = names.get(key.user, key.user)
        print(f"{key.id}  {key.shown}  {key.name}（{whose}）  期限 {_date(key.expires)}、最後の使用 {used}")
    return DONE


def add_key(arguments: argparse.Namespace, of: Accounts) -> int:
    owner = of.people.get(arguments.user)
    named = None if arguments.group is None else [of.people.group(group).id for group in arguments.group]
    groups = owner.groups if named is None else named
    key, secret = of.keys.add(owner, arguments.name, groups, arguments.may, arguments.days)
    of.did("key add", key.id, user=owner.id, permissions=sorted(key.permissions), groups=sorted(key.groups))
    print("このキーは二度と表示できません。")
    print(secret)
    return DONE


def revoke_key(arguments: argparse.Namespace, of: Accounts) -> int:
    of.keys.revoke(arguments.id)
    of.did("key revoke", arguments.id)
    print("取り消しました。")
    return DONE


def verify(_: argparse.Namespace, of: Accounts) -> int:
    verdict = of.audit.verify()
    for fault in verdict.faults:
        print(fault)
    if not verdict.faults:
        print(f"問題は見つかりませんでした（{verdict.entries} 件）。\n最後のハッシュ: {verdict.head}")
    return LOOK if verdict.faults else DONE


def export(arguments: argparse.Namespace, of: Accounts) -> int:
    from api.access.routes import line_of

    lines = (line_of(entry) + "\n" for entry in of.audit.entries())
    if arguments.out is None:
        sys.stdout.writelines(lines)
        return DONE
    with arguments.out.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return DONE


def prune(arguments: argparse.Namespace, of: Accounts) -> int:
    count = of.audit.prune(arguments.before)
    of.did("audit prune", _date(arguments.before), entries=count)
    print(f"{count} 件を取り除きました。")
    return DONE


def _held(settings: Settings) -> list[str]:
    try:
        return [info.id for info in Collection(settings.index, url=settings.database).snapshot().documents()]
    except IndexMissing:
        return []


def _listed(permissions: frozenset[Any]) -> str:
    return ",".join(sorted(permissions)) or "-"


def _named(groups: frozenset[str], names: dict[str, str]) -> str:
    return "、".join(sorted(names.get(group, group) for group in groups)) or "-"


def _date(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


COMMANDS: dict[str, Callable[[argparse.Namespace, Accounts], int]] = {
    "user list": list_users,
    "user add": add_user,
    "user set": set_user,
    "user invite": invite,
    "group list": list_groups,
    "group add": add_group,
    "group give": give,
    "group take": take,
    "key list": list_keys,
    "key add": add_key,
    "key revoke": revoke_key,
    "audit verify": verify,
    "audit export": export,
    "audit prune": prune,
}
