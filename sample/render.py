"""Render the sample briefings: each file in source/ becomes one PDF beside this file.

usage: python sample/render.py [NAME …]

The format of a source is described in README.md. One source page is one PDF page; a page that does not fit
is an error, so that a source decides where its pages end and page numbers never drift.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
NOTICE = "見本資料（公表資料の内容を書き直したもの。原本ではありません）"
FONTS = {"gothic": "ipagp.ttf", "mono": "ipag.ttf", "mincho": "ipamp.ttf"}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "~/Library/Fonts",
                "/Library/Fonts", "C:/Windows/Fonts")  # fmt: skip
A4 = (841.89, 595.28)
MARK = re.compile(
    r"( *)([・○●■□◆◎▶➡※→–]|[①-⑳]|[（(][0-9０-９]{1,2}[)）]|[0-9０-９]{1,2}[.．](?![0-9０-９]))\s*(.*)", re.DOTALL
)
FIGURE = re.compile(r"[△▲+]?\s?[0-9０-９][0-9０-９,，.．]*\s?([%％件人名社校回組]|事業|市町村)?( ※[0-9])?|[-－―]")
SIZES = {"slides": (17, 16, 15, 14, 13, 12, 11, 10.5, 10), "report": (13.5, 13, 12.5, 12, 11.5, 11, 10.5, 10, 9.5, 9)}


class SourceError(Exception):
    """A source that cannot be read or does not fit its page."""


class FontError(Exception):
    """A font of FONTS stands in none of the usual folders."""


@dataclass(frozen=True)
class Element:
    """A piece of a page: ``kind`` names it, ``text`` holds a line, ``rows`` a table, ``parts`` columns or a box."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    parts: tuple[tuple[Element, ...], ...] = ()
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourcePage:
    header: str
    label: str | None  # the page number as printed
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Source:
    name: str
    settings: dict[str, str]
    pages: tuple[SourcePage, ...]


# --- reading a source


