"""A timeline is read, compared and written as a table."""

import csv
import io
import re

import pytest
from hypothesis import given, settings

from tests.ui.fake_api import answer, citation
from tests.ui.timelines import DISPUTED, anything, point, timelines, yearly
from ui import timeline


def notes(*points, as_of=None):
    return timeline.series(points, as_of).notes


# --- figures


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        ("2,776件", 2776, "件"),
        ("3,649万4千円", 36_494_000, "円"),
        ("1兆2,345億円", 1_234_500_000_000, "円"),
        ("72,250千円", 72_250_000, "円"),
        ("1,234百万円", 1_234_000_000, "円"),
        ("▲0.5%", -0.5, "%"),
        ("12.3％", 12.3, "%"),
        ("約300人", 300, "人"),
        ("△1,624人", -1624, "人"),
        ("1,234名（うち県内 800名）", 1234, "人"),
        ("１２３社", 123, "社"),
        ("300人以上", 300, "人"),
        ("120㎡", 120, "m2"),
        ("507企業・団体", 507, "企業・団体"),
    ],
)
def test_a_figure_is_read_as_it_is_written(written, value, unit):
    assert timeline.number(written) == timeline.Number(pytest.approx(value), unit)


@pytest.mark.parametrize(
    "written", ["", "2分の1", "10～20件", "第3位", "令和6年3月", "3人に1人", "未定", "1,2", "5、6件"]
)
def test_a_range_a_fraction_and_words_are_no_figure(written):
    assert timeline.number(written) is None


def test_money_of_all_spellings_stands_on_one_axis():
    drawn = timeline.series(
        [point("FY2022", "9,800万円"), point("FY2023", "72,250千円"), point("FY2024", "1億2,345万円")]
    )
    assert drawn.unit == "億円"
    assert [p.value for p in drawn.points] == pytest.approx([0.98, 0.7225, 1.2345])
    assert [p.written for p in drawn.points] == ["9,800万円", "72,250千円", "1億2,345万円"]


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("2兆円", "兆円"),
        ("3億円", "億円"),
        ("500万円", "万円"),
        ("50千円", "千円"),
        ("500円", "円"),
        ("150万人", "万人"),
        ("5%", "%"),
    ],
)
def test_the_axis_counts_in_what_fits_its_largest_value(value, unit):
    assert timeline.series([point("2023", value), point("2024", value)]).unit == unit


# --- what is drawn


def test_points_stand_where_their_dates_end_with_their_dates_in_era_years():
    drawn = timeline.series(
        [point("FY2022", "1件"), point("2023-06", "2件"), point("2024", "3件"), point("2025-01-31", "4件")]
    )
    assert [p.label for p in drawn.points] == [
        "令和4年度（2022年度）",
        "令和5年6月（2023年）",
        "令和6年（2024年）",
        "令和7年1月31日（2025年）",
    ]
    days = [p.day for p in drawn.points]
    assert days == sorted(days)
    assert days[1] - days[0] == 91  # 31 March to 30 June


def test_fewer_than_two_dates_with_figures_make_no_chart():
    assert timeline.series([]) is None
    assert timeline.series([point("2024", "3件")]) is None
    assert timeline.series([point("2024", "3件"), point("2025", "未定")]) is None
    assert timeline.series([point("2024", "3件"), point("2024", "4件")]) is None
    assert timeline.series([point("2024", "3件"), point("いつか", "4件"), point("2024-13", "5件")]) is None


def test_values_of_another_unit_stay_out_and_are_told():
    mixed = [point("2022", "10件"), point("2023", "12件"), point("2024", "15%"), point("2025", "18%")]
    assert [p.written for p in timeline.series(mixed, "2023").points] == ["10件", "12件"]
    assert [p.written for p in timeline.series(mixed, "2025").points] == ["15%", "18%"]
    assert "単位の違う値、数値でない値（2件）は、図に入れていません" in notes(*mixed)


def test_a_value_without_a_unit_goes_with_the_others():
    drawn = timeline.series(
        [point("2023", "507企業・団体", "企業・団体"), point("2024", "549"), point("2025", "648企業・団体")]
    )
    assert [p.value for p in drawn.points] == [507, 549, 648]


def test_no_chart_is_drawn_without_the_answer_itself():
    assert timeline.series([point("FY2022", "6"), point("FY2023", "7"), point("FY2024", "2分の1")], "FY2024") is None


def test_papers_that_contradict_each_other_are_marked_and_no_line_takes_a_side():
    drawn = timeline.series(DISPUTED)
    assert [p.contradicted for p in drawn.points] == [False, True, True, False]
    assert drawn.runs == ()
    assert "令和6年1月の値は、資料によって違います（120人、125人）" in drawn.notes


def test_papers_that_agree_in_other_words_do_not_contradict():
    drawn = timeline.series([point("2023", "1,000万円"), point("2024", "10,000千円"), point("2024", "1,000万円", n=2)])
    assert [p.contradicted for p in drawn.points] == [False, False]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (yearly("5", None, "7", "8"), "令和2年度は、この図にありません"),
        (yearly("5", None, None, "8", kind="{}"), "令和2年、令和3年は、この図にありません"),
        (yearly("5", *[None] * 6, "8", first=2012), "平成25年度から平成30年度までは、この図にありません"),
        (
            [point("2024-11", "1"), point("2024-12", "2"), point("2025-02", "3")],
            "令和7年1月は、この図にありません",
        ),
        ([point("2019-12", "1"), point("2021-12", "2")], "令和2年12月は、この図にありません"),
    ],
)
def test_a_year_or_month_that_is_left_out_breaks_the_line_and_is_named(points, words):
    drawn = timeline.series(points)
    assert words in drawn.notes
    assert [gap.words for gap in drawn.gaps] == [words]
    gap = drawn.gaps[0]
    assert all(not (run[0].day <= gap.after and run[-1].day >= gap.before) for run in drawn.runs)


