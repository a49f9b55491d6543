"""What becomes of the best answer that was found: it is said, offered among others, or nothing is there to be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from answer.absence import Holds, absent
from answer.answer import Status
from answer.confidence import Judge
from answer.draft import Draft, Support
from answer.evidence import Reading, katakana
from answer.features import Features, Similarity, read_features
from answer.lines import answer_lines
from answer.question import Question, Term
from answer.scene import Scene
from index.protocols import Hit
from ingest.japanese import fold

OFFERED = 3  # candidates of an unsure answer


@dataclass(frozen=True)
class Judged:
    """A draft with its row of features, and what forbids to say it."""

    draft: Draft
    row: Features
    against: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """``draft`` is the best that was found, said or not; ``candidates`` are offered in its place, likeliest first.

    ``missing`` names what of the question no paper has; ``against`` says, in Japanese, what spoke against the best
    draft, and ``judged`` holds all drafts, likeliest first (for the trace and for whoever fits the judge).
    """

    status: Status
    draft: Draft
    candidates: tuple[Draft, ...] = ()
    missing: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()


def decide(
    scene: Scene, picked: Draft, hits: Sequence[Hit], papers: int, similarity: Similarity, holds: Holds, judge: Judge
) -> Outcome:
    """Return what becomes of the value that was picked and of the lines that meet the question best.

    ``hits`` are the passages that were read, ``papers`` how many documents were asked; ``similarity`` compares texts
    with the question, ``holds`` looks for a text in all documents, ``judge`` says how likely a draft is right.
    """
    drafts = [*([picked] if picked.text else []), *answer_lines(scene)]
    rows = read_features(scene, drafts, hits, papers, similarity)
    judged = sorted(
        (
            Judged(replace(draft, probability=judge.probability(draft, row)), row, tuple(gates(scene, draft)))
            for draft, row in zip(drafts, rows, strict=True)
        ),
        key=lambda one: -one.draft.probability,
    )
    best = next((one.draft for one in judged if not one.against), None)
    question = scene.question
    if best is not None and best.probability >= judge.least:
        strange = best.signals.strange if best.signals is not None else ()
        return Outcome("answered", best, missing=_as_asked(question, strange), judged=tuple(judged))
    ranked = [one.draft for one in judged]
    suspects = picked.signals.others if picked.signals is not None else ()
    missing = absent(question, scene.atoms, holds, suspects)
    shown = Outcome(
        "not_found" if missing else "unsure",
        best or (ranked[0] if ranked else picked),
        missing=missing,
        against=tuple(dict.fromkeys(why for one in judged for why in one.against)),
        judged=tuple(judged),
    )
    return shown if missing else replace(shown, candidates=_offers(ranked))


def _offers(ranked: Sequence[Draft]) -> tuple[Draft, ...]:
    """Return what is offered, likeliest first: of drafts that say the same only one."""
    offers: list[Draft] = []
    for draft in ranked:
        key = katakana(draft.text)
        if draft.supports and not any(key in katakana(o.text) or katakana(o.text) in key for o in offers):
            offers.append(draft)
    return tuple(offers[:OFFERED])


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
