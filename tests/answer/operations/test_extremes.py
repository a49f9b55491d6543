"""Which has the most: a column of a table is ranked, a paper that ranks things itself is believed, else nothing is."""

from pathlib import Path

import pytest

from answer.asking.question import read_question
from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, plain

BUDGET = """# 令和6年度みどり町一般会計当初予算

## 目的別歳出（単位：千円）

| 費目 | 令和6年度予算額 | 令和5年度予算額 | 増減額 |
| --- | --- | --- | --- |
| 1.総務費 | 120,000 | 130,000 | △10,000 |
| 2.民生費 | 310,000 | 305,000 | 5,000 |
| 3.土木費 | 90,000 | 150,000 | △60,000 |
| 4.教育費 | 180,000 | 140,000 | 40,000 |
| 歳出合計 | 700,000 | 725,000 | △25,000 |
"""

REPORT = """# みどり町の報告（令和6年6月）

## 交付率

マイナンバーカードの普及につきましては、令和6年4月1日現在の交付率は、全国で
７３．５パーセント、本町は６９．０パーセントとなっております。

## ごみ袋

ごみ袋の価格は、令和6年4月1日から、小袋２００円を１５０円に値下げします。

## 給食

町内の小学校の給食として、地元の米の弁当を１，２００食分用意しました。
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("extremes")
    return assistant_over(folder, {"yosan.md": BUDGET, "houkoku.md": REPORT})


def test_the_largest_row_is_named_with_its_value_and_totals_do_not_count(town: Assistant) -> None:
    answer = ask(town, "令和6年度の目的別歳出で予算額が一番大きい費目はどれですか")
    assert plain(answer.answer) == "民生費(310000千円)"


def test_the_largest_growth_is_read_in_the_column_of_differences(town: Assistant) -> None:
    answer = ask(town, "令和6年度の目的別歳出で増え方が一番大きい費目は何ですか")
    assert plain(answer.answer) == "教育費(40000千円増)"


def test_the_largest_loss_is_told_as_a_loss(town: Assistant) -> None:
    answer = ask(town, "令和6年度の目的別歳出で減り方が一番大きい費目は何ですか")
    assert plain(answer.answer) == "土木費(60000千円減)"


def test_what_no_paper_ranks_is_declined(town: Assistant) -> None:
    assert ask(town, "みどり町で苦情が一番多い部署はどこですか").status != "answered"


def test_a_limit_is_no_ranking() -> None:
    assert read_question("補助は最大でいくらですか").superlative is None
    asked = read_question("出生数が最も少ない月はいつ").superlative
    assert asked is not None
    assert (asked.most, asked.when, asked.subject) == (False, True, "出生数")


def test_a_sentence_goes_on_before_a_figure_and_the_towns_own_rate_is_its_own(town: Assistant) -> None:
    answer = ask(town, "令和6年4月1日現在のマイナンバーカード交付率、みどり町は全国より何ポイント低い？")
    assert "4.5ポイント" in plain(answer.answer)


def test_a_price_that_was_lowered_tells_by_how_much(town: Assistant) -> None:
    answer = ask(town, "ごみ袋の小袋は令和6年4月からいくら安くなりますか")
    assert plain(answer.answer).startswith("50円減")
