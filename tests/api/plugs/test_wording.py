"""The text of a chat message: numbers that hold, and papers that stay text whatever stands in them."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from answer.answer import Candidate, Derived, Disagreement, Generated, Sentence, Writing
from api.plugs.wording import QUOTE, TAKEN_BACK, Wording, cut, dated, heading, marked, plain
from tests.api.conftest import citation_of, full_answer, unsure_answer

HOSTILE = [
    "[押す](ftp:evil)",
    "![](http://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "<http://evil.example>",
    "http://evil.example/a と www.evil.example と evil.example/b",
    "mail@evil.example",
    "`code` と **太字** と ~~消~~ と __下__",
    "$x^2$ と \\[y\\] と \\(z\\)",
    "[1]: http://evil.example",
    "a | b | c",
]
READER = MarkdownIt("js-default", {"html": True})
# What some clients make links and formulas of by themselves.
BARE = re.compile(r"://|www\.|[a-z]\.[a-z]|[@$\\|]")
LOUD = {"link_open", "image", "html_inline", "html_block", "code_inline", "strong_open", "em_open", "s_open"}


def url(citation):
    return f"http://127.0.0.1:8501/documents?id={citation.document_id}&start={citation.start}"


def drawn(text):
    """Return the kinds of markup that a client that draws Markdown finds in a text."""
    tokens = [inner for token in READER.parse(text) for inner in (token, *(token.children or ()))]
    return [token.type for token in tokens]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_paper_is_markup_a_link_or_a_formula(text):
    assert LOUD & set(drawn(text)) or BARE.search(text)
    shown = plain(f"「{text}」")
    assert not LOUD & set(drawn(shown))
    assert not BARE.search(shown)
    assert unicodedata.normalize("NFKC", shown) == unicodedata.normalize("NFKC", f"「{text}」")


@given(st.text())
def test_what_is_set_wide_reads_the_same(text):
    assert unicodedata.normalize("NFKC", plain(text)) == unicodedata.normalize("NFKC", text)


@given(st.text(alphabet=st.sampled_from(list("市a1.:/<>[]()!`*_$|~\\@#h \n"))))
def test_whatever_is_put_together_no_link_picture_or_markup_comes_of_it(text):
    shown = f"出典 「{' '.join(plain(text).split())}」"
    assert not LOUD & set(drawn(shown))
    assert not BARE.search(shown)


def test_every_number_stands_where_its_annotation_says_and_under_the_text(text_document):
    answer = full_answer(text_document)
    wording = Wording(url)
    text = wording.whole(answer)
    annotations = [one["url_citation"] for one in wording.annotations()]
    assert [text[a["start_index"] : a["end_index"]] for a in annotations] == ["[1]"]
    assert "16人増えました。[1]" in text
    assert f"計算: {plain('57 − 41 = 16')}[1]" in text
    assert "資料に見当たらない語: 「港」" in text
    assert "読み取り: 令和5年度に増えましたか。" in text
    assert re.search(r"^出典 \[1\] 瑞穂野町 町政の概要 p\.1（推定）（令和5年6月）「.+」 \[開く\]\(http://", text, re.M)
    assert annotations[0]["title"].startswith("瑞穂野町 町政の概要 p.1（推定）「１　防災")
    assert annotations[0]["url"] in text


def test_offsets_count_code_points_and_not_what_a_browser_counts(text_document):
    answer = replace(full_answer(text_document), answer="𠮷野町の😀は𩸽です。", understood=None)
    wording = Wording(url)
    text = wording.whole(answer)
    (one,) = wording.annotations()
    assert one["url_citation"]["start_index"] == len("𠮷野町の😀は𩸽です。") == text.index("[1]")


def test_candidates_have_the_numbers_of_all_their_places(text_document):
    wording = Wording(url)
    text = wording.whole(unsure_answer(text_document))
    assert re.search(r"候補1: 57\[1\]\[2\]\n", text)
    assert re.search(r"候補2: .+\[2\]", text)
    assert len(wording.sources) == 2  # two of the three places are one
    assert "近い記述" not in text


def test_where_nothing_is_found_what_stands_near_is_no_source(text_document):
    answer = replace(
        unsure_answer(text_document), status="not_found", answer="資料に記載がありません", citations=(), candidates=()
    )
    answer = replace(answer, missing=("竜宮城",), searched=6)
    wording = Wording(url)
    text = wording.whole(answer)
    assert "「竜宮城」という言葉は、調べた資料 6 件のどこにもありません。" in text
    assert "近い記述（答えではありません）:" in text
    assert wording.annotations() == []
    assert not re.search(r"\[\d", text)


def test_lines_of_a_list_have_the_place_that_holds_them(text_document):
    text = text_document.text
    first, second = text.index("避難所"), text.index("保育所")
    citations = (citation_of(text_document, first, first + 12, 1), citation_of(text_document, second, second + 9, 2))
    answer = replace(full_answer(text_document), answer="・保育所の待機児童数\n・避難所の数\n・ほか", timeline=())
    lines = marked(replace(answer, citations=citations, derived=None))
    assert [[c.n for c in of_it] for _, of_it in lines] == [[2], [1], []]


def written(document, ended="kept", *, differs=False):
    """Return an answer with two sentences of a model: one over the answer's own place, one over another."""
    answer = full_answer(document)
    own, other = replace(answer.citations[0], n=1), citation_of(document, 5, 20, 2)
    sentences = (Sentence("16人増えました。", (1,)), Sentence("避難所は57か所です。", (2, 1)))
    differing = (Disagreement("16人", 1, "57か所", 2),) if differs else ()
    kept = Generated(sentences, (own, other), True, disagreements=differing) if ended == "kept" else None
    return replace(
        answer, generated=kept, writing=Writing("small", "marked", ended, "切れました。" if not kept else None)
    )


