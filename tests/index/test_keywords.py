"""Words and compounds find their entries, and what was never written finds nothing."""

import math

import pytest

from index.keywords import Bm25Keywords, analyzer, chunk_words, fact_words
from ingest.document import Chunk, Fact
from ingest.japanese import words

TEXTS = {
    "tax": "市民税の税率は6％です。",
    "bank": "空き家バンクの登録件数は57件です。",
    "people": "令和6年1月末現在の人口は48,210人です。",
    "bus": "乗合タクシーの利用者は前日までに予約します。",
}


def index_of(texts: dict[str, str]) -> Bm25Keywords:
    return Bm25Keywords.build(list(texts), [words(text) for text in texts.values()])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("税はいくら", "tax"),  # a word of one character
        ("空き家バンク", "bank"),
        ("R6の人口", "people"),  # the year in another form
        ("４８２１０人", "people"),  # full width, without its comma
        ("予約はいつまで", "bus"),
    ],
)
def test_a_question_finds_its_entry_first(question, expected):
    assert index_of(TEXTS).search([question], 3)[0][0][0] == expected


def test_scores_are_those_of_the_bm25_formula():
    index = Bm25Keywords.build(["a", "b", "c"], [["税", "率"], ["税", "税", "金"], ["人口"]])
    found = dict(index._best(["税"], 3))
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    mean = (2 + 3 + 1) / 3
    for key, times, length in (("a", 1, 2), ("b", 2, 3)):
        expected = idf * times / (times + 0.9 * (1 - 0.5 + 0.5 * length / mean))
        assert found[key] == pytest.approx(expected, rel=1e-5)
    assert "c" not in found


def test_a_saved_index_answers_as_before_without_a_pickle(tmp_path):
    index = index_of(TEXTS)
    index.save(tmp_path / "words")
    loaded = Bm25Keywords.load(tmp_path / "words", list(TEXTS))
    questions = ["登録件数", "税率と人口", "未知語のみ"]
    assert loaded.search(questions, 10) == index.search(questions, 10)
    assert {path.suffix for path in (tmp_path / "words").iterdir()} == {".json", ".npy"}


def test_unknown_words_an_empty_question_and_a_large_k_are_harmless():
    index = index_of(TEXTS)
    assert index.search(["𓀀𓀁", "", "。。。"], 5) == [[], [], []]
    assert len(index.search(["人口 税 予約 登録"], 1000)[0]) == 4
    assert index.search(["人口"], 0) == [[]]


@pytest.mark.parametrize("texts", [{}, {"a": ""}, {"a": "。。", "b": ""}])
def test_an_index_without_a_word_is_saved_and_finds_nothing(texts, tmp_path):
    index_of(texts).save(tmp_path / "words")
    assert Bm25Keywords.load(tmp_path / "words", list(texts)).search(["人口"], 5) == [[]]


def test_equal_scores_come_in_index_order():
    texts = dict.fromkeys("dcba", "人口は増えた。")
    assert [key for key, _ in index_of(texts).search(["人口"], 3)[0]] == ["d", "c", "b"]


def test_an_index_for_another_number_of_entries_is_refused(tmp_path):
    index_of(TEXTS).save(tmp_path / "words")
    with pytest.raises(ValueError, match="1 != 4"):
        Bm25Keywords.load(tmp_path / "words", ["tax"])


def test_a_chunk_is_found_by_the_headings_it_stands_under():
    chunk = Chunk("d:0-5", "d", 1, 0, 5, "57件です。", ("２　空き家バンク",), "行政報告資料")
    found = chunk_words(chunk)
    assert {"空き家バンク", "行政", "報告", "件"} <= set(found)


def test_a_fact_is_found_by_what_it_measures_and_where_it_stands():
    fact = Fact(
        "d:f0",
        "d",
        "cell",
        "登録件数",
        "57",
        57.0,
        "件",
        "2023-11-30",
        "text",
        "空き家バンク",
        1,
        0,
        5,
        0,
        2,
        ("２　住まい",),
    )
    assert {"登録", "登録件数", "空き家バンク", "件", "住まい", "行政"} <= set(fact_words(fact, "行政報告資料"))


def test_the_name_of_the_analyzer_changes_with_what_it_does(monkeypatch):
    before = analyzer()
    analyzer.cache_clear()
    monkeypatch.setattr("index.keywords.words", lambda text: list(text))
    assert analyzer() != before
    analyzer.cache_clear()
