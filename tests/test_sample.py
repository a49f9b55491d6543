"""The sample collection and its questions: restated, in step with their sources, and answerable from the pages."""

import json
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

import pypdfium2
import pytest

from sample.render import FONTS, NOTICE, FontError, Source, find_font, page_texts, read_source, render, sources

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
QUESTIONS = [
    json.loads(line)
    for line in (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    if line
]
TYPES = {
    "number", "date", "name", "place", "list", "table_cell", "definition", "reason", "howto", "yesno", "comparison",
    "temporal", "paraphrase", "unanswerable",
}  # fmt: skip
COPY_LENGTH = 18
# Names that no rewording can avoid: of projects, bodies, funds, companies and events.
PROPER_NAMES = (
    "くまもとDX推進コンソーシアム", "くまもとDXグランドデザイン推進事業", "地域産業構造転換インフラ整備推進交付金",
    "地域連携型観光地域づくり緊急支援事業", "くまもと障がい者社会参加DX推進事業",
    "県立高校・中学校WEB出願システム導入", "くまもと地域みらいエネルギー株式会社",
)  # fmt: skip


def plain(text: str) -> str:
    """Return the text as it is compared: NFKC, without white space and digit commas."""
    return re.sub(r"\s|(?<=\d),(?=\d)", "", unicodedata.normalize("NFKC", text))


@cache
def pages(path: Path) -> tuple[str, ...]:
    with pypdfium2.PdfDocument(path) as document:
        return tuple(page.get_textpage().get_text_bounded() for page in document)


def sample_page(place: dict) -> str:
    return pages(ROOT / "sample" / place["file"])[place["page"] - 1]


def stands(value: str, text: str) -> bool:
    """Say whether a gold value stands in a page's text; the unit of a cell may stand apart, in the heading."""
    number = re.match(r"\d+(\.\d+)?", plain(value))
    spaced = re.sub(r"(?<=\d),(?=\d)", "", unicodedata.normalize("NFKC", text))
    return plain(value) in plain(text) or (
        number is not None and re.search(rf"(?<![\d.]){re.escape(number[0])}(?![\d.])", spaced) is not None
    )


@cache
def read(path: Path) -> Source:
    return read_source(path)


# --- the documents


def test_the_collection_is_large_enough_to_be_worth_asking_and_small_enough_to_be_carried():
    files = sorted((ROOT / "sample").glob("*.pdf"))
    assert [file.stem for file in files] == [path.stem for path in sources()]
    assert len(files) >= 5
    assert sum(len(pages(file)) for file in files) >= 40
    assert sum(file.stat().st_size for file in files) < 3_000_000


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_each_page_says_that_it_is_restated_and_not_the_original(path):
    for text in pages(ROOT / "sample" / f"{path.stem}.pdf"):
        assert plain(NOTICE) in plain(text)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_each_page_prints_what_its_source_says_and_nothing_else(path):
    """Needs no font, so it holds on every machine: a source edited without rendering fails here."""
    shown = pages(ROOT / "sample" / f"{path.stem}.pdf")
    expected = read(path).pages
    assert len(shown) == len(expected)
    for number, (text, page) in enumerate(zip(shown, expected, strict=True), 1):
        wanted = Counter("".join(plain(t) for t in [NOTICE, *page_texts(page)]))
        # digit commas fall where cells meet, so they are not counted
        found = Counter(plain(text))
        del wanted[","], found[","], wanted["-"], found["-"]
        assert found == wanted, f"{path.name}, page {number}: run python sample/render.py"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_rendering_again_gives_the_committed_text(path, tmp_path):
    try:
        for file in FONTS.values():
            find_font(file)
    except FontError as error:
        pytest.skip(f"cannot render: {error}")
    render(read(path), tmp_path / "again.pdf")
    assert pages(tmp_path / "again.pdf") == pages(ROOT / "sample" / f"{path.stem}.pdf")


def test_printed_page_numbers_differ_from_physical_ones_in_some_documents():
    """A cover without a number and an extract that begins at 17 are what real papers do."""
    offsets = {
        path.stem: {int(page.label) - number for number, page in enumerate(read(path).pages, 1) if page.label}
        for path in sources()
    }
    assert offsets["r6-12-gikai"] == {16}
    assert offsets["r7-02-gikai"] == {-1}
    assert offsets["r6-02-gikai"] == {0}
    assert pages(ROOT / "sample" / "r6-12-gikai.pdf")[1].rstrip().endswith("18")


def test_no_printed_text_is_copied_from_the_original_papers():
    """The sample restates facts; sentences of the originals stay with their authors."""
    if not SEEDS.is_dir():
        pytest.skip(f"the original papers are not here to compare with: {SEEDS} does not exist")
    originals = [plain(path.read_text(encoding="utf-8", errors="replace")) for path in sorted(SEEDS.glob("*.txt"))]
    assert originals
    known = {text[i : i + COPY_LENGTH] for text in originals for i in range(len(text) - COPY_LENGTH + 1)}
    copied = []
    for path in sources():
        for page in read(path).pages:
            for text in page_texts(page):
                shown = plain(text)
                for name in PROPER_NAMES:
                    shown = shown.replace(name, "\n")
                parts = (shown[i : i + COPY_LENGTH] for i in range(len(shown) - COPY_LENGTH + 1))
                copied += [f"{path.stem}: {part}" for part in parts if part in known]
    assert copied == []


# --- the questions


def test_the_questions_are_enough_and_of_every_kind():
    kinds = Counter(question["type"] for question in QUESTIONS)
    assert len(QUESTIONS) >= 120
    assert set(kinds) == TYPES
    assert min(kinds.values()) >= 5
    assert kinds["unanswerable"] / len(QUESTIONS) >= 0.15
    two = [q for q in QUESTIONS if len({place["file"] for place in q["evidence"]}) > 1]
    assert len(two) / len(QUESTIONS) >= 0.10


def test_ids_and_questions_are_unique():
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert len({plain(question["question"]) for question in QUESTIONS}) == len(QUESTIONS)


def test_an_unanswerable_question_has_no_evidence_and_says_what_is_missing():
    for question in QUESTIONS:
        if question["type"] == "unanswerable":
            assert not question["answerable"], question["id"]
            assert not question["evidence"], question["id"]
            assert not question["accept"], question["id"]
            assert question["note"], question["id"]
        else:
            assert question["answerable"], question["id"]
            assert question["evidence"], question["id"]


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["answerable"]], ids=lambda q: q["id"])
def test_the_pages_hold_the_gold_value(question):
    """A value that is worked out (計算) or a bare はい stands on no page: there the quoted operands must."""
    places = question["evidence"] + question.get("alt_evidence", [])
    for place in places:
        assert plain(place["quote"]) in plain(sample_page(place)), place
    shown = [sample_page(place) for place in question["evidence"]]
    if "accept_all" in question:
        assert question["accept_all"]
        for value in question["accept_all"]:
            assert any(stands(value, text) for text in shown), value
        for text in shown:
            assert any(stands(value, text) for value in question["accept_all"])
    elif not question.get("note", "").startswith("計算"):
        for text in shown:
            assert any(stands(value, text) for value in question["accept"])


def test_the_model_answer_is_accepted_by_its_own_key():
    for question in QUESTIONS:
        answer = plain(question["answer"])
        if "accept_all" in question:
            assert all(plain(value) in answer for value in question["accept_all"]), question["id"]
        elif question["answerable"]:
            assert any(plain(value) in answer for value in question["accept"]), question["id"]
