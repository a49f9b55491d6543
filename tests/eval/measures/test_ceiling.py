"""What a reader is shown: the right text, its page, its place among what may be the answer."""

from eval.dataset import Evidence
from eval.measures.ceiling import is_candidate, is_on_page, is_within
from eval.measures.retrieval import Place
from tests.eval.measures.questions import A5, A9, B1, question

TELLS = Place("a:9", "a.txt", (9, 9), 1, "窓口への相談は２，７７６件でした")


def test_the_text_may_stand_in_any_passage_written_as_it_may_be():
    assert is_within(question(), [B1, TELLS])
    assert not is_within(question(), [A5, B1])
    assert not is_within(question(), [])


def test_of_a_list_every_part_must_be_shown():
    both = question("list", accept=(), accept_all=("甲町", "乙町"))
    one, other = (Place("x", "a.txt", None, 1, text) for text in ("甲町から", "乙町まで"))
    assert is_within(both, [one, other])
    assert not is_within(both, [one])


def test_of_an_answer_that_is_worked_out_every_paper_must_be_shown_at_its_place():
    """はい stands in many texts: that says nothing."""
    places = (Evidence("a.txt", (5, 6)), Evidence("b.txt", (1, 1)))
    for asked in (question("yesno", accept=("はい",), evidence=places), question(note="派生: 差", evidence=places)):
        assert is_within(asked, [A5, B1])
        assert not is_within(asked, [A5, TELLS])


def test_a_passage_is_on_the_page_when_it_touches_a_gold_place_or_the_same_said_elsewhere():
    assert is_on_page(question(), [B1, A5])
    assert not is_on_page(question(), [A9, B1])
    assert is_on_page(question(alt_evidence=(Evidence("b.txt", (1, 1)),)), [B1])


def test_a_candidate_must_say_it():
    assert is_candidate(question(), ["9件", "2,776件"])
    assert not is_candidate(question(), ["12,776件"])
    assert not is_candidate(question(), [])
