"""はい or いいえ, by the statement that decides it: whether it says so or denies it.

Where the learned reader saw the statement it tells which; otherwise words of denial do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from answer.candidates.prose import answer_text, quoted
from answer.draft import Draft
from answer.operations.series import answer_series
from answer.reading.evidence import Atom, katakana
from answer.reading.scene import Scene, Scored
from ingest.dates import find_periods
from ingest.japanese import fold, noun_runs
from ingest.numbers import find_quantities

_NEGATIVE = re.compile(
    r"休止|休[みむん]|取りやめ|中止|運休|閉館|閉鎖|欠航|廃止|終了|停止|未定|未実施|未達|ない(?!し|よう)|ません|ず(?:、|に|$)|困難|不可|対象外|除く"
    r"|[ぁ-ん一-龠]せず|できな|下回|断念|見送|▲|△|なし(?!と)|無料|据え置"
)
# 例: 受けなければならない says that something is, not that it is not
_MUST = re.compile(
    r"なければな(?:らない|りません)|ないといけ(?:ない|ません)|(?:に|も)かかわらず|ほかならない|だけで(?:は|)なく|のみならず"
)
_RESUMED = re.compile(r"再開|復便|復旧|復活|再び|解除")
_STATE_ASKED = re.compile(r"続[いけ]|まだ|今も|現在も|再開|休止|中止|終わ|やって")
_ONLY = re.compile(r"([^、。\s]+?)(?:だけ|のみ|しか)")
_ALONE = re.compile(r"(?:だけ|のみ)(?!で(?:は|)なく|ならず)|しか|唯一|単独|初(?:の|めて)|限[りる]")


def answer_yesno(scene: Scene) -> Draft:
    """Return はい or いいえ with the statement that decides it."""
    folded = scene.question.folded
    if re.search(r"(?:増え|減っ|増加|減少|伸び|上が|下が)(?:て|し)?(?:い|き|ま)", folded):
        series = answer_series(scene)
        if series.how is not None:
            asked_up = re.search(r"増|伸び|上が", folded) is not None
            rose, fell = series.text.endswith("増）"), series.text.endswith("減）")
            return replace(series, text=f"{'はい' if (rose if asked_up else fell) else 'いいえ'}。{series.text}")
    only = _only(scene)
    if only is not None:
        return only
    draft = _grounded(scene)
    if not draft.text:
        return draft
    support = draft.supports[0]
    read = scene.read_at(support.document_id, support.start)
    asks_negative = bool(re.search(r"(?:ない|ません)(?:の|です)?(?:か|でしょう)", folded))
    is_yes = _denies(draft.text) == asks_negative if read is None else read.yes > 0
    return replace(draft, text=f"{'はい' if is_yes else 'いいえ'}。{draft.text}")


def _grounded(scene: Scene) -> Draft:
    """Return the best statement that speaks of what is asserted, the last thing that the question names.

    例: 講座は無料ですか is not decided by a line about the 講座 that says nothing of its price
    """
    folded = scene.question.folded
    last = max(scene.question.terms, key=lambda t: (folded.rfind(t.text), len(t.text)), default=None)
    words = {last.text, last.lemma, *last.parts} if last is not None else set()
    asserted = [a for a in scene.atoms if a.lemma in words]
    if not asserted or last is None or _STATE_ASKED.search(folded):
        return answer_text(scene)
    held = tuple(s for s in scene.statements[:60] if _speaks_of(s, asserted) and _is_about(s, scene, words))
    figures = {q.value for q in find_quantities(_undated(scene.question.text)) if q.base_unit is not None}
    if figures:  # 例: 2回開催されましたか is decided by a line that says how often
        held = tuple(s for s in held if figures & {q.value for q in s.statement.quantities})
        if not held:
            return Draft("yesno", missing=(last.text,), why=("その数値の行がない",))
    if held and (held[0].score > scene.statements[0].score - 0.35):
        return answer_text(replace(scene, statements=held))
    # Verbs are put in other words; a thing or a quality that nothing near names was not spoken of.
    is_verb = last.says_how and re.search(r"[うくぐすつぬぶむるい]$", last.lemma) is not None
    return answer_text(scene) if is_verb else Draft("yesno", missing=(last.text,), why=(f"{last.text}の記述がない",))


def _undated(text: str) -> str:
    for period in reversed(find_periods(text)):
        text = text[: period.at[0]] + text[period.at[1] :]
    return text


def _speaks_of(scored: Scored, asserted: Sequence[Atom]) -> bool:
    statement = scored.statement
    heading = katakana(statement.headings[-1]) if statement.headings else ""
    return any(a.match(statement.lemmas, statement.key) or a.match(frozenset(), heading) for a in asserted)


def _is_about(scored: Scored, scene: Scene, asserted: set[str]) -> bool:
    """Tell whether a statement meets enough of the question besides what is asserted."""
    zones = scored.region.coverage.zones[:, scored.index - scored.region.low]
    others = [(a.weight, zone) for a, zone in zip(scene.atoms, zones, strict=True) if a.lemma not in asserted]
    total = sum(weight for weight, _ in others)
    return not total or sum(weight * zone for weight, zone in others) >= 0.35 * total


def _only(scene: Scene) -> Draft | None:
    """Return いいえ where the text names another thing of the kind beside the one that is asked about.

    例: 選ばれたのは甲県だけですか, 甲県と乙県が選ばれた → いいえ
    """
    match = _ONLY.search(scene.question.folded)
    runs = noun_runs(match[1]) if match else []
    if not match or not runs:
        return None
    one = fold(match[1][runs[-1][0] : runs[-1][1]])
    end = "[都道府県市町村区]" if one[-1] in "都道府県市町村区" else re.escape(one[-1])
    beside = rf"[^\s、。・とやはがをに]{{1,12}}{end}"
    both = re.compile(
        rf"{re.escape(one)}(?:と|・|、|及び|や){beside}|{beside}(?:と|・|、|及び|や|とともに){re.escape(one)}"
    )
    for scored in scene.statements[:12]:
        if both.search(fold(scored.statement.flat)):
            said = quoted(scene, scored)
            return replace(said, text=f"いいえ。{said.text}")
    # That others are not named does not say that there are none.
    alone = next((s for s in scene.statements[:12] if _says_alone(fold(s.statement.flat), one)), None)
    if alone is None:
        return Draft("yesno", missing=(f"{one}だけか",), why=(f"{one}だけという記述も、ほかの記述もない",))
    said = quoted(scene, alone)
    return replace(said, text=f"はい。{said.text}")


def _says_alone(text: str, one: str) -> bool:
    return one in text and _ALONE.search(text) is not None


def _denies(text: str) -> bool:
    """Tell whether a text ends in the negative. 例: 運休していた便が再開 does not, 再開後に休止 does"""
    text = _MUST.sub("", text)
    last = max((m.start() for m in _NEGATIVE.finditer(text)), default=-1)
    return last > max((m.start() for m in _RESUMED.finditer(text)), default=-1)
