"""Each rule of luck with an answer that it refuses and a like one that it must let pass."""

import pytest

from eval.measures.answers import holds_it
from eval.measures.luck import luck
from tests.eval.measures.questions import question

MONEY = question(answer="36,494千円", accept=("36494",))
COUNT = question(answer="648企業・団体（令和7年1月末）", accept=("648",))
GROWTH = question("comparison", answer="141社増（507→648）", accept=("141",), question="会員は何社増えましたか")
DAY = question("date", answer="令和6年1月20日", accept=("令和6年1月20日", "1月20日", "1/20"))
MONTH = question("date", answer="令和7年1月", accept=("令和7年1月", "R7.1"))
OFFICE = question("name", answer="税務課", accept=("税務課",), question="担当はどの課ですか")
YES = question("yesno", answer="はい（電子申請でもできる）", accept=("はい", "できます", "電子申請"))
NO = question("yesno", answer="いいえ、令和6年8月から休んでいる", accept=("いいえ", "休んでいる"))
WINNER = question(
    "comparison", answer="甲社（約6%、乙社は5.5%）", accept=("甲社",), question="出資は甲社と乙社でどちらが大きいですか"
)
BOTH = question("comparison", answer="25人→29人", accept=(), accept_all=("25人", "29人"))
MORE = question("comparison", answer="甲社が多い（甲社9人、乙社5人）", accept=(), accept_all=("9人", "5人"))
TOWNS = question("list", answer="天草市、上天草市", accept=(), accept_all=("天草市", "上天草市"))
IT = question("list", answer="半導体、IT", accept=(), accept_all=("半導体", "IT"))
TWO_DATES = question(
    "date", answer="予定は令和7年1月、実際は令和7年1月22日", accept=(), accept_all=("令和7年1月", "1月22日")
)


@pytest.mark.parametrize(
    ("asked", "answer", "rule"),
    [
        (COUNT, "1,648社", "figure"),
        (COUNT, "1 648社", "figure"),
        (COUNT, "6480社", "figure"),
        (COUNT, "648.5社", "figure"),
        (COUNT, "2億648社", "figure"),
        (COUNT, "648円", "value"),
        (COUNT, "648万社", "value"),
        (COUNT, "600～648社", "range"),
        (COUNT, "648社から700社に", "range"),
        (COUNT, "RE648", "word"),
        (COUNT, "648社ではなく549社", "denied"),
        (COUNT, "648社以外", "denied"),
        (COUNT, "648社未満", "bound"),
        (COUNT, "549社、507社、648社", "values"),
        (MONEY, "36,494万円", "value"),
        (MONEY, "36,494人", "value"),
        (GROWTH, "141社減", "direction"),
        (GROWTH, "△141社", "direction"),
        (DAY, "11月20日", "date"),
        (DAY, "令和8年1月20日", "date"),
        (DAY, "2024/1/203", "date"),
        (MONTH, "R7.11", "date"),
        (OFFICE, "農業課、税務課、産業課", "names"),
        (OFFICE, "税務課、産業課", "names"),
        (YES, "いいえ。電子申請はまだです", "polarity"),
        (YES, "電子申請はできません", "polarity"),
        (NO, "はい。いまは休んでいる", "polarity"),
        (question("yesno", answer="はい", accept=("はい",)), "申請はいつでも", "interjection"),
        (WINNER, "乙社のほうが大きい（甲社は6%）", "winner"),
        (WINNER, "甲社より乙社が大きい", "winner"),
        (WINNER, "甲社と乙社", "winner"),
        (BOTH, "4人減（令和5年度は25人、令和6年度は29人）", "contradiction"),
        (MORE, "乙社のほうが多い（甲社は9人、乙社は5人）", "contradiction"),
        (TWO_DATES, "令和7年1月22日、令和7年1月22日", "date"),
        (IT, "半導体、digital", "word"),
        (question("place", answer="天草市", accept=("天草市",)), "上天草市", "name"),
        (question("howto", answer="許可を取る", accept=("許可",)), "不許可になる", "negated"),
    ],
)
def test_an_answer_that_says_something_else_is_luck(asked, answer, rule):
    assert holds_it(asked, answer)
    assert luck(asked, answer) == rule


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (COUNT, "648"),
        (COUNT, "648社（令和7年1月末時点）"),
        (COUNT, "令和7年1月末の会員は６４８企業・団体です"),
        (COUNT, "549社から648社に"),
        (COUNT, "648社、うち県内500社"),
        (MONEY, "36,494"),
        (MONEY, "３６，４９４千円（令和7年度）"),
        (question(answer="1,000万m3", accept=("1000万m3",)), "1,000万㎥（R9）"),
        (question(answer="3,400人以上", accept=("3400人",)), "3,400人"),
        (question(answer="約8.7km²", accept=("8.7",)), "8.7km2"),
        (question(answer="△3,575人", accept=("3575",)), "3,575人の転出超過"),
        (question(answer="△3,575人", accept=("3575",)), "△3,575人（H30）"),
        (GROWTH, "141企業・団体増（令和6年1月末は507、令和7年1月末は648）"),
        (DAY, "2024年1月20日（令和6年1月20日）"),
        (DAY, "1月20日"),
        (MONTH, "令和7年1月22日"),  # more exact than was asked for, and no other
        (OFFICE, "熊本県、税務課"),
        (OFFICE, "担当は、県の税務課です。"),
        (YES, "はい。窓口に行かなくても電子申請できます"),
        (NO, "いいえ。令和6年8月から休んでいる"),
        (NO, "令和6年8月から休んでいる"),
        (question("yesno", answer="休止中", accept=("休止",)), "いいえ。現在は休止"),
        (WINNER, "甲社のほうが大きい（甲社は6%、乙社は5.5%）"),
        (WINNER, "乙社より甲社が大きい"),
        (BOTH, "4人増（令和5年度は25人、令和6年度は29人）"),
        (BOTH, "令和5年度25人、令和6年度29人"),
        (MORE, "甲社のほうが多い（甲社は9人、乙社は5人）"),
        (MORE, "乙社のほうが少ない（甲社は9人、乙社は5人）"),
        (TOWNS, "天草市、上天草市"),
        (IT, "半導体、ＩＴ関連"),
        (TWO_DATES, "予定 令和7年1月、開始 令和7年1月22日"),
    ],
)
def test_what_is_really_said_is_no_luck(asked, answer):
    assert holds_it(asked, answer)
    assert luck(asked, answer) is None
