"""A follow-up becomes the whole question that it stands for, and a whole question stays as it is."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.asking.followup import resolve
from tests.answer.papers import assistant_over, check_contract, plain

QUESTIONS = Path(__file__).resolve().parents[3] / "eval" / "questions"


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        ("令和5年度の移住相談は何件ですか", "では令和4年度は？", "令和4年度の移住相談は何件ですか"),
        ("令和5年度の移住相談は何件ですか", "前年度は？", "令和4年度の移住相談は何件ですか"),
        ("令和元年度の転入者数は何人ですか", "その前の年は？", "平成30年度の転入者数は何人ですか"),
        ("2023年度の観光客数は？", "翌年度はどうでしたか", "2024年度の観光客数は？"),
        ("令和6年1月末の会員数はいくつですか", "5月末は？", "令和6年5月末の会員数はいくつですか"),
        ("令和6年1月末の会員数はいくつですか", "1年前は？", "令和5年1月末の会員数はいくつですか"),
        ("コンソーシアムの会員数は何社ですか", "令和5年度は？", "令和5年度のコンソーシアムの会員数は何社ですか"),
        ("令和5年度の出生数は何人ですか", "令和4年度は何人でしたか", "令和4年度の出生数は何人ですか"),
        ("令和6年1月末の時点で、協議会の会員はいくつですか", "最新は？", "協議会の会員はいくつですか"),
        ("今年度の一般会計の予算額はいくらですか", "前年度は？", "昨年度の一般会計の予算額はいくらですか"),
        ("令和5年度の宿泊者数は何人ですか", "3年前は？", "令和2年度の宿泊者数は何人ですか"),
        (
            "令和4年度と令和5年度の予算額はどちらが大きいですか",
            "令和6年度は？",
            "令和4年度と令和6年度の予算額はどちらが大きいですか",
        ),
        (
            "令和6年2月議会の説明資料では、会員数はいくつですか",
            "6月議会では？",
            "令和6年6月議会の説明資料では、会員数はいくつですか",
        ),
        ("令和5年1月の有効求人倍率は何倍ですか", "前月は？", "令和4年12月の有効求人倍率は何倍ですか"),
        ("札幌市の令和5年度の除雪費はいくらですか", "その次の年度は？", "札幌市の令和6年度の除雪費はいくらですか"),
        ("令和3年から令和5年までの出生数の推移は？", "令和元年からは？", "令和元年からの出生数の推移は？"),
        ("R5年度 移住相談 件数", "R4年度は？", "R4年度 移住相談 件数"),
        ("京都の観光客数は何人ですか", "大阪は？", "大阪の観光客数は何人ですか"),
        ("観光客数は何人ですか", "大阪は？", "大阪の観光客数は何人ですか"),
        ("札幌市の除雪費はいくらですか", "仙台市は？", "仙台市の除雪費はいくらですか"),
        ("益城町の仮設住宅の入居戸数は何戸ですか", "大津町ではどうですか", "大津町の仮設住宅の入居戸数は何戸ですか"),
        (
            "青森県の令和4年産りんごの収穫量は何トンですか",
            "長野県は？",
            "長野県の令和4年産りんごの収穫量は何トンですか",
        ),
        ("益城町の高齢化率は何%ですか", "全国は？", "全国の高齢化率は何%ですか"),
        ("令和6年度の教育費はいくらですか", "農業費は", "令和6年度の農業費はいくらですか"),
        ("県職員の人数は何人ですか", "女性は？", "県職員の女性の人数は何人ですか"),
        ("男性の職員数は何人ですか", "女性は何人ですか", "女性の職員数は何人ですか"),
        ("いちごの生産量は何トンですか", "トマトは？", "トマトの生産量は何トンですか"),
        ("いちごと加工食品ではどちらが多いですか", "メロンは？", "いちごとメロンではどちらが多いですか"),
        ("令和5年度の転入者数は何人ですか", "転出者数は？", "令和5年度の転出者数は何人ですか"),
        ("歳入の総額はいくらですか", "歳出は？", "歳出の総額はいくらですか"),
        ("第1回の説明会の参加者は何人ですか", "第2回は？", "第2回の説明会の参加者は何人ですか"),
        ("3歳児の入園者数は何人ですか", "4歳児は？", "4歳児の入園者数は何人ですか"),
        ("市立病院の外来患者数は何人ですか", "入院患者数は？", "市立病院の入院患者数は何人ですか"),
        ("那覇空港の国内線の旅客数は何人ですか", "国際線は？", "那覇空港の国際線の旅客数は何人ですか"),
        ("防災DX推進事業の担当課はどこですか", "農業DX推進事業は？", "農業DX推進事業の担当課はどこですか"),
        ("危機管理課の職員数は何人ですか", "総務課は？", "総務課の職員数は何人ですか"),
        ("一般会計の予算額はいくらですか", "特別会計は？", "特別会計の予算額はいくらですか"),
        (
            "ひなた市場の来客数は令和4年度と令和5年度でいくつ増えましたか",
            "みのり市場は？",
            "みのり市場の来客数は令和4年度と令和5年度でいくつ増えましたか",
        ),
        (
            "みのり市場の来客数は何人ですか",
            "では、令和4年度のひなた市場は？",
            "令和4年度のひなた市場の来客数は何人ですか",
        ),
        ("台北線の利用者は何人ですか", "高雄線は何人ですか", "高雄線の利用者は何人ですか"),
        ("防災DX推進事業の担当課はどこですか", "予算額はいくらですか", "防災DX推進事業の予算額はいくらですか"),
        ("防災DX推進事業の予算額はいくらですか", "担当課は？", "防災DX推進事業の担当課は？"),
        ("空き家バンクとは何ですか", "いつからですか", "空き家バンクはいつからですか"),
        ("令和5年度の移住相談は何件増えましたか", "理由は？", "令和5年度の移住相談が増えた理由は？"),
        ("給食センターの整備場所はどこですか", "総事業費は？", "給食センターの総事業費は？"),
        ("給食センターの総事業費はいくらですか", "内訳は？", "給食センターの総事業費の内訳は？"),
        ("どの課が空き家バンクを担当していますか", "開始時期はいつですか", "空き家バンクの開始時期はいつですか"),
        ("空き家バンクを利用したい方はどうすればいいですか", "窓口はどこですか", "空き家バンクの窓口はどこですか"),
        ("なぜ待機児童が増えたのですか", "何人ですか", "待機児童は何人ですか"),
        ("県内就職率の実績は何%ですか", "目標は？", "県内就職率の目標は？"),
        ("起業支援室はいつ開設しましたか", "担当者は誰ですか", "起業支援室の担当者は誰ですか"),
        ("防災DX推進事業 担当課", "予算額は？", "防災DX推進事業の予算額は？"),
        ("コンソーシアムの会員数は何社ですか", "それはいつの数字ですか", "コンソーシアムの会員数は何社ですか"),
        ("防災DX推進事業の予算額はいくらですか", "その担当課は？", "防災DX推進事業の担当課は？"),
        ("防災DX推進事業の予算額はいくらですか", "この事業の目的は何ですか", "防災DX推進事業の目的は何ですか"),
        ("移住支援金とは何ですか", "同制度の申請期限はいつですか", "移住支援金の申請期限はいつですか"),
        ("益城町の人口は何人ですか", "その町の面積は？", "益城町の面積は？"),
        ("起業支援室はいつ開設しましたか", "そこの電話番号は？", "起業支援室の電話番号は？"),
        ("移住支援金の対象者は誰ですか", "それはいくらもらえますか", "移住支援金はいくらもらえますか"),
        (
            "生活道路の安全対策の予算はいくらですか",
            "それを担当するのはどの課ですか",
            "生活道路の安全対策を担当するのはどの課ですか",
        ),
        ("令和5年度の移住相談は何件ですか", "その年度の相談員は何人ですか", "令和5年度の相談員は何人ですか"),
        (
            "防災DX推進事業とは何ですか",
            "もっと詳しく教えてください",
            "防災DX推進事業についてもっと詳しく教えてください",
        ),
        ("東部地区と西部地区の登録者数は何人ですか", "合計は？", "東部地区と西部地区の登録者数の合計は？"),
        (
            "令和5年度の移住相談は何件ですか",
            "前年度と比べてどう変わりましたか",
            "令和5年度の移住相談の件数は前年度と比べてどう変わりましたか",
        ),
        ("空き家バンクの登録件数は何件ですか", "増えていますか", "空き家バンクの登録件数は増えていますか"),
        ("空き家バンクの登録件数は何件ですか", "推移は？", "空き家バンクの登録件数の推移は？"),
        ("コンソーシアムの会員数を教えてください", "そのうち県外は？", "コンソーシアムの会員数のうち県外は？"),
        ("県立高校の生徒数は何人ですか", "女性の割合は？", "県立高校の生徒数のうち女性の割合は？"),
    ],
)
def test_a_follow_up_becomes_a_whole_question(before, question, whole):
    assert resolve(question, before) == whole


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("防災DX推進事業の担当課はどこですか", "県債残高"),
        ("防災DX推進事業の担当課はどこですか", "県債残高は？"),
        ("防災DX推進事業の担当課はどこですか", "予算額"),
        ("防災DX推進事業の担当課はどこですか", "空き家バンクの登録件数は何件ですか"),
        ("職員数は何人ですか", "これまでの取組は何ですか"),
        ("職員数は何人ですか", "こんにちは"),
        ("防災訓練の参加者は何人ですか", "その他の取組は何ですか"),
        ("防災訓練の参加者は何人ですか", "この資料の作成者は誰ですか"),
        ("会員数は？", "それでは、令和5年度の移住相談は何件ですか"),
        ("新庁舎はいつ完成しますか", "空き家バンクの登録件数と、その担当課は？"),
    ],
)
def test_what_is_whole_by_itself_is_left_alone(before, question):
    assert resolve(question, before) is None


@pytest.mark.parametrize("name", ["sample.jsonl", "seeds.jsonl"])
def test_no_question_that_was_written_to_stand_alone_is_changed_by_the_one_before_it(name):
    """At most 1 in 100, whatever came before: a fixed draw of pairs."""
    questions = [json.loads(line)["question"] for line in (QUESTIONS / name).read_text(encoding="utf-8").splitlines()]
    draw = random.Random(20261123)
    pairs = [(draw.choice(questions), question) for question in questions]
    changed = [(before, question) for before, question in pairs if before != question and resolve(question, before)]
    assert len(changed) <= len(pairs) / 100, changed


_ANY = st.text(max_size=40) | st.text(
    st.sampled_from(
        "では令和6５年度月末は？その前の市町女性予算額担当課いくら何人ですか、。と比べて増え「」\n 　(０R."
    ),
    max_size=40,
)
_WHOLE = st.sampled_from(
    [
        "令和5年度の移住相談は何件ですか",
        "会員数は？",
        "どの課が担当していますか",
        "R6.1月末の会員",
        "元年の推移は？",
        "2024年1～9月の転入は",
    ]
)


@settings(max_examples=300, deadline=None)
@given(_ANY | _WHOLE, _ANY | _WHOLE)
def test_whatever_is_asked_after_whatever_a_question_or_nothing_comes_back(question, before):
    whole = resolve(question, before)
    assert whole is None or (whole.strip() and whole != question.strip())


# --- asked ------------------------------------------------------------------------------------------------------------

PAPERS = {
    "報告.txt": """\
