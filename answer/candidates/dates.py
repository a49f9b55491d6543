"""Dates: the day, month or year that is asked for, in era and western years."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from answer.asking.question import Question
from answer.asking.thesaurus import synonyms
from answer.candidates.names import LOOKED_AT, nearness, overlap, text_facts, when_fit
from answer.draft import Draft, Support
from answer.reading.evidence import Statement, katakana, written_at
from answer.reading.scene import PRIOR, Scene, Scored
from ingest.dates import Period, describe, find_periods, parse_code
from ingest.japanese import fold


def answer_date(scene: Scene) -> Draft:
    """Return the date that is asked for, in era and western years."""
    question = scene.question
    wants, event = _precision(question), _event(question)
    asked = {p.code for p in question.periods}
    found = (one for one in (*_dates_in_cells(scene), *_dates_in_lines(scene, wants)) if one[2].code not in asked)
    dated = sorted(((s + _of_event(at, p, event, scene), at, p) for s, at, p in found), key=lambda one: -one[0])
    if not dated:
        return Draft("date", missing=("日付",), why=("近くに日付がない",))
    score, scored, period = dated[0]
    if event and _of_event(scored, period, event, scene) <= _ANOTHER:
        return Draft("date", missing=(event,), why=(f"{event}の日付ではない: {scored.statement.flat[:60]}",))
    second = next((s for s, _, other in dated if other.code != period.code), 0.0)
    if re.search(r"(?<!いつから)いつまで|期限|締", question.folded) and period.kind == "range":
        period = _last_day(scored.statement.text, period)
    document = scored.region.reading.document
    start, end = scored.statement.start + period.at[0], scored.statement.start + period.at[1]
    end += document.text[end : end + 1] in ("頃", "末")
    printed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", document.text[start:end]))
    written = write_date(period, printed)
    return Draft(
        kind="date",
        text=written,
        how=f"{printed} ＝ {written}",
        operands=(0,),
        supports=(Support(document.id, scored.statement.start, scored.statement.end),),
        as_of=period.code,
        score=scored.score,
        signals=scored.signals(
            scene, lead=score - second, fit=_fits_precision(period, wants), period=when_fit(scored.statement, question)
        ),
        why=(f"日付 {score:.2f} {period.code}: {scored.statement.flat[:60]}",),
    )


def _last_day(text: str, period: Period) -> Period:
    """Return the end of a range, where it is printed if its last day is."""
    last = [p for p in find_dates(text[period.at[0] : period.at[1]]) if p.kind != "range"][-1:]
    if last and last[0].end == period.end:
        return replace(last[0], at=(period.at[0] + last[0].at[0], period.at[0] + last[0].at[1]))
    return replace(parse_code(period.code.split("/")[-1] if "/" in period.code else period.end), at=period.at)


def _dates_in_lines(scene: Scene, wants: str) -> Iterator[tuple[float, Scored, Period]]:
    question = scene.question
    for scored in _with_dates(scene):
        for period in _dated(scored.statement):
            if period.kind in ("year", "fiscal_year") and wants in ("day", "month"):
                continue
            score = _event_score(scored) + nearness(scored, period.at, scene) + _fits_precision(period, wants)
            elsewhen = any(not overlap(period, other) for other in question.periods)
            yield score - 0.15 * elsewhen, scored, period


_ANOTHER = -0.4
# The words that only say that something begins or is held say little of what.
_OF_ANY = re.compile(
    r"(?:開催|実施|開始|終了|設置|設立|発表|公表|作成|発行|予定|完了|開設|導入|運用|提出|受付|募集|期)+"
)


# A paper's own date, and dates with a name of their own. 例: 令和4年3月4日提出, 入札日 令和4年5月26日
_OWN = re.compile(r"^[\s　]*(提出|作成|発行|専決|議決|公布|現在|時点)")


_NAMED_DAY = re.compile(r"([一-龠々]{2,10})(?:日|期日|年月日|日時)[\s　:：]*$")


def _event(question: Question) -> str:
    """Return the noun of the event whose day is asked for. 例: 休館日はいつ → 休館; 工期はいつまで → 工期"""
    bare = re.sub(r"\([^()]*\)", "", question.folded)
    found = re.search(
        r"((?:(?!何)[一-龠々ァ-ヶー]){1,12}?)(?:年月日|期日|期限|時期|期間|日)(?:は|を|って|が)?(?:、|いつ|何|$|[?。]|教|知|お)",
        bare,
    )
    if found:
        runs = re.split(r"の", found[1])
        return runs[-1] if len(runs[-1]) > 1 else ""
    # 例: 工事はいつ完成する予定ですか
    deed = re.search(
        r"いつ(?:頃|ごろ)?に?、?([一-龠々]{2})(?:する|します|し[たまて]|さ[れせ]|の?予定|になる|となる)", bare
    )
    if deed and not _OF_ANY.fullmatch(deed[1]):
        return deed[1]
    term = re.search(r"([一-龠々]期)(?:は|って)(?:、)?(?:いつ|何)", bare)
    return term[1] if term else ""


def _of_event(scored: Scored, period: Period, event: str, scene: Scene) -> float:
    """Return what it is worth that a date is the asked event's own: said of it, or said of something else."""
    question, statement = scene.question, scored.statement
    text = statement.text
    own = _OWN.match(text[period.at[1] :])
    worth = 0.0
    if own and own[1] not in question.folded:
        worth -= 0.35
    named = _NAMED_DAY.search(text[max(0, period.at[0] - 16) : period.at[0]])
    if named and not _OF_ANY.fullmatch(named[1][-2:]) and named[1][-2:] not in question.folded:
        worth -= 0.3
    if not event:
        return worth
    words = _event_words(event, scene)
    clause = katakana(_clause(text, period.at))
    if any(word in clause for word in words):
        return worth + 0.3
    around = katakana(" ".join((text, *statement.headings[-1:])))
    labels = [
        katakana(" ".join(filter(None, (f.column, f.row, f.label))))
        for f in scored.region.reading.facts_between(statement.start, statement.end)
    ]
    if any(word in said for word in words for said in (around, *labels)):
        return worth + 0.1
    before = scored.region.reading.statements[max(0, scored.index - 2) : scored.index + 2]
    if statement.kind != "table" and any(word in s.key for word in words for s in before):
        return worth
    return worth + (_ANOTHER - 0.4 if not _OF_ANY.fullmatch(event) else 0.0)


