"""Lines become statements, and statements stand under the headings that a reader would name."""

from itertools import pairwise

import pytest

from ingest.document import Page
from ingest.structure import find_blocks, heading_text, is_key_value


def read(text: str, *, pages: int = 1) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (kind, text, headings) of each block; form feeds part pages when ``pages`` is more than one."""
    spans = [Page(1, 0, len(text))]
    if pages > 1:
        starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\f"), len(text)]
        spans = [Page(n, a, b) for n, (a, b) in enumerate(pairwise(starts), 1) if a < b]
    return [(b.kind, text[b.start : b.end], b.headings) for b in find_blocks(text, spans)]


def kinds(text: str) -> list[str]:
    return [kind for kind, _, _ in read(text)]


def headings_of(text: str, part: str, *, pages: int = 1) -> tuple[str, ...]:
    return next(headings for _, body, headings in read(text, pages=pages) if part in body)


@pytest.mark.parametrize(
    "text",
    [
        "町内企業の生産性を高めるため、専門家を派遣し、設備の導入\nに係る費用の一部を補助する。",
        "新たな産業を創出するプロジェク\n\n トを町全体で進める。",  # white space was cleaned, a blank line stayed
        "・ 観光地の競争は、円安や物価高騰等により、これまでになく厳しい外部\n\n 環境が続いており、対策が必要。",
        "・スマート農業のアプリ\n\n（音声で記録するもの等）も増加している状況。",
        "実\n証\n事\n業",
        "対象者（町内に住所を有する\n者に限る。）",
    ],
)
def test_a_statement_over_several_lines_is_one_block(text):
    blocks = read(text)
    assert [body for _, body, _ in blocks] == [text.strip()]


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("総務部\n企画部\n", ["総務部", "企画部"]),
        ("・町役場\n・商工会\n", ["・町役場", "・商工会"]),
        ("窓口を置く。\n時間は9時から。\n", ["窓口を置く。", "時間は9時から。"]),
        ("場所：町民会館\n時間：午後\n", ["場所：町民会館", "時間：午後"]),
        ("32,000\n33,000\n", ["32,000", "33,000"]),
        ("①道路の整備\n②河川の整備\n", ["①道路の整備", "②河川の整備"]),
    ],
)
def test_lines_that_stand_for_themselves_stay_apart(text, bodies):
    assert [body for _, body, _ in read(text)] == bodies


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("日 程：令和6年5月", True),
        ("◆相談件数：延べ158件", True),
        ("- **人材**: 担い手の確保", True),
        ("【課題】若者の転出", True),
        ("参加者: 238名", True),
        ("10:15～11:00", False),
        ("https://example.jp/", False),
        ("（R5：受講者65名、R6：42名）", False),
        ("【人口統計】 （単位：人）", False),
        ("次の点に注意する。例：雨天", False),
    ],
)
def test_key_value_lines_are_told_from_times_and_addresses(line, expected):
    assert is_key_value(line.replace("**", "").removeprefix("- ")) is expected


def test_kinds_follow_the_marks():
    text = "【日時】\n\n町民会館\n\n午後から\n・町長が出席\n※雨天中止\n会場：町民会館\n"
    assert kinds(text) == ["heading", "label", "label", "bullet", "note", "key_value"]


def test_numbered_headings_nest_by_their_numbers():
    text = (
        "１ 産業の振興\n\n①商店街支援事業\n（１）現状・課題\n・空き店舗が増えた。\n（２）取組概要\n・家賃を補助する。\n"
        "②農業支援事業\n（１）現状・課題\n・担い手が減った。\n２ 福祉の充実\n・見守りを行う。\n"
    )
    assert headings_of(text, "空き店舗") == ("１ 産業の振興", "①商店街支援事業", "（１）現状・課題")
    assert headings_of(text, "担い手") == ("１ 産業の振興", "②農業支援事業", "（１）現状・課題")
    assert headings_of(text, "見守り") == ("２ 福祉の充実",)


def test_a_numbered_list_is_no_row_of_headings():
    text = "１ 施策の体系\n\n（１）医療の推進\n（２）防災の推進\n（３）教育の推進\n"
    assert kinds(text) == ["heading", "bullet", "bullet", "bullet"]


def test_markdown_levels_that_contradict_the_numbers_give_way():
    text = (
        "# みどり町構想\n\n## 【DX関係】\n\n# 1. 連携の推進\n\n### (1) 趣旨\n\n- ・学ぶ機会をつくる\n\n"
        "## 2. 地域の取組み\n\n- ・実証を行う\n\n# みどり町構想\n\n## 【移住関係】\n\n- ・相談を受ける\n"
    )
    assert headings_of(text, "学ぶ") == ("みどり町構想", "【DX関係】", "1. 連携の推進", "(1) 趣旨")
    assert headings_of(text, "実証") == ("みどり町構想", "【DX関係】", "2. 地域の取組み")
    assert headings_of(text, "相談") == ("みどり町構想", "【移住関係】")


def test_an_undertaking_heads_its_parts_and_ends_the_one_before():
    text = (
        "方針1 情報の発信\n\n移住体験事業\n\n(企画課)\n\n【事業概要】\n\n交通費を支援する。\n\n"
        "<事業の成果>\n\n◆移住者数：9人\n\n"
        "空き家活用事業\n\n(建設課)\n\n【事業概要】\n\n改修費を補助する。\n"
    )
    assert headings_of(text, "9人") == ("方針1 情報の発信", "移住体験事業", "【事業概要】", "<事業の成果>")
    assert headings_of(text, "改修費") == ("方針1 情報の発信", "空き家活用事業", "【事業概要】")


def test_a_continued_heading_goes_on_over_the_page():
    text = (
        "１ 交流の推進\n\n令和６年度の取組み\n\n・窓口を開いた。\n\f"
        "１ 交流の推進\n\n令和６年度の取組み（つづき）\n\n・教室を開いた。\n"
    )
    assert headings_of(text, "窓口", pages=2) == headings_of(text, "教室", pages=2)
    assert heading_text("令和６年度の取組み（つづき）") == "令和６年度の取組み"


def test_a_page_that_only_names_a_part_heads_the_pages_after_it():
    text = "みどり町構想\n\n【移住関係】\n\f１ 移住の状況について\n\n・増えた。\n\f２ 今後について\n\n・続ける。\n"
    assert headings_of(text, "増えた", pages=3) == ("みどり町構想", "【移住関係】", "１ 移住の状況について")
    assert headings_of(text, "続ける", pages=3) == ("みどり町構想", "【移住関係】", "２ 今後について")


def test_the_end_of_a_sentence_that_recurs_stays_with_its_sentence():
    said = "{}では、町の道路を直すための費用として工事請負費などの合わせて１２０千円を\n計上いたしました。\n"
    text = "".join(said.format(name) for name in ("土木費関係", "農業費関係", "消防費関係", "教育費関係"))
    assert [body for _, body, _ in read(text)][1].endswith("計上いたしました。")
    assert len(read(text)) == 4


def test_running_headers_and_page_numbers_are_no_headings():
    page = "みどり町議会 会議録\n{}\n本文はここから始まり、町長が提案理由を説明した。\n- {} -\n\f"
    text = "".join(page.format("第一の議題について" if n == 1 else "続いて質疑を行った。", n) for n in range(1, 6))
    starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\f")]
    pages = [Page(n, a, b, str(n)) for n, (a, b) in enumerate(pairwise(starts), 1)]
    named = [text[b.start : b.end] for b in find_blocks(text, pages) if b.kind == "heading"]
    assert named == ["第一の議題について"]


def test_emphasis_and_html_do_not_break_a_block():
    text = "- **相談件数**は<br>過去最高の**2,776件**となった。\n"
    assert kinds(text) == ["bullet"]


def test_rules_and_empty_rows_are_no_blocks():
    assert read("---------\n|--|--|\n\n   \n") == []


def test_headings_that_the_file_marks_nest_by_their_levels_alone():
    said = "第２章　概要 １　はじめに 本文である。 ２　おわりに 【補足】 補足の文である。 第１章　別の章 終わりの文。"
    text = said.replace(" ", "\n\n")
    marks = [("第２章　概要", 2), ("１　はじめに", 3), ("２　おわりに", 1), ("第１章　別の章", 1)]
    marked = [(text.index(words), text.index(words) + len(words), level) for words, level in marks]
    blocks = find_blocks(text, [Page(1, 0, len(text))], (), marked)
    under = {text[b.start : b.end]: b.headings for b in blocks if b.kind != "heading"}
    assert under == {
        "本文である。": ("第２章　概要", "１　はじめに"),
        "補足の文である。": ("２　おわりに", "【補足】"),
        "終わりの文。": ("第１章　別の章",),
    }


def test_beside_marked_headings_a_short_line_is_not_taken_for_one():
    text = (
        "計画の概要\n\n子どもの居場所\n\n地域で子どもが過ごす場所を増やし、見守りの輪を広げていく取組みを進めます。\n"
    )
    pages = [Page(1, 0, len(text))]
    kinds = [b.kind for b in find_blocks(text, pages, (), [(0, 5, 1)])]
    assert kinds == ["heading", "label", "paragraph"]
    assert [b.kind for b in find_blocks(text, pages)][1] == "heading"


def test_the_name_of_a_sheet_is_no_printed_page_number():
    text = "歳入(1)\n\n市税の予算の説明である。\f"
    (first, *_) = find_blocks(text, [Page(1, 0, len(text), "歳入(1)")], apart=True)
    assert text[first.start : first.end] == "歳入(1)"
