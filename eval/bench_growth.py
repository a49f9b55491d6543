"""What adding a paper and searching cost as a collection grows, in SQLite and in PostgreSQL.

    python -m eval.bench_growth [--papers FOLDER] [--sizes 1000 3400 17000] [--engines sqlite postgresql]
                                [--postgres URL] [--dim 384] [--out RESULTS.json]

The papers are copies of the given ones, each with other figures, so that figures and texts differ and the words of the
town stay. Their vectors are made up. Times are CPU seconds of this process, and of PostgreSQL's where it is started
here; what is measured is the index alone: reading a file and embedding it cost the same at every size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import make_url, text

from answer.assistant import Assistant
from answer.reading.library import collect_seldom
from eval.postgres import running, with_plain_role
from index.collection import Collection
from index.database.engine import Database, open_database
from index.database.reading import Reader, View
from index.database.stretches import LENGTH
from index.database.writing import Paper, put, remove, sweep
from index.protocols import Vectors
from index.vocabulary import vocabulary_of
from ingest.chunk import chunk
from ingest.facts import read_facts
from ingest.japanese import words
from ingest.parse import parse
from ingest.statements import read_statements

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = (
    "令和6年度の一般会計の予算は総額でいくらですか。",
    "空き家バンクの登録件数は何件ですか。",
    "コンソーシアムの会員数は？",
    "今後の取組について、県の考えを教えてください。",
    "マイナンバーカードの交付率は何パーセントですか。",
    "会議は、いつ、どこで開かれますか。",
    "人口は前年からどれだけ減りましたか。",
    "企業の人材を確保するために、何をしていますか。",
)
HITS, FACTS, DEPTH, AROUND = 16, 80, 100, 8  # as a question asks
ADDED = 5  # papers whose adding is measured
ROUNDS = 4  # times that each question is asked
MODEL = "made-up"
_FIGURE = re.compile(r"(?<![0-9./-])[0-9]{2,}(?![0-9./-]*[0-9./-年月日時分])")  # of no date


@dataclass(frozen=True)
class Cost:
    """What was measured at one size. Seconds of CPU, megabytes."""

    engine: str
    passages: int
    documents: int
    add: float
    replace: float
    keyword: float
    facts: float
    vector: float
    fetch: float
    ask_p50: float
    ask_p95: float
    ask_wall_p50: float
    answer_first: float
    answer_p50: float
    answer_p95: float
    open: float
    memory: float
    disk: float
    text: float


def copies(paths: Sequence[Path], dim: int, seed: int = 17) -> Iterator[Paper]:
    """Yield papers without end: the given ones, in turn, each time with other figures and vectors."""
    draw, made = random.Random(seed), np.random.default_rng(seed)
    held = [_read_paper(path, dim, made) for path in paths]
    while True:
        for paper in held:
            yield _changed(paper, draw, made)


def _read_paper(path: Path, dim: int, made: np.random.Generator) -> Paper:
    document = parse(path)
    chunks = chunk(document, lambda passage: round(len(passage) * 0.6))  # about as many tokens as the model counts
    known = sorted(vocabulary_of(c.text for c in chunks))
    vectors = dict(zip(known, _unit(made, len(known), dim), strict=True))
    return Paper(
        document, chunks, read_facts(document), read_statements(document), _unit(made, len(chunks), dim), vectors
    )


def _changed(paper: Paper, draw: random.Random, made: np.random.Generator) -> Paper:
    """Return a paper with other figures of as many digits: every place in it stays what it was."""
    text = _FIGURE.sub(lambda figure: _figure(figure[0], draw), paper.document.text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    document = replace(paper.document, id=sha256[:16], sha256=sha256, text=text)
    chunks = [
        replace(c, id=f"{document.id}:{c.start}-{c.end}", document_id=document.id, text=text[c.start : c.end])
        for c in paper.chunks
    ]
    facts = [
        replace(
            fact,
            id=f"{document.id}:{fact.id.rpartition(':')[2]}",
            document_id=document.id,
            value=text[fact.value_start : fact.value_end],
        )
        for fact in paper.facts
    ]
    return replace(
        paper, document=document, chunks=chunks, facts=facts, vectors=_unit(made, len(chunks), paper.vectors.shape[1])
    )


def _figure(printed: str, draw: random.Random) -> str:
    return str(draw.randint(10 ** (len(printed) - 1), 10 ** len(printed) - 1))


def _unit(made: np.random.Generator, count: int, dim: int) -> Vectors:
    rows = made.standard_normal((count, dim)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def measure(
    place: str, sizes: Sequence[int], papers: Iterator[Paper], dim: int, server: Callable[[], float]
) -> Iterator[Cost]:
    """Yield what it costs at each size; ``server`` returns the CPU seconds of another process that works for us."""
    database = open_database(place, create=True)
    reader = Reader(database)
    written = 0.0  # megabytes of text and vectors
    for size in sizes:
        while reader.newest().generation.chunks < size:
            paper = next(papers)
            put(database, paper, MODEL)
            written += _size(paper)
        _settled(database)
        adding, replacing = [], []
        for _ in range(ADDED):
            first, second = next(papers), next(papers)
            adding.append(_cpu(partial(put, database, first, MODEL), server))
            replacing.append(_cpu(partial(put, database, second, MODEL, {first.document.id}), server))
            remove(database, second.document.id)
        sweep(database, 0)
        opened = _cpu(lambda: Reader(database).newest().nearest(_unit(np.random.default_rng(1), 1, dim), 1), server)
        parts: dict[str, list[float]] = {name: [] for name in ("keyword", "facts", "vector", "fetch", "all", "wall")}
        view = reader.newest()
        view.nearest(_unit(np.random.default_rng(1), 1, dim), 1)
        made = np.random.default_rng(3)
        for question in QUESTIONS * ROUNDS:
            for name, seconds in _asked(reader, question, _unit(made, 1, dim), server).items():
                parts[name].append(seconds)
        asked = sorted(parts["all"])
        generation = view.generation
        yield Cost(
            database.kind,
            generation.chunks,
            generation.documents,
            statistics.median(adding),
            statistics.median(replacing),
            statistics.median(parts["keyword"]),
            statistics.median(parts["facts"]),
            statistics.median(parts["vector"]),
            statistics.median(parts["fetch"]),
            statistics.median(asked),
            asked[int(0.95 * len(asked))],
            statistics.median(parts["wall"]),
            *_answered(database, place, dim, server),
            opened,
            _resident(),
            _disk(database),
            written,
        )
    database.close()


def _asked(reader: Reader, question: str, vector: Vectors, server: Callable[[], float]) -> dict[str, float]:
    """Return the seconds of each step of what a question asks of the index."""
    seconds: dict[str, float] = {}
    held: dict[str, Any] = {}

    def step(name: str, work: Callable[[View], object]) -> None:
        began = time.perf_counter()
        seconds[name] = _cpu(lambda: held.__setitem__(name, work(held["view"])), server)
        seconds["wall"] = seconds.get("wall", 0.0) + time.perf_counter() - began

    held["view"] = reader.newest()
    tokens = words(question)
    step("keyword", lambda view: view.search(tokens, DEPTH))
    step("facts", lambda view: view.search(tokens, 4 * FACTS, "facts"))
    step("vector", lambda view: view.nearest(vector, DEPTH)[0])

    def fetch(view: View) -> object:
        keys = [key for key, _ in (*held["keyword"][: HITS // 2], *held["vector"][: HITS // 2])]
        chunks = view.chunks_at(list(dict.fromkeys(keys))).values()
        facts = view.facts_at([key for key, _ in held["facts"]][: 4 * FACTS]).values()
        places = [(c.document_id, c.start) for c in chunks] + [(f.document_id, f.start) for f in list(facts)[:FACTS]]
        versions = {id_: view.contents.by_id[id_].number for id_, _ in places}
        outlines = view.parts.outlines(versions.values())
        around = [
            (number, at // LENGTH)
            for id_, start in places
            for number in [versions[id_]]
            for index in [outlines[number].at(start)]
            for at in {max(0, index - AROUND), index, min(len(outlines[number]) - 1, index + AROUND)}
        ]
        return view.parts.stretches(around), view.frequencies(tokens)

    step("fetch", fetch)
    seconds["all"] = sum(seconds[name] for name in ("keyword", "facts", "vector", "fetch"))
    return seconds


class MadeUp:
    """An embedder whose vectors say nothing: each text has one of its own."""

    name = MODEL

    def __init__(self, dim: int):
        self.dim = dim

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        rows = [_unit(np.random.default_rng(zlib.crc32(text.encode())), 1, self.dim) for text in texts]
        return np.concatenate([np.zeros((0, self.dim), np.float32), *rows])

    embed_passages = embed_queries

    def count_tokens(self, text: str) -> int:
        """Return about as many tokens as the model counts."""
        return round(len(text) * 0.6)


def _answered(database: Database, place: str, dim: int, server: Callable[[], float]) -> tuple[float, float, float]:
    """Return the seconds of the first answer of a process, and of p50 and p95, without learned reader and model."""
    with tempfile.TemporaryDirectory() as home:
        is_shared = database.kind == "postgresql"
        collection = Collection(Path(home if is_shared else place), MadeUp(dim), place if is_shared else None)
        assistant = Assistant(collection)
        first = _cpu(lambda: assistant.ask(QUESTIONS[0]), server)
        asked = sorted(_cpu(partial(assistant.ask, question), server) for question in QUESTIONS * ROUNDS)
    return first, statistics.median(asked), asked[int(0.95 * len(asked))]


def _cpu(work: Callable[[], object], server: Callable[[], float]) -> float:
    began, theirs = time.process_time(), server()
    work()
    return time.process_time() - began + server() - theirs


def _size(paper: Paper) -> float:
    return (len(paper.document.text.encode()) + paper.vectors.nbytes) / 1e6


def _resident() -> float:
    """Return the memory of this process in megabytes, as far as the system says."""
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1000 if found else 0.0


def _settled(database: Database) -> None:
    """Let the engine do what it would do by itself in time, so that it is not measured with what comes next."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.kind == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
        else:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA optimize")


