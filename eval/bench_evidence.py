"""How often the right answer stands in what a model is given to read, and how much that is.

    python -m eval.bench_evidence --documents DIR… [--index DIR] [--missing] [NAME…]

Asks the sets of the bank (all, or those of these names) for their evidence only; no model is needed. Prints, for each
set, the share of answerable questions whose accepted text stands in the five passages and in the evidence, and the
median and greatest size of the evidence. ``--missing`` names the questions whose answer is not in it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tqdm import tqdm

from answer.assistant import Assistant
from answer.generating.contract import Evidence
from eval.measures.ceiling import is_within
from eval.measures.retrieval import Place
from eval.sets import QuestionSet, bank_files, find_sets, open_set

INDEX = Path("build/bank/index")


@dataclass(frozen=True)
class Row:
    """A question with what was found for it."""

    id: str
    in_passages: bool
    in_evidence: bool
    lines: int
    characters: int


def places(assistant: Assistant, evidence: Evidence) -> list[Place]:
    """Return the lines of the evidence as places, the text of each with the heading of its block."""
    snapshot = assistant.collection.snapshot()
    found = []
    for block in evidence.blocks:
        document = snapshot.document(block.document_id)
        for line in block.lines:
            start, end = line.support.start, line.support.end
            page = document.page_at(start).number if document.paging != "none" else None
            lines = document.lines(start, end) if document.lines_are_source else None
            found.append(Place(line.id, document.file, lines, page, f"{block.heading}\n{line.text}"))
    return found


def observe(one: QuestionSet, index: Path) -> list[Row]:
    """Return a row for each answerable question of a set."""
    assistant = open_set(one, index, "default")
    rows = []
    for question in tqdm([q for q in one.questions if q.answerable], desc=one.name, file=sys.stderr, disable=None):
        shown = [
            Place(p.chunk_id, p.citation.file, p.citation.lines, p.citation.page, p.citation.quote)
            for p in assistant.ask(question.question).passages
        ]
        evidence = assistant.evidence(question.question)
        lines = places(assistant, evidence)
        size = sum(len(b.heading) + sum(len(line.text) for line in b.lines) for b in evidence.blocks)
        rows.append(Row(question.id, is_within(question, shown), is_within(question, lines), len(lines), size))
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--documents", nargs="+", type=Path, required=True, metavar="DIR")
    parser.add_argument("--index", type=Path, default=INDEX)
    parser.add_argument("--missing", action="store_true")
    given = parser.parse_args(arguments)
    sets, absent = find_sets(bank_files(given.names), given.documents)
    print("\n".join(absent), file=sys.stderr)
    every: list[Row] = []
    for one in sets:
        rows = observe(one, given.index)
        every += rows
        print(told(one.name, rows), flush=True)
        if given.missing:
            print("  " + " ".join(row.id for row in rows if not row.in_evidence))
    if len(sets) > 1:
        print(told("all", every))


def told(name: str, rows: Sequence[Row]) -> str:
    """Return the line of a set."""
    shares = (sum(row.in_passages for row in rows) / len(rows), sum(row.in_evidence for row in rows) / len(rows))
    sizes = [row.characters for row in rows]
    counts = [row.lines for row in rows]
    return (
        f"{name}: {len(rows)} questions, in passages {shares[0]:.3f}, in evidence {shares[1]:.3f}, "
        f"characters {median(sizes):.0f} (at most {max(sizes)}), lines {median(counts):.0f} (at most {max(counts)})"
    )


if __name__ == "__main__":
    main()