鐘ヶ丘市　産業の取組
令和6年8月
産業振興課

【起業の支援】
◆相談件数：延べ345件（R6.7月末現在）
起業支援室を、令和5年10月2日に開設しました。
担当課：産業振興課

【直売所の来客数】（単位：人）
\tR4年度\tR5年度
ひなた市場\t12,040\t13,515
みのり市場\t8,907\t9,220
""",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("followup"), PAPERS)


@pytest.mark.parametrize(
    "talk",
    [
        [
            ("令和5年度のひなた市場の来客数は何人ですか", "13515人"),
            ("前年度は？", "12040人"),
            ("みのり市場は？", "8907人"),
            ("では令和5年度は？", "9220人"),
        ],
        [("起業の支援の相談件数は何件ですか", "345件"), ("その担当課は？", "産業振興課")],
        [("起業支援室の担当課はどこですか", "産業振興課"), ("いつ開設しましたか", "令和5年10月2日")],
    ],
)
def test_one_question_leads_to_the_next(town, talk):
    before = None
    for question, value in talk:
        answer = town.ask(question, after=before)
        check_contract(town, answer)
        assert value in plain(answer.answer), (question, answer.understood)
        assert answer.question == question
        assert (answer.understood is None) == (before is None)
        before = answer.understood or answer.question


def test_a_whole_question_is_answered_as_if_nothing_had_been_asked_before(town):
    question = "令和4年度のみのり市場の来客数は何人ですか"
    answer = town.ask(question, after="起業の支援の相談件数は何件ですか")
    assert answer.understood is None
    assert answer.answer == town.ask(question).answer


@pytest.mark.parametrize("before", ["", "？？", "Is it open?", "あ" * 501])
def test_a_question_before_that_says_nothing_changes_nothing(town, before):
    answer = town.ask("みのり市場の来客数は？", after=before)
    assert answer.understood is None


LIBRARIES = """\
町別の図書館（令和6年4月1日現在）
町名,図書館数,蔵書数（冊）,職員数（人）
潮見町,2,84000,9
若葉町,3,120500,14
"""
PASS = """\
優先駐車の利用証
令和6年9月2日

