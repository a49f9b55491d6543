"""Who calls a tool. It is found once for each message, and no tool asks on its own."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from starlette.requests import Request

from api.access.caller import LOCAL, Caller, caller_of, unknown_caller


@dataclass(frozen=True)
class Visit:
    """A Caller and, over HTTP, the request they came with: what they ask is put down with it."""

    caller: Caller
    request: Request | None = None


Finding = Callable[[Any], Visit]  # of what the transport gives as request

_visit: ContextVar[Visit] = ContextVar("visit")


def visiting() -> Visit:
    """Return who calls; LookupError outside a call, for nothing is read for nobody."""
    return _visit.get()


def local_visit(_: Any) -> Visit:
    """Return the one person of this machine: who starts a program here may read what lies here."""
    return Visit(LOCAL)


def http_visit(request: Any) -> Visit:
    """Return the Caller whom the entrance has found; a Problem of status 401 where there is none."""
    caller = caller_of(request) if isinstance(request, Request) else None
    if caller is None:
        raise unknown_caller()
    return Visit(caller, request)


def visits(find: Finding) -> ServerMiddleware[Any]:
    """Return what lets each message be answered for whoever sent it."""

    async def answered(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        token = _visit.set(find(ctx.request))
        try:
            return await call_next(ctx)
        finally:
            _visit.reset(token)

    return answered
