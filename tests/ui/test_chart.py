"""A timeline as a chart, a picture and a table."""

import csv
import io
import json
import re

import altair
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.ui.fake_api import answer, citation
from ui import chart, font


def point(as_of, value, unit=None, n=1):
    return {"as_of": as_of, "value": value, "unit": unit, "citation": n}


def yearly(*values, first=2019, unit="件", kind="FY{}"):
    return [point(kind.format(first + i), value, unit) for i, value in enumerate(values) if value]


def notes(*points, as_of=None):
    return chart.series(points, as_of).notes


DISPUTED = [
    point("2023-01", "100人"),
    point("2024-01", "120人"),
    point("2024-01", "125人", n=2),
    point("2025-01", "130人"),
]


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
    assert chart.number(written) == chart.Number(pytest.approx(value), unit)


@pytest.mark.parametrize(
    "written", ["", "2分の1", "10～20件", "第3位", "令和6年3月", "3人に1人", "未定", "1,2", "5、6件"]
)
def test_a_range_a_fraction_and_words_are_no_figure(written):
    assert chart.number(written) is None


def test_money_of_all_spellings_stands_on_one_axis():
    drawn = chart.series([point("FY2022", "9,800万円"), point("FY2023", "72,250千円"), point("FY2024", "1億2,345万円")])
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
    assert chart.series([point("2023", value), point("2024", value)]).unit == unit


# --- what is drawn


def test_points_stand_where_their_dates_end_with_their_dates_in_era_years():
    drawn = chart.series(
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
    assert chart.series([]) is None
    assert chart.series([point("2024", "3件")]) is None
    assert chart.series([point("2024", "3件"), point("2025", "未定")]) is None
    assert chart.series([point("2024", "3件"), point("2024", "4件")]) is None
    assert chart.series([point("2024", "3件"), point("いつか", "4件"), point("2024-13", "5件")]) is None


def test_values_of_another_unit_stay_out_and_are_told():
    mixed = [point("2022", "10件"), point("2023", "12件"), point("2024", "15%"), point("2025", "18%")]
    assert [p.written for p in chart.series(mixed, "2023").points] == ["10件", "12件"]
    assert [p.written for p in chart.series(mixed, "2025").points] == ["15%", "18%"]
    assert "単位の違う値、数値でない値（2件）は、図に入れていません" in notes(*mixed)


def test_a_value_without_a_unit_goes_with_the_others():
    drawn = chart.series(
        [point("2023", "507企業・団体", "企業・団体"), point("2024", "549"), point("2025", "648企業・団体")]
    )
    assert [p.value for p in drawn.points] == [507, 549, 648]


def test_no_chart_is_drawn_without_the_answer_itself():
    assert chart.series([point("FY2022", "6"), point("FY2023", "7"), point("FY2024", "2分の1")], "FY2024") is None


def test_papers_that_contradict_each_other_are_marked_and_no_line_takes_a_side():
    drawn = chart.series(DISPUTED)
    assert [p.contradicted for p in drawn.points] == [False, True, True, False]
    assert drawn.runs == ()
    assert "令和6年1月の値は、資料によって違います（120人、125人）" in drawn.notes


def test_papers_that_agree_in_other_words_do_not_contradict():
    drawn = chart.series([point("2023", "1,000万円"), point("2024", "10,000千円"), point("2024", "1,000万円", n=2)])
    assert [p.contradicted for p in drawn.points] == [False, False]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (yearly("5", None, "7", "8"), "令和2年度は資料に記載がありません"),
        (yearly("5", None, None, "8", kind="{}"), "令和2年、令和3年は資料に記載がありません"),
        (yearly("5", *[None] * 6, "8", first=2012), "平成25年度から平成30年度までは資料に記載がありません"),
        (
            [point("2024-11", "1"), point("2024-12", "2"), point("2025-02", "3")],
            "令和7年1月は資料に記載がありません",
        ),
        ([point("2019-12", "1"), point("2021-12", "2")], "令和2年12月は資料に記載がありません"),
    ],
)
def test_a_year_or_month_that_is_left_out_breaks_the_line_and_is_named(points, words):
    drawn = chart.series(points)
    assert words in drawn.notes
    assert [gap.words for gap in drawn.gaps] == [words]
    gap = drawn.gaps[0]
    assert all(not (run[0].day <= gap.after and run[-1].day >= gap.before) for run in drawn.runs)


