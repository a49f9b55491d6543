"""Quantities in Japanese text: a figure, its unit, and its value in the unit's base.

Figures are read in Arabic digits, and in kanji where a counter follows and the dictionary sees a number. A date, a
clock time, a postal code, a telephone number, an address on the web, an enumerator (①, (1), 第1回, 1.) and a page
number are not quantities.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache

from ingest.dates import find_periods
from ingest.japanese import morphs
from ingest.kanji_figures import NUMERALS, in_digits
from ingest.writing import SQUARES, read_form, same_width

_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "億": 10**8, "兆": 10**12}

# Counters and units that a figure carries, in the form that is compared; the values are other spellings of it.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "円": (),
    "人": ("名",),
    "か所": ("箇所", "カ所", "ヶ所", "ヵ所", "ケ所", "個所"),
    "か月": ("箇月", "カ月", "ヶ月", "ヵ月", "ケ月", "か月間", "カ月間", "ヶ月間", "ヵ月間", "箇月間", "ケ月間"),
    "か国": ("カ国", "ヶ国", "ヵ国", "ケ国", "箇国"),
    "%": ("パーセント", "％"),
    "ポイント": ("pt", "ポイント"),
    "歳": ("才",),
    "年": ("年間", "か年", "カ年", "ヶ年", "箇年"),
    "日": ("日間",),
    "週": ("週間",),
    "分": ("分間",),
    "秒": ("秒間",),
    "m2": ("㎡", "m²", "平方メートル", "平米"),
    "m3": ("㎥", "m³", "立方メートル", "立米"),
    "km2": ("㎢", "km²", "平方キロメートル", "平方キロ"),
    "km": ("㎞", "キロメートル", "キロ"),
    "m": ("メートル",),
    "cm": ("㎝", "センチメートル", "センチ"),
    "mm": ("㎜", "ミリメートル", "ミリ"),
    "ha": ("㏊", "ヘクタール"),
    "アール": (),
    "kg": ("㎏", "キログラム"),
    "g": ("グラム",),
    "mg": ("㎎", "ミリグラム"),
    "μg": ("㎍", "µg", "マイクログラム"),
    "t": ("トン",),
    "L": ("ℓ", "リットル", "l"),
    "kL": ("㎘", "kl", "kℓ", "キロリットル"),
    "ml": ("㎖", "mL", "mℓ", "ミリリットル"),
    "℃": ("°C", "度C"),
    "ワット": (),
    "kW": ("㎾", "キロワット"),
    "MW": ("㎿", "メガワット"),
    "kWh": ("㎾h", "キロワット時", "キロワットアワー"),
    "kcal": ("㎉", "キロカロリー"),
    "dB": ("㏈", "デシベル"),
    "Hz": ("㎐", "ヘルツ"),
    "ドル": ("米ドル",),
}
_COUNTERS = "".join(
    (
        "件 社 校 戸 世帯 者 回 倍 位 台 本 便 床 店 店舗 園 館 棟 基 隻 機 両 頭 羽 匹 尾 株 個 点 枚 冊 品 品目 ",
        "種類 項目 層 階 区画 筆 席 隊 組 班 チーム グループ セット 票 口 泊 軒 通 例 語 文字 議席 分野 路線 車線 ",
        "往復 コース クラス 学級 コマ 市 町 村 市町村 町村 市町 区 区域 県 都道府県 道府県 国 地区 地域 地点 圏域 ",
        "校区 自治体 団体 企業 事業 事業者 事業所 事業体 施設 機関 病院 医療機関 大学 高校 小学校 中学校 学校 学科 ",
        "学部 科 部 課 局 室 部局 所 箇 団 法人 組合 農家 経営体 集落 コミュニティ ユーロ ウォン 元 時間 割 度 ",
        "人日 人回 人泊 つ ブース 施策 取組 テーマ 案件 工区 橋 河川 漁港 港 製品 商品 メニュー 講座 会場 TEU ",
        "GB TB MB km/h MWh GWh GW μg/m3 mg/L ppm ppb bps Mbps Gbps hPa ‰",
    )
).split()
_BASE = {spelling: base for base, others in _SPELLINGS.items() for spelling in (base, *others)}
_BASE.update({counter: counter for counter in _COUNTERS})

# A sign that stands for a unit is one more spelling of it. 例: ㌧, ㌶, ㌫
_BASE.update({sign: _BASE[word] for sign, word in SQUARES.items() if word in _BASE})

UNITS: frozenset[str] = frozenset(_BASE)


@dataclass(frozen=True)
class Quantity:
    """A figure in a text: ``text[at[0]:at[1]] == text`` of the quantity, sign and unit included.

    ``value`` is in ``base_unit``: 72,250千円 is 72250000.0 円. ``unit`` is as printed (千円).
    """

    value: float
    unit: str | None
    base_unit: str | None
    text: str
    at: tuple[int, int]


def _measures(base: str) -> bool:
    return base.isascii() or base in ("μg", "℃", "アール", "ワット", "ポイント")


def _alternatives(words: frozenset[str]) -> str:
    """Return the words as a pattern, longest first; a unit of letters ends where its word ends (5G is no gram)."""
    parts = []
    for word in sorted(words, key=lambda w: (-len(w), w)):
        folded = re.escape(same_width(word))
        parts.append(folded + r"(?![A-Za-z])" if same_width(word)[-1].isascii() and word != "%" else folded)
    return "|".join(parts)


_UNIT = _alternatives(UNITS)
# Units that measure, and count no things: a question for 何ヘクタール names nothing by its unit. 例: m2, ㌶, トン, %
MEASURE_UNIT = _alternatives(frozenset(word for word, base in _BASE.items() if base in _SPELLINGS and _measures(base)))
# PDF text may tear a figure at its comma: 527, 923 is 527,923.
_DIGITS = r"(?:[0-9]{1,3}(?: ?, ?[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
# Minus is △ or ▲ before the figure (▲ 1,681), or a dash that does not join it to what stands before.
_FIGURE = re.compile(
    rf"(?P<sign>[△▲▼] ?|(?<![0-9A-Za-z\)])[-]|(?<![0-9A-Za-z])\+)?(?P<yen>[¥￥\\] ?)?"
    rf"(?P<figure>(?<![0-9,.]){_DIGITS}"
    rf"(?P<scale>(?: (?=[百千]?[万億兆](?:{_UNIT})))?[十百千]?[万億兆]?)(?:{_DIGITS}[千百]?[万億]?)*)"
)
_PART = re.compile(rf"(?P<figure>{_DIGITS}) ?(?P<small>[十百千]?)(?P<large>[万億兆]?)")
# 例: 648企業・団体, 12便/週, 20億円/年. A space (PDF text) or the end of bold type (**238**名) may stand between.
_AFTER = re.compile(
    rf"(?P<space>[ ]?|\*\*)(?:余り?)?(?P<unit>(?:{_UNIT})(?:・(?:{_UNIT})(?![一-鿿ァ-ヶ0-9]))*"
    r"(?:/(?:年|月|週|日|回|人|時間|時|分|秒|ha|km2|km|10a|台|戸|件))?)"
)
# A counter that is no known unit: a short word of kanji or katakana that ends where the figure's phrase ends.
# 例: 649手続, 1,000面以上, 336データ. Words that make a name or an order of the figure are none (100周年, 5大学連携).
_REMARK = (
    r"以上|以下|以内|未満|程度|前後|超|弱|強|余|増|減|予定|見込|達成|採択|実施|開催|参加|利用|受入|掲載|成約|設置|分"
)
_GENERIC = re.compile(
    r"(?!(?:周|世紀|対|番|号|次|期|条|章|節|類|級|型|式|系|線|丁|月|時|限|代|目|割|以|未|程|前|約|超|余|増|減|当|及|又|並|各|等)"
    rf"|ページ|センチ|パーク|{_REMARK}|開始|出展|新設|創設|発足|運行|運航|就航|現在)"
    rf"(?P<unit>[一-鿿々]{{1,4}}?|[ァ-ヶー]{{2,8}})(?={_REMARK}|[ぁ-ん\s、。,.)\]」』】:;/~→➡⇒※・(\[|]|$)"
)
# 例: 3年目, 5人制, 2年生, 1人当たり, 5日(水) of no month: the figure names a place in an order or a denominator.
_NO_MEASURE = re.compile(r"目|制(?!度)|年?生|次|期|代|あたり|当たり|当り|につき|番|号|以内ごと")
_WARI = re.compile(r"割(?P<bu>[0-9])分")
_FRACTION = re.compile(
    r"(?<![0-9/.,~\-A-Za-z])(?P<n>[1-9])/(?P<d>[2-9]|10)(?![0-9/.,~\-]|[A-Za-z]|\(?[月火水木金土日][\)曜])"
    r"|(?<![0-9.,])(?P<d2>[1-9][0-9]{0,3})分の(?P<n2>[1-9][0-9]{0,2})(?![0-9])"
)
# 例: 3人に1人, 5世帯に2世帯: a share, told in people
_ONE_IN = re.compile(r"(?<![0-9.,])(?P<of>[1-9][0-9]?)(?P<unit>人|社|世帯|校|件|団体|市町村)に(?P<n>[1-9])(?P=unit)")
# A mark that points to a note, before a figure: 例: ※1 814, *2、*3 1,200
NOTE_MARKS = re.compile(r"(?:[※*] ?[0-9]{0,2} ?[、,]? ?)+(?:(?<= )|(?=[△▲]))(?=[△▲(\-]? ?[0-9])")
_MASKED = re.compile(
    r"https?://[!-~]+|[\w.+-]+@[\w.-]+"  # addresses on the web
    r"|〒? ?(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])"  # postal codes
    r"|(?<![0-9])[0-9]{2,5}[-(][0-9]{1,4}[-)][0-9]{3,4}(?![0-9])|\([0-9]{2,5}\) ?[0-9]{1,4}-[0-9]{4}|内線 ?:? ?[0-9]+"
    r"|(?<![0-9])[0-9]{1,2}月(?!額|報)"  # dates without a year
    r"(?: ?[0-9]{1,2}日(?!間)(?:\([月火水木金土日]\))?(?:[~\-][0-9]{1,2}日)?)?"
    r"|(?<![0-9/])(?:1[0-2]|0?[1-9])/(?:[12][0-9]|3[01]|0?[1-9])(?= ?\([月火水木金土日])"
    r"|(?<![0-9/.,])[0-9]{1,2}/[0-9]{1,2}[~\-][0-9]{1,2}(?:/[0-9]{1,2})?(?![0-9/.,])"
    r"|(?<![0-9/.,])(?:1[0-2]/[1-9]|[1-9]/(?:1[1-9]|[23][0-9]))(?![0-9/.,])"  # 10/2 and 1/27 are no fractions
    r"|(?<![0-9A-Za-z])[0-9]{1,2}:[0-5][0-9](?![0-9,.]|[^\W\d_])"
    r"|(?<![0-9.,])[0-9]{1,2}時(?!間)(?:[0-9]{1,2}分)?"  # clock times
    r"|第 ?[0-9]+(?:-[0-9]+)?(?!位)"
    r"|(?:図|表|別紙|資料|様式|No\.?|№|[pP]\.?|号|議案) ?[0-9]+(?:-[0-9]+)*(?![0-9,.]|人|件)"
    r"|[0-9]+(?=年度|番|号|条|丁目|頁|ページ|章|節|類|級(?!生)|次|期(?!間)|年生|年代|年次)"
    r"|(?<![\w」』])\([0-9]{1,2}\)(?!%)"  # (1), but not 東京(79)
    r"|(?<![0-9A-Za-z])[0-9]{1,3}(?:-[0-9]{1,3}){2,}"
    r"|(?<=\S)※[0-9](?![0-9,.])|※[0-9](?=[:)])|(?<![0-9])1人1(?=台|校)"  # ※2 points to a note; 1人1台 is a name
    r"|(?<=日[、,])[0-9]{1,2}日(?!間)"  # 1月14日、15日
)
# 例: "1. 目的", "２　概要", "3) 対象", "- 12 -" at the start of a line.
_LINE_ENUMERATOR = re.compile(
    rf"(?m)^[ \t#*・\-]*(?:[0-9]{{1,2}}(?:\.(?![0-9])|[)、]|[ \t]+(?!(?:{_UNIT})[ \t]*$)(?=[^\W\d_]))"
    r"|- ?[0-9]{1,3} ?-[ \t]*$)"
)
_BOUNDARY = set(" \t\n|:;,、。・()[]<>「」『』【】〔〕《》→➡⇒=~-*/≒※+×△▲◆■○●\f")


def find_quantities(text: str) -> list[Quantity]:
    """Return the quantities in ``text``, in order and without overlap.

    約, 延べ, 各, 毎年 and the like stay outside. A range gives its two ends, and the first takes the unit of the
    second (11～15社 is 11 社 and 15 社). 9割 is 90 %, 3人に1人 a third of 100 %, 1/2 and 2分の1
    are 0.5 without a unit. A figure without a unit counts only where it stands by itself, so that RE100 or
    エキスポ2025 give nothing.
    """
    plain, offsets = _with_digits(*read_form(text))
    if not any("0" <= c <= "9" for c in plain):
        return []

    def place(start: int, end: int) -> tuple[int, int]:
        return (start, end) if offsets is None else (offsets[start], offsets[end - 1] + 1)

    masked = _masked(plain)
    found: list[Quantity] = []
    fractions = {m.start(): m for m in _FRACTION.finditer(plain) if _is_fraction(m)}
    position = 0
    for match in _FIGURE.finditer(plain):
        if match.start("figure") < position or masked(match.start("figure")):
            continue
        share = _ONE_IN.match(plain, match.start("figure"))
        fraction = fractions.get(match.start("figure"))
        if share is not None and int(share["n"]) < int(share["of"]):
            value = 100 * int(share["n"]) / int(share["of"])
            read = _Read(value, "", (share.end("of"), share.end()), "%", share.span())
        elif fraction is not None:
            value = int(fraction["n"] or fraction["n2"]) / int(fraction["d"] or fraction["d2"])
            read = _Read(value, "", None, None, fraction.span())
        elif (figure := _read(plain, match)) is not None:
            minus = bool(match["sign"]) and match["sign"][0] in "△▲▼-"
            read = replace(figure, value=-figure.value) if minus else figure
        else:
            continue
        position = read.at[1]
        unit = text[slice(*place(*read.unit_at))] if read.unit_at else ""
        at = place(*read.at)
        found.append(Quantity(read.value, read.scale + unit or None, read.base_unit, text[slice(*at)], at))
    return _ranges_share_units(same_width(text), found)


def with_digits(text: str) -> str:
    """Return ``text`` as figures are read in it: those of kanji in digits, and without the marks of notes.

    例: 三億五千二百万円 → 3億5,200万円, １，２３４²件 → 1,234件; 三重県 stays
    """
    return _with_digits(*read_form(text))[0]


@dataclass(frozen=True)
class _Read:
    """A figure with places in the form that figures are read in."""

    value: float
    scale: str  # 千 of 千円
    unit_at: tuple[int, int] | None
    base_unit: str | None
    at: tuple[int, int]


# --- figures in kanji -------------------------------------------------------------------------------------------------

_DIGIT = "[〇一二三四五六七八九]"
_AFTER_KANJI = re.compile(rf"余?り?(?!つ|箇条)(?P<unit>{_UNIT}|分の|年度|月|時|番|号|条|丁目|章|節|級|次|期|年)")
_KANJI_RUN = re.compile(
    rf"(?<![{NUMERALS}])(?:{_DIGIT}{{1,3}}(?:[、,]{_DIGIT}{{3}})++(?:・{_DIGIT}++)?(?!{_DIGIT})"
    rf"|[{NUMERALS}]++(?:・{_DIGIT}++[百千]?[万億兆]?)?)(?={_AFTER_KANJI.pattern.replace('?P<unit>', '?:')})"
    rf"|(?<=分の)[{NUMERALS}]++"
)
_AROUND = 12  # characters on each side that tell whether kanji are a figure
_PLACE_ENDS = frozenset("町市村郡区駅")  # 十日町, 二十四軒町
# What one of is counted with a lone 一: 一件, 一校; but 市内一円, 一年を通じて, 一日も早く, 一点
_COUNTS_ONE = frozenset("件 人 社 校 戸 台 棟 か所 団体 施設 世帯 隻 頭 基 橋 館 園 %".split())
_SCALE_ONLY, _SAYS_AMOUNT = re.compile("[十百千万億兆]+"), re.compile("[ぁ-ん約金計各]$")
_ABOUT = re.compile("一二|二三|三四|四五|五六|六七|七八|八九")  # 二三人 are two or three


def _with_digits(plain: str, offsets: list[int] | None) -> tuple[str, list[int] | None]:
    """Return a text and its offsets with its figures of kanji in digits. 例: 一万二千人 → 1万2,000人"""
    parts: list[str] = []
    places: list[int] = []
    position = 0
    for match in _KANJI_RUN.finditer(plain):
        start, end = match.span()
        if plain[start - 1 : start].isdecimal():  # 例: 3億五千万円
            start += len(match[0]) - len(match[0].lstrip("十百千万億兆"))
        line = plain[max(0, start - _AROUND) : start].rpartition("\n")[2], plain[end : end + _AROUND].partition("\n")[0]
        digits = in_digits(plain[start:end]) if start < end else None
        if digits is None or not _is_figure(line[0], plain[start:end], line[1]):
            continue
        parts += plain[position:start], digits
        places += [*range(position, start), *(start for _ in digits[1:]), end - 1]
        position = end
    if not parts:
        return plain, offsets
    parts.append(plain[position:])
    places += range(position, len(plain) + 1)
    return "".join(parts), places if offsets is None else [offsets[place] for place in places]


@lru_cache(maxsize=16384)
def _is_figure(left: str, run: str, right: str) -> bool:
    """Say whether the dictionary cuts a run of kanji out of a line as a number with its counter.

    例: 三億円, 十五人以上, 第三号 yes; 三重県, 一般, 十分な, 一人ひとり, 三戸町, 市内一円, 三者協議, 十日町, 二三人 no
    """
    found = morphs(f"{left}{run}{right}")
    start, end = len(left), len(left) + len(run)
    inside = [m for m in found if m.start < end and m.end > start]
    counter = _AFTER_KANJI.match(right)
    if _SCALE_ONLY.fullmatch(run) and (not _SAYS_AMOUNT.search(left) or "単位" in left):
        return False  # 千円 and 百万円 are units
    if not inside or (inside[0].start, inside[-1].end) != (start, end):
        return False
    if any(m.pos2 != "数詞" and m.surface not in "・、," for m in inside):
        return False
    if counter is None:
        return left.endswith("分の")
    after = next((m for m in found if m.start == end + counter.end()), None)
    if _ABOUT.fullmatch(run) or (run == "一" and _FOLDED_BASE.get(counter["unit"], "番") not in {*_COUNTS_ONE, "番"}):
        return False
    if after is None or len(run) > 1:
        return after is None or after.surface not in _PLACE_ENDS
    said_of = re.match(_REMARK, right[counter.end() :]) is not None
    return after.pos not in ("名詞", "接尾辞") or after.pos2 == "数詞" or said_of


def base_unit(unit: str | None) -> str | None:
    """Return the unit that values of ``unit`` are compared in: 千円 → 円, 名 → 人, ㎡ → m2."""
    return None if unit is None else _split_unit(unit)[1]


def unit_scale(unit: str | None) -> float:
    """Return what one ``unit`` is in its base: 千円 → 1000, 万人 → 10000, 割 → 10 (per cent)."""
    return 1.0 if unit is None else _split_unit(unit)[0]


def is_unit(word: str) -> bool:
    """Say whether ``word`` is a unit by itself: 千円, 人, ㎥, 百万円, 万TEU."""
    rest = _split_unit(word)[2]
    return rest in UNITS or same_width(rest) in _FOLDED_BASE or bool(_AFTER.fullmatch(same_width(rest)))


_FOLDED_BASE = {same_width(spelling): base for spelling, base in _BASE.items()}
_SCALE_PREFIX = re.compile(r"([十百千]?)([万億兆]?)(?=.)")


@lru_cache(maxsize=4096)
def _split_unit(unit: str) -> tuple[float, str | None, str]:
    """Return scale, base and the unit without its scale: 百万円 → (1e6, 円, 円)."""
    unit = same_width(unit).strip()
    if re.fullmatch(r"[十百千]?[万億兆]?", unit):
        return _scale(unit), None, ""
    rest, factor = unit, 1.0
    if unit not in _FOLDED_BASE:
        prefix = _SCALE_PREFIX.match(unit)
        if prefix:
            factor, rest = _scale(prefix[0]), unit[prefix.end() :]
    if rest == "割":
        return factor * 10, "%", rest
    return factor, _FOLDED_BASE.get(rest, rest), rest


def _scale(kanji: str) -> float:
    factor = 1
    for c in kanji:
        factor *= _SCALES[c]
    return float(factor)


def _is_fraction(match: re.Match[str]) -> bool:
    n, d = int(match["n"] or match["n2"]), int(match["d"] or match["d2"])
    return n < d


def _read(folded: str, match: re.Match[str]) -> _Read | None:
    begin, end = match.span()
    value = 0.0
    scale = ""
    parts = list(_PART.finditer(match["figure"]))
    for part in parts:
        scale = part["small"] + part["large"]
        value += float(re.sub(r"[ ,]", "", part["figure"])) * _scale(scale)
    after = _AFTER.match(folded, end)
    if after is not None and after["space"] and not _spaced_unit(folded, after):
        after = None
    generic = _GENERIC.match(folded, end) if after is None and not match["yen"] else None
    if generic is not None:
        return _Read(value, scale, generic.span("unit"), generic["unit"], (begin, generic.end()))
    if after is None:
        if match["yen"]:
            yen = match.start("yen"), match.start("yen") + len(match["yen"].strip())
            return _Read(value, "", yen, "円", (begin, end))
        if not scale and not _stands_alone(folded, begin, end):
            return None
        return _Read(value, scale, None, None, (begin, end))
    if _NO_MEASURE.match(folded, after.end()):
        return None
    if after["unit"] == "割":
        bu = _WARI.match(folded, after.start("unit"))
        value = value * 10 + (int(bu["bu"]) if bu else 0)
        return _Read(value, "", after.span("unit"), "%", (begin, bu.end() if bu else after.end()))
    if value == 1 and folded.startswith("平均", after.end()):  # 例: 1日平均
        return None
    if len(parts) > 1:  # 例: 2億1,400万円 is counted in 円, 1,400万円 in 万円
        scale = ""
    if not after["space"].strip():
        end = after.end()
    base = _FOLDED_BASE.get(after["unit"], after["unit"])
    return _Read(value, scale, after.span("unit"), base, (begin, end))


_NEXT_FIGURE = re.compile(rf"[ \t]+[△▲-]? ?{_DIGITS}[百千万億]*(?P<rest>.{{0,9}})")


def _spaced_unit(folded: str, after: re.Match[str]) -> bool:
    """Say whether a word after a space is the figure's unit, and not the beginning of what follows.

    例: 25 件 yes; 12 地域の課題 no, for the word goes on; 人口 1,699 世帯 732 no, for 世帯 names the next figure;
    25 件 30 件 yes.
    """
    if after["space"] == "**":
        return True
    if re.match(rf"(?!{_REMARK})[一-鿿ァ-ヿ]", folded[after.end() : after.end() + 3]):
        return False
    following = _NEXT_FIGURE.match(folded, after.end())
    return following is None or following["rest"].lstrip().startswith(after["unit"])


def _stands_alone(folded: str, begin: int, end: int) -> bool:
    """Say whether a figure without a unit is one: between marks, in a range (4~10年), in a list (市町村26、大学10)."""
    before = folded[begin - 1] if begin else " "
    behind = folded[end] if end < len(folded) else " "
    if re.match(r"~[0-9]", folded[end : end + 2]):
        return not before.isascii() or before in _BOUNDARY
    if re.match(r"[、)]| 等", folded[end : end + 2]) and re.match(r"[一-鿿]", before):
        return True
    return before in _BOUNDARY and behind in _BOUNDARY


def _masked(folded: str) -> _Spans:
    spans = [m.span() for m in (*_MASKED.finditer(folded), *NOTE_MARKS.finditer(folded))]
    spans += [m.span() for m in _LINE_ENUMERATOR.finditer(folded)]
    spans += [p.at for p in find_periods(folded)]
    return _Spans(spans)


class _Spans:
    """Answers whether an offset lies in one of many spans."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        merged: list[list[int]] = []
        for start, end in sorted(spans):
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        self._starts = [start for start, _ in merged]
        self._ends = [end for _, end in merged]

    def __call__(self, offset: int) -> bool:
        i = bisect_right(self._starts, offset) - 1
        return i >= 0 and offset < self._ends[i]


def _ranges_share_units(folded: str, found: list[Quantity]) -> list[Quantity]:
    """Give the first end of a range the unit of the second: 11～15社, 20～30%, 1～2万人."""
    shared = list(found)
    for i in range(len(found) - 1):
        first, second = found[i], found[i + 1]
        between = folded[first.at[1] : second.at[0]].strip()
        if first.unit is None and second.unit is not None and between in ("~", "-"):
            factor, base, _ = _split_unit(second.unit)
            shared[i] = Quantity(first.value * factor, second.unit, base, first.text, first.at)
    return shared