def read_source(path: Path) -> Source:
    """Return the settings and pages of a source file."""
    head, *bodies = re.split(r"^===[ \t]*", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    settings = dict(re.findall(r"^([a-z-]+):[ \t]*(.*?)[ \t]*$", head, flags=re.MULTILINE))
    first = int(settings.get("first-number", "1"))
    pages = []
    for ordinal, body in enumerate(bodies):
        header, *lines = body.rstrip().split("\n")
        number = first + ordinal
        unnumbered = ordinal < int(settings.get("unnumbered-pages", "0"))
        elements, rest = _elements(lines, path.name)
        if rest:
            raise SourceError(f"{path.name}, page {ordinal + 1}: {rest[0]} without a beginning")
        pages.append(SourcePage(header.strip(), None if unnumbered else str(number), elements))
    return Source(path.stem, settings, tuple(pages))


def _elements(lines: list[str], where: str) -> tuple[tuple[Element, ...], list[str]]:
    """Return the elements of ``lines`` up to an unopened @next or @end, and the lines from there on."""
    found: list[Element] = []
    table: Element | None = None
    while lines:
        line, lines = lines[0], lines[1:]
        word, _, rest = line.strip().partition(" ")
        if word in ("@next", "@end"):
            return tuple(found), [line, *lines]
        if word in ("@columns", "@box"):
            options, parts, closing = _options(rest), [], "@next"
            if word == "@box":  # its title runs to the end of the line
                options = {"title": rest.removeprefix("title=").strip()}
            while closing == "@next":
                part, lines = _elements(lines, where)
                if not lines:
                    raise SourceError(f"{where}: {word} without @end")
                parts.append(part)
                closing, lines = lines[0].strip(), lines[1:]
            found.append(Element(word, rest, parts=tuple(parts), options=options))
        elif word in ("@table", "@plain"):
            table = Element(word, options=_options(rest))
            rows = []
            while lines and lines[0].startswith("|"):
                rows.append(tuple(cell.strip() for cell in lines[0].strip().strip("|").split("|")))
                lines = lines[1:]
            if len({len(row) for row in rows}) != 1:
                raise SourceError(f"{where}: rows of different length, or none: {rows[:1]}")
            found.append(Element(word, rows=tuple(rows), options=table.options))
        elif word == "@space":
            found.append(Element(word, options={"height": rest}))
        elif word in ("#", "##", "###", "!!", "!"):
            found.append(Element(word, rest.strip()))
        elif word.startswith("@"):
            raise SourceError(f"{where}: unknown {word}")
        elif " :: " in line:
            key, _, value = line.partition(" :: ")
            found.append(Element("key_value", rows=((key.strip(), value.strip()),)))
        elif line.strip() and not line.startswith("//"):
            found.append(Element("line", line.rstrip()))
    return tuple(found), []


def _options(text: str) -> dict[str, str]:
    return dict(re.findall(r"([a-z]+)=(\S+)", text))


def page_texts(page: SourcePage) -> Iterator[str]:
    """Yield every text that the page prints, apart from the notice."""
    if page.header:
        yield page.header
    yield from _texts(page.elements)
    if page.label:
        yield page.label


def _texts(elements: tuple[Element, ...]) -> Iterator[str]:
    for element in elements:
        if element.kind in ("@box",) and element.options.get("title"):
            yield element.options["title"]
        if element.kind not in ("@box", "@columns") and element.text:
            yield element.text.strip()
        if element.options.get("unit"):
            yield element.options["unit"]
        for row in element.rows:
            yield from (cell.replace("\\n", "") for cell in row if cell not in ("", "<", "^"))
        for part in element.parts:
            yield from _texts(part)


# --- drawing


def find_font(file: str) -> Path:
    """Return the path of a font file, looked for by name in the standard font folders."""
    for folder in FONT_FOLDERS:
        for path in sorted(Path(folder).expanduser().rglob(file)):
            return path
    raise FontError(f"{file} not found under {', '.join(FONT_FOLDERS)} (on Debian: apt-get install fonts-ipafont)")


class Look:
    """Fonts, sizes and colours of one document, and the flowables made with them."""

    def __init__(self, settings: dict[str, str], size: float):
        from reportlab.lib.colors import HexColor, white
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        for name, file in FONTS.items():
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(find_font(file))))
        self.slides = settings.get("look", "slides") == "slides"
        landscape = settings.get("paper", "landscape") == "landscape"
        self.width, self.height = A4 if landscape else A4[::-1]
        self.margin = 36.0 if self.slides else 54.0
        self.color = HexColor("#" + settings.get("color", "1f4e79"))
        self.pale = HexColor("#" + settings.get("pale", "e4edf6"))
        self.grey = HexColor("#666666")
        self.white = white
        self.size = size
        self.body_font = "gothic" if self.slides else settings.get("font", "mincho")

        def style(name: str, scale: float, font: str = "", **more: Any) -> ParagraphStyle:
            size = self.size * scale
            return ParagraphStyle(name, fontName=font or self.body_font, fontSize=size, leading=size * 1.4,
                                  wordWrap="CJK", **more)  # fmt: skip

        self.styles = {
            "line": style("line", 1, spaceAfter=2),
            "note": style("note", 0.78, textColor=self.grey, spaceAfter=1),
            "#": style("#", 1.5, "gothic", textColor=white if self.slides else self.color),
            "##": style("##", 1.15, "gothic", textColor=self.color, spaceBefore=5, spaceAfter=3),
            "###": style("###", 1.02, "gothic", spaceBefore=3, spaceAfter=2),
            "!!": style("!!", 2.3, "gothic", alignment=1, textColor=self.color, spaceAfter=14),
            "!": style("!", 1.3, "gothic", alignment=1, spaceAfter=6),
            "cell": style("cell", 0.86),
            "head": style("head", 0.86, "gothic", alignment=1),
            "figure": style("figure", 0.86, alignment=2),
            "unit": style("unit", 0.8, alignment=2),
            "key": style("key", 1, "gothic", textColor=self.color),
        }

    def paragraph(self, text: str, kind: str, bold: bool = False, **changes: Any) -> Any:
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.pdfbase import pdfmetrics
        from reportlab.platypus import Paragraph

        class Bold(Paragraph):  # type: ignore[misc]
            """IPA fonts have no bold: the glyphs are filled and outlined, which leaves the text layer as it is."""

            def draw(self) -> None:
                self.canv.saveState()
                self.canv.setStrokeColor(self.style.textColor)
                self.canv._code.append("2 Tr 0.25 w")
                super().draw()
                self.canv.restoreState()

        style = self.styles[kind]
        if changes:
            style = ParagraphStyle(style.name, parent=style, **changes)
        if missing := set(text) - {"\n"} - {chr(c) for c in pdfmetrics.getFont(style.fontName).face.charToGlyph}:
            raise SourceError(f"{style.fontName} has no glyph for {sorted(missing)} in {text!r}")
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("\\n", "<br/>")
        return (Bold if bold else Paragraph)(escaped, style)

    def line(self, text: str) -> Any:
        """Return a paragraph, hung behind its mark when it begins with one."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        kind = "note" if text.lstrip().startswith("※") else "line"
        size = self.styles[kind].fontSize
        if match := MARK.fullmatch(text):
            spaces, mark, rest = match.groups()
            mark += " " if len(mark) > 1 else ""
            width = stringWidth(mark, self.body_font, size)
            left = len(spaces) * size * 0.5 + width
            return self.paragraph(mark + rest, kind, leftIndent=left, firstLineIndent=-width)
        indent = (len(text) - len(text.lstrip(" "))) * size * 0.5
        return self.paragraph(text.strip(), kind, leftIndent=indent)

    def flowables(self, elements: tuple[Element, ...], width: float) -> list[Any]:
        from reportlab.pdfbase.pdfmetrics import stringWidth
        from reportlab.platypus import Spacer, Table, TableStyle

        out: list[Any] = []
        keys = [element.rows[0][0] for element in elements if element.kind == "key_value"]
        key_width = max((stringWidth(key, "gothic", self.size) for key in keys), default=0) + 1.5 * self.size
        for element in elements:
            if element.kind == "line":
                out.append(self.line(element.text))
            elif element.kind == "#":
                bar = Table([[self.paragraph(element.text, "#", bold=True)]], colWidths=[width])
                look = [("BACKGROUND", (0, 0), (-1, -1), self.color)] if self.slides else [
                    ("LINEBELOW", (0, 0), (-1, -1), 1.6, self.color)]  # fmt: skip
                bar.setStyle(
                    TableStyle([*look, ("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 6)])
                )
                out += [*([Spacer(1, 6)] if out else []), bar, Spacer(1, 7)]
            elif element.kind in ("##", "###", "!!", "!"):
                out.append(self.paragraph(element.text, element.kind, bold=True))
            elif element.kind == "key_value":
                key, value = element.rows[0]
                row = Table([[self.paragraph(key, "key"), self.line(value)]], colWidths=[key_width, width - key_width])
                row.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 0.5),
                                         ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]))  # fmt: skip
                out.append(row)
            elif element.kind == "@space":
                out.append(Spacer(1, float(element.options["height"])))
            elif element.kind == "@box":
                out += self.box(element, width)
            elif element.kind == "@columns":
                out.append(self.columns(element, width))
            else:
                out += self.table(element, width)
        return out

    def box(self, element: Element, width: float) -> list[Any]:
        from reportlab.platypus import Spacer, Table, TableStyle

        inner: list[Any] = []
        rules = [("BOX", (0, 0), (-1, -1), 0.8, self.color), ("TOPPADDING", (0, 0), (-1, -1), 4),
                 ("BOTTOMPADDING", (0, 0), (-1, -1), 6)]  # fmt: skip
        if title := element.options.get("title"):
            inner.append([self.paragraph(title, "###", bold=True)])
            rules.append(("BACKGROUND", (0, 0), (-1, 0), self.pale))
        inner.append([self.flowables(element.parts[0], width - 14)])
        return [Table(inner, colWidths=[width], style=TableStyle(rules)), Spacer(1, 6)]

    def columns(self, element: Element, width: float) -> Any:
        from reportlab.platypus import Table, TableStyle

        shares = [float(x) for x in element.options.get("widths", ",".join("1" * len(element.parts))).split(",")]
        widths = [width * share / sum(shares) for share in shares]
        gap = 9.0
        cells = [self.flowables(part, each - gap) for part, each in zip(element.parts, widths, strict=True)]
        style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                 ("RIGHTPADDING", (0, 0), (-1, -1), gap), ("TOPPADDING", (0, 0), (-1, -1), 0)]  # fmt: skip
        return Table([cells], colWidths=widths, style=TableStyle(style))

    def table(self, element: Element, width: float) -> list[Any]:
        """Return a table: ``<`` joins a cell to its left, ``^`` to the one above; @plain has no rules."""
        from reportlab.platypus import Spacer, Table, TableStyle

        rows, options = element.rows, element.options
        ruled, head = element.kind == "@table", int(options.get("head", "1"))
        scale = float(options.get("size", "1"))
        shares = [float(x) for x in options.get("widths", ",".join("1" * len(rows[0]))).split(",")]
        width *= float(options.get("wide", "1"))
        widths = [width * share / sum(shares) for share in shares]
        style: list[Any] = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                            ("BOTTOMPADDING", (0, 0), (-1, -1), 4), ("LEFTPADDING", (0, 0), (-1, -1), 4),
                            ("RIGHTPADDING", (0, 0), (-1, -1), 4)]  # fmt: skip
        if ruled:
            style.append(("GRID", (0, 0), (-1, -1), 0.6, self.grey))
            if head:
                style.append(("BACKGROUND", (0, 0), (-1, head - 1), self.pale))
        cells: list[list[Any]] = [["" for _ in row] for row in rows]
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                if text in ("<", "^"):
                    continue
                right, below = c, r
                while right + 1 < len(row) and row[right + 1] == "<":
                    right += 1
                while below + 1 < len(rows) and rows[below + 1][c] == "^":
                    below += 1
                if (right, below) != (c, r):
                    style.append(("SPAN", (c, r), (right, below)))
                kind = "head" if r < head else "figure" if FIGURE.fullmatch(text.split("\\n")[0]) else "cell"
                if c == 0 and r >= head and kind == "figure":
                    kind = "head"
                base = self.styles[kind].fontSize * scale
                cells[r][c] = self.paragraph(text, kind, fontSize=base, leading=base * 1.3)
        out: list[Any] = []
        if unit := options.get("unit"):
            out.append(self.paragraph(unit, "unit", rightIndent=0))
        out += [Table(cells, colWidths=widths, style=TableStyle(style), hAlign="LEFT"), Spacer(1, 6)]
        return out


def _lay_out(page: SourcePage, look: Look, canvas: Any) -> float:
    """Return the height left on the page, negative when it is too long; draw where there is a canvas."""
    width = look.width - 2 * look.margin
    top, bottom = look.height - (30 if look.slides else 48), 32.0
    y = top
    for flowable in look.flowables(page.elements, width):
        y -= flowable.getSpaceBefore() if y < top else 0
        _, height = flowable.wrap(width, look.height)
        if canvas is not None:
            flowable.drawOn(canvas, look.margin, y - height)
        y -= height + flowable.getSpaceAfter()
    return y - bottom


def render(source: Source, target: Path) -> None:
    """Write the PDF of a source, each page in the largest type that fits; the same source gives the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    settings = source.settings
    sizes = SIZES[settings.get("look", "slides")]
    looks = [Look(settings, size) for size in sizes]
    look = looks[0]
    canvas = Canvas(str(target), pagesize=(look.width, look.height), invariant=1, pageCompression=1)
    canvas.setTitle(settings["title"])
    canvas.setSubject(NOTICE)
    canvas.setCreator("sample/render.py")
    for ordinal, page in enumerate(source.pages, 1):
        if page.header:
            canvas.setFont("gothic", 9)
            canvas.setFillColor(look.grey)
            canvas.drawRightString(look.width - look.margin, look.height - (22 if look.slides else 34), page.header)
        for each in looks:
            if (left := _lay_out(page, each, None)) >= 0:
                _lay_out(page, each, canvas)
                break
        else:
            raise SourceError(f"{source.name}, page {ordinal}: {-left:.0f} pt too long at size {each.size}")
        canvas.setFont("gothic", 8)
        canvas.setFillColor(look.grey)
        canvas.drawString(look.margin, 16, NOTICE)
        if page.label:
            canvas.setFont("gothic", 11)
            if look.slides:
                canvas.drawRightString(look.width - look.margin, 15, page.label)
            else:
                canvas.drawRightString(look.width - look.margin, 15, f"- {page.label} -")
        canvas.showPage()
    canvas.save()


def sources() -> list[Path]:
    return sorted((FOLDER / "source").glob("*.txt"))


def main(names: list[str]) -> int:
    for path in sources():
        if not names or path.stem in names:
            target = FOLDER / f"{path.stem}.pdf"
            source = read_source(path)
            render(source, target)
            print(f"{target.name}: {len(source.pages)} pages, {target.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
