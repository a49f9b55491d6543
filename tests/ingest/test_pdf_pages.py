"""Pages as programs really draw them: on their side, with readings over words, with boxes that rule nothing, broken."""

import random
import re
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from eval.bench_ingest import mutate, outcome
from ingest.document import Document, Table
from ingest.facts import read_facts
from ingest.parse import parse
from ingest.pdf import read as pdf
from tests.ingest.test_pdf import (
    FONT,
    LEFT,
    RIGHT,
    TABLE,
    both,
    boxes_of,
    columns,
    computed,
    grid,
    lines,
    make,
    page_lines,
    written_by_hand,
)

SAMPLE = Path(__file__).resolve().parents[2] / "sample"


@pytest.fixture(scope="module", autouse=True)
def _font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def cells(document: Document, table: Table) -> list[list[str]]:
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(document.text[cell.start : cell.end])
    return [rows[row] for row in sorted(rows)]


def turned(angle: float, x: float, y: float, *rows: str, size: float = 11):
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.translate(x, y)
        canvas.rotate(angle)
        canvas.setFont(FONT, size)
        for i, row in enumerate(rows):
            canvas.drawString(0, -18 * i, row)
        canvas.restoreState()

    return draw


def sized(size: float, *rows: str, **place: float):
    def draw(canvas: Canvas) -> None:
        canvas.setFont(FONT, size)
        lines(*rows, **place)(canvas)
        canvas.setFont(FONT, 11)

    return draw


# --- order and words -------------------------------------------------------------------------------------------------


def test_readings_over_words_are_left_out_and_the_words_stay_whole(tmp_path):
    def draw(canvas: Canvas) -> None:
        lines("毘沙門池の堤を直し、灌漑の水を", "くらしのために守ることにした。", top=700)(canvas)
        canvas.setFont(FONT, 5)
        for x, kana in ((61, "び"), (67, "しゃ"), (83, "もん"), (171, "かん"), (183, "がい")):
            canvas.drawString(x, 710.5, kana)

    document = parse(make(tmp_path, draw))
    assert page_lines(document) == ["毘沙門池の堤を直し、灌漑の水を", "くらしのために守ることにした。"]
    at = document.text.index("灌漑")
    assert boxes_of(document, at, at + 1)[0][0] == pytest.approx(60 + 10 * 11, abs=2)


def test_small_kana_of_a_smaller_line_stay(tmp_path):
    draw = both(lines("町の予算について", top=700), sized(6, "かなのちいさなせつめい", top=720))
    assert "かなのちいさなせつめい" in parse(make(tmp_path, draw)).text


@pytest.mark.parametrize("angle", [90, 270, 180])
def test_a_page_drawn_on_its_side_is_read_upright(tmp_path, angle):
    """Its boxes stay where the ink is shown."""
    rows = ["１ 町の予算について", "総額は、１，２３４億円である。", "橋の点検は三年に一度行う。"]
    document = parse(make(tmp_path, turned(angle, 300, 420, *rows)))
    assert page_lines(document) == rows
    at = document.text.index("橋")
    box = boxes_of(document, at, at + 1)[0]
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    # two lines of 18 points down from the base line, in the direction in which the page lies
    expected = {90: (300 + 33, 842 - 425), 270: (300 - 33, 842 - 415), 180: (295, 842 - 420 - 33)}[angle]
    assert middle == pytest.approx(expected, abs=5)


def test_a_page_number_on_its_side_is_the_label_and_in_no_line_of_the_text(tmp_path):
    def page(n: int):
        topic = "橋道水"[n - 1]
        rows = [f"町の{topic}について", f"町長が、{topic}のことを説明した。", f"{topic}に関する質問が出た。"]
        return both(turned(270, 30, 410, f"- {n + 13} -"), lines(*rows, top=408, step=12))

    document = parse(make(tmp_path, page(1), page(2), page(3)))
    assert [p.label for p in document.pages] == ["14", "15", "16"]
    assert page_lines(document)[:3] == ["町の橋について", "町長が、橋のことを説明した。", "橋に関する質問が出た。"]


