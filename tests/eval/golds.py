"""Gold answers with their gold citations, taken from every question set at hand, and papers to cite them from."""

from collections import defaultdict
from pathlib import Path

from answer.answer import Citation
from eval.dataset import read_questions
from eval.measures.retrieval import Place
from eval.measures.scorecard import judge
from eval.measures.texts import figures, normalise
from eval.measures.values import is_date, quantities
from ingest.document import Document, Page

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
FILES = [*sorted((ROOT / "eval" / "questions").glob("*.jsonl")), SHARED / "eval" / "questions-dev.jsonl"]
QUESTIONS = tuple(question for path in FILES if path.is_file() for question in read_questions(path))
ASKED = tuple(question for question in QUESTIONS if question.answerable)
TRICKS = tuple(question for question in QUESTIONS if not question.answerable)


def gold_citations(question):
    """Return a citation of every gold place."""
    return tuple(Place("", place.file, place.lines, place.page) for place in question.evidence)


def verdict(question, text, citations=None, answered=True, **more):
    cited = gold_citations(question) if citations is None else citations
    return judge(question, answered=answered, text=text, citations=cited, confidence=0.5, ms=1.0, **more)


def gold_values(question):
    """Return the quantities that make the gold answer right, where all that does are quantities and no dates."""
    accepted = question.accept_all or [a for a in question.accept if normalise(a) in normalise(question.answer)]
    stated = quantities(question.answer)
    found = [
        next((q for q in stated if figures(q.text) == figures(a) and "から" not in a and not is_date(a)), None)
        for a in accepted
    ]
    return found if found and all(found) else []


class Papers:
    """Papers whose pages hold just the quotes that the question files give as evidence."""

    def __init__(self, questions):
        pages = defaultdict(dict)
        for question in questions:
            for place in question.places:
                if place.page and place.quote:
                    pages[place.file].setdefault(place.page, []).append(place.quote)
        self.papers = {file: _paper(file, by_page) for file, by_page in pages.items()}

    def document(self, document_id):
        return self.papers[document_id]

    def citation(self, place):
        """Return the citation of a gold place by its quote."""
        paper = self.papers[place.file]
        page = next(page for page in paper.pages if page.number == place.page)
        start = paper.text.index(place.quote, page.start)
        return Citation(
            n=1,
            document_id=paper.id,
            file=place.file,
            title="",
            meeting=None,
            published=None,
            page=place.page,
            page_label=None,
            page_guessed=False,
            section=(),
            quote=place.quote,
            lines=None,
            start=start,
            end=start + len(place.quote),
        )


def _paper(file, by_page):
    text, pages = "", []
    for number in range(1, max(by_page) + 1):
        start = len(text)
        text += "\n".join(by_page.get(number, [""])) + "\f"
        pages.append(Page(number, start, len(text)))
    return Document(file, file, file, "0", "pdf", text, tuple(pages), "physical")
