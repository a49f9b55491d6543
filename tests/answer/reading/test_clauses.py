"""Several names and figures in one sentence: each figure answers for the name that it stands with."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over

TOWN = """\
若葉町のあらまし
令和6年7月1日

給食費は小学校が月額4,250円、中学校が月額5,120円です。

診療所の病床数は48床で、このうち隔離病床が6床です。

避難所は指定避難所52か所、福祉避難所9か所の合計61か所です。

職員数は384人（うち任期付職員は26人）です。

東支所、西支所、南支所の窓口はそれぞれ3か所、5か所、7か所です。

公園は合計45か所（都市公園30か所、農村公園15か所）です。

補助の上限は10万円（個人）、50万円（法人）です。

図書館の蔵書は、一般書8万冊、児童書3万冊です。

下水道の加入金は、口径20ミリが3万円、25ミリが5万円、40ミリが9万円です。

増川地区の戸数は412戸、減田地区の戸数は233戸です。

既定の予算の総額に一億八千万円を追加し、予算の総額を九十二億五千万円とする。

東会館、西会館、南会館の定員はそれぞれ80人、120人です。
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("clauses"), {"aramashi.txt": TOWN})


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("中学校の給食費は月いくらですか", "5,120円"),
        ("小学校の給食費は月いくらですか", "4,250円"),
        ("診療所の病床数は何床ですか", "48床"),
        ("隔離病床は何床ですか", "6床"),
        ("福祉避難所は何か所ですか", "9か所"),
        ("避難所は合計で何か所ですか", "61か所"),
        ("避難所は何か所ありますか", "61か所"),
        ("職員は全体で何人ですか", "384人"),
        ("西支所の窓口は何か所ですか", "5か所"),
        ("公園は全部で何か所ありますか", "45か所"),
        ("農村公園は何か所ありますか", "15か所"),
        ("口径25ミリの下水道の加入金はいくらですか", "5万円"),
        ("40ミリの下水道の加入金はいくらですか", "9万円"),
        ("増川地区の戸数は何戸ですか", "412戸"),  # 増 begins a name
        ("予算の総額に追加する額はいくらですか", "一億八千万円（1億8,000万円）"),
        ("法人の補助の上限はいくらですか", "50万円"),
    ],
)
def test_the_figure_that_stands_with_the_name_is_given(town, question, value):
    assert ask(town, question).answer == value


def test_a_size_that_the_paper_does_not_name_has_no_figure(town):
    assert ask(town, "口径50ミリの下水道の加入金はいくらですか").status != "answered"


def test_a_part_is_not_the_sum_that_no_sentence_gives(town):
    assert ask(town, "図書館の蔵書は合計で何冊ですか").status != "answered"


def test_where_names_and_figures_do_not_pair_none_is_picked(town):
    assert ask(town, "西会館の定員は何人ですか").status != "answered"
