"""Word documents (.docx): the body in its order, as it reads when all changes are accepted.

A Word file has no pages: where a line falls depends on the printer. Places are paragraphs and rows of tables.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.marks import Run, said
from ingest.office.charts import chart_fields
from ingest.office.drawing import DIAGRAM, diagram_lines
from ingest.office.fields import shown_by
from ingest.office.leaf import Field, Leaf, one_line
from ingest.office.numbering import Numbering
from ingest.office.package import RefusedError, head_of, open_package
from ingest.office.styles import Look, Styles, W, look_of, numbering_of, outline_level, switch, value_of
from ingest.text import NotTextError, decode

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# What wraps paragraphs or runs without changing what is read.
_WRAPS = {
    W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "hyperlink", "fldSimple")
}
_WRAPS |= {W + name for name in ("dir", "bdo", "ruby", "rubyBase")}
_WRAPS |= {_M + name for name in ("oMathPara", "oMath", "r")}
_O = "{urn:schemas-microsoft-com:office:office}"
_V = "{urn:schemas-microsoft-com:vml}"
_DEEPEST_FILE = 3  # documents kept whole in documents
_DEEPEST = 100  # tables in tables, text boxes in text boxes: the library's parser goes no deeper


def read_word(package: io.BytesIO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the one page record of a Word document."""
    import docx

    document = docx.Document(package)
    reader = _Reader(document)
    reader.blocks(document.element.body, 0)
    reader.notes(all_left=True)
    reader.margins()
    return head_of(document.core_properties), [reader.leaf.record()]


@dataclass
class _Open:
    """A field that has begun: its code, and whether its result has, and says something."""

    form: Any = None
    code: list[str] = field(default_factory=list)
    has_result: bool = False
    says: bool = False


