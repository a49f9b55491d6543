"""Headings that go on short, and marks that say "as above"."""

import pytest

from ingest.runs import grid_written_out, is_ditto, written_out


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("令和2年度 3 4", "令和2年度 令和3年度 令和4年度"),
        ("路線 平成30 元 2", "路線 平成30 令和元 令和2"),
        ("平成30 31 2", "平成30 平成31 令和2"),
        ("H30 R1 2 3", "H30 R1 R2 R3"),
        ("㋿2年度 ３ ４", "令和2年度 令和3年度 令和4年度"),
        ("令和二年度 三 四", "令和2年度 令和3年度 令和4年度"),
        ("2019 20 21", "2019年 2020年 2021年"),
        ("昭和50年 55 60 平成2年 7 12", "昭和50年 昭和55年 昭和60年 平成2年 平成7年 平成12年"),
        ("平成29年度 30 31 令和2年度 3 4", "平成29年度 平成30年度 平成31年度 令和2年度 令和3年度 令和4年度"),
        ("10月 11 12 1", "10月 11月 12月 1月"),
        ("令和2年度 3 4 計", "令和2年度 令和3年度 令和4年度 計"),
        ("令和2年度 3 5", "令和2年度 3 5"),
        ("令和2年度 3 4 120", "令和2年度 3 4 120"),
        ("令和2年度 3", "令和2年度 3"),
        ("A 3 4 5", "A 3 4 5"),
    ],
)
def test_bare_numbers_that_go_on_by_one_are_years_or_months(short, full):
    assert written_out(short.split()) == full.split()


def test_one_short_heading_is_a_year_only_over_other_cells():
    assert written_out(["令和5年度", "6", "増減"], [["310", "402", "92"]]) == ["令和5年度", "令和6年度", "増減"]
    assert written_out(["令和5年度", "6", "7"], [["令和6年度", "令和7年度", "9"]]) == ["令和5年度", "6", "7"]
    assert written_out(["令和5年度", "6"], [["1987", "2210"]]) == ["令和5年度", "令和6年度"], "1987 may be people"


def test_a_table_is_written_out_across_and_down():
    assert grid_written_out([["年", "件数"], ["令和4", "10"], ["5", "12"], ["〃", "9"]]) == [
        ["年", "件数"],
        ["令和4", "10"],
        ["5", "12"],
        ["5", "9"],
    ]
    assert grid_written_out([["年", "件数"], ["令和4", "10"], ["5", "12"], ["6", "9"]])[3] == ["令和6", "9"]


@pytest.mark.parametrize("cell", ["〃", "同上", "同　上", "同", "″", "〃 〃"])
def test_a_mark_of_repetition_is_known(cell):
    assert is_ditto(cell)
    assert not is_ditto(cell + "会")
