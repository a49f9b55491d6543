"""Tables in text: the shapes in which towns print them, and the columns of figures that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document, Page, Table
from ingest.tables import is_value, read_tables


def document(text: str) -> Document:
    return Document("d", "d.txt", "d.txt", "", "text", text, (Page(1, 0, len(text)),), "none")


def tables(text: str) -> list[dict[str, object]]:
    """Return what was read as plain rows, with what names the table."""
    doc = document(text)
    return [plain(doc, table) for table in read_tables(doc)]


def plain(doc: Document, table: Table) -> dict[str, object]:
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(doc.text[cell.start : cell.end])
    return {
        "rows": [rows[r] for r in sorted(rows)],
        "headings": (table.header_rows, table.header_columns),
        "title": doc.text[slice(*table.title)] if table.title else None,
        "unit": doc.text[slice(*table.unit)] if table.unit else None,
    }


def test_cells_between_tabs_are_read_under_their_header():
    (table,) = tables("◆窓口別の利用者数（単位：人）\n\tR4\tR5\n東窓口\t1,204\t-\n西窓口\t98\t▲ 12\n※休館日を除く\n")
    assert table["rows"] == [["", "R4", "R5"], ["東窓口", "1,204", "-"], ["西窓口", "98", "▲ 12"]]
    assert table["headings"] == (1, 1)
    assert (table["title"], table["unit"]) == ("◆窓口別の利用者数（単位：人）", "人")


def test_a_heading_over_several_columns_spans_them():
    """The department stands once over its two projects, and the column on the left of them is its total."""
    doc = document("\t総額\t土木部\t\n\t\t\t道路\n北区\t500\t300\t200\n")
    (table,) = read_tables(doc)
    spans = {doc.text[c.start : c.end]: (c.column, c.column_span) for c in table.cells if c.row < 2}
    assert table.header_rows == 2
    assert spans["土木部"] == (2, 2)
    assert spans["道路"] == (3, 1)


def test_tables_side_by_side_are_two_tables():
    first, second = tables("市名\tR3割合\t市名\tR5割合\n朝日市\t22.2%\t夕日市\t23.6%\n青葉市\t9.0%\t朝日市\t8.1%\n")
    assert first["rows"] == [["市名", "R3割合"], ["朝日市", "22.2%"], ["青葉市", "9.0%"]]
    assert second["rows"] == [["市名", "R5割合"], ["夕日市", "23.6%"], ["朝日市", "8.1%"]]


def test_a_line_without_a_value_opens_the_next_table():
    first, second = tables("性別\t\n男性\t51.2%\n女性\t48.8%\n家族構成\t\n単身\t30.1%\n")
    assert first["rows"][0] == ["性別", ""]
    assert second["rows"] == [["家族構成", ""], ["単身", "30.1%"]]


def test_a_single_row_of_values_needs_no_label():
    (table,) = tables("<関連事業>\n令和3年度\t令和4年度\n73事業\t108事業\n")
    assert (table["rows"], table["headings"]) == ([["令和3年度", "令和4年度"], ["73事業", "108事業"]], (1, 0))


def test_a_markdown_table_is_read_and_its_rule_left_out():
    (table,) = tables("## 出荷量の推移\n| 品目 | R4年度 | R5年度 |\n|---|---:|---:|\n| 茶 | 1,200 t | 1,150 t |\n")
    assert table["rows"] == [["品目", "R4年度", "R5年度"], ["茶", "1,200 t", "1,150 t"]]
    assert table["title"] == "出荷量の推移"


def test_html_laid_out_in_a_table_is_none():
    assert tables("| | |\n|--|--|\n| <p>来場 12組</p> | <p>会場 東</p> |\n") == []


SPACED = """人口移動の推移
1月 2月 3月 計

東圏域 392 368 ▲ 1,918 2,678

