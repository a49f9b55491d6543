"""Where words stand in a document, however the paper sets them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from api import schemas
from ingest.document import Document, Page
from ingest.japanese import fold, fold_with_offsets

LONGEST_LINE = 160  # characters shown around a match: a paragraph of a .docx is one line
COMMAS = ",，﹐"


def words_of(query: str) -> list[str]:
    """Return what is looked for, folded as the text will be; nothing for white space."""
    return [word for part in query.split() if (word := re.sub(r"\s", "", fold(part)))]


def find(document: Document, query: str, most: int) -> schemas.FoundOut:
    """Return where the words of ``query`` stand: one word anywhere, several on one line; at most ``most`` places.

    Width, case, commas in figures and white space or line ends inside a word make no difference.
    例: 予算 is found in 予 算, 1,234 in １２３４. Two figures or Latin words side by side stay two.
    """
    words = words_of(query)
    spans = [(page, start, end) for page in document.pages for start, end in _on_page(document, page, words)]
    return schemas.FoundOut(
        query=query,
        total=len(spans),
        matches=tuple(
            schemas.MatchOut(page=page.number, start=start, end=end, text=_line(document.text, page, start, end))
            for page, start, end in spans[:most]
        ),
    )


def _on_page(document: Document, page: Page, words: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the spans on a page, in order, as offsets into the document's text."""
    text = document.cells_apart(page.start, page.end)
    if len(words) == 1:
        yield from _spans(text, page.start, words[0])
        return
    for line in re.finditer(r"[^\n\f]+", text):
        found = [next(_spans(line[0], page.start + line.start(), word), None) for word in words]
        held = [span for span in found if span]
        if len(held) == len(words):
            yield min(start for start, _ in held), max(end for _, end in held)


def _spans(text: str, offset: int, word: str) -> Iterator[tuple[int, int]]:
    """Yield where ``word`` stands in ``text``, which begins at ``offset`` of the document."""
    folded, offsets = fold_with_offsets(text)
    packed, places = _packed(folded)
    for match in re.finditer(re.escape(word), packed):
        first, last = places[match.start()], places[match.end() - 1]
        after = last + 1
        while offsets[after] == offsets[last]:  # one character that was folded to several, such as ㈱
            after += 1
        end = offsets[after]
        if end - 1 > offsets[last] and text[end - 1] in COMMAS:  # left out between digits
            end -= 1
        yield offset + offsets[first], offset + end


def _packed(folded: str) -> tuple[str, list[int]]:
    """Return the text without white space, and for each character where it stood.

    One space stays between two Latin letters or digits: 48,210 and 47,655 in two cells are two figures.
    """
    parts: list[str] = []
    places: list[int] = []
    for run in re.finditer(r"\S+", folded):
        if parts and re.fullmatch(r"[0-9a-z]{2}", parts[-1][-1] + run[0][0]):
            parts.append(" ")
            places.append(run.start())
        parts.append(run[0])
        places.extend(range(*run.span()))
    return "".join(parts), places


def _line(text: str, page: Page, start: int, end: int) -> str:
    """Return the line, or lines, that a match stands on, cut to its surroundings where it is very long."""
    first = max(text.rfind("\n", page.start, start) + 1, page.start)
    last = text.find("\n", end, page.end)
    last = page.end if last < 0 else last
    room = max(0, LONGEST_LINE - (end - start)) // 2
    cut_first, cut_last = max(first, start - room), min(last, end + room)
    shown = " ".join(text[cut_first:cut_last].split())
    return ("…" if cut_first > first else "") + shown + ("…" if cut_last < last else "")
