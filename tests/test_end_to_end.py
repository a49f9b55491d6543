"""The whole product on the sample collection: the real command, the real model, the real index, real questions."""

import os
import re
import unicodedata
from functools import cache
from pathlib import Path

import pypdfium2
import pytest

from answer.answer import Answer
from answer.assistant import Assistant, open_assistant
from eval.dataset import read_questions

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = read_questions(ROOT / "eval" / "questions" / "sample.jsonl")

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def assistant(sample_index) -> Assistant:
    return open_assistant(sample_index)


def squeezed(text: str) -> str:
    """Return the text without white space, one width: line breaks and tabs are where two PDF readers may differ."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@cache
def printed(file: str, page: int) -> str:
    """Return what a page of the sample says, read without tenkyo."""
    with pypdfium2.PdfDocument(ROOT / "sample" / file) as document:
        return squeezed(document[page - 1].get_textpage().get_text_bounded())


def check_citations(assistant: Assistant, answer: Answer) -> None:
    """Fail unless each quote is the document's own text, inside the page it names, where the file itself has it."""
    snapshot = assistant.collection.snapshot()
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        document = snapshot.document(citation.document_id)
        assert citation.quote
        assert document.text[citation.start : citation.end] == citation.quote
        (page,) = (page for page in document.pages if page.number == citation.page)
        assert page.start <= citation.start < citation.end <= page.end
        for piece in citation.quote.split():  # in what order columns and cells are read is the reader's choice
            assert squeezed(piece) in printed(citation.file, citation.page)
        assert citation.file == document.file
        assert citation.boxes, "a PDF's citation can be marked on its page"


@pytest.mark.parametrize(
    ("question", "value", "unit", "as_of", "places"),
    [
        ("くまもとDX推進コンソーシアムの会員数は？", "648", "", "2025-01-31",
            {("r7-02-gikai.pdf", 3), ("r7-yosan.pdf", 3)}),
        ("コンソーシアムの会員数、令和6年1月末は？", "507", "", "2024-01-31", {("r6-02-gikai.pdf", 2)}),
        ("コンソーシアムの会員数、２０２４年５月末だといくつ？", "549", "", "2024-05-31", {("r6-06-gikai.pdf", 6)}),
        ("防災DX推進事業の令和7年度予算額は？", "96,168", "千円", "FY2025",
            {("r7-yosan.pdf", 2), ("r7-yosan.pdf", 5), ("r7-yosan.pdf", 7)}),
        ("インドネシア人は令和4年12月に県内に何人いた？", "1,577", "人", "2022-12",
            {("r6-02-gikai.pdf", 10), ("r7-02-gikai.pdf", 9)}),
        ("デジタル庁ができたのはいつ？", "令和3年9月", "", "2021-09", {("r6-06-gikai.pdf", 4)}),
        ("オープンデータとは何でしょうか。", "二次利用", "", None, {("r6-06-gikai.pdf", 6)}),
    ],
)  # fmt: skip
def test_a_question_is_answered_with_its_value_its_date_and_the_page_it_stands_on(
    assistant, question, value, unit, as_of, places
):
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert value + unit in answer.answer
    assert answer.as_of == as_of
    first = answer.citations[0]
    assert (first.file, first.page) in places
    assert value in first.quote or answer.derived is not None, "a table's unit stands in its heading, R3年 is 令和3年"
    check_citations(assistant, answer)


def test_the_latest_value_comes_with_those_of_other_dates_each_cited(assistant):
    answer = assistant.ask("くまもとDX推進コンソーシアムの会員数は？")
    timeline = {point.as_of: point for point in answer.timeline}
    assert list(timeline) == sorted(timeline)
    assert "648" in timeline["2025-01-31"].value
    assert "507" in timeline["2024-01-31"].value
    for point in answer.timeline:
        assert point.value in answer.citations[point.citation - 1].quote
    check_citations(assistant, answer)


def test_a_worked_out_value_shows_how_and_cites_both_operands(assistant):
    answer = assistant.ask(
        "くまもとDX推進コンソーシアムの会員数は令和6年1月末から令和7年1月末までにどれだけ増えましたか。"
    )
    assert "141" in answer.answer
    assert answer.derived is not None
    assert "648 − 507 = 141" in answer.derived.how
    operands = [answer.citations[n - 1] for n in answer.derived.operands]
    assert {"507", "648"} == {number for c in operands for number in re.findall(r"507|648", c.quote)}
    assert [(point.as_of, point.citation) for point in answer.timeline] == [("2024-01-31", 1), ("2025-01-31", 2)]
    check_citations(assistant, answer)


def test_a_thing_that_no_paper_names_is_said_to_be_in_none(assistant):
    answer = assistant.ask("札幌市の職員食堂の定休日はいつですか。")
    assert (answer.status, answer.answer) == ("not_found", "資料に記載がありません")
    assert "札幌市" in answer.missing
    assert (answer.citations, answer.candidates) == ((), ())
    assert answer.as_of is None
    assert answer.passages, "the nearest passages are shown, so that a reader can look for himself"


@pytest.mark.parametrize(
    "question", ["コンソーシアムの年会費はいくらでしょうか。", "WEB出願システムを請け負う会社はどこ？"]
)
def test_what_the_papers_do_not_say_of_a_thing_that_they_name_is_not_settled_on(assistant, question):
    answer = assistant.ask(question)
    assert answer.status == "unsure"
    assert answer.answer == "一つに決められません。次の箇所に書かれている可能性があります。"
    assert answer.as_of is None
    assert 1 <= len(answer.candidates) <= 3
    assert {candidate.citation for candidate in answer.candidates} <= {citation.n for citation in answer.citations}
    assert answer.passages
    check_citations(assistant, answer)


@pytest.mark.parametrize("question", QUESTIONS[:60], ids=lambda question: question.id)
def test_every_quote_is_the_documents_own_text_on_the_page_it_names(assistant, question):
    """Right or wrong, an answer never shows a quote that is not there."""
    answer = assistant.ask(question.question, id=question.id)
    assert answer.id == question.id
    assert bool(answer.citations) == (answer.status == "answered" or bool(answer.candidates))
    check_citations(assistant, answer)


def test_the_example_in_the_readme_runs_and_prints_an_answer_with_its_source(
    sample_index, tmp_path, monkeypatch, capsys
):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    examples = [block for block in blocks if "open_assistant" in block]  # the other one asks over HTTP
    assert len(examples) == 1
    os.symlink(sample_index, tmp_path / "my-index")
    monkeypatch.chdir(tmp_path)
    exec(compile(examples[0], "README.md", "exec"), {})
    said, *sources = capsys.readouterr().out.splitlines()
    assert "96,168千円" in said
    assert any("96,168" in line for line in sources)
