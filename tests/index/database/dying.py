"""A writer that dies: run as a process of its own, it forks for every line that it is given, and the child is killed.

    python -m tests.index.database.dying PLACE

A line is ``what stage nth``: put, remove or sweep is begun, and at the nth call of a stage the process kills itself,
before it (``-stage``) or after it (``+stage``). It answers with the signal that ended the child, or 0.
"""

from __future__ import annotations

import os
import signal
import sys

from index.database import writing
from index.database.engine import open_database
from tests.index.database.papers import EMBEDDER, paper_of, report

OLD, NEW, OTHER = paper_of(report(57)), paper_of(report(66)), paper_of(report(12, 5))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_at(owner: object, stage: str, nth: int) -> None:
    """Let a function of ``owner`` kill this process at its nth call."""
    real, calls = getattr(owner, stage[1:]), 0

    def counted(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth and stage[0] == "-":
            die()
        result = real(*given, **named)
        if calls == nth:
            die()
        return result

    setattr(owner, stage[1:], counted)


def carry_out(place: str, what: str, stage: str, nth: int) -> None:
    database = open_database(place)
    owner = database.engine.dialect if stage[1:] == "do_commit" else writing
    dying_at(owner, stage, nth)
    if what == "put":
        writing.put(database, NEW, EMBEDDER.name, {OLD.document.id})
    elif what == "remove":
        writing.remove(database, OLD.document.id)
    else:
        writing.sweep(database, 0)


def main() -> None:
    for line in sys.stdin:
        what, stage, nth = line.split()
        child = os.fork()
        if not child:
            carry_out(sys.argv[1], what, stage, int(nth))
            os._exit(0)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
