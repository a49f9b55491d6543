"""The measures, against values worked out by hand."""

import math

import pytest

from eval.dataset import Evidence, Question
from eval.measures.answers import character_f1, is_exact, is_short_enough, says_it
from eval.measures.confidence import calibration_error
from eval.measures.retrieval import Place, mean_measures, measure_rankings, recall_at
from eval.measures.scorecard import judge, percentile, share, summarise
from eval.measures.support import faults_of_derivation, unsupported_figures
from eval.measures.texts import figures, normalise, western_years

HERE = (Evidence("a.txt", (5, 6)),)


def question(kind="number", accept=("2776",), accept_all=(), evidence=HERE, **more):
    values = {"id": "q", "question": "相談は何件ですか", "answer": "2,776件", "alt_evidence": (), "answerable": True}
    return Question(
        **(values | {"type": kind, "accept": accept, "accept_all": accept_all, "evidence": evidence} | more)
    )


def test_full_width_spaces_commas_and_emphasis_do_not_matter():
    assert normalise("**２，７７６** 件〜") == normalise("2776件~")


def test_figures_lose_their_commas_and_keep_their_decimals():
    assert figures("２，７７６件、7.5％") == ["2776", "7.5"]


def test_era_years_are_western_years_too():
    assert western_years("R6、平成元年、昭和63年、令和元年度") == {"2024", "1989", "1988", "2019"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("2,776件（令和6年1月末現在）", True),
        ("２７７６件", True),
        ("2,993件", False),
        ("198 165 87 93 308 297 317 2,776", False),  # a row of figures, not the value
    ],
)
def test_a_short_answer_says_the_value_and_not_its_row(answer, said):
    assert says_it(question(), answer) is said


def test_figures_of_the_question_do_not_make_a_row():
    asked = question(question="1、2、3、4、5、6、7のうち相談は何件ですか")
    assert says_it(asked, "1、2、3、4、5、6、7のうち2,776件")


def test_each_name_of_a_list_must_be_said_by_itself():
    """The name of a town that is part of another one's name does not say the town."""
    asked = question("list", accept=(), accept_all=("森町", "北森町"))
    assert not says_it(asked, "北森町、西谷村")
    assert says_it(asked, "北森町、森町")
    assert says_it(asked, "（森町）北森町")


@pytest.mark.parametrize(("kind", "limit"), [("number", 80), ("yesno", 200), ("reason", 600)])
def test_a_right_answer_has_a_length_limit_of_its_type(kind, limit):
    assert is_short_enough(question(kind), "あ" * limit)
    assert not is_short_enough(question(kind), "あ" * (limit + 1))


def test_a_list_may_be_long_whatever_its_type():
    assert is_short_enough(question("table_cell", accept=(), accept_all=("甲",)), "あ" * 600)


def test_exact_means_the_gold_answer_or_an_accepted_one():
    assert is_exact(question(), "２，７７６ 件")
    assert not is_exact(question(), "2,776件です")


def test_character_f1_counts_common_characters():
    assert character_f1("図書館", "図書館") == 1.0
    assert character_f1("図書館", "体育場") == 0.0
    assert character_f1("図書館", "図書室です") == pytest.approx(2 * 2 / (3 + 5))


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


def test_calibration_error_is_the_weighed_gap_between_confidence_and_truth():
    # Two at .9 of which one is right (gap .4), one at .3 that is wrong (gap .3), one at 1.0 that is right (gap 0);
    # 1.0 falls into the last bin, with the two at .9: mean .9333 against 2/3.
    assert calibration_error([0.9, 0.9, 0.3, 1.0], [True, False, False, True]) == pytest.approx((0.8 + 0.3) / 4)
    assert calibration_error([], []) is None


def test_percentiles_take_the_median_and_the_lower_neighbour():
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([], 0.5) is None


def test_a_share_of_nothing_is_not_zero():
    assert share([]) is None
    assert share([True, False, False, True]) == 0.5


A5, A9, B1 = (
    Place("a:5", "a.txt", (5, 5), 1),
    Place("a:9", "a.txt", (9, 9), 1),
    Place("b:1", "b.txt", (1, 1), 1),
)