def test_dates_that_keep_no_step_leave_nothing_out():
    drawn = chart.series([point("2024-01-31", "5件"), point("2024-05-31", "6件"), point("2025-01-31", "9件")])
    assert drawn.gaps == ()
    assert [len(run) for run in drawn.runs] == [3]


def test_a_whole_year_and_a_day_are_not_joined():
    drawn = chart.series([*yearly("700", "710", "720"), point("2023-01-31", "400件")])
    assert [len(run) for run in drawn.runs] == [3]
    assert [p.aside for p in drawn.points] == [False, False, False, True]
    assert any("■" in note for note in drawn.notes)


def test_the_axis_leaves_zero_only_where_the_values_lie_close_and_says_so():
    assert chart.series(yearly("100", "200")).zero
    close = chart.series(yearly("1000", "1010"))
    assert not close.zero
    assert "縦の目盛りは0から始まっていません" in close.notes


def test_the_chart_is_described_in_words_with_what_must_be_known():
    words = chart.described(chart.series(yearly("5", None, "7")))
    assert "令和元年度は5件" in words
    assert "令和2年度は資料に記載がありません" in words


# --- on the page


def spec(points, as_of=None):
    made = chart.spec(chart.series(points, as_of))
    altair.LayerChart.from_dict(made)  # raises for what is no Vega-Lite
    return json.loads(json.dumps(made))


def marks(made, kind):
    return [layer for layer in made["layer"] if layer["mark"]["type"] == kind]


def test_a_point_that_is_clicked_tells_its_citation():
    made = spec(DISPUTED)
    assert [(p["name"], p["select"]["type"], p["select"]["fields"]) for p in marks(made, "point")[0]["params"]] == [
        ("point", "point", ["citation", "as_of"])
    ]
    (dots,) = marks(made, "point")
    assert [row["citation"] for row in dots["data"]["values"]] == [1, 1, 2, 1]
    assert made["usermeta"]["embedOptions"]["actions"] is False  # a menu in English


def test_a_contradiction_has_a_shape_and_words_of_its_own():
    made = spec(DISPUTED)
    rows = marks(made, "point")[0]["data"]["values"]
    assert [row["sign"] for row in rows] == ["circle", "diamond", "diamond", "circle"]
    assert rows[1]["remark"] == "資料により相違"
    assert any(row.get("words") == "資料により相違" for layer in marks(made, "text") for row in layer["data"]["values"])
    assert any("資料によって違います" in line for line in made["title"]["subtitle"])


def test_a_gap_is_shaded_and_named_on_the_chart():
    made = spec(yearly("5", None, "7"))
    assert marks(made, "rect")[0]["data"]["values"][0]["words"] == "令和2年度は資料に記載がありません"
    assert "記載なし" in [layer["mark"].get("text") for layer in marks(made, "text")]


def test_the_dates_below_the_axis_are_few_and_in_era_years():
    axis = marks(spec(yearly(*"1234567890", first=2014)), "point")[0]["encoding"]["x"]["axis"]
    assert 2 <= len(axis["values"]) <= chart.TICKS
    assert "['令和5年度']" in axis["labelExpr"]


