"""An office's API and page, killed in the middle of asking and taking in: after a restart everything is whole."""

import os
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from itertools import count

import httpx
import pytest

from api.access.audit import Audit
from api.access.shared import open_door
from tests.api.access.office import CHEAP, PASSWORD, WELFARE, WELFARE_LATER
from tests.browser import ROOT, command, environment, wait_for
from tests.ports import free_port

pytestmark = [pytest.mark.model, pytest.mark.skipif(os.name != "posix", reason="process groups of POSIX")]
QUESTION = {"question": "見守り訪問の実施件数は何件ですか。"}


@contextmanager
def serving(index):
    """Run `tenkyo serve --shared` in a process group of its own, which is killed with -9 in the end."""
    api, page = free_port(), free_port()
    started = command("serve", "--shared", "--api-port", str(api), "--ui-port", str(page))
    with subprocess.Popen(
        started, env=environment(index), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            wait_for(f"http://127.0.0.1:{api}/healthz", process)
            wait_for(f"http://127.0.0.1:{page}/_stcore/health", process)
            yield f"http://127.0.0.1:{api}/v1"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def signed_in(address, token):
    return httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=120, trust_env=False)


def send(client, group, name, text):
    return client.post("/documents", params={"group": group}, files={"files": (name, text.encode())})


def ask_on(address, token):
    with suppress(httpx.TransportError), signed_in(address, token) as client:
        while True:
            client.post("/ask", json=QUESTION).raise_for_status()


def test_killed_in_the_middle_of_asking_and_taking_in_it_goes_on_with_all_that_it_had_acknowledged(tmp_path):
    index = tmp_path / "index"
    door = open_door(index, 3600.0, 3600.0, "full", CHEAP)
    group = door.people.add_group("福祉課").id
    _, code = door.people.add("佐藤", ("read", "contribute", "curate"), (group,))
    token, _ = door.signing_in.accept(code, "", PASSWORD)
    door.close()
    told = []  # the papers whose intake was acknowledged

    with serving(index) as address, signed_in(address, token) as client, signed_in(address, token) as other:
        assert send(client, group, "福祉_12月.txt", WELFARE).raise_for_status().json()["added"]
        known = client.post("/ask", json=QUESTION).raise_for_status().json()
        assert "2,310件" in known["answer"]
        busy = threading.Event()

        def take_in():
            with suppress(httpx.TransportError):
                for n in count(1):
                    send(other, group, f"福祉_{n}.txt", f"{WELFARE_LATER}第{n}版\n").raise_for_status()
                    told.append(f"福祉_{n}.txt")
                    busy.set()

        sender = threading.Thread(target=take_in)
        sender.start()
        assert busy.wait(120)
        client.post("/ask", json=QUESTION).raise_for_status()  # meanwhile
        asked = threading.Thread(target=ask_on, args=(address, token))
        asked.start()
    for thread in (sender, asked):
        thread.join(60)
        assert not thread.is_alive()

    with serving(index) as address, signed_in(address, token) as client:
        held = [one["file"] for one in client.get("/documents").raise_for_status().json()["documents"]]
        assert {"福祉_12月.txt", *told} <= set(held)
        assert len(held) - 1 - len(told) in (0, 1), "the one whose acknowledgement was on its way"
        again = client.post("/ask", json=QUESTION).raise_for_status().json()
        assert (again["answer"], again["citations"]) == (known["answer"], known["citations"])
        assert send(client, group, "福祉_その後.txt", f"{WELFARE_LATER}その後\n").raise_for_status().json()["added"]
    door = open_door(index, 3600.0, 3600.0, "full", CHEAP)
    assert Audit(door.database).verify().faults == ()
    door.close()
    checked = subprocess.run(command("verify"), env=environment(index), cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
