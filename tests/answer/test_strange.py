"""Things that no paper names: what the papers say of others is no answer, and a word they lack is named."""

import pytest

from answer.asking.question import read_question
from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, plain

PAPER = """\
白砂県議会　令和6年6月定例会　説明資料
令和6年6月10日

１　輸出

主な品目の台湾への輸出額（令和5年度）（単位：千円）
品目 | 輸出額
なし | 12,300
ぶどう | 45,600
計 | 57,900

２　移住の相談

窓口ごとの移住相談の件数（令和5年度）（単位：件）
窓口 | 件数
大阪窓口 | 210
名古屋窓口 | 95

３　部会
部会 | 設置日
環境保全部会 | 令和4年3月16日
国際交流部会 | 令和3年12月24日

４　みなと振興コンソーシアム

みなと振興コンソーシアムの会員は、令和6年5月末現在で312社です。
秋の商談会は令和5年10月4日に開き、参加者は86名でした。
"""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("strange"), {"r6-06.txt": PAPER})


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("ぶどうの台湾への輸出額はいくらですか", "45600千円"),
        ("台湾への輸出額は合計でいくらですか", "57900千円"),
        ("大阪窓口の移住相談は何件ですか", "210件"),
        ("みなと振興コンソーシアムの会員は何社ですか", "312社"),
        ("秋の商談会の参加者は何名ですか", "86名"),
        ("環境保全部会の設置日はいつですか", "令和4年3月16日"),
    ],
)
def test_what_the_paper_names_is_answered(county: Assistant, question: str, value: str):
    answer = ask(county, question)
    assert plain(answer.answer).startswith(value)
    assert answer.missing == ()


@pytest.mark.parametrize(
    ("question", "strange"),
    [
        ("マンゴーの台湾への輸出額はいくらですか", "マンゴー"),  # a row that the table lacks is not its row of totals
        ("金魚の輸出額は何千円ですか", "金魚"),
        ("札幌窓口の移住相談は何件ですか", "札幌"),  # one place's row is not another's
        ("宇宙コンソーシアムの会員は何社ですか", "宇宙"),  # a piece of a name makes it another name
        ("オーロラの参加者は何名ですか", "オーロラ"),
        ("うなぎの輸出額は何千円ですか", "うなぎ"),  # as it was typed, not as the dictionary has it
        ("環境相談部会の設置日はいつですか", "環境相談部会"),  # its words are known, the body is another
    ],
)
def test_of_a_thing_that_no_paper_names_nothing_is_said(county: Assistant, question: str, strange: str):
    answer = ask(county, question)
    assert answer.status != "answered"
    assert any(strange in word for word in answer.missing)
    assert len(set(answer.missing)) == len(answer.missing)


def test_of_two_things_neither_is_compared_when_one_is_in_no_paper(county: Assistant):
    answer = ask(county, "台湾への輸出額は、ぶどうとマンゴーではどちらが多いですか")
    assert answer.status != "answered"
    assert "マンゴー" in answer.missing


def test_a_word_of_the_askers_own_is_named_beside_the_answer(county: Assistant):
    """People describe a thing in words of their own: then the answer stands, and says which word no paper has."""
    answer = ask(county, "みなと振興コンソーシアムの会員は、オーロラによると令和6年5月末で何社ですか")
    assert plain(answer.answer).startswith("312社")
    assert answer.missing == ("オーロラ",)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ﾐﾅﾄ振興ｺﾝｿｰｼｱﾑの会員は何社ですか", "ミナト振興コンソーシアムの会員は何社ですか"),
        ("れいわ5年度のぶどうの輸出額は", "令和5年度のぶどうの輸出額は"),
    ],
)
def test_a_question_is_read_as_papers_spell_it(typed: str, meant: str):
    assert read_question(typed) == read_question(meant)
