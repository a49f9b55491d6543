"""One question with what came of it: the answer, where it stands, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from time import monotonic

import streamlit as st

from ui import address, chart, export, feedback, model, render, timeline, viewer, written
from ui.client import ApiDown, AskClient, Json
from ui.messages import FAILURES, reason, say, when_back
from ui.scope import names_of, titles_of
from ui.telling import State, Telling, tell

LOOK_SECONDS = 0.4  # between two looks whether a model has said more
COPIED = {"answered": "答えと出典をコピー", "unsure": "候補と箇所をコピー", "not_found": "この結果をコピー"}


@dataclass
class Turn:
    """One question, with the scope and the question before that it was asked with, and what came of it."""

    question: str
    scope: Json | None = None
    after: str | None = None
    as_typed: bool = False  # nothing of it is to be read as something else
    snapshot: str | None = None  # of the link that it came from
    answer: Json | None = None
    error: Exception | None = None
    # The place whose page is open: "c1", the first citation; "p2", the second passage; "g1", of a model's words.
    shown: str | None = None
    telling: Telling | None = None  # where a model writes, or has written, beside the answer

    @property
    def whole(self) -> str:
        """The question as it can be asked by itself."""
        return str((self.answer or {}).get("understood") or self.question)

    @property
    def state(self) -> State:
        """How far a model is with its words."""
        return self.telling.state if self.telling else "done"

    def stop(self) -> None:
        """Stop the model that writes beside the answer."""
        if self.telling is not None:
            self.telling.stop()


def put(client: AskClient, turn: Turn, *, write: bool = True) -> None:
    """Ask the question, and keep the answer or what went wrong; with ``write`` a connected model goes on from there."""
    asked = (turn.question, turn.scope, turn.after, turn.as_typed)
    try:
        if model.connected() is None:
            turn.answer = answer = client.ask(*asked)
        elif write:
            turn.telling = tell(client.tell(*asked))
            turn.answer = answer = turn.telling.answer
        else:
            turn.answer = answer = client.ask(*asked, llm=False)
    except FAILURES as error:
        turn.error = error
    else:
        turn.error = None
        turn.shown = "c1" if answer["citations"] else "p1" if answer["passages"] else None


def _write(client: AskClient, turn: Turn) -> None:
    """Have a model write beside an answer that is there already; it stays, whatever comes of that."""
    assert turn.answer is not None
    try:
        turn.telling = tell(client.tell(turn.question, turn.scope, turn.after, turn.as_typed))
    except FAILURES as error:
        turn.telling = Telling(turn.answer | {"generated": None, "writing": None}, "failed", reason(error))


@st.fragment
def show(client: AskClient, turn: Turn, i: int, documents: Sequence[Json], ask: Callable[[Turn], None]) -> None:
    """Draw the turn; ``i`` tells its keys from those of other turns, and ``ask`` puts a question of a button."""
    if turn.error is not None:
        say(turn.error)
        st.button("もう一度質問する", key=f"again-{i}", on_click=put, args=(client, turn))
        if isinstance(turn.error, ApiDown):
            when_back(client, partial(put, client, turn))
        return
    heard = turn.telling.heard if turn.telling else None
    if turn.telling is not None:
        turn.answer = turn.telling.answer
    assert turn.answer is not None
    answer = turn.telling.so_far if turn.telling else turn.answer
    names = names_of(documents)
    status = answer["status"]
    if answer.get("understood"):
        _understood(turn, i, ask)
    if turn.snapshot and turn.snapshot != answer["index"]:
        st.html(render.message_html("リンクが作られたあとに資料が変わりました", "いまの資料での答えを示しています。"))
    if differs := written.differs_html(answer, i):
        st.html(differs)
    leading = written.leads(answer, writing=turn.state == "writing", first=model.is_first())
    if leading:
        _written(client, turn, answer, i, heard, leading=True)
        with st.container(key=f"extracted-{i}", gap="small"):
            st.html(f'<h3 class="tk-head">{written.EXTRACTED[status]}</h3>')
            st.html(_card(client, answer, i))
    else:
        st.html(_card(client, answer, i))
    if notices := render.notices_html(answer, i):
        st.html(notices)
    if not leading:
        _written(client, turn, answer, i, heard, leading=False)
    _actions(client, turn, i, titles_of(documents))
    if status != "answered" and turn.scope:
        _widen(turn, i, ask)
    if status == "not_found":
        _searched(client, turn, i, names)
    left, right = st.columns([10, 12], gap="medium")
    with left, st.container(key=f"places-{i}"):
        if answer["timeline"]:
            _timeline(turn, answer, i)
        if leading:
            _added(client, turn, answer, i)
        _places(client, turn, answer, i)
        if not leading:
            _added(client, turn, answer, i)
        _passages(client, turn, answer, i)
    with right, st.container(key=f"page-{i}"):
        place = _shown(turn, answer)
        if place is not None:
            viewer.show(client, place, key=f"viewer-{i}")
    if clicked := st.session_state.get(f"clicked-{i}"):  # drawn again and again: a run may be broken off before it is
        viewer.reveal(f"viewer-{i}", clicked)


def _card(client: AskClient, answer: Json, i: int) -> str:
    match answer["status"]:
        case "answered":
            return render.answer_html(answer, i)
        case "unsure":
            return render.unsure_html(answer, i, {c["n"]: viewer.tables(client, c) for c in answer["citations"]})
        case _:
            return render.not_found_html(answer)


# --- a model's words beside it ------------------------------------------------------------------------------------


def _written(
    client: AskClient, turn: Turn, answer: Json, i: int, heard: tuple[State, int] | None, *, leading: bool
) -> None:
    """Draw a model's checked sentences, what they wait for, or why there are none; nothing where no model is."""
    known = model.connected()
    state, count = heard or ("done", 0)
    generated = answer.get("generated")
    if state == "done" and generated is None and not answer.get("writing"):
        if known is not None:
            with st.container(key=f"written-{i}", gap="small"):
                st.button("AIに文章を書かせる", key=f"write-{i}", type="tertiary", on_click=_write, args=(client, turn))
        return
    with st.container(key=f"written-{i}", gap="small"):
        if generated is not None or state == "writing":
            named = written.model_of(answer) or str((known or {}).get("model") or "")
            st.html(written.head_html(answer, named, i, leading=leading))
        for sentence in generated["sentences"] if generated else ():
            st.html(written.sentence_html(sentence, answer, i))
        if state == "writing":
            assert turn.telling is not None
            _waiting(turn.telling, i, (state, count), monotonic())
            return
        if words := written.ended(answer, state, turn.telling.fault if turn.telling else "", shown=count > 0):
            with st.container(key=f"ended-{i}", horizontal=True, vertical_alignment="center", gap="small"):
                st.html(written.ended_html(words), width="content")
                if written.may_try_again(answer, state):
                    st.button(
                        "もう一度書かせる", key=f"write-{i}", type="tertiary", on_click=_write, args=(client, turn)
                    )
        if generated or (answer.get("writing") or {}).get("dropped"):
            st.html(written.checked_html(answer))


