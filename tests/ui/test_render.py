"""What the page shows of what the API says, by value; hostile documents stay text."""

import html
import re

import pytest

from tests.ui.fake_api import PDF, answer, citation, not_found, text_citation, unsure
from ui import render

HOSTILE = '<script>alert(1)</script> **太字** $x^2$ |表| [リンク](javascript:x) "&" \'<img src=x onerror=y>'


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("2024-01-31", "令和6年1月31日（2024年）"),
        ("2024-01", "令和6年1月（2024年）"),
        ("2024", "令和6年（2024年）"),
        ("FY2023", "令和5年度（2023年度）"),
        ("FY2019", "令和元年度（2019年度）"),
        ("FY2018", "平成30年度（2018年度）"),
        ("2019-04", "平成31年4月（2019年）"),
        ("2019-05-01", "令和元年5月1日（2019年）"),
        ("1989-01", "平成元年1月（1989年）"),
        ("1926", "昭和元年（1926年）"),
        ("何か別の形", "何か別の形"),
        (None, None),
        ("", None),
    ],
)
def test_a_date_code_is_said_in_both_calendars(code, words):
    assert render.when(code) == words


@pytest.mark.parametrize(
    ("value", "word", "promised"),
    [
        (1, "高", "100件中95件以上が正しい"),
        (0.95, "高", "100件中95件以上が正しい"),
        (0.94, "中", "100件中80件以上が正しい"),
        (0.8, "中", "100件中80件以上が正しい"),
        (0.79, "低", "100件中80件に満たない"),
        (0, "低", "100件中80件に満たない"),
    ],
)
def test_confidence_is_said_in_a_word_with_what_it_promises(value, word, promised):
    shown = text_of(render.answer_html(answer(confidence=value)))
    assert f"確度　{word}" in shown
    assert promised in shown


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"page": 12, "page_label": "24"}, "p.12（印刷ページ 24）"),
        ({"page": 12, "page_label": "12"}, "p.12"),
        ({"page": 3, "page_label": None, "page_guessed": True, "lines": [120, 124]}, "p.3（推定）・120–124行"),
        ({"page": 3, "page_label": "4", "page_guessed": True}, "p.3（印刷ページ 4、推定）"),
        ({"page": None, "lines": [7, 7]}, "7行"),
        ({"page": None, "lines": None}, ""),
        ({"page": 3, "page_label": "4", "read_by": "ocr"}, "p.3（印刷ページ 4、文字認識（OCR））"),
        ({"page": 2, "page_label": "歳入", "place": "シート「歳入」 B5"}, "シート「歳入」 B5"),
    ],
)
def test_a_place_names_the_page_as_counted_as_printed_and_as_guessed(place, words):
    assert render.place(place) == words