西圏域 169 179 705 1,053
"""


def test_rows_between_spaces_are_read_when_their_counts_fit():
    (table,) = tables(SPACED)
    assert table["rows"] == [
        ["", "1月", "2月", "3月", "計"],
        ["東圏域", "392", "368", "▲ 1,918", "2,678"],
        ["西圏域", "169", "179", "705", "1,053"],
    ]
    assert table["title"] == "人口移動の推移"


def test_a_row_with_another_count_is_no_row():
    """A value that was lost would move every other one under a wrong heading."""
    assert tables("1月 2月 3月 計\n東圏域 392 368 2,678\n西圏域 169 179 1,053\n") == []


def test_a_corner_names_the_labels():
    (table,) = tables("区分 東部 西部 計\nR5 12 13 25\nR6 11 15 26\n")
    assert table["rows"][0] == ["区分", "東部", "西部", "計"]
    assert tables("北部 東部 西部 計\nR5 12 13 25\nR6 11 15 26\n") == []


def test_a_figure_torn_at_its_comma_is_one_cell():
    (table,) = tables("R4年度 R5年度\n使用料 527, 923 240, 000\n")
    assert table["rows"][1] == ["使用料", "527, 923", "240, 000"]
    assert tables("R4年度 R5年度\n使用料 527, 923\n") == []


def test_age_bands_head_columns():
    (table,) = tables("（単位：人）\n0-14歳 15-64歳 65歳以上 計\nR5 1 2 3 6\nR6 2 ▲ 3 4 3\n")
    assert table["rows"][0] == ["", "0-14歳", "15-64歳", "65歳以上", "計"]
    assert table["rows"][2] == ["R6", "2", "▲ 3", "4", "3"]
    assert table["unit"] == "人"


def test_a_second_header_ends_the_first_table():
    """Two tables of one shape under one caption share its title."""
    first, second = tables(SPACED + SPACED.split("\n", 1)[1])
    assert first["rows"] == second["rows"]
    assert first["title"] == second["title"] == "人口移動の推移"


def test_a_label_may_stand_over_its_rows_and_a_heading_may_wrap():
    text = """Ｒ４年度 Ｒ５年度
(1月末
時点)
相談件数 742件 1,231件

就職
決定者数

実績 72名 98名

目標 100名 100名

支援件数 - 6件
"""
    doc = document(text)
    (table,) = read_tables(doc)
    cells = {doc.text[c.start : c.end]: c for c in table.cells}
    assert cells["Ｒ５年度\n(1月末\n時点)"].row == 0
    assert (cells["就職\n決定者数"].row, cells["就職\n決定者数"].row_span) == (2, 2)
    assert (cells["支援件数"].row, cells["6件"].row) == (4, 4)


def test_cells_one_a_line_are_read_beside_rows_that_fix_the_count():
    text = """R4年12月 R5年12月

全国 3,075,213 3,410,992

青葉県
（割合）

20,660
(1.19%)

