"""Pages, boxes and lines of real documents: the sample's PDFs, without an index."""

import io
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from eval.reports.pages import COLOURS, SnapshotPages, find_quote
from eval.sets import SAMPLE
from ingest.japanese import fold
from ingest.parse import parse


@pytest.fixture(scope="module")
def paper():
    return parse(SAMPLE / "r6-02-gikai.pdf")


@pytest.fixture(scope="module")
def pages(paper):
    opened = []

    def open_set(name):
        opened.append(name)
        return SimpleNamespace(
            documents=lambda: [paper],
            document={paper.id: paper}.__getitem__,
            source_path=lambda id_: SAMPLE / "r6-02-gikai.pdf",
        )

    found = SnapshotPages(open_set)
    yield found
    assert opened == ["sample"], "a collection is opened once"


def test_a_page_is_drawn_small_and_once(pages):
    picture = pages.picture("sample", "r6-02-gikai.pdf", 2)
    with Image.open(io.BytesIO(picture.png)) as image:
        assert image.width / image.height == pytest.approx(picture.width / picture.height, abs=0.01)
        assert len(image.getcolors()) <= COLOURS
    assert len(picture.png) < 120_000
    assert pages.picture("sample", "r6-02-gikai.pdf", 2) is picture


def test_a_gold_quote_is_boxed_where_it_stands(pages):
    [box] = pages.boxes("sample", "r6-02-gikai.pdf", 2, "令和６年１月末の時点で 507企業・団体")
    width = pages.picture("sample", "r6-02-gikai.pdf", 2).width
    assert 0 < box[0] < box[2] < width
    assert 5 < box[3] - box[1] < 40, "one line high"


def test_what_cannot_be_had_is_nothing(pages):
    assert pages.picture("sample", "r6-02-gikai.pdf", 999) is None
    assert pages.picture("sample", "none.pdf", 1) is None
    assert pages.boxes("sample", "r6-02-gikai.pdf", 2, "ここにはない文") == ()
    assert pages.boxes("sample", "r6-02-gikai.pdf", 2, "") == ()
    assert pages.lines("sample", "r6-02-gikai.pdf", 1, 2) == [], "a PDF has no lines of its own"


def test_a_page_that_cannot_be_drawn_is_left_out(paper, caplog, tmp_path):
    broken = tmp_path / "r6-02-gikai.pdf"
    broken.write_bytes(b"%PDF-1.7 broken")
    snapshot = SimpleNamespace(documents=lambda: [paper], document=lambda id_: paper, source_path=lambda id_: broken)
    assert SnapshotPages(lambda name: snapshot).picture("sample", "r6-02-gikai.pdf", 1) is None
    assert "cannot be drawn" in caplog.text


def test_lines_come_with_their_neighbours_and_numbers(tmp_path):
    path = tmp_path / "hoshi.txt"
    path.write_text("".join(f"星ヶ原町の{n}行目の文です。\n" for n in range(1, 11)), encoding="utf-8")
    document = parse(path)
    snapshot = SimpleNamespace(documents=lambda: [document], document=lambda id_: document)
    pages = SnapshotPages(lambda name: snapshot)
    assert [n for n, _ in pages.lines("hoshi", "hoshi.txt", 5, 6)] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert pages.lines("hoshi", "hoshi.txt", 1, 1)[0] == (1, "星ヶ原町の1行目の文です。")
    assert pages.lines("hoshi", "hoshi.txt", 10, 10)[-1] == (11, "")
    assert pages.picture("hoshi", "hoshi.txt", 1) is None


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("件数は２，７７６ 件である", "2776件", "２，７７６ 件"),
        ("福岡県 1,267 950 計", "福岡県1,267950", "福岡県 1,267 950"),
        ("ﾃﾞｰﾀの連携", "データ", "ﾃﾞｰﾀ"),
        ("改行で\n切れた語", "改行で切れた", "改行で\n切れた"),
        ("同じ語と同じ語", "同じ語", "同じ語"),
        ("ない", "ある", None),
        ("ない", "、", None),
        ("空", " ", None),
    ],
)
def test_a_quote_is_found_however_it_is_written(text, quote, found):
    span = find_quote(text, quote)
    assert (text[slice(*span)] if span else None) == found


def written(*characters):
    """Return texts of whole characters: a sound mark belongs to the one before it."""
    return st.lists(st.sampled_from(characters), max_size=8).map("".join)


def bare(text):
    return "".join(fold(text).replace(",", "").split())


@given(written(*"あ1１,， \n㍉", "ｶﾞ"), written(*"い2㍻9", "ｶﾞ").filter(bool), written(*"う ,", "ｶﾞ"))
def test_what_stands_in_a_text_is_found_and_nothing_else_is_marked(before, quote, after):
    text = before + quote + after
    span = find_quote(text, quote)
    assert span is not None
    assert bare(text[slice(*span)]) == bare(quote)
