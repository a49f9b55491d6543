"""When an answer holds the accepted text and yet says something else: each rule has a name and a reason.

The contract calls an answer right that holds one of the accepted texts after folding. A piece of a longer figure, the
same digits in another unit, or a list of candidates hold it too, by luck. The rules below only ever turn a right answer
into a wrong one. They follow from how figures, dates and names are written in Japanese, never from a single question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from eval.dataset import Question
from eval.measures.claims import CLAIMS, NO, YES
from eval.measures.texts import Occurrence, compact, held, normalise, occurrences
from eval.measures.values import (
    VALUE_TYPES,
    gold_quantities,
    has_year,
    is_date,
    is_written,
    periods,
    quantities,
    same_period,
    same_quantity,
)
from ingest.dates import Period
from ingest.numbers import Quantity

_KANJI_DIGITS = "〇一二三四五六七八九十"
_SCALES = "十百千万億兆"
_DENIED = re.compile(r"[^、。,;:()\d]{0,6}?(?:(?:では|じゃ|で)は?(?:ない|なく(?!な)|ありません|なかった)|以外)")
_AT_MOST, _AT_LEAST = ("以下", "以内", "未満"), ("以上", "超")
_BEGINS = re.compile(r"[^\d、。()]{0,3}(?:から|→)\d")
_BOUND = re.compile(rf"[^\d、。()]{{0,6}}?({'|'.join((*_AT_MOST, *_AT_LEAST))})(?!過)")
_UP = "増|多|プラス|伸|上積|上回|転入超過"
_DOWN = "減|少な|マイナス|縮|足りな|下回|転出超過"
_DIRECTION = re.compile(rf"[^\d、。()]{{0,6}}?\(?(?:(?P<up>{_UP})|(?P<down>{_DOWN}))")
_MUNICIPALITY = re.compile(r"[一-鿿ぁ-んァ-ヶ][都道府県市区町村]$")


def luck(question: Question, answer: str) -> str | None:
    """Return the name of the rule by which an answer that holds the accepted text does not say it; None if it does.

    Only for answers that hold it (``answers.holds_it``).
    """
    for name, rule in CLAIMS.items():
        if rule(question, answer):
            return name
    if question.accept_all:
        found = [luck_of_text(question, accepted, answer) for accepted in question.accept_all]
        return next((name for name in found if name), None)
    found = [luck_of_text(question, accepted, answer) for accepted in question.accept if held(accepted, answer)]
    return found[0] if found and all(found) else None


def luck_of_text(question: Question, accepted: str, answer: str) -> str | None:
    """Return by which rule no occurrence of one accepted text says it; None if one does, or there is none."""
    found = [_luck_at(question, accepted, place) for place in occurrences(accepted, answer)]
    return found[0] if found and all(found) else None


def _luck_at(question: Question, accepted: str, place: Occurrence) -> str | None:
    dates = _dates_at(question, accepted)
    if dates and _is_other_date(question, dates, place):
        return "date"
    # A date that is read whole needs no other look at its figures.
    whole = dates and any(p.at[0] <= place.start and place.end <= p.at[1] for p in periods(place.text))
    rules = _PLACE_RULES if whole else _FIGURE_RULES | _PLACE_RULES
    return next((name for name, rule in rules.items() if rule(question, accepted, place)), None)


# One occurrence of an accepted text.


def _piece_of_a_figure(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 648 in 1,648, 6480, 648.5 or 1億648万; 1/2 in 1/20; 一位 in 十一位."""
    said, before, after = place.said, place.before, place.after
    if said[0].isdigit() and re.search(rf"\d[./]?$|\d[{_SCALES}]$", before):
        return True
    if said[0] in _KANJI_DIGITS and before[-1:] in tuple(_KANJI_DIGITS + _SCALES):
        return True
    return said[-1].isdigit() and bool(re.match(r"\d|[./]\d", after))


