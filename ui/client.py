"""AskClient: the only module of the page that knows a URL."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import httpx

Json = dict[str, Any]
ASYNC = {"prefer": "respond-async"}
# An answer takes well under a second once the model is loaded; adding a thick PDF to the index takes minutes.
TIMEOUT = httpx.Timeout(120.0, connect=3.0)
PATIENT = {"timeout": httpx.Timeout(900.0, connect=3.0).as_dict()}


class Response(Protocol):
    """What is read of a response; both httpx and Starlette's test client give it."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...

    def json(self) -> Any: ...


class Http(Protocol):
    """An HTTP client that already knows the address of the API: httpx.Client, or Starlette's test client."""

    @property
    def request(self) -> Callable[..., Response]: ...

    @property
    def stream(self) -> Callable[..., AbstractContextManager[Any]]: ...


# N818 asks for names ending in Error; these say what came of a request.
class ApiDown(Exception):  # noqa: N818
    """Nothing answers at the API's address."""


class ApiSlow(Exception):  # noqa: N818
    """The API took the request but did not answer in time."""


class Problem(Exception):  # noqa: N818
    """A refusal by the API. ``title`` is Japanese, for the person; ``detail`` is exact English."""

    def __init__(self, status: int, title: str, detail: str = "", body: Json | None = None):
        super().__init__(f"{status}: {detail or title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.body = body or {}


def connect(address: str) -> AskClient:
    """Return a client of the API at ``address``, such as ``http://127.0.0.1:8000``."""
    # A proxy of the environment must not stand between the page and its own machine.
    return AskClient(httpx.Client(base_url=address, timeout=TIMEOUT, trust_env=False))


class AskClient:
    """The API's routes as methods. Raises Problem, ApiDown or ApiSlow."""

    def __init__(self, http: Http, token: str | None = None):
        """``token`` is the session of whoever uses the page, where there are accounts: it does what they may do."""
        self._http = http
        self._as = {"authorization": f"Bearer {token}"} if token else {}

    def signed_in(self, token: str | None) -> AskClient:
        """Return a client over the same connections that asks as the owner of a session."""
        return AskClient(self._http, token)

    # --- asking ---

    def health(self) -> Json:
        return self._json("GET", "/healthz")

    def examples(self) -> list[str]:
        questions: list[str] = self._json("GET", "/v1/examples")["questions"]
        return questions

    def ask(
        self,
        question: str,
        scope: Json | None = None,
        after: str | None = None,
        as_typed: bool = False,
        llm: bool | None = None,
    ) -> Json:
        """Return the answer object; ``after`` is the question before, as it was understood.

        ``as_typed`` asks for just what was typed: nothing is followed, and no misspelt word is put right. Where ``llm``
        is False, no language model writes beside it.
        """
        body = _asked(question, scope, after, as_typed)
        return self._json("POST", "/v1/ask", json=body if llm is None else body | {"llm": llm})

    def tell(
        self, question: str, scope: Json | None = None, after: str | None = None, as_typed: bool = False
    ) -> Generator[Json | None, None, None]:
        """Yield the events of an answer: the outcome at once, a model's sentences as they are checked, the whole.

        None comes while there is nothing to tell. Closing the generator stops the model.
        """
        body = _asked(question, scope, after, as_typed) | {"stream": True}
        with _transport(), self._http.stream("POST", "/v1/ask", json=body, headers=self._as) as response:
            if response.status_code >= 400:
                response.read()
                raise _problem(response)
            for line in _lines(response.iter_bytes()):
                yield json.loads(line) if line else None

    def llm(self) -> Json:
        """Return which language model writes beside answers."""
        return self._json("GET", "/v1/llm")

    # --- the collection ---

    def documents(self, scope: Json | None = None) -> list[Json]:
        """Return the documents of the collection, or those within ``scope``."""
        params = {name: value for name, value in (scope or {}).items() if value}
        documents: list[Json] = self._json("GET", "/v1/documents", params=params)["documents"]
        return documents

    def upload(self, name: str, content: bytes, group: str | None = None) -> Json:
        """Hand a file over to be taken in, for a group; return the intake, which goes on by itself."""
        options = {"headers": ASYNC, "extensions": PATIENT, "params": {"group": group} if group else {}}
        return self._json("POST", "/v1/documents", files={"files": (name, content)}, **options)

    def add_sample(self, group: str | None = None) -> Json:
        """Have the sample collection taken in; return the intake, which goes on by itself."""
        return self._json("POST", "/v1/sample", headers=ASYNC, params={"group": group} if group else {})

    def intakes(self) -> list[Json]:
        """Return the intakes that wait, run or have ended lately, whoever has begun them."""
        listed: list[Json] = self._json("GET", "/v1/intake")["intakes"]
        return listed

    def drop_intake(self, intake_id: str) -> None:
        """Stop an intake that is under way, or take one that has ended off the list."""
        self._call("DELETE", f"/v1/intake/{intake_id}")

    def retry_intake(self, intake_id: str) -> Json:
        """Have an intake that failed or was stopped done again, with the files that were sent; return it."""
        return self._json("POST", f"/v1/intake/{intake_id}/retry")

    def watching(self) -> list[Json]:
        """Return the folders that are watched, each with its last run and what could not be taken in."""
        folders: list[Json] = self._json("GET", "/v1/watching")["folders"]
        return folders

    def document(self, document_id: str) -> Json:
        """Return one document with its pages and headings."""
        return self._json("GET", f"/v1/documents/{document_id}")

    def describe(self, document_id: str, said: Mapping[str, str]) -> Json:
        """Set title, meeting, published or department by hand; return the document as it is listed now."""
        return self._json("PATCH", f"/v1/documents/{document_id}", json=dict(said), extensions=PATIENT)

    def remove(self, document_id: str) -> None:
        self._call("DELETE", f"/v1/documents/{document_id}")

    def original(self, document_id: str) -> bytes:
        """Return the document's own file."""
        return self._call("GET", f"/v1/documents/{document_id}/file").content

    def find(self, document_id: str, words: str) -> Json:
        """Return where words stand in one document."""
        return self._json("GET", f"/v1/documents/{document_id}/find", params={"q": words})

    def tables(self, document_id: str, start: int, end: int) -> list[Json]:
        """Return the rows of tables that a span touches, with their headings."""
        params = {"start": start, "end": end}
        tables: list[Json] = self._json("GET", f"/v1/documents/{document_id}/tables", params=params)["tables"]
        return tables

    def page(self, document_id: str, number: int) -> Json:
        return self._json("GET", f"/v1/documents/{document_id}/pages/{number}")

    def picture(self, document_id: str, number: int, span: tuple[int, int] | None = None, dpi: int = 144) -> bytes:
        """Return the page as PNG, with the text of ``span`` marked on it."""
        params: Json = {"dpi": dpi}
        if span is not None:
            params |= {"start": span[0], "end": span[1]}
        return self._call("GET", f"/v1/documents/{document_id}/pages/{number}/image", params=params).content

    # --- editions and what changed ---

    def editions(self, document_id: str) -> Json:
        """Return the papers that are known as editions of one series with a document."""
        return self._json("GET", f"/v1/documents/{document_id}/editions")

    def decide(self, document_id: str, other_id: str, said: str | None) -> Json:
        """Say that two papers are editions of one series (joined) or none (parted); None takes it back."""
        return self._json("PUT", f"/v1/documents/{document_id}/editions/{other_id}", json={"said": said})

    def changes(self, now: str, then: str | None = None) -> Json:
        """Return what changed in a paper since another one, or since the edition before it."""
        params = {"now": now, "limit": 2000} | ({"then": then} if then else {})
        return self._json("GET", "/v1/changes", params=params, extensions=PATIENT)

    def follows(self) -> Json:
        """Return what is followed and the alerts that came of it."""
        return self._json("GET", "/v1/follows", extensions=PATIENT)

    def follow(self, body: Json) -> Json:
        """Follow a question, or a figure of a paper."""
        return self._json("POST", "/v1/follows", json=body)

    def unfollow(self, follow_id: str) -> None:
        self._call("DELETE", f"/v1/follows/{follow_id}")

    def see_alerts(self) -> None:
        self._call("POST", "/v1/alerts/seen")

    # --- how good it is ---

    def send_feedback(self, feedback: Json) -> Json:
        return self._json("POST", "/v1/feedback", json=feedback)

    def feedback(self) -> Json:
        return self._json("GET", "/v1/feedback")

    def accept(self, feedback_id: str, question: Json) -> Json:
        """Put a question that a person has completed into the collection's question file."""
        return self._json("POST", f"/v1/feedback/{feedback_id}/accept", json=question)

    def dismiss(self, feedback_id: str) -> Json:
        return self._json("POST", f"/v1/feedback/{feedback_id}/dismiss")

    def questions(self) -> bytes:
        """Return the question file (JSONL) that accepted drafts went to."""
        return self._call("GET", "/v1/feedback/questions").content

    def evaluations(self) -> list[Json]:
        """Return the scorecards, newest first; the committed baseline last."""
        runs: list[Json] = self._json("GET", "/v1/evaluations")["runs"]
        return runs

    def evaluation(self, run_id: str) -> Json:
        """Return one evaluation with every wrong answer beside what was expected."""
        return self._json("GET", f"/v1/evaluations/{run_id}")

    # --- conversations ---

    def conversations(self) -> list[Json]:
        """Return one's own conversations and those shared with one's groups, newest first."""
        listed: list[Json] = self._json("GET", "/v1/conversations")["conversations"]
        return listed

    def add_conversation(self, title: str, turns: list[Json]) -> str:
        """Keep a conversation; return its id."""
        return str(self._json("POST", "/v1/conversations", json={"title": title, "turns": turns})["id"])

    def change_conversation(self, conversation_id: str, change: Json) -> None:
        self._call("PATCH", f"/v1/conversations/{conversation_id}", json=change)

    def remove_conversation(self, conversation_id: str) -> None:
        self._call("DELETE", f"/v1/conversations/{conversation_id}")

    # --- accounts ---

    def me(self) -> Json:
        """Return who asks, what they may do, and their groups."""
        return self._json("GET", "/v1/me")

    def sign_out(self) -> None:
        self._call("DELETE", "/v1/session")

    def change_password(self, old: str, new: str) -> None:
        self._call("POST", "/v1/me/password", json={"old": old, "new": new})

    def api_keys(self) -> list[Json]:
        """Return one's own API keys, or everybody's for who administers."""
        keys: list[Json] = self._json("GET", "/v1/keys")["keys"]
        return keys

    def add_key(self, name: str, permissions: list[str], days: int) -> str:
        """Return a new API key, which can be seen this once."""
        return str(
            self._json("POST", "/v1/keys", json={"name": name, "permissions": permissions, "days": days})["secret"]
        )

    def revoke_key(self, key_id: str) -> None:
        self._call("DELETE", f"/v1/keys/{key_id}")

    def users(self) -> list[Json]:
        users: list[Json] = self._json("GET", "/v1/users")["users"]
        return users

    def add_user(self, name: str, permissions: list[str], groups: list[str]) -> str:
        """Make an account; return the code for the person to set a password with."""
        return str(
            self._json("POST", "/v1/users", json={"name": name, "permissions": permissions, "groups": groups})["code"]
        )

    def change_user(self, user_id: str, change: Json) -> None:
        self._call("PATCH", f"/v1/users/{user_id}", json=change)

    def invite(self, user_id: str) -> str:
        """Return a new code for who has lost their password."""
        return str(self._json("POST", f"/v1/users/{user_id}/invite")["code"])

    def groups(self) -> list[Json]:
        groups: list[Json] = self._json("GET", "/v1/groups")["groups"]
        return groups

    def add_group(self, name: str) -> None:
        self._call("POST", "/v1/groups", json={"name": name})

    def holdings(self) -> list[Json]:
        """Return every document's id, title and groups."""
        documents: list[Json] = self._json("GET", "/v1/holdings")["documents"]
        return documents

    def hold(self, document_id: str, groups: list[str]) -> None:
        """Say which groups a document belongs to."""
        self._call("PUT", f"/v1/holdings/{document_id}", json={"groups": groups})

    def audit(self, most: int) -> list[Json]:
        """Return the newest entries of the record."""
        entries: list[Json] = self._json("GET", "/v1/audit", params={"most": most})["entries"]
        return entries

    def check_audit(self) -> Json:
        """Have every hash of the record computed anew; return the verdict."""
        return self._json("GET", "/v1/audit/check")

    def audit_file(self) -> bytes:
        return self._call("GET", "/v1/audit/export").content

    # --- underneath ---

    def _json(self, method: str, url: str, **options: Any) -> Json:
        body: Json = self._call(method, url, **options).json()
        return body

    def _call(self, method: str, url: str, **options: Any) -> Response:
        headers = {**options.pop("headers", {}), **self._as}
        with _transport():
            response = self._http.request(method, url, headers=headers, **options)
        if response.status_code >= 400:
            raise _problem(response)
        return response


def _asked(question: str, scope: Json | None, after: str | None, as_typed: bool) -> Json:
    return {"question": question, "scope": scope, "after": after, "as_typed": as_typed}


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield whole lines; a paper may hold characters that count as line ends elsewhere, such as U+2028."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


@contextmanager
def _transport() -> Iterator[None]:
    """Say in our own words what httpx says of a connection."""
    try:
        yield
    except httpx.TimeoutException as error:
        # A connect timeout is a machine that is not there; any other is one that is busy.
        raise (ApiDown if isinstance(error, httpx.ConnectTimeout) else ApiSlow)(str(error)) from error
    except httpx.TransportError as error:
        raise ApiDown(str(error)) from error


def _problem(response: Response) -> Problem:
    try:
        body = response.json()
    except ValueError:  # a proxy's error page
        body = None
    if not isinstance(body, dict):
        body = {}
    title = str(body.get("title") or f"サーバーがエラーを返しました（{response.status_code}）")
    return Problem(response.status_code, title, str(body.get("detail") or ""), body)
