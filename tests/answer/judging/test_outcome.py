"""What becomes of drafts: the likeliest is said where that is likely enough, else up to three are offered."""

import json
from dataclasses import replace

import pytest

from answer.answer import Answer
from answer.asking.question import read_question
from answer.assistant import Assistant
from answer.candidates.lines import holds_kind
from answer.draft import SORTS, Draft
from answer.judging.confidence import GROUPS, HIGH, MIDDLE, WEIGHTS, the_judge
from answer.judging.features import Features
from answer.judging.outcome import OFFERED
from answer.operations.picking import pick
from answer.reading.as_read import Reads
from answer.reading.evidence import Coverage
from answer.reading.scene import Region, with_statements
from tests.answer.papers import assistant_over, check_contract, reader_of, reading_all

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


def test_of_a_line_that_holds_a_value_nearly_as_likely_the_value_is_said_with_its_date(town):
    answer = asked(town, Judges(picked=0.8, line=0.9))
    assert (answer.status, answer.confidence) == ("answered", 0.9)
    assert answer.answer.startswith("14人")
    assert answer.as_of == "2024-04-01"


def test_a_line_much_likelier_than_the_value_in_it_is_said_itself_since_it_may_hold_another_that_answers(town):
    answer = asked(town, Judges(picked=0.5, line=0.9))
    assert (answer.status, answer.confidence) == ("answered", 0.9)
    assert "待機児童" in answer.answer
    assert "14人" in answer.answer


@pytest.mark.parametrize(
    ("line", "question", "as_of"),
    [
        ("待機児童は", "待機児童は何人ですか", "2024-04-01"),  # it names its date
        ("町立保育園の定員は", "町立保育園の定員は何人ですか", "2024-09-02"),  # that of the paper
        ("学校給食の食数は", "学校給食の食数はどれだけですか", None),  # its figures hold for two
        ("保育園の名前は", "保育園の名前は何ですか", None),  # it holds no figure
    ],
)
def test_a_line_with_figures_says_when_they_hold(tmp_path, line, question, as_of):
    more = "学校給食の食数は、令和4年度が840食、令和5年度が850食です。\n保育園の名前は、ひばり保育園です。\n"
    town = assistant_over(tmp_path, {"r6.txt": PAPER + more})
    judged = town.trace(question).outcome.judged
    assert [one.draft.as_of for one in judged if one.draft.is_line and one.draft.text.startswith(line)] == [as_of]


def test_the_line_is_said_where_it_is_likelier_than_another_value(town):
    answer = asked(town, Judges(picked=0.1, line=0.9), "保育料は、国の基準額の何割ですか")
    assert answer.status == "answered"
    assert "7割" in answer.answer
    assert answer.citations[0].quote


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


@pytest.mark.parametrize("with_reader", [True, False])
def test_the_fitted_weights_are_of_todays_features_and_promise_words_in_order(with_reader):
    judge = the_judge(with_reader=with_reader)
    assert list(judge.weights) == [sort for sort in SORTS if with_reader or sort != "near"]
    assert 0 < judge.least <= 1
    assert MIDDLE < HIGH
    nothing = Features(*([0.0] * len(Features._fields)))
    for kind in GROUPS:
        for sort in judge.weights:
            assert 0 < judge.probability(Draft(kind, "x", sort=sort), nothing) < 1


def test_no_probability_is_told_that_papers_left_out_have_not_borne_out():
    judge = the_judge(with_reader=False)
    draft, row = Draft("number", "14人"), Features(*(1.0 for _ in Features._fields))
    told = judge.weights["picked"].probability("number", row)
    assert judge.probability(draft, row) == min(told, judge.most)
    assert replace(judge, most=told / 2).probability(draft, row) == told / 2


