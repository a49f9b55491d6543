"""Pages that are pictures: recognised with boxes and tables, doubted where they are unclear, named where unread."""

import importlib.util
import os
import queue
import shutil
import subprocess
import threading
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest import child
from ingest.facts import read_facts
from ingest.parse import ParseError, parse
from ingest.pdf import ocr
from ingest.pdf import read as pdf
from ingest.pdf.picture import holds_dash, is_dash, triangle_in
from ingest.pdf.read import render_page
from tests.ingest.test_pdf import FONT, Draw, both, boxes_of, grid, lines, make

WIDTH, HEIGHT = A4[0], 340.0  # the upper part of a sheet: half the time
needs_engine = pytest.mark.skipif(not ocr.installed(), reason="the extra tenkyo[ocr] is not installed")


def has_font() -> bool:
    """Say whether pdfium finds a font to draw Japanese with, whose letters are not in the PDF."""
    lister = shutil.which("fc-list")
    return lister is not None and bool(subprocess.run([lister, ":lang=ja"], capture_output=True).stdout)


needs_font = pytest.mark.skipif(not has_font(), reason="no Japanese font to draw scans with")

BUDGET = [
    ["事業名", "令和5年度", "令和6年度"],
    ["図書館の整備", "12,345", "23,456"],
    ["橋の点検", "1,780", "2,090"],
    ["防災の訓練", "611", "1"],
]
PAPER = both(lines("みどり町の予算について", "予算の総額は8,765千円である。"), grid(BUDGET, width=120, top=700))


@pytest.fixture(scope="module", autouse=True)
def _font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def picture_of(folder: Path, draw: Draw, dpi: int = 200) -> Image.Image:
    """Return what is drawn as a scanner would see it."""
    path = make(folder, draw, name="original.pdf")
    whole = Image.open(BytesIO(render_page(path, 1, dpi=dpi))).convert("L")
    return whole.crop((0, 0, whole.width, round(HEIGHT * dpi / 72)))


def scan(picture: Image.Image) -> Draw:
    def draw(canvas: Canvas) -> None:
        width, height = WIDTH, WIDTH * picture.height / picture.width
        canvas.setPageSize((width, height))
        stored = BytesIO()
        picture.save(stored, "JPEG", quality=80)
        canvas.drawImage(ImageReader(BytesIO(stored.getvalue())), 0, 0, width, height)

    return draw


@needs_engine
@needs_font
def test_a_scan_is_read_with_its_table_its_boxes_and_how_sure_it_is(tmp_path):
    picture = picture_of(tmp_path, PAPER).rotate(-0.7, Image.Resampling.BICUBIC, fillcolor=255)
    original = parse(tmp_path / "original.pdf")
    document = parse(make(tmp_path, scan(picture)))
    page = document.pages[0]
    assert page.read_by == "ocr"
    assert page.confidence is not None
    assert 0.9 < page.confidence <= 1
    assert "8,765千円" in document.text
    assert any("文字認識（OCR）で読み取った" in warning for warning in document.warnings)
    said = {(fact.row, fact.column, fact.value) for fact in read_facts(document) if fact.kind == "cell"}
    assert ("図書館の整備", "令和6年度", "23,456") in said
    assert ("防災の訓練", "令和6年度", "1") in said, "a lone figure, which detection passes over"
    # The boxes are on the tilted page as it is shown: near the original's, turned with it.
    for words in ("8,765", "23,456"):
        true = [sum(v) / len(v) for v in zip(*boxes_of(original, *span(original.text, words)), strict=True)]
        read = [sum(v) / len(v) for v in zip(*boxes_of(document, *span(document.text, words)), strict=True)]
        # 0.7 degrees around the middle move a place by 1.2 points in a hundred.
        dx, dy = (true[0] + true[2] - WIDTH) / 2, (true[1] + true[3] - HEIGHT) / 2
        assert (read[0] + read[2]) / 2 == pytest.approx(WIDTH / 2 + dx - 0.0122 * dy, abs=3)
        assert (read[1] + read[3]) / 2 == pytest.approx(HEIGHT / 2 + dy + 0.0122 * dx, abs=3)


SIGNS = [
    ["区分", "前年度", "比較"],
    ["市税", "5,570,755", "289,854"],
    ["譲与税", "228,625", "△  14,331"],
    ["交付金", "41,300", "▲1,300"],
    ["繰入金", "30,700", "-700"],
    ["諸収入", "10,250", "－  250"],
    ["使用料", "1,005", "▲     5.4"],
]


@needs_engine
@needs_font
def test_a_sign_that_stands_apart_from_its_figure_is_never_lost_in_silence(tmp_path):
    alone = lines("差引 △  599,511 千円", "― 21 ―")
    picture = picture_of(tmp_path, both(alone, grid(SIGNS, width=120, top=740)))
    document = parse(make(tmp_path, scan(picture.rotate(-0.7, Image.Resampling.BICUBIC, fillcolor=255))))
    read = {fact.row: fact.number for fact in read_facts(document) if fact.kind == "cell" and fact.column == "比較"}
    true = {"市税": 289854, "譲与税": -14331, "交付金": -1300, "繰入金": -700, "諸収入": -250, "使用料": -5.4}
    assert {row: number for row, number in read.items() if number is not None} == {
        row: number for row, number in true.items() if read[row] is not None
    }
    assert sum(number is None for number in read.values()) <= 1, "made unreadable rather than wrong, and seldom"
    assert "△599,511" in document.text.replace(" ", "")


