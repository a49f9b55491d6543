"""Whether the right table is found, and the right cell read, among tables that nobody here chose.

    python -m eval.bench_tables [--data ../shared/data/qa/u4_tables_valid] [--index FOLDER] [--questions 200]

Every table of the question set becomes a text file of its own, a title and rows of cells between pipes, and goes
through ``Collection.add``; the questions go through ``Assistant.ask``. The index stays in its folder, so that only the
first run embeds (some minutes); after a change to the reading of files, name a new folder.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from answer.answer import Answer
from answer.assistant import Assistant
from index.collection import Collection
from index.embedder import open_embedder

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261123


@dataclass(frozen=True)
class Asked:
    """A question with the files that hold its answer, and the writings of the answer."""

    question: str
    files: frozenset[str]
    answers: tuple[str, ...]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def questions_of(folder: Path, count: int, seed: int) -> list[Asked]:
    """Return questions that ask for a cell's value, drawn by ``seed``."""
    asked = [
        Asked(q["question"], frozenset(f"{key}.txt" for key in q["positive_ids"]), tuple(q["answers"]))
        for q in read(folder / "questions.jsonl")
        if q["task"] == "tqa"
    ]
    return random.Random(seed).sample(asked, min(count, len(asked)))


def write_tables(folder: Path, into: Path) -> list[Path]:
    """Write each table of the corpus as a text file under its title; return the files."""
    files = []
    for table in read(folder / "corpus.jsonl"):
        file = into / f"{table['id']}.txt"
        file.write_text(f"{table['title']}\n\n{table['text']}\n", "utf-8")
        files.append(file)
    return files


def plain(text: str) -> str:
    """Return text as it is compared: one width, no spaces or commas, one minus sign, no marks of notes."""
    text = re.sub(r"※\s*[0-9,、※ ]*(?:\s|(?=[△▲-]))", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s,]", "", re.sub(r"[△▲−―‐–—ー](?=[\s(]*[0-9]|$)", "-", text))


def is_right(answer: str, answers: Sequence[str], signed: bool = True) -> bool:
    """Tell whether an answer, its date left out, holds a writing of the right value as a whole number or words.

    Without ``signed``, △5,000 is as good as 5,000: a speech says that it is taken off.
    """
    said = plain(re.sub(r"（[^（）]*）$", "", answer))
    said = said if signed else said.replace("-", "")
    for wanted in map(plain, answers):
        if re.fullmatch(r"[-(]?[0-9.]+[^0-9]{0,3}", wanted):
            edges = rf"(?<![0-9.\-]){re.escape(wanted)}(?![0-9]|\.[0-9])"
            if re.search(edges, said):
                return True
        elif wanted in said:
            return True
    return False


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def measure(
    assistant: Assistant,
    asked: Iterable[Asked],
    place: Callable[[Any], str],
    show: bool = False,
    signed: bool = True,
) -> dict[str, float]:
    """Return shares and times of asking; ``place`` gives what of a citation names the right ``Asked.files``."""
    rows: list[tuple[bool, bool, bool, bool, bool]] = []
    times: list[float] = []
    for one in asked:
        began = time.perf_counter()
        answer: Answer = assistant.ask(one.question)
        times.append((time.perf_counter() - began) * 1000)
        found = [place(passage.citation) in one.files for passage in answer.passages]
        said = answer.status == "answered"
        right = said and is_right(answer.answer, one.answers, signed)
        cited = said and place(answer.citations[0]) in one.files
        rows.append((found[:1] == [True], any(found), cited, right, not said))
        if show and not right:
            print(f"{one.question}\n    wanted {one.answers} found {found} cited {cited}: {answer.answer}", flush=True)
    names = ("right place first", "right place in five", "right place cited", "right value", "declined")
    shares = {name: sum(row[i] for row in rows) / max(1, len(rows)) for i, name in enumerate(names)}
    return {**shares, "p50 ms": percentile(times, 0.5), "p95 ms": percentile(times, 0.95)}


def shown(shares: dict[str, float]) -> str:
    return "\n".join(
        f"  {name:<20} {value:8.1f}" if "ms" in name else f"  {name:<20} {value:8.3f}" for name, value in shares.items()
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "qa" / "u4_tables_valid")
    parser.add_argument("--index", type=Path, default=Path(tempfile.gettempdir()) / "tenkyo-bench-tables")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--show", action="store_true", help="print every question that was not answered rightly")
    arguments = parser.parse_args()
    if not (arguments.data / "corpus.jsonl").is_file():
        print(f"the tables are not here: {arguments.data}; name their folder with --data", file=sys.stderr)
        return 2
    collection = Collection(arguments.index, open_embedder())
    with tempfile.TemporaryDirectory() as folder:
        report = collection.add(write_tables(arguments.data, Path(folder)))
    print(f"{len(report.added)} tables taken in, {len(report.skipped)} known, {len(report.failed)} failed")
    shares = measure(
        Assistant(collection),
        questions_of(arguments.data, arguments.questions, arguments.seed),
        lambda citation: str(citation.file),
        arguments.show,
    )
    print(f"{arguments.questions} questions, seed {arguments.seed}")
    print(shown(shares))
    return 0


if __name__ == "__main__":
    sys.exit(main())
