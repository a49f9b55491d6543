"""How good answers and rankings are: pure functions, no file and no model.

Shares are numbers from 0 to 1, never per cent; a share of nothing is None, so that it is not taken for a zero.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ir_measures

from eval.dataset import Question
from ingest.numbers import find_quantities

SHORT_TYPES = frozenset({"number", "table_cell", "temporal", "date", "name", "place"})
LONG_TYPES = frozenset({"list", "comparison", "howto", "reason", "definition"})
SHORT, USUAL, LONG = 80, 200, 600  # characters, after `normalise`
ROW_OF_FIGURES = 6  # a short answer with more figures than this is a row, not a value

_DASHES = str.maketrans({"∼": "~", "〜": "~"})
_IGNORED = re.compile(r"[\s,、*]")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_SEPARATORS = re.compile(r"[、,・\n/\s()]+")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_ERA_YEAR = re.compile(r"(令和|平成|昭和|R|H|S)\s*(\d{1,2}|元)")
# 例: 令和6年1月末、2024年度、R6.1.31、10月25日、2024-01-31
_DATE = re.compile(
    r"(?:令和|平成|昭和|[RHS])\s*(?:\d{1,2}|元)(?:年度?)?(?:[./]\s?\d{1,2}(?!\d)){0,2}"
    r"|\d{4}年度?|(?:19|20)\d\d[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?!\d)|\d{1,2}月|\d{1,2}日(?!間|程)"
)
_SIGNS = {"−": "-", "－": "-", "—": "-", "×": "*", "÷": "/", "△": "-", "▲": "-"}
_OPERATION = re.compile(r"\d+(?:\.\d+)?|[-+*/=]")


def normalise(text: str) -> str:
    """Return the text as answers are compared: NFKC, lower case, without spaces, commas and emphasis marks."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES).lower()


def figures(text: str) -> list[str]:
    """Return the figures of a text in order, without digit commas: 2,776件 → 2776."""
    return _FIGURE.findall(unicodedata.normalize("NFKC", text).replace(",", ""))


def western_years(text: str) -> set[str]:
    """Return the western years that the era years of a text stand for: R6 → 2024."""
    found = _ERA_YEAR.findall(unicodedata.normalize("NFKC", text))
    return {str(_ERAS[era] + (1 if year == "元" else int(year))) for era, year in found}


def length_limit(question: Question) -> int:
    """Return how many characters a right answer may have."""
    if question.type in LONG_TYPES or question.accept_all:
        return LONG
    return SHORT if question.type in SHORT_TYPES else USUAL


def says_it(question: Question, answer: str) -> bool:
    """Say whether the answer holds what was asked for, however long it is.

    Of ``accept_all``, a name that is part of another one must also stand by itself:
    例: 「上天草市」 alone does not say 天草市.
    """
    text = normalise(answer)
    if question.accept_all:
        wanted = [normalise(accept) for accept in question.accept_all]
        alone = {normalise(part) for part in _SEPARATORS.split(unicodedata.normalize("NFKC", answer))}
        inner = {x for x in wanted for y in wanted if x != y and x in y}
        said = all(x in text and (x not in inner or x in alone) for x in wanted)
    else:
        said = any(normalise(accept) in text for accept in question.accept)
    if length_limit(question) == SHORT:
        asked = figures(question.question)
        said = said and sum(figure not in asked for figure in figures(answer)) <= ROW_OF_FIGURES
    return said


def is_short_enough(question: Question, answer: str) -> bool:
    return len(normalise(answer)) <= length_limit(question)


def is_exact(question: Question, answer: str) -> bool:
    """Say whether the answer is the gold answer or an accepted one and nothing else."""
    return normalise(answer) in {normalise(text) for text in (question.answer, *question.accept)}


def character_f1(gold: str, answer: str) -> float:
    """Return the F1 of the two texts as bags of characters: 0 for nothing in common, 1 for the same characters."""
    wanted, given = Counter(normalise(gold)), Counter(normalise(answer))
    common = sum((wanted & given).values())
    return 2 * common / (wanted.total() + given.total()) if common else 0.0


def unsupported_figures(
    answer: str, question: str, quotes: str, surroundings: str, how: str | None = None
) -> list[str]:
    """Return the figures of an answer that stand nowhere they may stand.

    A value must stand in the cited quotes or in the question. A date may also stand around the quotes (headings,
    title, the lines next to them), in era or western years. With ``how``, the answer is worked out: then its figures
    may stand there, if the operands stand in the quotes and the sum is right.
    """
    text = unicodedata.normalize("NFKC", answer)
    have = _known(quotes) | _known(question)
    if how is not None and not faults_of_derivation(how, quotes):
        have |= set(figures(how))
    around = have | _known(surroundings)
    loose = [value for value in figures(_DATE.sub(" ", text)) if not {value, value.lstrip("0")} & have]
    for date in _DATE.findall(text):
        for place, figure in enumerate(re.findall(r"\d+", date)):
            same = {figure, figure.lstrip("0")} | (western_years(date) if place == 0 else set())
            loose += [] if same & around else [figure]
    return loose


