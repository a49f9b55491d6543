"""Answers to take away are read back from what was written."""

import io
import re
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor

import docx
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from tests.ui.fake_api import PDF, answer, citation, generated, not_found, text_citation, unsure, writing, written
from ui import export, font
from ui.export import Exported

HOSTILE = (
    "<script>alert(1)</script> | *強調* _x_ [x](y) ![i](j) `c` \\n $a$ ~~z~~ &amp; &lt; {{}} "
    "http://a.jp www.b.jp c@d.jp\n"
    "# 見出し\n- 項目\n+ 項目\n1. 番号\n> 引用\n===\n---\n| 表 | 表 |\n    字下げ\n\tタブ\t1,234\n```\n<!-- x -->\n:::"
)
NAMES = "髙橋 﨑山 𠮷田 葛\U000e0100飾 😀\ue000"


def png(width=60, height=85, color="white"):
    content = io.BytesIO()
    Image.new("RGB", (width, height), color).save(content, "PNG")
    return content.getvalue()


def exported(**changes):
    return Exported("相談件数は何件ですか", answer(**changes), {}, {PDF["id"]: PDF["title"]})


def squeezed(text):
    return re.sub(r"[\s\u00a0\u3000]", "", text)


# --- reading back


def archive(turns):
    with zipfile.ZipFile(io.BytesIO(export.markdown(turns))) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def tokens(turns):
    source = archive(turns)["質問と答え.md"].decode()
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(source)
    return [token for block in parsed for token in (block, *(block.children or ()))]


def markdown_text(turns):
    return "".join(token.content for token in tokens(turns) if token.type in ("text", "text_special"))


def word_document(turns):
    return docx.Document(io.BytesIO(export.word(turns)))


def word_text(turns):
    document = word_document(turns)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def pdf_read(content):
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]
    # PDFium reads some glyphs back as their compatibility characters, and a hyphen at the end of a line as a control.
    return unicodedata.normalize("NFKC", re.sub("[\x02\ufffe]", "-", "\n".join(pages)))


def pdf_text(turns):
    return pdf_read(export.pdf(turns))


READERS = [markdown_text, word_text, pdf_text]


def holds(reader, turns, words):
    fold = unicodedata.normalize("NFKC", words) if reader is pdf_text else words
    return squeezed(fold) in squeezed(reader(turns))


# --- ready to quote


def test_a_quotable_answer_has_value_date_and_every_quote_with_its_place():
    assert export.quotable(answer(citations=[citation(published_guessed=True), text_citation(2)])) == (
        "質問：相談件数は何件ですか\n"
        "答え：2,776件（令和6年1月末現在）\n"
        "いつの数字か：令和6年1月31日（2024年）\n"
        "\n"
        "［出典1］令和6年度 若葉市 市政の概況、令和6年6月議会、"
        "令和6年6月（2024年）（日付は推定）、p.3（印刷ページ 5）\n"
        "2 デジタル化の推進 › (1) 相談件数\n"
        "「相談件数は2,776件（令和6年1月末現在）となっている。」\n"
        "\n"
        "［出典2］若葉市の概況、令和6年（2024年）、4行\n"
        "1 人口\n"
        "「人口\t48,210人\t47,655人」\n"
    )


def test_a_worked_out_figure_says_how_and_a_place_without_page_is_named():
    text = export.quotable(
        answer(
            derived={"how": "648 − 507 = 141", "operands": [1, 2]},
            citations=[citation(page=None, place="シート「歳入」 B5")],
        )
    )
    assert "計算：648 − 507 = 141（出典1・出典2の数値から計算）" in text
    assert "シート「歳入」 B5\n" in text


def test_a_figure_without_a_date_says_so():
    assert "いつの数字か：資料に時点の記載がありません" in export.quotable(answer(as_of=None))
    assert "いつの数字か" not in export.quotable(answer(as_of=None, type="name"))


