"""Japanese text as words and sentences: the only module that imports fugashi.

Questions and documents take the same road: ``words`` makes the index tokens of both.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any

from ingest.kanji_figures import NUMERALS, in_digits, kanji_value
from ingest.writing import RADICALS, RAISED, RAISED_NOTE, rings_as_zeros

# NFKC would turn ① into 1, and 取組み① into 取組み1: circled marks stay what they are.
_CIRCLED = frozenset(chr(c) for c in (*range(0x2460, 0x2474), *range(0x2776, 0x2794), *range(0x24EA, 0x2500)))

# Old forms of characters, as the names of places and people are written with them, and the forms in common use. Pairs
# of which both are words of their own are left out (辯, 餘, 阪).
_VARIANTS = {
    **dict.fromkeys("‐‑‒–—―−─━", "-"),
    **dict.fromkeys("〜∼∿", "~"),
    **dict(
        zip(
            "亞蘆醫壹稻隱榮營衞圓薗鹽應櫻橫溫價會繪學嶽樂瀉舘關歡巖氣歸龜舊擧堯曉區驅國勳惠溪鷄藝縣劔劍劒檢權顯驗廣鑛恆號圀﨑嵜齋齊劑棧蠶參藏雜產實寫舍釋壽收穐龝澁獸肅處緖涉燒證條乘淨繩壤孃釀觸"
            "眞寢愼盡圖粹醉穗隨髓樞瀨靜攝竊專淺舩戰踐錢潛纖禪雙壯莊搜總聰曾巢裝騷增卽屬續墮對體帶滯臺瀧澤擇擔單膽團斷遲晝鑄聽鎚靏靍遞鐵銕轉點傳燈當黨嶋嶌盜鬪德獨讀杤冨屆貳惱腦霸拜賣麥發髮拔蠻濱"
            "濵檜彥姬豐拂佛淵渊倂竝峯邊邉變寳寶萠頰滿槇萬默彌埜藪譯藥與豫譽搖樣謠來萊賴亂覽龍兩獵綠壘淚禮勵靈齡歷曆戀鍊爐勞郞樓篭灣鷗髙𠮷槗曻竃桒礪礒驒靱壺蘂禰祇頸鰺檮鄕黑步每晉將驛焰",
            "亜芦医壱稲隠栄営衛円園塩応桜横温価会絵学岳楽潟館関歓巌気帰亀旧挙尭暁区駆国勲恵渓鶏芸県剣剣剣検権顕験広鉱恒号国崎崎斎斉剤桟蚕参蔵雑産実写舎釈寿収秋秋渋獣粛処緒渉焼証条乗浄縄壌嬢醸触"
            "真寝慎尽図粋酔穂随髄枢瀬静摂窃専浅船戦践銭潜繊禅双壮荘捜総聡曽巣装騒増即属続堕対体帯滞台滝沢択担単胆団断遅昼鋳聴槌鶴鶴逓鉄鉄転点伝灯当党島島盗闘徳独読栃富届弐悩脳覇拝売麦発髪抜蛮浜"
            "浜桧彦姫豊払仏渕渕併並峰辺辺変宝宝萌頬満槙万黙弥野薮訳薬与予誉揺様謡来莱頼乱覧竜両猟緑塁涙礼励霊齢歴暦恋錬炉労郎楼籠湾鴎高吉橋昇釜桑砺磯騨靭壷蕊祢祗頚鯵梼郷黒歩毎晋将駅焔",
            strict=True,
        )
    ),
    "竈": "釜",  # 塩竈市
    "ヶ": "ケ",
    "ヵ": "カ",
}

_MARKS = r"[\u0300-\u036f\u3099\u309a\uff9e\uff9f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
# A voicing mark that stands apart belongs to the kana before it, over a gap or a line end too: it can begin nothing.
_VOICED = r"(?:[か-とは-ほうカ-トハ-ホウｶ-ﾄﾊ-ﾎｳ]\s?[゛\u3099\uff9e]|[は-ほハ-ホﾊ-ﾎ]\s?[゜\u309a\uff9f])"
_CLUSTER = re.compile(
    rf"{_VOICED}|(?=[⁽{RAISED}])(?:(?P<note>{RAISED_NOTE})|(?P<power>(?<=[×x*]10)[{RAISED}]+))|.{_MARKS}+", re.S
)
_COMBINING = re.compile(_MARKS)
_CLUSTERED = re.compile(rf"{_MARKS}|[゛゜{RAISED}]")
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))", re.A)
_BEFORE_NFKC = str.maketrans({**RADICALS, "゛": "\u3099", "゜": "\u309a"})


@lru_cache(maxsize=65536)
def _fold_cluster(cluster: str) -> str:
    """Return one character (with its combining marks) in the one form that is compared."""
    if cluster in _CIRCLED:
        return cluster
    if len(cluster) == 3 and cluster[1].isspace():  # 例: テ ゛
        cluster = cluster[0] + cluster[2]
    # A mark on its own is no part of a kana.
    cluster = cluster.translate(_BEFORE_NFKC) if len(cluster) > 1 else RADICALS.get(cluster, cluster)
    plain = unicodedata.normalize("NFKC", cluster)
    return "".join(_VARIANTS.get(c, c) for c in plain if not _is_selector(c)).lower()


def _is_selector(character: str) -> bool:
    """Say whether a character only selects a glyph. 例: 葛󠄀 (U+E0100)"""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Give the characters of a text with what they are folded to; a raised mark of a note is folded to nothing."""
    at = 0
    for match in _CLUSTER.finditer(text) if _CLUSTERED.search(text) else ():
        yield from ((c, _fold_cluster(c)) for c in text[at : match.start()])
        kind, at = match.lastgroup, match.end()
        yield match[0], "" if kind == "note" else match[0] if kind == "power" else _fold_cluster(match[0])
    yield from ((c, _fold_cluster(c)) for c in text[at:])


