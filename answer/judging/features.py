"""One row of features for an answer: all that can be seen of whether it is right, before anybody knows.

They are of three sorts: how the evidence meets the question (``answer.reading.signals``), how well search found the
place, and whether the text looks like an answer of the kind that is asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from answer.asking.question import asks_two
from answer.candidates.lines import holds_kind
from answer.draft import Draft, Support, says_yes
from answer.reading.as_read import value_odds
from answer.reading.evidence import katakana
from answer.reading.scene import Scene, Scored
from answer.reading.signals import SIGNALS
from index.protocols import Hit
from ingest.japanese import content_words, fold, morphs

NONE = 0.0


class Features(NamedTuple):
    """Each from 0 to 1 unless it says otherwise; 0 where it does not apply."""

    coverage: float  # share of the topic met at the answer (weights by rarity)
    focus: float  # the same for the words next to the interrogative
    own: float  # the same in the quoted text itself
    unmet: float  # share of the topic's rare words that are nowhere near
    unit: float  # fit of the unit, about -1 to 1
    period: float  # fit of the date, about -1 to 1
    lead: float  # how far the answer is ahead of the next different one
    fit: float  # how well the text looks like what was asked for, about -0.3 to 1
    prior: float  # how well its passage was found, beside the best
    unknown: float  # share of the topic's words that no document names
    score: float  # the picker's own score, about 0 to 2
    rank: float  # 1 / rank of the passage that holds the answer, among those read
    keyword_rank: float  # 1 / its rank by words
    vector_rank: float  # 1 / its rank by meaning
    gap: float  # how far the best passage is ahead of the second
    repeated: float  # share of the five best passages in which a short answer stands
    statement: float  # 1 / rank of the quoted statement among those that meet the question
    best_statement: float  # coverage of the best statement, wherever it is
    same_statement: float  # 1 when the quoted statement is the best one
    echo: float  # share of the answer's words that the question says already
    length: float  # characters of the answer, 200 and more are 1
    figure: float  # 1 when the answer holds a digit
    table: float  # 1 when it is from a table
    sentence: float  # 1 when it is a sentence or clause and not a value
    several: float  # 1 when the question asks two things
    worked_out: float  # 1 when it was computed
    terms: float  # words of the topic, 10 and more are 1
    terse: float  # 1 for keywords without a verb
    papers: float  # documents asked, by decades: 1 is 1,000
    everyday: float  # share of the topic's words met only by a like word
    line: float  # 1 / place among the lines that are offered, of a line and of what was picked near it; else 0
    agrees: float  # share of the other drafts that say the same: they hold its value, or it holds theirs
    held: float  # 1 when the text has what an answer of the kind must have
    similar: float  # cosine of question and quoted text, beside the best of the other drafts'; 0 where they were read
    read: float  # what the reader says of the quoted statement: log-odds / 6, -1 to 1; of one not read the least said
    read_best: float  # the same of the statement that it finds likeliest
    read_lead: float  # how far the quoted statement is ahead of the likeliest other one; -1 to 1
    cut: float  # 1 when a short answer stands in its statement only within longer words. 例: 立法 of 立法例調査委員会
    unread: float  # 1 where there is a reader and the statement was not among those it was given
    value: float  # what the reader says of the value where it stands in the statement: log-odds / 6, -1 to 1
    value_lead: float  # how far it is ahead of the likeliest value of a draft that says something else; -1 to 1
    no_value: float  # 1 where the reader says nothing of it: a whole line, worked out, or not as it is written there
    yes: float  # how sure the reader is of the はい or いいえ that is said: log-odds / 6, -1 to 1


Similarity = Callable[[Sequence[str]], Sequence[float]]  # of texts to the question, by their meaning


def read_features(
    scene: Scene, drafts: Sequence[Draft], hits: Sequence[Hit], papers: int, similarity: Similarity
) -> list[Features]:
    """Return a row for each draft, in their order.

    ``hits`` are the passages read, ``papers`` how many documents were asked, ``similarity`` compares texts with the
    question. What was read is not compared: embedding the quotes takes long, and beside what the reader says of them
    its weight was .01 and .02 for values and .07 for lines (.21 and .56 without a reader).
    """
    places = [_statement(scene, draft.supports[0] if draft.supports else None) for draft in drafts]
    texts = [
        _under_headings(scored) if scored is not None else draft.text
        for (_, scored), draft in zip(places, drafts, strict=True)
    ]
    distinct = list(dict.fromkeys(texts)) if not scene.reads else []
    cosines = dict(zip(distinct, similarity(distinct), strict=True)) if distinct else {}
    odds = [_value_odds(scene, draft, scored) for draft, (_, scored) in zip(drafts, places, strict=True)]
    values = [katakana(draft.text.partition("（")[0]) for draft in drafts]
    rows = []
    for n, draft in enumerate(drafts):
        others = [cosines[text] for text in distinct if text != texts[n]]
        beside = cosines[texts[n]] - max(others) if others else 0.0
        like = [bool(value) and (values[n] in value or value in values[n]) for value in values]
        agrees = sum(like[:n] + like[n + 1 :]) / (len(drafts) - 1) if len(drafts) > 1 else 0.0
        among = {"agrees": agrees, "similar": beside, **_values(scene, like, odds, n)}
        rows.append(_row(scene, draft, hits, papers, *places[n], among))
    return rows


def _value_odds(scene: Scene, draft: Draft, scored: Scored | None) -> float | None:
    """Return what the reader says of a draft's value; None of a draft that is its line."""
    if scored is None or draft.sort == "line":
        return None
    read = scene.read_of(scored)
    return value_odds(read, draft.text.partition("（")[0]) if read is not None else None