def test_a_refusal_says_what_was_searched_and_what_was_missing():
    text = export.quotable(not_found(scope=None, searched=6))
    assert "答え：資料に記載がありません" in text
    assert "調べた資料のどこにもない言葉・条件：好物" in text
    assert "調べた資料：すべての資料（6件）" in text


def test_a_quotable_unsure_answer_has_candidates_that_are_called_so_and_every_quote_with_its_place():
    assert export.quotable(unsure(searched=2)) == (
        "質問：相談は何件ありましたか\n"
        "答え：一つに決められません。次の箇所に書かれている可能性があります。\n"
        "候補1：2,776件\n"
        "候補2：世帯 20,114世帯 20,240世帯\n"
        f"注意：{export.UNSETTLED}\n"
        "調べた資料：すべての資料（2件）\n"
        "\n"
        "［候補1］令和6年度 若葉市 市政の概況、令和6年6月議会、令和6年6月（2024年）、p.3（印刷ページ 5）\n"
        "2 デジタル化の推進 › (1) 相談件数\n"
        "「相談件数は2,776件（令和6年1月末現在）となっている。」\n"
        "\n"
        "［候補1］若葉市の概況、令和6年（2024年）、4行\n"
        "1 人口\n"
        "「人口\t48,210人\t47,655人」\n"
        "\n"
        "［候補2］令和6年度 若葉市 市政の概況、令和6年6月議会、令和6年6月（2024年）、p.6\n"
        "3 予算\n"
        "「世帯\t20,114世帯\t20,240世帯」\n"
    )


def test_an_unsure_answer_without_candidates_quotes_the_nearest_passages():
    text = export.quotable(unsure(candidates=[], citations=[]))
    assert "［箇所1］若葉市の概況、令和6年（2024年）、4行\n" in text
    assert "注意" not in text


def test_a_scope_is_named_in_words():
    scope = {
        "documents": [PDF["id"]],
        "meetings": ["令和6年2月議会"],
        "departments": [],
        "since": "2024-02",
        "until": None,
    }
    text = export.quotable(answer(scope=scope, searched=1), {PDF["id"]: PDF["title"]})
    assert f"対象：令和6年2月議会、「{PDF['title']}」、令和6年2月（2024年）以降の資料（1件）" in text
    assert "対象" not in export.quotable(answer(scope=None))


# --- the whole conversation


@pytest.mark.parametrize("reader", READERS)
def test_every_format_holds_question_answer_date_quotes_and_the_warning(reader):
    turns = [exported(understood="令和6年1月の相談件数は何件ですか"), Exported("市長の好物は", not_found(searched=6))]
    for words in (
        "典拠　質問と答え",
        "質問：2件",
        "質問1　相談件数は何件ですか",
        "読み取り：令和6年1月の相談件数は何件ですか",
        "2,776件（令和6年1月末現在）",
        "いつの数字か：令和6年1月31日（2024年）",
        "［出典1］令和6年度 若葉市 市政の概況、令和6年6月議会、令和6年6月（2024年）、p.3（印刷ページ 5）",
        "相談件数は2,776件（令和6年1月末現在）となっている。",
        "人口\t48,210人\t47,655人",
        "質問2　市長の好物は",
        "調べた資料：すべての資料（6件）",
        export.FOOT,
    ):
        assert holds(reader, turns, words), words


@pytest.mark.parametrize("reader", READERS)
def test_every_format_holds_the_candidates_of_an_unsure_answer_with_their_pages(reader):
    turns = [Exported("相談は何件", unsure(), {"c1": png(), "c3": png()})]
    for words in (
        "一つに決められません。次の箇所に書かれている可能性があります。",
        "候補1　2,776件",
        f"注意：{export.UNSETTLED}",
        "書かれている可能性がある箇所",
        "［候補2］令和6年度 若葉市 市政の概況",
    ):
        assert holds(reader, turns, words), words
    assert not holds(reader, turns, "［出典")
    assert {"pages/q1-c1.png", "pages/q1-c3.png"} <= archive(turns).keys()


