"""Values that are one, however they are written, and those that only look alike."""

import pytest

from eval.measures.values import as_of_right, gold_as_of, periods, quantities, same_period, same_quantity, value_right
from tests.eval.measures.questions import TRICK, question


def is_same(one, other):
    [first], [second] = quantities(one), quantities(other)
    return same_quantity(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3,649万4千円", "36,494千円"),
        ("36,494千円", "36,494,000円"),
        ("7億6,000万円", "760百万円"),
        ("28.5億円", "2,850百万円"),
        ("９割", "90%"),
        ("1/2", "50%"),
        ("2分の1", "1/2"),
        ("648企業・団体", "648社"),
        ("25町村", "25"),
        ("238名", "238人"),
        ("△3,575人", "3,575人"),
        ("17者", "17人"),
    ],
)
def test_these_are_one_value(one, other):
    assert is_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("36,494千円", "36,494万円"),
        ("36,494千円", "36,494円"),
        ("648社", "648円"),
        ("648社", "648人"),
        ("56件", "56%"),
        ("8.7km2", "8.7ha"),
        ("△198人", "+198人"),
        ("4日", "4年"),
    ],
)
def test_these_are_two_values(one, other):
    assert not is_same(one, other)


@pytest.mark.parametrize(
    ("gold", "said", "same"),
    [
        ("R6.1.20", "令和6年1月20日", True),
        ("令和6年1月20日", "2024-01-20", True),
        ("令和5年度", "2023年度", True),
        ("令和5年度", "2023年", False),
        ("R5", "令和5年度", True),  # a bare R5 may be either
        ("2024年1月", "令和6年1月20日", True),  # the day lies in the month that was asked for
        ("令和6年1月20日", "2024年1月", False),
        ("3月18日", "令和7年3月18日", True),
        ("3月18日", "令和7年3月19日", False),
        ("2027年末", "令和9年末", True),
    ],
)
def test_dates_are_compared_across_calendars(gold, said, same):
    assert same_period(periods(gold)[0], periods(said)[0]) is same


MONEY = question(answer="36,494千円（令和7年度当初予算案）", accept=("36494千円", "3649万4千円"))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("3,649万4千円", True),
        ("36,494,000円（令和7年度）", True),
        ("36,494円", False),
        ("36,494", False),  # the scale is part of the value
        ("予算は36,494千円で、前年は30,000千円", True),
        ("30,000千円（翌年は36,494千円）", False),
        ("30,000千円、36,494千円", False),  # one of many is not the answer's own
        ("資料に記載がありません", False),
    ],
)
def test_the_answers_own_value_counts(answer, right):
    assert value_right(MONEY, answer) is right


def test_what_the_question_says_is_not_the_answers_value():
    asked = question(answer="427名", accept=("427名",), question="361名より多い年の来場は何名")
    assert value_right(asked, "361名より多い年の来場は427名") is True


def test_a_rate_is_told_after_what_it_is_per_and_a_change_by_its_end():
    assert value_right(question(answer="1人5,000円", accept=("5000円",)), "1人5,000円") is True
    assert value_right(question(answer="10割", accept=("10割",)), "1割から10割に") is True


def test_every_value_of_a_list_must_be_stated():
    asked = question("comparison", answer="県内396、県外153", accept=(), accept_all=("396", "153"))
    assert value_right(asked, "県内のほうが多い（県内は396、県外は153）") is True
    assert value_right(asked, "県内は396") is False


def test_dates_and_figures_may_be_asked_for_together():
    asked = question("date", answer="令和6年10月、59件", accept=(), accept_all=("令和6年10月", "59件"))
    assert value_right(asked, "2024年10月、59件") is True
    assert value_right(asked, "2024年11月、59件") is False
    assert value_right(asked, "2024年10月、58件") is False


def test_a_date_is_a_value():
    asked = question("date", answer="令和6年1月20日", accept=("令和6年1月20日",))
    assert value_right(asked, "2024-01-20") is True
    assert value_right(asked, "令和6年1月21日") is False
    assert value_right(asked, "決まっていない") is False


@pytest.mark.parametrize(
    "asked",
    [
        TRICK,
        question("reason", answer="人が3割減ったため", accept=("3割減った",)),
        question("comparison", answer="甲社", accept=("甲社",)),
    ],
)
def test_where_the_gold_answer_is_no_value_nothing_is_measured(asked):
    assert value_right(asked, "3割") is None


class TestAsOf:
    ASKED = question(answer="507社（令和6年1月末）", accept=("507",))

    @pytest.mark.parametrize(
        ("as_of", "right"),
        [
            ("2024-01-31", True),
            ("2024-01", True),
            ("2024", False),
            ("FY2023", False),
            ("2024-02", False),
            (None, False),
        ],
    )
    def test_day_and_month_are_compared_at_the_coarser(self, as_of, right):
        assert as_of_right(self.ASKED, as_of) is right

    def test_a_year_is_no_fiscal_year_unless_it_is_bare(self):
        bare = question(question="R5の相談は何件ですか", answer="9件")
        plain = question(question="2023年の相談は何件ですか", answer="9件")
        assert [as_of_right(bare, code) for code in ("2023", "FY2023")] == [True, True]
        assert [as_of_right(plain, code) for code in ("2023", "FY2023")] == [True, False]

    def test_the_gold_answer_speaks_before_the_question(self):
        asked = question(question="令和6年3月の説明では何件ですか", answer="9件（令和6年1月末）")
        assert gold_as_of(asked).code == "2024-01-31"

    @pytest.mark.parametrize(
        "asked",
        [
            question(answer="9件", question="相談は何件ですか"),  # no period at all
            question(answer="9件", question="令和4年と令和5年ではいくつ"),  # two
            question(answer="9件（令和6年度、1月末）"),  # two, one of them without a year
            question(answer="9件", question="令和6年2月議会の資料では何件ですか"),  # names a paper
            question("date", answer="令和6年1月20日", accept=("1月20日",)),  # the period is the value
            question("reason", answer="令和6年に始めたため", accept=("始めた",)),
            question("temporal", answer="1月2件、3月4件（令和6年）", accept=(), accept_all=("2件", "4件")),
        ],
    )
    def test_where_no_single_period_is_stated_nothing_is_measured(self, asked):
        assert gold_as_of(asked) is None
        assert as_of_right(asked, "2024") is None
