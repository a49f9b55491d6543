"""Bytes become text, and text shows its pages; what cannot be known is not made up."""

from itertools import pairwise

import pytest
from hypothesis import given

from ingest.text import NotTextError, decode, printed_labels, split_pages
from tests.ingest.documents import awkward_texts

SAMPLE = "令和６年度 みどり町の髙橋氏、①～③、ﾃﾞｰﾀ\n二行目\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"])
def test_each_encoding_that_offices_use_is_read(encoding):
    assert decode(SAMPLE.encode(encoding)) == SAMPLE


def test_supplementary_characters_survive():
    for encoding in ("utf-8", "utf-16"):
        assert decode("𠮷田村".encode(encoding)) == "𠮷田村"


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 8,
        b"\x89PNG\r\n\x1a\n" + b"\0\x01\x02\x03" * 200,
        b"PK\x03\x04\x14\0\x06\0" + b"\x8f\xff\0\xfe" * 99,
    ],
)
def test_bytes_that_are_no_text_are_refused(data):
    with pytest.raises(NotTextError):
        decode(data)


def test_line_ends_of_every_kind_count_the_same_lines():
    assert decode("一\r\n二\r三\n四".encode()) == "一\n二\n三\n四"


def test_form_feeds_are_page_breaks_and_the_last_one_opens_no_page():
    text = "表紙\n\f1頁目\n本文\n\f"
    pages, paging = split_pages(text)
    assert paging == "physical"
    assert [text[p.start : p.end] for p in pages] == ["表紙\n\f", "1頁目\n本文\n\f"]


def test_text_without_page_marks_is_one_page():
    pages, paging = split_pages("みどり町の計画\n\n本文\n\n12\n")
    assert (paging, len(pages), pages[0].number) == ("none", 1, 1)


@given(awkward_texts())
def test_pages_cover_the_text_without_gap_or_overlap(raw):
    text = decode(raw.encode().replace(b"\0", b""))
    pages, _ = split_pages(text)
    assert pages[0].start == 0
    assert pages[-1].end == len(text)
    assert all(a.end == b.start for a, b in pairwise(pages))


@pytest.mark.parametrize(
    ("feet", "labels"),
    [
        (["- 1 -", "- 2 -", "- 3 -"], ["1", "2", "3"]),
        (["本文", "1", "2"], [None, "1", "2"]),  # the cover has no number
        (["12", "250", "7"], [None, None, None]),  # figures that do not count up
        (["― 4 ― 一般会計", "― 5 ― 一般会計"], ["4", "5"]),
        (["1 / 3", "2 / 3", "3 / 3"], ["1", "2", "3"]),
    ],
)
def test_printed_numbers_become_labels_only_if_they_count_up(feet, labels):
    assert printed_labels([f"本文の行\n次の行\n{foot}\n" for foot in feet]) == labels


def slides(numbers: dict[int, str], first: int = 1, count: int = 12) -> str:
    """Return a cleaned pdftotext dump: a page starts at a line with one leading space; some end in a printed number."""
    pages = []
    for n in range(first, first + count):
        body = f"{n % 9 + 1} 産業振興の取組みについて\n\n・町内の企業を訪問\n\n・相談窓口を設置\n　 今後の予定を協議"
        foot = f"\n\n{numbers[n]}\n\n\n\n" if n in numbers else "\n"
        lead = "" if n - 1 in numbers or n == first else " "
        pages.append(lead + body + foot)
    return "".join(pages)


def test_pages_are_guessed_where_printed_numbers_confirm_them():
    text = slides({4: "4", 7: "7", 11: "11"})
    pages, paging = split_pages(text)
    assert paging == "guessed"
    assert [p.number for p in pages] == list(range(1, 13))
    assert {p.number: p.label for p in pages if p.label} == {4: "4", 7: "7", 11: "11"}
    assert all("産業振興" in text[p.start : p.start + 20] for p in pages)


def test_a_lost_cover_shifts_the_first_page_number():
    pages, paging = split_pages(slides({4: "4", 7: "7", 11: "11"}, first=2))
    assert (paging, pages[0].number, pages[-1].number) == ("guessed", 2, 13)


def test_numbers_that_do_not_count_with_the_pages_confirm_nothing():
    pages, paging = split_pages(slides({4: "40", 7: "300", 11: "9"}))
    assert (paging, len(pages)) == ("none", 1)


def test_the_scale_of_a_chart_is_no_page_number():
    text = "図の目盛\n\n0\n\n5\n\n10\n\n15\n\n20\n\nR1 R2 R3\n 売上の推移\n"
    assert split_pages(text)[1] == "none"


LETTER = "みどり町だより　令和6年\n傍聴者は延べ58人、請願は４件でした。ｶﾅも書く。\n"


def in_jis(text: str) -> bytes:
    """Return a text in ISO-2022-JP as mail programs write it, NEC's signs included."""
    found = b""
    for character in text:
        euc = character.encode("euc_jisx0213") if character in "①㈱" else character.encode("euc_jp")
        if len(euc) == 1:
            found += euc
        elif euc[0] == 0x8E:
            found += b"\x1b(I" + bytes([euc[1] - 0x80]) + b"\x1b(B"
        else:
            found += b"\x1b$B" + bytes(byte - 0x80 for byte in euc) + b"\x1b(B"
    return found


@pytest.mark.parametrize("encode", [in_jis, lambda text: text.encode("euc_jp"), lambda text: text.encode("cp932")])
def test_japanese_is_read_whatever_its_encoding(encode):
    assert decode(encode(LETTER)) == LETTER


def test_the_signs_that_windows_adds_are_read_in_jis():
    assert decode(in_jis("①㈱みどり建設\n")) == "①㈱みどり建設\n"


@pytest.mark.parametrize(
    "data",
    [
        "人口,世帯\n北町,南町\n".encode("euc_jp") * 5,  # as good half-width kana of Shift_JIS
        LETTER.encode().decode("cp932", "replace").encode() * 3,
        LETTER.encode().decode("cp1252", "replace").encode() * 3,
        LETTER.encode("cp932").decode("cp1252", "replace").encode() * 3,
        b"\x1b$B5D2q\x1b(B \x1b$B?",  # cut short
    ],
)
def test_what_may_be_other_letters_is_refused(data):
    with pytest.raises(NotTextError):
        decode(data)


def test_half_width_kana_alone_are_shift_jis():
    assert decode("ﾐﾄﾞﾘ ﾊﾅｺ,ﾁﾖｳｼﾞﾔﾏﾁ\n".encode("cp932") * 5).startswith("ﾐﾄﾞﾘ ﾊﾅｺ")
