"""The structure of a text: headings and what stands under them, lists, key–value lines, notes, labels.

Lines are first joined to units (a sentence wrapped over several lines is one), units are then named by their marks and
their neighbours, and headings nest by what they are numbered with.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from ingest.dates import find_periods
from ingest.document import Block, BlockKind, Page
from ingest.japanese import begins_item, ends_sentence, fold, wrapped
from ingest.typography import Typography

Span = tuple[int, int]
Marked = tuple[int, int, int]  # start, end, level: what the file itself says is a heading

# --- lines -----------------------------------------------------------------------------------------------------------


@dataclass
class _Line:
    start: int
    end: int
    text: str
    page: int
    gap: int  # blank lines before it
    table: int | None = None  # ordinal of the table it belongs to
    aside: bool = False  # a printed page number or a running header
    marked: Marked | None = None  # the heading of the file's own that it belongs to
    begins: bool = False  # a paragraph, as the file says
    size: float | None = None  # of its type, in points
    upright: bool = False  # written from top to bottom

    @property
    def span(self) -> tuple[int, int, int]:
        return self.page, self.start, self.end


_CONTENT = re.compile(r"[^\W_]", re.U)


def _lines(
    text: str, page: Page, tables: Sequence[Span], marked: Sequence[Marked], begins: Collection[int]
) -> Iterator[_Line]:
    """Yield the lines of a page that hold something to read."""
    at = page.start
    gap = 0
    near = [(i, a, b) for i, (a, b) in enumerate(tables) if a < page.end and page.start < b]
    starts = [start for start, _, _ in marked]
    for piece in re.split(r"[\n\f]", text[page.start : page.end]):
        start, at = at, at + len(piece) + 1
        # Rules of a table or a page: |---|, ------
        if not _CONTENT.search(piece):
            gap += 1
            continue
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        table = next((i for i, a, b in near if a < right and left < b), None)
        heading = marked[at_mark] if table is None and (at_mark := bisect_left(starts, right) - 1) >= 0 else None
        if heading is not None and heading[1] <= left:
            heading = None
        yield _Line(left, right, piece, page.number, gap, table, marked=heading, begins=start in begins)
        gap = 0


# --- units -----------------------------------------------------------------------------------------------------------


@dataclass
class _Unit:
    """Lines that make one statement, with what their first mark says."""

    lines: list[_Line]
    kind: BlockKind = "paragraph"
    mark: str = ""  # class of the first mark, such as "paren" for （１）
    number: int | None = None
    hashes: int = 0  # level of a heading that the file marks: by Markdown's signs, or as its own heading
    marked: bool = False  # … as its own
    text: str = ""  # without marks of Markdown, wraps joined
    top: bool = False  # first of its page
    table: int | None = None
    headings: tuple[str, ...] = ()
    level: int = 0
    caption: bool = False  # of an article
    size: float | None = None  # of its type, in points
    least_size: float | None = None
    displayed: bool = False  # a name set larger than the running text

    @property
    def start(self) -> int:
        return self.lines[0].start

    @property
    def end(self) -> int:
        return self.lines[-1].end

    @property
    def gap(self) -> int:
        return self.lines[0].gap


_HASHES = re.compile(r"\s*(#{1,6})\s+")
_DASH = re.compile(r"\s*(?:[-*+]\s+)")
_NUMERALS = "0-9０-９"
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "note",
        re.compile(
            r"※|＊|\*(?!\*)|\^\{?\*|[（(]?注(?:[)）：:]|\s?[0-9０-９])|[（(]参考|[（(]出典|出所[：:]|出典[：:]|資料[：:]"
        ),
    ),
    ("supplement", re.compile(r"附\s*則(?!第)|別\s*(?:表|記)(?:第?[0-9０-９一二三四五六七八九十]+)?\s*(?=[（(]|$)")),
    ("chapter", re.compile(rf"第([{_NUMERALS}一二三四五六七八九十]+)(?:章|編|部)")),
    ("section", re.compile(rf"第([{_NUMERALS}一二三四五六七八九十]+)(?:節|条)")),
    (
        "named",
        re.compile(
            rf"(?:基本)?(?:方針|施策|目標|柱|課題|重点\w{{0,4}}|戦略)\s?([{_NUMERALS}]{{1,2}}|[Ⅰ-Ⅻ]|[\u2460-\u2473])(?![{_NUMERALS},，.件人名社％%])"
        ),
    ),
    ("roman", re.compile(r"([Ⅰ-Ⅻ])[\s　．.]*")),
    (
        "arabic",
        re.compile(
            rf"([{_NUMERALS}]{{1,2}})"
            rf"(?:[．.、](?!\s*[{_NUMERALS}])|[\s　]+(?![{_NUMERALS}年月日時人件%％/～~億万千百円]))"
        ),
    ),
    ("decimal", re.compile(rf"[{_NUMERALS}]{{1,2}}(?:[.．][{_NUMERALS}]{{1,2}}){{1,3}}[.．]?[\s　]+(?![{_NUMERALS}])")),
    ("paren", re.compile(rf"[（(]([{_NUMERALS}]{{1,2}})[)）]|([{_NUMERALS}]{{1,2}})[)）]")),
    ("circled", re.compile(r"([\u2460-\u2473\u2780-\u2789])")),
    (
        "kana",
        re.compile(
            r"(?:[アイウエオカキク](?=[\s　．.）)])|[a-zａ-ｚ][)）．.]|[ivx]{1,4}\)|[（(][アイウエオカキクa-z][）)])"
        ),
    ),
    ("lenticular", re.compile(r"【|〔|\[(?!\d)|［")),
    ("angle", re.compile(r"＜|<(?![a-zA-Z/!])|〈|≪|《")),
    ("square", re.compile(r"[■□◆◇▪▼▶►▷]")),
    ("round", re.compile(r"[●○◯〇◎⚫◉](?![〇○◯])")),
    ("bullet", re.compile(r"[\ue000-\uf8ff・•‣●◦▪✓✔☑➤➡➢⇒→⚪★☆❖◉]|-\s")),
)
_KEY_VALUE = re.compile(r"(?P<key>[^：:。\n]{1,24}?)\s*[：:]\s*(?P<value>\S.*)", re.S)
_BRACKETED_KEY = re.compile(r"[【\[［〔](?P<key>[^】\]］〕]{1,16})[】\]］〕]\s*(?P<value>\S.*)", re.S)
_OPEN, _CLOSE = "（(「『【〔《〈［", "）)」』】〕》〉］"


def _balance(text: str) -> int:
    """Return how many brackets are still open at the end."""
    depth = 0
    for character in text:
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(0, depth - 1)
    return depth


def _width(text: str) -> int:
    """Return the width in half-width columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text.strip())


