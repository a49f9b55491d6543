"""What an answer is: the value, the date it holds for, and the places it stands on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from index.scope import Scope

QuestionType = Literal[
    "number",
    "date",
    "name",
    "place",
    "list",
    "definition",
    "reason",
    "howto",
    "yesno",
    "comparison",
    "temporal",
    "text",
]
# "unsure": one answer could not be settled on. "not_found": what is asked about was looked for and is in no paper.
Status = Literal["answered", "unsure", "not_found"]
# The most characters of an answer, after NFKC and without white space and commas: a value, what is told, all else.
SHORT, USUAL, LONG = 80, 200, 600
A_LINE = 100  # of a summary, whose length is asked for in lines
LIMITS: dict[QuestionType, int] = {
    **dict.fromkeys(("number", "date", "name", "place"), SHORT),
    **dict.fromkeys(("list", "definition", "reason", "howto", "comparison", "temporal"), LONG),
}
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Citation:
    """A verbatim quote with its place: ``document.text[start:end] == quote``.

    ``page`` is None for a file without pages; ``page_guessed`` marks pages read from printed numbers (推定).
    ``boxes`` are rectangles in points on the page as shown, origin top left; None where there is no picture.
    ``place`` is what the file itself calls the spot (例: シート「歳入」 B5, 段落12); ``read_by`` is "ocr" where a
    picture of the page was read by character recognition, which may misread. ``published_guessed`` marks a date that
    the paper does not give: the latest in its text, or the file's (推定).
    """

    n: int  # from 1
    document_id: str
    file: str
    title: str
    meeting: str | None
    published: str | None
    page: int | None
    page_label: str | None
    page_guessed: bool
    section: tuple[str, ...]
    quote: str
    lines: tuple[int, int] | None
    start: int
    end: int
    boxes: tuple[Box, ...] | None = None
    place: str | None = None
    read_by: Literal["text", "ocr"] = "text"
    published_guessed: bool = False


@dataclass(frozen=True)
class Passage:
    """A hit for a reader who wants more: a chunk, its score, and where it stands (``citation.n`` is its rank)."""

    chunk_id: str
    score: float
    citation: Citation


@dataclass(frozen=True)
class Candidate:
    """What may be the answer where none could be settled on: a short text, where it stands, how likely it is right."""

    text: str
    citation: int  # n of a citation
    confidence: float


@dataclass(frozen=True)
class Derived:
    """How a figure that stands nowhere was worked out, and from which citations (their ``n``)."""

    how: str
    operands: tuple[int, ...]


@dataclass(frozen=True)
class TimelinePoint:
    as_of: str
    value: str
    unit: str | None
    citation: int  # n of a citation


@dataclass(frozen=True)
class Sentence:
    """A sentence of a model that stands in its lines, and the citations (their ``n``) that show them."""

    text: str
    citations: tuple[int, ...]
    is_quote: bool = False  # the papers' words, or a candidate of ours: the model has only pointed to it


Dropping = Literal["unsupported", "stitched", "too_long", "repeated"]


@dataclass(frozen=True)
class Dropped:
    """Why a sentence of a model is not shown. ``reason`` is Japanese, for who asks; the sentence itself is not kept."""

    kind: Dropping
    reason: str


@dataclass(frozen=True)
class Disagreement:
    """A figure or date of a model's text that is not the one that was picked out, each with its place.

    ``citation`` is the n of a citation of the answer, ``generated_citation`` of one of the model's.
    """

    value: str
    citation: int
    generated_value: str
    generated_citation: int


@dataclass(frozen=True)
class Generated:
    """What is left of a model's text once each sentence was held against the lines that it points to.

    ``citations`` are its own, numbered from 1 by first use, one for each line. ``is_answer`` is False where the rules
    found that no paper says it: then the sentences are what the papers say near it (関連する記載), and no answer.
    Where the rules were unsure, sentences of a model that writes are the answer, and what one only picked is a hint.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    is_answer: bool
    repointed: int = 0  # sentences that another line supports than the one they pointed to
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def text(self) -> str:
        return "".join(sentence.text for sentence in self.sentences)


AskedFor = Literal["none", "pick", "marked", "schema"]
# "declined": the model says that the lines do not tell. "dropped": no sentence stood in its lines.
# "failed": the server did not answer as it should, and what it had said until then is withdrawn.
Ending = Literal["kept", "declined", "dropped", "failed"]


@dataclass(frozen=True)
class Writing:
    """How a model was asked to write, and how that ended, whatever is left of its text."""

    model: str  # its name; empty where no server said one
    asked_for: AskedFor
    ended: Ending
    error: str | None = None  # Japanese: why it failed
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True)
class Timings:
    retrieve: float = 0.0
    read: float = 0.0
    check: float = 0.0
    total: float = 0.0
    write: float = 0.0  # all that a model took; in the total, too


@dataclass(frozen=True)
class Answer:
    """An answer; or, where ``answer`` is the Japanese sentence that says so, the candidates for one, or "not found"."""

    question: str
    status: Status
    answer: str
    type: QuestionType
    as_of: str | None = None
    derived: Derived | None = None
    citations: tuple[Citation, ...] = ()
    candidates: tuple[Candidate, ...] = ()  # of an "unsure": likeliest first
    timeline: tuple[TimelinePoint, ...] = ()
    unsaid: tuple[str, ...] = ()  # dates between those of the timeline that were searched for, and no paper holds one
    missing: tuple[str, ...] = ()
    is_half: bool = False  # of a question that asks two things only one is answered
    passages: tuple[Passage, ...] = ()
    confidence: float = 0.0
    timings_ms: Timings = field(default_factory=Timings)
    index: str = ""
    answerer: str = "extractive"
    id: str | None = None
    understood: str | None = None  # the question that was answered, where it is not as typed: whole, slips put right
    is_rewritten: bool = False  # it was a model that made it whole, of the words of the two questions
    scope: Scope | None = None  # what the collection was narrowed to; None: all of it
    searched: int = 0  # documents within the scope
    generated: Generated | None = None  # a model's words, checked; None without a model, or where nothing was left
    writing: Writing | None = None  # how a model was asked; None where none was

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contract: the same over HTTP, on the command line and in evaluation."""
        body = asdict(self)
        body["passages"] = [{"chunk_id": p.chunk_id, "score": p.score, **asdict(p.citation)} for p in self.passages]
        if self.scope is not None:  # whose papers were asked, not which they are
            body["scope"]["groups"] = tuple(group.name for group in self.scope.groups)
        return body


class QuestionError(ValueError):
    """A question that cannot be asked. ``message`` is Japanese, for the person; ``str(error)`` is exact English."""

    def __init__(
        self,
        code: Literal["empty", "too_long", "symbols_only", "not_japanese", "empty_scope", "no_documents"],
        message: str,
        detail: str,
    ):
        super().__init__(detail)
        self.code = code
        self.message = message