def test_no_english_is_shown():
    for points in (DISPUTED, yearly("5", None, "7"), [*yearly("7", "8", "9"), point("2023-01-31", "4件")]):
        made = spec(points)
        tips = marks(made, "point")[0]["encoding"]["tooltip"]
        shown = [made["title"]["text"], *made["title"]["subtitle"], *(tip["title"] for tip in tips)]
        assert not re.search("[A-Za-z]", " ".join(shown))


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return sum(
        w * (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4)
        for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def test_words_and_points_stand_out_from_their_ground():
    for color in (chart.INK, chart.QUIET, chart.NAVY, chart.SEAL):
        for ground in ("#ffffff", chart.SHADE):
            assert (luminance(ground) + 0.05) / (luminance(color) + 0.05) >= 4.5


# --- the picture


def picture(points, title="相談件数の推移", source="出典：市政の概況 p.3"):
    return Image.open(io.BytesIO(chart.png(chart.series(points), title, source))).convert("RGB")


def has_color(image, color):
    wanted = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
    return wanted in {found for _, found in image.getcolors(image.width * image.height)}


def test_the_picture_has_the_line_and_marks_a_contradiction_in_its_own_color():
    plain = picture(yearly("5", "6", "7"))
    assert plain.size == (1600, 900)
    assert has_color(plain, chart.NAVY)
    assert not has_color(plain, chart.SEAL)
    assert has_color(picture(DISPUTED), chart.SEAL)


def test_every_word_of_the_picture_is_set_in_the_font_that_is_shipped(monkeypatch):
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    texts = []
    savefig = Figure.savefig

    def noted(figure, *args, **kwargs):
        savefig(figure, *args, **kwargs)
        texts.extend(text for text in figure.findobj(Text) if text.get_visible() and text.get_text())

    monkeypatch.setattr(Figure, "savefig", noted)
    years = [*yearly("5", None, "▲7"), point("2023-01-31", "4件")]
    picture(years, "髙橋﨑𠮷の$予算$は？😀", "出典：葛\U000e0100飾区 › p.3")
    assert {text.get_fontproperties().get_file() for text in texts} == {str(font.path())}
    shown = "".join(text.get_text() for text in texts)
    assert {ord(c) for c in shown} <= font.characters() | {ord("\n")}
    for words in ("髙橋﨑〓の$予算$は？〓", "記載なし", "▲7件", "令和元年度", "（単位：件）", "葛飾区 ＞ p.3"):
        assert words in shown
    assert "※ 令和2年度は資料に記載がありません" in shown


def test_many_points_and_a_long_title_still_make_a_picture():
    points = [point(f"{2000 + i // 12}-{i % 12 + 1:02}", f"{i * 37 % 101:,}件") for i in range(120)]
    assert picture(points, "長い質問" * 200, "出典：" + "資料、" * 500).size == (1600, 900)


def test_a_source_line_names_each_paper_once_with_its_places():
    two = [citation(1), citation(2, page=4, page_label="6"), citation(3, title="使わない資料")]
    made = answer(citations=two, timeline=[point("2023", "1件", n=1), point("2024", "2件", n=2)])
    assert chart.source_line(made) == "出典：令和6年度 若葉市 市政の概況 p.3（印刷ページ 5）・p.4（印刷ページ 6）"


# --- the table


def rows(timeline, citations):
    content = chart.csv(timeline, citations)
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
        "令和3年度は資料に記載がありません",
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


anything = st.text(st.characters(), max_size=30)
codes = (
    st.sampled_from(["2019", "2020", "2022", "FY2019", "FY2021", "2024-01", "2024-03", "2024-01-31", "9999-12"])
    | anything
)
values = st.sampled_from(["1件", "2,000件", "▲3%", "4億円", "0", "12345678901234567890円"]) | anything


@settings(max_examples=80, deadline=None)
@given(st.lists(st.builds(point, codes, values, st.none() | anything), max_size=8), anything)
def test_no_timeline_and_no_words_break_chart_or_table(timeline, words):
    chart.csv(timeline, [citation(1, quote=words, title=words)])
    drawn = chart.series(timeline)
    if drawn is not None:
        json.dumps(chart.spec(drawn), allow_nan=False)
        chart.described(drawn)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.builds(point, codes, values, st.none() | anything), min_size=2, max_size=6), anything)
def test_no_timeline_and_no_words_break_the_picture(timeline, words):
    drawn = chart.series([*timeline, point("2001", "1"), point("2002", "2")])
    if drawn is not None:
        chart.png(drawn, words, words)
