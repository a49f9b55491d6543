"""What a reader sees is a collection of its own: in both engines, to the last bit of every score."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.database import keyword_search
from index.database.holdings import all_frequencies, originals, vectors_of, vocabulary
from index.database.reading import Reader
from index.database.writing import put, remove
from ingest.japanese import words
from tests.index.database.papers import EMBEDDER, paper_of, report
from tests.index.database.test_keyword_search import LINES, WORDS, by_bm25s, numbered


@pytest.mark.parametrize("few", [0, keyword_search.FEW])  # papers that a query names, and that are sorted out after it
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(LINES, min_size=2, max_size=5, unique_by=tuple),
    seen=st.sets(st.integers(0, 4)),
    replaced=st.booleans(),
    asked=st.lists(st.sampled_from([*WORDS, "図書館"]), min_size=1, max_size=5),
)
def test_scores_and_counts_are_those_of_the_papers_that_are_seen(
    database, monkeypatch, few, texts, seen, replaced, asked
):
    monkeypatch.setattr(keyword_search, "FEW", few)
    reader = Reader(database)
    for info in reader.newest().infos():
        remove(database, info.id)
    papers = [paper_of("\n\n".join(f"{line}です。" for line in lines), limit=12) for lines in texts]
    for paper in papers:
        put(database, paper, EMBEDDER.name)
    view = reader.newest()
    if replaced:  # the reader goes on with the generation that they began with
        put(database, papers[0], EMBEDDER.name)
    mine = [paper for n, paper in enumerate(papers) if n in seen]
    only = view.only([paper.document.id for paper in mine] + ["0" * 16])
    tokens = [token for word in asked for token in words(word)]
    for of in ("chunks", "facts"):
        assert only.search(tokens, 30, of) == by_bm25s(numbered(only, mine), of).search(tokens, 30)
    counts = all_frequencies(only)
    held = by_bm25s(numbered(only, mine))
    assert counts == {word: n for word in all_frequencies(view) if (n := held.frequency(word))}
    assert only.frequencies(tokens) == {token: counts.get(token, 0) for token in tokens}
    assert [i.id for i in only.infos()] == [o.id for o in originals(only)] == [p.document.id for p in mine]
    assert set(vocabulary(only)[0]) == {word for word in vocabulary(view)[0] if word in counts}


def test_vectors_are_those_of_the_papers_that_are_seen(database, reader):
    papers = [paper_of(report(n), f"{n}.txt") for n in (11, 23, 35)]
    for paper in papers:
        put(database, paper, EMBEDDER.name)
    view = reader.newest()
    only = view.only([papers[1].document.id])
    asked = EMBEDDER.embed_queries(["空き家バンクの登録件数は11件です。"])
    (found,) = only.nearest(asked, 100)
    assert len(found) == len(papers[1].chunks)
    wanted = np.sort(papers[1].vectors @ asked[0])[::-1]
    np.testing.assert_allclose([score for _, score in found], wanted, atol=1e-5)
    for ask in (only.document, only.chunks, only.facts, lambda id_: vectors_of(only, id_)):
        with pytest.raises(KeyError):
            ask(papers[0].document.id)


def test_what_a_search_of_the_whole_found_is_not_read_by_who_does_not_see_it(database, reader):
    papers = [paper_of(report(n), f"{n}.txt") for n in (11, 23)]
    for paper in papers:
        put(database, paper, EMBEDDER.name)
    view = reader.newest()
    only = view.only([papers[1].document.id])
    hidden = view.contents.by_id[papers[0].document.id].number
    for ask in (only.chunks_at, only.facts_at):
        with pytest.raises(KeyError):
            ask([(hidden, 0)])


def test_the_name_of_what_is_seen_stays_while_others_put_papers_in(database, reader):
    mine, theirs = (paper_of(report(n), f"{n}.txt") for n in (11, 23))
    put(database, mine, EMBEDDER.name)
    before = reader.newest()
    only = before.only([mine.document.id]).contents.id
    put(database, theirs, EMBEDDER.name)
    after = reader.newest()
    assert after.contents.id != before.contents.id
    assert after.only([mine.document.id]).contents.id == only
    assert after.only([mine.document.id, theirs.document.id]).contents.id != only
