"""The one Caller that every route takes, and the check at start that refuses a route without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.access.errors import PERMISSIONS, Permission
from api.problems import Problem

Way = Literal["local", "session", "key"]

# What may be asked by nobody in particular, and what FastAPI itself offers where there are no accounts.
PUBLIC = frozenset({"/healthz", "/sign-in", "/sign-in/provider", "/sign-in/callback", "/welcome"})
DOCUMENTATION = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"})


@dataclass(frozen=True)
class Caller:
    """Who asks. ``visible`` are the ids of the documents that exist for them; None where all do."""

    id: str
    name: str
    groups: frozenset[str]  # ids
    permissions: frozenset[Permission]
    by: Way
    credential: str = ""  # id of the session or the key that they came with
    visible: frozenset[str] | None = frozenset()

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def sees(self, document_id: str) -> bool:
        return self.visible is None or document_id in self.visible


LOCAL = Caller("local", "", frozenset(), PERMISSIONS, "local", visible=None)


class May:
    """A route's dependency: the Caller, if they may do this; a Problem of status 401 or 403 otherwise."""

    def __init__(self, permission: Permission | None):
        """None is what everybody may who is known."""
        self.permission = permission

    async def __call__(self, request: Request) -> Caller:
        caller = caller_of(request)
        if caller is None:
            raise unknown_caller()
        if self.permission is not None and not caller.may(self.permission):
            title = "この操作をする権限がありません。必要なときは、管理者に頼んでください。"
            raise Problem(403, "not-permitted", title, f"the permission {self.permission!r} is needed")
        return caller


Known = Annotated[Caller, Depends(May(None))]
Reader = Annotated[Caller, Depends(May("read"))]
Contributor = Annotated[Caller, Depends(May("contribute"))]
Curator = Annotated[Caller, Depends(May("curate"))]
Administrator = Annotated[Caller, Depends(May("administer"))]
Auditor = Annotated[Caller, Depends(May("audit"))]


def caller_of(request: Request) -> Caller | None:
    """Return who asks, as the entrance has found them; None for nobody in particular."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller


def unknown_caller(detail: str = "sign in, or send an API key as Authorization: Bearer") -> Problem:
    """Return the problem of a request that comes from nobody, or from somebody who is known no longer."""
    problem = Problem(401, "unknown-caller", "サインインしてください。", detail)
    problem.headers = {"WWW-Authenticate": "Bearer"}
    return problem


class UnguardedRoute(Exception):  # noqa: N818 - what is wrong with the program
    """A route that takes no Caller and is not on the public list."""


def check_routes(app: FastAPI) -> None:
    """Raise UnguardedRoute, naming them, if there are routes that whoever comes may use and that are not meant so."""
    public = PUBLIC | DOCUMENTATION
    loose = [
        str(getattr(route, "path", route))
        for route in all_routes(app)
        if guard_of(route) is None and getattr(route, "path", None) not in public
    ]
    if loose:
        raise UnguardedRoute(f"these routes take no Caller: {', '.join(loose)}; only {', '.join(sorted(public))} may")


def all_routes(app: FastAPI) -> list[object]:
    """Return every route of an app, those of its routers with them."""
    found: list[object] = []
    waiting: list[object] = list(app.routes)
    while waiting:
        route = waiting.pop(0)
        router = getattr(route, "original_router", None)  # how FastAPI keeps a router that was included
        if router is None:
            found.append(route)
        else:
            waiting.extend(router.routes)
    return found


def guard_of(route: object) -> May | None:
    """Return what a route asks of its Caller; None where it takes none."""
    calls = _calls(route.dependant) if isinstance(route, APIRoute) else ()
    return next((call for call in calls if isinstance(call, May)), None)


def _calls(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)
