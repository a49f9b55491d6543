"""A scope covers what it says, and whatever is searched within it comes from there alone."""

import pytest

from index.collection import Collection
from index.documents import DocumentInfo
from index.scope import Group, Scope
from tests.conftest import HashingEmbedder


@pytest.mark.parametrize(
    ("scope", "published", "within"),
    [
        (Scope(), None, True),
        (Scope(since="2024"), None, False),
        (Scope(since="2024-02"), "2024-02-29", True),
        (Scope(since="2024-02-10"), "2024-02", True),
        (Scope(since="2024-03"), "2024-02", False),
        (Scope(until="2024"), "2024-12-31", True),
        (Scope(until="2024-01"), "2024-02", False),
        (Scope(since="2024-01", until="2024-06"), "2024-06-30", True),
        (Scope(meetings=("6月議会",)), "2024-06", False),
        (Scope(groups=(Group("甲", frozenset({"b"})), Group("乙", frozenset({"a"})))), None, True),
        (Scope(groups=(Group("甲", frozenset({"b"})), Group("丙", frozenset()))), None, False),
        (Scope(documents=("b",), groups=(Group("乙", frozenset({"a"})),)), None, False),
    ],
)
def test_a_scope_covers_what_lies_in_all_of_its_bounds(scope, published, within):
    info = DocumentInfo("a", "a.txt", "", "2月議会", published, None, "text", "none", 1, 1, 1, "a.txt")
    assert scope.covers(info) is within


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Forty papers of almost the same words, one of which has many passages."""
    folder = tmp_path_factory.mktemp("many")
    papers = folder / "papers"
    papers.mkdir()
    for n in range(40):
        lines = "\n\n".join(
            f"【体育館{i}】\n体育館の利用者は{n * 100 + i}人です。" + "体育館。" * (n % 7) for i in range(12)
        )
        (papers / f"{n:02}.txt").write_text(
            f"第{n}号 体育館の利用\n令和6年{n % 12 + 1}月\n\n{lines}\n", encoding="utf-8"
        )
    collection = Collection(folder / "index", HashingEmbedder())
    assert collection.add([papers]).failed == []
    return collection.snapshot()


@pytest.mark.parametrize("leg", ["fused", "vector", "keyword"])
def test_one_document_among_many_gives_all_of_its_hits(many, leg):
    for document in many.documents()[::9]:
        part = many.part(Scope(documents=(document.id,)))
        held = min(document.chunks, 5)
        found = many.search("体育館の利用者は何人ですか", 5, leg, part)
        assert len(found) == held
        assert {hit.chunk.document_id for hit in found} == {document.id}
        facts = many.search_facts("体育館の利用者", 8, part)
        assert len(facts) == 8
        assert {fact.document_id for fact, _ in facts} == {document.id}


def test_a_scope_of_everything_finds_what_no_scope_finds(many):
    part = many.part(Scope(since="2000"))
    assert len(part.documents) == 40
    ours = [(hit.chunk.id, hit.score) for hit in many.search("体育館の利用者", 20, part=part)]
    assert ours == [(hit.chunk.id, hit.score) for hit in many.search("体育館の利用者", 20)]
    assert many.frequency("体育館", part) == many.frequency("体育館") > 0


def test_a_scope_of_nothing_finds_nothing(many):
    part = many.part(Scope(documents=("none",)))
    assert part.documents == ()
    assert many.search("体育館", 5, part=part) == []
    assert many.search_facts("体育館", 5, part) == []
    assert many.frequency("体育館", part) == 0
