"""A question over HTTP with a language model beside the answer: streamed or not it is the same, and can be left."""

import json
import shutil
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from answer.generating.server import Connection
from answer.generating.writer import ServerWriter
from api import cli, llm
from api.app import create_app
from api.llm import NOT_CONNECTED
from api.settings import Settings
from tests.answer.generating import fake_server as fake
from tests.answer.generating.test_told import (
    ASKED_BEFORE,
    GOES_ON,
    HASTY,
    MADE_WHOLE,
    PAPER,
    QUESTION,
    SENTENCE,
    says,
)
from tests.answer.papers import assistant_over

NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("asked"), {"環境課.txt": PAPER})


@pytest.fixture(scope="module")
def server():
    with fake.serving() as running:
        yield running


@pytest.fixture(scope="module")
def probed(server, tmp_path_factory):
    """Return the file of what the server was found able to do, one of a server that enforces schemas and one not."""
    kept = {}
    for server.enforces in (True, False):
        path = tmp_path_factory.mktemp("kept") / "llm.json"
        writer = ServerWriter(Connection(server.url), path)
        writer.known()
        writer.close()
        kept[server.enforces] = path
    return kept


@contextmanager
def asking(assistant, server, kept, tmp_path):
    """Open a client of the API over a writer that has never failed."""
    path = shutil.copy(kept, tmp_path / "llm.json")
    writer = ServerWriter(Connection(server.url), path)
    settings = Settings(index=tmp_path / "index")
    with TestClient(create_app(assistant, settings, writer=writer)) as client:
        yield client
    writer.close()


def streamed(client, question=QUESTION, **more):
    """Return the events of an answer."""
    response = client.post("/v1/ask", json={"question": question, "stream": True, **more})
    assert response.headers["content-type"].startswith(NDJSON)
    return [json.loads(line) for line in response.text.split("\n") if line]


def plain(client, question=QUESTION, **more):
    return client.post("/v1/ask", json={"question": question, **more}).json()


def untimed(answer):
    return {**answer, "timings_ms": None}


def test_a_follow_up_that_a_model_made_whole_is_told_so_from_the_first_event_on(assistant, server, probed, tmp_path):
    server.quirk = says()
    server.rewrites = fake.rewrites(MADE_WHOLE)
    with asking(assistant, server, probed[True], tmp_path) as client:
        streamed(client)  # by now the model is known
        first, *_, last = streamed(client, GOES_ON, after=ASKED_BEFORE)
        without = plain(client, GOES_ON, after=ASKED_BEFORE, llm=False)
    for event in (first, last):
        assert (event["answer"]["understood"], event["answer"]["is_rewritten"]) == (MADE_WHOLE, True)
    assert (without["understood"], without["is_rewritten"]) == (None, False)


SAID = [
    (SENTENCE, "1,204トン"),
    ("ごみの総排出量は1,402トンです。", "1,204トン"),
    ("資源ごみの回収量は310トンです。", "310トン"),
    ("資源ごみは、前の年度より12トン増えました。", "310トン"),
    ("市内のごみ集積所は86か所です。", "86か所"),
    ("The total was 1,204 tons.", "1,204トン"),
    ("集積所の掃除は、利用する世帯が当番で行います。", "310トン"),
]


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    said=st.lists(st.sampled_from(SAID), max_size=5),
    size=st.integers(1, 40),
    finish=st.sampled_from(["stop", "stop", "stop", "length"]),
    enforces=st.booleans(),
    question=st.sampled_from([QUESTION, "集積所の当番は誰ですか。", "竜宮城の入場者数は何人ですか。"]),
)
def test_streamed_and_unstreamed_an_answer_is_the_same(
    assistant, server, probed, tmp_path, said, size, finish, enforces, question
):
    server.quirk = says(*said, finish=finish, size=size)
    with asking(assistant, server, probed[enforces], tmp_path) as client:
        first, *sentences, last = streamed(client, question)
    with asking(assistant, server, probed[enforces], tmp_path) as client:
        whole = plain(client, question)
    assert (first["event"], last["event"], first["more"]) == ("outcome", "done", True)
    assert untimed(last["answer"]) == untimed(whole)
    assert untimed(first["answer"]) == {**untimed(whole), "generated": None, "writing": None}
    if whole["generated"] is not None:
        assert whole["generated"]["sentences"] == [event["sentence"] for event in sentences]
        assert whole["generated"]["citations"] == [c for event in sentences for c in event["citations"]]
    else:
        assert not sentences or whole["writing"]["ended"] == "failed"


def test_a_model_is_left_out_where_the_question_says_so(assistant, server, probed, tmp_path):
    server.quirk = says((SENTENCE, "1,204トン"))
    with asking(assistant, server, probed[True], tmp_path) as client:
        with_it = plain(client, llm=True)
        asked = len(server.asked)
        without = plain(client, llm=False)
        first, last = streamed(client, llm=False)
    assert with_it["generated"]["sentences"][0]["text"] == SENTENCE
    assert (without["generated"], without["writing"], len(server.asked)) == (None, None, asked)
    assert first["more"] is False
    assert last["answer"]["writing"] is None


def test_a_model_that_is_wanted_and_not_connected_is_said_to_be_missing(assistant, tmp_path):
    with TestClient(create_app(assistant, Settings(index=tmp_path))) as client:
        answer = plain(client, llm=True)
        state = client.get("/v1/llm").json()
        assert plain(client)["writing"] is None
    assert answer["status"] == "answered"
    assert (answer["writing"]["ended"], answer["writing"]["error"]) == ("failed", NOT_CONNECTED)
    assert state["connected"] is False
    assert state["detail"] == NOT_CONNECTED


