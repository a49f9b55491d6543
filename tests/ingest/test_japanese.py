"""Words and sentences of Japanese administrative text."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.japanese import content_words, fold, morphs, split_sentences, words

AWKWARD = st.text(
    alphabet=st.sampled_from(
        list("あいう漢字県予算。！「」（）、・①②ＤＸ１２３,，.年月ﾃﾞｶﾞ𠮷髙ー～-R6 \t\n\f　㈱㎞Ab\u3099\0")
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("１，２３４，５６７円", "1234567円"),
        ("ＤＸとﾃﾞｰﾀ", "dxとデータ"),
        ("髙﨑德次", "高崎徳次"),
        ("𠮷田", "吉田"),
        ("葛\U000e0100城", "葛城"),
        ("R3〜R5 R3～R5", "r3~r5 r3~r5"),
        ("10－3―1", "10-3-1"),
        ("㈱みどり 8.7㎢", "(株)みどり 8.7km2"),
        ("取組み①", "取組み①"),  # NFKC alone would make 取組み1
        ("1,2、12,34", "1,2、12,34"),  # no thousands here
        ("か\u3099", "が"),
    ],
)
def test_fold_gives_every_writing_one_form(raw, folded):
    assert fold(raw) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("資金決済法", {"資金", "決済", "法", "資金決済", "決済法", "資金決済法"}),
        ("税", {"税"}),
        ("R6", {"2024年"}),
        ("令和６年", {"2024年"}),
        ("２０２４年", {"2024年"}),
        ("令和元年", {"2019年"}),
        ("H30.4月", {"2018年", "4月"}),
        ("R6. 10.29 完成", {"2024年", "10月", "29日", "完成"}),
        ("2024/10/29", {"2024年", "10月", "29日"}),
        ("令和6年度", {"2024年度"}),
        ("FY2024", {"2024年度"}),
        ("７２，２５０千円", {"72250", "千", "円", "千円"}),
        ("第２回", {"第", "2", "回", "第2回"}),
    ],
)
def test_words_hold_base_forms_compounds_and_one_form_of_years_and_numbers(text, expected):
    assert expected <= set(words(text))


def test_a_fiscal_year_is_not_a_calendar_year():
    assert not set(words("令和6年度")) & set(words("令和6年"))


@pytest.mark.parametrize("writing", ["取組み", "取り組み", "取組"])
def test_spellings_of_one_noun_are_one_word(writing):
    assert "取り組み" in words(f"主な{writing}の一覧")


def test_a_verb_before_a_case_particle_is_the_noun_it_makes():
    assert "受け入れ" in words("外国人の受け入れを進める")
    assert "受け入れ" in words("外国人の受入れを進める")


def test_particles_and_auxiliaries_are_no_words():
    assert words("それは県の予算でした。") == ["県", "予算"]


def test_a_word_broken_over_two_lines_is_one_word():
    text = "新産業を創出するプロジェク\n\n トを進める"
    assert "プロジェクト" in words(text)


def test_lines_that_stand_alone_make_no_common_compound():
    assert "部知事" not in words("政策企画振興部\n知事公室長")


def test_content_words_have_no_compounds():
    assert content_words("資金決済法の改正") == ["資金", "決済", "法", "改正"]


@given(AWKWARD)
def test_morphemes_stand_where_they_say(text):
    for morph in morphs(text):
        assert morph.surface == text[morph.start : morph.end] != ""


@example("ｶ ﾞ")
@given(AWKWARD)
def test_folding_twice_changes_nothing_and_words_never_fail(text):
    assert fold(fold(text)) == fold(text)
    words(text)


@given(AWKWARD)
def test_sentences_are_in_order_and_leave_out_only_white_space(text):
    spans = split_sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b for a, b in spans)
    assert all(x[1] <= y[0] for x, y in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("県は始めた。市も続いた。", ["県は始めた。", "市も続いた。"]),
        ("知事は「すぐ行く。必ず。」と述べた。", ["知事は「すぐ行く。必ず。」と述べた。"]),
        ("対象（注：次の者。）に配る。以上", ["対象（注：次の者。）に配る。", "以上"]),
        ("研究開発の拠点\nを目指す。\n・会議", ["研究開発の拠点\nを目指す。", "・会議"]),
        ("総務部\n企画部", ["総務部", "企画部"]),
        ("日程：令和6年5月12日\n会場：町民会館", ["日程：令和6年5月12日", "会場：町民会館"]),
        ("（閉じない括弧。\n・次の行。次", ["（閉じない括弧。", "・次の行。", "次"]),
        ("本当ですか！？はい。", ["本当ですか！？", "はい。"]),
    ],
)
def test_sentences_end_outside_brackets_and_not_at_a_wrap(text, sentences):
    assert [text[a:b] for a, b in split_sentences(text)] == sentences


def test_many_threads_share_one_tagger():
    text = "令和6年度の一般会計予算は1,234億円である。"
    with ThreadPoolExecutor(4) as pool:
        assert len({tuple(result) for result in pool.map(words, [text] * 200)}) == 1
