"""What a database driver says becomes an error of ours that names the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc

from index.protocols import (
    GenerationGone,
    IndexBusy,
    IndexDamaged,
    IndexInterrupted,
    IndexMissing,
    IndexUnreachable,
    IndexUnwritable,
    TenkyoIndexError,
)

# A connection that fails has no code, only the server's words.
_REFUSED = re.compile(
    r"password authentication failed|no password supplied|role .* does not exist|no pg_hba\.conf entry"
)
# And of these, that it is there.
_THERE = re.compile(r"does not exist|too many clients|connection slots")
# What ends a transaction that could be done again: the server is shut down or falls, or a replica must go on replaying.
_INTERRUPTED = ("57P01", "57P02", "40001")


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raise what the driver raises within as a TenkyoIndexError about the database at ``place``."""
    try:
        yield
    except exc.TimeoutError as error:
        raise IndexBusy(
            f"{place}: no free connection ({error}): try again, or allow the server more of them",
            "データベースへの接続が混み合っています。少し待って、もう一度実行してください。",
        ) from error
    except (exc.DBAPIError, exc.NoSuchModuleError) as error:
        raise in_words(place, error) from error


def in_words(place: str, error: exc.DBAPIError | exc.NoSuchModuleError) -> TenkyoIndexError:
    """Return the error that says what happened at ``place``, and what helps."""
    cause: Any = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return _of_sqlite(place, name, str(cause))
    state = getattr(cause, "sqlstate", None)
    if state in _INTERRUPTED or getattr(error, "connection_invalidated", False):
        return _interrupted(place, str(cause).strip())
    return _of_postgresql(place, state, str(cause).strip())


def _of_sqlite(place: str, name: str, said: str) -> TenkyoIndexError:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return busy(place)
    if name.startswith("SQLITE_FULL"):
        return _full(place)
    if name.startswith("SQLITE_CANTOPEN"):
        return IndexMissing(
            f"{place} cannot be opened ({said}): check that the folder is there and may be read and written",
            f"索引のファイル {place} を開けません。フォルダがあるか、読み書きの権限があるかを確かめてください。",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return _forbidden(place, said)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return IndexDamaged(
            f"{place} is damaged ({said}): restore it from a backup, or run `tenkyo ingest` into another folder",
            f"索引のファイル {place} が壊れています。控えから戻すか、別のフォルダに取り込み直してください。",
        )
    return IndexUnwritable(
        f"{place} cannot be used ({name}: {said}): check its disk, and try again",
        f"索引のファイル {place} を読み書きできません（{said}）。ディスクを確かめて、もう一度実行してください。",
    )


def _of_postgresql(place: str, state: str | None, said: str) -> TenkyoIndexError:
    lower = said.lower()
    if state == "55P03":
        return busy(place)
    if state in ("53100", "58030"):
        return _full(place)
    if "session is read-only" in lower or "server is in hot standby mode" in lower:
        return no_primary(place, said)
    if state == "25006" or "during recovery" in lower:
        return IndexUnwritable(
            f"{place} is a replica, which can only be read: write to the primary server",
            f"{place} は読み取り専用の複製です。書き込みは元のサーバー（プライマリ）に対して行ってください。",
        )
    if state == "42501" or "permission denied" in lower:
        return _forbidden(place, said)
    if state in ("28P01", "28000") or _REFUSED.search(lower):
        return IndexUnreachable(
            f"{place}: the user name or the password is refused ({said}): put them right in the URL",
            f"{place} に接続できません。ユーザー名かパスワードが違います。接続先の URL を確かめてください。",
        )
    if state == "3D000" or ("database" in lower and "does not exist" in lower):
        return IndexMissing(
            f"{place}: there is no such database ({said}): create it (CREATE DATABASE), or name another in the URL",
            f"{place} というデータベースがありません。作成するか、接続先の URL を確かめてください。",
        )
    if state in ("53300",):
        return IndexBusy(
            f"{place}: the server has no connection left ({said}): raise max_connections, or start fewer processes",
            f"{place} の接続数が上限に達しています。max_connections を増やすか、プロセスの数を減らしてください。",
        )
    return IndexUnreachable(
        f"{place} cannot be used ({said or 'no connection'}): check that the server runs and that host and port "
        "of the URL are right",
        f"{place} に接続できません。サーバーが動いているか、接続先の URL（ホスト・ポート）を確かめてください。",
    )


def is_out_of_reach(error: exc.DBAPIError) -> bool:
    """Tell whether nobody takes a connection who could be written to; a wrong password, say, is another matter."""
    cause: Any = error.orig
    said = str(cause).lower()
    state = getattr(cause, "sqlstate", None)
    return state in (None, "57P03", "57P01") and not _REFUSED.search(said) and not _THERE.search(said)


def no_primary(place: str, said: str = "it was not there a moment ago") -> IndexUnwritable:
    """Return the error of a write while only replicas can be reached, if any."""
    return IndexUnwritable(
        f"no server of {place} can be written ({said}): start the primary again, or promote a replica "
        "(SELECT pg_promote()) that TENKYO_DATABASE_URL names; writing comes back without a restart",
        "いま書き込めるデータベースがありません（プライマリが止まっています）。質問と閲覧は続けられます。"
        "管理者がプライマリを起動するか、複製を昇格（SELECT pg_promote()）すると、"
        "tenkyo を起動し直さなくても書き込めるようになります。",
    )


def nowhere(place: str, seen: str, why: str) -> IndexUnreachable:
    """Return the error of a read while no server can be reached that holds the generation ``seen``."""
    return IndexUnreachable(
        f"no server of {place} holds generation {seen} or can be reached ({why}): start the primary again, "
        "or promote the replica that is furthest",
        "いま読めるデータベースがありません（プライマリが止まり、複製はまだ追いついていないか、届きません）。"
        "管理者がプライマリを起動するか、いちばん新しい複製を昇格（SELECT pg_promote()）してください。",
    )


def another_history(place: str) -> GenerationGone:
    """Return the error for whoever reads on what a primary alone had that is lost."""
    return GenerationGone(
        f"{place} goes on from a state without what was read: look again",
        "読んでいる間にデータベースが切り替わりました。もう一度お試しください。",
    )


def _interrupted(place: str, said: str) -> IndexInterrupted:
    return IndexInterrupted(
        f"{place} cannot be used: its server went away in the middle ({said}): try again, and check that the server "
        "runs and that host and port of the URL are right",
        f"{place} に接続できません。サーバーが動いているか、接続先の URL（ホスト・ポート）を確かめてください。",
    )


def busy(place: str) -> IndexBusy:
    """Return the error for a second writer."""
    return IndexBusy(
        f"another process is writing to {place}: try again when it has finished",
        f"別の処理が {place} の索引を書き換えています。終わってから、もう一度実行してください。",
    )


def _full(place: str) -> IndexUnwritable:
    return IndexUnwritable(
        f"no space left while writing {place}: free some and try again; the index is unchanged",
        "ディスクの空きが足りないため、索引を書き込めません。空きを作ってから、もう一度実行してください。"
        f"これまでの索引（{place}）は無事です。",
    )


def _forbidden(place: str, said: str) -> IndexUnwritable:
    return IndexUnwritable(
        f"{place} may not be written ({said}): give this user the right to (PostgreSQL: GRANT on the schema and its "
        "tables), or use another index",
        f"{place} に書き込む権限がありません。権限を与えるか、別の索引を指定してください。",
    )
