"""What of a sentence does not stand in the lines that it is said of. Pure functions.

Each figure with its unit, each date and time, each name, each word that turns a sentence round and each denial must
stand in one of the lines or in the heading of its block; so must most of the other words. A sentence that needs several
lines is held against them clause by clause: the figure of one line under the name of another is a false sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, permutations

from answer.check import figures
from answer.cues import STOP, SUPERLATIVE_SAID
from answer.evidence import katakana
from answer.generating.opposites import GROWN, PAIRS, SHRUNK, turning
from answer.generating.said import TELLS_APART, Said, said
from answer.thesaurus import synonyms
from answer.told import tell
from ingest.dates import Period, parse_code
from ingest.japanese import Morph, fold
from ingest.numbers import UNITS, Quantity, base_unit, unit_scale

# The share of a sentence's words that must stand in its lines. Fitted on the sentences of tests/answer/generating: the
# true ones, in words of their own, meet .5 and more; those about another thing of the same papers meet less.
LEAST_COVER = 0.5

_ABOUT_BEFORE = re.compile(r"(?:約|およそ|おおよそ|ほぼ|概ね|おおむね)\s*$")
_ABOUT_AFTER = re.compile(r"余り?|程度|ほど|強|弱|台")
_ENDS_DAYS = re.compile(
    r"\d月\s?\d{1,2}日(?:[（(][^（）()]{1,3}[)）])?(?:から|[～〜~・、-]|及び|と)$"
)  # 例: 11月1日から29日
_UNIT_SAID = re.compile(r"(?:単位\s*[:：]?\s*|[（(]\s*)([^（）()\s|:：、]{1,6})")
_NUMBER = r"[△▲-]?\d[\d,.]*(?:\s?[^\d\s=＝≒+＋×÷*/()（）、。−－-]{0,6})"
_WORKED = re.compile(
    rf"(?P<a>{_NUMBER})\s*(?P<sign>[−－＋+×÷*/]|(?<=\s)[-–](?=\s)|[–-])\s*(?P<b>{_NUMBER})\s*(?P<is>[=＝≒])\s*(?P<c>{_NUMBER})"
)
_PLANNED = re.compile(
    r"予定|見込|計画|目標|目指|方針|検討|案|予想|見通し|予算|ましょう|まいります|していきます|する(?:こと|もの)"
)
_SAYS_PLAN = re.compile(r"予定|見込|見通し")
_DONE = re.compile(r"(?:まし)?た(?=[。、」）)]|$)|済み?|実績|完了")
_YES = re.compile(r"^\s*(はい|いいえ|ええ|いえ)(?=[、。,.\s])[、。,.\s]*")
_MORE = re.compile(r"多[いくか]|高[いくか]|大き[いく]|長[いくか]|上回|増")
_LESS = re.compile(r"少な[いくか]|低[いくか]|小さ[いく]|短[いくか]|安[いくか]|下回|減")
_RANKED = re.compile(rf"{SUPERLATIVE_SAID.pattern}|ピーク|過去最|限度|以内")
_THAN = re.compile(
    r"(?P<than>[^、。]{1,40}?)(?:より(?:も)?(?!良|よ)|と比べて?|に比べて?|を(?=上回|下回))(?P<rest>[^。]*)"
)
_TIMES = re.compile(r"前年|昨年|前回|前期|前月|去年|年前|年度|先月|従来|これまで")


@dataclass(frozen=True)
class Source:
    """A line of the evidence with the heading of its block, as it is compared."""

    text: str
    heading: str
    period: str | None = None

    @property
    def own(self) -> Said:
        return said(self.text)

    @property
    def over(self) -> Said:
        return said(self.heading)

    @cached_property
    def key(self) -> str:
        return f"{self.own.key}\n{self.over.key}"

    @cached_property
    def lemmas(self) -> frozenset[str]:
        return self.own.lemmas | self.over.lemmas

    @cached_property
    def quantities(self) -> list[Quantity]:
        return [*self.own.quantities, *self.over.quantities]

    @cached_property
    def periods(self) -> list[Period]:
        """The dates of the line itself, those that lean on the heading's read by it."""
        dated = [parse_code(self.period)] if self.period else []
        return [*self.own.periods_near(self.over.periods), *dated]

    def has_word(self, lemma: str, key: str) -> bool:
        """Say whether a word stands here, or one like it."""
        if lemma in self.lemmas or (len(key) > 1 and key in self.key):
            return True
        return any(o in self.lemmas or (len(o) > 1 and katakana(o) in self.key) for o in _alike(lemma, fold(key)))