def _disk(database: Database) -> float:
    """Return the megabytes of the database, without the log of its last changes."""
    _settled(database)
    if database.folder is not None:
        return sum(path.stat().st_size for path in database.folder.rglob("*") if path.suffix != ".faiss") / 1e6
    of_ours = (
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND n.nspname = current_schema()"
    )
    with database.reading() as connection:
        return int(connection.scalar(text(of_ours)) or 0) / 1e6


def _server_seconds(url: str) -> Callable[[], float]:
    """Return what tells the CPU seconds of the server at ``url``, if it runs here and lets itself be looked at."""
    port = str(make_url(url).port)
    ticks = os.sysconf("SC_CLK_TCK")
    found = [p for p in Path("/proc").glob("[0-9]*/cmdline") if f"-p\0{port}\0" in _read(p) and "postgres" in _read(p)]
    if not found:
        return lambda: 0.0
    parent = found[0].parent.name

    def seconds() -> float:
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            fields = _read(stat).rpartition(")")[2].split()
            if fields and (stat.parent.name == parent or fields[1] == parent):
                total += int(fields[11]) + int(fields[12])
        # The children that have ended are in their parent's account.
        ended = _read(Path("/proc") / parent / "stat").rpartition(")")[2].split()
        return (total + int(ended[13]) + int(ended[14])) / ticks

    return seconds


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


