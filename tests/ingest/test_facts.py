"""Facts: what is measured, when, in which unit, and where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Block, BlockKind, Document, Fact, Page
from ingest.facts import read_facts
from ingest.tables import read_tables


def facts(
    text: str, *, headings: tuple[str, ...] = (), published: str | None = "2024-06", kind: BlockKind = "paragraph"
) -> list[Fact]:
    """Read a text whose lines are one block each, all under the same headings."""
    blocks = []
    position = 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(kind, position, position + len(line), 1, headings))
        position += len(line) + 1
    page = (Page(1, 0, len(text)),)
    bare = Document("d", "d.txt", "d.txt", "", "text", text, page, "none", tuple(blocks), published=published)
    return read_facts(
        Document(
            "d", "d.txt", "d.txt", "", "text", text, page, "none", tuple(blocks), read_tables(bare), published=published
        )
    )


def read(text: str, **given: object) -> list[tuple[str, str, str | None]]:
    return [(f.label, f.value, f.as_of) for f in facts(text, **given)]  # type: ignore[arg-type]


TABLE = """◆R5年度の相談件数（R6.1月末現在）
\tH31\tR4\tR5 (1月末)
東窓口\t98\t308\t317
合計\t-\t2,041\t2,776
"""


def test_a_cell_takes_its_label_from_row_and_column_and_its_date_from_the_column():
    by_value = {fact.value: fact for fact in facts(TABLE)}
    fact = by_value["308"]
    assert (fact.label, fact.row, fact.column) == ("東窓口 R4", "東窓口", "R4")
    assert (fact.as_of, fact.as_of_from) == ("FY2022", "column")  # the caption counts in 年度
    assert (fact.unit, fact.number) == ("件", 308)  # 件 of 相談件数
    assert fact.scope == "◆R5年度の相談件数（R6.1月末現在）"


def test_a_column_of_part_of_a_year_holds_for_its_last_day():
    assert {f.value: f.as_of for f in facts(TABLE)}["2,776"] == "2024-01-31"


def test_the_quote_of_a_cell_is_its_row_and_the_header_is_context():
    fact = {f.value: f for f in facts(TABLE)}["2,776"]
    assert TABLE[fact.start : fact.end] == "合計\t-\t2,041\t2,776"
    assert "R5 (1月末)" in [TABLE[a:b] for a, b in fact.context]


def test_a_sign_instead_of_a_figure_is_a_fact_without_a_number():
    (fact,) = [fact for fact in facts(TABLE) if fact.value == "-"]
    assert (fact.number, fact.row, fact.as_of) == (None, "合計", "FY2019")


def test_a_sign_among_words_is_no_fact():
    text = (
        "項目\t改正前\t改正後\n対象の施設\t-\t中央会館を加える\n受付の窓口\t本庁のみ\t-\n届出の様式\t紙のみ\t電子も可\n"
    )
    assert "-" not in [fact.value for fact in facts(text)]


def test_a_mark_of_repetition_is_the_cell_above_it_in_headings_and_in_figures():
    text = "種別\t区分\t件数\t金額\n水路\t新設\t12\t340\n〃\t改良\t8\t〃\n農道\t新設\t2\t88\n同上\t改良\t5\t91\n"
    found = {(f.row, f.column): f for f in facts(text)}
    assert found["水路 改良", "件数"].number == 8
    assert found["農道 改良", "金額"].number == 91
    repeated = found["水路 改良", "金額"]
    assert (repeated.number, repeated.value) == (340, "340")
    assert text[repeated.start : repeated.end] == "〃\t改良\t8\t〃"
    assert (repeated.value_start, repeated.value_end) in repeated.context


def test_years_that_go_on_short_date_their_columns_and_their_rows():
    across = facts("路線\t平成30年度\t元\t2\n北線\t812\t846\t901\n南線\t520\t506\t534\n")
    assert [f.as_of for f in across if f.row == "南線"] == ["FY2018", "FY2019", "FY2020"]
    down = facts("年度\t件数\t人数\n令和2年度\t10\t120\n3\t12\t134\n4\t15\t150\n")
    assert [(f.as_of, f.number) for f in down if f.column == "件数"] == [("FY2020", 10), ("FY2021", 12), ("FY2022", 15)]


def test_a_column_of_units_gives_each_row_its_own():
    found = facts("項目\t単位\t令和5年度\t令和6年度\n歳出総額\t百万円\t8,420\t8,655\n宿泊者数\t千人\t312\t340\n")
    assert [(f.row, f.unit, f.number) for f in found if f.as_of == "FY2024"] == [
        ("歳出総額", "百万円", 8_655_000_000),
        ("宿泊者数", "千人", 340_000),
    ]
    assert not [f for f in found if f.value in ("百万円", "千人")]


def test_a_unit_in_brackets_behind_a_key_is_the_figures():
    (found,) = facts("交付申請額（千円） 1,850\n")
    assert (found.unit, found.number) == ("千円", 1_850_000)


def test_a_row_of_small_figures_behind_a_year_is_no_run_of_years():
    found = facts("年度\tA会場\tB会場\tC会場\n令和2年度\t3\t4\t5\n令和3年度\t6\t7\t8\n")
    assert [f.number for f in found if f.as_of == "FY2020"] == [3, 4, 5]


def test_a_heading_printed_once_stands_over_the_columns_that_repeat_below_it():
    found = facts("園名\t令和4年度\t\t5\t\n\t男\t女\t男\t女\n東園\t21\t19\t24\t18\n西園\t15\t14\t12\t16\n")
    assert {(f.as_of, f.column.split(" ")[-1]): f.number for f in found if f.row == "西園"} == {
        ("FY2022", "男"): 15,
        ("FY2022", "女"): 14,
        ("FY2023", "男"): 12,
        ("FY2023", "女"): 16,
    }


def test_the_unit_may_stand_as_one_sign_or_in_the_corner():
    (first, *_) = facts("古紙の回収（単位：㌧）\n\tR5年度\tR6年度\n新聞\t1,200\t1,300\n雑誌\t80\t75\n")
    assert (first.number, first.unit) == (1200, "㌧")
    (first, *_) = facts("区分（人）\tR5年度\tR6年度\n転入\t310\t298\n転出\t402\t388\n")
    assert first.unit == "人"


def test_a_unit_for_the_whole_table_is_in_the_number():
    (first, *_) = facts("＜予算の内訳＞（単位：千円）\n\tR5年度\tR6年度\n道路\t1,200\t1,300\n公園\t80\t▲ 5\n")
    assert (first.number, first.unit, first.as_of) == (1_200_000, "千円", "FY2023")
    assert (
        facts("＜予算の内訳＞（単位：千円）\n\tR5年度\tR6年度\n道路\t1,200\t1,300\n公園\t80\t▲ 5\n")[-1].number == -5000
    )


def test_a_unit_in_a_heading_of_the_cell_comes_before_that_of_the_table():
    found = facts("人口統計（単位：人）\n\tR5年\tR6年\n人口\t1,200\t1,180\n増減率(%)\t0.3\t▲1.7\n")
    assert [(f.number, f.unit) for f in found] == [(1200, "人"), (1180, "人"), (0.3, "%"), (-1.7, "%")]


def test_a_date_beside_the_figure_of_a_cell_is_the_figures_own():
    text = "令和6年度の取組\n\n区分\t内容\n登録数\t57（令和6年5月末時点）\n利用\t12名（令和5年度）\n開始\t令和4年4月\n"
    found = {f.label: f for f in facts(text, headings=("令和6年度の取組",)) if f.kind == "cell"}
    assert [(f.value, f.number, f.as_of, f.as_of_from) for f in found.values()] == [
        ("57", 57, "2024-05-31", "text"),
        ("12名", 12, "FY2023", "text"),
        ("令和4年4月", None, "FY2024", "heading"),
    ]


def test_a_cell_of_two_figures_is_two_facts():
    found = facts("在留者数（単位：人）\n\tR4年12月\tR5年12月\n青葉県（割合）\t15,576 (0.89%)\t17,942 (1.03%)\n")
    assert [(f.value, f.unit, f.as_of) for f in found] == [
        ("15,576", "人", "2022-12"),
        ("0.89%", "%", "2022-12"),
        ("17,942", "人", "2023-12"),
        ("1.03%", "%", "2023-12"),
    ]


def test_months_take_their_year_from_the_caption():
    found = facts("人口移動の推移（R6年）\n1月 2月 計\n転入 12 13 25\n転出 9 8 17\n")
    assert [f.as_of for f in found[:3]] == ["2024-01", "2024-02", "2024"]


def test_a_note_says_when_in_the_year_a_column_holds():
    found = facts("<実績>\n\tR5年度\tR6年度(※1)\n決定者数\t158名\t47名\n(※1)R6年度…10月末現在の数値\n")
    assert [(f.value, f.as_of) for f in found if f.kind == "cell"] == [("158名", "FY2023"), ("47名", "2024-10-31")]


def test_a_table_of_words_gives_facts_without_numbers():
    (fact, _) = facts(
        "部会名\t検討する事項\n道路部会\t工業団地の周りの道路の渋滞を減らす方法\n港部会\t新しい航路を開く方法\n"
    )
    assert (fact.label, fact.number, fact.value) == (
        "道路部会 検討する事項",
        None,
        "工業団地の周りの道路の渋滞を減らす方法",
    )


LINES = [
    (
        "◆相談件数：延べ158件（月平均25件程度） ※R6.1月末時点",
        [("相談件数", "158件", "2024-01-31"), ("相談件数 月平均 程度", "25件", "2024-01-31")],
    ),
    ("・申請件数:58件（R6.1月現在）", [("申請件数", "58件", "2024-01")]),
    ("※登録者数（R6.10月末時点）2,684名", [("登録者数", "2,684名", "2024-10-31")]),
    (
        "R6年度実績：71団体、273人（※R7年1月末現在）",
        [("d 実績", "71団体", "2025-01-31"), ("d 実績", "273人", "2025-01-31")],
    ),
    ("令和4年度末:368 ⇒ 令和5年度末:528", [("d", "368", "2023-03-31"), ("d", "528", "2024-03-31")]),
    ("社会増減 (R5)△1,624人 → (R9)R5の実績値を維持", [("社会増減", "△1,624人", "2023")]),
    (
        "移住者数：累計 8,709人 (R2～R5) 目標値：1万人",
        [("移住者数:累計", "8,709人", "2020/2023"), ("移住者数:累計 目標値", "1万人", "2024-06")],
    ),
    (
        "受講者：65名（応募者：198名）、うち町内：28名",
        [("受講者", "65名", "2024-06"), ("応募者", "198名", "2024-06"), ("受講者 うち町内", "28名", "2024-06")],
    ),
    (
        "派遣人数：中学生25人、高校生5人",
        [("派遣人数:中学生", "25人", "2024-06"), ("派遣人数 高校生", "5人", "2024-06")],
    ),
    ("就職率は50.4%（対前年度比 +1.2ポイント）", [("就職率は", "50.4%", "2024-06")]),
    ("受講者 R5:65名", [("受講者", "65名", "2023")]),
    ("市負担額の1/2を補助", [("市負担額の 補助", "1/2", "2024-06")]),
    ("利用者数約9万", [("利用者数", "9万", "2024-06")]),
    ("再生回数：7.2万回 (1月末時点)", [("再生回数", "7.2万回", "2024-01-31")]),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_gives_its_figures_with_name_and_date(line, expected):
    found = read(line, headings=("d",))
    assert found[: len(expected)] == expected


def test_years_in_a_row_are_facts_of_one_label():
    """A line of years without a name of their own takes the name from the line before."""
    text = "関連事業の推移\n令和3年度：73事業 ➡ 令和4年度：108事業 ➡ 令和5年度：125事業\n"
    assert read(text) == [
        ("関連事業の推移", "73事業", "FY2021"),
        ("関連事業の推移", "108事業", "FY2022"),
        ("関連事業の推移", "125事業", "FY2023"),
    ]
    text = "◆町外からの移住者数：累計 8,709人\n(内訳) R5年度：2,749人、R4年度：2,315人\n"
    assert read(text)[1:] == [("町外からの移住者数", "2,749人", "FY2023"), ("町外からの移住者数", "2,315人", "FY2022")]
    text = "○ 私立学校経常費補助\n：R5年度10校、R4年度11校\n"
    assert read(text) == [("私立学校経常費補助", "10校", "FY2023"), ("私立学校経常費補助", "11校", "FY2022")]

    text = "○ 中学校への補助の実績\n：東部10校、西部11校\n"
    assert [label for label, _, _ in read(text)] == ["中学校への補助の実績 東部", "中学校への補助の実績 西部"]


def test_a_target_in_brackets_on_the_next_line_belongs_to_the_line_before():
    (fact,) = facts("●新規学卒者の町内就職率\n\n（R9: 71%）\n")
    assert (fact.label, fact.value, fact.as_of) == ("新規学卒者の町内就職率", "71%", "2027")


def test_a_figure_alone_takes_the_line_before_into_its_quote():
    text = "R6.10月末までの成約件数\n\n２３５件\n"
    (fact,) = facts(text)
    assert (fact.label, fact.number, fact.as_of) == ("までの成約件数", 235, "2024-10-31")
    assert text[fact.start : fact.end] == "R6.10月末までの成約件数\n\n２３５件"


def test_a_note_on_the_next_line_dates_the_figure():
    text = "◆相談件数:延べ247件\n※R6.3月末時点\n"
    (fact,) = facts(text, headings=("令和5年度の取組み",))
    assert (fact.as_of, fact.as_of_from) == ("2024-03-31", "text")
    assert [text[a:b] for a, b in fact.context] == ["※R6.3月末時点"]


def test_the_date_comes_from_the_heading_then_from_the_document():
    (fact,) = facts("参加者：25名", headings=("3 交流事業", "令和5年度の実績"))
    assert (fact.as_of, fact.as_of_from) == ("FY2023", "heading")
    (fact,) = facts("参加者：25名", headings=("3 交流事業",))
    assert (fact.as_of, fact.as_of_from) == ("2024-06", "document")
    (fact,) = facts("参加者：25名", published=None)
    assert (fact.as_of, fact.as_of_from) == (None, None)


def test_a_spoken_year_counts_from_when_the_paper_was_published():
    assert read("昨年度の総収集量は、12,835トンです。", published="2022-06-02")[0][1:] == ("12,835トン", "FY2021")
    assert read("本年3月末現在の人口は46,332人です。", published="2022-06-02")[0][1:] == ("46,332人", "2022-03-31")


def test_a_figure_holds_for_the_end_of_what_it_counts_not_for_the_start():
    text = "昨年3月21日の開館以来12月末までに、66,000人が来館した。"
    assert read(text, published="2022-01")[0][1:] == ("66,000人", "2021-12-31")


def test_a_budget_holds_for_its_year_whenever_it_was_laid_before_the_council():
    text = "一時借入金の限度額：700,000千円\n"
    page = (Page(1, 0, len(text)),)
    blocks = (Block("paragraph", 0, len(text) - 1, 1),)
    doc = Document(
        "d",
        "d.txt",
        "d.txt",
        "",
        "text",
        text,
        page,
        "none",
        blocks,
        title="令和4年度水道会計予算",
        published="2022-02",
    )
    (fact,) = read_facts(doc)
    assert (fact.as_of, fact.as_of_from) == ("FY2022", "document")


def test_listed_figures_without_a_unit_have_names():
    assert read("業種 製造業 43、農業 12、大学10 等") == [
        ("業種 製造業", "43", "2024-06"),
        ("業種 農業", "12", "2024-06"),
        ("業種 大学 等", "10", "2024-06"),
    ]


def test_words_behind_a_key_are_facts_without_numbers():
    assert read("【開催日：R5.10.14、場所：青葉会館、来場者数：約130名】") == [
        ("開催日", "R5.10.14", "2024-06"),
        ("場所", "青葉会館", "2024-06"),
        ("来場者数", "130名", "2023-10-14"),
    ]
    assert read("主催：青葉町 共催：商工会、農協") == [
        ("主催", "青葉町", "2024-06"),
        ("共催", "商工会、農協", "2024-06"),
    ]


@pytest.mark.parametrize(
    "chart",
    ["0\n1,000\n2,000\n3,000\n", "0%\n20%\n40%\n60%\n", "▲1,457\n▲2,087 ▲4,056\n", "1,755 1,775 5,644\n"],
)
def test_ticks_and_labels_of_a_chart_are_no_facts(chart):
    assert facts(chart, headings=("人口の推移",)) == []


def test_enumerators_pages_and_addresses_are_no_facts():
    assert facts("1. 目的\n(2) 概要\n第3回の会議\n- 12 -\n電話：03-1234-5678\n", headings=("会議",)) == [] or all(
        fact.number is None for fact in facts("1. 目的\n(2) 概要\n第3回の会議\n- 12 -\n電話：03-1234-5678\n")
    )


def test_the_page_numbers_of_a_contents_page_are_no_facts():
    assert facts("予定損益計算書 10\n会員数 549\n")[0].value == "549"


def test_ids_count_in_the_order_of_the_text():
    found = facts("参加者：25名\n来場者数：30名\n" + TABLE)
    assert [fact.id for fact in found] == [f"d:f{i}" for i in range(len(found))]
    assert [fact.value_start for fact in found] == sorted(fact.value_start for fact in found)


def test_a_text_without_sentence_ends_is_read_line_by_line():
    text = "\n".join(f"項目{i}：{i}件（R6.1月末現在）" for i in range(10, 400))
    page = (Page(1, 0, len(text)),)
    doc = Document("d", "d.txt", "d.txt", "", "text", text, page, "none", (Block("paragraph", 0, len(text), 1),))
    found = read_facts(doc)
    assert len(found) >= 390
    assert {fact.as_of for fact in found} == {"2024-01-31"}


PIECES = st.sampled_from(
    [
        "参加者",
        "：",
        "25名",
        "（",
        "）",
        "R5年度",
        "、",
        "R6.1月末現在",
        "➡",
        "1,200",
        "\n",
        "。",
        "※",
        " ",
        "▲3%",
        "\t",
        "<b>",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=18).map("".join))
def test_every_quote_and_value_is_verbatim_inside_its_page(text):
    for fact in facts(text, headings=("令和5年度の実績",)):
        assert 0 <= fact.start <= fact.value_start < fact.value_end <= fact.end <= len(text)
        assert text[fact.value_start : fact.value_end] == fact.value
        assert all(0 <= a < b <= len(text) for a, b in fact.context)
        assert fact.label.strip()


def test_figures_among_the_words_of_a_cell_take_its_name_and_the_date_in_their_bracket():
    text = "\t内容\n総数\t511社（令和7年1月末。うち特別2社）\n相談\t延べ158件、月に25件ほど（令和6年1月末）"
    found = {f.value: (f.label, f.as_of) for f in facts(text, kind="table") if f.number is not None}
    assert found["511社"][1] == found["2社"][1] == "2025-01-31"
    assert found["158件"][1] == found["25件"][1] == "2024-01-31"
    assert found["2社"][0].endswith("うち特別")


def test_a_row_that_begins_with_uchi_carries_the_row_it_is_a_part_of():
    text = "◆支援の実績\n\tR4年度\tR5年度\n支援した人\t57\t44\nうち市外から\t17\t11"
    labels = {f.value: f.label for f in facts(text, kind="table")}
    assert labels["11"].startswith("支援した人 うち市外から")


def test_what_goes_on_with_uchi_holds_for_the_date_of_the_sentence_before():
    text = "令和6年の宿泊は約144万人泊であった。\nそのうち北国からは約41万人泊であった。"
    assert [f.as_of for f in facts(text, published="2025-02")] == ["2024", "2024"]


def test_the_figures_of_an_event_hold_for_the_day_it_was_held_on():
    text = "日 時：令和6年2月28日（水）\n来場者数：10,180人"
    assert [f.as_of for f in facts(text, headings=("産業展",)) if f.unit == "人"] == ["2024-02-28"]


BUDGET = """（単位：千円）
目 | 本年度 | 節 | 金額 | 説明
1.公園費 | 900 | 1.報酬 | 300 | ○花壇の手入れ200 ○遊具点検△1,500事業費
2.河川費 | 700 | 2.旅費 | 100 | ○堤防の草刈り 12回

