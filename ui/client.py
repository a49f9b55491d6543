"""AskClient: the only module of the page that knows a URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import httpx

Json = dict[str, Any]
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

    def __init__(self, http: Http):
        self._http = http

    def examples(self) -> list[str]:
        questions: list[str] = self._json("GET", "/v1/examples")["questions"]
        return questions

    def documents(self) -> list[Json]:
        documents: list[Json] = self._json("GET", "/v1/documents")["documents"]
        return documents

    def ask(self, question: str) -> Json:
        return self._json("POST", "/v1/ask", json={"question": question})

    def upload(self, name: str, content: bytes) -> Json:
        """Add or refresh one file; return what became of it."""
        return self._json("POST", "/v1/documents", files={"files": (name, content)}, extensions=PATIENT)

    def remove(self, document_id: str) -> None:
        self._call("DELETE", f"/v1/documents/{document_id}")

    def page(self, document_id: str, number: int) -> Json:
        return self._json("GET", f"/v1/documents/{document_id}/pages/{number}")

    def picture(self, document_id: str, number: int, span: tuple[int, int] | None = None, dpi: int = 144) -> bytes:
        """Return the page as PNG, with the text of ``span`` marked on it."""
        params: Json = {"dpi": dpi}
        if span is not None:
            params |= {"start": span[0], "end": span[1]}
        return self._call("GET", f"/v1/documents/{document_id}/pages/{number}/image", params=params).content

    def _json(self, method: str, url: str, **options: Any) -> Json:
        body: Json = self._call(method, url, **options).json()
        return body

    def _call(self, method: str, url: str, **options: Any) -> Response:
        try:
            response = self._http.request(method, url, **options)
        except httpx.ConnectError as error:
            raise ApiDown(str(error)) from error
        except httpx.TimeoutException as error:
            # A connect timeout is a machine that is not there; any other is one that is busy.
            raise (ApiDown if isinstance(error, httpx.ConnectTimeout) else ApiSlow)(str(error)) from error
        except httpx.TransportError as error:
            raise ApiDown(str(error)) from error
        if response.status_code >= 400:
            raise _problem(response)
        return response


def _problem(response: Response) -> Problem:
    try:
        body = response.json()
    except ValueError:  # a proxy's error page
        body = None
    if not isinstance(body, dict):
        body = {}
    title = str(body.get("title") or f"サーバーがエラーを返しました（{response.status_code}）")
    return Problem(response.status_code, title, str(body.get("detail") or ""), body)
