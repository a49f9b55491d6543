"""Every tool and resource, called by everybody at the real door: what is another group's does not exist."""

import logging

import pytest
from mcp.shared.exceptions import MCPError

from tests.api.access.office import HARBOUR, PEOPLE, SECRET, TELLTALE
from tests.api.mcp.clients import at_the_door, text_of

MISSING = "0123456789abcdef"
QUESTIONS = [
    "保育所の待機児童数は何人ですか。",
    "事業費はいくらですか。",
    "カモシカ回郎の事業費は？",  # a slip away from the word
    "令和6年9月の資料には何がありますか。",
]


def key_of(office, who, permissions=("read",)):
    """Return an API key of somebody's, as a program would send it."""
    person = office.door.people.get(who)
    return office.door.keys.add(person, "assistant", person.groups, permissions)[1]


def calls_of(document):
    """Return a call of every tool and a read of every resource, about a document where they take one."""
    return [
        ("search", {"question": "待機児童数", "documents": [document]}),
        ("ask", {"question": "保育所の待機児童数は何人ですか。", "documents": [document]}),
        ("figures_over_time", {"indicator": "保育所の待機児童数", "documents": [document]}),
        ("outline", {"document_id": document}),
        ("read_page", {"document_id": document, "page": 1}),
        (f"tenkyo://documents/{document}", None),
        (f"tenkyo://documents/{document}/pages/1", None),
    ]


def open_calls():
    """Return calls that name no document."""
    calls = [("list_documents", {}), ("tenkyo://documents", None)]
    for question in QUESTIONS:
        calls += [("search", {"question": question, "limit": 10}), ("ask", {"question": question})]
    calls += [("figures_over_time", {"indicator": "保育所の待機児童数"}), ("list_documents", {"since": "2024-08"})]
    calls += [
        ("search", {"question": "計画", "departments": ["港湾部"]}),
        ("search", {"question": "x", "since": "2030"}),
    ]
    calls += [("search", {"question": "計画", "meetings": [SECRET]}), ("outline", {"document_id": f"{SECRET}.txt"})]
    return calls


def told(office, token, calls):
    """Return (whether it failed, all that the client was sent) of each call."""

    async def each(client):
        found = []
        for name, arguments in calls:
            try:
                if arguments is None:
                    found.append((False, (await client.read_resource(name)).contents[0].text))
                else:
                    result = await client.call_tool(name, arguments)
                    assert text_of(result)
                    found.append((bool(result.is_error), result.model_dump_json()))
            except MCPError as error:
                found.append((True, f"{error.error.code} {error}"))
        return found

    return at_the_door(office.client.app, token, each)


@pytest.mark.parametrize("who", ["reader", "contributor", "curator", "other"])
def test_a_reader_opens_their_own_papers_and_nobody_else_s(office, who):
    mine, theirs = ("harbour", "welfare") if "harbour" in PEOPLE[who][1] else ("welfare", "harbour")
    token = key_of(office, who)
    own, foreign = office.papers[mine][0], office.papers[theirs][0]
    assert [failed for failed, _ in told(office, token, calls_of(own))] == [False] * 7
    hidden = told(office, token, calls_of(foreign))
    missing = told(office, token, calls_of(MISSING))
    for (failed, said), (also, nothing) in zip(hidden, missing, strict=True):
        assert failed
        assert also
        assert said.replace(foreign, "…") == nothing.replace(MISSING, "…")  # one answer for hidden and for never there


@pytest.mark.parametrize("who", ["administrator", "revoked", None])
def test_who_may_not_read_is_not_answered_at_all(office, who):
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_documents", "arguments": {}}}
    headers = {"accept": "application/json, text/event-stream"}
    response = office.call(who, "POST", "/mcp", json=ask, headers=headers)
    assert response.status_code == (403 if who == "administrator" else 401)


