"""Gold places on pages, and quotes that are the document's own characters."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from eval.dataset import Evidence
from eval.run import gold_pages
from ingest.document import Document, Page
from tests.eval.measures.questions import question

TEXT = "一行目\n二行目\n三行目\n\f四行目\n五行目\n"
PAPER = Document(
    id="hoshi",
    source="hoshi.txt",
    file="hoshi.txt",
    sha256="0",
    kind="text",
    text=TEXT,
    pages=(Page(7, 0, TEXT.index("四")), Page(8, TEXT.index("四"), len(TEXT))),
    paging="physical",
)


def collection(paper):
    return SimpleNamespace(documents=lambda: [SimpleNamespace(id=paper.id, file=paper.file)], document=lambda _: paper)


@pytest.mark.parametrize(
    ("lines", "pages"),
    [((1, 1), {7}), ((4, 4), {8}), ((5, 5), {8}), ((2, 4), {7, 8})],
)
def test_the_page_of_gold_lines_comes_from_the_document(lines, pages):
    asked = question(evidence=(Evidence("hoshi.txt", lines),))
    assert gold_pages(asked, collection(PAPER)) == {("hoshi.txt", page) for page in pages}


def test_a_gold_page_needs_no_document_and_places_are_joined():
    asked = question(evidence=(Evidence("a.pdf", page=3),), alt_evidence=(Evidence("hoshi.txt", (1, 1)),))
    assert gold_pages(asked, collection(PAPER)) == {("a.pdf", 3), ("hoshi.txt", 7)}


def test_a_document_without_pages_or_that_is_not_there_gives_none():
    asked = question(evidence=(Evidence("hoshi.txt", (1, 1)),))
    assert gold_pages(asked, collection(replace(PAPER, paging="none"))) == frozenset()
    assert gold_pages(asked, collection(replace(PAPER, file="other.txt"))) == frozenset()
