"""Which way an answer points: yes or no, more or less."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, plain

PAPER = """\
浜路市議会　令和6年9月定例会　説明資料
令和6年9月5日

１　海辺会館の使用
使用者は、許可を受けた使用の権利を譲渡し、又は転貸してはならない。

２　みなと航路
みなと航路の朝の便は、令和6年4月から休んでいる。

３　青年の海外派遣
・令和6年度の青年の海外派遣は29人、令和5年度の青年の海外派遣は25人です。

４　人の動き
令和6年6月末現在の社会減は▲2,161人です。
令和5年の社会減は、年間で1,542人です。
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("polarity"), {"r6-09.txt": PAPER})


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("海辺会館の使用の権利を転貸してもいいですか", "いいえ"),  # verbs that are joined by 又は have one end
        ("みなと航路の朝の便は今も続いていますか", "いいえ"),
    ],
)
def test_what_may_not_be_or_rests_is_denied(city: Assistant, question: str, said: str):
    assert ask(city, question).answer.startswith(said)


def test_a_change_goes_from_the_earlier_date_of_the_question_to_the_later(city: Assistant):
    answer = ask(city, "青年の海外派遣は、令和5年度と令和6年度で何人違いますか")
    assert plain(answer.answer).startswith("4人増")


def test_a_decrease_with_its_sign_and_one_without_are_not_subtracted(city: Assistant):
    answer = ask(city, "社会減は令和6年6月末と令和5年でどう違いますか")
    assert "3,703" not in answer.answer
