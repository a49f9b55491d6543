"""Everyday questions about a made-up town: who, where, when, how, and is it so."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, plain

OPENING = """\
磯浜町　定例会見資料
令和6年10月2日

新しい図書館の完成式について
【日時】
令和6年11月3日
【場所】
磯浜図書館1階ホール
【出席予定者】
・浜野 一郎 選手（水泳）
・岸田 春江 選手（水泳）

（1）これまでの経過
設計の契約　令和5年2月10日
図書館は令和6年9月20日に竣工した。
開館の予定は令和7年4月1日。

（2）開所式
開所式には、北灘電工創業者のジョン・ミラー氏や、浜田造船の西田健一社長らが出席した。
港まつり（令和6年8月4日、沖浜公園）に1,200人が来場した。

（3）貸出の申込み
図書カードの有効期限は、子が小学校を卒業する月まで。
紙の申込書の受付は廃止し、スマートフォンで申し込むことができる。
磯浜町と丸根村が、連携図書館の指定を受けた。
"""
SERVICE = """\
# 磯浜町の乗合タクシー

令和6年5月　交通課

## 利用の流れ

①電話で会員に登録する。
②前日までに便を予約する。
③停留所で車に乗る。

## 地区ごとの乗合タクシー

| 項目 | 東地区 | 西地区 |
| --- | --- | --- |
| 申込みの方法 | 電話、窓口 | 電話、アプリ |
| 導入の理由 | 坂道が多く歩くのが難しいため | 路線バスが廃止されたため |

## 説明会の日程（令和6年度）

※東地区は6月12日、西地区は6月19日、北地区は6月26日の予定。
計画の期間は令和6年度から令和10年度まで。
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("everyday"), {"会見.txt": OPENING, "交通.md": SERVICE})


def draft(town: Assistant, question: str) -> str:
    """Return what would be answered, however unsure."""
    return plain(town.trace(question).picked.text)


def test_the_person_is_the_one_whose_role_and_body_are_asked_for(town):
    assert draft(town, "開所式に出席した北灘電工の創業者は誰ですか") == "ジョン・ミラー"
    assert "西田健一" in draft(town, "開所式に出席した浜田造船の社長は誰ですか")


def test_nobody_is_named_where_no_paper_names_anybody(town):
    assert ask(town, "図書館の館長の名前は何ですか").status != "answered"


@pytest.mark.parametrize(
    ("question", "venue"),
    [("港まつりの会場はどこでしたか", "沖浜公園")],
)
def test_the_venue_stands_behind_the_date(town, question, venue):
    assert draft(town, question) == venue


@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("図書館が竣工したのはいつですか。完成式ではなく竣工の日です。", "令和6年9月20日"),
        ("計画の期間はいつからいつまでですか", "令和6年度~令和10年度"),
        ("図書館の開館はいつの予定ですか", "令和7年4月1日"),
    ],
)
def test_the_date_is_that_of_the_very_thing(town, question, date):
    assert draft(town, question).startswith(date)


def test_what_no_line_speaks_of_is_neither_affirmed_nor_denied(town):
    assert ask(town, "乗合タクシーは無料ですか").status != "answered"
