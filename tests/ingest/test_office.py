"""Word, PowerPoint, Excel, CSV and web pages: what is read, what is left out, and where it stands."""

from __future__ import annotations

import re
import zipfile
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Cell, Document, Table
from ingest.facts import read_facts
from ingest.office.leaf import Field, Leaf, compacted
from ingest.office.number_format import shown
from ingest.office.regions import find_regions
from ingest.parse import ParseError, parse
from tests.ingest.office_files import (
    WRITERS,
    W,
    paragraph,
    separated,
    slides,
    table_of,
    web,
    with_parts,
    word,
    word_of,
    workbook,
)


def lines(document: Document) -> list[str]:
    return [line for line in document.text.replace("\f", "\n").split("\n") if line]


def headings(document: Document) -> list[tuple[int, str]]:
    return [(b.level, document.text[b.start : b.end]) for b in document.blocks if b.kind == "heading"]


def cells(document: Document, table: Table) -> list[tuple[int, int, str, int, int]]:
    def said(cell: Cell) -> str:
        return document.text[cell.start : cell.end]

    return [(c.row, c.column, said(c), c.row_span, c.column_span) for c in table.cells]


def place_of(document: Document, text: str) -> str | None:
    return document.place_of(document.text.index(text), document.text.index(text) + 1)


