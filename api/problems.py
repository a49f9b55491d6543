"""Which error becomes which RFC 9457 problem document, and the gate that stops a request before it is read."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import URL, Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from answer.answer import QuestionError
from api.plugs.errors import reshaped
from index.protocols import (
    IndexBusy,
    IndexMissing,
    IndexUnwritable,
    TenkyoIndexError,
)
from ingest.parse import ParseError

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BODY_LIMIT = 64 * 1024  # bytes of a request that carries no files

HTTP_TITLES = {
    400: "要求の形が正しくありません。",
    403: "この場所からの要求は受け付けていません。",
    404: "お探しのものは見つかりません。アドレスを確かめてください。",
    405: "この操作はできません。",
    413: "送られたデータが大きすぎます。",
    415: "送られたデータの種類に対応していません。",
}


class Problem(HTTPException):
    """An error as it is shown: ``title`` is Japanese, for people; ``detail`` is exact English."""

    def __init__(self, status: int, kind: str, title: str, detail: str, **extra: Any):
        super().__init__(status, detail)
        self.kind = kind
        self.title = title
        self.extra = extra

    def body(self, instance: str) -> dict[str, Any]:
        """Return the problem document of a request to ``instance``."""
        return {
            "type": f"urn:tenkyo:problem:{self.kind}",
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
            "instance": instance,
            **self.extra,
        }

    def response(self, instance: str) -> Response:
        """Return the response to a request to ``instance``, in the shape in which its clients read errors."""
        kind, title, detail = self.kind, self.title, str(self.detail)
        if (other := reshaped(instance, self.status_code, kind, title, detail)) is not None:
            status, body, headers = other
            return JSONResponse(body, status, headers={**(self.headers or {}), **headers})
        return JSONResponse(
            self.body(instance), self.status_code, headers=self.headers, media_type="application/problem+json"
        )


def problem_of(error: Exception) -> Problem:
    """Return the problem document of any error."""
    match error:
        case Problem():
            return error
        case QuestionError():
            return Problem(422, f"question-{error.code.replace('_', '-')}", error.message, str(error))
        case ParseError():
            # the path of an upload is a private folder of ours: only its name means something to the sender
            name, page = error.path.name, error.page
            where = name if page is None else f"{name}, page {page}"
            return Problem(422, "file-unreadable", error.message, f"{where}: {error.detail}", file=name, page=page)
        case IndexMissing():
            return Problem(409, "index-missing", error.message, str(error))
        case IndexBusy():
            return Problem(409, "index-busy", error.message, str(error))
        case IndexUnwritable(__cause__=OSError(errno=number)) if number in NO_SPACE:
            return Problem(507, "no-space", error.message, str(error))
        case TenkyoIndexError():
            return Problem(503, "index-unusable", error.message, str(error))
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException(__cause__=OSError() as cause):  # met while the body was read
            return problem_of(cause)
        case HTTPException(status_code=status):
            title = HTTP_TITLES.get(status, "要求を処理できませんでした。")
            problem = Problem(status, f"http-{status}", title, str(error.detail))
            problem.headers = error.headers
            return problem
        case OSError() if error.errno in NO_SPACE:
            title = "ディスクの空きが足りません。空きを作ってから、もう一度お試しください。これまでの文書は無事です。"
            return Problem(507, "no-space", title, f"no space left while writing: {error.strerror}")
    return Problem(
        500,
        "internal",
        "内部でエラーが起きました。もう一度お試しください。続くときは、サーバーの記録を確かめてください。",
        f"{type(error).__name__}; the traceback is in the server's log",
    )


def _of_validation(error: RequestValidationError) -> Problem:
    """Return what is wrong with the request's fields. The input itself is not sent back: it may be anything."""
    errors = [{"where": ".".join(map(str, e["loc"])), "what": str(e["msg"])} for e in error.errors()[:20]]
    detail = "; ".join(f"{e['where']}: {e['what']}" for e in errors)
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return Problem(422, "json-invalid", "JSONとして読めません。", detail)
    return Problem(422, "request-invalid", "入力の形が正しくありません。", detail, errors=errors)


def handle_problems(app: FastAPI) -> None:
    """Let every error of ``app`` leave as a problem document."""

    async def handle(request: Request, error: Exception) -> Response:
        return problem_of(error).response(request.url.path)

    async def handle_os_error(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status_code == 500:
            raise error  # the server logs only what nobody handled
        return problem.response(request.url.path)

    for kind in (QuestionError, ParseError, TenkyoIndexError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, handle)
    app.add_exception_handler(OSError, handle_os_error)


class Gate:
    """Refuses, before anything is read, other hosts, pages of other sites, and bodies over the limit.

    A browser that visits some site could otherwise be made to reach a server on this machine: by a name that
    resolves to 127.0.0.1 (stopped by the Host header) or by a form sent across sites (stopped by Origin).
    Bodies without a declared length are counted as they come.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: Sequence[str],
        limits: Mapping[str, int],
        ports: Sequence[int] = (),
        origins: Sequence[str] | None = None,
    ):
        """``limits`` are bytes by path, where they are not ``BODY_LIMIT``.

        A page of another origin is refused: it must be one of ``origins``, to the letter; where these are None, one of
        an allowed host at the port that is called or at one of ``ports``.
        """
        self.app = app
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self.limits = limits
        self.ports = frozenset(ports)
        self.origins = None if origins is None else frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there is none here
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self.limits.get(scope["path"].rstrip("/"), BODY_LIMIT)
        refusal = self._refusal(headers, limit)
        if refusal:
            await refusal.response(scope["path"])(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise too_large(limit)
            return message

        await self.app(scope, counted, send)

    def _refusal(self, headers: Headers, limit: int) -> Problem | None:
        host = headers.get("host", "")
        if not self._allowed(f"//{host}"):
            return Problem(400, "host-not-allowed", HTTP_TITLES[403], f"host {host[:100]!r} is not allowed")
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin, host):
            return Problem(403, "origin-not-allowed", HTTP_TITLES[403], f"origin {origin[:100]!r} is not allowed")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > limit:
            return too_large(limit)
        return None

    def _is_own(self, origin: str, host: str) -> bool:
        """Tell whether a page of this origin may ask."""
        if self.origins is not None:
            return origin in self.origins
        if not self._allowed(origin):
            return False
        url = URL(origin)
        return url.scheme in ("http", "https") and (url.netloc == host or url.port in self.ports)

    def _allowed(self, url: str) -> bool:
        try:
            return (URL(url).hostname or "").lower() in self.allowed_hosts
        except ValueError:  # such as an unclosed bracket
            return False


def too_large(limit: int) -> Problem:
    size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit // 1024} KB"
    title = f"送られたデータが大きすぎます。一度に送れるのは合計 {size} までです。"
    return Problem(413, "too-large", title, f"the body is over {limit} bytes")
