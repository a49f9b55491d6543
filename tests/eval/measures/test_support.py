"""Figures of an answer, and where they may stand."""

import pytest

from eval.measures.support import faults_of_derivation, unsupported_figures


class TestUnsupportedFigures:
    def test_a_value_that_is_quoted_is_supported(self):
        assert unsupported_figures("2,776件", "", "合計 2,776", "") == []

    def test_a_value_next_to_the_quote_is_not_supported(self):
        """The neighbouring row holds other values: to stand near is not to stand in the quote."""
        assert unsupported_figures("2,993件", "", "合計 2,776", "前年 2,993") == ["2993"]

    def test_a_date_may_stand_around_the_quote_in_either_calendar(self):
        assert unsupported_figures("52件（2024年1月末）", "", "相談 52件", "R6.1月末現在") == []
        assert unsupported_figures("52件（令和6年1月末）", "", "相談 52件", "2024年1月末現在") == []

    def test_a_date_that_stands_nowhere_is_found(self):
        assert unsupported_figures("52件（令和7年1月末）", "", "相談 52件", "令和6年1月末") == ["7"]

    def test_a_letter_at_the_end_of_a_name_is_no_era(self):
        assert unsupported_figures("移住FES 2024", "どこで", "移住FES 2024 in 東京", "") == []
        assert unsupported_figures("移住FES 2025", "どこで", "移住FES 2024 in 東京", "") == ["2025"]

    def test_figures_of_the_question_need_no_source(self):
        assert unsupported_figures("令和5年度は3館です", "2023年度は何館ですか", "3館", "") == []

    def test_a_derived_figure_is_supported_when_its_sum_is_right(self):
        assert unsupported_figures("141増", "", "507社 648社", "", "648 − 507 = 141") == []

    def test_a_derived_figure_with_a_wrong_sum_is_not(self):
        assert unsupported_figures("151増", "", "507社 648社", "", "648 − 507 = 151") == ["151"]

    def test_a_derived_figure_with_an_operand_that_nobody_cited_is_not(self):
        assert unsupported_figures("141増", "", "648社", "", "648 − 507 = 141") == ["141"]


@pytest.mark.parametrize(
    ("how", "quotes", "faults"),
    [
        ("2,000千円 × 1,000 = 2,000,000円", "2,000千円", 0),  # the factor of the unit needs no citation
        ("206 − 299 = △93", "206 299", 0),
        ("125 ÷ 73 = 1.7", "125 73", 0),
        ("125 ÷ 73 = 1.8", "125 73", 1),
        ("100 + 20 + 3 = 123", "100 20 3", 0),
        ("122億4千万円 − 105億4千万円 = 17億円", "122億4千万円 105億4千万円", 0),
        ("12,240,000,000 − 10,540,000,000 = 1,700,000,000", "122億4千万円 105億4千万円", 0),
        ("12,250,000,000 − 10,540,000,000 = 1,710,000,000", "122億4千万円 105億4千万円", 1),
        ("30 ÷ 0 = 5", "30 0", 0),  # nothing to compare with: only the operands are looked at
    ],
)
def test_a_calculation_is_checked_as_far_as_it_can_be_read(how, quotes, faults):
    assert len(faults_of_derivation(how, quotes)) == faults


def test_cells_of_a_row_are_figures_of_their_own_whatever_stands_between_them():
    row = "啓発の経費,講座を開くための経費。,1067,267"
    assert unsupported_figures("1,067百万円", "啓発の経費はいくら", row, "") == []
    assert unsupported_figures("1,066百万円", "啓発の経費はいくら", row, "") == ["1066"]
    assert unsupported_figures("34.88", "どこ", "3,みほ野会館,34.88,138.32", "") == []


def test_a_figure_in_kanji_supports_the_same_in_digits():
    quote = "防災の費用は四十三兆円に上り、割引は八割ほどです。"
    assert unsupported_figures("四十三兆円（43兆円）", "いくら", quote, "") == []
    assert unsupported_figures("8割", "何割", quote, "") == []
    assert unsupported_figures("44兆円", "いくら", quote, "") == ["44"]


def test_so_does_one_with_a_point():
    assert unsupported_figures("8.7兆円増えます。", "", "増加は八・七兆円程度です。", "") == []
    assert unsupported_figures("金利は0.25％です。", "", "〇・二五％程度に引き上げました。", "") == []
    assert unsupported_figures("8.9兆円増えます。", "", "増加は八・七兆円程度です。", "") == ["8.9"]
