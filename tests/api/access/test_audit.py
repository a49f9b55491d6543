"""The record: what is put down, what is not, and that no entry can be changed, put in or taken out unseen."""

import hashlib
import json
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.access.audit import Audit
from api.access.database import open_accounts
from api.access.errors import AccessError
from tests.api.access.office import open_office


@pytest.fixture
def database(tmp_path):
    database = open_accounts(tmp_path)
    yield database
    database.close()


def tampered(database, *statements):
    """Change the file as somebody would who can write to it."""
    with sqlite3.connect(database.path) as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute("DROP TRIGGER audit_is_not_shortened")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_sound_record_says_how_many_entries_it_has_and_ends_in_a_hash(database):
    audit = Audit(database)
    for n in range(5):
        audit.add(what=f"GET /{n}")
    verdict = audit.verify()
    assert (verdict.entries, verdict.faults) == (5, ())
    assert verdict.head == [entry.hash for entry in audit.entries()][-1]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET entry = replace(entry, '/2', '/9') WHERE number = 3", "3 番の記録か、"),
        ("UPDATE audit SET hash = 'x' WHERE number = 3", "3 番の記録か、"),
        ("DELETE FROM audit WHERE number = 3", "3 から 3 まで"),
        ("DELETE FROM audit WHERE number = 5", "5 から 5 まで"),
        ("DELETE FROM audit WHERE number = 1", "1 から 1 まで"),
        ("UPDATE audit SET number = 99 WHERE number = 5", "5 から 98 まで"),
    ],
)
def test_what_was_done_to_the_record_is_told(database, statement, fault):
    audit = Audit(database)
    for n in range(5):
        audit.add(what=f"GET /{n}")
    tampered(database, statement)
    assert any(fault in told for told in audit.verify().faults)


def test_the_record_itself_refuses_to_be_changed(database):
    audit = Audit(database)
    audit.add(what="GET /")
    for statement in ("UPDATE audit SET entry = '{}'", "DELETE FROM audit"):
        with sqlite3.connect(database.path) as connection, pytest.raises(sqlite3.IntegrityError, match="only added to"):
            connection.execute(statement)
        connection.close()
    assert audit.verify().faults == ()


def test_what_is_too_old_goes_and_the_rest_still_verifies(database):
    now = [1000.0]
    audit = Audit(database, clock=lambda: now[0])
    for n in range(6):
        now[0] = 1000.0 + n
        audit.add(what=f"GET /{n}")
    assert audit.prune(1003.0) == 3
    assert [entry.entry["what"] for entry in audit.entries()] == ["GET /3", "GET /4", "GET /5"]
    assert audit.verify().faults == ()
    assert audit.prune(0.0) == 0
    audit.add(what="GET /6")
    assert audit.verify().entries == 4
    tampered(database, "DELETE FROM audit WHERE number = 4")
    assert audit.verify().faults != ()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(["what", "target"]), st.text(max_size=20)), max_size=6), st.data())
def test_any_entry_that_is_changed_breaks_the_chain(tmp_path_factory, entries, data):
    """A law: whatever is put down verifies, and with one of its characters changed it does not."""
    database = open_accounts(tmp_path_factory.mktemp("law"))
    try:
        audit = Audit(database)
        for entry in entries:
            audit.add(**entry)
        assert audit.verify().faults == ()
        if entries:
            number = data.draw(st.integers(1, len(entries)))
            tampered(database, f"UPDATE audit SET entry = entry || ' ' WHERE number = {number}")
            assert audit.verify().faults != ()
    finally:
        database.close()


@pytest.mark.parametrize("kept", ["off", "hashed", "full"])
def test_questions_are_kept_as_it_is_set(database, kept):
    Audit(database, kept).add(what="POST /v1/ask", question="待機児童数は？")
    (entry,) = [entry.entry for entry in Audit(database).entries()]
    digest = hashlib.sha256("待機児童数は？".encode()).hexdigest()
    assert ("question" in entry, entry.get("question_sha256") == digest) == (kept == "full", kept == "hashed")


def test_the_record_says_who_read_what_and_who_was_refused(tmp_path):
    office = open_office(tmp_path)
    with office.client:
        document, hidden = office.papers["welfare"][0], office.papers["harbour"][0]
        before = office.door.audit.newest(1)[0].number
        office.call("reader", "GET", f"/v1/documents/{document}/pages/1")
        office.call("reader", "GET", f"/v1/documents/{hidden}/file")
        office.call("reader", "DELETE", f"/v1/documents/{document}")
        office.call("reader", "POST", "/v1/ask", json={"question": "保育所の待機児童数は何人ですか。"})
        office.call("reader", "GET", "/v1/documents")
        office.client.get("/v1/documents")
        office.client.get("/v1/documents", headers={"authorization": "Bearer tk_guessed"})
        office.call("administrator", "POST", "/v1/groups", json={"name": "新しい課"})
        entries = [entry.entry for entry in office.door.audit.entries(before)]
        reader = office.door.people.get("reader").id
        told = [(e["who"] == reader, e["what"], e["status"], e["documents"]) for e in entries]
        assert told[:3] == [
            (True, "GET /v1/documents/{document_id}/pages/{number}", 200, [document]),
            (True, "GET /v1/documents/{document_id}/file", 404, [hidden]),
            (True, "DELETE /v1/documents/{document_id}", 403, [document]),
        ]
        asked = entries[3]
        assert (asked["what"], asked["outcome"], asked["how"]) == ("POST /v1/ask", "answered", "extractive")
        assert asked["question"] == "保育所の待機児童数は何人ですか。"
        assert set(asked["documents"]) == set(office.papers["welfare"])
        assert (entries[4]["who"], entries[4]["refused"], entries[4]["status"]) == (None, "unknown-caller", 401)
        assert entries[5]["what"] == "POST /v1/groups"
        assert len(entries) == 6  # lists, and who brings nothing, are not put down
        times = [entry.time for entry in office.door.audit.entries()]
        assert times == sorted(times)
        exported = office.call("administrator", "GET", "/v1/audit/export").text.splitlines()
        assert [json.loads(line)["number"] for line in exported] == list(range(1, len(exported) + 1))
        assert office.call("administrator", "GET", "/v1/audit/check").json()["state"] == "sound"
        assert office.call("curator", "GET", "/v1/audit").status_code == 403


def test_accounts_of_a_later_version_are_refused(tmp_path):
    database = open_accounts(tmp_path)
    database.close()
    with sqlite3.connect(database.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(AccessError, match="newer tenkyo"):
        open_accounts(tmp_path)
