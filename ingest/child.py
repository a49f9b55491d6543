"""Files are hostile: whatever reads one runs in a child process with limits on memory and time.

A reader is a module that is run as ``python -m ingest.<name> PATH …`` and says one JSON record a line: first a head
(``{"pages": n, …}``) or ``{"error": kind, "detail": English}``, then one record a page (see ``ingest.assemble``).
A crash, a hang or a bomb costs one page or one file, never the caller.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

MEMORY = 1 << 30  # bytes of address space; a reader of pictures asks for more
_PATIENCE = 5  # how many times longer than it may compute a child may take in all
_BEAT = 1.0  # seconds between two calls of ``waiting``


class ChildFailedError(Exception):
    """The child died or did not answer in time."""


def ask(
    module: str, path: Path, *arguments: str, seconds: float, waiting: Callable[[], object] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what the reader ``module`` says of a file, one record a line.

    Raise ``ChildFailedError`` when it crashes, or says nothing for ``seconds``. ``waiting`` is called each second that
    it says nothing; what that raises ends the child.
    """
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH")]))
    environment["PYTHONIOENCODING"] = "utf-8"
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, with the pipe
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", module, str(path.resolve()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
    )
    assert child.stdout is not None
    stdout = child.stdout
    lines: queue.Queue[bytes] = queue.Queue(maxsize=64)

    def pump() -> None:
        for line in stdout:
            lines.put(line)
        lines.put(b"")

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        while True:
            line = _next(lines, child.pid, seconds, waiting)
            if not line:
                break
            yield json.loads(line)
        if child.wait() != 0:
            raise ChildFailedError(f"the reader ended with status {child.returncode}{_last_line(errors)}")
    finally:
        child.kill()
        # A full queue must not keep the pump, and with it the pipe, open.
        while thread.is_alive():
            try:
                lines.get(timeout=0.05)
            except queue.Empty:
                thread.join(0.05)
        child.wait()
        stdout.close()
        errors.close()


def _last_line(errors: IO[bytes]) -> str:
    """Return the last line of what a reader said of its end, such as the name of an exception."""
    errors.seek(0)
    lines = errors.read()[-2000:].decode(errors="replace").strip().split("\n")
    return f": {lines[-1][:300]}" if lines[-1] else ""


def _next(lines: queue.Queue[bytes], pid: int, seconds: float, waiting: Callable[[], object] | None) -> bytes:
    """Return the child's next line; ``ChildFailedError`` once it has computed for ``seconds`` without one.

    On a busy machine a sound page may wait long for its turn, so what the child itself computed is counted, where the
    system tells; a child that only sleeps is given up after ``_PATIENCE`` times as long.
    """
    begun, worked = time.monotonic(), _computed(pid)
    while True:
        waited = time.monotonic() - begun
        spent = waited if worked is None else min(waited, (_computed(pid) or worked) - worked)
        if spent >= seconds or waited >= _PATIENCE * seconds:
            raise ChildFailedError(f"no answer within {seconds:g} s")
        try:
            return lines.get(timeout=min(max(seconds - spent, 0.05), _BEAT))
        except queue.Empty:
            if waiting:
                waiting()


def _computed(pid: int) -> float | None:
    """Return the seconds that a process has computed; None where the system does not tell (it is not Linux)."""
    try:
        # The program's name, in parentheses, may hold spaces; user and system time are the 12th and 13th behind it.
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


# --- in the child ----------------------------------------------------------------------------------------------------


def limit_memory(most: int = MEMORY) -> None:
    """Let this process die rather than take more than ``most`` bytes."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def limit_time(most: int) -> None:
    """Let this process die rather than compute for more than ``most`` seconds, however busy the machine is."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def say(record: dict[str, Any]) -> int:
    """Write one record; return the exit status 0."""
    sys.stdout.write(json.dumps(record, ensure_ascii=True) + "\n")
    sys.stdout.flush()
    return 0
