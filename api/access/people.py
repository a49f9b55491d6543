"""People and groups: who there is, what they may do, and which documents belong to which group."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from secrets import token_hex, token_urlsafe

from sqlalchemy import Connection, delete, insert, select, update

from api.access import schema
from api.access.database import Database, changed, inserting
from api.access.errors import PERMISSIONS, AccessError, Permission

INVITED_SECONDS = 7 * 24 * 3600.0
LONGEST_NAME = 100


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    permissions: frozenset[Permission]
    groups: frozenset[str]  # ids
    is_disabled: bool = False
    has_password: bool = True


@dataclass(frozen=True)
class Group:
    id: str
    name: str


def hashed(secret: str) -> str:
    """Return what is kept of a token of 32 random bytes: nobody can guess back from it, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def folded(name: str) -> str:
    """Return a name as names are compared: width and case make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class People:
    """Reads and changes who there is. Safe from threads and processes."""

    def __init__(self, database: Database):
        self._database = database

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        with self._database.reading() as connection:
            found = [_person(connection, row) for row in connection.execute(select(schema.users)).all()]
        return sorted(found, key=lambda person: person.name)

    def get(self, user: str) -> Person:
        """Return a person by id or name; AccessError if there is nobody of it."""
        with self._database.reading() as connection:
            return found_person(connection, user)

    def has_administrator(self) -> bool:
        """Tell whether somebody can sign in who administers."""
        return any("administer" in p.permissions and p.has_password and not p.is_disabled for p in self.all())

    def add(self, name: str, permissions: Iterable[Permission], groups: Iterable[str] = ()) -> tuple[Person, str]:
        """Return a new person and the code, shown once, with which they set their password within a week."""
        shown, may = as_name(name), _permissions(permissions)
        with self._database.writing() as connection:
            if connection.execute(select(schema.users.c.id).where(schema.users.c.folded == folded(shown))).first():
                raise AccessError(f"there is a {shown!r} already", f"「{shown}」という人はもういます。", "name-taken")
            user = token_hex(8)
            connection.execute(
                insert(schema.users).values(
                    id=user,
                    name=shown,
                    folded=folded(shown),
                    permissions=may,
                    is_disabled=False,
                    created=time.time(),
                )
            )
            _join(connection, user, groups)
            code = _invite(connection, user)
            return found_person(connection, user), code

    def invite(self, user: str) -> str:
        """Return a new code to set a password with; the one before, and every session, ends."""
        with self._database.writing() as connection:
            person = found_person(connection, user)
            connection.execute(delete(schema.sessions).where(schema.sessions.c.user == person.id))
            changed(connection)
            return _invite(connection, person.id)

    def first_code(self) -> str:
        """Return the code with which the first administrator makes an account; an earlier one no longer counts."""
        with self._database.writing() as connection:
            connection.execute(delete(schema.invitations).where(schema.invitations.c.user.is_(None)))
            return _invite(connection, None)

    def change(
        self,
        user: str,
        *,
        permissions: Iterable[Permission] | None = None,
        groups: Iterable[str] | None = None,
        is_disabled: bool | None = None,
    ) -> Person:
        """Return the person as changed. Somebody must be left who administers: AccessError otherwise."""
        with self._database.writing() as connection:
            person = found_person(connection, user)
            values: dict[str, object] = {}
            if permissions is not None:
                values["permissions"] = _permissions(permissions)
            if is_disabled is not None:
                values["is_disabled"] = is_disabled
            if values:
                connection.execute(update(schema.users).where(schema.users.c.id == person.id).values(**values))
            if is_disabled:
                connection.execute(delete(schema.sessions).where(schema.sessions.c.user == person.id))
            if groups is not None:
                connection.execute(delete(schema.members).where(schema.members.c.user == person.id))
                _join(connection, person.id, groups)
            changed(connection)
            left = connection.execute(select(schema.users)).all()
            if not any("administer" in row.permissions and row.password and not row.is_disabled for row in left):
                raise AccessError(
                    "nobody would be left who administers",
                    "管理者がいなくなるため、変えられません。先に別の人を管理者にしてください。",
                    "last-administrator",
                )
            return found_person(connection, person.id)

    def groups(self) -> list[Group]:
        with self._database.reading() as connection:
            rows = connection.execute(select(schema.groups).order_by(schema.groups.c.name))
            return [Group(row.id, row.name) for row in rows]

    def add_group(self, name: str) -> Group:
        shown = as_name(name)
        with self._database.writing() as connection:
            if connection.execute(select(schema.groups.c.id).where(schema.groups.c.name == shown)).first():
                raise AccessError(
                    f"there is a group {shown!r} already", f"「{shown}」というグループはもうあります。", "name-taken"
                )
            group = Group(token_hex(8), shown)
            connection.execute(insert(schema.groups).values(id=group.id, name=group.name))
            return group

    def group(self, named: str) -> Group:
        """Return a group by id or name; AccessError if there is none of it."""
        with self._database.reading() as connection:
            return _group(connection, named)

    # --- documents ---

    def documents(self, group: str) -> frozenset[str]:
        """Return the ids that belong to a group."""
        with self._database.reading() as connection:
            return visible(connection, [_group(connection, group).id])

    def groups_of(self, document: str) -> frozenset[str]:
        with self._database.reading() as connection:
            kept = schema.documents
            return frozenset(connection.scalars(select(kept.c.group).where(kept.c.document == document)))

    def holders(self, groups: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return, of some groups and by the ids of documents, those that each belongs to."""
        kept = schema.documents
        found: defaultdict[str, set[str]] = defaultdict(set)
        with self._database.reading() as connection:
            chosen = select(kept.c.document, kept.c.group).where(kept.c.group.in_(list(groups)))
            for document, group in connection.execute(chosen):
                found[document].add(group)
        return {document: frozenset(held) for document, held in found.items()}

    def give(self, group: str, documents: Iterable[str]) -> None:
        """Let documents belong to a group as well. They need not be in the index yet."""
        with self._database.writing() as connection:
            id_ = _group(connection, group).id
            rows = [{"group": id_, "document": document} for document in dict.fromkeys(documents)]
            if rows:
                connection.execute(inserting(connection, schema.documents).on_conflict_do_nothing(), rows)
            changed(connection)

    def take(self, group: str, documents: Iterable[str]) -> None:
        """Let documents belong to a group no longer."""
        with self._database.writing() as connection:
            id_, kept = _group(connection, group).id, schema.documents
            for document in documents:
                connection.execute(delete(kept).where(kept.c.group == id_, kept.c.document == document))
            changed(connection)


