"""POST /v1/ask: one answer at once, or its events line by line, and GET /v1/llm: which model writes beside it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from answer.answer import Answer
from answer.events import Done, Event, Found, Waiting, Worded
from answer.generating.compose import ASKED_FOR
from answer.generating.contract import Writer
from answer.generating.writer import ServerWriter
from api import schemas
from api.access.caller import Caller, Reader, unknown_caller
from api.access.door import door_of, is_open, note
from api.access.papers import Papers
from api.intake import NDJSON
from api.llm import NOT_CONNECTED, NoWriter
from api.problems import problem_of

log = logging.getLogger(__name__)

_GONE = 499  # what servers write down for a client that did not wait; nobody reads it


def ask_router(papers: Papers, writer: ServerWriter | None) -> APIRouter:
    """Return the routes of questions; ``writer`` is the language model that is connected, None without one."""
    router = APIRouter(tags=["ask"])
    streamed: dict[int | str, dict[str, Any]] = {
        200: {"content": {NDJSON: {"schema": {"type": "string", "description": "One event a line."}}}}
    }

    def told(body: schemas.AskRequest, who: Caller, request: Request) -> AsyncGenerator[Event, None]:
        by: Writer | None = writer if body.llm is None else (writer or NoWriter()) if body.llm else None
        return events_for(papers, who, body, request, by)

    @router.post("/v1/ask", response_model=schemas.AnswerOut, responses=streamed)
    async def ask(body: schemas.AskRequest, who: Reader, request: Request) -> schemas.AnswerOut | Response:
        """Answer one question, with the quotes it stands on, or say what the documents do not tell.

        A connected language model writes beside the answer, which it does not change: with ``stream`` the answer comes
        at once and each sentence once it was held against its lines. A client that goes away stops the model.
        """
        events = told(body, who, request)
        if body.stream:
            first = await anext(events)  # what is no question is a problem with its status
            return StreamingResponse(_lines(first, events, request.url.path), media_type=NDJSON)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    return answer_out(event.answer)
        return Response(status_code=_GONE)

    @router.get("/v1/llm")
    def llm(who: Reader) -> schemas.LlmOut:
        """Say which language model writes beside answers, as far as that is known: it is not asked for this."""
        if writer is None:
            return schemas.LlmOut(
                connected=False, model=None, asked_for=None, on_this_machine=False, detail=NOT_CONNECTED
            )
        model, abilities, fault = writer.state
        return schemas.LlmOut(
            connected=True,
            model=model or None,
            asked_for=ASKED_FOR[abilities.mode] if abilities else None,
            on_this_machine=writer.server.is_here,
            detail=fault or (abilities.note if abilities else None) or None,
        )

    return router


async def events_for(
    papers: Papers, who: Caller, body: schemas.AskRequest, request: Request, writer: Writer | None
) -> AsyncGenerator[Event, None]:
    """Yield what is told of an answer, until the client goes away; a Problem once the caller may hear no more of it."""
    note(request, question=body.question)
    telling = papers.tell(
        who,
        body.question,
        id=body.id,
        scope=await run_in_threadpool(papers.scope, who, body.scope),
        after=body.after,
        as_typed=body.as_typed,
        writer=writer,
    )
    async with AsyncExitStack() as stack:
        stack.callback(telling.close)
        over = await stack.enter_async_context(door_of(request).turn(who))
        while (event := await run_in_threadpool(next, telling, None)) is not None:
            over()  # a model that writes on keeps nobody from asking
            if await request.is_disconnected():
                return
            if not await run_in_threadpool(is_open, request, who):
                raise unknown_caller("the session has ended or the key holds no longer")
            if isinstance(event, Found | Done):
                note(request, **_of_record(event.answer))
            yield event


def _of_record(answer: Answer) -> dict[str, Any]:
    """Return what is put down of an answer: what it stands on, and how it was checked."""
    shown = (*answer.citations, *(passage.citation for passage in answer.passages))
    writing = answer.writing
    return {
        "documents": [citation.document_id for citation in shown],
        "index": answer.index,
        "outcome": answer.status,
        "how": f"{answer.answerer}{f' + {writing.model}: {writing.ended}' if writing else ''}",
    }


async def _lines(first: Event, events: AsyncGenerator[Event, None], path: str) -> AsyncIterator[str]:
    async with aclosing(events):
        yield _line(first)
        try:
            async for event in events:
                yield _line(event)
        except Exception as error:  # the status is sent: what a plain request would get is the last line
            problem = problem_of(error)
            if problem.status_code == 500:
                log.exception("an answer broke off")
            yield schemas.ProblemEvent(problem=problem.body(path)).model_dump_json() + "\n"


def _line(event: Event) -> str:
    """Return the line of an event; an empty one keeps a connection alive."""
    out: schemas.OutcomeEvent | schemas.SentenceEvent | schemas.AnswerEvent
    match event:
        case Waiting():
            return "\n"
        case Found():
            out = schemas.OutcomeEvent(answer=answer_out(event.answer), more=event.more)
        case Worded():
            out = schemas.SentenceEvent.model_validate(event, from_attributes=True)
        case Done():
            out = schemas.AnswerEvent(answer=answer_out(event.answer))
    return out.model_dump_json() + "\n"


def answer_out(answer: Answer) -> schemas.AnswerOut:
    return schemas.AnswerOut.model_validate(answer.to_dict())