def text_of(markup: str) -> str:
    """Return what a reader sees of some HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def points(*values: tuple[str, str]) -> list[dict]:
    """Return a timeline of (as-of, value), all of the first citation."""
    return [{"as_of": as_of, "value": value, "unit": None, "citation": 1} for as_of, value in values]


@pytest.mark.parametrize(
    "markup",
    [
        render.citation_html(citation(title=HOSTILE), number=1),
        render.citation_html(citation(quote=HOSTILE)),
        render.citation_html(citation(section=[HOSTILE])),
        render.citation_html(citation(meeting=HOSTILE)),
        render.citation_html(citation(page_label=HOSTILE)),
        render.citation_html(text_citation(quote=HOSTILE)),
        render.page_heading_html(citation(title=HOSTILE)),
        render.question_html(HOSTILE),
        render.answer_html(answer(answer=HOSTILE)),
        render.answer_html(answer(as_of=HOSTILE)),
        render.answer_html(answer(derived={"how": HOSTILE, "operands": []})),
        render.not_found_html(not_found() | {"missing": [HOSTILE]}),
        render.unsure_html(unsure(answer=f"{HOSTILE}。{HOSTILE}")),
        render.unsure_html(unsure(citations=[citation(1, title=HOSTILE), text_citation(2), citation(3)])),
        render.unsure_html(unsure(citations=[citation(1, quote=f"2,776件{HOSTILE}"), citation(2), citation(3)])),
        render.unsure_html(unsure(candidates=[{"text": HOSTILE, "citation": 1, "confidence": 0.1}])),
        render.timeline_html(answer(timeline=[{"as_of": "2024", "value": HOSTILE, "unit": None, "citation": 1}])),
        render.timeline_html(answer(timeline=[{"as_of": "2024", "value": "1", "unit": HOSTILE, "citation": 1}])),
        render.notices_html(answer(as_of="2023", timeline=points(("2023", "1件"), ("2024", HOSTILE)))),
        render.notices_html(answer() | {"missing": [HOSTILE]}),
        render.marker_html(citation(title=HOSTILE), 0),
        render.marker_html(citation(quote=HOSTILE), 0),
        render.understood_html(answer(understood=HOSTILE)),
        render.scope_html(answer(scope={"meetings": [HOSTILE]}, searched=1), {}),
        render.titles_html([HOSTILE]),
        render.page_lines_html([{"number": 1, "start": 0, "end": len(HOSTILE), "text": HOSTILE}], (3, 9)),
        render.message_html(HOSTILE, "b"),
        render.message_html("t", HOSTILE),
        render.document_html(PDF | {"title": HOSTILE}),
        render.document_html(PDF | {"warnings": [HOSTILE], "meeting": HOSTILE}),
    ],
)
def test_hostile_text_is_shown_as_the_characters_it_is(markup):
    assert HOSTILE.replace("**", "") in text_of(markup).replace("**", "")
    assert "<script" not in markup
    assert "<img" not in markup


def test_a_half_of_two_things_is_told_as_half():
    assert "その一方です" in text_of(render.notices_html(answer() | {"is_half": True}))
    assert render.notices_html(answer() | {"is_half": False}) == ""


def test_an_answer_says_which_word_of_the_question_no_paper_has():
    shown = text_of(render.notices_html(answer() | {"missing": ["うなぎ", "絹"]}))
    assert "「うなぎ」、「絹」は資料に見当たりません" in shown
    assert render.notices_html(answer() | {"missing": []}) == ""
    assert render.notices_html(not_found() | {"missing": ["うなぎ"]}) == ""  # the refusal itself names it


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("人口は何人ですか", "人口は何人ですか"),
        ("**太字** $x$", r"\*\*太字\*\* \$x\$"),
        ("1. 一つ目", r"1\. 一つ目"),
        ("# 見出し\n次の行", r"\# 見出し 次の行"),
        ("[a](http://b)", "\\[a\\]\\(http\\:\u2060\\/\\/b\\)"),
        (":smile:", "\\:\u2060smile\\:"),
        ("www.a.jp", "www\u2060\\.a\\.jp"),
        ("x@y.jp", "x\\@\u2060y\\.jp"),
        ("<b>", r"\<b\>"),
    ],
)
def test_a_label_keeps_markdown_from_reading_its_signs(text, escaped):
    assert render.label(text) == escaped


def test_a_moment_is_told_by_japans_clock():
    assert render.moment("2026-11-23T15:37:18+00:00") == "2026/11/24 00:37"
    assert render.moment(None) is None


def test_a_date_that_the_paper_does_not_give_is_marked_as_a_guess():
    assert "（推定）" not in render.origin_html(citation())
    assert "令和6年6月（2024年）（推定）" in render.origin_html(citation(published_guessed=True))
    told = render.document_html(PDF | {"taken_from": {"published": "file_name"}})
    assert "令和6年6月（2024年）【推定: ファイル名から】" in told


def test_sheets_and_slides_are_counted_as_such():
    assert "8枚のシート" in render.document_html(PDF | {"kind": "sheet"})
    assert "8枚のスライド" in render.document_html(PDF | {"kind": "slides"})
    assert "ページ区切りなし" in render.document_html(PDF | {"kind": "word", "paging": "none"})


def test_a_short_answer_is_large_and_a_list_keeps_its_lines():
    assert 'class="tk-value tk-short">2,776件（令和6年1月末現在）<' in render.answer_html(answer())
    assert 'tk-medium">141人増（' in render.answer_html(answer(answer="141人増（" + "令和6年は507人、" * 5 + "）"))
    assert "tk-long" in render.answer_html(answer(answer="あ" * 81))
    assert 'class="tk-value tk-long">・一\n・二<' in render.answer_html(answer(answer="・一\n・二"))


def test_a_figure_without_a_date_says_so_and_a_name_does_not():
    assert "時点の記載なし" in render.answer_html(answer(as_of=None, type="number"))
    assert "時点" not in render.answer_html(answer(as_of=None, type="name", answer="総務部"))


def test_a_worked_out_figure_says_how_and_from_which_citations():
    shown = text_of(render.answer_html(answer(derived={"how": "648 − 507 = 141", "operands": [1, 2]})))
    assert "計算による" in shown
    assert "648 − 507 = 141" in shown
    assert "出典 1・2 の数値から計算" in shown
    assert "計算による" not in render.answer_html(answer())


def test_the_timeline_marks_the_last_row_as_latest_and_names_a_unit_once():
    points = [
        {"as_of": "FY2022", "value": "1,980", "unit": "件", "citation": 2},
        {"as_of": "FY2023", "value": "2,776件", "unit": "件", "citation": 1},
    ]
    markup = render.timeline_html(answer(timeline=points))
    assert "1,980件" in markup
    assert "2,776件" in markup
    assert "件件" not in markup
    assert markup.index("令和4年度") < markup.index("tk-latest") < markup.index("令和5年度")
    assert markup.count("最新") == 1
    assert render.timeline_html(answer(timeline=[])) == ""


def test_what_is_copied_is_the_text_itself():
    markup = render.copy_html("コピー", HOSTILE)
    assert html.unescape(re.search('data-copy="([^"]*)"', markup)[1]) == HOSTILE


def test_not_found_says_which_words_were_looked_for_in_how_many_papers():
    assert "「好物」という言葉は、調べた資料12件のどこにもありません。" in text_of(
        render.not_found_html(not_found(searched=12))
    )
    several = not_found(searched=1) | {"missing": ["月", "2019年"]}
    assert "「月」「2019年」という言葉は、いずれも、調べた資料1件のどこにもありません。" in text_of(
        render.not_found_html(several)
    )
    assert "という言葉" not in render.not_found_html(not_found() | {"missing": []})


def test_an_unsure_answer_is_a_list_of_lines_each_with_its_number_its_heading_and_its_place():
    shown = render.unsure_html(unsure())
    assert "一つに決められません。 次の箇所に書かれている可能性があります。" in text_of(
        shown.replace("<span>次", " 次")
    )
    first, second = re.findall("<li>.*?</li>", shown)
    assert "①" in first
    assert 'data-show="show-0-c1"' in first
    assert "相談件数は<mark>2,776件</mark>（令和6年1月末現在）となっている。" in first
    assert "(1) 相談件数" in first
    assert "令和6年度 若葉市 市政の概況</span> <span>p.3（印刷ページ 5）" in first
    assert "②" in second
    assert 'data-show="show-0-c3"' in second, "the first candidate has two citations"
    assert "答えと決まったものではありません" in shown


def test_a_candidate_looks_like_no_answer():
    shown = render.unsure_html(unsure())
    for sign in ("tk-short", "tk-medium", "確度", "いつの数字か", "高", "0.41"):
        assert sign not in shown


def test_a_candidate_in_a_table_stands_under_the_headings_of_its_row():
    quote = "世帯\t20,114世帯\t20,240世帯"
    offered = unsure(
        citations=[citation(1, quote=quote, start=10, end=10 + len(quote))],
        candidates=[{"text": "20,240世帯", "citation": 1, "confidence": 0.3}],
    )
    table = {"start": 10, "end": 10 + len(quote), "heads": ["", "令和5年", "令和6年"], "names": []}
    shown = render.unsure_html(offered, 0, {1: [table | {"rows": [quote.split("\t")]}]})
    assert '<th scope="col">令和6年</th>' in shown
    assert "<td>世帯</td>" in shown
    assert "<mark>20,240世帯</mark>" in shown
    assert "令和5年" not in shown.split("tk-section")[0], "its own column and the name of the row are enough"


def test_a_candidate_that_stands_in_no_line_as_it_is_said_comes_before_its_line():
    offered = unsure(candidates=[{"text": "2,776件と100件", "citation": 1, "confidence": 0.3}])
    assert "2,776件と100件相談件数は2,776件（令和6年" in text_of(render.unsure_html(offered))


def test_without_candidates_the_passages_are_what_is_offered_and_without_these_nothing():
    assert "関係のありそうな箇所を、下に示します" in render.unsure_html(unsure(candidates=[], citations=[]))
    alone = render.unsure_html(unsure(candidates=[], citations=[], passages=[]))
    assert "示せる箇所は見つかりませんでした" in alone
    assert "<ol>" not in alone


def test_citations_of_an_unsure_answer_are_named_after_their_candidate():
    assert [render.source_name(unsure(), n) for n in (1, 2, 3)] == ["候補1", "候補1", "候補2"]
    assert [render.source_name(answer(), n) for n in (1, 2)] == ["出典1", "出典2"]
    kept = {key: value for key, value in answer().items() if key != "candidates"}
    assert render.source_name(kept, 2) == "出典2", "an answer kept before there were candidates"


def test_what_is_cited_is_marked_in_the_passage_that_holds_it():
    passage = citation(1, quote="前の行です。相談件数は2,776件です。次の行です。", start=100, end=124)
    offered = unsure(citations=[citation(1, quote="相談件数は2,776件です。", start=106, end=118)])
    marks = render.marks_of(offered, passage)
    assert "前の行です。<mark>相談件数は2,776件です。</mark>次" in render.citation_html(passage, marks=marks)
    assert render.marks_of(offered, passage | {"document_id": "other"}) == []


def lines(*texts: str, first: int = 1) -> list[dict]:
    """Return lines of a page as the API gives them, one after the other."""
    starts = [sum(len(text) + 1 for text in texts[:i]) for i in range(len(texts))]
    return [
        {"number": first + i, "start": start, "end": start + len(text), "text": text}
        for i, (start, text) in enumerate(zip(starts, texts, strict=True))
    ]


def test_a_quote_over_several_lines_is_marked_on_each_of_them_under_the_numbers_of_the_file():
    markup = render.page_lines_html(lines("一行目", "二行目", "三行目", first=240), (2, 9))
    assert [text_of(mark) for mark in re.findall("<mark>.*?</mark>", markup)] == ["目", "二行目", "三"]
    assert re.findall(r"<span>(\d*)</span>", markup) == ["240", "241", "242"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("2025-02-20/2025-02-21", "令和7年2月20日から21日まで（2025年）"),
        ("2025-02-20/2025-03-01", "令和7年2月20日から3月1日まで（2025年）"),
        ("2024-12-28/2025-01-03", "令和6年12月28日から令和7年1月3日まで（2024年から2025年）"),
        ("FY2022/FY2024", "令和4年度から令和6年度まで（2022年度から2024年度）"),
        ("2024-01-31/2024-01-31", "令和6年1月31日（2024年）"),
    ],
)
def test_a_span_of_time_is_said_in_words(code, words):
    assert render.when(code) == words


def test_a_date_that_was_only_written_otherwise_was_not_computed():
    rewritten = render.answer_html(answer(derived={"how": "1月20日 ＝ 令和7年1月20日", "operands": [1]}))
    assert "日付の読み替え" in rewritten
    assert "出典 1 の日付を読み替え" in rewritten
    assert "計算" not in rewritten
    assert "計算による" in render.answer_html(answer(derived={"how": "648 − 507 = 141", "operands": [1, 2]}))


def test_an_unsure_answer_names_the_words_that_no_paper_has():
    html = render.unsure_html(unsure(missing=["<飛行場>"]))
    assert "「&lt;飛行場&gt;」という言葉は、資料に見当たりません" in html
    assert "見当たりません" not in render.unsure_html(unsure())
