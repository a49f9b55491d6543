"""Where a span of a paper stands, as a citation; and the citations of a draft, where they hold what it says."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from answer.answer import Box, Citation, Passage
from answer.asking.question import Question
from answer.check import is_verbatim, unsupported
from answer.draft import Draft
from index.protocols import Hit
from index.snapshot import Snapshot
from ingest.dates import find_periods, parse_code
from ingest.document import Page

log = logging.getLogger(__name__)


def cite(snapshot: Snapshot, document_id: str, start: int, end: int, n: int) -> Citation:
    """Return the citation of ``document.text[start:end]``; ``n`` is its number in the answer."""
    document = snapshot.document(document_id)
    start, end = _trimmed(document.text, start, end)
    page = document.page_at(start)
    end = min(end, page.end)
    return Citation(
        n=n,
        document_id=document_id,
        file=document.file,
        title=document.title,
        meeting=document.meeting,
        published=document.published,
        page=page.number if document.paging != "none" else None,
        page_label=page.label,
        page_guessed=document.paging == "guessed",
        section=document.headings_at(start),
        quote=document.text[start:end],
        lines=document.lines(start, end) if document.lines_are_source else None,
        start=start,
        end=end,
        boxes=line_boxes(page, start, end),
        place=document.place_of(start, end),
        read_by=page.read_by,
        published_guessed=document.is_date_guessed,
    )


def as_passages(snapshot: Snapshot, hits: Sequence[Hit]) -> tuple[Passage, ...]:
    """Return hits as passages with their citations, in their order."""
    return tuple(
        Passage(
            hit.chunk.id,
            round(hit.score, 4),
            cite(snapshot, hit.chunk.document_id, hit.chunk.start, hit.chunk.end, n),
        )
        for n, hit in enumerate(hits, 1)
    )


def cite_draft(snapshot: Snapshot, question: Question, draft: Draft, first: int = 1) -> tuple[Citation, ...]:
    """Return a draft's citations, numbered from ``first``; none where a figure or a quote is not what they say."""
    places = list(dict.fromkeys(draft.supports))  # one row of a table is cited once, whatever it holds
    citations = tuple(cite(snapshot, s.document_id, s.start, s.end, n) for n, s in enumerate(places, first))
    papers = [snapshot.document(c.document_id) for c in citations]
    cited = [
        " ".join((paper.cells_apart(c.start, c.end), *c.section, c.title, c.meeting or "", *_days(c)))
        for c, paper in zip(citations, papers, strict=True)
    ]
    loose = unsupported(draft.text, cited, question.text, draft.how)
    sound = all(is_verbatim(c.quote, paper.text, c.start, c.end) for c, paper in zip(citations, papers, strict=True))
    if loose or not sound:
        log.info("not said, since %s is in no cited text: %s", loose or "a quote", draft.text)
        return ()
    return citations


def line_boxes(page: Page, start: int, end: int) -> tuple[Box, ...] | None:
    """Return a rectangle for each line of the span, in points from the page's top left; None without a picture."""
    if page.char_boxes is None:
        return None
    boxes = np.frombuffer(page.char_boxes, dtype="<f4").reshape(-1, 4)[
        max(0, start - page.start) : max(0, end - page.start)
    ]
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    rows: list[list[float]] = []
    for x0, y0, x1, y1 in boxes.tolist():
        if rows and y0 < rows[-1][3] - 0.3 * (rows[-1][3] - rows[-1][1]) and y1 > rows[-1][1] and x0 >= rows[-1][0] - 1:
            row = rows[-1]
            rows[-1] = [min(row[0], x0), min(row[1], y0), max(row[2], x1), max(row[3], y1)]
        else:
            rows.append([x0, y0, x1, y1])
    return tuple((round(a, 1), round(b, 1), round(c, 1), round(d, 1)) for a, b, c, d in rows)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _days(citation: Citation) -> list[str]:
    """Return when the cited document was published, and the days that relative words of its quote mean.

    例: 昨年3月, published in 2022 → 2021-03-01, 2021-03-31
    """
    if citation.published is None:
        return []
    said = find_periods(citation.quote, written=parse_code(citation.published))
    return [citation.published, *(day for p in said for day in (p.start, p.end))]
