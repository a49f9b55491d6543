"""What is asked for: the kind of answer, the unit, the period, the places and the topic of a Japanese question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answer.answer import QuestionError, QuestionType
from answer.asking.cues import (
    AMOUNT,
    CLOCK,
    COMPARE,
    COUNTED,
    COUNTED_DAYS,
    COUNTER,
    DEFINITION,
    EARLIER,
    EXCLUDED,
    HOW_MUCH,
    HOWTO,
    HOWTO_ASKED,
    KATAKANA_OR_LATIN,
    LEAD,
    LEANING_DATE,
    LIST,
    LITTLE,
    MEASURES,
    MEETING_TAIL,
    MONEY,
    MORE,
    NAME,
    NAME_OF,
    NAMED_AMOUNT,
    ORDINAL,
    PATTERNS,
    PEOPLE,
    QUOTED,
    REASON,
    REASON_ASKED,
    RELATIVE_FY,
    RELATIVE_YEAR,
    STOP,
    SUPERLATIVE,
    TELL,
    THINGS,
    TOTAL,
    TREND,
    UNIT_GROUPS,
    WH,
    WHEN,
    WHERE,
    WHICH,
    WHICH_ORG,
    WHO,
    YESNO,
    Cue,
)
from answer.asking.summary import read_summary
from ingest.dates import Period, find_periods, parse_code
from ingest.japanese import Morph, fold, morphs
from ingest.numbers import MEASURE_UNIT, base_unit
from ingest.writing import same_width


@dataclass(frozen=True)
class Term:
    """A word or compound of the question's topic; ``parts`` are the lemmas of a compound's pieces."""

    text: str  # folded surface
    lemma: str
    parts: tuple[str, ...] = ()
    quoted: bool = False
    proper: frozenset[str] = frozenset()  # the parts that name a place, person or body
    ordinal: bool = False  # 第2回, 20～24歳: a number that tells one thing from its neighbours
    says_how: bool = False  # a verb or an adjective: people put these in words of their own, things they call by name


@dataclass(frozen=True)
class Superlative:
    """What a question ranks by: 「死亡者が最も多い都道府県」 by the most of 死亡者 among 都道府県."""

    most: bool = True
    change: str | None = None  # "up", "down" or "both": not how much there is, but how much more or less
    rate: bool = False  # the change is asked as a rate
    when: bool = False  # asks for a date, a month or a year
    count: int = 1  # トップ3
    thing: str = ""  # what is ranked: 都道府県
    subject: str = ""  # what it is ranked by: 死亡者
    words: str = ""  # all words of the question that only say this


@dataclass(frozen=True)
class Question:
    """A question as it was read. ``units`` are the units the answer may carry; empty means any."""

    text: str
    folded: str
    kind: QuestionType
    terms: tuple[Term, ...]
    units: frozenset[str] = frozenset()
    counter: str | None = None  # the counter as asked: 何名 → 名
    focus: tuple[str, ...] = ()  # lemmas of what is asked about, next to the interrogative
    subjects: frozenset[str] = frozenset()  # lemmas of what that is asked of: マンゴー of 「マンゴーの輸出額は」
    periods: tuple[Period, ...] = ()  # the times that the answer must hold for
    meetings: tuple[Period, ...] = ()  # the dates of documents that are named
    alternatives: tuple[str, ...] = ()  # folded: 「AとBではどちらが」
    wants_difference: bool = False
    wants_series: bool = False
    wants_list: bool = False
    wants_number: bool = False
    amount: str | None = None  # the noun that names the amount: 定員は何名, 運賃はいくら
    wants_total: bool = False
    is_terse: bool = False  # keywords without a verb
    pattern: str | None = None  # what the answer must look like: 電話番号 → digits and hyphens
    count: int | None = None  # how many items a list must have, when the question says so
    suffixes: tuple[str, ...] = ()  # どの町 → 町: what the name or place ends with
    things: tuple[str, ...] = ()  # 機材は何ですか → 機材: what the text may call that which is asked for
    superlative: Superlative | None = None
    lines: int = 0  # how many sentences a summary shall have; 0: none is asked for


def validate(text: str, limit: int = 500) -> str:
    """Return the question without surrounding white space, or raise ``QuestionError`` saying what is wrong with it."""
    stripped = text.strip()
    if not stripped:
        raise QuestionError("empty", "質問が空です。知りたいことを文で入力してください。", "the question is empty")
    if len(stripped) > limit:
        raise QuestionError(
            "too_long",
            f"質問が長すぎます（{len(stripped):,}文字）。{limit:,}文字以内にしてください。",
            f"the question has {len(stripped)} characters; the limit is {limit}",
        )
    if not re.search(r"\w", stripped):
        raise QuestionError(
            "symbols_only",
            "記号だけでは質問として読めません。ことばで入力してください。",
            "the question holds no letters or digits",
        )
    # A lone acronym such as TSMC or KPI is a keyword; a sentence without kana and kanji is another language.
    if not re.search(r"[ぁ-んァ-ヶ一-龠々〆ｦ-ﾟ]", stripped) and len(re.findall(r"[^\W\d_]{2,}", stripped)) > 2:
        raise QuestionError(
            "not_japanese",
            "日本語の質問にだけお答えできます。日本語で入力してください。",
            "the question is not in Japanese",
        )
    return stripped


_HALF_WIDTH_KANA = re.compile(r"[ｦ-ﾟ]+")
_ERA_IN_KANA = re.compile(r"(れいわ|へいせい|しょうわ)(?=[0-9０-９元])")
_ERAS = {"れいわ": "令和", "へいせい": "平成", "しょうわ": "昭和"}


def _as_written_in_papers(text: str) -> str:
    """Return the question as a paper would spell it: full-width katakana, eras in kanji. 例: ﾃﾞｰﾀ, れいわ6年"""
    wide = _HALF_WIDTH_KANA.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _ERA_IN_KANA.sub(lambda match: _ERAS[match[0]], wide)


def read_question(text: str, today: str | None = None) -> Question:
    """Return how a question is understood; ``today`` (ISO) is the date that 昨年度 and 今年 are counted from.

    例: 「令和5年度の移住相談は何件？」 → number, units 件, period FY2023, terms 移住相談
    """
    text = LEAD.sub("", _as_written_in_papers(text))
    summary = read_summary(text)
    if summary is not None and summary.question:
        told = read_question(summary.question, today)
        if summary.is_certain or told.kind in _TOLD_AT_LENGTH:
            return replace(told, lines=summary.lines)
    folded = fold(text)
    periods, meetings = _read_periods(text, today)
    # What is named in quotation marks gives no cue: 「事業の目的」 as the name of a row asks for no reason.
    asked = COUNTED_DAYS.sub(r"\g<0>間", folded)
    kind, flags = _read_kind(QUOTED.sub("「」", asked), len(periods), len(meetings))
    if kind in ("text", "name", "howto", "definition") and CLOCK.search(folded):
        kind = "date"  # 例: 開館時間は
    units, counter = _read_units(asked)
    terms, focus = _read_terms(text)
    things = _read_things(_bare(folded))
    question = Question(
        text=text,
        folded=folded,
        kind=kind,
        terms=terms,
        units=units,
        counter=counter,
        focus=focus,
        subjects=_read_subjects(folded, terms, focus),
        periods=periods,
        meetings=meetings,
        alternatives=_read_alternatives(folded),
        amount=_read_amount(folded),
        wants_total=bool(TOTAL.search(folded)),
        pattern=_read_pattern(folded),
        is_terse=not re.search(r"ます|です|でし|ください|教え|[かの]\?|何|どう|どこ|いつ|だれ|誰", folded),
        suffixes=_read_suffixes(_bare(folded)),
        things=things,
        superlative=_read_superlative(folded),
        count=_read_count(folded),
    )
    return replace(
        question,
        wants_difference=flags["wants_difference"],
        wants_series=flags["wants_series"],
        wants_list=flags["wants_list"],
        wants_number=flags["wants_number"],
    )


_TOLD_AT_LENGTH = ("text", "definition", "reason", "howto")  # 件数をまとめて asks for values, and no summary


def _read_kind(folded: str, periods: int, meetings: int) -> tuple[QuestionType, dict[str, bool]]:
    """Return the kind of answer and the flags that go with it, from the clause that asks where there is one."""
    kind, flags = _kind_of(folded, periods, meetings)
    asking = re.split(r"[、。]", folded.rstrip("。?! "))[-1]
    if asking != folded.rstrip("。?! ") and kind not in ("comparison", "temporal", "yesno") and WH.search(asking):
        own, _ = _kind_of(asking, 0, 0)
        # 例: …の使い方を相談できる拠点をつくる事業、担当はどの課? asks for a name, not for a way to do something.
        kind = own if own not in ("text", "yesno", "list", "comparison", "temporal") else kind
    return kind, flags


def _kind_of(folded: str, periods: int, meetings: int) -> tuple[QuestionType, dict[str, bool]]:
    folded = _bare(folded)
    tail = folded[-60:]
    counted = _without_asked_names(folded)
    number = bool(COUNTER.search(counted)) or any(cue.search(folded) for cue in (_MEASURE_ASKED, AMOUNT, HOW_MUCH))
    measure = _last_measure(folded) is not None or bool(_named_measure(folded))
    compare = bool(COMPARE.search(folded))
    trend = bool(TREND.search(folded))
    listing = bool(LIST.search(folded))
    which = bool(re.search(r"どちら(?:が|の(?:方|ほう)が|も)|どっちが", folded))
    several = periods > 1 or meetings > 1
    flags = {
        "wants_difference": compare and not which,
        "wants_series": trend,
        "wants_list": listing,
        "wants_number": number or measure,
    }
    if REASON_ASKED.search(folded) and not number:
        return "reason", flags
    if which and (number or measure or compare):
        return "comparison", flags
    if trend and (measure or number or several or re.search(r"推移|移り変わり|経年", folded)):
        return "temporal", flags
    if listing and WHEN.search(folded) and not (number or measure or compare):
        return "date", flags  # 例: AとB、設置日はそれぞれいつ
    if several and listing and re.search(r"どこ|誰|だれ|どなた|どの(?!くらい|程度)|何という", folded):
        return "list", flags  # 例: 令和5年度と令和6年度でそれぞれどこ
    if several and (number or measure or compare or listing):
        return "comparison" if compare else "temporal", flags
    if compare and (number or measure):
        return "comparison", flags
    if len(re.findall(r"\d(?:回目|番目)(?=[・、と].*\d(?:回目|番目))", folded)) and not (number or measure):
        return "list", flags
    if not WH.search(folded) and _POLITE.search(folded) and not TELL.search(folded):
        return "yesno", flags  # 例: これで全校が済むことになりますか
    if HOWTO_ASKED.search(folded) and not number:
        return "howto", flags
    if REASON.search(folded) and not number:
        return "reason", flags
    # 例: 利用できるのはどんな団体か asks which, not what it is
    which_kind = re.search(r"のは、?(?:どんな|どのような)", folded) is not None
    if re.search(r"何と何|[2-9二三四五六七八九]つの[^、。]{1,12}(?:とは|って)何", folded):
        return "list", flags
    if DEFINITION.search(folded) and not which_kind and not number and not WHEN.search(folded):
        return "definition", flags
    if number and not re.search(r"どこですか|誰ですか|いつですか", tail):
        return "number", flags
    if HOWTO.search(folded) and (not listing or "手順" in folded):
        return "howto", flags
    if listing or re.search(r"(?:市町村|国・地域|団体|地域|高校|学校|企業)(?:は|が)(?:どこ|どちら(?!が))", folded):
        return "list", flags
    if WHO.search(folded):
        return "name", flags
    if WHEN.search(folded):
        return "date", flags
    if WHICH_ORG.search(folded):
        return "name", flags
    if WHERE.search(folded):
        return "place", flags
    named = NAME_OF.search(folded) if not WH.search(folded) else None
    if named:
        return ("place" if named[1] in ("地区", "市町村", "市", "町", "村") else "name"), flags
    if measure and (TELL.search(tail) or not WH.search(folded)) and not _yes_no(folded):
        return "number", flags
    if not WH.search(folded) and _yes_no(folded):
        return "yesno", flags
    if NAME.search(folded):
        return "name", flags
    if compare:
        return "comparison", flags
    return "text", flags


def _without_asked_names(folded: str) -> str:
    """Return a question without 何課 and 何町, which ask for a name, not for how many; 何部減 counts."""
    return re.sub(r"何(?:課|室|局|部(?!会|署|数|[増減]|発行|印刷|配)|市(?!町村)|町(?!村)|村|県)", "どれ", folded)


_POLITE = re.compile(r"(?:ます|ました|ません|です|でした|でしょう)か[。?]?$")


def _bare(folded: str) -> str:
    """Return a question without what it adds in brackets at its end, which asks for nothing."""
    return re.sub(r"(?<=\S)\([^()]*\)$", "", folded)


def _yes_no(folded: str) -> bool:
    """Tell whether the last asking sentence wants はい or いいえ. 例: 達成できたんですか? 実績も教えてください。"""
    sentences = [s for s in re.split(r"(?<=[。?!])", folded) if s.strip()]
    return any(YESNO.search(s.strip()) and not WH.search(s) and not TELL.search(s) for s in sentences)


def _last_measure(folded: str) -> frozenset[str] | None:
    """Return the units of the measure noun that the question ends in. 例: …の会員数は? → 人, 社, …"""
    for period in reversed(find_periods(folded)):
        folded = folded[: period.at[0]] + folded[period.at[1] :]
    folded = re.sub(r"\([^)]*\)", "", folded.rstrip("。?! "))
    body = re.sub(
        r"(?:です|でした|でしょう|教えて|お教え|お?答え(?:て)?|知りたい|ください|下さい|ますか|か|は|を|って|の|、|。|\?|!|に"
        r"|ついて|お願いします|だった|だと|では|なら|どう|なり|何|いくつ|示して|\s)+$",
        "",
        folded,
    )
    for pattern, units in MEASURES:
        if pattern.search(body):
            return units
    return None


_MEASURE_ASKED = re.compile(rf"{WHICH}(?P<unit>[千百]?[万億]?(?:{MEASURE_UNIT}))(?![一-龠])", re.I)


def _read_units(folded: str) -> tuple[frozenset[str], str | None]:
    measured = [*_MEASURE_ASKED.finditer(folded)]
    if measured:
        counter = measured[-1]["unit"]
        groups = [group for group in UNIT_GROUPS if {counter, base_unit(counter)} & group]
        return frozenset().union(*groups) | {counter, fold(base_unit(counter) or counter)}, counter
    counted = _without_asked_names(folded)
    match = [*COUNTER.finditer(counted)][-1] if COUNTER.search(counted) else None
    if match:
        counter = match.group(1)
        groups = [group for group in UNIT_GROUPS if counter in group]
        return frozenset().union(*groups) | {counter}, counter
    named = _named_measure(folded)
    if AMOUNT.search(folded):
        # 例: 相談件数は…いくらになりましたか
        return (MONEY, "円") if not named or named & MONEY else (named, None)
    match = HOW_MUCH.search(folded)
    if match:
        noun = re.match(r"の([一-龠ァ-ヶ]{2,8})", folded[match.end() :])
        if noun:
            for pattern, units in MEASURES:
                if pattern.search(noun.group(1)):
                    return units, None
            if not any(re.search(counted, noun.group(1)) for counted, _ in COUNTED):
                return frozenset({noun.group(1)}), noun.group(1)
        if named:
            return named, None
        around = folded[match.end() : match.end() + 8] + "|" + folded[max(0, match.start() - 14) : match.start()]
        for counted, units in COUNTED:
            if re.search(counted, around):
                return units, None
        return (PEOPLE if re.search(r"[たるの](?:人|方)(?:は|が)", folded) else frozenset()), None
    units = _last_measure(folded) or named
    return units, "件" if units == UNIT_GROUPS[3] else None


def _read_amount(folded: str) -> str | None:
    """Return the noun that names the amount asked for, where one does. 例: 往復運賃はいくら → 運賃"""
    bare = re.sub(r"\([^)]*\)", "", folded)
    found = re.search(
        rf"({NAMED_AMOUNT})(?:は|が|って|を)?、?(?:いくら|おいくら|何|どれ|どの|幾|教え|知り|お?答え|$|[?。])", bare
    )
    return found[1] if found else None


def _named_measure(folded: str) -> frozenset[str]:
    """Return the units of the last measure that the question speaks of anywhere. 例: 会員数、いちばん新しいのは?"""
    best, units = -1, frozenset[str]()
    for pattern, measured in MEASURES:
        if not measured:
            continue
        for match in re.finditer(
            pattern.pattern.removesuffix("$") + r"(?=は|を|が|の(?:推移|移り変わり)|、|と|も|に|って|\(|[。?\s]|$)",
            folded,
        ):
            if match.end() > best:
                best, units = match.end(), measured
    for match in re.finditer(
        r"(組|票|隻|便|床|頭|羽|泊|区画|講座|コース|チーム|クラス)数(?=は|を|が|、|と|も|に|って|の|[。?]|$)", folded
    ):
        if match.end() > best:  # 例: 来場組数は
            best = match.end()
            units = frozenset({match[1]}).union(*(group for group in UNIT_GROUPS if match[1] in group))
    return units


def _read_periods(text: str, today: str | None) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """Return the periods asked about, and those that only name a document by its meeting's date."""
    periods: list[Period] = []
    meetings: list[Period] = []
    folded = fold(text)
    text = _with_years(text)
    found = find_periods(text)
    # 例: 令和6年度の…、10月末の時点と1月末の時点: months without a year lie in the year that was named.
    named = [p for p in found if p.kind in ("fiscal_year", "year")] or [parse_code(p.start[:4]) for p in found[:1]]
    if named:
        found = find_periods(text, named[0])
    for period in found:
        tail = fold(text[period.at[1] : period.at[1] + 24])
        if re.match("補正|専決", tail):
            continue  # 6月補正 names a budget
        (meetings if MEETING_TAIL.search(tail) else periods).append(period)
    periods += _one_year_on(folded, periods)
    if today is not None:
        anchor = max(periods, key=lambda p: p.at[0], default=None)
        periods += _relative_periods(text, today, anchor, periods)
    unique: dict[str, Period] = {}
    for period in periods:
        unique.setdefault(period.code, period)
    kept = [p for p in unique.values() if not any(_only_names_the_year_of(p, q) for q in unique.values() if q is not p)]
    return tuple(kept), tuple(meetings)


