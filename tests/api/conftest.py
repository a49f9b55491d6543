"""A fake assistant over two made-up documents: the seam at which the API is tested."""

import re
import struct
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from answer.answer import Answer, Candidate, Citation, Derived, Passage, QuestionError, TimelinePoint, Timings
from answer.asking.question import validate
from answer.assistant import Assistant
from answer.events import Done, Event, Found
from answer.generating.contract import Writer
from answer.saying import UNSURE
from api.app import create_app
from api.settings import Settings
from index.collection import AddReport
from index.database.notes import Notes
from index.documents import DocumentInfo
from index.protocols import IndexBusy, IndexMissing
from index.scope import Scope
from ingest.document import Block, Document, Fact, Page
from ingest.parse import ParseError

TEXT_ID, PDF_ID = "00000000000000aa", "00000000000000bb"
TEXT = "１　防災\n避難所の数は57か所（令和5年4月1日現在）。\n\f２　福祉\n保育所の待機児童数は3人。\n"
PDF_TEXT = "Reservoir level\n41 percent"


def char_boxes(text: str) -> bytes:
    """Return a box of 10 by 20 points for every character that has ink, line under line."""
    numbers: list[float] = []
    row = column = 0
    for character in text:
        if character.isspace():
            numbers += [float("nan")] * 4
        else:
            numbers += [10.0 * column, 20.0 * row, 10.0 * column + 10, 20.0 * row + 20]
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    return struct.pack(f"<{len(numbers)}f", *numbers)


@pytest.fixture
def text_document() -> Document:
    second = TEXT.index("\f")
    return Document(
        id=TEXT_ID,
        source="/papers/mizuho.txt",
        file="mizuho.txt",
        sha256=TEXT_ID * 4,
        kind="text",
        text=TEXT,
        pages=(Page(1, 0, second, "3"), Page(2, second, len(TEXT), "4")),
        paging="guessed",
        blocks=(Block("heading", 0, 4, 1, level=1),),
        title="瑞穂野町 町政の概要",
    )


@pytest.fixture
def pdf_document() -> Document:
    page = Page(1, 0, len(PDF_TEXT), None, 200.0, 100.0, char_boxes(PDF_TEXT))
    return Document(
        id=PDF_ID,
        source="/papers/dam.pdf",
        file="dam.pdf",
        sha256=PDF_ID * 4,
        kind="pdf",
        text=PDF_TEXT,
        pages=(page,),
        paging="physical",
        title="Dam",
    )


@pytest.fixture
def pdf_path(tmp_path: Path) -> Path:
    path = tmp_path / "dam.pdf"
    canvas = Canvas(str(path), pagesize=(200, 100), invariant=True)
    canvas.drawString(10, 50, "Reservoir level")
    canvas.save()
    return path


def info_of(document: Document, **changes: Any) -> DocumentInfo:
    fields: dict[str, Any] = {
        "id": document.id,
        "file": document.file,
        "title": document.title,
        "meeting": None,
        "published": None,
        "department": None,
        "kind": document.kind,
        "paging": document.paging,
        "pages": len(document.pages),
        "chunks": 2,
        "facts": 2,
        "source": document.source,
        "warnings": (),
    }
    return DocumentInfo(**{**fields, **changes})


def citation_of(document: Document, start: int, end: int, n: int = 1) -> Citation:
    page = document.page_at(start)
    return Citation(
        n=n,
        document_id=document.id,
        file=document.file,
        title=document.title,
        meeting="令和5年6月議会",
        published="2023-06",
        page=page.number,
        page_label=page.label,
        page_guessed=document.paging == "guessed",
        section=("１　防災",),
        quote=document.text[start:end],
        lines=document.lines(start, end) if document.lines_are_source else None,
        start=start,
        end=end,
        boxes=((10.0, 20.0, 30.0, 40.0),) if document.kind == "pdf" else None,
    )


