"""The routes of editions: which papers are one series, and what changed from one to the next."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath

from answer.answer import QuestionError
from answer.assistant import Assistant
from answer.editions.decisions import Decisions, DecisionsDamaged
from answer.editions.differences import Change, Kind, Side
from answer.editions.follows import MOST as MOST_FOLLOWS
from answer.editions.follows import Follows, FollowsDamaged, Spot
from answer.editions.pairing import edition_before
from answer.editions.shelf import NoEditionBefore
from answer.editions.told import NAMES, named
from api import schemas
from api.access.caller import Caller, Curator, Reader
from api.access.door import note
from api.access.papers import Papers
from api.alerts import Messenger
from api.documents import DocumentId, document_out
from api.edition_schemas import (
    AlertOut,
    ChangeOut,
    ChangesOut,
    DecisionBody,
    EditionOut,
    EditionsOut,
    FollowBody,
    FollowOut,
    FollowsOut,
    SentOut,
    SideOut,
)
from api.problems import Problem
from api.settings import Settings
from index.documents import DocumentInfo
from index.protocols import IndexBusy, IndexUnwritable
from index.snapshot import Snapshot

MOST = 2000  # changes in one answer
log = logging.getLogger(__name__)


def editions_router(papers: Papers) -> APIRouter:
    """Return the routes of editions and changes."""
    router, assistant = APIRouter(tags=["editions"]), papers.assistant

    def info_of(snapshot: Snapshot, document_id: str) -> DocumentInfo:
        info = next((info for info in snapshot.documents() if info.id == document_id), None)
        if info is None:
            title = "その文書は索引にありません。一覧から選び直してください。"
            raise Problem(404, "document-unknown", title, f"no document has the id {document_id[:80]!r}")
        return info

    def decisions() -> Decisions:
        try:
            return assistant.editions.decisions()
        except DecisionsDamaged as error:
            raise Problem(500, "editions-damaged", error.message, str(error)) from error

    def editions_out(snapshot: Snapshot, document_id: str) -> EditionsOut:
        said = decisions()
        found = assistant.editions.of(snapshot, document_id)
        before = edition_before(found, document_id)
        apart = [info for info in snapshot.documents() if said.says(document_id, info.id) == "parted"]

        def out(info: DocumentInfo) -> EditionOut:
            return EditionOut(document=document_out(info), said=said.says(document_id, info.id))

        return EditionsOut(
            document_id=document_id,
            editions=tuple(map(out, found)),
            parted=tuple(map(out, apart)),
            before=before.id if before else None,
        )

    @router.get("/v1/documents/{document_id}/editions")
    def editions(document_id: DocumentId, who: Reader) -> EditionsOut:
        """List the papers that are known as editions of one series with this one, oldest first."""
        snapshot = papers.snapshot(who)
        info_of(snapshot, document_id)
        return editions_out(snapshot, document_id)

    @router.put("/v1/documents/{document_id}/editions/{other_id}")
    def decide(
        document_id: DocumentId, other_id: DocumentId, body: DecisionBody, who: Curator, request: Request
    ) -> EditionsOut:
        """Say by hand that two papers are editions of one series, or that they are none; null takes it back."""
        snapshot = papers.snapshot(who)
        for id_ in (document_id, other_id):
            info_of(snapshot, id_)
        note(request, documents=[other_id])
        if document_id == other_id:
            title = "同じ資料どうしは選べません。別の資料を選んでください。"
            raise Problem(422, "edition-of-itself", title, f"{document_id} was given twice")
        decisions()
        assistant.editions.decide(document_id, other_id, body.said)
        return editions_out(snapshot, document_id)

    @router.get("/v1/changes")
    def changes(
        who: Reader,
        request: Request,
        now: Annotated[str, Query(description="Id of the later paper, from GET /v1/documents.")],
        then: Annotated[str | None, Query(description="Id of the earlier one; without it, the edition before.")] = None,
        kinds: Annotated[list[Kind] | None, Query(description="Only these kinds of changes.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST, description="Most changes that are returned.")] = 500,
    ) -> ChangesOut:
        """Return what changed from one paper to another, the weightiest first, each with its place in both."""
        snapshot = papers.snapshot(who)
        for id_ in (now, *(() if then is None else (then,))):
            info_of(snapshot, id_)
        if now == then:
            title = "同じ資料どうしは比べられません。別の資料を選んでください。"
            raise Problem(422, "same-document", title, f"{now} was given twice")
        decisions()
        try:
            found = assistant.editions.compare(snapshot, now, then)
        except NoEditionBefore as error:
            raise Problem(404, "no-edition-before", error.message, str(error)) from error
        note(request, documents=[found.now.id, found.then.id])
        wanted = [change for change in found.changes if kinds is None or change.kind in kinds]
        return ChangesOut(
            then=document_out(found.then),
            now=document_out(found.now),
            counts=dict(Counter(change.kind for change in found.changes)),
            total=len(wanted),
            changes=tuple(change_out(assistant, snapshot, change) for change in wanted[:limit]),
        )

    return router


def follows_router(papers: Papers, settings: Settings, messenger: Messenger | None) -> APIRouter:
    """Return the routes of what is followed, and of the alerts that came of it.

    ``messenger`` tells alerts elsewhere; None where there are accounts, since nobody there sees what everybody follows.
    """
    router, assistant = APIRouter(tags=["editions"]), papers.assistant

    def follows_of(who: Caller) -> Follows:
        """Return what the caller follows: a key, which may see less than its owner, has follows of its own."""
        if who.by == "local":
            return Follows(assistant.collection.notes)
        return Follows(assistant.collection.notes, f"{who.id}-{who.credential[:16]}" if who.by == "key" else who.id)

    def cited(snapshot: Snapshot, spot: Spot | None, n: int) -> schemas.CitationOut | None:
        if spot is None or all(info.id != spot.document_id for info in snapshot.documents()):
            return None
        citation = assistant.cite(snapshot, spot.document_id, spot.start, spot.end, n)
        return schemas.CitationOut.model_validate(citation, from_attributes=True)

    def out(who: Caller, request: Request) -> FollowsOut:
        snapshot = papers.snapshot(who)
        held = follows_of(who).held(who.visible)
        note(request, documents=list(dict.fromkeys(id_ for alert in held.alerts for id_ in alert.documents)))
        sends = [way for way, is_set in _ways(settings) if is_set and messenger is not None]
        return FollowsOut(
            follows=tuple(FollowOut.model_validate(f, from_attributes=True) for f in held.follows),
            alerts=tuple(
                AlertOut(
                    **{name: getattr(a, name) for name in ("id", "follow_id", "label", "time", "then", "now")},
                    difference=a.difference,
                    then_citation=cited(snapshot, a.then_spot, 1),
                    now_citation=cited(snapshot, a.now_spot, 2),
                    seen=a.seen,
                    sent=tuple(SentOut(way=way, fault=fault) for way, fault in a.sent),
                )
                for a in held.alerts
            ),
            unseen=sum(not a.seen for a in held.alerts),
            sends=tuple(sends),
        )

    @router.get("/v1/follows")
    def followed(who: Reader, request: Request) -> FollowsOut:
        """List what is followed and its alerts; papers that came since the last look are looked at first."""
        with _damaged():
            try:
                follows_of(who).check(assistant, messenger, who.visible)
            except (IndexBusy, IndexUnwritable) as error:  # what is known is shown, and the rest looked at later
                log.warning("what is followed was not looked at: %s", error)
            return out(who, request)

    @router.post("/v1/follows", status_code=201)
    def follow(body: FollowBody, who: Reader, request: Request) -> FollowsOut:
        """Follow a question, or a figure of a paper, from what it is now on."""
        with _damaged():
            try:
                if body.question is not None:
                    note(request, question=body.question)
                    follows_of(who).follow_question(assistant, body.question, who.visible)
                elif body.spot is not None and body.label is not None:
                    snapshot = papers.snapshot(who)
                    if all(info.id != body.spot.document_id for info in snapshot.documents()):
                        title = "その文書は索引にありません。一覧から選び直してください。"
                        raise Problem(404, "document-unknown", title, f"no document {body.spot.document_id[:80]!r}")
                    follows_of(who).follow_figure(body.label, Spot(**body.spot.model_dump()))
            except QuestionError:
                raise
            except ValueError as error:
                title = f"登録できるのは {MOST_FOLLOWS} 件までです。使わないものを外してください。"
                raise Problem(409, "too-many-follows", title, str(error)) from error
            return out(who, request)

    @router.delete("/v1/follows/{follow_id}", status_code=204)
    def drop(
        follow_id: Annotated[str, InPath(description="From GET /v1/follows.", max_length=40)], who: Reader
    ) -> None:
        """Follow something no longer."""
        with _damaged():
            try:
                follows_of(who).drop(follow_id, who.visible)
            except KeyError:
                title = "その登録はありません。すでに外された可能性があります。"
                raise Problem(404, "follow-unknown", title, f"no follow has the id {follow_id!r}") from None

    @router.post("/v1/alerts/seen", status_code=204)
    def see(who: Reader) -> None:
        """Mark all alerts as seen."""
        with _damaged():
            follows_of(who).see(who.visible)

    return router


def _ways(settings: Settings) -> list[tuple[str, bool]]:
    return [("webhook", settings.alert_webhook is not None), ("mail", bool(settings.alert_mail_to))]


@contextmanager
def _damaged() -> Iterator[None]:
    try:
        yield
    except FollowsDamaged as error:
        raise Problem(500, "follows-damaged", error.message, str(error)) from error


def change_out(assistant: Assistant, snapshot: Snapshot, change: Change) -> ChangeOut:
    """Return a change as it travels, each side with its citation: 1 for then, 2 for now."""

    def side_out(side: Side | None, n: int) -> SideOut | None:
        if side is None:
            return None
        citation = assistant.cite(snapshot, side.document_id, side.start, side.end, n)
        cited = schemas.CitationOut.model_validate(citation, from_attributes=True)
        return SideOut(text=side.text, as_of=side.as_of, citation=cited)

    return ChangeOut(
        kind=change.kind,
        name=NAMES[change.kind],
        label=named(change) if change.kind in ("figure", "new", "gone") else change.label,
        section=change.section,
        then=side_out(change.then, 1),
        now=side_out(change.now, 2),
        difference=change.difference,
        how=change.how,
        share=change.share,
        holds=change.holds,
        weight=change.weight,
    )
