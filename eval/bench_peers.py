"""Ours beside plain BM25, the embedding model alone, LlamaIndex, txtai and Haystack: same pages, questions and model.

    python -m eval.bench_peers [--documents DIR-or-FILE …] [--questions FILE …] [--systems NAME …] [--out FILE]

What each system is stands in eval/peers.py. The three libraries are optional (``pip install -c constraints.txt
'.[peers]'``); one that is not installed is named in the tables. Each system runs in a process of its own, one after
another, with the same number of threads (OMP_NUM_THREADS, else every core) and without network.

The documents are read once, with our ingest, and everybody gets the same pages, so that reading files is not what is
compared. Ours alone reads them again within its index time, and finds their tables and facts there.

A passage counts where it overlaps a gold place: the page of a PDF, the lines of a text. Pieces differ in size: ours
have up to 220 tokens (some 300 characters), plain ones 300 characters, LlamaIndex's 1,024 tokens, txtai's what stands
between empty lines, and Haystack's 200 words between spaces, in Japanese up to 6,500 characters. A large piece
overlaps more, and where a page is one piece, a question has one relevant piece instead of several, which makes
nDCG easier. So two measures stand beside the usual ones: is the accepted answer in the first passage (and how long is
that), and, whatever the size, is it within the first 1,000 characters of the passages as they are ranked. The model
reads 512 tokens of a piece, whoever cut it.

Without a language model, all that the others give a reader is passages. What a reader gets first (our answer, their
first passage) is judged as an answer for all of them alike; they decline only where they find nothing at all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.dataset import DatasetError, Question, read_questions
from eval.history import describe_environment
from eval.measures.answers import holds_it
from eval.measures.latency import percentile
from eval.measures.retrieval import mean_measures, measure_rankings
from eval.measures.scorecard import judge, share
from eval.peers import SYSTEMS, Found, Outcome, Reply
from eval.pieces import Corpus, Page
from eval.reports.peers import BUDGET, Row, render
from eval.sets import EvaluationError
from ingest.parse import ParseError, parse

ROOT = Path(__file__).resolve().parent.parent
INSTALL = "pip install -c constraints.txt '.[peers]'"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; return 0, 2 when nothing could be measured, 130 after Ctrl-C (no process is left behind)."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except (EvaluationError, DatasetError) as error:
        print(f"比べられません: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("中断しました。", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m eval.bench_peers", description="他の方式と同じ文書・同じ質問で比べます。"
    )
    parser.add_argument(
        "--documents", nargs="+", type=Path, default=[ROOT / "sample"], metavar="PATH", help="文書（既定: sample）"
    )
    parser.add_argument(
        "--questions",
        nargs="+",
        type=Path,
        default=[ROOT / "eval" / "questions" / "sample.jsonl"],
        metavar="FILE",
        help="質問集（既定: eval/questions/sample.jsonl）",
    )
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="方式（既定: すべて）")
    parser.add_argument("--out", type=Path, metavar="FILE", help="結果の JSON（既存のファイルには書きません）")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    if arguments.out is not None and arguments.out.exists():
        raise EvaluationError(f"{arguments.out} はすでにあります。新しいファイルを指定してください。")
    questions = read_sets(arguments.questions)
    paths = find_documents(arguments.documents, questions)
    began = time.perf_counter()
    corpus = read_corpus(paths)
    seconds = time.perf_counter() - began
    rows = list(measure(arguments.systems, corpus, questions))
    about = (
        f"文書 {len(paths)}件・{len(corpus.pages)}ページ、質問 {len(questions)}問"
        f"（記載のないもの {sum(not q.answerable for q in questions)}問）、スレッド {_threads()}、"
        f"文書の読み取り {seconds:.1f} 秒（共通。本製品の索引時間はこれを含み、ほかは含みません）"
    )
    print(render(rows, about))
    if arguments.out is not None:
        body = describe_environment() | {
            "documents": [path.name for path in paths],
            "questions": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in arguments.questions},
            "threads": _threads(),
            "read_seconds": seconds,
            "versions": {s.package: _version(s.package) for s in SYSTEMS.values() if s.package},
            "systems": [asdict(row) for row in rows],
        }
        with arguments.out.open("x", encoding="utf-8") as file:
            json.dump(body, file, ensure_ascii=False, indent=1)
    return 0


def read_sets(paths: Iterable[Path]) -> tuple[Question, ...]:
    """Return the questions of all files together."""
    questions: dict[str, Question] = {}
    for path in paths:
        if not path.is_file():
            raise EvaluationError(f"質問集がありません: {path}")
        for question in read_questions(path):
            if question.id in questions:
                raise EvaluationError(f"同じ id の質問が二つあります: {question.id}（{path}）")
            questions[question.id] = question
    return tuple(questions.values())


def find_documents(places: Iterable[Path], questions: Sequence[Question]) -> tuple[Path, ...]:
    """Return the files that are given, and those of a given folder that are of a kind the questions are about."""
    needed = {name for question in questions for name in question.documents}
    suffixes = {Path(name).suffix for name in needed}
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise EvaluationError(f"文書がありません: {place}")
        found += [place] if place.is_file() else sorted(p for p in place.iterdir() if p.suffix in suffixes)
    missing = sorted(needed - {path.name for path in found})
    if missing:
        raise EvaluationError(f"質問集の文書がそろっていません: {'、'.join(missing)}")
    twice = sorted(name for name, count in Counter(path.name for path in found).items() if count > 1)
    if twice:
        raise EvaluationError(f"同じ名前の文書が二つあります: {'、'.join(twice)}")
    return tuple(path.resolve() for path in found)


def read_corpus(paths: Sequence[Path]) -> Corpus:
    """Return the pages of the documents as our ingest reads them."""
    pages: list[Page] = []
    for path in paths:
        try:
            document = parse(path)
        except ParseError as error:
            raise EvaluationError(f"読み取れない文書があります: {path}: {error.message}") from error
        for page in document.pages:
            pages.append(
                Page(
                    document.file,
                    document.text[page.start : page.end],
                    page.start,
                    page.number if document.paging != "none" else None,
                    document.lines(page.start, page.end)[0] if document.lines_are_source else None,
                )
            )
    return Corpus(tuple(map(str, paths)), tuple(pages))


# --- a process for each system ---------------------------------------------------------------------------------------


def measure(names: Sequence[str], corpus: Corpus, questions: Sequence[Question]) -> Iterator[Row]:
    """Yield the row of each system; one that is not installed or fails does not stop the others."""
    for number, name in enumerate(names, 1):
        system = SYSTEMS[name]
        if system.package and _version(system.package) is None:
            yield Row(name, system.title, None, f"未インストール（`{INSTALL}`）")
            continue
        print(f"{number}/{len(names)} {system.title.strip()} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="tenkyo-peers-") as folder:
            outcome = run_apart(name, corpus, questions, Path(folder))
        if isinstance(outcome, str):
            print(outcome, file=sys.stderr)
            yield Row(
                name, system.title, None, f"失敗（{outcome.strip().splitlines()[-1] if outcome.strip() else ''}）"
            )
        else:
            yield Row(name, system.title, score(outcome, corpus, questions))


def run_apart(name: str, corpus: Corpus, questions: Sequence[Question], folder: Path) -> Outcome | str:
    """Return what a system makes of the questions in a process of its own; what that process said where it failed.

    Whatever interrupts the wait ends the process, and those that it has started.
    """
    (folder / "corpus.json").write_text(json.dumps(asdict(corpus), ensure_ascii=False), "utf-8")
    (folder / "questions.json").write_text(json.dumps([(q.id, q.question) for q in questions]), "utf-8")
    command = [sys.executable, "-m", "eval.peers", name, str(folder)]
    environment = {**os.environ, **OFFLINE, **dict.fromkeys(THREADS, str(_threads()))}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if code:
        return (folder / "log.txt").read_text("utf-8", errors="replace") or f"exit status {code}"
    body = json.loads((folder / "outcome.json").read_text("utf-8"))
    return Outcome(**body | {"replies": [Reply(r["id"], r["ms"], Found(**r["found"])) for r in body["replies"]]})


def _threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


# --- measures --------------------------------------------------------------------------------------------------------


def score(outcome: Outcome, corpus: Corpus, questions: Sequence[Question]) -> dict[str, Any]:
    """Return the figures of a system. Shares are over the answerable questions, but for ``declined``."""
    places = [corpus.place(span, str(n)) for n, span in enumerate(outcome.pieces)]
    texts = corpus.texts(outcome.pieces)
    replies = {reply.id: reply for reply in outcome.replies}
    rankings = {key: [places[n] for n in reply.found.ranking] for key, reply in replies.items()}
    records: list[dict[str, Any]] = []
    for question in questions:
        reply = replies[question.id]
        ranked = [texts[n] for n in reply.found.ranking]
        first = reply.found.text if reply.found.text is not None else "".join(ranked[:1])
        cited = [corpus.place(span) for span in reply.found.citations] or rankings[question.id][:1]
        verdict = judge(
            question, answered=reply.found.answered, text=first, citations=cited, confidence=0.0, ms=reply.ms
        )
        records.append(
            {
                "id": question.id,
                "answerable": question.answerable,
                "answered": verdict.answered,
                "right": verdict.right,
                "cited": verdict.cited,
                "holds": reply.found.answered and holds(question, first),
                "first_holds": holds(question, "".join(ranked[:1])),
                "budget_holds": holds(question, first_characters(ranked, BUDGET)),
                "characters": len(first),
                "ms": reply.ms,
            }
        )
    asked = [record for record in records if record["answerable"]]
    trick = [record for record in records if not record["answerable"]]
    return {
        "pieces": len(outcome.pieces),
        "piece_characters": statistics.median(map(len, texts)) if texts else None,
        "longest_piece": max(map(len, texts), default=None),
        **mean_measures(measure_rankings(questions, rankings, places)),
        **{name: share(r[name] for r in asked) for name in ("first_holds", "budget_holds", "holds", "right", "cited")},
        "declined": share(not record["answered"] for record in trick),
        "wrongly_declined": share(not record["answered"] for record in asked),
        "characters": statistics.median(record["characters"] for record in records),
        "start_seconds": outcome.start_seconds,
        "index_seconds": outcome.index_seconds,
        "p50_ms": percentile((record["ms"] for record in records), 0.5),
        "p95_ms": percentile((record["ms"] for record in records), 0.95),
        "peak_mib": outcome.peak_mib,
        "records": records,
    }


def holds(question: Question, text: str) -> bool:
    """Say whether a passage of any length holds the accepted answer.

    ``holds_it`` counts a row of figures as no short answer; of a passage it is to be expected, as of a long answer. A
    passage makes no claim, so nothing of it is luck (``says_it``).
    """
    return question.answerable and holds_it(replace(question, type="definition"), text)


def first_characters(ranked: Iterable[str], budget: int) -> str:
    """Return what is read of the passages, one after the other, within a number of characters.

    A full stop parts them, so that no answer is made of the end of one and the beginning of the next.
    """
    taken: list[str] = []
    for text in ranked:
        taken.append(text[:budget])
        budget -= len(taken[-1])
        if budget <= 0:
            break
    return "\n。\n".join(taken)


if __name__ == "__main__":
    sys.exit(main())
