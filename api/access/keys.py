"""API keys: a person's rights, or some of them, for a program, until a day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from secrets import token_hex, token_urlsafe

from sqlalchemy import Connection, delete, insert, select, update

from api.access import schema
from api.access.database import Database, changed
from api.access.errors import AccessError, Permission
from api.access.people import Person, as_name, hashed

KEY = "tk_"
DAYS, MOST_DAYS = 90, 366
USED_AGAIN = 60.0  # seconds within which a key that is used is not written down anew


@dataclass(frozen=True)
class Key:
    """What is told of a key: all but the key."""

    id: str
    name: str
    shown: str
    user: str
    groups: frozenset[str]
    permissions: frozenset[Permission]
    created: float
    expires: float
    used: float | None


class Keys:
    """Makes, lists and revokes keys. Safe from threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time):
        self._database = database
        self._clock = clock

    def add(
        self, owner: Person, name: str, groups: Iterable[str], permissions: Iterable[Permission], days: int = DAYS
    ) -> tuple[Key, str]:
        """Return a new key with the key itself, which is kept nowhere; AccessError for more than its owner may."""
        groups, may = frozenset(groups), frozenset(permissions)
        if not groups <= owner.groups or not may <= owner.permissions:
            raise AccessError(
                f"groups {sorted(groups - owner.groups)} or permissions {sorted(may - owner.permissions)} are not the "
                "owner's",
                "キーに、持ち主にないグループや権限は付けられません。",
                "key-beyond-owner",
            )
        if not 1 <= days <= MOST_DAYS:
            message = f"キーの期限は 1〜{MOST_DAYS} 日にしてください。"
            raise AccessError(f"a key holds 1 to {MOST_DAYS} days, got {days}", message, "key-days")
        secret, now = KEY + token_urlsafe(32), self._clock()
        key = Key(
            id=token_hex(8),
            name=as_name(name),
            shown=f"{secret[:7]}…{secret[-4:]}",
            user=owner.id,
            groups=groups,
            permissions=may,
            created=now,
            expires=now + days * 24 * 3600.0,
            used=None,
        )
        with self._database.writing() as connection:
            row = {**vars(key), "hash": hashed(secret), "groups": sorted(groups), "permissions": sorted(may)}
            connection.execute(insert(schema.keys).values(**row))
        return key, secret

    def all(self, user: str | None = None) -> list[Key]:
        """Return the keys of a person, or all, newest first."""
        wanted = select(schema.keys).order_by(schema.keys.c.created.desc())
        with self._database.reading() as connection:
            rows = connection.execute(wanted if user is None else wanted.where(schema.keys.c.user == user)).all()
        return [_key(row) for row in rows]

    def revoke(self, key: str, user: str | None = None) -> None:
        """Let a key be valid no longer; AccessError if there is none of that id, or that person has none of it."""
        kept = schema.keys
        with self._database.writing() as connection:
            whose = () if user is None else (kept.c.user == user,)
            if not connection.execute(delete(kept).where(kept.c.id == key, *whose)).rowcount:
                raise AccessError(f"there is no key {key[:80]!r}", "そのキーはありません。", "key-unknown")
            changed(connection)

    def of(self, connection: Connection, hash_: str) -> Key | None:
        """Return the key of this hash; None where there is none, or its time is over."""
        row = connection.execute(select(schema.keys).where(schema.keys.c.hash == hash_)).first()
        return _key(row) if row is not None and row.expires > self._clock() else None

    def used(self, hash_: str) -> None:
        """Write down that a key was used just now."""
        now, kept = self._clock(), schema.keys
        with self._database.reading() as connection:
            last = connection.scalar(select(kept.c.used).where(kept.c.hash == hash_))
        if last is None or now - last > USED_AGAIN:
            with self._database.writing() as connection:
                connection.execute(update(kept).where(kept.c.hash == hash_).values(used=now))


def _key(row: object) -> Key:
    found = row._mapping  # type: ignore[attr-defined] # a Row of SQLAlchemy
    fields = {name: found[name] for name in Key.__dataclass_fields__}
    return Key(**{**fields, "groups": frozenset(fields["groups"]), "permissions": frozenset(fields["permissions"])})
