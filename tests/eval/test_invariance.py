"""Laws of the scorer, tried on the gold answers of every set at hand."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from eval.measures.answers import says_it
from eval.measures.texts import compact, normalise
from eval.measures.values import VALUE_TYPES, is_date, value_right
from tests.eval.golds import ASKED

VALUES = [q for q in ASKED if q.type in VALUE_TYPES and value_right(q, q.answer)]
FIGURES = [q for q in VALUES if q.accept and not any(is_date(a) for a in q.accept)]
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
GROUPED = re.compile(r"(?<![\d./])\d{4,}(?![\d./年])")


def judged(question, text):
    return says_it(question, text), value_right(question, text)


@st.composite
def answers(draw):
    """Draw a question with its own gold answer, or with another one's, which is mostly wrong."""
    question = draw(st.sampled_from(VALUES))
    return question, draw(st.sampled_from([question, *VALUES])).answer


@given(answers())
@settings(deadline=None, max_examples=150)
def test_full_width_judges_the_same(pair):
    question, text = pair
    assert judged(question, text.translate(FULL_WIDTH)) == judged(question, text)


@given(answers(), st.data())
@settings(deadline=None, max_examples=150)
def test_spaces_judge_the_same(pair, data):
    question, text = pair
    place = data.draw(st.integers(0, len(text)))
    space = data.draw(st.sampled_from([" ", "　", "\n", "  "]))
    assert judged(question, text[:place] + space + text[place:]) == judged(question, text)


@given(answers())
@settings(deadline=None, max_examples=150)
def test_digit_commas_judge_the_same(pair):
    question, text = pair
    bare = compact(text)
    grouped = GROUPED.sub(lambda m: f"{int(m[0]):,}", bare)
    assert judged(question, grouped) == judged(question, bare) == judged(question, text)


@given(st.sampled_from(FIGURES), st.text("0123456789", min_size=1, max_size=4), st.booleans())
@settings(deadline=None, max_examples=200)
def test_no_digit_before_or_behind_keeps_a_figure_right(question, digits, before):
    """Every figure of the gold answer gets the digits; zeros in front are the one exception, for 0648 is 648."""
    if before:
        text = re.sub(r"(?<![\d.,])(?=\d)", digits, compact(question.answer))
    else:
        text = re.sub(r"(?<=\d)(?![\d.,])", digits, compact(question.answer))
    words = [a for a in question.accept if not re.search(r"\d", normalise(a)) and normalise(a) in normalise(text)]
    if not words:
        assert not says_it(question, text)