@st.fragment(run_every=LOOK_SECONDS)
def _waiting(telling: Telling, i: int, drawn: tuple[State, int], since: float) -> None:
    """Say that more may come, offer to stop it, and draw the page anew as soon as there is more than was drawn.

    Not within the drawing that this is part of: that shall come to its end.
    """
    if telling.heard != drawn and monotonic() - since > LOOK_SECONDS / 2:
        st.rerun()
    with st.container(key=f"waiting-{i}", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(written.WAITING, width="content")
        st.button("止める", key=f"stop-{i}", on_click=telling.stop)


def _understood(turn: Turn, i: int, ask: Callable[[Turn], None]) -> None:
    """Say what a follow-up or a misspelt word was taken for, and let it be put right."""
    with st.container(key=f"understood-{i}", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(render.understood_html(turn.answer or {}))
        with st.popover("読み取りを直す", key=f"mend-{i}", type="tertiary"), st.form(f"mend-form-{i}", border=False):
            mended = st.text_area("質問の全文", turn.whole, key=f"mended-{i}")
            if st.form_submit_button("この質問で調べる", type="primary") and mended.strip():
                ask(Turn(mended.strip(), turn.scope, as_typed=True))
                st.rerun()
        if st.button("入力どおりに調べる", key=f"as-typed-{i}", type="tertiary"):
            ask(Turn(turn.question, turn.scope, as_typed=True))
            st.rerun()


def _actions(client: AskClient, turn: Turn, i: int, titles: dict[str, str]) -> None:
    answer = turn.answer
    assert answer is not None
    with st.container(key=f"actions-{i}", horizontal=True, gap="small"):
        st.html(
            '<p class="tk-actions">'
            + render.copy_html(COPIED[answer["status"]], export.quotable(answer, titles))
            + render.link_html("リンクをコピー", address.query([turn], model_first=model.is_first()))
            + "</p>",
            width="content",
        )
        feedback.ask_opinion(client, answer, key=f"opinion-{i}")
    st.html(render.scope_html(answer, titles))


def _widen(turn: Turn, i: int, ask: Callable[[Turn], None]) -> None:
    """Offer to ask all documents: those that were asked did not settle it."""
    if st.button("すべての資料に広げて質問する", key=f"widen-{i}", type="primary"):
        ask(Turn(turn.whole, as_typed=turn.as_typed))
        st.rerun()


def _searched(client: AskClient, turn: Turn, i: int, names: dict[str, str]) -> None:
    """Tell which documents were searched in vain."""
    within = st.expander(
        f"調べた資料（{(turn.answer or {}).get('searched', 0)}件）", key=f"searched-{i}", on_change="rerun"
    )
    if within.open:
        with within:
            try:
                listed = [d["id"] for d in client.documents(turn.scope)] if turn.scope else list(names)
            except FAILURES as error:
                say(error)
            else:
                st.html(render.titles_html([names.get(id_, id_) for id_ in listed]))


# --- where it stands ----------------------------------------------------------------------------------------------


def _places(client: AskClient, turn: Turn, answer: Json, i: int) -> None:
    """Draw what the answer stands on or, where it stands on nothing, the nearest passages."""
    unsure = answer["status"] == "unsure"
    if answer["citations"]:
        st.html(f'<h3 class="tk-head">{"候補の箇所" if unsure else "出典"}</h3>')
        for citation in answer["citations"]:
            what = render.source_name(answer, citation["n"])
            candidate = render.candidate_of(answer, citation["n"])
            _place(client, turn, answer, i, f"c{citation['n']}", citation, what, candidate or citation["n"])
    elif answer["passages"]:
        st.html(f'<h3 class="tk-head">{"関係のありそうな箇所" if unsure else "近い内容の箇所"}</h3>')
        for n, passage in enumerate(answer["passages"][: render.NEAREST], 1):
            _place(client, turn, answer, i, f"p{n}", passage, "関連箇所")


def _added(client: AskClient, turn: Turn, answer: Json, i: int) -> None:
    """Draw what only a model's words stand on."""
    if turn.telling is None and not answer.get("generated"):
        return
    with st.container(key=f"added-{i}"):  # there from the beginning: what comes into it moves nothing else to anew
        for n, (name, number, citation) in enumerate(written.added(answer)):
            if n == 0:
                st.html('<h3 class="tk-head">AIの文章の出典</h3>')
            _place(client, turn, answer, i, name, citation, f"出典{number}", number)


def _passages(client: AskClient, turn: Turn, answer: Json, i: int) -> None:
    """Draw the other passages that were found."""
    first = 1 if answer["citations"] else render.NEAREST + 1
    rest = answer["passages"][first - 1 :]
    if rest:
        # What is looked for may well stand there, where no candidate could be settled on.
        unsure = answer["status"] == "unsure"
        with st.expander(f"ほかの関連箇所（{len(rest)}件）", key=f"rest-{i}", expanded=unsure):
            for n, passage in enumerate(rest, first):
                _place(client, turn, answer, i, f"p{n}", passage, "関連箇所")


def _place(
    client: AskClient, turn: Turn, answer: Json, i: int, name: str, citation: Json, what: str, number: int | None = None
) -> None:
    """Draw a citation, or a passage without ``number``, as a card; the button lies over the whole card."""
    candidate = render.candidate_of(answer, citation["n"]) if name[0] == "c" else 0
    with st.container(key=f"place-{i}-{name}", gap=None):
        drawn = render.citation_html(
            citation,
            shown=turn.shown == name,
            number=number,
            tables=viewer.tables(client, citation),
            marks=render.marks_of(answer, citation, candidate) if number is None or candidate else (),
        )
        st.html(drawn)
        where = render.place(citation) or "この箇所"
        st.button(f"{what}の{render.label(where)}を表示", key=f"show-{i}-{name}", on_click=_show, args=(turn, i, name))


def _show(turn: Turn, i: int, name: str) -> None:
    turn.shown = name
    st.session_state[f"clicked-{i}"] = token_hex(4)


def _shown(turn: Turn, answer: Json) -> Json | None:
    """Return the place whose page is to be shown: the first one where a model's words that it belonged to are gone."""
    found = {f"c{citation['n']}": citation for citation in answer["citations"]}
    found |= {name: citation for name, _, citation in written.added(answer)}
    found |= {f"p{n}": passage for n, passage in enumerate(answer["passages"], 1)}
    if turn.shown not in found:
        turn.shown = next(iter(found), None)
    return found.get(turn.shown or "")


# --- how it went over time ----------------------------------------------------------------------------------------


def _timeline(turn: Turn, answer: Json, i: int) -> None:
    """Draw an indicator's values over time, each a way to its page."""
    st.html('<h3 class="tk-head">時点ごとの値</h3>')
    series = timeline.of_answer(answer)
    if series is not None:
        event = st.vega_lite_chart(
            spec=chart.spec(series),
            key=f"chart-{i}",
            on_select=partial(_show_point, turn, i),
            selection_mode="point",
            alt=timeline.described(series),
        )
        del event
    st.html(render.timeline_html(answer, i))
    with st.container(key=f"timeline-files-{i}", horizontal=True, gap="small"):
        name = partial(export.file_name, question=turn.whole)
        st.download_button(
            "表を保存（CSV）",
            partial(timeline.csv, answer["timeline"], answer["citations"], answer.get("unsaid") or ()),
            name("csv"),
            "text/csv",
            key=f"csv-{i}",
            on_click="ignore",
            type="tertiary",
        )
        if series is not None:
            st.download_button(
                "図を保存（PNG）",
                partial(chart.png, series, turn.whole, timeline.source_line(answer)),
                name("png"),
                "image/png",
                key=f"png-{i}",
                on_click="ignore",
                type="tertiary",
            )


def _show_point(turn: Turn, i: int) -> None:
    """Open the page of the point that was clicked."""
    selection = st.session_state[f"chart-{i}"].selection.get("point") or []
    if selection:
        _show(turn, i, f"c{int(selection[0]['citation'])}")
