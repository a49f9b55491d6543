"""The tests of the index run against both engines, the real ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from eval.postgres import running, with_plain_role
from index.database.engine import Database, open_database
from index.database.reading import Reader

SCHEMAS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL with pgvector, started once, of a role for which row-level security holds.

    It must be there, so its absence fails and does not skip.
    """
    with running("fsync=off", "synchronous_commit=off", "max_connections=60") as url:
        yield make_url(with_plain_role(url))


def plain(url: URL) -> str:
    """Return a URL as psycopg itself takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def postgres_place(postgres: URL) -> str:
    """A URL of an empty schema of one's own."""
    name = f"of_test_{next(SCHEMAS)}"
    with psycopg.connect(plain(postgres), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return postgres.update_query_dict({"options": f"-csearch_path={name},public"}).render_as_string(False)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What names an empty database, of each engine in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "index")
    url: str = request.getfixturevalue("postgres_place")
    return url


@pytest.fixture
def database(place: str) -> Iterator[Database]:
    """An empty collection."""
    opened = open_database(place, create=True)
    yield opened
    opened.close()


@pytest.fixture
def reader(database: Database) -> Reader:
    return Reader(database)
