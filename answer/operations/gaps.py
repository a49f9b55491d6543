"""The dates that a course over time leaves out, and whether the papers that were searched for one hold nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import gcd

from answer.asking.question import Question
from answer.candidates.figures import period_fit, rank_figures
from answer.reading.scene import Scene, Scored
from ingest.dates import Period, describe, parse_code

MOST = 4  # dates that are searched for: of a longer stretch nothing is claimed
_ABOUT = 0.5  # share of the topic that is met where a value may be
_WITHIN = 0.3  # how well a date fits that may be meant


def left_out(codes: Sequence[str]) -> list[str]:
    """Return the years, fiscal years or months between those given that keep their step, each kind for itself.

    例: FY2019, FY2020, FY2022 → FY2021; months make a course when half of them are there; days keep no step.
    """
    return [code for kind, of_kind in _by_kind(codes) for code in _between(kind, of_kind)]


def _by_kind(codes: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    dated = sorted((p.kind, _month(p)) for code in set(codes) if (p := parse_code(code)).kind != "range")
    for kind, group in groupby(dated, key=lambda pair: pair[0]):
        yield kind, [month for _, month in group]


def _month(period: Period) -> int:
    return int(period.end[:4]) * 12 + int(period.end[5:7]) - 1


def _between(kind: str, months: list[int]) -> Iterator[str]:
    steps = [late - early for early, late in pairwise(months)]
    yearly = bool(steps) and gcd(*steps) % 12 == 0
    if kind == "day" or not steps or not (yearly or (kind == "month" and 2 * len(months) > months[-1] - months[0])):
        return
    for early, late in pairwise(months):
        for month in range(early + (12 if yearly else 1), late, 12 if yearly else 1):
            year, rest = divmod(month, 12)
            yield {"fiscal_year": f"FY{year - 1}", "year": f"{year:04}"}.get(kind, f"{year:04}-{rest + 1:02}")


def asked_of(question: Question, code: str) -> str:
    """Return the question as it is asked of one date. 例: FY2021, 人口の推移は → 令和3年度の人口の推移は"""
    text = question.text
    for period in sorted(question.periods, key=lambda p: -p.at[0]):
        text = f"{text[: period.at[0]]}{text[period.at[1] :].removeprefix('から').removeprefix('の')}"
    return f"{describe(code).removesuffix('現在')}の{text}"


def holds_none(scene: Scene, code: str) -> bool:
    """Tell whether nothing that was found may be a value for a date: no figure of it, and no line that names it.

    Absence is claimed only where not even a figure or a line of half the topic is dated so.
    """
    period = parse_code(code)
    if any(f.coverage >= _ABOUT and period_fit(period, f.fact) >= _WITHIN for f in rank_figures(scene, (period,))):
        return False
    return not any(_speaks_of(scored, period) for scored in scene.statements)


def _speaks_of(scored: Scored, period: Period) -> bool:
    """Tell whether a line names a date and, in words of its own, most of the topic."""
    if not any(p.start <= period.end and period.start <= p.end for p in scored.statement.periods):
        return False
    coverage = scored.region.coverage
    return coverage.score(coverage.own[:, scored.index - scored.region.low]) >= _ABOUT
