"""What forms, contracts and ordinances say by where it stands: who signs, who is paid, what a word means, from when."""

import pytest

from answer.asking.question import read_question
from answer.assistant import Assistant
from tests.answer.papers import assistant_over, plain

ORDINANCE = """\
議案第３号
川渡町水辺広場条例
令和５年３月２日提出

川渡町長 早瀬 和子

川渡町水辺広場条例

（定義）
第２条 この条例において、次の各号に掲げる用語の意義は、当該各号に定めるところによる。
(1) 利用者 水辺広場で催しを行う個人又は団体をいう。
(2) 指定団体 水辺の清掃を行う団体として町長が指定したものをいう。
第３条 町長は、水辺広場を管理する職（以下「広場管理職」という。）を置く。
第４条 利用者は、火気を使用するときは、あらかじめ町長の許可を受けなければならない。

附 則
この条例は、令和５年６月１日から施行する。
"""
CONTRACT = """\
議案第８号
川渡大橋補修工事請負契約の締結について

１ 契約目的
川渡大橋補修工事

２ 契約の相手方
鳥越建設 株式会社
代表取締役 中洲 太一
所在地 丸根県北浜市港町２丁目５番

３ 契約の金額
８７，０００，０００円

令和５年６月９日提出

川渡町長 早瀬 和子

川渡大橋補修工事入札状況
入札日 令和５年５月２２日
"""
REPORT = """\
町政報告
令和5年9月1日

防災では、7月9日に川渡川右岸の河川敷におきまして、水防訓練を行いました。

3月には、川渡ライオンズクラブ30周年記念事業として、救助用ボートを寄贈いただきました。

学生支援として、町の食材を使ったお弁当1,200食分を配りました。

水道料金の単価は変更せず、令和5年度も同じ額で運営いたします。
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    papers = {"条例.txt": ORDINANCE, "契約.txt": CONTRACT, "報告.txt": REPORT}
    return assistant_over(tmp_path_factory.mktemp("forms"), papers)


def draft(town: Assistant, question: str) -> str:
    """Return what would be answered, however unsure."""
    return plain(town.trace(question).picked.text)


def test_the_company_behind_a_contract_is_named_whole(town):
    assert draft(town, "川渡大橋補修工事を請け負った会社名") == "鳥越建設株式会社"


def test_an_address_tells_in_which_town_a_company_sits(town):
    assert "北浜市港町" in draft(town, "川渡大橋補修工事を請け負う鳥越建設は何市の何町にありますか")


def test_an_ordinance_is_in_force_from_the_day_it_says_and_not_from_when_it_was_put_forward(town):
    assert draft(town, "川渡町水辺広場条例の施行日").startswith("令和5年6月1日")


def test_a_question_that_ends_in_the_date_it_wants_names_no_event_by_it(town):
    for question in ("川渡町水辺広場条例の施行は何年何月何日？", "川渡大橋補修工事の入札は何月何日"):
        assert draft(town, question).startswith("令和5年")


def test_a_day_of_another_event_is_no_answer(town):
    assert "令和5年" not in draft(town, "川渡大橋補修工事の工期はいつまでですか")
    assert draft(town, "川渡大橋補修工事の入札日はいつですか").startswith("令和5年5月22日")


def test_what_stays_as_it_is_does_not_change(town):
    assert draft(town, "水道料金の単価は令和5年度に変わりますか").startswith("いいえ")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("勤続3年なら休暇は何日もらえますか", "number"),
        ("申請から何日たてば使えますか", "number"),
        ("祭りは何月何日にありますか", "date"),
        ("空き家はだいたい何年くらい借りられますか", "number"),
        ("令和5年度の経費が前年より減った主な要因", "reason"),
        ("ごみが減ったのは何が影響したのですか", "reason"),
        ("費用を上げるのは何に困っているから？", "reason"),
        ("届け出に要る書類って何がある？", "list"),
        ("教育の三本柱とは何と何？", "list"),
        ("橋の工事を請け負った会社名", "name"),
        ("共同で催しを開く相手の町は？（令和5年度）", "place"),
        ("この工事で全校が済むことになりますか", "yesno"),
        ("公社は今年度、何か事業をやった？", "yesno"),
        ("申し込みたい会社は何をすればいいですか", "howto"),
    ],
)
def test_more_ways_of_asking_are_read(question, kind):
    assert read_question(question).kind == kind
