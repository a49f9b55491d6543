"""A document page by page: its headings, its pages, and where words stand in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from secrets import token_hex

import streamlit as st

from ui import render, viewer
from ui.client import AskClient, Json
from ui.messages import FAILURES, say

KEY = "reader"
AROUND = 24  # characters of a line shown before and after a match
BACK = "印のある箇所に戻る"

# Brings the chosen line of a long list into sight, inside the list.
SHOW_CHOSEN = """<script>
// %(view)s
setTimeout(() => {
  const list = document.querySelector(".st-key-%(key)s [role=radiogroup]");
  const line = list?.children[%(n)s];
  if (line && (line.offsetTop < list.scrollTop || line.offsetTop + line.offsetHeight > list.scrollTop + list.clientHeight))
    list.scrollTop = line.offsetTop - list.clientHeight / 3;
}, 250);
</script>"""  # noqa: E501 - a line of JavaScript


def open_document(document_id: str) -> None:
    """Let the page 資料 show this document from now on."""
    st.query_params.from_dict({"id": document_id, "page": "1"})


def left() -> None:
    """Take the document out of the address if one came to the list by the link over every page."""
    # Streamlit draws the page without the address's query then, but leaves the query where it is.
    if st.session_state.pop("reader-at", None) is not None:
        st.query_params.clear()


def page(client: AskClient, documents: list[Json]) -> None:
    """Draw the document that the address names: ``?id=…&page=…&start=…&end=…``."""
    document_id = st.query_params["id"]
    st.button("← 資料の一覧", key="reader-close", on_click=st.query_params.clear)
    if document_id not in {document["id"] for document in documents}:
        st.html(
            render.message_html(
                "その資料はありません",
                "外されたか、新しい版に置き換わった可能性があります。「資料の一覧」から探してください。",
                kind="error",
            )
        )
        return
    _reader(client, document_id)


@st.fragment
def _reader(client: AskClient, document_id: str) -> None:
    try:
        with st.spinner("資料を開いています…"):
            document = viewer.about(client, document_id)
    except FAILURES as error:
        say(error)
        return
    place = _to_first_match(client, document, _place(document))
    left, right = st.columns([9, 16], gap="medium")
    with right:
        view = viewer.draw(client, place, key=KEY, back=BACK, link=False)
        if view is not None and view.number != _remembered()["page"]:
            _remember(place, view.number)
    with left, st.container(key="reader-side"):
        st.html(render.document_html(document))
        number = view.number if view else place["page"]
        _pages(document, number)
        _search(client, document, place)
        _outline(document, place, number)
    if st.session_state.pop("reader-jumped", False):
        viewer.reveal(KEY, token_hex(4))


# --- the address ---------------------------------------------------------------------------------------------------


def _place(document: Json) -> Json:
    """Return the place that was last opened; the address's own, if somebody followed a link or changed it."""
    place: Json | None = st.session_state.get("reader-place")
    if place is None or place["document_id"] != document["id"] or st.query_params.to_dict() != _address():
        place = asked_for(document, st.query_params.to_dict())
        _open(place)
        st.session_state["reader-jumped"] = place["start"] is not None
    return place


