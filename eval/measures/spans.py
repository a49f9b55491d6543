"""How much of the gold answer's wording does an answer have?"""

from __future__ import annotations

from collections import Counter

from eval.dataset import Question
from eval.measures.texts import normalise


def is_exact(question: Question, answer: str) -> bool:
    """Say whether the answer is the gold answer or an accepted one and nothing else.

    The exact match of SQuAD (Rajpurkar et al., EMNLP 2016), with ``normalise`` in place of English articles.
    """
    return normalise(answer) in {normalise(text) for text in (question.answer, *question.accept)}


def character_f1(gold: str, answer: str) -> float:
    """Return the F1 of the two texts as bags of characters: 0 for nothing in common, 1 for the same characters.

    Characters take the place of SQuAD's words, as in JaQuAD (So et al., 2022): Japanese has no spaces between words.
    """
    wanted, given = Counter(normalise(gold)), Counter(normalise(answer))
    common = sum((wanted & given).values())
    return 2 * common / (wanted.total() + given.total()) if common else 0.0


def best_character_f1(question: Question, answer: str) -> float:
    """Return the highest character F1 over the gold answer and the accepted ones; SQuAD's convention for several."""
    return max(character_f1(text, answer) for text in (question.answer, *question.accept))
