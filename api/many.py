"""Several processes of the API at one port: started, watched and ended together.

The port is opened once, and each process takes connections from it. One that falls is started again; when the one that
started them is gone, whatever ended it, they end too.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

from api.settings import PREFIX, Settings

STOP_SECONDS = 5.0
HASTY = 10.0  # seconds within which a process that falls has hardly begun
FALLS = 3  # processes that fall in such haste, one after another, before it is given up


class Many:
    """``count`` processes that serve the API at the address that the settings name."""

    def __init__(self, settings: Settings, count: int):
        """Raise OSError when the address cannot be listened at."""
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.api_host, settings.api_port, type=socket.SOCK_STREAM
        )[0]
        self._socket = socket.socket(family, kind, protocol)
        if count:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(address)
            self._socket.listen(2048)
        self._environment = {**os.environ, **_environment(settings, count)}
        self._falls = 0
        self._started = [time.monotonic()] * count
        self._processes = [self._start() for _ in range(count)]

    def is_alive(self) -> bool:
        """Start again what has fallen; return False once that is no use."""
        for n, process in enumerate(self._processes):
            if process.poll() is None:
                continue
            self._falls = self._falls + 1 if time.monotonic() - self._started[n] < HASTY else 1
            if self._falls >= FALLS:
                return False
            print("API のプロセスが1つ終わったので、起動し直します。", file=sys.stderr, flush=True)
            _closed(process)
            self._processes[n], self._started[n] = self._start(), time.monotonic()
        return True

    def close(self) -> None:
        """End all processes, those that do not hear of it by force."""
        self._socket.close()
        for process in self._processes:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _closed(process)

    def _start(self) -> subprocess.Popen[bytes]:
        number = self._socket.fileno()
        return subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--at", str(number)],
            env=self._environment,
            pass_fds=[number],
            stdin=subprocess.PIPE,  # its end is ours: see ``end_with_parent``
            start_new_session=True,  # Ctrl-C reaches the whole group, and is for us to hear
        )


def end_with_parent() -> None:
    """End this process when the one that has started it is gone, as by Ctrl-C; by force when it does not hear."""

    def listen() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=listen, name="parent", daemon=True).start()


def _closed(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _environment(settings: Settings, count: int) -> Mapping[str, str]:
    """Return what the command's flags may have said, as variables, and each process's share of what all have."""
    from index.reading import CORES

    at_once = settings.asking_at_once or max(1, CORES // max(1, count))
    said = {
        "INDEX": settings.index,
        "EMBEDDING_MODEL": settings.embedding_model,
        "API_PORT": settings.api_port,
        "UI_PORT": settings.ui_port,
        "SHARED": int(settings.shared),
        "ASKING_AT_ONCE": at_once,
    }
    return {f"{PREFIX}{name}": str(value) for name, value in said.items()}