def test_what_is_no_question_has_its_status_also_when_streamed(assistant, tmp_path):
    with TestClient(create_app(assistant, Settings(index=tmp_path))) as client:
        response = client.post("/v1/ask", json={"question": " ", "stream": True})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_what_breaks_behind_the_outcome_is_the_last_line(assistant, server, probed, tmp_path, monkeypatch):
    monkeypatch.setattr(ServerWriter, "write", lambda self, evidence: (_ for _ in ()).throw(RuntimeError("ours")))
    with asking(assistant, server, probed[True], tmp_path) as client:
        first, last = streamed(client)
    assert first["answer"]["status"] == "answered"
    assert (last["event"], last["problem"]["status"]) == ("problem", 500)
    assert "ours" not in json.dumps(last)


def test_the_state_of_the_model_is_told_without_asking_it(assistant, server, probed, tmp_path):
    with asking(assistant, server, probed[True], tmp_path) as client:
        unknown = client.get("/v1/llm").json()
        server.quirk = says((SENTENCE, "1,204トン"))
        plain(client)
        known = client.get("/v1/llm").json()
        server.quirk = fake.status(500)
        plain(client)
        failed = client.get("/v1/llm").json()
    assert unknown == {
        "connected": True,
        "model": None,
        "asked_for": None,
        "on_this_machine": True,
        "detail": None,
    }
    assert (known["model"], known["asked_for"], known["detail"]) == (fake.MODEL, "schema", None)
    assert "エラー" in failed["detail"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_stops_the_model(assistant, server, probed, tmp_path, stream):
    """Over a real port: a test client cannot hang up."""
    server.quirk = fake.stalls_before
    server.cancelled.clear()
    path = shutil.copy(probed[True], tmp_path / "llm.json")
    writer = ServerWriter(Connection(server.url, deadlines=HASTY), path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(assistant, Settings(index=tmp_path / "index"), writer=writer)
    api = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=api.run)
    thread.start()
    try:
        until = time.monotonic() + 10
        while not api.started and time.monotonic() < until:
            time.sleep(0.02)
        asked = len(server.asked)
        body = json.dumps({"question": QUESTION, "stream": stream}).encode()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            head = f"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            connection.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            while len(server.asked) == asked and time.monotonic() < until:
                time.sleep(0.02)
        assert server.cancelled.wait(1)  # the deadline of the first token would come later
    finally:
        api.should_exit = True
        thread.join(5)
        writer.close()


@pytest.fixture
def typed(assistant, server, monkeypatch, tmp_path):
    """Let the command reach the papers and the server."""
    monkeypatch.setattr("answer.assistant.open_assistant", lambda *_, **__: assistant)
    monkeypatch.setattr(llm, "folder", lambda: tmp_path / "llm")
    monkeypatch.setenv("TENKYO_LLM_URL", server.url)
    server.enforces = True


def test_at_a_terminal_the_answer_comes_first_and_the_sentences_under_the_models_name(typed, server, capsys):
    server.quirk = says((SENTENCE, "1,204トン"), ("総排出量は1,402トンです。", "1,204トン"))
    assert cli.main(["ask", QUESTION, "-v"]) == 0
    answer, written = capsys.readouterr().out.split(f"AIによる文章（原文と照合済み）・{fake.MODEL}\n")
    assert answer.startswith("1,204トン")
    assert written.startswith(f"・{SENTENCE} [1]\n  [1] みずほ市")
    assert "見せなかった文: 1 件\n  「1,402トン」" in written
    assert "違います" not in written


def test_at_a_terminal_another_figure_is_shown_with_both_places(typed, server, capsys):
    server.quirk = says(("資源ごみの回収量は310トンです。", "310トン"))
    cli.main(["ask", QUESTION])
    out = capsys.readouterr().out
    assert "値が違います:\n  1,204トン … みずほ市" in out
    assert "\n  310トン … みずほ市" in out


def test_at_a_terminal_what_was_said_before_a_reply_broke_off_is_taken_back(typed, server, capsys):
    server.quirk = says((SENTENCE, "1,204トン"), finish="length")
    cli.main(["ask", QUESTION])
    assert "上の文を取り消します: 言語モデルの返事が長すぎて" in capsys.readouterr().out


def test_at_a_terminal_no_model_is_asked_where_none_is_wanted(typed, server, capsys, monkeypatch):
    asked = len(server.asked)
    cli.main(["ask", QUESTION, "--no-llm", "--json"])
    assert json.loads(capsys.readouterr().out)["writing"] is None
    assert len(server.asked) == asked
    monkeypatch.delenv("TENKYO_LLM_URL")
    cli.main(["ask", QUESTION, "--llm"])
    assert f"AIの文章はありません: {NOT_CONNECTED}" in capsys.readouterr().out


def test_a_file_of_questions_is_answered_with_the_model(typed, server, tmp_path):
    server.quirk = says((SENTENCE, "1,204トン"))
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": QUESTION}), encoding="utf-8")
    cli.main(["ask", "--questions", str(tmp_path / "q.jsonl"), "--out", str(tmp_path / "a.jsonl")])
    answer = json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert answer["generated"]["sentences"][0]["text"] == SENTENCE