def _yes(scene: Scene, draft: Draft, scored: Scored | None) -> float:
    read = scene.read_of(scored) if scored is not None else None
    yes = says_yes(draft.text)
    if draft.kind != "yesno" or read is None or yes is None:
        return NONE
    return _within_one((read.yes if yes else -read.yes) / _ODDS)


def _values(scene: Scene, like: Sequence[bool], odds: Sequence[float | None], n: int) -> dict[str, float]:
    own = odds[n]
    if own is None or not scene.reads:
        return {"value": NONE, "value_lead": NONE, "no_value": float(bool(scene.reads))}
    others = [other for alike, other in zip(like, odds, strict=True) if other is not None and not alike]
    ahead = own - max(others, default=-_ODDS)
    return {"value": _within_one(own / _ODDS), "value_lead": _within_one(ahead / _ODDS), "no_value": NONE}


def _under_headings(scored: Scored) -> str:
    """Return a statement below its title and headings, as passages are embedded."""
    statement = scored.statement
    path = " / ".join((statement.document.title[:40], *(heading[:30] for heading in statement.headings[-2:])))
    return f"{path}\n{statement.flat[:250]}"


def _row(
    scene: Scene,
    draft: Draft,
    hits: Sequence[Hit],
    papers: int,
    rank: int,
    scored: Scored | None,
    among: Mapping[str, float],
) -> Features:
    """Return a row; ``among`` are the features that the other drafts have a part in."""
    question, signals = scene.question, draft.signals
    support = draft.supports[0] if draft.supports else None
    n, hit = _holding(hits, support)
    best = scene.statements[0] if scene.statements else None
    said, asked = frozenset(content_words(draft.text)), frozenset(content_words(question.text))
    value = katakana(draft.text.partition("（")[0])
    top = hits[:_SHOWN]
    return Features(
        **{name: float(getattr(signals, name)) if signals is not None else NONE for name in SIGNALS},
        score=draft.score,
        rank=1 / n if n else NONE,
        keyword_rank=1 / hit.ranks["keyword"] if hit is not None and "keyword" in hit.ranks else NONE,
        vector_rank=1 / hit.ranks["vector"] if hit is not None and "vector" in hit.ranks else NONE,
        gap=hits[0].score - hits[1].score if len(hits) > 1 else 1.0,
        repeated=sum(value in katakana(h.chunk.text) for h in top) / len(top) if top and len(value) <= 30 else NONE,
        statement=1 / rank if rank else NONE,
        best_statement=best.coverage if best is not None else NONE,
        same_statement=float(rank == 1),
        echo=len(said & asked) / len(said) if said else NONE,
        length=min(1.0, len(draft.text) / 200),
        figure=float(re.search(r"\d", fold(draft.text)) is not None),
        table=float(scored is not None and scored.statement.kind == "table"),
        sentence=float(_is_clause(draft.text)),
        several=float(asks_two(question)),
        worked_out=float(draft.how is not None),
        terms=min(1.0, len(question.terms) / 10),
        terse=float(question.is_terse),
        papers=math.log10(max(1, papers)) / 3,
        everyday=_by_like_words(scene, scored),
        line=1 / draft.place if draft.place else NONE,
        held=float(holds_kind(draft.text, question)),
        cut=float(scored is not None and _is_cut(fold(draft.text.partition("（")[0]), fold(scored.statement.flat))),
        **_as_read(scene, scored),
        yes=_yes(scene, draft, scored),
        **among,
    )


