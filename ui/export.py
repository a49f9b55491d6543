"""Answers to take away: plain text to quote, and a whole conversation as Markdown, Word and PDF.

What a document holds is said once, as blocks; each format sets them its own way. Text of documents is never markup.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from ui import chart, font, render, timeline, written

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as WordParagraph
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable

Json = dict[str, Any]

TITLE = "典拠　質問と答え"
FOOT = "答えは資料から機械的に抜き出したものです。引用の前に原本を確かめてください。"
LACKING = f"{font.GETA} は、この書式の書体にない文字です。"
UNSETTLED = "候補は、答えと決まったものではありません。原文を確かめてください。"
NAME_LENGTH = 40  # characters of the question in a file name


@dataclass(frozen=True)
class Exported:
    """A question with its answer and the pictures (PNG) of the cited pages, by the names of the places.

    例: c1, the answer's first citation; g2, a place that only the second citation of a model's words names
    """

    question: str
    answer: Json
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)  # of documents and groups, by id: a scope names them


# --- ready to quote ------------------------------------------------------------------------------------------------


def quotable(answer: Json, titles: Mapping[str, str] | None = None) -> str:
    """Return an answer as plain text for a question notice or an article: value, date, quotes and their places.

    Where none could be settled on: what may be one, with the same.
    """
    asked = render.understood_by(answer) if answer.get("is_rewritten") else "質問"
    lines = [f"{asked}：{answer.get('understood') or answer['question']}", f"答え：{answer['answer']}"]
    lines += [f"候補{number}：{candidate['text']}" for number, candidate in enumerate(render.candidates(answer), 1)]
    lines += [f"{name}：{words}" for name, words in _particulars(answer, titles)]
    if words := list(written.lines(answer)):
        lines.append(f"{written.title(answer, written.model_of(answer))}：{''.join(line for line, _ in words)}")
    for name, _, citation in _places(answer):
        lines += ["", f"［{name}］{origin(citation)}"]
        lines += [section] if (section := _section(citation)) else []
        lines.append(f"「{str(citation['quote']).strip()}」")
    return _plain("\n".join(lines)) + "\n"


def _places(answer: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield what an answer stands on, each with what it is called and its name among the pictures.

    Where an unsure one has no candidate: the nearest passages. What only a model's words stand on comes last.
    例: 出典1, c1; 候補2, c2; 箇所1, p1; 出典3, g1
    """
    for citation in answer["citations"]:
        yield render.source_name(answer, citation["n"]), f"c{citation['n']}", citation
    if answer["status"] == "unsure" and not answer["citations"]:
        for n, passage in enumerate(answer["passages"][: render.NEAREST], 1):
            yield f"箇所{n}", f"p{n}", passage
    for name, number, citation in written.added(answer):
        yield f"出典{number}", name, citation


def origin(citation: Json) -> str:
    """Return where a quote is from, in one line. 例: 市政の概況、令和6年6月議会、令和6年6月（2024年）、p.3（推定）"""
    published = render.when(citation.get("published"))
    guessed = "（日付は推定）" if published and citation.get("published_guessed") else ""
    parts = [
        citation.get("title") or citation["file"],
        citation.get("meeting"),
        f"{published or ''}{guessed}",
        render.place(citation),
    ]
    return "、".join(str(part) for part in parts if part)


def _section(citation: Json) -> str:
    return " › ".join(str(heading) for heading in citation.get("section") or ())