def _with_years(text: str) -> str:
    """Return the text with years that lean on the one before written out.

    例: 令和6年10月末…翌年1月末 → 令和6年10月末…2025年1月末; 令和3年度から5年度 → 令和3年度から令和5年度
    """
    text = re.sub(
        r"(令和|平成|[RrＲHhＨ])([0-9０-９]{1,2})(年度|年)?(から|と|、|・|～|~)([0-9０-９]{1,2}年度?)",
        r"\1\2\3\4\1\5",
        text,
    )
    for match in reversed(list(re.finditer(r"(?<![\d０-９元])年度末", text))):
        before = [p for p in find_periods(text[: match.start()]) if p.kind == "fiscal_year"]
        if before:
            text = f"{text[: match.start()]}{before[-1].start[:4]}年度末{text[match.end() :]}"
    for word, offset in (("翌年", 1), ("同年", 0)):
        for match in reversed(list(re.finditer(word + r"(?=(?:の)?\d|[１-９])", text))):
            before = find_periods(text[: match.start()])
            if before:
                text = f"{text[: match.start()]}{int(before[-1].start[:4]) + offset}年{text[match.end() :]}"
    return text


def _one_year_on(folded: str, periods: Sequence[Period]) -> list[Period]:
    """Return the end of 「2023年6月から1年で」: the same point a year (or n years) later."""
    match = re.search(r"から(?:の)?(\d+|一)年(?:間)?(?:で|の間|後)", folded)
    if len(periods) != 1 or match is None or periods[0].kind == "range":
        return []
    years = 1 if match.group(1) == "一" else int(match.group(1))
    start = periods[0]
    later = re.sub(r"\d{4}", lambda m: str(int(m.group()) + years), start.code, count=1)
    try:
        return [replace(parse_code(later), at=(start.at[1], start.at[1]))]
    except ValueError:
        return []  # 29 February


