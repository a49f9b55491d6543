"""The verdict on one answer, and the scorecard of several."""

import pytest

from eval.dataset import Evidence
from eval.measures.retrieval import Place
from eval.measures.scorecard import judge, mean, share, summarise
from tests.eval.measures.questions import A5, B1, TRICK, question


def test_a_share_of_nothing_is_not_zero():
    assert share([]) is None
    assert share([True, False, False, True]) == 0.5
    assert mean([None, 0.5, 1.0]) == 0.75
    assert mean([None]) is None


def verdict(answered=True, text="2,776件", citations=(A5,), asked=None, **more):
    values = {"answered": answered, "text": text, "citations": citations, "confidence": 0.5, "ms": 1.0}
    return judge(asked or question(), **(values | more))


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


class TestMeasures:
    """What is compared from run to run: declined counts as 0, but for precisions; None where nothing is measured."""

    LIST = question("list", answer="甲、乙", accept=(), accept_all=("甲", "乙"))
    DATED = question(answer="2,776件（令和6年1月末）")

    def test_a_right_answer_has_all_that_applies(self):
        found = verdict(asked=self.DATED, as_of="2024-01", gold_pages={("a.txt", 1)}).measures()
        assert found.pop("character_f1") == pytest.approx(2 * 4 / (4 + 5))  # 2776 in 2776件
        assert found == {
            "right": 1,
            "value": 1,
            "cited": 1,
            "page_hit": 1,
            "as_of": 1,
            "candidate": 1,
            "in_passages": 0,
            "on_page": 0,
            "told": 1,
            "right_of_answered": 1,
            "right_of_high": None,
            "list_precision": None,
            "list_recall": None,
            "citation_precision": 1,
            "citation_recall": 1,
        }

    def test_a_declined_question_counts_as_nothing_said(self):
        declined = {"answered": False, "text": "資料に記載がありません", "status": "not_found"}
        declined |= {"gold_pages": {("a.txt", 1)}}
        assert verdict(asked=self.LIST, **declined).measures() == {
            "right": 0,
            "value": None,
            "cited": 0,
            "page_hit": 0,
            "as_of": None,
            "candidate": 0,
            "in_passages": 0,
            "on_page": 0,
            "told": 0,
            "right_of_answered": None,
            "right_of_high": None,
            "character_f1": 0,
            "list_precision": None,
            "list_recall": 0,
            "citation_precision": None,
            "citation_recall": 0,
        }
        assert verdict(asked=self.DATED, as_of="2024-01", **declined).measures()["value"] == 0

    def test_only_a_right_answer_has_an_as_of_date(self):
        assert verdict(asked=self.DATED, as_of="FY2023").as_of is False
        assert verdict(asked=self.DATED, text="9件", as_of="2024-01-31").as_of is None

    def test_a_question_without_answer_is_only_declined_or_not(self):
        nothing = {"right_of_answered": None, "right_of_high": None}
        assert verdict(answered=False, asked=TRICK).measures() == {"declined": 1} | nothing
        assert verdict(asked=TRICK).measures() == {"declined": 0} | nothing | {"right_of_answered": 0}

    def test_what_is_said_with_confidence_is_measured_by_itself(self):
        assert verdict(confidence=0.96).measures()["right_of_high"] == 1
        assert verdict(confidence=0.96, text="9件").measures()["right_of_high"] == 0
        assert verdict(confidence=0.96, asked=TRICK).measures()["right_of_high"] == 0

    def test_to_offer_the_right_answer_is_not_to_say_it_and_not_to_deny_it(self):
        offered = verdict(answered=False, status="unsure", candidates=("9件", "2,776件"), passages=(A5,)).measures()
        assert (offered["right"], offered["candidate"], offered["on_page"], offered["told"]) == (0, 1, 1, 1)
        assert verdict(answered=False, status="unsure", candidates=("9件",)).measures()["candidate"] == 0
        assert verdict(answered=False, status="not_found").measures()["told"] == 0

    def test_luck_is_named(self):
        assert verdict(text="12,776件").luck == "figure"
        assert verdict(text="9件").luck is None
        assert not verdict(text="12,776件").right


def test_every_part_of_the_scorecard_is_there_and_by_document():
    both = question(evidence=(Evidence("a.txt", (5, 6)), Evidence("b.txt", (1, 1))))
    scores = summarise(
        [
            verdict(steps={"retrieve": 3.0}, asked=TestMeasures.DATED, as_of="2024-01-31", gold_pages={("a.txt", 2)}),
            verdict(asked=both),
            verdict(text="12,776件", confidence=0.9),
            verdict(answered=False, citations=(), asked=TRICK),
        ]
    )
    assert scores["value_accuracy"] == 2 / 3
    assert scores["as_of_accuracy"] == 1.0
    assert scores["page_hit"] == 0.0
    assert scores["citation_precision"] == 1.0
    assert scores["citation_recall"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert scores["list_precision"] is None
    assert scores["lucky"] == 1
    assert scores["refusal_f1"] == 1.0
    assert scores["brier"] == pytest.approx((0.25 + 0.25 + 0.81) / 3)
    assert scores["aurc"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert scores["reliability"] == [
        {"confidence": 0.5, "share": 1.0, "count": 2},
        {"confidence": 0.9, "share": 0.0, "count": 1},
    ]
    assert scores["risk_coverage"][-1] == {"confidence": 0.5, "coverage": 1.0, "accuracy": pytest.approx(2 / 3)}
    assert scores["retrieve_p50_ms"] == 3.0
    counts = {"declined": 0, "unsure": 0, "absent": 0, "too_long": 0, "in_passages": 0}
    assert scores["files"] == {
        "a.txt": {"questions": 3, "right": 2, "cited": 2, "candidate": 2} | counts,
        "b.txt": {"questions": 1, "right": 1, "cited": 1, "candidate": 1} | counts,
    }


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
    counts = {"declined": 1, "unsure": 0, "absent": 0, "too_long": 0, "candidate": 2, "in_passages": 0}
    assert scores["types"]["number"] == {"questions": 4, "right": 2, "cited": 1} | counts


def test_what_is_not_settled_and_what_is_wrongly_denied_are_told_apart():
    """Of five questions with an answer one is said, one denied, three are offered: two with the right text in sight."""
    here = Place("a:5", "a.txt", (5, 5), 1, "相談は2,776件")
    unsure = {"answered": False, "status": "unsure", "citations": ()}
    scores = summarise(
        [
            verdict(status="answered", confidence=0.97, passages=(here,)),
            verdict(answered=False, status="not_found", citations=()),
            verdict(**unsure, candidates=("2,776件",)),
            verdict(**unsure, passages=(here,)),
            verdict(**unsure, candidates=("9件",)),
            verdict(status="answered", asked=TRICK),
            verdict(status="unsure", answered=False, asked=TRICK),
        ]
    )
    assert (scores["unsure"], scores["false_absence"], scores["unsure_shown"]) == (3 / 5, 1 / 5, 2 / 3)
    assert (scores["candidate_recall"], scores["in_passages"], scores["on_page"]) == (2 / 5, 2 / 5, 2 / 5)
    assert scores["right_of_answered"] == 1 / 2
    assert scores["refusal_recall"] == 1 / 2, "to offer is not to answer"
    assert [(one["word"], one["share"], one["count"]) for one in scores["promises"]] == [
        ("高", 1.0, 1),
        ("中", None, 0),
        ("低", 0.0, 1),
    ]
    assert (scores["types"]["number"]["unsure"], scores["types"]["number"]["absent"]) == (3, 1)