def _known(text: str) -> set[str]:
    found = figures(text)
    for date in _DATE.findall(unicodedata.normalize("NFKC", text)):  # 例: R6.1 is no decimal
        found += re.findall(r"\d+", date)
    return set(found) | {figure.lstrip("0") for figure in found} | western_years(text)


def faults_of_derivation(how: str, quotes: str) -> list[str]:
    """Return what is wrong with a calculation such as 648 − 507 = 141: operands that nobody cited, a wrong result.

    Powers of ten that turn one unit into another (千円 → 円) need no citation, and an operand may be written out:
    例: 122億4千万円 as 12,240,000,000.
    """
    text = unicodedata.normalize("NFKC", how).replace(",", "")
    text = "".join(_SIGNS.get(character, character) for character in text)
    left, equals, right = text.rpartition("=")
    operands = figures(left if equals else text)
    known = _known(quotes) | {f"{quantity.value:.15g}" for quantity in find_quantities(quotes)}
    faults = [x for x in operands if x not in known and not re.fullmatch(r"10+", x)]
    if equals and not re.search(r"[億万千百割]", text):
        value, result = _calculate(left), figures(right)
        if value is not None and result and abs(abs(value) - float(result[0])) > _rounding(result[0]):
            faults.append(f"{left.strip()} = {value:g}, not {result[0]}")
    return faults


def _rounding(figure: str) -> float:
    """Return half of the last place of a printed figure: 0.05 for 1.7, and next to nothing for a whole number."""
    return 0.5 * 10 ** -len(figure.partition(".")[2]) + 1e-9 if "." in figure else 1e-6


def _calculate(text: str) -> float | None:
    """Return the value of a plain sum or product from left to right; None for anything that is not one."""
    tokens = _OPERATION.findall(text)
    mixed = {"+", "-"} & set(tokens) and {"*", "/"} & set(tokens)
    if len(tokens) < 3 or len(tokens) % 2 == 0 or mixed:
        return None
    if not all((token[0].isdigit()) == (place % 2 == 0) for place, token in enumerate(tokens)):
        return None
    value = float(tokens[0])
    for operator, token in zip(tokens[1::2], tokens[2::2], strict=True):
        operand = float(token)
        if operator == "+":
            value += operand
        elif operator == "-":
            value -= operand
        elif operator == "*":
            value *= operand
        elif operator == "/" and operand:
            value /= operand
        else:
            return None
    return value


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float | None:
    """Return the expected calibration error: how far confidence and share of right ones lie apart, on average.

    Equal bins of confidence, each weighed by how many answers fall into it.
    """
    groups: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, ok in zip(confidences, right, strict=True):
        groups[min(int(confidence * bins), bins - 1)].append((confidence, ok))
    if not groups:
        return None
    gaps = (abs(sum(c for c, _ in group) - sum(ok for _, ok in group)) for group in groups.values())
    return sum(gaps) / len(confidences)


def percentile(values: Iterable[float], q: float) -> float | None:
    """Return the value below which a share ``q`` lies: the median is exact, others take the lower neighbour."""
    ordered = sorted(values)
    if not ordered:
        return None
    return statistics.median(ordered) if q == 0.5 else ordered[int(q * (len(ordered) - 1))]


def share(flags: Iterable[bool]) -> float | None:
    """Return the share of true ones; None when there are none to count."""
    counted = list(flags)
    return sum(counted) / len(counted) if counted else None


@dataclass(frozen=True)
class Place:
    """Where a ranked chunk stands."""

    chunk_id: str
    file: str
    lines: tuple[int, int] | None
    page: int | None


def recall_at(question: Question, ranking: Sequence[Place], k: int) -> float:
    """Return the share of the needed documents whose gold places the first ``k`` chunks reach.

    Most questions need one document, so this is 0 or 1: is the evidence among the first k. A place where the same
    value is said again (``alt_evidence``) does as well.
    """
    reached = {
        place.file
        for place in question.places
        if any(place.overlaps(hit.file, hit.lines, hit.page) for hit in ranking[:k])
    }
    return min(1.0, len(reached) / len(question.documents))


