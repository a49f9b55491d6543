"""Question files: read whole, or refused with the file, the line and what is wrong."""

import json

import pytest

from eval.dataset import DatasetError, Evidence, read_questions

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


def test_an_empty_line_is_skipped_and_still_counted(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl:3: id 'q1' already stands on line 1"):
        read_questions(write(GOOD, "", GOOD))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"acept": ["x"]}, r"set\.jsonl:1: unknown key 'acept'"),
        ({"question": "  "}, r":1: 'question' must be a text that is not empty, got '  '"),
        ({"type": "figure"}, r":1: unknown type 'figure'"),
        ({"answerable": "yes"}, r":1: 'answerable' must be true or false, got 'yes'"),
        ({"answerable": False}, r":1: type 'date' does not go with answerable: False"),
        ({"accept": []}, r":1: an answerable question needs 'accept' or 'accept_all'"),
        ({"accept": [""]}, r":1: 'accept' must be a list of texts"),
        ({"evidence": []}, r":1: an answerable question needs 'evidence'"),
        ({"evidence": [{"file": "a.txt"}]}, r":1: 'evidence': give 'lines' or 'page', one of them"),
        ({"evidence": [{"file": "a.txt", "lines": [5, 4]}]}, r":1: 'evidence': 'lines' are \[first, last\]"),
        ({"evidence": [{"file": "a.txt", "page": 0}]}, r":1: 'evidence': 'page' counts from 1, got 0"),
        ({"evidence": ["a.txt"]}, r":1: 'evidence': expected an object with 'file'"),
        ({"type": "unanswerable", "answerable": False}, r":1: an unanswerable question has no 'evidence'"),
    ],
)
def test_a_wrong_question_is_refused_with_its_line_and_the_reason(write, change, says):
    with pytest.raises(DatasetError, match=says):
        read_questions(write(GOOD | change))


def test_a_line_that_is_not_json_is_refused_with_its_number(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl:2: not JSON: "):
        read_questions(write(GOOD, "{'id': 1}"))


def test_a_file_without_questions_is_refused(write):
    with pytest.raises(DatasetError, match=r"set\.jsonl: no question in the file"):
        read_questions(write(""))


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
