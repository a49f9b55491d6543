"""People, passwords, sessions, keys and groups: what holds, until when, and what is told of it."""

import re
import threading
import time

import pytest
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.access.database import open_accounts
from api.access.errors import AccessError
from api.access.keys import Keys
from api.access.people import People
from api.access.shared import open_door
from api.access.signing_in import CodeRefused, SigningIn, SignInRefused, TooEarly
from api.app import create_app
from api.settings import Settings
from index.collection import Collection
from tests.api.access.office import CHEAP, PASSWORD, open_office
from tests.conftest import HashingEmbedder


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def database(tmp_path):
    database = open_accounts(tmp_path / "index")
    yield database
    database.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def signing_in(database, clock, monkeypatch):
    monkeypatch.setattr(time, "time", clock)
    return SigningIn(database, 600.0, 3600.0, CHEAP, clock)


@pytest.fixture
def people(database):
    return People(database)


def user_of(database, signing_in, token):
    from api.access.people import hashed

    with database.reading() as connection:
        return signing_in.user_of(connection, hashed(token))


# --- people and passwords -----------------------------------------------------------------------------------------


def test_the_first_code_makes_one_administrator_and_then_no_other(database, people, signing_in):
    code, later = people.first_code(), people.first_code()
    with pytest.raises(CodeRefused):
        signing_in.accept(code, "前の人", PASSWORD)  # only the newest holds
    signing_in.accept(later, "管理　花子", PASSWORD)
    assert people.get("管理 花子").permissions == {"read", "contribute", "curate", "administer", "audit"}
    with pytest.raises(CodeRefused):
        signing_in.accept(later, "別の人", PASSWORD)
    with pytest.raises(CodeRefused):
        signing_in.accept(people.first_code(), "別の人", PASSWORD)  # somebody administers already


def test_an_invitation_holds_once_and_for_a_week(people, signing_in, clock):
    _, code = people.add("佐藤", ("read",))
    with pytest.raises(SignInRefused):
        signing_in.sign_in("佐藤", PASSWORD)  # no password was set
    signing_in.accept(code, "何でもよい", PASSWORD)
    assert signing_in.sign_in(" 佐藤 ", PASSWORD)[1] == people.get("佐藤").id
    with pytest.raises(CodeRefused):
        signing_in.accept(code, "", PASSWORD)
    _, late = people.add("鈴木", ("read",))
    clock.now += 8 * 24 * 3600
    with pytest.raises(CodeRefused):
        signing_in.accept(late, "", PASSWORD)


def test_an_unknown_name_and_a_wrong_password_are_told_alike_and_wait_alike(people, signing_in, clock):
    _, code = people.add("田中", ("read",))
    signing_in.accept(code, "", PASSWORD)
    waits = {}
    for name in ("田中", "いない人"):
        said = set()
        for _ in range(3):
            with pytest.raises(SignInRefused) as refused:
                signing_in.sign_in(name, "ちがうあいことば")
            said.add(str(refused.value))
        waits[name] = []
        for _ in range(8):
            with pytest.raises(TooEarly) as early:
                signing_in.sign_in(name, PASSWORD)
            waits[name].append(early.value.seconds)
            clock.now += early.value.seconds
            with pytest.raises(SignInRefused):
                signing_in.sign_in(name, "ちがうあいことば")
        assert said == {"wrong name or password"}
    assert waits["田中"] == waits["いない人"] == [1, 2, 4, 8, 16, 32, 60, 60]
    clock.now += 60
    assert signing_in.sign_in("田中", PASSWORD)  # whose name it is comes in


def test_passwords_are_kept_as_argon2id_and_nothing_else_is_kept_of_them(people, signing_in, database):
    _, code = people.add("田中", ("read",))
    token, _ = signing_in.accept(code, "", PASSWORD)
    kept = database.path.read_bytes() + database.path.with_name("access.db-wal").read_bytes()
    assert b"$argon2id$" in kept
    for secret in (PASSWORD, code, token):
        assert secret.encode() not in kept
    assert database.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("password", ["", "みじかい", "x" * 201])