def _inner(line: str) -> str:
    """Return the line without Markdown's own marks. 例: - ・**人材**：確保 → ・人材：確保"""
    line = _HASHES.sub("", line, count=1)
    line = _DASH.sub("", line, count=1)
    line = re.sub(r"<br\s*/?>|</?(?:p|ul|li|div|span|b|strong|em|u|sup|sub)(?:\s[^<>]*)?>", " ", line)
    return re.sub(r"\*\*|__", "", line).strip()


def is_key_value(text: str) -> bool:
    """Say whether a line gives a value to a key. 例: 日 程：令和6年9月, ◆相談件数：延べ12件; not 10:15～, https://…"""
    inner = re.sub(r"^(?:[・•◆◇■□●○◎▶➡※‣\-→⇒]|[\u2460-\u2473])\s*", "", text)
    match = _KEY_VALUE.match(inner)
    if match:
        key = match.group("key")
        unbalanced = _balance(key) > 0 or any(c in _CLOSE and not _has_opening(key, c) for c in key)
        if unbalanced or re.search(r"https?$|^[\d０-９]+$|[、]", key) or not _CONTENT.search(key):
            match = None
    bracketed = _BRACKETED_KEY.match(inner)
    return match is not None or (bracketed is not None and not re.match(r"[（(]", bracketed.group("value")))


def _has_opening(text: str, closing: str) -> bool:
    return _OPEN[_CLOSE.index(closing)] in text


def _name(unit: _Unit) -> None:
    """Fill in what the unit's first mark says."""
    first = unit.lines[0].text
    hashes = _HASHES.match(first)
    heading = unit.lines[0].marked
    unit.marked = heading is not None
    unit.hashes = heading[2] if heading is not None else len(hashes.group(1)) if hashes else 0
    pieces = [_inner(unit.lines[0].text), *(_inner(line.text) for line in unit.lines[1:])]
    unit.text = _joined(pieces)
    for mark, pattern in _MARKS:
        match = pattern.match(unit.text)
        if match:
            unit.mark = mark
            value = next((group for group in match.groups() if group), None) if match.groups() else None
            unit.number = _number(value) if value else None
            break
    if not unit.mark and _DASH.match(first) and not hashes:
        unit.mark = "bullet"


_LARGER = 1.15  # times another type: so much larger is seen
_DISPLAYED = 1.2  # times the type of the running text: so large are names set


def _look_at(group: list[_Unit], typography: Typography) -> None:
    """Fill in how large the units of a page are set, and which are names for that; join a name of two lines."""
    for unit in group:
        if unit.table is None and unit.hashes == 0:
            place = (unit.lines[0].page, unit.start, unit.end)
            unit.size, unit.least_size = typography.size(*place), typography.least_size(*place)
            body = typography.body(unit.lines[0].page)
            unit.displayed = unit.least_size is not None and unit.least_size >= _DISPLAYED * body and _may_name(unit)
    for above, unit in reversed(list(pairwise(group))):
        if not (above.size and unit.size and above.displayed and unit.displayed) or unit.mark or unit.gap > 1:
            continue
        if _OPEN_END.search(above.text) and abs(above.size - unit.size) < 0.05 * unit.size:
            above.lines, above.text = [*above.lines, *unit.lines], above.text + unit.text
            group.remove(unit)


_OPEN_END = re.compile(r"(?:[とのや・]|及び|に関する|における)$")  # what goes on in the next line


def _may_name(unit: _Unit) -> bool:
    """Say whether a unit set large can be a heading: short, no sentence, no item, no figure and no date."""
    text = unit.text
    if not 3 < len(text) <= 40 or len(unit.lines) > 2 or "\t" in unit.lines[0].text:
        return False
    if re.search(r"[。、]|[はがをにで]$|^[（(−－–-]", text) or unit.mark in ("note", "bullet", *_ITEMS):
        return False
    if len(re.findall(r"\S+", text)) > 4 or _is_date(text):
        return False
    return not (_figures(text) or _has_value(text) or is_key_value(text) or _CAPTION_END.search(text))


def _is_date(text: str) -> bool:
    rest = text
    for period in reversed(find_periods(text)):
        rest = rest[: period.at[0]] + rest[period.at[1] :]
    return not re.sub(r"現在|時点|[\W\d]", "", rest)


def _joined(pieces: Sequence[str]) -> str:
    """Return wrapped lines as one, with a space only between letters."""
    parts: list[str] = []
    last = ""
    for piece in pieces:
        if last and piece and last.isascii() and piece[0].isascii() and last.isalnum() and piece[0].isalnum():
            parts.append(" ")
        parts.append(piece)
        last = piece[-1:] or last
    return "".join(parts)


