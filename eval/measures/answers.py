"""Does an answer say what was asked for, in few enough words?"""

from __future__ import annotations

import re
import unicodedata

from eval.dataset import Question
from eval.measures.luck import luck
from eval.measures.texts import figures, normalise

SHORT_TYPES = frozenset({"number", "table_cell", "temporal", "date", "name", "place"})
LONG_TYPES = frozenset({"list", "comparison", "howto", "reason", "definition"})
SHORT, USUAL, LONG = 80, 200, 600  # characters, after `normalise`
ROW_OF_FIGURES = 6  # a short answer with more figures than this is a row, not a value
_SEPARATORS = re.compile(r"[、,・\n/\s()]+")


def length_limit(question: Question) -> int:
    """Return how many characters a right answer may have."""
    if question.type in LONG_TYPES or question.accept_all:
        return LONG
    return SHORT if question.type in SHORT_TYPES else USUAL


def says_it(question: Question, answer: str) -> bool:
    """Say whether the answer says what was asked for, however long it is: it holds it, and not by luck."""
    return holds_it(question, answer) and luck(question, answer) is None


def holds_it(question: Question, answer: str) -> bool:
    """Say whether the answer holds an accepted text, or every one of ``accept_all``, and is no row of figures.

    This is the plain rule of the contract; ``luck`` names what else an answer that holds the text may say.

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
