"""The page 意見: what readers said of answers, and how a wrong answer becomes a question of the question file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import render, written
from ui.client import AskClient, Json
from ui.feedback import REASONS
from ui.marks import TYPES
from ui.messages import FAILURES, say
from ui.paging import pager, piece
from ui.render import escape

OPEN, ALL = "未処理", "すべて"
VERDICTS = {"good": "役に立った", "bad": "違う"}
STATES = {"open": "未処理", "accepted": "質問集に加えた", "dismissed": "使わない"}
OPINIONS_A_PIECE = 5  # each of them may bring a form
QUESTION_FILE = "questions.jsonl"


def page(client: AskClient) -> None:
    """Draw the opinions, newest first, with a form for each wrong answer that nobody has dealt with."""
    st.html(
        '<h2 class="tk-head">意見</h2><p class="tk-lead">答えの下の「役に立った」「違う」「正しい候補を知らせる」で'
        "届いた意見です。違うと言われた質問と、正しい候補が分かった質問は、正しい答えと根拠を確かめて質問集に加えると、"
        "採点に使えます。</p>"
    )
    try:
        found = client.feedback()
        files = [document["file"] for document in client.documents()]
    except FAILURES as error:
        say(error)
        return
    if (notice := st.session_state.pop("opinion-notice", None)) is not None:
        st.html(notice)
    _question_file(client, found["questions"])
    if not found["feedback"]:
        st.html(
            render.message_html("まだ意見はありません", "答えの下の「役に立った」「違う」を押すと、ここに集まります。")
        )
        return
    waiting = [one for one in found["feedback"] if is_waiting(one)]
    counts = {OPEN: len(waiting), ALL: len(found["feedback"])}
    shown = st.radio(
        "表示する意見",
        list(counts),
        format_func=lambda k: f"{k}（{counts[k]} 件）",
        horizontal=True,
        key="opinions-shown",
    )
    listed = waiting if shown == OPEN else found["feedback"]
    if not listed:
        st.html(
            render.message_html(
                "未処理の意見はありません", "確かめる必要のある意見は、すべて確かめ終えています。", kind="good"
            )
        )
    key = f"opinions-{list(counts).index(shown)}"
    with st.container(key="opinions"):
        for one in piece(listed, key, OPINIONS_A_PIECE):
            with st.container(key=f"opinion-card-{one['id']}", gap=None):
                st.html(opinion_html(one))
                if is_waiting(one):
                    _draft(client, one, files)
    pager(listed, key, OPINIONS_A_PIECE, top="opinions")


def is_waiting(feedback: Json) -> bool:
    """Say whether a person has to look at it: a good verdict needs no answer, unless it names the right candidate."""
    return bool(makes_a_question(feedback) and feedback["state"] == "open")


def makes_a_question(feedback: Json) -> bool:
    return bool(feedback["verdict"] == "bad" or feedback.get("candidate"))


def _question_file(client: AskClient, questions: int) -> None:
    with st.container(key="question-file", horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="tk-counts">質問集　<b>{questions:,}</b> 問</p>', width="content")
        if not questions:
            return
        try:
            content = client.questions()
        except FAILURES as error:
            say(error)
            return
        st.download_button(
            "質問集をダウンロード", content, QUESTION_FILE, "application/x-ndjson", key="questions", on_click="ignore"
        )
    with st.expander("この質問集で採点するには", key="question-file-use"):
        st.html(
            render.message_html(
                "質問集をダウンロードし、次のコマンドを実行してください",
                "「資料のフォルダ」は、根拠の資料が入っているフォルダです。結果はページ「成績」に表示されます。",
                command=f"tenkyo eval --questions {QUESTION_FILE} --documents 資料のフォルダ",
            )
        )


def opinion_html(feedback: Json) -> str:
    """Return one opinion: the verdict, the question, the answer that was given, and what was said of it."""
    answer, bad = feedback["answer"], feedback["verdict"] == "bad"
    picked = feedback.get("candidate")
    verdict = f"候補{picked}が正しい" if picked else VERDICTS[feedback["verdict"]]
    badges = [f'<span class="tk-badge {"tk-missing" if bad else "tk-liked"}">{verdict}</span>']
    if feedback.get("reason"):
        badges.append(f'<span class="tk-badge">{escape(REASONS.get(feedback["reason"], feedback["reason"]))}</span>')
    if makes_a_question(feedback):
        badges.append(f'<span class="tk-badge tk-state">{STATES[feedback["state"]]}</span>')
    badges.append(f"<span>{escape(render.moment(feedback['time']))}</span>")
    told = [("答え", answer["answer"])]
    if answer.get("understood"):
        told.insert(0, ("受け取った質問", answer["understood"]))
    if offers := render.candidates(answer):
        cited = {citation["n"]: citation for citation in answer["citations"]}
        told += [
            (f"候補{n}", f"{offer['text']}\n{_where(cited[offer['citation']])}") for n, offer in enumerate(offers, 1)
        ]
    elif answer["citations"]:
        more = len(answer["citations"]) - 1
        told.append(("出典", _where(answer["citations"][0]) + (f"　ほか {more} 件" if more else "")))
    if words := "".join(line for line, _ in written.lines(answer)):
        told.append((written.title(answer, written.model_of(answer)), words))
    told += [("正しい答え", feedback["right_answer"])] if feedback.get("right_answer") else []
    told += [("気づいたこと", feedback["comment"])] if feedback.get("comment") else []
    told.append(("索引の版", answer["index"]))
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in told)
    return (
        f'<article class="tk-opinion"><h3>{escape(answer["question"])}</h3><p class="tk-badges">{"".join(badges)}</p>'
        f"<dl>{rows}</dl></article>"
    )


def _where(citation: Json) -> str:
    return "　".join(part for part in (citation.get("title") or citation["file"], render.place(citation)) if part)


# --- the draft -----------------------------------------------------------------------------------------------------


def _draft(client: AskClient, feedback: Json, files: list[str]) -> None:
    """Draw the form that makes a question of the opinion; what was typed stays when the server refuses it."""
    draft, id_ = feedback["draft"] or empty_draft(feedback), feedback["id"]
    error = st.session_state.get(f"draft-error-{id_}")
    with (
        st.expander("質問集に加える・使わない", key=f"draft-{id_}"),
        st.form(f"draft-form-{id_}", border=False, enter_to_submit=False),
    ):
        st.html(
            '<p class="tk-hint">下書きです。正しい答えと、それが書かれた箇所を資料で確かめて仕上げてください。'
            "箇所は、PDF などではページ、テキストのファイルでは行で示します。</p>"
        )
        st.text_area("質問", draft["question"], height=72, key=f"draft-question-{id_}")
        left, right = st.columns(2)
        left.selectbox(
            "種類",
            list(TYPES),
            list(TYPES).index(draft["type"]) if draft["type"] in TYPES else None,
            format_func=TYPES.__getitem__,
            placeholder="選んでください",
            key=f"draft-type-{id_}",
            filter_mode=None,
        )
        left.html(
            '<p class="tk-hint">資料に答えがない質問は、種類を「記載なし」にします。'
            "そのとき、表記と根拠は使いません。</p>"
        )
        right.text_area("正しい答え", draft["answer"], height=72, key=f"draft-answer-{id_}")
        left, right = st.columns(2)
        left.text_area(
            "正解とする表記（一行に一つ。どれか一つが含まれれば正解）",
            "\n".join(draft["accept"]),
            height=96,
            key=f"draft-accept-{id_}",
        )
        right.text_area(
            "必ず含むべき語（一行に一つ。列挙などで使います）",
            "\n".join(draft["accept_all"]),
            height=96,
            key=f"draft-accept_all-{id_}",
        )
        for i, place in enumerate(slots(draft)):
            _evidence(place, f"{id_}-{i}", i, files)
        st.text_input("メモ（任意）", draft["note"], key=f"draft-note-{id_}")
        if error is not None:
            say(error)
        with st.container(horizontal=True):
            st.form_submit_button(
                "質問集に加える",
                type="primary",
                key=f"accept-{id_}",
                on_click=_accept,
                args=(client, id_, draft),
            )
            st.form_submit_button("使わない", key=f"dismiss-{id_}", on_click=_dismiss, args=(client, id_))


def _evidence(place: Json, key: str, i: int, files: list[str]) -> None:
    known = list(dict.fromkeys([*([place["file"]] if place else []), *files]))
    first, last = place.get("lines") or (None, None)
    with st.container(key=f"evidence-{key}"):
        file, page, start, end = st.columns([4, 2, 2, 2])
        file.selectbox(
            f"根拠{i + 1}の資料{'' if place else '（あれば）'}",
            known,
            0 if place else None,
            format_func=str,
            placeholder="選んでください",
            key=f"evidence-file-{key}",
            filter_mode=None,
        )
        page.number_input(f"根拠{i + 1}のページ", 1, None, place.get("page"), 1, key=f"evidence-page-{key}")
        start.number_input(f"根拠{i + 1}の始めの行", 1, None, first, 1, key=f"evidence-first-{key}")
        end.number_input(f"根拠{i + 1}の終わりの行", 1, None, last, 1, key=f"evidence-last-{key}")
        st.text_area(
            f"根拠{i + 1}の引用（原文のまま）", place.get("quote") or "", height=72, key=f"evidence-quote-{key}"
        )


def empty_draft(feedback: Json) -> Json:
    """Return a draft that holds no more than the question and what the reader said."""
    answer = feedback["answer"]
    return {
        "id": feedback["id"],
        "question": answer.get("understood") or answer["question"],
        "type": answer["type"],
        "answer": feedback.get("right_answer") or "",
        "accept": [],
        "accept_all": [],
        "evidence": [],
        "note": "",
    }


def slots(draft: Json) -> list[Json]:
    """Return the draft's places and an empty one, in which a further place may be written."""
    return [*draft["evidence"], {}]


