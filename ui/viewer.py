"""show(client, place): one page of a document with a quote marked on it, to be turned, enlarged and kept."""

from __future__ import annotations

import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ui import render
from ui.client import AskClient, Json
from ui.messages import FAILURES, say

WIDTHS = (100, 150, 200, 300)  # of a picture, in hundredths of its frame
DPI, FINE_DPI = 144, 216  # the finer one from twice the frame's width on
PART = 400  # lines of a long text that stand on the screen at once
MOST_PIXELS = 4000  # left to itself, Streamlit would draw a fine picture more coarsely
KEPT = 40  # pictures and texts that a session holds on to
UNITS = {"slides": "スライド", "sheet": "シート"}
BACK = "引用のページに戻る"

# Brings the mark into sight inside its frame, once the picture is there. Streamlit runs a script once, so this happens
# when the view changes and never while a person moves the page about.
SHOW_MARK = """<script>
// %(view)s
setTimeout(async () => {
  const frame = document.querySelector(".st-key-%(key)s-frame");
  if (!frame) return;
  frame.tabIndex = 0; frame.role = "group"; frame.ariaLabel = "ページ";  // moved about with the arrow keys
  frame.dataset.x = %(x)s; frame.dataset.y = %(y)s;
  (window.tenkyoMarks ??= {})["%(key)s"] = %(y)s;  // a frame that is drawn anew does not know it any more
  const image = frame.querySelector("img");
  if (image && !image.complete) await new Promise(done => image.onload = image.onerror = done);
  const text = frame.querySelector(".tk-page-text"), mark = text?.querySelector("mark");
  if (text) text.scrollTop = mark ? mark.offsetTop - text.clientHeight / 3 : 0;
  else frame.scrollTo(%(x)s * frame.scrollWidth - frame.clientWidth / 2, %(y)s * frame.scrollHeight - frame.clientHeight / 3);
}, 250);
</script>"""  # noqa: E501 - a line of JavaScript

# Moves the window until the mark stands in it, and no further: what was clicked shall stay in sight if it can. On a
# busy machine the picture or its frame is drawn after this has begun, and what else scrolls may scroll after it: so it
# is looked at again until it has been seen twice, unless the person moves the page, or asks to see another.
REVEAL = """<script>
setTimeout(async () => {
  const turn = "%(turn)s", header = 60, done = (window.tenkyoRevealed ??= new Set());
  if (done.has(turn)) return;
  done.add(window.tenkyoReveal = turn);
  let moved = false, seen = 0;
  for (const by of ["wheel", "touchmove", "keydown"]) addEventListener(by, () => (moved = true), {once: true, passive: true});
  for (let tries = 0; tries < 40 && seen < 2 && !moved && turn === window.tenkyoReveal; tries++) {
    const frame = document.querySelector(".st-key-%(key)s-frame"), image = frame?.querySelector("img");
    const y = frame?.dataset.y ?? window.tenkyoMarks?.["%(key)s"];
    if (frame && y !== undefined && (!image || (image.complete && image.naturalWidth))) {
      frame.dataset.y = y;
      const box = document.querySelector(".st-key-ask")?.getBoundingClientRect();
      const foot = box?.height ? box.top : window.innerHeight;
      const mark = (frame.querySelector("mark") ?? image ?? frame).getBoundingClientRect();
      const at = image ? mark.top + y * mark.height : mark.top;
      seen = at >= header && at <= foot - 80 ? seen + 1 : 0;
      if (!seen) document.querySelector(".stMain").scrollBy({top: at - header - (foot - header) / 3, behavior: "smooth"});
    }
    await new Promise(later => setTimeout(later, 500));
  }
}, 400);
</script>"""  # noqa: E501 - lines of JavaScript


@dataclass
class View:
    """What one viewer shows now."""

    opened: tuple[Any, ...]  # the place it was opened at
    number: int
    part: int | None = None  # of a text longer than the screen; None: where the quote is, -1: the last
    width: int = 0  # which of WIDTHS


