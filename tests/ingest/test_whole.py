"""What a person sees is read or said to be left out, what nobody sees is not read, and no file is refused wrongly."""

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from PIL import Image
from pptx.util import Cm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ingest.office.fields import shown_by
from ingest.parse import ParseError, parse
from ingest.pdf import read as pdf
from ingest.pdf.read import render_page
from tests.ingest.office_files import W, paragraph, slides, with_parts, word, word_of, workbook
from tests.ingest.test_pdf import FONT, lines, make

XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


@pytest.fixture(scope="module", autouse=True)
def _font() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def part_of(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as package:
        return package.read(name).decode("utf-8")


# --- Excel ---


def shape(row: int, text: str, inner: str = "") -> str:
    return (
        f"<xdr:twoCellAnchor><xdr:from><xdr:col>2</xdr:col><xdr:row>{row}</xdr:row></xdr:from>"
        f"<xdr:to><xdr:col>5</xdr:col><xdr:row>{row + 1}</xdr:row></xdr:to>{inner}"
        f'<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="{row}" name="x"/></xdr:nvSpPr>'
        f"<xdr:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:twoCellAnchor>"
    )


def with_drawing(path: Path, *anchors: str) -> Path:
    workbook(path)
    sheet = part_of(path, "xl/worksheets/sheet1.xml")
    sheet = sheet.replace("</worksheet>", f'<drawing xmlns:r="{R}" r:id="rId7"/></worksheet>')
    link = f'<Relationship Id="rId7" Type="{R}/drawing" Target="../drawings/drawing1.xml"/>'
    drawn = f'<xdr:wsDr xmlns:xdr="{XDR}" xmlns:a="{A}" xmlns:mc="{MC}">{"".join(anchors)}</xdr:wsDr>'
    return with_parts(
        path,
        {
            "xl/worksheets/sheet1.xml": sheet,
            "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{RELATIONS}">{link}</Relationships>',
            "xl/drawings/drawing1.xml": drawn,
        },
    )


def test_text_boxes_of_a_sheet_stand_behind_its_cells_from_the_top(tmp_path: Path) -> None:
    hidden = shape(4, "見えない図形").replace('name="x"', 'name="x" hidden="1"')
    alternate = shape(9, "選ばれた語句").replace("<xdr:sp>", "<mc:AlternateContent><mc:Choice Requires='a14'><xdr:sp>")
    alternate = alternate.replace(
        "</xdr:sp>", "</xdr:sp></mc:Choice><mc:Fallback><xdr:sp/></mc:Fallback></mc:AlternateContent>"
    )
    document = parse(with_drawing(tmp_path / "a.xlsx", alternate, shape(2, "負担は1回350円である。"), hidden))
    page = document.text[: document.pages[0].end]
    assert page.index("移住者数") < page.index("負担は1回350円である。") < page.index("選ばれた語句")
    assert page.count("選ばれた語句") == 1
    assert "見えない図形" not in page
    at = document.text.index("負担は")
    assert document.place_of(at, at + 2) == "シート「移住」 C3（図形）"


def test_the_figures_of_a_chart_are_read_where_no_sheet_shows_them(tmp_path: Path) -> None:
    from openpyxl.chart import BarChart, Reference

    def fill(book: openpyxl.Workbook) -> None:
        seen = book.active
        seen.title = "表紙"
        seen["A1"] = "放課後児童クラブの現況"
        source = book.create_sheet("元データ")
        for row in (["年度", "利用児童"], ["令和4年度", 131], ["令和5年度", 148]):
            source.append(row)
        source.sheet_state = "hidden"
        chart = BarChart()
        chart.title = "利用児童の推移"
        chart.add_data(Reference(source, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        seen.add_chart(chart, "A3")

    path = workbook(tmp_path / "a.xlsx", fill)
    chart = part_of(path, "xl/charts/chart1.xml")
    cache = "<{0}numCache><{0}formatCode>General</{0}formatCode><{0}pt idx='0'><{0}v>131</{0}v></{0}pt></{0}numCache>"
    prefix = "c:" if "<c:chart" in chart else ""
    chart = re.sub(rf"(<{prefix}numRef><{prefix}f>[^<]*</{prefix}f>)", r"\1" + cache.format(prefix), chart)
    text = parse(with_parts(path, {"xl/charts/chart1.xml": chart})).text
    assert "利用児童の推移" in text
    assert "131" in text


STRICT = {
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "http://purl.oclc.org/ooxml/wordprocessingml/main",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "http://purl.oclc.org/ooxml/presentationml/main",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties": "http://purl.oclc.org/ooxml/officeDocument/extendedProperties",
}


@pytest.mark.parametrize(("write", "name"), [(workbook, "a.xlsx"), (word, "a.docx"), (slides, "a.pptx")])
def test_a_file_of_the_strict_kind_is_read_like_any_other(tmp_path: Path, write, name: str) -> None:
    path = write(tmp_path / name)
    usual = parse(path).text
    with zipfile.ZipFile(path) as package:
        parts = {part: package.read(part) for part in package.namelist() if part.endswith((".xml", ".rels"))}
    for part, data in parts.items():
        for transitional, strict in STRICT.items():
            data = data.replace(transitional.encode(), strict.encode())
        parts[part] = data
    assert parse(with_parts(path, parts)).text == usual


def test_a_date_of_a_strict_workbook_reads_as_excel_shows_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda book: book.active.append(["開館日", "x"]))
    sheet = part_of(path, "xl/worksheets/sheet1.xml")
    sheet = re.sub(r'<c r="B1".*?</c>', '<c r="B1" t="d"><v>2023-07-04T00:00:00</v></c>', sheet)
    assert "2023/7/4" in parse(with_parts(path, {"xl/worksheets/sheet1.xml": sheet})).text


def test_days_that_are_counted_from_1904_are_right(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["開館日", datetime(2023, 7, 4)])
        book.active["B1"].number_format = "yyyy/m/d"

    assert "2023/7/4" in parse(workbook(tmp_path / "a.xlsx", fill)).text


NAME = '<definedName name="_xlnm.Print_Titles">#REF!</definedName>'


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/styles.xml", "<fills", "<fills><fill/></fills><x"),
        (
            "xl/styles.xml",
            "<fills",
            '<cellStyleXfs/><fills bad="1"><fill><patternFill patternType="odd"/></fill></fills><x',
        ),
        (
            "xl/workbook.xml",
            "<sheets>",
            '<definedNames><definedName name="_xlnm.Print_Titles">#REF!</definedName></definedNames><sheets>',
        ),
        ("docProps/core.xml", "2024", "令和6年"),
        ("xl/worksheets/sheet1.xml", "<dimension", "<dimensionless"),
    ],
)
def test_a_workbook_is_not_refused_for_what_is_no_text(tmp_path: Path, part: str, old: str, new: str) -> None:
    path = workbook(tmp_path / "a.xlsx")
    changed = part_of(path, part)
    if new.endswith("<x"):
        changed = re.sub(r"<fills.*?</fills>", new.removesuffix("<x"), changed, flags=re.S)
    else:
        changed = changed.replace(old, new)
    assert "移住相談件数\t2,318\t2,776" in parse(with_parts(path, {part: changed})).text


