"""Editions, changes and follows over HTTP and on the command line, over a real collection."""

import email
import json
from email.policy import default

import pytest
from starlette.testclient import TestClient

from api import cli
from api.app import create_app
from api.settings import Settings
from tests.answer.editions.papers import NOW, THEN
from tests.answer.papers import assistant_over
from tests.api.servers import mail_server, webhook
from tests.api.test_app import problem

OTHER = "# かえで台市 下水道の維持管理 説明資料\n\n令和6年6月議会　下水道課\n\n## 1 管路の点検\n\n- 点検は12kmです。\n"


@pytest.fixture
def assistant(tmp_path):
    return assistant_over(tmp_path, {"2305.md": THEN, "gesui.md": OTHER})


def client_of(assistant, **settings):
    return TestClient(create_app(assistant, Settings(index=assistant.collection.folder, **settings)))


@pytest.fixture
def client(assistant):
    with client_of(assistant) as client:
        yield client


def add(client, text=NOW, name="2406.md"):
    (added,) = client.post("/v1/documents", files=[("files", (name, text.encode()))]).json()["added"]
    return added["id"]


def ids(client):
    return {d["file"]: d["id"] for d in client.get("/v1/documents").json()["documents"]}


# --- what changed -----------------------------------------------------------------------------------------------------