def ranking_measures(
    questions: Sequence[Question], rankings: Mapping[str, Sequence[Place]], chunks: Collection[Place]
) -> dict[str, float]:
    """Return recall@1/5/10, MRR and nDCG@10 over the answerable questions; a question without ranking counts as 0.

    For MRR and nDCG a chunk is relevant (gain 1) when it overlaps a gold place; ``chunks`` are all that could be found.
    """
    asked = [question for question in questions if question.answerable]
    qrels = {
        q.id: {c.chunk_id: 1 for c in chunks if any(p.overlaps(c.file, c.lines, c.page) for p in q.places)}
        for q in asked
    }
    # Ranks as scores: equal scores would be put into another order by their ids.
    run = {q.id: {hit.chunk_id: float(-n) for n, hit in enumerate(rankings.get(q.id, ()))} for q in asked}
    mrr, ndcg = ir_measures.parse_measure("RR"), ir_measures.parse_measure("nDCG@10")
    sums = {mrr: 0.0, ndcg: 0.0}
    for metric in ir_measures.iter_calc(list(sums), {q: r for q, r in qrels.items() if r}, run):
        sums[metric.measure] += metric.value
    count = max(1, len(asked))
    result = {f"recall@{k}": sum(recall_at(q, rankings.get(q.id, ()), k) for q in asked) / count for k in (1, 5, 10)}
    return result | {"mrr": sums[mrr] / count, "ndcg@10": sums[ndcg] / count}


@dataclass(frozen=True)
class Judged:
    """What was found out about one answer."""

    id: str
    type: str
    answerable: bool
    answered: bool
    right: bool  # an unanswerable question: declined
    cited: bool  # right, and a citation shows a gold place; an unanswerable question: declined
    too_long: bool  # says it, but in too many words
    exact: bool
    character_f1: float
    covered: bool  # some citation shows a gold place, right or not
    unsupported: tuple[str, ...]
    quotes: int
    bad_quotes: int  # not the document's own characters at the place they name
    confidence: float
    ms: float
    error: str | None = None


def judge(
    question: Question,
    *,
    answered: bool,
    text: str,
    citations: Sequence[Place],
    confidence: float,
    ms: float,
    unsupported: Sequence[str] = (),
    bad_quotes: int = 0,
    error: str | None = None,
) -> Judged:
    """Return the verdict on one answer. An error is never right, not even for a question without answer."""
    said = question.answerable and answered and says_it(question, text)
    short = is_short_enough(question, text)
    right = error is None and (said and short if question.answerable else not answered)
    covered = any(p.is_cited_by(c.file, c.lines, c.page) for p in question.places for c in citations)
    return Judged(
        id=question.id,
        type=question.type,
        answerable=question.answerable,
        answered=answered,
        right=right,
        cited=right and (covered or not question.answerable),
        too_long=said and not short,
        exact=question.answerable and answered and is_exact(question, text),
        character_f1=character_f1(question.answer, text) if question.answerable and answered else 0.0,
        covered=covered,
        unsupported=tuple(unsupported),
        quotes=len(citations),
        bad_quotes=bad_quotes,
        confidence=confidence,
        ms=ms,
        error=error,
    )


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the scorecard of a set of answers."""
    asked = [j for j in judged if j.answerable]
    trick = [j for j in judged if not j.answerable]
    answered = [j for j in judged if j.answered]
    declined = [j for j in judged if not j.answered and j.error is None]
    return {
        "questions": len(judged),
        "answerable": len(asked),
        "accuracy": share(j.right for j in asked),
        "cited_accuracy": share(j.cited for j in asked),
        "exact": share(j.exact for j in asked),
        "character_f1": statistics.fmean(j.character_f1 for j in asked) if asked else None,
        "citation_coverage": share(j.covered for j in asked if j.answered),
        "refusal_recall": share(j.right for j in trick),
        "refusal_precision": share(not j.answerable for j in declined),
        "false_refusal": share(not j.answered for j in asked),
        "too_long": share(j.too_long for j in asked),
        "unsupported_answers": sum(bool(j.unsupported) for j in judged),
        "quotes": sum(j.quotes for j in judged),
        "quotes_not_verbatim": sum(j.bad_quotes for j in judged),
        "calibration_error": calibration_error([j.confidence for j in answered], [j.right for j in answered]),
        "errors": sum(j.error is not None for j in judged),
        "p50_ms": percentile((j.ms for j in judged), 0.5),
        "p95_ms": percentile((j.ms for j in judged), 0.95),
        "types": {
            name: {
                "questions": len(group),
                "right": sum(j.right for j in group),
                "cited": sum(j.cited for j in group),
                "declined": sum(not j.answered for j in group),
                "too_long": sum(j.too_long for j in group),
            }
            for name, group in sorted(_by_type(judged).items())
        },
    }


def _by_type(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.type].append(one)
    return groups
