"""An example of our own papers says which statement answers, and leaves out what may answer as well."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from eval import reader_pool
from eval.dataset import DERIVED, Evidence, Question
from eval.reader_examples import read_pool
from eval.reader_pool import Asked, Papers, example, examples, find, label, values, write_pool
from eval.sets import QuestionSet
from tests.answer.papers import assistant_over
from tests.tiny_model import write_rows

BUDGET = """# みほ野市 令和6年度予算の説明

## 歳出

民生費は1,204百万円です。
教育費は830百万円で、前の年度より20百万円多くなりました。
土木費は415百万円です。

## 参考

- 令和5年度の民生費は1,180百万円でした。
- 教育費のうち給食に使うのは61百万円です。
- 民生費の1,204百万円は過去で最も多い額です。
"""
NOTES = """# みほ野市 議会の記録

民生費について質問がありました。
町長は欠席しました。
"""
LINES = {line: n for n, line in enumerate(BUDGET.splitlines(), 1)}


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Papers:
    folder = tmp_path_factory.mktemp("budget")
    return Papers(assistant_over(folder, {"yosan　6.md": BUDGET, "kiroku.md": NOTES}))


def asked(text: str, line: str, *, accept: tuple[str, ...] = (), **more: object) -> Asked:
    place = Evidence("yosan　6.md", lines=(LINES[line], LINES[line]))
    fields = {"type": "number", "answer": accept[0] if accept else "", "accept_all": (), "alt_evidence": ()} | more
    question = Question(id="m-1", question=text, accept=accept, evidence=(place,), answerable=True, **fields)
    return Asked("m-1", text, question.type, question.answer, question)


def bodies(texts: list[str]) -> list[str]:
    return [text.split("\n")[-1] for text in texts]


def test_what_stands_at_the_gold_place_and_holds_the_answer_is_right_and_what_else_holds_it_is_neither(papers):
    one = asked("令和6年度の民生費はいくらですか。", "民生費は1,204百万円です。", accept=("1204百万円",))
    found = example(one, papers, random.Random(1))

    assert found is not None
    assert bodies(found["right"]) == ["民生費は1,204百万円です。"]
    wrong = bodies(found["near"] + found["far"])
    assert "- 令和5年度の民生費は1,180百万円でした。" in wrong
    assert not any("1,204" in text for text in wrong)
    assert found["right"][0] in [text for text, _ in found["scene"]]
    (places,) = found["values"]
    assert [found["right"][0][start:stop] for start, stop in places] == ["1,204百万円"]


def test_a_piece_of_another_figure_is_no_answer(papers):
    one = asked("給食にいくら使いますか。", "- 教育費のうち給食に使うのは61百万円です。", accept=("1百万円",))

    assert one.question is not None
    assert not reader_pool.says(one.question, "1百万円", "- 教育費のうち給食に使うのは61百万円です。")


def test_cells_of_a_row_are_figures_of_their_own(tmp_path):
    table = "| 町 | 世帯 | 人口 |\n|---|---|---|\n| 川町 | 120 | 342 |\n| 山町 | 81 | 201 |\n"
    csv = "町,世帯,人口\n川町,120,342\n山町,81,201\n"
    for name, text in (("towns.md", table), ("towns.csv", csv)):
        towns = Papers(assistant_over(tmp_path / name, {name: text}))
        line = next(n for n, row in enumerate(text.splitlines(), 1) if "川町" in row)
        place = Evidence(name, lines=(1, len(text.splitlines())))
        question = Question("m-3", "川町の人口", "table_cell", "342", ("342",), (), (place,), (), True)
        known = label(Asked("m-3", question.question, "table_cell", "342", question), towns)

        assert known is not None
        (right,) = known.right
        assert right.document.lines(right.start, right.end) == (line, line)


def test_yes_or_no_is_answered_by_the_line_of_the_gold_place(papers):
    line = "教育費は830百万円で、前の年度より20百万円多くなりました。"
    known = label(asked("教育費は増えましたか。", line, accept=("はい",), type="yesno"), papers)

    assert known is not None
    assert [s.flat for s in known.right] == [line]


def test_no_value_is_a_yes_a_reason_or_worked_out_and_of_a_pair_it_is_what_the_pair_says(papers):
    text = "みほ野市 令和6年度予算の説明 / 歳出\n教育費は830百万円で、前の年度より20百万円多くなりました。"
    line = text.partition("\n")[2]
    one = asked("教育費はいくらですか。", line, accept=("830百万円", "はい"))
    question = one.question
    assert question is not None

    def of(**changes: Any) -> list[str] | None:
        places = values(replace(one, question=replace(question, **changes)), text)
        return None if places is None else [text[start:stop] for start, stop in places]

    assert of() == ["830百万円"]
    assert of(accept=("830百万円です",)) is None  # no value alone says it, yet one does
    assert of(accept=("20百万円多くなりました",), type="reason") == []
    assert of(type="yesno") == []
    assert of(note=f"{DERIVED}: 差") == []
    pair = Asked("pair-1", question.question, "pair", "830百万円")
    assert values(pair, text) is None
    assert values(replace(pair, value=()), text) == []
    assert values(replace(pair, value=("84百万円",)), text) is None  # it was cut off
    assert [text[start:stop] for start, stop in values(replace(pair, value=("830百万円",)), text) or ()] == [
        "830百万円"
    ]


def test_a_question_is_left_out_where_it_is_not_clear_what_answers(papers):
    every = Evidence("yosan　6.md", lines=(1, 13))
    question = Question(
        "m-2",
        "どうですか",
        "yesno",
        "はい",
        ("はい",),
        (),
        (every,),
        (),
        True,
    )

    assert label(Asked("m-2", question.question, "yesno", "はい", question), papers) is None


def test_a_pair_names_right_and_wrong_lines_by_their_beginnings(papers):
    pair = Asked(
        "pair-1",
        "令和5年度の民生費は？",
        "pair",
        "1,180百万円",
        file="yosan　6.md",
        right=("令和５年度の民生費は",),
        wrong=("民生費は1,204百万円", "kiroku.md :: 民生費について"),
    )
    found = example(pair, papers, random.Random(1))

    assert found is not None
    assert bodies(found["right"]) == ["- 令和5年度の民生費は1,180百万円でした。"]
    assert bodies(found["near"])[:2] == ["民生費は1,204百万円です。", "民生費について質問がありました。"]
    assert find("ここにない始まり", "yosan　6.md", papers) == []


def test_a_question_without_an_answer_has_wrong_statements_only(papers):
    found = example(
        Asked("pair-2", "令和4年度の民生費は？", "pair", "資料に記載がありません"), papers, random.Random(1)
    )

    assert found is not None
    assert (found["answerable"], found["right"], found["values"]) == (False, [], [])
    assert "民生費は1,204百万円です。" in bodies(found["near"] + found["far"])


def test_the_pool_of_a_collection_is_a_file_that_the_trainer_reads(papers, tmp_path, monkeypatch):
    monkeypatch.setattr(reader_pool, "open_set", lambda one, index, model, reader: papers.assistant)
    one = asked("令和6年度の民生費はいくらですか。", "民生費は1,204百万円です。", accept=("1204百万円",))
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    row = {"question": "町長は来ましたか", "answer": "いいえ", "file": "kiroku.md", "wrong": []}
    lines = [json.dumps({**row, "right": right}, ensure_ascii=False) for right in (["町長は"], ["ない始まり"], [])]
    (pairs / "mihono.jsonl").write_text("\n".join(lines), encoding="utf-8")
    again = replace(one.question, id="m-9", question="民生費の額は？")
    batches = [QuestionSet(f"mihono.{n}", tmp_path, (each,), ()) for n, each in enumerate((one.question, again), 1)]
    told = write_pool(batches, pairs, tmp_path, tmp_path)

    assert "5 asked: 3 with an answer, 1 without, 1 left out" in told
    pool = read_pool(tmp_path)
    assert [bool(each.right) for each in pool["mihono"]] == [True, True, True, False]
    spending, _, mayor, nothing = pool["mihono"]
    ((place,),) = spending.values
    assert spending.right[0][slice(*place)] == "1,204百万円"
    assert (mayor.values, nothing.values) == ((None,), ())


def test_a_pool_that_says_no_values_is_not_learned_from(tmp_path):
    row = {"collection": "mihono", "id": "m-1", "question": "歳入は？", "right": ["歳入: 2円"], "near": [], "far": []}
    write_rows(tmp_path / "mihono.jsonl", [row])

    with pytest.raises(ValueError, match="m-1 of mihono says no values"):
        read_pool(tmp_path)


def test_wrong_texts_that_answer_other_questions_are_known_and_none_of_them_holds_a_right_value(tmp_path):
    def row(question, right, value, near=(), far=()):
        at = right.index(value)
        values = [[[at, at + len(value)]] if value else []]
        return {"question": question, "right": [right], "values": values, "near": [*near], "far": [*far]}

    spending, schools = "予算\n民生費: 12円", "予算\n教育費: 8円"
    same, plan = "予算\n前年の民生費も12円", "計画\n学校は8校"
    rows = [
        row("民生費は？", spending, "12円", far=[schools, "川"]),
        row("教育費は？", schools, "8円", near=["予算\n余白"]),
        row("前年の民生費は？", same, "12円"),
        row("学校は増えますか？", plan, ""),
    ]
    write_rows(tmp_path / "mihono.jsonl", rows)
    asked = [example.asked for example in read_pool(tmp_path)["mihono"]]

    # under the same title, or among its own wrong ones; of a yes or no no other text is known not to answer
    assert asked == [(schools,), (spending, same), (schools,), ()]


def test_every_wording_of_a_question_is_learned_from_with_the_texts_of_the_first(papers):
    wordings = ("昨年度は福祉にいくら使ったの", "民生費 令和5年度")
    pair = Asked("pair-3", "令和5年度の民生費は？", "pair", "1,180百万円", file="yosan　6.md", right=("令和５年度の",))
    first, *others = examples(replace(pair, wordings=wordings), papers, random.Random(1))

    assert tuple(other["question"] for other in others) == wordings
    assert all({**other, "question": first["question"]} == first for other in others)
