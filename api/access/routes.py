"""The routes of people, groups, keys and the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from answer.assistant import Assistant
from api.access import schemas
from api.access.audit import Entry
from api.access.caller import Administrator, Auditor, Caller, Known, Reader
from api.access.conversations import Conversation
from api.access.door import note
from api.access.errors import AccessError
from api.access.keys import Key
from api.access.metrics import MEDIA_TYPE
from api.access.papers import unknown_document
from api.access.people import Person
from api.access.shared import SharedDoor
from api.problems import Problem
from index.protocols import IndexMissing

UserId = Annotated[str, InPath(description="From GET /v1/users.", max_length=100)]
ConversationId = Annotated[str, InPath(description="From GET /v1/conversations.", max_length=100)]


def access_router(door: SharedDoor, assistant: Assistant) -> APIRouter:
    """Return the routes of accounts."""
    router = APIRouter(tags=["access"])
    people, keys, audit, conversations = door.people, door.keys, door.audit, door.conversations

    # --- oneself ---

    @router.delete("/v1/session", status_code=204)
    def sign_out(who: Known) -> None:
        """End the session that one came with, wherever it is used."""
        if who.by != "session":
            raise Problem(409, "no-session", "サインインしていません。", "an API key has no session to end")
        door.signing_in.sign_out(who.credential)

    @router.post("/v1/me/password", status_code=204)
    def change_password(body: schemas.PasswordIn, who: Known) -> None:
        """Set another password; every other session of one's own ends."""
        if who.by != "session":
            raise Problem(403, "not-permitted", "サインインして変えてください。", "a key changes no password")
        door.signing_in.change_password(who.id, body.old, body.new, who.credential)

    @router.get("/v1/keys")
    def listed_keys(who: Known) -> schemas.KeysOut:
        """List one's own keys, or everybody's for who administers, newest first."""
        mine = None if who.may("administer") else who.id
        return schemas.KeysOut(keys=tuple(map(key_out, keys.all(mine))))

    @router.post("/v1/keys", status_code=201)
    def add_key(body: schemas.KeyIn, who: Known, request: Request) -> schemas.NewKeyOut:
        """Make a key of some of one's own rights. A key makes no keys."""
        if who.by != "session":
            raise Problem(403, "not-permitted", "キーでキーは作れません。", "a key makes no keys")
        groups = who.groups if body.groups is None else frozenset(body.groups)
        key, secret = keys.add(people.get(who.id), body.name, groups, body.permissions, body.days)
        note(request, target=key.id)
        return schemas.NewKeyOut(key=key_out(key), secret=secret)

    @router.delete("/v1/keys/{key_id}", status_code=204)
    def revoke_key(key_id: Annotated[str, InPath(max_length=100)], who: Known, request: Request) -> None:
        """Let a key of one's own, or any for who administers, hold no longer: from the next request on."""
        note(request, target=key_id[:40])
        keys.revoke(key_id, None if who.may("administer") else who.id)

    # --- conversations ---

    @router.get("/v1/conversations")
    def listed_conversations(who: Reader) -> schemas.ConversationsOut:
        """List one's own conversations, and those shared with one's groups, newest first."""
        seen = conversations.all(who)
        return schemas.ConversationsOut(conversations=tuple(conversation_out(one, who) for one in seen))

    @router.post("/v1/conversations", status_code=201)
    def add_conversation(body: schemas.ConversationIn, who: Reader) -> schemas.ConversationOut:
        """Keep a conversation."""
        turns = [turn.model_dump(mode="json") for turn in body.turns]
        return conversation_out(conversations.add(who, body.title, turns), who)

    @router.get("/v1/conversations/{conversation_id}")
    def conversation(conversation_id: ConversationId, who: Reader) -> schemas.ConversationOut:
        return conversation_out(conversations.get(who, conversation_id), who)

    @router.patch("/v1/conversations/{conversation_id}")
    def change_conversation(
        conversation_id: ConversationId, body: schemas.ConversationChange, who: Reader
    ) -> schemas.ConversationOut:
        """Rename one's own conversation, go on with it, or share it with a group."""
        what = body.model_dump(mode="json", exclude_none=True)
        if what.get("group") == "":
            what["group"] = None
        return conversation_out(conversations.change(who, conversation_id, **what), who)

    @router.delete("/v1/conversations/{conversation_id}", status_code=204)
    def remove_conversation(conversation_id: ConversationId, who: Reader) -> None:
        conversations.remove(who, conversation_id)

    # --- people and groups ---

    @router.get("/v1/users")
    def users(who: Administrator) -> schemas.UsersOut:
        """List everybody."""
        return schemas.UsersOut(users=tuple(map(user_out, people.all())))

    @router.post("/v1/users", status_code=201)
    def add_user(body: schemas.UserIn, who: Administrator, request: Request) -> schemas.InvitedOut:
        """Make an account; its code is for the person to set a password with."""
        person, code = people.add(body.name, body.permissions, body.groups)
        note(request, target=person.id)
        return schemas.InvitedOut(user=user_out(person), code=code)

    @router.patch("/v1/users/{user_id}")
    def change_user(user_id: UserId, body: schemas.UserChange, who: Administrator, request: Request) -> schemas.UserOut:
        """Change what somebody may do, or take the account out of use: from the next request on."""
        note(request, target=user_id[:40], change=body.model_dump(exclude_none=True))
        return user_out(people.change(user_id, **body.model_dump()))

    @router.post("/v1/users/{user_id}/invite")
    def invite(user_id: UserId, who: Administrator, request: Request) -> schemas.InvitedOut:
        """Make a new code for who has lost theirs, or their password; their sessions end."""
        note(request, target=user_id[:40])
        code = people.invite(user_id)
        return schemas.InvitedOut(user=user_out(people.get(user_id)), code=code)

    @router.get("/v1/groups")
    def groups(who: Known) -> schemas.GroupsOut:
        """List one's own groups, or all for who administers."""
        shown = (g for g in people.groups() if who.may("administer") or g.id in who.groups)
        return schemas.GroupsOut(groups=tuple(schemas.GroupOut(id=g.id, name=g.name) for g in shown))

    @router.post("/v1/groups", status_code=201)
    def add_group(body: schemas.GroupIn, who: Administrator, request: Request) -> schemas.GroupOut:
        group = people.add_group(body.name)
        note(request, target=group.id)
        return schemas.GroupOut(id=group.id, name=group.name)

    # --- whose documents are whose ---

    @router.get("/v1/holdings")
    def holdings(who: Administrator) -> schemas.HoldingsOut:
        """List every document with its groups. What stands in it is for its groups alone."""
        try:
            infos = assistant.collection.snapshot().documents()
        except IndexMissing:
            infos = []
        return schemas.HoldingsOut(
            documents=tuple(
                schemas.HeldOut(id=info.id, title=info.title, groups=tuple(sorted(people.groups_of(info.id))))
                for info in infos
            )
        )

    @router.put("/v1/holdings/{document_id}", status_code=204)
    def hold(
        document_id: Annotated[str, InPath(max_length=100)], body: schemas.HoldingIn, who: Known, request: Request
    ) -> None:
        """Say which groups a document belongs to: for who administers, or curates it and belongs to all of them."""
        wanted, had = frozenset(body.groups), people.groups_of(document_id)
        note(request, change={"groups": sorted(wanted)})
        # Of groups that are not one's own nobody is told whether there are any.
        if not who.may("administer"):
            if not (who.may("curate") and who.sees(document_id)):
                raise unknown_document(document_id)
            if not (wanted ^ had) <= who.groups or not wanted:
                title = "自分のグループだけを、加えたり外したりできます。最後の1つは外せません。"
                raise Problem(403, "not-permitted", title, "groups of other people, or none, are for who administers")
        elif all(info.id != document_id for info in assistant.collection.snapshot().documents()):
            raise unknown_document(document_id)
        wanted = frozenset(people.group(group).id for group in wanted)
        for group in wanted - had:
            people.give(group, [document_id])
        for group in had - wanted:
            people.take(group, [document_id])

    # --- the record, and how the server does ---

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def metrics(who: Administrator) -> Response:
        """Return counts and times for Prometheus; nothing of what was asked or found."""
        return Response(door.metrics.text(), media_type=MEDIA_TYPE)

    @router.get("/v1/audit")
    def newest(who: Auditor, most: Annotated[int, Query(ge=1, le=1000)] = 100) -> schemas.AuditOut:
        """Return the newest entries of the record."""
        return schemas.AuditOut(entries=tuple(map(entry_out, audit.newest(most))))

    @router.get("/v1/audit/check")
    def check(who: Auditor) -> schemas.VerdictOut:
        """Compute every hash of the record anew."""
        verdict = audit.verify()
        return schemas.VerdictOut(
            state="broken" if verdict.faults else "sound",
            entries=verdict.entries,
            head=verdict.head,
            faults=verdict.faults,
        )

    @router.get("/v1/audit/export", response_class=StreamingResponse)
    def export(who: Auditor) -> StreamingResponse:
        """Return the whole record, oldest first: JSONL, each line with its number and hash."""

        def lines() -> Iterator[str]:
            for entry in audit.entries():
                yield line_of(entry) + "\n"

        headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
        return StreamingResponse(lines(), media_type="application/x-ndjson", headers=headers)

    return router