def test_upright_writing_is_read_column_by_column_from_the_right(tmp_path):
    def draw(canvas: Canvas) -> None:
        for i, column in enumerate(["町の予算は令和四年度", "に二億円増えた。これ", "は道の修理のためだ。"]):
            for k, character in enumerate(column):
                canvas.drawString(500 - 20 * i, 780 - 12 * k, character)

    document = parse(make(tmp_path, draw))
    assert document.text.startswith("町の予算は令和四年度\nに二億円増えた。これ\nは道の修理のためだ。")


def test_an_index_tab_in_the_margin_is_one_line_behind_the_page(tmp_path):
    def tab(canvas: Canvas) -> None:
        canvas.drawString(548, 640, "第")
        canvas.drawString(550, 626, "4")
        canvas.drawString(548, 612, "章")
        for i, character in enumerate("町の課題と対応"):
            canvas.drawString(548, 590 - 12 * i, character)

    rows = [f"町の{topic}を直し、{topic}のことを町民に説明した。" for topic in ("橋", "道", "水路", "森", "堤", "駅")]
    document = parse(make(tmp_path, both(lines(*rows, top=660), tab)))
    assert page_lines(document) == [*rows, "第4章町の課題と対応"]


def test_notes_at_the_foot_come_after_both_columns(tmp_path):
    def notes(canvas: Canvas) -> None:
        canvas.line(60, 120, 200, 120)

    draw = both(
        columns((60, LEFT), (320, RIGHT), top=300),
        notes,
        sized(8, "1 左の段の注である。", top=105),
        sized(8, "2 右の段の注である。", top=105, left=320),
    )
    found = page_lines(parse(make(tmp_path, draw)))
    assert found[:-2] == [line.strip("　") for line in LEFT + RIGHT]
    assert [line[:1] for line in found[-2:]] == ["1", "2"]


def test_labels_of_a_chart_keep_their_own_figures(tmp_path):
    """Their figures stand at the height of a neighbour's name."""

    def chart(canvas: Canvas) -> None:
        for x, y, *texts in (
            (300, 600, "投資的経費", "29.8億円", "12.8%"),
            (200, 574, "人件費", "39.7億円", "17.0%"),
            (240, 480, "扶助費", "63.5億円", "27.2%"),
        ):
            for i, text in enumerate(texts):
                canvas.drawCentredString(x, y - 13 * i, text)

    document = parse(make(tmp_path, both(lines("当初予算の歳出", top=700), chart)))
    facts = {(fact.label, fact.value) for fact in read_facts(document)}
    assert {("投資的経費", "12.8%"), ("人件費", "39.7億円"), ("人件費", "17.0%"), ("扶助費", "27.2%")} <= facts
    assert ("人件費", "12.8%") not in facts


def test_names_set_wide_with_full_width_spaces_are_closed_up(tmp_path):
    draw = lines("基　金　現　在　高　調", "第 1 表　歳入歳出予算", "月　火　水　木　金", "日　時　十月五日")
    text = parse(make(tmp_path, draw)).text
    for whole in ("基金現在高調", "第1表", "月　火　水　木　金", "日　時"):
        assert whole in text


BODY = [
    "この町では、人口が少しずつ減り続けている。理由は二つある。",
    "一つは、高校を出た若い人が、進学のために県の外へ出ること。",
    "もう一つは、働く場所が少なくて、戻って来られないことである。",
    "そこで町は、仕事の場所を増やし、住まいを用意することにした。",
    "来年度からは、空き家を直して貸し出す事業も新しく始めていく。",
]


def test_lines_set_larger_than_the_running_text_are_marked_as_headings(tmp_path):
    draw = both(
        sized(20, "人口減少への取組", top=760),
        sized(14, "空き家の活用", "令和６年３月現在", top=720, step=24),
        lines(*BODY, *BODY, top=640),
    )
    document = parse(make(tmp_path, draw))
    found = [(document.text[start:end], level) for start, end, level in document.marked_headings]
    assert found == [("人口減少への取組", 1), ("空き家の活用", 3)]


def test_a_title_of_two_lines_is_one_heading(tmp_path):
    draw = both(sized(20, "人口減少への取組", "と移住の推進", top=760, step=24), lines(*BODY, *BODY, top=640))
    document = parse(make(tmp_path, draw))
    assert [document.text[a:b] for a, b, _ in document.marked_headings] == ["人口減少への取組\nと移住の推進"]


