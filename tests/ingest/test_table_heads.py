"""What heads the columns of a table: several rows, merged cells, units, and where nothing does."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from ingest.document import Document
from ingest.facts import read_facts
from ingest.parse import parse
from tests.ingest.office_files import workbook

Rows = Sequence[Sequence[object]]


def sheet(folder: Path, rows: Rows, merged: Sequence[str] = ()) -> Document:
    """Return a workbook with these rows from A1 on, read."""

    def fill(book: openpyxl.Workbook) -> None:
        for row in rows:
            book.active.append(row)
        for area in merged:
            book.active.merge_cells(area)

    return parse(workbook(folder / "a.xlsx", fill))


def file(folder: Path, name: str, text: str) -> Document:
    (folder / name).write_text(text, "utf-8")
    return parse(folder / name)


def told(document: Document) -> list[tuple[str | None, str | None, str]]:
    return [(fact.row, fact.column, fact.value) for fact in read_facts(document)]


def columns(document: Document) -> set[str | None]:
    return {fact.column for fact in read_facts(document) if fact.table is not None}


def test_a_row_that_tells_series_of_one_name_apart_names_them_and_a_row_of_units_says_their_units(tmp_path: Path):
    months = "".join(f"2021/{month:02},{month}.5,,{4000 + month}\n" for month in range(1, 10))
    series = file(
        tmp_path,
        "series.csv",
        ",貸出（月次）,貸出（月次）,貸出（月次）\n系列名称,前年比,新規分,残高\n符号,LA@1,LB@1,LC\n単位,％,％,億円\n"
        + months,
    )
    facts = {(fact.row, fact.value): fact for fact in read_facts(series)}
    growth, balance = facts["2021/03", "3.5"], facts["2021/03", "4003"]
    assert (growth.column, growth.unit) == ("貸出（月次） 前年比", "%")
    assert (balance.column, balance.unit) == ("貸出（月次） 残高", "億円"), "the empty cell before it is no value"
    assert facts["符号", "LC"].column == "貸出（月次） 残高"


def test_rows_whose_label_is_left_empty_are_no_headings(tmp_path: Path):
    stops = sheet(
        tmp_path,
        [
            ["必須", "項目", "説明"],
            ["", "停留所名", "停留所の呼び名"],
            [None, "よみ", "呼び名のかな"],
            ["必", "系統", "線の名"],
        ],
    )
    assert ("停留所名", "説明", "停留所の呼び名") in told(stops)
    assert columns(stops) == {"項目", "説明"}


def test_words_without_a_label_over_figures_are_headings(tmp_path: Path):
    document = file(tmp_path, "a.csv", "区分,本庁,支所\n,来庁,電話\n相談,12,30\n苦情,4,9\n")
    assert ("相談", "支所 電話", "30") in told(document)


def test_headings_printed_once_stand_over_groups_of_any_width(tmp_path: Path):
    document = file(
        tmp_path,
        "a.csv",
        "地区,かぜ,,,水ぼうそう,\n,計,男,女,計,女\n東部,9,4,5,3,1\n西部,7,2,5,2,2\n",
    )
    assert ("東部", "かぜ 女", "5") in told(document)
    assert ("西部", "水ぼうそう 女", "2") in told(document)


@pytest.mark.parametrize("corner", ["A1:A3", None])
def test_the_heading_over_the_labels_reaches_as_far_down_as_the_headings_beside_it(tmp_path: Path, corner: str | None):
    document = sheet(
        tmp_path,
        [
            ["目的", "渡すもの", None, None, "渡す先", None],
            [None, "1", "2", "3", "1", "2"],
            [None, "氏名", "財務", "計画", "県", "組合"],
            ["統計", "○", "×", "○", "○", "×"],
            ["審査", "○", "○", "×", "×", "○"],
        ],
        ["B1:D1", "E1:F1", *([corner] if corner else [])],
    )
    assert ("統計", "渡すもの 3 計画", "○") in told(document)
    assert ("審査", "渡す先 2 組合", "○") in told(document)


def test_a_row_that_parts_merged_headings_is_of_headings_though_no_figures_stand_below(tmp_path: Path):
    document = sheet(
        tmp_path,
        [
            ["データ項目", None, None, "参考", None],
            ["番号", "名称", "説明", "語彙", "型"],
            ["一", "所在", "建物のある所", "場所", "文字"],
            ["二", "用途", "建物の使い道", "種別", "符号"],
        ],
        ["A1:C1", "D1:E1"],
    )
    assert ("一", "参考 語彙", "場所") in told(document)


@pytest.mark.parametrize("corner", ["款", None])
def test_headings_of_three_rows_are_read_where_the_lowest_has_no_figures_below(tmp_path: Path, corner: str | None):
    document = sheet(
        tmp_path,
        [
            [corner, "予算", "財源の内訳", None, None, "説明"],
            [None, None, "特定の財源", None, "一般", None],
            [None, None, "県", "その他", None, None],
            ["一総務", 5474, None, None, 5474, "旅費など"],
            ["二予備", 300, None, None, 300, "なし"],
        ],
        ["A1:A3", "B1:B3", "C1:E1", "C2:D2", "E2:E3", "F1:F3"],
    )
    assert ("一総務", "財源の内訳 一般", "5474") in told(document)
    assert not any(value in ("県", "その他") for _, _, value in told(document))


def test_labels_of_two_columns_under_one_heading_are_no_headings(tmp_path: Path):
    document = sheet(
        tmp_path,
        [
            ["区分", None, "人数", "給与", None],
            [None, None, None, "給料", "手当"],
            ["本年度", "長", None, None, None],
            [None, "議員", 14, 207, 12],
            ["前年度", "長", None, None, None],
            [None, "議員", 13, 201, 11],
        ],
        ["A1:B2", "C1:C2", "D1:E1", "A3:A4", "A5:A6"],
    )
    assert {column for _, column, value in told(document) if value in ("207", "201")} == {"給与 給料"}


def test_a_remark_beside_all_rows_makes_no_headings_of_them(tmp_path: Path):
    document = sheet(
        tmp_path,
        [
            ["特例", "書類", "法人", "名前は次の頁のとおり付けてください。次の頁もご覧ください。"],
            ["賃上げ", "名簿", "○", None],
            ["創業", "証明", "×", None],
        ],
        ["D1:D3"],
    )
    assert ("創業", "法人", "×") in told(document)


def test_a_row_below_a_heading_of_its_own_is_none_though_another_heading_is_merged(tmp_path: Path):
    document = sheet(
        tmp_path,
        [["用途", "書類", None], ["本人の確認", "免許証", "写し"], ["住所の確認", "住民票", "原本"]],
        ["B1:C1"],
    )
    assert columns(document) == {"書類"}
    assert ("本人の確認", "書類", "免許証") in told(document)


def test_one_heading_over_several_columns_makes_no_column_name_the_next(tmp_path: Path):
    document = sheet(
        tmp_path,
        [["枠", "対応枠", None, None], ["上限", "ソフト", "端末", "券売機"], ["下限", "会計", "画面", "窓口"]],
        ["B1:D1"],
    )
    assert {row for row, _, _ in told(document)} == {"上限", "下限"}


def test_numbers_over_marks_name_their_columns(tmp_path: Path):
    document = file(tmp_path, "a.csv", "番,要件,1,2,3\n甲,記録を残す,✓,✓,✓\n乙,鍵を替える,,✓,✓\n丙,試す,,,✓\n")
    assert ("乙", "2", "✓") in [(row and row[0], column, value) for row, column, value in told(document)]


def test_bare_years_name_rows_and_columns_of_figures_and_codes_beside_words_do_not(tmp_path: Path):
    across = file(tmp_path, "a.csv", "品目,2019,2020,2021\n茶,11.5,12.1,9.8\n米,30.2,28.8,31.0\n")
    assert ("茶", "2020年", "12.1") in told(across)
    down = file(tmp_path, "b.csv", "品目,茶,米\n1998,11.5,30.2\n1999,12.1,28.8\n2000,9.8,31.0\n")
    assert ("1999年", "米", "28.8") in told(down)
    codes = file(tmp_path, "c.csv", "番号,種別,説明\n2001,役場,まちの役所\n2002,支所,出先の役所\n2003,学校,小中学校\n")
    assert not any("年" in str(fact.label) for fact in read_facts(codes))


def test_the_row_that_markdown_rules_off_heads_three_columns_but_not_two(tmp_path: Path):
    document = file(
        tmp_path,
        "a.md",
        "| | 基本 | 応用2 |\n|---|---|---|\n| 道路 | 〇（段階1） | 〇（段階2） |\n| 航路 | | 〇（段階2） |\n\n"
        "要件の説明です。\n\n| ID | /req/a |\n|---|---|\n| 主題 | 道路の作り方 |\n",
    )
    assert ("航路", "応用2", "〇（段階2）") in told(document)
    assert ("主題", None, "道路の作り方") in told(document)


def test_arrows_in_markdown_stand_for_merged_cells(tmp_path: Path):
    document = file(
        tmp_path,
        "a.md",
        "| 拡張の内容 | ← | 様式 | ← | 備考 |\n|---|---|---|---|---|\n| ↑ | ↑ | 一覧 | 辞書 | ↑ |\n"
        "| 建物 | 符号 | ● | | 注あり |\n| ↑ | 文字 | | ● | |\n| 橋 | 符号 | ● | ● | |\n",
    )
    found = told(document)
    assert ("建物", "様式 辞書", "●") in found
    assert not any(value in ("←", "↑") for _, _, value in found)


def test_arrows_that_tell_of_a_rise_stay(tmp_path: Path):
    document = file(
        tmp_path, "a.md", "| 指標 | 値 | 前年比 |\n|---|---|---|\n| 来館者 | 310 | ↑ |\n| 貸出 | 42 | ↓ |\n"
    )
    assert ("来館者", "前年比", "↑") in told(document)


def test_keys_with_their_values_head_nothing_though_one_value_is_a_figure(tmp_path: Path):
    document = file(tmp_path, "a.csv", "建物,中央会館\n階,3階\n部屋,会議室\n担当,窓口係\n")
    assert columns(document) <= {None}
    headed = file(
        tmp_path,
        "b.csv",
        "工場の項目,内容\n決めた日,取締役会の開かれた冬\n雇う人,3400人\n作る数,月に100枚以上\n",
    )
    assert columns(headed) == {"内容"}


def test_a_form_has_no_columns(tmp_path: Path):
    form = sheet(
        tmp_path,
        [
            ["申請者", None, "生年月日", "年", "月", "日"],
            ["病名", "診断日", None, "年", "月", "から"],
            ["通院", "期間", None, "医師", "印", "まで"],
        ],
        ["A1:B1"],
    )
    boxes = sheet(tmp_path, [["確認", "□該当する", "□該当しない"], ["住所", "氏名", "電話"], ["続柄", "氏名", "電話"]])
    assert columns(form) == columns(boxes) == {None}
    history = file(tmp_path, "a.csv", "番号,年,月,出来事\n一,1998,4,開館\n二,2003,6,改築\n三,2011,9,閉館\n")
    assert ("月", "6") in [(column, value) for _, column, value in told(history)]


def test_a_table_whose_first_row_is_figures_has_no_headings(tmp_path: Path):
    document = file(tmp_path, "a.csv", "本庁,12,30\n支所,4,9\n出張所,1,2\n")
    assert columns(document) <= {None}


def test_headings_stacked_over_stacked_figures_name_each_its_own(tmp_path: Path):
    document = sheet(
        tmp_path,
        [["今週の平均", "前の週との比"], ["前の週の平均", None], [779.5, "89.2%"], [873.1, None]],
        ["B1:B2", "B3:B4"],
    )
    assert [(column, value) for _, column, value in told(document)] == [
        ("今週の平均", "779.5"),
        ("前の週との比", "89.2%"),
        ("前の週の平均", "873.1"),
    ]


def test_two_columns_of_words_keep_a_heading_of_words_for_all_below_it(tmp_path: Path):
    rows = [["支払方法", "注意点"], ["口座振替", "通帳の写しを出す。"], ["窓口払い", "領収書を無くさない。"]]
    assert told(sheet(tmp_path, rows)) == [
        ("口座振替", "注意点", "通帳の写しを出す。"),
        ("窓口払い", "注意点", "領収書を無くさない。"),
    ]
    keyed = [["会場", "みどり会館"], ["対象", "町内に住む人"], ["内容", "手話の初歩を学ぶ。"]]
    assert sheet(tmp_path, keyed).tables[0].header_rows == 0


def test_headings_below_a_merged_one_may_be_merged_themselves_and_hold_a_dash(tmp_path: Path):
    """Under 枠 stands 類型, on the second of the two rows that the types beside it take."""
    rows = [
        ["枠", "一般枠", "", "", "連携枠"],
        ["", "店舗型", "", "通信型", "-"],
        ["類型", "", "", "", ""],
        ["上限額", "30万円", "", "50万円", "80万円"],
        ["経費", "備品費", "", "通信費", "会場費"],
    ]
    merged = ["B1:D1", "B2:C3", "D2:D3", "E2:E3", "B4:C4", "B5:C5"]
    document = sheet(tmp_path, rows, merged)
    assert (document.tables[0].header_rows, document.tables[0].header_columns) == (3, 1)
    assert ("上限額", "一般枠 通信型", "50万円") in told(document)


def test_the_unit_of_a_table_is_no_part_of_the_names_of_its_columns(tmp_path: Path):
    rows = [
        ["基金の残高（単位：千円）", "", ""],
        ["基金", "前年度末", "本年度末"],
        ["道路", 120, 150],
        ["学校", 80, 95],
    ]
    document = sheet(tmp_path, rows, ["A1:C1"])
    facts = [fact for fact in read_facts(document) if fact.row == "学校"]
    assert all("単位" not in (fact.column or "") for fact in facts)
    assert {fact.unit for fact in facts} == {"千円"}
