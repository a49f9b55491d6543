"""A word that stands in a paper of another group alone is seen nowhere: and nothing else differs because of it."""

import json
import logging

import pytest

from tests.api.access.office import HARBOUR, SECRET, TELLTALE, WELFARE, open_office
from tests.api.access.test_matrix import ANSWER, DRAFT

QUESTIONS = [
    "保育所の待機児童数は何人ですか。",
    "保育所の待機児童数の推移は？",
    "最新の待機児童数は？",
    "見守り訪問の実施件数は？",
    "事業費はいくらですか。",
    "カモシカ回郎の事業費は？",  # a slip away from the word
    "港湾部の計画は何ですか。",
    "令和6年9月の資料には何がありますか。",
    "前回の資料から何が変わりましたか。",
    "保育所の待機児童数は前回から変わった？",
]
# Of two offices with the same papers these differ by themselves.
BY_ITSELF = {"timings_ms", "time", "made", "seconds", "ended", "id", "follow_id", "index", "created"}


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """The same office, in which the harbour's paper never was."""
    office = open_office(tmp_path_factory.mktemp("without"), with_harbour=False)
    with office.client:
        yield office


def scrubbed(value, of_office):
    """Return what is said, without what no two offices have alike."""
    if isinstance(value, dict):
        return {
            name: scrubbed(inner, of_office)
            for name, inner in value.items()
            if name not in BY_ITSELF or (name == "id" and "title" in value)
        }
    if isinstance(value, list):
        return [scrubbed(inner, of_office) for inner in value]
    if isinstance(value, str):
        # The group's id goes into those of its papers.
        for number, id_ in enumerate(of_office.papers["welfare"]):
            value = value.replace(id_, f"<paper {number}>")
        return value.replace(of_office.groups["welfare"], "<welfare>")
    return value


def said_by(response, of_office):
    """Return what a response says, line by line where it has lines."""
    kind = response.headers["content-type"]
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    if "json" in kind or "event-stream" in kind:
        return [scrubbed(json.loads(line), of_office) if line != "[DONE]" else line for line in lines]
    return response.content


def everything_read(office, who="curator", of="welfare"):
    """Yield (what was asked, the response) of every door at which something of the papers could be seen."""

    def ask(method, path, **how):
        return f"{method} {path} {how}", office.call(who, method, path, **how)

    for question in QUESTIONS:
        yield ask("POST", "/v1/ask", json={"question": question})
        yield ask("POST", "/v1/ask", json={"question": question, "stream": True})
        yield ask("POST", "/v1/ask", json={"question": "では、その前は？", "after": question})
        for leg in ("fused", "keyword", "vector"):
            yield ask("POST", "/v1/search", json={"question": question, "k": 50, "leg": leg})
        said = [{"role": "user", "content": question}, {"role": "user", "content": "では、その前は？"}]
        for messages in (said[:1], said):
            yield ask("POST", "/v1/chat/completions", json={"messages": messages})
            yield ask("POST", "/v1/chat/completions", json={"messages": messages, "stream": True})
        for knowledge in ("all", "welfare", "harbour", "港湾部"):
            sent = {"knowledge_id": knowledge, "query": question, "retrieval_setting": {"top_k": 50}}
            yield ask("POST", "/retrieval", json=sent)
        condition = {"conditions": [{"name": "department", "comparison_operator": "is", "value": "港湾部"}]}
        yield ask("POST", "/retrieval", json={**sent, "knowledge_id": "all", "metadata_condition": condition})
    yield ask("POST", "/v1/ask", json={"question": "待機児童数は？", "scope": {"since": "2024-08"}})
    for path in (
        "/healthz",
        "/v1/models",
        "/v1/examples",
        "/v1/documents",
        "/v1/intake",
        "/v1/feedback",
        "/v1/evaluations",
    ):
        yield ask("GET", path)
    for group in ("welfare", "harbour", "nobody's"):
        for question in QUESTIONS[:4]:
            yield ask("POST", "/v1/ask", json={"question": question, "scope": {"groups": [group]}})
            yield ask("POST", "/v1/search", json={"question": question, "k": 50, "scope": {"groups": [group]}})
        yield ask("GET", "/v1/documents", params={"groups": group})
    yield ask("GET", "/v1/documents", params={"groups": office.groups[of]})
    yield ask("GET", "/v1/documents", params={"since": "2024-08"})
    yield ask("GET", "/v1/documents", params={"departments": "港湾部"})
    yield ask("GET", "/v1/watching")
    yield ask("GET", "/v1/feedback/questions")
    yield ask("GET", "/v1/groups")
    yield ask("GET", "/v1/me")
    yield ask("GET", "/v1/keys")
    yield ask("GET", "/v1/conversations")
    for id_ in office.papers["welfare"]:
        yield ask("GET", f"/v1/documents/{id_}")
        yield ask("GET", f"/v1/documents/{id_}/pages/1")
        yield ask("GET", f"/v1/documents/{id_}/file")
        yield ask("GET", f"/v1/documents/{id_}/find", params={"q": "待機"})
        yield ask("GET", f"/v1/documents/{id_}/tables", params={"start": 0, "end": 99})
        yield ask("GET", f"/v1/documents/{id_}/editions")
        for other in office.papers["welfare"]:
            yield ask("GET", "/v1/changes", params={"now": id_, "then": other})
        yield ask("GET", "/v1/changes", params={"now": id_})
        spot = {"document_id": id_, "start": 0, "end": 20, "text": "白鳥市"}
        yield ask("POST", "/v1/follows", json={"label": "表題", "spot": spot})
    yield ask("POST", "/v1/follows", json={"question": QUESTIONS[0]})
    yield ask("GET", "/v1/follows")
    for follow in office.call(who, "GET", "/v1/follows").json()["follows"]:
        assert office.call(who, "DELETE", f"/v1/follows/{follow['id']}").status_code == 204
    for hidden in (*office.papers.get("harbour", ["f" * 16]),):
        for rest in ("", "/pages/1", "/pages/1/image", "/file", "/find?q=x", "/tables?start=0&end=9", "/editions"):
            described, response = ask("GET", f"/v1/documents/{hidden}{rest}")
            yield described.replace(hidden, "<hidden>"), response


