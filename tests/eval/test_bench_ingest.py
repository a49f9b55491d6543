"""What the measures of reading count, on small made-up papers."""

import random
from collections import Counter

from eval.bench_ingest import (
    cells_found,
    gold_cells,
    gram_recall,
    known_share,
    mutate,
    share_of_pairs,
    shown_pairs,
    spread_lines,
)


def test_text_is_compared_without_spaces_page_numbers_and_marks_of_paragraphs():
    assert gram_recall("町の予算は　増えた。", "１．町の 予算は\n- 12 -\n増えた。") == 1
    assert gram_recall("町の予算は増えた。", "町の予算は減った。") < 0.5


GOLD = """\
県名|陽性者数|入院（人）|
|||うち重症
青森|1,000|200|－
岩手|3,000|300|4
合計|4,000|500|4
"""
READ = [
    ("990", "青森", "陽性者数"),
    ("2980", "岩手", "陽性者数"),
    ("3970", "合計", "陽性者数"),
    ("200", "青森", "入院"),
    ("300", "岩手", "入院"),
    ("500", "合計", "入院"),
    ("4", "岩手", "入院うち重症"),
    ("4", "合計", "入院うち重症"),
]


def test_a_gold_table_gives_each_figure_with_its_headings():
    assert set(gold_cells(GOLD)) >= {("3000", "岩手", "陽性者数"), ("300", "岩手", "入院"), ("4", "岩手", "うち重症")}


def test_a_figure_is_right_if_a_day_may_lie_between_and_its_column_adds_up():
    gold = list(gold_cells(GOLD))
    assert cells_found(gold, READ) == (9, 0)
    swapped = [(value, {"青森": "岩手", "岩手": "青森"}.get(row, row), column) for value, row, column in READ]
    assert cells_found(gold, swapped)[0] < 9
    missing = [figure for figure in READ if figure[:2] != ("990", "青森")]
    assert cells_found(gold, missing)[0] == 6  # the column no longer adds up


def placed(text, step):
    return [(c, i * step, 0.0, i * step + 10, 10.0) for i, c in enumerate(text)]


def test_lines_set_with_a_space_between_all_characters_are_found_and_parted_at_wider_gaps():
    assert list(spread_lines(placed("町 議 会 だ よ り", 8))) == [["町議会だより"]]
    assert list(spread_lines(placed("町議会だより 1", 8))) == []
    wide = placed("第 一 表 歳", 8) + [(c, 200 + i * 8, 0.0, 210 + i * 8, 10.0) for i, c in enumerate(" 出 予")]
    assert list(spread_lines(wide)) == [["第一表歳", "出予"]]


def test_pairs_that_stand_side_by_side_must_be_read_one_after_the_other():
    pairs = shown_pairs([("町", 0, 0, 10, 10), ("役", 10, 0, 20, 10), ("場", 20, 0, 30, 10), ("水", 60, 0, 70, 10)])
    assert pairs == Counter(["町役", "役場"])
    assert share_of_pairs(pairs, "水町役場") == 1
    assert share_of_pairs(pairs, "町水役場") == 0.5


def test_words_of_two_and_more_are_known_and_jumbled_ones_are_not():
    assert known_share("予算と歳入") == 1
    assert known_share("予歳算入費総") < 0.7


def test_mutations_are_the_same_for_a_seed_and_change_the_file():
    data = bytes(range(256)) * 40
    first, second = ([mutate(data, chance) for _ in range(20)] for chance in (random.Random(1), random.Random(1)))
    assert first == second
    assert all(one and one != data for one in first)
