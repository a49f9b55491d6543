"""The tools over standard input and output, for a program on this machine: it acts as its person."""

from __future__ import annotations

import signal
import sys

import anyio

from answer.assistant import Assistant
from api.access.door import LocalDoor
from api.access.papers import Papers
from api.access.state import LocalHoldings
from api.mcp.server import build_server
from api.mcp.visits import local_visit
from api.settings import Settings


def serve(assistant: Assistant, settings: Settings) -> None:
    """Answer until the input ends. Nothing is loaded before the first call that needs it."""
    if sys.stdin.isatty():
        hint = "MCP のクライアント（Claude など）が起動するコマンドです。終了するには Ctrl-C を押してください。"
        print(hint, file=sys.stderr, flush=True)
    # Ctrl-C ends it at once: whoever waits for a line of input cannot be asked to, and there is nothing to put down.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = build_server(Papers(assistant, LocalHoldings()), LocalDoor(), settings.page_url, local_visit)
    anyio.run(server.run_stdio_async)
