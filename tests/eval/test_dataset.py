"""Question files: read whole, or refused with the file, the line and what is wrong."""

import gzip
import json

import pytest

from eval.dataset import DatasetError, Evidence, read_lines, read_questions

GOOD = {
    "id": "q1",
    "question": "星ヶ原町の図書館はいつ開館しますか",
    "type": "date",
    "answer": "令和7年4月1日",
    "accept": ["令和7年4月1日"],
    "evidence": [{"file": "hoshigahara.txt", "lines": [3, 4]}],
    "answerable": True,
    "note": "",
}


PLACE = {"file": "a.txt", "lines": [1, 1]}


@pytest.fixture
def write(tmp_path):
    def write(*objects):
        path = tmp_path / "set.jsonl"
        path.write_text("\n".join(o if isinstance(o, str) else json.dumps(o) for o in objects), encoding="utf-8")
        return path

    return write


def test_a_question_keeps_its_places_and_names_the_documents_it_needs(write):
    places = [{"file": "a.txt", "lines": [1, 2], "quote": "…"}, {"file": "b.pdf", "page": 7}]
    [question] = read_questions(write(GOOD | {"evidence": places, "alt_evidence": [{"file": "c.pdf", "page": 1}]}))
    assert question.evidence == (Evidence("a.txt", lines=(1, 2), quote="…"), Evidence("b.pdf", page=7))
    assert question.documents == {"a.txt", "b.pdf"}
    assert [place.file for place in question.places] == ["a.txt", "b.pdf", "c.pdf"]


def test_a_question_may_have_other_wordings(write):
    assert read_questions(write(GOOD | {"wordings": ["受付はいつ", "受付 日"]}))[0].wordings == (
        "受付はいつ",
        "受付 日",
    )
    assert read_questions(write(GOOD))[0].wordings == ()


def test_an_empty_line_is_skipped_and_still_counted(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl:3: id: 'q1' は1行目でもう使われています"):
        read_questions(write(GOOD, "", GOOD))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"acept": ["x"]}, r"set\.jsonl:1: acept: 知らない項目です"),
        ({"question": "  "}, r":1: question: 空です"),
        ({"question": None}, r":1: question: 文字列を入れてください（いまは なし）"),
        ({"type": "figure"}, r":1: type: 'figure' という種類はありません"),
        ({"answerable": "yes"}, r':1: answerable: true か false を入れてください（いまは "yes"）'),
        ({"answerable": False}, r":1: evidence: 資料に記載のない質問に、典拠は付けられません"),
        ({"answerable": False, "evidence": []}, r":1: answerable: 種類 date とは合いません"),
        ({"accept": []}, r":1: accept: 答えのある質問には、accept か accept_all が要ります"),
        ({"accept": ["x", ""]}, r':1: accept\[1\]: 空でない文字列を入れてください（いまは ""）'),
        ({"accept": "x"}, r":1: accept: 文字列の並び"),
        ({"wordings": ["いつ?", 3]}, r":1: wordings\[1\]: 空でない文字列を入れてください（いまは 3）"),
        ({"note": 3}, r":1: note: 文字列を入れてください（いまは 3）"),
        ({"evidence": []}, r":1: evidence: 答えのある質問には、典拠が要ります"),
        ({"evidence": {}}, r":1: evidence: 答えのある質問には、典拠が要ります"),
        ({"evidence": "a.txt"}, r":1: evidence: 典拠の並び"),
        ({"evidence": [{"file": "a.txt"}]}, r":1: evidence\[0\]: 行（lines）かページ（page）を、どちらもない文書では"),
        ({"evidence": [PLACE, {"file": "a.txt", "lines": [5, 4]}]}, r":1: evidence\[1\]\.lines: .*いまは \[5, 4\]"),
        ({"evidence": [{"file": "a.txt", "page": 0}]}, r":1: evidence\[0\]\.page: ページは1から.*いまは 0"),
        ({"evidence": [{"file": " ", "page": 1}]}, r":1: evidence\[0\]\.file: ファイル名"),
        ({"evidence": [PLACE | {"qoute": "…"}]}, r":1: evidence\[0\]\.qoute: 知らない項目です"),
        ({"evidence": [PLACE | {"quote": 5}]}, r":1: evidence\[0\]\.quote: 文字列を入れてください（いまは 5）"),
        ({"evidence": ["a.txt"]}, r':1: evidence\[0\]: .*の形ではありません: "a\.txt"'),
        ({"alt_evidence": [{"file": "a.txt", "page": True}]}, r":1: alt_evidence\[0\]\.page: .*いまは true"),
    ],
)
def test_a_wrong_question_is_refused_with_line_field_and_reason(write, change, says):
    with pytest.raises(DatasetError, match=says):
        read_questions(write(GOOD | change))


