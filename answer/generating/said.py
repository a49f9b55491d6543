"""A text as it is compared: its figures, dates, names and clauses, each read once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from answer.asking.cues import STOP, THINGS
from answer.generating.opposites import DENIALS, NO_DENIAL
from answer.reading.evidence import katakana
from ingest.dates import Period, find_periods
from ingest.japanese import Morph, fold, morphs
from ingest.numbers import Quantity, find_quantities, is_unit, with_digits

# A telephone number, a code, a version, an address: signs that stand as they are, and no amounts. 例: 0138-22-1045, 007
_CODE = re.compile(
    r"(?<![\d.,:])(?:\(0\d{1,4}\) ?\d{1,4}-\d{3,4}|\d+(?:[-‐−–(/] ?\d+\)?){2,}|\d{3,}-\d+(?:-\d+)*"
    r"|0\d+(?![\d.,:時月日年])|\d+(?:\.\d+){2,})(?!\d)"
)
_CLOCK = re.compile(
    r"(?P<half>午前|午後|am|pm)?\s*(?<!\d)(?P<h>\d{1,2})"
    r"(?:[:：](?P<m>\d{2})(?!\d)|時(?!間|点|代|期)(?:(?P<m2>\d{1,2})分|(?P<m3>半))?)|(?P<noon>正午)"
)
_DAY = re.compile(
    r"(?<![\d.])(?P<from>\d{1,2})[~～・\-](?P<to>\d{1,2})月(?=期|分|に|の|は|、|\)|$)"
    r"|(?<!\d)(?P<m>\d{1,2})月(?!額|報|刊|給|例|謝|間|曜|号)(?:(?P<d>\d{1,2})日(?!間))?|(?<![\d/])(?P<m2>\d{1,2})/(?P<d2>\d{1,2})(?![\d/])"
    r"|(?<=[日)）~～〜・、とら])(?P<d3>\d{1,2})日(?!間)"
)
_RUN = re.compile(
    r"(?P<before>[一-龠々ァ-ヶーa-zA-Z])?(?P<figure>\d+(?:,\d{3})*(?:[.\-]\d+)*)(?P<after>[一-龠々ァ-ヶa-zA-Z%])?"
)
_LIST_COMMA = re.compile(r",(?!\d{3}(?!\d))|(?<!\d),")  # 1,234 is one figure
_BRACKETS = re.compile(r"\(([^()]*)\)")
_EACH_ONE = re.compile(r"(?<![\d.])1(?=[^\d\s、。]{1,3}?間?(?:あたり|当たり|当り|につき|ごと))")  # 1週間あたり
_BOUND = re.compile(
    r"(?P<what>\d[\d,.]*(?:[兆億万千百]\d[\d,.]*)*(?:[^\d\s、。,.()（）|:：]{0,4}?)|[一-龠々ァ-ヶー]{2,8})\s*の?"
    r"(?P<bound>以上|以下|未満|に満たない|超(?!過)|を?超え|以内|以前|以降|以後)"
)
_BOUNDS = {"を超え": "超", "超え": "超", "以後": "以降", "に満たない": "未満"}
KIND = re.compile(
    rf"(?:{THINGS}|館|園|場|駅|課|係|丁目|号線|線|橋|川|山|島|湖|組合|条例|法|費|基金|金|税|病院|診療所|祭り?|大会|委員会|議会|審議会|隊|士|者|業|証|署|所|局|庁|省|会)$"
)
_SIDE = re.compile(r"[東西南北]|[左右]|[月火水木金土日]曜")
TELLS_APART = frozenset("小 中 高 新 旧 副 正 準 東 西 南 北".split())  # before a noun. 例: 小|学校, 旧|庁舎
_NOUNS = ("名詞", "接尾辞", "接頭辞", "形状詞")
_WORDS = ("名詞", "動詞", "形容詞", "形状詞", "副詞")
_DENIES = frozenset("ない 無い ず ぬ 無し 無くなる 無くす まい".split())
_CLAUSE = re.compile(r"[。、；;|（）()「」『』\n]")

# Words that frame what is said and name nothing: a sentence may use them though no line does.
FRAME = STOP | frozenset(
    """
    必要 可能 用意 期間 番号 方法 内容 対象 人数 件数 金額 金 額 総額 合計 量 率 割合 日時 日程 時間 時刻 場所 名称 名
    種類 一つ 状況 結果 実績 予定 見込み 見込 計画 案 前 後 前年 前年度 翌年 翌年度 同年 同年度 同月 同期 当時 以来 以降
    以外 限り 限度 上限 下限 午前 午後 先 目安 基準 条件 利用 利用者 全体 全部 一部 新た 新規 主 主な 様々 各 各種 次
    未満 約 計 差額 増減 関係 関連 項目 行 表 点 形 側 面 費用 有り 無し あり なし 品 お 欄 例 記載例 訳 原則 当該
    場合 一般 実際 形式 回答 返事 質問 文 語 一覧 部分 制度 事業 施設 機関 区分 時期 段階 理解 考え 考える 使う 行う
    述べる 受ける 受け取る 設ける 定める 含む 含める 求める 認める 決まる 載る 書く 挙げる 指す 当たる 限る 至る
    """.split()
)


@dataclass(frozen=True)
class Value:
    """A figure as one thing: ``kind`` says with which others it may be mixed up. 例: (円, 1380.0)"""

    kind: str
    value: object
    text: str
    at: tuple[int, int]


@dataclass(frozen=True)
class Unit:
    """What one predicate says: its words, and whether it is said not to be. ``ends`` marks the last of a sentence."""

    words: frozenset[str]
    predicate: str  # the last of them
    whole: frozenset[str]  # the words of its sentence
    denied: bool
    ends: bool
    stated: bool  # has a predicate: 原則としては、 has none
    open: bool  # may be denied by the end of its sentence. 例: 半額を超え、総額の1割を超えてはならない


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
    def lemmas(self) -> frozenset[str]:
        return frozenset(word for m in self.morphs for word in (m.base, fold(m.surface)))

    # --- figures and dates --------------------------------------------------------------------------------------------

    @cached_property
    def codes(self) -> list[Value]:
        dated = [p.at for p in self.periods]
        return [
            Value(_kind(m[0]), re.sub(r"\D", "", m[0]) if "." not in m[0] else m[0], m[0], m.span())
            for m in _CODE.finditer(self.text)
            if not _meets(m.span(), dated)
        ]

    @cached_property
    def quantities(self) -> list[Quantity]:
        taken = [m.span() for m in _CLOCK.finditer(self.text)] + [c.at for c in self.codes]
        taken += [m.span() for m in _DAY.finditer(self.text)]
        return [q for q in find_quantities(self.text) if not _meets(q.at, taken)]

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
    def clocks(self) -> list[Value]:
        """Times of day as hour and minute, as they are said and (where that is told) by the 24 hours."""
        found = []
        for match in _CLOCK.finditer(self.text):
            hour, minute = int(match["h"] or 12), int(match["m"] or match["m2"] or (30 if match["m3"] else 0))
            later = match["half"] in ("午後", "pm") and hour < 12
            found.append(Value("clock", (hour + 12 * later, minute), match[0], match.span()))
        return found

    @cached_property
    def days(self) -> list[Value]:
        """Days and months as they are written without their years; of 11月1日から29日 the second has its month, too."""
        found: list[Value] = []
        month: int | None = None
        for m in _DAY.finditer(self.text):
            if m["from"]:
                found.append(Value("day", ("months", int(m["from"]), int(m["to"])), m[0], m.span()))
                continue
            month = int(m["m"] or m["m2"] or month or 0) or None
            day = m["d"] or m["d2"] or m["d3"]
            if month is not None:
                found.append(Value("day", (month, int(day) if day else None), m[0], m.span()))
        return found

    @cached_property
    def calendar(self) -> frozenset[object]:
        """The days and months that are named, with or without a year."""
        found: set[object] = {day.value for day in self.days}
        found |= {(month, None) for day in found if isinstance(day, tuple) and day[0] == "months" for month in day[1:]}
        for period in self.periods:
            if period.kind == "range":
                found.add(("months", int(period.start[5:7]), int(period.end[5:7])))
            for end in (period.start, period.end):
                if period.kind in ("day", "month", "range"):
                    found.add((int(end[5:7]), int(end[8:10]) if period.kind != "month" else None))
        return frozenset(found)

    @cached_property
    def _runs(self) -> list[re.Match[str]]:
        rest = list(_EACH_ONE.sub(lambda m: " " * len(m[0]), _LIST_COMMA.sub(" ", self.text)))
        spans = [q.at for q in self.quantities] + [p.at for p in self.periods]
        for start, end in spans + [v.at for v in (*self.codes, *self.clocks, *self.days)]:
            rest[start:end] = " " * (end - start)
        return list(_RUN.finditer("".join(rest)))

    @cached_property
    def runs(self) -> list[tuple[str, str, str]]:
        """Figures that are no quantity, date or time, with the signs before and after them. 例: 第3回 → 3, 第, 回"""
        return [
            (m["figure"].replace(",", "").lstrip("0") or "0", katakana(m["before"] or ""), katakana(m["after"] or ""))
            for m in self._runs
        ]

    @cached_property
    def bounds(self) -> frozenset[tuple[str, str]]:
        """Figures and nouns with the word that makes them a bound. 例: 65歳以上 → 65歳, 以上"""
        return frozenset(
            (_amount(m["what"]), _BOUNDS.get(m["bound"], m["bound"]))
            for text in (self.text, _BRACKETS.sub("", self.text))  # 例: 6週間(双子は14週間)以内
            for m in _BOUND.finditer(text)
            if not is_unit(m["what"])
        )

    @cached_property
    def values(self) -> list[Value]:
        """All figures, in their order."""
        found = [Value(q.base_unit or "", abs(q.value), q.text, q.at) for q in self.quantities]
        found += [Value(_DATES.get(p.kind, p.kind), p.code, self.text[slice(*p.at)], p.at) for p in self.periods]
        found += [
            Value("", float(m["figure"].replace(",", "")), m["figure"], m.span("figure"))
            for m in self._runs
            if re.fullmatch(r"[\d,]+\.\d+|\d[\d,]{2,}", m["figure"]) and not m["before"] and not m["after"]
        ]
        dated = [p.at for p in self.periods]
        days = [d for d in self.days if not _meets(d.at, dated)]
        return sorted([*found, *self.codes, *self.clocks, *days, *self._bounded], key=lambda v: v.at)

    @cached_property
    def _bounded(self) -> list[Value]:
        """Bounds as they tell two things apart. 例: 3歳以上, 3歳未満"""
        return [
            Value("bound", re.sub(r"[,\s]", "", m[0]), m[0], m.span())
            for m in _BOUND.finditer(self.text)
            if m["what"][0].isdigit()
        ]

    # --- words and names ----------------------------------------------------------------------------------------------

    @cached_property
    def content(self) -> list[tuple[str, str, float]]:
        """The words that say something: base form, katakana form, and how much each counts (by length; verbs less)."""
        found = []
        dated = [p.at for p in self.periods] + [v.at for v in self.values if v.kind != "bound"]
        for morph in self.morphs:
            if morph.pos not in _WORDS or morph.pos2 in ("数詞", "非自立可能", "助動詞語幹"):
                continue
            if {morph.base, fold(morph.surface)} & FRAME or re.search(r"\d", morph.surface):
                continue
            if not _meets((morph.start, morph.end), dated):
                weight = 0.5 + 0.25 * min(len(morph.surface), 6) if morph.pos in _NOUNS else 0.5
                found.append((morph.base, katakana(morph.surface), weight))
        return found

    @cached_property
    def runs_of_nouns(self) -> list[list[Morph]]:
        """The compounds, without the words of dates and figures."""
        found: list[list[Morph]] = []
        dated = [p.at for p in self.periods] + [v.at for v in self.values]
        for morph in self.morphs:
            is_noun = morph.pos in _NOUNS and morph.pos2 != "数詞" and not re.search(r"\d", morph.surface)
            if not is_noun or _meets((morph.start, morph.end), dated):
                continue
            if found and found[-1][-1].end == morph.start:
                found[-1].append(morph)
            elif morph.pos != "接尾辞":
                found.append([morph])
        return found

    def of(self, run: Sequence[Morph]) -> str:
        return self.text[run[0].start : run[-1].end]

    @cached_property
    def nouns(self) -> list[str]:
        """The compounds that tell one thing from another, as they are compared."""
        return [katakana(self.of(r)) for r in self.runs_of_nouns if not all({m.base, m.surface} & STOP for m in r)]

    @cached_property
    def names(self) -> list[list[Morph]]:
        """The compounds that name people, places, bodies, products and kinds, each as the pieces it is made of."""
        return [run for run in self.runs_of_nouns if self._is_name(run)]

    def _is_name(self, run: Sequence[Morph]) -> bool:
        whole = self.of(run)
        kind = KIND.search(whole)
        if kind is not None and kind.start() > 0 and (len(run) > 1 or len(whole) > 2):
            return True
        return any(
            m.pos2 == "固有名詞"
            or m.surface in TELLS_APART
            or _SIDE.search(m.surface)
            or re.fullmatch(r"[A-Za-z][A-Za-z0-9&+.\-]+", m.surface)
            or (not m.reading and re.fullmatch(r"[ァ-ヶー]{3,}", m.surface))
            for m in run
        )

    # --- clauses ------------------------------------------------------------------------------------------------------

    @cached_property
    def clauses(self) -> list[Said]:
        return [said(part) for part in _CLAUSE.split(self.text) if part.strip()]

    @cached_property
    def units(self) -> list[Unit]:
        """What is said, predicate by predicate; each way to deny is one denial, and two are none."""
        plain = NO_DENIAL.sub(lambda m: "ます", fold(self.text))
        found: list[Unit] = []
        plain = DENIALS.sub(lambda m: f"{m['kept'] or m['bare'] or ''}が無い", plain)
        apart = _BRACKETS.findall(plain)  # a sentence goes on behind its brackets. 例: 当日の開示(閲覧を含む)不可
        for sentence in re.split(r"[。|;；()\n]", "。".join([_BRACKETS.sub("", plain), *apart])):
            found += _units(morphs(sentence))
        return found


def _amount(text: str) -> str:
    """Return a figure with its unit in one way of writing. 例: 4万2千円, 42,000円"""
    found = find_quantities(text)
    return (
        f"{found[0].value:.10g}{found[0].base_unit}"
        if len(found) == 1 and found[0].base_unit
        else re.sub(r"[,\s]", "", text)
    )


_DATES = {"month": "day", "range": "day"}  # dates of one kind, as they are told


def _kind(code: str) -> str:
    """Return of what kind a code is: one is not mistaken for another. 例: 0138-22-1045, 041-0801, 1.4.2"""
    digits = re.sub(r"\D", "", code)
    if code.startswith(("0", "(0")) and len(digits) in (10, 11):
        return "telephone"
    return "postal code" if re.fullmatch(r"\d{3}-\d{4}", code) else "code"


def _units(parts: Sequence[Morph]) -> list[Unit]:
    made: list[tuple[list[str], bool, bool]] = []
    goes_on: list[bool] = []
    words: list[str] = []
    denied = has_predicate = False
    for n, morph in enumerate([*parts, None]):
        mark = morph is not None and morph.pos == "補助記号" and morph.surface in "、,"
        begins = morph is not None and morph.pos in _BEGINS and has_predicate and morph.base not in _GOES_ON
        topic = mark and n > 0 and parts[n - 1].pos2 == "係助詞"
        if morph is None or topic or ((mark or begins) and has_predicate):
            if words or denied:
                made.append((words, denied, has_predicate))
                goes_on.append(mark and parts[n - 1].pos == "動詞")
            words, denied, has_predicate = [], False, False
        if morph is None or mark:
            continue
        if morph.base in _DENIES and morph.pos in ("助動詞", "形容詞", "名詞", "接尾辞", "動詞", "形状詞"):
            denied = not denied
            has_predicate = True
        elif morph.pos in ("動詞", "形容詞", "助動詞"):
            has_predicate = True
        if morph.pos in _WORDS and morph.base not in _LIGHT and morph.pos2 != "数詞" and morph.base not in _DENIES:
            words.append(morph.base)
    whole = frozenset(word for unit, _, _ in made for word in unit)
    return [
        Unit(
            frozenset(unit), unit[-1] if unit else "", whole, no, n == len(made) - 1, stated, goes_on[n] and made[-1][1]
        )
        for n, (unit, no, stated) in enumerate(made)
    ]


_BEGINS = ("名詞", "接頭辞", "副詞", "連体詞", "代名詞")
# Nouns that go on with the predicate before them. 例: 提出することは適切でない
_GOES_ON = frozenset("事 物 訳 筈 必要 の 方 義務 恐れ".split())
# Words that carry no sense of their own: what they deny is the word before them. 例: 利用できない denies 利用
_LIGHT = _GOES_ON | frozenset(
    "為る 居る 有る 成る 出来る 得る 御座る 頂く 下さる 行う 致す 行なう 認める 言う 場合 時 者 等 無い 為 様".split()
)


def _meets(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in others)


@lru_cache(maxsize=8192)
def said(text: str) -> Said:
    """Return a text as it is compared, with figures and dates that are written apart put together."""
    text = with_digits(text)
    for pattern, put in _APART:
        text = pattern.sub(put, text)
    return Said(text)


_APART: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=[0-9]) (?=[百千]?[万億]?円|[万億兆])|(?<=[\d ][万億兆]) (?=\d)"), ""),  # 例: 2 億 490,000 千円
    (re.compile(r"(?<=\d月)の(?=\d{1,2}日)"), ""),  # 例: 七月の二日
    (re.compile(r"(?<![\d./-])(\d{4})/ ?(\d{1,2})- ?(\d{1,2})\.(?=\s|$)"), r"\1年\2~\3月"),  # 例: 1995/ 1- 3.
    (re.compile(r"(?<![\d./-])(\d{1,2})- ?(\d{1,2})\.(?=\s|$)"), r"\1~\2月"),
    (re.compile(r"(?<=[\d円日時分半月年)%])\?(?=\d)"), "~"),  # 例: 9月20日?26日, whose ～ was lost on the way
)
