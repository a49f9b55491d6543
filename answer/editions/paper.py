"""A paper as it is compared with another edition: its facts, lines and names in the form that dates do not change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from answer.check import figures
from answer.evidence import Statement, read_statements
from ingest.dates import find_periods, parse_code
from ingest.document import Document, Fact
from ingest.japanese import content_words, fold
from ingest.numbers import base_unit, find_quantities
from ingest.writing import without_notes

Shape = Literal["open", "day", "month", "year", "fiscal_year", "range"]

_NOTES = re.compile(r"※[0-9]*|\*+|[●○■□◆◇◎▶►⚫•]")
# What only numbers an item. 例: (1), ⑬, 2., ア)
_ENUMERATOR = re.compile(r"^(?:[(（\[]?[0-9]{1,2}(?:-[0-9]{1,2})*[)）\].、:．](?![0-9])|[(（][ア-ン一二三四五六七八九十][)）]|[#・\-|]+)+")
_ORDINAL = re.compile(r"第?[0-9]+(?:回|期|号|版|次|弾|年目|週)")
# Words that tell of no thing: what is left of a label when its figure and dates are taken out.
_EMPTY = frozenset(
    "数 者数 件数 時点 現在 末 月末 年 年度 月 日 約 延べ のべ 等 など ほど 程度 以上 以下 累計 する なる ある いる 令和 平成 計 うち"
    " 参考 実績 r h".split()
)
# A figure of one class never stands beside a figure of another: what is planned is no earlier value of what was done.
_CLASSES = {
    "goal": re.compile(r"目標|KPI|kpi|めざす|目指す"),
    "planned": re.compile(r"予定|見込|見通し|想定|予測|推計|試算"),
    "budget": re.compile(r"予算"),
    "settled": re.compile(r"決算"),
    "early": re.compile(r"速報|暫定"),
    "part": re.compile(r"[0-9]+月?[~-][0-9]+月|上半期|下半期|四半期|途中"),
    "share": re.compile(r"割合|構成比|比率"),
    "most": re.compile(r"最大|最高|上限|以内"),
    "mean": re.compile(r"平均|月に|1(?:人|件|社|日|月)当?たり"),
    "running": re.compile(r"累計|累積|通算"),
}


@dataclass(frozen=True)
class Paper:
    """One edition: the document and its facts, in the order of the text."""

    document: Document
    facts: tuple[Fact, ...]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return read_statements(self.document)

    @cached_property
    def figures(self) -> tuple[Fact, ...]:
        """The facts that measure something, each place of the text once."""
        found: dict[int, Fact] = {}
        for fact in self.facts:
            if fact.number is not None and not self._is_torn(fact):
                found.setdefault(fact.value_start, fact)
        return tuple(found.values())

    def _is_torn(self, fact: Fact) -> bool:
        """Tell whether a value is only a part of the printed one. 例: 7,920万円 of 2 億 7,920 万円"""
        before = fold(self.document.text[max(0, fact.value_start - 3) : fact.value_start]).rstrip(" ")
        return re.search(r"[億兆][0-9]*$|万$|[0-9][,.]$|[0-9]$", before) is not None and "\t" not in before

    @cached_property
    def packed(self) -> str:
        """The whole text in one width, without white space, signs of lists and commas in figures."""
        return pack(self.document.text)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every figure of the text, as ``answer.check`` compares them."""
        return frozenset(figures(self.document.text))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(content_words(self.document.text))


@lru_cache(maxsize=50_000)
def pack(text: str) -> str:
    """Return text as it is looked for: one width, no white space, list signs or commas. 例: ●会 員 １,０２０ → 会員1020"""
    return re.sub(r"(?<=[0-9]),(?=[0-9])|\s", "", _NOTES.sub("", fold(without_notes(text)))).strip("-・|")


@lru_cache(maxsize=50_000)
def name_of(text: str) -> str:
    """Return a name without its number, notes and white space. 例: ⒀ 村 債※2 → 村債; （1）概要 → 概要"""
    name = pack(text).replace("**", "")
    return _ENUMERATOR.sub("", name) or name


@lru_cache(maxsize=50_000)
def dateless(text: str) -> str:
    """Return a name with @ for dates and # for ordinals. 例: R5年度決算 → @決算, 第3回定例会 → #定例会"""
    plain = fold(text)
    parts, at = [], 0
    for period in find_periods(plain):
        parts += [plain[at : period.at[0]], "@"]
        at = period.at[1]
    whole = _ORDINAL.sub("#", "".join([*parts, plain[at:]]))
    return name_of(re.sub(r"@(?:\([0-9]{4}\)|年度?|末)", "@", re.sub(r"(?:@[\s,、・~()-]*)+", "@", whole)))


def words_in(text: str) -> frozenset[str]:
    """Return the words of a label or heading that name something: no dates, figures, or words such as 件数 and 延べ."""
    return frozenset(w for w in content_words(dateless_words(text)) if w not in _EMPTY and not re.search(r"\d", w))


@lru_cache(maxsize=50_000)
def dateless_words(text: str) -> str:
    plain = fold(text)
    for period in reversed(find_periods(plain)):
        plain = plain[: period.at[0]] + " " + plain[period.at[1] :]
    return re.sub(r"[0-9]+", " ", plain)


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


def classes_of(fact: Fact, text: str) -> frozenset[str]:
    """Return what classes a figure belongs to by its label, headings and the words right behind it."""
    behind = text[fact.value_end : min(fact.end, fact.value_end + 12)] if fact.table is None else ""
    behind = re.split(r"[。、\n,;0-9]|平均", fold(behind))[0]
    said = " ".join(filter(None, (fact.label, fact.row, fact.column, fact.scope, behind)))
    return frozenset(name for name, pattern in _CLASSES.items() if pattern.search(fold(said)))


def unit_of(fact: Fact) -> str | None:
    """Return the unit a figure is compared in: 千円 → 円, 名 → 人; None for a bare figure."""
    if fact.unit:
        return base_unit(fact.unit)
    found = find_quantities(fact.value)
    return found[0].base_unit if found else None