def fold(text: str) -> str:
    """Return ``text`` in the one form that is compared: NFKC, lower case, one form of dashes, waves and variants.

    例: １，２３４人 → 1234人, ＤＸ → dx, ﾃﾞｰﾀ → データ, 髙﨑 → 高崎, 龍ヶ崎 → 竜ケ崎, 市⺠ → 市民, テ゛ータ → データ,
    R3〜R5 → r3~r5, 87³件 → 87件. Circled numbers stay.
    """
    return _fold_label(text) if len(text) <= _LABEL else _fold(text)


_LABEL = 80  # characters: units, values and labels, which are folded at every figure of every question


@lru_cache(maxsize=32768)
def _fold_label(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    folded = (
        "".join(plain for _, plain in _pieces(text)) if _CLUSTERED.search(text) else "".join(map(_fold_cluster, text))
    )
    return _settled(_DIGIT_COMMA.sub("", folded))


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return ``fold(text)`` and, for each of its characters and its end, the offset in ``text`` it comes from."""
    characters: list[str] = []
    offsets: list[int] = []
    at = 0
    for piece, folded in _pieces(text):
        characters.append(folded)
        offsets.extend([at] * len(folded))
        at += len(piece)
    joined = "".join(characters)
    commas = [match.start() for match in _DIGIT_COMMA.finditer(joined)]
    for comma in reversed(commas):
        del offsets[comma]
    offsets.append(len(text))
    return _settled(_DIGIT_COMMA.sub("", joined)), offsets


# Characters that their neighbours show to stand for another one; each keeps its place.
_UNSETTLED = re.compile(
    r"[ケカ箇個](?<=[0-9〇一二三四五六七八九十百千数何幾].)(?=[月所国年条村町店校])"  # 3ヶ月, 八箇所, 何カ国
    r"|[がガ](?<=[一-龠].)(?=[丘崎関谷原浜島岡沢峰池台森岳野山瀬浦根枝平江里本元久保水滝鼻淵橋城塚窪])"  # 霞が関
    r"|-(?<=[ァ-ヺー].)(?=[ァ-ヺ])|一(?<=[ァ-ヺ].)(?=[ァ-ヺ])"  # デ－タ, サ一ビス
    r"|ー(?<=[0-9].)(?=[0-9])"  # 12ー34
    r"|[○◯](?<=[〇一二三四五六七八九○◯].)"  # 二○二四
)
_WORD_BEFORE = re.compile(r"[一-龠々]{1,3}$")
_KATAKANA_BEFORE, _KATAKANA_AFTER = re.compile(r"[ァ-ヺー一-]+$"), re.compile(r"[ァ-ヺー一-]+")


def _settled(folded: str) -> str:
    """Return folded text with those characters put right that only their neighbours tell.

    例: 3ヶ月 → 3か月, デ－タ → データ
    """
    if not _UNSETTLED.search(folded):
        return folded
    return rings_as_zeros(_UNSETTLED.sub(_settle, folded))


def _settle(match: re.Match[str]) -> str:
    sign, at, text = match[0], match.start(), match.string
    if sign in "ケカ箇個":
        return "か"
    if sign in "○◯":
        return sign  # what follows them decides, too
    if sign == "ー":
        return "-"
    if sign in "がガ":
        before = _WORD_BEFORE.search(text, max(0, at - 3), at)
        # 人口が増加 is no name: the dictionary knows the name with its ケ.
        named = before is not None and any(
            _is_one_word(f"{before[0][n:]}ケ{text[at + 1]}") for n in range(len(before[0]))
        )
        return "ケ" if named else sign
    left = _KATAKANA_BEFORE.search(text, max(0, at - 12), at)
    right = _KATAKANA_AFTER.match(text, at + 1, at + 12)
    parts = [re.sub("[一-]", "ー", part[0]) for part in (left, right) if part is not None]
    return "ー" if len(parts) == 2 and _belong_together(*parts) else sign


@lru_cache(maxsize=4096)
def _belong_together(left: str, right: str) -> bool:
    """Say whether the dictionary has what a long vowel makes of two pieces, and not the pieces.

    例: デ and タ; not ビル and カー
    """
    if len(left) == len(right) == 1:
        return _is_one_word(f"{left}ー{right}")  # ア-イ is a range
    if all(len(part) > 1 and _is_one_word(part) for part in (left, right)):
        return False
    return all(_lemma(features) for _, features in _parsed(f"{left}ー{right}"))


@lru_cache(maxsize=4096)
def _is_one_word(word: str) -> bool:
    """Say whether the dictionary has a word as one.

    It is asked while a text is folded, so it must not fold: a lemma may be written with が, which would ask again.
    """
    found = _parsed(word)
    return len(found) == 1 and bool(_lemma(found[0][1]))


# --- lines -----------------------------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[。．！？!?]$")
# What begins a line of its own: bullets, notes, numbers, brackets that name a section.
_MARK = re.compile(
    r"(?:[・●○◯◎◇◆■□▪▫►▶▷➤➡⇒→✓✔☑‣•⚫★☆※＊*◦❖➢＃#|｜◉⚪▲△▼▽【〔＜<〈《\[［]"
    r"|-\s|[(（]?(?:注|別紙|参考|出典|資料)"
    r"|[(（][0-9０-９一-十ア-ンア-ｱア-ﾝa-zA-Z]{1,2}[)）]"
    r"|[0-9０-９]{1,2}(?:[.．、](?!\s?[0-9０-９])|[)）]|[\s　]+(?![0-9０-９年月日]))"
    r"|[0-9０-９]{1,2}(?:[.．][0-9０-９]{1,2}){1,3}[\s　](?![0-9０-９])"
    r"|[\ue000-\uf8ff]"  # the bullets of symbol fonts
    r"|[\u2460-\u24ff\u2776-\u2793\u2160-\u217f]"
    r"|第[0-9０-９一-十]+(?:章|節|条|回|編|部)"
    r"|(?:ア|イ|ウ|エ|オ|[a-zA-Zａ-ｚＡ-Ｚ])[\s　.．)）])"
)
_JAPANESE = re.compile(r"[ぁ-ゖァ-ヺー一-鿿々〆ヶ㐀-䶿\uf900-\ufaff\U00020000-\U0002fa1f、，・」』）)]")


_KEYED = re.compile(r"[^：:。、（(「\s]{1,12}\s?[：:]\s?\S")  # 例: 会場：町民会館


def begins_item(line: str) -> bool:
    """Say whether a line opens with a mark that starts something new. 例: ・窓口, （２）概要, ①, ※注, 【日時】"""
    return _MARK.match(line.lstrip()) is not None


def ends_sentence(line: str) -> bool:
    """Say whether nothing can follow on this line's sentence. 例: …を図る。"""
    return _SENTENCE_END.search(line.rstrip().rstrip('」』）)”"')) is not None


def may_continue(line: str, following: str) -> bool:
    """Say whether ``following`` can be the rest of ``line``, by their look alone (no dictionary asked).

    例: 最先端技術の / 研究開発拠点を → yes;  ・民間企業 / ・大学 → no;  tables' tabs → no
    """
    left, right = line.rstrip(), following.strip()
    if not left or not right or "\t" in line or "\t" in following:
        return False
    if ends_sentence(left) or begins_item(right) or _KEYED.match(right):
        return False
    if left[-1].isdecimal():
        if right[0].isdecimal():  # 例: …に関する条例（昭和４ / ０年条例第４号）
            return len(left) >= _FULL and _FIGURE_GOES_ON.match(right) is not None
        return _COUNTER.match(right) is not None  # 例: 令和6 / 年10月, 237 / 人が参加
    if right[0].isdecimal():
        # 例: 総収集量は / １２，８３５トンで, 平成 / ２３年の改正後
        led = len(left) >= _HALF and _LEADS_FIGURE.search(left) is not None
        return (led or len(left) >= _FULL) and _FIGURE_GOES_ON.match(right) is not None
    return _JAPANESE.match(left[-1]) is not None and _JAPANESE.match(right[0]) is not None


_FULL = 28  # characters: a longer line was broken for want of room
_HALF = 20  # so was, in a column, a line that cannot end as it does
_LEADS_FIGURE = re.compile(r"(?:[はがをにでとの、（(]|第|約|平成|令和|昭和|延べ|合計)$")
_FIGURE_GOES_ON = re.compile(r"[0-9０-９][0-9０-９,，.．]*[^\s0-9０-９,，.．:：/／~～-]\S*[ぁ-ん]")
_COUNTER = re.compile(r"[年月日時人名件社校回歳台戸棟円%％万億千百]|か所|箇所|団体|企業|市町村")


_LINE = re.compile(r"[^\n\f]+")
_LEAST_WRAP = 6  # a line shorter than this was not broken for want of room


def _unwrapped(folded: str) -> tuple[str, list[tuple[int, int]], set[int]]:
    """Return folded text with wrapped lines joined, the pieces of it that were kept, and where they were joined.

    例: プロジェク / ト → プロジェクト. Any other line ends become one newline.
    """
    if "\n" not in folded and "\f" not in folded:
        return folded, [(0, len(folded))], set()
    pieces: list[tuple[int, int]] = []
    joints: set[int] = set()
    length = 0
    previous = ""
    for match in _LINE.finditer(folded):
        line = match.group()
        if not line.strip():
            continue
        begin, end = match.span()
        if previous:
            if len(previous.strip()) >= _LEAST_WRAP and may_continue(previous, line):
                begin += len(line) - len(line.lstrip())
                start, stop = pieces[-1]
                trailing = len(previous) - len(previous.rstrip())
                pieces[-1] = (start, stop - trailing)
                length -= trailing
                joints.add(length)
            else:
                last = pieces[-1][1]
                pieces.append((last, last + 1))  # the line end itself
                length += 1
        pieces.append((begin, end))
        length += end - begin
        previous = line
    return "".join(folded[a:b] for a, b in pieces).replace("\f", "\n"), pieces, joints


# --- morphemes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Morph:
    """A morpheme with its place: ``text[start:end] == surface`` in the text that was given.

    A word broken over two lines is one morpheme; its surface then holds the line end.
    """

    surface: str
    base: str  # dictionary form, folded: 取組み → 取り組み; names and numbers as written
    pos: str
    pos2: str
    reading: str  # katakana; empty when unknown
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the dictionary says of a morpheme, without its place."""

    pos: str
    pos2: str
    pos3: str
    conjugation: str  # such as 五段-マ行
    form: str  # inflected form, such as 連用形-一般
    lemma: str
    reading: str


_tagger: Any = None
_lock = threading.Lock()  # a MeCab tagger keeps its lattice: one thread at a time


@lru_cache(maxsize=65536)
def _entry(features: str) -> _Entry:
    """Return an entry read from unidic's comma-separated features."""
    parts = features.split(",")
    parts += ["*"] * (18 - len(parts))
    lemma = _fold_cached(_lemma(features))
    return _Entry(parts[0], parts[1], parts[2], parts[4], parts[5], lemma, parts[17] if parts[17] != "*" else "")


def _lemma(features: str) -> str:
    """Return the dictionary form as unidic writes it; empty for a word that it does not have."""
    lemma = features.split(",")[7:8] or ["*"]
    return "" if lemma[0] == "*" else lemma[0].split("-")[0]


@lru_cache(maxsize=65536)
def _fold_cached(text: str) -> str:
    return fold(text)


_Token = tuple[str, _Entry, int, int]  # surface, entry, start, end in the analysed line


def _parsed(line: str) -> list[tuple[str, str]]:
    """Return the surfaces of a line with unidic's features; NUL would end a C string."""
    global _tagger
    with _lock:
        if _tagger is None:
            import fugashi

            _tagger = fugashi.Tagger()
        return [(node.surface, node.feature_raw) for node in _tagger.parseToNodeList(line.replace("\0", " "))]


def _analyse(line: str) -> list[_Token]:
    """Return the morphemes of one folded line; fugashi drops white space, so places are rebuilt."""
    line = line.replace("\0", " ")
    tokens: list[_Token] = []
    at = 0
    for surface, features in _parsed(line):
        start = line.find(surface, at)
        if start < 0:  # pragma: no cover - MeCab only ever returns pieces of its input
            continue
        at = start + len(surface)
        tokens.append((surface, _entry(features), start, at))
    return tokens


def _base(surface: str, entry: _Entry) -> str:
    """Return the form that stands for a morpheme: its lemma, but a name as it is written (熊本 and くまもと differ)."""
    if not entry.lemma or entry.pos2 in ("固有名詞", "数詞") or entry.pos in ("補助記号", "記号"):
        return surface
    return entry.lemma


_I_ROW = dict(zip("うくぐすつぬぶむる", "いきぎしちにびみり", strict=True))


def _nominal(lemma: str, conjugation: str) -> str:
    """Return the noun that a verb makes. 例: 取り組む (五段) → 取り組み, 受け入れる (下一段) → 受け入れ"""
    if conjugation.startswith("五段"):
        return lemma[:-1] + _I_ROW.get(lemma[-1:], lemma[-1:])
    return lemma.removesuffix("る")


def morphs(text: str) -> list[Morph]:
    """Return the morphemes of ``text`` (folded for analysis, placed in the original), white space left out."""
    folded, places = fold_with_offsets(text)
    joined, pieces, _ = _unwrapped(folded)
    offsets = [place for a, b in pieces for place in places[a:b]]
    found: list[Morph] = []
    for line in _LINE.finditer(joined):
        begin = line.start()
        for surface, entry, start, end in _analyse(line.group()):
            first = offsets[begin + start]
            last = _after(text, offsets, begin + end)
            if first >= last:
                continue  # the rest of a character that folds into several. 例: ㎞ → k + m
            base = _base(surface, entry)
            found.append(Morph(text[first:last], base, entry.pos, entry.pos2, entry.reading, first, last))
    return found


def reading(word: str) -> str:
    """Return how a folded word is read, in katakana; empty when the dictionary lacks one of its pieces."""
    readings = [entry.reading for _, entry, _, _ in _analyse(word)]
    return "".join(readings) if all(readings) else ""


def _after(text: str, offsets: list[int], end: int) -> int:
    """Return where, in ``text``, the folded characters before ``end`` end, marks that belong to them included."""
    last = offsets[end - 1] + 1
    while last < len(text) and _COMBINING.match(text[last]):
        last += 1
    return last


_BINDING_LEFT = frozenset({"格助詞", "係助詞", "副助詞", "接続助詞", "準体助詞"})
_SEAM = 14  # characters on each side that decide


def wrapped(line: str, following: str, *, close: bool = True) -> bool:
    """Say whether the dictionary shows ``following`` to be the rest of ``line``.

    例: プロジェク / ト (one word over both), 取組み / を推進 and 県内の / 企業 (a particle at the seam). Two nouns
    (県警 / 道路管理者) show nothing: then only the look of the lines can tell. A verb that may end a sentence or stand
    before a noun (進出に係る / 波及効果) counts only if the lines are ``close``.
    """
    left, right = line.rstrip()[-_SEAM:].lstrip(), following.strip()[:_SEAM]
    if not left or not right or ends_sentence(line) or begins_item(following) or "\t" in line or "\t" in following:
        return False
    left, right = fold(left), fold(right)
    if left[-1] in "、・,(「『【〈《" or right[0] in "、。,)」』】〉》":
        return True
    seam = len(left)
    tokens = _analyse(left + right)
    before = next((t for t in tokens if t[3] == seam), None)
    after = next((t for t in tokens if t[2] == seam), None)
    if before is None or after is None:
        over = next((t for t in tokens if t[2] < seam < t[3]), None)
        # What the dictionary does not know, it may have run together.
        return over is not None and bool(over[1].lemma)
    if after[1].pos in ("助詞", "助動詞") or (after[1].pos == "接尾辞" and before[1].pos in ("名詞", "接尾辞")):
        return True
    if before[1].pos == "助詞":
        return before[1].pos2 in _BINDING_LEFT
    if before[1].pos in ("接頭辞", "連体詞", "接続詞") or left.endswith(("ため", "よう")):
        return True
    form = before[1].form
    if form.startswith("連体形"):
        return close or before[0] == "な"
    if form.startswith(("未然形", "仮定形")):
        return True
    return form.startswith("連用形") and before[1].pos != "名詞" and after[1].pos != "名詞"


# --- index words -----------------------------------------------------------------------------------------------------

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867, "r": 2018, "h": 1988, "s": 1925}
# Years of every writing, with month and day where they hang on by dots; then plain numbers.
_YEAR_OR_NUMBER = re.compile(
    r"(?:(?P<era>令和|平成|昭和|大正|明治)\s?|(?<![a-z0-9])(?P<letter>[rh]|s(?=\s?\d{1,2}(?:年|\.\s?\d))))"
    r"\s?(?P<era_year>元|\d{1,2}|(?<=[和成正治昭])[一二三四五六七八九十〇]{1,3}(?=年))(?![a-z0-9])(?P<era_unit>年度|年)?"
    r"(?:\.\s?(?P<month>\d{1,2})(?![0-9])(?:月|\.\s?(?P<day>\d{1,2})(?![0-9])日?)?)?"
    r"|(?<![a-z0-9.])(?P<year>(?:18|19|20)\d\d|(?<![〇一二三四五六七八九])[一二][〇一二三四五六七八九]{3})(?P<unit>年度|年)"
    r"|(?<![a-z0-9.])(?P<slashed>(?:19|20)\d\d)[./-](?P<slashed_month>\d{1,2})[./-](?P<slashed_day>\d{1,2})(?!\d)"
    r"|(?<![a-z])fy\s?(?P<fiscal>(?:19|20)\d\d)"
    r"|(?<![a-z0-9])(?P<number>\d+(?:\.\d+)?)",
    re.A,
)