def span(text: str, words: str) -> tuple[int, int]:
    at = text.index(words)
    return at, at + len(words)


@needs_engine
@needs_font
def test_a_page_on_its_side_is_read_beside_pages_with_text(tmp_path):
    picture = picture_of(tmp_path, PAPER)

    def stamped(canvas: Canvas) -> None:
        scan(picture.rotate(90, expand=True))(canvas)
        canvas.drawString(500, 20, "- 2 -")  # what a scanner prints on its pages does not make them text

    document = parse(make(tmp_path, lines("１ 町の予算について", "文字のある頁である。"), stamped))
    assert [page.read_by for page in document.pages] == ["text", "ocr"]
    page = document.pages[1]
    text = document.text[page.start : page.end]
    assert "8,765千円" in text
    assert "図書館の整備" in text
    at = page.start + text.index("8,765")
    boxes = boxes_of(document, at, at + 5)
    assert boxes[0][1] > boxes[4][1], "turned to the left, the line runs up the page"
    assert all(0 <= box[0] < box[2] <= WIDTH for box in boxes)


@needs_engine
@needs_font
def test_a_picture_too_unclear_to_be_read_is_named_and_gives_no_figures(tmp_path):
    picture = picture_of(tmp_path, PAPER, dpi=200).filter(ImageFilter.GaussianBlur(5))
    document = parse(make(tmp_path, lines("１ 町の予算について", "文字のある頁である。"), scan(picture)))
    page = document.pages[1]
    assert not any(character.isdigit() for character in document.text[page.start : page.end])
    assert any("2ページ" in warning and "画像" in warning for warning in document.warnings)


@needs_engine
def test_a_crash_of_the_engine_costs_one_page(tmp_path, monkeypatch):
    blank = Image.new("L", (800, 500), 255)
    path = make(tmp_path, lines("１ 町の予算について", "文字のある頁である。"), scan(blank), scan(blank))
    asked = []

    def dying(module, path, *arguments, seconds, **rest):
        if module != "ingest.pdf.ocr":
            yield from real(module, path, *arguments, seconds=seconds)
            return
        asked.append(arguments[0])
        if len(asked) == 1:
            raise pdf.ChildFailedError("died")
        yield {"pages": 1}
        yield {"page": 3, "text": "三枚目", "confidence": 0.99, "read_by": "ocr", "tables": []} | {
            "width": 595.0,
            "height": 842.0,
            "boxes": "",
        }

    real = pdf.ask
    monkeypatch.setattr(pdf, "ask", dying)
    document = parse(path)
    assert asked == ["[2, 3]", "[3]"]
    assert "三枚目" in document.text
    assert any("終わらなかった" in warning and warning.endswith("：2ページ。") for warning in document.warnings)


def test_without_the_engine_pictures_are_named_with_what_to_do(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "rapidocr" else real(name, *rest)
    )
    noise = Image.effect_noise((400, 560), 60)
    mixed = parse(make(tmp_path, lines("１ 町の予算について", "文字のある頁である。"), scan(noise)))
    assert [warning for warning in mixed.warnings if "'.[ocr]'" in warning and "：2ページ。" in warning]
    assert not any("白紙" in warning for warning in mixed.warnings), "it is said once"
    with pytest.raises(ParseError) as caught:
        parse(make(tmp_path, scan(noise), name="pictures.pdf"))
    assert "pip install -c constraints.txt '.[ocr]'" in caught.value.message


def test_progress_goes_on_while_pages_are_recognised_and_what_it_raises_ends_the_reading(tmp_path, monkeypatch):
    """Ctrl-C reaches a reading through what hears of its progress."""
    blank = Image.new("L", (800, 500), 255)
    path = make(tmp_path, lines("１ 町の予算について", "文字のある頁である。"), scan(blank))
    monkeypatch.setattr(pdf, "ocr_installed", lambda: True)
    heard, ended = [], []
    real = pdf.ask

    def slow(module, path, *arguments, seconds, waiting=None):
        if module != "ingest.pdf.ocr":
            yield from real(module, path, *arguments, seconds=seconds)
            return
        try:
            while waiting:
                time.sleep(0.01)
                waiting()
            yield {"pages": 1}
        finally:
            ended.append(module)

    def listener(done, total):
        heard.append((done, total))
        if len(heard) > 12:
            raise InterruptedError

    monkeypatch.setattr(pdf, "ask", slow)
    with pytest.raises(InterruptedError):
        parse(path, listener)
    assert heard[-1] == (1, 2), "a page that waits to be recognised is not read"
    assert ended == ["ingest.pdf.ocr"]
    assert not pdf._PICTURES.locked()


