"""The nearest chunks are those that comparing with all of them gives, in both engines."""

import json
import shutil

import numpy as np
import pytest

from index.database.engine import open_database
from index.database.faiss_vectors import CACHE, HEAD, FaissVectors
from index.database.reading import Reader
from index.database.vector_search import PgVectors, make_graph, open_vectors
from index.database.visibility import EVERYTHING
from index.database.writing import put, remove, sweep
from tests.index.database.papers import EMBEDDER, paper_of, report

ASKED = EMBEDDER.embed_queries(["空き家バンクの登録件数", "会議の参加者"])
MANY = [paper_of(report(n)) for n in range(10, 18)]


@pytest.fixture
def view(database, reader):
    for paper in MANY:
        put(database, paper, EMBEDDER.name)
    return reader.newest()


def by_hand(view, k, ids=None):
    """Return the keys and inner products of the k nearest chunks of some papers, by comparing with every one."""
    papers = {paper.document.id: paper for paper in MANY}
    keys, rows = [], []
    for version in view.contents.versions:
        if ids is None or version.info.id in ids:
            keys += [(version.number, n) for n in range(version.info.chunks)]
            rows.append(papers[version.info.id].vectors)
    scores = np.concatenate(rows) @ ASKED.T
    order = np.argsort(-scores, axis=0, kind="stable")[:k]
    return [[(keys[row], scores[row, n]) for row in order[:, n]] for n in range(len(ASKED))]


def same(found, wanted):
    """Tell whether two rankings have the same scores, and the same keys but for ties."""
    scores = [[score for _, score in ranking] for ranking in (found, wanted)]
    ends = {round(float(scores[1][-1]), 5)} if scores[1] else set()
    keys = [{key for key, score in ranking if round(float(score), 5) not in ends} for ranking in (found, wanted)]
    return np.allclose(*scores, atol=1e-6) and keys[0] == keys[1]


@pytest.mark.parametrize("k", [1, 7, 10_000])
def test_the_nearest_are_those_of_comparing_with_all(view, k):
    for found, wanted in zip(view.nearest(ASKED, k), by_hand(view, k), strict=True):
        assert same(found, wanted)


def test_only_the_visible_are_found_and_as_many_as_are_asked_for(view):
    ids = [MANY[3].document.id, MANY[6].document.id]
    visible = view.visible(ids)
    for k in (2, 5, 10_000):
        for found, wanted in zip(view.nearest(ASKED, k, visible), by_hand(view, k, ids), strict=True):
            assert same(found, wanted)
            assert len(found) == min(k, len(visible.chunks))
    assert view.nearest(ASKED, 5, view.visible([])) == [[], []]


def test_what_is_replaced_is_found_by_who_still_looks_at_it_and_by_nobody_else(database, reader, view):
    new = paper_of(report(99))
    put(database, new, EMBEDDER.name, replaces={MANY[0].document.id})
    after = reader.newest()
    number = after.contents.by_id[new.document.id].number
    found = {key[0] for key, _ in after.nearest(ASKED, 10_000)[0]}
    assert found == {version.number for version in after.contents.versions}
    assert number in found
    assert {key[0] for key, _ in view.nearest(ASKED, 10_000)[0]} == {v.number for v in view.contents.versions}


@pytest.fixture
def stored(tmp_path):
    database = open_database(tmp_path / "index", create=True)
    for paper in MANY:
        put(database, paper, EMBEDDER.name)
    yield database
    database.close()


def asked_of(index, database):
    view = Reader(database).newest()
    with database.reading(EVERYTHING) as connection:
        return index.search(connection, ASKED, 5, view.visible())


def test_a_start_takes_the_rows_from_the_disk_and_only_the_new_ones_from_the_database(stored):
    before = asked_of(FaissVectors(stored.folder), stored)
    assert json.loads((stored.folder / HEAD).read_text())["number"] == len(MANY)
    again = FaissVectors(stored.folder)
    appended = []
    again._append = lambda *rows: appended.append(rows)
    assert asked_of(again, stored) == before
    assert appended == []
    put(stored, paper_of(report(99)), EMBEDDER.name)
    more = FaissVectors(stored.folder)
    asked_of(more, stored)
    assert len(more) == sum(info.chunks for info in Reader(stored).newest().infos())


@pytest.mark.parametrize("damage", ["rows", "head", "missing", "cut", "foreign"])
def test_a_cache_that_is_damaged_or_of_another_collection_is_not_believed(stored, tmp_path, damage):
    before = asked_of(FaissVectors(stored.folder), stored)
    if damage == "rows":
        (stored.folder / CACHE).write_bytes(b"x" * (stored.folder / CACHE).stat().st_size)
    elif damage == "head":
        (stored.folder / HEAD).write_text("{")
    elif damage == "missing":
        (stored.folder / CACHE).unlink()
    elif damage == "cut":
        (stored.folder / CACHE).write_bytes((stored.folder / CACHE).read_bytes()[:-8])
    else:
        other = open_database(tmp_path / "other", create=True)
        for paper in reversed(MANY):
            put(other, paper, EMBEDDER.name)
        asked_of(FaissVectors(other.folder), other)
        for name in (CACHE, HEAD):
            shutil.copy(other.folder / name, stored.folder / name)
        other.close()
    assert asked_of(FaissVectors(stored.folder), stored) == before


def test_what_was_cleared_away_does_not_stay_in_memory_for_ever(stored):
    index = FaissVectors(None)
    asked_of(index, stored)
    for paper in MANY[:5]:
        remove(stored, paper.document.id)
    sweep(stored, 0)
    found = asked_of(index, stored)
    assert len(index) == sum(info.chunks for info in Reader(stored).newest().infos())
    assert found == asked_of(FaissVectors(None), stored)


def test_a_folder_that_cannot_be_written_costs_the_cache_and_nothing_else(stored, tmp_path):
    (tmp_path / "none").write_text("no folder")
    assert asked_of(FaissVectors(tmp_path / "none"), stored) == asked_of(FaissVectors(None), stored)


@pytest.fixture
def crowd(postgres_place):
    """A PostgreSQL collection with the graph that is made for large ones."""
    database = open_database(postgres_place, create=True)
    for n in range(40):
        put(database, paper_of(report(100 + n)), EMBEDDER.name)
    with database.writing() as connection:
        make_graph(connection, EMBEDDER.dim)
    yield database
    database.close()


def test_the_graph_of_a_large_collection_finds_as_many_as_are_visible(crowd):
    """A graph that is filtered afterwards gives a restricted reader less than there is, and says nothing."""
    view = Reader(crowd).newest()
    few = [view.infos()[7].id]
    for ids, k in ((None, 20), (few, 3), (few, 10_000)):
        visible = view.visible(ids)
        with crowd.reading(EVERYTHING) as connection:
            exactly = PgVectors().search(connection, ASKED, k, visible)
            by_graph = PgVectors(exact=0).search(connection, ASKED, k, visible)
        for found, wanted in zip(by_graph, exactly, strict=True):
            assert len(found) == min(k, len(visible.chunks))
            assert len({key for key, _ in found}) == len(found)
            assert np.allclose([s for _, s in found], [s for _, s in wanted], atol=2e-3)


def test_each_engine_has_its_own_way(database):
    ways = {"sqlite": FaissVectors, "postgresql": PgVectors}
    assert type(open_vectors(database)) is ways[database.kind]
