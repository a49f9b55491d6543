"""What every response says to a browser: that it is not to be guessed at, framed, kept or run."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'; sandbox"
DOCUMENTATION = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})  # pages of FastAPI, with scripts


class Headers:
    """Adds them where a route has not said otherwise itself."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if scope["path"] not in DOCUMENTATION:
                    headers.setdefault("Content-Security-Policy", NOTHING_RUNS)
            await send(message)

        await self.app(scope, receive, sent)