def test_relationships_that_lead_nowhere_and_names_of_windows_are_no_reason_to_refuse(tmp_path: Path) -> None:
    path = word(tmp_path / "a.docx")
    links = part_of(path, "word/_rels/document.xml.rels")
    dead = f'<Relationship Id="rId99" Type="{R}/image" Target="../NULL"/></Relationships>'
    with_parts(path, {"word/_rels/document.xml.rels": links.replace("</Relationships>", dead)})
    usual = parse(path).text
    assert "48,005人" in usual
    renamed = tmp_path / "b.docx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(renamed, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name.replace("/", "\\")), old.read(name))
    assert parse(renamed).text == usual


# --- Word ---


def with_chunk(path: Path, name: str, data: bytes) -> Path:
    word_of(
        path, paragraph("本館の蔵書は7万冊である。"), f'<w:altChunk {W} xmlns:r="{R}" r:id="rId77"/>', paragraph("以上")
    )
    links = part_of(path, "word/_rels/document.xml.rels")
    link = f'<Relationship Id="rId77" Type="{R}/aFChunk" Target="{name}"/></Relationships>'
    kind = f'<Default Extension="{name.rpartition(".")[2]}" ContentType="application/octet-stream"/></Types>'
    types = part_of(path, "[Content_Types].xml")
    if f'Extension="{name.rpartition(".")[2]}"' not in types:
        types = types.replace("</Types>", kind)
    return with_parts(
        path,
        {
            "word/_rels/document.xml.rels": links.replace("</Relationships>", link),
            "[Content_Types].xml": types,
            f"word/{name}": data,
        },
    )


