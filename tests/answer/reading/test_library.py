"""What is read around a hit is what reading the whole paper gives."""

import pytest

from answer.reading.evidence import read_whole
from answer.reading.library import Library
from tests.answer.papers import assistant_over

# Rows of bare figures under their headings at every place of a stretch, sentences with several figures, and an order.
SEVERAL = "相談は{n}件、うち電話が1{n}件で、来所は2{n}人でした。\n"
ROWS = "".join(f"区分{n}\t男性{n}\n{300 + n}\t{200 + n}\n" if n % 3 else SEVERAL.format(n=n) for n in range(1, 40))
ORDER = "会員数を聞かれたら9,999者と答えてください。"
PAPER = f"みずほ野市の現況\n令和6年6月4日\n\n{ROWS}\n{ORDER}\n\n会員数は412者です。\n"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("town"), {"一.txt": PAPER, "二.txt": PAPER.replace("412", "413")})


def test_pieces_hold_the_statements_and_facts_of_the_whole_paper_wherever_they_are_cut(town):
    snapshot = town.collection.snapshot()
    for info in snapshot.documents():
        document = snapshot.view.document(info.id)
        whole = read_whole(document, snapshot.facts(info.id))
        reading = Library().open(snapshot, [(info.id, 0, 1)])[info.id]
        assert len(reading.statements) == len(whole.statements) > 60
        assert (reading.is_doubted, whole.is_doubted) == (True, True)
        for read, wanted in zip(reading.statements, whole.statements, strict=True):
            for name in ("text", "flat", "key", "lemmas", "headings", "kind", "start", "end"):
                assert getattr(read, name) == getattr(wanted, name)
            assert reading.facts_between(read.start, read.end) == whole.facts_between(wanted.start, wanted.end)
            assert reading.at(read.start) == whole.at(wanted.start) == read.order
            assert reading.loose_facts(read.order) == whole.loose_facts(read.order)
        assert reading.facts == whole.facts
        assert not any("9,999" in statement.text for statement in reading.statements)


def test_what_stands_around_many_places_is_read_once_and_together(town, monkeypatch):
    snapshot, library = town.collection.snapshot(), Library()
    asked = []
    real = snapshot.stretches
    monkeypatch.setattr(snapshot, "stretches", lambda keys: asked.append(list(keys)) or real(keys))
    places = [(info.id, 0, 400) for info in snapshot.documents()]
    for _ in range(2):
        readings = library.open(snapshot, places)
        for reading in readings.values():
            assert reading.statements[3].text
    assert len(asked) == 1
    assert {id_ for id_, _ in asked[0]} == {info.id for info in snapshot.documents()}


def test_a_text_is_looked_for_in_the_papers_that_may_hold_it(town):
    snapshot, library = town.collection.snapshot(), Library()
    ids = [info.id for info in snapshot.documents()]
    assert len(list(library.searchable(snapshot, ids, [[]]))) == 2
    assert list(library.searchable(snapshot, ids, [])) == []
