"""Office files and web pages of a town that does not exist, one table in every kind of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import docx
import openpyxl
import pptx
from docx.oxml import parse_xml
from openpyxl.styles import Font
from pptx.util import Cm

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MADE = datetime(2024, 6, 4, 9, 0)

CONSULTATIONS = [
    ["区分", "令和4年度", "令和5年度"],
    ["移住相談件数", "2,318", "2,776"],
    ["移住者数", "412", "507"],
]


def word(path: Path, *, dated: datetime | None = MADE) -> Path:
    """Write a Word file with headings, lists, a table with merged cells and what stands beside the text."""
    document = docx.Document()
    document.core_properties.title = "移住施策の概要"
    document.core_properties.created = document.core_properties.modified = dated
    document.add_heading("みどり市移住施策の概要", 0)
    document.add_paragraph("令和6年6月4日　企画課")
    document.add_heading("１　現状", 1)
    document.add_paragraph("市の人口は、令和6年5月末現在で48,005人である。")
    document.add_heading("（１）相談の窓口", 2)
    document.add_paragraph("対面の相談", style="List Bullet")
    document.add_paragraph("オンラインの相談", style="List Bullet")
    document.add_paragraph("予約をする", style="List Number")
    document.add_paragraph("窓口を訪ねる", style="List Number")
    document.add_heading("２　実績", 1)
    document.add_paragraph("移住相談の実績")
    document.add_paragraph("（単位：件）")
    table = document.add_table(rows=4, cols=3)
    for r, cells in enumerate([["区分", "実績", ""], ["", *CONSULTATIONS[0][1:]], *CONSULTATIONS[1:]]):
        for c, text in enumerate(cells):
            table.cell(r, c).text = text
    table.cell(0, 0).merge(table.cell(1, 0)).text = "区分"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "実績"
    document.save(path)
    return path


def slides(path: Path) -> Path:
    """Write a presentation: a title, text and a table out of order, notes, a chart and a hidden slide."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    deck = pptx.Presentation()
    deck.core_properties.modified = MADE
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "みどり市移住施策の説明"
    first.placeholders[1].text = "令和6年6月4日　企画課"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "移住相談の実績"
    # Drawn in another order than it is read in.
    lower = second.shapes.add_textbox(Cm(2), Cm(14), Cm(20), Cm(1))
    lower.text_frame.text = "※窓口とオンラインの合計"
    frame = second.shapes.add_table(3, 3, Cm(2), Cm(7), Cm(20), Cm(4))
    for r, cells in enumerate(CONSULTATIONS):
        for c, text in enumerate(cells):
            frame.table.cell(r, c).text = text
    upper = second.shapes.add_textbox(Cm(2), Cm(5), Cm(20), Cm(1))
    upper.text_frame.text = "（単位：件）"
    second.notes_slide.notes_text_frame.text = "相談の半分はオンラインであると口頭で補足する。"
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "空き家の推移"
    data = CategoryChartData()
    data.categories = ["令和4年度", "令和5年度"]
    data.add_series("空き家の登録件数", (57, 66))
    third.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(2), Cm(5), Cm(15), Cm(8), data)
    fourth = deck.slides.add_slide(deck.slide_layouts[5])
    fourth.shapes.title.text = "参考資料"
    fourth._element.set("show", "0")
    deck.save(path)
    return path


def workbook(path: Path, fill: Callable[[openpyxl.Workbook], None] | None = None) -> Path:
    """Write a workbook with two sheets of tables, or what ``fill`` puts into an empty one."""
    book = openpyxl.Workbook()
    book.properties.modified = book.properties.created = MADE
    (fill or _two_sheets)(book)
    book.save(path)
    return path


