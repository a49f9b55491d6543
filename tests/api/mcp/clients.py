"""The SDK's own client, at a server in this process or at the door of an office."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

Do = Callable[[Client], Awaitable[Any]]


def talked(server: Any, do: Do, **how: Any) -> Any:
    """Return what ``do`` makes of a client of the server (an MCPServer, a Transport, or how to start a child)."""

    return asyncio.run(_talk(Client(server, **how), do))


def called(server: Any, tool: str, **arguments: Any) -> Any:
    """Return the result of one call."""
    return talked(server, lambda client: client.call_tool(tool, arguments))


def at_the_door(app: Any, token: str | None, do: Do) -> Any:
    """Return what ``do`` makes of a client that comes over HTTP to an app, with a session's token or a key."""

    async def talk() -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
            return await _talk(Client(streamable_http_client("http://testserver/mcp", http_client=http)), do)

    return asyncio.run(talk())


async def _talk(client: Client, do: Do) -> Any:
    """Return what ``do`` does, or raise what it raises: not in a group, as the client's own tasks would have it."""
    async with client:
        try:
            return await do(client)
        except MCPError as error:
            refusal = error
    raise refusal


def text_of(result: Any) -> str:
    """Return the text of a result of a tool: there must be some."""
    (content,) = result.content
    assert content.text.strip()
    return str(content.text)
