"""What travels over HTTP: the dataclasses of the other rooms as JSON, with descriptions and examples for OpenAPI.

``tests/api/test_schemas.py`` compares every model with its dataclass, so that the two cannot drift.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from answer.answer import AskedFor, Dropping, Ending, QuestionType, Status
from ingest.document import Kind, Paging, Source

Leg = Literal["fused", "vector", "keyword"]
HealthStatus = Literal["ok", "empty", "unusable"]
Box = tuple[float, float, float, float]
AsOf = Annotated[str, Field(examples=["2024-01-31", "2024-01", "2024", "FY2023"])]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _whole(text: str) -> str:
    """Return the text; ValueError for half characters, which JSON can write and nothing can send back."""
    text.encode()
    return text


Text = Annotated[str, AfterValidator(_whole)]


Day = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", examples=["2024", "2024-02", "2024-02-29"])]


class ScopeBody(Model):
    """What the collection is narrowed to; a field left empty narrows nothing."""

    documents: tuple[Text, ...] = Field((), max_length=1000, description="Ids.")
    groups: tuple[Text, ...] = Field(
        (), max_length=100, description="Ids or names of one's own: their papers. Without accounts there are none."
    )
    meetings: tuple[Text, ...] = Field((), max_length=100)
    departments: tuple[Text, ...] = Field((), max_length=100)
    since: Day | None = Field(None, description="Documents of this date or later; undated ones are left out.")
    until: Day | None = Field(None, description="Documents of this date or earlier.")


class AskRequest(Model):
    question: Text = Field(description="The question, in Japanese.", examples=["特殊詐欺の認知件数は何件ですか。"])
    id: Text | None = Field(None, max_length=200, description="Comes back in the answer.")
    scope: ScopeBody | None = Field(None, description="Ask only these documents; null asks all.")
    after: Text | None = Field(
        None,
        description="The question before, as it was understood: with it では令和4年度は？ is a whole question.",
    )
    as_typed: bool = Field(
        False, description="Take the question as it stands: it follows nothing, and no misspelt word is put right."
    )
    llm: bool | None = Field(
        None, description="Let the connected language model write beside the answer; null: where one is connected."
    )
    stream: bool = Field(
        False,
        description="Answer as application/x-ndjson, one event a line: outcome at once, a sentence each, done; "
        "or problem, where something fails behind the outcome. Lines may be empty.",
    )


class SearchRequest(Model):
    question: Text = Field(description="Words or a question, in Japanese.", examples=["生活道路の安全対策"])
    k: int = Field(10, ge=1, description="How many hits; the server has an upper limit.")
    leg: Leg = Field("fused", description="Both legs fused, or one alone.")
    scope: ScopeBody | None = Field(None, description="Search only these documents; null searches all.")


class Place(Model):
    """A verbatim quote with its place: ``text[start:end]`` of the document is the quote."""

    n: int = Field(ge=1, description="Number of the citation, or rank of the passage.")
    document_id: str
    file: str = Field(description="Base name of the file.")
    title: str
    meeting: str | None
    published: str | None = Field(description='ISO date, "YYYY-MM" or "YYYY".')
    page: int | None = Field(description="Physical page, from 1; null for a text file without pages.")
    page_label: str | None = Field(description="Page number as printed.")
    page_guessed: bool = Field(description="The page was worked out from printed page numbers (推定).")
    section: tuple[str, ...] = Field(description="Headings it stands under, outermost first.")
    quote: str
    lines: tuple[int, int] | None = Field(description="First and last line of the text file, from 1.")
    start: int
    end: int
    boxes: tuple[Box, ...] | None = Field(description="Points on the page as shown, origin top left: x0, y0, x1, y1.")
    place: str | None = Field(description="What the file itself calls the spot, such as a sheet and a cell.")
    read_by: Literal["text", "ocr"] = Field(description='"ocr": a picture of the page was read, which may misread.')
    published_guessed: bool = Field(description="The paper gives no date: it is the latest in its text, or the file's.")


class CitationOut(Place):
    pass


class PassageOut(Place):
    chunk_id: str
    score: float


class DerivedOut(Model):
    how: str = Field(examples=["648 − 507 = 141"])
    operands: tuple[int, ...] = Field(description="Citations (their n) that hold the operands.")


class CandidateOut(Model):
    text: str
    citation: int = Field(description="n of the citation that it stands on.")
    confidence: float = Field(ge=0, le=1)


class TimelinePointOut(Model):
    as_of: AsOf
    value: str
    unit: str | None
    citation: int = Field(description="n of a citation.")


class SentenceOut(Model):
    text: str
    citations: tuple[int, ...] = Field(description="Citations of the generated text (their n).")
    is_quote: bool = Field(description="The papers' words: the model has only pointed to them.")


class DroppedOut(Model):
    kind: Dropping
    reason: str = Field(description="Japanese: what of the sentence stands in no line that it points to.")


class DisagreementOut(Model):
    value: str = Field(description="What was picked out of the papers.")
    citation: int = Field(description="n of a citation of the answer.")
    generated_value: str
    generated_citation: int = Field(description="n of a citation of the generated text.")


class GeneratedOut(Model):
    """A model's sentences, each held against the lines that it cites; what did not stand there is dropped."""

    sentences: tuple[SentenceOut, ...]
    citations: tuple[CitationOut, ...] = Field(description="Of these sentences only, numbered from 1.")
    is_answer: bool = Field(description="False: related passages in a model's words; no paper says what was asked.")
    repointed: int = Field(description="Sentences that are cited from another line than the model pointed to.")
    disagreements: tuple[DisagreementOut, ...] = Field(description="Where a figure is not the one of the answer.")


