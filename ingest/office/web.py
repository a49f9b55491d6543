"""Web pages (.html): the main text with its headings, lists and tables; nothing is run and nothing is fetched."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.marks import Run, said
from ingest.office.leaf import Field, Leaf, one_line
from ingest.office.numbering import numeral
from ingest.office.package import RefusedError
from ingest.text import NotTextError, decode, from_euc

_MOST_BYTES = 24 << 20
_MOST_SPAN = 1_000
_MOST_SQUARES = 2_000_000
_DEEPEST = 50  # tables in cells of tables
_DROPPED = frozenset(
    "script style noscript template head nav svg math canvas object embed iframe select button textarea input"
    " audio video map rt rp rtc dialog".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form h1 h2"
    " h3 h4 h5 h6 header hr html legend li main menu ol p pre section summary table tbody td tfoot th thead tr ul"
    " caption".split()
)
# Roles and names of what stands around the text on every page of a site.
_BOILERPLATE = re.compile(
    r"(?:^|[-_ ])(?:nav|navi|navigation|gnav|gnavi|lnav|breadcrumbs?|topic-?path|pankuzu|sidebar|side-?menu|menu|skip"
    r"|page-?top|social|sns|banner|cookie|search-?box)(?:$|[-_ ])",
    re.I,
)
_ROLES = frozenset({"navigation", "search", "banner", "contentinfo", "menu", "menubar", "dialog"})
_STRUCK = frozenset({"s", "del", "strike"})


def read_web(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the one page record of a web page; raise ``RefusedError``."""
    from bs4 import BeautifulSoup

    data = path.read_bytes()
    if len(data) > _MOST_BYTES:
        raise RefusedError("large", f"{len(data)} bytes, of which {_MOST_BYTES} are read")
    soup = BeautifulSoup(_decoded(data), "lxml")
    writer = _Writer(Leaf(), Looks(soup))
    writer.write(_main(soup))
    head: dict[str, Any] = {"title": _title(soup), "created": _date(soup), "warnings": []}
    return head, [writer.leaf.record()]


def write_page(data: bytes, leaf: Leaf, within: str) -> bool:
    """Write a web page that is kept whole in another document; return whether its letters are known."""
    from bs4 import BeautifulSoup

    try:
        soup = BeautifulSoup(_decoded(data), "lxml")
    except RefusedError:
        return False
    _Writer(leaf, Looks(soup), within).write(soup.body or soup)
    return True


