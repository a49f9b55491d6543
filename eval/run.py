"""Asks every question of a set, judges the answers and keeps every record: ``tenkyo eval``."""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from answer.answer import Answer, Citation, QuestionError
from answer.assistant import Assistant, open_assistant
from eval.dataset import DatasetError, Question, read_questions
from eval.metrics import Judged, Place, judge, ranking_measures, summarise, unsupported_figures
from eval.report import (
    BASELINE,
    RUNS,
    BaselineError,
    RunFolderError,
    compare,
    describe_environment,
    new_run_folder,
    peak_memory_mib,
    read_baseline,
    render,
    save_baseline,
    save_run,
)
from index.snapshot import Snapshot
from ingest.parse import ParseError

Leg = Literal["fused", "keyword", "vector"]
LEGS: tuple[Leg, ...] = ("fused", "keyword", "vector")
DEPTH = 10  # chunks that are looked at in a ranking
NEIGHBOURS = 5  # lines around a quote where the date of a value may stand: the head of a table, the line above

HERE = Path(__file__).resolve().parent
QUESTIONS = HERE / "questions"
SAMPLE = HERE.parent / "sample"


class EvaluationError(Exception):
    """Why nothing was measured, in Japanese, for the person at the terminal."""


@dataclass(frozen=True)
class QuestionSet:
    """Questions with the documents they are asked over."""

    name: str
    path: Path
    questions: tuple[Question, ...]
    documents: tuple[Path, ...]


@dataclass(frozen=True)
class SetResult:
    """What came out for one set: the scorecard and every question's record."""

    scores: dict[str, Any]
    records: list[dict[str, Any]]


