"""Word documents (.docx): the body in its order, as it reads when all changes are accepted.

A Word file has no pages: where a line falls depends on the printer. Places are paragraphs and rows of tables.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from ingest.office.charts import chart_fields
from ingest.office.leaf import Field, Leaf, one_line
from ingest.office.numbering import Numbering
from ingest.office.package import head_of

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# What wraps paragraphs or runs without changing what is read.
_WRAPS = {
    _W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "hyperlink", "fldSimple")
}
_WRAPS |= {_W + name for name in ("dir", "bdo", "ruby", "rubyBase")} | {_MC + "AlternateContent", _MC + "Choice"}
_WRAPS |= {_M + name for name in ("oMathPara", "oMath", "r")}
_DEEPEST = 100  # tables in tables, text boxes in text boxes: the library's parser goes no deeper


def read_word(package: io.BytesIO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the one page record of a Word document."""
    import docx

    document = docx.Document(package)
    reader = _Reader(document)
    reader.blocks(document.element.body, 0)
    reader.notes(all_left=True)
    return head_of(document.core_properties), [reader.leaf.record()]


class _Styles:
    """What the styles of a document say: headings, hidden text, numbering. Styles are based on others."""

    def __init__(self, element: Any) -> None:
        self._by_id = {style.get(_W + "styleId"): style for style in element.iter(_W + "style")}

    def chain(self, style_id: str | None) -> Iterator[Any]:
        """Yield a style and those it is based on."""
        seen: set[str | None] = set()
        while style_id in self._by_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id[style_id]
            yield style
            based = style.find(_W + "basedOn")
            style_id = based.get(_W + "val") if based is not None else None

    def name(self, style_id: str | None) -> str:
        style = self._by_id.get(style_id)
        name = style.find(_W + "name") if style is not None else None
        return (name.get(_W + "val") or "").lower() if name is not None else ""

    def level(self, style_id: str | None) -> int:
        """Return the level that a paragraph's style makes it a heading of, 0 for none. 例: heading 2, 見出し 2 → 2"""
        for style in self.chain(style_id):
            level = _outline_level(style.find(_W + "pPr"))
            if level is not None:
                return level
            name = self.name(style.get(_W + "styleId"))
            if name in ("title", "表題"):
                return 1
            match = re.fullmatch(r"(?:heading|見出し)\s?([1-9])", name)
            if match:
                return int(match[1])
        return 0

    def hides(self, style_id: str | None) -> bool:
        return any((said := _vanishes(style.find(_W + "rPr"))) is not None and said for style in self.chain(style_id))

    def numbered(self, style_id: str | None) -> tuple[str | None, int]:
        """Return the list (and the level in it) that a style puts its paragraphs into."""
        for style in self.chain(style_id):
            found = _numbered(style.find(_W + "pPr"))
            if found[0] is not None:
                return found[0], found[1] or 0
        return None, 0


def _value(parent: Any, name: str) -> str | None:
    child = parent.find(_W + name) if parent is not None else None
    value = child.get(_W + "val") if child is not None else None
    return str(value) if value is not None else None


def _outline_level(properties: Any) -> int | None:
    """Return 1 to 9 for a heading, 0 for what is said to be none, None where nothing is said."""
    value = _value(properties, "outlineLvl")
    if value is None or not value.isdecimal():
        return None
    return int(value) + 1 if int(value) < 9 else 0


def _numbered(properties: Any) -> tuple[str | None, int | None]:
    numbering = properties.find(_W + "numPr") if properties is not None else None
    level = _value(numbering, "ilvl")
    return _value(numbering, "numId"), int(level) if level and level.isdecimal() else None


def _vanishes(properties: Any) -> bool | None:
    hidden = properties.find(_W + "vanish") if properties is not None else None
    return None if hidden is None else hidden.get(_W + "val") not in ("0", "false", "off")


