"""POST /retrieval, as Dify asks it: one part of what the caller sees, by rank, and never a null."""

import pytest

from tests.api.access.office import SECRET, open_office

CHILDREN = "保育所の待機児童数"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("office"))
    with office.client:
        yield office


def asked(office, who="reader", knowledge="all", query=CHILDREN, top_k=5, threshold=0.0, condition=None, **more):
    setting = {"top_k": top_k, "score_threshold": threshold}
    sent = {"knowledge_id": knowledge, "query": query, "retrieval_setting": setting, **more}
    if condition is not None:
        sent["metadata_condition"] = condition
    return office.call(who, "POST", "/retrieval", json=sent)


def records(office, **how):
    response = asked(office, **how)
    assert response.status_code == 200, response.text
    return response.json()["records"]


def files(found):
    return {record["metadata"]["file"] for record in found}


def test_records_hold_what_dify_reads_and_where_it_stands(office):
    found = records(office, more_that_dify_may_send_one_day={"a": 1})
    assert found
    for record in found:
        assert set(record) == {"content", "score", "title", "metadata"}
        document = office.call("reader", "GET", f"/v1/documents/{record['metadata']['document_id']}").json()
        assert record["title"].startswith(document["title"])
        assert None not in record["metadata"].values()
        assert f"id={document['id']}" in record["metadata"]["url"]
    assert "待機児童数" in found[0]["content"]


def test_scores_fall_with_the_rank_and_a_threshold_cuts_them_off(office):
    scores = [record["score"] for record in records(office)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0
    assert all(0 <= score <= 1 for score in scores)
    assert len(set(scores)) == len(scores)
    assert records(office, threshold=None) == records(office, threshold=0.0)
    assert [r["score"] for r in records(office, threshold=1.0)] == [1.0]
    assert len(records(office, top_k=1)) == 1
    assert records(office, top_k=10**6) == records(office, top_k=50)


def test_a_knowledge_is_all_a_group_a_document_or_what_papers_share(office):
    whole = {"白鳥_福祉_12月.txt", "白鳥_福祉_6月.txt"}
    assert files(records(office)) == whole
    assert files(records(office, knowledge="welfare")) == whole
    assert files(records(office, knowledge=office.groups["welfare"])) == whole
    one = office.papers["welfare"][0]
    assert {r["metadata"]["document_id"] for r in records(office, knowledge=one)} == {one}
    meeting = office.call("reader", "GET", f"/v1/documents/{one}").json()["meeting"]
    assert {r["metadata"]["meeting"] for r in records(office, knowledge=meeting)} == {meeting}


def test_what_others_have_is_as_unknown_as_what_never_was(office):
    missing = asked(office, knowledge="no such thing")
    foreign = ["harbour", office.groups["harbour"], office.papers["harbour"][0], SECRET]
    for knowledge in foreign:
        response = asked(office, knowledge=knowledge)
        assert response.status_code == 404
        assert response.content == missing.content
    assert missing.json()["error_code"] == 2001
    assert SECRET in str(records(office, who="other", knowledge="harbour", query=SECRET))
    assert SECRET not in str(records(office, query=SECRET))


def test_a_key_of_one_group_reaches_no_other_of_its_owner(office):
    office.sign_up("two", ("read",), ("welfare", "harbour"))
    made = office.call(
        "two", "POST", "/v1/keys", json={"name": "k", "permissions": ["read"], "groups": [office.groups["welfare"]]}
    )
    office.tokens["key"] = made.json()["secret"]
    assert asked(office, who="two", knowledge="harbour").status_code == 200
    assert asked(office, who="key", knowledge="harbour").status_code == 404
    assert SECRET not in str(records(office, who="key", query=SECRET))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"name": "title", "comparison_operator": "contains", "value": "6月"}, {"6月"}),
        ({"name": ["file"], "comparison_operator": "not contains", "value": "12月"}, {"6月"}),
        ({"name": ["title", "file"], "comparison_operator": "end with", "value": "12月.txt"}, {"12月"}),
        ({"name": "published", "comparison_operator": "before", "value": "2024-01"}, {"12月"}),
        ({"name": "published", "comparison_operator": "≥", "value": "2024-06"}, {"6月"}),
        ({"name": "file", "comparison_operator": "in", "value": ["白鳥_福祉_6月.txt"]}, {"6月"}),
        ({"name": "file", "comparison_operator": "is not", "value": "白鳥_福祉_6月.txt"}, {"12月"}),
        ({"name": "published", "comparison_operator": "empty"}, set()),
        ({"name": "published", "comparison_operator": ">", "value": 2024}, {"6月"}),
    ],
)
def test_conditions_narrow_what_is_searched(office, condition, expected):
    found = files(records(office, condition={"logical_operator": "and", "conditions": [condition]}))
    assert found == {f"白鳥_福祉_{name}.txt" for name in expected}


def test_conditions_are_joined_as_they_say(office):
    months = [{"name": "file", "comparison_operator": "contains", "value": month} for month in ("6月", "12月")]
    assert records(office, condition={"logical_operator": "and", "conditions": months}) == []
    assert len(files(records(office, condition={"logical_operator": "or", "conditions": months}))) == 2
    assert records(office, condition={"conditions": []}) == records(office)


@pytest.mark.parametrize("wrong", [{"name": "category"}, {"comparison_operator": "~"}])
def test_what_a_condition_does_not_know_is_told_with_what_there_is(office, wrong):
    known = {"name": "title", "comparison_operator": "is", "value": "x"}
    response = asked(office, condition={"conditions": [known | wrong]})
    assert response.status_code == 400
    assert "published" in response.json()["error_msg"]
    assert "not contains" in response.json()["error_msg"]


@pytest.mark.parametrize("query", ["???", "what is the number of children"])
def test_a_query_that_finds_nothing_is_an_empty_list_and_no_error(office, query):
    assert records(office, query=query) == []
    office.sign_up(f"newcomer {query[:3]}", ("read",))
    assert records(office, who=f"newcomer {query[:3]}") == []


def test_errors_have_the_shape_that_dify_reads(office):
    refused = office.client.post("/retrieval", json={})
    assert (refused.status_code, refused.json()["error_code"]) == (401, 1002)
    other = office.client.post("/retrieval", json={}, headers={"authorization": "Basic x"})
    assert (other.status_code, other.json()["error_code"]) == (400, 1001)
    assert asked(office, who="administrator").json()["error_code"] == 1002
    long = asked(office, query="長" * 501)
    assert long.status_code == 422
    assert "500" in long.json()["error_msg"]
    assert set(office.call("reader", "POST", "/retrieval", json={}).json()) == {"error_code", "error_msg"}


def test_a_search_is_put_down_with_what_it_showed(office):
    found = records(office)
    last = office.door.audit.newest(1)[0].entry
    assert last["what"] == "POST /retrieval"
    assert set(last["documents"]) == {record["metadata"]["document_id"] for record in found}
