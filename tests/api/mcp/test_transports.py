"""The same tools through a child's standard streams and over HTTP, and who is turned away there."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from api.access.caller import LOCAL
from api.access.door import LocalDoor
from api.access.papers import Papers
from api.access.state import LocalHoldings
from api.app import create_app
from api.mcp.http import _Answered, security_of
from api.mcp.server import build_server
from api.mcp.visits import http_visit
from api.settings import Settings
from tests.api.mcp.clients import talked, text_of
from tests.api.mcp.conftest import PAGE
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
JSON = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HERE = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
# A child of which only the embedding model is a fake, and which prints where it must not.
CHILD = """
import sys
from pathlib import Path
from answer.assistant import Assistant
from api.mcp.stdio import serve
from api.settings import Settings
from index.collection import Collection
from tests.conftest import HashingEmbedder

class Loud(HashingEmbedder):
    def embed_queries(self, texts):
        print("a library that prints")
        return super().embed_queries(texts)

folder = Path(sys.argv[1])
serve(Assistant(Collection(folder, Loud())), Settings(index=folder))
"""


@pytest.mark.parametrize("mode", ["auto", "legacy"])  # the protocol of 2026, and that of older clients
def test_a_child_answers_over_its_streams_whatever_else_prints(folder, ids, mode):
    async def talk(client):
        tools = {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("ask", {"question": "令和6年度の橋の点検件数は何件ですか。"})
        page = await client.read_resource(f"tenkyo://documents/{ids['建設_3月.txt']}/pages/1")
        return tools, answer, page.contents[0].text

    child = StdioServerParameters(command=sys.executable, args=["-c", CHILD, str(folder)], env=HERE, cwd=str(ROOT))
    tools, answer, page = talked(child, talk, mode=mode)
    assert "search" in tools
    assert answer.structured_content["answer"] == "52件（令和6年度）"
    assert "52件" in text_of(answer)
    assert "令和5年度で38件です。" in page


@pytest.mark.parametrize("model", ["hashing", "default"])
def test_the_command_reads_at_once_and_says_when_it_is_another_model_s_index(folder, ids, model):
    """No model is loaded to open papers."""

    async def talk(client):
        listed = await client.call_tool("list_documents", {})
        return listed, await client.call_tool("read_page", {"document_id": ids["建設_3月.txt"]})

    arguments = ["-m", "api.cli", "--index", str(folder), "--embedding-model", model, "mcp"]
    child = StdioServerParameters(command=sys.executable, args=arguments, env=HERE, cwd=str(ROOT))
    listed, page = talked(child, talk)
    if model == "hashing":
        assert {document["document_id"] for document in listed.structured_content["documents"]} == set(ids.values())
        assert "令和5年度で38件です。" in text_of(page)
    else:
        assert "hashing" in text_of(listed)


def test_the_command_ends_when_its_input_ends(folder):
    arguments = [sys.executable, "-m", "api.cli", "--index", str(folder), "mcp"]
    ended = subprocess.run(arguments, input=b"", capture_output=True, cwd=ROOT, env=os.environ | HERE, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, b"")


def test_ctrl_c_ends_the_command_while_it_waits_for_a_line(folder):
    arguments = [sys.executable, "-m", "api.cli", "--index", str(folder), "--embedding-model", "hashing", "mcp"]
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_documents", "arguments": {}}}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=ROOT, env=os.environ | HERE, **pipes) as process:
        process.stdin.write(json.dumps(ask).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()  # it is up, whatever it makes of a client that has not said hello
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT


@contextmanager
def served(assistant, folder):
    """Serve the API on a port of its own, as ``tenkyo serve`` does; yield its address."""
    port = free_port()
    app = create_app(assistant, Settings(index=folder, api_port=port))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_same_answer_comes_over_http(assistant, folder, ids, mode):
    async def talk(client):
        answer = await client.call_tool("ask", {"question": "令和6年度の橋の点検件数は何件ですか。"})
        return answer, (await client.read_resource("tenkyo://documents")).contents[0].text

    with served(assistant, folder) as address:
        answer, listed = talked(address, talk, mode=mode)
    assert answer.structured_content["answer"] == "52件（令和6年度）"
    assert all(id_ in listed for id_ in ids.values())


def test_several_clients_are_answered_at_once(assistant, folder):
    async def one(address, number):
        async with Client(address) as client:
            result = await client.call_tool("search", {"question": f"第{number}条のため池", "limit": 1})
            return result.structured_content["hits"][0]["quote"]

    async def all_of_them(address):
        return await asyncio.gather(*(one(address, number) for number in (12, 120, 333)))

    with served(assistant, folder) as address:
        quotes = asyncio.run(all_of_them(address))
    assert len(set(quotes)) == 3


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "evil.example"}, 400),
        ({"host": "127.0.0.1.evil.example"}, 400),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:3000"}, 403),
        ({"origin": "http://127.0.0.1:8501"}, 200),
        ({"content-type": "text/plain"}, 400),
    ],
)
def test_another_site_cannot_let_a_browser_call_the_tools(assistant, folder, headers, status):
    with TestClient(create_app(assistant, Settings(index=folder))) as client:
        assert client.post("/mcp", json=PING, headers=JSON | headers).status_code == status


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {"host": "127.0.0.1:8000"}, 200),
        ({}, {"host": "evil.example"}, 421),
        ({}, {"host": "127.0.0.1.evil.example:8000"}, 421),
        ({}, {"host": "localhost:8000", "origin": "https://evil.example"}, 403),
        ({"api_host": "0.0.0.0", "shared": True}, {"host": "evil.example"}, 421),
        ({"api_host": "0.0.0.0", "shared": True}, {"host": "localhost", "origin": "http://localhost:3000"}, 403),
        ({"api_host": "::1"}, {"host": "[::1]:8000"}, 200),
    ],
)
def test_the_protocol_s_own_check_of_hosts_is_on_for_every_address(assistant, folder, settings, headers, status):
    """The SDK has none where one listens everywhere, unless it is told: the gate before it is not the only one."""
    chosen = Settings(index=folder, **settings)
    assert security_of(chosen).enable_dns_rebinding_protection

    async def bare(scope, receive, send):
        scope["state"] = {"caller": LOCAL}
        server = build_server(Papers(assistant, LocalHoldings()), LocalDoor(), PAGE, http_visit)
        await _Answered(server, chosen)(scope, receive, send)

    async def post():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=bare)) as http:
            return await http.post("http://x/mcp", json=PING, headers=JSON | headers)

    assert asyncio.run(post()).status_code == status


def test_there_is_nothing_to_listen_to_and_nothing_to_end(assistant, folder):
    with TestClient(create_app(assistant, Settings(index=folder))) as client:
        assert client.get("/mcp").status_code == 405
        assert client.delete("/mcp").status_code == 405
        assert client.post("/mcp", content=b"{" * 10, headers=JSON).status_code == 400
        assert client.post("/mcp", content=b" " * 70_000, headers=JSON).status_code == 413


def test_a_message_that_comes_with_no_caller_is_answered_to_nobody(assistant):
    """Should the server ever stand where no entrance looks who comes, it says nothing."""
    server = build_server(Papers(assistant, LocalHoldings()), LocalDoor(), PAGE, http_visit)

    async def bare(scope, receive, send):
        await _Answered(server, Settings())(scope, receive, send)

    call = {"name": "list_documents", "arguments": {}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}

    async def post():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=bare)) as http:
            return await http.post("http://localhost/mcp", json=asked, headers=JSON)

    response = asyncio.run(post())
    assert "error" in response.json()
    assert "青葉町" not in response.text


def test_a_wrong_token_does_not_even_learn_which_tools_there_are(office):
    async def listed(client):
        return await client.list_tools()

    async def refused(token):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx2.ASGITransport(app=office.client.app)
        async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
            with pytest.raises(Exception) as error:  # noqa: PT011 - of whichever kind the SDK makes of a 401
                async with Client(streamable_http_client("http://testserver/mcp", http_client=http)) as client:
                    await listed(client)
            return error

    for token in (None, "ts_wrong", "tk_wrong", office.tokens["revoked"]):
        asyncio.run(refused(token))
        headers = JSON | ({"authorization": f"Bearer {token}"} if token else {})
        assert office.client.post("/mcp", json=PING, headers=headers).status_code == 401
