"""Files become documents that say what they are, or a refusal that says what to do."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from ingest.facts import read_facts
from ingest.parse import SUFFIXES, ParseError, parse
from tests.ingest.documents import awkward_texts

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"


def write(folder: Path, text: str, name: str = "paper.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(awkward_texts())
def test_everything_lies_verbatim_inside_its_page(tmp_path, raw):
    try:
        document = parse(write(tmp_path, raw.replace("\0", "")))
    except ParseError:
        assert not raw.replace("\0", "").strip()
        return
    for block in document.blocks:
        page = document.page_at(block.start)
        assert page.start <= block.start < block.end <= page.end
        assert page.number == block.page
    for table in document.tables:
        page = document.page_at(table.start)
        assert page.start <= table.start < table.end <= page.end
        for cell in table.cells:
            assert cell.start == cell.end or table.start <= cell.start < cell.end <= table.end
    lines = document.text.split("\n")
    for block in document.blocks:
        first, last = document.lines(block.start, block.end)
        assert document.text[block.start : block.end] in "\n".join(lines[first - 1 : last])


def test_line_numbers_are_those_of_the_original_file(tmp_path):
    document = parse(write(tmp_path, "表題について\r\n\r\n本文を\r\n述べる。\r\n"))
    at = document.text.index("述べる")
    assert document.lines(at, at + 3) == (4, 4)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.txt", b"", "空です"),
        ("blank.md", b" \n\n", "空です"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4, "文字コードが分からない"),
        ("table.ods", b"PK\x03\x04", "この形式のファイルは読めません"),
        ("broken.pdf", b"%PDF-1.7\nnothing here", "壊れている"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(tmp_path, name, data, said):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ParseError) as caught:
        parse(path)
    assert said in caught.value.message
    assert str(path) in str(caught.value)
    assert caught.value.path == path


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        parse(tmp_path / "nowhere.txt")


def test_the_content_decides_that_a_file_is_a_pdf(tmp_path):
    path = tmp_path / "really-a.txt"
    path.write_bytes(b"%PDF-1.4\ngarbage")
    with pytest.raises(ParseError, match="PDFium"):
        parse(path)


def test_the_same_bytes_have_the_same_id_whatever_their_name(tmp_path):
    one, two = (parse(write(tmp_path, "町の予算について\n", name)) for name in ("a.txt", "b.md"))
    assert one.id == two.id == one.sha256[:16]
    assert (one.kind, two.kind) == ("text", "markdown")
    assert {".txt", ".md", ".pdf"} <= SUFFIXES


@pytest.mark.parametrize(
    ("cover", "title", "meeting", "published", "department"),
    [
        (
            "令和6年9月議会\n\n# 地域活性化特別委員会説明資料\n\n企画振興部\n\n総務部\n",
            "地域活性化特別委員会説明資料",
            "令和6年9月議会",
            "2024-09",
            "企画振興部",
        ),
        (
            "町長定例記者会見\n令和7年1月24日（金）\n\n【日時】\n\n令和7年1月27日\n\n１ 新しい補助金について\n",
            "町長定例記者会見",
            "町長定例記者会見",
            "2025-01-24",
            None,
        ),
        ("みどり町総合計画\n\n担当：政策推進課\n\n１ 趣旨\n", "みどり町総合計画", None, None, "政策推進課"),
        (
            "【日時】\n令和7年1月27日\n【場所】\n役場\n",
            "日時",
            None,
            None,
            None,
        ),  # when it takes place, not when issued
        ("学校給食の実績\n令和6年9月13日　給食センター\n", None, None, "2024-09-13", None),
        ("主要な施策の成果\n青葉市　令和7年9月2日\n", None, None, "2025-09-02", None),
        ("議案第５号\nみどり町条例の一部改正\n令和４年６月１０日提出\nみどり町長\n", None, None, "2022-06-10", None),
    ],
)
def test_the_cover_names_title_meeting_date_and_department(tmp_path, cover, title, meeting, published, department):
    document = parse(write(tmp_path, cover + "\n本文は次のとおりである。\n"))
    assert (document.meeting, document.published, document.department) == (meeting, published, department)
    assert title is None or document.title == title


def test_a_date_worked_out_from_the_figures_is_not_passed_off_as_printed(tmp_path):
    document = parse(write(tmp_path, "１ 会員の状況\n\n会員数は300人（令和6年1月末現在）である。\n"))
    assert document.published == "2024-01"
    assert document.taken_from["published"] == "text"
    assert document.is_date_guessed


@pytest.mark.parametrize("month", ["13", "76", "0", "99"])
def test_of_a_date_with_a_month_that_does_not_exist_only_the_year_is_taken(tmp_path, month):
    document = parse(write(tmp_path, f"令和5年{month}月定例会\n令和5年{month}月76日提出\n\n議案の一覧である。\n"))
    assert document.published == "2023"
    assert {fact.as_of for fact in read_facts(document)} <= {None, "2023"}


def test_a_table_is_one_block_under_the_headings_around_it(tmp_path):
    text = "# 移住の状況\n\n## 相談件数\n\n\tR4\tR5\n東京窓口\t120\t340\n大阪窓口\t56\t78\n\n※R5は1月末時点\n"
    document = parse(write(tmp_path, text, "a.md"))
    (table,) = document.tables
    assert [b.kind for b in document.blocks] == ["heading", "heading", "table", "note"]
    assert table.headings == ("移住の状況", "相談件数")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the shared seed papers are not beside this checkout")
def test_the_seed_papers_give_the_pages_that_their_printed_numbers_say():
    printed = {
        "001": (1, {1240: 24, 1266: 25, 1625: 30, 1894: 39, 2301: 48}),
        "003": (2, {290: 6, 986: 19, 1151: 22, 1228: 24}),
    }
    for path in sorted(SEEDS.glob("*.txt")):
        document = parse(path)
        if path.name[:3] not in printed:
            assert document.paging == "none"
            continue
        first, numbers = printed[path.name[:3]]
        assert document.paging == "guessed"
        assert document.pages[0].number == first
        for line, number in numbers.items():
            page = document.page_at(document.line_span(line)[0])
            assert (page.number, page.label) == (number, str(number))


def test_a_first_line_set_off_by_a_blank_line_is_the_title(tmp_path):
    file = tmp_path / "表.txt"
    file.write_text("株式会社みどり 営業のまとめ ② 品目別の売上\n\n品目 | R4 | R5\n茶 | 1 | 2\n米 | 3 | 4\n", "utf-8")
    assert parse(file).title == "株式会社みどり 営業のまとめ ② 品目別の売上"
    file.write_text("みどり町は茶の町です。\n\n茶は山でとれます。\n", "utf-8")
    assert parse(file).title == "表"


@pytest.mark.parametrize(
    ("cover", "title"),
    [
        ("# 水 道 事 業 の 概 要\n令和6年6月4日\n", "水道事業の概要"),
        ("若葉市の花\n若\n\n令 和 6 年 度\n\n# 葉 市 予 算 書\n", "令和6年度 若葉市予算書"),
        ("# 水道技術の課題と\n\n第4章\n\n今後の対応策\n", "水道技術の課題と今後の対応策"),
        ("# 市の情報システムにおける\n\n安全の考え方\n\n2024年6月\n", "市の情報システムにおける安全の考え方"),
        ("# 水道料金の改定に関する\n\n令和6年6月4日\n", "水道料金の改定に関する"),
        ("# マイナンバーとは\n\n12けたの番号\n", "マイナンバーとは"),
        (
            "若葉地区水道事務組合から双葉町が脱退することに伴う財産の処\n分について\n",
            "若葉地区水道事務組合から双葉町が脱退することに伴う財産の処分について",
        ),
        ("# 患者の発生の概要【速報値】\n令和6年6月4日\n", "患者の発生の概要【速報値】"),
    ],
)
def test_a_title_is_whole_and_its_characters_stand_together(tmp_path, cover, title):
    file = tmp_path / "資料.md"
    file.write_text(f"{cover}\n水道の利用者は412人です。\n", encoding="utf-8")
    assert parse(file).title == title
