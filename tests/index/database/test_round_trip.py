"""What goes into the database comes out as it was, from both engines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, select

from index.database import schema
from index.database.engine import open_database
from index.database.holdings import vocabulary
from index.database.reading import Span
from index.database.writing import put, remove, sweep
from index.protocols import GenerationGone
from ingest.statements import read_statements
from tests.conftest import PAPERS
from tests.index.database.papers import EMBEDDER, counted, orphans, paper_at, paper_of, report

SAMPLE = Path(__file__).resolve().parents[3] / "sample" / "r7-01-kaiken.pdf"


@pytest.fixture(scope="module")
def papers():
    """A paper with pages, boxes and tables, and three without."""
    return [paper_at(SAMPLE), *(paper_of(text, name) for name, text in PAPERS.items())]


@pytest.fixture
def view(database, reader, papers):
    for paper in papers:
        put(database, paper, EMBEDDER.name)
    return reader.newest()


def test_documents_chunks_and_facts_come_back_as_they_were(view, papers):
    documents = view.documents([paper.document.id for paper in papers])
    assert documents == {paper.document.id: paper.document for paper in papers}
    for paper in papers:
        id_ = paper.document.id
        assert view.chunks(id_) == list(paper.chunks)
        assert view.facts(id_) == list(paper.facts)
        assert view.chunks_by_id([c.id for c in paper.chunks]) == {c.id: c for c in paper.chunks}
    assert [info.file for info in view.infos()] == [paper.document.file for paper in papers]


def test_what_is_not_there_is_named(view):
    for asked in (view.document, view.chunks, view.facts, lambda id_: view.chunks_by_id([f"{id_}:0-5"])):
        with pytest.raises(KeyError):
            asked("nowhere")
    with pytest.raises(KeyError):
        view.chunks_by_id(["no place"])
    with pytest.raises(KeyError):
        view.chunks_at([(1, 100_000)])


@pytest.mark.parametrize("around", [0, 3])
def test_a_window_holds_the_statements_around_a_place_with_all_that_stands_there(view, papers, around):
    spans = [Span(p.document.id, c.start, c.end) for p in papers for c in list(p.chunks)[3:60:20]]
    windows = view.windows(spans, around)
    for span in spans:
        (window,) = [w for w in windows if w.info.id == span.document_id and w.start < span.end and span.start < w.end]
        paper = next(p for p in papers if p.document.id == span.document_id)
        every = read_statements(paper.document)
        at = [n for n, s in enumerate(every) if s.start < span.end and span.start < s.end]
        wanted = set(range(max(0, min(at) - around), min(len(every), max(at) + 1 + around)))
        held = range(window.first, window.first + len(window.statements))
        assert wanted <= set(held)
    for window in windows:
        document = next(p.document for p in papers if p.document.id == window.info.id)
        every = read_statements(document)[window.first : window.first + len(window.statements)]
        assert window.statements == every
        assert [window.text_of(s) for s in every] == [document.text[s.start : s.end] for s in every]
        assert window.text == document.text[window.start : window.end]
        facts = next(p.facts for p in papers if p.document.id == window.info.id)
        assert list(window.facts) == [f for f in facts if window.start <= f.start < window.end]
        assert list(window.blocks) == [b for b in document.blocks if window.start <= b.start < window.end]


def test_windows_are_as_many_queries_for_many_places_as_for_one(view, papers, database):
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for step in (1000, 2):
        asked.clear()
        view.windows([Span(p.document.id, c.start, c.end) for p in papers for c in p.chunks[::step]], 2)
        counts.append(len([statement for statement in asked if statement.startswith(("SELECT", "WITH"))]))
    assert counts == [7, 6]  # the check that it is still there, and five; the paths of headings are read once


def test_the_vocabulary_comes_back_in_half_precision(view, papers):
    words, vectors = vocabulary(view)
    assert set(words) == {word for paper in papers for word in paper.words}
    every = {word: vector for paper in papers for word, vector in paper.words.items()}
    assert np.allclose(vectors, np.array([every[word] for word in words]), atol=1e-3)


def test_a_replaced_paper_is_read_as_it_was_until_it_is_cleared_away(database, reader):
    old, new = paper_of(report(57)), paper_of(report(66))
    put(database, old, EMBEDDER.name)
    before = reader.newest()
    put(database, new, EMBEDDER.name, replaces={old.document.id})
    after = reader.newest()
    assert before.document(old.document.id) == old.document
    assert after.document(new.document.id) == new.document
    with pytest.raises(KeyError):
        after.document(old.document.id)
    sweep(database)  # the grace has not passed
    assert before.facts(old.document.id) == list(old.facts)
    assert sweep(database, 0) == 1
    with pytest.raises(GenerationGone, match="000001-"):
        before.facts(old.document.id)
    assert after.facts(new.document.id) == list(new.facts)
    assert orphans(database) == {}


def test_replacing_and_removing_leave_what_building_anew_gives(database, tmp_path):
    kept = [paper_of(report(n, year)) for n, year in ((57, 5), (66, 6), (72, 7))]
    put(database, kept[0], EMBEDDER.name)
    gone = [put(database, paper_of(text, name), EMBEDDER.name) for name, text in PAPERS.items()]
    replaced = paper_of(report(12))
    put(database, replaced, EMBEDDER.name)
    put(database, kept[1], EMBEDDER.name, replaces={replaced.document.id})
    put(database, kept[2], EMBEDDER.name)
    put(database, kept[2], EMBEDDER.name)  # once more, as when a person has said its title
    for name, text in PAPERS.items():
        remove(database, paper_of(text, name).document.id)
    assert len(gone) == 3
    assert sweep(database, 0) == 5
    anew = open_database(tmp_path / "anew", create=True)
    for paper in kept:
        put(anew, paper, EMBEDDER.name)
    assert counted(database) == counted(anew)
    assert orphans(database) == {}
    anew.close()


def test_a_paper_whose_parts_do_not_belong_together_is_refused_and_nothing_changes(database, reader):
    paper = paper_of(report(57))
    put(database, paper, EMBEDDER.name)
    with pytest.raises(ValueError, match="chunks and vectors"):
        put(database, replace(paper, vectors=paper.vectors[1:]), EMBEDDER.name)
    with pytest.raises(ValueError, match="not what document"):
        put(database, replace(paper, document=paper_of(report(66)).document), EMBEDDER.name)
    with pytest.raises(KeyError):
        remove(database, "nowhere")
    assert reader.newest().generation.number == 1


def test_an_original_is_kept_once_and_goes_with_its_last_paper(database):
    paper = replace(paper_of(report(57)), content=b"as it was read")
    put(database, paper, EMBEDDER.name)
    put(database, paper, EMBEDDER.name)
    sweep(database, 0)
    with database.reading() as connection:
        assert list(connection.scalars(select(schema.originals.c.content))) == [b"as it was read"]
    remove(database, paper.document.id)
    sweep(database, 0)
    with database.reading() as connection:
        assert list(connection.scalars(select(schema.originals.c.content))) == []