def test_a_change_comes_with_both_places_and_the_difference(client):
    now = add(client)
    body = client.get("/v1/changes", params={"now": now}).json()
    assert (body["then"]["file"], body["now"]["file"]) == ("2305.md", "2406.md")
    assert body["total"] == sum(body["counts"].values()) == len(body["changes"])
    (members,) = (c for c in body["changes"] if c["now"] and c["now"]["text"] == "378社")
    assert (members["name"], members["difference"]) == ("変わった数値", "66社増")
    for side, value in (("then", "312社"), ("now", "378社")):
        cited = members[side]["citation"]
        page = client.get(f"/v1/documents/{cited['document_id']}/pages/1").json()
        assert value in cited["quote"]
        assert page["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_kinds_and_the_number_can_be_narrowed(client):
    now = add(client)
    body = client.get("/v1/changes", params={"now": now, "kinds": ["added", "dropped"], "limit": 1}).json()
    assert body["total"] == 2
    assert len(body["changes"]) == 1
    assert body["counts"]["figure"] == 6


def test_two_papers_can_be_named_that_are_no_editions(client):
    held = ids(client)
    body = client.get("/v1/changes", params={"now": held["gesui.md"], "then": held["2305.md"]}).json()
    assert [c for c in body["changes"] if c["kind"] == "figure"] == []


def test_what_cannot_be_compared_is_said_in_words(client):
    held = ids(client)
    title = problem(client.get("/v1/changes", params={"now": held["2305.md"]}), 404, "no-edition-before")["title"]
    assert "前の版とわかる資料がありません" in title
    problem(client.get("/v1/changes", params={"now": "f" * 16}), 404, "document-unknown")
    both = {"now": held["2305.md"], "then": held["2305.md"]}
    problem(client.get("/v1/changes", params=both), 422, "same-document")


# --- series -----------------------------------------------------------------------------------------------------------


def test_a_series_can_be_joined_and_parted_by_hand(client):
    now = add(client)
    held = ids(client)
    body = client.get(f"/v1/documents/{now}/editions").json()
    assert [e["document"]["file"] for e in body["editions"]] == ["2305.md", "2406.md"]
    assert body["before"] == held["2305.md"]
    body = client.put(f"/v1/documents/{now}/editions/{held['2305.md']}", json={"said": "parted"}).json()
    assert body["before"] is None
    assert [e["document"]["file"] for e in body["parted"]] == ["2305.md"]
    problem(client.get("/v1/changes", params={"now": now}), 404, "no-edition-before")
    body = client.put(f"/v1/documents/{now}/editions/{held['2305.md']}", json={"said": None}).json()
    assert body["before"] == held["2305.md"]


def test_a_decision_needs_two_papers_that_are_there(client):
    held = ids(client)
    here = f"/v1/documents/{held['2305.md']}/editions"
    problem(client.put(f"{here}/{held['2305.md']}", json={"said": "joined"}), 422, "edition-of-itself")
    problem(client.put(f"{here}/{'f' * 16}", json={"said": "joined"}), 404, "document-unknown")
    problem(client.put(f"{here}/{held['gesui.md']}", json={"said": "maybe"}), 422, "request-invalid")


def test_a_damaged_file_of_decisions_is_named(client, assistant):
    now = add(client)
    (assistant.collection.folder / "editions.json").write_text("{", "utf-8")
    assert "editions.json" in problem(client.get("/v1/changes", params={"now": now}), 500, "editions-damaged")["title"]


# --- follows and alerts -----------------------------------------------------------------------------------------------


def follow_members(client, assistant):
    document = assistant.collection.snapshot().document(ids(client)["2305.md"])
    line = "- フォーラムの会員数は312社（令和5年3月末時点）です。"
    start = document.text.index(line)
    fact = next(
        f for f in assistant.collection.snapshot().facts(document.id) if start <= f.value_start < start + len(line)
    )
    spot = {"document_id": document.id, "start": fact.start, "end": fact.end, "text": "312社"}
    response = client.post("/v1/follows", json={"label": "会員数", "spot": spot})
    assert response.status_code == 201, response.text
    return response.json()["follows"][0]["id"]


def test_a_followed_figure_is_told_of_when_a_new_paper_comes(client, assistant):
    follow_members(client, assistant)
    assert client.get("/v1/follows").json()["unseen"] == 0
    add(client)
    body = client.get("/v1/follows").json()
    (alert,) = body["alerts"]
    assert (alert["then"], alert["now"], alert["difference"], alert["seen"]) == ("312社", "378社", "66社増", False)
    assert "312社" in alert["then_citation"]["quote"]
    assert "378社" in alert["now_citation"]["quote"]
    assert (body["unseen"], body["sends"], alert["sent"]) == (1, [], [])
    assert client.post("/v1/alerts/seen").status_code == 204
    assert client.get("/v1/follows").json()["unseen"] == 0


def test_a_follow_can_be_dropped(client, assistant):
    id_ = follow_members(client, assistant)
    assert client.delete(f"/v1/follows/{id_}").status_code == 204
    problem(client.delete(f"/v1/follows/{id_}"), 404, "follow-unknown")
    add(client)
    assert client.get("/v1/follows").json()["alerts"] == []


@pytest.mark.parametrize(
    "body", [{}, {"label": "会員数"}, {"question": "会員数は？", "label": "x", "spot": None, "y": 1}]
)
def test_a_follow_is_of_a_figure_or_of_a_question(client, body):
    problem(client.post("/v1/follows", json=body), 422, "request-invalid")


def test_a_damaged_file_of_follows_is_named_and_takes_no_intake_back(client, assistant):
    (assistant.collection.folder / "follows.json").write_text("{", "utf-8")
    assert add(client)
    assert "follows.json" in problem(client.get("/v1/follows"), 500, "follows-damaged")["title"]


def test_an_alert_is_posted_to_the_address_that_is_set(assistant):
    with webhook() as (url, got), client_of(assistant, alert_webhook=url) as client:
        follow_members(client, assistant)
        add(client)
        (alert,) = client.get("/v1/follows").json()["alerts"]
    assert alert["sent"] == [{"way": "webhook", "fault": ""}]
    (body,) = got
    assert (body["text"], body["then"], body["now"]) == ("会員数: 312社 → 378社（66社増）", "312社", "378社")


def test_a_webhook_that_fails_is_said_beside_the_alert_and_its_address_is_not(assistant):
    with webhook(status=503) as (url, _), client_of(assistant, alert_webhook=url) as client:
        follow_members(client, assistant)
        add(client)
        body = client.get("/v1/follows")
    assert body.json()["alerts"][0]["sent"] == [{"way": "webhook", "fault": "送り先がエラーを返しました（503）"}]
    assert url not in body.text


def test_an_alert_is_mailed_by_the_server_that_is_set(assistant):
    with (
        mail_server() as (port, got),
        client_of(assistant, alert_mail_to=("shoko@kaede.test",), smtp_port=port) as client,
    ):
        follow_members(client, assistant)
        add(client)
        (alert,) = client.get("/v1/follows").json()["alerts"]
    assert alert["sent"] == [{"way": "mail", "fault": ""}]
    message = email.message_from_bytes(got[0], policy=default)
    assert message["To"] == "shoko@kaede.test"
    assert "会員数" in message["Subject"]
    assert "312社 → 378社" in message.get_content()


def test_a_mail_server_that_is_not_there_takes_nothing_back(assistant):
    with mail_server() as (port, _):
        pass
    with client_of(assistant, alert_mail_to=("shoko@kaede.test",), smtp_port=port) as client:
        follow_members(client, assistant)
        add(client)
        (alert,) = client.get("/v1/follows").json()["alerts"]
    assert alert["now"] == "378社"
    assert alert["sent"][0]["fault"].startswith("メールを送れません")


@pytest.mark.parametrize(
    "given", [{"alert_webhook": "ftp://kaede.test/x"}, {"alert_mail_to": "shoko"}, {"smtp_port": 70000}]
)
def test_an_address_that_is_none_is_refused(given):
    with pytest.raises(ValueError, match=next(iter(given))):
        Settings(**given)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch, assistant):
    """The command over the assistant's own index."""
    monkeypatch.setenv("TENKYO_INDEX", str(assistant.collection.folder))
    monkeypatch.setattr("answer.assistant.open_assistant", lambda *_, **__: assistant)
    monkeypatch.setattr("index.embedder.open_embedder", lambda name, cache=None, progress=None: None)
    monkeypatch.setattr("index.collection.Collection", lambda folder, embedder=None, url=None: assistant.collection)
    return cli.main


