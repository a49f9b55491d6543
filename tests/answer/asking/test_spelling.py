"""Misspelt words are read as the papers' words that they can only be meant for, and other things stay what they are."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.asking.spelling import Speller
from answer.assistant import Assistant
from ingest.japanese import words
from tests.answer.papers import ask, assistant_over, plain

PAPER = """\
白砂県議会　令和6年6月定例会　説明資料
令和6年6月10日

１　移住の相談

白砂県の移住相談窓口で令和5年度に受けた移住相談は、210件です。
オンラインセミナーには、45組が参加しました。参加の組数は前年より増えています。
県外からの転入者を増やすため、就職支援事業を進めます。

２　みなと振興コンソーシアム

みなと振興コンソーシアムの会員は、令和6年5月末現在で312社です。
コンソーシアムには、ＪＺＫＭが出資しています。
デジタル化推進計画は、令和6年3月に策定しました。
ガントリークレーンの整備は令和6年4月に始まりました。
オーストラリアとの交流事業には18名が参加しました。
資料は県のホームページで公開しています。公開の件数は76件です。
職員研修は部会長が担当し、研修の受講者は94名です。
"""

# One question for each thing that the paper tells, with the figure.
ASKED = {
    "移住相談は何件ですか": "210件",
    "オンラインセミナーに参加したのは何組ですか": "45組",
    "みなと振興コンソーシアムの会員は何社ですか": "312社",
    "職員研修の受講者は何名ですか": "94名",
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("spelling"), {"r6-06.txt": PAPER})


def speller_of(*lines: str) -> Speller:
    """Return the speller of a collection of these passages."""
    counts: dict[str, int] = {}
    for line in lines:
        for word in set(words(line)):
            counts[word] = counts.get(word, 0) + 1
    return Speller(counts, lambda _: lines)


SPELLER = speller_of(*PAPER.splitlines())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("コンソシーアムの会員は何社ですか", "コンソーシアムの会員は何社ですか"),  # changed places
        ("コンソーシムの会員は何社ですか", "コンソーシアムの会員は何社ですか"),  # left out
        ("デジタ化推進計画の策定はいつ？", "デジタル化推進計画の策定はいつ？"),
        ("ガンントリークレーンの整備の開始は？", "ガントリークレーンの整備の開始は？"),  # typed twice
        ("オンラインセミナの参加は何組？", "オンラインセミナーの参加は何組？"),
        ("JKZMは何に出資していますか", "JZKMは何に出資していますか"),
        ("移住談相は何件ですか", "移住相談は何件ですか"),
        ("移住住相談は何件ですか", "移住相談は何件ですか"),
        ("職研員修の受講者は何名？", "職員研修の受講者は何名？"),
    ],
)
def test_a_slip_of_the_fingers_is_put_right(typed, meant):
    assert SPELLER.corrected(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("参加のくみすうは？", "参加の組数は？"),
        ("移住そうだんまどぐちで受けた件数", "移住相談窓口で受けた件数"),
        ("てんにゅうしゃを増やす事業", "転入者を増やす事業"),
        ("こんそーしあむの会員は何社ですか", "コンソーシアムの会員は何社ですか"),
        ("資料をこうかいしているのはどこ？", "資料を公開しているのはどこ？"),  # the dictionary takes it for 後悔
        ("整備するりゆうを教えて", "整備する理由を教えて"),  # what questions ask by, whatever the papers say
        ("女性のわりあいは？", "女性の割合は？"),
    ],
)
def test_a_word_typed_in_kana_is_written_as_in_the_papers(typed, meant):
    assert SPELLER.corrected(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        *ASKED,
        "オーストリアとの交流事業は何名？",  # a country of its own, one letter from the papers' オーストラリア
        "マンゴーの輸出額は？",
        "うなぎの輸出額は？",
        "きんぎょの品評会は何件？",
        "バレエの公演は何件ですか",
        "部長会の開催は何件？",  # not 部会長
        "会社社長の名前は？",
        "大坂市の相談は何件ですか",
        "移住した人はどのくらいいましたか、おしえてください",
        "あたらしい計画はいつまとまったのですか",
        "JAの会員は何社ですか",
    ],
)
def test_words_of_other_things_stay_what_they_are(question):
    assert SPELLER.corrected(question) is None


def test_what_may_be_meant_for_two_words_is_left_alone():
    two = speller_of("ハーバーライトの整備", "ハーバーサイトの整備")
    assert two.corrected("ハーバーイトの整備はいつ？") is None
    assert two.corrected("ハーバーラトの整備はいつ？") == "ハーバーライトの整備はいつ？"
    homophones = speller_of("歯科医師の会の懇親", "司会者の歯科", "市会の議案", "歯科の検診")
    assert homophones.corrected("しかいの人数は？") is None


def test_a_compound_of_the_papers_is_none_other_that_looks_misspelt():
    both = speller_of("外国人人材の受入れ", "外国人材の育成")
    assert both.corrected("外国人人材の受入れは何人？") is None


def test_a_verb_in_kana_is_no_noun_that_sounds_like_it():
    assert speller_of("音楽のクラス").corrected("町でくらすのは何名？") is None


def test_what_stands_in_kana_in_the_papers_stays_in_kana():
    both = speller_of("荒砂の健康手帳", "電子版あらすな健康手帳の利用者")
    assert both.corrected("あらすなの利用者は何人？") is None


@pytest.mark.parametrize("typed", ["「コンソシーアム」の会員は何社？", "『移住談相』は何件？", "“くみすう”は？"])
def test_what_is_quoted_is_never_touched(typed):
    assert SPELLER.corrected(typed) is None


_FRAMES = st.sampled_from(
    ["{}の件数は？", "令和5年度の{}は何件ですか", "2023年10月4日の{}と「{}」の数312社は？", "{}{}の45組"]
)
_WORDS = st.sampled_from(
    ["移住相談", "コンソーシアム", "ガントリークレーン", "就職支援事業", "くみすう", "職員研修", "JZKM"]
)


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """Return a question in which a word may have lost, gained or swapped a character."""

    def slipped() -> str:
        word = draw(_WORDS)
        at = draw(st.integers(0, len(word) - 2))
        slip = draw(st.sampled_from(["none", "swap", "drop", "double"]))
        return {
            "none": word,
            "swap": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            "drop": word[:at] + word[at + 1 :],
            "double": word[: at + 1] + word[at:],
        }[slip]

    frame = draw(_FRAMES)
    return frame.format(*[slipped() for _ in range(frame.count("{}"))])


_FIXED = re.compile(r"「[^」]*」|\d+[年月日組社]?度?")


@settings(max_examples=150, deadline=None)
@given(misspelt())
def test_figures_dates_and_quoted_words_never_change(question):
    meant = SPELLER.corrected(question) or question
    assert _FIXED.findall(meant) == _FIXED.findall(question)


@settings(max_examples=100, deadline=None)
@given(misspelt())
def test_what_was_put_right_is_not_put_right_again(question):
    meant = SPELLER.corrected(question)
    assert meant is None or SPELLER.corrected(meant) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([line for line in PAPER.splitlines() if line]), min_size=1, max_size=3))
def test_the_papers_own_words_are_never_changed(lines):
    assert SPELLER.corrected("".join(lines) + "は何件ですか") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("移住談相は何件ですか", "移住相談は何件ですか"),
        ("オンラインセナミーに参加したのは何組ですか", "オンラインセミナーに参加したのは何組ですか"),
        ("みなと振興コンソシーアムの会員は何社ですか", "みなと振興コンソーシアムの会員は何社ですか"),
        ("職員研修修の受講者は何名ですか", "職員研修の受講者は何名ですか"),
    ],
)
def test_a_misspelt_question_is_answered_and_says_how_it_was_read(county: Assistant, typed: str, meant: str):
    answer = ask(county, typed)
    assert plain(answer.answer).startswith(ASKED[meant])
    assert (answer.question, answer.understood) == (typed, meant)
    assert county.trace(typed).question.text == meant


def test_a_well_spelt_question_is_read_as_it_stands(county: Assistant):
    for question, value in ASKED.items():
        answer = ask(county, question)
        assert plain(answer.answer).startswith(value)
        assert answer.understood is None


def test_asked_as_typed_no_word_is_put_right_and_nothing_is_followed(county: Assistant):
    answer = county.ask("みなと振興コンソシーアムの会員は何社ですか", as_typed=True)
    assert (answer.question, answer.understood) == ("みなと振興コンソシーアムの会員は何社ですか", None)
    assert "コンソシーアム" in county.trace(answer.question, as_typed=True).question.folded
    assert county.ask("では令和4年度は？", after="移住相談は何件ですか", as_typed=True).understood is None


def test_a_follow_up_is_made_whole_and_then_put_right(county: Assistant):
    answer = county.ask("では職員研修修の受講者は？", after="みなと振興コンソーシアムの会員は何社ですか")
    assert answer.understood is not None
    assert "職員研修の" in answer.understood


def test_new_papers_bring_new_words(tmp_path):
    county = assistant_over(tmp_path / "county", {"r6-06.txt": PAPER})
    typed = "ハーバーフェタスの来場は何名ですか"
    assert county.ask(typed).understood is None
    (tmp_path / "new.txt").write_text(
        "白砂県\n令和6年9月1日\n\nハーバーフェスタの来場は880名です。\n", encoding="utf-8"
    )
    assert county.collection.add([tmp_path / "new.txt"]).failed == []
    assert county.ask(typed).understood == "ハーバーフェスタの来場は何名ですか"
