"""What could be a value of a text, and which of them is taken where a reader tells how likely each is."""

import pytest

from answer.reading.values import MOST, likeliest_value, possible_values
from index.reader import Read


def said(text, places):
    return [text[start:stop] for start, stop in places]


def test_cells_figures_with_their_counter_and_runs_of_nouns_could_be_values():
    row = "令和6年度予算 / 歳出\n民生費 | 令和5年度: 1,150百万円 | 令和６年度: △１，２０４百万円"
    sentence = "令和6年度予算\nみほ野市の給食費は、3か所で12億3千万円（前年度より2.5%の増）である。"

    assert said(row, possible_values(row))[:3] == ["民生費", "1,150百万円", "△１，２０４百万円"]
    assert {"令和6年度予算", "歳出"}.isdisjoint(said(row, possible_values(row)))
    assert {"12億3千万円", "2.5%", "みほ野市", "給食費"} <= set(said(sentence, possible_values(sentence)))


def test_what_stands_on_both_sides_of_a_small_word_could_be_one_value_too():
    text = "開館日: 水曜日〜日曜日"
    told = "町\nこの薬は1週間から10日で効きます。"

    assert "水曜日〜日曜日" in said(text, possible_values(text))
    assert "1週間から10日" in said(told, possible_values(told))


def test_a_text_has_so_many_values_and_no_more():
    many = f"町\n{'、'.join(f'{n}人' for n in range(99))}"

    assert MOST < len(possible_values(many)) <= 2 * MOST


def read(text: str, odds: dict[str, float]) -> Read:
    return Read(text, 1.0, lambda start, stop: odds.get(text[start:stop], -5.0))


@pytest.mark.parametrize(
    ("odds", "value"),
    [
        ({"水曜日": 3.0, "日曜日": 1.0}, "水曜日"),
        ({"日曜日": 3.0, "水曜日〜日曜日": 1.5}, "水曜日〜日曜日"),
        ({"日曜日": 3.0, "水曜日〜日曜日": 0.5}, "日曜日"),
    ],
)
def test_of_the_likeliest_value_and_what_holds_it_the_longest_is_taken_that_is_hardly_less_likely(odds, value):
    assert likeliest_value(read("みほ野市\n木の館は水曜日〜日曜日に開きます。", odds)) == value


def test_where_no_value_was_read_there_is_none():
    assert likeliest_value(Read("みほ野市\n木の館は水曜日に開きます。", 1.0)) is None
