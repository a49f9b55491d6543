"""Example questions: only those that a person could have asked."""

import dataclasses
from types import SimpleNamespace

import pytest

from api import examples
from api.examples import question_of
from tests.api.conftest import fact_of


@pytest.fixture
def fact(text_document):
    return fact_of(text_document, "待機児童数", "3人", 3, "人")


@pytest.mark.parametrize(
    ("changes", "question"),
    [
        ({}, "待機児童数は何人ですか。"),
        ({"as_of": "2023-04-01", "as_of_from": "text"}, "令和5年4月1日現在の待機児童数は何人ですか。"),
        ({"as_of": "FY2022", "as_of_from": "column"}, "令和4年度の待機児童数は何人ですか。"),
        ({"as_of": "2023", "as_of_from": "document"}, "待機児童数は何人ですか。"),
        ({"label": "漁港の水揚げ額", "unit": "百万円"}, "漁港の水揚げ額はいくらですか。"),
        ({"label": "耐震化率", "unit": "％", "scope": "1 公共施設"}, "公共施設の耐震化率は何％ですか。"),
        (
            {"label": "予算額", "unit": "千円", "scope": "(6) 橋りょうの補修【拡充】"},
            "橋りょうの補修の予算額はいくらですか。",
        ),
        (
            {"label": "会 場", "number": None, "unit": None, "scope": "■ 総合防災訓練"},
            "総合防災訓練の会場はどこですか。",
        ),
        (
            {"label": "開催日", "number": None, "unit": None, "scope": "町民文化祭（秋）"},
            "町民文化祭の開催日はいつですか。",
        ),
    ],
)
def test_a_fact_becomes_the_question_it_answers(fact, changes, question):
    assert question_of(dataclasses.replace(fact, **changes)) == question


@pytest.mark.parametrize(
    "changes",
    [
        {"number": None},
        {"unit": None},
        {"unit": "つ"},
        {"label": "うち国庫負担額", "unit": "円"},
        {"label": "(1) 待機児童数"},
        {"label": "待機児童数 3歳児"},
        {"label": "R5.4.1児童数"},
        {"label": "参加者の待機"},
        {"label": "これからの"},
        {"label": "合計"},
        {"label": "計児童数"},
        {"label": "予算額", "unit": "千円", "scope": None},
        {"label": "予算額", "unit": "千円", "scope": "(2) 土木関係"},
        {"label": "予算額", "unit": "千円", "scope": "～はじめに～"},
        {"label": "会場", "number": None, "scope": None},
        {"label": "資料", "number": None, "scope": "総合防災訓練"},
    ],
)
def test_what_would_read_oddly_is_no_example(fact, changes):
    assert question_of(dataclasses.replace(fact, **changes)) is None


def test_examples_are_spread_over_papers_and_kinds_of_question(monkeypatch):
    def pair(question, paper, value):
        return question, SimpleNamespace(label=question, document_id=paper, value=value)

    found = [
        pair("橋の費用はいくらですか。", "a", "1"),
        pair("道の費用はいくらですか。", "a", "2"),
        pair("港の費用はいくらですか。", "b", "3"),
        pair("祭りの期間はいつですか。", "a", "4"),
        pair("池の面積は何haですか。", "c", "5"),
        pair("森の面積は何haですか。", "c", "6"),
    ]
    monkeypatch.setattr(examples, "candidates", lambda snapshot: iter(found))
    value_of = {question: fact.value for question, fact in found}
    asked = examples.example_questions(lambda q: SimpleNamespace(status="answered", answer=value_of[q]), None, 4)
    assert [found.index(next(p for p in found if p[0] == q)) for q in asked] == [0, 4, 2, 3]
