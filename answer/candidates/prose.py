"""Prose: the sentence or clause that answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from answer.answer import QuestionType
from answer.asking.question import Question
from answer.candidates.names import when_fit
from answer.draft import Draft, Support
from answer.reading.evidence import Statement, katakana
from answer.reading.scene import Scene, Scored
from ingest.japanese import content_words

_USUAL, _LONG = 180, 280  # characters of a prose answer; the contract allows 600
_LIMITS: dict[QuestionType, int] = dict.fromkeys(("definition", "reason", "howto"), _LONG)
_SHORT = 78  # what a name or place may have, when only its sentence can be given
_GIVES_REASON = re.compile(
    r"ため|により|によって|ことから|ので|背景|きっかけ|契機|踏まえ|に伴[いう]|理由|おかげ|影響|懸念|図る|目指"
    r"|つなげ|資する|向上|確保|解消|受け|要因|原因|となっており"
)
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
            return quoted(scene, scored)
    missing = ("理由",) if question.kind == "reason" else ()
    return Draft(question.kind, missing=missing, why=("近くに答えとなる文がない",))


def quoted(scene: Scene, scored: Scored) -> Draft:
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


def _lead(scene: Scene, scored: Scored) -> float:
    other = next((s for s in scene.statements if s.index != scored.index or s.region is not scored.region), None)
    return scored.score - other.score if other is not None else 0.5


def _plain(text: str) -> str:
    """Return a statement without its bullet, emphasis marks and wide spaces, for reading."""
    folded = re.sub(r"\*\*|<[^>]{1,20}>", "", unicodedata.normalize("NFC", text))
    return re.sub(r"\s+", " ", re.sub(r"^[\s　]*[-#・●○■◆◇□※‣•➤➡⇒*]+[\s　・]*", "", folded)).strip()