def _number(value: str) -> int | None:
    try:
        return int(unicodedata.numeric(value)) if len(value) == 1 else int(value)
    except ValueError:
        kanji = "〇一二三四五六七八九十"
        return kanji.index(value) if value in kanji else None


def _units(lines: Sequence[_Line], labels: frozenset[str]) -> Iterator[_Unit]:
    """Yield the units of one page. ``labels`` are lines that occur again and again, and so go on nowhere."""
    current: list[_Line] = []
    room = sorted(_width(line.text) for line in lines)[len(lines) * 9 // 10] if lines else 0
    for line, below in zip(lines, chain(lines[1:], [None]), strict=False):
        alone = line.table is None and _squeezed(line.text) in labels
        if below is not None and _ARTICLE.match(below.text.strip()) and _CAPTION.fullmatch(line.text.strip()):
            alone = True
        if current and (alone or not _continues(current, line, room)):
            yield _Unit(current, table=current[0].table)
            current = []
        current.append(line)
    if current:
        yield _Unit(current, table=current[0].table)


_LONGEST = 14  # lines of one statement
_OTHER = 1.25  # times a line's type: another one, in which no sentence goes on
_ROOM = 36  # columns: shorter lines were not broken for want of room


def _continues(current: Sequence[_Line], line: _Line, room: int) -> bool:
    """Say whether ``line`` is the rest of the statement in ``current``; ``room`` is how wide the page's lines are."""
    last = current[-1]
    if last.table is not None or line.table is not None:
        return last.table == line.table
    if last.aside or line.aside or line.begins:
        return False
    if last.size and line.size and not 1 / _OTHER <= last.size / line.size <= _OTHER:
        return False  # 例: a caption or a note of the page between two lines
    if last.marked is not None or line.marked is not None:
        return last.marked == line.marked
    text = line.text.strip()
    before = last.text.strip()
    if _HASHES.match(line.text) or _HASHES.match(last.text) or len(current) >= _LONGEST or line.gap > 1:
        return False
    if "\t" in line.text or "\t" in last.text or _figures(before) or _figures(text):
        return False
    if last.upright and line.upright and line.gap == 0 and not ends_sentence(before):
        return not begins_item(_inner(line.text))  # the columns of a block are full
    if begins_item(_inner(line.text)) or _DASH.match(line.text) or ends_sentence(before):
        # A bracket goes on over a line that opens with a bracket. 例: （A社 / （本社）を含む）
        return _balance(" ".join(x.text for x in current)) > 0 and text[:1] in "（(「『" and line.gap == 0
    if _balance("".join(x.text for x in current)) > 0:
        return True
    if line.gap and _DASH.match(current[0].text):
        return False  # Markdown: a blank line ends a list item
    if len(current) == 1 and _FORM_KEY.fullmatch(fold(before)) and line.gap <= 1 and not is_key_value(text):
        return False  # １ 指定する郵便局の名称 / みどり郵便局: the value stands on its own line
    if _ARTICLE_ALONE.fullmatch(before):
        return True  # 第１０条の２ / 市長は、…
    if _is_item(before) or (line.gap and _TITLE_END.search(before)):
        return False  # 【日時】 stands for itself, and so does 協議会について
    if re.match(r"[（(][^）)]*[）)][はがをにのでともへやな、]", text) or (line.gap == 0 and text[0] in "（("):
        return True  # 例: 支援アプリ / （音声を文字にするもの）も増加
    if line.gap == 0 and _DASH.match(current[0].text) and not is_key_value(_inner(line.text)):
        return True  # Markdown: a list item goes on until a blank line
    if is_key_value(_inner(line.text)) and not wrapped(before, text, close=False):
        return False
    if wrapped(before, text, close=line.gap == 0):
        return True
    if len(before) == len(text) == 1 and not _figures(before + text):
        return True  # upright writing, a character a line
    hanging = line.text[:1] in " 　" and begins_item(current[0].text.strip()) and _width(before) >= 0.6 * room
    return hanging or _was_full(current, line, room)


# A numbered line of a form or a bill that asks for what is written below it. 例: ５ 契約の相手方, ２ 工事場所
_FORM_KEY = re.compile(
    r"(?:[0-9]{1,2}[.\s]*|\([0-9]{1,2}\)\s*|[①-⑳]\s*)[^。、:]{0,16}"
    r"(?:名称?|目的|場所|所在地?|住所|位置|方法|金額|価格|相手方?|契約者|期間|工期|期限|物品|品名|数量|種類|概要|理由)"
)
_ARTICLE_ALONE = re.compile(rf"第[{_NUMERALS}]+条(?:の[{_NUMERALS}]+)*")


def _is_item(text: str) -> bool:
    return re.fullmatch(r"[【〔\[［＜<〈≪《][^】〕\]］＞>〉≫》]*[】〕\]］＞>〉≫》]", text) is not None


def _figures(text: str) -> bool:
    """Say whether a line holds only figures and the like: a table or a chart's scale. 例: 1,234 56.7, (2014), H29"""
    return re.search(r"[ぁ-んァ-ヶ一-鿿]", re.sub(r"[年月日元人件円%％計]", "", fold(text))) is None


def _was_full(current: Sequence[_Line], line: _Line, room: int) -> bool:
    """Say whether the last line was broken because it was full: as wide as its neighbours or as the page allows."""
    widths = [_width(x.text) for x in current]
    last = widths[-1]
    if last < _ROOM or re.search(r"[)）」』】：:]$", current[-1].text.strip()):
        return False
    if line.gap == 0:
        return last >= 0.85 * max([*widths, _width(line.text)])
    prose = re.search(r"[はがをにで][^\n]", line.text) is not None
    if len(current) > 1 and all(x.gap == 1 for x in current[1:]):
        return last >= 0.93 * max(widths) and prose
    return prose and begins_item(current[0].text.strip()) and last >= 0.85 * room


# --- names -----------------------------------------------------------------------------------------------------------

_NUMBERED = ("named", "chapter", "section", "roman", "arabic", "decimal", "paren", "circled", "kana")
_LONGEST_HEADING = 48
_LONGEST_LABEL = 24
_TITLE_END = re.compile(
    r"(?:について|とは|概要|の状況|構想|方向性|方針|取組み?|の現状|の推進|の設置|一覧|推移)(?:等|[（(].*[)）])?$"
)
# How the name of an undertaking ends, its office in brackets left out. 例: 空き店舗活用支援事業（商工課）
_PROJECT_END = re.compile(
    r"(?:事業費?|プロジェクト|補助金|助成金?|制度|キャンペーン)(?:等)?\s*(?:[（(][^（()）]*[）)]|【[^】]*】)*$"
)
_CAPTION_END = re.compile(r"(?:の様子|イメージ|イメージ図|風景|氏|外観|内観|ブース|チラシ)\s*[)）]?$")


def _short(unit: _Unit, longest: int = _LONGEST_HEADING) -> bool:
    return len(unit.text) <= longest and "。" not in unit.text and not unit.text.endswith(("、", "，", "→"))


def _has_value(text: str) -> bool:
    """Say whether a marked line tells a figure of its own. 例: ●会員数 549; not ●令和6年度の取組み, ① 第2回"""
    rest = re.sub(rf"^[{_NUMERALS}]{{1,2}}[\s　.．、]+", "", text)
    rest = re.sub(r"[（(\[［][^）)\]］]*[）)\]］]", "", fold(rest))
    rest = re.sub(
        r"(?:令和|平成|昭和|[rh])?\s?\d+\s?(?:年度?|月末?|日|時|期|次|番|つ|号|回|か年)|\b[rh]\d+|20\d\d", "", rest
    )
    return re.search(r"(?<![a-z])\d[\d.]*\s?(?:[件人名社万億千百団者校市町村か箇%円]|$|\s)|\d{3,}", rest) is not None


def _same_list(unit: _Unit, other: _Unit | None) -> bool:
    """Say whether two neighbours are items of one list. 例: （１） 医療 / （２） 防災"""
    if other is None or other.mark != unit.mark or other.hashes or unit.hashes:
        return False
    if unit.number is None or other.number is None:
        return unit.mark not in ("lenticular", "angle")
    return abs(unit.number - other.number) == 1


@dataclass(frozen=True)
class _Style:
    """What holds for a whole document."""

    hashed: bool  # it has Markdown headings
    spaced: bool  # blank lines stand within sentences, so that they tell nothing
    titles: frozenset[str]  # running titles
    common: frozenset[str]  # short lines that occur again and again


def _classify(unit: _Unit, previous: _Unit | None, following: _Unit | None, style: _Style) -> BlockKind:
    """Return the kind of a unit by its mark, its length and its neighbours."""
    if unit.table is not None:
        return "table"
    if unit.lines[0].aside:
        return "label"
    if unit.hashes:
        return "heading" if len(unit.text) <= 100 or unit.marked else "paragraph"
    text = unit.text
    if unit.mark == "note":
        return "note"
    if text.endswith(("：", ":")) and _short(unit, 24):
        return "heading"  # 例: ◆主な相談内容：
    if unit.displayed:
        return "heading"
    if unit.mark in ("lenticular", "angle"):
        if unit.top and _short(unit):
            return "heading"
        if _is_item(text) and not is_key_value(text.strip("【】〔〕[]［］＜＞<>〈〉")):
            return "heading"
        if _TITLE_END.search(text) and _short(unit):
            return "heading"  # 例: 【参考】窓口改革とは
        if is_key_value(text):
            digits = re.match(r"[【\[［〔][^】\]］〕]*[0-9０-９][】\]］〕]", text)
            return "heading" if digits and _short(unit, 40) and not re.search(r"[：:]", text) else "key_value"
        return "heading" if _short(unit, 40) and not _has_value(text) and re.search(r"[)）】]$", text) else "paragraph"
    if unit.mark == "supplement":
        return "heading" if len(text) <= 24 else "paragraph"
    if _is_caption(unit, following):
        return "heading"
    if unit.mark in _NUMBERED:
        if _key(unit) in style.titles or (unit.top and _short(unit)):
            return "heading"
        if not _short(unit) or (_same_list(unit, following) or _same_list(unit, previous)):
            return "key_value" if is_key_value(text) else "bullet"
        if is_key_value(text):
            return "key_value"
        if _figures(re.sub(r"^\W*\w{1,3}\W*", "", text, count=1)):
            return "label"
        if previous is None and not unit.top and unit.mark in _ITEMS:
            return "bullet"  # an item of the page before
        return "heading" if following is not None else "bullet"
    if is_key_value(text) and len(text) <= 400:
        return "key_value"
    if unit.mark in ("square", "round"):
        leads = (
            following is not None and not _same_list(unit, following) and following.gap <= 1 and following.table is None
        )
        return "heading" if leads and _short(unit, 40) and not _has_value(text) else "bullet"
    if unit.mark == "bullet":
        return "bullet"
    if unit.mark == "project":
        return "heading"
    return _classify_plain(unit, following, style)


def _is_caption(unit: _Unit, following: _Unit | None) -> bool:
    """Say whether a line in brackets names the article below it. 例: （定義） above 第２条 …"""
    if following is None or not _short(unit, 40) or not _CAPTION.fullmatch(unit.text):
        return False
    return _ARTICLE.match(following.text) is not None or (
        following.mark == "arabic" and following.number is not None and ends_sentence(following.text)
    )


_CAPTION = re.compile(r"[（(][^（()）。]{2,36}(?:[（(][^（()）]*[）)][^（()）]*)?[）)]")
_ARTICLE = re.compile(rf"第[{_NUMERALS}一二三四五六七八九十百]+条(?:の[{_NUMERALS}]+)*(?=[\s　])")


def _classify_plain(unit: _Unit, following: _Unit | None, style: _Style) -> BlockKind:
    """Return the kind of a unit without a mark: what it names, if it is short and something hangs on it."""
    text = unit.text
    if _figures(text) or len(text) <= 1:
        return "label"
    if not _short(unit) or ends_sentence(text):
        return "paragraph"
    bracketed = text[0] in "（(" and text[-1] in "）)"
    caption = _CAPTION_END.search(text) is not None
    if bracketed or caption or "\t" in unit.lines[0].text:
        return "label"
    if _key(unit) in style.titles or (unit.top and not style.hashed and len(text) >= 4 and not _has_value(text)):
        return "heading"
    if following is not None and _leads(unit, following, style):
        return "heading"
    return "label" if len(text) <= _LONGEST_LABEL else "paragraph"


def _is_project(unit: _Unit, following: Sequence[_Unit]) -> bool:
    """Say whether a plain line names an undertaking that is described below. 例: 移住体験事業 / （企画課）"""
    if unit.table is not None or unit.hashes or len(unit.text) > 60 or not _PROJECT_END.search(unit.text):
        return False
    if _CLAUSE.search(re.sub(r"「[^」]*」|[（(][^）)]*[）)]", "", unit.text)) or is_key_value(unit.text):
        return False
    if re.search(r"[部課局室庁]\s*[）)]$", unit.text):
        return True
    for other in following:
        if _is_office(other.text):
            return True
        if other.mark in ("lenticular", "angle"):
            return True
        if other.text[:1] not in "（(":
            return False
    return False


def _is_office(text: str) -> bool:
    """Say whether a line is an office in brackets. 例: （商工労働部）, (教育委員会事務局)"""
    return re.fullmatch(r"[（(][^（()）]*(?:部|課|局|室|庁|事務所)[）)]", text.strip()) is not None


_CLAUSE = re.compile(r"[をが、,]|[るたいうくすむつ]$")


def _leads(unit: _Unit, following: _Unit, style: _Style) -> bool:
    """Say whether a short plain line names what follows it. 例: 取組の方向性 / ・誘客の強化"""
    text = unit.text
    alone = 1 <= following.gap <= 2 and (unit.gap >= 1 or unit.top)
    if not alone or len(text) < 2 or len(text) > 40 or _has_value(text):
        return False
    titled = _TITLE_END.search(text) is not None
    if style.spaced and not titled and (_key(unit) not in style.common or len(text) < 4):
        return False
    if len(re.findall(r"\S+", text)) > 2 and not titled:
        return False
    if _CLAUSE.search(re.sub(r"「[^」]*」", "", text)) and not titled:
        return False
    if following.mark in ("bullet", "note", "square", "round") or is_key_value(following.text):
        return True
    if following.mark in (*_NUMBERED, "lenticular", "angle"):
        return titled
    if not style.hashed and following.mark == "":
        return len(following.text) >= 30 or ends_sentence(following.text) or following.table is not None
    return "について" in text


# --- nesting ---------------------------------------------------------------------------------------------------------

_DEEPEST = 99  # deeper than any level
_CONTINUED = re.compile(r"\s*[（(](?:つづき|続き|続|再掲)[)）]")


@dataclass
class _Entry:
    text: str
    key: str
    mark: str
    number: int | None
    hashes: int
    marked: bool
    page_title: bool
    size: float | None = None  # of its type
    page: int = 0
    displayed: bool = False
    divider: bool = False  # it had a page to itself
    fresh: bool = True  # nothing stands under it yet


@dataclass
class _Outline:
    """The headings that a place stands under."""

    stack: list[_Entry] = field(default_factory=list)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(entry.text for entry in self.stack)

    def end_smaller(self, unit: _Unit, lasting: Collection[str]) -> None:
        """Drop the headings that a unit ends by how large it is set: nothing stands under a heading in smaller type.

        What runs over pages (``lasting``) and the numbers of chapters hold whatever their size. A name that is set
        large ends another one of an earlier page, too, unless that is numbered: articles of a newsletter are no parts
        of each other.
        """
        size = unit.least_size
        if size is None:
            return
        for i, entry in enumerate(self.stack):
            if entry.marked or entry.mark in ("chapter", "section") or entry.key in lasting:
                continue
            other = unit.displayed and entry.displayed and entry.page < unit.lines[0].page and entry.number is None
            if other and unit.number is not None:
                other = entry.size is not None and size >= 0.97 * entry.size
            # A small name over a title is as large as its title.
            reach = max((e.size for e in self.stack[i:] if e.size is not None), default=math.inf)
            if other or (size > _LARGER * reach and not self._is_over(entry, unit)):
                self.stack[i:] = [e for e in self.stack[i + 1 :] if e.key in lasting or self._is_over(e, unit)]
                return

    def _is_over(self, entry: _Entry, unit: _Unit) -> bool:
        """Tell whether a small heading is a title's own, right above it, or its page's. 例: the section on a slide"""
        return entry.page == unit.lines[0].page and (entry.fresh or (entry.page_title and not unit.displayed))

    def close_page(self) -> None:
        """Drop what is set large and has nothing under it at the end of its page. 例: who issued a paper, on a cover"""
        idle = (i for i, e in enumerate(self.stack) if e.displayed and e.fresh and e.number is None and not e.marked)
        del self.stack[next(idle, len(self.stack)) :]

    def filled(self) -> None:
        for entry in self.stack:
            entry.fresh = False

    def place(self, unit: _Unit, *, page_title: bool, paged: bool, outranks: bool = False) -> None:
        """Put a heading where it belongs and drop the headings that it ends."""
        text = _name_of(unit.text)
        key = re.sub(r"\s", "", fold(text))
        mark = unit.mark or ("title" if page_title or text.endswith("について") else "plain")
        if unit.caption:
            mark = "caption"
        entry = _Entry(
            text,
            key,
            mark,
            unit.number,
            unit.hashes,
            unit.marked,
            page_title,
            unit.size,
            unit.lines[0].page,
            unit.displayed,
        )
        # What the file marks nests by its levels alone; what is guessed between stands below it.
        floor = max(
            (i + 1 for i, e in enumerate(self.stack) if e.marked and e.hashes < (entry.hashes or _DEEPEST)), default=0
        )
        depth = floor if entry.marked else max(floor, self._depth(entry, paged=paged, outranks=outranks))
        same = depth < len(self.stack) and self.stack[depth].key == key
        if same and not unit.hashes and _CONTINUED.search(unit.text):
            return  # it goes on where it was
        del self.stack[depth:]
        self.stack.append(entry)

    def _depth(self, new: _Entry, *, paged: bool, outranks: bool) -> int:
        """Return at which depth a heading stands."""
        stack = self.stack
        for i, entry in enumerate(stack):
            if entry.key == new.key:
                return i
        # Headings that follow each other without text between them name ever smaller parts.
        fresh = next((i for i, entry in enumerate(stack) if entry.fresh), len(stack))
        if paged and new.page_title and not new.hashes and new.mark not in ("circled", "paren", "kana"):
            held = next(
                (i for i, entry in enumerate(stack) if not (entry.divider or _is_chapter(entry, new))), len(stack)
            )
            return len(stack) if fresh < len(stack) else held
        if new.mark == "project" and not new.hashes:
            held = next((i + 1 for i in reversed(range(len(stack))) if stack[i].mark in _ABOVE_PROJECTS), 0)
            return max(held, sum(entry.divider for entry in stack))
        if fresh < len(stack) and new.number is None and not new.hashes:
            return len(stack)
        # Brackets and bullets name parts of a numbered section, unless the numbers start again under them.
        held = 0
        if new.number is None and new.mark != "title" and not outranks:
            held = next(
                (i + 1 for i in reversed(range(len(stack))) if stack[i].mark in ("arabic", "decimal", "title")), 0
            )
        siblings = [i for i, entry in enumerate(stack) if not entry.divider and self._beside(entry, new)]
        siblings = [i for i in siblings if stack[i].hashes == new.hashes and (i >= held or new.hashes)] or (
            siblings if new.hashes or new.number is not None else []
        )
        if siblings and (siblings[-1] < fresh or new.number is not None or new.hashes):
            return siblings[-1]
        if fresh < len(stack):
            return len(stack)
        if new.hashes:
            return next((i for i, e in enumerate(stack) if e.hashes >= new.hashes), len(stack))
        return next((i for i, e in enumerate(stack) if _RANK[e.mark] > _RANK[new.mark] and not e.hashes), len(stack))

    @staticmethod
    def _beside(entry: _Entry, new: _Entry) -> bool:
        """Say whether ``new`` stands beside ``entry``. 例: # 1. and ## 2. in one document"""
        if entry.mark != new.mark:
            return False
        if entry.number is not None and new.number is not None:
            if entry.number < new.number <= entry.number + 2:
                return True
            return not new.hashes and not entry.hashes
        return entry.hashes == new.hashes


def _is_chapter(entry: _Entry, new: _Entry) -> bool:
    """Say whether an entry is a numbered chapter in larger type than a title that heads a later page of it."""
    larger = entry.size is not None and new.size is not None and entry.size > _LARGER * new.size
    return entry.mark in ("chapter", "section") and new.mark == "title" and larger


_ABOVE_PROJECTS = ("chapter", "section", "roman", "title", "arabic", "decimal", "named")
# Which marks stand within which, where that is the same everywhere; equal ranks end each other only by the same mark.
_RANK = {
    "chapter": 1,
    "supplement": 6,
    "caption": 7,
    "section": 2,
    "roman": 3,
    "project": 5,
    "square": 7,
    "round": 7,
    "decimal": 6,
    "kana": 8,
    "bullet": 9,
    "note": 9,
}
_RANK.update(dict.fromkeys(("title", "named", "lenticular", "arabic", "plain", "paren", "angle", "circled"), 5))


def _name_of(text: str) -> str:
    return _CONTINUED.sub("", text).strip().rstrip("：:")


def heading_text(raw: str) -> str:
    """Return a heading block's text as it appears in ``Block.headings``. 例: ## 目的（つづき） → 目的"""
    return _name_of(_joined([_inner(line) for line in re.split(r"[\n\f]", raw) if _CONTENT.search(line)]))


def find_blocks(
    text: str,
    pages: Sequence[Page],
    tables: Sequence[Span] = (),
    marked: Sequence[Marked] = (),
    *,
    begins: Collection[int] = (),
    apart: bool = False,
) -> tuple[Block, ...]:
    """Return the blocks of a text in reading order; each lies in one page, and a table is one block.

    ``marked`` are the headings that the file itself marks (start, end, level; in order): each is one, and beside them
    less is guessed. ``begins`` are where paragraphs begin, if the file says so. ``apart`` says that pages do not go on
    from each other (slides, sheets), but for marked headings of level 1, which open parts. Printed page numbers and
    running titles are in no block.
    """
    lines = [list(_lines(text, page, tables, marked, begins)) for page in pages]
    typography = Typography(text, pages, [line.span for group in lines for line in group if line.table is None])
    for line in chain.from_iterable(lines):
        if line.table is None:
            line.size, line.upright = typography.size(*line.span), typography.is_upright(*line.span)
    _mark_asides(lines, pages, typography)
    seen = Counter(_squeezed(line.text) for group in lines for line in group)
    # The end of a sentence recurs too, and goes on from the line before it. 例: 計上いたしました。
    labels = frozenset(line for line, count in seen.items() if count >= 3 and len(line) > 1 and line[-1] != "。")
    by_page = [list(_units(group, labels)) for group in lines]
    units = [unit for group in by_page for unit in group]
    for unit in units:
        _name(unit)
    for group in by_page:
        _look_at(group, typography)
    units = [unit for group in by_page for unit in group]
    previous = ""
    numbered: dict[str, int] = {}
    for group in by_page:
        body = [unit for unit in group if not unit.lines[0].aside]
        if body and apart:
            body[0].top = True
        elif body and len(pages) > 1:
            # A page may begin in the middle of a sentence.
            body[0].top = not _goes_on(previous, body[0].text) and not _counts_on(numbered, body[0])
        previous = body[-1].text if body else ""
        numbered = {unit.mark: unit.number for unit in body if unit.mark in _ITEMS and unit.number is not None}
    keys = Counter(_key(unit) for unit in units)
    style = _Style(
        hashed=bool(marked) or sum(1 for unit in units if unit.hashes) >= 3,
        spaced=sum(1 for unit in units for line in unit.lines[1:] if line.gap) > len(units) // 30,
        titles=_running_titles(by_page),
        common=frozenset(key for key, count in keys.items() if count > 1),
    )
    for group in by_page:
        for i, unit in enumerate(group):
            following = next((other for other in group[i + 1 :] if not other.lines[0].aside), None)
            before = next((other for other in reversed(group[:i]) if not other.lines[0].aside), None)
            if not unit.mark and _is_project(unit, group[i + 1 : i + 4]):
                unit.mark = "project"
            unit.kind = _classify(unit, before, following, style)
            unit.caption = unit.kind == "heading" and _is_caption(unit, following)
    # What opens several pages names what they are about, however small it is set. 例: the name of a section on slides
    tops = Counter(_key(body[0]) for group in by_page if (body := [unit for unit in group if not unit.lines[0].aside]))
    lasting = style.titles | {key for key, count in tops.items() if count > 1}
    outline = _Outline()
    for group in by_page:
        if apart:
            outline.stack = [entry for entry in outline.stack if entry.marked and entry.hashes == 1]
        _nest(group, outline, style.titles, lasting, many=len(pages) > 1)
    return tuple(
        Block(unit.kind, unit.start, unit.end, unit.lines[0].page, unit.headings, unit.level)
        for unit in units
        if not unit.lines[0].aside
    )


_ITEMS = ("paren", "circled", "kana")


def _counts_on(numbered: Mapping[str, int], unit: _Unit) -> bool:
    """Say whether a page's first item is the next one of a list that began on the page before. 例: (1) … / (2) …"""
    return unit.mark in _ITEMS and unit.number is not None and numbered.get(unit.mark) == unit.number - 1


def _goes_on(above: str, text: str) -> bool:
    """Say whether a page's first words are the rest of the page before."""
    if not above or ends_sentence(above) or begins_item(text):
        return False
    return wrapped(above, text, close=False) or _CLAUSE.search(re.sub(r"「[^」]*」", "", text)) is not None


def _mark_asides(lines: Sequence[Sequence[_Line]], pages: Sequence[Page], typography: Typography) -> None:
    """Mark printed page numbers, lines that are first or last on most pages, and what stands at one place in margins.

    Facing pages have running heads of their own, so these need but a third of the pages, and be set no larger than the
    running text. Chapters and sections that are named there are kept, and so is what stands on one page after the other
    of a part of the paper: they say where a page belongs.
    """
    edges: Counter[str] = Counter()
    placed: dict[tuple[str, int, int], list[int]] = {}
    for n, (group, page) in enumerate(zip(lines, pages, strict=True)):
        edges.update({_pattern(line.text, page) for line in [*group[:2], *group[-2:]]})
        found = (_place_in_margin(line, page, typography) for line in group)
        for place in {place for place in found if place is not None}:
            placed.setdefault(place, []).append(n)
    often = max(3, len(lines) // 2)
    seldom = max(3, len(lines) // 3)
    heads = {place for place, on in placed.items() if len(on) >= seldom and not _is_of_a_part(on, len(lines))}
    for group, page in zip(lines, pages, strict=True):
        for line in group:
            line.aside = _place_in_margin(line, page, typography) in heads
        for line in [*group[:2], *group[-2:]]:
            if line.table is not None or line.marked is not None:
                continue
            text = fold(line.text).strip()
            own = (
                page.label if page.label is not None and page.label.isdecimal() else "(?!)"
            )  # else the name of a sheet
            is_number = re.fullmatch(rf"\W*{own}\W*(?:/\s?\d+|\S{{0,10}})", text) is not None
            often_seen = len(lines) >= 4 and edges[_pattern(line.text, page)] > often
            line.aside = line.aside or is_number or often_seen


def _is_of_a_part(on: Sequence[int], pages: int) -> bool:
    """Tell whether pages follow each other and are a part of all: a section's name, not a side's running head."""
    return on[-1] - on[0] + 1 == len(on) and 5 * len(on) < 4 * pages


_MARGIN = 0.09  # of a page's width and height
_PART = re.compile(rf"第[{_NUMERALS}一二三四五六七八九十]+[章編部節]")


def _place_in_margin(line: _Line, page: Page, typography: Typography) -> tuple[str, int, int] | None:
    """Return what stands in a margin and where, to the hundredth of the page; None for the text of a page."""
    if line.table is not None or line.marked is not None or _PART.search(line.text):
        return None
    box = typography.box(*line.span)
    if box is None or not (box[3] < _MARGIN or box[1] > 1 - _MARGIN or box[2] < _MARGIN or box[0] > 1 - _MARGIN):
        return None
    if line.size is not None and line.size > 1.1 * typography.body(page.number):
        return None
    return _pattern(line.text, page), round(100 * box[0]), round(100 * box[1])


def _pattern(text: str, page: Page) -> str:
    """Return a line with its own page number as a mark, as it is on every page. 例: 会報 3/20 → 会報#/20"""
    numbers = "|".join({str(page.number), re.escape(page.label or str(page.number))})
    return re.sub(rf"(?<!\d)(?:{numbers})(?!\d)", "#", _squeezed(text))


def _key(unit: _Unit) -> str:
    return _squeezed(_CONTINUED.sub("", unit.text))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", fold(text))


def _running_titles(by_page: Sequence[Sequence[_Unit]]) -> frozenset[str]:
    """Return the titles that stand on several pages or, where pages are unknown, several times. 例: ３ 国際交流"""
    seen: Counter[str] = Counter()
    tops: Counter[str] = Counter()
    numbered: set[str] = set()
    for group in by_page:
        titles = [unit for unit in group if _may_be_title(unit)]
        keys = [_key(unit) for unit in titles]
        seen.update(set(keys) if len(by_page) > 1 else keys)
        numbered.update(_key(unit) for unit in titles if unit.mark)
        if group and _may_be_title(group[0]):
            tops[_key(group[0])] += 1
    paged = len(by_page) > 1
    return frozenset(
        key
        for key, count in seen.items()
        if count > 1
        and (
            tops[key] * 2 >= count or key in numbered
            if paged
            else len(key) >= 12 and (count > 2 or len(key) >= 15 or _TITLE_END.search(key) is not None)
        )
    )


def _may_be_title(unit: _Unit) -> bool:
    return (
        unit.mark in ("", "arabic", "roman", "chapter", "section")
        and unit.table is None
        and 8 <= len(unit.text) <= _LONGEST_HEADING
        and _short(unit)
        and not is_key_value(unit.text)
        and not _figures(unit.text)
        and not _has_value(unit.text)
        and _CAPTION_END.search(unit.text) is None
    )


def _nest(
    group: Sequence[_Unit], outline: _Outline, titles: frozenset[str], lasting: frozenset[str], *, many: bool
) -> None:
    """Give each unit of a page its headings; ``lasting`` ones hold whatever their size."""
    group = [unit for unit in group if not unit.lines[0].aside]
    if not group:
        return
    paged = many
    divider = paged and _only_names(group)
    if divider:
        outline.stack.clear()
        for unit in group:
            if unit.displayed and not unit.mark and not unit.top:
                unit.kind = "label"  # 例: the date and the publisher below the title on a cover
    # A slide's title may come late in the order in which its text was stored.
    late = None
    if paged and not (_key(group[0]) in titles and group[0].number is not None):
        late = next((u for u in group[1:] if _key(u) in titles and u.number is not None and u.kind == "heading"), None)
        if late is not None and not _is_fresh_chain(group, late):
            outline.place(late, page_title=True, paged=True)
        else:
            late = None
    first: dict[str, tuple[_Entry, ...]] = {}
    for i, unit in enumerate(group):
        if unit.table is None:
            outline.end_smaller(unit, lasting)
        if unit is late:
            unit.level = 1
        elif unit.kind == "heading" and unit.mark == "lenticular" and _is_open(first.get(_key(unit))):
            # The same part once more on a page: the next undertaking, whatever stood between.
            outline.stack[:] = first[_key(unit)]
            first = {_key(unit): first[_key(unit)]}
            unit.headings = outline.path[:-1]
            unit.level = len(outline.stack)
        elif unit.kind == "heading":
            page_title = (unit.top and late is None and not unit.caption) or _key(unit) in titles
            outline.place(unit, page_title=page_title, paged=paged, outranks=_starts_again(group[i + 1 :]))
            unit.headings = outline.path[:-1]
            unit.level = len(outline.stack)
            if paged and unit.mark == "lenticular":
                first[_key(unit)] = tuple(outline.stack)
        else:
            unit.headings = outline.path
            outline.filled()
    if divider:
        for entry in outline.stack:
            entry.divider = True
    else:
        outline.close_page()


def _is_open(stack: tuple[_Entry, ...] | None) -> bool:
    """Say whether a heading was placed before, and under no undertaking."""
    return stack is not None and all(entry.mark != "project" for entry in stack)


def _starts_again(units: Sequence[_Unit]) -> bool:
    """Say whether the next numbered heading is a first one. 例: 【Ｂ】 before １ … after 【Ａ】 １ … ２ …"""
    following = next((u for u in units if u.kind == "heading" and u.mark == "arabic"), None)
    return following is not None and following.number == 1


def _is_fresh_chain(group: Sequence[_Unit], last: _Unit) -> bool:
    """Say whether only headings stand before ``last``."""
    for unit in group:
        if unit is last:
            return True
        if unit.kind != "heading":
            return False
    return False


def _only_names(group: Sequence[_Unit]) -> bool:
    """Say whether a page holds only a few short headings. 例: 地方創生 / 【移住関係】"""
    return (
        len(group) <= 4
        and all(unit.kind in ("heading", "label") for unit in group)
        and sum(len(unit.text) for unit in group) <= 100
        and any(unit.kind == "heading" for unit in group)
    )
