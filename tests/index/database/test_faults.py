"""Whatever ends a writer, the last generation is there, and whole; and what is wrong is said with its remedy."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, make_url, text
from sqlalchemy.dialects.postgresql.base import ischema_names

from index.database import engine, schema
from index.database.engine import Database, connect, migrate, open_database, revision
from index.database.reading import Reader
from index.database.urls import FILE
from index.database.writing import put, remove, sweep
from index.protocols import (
    GenerationGone,
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnreachable,
    IndexUnwritable,
)
from tests.index.conftest import plain
from tests.index.database.dying import NEW, OLD, OTHER
from tests.index.database.papers import EMBEDDER, counted, orphans, paper_of, report

ROOT = Path(__file__).resolve().parents[3]
# The steps of each kind of change, in order; - is before a step, + after it.
OF_PUT = [
    *("-settle 1", "+settle 1", "+_take_out 1", "+_keep_original 1"),
    *(f"+insert_rows {nth}" for nth in (1, 3, 5, 7, 8, 9)),
    *("+count_words 1", "+keep_vocabulary 1", "+record 1"),
]
OF_REMOVE = ["-_take_out 1", "+_take_out 1", "+record 1"]
OF_SWEEP = ["-clear 1", "+clear 1", "+clear 2"]


@pytest.fixture
def dying(place):
    """Something that dies at a stage of a change of the database at ``place``; see ``dying.py``."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.index.database.dying", place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:

        def at(what: str, stage: str) -> int:
            process.stdin.write(f"{what} {stage}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield at
        process.stdin.close()


def shown(database: Database) -> object:
    """Return all that a reader can see of a collection, and that it is whole."""
    view = Reader(database).newest()
    documents = view.documents([info.id for info in view.infos()])
    assert documents == {p.document.id: p.document for p in (OLD, NEW, OTHER) if p.document.id in documents}
    assert sum(info.chunks for info in view.infos()) == view.generation.chunks
    assert len(view.nearest(EMBEDDER.embed_queries(["空き家"]), 1000)[0]) == view.generation.chunks
    found = [view.search(["空き家バンク", "件数", "令和6年"], 100, of) for of in ("chunks", "facts")]
    return view.generation, found, counted(database)


def test_a_writer_killed_at_any_moment_leaves_the_last_generation_whole(database, dying):
    put(database, OTHER, EMBEDDER.name)
    put(database, OLD, EMBEDDER.name)
    before = shown(database)
    for stage in (*OF_PUT, "-do_commit 1"):
        assert dying("put", stage) == signal.SIGKILL, stage
        assert shown(database) == before, stage
    for stage in (*OF_REMOVE, "-do_commit 1"):
        assert dying("remove", stage) == signal.SIGKILL, stage
        assert shown(database) == before, stage
    assert dying("put", "+do_commit 1") == signal.SIGKILL
    assert {info.id for info in Reader(database).newest().infos()} == {OTHER.document.id, NEW.document.id}
    remove(database, OTHER.document.id)
    after = Reader(database).newest()
    for stage in OF_SWEEP:
        assert dying("sweep", stage) == signal.SIGKILL, stage
        assert after.document(NEW.document.id) == NEW.document
    assert dying("sweep", "+do_commit 1") == signal.SIGKILL
    assert orphans(database) == {}
    assert sweep(database, 0) == 0
    assert [info.id for info in after.infos()] == [NEW.document.id]


def test_a_reader_sees_all_of_a_paper_or_nothing_while_it_is_replaced(database):
    """Each state of the paper has one figure, which stands in its passages, its facts and its list of words."""
    figures = range(1001, 1026)
    papers = {n: paper_of(report(n)) for n in figures}
    put(database, papers[1001], EMBEDDER.name)
    reader, ended, seen, mixed, gone = Reader(database), threading.Event(), set(), [], []

    def look() -> None:
        while True:
            last = ended.is_set()
            try:
                view = reader.newest()
                (info,) = view.infos()
                hits = view.chunks_at([key for key, _ in view.search(["件数", "空き家バンク"], 50)])
                facts = view.facts_at([key for key, _ in view.search(["件数"], 50, "facts")])
                near = view.chunks_at([key for key, _ in view.nearest(EMBEDDER.embed_queries(["件数"]), 50)[0]])
                number = view.contents.by_id[info.id].number
                stretch = view.parts.stretches([(number, 0)])[number, 0]
                said = {f.number for f in (*facts.values(), *stretch.facts) if f.number and f.number > 1000}
                texts = [
                    view.document(info.id).text,
                    view.parts.texts([number])[number],
                    *(c.text for c in (*hits.values(), *near.values())),
                ]
                said |= {float(n) for n in figures if any(str(n) in t for t in texts)}
                seen.update(said)
                if len(said) != 1 or not hits or not facts or len(near) != info.chunks:
                    mixed.append((said, len(hits), len(facts), len(near)))
            except GenerationGone:
                gone.append(1)
            if last:
                return

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    for n in figures[1:]:
        put(database, papers[n], EMBEDDER.name, replaces={papers[n - 1].document.id})
        if n % 5 == 0:
            sweep(database, 0)
    ended.set()
    for looker in lookers:
        looker.join()
    assert mixed == []
    assert figures[-1] in seen
    assert len(seen) > 3


def test_a_second_writer_is_told_so_and_may_write_when_the_first_has_finished(place, monkeypatch):
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    database = open_database(place, create=True)
    other = open_database(place)
    put(database, OLD, EMBEDDER.name)
    with database.writing():
        with pytest.raises(IndexBusy, match="another process is writing"):
            put(other, NEW, EMBEDDER.name)
        assert Reader(other).newest().generation.number == 1  # and reads meanwhile
    assert put(other, NEW, EMBEDDER.name).number == 2
    database.close()
    other.close()


def test_what_is_raised_within_a_change_undoes_it(database):
    put(database, OLD, EMBEDDER.name)
    before = shown(database)

    def stopped() -> None:
        with database.writing() as connection:
            connection.execute(text("DELETE FROM generations"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stopped()
    assert shown(database) == before


def test_another_model_or_analyzer_is_refused(database, monkeypatch):
    put(database, OLD, EMBEDDER.name)
    with pytest.raises(IndexMismatch, match="embedding model hashing, not another"):
        put(database, NEW, "another")
    monkeypatch.setattr("index.database.writing.analyzer", lambda: "words-of-tomorrow")
    with pytest.raises(IndexMismatch, match="not words-of-tomorrow"):
        put(database, NEW, EMBEDDER.name)
    assert set(database.properties()) == {"analyzer", "embedder", "dim"}
    assert Reader(database).newest().generation.number == 1


@pytest.mark.parametrize("revision", ["9999", "abc"])
def test_a_schema_of_a_newer_version_is_refused_also_by_a_writer(place, revision):
    database = open_database(place, create=True)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
    database.close()
    for create in (False, True):
        with pytest.raises(IndexMismatch, match="use a newer tenkyo") as refused:
            open_database(place, create=create)
        assert "新しい版の tenkyo を使ってください" in refused.value.message


@pytest.fixture
def older(place):
    """A place with a collection as the version before wrote it."""
    empty = Path(place)
    if "://" not in place:
        empty.mkdir()
    database = connect(place)
    migrate(database, "0001")
    assert revision(database) == "0001"
    put(database, OLD, EMBEDDER.name)
    database.close()
    return place


def test_a_schema_of_an_older_version_is_upgraded_in_a_folder_and_by_a_writer_where_it_is_shared(older):
    if "://" in older:
        with pytest.raises(IndexMismatch, match="run `tenkyo serve` or `tenkyo ingest` once"):
            open_database(older)
    database = open_database(older, create="://" in older)
    assert revision(database) == schema.REVISION
    assert Reader(database).newest().document(OLD.document.id) == OLD.document
    database.close()


def test_an_empty_place_is_no_index(place):
    with pytest.raises(IndexMissing, match="run `tenkyo ingest` first"):
        open_database(place)


def test_the_migrations_make_the_tables_that_the_code_has(database, monkeypatch):
    monkeypatch.setitem(ischema_names, "vector", schema.Vector)  # pgvector's type, as SQLAlchemy is to call it
    with database.reading() as connection:
        of_ours = {table.name for table in schema.metadata.sorted_tables}
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _, name, kind, reflected, __: (
                    not reflected or kind != "table" or name in of_ours
                )
            },
        )
        assert compare_metadata(context, schema.metadata) == []
    scripts = ScriptDirectory(str(ROOT / "index" / "database" / "migrations"))
    assert scripts.get_heads() == [schema.REVISION]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root:secret@host/db", "not supported"),
        ("postgresql+psycopg2://root:secret@host/db", "not supported"),
        ("postgresql+psycopg://root:secret@host", "no database"),
        ("nonsense://", "no URL"),
        ("postgresql+psycopg://root:secret@127.0.0.1:1/db?connect_timeout=2", "check that the server runs"),
    ],
)
def test_a_wrong_url_is_named_without_its_password(url, said):
    with pytest.raises(IndexUnreachable, match=said) as refused:
        open_database(url)
    assert "secret" not in f"{refused.value}{refused.value.message}"


