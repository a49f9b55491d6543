"""A figure in the unit that is asked for, worked out and said so."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over

TOWN = """\
潮見町の概況
令和6年8月1日

特別会計の予算額は7,384,500千円です。

人口は48,312人です。

可燃ごみの収集量は8,642,350kgです。

バスの所要時間は135分です。

高齢化率は31.4%です。

寄附金は35百万円です。
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("units"), {"gaikyo.txt": TOWN})


@pytest.mark.parametrize(
    ("question", "text", "how"),
    [
        (
            "特別会計の予算額は何億円ですか",
            "約73.8億円（73億8,450万円）",
            "7,384,500千円 ＝ 73億8,450万円 ≒ 73.8億円",
        ),
        ("人口は何万人ですか", "約4.8万人（48,312人）", "48,312人 ≒ 4.8万人"),
        ("可燃ごみの収集量は何トンですか", "8,642.35トン（8,642,350kg）", "8,642,350kg ＝ 8,642.35トン"),
        ("バスの所要時間は何時間ですか", "2時間15分（135分）", "135分 ＝ 2時間15分"),
        ("高齢化率は何割ですか", "約3.1割（31.4%）", "31.4% ≒ 3.1割"),
        ("寄附金は何万円ですか", "3,500万円（35百万円）", "35百万円 ＝ 3,500万円"),
    ],
)
def test_a_figure_is_given_in_the_unit_that_is_asked_for(town, question, text, how):
    answer = ask(town, question)
    assert answer.answer == text
    assert answer.derived is not None
    assert answer.derived.how == how


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("特別会計の予算額はいくらですか", "7,384,500千円"),
        ("人口は何人ですか", "48,312人"),
        ("バスの所要時間は何分ですか", "135分"),
    ],
)
def test_a_figure_that_is_asked_as_it_is_printed_stays_so(town, question, text):
    answer = ask(town, question)
    assert (answer.answer, answer.derived) == (text, None)