def test_who_waits_for_a_silent_child_is_called_and_may_end_it(monkeypatch):
    monkeypatch.setattr(child, "_BEAT", 0.01)
    beats: list[int] = []
    with pytest.raises(child.ChildFailedError):
        child._next(queue.Queue(), os.getpid(), 0.1, lambda: beats.append(1))
    assert len(beats) > 3


def test_one_reader_of_pictures_runs_at_a_time(tmp_path, monkeypatch):
    """Each takes more memory than all else."""
    blank = Image.new("L", (800, 500), 255)
    paths = [make(tmp_path, lines(f"{n} 町の予算について"), scan(blank), name=f"{n}.pdf") for n in range(3)]
    monkeypatch.setattr(pdf, "ocr_installed", lambda: True)
    running, most = [], []
    real = pdf.ask

    def counted(module, path, *arguments, seconds, waiting=None):
        if module != "ingest.pdf.ocr":
            yield from real(module, path, *arguments, seconds=seconds)
            return
        running.append(path)
        most.append(len(running))
        time.sleep(0.1)
        running.remove(path)
        yield {"pages": 0}

    monkeypatch.setattr(pdf, "ask", counted)
    threads = [threading.Thread(target=parse, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]


# --- single rules


def drawn(*shapes: tuple[str, list[tuple[float, float]]]) -> np.ndarray:
    """Return the ink of shapes: polygons that are full, and outlines."""
    picture = Image.new("L", (60, 40), 0)
    pen = ImageDraw.Draw(picture)
    for kind, points in shapes:
        if kind == "full":
            pen.polygon(points, fill=1)
        else:
            pen.line(points, fill=1, width=3)
    return np.asarray(picture)


@pytest.mark.parametrize(
    ("shapes", "sign"),
    [
        ([("outline", [(20, 5), (34, 31), (6, 31), (20, 5)])], "△"),
        ([("full", [(20, 4), (35, 32), (5, 32)])], "▲"),
        ([("outline", [(6, 32), (20, 5), (34, 32)]), ("outline", [(13, 22), (27, 22)])], ""),  # A
        ([("outline", [(6, 5), (34, 5), (20, 32), (6, 5)])], ""),  # ▽
        ([("outline", [(6, 18), (20, 5), (34, 18)]), ("outline", [(6, 31), (34, 31)])], ""),  # 合, about
        ([("full", [(8, 5), (32, 5), (32, 31), (8, 31)])], ""),
        ([], ""),
    ],
)
def test_a_triangle_is_known_by_its_shape(shapes, sign):
    assert triangle_in(drawn(*shapes)) == sign


def test_a_dash_is_flat_and_stands_at_half_the_height_of_a_line():
    assert is_dash(10, 3, 15, 30)
    assert not is_dash(10, 3, 27, 30), "a line below"
    assert not is_dash(4, 4, 15, 30), "a dot"
    assert not is_dash(10, 20, 15, 30), "a digit"
    beside = drawn(("outline", [(10, 5), (10, 35)]), ("outline", [(20, 20), (32, 20)]))
    assert holds_dash(beside, (0, 0, 60, 40))
    assert not holds_dash(beside, (0, 0, 15, 40))


def line(text: str, sure: float = 0.99, **unsure: float) -> ocr._Line:
    chances = [unsure.get(f"at{i}", sure) for i in range(len(text))]
    return ocr._Line(text, chances, [10.0 * i + 5 for i in range(len(text))], (0, 0, 10 * len(text), 12))


@pytest.mark.parametrize(
    ("read", "settled"),
    [
        ("7,719, 183千円", "7,719,183千円"),
        ("第1, 2号", "第1, 2号"),
        ("A8,763,696", "▲8,763,696"),
        ("－ 250", "-250"),
        ("ー5.4", "-5.4"),
        ("一般1", "一般1"),
        ("A4 1,000枚", "A4 1,000枚"),
        ("再度力フェで", "再度力フェで"),
        ("カフェイべント", "カフェイベント"),
        ("火力発電", "火力発電"),
        ("スマー卜避難所", "スマート避難所"),
        ("フロア一の", "フロアーの"),
        ("データ一覧", "データ一覧"),
        ("出口マップ", "出口マップ"),
    ],
)
def test_slips_are_mended_only_where_they_are_certain(read, settled):
    assert "".join(letter for letter, _, _ in ocr._settled(line(read))) == settled


@pytest.mark.parametrize(
    ("text", "sure", "widths", "shown"),
    [
        ("総額1,234円", {6: 0.4}, {}, "総額〓〓〓〓〓円"),
        ("総額1,234円", {0: 0.4}, {}, "総額1,234円"),
        ("38,0001", {}, {}, "〓" * 7),
        ("8142人", {2: 0.99}, {2: 1.9}, "〓〓〓〓人"),
    ],
)
def test_a_figure_that_may_be_wrong_is_made_unreadable(text, sure, widths, shown):
    certain = [sure.get(i, 0.99) for i in range(len(text))]
    wide = [widths.get(i, 0.6) for i in range(len(text))]
    assert ocr._without_doubtful(text, certain, wide) == shown