def opinions(office):
    """Let somebody of the harbour say what they think, and have it made a question."""
    answer = office.call("other", "POST", "/v1/ask", json={"question": f"{SECRET}の事業費はいくらですか。"}).json()
    assert answer["status"] == "answered"
    bad = {"verdict": "bad", "answer": answer, "right_answer": "8億4,321万円", "comment": f"{SECRET}のことです"}
    given = office.call("other", "POST", "/v1/feedback", json=bad).json()
    none = {"verdict": "bad", "answer": {**ANSWER, "question": f"{SECRET}はいつ始まりますか。"}}
    assert office.call("other", "POST", "/v1/feedback", json=none).status_code == 201
    draft = {**DRAFT, "id": "harbour-1", "question": f"{SECRET}の事業費は？", "answer": "8億4,321万円"}
    draft |= {"accept": ["8億4,321万円"], "evidence": [{"file": f"{SECRET}.txt", "page": 1}]}
    accepted = office.call("other", "POST", f"/v1/feedback/{given['id']}/accept", json=draft)
    assert accepted.status_code == 200, accepted.text
    assert SECRET in office.call("other", "GET", "/v1/feedback/questions").text
    kept = {"title": SECRET, "turns": [{"question": f"{SECRET}の事業費はいくらですか。"}]}
    talk = office.call("other", "POST", "/v1/conversations", json=kept).json()["id"]
    shared = office.call("other", "PATCH", f"/v1/conversations/{talk}", json={"group": office.groups["harbour"]})
    assert SECRET in shared.text
    return given["id"]


def test_the_secret_word_is_sent_to_its_own_group_and_to_nobody_else(office, caplog):
    """Answers, streams, hits, lists, counts, pages, files, opinions, question files, jobs, errors and the log."""
    assert SECRET in office.call("other", "GET", "/v1/documents").text
    hidden = opinions(office)
    caplog.clear()
    told = (*TELLTALE, *office.papers["harbour"], hidden, office.groups["harbour"], "harbour-1")
    count = 0
    with caplog.at_level(logging.DEBUG):
        for asked, response in everything_read(office):
            own = {word for word in told if word in asked}  # what one has typed oneself may come back
            text = response.text + str(response.headers) if "/v1/documents/<" not in asked else response.headers
            leaked = [word for word in told if word in str(text) and word not in own]
            assert leaked == [], f"{asked}\n{response.text[:500]}"
            count += 1
    assert [word for word in TELLTALE if word in caplog.text] == []
    print(f"\nleak test: {count} responses")


def test_a_reader_is_told_the_same_whether_the_hidden_paper_is_there_or_not(office, without):
    for (asked, here), (_, there) in zip(everything_read(office), everything_read(without), strict=True):
        if "/v1/feedback" in asked or "/v1/documents/<hidden>" in asked:
            continue
        assert here.status_code == there.status_code, asked
        assert said_by(here, office) == said_by(there, without), asked


def test_an_upload_learns_nothing_of_a_paper_that_others_have(office):
    """The same content, the same name with other content: both are new here, and nothing of the other changes."""
    before = office.call("other", "GET", "/v1/documents").json()
    report = office.send("contributor", "welfare", {"同じ内容.txt": HARBOUR, f"{SECRET}.txt": WELFARE + "付記。"})
    told = report.json()
    assert sorted(document["file"] for document in told["added"]) == sorted(["同じ内容.txt", f"{SECRET}.txt"])
    assert (told["skipped"], told["refreshed"], told["duplicates"], told["notes"]) == ([], [], [], [])
    assert {document["id"] for document in told["added"]}.isdisjoint(office.papers["harbour"])
    after = office.call("other", "GET", "/v1/documents").json()
    assert after == before  # its snapshot's name too: what others send is nobody's business
    for document in told["added"]:
        assert office.call("curator", "DELETE", f"/v1/documents/{document['id']}").status_code == 204
    assert office.call("other", "GET", "/v1/documents").json() == before
    hidden = office.papers["harbour"][0]
    assert office.call("other", "GET", f"/v1/documents/{hidden}/file").content == HARBOUR.encode()


def test_the_intake_of_others_is_not_listed_and_cannot_be_stopped(office):
    listed = office.call("other", "GET", "/v1/intake").json()["intakes"]
    assert {file for intake in listed for file in intake["files"]} == {f"{SECRET}.txt"}
    foreign = office.call("curator", "DELETE", f"/v1/intake/{listed[0]['id']}")
    missing = office.call("curator", "DELETE", "/v1/intake/0123456789abcdef")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["title"] == missing.json()["title"]
    assert office.call("other", "GET", "/v1/intake").json()["intakes"] == listed