@pytest.mark.parametrize("reader", READERS)
def test_text_of_documents_stays_text(reader):
    turns = [exported(citations=[citation(quote=HOSTILE, title=HOSTILE, section=[HOSTILE])], answer=HOSTILE)]
    assert holds(reader, turns, HOSTILE)


def test_no_markup_comes_of_a_document_in_markdown():
    dirty = exported(citations=[citation(quote=HOSTILE, title=HOSTILE, section=[HOSTILE])], answer=HOSTILE)
    timeline = [{"as_of": "2024", "value": HOSTILE, "unit": None, "citation": 1}]
    turn = Exported(HOSTILE, dirty.answer | {"timeline": timeline})
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens([turn])}
    own = {"heading", "inline", "text", "paragraph", "strong", "blockquote", "hardbreak", "softbreak"}
    assert kinds <= own | {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("reader", READERS)
def test_every_value_over_time_is_listed_and_drawn(reader):
    timeline = [
        {"as_of": "FY2021", "value": "2,100", "unit": "件", "citation": 1},
        {"as_of": "FY2023", "value": "2,776件", "unit": "件", "citation": 2},
    ]
    turns = [exported(timeline=timeline)]
    for words in ("令和3年度（2021年度）", "2,100件", "出典2", "令和4年度は、この図にありません"):
        assert holds(reader, turns, words)
    assert "pages/q1-chart.png" in archive(turns)
    assert len(word_document(turns).inline_shapes) == 1


def test_the_pictures_of_pages_are_in_every_format():
    pictures = {"c1": png(1190, 1684, "#eeeeee"), "c2": png(1684, 600, "#dddddd")}
    turns = [Exported("質問", answer(), pictures)]
    files = archive(turns)
    assert {files["pages/q1-c1.png"], files["pages/q1-c2.png"]} == set(pictures.values())
    assert "](pages/q1-c1.png)" in files["質問と答え.md"].decode()
    shapes = word_document(turns).inline_shapes
    width, height = ((getattr(shapes[1], side) / 36000) for side in ("width", "height"))
    assert (width, width / height) == (pytest.approx(170, abs=0.1), pytest.approx(1684 / 600, rel=0.01))
    assert shapes[0].height / 36000 <= 130.1
    assert shapes[0]._inline.docPr.get("descr").startswith("出典1のページ：")
    document = pypdfium2.PdfDocument(export.pdf(turns))
    images = [list(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])) for page in document]
    assert sum(map(len, images)) == 2


@pytest.mark.parametrize("reader", READERS)
def test_a_question_that_a_model_made_whole_is_said_to_be_one(reader):
    whole = {"understood": "相談は法人でもできますか", "is_rewritten": True}
    assert holds(reader, [exported(**whole)], "AIが補った質問：相談は法人でもできますか")
    assert export.quotable(answer(**whole)).startswith("AIが補った質問：相談は法人でもできますか\n答え：")


@pytest.mark.parametrize("size", [(1190, 1684), (1684, 1190)])
def test_a_quote_stands_on_the_same_page_of_a_pdf_as_the_picture_of_its_page(size):
    document = pypdfium2.PdfDocument(export.pdf([Exported("質問", answer(), {"c1": png(*size), "c2": png(*size)})] * 2))
    seen = 0
    for page in document:
        text = page.get_textpage().get_text_bounded()
        pictures = sum(1 for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
        assert pictures == len(re.findall("出典.のページ", text)) == len(re.findall("［出典.］", text))
        seen += pictures
    assert seen == 4


@pytest.mark.parametrize("size", [(1190, 1684), (1684, 1190)])
def test_the_first_page_of_a_pdf_holds_the_answer_with_its_quote_and_the_page_it_stands_on(size):
    answered = answer(
        citations=[citation(1)], understood="若葉市の相談件数は何件ですか", derived={"how": "1 + 1", "operands": [1]}
    )
    document = pypdfium2.PdfDocument(export.pdf([Exported("質問", answered, {"c1": png(*size)})]))
    assert "［出典1］" in document[0].get_textpage().get_text_bounded()
    assert len(list(document[0].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))) == 1


