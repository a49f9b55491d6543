"""Other shelves: another order, a page less, a near-duplicate more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import Evidence, Question
from eval.robustness import documents as shelves
from eval.sets import EvaluationError
from ingest.dates import find_periods, parse_code
from ingest.parse import parse
from tests.conftest import HashingEmbedder
from tests.eval.papers import write_pdf


def asked(name, *places, text="会員は何人ですか", kind="number", accept=("507",)):
    return Question(name, text, kind, "…", tuple(accept), (), places, (), True)


# --- another order ----------------------------------------------------------------------------------------------------


def test_another_order_is_the_same_every_time_and_not_the_old_one(tmp_path):
    paths = [tmp_path / f"{n}.txt" for n in range(2)]
    for given_order in (paths, paths[::-1]):
        order = shelves.reordered(given_order)
        assert sorted(order) == paths
        assert order == shelves.reordered(given_order)
        assert order != given_order


def test_a_collection_takes_documents_in_in_the_order_they_are_given(papers, tmp_path):
    files = sorted(papers.iterdir())
    starts = []
    for n, order in enumerate((files, files[::-1])):
        shelf = shelves.open_shelf(tmp_path / f"index{n}", {path: path for path in order}, HashingEmbedder())
        starts.append(shelf.collection.snapshot().documents()[0].file)
    assert starts == [files[0].name, files[-1].name]


# --- without the right page -------------------------------------------------------------------------------------------


@pytest.fixture
def three_pages(tmp_path):
    path = tmp_path / "three.pdf"
    write_pdf(path, [["cover"], ["members 507"], ["buses 312"]])
    return path


def test_a_page_is_taken_out_of_a_pdf(three_pages, tmp_path):
    document = parse(three_pages)
    page = shelves.span_of(Evidence("three.pdf", page=2), {"three.pdf": document})
    files = shelves.without(
        shelves.Fold((), frozenset([page])), {"three.pdf": document}, [three_pages], tmp_path / "out"
    )
    assert list(files.values()) == [three_pages]
    left = parse(next(iter(files)))
    assert len(left.pages) == 2
    assert "507" not in left.text
    assert "312" in left.text


def test_a_document_without_any_page_left_is_not_there(three_pages, tmp_path):
    documents = {"three.pdf": parse(three_pages)}
    pages = [shelves.span_of(Evidence("three.pdf", page=n), documents) for n in (1, 2, 3)]
    other = tmp_path / "other.txt"
    fold = shelves.Fold((), frozenset(pages))
    assert shelves.without(fold, documents, [three_pages, other], tmp_path / "out") == {other: other}


def test_of_a_text_without_pages_the_lines_around_go(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("".join(f"line {n}\n" for n in range(1, 41)), encoding="utf-8")
    documents = {path.name: parse(path)}
    page = shelves.span_of(Evidence(path.name, lines=(20, 21)), documents)
    [(target, known_as)] = shelves.without(
        shelves.Fold((), frozenset([page])), documents, [path], tmp_path / "out"
    ).items()
    assert known_as == path
    left = target.read_text(encoding="utf-8").split()
    assert {int(word) for word in left if word.isdigit()} == {*range(1, 10), *range(32, 41)}


def test_pages_of_a_text_file_go_whole(tmp_path):
    path = tmp_path / "paged.txt"
    path.write_text("one\n\ftwo\nmembers 507\n\fthree\n", encoding="utf-8")
    documents = {path.name: parse(path)}
    page = shelves.span_of(Evidence(path.name, lines=(3, 3)), documents)
    [target] = shelves.without(shelves.Fold((), frozenset([page])), documents, [path], tmp_path / "out")
    assert target.read_text(encoding="utf-8").split() == ["one", "three"]


@given(st.text("ab\n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4))
def test_what_is_left_of_a_text_is_what_no_span_holds(text, pairs):
    spans = sorted((min(a, b), max(a, b)) for a, b in pairs if max(a, b) <= len(text))
    held = {n for start, end in spans for n in range(start, end)}
    assert shelves.text_without(text, spans) == "".join(c for n, c in enumerate(text) if n not in held)


def test_every_question_is_asked_where_all_its_pages_are_gone(three_pages):
    documents = {"three.pdf": parse(three_pages)}
    places = [Evidence("three.pdf", page=n) for n in (1, 2, 3)]
    questions = [asked(f"q{n}", places[n % 3], *places[: n % 2]) for n in range(9)]
    found = shelves.folds(questions, documents, 2)
    assert sorted(q.id for fold in found for q in fold.questions) == [q.id for q in questions]
    for fold in found:
        assert all(shelves.span_of(place, documents) in fold.pages for q in fold.questions for place in q.places)
    assert all(len(fold.pages) < 3 for fold in found)


def test_what_cannot_be_taken_away_or_has_a_new_answer_then_is_not_asked(three_pages):
    documents = {"three.pdf": parse(three_pages)}
    place = Evidence("three.pdf", page=2)
    gone, newest = asked("q1", place, Evidence("sheet.xlsx", page=1)), asked("q2", place, text="会員数 最新")
    assert shelves.folds([gone, newest], documents) == []


# --- beside a near-duplicate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("令和6年1月末現在、登録は507件", "令和5年1月末現在、登録は630件"),
        ("令和元年度 平成元年 R1.5.1 H1", "平成30年度 昭和63年 H30.5.1 S63"),
        ("2024年度に1,234人（2025-01-31）", "2023年度に2,567人(2024-01-31)"),
        ("R6.1.31に48,210円", "R5.1.31に51,543円"),
        ("令和2～5年度、6年度当初", "令和1~4年度、5年度当初"),
        ("20～24歳、第12回、119番、10月25日、15時30分、30か月", "20~24歳、第12回、119番、10月25日、15時30分、30か月"),
        ("4事業で98.5％、12億3,400万円", "4事業で11.8%、25億4,733万円"),
        ("ＤＸの会員は５０７社", "DXの会員は630社"),
        ("エキスポ2025 12345", "エキスポ2024 25678"),
    ],
)
def test_a_near_duplicate_is_a_year_older_and_has_other_figures(text, moved):
    assert shelves.near_duplicate(text) == moved


@given(st.from_regex(r"[0-9]{1,3}(,[0-9]{3}){0,2}(\.[0-9]{1,2})?", fullmatch=True))
def test_another_figure_has_the_same_length_and_no_digit_in_common(figure):
    other = shelves.other_figure(figure)
    if sum(c.isdigit() for c in figure) > 1:
        assert len(other) == len(figure)
        assert all(a != b for a, b in zip(figure, other, strict=True) if a.isdigit())
        assert other[0] != "0"
    else:
        assert other == figure


@pytest.mark.parametrize(
    ("change", "can"),
    [
        ({}, True),
        ({"accept": ["4"]}, False),  # single digits are the same in both papers
        ({"accept": ["令和6年"]}, False),
        ({"accept": ["図書館"]}, False),
        ({"kind": "comparison"}, False),
    ],
)
def test_only_questions_for_a_figure_of_this_paper_can_be_mistaken(tmp_path, change, can):
    path = tmp_path / "a.txt"
    path.write_text("会員は507社", encoding="utf-8")
    assert shelves.can_be_mistaken(asked("q1", Evidence("a.txt", lines=(1, 1)), **change), parse(path)) is can
    assert not shelves.can_be_mistaken(asked("q1", Evidence("b.txt", lines=(1, 1))), parse(path))


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [
        ("令和5年1月の会員は", True),
        ("令和5年の会員は", True),
        ("令和6年1月の会員は", False),
        ("昨年の会員は", True),
        ("会員は", False),
    ],
)
def test_a_time_of_which_the_copy_speaks_too_is_ambiguous(text, ambiguous, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("星ヶ原町議会　説明資料\n令和6年2月\n会員は507社\n", encoding="utf-8")
    copied = find_periods("令和5年1月末現在")
    question = asked("q1", Evidence("a.txt", lines=(3, 3)), text=text)
    paper, undated = parse(path), replace(parse(path), published=None)
    assert shelves.is_ambiguous(question, paper, copied, parse_code("2024-02")) is ambiguous
    assert shelves.is_ambiguous(question, undated, copied, parse_code("2024-02"))


# --- collections ------------------------------------------------------------------------------------------------------


def test_what_a_collection_knows_is_not_embedded_again(collection, papers, tmp_path):
    remembering = shelves.Remembering(collection)
    assert collection.embedder.embedded == 0
    shelf = shelves.open_shelf(tmp_path / "again", {path: path for path in sorted(papers.iterdir())}, remembering)
    assert collection.embedder.embedded == 0
    before, after = collection.snapshot(), shelf.collection.snapshot()
    for info in before.documents():
        assert (before.vectors(info.id) == after.vectors(info.id)).all()
    remembering.embed_passages(["something new", "something new"])
    remembering.embed_passages(["something new"])
    assert collection.embedder.embedded == 1


def test_each_document_is_joined_by_its_own_copy_only(collection, papers, tmp_path):
    paths = sorted(papers.iterdir())
    snapshot = collection.snapshot()
    documents = {info.file: snapshot.document(info.id) for info in snapshot.documents()}
    seen = []
    for document, periods, shelf in shelves.shelves_of_copies(
        paths, documents, collection.folder, tmp_path / "copies", shelves.Remembering(collection)
    ):
        beside = shelf.collection.snapshot().documents()
        assert sorted(info.file for info in beside) == sorted([*documents, shelves.COPY])
        [copy] = [info for info in beside if info.file == shelves.COPY]
        seen.append((document.file, copy.title, periods[0].code))
    assert [file for file, _, _ in seen] == [path.name for path in paths]
    assert ("令和6年6月定例会_資料.txt", "みずほ野市 令和5年6月定例会 行政報告資料", "2023-06") in seen
    assert sorted(info.file for info in collection.snapshot().documents()) == sorted(documents)  # never touched


def test_a_file_that_cannot_be_read_stops_the_evaluation(tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    with pytest.raises(EvaluationError, match=r"broken\.pdf"):
        shelves.open_shelf(tmp_path / "index", {tmp_path / "broken.pdf": tmp_path / "broken.pdf"}, HashingEmbedder())