def main(argv: Sequence[str], *, index: Path, embedding_model: str) -> int:
    """Measure and print; return 0, 1 on a regression against the baseline, 2 when nothing could be measured.

    The collections of the evaluation lie beside ``index``, in "<index>-eval"; the user's own is never touched.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments, index, embedding_model)
    except (EvaluationError, DatasetError, BaselineError, RunFolderError) as error:
        print(f"評価できません: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tenkyo eval",
        description="質問集のすべての質問をして採点し、一問ごとの記録を残します。",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--questions", nargs="+", type=Path, metavar="FILE", help="質問集（既定: eval/questions のすべて）"
    )
    parser.add_argument(
        "--documents", nargs="+", type=Path, default=[], metavar="DIR", help="文書のフォルダ（既定: sample）"
    )
    parser.add_argument(
        "--baseline",
        nargs="?",
        type=Path,
        const=BASELINE,
        metavar="FILE",
        help="基準の成績と比べ、下がっていれば終了コード1（既定: eval/baseline.json）",
    )
    parser.add_argument(
        "--save-baseline", action="store_true", help="この成績を基準として保存します（--baseline の場所）"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="記録のフォルダ（既定: eval/runs の下に新しく）")
    parser.add_argument(
        "--legs",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="検索を、語・意味のそれぞれでも測ります",
    )
    return parser


def _run(arguments: argparse.Namespace, index: Path, embedding_model: str) -> int:
    # Read first what could be refused: nobody should wait for minutes to learn of a misspelt path.
    baseline_path = arguments.baseline or BASELINE
    compared = arguments.baseline is not None and not arguments.save_baseline
    baseline = read_baseline(baseline_path) if compared else None
    sets, absent = _find_sets(arguments.questions, arguments.documents)
    for line in absent:
        print(line, file=sys.stderr)
    if not sets:
        raise EvaluationError("文書がそろっている質問集がありません。--documents で文書のフォルダを指定してください。")
    folder = new_run_folder(arguments.out, RUNS)

    legs = LEGS if arguments.legs else LEGS[:1]
    results: dict[str, SetResult] = {}
    for question_set in sets:
        collection = index.parent / f"{index.name}-eval" / _collection_name(question_set, embedding_model)
        assistant = open_assistant(collection, embedding_model)
        _refresh(assistant, question_set)
        results[question_set.name] = _measure(question_set, assistant, legs)

    metrics: dict[str, Any] = {
        "sets": {name: result.scores for name, result in results.items()},
        "peak_memory_mib": peak_memory_mib(),
    }
    config = describe_environment() | {
        "embedding_model": embedding_model,
        "legs": list(legs),
        "sets": {
            one.name: {"questions": str(one.path), "documents": [str(path) for path in one.documents]} for one in sets
        },
        "not_run": absent,
    }
    save_run(folder, config, metrics, [record for result in results.values() for record in result.records])
    print(render(metrics))
    print(f"記録: {folder}")
    if arguments.save_baseline:
        save_baseline(baseline_path, metrics["sets"])
        print(f"基準を保存しました: {baseline_path}")
    if baseline is None:
        return 0
    fallen, notes = compare(baseline, metrics["sets"])
    for line in notes:
        print(f"注意: {line}")
    for line in fallen:
        print(f"後退: {line}")
    if not fallen:
        print("基準から後退したものはありません。")
    return 1 if fallen else 0


def _find_sets(files: Sequence[Path] | None, folders: Sequence[Path]) -> tuple[list[QuestionSet], list[str]]:
    """Return the sets whose documents are at hand, and for each other one a line that says what is missing."""
    for folder in folders:
        if not folder.is_dir():
            raise EvaluationError(f"文書のフォルダがありません: {folder}")
    sets: list[QuestionSet] = []
    absent: list[str] = []
    for path in files if files is not None else sorted(QUESTIONS.glob("*.jsonl")):
        if not path.is_file():
            raise EvaluationError(f"質問集がありません: {path}")
        if any(one.name == path.stem for one in sets):
            raise EvaluationError(f"同じ名前の質問集が二つあります: {path.stem}")
        questions = read_questions(path)
        needed = {name for question in questions for name in question.documents}
        for folder in (*folders, SAMPLE):
            documents = _documents(needed, folder)
            if documents:
                sets.append(QuestionSet(path.stem, path, questions, documents))
                break
        else:
            names = "、".join(sorted(needed)[:3]) + (" ほか" if len(needed) > 3 else "")
            absent.append(f"{path.stem}: 実行していません。文書がそろっていません（{names}）。")
    return sets, absent


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


def _measure(question_set: QuestionSet, assistant: Assistant, legs: Sequence[Leg]) -> SetResult:
    snapshot = assistant.collection.snapshot()
    chunks = _all_chunks(snapshot)
    questions = question_set.questions
    # The first search loads the embedding model; that is measured by itself, not as the first question's time.
    start = time.perf_counter()
    assistant.search(questions[0].question, DEPTH)
    warm_up = time.perf_counter() - start

    judged: list[Judged] = []
    records: list[dict[str, Any]] = []
    rankings: dict[Leg, dict[str, list[Place]]] = {leg: {} for leg in legs}
    for question in tqdm(questions, desc=f"{question_set.name}: 質問", file=sys.stderr, disable=None):
        for leg in legs:
            rankings[leg][question.id] = _ranking(assistant, question, leg)
        verdict, answer = ask(assistant, snapshot, question)
        judged.append(verdict)
        records.append(
            _record(question_set.name, question, verdict, answer, {leg: rankings[leg][question.id] for leg in legs})
        )
    scores = summarise(judged) | {
        "retrieval": {leg: ranking_measures(questions, rankings[leg], chunks) for leg in legs},
        "documents": len(snapshot.documents()),
        "chunks": len(chunks),
        "questions_sha256": hashlib.sha256(question_set.path.read_bytes()).hexdigest(),
        "warm_up_ms": 1000 * warm_up,
    }
    return SetResult(scores, records)


def ask(assistant: Assistant, snapshot: Snapshot, question: Question) -> tuple[Judged, Answer | None]:
    """Ask one question and judge the answer. A crash is a verdict too, so that one does not hide the others."""
    start = time.perf_counter()
    answer: Answer | None = None
    error: str | None = None
    try:
        answer = assistant.ask(question.question, id=question.id)
    except QuestionError as refused:
        error = f"QuestionError: {refused}"
    except Exception:
        error = traceback.format_exc()
    ms = 1000 * (time.perf_counter() - start)
    if answer is None:
        return judge(question, answered=False, text="", citations=(), confidence=0.0, ms=ms, error=error), None
    answered = answer.status == "answered"
    verdict = judge(
        question,
        answered=answered,
        text=answer.answer,
        citations=[_place(citation) for citation in answer.citations],
        confidence=answer.confidence,
        ms=ms,
        unsupported=_unsupported(answer, snapshot) if answered else (),
        bad_quotes=sum(not _is_verbatim(citation, snapshot) for citation in answer.citations),
    )
    return verdict, answer


def _unsupported(answer: Answer, snapshot: Snapshot) -> list[str]:
    quotes = "\n".join(citation.quote for citation in answer.citations)
    around = [
        part
        for c in answer.citations
        for part in (c.title, c.meeting, c.published, *c.section, _neighbourhood(c, snapshot))
        if part
    ]
    how = answer.derived.how if answer.derived else None
    return unsupported_figures(answer.answer, answer.question, quotes, "\n".join(around), how)


def _neighbourhood(citation: Citation, snapshot: Snapshot) -> str:
    """Return the lines around a quote; nothing for a document that the collection does not hold."""
    try:
        text = snapshot.document(citation.document_id).text
    except KeyError:
        return ""
    before = text[: citation.start].split("\n")[-NEIGHBOURS - 1 :]
    after = text[citation.end :].split("\n")[: NEIGHBOURS + 1]
    return "\n".join([*before, *after])


def _is_verbatim(citation: Citation, snapshot: Snapshot) -> bool:
    """Say whether the quote is the document's own characters, and inside one page of it."""
    try:
        document = snapshot.document(citation.document_id)
    except KeyError:
        return False
    page = document.page_at(citation.start)
    inside = page.start <= citation.start < citation.end <= page.end
    return inside and document.text[citation.start : citation.end] == citation.quote


