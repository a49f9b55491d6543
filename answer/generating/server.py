"""A server that speaks OpenAI's protocol, asked so that nothing it does wrong reaches further than a ``ServerError``.

All of its work runs in one thread of its own, on an event loop: there a deadline or a consumer that has gone ends a
request at once, wherever it stands. Whoever asks iterates over the text as it comes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import queue
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from answer.generating.address import is_loopback, root_url
from answer.generating.thinking import Thinking

log = logging.getLogger(__name__)

_LARGEST = 4_000_000  # bytes of a reply
HEARTBEAT = 0.25  # seconds
_GRACE = 1.0  # seconds after a deadline that the loop gets to say so itself
_LOOK = 5.0  # seconds that a look at what a server is may take
_FAILURES = 3  # in a row, until the server is left alone
_REST = 300.0  # seconds that it is left alone

Kind = Literal["away", "key", "model", "refused", "window", "queue", "slow", "broken", "resting"]
_OURS = ("refused", "window", "queue", "resting")  # no reason to leave the server alone


class ServerError(Exception):
    """What kept a server from answering. ``message`` is Japanese, for the person; nothing of the key is in it."""

    def __init__(self, kind: Kind, message: str):
        super().__init__(kind)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Deadlines:
    """Seconds that a server has."""

    connect: float = 3.0
    first: float = 20.0  # until the first token, and before that for a turn among our own requests
    silence: float = 15.0  # between two tokens
    whole: float = 60.0


@dataclass(frozen=True)
class Connection:
    """Which server is asked, and how. ``url`` is one that ``base_url`` has returned."""

    url: str
    model: str | None = None  # None: the only one that the server has
    key: SecretStr | None = None
    window: int | None = None  # tokens of a prompt and its reply; None: what the server says of itself
    parallel: int = 1
    kept_as: str = ""  # what is found of it is kept under this name; under its address when empty
    deadlines: Deadlines = field(default_factory=Deadlines)


@dataclass(frozen=True)
class Message:
    """A turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Chat:
    """A request. With ``bare`` only the messages are sent: there are servers that refuse all else."""

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    quiet: bool = False  # ask for no thinking, in the words that servers know
    bare: bool = False
    thinks_first: bool = False  # the reply begins in the middle of thinking

    @property
    def characters(self) -> int:
        return sum(len(message.content) for message in self.messages)

    def body(self) -> dict[str, Any]:
        """Return what is sent."""
        sent: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            "stream": True,
        }
        if self.bare:
            return sent
        sent |= {
            "stream_options": {"include_usage": True},
            "temperature": 0,
            "seed": 0,
            "max_tokens": self.max_tokens,
        }
        if self.schema is not None:
            form = {"name": "reply", "strict": True, "schema": self.schema}
            sent["response_format"] = {"type": "json_schema", "json_schema": form}
        if self.quiet:
            sent |= {"reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": False}}
        return sent


@dataclass(frozen=True)
class Reply:
    """A reply to its end: ``raw`` as it came, ``text`` without thinking."""

    raw: str
    finish: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    first: float  # seconds until the first token
    seconds: float
    thought: bool = False
    leaked: bool = False  # thinking was handed on before it showed as such
    text: str = ""


class _Part(BaseModel):
    content: str | None = None
    # The three names under which servers send thinking; all are dropped.
    reasoning_content: Any = None
    reasoning: Any = None
    thinking: Any = None

    def thinks(self) -> bool:
        return bool(self.reasoning_content or self.reasoning or self.thinking)