25,589
(1.50%)
"""
    (table,) = tables(text)
    assert table["rows"][2] == ["青葉県\n（割合）", "20,660\n(1.19%)", "25,589\n(1.50%)"]


def test_cells_one_a_line_that_do_not_fill_the_row_are_left_out():
    text = "R4年 R5年\n\n全国 3,075 3,410\n\n青葉県\n\n20\n\n25\n\n30\n"
    (table,) = tables(text)
    assert table["rows"] == [["", "R4年", "R5年"], ["全国", "3,075", "3,410"]]


def test_headings_one_a_line_need_two_full_rows():
    text = "R3\n\nR4\n\nR5\n\n転入\n\n120\n\n130\n\n140\n\n転出\n\n90\n\n95\n\n99\n"
    (table,) = tables(text)
    assert table["rows"] == [["", "R3", "R4", "R5"], ["転入", "120", "130", "140"], ["転出", "90", "95", "99"]]
    assert tables(text.replace("\n\n99", "")) == []


@pytest.mark.parametrize(
    "chart",
    [
        "0\n\n1,000\n\n2,000\n\n3,000\n\n1月 2月 3月 4月\n\n転入者数\n",
        "東圏域 西圏域 北部 全国計\n\n1,861\n\n1,914\n\n7,401\n\n5,762\n",
        "R1 R2 R3 R4 R5\n\n単位：億円■ 輸出実績\n\n農産物 林産物\n\n17.4\n\n3.5\n\n13.7 14.0\n\n16.8\n",
        "H26\n(2014)\n\nH27\n\nH28\n\n▲1,542\n\n▲3,002\n▲3,900\n",
        "東部 西部 南部 計\n0 1,000 2,000 3,000\n",
    ],
)
def test_axes_and_drifting_labels_of_a_chart_are_no_table(chart):
    assert tables(chart) == []


def test_prose_and_lists_are_no_table():
    assert tables("会場 東会館、西会館\n参加者 25名 30名\n・ 募集 10名 20名\n") == []


@pytest.mark.parametrize("cell", ["1,234", "▲ 12.3%", "15,576 (0.89%)", "198件", "-", "２５,５８９", "**2,776件**"])
def test_figures_and_the_mark_of_a_missing_one_are_values(cell):
    assert is_value(cell)


@pytest.mark.parametrize("cell", ["H30年12月", "1月", "第2期計画", "会員が12名以上いる団体", "R5 (1月末)", "計"])
def test_words_and_dates_are_no_values(cell):
    assert not is_value(cell)


LINES = st.sampled_from(
    [
        "R4 R5 計",
        "\tR4\tR5",
        "東 1 2 3",
        "東\t1\t2",
        "1,200",
        "▲ 3",
        "（単位：人）",
        "",
        "人口の推移",
        "| a | 1 |",
        "R4",
    ]
)


@given(st.lists(LINES, max_size=14).map("\n".join))
def test_every_cell_is_a_span_inside_its_table(text):
    for table in read_tables(document(text)):
        assert 0 <= table.start < table.end <= len(text)
        for cell in table.cells:
            assert cell.start == cell.end or table.start <= cell.start < cell.end <= table.end
        places = [
            (c.row + i, c.column + j) for c in table.cells for i in range(c.row_span) for j in range(c.column_span)
        ]
        assert len(places) == len(set(places))


def test_a_row_that_lost_a_cell_is_left_out_and_a_header_that_lost_one_ends_the_reading():
    """Figures would stand under the wrong headings."""
    (table,) = tables("町 | 茶 | 米 | 計\n東町 | 1 | 2 | 3\n西町 | 4 | 5\n北町 | 6 | 7 | 13\n")
    assert [row[0] for row in table["rows"]] == ["町", "東町", "北町"]
    assert tables("茶 | 米 | 計\n東町 | 1 | 2 | 3\n北町 | 6 | 7 | 13\n") == []
    assert tables("\t総額\t土木部\t\n\t道路\n北区\t500\t300\t200\n東区\t50\t30\t20\n") == []


def test_a_column_of_units_needs_no_heading():
    (table,) = tables("年度 | R4 | R5\n歳入 | （百万円） | 120 | 130\n人口 | （人） | 5,000 | 4,900\n")
    assert table["rows"][0] == ["年度", "", "R4", "R5"]
    assert table["headings"] == (1, 2)


def test_an_empty_corner_is_no_frame():
    (table,) = tables(" | 東町 | 西町\n茶 | 10 | 20\n米 | 30 | 40\n")
    assert table["rows"][0] == ["", "東町", "西町"]


OUTLINE = """（単位：千円）
 |  |  | 令和4年度 | 令和5年度
収入 |  | 
 | 使用料 | 120 | 130
 | 補助金 |  | 
 |  | 国補助金 | 80 | 70
 |  | 県補助金 | 40 | 35
 | 収入合計 | 240 | 235
支出 |  | 
 | 人件費 | ※1 90 | △ 5
