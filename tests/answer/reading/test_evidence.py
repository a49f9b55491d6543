"""Which words of a question count where: headings, sections, spellings, names, ordinals. The towns are made up."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, line_of, plain

CITY = """\
月ノ浦市　くらしの取組
令和6年10月
市民協働課

【高齢者の見守り】
◆登録世帯：214世帯（R6.9月末現在）
◆協力する事業所：37か所（R6.9月末現在）

【空き家の活用】
◆登録世帯：58世帯（R6.9月末現在）
◆リフォーム支援：30件（R6.9月末現在）
◆ウエルカム支援：12件（R6.9月末現在）
◆サテライト支援：9件（R6.9月末現在）

【旅券の窓口】
戸籍の申請の受付は、令和5年度は3,310件でした。
パスポートの申請の受付は、令和5年度は1,904件でした。
印鑑の申請の受付は、令和5年度は2,250件でした。

【ぷらっと市の開催】
第1回ぷらっと市の来場者は、620人でした。
第1回ぷらっと市は、令和6年5月12日に月見公園で開きました。
第2回ぷらっと市は、令和6年9月8日に南浜広場で開きました。

【年代別の会員】
20～24歳の会員：41人（R6.9月末現在）
25～29歳の会員：63人（R6.9月末現在）
"""
VILLAGE = """\
丸根村　くらしの取組
令和6年10月
総務課

【高齢者の見守り】
◆登録世帯：33世帯（R6.9月末現在）
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("evidence"), {"市.txt": CITY, "村.txt": VILLAGE})


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("月ノ浦市の高齢者の見守りの登録世帯は何世帯ですか", "214世帯"),
        ("空き家の活用の登録世帯は何世帯ですか", "58世帯"),
    ],
)
def test_the_heading_tells_apart_two_lines_that_say_the_same(town, question, value):
    answer = ask(town, question)
    assert plain(answer.answer).startswith(value)
    assert answer.citations[0].lines == (line_of(CITY, value),) * 2


@pytest.mark.parametrize(("place", "value"), [("月ノ浦市", "214世帯"), ("丸根村", "33世帯")])
def test_the_papers_title_tells_apart_two_towns_with_the_same_section(town, place, value):
    assert plain(ask(town, f"{place}の高齢者の見守りの登録世帯は何世帯ですか").answer).startswith(value)


@pytest.mark.parametrize("spelling", ["ウエルカム支援", "ウェルカム支援", "ｳｪﾙｶﾑ支援"])
def test_width_and_small_vowels_make_no_other_word(town, spelling):
    assert plain(ask(town, f"{spelling}は何件ですか").answer).startswith("12件")


def test_a_word_is_met_by_another_word_for_the_same_thing(town):
    assert plain(ask(town, "令和5年度の旅券の申請は何件ですか").answer).startswith("1904件")


@pytest.mark.parametrize(
    ("question", "as_of"),
    [
        ("第1回ぷらっと市はいつ開かれましたか", "2024-05-12"),
        ("第2回ぷらっと市はいつ開かれましたか", "2024-09-08"),
        ("2回目のぷらっと市はいつ開かれましたか", "2024-09-08"),
        ("プラット市の1回目はいつ開かれましたか", "2024-05-12"),
    ],
)
def test_an_ordinal_tells_one_meeting_from_the_next_in_either_writing(town, question, as_of):
    assert ask(town, question).as_of == as_of


@pytest.mark.parametrize(("ages", "value"), [("20～24歳", "41人"), ("20-24歳", "41人"), ("25〜29歳", "63人")])
def test_an_age_group_is_one_word_whatever_dash_it_is_written_with(town, ages, value):
    assert plain(ask(town, f"{ages}の会員は何人ですか").answer).startswith(value)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("第3回ぷらっと市はいつ開かれましたか", "第3回"),
        ("30～34歳の会員は何人ですか", "30~34歳"),
        ("札幌市の高齢者の見守りの登録世帯は何世帯ですか", "札幌市"),
    ],
)
def test_what_tells_one_thing_from_its_neighbours_must_be_met_and_is_named_where_it_is_not(town, question, missing):
    answer = ask(town, question)
    assert answer.status != "answered"
    assert missing in answer.missing
    assert answer.passages


def test_the_words_that_no_paper_holds_are_named_and_not_those_that_are_held(town):
    answer = ask(town, "月ノ浦市の水族館の入館者は何人ですか")
    assert answer.status != "answered"
    assert any("水族" in word for word in answer.missing)
    assert not any("月ノ浦" in word for word in answer.missing)
