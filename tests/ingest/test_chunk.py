"""Passages follow the document: in one page, no sentence cut, every character where it says."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import chunk
from ingest.document import Block, Cell, Document, Page, Table
from ingest.structure import find_blocks
from ingest.text import decode, split_pages
from tests.ingest.documents import awkward_texts


def document(text: str, tables: tuple[Table, ...] = ()) -> Document:
    pages, paging = split_pages(text)
    blocks = find_blocks(text, pages, [(t.start, t.end) for t in tables])
    return Document("0" * 16, "a.txt", "a.txt", "0" * 64, "text", text, pages, paging, blocks, tables, "計画書")


@settings(max_examples=60)
@given(awkward_texts(), st.integers(8, 300))
def test_a_passage_is_verbatim_in_one_page_and_within_the_limit(raw, limit):
    doc = document(decode(raw.replace("\0", "").encode()))
    chunks = chunk(doc, len, limit)
    for one in chunks:
        page = doc.page_at(one.start)
        assert one.text == doc.text[one.start : one.end] != ""
        assert page.start <= one.start < one.end <= page.end
        assert page.number == one.page
        assert len(one.text) <= limit
        assert one.id == f"{doc.id}:{one.start}-{one.end}"
    assert all(a.end <= b.start for a, b in pairwise(chunks))


@settings(max_examples=60)
@given(awkward_texts())
def test_no_text_of_a_block_is_lost(raw):
    doc = document(decode(raw.replace("\0", "").encode()))
    held = {i for one in chunk(doc, len, 60) for i in range(one.start, one.end)}
    wanted = {i for b in doc.blocks for i in range(b.start, b.end) if not doc.text[i].isspace()}
    assert wanted <= held


def test_sentences_stay_whole_unless_one_alone_is_too_long():
    text = "町は窓口を開いた。" * 6 + "とても長い文が、読点を、はさみながら、どこまでも、続いていく。\n"
    parts = [one.text for one in chunk(document(text), len, 20)]
    assert parts[:3] == ["町は窓口を開いた。町は窓口を開いた。"] * 3
    assert "".join(parts) == text.strip()
    assert all(len(part) <= 20 for part in parts)


def test_a_heading_goes_with_what_it_heads():
    text = "１ 産業の振興\n\n" + "・商店街を支援する取組みを続ける。\n" * 3 + "\n２ 福祉の充実\n\n・見守りを行う。\n"
    last = chunk(document(text), len, 70)[-1]
    assert last.text == "２ 福祉の充実\n\n・見守りを行う。"
    assert last.headings == ("２ 福祉の充実",)


def test_small_blocks_under_one_heading_are_one_passage():
    text = "【開催概要】\n\n日時：1月5日\n場所：町民会館\n対象：町民\n"
    assert [one.text for one in chunk(document(text), len, 80)] == [text.strip()]


def table_of(rows: list[list[str]], lead: str) -> tuple[str, Table]:
    text, cells = lead, []
    begin = len(text)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            cells.append(Cell(len(text), len(text) + len(cell), r, c))
            text += cell + ("\t" if c + 1 < len(row) else "\n")
    return text, Table(begin, len(text) - 1, 1, tuple(cells), 1, 1, (), (0, len(lead.strip())))


def test_a_long_table_is_cut_between_rows_and_keeps_its_title_in_the_headings():
    rows = [["区分", "令和5年度", "令和6年度"], *([f"窓口{n}", f"1,23{n}件", f"2,34{n}件"] for n in range(8))]
    text, table = table_of(rows, "相談件数の推移\n")
    doc = document(text, (table,))
    assert any(isinstance(b, Block) and b.kind == "table" for b in doc.blocks)
    parts = chunk(doc, len, 60)
    body = [line for one in parts for line in one.text.split("\n") if "\t" in line]
    assert body == ["\t".join(row) for row in rows]
    assert all("相談件数の推移" in (one.text + "".join(one.headings)) for one in parts)


def test_a_document_without_blocks_has_no_passages():
    empty = Document("0" * 16, "a", "a", "0" * 64, "text", "\n", (Page(1, 0, 1),), "none")
    assert chunk(empty, len) == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_even_a_tiny_limit_ends(limit):
    text = "区切りのない文字列\n"
    assert "".join(one.text for one in chunk(document(text), len, limit)) == text.strip()