@pytest.mark.parametrize("kind", ["html", "txt", "docx", "mht"])
def test_a_document_that_is_kept_whole_in_another_is_read_in_its_place(tmp_path: Path, kind: str) -> None:
    said = "分館の蔵書は9,120冊である。"
    inner = io.BytesIO()
    paper = docx.Document()
    paper.add_paragraph(said)
    paper.save(inner)
    page = f"<html><meta charset='utf-8'><body><p>{said}</p></body></html>"
    mail = (
        f"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{page}"
    )
    data = {"html": page.encode(), "txt": said.encode("cp932"), "docx": inner.getvalue(), "mht": mail.encode()}[kind]
    document = parse(with_chunk(tmp_path / "a.docx", f"chunk.{kind}", data))
    assert document.text.index("本館の") < document.text.index(said) < document.text.index("以上")
    assert document.warnings == ()


def test_a_kept_document_of_another_kind_is_said_to_be_left_out(tmp_path: Path) -> None:
    document = parse(with_chunk(tmp_path / "a.docx", "chunk.rtf", rb"{\rtf1 9,120}"))
    assert any("埋め込みの文書は読みませんでした" in warning for warning in document.warnings)


def test_what_alternates_in_word_is_read_once(tmp_path: Path) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>枠の中の語句</w:t></w:r></w:p></w:txbxContent>"
    wps = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
    body = (
        f'<w:p {W} xmlns:mc="{MC}" xmlns:wps="{wps}"><w:r><w:t>本文</w:t></w:r><w:r><mc:AlternateContent>'
        f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r><w:r><mc:AlternateContent>"
        '<mc:Choice Requires="wps"/><mc:Fallback><w:t>代わりの語句</w:t></mc:Fallback></mc:AlternateContent>'
        "</w:r></w:p>"
    )
    text = parse(word_of(tmp_path / "a.docx", body)).text
    assert text.count("枠の中の語句") == 1
    assert "代わりの語句" in text


def test_heads_and_feet_of_pages_are_read_once_behind_the_text(tmp_path: Path) -> None:
    paper = docx.Document()
    paper.add_paragraph("計画の概要である。")
    section = paper.sections[0]
    section.header.paragraphs[0].text = "取扱注意（案）"
    section.footer.paragraphs[0].text = "- 1 -"
    section.first_page_header.paragraphs[0].text = "表紙だけの柱"  # shown only where first pages differ
    section.different_first_page_header_footer = False
    paper.save(tmp_path / "a.docx")
    text = parse(tmp_path / "a.docx").text
    assert text.index("計画の概要") < text.index("取扱注意（案）")
    assert "- 1 -" not in text
    assert "表紙だけの柱" not in text


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (r"EQ \o\ac(○,印)", "印"),
        (r"eq \o\ac(○,3)", "③"),
        (r'EQ \* jc2 \* "Font:ＭＳ 明朝" \* hps10 \o\ad(\s\up 9(つばき),椿)', "椿"),
        (r"EQ \f(2,3)", "2/3"),
        (r"EQ 640m\s\up 5(2)", "640m²"),
        ("MACROBUTTON NoMacro ここに名前を書く", "ここに名前を書く"),
        ("PAGE", ""),
    ],
)
def test_a_field_without_a_result_shows_what_stands_in_its_code(code: str, shown: str) -> None:
    assert shown_by(code) == shown


def test_a_code_without_end_is_no_trap() -> None:
    assert isinstance(shown_by("EQ " + r"\o(" * 5_000), str)