def line_of(entry: Entry) -> str:
    """Return an entry as a line of the export."""
    return json.dumps({"number": entry.number, **entry.entry, "hash": entry.hash}, ensure_ascii=False)


def access_problem(error: AccessError) -> Problem:
    """Return the problem document of what accounts refuse."""
    statuses = {
        "user-unknown": 404,
        "conversation-unknown": 404,
        "not-permitted": 403,
        "group-unknown": 404,
        "key-unknown": 404,
        "name-taken": 409,
        "last-administrator": 409,
        "access": 503,
        "sign-in-refused": 403,
        "sign-in-too-early": 429,
    }
    problem = Problem(statuses.get(error.kind, 422), error.kind, error.message, str(error))
    if (seconds := getattr(error, "seconds", None)) is not None:
        problem.headers = {"Retry-After": str(seconds)}
    return problem


def user_out(person: Person) -> schemas.UserOut:
    return schemas.UserOut(
        id=person.id,
        name=person.name,
        permissions=tuple(sorted(person.permissions)),
        groups=tuple(sorted(person.groups)),
        is_disabled=person.is_disabled,
        has_password=person.has_password,
    )


def conversation_out(one: Conversation, who: Caller) -> schemas.ConversationOut:
    return schemas.ConversationOut(
        id=one.id,
        title=one.title,
        owner=one.owner,
        is_mine=one.user == who.id,
        group=one.group,
        changed=one.changed,
        turns=tuple(map(schemas.AskedTurn.model_validate, one.turns)),
    )


def key_out(key: Key) -> schemas.KeyOut:
    return schemas.KeyOut(
        **{**vars(key), "groups": tuple(sorted(key.groups)), "permissions": tuple(sorted(key.permissions))}
    )


def entry_out(entry: Entry) -> schemas.EntryOut:
    return schemas.EntryOut(number=entry.number, time=entry.time, entry=dict(entry.entry), hash=entry.hash)
