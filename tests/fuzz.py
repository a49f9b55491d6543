"""Random requests over the whole HTTP surface, made from what it says of itself: no 5xx, and nothing foreign.

``python -m tests.fuzz 10000`` asks an office of two groups so many times, as nobody, as a reader, as a curator and as
an administrator, and prints what came back; its status is 1 where a response was a 5xx or held what its asker may not
see. ``tests/api/access/test_fuzz.py`` does a little of the same in the suite.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case

from tests.api.access.office import PASSWORD, TELLTALE, Office, open_office

CALLERS = (None, "reader", "curator", "administrator")
# An end in itself: sample papers take minutes to read; and what would end the session that the rest is asked with.
LEFT_OUT = {("POST", "/v1/sample"), ("DELETE", "/v1/session")}
MISSING = "0123456789abcdef"


@dataclass
class Outcome:
    """What came back: how many of each status, and what should never have."""

    statuses: Counter[int] = field(default_factory=Counter)
    by_caller: dict[str, Counter[int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.statuses.total()


def operations(office: Office) -> list[APIOperation]:
    """Return every operation of the app but those left out."""
    schema = schemathesis.openapi.from_dict(office.client.app.openapi())
    found = (result.ok() for result in schema.get_all_operations())
    return [one for one in found if (one.method.upper(), one.path) not in LEFT_OUT]


def fuzz(office: Office, count: int, number: int) -> Outcome:
    """Ask at least ``count`` times, spread over operations and callers; the same ``number`` asks the same."""
    outcome = Outcome()
    asked = operations(office)
    random = Random(number)
    while outcome.total < count:  # an operation without parameters has one case only, whatever is asked for
        each = max(1, (count - outcome.total) // (len(asked) * len(CALLERS)))
        for operation in asked:
            for who in CALLERS:
                for case in _cases(operation, each, random.randrange(2**32)):
                    _known_ids(case, office, random)
                    _ask(office, who, case, outcome)
    return outcome


def _cases(operation: APIOperation, count: int, number: int) -> Iterator[Case]:
    made: list[Case] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def make(case: Case) -> None:
        made.append(case)

    make()
    yield from made


def _known_ids(case: Case, office: Office, random: Random) -> None:
    """Let most of the ids of a path be some that there are, and groups of a scope: one's own, and others' too."""
    papers = [*office.papers["welfare"], *office.papers["harbour"], MISSING]
    known = {"document_id": papers, "other_id": papers, "group_id": []}
    for name in case.path_parameters or {}:
        ids = known.get(name, [])
        if ids and random.random() < 0.8:
            case.path_parameters[name] = random.choice(ids)
    groups = [*office.groups, *office.groups.values(), MISSING]
    for scope in (case.query, case.body.get("scope") if isinstance(case.body, dict) else None):
        if isinstance(scope, dict) and scope.get("groups"):
            scope["groups"] = random.sample(groups, random.randint(1, 2))


def _ask(office: Office, who: str | None, case: Case, outcome: Outcome) -> None:
    how: dict[str, Any] = case.as_transport_kwargs(base_url="http://testserver")
    sent = requests.Request(
        **{k: how[k] for k in ("method", "url", "headers", "params", "json", "data", "files") if k in how}
    )
    prepared = sent.prepare()
    headers = {name: value for name, value in prepared.headers.items() if name.lower() != "authorization"}
    response = office.call(
        who, prepared.method or "", prepared.url or "", headers=headers, content=prepared.body or b""
    )
    if response.status_code == 401 and who is not None:  # a fuzz that changed its own password, say
        office.tokens[who], _ = office.door.signing_in.sign_in(who, PASSWORD)
    outcome.statuses[response.status_code] += 1
    outcome.by_caller.setdefault(who or "nobody", Counter())[response.status_code] += 1
    shown = f"{who or 'nobody'}: {prepared.method} {prepared.url} {prepared.body!r:.300}"
    if response.status_code >= 500:
        outcome.faults.append(f"{response.status_code} {shown}: {response.text[:500]}")
    # An administrator sees titles, to say whose they are, and the record says which papers there are.
    if who != "administrator":
        typed = f"{prepared.url}{prepared.body!r}"
        told = [*TELLTALE, *office.papers["harbour"], office.groups["harbour"]]
        outcome.faults += [f"foreign {w!r} {shown}" for w in told if w in response.text and w not in typed]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=18)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        office = open_office(Path(folder))
        with office.client:
            began = time.monotonic()
            outcome = fuzz(office, arguments.count, arguments.seed)
            seconds = time.monotonic() - began
            verdict = office.door.audit.verify()
    print(
        f"{outcome.total} requests in {seconds:.0f} s, {sum(n for s, n in outcome.statuses.items() if s >= 500)} of 5xx"
    )
    for who, statuses in outcome.by_caller.items():
        print(f"  {who}: " + ", ".join(f"{status} × {count}" for status, count in sorted(statuses.items())))
    print(f"record: {verdict.entries} entries, {'broken' if verdict.faults else 'sound'}")
    for fault in outcome.faults[:20]:
        print(f"FAULT {fault}")
    return 1 if outcome.faults or verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
