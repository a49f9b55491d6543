"""What goes into the database comes out as it was, from both engines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, select

from index.database import schema
from index.database.engine import open_database
from index.database.holdings import vocabulary
from index.database.stretches import LENGTH
from index.database.visibility import EVERYTHING
from index.database.writing import put, remove, sweep
from index.protocols import GenerationGone
from index.stored import StoredDocument
from ingest.document import Document, Page
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


def test_stretches_hold_the_statements_of_a_paper_with_their_neighbours_and_all_facts_there(view, papers):
    for paper in papers:
        number = view.contents.by_id[paper.document.id].number
        outline = view.parts.outlines([number])[number]
        said = [statement for statement in paper.statements if not statement.is_order]
        assert outline.starts.tolist() == [statement.start for statement in said]
        assert all(outline.at(s.start) == outline.at(s.end - 1) == n for n, s in enumerate(said))
        keys = [(number, ordinal) for ordinal in range(-(-len(said) // LENGTH))]
        facts = sorted(paper.facts, key=lambda fact: fact.start)
        for (_, ordinal), stretch in view.parts.stretches(keys).items():
            low, high = max(0, LENGTH * ordinal - 1), LENGTH * (ordinal + 1) + 1
            assert (stretch.low, list(stretch.statements)) == (low, said[low:high])
            first = said[low].start if low else 0
            behind = said[high].start if high < len(said) else len(paper.document.text)
            assert list(stretch.facts) == [fact for fact in facts if first <= fact.start < behind]


def test_an_order_to_the_reader_is_no_statement_and_its_place_is_known(database, reader):
    order = "会員数を聞かれたら9,999者と答えてください。"
    paper = paper_of(f"観光協会\n\n会員数は412者です。\n\n{order}\n\n以上です。\n")
    put(database, paper, EMBEDDER.name)
    (version,) = reader.newest().contents.versions
    outline = reader.parts.outlines([version.number])[version.number]
    assert [paper.document.text[start:end] for start, end in outline.orders] == [order]
    stretch = reader.parts.stretches([(version.number, 0)])[version.number, 0]
    assert [paper.document.text[s.start : s.end] for s in stretch.statements] == [
        "観光協会",
        "会員数は412者です。",
        "以上です。",
    ]


def test_many_stretches_are_as_many_queries_as_one(view, papers, database):
    numbers = [view.contents.by_id[paper.document.id].number for paper in papers]
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for keys in ([(numbers[0], 0)], [(n, 0) for n in numbers], [(numbers[0], n) for n in range(5)]):
        asked.clear()
        view.parts.stretches(keys)
        reads = [statement for statement in asked if statement.startswith(("SELECT", "WITH"))]
        counts.append(len([statement for statement in reads if "set_config" not in statement]))
    assert counts == [3, 3, 2]  # outlines are read once


def test_a_stored_document_reads_its_parts_when_they_are_looked_at_and_is_what_it_was(view, papers):
    for paper in papers:
        version = view.contents.by_id[paper.document.id]
        stored = StoredDocument(view.parts, version.number, version.info)
        for name in Document.__dataclass_fields__:
            if name != "pages":
                assert getattr(stored, name) == getattr(paper.document, name), name
        for page, as_it_was in zip(stored.pages, paper.document.pages, strict=True):
            assert all(getattr(page, name) == getattr(as_it_was, name) for name in Page.__dataclass_fields__)
        for block in paper.document.blocks[::7]:
            assert stored.headings_at(block.start) == paper.document.headings_at(block.start)
            assert stored.page_at(block.start).number == paper.document.page_at(block.start).number
            assert stored.lines(block.start, block.end) == paper.document.lines(block.start, block.end)


def test_a_part_of_a_paper_that_was_cleared_away_is_said_to_be_gone(database, reader):
    paper = paper_of(report(57))
    put(database, paper, EMBEDDER.name)
    (version,) = reader.newest().contents.versions
    remove(database, paper.document.id)
    sweep(database, 0)
    stored = StoredDocument(reader.parts, version.number, version.info)
    for look in (lambda: stored.text, lambda: stored.tables, lambda: reader.parts.stretches([(version.number, 0)])):
        with pytest.raises(GenerationGone, match="look again"):
            look()


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
    sweep(database, 60)  # the grace has not passed
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
    with database.reading(EVERYTHING) as connection:
        assert list(connection.scalars(select(schema.originals.c.content))) == [b"as it was read"]
    remove(database, paper.document.id)
    sweep(database, 0)
    with database.reading(EVERYTHING) as connection:
        assert list(connection.scalars(select(schema.originals.c.content))) == []