def _only_names_the_year_of(period: Period, other: Period) -> bool:
    """例: 平成31年度（令和元年度） is one period, and so are 令和6年度 and the 10月末 that follows in it."""
    return period.start == other.start and period.end == other.end and period.at[0] > other.at[0]


def _relative_periods(text: str, today: str, anchor: Period | None, said: Sequence[Period]) -> list[Period]:
    """Return the periods that relative words mean, but for those that are said outright: 前年度にあたる令和3年度."""
    year, month = int(today[:4]), int(today[5:7]) if len(today) >= 7 else 4
    fiscal = year if month >= 4 else year - 1
    made: list[Period] = []
    for word, offset in sorted((RELATIVE_FY | RELATIVE_YEAR).items(), key=lambda item: -len(item[0])):
        spoken = _RELATIVE_WORDS[word].search(text)
        if spoken is None or any(p.at[0] <= spoken.start() < p.at[1] for p in made):
            continue
        at = spoken.start()
        end = at + len(word) + text.startswith("度", at + len(word))
        after = [text[end : p.at[0]] for p in said if p.at[0] >= end]
        if any(re.fullmatch(r"(?:に(?:あたる|当たる)|である|の|[（(、])?", words) for words in after):
            continue
        if any(re.fullmatch(r"[（(、]", text[p.at[1] : at]) for p in said):
            continue
        is_fiscal = word in RELATIVE_FY
        if word in ("前年度", "翌年度", "前年", "翌年") and anchor is not None:
            base = int(anchor.start[:4])
        else:
            base = fiscal if is_fiscal else year
        code = f"FY{base + offset}" if is_fiscal else f"{base + offset}"
        made.append(replace(parse_code(code), at=(at, at + len(word))))
    if anchor is not None and re.search(r"前の年度?|前年度?比", text) and not made:
        base = int(anchor.start[:4]) - 1
        at = text.find("前の年") if "前の年" in text else text.find("前年")
        code = f"FY{base}" if anchor.kind == "fiscal_year" else f"{base}"
        made.append(replace(parse_code(code), at=(at, at + 3)))
    return made