@st.fragment
def show(client: AskClient, place: Json, *, key: str) -> None:
    """Draw the page of ``place`` with its quote marked; turning it redraws nothing else.

    ``place`` is a citation or passage of an answer. ``key`` names the viewer: letters, digits, dashes; its state is
    kept in the session under names that begin with it. A place other than before opens the viewer anew.
    """
    draw(client, place, key=key)


def draw(client: AskClient, place: Json, *, key: str, back: str = BACK, link: bool = True) -> View | None:
    """Draw the viewer as part of a larger fragment, and return what it shows; None after saying why it can't.

    Of ``place`` only ``document_id`` and ``page`` are needed; without ``start`` and ``end`` nothing is marked.
    ``back`` leads back to the marked page, ``link`` adds the way to the reader.
    """
    with st.container(key=f"viewer-{key}", gap="small"):
        view = _view(place, key)
        try:
            # Fetched before anything is drawn: no heading may stand over the picture of another page.
            with st.spinner("ページを開いています…"):
                document = about(client, place["document_id"])
                held = _page(client, document, place, view)
        except FAILURES as error:
            if place.get("title"):
                st.html(render.page_heading_html(place))
            say(error)
            st.button("もう一度試す", key=f"{key}-again")
            return None
        parts = _settle(place, view, held)
        heading = _heading(document, place, view, held)
        st.html(render.page_heading_html(heading))
        _turning(document, place, view, held, parts, key=key, back=back)
        if isinstance(held, bytes):
            _widening(view, key)
        with st.container(key=f"{key}-frame"):
            if isinstance(held, bytes):
                st.image(held, width=MOST_PIXELS, output_format="PNG", alt=_alt(heading, place, view))
            else:
                first = (view.part or 0) * PART
                lines = held["lines"][first : first + PART]
                st.html(render.page_lines_html(lines, _span(place, view)))
        _fit(client, place, view, held, key)
        _tools(client, document, place, view, key, link=link)
    return view


def reveal(key: str, turn: str) -> None:
    """Scroll the window to the marked place of a viewer, unless that can be seen already; once for each ``turn``."""
    st.html(REVEAL % {"key": key, "turn": turn}, unsafe_allow_javascript=True)


def forget(key: str) -> None:
    """Let the viewer open at its place again, even if it is the same as before."""
    if view := st.session_state.get(f"{key}-view"):
        view.opened = ()


def about(client: AskClient, document_id: str) -> Json:
    """Return a document with its pages and headings, from what the session keeps if it is there."""
    kept: Json = _kept((document_id,), lambda: client.document(document_id))
    return kept


def tables(client: AskClient, place: Json) -> list[Json]:
    """Return the tables that a quote touches; a quote without cells touches none."""
    if "\t" not in place["quote"]:
        return []
    document_id, start, end = place["document_id"], place["start"], place["end"]
    try:
        kept: list[Json] = _kept((document_id, start, end, "tables"), lambda: client.tables(document_id, start, end))
    except FAILURES:
        return []  # the quote is shown all the same
    return kept


def forget_document(document_id: str) -> None:
    """Ask for the document's title and pages again the next time: they have been changed."""
    st.session_state.get("viewer-kept", {}).pop((document_id,), None)


# --- what is shown -------------------------------------------------------------------------------------------------


def _view(place: Json, key: str) -> View:
    opened = (place["document_id"], place.get("page"), place.get("start"), place.get("end"))
    view: View | None = st.session_state.get(f"{key}-view")
    if view is None or view.opened != opened:
        view = View(opened, place.get("page") or 1, width=view.width if view else 0)
        st.session_state[f"{key}-view"] = view
    return view