def test_a_key_opens_no_more_than_its_own_groups_and_not_without_the_right_to_read(office):
    person = office.door.people.get("curator")
    narrow = office.door.keys.add(person, "none", (), ("read",))[1]
    for failed, said in told(office, narrow, [("list_documents", {}), ("search", {"question": "待機児童数"})]):
        assert not any(id_ in said for ids in office.papers.values() for id_ in ids), failed
    blind = key_of(office, "curator", permissions=())
    response = office.client.post("/mcp", json={}, headers={"authorization": f"Bearer {blind}"})
    assert response.status_code == 403


def test_the_secret_word_reaches_its_own_group_and_nobody_else(office, caplog):
    """Hits, answers, timelines, near misses, lists, pages, errors and the log."""
    mine = told(
        office, key_of(office, "other"), [("list_documents", {}), ("ask", {"question": f"{SECRET}の事業費は？"})]
    )
    assert all(SECRET in said for _, said in mine)
    caplog.clear()
    calls = [*open_calls(), *calls_of(office.papers["harbour"][0]), *calls_of(office.papers["welfare"][0])]
    token = key_of(office, "curator")
    with caplog.at_level(logging.DEBUG):
        sent = told(office, token, calls)
    for (name, arguments), (_, said) in zip(calls, sent, strict=True):
        own = f"{name} {arguments}"  # what one has typed oneself may come back
        leaked = [word for word in (*TELLTALE, *office.papers["harbour"]) if word in said and word not in own]
        assert leaked == [], f"{own}\n{said[:600]}"
    typed = " ".join(f"{name} {arguments}" for name, arguments in calls)
    assert [word for word in TELLTALE if word in caplog.text and word not in typed] == []


def test_what_is_taken_back_is_gone_with_the_next_call_of_the_same_client(office):
    office.sign_up("guest", ("read",), ("welfare",))
    token = office.tokens["guest"]

    async def twice(client):
        before = await client.call_tool("list_documents", {})
        office.door.people.change("guest", groups=())
        return before, await client.call_tool("list_documents", {})

    before, after = at_the_door(office.client.app, token, twice)
    assert before.structured_content["total"] == 2
    assert all(id_ not in after.model_dump_json() for id_ in office.papers["welfare"])


def test_who_loses_the_right_while_it_is_worked_out_is_told_nothing(office, monkeypatch):
    office.sign_up("leaver", ("read",), ("welfare",))
    search = office.assistant.search

    def and_gone(*arguments, **how):
        found = search(*arguments, **how)
        office.door.people.change("leaver", is_disabled=True)
        return found

    call = {"name": "search", "arguments": {"question": "待機児童数"}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"accept": "application/json, text/event-stream"}
    assert "待機児童数は、" in office.call("leaver", "POST", "/mcp", json=asked, headers=headers).text
    monkeypatch.setattr(office.assistant, "search", and_gone)
    response = office.call("leaver", "POST", "/mcp", json=asked, headers=headers)
    assert response.json()["result"]["isError"] is True
    assert "待機児童数は、" not in response.text


def test_each_call_is_put_down_with_who_what_and_which_papers(office):
    own = office.papers["welfare"][0]
    told(office, key_of(office, "reader"), [("read_page", {"document_id": own}), ("ask", {"question": QUESTIONS[0]})])
    entries = [entry.entry for entry in office.door.audit.newest(8)]
    asked = next(entry for entry in entries if entry.get("target") == "ask")
    assert (asked["what"], asked["by"], asked["question"]) == ("POST /mcp", "key", QUESTIONS[0])
    assert set(asked["documents"]) <= set(office.papers["welfare"])
    read = next(entry for entry in entries if entry.get("target") == "read_page")
    assert read["documents"] == [own]


def test_a_paper_of_another_group_changes_no_word_of_an_answer(office):
    """An upload of the harbour's own text into the welfare office stays theirs, and is found there."""
    report = office.send("contributor", "welfare", {"写し.txt": HARBOUR}).json()
    copied = report["added"][0]["id"]
    ((_, said),) = told(office, key_of(office, "reader"), [("search", {"question": f"{SECRET}の事業費"})])
    assert copied in said
    assert office.papers["harbour"][0] not in said
    assert office.call("curator", "DELETE", f"/v1/documents/{copied}").status_code == 204
