"""A paper as it is compared with another edition: its facts, lines and names in the form that dates do not change."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Literal

from answer.check import figures
from answer.reading.evidence import Statement
from ingest.dates import find_periods, parse_code
from ingest.document import Document, Fact
from ingest.japanese import content_words, fold
from ingest.numbers import base_unit, find_quantities
from ingest.statements import read_statements
from ingest.tables import is_label
from ingest.writing import same_width, without_notes

Shape = Literal["open", "day", "month", "year", "fiscal_year", "range"]

_NOTES = re.compile(r"※[0-9]*|\*+|[●○■□◆◇◎▶►▷➡⇒⚫•]")
# What only numbers an item. 例: (1), ⑬, 2., ア)
_ENUMERATOR = re.compile(
    r"^(?:[(（\[]?[0-9]{1,2}(?:-[0-9]{1,2})*[)）\].、:．](?![0-9])|[(（][ア-ン一二三四五六七八九十][)）]|[#・\-|]+)+"
)
_ORDINAL = re.compile(r"第?[0-9]+(?:回|期|号|版|次|弾|年目|週)")
# Words that tell of no thing: what is left of a label when its figure and dates are taken out.
_EMPTY = frozenset(
    "数 者数 件数 時点 現在 末 月末 年 年度 月 日 約 延べ のべ 等 など ほど 程度 以上 以下 累計 する なる ある"
    " いる 令和 平成 年間 最大 最高 上限 一人 当たり おく 全体 毎月 新た 計 うち 参考 実績 r h".split()
)
# Words that a heading or item has whatever it is about.
_USUAL = frozenset(
    "開催 実施 取組 取組み 取り組み 事業 主 内容 推進 関係 支援 設置 活動 状況 概要 について 県 市 町 村"
    " 県内 例 その他 強化 促進 充実 整備 運営 運用 開始 予定 拡大 向上 活用 対応 対象 補助 施策 一部 新 新規 方針"
    " 方向性".split()
)
# A figure of one class never stands beside a figure of another: what is planned is no earlier value of what was done.
_CLASSES = {
    "goal": re.compile(r"目標|KPI|kpi|めざす|目指す"),
    "planned": re.compile(r"予定|見込|見通し|想定|予測|推計|試算"),
    "budget": re.compile(r"予算"),
    "settled": re.compile(r"決算"),
    "early": re.compile(r"速報|暫定"),
    "part": re.compile(r"[0-9]+月?[~-][0-9]+月|[0-9]月(?:末|期)?まで|上半期|下半期|四半期|途中"),
    "share": re.compile(r"割合|構成比|比率"),
    "most": re.compile(r"最大|最高|上限|以内"),
    "mean": re.compile(r"平均|月に|1(?:人|件|社|日|月)当?たり"),
    "running": re.compile(r"累計|累積|通算"),
}


# What parts the name of a figure from what stands before it: another figure with its unit, a comma, a bracket.
_PARTED = re.compile(
    r"[0-9][0-9,.]*(?: ?[人件名社校戸台組円%](?= )|[^\s、。・()（）:：\[\]［］]*)|[、。()（）:：\[\]［］※]"
)
_BRACKETED = re.compile(r"[\[［(（【][^\]］)）】]*[\]］)）】]")
_UNIT_LINE = re.compile(r"[(（]単位[:：][^()（）]*[)）]")
_REACH = 8  # lines: how far below the name of a box its figures may stand
_ROW = 3  # bare figures on a line: so many are a row of a table
_LONGEST_ITEM = 44  # characters: a longer line is a sentence, and no name of a thing
_LEAST_ITEM = 3
# What every section has names nothing. 例: 【事業概要】, 令和5年度の実施内容
_GENERIC = re.compile(
    r"(?:@|令和@)?の?(?:事業|実施|取組み?|取り組み|補助|対象|主な|今後|これまで|具体的な)*の?(?:概要|内容|目的|背景|趣旨|成果|実績|効果|ねらい|参考"
    r"|方向性|現状|課題|経緯|日程|場所|状況|目次|その他|問い?合わせ先?|受付期間|会場|料金|対象者?|推移|取組み?|例|予定)(?:等|など|について|[・、及び].*)?"
)


@dataclass(frozen=True)
class Paper:
    """One edition: the document and its facts, in the order of the text."""

    document: Document
    facts: tuple[Fact, ...]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(Statement.of(self.document, n, kept) for n, kept in enumerate(read_statements(self.document)))

    @cached_property
    def figures(self) -> tuple[Fact, ...]:
        """The facts that measure something, each place of the text once."""
        found: dict[int, Fact] = {}
        for fact in self.facts:
            if fact.number is not None and not self._is_torn(fact):
                found.setdefault(fact.value_start, self._without_title(fact))
        return tuple(found.values())

    @cached_property
    def _starts(self) -> list[int]:
        return [s.start for s in self.statements]

    def names_over(self, fact: Fact) -> tuple[str, ...]:
        """Return what a figure stands under, innermost first: the line that names a box of the page, and headings.

        Headings that every section has (概要, 実績) name nothing.
        """
        at = bisect_right(self._starts, fact.start) - 1
        near: list[str] = []
        for statement in reversed(self.statements[max(0, at - _REACH) : max(0, at)]):
            if statement.headings != self.statements[at].headings or statement.kind == "heading":
                break
            if statement.kind == "label" and is_item(statement.flat):
                near.append(statement.flat)
                break
        scope = (fact.scope,) if fact.scope else ()
        names = (_UNIT_LINE.sub("", name).strip() for name in (*near, *scope, *fact.headings[::-1]))
        return tuple(name for name in dict.fromkeys(names) if is_item(name))

    def row_of(self, fact: Fact) -> str:
        """Return the printed line that a value stands on; a statement may go over several."""
        text = self.document.text
        end = text.find("\n", fact.value_end)
        return text[text.rfind("\n", 0, fact.value_start) + 1 : len(text) if end < 0 else end]

    def called(self, fact: Fact) -> str:
        """Return the words right before a value on its line, or else its label. 例: 女性 337 人 → 女性"""
        if fact.table is not None:
            return fact.label
        if own := self._own_name(fact):
            return own
        parts, row = fact.label.split(" "), self.row_of(fact)
        behind = row[row.find(fact.value) + len(fact.value) :]
        return parts[0] if any(part in behind for part in parts[1:]) else fact.label

    def _own_name(self, fact: Fact) -> str:
        """Return what stands right before a value on its line; empty where that is no name."""
        before = self._before(fact)
        own = _PARTED.split(re.sub(r"\([^()]*\)", " ", same_width(before)))[-1].strip(" ・")
        counts_all = own.endswith("の") and re.search(r"[、・]", before)  # 熊本、阿蘇、天草の5コース
        bare = re.sub(r"[はがをにでもの]+$", "", own)
        return own if len(bare) > 1 and words_in(own) and own[0] not in "のはがをにでと" and not counts_all else ""

    def _before(self, fact: Fact) -> str:
        """Return what stands before a value on its line."""
        text = self.document.text
        return text[text.rfind("\n", 0, fact.value_start) + 1 : fact.value_start]

    def is_named(self, fact: Fact) -> bool:
        """Tell whether it is sure what a figure is called: in a table, by its own line, or alone in its sentence."""
        if fact.table is not None:
            return bool(fact.column) or not self._is_wide(fact)
        if self.is_bracketed(fact) or self.is_in_row(fact):
            return False
        if self._own_name(fact):
            return True
        if is_generic(fact.label) or re.search(r"[0-9]$", fold(fact.label)):  # 輸出は、に122: torn
            return False
        keyed = fact.kind == "key_value" and re.search(r"[:：]\s*(?:約|延べ|計|\*)*$", self._before(fact))
        return bool(keyed) or sum(f.start == fact.start for f in self.figures) == 1

    def _is_wide(self, fact: Fact) -> bool:
        """Tell whether a cell's row has figures in several cells, so that its column must say which one it is."""
        line = self.document.text[fact.start : fact.end].split("\t")[1:]
        return sum(bool(find_quantities(cell)) for cell in line) > 1

    def is_bracketed(self, fact: Fact) -> bool:
        """Tell whether a value stands alone in brackets on its line.

        What it belongs to stands on another line, and which one that is the order of reading may have lost.
        """
        row = same_width(self.row_of(fact)).strip()
        return _BRACKETED.fullmatch(row) is not None and pack(row[1:-1]) == pack(fact.value)

    def is_in_row(self, fact: Fact) -> bool:
        """Tell whether a value stands on a line of bare figures: a row of a table whose columns were not read."""
        bare = re.findall(r"(?<!\S)[△▲-]?[0-9][0-9,.]*(?!\S)", same_width(self.row_of(fact)))
        return fact.table is None and len(bare) >= _ROW

    def named_alike(self, fact: Fact) -> int:
        """Return how many cells of a fact's table have its row, column and label."""
        return self._names_of_cells[fact.table, fact.row, fact.column, fact.label]

    @cached_property
    def _names_of_cells(self) -> Counter[tuple[int | None, str | None, str | None, str]]:
        return Counter((f.table, f.row, f.column, f.label) for f in self.figures)

    @cached_property
    def things(self) -> frozenset[tuple[str, str | None]]:
        """What the paper gives figures of, each with its unit: rows of tables, labels under their headings."""
        return frozenset((self.thing_of(fact), unit_of(fact)) for fact in self.figures)

    def thing_of(self, fact: Fact) -> str:
        """Return what a figure is of: its row, or its label and the heading over it, dates put aside."""
        if fact.table is not None and fact.row:
            return dateless(fact.row)
        over = self.names_over(fact)
        return f"{dateless(self.called(fact))}｜{dateless(over[0]) if over else ''}"

    def line_of(self, fact: Fact) -> str:
        """Return the line of a figure that stands in no table, and the one before it under the same headings."""
        at = bisect_right(self._starts, fact.start) - 1
        if fact.table is not None or at < 0:
            return ""
        before = self.statements[at - 1] if at else None
        led = before.flat if before is not None and before.headings == self.statements[at].headings else ""
        return f"{led} {self.statements[at].flat}"

    @cached_property
    def _titles(self) -> dict[int, str]:
        """Return what all columns of a table begin with, by its number: a title that was read as their heading."""
        columns: dict[int, set[str]] = defaultdict(set)
        for fact in self.facts:
            if fact.table is not None and fact.column:
                columns[fact.table].add(fact.column)
        return {table: _common_start(names) for table, names in columns.items() if len(names) > 1}

    def _without_title(self, fact: Fact) -> Fact:
        """Return a cell without the title over its columns; what is left of its heading dates it."""
        title = self._titles.get(fact.table, "") if fact.table is not None else ""
        if not title or not fact.column:
            return fact
        column = fact.column.removeprefix(title)
        dated = find_periods(column)
        return replace(
            fact,
            label=fact.label.replace(fact.column, column, 1),
            column=column,
            as_of=dated[0].code if dated else fact.as_of,
            as_of_from="column" if dated else "heading",
        )

    def _is_torn(self, fact: Fact) -> bool:
        """Tell whether a value is only a part of what is printed. 例: 7,920万円 of 2 億 7,920 万円, 24日 of 4月 24日"""
        text = self.document.text
        before = same_width(text[max(0, fact.value_start - 3) : fact.value_start])
        of_date = fold(fact.unit or "") == "日" and re.search(r"月\s*$", before) is not None
        each = text[fact.value_end : fact.value_end + 4].strip().startswith("ひとり")  # 一人ひとり counts nobody
        return of_date or each or re.search(r"[億兆万] ?$|[億兆] [0-9]+$|[0-9][,.]?$|[A-Za-z]$", before) is not None

    @cached_property
    def packed(self) -> str:
        """The whole text in one width, without white space, signs of lists and commas in figures."""
        return pack(self.document.text)

    @cached_property
    def cells(self) -> str:
        """The same with | for tabs and line ends, so that the figures of two cells stay two."""
        return "|".join(map(pack, re.split(r"[\t\n]", self.document.text)))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every figure of the text, as ``answer.check`` compares them."""
        return frozenset(figures(self.document.text))

    @cached_property
    def measures(self) -> frozenset[tuple[float, str | None]]:
        """Every value of the text and of cells with what it is counted in: 65名 and 65人 are one."""
        cells = {(fact.number, unit_of(fact)) for fact in self.figures if fact.number is not None}
        return frozenset(cells | {(q.value, q.base_unit) for q in find_quantities(self.document.text)})

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(content_words(self.document.text))


def _common_start(names: Iterable[str]) -> str:
    """Return the words that all names begin with, with the space behind them."""
    alike = takewhile(lambda words: len(set(words)) == 1, zip(*(name.split(" ") for name in names), strict=False))
    return "".join(f"{words[0]} " for words in alike)


@lru_cache(maxsize=50_000)
def pack(text: str) -> str:
    """Return text as it is looked for: in one width and packed. 例: ●会 員 １,０２０ → 会員1020"""
    return re.sub(r"(?<=[0-9]),(?=[0-9])|\s", "", _NOTES.sub("", fold(without_notes(text)))).strip("-・|")


@lru_cache(maxsize=50_000)
def name_of(text: str) -> str:
    """Return a name without its number, notes and white space. 例: ⒀ 村 債※2 → 村債; （1）概要 → 概要"""
    name = pack(text).replace("**", "")
    return _ENUMERATOR.sub("", name) or name


@lru_cache(maxsize=50_000)
def dateless(text: str) -> str:
    """Return a name with @ for dates and # for ordinals. 例: R5年度決算 → @決算, 第3回定例会 → #定例会"""
    whole = _ORDINAL.sub("#", fold(_without_dates(text, "@")))
    return name_of(re.sub(r"@(?:\([0-9]{4}\)|年度?|末)", "@", re.sub(r"(?:@[\s,、・~()-]*)+", "@", whole)))


