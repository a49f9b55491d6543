"""Cells of tables that many papers print alike: the right paper, the right row, the right half, the right amount."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, cited_files, plain

TABLE = """{name} 決算の書類 【{half}損益計算書】

 |  |  | (単位：百万円)
 |  |  | 前年度 (自 2021年４月１日 至 2022年３月31日) | 当年度 (自 2022年４月１日 至 2023年３月31日)
売上高 | {a} | {b}
営業費用 |  |{blank}
 | 修繕費 | {c} | {d}
 | その他の修繕費 | 1 | 2
 | 営業費用合計 | 77 | 78
"""
PAPERS = {
    "midori.txt": TABLE.format(name="株式会社ミドリカワ", half="", a=510, b=520, c=31, d=32, blank=" "),
    "midori-renketsu.txt": TABLE.format(name="株式会社ミドリカワ", half="連結", a=910, b=920, c=91, d=92, blank=" "),
    "aozora.txt": TABLE.format(name="株式会社アオゾラヤ", half="", a=610, b=620, c=41, d=42, blank=" "),
}
BUDGET = """令和5年度星見市一般会計補正予算（第2号）

款 3.民生費 項 1.社会福祉費 （単位：千円）

目 | 補正前の額 | 補正額 | 計 | 節 | 金額 | 説明
1.福祉総務費 | 9,000 | 700 | 9,700 | 1.報酬 | 100 | ○見守り活動費 250 ○配食事業費 450
2.障害福祉費 | 4,000 | △300 | 3,700 | 2.扶助費 | △300 | ○移動支援費△300
"""


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("companies"), PAPERS)


@pytest.fixture(scope="module")
def budget(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("budget"), {"hosei.txt": BUDGET})


def test_a_name_in_the_title_is_a_condition_of_the_answer(companies: Assistant):
    answer = ask(companies, "株式会社アオゾラヤの2023年における「修繕費、営業費用」は？")
    assert "42百万円" in plain(answer.answer)
    assert cited_files(answer) == {"aozora.txt"}


def test_a_business_year_is_called_by_the_year_in_which_it_ends(companies: Assistant):
    answer = ask(companies, "株式会社アオゾラヤの2022年における「売上高」はいくらですか。")
    assert "610百万円" in plain(answer.answer)


@pytest.mark.parametrize(("half", "value"), [("個別", "32百万円"), ("連結", "92百万円")])
def test_the_half_that_is_named_is_the_half_that_answers(companies: Assistant, half: str, value: str):
    answer = ask(companies, f"株式会社ミドリカワの2023年の{half}決算における「修繕費、営業費用」はいくらですか。")
    assert value in plain(answer.answer)


def test_an_item_inside_a_cell_of_a_budget_is_an_amount(budget: Assistant):
    answer = ask(budget, "令和5年度星見市一般会計補正予算で、配食事業費はいくらですか。")
    assert "450千円" in plain(answer.answer)


def test_the_rows_own_amount_in_a_supplementary_budget_is_what_it_adds(budget: Assistant):
    answer = ask(budget, "令和5年度星見市一般会計補正予算で、福祉総務費はいくらですか。")
    assert "700千円" in plain(answer.answer).replace("9700", "")
