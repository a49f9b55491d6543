"""Figures in kanji: what they are worth, and when kanji are a figure at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.japanese import words
from ingest.kanji_figures import in_digits, kanji_value
from ingest.numbers import find_quantities, with_digits

_DIGITS = "〇一二三四五六七八九"


def counted(number: int) -> str:
    """Return a number from 1 to 9999兆 as a bill writes it. 例: 352000000 → 三億五千二百万"""
    written = ""
    for large, size in (("兆", 10**12), ("億", 10**8), ("万", 10**4), ("", 1)):
        part, number = divmod(number, size)
        piece = ""
        for small, worth in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
            digit, part = divmod(part, worth)
            piece += (("" if digit == 1 and small else _DIGITS[digit]) + small) if digit else ""
        written += piece + large if piece else ""
    return written


@given(st.integers(1, 10**16 - 1))
def test_what_is_counted_out_in_kanji_is_read_back(number):
    assert kanji_value(counted(number)) == number


@given(st.integers(1, 10**9))
def test_what_is_written_by_place_is_read_back(number):
    by_place = "".join(_DIGITS[int(c)] for c in str(number))
    assert kanji_value(by_place) == number
    assert in_digits(by_place) == str(number)


@given(st.integers(11, 10**12), st.sampled_from(["円", "人", "件"]))
def test_a_figure_of_kanji_is_the_quantity_that_its_digits_are(number, unit):
    found = find_quantities(f"合計は{counted(number)}{unit}とする。")
    same = find_quantities(f"合計は{in_digits(counted(number))}{unit}とする。")
    assert [q.value for q in found] == [q.value for q in same]


@pytest.mark.parametrize(
    ("kanji", "digits"),
    [
        ("三億五千二百万", "3億5,200万"),
        ("百二十三万四千五百六十七", "123万4,567"),
        ("一二億三四〇〇万", "12億3,400万"),
        ("一、二三四", "1,234"),
        ("一二・五", "12.5"),
        ("三・五億", "3.5億"),
        ("壱百弐拾万", "120万"),
        ("十十", None),
        ("万", None),
        ("", None),
    ],
)
def test_kanji_are_written_in_digits_as_papers_print_them(kanji, digits):
    assert in_digits(kanji) == digits


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("限度額は三億五千二百万円とする", 352_000_000, "円"),
        ("来場者は約一万二千余人", 12_000, "人"),
        ("3億五千万円", 350_000_000, "円"),
        ("利率は年五・〇パーセント", 5, "パーセント"),
        ("住民の二割五分", 25, "割"),
        ("八十八箇所の霊場", 88, "箇所"),
        ("五百万円減額する", 5_000_000, "万円"),
        ("限度額は百万円とする", 1_000_000, "万円"),
        ("三校の統合", 3, "校"),
        ("税額の百分の五", 0.05, None),
    ],
)
def test_a_figure_of_kanji_with_its_counter_is_a_quantity(text, value, unit):
    (quantity,) = find_quantities(text)
    assert quantity.value == pytest.approx(value)
    assert quantity.unit == unit
    assert quantity.text in text


@pytest.mark.parametrize(
    "text",
    [
        "三重県と千葉市と四国",
        "一般会計と一部の事業",
        "一人ひとりに十分な説明を",
        "八戸市と三戸町と二十日町",
        "市内一円と県下一円で",
        "六本木と五所川原",
        "二世帯住宅と一戸建て住宅",
        "三者協議",
        "一年を通じて一日も早く",
        "万一の事態と一億総活躍",
        "二三人が集まる",
        "第三回と第三号と四月一日と午後三時",
        "予算額（千円）と単位：百万円",
        "その一つ",
    ],
)
def test_words_and_names_of_kanji_are_no_quantities(text):
    assert find_quantities(text) == []


def test_a_text_is_shown_with_its_figures_in_digits():
    assert with_digits("三重県の一般会計は三億五千二百万円") == "三重県の一般会計は3億5,200万円"


@pytest.mark.parametrize(
    ("kanji", "digits"),
    [("令和六年度補正予算（第三号）", "令和6年度補正予算（第3号）"), ("二〇二四年に十五件", "2024年に15件")],
)
def test_figures_of_kanji_are_indexed_as_those_of_digits(kanji, digits):
    assert words(kanji) == words(digits)