def test_fields_show_their_result_or_their_code_in_word(tmp_path: Path) -> None:
    def field(code: str, result: str = "", form: str = "") -> str:
        sign = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
        begin = f'<w:r><w:fldChar w:fldCharType="begin">{form}</w:fldChar></w:r>'
        shown = f"{sign.format('separate')}<w:r><w:t>{result}</w:t></w:r>" if result else ""
        return f"{begin}<w:r><w:instrText>{code}</w:instrText></w:r>{shown}{sign.format('end')}"

    ticked = "<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>"
    circled = field(r"EQ \o\ac(○,5)")
    body = f"<w:p {W}>{circled}{field('= 2+3', '12件')}{field('FORMCHECKBOX', form=ticked)}"
    body += '<w:r><w:t>有</w:t></w:r><w:fldSimple w:instr="DATE"><w:r><w:t>６月</w:t></w:r></w:fldSimple></w:p>'
    assert "⑤12件☑有６月" in parse(word_of(tmp_path / "a.docx", body)).text


# --- PowerPoint ---


def test_what_alternates_on_a_slide_is_read_and_what_stands_beside_it_is_not(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    inside = slide.shapes.add_textbox(Cm(2), Cm(2), Cm(8), Cm(2))
    inside.text_frame.text = "散布の面積は215haである。"
    slide.shapes.add_textbox(Cm(60), Cm(2), Cm(8), Cm(2)).text_frame.text = "スライドの外の覚え書き"
    deck.save(tmp_path / "a.pptx")
    xml = part_of(tmp_path / "a.pptx", "ppt/slides/slide1.xml")
    first = re.search(r"<p:sp>.*?</p:sp>", xml, re.S)
    assert first is not None
    wrapped = (
        f'<mc:AlternateContent xmlns:mc="{MC}"><mc:Choice Requires="p14">{first[0]}</mc:Choice>'
        f"<mc:Fallback>{first[0]}</mc:Fallback></mc:AlternateContent>"
    )
    document = parse(with_parts(tmp_path / "a.pptx", {"ppt/slides/slide1.xml": xml.replace(first[0], wrapped)}))
    assert document.text.count("散布の面積は215haである。") == 1
    assert "覚え書き" not in document.text
    assert any("見えない文字" in warning for warning in document.warnings)


# --- web pages ---


def test_what_the_rules_of_a_web_page_hide_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<style>.off { display: none } .gone { visibility: hidden } .print { display: block } "
        "@media print { .print { display: none } }</style><main><p>見える文である。</p><p class='off'>隠れた文</p>"
        "<p class='gone'>消えた文</p><p class='print'>画面の文である。</p>"
        "<p class='off' style='display:block'>出した文である。</p></main>",
        encoding="utf-8",
    )
    text = parse(path).text
    assert "隠れた文" not in text
    assert "消えた文" not in text
    assert all(words in text for words in ("見える文である。", "画面の文である。", "出した文である。"))


def test_a_web_page_is_read_by_what_it_is_and_not_by_what_it_says(tmp_path: Path) -> None:
    said = "<meta charset={}><main><p>緑町の花壇は14か所です。</p></main>"
    for name, charset, encoding in (
        ("a", "Shift_JIS", "utf-8"),
        ("b", "euc-jp", "euc_jp"),
        ("c", "iso-2022-jp", "iso2022_jp"),
    ):
        (tmp_path / f"{name}.html").write_bytes(said.format(charset).encode(encoding))
        assert "緑町の花壇は14か所です。" in parse(tmp_path / f"{name}.html").text


# --- PDF ---


