"""What is told of two editions: figures, items and dates that changed, each with the line of both papers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.editions.comparing import compare
from tests.answer.editions.papers import NOW, THEN, changes, figures, paper, said

TABLE = "# かえで台市の概況\n\n## 1 施設の利用\n\n"


def test_figures_that_changed_are_told_with_both_values_and_their_difference():
    found = changes(THEN, NOW)
    assert said(found, "figure") == {
        ("フォーラムの会員数", "312社", "378社"),
        ("相談窓口の相談件数", "48件", "95件"),
        ("東部 空き店舗数", "41店舗", "38店舗"),
        ("東部 利用店舗数", "12店舗", "15店舗"),
        ("西部 利用店舗数", "9店舗", "11店舗"),
        ("南部 空き店舗数", "27店舗", "30店舗"),
    }
    (members,) = (c for c in found if c.label == "フォーラムの会員数")
    assert (members.difference, members.how) == ("66社増", "378 − 312 = 66社")
    assert members.section[-1] == "1 企業連携フォーラム"
    (closed,) = (c for c in found if c.label == "東部 空き店舗数")
    assert closed.difference == "3店舗減"


def test_what_only_one_paper_has_is_told_once_as_a_thing_and_once_as_a_figure():
    found = changes(THEN, NOW)
    assert said(found, "added") == {("3 移動販売車の導入補助", None, "3 移動販売車の導入補助")}
    assert said(found, "dropped") == {("3 夜市の開催支援", "3 夜市の開催支援", None)}
    assert said(found, "new") == {("移動販売車の導入台数", None, "6台")}
    assert said(found, "gone") == {("夜市の来場者数", "5,400人", None)}


def test_a_date_that_moved_is_told_and_the_papers_own_date_is_not():
    assert [(c.then.text, c.now.text) for c in changes(THEN, NOW) if c.kind == "date"] == [
        ("令和5年9月12日", "令和6年10月8日")
    ]


def test_every_quote_stands_in_its_paper_and_holds_the_figure():
    papers = paper(THEN), paper(NOW)
    texts = {p.document.id: p.document.text for p in papers}
    for change in compare(*papers):
        for side in (change.then, change.now):
            assert side is None or side.text in texts[side.document_id][side.start : side.end].replace("\t", " ")


@pytest.mark.parametrize("text", [THEN, NOW])
def test_nothing_changed_between_a_paper_and_itself(text):
    assert changes(text, text) == ()


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.integers(2, 99_999), min_size=3, max_size=3, unique=True))
def test_the_way_back_tells_the_same_figures_the_other_way_round(values):
    def of(numbers):
        rows = zip(("東部", "西部", "南部"), numbers, strict=True)
        cells = "".join(f"| {name} | {n:,}人 |\n" for name, n in rows)
        return paper(f"{TABLE}| 地区 | 利用者数 |\n|---|---|\n{cells}")

    one, other = of(values), of([n + 1 for n in values])
    there = {(c.label, c.then.text, c.now.text) for c in compare(one, other) if c.kind == "figure"}
    back = {(c.label, c.now.text, c.then.text) for c in compare(other, one) if c.kind == "figure"}
    assert len(there) == 3
    assert there == back


# --- what is never paired ---------------------------------------------------------------------------------------------


def line(*, then: str, now: str) -> set:
    head = "# かえで台市 水辺公園整備事業の説明資料\n\n## 1 水辺公園整備事業\n\n"
    return figures(f"{head}- {then}\n", f"{head}- {now}\n")


def test_the_line_that_the_others_are_held_against_is_told():
    assert line(then="水辺公園の利用者数は820人です。", now="水辺公園の利用者数は905人です。") == {("820人", "905人")}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("水辺公園の利用者数は820人です。", "水辺公園の利用者数は905件です。"),
        ("水辺公園の利用者数の目標は820人です。", "水辺公園の利用者数は905人です。"),
        ("水辺公園の利用者数は820人の見込みです。", "水辺公園の利用者数は905人です。"),
        ("水辺公園の令和4年度の利用者数は820人です。", "水辺公園の令和5年4月から9月までの利用者数は905人です。"),
        ("水辺公園の整備事業の予算額は820万円です。", "水辺公園の整備事業の決算額は905万円です。"),
        ("水辺公園の利用者数は累計820人です。", "水辺公園の利用者数は905人です。"),
        ("水辺公園の利用者数は820人です。", "水辺公園の利用者数は前年から905人増えました。"),
    ],
    ids=["unit", "goal", "expected", "part of a year", "budget", "running total", "change"],
)
def test_values_of_unlike_kind_are_never_set_against_each_other(then, now):
    assert line(then=then, now=now) == set()


def test_two_things_of_one_name_are_not_confused():
    head = "# かえで台市 子育て支援の説明資料\n\n## 1 子育て広場\n\n"
    then = f"{head}- 参加者は40人でした。\n- 参加者は55人でした。\n"
    now = f"{head}- 参加者は61人でした。\n- 参加者は72人でした。\n- 参加者は83人でした。\n"
    assert figures(then, now) == set()


# --- tables -----------------------------------------------------------------------------------------------------------


def years(*columns: str, rows: dict[str, list[int]]) -> str:
    head = f"| 区分 | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}\n"
    return TABLE + head + "".join(f"| {name} | {' | '.join(f'{n:,}人' for n in ns)} |\n" for name, ns in rows.items())


def test_the_newest_column_is_set_against_the_newest_and_a_year_against_itself():
    then = years("令和3年度", "令和4年度", rows={"図書館": [610, 640], "体育館": [205, 230], "公民館": [330, 350]})
    now = years("令和4年度", "令和5年度", rows={"図書館": [641, 700], "体育館": [230, 260], "公民館": [350, 390]})
    assert figures(then, now) == {
        ("640人", "641人"),  # a year that was put right
        ("640人", "700人"),
        ("230人", "260人"),
        ("350人", "390人"),
    }


def test_a_part_of_a_year_is_not_set_against_a_year():
    rows = {"図書館": [640], "体育館": [230], "公民館": [350]}
    more = {"図書館": [701], "体育館": [261], "公民館": [391]}
    assert figures(years("令和4年度", rows=rows), years("令和5年度（9月末まで）", rows=more)) == set()


def test_a_table_of_other_things_is_no_edition_of_a_table():
    rows = {"図書館": [640], "体育館": [230], "公民館": [350]}
    other = {"第一保育園": [64], "第二保育園": [23], "第三保育園": [35]}
    assert figures(years("利用者数", rows=rows), years("園児数", rows=other)) == set()


def test_a_total_alone_makes_no_table_another():
    rows = {"図書館": [640], "体育館": [230], "合計": [870]}
    other = {"第一保育園": [64], "第二保育園": [23], "合計": [87]}
    assert figures(years("人数", rows=rows), years("人数", rows=other)) == set()


def test_rows_may_move_and_columns_may_be_added():
    rows = {"図書館": [640, 12], "体育館": [230, 7], "公民館": [350, 9]}
    moved = {"公民館": [350, 20, 9], "博物館": [88, 4, 2], "図書館": [655, 31, 12], "体育館": [230, 14, 7]}
    then, now = years("利用者数", "職員数", rows=rows), years("利用者数", "団体数", "職員数", rows=moved)
    assert figures(then, now) == {("640人", "655人")}


def test_a_row_of_bare_figures_without_columns_is_left_alone():
    head = "かえで台市 市債の残高\n（単位：円）\n\n"
    then = f"{head}総合計 29,811,553 1,780,500 2,863,546\n"
    now = f"{head}総合計 31,523,890 1,596,500 2,683,730\n"
    assert changes(then, now) == ()


# --- items, wording and weight ----------------------------------------------------------------------------------------


def test_what_stands_under_a_heading_that_went_goes_with_it():
    then = THEN.replace("- 夜市の来場者数は5,400人でした。", "- 夜市マップの作成\n- 出店者向け講習会\n")
    (dropped,) = (c for c in changes(then, NOW) if c.kind == "dropped")
    assert dropped.holds == ("夜市マップの作成", "出店者向け講習会")


def test_a_heading_that_is_only_numbered_or_dated_otherwise_is_no_news():
    then = "# かえで台市の資料\n\n## 1 令和5年度の移動図書館の運行\n\n本文です。\n"
    now = "# かえで台市の資料\n\n## 4 令和6年度の移動図書館の運行\n\n本文です。\n"
    assert changes(then, now) == ()


def test_a_plan_that_was_carried_out_comes_first():
    then = THEN + "\n- 産業見本市の開催（令和5年11月開催予定、市外から20団体出展予定）\n"
    now = NOW + "\n- 産業見本市の開催（令和5年11月開催、市外から24団体出展）\n"
    assert changes(then, now)[0].kind == "status"


def test_a_condition_in_other_words_is_told_and_another_way_of_writing_is_not():
    head = "# かえで台市 住宅改修補助金のご案内\n\n## 1 対象\n\n"
    then = head + "- 対象者：市内に3年以上住む世帯\n- 申請書及び見積書を提出してください。\n"
    now = head + "- 対象者：市内に住むか転入を予定する世帯\n- 申請書および見積書を提出してください。\n"
    assert [c.kind for c in changes(then, now)] == ["wording"]


def test_the_list_goes_from_the_weightiest_down():
    weights = [c.weight for c in changes(THEN, NOW)]
    assert weights == sorted(weights, reverse=True)
    assert all(0 < weight <= 1 for weight in weights)


def test_more_of_the_earlier_value_weighs_more():
    held = {c.label: c.weight for c in changes(THEN, NOW)}
    assert held["相談窓口の相談件数"] > held["フォーラムの会員数"]