def test_a_password_is_long_enough_and_no_novel(people, signing_in, password):
    _, code = people.add("田中", ("read",))
    with pytest.raises(AccessError, match="10 to 200"):
        signing_in.accept(code, "", password)
    assert signing_in.accept(code, "", PASSWORD)  # the code was not used up


def test_two_people_cannot_be_told_apart_by_width_or_case(people):
    people.add("ＳＡＴＯ", ("read",))
    with pytest.raises(AccessError, match="already"):
        people.add("sato", ("read",))
    for name in ("", "  ", "あ\u202eい", "x" * 101):
        with pytest.raises(AccessError):
            people.add(name, ("read",))


def test_somebody_is_left_who_administers(people, signing_in):
    signing_in.accept(people.first_code(), "管理", PASSWORD)
    for change in ({"is_disabled": True}, {"permissions": ("read",)}):
        with pytest.raises(AccessError, match="nobody would be left"):
            people.change("管理", **change)
    assert not people.get("管理").is_disabled


# --- sessions -----------------------------------------------------------------------------------------------------


def test_a_session_ends_by_idle_time_by_absolute_time_and_by_sign_out(database, people, signing_in, clock):
    from api.access.people import hashed

    _, code = people.add("田中", ("read",))
    token, user = signing_in.accept(code, "", PASSWORD)
    for _ in range(6):
        clock.now += 500
        assert user_of(database, signing_in, token) == user
        signing_in.used(hashed(token))
    clock.now += 599
    assert user_of(database, signing_in, token) == user
    clock.now += 2
    assert user_of(database, signing_in, token) is None  # 3601 s after it began, however much it is used
    idle, _ = signing_in.sign_in("田中", PASSWORD)
    clock.now += 601
    assert user_of(database, signing_in, idle) is None
    out, _ = signing_in.sign_in("田中", PASSWORD)
    signing_in.sign_out(hashed(out))
    assert user_of(database, signing_in, out) is None


def test_a_new_password_ends_the_other_sessions(tmp_path):
    office = open_office(tmp_path, with_harbour=False)
    with office.client:
        office.tokens["second"], _ = office.door.signing_in.sign_in("reader", PASSWORD)
        body = {"old": PASSWORD, "new": "あたらしいあいことば"}
        wrong = office.call("reader", "POST", "/v1/me/password", json=body | {"old": "ちがう"})
        assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:tenkyo:problem:sign-in-refused")
        assert office.call("reader", "POST", "/v1/me/password", json=body).status_code == 204
        assert office.call("reader", "GET", "/v1/me").status_code == 200
        assert office.call("second", "GET", "/v1/me").status_code == 401
        assert office.door.signing_in.sign_in("reader", "あたらしいあいことば")


# --- what changes holds on the next request -----------------------------------------------------------------------


@pytest.fixture
def own_office(tmp_path):
    office = open_office(tmp_path, with_harbour=False)
    with office.client:
        yield office


def test_whoever_is_taken_out_of_use_or_of_a_group_is_so_on_the_next_request(own_office):
    office = own_office
    assert len(office.call("reader", "GET", "/v1/documents").json()["documents"]) == 2
    user = office.door.people.get("reader").id
    changed = office.call("administrator", "PATCH", f"/v1/users/{user}", json={"groups": []})
    assert changed.status_code == 200
    assert office.call("reader", "GET", "/v1/documents").json()["documents"] == []
    told = office.call("reader", "POST", "/v1/ask", json={"question": "待機児童数は何人ですか。"})
    assert (told.status_code, told.json()["type"]) == (422, "urn:tenkyo:problem:question-no-documents")
    office.call("administrator", "PATCH", f"/v1/users/{user}", json={"is_disabled": True})
    assert office.call("reader", "GET", "/v1/me").status_code == 401
    assert office.call("curator", "DELETE", "/v1/session").status_code == 204
    assert office.call("curator", "GET", "/v1/me").status_code == 401