def _event_words(event: str, scene: Scene) -> set[str]:
    """Return an event's noun, and its pieces that say which event it is, with their like words. 例: 販売開始 → 販売"""
    key = katakana(event)
    words = {key}
    for atom in scene.atoms:
        if len(atom.surface) > 1 and atom.surface in key and not _OF_ANY.fullmatch(atom.lemma):
            words |= {atom.surface, *(katakana(word) for word in synonyms(atom.lemma) if len(word) > 1)}
    return words


def _clause(text: str, at: tuple[int, int]) -> str:
    start = max((text.rfind(mark, 0, at[0]) for mark in "。\t；;"), default=-1) + 1
    ends = [i for mark in "。\t；;" if (i := text.find(mark, at[1])) >= 0]
    return text[start : min(ends, default=len(text))]


_DATE_LABEL = re.compile(r"日$|時期|期間|年月|日程|日時|いつ|年度$|開始|設置|開催")


def _dates_in_cells(scene: Scene) -> Iterator[tuple[float, Scored, Period]]:
    for scored, fact in text_facts(scene):
        document = scored.region.reading.document
        default = written_at(document)
        at = fact.value_start - scored.statement.start
        for period in find_dates(fact.value, default)[:1]:
            fit = _fits_precision(period, _precision(scene.question)) + 0.1 * bool(_DATE_LABEL.search(fold(fact.label)))
            placed = replace(period, at=(at + period.at[0], at + period.at[1]))
            yield scored.score + fit, scored, placed


def _event_score(scored: Scored) -> float:
    """Return a statement's score; a line that is only a date dates the line below it. 例: 令和7年1月 / 運用を開始"""
    statement, region = scored.statement, scored.region
    rest = re.sub(r"予定|頃|以降|[\d\s年月日.～~\-（）()火水木金土日月曜令和平成RHr:：]", "", statement.flat)
    if rest or scored.index + 1 >= region.high:
        return scored.score
    following = scored.index + 1 - region.low
    own = np.maximum(region.coverage.own[:, following], region.coverage.headings[:, following])
    met = 0.5 * region.coverage.score(own) + 0.5 * region.coverage.score(region.coverage.zones[:, following])
    return 0.4 * scored.score + 0.6 * (met + PRIOR * region.prior[following]) + 0.18  # nothing stands nearer to it


_MAY_BE_DATED = re.compile(r"\d|[元〇一二三四五六七八九十][年月日]")


def _with_dates(scene: Scene) -> Iterator[Scored]:
    """Yield the best statements that hold a date."""
    left = LOOKED_AT
    for scored in scene.statements:
        if left == 0:
            return
        if _MAY_BE_DATED.search(fold(scored.statement.text)) and _dated(scored.statement):
            left -= 1
            yield scored


