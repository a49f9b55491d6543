"""POST /retrieval: passages for Dify, which asks for its external knowledge this way (docs.dify.ai, 2026-06)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from answer.answer import Passage, QuestionError
from api.access.caller import Reader
from api.access.door import note
from api.access.papers import Papers
from api.access.state import Holdings
from api.places import link_to
from api.plugs.errors import RETRIEVAL
from api.plugs.wording import heading
from api.problems import Problem
from api.schemas import Text
from api.settings import Settings
from index.documents import DocumentInfo
from index.scope import Scope

ALL = "all"
FIELDS = ("document_id", "title", "file", "meeting", "department", "published")
# What makes a query find nothing, and is no fault of a workflow that goes on without it.
NO_HIT = {"symbols_only", "not_japanese", "no_documents", "empty_scope"}
OPERATORS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "contains": lambda have, want: any(one in have for one in want),
    "not contains": lambda have, want: not any(one in have for one in want),
    "start with": lambda have, want: have.startswith(want),
    "end with": lambda have, want: have.endswith(want),
    **dict.fromkeys(("is", "=", "in"), lambda have, want: have in want),
    **dict.fromkeys(("is not", "≠", "not in"), lambda have, want: have not in want),
    "empty": lambda have, want: not have,
    "not empty": lambda have, want: bool(have),
    # Dates are compared as they are written: 2024-02 comes before 2024-02-29.
    **dict.fromkeys(("before", "<"), lambda have, want: bool(have) and all(have < one for one in want)),
    **dict.fromkeys(("after", ">"), lambda have, want: bool(have) and all(have > one for one in want)),
    "≤": lambda have, want: bool(have) and all(have <= one for one in want),
    "≥": lambda have, want: bool(have) and all(have >= one for one in want),
}

Words = Annotated[Text, Field(max_length=1000)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class RetrievalSetting(_Lenient):
    top_k: int = Field(5, ge=1, description="The most records; the server has an upper limit.")
    score_threshold: float | None = Field(None, ge=0, le=1, description="Null or 0: none.")


class Condition(_Lenient):
    name: Words | tuple[Words, ...] = Field(description=f"Of {', '.join(FIELDS)}; of several one has to hold.")
    comparison_operator: Words = Field(description=f"One of {', '.join(OPERATORS)}.")
    value: Words | float | tuple[Words, ...] | None = None


class MetadataCondition(_Lenient):
    logical_operator: Literal["and", "or"] | None = "and"
    conditions: tuple[Condition, ...] | None = Field(None, max_length=50)


class RetrievalRequest(_Lenient):
    knowledge_id: Words = Field(
        description=f"{ALL}; or the id or name of one of your groups; or the id, meeting or department of documents."
    )
    query: Text
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataCondition | None = None


class RecordOut(BaseModel):
    content: str
    score: float = Field(ge=0, le=1, description="Falls with the rank, and says nothing else.")
    title: str
    metadata: dict[str, Any]


class RecordsOut(BaseModel):
    records: tuple[RecordOut, ...]


def retrieval_router(papers: Papers, holdings: Holdings, settings: Settings) -> APIRouter:
    """Return the route that Dify asks."""
    router = APIRouter(tags=["dify"])

    @router.post(RETRIEVAL)
    def retrieve(body: RetrievalRequest, who: Reader, request: Request) -> RecordsOut:
        """Return the passages nearest to a query within one part of what the caller sees, best first."""
        known = papers.documents(who)
        within = _meant(known, holdings.named(who, body.knowledge_id), body.knowledge_id)
        if body.metadata_condition is not None:
            within = [info for info in within if _holds(info, body.metadata_condition)]
        note(request, question=body.query)
        if not within:
            return RecordsOut(records=())
        scope = Scope(documents=tuple(info.id for info in within)) if len(within) < len(known) else None
        most = min(body.retrieval_setting.top_k, settings.max_k)
        try:
            found = papers.search(who, body.query, most, "fused", scope)
        except QuestionError as error:
            if error.code not in NO_HIT:
                raise
            found = ()
        note(request, documents=[passage.citation.document_id for passage in found])
        records = (_record(passage, rank, settings) for rank, passage in enumerate(found))
        least = body.retrieval_setting.score_threshold or 0.0
        return RecordsOut(records=tuple(record for record in records if record.score >= least))

    return router


def _meant(known: list[DocumentInfo], held: frozenset[str] | None, named: str) -> list[DocumentInfo]:
    """Return the documents that a name stands for, of those that the caller sees: what others have has none."""
    if named == ALL:
        return known
    if held is not None:
        return [info for info in known if info.id in held]
    found = [info for info in known if named in (info.id, info.meeting, info.department)]
    if not found:
        title = (
            f"その knowledge_id はありません。{ALL}、自分のグループ、資料のID、会議、部署のどれかを指定してください。"
        )
        raise Problem(404, "knowledge-unknown", title, "no such knowledge_id for this caller")
    return found


def _holds(info: DocumentInfo, condition: MetadataCondition) -> bool:
    """Tell whether a document meets the conditions; a Problem of status 400 for a field or an operator unknown."""
    results = [_is_met(info, one) for one in condition.conditions or ()]
    return any(results) if condition.logical_operator == "or" and results else all(results)


def _is_met(info: DocumentInfo, one: Condition) -> bool:
    names = (one.name,) if isinstance(one.name, str) else one.name
    value = int(one.value) if isinstance(one.value, float) and one.value.is_integer() else one.value
    wanted = value if isinstance(value, tuple) else () if value is None else (str(value),)
    unknown = [*(n for n in names if n not in FIELDS), *({one.comparison_operator} - OPERATORS.keys())]
    if unknown:
        title = "metadata_condition に、知らない項目か演算子があります。"
        detail = f"{unknown[0][:80]!r}: fields {', '.join(FIELDS)}; operators {', '.join(OPERATORS)}"
        raise Problem(400, "condition-unknown", title, detail)
    has = {"document_id": info.id, **{name: getattr(info, name) or "" for name in FIELDS[1:]}}
    return any(OPERATORS[one.comparison_operator](has[name], wanted) for name in names)


def _record(passage: Passage, rank: int, settings: Settings) -> RecordOut:
    """Return a record. Its score is made of the rank: what was computed would tell of papers that others have."""
    citation = passage.citation
    told = {
        "document_id": citation.document_id,
        "file": citation.file,
        "meeting": citation.meeting,
        "published": citation.published,
        "page": citation.page,
        "page_label": citation.page_label,
        "section": " > ".join(citation.section),
        "place": citation.place,
        "start": citation.start,
        "end": citation.end,
        "url": link_to(settings.page_url, citation),
    }
    return RecordOut(
        content=citation.quote,
        score=1 - rank / settings.max_k,
        title=heading(citation),
        metadata={name: value for name, value in told.items() if value not in (None, "")},
    )
