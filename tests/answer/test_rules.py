"""Bills, contracts and ordinances of a made-up town: the key of a form, the rule over its cases, the note below."""

from pathlib import Path

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over

CONTRACT = """\
# 汐見町立学校用端末購入契約の締結について

下記のとおり汐見町立学校用端末購入契約を締結することについて、議会の議決を求める。

## １ 契約目的

汐見町立学校用端末購入契約

## ２ 購入物品

端末２４０台

## ３ 納入場所

汐見町浜手

## ４ 契約の金額

３１，２００，０００円

## ５ 契約の相手方

株式会社ナギサ電器　汐見営業所

令和５年６月１２日提出

汐見町長 浜田 一郎
"""
ORDINANCE = """\
# 汐見町海辺ホールの一部を改正する条例

この条例は、公布の日から施行する。

# 汐見町海辺ホールの設置及び管理に関する条例

（位置）

ホールの位置は、次のとおりとする。

汐見町海辺ホールの位置は、汐見町浜手乙３１２番地とする。

（使用の許可）

第３条 ホールを使用しようとする者は、あらかじめ町長の許可を受けなければならない。

（使用の制限）

第４条 町長は、次の各号のいずれかに該当する場合は、ホールの使用を許可しないものとする。

(1) 公の秩序を乱すおそれがあると認めるとき。

(2) 楽屋について、営利を目的とした活動に使用されると認めるとき。

## 附則

１ この条例は、令和６年４月１日から施行する。

## 附則（令和６年汐見町条例第３号）

この条例は、公布の日から施行する。
"""
DATA = """\
# 汐見町データ活用の手引き

令和5年8月　企画課

町民カード（Town Card）4は、窓口の手続で使われます。
ラベル付け、タグ付けは、画像に正しい名前を書き添える作業を指します。
機械学習では、ラベル付けの偏りが結果に響きます。
町民カードの考え方は2012年に汐見大学の Jane Moore 氏によって示されました。

4 町民が自分の記録を手元で管理するための仕組み。

# 汐見町土地公社名簿

| 職名 | 氏名 | 所属 |
|---|---|---|
| 理事長 | 浜田功 | 副町長 |
| 副理事長 | 磯野耕三 | 町長 |
| 専務理事 | 松原和哉 | 事務局長 |
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("rules")
    return assistant_over(folder, {"contract.md": CONTRACT, "ordinance.md": ORDINANCE, "data.md": DATA})


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("学校用端末購入契約　金額　汐見町", "31,200,000円"),
        ("汐見町の学校用端末　契約の相手方", "ナギサ電器"),
        ("学校用端末購入契約　納入場所", "汐見町浜手"),
    ],
)
def test_keywords_that_end_in_the_key_of_a_form_ask_for_what_stands_under_it(
    town: Assistant, question: str, answer: str
) -> None:
    assert answer in ask(town, question).answer


def test_a_place_number_is_the_address_not_the_words_that_lead_up_to_it(town: Assistant) -> None:
    assert "浜手乙312番地" in ask(town, "汐見町海辺ホールの地番を教えていただけますか").answer


def test_what_to_do_is_what_a_rule_demands_not_what_it_forbids(town: Assistant) -> None:
    assert "許可を受けなければならない" in ask(town, "海辺ホールを使いたいときは、事前にどうすればよいですか？").answer


def test_an_ordinance_is_in_force_from_its_own_day_not_from_that_of_an_amendment(town: Assistant) -> None:
    assert "令和6年4月1日" in ask(town, "汐見町海辺ホールの設置及び管理に関する条例の施行日はいつですか").answer


def test_a_term_joined_with_another_is_defined_by_the_sentence_that_says_what_they_mean(town: Assistant) -> None:
    assert "名前を書き添える作業" in ask(town, "機械学習でいうラベル付けって何のこと？").answer


def test_a_person_may_be_named_in_letters(town: Assistant) -> None:
    assert "Jane Moore" in ask(town, "2012年に町民カードの考え方を示したのは誰ですか").answer


def test_an_office_is_held_by_the_one_of_that_very_office(town: Assistant) -> None:
    assert ask(town, "汐見町土地公社の理事長は誰ですか").answer == "浜田功"