def test_all_faults_of_a_line_are_found_in_the_order_of_the_fields(write):
    [line] = read_lines(write(GOOD | {"answer": "", "type": "figure", "evidence": [{}], "acept": []}))
    assert line.question is None
    assert [fault.field for fault in line.faults] == ["acept", "type", "answer", "evidence[0].file", "evidence[0]"]


def test_a_line_that_is_not_json_is_refused_with_its_number(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl:2: JSONとして読めません: "):
        read_questions(write(GOOD, "{'id': 1}"))


def test_a_line_that_is_no_object_is_refused(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl:1: .* の形ではありません: \[1\]"):
        read_questions(write("[1]"))


def test_a_file_without_questions_is_refused(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl: 質問が一つもありません"):
        read_questions(write(""))


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_bytes('{"id": "星"}'.encode("cp932"))
    with pytest.raises(DatasetError, match=r"set\.jsonl: UTF-8の文字として読めません（8バイト目）"):
        read_questions(path)


def test_a_passage_overlaps_a_place_when_they_share_a_line_or_a_page():
    place = Evidence("a.txt", lines=(10, 12))
    assert place.overlaps("a.txt", (12, 20), 1)
    assert not place.overlaps("a.txt", (13, 20), 1)
    assert not place.overlaps("b.txt", (10, 12), 1)
    assert Evidence("a.pdf", page=3).overlaps("a.pdf", None, 3)
    assert not Evidence("a.pdf", page=3).overlaps("a.pdf", None, 2)


def test_a_citation_one_line_beside_the_first_line_of_a_place_still_shows_it():
    place = Evidence("a.txt", lines=(10, 12))
    assert place.is_cited_by("a.txt", (8, 9), None)
    assert not place.is_cited_by("a.txt", (12, 12), None)  # the last line of the place is not its beginning
    assert not place.is_cited_by("a.txt", None, 1)


def test_a_compressed_file_is_read_like_any_other(write, tmp_path):
    plain = write(GOOD)
    packed = tmp_path / "set.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_questions(packed) == read_questions(plain)


WORDS = Evidence("annai.docx", quote="受付は平日の午前9時から午後4時まで")


def test_words_alone_are_the_place_in_a_file_without_pages_and_lines(write):
    [question] = read_questions(write(GOOD | {"evidence": [{"file": "annai.docx", "quote": WORDS.quote}]}))
    assert question.evidence == (WORDS,)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1 窓口\n受付は平日の 午前９時から午後４時まで です。", True),  # written with other spaces and figures
        ("午前9時から午後4時まで", True),  # a part of the words
        ("受付は土曜日の正午まで", False),  # a few characters in a row are alike by chance
        ("午後4時", True),  # short, and all of it stands there
        ("", False),
    ],
)
def test_a_passage_shows_the_words_when_it_has_a_run_of_them(text, shown):
    assert WORDS.overlaps("annai.docx", None, None, text) is shown
    assert WORDS.is_cited_by("annai.docx", None, None, text) is shown
    assert not WORDS.overlaps("betsu.docx", None, None, text)


def test_beside_lines_or_a_page_the_words_are_no_place_of_their_own():
    place = Evidence("a.pdf", page=3, quote="受付は平日の午前9時から午後4時まで")
    assert not place.overlaps("a.pdf", None, 2, place.quote)


def test_a_file_is_the_same_however_its_name_is_composed():
    place = Evidence("議案　第\u30ab\u3099号.pdf", page=1)  # a wide space, a letter with its mark apart
    assert place.overlaps("議案 第ガ号.pdf", None, 1)
    assert place.is_cited_by("議案 第ガ号.pdf", None, 1)
    assert not place.overlaps("議案 第カ号.pdf", None, 1)
