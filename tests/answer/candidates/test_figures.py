"""Figures of a made-up town: the one value with its unit and date, other dates, differences, and what is not said."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, cited_files, line_of, plain, quoted

JUNE_2023 = """\
星見市　令和5年6月定例会　行政報告資料
令和5年6月9日
企画調整課

【星見ポイントの普及】
星見ポイントの加盟店は、令和5年5月末現在で128店です。
買い物をすると、100円につき1ポイントが付きます。

【移住の相談】
移住相談窓口で受けた相談は、令和4年度は265件でした。
"""
FEBRUARY_2024 = """\
星見市　令和6年2月定例会　行政報告資料
令和6年2月14日
企画調整課

【星見ポイントの普及】
星見ポイントの加盟店は、令和6年1月末現在で156店です。

【移住の相談】
移住相談窓口で受けた相談は、令和5年度は312件の見込みです。

【学校給食の無償化】
小学校の給食費を無償にする予算として、１億２，５００万円を計上しています。
"""
FEBRUARY_2025 = """\
星見市　令和7年2月定例会　行政報告資料
令和7年2月12日
企画調整課

【星見ポイントの普及】
星見ポイントの加盟店は、令和7年1月末現在で203店です。
今後は商工会と連携して、加盟店の拡大を進めます。
"""
TOURISM = """\
星見市観光統計の概要
令和6年5月
観光振興課

【宿泊客数の推移】（単位：人）
\tR3年度\tR4年度\tR5年度
山手地区\t1,210\t1,385\t1,502
湖畔地区\t8,640\t9,117\t10,236
合計\t9,850\t10,502\t11,738

【施設の利用（令和5年度）】
\t入館者数（人）\t開館日数（日）\t貸出点数（点）
郷土資料館\t6,120\t298\t44
天文館\t15,873\t305\t167

【地区ごとの延長】（単位：km）
\t道路\t下水道\t遊歩道
山手地区\t42\t31\t6
湖畔地区\t58\t40\t17

【観光案内所の利用】
◆案内件数：延べ2,415件（R6.1月末現在）
◆外国語での案内：376件（R6.1月末現在）
"""
BUDGET = """\
星見市　令和6年度当初予算の概要
令和6年2月
財政課

【主な事業】
・海岸清掃事業：4,800千円
・漁港改修事業：1億2,000万円
・防災倉庫整備事業：36百万円

【市税の収入】
市税の収入は、令和5年度は18億4,500万円、令和6年度は18億7,200万円を見込んでいます。
協力した企業は、星見水産、東磯製氷の2社です。
"""
DISASTER = """\
星見市　防災計画の進み方
令和6年3月
危機管理室

【進み方】
自主防災組織の結成率は、令和6年2月末現在で72.5％です。
避難所に指定した施設は、令和6年2月末現在で２３か所です。
"""
DISASTER_ASSEMBLY = """\
星見市　防災会議の資料
令和6年3月
危機管理室

