"""`tenkyo serve` as a process: both servers come up, and both go when it is told to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from statistics import median

import pytest

from index.default_model import STAGE
from index.embedder import LOADING
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups and signals of POSIX")


class Served:
    def __init__(self, folder, *more):
        self.ports = free_port(), free_port()
        command = [sys.executable, "-m", "api.cli", "serve", "--index", str(folder)]
        command += ["--api-port", str(self.ports[0]), "--ui-port", str(self.ports[1]), *more]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self.readers = [
            threading.Thread(target=lambda stream=stream, lines=lines: lines.extend(stream))
            for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self.readers:
            reader.start()

    def wait_until_up(self):
        until = time.monotonic() + 60
        while not any("Ctrl-C" in line for line in self.out):
            assert self.process.poll() is None, self.err
            assert time.monotonic() < until, (self.out, self.err)
            time.sleep(0.1)

    def wait_until_down(self):
        status = self.process.wait(20)
        for reader in self.readers:
            reader.join(5)
            assert not reader.is_alive(), "something still runs and holds the output open"
        self.err = [line for line in self.err if not line.startswith(STAGE)]  # once on a machine
        return status

    def kill(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # whatever a failed test has left
        self.process.wait()
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path / "index")
    yield served
    served.kill()


def get(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as response:
        return response.read().decode()


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def send_to_process(process, number):
    process.send_signal(number)


def send_to_group(process, number):
    os.killpg(process.pid, number)


@pytest.mark.parametrize(
    ("send", "number"),
    [(send_to_process, signal.SIGTERM), (send_to_process, signal.SIGINT), (send_to_group, signal.SIGINT)],
    ids=["SIGTERM", "SIGINT", "Ctrl-C in a terminal"],
)
def test_both_servers_answer_and_both_stop(served, send, number):
    """Without an index too: the page then says how to add documents."""
    served.wait_until_up()
    api, ui = (f"http://127.0.0.1:{port}" for port in served.ports)
    assert any(ui in line for line in served.out)
    assert any(api in line for line in served.out)
    assert '"status":"empty"' in get(f"{api}/healthz")
    assert "streamlit" in get(ui).lower()
    send(served.process, number)
    assert served.wait_until_down() == 0
    assert served.out[-1] == "終了します。\n"
    assert served.err == []
    assert all(is_free(port) for port in served.ports)


@pytest.fixture
def page(served):
    """A call that returns the process id of the page, once it runs."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    if not children.exists():
        pytest.skip("needs Linux's /proc to find the page's process")

    def find():
        until = time.monotonic() + 30
        while not (found := children.read_text().split()):
            assert time.monotonic() < until
            time.sleep(0.05)
        return int(found[0])

    return find


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.5])
def test_ctrl_c_while_the_page_starts_leaves_nothing_running_and_no_traceback(served, page, seconds):
    page()
    time.sleep(seconds)
    os.killpg(served.process.pid, signal.SIGINT)
    served.wait_until_down()
    assert not any("Traceback" in line for line in served.err), "".join(served.err)
    assert all(is_free(port) for port in served.ports)


def test_the_model_is_loaded_at_the_start_without_an_index_too(served):
    """The first upload is not kept waiting for it, and health answers all the while."""
    served.wait_until_up()
    url = f"http://127.0.0.1:{served.ports[0]}/healthz"
    seen, took, until = [], [], time.monotonic() + 60
    while not seen or seen[-1] is not None:
        before = time.monotonic()
        stage = (json.loads(get(url))["preparing"] or {}).get("stage")
        took.append(time.monotonic() - before)
        if stage or seen:
            seen.append(stage)
        assert time.monotonic() < until
        time.sleep(0.02)
    assert LOADING in seen
    assert median(took) < 0.5  # now and then importing torch holds the interpreter for a second
    send_to_process(served.process, signal.SIGTERM)
    assert served.wait_until_down() == 0


def test_a_request_that_hangs_does_not_keep_the_servers_from_stopping(served):
    """Half an upload: the rest never comes."""
    served.wait_until_up()
    with socket.create_connection(("127.0.0.1", served.ports[0])) as connection:
        head = "POST /v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n".encode())
        time.sleep(0.5)
        served.process.send_signal(signal.SIGINT)
        assert served.wait_until_down() == 0
    assert served.err == []


def test_work_that_cannot_be_stopped_is_left(tmp_path):
    """A request's thread may embed for minutes; Ctrl-C ends the process all the same."""
    code = """
import threading, time
from api.serve import _leave_unfinished_work
threading.Thread(target=time.sleep, args=(60,)).start()
_leave_unfinished_work(3)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (3, "")
    assert "索引はそのまま" in done.stdout


def test_when_the_page_falls_the_api_stops_too_and_it_is_said(served, page):
    served.wait_until_up()
    os.kill(page(), signal.SIGKILL)
    assert served.wait_until_down() == 2
    assert "画面が動いていないため" in "".join(served.err)


@pytest.mark.parametrize(("flag", "what"), [("--api-port", "API"), ("--ui-port", "画面")])
def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path, flag, what, capsys):
    from api.cli import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {"--api-port": free_port(), "--ui-port": free_port(), flag: port}
        arguments = [str(part) for pair in ports.items() for part in pair]
        assert main(["serve", "--index", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert f"{what}のポート {port} は" in error
    assert flag in error


@pytest.fixture
def many(tmp_path):
    """Two processes of the API, without a page, and a call that returns their ids."""
    served = Served(tmp_path / "index", "--workers", "2", "--only", "api")
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    if not children.exists():
        served.kill()
        pytest.skip("needs Linux's /proc to find the processes")
    served.wait_until_up()
    yield served, lambda: [int(one) for one in children.read_text().split()]
    served.kill()


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(what):
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_one_of_several_processes_that_falls_is_started_again_and_all_stop_together(many):
    served, children = many
    before = children()
    assert len(before) == 2
    url = f"http://127.0.0.1:{served.ports[0]}/healthz"
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(children()) == 2 and before[0] not in children())
    for _ in range(10):
        assert '"status":"empty"' in get(url)
    after = children()
    served.process.send_signal(signal.SIGTERM)
    assert served.wait_until_down() == 0
    assert served.err == ["API のプロセスが1つ終わったので、起動し直します。\n"]
    assert all(map(is_gone, after))
    assert is_free(served.ports[0])
    assert is_free(served.ports[1]), "there was no page"


def test_processes_whose_parent_is_killed_with_9_end_by_themselves(many):
    served, children = many
    left = children()
    served.process.kill()
    wait_for(lambda: all(map(is_gone, left)))
    assert is_free(served.ports[0])