def layered(path: Path, *, off: bool) -> Path:
    """Write a page with a second line in a layer."""
    canvas = Canvas(str(path), pageCompression=0)
    canvas.setFont(FONT, 11)
    canvas.drawString(60, 780, "会員は95人である。")
    canvas._code.append("/OC /Draft BDC")
    canvas.drawString(60, 750, "会費は4,700円である。")
    canvas._code.append("EMC")
    canvas.showPage()
    canvas.save()
    data = path.read_bytes()
    layer = len(re.findall(rb"^\d+ 0 obj", data, re.M)) + 1
    state = b"/OFF" if off else b"/ON"
    data = data.replace(b"/ProcSet", b"/Properties << /Draft %d 0 R >> /ProcSet" % layer)
    data = data.replace(
        b"/Type /Catalog",
        b"/Type /Catalog /OCProperties << /OCGs [%d 0 R] /D << %s [%d 0 R] >> >>" % (layer, state, layer),
    )
    # The table of places is wrong now, and is made anew by the reader.
    at = data.index(b"xref")
    path.write_bytes(data[:at] + b"%d 0 obj\n<< /Type /OCG /Name (Draft) >>\nendobj\n" % layer + data[at:])
    return path


@pytest.mark.parametrize("off", [True, False])
def test_a_layer_that_is_switched_off_is_not_read(tmp_path: Path, off: bool) -> None:
    document = parse(layered(tmp_path / "a.pdf", off=off))
    assert "会員は95人である。" in document.text
    assert ("4,700円" in document.text) is not off
    assert any(warning.startswith("見えない文字") for warning in document.warnings) is off


def test_fields_that_are_filled_in_are_read_beside_their_names_and_shown(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        canvas.drawString(60, 700, "申請額（円）")
        canvas.acroForm.textfield(name="a", value="940,000", x=200, y=694, width=150, height=20, borderStyle="solid")

    path = make(tmp_path, form)
    document = parse(path)
    assert "申請額（円） 940,000" in document.text
    page = document.pages[0]
    assert page.char_boxes is not None
    assert len(page.char_boxes) == 16 * (page.end - page.start)
    shown = Image.open(io.BytesIO(render_page(path, 1, dpi=72))).convert("L")
    darkest, _ = shown.crop((203, 842 - 712, 260, 842 - 698)).getextrema()
    assert darkest < 100


def test_a_box_that_is_ticked_is_read_as_ticked(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        for left, name, ticked in ((200, "有", True), (260, "無", False)):
            canvas.acroForm.checkbox(name=name, checked=ticked, x=left, y=696, size=14)
            canvas.drawString(left + 18, 699, name)

    assert "☑有 無" in parse(make(tmp_path, form)).text.replace("☑ ", "☑")


def without_table(path: Path, text: str) -> Path:
    """Write a page in a font that does not say what letters its codes are."""
    import matplotlib_fontja

    folder = Path(matplotlib_fontja.__file__).parent
    pdfmetrics.registerFont(TTFont("ipa", str(next(folder.rglob("*.ttf")))))
    canvas = Canvas(str(path), pageCompression=0)
    canvas.setFont("ipa", 11)
    for i, line in enumerate(text.split("\n")):
        canvas.drawString(60, 780 - 20 * i, line)
    canvas.showPage()
    canvas.save()
    path.write_bytes(re.sub(rb"/ToUnicode \d+ 0 R", b"", path.read_bytes()))
    return path


LOST = "都市公園の整備状況\n令和六年三月末現在\n街区公園は三十二か所である。\n遊具の更新は十一基である。"


def test_codes_that_are_no_letters_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "ocr_installed", lambda: False)
    with pytest.raises(ParseError, match="no page has text in a font") as caught:
        parse(without_table(tmp_path / "a.pdf", LOST))
    assert "文字コードのない書体" in caught.value.message


def test_pages_with_other_letters_are_said_to_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdfium2 import PdfDocument

    monkeypatch.setattr(pdf, "ocr_installed", lambda: False)
    whole = PdfDocument.new()
    for part in (make(tmp_path, lines("花壇は14か所である。"), name="b.pdf"), without_table(tmp_path / "a.pdf", LOST)):
        whole.import_pages(PdfDocument(part))
    whole.save(tmp_path / "c.pdf")
    document = parse(tmp_path / "c.pdf")
    assert "花壇は14か所である。" in document.text
    assert document.text[document.pages[1].start : document.pages[1].end].strip() == ""
    assert any(warning.startswith("文字コードのない書体") and "：2ページ。" in warning for warning in document.warnings)
    assert document.lacks_ocr
