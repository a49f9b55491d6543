"""The one way to ask: read the question, retrieve, answer, check, cite. Every front end calls ``Assistant.ask``."""

from __future__ import annotations

import logging
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from answer.answer import (
    A_LINE,
    LIMITS,
    USUAL,
    Answer,
    Box,
    Candidate,
    Citation,
    Derived,
    Generated,
    Passage,
    QuestionError,
    TimelinePoint,
    Timings,
    Writing,
)
from answer.asking.followup import leans, of_its_row, resolve
from answer.asking.question import Question, asks_two, read_question, validate
from answer.asking.spelling import Speller
from answer.candidates.figures import asked_names, is_named
from answer.check import is_verbatim, unsupported
from answer.draft import Draft, Support
from answer.editions.asked import answer_asked, read_asked
from answer.editions.shelf import Editions
from answer.events import Done, Event, Found, Waiting, Worded
from answer.generating.compose import Composition
from answer.generating.contract import Evidence, Mode, Option, Record, Writer, Written
from answer.generating.evidence import gather
from answer.generating.rewriting import rewriting
from answer.judging.absence import Shelf
from answer.judging.confidence import Judge, the_judge
from answer.judging.outcome import Outcome, decide
from answer.operations.gaps import MOST, asked_of, holds_none, left_out
from answer.operations.picking import pick
from answer.reading.as_read import Reads, read_by
from answer.reading.evidence import katakana, read_atoms
from answer.reading.library import Library
from answer.reading.ranking import led_by_facts, led_by_reading, merged
from answer.reading.scene import Scene, build_scene
from answer.trace import Trace
from index.collection import Collection
from index.documents import DocumentInfo
from index.embedder import open_embedder
from index.protocols import GenerationGone, Hit, IndexInterrupted
from index.reader import WEIGHTS, open_reader
from index.retriever import Leg
from index.scope import Scope
from index.servers import Servers
from index.snapshot import Part, Snapshot
from ingest.dates import find_periods, parse_code
from ingest.document import Fact, Page
from ingest.japanese import fold, words
from ingest.kana import Marks
from ingest.writing import without_notes

NOT_FOUND = "資料に記載がありません"
UNSURE = "一つに決められません。次の箇所に書かれている可能性があります。"
log = logging.getLogger(__name__)
T = TypeVar("T")

LOOKS = 3  # at papers that are replaced, or at servers that fall, meanwhile
_HITS = 16  # chunks that are read closely
_FACTS = 80  # facts that are looked at wherever they stand
_WIDER = 4  # times as many are looked through for those that are called just what the question says,
_NAMED = 1.4  # and those count this much more for each name: the words of a long title outweigh a short name
_PASSAGES = 5  # shown to a reader who wants more
_VIEWS = 8  # snapshots, or what somebody may see of one, whose words are kept


@dataclass(frozen=True)
class _View:
    """What a question is asked of: a snapshot, or the part of it that a scope covers."""

    snapshot: Snapshot
    part: Part | None = None

    def documents(self) -> Sequence[DocumentInfo]:
        return self.snapshot.documents() if self.part is None else self.part.documents

    def today(self) -> str | None:
        """Return the date that relative words count from: the newest document's, since the papers know no later day."""
        return max((d.published for d in self.documents() if d.published), default=None)


