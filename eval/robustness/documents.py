"""The same questions over other shelves: documents in another order, without the right page, beside a near-duplicate.

Each shelf is a collection of its own in a temporary folder. Nothing is embedded twice: what the set's own collection
knows already is taken from there.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from answer.assistant import Assistant
from eval.dataset import Evidence, Question
from eval.measures.texts import figures
from eval.sets import EvaluationError
from index.collection import Collection
from index.protocols import Embedder, Vectors
from index.retriever import passage_text
from ingest.dates import Period, find_periods
from ingest.document import Document
from ingest.writing import same_width

SEED = "20261123"
FOLDS = 4  # collections among which removed pages are spread: of the sample each loses a third, of the seeds an eighth
AROUND = 10  # lines on each side that go with the right ones, where a text file shows no pages
YEARS = 1  # by which a near-duplicate is older
COPY = "near-duplicate.txt"
# A figure that is more than a digit, in a type that has one value: then only the right year's can be right.
WITH_FIGURE = ("number", "table_cell", "paraphrase")


class Remembering:
    """An embedder that knows what a collection holds already, and embeds anything else once."""

    def __init__(self, collection: Collection) -> None:
        self._embedder: Embedder = collection.embedder
        snapshot = collection.snapshot()
        self._passages = {
            passage_text(chunk): vector
            for info in snapshot.documents()
            for chunk, vector in zip(snapshot.chunks(info.id), snapshot.vectors(info.id), strict=True)
        }
        known = snapshot.vocabulary()
        self._queries = dict(zip(known.words, known.vectors, strict=True))
        self.name, self.dim = self._embedder.name, self._embedder.dim

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        new = [text for text in dict.fromkeys(texts) if text not in self._passages]
        if new:
            self._passages |= zip(new, self._embedder.embed_passages(new), strict=True)
        return np.array([self._passages[text] for text in texts], np.float32).reshape(-1, self.dim)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        new = [text for text in dict.fromkeys(texts) if text not in self._queries]
        if new:
            self._queries |= zip(new, self._embedder.embed_queries(new), strict=True)
        return np.array([self._queries[text] for text in texts], np.float32).reshape(-1, self.dim)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model sees in ``text``."""
        return self._embedder.count_tokens(text)


def open_shelf(folder: Path, files: Mapping[Path, Path], embedder: Embedder) -> Assistant:
    """Return an assistant over files in just this order, each known by the path it stands for."""
    collection = Collection(folder, embedder)
    report = collection.add(list(files), sources={file: str(known_as) for file, known_as in files.items()})
    if report.failed:
        path, error = report.failed[0]
        raise EvaluationError(f"{path}: {error.message}")
    return Assistant(collection)


# --- another order ----------------------------------------------------------------------------------------------------


def reordered(paths: Sequence[Path]) -> list[Path]:
    """Return the files in another order, always the same one: shuffled, and never as they were if there are two."""
    order = sorted(paths, key=lambda path: path.name)
    random.Random(SEED).shuffle(order)
    return order if order != list(paths) else order[::-1]


# --- without the right page -------------------------------------------------------------------------------------------

_NEWEST = re.compile(r"最新|直近|現在|いちばん新しい|一番新しい")
Span = tuple[int, int]
PageOf = tuple[str, Span]  # base name of a file and the span of its text that is taken away


@dataclass(frozen=True)
class Fold:
    """Questions and all the pages that hold their answers; asked of a collection without these pages."""

    questions: tuple[Question, ...]
    pages: frozenset[PageOf]


def folds(questions: Sequence[Question], documents: Mapping[str, Document], count: int = FOLDS) -> list[Fold]:
    """Return the questions spread over at most ``count`` folds, so that few pages are taken away from each.

    A question goes where most of its pages are missing already, or else where the fewest are. One whose places cannot
    be taken away is left out, and one that asks for the newest value: what is left has a newest one too.
    """
    taken: list[set[PageOf]] = [set() for _ in range(count)]
    asked: list[list[Question]] = [[] for _ in range(count)]
    for question in sorted(questions, key=lambda one: one.id):
        spans = [span_of(place, documents) for place in question.places]
        pages = {page for page in spans if page is not None}
        if not pages or None in spans or _NEWEST.search(question.question):
            continue
        best = min(range(count), key=lambda n: (len(pages - taken[n]), len(taken[n]), n))
        taken[best] |= pages
        asked[best].append(question)
    return [Fold(tuple(some), frozenset(pages)) for some, pages in zip(asked, taken, strict=True) if some]