@lru_cache(maxsize=50_000)
def masked(text: str) -> str:
    """Return what a line says, @ for each date and 0 for each figure. 例: 令和6年1月末 507社 → @ 0社"""
    return re.sub(r"[0-9]+(?:\.[0-9]+)?", "0", pack(_without_dates(text, "@")).replace("**", ""))


def words_in(text: str) -> frozenset[str]:
    """Return the words of a label or heading that name something: no dates, figures, or words such as 件数 and 延べ."""
    return frozenset(w for w in _words(text) if w not in _EMPTY and not re.search(r"\d", w))


@lru_cache(maxsize=50_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(content_words(re.sub(r"[0-9]+", " ", fold(_without_dates(text, " ")))))


def _without_dates(text: str, sign: str) -> str:
    for period in reversed(find_periods(text)):
        text = text[: period.at[0]] + sign + text[period.at[1] :]
    return text


def shape_of(fact: Fact) -> Shape:
    """Return what kind of time a figure holds for; "open" where only a heading or the paper dates it.

    A range in a heading counts, too: what was counted from January to September is no count of a year.
    """
    if fact.as_of is None:
        return "open"
    kind = parse_code(fact.as_of).kind
    if fact.as_of_from in ("text", "column", "row") or kind == "range":
        return kind
    return "open"


def classes_of(fact: Fact, text: str, over: tuple[str, ...] = ()) -> frozenset[str]:
    """Return what classes a figure belongs to: by its label, the words right behind it, and what it stands under."""
    behind = text[fact.value_end : min(fact.end, fact.value_end + 12)] if fact.table is None else ""
    behind = re.split(r"[。、\n,;0-9]|平均", fold(behind))[0]
    said = " ".join(filter(None, (fact.label, fact.row, fact.column, fact.scope, behind)))
    found = {name for name, pattern in _CLASSES.items() if pattern.search(fold(said))}
    return frozenset(found | {"part"} if _CLASSES["part"].search(fold(" ".join(over))) else found)


def unit_of(fact: Fact) -> str | None:
    """Return the unit a figure is compared in: 千円 → 円, 名 → 人; None for a bare figure."""
    if fact.unit:
        return base_unit(fact.unit)
    found = find_quantities(fact.value)
    return found[0].base_unit if found else None


def is_item(name: str) -> bool:
    """Tell whether a line names a thing: short, no sentence, no figure, not what every section has. 例: 概要 → no"""
    plain = dateless(name)
    if not _LEAST_ITEM <= len(plain.strip("@#")) <= _LONGEST_ITEM or re.search(r"[。:：]", name):
        return False
    if any(q.unit or q.value > _LARGEST_NUMBER for q in find_quantities(name)):
        return False
    has_letters = re.search(r"[^\W\d_①-⑳]{2}", plain) is not None
    return has_letters and bool(topic_of(name)) and not is_generic(name) and not is_label(name_of(name))


_LARGEST_NUMBER = 30  # a larger bare figure numbers no chapter


def is_generic(name: str) -> bool:
    """Tell whether a name is one that every section has. 例: 概要, 令和5年度の実施内容"""
    return _GENERIC.fullmatch(re.sub(r"[【】〈〉<>《》「」()（）]", "", dateless(name))) is not None


def topic_of(name: str) -> frozenset[str]:
    """Return the words of a heading or item that tell it from others. 例: 観光レップの設置 → 観光, レップ"""
    return words_in(name) - _USUAL