def test_a_server_that_cannot_be_used_says_what_is_missing(postgres, monkeypatch):
    address = postgres.render_as_string(hide_password=False)
    with pytest.raises(IndexMissing, match="CREATE DATABASE"):
        open_database(postgres.set(database="nowhere").render_as_string(hide_password=False))
    with pytest.raises(IndexUnreachable, match="user name or the password"):
        open_database(postgres.set(username="nobody_known").render_as_string(hide_password=False))
    monkeypatch.setattr(engine, "POSTGRES", 99)
    with pytest.raises(IndexUnreachable, match="99 is the oldest"):
        open_database(address)
    monkeypatch.setattr(engine, "POSTGRES", 15)
    monkeypatch.setattr(engine, "PGVECTOR", (99, 0))
    with pytest.raises(IndexUnreachable, match="ALTER EXTENSION vector UPDATE"):
        open_database(address)


def test_a_role_without_rights_is_told_what_to_ask_for(postgres, postgres_place):
    database = open_database(postgres_place, create=True)
    put(database, OLD, EMBEDDER.name)
    name = make_url(postgres_place).query["options"].removeprefix("-csearch_path=").split(",")[0]
    with psycopg.connect(plain(postgres.set(username="postgres")), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bare")
        connection.execute("CREATE DATABASE bare")
        connection.execute("CREATE ROLE onlooker LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA {name} TO onlooker")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO onlooker")
    onlooker = open_database(make_url(postgres_place).set(username="onlooker").render_as_string(False))
    assert Reader(onlooker).newest().document(OLD.document.id) == OLD.document
    with pytest.raises(IndexUnwritable, match="GRANT"):
        put(onlooker, NEW, EMBEDDER.name)
    bare = postgres.set(username="onlooker", database="bare").render_as_string(False)
    with pytest.raises(IndexUnreachable, match="administrator of the database run CREATE EXTENSION vector"):
        open_database(bare, create=True)
    onlooker.close()
    database.close()


def test_a_server_that_goes_away_within_a_change_or_an_answer_is_named(postgres, postgres_place):
    database = open_database(postgres_place, create=True)
    put(database, OLD, EMBEDDER.name)

    def interrupted(opened) -> None:
        with opened() as connection:
            mine = connection.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(plain(postgres), autocommit=True) as killer:
                killer.execute("SELECT pg_terminate_backend(%s, 2000)", (mine,))
            connection.execute(text("SELECT 1"))

    for opened in (database.reading, database.writing):
        with pytest.raises(IndexUnreachable, match="check that the server runs"):
            interrupted(opened)
    assert Reader(database).newest().document(OLD.document.id) == OLD.document  # with a new connection
    database.close()


def test_a_replica_is_told_to_be_read_only(postgres_place):
    open_database(postgres_place, create=True).close()
    options = f"{make_url(postgres_place).query['options']} -cdefault_transaction_read_only=on"
    replica = open_database(make_url(postgres_place).update_query_dict({"options": options}).render_as_string(False))
    with pytest.raises(IndexUnwritable, match="primary"):
        put(replica, OLD, EMBEDDER.name)
    replica.close()


def test_a_full_disk_is_named_and_nothing_is_half_written(tmp_path):
    database = open_database(tmp_path / "index", create=True)
    put(database, OLD, EMBEDDER.name)
    before = shown(database)

    def only_so_much(connection, *_) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as many as there are, and no more

    event.listen(database.engine, "checkout", only_so_much)
    with pytest.raises(IndexUnwritable, match="no space left"):
        put(database, paper_of("\n".join(f"{n}番目の件数は{n}件です。" for n in range(300))), EMBEDDER.name)
    database.close()
    again = open_database(tmp_path / "index")
    assert shown(again) == before
    again.close()


def test_a_file_that_is_no_database_and_a_folder_that_is_none_are_named(tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(IndexDamaged, match="restore it from a backup"):
        open_database(tmp_path / "index")
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnwritable, match="cannot be written"):
        open_database(tmp_path / "file" / "index", create=True)


def test_a_clock_that_is_set_back_clears_nothing_away_too_early(database, monkeypatch):
    put(database, OLD, EMBEDDER.name)
    view = Reader(database).newest()
    monkeypatch.setattr("index.database.generations.time.time", lambda: 2_000_000_000.0)
    put(database, NEW, EMBEDDER.name, {OLD.document.id})
    monkeypatch.undo()
    assert sweep(database, 60) == 0
    assert view.document(OLD.document.id) == OLD.document
    put(database, OTHER, EMBEDDER.name)
    assert sweep(database, 0) == 1
