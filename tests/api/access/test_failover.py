"""The primary falls while people ask: they are answered on, and once a replica is promoted, writing comes back."""

import signal
import threading
import time

import pytest
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.access.shared import open_door
from api.app import create_app
from api.settings import Settings
from index.collection import Collection
from index.protocols import TenkyoIndexError
from tests.api.access.office import CHEAP, PAPERS, PASSWORD, Office
from tests.cluster import connected, replicated
from tests.conftest import HashingEmbedder

QUESTION = "保育所の待機児童数は何人ですか。"
BACK = 30.0  # seconds within which writing is to be there again
LATER = "白鳥市　令和7年{n}月　総務部資料\n令和7年{n}月3日\n\n１　庁舎\n来庁者数は、令和7年{n}月で{n}千人です。\n"


@pytest.fixture
def cluster():
    with replicated() as cluster:
        cluster.keep_all()
        yield cluster


@pytest.fixture
def office(tmp_path, cluster):
    servers = cluster.servers()
    door = open_door(tmp_path, 3600.0, 12 * 3600.0, "full", CHEAP, per_minute=10**9, url=servers)
    assistant = Assistant(Collection(tmp_path, HashingEmbedder(), servers))
    settings = Settings(
        index=tmp_path, shared=True, database_url=servers.url, database_read_url=" ".join(servers.replicas)
    )
    assert settings.database == servers
    office = Office(TestClient(create_app(assistant, settings, door=door)), door, assistant)
    with office.client:
        office.groups = {"welfare": door.people.add_group("welfare").id}
        office.sign_up("curator", ("read", "contribute", "curate"), ("welfare",))
        office.sign_up("gone", ("read",), ("welfare",))
        office.sign_up("administrator", ("administer", "audit"))
        assert office.send("curator", "welfare", PAPERS["welfare"]).status_code == 200
        yield office


class Load:
    """Asks and writes all the time, and keeps what came of it."""

    def __init__(self, office: Office, papers):
        self.office, self.papers = office, papers
        self.over = threading.Event()
        self.asked: list[float] = []
        self.failed: list[object] = []
        self.written: list[float] = []
        self.refused: list[TenkyoIndexError] = []
        work = (self._ask, self._ask, self._ask_over_http, self._write)
        self._threads = [threading.Thread(target=one) for one in work]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join()

    def until(self, count, of, seconds):
        """Wait until ``of`` has so many more entries; fail when that takes too long."""
        ends, wanted = time.monotonic() + seconds, len(of) + count
        while len(of) < wanted:
            assert time.monotonic() < ends, "it takes too long"
            time.sleep(0.02)

    def _ask(self):
        last = -1
        while not self.over.is_set():
            try:
                answer = self.office.assistant.ask(QUESTION)
                number = int(answer.index.partition("-")[0])
                if not any("待機児童数" in cited.quote for cited in answer.citations) or number < last:
                    self.failed.append((answer.answer, number, last))
                last = number
                self.asked.append(time.monotonic())
            except Exception as error:
                self.failed.append(error)

    def _ask_over_http(self):
        while not self.over.is_set():
            response = self.office.call("curator", "POST", "/v1/ask", json={"question": QUESTION})
            if response.status_code != 200 or not response.json()["citations"]:
                self.failed.append(response.text)
            self.asked.append(time.monotonic())

    def _write(self):
        """Take one small paper in after the other."""
        n = 0
        while not self.over.is_set():
            n += 1
            path = self.papers / f"{n}.txt"
            path.write_text(LATER.format(n=n % 12 + 1) + f"第{n}号\n", encoding="utf-8")
            try:
                self.office.assistant.collection.add([path])
                self.written.append(time.monotonic())
            except TenkyoIndexError as error:
                self.refused.append(error)
            self.over.wait(0.2)


def furthest(cluster):
    """Return the replica that has received most, and the other."""

    def received(server):
        with connected(server) as connection:
            return connection.execute("SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn").fetchone()[0]

    return sorted(cluster.replicas, key=received, reverse=True)


def becomes(status, call, since):
    """Call until the answer has this status; fail when writing takes too long to come back."""
    while call().status_code != status:
        assert time.monotonic() - since < BACK, "it takes too long"
        time.sleep(0.1)


def test_no_question_fails_while_the_primary_falls_and_writing_comes_back(office, cluster, tmp_path, capsys):
    papers = tmp_path / "more"
    papers.mkdir()
    office.door.people.change("gone", is_disabled=True)
    with Load(office, papers) as load:
        load.until(2, load.written, 60)
        load.until(5, load.asked, 60)
        fell = time.monotonic()
        cluster.primary.end(signal.SIGKILL)
        load.until(9, load.asked, 60)
        load.until(1, load.refused, 60)

        # Who is signed in goes on reading; what must be written is refused with what helps.
        assert office.call("curator", "GET", "/v1/documents").status_code == 200
        assert office.call("gone", "GET", "/v1/documents").status_code == 401, "nobody regains a right"
        turns = {"title": "会話", "turns": [{"question": QUESTION}]}
        kept = office.call("curator", "POST", "/v1/conversations", json=turns)
        sent = office.send("curator", "welfare", {"新しい資料.txt": "庁舎は9時に開きます。"})
        for refused in (kept, sent):
            assert refused.status_code == 503
            assert "複製を昇格" in refused.json()["title"]
        assert office.client.post("/sign-in", data={"name": "curator", "password": PASSWORD}).status_code >= 400

        promoted, other = furthest(cluster)
        with connected(promoted) as connection:
            connection.execute("SELECT pg_promote()")
        at = time.monotonic()
        load.until(1, load.written, BACK)
        back = load.written[-1] - at
        load.until(9, load.asked, 60)
        # Accounts and queue have connections of their own, and look for themselves whether there is a primary again.
        becomes(201, lambda: office.call("curator", "POST", "/v1/conversations", json=turns), at)
        becomes(200, lambda: office.send("curator", "welfare", {"新しい資料.txt": "庁舎は9時に開きます。"}), at)
        listed = office.call("curator", "GET", "/v1/documents").json()["documents"]
        assert "新しい資料.txt" in {one["file"] for one in listed}
    assert load.failed == []
    meanwhile = sum(fell < one < at for one in load.asked)
    assert meanwhile > 5
    with capsys.disabled():
        print(f"asked {len(load.asked)}, {meanwhile} without a primary; written again {back:.1f} s after promotion")
    cluster.primary = promoted
    cluster.replicas = [other]
    cluster.wait()
    assert office.assistant.collection.verify() == []