class WritingOut(Model):
    """How a model was asked to write beside the answer, and how that ended."""

    model: str = Field(description="Its name; empty where no server said one.")
    asked_for: AskedFor = Field(description="Lines to be picked, sentences with marks, or a schema.")
    ended: Ending = Field(
        description='"declined": the model says that the lines do not tell. "dropped": no sentence stood in its lines. '
        '"failed": the server did not answer as it should; what it had said until then is withdrawn.'
    )
    error: str | None = Field(description="Japanese: why it failed.")
    dropped: tuple[DroppedOut, ...]


class TimingsOut(Model):
    retrieve: float
    read: float
    check: float
    total: float
    write: float = Field(0.0, description="All that a model took; in the total, too.")


ANSWER_EXAMPLE: dict[str, JsonValue] = {
    "id": None,
    "question": "特殊詐欺の認知件数は何件ですか。",
    "status": "answered",
    "answer": "152件（令和6年1月末現在）",
    "type": "number",
    "as_of": "2024-01-31",
    "derived": None,
    "citations": [
        {
            "n": 1,
            "document_id": "0123456789abcdef",
            "file": "briefing.pdf",
            "title": "警察委員会 説明資料",
            "meeting": "令和6年2月議会",
            "published": "2024-02",
            "page": 3,
            "page_label": "2",
            "page_guessed": False,
            "section": ["1 治安情勢", "(2) 特殊詐欺"],
            "quote": "特殊詐欺の認知件数　152件",
            "lines": None,
            "start": 1204,
            "end": 1217,
            "boxes": [[72.0, 120.5, 301.2, 134.0]],
            "place": None,
            "read_by": "text",
            "published_guessed": False,
        }
    ],
    "candidates": [],
    "timeline": [],
    "unsaid": [],
    "missing": [],
    "is_half": False,
    "passages": [],
    "confidence": 0.86,
    "timings_ms": {"retrieve": 11.2, "read": 6.1, "check": 0.4, "total": 17.9},
    "index": "20240301T010203-1a2b3c4d",
    "answerer": "extractive",
    "understood": None,
    "is_rewritten": False,
    "scope": None,
    "searched": 6,
}
UNSURE_EXAMPLE: dict[str, JsonValue] = ANSWER_EXAMPLE | {
    "status": "unsure",
    "answer": "一つに決められません。次の箇所に書かれている可能性があります。",
    "as_of": None,
    "candidates": [{"text": "152件", "citation": 1, "confidence": 0.41}],
    "confidence": 0.41,
}
NOT_FOUND_EXAMPLE: dict[str, JsonValue] = ANSWER_EXAMPLE | {
    "question": "竜宮城の入場者数は何人ですか。",
    "status": "not_found",
    "answer": "資料に記載がありません",
    "as_of": None,
    "citations": [],
    "missing": ["竜宮城"],
    "is_half": False,
    "confidence": 0.93,
}


