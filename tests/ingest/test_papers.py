"""Papers as councils print them, drawn by the tests: budgets, fees, bills, forms, and what a file says of itself."""

from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.document import Block, Document, Page
from ingest.facts import read_facts
from ingest.parse import parse
from tests.ingest.test_pdf import FONT, Draw, both, grid, lines, make


@pytest.fixture(scope="module", autouse=True)
def _font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def said(document: Document) -> dict[tuple[str, str | None], str]:
    """Return (value, unit) of each fact with its label."""
    return {(fact.value, fact.unit): fact.label for fact in read_facts(document)}


BUDGET = ["番号", "主管課", "款項目", "事業名", "事業費（千円）", "国", "県"]


def test_an_undertaking_names_the_figures_of_its_row_and_codes_are_no_figures(tmp_path):
    rows = [BUDGET, ["1", "緑化課", "2.1.6", "公園費", "1,056", "", "1,056"]]
    rows.append(["2", "水道課", "4.1.2", "井戸整備費", "900", "300", "600"])
    facts = read_facts(parse(make(tmp_path, grid(rows, width=78, left=20))))
    figures = {fact.value: fact.label for fact in facts if fact.number is not None}
    assert figures["1,056"].startswith("緑化課 公園費")
    assert "井戸整備費" in figures["900"]
    assert not any(fact.value in ("2.1.6", "4.1.2") for fact in facts)
    assert not any("2.1.6" in fact.label for fact in facts)


def test_a_table_keeps_its_headings_and_its_unit_over_a_page(tmp_path):
    first = [
        BUDGET,
        ["1", "緑化課", "2.1.6", "公園費", "1,056", "", "1,056"],
        ["2", "水道課", "4.1.2", "井戸費", "900", "300", "600"],
    ]
    second = [
        ["3", "土木課", "8.2.2", "橋りょう費", "5,200", "", "5,100"],
        ["4", "消防課", "9.1.2", "消防費", "850", "", "800"],
    ]
    document = parse(make(tmp_path, grid(first, width=78, left=20), grid(second, width=78, left=20)))
    assert [table.follows for table in document.tables] == [False, True]
    facts = said(document)
    assert facts["5,200", "千円"] == "土木課 橋りょう費 事業費（千円）"
    # The column of the country's money is empty on the second page, and the next one does not move into it.
    assert facts["5,100", "千円"] == "土木課 橋りょう費 県"


def test_another_table_of_the_same_shape_keeps_its_own_headings(tmp_path):
    old = [["変更前", "事業費", "財源"], ["市道", "100", "90"], ["林道", "200", "80"]]
    new = [["変更後", "事業費", "財源"], ["市道", "300", "70"], ["林道", "400", "60"]]
    document = parse(make(tmp_path, grid(old), grid(new)))
    assert [table.follows for table in document.tables] == [False, False]


def test_lines_of_one_cell_each_are_rows_where_no_ruling_parts_them(tmp_path):
    def draw(canvas: Canvas) -> None:
        for y in (700, 678, 600):
            canvas.line(60, y, 300, y)
        for x in (60, 180, 300):
            canvas.line(x, 700, x, 600)
        for x, y, cell in (
            (70, 684, "所定労働時間"), (190, 684, "年間休日"), (70, 660, "9時間"), (190, 660, "134日"),
            (70, 640, "7時間45分"), (190, 640, "96日"), (70, 620, "7時間"), (190, 620, "85日"),
        ):  # fmt: skip
            canvas.drawString(x, y, cell)

    assert said(parse(make(tmp_path, draw)))["96日", "日"] == "7時間45分 年間休日"


def test_years_of_service_head_columns_and_days_of_work_head_rows(tmp_path):
    rows = [
        ["週の日数", "6か月", "1年6か月", "2年6か月"],
        ["4日", "7日", "8日", "9日"],
        ["3日", "5日", "6日", "6日"],
        ["2日", "3日", "4日", "4日"],
    ]
    facts = read_facts(parse(make(tmp_path, grid(rows))))
    assert ("4日 1年6か月", "8日") in [(fact.label, fact.value) for fact in facts]


def test_a_label_over_several_rows_is_told_apart_by_the_next_column(tmp_path):
    def draw(canvas: Canvas) -> None:
        for y in (700, 680, 640):
            canvas.line(60, y, 380, y)
        canvas.line(160, 660, 380, 660)
        for x in (60, 160, 270, 380):
            canvas.line(x, 700, x, 640)
        for x, y, cell in (
            (70, 686, "箇所"), (170, 686, "使用者別"), (280, 686, "使用料"), (70, 655, "会議室"),
            (170, 665, "市内在住者"), (280, 665, "500円"), (170, 645, "市外在住者"), (280, 645, "750円"),
        ):  # fmt: skip
            canvas.drawString(x, y, cell)

    facts = said(parse(make(tmp_path, draw)))
    assert facts["750円", "円"] == "会議室 市外在住者 使用料"
    assert facts["500円", "円"] == "会議室 市内在住者 使用料"


def test_a_name_beside_the_first_figure_of_a_row_names_the_others(tmp_path):
    rows = [
        ["区分", "本年度", "前年度"],
        ["現年課税分", "家屋1,244,100", "1,205,951"],
        ["滞納繰越分", "25,997", "22,560"],
    ]
    facts = said(parse(make(tmp_path, grid(rows))))
    assert facts["1,205,951", None] == "現年課税分 家屋 前年度"
    assert facts["1,244,100", None] == "現年課税分 家屋 本年度"
    assert facts["22,560", None] == "滞納繰越分 前年度"


