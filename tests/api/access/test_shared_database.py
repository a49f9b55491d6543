"""Accounts of machines that share a PostgreSQL: one people, one record, and what one machine changes holds on all."""

import threading

import psycopg
import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.access.audit import Audit
from api.access.database import FILE, next_number, open_accounts
from api.access.errors import AccessError
from api.access.people import People
from api.access.shared import open_door
from api.app import create_app
from api.settings import Settings
from eval.postgres import running, with_plain_role
from index.collection import Collection
from tests.api.access.office import CHEAP, PAPERS, PASSWORD, PEOPLE, SECRET, Office
from tests.api.access.test_leaks import QUESTIONS
from tests.conftest import HashingEmbedder


@pytest.fixture(scope="module")
def server():
    with running("fsync=off", "max_connections=80") as url:
        yield url


@pytest.fixture
def url(server, request):
    return with_plain_role(server, f"a{abs(hash(request.node.name))}")


def plain(url):
    return make_url(url).set(drivername="postgresql").render_as_string(False)


@pytest.fixture
def accounts(tmp_path, url):
    database = open_accounts(tmp_path, url)
    yield database
    database.close()


def machine(folder, url):
    """One of the machines: its own folder, its own processes, and the database that all have in common."""
    door = open_door(folder, 3600.0, 12 * 3600.0, "full", CHEAP, per_minute=10**9, url=url)
    assistant = Assistant(Collection(folder, HashingEmbedder(), url))
    app = create_app(assistant, Settings(index=folder, shared=True, database_url=url), door=door)
    return Office(TestClient(app, raise_server_exceptions=False), door, assistant)


def test_what_one_machine_changes_holds_on_the_other(tmp_path, url):
    one, other = machine(tmp_path / "1", url), machine(tmp_path / "2", url)
    with one.client, other.client:
        one.groups = {name: one.door.people.add_group(name).id for name in ("welfare", "harbour")}
        for name, (permissions, groups) in PEOPLE.items():
            one.sign_up(name, permissions, groups)
        other.tokens, other.groups = one.tokens, one.groups
        for who, group in (("curator", "welfare"), ("other", "harbour")):
            assert one.send(who, group, PAPERS[group]).status_code == 200
        assert len(other.call("reader", "GET", "/v1/documents").json()["documents"]) == 2
        said = other.call("reader", "POST", "/v1/ask", json={"question": "保育所の待機児童数は何人ですか。"}).text
        assert "9人" in said
        assert SECRET not in said
        assert "98765" not in said
        kept = one.call("reader", "POST", "/v1/conversations", json={"title": "会話", "turns": [{"question": "問？"}]})
        listed = other.call("reader", "GET", "/v1/conversations").json()["conversations"]
        assert [c["title"] for c in listed] == ["会話"], kept.text
        made = other.call("reader", "POST", "/v1/keys", json={"name": "集計", "permissions": ["read"]})
        other.tokens["key"] = one.tokens["key"] = made.json()["secret"]
        assert one.call("key", "GET", "/v1/documents").status_code == 200
        other.door.people.change("reader", is_disabled=True)
        for who in ("reader", "key"):
            assert one.call(who, "GET", "/v1/documents").status_code == 401, "on its next request"
        told = one.door.audit.verify()
        assert told.faults == ()
        assert told.entries == other.door.audit.verify().entries > 5


def everything_said(office, question, **how):
    told = office.call("reader", "POST", "/v1/ask", json={"question": question, **how}).json()
    return {name: value for name, value in told.items() if name != "timings_ms"}


def test_no_answer_is_another_for_row_level_security(tmp_path, url):
    """One database, asked as a role for which it holds and as one for which it does not: the same to the letter."""
    held, unheld = machine(tmp_path / "1", url), machine(tmp_path / "2", url.replace("tenkyo@", "postgres@"))
    with held.client, unheld.client:
        held.groups = {name: held.door.people.add_group(name).id for name in ("welfare", "harbour")}
        for name, (permissions, groups) in PEOPLE.items():
            held.sign_up(name, permissions, groups)
        unheld.tokens = held.tokens
        for who, group in (("curator", "welfare"), ("other", "harbour")):
            assert held.send(who, group, PAPERS[group]).status_code == 200
        for question in QUESTIONS:
            for how in ({}, {"scope": {"since": "2024"}}, {"scope": {"groups": ["welfare"]}}):
                assert everything_said(held, question, **how) == everything_said(unheld, question, **how)
        for document in held.call("reader", "GET", "/v1/documents").json()["documents"]:
            for rest in ("", "/pages/1", "/file", "/find?q=待機", "/editions", "/tables?start=0&end=99"):
                one, other = (o.call("reader", "GET", f"/v1/documents/{document['id']}{rest}") for o in (held, unheld))
                assert (one.status_code, one.content) == (other.status_code, other.content), rest


