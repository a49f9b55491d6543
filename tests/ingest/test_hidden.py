"""Text that nobody can see is no text of the page; text that somebody can see always is."""

from io import BytesIO

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.parse import parse
from ingest.pdf import ocr
from ingest.pdf import read as pdf
from tests.ingest.test_pdf import FONT, Draw, lines, make

SEEN = "公園の数は１２か所である。"
HIDDEN = "公園の数は９９か所である。"


@pytest.fixture(scope="module", autouse=True)
def _font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def invisible(canvas: Canvas) -> None:
    text = canvas.beginText(60, 600)
    text.setTextRenderMode(3)
    text.textLine(HIDDEN)
    canvas.drawText(text)


def white_on_white(canvas: Canvas) -> None:
    canvas.setFillGray(1)
    canvas.drawString(60, 600, HIDDEN)


def under_a_shape(canvas: Canvas) -> None:
    canvas.drawString(60, 600, HIDDEN)
    canvas.setFillGray(0.9)
    canvas.rect(50, 590, 400, 30, stroke=0, fill=1)


def under_a_picture(canvas: Canvas) -> None:
    canvas.drawString(60, 600, HIDDEN)
    canvas.drawImage(ImageReader(Image.new("RGB", (40, 4), "lightblue")), 50, 590, 400, 30)


def off_the_page(canvas: Canvas) -> None:
    canvas.drawString(60, A4[1] + 40, HIDDEN)


def too_small(canvas: Canvas) -> None:
    canvas.setFontSize(0.1)
    canvas.drawString(60, 600, HIDDEN)


def clear(canvas: Canvas) -> None:
    canvas.setFillAlpha(0.0)
    canvas.drawString(60, 600, HIDDEN)


@pytest.mark.parametrize(
    "draw", [invisible, white_on_white, under_a_shape, under_a_picture, off_the_page, too_small, clear]
)
def test_what_nobody_can_see_is_left_out_and_said(tmp_path, draw):
    def page(canvas: Canvas) -> None:
        lines(SEEN)(canvas)
        draw(canvas)

    document = parse(make(tmp_path, page))
    assert SEEN in document.text
    assert "９９" not in document.text
    assert any(warning.startswith("見えない文字") for warning in document.warnings)


def on_a_dark_shape(canvas: Canvas) -> None:
    canvas.setFillGray(0.2)
    canvas.rect(50, 590, 400, 30, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.drawString(60, 600, SEEN)


def on_a_shape_drawn_before(canvas: Canvas) -> None:
    canvas.drawString(60, 640, "上の行である。")
    canvas.setFillGray(0.9)
    canvas.rect(50, 590, 400, 30, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.drawString(60, 600, SEEN)


def under_clear_colour(canvas: Canvas) -> None:
    canvas.drawString(60, 600, SEEN)
    canvas.setFillAlpha(0.3)
    canvas.setFillColorRGB(1, 1, 0)
    canvas.rect(50, 590, 400, 30, stroke=0, fill=1)


def white_with_an_outline(canvas: Canvas) -> None:
    text = canvas.beginText(60, 600)
    text.setTextRenderMode(2)
    canvas.setFillGray(1)
    text.textLine(SEEN)
    canvas.drawText(text)


def searchable_shapes(canvas: Canvas) -> None:
    """The letters are a picture, and their text lies invisibly on them."""
    letters = Image.effect_noise((400, 30), 120)
    canvas.drawImage(ImageReader(letters), 55, 592, 200, 20)
    text = canvas.beginText(60, 600)
    text.setTextRenderMode(3)
    text.textLine(SEEN)
    canvas.drawText(text)


@pytest.mark.parametrize(
    "draw", [on_a_dark_shape, on_a_shape_drawn_before, under_clear_colour, white_with_an_outline, searchable_shapes]
)
def test_what_somebody_can_see_stays(tmp_path, draw):
    document = parse(make(tmp_path, draw))
    assert SEEN in document.text
    assert not any(warning.startswith("見えない文字") for warning in document.warnings)


def scan_with_text(*rows: str) -> Draw:
    """Return a page as scanners make them: a picture, and the text that the scanner read in it, invisible."""

    def draw(canvas: Canvas) -> None:
        stored = BytesIO()
        Image.effect_noise((300, 420), 80).save(stored, "JPEG")
        canvas.drawImage(ImageReader(stored), 0, 0, *A4)
        text = canvas.beginText(60, 700)
        text.setTextRenderMode(3)
        for row in rows:
            text.textLine(row)
        canvas.drawText(text)

    return draw


def test_what_a_scanner_read_is_kept_and_marked(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "ocr_installed", lambda: False)
    rows = [f"第{n}条　{SEEN}" for n in "一二三四五六"]
    document = parse(make(tmp_path, lines(SEEN), scan_with_text(*rows)))
    assert [(page.read_by, page.confidence) for page in document.pages] == [("text", None), ("ocr", None)]
    assert all(row in document.text for row in rows)
    assert any("文字認識（OCR）で読み取った" in warning for warning in document.warnings)
    assert not any(warning.startswith("見えない文字") for warning in document.warnings)


def test_a_scan_whose_only_text_is_a_stamp_is_a_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "ocr_installed", lambda: False)

    def stamped(canvas: Canvas) -> None:
        scan_with_text()(canvas)
        canvas.drawString(500, 20, "- 2 -")

    document = parse(make(tmp_path, lines(SEEN), stamped))
    assert any(ocr.INSTALL in warning and "：2ページ。" in warning for warning in document.warnings)
