"""Questions written otherwise: the rule changes the wording, never what is asked."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import Evidence, Question
from eval.measures.texts import figures, normalise
from eval.robustness.questions import RULES, derive

BY_NAME = {rule.name: rule for rule in RULES}
SPELLING = ("hiragana", "katakana", "particles", "swapped", "dropped", "doubled")


def asked(text, *accept, name="q1", kind="number"):
    return Question(name, text, kind, "…", accept or ("507",), (), (Evidence("a.txt", lines=(1, 1)),), (), True)


def rewritten(rule, text, *accept):
    question = derive(BY_NAME[rule], asked(text, *accept))
    return question and question.question


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("full", "DXの予算は2024年度でいくら", "ＤＸの予算は２０２４年度でいくら"),
        ("full", "図書館の予算はいくら", None),
        ("half", "ガーデンパスの２０２４年の数", "ｶﾞｰﾃﾞﾝﾊﾟｽの2024年の数"),
        ("half", "図書館の予算はいくら", None),
        ("western", "令和6年1月末の会員は", "2024年1月末の会員は"),
        ("western", "令和元年度とH29年の会員は", "2019年度と2017年の会員は"),
        ("western", "平成三十年の会員は", None),
        ("western", "R6.1.31の会員は", "2024年1月31日の会員は"),
        ("western", "R6.1の会員は", "2024年1月の会員は"),
        ("western", "R6の会員は", None),  # the year or the fiscal year
        ("western", "令和2～5年度の会員は", None),  # 2020～5年度 would be nonsense
        ("western", "令和3年度から5年度で会員は", None),
        ("western", "令和6年（2024年）の会員は", None),
        ("western", "会員 12令和6年度", None),  # 122024年度 would be another figure
        ("western", "会員DX令和6年度", None),  # DX2024年度 would be a name
        ("western", "平成28年熊本地震の義援金は", None),  # the name of an event
        ("western", "令和2年7月豪雨の義援金は、令和6年で", "令和2年7月豪雨の義援金は、2024年で"),
        ("western", "「令和6年度重点事業」の予算は", None),  # a name that was copied
        ("era", "2024年度の会員は", "令和6年度の会員は"),
        ("era", "２０１７年の会員は", "平成29年の会員は"),
        ("era", "2019年5月の会員は", "令和元年5月の会員は"),
        ("era", "2019年4月の会員は", None),
        ("era", "2019年度の会員は", None),  # 平成31年度 and 令和元年度
        ("era", "エキスポ2025の会員は", None),
        ("hiragana", "会員の数は", "かいいんの数は"),
        ("hiragana", "移住相談の数は", None),  # part of a longer word: its reading is not sure
        ("hiragana", "「会員」の数は", None),
        ("hiragana", "会場に何人いたの", "かいじょうに何人いたの"),
        ("katakana", "コンソーシアムの会員は", "こんそーしあむの会員は"),
        ("katakana", "「コンソーシアム」の会員は", None),
        ("particles", "会員の数はいくつですか", "会員数いくつですか"),
        ("particles", "令和6年の10月の数が知りたい", "令和6年の10月数知りたい"),  # 6年10月 would be another time
        ("particles", "観光レップとは", None),
        ("particles", "どこの課が窓口を", "どこの課窓口"),
        ("particles", "会員数 最新", None),
        ("dropped", "移住相談会の数は", None),  # of kanji none may go: 転出者, 転入者
        ("terse", "会員は何人ですか。", "会員は何人？"),
        ("terse", "会員数を教えてください。", "会員数"),
        ("terse", "会員はどこにいるのでしょうか", "会員はどこにいるの？"),
        ("terse", "窓口はどこにありますか？", "窓口はどこにある？"),
        ("terse", "何が違いますか", None),  # its plain form is not made by cutting
        ("terse", "教えてください", None),
        ("polite", "会員は何人？", "会員は何人ですか。"),
        ("polite", "会員数 最新", "会員数 最新を教えてください。"),
        ("polite", "会員数は？", "会員数を教えてください。"),
        ("polite", "会員は何人だったか", "会員は何人だったか教えてください。"),
        ("polite", "会員は何人ですか", None),
    ],
)
def test_a_rule_writes_a_question_otherwise_or_does_not_apply(rule, before, after):
    assert rewritten(rule, before) == after


def test_typing_errors_fall_inside_a_long_word():
    for n in range(20):
        question = asked("図書館のコンソーシアム", name=f"q{n}")
        for rule, length in (("swapped", 11), ("dropped", 10), ("doubled", 12)):
            text = derive(BY_NAME[rule], question).question
            assert len(text) == length
            assert text.startswith("図書館のコ")
            assert text != question.question
    assert len({derive(BY_NAME["dropped"], asked("コンソーシアム", name=f"q{n}")).question for n in range(20)}) > 2


def test_the_answer_is_neither_misspelt_nor_given_away():
    """例: which of two is asked for by its name; a year is the answer."""
    assert rewritten("katakana", "コンソーシアムとアカデミーではどちらが多い", "コンソーシアム").startswith(
        "コンソーシアムとあかでみー"
    )
    assert rewritten("western", "令和6年度の計画は西暦で何年度", "2024年度") is None


def test_the_derived_question_is_judged_as_before_and_has_an_id_of_its_own():
    question = asked("会員は何人ですか")
    derived = derive(BY_NAME["terse"], question)
    assert derived.id == "q1-terse"
    assert (derived.accept, derived.evidence, derived.type) == (question.accept, question.evidence, question.type)


WORDS = (
    "令和6年度 2024年1月末 の は が を に コンソーシアム ガーデン 会員 移住相談件数 何人ですか "
    "「コンソ」 R5 １２ 、 DX 12.5%"
).split()
questions = st.builds(
    lambda words, n: asked("".join(words), name=f"q{n}"),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9),
    st.integers(0, 99),
)


@given(questions)
def test_a_derived_question_is_never_the_same_and_always_comes_out_again(question):
    for rule in RULES:
        derived = derive(rule, question)
        assert derived is None or derived.question != question.question
        assert derived == derive(rule, question)


@given(questions)
def test_width_is_all_that_width_rules_change(question):
    for rule in ("full", "half"):
        derived = derive(BY_NAME[rule], question)
        if derived:
            assert normalise(derived.question) == normalise(question.question)
            again = derive(BY_NAME[rule], derived)
            assert again is None  # there is nothing left to change


@given(questions)
def test_rules_of_spelling_leave_figures_and_quoted_names_alone(question):
    for rule in SPELLING:
        derived = derive(BY_NAME[rule], question)
        if derived:
            assert figures(derived.question) == figures(question.question)
            assert derived.question.count("「コンソ」") == question.question.count("「コンソ」")


@given(questions)
def test_years_that_are_written_otherwise_are_the_same_years(question):
    """There and back again: what became western becomes the same era years."""
    western = derive(BY_NAME["western"], question)
    back = western and derive(BY_NAME["era"], western)
    if back and "R5" not in question.question and "１２2024年" not in question.question:  # that is the year of nothing
        typed = unicodedata.normalize("NFKC", question.question)
        plain = re.sub(r"(?<![A-Za-z])2024年1月末", "令和6年1月末", typed)  # behind a letter it may be a name
        assert unicodedata.normalize("NFKC", back.question) == plain
