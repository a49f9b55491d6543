"""The two states, local without accounts and shared with them, and what the routes ask of either."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from answer.assistant import Assistant
from api.access.caller import Caller, Reader
from api.access.door import Door, LocalDoor
from api.problems import Problem
from api.settings import Settings
from index.collection import AddReport
from index.documents import DocumentInfo
from index.files import document_id
from index.originals import hash_file

if TYPE_CHECKING:
    from api.access.oidc import Provider
    from api.access.people import People


class Holdings(Protocol):
    """Whose papers are whose. A shelf is the id of the group that papers go to; empty without accounts."""

    def shelf(self, who: Caller, group: str | None) -> str:
        """Return where a caller's papers go; a Problem where that is not said, or is not theirs."""
        ...

    def expect(self, shelf: str, papers: Iterable[Path]) -> None:
        """Let the papers belong to a shelf already now: there is no moment at which they are nobody's."""
        ...

    def succeed(self, before: Sequence[DocumentInfo], report: AddReport) -> None:
        """Let new versions belong to every group that the versions before belonged to."""
        ...

    def is_only(self, who: Caller, document: str) -> bool:
        """Tell whether a document belongs to no group that the caller is not in."""
        ...

    def release(self, who: Caller, document: str) -> None:
        """Take a document from the caller's groups."""
        ...

    def named(self, who: Caller, group: str) -> frozenset[str] | None:
        """Return what belongs to the caller's group of this id or name; None where they are in no such group."""
        ...

    def groups(self, who: Caller) -> Mapping[str, frozenset[str]]:
        """Return, by the ids of documents, the ids of those of the caller's groups that they belong to."""
        ...


class LocalHoldings:
    """All papers are of the one person of this machine."""

    def shelf(self, who: Caller, group: str | None) -> str:
        return ""

    def expect(self, shelf: str, papers: Iterable[Path]) -> None:
        pass

    def succeed(self, before: Sequence[DocumentInfo], report: AddReport) -> None:
        pass

    def is_only(self, who: Caller, document: str) -> bool:
        return True

    def release(self, who: Caller, document: str) -> None:
        pass

    def named(self, who: Caller, group: str) -> None:
        return None

    def groups(self, who: Caller) -> Mapping[str, frozenset[str]]:
        return {}


class SharedHoldings:
    """Each paper belongs to the group that it was sent for, and to those that it was shared with since."""

    def __init__(self, people: People):
        self._people = people

    def shelf(self, who: Caller, group: str | None) -> str:
        if group is None and len(who.groups) == 1:
            return next(iter(who.groups))
        if group is None:
            title = "どのグループの資料にするかを選んでください。" if who.groups else "どのグループにも入っていません。"
            raise Problem(422, "group-needed", title, f"name one of your {len(who.groups)} groups in ?group=")
        if group not in who.groups:  # whether there is such a group is not told
            raise Problem(403, "not-permitted", "自分のグループを選んでください。", "the group is not one of yours")
        return group

    def expect(self, shelf: str, papers: Iterable[Path]) -> None:
        self._people.give(shelf, [document_id(hash_file(path), shelf) for path in papers])

    def succeed(self, before: Sequence[DocumentInfo], report: AddReport) -> None:
        new = {info.id for info in (*report.added, *report.refreshed, *report.skipped)}
        for info in report.refreshed:
            groups = self._people.groups_of(info.id)
            for old in before:
                others = self._people.groups_of(old.id)
                if old.source == info.source and old.id not in new and groups & others:
                    for group in others:
                        self._people.give(group, [info.id])
                        self._people.take(group, [old.id])

    def is_only(self, who: Caller, document: str) -> bool:
        return self._people.groups_of(document) <= who.groups

    def release(self, who: Caller, document: str) -> None:
        for group in self._people.groups_of(document) & who.groups:
            self._people.take(group, [document])

    def named(self, who: Caller, group: str) -> frozenset[str] | None:
        own = (one.id for one in self._people.groups() if one.id in who.groups and group in (one.id, one.name))
        found = next(own, None)
        return None if found is None else self._people.documents(found)

    def groups(self, who: Caller) -> Mapping[str, frozenset[str]]:
        return self._people.holders(who.groups)


def opened_door(settings: Settings) -> Door:
    """Return the door of the state that is set. What accounts need is imported only where there are some."""
    if not settings.shared:
        return LocalDoor()
    from api.access.shared import open_door

    return open_door(
        settings.index,
        settings.session_idle_minutes * 60.0,
        settings.session_hours * 3600.0,
        settings.audit_questions,
        per_minute=settings.requests_per_minute,
        at_once=settings.asking_at_once,
        url=settings.database,
        conversation_days=settings.conversation_days,
    )


def holdings_of(door: Door) -> Holdings:
    if not door.is_shared:
        return LocalHoldings()
    from api.access.shared import SharedDoor

    assert isinstance(door, SharedDoor)
    return SharedHoldings(door.people)


def closing(door: Door) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of an app that closes the door at its end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            door.close()

    return lifespan


def provider_of(settings: Settings) -> Provider | None:
    """Return the provider that people sign in at; None where none is set."""
    from api.access.oidc import Provider

    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        f"{settings.sign_in_url}/sign-in/callback",
        settings.oidc_groups,
        settings.oidc_claim,
    )


def add_accounts(
    app: FastAPI, door: Door, assistant: Assistant, settings: Settings, provider: Provider | None = None
) -> None:
    """Add the routes that there are only with accounts; ``provider`` is by default the one that is set."""
    if not door.is_shared:
        return
    from api.access.errors import AccessError
    from api.access.forms import forms_router
    from api.access.routes import access_problem, access_router
    from api.access.shared import SharedDoor

    assert isinstance(door, SharedDoor)
    app.include_router(forms_router(door, settings, provider or provider_of(settings)))
    app.include_router(access_router(door, assistant))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, AccessError)
        return access_problem(error).response(request.url.path)

    app.add_exception_handler(AccessError, refused)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi(who: Reader) -> JSONResponse:
        return JSONResponse(app.openapi())
