"""A wrong answer as it is shown: what was expected beside what was said, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.compare import Comparison
from eval.reports.names import FAULTS, TYPES, note_name
from eval.reports.pages import Pages, Picture
from eval.reports.view import fault, why, words_before, wrong
from ingest.pdf.read import Box

Json = Mapping[str, Any]
PLACES = 3  # shown a side; the rest is counted
MOST_BYTES = 3_500_000  # of all pictures: written as text they take 4.7 MB, and a report can still be sent by mail
LONGEST_QUOTE = 240
LONGEST_LINE = 300
MARGIN = 48.0  # points around what is boxed
LEAST_WIDTH, LEAST_HEIGHT = 0.62, 0.28  # shares of the page: less shows no context


@dataclass(frozen=True)
class Line:
    number: int
    text: str
    marked: bool


@dataclass(frozen=True)
class Shown:
    """A place: its name, the quote, and the part of the page's picture or the lines around it.

    ``view`` is x, y, width and height in points; ``own`` are the boxes of this place, ``others`` those of the other
    side on the same page.
    """

    where: str
    quote: str
    picture: Picture | None = None
    view: Box | None = None
    own: tuple[Box, ...] = ()
    others: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Case:
    """A question that was not answered as it should be."""

    set: str
    id: str
    type: str
    kind: str  # the type in Japanese
    fault: str
    said_of_fault: str
    question: str
    why: tuple[str, ...]
    expected: str
    given: str
    offered: tuple[str, ...]  # the candidates of an answer that was not settled on
    before: str | None  # the baseline's answer, where it was better
    confidence: float | None
    note: str
    gold: tuple[Shown, ...]
    cited: tuple[Shown, ...]
    more_gold: int
    more_cited: int


@dataclass
class Album:
    """The pictures of a report, each page once, within ``MOST_BYTES``."""

    pages: Pages
    pictures: dict[str, Picture] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    def get(self, set_name: str, file: str, page: int) -> Picture | None:
        picture = self.pages.picture(set_name, file, page)
        if picture is None or picture.id in self.pictures:
            return picture
        if sum(len(one.png) for one in self.pictures.values()) + len(picture.png) > MOST_BYTES:
            self.left_out.add(picture.id)
            return None
        self.pictures[picture.id] = picture
        return picture


def cases(records: Sequence[Json], comparison: Comparison | None, album: Album) -> list[Case]:
    """Return every answer that needs a look, those that got worse first; their pictures are put into the album."""
    before = {
        (c.set, c.id): words_before(c)
        for c in (comparison.changes if comparison else ())
        if c.what in ("broken", "uncited")
    }
    return [_case(record, before.get((record["set"], record["id"])), album) for record in wrong(records, comparison)]


def _case(record: Json, before: str | None, album: Album) -> Case:
    expected, code, name = record["expected"], fault(record), record["set"]
    gold: list[Json] = list(expected["evidence"])
    cited: list[Json] = list(record.get("citations") or ())
    return Case(
        set=name,
        id=record["id"],
        type=expected["type"],
        kind=TYPES.get(expected["type"], expected["type"]),
        fault=code,
        said_of_fault=FAULTS[code][0],
        question=expected["question"],
        why=tuple(why(record)),
        expected=expected["answer"] if expected["answerable"] else "資料に記載がありません",
        given=record.get("answer") or "（答えなし）",
        offered=tuple(one["text"] for one in record.get("candidates") or ()),
        before=before,
        confidence=record["verdict"].get("confidence") if record["verdict"]["answered"] else None,
        note=note_name(expected.get("note") or ""),
        gold=tuple(_shown(name, place, cited, album) for place in gold[:PLACES]),
        cited=tuple(_shown(name, place, gold, album) for place in cited[:PLACES]),
        more_gold=max(0, len(gold) - PLACES),
        more_cited=max(0, len(cited) - PLACES),
    )


def _shown(name: str, place: Json, others: Sequence[Json], album: Album) -> Shown:
    quote = (place.get("quote") or "").strip()
    said = where(place)
    if len(quote) > LONGEST_QUOTE:
        quote = quote[:LONGEST_QUOTE] + "…"
    if place.get("lines"):
        first, last = place["lines"]
        found = album.pages.lines(name, place["file"], first, last)
        return Shown(said, quote, lines=tuple(Line(n, _cut(text), first <= n <= last) for n, text in found))
    picture = album.get(name, place["file"], place["page"]) if place.get("page") else None
    if picture is None:
        return Shown(said, quote)
    own = _boxes(name, place, album.pages)
    same = [one for one in others if (one["file"], one.get("page")) == (place["file"], place["page"])]
    beside = tuple(box for one in same for box in _boxes(name, one, album.pages))
    return Shown(said, quote, picture, around(own, picture.width, picture.height), own, beside)


def _boxes(name: str, place: Json, pages: Pages) -> tuple[Box, ...]:
    """Return the boxes of a citation, which has its own, or of a gold place, whose quote is looked for."""
    if place.get("boxes"):
        return tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in place["boxes"])
    quote = place.get("quote")
    return pages.boxes(name, place["file"], place["page"], quote) if quote else ()


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + "…"


def where(place: Json) -> str:
    """Return a place in words. 例: gaiyou.pdf　7ページ（印刷 6）, 001.txt　12～14行"""
    said = [str(place["file"])]
    if place.get("page"):
        guessed = "（推定）" if place.get("page_guessed") else ""
        label = place.get("page_label")
        printed = f"（印刷 {label}）" if label and label != str(place["page"]) else ""
        said.append(f"{place['page']}ページ{guessed}{printed}")
    if place.get("lines"):
        first, last = place["lines"]
        said.append(f"{first}行" if first == last else f"{first}～{last}行")
    if place.get("place"):
        said.append(str(place["place"]))
    return "　".join(said)


def around(boxes: Sequence[Box], width: float, height: float) -> Box | None:
    """Return the part of a page to show (x, y, width, height): the boxes with a margin; None for the whole page."""
    if not boxes:
        return None
    x0, x1 = _stretched(min(b[0] for b in boxes), max(b[2] for b in boxes), width, LEAST_WIDTH)
    y0, y1 = _stretched(min(b[1] for b in boxes), max(b[3] for b in boxes), height, LEAST_HEIGHT)
    return x0, y0, x1 - x0, y1 - y0


def _stretched(low: float, high: float, whole: float, least: float) -> tuple[float, float]:
    """Return a stretch around low and high with a margin and at least a share of the whole, inside the whole."""
    size = min(whole, max(high - low + 2 * MARGIN, least * whole))
    start = min(max(0.0, (low + high - size) / 2), whole - size)
    return start, start + size
