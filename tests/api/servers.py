"""Servers on the loopback: a webhook and a mail server that keep what they are sent, and the API on a real port."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI

from tests.ports import free_port


class _Hook(BaseHTTPRequestHandler):
    got: ClassVar[list[Any]] = []
    status: ClassVar[int] = 204

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.got.append(json.loads(self.rfile.read(length)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Mail(socketserver.StreamRequestHandler):
    got: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        self._say("220 kaede.test")
        while line := self.rfile.readline().strip():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say("221 bye")
                return
            if verb != b"DATA":
                self._say("250 ok")
                continue
            self._say("354 go on")
            lines = []
            while (part := self.rfile.readline().rstrip(b"\r\n")) != b".":
                lines.append(part)
            self.got.append(b"\n".join(lines))
            self._say("250 kept")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def webhook(status: int = 204) -> Iterator[tuple[str, list[Any]]]:
    """Serve an address that answers with ``status``; yield it and the list of what is posted to it."""
    handler = type("Hook", (_Hook,), {"got": [], "status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server, _serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}/alerts", handler.got


@contextmanager
def mail_server() -> Iterator[tuple[int, list[bytes]]]:
    """Serve mail; yield the port and the list of messages."""
    handler = type("Mail", (_Mail,), {"got": []})
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server, _serving(server):
        yield server.server_address[1], handler.got


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def live(app: FastAPI) -> Iterator[str]:
    """Serve an app on a real port, for clients that bring their own way of asking; yield its address."""
    port = free_port()
    # Whoever hands the app in closes what it has opened.
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
