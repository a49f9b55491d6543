"""A model's checked words beside an answer, as safe HTML: pure functions.

A place of the papers has one number on the page: a model's citations go on from the answer's, and share the numbers of
those that are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ui import render
from ui.render import escape

Json = dict[str, Any]

TITLE = "AIによる文章（原文と照合済み）"
PICKED = "AIが選んだ資料の記載（原文のまま）"
RELATED = "関連する記載"
EXTRACTED = {"answered": "資料の言葉のままの答え", "unsure": "資料の言葉のままの候補"}
CHECKED = (
    "AIの文は、数・単位・日付・名前・増減・打ち消しが出典の行にあることを、1文ずつプログラムで照合しています。"
    "照合できない文は示しません。"
)
ONLY_PICKED = "AIは資料の行か候補を選んだだけで、文章を書いていません。文字は資料のものです。"
DIFFERS = "AIの文章と、資料から抜き出した答えとで、値が違います"
DECLINED = "AIは、渡した資料からは答えられないとしました。"
DROPPINGS = {
    "unsupported": "原文にない内容",
    "stitched": "離れた行のつなぎ合わせ",
    "too_long": "長すぎる文",
    "repeated": "同じ文の繰り返し",
}


# --- where it stands ----------------------------------------------------------------------------------------------


def places(answer: Json) -> dict[int, tuple[str, int, Json]]:
    """Return by the n of a model's citation: the name of its place, its number on the page, and the citation.

    例: c1, the answer's first place, which both cite; g2, one that only the model's second citation names.
    """
    own = {_span(c): c for c in answer["citations"]} if not render.candidates(answer) else {}
    number = len(render.candidates(answer)) or len(answer["citations"])
    found = {}
    for citation in (answer.get("generated") or {}).get("citations", ()):
        if (same := own.get(_span(citation))) is not None:
            found[citation["n"]] = (f"c{same['n']}", same["n"], same)
        else:
            number += 1
            found[citation["n"]] = (f"g{citation['n']}", number, citation)
    return found


def added(answer: Json) -> Iterator[tuple[str, int, Json]]:
    """Yield the places that only a model's words stand on: name, number, citation."""
    return (place for place in places(answer).values() if place[0][0] == "g")


def _span(citation: Json) -> tuple[str, int, int]:
    return citation["document_id"], citation["start"], citation["end"]


# --- what is said -------------------------------------------------------------------------------------------------


def leads(answer: Json, *, writing: bool, first: bool) -> bool:
    """Tell whether a model's words stand over the answer.

    They do where they are the answer, and it was so chosen or no other was settled on; never where the figures differ.
    """
    generated = answer.get("generated")
    if generated is None:
        is_answer = writing and answer["status"] != "not_found"
    else:
        is_answer = generated["is_answer"] and not generated["disagreements"]
    return bool(is_answer and (first or answer["status"] == "unsure"))


def title(answer: Json, model: str) -> str:
    """Return what is over a model's words. 例: AIによる文章（原文と照合済み）・qwen3-4b"""
    said = PICKED if _is_picked(answer) else TITLE
    related = f"{RELATED}：" if answer["status"] == "not_found" else ""
    return f"{related}{said}{f'・{model}' if model else ''}"


def checked(answer: Json) -> str:
    """Return what was checked of a model's words, in a sentence or two."""
    return ONLY_PICKED if _is_picked(answer) else CHECKED


def _is_picked(answer: Json) -> bool:
    """Tell whether all that a model has said are the papers' own words."""
    generated = answer.get("generated")
    return generated is not None and all(sentence["is_quote"] for sentence in generated["sentences"])


def model_of(answer: Json) -> str:
    return str((answer.get("writing") or {}).get("model") or "")


def head_html(answer: Json, model: str, turn: int, *, leading: bool) -> str:
    """Return the title; where the words lead, with the way to the answer in the papers' own words.

    Whoever reads on from here, below the notice, is told once more that the figures differ.
    """
    way = ""
    if leading:
        words = f"{EXTRACTED[answer['status']]}へ"
        way = f'<button type="button" class="tk-action" data-to="extracted-{turn}">{words}</button>'
    differs = bool((answer.get("generated") or {}).get("disagreements"))
    warning = '<p class="tk-warns">資料から抜き出した答えと、値が違います。</p>' if differs else ""
    return f'<div class="tk-written"><h3>{escape(title(answer, model))}</h3>{way}{warning}</div>'


