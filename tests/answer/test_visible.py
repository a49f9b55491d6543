"""Whoever may see some documents only is answered as if there were no others."""

from dataclasses import replace

import pytest

from answer.answer import QuestionError, Timings
from index.scope import Scope
from index.snapshot import Snapshot
from ingest.japanese import words
from tests.answer.papers import assistant_over

OPEN = {
    "shizumi-r5.txt": """\
静海町　令和5年12月定例会　行政報告資料
令和5年12月5日

１　人の動き
令和5年11月末現在の人口は8,210人です。

２　図書館
図書館の貸出点数は、令和5年11月末現在で9,120点です。
""",
    "shizumi-bus.txt": """\
静海町　地域交通の概要
令和5年10月2日

１　のりあいバス
のりあいバスの利用者数は、令和5年9月末現在で1,310人です。
""",
}
SECRET = "コマクサ庁舎"
HIDDEN = {
    "shizumi-hidden.txt": f"""\
静海町　{SECRET}の移転計画
令和6年8月1日

１　移転
{SECRET}の移転費は7億7,777万円です。
図書館の貸出点数は、令和6年7月末現在で9,999点です。
{SECRET}への移転は、令和6年度に始めます。
"""
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("alone"), OPEN)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("shared"), OPEN | HIDDEN)


@pytest.fixture(scope="module")
def visible(shared):
    return frozenset(info.id for info in shared.collection.snapshot().documents() if info.file in OPEN)


QUESTIONS = [
    "図書館の貸出点数はいくつですか。",
    "図書館の貸出点数の推移は？",
    "コマクサ庁舎の移転費はいくらですか。",
    "コマクサ庁車の移転費は？",
    "移転はいつ始めますか。",
    "のりあいバスの利用者数は何人ですか。",
    "最新の人口は？",
    "昨年の図書館の貸出点数は？",
]


def told(answer):
    """Return all that is said, each score and confidence with it."""
    return replace(answer, timings_ms=Timings(), index="").to_dict()


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_the_one_that_there_is_without_the_hidden_paper(alone, shared, visible, question):
    answer = shared.ask(question, visible=visible)
    assert told(answer) == told(alone.ask(question))
    assert answer.searched == 2


def test_a_hidden_paper_is_found_by_who_may_see_it_and_by_nobody_else(shared, visible):
    assert "7億7" in shared.ask("コマクサ庁舎の移転費はいくらですか。").answer
    assert SECRET not in str(shared.search("コマクサ庁舎の移転", k=50, visible=visible))
    with pytest.raises(QuestionError, match="visible"):
        shared.ask("人口は何人ですか。", visible=frozenset())


def test_a_scope_that_names_a_hidden_paper_is_as_empty_as_one_of_no_paper(shared, visible):
    (hidden,) = {info.id for info in shared.collection.snapshot().documents()} - visible
    said = set()
    for id_ in (hidden, "0" * 16):
        with pytest.raises(QuestionError) as refusal:
            shared.ask("移転費はいくらですか。", scope=Scope(documents=(id_,)), visible=visible)
        said.add((refusal.value.code, refusal.value.message))
    assert len(said) == 1


def test_no_word_of_a_hidden_paper_is_known_near_or_put_right(shared, visible):
    seen = shared.collection.snapshot().only(visible)
    whole = shared.collection.snapshot()
    held, all_words = seen.frequencies(), whole.frequencies()
    secret = "移転"
    assert {secret, *words("移転費")} & set(held) == set()
    assert secret in whole.vocabulary().words
    assert secret not in seen.vocabulary().words
    assert seen.frequency(secret) == 0 < whole.frequency(secret)
    assert all(0 < count <= all_words[word] for word, count in held.items())


def test_a_hidden_paper_and_one_that_never_was_raise_alike(shared, visible):
    whole = shared.collection.snapshot()
    (hidden,) = {info.id for info in whole.documents()} - visible
    seen = whole.only(visible)
    chunk = whole.chunks(hidden)[0].id
    for ask in (seen.document, seen.source_path, seen.chunks, seen.facts):
        for id_ in (hidden, "0" * 16):
            with pytest.raises(KeyError) as error:
                ask(id_)
            assert error.value.args == (id_,)
    for id_ in (chunk, "0:0-1"):
        with pytest.raises(KeyError):
            seen.chunk(id_)


