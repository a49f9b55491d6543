"""What becomes of the best answer that was found: it is said, offered among others, or nothing is there to be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from answer.absence import Holds, absent
from answer.answer import QuestionType, Status
from answer.confidence import weights
from answer.draft import Draft, Support
from answer.evidence import Reading
from answer.features import features
from answer.prose import best_clause
from answer.question import Question, Term
from answer.scene import Scene
from index.protocols import Hit
from ingest.japanese import fold

OFFERED = 3  # candidates of an unsure answer
_OFFER = 160  # characters of one
_LOOKED_AT = 40  # statements, best first
_ANY = re.compile(".")
# What a statement must have to hold an answer of the kind.
_SPOKEN: dict[QuestionType, re.Pattern[str]] = {
    "number": re.compile(r"\d"),
    "date": re.compile(r"\d|曜|まで|毎[年月週日]|[初上中下]旬|月末|年度"),
    "comparison": re.compile(r"\d|増|減|変|同|差|違|多|少|高|低"),
    "temporal": re.compile(r"\d|増|減|変"),
}


@dataclass(frozen=True)
class Outcome:
    """``draft`` is the best that was found, said or not; ``candidates`` are offered in its place, likeliest first.

    ``missing`` names what of the question no paper has; ``against`` says, in Japanese, what spoke against the best
    draft (for the trace).
    """

    status: Status
    draft: Draft
    candidates: tuple[Draft, ...] = ()
    missing: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def decide(scene: Scene, picked: Draft, hits: Sequence[Hit], papers: int, holds: Holds) -> Outcome:
    """Return what becomes of the best draft.

    ``hits`` are the passages that were read, ``papers`` how many documents were asked; ``holds`` looks for a text in
    all of them.
    """

    def judged(draft: Draft) -> Draft:
        sure = weights().probability(draft.kind, features(scene, draft, hits, papers)) if draft.text else 0.0
        return replace(draft, probability=sure)

    question, picked = scene.question, judged(picked)
    against = tuple(gates(scene, picked))
    strange = picked.signals.strange if picked.signals is not None else ()
    if picked.text and not against and picked.probability >= weights().least:
        return Outcome("answered", picked, missing=_as_asked(question, strange))
    suspects = picked.signals.others if picked.signals is not None else ()
    missing = absent(question, scene.atoms, holds, suspects)
    if missing:
        return Outcome("not_found", picked, missing=missing, against=against)
    return Outcome("unsure", picked, tuple(map(judged, _offers(scene, picked))), against=against)


def gates(scene: Scene, draft: Draft) -> Iterator[str]:
    """Yield what forbids to say a draft, whatever its probability: it is about another thing than was asked."""
    question, signals = scene.question, draft.signals
    if not draft.text or signals is None:
        return
    for lemma in signals.needed:
        yield f"欠かせない語が近くにない（{lemma}）"
    for lemma in question.subjects.intersection(signals.strange):
        yield f"どの資料にもない語（{lemma}）"
    for term in question.terms:
        if term.text in signals.others and _is_anothers(scene, draft, term):
            yield f"同じ種類の別のもの（{term.text}）"


def _offers(scene: Scene, picked: Draft) -> tuple[Draft, ...]:
    """Return what may be the answer: the best draft, then the statements that meet most of the question.

    Each stands under a heading of its own, as long as there are such: three lines of one list are one place to look.
    """
    offers = [picked] if picked.text and picked.supports else []
    taken = {(s.document_id, s.start) for s in picked.supports} if offers else set()
    spoken = _SPOKEN.get(scene.question.kind, _ANY)
    likely = [s for s in scene.statements[:_LOOKED_AT] if spoken.search(fold(s.statement.flat))]
    for under_another_heading in (True, False):
        for scored in likely:
            if len(offers) >= OFFERED:
                return tuple(offers)
            document, statement = scored.region.reading.document, scored.statement
            found = best_clause(scene, [scored], _OFFER)
            place, section = (document.id, statement.start), (document.id, hash(statement.headings))
            if found is None or place in taken or (under_another_heading and section in taken):
                continue
            if any(found[1] in offer.text or offer.text in found[1] for offer in offers):
                continue
            taken |= {place, section}
            support = Support(document.id, statement.start, statement.end)
            offers.append(Draft("text", found[1], (support,), score=scored.score, signals=scored.signals(scene)))
    return tuple(offers)


def _as_asked(question: Question, lemmas: Sequence[str]) -> tuple[str, ...]:
    """Return words as the question has them, each once. 例: うなぎ for 鰻"""
    typed = {term.parts[0]: term.text for term in question.terms if len(term.parts) == 1}
    return tuple(dict.fromkeys(typed.get(lemma, lemma) for lemma in lemmas))


def _is_anothers(scene: Scene, draft: Draft, term: Term) -> bool:
    """Say whether a thing is asked of, and what supports the draft names another of its kind.

    例: 環境保全部会, asked of 環境整備部会
    """
    question = scene.question
    is_asked_of = term.text in question.subjects or set(term.parts) <= set(question.focus)
    if not is_asked_of or not term.text.endswith(term.parts[-1]):
        return False
    readings = {region.reading.document.id: region.reading for region in scene.regions}
    said = [text for s in draft.supports if s.document_id in readings for text in _said_at(readings[s.document_id], s)]
    kind = re.compile(rf"([一-鿿々ァ-ヶーa-z]{{2,16}}){re.escape(term.parts[-1])}(?![一-鿿])")
    return any(
        called[1] not in question.folded and not called[1].endswith(term.parts[0])
        for text in said
        for called in kind.finditer(text)
    )


def _said_at(reading: Reading, support: Support) -> tuple[str, ...]:
    """Return a quote and the heading that it stands under, folded."""
    headings = reading.statements[reading.at(support.start)].headings
    return tuple(map(fold, (reading.document.text[support.start : support.end], *headings[-1:])))
