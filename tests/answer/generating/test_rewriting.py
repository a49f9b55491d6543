"""A model's whole question of a follow-up is used only where it says what was asked, and nothing else."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from answer.generating.rewriting import rewriting
from answer.generating.said import said

BEFORE = "みどり市の移住支援金の申請期限は令和6年度ではいつですか。"
FOLLOW_UP = "同じことは法人でもできますか"
WHOLE = "みどり市の移住支援金の申請は法人でもできますか"


def whole_of(reply, question=FOLLOW_UP, before=BEFORE, limit=500):
    return rewriting(reply, question, before, limit)


@pytest.mark.parametrize(
    ("question", "reply", "whole"),
    [
        (FOLLOW_UP, WHOLE, WHOLE),
        (FOLLOW_UP, f"質問：{WHOLE}。", f"{WHOLE}。"),
        (FOLLOW_UP, f"「**{WHOLE}？**」", f"{WHOLE}？"),
        (
            FOLLOW_UP,
            "令和６年度の移住支援金は法人でも申請できますか。",
            "令和６年度の移住支援金は法人でも申請できますか。",
        ),
        ("ほかには？", "移住支援金のほかにはどんな支援金がありますか", "移住支援金のほかにはどんな支援金がありますか"),
        ("逆に受けられない人は", "移住支援金を逆に受けられない人は？", "移住支援金を逆に受けられない人は？"),
        ("まだ間に合いますか", "移住支援金の申請はまだ間に合いますか", "移住支援金の申請はまだ間に合いますか"),
    ],
)
def test_a_whole_question_of_the_words_of_both_is_used(question, reply, whole):
    assert whole_of(reply, question) == whole


@pytest.mark.parametrize(
    "reply",
    [
        "みどり市の起業支援金の申請は法人でもできますか",  # another thing
        "みどり市の移住支援金の申請は法人でも郵送でできますか",  # a word of its own
        "令和7年度の移住支援金の申請は法人でもできますか",  # another year
        "令和6年の移住支援金の申請は法人でもできますか",  # a year is no fiscal year
        "2024年度の移住支援金の申請は法人でもできますか",  # said in no question, though it is the same
        "移住支援金100万円の申請は法人でもできますか",  # a figure
        "みどり市の支援市金の申請は法人でもできますか",  # a name made of pieces
        "みどり市の移住支援金の申請は法人でもできないのですか",  # the other way round
        "移住支援金の申請は法人でもいくらできますか",  # asks something else
        "みどり市の移住支援金の申請期限はいつですか",  # leaves out what was asked
        "同じことは法人でもできますか",  # nothing is added
        "それは移住支援金の申請と同じで法人でもできますか",  # leans on the question before as much as ever
        "移住支援金の申請は法人でもできます。",  # an answer
        f"{WHOLE}。期限はいつですか。",  # two questions
        f"{WHOLE}\n（移住支援金についての質問です）",
        "Can a 法人 apply for it?",
        "移住支援金的申请法人也可以吗？",
        "資料に記載がありません",
        "なし",
        "",
        "？",
    ],
)
def test_what_adds_drops_or_answers_anything_is_not(reply):
    assert whole_of(reply) is None


def test_a_whole_question_keeps_to_the_length_of_questions():
    assert whole_of(WHOLE, limit=len(WHOLE)) == WHOLE
    assert whole_of(WHOLE, limit=len(WHOLE) - 1) is None


NEW_WORDS = [
    "図書館",
    "税務課",
    "山田太郎",
    "エレベーター",
    "港まつり",
    "無料",
    "廃止",
    "東京都",
    "安い",
    "なぜ",
    "最も",
    "以上",
]
NEW_FIGURES = ["令和7年度", "2019年", "平成30年", "12月", "5", "1,204トン", "3.5%", "二十人", "午後3時", "第2回", "△4"]


@given(st.sampled_from(NEW_WORDS + NEW_FIGURES), st.integers(0, len(said(WHOLE).morphs)))
@example("なぜ", 15)
@settings(deadline=None)
def test_a_word_figure_or_year_that_neither_question_has_is_always_refused(new, n):
    edges = [morph.start for morph in said(WHOLE).morphs] + [len(WHOLE)]
    at = edges[n]
    assert whole_of(f"{WHOLE[:at]}{new}{WHOLE[at:]}") is None
    assert whole_of(f"{WHOLE[:at]}、{new}の{WHOLE[at:]}") is None


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
@settings(deadline=None)
def test_whatever_is_said_it_never_raises_and_is_never_longer_than_it_may_be(reply, question, before):
    whole = rewriting(reply, question, before, 40)
    assert whole is None or len(whole) <= 40
