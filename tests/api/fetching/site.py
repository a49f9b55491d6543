"""A town's web site on the loopback: what it answers is set by path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PLAIN = "text/plain; charset=utf-8"


@dataclass
class Answer:
    """``headers`` are sent as they are; without a length where ``length`` is None."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": PLAIN})
    length: int | str | None = ""


class Site:
    """``asked`` are the requests that came: path and headers in small letters."""

    def __init__(self, port: int):
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, text: str = "", **more: Any) -> str:
        """Let the site have a text at a path; return its address."""
        self.answers[path] = Answer(text.encode(), **more)
        return self.url(path)


@contextmanager
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.asked.append((self.path, headers))
            answer = here.answers.get(self.path, Answer(status=404))
            etag = answer.headers.get("ETag")
            is_same = etag is not None and headers.get("if-none-match") == etag
            self.send_response(304 if is_same else answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.length is not None:
                self.send_header("Content-Length", str(0 if is_same else answer.length or len(answer.body)))
            self.end_headers()
            if not is_same:
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Site(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
