"""PDFs, drawn by the tests themselves: text in order, boxes on the ink, tables by their rulings, refusals."""

import io
import re
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.child import ChildFailedError
from ingest.chunk import chunk
from ingest.document import Document
from ingest.facts import read_facts
from ingest.parse import ParseError, parse
from ingest.pdf import read as pdf
from ingest.pdf.read import page_count, render_page

FONT = "HeiseiKakuGo-W5"
HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile"
Draw = Callable[[Canvas], None]


@pytest.fixture(scope="module", autouse=True)
def _font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def make(folder: Path, *pages: Draw, name: str = "a.pdf", **options: object) -> Path:
    path = folder / name
    canvas = Canvas(str(path), pagesize=A4, **options)
    for draw in pages:
        canvas.setFont(FONT, 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def lines(*rows: str, top: float = 780, left: float = 60, step: float = 18) -> Draw:
    def draw(canvas: Canvas) -> None:
        for i, row in enumerate(rows):
            canvas.drawString(left, top - i * step, row)

    return draw


def grid(rows: list[list[str]], *, left: float = 60, top: float = 700, width: float = 90, sides: bool = True) -> Draw:
    def draw(canvas: Canvas) -> None:
        height = 22
        across = width * len(rows[0])
        for i in range(len(rows) + 1):
            canvas.line(left, top - i * height, left + across, top - i * height)
        inner = range(len(rows[0]) + 1) if sides else range(1, len(rows[0]))
        for i in inner:
            canvas.line(left + i * width, top, left + i * width, top - height * len(rows))
        # Column by column, as some programs draw: the order on the page must not follow.
        for c in range(len(rows[0])):
            for r, row in enumerate(rows):
                canvas.drawString(left + c * width + 4, top - r * height - 15, row[c])

    return draw


def computed() -> float:
    """Return the seconds that the readers have computed so far: a clock also counts what else the machine does."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def both(*draws: Draw) -> Draw:
    def draw(canvas: Canvas) -> None:
        for one in draws:
            one(canvas)

    return draw


def boxes_of(document: Document, start: int, end: int) -> list[tuple[float, ...]]:
    page = document.page_at(start)
    assert page.char_boxes is not None
    return [struct.unpack_from("<4f", page.char_boxes, 16 * (i - page.start)) for i in range(start, end)]


def test_text_comes_in_reading_order_with_one_box_a_character(tmp_path):
    document = parse(make(tmp_path, lines("１ 町の予算について", "総額は１，２３４億円である。"), lines("二枚目")))
    assert [p.number for p in document.pages] == [1, 2]
    assert "総額は１，２３４億円である。" in document.text
    for page in document.pages:
        assert page.char_boxes is not None
        assert len(page.char_boxes) == 16 * (page.end - page.start)
    assert document.paging == "physical"
    assert not document.lines_are_source


def test_boxes_stand_on_the_ink(tmp_path):
    path = make(tmp_path, lines("見本の文字列です"))
    document = parse(path)
    at = document.text.index("文字列")
    x0, y0, x1, y1 = (
        f(v) for f, v in zip((min, min, max, max), zip(*boxes_of(document, at, at + 3), strict=True), strict=True)
    )
    # reportlab put the base line at 780 points from the foot, and 3 full-width characters before it
    assert x0 == pytest.approx(60 + 3 * 11, abs=1.5)
    assert x1 == pytest.approx(60 + 6 * 11, abs=1.5)
    assert y0 < A4[1] - 780 < y1 + 1
    assert 8 < y1 - y0 < 20


def test_a_page_turned_by_ninety_degrees_has_boxes_as_it_is_shown(tmp_path):
    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(90)  # reportlab lays the sheet on its side, so that it is shown upright
        canvas.drawString(60, 500, "回転した頁")

    document = parse(make(tmp_path, turned))
    page = document.pages[0]
    assert (page.width, page.height) == pytest.approx(A4, abs=1)
    at = document.text.index("回")
    boxes = boxes_of(document, at, at + 5)
    assert boxes[0][1] == pytest.approx(60, abs=2)  # clockwise, the line runs downwards from 60
    assert boxes[4][3] == pytest.approx(60 + 5 * 11, abs=2)
    assert all(495 < box[0] < box[2] < 515 for box in boxes)


def written_by_hand(content: bytes, to_unicode: bytes) -> bytes:
    """Return a PDF of one page whose font is not in it and whose character codes map to UTF-16."""
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange " + to_unicode + b" endcmap "
        b"CMapName currentdict /CMap defineresource pop end end"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000/FontDescriptor 8 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
        b"<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800"
        b"/Descent -200/CapHeight 700/StemV 80>>",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(body))
    )


def test_a_supplementary_character_is_one_character_with_one_box(tmp_path):
    """pdfium gives 𠮷 as two surrogates."""
    path = tmp_path / "yoshida.pdf"
    path.write_bytes(
        written_by_hand(
            b"BT /F 12 Tf 60 700 Td <000100020001> Tj ET",
            b"2 beginbfchar <0001> <D842DFB7> <0002> <7530> endbfchar",
        )
    )
    document = parse(path)
    assert document.text == "𠮷田𠮷\f"
    assert [round(box[0]) for box in boxes_of(document, 0, 3)] == [60, 72, 84]


TABLE = [["区分", "令和4年度", "令和5年度"], ["東京窓口", "1,689", "1,248"], ["大阪窓口", "753", "581"]]


@pytest.mark.parametrize("sides", [True, False])
def test_a_ruled_table_is_read_cell_by_cell(tmp_path, sides):
    draw = both(grid(TABLE, sides=sides), lines("移住相談件数の推移", "（単位：件）", top=740))
    document = parse(make(tmp_path, draw))
    (table,) = document.tables
    text = document.text
    assert {(c.row, c.column): text[c.start : c.end] for c in table.cells} == {
        (r, c): cell for r, row in enumerate(TABLE) for c, cell in enumerate(row)
    }
    assert (table.header_rows, table.header_columns) == (1, 1)
    assert table.title is not None
    assert text[slice(*table.title)] == "移住相談件数の推移"
    assert table.unit is not None
    assert text[slice(*table.unit)] == "件"
    assert text[table.start : table.end] == "\n".join("\t".join(row) for row in TABLE)
    assert [b.kind for b in document.blocks].count("table") == 1


def test_merged_cells_appear_once_with_their_spans(tmp_path):
    def draw(canvas: Canvas) -> None:
        for y in (700, 680, 660, 640):
            canvas.line(60 if y != 680 else 160, y, 360, y)
        for x in (60, 160, 360):
            canvas.line(x, 700, x, 640)
        canvas.line(260, 680, 260, 640)
        for x, y, cell in (
            (70, 675, "区分"), (170, 685, "件数"), (170, 665, "R4"), (270, 665, "R5"),
            (70, 645, "窓口"), (170, 645, "12"), (270, 645, "34"),
        ):  # fmt: skip
            canvas.drawString(x, y, cell)

    document = parse(make(tmp_path, draw))
    (table,) = document.tables
    spans = {document.text[c.start : c.end]: (c.row, c.column, c.row_span, c.column_span) for c in table.cells}
    assert spans["区分"] == (0, 0, 2, 1)
    assert spans["件数"] == (0, 1, 1, 2)
    assert spans["R5"] == (1, 2, 1, 1)
    assert (table.header_rows, table.header_columns) == (2, 1)


def test_a_frame_around_text_is_no_table(tmp_path):
    def framed(canvas: Canvas) -> None:
        canvas.rect(50, 600, 400, 200)
        lines("枠の中の文章は、表ではない。", "二行目も同じである。")(canvas)

    assert parse(make(tmp_path, framed)).tables == ()


def test_a_title_drawn_after_its_table_is_read_before_it(tmp_path):
    document = parse(make(tmp_path, both(grid(TABLE), lines("第１表 相談件数", top=730))))
    assert document.text.index("第１表") < document.text.index("東京窓口")


def test_spread_type_and_split_figures_are_closed_up(tmp_path):
    def draw(canvas: Canvas) -> None:
        for i, character in enumerate("町議会だより"):
            canvas.drawString(60 + i * 16, 780, character)
        canvas.drawString(60, 740, "総額 23, 982, 030 円")
        canvas.drawString(60, 700, "日　時　一月二十日")

    text = parse(make(tmp_path, draw)).text
    assert "町議会だより" in text
    assert "23,982,030" in text
    assert "日　時" in text


def test_printed_page_numbers_are_labels_and_no_headings(tmp_path):
    pages = [
        both(lines(f"{n} 議題の説明", "町長が提案理由を述べた。"), lines(f"- {n + 4} -", top=40)) for n in (1, 2, 3)
    ]
    document = parse(make(tmp_path, *pages))
    assert [p.label for p in document.pages] == ["5", "6", "7"]
    assert not [b for b in document.blocks if b.kind == "heading" and "-" in document.text[b.start : b.end]]


def test_a_page_without_text_is_told_and_a_file_without_text_refused(tmp_path):
    blank: Draw = lambda canvas: canvas.rect(50, 50, 99, 99)  # noqa: E731
    document = parse(make(tmp_path, lines("一枚目"), blank, blank))
    assert any("2～3ページ" in warning for warning in document.warnings)
    with pytest.raises(ParseError) as caught:
        parse(make(tmp_path, blank, name="blank.pdf"))
    assert "文字も画像もない" in caught.value.message


def test_a_password_is_asked_for_only_where_one_is_needed(tmp_path):
    owner = pdfencrypt.StandardEncryption("", ownerPassword="x", canPrint=0)
    assert "印刷禁止" in parse(make(tmp_path, lines("印刷禁止の文書"), name="o.pdf", encrypt=owner)).text
    locked = pdfencrypt.StandardEncryption("secret", ownerPassword="x")
    with pytest.raises(ParseError) as caught:
        parse(make(tmp_path, lines("秘密"), name="s.pdf", encrypt=locked))
    assert "パスワード" in caught.value.message


def test_the_date_a_file_was_made_is_known_to_be_no_more_than_that(tmp_path):
    document = parse(make(tmp_path, lines("町の予算", "総額は１億円である。")))
    assert document.published is not None
    assert document.taken_from["published"] == "properties"


def test_a_page_picture_has_yellow_exactly_over_the_boxes(tmp_path):
    path = make(tmp_path, lines("ここを塗る"))
    document = parse(path)
    at = document.text.index("る")
    (box,) = boxes_of(document, at, at + 1)
    plain, marked = (Image.open(io.BytesIO(render_page(path, 1, dpi=144, boxes=b))) for b in ((), [tuple(box)]))
    assert plain.size == pytest.approx((A4[0] * 2, A4[1] * 2), abs=2)
    changed = [
        (x, y)
        for x in range(plain.size[0])
        for y in range(plain.size[1] // 4)
        if plain.getpixel((x, y)) != marked.getpixel((x, y))
    ]
    assert min(x for x, _ in changed) == pytest.approx(box[0] * 2, abs=2)
    assert max(x for x, _ in changed) == pytest.approx(box[2] * 2, abs=2)
    assert min(y for _, y in changed) == pytest.approx(box[1] * 2, abs=2)
    assert max(y for _, y in changed) == pytest.approx(box[3] * 2, abs=2)
    left, top, right, bottom = (round(edge * 2) for edge in box)
    paper = [  # which pixels the letter covers is the font's, and another one on each machine
        marked.getpixel((x, y))
        for x in range(left + 4, right - 3)
        for y in range(top + 4, bottom - 3)
        if plain.getpixel((x, y)) == (255, 255, 255)
    ]
    assert len(paper) > 20
    assert all(red > 200 and green > 180 and blue < 200 for red, green, blue in paper)


def test_pages_are_counted_and_a_missing_page_is_refused(tmp_path):
    path = make(tmp_path, lines("一"), lines("二"))
    assert page_count(path) == 2
    with pytest.raises(ParseError):
        render_page(path, 3)


def test_a_reader_that_hangs_costs_its_page_only(tmp_path, monkeypatch):
    """The child falls silent at page 2; pages 1 and 3 are kept, and the reader is told."""
    path = make(tmp_path, lines("一枚目"), lines("二枚目"), lines("三枚目"))
    real = pdf._ask

    def hanging(module, path, *arguments):
        for i, record in enumerate(real(module, path, *arguments)):
            if (module, arguments) == ("reader", ("0",)) and i == 2:
                raise ChildFailedError("no answer")
            yield record

    monkeypatch.setattr(pdf, "_ask", hanging)
    document = parse(path)
    assert "一枚目" in document.text
    assert "二枚目" not in document.text
    assert "三枚目" in document.text
    assert any("2ページ" in warning for warning in document.warnings)


def test_a_silent_child_is_given_up_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "_PAGE_SECONDS", 0.0)
    began = time.monotonic()
    with pytest.raises(ParseError):
        parse(make(tmp_path, lines("遅い")))
    assert time.monotonic() - began < 5


def test_passages_of_a_pdf_stay_in_their_pages(tmp_path):
    document = parse(make(tmp_path, both(grid(TABLE), lines("件数の推移", top=730)), lines("次の頁の文である。")))
    for one in chunk(document, len, 60):
        page = document.page_at(one.start)
        assert one.text == document.text[one.start : one.end]
        assert page.start <= one.start < one.end <= page.end


def columns(*sides: tuple[float, list[str]], top: float = 700, step: float = 18) -> Draw:
    """Draw columns line by line across the page, as pdfium would read them."""

    def draw(canvas: Canvas) -> None:
        for i in range(max(len(rows) for _, rows in sides)):
            for left, rows in sides:
                if i < len(rows):
                    canvas.drawString(left, top - i * step, rows[i])

    return draw


def page_lines(document: Document, number: int = 1) -> list[str]:
    page = document.pages[number - 1]
    return [line for line in document.text[page.start : page.end].strip("\f\n").split("\n") if line]


LEFT = ["・窓口に来られない人のために、週に", "　二回、役場の車が集落を回る。", "・予約は電話でも受け付ける。"]
RIGHT = ["・橋の点検は、三年に一度、すべての", "　橋について行う。", "・傷んだ橋から順に直していく。"]


def test_two_columns_are_read_one_after_the_other(tmp_path):
    """Their lines stand at the same heights, so that each pair looks like one line."""
    document = parse(make(tmp_path, columns((60, LEFT), (320, RIGHT))))
    assert page_lines(document) == [line.strip("　") for line in LEFT + RIGHT]
    texts = [document.text[b.start : b.end].replace("\n", "") for b in document.blocks]
    assert texts[0] == "・窓口に来られない人のために、週に二回、役場の車が集落を回る。"
    assert {b.kind for b in document.blocks} == {"bullet"}


def test_boxes_keep_to_their_characters_when_columns_are_put_in_order(tmp_path):
    document = parse(make(tmp_path, columns((60, LEFT), (320, RIGHT))))
    at = document.text.index("橋の点検")
    boxes = boxes_of(document, at, at + 4)
    assert [round(box[0]) for box in boxes] == [331, 342, 353, 364]
    assert len(document.pages[0].char_boxes or b"") == 16 * len(document.text)


def test_a_title_over_two_boxes_comes_first_and_a_note_under_them_last(tmp_path):
    def boxed(canvas: Canvas) -> None:
        canvas.rect(52, 640, 240, 80)
        canvas.rect(312, 640, 240, 80)

    title = "移動する窓口と橋の点検について、来年度に町が行うことをここにまとめて示す"
    note = "※どちらも令和の新しい計画に載せている。"
    draw = both(boxed, lines(title, top=745), columns((60, LEFT), (320, RIGHT)), lines(note, top=600))
    assert page_lines(parse(make(tmp_path, draw))) == [title, *(line.strip("　") for line in LEFT + RIGHT), note]


KEYS = ["日　時", "会　場", "参加者"]
VALUES = ["十月五日（土）", "みどり町の文化ホール", "240名（町の外からも多くの人が"]


def test_keys_with_their_values_stay_rows_beside_a_paragraph(tmp_path):
    """A value's second line stays with it, and neither mixes with what stands beside."""
    beside = [
        "・町の外に住む人にも知らせた。来年も",
        "　同じ時期に開くことにしている。",
        "・費用は町と商工会とで分けた。",
    ]
    draw = columns((60, KEYS), (120, [*VALUES, "来た）"]), (340, beside))
    document = parse(make(tmp_path, draw))
    rows = list(zip(KEYS, [*VALUES[:2], "240名（町の外からも多くの人が来た）"], strict=True))
    assert page_lines(document) == ["\t".join(row) for row in rows] + [line.strip("　") for line in beside]
    (table,) = document.tables
    assert (table.header_rows, table.header_columns) == (0, 1)
    facts = {fact.label: fact.value for fact in read_facts(document) if fact.kind == "cell"}
    assert facts["会場"] == "みどり町の文化ホール"


def test_two_columns_of_keys_and_values_are_two(tmp_path):
    draw = columns(
        (60, KEYS),
        (120, VALUES),
        (330, ["主　催", "申込み", "費　用"]),
        (400, ["みどり町の商工会", "電話で前の日までに", "町の人は要らない"]),
    )
    assert page_lines(parse(make(tmp_path, draw)))[3:] == [
        "主　催\tみどり町の商工会",
        "申込み\t電話で前の日までに",
        "費　用\t町の人は要らない",
    ]


PLAIN = [["相手の地域", "転出", "転入"], ["首都圏", "6,120", "4,980"], ["関西", "1,204", "990"], ["県内", "812", "640"]]


def test_a_table_without_rules_is_read_row_by_row(tmp_path):
    """It stands right of a text, whose lines are at the same heights, and above one."""
    below = "・首都圏へ移る人が最も多い。"
    right = columns(*((320 + 90 * c, [row[c] for row in PLAIN]) for c in range(3)))
    draw = both(
        columns((60, LEFT)), right, lines("転入と転出（単位：人）", top=722, left=320), lines(below, top=610, left=320)
    )
    document = parse(make(tmp_path, draw))
    (table,) = document.tables
    assert document.text[table.start : table.end] == "\n".join("\t".join(row) for row in PLAIN)
    assert (table.header_rows, table.header_columns) == (1, 1)
    assert table.unit is not None
    assert document.text[slice(*table.unit)] == "人"
    found = page_lines(document)
    assert found[:3] == [line.strip("　") for line in LEFT]
    assert found[-1] == below


def test_rows_with_a_cell_missing_stay_rows(tmp_path):
    """A chronology has something in one of two columns only."""
    rows = [
        ["年月", "国", "町"],
        ["四月", "法律の施行", ""],
        ["六月", "", "条例の制定"],
        ["九月", "指針の公表", "窓口の設置"],
    ]
    draw = columns(*((60 + 130 * c, [row[c] for row in rows]) for c in range(3)))
    assert page_lines(parse(make(tmp_path, draw))) == [" ".join(filter(None, row)) for row in rows]


def test_cells_of_several_lines_are_set_whole(tmp_path):
    """The keys stand at the middle of their cells, between the lines."""

    def draw(canvas: Canvas) -> None:
        for y, key, first, second in (
            (700, "第一段", "会社を訪ね、何に困って", "いるのかを聞く"),
            (650, "第二段", "困りごとに合う技術を", "持つ人を引き合わせる"),
        ):
            canvas.drawString(60, y, key)
            canvas.drawString(140, y + 8, first)
            canvas.drawString(140, y - 8, second)

    text = parse(make(tmp_path, draw)).text
    assert "第一段\t会社を訪ね、何に困っているのかを聞く\n第二段\t困りごとに合う技術を持つ人を引き合わせる" in text


def test_marks_set_far_before_their_text_stay_with_it(tmp_path):
    left, right = (["・   " + line[1:] if line[0] == "・" else line for line in side] for side in (LEFT, RIGHT))
    found = page_lines(parse(make(tmp_path, columns((60, left), (320, right)))))
    assert [re.sub(r"\s", "", line) for line in found] == [line.strip("　") for line in LEFT + RIGHT]


def test_leaders_and_marks_do_not_part_a_line(tmp_path):
    draw = lines("第一章 町のすがた. . . . . . . . . . . . . . . . 3", "①　　窓口の整備を進める。")
    assert page_lines(parse(make(tmp_path, draw)))[1] == "①　　窓口の整備を進める。"
    assert page_lines(parse(make(tmp_path, draw)))[0].startswith("第一章 町のすがた. .")


def test_a_blank_to_be_filled_in_does_not_part_a_sentence(tmp_path):
    """The paragraph's last line is short, so that white goes through both lines."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 700, "第五条　職員となる者は、決まった日から")
        canvas.drawString(330, 700, "週間以内に次の書類を町長に出す。")
        canvas.drawString(60, 682, "ただし、持っている者は除く。")

    found = page_lines(parse(make(tmp_path, draw)))
    assert found == [
        "第五条　職員となる者は、決まった日から 週間以内に次の書類を町長に出す。",
        "ただし、持っている者は除く。",
    ]


def numbered(first: int, count: int, *, y: float = 30) -> list[Draw]:
    """Return pages with a running foot (or head) and, on its line, a page number that rises from ``first``."""

    def page(n: int) -> Draw:
        def draw(canvas: Canvas) -> None:
            topic = "橋道水森空"[n - 1]
            lines(f"{n} 町の{topic}について", f"町長が、{topic}のことを説明した。", f"{topic}に関する質問が出た。")(
                canvas
            )
            canvas.setFontSize(8)
            canvas.drawString(60, y, "みどり町議会 説明資料")
            canvas.drawString(520, y, str(first + n - 1))

        return draw

    return [page(n) for n in range(1, count + 1)]


@pytest.mark.parametrize("y", [30, 815])
def test_a_page_number_beside_a_running_title_is_the_label(tmp_path, y):
    """The numbers begin at 17, as in an extract."""
    document = parse(make(tmp_path, *numbered(17, 5, y=y)))
    assert [page.label for page in document.pages] == ["17", "18", "19", "20", "21"]


def test_a_running_foot_and_page_numbers_are_in_no_block_and_no_passage(tmp_path):
    document = parse(make(tmp_path, *numbered(1, 5)))
    assert document.text.count("みどり町議会 説明資料") == 5
    assert "みどり町議会" not in "".join(document.text[b.start : b.end] for b in document.blocks)
    passages = "\n".join(one.text for one in chunk(document, len, 60))
    assert "みどり町議会" not in passages
    assert "空のことを説明した" in passages


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the shared hostile PDFs are not beside this checkout")
def test_every_hostile_file_ends_in_text_or_in_a_clear_refusal():
    for path in sorted(HOSTILE.glob("*.pdf")):
        before = computed()
        try:
            said = parse(path).text
        except ParseError as error:
            said = error.message
        assert said.strip(), path.name
        assert computed() - before < 20, path.name


def test_a_page_that_waits_for_its_turn_on_a_busy_machine_is_read_all_the_same(tmp_path, monkeypatch):
    """What the reader computes counts, not what it waits."""
    from ingest import child

    monkeypatch.setattr(child, "_computed", lambda pid: 0.05)
    code = "import time, json; time.sleep(1.2); print(json.dumps({'pages': 0}))"
    module = tmp_path / "slow_reader.py"
    module.write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert list(child.ask("slow_reader", tmp_path / "any.pdf", seconds=0.5)) == [{"pages": 0}]


def test_a_reader_that_only_sleeps_is_given_up_in_the_end(tmp_path, monkeypatch):
    from ingest import child

    (tmp_path / "sleeper.py").write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(child.ChildFailedError, match=r"no answer within 0\.2 s"):
        list(child.ask("sleeper", tmp_path / "any.pdf", seconds=0.2))
