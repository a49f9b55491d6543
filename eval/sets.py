"""Question sets with the documents that they are asked over, and the collections those are indexed in."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from answer.assistant import Assistant, open_assistant
from eval.dataset import Question, read_questions
from index.reader import WEIGHTS
from ingest.parse import SUFFIXES, ParseError

HERE = Path(__file__).resolve().parent
QUESTIONS = HERE / "questions"
BANK = QUESTIONS / "bank"  # a file a collection, asked once before anybody looked at the answers
SEALED = QUESTIONS / "sealed"  # the same, compressed so that nobody reads them by chance: never opened, only asked
SAMPLE = HERE.parent / "sample"
Origin = Literal["own", "shipped", "bank", "sealed"]


class EvaluationError(Exception):
    """Why nothing was measured, in Japanese, for the person at the terminal."""


@dataclass(frozen=True)
class QuestionSet:
    """Questions with the documents they are asked over."""

    name: str
    path: Path
    questions: tuple[Question, ...]
    documents: tuple[Path, ...]
    origin: Origin = "own"  # whose it is: of the person who evaluates, or one of those that come with the program
    title: str | None = None  # what its papers are, for a reader; of a set of the bank


def add_set_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that ``find_sets`` takes: --questions and --documents."""
    parser.add_argument(
        "--questions", nargs="+", type=Path, metavar="FILE", help="質問集（既定: eval/questions のすべて）"
    )
    parser.add_argument(
        "--documents", nargs="+", type=Path, default=[], metavar="DIR", help="文書のフォルダ（既定: sample）"
    )


def find_sets(files: Sequence[Path] | None, folders: Sequence[Path]) -> tuple[list[QuestionSet], list[str]]:
    """Return the sets whose documents are at hand, and for each other one a line that says what is missing."""
    for folder in folders:
        if not folder.is_dir():
            raise EvaluationError(f"文書のフォルダがありません: {folder}")
    sets: list[QuestionSet] = []
    absent: list[str] = []
    for path in files if files is not None else sorted(QUESTIONS.glob("*.jsonl")):
        if not path.is_file():
            raise EvaluationError(f"質問集がありません: {path}")
        name = path.name.partition(".jsonl")[0]
        if any(one.name == name for one in sets):
            raise EvaluationError(f"同じ名前の質問集が二つあります: {name}")
        questions = read_questions(path)
        needed = {file for question in questions for file in question.documents}
        origin = _origin(path)
        is_whole = origin in ("bank", "sealed")
        for folder in (*folders, SAMPLE):
            documents = collection(name, needed, folder) if is_whole else _documents(needed, folder)
            if documents:
                title = _title(name) if origin == "bank" else None
                sets.append(QuestionSet(name, path, questions, documents, origin, title))
                break
        else:
            names = "、".join(sorted(needed)[:3]) + (" ほか" if len(needed) > 3 else "")
            absent.append(f"{name}: 実行していません。文書がそろっていません（{names}）。")
    return sets, absent


def sets_of_run(config: Mapping[str, Any]) -> list[QuestionSet]:
    """Return the sets that a run of this configuration asked, over the same documents."""
    sets = []
    for name, one in config["sets"].items():
        path, documents = Path(one["questions"]), tuple(map(Path, one["documents"]))
        for needed in (path, *documents):
            if not needed.is_file():
                raise EvaluationError(f"前の記録で使ったファイルがありません: {needed}")
        origin = _origin(path)
        title = _title(name) if origin == "bank" else None
        sets.append(QuestionSet(name, path, read_questions(path), documents, origin, title))
    return sets


def bank_files(names: Sequence[str]) -> list[Path]:
    """Return the files of the bank: all, those of these sets, or those of these batches. 例: yaizu_opendata.2, 2

    A name that no file bears is kept, so that whoever reads it says so.
    """
    every = sorted(BANK.glob("*.jsonl"))
    found = {name: [path for path in every if name in (path.stem, *path.stem.split("."))] for name in names}
    return [path for name in names for path in found[name] or [BANK / f"{name}.jsonl"]] if names else every


def sealed_files() -> list[Path]:
    """Return the files of the sealed sets."""
    return sorted(SEALED.glob("*.jsonl.gz"))


def _title(name: str) -> str | None:
    """Return what the papers of a set's collection are, in Japanese; from the second batch on with its number."""
    path = BANK / "names.json"
    titles: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    of, _, batch = name.partition(".")
    title = titles.get(of)
    return f"{title}（{batch}回目の質問）" if title and batch not in ("", "1") else title


def _origin(path: Path) -> Origin:
    homes: dict[Path, Origin] = {QUESTIONS: "shipped", BANK: "bank", SEALED: "sealed"}
    return homes.get(path.resolve().parent, "own")


def collection(name: str, needed: set[str], folder: Path) -> tuple[Path, ...]:
    """Return all papers of the folder that is called like the set, when the needed ones are among them.

    A collection is asked as a whole: what is in no gold place is what makes finding hard. Its batches of questions are
    numbered: yaizu_opendata.2 is asked over yaizu_opendata.
    """
    for home in (folder, *sorted(p for p in folder.glob("*") if p.is_dir())):
        if home.name == name.partition(".")[0]:
            papers = sorted(p for p in home.rglob("*") if p.suffix in SUFFIXES and p.name != "README.md")
            if papers and needed <= {p.name for p in papers}:
                return tuple(papers)
    return ()


def _documents(needed: set[str], folder: Path) -> tuple[Path, ...]:
    """Return the documents of a folder, when all needed ones are there: they and their like beside them.

    "Their like" have a suffix that a needed one has: beside the PDFs of the sample lies the text they are made from.
    """
    found = {path.name: path for path in folder.rglob("*") if path.name in needed and path.is_file()}
    if not needed or found.keys() != needed:
        return ()
    suffixes = {path.suffix for path in found.values()}
    homes = {path.parent for path in found.values()}
    return tuple(sorted(p for home in homes for p in home.iterdir() if p.suffix in suffixes and p.is_file()))


def open_set(
    question_set: QuestionSet,
    beside: Path,
    embedding_model: str,
    reader: Path | None = WEIGHTS,
) -> Assistant:
    """Return an assistant over just the documents of the set, with the reader of these weights; see ``Assistant``.

    Its collection lies in "<index>-eval" beside the user's index, which is never touched; a later run reads only what
    has changed.
    """
    folder = beside.parent / f"{beside.name}-eval" / _collection_name(question_set, embedding_model)
    assistant = open_assistant(folder, embedding_model, reader=reader)
    _refresh(assistant, question_set)
    return assistant


def _collection_name(question_set: QuestionSet, embedding_model: str) -> str:
    """Return one folder name for the same documents and model, so that the next run finds them indexed."""
    homes = sorted({str(path.parent.resolve()) for path in question_set.documents})
    key = "\n".join([embedding_model, *homes])
    return f"{question_set.documents[0].parent.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _refresh(assistant: Assistant, question_set: QuestionSet) -> None:
    """Bring the collection to just the documents of the set."""
    collection = assistant.collection
    with tqdm(desc=f"{question_set.name}: 文書", file=sys.stderr, disable=None) as bar:

        def progress(_: str, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = collection.add(question_set.documents, progress)
    for path, error in report.failed:
        reason = error.message if isinstance(error, ParseError) else error
        print(f"{question_set.name}: 読み取れない文書があります: {path}: {reason}", file=sys.stderr)
    wanted = {path.resolve() for path in question_set.documents}
    for document in collection.snapshot().documents():
        if Path(document.source).resolve() not in wanted:
            collection.remove(document.id)