# 日本年金 holds no 本年.
_RELATIVE_WORDS = {word: Cue(word) for word in (*RELATIVE_FY, *RELATIVE_YEAR)}
_RELATIVE = Cue("|".join(sorted(_RELATIVE_WORDS, key=lambda word: -len(word))))


def _read_terms(text: str) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Return the topic's words: noun compounds with their parts, verbs and adjectives, quoted names whole."""
    # 例: 完成式ではなく竣工の日: what is set aside is no word of the topic.
    text = re.sub(
        r"[^、。（()\s]+?(?:(?:では|じゃ|で)な(?:く(?:て)?|い(?:場合|とき|人)?))、?",
        lambda m: "　" * len(m.group()),
        text,
    )
    dates = [p.at for p in find_periods(text)]
    dates += [m.span() for m in LEANING_DATE.finditer(text)]
    dates += [m.span() for m in _RELATIVE.finditer(text)]
    dates += [m.span("change") for m in EARLIER.finditer(text) if m["change"]]  # 改定前の料金
    dates += [m.span() for m in EXCLUDED.finditer(text)]
    dates += [m.span() for m in MORE.finditer(text)]
    dates += [m.span() for m in _MEASURE_ASKED.finditer(same_width(text))]
    quoted = [span for match in QUOTED.finditer(text) for span in _listed(text, *match.span(1))]
    # Names that the dictionary cuts into adverbs and pronouns (チョイソコ) are names all the same.
    ordinals = [match.span() for match in ORDINAL.finditer(text)]
    names = [match.span() for match in KATAKANA_OR_LATIN.finditer(text)] + ordinals
    terms = [Term(fold(text[a:b]), fold(text[a:b]), (fold(text[a:b]),), quoted=True) for a, b in quoted]
    terms += [
        Term(fold(text[a:b]).strip(), fold(text[a:b]).strip(), (fold(text[a:b]).strip(),), ordinal=True)
        for a, b in ordinals
    ]
    run: list[Morph] = []

    def close() -> None:
        pieces = _pieces(run, names, text)
        # 中 of 中学校 tells it from 小学校.
        pieces = [p for i, p in enumerate(pieces) if (p not in STOP or _tells(pieces, i)) and not p.isdigit()]
        if pieces:
            start, end = run[0].start, run[-1].end
            surface = fold(text[start:end])
            inside = any(a <= start and end <= b for a, b in quoted)
            lemma = pieces[0] if len(run) == 1 else surface
            proper = frozenset(fold(m.base) for m in run if m.pos2 == "固有名詞")
            says_how = all(m.pos == "形状詞" for m in run)  # 例: 無茶な, 大変な
            terms.append(Term(surface, lemma, tuple(pieces), inside, proper, says_how=says_how))
        run.clear()

    found = morphs(text)
    for i, morph in enumerate(found):
        if len(morph.surface) == 1 and i and re.fullmatch("何|なん|幾", found[i - 1].surface):
            close()  # 例: 何社参加 → 参加
            continue
        if any(a <= morph.start < b for a, b in (*dates, *ordinals)) or re.match(
            "何|なん|幾|いく(?!つか)", morph.surface
        ):
            close()
            continue
        if morph.surface == "うち":
            close()  # 例: 会員のうち製造業
            continue
        nominal = morph.pos in ("名詞", "接頭辞", "接尾辞", "形状詞", "記号") and morph.surface not in "・"
        nominal = nominal or any(a <= morph.start and morph.end <= b for a, b in names) or _is_kana_name(found, i)
        if nominal and morph.pos2 != "助動詞語幹":
            if run and run[-1].end != morph.start:
                close()
            run.append(morph)
            continue
        close()
        helping = (
            i > 0 and found[i - 1].pos == "動詞" and found[i - 1].end == morph.start and fold(morph.base) in _HELPING
        )
        if morph.pos in ("動詞", "形容詞") and fold(morph.base) not in STOP and not helping:
            terms.append(Term(fold(morph.surface), fold(morph.base), (fold(morph.base),), says_how=True))
    close()
    unique = tuple({t.text: t for t in reversed(terms)}.values())[::-1]
    return unique, _read_focus(text, unique)