【議題】
自主防災組織の結成率は、令和6年2月末現在で72.5％です。
"""
PAPERS = {
    "r5-06.txt": JUNE_2023,
    "r6-02.txt": FEBRUARY_2024,
    "r7-02.txt": FEBRUARY_2025,
    "観光統計.txt": TOURISM,
    "当初予算.txt": BUDGET,
    "防災計画.txt": DISASTER,
    "防災会議.txt": DISASTER_ASSEMBLY,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("figures"), PAPERS)


# --- one figure ------------------------------------------------------------------------------------------------------


def test_a_figure_comes_with_its_unit_and_date_from_the_sentence_that_says_it(town):
    answer = ask(town, "避難所に指定した施設は何か所ですか")
    assert plain(answer.answer) == "23か所(令和6年2月末現在)"
    assert (answer.type, answer.as_of) == ("number", "2024-02-29")
    (citation,) = answer.citations
    assert citation.quote == "避難所に指定した施設は、令和6年2月末現在で２３か所です。"
    assert citation.lines == (line_of(DISASTER, "２３か所"),) * 2
    assert citation.section == ("【進み方】",)


def test_a_date_in_brackets_after_the_figure_is_the_day_it_holds_for(town):
    answer = ask(town, "観光案内所の案内件数は何件ですか")
    assert plain(answer.answer) == "2415件(R6.1月末現在)"
    assert answer.as_of == "2024-01-31"
    assert answer.citations[0].lines == (line_of(TOURISM, "2,415件"),) * 2


def test_full_width_digits_are_answered_in_half_width_and_quoted_as_printed(town):
    answer = ask(town, "小学校の給食費を無償にする予算はいくらですか")
    assert plain(answer.answer).startswith("1億2500万円")
    assert "１億２，５００万円" in answer.citations[0].quote
    assert answer.citations[0].lines == (line_of(FEBRUARY_2024, "１億"),) * 2


def test_the_figure_of_the_neighbouring_line_is_not_taken(town):
    assert plain(ask(town, "外国語での案内は何件ですか").answer).startswith("376件")


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "value", "as_of"),
    [
        ("令和4年度の湖畔地区の宿泊客数は何人ですか", "9117人", "FY2022"),
        ("令和3年度の湖畔地区の宿泊客数は何人ですか", "8640人", "FY2021"),
        ("２０２３年度の山手地区の宿泊客数は何人ですか", "1502人", "FY2023"),
    ],
)
def test_a_cell_is_chosen_by_its_row_and_its_column_and_takes_the_date_of_its_column(town, question, value, as_of):
    answer = ask(town, question)
    assert plain(answer.answer).startswith(value)
    assert answer.as_of == as_of


def test_the_quote_of_a_cell_is_its_row_and_the_heading_that_dates_it_is_cited_too(town):
    answer = ask(town, "令和4年度の湖畔地区の宿泊客数は何人ですか")
    row, heading = answer.citations
    assert row.quote == "湖畔地区\t8,640\t9,117\t10,236"
    assert row.lines == (line_of(TOURISM, "9,117"),) * 2
    assert heading.quote == "R4年度"
    assert heading.lines == (line_of(TOURISM, "R4年度"),) * 2


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("天文館の入館者数は何人ですか", "15873人"),
        ("天文館の開館日数は何日間ですか", "305日"),
        ("天文館の貸出点数は何点ですか", "167点"),
        ("郷土資料館の入館者数は何人ですか", "6120人"),
        ("湖畔地区の下水道の延長は何kmですか", "40km"),
        ("山手地区の下水道の延長は何kmですか", "31km"),
        ("湖畔地区の遊歩道の延長は何kmですか", "17km"),
        ("山手地区の道路の延長は何kmですか", "42km"),
        ("郷土資料館の貸出点数は何点ですか", "44点"),
    ],
)
def test_the_neighbouring_columns_and_rows_figures_are_not_taken(town, question, value):
    answer = ask(town, question)
    assert plain(answer.answer).startswith(value)
    assert answer.status == "answered"


def test_together_asks_for_the_row_of_totals(town):
    answer = ask(town, "令和5年度の宿泊客数は合わせて何人ですか")
    assert plain(answer.answer).startswith("11738人")
    assert quoted(answer)[0] == "合計\t9,850\t10,502\t11,738"


# --- the same indicator over time ------------------------------------------------------------------------------------


def test_without_a_date_the_latest_value_is_answered_and_the_others_stand_in_the_timeline(town):
    answer = ask(town, "星見ポイントの加盟店は何店ですか")
    assert plain(answer.answer) == "203店(令和7年1月末現在)"
    assert answer.as_of == "2025-01-31"
    assert [(p.as_of, p.value) for p in answer.timeline] == [
        ("2023-05-31", "128店"),
        ("2024-01-31", "156店"),
        ("2025-01-31", "203店"),
    ]
    assert [answer.citations[p.citation - 1].file for p in answer.timeline] == ["r5-06.txt", "r6-02.txt", "r7-02.txt"]


@pytest.mark.parametrize(
    ("date", "value", "file"),
    [
        ("令和5年5月末", "128店", "r5-06.txt"),
        ("2023年5月末", "128店", "r5-06.txt"),
        ("令和6年1月末", "156店", "r6-02.txt"),
        ("２０２４年１月末", "156店", "r6-02.txt"),
        ("R6.1月末", "156店", "r6-02.txt"),
        ("令和7年1月", "203店", "r7-02.txt"),
    ],
)
def test_a_date_picks_its_value_in_era_and_western_years(town, date, value, file):
    answer = ask(town, f"{date}の星見ポイントの加盟店は何店ですか")
    assert plain(answer.answer).startswith(value)
    assert answer.citations[0].file == file


def test_a_figure_for_a_named_date_has_its_other_dates_in_the_timeline_the_later_ones_too(town):
    answer = ask(town, "令和5年5月末の星見ポイントの加盟店は何店ですか")
    assert plain(answer.answer).startswith("128店")
    assert [p.as_of for p in answer.timeline] == ["2023-05-31", "2024-01-31", "2025-01-31"]
    assert [answer.citations[p.citation - 1].file for p in answer.timeline] == ["r5-06.txt", "r6-02.txt", "r7-02.txt"]


def test_two_things_that_are_compared_are_no_timeline_of_one(town):
    answer = ask(town, "令和5年度の宿泊客数は湖畔地区と山手地区ではどちらが多いですか")
    assert answer.status == "answered"
    assert answer.timeline == ()


BANK = "{town}　{paper}\n令和6年7月\n\n１　空き家バンク\n{said}\n"


def bank(said, town="星見市", paper="報告"):
    return BANK.format(town=town, paper=paper, said=said)


def test_two_papers_that_give_one_date_different_values_both_stand_in_the_timeline(tmp_path):
    one = bank("空き家バンクの登録件数は、令和6年5月末現在で66件です。")
    other = bank("空き家バンクの登録件数は、令和6年5月末現在で71件です。", paper="概要")
    town = assistant_over(tmp_path, {"a.txt": one, "b.txt": other})
    answer = ask(town, "令和6年5月末の空き家バンクの登録件数は何件ですか")
    assert [p.as_of for p in answer.timeline] == ["2024-05-31"] * 2
    assert {p.value for p in answer.timeline} == {"66件", "71件"}
    assert {answer.citations[p.citation - 1].file for p in answer.timeline} == {"a.txt", "b.txt"}


@pytest.mark.parametrize(
    "other",
    [
        bank("空き家バンクの登録件数は、令和6年5月末現在で66件です。", paper="概要"),  # the same value
        bank("空き家バンクの登録件数は、令和6年5月末現在で約70件です。", paper="概要"),  # roughly
        bank("空き家バンクの登録件数は、令和6年5月末現在で71件です。", town="川渡町"),  # another town's
        bank("空き家バンクの登録件数の目標は、令和6年5月末現在で80件です。", paper="概要"),  # an aim
        bank("空き家バンクの成約件数は、令和6年5月末現在で12件です。", paper="概要"),  # another count
        bank("空き家バンクの登録件数は、令和6年4月末現在で60件です。", paper="概要"),  # another date
        bank("空き家バンクの新規の登録件数は、令和6年5月末現在で9件です。", paper="概要"),  # a part
    ],
)
def test_what_is_not_surely_the_same_is_no_contradiction(tmp_path, other):
    one = bank("空き家バンクの登録件数は、令和6年5月末現在で66件です。")
    town = assistant_over(tmp_path, {"a.txt": one, "b.txt": other})
    answer = ask(town, "令和6年5月末の空き家バンクの登録件数は何件ですか")
    dates = [p.as_of for p in answer.timeline]
    assert len(dates) == len(set(dates))


@pytest.mark.parametrize(
    ("meeting", "value"), [("令和5年6月定例会", "128店"), ("令和6年2月定例会", "156店"), ("令和7年2月定例会", "203店")]
)
def test_a_meeting_that_is_named_picks_its_paper(town, meeting, value):
    answer = ask(town, f"{meeting}の資料では、星見ポイントの加盟店は何店ですか")
    assert plain(answer.answer).startswith(value)


def test_a_trend_is_told_oldest_first_with_the_difference_of_its_ends(town):
    answer = ask(town, "星見ポイントの加盟店数の推移を教えてください")
    assert answer.type == "temporal"
    assert [answer.answer.index(value) for value in ("128店", "156店", "203店")] == sorted(
        answer.answer.index(value) for value in ("128店", "156店", "203店")
    )
    assert "75店増" in answer.answer
    assert [p.as_of for p in answer.timeline] == ["2023-05-31", "2024-01-31", "2025-01-31"]


def test_two_fiscal_years_are_each_given_their_value(town):
    answer = ask(town, "令和4年度と令和5年度の湖畔地区の宿泊客数をそれぞれ教えてください")
    assert answer.answer == "令和4年度は9,117人、令和5年度は10,236人"
    assert answer.derived is None, "no difference was asked for"


@pytest.mark.parametrize(("year", "value", "as_of"), [("昨年度", "312件", "FY2023"), ("一昨年度", "265件", "FY2022")])
def test_last_fiscal_year_counts_from_the_newest_paper(town, year, value, as_of):
    """The newest paper is of February 2025, which lies in 令和6年度."""
    answer = ask(town, f"{year}の移住相談は何件でしたか")
    assert plain(answer.answer).startswith(value)
    assert answer.as_of == as_of


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("星見ポイントの加盟店は令和8年1月末に何店ですか", "令和8年1月末"),
        ("令和8年度の移住相談は何件ですか", "令和8年度"),
        ("令和8年度の湖畔地区の宿泊客数は何人ですか", "令和8年度"),
        ("2019年度の移住相談は何件ですか", "2019年度"),
    ],
)
def test_a_period_that_no_paper_holds_is_declined_by_its_name(town, question, period):
    answer = ask(town, question)
    assert answer.status != "answered"
    assert period in answer.missing
    assert answer.passages, "the nearest passages are offered"


def test_the_latest_value_is_preferred_to_an_older_one_in_the_very_words_of_the_question(tmp_path):
    old = "星見市　緑道の清掃\n令和4年10月\n\n緑道の清掃の参加者は、令和4年9月末現在で52人です。\n"
    new = "星見市　緑の取組\n令和6年10月\n\n緑道の清掃の延べ参加者は、令和6年9月末現在で81人です。\n"
    answer = ask(assistant_over(tmp_path, {"a.txt": old, "b.txt": new}), "緑道の清掃の参加者は何人ですか")
    assert plain(answer.answer).startswith("81人")
    assert [p.value for p in answer.timeline] == ["52人", "81人"]


def test_a_figure_beside_another_fiscal_year_does_not_answer_for_this_one(tmp_path):
    """Nothing dates the figure itself; the line below it is about 令和7年度."""
    paper = "星見市の子ども施策\n令和6年12月\n\n・学習教室の開催：18回\n・令和7年度から市内の全域で行う\n"
    town = assistant_over(tmp_path, {"施策.txt": paper})
    assert plain(ask(town, "令和7年度の学習教室の開催は何回ですか").answer).startswith("18回")
    assert ask(town, "令和9年度の学習教室の開催は何回ですか").status != "answered"


def test_a_figure_under_one_fiscal_year_does_not_answer_for_another(tmp_path):
    """Nothing dates the figure but the heading above it."""
    paper = "星見市の子ども施策\n令和7年2月\n\n【令和7年度の取組】\n・学習教室の開催：18回\n"
    town = assistant_over(tmp_path, {"施策.txt": paper})
    assert plain(ask(town, "令和7年度の学習教室の開催は何回ですか").answer).startswith("18回")
    other = ask(town, "令和8年度の学習教室の開催は何回ですか")
    assert other.status != "answered"
    assert "令和8年度" in other.missing


# --- worked out ------------------------------------------------------------------------------------------------------


def test_the_difference_of_two_dates_says_how_it_was_worked_out_and_cites_both(town):
    answer = ask(town, "星見ポイントの加盟店は令和5年5月末と令和7年1月末でいくつ増えましたか")
    assert answer.answer.startswith("75店増")
    assert "128店" in answer.answer
    assert "203店" in answer.answer
    assert answer.derived is not None
    assert answer.derived.how == "203 − 128 = 75店"
    operands = [answer.citations[n - 1] for n in answer.derived.operands]
    assert [o.file for o in operands] == ["r5-06.txt", "r7-02.txt"]


def test_the_difference_of_two_columns_of_one_row(town):
    answer = ask(town, "湖畔地区の宿泊客数は令和3年度と令和5年度でいくつ増えましたか")
    assert answer.answer.startswith("1,596人増")
    assert answer.derived is not None
    assert answer.derived.how == "10,236 − 8,640 = 1,596人"
    assert "湖畔地区\t8,640\t9,117\t10,236" in quoted(answer)


def test_the_difference_of_two_meetings_papers(town):
    answer = ask(town, "令和6年2月定例会と令和7年2月定例会の資料で、星見ポイントの加盟店はいくつ違いますか")
    assert answer.answer.startswith("47店増")
    assert answer.derived is not None
    assert answer.derived.how == "203 − 156 = 47店"
    assert [answer.citations[n - 1].file for n in answer.derived.operands] == ["r6-02.txt", "r7-02.txt"]


def test_the_difference_of_two_lines_cites_both(town):
    answer = ask(town, "観光案内所の案内件数と外国語での案内の差は何件ですか")
    assert answer.answer.startswith("2,039件")
    assert [c.lines for c in answer.citations] == [
        (line_of(TOURISM, "2,415件"),) * 2,
        (line_of(TOURISM, "376件"),) * 2,
    ]


def test_which_of_two_is_more_names_it_with_both_values(town):
    answer = ask(town, "令和5年度の宿泊客数は、湖畔地区と山手地区ではどちらが多いですか")
    assert answer.type == "comparison"
    assert "湖畔地区のほうが多い" in answer.answer
    assert "10,236人" in answer.answer
    assert "1,502人" in answer.answer


def test_which_of_two_is_less_names_the_other(town):
    answer = ask(town, "令和5年度の宿泊客数は、湖畔地区と山手地区ではどちらが少ないですか")
    assert "山手地区のほうが少ない" in answer.answer


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("海岸清掃事業と防災倉庫整備事業の予算の差はいくらですか", ("31,200千円", "4,800千円", "36百万円")),
        ("漁港改修事業と防災倉庫整備事業の予算の差はいくらですか", ("1億2,000万円", "36百万円")),
    ],
)
def test_amounts_printed_in_different_scales_are_compared_in_yen(town, question, parts):
    answer = ask(town, question)
    assert answer.status == "answered"
    assert all(part in answer.answer for part in parts), answer.answer
    assert answer.derived is not None
    assert len(answer.derived.operands) == 2


# --- said in two papers ----------------------------------------------------------------------------------------------


def test_a_value_that_two_papers_say_for_one_date_is_corroborated_by_both(town):
    answer = ask(town, "自主防災組織の結成率は何％ですか")
    assert plain(answer.answer).startswith("72.5%")
    assert cited_files(answer) == {"防災計画.txt", "防災会議.txt"}
    assert len(answer.citations) == 2


# --- not said --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "東磯製氷への委託料はいくらですか",
        "湖畔地区の宿泊料はいくらですか",
        "移住相談窓口の職員は何人ですか",
    ],
)
def test_an_amount_or_count_that_no_paper_gives_is_not_said(town, question):
    answer = ask(town, question)
    assert answer.status != "answered"
    assert answer.passages


# --- budgets ---------------------------------------------------------------------------------------------------------

BUDGET = """川渡町　令和6年度一般会計予算
令和6年2月20日

