"""Asks every question of a set, judges the answers and keeps every record."""

from __future__ import annotations

import hashlib
import sys
import time
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tqdm import tqdm

from answer.answer import Answer, Citation, QuestionError
from answer.assistant import Assistant
from eval.dataset import Question
from eval.measures.citations import GoldPage
from eval.measures.latency import STEPS
from eval.measures.retrieval import Place, mean_measures, measure_rankings
from eval.measures.scorecard import Judged, judge, summarise
from eval.measures.support import unsupported_figures
from eval.sets import QuestionSet
from index.snapshot import Snapshot
from ingest.document import Document

# The stages of a search: each leg by itself, both fused, and the order in which the hits are read.
Stage = Literal["keyword", "vector", "fused", "reranked"]
STAGES: tuple[Stage, ...] = ("keyword", "vector", "fused", "reranked")
Asking = Callable[[Assistant, Snapshot, Question], tuple[Judged, Answer | None]]
DEPTH = 10  # chunks that are looked at in a ranking
NEIGHBOURS = 5  # lines around a quote where the date of a value may stand: the head of a table, the line above


@dataclass(frozen=True)
class SetResult:
    """What came out for one set: the scorecard and every question's record."""

    scores: dict[str, Any]
    records: list[dict[str, Any]]


def measure(
    question_set: QuestionSet, assistant: Assistant, stages: Sequence[Stage] = STAGES, asking: Asking | None = None
) -> SetResult:
    """Ask every question of the set; return the scorecard and the records, in the order of the questions.

    ``asking`` asks one question and judges the answer in the papers' own words; ``ask`` does when it is None.
    """
    asking = asking or ask
    snapshot = assistant.collection.snapshot()
    chunks = _all_chunks(snapshot)
    questions = question_set.questions
    # The first search loads the embedding model; that is measured by itself, not as the first question's time.
    start = time.perf_counter()
    assistant.search(questions[0].question, DEPTH)
    warm_up = time.perf_counter() - start

    asked: list[tuple[Question, Judged, Answer | None]] = []
    rankings: dict[Stage, dict[str, list[Place]]] = {stage: {} for stage in stages}
    for question in tqdm(questions, desc=f"{question_set.name}: 質問", file=sys.stderr, disable=None):
        for stage in stages:
            rankings[stage][question.id] = _ranking(assistant, snapshot, question, stage)
        asked.append((question, *asking(assistant, snapshot, question)))

    measured = {stage: measure_rankings(questions, rankings[stage], chunks) for stage in stages}
    records = [
        _record(question_set.name, question, verdict, answer)
        | {
            "first_relevant": {stage: _first_relevant(question, rankings[stage][question.id]) for stage in stages},
            "measures": verdict.measures() | measured["fused"].get(question.id, {}),
        }
        for question, verdict, answer in asked
    ]
    scores = summarise([verdict for _, verdict, _ in asked]) | {
        "retrieval": {stage: mean_measures(measured[stage]) for stage in stages},
        "documents": len(snapshot.documents()),
        "chunks": len(chunks),
        "snapshot": snapshot.id,
        "questions_sha256": hashlib.sha256(question_set.path.read_bytes()).hexdigest(),
        "warm_up_ms": 1000 * warm_up,
    }
    return SetResult(scores, records)


def ask(assistant: Assistant, snapshot: Snapshot, question: Question) -> tuple[Judged, Answer | None]:
    """Ask one question and judge the answer."""
    return judged(question, snapshot, lambda: assistant.ask(question.question, id=question.id))


def judged(question: Question, snapshot: Snapshot, find: Callable[[], Answer]) -> tuple[Judged, Answer | None]:
    """Judge the answer that is found. A crash is a verdict too, so that one does not hide the others."""
    start = time.perf_counter()
    answer: Answer | None = None
    error: str | None = None
    try:
        answer = find()
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
        citations=[place_of(citation) for citation in answer.citations],
        confidence=answer.confidence,
        ms=ms,
        status=answer.status,
        candidates=[candidate.text for candidate in answer.candidates],
        passages=[place_of(passage.citation, passage.chunk_id) for passage in answer.passages],
        unsupported=unsupported_of(answer, snapshot) if answered else (),
        bad_quotes=sum(not is_verbatim(citation, snapshot) for citation in answer.citations),
        as_of=answer.as_of,
        gold_pages=gold_pages(question, snapshot),
        steps={step: getattr(answer.timings_ms, step) for step in STEPS},
    )
    return verdict, answer