class _Choice(BaseModel):
    delta: _Part | None = None
    message: _Part | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class Breaker:
    """Leaves a server alone that has failed three times in a row, for five minutes; then one request tries it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._failures = 0
        self._until = -math.inf
        self._trying = False
        self._last = ""

    def admit(self) -> None:
        """Let a request through, or raise a ServerError that says for how long none is."""
        if self._failures < _FAILURES:
            return
        left = self._until - self._clock()
        if left > 0 or self._trying:
            wait = f"あと約{math.ceil(left / 60)}分" if left > 0 else "いま確かめている間"
            raise ServerError(
                "resting", f"言語モデルの失敗が続いたため、{wait}、呼び出しを休みます（直前の失敗: {self._last}）"
            )
        self._trying = True

    def told(self, error: ServerError | None, *, cancelled: bool = False) -> None:
        """Take in how an admitted request has ended."""
        self._trying = False
        if cancelled:
            return
        if error is None:
            self._failures = 0
        elif error.kind not in _OURS:
            self._failures += 1
            self._last = error.message
            self._until = self._clock() + _REST


_Item = str | Reply | Exception


class Server:
    """A server that is asked from several threads; ``close`` ends what is under way."""

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.monotonic):
        self.connection = connection
        self.is_here = is_loopback(connection.url)
        self._breaker = Breaker(clock)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._slots = asyncio.Semaphore(connection.parallel)
        self._ssl: ssl.SSLContext | None = None

    def close(self) -> None:
        """End all requests and the thread that they run in."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return

        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await loop.shutdown_asyncgens()

        asyncio.run_coroutine_threadsafe(end(), loop).result(_LOOK)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_LOOK)
        loop.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def chat(self, chat: Chat, until: float | None = None) -> Generator[str, None, Reply]:
        """Yield the reply's text as it comes, without thinking, and return all of it.

        An empty text is yielded now and then while nothing comes, so that whoever iterates can stop.
        ``until`` is the moment (``time.monotonic``) by which it has ended; the whole deadline from now when None.
        Closing the generator cancels the request. Raises only ServerError.
        """
        ends = time.monotonic() + self.connection.deadlines.whole if until is None else until
        inbox: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        thinking = Thinking(starts_inside=chat.thinks_first)
        shown: list[str] = []
        working = self._start(self._converse(chat, ends, inbox.put))
        try:
            while True:
                left = ends + _GRACE - time.monotonic()
                try:
                    item = inbox.get(timeout=max(0.0, min(left, HEARTBEAT)))
                except queue.Empty:
                    if left <= HEARTBEAT:
                        raise self._too_slow("whole") from None
                    yield ""
                    continue
                if isinstance(item, Exception):
                    raise item
                piece = thinking.finish() if isinstance(item, Reply) else thinking.feed(item)
                if piece:
                    shown.append(piece)
                    yield piece
                if isinstance(item, Reply):
                    return replace(
                        item,
                        text="".join(shown),
                        thought=item.thought or thinking.thought,
                        leaked=thinking.leaked,
                    )
        finally:
            working()

    def look(self, path: str, *, at_root: bool = False) -> dict[str, Any] | None:
        """Return the JSON object that a route of the server gives; None where it has no such route.

        Raises ServerError where the server is away or does not take the key.
        """
        base = root_url(self.connection.url) if at_root else self.connection.url
        inbox: queue.SimpleQueue[dict[str, Any] | Exception | None] = queue.SimpleQueue()

        async def look() -> None:
            try:
                async with asyncio.timeout(_LOOK), self._client() as client:
                    response = await client.get(base + path)
                    if response.status_code in (401, 403):
                        raise _of_status(response.status_code, "", self.connection)
                    found = response.json() if response.status_code == 200 else None
                inbox.put(found if isinstance(found, dict) else None)
            except ServerError as error:
                inbox.put(error)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                inbox.put(self._away())
            except (httpx.HTTPError, TimeoutError, ValueError):
                inbox.put(None)

        working = self._start(look())
        try:
            item = inbox.get(timeout=_LOOK + _GRACE)
        except queue.Empty:
            raise self._too_slow("first") from None
        finally:
            working()
        if isinstance(item, Exception):
            raise item
        return item

    def _start(self, work: Coroutine[Any, Any, None]) -> Callable[[], bool]:
        """Start work on the loop and return what cancels it."""
        with self._lock:
            if self._loop is None:
                self._loop, self._slots = asyncio.new_event_loop(), asyncio.Semaphore(self.connection.parallel)
                self._thread = threading.Thread(target=self._loop.run_forever, name="llm", daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop).cancel

    def _client(self) -> httpx.AsyncClient:
        if self._ssl is None:
            is_secure = self.connection.url.startswith("https")
            # Reading the authorities takes time, and plain HTTP needs none.
            self._ssl = httpx.create_ssl_context() if is_secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        key = self.connection.key
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key.get_secret_value()}"} if key else {},
            timeout=httpx.Timeout(None, connect=self.connection.deadlines.connect),
            verify=self._ssl,
            follow_redirects=False,  # what was named is asked, and nobody else
            trust_env=not self.is_here,  # a proxy cannot reach this machine's own ports
        )

    async def _converse(self, chat: Chat, ends: float, put: Callable[[_Item], None]) -> None:
        """Put the pieces of a reply, then the reply or what went wrong."""
        limits = self.connection.deadlines
        loop = asyncio.get_running_loop()
        last = loop.time() + max(0.0, ends - time.monotonic())
        phase = "queue"
        try:
            async with asyncio.timeout_at(min(loop.time() + limits.first, last)) as timer:

                def wait(seconds: float) -> None:
                    timer.reschedule(min(loop.time() + seconds, last))

                def heard() -> None:
                    nonlocal phase
                    phase = "silence"
                    wait(limits.silence)

                async with self._slots:
                    self._breaker.admit()
                    cancelled, failed = True, None
                    try:
                        phase = "first"
                        wait(limits.first)
                        reply = await self._read(chat, put, heard)
                        cancelled = False
                    except ServerError as error:
                        cancelled, failed = False, error
                        raise
                    except (httpx.ConnectError, httpx.ConnectTimeout):
                        cancelled, failed = False, self._away()
                        raise failed from None
                    except (httpx.HTTPError, ssl.SSLError, OSError):
                        cancelled, failed = False, ServerError("broken", "言語モデルとの接続が途中で切れました。")
                        raise failed from None
                    except asyncio.CancelledError:
                        if loop.time() >= (timer.when() or math.inf):
                            cancelled, failed = False, self._too_slow(phase)  # the deadline, not the consumer
                        raise
                    finally:
                        self._breaker.told(failed, cancelled=cancelled)
            put(reply)
        except TimeoutError:
            put(self._too_slow("whole" if loop.time() >= last and phase != "queue" else phase))
        except asyncio.CancelledError:
            put(ServerError("broken", "言語モデルの呼び出しを取りやめました。"))
            raise
        except ServerError as error:
            put(error)
        except Exception as error:  # ours, not the server's: whoever asks is to see it
            put(error)

    async def _read(self, chat: Chat, put: Callable[[_Item], None], heard: Callable[[], None]) -> Reply:
        began = time.monotonic()
        first: float | None = None
        raw: list[str] = []
        finish: str | None = None
        usage = _Usage()
        thought = False
        async with (
            self._client() as client,
            client.stream("POST", f"{self.connection.url}/chat/completions", json=chat.body()) as response,
        ):
            if response.status_code != 200:
                raise _of_status(response.status_code, await _beginning(response), self.connection)
            async for chunk in _chunks(response):
                if chunk.error:
                    raise ServerError("broken", "言語モデルのサーバーが途中でエラーを返しました。")
                usage = chunk.usage or usage
                for choice in chunk.choices[:1]:
                    part = choice.delta or choice.message or _Part()
                    thought |= part.thinks()
                    finish = choice.finish_reason or finish
                    if part.content or part.thinks():
                        first = first if first is not None else time.monotonic() - began
                        heard()
                    if part.content:
                        raw.append(part.content)
                        put(part.content)
        seconds = time.monotonic() - began
        return Reply(
            raw="".join(raw),
            finish=finish,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            first=seconds if first is None else first,
            seconds=seconds,
            thought=thought,
        )

    def _away(self) -> ServerError:
        return ServerError("away", f"言語モデルのサーバー（{self.connection.url}）につながりません。")

    def _too_slow(self, phase: str) -> ServerError:
        limits = self.connection.deadlines
        if phase == "queue":
            return ServerError("queue", "ほかの質問の文章を書いているため、今回は言語モデルを使えませんでした。")
        if phase == "first":
            return ServerError("slow", f"言語モデルが{limits.first:g}秒たっても書き始めませんでした。")
        if phase == "silence":
            return ServerError("slow", f"言語モデルが途中で{limits.silence:g}秒止まりました。")
        return ServerError("slow", f"言語モデルが{limits.whole:g}秒のうちに書き終えませんでした。")


