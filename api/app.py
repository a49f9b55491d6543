"""The front door over HTTP: routes, and what travels in and out of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request

from answer.answer import Passage
from answer.assistant import Assistant
from answer.editions.follows import Follows
from answer.generating.writer import ServerWriter
from api import schemas
from api.access.caller import Caller, Known, Reader, caller_of, check_routes
from api.access.door import Door, Entrance, note
from api.access.papers import Papers
from api.access.schemas import GroupOut, MeOut
from api.access.state import add_accounts, closing, holdings_of, opened_door
from api.alerts import Messenger
from api.ask import ask_router
from api.documents import VERSION, document_out, documents_router
from api.editions import editions_router, follows_router
from api.evaluations import Runs, evaluations_router
from api.examples import example_questions
from api.feedback import feedback_router
from api.headers import Headers
from api.intake import intake_router, preparing_out, sample_papers
from api.mcp.http import mcp_router
from api.plugs import chat
from api.plugs.errors import CHAT
from api.plugs.retrieval import retrieval_router
from api.problems import Gate, Problem, handle_problems
from api.settings import Settings
from api.watching.routes import watching_router
from index.protocols import IndexMissing, TenkyoIndexError
from index.scope import Scope

if TYPE_CHECKING:
    from api.access.oidc import Provider

EXAMPLES, EXAMPLES_KEPT = 4, 32
FEEDBACK_LIMIT = 256 * 1024  # bytes: of 1,000 real answers the largest has 31 KB, or 60 KB with its kanji escaped


def create_app(
    assistant: Assistant,
    settings: Settings,
    runs: Runs | None = None,
    writer: ServerWriter | None = None,
    door: Door | None = None,
    provider: Provider | None = None,
) -> FastAPI:
    """Return the API over one assistant. Nothing is opened here: the index is read when it is first asked.

    ``runs`` are the evaluations to show; their files are known to the evaluation alone.
    ``writer`` is the language model that is connected; whoever opened it closes it. ``door`` knows who asks: by
    default the one that the settings name, which is closed with the app. ``provider`` is where people sign in beside
    it. Raises UnguardedRoute for a route that would take no Caller.
    """
    door = door or opened_door(settings)
    holdings = holdings_of(door)
    papers = Papers(assistant, holdings)
    problem: dict[str, Any] = {
        "description": "RFC 9457 problem document.",
        "content": {"application/problem+json": {"schema": schemas.ProblemOut.model_json_schema()}},
    }

    def catch_up(
        request: Request,
        tenkyo_index: Annotated[
            str | None, Header(max_length=64, description="`index` of an earlier answer: nothing older is answered.")
        ] = None,
    ) -> None:
        who = caller_of(request)
        if tenkyo_index and who is not None:
            papers.catch_up(who, tenkyo_index)

    app = FastAPI(
        title="tenkyo",
        version=VERSION,
        summary="Ask government briefing documents in Japanese; every answer says where it stands.",
        responses={"4XX": problem, "5XX": problem},
        lifespan=closing(door),
        # Only where replicas are read can there be anything older.
        dependencies=[Depends(catch_up)] if settings.database and settings.database.replicas else [],
        # Where there are accounts, what can be asked is told to who has one.
        openapi_url=None if door.is_shared else "/openapi.json",
    )
    app.state.door = door
    handle_problems(app)
    app.add_middleware(Entrance, door=door)
    app.add_middleware(
        Gate,
        allowed_hosts=(*settings.allowed_hosts, settings.api_host, *settings.public_hosts),
        limits={"/v1/documents": settings.max_upload_mb * 2**20, "/v1/feedback": FEEDBACK_LIMIT, CHAT: chat.LIMIT},
        ports=(settings.api_port, settings.ui_port),
        origins=settings.public_origins if settings.shared else None,
    )
    app.add_middleware(Headers)
    examples = _Examples(papers)

    @app.post("/v1/search", tags=["ask"])
    def search(body: schemas.SearchRequest, who: Reader, request: Request) -> schemas.SearchOut:
        """Return the passages nearest to the question, best first."""
        if body.k > settings.max_k:
            title = f"一度に探せるのは {settings.max_k} 件までです。"
            raise Problem(422, "k-too-large", title, f"k is {body.k}, at most {settings.max_k}")
        found = papers.search(who, body.question, body.k, body.leg, papers.scope(who, body.scope))
        note(request, question=body.question, documents=[passage.citation.document_id for passage in found])
        return schemas.SearchOut(question=body.question, leg=body.leg, passages=tuple(map(passage_out, found)))

    @app.get("/v1/examples", tags=["ask"])
    def get_examples(who: Reader) -> schemas.ExamplesOut:
        """Return a few questions that this collection answers; none when nothing is indexed."""
        return schemas.ExamplesOut(questions=examples.get(who))

    @app.get("/v1/documents", tags=["documents"])
    def documents(scope: Annotated[schemas.ScopeBody, Query()], who: Reader) -> schemas.DocumentsOut:
        """List the collection, or what of it lies within a scope; empty when nothing is indexed."""
        within = papers.scope(who, scope) or Scope()
        try:
            snapshot = papers.snapshot(who)
        except IndexMissing:
            return schemas.DocumentsOut(index=None, documents=())
        groups = holdings.groups(who)
        listed = tuple(
            schemas.ListedOut(**document_out(info).model_dump(), groups=tuple(sorted(groups.get(info.id, ()))))
            for info in snapshot.documents()
            if within.covers(info)
        )
        return schemas.DocumentsOut(index=snapshot.id, documents=listed)

    @app.get("/v1/me", tags=["access"])
    def me(who: Known) -> MeOut:
        """Say who asks, and what they may do."""
        groups = tuple(GroupOut(id=id_, name=name) for id_, name in door.groups_of(who))
        permissions = tuple(sorted(who.permissions))
        return MeOut(
            is_shared=door.is_shared, id=who.id, name=who.name, by=who.by, permissions=permissions, groups=groups
        )

    messenger = None if door.is_shared else Messenger(settings)

    def look_for_alerts() -> None:
        if messenger is not None:  # what somebody with an account follows is looked at when they look
            Follows(assistant.collection.notes).check(assistant, messenger)

    app.include_router(ask_router(papers, writer))
    app.include_router(chat.chat_router(papers, writer, settings))
    app.include_router(retrieval_router(papers, holdings, settings))
    app.include_router(intake_router(assistant, settings, holdings, look_for_alerts))
    app.include_router(documents_router(papers, holdings))
    app.include_router(editions_router(papers))
    app.include_router(follows_router(papers, settings, messenger))
    app.include_router(feedback_router(settings.index))
    app.include_router(evaluations_router(runs, papers))
    app.include_router(mcp_router(papers, door, settings))
    app.include_router(watching_router(settings.index))

    @app.get("/healthz", tags=["health"])
    def health(request: Request) -> schemas.HealthOut:
        """Say whether questions can be asked. 200 as long as the server runs, also when nothing is indexed.

        Where there are accounts, nobody in particular learns no more than that it runs.
        """
        who = caller_of(request)
        if who is None:
            return schemas.HealthOut(
                status="ok", version=app.version, index=None, documents=0, embedder="", detail=None, preparing=None
            )
        try:
            snapshot = papers.snapshot(who)
        except TenkyoIndexError as error:
            return health_out("empty" if isinstance(error, IndexMissing) else "unusable", detail=error.message)
        count = len(snapshot.documents())
        if not count:
            return health_out("empty", snapshot.id, detail="文書がまだありません。文書を追加してください。")
        return health_out("ok", snapshot.id, count, snapshot.embedder.name)

    def health_out(
        status: schemas.HealthStatus,
        index: str | None = None,
        documents: int = 0,
        embedder: str | None = None,
        detail: str | None = None,
    ) -> schemas.HealthOut:
        return schemas.HealthOut(
            status=status,
            version=app.version,
            index=index,
            documents=documents,
            embedder=embedder or settings.embedding_model,
            detail=detail,
            preparing=preparing_out(assistant),
            has_sample=bool(sample_papers()),
        )

    add_accounts(app, door, assistant, settings, provider)
    check_routes(app)
    return app


class _Examples:
    """The example questions of what somebody sees: looked for once, since each is tried out."""

    def __init__(self, papers: Papers):
        self.papers = papers
        self.questions: OrderedDict[str, tuple[str, ...]] = OrderedDict()  # by the snapshot's id
        self.lock = threading.Lock()

    def get(self, who: Caller) -> tuple[str, ...]:
        try:
            snapshot = self.papers.snapshot(who)
        except IndexMissing:
            return ()
        with self.lock:
            if snapshot.id not in self.questions:
                self.questions[snapshot.id] = example_questions(partial(self.papers.ask, who), snapshot, EXAMPLES)
                while len(self.questions) > EXAMPLES_KEPT:
                    self.questions.popitem(last=False)
            return self.questions[snapshot.id]


def passage_out(passage: Passage) -> schemas.PassageOut:
    place = schemas.Place.model_validate(passage.citation, from_attributes=True)
    return schemas.PassageOut(chunk_id=passage.chunk_id, score=passage.score, **place.model_dump())