def faults(text: str, sources: Sequence[Source], question: str = "", whose: str = "") -> Iterator[str]:
    """Yield, in Japanese, what of a sentence the lines do not say; nothing where they say it all.

    ``whose`` is the town that all papers are of: it need not stand in each line. 例: 本市の人口
    """
    if not sources:
        yield "示された行がありません"
        return
    answer = _YES.match(text)
    claim = said(text[answer.end() :] if answer else text)
    if answer is not None:
        yield from _yes(answer[1], claim, said(question))
    worked, wrong = _worked_out(claim.text, sources)
    if wrong:
        yield f"計算が確かめられません（{wrong}）"
    yield from _figures(claim, sources, worked)
    yield from _dates(claim, sources)
    yield from _names(claim, sources, whose)
    yield from _turned(claim, sources, worked)
    yield from _crossed(claim, sources)
    yield from _denials(claim, sources)
    yield from _compared(claim, sources, worked)
    yield from _apart(claim, sources, worked)
    cover = covered(claim, sources)
    if cover < LEAST_COVER:
        yield f"行にない語が多すぎます（一致 {cover:.2f}）"


def covered(claim: Said, sources: Sequence[Source]) -> float:
    """Return the weighted share of a sentence's words that stand in the lines: 0 to 1; 1 where it has only figures."""
    whole = [katakana("".join(m.surface for m in chunk)) for chunk in claim.chunks]
    there = "".join(key for key in whole if len(key) > 2 and any(key in s.key for s in sources))
    total = sum(weight for _, _, weight in claim.content)
    met = sum(w for lemma, key, w in claim.content if key in there or any(s.has_word(lemma, key) for s in sources))
    if total:
        return met / total
    return 1.0 if claim.quantities or claim.periods or claim.runs or claim.clocks[0] else 0.0


def _alike(lemma: str, surface: str) -> frozenset[str]:
    return synonyms(lemma) | synonyms(surface)


# --- figures ----------------------------------------------------------------------------------------------------------


def _figures(claim: Said, sources: Sequence[Source], worked: Sequence[Quantity]) -> Iterator[str]:
    for quantity in claim.quantities:
        if any(_same(quantity, one) for one in worked):
            continue
        if quantity.base_unit == "日" and _ENDS_DAYS.search(claim.text[: quantity.at[0]]):
            ends = {day for s in sources for _, day in (*s.own.days, *s.over.days)}
            ends |= {int(p.end[8:10]) for s in sources for p in s.periods if p.kind in ("day", "range")}
            if quantity.value in ends:
                continue
        if not any(_holds(source, quantity, claim.text) for source in sources):
            yield f"「{quantity.text}」が行にありません"
    for figure, before, after in claim.runs:
        if any(figure in figures(one.text) for one in worked):
            continue
        if not any(_has_run(source, figure, before, after) for source in sources):
            yield f"「{before}{figure}{after}」が行にありません"
    clocks = [s.own.clocks for s in sources] + [s.over.clocks for s in sources]
    exact, bare = {c for one, _ in clocks for c in one}, {c for _, one in clocks for c in one}
    halved = re.search(r"午前|午後", claim.text) is not None
    for clock in claim.clocks[0]:
        if clock not in exact and (halved or clock not in bare):
            yield f"{clock[0]}時{clock[1]:02d}分という時刻が行にありません"
    bounds = {bound for s in sources for side in (s.own, s.over) for bound in side.bounds}
    for figure, bound in claim.bounds - bounds:
        yield f"「{figure}…{bound}」が行にありません"


def _has_run(source: Source, figure: str, before: str, after: str) -> bool:
    """Say whether a line has a figure that is no quantity, with a sign that it stands beside. 例: 第3回, サロン2"""
    alone = rf"(?<![\d.\-])0*{re.escape(figure)}(?![\d]|[.\-]\d)"
    if before == "第":
        patterns = [before + alone + re.escape(after)]
    else:
        patterns = [re.escape(before) + alone] * bool(before) + [alone + re.escape(after)] * bool(after) or [alone]
    return any(re.search(pattern, source.key) for pattern in patterns)


