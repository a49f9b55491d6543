"""Headings that are seen before they are read: by the size of their type and their place on the page."""

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from ingest.document import Document
from ingest.parse import parse
from tests.ingest.test_pdf import FONT, both, lines, make
from tests.ingest.test_pdf_pages import sized

TEXT = [
    "町では、ことしの春から公園の利用時間を少し長くすることにしました。",
    "夏のあいだは朝の六時に門を開け、夕方の七時に門を閉めることになります。",
    "団体で利用するときは、あらかじめ役場の窓口まで申し込んでください。",
    "雨の日と風の強い日には、安全のために門を開けないことがあります。",
]


@pytest.fixture(scope="module", autouse=True)
def _font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def article(title: str, size: float, top: float = 740):
    first = f"{title}のことで、町は春から利用時間を少し長くすることにしました。"
    return both(sized(size, title, top=top), lines(first, *TEXT, top=top - 30))


def headings_of(document: Document, words: str, page: int = 1) -> tuple[str, ...]:
    at = document.text.index(words, document.pages[page - 1].start)
    return next(block.headings for block in document.blocks if block.start <= at < block.end)


def test_an_article_is_not_under_the_heading_of_the_article_before_it(tmp_path):
    """A newsletter numbers none of its titles; a title set large ends the one of an earlier page."""
    titles = {"（１）職員の数": 11, "水道だより": 15, "くらしの窓": 14, "図書館の本": 15}
    document = parse(make(tmp_path, *[article(title, size) for title, size in titles.items()]))
    found = [headings_of(document, f"{title}のことで", n) for n, title in enumerate(titles, 1)]
    assert found[1:] == [("水道だより",), ("くらしの窓",), ("図書館の本",)]


def test_what_is_set_larger_than_a_heading_does_not_stand_under_it(tmp_path):
    """The caption of a box in small type names the box alone."""
    box = sized(8, "◆問合せ先", "公園係の窓口まで", top=600)
    draw = both(
        article("公園のお知らせ", 16, top=760), box, lines("夜の公園については次のとおりです。", *TEXT[1:3], top=540)
    )
    document = parse(make(tmp_path, draw, article("水道だより", 16), lines(*TEXT), lines(*TEXT[1:])))
    assert headings_of(document, "公園係の窓口") == ("公園のお知らせ", "◆問合せ先")
    assert headings_of(document, "夜の公園") == ("公園のお知らせ",)


def test_numbered_chapters_hold_the_smaller_titles_of_later_pages(tmp_path):
    pages = [article("第１章 町のすがた", 18), article("人口のうつりかわり", 14), *[lines(*TEXT)] * 2]
    document = parse(make(tmp_path, *pages))
    assert headings_of(document, "人口のうつりかわりのことで", 2) == ("第１章 町のすがた", "人口のうつりかわり")


def test_a_sum_is_no_numbered_heading(tmp_path):
    document = parse(make(tmp_path, both(lines("16 億 1,128 万円", top=760), lines(*TEXT, top=700)), lines(*TEXT)))
    assert not any(block.kind == "heading" for block in document.blocks)


def test_what_stands_at_one_place_in_the_margins_of_facing_pages_is_no_text(tmp_path):
    titles = ["水道だより", "図書館の本", "春の催し", "道の工事", "消防の日", "町の財政"]

    def page(n: int):
        left, foot = (60, "みどり町広報") if n % 2 else (400, "第八十号")
        heads = both(lines("くらしのページ", top=810, left=left), sized(8, foot, top=20, left=left))
        return both(heads, article(titles[n], 15, top=700))

    document = parse(make(tmp_path, *map(page, range(6))))
    shown = " ".join(document.text[block.start : block.end] for block in document.blocks)
    assert not any(words in shown for words in ("くらしのページ", "みどり町広報", "第八十号"))
    assert headings_of(document, "道の工事のことで", 4) == ("道の工事",)


def test_who_issued_a_paper_does_not_head_the_pages_behind_its_cover(tmp_path):
    cover = both(
        sized(20, "町の公園の手引き", top=700), lines(TEXT[0], top=500), sized(15, "みどり町役場公園係", top=300)
    )
    document = parse(make(tmp_path, cover, *[lines(*TEXT)] * 3))
    assert "みどり町役場公園係" not in headings_of(document, "団体で", 2)


def test_a_section_that_small_type_names_at_the_top_of_its_slides_heads_them(tmp_path):
    """No running head of facing pages: it stands on one slide after the other, and the next section follows."""
    named = [("公園関係", "1 門の時間", 18), ("公園関係", "2 団体の利用", 18), ("水道関係", "1 検針の日", 18)]
    pages = [
        both(sized(9, section, top=810), sized(size, title, top=740), lines(f"{title}のことです。", *TEXT, top=700))
        for section, title, size in (*named, ("水道関係", "2 料金", 18), ("図書関係", "1 本", 18))
    ]
    document = parse(make(tmp_path, *pages))
    assert headings_of(document, "2 団体の利用のこと", 2) == ("公園関係", "2 団体の利用")
    assert headings_of(document, "1 検針の日のこと", 3) == ("水道関係", "1 検針の日")
    assert headings_of(document, "1 本のこと", 5) == ("図書関係", "1 本"), "a section of one slide"
