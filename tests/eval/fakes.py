"""An invented town's paper, questions about it, and an assistant whose answers are known."""

import json
from types import SimpleNamespace

from answer.answer import Answer, Candidate, Citation, Derived, Passage
from ingest.document import Chunk, Document, Page

# An invented town's paper; one line is one chunk.
TEXT = """\
星ヶ原町議会 令和7年3月 説明資料
図書館の利用者数は12,345人（令和6年12月末現在）
前年は11,000人
新しい体育館は令和7年4月1日に開館する
"""
TURN = TEXT.index("新しい体育館")  # where its second page starts


def paper(path):
    return Document(
        id=path.stem.ljust(16, "0"),
        source=str(path),
        file=path.name,
        sha256="0" * 64,
        kind="text",
        text=TEXT,
        pages=(Page(1, 0, TURN), Page(2, TURN, len(TEXT))),
        paging="physical",
        title="説明資料",
    )


class FakeCollection:
    """Holds whatever is added, as the invented paper."""

    id = "000001"

    def __init__(self):
        self.papers = {}

    def add(self, paths, progress=None):
        for n, path in enumerate(paths, 1):
            progress(path.name, n, len(paths))
            self.papers[paper(path).id] = paper(path)
        return SimpleNamespace(added=[], refreshed=[], skipped=[], failed=[], seconds=0.0)

    def remove(self, document_id):
        del self.papers[document_id]

    def snapshot(self):
        return self

    def documents(self):
        return list(self.papers.values())

    def document(self, document_id):
        return self.papers[document_id]

    def chunks(self, document_id):
        document = self.papers[document_id]
        spans = [document.line_span(line) for line in range(1, 5)]
        return [Chunk(f"{document_id}:{a}-{b}", document_id, 1, a, b, TEXT[a:b]) for a, b in spans]


class FakeAssistant:
    """Answers by a table from question to (answer, line to cite, calculation); declines what is not in it.

    ``offers`` are the questions that it is unsure of, with the texts that it offers instead, each from line 2;
    ``passages`` are the lines shown beside every answer.
    """

    def __init__(self):
        self.collection = FakeCollection()
        self.offers = {}
        self.passages = ()
        self.confidence = 0.9
        self.answers = {
            "図書館の利用者は何人": ("12,345人（令和6年12月末現在）", 2, None),
            "体育館の開館日": ("2025年4月1日", 4, None),
            "図書館の利用者はどれだけ増えた": ("1,345人増", 2, None),
        }
        self.spoil = lambda citation: citation

    def line(self, line, n=1):
        document = next(iter(self.collection.papers.values()))
        return self.cite(document, document.id, *document.line_span(line), n)

    def cite(self, snapshot, document_id, start, end, n):
        document = self.collection.papers[document_id]
        line = TEXT.count("\n", 0, start) + 1
        return Citation(
            n=n,
            document_id=document.id,
            file=document.file,
            title=document.title,
            meeting=None,
            published="2025-03",
            page=None,
            page_label=None,
            page_guessed=False,
            section=(),
            quote=TEXT[start:end],
            lines=(line, line),
            start=start,
            end=end,
        )

    def ask(self, question, **named):
        named["passages"] = tuple(Passage(f"c{n}", 1.0, self.line(line, n)) for n, line in enumerate(self.passages, 1))
        if question in self.offers:
            return Answer(
                question=question,
                status="unsure",
                answer="一つに決められません。",
                type="text",
                citations=(self.line(2),),
                candidates=tuple(Candidate(text, 1, 0.4) for text in self.offers[question]),
                **named,
            )
        if question not in self.answers:
            return Answer(question=question, status="not_found", answer="資料に記載がありません", type="text", **named)
        text, line, how = self.answers[question]
        citations = [self.spoil(self.line(line))] + ([self.line(3, 2)] if how else [])
        derived = Derived(how, (1, 2)) if how else None
        return Answer(
            question=question,
            status="answered",
            answer=text,
            type="number",
            citations=tuple(citations),
            derived=derived,
            confidence=self.confidence,
            **named,
        )

    def trace(self, question):
        """The order in which an answer reads: like the keyword leg's."""
        [document_id] = self.collection.papers
        chunks = self.collection.chunks(document_id)
        return SimpleNamespace(legs={"fused": [SimpleNamespace(chunk=chunks[line - 1]) for line in (4, 3, 2)]})

    def search(self, question, k=10, leg="fused"):
        lines = [4, 3, 2] if leg == "keyword" else [2, 4, 3]
        [document_id] = self.collection.papers
        chunks = self.collection.chunks(document_id)
        return tuple(Passage(chunks[line - 1].id, 1.0 / n, self.line(line, n)) for n, line in enumerate(lines, 1))


def question(name, text, kind, accept, lines):
    return {
        "id": name,
        "question": text,
        "type": kind,
        "answer": accept or "なし",
        "accept": [accept] if accept else [],
        "evidence": [{"file": "hoshi.txt", "lines": lines}] if lines else [],
        "answerable": bool(lines),
    }


QUESTIONS = [
    question("h1", "図書館の利用者は何人", "number", "12345", [2, 2]),
    question("h2", "体育館の開館日", "date", "4月1日", [4, 4]),
    question("h3", "図書館の利用者はどれだけ増えた", "comparison", "1345", [2, 3]),
    question("h4", "図書館の館長は誰", "unanswerable", "", None),
]


def scores(out):
    return json.loads((out / "metrics.json").read_text(encoding="utf-8"))["sets"]["hoshi"]
