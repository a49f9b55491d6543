"""How long answers take while many ask and papers are replaced all the time, and whether any of them is wrong.

    python -m eval.bench_load [--papers FOLDER] [--passages 3400] [--askers 1 8 32] [--seconds 20] [--pause 5]
                              [--every 2] [--engines sqlite postgresql] [--postgres URL] [--out RESULTS.json]

The askers are threads of one process, the writer is a process of its own. Each asker thinks ``--pause`` seconds on
average between two questions (0: asks as fast as it is answered), and a paper is replaced ``--every`` so many seconds.
Times are wall seconds of an answer without learned reader and model, over the copies of papers that
``eval.bench_growth`` makes. Every quote is looked up in its paper: one that is not there to the letter is a wrong
answer, as is any exception.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from answer.assistant import Assistant
from eval.bench_growth import MODEL, QUESTIONS, ROOT, MadeUp, copies
from eval.postgres import running
from index.collection import GRACE, Collection
from index.database.engine import open_database
from index.database.reading import Reader
from index.database.writing import put, sweep
from index.protocols import GenerationGone

KEPT = 5  # papers that are replaced in turn


@dataclass(frozen=True)
class Load:
    """What so many askers met. Wall seconds; ``wrong`` counts by what was wrong, ``again`` those told to look anew."""

    engine: str
    passages: int
    askers: int
    pause: float
    answers: int
    p50: float
    p95: float
    written: int
    again: int
    wrong: dict[str, int]


def replace_papers(place: str, papers: Sequence[Path], dim: int, every: float, stop: Event, written: object) -> None:
    """Replace a paper ``every`` so many seconds until told to stop; count them in ``written``, a shared integer."""
    database = open_database(place)
    made = copies(papers, dim, seed=29)
    current: list[str] = []
    while not stop.is_set():
        paper = next(made)
        put(database, paper, MODEL, {current.pop(0)} if len(current) >= KEPT else ())
        current.append(paper.document.id)
        sweep(database, GRACE)
        written.value += 1  # type: ignore[attr-defined] # what multiprocessing calls a Value
        stop.wait(every)
    database.close()


def ask(assistant: Assistant, until: float, pause: float, seed: int, took: list[float], wrong: Counter[str]) -> None:
    """Ask questions until a time, and put down how long each answer took and what was wrong with it."""
    draw = random.Random(seed)
    time.sleep(draw.random() * pause)
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            answer = assistant.ask(draw.choice(QUESTIONS))
            took.append(time.monotonic() - began)
            snapshot = assistant.collection.snapshot()
            for cited in answer.citations:
                try:
                    text = snapshot.document(cited.document_id).text
                except KeyError:  # replaced since
                    continue
                if text[cited.start : cited.end] != cited.quote:
                    wrong["quote"] += 1
        except GenerationGone:
            wrong["again"] += 1
        except Exception as error:
            wrong[type(error).__name__] += 1
        if pause:
            time.sleep(draw.uniform(0, 2 * pause))


def measure(
    place: str,
    papers: Sequence[Path],
    passages: int,
    askers: Sequence[int],
    seconds: float,
    pause: float,
    every: float,
    dim: int,
) -> Iterator[Load]:
    """Fill a collection up to so many passages; yield what each number of askers meets while papers are replaced."""
    database = open_database(place, create=True)
    made = copies(papers, dim)
    while Reader(database).newest().generation.chunks < passages:
        put(database, next(made), MODEL)
    kind = database.kind
    database.close()
    spawned = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as home:
        shared = kind == "postgresql"
        collection = Collection(Path(home if shared else place), MadeUp(dim), place if shared else None)
        assistant = Assistant(collection)
        for question in QUESTIONS:
            assistant.ask(question)
        for count in askers:
            stop, written = spawned.Event(), spawned.Value("i", 0)
            writer = spawned.Process(target=replace_papers, args=(place, papers, dim, every, stop, written))
            writer.start()
            while not written.value and writer.is_alive():  # it reads its papers first
                time.sleep(0.05)
            before, took, wrong = written.value, list[float](), Counter[str]()
            until = time.monotonic() + seconds
            threads = [
                threading.Thread(target=ask, args=(assistant, until, pause, seed, took, wrong)) for seed in range(count)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            stop.set()
            writer.join()
            ordered = sorted(took) or [float("nan")]
            again = wrong.pop("again", 0)
            yield Load(
                kind,
                collection.snapshot().view.generation.chunks,
                count,
                pause,
                len(took),
                statistics.median(ordered),
                ordered[int(0.95 * len(ordered))],
                written.value - before,
                again,
                dict(wrong),
            )


def shown(loads: Sequence[Load]) -> str:
    """Return the table of what was measured."""
    lines = [
        "engine      passages  askers  pause s  answers   p50 ms   p95 ms  papers replaced  told to look anew  wrong"
    ]
    for load in loads:
        lines.append(
            f"{load.engine:<11}{load.passages:>9}{load.askers:>8}{load.pause:>9.1f}{load.answers:>9}"
            f"{1000 * load.p50:>9.0f}{1000 * load.p95:>9.0f}{load.written:>17}{load.again:>19}  {load.wrong or 'none'}"
        )
    return "\n".join(lines)


@contextmanager
def _place(engine: str, url: str | None) -> Iterator[str]:
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="tenkyo-load-") as folder:
            yield folder
    else:
        with running("shared_buffers=256MB", "max_connections=80") if url is None else nullcontext(url) as place:
            yield place


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--papers", type=Path, default=ROOT / "sample")
    parser.add_argument("--passages", type=int, default=3400)
    parser.add_argument("--askers", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds that an asker thinks, on average")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two papers")
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--postgres", help="URL of an empty database; without it a server is started")
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    given = parser.parse_args()
    papers = sorted(path for path in given.papers.rglob("*") if path.suffix.lower() in (".txt", ".md", ".pdf"))
    if not papers:
        print(f"no papers are at {given.papers}; see --papers", file=sys.stderr)
        return 2
    loads: list[Load] = []
    for engine in given.engines:
        with _place(engine, given.postgres) as place:
            for load in measure(
                place, papers, given.passages, given.askers, given.seconds, given.pause, given.every, given.dim
            ):
                loads.append(load)
                print(shown([load]), flush=True)
    load_average = f", load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else ""
    print(f"\n{os.cpu_count()} cores{load_average}\n{shown(loads)}")
    if given.out:
        given.out.write_text(json.dumps([vars(load) for load in loads], indent=1), "utf-8")
    return int(any(load.wrong for load in loads))


if __name__ == "__main__":
    sys.exit(main())
