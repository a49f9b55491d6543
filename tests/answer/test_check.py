"""Figures of an answer against the text that it cites."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.check import figures, is_verbatim, unsupported


def test_width_and_commas_do_not_make_another_figure():
    assert unsupported("36,494千円", ["予算　３６，４９４千円"]) == ()


def test_a_figure_that_stands_nowhere_is_found():
    assert unsupported("1,250人（令和6年1月末現在）", ["会員は1,240人（R6.1月末現在）"]) == ("1250",)


def test_a_part_of_a_figure_is_not_that_figure():
    assert unsupported("507人", ["会員は1,507人"]) == ("507",)


@pytest.mark.parametrize("answer", ["2024年1月末", "令和6年1月末", "R6.1"])
def test_a_date_may_be_said_in_another_calendar(answer):
    assert unsupported(answer, ["会員数（R6.1月末現在）"]) == ()


def test_figures_of_the_working_out_count_as_said():
    assert unsupported("141増（648 − 507 = 141）", ["648企業", "507企業"], how="648 − 507 = 141") == ()


@given(st.integers(min_value=0, max_value=10**12))
def test_every_integer_is_supported_by_itself_in_any_writing(value):
    wide = f"{value:,}".translate(str.maketrans("0123456789,", "０１２３４５６７８９，"))
    assert unsupported(str(value), [wide]) == ()
    assert figures(wide) == figures(str(value))


def test_a_quote_is_verbatim_only_at_its_own_place():
    text = "会員は507団体。会員は507団体。"
    assert is_verbatim("507団体", text, 3, 8)
    assert not is_verbatim("507団体", text, 4, 9)
    assert not is_verbatim("  ", "  ", 0, 2)
