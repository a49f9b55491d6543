"""Conversations: one's own, or a group's where they are shared; of others nobody knows."""

import pytest

from api.access.caller import Caller
from api.access.conversations import Conversations
from api.access.errors import AccessError
from tests.api.access.office import open_office

TURNS = [{"question": "保育所の待機児童数は何人ですか。", "scope": None, "as_typed": False}]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("talk"))
    with office.client:
        yield office


def begun(office, who="reader", title="待機児童"):
    made = office.call(who, "POST", "/v1/conversations", json={"title": title, "turns": TURNS})
    assert made.status_code == 201
    return made.json()["id"]


def listed(office, who):
    return [one["id"] for one in office.call(who, "GET", "/v1/conversations").json()["conversations"]]


def test_a_conversation_is_kept_renamed_gone_on_with_and_removed(office):
    id_ = begun(office)
    path = f"/v1/conversations/{id_}"
    assert office.call("reader", "GET", path).json()["turns"] == TURNS
    more = [*TURNS, {"question": "では去年は？", "scope": {"since": "2023"}, "as_typed": True}]
    changed = office.call("reader", "PATCH", path, json={"title": "保育", "turns": more}).json()
    assert (changed["title"], len(changed["turns"]), changed["is_mine"]) == ("保育", 2, True)
    assert office.call("reader", "DELETE", path).status_code == 204
    assert office.call("reader", "GET", path).status_code == 404


def test_it_is_nobody_elses_until_it_is_shared_and_then_only_to_be_read(office):
    id_ = begun(office)
    path = f"/v1/conversations/{id_}"
    for who in ("curator", "other"):
        for method, how in (("GET", {}), ("PATCH", {"json": {"title": "x"}}), ("DELETE", {})):
            foreign = office.call(who, method, path, **how)
            missing = office.call(who, method, "/v1/conversations/none", **how)
            assert (foreign.status_code, foreign.json()["title"]) == (404, missing.json()["title"])
        assert id_ not in listed(office, who)
    welfare, harbour = office.groups["welfare"], office.groups["harbour"]
    assert office.call("reader", "PATCH", path, json={"group": harbour}).status_code == 403
    assert office.call("reader", "PATCH", path, json={"group": welfare}).status_code == 200
    assert listed(office, "curator") == [id_]
    seen = office.call("curator", "GET", path).json()
    assert (seen["owner"], seen["is_mine"]) == ("reader", False)
    assert office.call("curator", "PATCH", path, json={"title": "x"}).status_code == 403
    assert office.call("curator", "DELETE", path).status_code == 403
    assert office.call("other", "GET", path).status_code == 404
    assert office.call("reader", "PATCH", path, json={"group": ""}).json()["group"] is None
    assert office.call("curator", "GET", path).status_code == 404


def test_a_question_of_one_groups_papers_is_asked_so_again_by_whoever_is_in_it(office):
    office.sign_up("both", ("read",), ("welfare", "harbour"))
    welfare = office.groups["welfare"]
    turns = [TURNS[0] | {"scope": {"groups": [welfare]}}]
    made = office.call("both", "POST", "/v1/conversations", json={"title": "待機", "turns": turns}).json()
    office.call("both", "PATCH", f"/v1/conversations/{made['id']}", json={"group": office.groups["harbour"]})
    (kept,) = office.call("other", "GET", f"/v1/conversations/{made['id']}").json()["turns"]
    assert kept["scope"]["groups"] == [welfare]
    asked = {"question": kept["question"], "scope": kept["scope"]}
    answered = office.call("both", "POST", "/v1/ask", json=asked).json()
    assert (answered["answer"], answered["searched"]) == ("9人（令和6年4月1日現在）", 2)
    assert answered["scope"]["groups"] == [welfare]
    assert office.call("other", "POST", "/v1/ask", json=asked).status_code == 404


def test_the_papers_of_one_group_or_of_another_or_of_both_are_asked(office):
    """Who is in both groups chooses; the list says whose each paper is."""
    office.sign_up("member", ("read",), ("welfare", "harbour"))
    question = {"question": "保育所の待機児童数は何人ですか。"}

    def searched(*groups):
        return office.call("member", "POST", "/v1/ask", json=question | {"scope": {"groups": groups}}).json()

    assert searched("harbour")["answer"] == "98765人（令和6年8月1日現在）"
    assert searched("welfare")["answer"] == "9人（令和6年4月1日現在）"
    assert [searched(*groups)["searched"] for groups in (("harbour",), ("welfare",), ("welfare", "harbour"), ())] == [
        1,
        2,
        3,
        3,
    ]
    office.door.people.give("harbour", office.papers["welfare"][:1])
    listed = office.call("member", "GET", "/v1/documents").json()["documents"]
    whose = {one["id"]: set(one["groups"]) for one in listed}
    welfare, harbour = office.groups["welfare"], office.groups["harbour"]
    assert whose[office.papers["welfare"][0]] == {welfare, harbour}
    assert whose[office.papers["welfare"][1]] == {welfare}
    assert searched("harbour")["searched"] == 2, "from the next request on"
    ours = office.call("reader", "GET", "/v1/documents").json()["documents"]
    assert {group for one in ours for group in one["groups"]} == {welfare}, "that others hold it too is not told"
    office.door.people.take("harbour", office.papers["welfare"][:1])


def test_no_answer_is_kept_in_it(office):
    id_ = begun(office)
    refused = office.call(
        "reader", "PATCH", f"/v1/conversations/{id_}", json={"turns": [{**TURNS[0], "answer": "17人"}]}
    )
    assert refused.status_code == 422


def test_what_nobody_goes_on_with_is_gone_after_the_days_that_are_set(office):
    now = [1_800_000_000.0]
    reader = next(person for person in office.door.people.all() if person.name == "reader")
    who = Caller(reader.id, "reader", frozenset(), frozenset({"read"}), "session")
    kept = Conversations(office.door.database, days=30, clock=lambda: now[0])
    old, gone_on_with = (kept.add(who, title, TURNS).id for title in ("古い", "続き"))
    now[0] += 29 * 86_400
    kept.change(who, gone_on_with, title="続きの続き")
    now[0] += 2 * 86_400
    assert [one.id for one in kept.all(who)] == [gone_on_with]
    with pytest.raises(AccessError, match="no such conversation"):
        kept.get(who, old)
    assert old not in {one.id for one in Conversations(office.door.database).all(who)}
