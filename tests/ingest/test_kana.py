"""Whether a paper may hold a text is told without reading it, and never wrongly denied."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document
from ingest.kana import katakana, marks, may_hold, searchable, signature
from ingest.parse import parse

SIGNS = st.text("あいうアイウ第二三回号ab123 \n市役所𠮷", max_size=40)


def paper(text: str) -> Document:
    return Document("0" * 16, "a", "a", "0" * 64, "text", text, (), "none", title="みずほ野市", published="2024-06")


@given(before=SIGNS, wanted=SIGNS, after=SIGNS)
def test_a_text_that_a_paper_holds_is_never_denied(before, wanted, after):
    document = paper(before + wanted + after)
    needle = katakana(wanted)
    if needle in searchable(document.title, None, document.published, document.text):
        assert may_hold(signature(document), [marks(needle)])


@given(
    before=SIGNS, needle=st.text("市役所の窓口", min_size=3, max_size=8), slip=st.sampled_from("駅x𠮷"), data=st.data()
)
def test_nor_is_one_that_it_holds_but_for_a_character(before, needle, slip, data):
    at = data.draw(st.integers(0, len(needle) - 1))
    held = needle[:at] + slip + needle[at + 1 :]
    alternatives = [marks(katakana(needle), wrong) for wrong in range(len(needle))]
    assert may_hold(signature(paper(before + held)), alternatives)


def test_what_a_paper_does_not_hold_is_mostly_denied(tmp_path: Path):
    (tmp_path / "a.txt").write_text("みずほ野市の空き家バンクの登録件数は57件です。", encoding="utf-8")
    document = parse(tmp_path / "a.txt")
    absent = ("図書館", "第9回", "仙台市", "平成31年", "令和元年")
    assert not any(may_hold(signature(document), [marks(katakana(text))]) for text in absent)
    assert may_hold(signature(document), [marks(katakana("図書館")), marks(katakana("空き家"))])
    named = replace(document, title="図書館の資料")
    assert may_hold(signature(named), [marks(katakana("図書館"))])