def test_a_models_sentences_share_the_numbers_of_the_answer(text_document):
    wording = Wording(url)
    text = wording.whole(written(text_document, differs=True))
    assert "AIによる文章（原文と照合済み）\n\n- 16人増えました。[1]\n- 避難所は57か所です。[2][1]" in text
    assert "値が違います: 16人[1]、57か所[2]" in text
    assert [source.n for source in wording.sources] == [1, 2]


def test_told_piece_by_piece_it_is_the_same_text(text_document):
    answer = written(text_document)
    pieces = Wording(url)
    told = pieces.found(answer)
    for sentence, new in zip(answer.generated.sentences, answer.generated.citations, strict=True):
        told += pieces.worded(sentence, (new,), answer.status)
    told += pieces.ended(answer)
    whole = Wording(url)
    assert told == pieces.text == whole.whole(answer)
    assert pieces.annotations() == whole.annotations()


def test_sentences_that_broke_off_are_taken_back_in_so_many_words(text_document):
    wording = Wording(url)
    failed = written(text_document, "failed")
    wording.found(failed)
    wording.worded(Sentence("16人増えました。", (1,)), failed.citations, "answered")
    assert f"{TAKEN_BACK}: 切れました。" in wording.ended(failed)
    assert "AIの文章はありません: 切れました。" in Wording(url).whole(failed)


def test_a_long_quote_is_cut_and_a_date_said_as_far_as_it_is_known(text_document):
    assert cut("あ\n い　う\t") == "あ い　う"
    assert len(cut("あ" * 500)) == QUOTE + 1
    cited = citation_of(text_document, 0, 5)
    dates = {None: "", "2024": "（令和6年）", "2024-02": "（令和6年2月）", "2024-02-29": "（令和6年2月29日）"}
    assert {given: dated(replace(cited, published=given)) for given in dates} == dates
    assert dated(replace(cited, published="2024-02", published_guessed=True)) == "（令和6年2月、推定）"
    placed = replace(cited, place="シート「歳入」 B5", read_by="ocr", page_guessed=False)
    assert heading(placed) == "瑞穂野町 町政の概要 シート「歳入」 B5（文字認識（OCR））"


def test_an_answer_of_candidates_alone_needs_no_place_twice(text_document):
    answer = replace(unsure_answer(text_document), candidates=(Candidate("57", 1, 0.4),), derived=Derived("a", ()))
    assert Wording(url).whole(answer).count("\n出典 [") == 2