def test_the_record_of_all_machines_is_one_chain_without_a_gap(tmp_path, url):
    doors = [open_accounts(tmp_path / f"{n}", url) for n in range(3)]

    def add(audit):
        for n in range(20):
            audit.add(what=f"{n}")

    threads = [threading.Thread(target=add, args=(Audit(door),)) for door in doors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = Audit(doors[0]).verify()
    assert (verdict.entries, verdict.faults) == (60, ())

    def fall():
        with doors[0].writing() as connection:
            next_number(connection)
            raise RuntimeError("a machine falls in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fall()
    Audit(doors[1]).add(what="after")
    assert [entry.number for entry in Audit(doors[2]).entries()] == list(range(1, 62))
    assert Audit(doors[2]).verify().faults == ()
    for door in doors:
        door.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenkyo_access.audit SET entry = entry || ' ' WHERE number = 2",
        "DELETE FROM tenkyo_access.audit WHERE number = 2",
        "DELETE FROM tenkyo_access.audit WHERE number = 3",
    ],
)
def test_the_record_is_not_changed_and_who_does_so_by_force_is_found_out(accounts, url, statement):
    audit = Audit(accounts)
    for n in range(3):
        audit.add(what=f"{n}")
    with psycopg.connect(plain(url), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
            connection.execute(statement)
        assert audit.verify().faults == ()
        connection.execute("ALTER TABLE tenkyo_access.audit DISABLE TRIGGER ALL")
        connection.execute(statement)
        connection.execute("ALTER TABLE tenkyo_access.audit ENABLE TRIGGER ALL")
    assert audit.verify().faults != ()
    audit.add(what="a number that was taken is not given again")
    assert audit.verify().faults != ()


def test_what_is_pruned_is_gone_and_the_rest_is_sound(accounts):
    times = iter([1.0, 2.0, 3.0])
    audit = Audit(accounts, clock=lambda: next(times))
    for n in range(3):
        audit.add(what=f"{n}")
    assert audit.prune(2.5) == 2
    assert (audit.verify().entries, audit.verify().faults) == (1, ())


def test_accounts_that_one_machine_had_for_itself_move_once_with_their_record(tmp_path, url):
    own = open_accounts(tmp_path / "1")
    people, audit = People(own), Audit(own)
    group = people.add_group("総務課").id
    people.add("佐藤", ("read", "administer"), [group])
    people.give(group, ["0123456789abcdef"])
    for n in range(3):
        audit.add(what=f"{n}")
    own.close()
    moved = open_accounts(tmp_path / "1", url)
    assert [(p.name, p.groups) for p in People(moved).all()] == [("佐藤", frozenset({group}))]
    assert People(moved).documents(group) == {"0123456789abcdef"}
    Audit(moved).add(what="after")
    assert (Audit(moved).verify().entries, Audit(moved).verify().faults) == (4, ())
    assert not (tmp_path / "1" / FILE).exists()
    assert (tmp_path / "1" / "access-moved.db").exists(), "nothing is lost"
    moved.close()
    open_accounts(tmp_path / "2").close()
    again = open_accounts(tmp_path / "2", url)  # a second machine's own do not mix with them
    assert len(People(again).all()) == 1
    assert (tmp_path / "2" / FILE).exists()
    again.close()


def test_a_password_guessed_on_one_machine_counts_on_the_other(tmp_path, url):
    one, other = machine(tmp_path / "1", url), machine(tmp_path / "2", url)
    with one.client, other.client:
        one.sign_up("佐藤", ("read",))
        for n in range(8):
            door = (one, other)[n % 2].door
            with pytest.raises(AccessError):
                door.signing_in.sign_in("佐藤", "wrong wrong wrong")
        with pytest.raises(AccessError):
            other.door.signing_in.sign_in("佐藤", PASSWORD)


def test_accounts_of_a_later_version_or_out_of_reach_are_named(tmp_path, url):
    open_accounts(tmp_path, url).close()
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("COMMENT ON SCHEMA tenkyo_access IS '99'")
    with pytest.raises(AccessError, match="newer tenkyo"):
        open_accounts(tmp_path, url)
    away = make_url(url).set(port=1, password="himitsu").render_as_string(False)
    with pytest.raises(AccessError, match="check that the server runs") as refused:
        open_accounts(tmp_path, away)
    assert "himitsu" not in f"{refused.value}{refused.value.message}"