def span_of(place: Evidence, documents: Mapping[str, Document]) -> PageOf | None:
    """Return the page around a gold place, or the lines where there are no pages; None when it cannot be taken away."""
    document = documents.get(place.file)
    if document is None or document.kind not in ("pdf", "text", "markdown"):
        return None
    if place.page is not None:
        page = next((page for page in document.pages if page.number == place.page), None)
        return None if page is None else (place.file, (page.start, page.end))
    assert place.lines is not None
    last = document.text.count("\n") + 1
    if not document.lines_are_source or place.lines[1] > last:
        return None
    start = document.line_span(place.lines[0])[0]
    if document.paging != "none":
        page = document.page_at(start)
        return place.file, (page.start, page.end)
    first = max(1, place.lines[0] - AROUND)
    return place.file, (document.line_span(first)[0], document.line_span(min(last, place.lines[1] + AROUND))[1])


def without(fold: Fold, documents: Mapping[str, Document], paths: Sequence[Path], home: Path) -> dict[Path, Path]:
    """Write the documents without the pages of a fold into ``home``; return all files, with what they stand for.

    A document of which nothing is left is not among them.
    """
    home.mkdir(parents=True)
    files: dict[Path, Path] = {}
    for path in paths:
        spans = sorted(span for file, span in fold.pages if file == path.name)
        if not spans:
            files[path] = path
            continue
        target = home / path.name
        document = documents[path.name]
        if document.kind == "pdf":
            gone = [page.number for page in document.pages if (page.start, page.end) in spans]
            if len(gone) < len(document.pages):
                _write_pdf_without(path, gone, target)
                files[target] = path
        elif (rest := text_without(document.text, spans)).strip():
            target.write_text(rest, encoding="utf-8")
            files[target] = path
    return files


def shelves_without_pages(
    questions: Sequence[Question],
    documents: Mapping[str, Document],
    paths: Sequence[Path],
    home: Path,
    embedder: Embedder,
) -> Iterator[tuple[Fold, Assistant]]:
    """Yield the questions fold by fold, each with an assistant over the set without the pages of their answers.

    A fold of which nothing would be left is left out: there is nothing to be wrong about.
    """
    for n, fold in enumerate(folds(questions, documents), 1):
        files = without(fold, documents, paths, home / str(n) / "files")
        if files:
            yield fold, open_shelf(home / str(n) / "index", files, embedder)


