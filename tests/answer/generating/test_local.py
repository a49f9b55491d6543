"""Models on this machine: fetched only when asked for, checked, started and stopped with whoever needs them."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from answer.generating.local import Choice, choose, chosen, running
from answer.generating.models import KnownModel, ModelError, fetch, known_models
from answer.generating.server import Connection

DATA = b"GGUF" + bytes(range(256)) * 9000


def model(data=DATA, **other):
    given = {
        "name": "small",
        "title": "小さなモデル",
        "licence": "MIT",
        "parameters": 1.5,
        "repository": "people/small-GGUF",
        "revision": "abc",
        "file": "small.gguf",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "memory": 2.0,
        "good_for": "試す",
    }
    return KnownModel(**given | other)


class Hub(BaseHTTPRequestHandler):
    """Gives a file, or the rest of it; hands over to another address first, as hubs do."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        if not self.path.startswith("/files"):
            self.send_response(302)
            self.send_header("Location", f"/files{self.path}")
            self.end_headers()
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.server.resumes else 0
        rest = self.server.data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.breaks_after])


@contextmanager
def hub(data=DATA, breaks_after=None, resumes=True):
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    serving.data, serving.breaks_after, serving.resumes, serving.asked = data, breaks_after, resumes, []
    serving.url = f"http://127.0.0.1:{serving.server_port}"
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


def quiet(step, done, total):
    assert done <= total


def test_the_list_holds_free_models_that_can_be_checked_and_pinned():
    models = known_models()
    assert len({listed.name for listed in models}) == len(models) >= 3
    for listed in models:
        assert listed.licence in ("Apache-2.0", "MIT")
        assert 1.5 <= listed.parameters <= 8.5
        assert len(bytes.fromhex(listed.sha256)) == 32
        assert listed.size / 1e9 < listed.memory < 16


def test_a_model_is_fetched_once_and_checked(tmp_path):
    with hub() as served:
        path = fetch(model(), tmp_path, quiet, served.url)
        assert path.read_bytes() == DATA
        assert served.asked[0] == ("/people/small-GGUF/resolve/abc/small.gguf", None)
        count = len(served.asked)
        assert fetch(model(), tmp_path, quiet, served.url) == path
        assert len(served.asked) == count
    assert [file.name for file in tmp_path.iterdir()] == ["small.gguf"]


def test_what_broke_off_goes_on_where_it_ended(tmp_path):
    with hub(breaks_after=1_500_000) as served, pytest.raises(ModelError, match="続きから"):
        fetch(model(), tmp_path, quiet, served.url)
    had = (tmp_path / "small.gguf.part").stat().st_size
    assert 0 < had <= 1_500_000
    with hub() as served:
        assert fetch(model(), tmp_path, quiet, served.url).read_bytes() == DATA
        assert served.asked[-1][1] == f"bytes={had}-"


def test_a_hub_that_cannot_go_on_is_asked_for_the_whole_at_the_next_try(tmp_path):
    (tmp_path / "small.gguf.part").write_bytes(DATA[:1000])
    with hub(resumes=False) as served:
        with pytest.raises(ModelError):
            fetch(model(), tmp_path, quiet, served.url)
        assert fetch(model(), tmp_path, quiet, served.url).read_bytes() == DATA


def test_another_file_than_listed_is_thrown_away(tmp_path):
    with hub(data=DATA[:-1] + b"x") as served, pytest.raises(ModelError, match="ハッシュ"):
        fetch(model(), tmp_path, quiet, served.url)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_a_file_at_hand_is_advised(tmp_path):
    with pytest.raises(ModelError, match="持ち込んで"):
        fetch(model(), tmp_path, quiet, "http://127.0.0.1:9")


def test_a_full_disk_is_said_beforehand(tmp_path):
    with hub() as served:
        with pytest.raises(ModelError, match="空き"):
            fetch(model(size=10**18), tmp_path, quiet, served.url)
        assert served.asked == []


def test_a_choice_is_kept_and_forgotten(tmp_path):
    choice = Choice(file=tmp_path / "small.gguf", threads=3)
    choose(choice, tmp_path)
    assert chosen(tmp_path) == choice
    choose(None, tmp_path)
    assert chosen(tmp_path) is None
    (tmp_path / "use.json").write_text("{half")
    assert chosen(tmp_path) is None


STAND_IN = """\
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading, os
key = sys.stdin.readline().strip()
port = int(next(a for a in sys.argv if a.startswith("--port=")).split("=")[1])
class Handler(BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        ok = self.path == "/health" or self.headers.get("Authorization") == f"Bearer {key}"
        self.send_response(200 if ok else 401)
        self.end_headers()
threading.Thread(target=HTTPServer(("127.0.0.1", port), Handler).serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
"""


def test_a_model_runs_on_loopback_with_a_key_of_its_own_for_as_long_as_it_is_needed(tmp_path):
    (tmp_path / "small.gguf").write_bytes(DATA)
    choice = Choice(file=tmp_path / "small.gguf", threads=1)
    with running(choice, Connection(""), tmp_path, ["-c", STAND_IN]) as model:
        model.wait(30)
        at = model.connection
        assert at.url.startswith("http://127.0.0.1:")
        assert (at.model, at.window) == ("small.gguf", choice.window)
        assert httpx.get(f"{at.url}/models").status_code == 401
        key = {"Authorization": f"Bearer {at.key.get_secret_value()}"}
        assert httpx.get(f"{at.url}/models", headers=key).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{at.url}/models")


def test_a_model_that_does_not_load_is_said_with_where_to_look(tmp_path):
    (tmp_path / "small.gguf").write_bytes(DATA)
    choice = Choice(file=tmp_path / "small.gguf", threads=1)
    with (
        running(choice, Connection(""), tmp_path, ["-c", "print('no memory'); raise SystemExit(1)"]) as model,
        pytest.raises(ModelError, match=r"last\.log"),
    ):
        model.wait(30)
    assert "no memory" in (tmp_path / "last.log").read_text()


@pytest.mark.skipif(os.name != "posix", reason="asks for a process by its number")
def test_a_model_ends_with_whoever_started_it(tmp_path):
    (tmp_path / "small.gguf").write_bytes(DATA)
    starts = f"""\
import os
from pathlib import Path
from answer.generating.local import Choice, running
from answer.generating.server import Connection
with running(Choice(file=Path({str(tmp_path / "small.gguf")!r}), threads=1), Connection(""), Path({str(tmp_path)!r}),
             ["-c", {STAND_IN!r}]) as model:
    model.wait(30)
    print(model._process.pid, flush=True)
    os.kill(os.getpid(), 9)
"""
    ran = subprocess.run([sys.executable, "-c", starts], stdout=subprocess.PIPE, check=False)
    number = int(ran.stdout)
    until = time.monotonic() + 10
    while Path(f"/proc/{number}").exists() and "Z" not in _state(number) and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{number}").exists() or "Z" in _state(number)


def _state(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().split(") ")[1][0]
    except OSError:
        return "Z"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04"])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "a.gguf").write_bytes(content)
    with (
        pytest.raises(ModelError, match="GGUF"),
        running(Choice(file=tmp_path / "a.gguf", threads=1), Connection(""), tmp_path),
    ):
        pass
