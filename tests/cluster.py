"""A primary and two streaming replicas on loopback, the real ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from eval.postgres import Programs, Server, installed
from index.servers import Servers
from tests.ports import free_port

SETTINGS = ("fsync=off", "max_connections=120")


class Cluster:
    """``servers`` are the primary and its replicas, in the order in which the URL names them."""

    def __init__(self, programs: Programs):
        primary = programs.start(programs.initialize("primary"), *SETTINGS)
        with connected(primary) as connection:
            connection.execute("CREATE EXTENSION vector")
        copies = [programs.copy(primary, name) for name in ("one", "other")]
        ports = [primary.port, *(free_port() for _ in copies)]
        # Each follows whoever of the three can be written, so that the other one goes on after the one is promoted.
        hosts = f"host={','.join(['127.0.0.1'] * 3)} port={','.join(map(str, ports))}"
        follows = f"primary_conninfo={hosts} user=postgres target_session_attrs=read-write connect_timeout=2"
        quick = ("wal_retrieve_retry_interval=200ms", "hot_standby_feedback=on")
        self.programs = programs
        self.primary = primary
        self.replicas = [
            programs.start(data, *SETTINGS, follows, *quick, port=port)
            for data, port in zip(copies, ports[1:], strict=True)
        ]

    def keep_all(self) -> None:
        """Have what is written on a replica, where it can be read, before it is said to be written."""
        with connected(self.primary) as connection:
            for setting in ("synchronous_standby_names = 'ANY 1 (*)'", "synchronous_commit = remote_apply"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")

    def servers(self, database: str = "postgres") -> Servers:
        """Return how the product is told of them: any of them may come to be the one that is written."""
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in (self.primary, *self.replicas))
        url = f"postgresql+psycopg://postgres@{hosts}/{database}"
        return Servers(url, tuple(of(server, database) for server in self.replicas))

    def create(self, database: str) -> None:
        with connected(self.primary) as connection:
            connection.execute(f"CREATE DATABASE {database}")

    def wait(self) -> None:
        """Return when the replicas have come as far as the primary is now."""
        with connected(self.primary) as connection:
            (wanted,) = connection.execute("SELECT pg_current_wal_lsn()").fetchone()
        for replica in self.replicas:
            with connected(replica) as connection:
                arrived = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
                until = time.monotonic() + 20
                while not connection.execute(arrived, [wanted]).fetchone()[0]:
                    assert time.monotonic() < until, "a replica does not follow"
                    time.sleep(0.02)


def of(server: Server, database: str = "postgres") -> str:
    return server.url.removesuffix("postgres") + database


@contextmanager
def connected(server: Server, database: str = "postgres") -> Iterator[psycopg.Connection]:
    with psycopg.connect(of(server, database).replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@contextmanager
def replicated() -> Iterator[Cluster]:
    with installed() as programs:
        yield Cluster(programs)
