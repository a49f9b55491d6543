"""GET /v1/models and POST /v1/chat/completions: the same answers, as OpenAI's clients ask for them.

Sources leave in three ways at once, since each client sees another one: under the text, as annotations, and, where
nothing is streamed, as the whole answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

from anyio import CancelScope
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse

from answer.answer import Status
from answer.events import Done, Event, Found, Worded
from answer.generating.contract import Writer
from answer.generating.writer import ServerWriter
from api import schemas
from api.access.caller import Caller, Reader
from api.access.papers import Papers
from api.ask import answer_out, events_for
from api.places import link_to
from api.plugs.asked import EXTRACTIVE, MODEL, Asked, ChatRequest, is_extractive, read_asked
from api.plugs.completion import END, WAIT, Completion, data, open_webui_line
from api.plugs.errors import CHAT, MODELS, openai_error
from api.plugs.tasks import task_reply
from api.plugs.wording import Wording
from api.problems import problem_of
from api.settings import Settings

log = logging.getLogger(__name__)

SSE = "text/event-stream"
PATIENCE = 0.7  # seconds in which what is no question still gets its own status; behind them the stream has begun
ALIVE = 1.0  # seconds between two comments that keep a connection open
LIMIT = 4 * 2**20  # bytes: clients send the whole conversation each time
_GONE = 499  # what servers write down for a client that did not wait; nobody reads it

Coming = asyncio.Future[Event | None]


def chat_router(papers: Papers, writer: ServerWriter | None, settings: Settings) -> APIRouter:
    """Return the routes; ``writer`` is the language model that is connected, None without one."""
    router = APIRouter(tags=["openai"])
    began = int(time.time())
    streamed: dict[int | str, dict[str, Any]] = {200: {"content": {SSE: {"schema": {"type": "string"}}}}}

    @router.get(MODELS)
    def models(who: Reader) -> dict[str, Any]:
        """List what can be asked: with the connected language model, and in the papers' own words alone."""
        listed = [{"id": id_, "object": "model", "created": began, "owned_by": "tenkyo"} for id_ in (MODEL, EXTRACTIVE)]
        return {"object": "list", "data": listed}

    @router.post(CHAT, response_class=JSONResponse, responses=streamed)
    async def complete(body: ChatRequest, who: Reader, request: Request) -> Response:
        """Answer the last question of a conversation, with its sources in the text, as annotations and in ``tenkyo``.

        What chat programs ask by themselves, such as a title, is answered without looking anything up.
        """
        by = None if is_extractive(body.model) else writer
        completion = Completion(body.model, has_usage=bool(body.stream_options and body.stream_options.include_usage))
        if (reply := task_reply(body.messages)) is not None:
            if not body.stream:
                return JSONResponse(completion.whole(reply, []))
            lines = (completion.first(), completion.chunk({"content": reply}), completion.last())
            return StreamingResponse(iter(lines), media_type=SSE)
        events = _told(papers, who, read_asked(body), request, by)
        wording = Wording(lambda citation: link_to(settings.page_url, citation))
        if body.stream:
            first: Coming = asyncio.ensure_future(anext(events, None))
            await asyncio.wait({first}, timeout=PATIENCE)
            if first.done():
                first.result()  # what is no question is an error with its status
            told = _alive(first, events)
            lines_of = _lines(told, completion, wording, request.url.path, is_open_webui=settings.open_webui_events)
            return StreamingResponse(lines_of, media_type=SSE, headers={"X-Accel-Buffering": "no"})
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    content = wording.whole(event.answer)
                    whole = completion.whole(content, wording.annotations(), event.record)
                    return JSONResponse({**whole, "tenkyo": answer_out(event.answer).model_dump(mode="json")})
        return Response(status_code=_GONE)

    return router


async def _told(
    papers: Papers, who: Caller, asked: Asked, request: Request, writer: Writer | None
) -> AsyncGenerator[Event, None]:
    """Yield what is told of the answer to a question, read after those before it."""
    after = await run_in_threadpool(papers.whole, who, asked.before) if asked.before else None
    question = schemas.AskRequest.model_validate({"question": asked.question, "after": after})
    async with aclosing(events_for(papers, who, question, request, writer)) as events:
        async for event in events:
            yield event


async def _lines(
    told: AsyncGenerator[Event | None, None],
    completion: Completion,
    wording: Wording,
    path: str,
    *,
    is_open_webui: bool,
) -> AsyncIterator[str]:
    """Yield the lines of a stream; ``path`` is where it was asked for."""
    status: Status = "answered"

    def worded(event: Event | None) -> Iterator[str]:
        nonlocal status
        match event:
            case Found():
                status = event.answer.status
                yield completion.chunk({"content": wording.found(event.answer)})
            case Worded():
                yield completion.chunk({"content": wording.worded(event.sentence, event.citations, status)})
            case Done():
                if piece := wording.ended(event.answer):
                    yield completion.chunk({"content": piece})
                if is_open_webui:
                    yield from map(open_webui_line, wording.sources)
                if annotations := wording.annotations():
                    yield completion.chunk({"annotations": annotations})
                yield completion.last(event.record)

    async with aclosing(told):
        yield completion.first()
        spoke = time.monotonic()
        try:
            async for event in told:
                lines = list(worded(event))
                if lines or time.monotonic() - spoke >= ALIVE:
                    spoke = time.monotonic()
                    yield "".join(lines) or WAIT
        except Exception as error:  # the status is sent
            problem = problem_of(error)
            if problem.status_code == 500:
                log.exception("an answer at %s broke off", path)
            yield data(openai_error(problem.status_code, problem.kind, problem.title, str(problem.detail))) + END


async def _alive(first: Coming, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event | None, None]:
    """Yield events as they come, the first of which is under way, and None when there was none for a while."""
    coming = first
    try:
        while True:
            await asyncio.wait({coming}, timeout=ALIVE)
            if not coming.done():
                yield None
                continue
            event = coming.result()
            if event is None:
                return
            yield event
            coming = asyncio.ensure_future(anext(events, None))
    finally:
        with CancelScope(shield=True):  # what is at work in its thread must end before the rest can be closed
            await asyncio.wait({coming})
            coming.exception()  # nobody is left to hear of it
            await events.aclose()