def _tells(pieces: Sequence[str], i: int) -> bool:
    """Tell whether a short word tells one compound from its like. 例: 中学校, 下半期"""
    return i == 0 and len(pieces) > 1 and pieces[i] in ("上", "中", "下", "前", "後")


# Verbs that only say how the one before them goes on. 例: 動き出す, 送り込む
_HELPING = frozenset("出す 始める 続ける 込む 合う 上げる 直す 終わる 終える 切る 付ける 進める".split())


def _listed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the names in quotation marks. 例: 「歳出、教育費」, 「歳出－教育費」 are two"""
    return [(start + m.start(), start + m.end()) for m in re.finditer(r"[^、，－]{2,}", text[start:end])]


def _is_kana_name(found: Sequence[Morph], i: int) -> bool:
    """Tell whether a morpheme is a piece of a name written in hiragana. 例: ぶらいと企業 (ぶら|いと|企業)"""
    if found[i].pos not in ("副詞", "感動詞"):
        return False
    near = [m for j in (i - 1, i + 1) if 0 <= j < len(found) for m in (found[j],)]
    return any(m.pos in ("副詞", "感動詞") and (m.end == found[i].start or m.start == found[i].end) for m in near)


def _pieces(run: Sequence[Morph], names: Sequence[tuple[int, int]], text: str) -> list[str]:
    """Return the lemmas of a compound's pieces; a name in katakana or letters, and one in kana, is one piece."""
    pieces: list[str] = []
    done = -1
    for i, morph in enumerate(run):
        if morph.start < done:
            continue
        name = next(((a, b) for a, b in names if a <= morph.start < b), None)
        if name is not None and (name[1] - name[0]) > morph.end - morph.start:
            done = name[1]
            pieces.append(fold(text[name[0] : name[1]]))
        elif _is_kana_name(run, i):
            j = i
            while j + 1 < len(run) and _is_kana_name(run, j + 1):
                j += 1
            done = run[j].end
            pieces.append(fold(text[morph.start : done]))
        else:
            pieces.append(fold(morph.base))
    return pieces