def test_a_contents_page_set_large_does_not_hold_the_chapters_of_a_long_paper(tmp_path):
    contents = both(sized(20, "目　次", top=760), lines(*BODY, *BODY, top=640))
    chapters = [lines(f"第{n}章 町の{topic}", *BODY, *BODY, top=760) for n, topic in enumerate("橋道水森", 1)]
    document = parse(make(tmp_path, contents, *chapters))
    assert any(block.headings for block in document.blocks if block.page > 1)
    assert not any("目" in heading for block in document.blocks if block.page > 1 for heading in block.headings)


def test_a_page_set_large_all_over_marks_none(tmp_path):
    assert parse(make(tmp_path, sized(20, "移住の相談", "窓口と電話", "空き家の紹介"))).marked_headings == ()


# --- tables ----------------------------------------------------------------------------------------------------------


IN = [["地域", "人数"], ["首都圏", "4,980"], ["関西", "990"], ["県内", "640"]]
OUT = [["地域", "人数"], ["首都圏", "6,120"], ["関西", "1,204"], ["県内", "－"]]


def scoped(document: Document) -> set[tuple[str | None, str | None, str]]:
    return {(fact.scope, fact.row, fact.value) for fact in read_facts(document) if fact.kind == "cell"}


SIDE_BY_SIDE = {
    ("転入", "首都圏", "4,980"),
    ("転入", "県内", "640"),
    ("転出", "首都圏", "6,120"),
    ("転出", "関西", "1,204"),
}


def test_ruled_tables_side_by_side_keep_their_own_titles(tmp_path):
    draw = both(lines("転入", top=710), lines("転出", top=710, left=320), grid(IN), grid(OUT, left=320))
    document = parse(make(tmp_path, draw))
    assert scoped(document) >= SIDE_BY_SIDE
    (sign,) = [fact for fact in read_facts(document) if fact.scope == "転出" and fact.row == "県内"]
    assert (sign.value, sign.number) == ("－", None), "what the paper says there is no figure"


def test_a_table_without_a_title_does_not_take_that_of_its_neighbour(tmp_path):
    found = scoped(parse(make(tmp_path, both(lines("転入", top=710), grid(IN), grid(OUT, left=320)))))
    assert ("転入", "首都圏", "4,980") in found
    assert (None, "首都圏", "6,120") in found


def test_tables_without_rules_side_by_side_are_two(tmp_path):
    left = [["転入", ""], *IN]
    right = [["転出", ""], *OUT]
    draw = both(
        *(
            columns(*((x + 90 * c, [row[c] for row in rows]) for c in range(2)))
            for x, rows in ((60, left), (320, right))
        )
    )
    document = parse(make(tmp_path, draw))
    assert len(document.tables) == 2
    assert scoped(document) >= SIDE_BY_SIDE


def test_items_of_an_account_keep_their_own_figures(tmp_path):
    """The numbered heads stand in a column of their own, each beside the first of several items."""
    heads = ["1 営業収益", "", "", "2 営業費用", "", ""]
    items = ["(1) 給水収益", "(2) その他収益", "収益合計", "(1) 原水費", "(2) 配水費", "費用合計"]
    figures = ["579,091", "3,225", "582,316", "82,943", "56,096", "139,039"]
    text = parse(make(tmp_path, columns((60, heads), (140, items), (300, figures)))).text
    for item, figure in zip(items, figures, strict=True):
        assert f"{item} {figure}".replace(" ", "") in re.sub(r"[\t ]", "", text)


def ledger(names: list[tuple[float, str]], *sides: tuple[float, list[str]], top: float = 700, step: float = 18):
    """Draw names at the left and figures set flush right, line by line."""

    def draw(canvas: Canvas) -> None:
        for i, (left, name) in enumerate(names):
            canvas.drawString(left, top - i * step, name)
            for right, rows in sides:
                canvas.drawRightString(right, top - i * step, rows[i])

    return draw


def figures(document: Document) -> dict[tuple[str | None, str | None], tuple[str, str | None, int]]:
    return {(f.row, f.column): (f.value, f.unit, f.page) for f in read_facts(document) if f.number is not None}


