"""Only what stands in no paper is said to be in none: evidence is a name or a year that was looked for in vain."""

import pytest

from answer.assistant import Assistant
from answer.judging.absence import Shelf
from index.scope import Scope
from ingest.kana import katakana
from tests.answer.papers import ask, assistant_over

PAPERS = {
    "r6.txt": """\
星浜市　水産と観光の取組
令和6年6月10日

１　水産
星浜漁港の水揚げ量は、令和5年度で1,240トンでした。
シラスの加工場を、令和6年3月に建て替えました。

２　観光
第4回港まつりには、8,300人が訪れました。
観光客数は、前年度から12%増えました。
市民証明書の発行は、本庁と支所で行っています。
""",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("absence"), PAPERS)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("仙台市の水揚げ量は何トンですか", "仙台市"),  # a name
        ("第9回港まつりには何人が来ましたか", "第9回"),  # one of a row
        ("2011年度の水揚げ量は何トンですか", "2011年度"),  # a year, in whatever form
        ("平成23年度の水揚げ量は何トンですか", "平成23年度"),
    ],
)
def test_a_name_or_a_year_that_is_in_no_paper_is_named_and_nothing_is_said_of_it(town, question, missing):
    answer = ask(town, question)
    assert answer.status == "not_found"
    assert missing in answer.missing


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("飛行場の利用者数は何人ですか", ("飛行場",)),  # a common noun: the paper may call it otherwise
        ("シラスの値段はいくらですか", ()),  # the thing is there, its price is not
        ("2023年度のシラスの加工は何トンですか", ()),  # 令和5年度 is that year
        ("市民証眀書はどこで発行していますか", ()),  # a slip of the pen
    ],
)
def test_of_what_may_be_there_in_other_words_nothing_is_denied(town, question, missing):
    answer = ask(town, question)
    assert answer.status != "not_found"
    if answer.status == "unsure":
        assert answer.missing == missing
        assert answer.candidates


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        ("ﾃﾞｼﾞﾀﾙ", "デジタル課の仕事", True),  # width
        ("しらす", "シラスの加工場", True),  # kana
        ("加工 場", "シラスの加\n工場", True),  # white space of both
        ("加工船", "シラスの加工場", False),
        ("", "シラスの加工場", False),
    ],
)
def test_a_word_is_looked_for_letter_by_letter_whatever_its_width_kana_and_spaces(wanted, text, found):
    assert Shelf(lambda _: [katakana(text)]).holds(wanted) is found


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        ("印艦証明", "印鑑証明の手数料", True),
        ("証明", "照明の工事", False),  # too short: one character is half of it
        ("第3回", "第2回の大会", False),  # a figure is no slip
    ],
)
def test_a_word_with_one_wrong_character_is_nearly_there(wanted, text, found):
    assert Shelf(lambda _: [katakana(text)]).nearly_holds(wanted) is found


def test_what_a_scope_leaves_out_is_not_looked_in(tmp_path):
    town = assistant_over(tmp_path, {**PAPERS, "r5.txt": "仙台市　空の取組\n令和5年6月1日\n\n飛行場を開きました。\n"})
    ids = {info.file: info.id for info in town.collection.snapshot().documents()}
    question = "仙台市の水揚げ量は何トンですか"
    assert town.ask(question).status != "not_found"
    narrowed = town.ask(question, scope=Scope(documents=(ids["r6.txt"],)))
    assert (narrowed.status, narrowed.missing) == ("not_found", ("仙台市",))
