"""What becomes of a question as it is told: the answer with its citations, candidates of an unsure one, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from answer.answer import Answer, Candidate, Citation, Derived, Passage, TimelinePoint
from answer.asking.question import Question, asks_two
from answer.citing import as_passages, cite_draft
from answer.draft import Draft
from answer.judging.outcome import Outcome
from answer.reading.evidence import katakana
from index.protocols import Hit
from index.snapshot import Snapshot
from ingest.writing import without_notes

NOT_FOUND = "資料に記載がありません"
UNSURE = "一つに決められません。次の箇所に書かれている可能性があります。"
_PASSAGES = 5  # shown to a reader who wants more


def say(snapshot: Snapshot, question: Question, outcome: Outcome, hits: Sequence[Hit]) -> Answer:
    """Return the answer with its citations; what is not in the text that it cites is neither said nor offered."""
    passages = as_passages(snapshot, hits[:_PASSAGES])
    answer = Answer(
        question=question.text,
        status="not_found",
        answer=NOT_FOUND,
        type=question.kind,
        missing=outcome.missing,
        passages=passages,
        confidence=round(1 - outcome.draft.probability, 2),
    )
    if outcome.status == "not_found":
        return answer
    if outcome.status == "answered" and (citations := cite_draft(snapshot, question, outcome.draft)):
        draft = outcome.draft
        places = list(dict.fromkeys(draft.supports))
        numbers = [places.index(support) + 1 for support in draft.supports]
        return replace(
            answer,
            status="answered",
            answer=draft.text,
            type=draft.kind,
            as_of=draft.as_of,
            derived=Derived(draft.how, tuple(dict.fromkeys(numbers[i] for i in draft.operands))) if draft.how else None,
            citations=citations,
            timeline=_timeline(draft, numbers, citations),
            missing=_named(outcome.missing, question, passages),
            is_half=asks_two(question) and draft.sort != "line",
            confidence=round(outcome.draft.probability, 2),
        )
    offers: list[Candidate] = []
    cited: list[Citation] = []
    for draft in outcome.candidates:
        places_of_it = cite_draft(snapshot, question, draft, first=len(cited) + 1)
        if places_of_it:
            offers.append(Candidate(draft.text, places_of_it[0].n, round(draft.probability, 2)))
            cited += places_of_it
    return replace(
        answer,
        status="unsure",
        answer=UNSURE,
        citations=tuple(cited),
        candidates=tuple(offers),
        missing=_named(outcome.missing, question, passages),
        confidence=round(outcome.draft.probability, 2),
    )


def _named(missing: Sequence[str], question: Question, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return words that are missing as the question has them, without those that stand in the passages shown.

    例: カスハラ対策トシテ県 is no word of anybody's; what a reader sees right below is not missing.
    """
    asked = re.sub(r"\s", "", question.folded)
    shown = katakana(" ".join(" ".join((p.citation.title, *p.citation.section, p.citation.quote)) for p in passages))
    named: list[str] = []
    for word in missing:
        at = katakana(asked).find(katakana(word))
        of_term = next((t.text for t in question.terms if word in (t.lemma, *t.parts)), "")
        typed = asked[at : at + len(katakana(word))] if at >= 0 else of_term
        inside = [t.text for t in question.terms if t.text in typed]
        whole = not inside or any(t.text == typed for t in question.terms) or re.search(r"\d", typed)
        # a piece of a word is no word either: 定休日, not 定休
        held = next((t.text for t in question.terms if typed != t.text and typed in t.text), typed)
        named += [held if katakana(held) not in shown else typed] if whole else inside
    return tuple(w for w in dict.fromkeys(named) if w and w != question.counter and katakana(w) not in shown)


def _timeline(draft: Draft, numbers: Sequence[int], citations: Sequence[Citation]) -> tuple[TimelinePoint, ...]:
    """Return the points of a draft whose value stands in their citation; fewer than two are no series."""
    points = [TimelinePoint(m.as_of, m.value, m.unit, numbers[m.support]) for m in draft.timeline]
    kept = tuple(
        replace(point, value=without_notes(point.value))
        for point in points
        if point.value in citations[point.citation - 1].quote
    )
    return kept if len(kept) > 1 else ()