def test_an_account_is_a_table_and_a_balance_belongs_to_its_own_line(tmp_path):
    """What stands right of a sum is the balance that the next line names, and no figure of the sum."""
    names = ["1 営業収益", "(1) 給水収益", "(2) その他収益", "営業収益合計"]
    names += ["2 営業費用", "(1) 原水費", "(2) 配水費", "営業費用合計", "営業利益"]
    items = ["", "579,091", "3,225", "", "", "82,943", "56,096", "", ""]
    sums = ["", "", "", "582,316", "", "", "", "139,039", ""]
    balance = ["", "", "", "", "", "", "", "443,277", "443,277"]
    head = both(lines("令和３年度町水道事業損益計算書", top=744), lines("（単位：千円）", left=400, top=724))
    draw = both(head, ledger([(60, name) for name in names], (260, items), (340, sums), (440, balance)))
    found = figures(parse(make(tmp_path, draw)))
    assert found["営業利益", None] == ("443,277", "千円", 1)
    assert found["営業費用合計", None] == ("139,039", "千円", 1)
    assert found["(1)原水費", None] == ("82,943", "千円", 1)


def test_a_sum_set_further_left_than_its_parts_is_a_row_of_their_table(tmp_path):
    names = [
        (60.0, "会計名"),
        (110.0, "土地"),
        (110.0, "国保"),
        (80.0, "特別会計計"),
        (110.0, "上水"),
        (80.0, "企業会計計"),
    ]
    sums = ["当初予算", "35,474", "5,827,251", "5,862,725", "1,282,789", "1,282,789"]
    paid = ["繰出金", "0", "555,293", "555,293", "0", "0"]
    document = parse(make(tmp_path, ledger(names, (280, sums), (380, paid))))
    found = figures(document)
    assert found["特別会計計", "繰出金"][0] == "555,293"
    assert found["上水", "当初予算"][0] == "1,282,789"


@pytest.mark.parametrize("mark", ["－", "…", "***", "皆増"])
def test_a_mark_of_nothing_keeps_its_place_in_a_table_without_rules(tmp_path, mark):
    rows = [["地域", "転入", "転出", "増減"], ["首都圏", "52", mark, "61"], ["関西", mark, "48", "50"]]
    rows.append(["県内", "31", "28", mark])
    draw = columns(*((60 + 100 * c, [row[c] for row in rows]) for c in range(4)))
    found = {key: value for key, (value, *_) in figures(parse(make(tmp_path, draw))).items()}
    assert found == {
        ("首都圏", "転入"): "52",
        ("首都圏", "増減"): "61",
        ("関西", "転出"): "48",
        ("関西", "増減"): "50",
        ("県内", "転入"): "31",
        ("県内", "転出"): "28",
    }


def test_a_name_that_goes_on_below_its_figure_is_whole(tmp_path):
    def listed(canvas: Canvas) -> None:
        names = ["○企画管理費", "行政計画審議会の委員報", "酬", "推進委員報酬", "地域集会所の整備等補助", "金"]
        for i, (name, figure) in enumerate(zip(names, ["10,495", "257", "", "2,661", "1,200", ""], strict=True)):
            canvas.drawString(244, 668 - 13 * i, name)
            canvas.drawRightString(410, 668 - 13 * i, figure)
        for y in (700, 680, 590):
            canvas.line(60, y, 420, y)
        for x in (60, 150, 240, 420):
            canvas.line(x, 700, x, 590)

    rows = both(lines("目", "8　企画費", top=686, left=64, step=18), lines("金額", "71,663", top=686, left=154))
    draw = both(rows, lines("説明", top=686, left=244), lines("（単位：千円）", top=706, left=340), listed)
    document = parse(make(tmp_path, draw))
    found = {f.label: f.value for f in read_facts(document)}
    assert found["8 企画費 行政計画審議会の委員報酬"] == "257"
    assert found["8 企画費 推進委員報酬"] == "2,661"
    assert found["8 企画費 地域集会所の整備等補助金"] == "1,200"


LEFT_PAGE = [["目", "本年度", "前年度"], ["1 議会費", "120,000", "118,000"], ["", "", ""], ["2 選挙費", "9,500", "0"]]
RIGHT_PAGE = [
    ["区分", "金額", "説明"],
    ["1 報酬", "25,600", "議員"],
    ["4 共済費", "8,100", ""],
    ["1 報酬", "1,300", "立会"],
]


