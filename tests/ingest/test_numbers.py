"""Quantities: a figure with its unit and value, and the digits that are no quantity."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.numbers import UNITS, Quantity, base_unit, find_quantities, is_unit, unit_scale
from ingest.writing import same_width

READ = [
    ("約2億1,400万円", "2億1,400万円", 214_000_000, "円"),
    ("72,250千円", "72,250千円", 72_250_000, "円"),
    ("７２，２５０千円", "７２，２５０千円", 72_250_000, "円"),
    ("14百万円", "14百万円", 14_000_000, "円"),
    ("1兆2,345億円", "1兆2,345億円", 1_234_500_000_000, "円"),
    ("3億5千万円", "3億5千万円", 350_000_000, "円"),
    ("月額1.5万円", "1.5万円", 15_000, "円"),
    ("¥1,000", "¥1,000", 1000, "円"),
    ("▲1,624人", "▲1,624人", -1624, "人"),
    ("△ 3.5%", "△ 3.5%", -3.5, "%"),
    ("前年比－12件", "－12件", -12, "件"),
    ("＋3.5ポイント", "＋3.5ポイント", 3.5, "ポイント"),
    ("延べ158件", "158件", 158, "件"),
    ("毎年100人程度", "100人", 100, "人"),
    ("各25名", "25名", 25, "人"),
    ("６４８企業・団体", "６４８企業・団体", 648, "企業・団体"),
    ("14.5％増", "14.5％", 14.5, "%"),
    ("9割", "9割", 90, "%"),
    ("9割5分", "9割5分", 95, "%"),
    ("補助率は1/2", "1/2", 0.5, None),
    ("4分の1", "4分の1", 0.25, None),
    ("全国第3位", "3位", 3, "位"),
    ("1.7倍", "1.7倍", 1.7, "倍"),
    ("日量1,000㎥", "1,000㎥", 1000, "m3"),
    ("約8.7km²の", "8.7km²", 8.7, "km2"),
    ("1.2万TEU", "1.2万TEU", 12_000, "TEU"),
    ("週12便", "12便", 12, "便"),
    ("6か月間", "6か月間", 6, "か月"),
    ("5ヵ所", "5ヵ所", 5, "か所"),
    ("25 件", "25 件", 25, "件"),
    ("649手続", "649手続", 649, "手続"),
    ("計1,000面以上", "1,000面", 1000, "面"),
    ("62,770 件以上", "62,770 件", 62_770, "件"),
    ("527, 923千円", "527, 923千円", 527_923_000, "円"),
    ("10 t", "10 t", 10, "t"),
]
NOTHING = """昨年
〒100-0001
電話 03-1234-5678
(03)1234-5678
第1回
第2期計画
(1) 趣旨
①概要
1. 目的
２　概要
令和6年1月31日
12月21日
4/10(水)
1/27～2/10
4年度
10/2
15時10分～15時30分
13:30
119番
国道3号
5類
RE100
エキスポ2025
5G
https://example.jp/2024/15
1人当たり
3年目
5年生
資料1-2
- 12 -""".splitlines()


@pytest.mark.parametrize(("text", "quote", "value", "base"), READ)
def test_a_figure_is_read_with_its_unit_and_value(text, quote, value, base):
    (quantity,) = find_quantities(text)
    assert (quantity.text, quantity.base_unit) == (quote, base)
    assert quantity.value == pytest.approx(value)


@pytest.mark.parametrize("text", NOTHING)
def test_enumerators_dates_and_addresses_are_no_quantities(text):
    assert find_quantities(text) == []


def test_the_ends_of_a_range_are_two_quantities_of_one_unit():
    assert [(q.value, q.base_unit) for q in find_quantities("11～15社")] == [(11, "社"), (15, "社")]
    assert [(q.value, q.base_unit) for q in find_quantities("１～２万人")] == [(10_000, "人"), (20_000, "人")]


def test_a_word_after_a_space_names_the_next_figure():
    """In 人口 1,200 世帯 500 the word 世帯 belongs to what follows."""
    assert [(q.value, q.unit) for q in find_quantities("人口 1,200 世帯 500")] == [(1200, None), (500, None)]


def test_bold_type_between_figure_and_unit_does_not_separate_them():
    (quantity,) = find_quantities("参加者: **238**名")
    assert (quantity.text, quantity.unit) == ("238", "名")


def test_a_figure_in_brackets_after_a_name_is_no_enumerator():
    """東部(79)、西部(26) gives figures, (1) 趣旨 gives none."""
    assert [q.value for q in find_quantities("東部(79)、西部(126)")] == [79, 126]


def test_a_figure_glued_to_its_name_counts_inside_a_list():
    assert [q.value for q in find_quantities("製造業 43、市町村26、大学10 等")] == [43, 26, 10]


def test_an_amount_of_several_parts_is_counted_in_the_last_unit():
    assert [q.unit for q in find_quantities("2億1,400万円と1,400万円")] == ["円", "万円"]


def test_a_list_comma_ends_the_unit():
    assert [q.text for q in find_quantities("学生16名、社会人17名、19団体・台湾の8社")] == [
        "16名",
        "17名",
        "19団体",
        "8社",
    ]


def test_counters_that_follow_each_other_stay_apart():
    assert [q.text for q in find_quantities("13市19町村、17企業から23名")] == ["13市", "19町村", "17企業", "23名"]


def test_the_cells_of_a_row_are_read_one_by_one():
    assert [q.value for q in find_quantities("12\t▲ 1,681\t-\t0\t1.5")] == [12, -1681, 0, 1.5]


def same_value(a: Quantity, b: Quantity) -> bool:
    """Say whether two quantities are one amount: 72,250千円 and 7,225万円, 238名 and 238人; no unit fits any."""
    units_agree = a.base_unit is None or b.base_unit is None or a.base_unit == b.base_unit
    return units_agree and math.isclose(a.value, b.value, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("72,250千円", "7,225万円", True),
        ("0.5億円", "50百万円", True),
        ("238名", "238人", True),
        ("9割", "90%", True),
        ("12か所", "１２箇所", True),
        ("158", "158件", True),
        ("158件", "158人", False),
        ("1,624人", "▲1,624人", False),
    ],
)
def test_amounts_are_compared_in_their_base_unit(a, b, same):
    assert same_value(find_quantities(a)[0], find_quantities(b)[0]) is same


def test_units_are_known_by_themselves():
    assert {"円", "人", "件", "%", "TEU"} <= UNITS
    assert (base_unit("千円"), unit_scale("百万円"), base_unit("名"), unit_scale(None)) == ("円", 1e6, "人", 1.0)
    assert is_unit("百万円")
    assert is_unit("万人")
    assert is_unit("㎥")
    assert is_unit("％")
    assert not is_unit("人口")
    assert not is_unit("計")
    assert not is_unit("")


FRAGMENTS = st.sampled_from(
    [
        "1",
        "２",
        "12",
        ",345",
        "．5",
        "万",
        "千",
        "億",
        "円",
        "人",
        "%",
        "▲",
        " ",
        "～",
        "/",
        "分の",
        "年",
        "月",
        "(",
        ")",
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=2), max_size=14).map("".join))
def test_spans_are_in_order_verbatim_and_width_does_not_matter(text):
    quantities = find_quantities(text)
    ends = [0] + [q.at[1] for q in quantities]
    assert all(end <= q.at[0] for end, q in zip(ends, quantities, strict=False))
    assert all(text[slice(*q.at)] == q.text for q in quantities)
    folded = find_quantities(same_width(text))
    assert [(q.value, q.base_unit, q.at) for q in folded] == [(q.value, q.base_unit, q.at) for q in quantities]


def test_one_in_three_people_is_a_share_and_not_two_counts():
    (share,) = find_quantities("職員の3人に1人が受けた")
    assert (share.text, share.base_unit, round(share.value, 1)) == ("3人に1人", "%", 33.3)