def test_the_command_lists_changes_with_their_places(command, assistant, client, capsys):
    now = add(client)
    assert command(["changes", now]) == 0
    out = capsys.readouterr().out
    assert "フォーラムの会員数（企業連携フォーラム）: 312社（令和5年3月末） → 378社（令和6年3月末）、66社増" in out
    assert "  前: " in out
    assert "「- フォーラムの会員数は312社（令和5年3月末時点）です。」" in out
    assert "全 " in out


def test_the_command_narrows_and_prints_json(command, client, capsys):
    now = add(client)
    then = ids(client)["2305.md"]
    assert command(["changes", then, now, "--kind", "加わった項目", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [c["label"] for c in body["changes"]] == ["3 移動販売車の導入補助"]
    assert command(["changes", then, now, "-n", "1"]) == 0
    assert "あと " in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["f" * 16], ["--kind", "大きな変更"], ["same", "same"], ["a", "b", "c"]])
def test_the_command_says_what_is_wrong(command, client, capsys, arguments):
    held = ids(client)["2305.md"]
    given = arguments if not arguments[0].startswith("--") else [held, *arguments]
    assert command(["changes", *given]) != 0
    assert any("ぁ" <= c <= "ん" for c in capsys.readouterr().err)


def test_taking_papers_in_tells_of_alerts(command, assistant, client, capsys, tmp_path):
    follow_members(client, assistant)
    (tmp_path / "2406.md").write_text(NOW, encoding="utf-8")
    assert command(["ingest", str(tmp_path / "2406.md")]) == 0
    assert "お知らせ: 会員数: 312社 → 378社（66社増）" in capsys.readouterr().err