def _place(citation: Citation, chunk_id: str = "") -> Place:
    return Place(chunk_id, citation.file, citation.lines, citation.page)


def _ranking(assistant: Assistant, question: Question, leg: Leg) -> list[Place]:
    try:
        passages = assistant.search(question.question, DEPTH, leg)
    except QuestionError:  # refused as a question; then nothing is found either
        return []
    return [_place(passage.citation, passage.chunk_id) for passage in passages]


def _all_chunks(snapshot: Snapshot) -> list[Place]:
    places = []
    for info in snapshot.documents():
        document = snapshot.document(info.id)
        for chunk in snapshot.chunks(info.id):
            lines = document.lines(chunk.start, chunk.end) if document.lines_are_source else None
            places.append(Place(chunk.id, info.file, lines, chunk.page))
    return places


def _record(
    name: str, question: Question, verdict: Judged, answer: Answer | None, rankings: Mapping[Leg, Sequence[Place]]
) -> dict[str, Any]:
    """Return the answer object with what was expected and found: a line that other scorers can read as an answer."""
    body: dict[str, Any] = {"id": question.id, "question": question.question, "status": "error"}
    if answer is not None:
        body = answer.to_dict() | {"id": question.id}
        body["passages"] = [passage["chunk_id"] for passage in body["passages"]]
    first = {
        leg: next(
            (n for n, h in enumerate(ranking, 1) if any(p.overlaps(h.file, h.lines, h.page) for p in question.places)),
            None,
        )
        for leg, ranking in rankings.items()
    }
    return body | {"set": name, "expected": asdict(question), "verdict": asdict(verdict), "first_relevant": first}
