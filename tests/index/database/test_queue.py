"""The queue of sent papers: jobs come in their turn, and none is lost with the worker that had it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from index.database import queue as of_queue
from index.database.queue import About, Queue, Step
from index.protocols import IndexMismatch, IndexMissing

WAITING, ALONE = Step("待っています"), Step("準備しています")


@pytest.fixture
def opened(place, tmp_path):
    """What opens the same queue again, as another process does."""
    queues = []

    def open_queue():
        url = place if "://" in place else None
        queues.append(Queue(tmp_path / "index", url))
        return queues[-1]

    yield open_queue
    for queue in queues:
        queue.close()


@pytest.fixture
def send(opened, tmp_path):
    """What puts a file of that name, and that content, into the queue."""
    queue = opened()

    def sent(name, **about):
        folder = tmp_path / "sent" / name
        folder.mkdir(parents=True)
        file = folder / "紙.txt"
        file.write_text(name, encoding="utf-8")
        return queue.submit({file: f"場所/{name}"}, About((name,), "/v1/documents", **about), WAITING, ALONE)

    return sent


def contents(queue, job, folder):
    return {place: path.read_text(encoding="utf-8") for path, place in queue.files(job, folder).items()}


def test_jobs_come_in_their_turn_one_at_a_time_whoever_takes_them(opened, send, tmp_path):
    first, second = send("甲", by="u1", shelf="g1"), send("乙")
    assert (first.state, first.step, second.step) == ("waiting", ALONE, WAITING)
    one, other = opened(), opened()
    taken = one.claim("w1")
    assert (taken.id, taken.state, taken.attempts, taken.about) == (
        *(first.id, "running", 1),
        About(("甲",), "/v1/documents", "u1", "g1"),
    )
    assert contents(one, taken, tmp_path / "given") == {"場所/甲": "甲"}
    assert other.claim("w2") is None, "one at a time"
    step = Step("読んでいます", 3, 9, 0.25, 12.5)
    assert one.report(taken, "w1", step) is False
    assert [job.step for job in other.listed()] == [step, WAITING]
    one.end(taken, "w1", "done", {"added": 1}, ALONE)
    ended = other.job(first.id)
    assert (ended.state, ended.result, ended.ended is not None) == ("done", {"added": 1}, True)
    assert other.claim("w2").id == second.id
    assert one.files(taken, tmp_path / "given") == {}, "what is in is not kept twice"


def test_a_job_is_stopped_from_anywhere_and_can_be_done_again_with_its_files(opened, send, tmp_path):
    running, waiting = send("甲"), send("乙")
    worker, page = opened(), opened()
    taken = worker.claim("w1")
    for job in (waiting, running):
        page.stop(job.id, {"problem": "stopped"})
    assert worker.is_stopping(taken, "w1") is True
    assert (page.job(waiting.id).state, page.job(waiting.id).result) == ("stopped", {"problem": "stopped"})
    worker.end(taken, "w1", "stopped", {"problem": "so"}, ALONE)
    for nothing in (running.id, waiting.id, "unknown"):
        with pytest.raises(KeyError):
            page.stop(nothing, {})
    page.retry(running.id, WAITING)
    again = worker.claim("w2")
    assert (again.id, again.is_stopping, again.result, again.ended, again.attempts) == (
        running.id,
        False,
        None,
        None,
        1,
    )
    assert contents(worker, again, tmp_path / "given") == {"場所/甲": "甲"}
    with pytest.raises(KeyError):
        page.retry(running.id, WAITING)
    page.forget([running.id, waiting.id])
    assert [job.id for job in page.listed()] == [running.id], "what is under way is not forgotten"
    assert not (tmp_path / "index" / "intake" / waiting.id).exists()


def test_a_silent_workers_job_goes_to_another_and_the_first_learns_it(opened, send, monkeypatch):
    monkeypatch.setattr(of_queue, "LEASE", 0.5)
    send("甲")
    dead, other = opened(), opened()
    job = dead.claim("w1")
    assert other.claim("w2") is None
    time.sleep(0.6)
    again = other.claim("w2")
    assert (again.id, again.attempts) == (job.id, 2)
    assert dead.report(job, "w1", WAITING) is None
    dead.end(job, "w1", "failed", {}, ALONE)  # too late to be heard
    dead.release(job, "w1")
    assert (other.job(job.id).state, other.is_stopping(again, "w2")) == ("running", False)
    other.release(again, "w2")
    assert (other.job(job.id).state, other.job(job.id).attempts) == ("waiting", 1)


def test_a_worker_that_is_heard_of_keeps_its_job(opened, send, monkeypatch):
    monkeypatch.setattr(of_queue, "LEASE", 0.6)
    send("甲")
    worker, other = opened(), opened()
    job = worker.claim("w1")
    for n in range(5):
        time.sleep(0.2)
        assert worker.report(job, "w1", Step("読んでいます", n, 5)) is False
        assert other.claim("w2") is None


def test_many_who_ask_at_once_get_each_job_once(opened, send):
    sent = [send(f"{n}").id for n in range(4)]
    done, lock = [], threading.Lock()

    def work(name):
        queue = opened()
        while len(done) < len(sent):
            job = queue.claim(name)
            if job is None:
                time.sleep(0.01)
                continue
            with lock:
                done.append(job.id)
            queue.end(job, name, "done", {}, ALONE)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == sent


DIES = """
import os, signal, sys
from pathlib import Path
from index.database import queue
from index.database.queue import About, Queue, Step

