"""``tenkyo doctor``: looks at everything that a deployment stands on, and says what is wrong, each with its remedy."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from api.settings import PREFIX, Settings, SettingsError, check_state, is_loopback, local_url
from index.database.engine import check_properties, check_schema, connect, revision
from index.database.generations import newest
from index.database.rights import bypassing, lacking, lacking_for_accounts
from index.database.schema import ANALYZER, EMBEDDER
from index.database.standing import standing
from index.embedder import cache_folder, open_embedder
from index.keywords import analyzer
from index.protocols import TenkyoIndexError
from index.servers import Servers
from index.takeover import is_old, old

ROOM = 2 << 30  # bytes that should be free: a model unpacked, some hundred papers, and what a write takes meanwhile
SLACK = 60.0  # seconds by which clocks may differ
MOUNTS = Path("/proc/self/mounts")
REMOTE = ("nfs", "cifs", "smb", "9p", "sshfs", "fuse.sshfs", "afs")  # file systems on which SQLite's locks do not hold

Check = Callable[[Settings], Iterator[str]]


class Remark(str):
    """What is good to know, and no fault."""


def examine(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each thing that was looked at, with what is said of it in Japanese.

    That is what is wrong with it, with its remedy, or a Remark.
    """
    for name, check in CHECKS.items():
        yield name, tuple(check(settings))


def _settings(settings: Settings) -> Iterator[str]:
    hosts = {"API_HOST": settings.api_host, "UI_HOST": settings.ui_host}
    wide = [f"{PREFIX}{name}={host}" for name, host in hosts.items() if not is_loopback(host)]
    given = {f"{PREFIX}PUBLIC_URL": settings.public_url, f"{PREFIX}PUBLIC_API_URL": settings.public_api_url}
    found = list((_shared if settings.shared else _local)(settings, wide, given))
    yield from found
    if not found:
        try:
            check_state(settings)
        except SettingsError as error:
            yield f"設定の組み合わせが使えません。示された設定を直してください（{error}）。"


def _local(settings: Settings, wide: list[str], given: dict[str, str | None]) -> Iterator[str]:
    if wide:
        yield (
            f"{wide[0]} は、ほかの機械から届きますが、サインインがありません。"
            f"{PREFIX}SHARED=1（tenkyo serve --shared）にするか、127.0.0.1 にしてください。"
        )
    for name in (name for name, url in given.items() if url):
        yield f"{name} は、サインインのある形（{PREFIX}SHARED=1）だけで使えます。どちらかを直してください。"


def _shared(settings: Settings, wide: list[str], given: dict[str, str | None]) -> Iterator[str]:
    for name in (name for name, url in given.items() if wide and not url):
        yield f"{wide[0]} なのに {name} がありません。人が使うアドレス（例: https://papers.example.jp）を設定してください。"
    page, api = (urlsplit(url) for url in (settings.page_url, settings.sign_in_url))
    if page.hostname != api.hostname:
        yield (
            f"画面（{page.hostname}）と API（{api.hostname}）のホスト名が違うため、サインインが続きません。"
            f"{PREFIX}PUBLIC_URL と {PREFIX}PUBLIC_API_URL を同じホスト名にしてください。"
        )
    for name, url in given.items():
        parts = urlsplit(url or "")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield (
                f"{name}（{url}）は暗号化されないため、パスワードが通り道で読まれます。"
                "TLS を受け持つプロキシを前に置き、https のアドレスにしてください。"
            )
    if any((url or "").startswith("https:") for url in given.values()) and not settings.proxies:
        yield (
            f"https のアドレスなのに {PREFIX}PROXIES がないため、だれから来た要求もプロキシからに見えます。"
            f"プロキシの IP アドレスを {PREFIX}PROXIES に設定してください。"
        )
    if settings.proxies and "*" in settings.proxies.split(","):
        yield (
            f"{PREFIX}PROXIES=* では、だれでも名乗るアドレスを信じてしまいます。"
            "プロキシの IP アドレスかネットワーク（例: 10.0.0.0/24）にしてください。"
        )
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.oidc_client_secret):
        yield (
            f"{PREFIX}OIDC_ISSUER があるのに、{PREFIX}OIDC_CLIENT_ID か {PREFIX}OIDC_CLIENT_SECRET がありません。"
            "認証基盤に登録したものを設定してください。"
        )


def _folder(settings: Settings) -> Iterator[str]:
    folder = settings.index.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".tenkyo-"):
            pass
    except OSError as error:
        yield (
            f"索引のフォルダ {folder} に書き込めません（{error.strerror}）。"
            f"権限を確かめるか、{PREFIX}INDEX で別のフォルダを指定してください。"
        )
    kind = _file_system(there)
    if settings.database is None and kind.startswith(REMOTE):
        yield (
            f"索引のフォルダ {folder} は共有フォルダ（{kind}）にあり、何台かで書くと壊れることがあります。"
            f"この機械のディスクに置くか、何台かで使うなら PostgreSQL（{PREFIX}DATABASE_URL）にしてください。"
        )


