"""What every tool does its work at: in a thread, as the Caller, in their turn, and told of in words if it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TypeVar

from fastapi.concurrency import run_in_threadpool
from mcp.server.mcpserver.exceptions import ResourceError, ToolError

from answer.answer import QuestionError
from api.access.caller import unknown_caller
from api.access.door import Door, note
from api.access.papers import Papers
from api.mcp.near import scope_of
from api.mcp.refused import Refused
from api.mcp.visits import visiting
from api.problems import Problem
from index.documents import DocumentInfo
from index.protocols import TenkyoIndexError
from index.scope import Scope
from index.snapshot import Snapshot

T = TypeVar("T")


class Desk:
    """The papers, as far as whoever calls may see them. ``page_url`` is where people find the page."""

    def __init__(self, papers: Papers, door: Door, page_url: str):
        self.papers = papers
        self.door = door
        self.page_url = page_url

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot, in which no other documents exist than the caller's."""
        return self.papers.snapshot(visiting().caller)

    def scope(
        self,
        infos: Sequence[DocumentInfo],
        documents: Sequence[str],
        groups: Sequence[str],
        meetings: Sequence[str],
        departments: Sequence[str],
        since: str | None,
        until: str | None,
    ) -> Scope | None:
        """Return what the papers are narrowed to, as ``scope_of`` does; ``groups`` are the caller's, by id or name."""
        held = [self.papers.group(visiting().caller, name) for name in groups]
        return scope_of(infos, documents, held, meetings, departments, since, until)

    async def does(
        self, work: Callable[[], T], *, turn: bool = False, failing: type[ToolError | ResourceError] = ToolError
    ) -> T:
        """Return what ``work`` does in a thread; what it could not do is raised as ``failing``, in Japanese.

        Anything that was not foreseen is left as it is: the server masks it, and logs it. With ``turn`` it waits until
        others who ask have had theirs. Nothing is told to a caller whose rights have ended meanwhile.
        """
        visit = visiting()
        try:
            async with self.door.turn(visit.caller) if turn else nullcontext():
                done = await run_in_threadpool(work)
            if not await run_in_threadpool(self.door.is_open, visit.caller):
                raise unknown_caller("the session has ended or the key holds no longer")
        except Problem as problem:
            raise failing(f"{problem.title}（{problem.detail}）") from problem
        except (QuestionError, TenkyoIndexError) as error:
            raise failing(error.message) from error
        except Refused as refused:
            raise failing(str(refused)) from refused
        return done

    @staticmethod
    def note(tool: str, **what: object) -> None:
        """Note for the record which tool was called, and what for."""
        request = visiting().request
        if request is not None:
            note(request, target=tool, **what)
