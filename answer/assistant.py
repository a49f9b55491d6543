"""The one way to ask: read the question, retrieve, answer, check, cite. Every front end calls ``Assistant.ask``."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from threading import Lock
from typing import Any, TypeVar

from answer.answer import (
    A_LINE,
    LIMITS,
    USUAL,
    Answer,
    Citation,
    Generated,
    Passage,
    QuestionError,
    TimelinePoint,
    Timings,
    Writing,
)
from answer.asking.followup import leans, of_its_row, resolve
from answer.asking.question import Question, read_question, validate
from answer.asking.spelling import Speller
from answer.candidates.figures import asked_names, is_named
from answer.citing import as_passages, cite, cite_draft
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
from answer.reading.lexicon import Lexicon
from answer.reading.library import Library, collect_seldom
from answer.reading.ranking import led_by_facts, led_by_reading, merged
from answer.reading.scene import Scene, build_scene
from answer.saying import say
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
from ingest.document import Fact
from ingest.japanese import fold
from ingest.kana import Marks

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOKS = 3  # at papers that are replaced, or at servers that fall, meanwhile
_HITS = 16  # chunks that are read closely
_FACTS = 80  # facts that are looked at wherever they stand
_WIDER = 4  # times as many are looked through for those that are called just what the question says,
_NAMED = 1.4  # and those count this much more for each name: the words of a long title outweigh a short name
_ABOUT = 5  # passages about a question, in which the right spelling of its words is looked for
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
    ) -> None:
        """``judge`` says how likely an answer is right, and from where it is said: the fitted one when it is None.

        ``reads`` is the learned reader; without it words alone decide.
        """
        self.collection = collection
        self.editions = Editions(collection.notes)
        self._reads = reads
        self._judge = judge or the_judge(with_reader=reads is not None)
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
        answer = say(view.snapshot, read, outcome, hits)
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
        answer = say(view.snapshot, question, Outcome("answered", draft, 0.0), ())
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
        view, read, hits, scene = self._begun(question, scope, as_typed)
        picked, outcome, hits, scene = self._decided(view, hits, scene)
        legs: dict[Leg, list[Hit]] = {
            "keyword": view.snapshot.search(read.text, k=_HITS, leg="keyword", part=view.part),
            "vector": view.snapshot.search(read.text, k=_HITS, leg="vector", part=view.part),
            "fused": hits,
        }
        return Trace(read, legs, scene, picked, outcome)

    def scene(self, question: str, *, scope: Scope | None = None, as_typed: bool = False) -> Scene:
        """Return what is found for a question, before it is read and anything is picked out of it."""
        return self._begun(question, scope, as_typed)[-1]

    def _begun(self, question: str, scope: Scope | None, as_typed: bool) -> tuple[_View, Question, list[Hit], Scene]:
        text = validate(question, self.max_question_chars)
        view = self._view(scope)
        understood = None if as_typed else self._understood(view, text)
        read = read_question(understood or text, view.today())
        return view, read, *self._scene(view, read)

    def evidence(self, question: str, *, scope: Scope | None = None, as_typed: bool = False) -> Evidence:
        """Return what a model is given to read for a question."""
        view, read, hits, scene = self._begun(question, scope, as_typed)
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
            return as_passages(view.snapshot, view.snapshot.search(text, k=k, leg=leg, part=view.part))

        return self._anew(look)

    def cite(self, snapshot: Snapshot, document_id: str, start: int, end: int, n: int) -> Citation:
        """Return the citation of ``document.text[start:end]``; ``n`` is its number in the answer."""
        return cite(snapshot, document_id, start, end, n)

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
                    return [fold(hit.chunk.text) for hit in snapshot.search(text, k=_ABOUT, leg="keyword")]

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
        atoms = read_atoms(question, Lexicon(view.snapshot, view.part))
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

        Hits and scene are in the reader's order, where there is one; what was picked out of all stays as words have it,
        the reader's order has drafts of its own. Every question is read: where words decided first, from .50 on, 540 of
        815 fresh questions over papers that the rules were made with were right and 177 wrong (read: 545 and 140); over
        papers that nobody knew 346 of 675 and 224 (387 and 138).
        """
        picked = pick(scene)
        hits, scene = self._read(hits, scene)
        return picked, self._outcome(view, hits, scene, picked), hits, scene

    def _read(self, hits: list[Hit], scene: Scene) -> tuple[list[Hit], Scene]:
        """Return hits and scene in the reader's order; as they are where there is no reader."""
        if self._reads is None:
            return hits, scene
        scene = read_by(self._reads, scene)
        return led_by_reading(hits, scene), scene

    def _outcome(self, view: _View, hits: Sequence[Hit], scene: Scene, picked: Draft) -> Outcome:
        embedder = view.snapshot.embedder

        def similarity(texts: Sequence[str]) -> list[float]:
            asked = embedder.embed_queries([scene.question.text])[0]
            return [float(cosine) for cosine in embedder.embed_passages(texts) @ asked]

        def texts(marked: Sequence[Marks]) -> Iterator[str]:
            return self._library.searchable(view.snapshot, [info.id for info in view.documents()], marked)

        return decide(scene, picked, hits, len(view.documents()), similarity, Shelf(texts), self._judge)

    def _evidence(
        self, snapshot: Snapshot, question: Question, outcome: Outcome, scene: Scene, hits: Sequence[Hit]
    ) -> Evidence:
        """Return what a model is given: lines, our own candidates as far as they stand, and how long it may be."""
        drafts = [outcome.draft] * (outcome.status == "answered") + list(outcome.candidates)
        sound = {d.text: d.supports for d in reversed(drafts) if cite_draft(snapshot, question, d)}
        told = [text for text in dict.fromkeys(d.text for d in drafts) if text in sound]
        options = tuple(Option(letter, text, sound[text]) for letter, text in zip(ascii_uppercase, told, strict=False))
        kind = outcome.draft.kind if outcome.status == "answered" else question.kind
        limit = A_LINE * question.lines or LIMITS.get(kind, USUAL)
        return replace(gather(scene, hits), options=options, limit=limit, sentences=question.lines)

    def _composed(
        self, snapshot: Snapshot, answer: Answer, evidence: Evidence, writer: Writer
    ) -> Generator[Event, None, tuple[Generated | None, Writing, Record]]:
        """Yield each sentence of the writer that stands in the evidence; return what is left of it in the end."""

        def cited(place: Support, n: int) -> Citation:
            return cite(snapshot, place.document_id, place.start, place.end, n)

        composition = Composition(evidence, answer, cited)
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