（単位：千円）
款項	前年度	本年度	比較
緑化推進費	3,900	4,210	310
河川管理費	9,100	8,800	△300
"""


def test_a_paper_made_the_month_before_a_meeting_belongs_to_it(tmp_path):
    town = assistant_over(tmp_path, {"r6-yosan.txt": BUDGET})
    answer = ask(town, "令和6年3月議会の資料では、令和6年度の緑化推進費はいくらですか")
    assert answer.answer.startswith("4,210千円")


def test_the_rows_own_amount_answers_and_not_last_years_or_the_difference(tmp_path):
    town = assistant_over(tmp_path, {"r6-yosan.txt": BUDGET})
    assert ask(town, "令和6年度の河川管理費はいくらですか").answer.startswith("8,800千円")


# --- parts, changes, two things at once, and near misses -------------------------------------------------------------

HARBOUR = """\
星見市　令和7年2月定例会　港湾資料
令和7年2月10日
港湾課

【星見ブランド店】
総数\t511社（令和7年1月末。うち市外12社）
新しい認定\t113社（令和6年度）

【就職の支援】
区分\tR4年度\tR5年度
就職が決まった人\t117名\t158名
うち市外から\t17名\t11名

【定期航路】
東浜港の航路では、輸入に係る日数が9日→5日に短縮された。
東浜線の往復につき、1人5,000円を助成した（653団体、1,878人が利用。令和6年12月末）。

