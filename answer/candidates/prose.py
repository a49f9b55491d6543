"""Prose: the sentence that answers, and はい or いいえ by whether it denies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from answer.answer import QuestionType
from answer.asking.question import Question
from answer.candidates.names import noun_runs, when_fit
from answer.draft import Draft, Support
from answer.operations.series import answer_series
from answer.reading.evidence import Atom, Statement, katakana
from answer.reading.scene import Scene, Scored
from ingest.dates import find_periods
from ingest.japanese import content_words, fold
from ingest.numbers import find_quantities

_USUAL, _LONG = 180, 280  # characters of a prose answer; the contract allows 600
_LIMITS: dict[QuestionType, int] = dict.fromkeys(("definition", "reason", "howto"), _LONG)
_SHORT = 78  # what a name or place may have, when only its sentence can be given
_NEGATIVE = re.compile(
    r"休止|休[みむん]|取りやめ|中止|運休|閉館|閉鎖|欠航|廃止|終了|停止|未定|未実施|未達|ない(?!し|よう)|ません|ず(?:、|に|$)|困難|不可|対象外|除く"
    r"|[ぁ-ん一-龠]せず|できな|下回|断念|見送|▲|△|なし(?!と)|無料|据え置"
)
# 例: 受けなければならない says that something is, not that it is not
_MUST = re.compile(
    r"なければな(?:らない|りません)|ないといけ(?:ない|ません)|(?:に|も)かかわらず|ほかならない|だけで(?:は|)なく|のみならず"
)
_GIVES_REASON = re.compile(
    r"ため|により|によって|ことから|ので|背景|きっかけ|契機|踏まえ|に伴[いう]|理由|おかげ|影響|懸念|図る|目指"
    r"|つなげ|資する|向上|確保|解消|受け|要因|原因|となっており"
)
_RESUMED = re.compile(r"再開|復便|復旧|復活|再び|解除")
_DEFINES = re.compile(
    r"とは[、「『]|(?:をいう|を指す|を指します|をいいます|のこと(?:です|である)?)[。)）」]*$|^[※＊*]\s*[^：:]{2,30}[：:]"
)
_SAYS = re.compile(r"(?:ます|ません|です|でした|ました|[うくすつぬむる]|[たい])[。）)]*$")


def answer_text(scene: Scene) -> Draft:
    """Return the best statement itself: what a thing is, why, how, or whatever else no value says."""
    question = scene.question
    for scored in _in_order(scene):
        if _says_something(scored.statement, question):
            if question.kind == "reason" and not _GIVES_REASON.search(scored.statement.flat):
                break  # what is said of a thing does not say why
            return _quoted(scene, scored)
    missing = ("理由",) if question.kind == "reason" else ()
    return Draft(question.kind, missing=missing, why=("近くに答えとなる文がない",))


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
    asks_negative = bool(re.search(r"(?:ない|ません)(?:の|です)?(?:か|でしょう)", folded))
    said = "いいえ" if _denies(draft.text) != asks_negative else "はい"
    return replace(draft, text=f"{said}。{draft.text}")


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


_STATE_ASKED = re.compile(r"続[いけ]|まだ|今も|現在も|再開|休止|中止|終わ|やって")


_ONLY = re.compile(r"([^、。\s]+?)(?:だけ|のみ|しか)")


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
            said = _quoted(scene, scored)
            return replace(said, text=f"いいえ。{said.text}")
    # That others are not named does not say that there are none.
    alone = next((s for s in scene.statements[:12] if _says_alone(fold(s.statement.flat), one)), None)
    if alone is None:
        return Draft("yesno", missing=(f"{one}だけか",), why=(f"{one}だけという記述も、ほかの記述もない",))
    said = _quoted(scene, alone)
    return replace(said, text=f"はい。{said.text}")


_ALONE = re.compile(r"(?:だけ|のみ)(?!で(?:は|)なく|ならず)|しか|唯一|単独|初(?:の|めて)|限[りる]")


def _says_alone(text: str, one: str) -> bool:
    return one in text and _ALONE.search(text) is not None


def _quoted(scene: Scene, scored: Scored) -> Draft:
    """Return a statement as the answer, as long as its kind allows."""
    question, statement = scene.question, scored.statement
    return Draft(
        kind=question.kind,
        text=clip(statement.flat, _LIMITS.get(question.kind, _USUAL)),
        supports=(Support(statement.document.id, statement.start, statement.end),),
        score=scored.score,
        signals=scored.signals(scene, lead=_lead(scene, scored), period=when_fit(statement, question)),
        why=(f"文 {scored.score:.2f} {statement.flat[:60]}",),
    )


def best_clause(scene: Scene, statements: Sequence[Scored], limit: int = _SHORT) -> tuple[Scored, str] | None:
    """Return the clause of the best statements that meets most of the question, at most ``limit`` characters."""
    for scored in statements[:3]:
        if scored.statement.kind == "heading":
            continue
        text = _plain(scored.statement.flat)
        if len(text) <= limit:
            return scored, text
        clauses = [c for c in re.split(r"(?<=[。、])", text) if c.strip()]
        best = max(clauses, key=lambda c: sum(a.weight for a in scene.atoms if a.surface in katakana(c)))
        if len(best) <= limit:
            return scored, best.strip("、。 ")
    return None


def clip(text: str, limit: int) -> str:
    """Return ``text`` cut at the end of a clause where it is longer than ``limit``."""
    text = _plain(text)
    if len(text) <= limit:
        return text
    cut = max(text.rfind(mark, limit // 2, limit) for mark in "。、）)")
    return text[: cut + 1] if cut > 0 else text[:limit]


def _in_order(scene: Scene) -> list[Scored]:
    """Return the statements best first, by their dates too; what the answer must look like decides."""
    question = scene.question
    if question.pattern is not None:
        return [
            s for s in scene.statements if re.search(question.pattern, unicodedata.normalize("NFKC", s.statement.text))
        ]

    def worth(scored: Scored) -> float:
        told = {"yesno": _SAYS, "definition": _DEFINES}.get(question.kind)  # a name decides nothing, nor defines it
        says = told is not None and told.search(scored.statement.flat) is not None
        return scored.score + when_fit(scored.statement, question) + 0.15 * says

    return sorted(scene.statements[:60], key=worth, reverse=True)


def _says_something(statement: Statement, question: Question) -> bool:
    """Tell whether a statement says more than the question already did: a heading or a caption does not answer."""
    if (statement.kind == "heading" and question.kind != "yesno") or len(statement.flat) < 4:
        return False
    document = statement.document
    if statement.kind == "label" and statement.key in katakana(f"{document.meeting or ''}{document.title}"):
        return False
    new = statement.lemmas - frozenset(content_words(question.text))
    return len(new) >= (2 if statement.kind == "label" else 1)


def _denies(text: str) -> bool:
    """Tell whether a text ends in the negative. 例: 運休していた便が再開 does not, 再開後に休止 does"""
    text = _MUST.sub("", text)
    last = max((m.start() for m in _NEGATIVE.finditer(text)), default=-1)
    return last > max((m.start() for m in _RESUMED.finditer(text)), default=-1)


def _lead(scene: Scene, scored: Scored) -> float:
    other = next((s for s in scene.statements if s.index != scored.index or s.region is not scored.region), None)
    return scored.score - other.score if other is not None else 0.5


def _plain(text: str) -> str:
    """Return a statement without its bullet, emphasis marks and wide spaces, for reading."""
    folded = re.sub(r"\*\*|<[^>]{1,20}>", "", unicodedata.normalize("NFC", text))
    return re.sub(r"\s+", " ", re.sub(r"^[\s　]*[-#・●○■◆◇□※‣•➤➡⇒*]+[\s　・]*", "", folded)).strip()
