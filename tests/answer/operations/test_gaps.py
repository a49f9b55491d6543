"""Absence is claimed of a date only after the papers were searched for it, and only where nothing may be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.operations.gaps import left_out
from tests.answer.papers import ask, assistant_over


@given(st.sets(st.integers(2000, 2030), min_size=2), st.sampled_from(["{}", "FY{}", "{}-03"]))
def test_a_yearly_course_leaves_out_just_the_years_between_its_ends_that_it_does_not_have(years, form):
    missing = set(range(min(years), max(years))) - years
    assert left_out([form.format(year) for year in years]) == [form.format(year) for year in sorted(missing)]


@pytest.mark.parametrize(
    ("codes", "missing"),
    [
        (["2024-10", "2024-11", "2025-01"], ["2024-12"]),
        (["2024-01", "2024-02", "2025-12"], []),  # months far apart make no course
        (["2024-01-31", "2024-05-31", "2025-01-31"], []),  # nor do days
        (["FY2020", "2021", "2023"], ["2022"]),  # each kind of date for itself
        (["2020-01-15/2021-01-31"], []),
    ],
)
def test_what_keeps_a_step_leaves_out_what_it_skips(codes, missing):
    assert left_out(codes) == missing


YEARS = {
    f"r{year}.txt": f"岩垂村の相談\n令和{year + 1}年6月\n\n移住の相談件数は、令和{year}年度は{count}件でした。\n"
    for year, count in ((2, 48), (3, 52), (5, 61))
}
ASKED = "移住の相談件数の推移を教えてください"


def test_a_year_that_was_searched_for_in_vain_is_told_as_unsaid(tmp_path):
    answer = ask(assistant_over(tmp_path, YEARS), ASKED)
    assert [point.as_of for point in answer.timeline] == ["FY2020", "FY2021", "FY2023"]
    assert answer.unsaid == ("FY2022",)


@pytest.mark.parametrize(
    "said",
    [
        "移住の相談件数は、令和4年度は集計していません。",  # words for it, and no figure
        "令和4年度の移住の相談者は39人でした。",  # a figure of another count, which the series leaves out
    ],
)
def test_of_a_year_that_a_paper_speaks_of_no_absence_is_claimed(tmp_path, said):
    town = assistant_over(tmp_path, YEARS | {"r4.txt": f"岩垂村の相談\n令和5年6月\n\n{said}\n"})
    answer = ask(town, ASKED)
    assert [point.as_of for point in answer.timeline] == ["FY2020", "FY2021", "FY2023"]
    assert answer.unsaid == ()
