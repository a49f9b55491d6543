"""Conversations that outlive a browser: what was asked, never what was answered, so that a viewer is answered anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from api.access import schema
from api.access.caller import Caller
from api.access.database import Database
from api.access.errors import AccessError, AccessUnusable

MOST = 500  # of one person; the oldest goes for a new one


@dataclass(frozen=True)
class Conversation:
    """Questions that were asked one after the other. ``group`` is the one that sees them too."""

    id: str
    user: str
    owner: str  # by name
    title: str
    group: str | None
    changed: float
    turns: tuple[dict[str, Any], ...]


class Conversations:
    """Keeps what people asked. Whoever may not see one is told that it is not there."""

    def __init__(self, database: Database, days: int | None = None, clock: Callable[[], float] = time.time):
        """One that nobody has gone on with for so many ``days`` is gone; None keeps them."""
        self._database = database
        self._days = days
        self._clock = clock

    def all(self, who: Caller) -> list[Conversation]:
        """Return the caller's own, and those that were shared with one of their groups; the newest first."""
        kept = schema.conversations
        self._forget()
        with self._database.reading() as connection:
            rows = connection.execute(_rows().where(_is_seen(who)).order_by(kept.c.changed.desc())).all()
        return [_conversation(row) for row in rows]

    def get(self, who: Caller, id_: str) -> Conversation:
        self._forget()
        with self._database.reading() as connection:
            return _found(connection, who, id_)

    def add(self, who: Caller, title: str, turns: Sequence[dict[str, Any]]) -> Conversation:
        kept, id_ = schema.conversations, token_hex(12)
        with self._database.writing() as connection:
            mine = kept.c.user == who.id
            if (connection.scalar(select(func.count()).select_from(kept).where(mine)) or 0) >= MOST:
                oldest = select(kept.c.id).where(mine).order_by(kept.c.changed).limit(1).scalar_subquery()
                connection.execute(delete(kept).where(kept.c.id == oldest))
            row = {"id": id_, "user": who.id, "title": title, "changed": self._clock(), "turns": list(turns)}
            connection.execute(insert(kept).values(**row))
            return _found(connection, who, id_)

    def change(self, who: Caller, id_: str, **what: Any) -> Conversation:
        """Change title, turns or group of one's own; the group must be one's own too."""
        kept = schema.conversations
        self._forget()
        group = what.get("group")
        if group is not None and group not in who.groups:
            raise AccessError("the group is not one of yours", "自分のグループを選んでください。", "not-permitted")
        with self._database.writing() as connection:
            found = _found(connection, who, id_)
            if found.user != who.id:
                message = "ほかの人の会話は変えられません。"
                raise AccessError("a conversation of somebody else", message, "not-permitted")
            connection.execute(update(kept).where(kept.c.id == id_).values(changed=self._clock(), **what))
            return _found(connection, who, id_)

    def remove(self, who: Caller, id_: str) -> None:
        kept = schema.conversations
        with self._database.writing() as connection:
            found = _found(connection, who, id_)
            if found.user != who.id:
                message = "ほかの人の会話は消せません。"
                raise AccessError("a conversation of somebody else", message, "not-permitted")
            connection.execute(delete(kept).where(kept.c.id == id_))

    def _forget(self) -> None:
        """Remove what nobody has gone on with for too long; while nothing can be written, that waits."""
        if self._days is None:
            return
        due = schema.conversations.c.changed < self._clock() - self._days * 86_400
        with self._database.reading() as connection:
            is_any = connection.execute(select(schema.conversations.c.id).where(due).limit(1)).first() is not None
        if is_any:  # to write is to keep others from writing
            with suppress(AccessUnusable), self._database.writing() as connection:
                connection.execute(delete(schema.conversations).where(due))


def _rows() -> Any:
    kept = schema.conversations
    return select(kept, schema.users.c.name.label("owner")).join_from(
        kept, schema.users, schema.users.c.id == kept.c.user
    )


def _is_seen(who: Caller) -> Any:
    kept = schema.conversations
    return or_(kept.c.user == who.id, kept.c.group.in_(sorted(who.groups)))


def _found(connection: Connection, who: Caller, id_: str) -> Conversation:
    row = connection.execute(_rows().where(schema.conversations.c.id == id_, _is_seen(who))).first()
    if row is None:
        raise AccessError("no such conversation", "その会話はありません。", "conversation-unknown")
    return _conversation(row)


def _conversation(row: Any) -> Conversation:
    fields = {name: row._mapping[name] for name in Conversation.__dataclass_fields__}
    return Conversation(**{**fields, "turns": tuple(fields["turns"])})
