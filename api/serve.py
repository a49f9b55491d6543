"""Runs the API in this process and the page as a child, and stops both together."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import Literal, Protocol
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from answer.assistant import Assistant, open_assistant
from answer.generating.writer import ServerWriter
from api.access.door import Door
from api.access.state import opened_door
from api.app import create_app
from api.evaluations import Runs
from api.llm import opened
from api.settings import Settings, check_state, local_url
from index.protocols import TenkyoIndexError

Only = Literal["api", "page"]

START_SECONDS = 60
STOP_SECONDS = 3
IDLE_SECONDS = 1.0  # for workers without work to end on a busy machine


class PortTakenError(Exception):
    """A port is in use. ``message`` is Japanese and says what to do."""

    def __init__(self, what: str, host: str, port: int, flag: str):
        super().__init__(f"port {port} on {host} is in use")
        self.message = (
            f"{what}のポート {port} は、ほかのプログラムが使っています。"
            f"すでに tenkyo が動いていないか確かめるか、{flag} で別の番号を指定してください（例: {flag} {port + 10}）。"
        )


def serve_both(settings: Settings, runs: Runs | None = None, workers: int = 1, only: Only | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM, and return the exit status: 0 when asked to stop, 2 when one of both fell.

    With several ``workers``, or where one of both is served ``only``, the API is processes that this one watches.
    """
    check_state(settings)
    if only != "page":
        check_free("API", settings.api_host, settings.api_port, "--api-port")
    if only != "api":
        check_free("画面", settings.ui_host, settings.ui_port, "--ui-port")
    api_url = settings.api_url or local_url(settings.api_host, settings.api_port)
    ui_url = local_url(settings.ui_host, settings.ui_port)
    stop = threading.Event()

    for number in {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        signal.signal(number, lambda *_: stop.set())
    if workers > 1 or only is not None:
        return _serve_many(settings, workers, only, api_url, ui_url, stop)
    with opened(settings, _tell) as writer:
        return _serve(settings, runs, api_url, ui_url, stop, writer)


def _tell(line: str) -> None:
    print(line, flush=True)


def _serve(
    settings: Settings, runs: Runs | None, api_url: str, ui_url: str, stop: threading.Event, writer: ServerWriter | None
) -> int:
    with _deaf_to_ctrl_c():
        page = _start_page(settings, api_url)
    assistant = open_assistant(
        settings.index, settings.embedding_model, settings.max_question_chars, database=settings.database
    )
    door = opened_door(settings)
    server = _server(create_app(assistant, settings, runs, writer, door), settings)
    # not in the main thread: there uvicorn would take the signals for itself
    api = threading.Thread(target=server.run, name="api")
    api.start()
    warm = threading.Thread(
        target=_warm_up, args=(assistant, f"{api_url}/v1/examples", writer), name="warm", daemon=True
    )
    status = 2
    try:
        if _wait_for([f"{api_url}/healthz", f"{ui_url}/_stcore/health"], stop, api, page):
            for line in _addresses(settings, ui_url, api_url, door):
                print(line, flush=True)
            _warn(settings)
            print("終了するには Ctrl-C を押してください。", flush=True)
            warm.start()
            while api.is_alive() and page.poll() is None and not stop.wait(0.2):
                pass
        status = _why_ended(stop, page)
    finally:
        # What is still being answered is cut off: that is what was asked for, and no error to be logged.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        server.should_exit = True
        page.kill()  # it holds nothing; asked politely while it starts, it may answer with a traceback
        page.wait()
        api.join(2 * STOP_SECONDS)
    _leave_unfinished_work(status)
    if warm.is_alive():  # torch ends in a crash when the interpreter goes away while it is loaded
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _serve_many(
    settings: Settings, workers: int, only: Only | None, api_url: str, ui_url: str, stop: threading.Event
) -> int:
    """Serve the API by processes which this one watches, or the page, or both."""
    from api.many import Many

    page: subprocess.Popen[bytes] | None = None
    if only != "api":
        with _deaf_to_ctrl_c():
            page = _start_page(settings, api_url)
    many = Many(settings, workers if only != "page" else 0)
    health = [f"{api_url}/healthz"] * (only != "page") + [f"{ui_url}/_stcore/health"] * (only != "api")
    status = 2
    try:
        if _wait_for(health, stop, many, page):
            if only == "page":
                print(f"画面: {settings.page_url if settings.shared else ui_url}（API: {api_url}）", flush=True)
            else:
                door = opened_door(settings)
                for line in _addresses(settings, ui_url, api_url, door):
                    print(line, flush=True)
                door.close()
                _warn(settings)
                print(f"API のプロセス: {workers}", flush=True)
            print("終了するには Ctrl-C を押してください。", flush=True)
            while many.is_alive() and (page is None or page.poll() is None) and not stop.wait(0.2):
                pass
        status = _why_ended(stop, page)
    finally:
        if page is not None:
            page.kill()
            page.wait()
        many.close()
    return status


def serve_at(number: int, settings: Settings, runs: Runs | None = None) -> int:
    """Serve the API at a socket that is open already, as one process of several, until SIGTERM.

    A model on this machine would be loaded by each of them: only one that is reached by its address writes.
    """
    from api.many import end_with_parent

    end_with_parent()
    with opened(settings, _tell) if settings.llm_url else nullcontext() as writer:
        assistant = open_assistant(
            settings.index, settings.embedding_model, settings.max_question_chars, database=settings.database
        )
        server = _server(create_app(assistant, settings, runs, writer, opened_door(settings)), settings)
        warm = threading.Thread(target=_warm_up, args=(assistant, None, writer), name="warm", daemon=True)
        warm.start()
        server.run(sockets=[socket.socket(fileno=number)])
    _leave_unfinished_work(0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # torch ends in a crash when the interpreter goes away while it is loaded


def _server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.api_host,
            port=settings.api_port,
            # What a proxy says of whom it speaks for is believed of no other machine.
            proxy_headers=settings.proxies is not None,
            forwarded_allow_ips=settings.proxies,
            server_header=False,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )


def _warn(settings: Settings) -> None:
    """Say what keeps nobody from using it, and should not stay so."""
    if not settings.shared or settings.database is None:
        return
    from index.database.engine import connect
    from index.database.rights import bypassing

    try:
        database = connect(settings.database)
    except TenkyoIndexError as error:
        print(error.message, file=sys.stderr, flush=True)
        return
    for line in bypassing(database):
        print(f"注意: {line}", file=sys.stderr, flush=True)
    database.close()


def _addresses(settings: Settings, ui_url: str, api_url: str, door: Door) -> Iterator[str]:
    """Yield the lines that say where everything is, and how the first administrator comes in."""
    if not door.is_shared:
        yield f"画面: {ui_url}"
        yield f"API:  {api_url}（説明: {api_url}/docs）"
        return
    yield f"画面: {settings.page_url}（サインイン: {settings.sign_in_url}/sign-in）"
    yield f"API:  {settings.sign_in_url}"
    if (code := door.first_code()) is not None:
        yield "管理者がまだいません。次のアドレスで、コードと名前とパスワードを入れてください（コードは1回だけ有効）。"
        yield f"  {settings.sign_in_url}/welcome"
        yield f"  コード: {code}"


def _warm_up(assistant: Assistant, examples: str | None, writer: ServerWriter | None) -> None:
    """Load the models, which takes seconds, before the first question or the first upload needs them."""
    try:
        assistant.collection.embedder.embed_queries(["準備"])
    except TenkyoIndexError as error:  # whoever asks will be told
        print(error.message, file=sys.stderr, flush=True)
    else:
        if examples is not None:
            _get(examples)  # looked for once, and then kept
    if writer is not None:
        writer.prepare()
        if (fault := writer.state[2]) is not None:  # whoever asks is told, and it is tried again then
            print(fault, file=sys.stderr, flush=True)


def _leave_unfinished_work(status: int) -> None:
    """End the process at once if a request is still at work in its thread, such as an upload of a thick PDF.

    Such a thread can't be stopped, and Python would wait for it. The index is made to be left at any moment.
    """
    working = [t for t in threading.enumerate() if not t.daemon and t is not threading.main_thread()]
    until = time.monotonic() + IDLE_SECONDS
    for thread in working:  # an idle worker has been told to end, and does so in a moment
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in working):
        print("処理中の要求を中断しました。これまでの索引はそのまま残っています。", flush=True)
        sys.stderr.flush()
        os._exit(status)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let a process that is started inside never hear Ctrl-C, which reaches the whole group: we stop it ourselves.

    For us Ctrl-C only waits until the end of the block.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_page(settings: Settings, api_url: str) -> subprocess.Popen[bytes]:
    spec = find_spec("ui.app")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the room ui is not installed: no module ui.app")
    # Only pages of this name may speak to the page's own server.
    public = {"browser.serverAddress": urlsplit(settings.page_url).hostname or ""} if settings.shared else {}
    signing_in = {"TENKYO_SIGN_IN_URL": f"{settings.sign_in_url}/sign-in"} if settings.shared else {}
    options = {
        **public,
        "server.headless": "true",
        "server.address": settings.ui_host,
        "server.port": str(settings.ui_port),
        "server.maxUploadSize": str(settings.max_upload_mb),
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", spec.origin, *(f"--{k}={v}" for k, v in options.items())],
        env={**os.environ, "TENKYO_API_URL": api_url, **signing_in},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # its own greeting; what goes wrong is on stderr
    )