def test_what_is_seen_has_a_name_that_changes_only_with_what_is_seen(alone, shared, visible):
    seen = shared.collection.snapshot().only(visible)
    infos = [replace(info, source="") for info in seen.documents()]
    assert infos == [replace(info, source="") for info in alone.collection.snapshot().documents()]
    assert seen.id != shared.collection.snapshot().id
    assert seen.id == shared.collection.snapshot().only(visible | {"0" * 16}).id
    assert shared.collection.snapshot().only(None) is shared.collection.snapshot()


def test_scores_figures_and_neighbours_are_those_that_there_are_without_the_hidden_paper(alone, shared, visible):
    seen, same = shared.collection.snapshot().only(visible), alone.collection.snapshot()
    for leg in ("keyword", "vector", "fused"):
        here, there = (
            [(h.chunk.id, round(h.score, 5)) for h in s.search("図書館の貸出点数", 50, leg)] for s in (seen, same)
        )
        assert here == there, leg
    figures = [[(fact.id, score) for fact, score in s.search_facts("図書館の貸出点数")] for s in (seen, same)]
    assert figures[0] == figures[1] != []
    assert seen.frequencies() == same.frequencies()
    assert sorted(seen.vocabulary().words) == sorted(same.vocabulary().words)
    near = [s.neighbours(["図書館", "移転"], 0.0)["図書館"] for s in (seen, same)]
    assert {word: round(cosine, 4) for word, cosine in near[0]} == {word: round(cosine, 4) for word, cosine in near[1]}


def test_a_scope_narrows_what_is_found_and_rarity_stays_that_of_what_the_reader_sees(alone, shared, visible):
    def scored(snapshot):
        (bus,) = (info.id for info in snapshot.documents() if info.file == "shizumi-bus.txt")
        part = snapshot.part(Scope(documents=(bus,)))
        found = snapshot.search("のりあいバスの利用者数", 50, "keyword", part)
        return [(hit.chunk.id, hit.score) for hit in found], snapshot.shares(["利用", "図書館"], part)

    assert scored(shared.collection.snapshot().only(visible)) == scored(alone.collection.snapshot())


# Each way to read a snapshot, given a document that is hidden; what it returns must hold nothing of it.
WAYS = {
    "chunk": lambda s, id_: s.chunk(f"{id_}:0-1"),
    "chunks": lambda s, id_: s.chunks(id_),
    "document": lambda s, id_: s.document(id_),
    "documents": lambda s, id_: [info for info in s.documents() if info.id == id_],
    "facts": lambda s, id_: s.facts(id_),
    "frequencies": lambda s, id_: [word for word in s.frequencies() if word in SECRET_WORDS],
    "frequency": lambda s, id_: s.frequency("移転"),
    "info": lambda s, id_: s.info(id_),
    "neighbours": lambda s, id_: [w for w, _ in s.neighbours(["図書館"], -1.0)["図書館"] if w in SECRET_WORDS],
    "only": lambda s, id_: s.only(frozenset({id_})).documents(),
    "original": lambda s, id_: s.original(id_),
    "outlines": lambda s, id_: s.outlines([id_]),
    "part": lambda s, id_: s.part(Scope(documents=(id_,))).documents,
    "problems": lambda s, id_: [said for said in s.problems() if "hidden" in said],
    "search": lambda s, id_: [hit for hit in s.search(SECRET, 50) if hit.chunk.document_id == id_],
    "search_facts": lambda s, id_: [fact for fact, _ in s.search_facts("移転費") if fact.document_id == id_],
    "shares": lambda s, id_: sum(s.shares(SECRET_WORDS).values()),
    "signatures": lambda s, id_: s.signatures([id_]),
    "source_path": lambda s, id_: s.source_path(id_),
    "stretches": lambda s, id_: s.stretches([(id_, 0)]),
    "texts": lambda s, id_: s.texts([id_]),
    "vectors": lambda s, id_: s.vectors(id_),
    "version": lambda s, id_: s.version(id_),
    "vocabulary": lambda s, id_: [word for word in s.vocabulary().words if word in SECRET_WORDS],
}
SECRET_WORDS = ("移転", "移転費", "コマクサ", "庁舎")


def test_every_way_to_read_a_snapshot_is_narrowed(shared, visible):
    """A new method of a snapshot must be named above, with what it would tell of a hidden paper."""
    assert set(WAYS) == {n for n, value in vars(Snapshot).items() if callable(value) and not n.startswith("_")}
    whole = shared.collection.snapshot()
    (hidden,) = {info.id for info in whole.documents()} - visible
    seen = whole.only(visible)
    for name, way in WAYS.items():
        try:
            told = way(seen, hidden)
        except KeyError:
            continue
        assert not told, name
