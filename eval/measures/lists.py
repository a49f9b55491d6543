"""Of the names that were asked for, how many are said; and how many of those that are said were asked for?

Set precision and recall of list questions, as in QAMPARI (Amouyal et al., GEM 2023), over folded names.
"""

from __future__ import annotations

import re

from eval.dataset import Question
from eval.measures.luck import luck_of_text
from eval.measures.texts import compact, held, without_asides

# The types whose answer is an enumeration. A comparison or a series names its values in clauses, a reason in prose:
# their share of said values is a recall, but they have no items to count a precision of.
ENUMERATED = frozenset({"list", "name", "place", "table_cell"})
_PARTED = re.compile(r"[、,/\n→;]")
_NUMBERED = re.compile(r"[①-⑳]|[(（][0-9０-９]{1,2}[)）]")
_PARTED_FURTHER = re.compile(r"・|及び|および|並びに|と|や")


def list_recall(question: Question, answer: str) -> float | None:
    """Return the share of ``accept_all`` that the answer says, from 0 to 1; None for a question without it."""
    if not question.accept_all:
        return None
    said = [held(name, answer) and luck_of_text(question, name, answer) is None for name in question.accept_all]
    return sum(said) / len(said)


def list_precision(question: Question, answer: str) -> float | None:
    """Return the share of the answer's items that hold a name of ``accept_all``, or stand in the gold answer; 0 to 1.

    None where nothing is enumerated (see ``ENUMERATED``), and for an answer without items: who names nothing has not
    named anything wrong.
    """
    if not question.accept_all or question.type not in ENUMERATED:
        return None
    parts = items(answer, question.accept_all)
    right = [_is_gold(question, part) for part in parts]
    return sum(right) / len(right) if right else None


def _is_gold(question: Question, part: str) -> bool:
    if any(held(name, part) and luck_of_text(question, name, part) is None for name in question.accept_all):
        return True
    return len(part) > 1 and held(part, question.answer)  # a gold name that has a comma in it comes in parts


def items(answer: str, names: tuple[str, ...] = ()) -> list[str]:
    """Return the items of an enumeration, each once, without asides in parentheses.

    They are parted at 、 , / → circled numbers and line ends, and at ・, と, や or 及び only where a part holds two of
    ``names`` besides: 例: 「バックオフィス・働き方改革」 is one item, 「進化・伸化・新化・深化」 are four.
    """
    found: list[str] = []
    for part in _PARTED.split(without_asides(_NUMBERED.sub("、", answer))):
        several = sum(held(name, part) for name in names) > 1
        found += _PARTED_FURTHER.split(part) if several else [part]
    return list(dict.fromkeys(item for item in (compact(part).strip("。:・") for part in found) if item))