class Assistant:
    """Answers questions about one collection. Safe to call from several threads."""

    def __init__(
        self,
        collection: Collection,
        max_question_chars: int = 500,
        judge: Judge | None = None,
        reads: Reads | None = None,
        sure: float | None = None,
    ) -> None:
        """``judge`` says how likely an answer is right, and from where it is said: the fitted ones when it is None.

        ``reads`` is the learned reader; without it words alone decide. With it they decide from the probability
        ``sure`` on, by default as they do without it, and what they leave open is read: above 1 everything is.
        """
        self.collection = collection
        self.editions = Editions(collection.notes)
        self._reads = reads
        self._judge = judge or the_judge(with_reader=False)
        self._judge_of_read = judge or the_judge(with_reader=True)
        self._sure = self._judge.least if sure is None else sure
        self.max_question_chars = max_question_chars
        self._library = Library()
        self._spellers: OrderedDict[str, tuple[Snapshot, Speller]] = OrderedDict()  # by the snapshot's id
        self._lock = Lock()

    def ask(
        self,
        question: str,
        *,
        id: str | None = None,  # noqa: A002 - the contract's name for it
        scope: Scope | None = None,
        after: str | None = None,
        as_typed: bool = False,
        writer: Writer | None = None,
        visible: frozenset[str] | None = None,
    ) -> Answer:
        """Return the answer, or an honest "not found". ``QuestionError`` says why a question cannot be asked.

        It is what ``tell`` ends with.
        """
        how: dict[str, Any] = {"scope": scope, "after": after, "as_typed": as_typed, "writer": writer}
        telling = self.tell(question, id=id, visible=visible, **how)
        *_, last = telling
        assert isinstance(last, Done)
        return last.answer

    def tell(
        self,
        question: str,
        *,
        id: str | None = None,  # noqa: A002 - the contract's name for it
        scope: Scope | None = None,
        after: str | None = None,
        as_typed: bool = False,
        writer: Writer | None = None,
        visible: frozenset[str] | None = None,
    ) -> Generator[Event, None, None]:
        """Yield the answer as it is found, each sentence that a ``writer`` words over it, and the whole in the end.

        Only the documents within ``scope`` are asked. Of documents that are not ``visible`` (None: all are) nothing
        is known at all. ``after`` is the question before, as it was understood: with it
        「では令和4年度は？」 is a whole question. Misspelt words are read as the papers' words that they are meant for.
        ``as_typed`` takes the question as it stands: it follows nothing, and no word of it is put right. What a
        ``writer`` words over the same passages stands beside the answer, which it does not change. Closing the
        generator cancels what the writer does. Raises QuestionError before anything is yielded.

        The first event waits for no writer, but for one case: a question that leans on the one before, and of which
        the rules make no whole one, may be rewritten by a model that is known to do so within a few seconds.

        When papers are replaced, or a server of a shared index falls, before anything is yielded, it is asked anew.
        """
        how: dict[str, Any] = {"scope": scope, "after": after, "as_typed": as_typed, "writer": writer}
        first, telling = self._anew(lambda: _begun(self._told(question, id, visible, **how)))
        with closing(telling):
            yield first
            yield from telling

    def _told(
        self,
        question: str,
        id: str | None,  # noqa: A002 - as above
        visible: frozenset[str] | None,
        *,
        scope: Scope | None,
        after: str | None,
        as_typed: bool,
        writer: Writer | None,
    ) -> Generator[Event, None, None]:
        started = time.perf_counter()
        text = validate(question, self.max_question_chars)
        view = self._view(scope, visible)
        if (changed := self._changed(view, text, id, scope, started)) is not None:
            yield Found(changed, more=False)
            yield Done(changed)
            return
        before = None if as_typed or len(after or "") > self.max_question_chars else after
        whole = self._resolved(view, text, before)
        asked = time.perf_counter()
        rewritten = None if whole else self._rewritten(text, before, writer)
        waited = time.perf_counter() - asked
        understood = None if as_typed else self._understood(view, text, whole or rewritten)
        read = read_question(understood or text, view.today())
        hits, scene = self._scene(view, read)
        retrieved = time.perf_counter()
        _, outcome, hits, scene = self._decided(view, hits, scene)
        answered = time.perf_counter()
        answer = self._checked(view.snapshot, read, outcome, hits)
        done = time.perf_counter()
        timings = Timings(
            retrieve=_ms(started + waited, retrieved),
            read=_ms(retrieved, answered),
            check=_ms(answered, done),
            total=_ms(started, done),
            write=_ms(0.0, waited),
        )
        answer = replace(
            answer,
            question=text,
            timings_ms=timings,
            index=view.snapshot.id,
            id=id,
            understood=understood,
            is_rewritten=rewritten is not None,
            scope=scope or None,
            searched=len(view.documents()),
            unsaid=self._unsaid(view, read, answer.timeline),
        )
        yield Found(answer, more=writer is not None)
        if writer is None:
            yield Done(answer)
            return
        asked = time.perf_counter()
        if outcome.status != "answered" and (terms := writer.terms(read.text)):
            hits, scene = self._read(*self._scene(view, read, terms))
        evidence = self._evidence(view.snapshot, read, outcome, scene, hits)
        generated, writing, record = yield from self._composed(view.snapshot, answer, evidence, writer)
        now = time.perf_counter()
        timings = replace(timings, write=_ms(asked - waited, now), total=_ms(started, now))
        yield Done(replace(answer, generated=generated, writing=writing, timings_ms=timings), record)

    def _anew(self, look: Callable[[], T]) -> T:
        """Return what a look at the papers gives, which is begun anew where it cannot be finished."""
        for left in reversed(range(LOOKS)):
            try:
                return look()
            except (GenerationGone, IndexInterrupted) as error:
                if not left:
                    raise
                log.info("looking anew: %s", error)
        raise AssertionError("the last look returns or raises")

    def _unsaid(self, view: _View, question: Question, timeline: Sequence[TimelinePoint]) -> tuple[str, ...]:
        """Return the dates that a timeline leaves out, each searched for by a question of its own, in vain."""
        dates = left_out([point.as_of for point in timeline])
        if len(dates) > MOST:
            return ()
        asked = ((code, read_question(asked_of(question, code), view.today())) for code in dates)
        return tuple(code for code, read in asked if holds_none(self._scene(view, read)[1], code))

    def _changed(
        self, view: _View, text: str, asked_as: str | None, scope: Scope | None, started: float
    ) -> Answer | None:
        """Return the answer to a question of what changed since the edition before; None for any other question."""
        asked = read_asked(text)
        draft = asked and answer_asked(asked, self.editions, view.snapshot, view.documents())
        if not draft:
            return None
        question = read_question(text, view.today())
        answer = self._checked(view.snapshot, question, Outcome("answered", draft, 0.0), ())
        if answer.status != "answered":
            return None
        timings = Timings(total=_ms(started, time.perf_counter()))
        return replace(
            answer,
            question=text,
            timings_ms=timings,
            index=view.snapshot.id,
            id=asked_as,
            scope=scope or None,
            searched=len(view.documents()),
        )

    def whole(self, questions: Sequence[str], *, visible: frozenset[str] | None = None) -> str | None:
        """Return the last of some questions, each after the one before, as the whole question that it stands for.

        None where none of them can be asked; QuestionError where no document is visible.
        """
        view, before = self._view(None, visible), None
        for question in questions:
            try:
                text = validate(question, self.max_question_chars)
            except QuestionError:
                continue
            before = self._resolved(view, text, before) or text
        return before

    def trace(self, question: str, *, scope: Scope | None = None, as_typed: bool = False) -> Trace:
        """Return what lies behind the answer to a question."""
        text = validate(question, self.max_question_chars)
        view = self._view(scope)
        understood = None if as_typed else self._understood(view, text)
        read = read_question(understood or text, view.today())
        hits, scene = self._scene(view, read)
        picked, outcome, hits, scene = self._decided(view, hits, scene)
        legs: dict[Leg, list[Hit]] = {
            "keyword": view.snapshot.search(read.text, k=_HITS, leg="keyword", part=view.part),
            "vector": view.snapshot.search(read.text, k=_HITS, leg="vector", part=view.part),
            "fused": hits,
        }
        return Trace(read, legs, scene, picked, outcome)

    def evidence(self, question: str, *, scope: Scope | None = None, as_typed: bool = False) -> Evidence:
        """Return what a model is given to read for a question."""
        text = validate(question, self.max_question_chars)
        view = self._view(scope)
        understood = None if as_typed else self._understood(view, text)
        read = read_question(understood or text, view.today())
        hits, scene = self._scene(view, read)
        _, outcome, hits, scene = self._decided(view, hits, scene)
        return self._evidence(view.snapshot, read, outcome, scene, hits)

    def search(
        self,
        question: str,
        k: int = 10,
        leg: Leg = "fused",
        *,
        scope: Scope | None = None,
        visible: frozenset[str] | None = None,
    ) -> tuple[Passage, ...]:
        """Return the best passages for a question, best first."""
        text = validate(question, self.max_question_chars)

        def look() -> tuple[Passage, ...]:
            view = self._view(scope, visible)
            return self._passages(view.snapshot, view.snapshot.search(text, k=k, leg=leg, part=view.part))

        return self._anew(look)

    def cite(self, snapshot: Snapshot, document_id: str, start: int, end: int, n: int) -> Citation:
        """Return the citation of ``document.text[start:end]``; ``n`` is its number in the answer."""
        document = snapshot.document(document_id)
        start, end = _trimmed(document.text, start, end)
        page = document.page_at(start)
        end = min(end, page.end)
        return Citation(
            n=n,
            document_id=document_id,
            file=document.file,
            title=document.title,
            meeting=document.meeting,
            published=document.published,
            page=page.number if document.paging != "none" else None,
            page_label=page.label,
            page_guessed=document.paging == "guessed",
            section=document.headings_at(start),
            quote=document.text[start:end],
            lines=document.lines(start, end) if document.lines_are_source else None,
            start=start,
            end=end,
            boxes=line_boxes(page, start, end),
            place=document.place_of(start, end),
            read_by=page.read_by,
            published_guessed=document.is_date_guessed,
        )

    def _view(self, scope: Scope | None, visible: frozenset[str] | None = None) -> _View:
        """Return what is asked: the snapshot as far as it is visible, narrowed where there is a scope."""
        snapshot = self.collection.snapshot().only(visible)
        if visible is not None and not snapshot.documents():
            raise QuestionError(
                "no_documents",
                "見られる資料がまだありません。資料を取り込むか、管理者にグループへの追加を頼んでください。",
                "no document is visible",
            )
        if not scope:
            return _View(snapshot)
        part = snapshot.part(scope)
        if not part.documents:
            raise QuestionError(
                "empty_scope",
                "絞り込みに合う文書がありません。会議・部署・期間・文書の指定を広げるか、外してください。",
                f"no document of the index lies within {scope}",
            )
        return _View(snapshot, part)

    def _understood(self, view: _View, text: str, whole: str | None = None) -> str | None:
        """Return the question that is answered where it is another than ``text``: whole, and spelt as in the papers."""
        right = self._spelling(view.snapshot).corrected(whole or text)
        return right if right is not None and len(right) <= self.max_question_chars else whole

    def _spelling(self, snapshot: Snapshot) -> Speller:
        with self._lock:
            kept = self._spellers.get(snapshot.id)
            if kept is None or kept[0] is not snapshot:  # what somebody sees is the same, but of an older whole

                def passages(text: str) -> list[str]:
                    return [fold(hit.chunk.text) for hit in snapshot.search(text, k=_PASSAGES, leg="keyword")]

                self._spellers[snapshot.id] = snapshot, Speller(snapshot.frequencies(), passages)
            self._spellers.move_to_end(snapshot.id)
            while len(self._spellers) > _VIEWS:
                self._spellers.popitem(last=False)
            return self._spellers[snapshot.id][1]

    def _resolved(self, view: _View, text: str, after: str | None) -> str | None:
        """Return the whole question that a follow-up stands for; None for one that is whole by itself."""
        limit = self.max_question_chars
        if after is None:
            return None
        whole = resolve(text, after)
        if whole is None and (asked := of_its_row(text, after)) is not None and _has_value(view, *asked):
            whole = asked[0]
        return whole if whole is not None and whole != text and len(whole) <= limit else None

    def _rewritten(self, text: str, after: str | None, writer: Writer | None) -> str | None:
        """Return the whole question that a writer makes of a follow-up, where it needs one and nothing is added."""
        if after is None or writer is None or not leans(text):
            return None
        reply = writer.rewritten(text, after)
        whole = rewriting(reply, text, after, self.max_question_chars) if reply else None
        if reply and whole is None:
            log.info("a follow-up is not read as a model rewrote it: %s", reply)
        return whole

    def _scene(self, view: _View, question: Question, terms: Sequence[str] = ()) -> tuple[list[Hit], Scene]:
        """Return what is read of the papers for a question; ``terms`` are other words to search by."""
        snapshot = view.snapshot
        facts = self._facts(view, question)
        found = snapshot.search(question.text, k=_HITS, part=view.part)
        if terms:
            found = merged(found, snapshot.search(" ".join(terms), k=_HITS, part=view.part), _HITS)
        hits = led_by_facts(found, facts)
        top = hits[0].score if hits else 1.0
        spans = [
            (h.chunk.document_id, h.chunk.start, h.chunk.end, max(0.0, h.score / top) if top else 0.0) for h in hits
        ]
        # A figure's label often says more than the passage around it: tables are short on words.
        spans += [(fact.document_id, fact.start, fact.end, 0.0) for fact, _ in facts]
        readings = self._library.open(snapshot, [span[:3] for span in spans])
        atoms = read_atoms(question, _Lexicon(view))
        return hits, build_scene(question, atoms, [(readings[i], a, b, prior) for i, a, b, prior in spans])

    def _facts(self, view: _View, question: Question) -> list[tuple[Fact, float]]:
        """Return the best facts, those first that are called just what the question says."""
        names = asked_names(question)
        found = [
            (fact, score * _NAMED ** is_named(fact, names))
            for fact, score in view.snapshot.search_facts(question.text, k=_FACTS * _WIDER, part=view.part)
        ]
        return sorted(found, key=lambda pair: -pair[1])[:_FACTS]

    def _decided(self, view: _View, hits: list[Hit], scene: Scene) -> tuple[Draft, Outcome, list[Hit], Scene]:
        """Return what was picked out of all, what becomes of it and of the lines beside it, and what that rests on.

        Words come first: where they know a paper's way of writing they do better alone, and reading takes as long as
        all else together. What they leave open is read, and then hits and scene are in the reader's order; what was
        picked out of all stays as words have it, the reader's order has drafts of its own. Over 18 collections, each
        left out, right by words alone, so, and when all is read: .296, .326, .339; of what was answered .589, .579,
        .592; of the papers that the rules know right .639, .676, .633.
        """
        picked = pick(scene)
        if self._reads is None:
            return picked, self._outcome(view, hits, scene, picked, self._judge), hits, scene
        by_words = self._outcome(view, hits, scene, picked, self._judge, self._sure)
        if by_words.status == "answered":
            return picked, by_words, hits, scene
        hits, scene = self._read(hits, scene)
        return picked, self._outcome(view, hits, scene, picked, self._judge_of_read), hits, scene

    def _read(self, hits: list[Hit], scene: Scene) -> tuple[list[Hit], Scene]:
        """Return hits and scene in the reader's order; as they are where there is no reader."""
        if self._reads is None:
            return hits, scene
        scene = read_by(self._reads, scene)
        return led_by_reading(hits, scene), scene

    def _outcome(
        self,
        view: _View,
        hits: Sequence[Hit],
        scene: Scene,
        picked: Draft,
        judge: Judge,
        least: float | None = None,
    ) -> Outcome:
        embedder = view.snapshot.embedder

        def similarity(texts: Sequence[str]) -> list[float]:
            asked = embedder.embed_queries([scene.question.text])[0]
            return [float(cosine) for cosine in embedder.embed_passages(texts) @ asked]

        def texts(marked: Sequence[Marks]) -> Iterator[str]:
            return self._library.searchable(view.snapshot, [info.id for info in view.documents()], marked)

        return decide(scene, picked, hits, len(view.documents()), similarity, Shelf(texts), judge, least)

    def _checked(self, snapshot: Snapshot, question: Question, outcome: Outcome, hits: Sequence[Hit]) -> Answer:
        """Return the answer with its citations; what is not in the text that it cites is neither said nor offered."""
        passages = self._passages(snapshot, hits[:_PASSAGES])
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
        if outcome.status == "answered" and (citations := self._cited(snapshot, question, outcome.draft)):
            draft = outcome.draft
            places = list(dict.fromkeys(draft.supports))
            numbers = [places.index(support) + 1 for support in draft.supports]
            return replace(
                answer,
                status="answered",
                answer=draft.text,
                type=draft.kind,
                as_of=draft.as_of,
                derived=Derived(draft.how, tuple(dict.fromkeys(numbers[i] for i in draft.operands)))
                if draft.how
                else None,
                citations=citations,
                timeline=_timeline(draft, numbers, citations),
                missing=_named(outcome.missing, question, passages),
                is_half=asks_two(question) and draft.sort != "line",
                confidence=round(outcome.draft.probability, 2),
            )
        offers: list[Candidate] = []
        cited: list[Citation] = []
        for draft in outcome.candidates:
            places_of_it = self._cited(snapshot, question, draft, first=len(cited) + 1)
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

    def _cited(self, snapshot: Snapshot, question: Question, draft: Draft, first: int = 1) -> tuple[Citation, ...]:
        """Return a draft's citations, numbered from ``first``; none where a figure or a quote is not what they say."""
        places = list(dict.fromkeys(draft.supports))  # one row of a table is cited once, whatever it holds
        citations = tuple(self.cite(snapshot, s.document_id, s.start, s.end, n) for n, s in enumerate(places, first))
        papers = [snapshot.document(c.document_id) for c in citations]
        cited = [
            " ".join((paper.cells_apart(c.start, c.end), *c.section, c.title, c.meeting or "", *_days(c)))
            for c, paper in zip(citations, papers, strict=True)
        ]
        loose = unsupported(draft.text, cited, question.text, draft.how)
        sound = all(
            is_verbatim(c.quote, paper.text, c.start, c.end) for c, paper in zip(citations, papers, strict=True)
        )
        if loose or not sound:
            log.info("not said, since %s is in no cited text: %s", loose or "a quote", draft.text)
            return ()
        return citations

    def _evidence(
        self, snapshot: Snapshot, question: Question, outcome: Outcome, scene: Scene, hits: Sequence[Hit]
    ) -> Evidence:
        """Return what a model is given: lines, our own candidates as far as they stand, and how long it may be."""
        drafts = [outcome.draft] * (outcome.status == "answered") + list(outcome.candidates)
        sound = {d.text: d.supports for d in reversed(drafts) if self._cited(snapshot, question, d)}
        told = [text for text in dict.fromkeys(d.text for d in drafts) if text in sound]
        options = tuple(Option(letter, text, sound[text]) for letter, text in zip(ascii_uppercase, told, strict=False))
        kind = outcome.draft.kind if outcome.status == "answered" else question.kind
        limit = A_LINE * question.lines or LIMITS.get(kind, USUAL)
        return replace(gather(scene, hits), options=options, limit=limit, sentences=question.lines)

    def _composed(
        self, snapshot: Snapshot, answer: Answer, evidence: Evidence, writer: Writer
    ) -> Generator[Event, None, tuple[Generated | None, Writing, Record]]:
        """Yield each sentence of the writer that stands in the evidence; return what is left of it in the end."""

        def cite(place: Support, n: int) -> Citation:
            return self.cite(snapshot, place.document_id, place.start, place.end, n)

        composition = Composition(evidence, answer, cite)
        written = Written(Mode.NONE, "")
        with closing(writer.write(evidence)) as claims:
            for item in claims:
                if item is None:
                    yield Waiting()
                elif isinstance(item, Written):
                    written = item
                else:
                    before = len(composition.citations)
                    sentence = composition.add(item)
                    if sentence is not None:
                        yield Worded(sentence, composition.citations[before:])
        generated, writing = composition.end(written)
        if generated is None:
            log.info("nothing is left of what %s wrote (%s): %s", writing.model, writing.ended, writing.error)
        return generated, writing, Record(evidence, tuple(composition.verdicts), written)

    def _passages(self, snapshot: Snapshot, hits: Sequence[Hit]) -> tuple[Passage, ...]:
        return tuple(
            Passage(
                hit.chunk.id,
                round(hit.score, 4),
                self.cite(snapshot, hit.chunk.document_id, hit.chunk.start, hit.chunk.end, n),
            )
            for n, hit in enumerate(hits, 1)
        )