def _particulars(answer: Json, titles: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    """Yield what belongs to an answer besides its value: when it holds, how it was worked out, what was searched."""
    found = answer["status"] == "answered"
    if as_of := render.when(answer.get("as_of")):
        yield "いつの数字か", as_of
    elif found and answer.get("type") in render.DATED_TYPES:
        yield "いつの数字か", "資料に時点の記載がありません"
    if derived := answer.get("derived"):
        operands = "・".join(f"出典{n}" for n in derived["operands"])
        name, done = ("読み替え", "の日付を読み替え") if render.rewritten(derived) else ("計算", "の数値から計算")
        yield name, f"{derived['how']}" + (f"（{operands}{done}）" if operands else "")
    if missing := answer.get("missing"):
        where = "資料に見当たらない" if found else "調べた資料のどこにもない"
        yield f"{where}言葉・条件", "、".join(map(str, missing))
    if answer.get("is_half"):
        yield "注意", "二つのことを聞かれていますが、この答えはその一方です。"
    if render.candidates(answer):
        yield "注意", UNSETTLED
    yield from ((written.DIFFERS, told) for told in written.differences(answer))
    if answer.get("scope") or not found:
        scope = answer.get("scope") or {}
        yield "対象" if found else "調べた資料", f"{_scope(scope, titles)}（{answer.get('searched', 0)}件）"


def _scope(scope: Json, titles: Mapping[str, str] | None) -> str:
    return render.scope_words(scope, titles) or "すべての資料"


def file_name(kind: str, question: str) -> str:
    """Return a name that every system takes. 例: (pdf, 相談は何件？) → 典拠_相談は何件？_20240131.pdf"""
    plain = "".join(c for c in unicodedata.normalize("NFC", question) if unicodedata.category(c)[0] not in "CZ")
    words = re.sub(r'[\\/:*?"<>|.%#&~\'`$^{}\[\];]', "", plain)[:NAME_LENGTH]
    return f"{'_'.join(part for part in ('典拠', words, f'{date.today():%Y%m%d}') if part)}.{kind}"


# --- what a document holds -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heading:
    text: str
    level: int  # 1: the document, 2: a question, 3: a part of it


@dataclass(frozen=True)
class Text:
    text: str
    role: str = "body"  # or "answer", "origin", "section", "quote", "note"


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[str, ...], ...]  # the first one is the head


@dataclass(frozen=True)
class Picture:
    png: bytes
    name: str  # of its file, without ending
    words: str  # what it shows, for who cannot see it
    caption: str = ""


Block = Heading | Text | Table | Picture


def _blocks(turns: Sequence[Exported]) -> Iterator[Block]:
    today = date.today()
    yield Heading(TITLE, 1)
    yield Text(f"書き出した日：{render.when(today.isoformat())}　質問：{len(turns)}件", "note")
    for i, turn in enumerate(turns, 1):
        yield from _turn(turn, i)
    yield Text(FOOT, "note")


def _turn(turn: Exported, i: int) -> Iterator[Block]:
    answer = turn.answer
    yield Heading(f"質問{i}　{' '.join(turn.question.split())}", 2)
    if (understood := answer.get("understood")) and understood != turn.question:
        yield Text(f"{render.understood_by(answer)}：{understood}", "note")
    yield Text(str(answer["answer"]), "answer")
    for number, candidate in enumerate(render.candidates(answer), 1):
        yield Text(f"候補{number}　{candidate['text']}")
    for name, words in _particulars(answer, turn.titles):
        yield Text(f"{name}：{words}")
    yield from _written(answer)
    if points := answer.get("timeline"):
        yield Heading("時点ごとの値", 3)
        remarks = timeline.remarks(points, answer.get("unsaid") or ())
        head = ("時点", "値", "出典", "備考")
        rows = [
            (render.when(point["as_of"]) or "", timeline.written(point), f"出典{point['citation']}", remark)
            for point, remark in zip(points, remarks, strict=True)
        ]
        yield Table(tuple(row if any(remarks) else row[:3] for row in (head, *rows)))
        drawn = timeline.of_answer(answer)
        if drawn is not None:
            picture = chart.png(drawn, answer.get("understood") or turn.question, timeline.source_line(answer))
            yield Picture(picture, f"q{i}-chart", timeline.described(drawn))
    places = list(_places(answer))
    if places:
        yield Heading("出典" if answer["status"] == "answered" else "書かれている可能性がある箇所", 3)
    for name, file, citation in places:
        yield Text(f"［{name}］{origin(citation)}", "origin")
        if section := _section(citation):
            yield Text(section, "section")
        yield Text(str(citation["quote"]).strip("\n"), "quote")
        if png := turn.pictures.get(file):
            words = f"{name}のページ：{citation.get('title') or citation['file']} {render.place(citation)}"
            yield Picture(png, f"q{i}-{file}", words, words)


