"""Asks questions with a language model beside the rules, keeps all that it replied, and judges it, again if need be.

``llm.jsonl`` in a run's folder has a question a line: the answer, the record of the writing (evidence, prompt, replies
as they came, verdicts) and what was found out. From it a run goes on that was stopped, and is judged again without the
model when the checks have changed.
"""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from answer.answer import Answer, Citation, Generated
from answer.assistant import Assistant
from answer.draft import Support
from answer.events import Done, Found
from answer.generating.compose import Composition
from answer.generating.contract import Claim, Evidence, Record, VerdictKind, Writer, Written
from answer.generating.replies import FOREIGN, FORMLESS, reader
from answer.generating.thinking import Thinking
from eval.compare import Paired, paired_measures
from eval.dataset import Question
from eval.measures.answers import says_it
from eval.measures.scorecard import Judged, judge
from eval.measures.support import unsupported_figures
from eval.measures.writing import UNSHOWN, Worded, summarise_writing
from eval.run import Asking, gold_pages, is_verbatim, judged, place_of, surroundings
from eval.sets import EvaluationError
from index.snapshot import Snapshot

GONE = 5  # questions in a row without any reply, after which nobody is asked any more
ALL = "*"  # the name of all sets together
MEASURES = ("right", "declined", "cited")  # that must not get worse with a model, and of the answers given:
OF_ANSWERS = ("right_of_answered",)
_ANSWER, _RECORD = TypeAdapter(Answer), TypeAdapter(Record)


@dataclass(frozen=True)
class Row:
    """A question as it was asked with a model."""

    set: str
    question: Question
    answer: Answer  # the model's words included
    record: Record
    worded: Worded

    def to_dict(self) -> dict[str, Any]:
        """Return the line of ``llm.jsonl``. The passages are left out: the lines of the evidence are in the record."""
        return {
            "set": self.set,
            "id": self.question.id,
            "question": self.question.question,
            "answer": replace(self.answer, passages=()).to_dict(),
            "record": asdict(self.record),
            "verdict": asdict(self.worded),
        }


@dataclass(frozen=True)
class Earlier:
    """A line of an earlier run."""

    set: str
    id: str
    question: str
    answer: Answer
    record: Record
    write_ms: float | None
    total_ms: float | None

    @property
    def was_answered(self) -> bool:
        """Say whether the model has replied at all: where it has not, it can be asked again."""
        return bool(self.record.written.raw)