def merged(rows: list[list[str]], top: float = 700):
    """Draw a table whose second body row is part of the first one."""

    def draw(canvas: Canvas) -> None:
        for i in (0, 1, 3, 4):
            canvas.line(60, top - 22 * i, 330, top - 22 * i)
        for c in range(4):
            canvas.line(60 + 90 * c, top, 60 + 90 * c, top - 88)
        for r, row in enumerate(rows):
            for c, word in enumerate(row):
                canvas.drawString(64 + 90 * c, top - 22 * r - 15, word)

    return draw


def test_headings_that_stand_once_hold_for_the_next_table_with_an_empty_column(tmp_path):
    above = [["目", "補正額", "地方債", "一般財源"], ["1.議会費", "501", "20", "481"], ["計", "501", "20", "481"]]
    below = [["1.小学校費", "608", "", "88"], ["計", "608", "", "88"]]
    draw = both(
        lines("（単位：千円）", top=706, left=320), grid(above), lines("項 2.小学校費", top=616), grid(below, top=606)
    )
    found = figures(parse(make(tmp_path, draw)))
    assert found["1.小学校費", "一般財源"] == ("88", "千円", 1)
    assert found["1.小学校費", "補正額"] == ("608", "千円", 1)


def test_a_row_over_two_pages_has_its_name_on_both(tmp_path):
    left = both(lines("款 1 総務費", top=710), lines("（単位：千円）", top=710, left=240), merged(LEFT_PAGE))
    found = figures(parse(make(tmp_path, left, grid(RIGHT_PAGE))))
    assert found["1 議会費 1 報酬", "金額"] == ("25,600", "千円", 2)
    assert found["1 議会費 4 共済費", "金額"] == ("8,100", "千円", 2)
    assert found["2 選挙費 1 報酬", "金額"] == ("1,300", "千円", 2)


@pytest.mark.parametrize(
    "right",
    [
        grid(RIGHT_PAGE, top=640),  # at other heights
        grid([["区分", "金額", "説明"], ["1 報酬", "25,600", "議員"]]),  # fewer rows
        grid([["目", "金額", "説明"], *RIGHT_PAGE[1:]]),  # with names of its own
    ],
)
def test_a_table_that_does_not_lie_level_with_that_of_the_page_before_keeps_to_itself(tmp_path, right):
    document = parse(make(tmp_path, merged(LEFT_PAGE), right))
    assert document.tables[1].rows_from == ()
    assert not any("議会費" in (row or "") and page == 2 for (row, _), (_, _, page) in figures(document).items())


def test_a_cell_is_read_from_left_to_right_whichever_end_was_drawn_first(tmp_path):
    def end(canvas: Canvas) -> None:
        canvas.drawString(120, 663, "(A)")

    def begin(canvas: Canvas) -> None:
        canvas.drawString(64, 663, "職員数")

    rows = [["区分", "人数"], ["", "12"], ["合計", "34"]]
    document = parse(make(tmp_path, both(end, grid(rows), begin)))
    assert cells(document, document.tables[0])[1] == ["職員数(A)", "12"]


def test_figures_at_different_heights_of_a_cell_are_not_one(tmp_path):
    def figures(canvas: Canvas) -> None:
        canvas.setFont(FONT, 8)
        canvas.drawString(156, 668, "136")
        canvas.drawString(169, 663, "0")
        canvas.setFont(FONT, 11)

    document = parse(make(tmp_path, both(grid([["区分", "増減"], ["手当", ""], ["給料", "△5"]]), figures)))
    assert cells(document, document.tables[0])[1] == ["手当", "136 0"]


def test_letters_in_a_cell_keep_the_spaces_between_their_words(tmp_path):
    def words(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 11)
        canvas.drawString(154, 663, "Sample of a text")
        canvas.setFont(FONT, 11)

    document = parse(make(tmp_path, both(grid([["名", "文"], ["甲", ""], ["乙", "丙"]], width=90), words)))
    assert cells(document, document.tables[0])[1] == ["甲", "Sample of a text"]


