"""Tables of plain text, where a full-width character takes two places."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.reports.table import aligned


def test_texts_begin_and_figures_end_at_one_place():
    assert aligned(["種類", "問"], [["数値", "12"], ["list", "3"]]) == [
        "種類  問",
        "数値  12",
        "list   3",
    ]


def test_several_columns_of_text_come_first_and_nothing_follows_the_last():
    assert aligned(["規則", "", "n"], [["順", "order", "7"], ["全角", "x", ""]], texts=2) == [
        "規則         n",
        "順    order  7",
        "全角  x",
    ]


def test_a_table_without_rows_is_its_head():
    assert aligned(["種類", "質問"], []) == ["種類  質問"]


def test_a_row_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        aligned(["種類", "質問"], [["数値"]])


CELLS = st.text("あア漢aｱ1… ", min_size=1, max_size=6).map(lambda text: f"{text}|")


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5), st.integers(0, 3))
def test_every_line_ends_at_one_place_when_figures_come_last(rows, texts):
    def width(line):
        return sum(1 + (unicodedata.east_asian_width(character) in "WFA") for character in line)

    lines = aligned(rows[0], rows[1:], texts=min(texts, 2))
    assert len({width(line) for line in lines}) == 1
    assert all(cell in line for row, line in zip(rows, lines, strict=True) for cell in row)
