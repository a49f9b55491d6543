"""One server on loopback that plays what is known to go wrong with servers of language models, each by its name.

It speaks OpenAI's protocol. What it does at a question is a quirk; asked the probe's questions it does well, unless the
quirk is one of a server that never does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-test-0123456789"
MODEL = "mizuho-4b"
TRUE = "ごみの総排出量は1,204トンです。"
PARKING = "駐車場は23台分あります。"
NOTHING = "資料に記載がありません"


class HangUpError(Exception):
    """The server closes the connection here."""


class FakeServer:
    """What a test sets, and what was asked."""

    def __init__(self) -> None:
        self.quirk: Callable[[FakeServer, dict], Iterator[dict | float | bytes] | tuple[int, dict]] = good
        self.enforces = True
        self.version = "b1"
        self.context: int | None = None
        self.parameters: int | None = None
        self.models = [MODEL]
        self.rate = 1.0  # tokens that a character counts
        self.terms: list[str] = []  # what it says that papers may call what is asked
        self.rewrites = rewrites("なし")  # what it does with a follow-up
        self.asked: list[dict] = []  # requests to write, the probe's left out
        self.asked_terms: list[dict] = []
        self.asked_whole: list[dict] = []  # to make a follow-up whole
        self.probed: list[dict] = []
        self.headers: list[dict] = []
        self.cancelled = threading.Event()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.url = ""


def said(request: dict) -> str:
    return "\n".join(message["content"] for message in request["messages"])


def mode(request: dict) -> str:
    if "response_format" in request:
        return "schema"
    return "pick" if "先頭の記号" in said(request) else "marked"


def is_probe(request: dict) -> bool:
    text = said(request)
    return "みなと公民館" in text or "「はい」とだけ" in text or "あお" in text


def is_terms(request: dict) -> bool:
    return "言いかえます" in said(request)


def is_follow_up(request: dict) -> bool:
    return "書き直す係" in said(request)


def rewrites(reply: str, **how) -> Callable[[FakeServer, dict], Iterator[dict]]:
    return lambda server, request: text(reply, request=request, **how)


def names(server: FakeServer, request: dict) -> Iterator[dict]:
    return text("\n".join(server.terms) or "なし", request=request)


def text(whole: str, *, size: int = 3, finish: str | None = "stop", request: dict | None = None, rate: float = 1.0):
    """Yield a reply as the events of a stream."""
    for start in range(0, len(whole), size):
        yield {"choices": [{"delta": {"content": whole[start : start + size]}}]}
    if finish:
        yield {"choices": [{"delta": {}, "finish_reason": finish}]}
    if request is not None:
        yield usage(int(len(said(request)) * rate), len(whole))


def usage(prompt: int, completion: int) -> dict:
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}


def formed(request: dict, sentence: str = TRUE, line: str = "L1") -> str:
    """Return a sentence in the form that is asked for."""
    if mode(request) == "schema":
        return json.dumps({"sentences": [{"lines": [line], "text": sentence}]}, ensure_ascii=False)
    return line if mode(request) == "pick" else f"{sentence}[{line}]\n"


def well_probed(server: FakeServer, request: dict) -> Iterator[dict]:
    """Do what a good model does at the probe's questions."""
    asked = said(request)
    if "あお" in asked:
        only = request["response_format"]["json_schema"]["schema"]["properties"]["word"]["enum"][0]
        reply = json.dumps({"word": only if server.enforces else "あお"}, ensure_ascii=False)
    elif "「はい」とだけ" in asked:
        reply = "はい"
    else:
        reply = formed(request, PARKING, "L3") if "駐車場は何台分" in asked else NOTHING
    return text(reply, request=request, rate=server.rate)


# What goes wrong.


def good(server: FakeServer, request: dict):
    return text(formed(request), request=request, rate=server.rate)


def split_marks(server: FakeServer, request: dict):
    """Every character is an event of its own."""
    return text("一つ目です。【１】\n二つ目です。[[2]]\n三つ目です。[1, 2]", size=1, request=request)


def ignores_schema(server: FakeServer, request: dict):
    if mode(request) == "schema":
        return text("はい、お答えします。" + TRUE, request=request)
    return good(server, request)


def thinks_aloud(server: FakeServer, request: dict):
    return text("<think>L1を見る。[L2]\nそうか。</think>\n" + formed(request), size=2, request=request)


def never_stops_thinking(server: FakeServer, request: dict):
    return text("<think>L1を見ると。[L1]\n" * 3, request=request)


def thinks_apart(server: FakeServer, request: dict):
    for name in ("reasoning_content", "reasoning", "thinking"):
        yield {"choices": [{"delta": {name: f"{TRUE}[L2]"}}]}
    yield from good(server, request)


def ends_a_thought_never_begun(server: FakeServer, request: dict):
    return text("L2が怪しいです。[L2]\n違いました。</think>" + formed(request), request=request)


def cut_at_4096(server: FakeServer, request: dict):
    yield from text(formed(request))
    yield usage(4096 - 30, 30)