def test_weights_of_other_features_are_refused(tmp_path):
    body = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    del body["read"]["line"]["features"]["coverage"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(ValueError, match="is of other features: make it again"):
        the_judge(path)


def test_what_turns_out_to_hold_a_figure_that_is_nowhere_is_not_said_and_the_others_are_offered(town, monkeypatch):
    monkeypatch.setattr("answer.citing.unsupported", lambda text, *rest: ("14",) if text.startswith("14人") else ())
    answer = Assistant(town.collection, judge=Judges(picked=0.9, line=0.2)).ask("待機児童は何人ですか")
    assert answer.status == "unsure"
    assert answer.candidates
    assert not any(candidate.text.startswith("14人") for candidate in answer.candidates)


CHANGED = """\
# 風見町 使用料の見直し

## 会館の使用料

| 部屋 | 改正前 | 改正後 |
| --- | --- | --- |
| 大広間 | 1,200円 | 1,500円 |
| 和室 | 400円 | 600円 |
"""


def test_what_held_before_a_change_is_not_said_unless_it_is_asked_for(tmp_path):
    town = assistant_over(tmp_path, {"fees.md": CHANGED})

    def against(question: str) -> set[str]:
        found = Assistant(town.collection, judge=Judges(0.9, 0.1)).trace(question).outcome.judged
        return {one.draft.text for one in found if any("改まる前" in why for why in one.against)}

    assert not any("1,500" in text for text in against("大広間の使用料はいくらですか"))
    assert not against("大広間の使用料は、改正前はいくらでしたか")
    answer = Assistant(town.collection, judge=Judges(0.9, 0.1)).ask("大広間の使用料はいくらですか")
    assert not answer.answer.startswith("1,200円")


def test_a_line_of_marks_is_no_candidate(tmp_path):
    town = assistant_over(tmp_path, {"fees.md": CHANGED})
    lines = [one.draft.text for one in town.trace("和室の使用料はいくらですか").outcome.judged if one.draft.is_line]
    assert lines
    assert not any("---" in line or line.startswith("|") for line in lines)


FULL = """\
# 風見町 施設の手引

## 町立体育館

体育館の定員は400人です。

## 町立図書館

図書館の席は64席です。新聞は12紙を置いています。

## 町立会館

会館の大広間は定員180人、和室は定員24人です。
"""


def only(word: str) -> Reads:
    """Return a reader that finds but one text likely."""
    return reader_of(lambda text: 4.6 if word in text else -6.9)


def test_a_value_is_also_picked_out_of_each_of_the_likeliest_lines_alone(tmp_path):
    town = assistant_over(tmp_path, {"places.md": FULL})
    judged = reading_all(town, only("大広間"), Judges(0.9, 0.1)).trace("会館の定員は何人ですか").outcome
    near = {one.draft.place: one for one in judged.judged if one.draft.sort == "near"}

    assert near[1].draft.text.startswith(("180人", "24人"))
    assert near[1].row.line == 1.0
    assert all(one.row.line == 1 / place for place, one in near.items())
    supports = [s for one in near.values() for s in one.draft.supports]
    assert supports


LONG = """\
# 風見町 会館の使い方

会館の大広間の愛称は町の人が呼び名を持ち寄る会館の大広間の愛称を決める会で長い話合いの末に愛称として選ばれ、\
応募した人の数は昨年の二倍に近く、その名は風見ほたるの間といい、翌年の春から案内板に使われています。
"""


def test_of_a_line_too_long_to_say_the_clause_is_said_that_holds_the_likeliest_value(tmp_path):
    town, asked_for = assistant_over(tmp_path, {"hall.md": LONG}), "会館の大広間の愛称は何ですか"

    def lines(assistant):
        judged = assistant.trace(asked_for).outcome.judged
        return [one.draft.text for one in judged if one.draft.sort == "line" and len(one.draft.text) > 20]

    by_words = lines(reading_all(town, reader_of(lambda text: 1.0)))
    told = lines(reading_all(town, reader_of(lambda text: 1.0, lambda value: 5.0 if "ほたる" in value else -5.0)))
    assert by_words
    assert told
    assert not any("風見ほたるの間" in text for text in by_words)
    assert any("風見ほたるの間" in text for text in told)
    assert all(len(text) <= 76 for text in told)


def test_near_a_line_that_holds_nothing_of_the_kind_nothing_is_picked(tmp_path):
    town = assistant_over(tmp_path, {"note.md": "# 風見町 案内\n\n会館は町の中心にあります。\n"})
    judged = town.trace("会館の定員は何人ですか").outcome.judged
    assert not [one for one in judged if one.draft.sort == "near"]


@pytest.mark.parametrize(
    ("question", "half"),
    [
        ("待機児童は何人で、保育料は国の基準額の何割ですか", True),
        ("待機児童は何人ですか", False),
    ],
)
def test_one_half_of_two_things_is_told_as_half(town, question, half):
    answer = asked(town, Judges(picked=0.9, line=0.1), question)
    assert answer.status == "answered"
    assert answer.is_half is half
    assert answer.to_dict()["is_half"] is half


def test_steps_that_begin_where_a_region_ends_are_steps_still(tmp_path):
    steps = "次の手順で申し込みます。\n\n1. 用紙に記入する\n2. 窓口に提出する\n3. 審査を受ける\n"
    town = assistant_over(tmp_path, {"apply.md": f"# 風見町 会館の使い方\n\n## 申込み\n\n{steps}"})
    scene = town.trace("会館の申込みの手順を教えてください").scene
    (region,) = scene.regions
    for at in range(region.low, region.high):
        alone = Region(region.reading, Coverage(region.reading, scene.atoms, at, at + 1), (1.0,))
        pick(with_statements(replace(scene, regions=(alone,), statements=())))  # it picks, or finds nothing


SERIES = {
    f"r{year}.txt": f"風見町　保育の報告\n令和{year}年6月3日\n\n待機児童は、令和{year}年4月1日で{count}人でした。\n"
    for year, count in ((4, 31), (5, 22), (6, 14))
}


class Prefers:
    """A judge that finds drafts of one sort likeliest."""

    least = 0.5

    def __init__(self, sort: str):
        self.sort = sort

    def probability(self, draft: Draft, row: Features) -> float:
        return 0.9 if draft.sort == self.sort else 0.8


def test_a_line_with_one_date_keeps_the_date_and_the_other_dates_of_its_value(tmp_path):
    town = assistant_over(tmp_path, SERIES)
    answer = asked(town, Judges(picked=0.5, line=0.9), "待機児童は何人ですか")
    assert answer.answer == "待機児童は、令和6年4月1日で14人でした。"
    assert answer.as_of == "2024-04-01"
    assert [point.as_of for point in answer.timeline] == ["2022-04-01", "2023-04-01", "2024-04-01"]
    assert all(point.value in answer.citations[point.citation - 1].quote for point in answer.timeline)


@pytest.mark.parametrize("sort", ["picked", "near", "line"])
def test_a_value_that_is_picked_near_a_line_too_keeps_the_values_of_other_dates(tmp_path, sort):
    town = assistant_over(tmp_path, SERIES)
    answer = reading_all(town, only("令和6年4月1日"), Prefers(sort)).ask("待機児童は何人ですか")
    check_contract(town, answer)
    assert answer.answer.startswith("14人")
    assert answer.confidence == 0.9
    assert [point.value for point in answer.timeline] == ["31人", "22人", "14人"]


def test_how_things_went_is_told_by_the_values_together_and_not_by_the_likelier_line_of_one(tmp_path):
    answer = Assistant(assistant_over(tmp_path, SERIES).collection, judge=Judges(picked=0.6, line=0.9)).ask(
        "待機児童の推移は？"
    )
    assert answer.status == "answered"
    assert [point.value for point in answer.timeline] == ["31人", "22人", "14人"]
    assert answer.confidence == 0.6


def test_of_a_tables_row_the_value_is_said_however_likely_the_row(tmp_path):
    table = "# 風見町の施設\n\n| 施設 | 利用者 | 職員 |\n| --- | --- | --- |\n| 図書館 | 8,120人 | 6人 |\n"
    town = assistant_over(tmp_path, {"t.md": table})
    answer = asked(town, Judges(picked=0.5, line=0.9), "図書館の利用者は何人ですか")
    assert answer.answer.startswith("8,120人")
