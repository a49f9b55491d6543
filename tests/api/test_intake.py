"""Taking documents in with a running report: what is heard, how it ends, and what happens when nobody listens."""

import json
import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api import estimate as estimate_of
from api import intake, works
from api.app import create_app
from api.settings import Settings
from index import embedder as embedding
from index.collection import EMBEDDING, READING, AddReport, Collection
from index.embedder import LOADING, SentenceEmbedder
from index.protocols import IndexDamaged
from tests.api.conftest import info_of, unreadable
from tests.api.test_app import problem

NDJSON = {"accept": "application/x-ndjson"}


@pytest.fixture
def adding(assistant, text_document):
    """A collection that takes everything, but for empty files."""

    def add(contents, sources):
        good = [path for path, content in contents.items() if content]
        return AddReport(
            added=[info_of(text_document, file=path.name, source=sources[path]) for path in good],
            failed=[(path, unreadable(path)) for path in contents if path not in good],
        )

    assistant.collection.adding = add
    return assistant.collection


def send(client, *files, path="/v1/documents"):
    """Return the response's status and type, and the events in it."""
    options = {"files": [("files", file) for file in files]} if files else {}
    response = client.post(path, headers=NDJSON, **options)
    assert response.headers["content-type"].startswith("application/x-ndjson"), response.text
    return [json.loads(line) for line in response.text.splitlines()]


def are_gone(paths):
    """Tell whether sent files are removed, a moment after the end of their intake is told."""
    end = time.monotonic() + 5
    while any(path.parent.parent.exists() for path in paths) and time.monotonic() < end:
        time.sleep(0.01)
    return not any(path.parent.parent.exists() for path in paths)


def test_an_intake_tells_how_far_it_is_and_ends_with_its_report(client, adding):
    *heard, last = send(client, ("議案.txt", b"x"), ("空.txt", b""))
    assert {event["event"] for event in heard} == {"progress"}
    assert last["event"] == "done"
    assert [d["file"] for d in last["report"]["added"]] == ["議案.txt"]
    assert [f["file"] for f in last["report"]["failed"]] == ["空.txt"]
    assert are_gone(adding.added[0][0])


def test_without_the_wish_for_a_stream_the_report_comes_alone(client, adding):
    response = client.post("/v1/documents", files=[("files", ("a.txt", b"x"))])
    assert response.headers["content-type"] == "application/json"
    assert response.json()["added"][0]["file"] == "a.txt"


def test_when_nothing_could_be_read_the_stream_ends_with_the_problem_of_a_plain_request(client, adding):
    last = send(client, ("空.txt", b""))[-1]
    plain = client.post("/v1/documents", files=[("files", ("空.txt", b""))]).json()
    assert last == {"event": "problem", "problem": plain}


def test_an_intake_that_fails_half_way_says_so_and_is_done_again_with_its_files(client, adding, caplog):
    take = adding.adding

    def add(contents, sources):
        raise IndexDamaged("hash differs", "索引が壊れています。")

    adding.adding = add
    last = send(client, ("a.txt", b"x"))[-1]
    assert (last["problem"]["status"], last["problem"]["title"]) == (503, "索引が壊れています。")
    assert caplog.records == []
    (failed,) = intakes(client)
    adding.adding = take
    again = client.post(f"/v1/intake/{failed['id']}/retry")
    assert (again.status_code, again.json()["state"], again.json()["problem"]) == (202, "waiting", None)
    (done,) = until(client, "done")
    assert [d["file"] for d in done["report"]["added"]] == ["a.txt"]
    assert are_gone(adding.added[0][0])
    problem(client.post(f"/v1/intake/{failed['id']}/retry"), 409, "intake-not-failed")
    problem(client.post("/v1/intake/99/retry"), 404, "intake-unknown")


