"""Editions, changes and follows with accounts: a later edition that another group holds is not there."""

import json

import pytest

from api.settings import Settings, SettingsError, check_state
from tests.answer.editions.papers import NOW, THEN
from tests.api.access.office import open_office
from tests.api.access.test_matrix import MISSING, plain

LATER = NOW.replace("令和6年6月議会", "令和7年6月議会").replace("378社（令和6年", "40177社（令和7年")
HIDDEN = ("40177", "令和7年6月議会")
MEMBERS = "- フォーラムの会員数は312社（令和5年3月末時点）です。"
QUESTION = "企業連携フォーラムの会員数は何社ですか"


@pytest.fixture
def office(tmp_path):
    """The welfare office has two editions of a paper, the harbour's the third."""
    office = open_office(tmp_path, with_harbour=False)
    with office.client:
        office.papers = {}
        for who, group, papers in (
            ("curator", "welfare", {"2306.md": THEN, "2406.md": NOW}),
            ("other", "harbour", {"2506.md": LATER}),
        ):
            for document in office.send(who, group, papers).json()["added"]:
                office.papers[document["file"]] = document["id"]
        yield office


def spot_of(office, document):
    start = office.call("reader", "GET", f"/v1/documents/{document}/pages/1").json()["text"].index(MEMBERS)
    facts = office.assistant.collection.snapshot().facts(document)
    fact = next(f for f in facts if start <= f.value_start < start + len(MEMBERS))
    return {"document_id": document, "start": fact.start, "end": fact.end, "text": "312社"}


def follow(office, who, **what):
    response = office.call(who, "POST", "/v1/follows", json=what)
    assert response.status_code == 201, response.text
    return response.json()


def told(office, who="reader"):
    body = office.call(who, "GET", "/v1/follows").json()
    return {(alert["label"], alert["then"], alert["now"]) for alert in body["alerts"]}, body


def hold(office, document, *groups):
    groups = {"groups": [office.groups[group] for group in groups]}
    assert office.call("administrator", "PUT", f"/v1/holdings/{document}", json=groups).status_code == 204


def test_a_series_and_its_changes_are_those_of_the_papers_that_a_reader_sees(office):
    then, now, later = (office.papers[name] for name in ("2306.md", "2406.md", "2506.md"))
    for who, expected in (("reader", ["2306.md", "2406.md"]), ("other", ["2506.md"])):
        here = now if who == "reader" else later
        listed = office.call(who, "GET", f"/v1/documents/{here}/editions").json()["editions"]
        assert [edition["document"]["file"] for edition in listed] == expected
    found = office.call("reader", "GET", "/v1/changes", params={"now": now}).json()
    assert found["then"]["id"] == then
    assert {"312社", "378社"} <= {c[side]["text"] for c in found["changes"] for side in ("then", "now") if c[side]}
    alone = office.call("other", "GET", "/v1/changes", params={"now": later})
    assert (alone.status_code, alone.json()["type"].rsplit(":", 1)[-1]) == (404, "no-edition-before")


def test_a_question_of_what_changed_is_answered_from_the_papers_that_are_seen(office):
    then, now = office.papers["2306.md"], office.papers["2406.md"]
    asked = {"question": "前回の資料から何が変わりましたか。", "scope": {"documents": [now]}}
    answer = office.call("reader", "POST", "/v1/ask", json=asked).json()
    assert answer["status"] == "answered"
    assert {citation["document_id"] for citation in answer["citations"]} == {then, now}
    asked = {"question": "会員数は前回から変わりましたか。"}
    answer = office.call("reader", "POST", "/v1/ask", json=asked).text
    assert "378社" in answer
    assert not any(word in answer for word in HIDDEN)


def test_what_a_person_follows_is_theirs_alone(office):
    mine = follow(office, "reader", label="会員数", spot=spot_of(office, office.papers["2306.md"]))["follows"][0]["id"]
    assert told(office)[0] == {("会員数", "312社", "378社")}
    for who in ("contributor", "curator", "other"):
        alerts, body = told(office, who)
        assert (alerts, body["follows"], body["unseen"]) == (set(), [], 0)
        foreign, missing = (office.call(who, "DELETE", f"/v1/follows/{id_}") for id_ in (mine, MISSING[:12]))
        assert foreign.status_code == 404
        assert plain(foreign, mine) == plain(missing, MISSING[:12])
        assert office.call(who, "POST", "/v1/alerts/seen").status_code == 204
    assert told(office)[1]["unseen"] == 1
    assert office.call("reader", "DELETE", f"/v1/follows/{mine}").status_code == 204


def test_alerts_come_with_the_papers_that_a_reader_is_given_and_go_with_them(office):
    follow(office, "reader", label="会員数", spot=spot_of(office, office.papers["2306.md"]))
    follow(office, "reader", question=QUESTION)
    before, _ = told(office)
    later = office.papers["2506.md"]
    assert not any(word in str(before) for word in HIDDEN)
    hold(office, later, "harbour", "welfare")
    given, _ = told(office)
    assert ("会員数", "378社", "40177社") in given
    assert any(label == QUESTION and "40177" in now for label, _, now in given)
    hold(office, later, "harbour")
    taken, body = told(office)
    assert taken == before
    # The question is the reader's own, and is asked of what they see; the figure has moved to the paper that is gone.
    assert [(f["kind"], "40177" in (f["last"] or "")) for f in body["follows"]] == [("question", False)]
    assert not any(word in json.dumps(body, ensure_ascii=False) for word in HIDDEN)


def test_a_key_that_sees_less_than_its_owner_has_follows_of_its_own(office):
    office.sign_up("both", ("read",), ("welfare", "harbour"))
    follow(office, "both", question=QUESTION)
    assert "40177" in told(office, "both")[1]["follows"][0]["last"]
    wanted = {"name": "k", "groups": [office.groups["welfare"]], "permissions": ["read"]}
    made = office.call("both", "POST", "/v1/keys", json=wanted)
    office.tokens["key"] = made.json()["secret"]
    assert told(office, "key")[1]["follows"] == []
    assert "378社" in follow(office, "key", question=QUESTION)["follows"][0]["last"]
    assert "40177" in told(office, "both")[1]["follows"][0]["last"]


def test_only_who_curates_says_what_a_series_is(office):
    then, now = office.papers["2306.md"], office.papers["2406.md"]
    decided = {
        who: office.call(who, "PUT", f"/v1/documents/{now}/editions/{then}", json={"said": "parted"}).status_code
        for who in ("reader", "contributor", "curator", "other")
    }
    assert decided == {"reader": 403, "contributor": 403, "curator": 200, "other": 404}
    assert office.call("reader", "GET", f"/v1/documents/{now}/editions").json()["before"] is None


@pytest.mark.parametrize("name", ["alert_webhook", "alert_mail_to"])
def test_no_address_is_told_of_the_papers_of_all_groups(tmp_path, name):
    value = {"alert_webhook": "https://kaede.test/x", "alert_mail_to": ("shoko@kaede.test",)}[name]
    with pytest.raises(SettingsError, match=f"TENKYO_{name.upper()}"):
        check_state(Settings(index=tmp_path, shared=True, **{name: value}))
    check_state(Settings(index=tmp_path, **{name: value}))