async def _chunks(response: httpx.Response) -> AsyncIterator[_Chunk]:
    """Yield the events of a stream, or the one object of a server that does not stream.

    Lines end at a line feed only: JSON may hold the other characters that Python takes for line ends.
    """
    whole: list[bytes] = []
    is_stream = False
    async for line in _lines(response):
        if line.startswith(b"data:"):
            is_stream = True
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            yield _chunk(data)
        elif not is_stream:
            whole.append(line)
    if not is_stream:
        yield _chunk(b"\n".join(whole))


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    rest = b""
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > _LARGEST:
            raise ServerError("broken", "言語モデルの応答が大きすぎます。")
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
    if rest:
        yield rest


def _chunk(data: bytes) -> _Chunk:
    try:
        return _Chunk.model_validate_json(data)
    except ValidationError:
        raise ServerError("broken", "言語モデルのサーバーの応答が、OpenAI互換の形ではありません。") from None


async def _beginning(response: httpx.Response) -> str:
    """Return the first of what a server says of an error. It is judged, never shown: a key may be in it."""
    said = b""
    async for piece in response.aiter_bytes():
        said += piece
        if len(said) > 4000:
            break
    return said[:4000].decode(errors="replace").lower()


def _of_status(status: int, said: str, connection: Connection) -> ServerError:
    if status in (401, 403):
        return ServerError(
            "key", f"言語モデルのサーバーが鍵を受け付けません（{status}）。TENKYO_LLM_KEY を確かめてください。"
        )
    if status == 404:
        name = f"モデル「{connection.model}」" if connection.model else "モデルか経路"
        return ServerError(
            "model",
            f"言語モデルのサーバーに{name}がありません（404）。TENKYO_LLM_MODEL と TENKYO_LLM_URL を確かめてください。",
        )
    if 300 <= status < 400:
        return ServerError(
            "broken",
            f"言語モデルのサーバーが別のアドレスを示しました（{status}）。設定したアドレス以外には送りません。",
        )
    if status in (400, 413, 422):
        if "context" in said and any(word in said for word in ("length", "size", "window", "exceed")):
            return ServerError("window", "渡した資料が、言語モデルの一度に読める長さを超えました。")
        return ServerError("refused", f"言語モデルのサーバーが要求の形を受け付けません（{status}）。")
    if status in (429, 503):
        return ServerError("broken", f"言語モデルのサーバーが混み合っているか、準備中です（{status}）。")
    return ServerError("broken", f"言語モデルのサーバーでエラーが起きました（{status}）。")