def test_a_mistake_of_ours_keeps_its_text_in_the_log(client, adding, caplog):
    def add(contents, sources):
        raise RuntimeError("secret /etc/path")

    adding.adding = add
    with caplog.at_level(logging.ERROR):
        last = send(client, ("a.txt", b"x"))[-1]
    assert last["problem"]["type"] == "urn:tenkyo:problem:internal"
    assert "secret" not in json.dumps(last)
    assert "secret" in caplog.text


def test_what_is_refused_at_once_is_no_stream(client, adding):
    response = client.post("/v1/documents", files=[("files", ("..", b"x"))], headers=NDJSON)
    problem(response, 422, "file-name")


def test_a_second_intake_waits_for_the_first_and_says_so(client, adding, monkeypatch):
    monkeypatch.setattr(intake, "RETRY_SECONDS", 0.02)
    adding.busy.set()
    threading.Timer(2.0, adding.busy.clear).start()
    *heard, last = send(client, ("a.txt", b"x"))
    assert last["event"] == "done"
    assert "ほかの取り込みが終わるのを待っています" in [event["stage"] for event in heard]


def test_one_that_has_waited_long_enough_is_told_that_the_index_is_busy(client, adding, monkeypatch):
    monkeypatch.setattr(intake, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(intake, "WAIT_SECONDS", 0.1)
    adding.busy.set()
    assert send(client, ("a.txt", b"x"))[-1]["problem"]["type"] == "urn:tenkyo:problem:index-busy"
    problem(client.post("/v1/documents", files=[("files", ("a.txt", b"x"))]), 409, "index-busy")


def test_two_intakes_at_once_both_get_in(tmp_path, embedder):
    """Over a real collection, whose writer's lock only one can hold."""
    collection = Collection(tmp_path / "index", embedder)
    app = create_app(Assistant(collection), Settings(index=tmp_path / "index"))
    with TestClient(app) as client:
        ends = []
        threads = [
            threading.Thread(
                target=lambda n=n: ends.append(send(client, (f"{n}.txt", f"第{n}号の議案です。".encode()))[-1])
            )
            for n in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [end["event"] for end in ends] == ["done"] * 3
        assert len(client.get("/v1/documents").json()["documents"]) == 3


def test_progress_is_told_some_five_times_a_second(client, adding):
    def add(paths, progress, sources):
        for n in range(600):
            progress("読み取っています", n, 600)
            time.sleep(0.001)
        return AddReport()

    adding.add = add
    heard = [event["done"] for event in send(client, ("a.txt", b"x"))[:-1]]
    assert 2 <= len(heard) <= 12
    assert heard == sorted(heard)


@contextmanager
def on_a_port(app):
    """Serve the app for real, since Starlette's test client hears nothing before the end; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        thread.join(10)


def test_lines_come_while_the_work_goes_on_and_it_goes_on_when_the_client_leaves(assistant, adding, settings, caplog):
    go, done = threading.Event(), threading.Event()
    take = adding.adding

    def slow(contents, sources):
        assert go.wait(10)
        report = take(contents, sources)
        done.set()
        return report

    adding.adding = slow
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n'
    head = (
        "POST /v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/x-ndjson\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with on_a_port(create_app(assistant, settings)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(head.encode() + body)
            heard = b""
            while "ファイルを調べています".encode() not in heard:
                heard += connection.recv(65536)
            assert b'"done"}' not in heard
        time.sleep(0.5)  # for the server to notice
        go.set()
        assert done.wait(10)
        paths = adding.added[0][0]
        assert are_gone(paths)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


# --- who has not sent it sees it too --------------------------------------------------------------------------------


def intakes(client):
    return client.get("/v1/intake").json()["intakes"]


def until(client, state):
    """Return the intakes once the last one is in that state."""
    end = time.monotonic() + 10
    while (listed := intakes(client))[-1]["state"] != state:
        assert time.monotonic() < end, listed
        time.sleep(0.01)
    return listed


def send_off(client, *files):
    """Send files without waiting for them; return the intake."""
    response = client.post("/v1/documents", headers={"prefer": "respond-async"}, files=[("files", f) for f in files])
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "respond-async"
    return response.json()


@pytest.fixture
def held(adding):
    """A collection that takes in as slowly as the test wants; return what lets it go on."""
    go, take = threading.Event(), adding.adding

    def add(paths, progress, sources):
        while not go.wait(0.01):
            progress("文書を読み取っています（ページ）", 35, 148)
        return take({path: path.read_bytes() for path in paths}, sources)

    adding.add = add
    yield go
    go.set()


def test_an_intake_is_seen_by_who_has_not_sent_it_and_its_end_too(client, held):
    assert intakes(client) == []
    sent = send_off(client, ("計画.txt", b"x"))
    assert (sent["files"], sent["report"]) == (["計画.txt"], None)
    (running,) = until(client, "running")
    while intakes(client)[0]["total"] != 148:
        time.sleep(0.01)
    (running,) = intakes(client)
    assert (running["id"], running["done"], running["total"]) == (sent["id"], 35, 148)
    assert 0 < running["share"] < 1
    assert running["seconds_left"] > 0
    held.set()
    (ended,) = until(client, "done")
    assert [d["file"] for d in ended["report"]["added"]] == ["計画.txt"]
    assert (ended["share"], ended["seconds_left"]) == (1.0, None)
    assert client.delete(f"/v1/intake/{sent['id']}").status_code == 204
    assert intakes(client) == []


def test_intakes_wait_for_their_turn_and_come_in_their_order(client, adding, held):
    for name in ("甲", "乙", "丙"):
        send_off(client, (f"{name}.txt", b"x"))
    until(client, "waiting")
    assert [one["state"] for one in intakes(client)] == ["running", "waiting", "waiting"]
    held.set()
    assert [one["files"] for one in until(client, "done")] == [["甲.txt"], ["乙.txt"], ["丙.txt"]]


def test_an_intake_is_stopped_and_so_is_one_that_has_not_begun(client, held):
    first, second = (send_off(client, (f"{name}.txt", b"x"))["id"] for name in "甲乙")
    for name in (second, first):
        assert client.delete(f"/v1/intake/{name}").status_code == 204
    until(client, "stopped")  # at once, since it had not begun
    while intakes(client)[0]["state"] == "stopping":
        time.sleep(0.01)
    assert [one["state"] for one in intakes(client)] == ["stopped", "stopped"]
    assert "取りやめられました" in intakes(client)[0]["problem"]["title"]
    problem(client.delete("/v1/intake/99"), 404, "intake-unknown")


def test_an_intake_that_fails_says_why_to_all(client, adding):
    send_off(client, ("空.txt", b""))
    (ended,) = until(client, "failed")
    assert client.delete(f"/v1/intake/{ended['id']}").status_code == 204
    assert are_gone(adding.added[0][0]), "with it go its files"
    assert (ended["report"], ended["problem"]["title"]) == (None, "ファイルが空です。")


def test_ended_intakes_are_forgotten_after_a_while(client, adding, monkeypatch):
    send_off(client, ("a.txt", b"x"))
    until(client, "done")
    monkeypatch.setattr(works, "KEPT_SECONDS", -1.0)
    assert intakes(client) == []


def test_the_rest_of_an_intake_is_judged_by_the_pages_so_far():
    clock = iter(range(0, 1000))
    pace = estimate_of.Pace(reading=1.0, embedding=1.0)
    estimate = estimate_of.Estimate(pace, lambda: next(clock))
    estimate.heard("ファイルを調べています", 0, 1)
    assert (estimate.share, estimate.left) == (0.0, None)
    shares = []
    for done in range(0, 101, 10):  # ten pages a second
        estimate.heard(READING, done, 100)
        shares.append(estimate.share)
    assert pace.reading == pytest.approx(0.1)
    for done in range(0, 401, 100):  # 25 pages a second
        estimate.heard(EMBEDDING, done, 400)
        shares.append(estimate.share)
    assert pace.embedding == pytest.approx(0.04)
    assert shares == sorted(shares)
    assert estimate.left == pytest.approx(0)
    assert shares[-1] == 0.99, "the index is still to be written"


# --- the sample ---------------------------------------------------------------------------------------------------


def test_the_sample_collection_goes_in_under_its_own_names(client, adding):
    assert client.get("/healthz").json()["has_sample"] is True
    last = send(client, path="/v1/sample")[-1]
    assert last["event"] == "done"
    names = [d["file"] for d in last["report"]["added"]]
    assert len(names) == 6
    assert names == sorted(names)
    assert all(name.endswith(".pdf") for name in names)
    assert client.post("/v1/sample").json()["added"][0]["source"] == names[0]


def test_where_no_sample_is_installed_it_is_said_and_refused(client, adding, monkeypatch):
    def none(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(intake, "resources", none)
    assert client.get("/healthz").json()["has_sample"] is False
    problem(client.post("/v1/sample", headers=NDJSON), 404, "sample-missing")


# --- the model ----------------------------------------------------------------------------------------------------


@pytest.fixture
def slow_model(assistant, tmp_path, monkeypatch):
    """An embedder whose model takes as long as the test wants: unpacking first, then loading."""
    unpacking, unpacked, loaded = threading.Event(), threading.Event(), threading.Event()

    def prepare(cache, progress):
        progress("埋め込みモデルを準備しています（初回だけ）", 1, 4)
        unpacking.set()
        assert unpacked.wait(10)
        progress("埋め込みモデルを準備しています（初回だけ）", 4, 4)
        return cache

    def load(folder, *, exact):
        assert loaded.wait(10)
        raise OSError("no model after all")

    monkeypatch.setattr(embedding.default_model, "prepare", prepare)
    monkeypatch.setattr(embedding, "load_default", load)
    assistant.collection.embedder = SentenceEmbedder("default", tmp_path, lambda *_: None)
    yield assistant.collection.embedder, unpacking, unpacked, loaded
    unpacked.set()
    loaded.set()


def preparing(client):
    before = time.monotonic()
    said = client.get("/healthz").json()["preparing"]
    assert time.monotonic() - before < 1
    return said


def test_health_says_what_the_model_is_doing_and_waits_for_nothing(client, slow_model):
    embedder, unpacking, unpacked, loaded = slow_model
    assert preparing(client) is None

    def load():
        with pytest.raises(embedding.ModelMissing):
            embedder.embed_queries(["準備"])

    loading = threading.Thread(target=load)
    loading.start()
    assert unpacking.wait(30)
    stage = "埋め込みモデルを準備しています（初回だけ）"
    assert preparing(client) == {"event": "progress", "stage": stage, "done": 1, "total": 4}
    unpacked.set()
    until = time.monotonic() + 5
    while preparing(client)["stage"] == stage and time.monotonic() < until:
        time.sleep(0.01)
    assert preparing(client) == {"event": "progress", "stage": LOADING, "done": 0, "total": 1}
    loaded.set()
    loading.join()
    assert preparing(client) is None


def test_an_intake_says_that_it_waits_for_the_model(client, adding, slow_model):
    embedder, _, unpacked, loaded = slow_model
    before = "埋め込みモデルを準備しています（初回だけ）"

    def go_on():
        for stage, event in ((before, unpacked), (LOADING, loaded)):
            end = time.monotonic() + 8
            while all(one["stage"] != stage for one in intakes(client)) and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(0.5)  # so that whoever sent it hears of it too
            event.set()

    def add(contents, sources):
        embedder.count_tokens("議案")

    adding.adding = add
    going_on = threading.Thread(target=go_on)
    going_on.start()
    *heard, last = send(client, ("a.txt", b"x"))
    going_on.join()
    assert {before, LOADING} <= {event["stage"] for event in heard}
    assert last["problem"]["type"] == "urn:tenkyo:problem:index-unusable"
