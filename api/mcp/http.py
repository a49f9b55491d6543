"""POST /mcp: the tools over streamable HTTP, as whom the entrance has found."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from api.access.caller import Reader
from api.access.door import Door
from api.access.papers import Papers
from api.settings import Settings

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.transport_security import TransportSecuritySettings


def mcp_router(papers: Papers, door: Door, settings: Settings) -> APIRouter:
    """Return the route. It keeps no session: each message stands for itself, and is its own Caller's.

    So there is nothing to listen to (GET) or to end (DELETE), and both are answered 405, as the protocol has it.
    """
    router = APIRouter(tags=["mcp"])

    @cache
    def server() -> MCPServer:
        from api.mcp.server import build_server  # half a second that is spent on whoever calls first
        from api.mcp.visits import http_visit

        return build_server(papers, door, settings.page_url, http_visit)

    @router.post("/mcp", include_in_schema=False)
    def call(request: Request, who: Reader) -> Response:
        return _Answered(server(), settings)

    return router


class _Answered(Response):
    """The protocol's own answer to a request whose body nobody has read."""

    def __init__(self, server: MCPServer, settings: Settings):
        super().__init__()
        self.server, self.settings = server, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Without sessions, what the SDK manages lasts as long as the message that it answers.
        self.server.streamable_http_app(
            json_response=True, stateless_http=True, transport_security=security_of(self.settings)
        )
        manager = self.server.session_manager
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def security_of(settings: Settings) -> TransportSecuritySettings:
    """Return the hosts and origins that are let in: said outright, since the SDK checks none for some addresses."""
    from mcp.server.transport_security import TransportSecuritySettings

    names = dict.fromkeys((*settings.allowed_hosts, settings.api_host, *settings.public_hosts))
    hosts = [f"[{name}]" if ":" in name else name for name in names]
    ports = (settings.api_port, settings.ui_port)
    own = [f"http://{host}:{port}" for host in hosts for port in ports]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*hosts, *(f"{host}:*" for host in hosts)],
        allowed_origins=list(settings.public_origins) if settings.shared else own,
    )