def test_a_stream_ends_when_its_key_is_revoked(own_office):
    """A model that writes slowly is heard until the key is gone, and not a sentence longer."""
    office = own_office
    made = office.call("reader", "POST", "/v1/keys", json={"name": "流れ"}).json()
    office.tokens["key"] = made["secret"]
    began, revoked = threading.Event(), threading.Event()
    tell = office.assistant.tell

    def slowly(*args, **how):
        first, *rest = tell(*args, **how)
        yield first
        began.set()
        assert revoked.wait(10)
        yield from rest

    office.assistant.tell = slowly

    def revoke():
        assert began.wait(10)
        office.door.keys.revoke(made["key"]["id"])
        revoked.set()

    other = threading.Thread(target=revoke)
    other.start()
    body = {"question": "待機児童数は何人ですか。", "stream": True}
    lines = office.call("key", "POST", "/v1/ask", json=body).text.splitlines()
    other.join()
    assert [re.match(r'{"event":"(\w+)"', line)[1] for line in lines] == ["outcome", "problem"]
    assert '"status":401' in lines[1]


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_key_gives_what_it_was_made_for_and_never_more_than_its_owner_has(own_office):
    office = own_office
    made = office.call("curator", "POST", "/v1/keys", json={"name": "集計", "permissions": ["read"]}).json()
    office.tokens["key"] = made["secret"]
    assert re.fullmatch(r"tk_[\w-]{43}", made["secret"])
    assert made["secret"] not in office.call("curator", "GET", "/v1/keys").text
    assert len(office.call("key", "GET", "/v1/documents").json()["documents"]) == 2
    assert office.client.get("/v1/me", headers={"x-api-key": made["secret"]}).json()["by"] == "key"
    document = office.papers["welfare"][0]
    assert office.call("key", "DELETE", f"/v1/documents/{document}").status_code == 403
    assert office.call("key", "POST", "/v1/keys", json={"name": "子"}).status_code == 403
    assert office.call("key", "DELETE", "/v1/session").status_code == 409
    beyond = {"name": "大きい", "permissions": ["administer"]}
    assert office.call("curator", "POST", "/v1/keys", json=beyond).status_code == 422
    foreign = {"name": "よその", "groups": [office.groups["harbour"]]}
    assert office.call("curator", "POST", "/v1/keys", json=foreign).status_code == 422
    office.door.people.change("curator", groups=())
    assert office.call("key", "GET", "/v1/documents").json()["documents"] == []
    assert office.call("reader", "DELETE", f"/v1/keys/{made['key']['id']}").status_code == 404
    assert office.call("curator", "DELETE", f"/v1/keys/{made['key']['id']}").status_code == 204
    assert office.call("key", "GET", "/v1/me").status_code == 401


def test_a_key_holds_until_its_day_and_says_when_it_was_last_used(database, people, clock):
    person, _ = people.add("田中", ("read",))
    keys = Keys(database, clock)
    key, secret = keys.add(person, "毎朝", (), ("read",), days=2)
    from api.access.people import hashed

    def found():
        with database.reading() as connection:
            return keys.of(connection, hashed(secret))

    assert found().used is None
    keys.used(hashed(secret))
    assert found().used == clock.now
    clock.now += 2 * 24 * 3600 - 1
    assert found().id == key.id
    clock.now += 1
    assert found() is None
    for days in (0, 367):
        with pytest.raises(AccessError):
            keys.add(person, "ずっと", (), (), days=days)


# --- whose documents are whose ------------------------------------------------------------------------------------


def test_a_paper_that_is_shared_is_seen_by_both_and_removed_by_its_last_group(tmp_path):
    office = open_office(tmp_path)
    with office.client:
        document = office.papers["welfare"][0]
        both = {"groups": [office.groups["welfare"], office.groups["harbour"]]}
        path = f"/v1/holdings/{document}"
        assert office.call("curator", "PUT", path, json=both).status_code == 403  # harbour is not the curator's
        assert office.call("reader", "PUT", path, json=both).status_code == 404
        assert office.call("administrator", "PUT", path, json=both).status_code == 204
        assert office.call("other", "GET", f"/v1/documents/{document}").status_code == 200
        assert office.call("other", "DELETE", f"/v1/documents/{document}").status_code == 204
        assert office.call("other", "GET", f"/v1/documents/{document}").status_code == 404
        assert office.call("reader", "GET", f"/v1/documents/{document}").status_code == 200
        assert office.call("curator", "DELETE", f"/v1/documents/{document}").status_code == 204
        held = office.call("administrator", "GET", "/v1/holdings").json()["documents"]
        assert document not in {one["id"] for one in held}


