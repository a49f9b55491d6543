"""The report for a pull request, read as GitHub reads it."""

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from eval.reports import markdown
from eval.reports.markdown import LISTED, text
from tests.eval.reports.runs import CONFIG, DROP, change, comparison, metrics, older, scores

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def told(compared=None, **sets):
    return markdown.render(CONFIG, metrics(**sets), compared)


def test_the_verdict_comes_first_with_its_reasons():
    first, _, reason, *_ = told(comparison(failures=(DROP,))).splitlines()
    assert first == "## ❌ 評価: 不合格：基準より悪くなりました"
    assert reason == "- **hoshi: 正答率 90.0% → 70.0%（偶然とはいえない後退）**"
    assert told(comparison()).startswith("## ✅ 評価: 合格")
    assert told().startswith("## ➖ 評価: 基準とは比べていません")


def test_each_set_is_a_row_with_its_difference():
    shares = "70.0%（−20.0ポイント） | 77.8% | 100.0% | 60.0% | 75.0% | 10.0% | 10.0%"
    row = f"| hoshi（14問） | {shares} | 0 | 0 | 0 | 48ミリ秒 / 102ミリ秒 |"
    assert row in told(comparison()).splitlines()
    assert "| hoshi（既読・14問） |" in told(hoshi=scores(standing="既読"))
    assert "| **2** |" in told(hoshi=scores(errors=2)), "what must not be stands out"


def test_the_types_and_the_conditions_are_there():
    lines = told(comparison()).splitlines()
    assert "| 数値 | 6 | 8 | 75.0% | 5 | 6 | 6 | 1 | 0 |" in lines
    assert any(line.startswith("版 `f5c1c5940930`") and "`000001-abcdef12`" in line for line in lines)


def test_what_confidence_is_worth_and_what_was_within_reach_is_there_and_a_dash_in_an_older_run():
    words = "100.0%（3件、約束どおり） | 50.0%（4件、まだ言えない） | 100.0%（2件）"
    assert f"| hoshi | {words} | 0.123 | 70.0% | 80.0% | 90.0% | 100.0% |" in told().splitlines()
    shown = told(hoshi=older(scores()))
    assert "| hoshi | － | － | － | 0.123 | － | － | － | － |" in shown.splitlines()
    assert "| hoshi（14問） | 70.0% | － | － | 60.0% | 75.0% | － | 20.0% |" in shown


def test_a_long_list_of_changes_is_cut_and_counted():
    changes = (*(change(f"h{n}") for n in range(LISTED + 3)), change("x", "changed"))
    shown = told(comparison(changes=changes))
    assert "誤りになった 18問" in shown
    assert shown.count("→") + shown.count("| hoshi h") == LISTED
    assert "ほか3問" in shown
    assert "答えの文が変わった質問: 1問" in shown


def test_a_report_fits_a_comment():
    worst = tuple(
        change(f"h{n}", what, question="問" * 500, after="答" * 500)
        for what in ("broken", "fixed", "uncited", "cited")
        for n in range(400)
    )
    assert len(told(comparison(changes=worst))) < 65_536, "GitHub takes no more"


@given(st.text(max_size=60))
@example("<script>|*a*_b_`c`[d](http://e.jp)~~f~~&lt;</details>\\| @name #12 www.e.jp")
@example("a\\")
def test_foreign_text_comes_out_of_a_table_as_it_went_in(said):
    html = GITHUB.render(f"| a | b |\n| --- | --- |\n| x | 前{text(said)}後 |")
    cell = html.split("<td>")[2].split("</td>")[0]
    shown = "前" + " ".join(said.split()) + "後"
    plain = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert cell.replace("\u2060", "") == plain.replace("\u2060", "").replace("\0", "\ufffd")


def test_nothing_becomes_a_link_or_a_mention():
    assert text("@name #12 http://e.jp www.e.jp") == "@\u2060name #\u206012 http:\u2060//e.jp www\u2060.e.jp"


def test_a_long_text_is_cut():
    assert text("一二三四五", 3) == "一二三…"
