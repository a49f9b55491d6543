"""Dates: the day, month or year that is asked for, in era and western years."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from answer.draft import Draft, Support
from answer.evidence import Statement, katakana, written_at
from answer.question import Question
from answer.scene import PRIOR, Scene, Scored
from answer.spans import LOOKED_AT, nearness, overlap, strict_gap, text_facts, when_fit
from ingest.dates import Period, describe, find_periods, parse_code
from ingest.japanese import fold


def answer_date(scene: Scene) -> Draft:
    """Return the date that is asked for, in era and western years."""
    question = scene.question
    if re.search(r"いつまで|何歳まで", question.folded) and (until := _until(scene)) is not None:
        return until
    wants = _precision(question)
    best: tuple[float, Scored, Period] | None = None
    second = 0.0  # the best score of another date
    asked = {p.code for p in question.periods}
    for score, scored, period in _dates_in_cells(scene):
        if period.code not in asked and (best is None or score > best[0]):
            second = best[0] if best is not None and best[2].code != period.code else second
            best = (score, scored, period)
    for scored in _with_dates(scene):
        for period in _dated(scored.statement):
            if period.code in asked or (period.kind in ("year", "fiscal_year") and wants in ("day", "month")):
                continue
            score = _event_score(scored) + nearness(scored, period.at, scene) + _fits_precision(period, wants)
            score += (
                strict_gap(scored)
                + _said_of(scored.statement, period, scene)
                + _fits_time(period, scored.statement, question)
            )
            if any(not overlap(period, other) for other in question.periods):
                score -= 0.15
            if best is None or score > best[0]:
                second = best[0] if best is not None and best[2].code != period.code else second
                best = (score, scored, period)
            elif period.code != best[2].code:
                second = max(second, score)
    if best is None:
        return Draft("date", missing=("日付",), why=("no date near the hits",))
    score, scored, period = best
    start, end = scored.statement.start + period.at[0], scored.statement.start + period.at[1]
    text = scored.region.reading.document.text
    end += len("頃") if text[end : end + 1] in ("頃", "末") else 0
    printed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text[start:end]))
    written = write_date(period, printed)
    return Draft(
        kind="date",
        text=written,
        how=f"{printed} ＝ {written}",
        operands=1,
        supports=(Support(scored.region.reading.document.id, scored.statement.start, scored.statement.end),),
        as_of=period.code,
        score=scored.score,
        signals=scored.signals(
            scene, lead=score - second, fit=_fits_precision(period, wants), period=when_fit(scored.statement, question)
        ),
        why=(f"date {period.code} score {score:.2f} in: {scored.statement.flat[:60]}",),
    )


_UNTIL = re.compile(r"[^\s、。：:（(）)⇒→】]{2,24}(?:まで|以内)(?!に|の|で)")


def _until(scene: Scene) -> Draft | None:
    """Return an end that is no date, where the statement that fits best gives one. 例: 子が1歳になる月まで"""
    best: tuple[float, Scored, str] | None = None
    for scored in scene.statements[:LOOKED_AT]:
        cells = re.split(r"\t", scored.statement.flat)
        for match in (m for cell in reversed(cells) for m in _UNTIL.finditer(cell)):
            said = re.search(r"見直し?た?後|改正後|変更後|これから", scene.question.folded)
            new = 0.1 * bool(said and (re.search(r"[⇒→]|改正後", scored.statement.flat[:10]) or match[0] in cells[2:]))
            score = scored.score + when_fit(scored.statement, scene.question) + new
            if best is None or score > best[0]:
                best = (score, scored, match[0])
    if best is None or find_periods(best[2]):
        return None
    score, scored, text = best
    document = scored.region.reading.document
    return Draft(
        kind="date",
        text=re.sub(r"^.*】", "", text),
        supports=(Support(document.id, scored.statement.start, scored.statement.end),),
        score=score,
        signals=scored.signals(scene, lead=0.1, fit=0.12, period=when_fit(scored.statement, scene.question)),
        why=(f"until {score:.2f} in: {scored.statement.flat[:60]}",),
    )


_DATE_LABEL = re.compile(r"日$|時期|期間|年月|日程|日時|いつ|年度$|開始|設置|開催")


def _dates_in_cells(scene: Scene) -> Iterator[tuple[float, Scored, Period]]:
    for scored, fact in text_facts(scene):
        document = scored.region.reading.document
        default = written_at(document)
        at = fact.value_start - scored.statement.start
        for period in find_dates(fact.value, default)[:1]:
            fit = _fits_precision(period, _precision(scene.question)) + 0.1 * bool(_DATE_LABEL.search(fold(fact.label)))
            fit += _fits_time(period, scored.statement, scene.question) + strict_gap(scored)
            placed = replace(period, at=(at + period.at[0], at + period.at[1]))
            yield scored.score + fit, scored, placed


def _said_of(statement: Statement, period: Period, scene: Scene) -> float:
    """Return what it is worth that the date is what a word of the question is given. 例: 東地区は3月13日 for 東地区"""
    before = katakana(re.sub(r"[（(][^）)]*[）)]", "", statement.text[: period.at[0]]))
    said = re.search(r"(.*?)(?:ハ|ガ|:|：|、?(?=$))$", before)
    subject = said[1] if said else before
    longest = max((len(a.surface) for a in scene.atoms if subject.endswith(a.surface)), default=0)
    return min(0.16, 0.04 * longest) if longest > 1 else 0.0


def _fits_time(period: Period, statement: Statement, question: Question) -> float:
    """Return what it is worth that a plan lies after the paper, and what is over before it."""
    published = statement.document.published
    if published is None:
        return 0.0
    later = period.end > parse_code(published).end
    if re.search(r"予定|見込|これから|今後|いつ(?:から|まで)?(?:始ま|始め|でき|動き)|でしょう", question.folded):
        return 0.06 if later else -0.04
    if re.search(r"(?:まし|でし|れ|っ|い|し)た(?:の|か|日|時|ん|$|\?)|いつでした", question.folded):
        return -0.08 if later else 0.0
    return 0.0


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


def _with_dates(scene: Scene) -> Iterator[Scored]:
    """Yield the best statements that hold a date."""
    left = LOOKED_AT
    for scored in scene.statements:
        if left == 0:
            return
        if re.search(r"\d|元年", fold(scored.statement.text)) and _dated(scored.statement):
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
    return find_dates(statement.text, default, written_at(statement.document))


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
    return describe(code).removesuffix("現在")


def _western(code: str) -> str:
    if code.startswith("FY"):
        return f"{code[2:]}年度"
    parts = code.split("-")
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, "年月日", strict=False))
