"""Picks the answer by the kind of the question: out of all that was found, or near each of the likeliest lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from answer.candidates.dates import answer_date
from answer.candidates.hours import answer_hours, answer_weekday, asked_end
from answer.candidates.lines import likeliest
from answer.candidates.lists import answer_list
from answer.candidates.names import answer_name, asks_office, asks_person
from answer.candidates.prose import answer_text, best_clause
from answer.draft import Draft, Support
from answer.operations.changes import answer_changed, answer_earlier
from answer.operations.comparison import answer_several
from answer.operations.extremes import answer_extreme, says_extreme
from answer.operations.series import answer_figure, answer_series
from answer.operations.yesno import answer_yesno
from answer.reading.evidence import Coverage
from answer.reading.scene import Region, Scene, with_statements
from ingest.japanese import fold

_PICKED_NEAR = 3  # lines
_AROUND = 3  # statements on each side of them
_FIGURE_FOR_KEYWORDS = 0.95
_FIGURE_OF_AREAS = 0.6
_SAYS_WHEN = re.compile(r"\d(?:年|月|日|\.\d|歳)|曜|まで|毎[年月週日]|初旬|上旬|中旬|下旬|月末|年度")

_COMPARES = re.compile(r"\d|増|減|変|同|差|違|多|少|高|低|大き|小さ|上回|下回")


def pick(scene: Scene) -> Draft:
    """Return the best answer that can be found, however unsure."""
    question = scene.question
    extreme = answer_extreme(scene)
    draft = _pick(scene)
    if question.superlative is not None and not (draft.text and says_extreme(scene, draft)):
        # A paper that ranks things itself is believed; else its tables tell, or nothing does.
        missing = (question.superlative.subject or question.superlative.thing or "順位",)
        return extreme or replace(draft, text="", missing=missing)
    if not draft.text and (asks_person(question) or asks_office(question)):
        return replace(draft, kind="name")  # a clause that names nobody, or no section, does not say which it is
    if not draft.text and question.kind in ("date", "name", "place", "list", "comparison", "temporal"):
        found = best_clause(scene, scene.statements)
        # Where the papers say no day of the event, or the clause says no day at all, there is nothing to fall back on.
        unsaid = draft.missing not in ((), ("日付",)) or asked_end(question) is not None
        dateless = question.kind == "date" and (unsaid or (found and not _SAYS_WHEN.search(fold(found[1]))))
        unlike = question.kind == "comparison" and found and not _COMPARES.search(fold(found[1]))
        if found and not (question.wants_number and draft.missing) and not dateless and not unlike:
            scored, text = found
            document = scored.region.reading.document
            support = Support(document.id, scored.statement.start, scored.statement.end)
            signals = scored.signals(scene, fit=-0.3)
            draft = replace(draft, text=text, supports=(support,), score=scored.score, signals=signals, missing=())
    return draft if draft.kind == "list" else replace(draft, kind=question.kind)


def _pick(scene: Scene) -> Draft:
    question = scene.question
    if question.pattern is not None:
        return answer_text(scene)
    if question.kind == "date":
        end = asked_end(question)
        hours = answer_weekday(scene) or (answer_hours(scene, end) if end is not None else None)
        # A day is no time of day; of いつまで it may be.
        if hours is not None and (hours.text or "何時" in question.folded):
            return hours
    if question.kind in ("number", "comparison", "temporal", "text"):
        in_time = answer_earlier(scene) or answer_changed(scene)
        if in_time is not None:
            return in_time
    if question.kind == "number":
        figure = answer_figure(scene)
        counts = re.search("何地[区域](?:で(?![すし])|あ|に|を|が)", question.folded)
        areas = question.counter in ("地区", "地域") and not counts
        if areas and (not figure.text or figure.score < _FIGURE_OF_AREAS):
            # 例: 拠点が完成したのは何地区ですか asks which
            return answer_name(
                replace(scene, question=replace(question, kind="place", suffixes=(question.counter or "",)))
            )
        return figure
    if question.kind in ("comparison", "temporal"):
        if question.wants_series and not len(question.periods) > 1:
            return answer_series(scene)
        return answer_several(scene)
    pickers: dict[str, Callable[[Scene], Draft]] = {
        "date": answer_date,
        "name": answer_name,
        "place": answer_name,
        "list": answer_list,
        "yesno": answer_yesno,
    }
    if question.kind == "text":
        figure = answer_figure(scene)
        if figure.text and question.is_terse and (figure.score > _FIGURE_FOR_KEYWORDS or figure.is_named):
            return figure  # 例: 相談会 来場者 2023 asks for the figure that these words label
    return pickers.get(question.kind, answer_text)(scene)


def answers_near(scene: Scene) -> Iterator[Draft]:
    """Yield what is picked out of each of the likeliest lines and what stands around it, where that is anything.

    The picker of the whole scene weighs all its lines, and may end in another than the one that answers.
    """
    for place, scored in enumerate(likeliest(scene)[:_PICKED_NEAR], 1):
        region = scored.region
        low, high = max(region.low, scored.index - _AROUND), min(region.high, scored.index + _AROUND + 1)
        around = Region(
            region.reading,
            Coverage(region.reading, scene.atoms, low, high),
            region.prior[low - region.low : high - region.low],
        )
        draft = pick(with_statements(replace(scene, regions=(around,), statements=())))
        if draft.text:
            yield replace(draft, sort="near", place=place)
