"""A timeline joins the values of one indicator: what is another thing, or of another kind, stays out of the chart."""

import pytest

from tests.answer.papers import ask, assistant_over

BUDGET = """\
波越町　歳出の概要
令和6年3月

款別の歳出（単位：千円）

区分,令和3年度決算額,令和4年度決算額,令和5年度決算見込額,令和5年度当初予算額,令和6年度当初予算額
議会費,81200,82350,83100,84000,84500
衛生費,410300,398700,402000,415000,421500
"""


def over(tmp_path, papers):
    return assistant_over(tmp_path, papers)


def values(answer):
    return [(point.as_of, point.value) for point in answer.timeline]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("衛生費の決算額の推移を教えてください", [("FY2021", "410300"), ("FY2022", "398700")]),
        ("令和6年度の衛生費の当初予算額はいくらですか", [("FY2023", "415000"), ("FY2024", "421500")]),
    ],
)
def test_results_forecasts_and_budgets_of_one_row_stand_in_series_of_their_own(tmp_path, asked, told):
    assert values(ask(over(tmp_path, {"歳出.csv": BUDGET}), asked)) == told


def test_a_course_of_amounts_is_not_told_in_rates_of_change(tmp_path):
    table = (
        "区分,令和3年度 対前年比,令和3年度 金額,令和4年度 対前年比,令和4年度 金額\n"
        "保険料収入,2.4%,51300,▲1.1%,50740\n公債費,0.8%,7120,3.1%,7340\n"
    )
    answer = ask(
        over(tmp_path, {"a.csv": f"波越町の会計（単位：千円）\n\n{table}"}), "保険料収入の推移を教えてください"
    )
    assert values(answer) == [("FY2021", "51300"), ("FY2022", "50740")]


PEOPLE = "波越町の{what}\n令和{year}年6月\n\n波越町の人口は、令和{year}年5月末現在で{count}人です。{more}\n"


@pytest.mark.parametrize(
    "other",
    [
        "波越町の男性の人口は、令和6年5月末現在で2,310人です。",  # a part
        "波越町の将来の人口は、令和6年5月末時点の推計で4,180人です。",  # a forecast
        "波越町の人口は、令和6年5月末現在で4,790人（推計）です。",  # … said behind it
        "波越町の人口は、令和6年5月末現在で98.2%です。",  # another unit
        "波越町の人口は、令和6年5月末現在で61人減少しました。",  # a change of it
        "波越町の人口は、5,000人以上を保つ目標です。",  # an aim and a bound
    ],
)
def test_what_is_not_surely_the_same_thing_stays_out(tmp_path, other):
    papers = {
        "r4.txt": PEOPLE.format(what="報告", year=4, count="4,905", more=""),
        "r5.txt": PEOPLE.format(what="報告", year=5, count="4,822", more=""),
        "r6.txt": f"波越町の概要\n令和6年6月\n\n{other}\n",
    }
    answer = ask(over(tmp_path, papers), "令和5年5月末の波越町の人口は何人ですか")
    assert values(answer) == [("2022-05-31", "4,905人"), ("2023-05-31", "4,822人")]


def test_a_whole_year_and_a_day_are_no_dates_of_one_series(tmp_path):
    papers = {
        "a.txt": "波越町の窓口\n令和6年6月\n\n窓口の相談件数は、令和5年度は288件でした。\n",
        "c.txt": "波越町の窓口\n令和5年6月\n\n窓口の相談件数は、令和4年度は310件でした。\n",
        "b.txt": "波越町の窓口\n令和7年2月\n\n窓口の相談件数は、令和7年1月末現在で190件です。\n",
    }
    answer = ask(over(tmp_path, papers), "令和5年度の窓口の相談件数は何件ですか")
    assert values(answer) == [("FY2022", "310件"), ("FY2023", "288件")]


def test_a_value_of_the_year_before_is_no_value_of_the_year_it_is_told_beside(tmp_path):
    said = "令和{year}年度の窓口の相談件数は、前年度の{before}件から増え、{now}でした。"
    papers = {
        f"{year}.txt": f"波越町の窓口\n令和{year + 1}年6月\n\n{said.format(year=year, before=before, now=now)}\n"
        for year, before, now in ((4, 260, "274件"), (5, 274, "過去最多"), (6, 289, "301件"))
    }
    answer = ask(over(tmp_path, papers), "令和6年度の窓口の相談件数は何件ですか")
    assert values(answer)[0] == ("FY2022", "274件")
    assert values(answer)[-1] == ("FY2024", "301件")
    assert ("FY2023", "274件") not in values(answer)


@pytest.mark.parametrize("town", ["波越町の", ""])
def test_the_same_row_of_another_towns_table_is_another_indicator(tmp_path, town):
    table = "{town}の予算\n\n一般会計・歳出（単位：千円）\n\n区分,令和{year}年度予算額\n商工費,{amount}\n土木費,61000\n"
    papers = {
        "a.csv": table.format(town="波越町", year=4, amount=21400),
        "b.csv": table.format(town="波越町", year=5, amount=22600),
        "c.csv": table.format(town="岩垂村", year=6, amount=9100),
    }
    answer = ask(over(tmp_path, papers), f"{town}令和5年度の商工費の予算額はいくらですか")
    assert values(answer) == [("FY2022", "21400"), ("FY2023", "22600")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "区分 | 支給実績\n令和3年度 | 640千円\n令和4年度 | 655千円",
            "区分 | 支給実績\n令和2年度 | 4,410千円\n令和3年度 | 5,350千円",
        ),
        (
            "支給実績は、令和3年度は640千円でした。\n\n支給実績は、令和4年度は655千円でした。",
            "支給実績は、令和2年度は4,410千円でした。",
        ),
    ],
)
def test_what_only_its_heading_tells_apart_is_not_joined(tmp_path, first, second):
    paper = f"波越町の手当\n\n（１）宿直手当\n\n{first}\n\n（２）寒冷地手当\n\n{second}\n"
    answer = ask(over(tmp_path, {"手当.txt": paper}), "令和4年度の宿直手当の支給実績はいくらですか")
    assert values(answer) == [("FY2021", "640千円"), ("FY2022", "655千円")]
