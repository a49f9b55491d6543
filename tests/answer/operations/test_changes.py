"""Values before, and changes: never the value of now for another time, nor a level for a rate of growth."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over

TOWN = """\
磯部町の動き
令和6年8月1日

待機児童数は前年度の34人から12人減少し、22人となった。

高齢化率は33.9%で、5年前より3.1ポイント上昇した。

水道使用料は、令和6年4月から月額2,200円を2,420円に改定します。

観光客数は132万人（前年比12.5%増）でした。

町税の収入は86億円で、対前年比103.2%となりました。

貸出冊数は312,450冊（前年度298,200冊）、4.8％の増となっています。

消防車両は前年度末の58台から9台減り、49台となった。

町民スキー場のリフト券は、12月1日から1,800円を2,100円に改めた。

広報紙の発行部数は、41,000部から38,500部に減らした。

相談は前年度比7.3％減の640件です。
"""
INCOME = """\
一般会計歳入（単位：千円）,,
区分,令和6年度,令和5年度
町民税,8600000,8450000
地方交付税,5120000,5300500
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("changes"), {"ugoki.txt": TOWN, "sainyu.csv": INCOME})


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("前年度の待機児童数は何人でしたか", "34人"),
        ("前年度の貸出冊数は何冊でしたか", "298,200冊"),
        ("改定前の水道使用料は月額いくらですか", "2,200円"),
        ("前年度末の消防車両は何台でしたか", "58台"),
        ("改定前の町民スキー場のリフト券はいくらですか", "1,800円"),
        ("減らす前の広報紙の発行部数は何部ですか", "41,000部"),
    ],
)
def test_the_value_before_is_given_where_it_is_printed(town, question, value):
    answer = ask(town, question)
    assert answer.answer.startswith(value)
    assert answer.as_of is None, "the paper's own date is not the date of an earlier value"


def test_the_value_before_is_worked_out_of_the_change_and_says_so(town):
    answer = ask(town, "5年前の高齢化率は何%でしたか")
    assert answer.answer == "30.8%"
    assert answer.derived is not None
    assert answer.derived.how == "33.9 − 3.1 = 30.8%"


@pytest.mark.parametrize(
    "question", ["10年前の高齢化率は何%でしたか", "前年の観光客数は何人ですか", "5年前の町民税はいくらですか"]
)
def test_a_value_before_that_nothing_tells_is_not_answered_by_that_of_now(town, question):
    assert ask(town, question).status != "answered"


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("待機児童数は何人ですか", "22人"),
        ("水道使用料はいくらですか", "2,420円"),
        ("高齢化率は何%ですか", "33.9%"),
        ("消防車両は何台ですか", "49台"),  # 58 = 49 + 9 is no sum of parts
        ("相談は何件ですか", "640件"),
    ],
)
def test_the_value_of_now_is_neither_the_earlier_one_nor_the_change(town, question, value):
    assert ask(town, question).answer.startswith(value)


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ("待機児童数は何人減りましたか", "12人減"),
        ("高齢化率は何ポイント上がりましたか", "3.1ポイント上昇"),
        ("観光客数は前年から何%増えましたか", "12.5%増"),
        ("観光客数の伸び率は", "12.5%増"),
        ("貸出冊数は何%増えましたか", "4.8%増"),
        ("相談は何%減りましたか", "7.3%減"),
        ("町税の収入は前年から何%増えましたか", "3.2%増"),  # 103.2% is an index
        ("広報紙の発行部数は何部減りましたか", "2,500部減"),
        ("貸出冊数は何冊増えましたか", "14,250冊増"),
        ("地方交付税は令和5年度からいくら減りましたか", "180,500千円減"),  # of two columns
        ("町民税はいくら増えましたか", "150,000千円増"),
    ],
)
def test_a_change_is_told_or_worked_out_with_its_way(town, question, change):
    assert ask(town, question).answer.startswith(change)


def test_a_level_is_no_rate_of_growth(town):
    assert ask(town, "高齢化率は何%増えましたか").status != "answered"