class AnswerOut(Model):
    """An answer with its citations; or, where ``answer`` is the sentence that says so, candidates, or "not found"."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [ANSWER_EXAMPLE, UNSURE_EXAMPLE, NOT_FOUND_EXAMPLE]},
    )

    id: str | None
    question: str
    status: Status = Field(
        description='"unsure": one answer could not be settled on. "not_found": what is asked about is in no paper.'
    )
    answer: str
    type: QuestionType
    as_of: AsOf | None = Field(description="The date or fiscal year that the answer holds for.")
    derived: DerivedOut | None = Field(description="How a figure that stands nowhere was worked out.")
    citations: tuple[CitationOut, ...]
    candidates: tuple[CandidateOut, ...] = Field(
        description='Of an "unsure": up to three texts that may be the answer, likeliest first.'
    )
    timeline: tuple[TimelinePointOut, ...] = Field(description="The same indicator at other dates, oldest first.")
    unsaid: tuple[AsOf, ...] = Field(  # none in answers that were kept before it was told
        default=(),
        description="Dates between those of the timeline that were searched for, and no document holds a value of.",
    )
    missing: tuple[str, ...] = Field(
        description='Words of the question that no document has; of a "not_found" after a search letter by letter.'
    )
    is_half: bool = Field(description="Of a question that asks two things only one is answered.")
    passages: tuple[PassageOut, ...] = Field(description="The best hits, for a reader who wants more.")
    confidence: float = Field(ge=0, le=1)
    timings_ms: TimingsOut
    index: str = Field(description="Snapshot that was asked.")
    answerer: str
    understood: str | None = Field(
        description="The question that was answered, where it is not as typed: a follow-up made whole, slips put right."
    )
    is_rewritten: bool = Field(
        False,
        description="It was a model that made a follow-up whole; each word of it stands in one of the two questions.",
    )
    scope: ScopeBody | None = Field(description="What the collection was narrowed to; null: all of it.")
    searched: int = Field(description="Documents within the scope.")
    generated: GeneratedOut | None = Field(
        None, description="A model's words beside the answer, checked; null without a model, or where nothing was left."
    )
    writing: WritingOut | None = Field(None, description="How a model was asked; null where none was.")


class OutcomeEvent(Model):
    """The first line of an answer that is streamed: it stands in the papers' own words, and waits for no model."""

    event: Literal["outcome"] = "outcome"
    answer: AnswerOut
    more: bool = Field(description="A model is asked now, and sentences may follow.")


class SentenceEvent(Model):
    """A sentence of the model, held against its lines, with the citations that are new with it."""

    event: Literal["sentence"] = "sentence"
    sentence: SentenceOut
    citations: tuple[CitationOut, ...]


class AnswerEvent(Model):
    """The last line: the whole answer as without streaming, which takes the place of all that came before."""

    event: Literal["done"] = "done"
    answer: AnswerOut


class LlmOut(Model):
    """The language model that writes beside answers."""

    connected: bool = Field(description="One is set. Whether it answers shows when it is asked.")
    model: str | None = Field(description="Its name; null where none is connected or it is not known yet.")
    asked_for: AskedFor | None = Field(description="What is asked of it; null until that is known.")
    on_this_machine: bool = Field(description="Nothing leaves this machine.")
    detail: str | None = Field(
        description="Japanese: why not more is asked of it, or what last kept it from answering."
    )


class SearchOut(Model):
    question: str
    leg: Leg
    passages: tuple[PassageOut, ...]


class DocumentOut(Model):
    """A document of the collection."""

    id: str
    file: str = Field(description="Base name of the file.")
    title: str
    meeting: str | None
    published: str | None
    department: str | None
    kind: Kind
    paging: Paging
    pages: int
    chunks: int
    facts: int
    source: str = Field(description="Path, or place and name of an upload, that it was added under.")
    warnings: tuple[str, ...] = Field(description="Japanese, for people: pages without text and the like.")
    taken_from: dict[str, Source] = Field(description="Where title, meeting, published and department are from.")


class ListedOut(DocumentOut):
    """A document of the list."""

    groups: tuple[str, ...] = Field(description="Ids of those of one's own that it belongs to; none without accounts.")


