"""The bench over our own papers counts where right statements come, by each scorer, and goes on where it was ended."""

import json

import numpy as np
import pytest

from eval import bench_pool
from eval.bench_pool import drawn, figures, joined, score, table, ways
from index.embedder import SentenceEmbedder
from index.reader import Read

# The right statement is second of the scene, and the question without an answer has one statement.
ROWS = [
    {
        "id": "m-1",
        "collection": "mihono",
        "kind": "number",
        "answerable": True,
        "question": "歳入は？",
        "right": ["歳入: 2円"],
        "values": [[[4, 6]]],
        "near": ["歳出: 3円"],
        "far": [],
        "scene": [["歳出: 3円", 0.9], ["歳入: 2円", 0.7], ["人口: 9人", 0.1]],
    },
    {
        "id": "m-2",
        "collection": "mihono",
        "kind": "unanswerable",
        "answerable": False,
        "question": "面積は？",
        "right": [],
        "values": [],
        "near": ["人口: 9人"],
        "far": [],
        "scene": [["人口: 9人", 0.8]],
    },
]
ODDS = {"歳出: 3円": 0.4, "歳入: 2円": 2.2, "人口: 9人": -1.4}
VALUES = {"3円": 0.1, "2円": 0.6, "9人": 5.0}  # the last is of a statement of which nothing is known


def by_reader(question, texts):
    return [Read(text, ODDS[text], lambda a, b, text=text: VALUES.get(text[a:b], -1.0)) for text in texts]


def by_cosine(question, texts):
    return np.array([0.5 for _ in texts], np.float32)


@pytest.fixture
def questions():
    return [joined(row, one) for row, one in zip(ROWS, score(ROWS, by_reader, by_cosine), strict=True)]


def test_each_scorer_has_its_own_order(questions):
    assert figures(questions, ways()["scene"]) == (0.0, 1.0, 1.0)
    assert figures(questions, ways()["reader"]) == (1.0, 1.0, 1.0)
    assert figures(questions, ways()["cosine"]) == (0.0, 1.0, 0.5)  # what is as high as the right one is before it
    assert figures(questions, ways()["reader + 8 scene"])[0] == 1.0


def test_a_question_whose_right_statement_is_not_in_the_scene_counts_as_missed(questions):
    unseen = joined(
        {**ROWS[0], "right": ["歳入は2円である。"]}, {"cosine": [0.1, 0.2, 0.3], "reader": [1, 2, 3], "value": None}
    )

    assert figures([*questions, unseen], ways()["reader"])[:2] == (0.5, 0.5)


def test_the_likeliest_value_is_looked_for_where_a_right_one_is_known(questions):
    assert [one.value for one in questions] == [True, None]

    VALUES["3円"] = 0.7
    try:
        missed, none = score(ROWS, by_reader, by_cosine)
    finally:
        VALUES["3円"] = 0.1
    assert (missed["value"], none["value"]) == (False, None)
    assert table(questions)[-1].endswith("the likeliest value is right: 1 of 1")


def test_the_same_questions_are_drawn_each_time():
    rows = [{"id": n} for n in range(100)]

    assert drawn(rows, 10) == drawn(rows, 10)
    assert len(drawn(rows, 10)) == 10
    assert drawn(rows, 1000) == rows


def test_what_has_been_scored_is_not_scored_again(tmp_path, monkeypatch, capsys):
    pool, scores = tmp_path / "pool", tmp_path / "scores"
    pool.mkdir()
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    (pool / "mihono.jsonl").write_text("\n".join(lines), encoding="utf-8")
    asked = []

    class Reader:
        def __init__(self, weights, embedder):
            pass

        def read(self, question, texts):
            asked.append(question)
            return by_reader(question, texts)

    monkeypatch.setattr(bench_pool, "Reader", Reader)
    monkeypatch.setattr(bench_pool, "open_embedder", lambda: SentenceEmbedder.__new__(SentenceEmbedder))
    monkeypatch.setattr(bench_pool, "cosines", lambda embedder: by_cosine)
    for _ in range(2):
        assert bench_pool.main([str(pool), "--scores", str(scores), "--fold", "weights", "mihono"]) == 0

    assert asked == ["歳入は？", "面積は？"]
    assert "1 with an answer, 1 without; among those seen at all 1.000" in capsys.readouterr().out
