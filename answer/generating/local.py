"""A language model on this machine: which one was chosen, and its process for as long as it is needed."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from answer.generating.models import ModelError, check_file, known_models
from answer.generating.server import Connection

WINDOW = 8192
START_SECONDS = 180.0
_STOP_SECONDS = 3.0
_MEMORY_OF_WINDOW = 1.6e9  # bytes beside the file, of a model that is not in the list
INSTALL = "pip install 'tenkyo[llm]'"


class Choice(BaseModel):
    """The model that a person has chosen to run here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: Path
    threads: int
    window: int = WINDOW

    @property
    def memory(self) -> float:
        """Return the bytes that it takes while it runs, worked out and not measured."""
        listed = next((model for model in known_models() if model.file == self.file.name), None)
        return listed.memory * 1e9 if listed else self.file.stat().st_size + _MEMORY_OF_WINDOW


def usual_threads() -> int:
    """Return the threads that a model gets: half of what this process may use, the rest is for everything else."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable // 2)


def choose(choice: Choice | None, folder: Path) -> None:
    """Keep a choice in the user's folder; None forgets it."""
    kept = folder / "use.json"
    if choice is None:
        kept.unlink(missing_ok=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "use.new"
    fresh.write_text(choice.model_dump_json(indent=2), encoding="utf-8")
    os.replace(fresh, kept)


def chosen(folder: Path) -> Choice | None:
    """Return the kept choice, None where there is none that can be read."""
    try:
        return Choice.model_validate_json((folder / "use.json").read_bytes())
    except (OSError, ValidationError):
        return None


def can_run() -> bool:
    """Say whether the extra that runs models is installed."""
    return find_spec("xllamacpp") is not None


class Running:
    """The process of a model that was started, loading or ready."""

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection, log: Path):
        self.connection = connection
        self._process = process
        self._log = log

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Return once the model answers; raise ModelError where it does not."""
        until = time.monotonic() + seconds
        health = self.connection.url.removesuffix("/v1") + "/health"
        with httpx.Client(trust_env=False, timeout=2) as client:
            while time.monotonic() < until:
                if self._process.poll() is not None:
                    raise ModelError(f"モデルを読み込めませんでした。記録を確かめてください: {self._log}")
                try:
                    if client.get(health).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass  # not listening yet
                time.sleep(0.2)
        raise ModelError(f"モデルが{seconds:.0f}秒たっても使えるようになりません。記録を確かめてください: {self._log}")


@contextmanager
def running(
    choice: Choice, connection: Connection, folder: Path, program: Sequence[str] = ("-m", "answer.generating.llama")
) -> Iterator[Running]:
    """Run a model for as long as the block lasts; it is loaded meanwhile, ``wait`` says when it is there.

    ``connection`` tells all but where it runs. Raises ModelError where it cannot be started.
    """
    check_file(choice.file)
    if not can_run() and program[0] == "-m":
        raise ModelError(f"このパソコンでモデルを動かす部品がありません。{INSTALL} で入れてください。")
    folder.mkdir(parents=True, exist_ok=True)
    log, key, port = folder / "last.log", secrets.token_urlsafe(24), _free_port()
    options = [f"--port={port}", f"--threads={choice.threads}", f"--window={choice.window}"]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *program, str(choice.file), *options],
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=stream,
            env={**os.environ, "OMP_NUM_THREADS": str(choice.threads)},
        )
    assert process.stdin is not None
    try:
        process.stdin.write(f"{key}\n".encode())
        process.stdin.flush()
        at = replace(
            connection,
            url=f"http://127.0.0.1:{port}/v1",
            model=choice.file.name,
            key=SecretStr(key),
            window=connection.window or choice.window,
            parallel=1,
            kept_as="local",
        )
        yield Running(process, at, log)
    finally:
        process.kill()  # it holds nothing
        process.wait(_STOP_SECONDS)
        process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