def visible(connection: Connection, groups: Iterable[str]) -> frozenset[str]:
    """Return the ids of the documents that belong to one of some groups."""
    kept = schema.documents
    return frozenset(connection.scalars(select(kept.c.document).where(kept.c.group.in_(list(groups)))))


def groups_of_user(connection: Connection, user: str) -> frozenset[str]:
    kept = schema.members
    return frozenset(connection.scalars(select(kept.c.group).where(kept.c.user == user)))


def _person(connection: Connection, row: object) -> Person:
    user = row._mapping  # type: ignore[attr-defined] # a Row of SQLAlchemy
    return Person(
        user["id"],
        user["name"],
        frozenset(user["permissions"]) & PERMISSIONS,
        groups_of_user(connection, user["id"]),
        user["is_disabled"],
        user["password"] is not None,
    )


def found_person(connection: Connection, user: str) -> Person:
    """Return a person by id or name; AccessError if there is nobody of it."""
    kept = schema.users
    row = connection.execute(select(kept).where((kept.c.id == user) | (kept.c.folded == folded(user)))).first()
    if row is None:
        raise AccessError(f"there is nobody {user[:80]!r}", f"「{user[:80]}」という人はいません。", "user-unknown")
    return _person(connection, row)


def _group(connection: Connection, named: str) -> Group:
    kept = schema.groups
    row = connection.execute(select(kept).where((kept.c.id == named) | (kept.c.name == named))).first()
    if row is None:
        shown = named[:80]
        raise AccessError(f"there is no group {shown!r}", f"「{shown}」というグループはありません。", "group-unknown")
    return Group(row.id, row.name)


def _join(connection: Connection, user: str, groups: Iterable[str]) -> None:
    ids = dict.fromkeys(_group(connection, group).id for group in groups)
    if ids:
        connection.execute(insert(schema.members), [{"user": user, "group": id_} for id_ in ids])


def _invite(connection: Connection, user: str | None) -> str:
    kept, code = schema.invitations, token_urlsafe(15)
    if user is not None:
        connection.execute(delete(kept).where(kept.c.user == user))
    connection.execute(insert(kept).values(hash=hashed(code), user=user, expires=time.time() + INVITED_SECONDS))
    return code


def as_name(text: str) -> str:
    """Return a name as one line; AccessError for one that is empty, too long, or holds what cannot be seen."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AccessError(
            f"a name has 1 to {LONGEST_NAME} printable characters",
            f"名前は 1〜{LONGEST_NAME} 文字で書いてください。",
            "name-invalid",
        )
    return name


def _permissions(given: Iterable[Permission]) -> list[Permission]:
    wanted = set(given)
    if not wanted <= PERMISSIONS:
        raise AccessError(
            f"unknown permission {', '.join(sorted(wanted - PERMISSIONS))}; known: {', '.join(sorted(PERMISSIONS))}",
            f"知らない権限があります。使えるのは {'、'.join(sorted(PERMISSIONS))} です。",
            "permission-unknown",
        )
    return sorted(wanted)