def _why_ended(stop: threading.Event, page: subprocess.Popen[bytes] | None) -> int:
    """Say why serving ends, unless it was asked for, and return the exit status."""
    if stop.wait(0.5):  # a signal to the group may reach the page a moment before us
        print("終了します。", flush=True)
        return 0
    which = "画面" if page is not None and page.poll() is not None else "API"
    print(f"{which}が動いていないため、終了します。上の表示を確かめてください。", file=sys.stderr)
    return 2


class _Alive(Protocol):
    def is_alive(self) -> bool: ...


def _wait_for(urls: list[str], stop: threading.Event, api: _Alive, page: subprocess.Popen[bytes] | None) -> bool:
    """Return True once all of ``urls`` answer, False when asked to stop, when one of both fell, or out of time."""
    until = time.monotonic() + START_SECONDS
    while urls and time.monotonic() < until:
        if stop.is_set() or not api.is_alive() or (page is not None and page.poll() is not None):
            return False
        if _get(urls[0]):
            urls = urls[1:]
        else:
            stop.wait(0.1)
    return not urls


def _get(url: str) -> bool:
    """Return whether ``url`` answers. Asked directly: a proxy cannot reach this machine's own ports."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=START_SECONDS):
            return True
    except (urllib.error.URLError, OSError):
        return False


def check_free(what: str, host: str, port: int, flag: str) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # as the servers do: a port that was closed a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise PortTakenError(what, host, port, flag) from error