def fact_of(document: Document, label: str, value: str, number: float, unit: str, as_of: str | None = None) -> Fact:
    start = document.text.index(value)
    return Fact(
        id=f"{document.id}:f{start}",
        document_id=document.id,
        kind="sentence",
        label=label,
        value=value,
        number=number,
        unit=unit,
        as_of=as_of,
        as_of_from="text" if as_of else None,
        scope=None,
        page=1,
        start=start,
        end=start + len(value),
        value_start=start,
        value_end=start + len(value),
    )


def unreadable(path: Path) -> ParseError:
    """Return the error of an empty file."""
    return ParseError(path, "ファイルが空です。", "the file is empty")


@dataclass
class FakeSnapshot:
    held: dict[str, Document]
    known_facts: list[Fact]
    pdf: Path
    id: str = "snapshot-1"
    embedder: Any = field(default_factory=lambda: SimpleNamespace(name="small"))

    def only(self, ids: frozenset[str] | None) -> "FakeSnapshot":
        return self if ids is None else replace(self, held={k: v for k, v in self.held.items() if k in ids})

    def documents(self) -> list[DocumentInfo]:
        return [info_of(document) for document in self.held.values()]

    def document(self, document_id: str) -> Document:
        return self.held[document_id]

    def source_path(self, document_id: str) -> Path:
        return self.pdf if document_id == PDF_ID else self.pdf.with_name("mizuho.txt")

    def facts(self, document_id: str) -> list[Fact]:
        return [fact for fact in self.known_facts if fact.document_id == document_id]


