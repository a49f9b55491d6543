"""Dates: the day, month or year that is asked for, in era and western years."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from answer.draft import Draft, Support
from answer.evidence import Statement, written_at
from answer.question import Question
from answer.scene import PRIOR, Scene, Scored
from answer.spans import LOOKED_AT, nearness, overlap, text_facts, when_fit
from ingest.dates import Period, describe, find_periods, parse_code
from ingest.japanese import fold


def answer_date(scene: Scene) -> Draft:
    """Return the date that is asked for, in era and western years."""
    question = scene.question
    wants, asked = _precision(question), {p.code for p in question.periods}
    dated = sorted(
        (one for one in (*_dates_in_cells(scene), *_dates_in_lines(scene, wants)) if one[2].code not in asked),
        key=lambda one: -one[0],
    )
    if not dated:
        return Draft("date", missing=("日付",), why=("近くに日付がない",))
    score, scored, period = dated[0]
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