class _Reader:
    def __init__(self, document: Any, leaf: Leaf | None = None, within: str = "", depth: int = 0) -> None:
        self.leaf = leaf or Leaf()
        self._within = within  # what the places of a document that is kept whole in another begin with
        self._file_depth = depth
        self._part = document.part
        self._body = document.element.body
        self._styles = Styles(document.styles.element)
        self._numbering = Numbering(self._related("numbering"))
        self._footnotes = self._notes_of("footnotes", "footnote")
        self._endnotes = self._notes_of("endnotes", "endnote")
        self._waiting: list[tuple[str, str]] = []  # notes that the text just written refers to
        self._at_end: list[tuple[str, str]] = []
        self._boxes: list[tuple[str, Any]] = []  # text boxes and charts that stand at the paragraph just read
        self._fields: list[_Open] = []
        self._struck: list[str] = []  # in what was just read
        self._chunks = 0
        self._paragraphs = 0
        self._tables = 0
        self._in_list = False

    def _related(self, kind: str) -> Any:
        """Return the XML of the part of a kind, None where there is none."""
        from docx.oxml import parse_xml  # resolves no entities

        for relation in self._part.rels.values():
            if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
                blob = relation.target_part.blob
                return parse_xml(blob) if blob else None
        return None

    def _notes_of(self, kind: str, name: str) -> dict[str, Any]:
        root = self._related(kind)
        if root is None:
            return {}
        return {note.get(W + "id"): note for note in root.iter(W + name) if note.get(W + "type") in (None, "normal")}

    # Blocks

    def blocks(self, parent: Any, depth: int, box: str | None = None) -> None:
        """Write the paragraphs and tables of an element; ``box`` names the place of what stands in a text box."""
        for child in parent:
            if child.tag == W + "p":
                self._paragraph(child, depth, box)
            elif child.tag == W + "tbl":
                self._table(child, depth, box)
            elif child.tag == W + "altChunk":
                self._chunk(self._part.rels.get(child.get(_R + "id")))
            elif child.tag in _WRAPS:
                self.blocks(child, depth, box)

    def _paragraph(self, paragraph: Any, depth: int, box: str | None) -> None:
        properties = paragraph.find(W + "pPr")
        style = value_of(properties, "pStyle")
        text = self._text(paragraph, style)
        mark = self._mark(properties, style) if text.strip() else ""
        name = self._styles.name(style)
        if re.match(r"toc \d|目次 \d", name):
            text = ""  # the table of contents says every heading once more
            self._struck.clear()
        if text.strip():
            level = outline_level(properties)
            level = self._styles.level(style) if level is None else level
            if box is None:
                self._paragraphs += 1
            listed = bool(mark) and not level
            if not (listed and self._in_list):
                self.leaf.blank()
            self._in_list = listed
            short = len(text) <= 100 and "\n" not in text.strip()
            self.leaf.line(mark + text.strip(), level=level if short else 0, place=self._place(box))
        self._tell_struck(self._place(box) + ("" if text.strip() or box else "の後"))
        self._beside(depth)

    def _place(self, box: str | None) -> str:
        return box or f"{self._within}段落{self._paragraphs}"

    def _tell_struck(self, place: str) -> None:
        self.leaf.strike(self._struck, place)
        self._struck.clear()

    def _mark(self, properties: Any, style: str | None) -> str:
        number, level = numbering_of(properties)
        if number is None:
            number, of_style = self._styles.numbered(style)
            level = of_style if level is None else level
        return self._numbering.mark(number, level or 0) if number is not None else ""

    def _beside(self, depth: int) -> None:
        """Write what stands at the paragraph or table just written: text boxes, charts, footnotes."""
        boxes, self._boxes = self._boxes, []
        for kind, element in boxes:
            if kind == "chart":
                self.leaf.blank()
                title, fields = chart_fields(element)
                self.leaf.line(title, place="グラフ")
                self.leaf.table(fields, header_rows=1, header_columns=1, name_row=lambda row: "グラフ")
            elif kind == "lines":
                self.leaf.blank()
                for line in element:
                    self.leaf.line(line, place="図形")
                self._tell_struck("図形")
            elif depth < _DEEPEST:
                self._in_list = False
                self.blocks(element, depth + 1, "テキストボックス")
        self.notes()

    def notes(self, *, all_left: bool = False) -> None:
        """Write the footnotes that wait, and at the end the endnotes."""
        waiting, self._waiting = self._waiting, []
        if all_left:
            waiting, self._at_end = [*waiting, *self._at_end], []
        for name, text in waiting:
            self.leaf.blank()
            self.leaf.line(f"（{re.sub('脚|文末脚', '', name)}）{text}", place=name)
            self._in_list = False

    def margins(self) -> None:
        """Write what stands at the head and the foot of the pages and nowhere in the text, once."""
        from docx.oxml import parse_xml  # resolves no entities

        already = {re.sub(r"\s", "", line) for line in self.leaf.texts()}
        for kind, id_ in dict.fromkeys(self._margins()):
            for paragraph in (p for blob in self._blobs(id_) for p in parse_xml(blob).iter(W + "p")):
                text = self._text(paragraph, value_of(paragraph.find(W + "pPr"), "pStyle"))
                bare = re.sub(r"\s", "", text)
                if not _PAGE_NUMBER.fullmatch(bare) and bare not in already:
                    already.add(bare)
                    self.leaf.blank()
                    self.leaf.line(text.strip(), place=kind)
                self._tell_struck(kind)
            self._boxes.clear()

    def _margins(self) -> Iterator[tuple[str, str | None]]:
        """Yield the heads and feet of pages that are shown: those of first and even pages only where they differ."""
        settings = self._related("settings")
        kinds = {"default"}
        if settings is not None and switch(settings, "evenAndOddHeaders"):
            kinds.add("even")
        for section in self._body.iter(W + "sectPr"):
            here = kinds | {"first"} if switch(section, "titlePg") else kinds
            for reference in section:
                kind = {W + "headerReference": "ヘッダー", W + "footerReference": "フッター"}.get(reference.tag)
                if kind is not None and reference.get(W + "type", "default") in here:
                    yield kind, reference.get(_R + "id")

    def _chunk(self, relation: Any) -> None:
        """Write a document that is kept whole in this one: a web page, plain text or Word."""
        if relation is None or relation.is_external:
            return
        self._chunks += 1
        self.leaf.blank()
        data, within = relation.target_part.blob, f"埋め込みの文書{self._chunks} "
        if self._file_depth >= _DEEPEST_FILE or not _write_chunk(data, self.leaf, within, self._file_depth + 1):
            self.leaf.left_out.append(f"{self._place(None)}の後の、埋め込みの文書")
        self.leaf.blank()
        self._in_list = False

    # Tables

    def _table(self, table: Any, depth: int, box: str | None) -> None:
        self._in_list = False
        rows = [row for row in self._children(table, "tr") if not _is_gone(row)]
        grid = [list(self._placed(row)) for row in rows]
        inner: list[Any] = []
        if len(rows) < 2 or max(map(len, grid), default=0) < 2:
            # A frame around paragraphs, or a row of frames, is no table.
            if depth < _DEEPEST:
                for cell in (cell for row in grid for _, _, cell in row):
                    self.blocks(cell, depth + 1, box)
            return
        self._tables += 1
        name = box or f"{self._within}表{self._tables}"
        fields: list[Field] = []
        open_at: dict[int, int] = {}  # column → index in fields of the cell that goes on downwards
        for r, row in enumerate(grid):
            for column, span, cell in row:
                merge = cell.find(f"{W}tcPr/{W}vMerge")
                if merge is not None and merge.get(W + "val") != "restart" and column in open_at:
                    above = fields[open_at[column]]
                    fields[open_at[column]] = Field(
                        above.row, above.column, above.text, r - above.row + 1, above.column_span
                    )
                    continue
                open_at.pop(column, None)
                if merge is not None:
                    open_at[column] = len(fields)
                fields.append(Field(r, column, one_line(self._cell(cell, inner)), 1, span))
                self._tell_struck(f"{name} {r + 1}行目")
        heads = 0
        while heads < len(rows) and rows[heads].find(f"{W}trPr/{W}tblHeader") is not None:
            heads += 1
        self.leaf.blank()
        self.leaf.table(fields, header_rows=heads or None, name_row=lambda row: f"{name} {row + 1}行目")
        self.leaf.blank()
        for nested in inner:
            if depth < _DEEPEST:
                self._table(nested, depth + 1, box)
        self._beside(depth)

    def _children(self, parent: Any, name: str) -> Iterator[Any]:
        for child in parent:
            if child.tag == W + name:
                yield child
            elif child.tag in _WRAPS:
                yield from self._children(child, name)

    def _placed(self, row: Any) -> Iterator[tuple[int, int, Any]]:
        """Yield column, span and element of a row's cells."""
        before = value_of(row.find(W + "trPr"), "gridBefore")
        column = int(before) if before and before.isdecimal() else 0
        for cell in self._children(row, "tc"):
            said = value_of(cell.find(W + "tcPr"), "gridSpan")
            span = max(1, min(int(said), 1000)) if said and said.isdecimal() else 1
            yield column, span, cell
            column += span

    def _cell(self, cell: Any, inner: list[Any]) -> str:
        """Return a cell's text, and put the tables in it aside."""
        texts: list[str] = []
        for child in cell:
            if child.tag == W + "p":
                properties = child.find(W + "pPr")
                style = value_of(properties, "pStyle")
                text = self._text(child, style)
                if text.strip():
                    texts.append(self._mark(properties, style) + text)
            elif child.tag == W + "tbl":
                inner.append(child)
            elif child.tag in _WRAPS:
                texts.append(self._cell(child, inner))
        return " ".join(filter(None, texts))

    # Runs

    def _text(self, parent: Any, style: str | None) -> str:
        """Return the text of a paragraph, as it stands when changes are accepted; hidden text is counted."""
        runs: list[Run] = []
        usual = self._styles.look(style or self._styles.normal).over(self._styles.usual)
        self._fields = [one for one in self._fields if one.has_result]  # no code goes on behind its paragraph
        self._runs(parent, runs, usual)
        return said(runs, self._struck)

    def _runs(self, parent: Any, runs: list[Run], usual: Look) -> None:
        for child in parent:
            if child.tag == W + "r":
                self._run(child, runs, usual)
            elif child.tag == W + "fldSimple" and not any((t.text or "").strip() for t in child.iter(W + "t")):
                runs.append(Run(shown_by(child.get(W + "instr") or "")))
            elif child.tag in _WRAPS:
                self._runs(child, runs, usual)
            elif child.tag == W + "del":
                runs.extend(Run(text.text or "", struck=True) for text in child.iter(W + "delText"))
            elif child.tag == _M + "t":
                runs.append(Run(child.text or ""))
            elif isinstance(child.tag, str) and child.tag.startswith(_M):
                self._runs(child, runs, usual)

    def _run(self, run: Any, runs: list[Run], usual: Look) -> None:
        properties = run.find(W + "rPr")
        of_style = value_of(properties, "rStyle")
        look = look_of(properties)
        look = look.over(self._styles.look(of_style)).over(usual) if of_style is not None else look.over(usual)
        for child in run:
            text = self._piece(child, runs, usual)
            outer = next((one for one in reversed(self._fields[:-1]) if not one.has_result), None)
            if outer is not None and self._fields[-1].has_result:
                outer.code.append(text)  # the result of a field in the code of another
            elif look.hidden:
                self.leaf.hidden += len(text)
            elif text:
                runs.append(look.run(text, usual))
                for one in self._fields:
                    one.says |= one.has_result

    def _field(self, sign: Any) -> str:
        """Follow the signs at which a field begins, its result begins and it ends; return what it shows by itself."""
        kind = sign.get(W + "fldCharType")
        if kind == "begin":
            self._fields.append(_Open(sign.find(W + "ffData")))
        elif self._fields and kind == "separate":
            self._fields[-1].has_result = True
        elif self._fields and kind == "end":
            ended = self._fields.pop()
            return "" if ended.says else shown_by("".join(ended.code), ended.form)
        return ""

    def _piece(self, piece: Any, runs: list[Run], usual: Look) -> str:
        """Return what a piece of a run shows; pictures and boxes are put aside, references to notes are followed."""
        name = piece.tag.removeprefix(W) if isinstance(piece.tag, str) else ""
        if name == "t":
            return piece.text or ""
        if name in ("tab", "ptab"):
            return " "
        if name in ("br", "cr"):
            return "\n"
        if name == "noBreakHyphen":
            return "-"
        if name == "sym":
            code = piece.get(W + "char") or ""
            return chr(int(code, 16)) if re.fullmatch(r"[0-9A-Fa-f]{4}", code) and code[0] not in "dD" else ""
        if name == "fldChar":
            return self._field(piece)
        if name == "instrText":
            if self._fields:
                self._fields[-1].code.append(piece.text or "")
        elif name in ("footnoteReference", "endnoteReference"):
            self._refer(name, piece.get(W + "id"))
        elif name == "ruby":
            for base in piece.iterfind(W + "rubyBase"):
                self._runs(base, runs, usual)
        elif name in ("drawing", "pict", "object"):
            self._set_aside(piece)
        return ""

    def _set_aside(self, element: Any) -> None:
        """Keep the text boxes, charts and diagrams of a drawing for behind the paragraph."""
        stack = [element]
        while stack:
            found = stack.pop()
            if found.tag == W + "txbxContent":
                self._boxes.append(("box", found))
            elif found.tag == _C + "chart":
                self._boxes.extend(("chart", blob) for blob in self._blobs(found.get(_R + "id")))
            elif found.tag == DIAGRAM + "relIds":
                blobs = self._blobs(found.get(_R + "dm"))
                self._boxes.extend(("lines", diagram_lines(blob, self._struck)) for blob in blobs)
            elif found.tag == _V + "textpath":
                self._boxes.append(("lines", [found.get("string") or ""]))
            elif found.tag == _O + "OLEObject" and found.get("Type") != "Link":
                self.leaf.left_out.append("埋め込みのファイル（表や文書）")
            else:
                stack.extend(reversed(found))

    def _blobs(self, id_: str | None) -> Iterator[bytes]:
        part = self._part.rels.get(id_)
        if part is not None and not part.is_external:
            yield part.target_part.blob

    def _refer(self, kind: str, number: str | None) -> None:
        notes, name, queue = (
            (self._footnotes, "脚注", self._waiting)
            if kind == "footnoteReference"
            else (self._endnotes, "文末脚注", self._at_end)
        )
        note = notes.pop(number or "", None)
        if note is None:
            return
        before, self._struck = self._struck, []
        texts = [self._text(paragraph, None) for paragraph in note.iter(W + "p")]
        text = one_line(" ".join(texts))
        self._tell_struck(f"{name}{number}")
        self._struck = before
        if text:
            queue.append((f"{name}{number}", text))


