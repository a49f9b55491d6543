"""Dates, names, places and lists of a made-up town, cut out of the line that says them."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, line_of, quoted

HALL = """\
川渡町　まちづくり推進会議　説明資料
令和6年7月3日
まちづくり課

１　町民交流館「ふなだまり」の開館
（1）趣旨
町の中心部で空き店舗が増え、集まる場所が減っていることから、世代を越えて交流できる場をつくる。

（2）開館までの経過
令和5年4月
基本設計に着手
令和5年11月20日
起工式を挙行
R6.6.1
町民交流館が開館

（3）所管
担当課：まちづくり課

２　開館記念講演会
日時：令和6年8月25日（日）午後1時30分
会場：町民交流館ふなだまり　多目的ホール
演題：「川とともに暮らす」
講師は、早瀬光一氏です。

３　連携協定
2024年5月16日に、川渡町、北浜市、丸根村の3市町村が観光連携協定を結びました。
協定の事務局は、北浜市観光課に置かれます。
"""
BUS = """\
# 川渡町デマンド交通の概要

令和6年3月　住民生活課

## デマンド交通を運行する地区

- 上川渡地区
- 中洲地区
- 鳥越地区
- 本町地区

## 説明会の予定

| 地区 | 会場 | 担当者 |
| --- | --- | --- |
| 中洲地区 | みなと館 | 浅井 |
| 鳥越地区 | 旧鳥越小学校 | 野口 |

## デマンド交通で使える割引

- 高齢者割引
- 通学割引
- 家族割引
"""
CHILDREN = """\
川渡町　子ども政策の取組
令和6年9月
こども家庭課

【病児保育】
対象の施設（ひまわり保育園、みどり保育園、川渡こども園）から受け入れます。

【こども会議】
参加した委員
・江口さん
・平松さん
・若林さん
"""
PAPERS = {"交流館.txt": HALL, "予約交通.md": BUS, "子ども.txt": CHILDREN}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("spans"), PAPERS)


# --- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "written", "printed"),
    [
        ("開館記念講演会はいつですか", "令和6年8月25日（2024年8月25日）", "令和6年8月25日"),
        ("観光連携協定はいつ結ばれましたか", "令和6年5月16日（2024年5月16日）", "2024年5月16日"),
        ("町民交流館はいつ開館しましたか", "令和6年6月1日（2024年6月1日）", "R6.6.1"),
    ],
)
def test_a_date_is_answered_in_era_and_western_years_and_says_how_it_was_printed(town, question, written, printed):
    answer = ask(town, question)
    assert (answer.type, answer.answer) == ("date", written)
    assert answer.derived is not None
    assert answer.derived.how == f"{printed} ＝ {written}"
    assert printed in answer.citations[answer.derived.operands[0] - 1].quote


@pytest.mark.parametrize(
    ("question", "as_of", "printed"),
    [
        ("基本設計に着手したのはいつですか", "2023-04", "令和5年4月"),
        ("町民交流館の起工式はいつ行われましたか", "2023-11-20", "令和5年11月20日"),
        ("町民交流館はいつ開館しましたか", "2024-06-01", "R6.6.1"),
    ],
)
def test_a_date_on_a_line_of_its_own_dates_the_line_below_it(town, question, as_of, printed):
    answer = ask(town, question)
    assert answer.as_of == as_of
    assert quoted(answer)[0] == printed
    assert answer.citations[0].section[-1] == "（2）開館までの経過"


# --- places and names ------------------------------------------------------------------------------------------------


def test_the_place_is_what_stands_under_the_venue(town):
    answer = ask(town, "開館記念講演会の会場はどこですか")
    assert (answer.type, answer.answer) == ("place", "町民交流館ふなだまり 多目的ホール")
    assert answer.citations[0].lines == (line_of(HALL, "会場："),) * 2


@pytest.mark.parametrize(("place", "venue"), [("中洲地区", "みなと館"), ("鳥越地区", "旧鳥越小学校")])
def test_the_place_is_the_cell_in_the_row_that_is_named(town, place, venue):
    assert ask(town, f"{place}の説明会の会場はどこですか").answer == venue


@pytest.mark.parametrize(
    ("question", "section"),
    [("町民交流館の担当はどの課ですか", "まちづくり課"), ("観光連携協定の事務局はどの課ですか", "北浜市観光課")],
)
def test_which_section_is_answered_by_the_sections_name(town, question, section):
    answer = ask(town, question)
    assert (answer.type, answer.answer) == ("name", section)


def test_a_person_is_the_name_before_the_title_without_the_title(town):
    answer = ask(town, "開館記念講演会の講師は誰ですか")
    assert (answer.type, answer.answer) == ("name", "早瀬光一")
    assert answer.citations[0].quote == "講師は、早瀬光一氏です。"


# --- lists -----------------------------------------------------------------------------------------------------------


def test_names_in_one_row_of_a_sentence_are_a_list(town):
    answer = ask(town, "観光連携協定を結んだ3市町村をすべて教えてください")
    assert (answer.type, answer.answer.split("、")) == ("list", ["川渡町", "北浜市", "丸根村"])


def test_items_in_parentheses_are_a_list(town):
    answer = ask(town, "病児保育の対象の施設を列挙してください")
    assert answer.answer.split("、") == ["ひまわり保育園", "みどり保育園", "川渡こども園"]
    assert answer.citations[0].lines == (line_of(CHILDREN, "ひまわり"),) * 2


def test_bullets_under_a_heading_are_a_list_each_cited_at_its_own_line(town):
    answer = ask(town, "デマンド交通を運行する地区をすべて教えてください")
    assert answer.answer.split("、") == ["上川渡地区", "中洲地区", "鳥越地区", "本町地区"]
    first = line_of(BUS, "上川渡地区")
    assert [c.lines for c in answer.citations] == [(n, n) for n in range(first, first + 4)]


def test_the_list_has_as_many_items_as_the_question_says(town):
    answer = ask(town, "デマンド交通で使える3つの割引を教えてください")
    assert answer.answer.split("、") == ["高齢者割引", "通学割引", "家族割引"]


# --- not said --------------------------------------------------------------------------------------------------------


def test_an_ordinal_that_no_paper_holds_is_declined_by_its_name(town):
    answer = ask(town, "第2回の開館記念講演会の会場はどこですか")
    assert answer.status != "answered"
    assert "第2回" in answer.missing
    assert answer.passages


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("札幌市の連携協定はいつ結ばれましたか", "札幌"),
        ("函館市の記念講演会の会場はどこですか", "函館"),
        ("金沢市の連携協定の事務局はどの課ですか", "金沢"),
    ],
)
def test_a_place_that_no_paper_names_is_declined_though_all_else_fits(town, question, name):
    answer = ask(town, question)
    assert answer.status != "answered"
    assert name in "".join(answer.missing)
