"""What is struck through is not said, and people are told of it; what is raised is part of no figure."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pptx
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from pptx.util import Cm
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.document import Document
from ingest.marks import said_in_markdown
from ingest.parse import parse
from tests.ingest.office_files import WEB, W, word_of, workbook
from tests.ingest.test_pdf import FONT, both, grid, lines, make


@pytest.fixture(scope="module", autouse=True)
def _font() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def runs(*pieces: tuple[str, str]) -> str:
    """Return a paragraph of Word: texts with what is said of how they are set."""
    inner = "".join(f"<w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r>" for text, look in pieces)
    return f"<w:p {W}>{inner}</w:p>"


def in_word(path: Path) -> Path:
    return word_of(
        path,
        runs(("温泉の入湯料は", ""), ("420", "<w:strike/>"), ("円", "<w:dstrike/>"), ("550円とする。", "")),
        runs(("休憩室は12", ""), ("3", '<w:vertAlign w:val="superscript"/>'), ("室である。", "")),
        runs(("廃止された条文である。", "<w:strike/>")),
        runs(("消されていない。", '<w:strike w:val="0"/>')),
    )


def in_web(path: Path) -> Path:
    body = """<style>.old { color: red; text-decoration: line-through } .up { vertical-align: super; font-size: 60% }
    @media print { p { text-decoration: line-through } }</style>
    <p>温泉の入湯料は<span class="old">420円</span><ins>550円</ins>とする。</p>
    <p>休憩室は12<span class="up">3</span>室である。</p>
    <p style="text-decoration:line-through">廃止された条文である。</p><p>消されていない。</p>"""
    path.write_text(WEB.split("<main>")[0].format(charset="utf-8") + f"<main>{body}</main>", encoding="utf-8")
    return path


def in_markdown(path: Path) -> Path:
    path.write_text(
        "# 温泉\n\n温泉の入湯料は~~420円~~550円とする。\n休憩室は12<sup>3</sup>室である。\n\n"
        "~~廃止された条文である。~~\n\n消されていない。\n",
        encoding="utf-8",
    )
    return path


def in_slides(path: Path) -> Path:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    frame = slide.shapes.add_textbox(Cm(2), Cm(2), Cm(20), Cm(8)).text_frame
    for number, pieces in enumerate(
        [
            [("温泉の入湯料は", {}), ("420円", {"strike": "sngStrike"}), ("550円とする。", {})],
            [("休憩室は12", {}), ("3", {"baseline": "30000"}), ("室である。", {})],
            [("廃止された条文である。", {"strike": "dblStrike"})],
            [("消されていない。", {"strike": "noStrike"})],
        ]
    ):
        paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
        for text, look in pieces:
            run = paragraph.add_run()
            run.text = text
            for name, value in look.items():
                run._r.get_or_add_rPr().set(name, value)
    deck.save(path)
    return path


def in_sheets(path: Path) -> Path:
    def fill(book: openpyxl.Workbook) -> None:
        struck, up = InlineFont(strike=True), InlineFont(vertAlign="superscript")
        sheet = book.active
        sheet["A1"] = CellRichText("温泉の入湯料は", TextBlock(struck, "420円"), "550円とする。")
        sheet["A3"] = CellRichText("休憩室は12", TextBlock(up, "3"), "室である。")
        sheet["A5"], sheet["A7"] = "廃止された条文である。", "消されていない。"
        sheet["A5"].font = Font(strike=True)

    return workbook(path, fill)


def in_pdf(path: Path) -> Path:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 780, "温泉の入湯料は420円550円とする。")
        struck_from = 60 + pdfmetrics.stringWidth("温泉の入湯料は", FONT, 10.5)
        width = pdfmetrics.stringWidth("420円", FONT, 10.5)
        canvas.rect(struck_from, 783.3, width, 0.6, stroke=0, fill=1)
        canvas.drawString(60, 750, "休憩室は12")
        at = 60 + pdfmetrics.stringWidth("休憩室は12", FONT, 10.5)
        canvas.setFontSize(6)
        canvas.drawString(at, 754.5, "3")
        canvas.setFontSize(10.5)
        canvas.drawString(at + 3.2, 750, "室である。")
        canvas.drawString(60, 720, "廃止された条文である。")
        canvas.line(60, 723.6, 60 + pdfmetrics.stringWidth("廃止された条文である。", FONT, 10.5), 723.6)
        canvas.drawString(60, 690, "消されていない。")
        canvas.line(60, 688.5, 60 + pdfmetrics.stringWidth("消されていない。", FONT, 10.5), 688.5)

    return make(path.parent, draw, name=path.name)


WRITERS: dict[str, Callable[[Path], Path]] = {
    "a.docx": in_word,
    "a.html": in_web,
    "a.md": in_markdown,
    "a.pptx": in_slides,
    "a.xlsx": in_sheets,
    "a.pdf": in_pdf,
}


@pytest.fixture(scope="module", params=list(WRITERS))
def document(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    return parse(WRITERS[request.param](tmp_path_factory.mktemp("marks") / request.param))


def test_the_new_value_stands_alone_where_the_old_one_is_struck_through(document: Document) -> None:
    assert "温泉の入湯料は550円とする。" in document.text
    assert "420" not in document.text
    assert "廃止" not in document.text
    assert "消されていない。" in document.text


def test_people_are_told_what_is_struck_through_and_where(document: Document) -> None:
    (notice,) = [warning for warning in document.warnings if warning.startswith("取り消し線")]
    place = {
        "word": "段落1",
        "html": "段落1",
        "markdown": "3行目",
        "slides": "スライド1",
        "sheet": "シート「Sheet」 A1",
        "pdf": "1ページ",
    }
    assert f"（2か所）：{place[document.kind]}「420円」" in notice
    assert "廃止された条文である。" in notice


def test_a_raised_number_is_set_in_superscript_digits(document: Document) -> None:
    assert "休憩室は12³室である。" in document.text


def test_one_box_stands_for_each_character_of_a_page_with_marks(tmp_path: Path) -> None:
    page = parse(in_pdf(tmp_path / "a.pdf")).pages[0]
    assert page.char_boxes is not None
    assert len(page.char_boxes) == 16 * (page.end - page.start)


def test_strikes_and_raised_numbers_of_styles_count_in_word(tmp_path: Path) -> None:
    import docx
    from docx.enum.style import WD_STYLE_TYPE

    paper = docx.Document()
    paper.styles.add_style("見え消し", WD_STYLE_TYPE.CHARACTER).font.strike = True
    paper.styles.add_style("注番号", WD_STYLE_TYPE.CHARACTER).font.superscript = True
    paper.styles.add_style("旧", WD_STYLE_TYPE.PARAGRAPH).font.strike = True
    first = paper.add_paragraph("利用者は")
    first.add_run("310人", "見え消し")
    first.add_run("298")
    first.add_run("１", "注番号")
    first.add_run("人である。")
    second = paper.add_paragraph("古い段落である。", "旧")
    second.add_run("残す語句である。").font.strike = False
    paper.save(tmp_path / "a.docx")
    text = parse(tmp_path / "a.docx").text
    assert "利用者は298¹人である。" in text
    assert "古い段落" not in text
    assert "残す語句である。" in text


def test_what_was_deleted_while_changes_were_tracked_is_told_as_struck(tmp_path: Path) -> None:
    body = f"<w:p {W}><w:r><w:t>会費は</w:t></w:r><w:del><w:r><w:delText>700円</w:delText></w:r></w:del>"
    path = word_of(tmp_path / "a.docx", body + "<w:ins><w:r><w:t>800円</w:t></w:r></w:ins></w:p>")
    document = parse(path)
    assert "会費は800円" in document.text
    assert any("段落1「700円」" in warning for warning in document.warnings)


def test_a_row_of_a_sheet_that_is_struck_through_is_out(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        for row in (["教室", "定員"], ["茶道", 14], ["囲碁", 22], ["将棋", 18]):
            sheet.append(row)
        for cell in sheet[3]:
            cell.font = Font(strike=True)

    document = parse(workbook(tmp_path / "a.xlsx", fill))
    assert "囲碁" not in document.text
    assert "22" not in document.text
    assert "将棋\t18" in document.text


def test_a_struck_cell_of_a_web_table_is_empty(tmp_path: Path) -> None:
    rows = "<tr><th>区分</th><th>料金</th></tr><tr><td>大人</td><td><del>200円</del>250円</td></tr>"
    path = tmp_path / "a.html"
    path.write_text(f"<main><table>{rows}<tr><td>小人</td><td><s>90円</s></td></tr></table></main>", encoding="utf-8")
    document = parse(path)
    assert "大人\t250円" in document.text
    assert "90円" not in document.text
    assert any("表1 2行目「200円」" in warning for warning in document.warnings)


def test_an_exponent_and_a_note_on_a_web_page_are_told_apart_by_what_they_stand_on(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        '<main><p>面積は640m<sup>2</sup>、件数は75<sup><a href="#n">[4]</a></sup>件、<sup>（令和5年度）</sup>です。'
        "<ruby>椿<rt>つばき3</rt></ruby>会館</p></main>",
        encoding="utf-8",
    )
    assert "面積は640m²、件数は75⁽⁴⁾件、（令和5年度）です。椿会館" in parse(path).text


def test_words_that_a_person_strikes_out_in_a_pdf_are_out(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 780, "席は80席96席ある。")
        left = 60 + pdfmetrics.stringWidth("席は", FONT, 10.5)
        right = left + pdfmetrics.stringWidth("80席", FONT, 10.5)
        canvas._addAnnotation(strike_out(left, 778, right, 790))

    assert "席は96席ある。" in parse(make(tmp_path, draw)).text


def strike_out(x0: float, y0: float, x1: float, y1: float):
    from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName

    return PDFDictionary(
        {
            "Type": PDFName("Annot"),
            "Subtype": PDFName("StrikeOut"),
            "Rect": PDFArray([x0, y0, x1, y1]),
            "QuadPoints": PDFArray([x0, y1, x1, y1, x0, y0, x1, y0]),
            "F": 4,
        }
    )


def ruled_through(canvas: Canvas) -> None:
    """Draw lines that strike nothing: under words, around a cell, of a chart behind its labels, beside words."""
    canvas.drawString(60, 780, "下線の語句")
    canvas.line(60, 778, 112, 778)
    canvas.rect(60, 740, 120, 20)
    canvas.drawString(64, 746, "枠の中の語句")
    canvas.line(40, 703.5, 500, 703.5)
    canvas.drawString(200, 700, "目盛りの語句")
    canvas.line(60, 663.6, 100, 663.6)
    canvas.drawString(104, 660, "凡例の語句")


def test_underlines_rulings_and_lines_of_charts_strike_nothing(tmp_path: Path) -> None:
    table = grid([["項目", "令和4年度", "令和5年度"], ["歳入", "1,310", "1,288"], ["歳出", "1,270", "1,261"]], top=500)
    document = parse(make(tmp_path, both(ruled_through, table)))
    for words in ("下線の語句", "枠の中の語句", "目盛りの語句", "凡例の語句", "1,288", "歳出"):
        assert words in document.text
    assert document.warnings == ()


def test_small_type_that_is_no_note_stays_as_it_is(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 780, "総額")
        canvas.setFontSize(7)
        canvas.drawString(60 + 2 * 10.5, 780, "150円")  # on the line, smaller
        canvas.setFontSize(24)
        canvas.drawString(60, 700, "約")
        canvas.setFontSize(11)
        canvas.drawString(60 + 24.5, 707, "5万人")  # words set small beside a large letter
        canvas.setFontSize(10.5)
        canvas.drawString(60, A4[1] - 300, "12 34")

    text = parse(make(tmp_path, lines("町の概要"), draw)).text
    assert not any(digit in text for digit in "⁰¹²³⁴⁵⁶⁷⁸⁹")


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("定員は~~36人~~48人", "定員は48人"),
        ("10~~12、13~~15", "10~~12、13~~15"),  # ranges
        ("`~~x~~`", "`~~x~~`"),
        ("```\n~~x~~\n```", "```\n~~x~~\n```"),
        ("87件[^3]と\n[^3]: 速報値", "87件³と\n[^3]: 速報値"),
        ("<del>旧\n名</del>新", "\n新"),
    ],
)
def test_markdown_keeps_its_lines(source: str, plain: str) -> None:
    assert said_in_markdown(source)[0] == plain