@dataclass
class FakeCollection:
    current: FakeSnapshot | None
    notes: Notes
    error: Exception | None = None
    adding: Callable[[dict[Path, bytes], dict[Path, str]], AddReport] | None = None
    added: list[tuple[list[Path], dict[Path, str]]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    described: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    embedder: Any = None
    busy: threading.Event = field(default_factory=threading.Event)

    def snapshot(self) -> FakeSnapshot:
        if self.error:
            raise self.error
        if self.current is None:
            raise IndexMissing("no index at /nowhere; run tenkyo ingest", "文書がまだありません。追加してください。")
        return self.current

    def add(self, paths: list[Path], progress: Any = None, sources: dict[Path, str] | None = None) -> AddReport:
        if self.error:
            raise self.error
        if self.busy.is_set():
            raise IndexBusy("locked", "ほかで書き込み中です。")
        if progress is not None:
            progress("ファイルを調べています", 0, len(paths))
        self.added.append((paths, dict(sources or {})))
        assert self.adding is not None
        return self.adding({path: path.read_bytes() for path in paths}, dict(sources or {}))

    def describe(self, document_id: str, given: dict[str, str]) -> DocumentInfo:
        if self.error:
            raise self.error
        self.described.append((document_id, given))
        assert self.current is not None
        return info_of(self.current.held[document_id], **{name: value or None for name, value in given.items()})

    def remove(self, document_id: str) -> None:
        if self.error:
            raise self.error
        if self.current is None or document_id not in self.current.held:
            raise KeyError(document_id)
        del self.current.held[document_id]
        self.removed.append(document_id)


class FakeTrace:
    def told(self) -> str:
        return "■ 質問の読み方"


@dataclass
class FakeAssistant:
    collection: FakeCollection
    asked: list[str] = field(default_factory=list)

    def trace(self, question: str, *, scope: Scope | None = None, as_typed: bool = False) -> FakeTrace:
        return FakeTrace()

    def ask(
        self,
        question: str,
        *,
        id: str | None = None,  # noqa: A002 # the contract's name
        scope: Scope | None = None,
        after: str | None = None,
        as_typed: bool = False,
        writer: Writer | None = None,
        visible: frozenset[str] | None = None,
    ) -> Answer:
        question = validate(question, 500)
        snapshot = self.collection.snapshot().only(visible)
        self.asked.append(question)
        within = scope or Scope()
        searched = {info.id for info in snapshot.documents() if within.covers(info)}
        if not searched:
            raise QuestionError("empty_scope", "絞り込みに合う文書がありません。", "no document lies within the scope")
        narrowed: dict[str, Any] = {"scope": scope or None, "searched": len(searched)}
        narrowed["understood"] = f"{after} {question}" if after and not as_typed else None
        for fact in snapshot.known_facts:
            if fact.label in question and fact.document_id in searched:
                document = snapshot.held[fact.document_id]
                citation = citation_of(document, fact.start, fact.end)
                return Answer(
                    question,
                    "answered",
                    fact.value,
                    "number",
                    as_of=fact.as_of,
                    citations=(citation,),
                    passages=(Passage("c:0-1", 0.5, citation),),
                    timings_ms=Timings(1.0, 2.0, 3.0, 6.0),
                    index=snapshot.id,
                    id=id,
                    **narrowed,
                )
        return Answer(
            question,
            "not_found",
            "資料に記載がありません",
            "text",
            missing=("宇宙港",),
            index=snapshot.id,
            id=id,
            **narrowed,
        )

    def tell(self, question: str, **how: Any) -> Generator[Event, None, None]:
        answer = self.ask(question, **how)
        yield Found(answer, more=False)
        yield Done(answer)

    def search(
        self,
        question: str,
        k: int = 10,
        leg: str = "fused",
        *,
        scope: Scope | None = None,
        visible: frozenset[str] | None = None,
    ) -> tuple[Passage, ...]:
        validate(question, 500)
        document = self.collection.snapshot().only(visible).held[scope.documents[0] if scope else TEXT_ID]
        return tuple(Passage(f"c:{n}", 1 / n, citation_of(document, 5, 12, n)) for n in range(1, min(k, 3) + 1))

    def cite(self, snapshot: FakeSnapshot, document_id: str, start: int, end: int, n: int) -> Citation:
        return citation_of(snapshot.held[document_id], start, end, n)


def full_answer(document: Document) -> Answer:
    """Return an answer in which nothing is empty."""
    citation = citation_of(document, 0, 5)
    return Answer(
        question="増えましたか。",
        status="answered",
        answer="16人増えました。",
        type="comparison",
        as_of="FY2023",
        derived=Derived("57 − 41 = 16", (1,)),
        citations=(citation,),
        timeline=(TimelinePoint("FY2022", "41", "人", 1),),
        missing=("港",),
        passages=(Passage("c:0-5", 1.25, citation),),
        confidence=0.5,
        timings_ms=Timings(1.0, 2.0, 3.0, 6.0),
        index="snapshot-1",
        id="q1",
        understood="令和5年度に増えましたか。",
        scope=Scope(meetings=("令和5年6月議会",), since="2023-04"),
        searched=1,
    )


def unsure_answer(document: Document) -> Answer:
    """Return an answer with two candidates, of which the first stands on two places."""
    text = document.text
    line = text.index("\n") + 1
    places = [(line, len(text)), (0, line - 1), (0, line - 1)]
    return Answer(
        question="いくつですか。",
        status="unsure",
        answer=UNSURE,
        type="number",
        citations=tuple(citation_of(document, a, b, n) for n, (a, b) in enumerate(places, 1)),
        candidates=(
            Candidate(re.findall(r"\d+", text[line:])[0], 1, 0.4),
            Candidate(re.findall(r"\w+", text)[0], 3, 0.2),
        ),
        passages=(Passage("c:0-5", 1.25, citation_of(document, 0, 5)),),
        confidence=0.4,
        index="snapshot-1",
        searched=2,
    )


@pytest.fixture
def assistant(text_document: Document, pdf_document: Document, pdf_path: Path, tmp_path: Path) -> Assistant:
    facts = [
        fact_of(text_document, "避難所の数", "57か所", 57, "か所", "2023-04-01"),
        fact_of(text_document, "保育所の待機児童数", "3人", 3, "人"),
    ]
    snapshot = FakeSnapshot({TEXT_ID: text_document, PDF_ID: pdf_document}, facts, pdf_path)
    return FakeAssistant(FakeCollection(snapshot, Notes(tmp_path / "index")))  # type: ignore[return-value]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index=tmp_path / "index", max_upload_mb=1, max_upload_files=3)


@pytest.fixture
def client(assistant: Assistant, settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(assistant, settings), raise_server_exceptions=False) as client:
        yield client
