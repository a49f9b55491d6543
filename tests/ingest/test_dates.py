"""Periods: every way a paper writes a date, and the strings that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import Period, date_of, describe, find_periods, parse_code
from ingest.writing import same_width

WRITTEN = [
    ("令和6年1月末現在", ["2024-01-31"]),
    ("(R6.1月末現在)", ["2024-01-31"]),
    ("R6.1時点", ["2024-01"]),
    ("令和６年10月末", ["2024-10-31"]),
    ("R7.2月末現在", ["2025-02-28"]),
    ("2025年2月", ["2025-02"]),
    ("H30年12月", ["2018-12"]),
    ("R5年度", ["FY2023"]),
    ("Ｒ４年度", ["FY2022"]),
    ("R元年度", ["FY2019"]),
    ("R6.9.3", ["2024-09-03"]),
    ("Ｒ６．９．３", ["2024-09-03"]),
    ("R6. 9. 3", ["2024-09-03"]),
    ("令和5年12月21日", ["2023-12-21"]),
    ("令和 6 年 1 月 31 日", ["2024-01-31"]),
    ("令和六年十二月二十一日", ["2024-12-21"]),
    ("二〇二四年", ["2024"]),
    ("昭和63年", ["1988"]),
    ("S63年", ["1988"]),
    ("2024/1/31", ["2024-01-31"]),
    ("2024-01-31", ["2024-01-31"]),
    ("令和5年度末", ["2024-03-31"]),
    ("令和5年末", ["2023-12-31"]),
    ("R5年度10校、R4年度11校", ["FY2023", "FY2022"]),
]
TWICE = ["平成31年度（令和元年度）", "令和元（2019）年度", "2019（令和元）年度", "令和元年度(2019年度)"]
RANGES = [
    ("令和2～5年度", "FY2020/FY2023"),
    ("R2~R5", "2020/2023"),
    ("R2～4年", "2020/2022"),
    ("H2～H5", "1990/1993"),
    ("令和5年12月～令和6年2月", "2023-12/2024-02"),
    ("令和5年12月～2月", "2023-12/2024-02"),
    ("令和6年4月～9月", "2024-04/2024-09"),
    ("令和7年2月20日～21日", "2025-02-20/2025-02-21"),
    ("令和6年5月24～27日", "2024-05-24/2024-05-27"),
    ("R5.9.11～15", "2023-09-11/2023-09-15"),
    ("R6.12.9～1.22", "2024-12-09/2025-01-22"),
    ("R6.2.19(月)～21", "2024-02-19/2024-02-21"),
    ("令和7年1月20日（月）～22日", "2025-01-20/2025-01-22"),
    ("R4.4.1～R5.3.31", "2022-04-01/2023-03-31"),
    ("2020－2024年", "2020/2024"),
    ("令和5年4月から令和6年3月まで", "2023-04/2024-03"),
    ("令和4年度〜令和6年度", "FY2022/FY2024"),
]
NOT_DATES = [
    "昨年度",
    "R2D2",
    "CR2",
    "1.5倍",
    "3.11",
    "H2",
    "M7.1",
    "S3",
    "R5-1",
    "R2号",
    "2020年代",
    "2,024年",
    "令和",
    "R6.13",
    "令和6年13月",
    "12か月",
    "2024",
    "2024人",
    "令和6年2月30日",
]


@pytest.mark.parametrize(("text", "codes"), WRITTEN)
def test_a_date_is_read_in_every_way_it_is_written(text, codes):
    assert [period.code for period in find_periods(text)] == codes


@pytest.mark.parametrize("text", TWICE)
def test_a_year_said_twice_is_one_period_over_both(text):
    (period,) = find_periods(text)
    assert (period.code, period.at) == ("FY2019", (0, len(text)))


@pytest.mark.parametrize(("text", "code"), RANGES)
def test_a_range_is_one_period_and_its_end_borrows_what_it_leaves_out(text, code):
    (period,) = find_periods(f"（{text}）")
    assert (period.kind, period.code) == ("range", code)
    assert f"（{text}）"[slice(*period.at)] == text.removesuffix("まで")


@pytest.mark.parametrize("text", NOT_DATES)
def test_what_only_looks_like_a_date_names_no_day(text):
    """A product, hydrogen, a magnitude, a factor, or a month that does not exist is no date."""
    assert [p for p in find_periods(text) if p.kind != "year" or not text.startswith("令和6年")] == []


def test_what_runs_backwards_is_no_range():
    assert [p.code for p in find_periods("令和5年度－令和2年度")] == ["FY2023", "FY2020"]


def test_a_bare_era_year_is_marked_ambiguous():
    """R5 as a column heading may be the year or the fiscal year."""
    assert [(p.code, p.ambiguous) for p in find_periods("H30 R元 R5")] == [
        ("2018", True),
        ("2019", True),
        ("2023", True),
    ]


def test_a_fiscal_year_runs_from_april_to_march():
    (period,) = find_periods("令和5年度")
    assert (period.start, period.end, period.kind) == ("2023-04-01", "2024-03-31", "fiscal_year")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("11月17日", "2023-11-17"),
        ("10/2", "2023-10-02"),
        ("１月末現在", "2024-01-31"),
        ("9月定例会", "2023-09"),
        ("2月20日～21日（木）", "2024-02-20/2024-02-21"),
    ],
)
def test_a_date_without_a_year_is_read_only_near_a_given_period(text, code):
    assert find_periods(text) == []
    assert [p.code for p in find_periods(text, parse_code("2024-02"))] == [code]


def test_a_month_lies_inside_a_given_fiscal_year():
    assert [p.code for p in find_periods("1月 5月", parse_code("FY2023"))] == ["2024-01", "2023-05"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("2024-01-31", "令和6年1月末現在"),
        ("2024-01-20", "令和6年1月20日現在"),
        ("2024-01", "令和6年1月"),
        ("2019-04", "平成31年4月"),
        ("2019", "令和元年"),
        ("FY2019", "令和元年度"),
        ("FY2023", "令和5年度"),
        ("FY2020/FY2023", "令和2年度～令和5年度"),
    ],
)
def test_a_code_is_described_in_japanese_and_reads_back(code, text):
    assert describe(code) == text
    assert [p.code for p in find_periods(text)] == [code]


@pytest.mark.parametrize("code", ["", "R6", "2024-13", "2024-02-30", "FY2023-04"])
def test_a_wrong_code_is_refused_by_name(code):
    with pytest.raises(ValueError, match=repr(code)):
        parse_code(code)


FRAGMENTS = st.sampled_from(
    [
        "令和",
        "R",
        "H",
        "平成",
        "2024",
        "6",
        "12",
        "元",
        "六",
        "年",
        "年度",
        "月",
        "日",
        "末",
        ".",
        "/",
        "～",
        "（",
        "）",
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=2), max_size=14).map("".join))
def test_spans_are_in_order_verbatim_and_width_does_not_matter(text):
    default = parse_code("2024-02")
    periods = find_periods(text, default)
    ends = [0] + [p.at[1] for p in periods]
    assert all(end <= p.at[0] < p.at[1] <= len(text) for end, p in zip(ends, periods, strict=False))
    assert all(parse_code(p.code) == Period(p.start, p.end, p.kind, p.code) for p in periods)
    assert find_periods(same_width(text), default) == periods


RELATIVE = [
    ("昨年度の総収集量は", "2022-06-02", ["FY2021"]),
    ("昨年度の総収集量は", "2022-02", ["FY2020"]),
    ("昨年度の総収集量は", "2022", []),
    ("本年３月末現在の人口は", "2022-06-02", ["2022-03-31"]),
    ("昨年3月21日のオープン以来", "2022-01", ["2021-03-21"]),
    ("一昨年の秋", "2022-01", ["2020"]),
    ("今年度末までに", "2022-06", ["2023-03-31"]),
    ("昨年末の時点", "2022-06", ["2021-12-31"]),
    ("来年度の予算", "FY2022", ["FY2023"]),
    ("昨年の夏", "FY2022", []),
    ("前年度と比べ、同年の", "2022-06", []),
    ("令和3年度（昨年度）", "2022-06", ["FY2021", "FY2021"]),
]


@pytest.mark.parametrize(("text", "written", "codes"), RELATIVE)
def test_relative_words_count_from_when_the_text_was_written(text: str, written: str, codes: list[str]) -> None:
    assert [p.code for p in find_periods(text, written=parse_code(written))] == codes
    assert all(p.code != "FY2021" or "令和" in text for p in find_periods(text))


def test_months_that_share_one_word_are_one_range():
    assert [p.code for p in find_periods("令和6年1～9月の転出")] == ["2024-01/2024-09"]
    assert [p.code for p in find_periods("10～12月の3か月", parse_code("2024"))] == ["2024-10/2024-12"]


def test_from_and_until_in_official_writing_are_a_range():
    (period,) = find_periods("前事業年度 (自 2018年４月１日 至 2019年３月31日)")
    assert (period.kind, period.code) == ("range", "2018-04-01/2019-03-31")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("令和6年6月4日（火）", "2024-06-04"),
        (" 令和元年5月 ", "2019-05"),
        ("ｒ６．６．４", "2024-06-04"),
        ("R6.6", "2024-06"),
        ("H31/4/30", "2019-04-30"),
        ("2024年6月", "2024-06"),
        ("2024/6/4", "2024-06-04"),
        ("2024-06-04", "2024-06-04"),
        ("2024", "2024"),
    ],
)
def test_a_date_is_read_as_people_type_it(text, code):
    assert date_of(text) == code


@pytest.mark.parametrize(
    "text", ["", "6月4日", "令和6年13月", "2023-02-29", "来月", "令和6年度", "2024-06-04-01", "令和"]
)
def test_what_is_no_date_of_a_paper_is_refused(text):
    with pytest.raises(ValueError, match="is no day, month or year"):
        date_of(text)
