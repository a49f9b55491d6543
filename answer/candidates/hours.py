"""Hours: the time of day, the span of hours or the days of the week that a question asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from answer.asking.cues import CLOCK, WEEKDAY
from answer.asking.question import Question
from answer.candidates.names import nearness
from answer.draft import Draft, Support
from answer.reading.evidence import Atom, katakana
from answer.reading.scene import Scene, Scored
from answer.reading.signals import NEAR
from ingest.writing import same_width

End = Literal["opens", "closes", "span", "time"]

_HALF = r"(?:午前|午後|朝|夕方|夜|深夜|[AaPp]\.?[Mm]\.?)"
_TIME = (
    rf"(?:(?:{_HALF}\s*)?(?:[01]?\d|2[0-4])(?:時(?!間|点|期|代)(?:\s*[0-5]?\d分|半)?|:[0-5]\d(?![\d:]))(?:\s*[AaPp][Mm](?![a-z]))?"
    r"|(?:午前|午後)[一二三四五六七八九十]{1,3}時(?:[一二三四五六七八九十]{1,3}分|半)?|正午|24時間(?!以内|前|後))"
)
_CLOCKS = re.compile(
    rf"(?<![\d.])(?<!\d:)(?P<open>{_TIME})(?:\s*(?:から|より|[~～〜‐－—―-])\s*(?:翌日?の?)?(?P<close>{_TIME}))?(?P<tail>\s*(?:まで|から|より|以降|に))?"
)
_WEEK = "月火水木金土日"
_DAYS = re.compile(
    r"(?:毎週|毎月)?(?:第\s*[1-5一二三四五](?:[・、,と及び第\s]*[1-5一二三四五])*\s*)?"
    rf"(?:[{_WEEK}](?:曜日?)?(?:\s*(?:[・、,と]|から|及び|および|~|～|-)\s*[{_WEEK}])*曜日?|[{_WEEK}]曜)"
    rf"|(?<=[(])[{_WEEK}](?:[・、~～-][{_WEEK}祝])*(?=[)])|平日|週末|土日(?:祝日?)?|祝日?|(?<![\d一-龠])[{_WEEK}](?:[・~～-][{_WEEK}祝])+"
)
_WEEKS = re.compile(rf"第\s*([1-5一二三四五])(?=[・、,と及び第\s1-5一二三四五]*[{_WEEK}]曜?)")
_SEASON = re.compile(r"夏[期季休]|冬[期季休]|年末|年始|延長|臨時|期間中|\d月|ただし|除く")


@dataclass(frozen=True)
class Clock:
    """A time of day, or a span of hours, at ``at`` in a text; of a lone one ``end`` says which end it is."""

    at: tuple[int, int]
    opens: str
    closes: str
    end: Literal["opens", "closes", "span", ""]


def find_clocks(text: str) -> list[Clock]:
    """Return the times of day of a text, spans of hours as one. 例: 午前9時～午後5時, 9:30, 正午, 24時間"""
    found = []
    for match in _CLOCKS.finditer(same_width(text)):
        tail = (match["tail"] or "").strip()
        opens, closes = _plain(match["open"]), _plain(match["close"] or "")
        if match["close"] or opens == "24時間":
            end: Literal["opens", "closes", "span", ""] = "span"
        else:
            end = "closes" if tail == "まで" else "opens" if tail in ("から", "より", "以降") else ""
        found.append(Clock(match.span(), opens, closes, end))
    return found


def asked_end(question: Question) -> End | None:
    """Return which end of the hours a question asks for; None where it asks for no time of day."""
    folded = question.folded
    if CLOCK.search(folded) is None or re.search(r"何月|何日|いつ(?!まで|から)|何年|日時", folded):
        return None
    if re.search(r"何時から.{0,6}何時まで", folded):
        return "span"
    if re.search(
        r"(?:何時|いつ)(?:ごろ|頃)?(?:まで|に(?:は)?(?:閉|終|しま|締))|(?:閉館|閉園|閉店|終了|終業|閉会)時[刻間]",
        folded,
    ):
        return "closes"
    if re.search(r"(?:何時|いつ)(?:ごろ|頃)?(?:から|に)|(?:開始|開演|開会|始業|集合|出発|開館)時刻", folded):
        return "opens"
    return "time" if re.search(r"何時(?:です|でしょう|[?。]|$)", folded) and "時間" not in folded else "span"


def answer_hours(scene: Scene, end: End) -> Draft:
    """Return the time of day that is asked for, as the paper prints it."""
    ranked = sorted(_ranked(scene, end), key=lambda found: -found[0])
    if not ranked:
        return Draft("date", missing=("時刻",), why=("近くに時刻がない",))
    score, scored, clock = ranked[0]
    printed = _plain(scored.statement.text[slice(*clock.at)])
    text = {"opens": clock.opens, "closes": clock.closes or clock.opens}.get(end, printed)
    if clock.opens == "24時間" or (end in ("span", "time") and clock.end == ""):
        text = clock.opens
    second = next((s for s, _, c in ranked if (c.opens, c.closes) != (clock.opens, clock.closes)), 0.0)
    return _draft(scene, scored, text, score, score - second)


def answer_weekday(scene: Scene) -> Draft | None:
    """Return the days of the week on which something is, or is shut. 例: 休館日は毎週月曜日"""
    if WEEKDAY.search(scene.question.folded) is None:
        return None
    shut = re.search(r"休|閉", scene.question.folded)
    for scored in scene.statements[:_LOOKED_AT]:
        text = same_width(scored.statement.text)
        days = [m for m in _DAYS.finditer(text) if not re.search(r"\d日?[(]?$", text[: m.start()])]
        in_table = scored.statement.kind == "table"
        said = {m: _heading_at(scored, m.start()) if in_table else _said(scored) for m in days}
        days = [m for m in days if said[m] and bool(shut) == bool(re.search(r"休|閉", said[m]))]
        if not days or not _is_about(scored, scene):
            continue
        best = max(days, key=lambda m: nearness(scored, m.span(), scene))
        return _draft(scene, scored, _plain(best[0]), scored.score, 0.3)
    return None


_LOOKED_AT = 40


def _ranked(scene: Scene, end: End) -> Iterator[tuple[float, Scored, Clock]]:
    asked = _days(scene.question.folded)
    for scored in scene.statements[:_LOOKED_AT]:
        text = scored.statement.text
        clocks = find_clocks(text)
        if not clocks or not _is_about(scored, scene):
            continue
        starts = [0, *(_own_end(text, c.at[1]) for c in clocks)]
        own = [text[a : c.at[0]] + text[c.at[1] : b] for a, b, c in zip(starts, starts[1:], clocks, strict=False)]
        for i, clock in enumerate(clocks):
            score = scored.score + (nearness(scored, clock.at, scene) if scored.statement.kind != "table" else 0.0)
            if _told_of_another(scored, text[: clock.at[0]], scene):
                continue
            held = _days(_SHUT.sub("", own[i]) + _heading_at(scored, clock.at[0]))
            score += _fits_end(clock, end) + _fits_days(held, asked) + _fits_weeks(own[i], scene.question.folded)
            if _SEASON.search(own[i]) and not _SEASON.search(scene.question.folded):
                score -= 0.15
            several = len(clocks) > 1 and scored.statement.kind != "table"
            for atom in (a for a in scene.atoms if several and len(a.surface) > 1):
                mine, others = atom.surface in katakana(own[i]), any(atom.surface in katakana(o) for o in own)
                score += 0.15 if mine else -0.15 if others else 0.0
            yield score, scored, clock


# 例: （土曜日は除く）
_SHUT = re.compile(r"[（(][^（()）]*[除休][^（()）]*[）)]")
# What a line about hours may be about without naming whose they are. 例: 開館時間は, 平日は
_OF_HOURS = re.compile(r"時間|受付|入館|入場|開館|営業|窓口|平日|曜|土日|祝|通常|期間|月")


def _told_of_another(scored: Scored, before: str, scene: Scene) -> bool:
    """Tell whether the words up to a time name a thing that has them, and it is none of those that are asked of."""
    named = re.search(r"([^、。\s:：（(]{2,}?)(?:では|は|[:：])", before)
    name = named[1] if named is not None and not _OF_HOURS.search(named[1]) else _label_above(scored)
    if name is None:
        return False
    own = scored.region.coverage.own[:, scored.index - scored.region.low]
    key = katakana(name)
    asked = [
        max(n, float(atom.surface in key))
        for atom, n in zip(scene.atoms, own, strict=True)
        if _is_whose(atom, scene.question)
    ]
    return bool(asked) and max(asked) < 1


def _label_above(scored: Scored) -> str | None:
    """Return the name on a line of its own under which a statement stands, if it tells whose hours are said."""
    statements = scored.region.reading.statements
    for at in range(scored.index - 1, max(-1, scored.index - 4), -1):
        if statements[at].kind == "label":
            name = statements[at].flat.strip()
            return None if _OF_HOURS.search(name) or find_clocks(name) or _DAYS.search(name) else name
    return None


def _is_whose(atom: Atom, question: Question) -> bool:
    """Tell whether a word of the question says whose hours are asked for."""
    of_it = atom.lemma in question.subjects or (atom.focus and not atom.says_how)
    return of_it and len(atom.surface) > 1 and not _OF_HOURS.search(atom.lemma) and not _DAYS.search(atom.lemma)


def _own_end(text: str, at: int) -> int:
    """Return where what belongs to a time ends: behind a bracket that only names its days. 例: 9:00～17:00（平日）"""
    bracket = re.match(r"\s*(?:まで)?\s*[（(]([^（()）]*)[)）]", text[at:])
    return at + bracket.end() if bracket and _DAYS.search(bracket[1]) and not find_clocks(bracket[1]) else at


def _heading_at(scored: Scored, offset: int) -> str:
    """Return the heading of the cell at an offset of a statement."""
    at = scored.statement.start + offset
    facts = scored.region.reading.facts_between(scored.statement.start, scored.statement.end)
    return next((f" {f.column}" for f in facts if f.column and f.value_start <= at < f.value_end), "")


def _fits_end(clock: Clock, end: End) -> float:
    if clock.opens == "24時間":
        return 0.2 if end == "span" else -0.3
    if end == "time":  # 最終受付は何時ですか
        return 0.1 if clock.end == "" else -0.1
    if clock.end == "span":
        return 0.2
    if clock.end == "":
        return 0.0 if end != "span" else -0.1
    return 0.2 if clock.end == end else -0.5 if end != "span" else -0.2


def _fits_days(held: frozenset[str], asked: frozenset[str]) -> float:
    if not held:
        return 0.0
    if not asked:
        return 0.0 if held >= frozenset(_WEEK[:5]) else -0.3
    return 0.4 + 0.2 * (held == asked) if asked <= held else -0.6


def _fits_weeks(said: str, asked: str) -> float:
    """Return what speaks for hours of one week in the month, and against them where another or none is asked for."""
    held, wanted = _WEEKS.findall(same_width(said)), _WEEKS.findall(same_width(asked))
    if not held:
        return 0.0
    return 0.2 if set(wanted) & set(held) else -0.6


def _days(text: str) -> frozenset[str]:
    """Return the days of the week that a text names. 例: 平日, 月～金 → 月火水木金; 土日祝 → 土日祝"""
    found: set[str] = set()
    plain = same_width(text)
    for match in _DAYS.finditer(plain):
        if re.search(r"\d$", plain[: match.start()]):
            continue  # 例: 4月1日
        said = match[0].replace("曜日", "").replace("曜", "")
        if said == "平日":
            found |= set(_WEEK[:5])
        elif said == "週末":
            found |= set("土日")
        elif across := re.search(rf"([{_WEEK}])(?:~|～|-|から)([{_WEEK}])", said):
            first, last = _WEEK.index(across[1]), _WEEK.index(across[2])
            found |= set(_WEEK[first : last + 1])
        else:
            found |= set(said) & set(_WEEK + "祝")
            found -= {"日"} if said == "祝日" else set()
    return frozenset(found)


def _is_about(scored: Scored, scene: Scene) -> bool:
    """Tell whether each thing that the hours are asked of is named at a statement or near it."""
    coverage = scored.region.coverage
    zones = coverage.zones[:, scored.index - scored.region.low]
    return all(
        zone >= NEAR for atom, zone in zip(coverage.atoms, zones, strict=True) if _is_whose(atom, scene.question)
    )


def _said(scored: Scored) -> str:
    return " ".join((scored.statement.text, *scored.statement.headings[-1:]))


def _draft(scene: Scene, scored: Scored, text: str, score: float, lead: float) -> Draft:
    document = scored.statement.document
    return Draft(
        kind="date",
        text=text,
        supports=(Support(document.id, scored.statement.start, scored.statement.end),),
        score=score,
        signals=scored.signals(scene, lead=lead, fit=0.15),
        why=(f"時刻 {score:.2f} {text}: {scored.statement.flat[:60]}",),
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("~", "～")