"""


def test_empty_cells_before_a_label_say_what_it_stands_under():
    doc = document(OUTLINE)
    (table,) = read_tables(doc)
    spans = {doc.text[c.start : c.end]: (c.row, c.column, c.row_span) for c in table.cells if c.start < c.end}
    assert (table.header_rows, table.header_columns) == (1, 3)
    assert spans["収入"] == (1, 0, 6)
    assert spans["補助金"] == (3, 1, 3)
    assert (spans["県補助金"], spans["35"]) == ((5, 2, 1), (5, 4, 1))
    assert spans["人件費"] == (8, 1, 1)


def test_an_outline_that_lost_a_cell_is_none():
    """Rows of another count of figures, and nothing says which one is missing."""
    assert tables(OUTLINE.replace(" | 国補助金 | 80 | 70", " | 国補助金 | 80").replace("120 | 130", "120")) == []


SECTIONS = """ | 令和4年度 | 令和5年度
収入の部 |  | 
使用料 | 120 | 130
補助金 |  | 
国補助金 | 80 | 70
補助金合計 | 80 | 70
支出の部 |  | 
人件費 | 90 | 95
未実施事業 |  | 
物件費 | 10 | 12
"""


def test_a_row_that_names_a_section_stands_over_its_rows():
    """Its total closes it, or the next section of its kind; a row whose figures are missing is no section."""
    doc = document(SECTIONS)
    (table,) = read_tables(doc)
    spans = {doc.text[c.start : c.end]: (c.row, c.column, c.row_span) for c in table.cells if c.start < c.end}
    assert table.header_columns == 3
    assert spans["収入の部"] == (1, 0, 5)
    assert spans["補助金"] == (3, 1, 2)
    assert spans["支出の部"] == (6, 0, 4)
    assert spans["未実施事業"][2] == 1


def test_headings_over_equal_groups_that_repeat_are_spread():
    (table,) = tables(
        "区分 | 令和4年度 | 令和5年度\n件数 | 人数 | 件数 | 人数\n東 | 1 | 2 | 3 | 4\n西 | 5 | 6 | 7 | 8\n"
    )
    assert table["headings"] == (2, 1)
    assert table["rows"][1] == ["", "件数", "人数", "件数", "人数"]
    assert (
        tables("区分 | 令和4年度 | 令和5年度\n件数 | 人数 | 金額 | 戸数\n東 | 1 | 2 | 3 | 4\n西 | 5 | 6 | 7 | 8\n")
        == []
    )


def test_a_heading_over_all_columns_is_spread():
    (table,) = tables("回次 | 新しい基準\n第 1 期 | 第 2 期 | 第 3 期\n歳入 | 1 | 2 | 3\n歳出 | 4 | 5 | 6\n")
    assert table["headings"] == (2, 1)
    assert table["rows"][1][1:] == ["第 1 期", "第 2 期", "第 3 期"]


def test_rows_that_give_a_key_one_value_over_all_columns_open_the_table_below_them():
    """A list of codes says first what it is of; its own headings stand in two rows, one of them merged downwards."""
    opening, codes = tables(
        "| ファイル名 | 樹木の種別.xml | ← | ← | ← |\n| --- | --- | --- | --- | --- |\n"
        "| 大区分 | ← | 小区分 | ← | 定義 |\n| コード | 説明 | コード | 説明 | ↑ |\n"
        "| 100 | 高木 |  | ← | 背の高い樹木。 |\n| ↑ | ↑ | 110 | 針葉樹 | 葉の細い高木。 |\n"
    )
    assert (opening["rows"], opening["headings"]) == ([["ファイル名", "樹木の種別.xml"]], (0, 1))
    assert codes["headings"] == (2, 0)
    assert codes["rows"][1:] == [
        ["コード", "説明", "コード", "説明", ""],
        ["100", "高木", "", "", "背の高い樹木。"],
        ["100", "", "110", "針葉樹", "葉の細い高木。"],
    ]


def test_a_ruled_off_row_under_a_corner_names_columns_though_some_names_are_like_figures():
    (table,) = tables("| 区分 | 1回券 | 5回券 | 団体券 |\n|---|---|---|---|\n| 大人 | 210円 | 900円 | 180円 |\n")
    assert table["headings"] == (1, 1)
