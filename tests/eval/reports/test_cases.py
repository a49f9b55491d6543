"""A wrong answer beside the right one, each with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.reports import cases
from eval.reports.cases import Album, around, where
from eval.reports.names import note_name
from tests.eval.reports.runs import FakePages, change, comparison, record


def shown(one, pages=None, compared=None):
    [case] = cases.cases([one], compared, Album(pages or FakePages()))
    return case


def test_both_sides_show_their_page_with_the_quote_boxed():
    case = shown(record())
    [gold], [cited] = case.gold, case.cited
    assert (gold.where, cited.where) == ("hoshi.pdf　3ページ", "hoshi.pdf　2ページ（印刷 1）")
    assert (gold.picture.id, cited.picture.id) == ("hoshi-3", "hoshi-2")
    assert gold.own == ((50.0, 300.0, 150.0, 312.0),)
    assert cited.own == ((60.0, 100.0, 160.0, 112.0),), "a citation brings its own boxes"
    assert (gold.others, cited.others) == ((), ())


def test_places_of_one_page_see_each_other():
    same = record(expected={"evidence": [{"file": "hoshi.pdf", "page": 2, "lines": None, "quote": "11,000人"}]})
    [gold], [cited] = shown(same).gold, shown(same).cited
    assert (gold.others, cited.others) == (cited.own, gold.own)


def test_lines_of_a_text_file_stand_among_their_neighbours():
    case = shown(record(expected={"evidence": [{"file": "hoshi.txt", "lines": [2, 3], "page": None, "quote": None}]}))
    [gold] = case.gold
    assert gold.where == "hoshi.txt　2～3行"
    assert [(line.number, line.marked) for line in gold.lines] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
        (5, False),
        (6, False),
    ]


def test_a_place_without_page_or_lines_is_its_name_and_quote():
    citation = {"file": "a.xlsx", "page": None, "lines": None, "quote": "歳入 812", "place": "シート「歳入」 B5"}
    [cited] = shown(record(citations=[citation])).cited
    assert (cited.where, cited.quote, cited.picture, cited.lines) == ("a.xlsx　シート「歳入」 B5", "歳入 812", None, ())


def test_a_crash_and_a_silence_have_no_places():
    crashed = record(verdict={"answered": False, "error": "Traceback"})
    for key in ("answer", "citations", "first_relevant"):
        del crashed[key]
    case = shown(crashed)
    assert (case.given, case.cited, case.confidence) == ("（答えなし）", (), None)
    trap = shown(record(expected={"answerable": False, "evidence": [], "answer": "なし"}))
    assert (trap.expected, trap.gold) == ("資料に記載がありません", ())


def test_the_answer_of_the_baseline_is_told_where_it_was_better():
    assert shown(record(), compared=comparison()).before == "12,345人"
    assert shown(record(), compared=comparison(changes=(change(what="changed"),))).before is None


def test_a_long_list_of_places_is_cut_and_counted():
    case = shown(record(citations=record()["citations"] * 5))
    assert (len(case.cited), case.more_cited) == (3, 2)


def test_pictures_are_kept_once_and_only_as_many_as_a_mail_takes():
    album = Album(FakePages(bytes_a_page=1_500_000))
    records = [
        record(f"h{n}", expected={"evidence": [{"file": "hoshi.pdf", "page": n, "lines": None, "quote": "x"}]})
        for n in (2, 2, 3, 4)
    ]
    drawn = cases.cases(records, None, album)
    assert list(album.pictures) == ["hoshi-2", "hoshi-3"]
    assert album.left_out == {"hoshi-4"}
    assert drawn[3].gold[0].picture is None
    assert drawn[3].gold[0].quote == "x"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"file": "a.pdf", "page": 4, "page_label": "4"}, "a.pdf　4ページ"),
        ({"file": "a.txt", "page": 4, "page_guessed": True, "lines": [7, 7]}, "a.txt　4ページ（推定）　7行"),
        ({"file": "a.md"}, "a.md"),
    ],
)
def test_a_place_in_words(place, words):
    assert where(place) == words


def test_without_a_box_the_whole_page_is_shown():
    assert around([], 400, 600) is None


sizes = st.floats(50, 2000)
parts = st.floats(0, 1)


@given(sizes, sizes, st.lists(st.tuples(parts, parts, parts, parts), min_size=1, max_size=4))
def test_the_part_shown_lies_on_the_page_and_holds_every_box(width, height, corners):
    boxes = [(min(a, c) * width, min(b, d) * height, max(a, c) * width, max(b, d) * height) for a, b, c, d in corners]
    x, y, w, h = around(boxes, width, height)
    assert x >= 0
    assert y >= 0
    assert x + w <= width + 1e-6
    assert y + h <= height + 1e-6
    for x0, y0, x1, y1 in boxes:
        assert x - 1e-6 <= x0 <= x1 <= x + w + 1e-6
        assert y - 1e-6 <= y0 <= y1 <= y + h + 1e-6


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("two,typo", "二つのことを聞く、打ち間違い"),
        ("nearmiss-year 令和6年だけある", "近いことだけが書かれている（別の年） 令和6年だけある"),
        ("派生：two-way は語", "派生：two-way は語"),
        ("", ""),
    ],
)
def test_a_note_is_shown_in_japanese(note, shown):
    assert note_name(note) == shown
