"""What the learned reader takes out of the lines that it finds likeliest: a figure, a date, a name or a place.

These are no answers. How likely one is shows in whether they say the same (``answer.judging.outcome``).
"""

from __future__ import annotations

from collections.abc import Iterator

from answer.candidates.lines import held_at, holds_kind, likeliest
from answer.candidates.names import when_fit
from answer.draft import Draft, Support
from answer.reading.scene import Scene
from answer.reading.values import likeliest_value

_LINES = 3
_KINDS = ("number", "date", "name", "place", "text")  # of which a value may be all of the answer


def answer_values(scene: Scene) -> Iterator[Draft]:
    """Yield the likeliest value of each of the likeliest lines that were read; nothing without a reader."""
    question = scene.question
    if question.kind not in _KINDS:
        return
    for place, scored in enumerate(likeliest(scene)[:_LINES], 1):
        statement = scored.statement
        read = scene.read_of(scored)
        text = likeliest_value(read) if read is not None else None
        if text is None:
            continue
        yield Draft(
            question.kind,
            text,
            (Support(statement.document.id, statement.start, statement.end),),
            as_of=held_at(scored, text),
            score=scored.score,
            signals=scored.signals(scene, period=when_fit(statement, question), fit=float(holds_kind(text, question))),
            sort="near",
            place=place,
            why=(f"値 {statement.flat[:60]}",),
        )
