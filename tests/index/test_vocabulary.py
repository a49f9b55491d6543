"""Words that mean about the same: what counts as a word, what is near, and what only looks near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.collection import Collection
from index.vocabulary import Vocabulary, contrast, vocabulary_of
from tests.conftest import HashingEmbedder

# Four directions and what all words share: 会社 and 企業 point the same way, and so do 転入, 転出 and 流出.
VECTORS = {
    "会社": (1, 0, 0, 5),
    "企業": (1, 0.1, 0, 5),
    "転入": (0, 1, 0, 5),
    "転出": (0, 1, 0.1, 5),
    "流出": (0, 1, 0.2, 5),
    "果物": (0, 0, 1, 5),
    "橋": (-1, -1, -1, 5),
}


class Placed:
    """An embedder that knows where the words lie."""

    name, dim = "placed", 4

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_queries(self, texts):
        self.asked += texts
        return np.array([VECTORS.get(text, (1, 0, 0, 5)) for text in texts], np.float32)

    embed_passages = embed_queries

    def count_tokens(self, text):
        return len(text)


@pytest.fixture
def vocabulary() -> Vocabulary:
    words = list(VECTORS)
    return Vocabulary(words, np.array([VECTORS[word] for word in words], np.float32))


def test_words_are_near_by_what_they_do_not_share_with_all_others(vocabulary):
    near = vocabulary.neighbours(["会社", "果物"], Placed(), 0.5)
    assert [word for word, _ in near["会社"]] == ["企業"]
    assert near["会社"][0][1] > 0.9
    assert near["果物"] == ()


def test_opposites_are_no_neighbours_however_near(vocabulary):
    assert [word for word, _ in vocabulary.neighbours(["転出"], Placed(), 0.5)["転出"]] == ["流出"]
    assert [word for word, _ in vocabulary.neighbours(["転入"], Placed(), 0.5)["転入"]] == []


def test_only_words_that_the_collection_lacks_are_embedded_and_each_once(vocabulary):
    embedder = Placed()
    for _ in range(2):
        near = vocabulary.neighbours(["会社", "法人", "42人", "a", "橋"], embedder, 0.5)
    assert embedder.asked == ["法人"]
    assert [word for word, _ in near["法人"]] == ["会社", "企業"]
    assert near["42人"] == near["a"] == ()


def test_an_empty_collection_has_no_neighbours():
    empty = Vocabulary([], np.empty((0, 4), np.float32))
    assert empty.neighbours(["会社"], Placed(), 0.1) == {"会社": ()}


@pytest.mark.parametrize(
    ("one", "other"), [("転入", "転出"), ("県民", "市民"), ("増加", "減少"), ("男性", "女性"), ("午前", "午後")]
)
def test_words_that_tell_one_thing_from_another_contrast(one, other):
    assert contrast(one, other)
    assert contrast(other, one)


@pytest.mark.parametrize(("one", "other"), [("購入", "購買"), ("市民", "市街"), ("若年", "若手"), ("医師", "医者")])
def test_words_of_one_kind_do_not(one, other):
    assert not contrast(one, other)


@given(st.text(max_size=60))
def test_figures_letters_and_single_signs_are_no_words(text):
    for word in vocabulary_of([text, "令和6年の会社は42社、DXのWEB"]):
        assert len(word) > 1
        assert not word.isascii()
        assert not any(sign.isdigit() for sign in word)


def test_a_collection_learns_the_words_of_its_papers_and_forgets_them_with_the_last(tmp_path):
    source = tmp_path / "papers"
    source.mkdir()
    (source / "一.txt").write_text("橋の点検と図書館の開館", encoding="utf-8")
    collection = Collection(tmp_path / "index", HashingEmbedder())
    collection.add([source])
    (source / "二.txt").write_text("図書館の貸出と水道の料金", encoding="utf-8")
    collection.add([source])
    words = set(collection.snapshot().vocabulary().words)
    assert {"点検", "図書", "水道", "料金"} <= words
    first = next(d.id for d in collection.snapshot().documents() if d.file == "一.txt")
    collection.remove(first)
    left = set(collection.snapshot().vocabulary().words)
    assert "点検" not in left
    assert {"図書", "水道", "料金"} <= left


def test_words_keep_their_vectors_from_one_snapshot_to_the_next(tmp_path):
    paper = tmp_path / "一.txt"
    paper.write_text("橋の点検", encoding="utf-8")
    collection = Collection(tmp_path / "index", HashingEmbedder())
    collection.add([paper])
    before = collection.snapshot().vocabulary()
    other = tmp_path / "二.txt"
    other.write_text("水道の料金", encoding="utf-8")
    collection.add([other])
    after = collection.snapshot().vocabulary()
    for word, vector in zip(before.words, before.vectors, strict=True):
        assert np.array_equal(after.vectors[after.words.index(word)], vector)