def gold_pages(question: Question, snapshot: Snapshot) -> frozenset[GoldPage]:
    """Return the pages of the gold places; those of lines come from the document, if it has pages."""
    papers = {unicodedata.normalize("NFKC", info.file): info for info in snapshot.documents()}
    pages: set[GoldPage] = set()
    for place in question.places:
        info = papers.get(unicodedata.normalize("NFKC", place.file))
        if place.page is not None:
            pages.add((info.file if info else place.file, place.page))
        elif place.lines is not None and info is not None:
            document = snapshot.document(info.id)
            if document.lines_are_source and document.paging != "none":
                first, last = (_page_of_line(document, line) for line in place.lines)
                pages.update((info.file, number) for number in range(first, last + 1))
    return frozenset(pages)


def _page_of_line(document: Document, line: int) -> int:
    """Return the page of a line's first printed character: a form feed before it still belongs to the page before."""
    start, end = document.line_span(line)
    text = document.text[start:end]
    return document.page_at(start + len(text) - len(text.lstrip())).number


def unsupported_of(answer: Answer, snapshot: Snapshot) -> list[str]:
    """Return the figures of an answer that stand nowhere they may stand (see ``unsupported_figures``)."""
    quotes = "\n".join(citation.quote for citation in answer.citations)
    around = [part for citation in answer.citations for part in surroundings(citation, snapshot)]
    how = answer.derived.how if answer.derived else None
    return unsupported_figures(answer.answer, answer.question, quotes, "\n".join(around), how)


def surroundings(citation: Citation, snapshot: Snapshot) -> list[str]:
    """Return what stands around a quote and may date it: title, meeting, day, headings, the lines next to it."""
    around = (
        *(citation.title, citation.meeting, citation.published),
        *(*citation.section, _neighbourhood(citation, snapshot)),
    )
    return [part for part in around if part]


def _neighbourhood(citation: Citation, snapshot: Snapshot) -> str:
    """Return the lines around a quote; nothing for a document that the collection does not hold."""
    try:
        text = snapshot.document(citation.document_id).text
    except KeyError:
        return ""
    before = text[: citation.start].split("\n")[-NEIGHBOURS - 1 :]
    after = text[citation.end :].split("\n")[: NEIGHBOURS + 1]
    return "\n".join([*before, *after])


def is_verbatim(citation: Citation, snapshot: Snapshot) -> bool:
    """Say whether the quote is the document's own characters, and inside one page of it."""
    try:
        document = snapshot.document(citation.document_id)
    except KeyError:
        return False
    page = document.page_at(citation.start)
    inside = page.start <= citation.start < citation.end <= page.end
    return inside and document.text[citation.start : citation.end] == citation.quote


def place_of(citation: Citation, chunk_id: str = "") -> Place:
    """Return where a citation stands."""
    return Place(chunk_id, citation.file, citation.lines, citation.page, citation.quote)


def _ranking(assistant: Assistant, snapshot: Snapshot, question: Question, stage: Stage) -> list[Place]:
    """Return the best chunks of a stage, best first; "reranked" is the order in which the answer reads them."""
    try:
        if stage != "reranked":
            passages = assistant.search(question.question, DEPTH, stage)
            return [place_of(passage.citation, passage.chunk_id) for passage in passages]
        hits = assistant.trace(question.question).legs["fused"][:DEPTH]
    except QuestionError:  # refused as a question; then nothing is found either
        return []
    return [
        place_of(assistant.cite(snapshot, hit.chunk.document_id, hit.chunk.start, hit.chunk.end, n), hit.chunk.id)
        for n, hit in enumerate(hits, 1)
    ]


def _all_chunks(snapshot: Snapshot) -> list[Place]:
    places = []
    for info in snapshot.documents():
        document = snapshot.document(info.id)
        for chunk in snapshot.chunks(info.id):
            lines = document.lines(chunk.start, chunk.end) if document.lines_are_source else None
            places.append(Place(chunk.id, info.file, lines, chunk.page, chunk.text))
    return places


def _record(name: str, question: Question, verdict: Judged, answer: Answer | None) -> dict[str, Any]:
    """Return the answer object with what was expected and found: a line that other scorers can read as an answer."""
    body: dict[str, Any] = {"id": question.id, "question": question.question, "status": "error"}
    if answer is not None:
        body = answer.to_dict() | {"id": question.id}
        body["passages"] = [passage["chunk_id"] for passage in body["passages"]]
    return body | {"set": name, "expected": asdict(question), "verdict": asdict(verdict)}


def _first_relevant(question: Question, ranking: Sequence[Place]) -> int | None:
    """Return the rank of the first chunk that holds any of the evidence."""
    ranks = (n for n, h in enumerate(ranking, 1) if any(map(h.holds, question.places)))
    return next(ranks, None)