def test_boxes_side_by_side_are_the_cells_of_a_table(tmp_path):
    rows = [
        ["区分", "目安", "現在の数値"],
        ["陽性率", "5％以上", "15.7％"],
        ["入院率", "40％以下", "19.9％"],
        ["使用率", "20％以上", "44.5％"],
    ]

    def draw(canvas: Canvas) -> None:
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                canvas.rect(60 + 106 * c, 700 - 36 * r, 100, 30)
                canvas.drawString(70 + 106 * c, 710 - 36 * r, cell)

    assert said(parse(make(tmp_path, draw)))["15.7％", "％"] == "陽性率 現在の数値"


def test_a_yen_sign_makes_an_amount(tmp_path):
    rows = [["入札業者名", "第１回"], ["みどり建設（株）", "\\197,030,000"], ["（有）あお工業", "\\196,790,000"]]
    (fact,) = (f for f in read_facts(parse(make(tmp_path, grid(rows, width=150)))) if "197" in f.value)
    assert (fact.number, fact.label) == (197_030_000, "みどり建設（株） 第１回")


def test_names_with_a_figure_at_a_distance_are_lines(tmp_path):
    def draw(canvas: Canvas) -> None:
        for i, (name, figure) in enumerate(
            [("給水戸数", "19,200 戸"), ("年間総給水量", "5,220,000 ㎥"), ("一日平均給水量", "14,300 ㎥")]
        ):
            canvas.drawString(90, 700 - 16 * i, name)
            canvas.drawRightString(400, 700 - 16 * i, figure)
        canvas.drawString(90, 652, "主要な建設改良事業")
        canvas.drawString(280, 636, "整備工事")
        canvas.drawRightString(500, 636, "373,504 千円")
        canvas.drawString(280, 620, "事務費")
        canvas.drawRightString(500, 620, "42,338 千円")

    facts = said(parse(make(tmp_path, draw)))
    assert "年間総給水量" in facts["5,220,000 ㎥", "㎥"]


BILL = (
    "議案第７号", "", "みどり市手話言語条例", "", "令和４年３月４日提出", "", "みどり市長 山田 太郎", "",
    "（定義）", "第２条 この条例において、次の各号に掲げる用語の意義は、当該各号に定めるところによる。",
    "(1) ろう者 手話を言語として使用する者をいう。", "(2) 市民 みどり市に居住する者をいう。",
    "（市の責務）", "第３条 市は、理解の促進に努めるものとする。", "", "附 則", "",
    "この条例は、公布の日から施行する。",
)  # fmt: skip


def test_a_bill_has_its_name_for_a_title_its_day_and_who_laid_it(tmp_path):
    document = parse(make(tmp_path, lines(*BILL, step=20)))
    assert document.title == "議案第７号 みどり市手話言語条例"
    assert document.published == "2022-03-04"
    assert ("みどり市長", "山田 太郎") in [(fact.label, fact.value) for fact in read_facts(document)]


def test_the_line_in_brackets_over_an_article_is_its_heading(tmp_path):
    document = parse(make(tmp_path, lines(*BILL, step=20)))
    under = {document.text[b.start : b.end].replace(" ", "")[:6]: b.headings[-1] for b in document.blocks if b.headings}
    assert under["(1)ろう者"] == "（定義）"
    assert under["第３条市は、"] == "（市の責務）"
    assert under["この条例は、"] == "附 則"


def test_an_item_that_a_page_begins_with_goes_on_with_the_list(tmp_path):
    first = lines(
        "（環境の整備）", "第２６条 市長は、次に掲げる措置を講じなければならない。", "(1) 職員に対する研修の実施"
    )
    second = lines("(2) 相談体制の整備", "(3) その他の勤務環境の整備に関する措置")
    document = parse(make(tmp_path, first, second))
    items = [b for b in document.blocks if document.text[b.start] == "("]
    assert [b.kind for b in items] == ["bullet"] * 3


def test_what_a_form_asks_for_stands_below_its_key(tmp_path):
    form = lines("１ 工事場所", "みどり市北町", "２ 契約の相手方", "あお建設 株式会社", "代表取締役 川上 花子", step=26)
    facts = [(fact.label, fact.value) for fact in read_facts(parse(make(tmp_path, form)))]
    assert ("工事場所", "みどり市北町") in facts
    assert ("契約の相手方", "あお建設 株式会社") in facts
    assert ("契約の相手方 代表取締役", "川上 花子") in facts


def _titled(folder: Path, name: str, draw: Draw, **options: object) -> Document:
    return parse(make(folder, draw, name=name, **options))


def test_a_date_a_unit_or_a_part_is_no_title(tmp_path):
    table = grid([["事業名", "金額"], ["公園費", "1,200"], ["道路費", "3,400"]])
    document = _titled(tmp_path, "Ｐ５~８　繰越事業一覧表.pdf", both(lines("１．追加 （単位：千円）", top=730), table))
    assert document.title == "繰越事業一覧表"
    assert said(document)["1,200", "千円"] == "公園費 金額"


def test_the_date_in_a_files_name_says_more_than_the_day_the_pdf_was_made(tmp_path):
    document = _titled(tmp_path, "方針_R040224.pdf", lines("窓口を増やすことにした。", "担当を決める。"))
    assert document.published == "2022-02-24"
    assert document.taken_from["published"] == "file_name"


def test_a_figure_that_a_line_end_tears_is_read_whole():
    line = "みどり町の施設を使う町民のうち、町外から通う人の数を除いた人数は、この年の春には１２"
    text = f"{line}\n５人となり、前の年の同じ時期に比べて増えている。"
    block = Block("paragraph", 0, len(text), 1, ())
    document = Document("d", "d.txt", "d.txt", "", "text", text, (Page(1, 0, len(text)),), "none", (block,))
    assert [(fact.number, fact.value) for fact in read_facts(document)] == [(125, "１２\n５人")]