_CHARSET = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)|<\?xml[^>]+encoding=["']([A-Za-z0-9_.-]+)""", re.I
)
_WIDER = {"shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "windows-31j": "cp932"}


def _decoded(data: bytes) -> str:
    """Return the text of a page: by its mark, as UTF-8 if it can be that, by what it says, else as any text file."""
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(data)
    said = _CHARSET.search(data[:4096])
    name = (said[1] or said[2]).decode("ascii").lower() if said else ""
    if name in ("euc-jp", "euc_jp", "x-euc-jp"):
        try:
            return from_euc(data)
        except UnicodeDecodeError:
            pass  # a page may say one thing and be another
    try:
        return decode(data)
    except NotTextError as error:
        if not name or b"\0" in data[:4096]:
            raise RefusedError("nottext", str(error)) from error
        try:
            # A few bad bytes are no reason to lose a page.
            text = data.decode(_WIDER.get(name, name), errors="replace")
        except LookupError:
            text = "\ufffd"
        if text.count("\ufffd") * _FEW_BAD > len(text):
            raise RefusedError("nottext", str(error)) from error
        return text


_FEW_BAD = 50  # characters of a page, of which one may be lost


def _main(soup: Any) -> Any:
    """Return the element that holds the text: the page's main part where it has one, else its body."""
    mains = soup.find_all(lambda tag: tag.name == "main" or tag.get("role") == "main", limit=2)
    body = soup.body or soup
    return mains[0] if len(mains) == 1 and mains[0].get_text(strip=True) else body


_PARTS = re.compile(r"\s*[|｜]\s*|\s+[-–—/／:：]\s+|[／]")


def _title(soup: Any) -> str:
    """Return the page's title without the name of its site: the part that is a heading, else the first.

    例: 移住相談の実績 - みどり市ホームページ → 移住相談の実績
    """
    title = one_line(soup.title.get_text()) if soup.title is not None else ""
    parts = [part for part in _PARTS.split(title) if part]
    headings = {one_line(heading.get_text()) for heading in soup.find_all(["h1", "h2", "h3"], limit=200)}
    return next((part for part in parts if part in headings), parts[0] if parts else "")


_DATES = (
    *("article:modified_time", "dcterms.modified", "dc.date.modified", "last-modified", "article:published_time"),
    *("dcterms.issued", "dc.date.issued", "dcterms.date", "dc.date", "date", "pubdate"),
)


def _date(soup: Any) -> str | None:
    """Return the day that the page's properties give. 例: <meta name="dcterms.modified" content="2024-01-31">"""
    said: dict[str, str] = {}
    for meta in soup.find_all("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("http-equiv")
        if isinstance(name, str) and isinstance(meta.get("content"), str):
            said.setdefault(name.lower(), meta["content"])
    for name in _DATES:
        match = re.match(r"\s*(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", said.get(name, ""))
        if match:
            return "-".join(match.groups())
    return None


class Looks:
    """How the elements of a page are set, as far as it changes what they say: hidden, struck through, raised."""

    def __init__(self, soup: Any) -> None:
        self._by_rule: dict[int, str] = {}  # id of an element → what the rules of the page say of it
        left = _MOST_RULES
        for style in soup.find_all("style"):
            for selector, rule in _rules(style.get_text()):
                left -= 1
                for tag in _selected(soup, selector) if left > 0 else ():
                    self._by_rule[id(tag)] = f"{self._by_rule.get(id(tag), '')};{rule}"

    def _rules_of(self, tag: Any) -> str:
        own = tag.get("style") or ""
        return f"{self._by_rule.get(id(tag), '')};{own}" if own or id(tag) in self._by_rule else ""

    def is_dropped(self, tag: Any) -> bool:
        """Say whether an element is no part of the text: code, navigation, what is hidden."""
        if tag.name in _DROPPED or tag.has_attr("hidden") or tag.get("role") in _ROLES:
            return True
        if tag.name in ("footer", "header") and tag.find_parent(["main", "article", "section"]) is None:
            return tag.find(["h1", "table"]) is None
        rules = self._rules_of(tag)
        if rules and any(_last(rules, name, values) for name, values in _HIDES):
            return True
        if tag.name not in ("div", "ul", "ol", "p", "section", "aside"):
            return False
        names = " ".join([*(tag.get("class") or ()), str(tag.get("id") or "")])
        if re.fullmatch(r"(?:site-?|g|page-?)?footer", names, re.I):
            return tag.find(["h1", "table"]) is None
        return bool(names) and _BOILERPLATE.search(names) is not None

    def is_struck(self, tag: Any) -> bool:
        said = self._rules_of(tag)
        return tag.name in _STRUCK or (
            bool(said) and _last(said, r"text-decoration(?:-line)?", r"[^;]*\bline-through\b")
        )

    def is_raised(self, tag: Any) -> bool:
        rules = self._rules_of(tag)
        return tag.name == "sup" or (bool(rules) and _last(rules, "vertical-align", r"(?:super|text-top)\b"))


_MOST_RULES = 1_000
_HIDES = (
    ("display", r"none\b"),
    ("visibility", r"(?:hidden|collapse)\b"),
    ("opacity", r"0(?:\.0*)?(?![\d.])"),
    ("font-size", r"0(?:\.0*)?(?![\d.])"),
)


def _last(rules: str, name: str, value: str) -> bool:
    """Say whether the last thing that is said of a property is a value (both are patterns)."""
    found = re.findall(rf"(?:^|[;\s])(?:{name})\s*:\s*([^;]*)", rules, re.I)
    return bool(found) and re.match(value, found[-1].strip(), re.I) is not None


_TELLS = re.compile(
    r"(?:^|[;\s])(?:display|visibility|opacity|font-size|text-decoration(?:-line)?|vertical-align)\s*:", re.I
)
_SCREEN = re.compile(r"@media\s+(?:only\s+)?(?:screen|all)\s*$", re.I)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors of a style sheet with what they say; rules for printers and small screens are not read."""
    text = re.sub(r"/\*.*?\*/|<!--|-->", "", sheet, flags=re.S)
    open_at: list[str] = []
    for match in re.finditer(r"([^{}]*)([{}])", text):
        if match[2] == "{":
            open_at.append(match[1].rpartition(";")[2].strip())
            continue
        selector = open_at.pop() if open_at else ""
        within = all(_SCREEN.match(outer) for outer in open_at)
        if selector and not selector.startswith("@") and within and _TELLS.search(match[1]):
            yield selector, match[1]


def _selected(soup: Any, selector: str) -> Sequence[Any]:
    from soupsieve import SelectorSyntaxError

    if ":" in selector:
        return ()  # 例: a:hover, .note::before
    try:
        found: Sequence[Any] = soup.select(selector, limit=_MOST_SELECTED)
    except (SelectorSyntaxError, NotImplementedError):
        return ()
    return found


_MOST_SELECTED = 10_000


class _Writer:
    def __init__(self, leaf: Leaf, looks: Looks, within: str = "") -> None:
        self.leaf = leaf
        self._looks = looks
        self._within = within  # what the places of a page that is kept in another document begin with
        self._runs: list[Run] = []
        self._struck = self._raised = 0  # open elements that set so
        self._paragraphs = 0
        self._tables = 0
        self._lists: list[list[int | None]] = []  # the next number of each open list, None for bullets
        self._mark = ""
        self._level = 0

    def write(self, root: Any) -> None:
        """Write an element; nesting costs no stack, however deep it is."""
        open_tags: list[tuple[Any, Iterator[Any]]] = [(root, iter(root.children))]
        while open_tags:
            tag, children = open_tags[-1]
            child = next(children, None)
            if child is None:
                open_tags.pop()
                self._close(tag)
            elif isinstance(child, str):
                if type(child).__name__ in ("NavigableString", "CData"):
                    text = child if tag.name == "pre" else re.sub(r"\s+", " ", child)
                    self._runs.append(Run(text, self._struck > 0, self._raised > 0))
            elif self._looks.is_dropped(child):
                continue
            elif child.name == "table" and not _is_layout(child):
                self._flush()
                self._table(child)
            else:
                self._open(child)
                open_tags.append((child, iter(child.children)))
        self._flush()

    def _open(self, tag: Any) -> None:
        if tag.name == "br":
            self._runs.append(Run("\n", self._struck > 0))
        if tag.name in _BLOCKS:
            self._flush()
        self._struck += self._looks.is_struck(tag)
        self._raised += self._looks.is_raised(tag)
        if tag.name in ("ul", "ol", "menu", "dir"):
            start = tag.get("start") or "1"
            self._lists.append([int(start) if start.isdecimal() else 1] if tag.name == "ol" else [None])
            if len(self._lists) == 1:
                self.leaf.blank()
        elif tag.name == "li":
            self._mark = self._item(tag)
        elif re.fullmatch(r"h[1-6]", tag.name):
            self._level = int(tag.name[1])

    def _close(self, tag: Any) -> None:
        if tag.name in _BLOCKS:
            self._flush()
        self._struck -= self._looks.is_struck(tag) if self._struck else 0
        self._raised -= self._looks.is_raised(tag) if self._raised else 0
        if tag.name not in _BLOCKS:
            return
        self._level = 0
        if tag.name in ("ul", "ol", "menu", "dir") and self._lists:
            self._lists.pop()
            if not self._lists:
                self.leaf.blank()

    def _item(self, tag: Any) -> str:
        if not self._lists or self._lists[-1][0] is None:
            return "・"
        number = self._lists[-1][0]
        self._lists[-1][0] = number + 1
        kind = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
        return numeral(number, kind.get(tag.parent.get("type") or "", "decimal")) + ". "

    def _flush(self) -> None:
        """Write the text that has been gathered as a paragraph, a heading or an item of a list."""
        struck: list[str] = []
        text = re.sub(r" *\n *", "\n", said(self._runs, struck)).strip()
        self._runs = []
        self._paragraphs += bool(text)
        place = f"{self._within}段落{self._paragraphs}"
        self.leaf.strike(struck, place if text else f"{place}の後")
        if not text:
            return
        mark, self._mark = self._mark, ""
        if not self._lists:
            self.leaf.blank()
        if mark and text[0] in "・●○■◆※①②③④⑤⑥⑦⑧⑨（(":
            mark = ""  # it has one of its own
        self.leaf.line(mark + text, level=self._level, place=place)

    def _table(self, table: Any, depth: int = 0) -> None:
        self._tables += 1
        name = f"{self._within}表{self._tables}"
        caption = table.find("caption", recursive=False)
        self.leaf.blank()
        if caption is not None:
            self.leaf.line(self._cell_text(caption, name), place=name)
        rows = [row for row in _rows(table) if not self._looks.is_dropped(row)]
        texts = [
            [self._cell_text(cell, f"{name} {number}行目") for cell in _cells(row)]
            for number, row in enumerate(rows, 1)
        ]
        fields, heads, columns = _grid(rows, texts)
        self.leaf.table(
            fields,
            header_rows=heads or None,
            header_columns=columns or None,
            name_row=lambda row: f"{name} {row + 1}行目",
        )
        self.leaf.blank()
        if depth < _DEEPEST:
            for inner in (inner for row in rows for inner in row.find_all("table")):
                if inner.find_parent("table") is table:
                    self._table(inner, depth + 1)

    def _cell_text(self, cell: Any, place: str) -> str:
        """Return a cell's text on one line, with a space where lines or blocks part, without tables in it."""
        runs: list[Run] = []
        is_struck = any(self._looks.is_struck(tag) for tag in (cell, cell.parent, *cell.parent.parents) if tag.name)
        stack: list[tuple[Any, bool, bool]] = [(child, is_struck, False) for child in reversed(list(cell.children))]
        while stack:
            child, struck, raised = stack.pop()
            if isinstance(child, str):
                if type(child).__name__ in ("str", "NavigableString", "CData"):
                    runs.append(Run(str(child), struck, raised))
            elif child.name != "table" and not self._looks.is_dropped(child):
                struck, raised = struck or self._looks.is_struck(child), raised or self._looks.is_raised(child)
                if child.name == "br" or child.name in _BLOCKS:
                    runs.append(Run(" ", struck))
                    stack.append((" ", struck, False))
                stack.extend((inner, struck, raised) for inner in reversed(list(child.children)))
        found: list[str] = []
        text = one_line(said(runs, found))
        self.leaf.strike(found, place)
        return text


def _rows(table: Any) -> list[Any]:
    """Return the rows of a table itself, and of no table in it."""
    parts = [table, *table.find_all(["thead", "tbody", "tfoot"], recursive=False)]
    return [row for part in parts for row in part.find_all("tr", recursive=False)]


def _is_layout(table: Any) -> bool:
    """Say whether a table only arranges: one row or column, or other tables in it with nothing else beside them."""
    if table.get("role") == "presentation":
        return True
    rows = _rows(table)
    widths = [len(_cells(row)) for row in rows]
    if len(rows) < 2 or max(widths, default=0) < 2:
        return True
    return table.find("table") is not None and table.find("th") is None


def _cells(row: Any) -> list[Any]:
    found: list[Any] = row.find_all(["td", "th"], recursive=False)
    return found


def _grid(rows: list[Any], texts: list[list[str]]) -> tuple[list[Field], int, int]:
    """Return the cells of a table by place, and how many of its rows and columns are marked as headings."""
    fields: list[Field] = []
    taken: dict[tuple[int, int], bool] = {}  # place → whether its cell is a heading
    until = len(rows)
    for r, row in enumerate(rows):
        column = 0
        for cell, text in zip(_cells(row), texts[r], strict=True):
            while (r, column) in taken:
                column += 1
            down, along = min(_span(cell, "rowspan"), until - r), _span(cell, "colspan")
            fields.append(Field(r, column, text, down, along))
            if len(taken) > _MOST_SQUARES:
                raise RefusedError("large", f"a table of more than {_MOST_SQUARES} squares")
            for i in range(down):
                for j in range(along):
                    taken[r + i, column + j] = cell.name == "th"
            column += along
    width = max((column for _, column in taken), default=-1) + 1
    heads = 0
    while heads < until and all(taken.get((heads, c), True) for c in range(width)) and (heads, 0) in taken:
        heads += 1
    columns = 0
    while columns < width and all(taken.get((r, columns), True) for r in range(until)):
        columns += 1
    marked = any(taken.values())
    if heads >= until or columns >= width:
        heads = columns = 0
    # A first row of th over rows that begin with td: the file says nothing of columns.
    return fields, heads if marked else 0, columns if marked else 0


def _span(cell: Any, name: str) -> int:
    value = str(cell.get(name) or "1").strip()
    return max(1, min(int(value), _MOST_SPAN)) if value.isdecimal() else 1
