"""What goes into the store comes out the same."""

import sqlite3
import struct

import pytest

from index.protocols import IndexDamaged
from index.store import Store, StoreWriter
from ingest.document import Block, Cell, Chunk, Document, Fact, Page, Table

TEXT = "みずほ野市の資料\n人口\t48,210人\f𠮷田氏の報告"


def a_document() -> Document:
    boxes = struct.pack("<8f", 0, 1, 2, 3, float("nan"), float("nan"), float("nan"), float("nan"))
    return Document(
        id="0123456789abcdef",
        source="/papers/資料.pdf",
        file="資料.pdf",
        sha256="0" * 64,
        kind="pdf",
        text=TEXT,
        pages=(Page(1, 0, 20, "表紙", 595.0, 842.0, boxes), Page(2, 20, len(TEXT))),
        paging="physical",
        blocks=(Block("heading", 0, 8, 1, level=1), Block("table", 9, 19, 1, ("みずほ野市の資料",))),
        tables=(Table(9, 19, 1, (Cell(9, 11, 0, 0), Cell(12, 19, 0, 1, 1, 2)), 0, 1, ("みずほ野市の資料",), (0, 8)),),
        title="みずほ野市の資料",
        meeting="令和6年6月定例会",
        published="2024-06",
        warnings=("2ページに文字がありません。",),
    )


def a_fact(ordinal: int) -> Fact:
    return Fact(
        f"0123456789abcdef:f{ordinal}",
        "0123456789abcdef",
        "cell",
        "人口",
        "48,210",
        48210.0,
        "人",
        None,
        None,
        "みずほ野市の資料",
        1,
        9,
        19,
        12,
        18,
        headings=("みずほ野市の資料",),
        context=((0, 8), (9, 11)),
    )


CHUNKS = [
    Chunk("0123456789abcdef:0-19", "0123456789abcdef", 1, 0, 19, TEXT[:19], ("見出し",), "みずほ野市の資料", "2024-06")
]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "資料 #1%20?.sqlite"  # what a URI would read otherwise
    writer = StoreWriter(path, new=True)
    writer.add(a_document(), CHUNKS, [["人口", "人"]], [a_fact(0), a_fact(1)], [["人口"], []])
    writer.close()
    return path


def test_documents_chunks_and_facts_come_back_equal(path):
    store = Store(path)
    assert store.document("0123456789abcdef") == a_document()
    assert store.chunks("0123456789abcdef") == CHUNKS
    assert store.facts("0123456789abcdef") == [a_fact(0), a_fact(1)]
    assert store.chunks_by_id([CHUNKS[0].id, "unknown"]) == {CHUNKS[0].id: CHUNKS[0]}
    assert store.facts_by_id(["0123456789abcdef:f1"]) == {"0123456789abcdef:f1": a_fact(1)}
    (info,) = store.documents()
    assert (info.pages, info.chunks, info.facts, info.warnings) == (2, 1, 2, ("2ページに文字がありません。",))


def test_more_ids_than_one_query_holds_are_fetched(path):
    assert len(Store(path).chunks_by_id([*(f"unknown{i}" for i in range(1200)), CHUNKS[0].id])) == 1


def test_words_come_back_in_the_order_of_the_ids(path):
    writer = StoreWriter(path, new=False)
    assert writer.words("chunks") == ([CHUNKS[0].id], [["人口", "人"]])
    assert writer.words("facts") == (["0123456789abcdef:f0", "0123456789abcdef:f1"], [["人口"], []])


def test_a_removed_document_leaves_nothing_behind(path):
    writer = StoreWriter(path, new=False)
    writer.remove("0123456789abcdef")
    writer.close()
    store = Store(path)
    assert (store.documents(), store.chunk_ids(), store.fact_ids()) == ([], [], [])
    with pytest.raises(KeyError):
        store.document("0123456789abcdef")


def test_readers_cannot_write(path):
    store = Store(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._db.execute("DELETE FROM documents")


def test_a_damaged_file_is_named_with_the_remedy(path):
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(IndexDamaged, match="資料 #1%20") as refusal:
        Store(path).documents()
    assert "tenkyo ingest" in refusal.value.message
