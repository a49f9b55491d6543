"""Office files and web pages are asked like any paper: the figure with its headings and unit, and the place it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from answer.assistant import Assistant
from api.cli import place
from index.collection import Collection
from tests.answer.papers import TrustsThePicker, ask, plain, quoted
from tests.conftest import HashingEmbedder
from tests.ingest.office_files import WRITERS

# Where the row of the figure stands, as the reader is told.
PLACES = {
    "iju.docx": "表1 3行目",
    "iju.pptx": "スライド2",
    "iju.xlsx": "シート「移住」 A4～C4",
    "iju.html": "表1 3行目",
    "iju.csv": None,
}


@pytest.fixture(scope="module", params=sorted(WRITERS))
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Assistant]:
    """A collection of one file of a kind."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "papers").mkdir()
    WRITERS[request.param](folder / "papers" / request.param)
    collection = Collection(folder / "index", HashingEmbedder())
    assert collection.add([folder / "papers"]).failed == []
    return request.param, Assistant(collection, judge=TrustsThePicker())


def test_the_figure_of_a_cell_is_answered_and_cited_where_it_stands(asked: tuple[str, Assistant]):
    name, assistant = asked
    answer = ask(assistant, "令和5年度の移住相談件数は何件ですか。")
    assert "2776件" in plain(answer.answer)
    assert answer.as_of == "FY2023"
    assert any("2,776" in quote for quote in quoted(answer))
    (citation,) = (c for c in answer.citations if "2,776" in c.quote)
    assert (citation.file, citation.place) == (name, PLACES[name])
    assert citation.lines == ((4, 4) if name == "iju.csv" else None)


def test_a_column_that_no_table_has_is_not_answered_from_another(asked: tuple[str, Assistant]):
    answer = ask(asked[1], "令和元年度の移住相談件数は何件ですか。")
    assert "2776" not in plain(answer.answer)
    assert "2318" not in plain(answer.answer)


def test_the_command_names_the_place_of_a_cell(tmp_path: Path):
    (tmp_path / "papers").mkdir()
    WRITERS["iju.xlsx"](tmp_path / "papers" / "iju.xlsx")
    collection = Collection(tmp_path / "index", HashingEmbedder())
    collection.add([tmp_path / "papers"])
    answer = ask(Assistant(collection, judge=TrustsThePicker()), "令和5年度の市税の予算額はいくらですか。")
    assert "69102千円" in plain(answer.answer)
    assert "シート「歳入」 A3" in place(answer.citations[0])


def test_values_of_a_csv_that_look_like_one_figure_are_two(tmp_path: Path):
    """Checked as plain text, 812,640 would be eight hundred thousand."""
    (tmp_path / "papers").mkdir()
    rows = "区分,令和4年度（件）,令和5年度（件）\n東京窓口の相談,812,640\n県内窓口の相談,734,905\n"
    (tmp_path / "papers" / "相談.csv").write_text(rows, encoding="utf-8")
    collection = Collection(tmp_path / "index", HashingEmbedder())
    collection.add([tmp_path / "papers"])
    answer = ask(Assistant(collection, judge=TrustsThePicker()), "令和5年度の東京窓口の相談は何件ですか。")
    assert plain(answer.answer).startswith("640件")
    assert answer.citations[0].quote == "東京窓口の相談,812,640"
