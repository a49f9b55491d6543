"""The same words find the same passages with the same scores in SQLite, in PostgreSQL and by bm25s."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.bm25 import Bm25
from index.database.generations import newest
from index.database.keyword_search import search
from index.database.reading import Reader
from index.database.visibility import EVERYTHING
from index.database.writing import put, remove, sweep
from index.keywords import chunk_words, fact_words
from ingest.japanese import words
from tests.index.database.papers import EMBEDDER, paper_at, paper_of, report

SAMPLE = Path(__file__).resolve().parents[3] / "sample"
WORDS = "空き家 登録 件数 人口 税 会議 参加者 相談 予算 令和6年 57件 道路 学校 DX".split()
QUESTIONS = [
    "令和6年度の一般会計の予算は総額でいくらですか。",
    "くまもとDX推進コンソーシアムの会員数は？",
    "空き家バンクの登録件数",
    "会議に参加した人は何人でしたか、前年より増えましたか。",
    "道路の整備は、いつまでに、どの地区で行いますか。",
]
LINES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("、".join), min_size=1, max_size=5)


def by_bm25s(papers, of="chunks"):
    """Return bm25s's index of what the papers hold, under the keys that the database has for it."""
    held = [(number, n, tokens) for number, paper in papers for n, tokens in enumerate(tokens_of(paper, of))]
    return Bm25([(number, n) for number, n, _ in held], [tokens for _, _, tokens in held])


def tokens_of(paper, of):
    if of == "chunks":
        return [chunk_words(chunk) for chunk in paper.chunks]
    return [fact_words(fact, paper.document.title) for fact in paper.facts]


def numbered(view, papers):
    """Return the papers of a view with the numbers of their versions, in the order of the collection."""
    by_id = {paper.document.id: paper for paper in papers}
    return [(version.number, by_id[version.info.id]) for version in view.contents.versions]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(LINES, min_size=1, max_size=4, unique_by=tuple),
    replaced=st.booleans(),
    asked=st.lists(st.sampled_from([*WORDS, "図書館"]), min_size=1, max_size=5),
    k=st.integers(1, 30),
)
def test_scores_and_order_are_those_of_bm25s_whatever_was_put_and_taken_out(database, texts, replaced, asked, k):
    reader = Reader(database)
    for info in reader.newest().infos():
        remove(database, info.id)
    papers = [paper_of("\n\n".join(f"{line}です。" for line in lines), limit=12) for lines in texts]
    for paper in papers:
        put(database, paper, EMBEDDER.name)
    if replaced:
        put(database, papers[0], EMBEDDER.name)
    view = reader.newest()
    tokens = [token for word in asked for token in words(word)]
    for of in ("chunks", "facts"):
        wanted = by_bm25s(numbered(view, papers), of).search(tokens, k)
        assert view.search(tokens, k, of) == wanted
    held = by_bm25s(numbered(view, papers))
    assert view.frequencies(tokens) == {token: held.frequency(token) for token in tokens}
    sweep(database, 0)
    assert view.search(tokens, k) == held.search(tokens, k)


@pytest.fixture(scope="module")
def sample():
    return [paper_at(path) for path in sorted(SAMPLE.glob("r6-*2-*.pdf"))]


@pytest.fixture
def view(database, reader, sample):
    for paper in sample:
        put(database, paper, EMBEDDER.name)
    return reader.newest()


def test_the_sample_is_found_as_bm25s_finds_it(view, sample):
    """To the last bit, and ties in the same order: the figures of an answer rest on nothing else."""
    for of in ("chunks", "facts"):
        index = by_bm25s(numbered(view, sample), of)
        for question in QUESTIONS:
            found = view.search(words(question), 100, of)
            assert found == index.search(words(question), 100)
            assert found


def test_what_is_hidden_is_not_scored_and_still_counts(view, sample):
    """How rare a word is says the whole collection; what is found is of the visible papers only."""
    index = by_bm25s(numbered(view, sample))
    shown = sample[1].document.id
    number = view.contents.by_id[shown].number
    rows = np.array([key[0] == number for key in index.keys])
    for question in QUESTIONS:
        assert view.search(words(question), 20, visible=view.visible([shown])) == index.search(
            words(question), 20, rows
        )
    held = view.frequencies(["件数", "図書館"], visible=view.visible([shown]))
    assert held == {word: index.frequency(word, rows) for word in ("件数", "図書館")}
    assert view.search(words(QUESTIONS[0]), 20, visible=view.visible([])) == []


def test_common_words_are_read_only_for_papers_that_have_a_rare_one(view, database, sample):
    tokens = words(QUESTIONS[1])
    every = dict(view.search(tokens, 10_000))
    with database.reading(EVERYTHING) as connection:
        found = search(connection, database.kind, view.visible(), tokens, 10_000, exact=10, rare=10)
    assert set(found) < set(every.items())  # fewer, and each with its full score
    assert [key for key, _ in found][:5] == list(every)[:5]
    with database.reading(EVERYTHING) as connection:
        kept = search(connection, database.kind, view.visible(), tokens, 10_000, exact=10, rare=10**6)
    assert dict(kept) == every


def test_a_generation_that_is_no_longer_the_newest_has_its_own_counts(database, reader):
    first = paper_of(report(57))
    put(database, first, EMBEDDER.name)
    before = reader.newest()
    found = before.search(["空き家バンク", "令和6年"], 10)
    new = paper_of("図書館の登録は増えました。", limit=5)
    put(database, new, EMBEDDER.name, replaces={first.document.id})
    assert before.search(["空き家バンク", "令和6年"], 10) == found
    assert before.frequencies(["空き家バンク", "登録"]) != reader.newest().frequencies(["空き家バンク", "登録"])
    with database.reading(EVERYTHING) as connection:
        assert newest(connection).number == 2


def test_no_word_an_unknown_one_and_an_empty_collection_find_nothing(database, reader):
    assert reader.newest().search(["人口"], 5) == []
    put(database, paper_of(report(57)), EMBEDDER.name)
    view = reader.newest()
    assert view.search([], 5) == []
    assert view.search(["𓀀"], 5) == []
    assert view.search(["空き家バンク"], 0) == []
    assert view.frequencies([]) == {}
