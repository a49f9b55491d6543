"""Replicas are read in the primary's place, and never one that lacks what was seen; what is no replica is named."""

import itertools
import socket
import threading

import pytest
from sqlalchemy import text

from api import doctor
from api.settings import Settings
from index.collection import Collection
from index.database import engine as module
from index.database.engine import connect, migrate, open_database
from index.database.reading import Reader
from index.database.replicas import Mark
from index.database.writing import put
from index.protocols import GenerationGone, IndexMismatch, IndexUnreachable, IndexUnwritable
from index.servers import Servers, split_urls
from tests.cluster import connected, of, replicated
from tests.conftest import HashingEmbedder
from tests.index.database.papers import EMBEDDER, paper_of, report

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def cluster():
    with replicated() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def name(cluster):
    """A database on all of them."""
    cluster.create("papers")
    return "papers"


@pytest.fixture(scope="module")
def written(cluster, name):
    """The same, as it is written: with one paper or more."""
    database = open_database(cluster.servers(name).url, create=True)
    write(database)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def arrived(cluster, written):
    """Whatever another test has written, the replicas have it."""
    cluster.wait()


def write(database):
    """Put one more paper in; return the generation from which on it is there."""
    return put(database, paper_of(report(next(NUMBERS))), EMBEDDER.name)


def port_of(connection):
    return connection.scalar(text("SELECT inet_server_port()"))


def read_from(database, times=20):
    """Return the ports of the servers that reading goes to."""
    found = set()
    for _ in range(times):
        with database.reading() as connection:
            found.add(port_of(connection))
    return found


@pytest.fixture
def paused(cluster):
    """A replica whose replay stands still, and the other."""
    still, other = cluster.replicas
    with connected(still) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        yield still, other
        connection.execute("SELECT pg_wal_replay_resume()")


def test_reading_is_spread_over_the_replicas_and_writing_goes_to_the_primary(cluster, name, written):
    database = open_database(cluster.servers(name))
    assert read_from(database) == {replica.port for replica in cluster.replicas}
    with database.writing() as connection:
        assert port_of(connection) == cluster.primary.port
    assert Reader(database).newest().infos() == Reader(written).newest().infos()
    database.close()


def test_a_replica_that_stands_still_is_not_read_for_what_it_lacks(cluster, name, written, paused):
    still, _ = paused
    mark = Mark()
    database = open_database(cluster.servers(name), mark=mark)
    reader = Reader(database)
    assert reader.newest().generation == Reader(written).newest().generation
    made = write(open_database(cluster.servers(name).url, mark=mark))
    for _ in range(20):  # from the moment at which it is written
        assert reader.newest().generation == made
    assert still.port not in read_from(database)
    with connected(still) as connection:
        assert connection.execute("SELECT pg_is_wal_replay_paused()").fetchone()[0]
    database.close()


def test_what_another_process_has_written_is_missed_for_a_moment_at_most(cluster, name, written, paused, monkeypatch):
    """Of the two replicas, one stands still: it is left as soon as this process has looked at the primary."""
    monkeypatch.setattr(module, "LOOK", 0.0)
    database = open_database(cluster.servers(name))
    made = write(written)
    assert {Reader(database).newest().generation for _ in range(20)} == {made}
    database.close()


def test_a_caller_who_has_seen_more_elsewhere_is_not_shown_less(cluster, name, written, paused, monkeypatch):
    """Another process of the same API wrote, and this one has not looked at the primary since."""
    monkeypatch.setattr(module, "LOOK", 3600.0)
    with connected(paused[1]) as other:
        other.execute("SELECT pg_wal_replay_pause()")
        collection = Collection(cluster.programs.home / name, HashingEmbedder(), cluster.servers(name))
        first = collection.snapshot().id
        made = write(written)
        assert collection.snapshot().id == first, "both replicas stand still"
        collection.catch_up(first)
        assert collection.snapshot().id == first
        collection.catch_up(made.id)
        assert collection.snapshot().id == made.id
        collection.catch_up("999999-0badcafe")  # of which no primary knows
        assert collection.snapshot().id == made.id
        other.execute("SELECT pg_wal_replay_resume()")


def test_where_none_holds_what_was_seen_the_primary_is_read(cluster, name, written, paused):
    with connected(paused[1]) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        mark = Mark()
        database = open_database(cluster.servers(name), mark=mark)
        write(open_database(cluster.servers(name).url, mark=mark))
        assert read_from(database) == {cluster.primary.port}
        connection.execute("SELECT pg_wal_replay_resume()")
    database.close()


def test_a_view_that_a_paused_replica_does_not_hold_is_read_elsewhere_to_its_end(cluster, name, written, paused):
    collection = Collection(cluster.programs.home / name, HashingEmbedder(), cluster.servers(name))
    collection._mark.note(write(written))
    view = collection.snapshot().view
    assert view.infos() == Reader(written).newest().infos()
    for _ in range(6):
        assert {view.document(info.id).id for info in view.infos()} == {info.id for info in view.infos()}


def test_replicas_that_are_slow_or_gone_are_passed_over(cluster, name, written, caplog):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        slow = of(cluster.primary, name).replace(str(cluster.primary.port), str(silent.getsockname()[1]))
        gone = of(cluster.primary, name).replace(str(cluster.primary.port), "1")
        good = of(cluster.replicas[0], name)
        database = open_database(Servers(cluster.servers(name).url, (slow, gone, good)))
        assert read_from(database) == {cluster.replicas[0].port}
    assert caplog.text.count("a replica is not read") == 2, "each is told once"
    database.close()