def _holds(source: Source, quantity: Quantity, text: str) -> bool:
    """Say whether a line has a quantity: the value in its unit, whatever scale it is written in."""
    about = _ABOUT_BEFORE.search(text[: quantity.at[0]]) or _ABOUT_AFTER.match(text[quantity.at[1] :])
    for one in source.quantities:
        if _same(quantity, one) or (about and _rounds(one, quantity)):
            return True
        if one.base_unit is None and _scaled(one.value, source, quantity):
            return True
        if figures(one.text) != figures(quantity.text):
            continue
        if quantity.base_unit == "つ" and one.value == quantity.value:
            return True  # 例: 1つの企業 for 1企業
        if quantity.unit is None:
            return True  # the bare figure of one that has a unit
    if quantity.base_unit not in (None, "年", "日", "時間", "分") and _is_printed(source, quantity):
        return True
    printed = figures(quantity.text)
    bare = [figure for side in (source.own, source.over) for figure, _, _ in side.runs]
    return any([figure] == printed and _scaled(float(figure), source, quantity) for figure in bare)


def _is_printed(source: Source, quantity: Quantity) -> bool:
    """Say whether a line prints a figure with its unit where it is no quantity. 例: 10枚当たり, 一組"""
    unit = re.escape(katakana(quantity.unit or ""))
    digits = re.escape("".join(figures(quantity.text)[:1]))
    kanji = "一二三四五六七八九"[int(quantity.value) - 1] if quantity.value in range(1, 10) else digits
    return re.search(rf"(?<![\d.])(?:{digits}|{kanji}){unit}", source.key) is not None


def _scaled(value: float, source: Source, quantity: Quantity) -> bool:
    """Say whether a figure without a unit is the quantity in a unit that the line or its heading names."""
    if quantity.unit is None:
        return math.isclose(abs(value), abs(quantity.value))
    for text in (source.own.text, source.over.text):
        for match in _UNIT_SAID.finditer(text):
            if base_unit(match[1]) == quantity.base_unit:
                return math.isclose(abs(value) * unit_scale(match[1]), abs(quantity.value))
    return False


def _same(one: Quantity, other: Quantity) -> bool:
    return math.isclose(abs(one.value), abs(other.value), rel_tol=1e-9) and one.base_unit == other.base_unit


def agree(one: Quantity, other: Quantity) -> bool:
    """Say whether two quantities are one, or one is the other rounded."""
    return _same(one, other) or _rounds(one, other) or _rounds(other, one)


def _rounds(exact: Quantity, rounded: Quantity) -> bool:
    """Say whether one quantity is another, rounded to the digits that it shows. 例: 18,426,000千円 → 184億円"""
    if exact.base_unit != rounded.base_unit or not exact.value or not rounded.value:
        return False
    shown = re.sub(r"\D", "", "".join(figures(rounded.text))).strip("0")
    digits = max(len(shown), 2)
    power = digits - 1 - math.floor(math.log10(abs(exact.value)))
    return math.isclose(round(abs(exact.value) * 10**power) / 10**power, abs(rounded.value), rel_tol=1e-9)


def _worked_out(text: str, sources: Sequence[Source]) -> tuple[list[Quantity], str]:
    """Return the quantities that a shown calculation gives, and the first calculation that does not hold."""
    found: list[Quantity] = []
    for match in _WORKED.finditer(text):
        a, b, c = (_quantity(match[name]) for name in ("a", "b", "c"))
        if a is None or b is None or c is None:
            return found, match[0]
        if not all(any(_holds(s, q, "") for s in sources) for q in (a, b)):
            return found, match[0]
        one, other = a.value, b.value
        sign = match["sign"]
        if sign in "÷/" and not other:
            return found, match[0]
        value = (
            one + other
            if sign in "＋+"
            else one * other
            if sign in "×*"
            else one / other
            if sign in "÷/"
            else one - other
        )
        places = len(re.sub(r"[^\d.]", "", match["c"]).partition(".")[2])
        shown = [value, 100 * value] if sign in "÷/" else [value]
        scale = unit_scale(c.unit) if c.unit and not match["c"].strip().endswith("%") else 1.0
        if not any(
            abs(abs(v) - abs(c.value))
            <= 0.5 * scale * 10**-places * (1.001 if match["is"] == "≒" or sign in "÷/" else 1e-6)
            for v in shown
        ):
            return found, match[0]
        found += [c, *(q for q in said(text).quantities if math.isclose(abs(q.value), abs(c.value)))]
    return found, ""