def _two_sheets(book: openpyxl.Workbook) -> None:
    sheet = book.active
    sheet.title = "移住"
    sheet["A1"] = "移住相談の実績"
    sheet["A1"].font = Font(bold=True)
    sheet["C2"] = "（単位：件）"
    for r, (name, before, after) in enumerate(
        [("区分", "令和4年度", "令和5年度"), ("移住相談件数", 2318, 2776), ("移住者数", 412, 507)], 3
    ):
        for c, value in zip("ABC", (name, before, after), strict=True):
            sheet[f"{c}{r}"] = value
            sheet[f"{c}{r}"].number_format = "#,##0"
    sheet["A7"] = "※窓口とオンラインの合計"
    other = book.create_sheet("歳入")
    other.append(["歳入の内訳（単位：千円）"])
    other.append(["款", "令和5年度予算額", "増減", "構成比"])
    for name, amount, change, share in [("市税", 69102, -512, 0.234), ("地方交付税", 98410, 1200, 0.333)]:
        other.append([name, amount, change, share])
        row = other.max_row
        other[f"B{row}"].number_format = "#,##0"
        other[f"C{row}"].number_format = '#,##0;"▲"#,##0'
        other[f"D{row}"].number_format = "0.0%"


WEB = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="{charset}"><title>移住相談の実績 - みどり市公式ホームページ</title>
<meta name="dcterms.modified" content="2024-06-04"><script>var 隠し = "読まない";</script>
<style>p {{ color: red }}</style></head>
<body><nav><ul><li><a href="/">ホーム</a></li></ul></nav>
<div id="breadcrumb">ホーム &gt; くらし</div>
<main><h1>移住相談の実績</h1>
<p>相談は<ruby>椿<rp>（</rp><rt>つばき</rt><rp>）</rp></ruby>会館で受け付けます。費用は&yen;0です。</p>
<h2>窓口</h2>
<ul><li>対面の相談<li>オンラインの相談</ul>
<ol><li>予約をする</li><li>窓口を訪ねる</li></ol>
<h2>件数</h2>
<p>（単位：件）</p>
<table><caption>移住相談の実績</caption>
<tr><th rowspan="2">区分</th><th colspan="2">実績</th></tr>
<tr><th>令和4年度</th><th>令和5年度</th></tr>
<tr><td>移住相談件数</td><td>2,318</td><td>2,776</td></tr>
<tr><td>移住者数</td><td>412</td><td>507</td></tr></table>
<p style="display:none">見えない文章</p></main>
<footer>みどり市役所</footer></body></html>
"""

CSV = """移住相談の実績
,,（単位：件）
区分,令和4年度,令和5年度
移住相談件数,"2,318","2,776"
"移住者数
（うち県外）",412,507
"""


def web(path: Path, *, charset: str = "utf-8") -> Path:
    path.write_bytes(WEB.format(charset=charset).encode("cp932" if charset == "Shift_JIS" else charset))
    return path


def separated(path: Path, *, encoding: str = "utf-8", mark: str = ",") -> Path:
    text = CSV if mark == "," else CSV.replace('"2,318"', "2318").replace('"2,776"', "2776").replace(",", mark)
    path.write_bytes(text.encode(encoding))
    return path


WRITERS: Mapping[str, Callable[[Path], Path]] = {
    "iju.docx": word,
    "iju.pptx": slides,
    "iju.xlsx": workbook,
    "iju.html": web,
    "iju.csv": separated,
}


def with_parts(path: Path, parts: Mapping[str, bytes | str]) -> Path:
    """Replace or add parts of an Office file."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return path


def word_of(path: Path, *body: str) -> Path:
    """Write a Word file whose body is this XML (``w:`` is the namespace of Word)."""
    document = docx.Document()
    document.core_properties.modified = MADE
    held = document.element.body
    for child in list(held):
        held.remove(child)
    for xml in body:
        held.append(parse_xml(xml.replace(">", f" {W}>", 1) if "xmlns:w=" not in xml else xml))
    document.save(path)
    return path


def paragraph(text: str, *, properties: str = "") -> str:
    return f"<w:p {W}>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table_of(rows: Sequence[Sequence[str]]) -> str:
    """Return a Word table's XML, with a row of ``rows`` a row and the XML of a cell a cell."""
    return (
        f"<w:tbl {W}>"
        + "".join("<w:tr>" + "".join(f"<w:tc>{c}</w:tc>" for c in row) + "</w:tr>" for row in rows)
        + "</w:tbl>"
    )