def text_without(text: str, spans: Sequence[Span]) -> str:
    """Return a text without some spans of it, which may overlap and come in order of their starts."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    return "".join([*kept, text[at:]])


def _write_pdf_without(path: Path, pages: Sequence[int], target: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        for number in sorted(pages, reverse=True):
            document.del_page(number - 1)
        document.save(target)
    finally:
        document.close()


# --- beside a near-duplicate ------------------------------------------------------------------------------------------

_ERAS = (("令和", "平成", 30), ("平成", "昭和", 63), ("R", "H", 30), ("H", "S", 63))
_BEFORE_FIRST = {era: (older, last) for era, older, last in _ERAS}
# What is moved or left alone: an era year, a western year, the rest of a date, a fiscal year by its number alone, what
# is counted off (第3回, 20～24歳), then any other figure. The order decides.
_TOKEN = re.compile(
    r"(?P<era>令和|平成|昭和|(?<![A-Za-z0-9])[RHS])(?P<n>元|\d{1,2})(?![\dA-Za-z])(?P<rest>(?:[./]\d{1,2}(?![\d,])){0,2})"
    r"|(?<![\d,.])(?P<western>(?:19|20)\d\d)(?![\d,])(?P<tail>(?:[./-]\d{1,2}(?!\d)){1,2})?"
    r"|(?P<fiscal>(?<![\d,.])\d{1,2})(?=年度)"
    r"|第\d+|\d{1,2}月(?:\d{1,2}日)?|\d{1,2}日|\d{1,2}/\d{1,2}(?!\d)"
    r"|\d++(?:[~-]\d++)?(?=\s?(?:歳|代|回|番|号|条|項|時|分|か月|カ月|ヶ月|年|丁目|階))"
    r"|(?P<figure>\d[\d,]*+(?:\.\d+)?)"
)


def near_duplicate(text: str) -> str:
    """Return the paper as another year's: every year one earlier, and every figure of two digits or more another one.

    例: 令和6年1月末現在、登録は507件 → 令和5年1月末現在、登録は630件
    """
    return _TOKEN.sub(_moved, same_width(text))


def _moved(token: re.Match[str]) -> str:
    if token["figure"]:
        return other_figure(token["figure"])
    if token["western"]:
        return f"{int(token['western']) - YEARS}{token['tail'] or ''}"
    if token["fiscal"]:
        year = int(token["fiscal"])
        return str(year - YEARS) if year > YEARS else token[0]
    if token["era"]:
        year = 1 if token["n"] == "元" else int(token["n"])
        era = token["era"]
        if year <= YEARS and era in _BEFORE_FIRST:
            era, last = _BEFORE_FIRST[era]
            year += last
        return f"{era}{year - YEARS}{token['rest']}"
    return token[0]


def other_figure(figure: str) -> str:
    """Return a figure of the same length that differs in each digit: the first d is d % 9 + 1, each other d + 3.

    A single digit stays: it is a number of an item as often as a value. 例: 48,210 → 51,543
    """
    if sum(character.isdigit() for character in figure) < 2:
        return figure
    first, rest = figure[0], figure[1:]
    return str(int(first) % 9 + 1) + "".join(str((int(c) + 3) % 10) if c.isdigit() else c for c in rest)


def copy_of(document: Document) -> str:
    """Return the near-duplicate of a document as a text file's content, page by page."""
    pages = (document.text[page.start : page.end].strip("\f\n") for page in document.pages)
    return "\n\f".join(map(near_duplicate, pages)) + "\n"


def can_be_mistaken(question: Question, document: Document) -> bool:
    """Say whether a question has one figure as its answer, in this document, and the near-duplicate has another."""
    values = [figure for text in question.accept for figure in figures(text)]
    return (
        question.type in WITH_FIGURE
        and question.documents == {document.file}
        and bool(question.accept)
        and all(figures(text) for text in question.accept)
        and not any(find_periods(text) for text in question.accept)
        and all(other_figure(value) != value for value in values)
    )


def is_ambiguous(question: Question, document: Document, copied: Sequence[Period], today: Period | None) -> bool:
    """Say whether a question names a time of which the copy speaks too: then both papers may be right.

    So it is when the paper itself has no date: nothing says which is the later one. ``today`` is when the newest paper
    was written, for words such as 昨年度.
    """
    return document.published is None or any(
        named.start <= other.end and other.start <= named.end
        for named in find_periods(question.question, written=today)
        for other in copied
    )


def shelves_of_copies(
    paths: Sequence[Path], documents: Mapping[str, Document], base: Path, home: Path, embedder: Embedder
) -> Iterator[tuple[Document, list[Period], Assistant]]:
    """Yield each document with the times its near-duplicate names, and an assistant over the set and that copy.

    The set's collection is at ``base``; it is copied once, and one near-duplicate after the other is put into the copy.
    """
    home.mkdir(parents=True)
    shelf = home / "index"
    shutil.copytree(base, shelf, ignore=shutil.ignore_patterns("*.lock"))
    collection = Collection(shelf, embedder)
    for path in paths:
        document = documents.get(path.name)
        if document is None:
            continue
        text = copy_of(document)
        (home / COPY).write_text(text, encoding="utf-8")
        collection.add([home / COPY])  # it takes the place of the copy before it
        yield document, find_periods(text), Assistant(collection)