def test_no_line_of_a_pdf_runs_out_of_its_page():
    long = "令和6年度一般会計予算は2,776億円で、" * 60 + "\n" + "x" * 600 + "\n" + "）" * 100
    timeline = [{"as_of": "2024", "value": long, "unit": None, "citation": 1}]
    turns = [exported(citations=[citation(quote=long, title=long)], answer=long, timeline=timeline)]
    document = pypdfium2.PdfDocument(export.pdf(turns))
    assert len(document) > 2
    for page in document:
        right, top = page.get_size()
        text = page.get_textpage()
        for i in range(text.count_chars()):
            x0, y0, x1, y1 = text.get_charbox(i)
            if text.get_text_range(i, 1).strip():
                assert 50 <= x0 <= x1 <= right - 50
                assert 20 <= y0 <= y1 <= top - 40


def test_pages_of_a_pdf_are_numbered_and_its_font_is_within():
    content = export.pdf([exported(answer="答えが続く。\n" * 100)])
    document = pypdfium2.PdfDocument(content)
    numbers = [page.get_textpage().get_text_bounded().split()[0] for page in document]
    assert numbers == [str(n) for n in range(1, len(document) + 1)]
    assert len(document) > 1
    assert b"IPAexGothic" in content
    assert len(content) < 200_000  # a subset of a font of six megabytes


def test_characters_without_a_glyph_show_as_a_sign_that_is_explained():
    shown = pdf_text([exported(answer=NAMES)])
    assert "髙橋 﨑山 〓田 葛飾 〓〓" in shown
    assert squeezed(export.LACKING) in squeezed(shown)
    assert export.LACKING not in pdf_text([exported()])
    assert NAMES in word_text([exported(answer=NAMES)])
    assert NAMES in markdown_text([exported(answer=NAMES)])


@pytest.mark.parametrize("reader", READERS)
def test_what_xml_may_not_hold_is_left_out(reader):
    assert "前後" in squeezed(reader([exported(answer="前\x00\x01\x1b\x7f\ufffe後".replace("\ufffe", ""))]))
    assert "\ufffd" in export.quotable(answer(answer="半分\ud800"))
    reader([exported(answer="\ud83d\x0b\uffff\udc00", citations=[citation(quote="\x00", title="\ud800")])])


def test_a_word_document_says_its_language_and_its_pages_are_numbered():
    document = word_document([exported()])
    assert document.core_properties.language == "ja-JP"
    assert "PAGE" in document.sections[0].footer._element.xml
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert "游ゴシック" in fonts.attrib.values()


def test_threads_that_export_at_once_do_not_disturb_each_other():
    timeline = [{"as_of": "2023", "value": "1件", "unit": "件", "citation": 1}]
    timeline += [{"as_of": "2024", "value": "2件", "unit": "件", "citation": 1}]
    turns = [[exported(answer=f"{i}件" * (i + 1), timeline=timeline)] for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(export.pdf, turns))
    # PDFium itself reads in one thread only.
    for content, own in zip(made, turns, strict=True):
        assert pdf_read(content) == pdf_read(export.pdf(own))


# --- with a model's words

DIFFERENCE = [{"value": "2,776件", "citation": 1, "generated_value": "1,912件", "generated_citation": 2}]