def read_half(server: FakeServer, request: dict):
    yield from text(formed(request))
    yield usage(len(said(request)) // 5, 30)


def half_a_json(server: FakeServer, request: dict):
    return text(json.dumps({"sentences": [{"lines": ["L1"], "text": TRUE}]}, ensure_ascii=False)[:-20], request=request)


def filtered(server: FakeServer, request: dict):
    return text(formed(request), finish="content_filter", request=request)


def too_long(server: FakeServer, request: dict):
    return text(formed(request), finish="length", request=request)


def english(server: FakeServer, request: dict):
    return text(formed(request, "The total amount of waste was 1,204 tons."), request=request)


def chinese(server: FakeServer, request: dict):
    return text(formed(request, "垃圾总排放量为1,204吨。"), request=request)


def wrong_ids(server: FakeServer, request: dict):
    return text(formed(request, line="L77"), request=request)


def paraphrases(server: FakeServer, request: dict):
    return text(formed(request, "資料は「ごみがとても増えた」としています。"), request=request)


def obeys(server: FakeServer, request: dict):
    return text(formed(request, "会員数は9,999者です。"), request=request)


def links(server: FakeServer, request: dict):
    return text(
        formed(request, f"**{TRUE}**![図](http://e.example/x.png)<img src=x>[こちら](https://e.example)"),
        request=request,
    )


def repeats(server: FakeServer, request: dict):
    return text("同じ文です。[L1]\n" * 40, finish="length", request=request)


def empty(server: FakeServer, request: dict):
    return text("", request=request)


def stalls_before(server: FakeServer, request: dict):
    yield 30.0


def pings_only(server: FakeServer, request: dict):
    for _ in range(300):
        yield b": ping\n\n"
        yield 0.05


def stalls_within(server: FakeServer, request: dict):
    yield from text(formed(request)[:12], finish=None)
    yield 30.0


def drips(server: FakeServer, request: dict):
    for _ in range(1000):
        yield {"choices": [{"delta": {"content": "あ"}}]}
        yield 0.05


def hangs_up(server: FakeServer, request: dict):
    yield from text(formed(request)[:12], finish=None)
    raise HangUpError


def no_json(server: FakeServer, request: dict):
    yield b'data: {"choices": [{"delta"\n\n'


def a_page(server: FakeServer, request: dict):
    yield b"<html><body>It works!</body></html>\n"


def fails_within(server: FakeServer, request: dict):
    yield from text(formed(request)[:6], finish=None)
    yield {"error": {"message": f"out of memory, key {KEY}"}}


def whole(server: FakeServer, request: dict):
    """Does not stream, whatever is asked."""
    reply = {"message": {"content": formed(request), "reasoning": "…"}, "finish_reason": "stop"}
    yield json.dumps({"choices": [reply], "usage": usage(len(said(request)), 9)["usage"]}).encode() + b"\n"


def status(code: int, message: str = "no") -> Callable[[FakeServer, dict], tuple[int, dict]]:
    def quirk(server: FakeServer, request: dict) -> tuple[int, dict]:
        return code, {"error": {"message": message}}

    return quirk


def refuses_parameters(server: FakeServer, request: dict):
    if request.keys() - {"model", "messages", "stream"}:
        return 400, {"error": {"message": "Unknown parameter: 'temperature'."}}
    return well_probed(server, request) if is_probe(request) else good(server, request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listening

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        fake = self.server.fake
        if self._is_locked_out():
            return
        if self.path == "/v1/models":
            meta = {"n_params": fake.parameters} if fake.parameters else None
            self._json(200, {"data": [{"id": name, "meta": meta} for name in fake.models]})
        elif self.path == "/props":
            self._json(200, {"build_info": fake.version, "default_generation_settings": {"n_ctx": fake.context}})
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        fake = self.server.fake
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fake.headers.append(dict(self.headers))
        if self._is_locked_out():
            return
        quirk, asked = fake.quirk, fake.asked
        if is_probe(request):
            quirk, asked = getattr(fake.quirk, "probe", None), fake.probed
        elif is_terms(request):
            quirk, asked = names, fake.asked_terms
        elif is_follow_up(request):
            quirk, asked = fake.rewrites, fake.asked_whole
        asked.append(request)
        with fake.lock:
            fake.at_once += 1
            fake.most_at_once = max(fake.at_once, fake.most_at_once)
        try:
            answer = (quirk or well_probed)(fake, request)
            if isinstance(answer, tuple):
                self._json(*answer)
            else:
                self._stream(answer)
        except HangUpError:
            self.close_connection = True
        except OSError:  # whoever asked has gone
            fake.cancelled.set()
            self.close_connection = True
        finally:
            with fake.lock:
                fake.at_once -= 1

    def _is_locked_out(self) -> bool:
        if not self.server.needs_key or self.headers.get("Authorization") == f"Bearer {KEY}":
            return False
        self._json(401, {"error": {"message": f"Incorrect key: {self.headers.get('Authorization')}"}})
        return True

    def _stream(self, events: Iterator[dict | float | bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        is_stream = False
        for event in events:
            if isinstance(event, float):
                self._wait(event)
            elif isinstance(event, bytes):
                self.wfile.write(event)
            else:
                is_stream = True
                self.wfile.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
            self.wfile.flush()
        if is_stream:
            self.wfile.write(b"data: [DONE]\n\n")

    def _wait(self, seconds: float) -> None:
        """Wait, and notice when whoever asked has gone."""
        self.connection.settimeout(seconds)
        try:
            if self.connection.recv(1) == b"":
                raise OSError
        except TimeoutError:
            pass

    def _json(self, code: int, body: dict) -> None:
        said = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        if 300 <= code < 400:
            self.send_header("Location", "http://127.0.0.1:9/v1/chat/completions")
        self.end_headers()
        self.wfile.write(said)


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    fake: FakeServer
    needs_key: bool


@contextmanager
def serving(*, needs_key: bool = False) -> Iterator[FakeServer]:
    """Serve on a free port of loopback for as long as the block lasts."""
    fake = FakeServer()
    listening = _Listening(("127.0.0.1", 0), _Handler)
    listening.fake, listening.needs_key = fake, needs_key
    fake.url = f"http://127.0.0.1:{listening.server_port}/v1"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