def _dated(statement: Statement) -> list[Period]:
    published = statement.document.published
    default = None
    for heading in (*reversed(statement.headings), published or ""):
        found = find_periods(heading) if heading != published else [parse_code(heading)] if heading else []
        if found:
            default = found[0]
            break
    found = find_dates(statement.text, default, written_at(statement.document))
    return [p for p in found if not _OF_LAW.match(statement.text[p.at[1] :])]


# The year is a part of a law's name and no day of anything. 例: 地方自治法（昭和22年法律第67号）
_OF_LAW = re.compile(r"[^、。()（）\d０-９]{0,8}(?:法律|政令|省令|府令|勅令|条例|規則|規程|告示|訓令)第\s*[\d０-９]")


def find_dates(text: str, default: Period | None = None, written: Period | None = None) -> list[Period]:
    """Return the periods of a text, those that a line end cuts in two too, and A から B as one."""
    kept = [i for i, c in enumerate(text) if c not in "\n\r"]
    plain = "".join(text[i] for i in kept)
    found = [replace(p, at=(kept[p.at[0]], kept[p.at[1] - 1] + 1)) for p in find_periods(plain, default, written)]
    joined: list[Period] = []
    for one, other in pairwise(found):
        between = text[one.at[1] : other.at[0]]
        if one.kind == other.kind != "range" and one.start < other.start and _FROM_TO.fullmatch(between):
            joined.append(
                replace(one, kind="range", code=f"{one.code}/{other.code}", end=other.end, at=(one.at[0], other.at[1]))
            )
    return joined + found


_FROM_TO = re.compile(r"\s*(?:[（(][^（）()]*[）)])?\s*(?:から|～|~|－|-|—)\s*")


def _precision(question: Question) -> str:
    folded = question.folded
    if re.search(r"いつから.{0,8}いつ(?:まで)?|期間(?:は|を|って|と|の|$|\?)|何日間", folded):
        return "range"
    if re.search(r"何月何日|何日|日付|[催設始終了成]日|期日|年月日|[たる]日(?:は|を|$)", folded):
        return "day"
    if re.search(r"何年何月|何月|年月", folded):
        return "month"
    if "何年度" in folded:
        return "fiscal_year"
    if re.search(r"何年", folded):
        return "year"
    return ""


def _fits_precision(period: Period, wanted: str) -> float:
    if not wanted:
        return {"day": 0.08, "range": 0.06, "month": 0.05}.get(period.kind, 0.0)
    if wanted == "range":
        return 0.2 if period.kind == "range" else -0.05
    if period.kind == wanted or (period.kind == "range" and wanted == "day"):
        return 0.12
    finer = {"year": ("day", "month"), "month": ("day",), "fiscal_year": ("day", "month", "year"), "day": ()}
    return 0.06 if period.kind in finer.get(wanted, ()) else -0.12


def write_date(period: Period, printed: str) -> str:
    """Return a date with its era and western year. 例: R7.1.22 → 令和7年1月22日（2025年1月22日）"""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", printed))
    if period.kind == "range" or "/" in period.code:
        first, last = ([*period.code.split("/"), period.code])[:2]
        # The western years of both ends would make it a row of figures.
        start, end = _era(first), _era(last)
        year = start.split("年")[0] + "年"
        return f"{start}～{end.removeprefix(year) if first[:2] != 'FY' else end}"
    if "年末" in plain:
        return f"{_era(period.code[:4])}末（{period.code[:4]}年末）"
    if "年度末" in plain:
        year = f"FY{int(period.code[:4]) - 1}"  # it ends in March of the next year
        return f"{_era(year)}末（{_western(year)}末）"
    if "末" in plain:
        return f"{_era(period.code[:7])}末（{_western(period.code[:7])}末）"
    if re.search(r"頃$|ごろ$", plain):
        return f"{_era(period.code)}頃（{_western(period.code)}頃）"
    return f"{_era(period.code)}（{_western(period.code)}）"


def _era(code: str) -> str:
    said = describe(code).removesuffix("現在")
    day = re.fullmatch(r"\d{4}-\d{2}-(\d{2})", code)
    return f"{said.removesuffix('末')}{int(day[1])}日" if day and said.endswith("月末") else said


def _western(code: str) -> str:
    if code.startswith("FY"):
        return f"{code[2:]}年度"
    parts = code.split("-")
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, "年月日", strict=False))
