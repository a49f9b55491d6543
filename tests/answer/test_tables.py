"""Cells of tables that many papers print alike: the right paper, the right row, the right half, the right amount."""

from dataclasses import replace

import pytest

from answer.asking.question import read_question
from answer.assistant import Assistant
from answer.reading.evidence import read_whole
from ingest.document import Block
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


DUES = """\
潮見市　会館条例
令和4年3月4日

市長は、地方自治法（昭和22年法律第67号）第96条の規定により、潮見会館の改修工事の請負契約を結ぶ。
会館の運営の指針は、市民会議がまとめた10の原則を踏まえる。
"""
PLAN = """\
潮見市　辺地の総合整備計画（変更）
令和4年3月4日

公共的施設の整備計画を次のとおり改める。

【整備計画（変更前）】（単位：千円）
施設名\t事業費\t一般財源
市道\t80,000\t60,000
合計\t545,585\t527,900

【整備計画（変更後）】（単位：千円）
施設名\t事業費\t一般財源
市道\t90,000\t70,000
合計\t616,752\t582,800
"""


@pytest.fixture(scope="module")
def shiomi(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    papers = {"dues.txt": DUES, "plan.txt": PLAN}
    return assistant_over(tmp_path_factory.mktemp("shiomi"), papers)


def test_the_year_of_a_law_is_no_day_of_an_event(shiomi):
    assert "昭和22年" not in ask(shiomi, "潮見会館の改修工事はいつ完成する予定ですか？").answer


def test_bare_figures_are_read_by_the_line_of_headings_right_above_them(shiomi):
    snapshot = shiomi.collection.snapshot()
    document = snapshot.view.document(snapshot.documents()[0].id)
    text = "総数\t前週比\n573\t89.2%\n男性\t女性\t不明\n328\t245\t0\n"
    page = replace(document.pages[0], start=0, end=len(text))
    block = Block(kind="table", start=0, end=len(text), page=1, headings=("性別",))
    boxed = replace(document, text=text, blocks=(block,), pages=(page,), tables=())
    read = {f.column: f.number for f in read_whole(boxed, ()).facts}
    assert read == {"総数": 573, "前週比": 89.2, "男性": 328, "女性": 245, "不明": 0}


def test_what_is_set_aside_in_brackets_is_no_word_of_the_topic():
    assert "冷暖房" not in {t.text for t in read_question("調理室は1時間何円？（冷暖房は別で）").terms}


def test_when_may_stand_last_in_a_row_of_keywords():
    assert read_question("検査人数が最も多い市町村　2021年11月30日時点").superlative is not None


def test_the_other_years_of_a_quoted_row_stand_in_the_timeline(tmp_path):
    table = "窓口 | R2年度 | R3年度 | R4年度 | R5年度\n駅前 | 31 | 42 | 53 | 64\n合計 | 131 | 142 | 153 | 164\n"
    town = assistant_over(
        tmp_path, {"madoguchi.txt": f"若葉市の窓口の概要\n\n１　就農相談の件数（単位：件）\n\n{table}"}
    )
    answer = ask(town, "令和5年度の就農相談の件数の合計は何件ですか。")
    assert "164" in answer.answer
    assert [(p.as_of, p.value) for p in answer.timeline] == [
        ("FY2020", "131"),
        ("FY2021", "142"),
        ("FY2022", "153"),
        ("FY2023", "164"),
    ]
    assert {point.citation for point in answer.timeline} == {1}, "they stand in the row that is quoted"
