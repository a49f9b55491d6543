"""Papers of towns that do not exist, and asking about them: every answer that a test sees keeps the contract."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from answer.answer import Answer
from answer.assistant import Assistant
from answer.check import unsupported
from answer.draft import Draft
from answer.judging.confidence import Judge
from answer.judging.features import Features
from answer.judging.outcome import OFFERED
from answer.reading.as_read import Reads
from answer.saying import NOT_FOUND, UNSURE
from index.collection import Collection
from index.reader import Read
from tests.conftest import HashingEmbedder

_LIMITS = {"number": 80, "date": 80, "name": 80, "place": 80, "yesno": 200, "text": 200}
_LONGEST = 600  # lists, reasons, procedures, definitions, comparisons and trends


class TrustsThePicker:
    """A judge that says what was picked out of all where most of the question is met: pickers are tested by it.

    The fitted judge has weights that change with each fit, and its probabilities hold for real papers, not for these.
    """

    least = 0.3

    def probability(self, draft: Draft, row: Features) -> float:
        met = max(row.coverage, row.focus, row.fit)
        return min(0.99, met) if draft.sort == "picked" else met / 10


def reader_of(
    likely: Callable[[str], float],
    value: Callable[[str], float | None] = lambda value: None,
    yes: Callable[[str], float] = lambda text: 0.0,
) -> Reads:
    """Return a reader that says of each text, of each value in it, and of its yes the log-odds of these functions."""

    def read(question: str, texts: Sequence[str]) -> list[Read]:
        return [
            Read(text, likely(text), lambda start, stop, text=text: value(text[start:stop]), yes(text))
            for text in texts
        ]

    return read


def reading_all(assistant: Assistant, reads: Reads, judge: Judge | None = None) -> Assistant:
    """Return an assistant over the same papers with a reader."""
    return Assistant(assistant.collection, judge=judge or TrustsThePicker(), reads=reads)


def assistant_over(folder: Path, papers: Mapping[str, str]) -> Assistant:
    """Return an assistant over papers (file name to text) that are written into ``folder`` and ingested."""
    source = folder / "papers"
    source.mkdir(parents=True)
    for name, text in papers.items():
        (source / name).write_text(text, encoding="utf-8")
    collection = Collection(folder / "index", HashingEmbedder())
    assert collection.add([source]).failed == []
    return Assistant(collection, judge=TrustsThePicker())


def ask(assistant: Assistant, question: str) -> Answer:
    """Return the answer to a question after holding it against what every answer must keep."""
    answer = assistant.ask(question)
    check_contract(assistant, answer)
    return answer


def check_contract(assistant: Assistant, answer: Answer) -> None:
    """Fail unless the answer is short, cited verbatim inside one page, holds no figure of its own, and is modest."""
    snapshot = assistant.collection.snapshot()
    assert answer.index == snapshot.id
    assert 0 <= answer.confidence <= 1
    assert len(answer.answer) <= _LIMITS.get(answer.type, _LONGEST), (answer.type, answer.answer)
    numbers = [citation.n for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for citation in (*answer.citations, *(passage.citation for passage in answer.passages)):
        document = snapshot.document(citation.document_id)
        assert citation.quote.strip()
        assert document.text[citation.start : citation.end] == citation.quote
        assert citation.file == document.file
        assert document.page_at(citation.start) == document.page_at(citation.end - 1)
        assert citation.page == (document.page_at(citation.start).number if document.paging != "none" else None)
        lines = document.lines(citation.start, citation.end) if document.lines_are_source else None
        assert citation.lines == lines
    if answer.status == "not_found":
        assert answer.answer == NOT_FOUND
        assert (answer.citations, answer.timeline, answer.derived, answer.as_of) == ((), (), None, None)
        assert answer.missing, "nothing is said to be in no paper that is not named"
        return
    cited = [
        " ".join((read.cells_apart(c.start, c.end), *c.section, c.title, c.meeting or "", c.published or ""))
        for c, read in ((c, snapshot.document(c.document_id)) for c in answer.citations)
    ]
    if answer.status == "unsure":
        assert answer.answer == UNSURE
        assert (answer.timeline, answer.derived, answer.as_of) == ((), None, None)
        assert len(answer.candidates) <= OFFERED
        assert all(candidate.citation in numbers for candidate in answer.candidates)
        assert all(0 <= candidate.confidence <= 1 for candidate in answer.candidates)
        return
    assert answer.citations
    assert answer.candidates == ()
    how = answer.derived.how if answer.derived is not None else None
    assert unsupported(answer.answer, cited, answer.question, how) == ()
    assert all(point.citation in numbers for point in answer.timeline)
    assert all(point.value in answer.citations[point.citation - 1].quote for point in answer.timeline)
    assert len(answer.timeline) != 1
    assert answer.derived is None or set(answer.derived.operands) <= set(numbers)


def plain(text: str) -> str:
    """Return a text in half width without white space and commas, as the scorecard compares answers."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace(",", "")


def quoted(answer: Answer) -> list[str]:
    """Return what the answer quotes, in order."""
    return [citation.quote for citation in answer.citations]


def cited_files(answer: Answer) -> set[str]:
    """Return the files that the answer cites."""
    return {citation.file for citation in answer.citations}


def line_of(text: str, piece: str) -> int:
    """Return the 1-based number of the only line of a paper that holds ``piece``."""
    (number,) = (n for n, line in enumerate(text.split("\n"), 1) if piece in line)
    return number