3.港湾費 | 50 | 3.役務費 | 40 | ○灯台の塗替え40
4.漁港費 | 60 | 4.旅費 | 10 | ○漁港の測量9
"""


def test_a_column_of_names_names_the_figures_right_of_it():
    by_label = {fact.label: fact for fact in facts(BUDGET)}
    assert by_label["1.公園費 本年度"].number == 900_000
    assert by_label["1.公園費 1.報酬 金額"].number == 300_000


def test_a_cell_that_lists_named_figures_gives_each_under_its_name():
    """The table says the unit; a name goes on behind the figure that stands on its first line."""
    named = {fact.label: (fact.value, fact.number, fact.unit) for fact in facts(BUDGET) if fact.column == "説明"}
    assert named["1.公園費 1.報酬 花壇の手入れ"] == ("200", 200_000, "千円")
    assert named["1.公園費 1.報酬 遊具点検事業費"] == ("△1,500", -1_500_000, "千円")
    assert not any("草刈り" in label and number == 12_000 for label, (_, number, _) in named.items())


def test_a_mark_of_a_note_before_a_figure_is_no_figure():
    found = facts("品目 | R4年度 | R5年度\n茶 | ※1 814 | ※2 、 ※5 100,298\n米 | 30 | △ 5\n")
    assert [fact.value for fact in found] == ["814", "100,298", "30", "△ 5"]


def test_what_a_figure_is_made_up_of_names_the_next_figure():
    found = {label: value for label, value, _ in read("収入が支出に不足する額467千円は積立金217千円で補う。")}
    assert found["収入が支出に不足する額"] == "467千円"


def figures(text: str) -> dict[str, tuple[str | None, float | None]]:
    return {f.label: (f.unit, f.number) for f in facts(text) if f.kind == "cell" and f.number is not None}


@pytest.mark.parametrize(
    "first", ["\t千円\t人\n橋の点検\t3,200\t4", "\t（千円）\t（人）\n橋の点検\t3,200\t4", "橋の点検\t3,200千円\t4"]
)
def test_a_unit_said_once_over_a_column_holds_for_the_figures_below_it(first):
    found = figures(f"事業\t予算額\t職員\n{first}\n道の修理\t1,800\t7\n水路の清掃\t650\t2\n")
    assert found["道の修理 予算額"] == ("千円", 1_800_000)
    assert found["水路の清掃 予算額"] == ("千円", 650_000)
    assert {unit for label, (unit, _) in found.items() if "職員" in label} <= {"人", None}


def test_a_figure_is_counted_in_the_unit_that_its_heading_says():
    (fact,) = facts("道の修理の費用は、総額 3,200 となる。", headings=("事業費（千円）",))
    assert (fact.value, fact.unit, fact.number) == ("3,200", "千円", 3_200_000)


def test_a_column_of_several_units_gives_none_to_the_figures_without_one():
    found = figures("項目\t実績\n補助額\t3,200千円\n相談\t45件\n訪問\t12\n実施率\t80\n")
    assert found["訪問 実績"] == (None, 12)
    found = figures("項目\t実績\n補助額\t3,200千円\n実施率\t80\n委託額\t650\n")
    assert found["実施率 実績"] == (None, 80)
    assert found["委託額 実績"] == ("千円", 650_000)


@pytest.mark.parametrize("mark", ["－", "―", "…", "***", "＊＊＊", "皆減", "皆増", ""])
def test_a_mark_of_nothing_is_no_figure_and_shifts_none(mark):
    found = figures(f"地域\tR4\tR5\tR6\n首都圏\t52\t{mark}\t61\n県内\t{mark}\t48\t50\n")
    assert {label: number for label, (_, number) in found.items()} == {
        "首都圏 R4": 52,
        "首都圏 R6": 61,
        "県内 R5": 48,
        "県内 R6": 50,
    }
