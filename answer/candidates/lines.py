"""The lines that meet the question best, each as an answer of its own.

A picker takes a value out of a line and may take the wrong one; the line itself then still says the right one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from answer.answer import QuestionType
from answer.asking.question import Question
from answer.candidates.names import when_fit
from answer.candidates.prose import clip
from answer.draft import Draft, Support
from answer.reading.evidence import katakana
from answer.reading.scene import Scene, Scored
from answer.reading.values import likeliest_value
from ingest.japanese import fold
from ingest.statements import on_one_line

MOST = 5
_LOOKED_AT = 12  # statements, best first
_FIGURES = 6  # a line with more is a row of a table, and no answer
_OF_VALUE = 1e3  # more than all that a clause may meet
# Characters: what the contract leaves to a value, to a sentence and to a text, less what dates and marks may add.
_SHORT, _USUAL, _LONG = 76, 190, 280
_LIMITS: dict[QuestionType, int] = {
    **dict.fromkeys(("number", "date", "name", "place", "temporal"), _SHORT),
    **dict.fromkeys(("list", "definition", "reason", "howto", "comparison"), _LONG),
}
_WORD = re.compile(r"\w")  # a line of marks is none: | --- | --- |
_DATE = re.compile(r"\d|曜|まで|毎[年月週日]|[初上中下]旬|月末|年度")


def answer_lines(scene: Scene) -> Iterator[Draft]:
    """Yield up to ``MOST`` drafts, best line first, each of one statement and as long as its kind allows."""
    question = scene.question
    limit = _LIMITS.get(question.kind, _USUAL)
    said: set[str] = set()
    statements = likeliest(scene)
    for n, scored in enumerate(statements):
        text = _window(scene, scored, limit)
        key = katakana(text)
        if not _WORD.search(text) or any(key in other or other in key for other in said):
            continue
        said.add(key)
        follower = statements[n + 1] if n + 1 < len(statements) else None
        statement = scored.statement
        read = scene.read_of(scored) if question.kind == "yesno" else None
        word = "" if read is None else "はい。" if read.yes > 0 else "いいえ。"
        yield Draft(
            question.kind,
            word + text,
            (Support(statement.document.id, statement.start, statement.end),),
            as_of=held_at(scored, text),
            score=scored.score,
            signals=scored.signals(
                scene,
                lead=scored.score - follower.score if follower is not None else 0.5,
                period=when_fit(statement, question),
                fit=float(holds_kind(text, question)),
            ),
            sort="line",
            place=len(said),
            why=(f"行 {scored.score:.2f} {statement.flat[:60]}",),
        )
        if len(said) >= MOST:
            return


def held_at(scored: Scored, text: str) -> str | None:
    """Return the date that all figures of a line hold for; None where they hold for several, and of a line without."""
    reading, statement = scored.region.reading, scored.statement
    facts = [*reading.facts_between(statement.start, statement.end), *reading.loose_facts(scored.index)]
    dates = {fact.as_of for fact in facts if fact.number is not None and on_one_line(fact.value) in text}
    return dates.pop() if len(dates) == 1 else None


def likeliest(scene: Scene) -> list[Scored]:
    """Return the first statements; what several papers say in the same words stands there once."""
    alike = {s.statement.key: s for s in reversed(scene.statements) if s.statement.kind != "heading"}
    return sorted(alike.values(), key=lambda s: -s.score)[:_LOOKED_AT]


def holds_kind(text: str, question: Question) -> bool:
    """Say whether a text has what an answer of the kind must have: a figure with its counter, a date."""
    plain = fold(text)
    if question.kind in ("number", "comparison", "temporal"):
        units = {*question.units, *filter(None, (question.counter,))}
        counted = any(re.search(rf"\d[\d,.万億千百]*\s*{re.escape(fold(unit))}", plain) for unit in units)
        return counted if units else re.search(r"\d", plain) is not None
    return _DATE.search(plain) is not None if question.kind == "date" else True


def _window(scene: Scene, scored: Scored, limit: int) -> str:
    """Return the run of clauses of a statement, within the limit, that meets most and may hold the answer.

    Where a reader saw the statement, the run holds the value that it finds likeliest: the clause that meets the
    question most is often the one that only says it again. Of 189 lines of ten collections left out that hold the
    answer and are too long to be said, the run held it for 158 in a trial; by what it meets alone, for 131.
    """
    text = clip(scored.statement.flat, 10_000).strip("| ")
    is_long = len(text) > limit
    clauses = re.findall(r"[^。、]+[。、]*", text) if is_long else [text]
    value = _likeliest_value(scene, scored) if is_long else None
    best, most = "", -1.0
    for i in range(len(clauses)):
        for j in range(len(clauses), i, -1):
            run = "".join(clauses[i:j]).strip("、 ")
            if len(run) > limit:
                continue
            key = katakana(run)
            worth = sum(a.weight for a in scene.atoms if a.surface in key) + 2.0 * holds_kind(run, scene.question)
            worth += _OF_VALUE * (value is not None and value in run)
            if worth > most and len(re.findall(r"\d+(?:\.\d+)?", fold(run).replace(",", ""))) <= _FIGURES:
                best, most = run, worth
            break
    return best


def _likeliest_value(scene: Scene, scored: Scored) -> str | None:
    """Return what the reader finds likeliest in a statement; None where it did not see it, or not as it stands."""
    read = scene.read_of(scored)
    return likeliest_value(read) if read is not None and read.text.endswith(scored.statement.flat) else None
