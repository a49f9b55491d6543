"""The same question, written otherwise: rules that change the wording of a question and never its answer.

Each rule is a pure function of the question; where it must choose, the question's id decides. What stands in quotation
marks is a name that the asker has copied, and figures are what an answer hangs on: rules of spelling leave both alone.
Behavioural tests of this kind ("invariance") are those of Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP
Models with CheckList" (ACL 2020).
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from eval.dataset import Question
from eval.measures.texts import normalise
from ingest.dates import ERAS, Period, find_periods
from ingest.japanese import Morph, morphs
from ingest.writing import same_width

Span = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Rule:
    """A way to write a question otherwise. ``rewrite`` returns the new text, or None where it does not apply."""

    name: str  # also the end of the derived ids
    says: str  # Japanese, for the table
    rewrite: Callable[[Question], str | None]


def derive(rule: Rule, question: Question) -> Question | None:
    """Return the question in other words; None where the rule changes nothing or would give the answer away."""
    text = rule.rewrite(question)
    if text is None or text == question.question:
        return None
    asked, now = normalise(question.question), normalise(text)
    if any(normalise(accept) in now and normalise(accept) not in asked for accept in question.accept):
        return None  # 例: 2024年度 asked as 令和6年度, where 令和6年度 is the answer
    return replace(question, id=f"{question.id}-{rule.name}", question=text)


# --- width ------------------------------------------------------------------------------------------------------------

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code).isalnum()}
_NARROW_LATIN = {wide: narrow for narrow, wide in _WIDE.items()}


def _narrow_katakana() -> dict[int, str]:
    """Return a map from katakana to half-width katakana. 例: ガ → ｶﾞ"""
    half = [chr(code) for code in range(0xFF66, 0xFF9E)]
    both = [*half, *(c + mark for c in half for mark in "ﾞﾟ")]
    wide = {unicodedata.normalize("NFKC", text): text for text in both}
    return {ord(text): narrow for text, narrow in wide.items() if len(text) == 1}


_NARROW = {**{code: chr(narrow) for code, narrow in _NARROW_LATIN.items()}, **_narrow_katakana()}


def full_width(question: Question) -> str:
    """例: DXの予算は2024年度でいくら → ＤＸの予算は２０２４年度でいくら"""
    return question.question.translate(_WIDE)


def half_width(question: Question) -> str:
    """例: データ連携は２０２４年度から → ﾃﾞｰﾀ連携は2024年度から"""
    return question.question.translate(_NARROW)


# --- years ------------------------------------------------------------------------------------------------------------

_BASE = {name: base for kanji, letter, base in ERAS for name in (kanji, letter)}
_ERA_YEAR = re.compile(r"(令和|平成|昭和|[RHS])\s?(元|\d{1,2})年")
_WESTERN_YEAR = re.compile(r"((?:19|20)\d\d)年")
# A year without its era leans on the one before. 例: 令和3年度から5年度, 令和5年・6年
_LEANING = re.compile(r"\s?(?:から|~|-|・|、|と|及び|および|や)\s?(?:元|\d{1,2})年")
_LETTER_YEAR = re.compile(r"[RHS](?:元|\d{1,2})")
# A year inside the name of an event is part of the name. 例: 平成28年熊本地震, 令和2年7月豪雨
_EVENT = re.compile(
    r"(?:\d{1,2}月)?[^\s、。のはがを]{0,8}(?:豪雨|地震|台風|水害|震災|噴火|大火|災害|国勢調査|オリンピック)"
)


def western_years(question: Question) -> str:
    """例: 令和6年1月末 → 2024年1月末, R6.1.31 → 2024年1月31日, H29年度 → 2017年度"""

    def write(text: str, period: Period) -> str:
        if _LETTER_YEAR.match(text) and "年" not in text:
            return _in_words(period.code)
        return _ERA_YEAR.sub(lambda m: f"{_BASE[m[1]] + (1 if m[2] == '元' else int(m[2]))}年", text)

    return _rewrite_periods(question.question, write)


def era_years(question: Question) -> str:
    """例: 2024年1月末 → 令和6年1月末, 2017年度 → 平成29年度. The year in which the era changed stays western."""

    def write(text: str, period: Period) -> str:
        return _WESTERN_YEAR.sub(lambda m: _era_of(int(m[1]), period) or m[0], text)

    return _rewrite_periods(question.question, write)


def _rewrite_periods(text: str, write: Callable[[str, Period], str]) -> str:
    """Return the text with each period written anew, except ranges, years given twice and years in names."""
    plain = same_width(text)
    protected = _quoted(text)
    for period in reversed(find_periods(text)):
        start, end = period.at
        said = plain[start:end]
        in_name = _EVENT.match(plain[end:]) or _overlaps((start, end), protected)
        # 12令和6年度 would become 122024年度, and DX令和6年度 DX2024年度, which reads as a name
        glued = re.search(r"[0-9A-Za-z]$", plain[:start]) is not None
        if glued or period.kind == "range" or period.ambiguous or "(" in said or in_name or _LEANING.match(plain[end:]):
            continue
        written = write(said, period)
        if written != said:
            text = text[:start] + written + text[end:]
    return text


def _in_words(code: str) -> str:
    """Return a code as a western date. 例: 2024-01-31 → 2024年1月31日, FY2023 → 2023年度"""
    year, *rest = code.removeprefix("FY").split("-")
    days = (f"{int(number)}{unit}" for number, unit in zip(rest, "月日", strict=False))  # a year has neither
    return "".join([f"{year}年", "度" * code.startswith("FY"), *days])


def _era_of(year: int, period: Period) -> str | None:
    """Return the era year that a western year of a period is; None where it may be either of two."""
    for name, _, base in ERAS[:3]:
        if year > base + 1 or (year == base + 1 and name == "令和" and period.start >= "2019-05"):
            return f"{name}{'元' if year == base + 1 else year - base}年"
        if year == base + 1:
            return None
    return None


# --- spelling ---------------------------------------------------------------------------------------------------------

_HIRAGANA = {code: chr(code - 0x60) for code in range(ord("ァ"), ord("ヶ"))}
_NOT_ALONE = frozenset({"名詞", "接尾辞", "接頭辞"})


def hiragana(question: Question) -> str | None:
    """Write one word of kanji that stands alone by its reading. 例: 会員の数は → かいいんの数は"""
    found = [m for before, m, after in _with_neighbours(question) if _is_lone_word(before, m, after)]
    chosen = _chosen(question, "hiragana", [m for m in found if _may_change(question, m.start, m.end)])
    if chosen is None:
        return None
    return question.question[: chosen.start] + chosen.reading.translate(_HIRAGANA) + question.question[chosen.end :]


def _with_neighbours(question: Question) -> Iterator[tuple[Morph | None, Morph, Morph | None]]:
    found = morphs(question.question)
    return zip([None, *found], found, [*found[1:], None], strict=False)


def _is_lone_word(before: Morph | None, morph: Morph, after: Morph | None) -> bool:
    """Say whether a noun is no part of a longer one: only then its reading is sure."""
    alone = all(other is None or other.pos not in _NOT_ALONE for other in (before, after))
    is_kanji = re.fullmatch(r"(?:(?!何)[一-鿿々]){2,}", morph.surface) is not None  # 何人 is read in two ways
    return alone and is_kanji and morph.pos == "名詞" and morph.pos2 == "普通名詞" and bool(morph.reading)


def katakana(question: Question) -> str | None:
    """Write one katakana word in hiragana. 例: コンソーシアムの会員 → こんそーしあむの会員"""
    chosen = _chosen(question, "katakana", _runs(question, r"[ァ-ヴー]{3,}"))
    if chosen is None:
        return None
    start, end = chosen
    return question.question[:start] + question.question[start:end].translate(_HIRAGANA) + question.question[end:]


def particles(question: Question) -> str:
    """Leave out は, が, を and の, as people do who type in a hurry. 例: 会員の数はいくつ → 会員数いくつ"""
    text = question.question
    for before, morph, after in reversed(list(_with_neighbours(question))):
        # Between figures a particle keeps two of them apart. 例: 6年の10月
        apart = re.match(r"[\d第一二三四五六七八九十]", same_width(text[morph.end :]))
        if _may_go(before, morph, after) and not apart and not _overlaps((morph.start, morph.end), _quoted(text)):
            text = text[: morph.start] + text[morph.end :]
    return text


_LEANS = frozenset({"ため", "うち", "ほう", "方", "者", "人", "こと", "もの", "とき", "際"})


def _may_go(before: Morph | None, morph: Morph, after: Morph | None) -> bool:
    """Say whether people leave this particle out: none of two (とは, では), and の only between plain nouns.

    例: 移住相談の件数 → 移住相談件数, but not どこの課, 4つの漢字, ハンディのある人, 大学の者
    """
    if before is None or before.pos == "助詞" or morph.pos != "助詞" or morph.pos2 not in ("格助詞", "係助詞"):
        return False
    if morph.surface != "の":
        return morph.surface in "はがを"
    plain = before.pos in ("名詞", "接尾辞") and before.pos2 != "数詞" and before.surface != "つ"
    return plain and after is not None and after.pos in ("名詞", "接頭辞") and after.surface not in _LEANS


def swapped(question: Question) -> str | None:
    """Swap two neighbouring characters of a long word, never its first. 例: コンソーシアム → コンソシーアム"""
    runs = _runs(question, rf"{_KATAKANA_WORD}|{_KANJI_WORD}")
    text = question.question
    places = [n for start, end in runs for n in range(start + 1, end - 1) if text[n] != text[n + 1]]
    n = _chosen(question, "swapped", places)
    return None if n is None else text[:n] + text[n + 1] + text[n] + text[n + 2 :]


def dropped(question: Question) -> str | None:
    """Leave out a character of a long katakana word, never its first. 例: コンソーシアム → コンソシアム

    Of kanji none may go: 転出者 and 転入者 would become the same.
    """
    text = question.question
    places = [n for start, end in _runs(question, _KATAKANA_WORD) for n in range(start + 1, end)]
    n = _chosen(question, "dropped", places)
    return None if n is None else text[:n] + text[n + 1 :]


def doubled(question: Question) -> str | None:
    """Write a character of a long word twice. 例: 移住相談 → 移住住相談"""
    text = question.question
    runs = _runs(question, rf"{_KATAKANA_WORD}|{_KANJI_WORD}")
    n = _chosen(question, "doubled", [n for start, end in runs for n in range(start, end)])
    return None if n is None else text[: n + 1] + text[n] + text[n + 1 :]


_KATAKANA_WORD = r"[ァ-ヴー]{4,}"
_KANJI_WORD = r"(?<![一-鿿])(?:(?![一二三四五六七八九十百千万億兆])[一-鿿]){4,}(?![一-鿿])"


def _runs(question: Question, pattern: str) -> list[Span]:
    return [m.span() for m in re.finditer(pattern, question.question) if _may_change(question, *m.span())]


def _may_change(question: Question, start: int, end: int) -> bool:
    """Say whether a rule of spelling may touch a word: it is not quoted, no part of a date, nor of the answer."""
    answers = normalise("\n".join([*question.accept, *question.accept_all]))
    dates = [period.at for period in find_periods(question.question)]
    fixed = [*_quoted(question.question), *dates]
    return not _overlaps((start, end), fixed) and normalise(question.question[start:end]) not in answers


def _quoted(text: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"「[^」]*」|『[^』]*』|[\"“][^\"”]*[\"”]", text)]


def _overlaps(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _chosen(question: Question, rule: str, options: Sequence[T]) -> T | None:
    """Return one of the options: always the same for a question and a rule."""
    return random.Random(f"{question.id}:{rule}").choice(options) if options else None


# --- manner -----------------------------------------------------------------------------------------------------------

_WH = r"(?:何[^\s、。はがをにでと]{0,6}|いくら|いくつ|どこ|いつ|だれ|誰|どれ|どちら|どなた|ど[のれ]くらい|なぜ|どう)"
# Each polite end with its plain one, the longest first; of verbs those that need no conjugation.
_TERSE = [
    (r"(?:を|について)?(?:お)?教え(?:て)?(?:ください|下さい|いただけますか|もらえますか)", ""),
    (r"(?:の|ん)(?:です|でしょう)か", "の？"),
    (r"(?:でしょう|です|でした)か", "？"),
    (r"ていますか", "ている？"),
    (r"ていましたか", "ていた？"),
    (r"(?<=[あな])りますか", "る？"),
    (r"(?<=[あな])りましたか", "った？"),
    (r"(?<=[れせえけめべ])ますか", "る？"),
    (r"(?<=[れせえけめべ])ましたか", "た？"),
    (r"(?<=でき)ますか", "る？"),
    (r"(?<=でき)ましたか", "た？"),
    (r"(?<=[一-鿿]{2})しますか", "する？"),
    (r"(?<=[一-鿿]{2})しましたか", "した？"),
    (r"(?<=[人名社件])いますか", "いる？"),
    (r"(?<=[人名社件])いましたか", "いた？"),
]


def terse(question: Question) -> str | None:
    """例: 会員は何人ですか。 → 会員は何人？, 会員数を教えてください。 → 会員数"""
    text = question.question.rstrip("。？?!！ 　")
    for polite, plain in _TERSE:
        written, count = re.subn(rf"{polite}$", plain, text)
        if count and written:
            return written
    return None


def polite(question: Question) -> str | None:
    """例: 会員は何人？ → 会員は何人ですか。, 会員数 最新 → 会員数 最新を教えてください。"""
    text = question.question.rstrip("。？?!！ 　")
    if re.search(r"です|ます|ました|ません|でし|ください|下さい|」$|\)$|）$", text):
        return None
    if text.endswith("教えて"):
        return text + "ください。"
    if text.endswith("か"):
        return text + "教えてください。"  # 例: 何人だったか
    if re.search(rf"{_WH}$", text):
        return text + "ですか。"
    if re.search(r"[たるい]の$", text):
        return text + "ですか。"
    last = morphs(text)[-1:]
    if text.endswith("は") and not re.search(_WH, text):
        return text[:-1] + "を教えてください。"
    if last and last[0].pos in ("名詞", "接尾辞") and not re.search(_WH, text):
        return text + "を教えてください。"
    return None


RULES = (
    Rule("full", "全角の英数字", full_width),
    Rule("half", "半角の英数字・カタカナ", half_width),
    Rule("western", "元号の年 → 西暦", western_years),
    Rule("era", "西暦の年 → 元号", era_years),
    Rule("hiragana", "漢字の語をかなで", hiragana),
    Rule("katakana", "カタカナの語をひらがなで", katakana),
    Rule("particles", "は・が・を・の を抜く", particles),
    Rule("swapped", "打ち間違い（入れ替わり）", swapped),
    Rule("dropped", "打ち間違い（抜け）", dropped),
    Rule("doubled", "打ち間違い（重なり）", doubled),
    Rule("terse", "丁寧 → 簡潔", terse),
    Rule("polite", "簡潔 → 丁寧", polite),
)
