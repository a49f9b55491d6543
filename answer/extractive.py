"""An answerer that picks the answer out of statements, facts and table cells, or finds that there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from answer.draft import Draft, Support
from answer.figures import answer_figure, answer_series, answer_several
from answer.prose import (
    answer_definition,
    answer_howto,
    answer_reason,
    answer_text,
    answer_yesno,
    best_clause,
)
from answer.scene import Scene
from answer.spans import answer_date, answer_list, answer_name

# The least score of an accepted answer. Coverage runs from 0 to 1; set on the development questions.
ACCEPT: dict[str, float] = {
    "number": 0.55,
    "date": 0.5,
    "name": 0.45,
    "place": 0.45,
    "list": 0.42,
    "definition": 0.42,
    "reason": 0.42,
    "howto": 0.42,
    "yesno": 0.42,
    "comparison": 0.5,
    "temporal": 0.5,
    "text": 0.42,
}


_FIGURE_FOR_KEYWORDS = 0.95


def answer(scene: Scene) -> Draft:
    """Return the draft for a scene: with text when something good enough was found, else with what is missing."""
    question = scene.question
    draft = _pick(scene)
    if not draft.text and question.kind in ("date", "name", "place", "list", "comparison", "temporal"):
        found = best_clause(scene, scene.statements)
        if found and not (question.wants_number and draft.missing):
            scored, text = found
            document = scored.region.reading.document
            support = Support(document.id, scored.statement.start, scored.statement.end)
            draft = replace(draft, text=text, supports=(support,), score=scored.score, missing=())
    if not draft.text or draft.score < ACCEPT[question.kind]:
        return replace(draft, text="", missing=draft.missing or _unmet(scene), kind=question.kind)
    return draft


def _pick(scene: Scene) -> Draft:
    question = scene.question
    if question.pattern is not None:
        return answer_text(scene)
    if question.kind == "number":
        return answer_figure(scene)
    if question.kind in ("comparison", "temporal"):
        if question.wants_series and not len(question.periods) > 1:
            return answer_series(scene)
        return answer_several(scene)
    pickers: dict[str, Callable[[Scene], Draft]] = {
        "date": answer_date,
        "name": answer_name,
        "place": answer_name,
        "list": answer_list,
        "definition": answer_definition,
        "reason": answer_reason,
        "howto": answer_howto,
        "yesno": answer_yesno,
        "text": answer_text,
    }
    if question.kind == "text":
        figure = answer_figure(scene)
        if figure.text and question.is_terse and figure.score > _FIGURE_FOR_KEYWORDS:
            return figure  # 例: 相談会 来場者 2023 asks for the figure that these words label
    return pickers[question.kind](scene)


def _unmet(scene: Scene) -> tuple[str, ...]:
    """Return the words of the question that nothing near the best statement meets, weightiest first."""
    if not scene.statements:
        return tuple(a.lemma for a in sorted(scene.atoms, key=lambda a: -a.weight)[:3])
    best = scene.statements[0]
    column = best.region.coverage.zones[:, best.index - best.region.low]
    unmet = [(a.weight, a.lemma) for a, zone in zip(scene.atoms, column, strict=True) if zone < 0.3]
    return tuple(lemma for _, lemma in sorted(unmet, reverse=True)[:3])
