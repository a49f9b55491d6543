"""A server that is killed in the middle: what it said was written is there, and the rest is as before."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from api.access.audit import Audit
from api.access.database import open_accounts
from api.access.people import People

ROOT = Path(__file__).resolve().parents[3]
WRITES = """
import sys
from pathlib import Path
from api.access.audit import Audit
from api.access.database import open_accounts
from api.access.people import People

database = open_accounts(Path(sys.argv[1]))
people, audit = People(database), Audit(database)
group = people.add_group("g").id
n = 0
while True:
    n += 1
    person, _ = people.add(f"p{n}", ("read",), [group])
    people.give(group, [f"d{n}"])
    audit.add(what="added", target=person.id)
    print(n, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_what_was_acknowledged_is_there_after_kill_9_and_the_record_is_sound(tmp_path, acknowledged):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with process:
        for _ in range(acknowledged):
            assert process.stdout is not None
            said = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
    database = open_accounts(tmp_path)
    try:
        verdict = Audit(database).verify()
        assert verdict.faults == ()
        assert verdict.entries >= said
        people = People(database)
        named = {person.name for person in people.all()}
        held = people.documents("g")
        assert {f"p{n}" for n in range(1, said + 1)} <= named
        assert {f"d{n}" for n in range(1, said + 1)} <= held
        assert all(person.groups for person in people.all())  # nobody is there by half
        assert len(named) - len(held) in (0, 1)
    finally:
        database.close()