def _read_focus(text: str, terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the lemmas of the words nearest to the interrogative. 例: 実際に契約に至ったのは何件 → 契約, 至る"""
    folded = fold(text)
    bare = re.sub(r"\([^)]*\)(?=[。?]?$)", "", folded.rstrip("。?! "))  # 例: 在留者数(熊本県)
    match = None
    for pattern in (COUNTER, _MEASURE_ASKED, AMOUNT, HOW_MUCH, WHEN, WHERE, WHO, WHICH_ORG):
        match = pattern.search(folded)
        if match:
            break
    if match is None:
        nouns = [t for t in terms if t.text in bare]
        return nouns[-1].parts if nouns else ()
    clause_start = max(folded.rfind(mark, 0, match.start()) for mark in "、。?!") + 1
    before = folded[clause_start : match.start()]
    after = folded[match.end() : match.end() + 10]
    near = [t for t in terms if t.text in before][-2:] + [t for t in terms if after.startswith(t.text)]
    return tuple(part for t in near for part in t.parts)


def _read_subjects(folded: str, terms: Sequence[Term], focus: Sequence[str]) -> frozenset[str]:
    """Return the lemmas of the things whose figure, date or name is asked for: a topic, or the owner of the focus.

    例: 令和5年度の羊毛は何件 → 羊毛; マンゴーの台湾向け輸出額は → マンゴー
    """
    found: set[str] = set()
    owner = r"(?:の[^\s、。はがをにでと]+?){1,2}(?=[\s、。はがをにでと?]|$)"
    for term in terms:
        if term.says_how:
            continue
        own = set(term.parts) & set(focus)
        for match in re.finditer(rf"{re.escape(term.text)}(は|って|{owner})", folded):
            is_topic = match[1] in ("は", "って")  # 例: 4つの漢字は: what is asked for, not what it is asked of
            if not own if is_topic else any(word in match[1] for word in focus):
                found.update((term.text, *term.parts))
    return frozenset(found)


def _read_alternatives(folded: str) -> tuple[str, ...]:
    """Return the things that are compared. 例: いちごと加工食品ではどちらが → いちご, 加工食品"""
    # The と of くまもと or ひとり is no "and".
    inside = {m.start + m.surface.index("と") for m in morphs(folded) if "と" in m.surface and m.pos != "助詞"}
    apart = "".join(_INSIDE if i in inside else c for i, c in enumerate(folded))
    return tuple(named.replace(_INSIDE, "と") for named in _alternatives_of(apart))


_INSIDE = "\ue000"


def _alternatives_of(folded: str) -> tuple[str, ...]:
    match = re.search(
        r"([^、。,\s?「」()は]{1,24}?)と、?([^、。,\s?「」()は]{1,24}?)(?:を比べ[^、。]*、?|の(?:うち|間|中)(?:では"
        r"|で)?|では|とでは|で|は|、)?[、,]?(?:どちら|どっち)",
        folded,
    )
    # 例: 防災事業と福祉事業、予算が多いのはどっち
    match = match or re.match(
        r"([^、。,\s?「」()は]{1,24}?)と([^、。,\s?「」()は]{1,24}?)(?:とでは|では|とで|で)?、.*(?:どちら|どっち)",
        folded,
    )
    if match:
        return (match.group(1).removesuffix("の"), match.group(2).removesuffix("の"))
    match = re.search(r"([^、。,\s?「」()]{1,24}?)(?:と|より)([^、。,\s?「」()はが]{1,24}?)の(?:差|違い|比較)", folded)
    if match:
        return (match.group(1).removesuffix("の"), match.group(2).removesuffix("の"))
    # 例: 第5次変更の前と後では
    match = re.search(r"([一-龠]{2})の?(?:前と(?:変更)?後|前後で)(?!年|月|日)", folded)
    if match:
        return (f"{match.group(1)}前", f"{match.group(1)}後")
    # 例: 南国市は全国より何ポイント低い
    match = re.search(
        r"([^、。,\s?「」()は]{2,16}?)(?:は|が|の(?:ほう|方)が)、?([^、。,\s?「」()はが]{2,16}?)(?:より|に比べ(?:て|ると)?|と比べ(?:て|ると)?)"
        r"(?:も)?、?(?:何|どれ|いくら|いくつ|どの)",
        folded,
    )
    if match and not any(
        find_periods(named) or re.search(r"前年|去年|昨年|前回|[年月日]$", named) for named in match.groups()
    ):
        return (match.group(1), match.group(2))
    if "目標" in folded and re.search(r"足り|不足|届|差|上回|下回|超え|オーバー|未達", folded):
        return ("実績", "目標")
    match = re.search(r"(転入|流入)(?:者)?(?:と|・|、)(転出|流出)", folded)
    return (match.group(1), match.group(2)) if match else ()


def _read_superlative(folded: str) -> Superlative | None:
    """Return what a question ranks by, where it asks which thing has the most or the least."""
    match = SUPERLATIVE.search(folded)
    if match is None:
        return None
    before, after = folded[: match.start()] + (f"{match['what']}が" if match["what"] else ""), folded[match.end() :]
    # 例: 件数が最も多い市町村　2021年11月30日時点: when comes last in a row of keywords
    for period in reversed(find_periods(after)):
        after = re.sub(r"(?:時点|現在)?$", "", after[: period.at[0]] + after[period.at[1] :].strip()).rstrip("、 　(")
    named = re.match(
        r"(?:の(?:は|が)(?:、)?(?:どの|何の|何)?|い|かった|な|だった|となった|の)?(?:[^、。は?]{1,8}の)?([一-龠々ァ-ヶー]{1,8})",
        after,
    )
    thing = named[1] if named else ""
    asks = re.search(r"どこ|どれ|どの|どちら|どっち|誰|だれ|いつ|何|どなた|教え|挙げ", folded)
    if asks is None and not (thing and after.rstrip("。?は ").endswith(thing)):
        return None
    if match["bare"] and re.search(r"いくら|どれ(?:だけ|くらい)|どのくらい|何(?![月年課級])", folded):
        return None  # 例: 最大何人まで: a limit, no ranking
    clause = re.split(r"[、。]|では|うち|で(?=[^、。]*$)", before)[-1]
    subject = re.search(r"([^、。はのが\s]+)(?:が|の|は)(?:最も|一番)?$", clause)
    change = re.search(
        r"(増え|伸び|増加|上昇|増減|変化|減り|減少|減っ|下落|増|減)(?:方|た|額|率|幅|数)?(?:が|の|は)?$", clause
    )
    how = match["how"] or match["bare"] or match["top"]
    moved = change[1] if change else how if how in ("増え", "増加", "伸び", "減") else ""
    way = (
        None
        if not moved
        else "both"
        if moved in ("増減", "変化")
        else "down"
        if "減" in moved or "下" in moved
        else "up"
    )
    little = LITTLE.search(how) is not None
    return Superlative(
        most=(way != "down") != little if way else not little,
        change=way,
        rate=bool(moved) and "率" in clause,
        when=bool(re.search(r"いつ|何(?:月|年)|[月年]度?(?:は|$|を|が|[?。])", folded[match.start() :])),
        count=int(match["count"] or 1),
        thing=thing,
        subject="" if change or subject is None else subject[1],
        words=f"{match[0]} {thing} {change[0] if change else ''} 方 大きい 小さい 高い 低い"
        " 長い 短い 広い 狭い 重い 軽い 安い 最も 一番 トップ 上位 伸びる 伸び 変化 金額",
    )


def _read_suffixes(folded: str) -> tuple[str, ...]:
    """Return what the asked name ends with. 例: どの町 → 町; どの部とどの部 → 部; 何高校 → 高校"""
    found = re.findall(rf"(?:どの|どこの|何という|なんという|どちらの|どんな)({THINGS})", folded)
    found += re.findall(r"何(課|部(?!会|署|数|門)|室|局|市(?!町村)|町(?!村)|村|県|高校|大学|銀行)", folded)
    # 例: 見学した会社はどこ, 対象の業界は?, 委託先の業者は誰
    found += re.findall(rf"({THINGS})(?:名)?(?:は|が|って)(?:、)?(?:どこ|どちら|どれ|誰|だれ|何|なん|\?|$)", folded)
    found += re.findall(rf"({THINGS})名(?:を|$|[?。])", folded)
    found += re.findall(rf"({THINGS})を(?:\d+つ|全て|すべて|全部|列挙|挙げ|教え)", folded)
    return tuple(dict.fromkeys(found))


def _read_things(folded: str) -> tuple[str, ...]:
    """Return the nouns by which the question calls what it asks for. 例: 機材は何ですか → 機材; 4つの柱 → 柱"""
    noun = r"([一-龠々ァ-ヶーa-z]+)"
    found = re.findall(rf"(?:どの|どんな|どのような|何という|いずれの){noun}", folded)
    # 例: 共催はどこ; but 除幕式はどこ asks where, not which
    asks = "(?:には|とは|は|が|って)(?:、|それぞれ|全部で)*"
    found += re.findall(rf"{noun}{asks}(?:どれ|誰|だれ|何|なん|どなた|どういう|$|\?|。)", folded)
    found += re.findall(rf"(?:何|どれ)が{noun}", folded)
    found += [m for m in re.findall(rf"{noun}{asks}(?:どこ|どちら)", folded) if not re.search("[式展祭会]$", m)]
    found += re.findall(
        rf"{noun}(?:名)?を?(?:、)?(?:\d+つ|[二三四五]つ|全て|すべて|全部|全員|全社|順に|順番|列挙|挙げ|あげ|教え|一覧)",
        folded,
    )
    found += re.findall(rf"(?:\d|[二三四五六七八九])つの{noun}", folded)
    heads: list[str] = []
    for compound in found:
        last = [m.surface for m in morphs(compound) if m.pos in ("名詞", "接尾辞")][-1:]
        heads += [compound, *last] if len(compound) <= 8 else last
    return tuple(dict.fromkeys(h for h in heads if (h not in STOP or h in ("人", "者")) and not h.endswith("目")))


def asks_two(question: Question) -> bool:
    """Say whether one sentence asks two things. 例: いつ、どこで; 何区画、何ヘクタール; それぞれ何人"""
    asked = "それぞれ" in question.folded or len([*WH.finditer(question.folded)]) > 1
    return asked and question.kind not in ("comparison", "temporal", "howto", "yesno", "list")


def _read_pattern(folded: str) -> str | None:
    """Return what the answer must look like. 例: 窓口の電話番号を教えて → a telephone number"""
    for asked, pattern in PATTERNS:
        if re.search(rf"(?:{asked})(?:番号)?(?:は|を(?:教|知|お)|が(?:知|わか)|$|\?|って|、)", folded):
            return pattern
    return None


def _read_count(folded: str) -> int | None:
    ordinals = set(re.findall(r"(\d+)(?:回目|番目|回)(?=[・、と])|(?<=[・、と])(\d+)(?:回目|番目|回)", folded))
    match = re.search(
        r"(\d+|[二三四五六七八九十])(?:つ|言語|か国|部会|分野|業種|産業|方針|大学|高校|銀行|企業|事業|団体|市町村|か所|箇所|社|校|本柱|本の柱|点|項目|地域|人)(?:を|教|挙"
        r"|あげ|は|とは|の|$|すべて|全て|全部|とも)|全(\d+)(?:回|社|校|部会|団体|市町村|項目|地区)",
        folded,
    )
    if not match:
        return len(ordinals) if len(ordinals) > 1 else None
    raw = match.group(1) or match.group(2)
    return int(raw) if raw.isdigit() else "一二三四五六七八九十".index(raw) + 1
