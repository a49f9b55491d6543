"""Conversations: one's own, or a group's where they are shared; of others nobody knows."""

import pytest

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


def test_no_answer_is_kept_in_it(office):
    id_ = begun(office)
    refused = office.call(
        "reader", "PATCH", f"/v1/conversations/{id_}", json={"turns": [{**TURNS[0], "answer": "17人"}]}
    )
    assert refused.status_code == 422