def test_a_unit_over_the_first_figure_stands_behind_it(tmp_path):
    def unit(canvas: Canvas) -> None:
        canvas.setFont(FONT, 6)
        canvas.drawString(230, 671, "円")
        canvas.setFont(FONT, 9)
        canvas.drawString(180, 661, "593,407")
        canvas.setFont(FONT, 11)

    document = parse(make(tmp_path, both(grid([["款", "予算額"], ["支出", ""], ["計", "593,407"]]), unit)))
    (fact, _) = [fact for fact in read_facts(document) if fact.kind == "cell"]
    assert (fact.value, fact.unit, fact.number) == ("593,407円", "円", 593407.0)


def test_one_row_of_figures_under_their_headings_has_no_heading_column(tmp_path):
    document = parse(make(tmp_path, grid([["男性", "女性", "不明"], ["201", "136", "0"]])))
    facts = {fact.label: fact.value for fact in read_facts(document) if fact.kind == "cell"}
    assert facts == {"男性": "201", "女性": "136", "不明": "0"}


def test_a_date_over_a_table_is_not_its_whole_title(tmp_path):
    draw = both(lines("検査の状況（空港、港を除く）", "令和4年3月11日現在", top=745), grid(TABLE))
    document = parse(make(tmp_path, draw))
    title = document.tables[0].title
    assert title is not None
    assert document.text[slice(*title)].startswith("検査の状況")


def test_a_last_column_that_stands_apart_belongs_to_its_rows(tmp_path):
    rows = [
        ["県", "陽性者", "死亡"],
        ["青森", "10", "1"],
        ["岩手", "20", "2"],
        ["宮城", "30", "3"],
        ["秋田", "40", "4"],
    ]
    apart = [["確認中"], ["5"], ["6"], ["7"], ["8"]]
    document = parse(make(tmp_path, both(grid(rows), grid(apart, left=340))))
    (table,) = document.tables
    assert cells(document, table) == [row + more for row, more in zip(rows, apart, strict=True)]


def test_boxes_on_their_own_colour_rule_nothing(tmp_path):
    """A spreadsheet's white ground, and the shading of each line in a shaded cell."""

    def shaded(canvas: Canvas) -> None:
        canvas.setFillGray(1)
        canvas.rect(30, 560, 500, 250, stroke=0, fill=1)
        canvas.setFillGray(0.8)
        for r in (1, 2):
            canvas.rect(60, 700 - 40 * (r + 1), 200, 40, stroke=0, fill=1)
            canvas.rect(164, 702 - 40 * r - 20, 92, 16, stroke=0, fill=1)
            canvas.rect(164, 702 - 40 * r - 36, 92, 16, stroke=0, fill=1)
        canvas.setFillGray(0)
        for i in range(4):
            canvas.line(60, 700 - 40 * i, 260, 700 - 40 * i)
        for x in (60, 160, 260):
            canvas.line(x, 700, x, 580)
        for r, (key, first, second) in enumerate(
            [("区分", "説明", ""), ("装置", "新しい町では", "使わない"), ("道具", "古い町でも", "使う")]
        ):
            canvas.drawString(64, 678 - 40 * r, key)
            canvas.drawString(166, 685 - 40 * r, first)
            canvas.drawString(166, 667 - 40 * r, second)

    document = parse(make(tmp_path, shaded))
    (table,) = document.tables
    assert cells(document, table) == [["区分", "説明"], ["装置", "新しい町では使わない"], ["道具", "古い町でも使う"]]


def test_dotted_rulings_drawn_as_little_pictures_are_rulings(tmp_path):
    rows = [["区分", "説明"], ["装置", "新しい町では 使わない"], ["道具", "古い町でも 使う"]]
    dot = ImageReader(Image.new("RGB", (8, 1), (0, 0, 0)))

    def dotted(canvas: Canvas) -> None:
        for i in range(4):
            for k in range(30):
                canvas.drawImage(dot, 60 + 9 * k, 700 - 22 * i, 8, 0.5)
        for x in (60, 150, 330):
            canvas.line(x, 700, x, 634)
        for r, row in enumerate(rows):
            for i, text in enumerate(row[1].split()):
                canvas.drawString(154, 690 - 22 * r - 9 * i, text)
            canvas.drawString(64, 685 - 22 * r, row[0])

    document = parse(make(tmp_path, dotted))
    assert cells(document, document.tables[0]) == [[row[0], row[1].replace(" ", "")] for row in rows]


