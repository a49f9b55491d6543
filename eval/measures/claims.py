"""What an answer claims as a whole, against the gold answer and itself: はい or いいえ, which one, how it changed.

Each rule says whether an answer that holds an accepted text claims something else by it (see ``luck``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from eval.dataset import Question
from eval.measures.texts import compact, held, normalise, occurrences, without_asides
from eval.measures.values import gold_quantities, own_quantities, periods, quantities, same_quantity, units_differ
from ingest.dates import Period
from ingest.numbers import Quantity

YES, NO = re.compile(r"はい|ええ"), re.compile(r"いいえ|いえ")
_NEGATIVE_END = re.compile(r"(?:ない|ません|なかった|ませんでした|中止|未定)$")
_PARTICLE_END = re.compile(r"(?:[はがをにでとものへ]|ため|して)$")
_PREDICATE = re.compile(r"ほう|方が|より|が[多大高長早上]")
_EITHER = re.compile(r"どちら|どっち|どれが")
_FEW = 20  # characters of a name; a longer item is a clause


def _other_polarity(question: Question, answer: str) -> bool:
    """例: 「はい。現在は休止しています」 where the gold answer is いいえ; 「できません」 where it is はい."""
    if question.type != "yesno":
        return False
    gold = compact(question.answer)
    says_yes = bool(YES.match(gold))
    says_no = bool(NO.match(gold)) or (not says_yes and _ends_negative(without_asides(gold)))
    text = compact(answer)
    if YES.match(text):
        return says_no
    return says_yes and bool(NO.match(text) or _ends_negative(text.partition("。")[0]))


def _ends_negative(clause: str) -> bool:
    return bool(_NEGATIVE_END.search(clause.rstrip("。")))


def _several_names(question: Question, answer: str) -> bool:
    """例: 税務課 among eight other offices: who names all candidates has not answered which.

    Items are alternatives when there are three, or two of one kind (水俣高校、私立高校), but not a whole and its part
    (熊本県、税務課). Only where the gold answer is one name.
    """
    gold = without_asides(question.answer)
    called = normalise(gold) in map(normalise, question.accept)
    is_name = question.type in ("name", "place") or (question.type == "paraphrase" and called)
    if question.accept_all or not is_name or any(c.isdigit() for c in gold) or len(_items(gold)) != 1:
        return False
    items = _items(answer)
    if len(items) < 2 or any(len(item) > _FEW or _PARTICLE_END.search(item) for item in items):
        return False
    right = [item for item in items if any(held(accepted, item) for accepted in question.accept)]
    others = [item for item in items if item not in right]
    alike = any(item[-1] == other[-1] for item in right for other in others)
    return bool(others) and (len(items) > 2 or alike)


def _items(text: str) -> list[str]:
    plain = re.sub(r"(?:など|等|です|である)?。?$", "", without_asides(text))
    return list(dict.fromkeys(item for item in (compact(part) for part in re.split(r"[、,/\n]", plain)) if item))


def _several_values(question: Question, answer: str) -> bool:
    """例: 「549社、507社、648社」 for 648社: three candidates, of which the first is not the right one."""
    if question.accept_all or question.type not in ("number", "table_cell"):
        return False
    gold = gold_quantities(question)
    own = own_quantities(question, answer)
    rivals = [q for q in own if gold and not units_differ(q.base_unit, gold[0].base_unit)]
    return len({abs(q.value) for q in rivals}) > 2 and not any(same_quantity(one, rivals[0]) for one in gold)


def _wrong_winner(question: Question, answer: str) -> bool:
    """例: 「デンソーのほうが多い（ソニーは6%）」, 「ソニーよりデンソー」 or 「ソニーとデンソー」 for ソニー."""
    if question.type != "comparison" or question.accept_all or not _EITHER.search(question.question):
        return False
    core = without_asides(answer)
    names = [a for a in question.accept if not any(c.isdigit() for c in a) and held(a, without_asides(question.answer))]
    if not names or any(held(a, answer) for a in question.accept if a not in names):
        return False
    places = [place for name in names for place in occurrences(name, core)]
    chosen = [place for place in places if not re.match(r"[^、。]{0,8}?より", place.after)]
    both = len([part for part in re.split(r"[、と・/]|および|及び", core) if part]) > 1 and not _PREDICATE.search(core)
    return not chosen or both


def _against_itself(question: Question, answer: str) -> bool:
    """例: 「4人減（令和5年度は25人、令和6年度は29人）」, 「乙のほうが多い（甲は9人、乙は5人）」.

    What is told of the figures is not what they say.
    """
    if not question.accept_all or question.type not in ("comparison", "temporal"):
        return False
    core = compact(without_asides(answer)).rstrip("。")
    return _wrong_change(core, compact(answer)) or _wrong_choice(core, compact(answer))


def _wrong_change(core: str, plain: str) -> bool:
    told = re.search(r"\d[^\d、。()]*(増|減)$", core)
    dated = sorted(_dated(plain), key=lambda pair: pair[0].end)
    if told is None or len(dated) != 2 or dated[0][0].end == dated[1][0].end:
        return False
    change = dated[1][1].value - dated[0][1].value
    return change * (1 if told[1] == "増" else -1) < 0


def _dated(plain: str) -> Iterator[tuple[Period, Quantity]]:
    """Yield each quantity with the period right before it: 令和5年度は25人."""
    found = periods(plain)
    for quantity in quantities(plain):
        before = [p for p in found if p.at[1] <= quantity.at[0] <= p.at[1] + 8]
        if before:
            yield before[-1], quantity


def _wrong_choice(core: str, plain: str) -> bool:
    told = re.match(r"(.+?)の?(?:ほう|方)が(?:(多|大き|高|長)|(少な|小さ|低|短))", core)
    if told is None:
        return False
    named = [(plain[: q.at[0]], q.value) for q in quantities(plain)]
    own = [value for before, value in named if re.search(rf"[(、]{re.escape(told[1])}[はが]?$", before)]
    others = [value for before, value in named if re.search(r"[(、][^(、]+[はが]$", before) and value not in own]
    if len(own) != 1 or len(others) != 1:
        return False
    return (own[0] - others[0]) * (1 if told[2] else -1) < 0


CLAIMS: dict[str, Callable[[Question, str], bool]] = {
    "polarity": _other_polarity,
    "names": _several_names,
    "values": _several_values,
    "winner": _wrong_winner,
    "contradiction": _against_itself,
}