@pytest.mark.parametrize("what", ["another database", "another server", "another schema"])
def test_what_is_no_replica_of_this_database_is_refused_by_name(cluster, name, written, what, request):
    other = of(cluster.replicas[0], name)
    if what == "another database":
        other = of(cluster.replicas[0])
    elif what == "another schema":
        with connected(cluster.primary, name) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS elsewhere")
        cluster.wait()
        other += "?options=-csearch_path%3Delsewhere"
    else:
        postgres = request.getfixturevalue("postgres")
        other = postgres.render_as_string(hide_password=False)
    servers = Servers(cluster.servers(name).url, (of(cluster.replicas[1], name), other))
    with pytest.raises(IndexMismatch, match="no replica of the database of TENKYO_DATABASE_URL") as refused:
        open_database(servers)
    assert "ストリーミング複製を指定してください" in refused.value.message


@pytest.mark.parametrize("url", ["mysql://root:himitsu@host/db", "/srv/papers", "postgresql://root:himitsu@host"])
def test_a_replica_with_a_url_that_cannot_be_used_is_refused_by_name(cluster, name, written, url):
    with pytest.raises(IndexUnreachable, match="no URL of a database") as refused:
        open_database(Servers(cluster.servers(name).url, (url,)))
    assert "himitsu" not in f"{refused.value}{refused.value.message}"


def test_a_replica_with_the_schema_of_an_older_version_is_not_read(cluster, paused):
    name = "older"
    cluster.create(name)
    database = connect(cluster.servers(name).url)
    migrate(database, "0001")
    with connected(paused[0]) as connection:  # it has come so far, and no further
        connection.execute("SELECT pg_wal_replay_resume()")
        cluster.wait()
        connection.execute("SELECT pg_wal_replay_pause()")
    migrate(database)
    database.close()
    opened = open_database(cluster.servers(name))
    assert paused[0].port not in read_from(opened)
    opened.close()


def test_a_history_that_a_failover_has_lost_is_not_read_on(cluster, name, written):
    """What this process saw, the primary does not know: it had not been sent to the one that was promoted."""
    mark = Mark()
    database = open_database(cluster.servers(name), mark=mark)
    view = Reader(database).newest()
    lost = view.generation.next(documents=1)
    mark.note(lost)
    mark.look(lost, view.generation, "00000001", is_known=False)
    assert (mark.newest, mark.history) == (lost, 0), "the same primary may merely not show it yet"
    mark._timeline = "000000FF"
    database._looks_at = 0.0
    with pytest.raises(GenerationGone, match="look again"):
        Reader(database).newest()
    with pytest.raises(GenerationGone):
        view.document(view.infos()[0].id)
    database.close()
    again = open_database(cluster.servers(name), mark=mark)
    assert Reader(again).newest().generation == view.generation
    again.close()


def test_a_list_of_urls_may_have_commas_or_spaces_and_hosts_with_commas():
    one, other = "postgresql+psycopg://u:p@a:1,b:2/papers", "postgresql://u@c/papers?host=d,e"
    for given in (f"{one},{other}", f" {one}  {other}\n", f"{one} , {other},"):
        assert split_urls(given) == (one, other)
    assert split_urls(" ,") == ()


def test_while_no_server_can_be_written_it_says_what_to_do(cluster, name, written):
    """Only replicas are named, none of which is the primary."""
    hosts = ",".join(f"127.0.0.1:{replica.port}" for replica in cluster.replicas)
    url = f"postgresql+psycopg://postgres@{hosts}/{name}"
    database = open_database(Servers(url, (of(cluster.replicas[0], name),)))
    assert Reader(database).newest().infos() == Reader(written).newest().infos()
    with pytest.raises(IndexUnwritable, match="promote a replica") as refused, database.writing():
        pass
    assert "質問と閲覧は続けられます" in refused.value.message
    assert "pg_promote()" in refused.value.message
    database.close()


def test_many_readers_at_once_are_served(cluster, name, written):
    database, wrong = open_database(cluster.servers(name)), []

    def look():
        try:
            for _ in range(20):
                Reader(database).newest()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    database.close()


# --- what `tenkyo doctor` says of them --------------------------------------------------------------------------------


def said_of(servers):
    settings = Settings(database_url=servers.url, database_read_url=",".join(servers.replicas))
    return list(doctor.CHECKS["複製"](settings))


def test_the_doctor_tells_how_each_replica_stands(cluster, name, written):
    good = said_of(cluster.servers(name))
    assert all(isinstance(one, doctor.Remark) and "、プライマリと同じ、遅れ" in one for one in good), good
    primary = Servers(cluster.servers(name).url, (of(cluster.primary, name),))
    assert "書き込めるサーバーです" in said_of(primary)[0]
    wrong = Servers(primary.url, (of(cluster.replicas[0]), "postgresql://root:himitsu@127.0.0.1:1/x"))
    another, gone = said_of(wrong)
    assert "複製ではありません" in another
    assert "サーバーが動いているか" in gone
    assert "himitsu" not in gone
    assert not any(isinstance(one, doctor.Remark) for one in (another, gone))


def test_the_doctor_tells_of_a_replica_that_stands_still(cluster, name, written, paused):
    write(written)
    said = said_of(cluster.servers(name))
    assert "プライマリより 1 世代）" in said[0]
    assert "再生が止まっています" in said[0]
    assert "pg_wal_replay_resume()" in said[0]
