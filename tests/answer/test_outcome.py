"""What becomes of drafts: the likeliest is said where that is likely enough, else up to three are offered."""

import json

import pytest

from answer.answer import Answer
from answer.assistant import Assistant
from answer.confidence import GROUPS, HIGH, MIDDLE, WEIGHTS, the_judge
from answer.draft import Draft
from answer.features import Features
from answer.lines import holds_kind
from answer.outcome import OFFERED
from answer.question import read_question
from tests.answer.papers import assistant_over, check_contract

PAPER = """\
風見町　子育ての取組
令和6年9月2日

１　保育
町立保育園の定員は120人です。
待機児童は、令和6年4月1日で14人でした。
保育料は、国の基準額の7割にしています。

２　給食
学校給食は、センターで1日に850食を作っています。
"""


class Judges:
    """A judge that gives values that were picked one probability and lines another."""

    def __init__(self, picked: float, line: float, least: float = 0.5):
        self.picked, self.line, self.least = picked, line, least

    def probability(self, draft: Draft, row: Features) -> float:
        return self.line if draft.is_line else self.picked


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("outcome"), {"r6.txt": PAPER})


def asked(town: Assistant, judge: Judges, question: str = "待機児童は何人ですか") -> Answer:
    answer = Assistant(town.collection, judge=judge).ask(question)
    check_contract(town, answer)
    return answer


def test_the_value_is_said_where_it_is_likelier_than_its_line(town):
    answer = asked(town, Judges(picked=0.9, line=0.6))
    assert (answer.status, answer.confidence) == ("answered", 0.9)
    assert answer.answer.startswith("14人")


def test_the_line_is_said_where_it_is_likelier_than_the_value(town):
    answer = asked(town, Judges(picked=0.6, line=0.9))
    assert (answer.status, answer.confidence) == ("answered", 0.9)
    assert answer.answer == "待機児童は、令和6年4月1日で14人でした。"
    assert answer.citations[0].quote == answer.answer


def test_below_the_least_probability_nothing_is_said_and_the_likeliest_come_first(town):
    answer = asked(town, Judges(picked=0.4, line=0.2))
    assert answer.status == "unsure"
    assert 1 < len(answer.candidates) <= OFFERED
    assert answer.candidates[0].text.startswith("14人")
    assert [c.confidence for c in answer.candidates] == sorted((c.confidence for c in answer.candidates), reverse=True)
    quotes = {citation.n: citation.quote for citation in answer.citations}
    assert all(candidate.citation in quotes for candidate in answer.candidates)


def test_no_two_candidates_say_the_same(town):
    texts = [candidate.text for candidate in asked(town, Judges(0.1, 0.1)).candidates]
    assert not any(a != b and a in b for a in texts for b in texts)


@pytest.mark.parametrize(
    ("question", "text", "held"),
    [
        ("待機児童は何人ですか", "待機児童は14人でした。", True),
        ("待機児童は何人ですか", "待機児童の調査は14日に行いました。", False),  # a day is no number of people
        ("説明会はいつですか", "説明会は9月2日に開きます。", True),
        ("説明会はいつですか", "説明会を開きます。", False),
        ("担当はどこですか", "担当は子育て課です。", True),
    ],
)
def test_a_text_holds_what_an_answer_of_the_kind_must_have(question, text, held):
    assert holds_kind(text, read_question(question)) is held


def test_the_fitted_weights_are_of_todays_features_and_promise_words_in_order():
    judge = the_judge()
    assert 0 < judge.least <= 1
    assert MIDDLE < HIGH
    nothing = Features(*([0.0] * len(Features._fields)))
    for kind in GROUPS:
        for is_line in (False, True):
            assert 0 < judge.probability(Draft(kind, "x", is_line=is_line), nothing) < 1


def test_weights_of_other_features_are_refused(tmp_path):
    body = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    del body["line"]["features"]["coverage"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(ValueError, match="is of other features: make it again"):
        the_judge(path)