def completed(draft: Json, said: Mapping[str, Any]) -> Json:
    """Return the question as the form says it; ``said`` are its widgets by name, places as ``file-0``, ``page-0``…"""
    answerable = said["type"] != "unanswerable"
    evidence = []
    for i in range(len(slots(draft))):
        file, first = said[f"file-{i}"], said[f"first-{i}"]
        if not file or not answerable:
            continue
        lines = [first, said[f"last-{i}"] or first] if first else None
        # A text file is cited by its lines, and a question file takes one of both.
        page = None if lines else said[f"page-{i}"]
        evidence.append({"file": file, "quote": said[f"quote-{i}"].strip() or None, "lines": lines, "page": page})
    return {
        "id": draft["id"],
        "question": said["question"].strip(),
        "type": said["type"] or "",
        "answer": said["answer"].strip(),
        "accept": lines_of(said["accept"]) if answerable else [],
        "accept_all": lines_of(said["accept_all"]) if answerable else [],
        "evidence": evidence,
        "answerable": answerable,
        "note": said["note"].strip(),
    }


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _accept(client: AskClient, id_: str, draft: Json) -> None:
    said = {
        name: st.session_state[f"draft-{name}-{id_}"]
        for name in ("question", "type", "answer", "accept", "accept_all", "note")
    } | {
        f"{name}-{i}": st.session_state[f"evidence-{name}-{id_}-{i}"]
        for i in range(len(slots(draft)))
        for name in ("file", "page", "first", "last", "quote")
    }
    question = completed(draft, said)
    try:
        client.accept(id_, question)
    except FAILURES as error:
        st.session_state[f"draft-error-{id_}"] = error
    else:
        _done(id_, render.message_html("質問集に加えました", question["question"], kind="good"))


def _dismiss(client: AskClient, id_: str) -> None:
    try:
        client.dismiss(id_)
    except FAILURES as error:
        st.session_state[f"draft-error-{id_}"] = error
    else:
        _done(
            id_, render.message_html("この意見を「使わない」にしました", "「すべて」を選ぶと、あとからも見られます。")
        )


def _done(id_: str, notice: str) -> None:
    st.session_state.pop(f"draft-error-{id_}", None)
    st.session_state["opinion-notice"] = notice