_DROPPED_POS = frozenset({"助詞", "助動詞", "補助記号", "空白", "代名詞", "感動詞", "連体詞", "接続詞"})
# Words that every page holds and no question means.
_DROPPED_BASES = frozenset(
    {
        "為る",
        "居る",
        "有る",
        "成る",
        "御座る",
        "呉れる",
        "下さる",
        "頂く",
        "致す",
        "事",
        "物",
        "為",
        "様",
        "訳",
        "等",
        "御",
    }
)
_NOUNS = frozenset({"名詞", "接頭辞", "接尾辞", "記号", "形状詞"})
_LONGEST_COMPOUND = 6  # morphemes
_HELD_NUMERALS = frozenset(NUMERALS)


@dataclass(slots=True)
class _Word:
    tokens: tuple[str, ...]  # what is indexed
    part: str  # what it gives to a compound; empty when it takes part in none
    start: int
    end: int


def _year_tokens(match: re.Match[str]) -> tuple[str, ...]:
    """Return the tokens of a year, date or number in one form. 例: R6.10.29 → 2024年, 10月, 29日"""
    group = match.groupdict()
    if group["number"]:
        return (group["number"],)
    if group["fiscal"]:
        return (f"{group['fiscal']}年度",)
    if group["slashed"]:
        return (f"{group['slashed']}年", f"{int(group['slashed_month'])}月", f"{int(group['slashed_day'])}日")
    if group["year"]:
        year = group["year"]
        return ((year if year.isascii() else str(kanji_value(year))) + group["unit"],)
    count = 1 if group["era_year"] == "元" else _whole(group["era_year"])
    tokens = [f"{_ERAS[group['era'] or group['letter']] + count}{group['era_unit'] or '年'}"]
    if group["month"]:
        tokens.append(f"{int(group['month'])}月")
    if group["day"]:
        tokens.append(f"{int(group['day'])}日")
    return tuple(tokens)


