"""Questions about things that no document names: one thing is replaced, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.asking.question import read_question
from eval.dataset import Evidence, Question
from eval.robustness.strange import NOUNS, absent_nouns, estranged, names
from index.collection import Collection
from ingest.japanese import words
from tests.conftest import HashingEmbedder


def asked(text, name="q1", accept=("507",)):
    return Question(name, text, "number", "…", tuple(accept), (), (Evidence("a.txt", lines=(1, 1)),), (), True)


def held(**shares):
    """What a collection holds of each word; of all others nothing."""
    return lambda word: shares.get(word, 0.0)


def rewritten(text, shares, nouns=("金魚",), name="q1"):
    found = estranged(asked(text, name), held(**shares), nouns)
    return found and found.question.question


@pytest.mark.parametrize(
    ("before", "shares", "after"),
    [
        ("図書館の会員は何人", {"図書": 0.1, "会員": 0.1}, "金魚の会員は何人"),
        ("図書館の会員は何人", {}, None),  # nothing that the documents hold
        # The rarest thing, and the first of two that are as rare.
        ("山田町で農家が図書館に寄贈した本", {"農家": 0.2, "図書": 0.1, "館": 0.3}, "山田町で農家が金魚に寄贈した本"),
        ("山田町で農家に本をくれた人", {"農家": 0.1, "本": 0.1}, "山田町で金魚に本をくれた人"),
        # Not what is wanted: next to the interrogative, a measure, a kind of answer.
        ("会員は何人", {"会員": 0.1}, None),
        ("どの会場で開かれたのか", {"会場": 0.1}, None),
        ("何万人泊あったのでしょう", {"人泊": 0.1, "泊": 0.1}, None),
        ("図書館の登録件数は何件", {"図書": 0.2, "登録": 0.01, "件数": 0.01}, "金魚の登録件数は何件"),
        ("図書館の設置目的を教えて", {"図書": 0.2, "設置": 0.01, "目的": 0.01}, "金魚の設置目的を教えて"),
        ("図書館の跡地は？", {"図書": 0.2, "跡地": 0.01}, "金魚の跡地は？"),
        # No thing: a deed, what is said of all, a date, a number, an aside.
        ("図書館に寄贈された本", {"図書": 0.2, "寄贈": 0.01}, "金魚に寄贈された本"),
        ("図書館にいくら助成する見通しか", {"図書": 0.2, "助成": 0.01, "見通し": 0.01}, "金魚にいくら助成する見通しか"),
        ("令和6年1月の図書館の会員は何人", {"図書": 0.2, "令和6年": 0.01}, "令和6年1月の金魚の会員は何人"),
        ("図書館の会員は何人（速報）", {"図書": 0.2, "速報": 0.01}, "金魚の会員は何人（速報）"),
        # Wherever it stands as a word of its own, in large letters or small.
        ("プロのうち、プロジェクトにいるプロの割合", {"プロ": 0.1}, "金魚のうち、プロジェクトにいる金魚の割合"),
        ("DXの効果がいつ出るか", {"dx": 0.1}, "金魚の効果がいつ出るか"),
    ],
)
def test_the_rarest_thing_is_replaced_and_nothing_else(before, shares, after):
    assert rewritten(before, shares) == after


def test_of_a_compound_all_or_the_front_is_replaced_as_the_id_decides():
    shares = {"空き家": 0.1, "バンク": 0.1}
    written = [rewritten("空き家バンクの登録は何件", shares, name=f"q{n}") for n in range(40)]
    assert set(written) == {"金魚の登録は何件", "金魚バンクの登録は何件"}
    assert 10 <= written.count("金魚バンクの登録は何件") <= 30


def test_no_noun_is_taken_that_the_question_or_its_answer_names():
    """例: オーロラ in 「オーロラ号」"""
    shares = held(図書=0.1)
    question = asked("図書館のピアノの寄贈者", accept=("オーロラ号の船長",))
    assert estranged(question, shares, ("ピアノ", "オーロラ")) is None
    assert estranged(question, shares, ("ピアノ", "オーロラ", "金魚")).thing == "金魚"


def test_the_derived_question_has_no_answer_any_more():
    question, thing = estranged(asked("図書館の会員は何人"), held(図書=0.1), NOUNS)
    assert thing in NOUNS
    assert question.question == f"{thing}の会員は何人"
    assert (question.id, question.type, question.answerable) == ("q1-strange", "unanswerable", False)
    assert (question.accept, question.accept_all, question.places) == ((), (), ())


PIECES = "図書館 の は を 会員 何人 令和6年 「農家」 （速報） DX 移住相談 、 寄贈した".split()


@given(
    st.lists(
        st.sampled_from("図書館 の は を 会員 何人 令和6年 「農家」 （速報） DX 移住相談 、 寄贈した".split()),
        max_size=9,
    ),
    st.integers(0, 9),
)
def test_what_comes_out_is_always_the_same_and_names_a_thing_that_was_not_there(pieces, n):
    question = asked("".join(pieces) or "会員", name=f"q{n}")
    found = estranged(question, lambda word: 0.1, NOUNS)
    assert found == estranged(question, lambda word: 0.1, NOUNS)
    if found:
        assert found.thing not in question.question
        assert found.thing in found.question.question


def test_the_nouns_are_single_words_that_a_question_is_read_by():
    assert len(set(NOUNS)) == len(NOUNS)
    for noun in NOUNS:
        assert read_question(f"{noun}の会員は何人").terms[0].text == noun
        assert len(words(noun)) <= 3


def collection(folder, text):
    paper = folder / "paper.txt"
    paper.write_text(text, encoding="utf-8")
    found = Collection(folder / "index", HashingEmbedder())
    found.add([paper])
    return found.snapshot()


def test_a_noun_is_absent_when_no_document_names_it_or_a_piece_of_it(tmp_path):
    snapshot = collection(tmp_path, "衛星放送の契約は12件。大相撲の巡業を1回開いた。メガネの助成は3件。\n")
    nouns = ("人工衛星", "相撲", "眼鏡", "金魚")
    assert absent_nouns(snapshot, nouns) == ("金魚",)


def test_a_noun_like_a_word_of_the_documents_is_not_absent(tmp_path, monkeypatch):
    snapshot = collection(tmp_path, "武道の教室を1回開いた。\n")
    near = {"剣道": (("武道", 0.56),), "金魚": ()}
    monkeypatch.setattr(snapshot, "neighbours", lambda nouns, least: {noun: near[noun] for noun in nouns})
    assert absent_nouns(snapshot, ("剣道", "金魚")) == ("金魚",)


@pytest.mark.parametrize(
    ("missing", "told"),
    [((), False), (("会員",), False), (("金魚",), True), (("会員", "金魚バンク"), True), (("ピアノ",), False)],
)
def test_an_answer_names_the_thing_alone_or_in_a_compound(missing, told):
    assert names(missing, "金魚") == told


def test_an_answer_may_name_the_thing_as_the_dictionary_has_it():
    assert names(("鰻",), "うなぎ")
