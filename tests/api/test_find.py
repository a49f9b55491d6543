"""Words in a document: found however the paper sets them, at the document's own offsets."""

import pytest

from api.find import find, words_of
from ingest.document import Cell, Document, Page, Table

TEXT = (
    "１　予\u3000算\n一般会計予\n算は１，２３４百万円、ＤＸ推進に48,210円。\n48,210\t47,655\n"
    "\f㈱みずほ　ﾃﾞｰﾀ整備　予算\n葛\U000e0100城　予算 予算\n"
)


@pytest.fixture
def paper() -> Document:
    second = TEXT.index("\f")
    pages = (Page(1, 0, second), Page(2, second, len(TEXT)))
    return Document("aa", "a.txt", "a.txt", "aa" * 32, "text", TEXT, pages, "physical")


def found(paper, query, most=100):
    return [(match.page, TEXT[match.start : match.end]) for match in find(paper, query, most).matches]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("予算", [(1, "予\u3000算"), (1, "予\n算"), (2, "予算"), (2, "予算"), (2, "予算")]),
        ("予算は", [(1, "予\n算は")]),
        ("1234", [(1, "１，２３４")]),
        ("１,２３４", [(1, "１，２３４")]),
        ("dx", [(1, "ＤＸ")]),
        ("データ", [(2, "ﾃﾞｰﾀ")]),
        ("株", [(2, "㈱")]),
        ("(株)みずほ", [(2, "㈱みずほ")]),
        ("葛城", [(2, "葛\U000e0100城")]),
        ("葛", [(2, "葛\U000e0100")]),
        ("48210", [(1, "48,210"), (1, "48,210")]),
        ("4821047655", []),
        ("1", [(1, "１"), (1, "１"), (1, "1"), (1, "1")]),
        ("算1", []),
        ("宇宙港", []),
    ],
)
def test_a_word_is_found_in_every_spelling_and_the_span_is_what_stands_there(paper, query, places):
    assert found(paper, query) == places


def test_several_words_are_lines_that_hold_all_of_them(paper):
    assert found(paper, "予算　みずほ") == [(2, "㈱みずほ　ﾃﾞｰﾀ整備　予算"[1:])]
    assert found(paper, "円 dx") == [(1, "円、ＤＸ")]
    assert found(paper, "みずほ 葛城") == []


def test_the_total_counts_what_the_list_leaves_out(paper):
    result = find(paper, "予算", 2)
    assert (result.total, len(result.matches)) == (5, 2)


def test_a_match_comes_with_its_line_and_a_long_one_with_its_surroundings(paper):
    assert find(paper, "dx", 1).matches[0].text == "算は1,234百万円、ＤＸ推進に48,210円。".replace(
        "1,234", "１，２３４"
    )
    long = "あ" * 500 + "目印" + "い" * 500
    document = Document("aa", "a.txt", "a.txt", "aa" * 32, "text", long, (Page(1, 0, len(long)),), "none")
    shown = find(document, "目印", 1).matches[0].text
    assert len(shown) < 170
    assert shown.startswith("…あ")
    assert shown.endswith("い…")
    assert "あ目印い" in shown


def test_the_commas_of_a_csv_file_part_two_figures():
    text = "812,640\n"
    cells = (Cell(0, 3, 0, 0), Cell(4, 7, 0, 1))
    table = Table(0, 7, 1, cells, 0, 0)
    document = Document("aa", "a.csv", "a.csv", "aa" * 32, "csv", text, (Page(1, 0, 8),), "none", tables=(table,))
    assert find(document, "812640", 10).total == 0
    assert find(document, "640", 10).total == 1


@pytest.mark.parametrize("query", ["", " ", "　", "\n", "\ufe0f"])
def test_nothing_is_no_word(query):
    assert words_of(query) == []


def test_signs_of_patterns_are_only_signs(paper):
    assert found(paper, ".*") == []
    assert found(paper, "(") == [(2, "㈱")]
