"""A text as it is compared: its figures, dates, names and predicates, each read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from answer.cues import STOP, THINGS
from answer.evidence import katakana
from ingest.dates import Period, find_periods
from ingest.japanese import Morph, fold, morphs
from ingest.numbers import Quantity, find_quantities, with_digits

Clock = tuple[int, int]  # hour of 24, minute
Day = tuple[int, int | None]  # month, day

_CLOCK = re.compile(
    r"(?P<half>午前|午後|am|pm)?\s*(?P<h>\d{1,2})(?::(?P<m>\d{2})(?!\d)|時(?!間|点|代|期)(?:(?P<m2>\d{1,2})分|(?P<m3>半))?)"
)
_DAY = re.compile(
    r"(?<!\d)(?P<m>\d{1,2})月(?!額|報|刊|給|例|謝|間|曜)(?:(?P<d>\d{1,2})日)?|(?<![\d/])(?P<m2>\d{1,2})/(?P<d2>\d{1,2})(?![\d/])"
)
_RUN = re.compile(r"(?P<before>[一-龠々ァ-ヶーa-zA-Z])?(?P<figure>\d+(?:[.\-]\d+)*)(?P<after>[一-龠々ァ-ヶa-zA-Z%])?")
_BOUND = re.compile(
    r"(?P<figure>\d[\d,.]*)(?P<unit>[^\d\s、。,.()（）|:：]{0,4}?)\s*(?:の)?"
    r"(?P<bound>以上|以下|未満|超(?!過)|を?超え|以内|以前|以降|以後)"
)
_KATAKANA_NAME = re.compile(r"[ァ-ヶー]{3,}")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9&+.\-]+")
_KIND = re.compile(
    rf"(?:{THINGS}|館|園|場|駅|課|係|丁目|号線|線|橋|川|山|島|湖|組合|条例|法|基金|交付金|補助金|給付金|助成金|税|病院|診療所|祭り?|大会|委員会|議会|審議会|小|中)$"
)
_SIDE = re.compile(r"[東西南北]|[左右]|[月火水木金土日]曜")
TELLS_APART = frozenset("小 中 高 新 旧 副 正 準".split())  # before a noun. 例: 小|学校, 旧|庁舎
_NOUNS = ("名詞", "接尾辞", "接頭辞", "形状詞")
_SAYS_NOTHING = STOP | {"午前", "午後"}
_BETWEEN = ("助詞", "助動詞", "補助記号", "記号", "接続詞", "感動詞", "連体詞")
_WORDS = ("名詞", "動詞", "形容詞", "形状詞", "副詞")
# Verbs that carry no sense of their own: what they deny is the word before them. 例: 利用できない denies 利用
_LIGHT = frozenset(
    "為る 居る 有る 成る 出来る 得る 御座る 頂く 下さる 行う 致す 行なう 認める 言う 事 物 の 訳 筈".split()
)
_DENIES = frozenset("ない 無い ず ぬ 無し 無くなる 無くす 不可 禁止 不能 まい".split())
# 例: 受けなければならない says that something is, not that it is not
_NO_DENIAL = re.compile(
    r"(?:なければ|ないと|なくては|ねば)(?:な(?:ら|り)(?:ない|ません|ず)|いけ(?:ない|ません))|(?:に|も)かかわらず|ほかな(?:ら|り)(?:ない|ません)"
    r"|だけで(?:は)?なく|のみならず|かもしれ(?:ない|ません)|ざるを得な|とは限らな|ではないか|少なくと|まもなく|間もなく"
)
_CLAUSE = re.compile(r"[。、；;|（）()「」『』\n]")


@dataclass(frozen=True)
class Said:
    """What a text says. ``text`` has its kanji figures in digits and no marks of notes."""

    text: str

    @cached_property
    def key(self) -> str:
        return katakana(self.text)

    @cached_property
    def morphs(self) -> list[Morph]:
        return morphs(self.text)

    @cached_property
    def quantities(self) -> list[Quantity]:
        return find_quantities(self.text)

    @cached_property
    def periods(self) -> list[Period]:
        """The dates with their years; the end of a month is its month, however it is written. 例: R6.1末"""
        return [self._month_of(p) for p in find_periods(self.text)]

    def _month_of(self, period: Period) -> Period:
        if period.kind != "day" or "末" not in self.text[slice(*period.at)]:
            return period
        return replace(period, kind="month", start=f"{period.start[:7]}-01", code=period.code[:7])

    def periods_near(self, others: Sequence[Period]) -> list[Period]:
        """Return the periods, those without a year read in the years of ``others``, and 昨年度 as said then."""
        found = list(self.periods)
        for other in others:
            written = other if other.kind in ("day", "month") else None
            found += map(self._month_of, find_periods(self.text, default=other, written=written))
        return found

    @cached_property
    def clocks(self) -> tuple[frozenset[Clock], frozenset[Clock]]:
        """Times of day by the 24 hours, and as they are said. 例: 午後5時 → 17:00; 5:00"""
        exact, bare = set(), set()
        for match in self._clocks():
            hour, minute = int(match["h"]), int(match["m"] or match["m2"] or (30 if match["m3"] else 0))
            later = match["half"] in ("午後", "pm") and hour < 12
            exact.add((hour + 12 * later, minute))
            bare.add((hour, minute))
        return frozenset(exact), frozenset(bare)

    def _clocks(self) -> Iterator[re.Match[str]]:
        return _CLOCK.finditer(fold(self.text)) if re.search(r"時|:|：", self.text) else iter(())

    @cached_property
    def days(self) -> frozenset[Day]:
        """Days and months as they are written without their years."""
        found = {
            (int(m["m"] or m["m2"]), int(d) if (d := m["d"] or m["d2"]) else None)
            for m in _DAY.finditer(fold(self.text))
        }
        for period in self.periods:
            for day in (period.start, period.end):
                if period.kind in ("day", "month", "range"):
                    found.add((int(day[5:7]), int(day[8:10]) if period.kind == "day" else None))
        return frozenset(found)

    @cached_property
    def runs(self) -> list[tuple[str, str, str]]:
        """Figures that are no quantity, date or time, with the signs before and after them. 例: 第3回 → 3, 第, 回"""
        plain = fold(self.text)
        taken = [False] * (len(self.text) + 1)
        spans = [q.at for q in self.quantities] + [p.at for p in self.periods]
        if len(plain) == len(self.text):
            spans += [m.span() for m in _CLOCK.finditer(plain)] + [m.span() for m in _DAY.finditer(plain)]
        for start, end in spans:
            taken[start:end] = [True] * (end - start)
        rest = "".join(" " if taken[n] else c for n, c in enumerate(self.text))
        return [
            (m["figure"].lstrip("0") or "0", katakana(m["before"] or ""), katakana(m["after"] or ""))
            for m in _RUN.finditer(fold(rest))
        ]

    @cached_property
    def bounds(self) -> frozenset[tuple[str, str]]:
        """Figures with the word that makes them a bound. 例: 65歳以上 → 65, 以上"""
        same = {"を超え": "超", "超え": "超", "以後": "以降"}
        return frozenset(
            (m["figure"].replace(",", ""), same.get(m["bound"], m["bound"])) for m in _BOUND.finditer(fold(self.text))
        )

    @cached_property
    def lemmas(self) -> frozenset[str]:
        return frozenset(word for m in self.morphs for word in (m.base, fold(m.surface)))

    @cached_property
    def content(self) -> list[tuple[str, str, float]]:
        """The words that say something: base form, katakana form, and how much each counts (verbs less)."""
        found = []
        dated = [p.at for p in self.periods]
        for morph in self.morphs:
            if any(start <= morph.start < end for start, end in dated):
                continue
            if morph.pos not in _WORDS or morph.pos2 in ("数詞", "非自立可能", "助動詞語幹"):
                continue
            if {morph.base, morph.surface} & _SAYS_NOTHING or re.search(r"\d", morph.surface):
                continue
            found.append((morph.base, katakana(morph.surface), 1.0 if morph.pos in _NOUNS else 0.6))
        return found

    @cached_property
    def runs_of_nouns(self) -> list[list[Morph]]:
        """The compounds, without the words of dates and figures."""
        found: list[list[Morph]] = []
        dated = [p.at for p in self.periods]
        for morph in self.morphs:
            is_noun = morph.pos in _NOUNS and morph.pos2 != "数詞" and not re.search(r"\d", morph.surface)
            if not is_noun or any(start <= morph.start < end for start, end in dated):
                continue
            if found and found[-1][-1].end == morph.start:
                found[-1].append(morph)
            elif morph.pos != "接尾辞":
                found.append([morph])
        return found

    @cached_property
    def nouns(self) -> list[str]:
        """The compounds that tell one thing from another, as they are compared."""
        return [
            katakana(self.text[run[0].start : run[-1].end])
            for run in self.runs_of_nouns
            if not all({m.base, m.surface} & STOP for m in run)
        ]

    @cached_property
    def names(self) -> list[tuple[str, tuple[str, ...]]]:
        """Names of people, places, bodies and products, each with the pieces that it is made of."""
        found: dict[str, tuple[str, ...]] = {}
        for run in self.runs_of_nouns:
            self._add_names(run, found)
        for pattern in (_KATAKANA_NAME, _LATIN_NAME):
            for match in pattern.finditer(self.text):
                found.setdefault(match[0], (match[0],))
        return list(found.items())

    def _add_names(self, run: Sequence[Morph], found: dict[str, tuple[str, ...]]) -> None:
        whole = self.text[run[0].start : run[-1].end]
        kind = _KIND.search(whole)
        is_named = kind is not None and kind.start() > 0 and (len(run) > 1 or len(whole) > 2)
        if (is_named or any(m.surface in TELLS_APART for m in run[:-1])) and run[0].base not in STOP:
            found[whole] = tuple(m.surface for m in run)
        for morph in run:
            if morph.pos2 == "固有名詞" or _SIDE.search(morph.surface):
                found.setdefault(morph.surface, (morph.surface,))

    @cached_property
    def chunks(self) -> list[list[Morph]]:
        """The runs of words that no particle parts, without dates and figures. 例: あおば|保育|所"""
        found: list[list[Morph]] = []
        dated = [p.at for p in self.periods] + [q.at for q in self.quantities]
        for morph in self.morphs:
            if morph.pos in _BETWEEN or re.search(r"\d", morph.surface) or morph.pos2 == "数詞":
                continue
            if morph.pos == "動詞" and morph.pos2 == "非自立可能" and morph.base not in ("為る", "出来る"):
                continue
            if any(start <= morph.start < end for start, end in dated):
                continue
            if found and found[-1][-1].end == morph.start:
                found[-1].append(morph)
            else:
                found.append([morph])
        return found

    @cached_property
    def denied(self) -> frozenset[str]:
        """The words that are said not to be. 例: 予約は必要ありません → 必要"""
        return self._predicates[1]

    @cached_property
    def no_such(self) -> frozenset[str]:
        """The nouns that something is said not to be. 例: 月曜日ではありません"""
        return self._predicates[2]

    @cached_property
    def affirmed(self) -> frozenset[str]:
        """The words that are said at least once without a denial."""
        return self._predicates[0]

    @cached_property
    def denies(self) -> bool:
        return bool(self.denied)

    @cached_property
    def ends_denied(self) -> bool:
        """Whether what is said at the end is said not to be. 例: 同意がない物件は登録できません"""
        tail = [m for m in morphs(_NO_DENIAL.sub(lambda m: "、" * len(m[0]), self.text)) if m.pos != "補助記号"]
        ending = [m.base in _DENIES for m in tail[-5:] if m.pos in ("助動詞", "形容詞", "動詞", "名詞", "接尾辞")]
        return any(ending)

    @cached_property
    def _predicates(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        text = _NO_DENIAL.sub(lambda m: "、" * len(m[0]), self.text)
        last: str | None = None
        affirmed: list[str] = []
        denied: set[str] = set()
        no_such: set[str] = set()
        is_copula = False
        for morph in morphs(text) if text != self.text else self.morphs:
            if morph.pos == "補助記号":
                last = None if morph.surface in "。、；|\n" else last
                continue
            outside = morph.surface == "外" and last in ("対象", "範囲")
            if (morph.base in _DENIES or outside) and morph.pos != "接頭辞":
                if last is not None:
                    denied.add(last)
                    if is_copula:
                        no_such.add(last)
                    if affirmed and affirmed[-1] == last:
                        affirmed.pop()
                continue
            if morph.pos in _WORDS and morph.base not in _LIGHT and morph.pos2 != "数詞":
                last = morph.base
                affirmed.append(last)
                is_copula = False
            elif morph.pos == "動詞" and morph.base != "有る":
                is_copula = False
            elif morph.surface == "で" and last is not None:
                is_copula = True
        return frozenset(affirmed), frozenset(denied), frozenset(no_such)

    @cached_property
    def clauses(self) -> list[Said]:
        return [said(part) for part in _CLAUSE.split(self.text) if part.strip()]

    @cached_property
    def labels(self) -> list[tuple[Quantity, str]]:
        """The quantities, each with the words that it stands with: up to the quantity before it, or its cell's mark.

        例: 小学校は4,300円、中学校は5,050円 → 小学校は; 中学校は
        """
        found = []
        before = 0
        for quantity in self.quantities:
            start, end = quantity.at
            words = self.text[before:start]
            cell = max(words.rfind("|"), words.rfind("。"))
            if cell >= 0:
                words = words[cell + 1 :]
            elif before:
                cut = re.search(r"[、，]", words)
                words = words[cut.end() :] if cut else words
            found.append((quantity, words))
            before = end
        return found


@lru_cache(maxsize=8192)
def said(text: str) -> Said:
    """Return a text as it is compared; a space in an amount is none. 例: 490,000 千円"""
    return Said(_TORN_AMOUNT.sub("", with_digits(text)))


_TORN_AMOUNT = re.compile(r"(?<=[0-9]) (?=[百千]?[万億]?円)")