def test_a_drawing_whose_lines_cut_words_is_no_table(tmp_path):
    def chart(canvas: Canvas) -> None:
        for y in (700, 660, 620, 580):
            canvas.line(60, y, 420, y)
        for x in (60, 150, 240, 330, 420):
            canvas.line(x, 700, x, 580)
        for y, text in (
            (680, "推進体制の整備と推進計画の策定"),
            (640, "職員研修の実施と進捗の管理"),
            (600, "申請の試行"),
        ):
            canvas.drawString(100, y, text)

    document = parse(make(tmp_path, chart))
    assert document.tables == ()
    assert "推進体制の整備と推進計画の策定" in document.text


# --- awkward and broken files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("box", [b"0 0 0 0", b"0 0 20000 20000", b"-1e9 -1e9 1e9 1e9", b"0 0 1e300 1e300"])
def test_pages_of_no_size_or_a_huge_one_are_read(tmp_path, box):
    path = tmp_path / "odd.pdf"
    page = written_by_hand(
        b"BT /F 12 Tf 60 700 Td <00010002> Tj ET", b"2 beginbfchar <0001> <753A> <0002> <8B70> endbfchar"
    )
    path.write_bytes(page.replace(b"0 0 595 842", box))
    assert outcome(path)[0] == "text"


def test_a_page_of_a_hundred_thousand_characters_is_read(tmp_path):
    def crowded(canvas: Canvas) -> None:
        canvas.setFont(FONT, 2)
        for i in range(400):
            canvas.drawString(20, 820 - 2 * i, "町の予算は令和四年度に増えた。" * 17)

    path = make(tmp_path, crowded)
    assert len(parse(path).text) > 100_000  # a page that took too long would be left out


def test_a_thousand_pages_are_read_without_a_loss(tmp_path):
    path = make(tmp_path, *(lines(f"{n} 町の予算", f"総額は{n}億円である。") for n in range(1, 1001)))
    document = parse(path)
    assert len(document.pages) == 1000
    assert document.warnings == ()


def test_broken_files_end_in_text_or_in_a_clear_refusal(tmp_path, monkeypatch):
    """Bytes flipped, ranges zeroed, cut short, ranges repeated; never anything but text or ``ParseError``."""
    monkeypatch.setattr(
        pdf, "ocr_installed", lambda: False
    )  # pages in broken fonts are read as pictures, in their time
    chance = random.Random(20261123)
    whole = make(tmp_path, both(grid(TABLE), lines("相談件数の推移", top=730)), lines("次の頁の文である。"))
    originals = [whole.read_bytes(), *(path.read_bytes() for path in sorted(SAMPLE.glob("*.pdf"))[:2])]
    broken = []
    for number in range(30):
        broken.append(tmp_path / f"broken{number}.pdf")
        broken[-1].write_bytes(mutate(originals[number % len(originals)], chance))
    for path in broken:
        before = computed()
        assert outcome(path)[0] in {"text", "error"}
        assert computed() - before < 20


def test_a_heading_framed_over_its_figure_is_a_table_of_one(tmp_path):
    def boxes(canvas: Canvas) -> None:
        for x, heading, figure in ((60, "総数", "573"), (260, "重症者", "78")):
            canvas.drawString(x + 10, 720, heading)
            canvas.drawString(x + 10, 690, figure)
            canvas.grid([x, x + 90], [680, 710, 740])

    facts = read_facts(parse(make(tmp_path, boxes)))
    assert [(fact.label, fact.value) for fact in facts] == [("総数", "573"), ("重症者", "78")]


def test_the_lines_of_a_cell_are_read_downwards_however_they_were_drawn(tmp_path):
    def drawn(canvas: Canvas) -> None:
        canvas.drawString(70, 700, "高齢者")
        canvas.drawString(70, 716, "六十五歳以上")
        for x, row in ((200, "対象"), (300, "割合")):
            canvas.drawString(x, 708, row)
        for x, row in ((70, "68人"), (200, "120人"), (300, "12%")):
            canvas.drawString(x, 670, row)
        canvas.grid([60, 180, 280, 380], [660, 690, 735])

    assert "六十五歳以上高齢者\t対象" in parse(make(tmp_path, drawn)).text