ハートパスは、妊婦や障害のある方が優先駐車区画を使える利用証です。

救急車の出動は増えている。
"""


def test_a_column_asked_alone_is_asked_of_the_row_that_is_spoken_of(tmp_path):
    towns = assistant_over(tmp_path, {"toshokan.csv": LIBRARIES})
    before, values = None, []
    for question in ("潮見町の図書館数は？", "若葉町は？", "蔵書数は？", "職員数は？"):
        answer = towns.ask(question, after=before)
        before = answer.understood or question
        values.append(answer.answer)
    assert values == ["2", "3", "120500冊", "14人"]


def test_a_measure_that_the_papers_do_not_give_of_it_is_a_question_of_its_own(tmp_path):
    towns = assistant_over(tmp_path, {"toshokan.csv": LIBRARIES})
    assert towns.ask("町債残高は？", after="潮見町の図書館数は？").understood is None


def test_what_leads_over_to_a_question_is_no_word_of_its_topic(tmp_path):
    town = assistant_over(tmp_path, {"pass.txt": PASS})
    answer = town.ask("ところでハートパスって何？")
    assert answer.answer.startswith("ハートパスは")
    more = town.ask("もっと詳しく", after="ハートパスって何？")
    assert more.status == "answered"
    assert "ハートパス" in (more.understood or "")
    assert more.missing == ()


def test_only_words_of_the_question_that_nobody_sees_below_are_missing(tmp_path):
    town = assistant_over(tmp_path, {"pass.txt": PASS})
    assert town.ask("救急車の出動は何台ですか").missing == ()
    assert town.ask("ところで飛行船とは何ですか").missing == ("飛行船",)