def test_a_new_version_belongs_to_all_groups_of_the_one_before(tmp_path):
    office = open_office(tmp_path)
    with office.client:
        document = office.papers["welfare"][0]
        both = {"groups": [office.groups["welfare"], office.groups["harbour"]]}
        assert office.call("administrator", "PUT", f"/v1/holdings/{document}", json=both).status_code == 204
        info = office.call("curator", "GET", f"/v1/documents/{document}").json()
        text = office.call("curator", "GET", f"/v1/documents/{document}/file").text
        refreshed = office.send("contributor", "welfare", {info["file"]: text.replace("人です", "人でした")}).json()
        new = refreshed["refreshed"][0]["id"]
        assert office.call("other", "GET", f"/v1/documents/{new}").status_code == 200
        assert office.door.people.groups_of(document) == frozenset()


def test_a_paper_that_is_described_by_hand_stays_the_one_that_it_is(own_office):
    office = own_office
    path = f"/v1/documents/{office.papers['welfare'][0]}"
    told = office.call("curator", "PATCH", path, json={"title": "直した題名"})
    assert (told.status_code, told.json()["id"]) == (200, office.papers["welfare"][0])
    assert office.call("reader", "GET", path).json()["title"] == "直した題名"
    again = office.call("reader", "POST", "/v1/ask", json={"question": "見守り訪問の実施件数は何件ですか。"}).json()
    assert again["citations"][0]["document_id"] in office.papers["welfare"]


def test_an_upload_goes_to_a_group_of_its_sender_and_never_to_everyone(own_office):
    office = own_office
    files = [("files", ("新しい.txt", "白鳥市　新しい資料\n\n１　橋\n橋の数は41本です。\n".encode()))]
    user = office.door.people.get("contributor")
    assert office.call("contributor", "POST", "/v1/documents?group=nothing", files=files).status_code == 403
    foreign = office.call("contributor", "POST", f"/v1/documents?group={office.groups['harbour']}", files=files)
    assert foreign.status_code == 403
    both = [office.groups["welfare"], office.groups["harbour"]]
    office.door.people.change(user.id, groups=both)
    assert office.call("contributor", "POST", "/v1/documents", files=files).status_code == 422  # which of two?
    office.door.people.change(user.id, groups=[office.groups["welfare"]])
    added = office.call("contributor", "POST", "/v1/documents", files=files).json()["added"]
    assert office.door.people.groups_of(added[0]["id"]) == {office.groups["welfare"]}


def test_papers_from_before_there_were_accounts_are_nobodys_until_they_are_given(tmp_path):
    index = tmp_path / "index"
    collection = Collection(index, HashingEmbedder())
    paper = tmp_path / "古い.txt"
    paper.write_text("白鳥市　古い資料\n\n１　橋\n橋の数は41本です。\n", encoding="utf-8")
    old = collection.add([paper]).added[0].id
    door = open_door(index, 600.0, 3600.0, "off", CHEAP)
    settings = Settings(index=index, shared=True)
    token, _ = door.signing_in.accept(door.people.first_code(), "管理", PASSWORD)
    with TestClient(create_app(Assistant(collection), settings, door=door)) as client:
        client.headers["authorization"] = f"Bearer {token}"
        assert client.get("/v1/documents").json()["documents"] == []
        assert client.get("/v1/holdings").json()["documents"] == [{"id": old, "title": "白鳥市 古い資料", "groups": []}]
        group = client.post("/v1/groups", json={"name": "土木"}).json()["id"]
        me = client.get("/v1/me").json()["id"]
        client.patch(f"/v1/users/{me}", json={"groups": [group]})
        assert client.put(f"/v1/holdings/{old}", json={"groups": [group]}).status_code == 204
        assert [d["id"] for d in client.get("/v1/documents").json()["documents"]] == [old]
