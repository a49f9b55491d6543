"""Papers that no public body has published, with questions: what anybody may learn from, measure by and pass on.

    python -m eval.fictitious FOLDER [NAME…]

Unpacks the sets of ``eval/questions/fictitious`` (all, or those of these names) so that everything that takes question
files and folders of documents takes them: FOLDER/NAME/*.md and FOLDER/NAME.jsonl. What lies there is written anew.

Towns, people, figures and projects are invented, in the forms of real papers; each paper is of another body. A line of
``NAME.jsonl.gz`` is a paper {file, text, questions}, its questions in the format of every question file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from eval.sets import QUESTIONS

FICTITIOUS = QUESTIONS / "fictitious"


def names() -> list[str]:
    """Return the names of the sets."""
    return sorted(path.name.partition(".")[0] for path in FICTITIOUS.glob("*.jsonl.gz"))


def unpack(name: str, folder: Path) -> tuple[int, int]:
    """Write the papers and the question file of a set, and return how many of each there are."""
    lines = gzip.decompress((FICTITIOUS / f"{name}.jsonl.gz").read_bytes()).decode("utf-8").splitlines()
    papers = [json.loads(line) for line in lines]
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    for paper in papers:
        (home / paper["file"]).write_text(paper["text"], encoding="utf-8")
    questions = [json.dumps(question, ensure_ascii=False) for paper in papers for question in paper["questions"]]
    (folder / f"{name}.jsonl").write_text("\n".join(questions) + "\n", encoding="utf-8")
    return len(papers), len(questions)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.fictitious", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    given = parser.parse_args(argv)
    if unknown := set(given.names) - set(names()):
        parser.error(f"no such sets: {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    for name in given.names or names():
        papers, questions = unpack(name, given.folder)
        print(f"{name:12s} {papers:4d} papers, {questions:5d} questions")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