def _written(answer: Json) -> Iterator[Block]:
    """Yield a model's words with its name, and what of them was checked."""
    words = list(written.lines(answer))
    if not words:
        return
    yield Heading(written.title(answer, written.model_of(answer)), 3)
    yield from (Text(line, "quote" if is_quote else "body") for line, is_quote in words)
    yield Text(written.checked(answer), "note")


def _words(block: Block) -> list[str]:
    match block:
        case Heading(text) | Text(text):
            return [text]
        case Table(rows):
            return [cell for row in rows for cell in row]
        case Picture():
            return [block.caption]


def _plain(text: str) -> str:
    """Return ``text`` without what no XML may hold; half characters become �, and line ends are one sign."""
    lines = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    return re.sub(r"[\ud800-\udfff\ufffe\uffff]", "\ufffd", re.sub(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", "", lines))


# --- Markdown ------------------------------------------------------------------------------------------------------


def markdown_of(blocks: Iterable[Block]) -> bytes:
    """Return blocks without pictures as one Markdown file."""
    parts = [_markdown(block) for block in blocks if not isinstance(block, Picture)]
    return ("\n\n".join(parts) + "\n").encode()


def markdown(turns: Sequence[Exported]) -> bytes:
    """Return a ZIP archive of the conversation: one Markdown file, and its pictures under pages/."""
    parts = []
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for block in _blocks(turns):
            if isinstance(block, Picture):
                path = f"pages/{block.name}.png"
                packed.writestr(path, block.png, zipfile.ZIP_STORED)
                parts.append(f"![{_markdown_line(block.words)}]({path})")
            else:
                parts.append(_markdown(block))
        packed.writestr("質問と答え.md", "\n\n".join(parts) + "\n")
    return archive.getvalue()


def _markdown(block: Heading | Text | Table) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_markdown_line(text)}"
        case Table(rows):
            cells = ["| " + " | ".join(map(_markdown_line, row)) + " |" for row in rows]
            return "\n".join((cells[0], "|" + " --- |" * len(rows[0]), *cells[1:]))
        case Text(text, role):
            # Two spaces keep the line's end; an empty line would end the quote.
            lines = [_markdown_line(line) for line in _plain(text).split("\n")]
            if role == "quote":
                return "\n".join(f"> {line}  " for line in lines)
            kept = [line for line in lines if line]
            return "  \n".join(f"**{line}**" if role in ("answer", "origin") else line for line in kept)


def _markdown_line(text: str) -> str:
    """Return one line of text so that Markdown shows its characters; tabs and indents become wide spaces."""
    line = re.sub(r"[\t\n]", "\u3000", _plain(text))
    line = re.sub(r"^ +| +$| {2,}", lambda spaces: "\u00a0" * len(spaces[0]), line)
    line = re.sub(r"[\\`*_{}\[\]<>#+|~$^=&!\"]|(?<=\w):(?=//)|(?<=www)\.|@", r"\\\g<0>", line)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^[-:]", r"\\\g<0>", line))


# --- Word ----------------------------------------------------------------------------------------------------------

WORD_FONT = "游ゴシック"
PAPER = (210, 297)  # millimetres
MARGIN = 20
WIDTH = PAPER[0] - 2 * MARGIN
# Of a picture of a page: an answer and its quote stand above a tall one, and two wide ones on one page.
TALLEST, TALLEST_WIDE = 130, 90
SIZES = {"answer": 18, "body": 10.5, "origin": 10.5, "section": 9, "quote": 10.5, "note": 9}
FAINT = ("section", "note")
HEADING_SIZES = {1: 20, 2: 14, 3: 11.5}


def word(turns: Sequence[Exported]) -> bytes:
    """Return the conversation as a Word document (.docx)."""
    return word_of(_blocks(turns))


def word_of(blocks: Iterable[Block]) -> bytes:
    """Return blocks as a Word document (.docx)."""
    import docx
    from docx.shared import Mm

    document = docx.Document()
    _furnish(document)
    for block in blocks:
        match block:
            case Heading(text, level):
                document.add_heading(_plain(" ".join(text.split())), level)
            case Text(text, role):
                document.add_paragraph(_plain(text), style=WORD_STYLES[role])
            case Table(rows):
                table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
                for row, cells in zip(table.rows, rows, strict=True):
                    for cell, text in zip(row.cells, cells, strict=True):
                        cell.text = _plain(text)
                document.add_paragraph()
            case Picture(png, _, words, caption):
                width, height = _fitted(png)
                document.paragraphs[-1].paragraph_format.keep_with_next = True
                shape = document.add_picture(io.BytesIO(png), Mm(width), Mm(height))
                shape._inline.docPr.set("descr", _plain(words))
                if caption:
                    document.paragraphs[-1].paragraph_format.keep_with_next = True
                    document.add_paragraph(_plain(caption), style=WORD_STYLES["note"])
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


WORD_STYLES = {
    "body": "Normal",
    "answer": "Answer",
    "origin": "Origin",
    "section": "Section",
    "quote": "Quoted",
    "note": "Remark",
}


def _furnish(document: Document) -> None:
    """Give a new document its paper, Japanese font, styles, names and page numbers."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAPER[0]), Mm(PAPER[1])
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)
    document.core_properties.title = TITLE
    document.core_properties.author = "典拠"
    document.core_properties.comments = FOOT
    document.core_properties.language = "ja-JP"
    ink, quiet, navy = (RGBColor.from_string(c[1:].upper()) for c in (chart.INK, chart.QUIET, chart.NAVY))
    for role in SIZES.keys() - {"body"}:
        document.styles.add_style(WORD_STYLES[role], WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    sized = [(WORD_STYLES[role], size, quiet if role in FAINT else ink) for role, size in SIZES.items()]
    sized += [(f"Heading {level}", size, navy) for level, size in HEADING_SIZES.items()]
    for name, size, color in sized:
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = WORD_FONT, Pt(size), color
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "eastAsiaTheme", "hAnsiTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "eastAsia", "hAnsi"):
            fonts.set(qn(f"w:{script}"), WORD_FONT)
    document.styles[WORD_STYLES["answer"]].font.bold = True
    document.styles[WORD_STYLES["origin"]].font.bold = True
    for role in ("origin", "section"):
        document.styles[WORD_STYLES[role]].paragraph_format.keep_with_next = True
    document.styles[WORD_STYLES["quote"]].paragraph_format.left_indent = Mm(6)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "ja-JP")
    number = section.footer.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _add_page_number(number)


def _add_page_number(paragraph: WordParagraph) -> None:
    """Add the field that Word fills with the page's number."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field_code = OxmlElement("w:fldSimple")
    field_code.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field_code)


