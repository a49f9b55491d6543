"""Whether the right page is found and the right amount read in the budget papers of a city that nobody here chose.

    python -m eval.bench_budget [--questions ../shared/data/qa/nankoku_budget_2022/questions.jsonl]
                                [--papers ../shared/data/pdf/nankoku] [--index FOLDER]

The PDFs go through ``Collection.add``, the questions through ``Assistant.ask``. The index stays in its folder; after a
change to the reading of files, name a new one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from answer.assistant import Assistant
from eval.bench_tables import ROOT, Asked, measure, read, shown
from index.collection import Collection
from index.embedder import open_embedder

DATA = ROOT.parent / "shared" / "data"


def questions_of(path: Path) -> list[Asked]:
    """Return the questions with their right pages as ``file#p3``."""
    return [
        Asked(
            q["question"],
            frozenset(key.rsplit("/", 1)[-1] for key in q["positive_ids"]),
            tuple(map(str, q.get("answers") or [q["answer"]])),
        )
        for q in read(path)
    ]


def page_of(citation: Any) -> str:
    return f"{citation.file}#p{citation.page}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=Path, default=DATA / "qa" / "nankoku_budget_2022" / "questions.jsonl")
    parser.add_argument("--papers", type=Path, default=DATA / "pdf" / "nankoku")
    parser.add_argument("--index", type=Path, default=Path(tempfile.gettempdir()) / "tenkyo-bench-budget")
    parser.add_argument("--show", action="store_true", help="print every question that was not answered rightly")
    arguments = parser.parse_args()
    for needed in (arguments.questions, arguments.papers):
        if not needed.exists():
            print(f"the budget papers are not here: {needed}; see --questions and --papers", file=sys.stderr)
            return 2
    collection = Collection(arguments.index, open_embedder())
    report = collection.add([arguments.papers])
    print(f"{len(report.added)} papers taken in, {len(report.skipped)} known, {len(report.failed)} failed")
    asked = questions_of(arguments.questions)
    print(f"{len(asked)} questions")
    print(shown(measure(Assistant(collection), asked, page_of, arguments.show, signed=False)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