@pytest.mark.parametrize(
    ("unsaid", "words"),
    [
        (["FY2020", "FY2021"], "令和2年度、令和3年度は、資料に記載がありません"),
        (["FY2020"], "令和2年度、令和3年度は、この図にありません"),  # of one of the two nothing is known
        (["2020", "2021"], "令和2年度、令和3年度は、この図にありません"),  # other dates
    ],
)
def test_absence_is_claimed_only_of_dates_that_the_papers_were_searched_for(unsaid, words):
    points = yearly("5", None, None, "8")
    made = answer(timeline=points, citations=[citation(1)], unsaid=unsaid)
    drawn = timeline.of_answer(made)
    assert [(gap.words, gap.unsaid) for gap in drawn.gaps] == [(words, "資料" in words)]
    assert timeline.remarks(points, unsaid) == [words, ""]


def test_dates_that_keep_no_step_leave_nothing_out():
    drawn = timeline.series([point("2024-01-31", "5件"), point("2024-05-31", "6件"), point("2025-01-31", "9件")])
    assert drawn.gaps == ()
    assert [len(run) for run in drawn.runs] == [3]


def test_a_whole_year_and_a_day_are_not_joined():
    drawn = timeline.series([*yearly("700", "710", "720"), point("2023-01-31", "400件")])
    assert [len(run) for run in drawn.runs] == [3]
    assert [p.aside for p in drawn.points] == [False, False, False, True]
    assert any("■" in note for note in drawn.notes)


def test_the_axis_leaves_zero_only_where_the_values_lie_close_and_says_so():
    assert timeline.series(yearly("100", "200")).zero
    close = timeline.series(yearly("1000", "1010"))
    assert not close.zero
    assert "縦の目盛りは0から始まっていません" in close.notes


def test_the_chart_is_described_in_words_with_what_must_be_known():
    words = timeline.described(timeline.series(yearly("5", None, "7")))
    assert "令和元年度は5件" in words
    assert "令和2年度は、この図にありません" in words


def test_a_source_line_names_each_paper_once_with_its_places():
    two = [citation(1), citation(2, page=4, page_label="6"), citation(3, title="使わない資料")]
    made = answer(citations=two, timeline=[point("2023", "1件", n=1), point("2024", "2件", n=2)])
    assert timeline.source_line(made) == "出典：令和6年度 若葉市 市政の概況 p.3（印刷ページ 5）・p.4（印刷ページ 6）"


# --- the table


def rows(points, citations):
    content = timeline.csv(points, citations)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_table_has_each_value_with_its_figure_and_its_place():
    (head, *lines) = rows([point("FY2023", "3,649万4千円", "円", n=2)], [citation(1), citation(2)])
    assert lines == [
        [
            "令和5年度（2023年度）",
            "3,649万4千円",
            "36494000",
            "円",
            "令和6年度 若葉市 市政の概況",
            "令和6年6月議会",
            "令和6年6月（2024年）",
            "p.3（印刷ページ 5）",
            "相談件数は2,776件（令和6年1月末現在）となっている。",
            "",
        ]
    ]
    assert head[-1] == "備考"


def test_the_table_names_contradictions_and_what_is_missing():
    disputed = rows([point("FY2020", "5件"), point("FY2022", "7件"), point("FY2022", "8件")], [citation(1)])
    assert [line[-1] for line in disputed[1:]] == [
        "令和3年度は、この図にありません",
        "資料によって値が違います",
        "資料によって値が違います",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "＝", "＠", "\r="])
def test_a_cell_that_begins_like_a_formula_is_text_and_reads_the_same(start):
    quote = f'{start}HYPERLINK("http://example.com","x")'
    ((_, line), cells) = (
        rows([point("2024", "1件")], [citation(1, title=f"x{quote}", meeting=quote, quote=quote)]),
        None,
    )
    del cells
    for cell in (line[5], line[8]):
        assert not re.match(r"[\s=+\-@＝＋－＠]", cell)
        assert cell.replace("\u200b", "").strip() == quote.strip()
    assert line[4] == f"x{quote}"


def test_a_negative_figure_stays_a_number():
    assert rows([point("2024", "△1,624人")], [citation(1)])[1][2] == "-1624"


@settings(max_examples=80, deadline=None)
@given(timelines, anything)
def test_no_timeline_and_no_words_break_table_or_description(points, words):
    timeline.csv(points, [citation(1, quote=words, title=words)])
    drawn = timeline.series(points)
    if drawn is not None:
        timeline.described(drawn)


@pytest.mark.parametrize(
    ("quotes", "drawn"),
    [
        (["市税は8,120百万円です。", "市税は7,990百万円です。"], True),
        (["市税は8,120百万円です。", "市税は7,990百万円の増加を見込みます。"], False),
        (["市税は8,120百万円です。", "前年度比7,990百万円です。"], False),
        (["8,120百万円の減", "7,990百万円増"], True),
    ],
)
def test_an_amount_and_a_change_of_it_stand_in_no_chart_together(quotes, drawn):
    points = [point("FY2022", "8,120", n=1), point("FY2023", "7,990", n=2)]
    points = [one | {"unit": "百万円"} for one in points]
    told = {"timeline": points, "citations": [{"n": n, "quote": q} for n, q in enumerate(quotes, 1)], "as_of": "FY2023"}
    assert (timeline.of_answer(told) is not None) == drawn