def _is_gone(row: Any) -> bool:
    """Say whether a row was deleted while changes were tracked, or is hidden."""
    properties = row.find(W + "trPr")
    return properties is not None and any(properties.find(W + name) is not None for name in ("del", "hidden"))


_PAGE_NUMBER = re.compile(
    r"(?:page|p\.?|ページ|頁)?[-‐–―－~～〜]*[0-9０-９]*(?:[/／][0-9０-９]+)?(?:ページ|頁)?[-‐–―－~～〜]*", re.I
)


def _write_chunk(data: bytes, leaf: Leaf, within: str, depth: int) -> bool:
    """Write a document that is kept whole in another; return whether it could be read."""
    import docx

    if data.startswith(b"PK"):
        try:
            document = docx.Document(open_package(io.BytesIO(data)))
        except (RefusedError, KeyError, ValueError):
            return False
        reader = _Reader(document, leaf, within, depth)
        reader.blocks(document.element.body, 0)
        reader.notes(all_left=True)
        return True
    if not data.strip() or data.lstrip().startswith(b"{\\rtf"):
        return False
    from ingest.office.web import write_page

    if re.match(rb"(?:From|MIME-Version|Content-Type|Subject|Date):", data.lstrip(), re.I):
        page = _page_of_mail(data)
        return page is not None and write_page(page, leaf, within)
    if re.search(rb"<\s*(?:html|body|p|div|table|meta|h[1-6]|span|br)\b", data[:4096], re.I):
        return write_page(data, leaf, within)
    try:
        for number, line in enumerate(decode(data).split("\n"), 1):
            leaf.line(line, place=f"{within}{number}行目")
    except NotTextError:
        return False
    return True


def _page_of_mail(data: bytes) -> bytes | None:
    """Return the web page in a file that keeps one whole (.mht)."""
    from email import message_from_bytes

    for part in message_from_bytes(data).walk():
        if part.get_content_type() == "text/html":
            page = part.get_payload(decode=True)
            return page if isinstance(page, bytes) else None
    return None