def test_a_table_in_a_titled_frame_keeps_its_cells(tmp_path):
    def framed(canvas: Canvas) -> None:
        canvas.drawString(60, 722, "空き家の対策")
        canvas.grid([50, 420], [560, 715, 740])

    document = parse(make(tmp_path, both(framed, grid([["区分", "令和4年度"], ["調査", "196件"], ["相談", "30件"]]))))
    assert [cells(document, table) for table in document.tables] == [
        [["区分", "令和4年度"], ["調査", "196件"], ["相談", "30件"]]
    ]


def test_keys_of_several_lines_stand_beside_their_paragraphs(tmp_path):
    """The lines of key and paragraph are at other heights; white parts both from the next pair."""
    keys = [("窓口で使える", "支払いカード"), ("口座からの", "引き落としの", "申込み"), ("問合せ",)]
    told = [
        (
            "役場の窓口では、カードで手数料を支払うことができます。",
            "使えるカードは、窓口に掲げて示しています。",
            "分割払いはできません。",
        ),
        ("通帳と届出印を持って、金融機関の窓口で申し込んでください。", "翌月の分から、毎月の末日に引き落とします。"),
        ("会計課の窓口か電話まで、平日の朝九時から夕方五時までに願います。", "電話では口座の番号を聞きません。"),
    ]
    draws = []
    for i, (key, lines_of_value) in enumerate(zip(keys, told, strict=True)):
        middle = 700 - 80 * i
        draws.append(lines(*key, top=middle + 7 * (len(key) - 1), left=60, step=14))
        draws.append(lines(*lines_of_value, top=middle + 7 * (len(lines_of_value) - 1), left=180, step=14))
    document = parse(make(tmp_path, both(*draws)))
    (table,) = document.tables
    read = [[re.sub(r"\s", "", cell) for cell in row] for row in cells(document, table)]
    assert read == [["".join(key), "".join(value)] for key, value in zip(keys, told, strict=True)]


def test_numbers_far_before_their_items_are_read_with_them(tmp_path):
    """A balance sheet sets the numbers of its items apart, and the names and sums in columns of their own."""
    names = ["現金及び預金", "未収の利息", "貸付けの土地"]
    numbers = lines("（１）", "（２）", "（３）", top=700, left=80)
    draw = both(numbers, lines(*names, top=700, left=170), lines("1,200", "0", "3,450", top=700, left=300))
    document = parse(make(tmp_path, both(draw, lines("資産の合計 4,650", top=640, left=170))))
    for number, name, amount in zip("１２３", names, ("1,200", "0", "3,450"), strict=True):
        assert re.search(rf"（{number}） ?{name}\s{amount}\n", document.text), document.text


def test_upright_columns_beside_lines_that_lie_are_read_from_the_right_and_are_one_paragraph(tmp_path):
    """The program drew the columns from the left, and the figures last; the lines above and below lie."""
    columns_drawn = ["令和三年度の町の予算", "は、三月の議会で決ま", "りました。総額は前の", "年度より減りました。"]

    def draw(canvas: Canvas) -> None:
        lines("町の予算が決まりました", "くわしくは役場の窓口でお尋ねください。", top=760)(canvas)
        for i, column in reversed(list(enumerate(columns_drawn))):
            for row, character in enumerate(column):
                if character != "三":
                    canvas.drawString(400 - 20 * i, 680 - 12 * row, character)
        for i, column in enumerate(columns_drawn):
            for row, character in enumerate(column):
                if character == "三":
                    canvas.drawString(400 - 20 * i, 680 - 12 * row, character)
        lines("発行は町役場の企画課です。", "次の号は来月に発行します。", top=500)(canvas)

    document = parse(make(tmp_path, draw))
    read = page_lines(document)
    assert read[:2] == ["町の予算が決まりました", "くわしくは役場の窓口でお尋ねください。"]
    assert read[2:6] == columns_drawn
    assert read[6:] == ["発行は町役場の企画課です。", "次の号は来月に発行します。"]
    blocks = ["".join(document.text[b.start : b.end].split()) for b in document.blocks]
    assert "令和三年度の町の予算は、三月の議会で決まりました。総額は前の年度より減りました。" in blocks