place, folder, what = sys.argv[1:]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
opened = Queue(Path(folder) / "index", place if "://" in place else None)
if what == "worker":
    job = opened.claim("dead")
    print(job.id, flush=True)
    die()
setattr(queue, "insert", die)  # the file is moved, and the row is not written
opened.submit({Path(folder) / "lost" / "紙.txt": "紙.txt"}, About(("紙.txt",), ""), Step(""), Step(""))
"""


def killed(place, folder, what):
    root = Path(__file__).resolve().parents[3]
    died = subprocess.run(
        [sys.executable, "-c", DIES, place, folder, what], cwd=root, capture_output=True, text=True, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    return died.stdout.strip()


def test_the_job_of_a_worker_killed_with_9_is_taken_up_with_its_files(place, opened, send, tmp_path, monkeypatch):
    job = send("甲")
    assert killed(place, tmp_path, "worker") == job.id
    queue = opened()
    assert queue.claim("w2") is None, "it may still live"
    monkeypatch.setattr(of_queue, "LEASE", 0.0)
    again = queue.claim("w2")
    assert (again.id, again.attempts) == (job.id, 2)
    assert contents(queue, again, tmp_path / "given") == {"場所/甲": "甲"}


def test_a_sender_killed_with_9_leaves_no_job_and_its_files_are_cleared_away(
    place, opened, send, tmp_path, monkeypatch
):
    kept = send("甲")
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "紙.txt").write_text("紙")
    killed(place, tmp_path, "sender")
    queue = opened()
    assert [job.id for job in queue.listed()] == [kept.id]
    queue.clear_away()
    monkeypatch.setattr(of_queue, "ORPHANED", -1.0)
    queue.clear_away()
    left = [folder.name for folder in (tmp_path / "index" / "intake").glob("*")]
    assert left == ([] if "://" in place else [kept.id])


def test_looking_into_a_queue_makes_none(opened, tmp_path):
    queue = opened()
    assert (queue.listed(), queue.claim("w1")) == ([], None)
    with pytest.raises(KeyError):
        queue.job("1")
    with pytest.raises(IndexMissing):
        queue.stop("1", {})
    assert not (tmp_path / "index").exists()


def test_the_folder_of_an_older_version_is_left_as_it_is(tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "current.json").write_text("{}")
    (tmp_path / "a.txt").write_text("x")
    queue = Queue(tmp_path / "index")
    assert queue.listed() == []
    with pytest.raises(IndexMismatch, match="older version"):
        queue.submit({tmp_path / "a.txt": "a.txt"}, About(("a.txt",), ""), WAITING, ALONE)
    assert sorted(os.listdir(tmp_path / "index")) == ["current.json"]


def test_a_queue_follows_the_file_that_is_there_now(tmp_path):
    """A backup has been put in the place of the index."""
    (tmp_path / "a.txt").write_text("x")
    queue = Queue(tmp_path / "index")
    queue.submit({tmp_path / "a.txt": "a.txt"}, About(("a.txt",), ""), WAITING, ALONE)
    (tmp_path / "index").rename(tmp_path / "aside")
    assert queue.listed() == []
    (tmp_path / "aside").rename(tmp_path / "index")
    assert [job.about.files for job in queue.listed()] == [("a.txt",)]
    queue.close()