class DocumentsOut(Model):
    index: str | None = Field(description="Snapshot; null when nothing is indexed.")
    documents: tuple[ListedOut, ...]


class HeadingOut(Model):
    text: str
    level: int
    page: int
    start: int = Field(description="Where it stands in the document's text.")
    end: int


class PageSummary(Model):
    number: int
    label: str | None


class DocumentDetail(DocumentOut):
    """A document with its table of contents."""

    page_list: tuple[PageSummary, ...]
    headings: tuple[HeadingOut, ...]


class FailureOut(Model):
    file: str
    page: int | None
    title: str = Field(description="Japanese: what is wrong and what to do.")
    detail: str


class DuplicateOut(Model):
    file: str
    same_as: str = Field(description="The file of the same content under which it is known.")


class NoteOut(Model):
    document_id: str
    file: str
    text: str = Field(description="Japanese, for people: what its name was taken for.")


class UploadOut(Model):
    """What became of each uploaded file. One bad file does not stop the others."""

    added: tuple[DocumentOut, ...]
    refreshed: tuple[DocumentOut, ...] = Field(description="Took the place of an earlier version of the same name.")
    skipped: tuple[DocumentOut, ...] = Field(description="Was there already with the same content.")
    duplicates: tuple[DuplicateOut, ...] = Field(description="Files that hold the same as another one.")
    failed: tuple[FailureOut, ...]
    notes: tuple[NoteOut, ...] = Field(
        description="Of documents whose name was known: took the place of an earlier version, or is another paper."
    )
    seconds: float


class Description(Model):
    """What a person says of a document; null leaves a field as it is, an empty text takes back what was said."""

    title: Text | None = Field(None, max_length=300)
    meeting: Text | None = Field(None, max_length=200)
    published: Text | None = Field(None, max_length=40, examples=["2024-06-04", "2024-06", "令和6年6月4日"])
    department: Text | None = Field(None, max_length=200)


class ProgressEvent(Model):
    """A line of ``application/x-ndjson`` while documents are taken in."""

    event: Literal["progress"] = "progress"
    stage: str = Field(description="Japanese: what is being done.")
    done: int
    total: int


class DoneEvent(Model):
    """The last line when the documents are in."""

    event: Literal["done"] = "done"
    report: UploadOut


class ProblemEvent(Model):
    """The last line when it failed: the problem document that a plain request would get."""

    event: Literal["problem"] = "problem"
    problem: dict[str, JsonValue]


IntakeState = Literal["waiting", "running", "stopping", "done", "stopped", "failed"]


class IntakeOut(Model):
    """Documents on their way in, or what became of them. Any number may look, whoever has sent them."""

    id: str
    files: tuple[str, ...] = Field(description="Names that were sent.")
    state: IntakeState
    stage: str = Field(description="Japanese: what is being done.")
    done: int
    total: int
    share: float = Field(ge=0, le=1, description="How much of all its pages is done.")
    seconds_left: float | None = Field(description="Estimated; null before it can be told.")
    ended: str | None = Field(description="ISO, UTC.")
    report: UploadOut | None = Field(description="When it is done.")
    problem: dict[str, JsonValue] | None = Field(description="When it has failed or was stopped.")


class IntakesOut(Model):
    intakes: tuple[IntakeOut, ...]


class MatchOut(Model):
    """Where the searched words stand in a document."""

    page: int
    start: int
    end: int
    text: str = Field(description="The line they stand on.")


class FoundOut(Model):
    query: str
    total: int = Field(description="How often the words stand in the document.")
    matches: tuple[MatchOut, ...] = Field(description="The first of them, in the document's order.")


Reason = Literal["wrong_value", "wrong_date", "wrong_source", "wrongly_declined", "off_topic", "unclear", "other"]
FeedbackState = Literal["open", "accepted", "dismissed"]


def _whole_answer(answer: AnswerOut) -> AnswerOut:
    _whole(json.dumps(answer.model_dump(), ensure_ascii=False))
    return answer