def _other_quantity(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 36,494万円 or 36,494人 for 36,494千円; 25 in 2月25日 for 25町村."""
    if not place.said[0].isdigit():
        return False
    gold = _golds(question, accepted)
    if not gold:
        return False
    said = next((q for q in quantities(place.text) if overlaps(q.at, place)), None)
    if said is not None and said.base_unit is None and place.start <= said.at[0] + 1 and said.at[1] <= place.end:
        return False  # nothing but the accepted digits: no unit speaks against them
    if said is None:  # a date, a clock time or the number of a paragraph
        return bool(re.match(r"\d*[./]?\d*(?:年|月|日|時|号|番|条|ページ|回目|年目)", place.after)) or any(
            overlaps(p.at, place) for p in periods(place.text)
        )
    return not any(same_quantity(one, said) for one in gold)


def _golds(question: Question, accepted: str) -> list[Quantity]:
    """Return the gold quantities that an accepted text stands for, each of the ways they are written."""
    of_answer = [q for q in quantities(question.answer) if is_written(accepted, q)]
    whole = [q for q in quantities(accepted) if q.at[0] == 0 and q.base_unit is not None]
    is_one_value = question.type in VALUE_TYPES and not question.accept_all
    others = gold_quantities(question) if is_one_value else ()
    # The other ways to write it count only beside a unit: the digits alone are no value yet.
    return [*of_answer, *whole, *(q for q in others if q.unit is not None or not (of_answer or whole))]


def overlaps(at: tuple[int, int], place: Occurrence) -> bool:
    return at[0] < place.end and place.start < at[1]


def _end_of_a_range(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 15社 in 11～15社, and 1割 in 「1割から10割に」, where a change begins."""
    if not place.said[0].isdigit() or "~" in compact(question.answer):
        return False
    if not question.accept_all and _BEGINS.match(place.after):
        return not any(_BEGINS.match(gold.after) for gold in occurrences(accepted, question.answer))
    return bool(re.search(r"\d[^\d、。()~]{0,3}~$", place.before) or re.match(r"[^\d、。()~]{0,3}~\d", place.after))


def _inside_a_word(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: IT in digital, 100 in RE100."""
    said = place.said
    front = said[0].isascii() and said[0].isalnum() and _is_letter(place.left)
    back = _is_letter(said[-1]) and _is_letter(place.right)
    return front or back


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _negated_word(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 許可 in 不許可, 達成 in 未達成."""
    if place.left not in tuple("不無非未") or not re.match(r"[一-鿿]", place.said):
        return False
    return normalise(place.left + accepted) not in normalise(question.answer)


def _inside_a_name(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 天草市 in 上天草市, 小国町 in 南小国町: towns are named after the side of an older one on which they lie.

    So is any name of ``accept_all`` inside another one of them.
    """
    for other in question.accept_all:
        if accepted != other and normalise(accepted) in normalise(other):
            around = occurrences(other, place.text)
            if any(one.start <= place.start and place.end <= one.end for one in around):
                return True
    if place.left not in tuple("東西南北上下") or not _MUNICIPALITY.search(accepted + place.right):
        return False
    return normalise(place.left + accepted) not in normalise(question.answer)


def _denied(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 648社ではなく549社, ソニー以外."""
    if not _DENIED.match(place.after):
        return False
    return not any(_DENIED.match(gold.after) for gold in occurrences(accepted, question.answer))


def _other_bound(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 3,400人未満 for 3,400人以上; 100未満 is not 100."""
    found = _BOUND.match(place.after)
    if found is None or not any(c.isdigit() for c in place.said):
        return False
    golds = [_BOUND.match(gold.after) for gold in occurrences(accepted, question.answer)]
    gold = next((match[1] for match in golds if match), None)
    if gold is None:
        return bool(golds) and found[1] in ("未満", "超")
    return (gold in _AT_MOST) != (found[1] in _AT_MOST)


def _other_direction(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: 34,513人減 for 34,513人増; △198人 for 198人（転入超過）."""
    if not any(c.isdigit() for c in place.said):
        return False
    said = _direction(place)
    gold = next((d for d in map(_direction, occurrences(accepted, question.answer)) if d), 0)
    if not gold and question.type == "comparison":
        gold = _asked_direction(question.question)
    return said * gold < 0


def _direction(place: Occurrence) -> int:
    """Return 1 for more, -1 for less, 0 where neither is said of the figure."""
    following = _DIRECTION.match(re.sub(r"増減", "", place.after))
    if following:
        return 1 if following["up"] else -1
    sign = re.search(r"([△▲▼+]|(?<![\d)])-)[\d.]*$", place.before)
    return 0 if sign is None else 1 if sign[1] == "+" else -1


def _asked_direction(text: str) -> int:
    plain = compact(text).replace("増減", "")
    up, down = re.search(_UP, plain), re.search(_DOWN, plain)
    return 1 if up and not down else -1 if down and not up else 0


def _no_interjection(question: Question, accepted: str, place: Occurrence) -> bool:
    """例: はい in 「申請はいつでも」: a yes stands at the beginning or after a full stop."""
    if not (YES.fullmatch(accepted) or NO.fullmatch(accepted)):
        return False
    return bool(place.before) and place.before[-1] not in "。「『!?:)"


_FIGURE_RULES: dict[str, Callable[[Question, str, Occurrence], bool]] = {
    "figure": _piece_of_a_figure,
    "value": _other_quantity,
    "range": _end_of_a_range,
    "word": _inside_a_word,
}
_PLACE_RULES: dict[str, Callable[[Question, str, Occurrence], bool]] = {
    "negated": _negated_word,
    "name": _inside_a_name,
    "denied": _denied,
    "bound": _other_bound,
    "direction": _other_direction,
    "interjection": _no_interjection,
}


# Dates.


def _dates_at(question: Question, accepted: str) -> list[Period]:
    """Return the gold dates that an accepted text stands for; empty where it is no date.

    A day without a year gets the year that the gold answer gives it, and stands for itself where none is said.
    """
    if not is_date(accepted):
        return []
    own = periods(accepted)[0]
    golds = [p for p in periods(question.answer) if has_year(p)]
    if has_year(own):
        return [own, *(p for p in golds if p.start == own.start and p.kind == own.kind)]
    ends = {end for p in golds for end in (p.start, p.end)}
    dated = [replace(own, start=end, end=end) for end in sorted(ends) if own.kind == "day" and end[5:] == own.start[5:]]
    return [*dated, *(p for p in golds if (p.start[5:], p.end[5:]) == (own.start[5:], own.end[5:])), own]


def _is_other_date(question: Question, dates: list[Period], place: Occurrence) -> bool:
    """例: 令和8年1月14日 for 令和7年1月14日; 令和5年度 for 令和5年; 11月20日 for 1月20日.

    Where two dates are asked for and one lies within the other, each must be as exact as it is written:
    令和7年1月 is not said by 令和7年1月22日 when that is the other one.
    """
    said = [p for p in periods(place.text) if overlaps(p.at, place)]
    others = [p for text in question.accept_all for p in _dates_at(question, text) if p not in dates]
    strict = any(same_period(date, other) for date in dates for other in others)
    dated = any(map(has_year, dates))
    for period in said:
        if not has_year(period) and place.text[: period.at[0]].endswith("年"):
            continue  # of a year that is none: 92024年1月20日
        for date in dates:
            if dated and has_year(period) and not has_year(date):
                continue
            if same_period(date, period) and (not strict or same_period(period, date)):
                return False
            if period.kind == "range" and same_period(period, date):
                return False
    return bool(said)