def read_earlier(path: Path) -> list[Earlier]:
    """Return what an earlier run kept; a last line that is torn is left out. EvaluationError where there is nothing."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise EvaluationError(f"言語モデルの返事の記録がありません: {path}: {error.strerror}") from error
    rows = []
    for line in filter(None, lines):
        try:
            row = json.loads(line)
            times = (row["verdict"]["write_ms"], row["verdict"]["total_ms"])
            answer, record = _ANSWER.validate_python(row["answer"]), _RECORD.validate_python(row["record"])
        except (ValueError, KeyError, TypeError, ValidationError):
            continue
        rows.append(Earlier(row["set"], row["id"], row["question"], answer, record, *times))
    if not rows:
        raise EvaluationError(f"言語モデルの返事の記録が読めません: {path}")
    return rows


class Wording:
    """Asks with a model, set by set, and remembers what came of it.

    ``writer_of`` gives the writer for a question. What ``earlier`` runs have of a question is not asked again. Each
    row goes to ``keep`` when it is there. Where nothing is really asked, nothing is ``timed``.
    """

    def __init__(
        self,
        writer_of: Callable[[Question], Writer],
        keep: Callable[[Row], None] = lambda row: None,
        earlier: Iterable[Earlier] = (),
        *,
        timed: bool = True,
    ) -> None:
        self._writer_of, self._keep, self._timed = writer_of, keep, timed
        self._earlier = {(one.set, one.id): one for one in earlier if one.was_answered}
        self._silent = 0
        self.worded: dict[str, list[Worded]] = {}

    def asking(self, name: str) -> Asking:
        """Return what asks the questions of a set."""
        told = self.worded.setdefault(name, [])

        def ask(assistant: Assistant, snapshot: Snapshot, question: Question) -> tuple[Judged, Answer | None]:
            earlier = self._earlier.get((name, question.id))
            if earlier is not None and earlier.question == question.question and _is_there(earlier.record, snapshot):
                verdict, answer = judged(question, snapshot, lambda: assistant.ask(question.question, id=question.id))
                outcome: Row | None = None
                if answer is not None:
                    outcome = again(assistant, snapshot, question, verdict, replace(earlier, answer=answer))
                worded = outcome.worded if outcome is not None else Worded(verdict, verdict)
            else:
                verdict, answer, worded, outcome = self._asked(name, assistant, snapshot, question)
            told.append(worded)
            if outcome is None:
                return verdict, answer
            self._keep(outcome)
            self._listen(outcome.record.written)
            return verdict, outcome.answer

        return ask

    def _asked(
        self, name: str, assistant: Assistant, snapshot: Snapshot, question: Question
    ) -> tuple[Judged, Answer | None, Worded, Row | None]:
        """Ask the rules, then the model; there is no row where one of them did not come to an end."""
        telling = assistant.tell(question.question, id=question.id, writer=self._writer_of(question))

        def find() -> Answer:
            found = next(telling)
            assert isinstance(found, Found)
            return found.answer

        verdict, found = judged(question, snapshot, find)
        if found is None:
            return verdict, None, Worded(verdict, verdict), None
        try:
            *_, done = telling
        except Exception:  # a crash is a verdict too
            crashed = replace(verdict, right=False, cited=False, error=traceback.format_exc())
            return verdict, found, Worded(verdict, crashed), None
        assert isinstance(done, Done)
        assert done.record is not None
        times = (done.answer.timings_ms.write, done.answer.timings_ms.total) if self._timed else (None, None)
        worded = judge_writing(question, done.answer, done.record, snapshot, verdict, *times)
        return verdict, done.answer, worded, Row(name, question, done.answer, done.record, worded)

    def _listen(self, written: Written) -> None:
        """Stop where nothing is heard of the model any more."""
        self._silent = 0 if written.raw or written.error is None else self._silent + 1
        if self._silent >= GONE:
            raise EvaluationError(f"言語モデルが{GONE}問続けて返事をしませんでした（{written.error}）。")


def again(assistant: Assistant, snapshot: Snapshot, question: Question, before: Judged, earlier: Earlier) -> Row:
    """Return what today's reading and checking make of the replies of an earlier run."""
    claims, written = read_again(earlier.record.written, earlier.record.evidence)

    def cite(place: Support, n: int) -> Citation:
        return assistant.cite(snapshot, place.document_id, place.start, place.end, n)

    composition = Composition(earlier.record.evidence, earlier.answer, cite)
    for claim in claims:
        composition.add(claim)
    generated, writing = composition.end(written)
    answer = replace(earlier.answer, generated=generated, writing=writing)
    record = Record(earlier.record.evidence, tuple(composition.verdicts), written)
    worded = judge_writing(question, answer, record, snapshot, before, earlier.write_ms, earlier.total_ms)
    return Row(earlier.set, question, answer, record, worded)


def read_again(written: Written, evidence: Evidence) -> tuple[tuple[Claim, ...], Written]:
    """Return the claims of a reply as it came; what kept the server from one still does."""
    if not written.raw or written.error not in (None, FORMLESS, FOREIGN):
        return (), written
    thinking = Thinking()
    text = thinking.feed(written.raw[-1]) + thinking.finish()
    ids = [line.id for block in evidence.blocks for line in block.lines]
    reading = reader(written.mode, [*ids, *(option.id for option in evidence.options)])
    claims = (*reading.feed(text), *reading.finish())
    return claims, replace(written, error=reading.fault)


def rescored(
    assistant: Assistant, snapshot: Snapshot, questions: Mapping[str, Question], rows: Iterable[Earlier]
) -> Iterator[Row]:
    """Yield the rows of a set judged again, without asking anybody; those whose question or paper is gone are left out.

    The answer of the rules is the one that was given then.
    """
    for one in rows:
        question = questions.get(one.id)
        if question is None or question.question != one.question or not _is_there(one.record, snapshot):
            continue
        verdict, _ = judged(question, snapshot, lambda answer=one.answer: answer)  # type: ignore[misc] # a default binds it now
        yield again(assistant, snapshot, question, replace(verdict, ms=one.answer.timings_ms.total), one)


def changed(earlier: Iterable[Earlier], rows: Iterable[Row]) -> Iterator[tuple[str, str, VerdictKind, VerdictKind]]:
    """Yield each sentence that is judged otherwise now: the id of its question, its text, before and after."""
    before = {(one.set, one.id, v.claim): v.kind for one in earlier for v in one.record.verdicts}
    for row in rows:
        for verdict in row.record.verdicts:
            was = before.get((row.set, row.question.id, verdict.claim), verdict.kind)
            if was != verdict.kind:
                yield row.question.id, verdict.claim.text, was, verdict.kind


def _is_there(record: Record, snapshot: Snapshot) -> bool:
    """Say whether all papers of the evidence are still in the collection."""
    held = {info.id for info in snapshot.documents()}
    return {block.document_id for block in record.evidence.blocks} <= held