def _quantity(text: str) -> Quantity | None:
    return next(iter(said(text.strip()).quantities), None)


# --- dates ------------------------------------------------------------------------------------------------------------


def _dates(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    for period in claim.periods:
        if not any(_holds_period(claim, source, period) for source in sources):
            yield f"「{claim.text[slice(*period.at)]}」が行にありません"
    days = {day for s in sources for day in (s.own.days or s.over.days)}
    days |= {_day(day) for s in sources for p in s.periods for day in (p.start, p.end) if p.kind in ("day", "range")}
    months = {month for month, _ in days} | {int(p.start[5:7]) for s in sources for p in s.periods if p.kind == "month"}
    for month, number in claim.days:
        if (month, number) not in days and not (number is None and month in months):
            yield f"{month}月{number}日が行にありません" if number else f"{month}月が行にありません"


def _day(day: str) -> tuple[int, int | None]:
    return int(day[5:7]), int(day[8:10])


def _holds_period(claim: Said, source: Source, period: Period) -> bool:
    """Say whether a line, or its heading where the line has no such date of its own, holds for a period."""
    if any(_covers(period, own) for own in source.periods):
        return True
    over = source.over.periods
    if not any(_alike_kind(own, period) for own in source.own.periods):
        return any(_covers(period, one) for one in over)
    said_too = any(_covers(other, own) for other in claim.periods if other is not period for own in source.own.periods)
    return said_too and any(period.code == one.code for one in over)


def _alike_kind(one: Period, other: Period) -> bool:
    years = {"year", "fiscal_year", "range"}
    return one.kind == other.kind or one.ambiguous or {one.kind, other.kind} <= years


def _covers(told: Period, held: Period) -> bool:
    """Say whether a date is the one that is held, or the month or year that holds it."""
    if told.code == held.code:
        return True
    if told.kind == "range":
        return False
    if held.kind == "range":
        return "/" in held.code and told.code in held.code.split("/")
    if told.ambiguous or held.ambiguous:
        return told.start[:4] == held.start[:4] and {told.kind, held.kind} <= {"year", "fiscal_year"}
    return told.kind in ("month", "year", "fiscal_year") and told.start <= held.start and held.end <= told.end


# --- names ------------------------------------------------------------------------------------------------------------

# Nouns that frame what is said and name nothing. A noun that is none of these, nor makes a verb (計上する), must stand
# in the lines: the name of another thing is what makes a sentence false.
_FRAME = frozenset(
    """
    必要 可能 用意 期間 番号 方法 内容 対象 人数 件数 金額 金 額 総額 合計 量 率 割合 日時 日程 時間 時刻 場所 名称 名
    種類 一つ 状況 結果 実績 予定 見込み 見込 計画 案 前 後 前年 前年度 翌年 翌年度 同年 同年度 同月 同期 当時 以来 以降
    以外 限り 限度 上限 下限 午前 午後 先 目安 基準 条件 ため 為 こと 方 人 者 住民 利用 利用者 全体 全部 一部 うち 分
    新た 新規 主 主な 様々 他 その他 各 各種 次 以下 以上 未満 程度 約 計 差 差額 増減 増加 減少 推移 比較 関係 関連
    物件 子供 子ども こども 項目 行 表 資料 記載 説明 点 形 側 面 費用 有り 無し あり なし 物 品 お
    """.split()
)
_VERBAL = frozenset("為る 出来る 致す なさる 為さる 頂く 下さる".split())
# Suffixes that make another thing of a noun: 交付金 is not 交付
_MAKES_NAME = frozenset(
    "金 費 料 税 課 業 券 証 病 法 号 署 局 部 区 市 町 村 県 店 院 園 館 校 所 場 員 士 師 長".split()
)
_QUOTED = re.compile(r"[「『“]([^「」『』“”]{2,60})[」』”]")
_KATAKANA_UNITS = frozenset(katakana(unit) for unit in UNITS if re.fullmatch("[ァ-ヶー]+", unit))


def place_of(headings: Iterable[str]) -> str:
    """Return the one town or prefecture that headings name; empty where they name none, or several."""
    found = {
        one.surface + other.surface
        for heading in headings
        for one, other in pairwise(said(heading).morphs)
        if one.pos2 == "固有名詞" and other.surface in _PLACES and one.end == other.start
    }
    return found.pop() if len(found) == 1 else ""


_PLACES = frozenset("市町村県区")


def _names(claim: Said, sources: Sequence[Source], whose: str) -> Iterator[str]:
    for match in _QUOTED.finditer(claim.text):
        if not any(katakana(match[1]) in s.key for s in sources):
            yield f"「{match[1]}」が行にありません"
    for name, pieces in claim.names:
        key = katakana(name)
        if key in _KATAKANA_UNITS or any(key in s.key for s in sources) or (whose and name in (whose, whose[:-1])):
            continue
        if any(o in s.lemmas for o in synonyms(fold(name)) for s in sources):
            continue
        together = len(pieces) > 1 and any(
            all(len(p) > 1 and (katakana(p) in s.key or fold(p) in s.lemmas) for p in pieces) for s in sources
        )
        if not together:
            yield f"「{name}」が行にありません"
    for chunk in claim.chunks:
        if whose and "".join(m.surface for m in chunk) == whose:
            continue
        strange = _strange(chunk, sources)
        if strange:
            yield f"「{strange}」が行にありません"


def _strange(chunk: Sequence[Morph], sources: Sequence[Source]) -> str:
    """Return a compound that names something that no line has; empty where its nouns stand there or only frame.

    What ends a compound says of what kind it is, and may be the sentence's own: 申込期間 of 申込みは11月1日から.
    """
    whole = "".join(m.surface for m in chunk)
    if any(katakana(whole) in s.key for s in sources):
        return ""
    met = False
    for n, morph in enumerate(chunk):
        if morph.pos == "接尾辞":
            before = chunk[n - 1].surface if n else ""
            made = katakana(before + morph.surface)
            if morph.surface in _MAKES_NAME and before and not any(made in s.key for s in sources):
                return whole
            continue
        if morph.pos not in ("名詞", "形状詞", "接頭辞") or (
            morph.pos == "接頭辞" and morph.surface not in TELLS_APART
        ):
            continue
        word = fold(morph.surface)
        if any(s.has_word(morph.base, katakana(morph.surface)) for s in sources):
            met = True
            continue
        following = chunk[n + 1] if n + 1 < len(chunk) else None
        if {morph.base, word} & (_FRAME | STOP) or katakana(word) in _KATAKANA_UNITS:
            continue
        if following is not None and following.base in _VERBAL:
            continue
        if _is_opposed_or_said(morph.surface, sources):
            continue
        if met and all(m.pos == "接尾辞" for m in chunk[n + 1 :]):
            continue
        return whole
    return ""


def _is_opposed_or_said(word: str, sources: Sequence[Source]) -> bool:
    """Say whether a noun is one of a pair (減額 of 減), whose direction is held against the lines elsewhere."""
    held = turning(fold("\n".join(s.text for s in sources)))
    return any(one.search(turning(word)) and (one.search(held) or other.search(held)) for one, other in PAIRS)


# --- words that turn a sentence round ---------------------------------------------------------------------------------


def _turned(claim: Said, sources: Sequence[Source], worked: Sequence[Quantity]) -> Iterator[str]:
    told = turning(fold(claim.text))
    held = turning(fold("\n".join(f"{s.text}\n{s.heading}" for s in sources)))
    for one, other in PAIRS:
        word = one.search(told)
        if word is None:
            continue
        if one.search(held) is None:
            if other.search(held) is not None and other.search(told) is None:
                yield f"「{word[0]}」が行と逆です"
            elif one in (GROWN, SHRUNK) and not _shown(claim, sources, one is GROWN):
                yield f"「{word[0]}」が行にありません"
        elif other.search(held) is not None and other.search(told) is None:
            yield from _clause_turned(claim, sources, one, other)
    yield from _ways(claim, sources)
    grown = GROWN.search(told) is not None
    if grown != (SHRUNK.search(told) is not None):
        is_said = (GROWN if grown else SHRUNK).search(held) is not None
        steps = _steps(claim, () if is_said else sources)
        if steps and not any((step > 0) == grown for step in steps):
            yield "増減の向きが数字と合いません"
    if _SAYS_PLAN.search(told) and not _PLANNED.search(held):
        yield "「予定」が行にありません"
    if _SAYS_PLAN.search(held) and not _PLANNED.search(told) and _DONE.search(told) and not _DONE.search(held):
        yield "行では予定です"
    if SUPERLATIVE_SAID.search(told) and not _RANKED.search(held):
        yield "順位が行にありません"


def _clause_turned(
    claim: Said, sources: Sequence[Source], one: re.Pattern[str], other: re.Pattern[str]
) -> Iterator[str]:
    """Yield a word that the clause of the lines that is about the same thing turns round."""
    for clause in claim.clauses:
        word = one.search(turning(fold(clause.text)))
        if word is None:
            continue
        pool = [c for s in sources for c in s.own.clauses]
        best = max(pool, key=lambda c: _shared(clause, c), default=None)
        if best is not None and _shared(clause, best) > 0:
            text = turning(fold(best.text))
            if other.search(text) and not one.search(text):
                yield f"「{word[0]}」が行と逆です"


def _shared(one: Said, other: Said) -> float:
    """Return how much two clauses have in common; a figure tells more than a word."""
    numbers = sum(2.0 for a in one.quantities if any(_same(a, b) for b in other.quantities))
    numbers += sum(2.0 for a in one.periods if any(_covers(a, b) for b in other.periods))
    return numbers + sum(
        w for lemma, key, w in one.content if lemma in other.lemmas or (len(key) > 1 and key in other.key)
    )


def _ways(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield the figures that are said to go up where a line says that they go down, or the other way."""
    for quantity in claim.quantities:
        way = tell(claim.text, *quantity.at, quantity.unit).way
        if not way or re.match(r"\s*(?:も|ほど|程度)?[上下]回", claim.text[quantity.at[1] :]):
            continue
        ways = set()
        for source in sources:
            for one in source.own.quantities:
                if _same(one, quantity):
                    there = tell(source.own.text, *one.at, one.unit).way
                    ways.add(there or (-1 if one.text[:1] in "△▲" else 0))
        if ways and -way in ways and way not in ways:
            yield f"「{quantity.text}」の増減が行と逆です"


def _steps(claim: Said, sources: Sequence[Source]) -> list[float]:
    """Return by how much the figures that a sentence names differ: in the order of から and に, else of their dates."""
    told = []
    for (one, _), (other, words) in pairwise(claim.labels):
        if one.base_unit == other.base_unit and re.match(r"から", words) and _LED_TO.match(claim.text[other.at[1] :]):
            told.append(other.value - one.value)
    if told:
        return told
    dated: dict[str, dict[str, float]] = {}
    for source in sources:
        for one, words in source.own.labels:
            is_told = any(_same(one, q) or figures(one.text) == figures(q.text) for q in claim.quantities)
            if is_told and tell(source.own.text, *one.at, one.unit).role in ("now", "before"):
                periods = said(words).periods or source.own.periods[:1]
                if periods:
                    dated.setdefault(one.base_unit or "", {})[periods[-1].start] = one.value
    for values in dated.values():
        if len(values) > 1:
            ordered = [value for _, value in sorted(values.items())]
            told.append(ordered[-1] - ordered[-2])
    return told


_LED_TO = re.compile(r"\s*(?:に|へ|まで|と|、|。|$)")


def _shown(claim: Said, sources: Sequence[Source], grown: bool) -> bool:
    """Say whether figures show a growth that no word of the lines says: by their order, or a sign."""
    if any((step > 0) == grown for step in _steps(claim, sources)):
        return True
    for source in sources:
        for one, words in (*source.own.labels, *source.over.labels):
            sign = -1 if one.text[:1] in "△▲▼-" else 1 if one.text[:1] == "+" or _CHANGE.search(words) else 0
            if sign == (1 if grown else -1) and any(_same(one, q) for q in claim.quantities):
                return True
    return False


_CHANGE = re.compile(r"増減|差引|比較|前年度?[比差]")


def _crossed(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield a condition that is told with what a line says of the opposite one.

    例: 3歳以上は無料、3歳未満は所得で決まる → 3歳以上は所得で決まる
    """
    for source in sources:
        clauses = source.own.clauses
        for one, other in permutations(range(len(clauses)), 2):
            mark = _opposed_marks(clauses[one], clauses[other], claim)
            if not mark:
                continue
            mine, theirs = _up_to(clauses, one, other), _up_to(clauses, other, one)
            told = claim.lemmas
            if (theirs - mine) & told and not (mine - theirs) & told:
                yield f"「{mark}」の内容が行と違います"


def _opposed_marks(one: Said, other: Said, claim: Said) -> str:
    """Return what a sentence has of the first clause and the second has the opposite of."""
    for figure, bound in one.bounds & claim.bounds:
        if any(f == figure and b != bound for f, b in other.bounds - claim.bounds):
            return f"{figure}…{bound}"
    return ""


def _up_to(clauses: Sequence[Said], start: int, rival: int) -> frozenset[str]:
    """Return the words of a clause, and of those behind it up to the rival one."""
    end = rival if rival > start else len(clauses)
    return frozenset(lemma for clause in clauses[start:end] for lemma, _, _ in clause.content)


# --- denials ----------------------------------------------------------------------------------------------------------


def _denials(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    denied = {w for s in sources for side in (s.own, s.over) for w in side.denied}
    affirmed = {w for s in sources for side in (s.own, s.over) for w in side.affirmed}
    clauses = [c for s in sources for c in s.own.clauses]
    for word in claim.denied:
        if word in denied:
            continue
        if word in claim.no_such or not any(_refuses(clause, word) for clause in clauses):
            yield f"「{word}」の打ち消しが行にありません"
    for word in claim.affirmed - claim.denied:
        if word in denied and word not in affirmed:
            yield f"「{word}」は行では打ち消されています"
    for clause in claim.clauses:
        best = max(clauses, key=lambda c: _shared(clause, c), default=None)
        if best is None or _shared(clause, best) < 1 or not best.denied or clause.denied or claim.denied:
            continue
        ends = best.denied - best.affirmed
        if best.ends_denied and not _REFUSED.search(fold(claim.text)) and ends:
            yield "行では打ち消されています"


_REFUSED = re.compile(
    r"不可|不要|禁止|対象外|休[止館業]|中止|廃止|未[定実着完]|閉[館鎖]|除[くき]|以外|なし(?!と)|無し|断り"
)


def _refuses(clause: Said, word: str) -> bool:
    """Say whether a clause denies what is about a word: 郵送では受け付けていません, 利用は不可."""
    text = fold(clause.text)
    # 申し込めない may be said of 申込みを受け付けない
    stem = word[:-1] if len(word) > 2 else word
    about = any(lemma.startswith(stem) for lemma in clause.lemmas) or katakana(word) in clause.key
    return about and (clause.ends_denied or _REFUSED.search(text) is not None)


def _yes(answer: str, claim: Said, question: Said) -> Iterator[str]:
    """Yield why a はい or いいえ does not go with the sentence behind it, and the question before it."""
    if not claim.text.strip("。、 "):
        yield "根拠となる文がありません"
        return
    says_no = answer in ("いいえ", "いえ")
    asked, told = turning(fold(question.text)), turning(fold(claim.text))
    opposed = any(
        one.search(told) and other.search(asked) and not one.search(asked) and not other.search(told)
        for one, other in PAIRS
    )
    shared = set(claim.affirmed) & set(question.denied) or set(claim.denied) & set(question.affirmed)
    refused = bool(_REFUSED.search(told)) and not _REFUSED.search(asked)
    turned = opposed or bool(shared) or refused or claim.denies != question.denies
    if not says_no and turned:
        yield "「はい」と続く文が合いません"
    if says_no and not turned:
        asked_for = question.content[-1][0] if question.content else ""
        said_again = [c for c in claim.clauses if asked_for in c.affirmed]
        known = {key for _, key, _ in question.content}
        if any({key for _, key, _ in c.content} <= known and not c.quantities for c in said_again):
            yield "「いいえ」と続く文が合いません"


# --- several lines, several figures -----------------------------------------------------------------------------------


def _compared(claim: Said, sources: Sequence[Source], worked: Sequence[Quantity]) -> Iterator[str]:
    """Yield a comparison whose direction neither the words nor the figures of the lines show."""
    for match in _THAN.finditer(claim.text):
        rest, than = match["rest"], match["than"]
        more, less = _MORE.search(rest), _LESS.search(rest)
        if (more is None) == (less is None) or _TIMES.search(than):
            continue
        topic = re.split(r"(?:のほうが|の方が|[はが])、?", than)
        subject, reference = ("".join(topic[:-1]), topic[-1]) if len(topic) > 1 else ("", topic[0])
        if not subject:
            ahead = re.split(r"[。、]", claim.text[: match.start()].rstrip("、"))[-1]
            subject = re.sub(r"[はが]$", "", ahead)
        wanted = set(said(reference).nouns) - set(said(subject).nouns)
        other = set(said(subject).nouns) - set(said(reference).nouns)
        if not wanted:
            continue
        if _said_so(sources, wanted, more is not None) or _figures_show(sources, other, wanted, more is not None):
            continue
        yield f"「{match[0][:20]}」という比較が行から確かめられません"


def _said_so(sources: Sequence[Source], wanted: set[str], more: bool) -> bool:
    """Say whether a line itself compares with the same thing in the same direction."""
    for source in sources:
        for match in _THAN.finditer(source.own.text):
            topic = re.split(r"(?:のほうが|の方が|[はが])、?", match["than"])[-1]
            way = _MORE.search(match["rest"]) if more else _LESS.search(match["rest"])
            if way and all(word in katakana(topic) for word in wanted):
                return True
    return False


def _figures_show(sources: Sequence[Source], subject: set[str], reference: set[str], more: bool) -> bool:
    """Say whether the figures of the two things, each told by its own words, differ in the direction."""

    def of(words: set[str], rivals: set[str]) -> list[Quantity]:
        found = []
        others = {o for o in rivals if not all(o in s.key for s in sources)}
        for source in sources:
            for quantity, label in source.own.labels:
                key = katakana(label)
                about = key if any(o in source.own.key for o in others) else source.own.key
                if all(word in about for word in words) and not any(o in key for o in others):
                    found.append(quantity)
        return found

    pairs = [
        (a.value, b.value)
        for a in (of(subject, reference) if subject else [])
        for b in of(reference, subject)
        if a.base_unit == b.base_unit and a.value != b.value
    ]
    return bool(pairs) and all((a > b) == more for a, b in pairs)


def _apart(claim: Said, sources: Sequence[Source], worked: Sequence[Quantity]) -> Iterator[str]:
    """Yield the figures that the lines give to another name or date than the sentence does."""
    for quantity, words in claim.labels:
        if any(_same(quantity, one) for one in worked):
            continue
        holders = [s for s in sources if _holds(s, quantity, claim.text)]
        label = said(words)
        marks = [*label.nouns, *(katakana(name) for name, _ in label.names)]
        if holders and all(_is_anothers(quantity, label, marks, s, sources) for s in holders):
            yield f"「{quantity.text}」が別のものの数字です"


def _is_anothers(
    quantity: Quantity, label: Said, marks: Sequence[str], holder: Source, sources: Sequence[Source]
) -> bool:
    """Say whether a line has the figure for something else than the words that it is told with."""
    rivals: list[Said] = []
    mine: list[Said] = []
    for one, words in holder.own.labels:
        if _same(one, quantity) or figures(one.text) == figures(quantity.text):
            mine.append(said(words))
        elif one.base_unit == quantity.base_unit or one.base_unit is None:
            rivals.append(said(words))
    # What the sentence or the row is about holds for all of its figures, but for those of another one of its kind.
    topic = katakana(re.split(r"(?<=[はがも])、?|[|]", holder.own.text)[0])
    is_row = "|" in holder.own.text
    for mark in marks:
        if any(mark in one.key for one in mine) or mark in holder.over.key or (is_row and mark in topic):
            continue
        if any(_rival(mark, one, other) for one in mine for other in rivals):
            return True
        if mark not in holder.key and any(mark in s.own.key for s in sources if s is not holder):
            return True
    whose = [p for one in mine for p in one.periods]
    theirs = [p for other in rivals for p in other.periods]
    for period in label.periods:
        if whose and theirs and any(_covers(period, p) for p in theirs) and not any(_covers(period, p) for p in whose):
            return True
        own = [p for p in holder.own.periods if p.kind == period.kind]
        if own and not any(_covers(period, p) for p in holder.periods):
            return True
        if not own and any(_covers(period, p) for s in sources if s is not holder for p in s.own.periods):
            return not any(_covers(period, p) for p in (*holder.periods, *holder.over.periods))
    return False


def _rival(mark: str, mine: Said, other: Said) -> bool:
    """Say whether a name is that of another figure beside this one's own. 例: 小学校は4,300円、中学校は5,050円"""
    if not mine.nouns or not other.nouns or other.nouns[-1] != mark:
        return False
    own = mine.nouns[-1]
    return len(mine.nouns) == 1 or own[0] == mark[0] or own[-1] == mark[-1]