@contextmanager
def _server(url: str | None) -> Iterator[str]:
    settings = ("fsync=off", "shared_buffers=256MB", "max_wal_size=2GB", "autovacuum_naptime=5s")
    if url is not None:
        yield url
        return
    with running(*settings) as place:
        yield with_plain_role(place)


def shown(costs: Sequence[Cost]) -> str:
    """Return the table of what was measured."""
    lines = [
        "engine      passages  docs   add   replace  keyword  facts  vector  fetch | ask p50   p95  wall |"
        " answer first   p50   p95 |  open"
        "    RSS MB  disk MB (x text+vectors)"
    ]
    for c in costs:
        ms = [round(1000 * s) for s in (c.add, c.replace, c.keyword, c.facts, c.vector, c.fetch)]
        asks = [round(1000 * s) for s in (c.ask_p50, c.ask_p95, c.ask_wall_p50)]
        answers = [round(1000 * s) for s in (c.answer_first, c.answer_p50, c.answer_p95)]
        columns = "".join(
            (
                f"{c.engine:<11}{c.passages:>9}{c.documents:>6}",
                *(f"{n:>{width}}" for n, width in zip(ms, (6, 9, 9, 7, 8, 7), strict=True)),
                " |" + "".join(f"{n:>{width}}" for n, width in zip(asks, (8, 6, 6), strict=True)),
                " |" + "".join(f"{n:>{width}}" for n, width in zip(answers, (13, 6, 6), strict=True)),
            )
        )
        size = f"{c.disk:>9.0f} ({c.disk / c.text:.1f})"
        lines.append(f"{columns} |{round(1000 * c.open):>6}{c.memory:>10.0f}{size}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--papers", type=Path, default=ROOT / "sample")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 3400, 17000])
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--postgres", help="URL of an empty database; without it a server is started")
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    found = sorted(path for path in arguments.papers.rglob("*") if path.suffix.lower() in (".txt", ".md", ".pdf"))
    if not found:
        print(f"no papers are at {arguments.papers}; see --papers", file=sys.stderr)
        return 2
    costs: list[Cost] = []
    collect_seldom()  # as the program does
    for engine in arguments.engines:
        papers = copies(found, arguments.dim)
        folder = tempfile.mkdtemp(prefix="tenkyo-growth-")
        with nullcontext(folder) if engine == "sqlite" else _server(arguments.postgres) as place:
            server = _server_seconds(place) if engine == "postgresql" else lambda: 0.0
            for cost in measure(place, arguments.sizes, papers, arguments.dim, server):
                costs.append(cost)
                print(shown([cost]), flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nmilliseconds of CPU, medians\n{shown(costs)}")
    if arguments.out:
        arguments.out.write_text(json.dumps([vars(cost) for cost in costs], indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