def _fitted(png: bytes) -> tuple[float, float]:
    """Return the size of a picture, in millimetres, that fills the width or, where it would be taller, the height."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        across, down = picture.size
    scale = min(WIDTH / across, (TALLEST if down > across else TALLEST_WIDE) / down)
    return across * scale, down * scale


# --- PDF -----------------------------------------------------------------------------------------------------------


def pdf(turns: Sequence[Exported]) -> bytes:
    """Return the conversation as a PDF with its font within."""
    from reportlab import rl_config
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Image, SimpleDocTemplate

    rl_config.useA85 = 0  # pictures as bytes, not as letters: half the time and four fifths of the size
    if font.NAME not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(font.NAME, str(font.path())))
    styles = _pdf_styles()
    story: list[Flowable] = []
    blocks = list(_blocks(turns))
    if any(font.lacks(_plain(text)) for block in blocks for text in _words(block)):
        blocks.append(Text(LACKING, "note"))
    for block in blocks:
        match block:
            case Heading(text, level):
                story.append(_set(" ".join(text.split()), styles[f"h{level}"]))
            case Text(text, role):
                story.append(_set(text, styles[role]))
            case Table(rows):
                story.append(_pdf_table(rows, styles))
            case Picture(png, _, _, caption):
                width, height = _fitted(png)
                picture = Image(io.BytesIO(png), width * mm, height * mm)
                story[-1].keepWithNext = True  # a quote and its page are seen together
                story.append(picture)
                if caption:
                    picture.keepWithNext = True
                    story.append(_set(caption, styles["note"]))
    content = io.BytesIO()
    document = SimpleDocTemplate(
        content,
        pagesize=(PAPER[0] * mm, PAPER[1] * mm),
        leftMargin=MARGIN * mm - 6,
        rightMargin=MARGIN * mm - 6,  # a frame pads its text by six points
        topMargin=MARGIN * mm - 6,
        bottomMargin=MARGIN * mm,
        title=TITLE,
        author="典拠",
        lang="ja",
    )
    document.build(story, onFirstPage=_number_page, onLaterPages=_number_page)
    return content.getvalue()


def _pdf_styles() -> dict[str, ParagraphStyle]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    def style(name: str, size: float, color: str, **more: Any) -> ParagraphStyle:
        spaced = {"leading": size * 1.55, "spaceAfter": 4} | more
        return ParagraphStyle(name, fontName=font.NAME, fontSize=size, textColor=HexColor(color), **spaced)

    styles = {role: style(role, size, chart.QUIET if role in FAINT else chart.INK) for role, size in SIZES.items()}
    styles["origin"].keepWithNext = styles["section"].keepWithNext = 1
    styles["quote"] = style(
        "quote", SIZES["quote"], chart.INK, leftIndent=14, rightIndent=6, backColor=HexColor("#fffdf3"), spaceAfter=8
    )
    for level, size in HEADING_SIZES.items():
        styles[f"h{level}"] = style(f"h{level}", size, chart.NAVY, spaceBefore=size, spaceAfter=5, keepWithNext=1)
    return styles


def _set(text: str, style: ParagraphStyle, width: float | None = None) -> Flowable:
    """Return a paragraph whose lines are broken here: the library's own breaking tears figures apart."""
    from reportlab.lib.units import mm
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.platypus import XPreformatted

    room = (width or WIDTH * mm) - style.leftIndent - style.rightIndent
    shown = font.printable(_plain(text).replace("\t", "\u3000"))
    lines = font.wrapped(shown, room, lambda line: float(stringWidth(line, style.fontName, style.fontSize)))
    return XPreformatted(render.escape("\n".join(lines)), style)


def _pdf_table(rows: Sequence[Sequence[str]], styles: Mapping[str, ParagraphStyle]) -> Flowable:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm
    from reportlab.platypus import Table as PdfTable

    shares = (0.34, 0.28, 0.12, 0.26)[: len(rows[0])]
    widths = [WIDTH * mm * share / sum(shares) for share in shares]
    cells = [[_set(cell, styles["body"], width - 12) for cell, width in zip(row, widths, strict=True)] for row in rows]
    line, shade = HexColor(chart.LINE), HexColor(chart.SHADE)
    look = [("GRID", (0, 0), (-1, -1), 0.5, line), ("BACKGROUND", (0, 0), (-1, 0), shade)]
    return PdfTable(cells, widths, repeatRows=1, splitInRow=1, style=look, spaceAfter=8)


def _number_page(canvas: Canvas, document: Any) -> None:
    canvas.setFont(font.NAME, 9)
    canvas.drawCentredString(document.pagesize[0] / 2, 28, str(canvas.getPageNumber()))