class _Reader:
    def __init__(self, document: Any) -> None:
        self.leaf = Leaf()
        self._part = document.part
        self._styles = _Styles(document.styles.element)
        self._numbering = Numbering(self._related("numbering"))
        self._footnotes = self._notes_of("footnotes", "footnote")
        self._endnotes = self._notes_of("endnotes", "endnote")
        self._waiting: list[tuple[str, str]] = []  # notes that the text just written refers to
        self._at_end: list[tuple[str, str]] = []
        self._boxes: list[tuple[str, Any]] = []  # text boxes and charts that stand at the paragraph just read
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
        return {note.get(_W + "id"): note for note in root.iter(_W + name) if note.get(_W + "type") in (None, "normal")}

    # Blocks

    def blocks(self, parent: Any, depth: int, box: str | None = None) -> None:
        """Write the paragraphs and tables of an element; ``box`` names the place of what stands in a text box."""
        for child in parent:
            if child.tag == _W + "p":
                self._paragraph(child, depth, box)
            elif child.tag == _W + "tbl":
                self._table(child, depth, box)
            elif child.tag in _WRAPS:
                self.blocks(child, depth, box)

    def _paragraph(self, paragraph: Any, depth: int, box: str | None) -> None:
        properties = paragraph.find(_W + "pPr")
        style = _value(properties, "pStyle")
        text = self._text(paragraph, style)
        mark = self._mark(properties, style) if text.strip() else ""
        name = self._styles.name(style)
        if re.match(r"toc \d|目次 \d", name):
            text = ""  # the table of contents says every heading once more
        if text.strip():
            level = _outline_level(properties)
            level = self._styles.level(style) if level is None else level
            if box is None:
                self._paragraphs += 1
            listed = bool(mark) and not level
            if not (listed and self._in_list):
                self.leaf.blank()
            self._in_list = listed
            short = len(text) <= 100 and "\n" not in text.strip()
            self.leaf.line(mark + text.strip(), level=level if short else 0, place=box or f"段落{self._paragraphs}")
        self._beside(depth)

    def _mark(self, properties: Any, style: str | None) -> str:
        number, level = _numbered(properties)
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
        number = self._tables
        fields: list[Field] = []
        open_at: dict[int, int] = {}  # column → index in fields of the cell that goes on downwards
        for r, row in enumerate(grid):
            for column, span, cell in row:
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                if merge is not None and merge.get(_W + "val") != "restart" and column in open_at:
                    above = fields[open_at[column]]
                    fields[open_at[column]] = Field(
                        above.row, above.column, above.text, r - above.row + 1, above.column_span
                    )
                    continue
                open_at.pop(column, None)
                if merge is not None:
                    open_at[column] = len(fields)
                fields.append(Field(r, column, one_line(self._cell(cell, inner)), 1, span))
        heads = 0
        while heads < len(rows) and rows[heads].find(f"{_W}trPr/{_W}tblHeader") is not None:
            heads += 1
        self.leaf.blank()
        self.leaf.table(fields, header_rows=heads or None, name_row=lambda row: f"{box or f'表{number}'} {row + 1}行目")
        self.leaf.blank()
        for nested in inner:
            if depth < _DEEPEST:
                self._table(nested, depth + 1, box)
        self._beside(depth)

    def _children(self, parent: Any, name: str) -> Iterator[Any]:
        for child in parent:
            if child.tag == _W + name:
                yield child
            elif child.tag in _WRAPS:
                yield from self._children(child, name)

    def _placed(self, row: Any) -> Iterator[tuple[int, int, Any]]:
        """Yield column, span and element of a row's cells."""
        before = _value(row.find(_W + "trPr"), "gridBefore")
        column = int(before) if before and before.isdecimal() else 0
        for cell in self._children(row, "tc"):
            said = _value(cell.find(_W + "tcPr"), "gridSpan")
            span = max(1, min(int(said), 1000)) if said and said.isdecimal() else 1
            yield column, span, cell
            column += span

    def _cell(self, cell: Any, inner: list[Any]) -> str:
        """Return a cell's text, and put the tables in it aside."""
        texts: list[str] = []
        for child in cell:
            if child.tag == _W + "p":
                properties = child.find(_W + "pPr")
                style = _value(properties, "pStyle")
                text = self._text(child, style)
                if text.strip():
                    texts.append(self._mark(properties, style) + text)
            elif child.tag == _W + "tbl":
                inner.append(child)
            elif child.tag in _WRAPS:
                texts.append(self._cell(child, inner))
        return " ".join(filter(None, texts))

    # Runs

    def _text(self, parent: Any, style: str | None) -> str:
        """Return the text of a paragraph, as it stands when changes are accepted; hidden text is counted."""
        parts: list[str] = []
        paragraph_hides = self._styles.hides(style)
        self._runs(parent, parts, paragraph_hides)
        return "".join(parts)

    def _runs(self, parent: Any, parts: list[str], hides: bool) -> None:
        for child in parent:
            if child.tag == _W + "r":
                self._run(child, parts, hides)
            elif child.tag in _WRAPS:
                self._runs(child, parts, hides)
            elif child.tag == _M + "t":
                parts.append(child.text or "")
            elif isinstance(child.tag, str) and child.tag.startswith(_M):
                self._runs(child, parts, hides)

    def _run(self, run: Any, parts: list[str], hides: bool) -> None:
        properties = run.find(_W + "rPr")
        own = _vanishes(properties)
        of_style = _value(properties, "rStyle")
        hidden = own if own is not None else hides or (of_style is not None and self._styles.hides(of_style))
        for child in run:
            text = self._piece(child, parts, hides)
            if hidden:
                self.leaf.hidden += len(text)
            else:
                parts.append(text)

    def _piece(self, piece: Any, parts: list[str], hides: bool) -> str:
        """Return what a piece of a run shows; pictures and boxes are put aside, references to notes are followed."""
        name = piece.tag.removeprefix(_W) if isinstance(piece.tag, str) else ""
        if name == "t":
            return piece.text or ""
        if name in ("tab", "ptab"):
            return " "
        if name in ("br", "cr"):
            return "\n"
        if name == "noBreakHyphen":
            return "-"
        if name == "sym":
            code = piece.get(_W + "char") or ""
            return chr(int(code, 16)) if re.fullmatch(r"[0-9A-Fa-f]{4}", code) and code[0] not in "dD" else ""
        if name in ("footnoteReference", "endnoteReference"):
            self._refer(name, piece.get(_W + "id"))
        elif name == "ruby" or piece.tag in (_MC + "AlternateContent", _MC + "Choice"):
            for child in piece:
                if child.tag == _W + "rubyBase":
                    self._runs(child, parts, hides)
                elif child.tag == _MC + "Choice":
                    self._set_aside(child)
        elif name in ("drawing", "pict", "object"):
            self._set_aside(piece)
        return ""

    def _set_aside(self, element: Any) -> None:
        """Keep the text boxes and charts of a drawing for behind the paragraph."""
        stack = [element]
        while stack:
            found = stack.pop()
            if found.tag == _W + "txbxContent":
                self._boxes.append(("box", found))
            elif found.tag == _C + "chart":
                part = self._part.rels.get(found.get(_R + "id"))
                if part is not None and not part.is_external:
                    self._boxes.append(("chart", part.target_part.blob))
            elif found.tag != _MC + "Fallback":
                stack.extend(reversed(found))

    def _refer(self, kind: str, number: str | None) -> None:
        notes, name, queue = (
            (self._footnotes, "脚注", self._waiting)
            if kind == "footnoteReference"
            else (self._endnotes, "文末脚注", self._at_end)
        )
        note = notes.pop(number or "", None)
        if note is None:
            return
        texts = [self._text(paragraph, None) for paragraph in note.iter(_W + "p")]
        text = one_line(" ".join(texts))
        if text:
            queue.append((f"{name}{number}", text))


def _is_gone(row: Any) -> bool:
    """Say whether a row was deleted while changes were tracked, or is hidden."""
    properties = row.find(_W + "trPr")
    return properties is not None and any(properties.find(_W + name) is not None for name in ("del", "hidden"))