def _has_value(view: _View, question: str, thing: str, column: str) -> bool:
    """Tell whether the papers give a thing a value under the name of a column."""
    names = katakana(thing), katakana(column)
    return any(
        all(name in katakana(" ".join(filter(None, (fact.label, fact.row, fact.column)))) for name in names)
        for fact, _ in view.snapshot.search_facts(question, k=_FACTS, part=view.part)
    )


def open_assistant(
    folder: Path | str,
    embedding_model: str = "default",
    max_question_chars: int = 500,
    reader: Path | None = WEIGHTS,
    database: Servers | str | None = None,
) -> Assistant:
    """Return an assistant over the index at ``folder``; its models are loaded when they are first needed.

    ``reader`` is the file of the learned reader's weights (``docs/reader.md``); with None words alone decide.
    ``database`` is the URL of a shared index; ``folder`` then holds what this machine keeps of it. The process looks
    for cyclic garbage less often from then on, see ``collect_seldom``.
    """
    collect_seldom()
    embedder = open_embedder(embedding_model)
    reads = open_reader(embedder, reader).read if reader is not None else None
    collection = Collection(Path(folder), embedder, database)
    return Assistant(collection, max_question_chars, reads=reads)


def _begun(telling: Generator[Event, None, None]) -> tuple[Event, Generator[Event, None, None]]:
    """Return the first event, and those that follow."""
    return next(telling), telling


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)