def sentence_html(sentence: Json, answer: Json, turn: int) -> str:
    """Return a sentence with the numbers of its places; the papers' words, to which the model only points, as a quote.

    A number opens its page.
    """
    known = places(answer)
    markers = "".join(
        render.marker_html(citation, turn, name=name, number=number)
        for name, number, citation in (known[n] for n in sentence["citations"])
    )
    if sentence["is_quote"]:
        return f'<blockquote class="tk-picked">{escape(sentence["text"])}{markers}</blockquote>'
    return f'<p class="tk-worded">{escape(sentence["text"])}{markers}</p>'


def checked_html(answer: Json) -> str:
    """Return, for who opens it, what was checked, how many sentences are not shown, and why."""
    dropped = (answer.get("writing") or {}).get("dropped") or ()
    generated = answer.get("generated") or {}
    told = f"・示さなかった文 {len(dropped)} 件" if dropped else ""
    reasons = "".join(
        f"<li>{escape(DROPPINGS.get(one['kind'], one['kind']))}：{escape(one['reason'])}</li>" for one in dropped
    )
    moved = generated.get("repointed")
    again = f"<p>{moved} 文は、AIが示した行ではなく、内容のある別の行を出典にしました。</p>" if moved else ""
    return (
        f'<details class="tk-checked"><summary>照合したこと{told}</summary><p>{checked(answer)}</p>{again}'
        f"{f'<ul>{reasons}</ul>' if reasons else ''}</details>"
    )


def ended(answer: Json, state: str, fault: str, *, shown: bool) -> str:
    """Return why there is no text of a model, in a sentence; nothing where there is one.

    ``shown`` says that sentences were seen which no longer are there.
    """
    writing = answer.get("writing") or {}
    taken_back = "示した文は取り消しました。" if shown else ""
    if state == "stopped":
        return f"AIの文章を止めました。{taken_back}"
    if state == "failed" or writing.get("ended") == "failed":
        why = fault or writing.get("error") or ""
        return f"AIの文章を取り消しました：{why}" if shown else f"AIの文章はありません：{why}"
    if writing.get("ended") == "declined":
        return DECLINED
    if writing.get("ended") == "dropped":
        return "AIの文章は、原文と照合できる文がなかったので、示しません。"
    return ""


def may_try_again(answer: Json, state: str) -> bool:
    """Tell whether there is no text only because it was stopped, or failed."""
    return state in ("stopped", "failed") or (answer.get("writing") or {}).get("ended") == "failed"


def ended_html(words: str) -> str:
    return f'<p class="tk-ended">{escape(words)}</p>'


WAITING = '<p class="tk-waiting"><span class="tk-turning" aria-hidden="true"></span>文章を照合しています…</p>'


def differs_html(answer: Json, turn: int) -> str:
    """Return what nobody may miss: figures of a model's words that are not the answer's, both with their places."""
    generated = answer.get("generated") or {}
    if not generated.get("disagreements"):
        return ""
    mine = {citation["n"]: (f"c{citation['n']}", citation["n"], citation) for citation in answer["citations"]}
    known = places(answer)
    rows = "".join(
        f"<dt>{whose}</dt><dd><strong>{escape(value)}</strong>"
        f"{render.marker_html(citation, turn, name=name, number=number)}"
        f"<span>{escape(citation.get('title') or citation['file'])}　{escape(render.place(citation))}</span></dd>"
        for one in generated["disagreements"]
        for whose, value, (name, number, citation) in (
            ("資料から抜き出した答え", one["value"], mine[one["citation"]]),
            ("AIの文章", one["generated_value"], known[one["generated_citation"]]),
        )
    )
    return (
        f'<div class="tk-notice tk-differs" role="alert"><b>{DIFFERS}</b><dl>{rows}</dl>'
        "<span>どちらがお尋ねの値か、両方の箇所を開いて確かめてください。</span></div>"
    )


# --- as plain text ------------------------------------------------------------------------------------------------


def lines(answer: Json) -> Iterator[tuple[str, bool]]:
    """Yield the sentences with the names of their places, and whether each is the papers' own words.

    例: 総排出量は1,204トンです。［出典1］［出典3］
    """
    known = places(answer)
    for sentence in (answer.get("generated") or {}).get("sentences", ()):
        named = "".join(f"［出典{known[n][1]}］" for n in sentence["citations"])
        said = f"「{sentence['text']}」" if sentence["is_quote"] else sentence["text"]
        yield f"{said}{named}", sentence["is_quote"]


def differences(answer: Json) -> Iterator[str]:
    """Yield where the figures differ. 例: 資料から抜き出した答え 1,204トン（出典1）、AIの文章 310トン（出典3）"""
    known = places(answer)
    for one in (answer.get("generated") or {}).get("disagreements", ()):
        yield (
            f"資料から抜き出した答え {one['value']}（出典{one['citation']}）、"
            f"AIの文章 {one['generated_value']}（出典{known[one['generated_citation']][1]}）"
        )