class FeedbackIn(Model):
    """What a reader thinks of an answer."""

    verdict: Literal["good", "bad"]
    answer: Annotated[AnswerOut, AfterValidator(_whole_answer)] = Field(
        description="The answer as it was shown, snapshot and all."
    )
    reason: Reason | None = None
    candidate: int | None = Field(
        None, ge=1, description="Of an unsure answer, with a good verdict: which of its candidates is right, from 1."
    )
    right_answer: Text | None = Field(None, max_length=600)
    comment: Text | None = Field(None, max_length=2000)

    @model_validator(mode="after")
    def _names_a_candidate(self) -> FeedbackIn:
        if self.candidate is not None and (self.verdict == "bad" or self.candidate > len(self.answer.candidates)):
            raise ValueError(f"a good verdict names one of {len(self.answer.candidates)} candidates")
        return self


class EvidenceBody(Model):
    file: Text
    quote: Text | None = None
    lines: tuple[int, int] | None = None
    page: int | None = None


class QuestionDraft(Model):
    """A question of a question file, to be completed by a person."""

    id: Text
    question: Text
    type: Text
    answer: Text
    accept: tuple[Text, ...] = ()
    accept_all: tuple[Text, ...] = ()
    evidence: tuple[EvidenceBody, ...] = ()
    answerable: bool = True
    note: Text = ""


class FeedbackOut(FeedbackIn):
    id: str
    time: str = Field(description="ISO, UTC.")
    state: FeedbackState
    draft: QuestionDraft | None = Field(
        description="Made of a bad verdict or of a candidate that is right, for a person to complete; else null."
    )


class FeedbackList(Model):
    feedback: tuple[FeedbackOut, ...] = Field(description="Newest first.")
    questions: int = Field(description="Questions in the file that accepted drafts go to.")


class RunOut(Model):
    """One evaluation: its scorecards by question set, as ``tenkyo eval`` wrote them."""

    id: str = Field(description='Folder of the run, or "baseline".')
    time: str | None
    commit: str | None
    embedding_model: str | None
    sets: dict[str, dict[str, JsonValue]]


class RunsOut(Model):
    runs: tuple[RunOut, ...] = Field(description="Newest first; the committed baseline last.")


class RunDetail(RunOut):
    wrong: tuple[dict[str, JsonValue], ...] = Field(
        description="The records of outputs.jsonl whose verdict is not right: answer object, expected, verdict."
    )


class TableOut(Model):
    """The rows of a table that a span of a document touches, with the headings over them."""

    start: int = Field(description="Where they stand in the document's text.")
    end: int
    heads: tuple[str, ...] = Field(description="Of each column; empty where the table has none.")
    rows: tuple[tuple[str, ...], ...]
    names: tuple[tuple[str, ...], ...] = Field(description="Of each cell of a sheet, such as B5; empty elsewhere.")


class TablesOut(Model):
    tables: tuple[TableOut, ...]


class LineOut(Model):
    number: int | None = Field(description="Line of the file, from 1; null for a PDF, whose lines have no numbers.")
    start: int
    end: int
    text: str
    box: Box | None = Field(description="Points on the page as shown; null without a picture or ink.")


class PageOut(Model):
    """A page: its text, line by line, with offsets into the document's text."""

    document_id: str
    number: int
    label: str | None = Field(description="Page number as printed.")
    label_guessed: bool = Field(description="The page was worked out from printed page numbers (推定).")
    start: int
    end: int
    text: str
    lines: tuple[LineOut, ...]
    width: float | None = Field(description="Points.")
    height: float | None
    image: str | None = Field(description="Path of the page's picture; null for text files.")


class ExamplesOut(Model):
    questions: tuple[str, ...] = Field(description="Questions that this collection answers.")


class HealthOut(Model):
    status: HealthStatus
    version: str
    index: str | None
    documents: int
    embedder: str
    detail: str | None = Field(description="Japanese: why nothing can be asked, and what to do.")
    preparing: ProgressEvent | None = Field(
        None, description="The model is being unpacked or loaded; null: it is ready."
    )
    has_sample: bool = Field(default=False, description="There is a sample collection to take in (POST /v1/sample).")


class ProblemOut(BaseModel):
    """RFC 9457 problem document: ``title`` is Japanese, for people; ``detail`` is exact English."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:tenkyo:problem:question-empty",
                    "title": "質問を入力してください。",
                    "status": 422,
                    "detail": "the question is empty",
                    "instance": "/v1/ask",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
