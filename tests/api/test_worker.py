"""Papers that were sent are taken in by whichever process works, and by another where that one dies."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api import work, worker
from api.access.state import LocalHoldings
from api.app import create_app
from api.intake import taker
from api.settings import Settings
from api.worker import ATTEMPTS, GIVEN_UP, Worker
from eval.postgres import running
from index.collection import AddReport, Collection
from index.database import queue as of_queue
from index.database.queue import About, Queue, Step
from index.protocols import IndexUnreachable
from tests.api.access.office import SECRET, open_office
from tests.api.conftest import info_of
from tests.api.test_intake import intakes, until
from tests.conftest import HashingEmbedder

ROOT = Path(__file__).resolve().parents[2]
PAPER = "みずほ野市　令和6年6月\n図書館の貸出冊数は、令和5年度で12,345冊です。\n"
PATIENCE = 30.0

# A process that takes in what it finds, and stands still once it has begun to write, until it is killed.
HANGS = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
import index.database.writing
from api.access.state import LocalHoldings
from api.intake import taker
from api.worker import Worker
from index.collection import Collection
from index.database.queue import Queue
from tests.conftest import HashingEmbedder

folder, url = Path(sys.argv[1]), sys.argv[2] or None
def hang(*_, **__):
    print("reached", flush=True)
    time.sleep(60)
index.database.writing.record = hang
assistant = SimpleNamespace(collection=Collection(folder, HashingEmbedder(), url))
Worker(Queue(folder, url), taker(assistant, LocalHoldings()), lambda: None).begin(stay=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def postgres():
    with running("fsync=off") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    if request.param == "sqlite":
        return None
    server = request.getfixturevalue("postgres")
    name = f"w{abs(hash(request.node.name))}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.removesuffix("postgres") + name


def send(queue, folder, name="資料.txt", text=PAPER):
    (folder / name).write_text(text, encoding="utf-8")
    return queue.submit({folder / name: name}, About((name,), "/v1/documents"), Step("待"), Step("備"))


def ended(queue, job):
    end = time.monotonic() + PATIENCE
    while (now := queue.job(job.id)).ended is None:
        assert time.monotonic() < end, now
        time.sleep(0.02)
    return now


def test_the_job_of_a_process_killed_with_9_is_done_by_another(url, tmp_path, monkeypatch):
    queue = Queue(tmp_path / "index", url)
    job = send(queue, tmp_path)
    command = [sys.executable, "-c", HANGS, tmp_path / "index", url or ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reached\n"
        assert queue.job(job.id).state == "running", "seen from here too"
        process.send_signal(signal.SIGKILL)
    monkeypatch.setattr(of_queue, "LEASE", 0.5)
    collection = Collection(tmp_path / "index", HashingEmbedder(), url)
    another = Worker(queue, taker(SimpleNamespace(collection=collection), LocalHoldings()), lambda: None)
    another.begin()
    done = ended(queue, job)
    assert (done.state, done.attempts, [d["file"] for d in done.result["added"]]) == ("done", 2, ["資料.txt"])
    assert [info.file for info in collection.snapshot().documents()] == ["資料.txt"]
    assert collection.verify() == []
    another.close()
    queue.close()


def test_a_job_at_which_workers_die_again_and_again_is_given_up(tmp_path, monkeypatch):
    queue = Queue(tmp_path / "index")
    job = send(queue, tmp_path)
    monkeypatch.setattr(of_queue, "LEASE", -1.0)
    for n in range(ATTEMPTS):
        assert queue.claim(f"dead {n}").id == job.id
    last = Worker(queue, lambda *_: pytest.fail("it must not be done"), lambda: None)
    last.begin()
    given_up = ended(queue, job)
    assert (given_up.state, given_up.result["title"]) == ("failed", GIVEN_UP)
    last.close()
    queue.close()


def test_a_worker_that_ends_gives_its_job_back(tmp_path):
    queue, begun = Queue(tmp_path / "index"), threading.Event()

    def take(about, files, progress):
        begun.set()
        while True:
            progress("読んでいます", 1, 2)
            time.sleep(0.01)

    job = send(queue, tmp_path)
    first = Worker(queue, take, lambda: None)
    first.begin(stay=True)
    assert begun.wait(PATIENCE)
    first.close()
    assert (queue.job(job.id).state, queue.job(job.id).attempts) == ("waiting", 0)
    collection = Collection(tmp_path / "index", HashingEmbedder())
    second = Worker(queue, taker(SimpleNamespace(collection=collection), LocalHoldings()), lambda: None)
    second.begin()
    assert ended(queue, job).state == "done"
    second.close()
    queue.close()


def test_a_worker_outlives_what_goes_wrong_around_a_job(tmp_path, monkeypatch, caplog):
    """No room for the files of one, and a database that cannot be asked for a while."""
    queue, turns, asked = Queue(tmp_path / "index"), threading.Event(), []
    real = worker.TemporaryDirectory

    def full(**_):
        monkeypatch.setattr(worker, "TemporaryDirectory", real)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker, "TemporaryDirectory", full)
    monkeypatch.setattr(of_queue, "LEASE", 0.3)
    monkeypatch.setattr(worker, "IDLE", 0.05)
    collection = Collection(tmp_path / "index", HashingEmbedder())
    job = send(queue, tmp_path)
    lasting = Worker(queue, taker(SimpleNamespace(collection=collection), LocalHoldings()), lambda: None)
    lasting.begin(stay=True)
    assert ended(queue, job).state == "done"
    claim = queue.claim

    def away(me):
        asked.append(me)
        if len(asked) > 2:
            turns.set()
            monkeypatch.setattr(queue, "claim", claim)
        raise IndexUnreachable("away")

    monkeypatch.setattr(queue, "claim", away)
    assert turns.wait(PATIENCE)
    assert ended(queue, send(queue, tmp_path, "次.txt", PAPER + "追記")).state == "done"
    assert [r.message.partition(":")[0] for r in caplog.records if "away" in r.message] == ["no job can be taken up"]
    lasting.close()
    queue.close()


def test_one_that_lost_its_job_to_another_stops_and_says_nothing_of_it(tmp_path, monkeypatch):
    queue, begun, left = Queue(tmp_path / "index"), threading.Event(), threading.Event()

    def take(about, files, progress):
        begun.set()
        try:
            while True:
                progress("読んでいます", 1, 2)
                time.sleep(0.01)
        finally:
            left.set()

    job = send(queue, tmp_path)
    slow = Worker(queue, take, lambda: None)
    slow.begin()
    assert begun.wait(PATIENCE)
    monkeypatch.setattr(of_queue, "LEASE", -1.0)
    assert queue.claim("other").id == job.id
    monkeypatch.undo()  # before the slow one looks for a job again: the other one lives
    assert left.wait(PATIENCE)
    assert queue.report(job, "other", Step("読んでいます")) is False, "it is still the other's"
    slow.close()
    queue.close()


@pytest.fixture
def taking(assistant, text_document):
    """A collection that takes everything in, as slowly as the test wants."""
    go = threading.Event()

    def add(paths, progress, sources):
        while not go.wait(0.01):
            progress("文書を読み取っています（ページ）", 35, 148)
        return AddReport(added=[info_of(text_document, file=path.name) for path in paths])

    assistant.collection.add = add
    yield go
    go.set()


def test_two_processes_of_one_collection_show_and_stop_each_others_intakes(assistant, settings, taking):
    with TestClient(create_app(assistant, settings)) as one, TestClient(create_app(assistant, settings)) as other:
        for name in "甲乙":
            files = [("files", (f"{name}.txt", b"x"))]
            one.post("/v1/documents", headers={"prefer": "respond-async"}, files=files)
        end = time.monotonic() + PATIENCE
        while other.get("/v1/intake").json()["intakes"][0]["total"] != 148:
            assert time.monotonic() < end
            time.sleep(0.02)
        first, second = intakes(other)
        assert (first["state"], second["state"]) == ("running", "waiting"), "one at a time, of both together"
        assert other.delete(f"/v1/intake/{second['id']}").status_code == 204
        assert until(one, "stopped")[1]["id"] == second["id"]
        again = one.post(f"/v1/intake/{second['id']}/retry")
        assert again.status_code == 202
        taking.set()
        assert [intake["files"] for intake in until(other, "done")] == [["甲.txt"], ["乙.txt"]]


def test_where_serve_takes_nothing_in_a_worker_alone_does(assistant, settings, taking, monkeypatch):
    taking.set()
    assistant.collection.embedder = HashingEmbedder()
    monkeypatch.setattr(work, "open_assistant", lambda *_, **__: assistant)
    alone = settings.model_copy(update={"intake": False})
    with TestClient(create_app(assistant, alone)) as client:
        files = [("files", ("甲.txt", b"x"))]
        client.post("/v1/documents", headers={"prefer": "respond-async"}, files=files)
        time.sleep(3 * worker.PAUSE)
        assert [one["state"] for one in intakes(client)] == ["waiting"]
        stop, said = threading.Event(), []
        working = threading.Thread(target=work.work_until, args=(stop, settings, said.append))
        working.start()
        until(client, "done")
        stop.set()
        working.join(PATIENCE)
        assert said[-1] == "終了します。"


def test_a_job_that_another_worker_takes_up_stays_with_its_group(tmp_path, monkeypatch):
    """Who sent it and for whom is in the queue, not in the process that died."""
    office = open_office(tmp_path, with_harbour=False)
    with office.client:
        folder = tmp_path / "sent"
        folder.mkdir()
        queue = Queue(tmp_path / "index")
        group = office.groups["harbour"]
        (folder / "港.txt").write_text(PAPER.replace("図書館", SECRET), encoding="utf-8")
        about = About(("港.txt",), "/v1/documents", office.door.people.get("other").id, group)
        monkeypatch.setattr(of_queue, "LEASE", 1.0)
        job = queue.submit({folder / "港.txt": "港.txt"}, about, Step("待"), Step("備"))
        queue.claim("dead")
        assert ended(queue, job).state == "done"
        assert [one["files"] for one in office.call("other", "GET", "/v1/intake").json()["intakes"]] == [["港.txt"]]
        names = [d["file"] for d in office.call("other", "GET", "/v1/documents").json()["documents"]]
        assert names == ["港.txt"]
        for who in ("curator", "reader"):
            told = office.call(who, "GET", "/v1/intake").text + office.call(who, "GET", "/v1/documents").text
            assert "港.txt" not in told
        hidden = office.call("curator", "POST", f"/v1/intake/{job.id}/retry")
        missing = office.call("curator", "POST", "/v1/intake/0123456789abcdef/retry")
        assert (hidden.status_code, hidden.json()["title"]) == (missing.status_code, missing.json()["title"])
        queue.close()


def test_papers_go_in_while_the_app_is_not_entered(tmp_path):
    """As where nobody runs the app's beginning: the thread comes with the first paper, and goes."""
    collection = Collection(tmp_path / "index", HashingEmbedder())
    client = TestClient(create_app(Assistant(collection), Settings(index=tmp_path / "index")))
    assert client.post("/v1/documents", files=[("files", ("a.txt", PAPER.encode()))]).json()["added"]
    end = time.monotonic() + PATIENCE
    while any(thread.name == "tenkyo-intake" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.02)
