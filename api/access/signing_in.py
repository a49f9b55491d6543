"""Passwords and sessions: who has proved to be whom, and for how long that holds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import count
from secrets import token_hex, token_urlsafe

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, delete, insert, select, update

from api.access import schema
from api.access.database import Database, changed, inserting
from api.access.errors import PERMISSIONS, AccessError
from api.access.oidc import Identity
from api.access.people import as_name, folded, hashed

SESSION = "ts_"
SHORTEST, LONGEST = 10, 200  # characters of a password
FREE = 3  # failures before the next try has to wait, twice as long each time
LONGEST_WAIT = 60.0  # seconds: who guesses gets a try a minute, and whose name it is can still come in
VOUCHED_SECONDS = 3600.0
FORGOTTEN = 24 * 3600.0  # seconds after which failures are no longer counted
USED_AGAIN = 30.0  # seconds within which a session that is used is not written down anew


class TooEarly(AccessError):  # noqa: N818 - a state
    """Too many wrong passwords for a name. ``seconds`` says when the next is looked at."""

    def __init__(self, seconds: float):
        self.seconds = math.ceil(seconds)
        super().__init__(
            f"too many failed sign-ins: wait {self.seconds} s",
            f"サインインに続けて失敗しました。{self.seconds} 秒待って、もう一度お試しください。",
            "sign-in-too-early",
        )


class SignInRefused(AccessError):  # noqa: N818 - a state
    """The name or the password is wrong, and which is not told; or the account is out of use."""

    def __init__(self) -> None:
        super().__init__("wrong name or password", "名前かパスワードが違います。", "sign-in-refused")


class CodeRefused(AccessError):  # noqa: N818 - a state
    def __init__(self) -> None:
        message = "コードが違うか、期限が切れています。管理者に新しいコードを頼んでください。"
        super().__init__("wrong or expired code", message, "code-refused")


class SigningIn:
    """Signs people in and out. Safe from threads and processes."""

    def __init__(
        self,
        database: Database,
        idle_seconds: float,
        whole_seconds: float,
        hasher: Argon2Hasher | None = None,
        clock: Callable[[], float] = time.time,
    ):
        self._database = database
        self._idle, self._whole = idle_seconds, whole_seconds
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._clock = clock
        self._nobodys = self._hash.hash(token_hex(16))  # so that a name that nobody has takes as long

    def sign_in(self, name: str, password: str) -> tuple[str, str]:
        """Return (token of a new session, id of the person). Raise SignInRefused or TooEarly."""
        tried = hashed(folded(name))
        now = self._clock()
        with self._database.writing() as connection:
            self._wait(connection, tried, now)
            user = connection.execute(select(schema.users).where(schema.users.c.folded == folded(name))).first()
            self._count(connection, tried, now)  # taken back when it was right: two at once count as two
        kept = user.password if user is not None and user.password and not user.is_disabled else None
        is_right = self._hash.verify(password[: LONGEST + 1], kept or self._nobodys)
        if user is None or kept is None or not is_right:
            raise SignInRefused
        with self._database.writing() as connection:
            connection.execute(delete(schema.attempts).where(schema.attempts.c.hash == tried))
            return self._begin(connection, user.id, now), str(user.id)

    def accept(self, code: str, name: str, password: str) -> tuple[str, str]:
        """Set the password of whom a code invites, sign them in, and return what ``sign_in`` does.

        A code holds once. The first administrator's makes the account ``name``; whoever else is invited keeps theirs.
        """
        check_password(password)
        now, kept = self._clock(), schema.invitations
        secret = self._hash.hash(password)
        with self._database.writing() as connection:
            found = connection.execute(
                select(kept).where(kept.c.hash == hashed(code.strip()), kept.c.expires > now)
            ).first()
            if found is None:  # nobody guesses 120 bits: no try has to wait
                raise CodeRefused
            connection.execute(delete(kept).where(kept.c.hash == found.hash))
            user = found.user or self._first(connection, name, now)
            connection.execute(update(schema.users).where(schema.users.c.id == user).values(password=secret))
            connection.execute(delete(schema.sessions).where(schema.sessions.c.user == user))
            changed(connection)
            return self._begin(connection, user, now), str(user)

    def vouched(self, issuer: str, identity: Identity) -> tuple[str, str]:
        """Sign in whom a provider vouches for, and return what ``sign_in`` does.

        Their groups are those of the provider from now on; whoever comes for the first time may read. The session ends
        within the hour, and then the provider is asked again whether they are still of the house.
        """
        now, users = self._clock(), schema.users
        subject = hashed(f"{issuer}\n{identity.subject}")
        with self._database.writing() as connection:
            known = connection.execute(select(users).where(users.c.subject == subject)).first()
            if known is not None and known.is_disabled:
                raise SignInRefused
            user = known.id if known is not None else self._newcomer(connection, identity.name, subject, now)
            connection.execute(delete(schema.members).where(schema.members.c.user == user))
            ids = connection.scalars(select(schema.groups.c.id).where(schema.groups.c.name.in_(identity.groups)))
            rows = [{"user": user, "group": group} for group in ids]
            if rows:
                connection.execute(insert(schema.members), rows)
            changed(connection)
            return self._begin(connection, user, now, VOUCHED_SECONDS), str(user)

    def _newcomer(self, connection: Connection, name: str, subject: str, now: float) -> str:
        """Make the account of somebody whom a provider vouches for; a name that is taken gets a number."""
        users, user, shown = schema.users, token_hex(8), as_name(name)
        taken = set(connection.scalars(select(users.c.folded)))
        named = (shown if n == 1 else f"{shown} ({n})" for n in count(1))
        shown = next(name for name in named if folded(name) not in taken)
        connection.execute(
            insert(users).values(
                id=user,
                name=shown,
                folded=folded(shown),
                subject=subject,
                permissions=["read"],
                is_disabled=False,
                created=now,
            )
        )
        return user

    def change_password(self, user: str, old: str, new: str, session: str) -> None:
        """Set a new password; every other session of the person ends."""
        check_password(new)
        with self._database.reading() as connection:
            kept = connection.scalar(select(schema.users.c.password).where(schema.users.c.id == user))
        if not self._hash.verify(old[: LONGEST + 1], kept or self._nobodys):
            raise SignInRefused
        secret = self._hash.hash(new)
        with self._database.writing() as connection:
            connection.execute(update(schema.users).where(schema.users.c.id == user).values(password=secret))
            others = schema.sessions.c.user == user, schema.sessions.c.hash != session
            connection.execute(delete(schema.sessions).where(*others))
            changed(connection)

    def sign_out(self, session: str) -> None:
        """End the session of this hash, wherever its token is used."""
        with self._database.writing() as connection:
            connection.execute(delete(schema.sessions).where(schema.sessions.c.hash == session))
            changed(connection)

    def user_of(self, connection: Connection, session: str) -> str | None:
        """Return whose session it is, None where it has ended: by time, by sign-out, or with the account."""
        now = self._clock()
        kept = schema.sessions
        row = connection.execute(
            select(kept, schema.users.c.is_disabled)
            .join_from(kept, schema.users, schema.users.c.id == kept.c.user)
            .where(kept.c.hash == session)
        ).first()
        if row is None or row.is_disabled or now - row.used > self._idle or now > row.until:
            return None
        return str(row.user)

    def used(self, session: str) -> None:
        """Keep a session from ending for want of use."""
        now, kept = self._clock(), schema.sessions
        with self._database.reading() as connection:
            last = connection.scalar(select(kept.c.used).where(kept.c.hash == session))
        if last is not None and now - last > USED_AGAIN:
            with self._database.writing() as connection:
                connection.execute(update(kept).where(kept.c.hash == session).values(used=now))

    def _begin(self, connection: Connection, user: str, now: float, whole: float | None = None) -> str:
        kept, token = schema.sessions, SESSION + token_urlsafe(32)
        connection.execute(delete(kept).where((kept.c.until < now) | (kept.c.used < now - self._idle)))
        until = now + (self._whole if whole is None else min(whole, self._whole))
        connection.execute(insert(kept).values(hash=hashed(token), user=user, created=now, used=now, until=until))
        return token

    def _first(self, connection: Connection, name: str, now: float) -> str:
        """Make the account of the first administrator."""
        users, user, shown = schema.users, token_hex(8), as_name(name)
        if any("administer" in row.permissions and row.password for row in connection.execute(select(users))):
            raise CodeRefused
        if connection.execute(select(users.c.id).where(users.c.folded == folded(shown))).first():
            raise AccessError(f"there is a {shown!r} already", f"「{shown}」という人はもういます。", "name-taken")
        connection.execute(
            insert(users).values(
                id=user,
                name=shown,
                folded=folded(shown),
                permissions=sorted(PERMISSIONS),
                is_disabled=False,
                created=now,
            )
        )
        return user

    def _wait(self, connection: Connection, tried: str, now: float) -> None:
        row = connection.execute(select(schema.attempts).where(schema.attempts.c.hash == tried)).first()
        if row is None or now - row.last > FORGOTTEN or row.failures < FREE:
            return
        left = row.last + min(LONGEST_WAIT, 2.0 ** (row.failures - FREE)) - now
        if left > 0:
            raise TooEarly(left)

    def _count(self, connection: Connection, tried: str, now: float) -> None:
        kept = schema.attempts
        connection.execute(delete(kept).where(kept.c.last < now - FORGOTTEN))
        added = inserting(connection, kept).values(hash=tried, failures=1, last=now)
        again = {"failures": kept.c.failures + 1, "last": now}
        connection.execute(added.on_conflict_do_update(index_elements=["hash"], set_=again))


def check_password(password: str) -> None:
    """Raise AccessError for a password that is too short or too long; what is in it is the person's affair.

    As NIST SP 800-63B-4 has it: length counts, composition rules do not.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccessError(
            f"a password has {SHORTEST} to {LONGEST} characters",
            f"パスワードは {SHORTEST}〜{LONGEST} 文字にしてください。",
            "password-unfit",
        )