def _is_cut(value: str, statement: str) -> bool:
    """Say whether a value is only ever a part of a run of letters in a statement, both folded."""
    if not value or len(value) > _SHORT_VALUE or value not in statement:
        return False
    runs = (_HAN, _KANA, _FIGURE)
    before = next((run for run in runs if run.fullmatch(value[0])), None)
    after = next((run for run in runs if run.fullmatch(value[-1])), None)
    for found in re.finditer(re.escape(value), statement):
        left, right = statement[: found.start()][-1:], statement[found.end() :][:1]
        if not (before and before.fullmatch(left)) and not (after and after.fullmatch(right)):
            return False
    return True


def _as_read(scene: Scene, scored: Scored | None) -> dict[str, float]:
    """Return what the reader says of the quoted statement; all ``NONE`` where there is no reader."""
    if not scene.odds:
        return dict.fromkeys(("read", "read_best", "read_lead", "unread"), NONE)
    key = (scored.statement.document.id, scored.index) if scored is not None else None
    least = min(scene.odds.values())
    own = scene.odds.get(key, least) if key is not None else least
    other = max((odds for k, odds in scene.odds.items() if k != key), default=least)
    return {
        "read": _within_one(own / _ODDS),
        "read_best": _within_one(max(scene.odds.values()) / _ODDS),
        "read_lead": _within_one((own - other) / _ODDS),
        "unread": float(key not in scene.odds),
    }


def _within_one(value: float) -> float:
    return max(-1.0, min(1.0, value))


_SHORT_VALUE = 20  # characters: what is longer is no name and no figure
_HAN, _KANA, _FIGURE = re.compile(r"[一-鿿々〆]"), re.compile(r"[ァ-ヶー]"), re.compile(r"[\d.,]")
_SHOWN = 5
_ODDS = 6.0  # log-odds that are as good as certain


def _holding(hits: Sequence[Hit], support: Support | None) -> tuple[int, Hit | None]:
    """Return the rank (from 1) and the hit that holds a support; 0 and None when it was found another way."""
    for n, hit in enumerate(hits, 1):
        chunk = hit.chunk
        if support and chunk.document_id == support.document_id and chunk.start <= support.start < chunk.end:
            return n, hit
    return 0, None


def _statement(scene: Scene, support: Support | None) -> tuple[int, Scored | None]:
    """Return the rank (from 1) of the statement in which a support begins; 0 and None where there is none."""
    for n, scored in enumerate(scene.statements, 1):
        statement = scored.statement
        if (
            support
            and statement.document.id == support.document_id
            and statement.start <= support.start < statement.end
        ):
            return n, scored
    return 0, None


def _is_clause(text: str) -> bool:
    """Say whether a text ends like a sentence, with a verb, an adjective or a particle. 例: 実施しています"""
    found = morphs(fold(text.partition("（")[0]))
    return bool(found) and found[-1].pos in ("動詞", "助動詞", "形容詞", "助詞", "補助記号")


def _by_like_words(scene: Scene, scored: Scored | None) -> float:
    """Return the share of the topic's weight that only a like word meets at a statement."""
    if scored is None:
        return NONE
    statement = scored.statement
    weights = [(a.weight, a.match(statement.lemmas, statement.key)) for a in scene.atoms]
    total = sum(weight for weight, _ in weights) or 1.0
    return sum(weight for weight, worth in weights if 0 < worth < 1) / total
