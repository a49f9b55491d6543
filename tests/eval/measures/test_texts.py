"""How texts are folded before they are compared."""

import pytest

from eval.measures.texts import compact, figures, normalise, occurrences, western_years, without_asides


def test_full_width_spaces_commas_and_emphasis_do_not_matter():
    assert normalise("**２，７７６** 件〜") == normalise("2776件~")


def test_figures_lose_their_commas_and_keep_their_decimals():
    assert figures("２，７７６件、7.5％") == ["2776", "7.5"]


def test_era_years_are_western_years_too():
    assert western_years("R6、平成元年、昭和63年、令和元年度") == {"2024", "1989", "1988", "2019"}


def test_a_compact_text_keeps_the_commas_that_part_figures():
    assert compact("２， ７７６件、9件,10件") == "2776件、9件,10件"
    assert compact("1,23") == "1,23"  # no thousands


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("648企業・団体（令和7年1月末）", "648企業・団体"),
        ("甲(乙(丙)丁)戊", "甲戊"),
        ("(R5)9人", "9人"),
        ("(開いたまま", "(開いたまま"),
    ],
)
def test_asides_are_what_stands_in_parentheses(text, core):
    assert without_asides(text) == core


def test_an_occurrence_knows_its_neighbours():
    first, second = occurrences("IT", "BIT、 IT関連")
    assert (first.before, first.said, first.after) == ("B", "IT", "、IT関連")
    assert (first.left, first.right) == ("B", "、")
    assert (second.left, second.right) == (" ", "関")
    assert (second.before, second.after) == ("BIT、", "関連")


def test_an_occurrence_is_found_across_what_is_ignored():
    [one] = occurrences("2776件", "計２， ７７ ６件です")
    assert (one.before, one.said, one.after) == ("計", "2776件", "です")
    assert occurrences("、", "a、b") == []