def asked_for(document: Json, address: dict[str, str]) -> Json:
    """Return the place that an address names, or the first page for anything that isn't there."""
    numbers = [page["number"] for page in document["page_list"]]
    number = _number(address.get("page"))
    start, end = _number(address.get("start")), _number(address.get("end"))
    there = number in numbers
    marked = there and start is not None and end is not None and start < end
    return {
        "document_id": document["id"],
        "page": number if there else (numbers or [1])[0],
        "start": start if marked else None,
        "end": end if marked else None,
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _open(place: Json) -> None:
    """Show a place, also when it is the one that was opened last."""
    st.session_state["reader-place"] = place
    viewer.forget(KEY)
    _remember(place, place["page"])


def _remember(place: Json, number: int) -> None:
    """Let the address name the page, so that it can be sent to somebody."""
    marked = place["start"] is not None and number == place["page"]
    st.session_state["reader-at"] = {
        "id": place["document_id"],
        "page": number,
        **({"start": place["start"], "end": place["end"]} if marked else {}),
    }
    if st.query_params.to_dict() != _address():  # else the way back would be as long as the time spent here
        st.query_params.from_dict(_address())


def _remembered() -> Json:
    at: Json = st.session_state["reader-at"]
    return at


def _address() -> dict[str, str]:
    return {name: str(value) for name, value in st.session_state.get("reader-at", {}).items()}


# --- pages and headings --------------------------------------------------------------------------------------------


def _pages(document: Json, number: int) -> None:
    pages = {page["number"]: page for page in document["page_list"]}
    if len(pages) < 2:
        return
    st.session_state["reader-page"] = number
    st.selectbox(
        "ページへ移動（番号を入力できます）",
        list(pages),
        format_func=lambda n: page_name(document, pages[n]),
        key="reader-page",
        filter_mode="contains",
        on_change=lambda: _go(document, st.session_state["reader-page"]),
    )


def page_name(document: Json, page: Json) -> str:
    """Return what a page is called. 例: p.12（印刷ページ 24）, スライド3, シート2「歳入」"""
    number, label = page["number"], page["label"]
    if unit := viewer.UNITS.get(document["kind"]):
        return f"{unit}{number}" + (f"「{label}」" if label else "")
    return render.place({"page": number, "page_label": label, "page_guessed": document["paging"] == "guessed"})


def _go(document: Json, number: int | None, span: tuple[int, int] | None = None) -> None:
    if number is not None:
        start, end = span or (None, None)
        _open({"document_id": document["id"], "page": number, "start": start, "end": end})
        st.session_state["reader-jumped"] = True


def _outline(document: Json, place: Json, number: int) -> None:
    """Draw the headings: chosen is the one that was opened or stands first on the page; marked, the section."""
    headings = document["headings"]
    if not headings:
        return
    current = heading_at(headings, number, place)
    here = current if current is not None and headings[current]["page"] == number else None
    st.session_state["reader-heading"] = here
    with st.container(key="outline"):
        st.radio(
            "目次",
            range(len(headings)),
            index=None,
            format_func=lambda n: _indented(headings[n]),
            key="reader-heading",
            width="stretch",
            on_change=lambda: _to_heading(document),
        )
        if current is not None:
            st.html(
                f"<style>.st-key-outline [role=radiogroup] > :nth-child({current + 1}) "
                "{ box-shadow: inset 3px 0 0 var(--navy); background: #eef3f8; font-weight: 600; }</style>"
            )
            st.html(SHOW_CHOSEN % {"view": current, "key": "outline", "n": current}, unsafe_allow_javascript=True)


def _to_heading(document: Json) -> None:
    n = st.session_state["reader-heading"]
    if n is not None:
        heading = document["headings"][n]
        _go(document, heading["page"], (heading["start"], heading["end"]))


def heading_at(headings: list[Json], number: int, place: Json) -> int | None:
    """Return which heading one is under on a page: the one that was opened, the page's first, or the last before it."""
    on_page = [n for n, heading in enumerate(headings) if heading["page"] == number]
    if place["page"] == number and place["start"] is not None:
        starts = [heading["start"] for heading in headings]
        return max(0, bisect_right(starts, place["start"]) - 1)
    if on_page:
        return on_page[0]
    before = [n for n, heading in enumerate(headings) if heading["page"] < number]
    return before[-1] if before else None


def _indented(heading: Json) -> str:
    return "\u2003" * max(0, min(int(heading["level"]), 6) - 1) + render.label(heading["text"])


# --- searching -----------------------------------------------------------------------------------------------------


def _search(client: AskClient, document: Json, place: Json) -> None:
    words = st.text_input(
        "この資料の中を探す", key=f"search-{document['id']}", type="search", placeholder="言葉を入力"
    ).strip()
    if not words:
        return
    try:
        with st.spinner("探しています…"):
            found = _found(client, document["id"], words)
    except FAILURES as error:
        say(error)
        return
    matches = found["matches"]
    if not matches:
        st.html(render.message_html("見つかりません", f"「{words}」は、この資料の文字の中にありません。"))
        return
    here = next((n for n, m in enumerate(matches) if _is_at(m, place)), None)
    with st.container(key="matches", gap="small"):
        with st.container(key="matches-turn", horizontal=True, vertical_alignment="center", gap="xsmall"):
            before = None if here is None else here - 1
            after = 0 if here is None else here + 1
            _match_button("← 前の一致", "match-before", document, matches, before)
            total = (
                f"{found['total']:,}"
                if found["total"] <= len(matches)
                else f"{len(matches):,}（全部で {found['total']:,}）"
            )
            at = "－" if here is None else f"{here + 1:,}"
            st.html(f'<p class="tk-position" role="status">{at} / {total} 件</p>', width="content")
            _match_button("次の一致 →", "match-after", document, matches, after)
        st.session_state["reader-match"] = here
        st.radio(
            "見つかった箇所",
            range(len(matches)),
            index=None,
            format_func=lambda n: _match_label(document, matches[n], words),
            key="reader-match",
            width="stretch",
            on_change=lambda: _to_match(document, matches, st.session_state["reader-match"]),
        )
        if here is not None:
            st.html(SHOW_CHOSEN % {"view": here, "key": "matches", "n": here}, unsafe_allow_javascript=True)


def _to_first_match(client: AskClient, document: Json, place: Json) -> Json:
    """Return the first place, from the page that is shown on, of words that were not searched for until now."""
    words = str(st.session_state.get(f"search-{document['id']}") or "").strip()
    if st.session_state.get("reader-searched") == (document["id"], words):
        return place
    st.session_state["reader-searched"] = (document["id"], words)
    try:
        matches = _found(client, document["id"], words)["matches"] if words else []
    except FAILURES:
        return place  # the search itself says it
    if not matches:
        return place
    _to_match(document, matches, next((n for n, m in enumerate(matches) if m["page"] >= _remembered()["page"]), 0))
    first: Json = st.session_state["reader-place"]
    return first


def _found(client: AskClient, document_id: str, words: str) -> Json:
    held = st.session_state.get("reader-found")
    if held is None or held[0] != (document_id, words):
        held = st.session_state["reader-found"] = ((document_id, words), client.find(document_id, words))
    found: Json = held[1]
    return found


def _match_button(label: str, key: str, document: Json, matches: list[Json], n: int | None) -> None:
    there = n is not None and 0 <= n < len(matches)
    st.button(label, key=key, disabled=not there, on_click=_to_match, args=(document, matches, n))


def _to_match(document: Json, matches: list[Json], n: int | None) -> None:
    if n is not None:
        _go(document, matches[n]["page"], (matches[n]["start"], matches[n]["end"]))


def _is_at(match: Json, place: Json) -> bool:
    return (match["page"], match["start"], match["end"]) == (place["page"], place["start"], place["end"])


def _match_label(document: Json, match: Json, words: str) -> str:
    where = (
        "" if document["paging"] == "none" else f"**{page_name(document, {'label': None, 'number': match['page']})}**　"
    )
    return where + marked(match["text"], words)


def marked(line: str, words: str) -> str:
    """Return a line as a label: what is around the words, and each of them marked."""
    parts: list[str] = []
    at = 0
    spans = occurrences(line, words)
    first = max(0, spans[0][0] - AROUND) if spans else 0
    last = min(len(line), spans[0][1] + 2 * AROUND) if spans else min(len(line), 3 * AROUND)
    at = first
    for start, end in spans:
        if end <= last:
            parts += [_part(line[at:start]), f":orange-background[{_part(line[start:end])}]"]
            at = end
    parts.append(_part(line[at:last]))
    return ("…" if first else "") + "".join(parts) + ("…" if last < len(line) else "")


def occurrences(line: str, words: str) -> list[tuple[int, int]]:
    """Return where words stand in a line, in order; width, case, spaces and commas make no difference.

    例: ("ＤＸの推進", "dx") → [(0, 2)], ("会員は 1,234社", "会員 1234") → [(0, 2), (4, 9)]
    """
    folded, origin = "", []
    for n, character in enumerate(line):
        plain = render.folded(character)
        folded += plain
        origin += [n] * len(plain)
    taken = sorted(
        (match.start(), match.end())
        for word in map(render.folded, words.split())
        if word
        for match in re.finditer(re.escape(word), folded)
    )
    spans: list[tuple[int, int]] = []
    for first, last in taken:
        start, end = origin[first], origin[last - 1] + 1
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def _part(text: str) -> str:
    """Return a piece of a line as a label, with the white space at its ends."""
    return render.label(f"|{text}|")[2:-2]
