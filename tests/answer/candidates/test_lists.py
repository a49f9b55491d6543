"""Lists of a made-up city: all items that were asked for and only those, wherever a paper puts them."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over

PLAN = """\
白波市　港湾振興計画　説明資料
令和6年9月3日
港湾振興課

１　電力会社「白波みらい電力」の設立
（1）設立
令和6年4月に会社を設立した。
【出資者】
白波市／磯部町／北灘電工（株）
（株）灘銀行／（株）磯部信用金庫

２　防災事業
（1）取組概要
市内の各支所に「水位センサー」と「無線中継機」を整備し、大雨に備える。

３　国際交流
港の見学会に協力した企業は、浜田造船、灘海運及び西浜倉庫です。
案内所は6言語に対応（日本語、英語、中国語（簡体字・繁体字）、韓国語、タイ語、ベトナム語）する。
外国語教室を開いた地区【R4年度：本浜地区、北浜地区 R5年度：南浜地区、沖浜地区、磯浜地区】

４　出前講座
出前講座は、令和5年度は白波高校、令和6年度は北灘、磯部、沖浜の3つの高校で開いた。

５　技術セミナー
第1回「帳票の電子化」(7月3日)
・参加者は22名
第2回「受発注の自動化」(8月7日)
・参加者は18名
第3回「設備の遠隔監視」(9月4日)
・参加者は25名

６　海外への販売
・4月、港の冷蔵庫を使い、干しわかめを台北へ輸出した。
・6月、検疫が整い、白波みかんを台北へ輸出した。
"""
TEAMS = """\
# 白波市の港湾推進本部

令和6年10月　港湾振興課

## 港湾推進本部の部会

| 部会 | 設置日 | 担当する課 |
| --- | --- | --- |
| 物流・倉庫部会 | 令和5年5月10日 | 港湾振興課 |
| 環境部会 | 令和5年8月1日 | 環境政策課 |
| 人材部会 | 令和6年2月9日 | 商工労働課 |

## 友好都市

| 市内の団体 | 海外の相手 | 年度 |
| --- | --- | --- |
| 白波市 | 台中港務局 | R5 |
| 磯部町 | 花蓮市 | R5 |
| 白波市 | 釜山港湾公社 | R6 |
| 白波市 | 高雄港務局 | R6 |
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("lists"), {"港湾.txt": PLAN, "部会.md": TEAMS})


@pytest.mark.parametrize(
    ("question", "items"),
    [
        (
            "白波みらい電力の出資者をすべて教えてください",
            ["白波市", "磯部町", "北灘電工(株)", "(株)灘銀行", "(株)磯部信用金庫"],
        ),
        ("港の見学会に協力した企業を全て挙げてください", ["浜田造船", "灘海運", "西浜倉庫"]),
        ("案内所が対応する6言語を教えて", ["日本語", "英語", "中国語", "韓国語", "タイ語", "ベトナム語"]),
        ("令和6年度に出前講座を開いた3つの高校は", ["北灘", "磯部", "沖浜"]),
        ("港湾推進本部の部会を全て教えて", ["物流・倉庫部会", "環境部会", "人材部会"]),
    ],
)
def test_a_list_holds_all_items_and_nothing_else(city, question, items):
    answer = ask(city, question)
    assert (answer.type, answer.answer.split("、")) == ("list", items)


def test_what_is_asked_with_what_is_answered_with_all_that_the_sentence_names(city):
    draft = city.trace("防災事業で各支所に整備する機材は何ですか").picked
    assert (draft.kind, draft.text) == ("list", "水位センサー、無線中継機")


def test_items_behind_a_year_are_those_of_that_year(city):
    answer = ask(city, "令和4年度に外国語教室を開いた地区を全て教えて")
    assert answer.answer.split("、") == ["本浜地区", "北浜地区"]


def test_a_column_is_read_down_the_rows_that_are_named(city):
    draft = city.trace("令和6年度に白波市が友好都市になった海外の相手はどこどこですか").picked
    assert draft.text.split("、") == ["釜山港湾公社", "高雄港務局"]


DESKS = """\
湊川県議会　令和6年2月定例会　説明資料

１　令和6年度の主な事業

事業名\t担当課\t内容
防災無線更新事業\t危機管理課\t古い無線機を取り替える
納税窓口改革事業\t税政課\t自動車の税の納付を家からできるようにする
果樹園支援事業\t農産課\t若い担い手の機械の購入を助ける
学びの広場事業\t教育企画課\t高校に遠隔の授業を入れる
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("自動車の税の納付の事業は、どの課の担当ですか", "税政課"),
        ("令和6年度の主な事業の担当課を全て挙げてください", "危機管理課、税政課、農産課、教育企画課"),
    ],
)
def test_of_a_column_the_row_that_the_question_describes_is_taken_unless_all_are_asked_for(tmp_path, question, answer):
    desks = assistant_over(tmp_path, {"desks.txt": DESKS})
    assert ask(desks, question).answer == answer