def _page(client: AskClient, document: Json, place: Json, view: View) -> bytes | Json:
    """Return the page's picture with the quote marked, or, where there are no pictures, the page itself."""
    document_id, number = document["id"], view.number
    if document["kind"] != "pdf":
        page: Json = _kept((document_id, number), lambda: client.page(document_id, number))
        return page
    span, dpi = _span(place, view), DPI if WIDTHS[view.width] < 200 else FINE_DPI
    picture: bytes = _kept((document_id, number, span, dpi), lambda: client.picture(document_id, number, span, dpi=dpi))
    return picture


def _kept(name: tuple[Any, ...], fetch: Callable[[], Any]) -> Any:
    kept: OrderedDict[tuple[Any, ...], Any] = st.session_state.setdefault("viewer-kept", OrderedDict())
    if name not in kept:
        kept[name] = fetch()
        while len(kept) > KEPT:
            kept.popitem(last=False)
    kept.move_to_end(name)
    return kept[name]


def _span(place: Json, view: View) -> tuple[int, int] | None:
    """Return the span to be marked: only the page that was opened has one."""
    if place.get("start") is None or view.number != (place.get("page") or 1):
        return None
    return place["start"], place["end"]


def _settle(place: Json, view: View, held: bytes | Json) -> int:
    """Put the view on a part that is there, and return how many the page has."""
    if isinstance(held, bytes):
        view.part = 0
        return 1
    lines = held["lines"]
    parts = max(1, -(-len(lines) // PART))
    if view.part is None:
        view.part = _quoted_part(place, view, held)
    view.part = parts - 1 if view.part < 0 else min(view.part, parts - 1)
    return parts


def _quoted_part(place: Json, view: View, held: bytes | Json) -> int:
    span = _span(place, view)
    if span is None or isinstance(held, bytes):
        return 0
    return sum(1 for line in held["lines"] if line["end"] < span[0]) // PART


def _at_home(place: Json, view: View, held: bytes | Json) -> bool:
    """Whether the view shows the place it was opened at."""
    return view.number == (place.get("page") or 1) and view.part == _quoted_part(place, view, held)


def _heading(document: Json, place: Json, view: View, held: bytes | Json) -> Json:
    """Return what the heading says: the place itself, or the page that was turned to."""
    title = place.get("title") or document["title"]
    if place.get("title") and _at_home(place, view, held):
        return {**place, "title": title}
    page = next((p for p in document["page_list"] if p["number"] == view.number), {"label": None})
    named = None
    if document["kind"] in UNITS:
        named = f"{UNITS[document['kind']]}{view.number}" + (f"「{page['label']}」" if page["label"] else "")
    return {
        "title": title,
        "page": view.number if document["paging"] != "none" else None,
        "page_label": page["label"],
        "page_guessed": document["paging"] == "guessed",
        "place": named,
    }


def _alt(heading: Json, place: Json, view: View) -> str:
    marked = "引用箇所に印があります。" if _span(place, view) else ""
    return f"{render.place(heading)}の画像。{marked}"


# --- turning, enlarging, keeping -----------------------------------------------------------------------------------


def _turning(document: Json, place: Json, view: View, held: bytes | Json, parts: int, *, key: str, back: str) -> None:
    """Draw what turns the pages, and the way back to the quote for whoever has left it."""
    numbers = [page["number"] for page in document["page_list"]] or [1]
    at = numbers.index(view.number) if view.number in numbers else 0
    part = view.part or 0
    if len(numbers) == parts == 1:
        return
    unit = UNITS.get(document["kind"], "ページ")
    before = (view.number, part - 1) if part else (numbers[at - 1], -1) if at else None
    after = (view.number, part + 1) if part + 1 < parts else (numbers[at + 1], 0) if at + 1 < len(numbers) else None
    with st.container(key=f"{key}-turn", horizontal=True, vertical_alignment="center", gap="xsmall"):
        for name, sign, to, within in (
            ("before", "前", before, part > 0),
            ("after", "次", after, part + 1 < parts),
        ):
            label = f"{sign}の{'部分' if within or len(numbers) == 1 else unit}"
            st.button(
                f"← {label}" if name == "before" else f"{label} →",
                key=f"{key}-{name}",
                disabled=to is None,
                on_click=_turn,
                args=(view, to),
            )
            if name == "before":
                whole = f"{at + 1} / {len(numbers)}" if len(numbers) > 1 else f"{part + 1} / {parts}"
                st.html(f'<p class="tk-position">{whole}</p>', width="content")
        if place.get("start") is not None and not _at_home(place, view, held):
            st.button(back, key=f"{key}-back", on_click=_turn, args=(view, (place.get("page") or 1, None)))


def _turn(view: View, to: tuple[int, int | None]) -> None:
    view.number, view.part = to


def _fit(client: AskClient, place: Json, view: View, held: bytes | Json, key: str) -> None:
    """Set the picture's width, and bring the mark into sight."""
    wide = WIDTHS[view.width]
    if isinstance(held, bytes):
        most = "" if wide == 100 else "max-height: 80vh; border: 1px solid var(--line); "
        st.html(
            f"<style>.st-key-{key}-frame {{ {most}overflow: auto; position: relative; }} "
            f".st-key-{key}-frame img {{ width: {wide}% !important; max-width: none !important; }}</style>"
        )
    x, y = _centre(client, place, view, held)
    shown = zlib.crc32(repr((view.opened, view.number, view.part, wide)).encode())
    st.html(SHOW_MARK % {"view": shown, "key": key, "x": x, "y": y}, unsafe_allow_javascript=True)


def _centre(client: AskClient, place: Json, view: View, held: bytes | Json) -> tuple[float, float]:
    """Return where on the picture the mark is, as shares of its width and height; the top without one."""
    if not isinstance(held, bytes) or _span(place, view) is None:
        return 0.0, 0.0
    box = (place.get("boxes") or [_first_box(client, place, view)])[0]
    if box is None:
        return 0.0, 0.0
    width, height = (pixels * 72 / (DPI if WIDTHS[view.width] < 200 else FINE_DPI) for pixels in _size(held))
    x0, y0, x1, _ = box
    return round(min(1.0, (x0 + x1) / 2 / width), 3), round(min(1.0, y0 / height), 3)


def _first_box(client: AskClient, place: Json, view: View) -> list[float] | None:
    """Return where the first line of a place stands, which an address names by its offsets only."""
    document_id, number = place["document_id"], view.number
    try:
        page: Json = _kept((document_id, number), lambda: client.page(document_id, number))
    except FAILURES:
        return None
    return next((line["box"] for line in page["lines"] if line["box"] and line["end"] > place["start"]), None)


def _size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def _widening(view: View, key: str) -> None:
    with st.container(key=f"{key}-width", horizontal=True, gap="xsmall"):
        for label, name, width in (
            ("－ 縮小", "smaller", view.width - 1),
            ("＋ 拡大", "larger", view.width + 1),
            ("幅に合わせる", "fit", 0),
        ):
            useless = width == view.width or not 0 <= width < len(WIDTHS)
            st.button(label, key=f"{key}-{name}", disabled=useless, on_click=_widen, args=(view, width))


def _tools(client: AskClient, document: Json, place: Json, view: View, key: str, *, link: bool) -> None:
    """Draw the ways out of the viewer: the file itself, and the reader."""
    with st.container(key=f"{key}-tools", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.download_button(
            "原本をダウンロード",
            partial(client.original, document["id"]),  # fetched when it is clicked
            file_name=document["file"],
            on_click="ignore",
            key=f"{key}-original",
        )
        reader = st.session_state.get("pages", {}).get("documents")
        if link and reader:
            at = {"id": document["id"], "page": str(view.number)}
            if span := _span(place, view):
                at |= {"start": str(span[0]), "end": str(span[1])}
            st.page_link(reader, label="資料を読む", query_params=at)


def _widen(view: View, width: int) -> None:
    view.width = width