def judge_writing(
    question: Question,
    answer: Answer,
    record: Record,
    snapshot: Snapshot,
    before: Judged,
    write_ms: float | None,
    total_ms: float | None,
) -> Worded:
    """Return the verdict on what a model wrote; ``before`` is that on the answer of the rules."""
    writing, written, generated = answer.writing, record.written, answer.generated
    assert writing is not None
    worded = Worded(
        before=before,
        after=before,
        ended=writing.ended,
        error=writing.error,
        replies=len(written.raw),
        sentences=dict(Counter(verdict.kind for verdict in record.verdicts)),
        unshown=dict(Counter(dropped.kind for dropped in writing.dropped if dropped.kind in UNSHOWN)),
        model=writing.model,
        asked_for=writing.asked_for,
        prompt_tokens=written.prompt_tokens,
        completion_tokens=written.completion_tokens,
        write_ms=write_ms,
        total_ms=total_ms,
    )
    if generated is None:
        return worded
    unsupported = tuple(unsupported_in(answer, generated, record.evidence, snapshot))
    bad_quotes = sum(not is_verbatim(citation, snapshot) for citation in generated.citations)
    after = judge(
        question,
        answered=True,
        text=generated.text,
        citations=[place_of(citation) for citation in generated.citations],
        confidence=answer.confidence,
        ms=total_ms or before.ms,
        status="answered",
        unsupported=unsupported,
        bad_quotes=bad_quotes,
        gold_pages=gold_pages(question, snapshot),
    )
    return replace(
        worded,
        after=after if generated.is_answer else before,
        is_answer=generated.is_answer,
        says_it=question.answerable and says_it(question, generated.text),
        unsupported=unsupported,
        quotes=len(generated.citations),
        bad_quotes=bad_quotes,
        disagreements=len(generated.disagreements),
    )


def unsupported_in(answer: Answer, generated: Generated, evidence: Evidence, snapshot: Snapshot) -> Iterator[str]:
    """Yield the figures of a model's sentences that stand in none of the lines that they cite.

    This knows nothing of the verifier: a line is what the model read of it, with its block's heading, and its quote.
    """
    lines = [(line, block) for block in evidence.blocks for line in block.lines]
    for sentence in generated.sentences:
        cited = [citation for citation in generated.citations if citation.n in sentence.citations]
        read = [
            f"{block.heading}\n{line.text}"
            for line, block in lines
            if any(_is_of(citation, line.support) for citation in cited)
        ]
        yield from unsupported_figures(
            sentence.text,
            f"{answer.question}\n{answer.understood or ''}",
            "\n".join([*(citation.quote for citation in cited), *read]),
            "\n".join(part for citation in cited for part in surroundings(citation, snapshot)),
            answer.derived.how if sentence.is_quote and answer.derived else None,
        )


def _is_of(citation: Citation, place: Support) -> bool:
    """Say whether a citation is that of a place: white space at its ends, and what is on the next page, is left out."""
    return citation.document_id == place.document_id and place.start <= citation.start < citation.end <= place.end


def scorecard(worded: Mapping[str, Sequence[Worded]]) -> dict[str, Any]:
    """Return what the run came to: each set, all together, the tests, and why the gate stays shut.

    The gate holds what a model says against the answers of the rules to the same questions: no figure without support,
    no quote that is not verbatim, no crash, in all not fewer right answers, and no drop of a measure beyond chance.
    """
    sets = {name: rows for name, rows in worded.items() if rows}
    every = [one for rows in sets.values() for one in rows]
    card = summarise_writing(every)
    paired = [one for name, rows in sets.items() for one in _paired(name, rows)]
    if len(sets) > 1:
        paired += _paired(ALL, every)
    failures = [
        {"gate": gate, "set": ALL, "before": None, "after": card[gate]}
        for gate in ("unsupported_answers", "quotes_not_verbatim", "crashes")
        if card[gate]
    ]
    if card["lost"] > card["won"]:
        failures.append({"gate": "below", "set": ALL, "before": card["lost"], "after": card["won"]})
    failures += [
        {"gate": one.measure, "set": one.set, "before": one.before, "after": one.after} for one in paired if one.dropped
    ]
    return {
        "models": sorted({one.model for one in every if one.model}),
        "sets": {name: summarise_writing(rows) for name, rows in sets.items()},
        "all": card,
        "paired": [asdict(one) for one in paired],
        "failures": failures,
    }


def _paired(name: str, worded: Sequence[Worded]) -> list[Paired]:
    pairs = [({"measures": _measures(one.before)}, {"measures": _measures(one.after)}) for one in worded]
    return paired_measures(name, pairs, MEASURES, OF_ANSWERS)


def _measures(judged: Judged) -> dict[str, float]:
    return {name: value for name, value in judged.measures().items() if value is not None}
