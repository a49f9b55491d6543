"""The verdict on one answer, and the scorecard of several."""

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
