"""GET /v1/watching: which folders are watched, what the last run did, and what could not be taken in."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from pydantic import Field

from api.access.caller import Caller, Reader
from api.problems import Problem
from api.schemas import Model
from api.watching.record import Folder, Record, WatchingDamaged

MOST_FAILED = 200


class WatchedFileOut(Model):
    file: str = Field(description="Its place in the folder.")
    page: int | None
    reason: str = Field(description="Japanese: why it could not be taken in.")


class WatchedFolderOut(Model):
    folder: str = Field(description="Its path; where there are accounts, its name.")
    is_watched: bool = Field(description="Somebody watches it now.")
    papers: int = Field(description="Files of it that are in the index.")
    last_run: str | None = Field(description="ISO, UTC: when it was last brought up to date.")
    added: int = Field(description="By the last run.")
    refreshed: int
    removed: int
    problem: str | None = Field(description="Japanese: why the folder as a whole cannot be looked through.")
    failed: tuple[WatchedFileOut, ...]


class WatchingOut(Model):
    folders: tuple[WatchedFolderOut, ...]


def watching_router(index: Path) -> APIRouter:
    """Return the route; ``index`` is the folder of the index, beside which whoever watches keeps a record."""
    router = APIRouter(tags=["documents"])

    @router.get("/v1/watching")
    def watching(who: Reader) -> WatchingOut:
        """List the folders that are watched for the caller's papers, or were by the last ``tenkyo watch``."""
        record = Record(index)
        try:
            known = [folder for folder in record.read() if folder.is_watched and _is_shown(folder, who)]
        except WatchingDamaged as error:
            raise Problem(503, "watching-unusable", error.message, str(error)) from error
        is_watched = bool(known) and record.is_watched()
        return WatchingOut(folders=tuple(_out(folder, who, is_watched=is_watched) for folder in known))

    return router


def _is_shown(folder: Folder, who: Caller) -> bool:
    """Tell whether the papers of a folder are of the caller's own groups."""
    return who.visible is None or folder.shelf in who.groups


def _out(folder: Folder, who: Caller, *, is_watched: bool) -> WatchedFolderOut:
    run = folder.run
    failed = list(folder.failed.items())[:MOST_FAILED]
    return WatchedFolderOut(
        # Where on the server it lies is the business of whoever runs it.
        folder=_plain(folder.path if who.visible is None else Path(folder.path).name),
        is_watched=is_watched,
        papers=len(folder.taken),
        last_run=run.time if run else None,
        added=run.added if run else 0,
        refreshed=run.refreshed if run else 0,
        removed=run.removed if run else 0,
        problem=folder.problem,
        failed=tuple(WatchedFileOut(file=_plain(name), page=one.page, reason=one.reason) for name, one in failed),
    )


def _plain(name: str) -> str:
    """Return a name as text: what is none on this system becomes question marks."""
    return name.encode(errors="replace").decode()