【物産の商談会】
参加者：荷主 29社(46名)、船会社 15社(47名)

【宿泊の状況】
令和6年の市内の外国人の宿泊は、年間で約144万人泊であった。
そのうち、北国からの宿泊は約41万人泊であった。

【職員への調査】
職員の3人に1人が、苦情の電話を受けたことがある。

【年齢別の社会増減】（単位：人）
\t15-19歳\t20-24歳\t25-34歳
令和5年\t▲1,134\t▲2,058\t▲263
令和6年\t▲966\t▲1,835\t▲309

【研修の第1回】
研修の参加者：23名
【研修の第5回】
研修の参加者：21名
※研修の第2回は、前の定例会で説明した。
"""


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("harbour"), {"r7-02.txt": HARBOUR})


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("星見ブランド店は令和7年1月末に何社ですか", "511社"),
        ("就職が決まった人は令和5年度に何名ですか", "158名"),
        ("就職が決まった人のうち、令和5年度に市外から来たのは何名ですか", "11名"),
        ("令和6年の外国人の宿泊は何万人泊ですか", "144万人泊"),
        ("令和6年の北国からの宿泊者数はどれくらいですか", "41万人泊"),
        ("苦情の電話を受けたことのある職員の割合は？", "3人に1人"),
        ("令和6年の社会増減で、20～24歳は何人ですか", "▲1,835人"),
        ("令和6年12月末に東浜線の助成を利用したのは何人ですか", "1,878人"),
    ],
)
def test_a_figure_among_words_or_a_part_of_another_is_told_from_its_neighbours(harbour, question, value):
    assert ask(harbour, question).answer.startswith(value)


def test_what_a_sentence_says_an_amount_changed_by_is_worked_out_from_both_ends(harbour):
    answer = ask(harbour, "東浜港の航路で、輸入に係る日数は何日縮まりましたか")
    assert answer.answer == "4日減（9日→5日）"
    assert answer.derived is not None
    assert answer.derived.how == "5 − 9 = -4日"


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("東浜線の往復運賃はいくらですか", ()),  # of that line it gives another fare
        ("長崎線の往復の助成は1人いくらですか", ("長崎線",)),
        ("令和7年3月末の星見ブランド店は何社ですか", ()),  # of that year the paper speaks, not of that day
    ],
)
def test_the_right_unit_beside_the_right_words_is_no_answer_when_the_thing_itself_is_not_there(
    harbour, question, missing
):
    answer = ask(harbour, question)
    assert answer.status == ("not_found" if missing else "unsure")
    assert answer.missing == missing


def test_a_word_that_stands_in_the_passages_shown_is_not_named_as_missing(harbour):
    answer = ask(harbour, "研修の第2回の参加者は何名ですか")
    assert answer.status != "answered"
    assert any("第2回" in passage.citation.quote for passage in answer.passages)
    assert answer.missing == ()


def test_unlike_things_are_not_subtracted(town):
    answer = ask(town, "星見ポイントの加盟店と湖畔地区の道路では、どちらがどれだけ多いですか")
    assert answer.derived is None


RANKS = """\
移住の状況
令和6年6月
１　移住希望地ランキング
- センターの「令和5年の移住希望地ランキング」は、**3年連続で20位以内に入った。**（参考）R3年：18位 R4年：14位
"""


def test_a_rank_that_only_bounds_the_value_is_no_other_date_of_it(tmp_path):
    assistant = assistant_over(tmp_path, {"r6-06.md": RANKS})
    answer = ask(assistant, "移住希望地ランキング、令和4年は何位？")
    assert [point.value for point in answer.timeline] == ["18位", "14位"]
