"""Pages of documents, and pieces of them, whoever cut them: where they stand, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from eval.measures.retrieval import Place

SIZE = 300  # characters of a plain piece

Span = tuple[int, int, int]  # ordinal of a page, start and end in its text


@dataclass(frozen=True)
class Page:
    """A page as our ingest read it: ``start`` in its document; ``number`` and ``line`` only where a citation has it."""

    file: str
    text: str
    start: int
    number: int | None  # from 1
    line: int | None  # of the page's first character, from 1


@dataclass(frozen=True)
class Corpus:
    documents: tuple[str, ...]  # paths
    pages: tuple[Page, ...]

    def span(self, file: str, start: int, end: int) -> Span:
        """Return a span of a document as one of its page."""
        n = max(n for n, page in enumerate(self.pages) if page.file == file and page.start <= start)
        return n, start - self.pages[n].start, end - self.pages[n].start

    def texts(self, pieces: Iterable[Span]) -> list[str]:
        return [self.pages[n].text[start:end] for n, start, end in pieces]

    def place(self, span: Span, key: str = "") -> Place:
        """Return where a span stands as questions name places; ``key`` is the id it is ranked by."""
        n, start, end = span
        page = self.pages[n]
        lines = None
        if page.line is not None:
            first = page.line + page.text.count("\n", 0, start)
            lines = (first, first + page.text.count("\n", start, max(start, end - 1)))
        return Place(key, page.file, lines, page.number)


def plain_pieces(pages: Sequence[Page], size: int = SIZE) -> list[Span]:
    """Return the spans of ``size`` characters (a page's last one shorter), without those of white space only."""
    spans = [(n, at, min(at + size, len(p.text))) for n, p in enumerate(pages) for at in range(0, len(p.text), size)]
    return [(n, start, end) for n, start, end in spans if pages[n].text[start:end].strip()]


def locate(text: str, pieces: Iterable[str], *, overlapping: bool = False) -> list[tuple[int, int]]:
    """Return where pieces of a text stand in it, white space aside, which splitters strip and join.

    The pieces come in the order of the text. ValueError for one that is not there.
    """
    places = [at for at, character in enumerate(text) if not character.isspace()]
    dense = "".join(text[at] for at in places)
    spans, cursor = [], 0
    for piece in pieces:
        wanted = "".join(piece.split())
        found = dense.find(wanted, cursor)
        if found < 0 or not wanted:
            raise ValueError(f"a piece is not in its page: {piece[:40]!r}")
        spans.append((places[found], places[found + len(wanted) - 1] + 1))
        cursor = found + (1 if overlapping else len(wanted))
    return spans


def located(corpus: Corpus, pieces: Sequence[tuple[int, str]], *, overlapping: bool = False) -> list[Span]:
    """Return the spans of (page, text) pieces that are in the order of the pages."""
    spans = []
    for n, group in groupby(pieces, key=itemgetter(0)):
        texts = [text for _, text in group]
        spans += [(n, start, end) for start, end in locate(corpus.pages[n].text, texts, overlapping=overlapping)]
    return spans
