"""Definitions, reasons and yes or no of a made-up town, each the statement that says it."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, line_of

BUS = """\
# 汐見町デマンド交通の概要

令和6年3月　住民生活課

## 「ひよりバス」の仕組み

ひよりバスが好評で、乗る人が増えています。
ひよりバスとは、電話で予約した人を乗り合いで運ぶ、時刻表のない乗合バスです。

## 路線バスの見直し

日曜日の路線バスは、令和6年4月から運休しています。
"""
CHILDREN = """\
汐見町　子ども政策の取組
令和6年9月
こども家庭課

【ファミリーサポート】
◆会員数：累計 412人　目標値：400人（R6.8月末現在）
◆一時預かりの利用：累計 187件　目標値：250件（R6.8月末現在）

【病児保育】
汐見町では、町立診療所の隣で病児保育※1を行っています。
※1：病気の治りかけの子どもを、看護師のいる部屋で預かること。

【こども会議】
こども会議のような取組は、県内で3例目です。
こども会議（小学生と中学生が町長に意見を述べる場）を、7月に開きました。
"""
HALL = """\
汐見町　まちづくり推進会議　説明資料
令和6年7月3日
まちづくり課

１　町民交流館の開館
（1）趣旨
町の中心部で空き店舗が増え、集まる場所が減っていることから、世代を越えて交流できる場をつくる。

（2）場所
町民交流館は、旧汐見小学校の跡地を使って開館します。
工事により、跡地の駐車場の一部を閉めます。
"""
PAPERS = {"予約交通.md": BUS, "子ども.txt": CHILDREN, "交流館.txt": HALL}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("prose"), PAPERS)


# --- definitions -----------------------------------------------------------------------------------------------------


def test_a_sentence_with_towa_defines(town):
    answer = ask(town, "ひよりバスとは何ですか")
    assert answer.type == "definition"
    assert "電話で予約した人を乗り合いで運ぶ" in answer.answer
    assert answer.citations[0].lines == (line_of(BUS, "ひよりバスとは、"),) * 2


# --- reasons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["町民交流館をつくるのはなぜですか"])
def test_the_reason_stands_under_the_heading_that_gives_the_aim(town, question):
    answer = ask(town, question)
    assert answer.type == "reason"
    assert "集まる場所が減っていることから" in answer.answer
    assert answer.citations[0].section[-1] == "（1）趣旨"
    assert answer.citations[0].lines == (line_of(HALL, "空き店舗"),) * 2


# --- length ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("ふれあい講座とは何ですか", "definition"),
        ("ふれあい講座を開くのはなぜですか", "reason"),
        ("ふれあい講座を申し込むにはどうすればいいですか", "howto"),
        ("ふれあい講座は続いていますか", "yesno"),
        ("ふれあい講座について教えてください", "text"),
    ],
)
def test_a_sentence_of_two_thousand_characters_is_cut_at_a_clause(tmp_path, question, kind):
    clauses = "".join(
        f"地区の人が集まる場を増やすため窓口で{word}を受け付け、" for word in ("参加", "見学", "相談", "登録") * 20
    )
    paper = f"汐見町　生涯学習の資料\n令和6年5月\n\nふれあい講座とは、{clauses}続けているものです。\n"
    answer = ask(assistant_over(tmp_path, {"講座.txt": paper}), question)
    assert (answer.status, answer.type) == ("answered", kind)
    assert answer.answer.endswith(("、", "。"))


# --- yes and no ------------------------------------------------------------------------------------------------------


def test_how_much_a_goal_was_missed_by_is_worked_out_from_result_and_goal(town):
    answer = ask(town, "一時預かりの利用は目標に何件足りませんでしたか")
    assert answer.answer.startswith("63件")
    assert answer.derived is not None
    assert answer.derived.operands == (1,), "result and goal stand on one line, which is cited once"


# --- not said --------------------------------------------------------------------------------------------------------


def test_a_telephone_number_that_no_paper_prints_is_declined_though_telephones_are_mentioned(town):
    answer = ask(town, "ひよりバスの予約の電話番号を教えてください")
    assert answer.status == "unsure"
    assert answer.passages


def test_a_telephone_number_that_a_paper_prints_is_answered(tmp_path):
    paper = (
        "汐見町の予約交通\n令和6年3月\n\n予約センターの電話番号は、0191-23-4567です。\n受付は8時から17時までです。\n"
    )
    answer = ask(assistant_over(tmp_path, {"予約.txt": paper}), "予約センターの電話番号を教えてください")
    assert "0191-23-4567" in answer.answer
