"""One published paper at a time: with limits on where it is, what it is, how much, and how long it takes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httpcore2

from api.documents import VERSION
from api.fetching.addresses import AddressRefused, Allow, CheckedNetwork, NameUnknown, Resolve, is_public, look_up
from api.fetching.names import KindRefused, name_of

MOST_REDIRECTS = 5
SECONDS = {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}
WHOLE_SECONDS = 600.0  # a paper
REDIRECTS = {301, 302, 303, 307, 308}
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")


class FetchError(Exception):
    """A paper could not be fetched. ``str(error)`` is Japanese and says why."""


@dataclass(frozen=True)
class Mark:
    """What a server said of a paper's state: sent back to it, an unchanged paper need not come again."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    path: Path
    name: str
    url: SplitResult  # where it was in the end
    mark: Mark


class Fetcher:
    """Fetches papers of at most ``limit`` bytes. To be closed."""

    def __init__(
        self,
        limit: int,
        *,
        resolve: Resolve = look_up,
        allow: Allow = is_public,
        whole_seconds: float = WHOLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        """``allow`` tells which addresses may be called. No proxy is asked, which would look names up by itself."""
        self._limit, self._whole, self._clock = limit, whole_seconds, clock
        self._pool = httpcore2.ConnectionPool(
            network_backend=CheckedNetwork(resolve, allow), max_connections=4, keepalive_expiry=5.0
        )

    def close(self) -> None:
        self._pool.close()

    def fetch(self, address: str, folder: Path, known: Mark | None = None) -> Fetched | None:
        """Return the paper, written into ``folder``; None where it is as it was ``known``. Raise FetchError."""
        url, until = web_address(address), self._clock() + self._whole
        for _ in range(MOST_REDIRECTS + 1):
            with (
                _said(),
                self._pool.stream(
                    "GET", _ascii(url), headers=_headers(known), extensions={"timeout": SECONDS}
                ) as response,
            ):
                headers = {name.lower(): value for name, value in response.headers}
                if response.status in REDIRECTS:
                    url = _next(url, headers.get(b"location"))
                    continue
                if response.status == 304 and known is not None:
                    return None
                if response.status != 200:
                    raise FetchError(f"サーバーが受け付けませんでした（{response.status}）。")
                return self._written(response, headers, url, folder, until)
        raise FetchError(f"転送が {MOST_REDIRECTS} 回を超えました。")

    def _written(
        self,
        response: httpcore2.Response,
        headers: dict[bytes, bytes],
        url: SplitResult,
        folder: Path,
        until: float,
    ) -> Fetched:
        if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
            raise FetchError("圧縮して送られたため、受け取りません。")
        name = name_of(url, headers.get(b"content-disposition"), headers.get(b"content-type", b"").decode("latin-1"))
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > self._limit:
            raise self._too_large()
        path, size = folder / name, 0
        with path.open("xb") as file:
            for part in response.iter_stream():
                size += len(part)
                if size > self._limit:
                    raise self._too_large()
                if self._clock() > until:
                    raise FetchError(f"{self._whole:.0f} 秒のうちに受け取り終わりませんでした。")
                file.write(part)
        mark = Mark(_text(headers.get(b"etag")), _text(headers.get(b"last-modified")))
        return Fetched(path, name, url, mark)

    def _too_large(self) -> FetchError:
        return FetchError(f"大きすぎます（{self._limit // 2**20} MB まで）。")


def web_address(text: str) -> SplitResult:
    """Return the parts of an address of the web; FetchError for anything else."""
    try:
        url = urlsplit(text)
        known = url.scheme in ("http", "https") and url.hostname and (url.port is None or url.port)
    except ValueError:
        known = False
    if not known or _UNSAFE.search(text):
        raise FetchError("http:// か https:// で始まるアドレスではありません。")
    if url.username is not None or url.password is not None:
        raise FetchError("利用者名やパスワードの入ったアドレスは使えません。")
    return url._replace(fragment="")


def _next(url: SplitResult, location: bytes | None) -> SplitResult:
    """Return where a redirect leads; it is looked at as if it stood in the list."""
    if location is None:
        raise FetchError("転送先が書かれていません。")
    try:
        target = location.decode("utf-8")
    except UnicodeDecodeError:
        target = location.decode("latin-1")
    found = web_address(urljoin(url.geturl(), target.strip()))
    if url.scheme == "https" and found.scheme == "http":
        raise FetchError("https から http への転送には従いません。")
    return found


def _ascii(url: SplitResult) -> str:
    """Return an address as it is sent. 例: https://例え.jp/資料 1.pdf → https://xn--r8jz45g.jp/%E8%B3%87…"""
    try:
        host = str(url.hostname).encode("idna").decode("ascii") if ":" not in str(url.hostname) else f"[{url.hostname}]"
    except UnicodeError:
        raise FetchError("アドレスのホスト名が正しくありません。") from None
    port = f":{url.port}" if url.port else ""
    path, query = quote(url.path or "/", safe="/%:@!$&'()*+,;=~"), quote(url.query, safe="/%:@!$&'()*+,;=~?")
    return f"{url.scheme}://{host}{port}{path}" + (f"?{query}" if query else "")


def _headers(known: Mark | None) -> dict[bytes | str, bytes | str]:
    headers: dict[bytes | str, bytes | str] = {
        "User-Agent": f"tenkyo/{VERSION}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    }
    if known is not None and known.etag:
        headers["If-None-Match"] = known.etag
    if known is not None and known.modified:
        headers["If-Modified-Since"] = known.modified
    return headers


def _text(value: bytes | None) -> str | None:
    """Return a header that is sent back as it came; None for what could not be."""
    text = value.decode("latin-1").strip() if value else ""
    return text if text and text.isascii() and text.isprintable() and len(text) < 1000 else None


@contextmanager
def _said() -> Iterator[None]:
    """Say in Japanese what went wrong on the way."""
    try:
        yield
    except AddressRefused as error:
        raise FetchError("このパソコンや組織の中のアドレスを指しているため、受け取りません。") from error
    except NameUnknown as error:
        raise FetchError("ホスト名が見つかりません。アドレスとネットワークを確かめてください。") from error
    except KindRefused as error:
        raise FetchError(str(error)) from error
    except httpcore2.TimeoutException as error:
        raise FetchError("返事がありません（時間切れ）。") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise FetchError(f"つながらないか、途中で切れました（{type(error).__name__}）。") from error
