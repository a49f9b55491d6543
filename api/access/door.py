"""Where callers come in: one middleware finds out who asks, before anything of the request's body is read."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from anyio import CancelScope
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.caller import LOCAL, PUBLIC, Caller, unknown_caller
from api.problems import Problem


class Door(Protocol):
    """Knows who asks. ``is_shared`` tells whether there are accounts."""

    @property
    def is_shared(self) -> bool: ...

    def caller(self, headers: Headers) -> Caller | None:
        """Return who asks, None where the request names nobody; raise a Problem for what is no valid credential."""
        ...

    def is_open(self, caller: Caller) -> bool:
        """Tell whether what the caller came with is still valid."""
        ...

    def limit(self, caller: Caller | None, address: str) -> None:
        """Raise a Problem of status 429 when a caller, or who is not known at an address, asks too often."""
        ...

    def turn(self, caller: Caller) -> AbstractAsyncContextManager[Callable[[], None]]:
        """Wait for one's turn to ask; what is given ends it early."""
        ...

    def record(self, caller: Caller | None, done: Done) -> None:
        """Put down what was asked and what became of it."""
        ...

    def groups_of(self, caller: Caller) -> list[tuple[str, str]]:
        """Return the ids and the names of a caller's groups."""
        ...

    def first_code(self) -> str | None:
        """Return the code that makes the first administrator; None where there is one, or need not be one."""
        ...

    def close(self) -> None: ...


class Done:
    """One request as it is put down: its route, its status, and what the route has noted of it."""

    def __init__(self, method: str, path: str, scope: Scope):
        self.method = method
        self.path = path
        self.status = 500
        self._scope = scope
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def route(self) -> str:
        """Return the route's pattern, as far as the request came to one: the path may hold anything."""
        return str(getattr(self._scope.get("route"), "path", "")) or "?"

    @property
    def documents(self) -> tuple[str, ...]:
        noted = self.noted.get("documents", ())
        named = self._scope.get("path_params", {}).get("document_id")
        return tuple(dict.fromkeys([*([str(named)[:64]] if named else []), *noted]))

    @property
    def noted(self) -> dict[str, Any]:
        noted: dict[str, Any] = self._scope.get("state", {}).get("noted", {})
        return noted


def note(request: Request, **what: Any) -> None:
    """Note for the record: ``documents`` (ids), ``question``, ``index``, ``how`` it was checked, ``target``."""
    request.scope.setdefault("state", {}).setdefault("noted", {}).update(what)


def door_of(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


def is_open(request: Request, caller: Caller) -> bool:
    """Tell whether a caller may go on: a stream asks before each of its lines."""
    return door_of(request).is_open(caller)


class LocalDoor:
    """The state without accounts: everybody who reaches the loopback address is the one person of this machine."""

    is_shared = False

    def caller(self, headers: Headers) -> Caller:
        return LOCAL

    def is_open(self, caller: Caller) -> bool:
        return True

    def limit(self, caller: Caller | None, address: str) -> None:
        pass

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[Callable[[], None]]:
        yield lambda: None

    def record(self, caller: Caller | None, done: Done) -> None:
        pass

    def groups_of(self, caller: Caller) -> list[tuple[str, str]]:
        return []

    def first_code(self) -> None:
        return None

    def close(self) -> None:
        pass


class Entrance:
    """Puts the Caller on the request, refuses who is not known, and has it recorded how the request ended."""

    def __init__(self, app: ASGIApp, *, door: Door):
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        if not self.door.is_shared:
            state["caller"] = LOCAL
            await self.app(scope, receive, send)
            return
        caller: Caller | None = None
        done = Done(scope["method"], scope["path"], scope)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                done.status = message["status"]
            await send(message)

        try:
            try:
                caller = await run_in_threadpool(self.door.caller, Headers(scope=scope))
                self.door.limit(caller, (scope.get("client") or ("?",))[0])
            except Problem as problem:
                state["noted"] = {"refused": problem.kind}
                await problem.response(scope["path"])(scope, receive, sent)
                return
            if caller is None and scope["path"] not in PUBLIC:
                await unknown_caller().response(scope["path"])(scope, receive, sent)
                return
            state["caller"] = caller
            await self.app(scope, receive, sent)
        finally:
            with CancelScope(shield=True):  # who goes away is recorded all the same
                await run_in_threadpool(self.door.record, caller, done)