def _has_value(view: _View, question: str, thing: str, column: str) -> bool:
    """Tell whether the papers give a thing a value under the name of a column."""
    names = katakana(thing), katakana(column)
    return any(
        all(name in katakana(" ".join(filter(None, (fact.label, fact.row, fact.column)))) for name in names)
        for fact, _ in view.snapshot.search_facts(question, k=_FACTS, part=view.part)
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


def open_assistant(
    folder: Path | str,
    embedding_model: str = "default",
    max_question_chars: int = 500,
    reader: Path | None = WEIGHTS,
    sure: float | None = None,
    database: Servers | str | None = None,
) -> Assistant:
    """Return an assistant over the index at ``folder``; its models are loaded when they are first needed.

    ``reader`` is the file of the learned reader's weights (``docs/reader.md``); with None words alone decide. ``sure``
    is that of ``Assistant``. ``database`` is the URL of a shared index; ``folder`` then holds what this machine keeps
    of it.
    """
    embedder = open_embedder(embedding_model)
    reads = open_reader(embedder, reader).scores if reader is not None else None
    collection = Collection(Path(folder), embedder, database)
    return Assistant(collection, max_question_chars, reads=reads, sure=sure)


def _begun(telling: Generator[Event, None, None]) -> tuple[Event, Generator[Event, None, None]]:
    """Return the first event, and those that follow."""
    return next(telling), telling


def line_boxes(page: Page, start: int, end: int) -> tuple[Box, ...] | None:
    """Return a rectangle for each line of the span, in points from the page's top left; None without a picture."""
    if page.char_boxes is None:
        return None
    boxes = np.frombuffer(page.char_boxes, dtype="<f4").reshape(-1, 4)[
        max(0, start - page.start) : max(0, end - page.start)
    ]
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    rows: list[list[float]] = []
    for x0, y0, x1, y1 in boxes.tolist():
        if rows and y0 < rows[-1][3] - 0.3 * (rows[-1][3] - rows[-1][1]) and y1 > rows[-1][1] and x0 >= rows[-1][0] - 1:
            row = rows[-1]
            rows[-1] = [min(row[0], x0), min(row[1], y0), max(row[2], x1), max(row[3], y1)]
        else:
            rows.append([x0, y0, x1, y1])
    return tuple((round(a, 1), round(b, 1), round(c, 1), round(d, 1)) for a, b, c, d in rows)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _days(citation: Citation) -> list[str]:
    """Return when the cited document was published, and the days that relative words of its quote mean.

    例: 昨年3月, published in 2022 → 2021-03-01, 2021-03-31
    """
    if citation.published is None:
        return []
    said = find_periods(citation.quote, written=parse_code(citation.published))
    return [citation.published, *(day for p in said for day in (p.start, p.end))]


# Words with a cosine of .45 are mostly about the same thing (端末 and タブレット .47, 悩み and 相談 .57), below it more
# and more only of one field. Against none, right answers rise by .02 on questions-dev, and wrongly declined ones fall
# by .02 to .04 on four sets; .4 and .5, and a worth of once the cosine, hardly differ.
_ALIKE = 0.45
_WORTH = 1.2


class _Lexicon:
    """The words of what is asked."""

    def __init__(self, view: _View) -> None:
        self._snapshot, self._part = view.snapshot, view.part

    def idf(self, word: str) -> float:
        """Return what finding a word is worth: the BM25 weight of its share of the chunks, at most 1 in 1,000."""
        return math.log(1 + 1 / max(self._frequency(word), 0.001))

    def known(self, word: str) -> bool:
        return self._frequency(word) > 0

    def neighbours(self, words: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
        found = self._snapshot.neighbours(words, _ALIKE)
        # One look for all that is asked about next.
        self._shares([*words, *(other for near in found.values() for other, _ in near)])
        return {word: [(other, min(0.8, _WORTH * cosine)) for other, cosine in near] for word, near in found.items()}

    def _frequency(self, word: str) -> float:
        return self._shares([word])[word]

    def _shares(self, asked: Sequence[str]) -> dict[str, float]:
        """Return how often each word stands, or what stands for it: its last part."""
        forms = {word: {word, *words(word)[-1:]} for word in asked}
        held = self._snapshot.shares({form for some in forms.values() for form in some}, self._part)
        return {word: max(held[form] for form in some) for word, some in forms.items()}


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)