@pytest.fixture(scope="module", params=sorted(WRITERS))
def document(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The same table in each kind of file."""
    return parse(WRITERS[request.param](tmp_path_factory.mktemp("office") / request.param))


def test_a_figure_is_read_with_its_headings_and_its_unit_from_every_kind_of_file(document: Document):
    (fact,) = [f for f in read_facts(document) if f.value == "2,776"]
    assert (fact.row, fact.unit, fact.number, fact.as_of) == ("移住相談件数", "件", 2776, "FY2023")
    assert (fact.column or "").endswith("令和5年度")
    assert fact.scope is not None
    assert "移住相談の実績" in fact.scope
    assert document.text[fact.value_start : fact.value_end] == "2,776"


def test_places_are_in_order_and_none_overlaps_another(document: Document):
    spans = [(place.start, place.end) for place in document.places]
    assert all(a < b for a, b in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert document.kind == "csv" or spans


def test_pages_cover_the_text_and_tables_lie_within_one(document: Document):
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    for table in document.tables:
        page = document.pages[table.page - 1]
        assert page.start <= table.start < table.end <= page.end


# Word


def test_word_headings_are_those_that_the_file_marks(tmp_path: Path):
    document = parse(word(tmp_path / "a.docx"))
    assert headings(document) == [
        (1, "みどり市移住施策の概要"),
        (1, "１　現状"),
        (2, "（１）相談の窓口"),
        (1, "２　実績"),
    ]
    assert (document.title, document.kind, document.paging) == ("みどり市移住施策の概要", "word", "none")
    assert not document.lines_are_source


def test_word_lists_keep_their_marks_and_count(tmp_path: Path):
    document = parse(word(tmp_path / "a.docx"))
    assert [line for line in lines(document) if line.startswith(("・", "1", "2"))] == [
        "・対面の相談",
        "・オンラインの相談",
        "1. 予約をする",
        "2. 窓口を訪ねる",
    ]


def test_merged_cells_of_word_are_one_cell_and_head_what_they_stand_over(tmp_path: Path):
    document = parse(word(tmp_path / "a.docx"))
    (table,) = document.tables
    assert cells(document, table)[:2] == [(0, 0, "区分", 2, 1), (0, 1, "実績", 1, 2)]
    assert (table.header_rows, table.header_columns, table.headings) == (2, 1, ("２　実績",))


def test_word_places_are_paragraphs_and_rows_of_tables(tmp_path: Path):
    document = parse(word(tmp_path / "a.docx"))
    assert place_of(document, "市の人口は") == "段落4"
    assert place_of(document, "2,776") == "表1 3行目"


def test_a_word_file_without_a_date_in_its_text_is_dated_by_its_properties(tmp_path: Path):
    document = parse(word_of(tmp_path / "a.docx", paragraph("相談の窓口は市役所にある。")))
    assert document.published == "2024-06-04"
    assert document.taken_from["published"] == "properties"


def test_paragraphs_of_word_are_never_joined(tmp_path: Path):
    pair = ["日　時：令和6年7月12日（金）13時30分から", "場　所：市役所本庁舎3階の会議室で開催する予定で"]
    document = parse(word_of(tmp_path / "a.docx", *map(paragraph, pair)))
    assert [document.text[b.start : b.end] for b in document.blocks] == pair


def test_rendered_page_breaks_are_no_pages(tmp_path: Path):
    body = f"<w:p {W}><w:r><w:lastRenderedPageBreak/><w:t>次の頁の文。</w:t></w:r></w:p>"
    document = parse(word_of(tmp_path / "a.docx", paragraph("前の頁の文。"), body))
    assert (document.paging, len(document.pages)) == ("none", 1)


def test_inserted_text_counts_and_deleted_text_does_not(tmp_path: Path):
    body = (
        f"<w:p {W}><w:r><w:t>相談は</w:t></w:r>"
        '<w:del w:id="1" w:author="x"><w:r><w:delText>2,318</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="x"><w:r><w:t>2,776</w:t></w:r></w:ins><w:r><w:t>件である。</w:t></w:r></w:p>'
    )
    moved = (
        f'<w:p {W}><w:moveFrom w:id="3" w:author="x"><w:r><w:t>元の場所</w:t></w:r></w:moveFrom>'
        '<w:moveTo w:id="4" w:author="x"><w:r><w:t>移した文。</w:t></w:r></w:moveTo></w:p>'
    )
    assert lines(parse(word_of(tmp_path / "a.docx", body, moved))) == ["相談は2,776件である。", "移した文。"]


def test_hidden_text_is_left_out_and_said_to_be(tmp_path: Path):
    body = (
        f"<w:p {W}><w:r><w:t>見える文。</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>見えない文。</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>見える続き。</w:t></w:r></w:p>'
    )
    document = parse(word_of(tmp_path / "a.docx", body))
    assert lines(document) == ["見える文。見える続き。"]
    assert any("見えない文字" in warning for warning in document.warnings)


def test_a_text_box_is_read_once(tmp_path: Path):
    inner = "<w:txbxContent><w:p><w:r><w:t>箱の中の文。</w:t></w:r></w:p></w:txbxContent>"
    body = (
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:v"><w:r>'
        f"<w:t>外の文。</w:t><mc:AlternateContent><mc:Choice><w:drawing>{inner}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{inner}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    document = parse(word_of(tmp_path / "a.docx", body))
    assert lines(document) == ["外の文。", "箱の中の文。"]
    assert place_of(document, "箱の中") == "テキストボックス"


def test_content_controls_and_links_are_part_of_the_text(tmp_path: Path):
    body = (
        f"<w:sdt {W}><w:sdtContent><w:p><w:hyperlink><w:r><w:t>窓口</w:t></w:r></w:hyperlink>"
        "<w:r><w:t>の案内。</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    assert lines(parse(word_of(tmp_path / "a.docx", body))) == ["窓口の案内。"]


def test_ruby_keeps_only_what_it_stands_over(tmp_path: Path):
    body = (
        f"<w:p {W}><w:r><w:ruby><w:rt><w:r><w:t>つばき</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>椿</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>会館で開く。</w:t></w:r></w:p>"
    )
    assert lines(parse(word_of(tmp_path / "a.docx", body))) == ["椿会館で開く。"]


def test_a_footnote_follows_its_paragraph_and_leaves_no_figure_in_it(tmp_path: Path):
    path = word_of(
        tmp_path / "a.docx",
        f"<w:p {W}><w:r><w:t>相談は2,776件</w:t></w:r>"
        '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>である。</w:t></w:r></w:p>',
        paragraph("次の段落である。"),
    )
    note = "<w:p><w:r><w:t>オンラインを含む。</w:t></w:r></w:p>"
    notes = f'<w:footnotes {W}><w:footnote w:id="2">{note}</w:footnote></w:footnotes>'
    with zipfile.ZipFile(path) as package:
        types = package.read("[Content_Types].xml").decode()
        relations = package.read("word/_rels/document.xml.rels").decode()
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    with_parts(
        path,
        {
            "word/footnotes.xml": notes,
            "[Content_Types].xml": types.replace(
                "</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
            ),
            "word/_rels/document.xml.rels": relations.replace(
                "</Relationships>",
                f'<Relationship Id="rId99" Type="{relation}" Target="footnotes.xml"/></Relationships>',
            ),
        },
    )
    document = parse(path)
    assert lines(document) == ["相談は2,776件である。", "（注2）オンラインを含む。", "次の段落である。"]
    assert place_of(document, "オンライン") == "脚注2"


def test_a_frame_of_one_cell_is_no_table_and_a_table_in_a_cell_is_one_of_its_own(tmp_path: Path):
    inner = table_of([[paragraph("窓口"), paragraph("件数")], [paragraph("東"), paragraph("12")]])
    frame = table_of([[paragraph("枠の中の文。")]])
    outer = table_of([[paragraph("項目"), paragraph("内容")], [paragraph("内訳"), inner + paragraph("下の表")]])
    document = parse(word_of(tmp_path / "a.docx", frame, outer, paragraph("終わり。")))
    assert lines(document)[0] == "枠の中の文。"
    assert [[text for _, _, text, _, _ in cells(document, t)] for t in document.tables] == [
        ["項目", "内容", "内訳", "下の表"],
        ["窓口", "件数", "東", "12"],
    ]


# Slides


def test_a_slide_is_a_page_read_from_its_top_with_its_notes_last(tmp_path: Path):
    document = parse(slides(tmp_path / "a.pptx"))
    page = document.pages[1]
    assert (len(document.pages), document.paging) == (4, "physical")
    assert [line for line in document.text[page.start : page.end].strip("\f").split("\n") if line] == [
        "移住相談の実績",
        "（単位：件）",
        "区分\t令和4年度\t令和5年度",
        "移住相談件数\t2,318\t2,776",
        "移住者数\t412\t507",
        "※窓口とオンラインの合計",
        "［ノート］",
        "相談の半分はオンラインであると口頭で補足する。",
    ]
    assert place_of(document, "相談の半分") == "スライド2（ノート）"
    assert place_of(document, "2,776") == "スライド2"


def test_the_figures_of_a_chart_are_a_table(tmp_path: Path):
    document = parse(slides(tmp_path / "a.pptx"))
    (fact,) = [f for f in read_facts(document) if f.value == "66"]
    assert (fact.row, fact.column, fact.unit, fact.page) == ("令和5年度", "空き家の登録件数", "件", 3)


def test_a_hidden_slide_is_read_and_said_to_be_hidden(tmp_path: Path):
    document = parse(slides(tmp_path / "a.pptx"))
    assert place_of(document, "参考資料") == "スライド4（非表示）"
    assert any("非表示のスライド" in warning for warning in document.warnings)


def test_a_slide_does_not_stand_under_the_title_of_the_one_before(tmp_path: Path):
    document = parse(slides(tmp_path / "a.pptx"))
    under = {document.page_at(b.start).number: b.headings[:1] for b in document.blocks if b.kind != "heading"}
    assert under == {1: ("みどり市移住施策の説明",), 2: ("移住相談の実績",), 3: ("空き家の推移",)}


# Sheets


def test_a_sheet_is_a_page_with_its_name_and_cells_have_places(tmp_path: Path):
    document = parse(workbook(tmp_path / "a.xlsx"))
    assert [page.label for page in document.pages] == ["移住", "歳入"]
    assert place_of(document, "2,776") == "シート「移住」 C4"
    assert place_of(document, "▲512") == "シート「歳入」 C3"
    assert "市税\t69,102\t▲512\t23.4%" in lines(document)


def test_titles_and_units_above_a_table_are_no_rows_of_it(tmp_path: Path):
    document = parse(workbook(tmp_path / "a.xlsx"))
    said = [
        (document.text[slice(*t.title)] if t.title else None, document.text[slice(*t.unit)] if t.unit else None)
        for t in document.tables
    ]
    assert said == [("移住相談の実績", "件"), ("歳入の内訳", "千円")]
    assert [t.cells[0].row_span for t in document.tables] == [1, 1]
    assert document.text[document.tables[0].start :].startswith("区分")


def test_what_is_hidden_in_a_workbook_is_left_out_and_said_to_be(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        for row in (["区分", "件数", "内部"], ["東", 1, 9], ["西", 2, 8], ["南", 3, 7]):
            sheet.append(row)
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True
        secret = book.create_sheet("作業用")
        secret.append(["秘密"])
        secret.sheet_state = "hidden"

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    assert lines(document) == ["区分\t件数", "東\t1", "南\t3"]
    assert any("作業用" in warning for warning in document.warnings)
    assert any("見えない文字" in warning for warning in document.warnings)


def test_a_hidden_row_leaves_no_gap_in_a_table_of_words(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        for row in (["窓口", "担当課"], ["東", "市民課"], ["西", "税務課"], ["南", "福祉課"]):
            book.active.append(row)
        book.active.row_dimensions[3].hidden = True

    (table,) = parse(workbook(tmp_path / "a.xlsx", fill)).tables
    assert sorted({cell.row for cell in table.cells}) == [0, 1, 2]


def test_formulas_that_were_never_calculated_give_no_figure_but_a_warning(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        for row in (["区分", "件数"], ["東", 1], ["合計", "=SUM(B2:B2)"]):
            book.active.append(row)

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    assert lines(document)[-1].strip("\t") == "合計"
    assert any("数式" in warning and "1 か所" in warning for warning in document.warnings)


def test_tables_side_by_side_and_below_each_other_are_parted(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        for r, row in enumerate([["男性", "人数"], ["東", 11], ["西", 12]], 2):
            for c, value in enumerate(row):
                sheet.cell(r, 1 + c, value)
                sheet.cell(r, 5 + c, value if isinstance(value, str) else value + 10)
        for r, row in enumerate([["施設", "定員"], ["北保育所", 90]], 8):
            for c, value in enumerate(row, 1):
                sheet.cell(r, c, value)

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    assert [[text for _, _, text, _, _ in cells(document, t)] for t in document.tables] == [
        ["男性", "人数", "東", "11", "西", "12"],
        ["男性", "人数", "東", "21", "西", "22"],
        ["施設", "定員", "北保育所", "90"],
    ]


def test_an_empty_column_between_labels_and_figures_parts_no_table(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        for row in (["区分", None, "令和4年度", "令和5年度"], ["東", None, 11, 21], ["西", None, 12, 22]):
            book.active.append(row)

    (table,) = parse(workbook(tmp_path / "a.xlsx", fill)).tables
    assert max(cell.column for cell in table.cells) == 2


def test_an_empty_row_between_groups_of_figures_parts_no_table(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        for row in (
            ["窓口", "4月", "5月"],
            ["本庁", 12, 15],
            [],
            ["オンライン", 30, 31],
            [],
            ["窓口", "6月", "7月"],
            ["本庁", 1, 2],
        ):
            book.active.append(row)

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    assert [len(table.cells) for table in document.tables] == [9, 6]
    assert [f.label for f in read_facts(document) if f.value in ("31", "2")] == ["オンライン 5月", "本庁 7月"]


def test_a_title_that_names_two_things_gives_neither_its_unit(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        for row in (["地区別人口及び世帯数"], ["地区", "世帯数", "人口"], ["東部", 8000, 19000]):
            book.active.append(row)

    found = {f.column: f.unit for f in read_facts(parse(workbook(tmp_path / "a.xlsx", fill)))}
    assert found == {"世帯数": "世帯", "人口": None}


def test_a_form_on_squared_paper_is_read_by_what_its_merged_cells_hold(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        for area, value in {
            "A1:T1": "事務事業評価シート",
            "A3:D3": "（単位：千円）",
            "A4:D5": "区分",
            "E4:L4": "令和4年度",
            "E5:H5": "予算",
            "I5:L5": "決算",
            "A6:D6": "事業費",
            "E6:H6": 1500,
            "I6:L6": 1432,
        }.items():
            sheet.merge_cells(area)
            sheet[area.split(":")[0]] = value

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    (fact,) = [f for f in read_facts(document) if f.value == "1432"]
    assert (fact.row, fact.column, fact.unit, fact.as_of) == ("事業費", "令和4年度 決算", "千円", "FY2022")
    assert document.title == "事務事業評価シート"


def test_merged_headings_of_a_sheet_stand_over_their_columns(tmp_path: Path):
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        for row in (
            ["区分", "令和4年度", None, "令和5年度", None],
            [None, "東", "西", "東", "西"],
            ["相談", 1, 2, 3, 4],
        ):
            sheet.append(row)
        for area in ("A1:A2", "B1:C1", "D1:E1"):
            sheet.merge_cells(area)

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    assert [(f.row, f.column, f.value) for f in read_facts(document)] == [
        ("相談", "令和4年度 東", "1"),
        ("相談", "令和4年度 西", "2"),
        ("相談", "令和5年度 東", "3"),
        ("相談", "令和5年度 西", "4"),
    ]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1234, "#,##0", "1,234"),
        (-5, '#,##0;"▲ "#,##0', "▲ 5"),
        (-1234, "#,##0_ ;[Red]\\-#,##0\\ ", "-1,234 "),
        (0, '#,##0;▲#,##0;"-"', "-"),
        (0.1234, "0.0%", "12.3%"),
        (1234567, "#,##0,", "1,235"),
        (2.5, "0", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (5, '0"人"', "5人"),
        (5, 'G/標準"件"', "5件"),
        (45322, "yyyy/m/d", "2024/1/31"),
        (45322, '[$-411]ggge"年"m"月"d"日"', "令和6年1月31日"),
        (45322, "[$-411]ge.m.d;@", "R6.1.31"),
        (45322.5, "yyyy/m/d h:mm", "2024/1/31 12:00"),
        (1.5, "[h]:mm", "36:00"),
        (1234, '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', "1,234"),
    ],
)
def test_a_number_reads_as_excel_shows_it(value: float, code: str, text: str):
    assert shown(value, code) == text


@given(
    st.floats(-1e15, 1e15, allow_nan=False) | st.integers(-(10**12), 10**12),
    st.text(alphabet='#0?,.%;"▲-_ *[]()年月日ymdhsgeaAMP/E+@\\<>=1Red', max_size=24),
)
def test_whatever_a_format_says_a_number_is_shown_somehow(value: float, code: str):
    assert isinstance(shown(value, code), str)


@given(st.integers(-(10**14), 10**14))
def test_grouping_digits_changes_no_number(value: int):
    assert int(shown(value, "#,##0").replace(",", "")) == value


@st.composite
def fields(draw: st.DrawFn) -> list[Field]:
    """Cells of a sheet, none over another."""
    places = draw(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 6)), min_size=1, max_size=30))
    texts = st.sampled_from(["区分", "1,234", "（単位：件）", "※注記", "移住相談の実績", "令和5年度", "▲5", ""])
    return [Field(row, column, draw(texts)) for row, column in sorted(places)]


@given(fields())
@settings(max_examples=200)
def test_every_filled_cell_is_in_exactly_one_region(found: list[Field]):
    given_out = [(f.row, f.column, f.text) for region in find_regions(found) for f in region.fields]
    assert sorted(given_out) == sorted((f.row, f.column, f.text) for f in found if f.text)


@given(fields())
@settings(max_examples=200)
def test_a_written_table_keeps_every_cell_at_its_place(found: list[Field]):
    leaf = Leaf()
    leaf.table(found)
    record = leaf.record()
    written = [record["text"][a:b] for table in record["tables"] for a, b, *_ in table["cells"]]
    assert [text for text in written if text] == [
        f.text for f in sorted(found, key=lambda f: (f.row, f.column)) if f.text
    ] or (record["tables"] == [])
    for table in record["tables"]:
        places = [tuple(cell[2:4]) for cell in table["cells"]]
        assert len(set(places)) == len(places)
        assert 0 <= table["header_rows"] < len({row for row, _ in places}) + 1


def test_rows_and_columns_without_a_beginning_are_no_rows_and_columns():
    squared = [Field(0, 0, "区分", 1, 4), Field(0, 4, "件数", 1, 4), Field(2, 0, "東", 2, 4), Field(2, 4, "12", 2, 4)]
    assert [(f.row, f.column, f.row_span, f.column_span) for f in compacted(squared)] == [
        (0, 0, 1, 1),
        (0, 1, 1, 1),
        (1, 0, 1, 1),
        (1, 1, 1, 1),
    ]


# Separated values


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8-sig", ","), ("cp932", ","), ("utf-16", "\t"), ("utf-8", ";")])
def test_separated_values_keep_the_files_own_text_and_lines(tmp_path: Path, encoding: str, mark: str):
    path = separated(tmp_path / "a.csv", encoding=encoding, mark=mark)
    document = parse(path)
    assert document.text == path.read_bytes().decode(encoding)
    (table,) = document.tables
    assert [text for _, _, text, _, _ in cells(document, table)][-3:] == ["移住者数\n（うち県外）", "412", "507"]
    assert (document.lines_are_source, document.title) == (True, "移住相談の実績")
    assert document.lines(table.start, table.end) == (3, 6)


@given(st.text(alphabet='ab,"\n\t;あ1 |', max_size=60))
@settings(max_examples=200)
def test_cells_of_any_file_of_values_are_pieces_of_it(tmp_path_factory: pytest.TempPathFactory, text: str):
    from ingest.office.delimited import read_delimited

    _, tables = read_delimited(text)
    for table in tables:
        spans = sorted((c.start, c.end) for c in table.cells if c.start < c.end)
        assert all(0 <= a < b <= len(text) for a, b in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


# Web pages


@pytest.mark.parametrize("charset", ["utf-8", "Shift_JIS", "euc-jp"])
def test_a_web_page_is_its_main_text(tmp_path: Path, charset: str):
    document = parse(web(tmp_path / "a.html", charset=charset))
    assert lines(document)[:6] == [
        "移住相談の実績",
        "相談は椿会館で受け付けます。費用は¥0です。" if charset == "utf-8" else lines(document)[1],
        "窓口",
        "・対面の相談",
        "・オンラインの相談",
        "1. 予約をする",
    ]
    assert not any(
        word in document.text for word in ("読まない", "color", "ホーム", "見えない", "みどり市役所", "つばき")
    )
    assert headings(document) == [(1, "移住相談の実績"), (2, "窓口"), (2, "件数")]
    assert (document.title, document.published) == ("移住相談の実績", "2024-06-04")


def test_the_cells_of_a_web_table_stand_where_they_are_shown(tmp_path: Path):
    document = parse(web(tmp_path / "a.html"))
    (table,) = document.tables
    assert cells(document, table)[:2] == [(0, 0, "区分", 2, 1), (0, 1, "実績", 1, 2)]
    assert (table.header_rows, table.header_columns) == (2, 1)
    assert place_of(document, "2,776") == "表1 3行目"


def test_a_web_page_is_named_by_its_own_heading_and_not_by_its_sites(tmp_path: Path):
    body = "<h1>みどり市</h1><h2>空き家バンク</h2><p>66件</p><table><tr><td>区分<td>件数<tr><td>登録<td>66</table>"
    page = f"<title>空き家バンク | みどり市</title><body>{body}<div id=footer>代表電話</div>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    document = parse(tmp_path / "a.html")
    assert document.title == "空き家バンク"
    assert "代表電話" not in document.text
    title = document.tables[0].title
    assert title is not None
    assert document.text[slice(*title)] == "空き家バンク"


def test_tables_that_only_arrange_a_page_are_no_tables(tmp_path: Path):
    inner = "<table><tr><th>窓口</th><th>件数</th></tr><tr><td>東</td><td>12</td></tr></table>"
    page = f"<table><tr><td><p>左の文。</p></td><td>{inner}</td></tr></table>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    document = parse(tmp_path / "a.html")
    assert lines(document) == ["左の文。", "窓口\t件数", "東\t12"]
    assert len(document.tables) == 1


# Hostile and broken files


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.docx", b"hello", "壊れている"),
        ("a.pptx", b"PK\x03\x04 cut", "壊れている"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "パスワード"),
        ("a.docx", OLE, "古い形式"),
        ("a.xls", OLE, r"\.xlsx で保存し直して"),
        ("a.doc", OLE, r"\.docx で保存し直して"),
        ("a.ppt", OLE, r"\.pptx で保存し直して"),
        ("a.csv", b"\0\1\2" * 99, "文字コード"),
        ("a.html", b"\0\1\2" * 99, "文字コード"),
        ("a.html", b"<p> </p>", "文字がありません"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, name: str, data: bytes, message: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ParseError) as error:
        parse(tmp_path / name)
    assert re.search(message, error.value.message)


def test_a_pdf_by_another_name_is_read_as_a_pdf(tmp_path: Path):
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.html"))
    canvas.drawString(72, 720, "A line of text in a PDF")
    canvas.save()
    assert parse(tmp_path / "a.html").kind == "pdf"


def test_a_zip_bomb_is_refused_by_what_it_declares(tmp_path: Path):
    path = word(tmp_path / "a.docx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open("word/more.xml", "w") as part:
        for _ in range(130):
            part.write(bytes(1 << 20))
    with pytest.raises(ParseError, match="bytes of XML"):
        parse(path)


def test_a_file_of_more_lines_than_anybody_reads_is_refused(tmp_path: Path):
    (tmp_path / "a.html").write_text("<p>あ" * 60_000, encoding="utf-8")
    with pytest.raises(ParseError, match="more than 50000 lines") as error:
        parse(tmp_path / "a.html")
    assert "大きすぎ" in error.value.message


def test_a_picture_is_never_inflated(tmp_path: Path):
    path = word(tmp_path / "a.docx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open("word/media/a.png", "w") as part:
        for _ in range(250):
            part.write(bytes(1 << 20))
    assert "2,776" in parse(path).text


def test_entities_are_refused(tmp_path: Path):
    path = word(tmp_path / "a.docx")
    with zipfile.ZipFile(path) as package:
        body = package.read("word/document.xml").decode()
    with_parts(path, {"word/document.xml": body.replace("<w:document", '<!DOCTYPE x [<!ENTITY a "b">]><w:document', 1)})
    with pytest.raises(ParseError, match="document type declaration"):
        parse(path)


def test_a_hundred_thousand_empty_rows_cost_nothing(tmp_path: Path):
    path = workbook(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    rows = "".join(f'<row r="{i}"><c r="A{i}" s="1"/><c r="B{i}" s="1"></c></row>' for i in range(20, 100_020))
    with_parts(path, {"xl/worksheets/sheet1.xml": sheet.replace("</sheetData>", f"{rows}</sheetData>")})
    assert [len(t.cells) for t in parse(path).tables] == [9, 12]


def test_nesting_without_end_breaks_nothing(tmp_path: Path):
    deep = 20_000
    (tmp_path / "a.html").write_text("<p>前。</p>" + "<div>" * deep + "中。" + "</div>" * deep + "<p>後。</p>", "utf-8")
    (tmp_path / "b.html").write_text("<table><tr><td>" * 2_000 + "底。" + "</td></tr></table>" * 2_000, "utf-8")
    assert lines(parse(tmp_path / "a.html")) == ["前。", "中。", "後。"]
    assert lines(parse(tmp_path / "b.html")) == ["底。"]
