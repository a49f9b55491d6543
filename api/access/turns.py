"""Turns at asking: as many at once as there are cores, and whoever asks much does not keep the others waiting."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from api.problems import Problem

MOST_WAITING = 8  # of one caller; a page asks one question at a time
RETRY_SECONDS = 5


class Turns:
    """Gives turns caller by caller, each caller's in the order in which they asked. For one event loop."""

    def __init__(self, at_once: int, heard: Callable[[float], None] = lambda seconds: None):
        """``heard`` is told how many seconds each turn was waited for."""
        self._free = at_once
        self._heard = heard
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[Callable[[], None]]:
        """Wait for a turn; what is given ends it early. A Problem of status 429 when too many of the caller wait."""
        began = time.monotonic()
        await self._wait(caller)
        self._heard(time.monotonic() - began)
        is_over = False

        def over() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._next()

        try:
            yield over
        finally:
            over()

    async def _wait(self, caller: str) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        mine = self._waiting.setdefault(caller, deque())
        if len(mine) >= MOST_WAITING:
            title = "質問が重なっています。前の質問の答えを待ってから、もう一度お試しください。"
            problem = Problem(429, "too-many-questions", title, f"{len(mine)} questions of this caller wait already")
            problem.headers = {"Retry-After": str(RETRY_SECONDS)}
            raise problem
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mine.append(ready)
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():  # the turn came in the same moment
                self._next()
            else:
                mine.remove(ready)
                self._forget(caller)
            raise

    def _next(self) -> None:
        """Hand a turn that has ended to the caller who had none for the longest."""
        while self._waiting:
            caller, mine = next(iter(self._waiting.items()))
            ready = mine.popleft()
            self._waiting.move_to_end(caller)
            self._forget(caller)
            if not ready.done():
                ready.set_result(None)
                return
        self._free += 1

    def _forget(self, caller: str) -> None:
        if not self._waiting.get(caller, True):
            del self._waiting[caller]
