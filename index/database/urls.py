"""Where a database is: a folder, a URL, or the URLs of a primary and of its replicas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from index.protocols import IndexUnreachable
from index.servers import Servers

FILE = "tenkyo.db"
# As libpq writes several hosts: each with its port, with commas. SQLAlchemy knows them as parameters only.
_HOSTS = re.compile(r"^(?P<scheme>[\w+]+://(?:[^/?#]*@)?)(?P<hosts>[^/?#@]*,[^/?#@]*)(?P<rest>[/?].*)?$")


Place = Path | str | Servers


def url_of(place: Place) -> URL:
    """Return the URL of a folder's file, or the one that was given, of the primary where there are several.

    It may name several hosts: then the one of them that can be written is meant, unless it says otherwise. Raise
    IndexUnreachable for a URL that cannot be used.
    """
    if isinstance(place, Servers):
        place = place.url
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite+pysqlite", database=str(Path(place).expanduser().absolute() / FILE))
    try:
        url = make_url(_as_parameters(place))
    except (ArgumentError, ValueError) as error:
        raise _unusable(place, str(error)) from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername != "postgresql+psycopg":
        raise _unusable(url.render_as_string(), f"{url.drivername} is not supported")
    if not url.database:
        raise _unusable(url.render_as_string(), "it names no database")
    if has_hosts(url) and "target_session_attrs" not in url.query:
        url = url.update_query_dict({"target_session_attrs": "read-write"})
    return url


def replicas_of(place: Place) -> Sequence[URL]:
    """Return the URLs of the replicas; IndexUnreachable for one that cannot be used."""
    if not isinstance(place, Servers):
        return ()
    found = [url_of(one) for one in place.replicas]
    for given, url in zip(place.replicas, found, strict=True):
        if not url.drivername.startswith("postgresql"):
            raise _unusable(given, "a replica is a PostgreSQL server")
    return found


def has_hosts(url: URL) -> bool:
    """Tell whether a URL names several hosts."""
    hosts = url.query.get("host", ())
    return len(hosts.split(",") if isinstance(hosts, str) else hosts) > 1


def shown(url: URL) -> str:
    """Return a URL as people are told it: without its password, and with all its hosts in the place of one."""
    hosts = url.query.get("host", ())
    names = [hosts] if isinstance(hosts, str) else list(hosts)
    plain = url.set(query={}).render_as_string(hide_password=True)
    return plain.replace("@/", f"@{','.join(names)}/", 1) if names and url.host is None else plain


def _as_parameters(url: str) -> str:
    """Return a URL of several hosts as SQLAlchemy reads it. 例: …@a:1,b:2/papers → …@/papers?host=a:1&host=b:2"""
    found = _HOSTS.match(url)
    if found is None:
        return url
    path, _, query = (found["rest"] or "").partition("?")
    hosts = "&".join(f"host={host.strip()}" for host in found["hosts"].split(","))
    return f"{found['scheme']}{path}?{hosts}{'&' if query else ''}{query}"


def _unusable(url: str, what: str) -> IndexUnreachable:
    told = re.sub(r"://[^@/]*@", "://***@", url)
    return IndexUnreachable(
        f"{told} is no URL of a database that can be used ({what}): "
        "write postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE, or name a folder",
        f"データベースの URL「{told}」は使えません。"
        "postgresql+psycopg://ユーザー:パスワード@ホスト:5432/データベース名 の形で指定するか、"
        "フォルダを指定してください。",
    )