def _whole(digits: str) -> int:
    """Return the value of ASCII or kanji digits, 0 where they are no number. 例: 十十"""
    return int(digits) if digits.isascii() else kanji_value(digits) or 0


def _numbers_in_kanji(tokens: list[_Token]) -> Iterator[_Word]:
    """Give the numbers that the dictionary sees in kanji, as they are indexed in digits.

    例: 第三号 → 3, 一万二千 → 1万2000
    """
    for counts, run in groupby(tokens, lambda token: token[1].pos2 == "数詞" and all(c in NUMERALS for c in token[0])):
        held = list(run) if counts else []
        for part in _side_by_side(held):
            kanji = "".join(surface for surface, *_ in part)
            digits = in_digits(kanji)
            if digits is not None and not set(kanji) <= set("十百千万億兆"):  # 百万円 is a unit
                plain = digits.replace(",", "")
                yield _Word(tuple(re.findall(r"[0-9.]+|[万億兆]", plain)), plain, part[0][2], part[-1][3])


def _side_by_side(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """Give the runs of tokens with nothing between them."""
    run: list[_Token] = []
    for token in tokens:
        if run and run[-1][3] != token[2]:
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _line_words(line: str) -> list[_Word]:
    """Return the words of one folded line, years and numbers read first."""
    fixed = [
        _Word(_year_tokens(m), m.group() if m.group("number") else "", m.start(), m.end())
        for m in _YEAR_OR_NUMBER.finditer(line)
    ]
    found: list[_Word] = []
    tokens = _analyse(line)
    if not _HELD_NUMERALS.isdisjoint(line):
        kanji = (n for n in _numbers_in_kanji(tokens) if not any(f.start < n.end and n.start < f.end for f in fixed))
        fixed = sorted([*fixed, *kanji], key=lambda word: word.start)
    at = 0
    for i, (surface, entry, start, end) in enumerate(tokens):
        while at < len(fixed) and fixed[at].end <= start:
            found.append(fixed[at])
            at += 1
        if at < len(fixed) and fixed[at].start < end:
            continue  # the year or number stands for it
        if entry.pos in _DROPPED_POS:
            continue
        base = _base(surface, entry)
        if entry.pos == "動詞":
            following = tokens[i + 1][1] if i + 1 < len(tokens) else None
            if entry.form.startswith("連用形") and _used_as_noun(following):
                base = _nominal(base, entry.conjugation)
                found.append(_Word((base,), base, start, end))
            elif base not in _DROPPED_BASES:
                found.append(_Word((base,), "", start, end))
        elif entry.pos in _NOUNS:
            found.append(_Word(() if base in _DROPPED_BASES else (base,), base, start, end))
        else:
            found.append(_Word((base,), "", start, end))
    found.extend(fixed[at:])
    return found


def _used_as_noun(following: _Entry | None) -> bool:
    """Say whether a verb's 連用形 before ``following`` is a noun. 例: 取り組み|の, 受け入れ|促進; not 取り組み|ます"""
    if following is None:
        return True
    return following.pos in ("名詞", "接尾辞") or (
        following.pos == "助詞" and following.pos2 in ("格助詞", "係助詞", "副助詞")
    )


def _compounds(run: list[_Word]) -> Iterator[str]:
    """Yield the compound nouns of neighbouring nouns: every pair, and the whole. 例: 資金決済, 決済法, 資金決済法"""
    parts = [word.part for word in run]
    if len(parts) < 2:
        return
    for left, right in pairwise(parts):
        yield left + right
    if 2 < len(parts) <= _LONGEST_COMPOUND:
        yield "".join(parts)


def words(text: str) -> list[str]:
    """Return the index tokens of a question or a document, in order: base forms and compound nouns.

    One-character words stay (税); years have one form (R6 = 令和6年 = 2024年, 年度 apart); numbers have no commas;
    particles and auxiliaries are dropped; words broken over two lines are whole.
    """
    return _tokens(text, compounds=True)


def content_words(text: str) -> list[str]:
    """Return the base forms of nouns, verbs and adjectives, years and numbers: ``words`` without compounds."""
    return _tokens(text, compounds=False)


def _tokens(text: str, *, compounds: bool) -> list[str]:
    joined, _, joints = _unwrapped(fold(text))
    out: list[str] = []
    for line in _LINE.finditer(joined):
        begin = line.start()
        run: list[_Word] = []
        for word in _line_words(line.group()):
            out.extend(word.tokens)
            if not compounds:
                continue
            # A number opens a compound (648企業) and ends what stood before it (予算額|72250千円), but for 第2回.
            opens = word.part[:1].isdecimal() and bool(run) and run[-1].part != "第"
            if run and (not word.part or opens or word.start != run[-1].end or begin + word.start in joints):
                out.extend(_compounds(run))
                run = []
            if word.part:
                run.append(word)
        out.extend(_compounds(run))
    return out


# --- sentences -------------------------------------------------------------------------------------------------------

_OPENING = "「『（(〈《【［[“"
_CLOSING = "」』）)〉》】］]”"
_BREAK = re.compile(r"[「『（(〈《【［\[“」』）)〉》】］\]”。！？!?\n\f]")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences, white space at their ends left out.

    A sentence ends at 。！？ outside brackets (例: 「行く。」と述べた。 is one) and at a line end, unless the line was
    wrapped (例: 研究開発 / 拠点を目指す。).
    """
    spans: list[tuple[int, int]] = []
    start = depth = 0

    def close(end: int) -> None:
        nonlocal start
        piece = text[start:end]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            spans.append((left, left + len(piece.strip())))
        start = end

    for match in _BREAK.finditer(text):
        mark, at = match.group(), match.start()
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth = max(0, depth - 1)
        elif mark in "\n\f":
            if not _wraps(text, start, at):
                depth = 0  # a bracket left open does not swallow the rest
                close(at)
        elif depth == 0:
            end = at + 1
            while end < len(text) and text[end] in "。！？!?" + _CLOSING:
                end += 1
            if end > start:
                close(end)
    close(len(text))
    return spans


def _wraps(text: str, start: int, line_end: int) -> bool:
    """Say whether the sentence goes on after the line end (blank lines between count as none)."""
    line = text[max(start, text.rfind("\n", 0, line_end) + 1) : line_end]
    rest = text[line_end:].lstrip() if line_end + 200 > len(text) else text[line_end : line_end + 200].lstrip()
    following = rest.split("\n", 1)[0]
    if "\f" in text[line_end : line_end + 1]:
        return False
    return len(line.strip()) >= _LEAST_WRAP and may_continue(line, following)


def noun_runs(text: str) -> list[tuple[int, int]]:
    """Return the spans of neighbouring nouns: names as they are written. 例: 農林水産部と商工労働部 → two spans"""
    runs: list[tuple[int, int]] = []
    current: tuple[int, int] | None = None
    for morph in morphs(text):
        if _is_in_a_name(morph):
            if current is not None and current[1] == morph.start:
                current = (current[0], morph.end)
            else:
                if current is not None:
                    runs.append(current)
                current = (morph.start, morph.end)
        elif current is not None:
            runs.append(current)
            current = None
    if current is not None:
        runs.append(current)
    return runs


def _is_in_a_name(morph: Morph) -> bool:
    return morph.pos in ("名詞", "接尾辞", "接頭辞", "形状詞") or (
        morph.pos in ("記号", "補助記号") and morph.surface in "・ー＆&-"
    )
