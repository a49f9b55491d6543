"""The vector store finds exactly what comparing with every vector finds."""

import numpy as np
import pytest

from index.vectors import FaissVectors


def unit_vectors(count: int, dim: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def best_by_numpy(ids, vectors, query, k):
    scores = vectors @ query
    return [(ids[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")[:k]]


@pytest.mark.parametrize("count", [1, 7, 500])
@pytest.mark.parametrize("k", [1, 10, 1000])
def test_ids_and_scores_equal_brute_force(count, k):
    ids = [f"d:{i}" for i in range(count)]
    vectors, queries = unit_vectors(count, 24, 1), unit_vectors(5, 24, 2)
    for found, query in zip(FaissVectors.build(ids, vectors).search(queries, k), queries, strict=True):
        expected = best_by_numpy(ids, vectors, query, k)
        assert [key for key, _ in found] == [key for key, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)


@pytest.mark.parametrize("chosen", [0, 1, 3, 500])
def test_of_some_rows_the_best_are_found_however_far_down_the_others_put_them(chosen):
    ids = [f"d:{i}" for i in range(500)]
    vectors, queries = unit_vectors(500, 24, 1), unit_vectors(3, 24, 2)
    rows = np.zeros(500, np.bool_)
    rows[np.random.default_rng(3).permutation(500)[:chosen]] = True
    kept = [key for key, row in zip(ids, rows, strict=True) if row]
    for found, query in zip(FaissVectors.build(ids, vectors).search(queries, 10, rows), queries, strict=True):
        expected = best_by_numpy(kept, vectors[rows], query, 10)
        assert [key for key, _ in found] == [key for key, _ in expected]


def test_a_saved_store_answers_as_before_and_gives_its_vectors_back(tmp_path):
    ids, vectors = ["a", "b", "c"], unit_vectors(3, 8, 3)
    store = FaissVectors.build(ids, vectors)
    store.save(tmp_path / "vectors.faiss")
    loaded = FaissVectors.load(tmp_path / "vectors.faiss", ids)
    assert loaded.search(vectors[1:2], 3) == store.search(vectors[1:2], 3)
    assert np.array_equal(loaded.all(), vectors)
    assert loaded.dim == 8


def test_an_empty_store_finds_nothing(tmp_path):
    store = FaissVectors.build([], np.empty((0, 8), np.float32))
    store.save(tmp_path / "vectors.faiss")
    loaded = FaissVectors.load(tmp_path / "vectors.faiss", [])
    assert loaded.search(unit_vectors(2, 8, 4), 5) == [[], []]
    assert loaded.all().shape == (0, 8)


def test_ids_that_do_not_fit_the_vectors_are_refused_with_both_numbers(tmp_path):
    FaissVectors.build(["a", "b"], unit_vectors(2, 8, 5)).save(tmp_path / "vectors.faiss")
    with pytest.raises(ValueError, match="1 != 2"):
        FaissVectors.load(tmp_path / "vectors.faiss", ["a"])


def test_a_file_that_is_not_faiss_is_refused(tmp_path):
    (tmp_path / "vectors.faiss").write_bytes(b"not an index")
    with pytest.raises(ValueError, match=r"vectors\.faiss"):
        FaissVectors.load(tmp_path / "vectors.faiss", [])


def test_a_disk_that_cannot_be_written_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match=r"vectors\.faiss"):
        FaissVectors.build(["a"], unit_vectors(1, 8, 6)).save(tmp_path / "no such folder" / "vectors.faiss")