def test_recall_is_the_share_of_the_needed_documents_that_are_reached():
    both = question(evidence=(Evidence("a.txt", (5, 6)), Evidence("b.txt", (1, 1))))
    assert recall_at(both, [A9, A5, B1], 1) == 0.0
    assert recall_at(both, [A9, A5, B1], 2) == 0.5
    assert recall_at(both, [A9, A5, B1], 3) == 1.0


def test_the_head_and_the_row_of_one_table_are_one_place():
    assert recall_at(question(evidence=(Evidence("a.txt", (1, 1)), Evidence("a.txt", (5, 5)))), [A5], 1) == 1.0


def test_the_same_value_elsewhere_is_as_good():
    assert recall_at(question(alt_evidence=(Evidence("b.txt", (1, 1)),)), [B1], 1) == 1.0


def test_ranking_measures_by_hand():
    first = question(id="first")
    second = question(id="second")
    unanswerable = question("unanswerable", id="trick", answerable=False, evidence=(), accept=())
    rankings = {"first": [A9, A5], "trick": [A5]}  # nothing came back for the second: it counts as 0
    measures = mean_measures(measure_rankings([first, second, unanswerable], rankings, [A5, A9, B1]))
    assert measures == pytest.approx(
        {"recall@1": 0, "recall@5": 0.5, "recall@10": 0.5, "mrr": 0.25, "ndcg@10": 0.5 / math.log2(3)}
    )


def test_a_place_that_no_chunk_holds_counts_as_not_found():
    lost = question(evidence=(Evidence("a.txt", (99, 99)),))
    assert set(mean_measures(measure_rankings([lost], {"q": [A5]}, [A5])).values()) == {0.0}


def verdict(answered=True, text="2,776件", citations=(A5,), asked=None, **more):
    values = {"answered": answered, "text": text, "citations": citations, "confidence": 0.5, "ms": 1.0}
    return judge(asked or question(), **(values | more))


TRICK = question("unanswerable", answerable=False, evidence=(), accept=())


class TestVerdict:
    def test_right_and_cited(self):
        one = verdict()
        assert one.right
        assert one.cited

    def test_right_from_the_wrong_place_is_not_cited(self):
        one = verdict(citations=(B1,))
        assert one.right
        assert not one.cited

    def test_a_wrong_answer_from_the_right_place_is_covered_but_not_right(self):
        one = verdict(text="5件")
        assert one.covered
        assert not one.cited
        assert not one.right

    def test_too_many_words_are_not_right(self):
        one = verdict(text="2,776件" + "です" * 60)
        assert one.too_long
        assert not one.right

    def test_to_decline_is_right_only_for_a_question_without_answer(self):
        assert not verdict(answered=False).right
        assert verdict(answered=False, asked=TRICK).right
        assert not verdict(asked=TRICK).right

    def test_a_crash_is_never_a_good_refusal(self):
        assert not verdict(answered=False, asked=TRICK, error="boom").right


def test_a_scorecard_by_hand():
    judged = [
        verdict(),
        verdict(citations=(B1,)),
        verdict(text="9件", unsupported=["9"], bad_quotes=1),
        verdict(answered=False, citations=()),
        verdict(answered=False, citations=(), asked=TRICK),
        verdict(asked=TRICK),
    ]
    scores = summarise(judged)
    assert scores["accuracy"] == 2 / 4
    assert scores["cited_accuracy"] == 1 / 4
    assert scores["citation_coverage"] == 2 / 3
    assert scores["refusal_recall"] == 1 / 2
    assert scores["refusal_precision"] == 1 / 2
    assert scores["false_refusal"] == 1 / 4
    assert scores["unsupported_answers"] == 1
    assert (scores["quotes"], scores["quotes_not_verbatim"]) == (4, 1)
    assert scores["calibration_error"] == 0.0  # four answers at .5, two of them right
    assert scores["types"]["number"] == {"questions": 4, "right": 2, "cited": 1, "declined": 1, "too_long": 0}
