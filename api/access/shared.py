"""The state with accounts: a session's token or an API key becomes the Caller that it stands for."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from threading import Lock
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection
from starlette.datastructures import Headers

from api.access.audit import Audit, Questions
from api.access.caller import Caller, Way, unknown_caller
from api.access.conversations import Conversations
from api.access.database import Database, change, open_accounts
from api.access.door import Done
from api.access.errors import AccessError, AccessUnusable
from api.access.keys import KEY, Keys
from api.access.metrics import Metrics
from api.access.people import People, found_person, hashed, visible
from api.access.signing_in import SESSION, SigningIn
from api.access.turns import Turns
from api.problems import Problem
from index.protocols import IndexInterrupted
from index.reading import CORES
from index.servers import Servers

NOBODYS_PER_MINUTE = 120  # of one address: sign-ins, and looks whether the server runs
REMEMBERED = 64  # sets of groups whose documents are kept in memory
# Reading lists says nothing of a paper, and a page asks for some of them every few seconds.
QUIET = frozenset(
    {
        *("/healthz", "/sign-in", "/welcome", "/metrics", "/openapi.json", "/v1/me", "/v1/intake", "/v1/llm"),
        "/v1/watching",
        *("/v1/examples", "/v1/documents", "/v1/groups", "/v1/users", "/v1/keys", "/v1/feedback", "/v1/evaluations"),
        *("/v1/conversations", "/v1/conversations/{conversation_id}", "/v1/models"),
    }
)

log = logging.getLogger(__name__)


class SharedDoor:
    """Knows people, sessions and keys. Safe from threads; what another process changes holds on the next request."""

    is_shared = True

    def __init__(
        self,
        database: Database,
        signing_in: SigningIn,
        questions: Questions = "hashed",
        per_minute: int = 1200,
        at_once: int | None = None,
        conversation_days: int | None = None,
    ):
        self.database = database
        self.signing_in = signing_in
        self.people = People(database)
        self.keys = Keys(database)
        self.conversations = Conversations(database, conversation_days)
        self.audit = Audit(database, questions)
        self._seen: OrderedDict[tuple[int, frozenset[str]], frozenset[str]] = OrderedDict()
        self._lock = Lock()
        self.metrics = Metrics()
        self._turns = Turns(at_once or CORES, self.metrics.waited)
        self._often = RateLimitItemPerMinute(per_minute)
        self._nobody_often = RateLimitItemPerMinute(NOBODYS_PER_MINUTE)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def caller(self, headers: Headers) -> Caller | None:
        """Return whom the one credential of a request stands for; None without one.

        Raise a Problem of status 400 for two of them or one of another kind, 401 for one that holds no longer. Cookies
        are none: a browser sends them for whatever site it shows.
        """
        given = [*headers.getlist("authorization"), *(f"Bearer {key}" for key in headers.getlist("x-api-key"))]
        if not given:
            return None
        scheme, _, token = given[0].partition(" ")
        token = token.strip()
        if len(given) > 1 or scheme.lower() != "bearer" or not token.startswith((SESSION, KEY)):
            what = "more than one credential" if len(given) > 1 else "no session or API key as Authorization: Bearer"
            title = "認証情報が正しくありません。キーを1つだけ、Authorization: Bearer で送ってください。"
            raise Problem(400, "credentials", title, what)
        found = self._of("key" if token.startswith(KEY) else "session", hashed(token))
        if found is None:
            raise unknown_caller("the session has ended or the key holds no longer")
        try:
            (self.keys.used if found.by == "key" else self.signing_in.used)(found.credential)
        except AccessError as error:  # that it was used may go unwritten, and nobody has to wait for it
            log.warning("not written down: %s", error)
        return found

    def is_open(self, caller: Caller) -> bool:
        """Tell whether what the caller came with still holds, and gives all the rights that it gave."""
        now = self._of(caller.by, caller.credential)
        return (
            now is not None
            and caller.groups <= now.groups
            and caller.permissions <= now.permissions
            and (caller.visible or frozenset()) <= (now.visible or frozenset())
        )

    def limit(self, caller: Caller | None, address: str) -> None:
        """Raise a Problem of status 429 when a caller, or who is not known at an address, asks too often."""
        item, who = (self._often, caller.id) if caller else (self._nobody_often, address)
        if not self._limiter.hit(item, "caller" if caller else "nobody", who):
            title = "要求が多すぎます。1分ほど待ってから、もう一度お試しください。"
            problem = Problem(429, "too-many-requests", title, f"more than {item.amount} requests a minute")
            problem.headers = {"Retry-After": "60"}
            raise problem

    def turn(self, caller: Caller) -> AbstractAsyncContextManager[Callable[[], None]]:
        return self._turns.turn(caller.id)

    def record(self, caller: Caller | None, done: Done) -> None:
        """Put a request down, unless it read a list, or came from nobody who tried to be known."""
        self.metrics.answered(f"{done.method} {done.route}", done.status, done.seconds)
        noted = dict(done.noted)
        who = caller.id if caller else noted.pop("who", None)
        if who is None and "refused" not in noted:
            return
        if done.status < 400 and done.method in ("GET", "HEAD") and done.route in QUIET:
            return
        told: dict[str, Any] = {
            "who": who,
            "by": caller.by if caller else None,
            "credential": caller.credential[:16] if caller else None,
            "what": f"{done.method} {done.route}",
            "documents": list(done.documents),
            "status": done.status,
        }
        try:
            self.audit.add(**{**noted, **told})
        except AccessError as error:  # such as while no server can be written: what was asked is answered all the same
            log.error("not in the record, since %s: %s", error, told)

    def groups_of(self, caller: Caller) -> list[tuple[str, str]]:
        return [(group.id, group.name) for group in self.people.groups() if group.id in caller.groups]

    def first_code(self) -> str | None:
        return None if self.people.has_administrator() else self.people.first_code()

    def close(self) -> None:
        self.database.close()

    def _of(self, by: Way, credential: str) -> Caller | None:
        """Return the Caller behind the hash of a session's token or of a key, as things stand now."""
        try:
            return self._found(by, credential)
        except AccessUnusable as error:  # a server that falls while it is asked: the next may do
            if not isinstance(error.__cause__, IndexInterrupted):
                raise
            return self._found(by, credential)

    def _found(self, by: Way, credential: str) -> Caller | None:
        with self.database.reading() as connection:
            key = self.keys.of(connection, credential) if by == "key" else None
            user = key.user if key else self.signing_in.user_of(connection, credential) if by == "session" else None
            person = None if user is None else found_person(connection, user)
            if person is None or person.is_disabled:
                return None
            groups, permissions = person.groups, person.permissions
            if key:  # it never gives more than its owner has by now
                groups, permissions = groups & key.groups, permissions & key.permissions
            return Caller(
                person.id, person.name, groups, permissions, by, credential, self._visible(connection, groups)
            )

    def _visible(self, connection: Connection, groups: frozenset[str]) -> frozenset[str]:
        key = change(connection), groups
        self.database.saw(key[0])
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        found = visible(connection, groups)
        with self._lock:
            self._seen[key] = found
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return found


def open_door(
    folder: Path,
    idle_seconds: float,
    whole_seconds: float,
    questions: Questions,
    hasher: Argon2Hasher | None = None,
    *,
    per_minute: int = 1200,
    at_once: int | None = None,
    url: Servers | str | None = None,
    conversation_days: int | None = None,
) -> SharedDoor:
    """Return the door of the collection in ``folder``; None as ``hasher`` is argon2id as its authors advise.

    ``url`` is that of a database which machines share, and in which their accounts stand too.
    """
    database = open_accounts(folder, url)
    signing_in = SigningIn(database, idle_seconds, whole_seconds, hasher)
    return SharedDoor(database, signing_in, questions, per_minute, at_once, conversation_days)
