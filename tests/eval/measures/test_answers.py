"""What holds the accepted text, in few enough words."""

import pytest

from eval.measures.answers import holds_it, is_short_enough, says_it
from tests.eval.measures.questions import question


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("2,776件（令和6年1月末現在）", True),
        ("２７７６件", True),
        ("2,993件", False),
        ("198、165、87、93、308、297、317、2,776", False),  # a row of figures, not the value
    ],
)
def test_a_short_answer_says_the_value_and_not_its_row(answer, said):
    assert says_it(question(), answer) is said


def test_figures_of_the_question_do_not_make_a_row():
    asked = question(question="1、2、3、4、5、6、7のうち相談は何件ですか")
    assert says_it(asked, "1、2、3、4、5、6、7のうち2,776件")


def test_each_name_of_a_list_must_be_said_by_itself():
    """The name of a town that is part of another one's name does not say the town."""
    asked = question("list", accept=(), accept_all=("森町", "北森町"))
    assert not says_it(asked, "北森町、西谷村")
    assert says_it(asked, "北森町、森町")
    assert says_it(asked, "（森町）北森町")


def test_to_hold_the_text_is_not_yet_to_say_it():
    assert holds_it(question(), "12,776件")
    assert not says_it(question(), "12,776件")


@pytest.mark.parametrize(("kind", "limit"), [("number", 80), ("yesno", 200), ("reason", 600)])
def test_a_right_answer_has_a_length_limit_of_its_type(kind, limit):
    assert is_short_enough(question(kind), "あ" * limit)
    assert not is_short_enough(question(kind), "あ" * (limit + 1))


def test_a_list_may_be_long_whatever_its_type():
    assert is_short_enough(question("table_cell", accept=(), accept_all=("甲",)), "あ" * 600)
