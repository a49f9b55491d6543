"""The front door over HTTP: routes, and what travels in and out of them."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from fastapi import FastAPI, Query

from answer.answer import Passage
from answer.assistant import Assistant
from answer.editions.follows import Follows
from answer.generating.writer import ServerWriter
from api import schemas
from api.alerts import Messenger
from api.ask import ask_router, scope_of
from api.documents import VERSION, document_out, documents_router
from api.editions import editions_router, follows_router
from api.evaluations import Runs, evaluations_router
from api.examples import example_questions
from api.feedback import feedback_router
from api.intake import intake_router, preparing_out, sample_papers
from api.problems import Gate, Problem, handle_problems
from api.settings import Settings
from index.protocols import IndexMissing, TenkyoIndexError
from index.scope import Scope

EXAMPLES = 4
FEEDBACK_LIMIT = 256 * 1024  # bytes: of 1,000 real answers the largest has 31 KB, or 60 KB with its kanji escaped


def create_app(
    assistant: Assistant, settings: Settings, runs: Runs | None = None, writer: ServerWriter | None = None
) -> FastAPI:
    """Return the API over one assistant. Nothing is opened here: the index is read when it is first asked.

    ``runs`` are the evaluations to show; their files are known to the evaluation alone.
    ``writer`` is the language model that is connected; whoever opened it closes it.
    """
    problem: dict[str, Any] = {
        "description": "RFC 9457 problem document.",
        "content": {"application/problem+json": {"schema": schemas.ProblemOut.model_json_schema()}},
    }
    app = FastAPI(
        title="tenkyo",
        version=VERSION,
        summary="Ask government briefing documents in Japanese; every answer says where it stands.",
        responses={"4XX": problem, "5XX": problem},
    )
    handle_problems(app)
    app.add_middleware(
        Gate,
        allowed_hosts=(*settings.allowed_hosts, settings.api_host),
        limits={"/v1/documents": settings.max_upload_mb * 2**20, "/v1/feedback": FEEDBACK_LIMIT},
    )
    examples = _Examples(assistant)

    @app.post("/v1/search", tags=["ask"])
    def search(body: schemas.SearchRequest) -> schemas.SearchOut:
        """Return the passages nearest to the question, best first."""
        if body.k > settings.max_k:
            title = f"一度に探せるのは {settings.max_k} 件までです。"
            raise Problem(422, "k-too-large", title, f"k is {body.k}, at most {settings.max_k}")
        found = assistant.search(body.question, k=body.k, leg=body.leg, scope=scope_of(body.scope))
        return schemas.SearchOut(question=body.question, leg=body.leg, passages=tuple(map(passage_out, found)))

    @app.get("/v1/examples", tags=["ask"])
    def get_examples() -> schemas.ExamplesOut:
        """Return a few questions that this collection answers; none when nothing is indexed."""
        return schemas.ExamplesOut(questions=examples.get())

    @app.get("/v1/documents", tags=["documents"])
    def documents(scope: Annotated[schemas.ScopeBody, Query()]) -> schemas.DocumentsOut:
        """List the collection, or what of it lies within a scope; empty when nothing is indexed."""
        try:
            snapshot = assistant.collection.snapshot()
        except IndexMissing:
            return schemas.DocumentsOut(index=None, documents=())
        within = scope_of(scope) or Scope()
        listed = tuple(document_out(info) for info in snapshot.documents() if within.covers(info))
        return schemas.DocumentsOut(index=snapshot.id, documents=listed)

    app.include_router(ask_router(assistant, writer))
    follows, messenger = Follows(settings.index), Messenger(settings)
    app.include_router(intake_router(assistant, settings, lambda: follows.check(assistant, messenger)))
    app.include_router(documents_router(assistant))
    app.include_router(editions_router(assistant))
    app.include_router(follows_router(assistant, settings, follows, messenger))
    app.include_router(feedback_router(settings.index))
    app.include_router(evaluations_router(runs))

    @app.get("/healthz", tags=["health"])
    def health() -> schemas.HealthOut:
        """Say whether questions can be asked. 200 as long as the server runs, also when nothing is indexed."""
        try:
            snapshot = assistant.collection.snapshot()
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

    return app


class _Examples:
    """The example questions of the newest snapshot: looked for once, since each is tried out."""

    def __init__(self, assistant: Assistant):
        self.assistant = assistant
        self.index: str | None = None
        self.questions: tuple[str, ...] = ()
        self.lock = threading.Lock()

    def get(self) -> tuple[str, ...]:
        try:
            snapshot = self.assistant.collection.snapshot()
        except IndexMissing:
            return ()
        with self.lock:
            if self.index != snapshot.id:
                self.questions = example_questions(self.assistant, snapshot, EXAMPLES)
                self.index = snapshot.id
            return self.questions


def passage_out(passage: Passage) -> schemas.PassageOut:
    place = schemas.Place.model_validate(passage.citation, from_attributes=True)
    return schemas.PassageOut(chunk_id=passage.chunk_id, score=passage.score, **place.model_dump())
