"""What becomes of the best answer that was found: it is said, offered among others, or nothing is there to be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from answer.answer import Status
from answer.asking.question import Question, Term
from answer.candidates.lines import answer_lines
from answer.candidates.values import answer_values
from answer.draft import SORTS, Draft, Support, without_yes
from answer.judging.absence import Shelf, absent
from answer.judging.confidence import Judge
from answer.judging.features import Features, Similarity, read_features
from answer.operations.picking import answers_near
from answer.reading.evidence import Reading, katakana
from answer.reading.scene import Scene
from index.protocols import Hit
from ingest.dates import find_periods
from ingest.japanese import fold

OFFERED = 3  # candidates of an unsure answer
# Over ten collections left out, right among what is said: .549 when the value is always said, .577 so, .579 with .9.
NEARLY = 0.8


@dataclass(frozen=True)
class Judged:
    """A draft with its row of features, and what forbids to say it."""

    draft: Draft
    row: Features
    against: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """``draft`` is the best that was found, said or not; ``candidates`` are offered in its place, likeliest first.

    ``missing`` names what of the question no paper has; ``against`` says, in Japanese, what forbade to say any of the
    drafts, and ``judged`` holds them all, likeliest first (for the trace and for whoever fits the judge); ``least`` is
    the probability from which one is said.
    """

    status: Status
    draft: Draft
    least: float
    candidates: tuple[Draft, ...] = ()
    missing: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()


def decide(
    scene: Scene,
    picked: Draft,
    hits: Sequence[Hit],
    papers: int,
    similarity: Similarity,
    shelf: Shelf,
    judge: Judge,
) -> Outcome:
    """Return what becomes of the value that was picked and of the lines that meet the question best.

    ``hits`` are the passages that were read, ``papers`` how many documents were asked; ``similarity`` compares texts
    with the question, ``shelf`` looks for a text in all documents, ``judge`` says how likely a draft is right, and
    from where one is said.
    """
    least = judge.least
    drafts = [*([picked] if picked.text else []), *(answers_near(scene) if scene.odds else ()), *answer_lines(scene)]
    # What the reader takes out of the likeliest lines is no answer: as one it was right less often than what the rules
    # pick there. What says the same as it, and how far ahead of it a value is, tells how likely an answer is.
    beside = [*drafts, *answer_values(scene)]
    rows = read_features(scene, beside, hits, papers, similarity)[: len(drafts)]
    judged = sorted(
        (
            Judged(replace(draft, probability=judge.probability(draft, row)), row, tuple(gates(scene, draft)))
            for draft, row in zip(drafts, rows, strict=True)
        ),
        key=lambda one: -one.draft.probability,
    )
    best = _best([one for one in judged if not one.against])
    question, ranked = scene.question, [one.draft for one in judged]
    if best is not None and best.probability >= least:
        strange = best.signals.strange if best.signals is not None else ()
        # Should the check find a figure of it in no cited text, the others are offered.
        return Outcome("answered", best, least, _offers(ranked), _as_asked(question, strange), judged=tuple(judged))
    suspects = [term.text for term in _others_of_the_kind(scene, picked)]
    evident, unheard = absent(question, scene.atoms, shelf, suspects)
    shown = Outcome(
        "not_found" if evident else "unsure",
        best or (ranked[0] if ranked else picked),
        least,
        missing=(*evident, *unheard),
        against=tuple(dict.fromkeys(why for one in judged for why in one.against)),
        judged=tuple(judged),
    )
    return shown if evident else replace(shown, candidates=_offers(ranked))


def _best(judged: Sequence[Judged]) -> Draft | None:
    """Return the likeliest draft; where it holds a value that is nearly as likely the value: it is short and dated.

    A line that answers may hold another value, too: of 225 picked values whose line was likelier, 27 were wrong where
    the line was right. A table's row without its headings tells nobody which of its values is meant. What was picked
    out of all comes before what was picked near a line: it knows the values of other dates, and how things went only
    those tell together.
    """
    if not judged:
        return None
    best = judged[0].draft
    if best.kind == "temporal" and (series := next((one.draft for one in judged if one.draft.timeline), None)):
        return series
    nearly = 0.0 if judged[0].row.table else NEARLY * best.probability
    held = [one.draft for one in judged if one.row.held]
    for value in sorted(held, key=lambda draft: SORTS.index(draft.sort)):
        if SORTS.index(value.sort) >= SORTS.index(best.sort):
            break
        if katakana(value.text.partition("（")[0]) not in katakana(best.text):
            continue
        if value.probability >= nearly:
            return replace(value, probability=best.probability)
        if value.as_of is not None and {period.code for period in find_periods(best.text)} == {value.as_of}:
            # The line names one date, that of a value in it: it keeps what the value knows of other dates.
            supports = (*best.supports, *value.supports[1:])
            return replace(best, as_of=value.as_of, timeline=value.timeline, supports=supports)
    return best


def _offers(ranked: Sequence[Draft]) -> tuple[Draft, ...]:
    """Return what is offered, likeliest first: of drafts that say the same only one.

    Neither yes nor no is offered: where that is not settled the line is what there is to be read.
    """
    offers: dict[str, Draft] = {}
    for draft in ranked:
        plain = without_yes(draft.text) if draft.kind == "yesno" else draft.text
        key = katakana(plain)
        if draft.supports and not any(key in other or other in key for other in offers):
            offers[key] = replace(draft, text=plain)
    return tuple(offers.values())[:OFFERED]


def gates(scene: Scene, draft: Draft) -> Iterator[str]:
    """Yield what forbids to say a draft, whatever its probability: it is about another thing than was asked."""
    question, signals = scene.question, draft.signals
    if not draft.text or signals is None:
        return
    for lemma in signals.needed:
        yield f"欠かせない語が近くにない（{lemma}）"
    for lemma in question.subjects.intersection(signals.strange):
        yield f"どの資料にもない語（{lemma}）"
    for term in _others_of_the_kind(scene, draft):
        yield f"同じ種類の別のもの（{term.text}）"
    if not _ASKS_OLD.search(question.folded) and (old := _held_before(scene, draft)):
        yield f"改まる前のもの（{old}）"


# What held before a change, and how somebody asks for it, or for the change itself.
_OLD = re.compile(r"(?:改正|変更|見直し|改定|改訂|統合|移行)前|旧(?:制度|規定|基準|料金)")
_ASKS_OLD = re.compile(
    r"前|旧|以前|昔|これまで|従来|もと(?:もと|は)|元は|過去|変わ|変更|改[正定訂]|見直|比[べ較]|違い|差|推移"
)


def _held_before(scene: Scene, draft: Draft) -> str | None:
    """Return the heading or column that says that what a draft says held before a change; None where none does.

    例: 料金 | 改正前: 200円 | 改正後: 300円, of which 200円 does not answer what it costs
    """
    value = katakana(draft.text.partition("（")[0])
    readings = {region.reading.document.id: region.reading for region in scene.regions}
    for support in draft.supports:
        reading = readings.get(support.document_id)
        if reading is None:
            continue
        headings = reading.statements[reading.at(support.start)].headings
        cells = [f for f in reading.facts_between(support.start, support.end) if katakana(f.value) in value]
        columns = [" ".join(filter(None, (fact.row, fact.column))) for fact in cells if fact.table is not None]
        if headings and (found := _OLD.search(headings[-1])):
            return found[0]
        if columns and all(_OLD.search(fold(column)) for column in columns):
            return fold(columns[0])[:20]
    return None


def _others_of_the_kind(scene: Scene, draft: Draft) -> list[Term]:
    """Return the things that are asked of, and of which what supports a draft names another of the kind."""
    partly = draft.signals.others if draft.signals is not None else ()
    return [term for term in scene.question.terms if term.text in partly and _is_anothers(scene, draft, term)]


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
