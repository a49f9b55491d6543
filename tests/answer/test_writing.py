"""Papers that write figures, units and names in another way than the question does."""

import pytest

from answer.check import figures, supported_figures
from tests.answer.papers import ask, assistant_over

PAPERS = {
    "bill.txt": (
        "議案第七号\n令和七年度ひばり町病院事業会計予算\n\n"
        "第二条　企業債の限度額は八千五百万円とする。\n\n第三条　一時借入金の限度額は二億円と定める。\n"
    ),
    "recycling.txt": "資源の回収\n\n㍻30年度の古紙の回収量は1,204㌧です。\n\n㋿5年度の古紙の回収量は1,102㌧です。\n",
    "notes.txt": (
        "空き家の状況\n\n令和6年9月10日\n\n空き家相談の件数は87※3件でした。\n\n"
        "見学会の参加者は1,234²人でした。\n\n※3 電話を含む。\n"
    ),
    "towns.csv": (
        "市町村別図書館数（令和6年4月1日現在）\n市町村,図書館数（館）,蔵書数（冊）\n"
        "龍ケ崎市,3,520100\n鎌が谷市,4,310200\n袖ケ浦市,5,402300\n"
    ),
    "industry.csv": (
        "産業別の出荷額（令和4年10月1日現在）\n産業,事業所数,従業者数（人）,出荷額（万円）\n"
        "食料品,31,1240,88210\nなめし革,2,X,X\n電気,5,310,…\n木材,0,0,0\n注：「X」は秘密の保護のため非公表,,,\n"
    ),
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("writing"), PAPERS)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("企業債の限度額はいくらですか。", "八千五百万円（8,500万円）"),
        ("平成30年度の古紙の回収量は何トンですか。", "1,204トン"),
        ("令和5年度の古紙の回収量は何tですか。", "1,102トン"),
        ("空き家相談の件数は何件ですか。", "87件"),
        ("見学会の参加者は何人ですか。", "1,234人"),
        ("竜ヶ崎市の図書館数は何館ですか。", "3館"),
        ("鎌ヶ谷市の蔵書数は何冊ですか。", "310200冊"),
        ("なめし革の出荷額はいくらですか。", "X（秘密の保護のため非公表）"),
        ("電気の出荷額はいくらですか。", "…（統計の慣例では不詳）"),
        ("電気の従業者数は何人ですか。", "310人"),
        ("木材の従業者数は何人ですか。", "0人"),
    ],
)
def test_the_answer_is_what_a_reader_of_the_paper_sees(assistant, question, answer):
    found = ask(assistant, question)
    assert found.status == "answered"
    assert found.answer.startswith(answer)


def test_the_legend_that_gives_a_sign_its_meaning_is_cited(assistant):
    found = ask(assistant, "なめし革の出荷額はいくらですか。")
    assert any("非公表" in citation.quote for citation in found.citations)


def test_a_cell_that_repeats_is_answered_from_the_cell_above_and_cites_both(tmp_path):
    paper = "施設,区分,利用者数（人）\n北図書館,直営,2045\n東図書館,〃,〃\n南図書館,指定管理,3310\n"
    found = ask(assistant_over(tmp_path, {"libraries.csv": paper}), "東図書館の利用者数は何人ですか。")
    assert found.answer == "2045人"
    assert [c.quote for c in found.citations[:2]] == ["東図書館,〃,〃", "2045"]


def test_an_empty_cell_is_not_answered_with_the_figure_of_another_row(tmp_path):
    paper = "産業別の出荷額（令和4年）\n産業,事業所数,出荷額（万円）\n食料品,31,88210\n家具,9,\n電気,,1200\n木材,5,30\n"
    assistant = assistant_over(tmp_path, {"industry.csv": paper})
    assert ask(assistant, "家具の出荷額はいくらですか。").status != "answered"
    assert ask(assistant, "電気の出荷額はいくらですか。").answer.startswith("1200万円")


def test_a_month_without_a_year_chooses_its_column(tmp_path):
    paper = "令和5年度の利用者数（人）\n施設,4月,5,6\nプール,310,498,1305\n体育館,402,388,391\n"
    assistant = assistant_over(tmp_path, {"months.csv": paper})
    assert ask(assistant, "5月のプールの利用者は何人ですか。").answer.startswith("498人")


def test_a_figure_of_kanji_supports_its_digits_and_a_raised_mark_no_figure():
    assert {"8500", "3"} <= supported_figures(["八千五百万円を三校に"])
    assert figures("1,234²件") == ["1234"]
    assert "12342" not in supported_figures(["1,234²件"])