@pytest.mark.parametrize("reader", READERS)
def test_every_format_names_the_model_tells_what_was_checked_and_cites_what_its_words_stand_on(reader):
    turns = [Exported("質問", written(), {"g2": png()})]
    for words in (
        "AIによる文章（原文と照合済み）・wakaba-4b",
        "令和6年1月末の相談件数は2,776件です。［出典1］",
        "このうち1,912件が電話です。［出典3］",
        "1文ずつプログラムで照合しています",
        "［出典3］令和6年度 若葉市 市政の概況",
        "このうち電話が1,912件である。",
    ):
        assert holds(reader, turns, words), words
    assert "pages/q1-g2.png" in archive(turns)
    assert not holds(reader, [exported()], "AI")


@pytest.mark.parametrize("reader", READERS)
def test_every_format_tells_figures_that_differ(reader):
    turns = [Exported("質問", written(generated=generated(disagreements=DIFFERENCE)))]
    assert holds(reader, turns, "値が違います：資料から抜き出した答え 2,776件（出典1）、AIの文章 1,912件（出典3）")


def test_a_quotable_answer_brings_the_models_words_and_what_it_only_picked_as_a_quote():
    picked = {"text": "相談件数は2,776件", "citations": [1], "is_quote": True}
    text = export.quotable(written(generated=generated(sentences=[picked], citations=[citation(1)])))
    assert "AIが選んだ資料の記載（原文のまま）・wakaba-4b：「相談件数は2,776件」［出典1］" in text
    assert "［出典3］このうち" not in text
    assert export.quotable(written(generated=None, writing=writing(ended="declined"))) == export.quotable(answer())


# --- names of files


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("相談件数は何件ですか？", "典拠_相談件数は何件ですか？_"),
        ('../a\\b:c*?"<>|\x00\n\u202e 令和6年', "典拠_abc令和6年_"),
        ("", "典拠_"),
        ("長" * 200, f"典拠_{'長' * 40}_"),
        ("\ud800か\u3099", "典拠_が_"),
    ],
)
def test_a_file_has_a_name_that_every_system_takes(question, name):
    made = export.file_name("pdf", question)
    assert re.fullmatch(re.escape(name) + r"\d{8}\.pdf", made)
    assert len(made.encode()) < 255


# --- anything at all

anything = st.text(st.characters(), max_size=60)
japanese = st.text(
    st.sampled_from("令和6年度は、2,776件（前年比▲0.5%）だった。髙﨑①〇ー「」*_[]()<>&|\\`#~$-+=!:./@ \n\t"),
    max_size=120,
)


def turn_of(text):
    cited = citation(quote=text, title=text, section=[text], meeting=text)
    timeline = [{"as_of": "2024", "value": text, "unit": text, "citation": 1}]
    return Exported(text, answer(answer=text, citations=[cited], timeline=timeline, missing=[text], understood=text))


@settings(max_examples=25, deadline=None)
@given(anything)
def test_no_text_breaks_an_export(text):
    turn = turn_of(text)
    export.quotable(turn.answer).encode()
    export.file_name("pdf", text).encode()
    for made in (export.markdown, export.word, export.pdf):
        made([turn])


@settings(max_examples=25, deadline=None)
@given(japanese)
def test_every_character_of_a_quote_is_in_every_format(quote):
    turns = [exported(citations=[citation(quote=quote)])]
    for reader in READERS:
        assert holds(reader, turns, quote)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("令和、。（）「」2,776件ab \n"), max_size=80), st.integers(4, 30))
def test_lines_keep_every_character_their_width_and_the_rules_of_setting(text, width):
    lines = font.wrapped(text, width, font.columns)
    assert "".join(lines) == text.replace("\n", "")
    assert all(font.columns(line) <= width for line in lines)


def test_figures_stay_whole_and_no_line_begins_with_a_stop():
    assert font.wrapped("相談は2,776件です。", 8, font.columns) == ["相談は", "2,776件", "です。"]
    assert font.wrapped("一二三四、五", 8, font.columns) == ["一二三", "四、五"]
    assert font.wrapped("一二三「四五」", 8, font.columns) == ["一二三", "「四五」"]
