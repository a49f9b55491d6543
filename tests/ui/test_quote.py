"""A quote is laid out to be read: its words stay, its line ends and cells are those of the thing, not of the page."""

import pytest

from tests.ui.conftest import ask
from tests.ui.fake_api import citation, text_citation
from ui.quote import grid_html, line_html, marked_html, quote_html, reflowed, span_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "有収水量は5,120千立方メートルで、前の年より少なくなりまし\nた。人口の減少によるものです。",
            "有収水量は5,120千立方メートルで、前の年より少なくなりました。人口の減少によるものです。",
        ),
        (
            "３　給水の状況\n給水人口は、令和6年3月末で48,210人です。",
            "３　給水の状況\n給水人口は、令和6年3月末で48,210人です。",
        ),
        (
            "・浄水場を2か所に分けて整備する。\n・配水管を毎年3キロずつ替える。",
            "・浄水場を2か所に分けて整備する。\n・配水管を毎年3キロずつ替える。",
        ),
        ("the new water works were opened in\nMarch", "the new water works were opened in March"),
        ("一行だけ", "一行だけ"),
        ("", ""),
    ],
)
def test_lines_that_the_width_of_a_page_broke_are_joined(text, shown):
    assert reflowed(text) == shown


def test_a_quoted_row_stands_under_its_headings():
    quote = "人口\t48,210人\t47,655人"
    table = {
        "start": 10,
        "end": 10 + len(quote),
        "heads": ["", "令和5年", "令和6年"],
        "rows": [quote.split("\t")],
        "names": [],
    }
    page = quote_html(citation(quote=quote, start=10, end=10 + len(quote)), [table])
    assert '<th scope="col">令和6年</th>' in page
    assert '<td class="tk-figure">47,655人</td>' in page
    assert "\t" not in page


def test_a_long_row_stands_as_headings_with_their_values():
    heads, row = [f"令和{n}年度" for n in range(1, 7)], [f"{n}00" for n in range(1, 7)]
    page = grid_html({"heads": heads, "rows": [row], "names": []})
    assert '<tr><th scope="row">令和2年度</th><td class="tk-figure">200</td></tr>' in page


def test_cells_of_a_sheet_are_named():
    page = grid_html({"heads": ["月", "来所"], "rows": [["6月", "21"]], "names": [["A6", "C6"]]})
    assert "<small>C6</small> 21" in page


def test_rows_of_no_known_table_are_rows_all_the_same_and_text_around_them_stays():
    page = quote_html(citation(quote="概要\n会 場\t町民会館\n日 時\t6月4日\n以上です。"))
    assert page == (
        '<p>概要</p><table class="tk-grid"><tbody><tr><td>会 場</td><td>町民会館</td></tr>'
        "<tr><td>日 時</td><td>6月4日</td></tr></tbody></table><p>以上です。</p>"
    )


def test_marks_of_a_text_file_are_not_shown_and_nothing_is_taken_for_html():
    quote = "## 水道\n料金は **1,200円** です<b>"
    assert quote_html(text_citation(quote=quote)) == "<p>水道\n料金は 1,200円 です&lt;b&gt;</p>"
    assert "**1,200円**" in quote_html(citation(quote=quote)), "in a PDF they are characters"


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        ("6,344人", "福岡県 ６３４４人", "６３４４人"),
        ("前の年より少なくなりました", "件数は前の年より少なくなりま\nした。", "前の年より少なくなりま\nした"),
        ("26", "2,600 26", "26"),
        ("26", "2,600と126", None),
        ("1.5", "11.5と1.52", None),
        ("東京", "大阪", None),
        ("", "大阪", None),
    ],
)
def test_a_text_is_found_whatever_its_width_and_spaces_and_no_figure_within_another(wanted, text, found):
    span = span_of(wanted, text)
    assert (span and text[slice(*span)]) == found


def test_what_is_wanted_is_marked_in_text_and_cells_and_rows_and_not_where_it_is_all_there_is():
    assert marked_html("残高は<4,321万円>です", ["４３２１万円"]) == "残高は&lt;<mark>4,321万円</mark>&gt;です"
    assert marked_html("残高は4,321万円です", ["残高は4,321万円です"]) == "残高は4,321万円です"
    rows = quote_html(citation(quote="会 場\t町民会館\n日 時\t6月4日"), (), ["日時\t6月4日"])
    assert '<tr class="tk-marked"><td>日 時</td>' in rows
    assert rows.count("tk-marked") == 1
    assert "<td><mark>町民会館</mark></td>" in quote_html(citation(quote="会 場\t町民会館"), (), ["町民会館"])


def test_the_line_that_holds_a_text_is_cut_around_it():
    quote = "前の行。\n" + "あ" * 200 + "残高は4,321万円です。" + "い" * 200
    line = line_html(citation(quote=quote), "4,321万円")
    assert line is not None
    assert "残高は<mark>4,321万円</mark>です。" in line
    assert line[0] == line[-1] == "…"
    assert len(line) < 150
    assert "前の行" not in line
    assert line_html(citation(quote=quote), "5,000万円") is None


def test_the_page_asks_for_the_tables_of_a_quote_with_cells_only(app, api):
    api.tables = [
        {
            "start": 32,
            "end": 52,
            "heads": ["", "令和5年", "令和6年"],
            "rows": [["人口", "48,210人", "47,655人"]],
            "names": [],
        }
    ]
    start = text_citation()["start"]
    api.tables[0] |= {"start": start, "end": text_citation()["end"]}
    assert '<th scope="col">令和6年</th>' in ask(app.run())
    asked = [r.url.path for r in api.requests if r.url.path.endswith("/tables")]
    assert asked == [f"/v1/documents/{text_citation()['document_id']}/tables"], "once, though two places quote it"
