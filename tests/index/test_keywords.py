"""The words by which passages and figures are found."""

from index.keywords import analyzer, chunk_words, fact_words
from ingest.document import Chunk, Fact


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
