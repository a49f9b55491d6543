"""Characters that look alike, signs that stand for several, and the marks of notes in figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.japanese import fold, fold_with_offsets
from ingest.numbers import find_quantities
from ingest.writing import RADICALS, SQUARES, read_form, same_width, without_notes

TROUBLE = st.text(
    alphabet=st.sampled_from(
        list("市⺠⻑⼤かカはハテ゛゜ﾞ\u3099 \n12,件人m²³¹⁽⁾×0※*注(（）)㋿㌧㎡〇○一二千年度龍ケヶが谷霞関ー－-デタ①㍻")
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("市⺠課と⻑寿会、⻄部⼤会", "市民課と長寿会、西部大会"),
        ("テ゛シ゛タル", "デジタル"),
        ("フ゜ ロク ゛ラム", "プ ログラム"),
        ("オーフ\n゜ン", "オープン"),
        ("ﾊﾟｿｺﾝとハ ゚ス", "パソコンとパス"),
        ("デ－タとサ一ビス", "データとサービス"),
        ("ア－イ、ビル－カー", "ア-イ、ビル-カー"),
        ("06ー12ー34", "06-12-34"),
        ("二○二四年度の○○市", "二〇二四年度の○○市"),
    ],
)
def test_what_only_looks_another_is_the_same(raw, folded):
    assert fold(raw) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("龍ヶ崎", "竜ケ崎"),
        ("梅が枝町", "梅ケ枝町"),  # whose dictionary form is written with が again
        ("鎌が谷", "鎌ヶ谷"),
        ("霞が関", "霞ケ関"),
        ("3ヶ月", "3か月"),
        ("十二箇所", "十二ヵ所"),
        ("何カ国", "何か国"),
        ("澤田廣子", "沢田広子"),
        ("函舘", "函館"),
        ("四條", "四条"),
        ("會津學校", "会津学校"),
    ],
)
def test_a_name_in_its_writings_is_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize("text", ["人口が増加", "課題が山積", "市が本庁舎を", "個人と箇条書き", "ケース", "阪と坂"])
def test_a_particle_and_other_words_stay(text):
    assert fold(text) == text


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("1,234²件", "1,234件"),
        ("24⁽³⁾回", "24回"),
        ("87※3件", "87件"),
        ("36＊1件", "36件"),
        ("1,234（注2）件", "1,234件"),
        ("87注）件", "87件"),
        ("15,420人※2。", "15,420人。"),
        ("87†件", "87件"),
        ("20m²", "20m²"),
        ("20m²³", "20m²"),
        ("5*3", "5*3"),
        ("5×10⁶", "5×10⁶"),
        ("87件※3月末現在", "87件※3月末現在"),
        ("※2 電話を含む", "※2 電話を含む"),
        ("受注3、発注2", "受注3、発注2"),
        ("①②", "①②"),
    ],
)
def test_the_mark_of_a_note_is_no_part_of_a_figure(printed, read):
    assert read_form(printed)[0] == read
    assert same_width(without_notes(printed)) == read


def test_signs_are_unfolded_and_places_hold():
    plain, offsets = read_form("㋿5年度は12㌧")
    assert plain == "令和5年度は12トン"
    assert offsets == [0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 8]
    assert read_form("令和5年度は12トン")[1] is None


def test_every_radical_and_every_sign_becomes_other_characters():
    assert all(len(plain) == 1 and plain not in RADICALS for plain in RADICALS.values())
    assert all(plain and plain not in SQUARES for plain in SQUARES.values())


@given(TROUBLE)
def test_fold_is_the_same_with_offsets_and_offsets_rise(text):
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)


@given(TROUBLE)
def test_what_is_read_keeps_its_places(text):
    plain, offsets = read_form(text)
    assert offsets is None or (len(offsets) == len(plain) + 1 and offsets == sorted(offsets))
    for quantity in find_quantities(text):
        assert text[slice(*quantity.at)] == quantity.text


@given(st.integers(0, 9_999_999), st.sampled_from("件人円戸台"), st.integers(1, 99), st.booleans())
def test_a_raised_mark_never_changes_a_figure(number, unit, note, behind):
    raised = str(note).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    text = f"数は{number:,}{unit}{raised}です" if behind else f"数は{number:,}{raised}{unit}です"
    (quantity,) = find_quantities(text)
    assert (quantity.value, quantity.unit) == (number, unit)
    assert fold(text) == fold(f"数は{number:,}{unit}です")
