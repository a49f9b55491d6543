"""Set-up on a machine without NVIDIA: which build of torch is installed, and who is asked for it.

The indexes are stand-ins on this machine, and the wheels in them are empty but for their name and version.
"""

import http.server
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
(VERSION,) = re.findall(r"^torch==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
NOBODY = "http://127.0.0.1:9/simple"  # the port of no service

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the ordinary torch is small")


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def project(empty_environment, tmp_path) -> Path:
    """A folder with what set-up reads, and an environment in which nothing is installed."""
    shutil.copytree(empty_environment, tmp_path / ".venv", symlinks=True)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "setup.sh", tmp_path / ".ci")
    shutil.copy(ROOT / "constraints.txt", tmp_path)
    return tmp_path


def wheel(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"torch-{version}-py3-none-any.whl"
    about = f"torch-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
        packed.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{about}/RECORD", "")
    return path


@contextmanager
def index_with(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve ``folder`` as the page of every package, and yield the address with the list of what was asked."""
    asked: list[str] = []

    class Simple(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            held = {path.name: path for path in folder.glob("*.whl")}
            name = self.path.rsplit("/", 1)[-1].replace("%2B", "+")
            links = "".join(f'<a href="/files/{n}">{n}</a>' for n in held).encode()
            body = (
                held[name].read_bytes() if name in held else b"<!DOCTYPE html><html><body>" + links + b"</body></html>"
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/zip" if name in held else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Simple)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def index_that_never_answers() -> Iterator[tuple[str, list[socket.socket]]]:
    """Take connections and say nothing; yield the address with the list of those taken."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple", taken
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in taken:
        connection.close()


def set_up(project: Path, *, ordinary: str, cpu: str, nvidia: bool = False, **more: str) -> tuple[str, str]:
    """Install torch as set-up does, and return which version stands there in the end and what a person was told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "TENKYO_"))}
    pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_INDEX_URL": ordinary, "PIP_RETRIES": "0"}
    variables = {**kept, **pip, "no_proxy": "127.0.0.1", "TENKYO_TORCH_INDEX": cpu, **more}
    # then what it comes to with the rest of the parts: one that is there already stays
    script = "source .ci/setup.sh; has_nvidia() { $NVIDIA; }; set_up_torch; pip_install --no-deps torch"
    script = script.replace("$NVIDIA", str(nvidia).lower())
    ran = subprocess.run(
        ["bash", "-ec", script], cwd=project, env=variables, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    show = "import importlib.metadata; print(importlib.metadata.version('torch'))"
    found = subprocess.run([project / ".venv/bin/python", "-c", show], capture_output=True, text=True, check=True)
    return found.stdout.strip(), ran.stderr


def test_the_build_for_cpus_is_taken_from_its_own_index_and_no_other_is_asked(project, tmp_path):
    wheel(tmp_path / "cpu", f"{VERSION}+cpu")
    wheel(tmp_path / "ordinary", VERSION)
    with index_with(tmp_path / "cpu") as (cpu, of_cpu), index_with(tmp_path / "ordinary") as (ordinary, of_ordinary):
        version, told = set_up(project, ordinary=ordinary, cpu=cpu)
        assert version == f"{VERSION}+cpu"
        assert of_cpu[0] == "/simple/torch/"
        assert "GPU" not in told
        asked_for_it = len(of_ordinary)
        version, told = set_up(project, ordinary=ordinary, cpu=cpu)  # again: it is there
        assert version == f"{VERSION}+cpu"
        assert (len(of_cpu), len(of_ordinary), told) == (2, asked_for_it, "")
        assert asked_for_it == 0


def test_an_index_that_never_answers_is_asked_once_and_the_size_is_told_before_the_ordinary_one_is_taken(
    project, tmp_path
):
    wheel(tmp_path / "ordinary", VERSION)
    with index_that_never_answers() as (cpu, taken), index_with(tmp_path / "ordinary") as (ordinary, _):
        version, told = set_up(project, ordinary=ordinary, cpu=cpu)
        assert version == VERSION
        assert len(taken) == 1
    assert "約2.7GB をダウンロードします" in told
    assert "about 2.7 GB to download" in told


def test_a_wheel_at_hand_is_taken_without_a_question(project, tmp_path):
    wheel(tmp_path / "at-hand", f"{VERSION}+cpu")
    version, told = set_up(project, ordinary=NOBODY, cpu=NOBODY, PIP_FIND_LINKS=str(tmp_path / "at-hand"))
    assert version == f"{VERSION}+cpu"
    assert told == ""


@pytest.mark.parametrize(("nvidia", "wish"), [(False, "cuda"), (True, "auto")])
def test_who_wants_cuda_or_has_nvidia_gets_the_ordinary_build(project, tmp_path, nvidia, wish):
    wheel(tmp_path / "ordinary", VERSION)
    with index_with(tmp_path / "ordinary") as (ordinary, _):
        version, told = set_up(project, ordinary=ordinary, cpu=NOBODY, nvidia=nvidia, TENKYO_TORCH=wish)
    assert version == VERSION
    assert told == ""


def test_a_wish_that_does_not_exist_is_refused_by_name(project):
    with pytest.raises(AssertionError, match=r"auto、cpu、cuda のどれか.*今の値: gpu"):
        set_up(project, ordinary=NOBODY, cpu=NOBODY, TENKYO_TORCH="gpu")