def _file_system(place: Path) -> str:
    """Return the kind of the file system that a place is on; nothing where the system does not say."""
    try:
        mounts = [line.split()[1:3] for line in MOUNTS.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    found = [(len(at), kind) for at, kind in mounts if place.resolve().is_relative_to(at.replace("\\040", " "))]
    return max(found, default=(0, ""))[1]


def _disk(settings: Settings) -> Iterator[str]:
    needed = ROOM + (settings.max_upload_mb << 20)
    places = {"索引": settings.index, "モデル": settings.cache or cache_folder(), "一時": Path(tempfile.gettempdir())}
    seen: set[int] = set()
    for name, place in places.items():
        there = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
        if (device := os.stat(there).st_dev) in seen:
            continue
        seen.add(device)
        if (free := shutil.disk_usage(there).free) < needed:
            yield (
                f"{name}のフォルダ {place} の空きが {free / 2**30:.1f} GB しかありません。"
                f"{needed / 2**30:.1f} GB 以上の空きを作ってください。"
            )


def _database(settings: Settings) -> Iterator[str]:
    """Look at the server, the schema, the rights, the clock and what the index was made with."""
    if settings.database is None and not (settings.index / "tenkyo.db").exists():
        if is_old(settings.index):
            yield old(settings.index).message
        return  # nothing was ever put into it, which is no fault
    try:
        database = connect(settings.database.url if settings.database else settings.index)
    except TenkyoIndexError as error:
        yield error.message
        return
    try:
        is_made = revision(database) is not None
        if is_made:
            check_schema(database)
        yield from lacking(database, is_made=is_made)
        if settings.shared:
            yield from bypassing(database)
        if is_made:
            with database.reading() as connection:
                last = newest(connection)
            if last.at > time.time() + SLACK:
                yield (
                    f"この機械の時計が、最後の書き込みより {(last.at - time.time()) / 60:.0f} 分遅れています。"
                    "時計を合わせてください（NTP）。遅れている間は、置き換えた資料が片付きません。"
                )
            wanted = {EMBEDDER: open_embedder(settings.embedding_model).name, ANALYZER: analyzer()}
            check_properties(database.properties(), wanted, database.place)
    except TenkyoIndexError as error:
        yield error.message
    finally:
        database.close()


def _replicas(settings: Settings) -> Iterator[str]:
    """Look at each replica by itself: whether it is one of this database, and how far it is behind."""
    if settings.database is None:
        return
    for url in settings.database.replicas:
        try:
            database = connect(Servers(settings.database.url, (url,)))
        except TenkyoIndexError as error:
            yield error.message
            continue
        try:
            assert database.replicas is not None
            (replica,) = database.replicas.all
            if replica.fault is not None:
                yield f"複製を読めません。{replica.fault.message}"
                continue
            found = standing(database, replica)
            yield found.told if found.is_wrong else Remark(found.told)
        except TenkyoIndexError as error:
            yield error.message
        finally:
            database.close()


def _model(settings: Settings) -> Iterator[str]:
    try:
        open_embedder(settings.embedding_model, cache=settings.cache).embed_queries(["準備"])
    except TenkyoIndexError as error:
        yield error.message


def _ports(settings: Settings) -> Iterator[str]:
    from api.serve import PortTakenError, check_free

    servers = (
        ("API", settings.api_host, settings.api_port, "--api-port", "/healthz"),
        ("画面", settings.ui_host, settings.ui_port, "--ui-port", "/_stcore/health"),
    )
    for what, host, port, flag, health in servers:
        try:
            check_free(what, host, port, flag)
        except PortTakenError as error:
            if not _is_ours(local_url(host, port) + health):
                yield error.message
        except OSError as error:
            yield (
                f"{what}のアドレス {host} では待ち受けられません（{error.strerror}）。"
                "この機械のアドレスにしてください。"
            )


def _is_ours(url: str) -> bool:
    """Tell whether what listens there is tenkyo, which is then simply running."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            body = response.read(65536)
    except (urllib.error.URLError, OSError):
        return False
    if url.endswith("/healthz"):
        try:
            return bool({"status", "version", "embedder"} <= json.loads(body).keys())
        except (ValueError, AttributeError):
            return False
    return bool(body == b"ok")


def _accounts(settings: Settings) -> Iterator[str]:
    from api.access.database import FILE, open_accounts
    from api.access.errors import AccessError
    from api.access.people import People

    is_there = settings.database is not None or (settings.index / FILE).exists()
    if not settings.shared and (settings.database is not None or not is_there):
        return
    nobody = "管理者がまだいません。tenkyo serve --shared が起動するときに示すコードで、最初の管理者になってください。"
    if not is_there:
        yield nobody
        return
    try:
        database = open_accounts(settings.index, settings.database)
    except AccessError as error:
        yield from _not_made(settings) or (error.message,)
        return
    try:
        people = People(database)
        if settings.shared and not people.has_administrator():
            yield nobody
        if not settings.shared and people.all():
            yield (
                f"アカウントがあるのに {PREFIX}SHARED がないため、この機械の人はだれでもすべての資料を見られます。"
                f"{PREFIX}SHARED=1（tenkyo serve --shared）にしてください。"
            )
    except AccessError as error:
        yield error.message
    finally:
        database.close()


def _not_made(settings: Settings) -> list[str]:
    """Return what keeps shared accounts from being made, where that is a right that is missing."""
    if settings.database is None:
        return []
    try:
        database = connect(settings.database.url)
    except TenkyoIndexError:
        return []
    try:
        return lacking_for_accounts(database)
    finally:
        database.close()


CHECKS: dict[str, Check] = {
    "設定の組み合わせ": _settings,
    "索引のフォルダ": _folder,
    "ディスクの空き": _disk,
    "データベース": _database,
    "複製": _replicas,
    "埋め込みモデル": _model,
    "ポート": _ports,
    "アカウント": _accounts,
}
