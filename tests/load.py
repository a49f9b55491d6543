"""Many at once: ``python -m tests.load`` lets 30 people ask and two upload for five minutes at a server on loopback.

It starts ``tenkyo serve --shared`` over papers of its own, with the real model, and prints how long answers took and
how long they waited for their turn; its status is 1 where something was answered by a 5xx or to the wrong person.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from api.access.database import open_accounts
from api.access.keys import Keys
from api.access.people import People
from tests.test_browser_shared import Office, shared

TOPICS = ("桟橋の補修費", "図書館の貸出点数", "空き家の登録件数", "避難所の数", "のりあいバスの利用者数")
GROUPS = ("総務課", "土木課")


@dataclass
class Seen:
    """What came back, in seconds and by status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    uploads: Counter[int] = field(default_factory=Counter)


def paper(group: str, number: int) -> str:
    """Return a paper whose figures say whose it is: those of one group are odd, those of the other even."""
    odd = GROUPS.index(group)
    lines = [f"{i}　{topic}\n{topic}は、{2 * (1000 * number + i) + odd:,}です。" for i, topic in enumerate(TOPICS, 1)]
    return f"浜風町　令和6年6月定例会　{group}資料その{number}\n令和6年6月4日\n\n" + "\n\n".join(lines) + "\n"


def signed(office: Office, count: int) -> list[tuple[str, str]]:
    """Return (group, API key) of so many people, half of each group."""
    database = open_accounts(office.index)
    try:
        people, keys, found = People(database), Keys(database), []
        for n in range(count):
            group = people.group(GROUPS[n % 2])
            person, _ = people.add(f"人{n}", ("read", "contribute"), [group.id])
            _, secret = keys.add(person, "load", [group.id], ("read", "contribute"))
            found.append((group.name, secret))
        return found
    finally:
        database.close()


def ask(office: Office, group: str, key: str, until: float, number: int, seen: Seen) -> None:
    """Ask one question after another, and look that each answer is of one's own group."""
    with httpx.Client(base_url=office.api, timeout=120, headers={"authorization": f"Bearer {key}"}) as http:
        turn = number
        while time.monotonic() < until:
            began = time.monotonic()
            response = http.post("/v1/ask", json={"question": f"{TOPICS[turn % len(TOPICS)]}はいくつですか。"})
            seen.seconds.append(time.monotonic() - began)
            seen.statuses[response.status_code] += 1
            turn += 1
            if response.status_code >= 500:
                seen.faults.append(response.text[:300])
            elif response.status_code == 200:
                told = response.text
                other = GROUPS[1 - GROUPS.index(group)]
                if f"{other}資料" in told:
                    seen.faults.append(f"{group} was told of {other}: {told[:300]}")
            time.sleep(1.0)  # a person reads


def upload(office: Office, group: str, key: str, until: float, number: int, seen: Seen) -> None:
    with httpx.Client(base_url=office.api, timeout=300, headers={"authorization": f"Bearer {key}"}) as http:
        n = 100 * number
        while time.monotonic() < until:
            n += 1
            response = http.post("/v1/documents", files=[("files", (f"{group}{n}.txt", paper(group, n).encode()))])
            seen.uploads[response.status_code] += 1
            if response.status_code >= 500:
                seen.faults.append(response.text[:300])
            time.sleep(5.0)


def waited(office: Office, key: str) -> str:
    """Return what the server says of how long questions waited for their turn."""
    text = httpx.get(f"{office.api}/metrics", headers={"authorization": f"Bearer {key}"}, timeout=60).text
    total = float(re.search(r"tenkyo_ask_wait_seconds_sum (\S+)", text)[1])
    count = float(re.search(r"tenkyo_ask_wait_seconds_count (\S+)", text)[1])
    return f"{count:.0f} questions waited {total / max(count, 1):.2f} s on average"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=5.0)
    arguments = parser.parse_args()
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        index.mkdir()
        with shared(index) as office:
            for number, group in enumerate(GROUPS):
                office.run("group", "add", group)
                for n in range(1, 4):
                    path = Path(folder) / f"{group}{n}.txt"
                    path.write_text(paper(group, 10 * number + n), encoding="utf-8")
                    office.run("ingest", "--group", group, str(path))
            everybody = signed(office, arguments.people + 2)
            database = open_accounts(index)
            boss, _ = People(database).add("boss", ("administer",))
            _, boss_key = Keys(database).add(boss, "metrics", (), ("administer",))
            database.close()
            until = time.monotonic() + 60 * arguments.minutes
            threads = [
                threading.Thread(target=upload if n < 2 else ask, args=(office, group, key, until, n, seen))
                for n, (group, key) in enumerate(everybody)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            told = waited(office, boss_key)
            verdict = office.run("audit", "verify").splitlines()[0]
    times = sorted(seen.seconds)
    print(f"{len(times)} answers to {arguments.people} people in {arguments.minutes} min: {dict(seen.statuses)}")
    if times:
        p95 = times[int(0.95 * (len(times) - 1))]
        print(f"  p50 {statistics.median(times):.2f} s, p95 {p95:.2f} s, longest {times[-1]:.2f} s; {told}")
    print(f"  uploads: {dict(seen.uploads)}; record: {verdict}")
    for fault in seen.faults[:10]:
        print(f"FAULT {fault}")
    return 1 if seen.faults else 0


if __name__ == "__main__":
    sys.exit(main())
