"""An indicator's values over time: read, put in order, compared and written as a table."""

from __future__ import annotations

import io
import re
import unicodedata
from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from csv import writer
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from math import gcd
from typing import Any

from ui import render

Json = dict[str, Any]

SQUARE = "■"
NAMED_GAPS = 4  # missing months or years that are named one by one; more are named as from–to
LOW = 0.3  # an axis leaves zero out when the values differ by less than this share of the largest

_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "億": 10**8, "兆": 10**12}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?:約|およそ|概ね|おおむね|計|延べ|累計|合計|[^\S\n])*(?P<sign>[△▲▼+\-−‐]?) ?[¥￥]?"
    rf"(?P<figure>{_DIGITS}[十百千]?[万億兆]?(?:{_DIGITS}[十百千]?[万億兆]?)*)(?P<unit>\D*(?:(?<=m)[23])?)"
)
_PART = re.compile(rf"({_DIGITS})([十百千]?)([万億兆]?)")
_REMARK = re.compile(r"[（(].*|(?:以上|以下|未満|程度|前後|余り?|超|弱|強)$")
_SPELLINGS = {"名": "人", "パーセント": "%", "箇所": "か所", "カ所": "か所", "ヶ所": "か所", "ヵ所": "か所"}
# What an axis counts in, largest first: from this size of its largest value on.
_MONEY = ((10**12, "兆円"), (10**8, "億円"), (10**6, "万円"), (10**4, "千円"))
_COUNT = ((10**9, "億"), (10**6, "万"))


@dataclass(frozen=True)
class Number:
    """A figure in its base unit: 72,250千円 is 72250000.0 円."""

    value: float
    unit: str


@dataclass(frozen=True)
class Point:
    """A value at its place on the time axis."""

    as_of: str
    label: str  # 令和6年1月31日（2024年）
    day: int  # ordinal of the last day that the date covers
    value: float  # in the unit of the axis
    written: str  # as the document has it, with its unit
    citation: int
    contradicted: bool  # another paper gives another value for this date
    aside: bool  # a whole year's figure among those as of a day, or the other way round


@dataclass(frozen=True)
class Gap:
    """Where a yearly or monthly series leaves dates out: between two days, and how that is said.

    ``unsaid``: the papers were searched for each of the dates, and hold none; else the series only does not have them.
    """

    after: int
    before: int
    words: str
    unsaid: bool = False


@dataclass(frozen=True)
class Series:
    """What is drawn. ``runs`` are the stretches of points that a line joins; ``notes`` say what a reader must know."""

    points: tuple[Point, ...]
    runs: tuple[tuple[Point, ...], ...]
    gaps: tuple[Gap, ...]
    unit: str  # of the axis: 億円, 人, %
    zero: bool  # the axis begins at zero
    notes: tuple[str, ...]


# --- figures and dates ---------------------------------------------------------------------------------------------


def number(written: str) -> Number | None:
    """Return the figure of a value as it is written; None for a range, a fraction or words.

    例: 3,649万4千円 → 36494000 円, ▲0.5% → -0.5 %, 約300人 → 300 人, 10～20件 → None
    """
    match = _NUMBER.fullmatch(_REMARK.sub("", unicodedata.normalize("NFKC", written).strip()).strip())
    # What follows a figure is its unit, unless it goes on as a sentence or a range.
    if match is None or re.search(r"[~〜、。\s]|^/", unit := match["unit"].strip()):
        return None
    value = 0.0
    for digits, small, large in _PART.findall(match["figure"]):
        value += float(digits.replace(",", "")) * _SCALES.get(small, 1) * _SCALES.get(large, 1)
    unit = _REMARK.sub("", unit)
    sign = -1 if match["sign"] in "△▲▼-−‐" and match["sign"] else 1
    return Number(sign * value, _SPELLINGS.get(unit, unit))


def written(point: Json) -> str:
    """Return a point's value with its unit, once. 例: 1.5% and ％ → 1.5%"""
    value, unit = str(point["value"]), point.get("unit") or ""
    return value if render.folded(value).endswith(render.folded(unit)) else f"{value}{unit}"


def _months(code: str) -> tuple[str, int] | None:
    """Return the kind of a date and its last month, counted from year 0; None for what is no date."""
    if match := re.fullmatch(r"FY(\d{4})", code):
        return "fiscal", int(match[1]) * 12 + 12 + 2
    if match := re.fullmatch(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-\d{2})?)?", code):
        return ("month", int(match[1]) * 12 + int(match[2]) - 1) if match[2] else ("year", int(match[1]) * 12 + 11)
    return None


def _day(code: str) -> int | None:
    """Return the ordinal of the last day of a date: a year's figure is whole when the year is over."""
    dated = _months(code)
    if dated is None:
        return None
    year, month = divmod(dated[1], 12)
    try:
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, int(code[8:]) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", code) else last).toordinal()
    except ValueError:
        return None


def short(label: str) -> str:
    """Return a date in words without its western year. 例: 令和6年1月31日（2024年） → 令和6年1月31日"""
    return re.sub(r"（\d+年度?）$", "", label)


def _date(code: str) -> str:
    return short(render.when(code) or code)


# --- the series ----------------------------------------------------------------------------------------------------


_CHANGE = r"(?:\s*(?:の)?(?:増|減|プラス|マイナス))"
_CHANGED = r"(?:増減|増加|減少|前年度?[比差]|対前年|伸び)[^\d\n。]{0,8}"


def of_one_kind(timeline: Sequence[Json], citations: Sequence[Json]) -> bool:
    """Tell whether the values are all amounts or all changes of one: what grew by 20 is no step after what was 300."""
    quotes = {citation["n"]: render.folded(citation["quote"]) for citation in citations}
    kinds = set()
    for point in timeline:
        value = re.escape(render.folded(written(point)))
        said = rf"(?:{_CHANGED}{value}|{value}{_CHANGE})"
        kinds.add(re.search(said, quotes.get(point["citation"], "")) is not None)
    return len(kinds) < 2


def series(timeline: Sequence[Json], as_of: str | None = None, unsaid: Collection[str] = ()) -> Series | None:
    """Return what is to be drawn of a timeline; None when fewer than two of its dates have figures to compare.

    Figures of one unit only stand on one axis: that of the value at ``as_of``, else the most frequent one. ``unsaid``
    are the dates that the papers were searched for in vain.
    """
    read = [(point, number(written(point)), _day(str(point["as_of"]))) for point in timeline]
    known = [(point, figure, day) for point, figure, day in read if figure is not None and day is not None]
    unit = _unit([(point, figure) for point, figure, _ in known], as_of)
    kept = [(point, figure, day) for point, figure, day in known if figure.unit in (unit, "")]
    own = any(point["as_of"] == as_of for point in timeline)
    if len({day for *_, day in kept}) < 2 or (own and not any(point["as_of"] == as_of for point, *_ in kept)):
        return None
    said: dict[str, set[float]] = {}
    for point, figure, _ in kept:
        said.setdefault(point["as_of"], set()).add(figure.value)
    scale, axis = _axis(unit, max(abs(figure.value) for _, figure, _ in kept))
    kinds = Counter(_kind(str(point["as_of"])) for point, *_ in kept)
    points: dict[tuple[str, float], Point] = {}
    for point, figure, day in sorted(kept, key=lambda k: k[2]):
        code = str(point["as_of"])
        points.setdefault(
            (code, figure.value),
            Point(
                as_of=code,
                label=render.when(code) or code,
                day=day,
                value=figure.value / scale,
                written=written(point),
                citation=int(point["citation"]),
                contradicted=len(said[code]) > 1,
                aside=_kind(code) != kinds.most_common(1)[0][0],
            ),
        )
    drawn = tuple(points.values())
    gaps = tuple(_gaps(drawn, unsaid))
    values = [point.value for point in drawn]
    zero = min(values) < 0 or max(values) - min(values) >= LOW * max(values)
    return Series(
        drawn, _runs(drawn, gaps), gaps, axis, zero, tuple(_notes(drawn, gaps, zero, len(timeline), len(kept)))
    )


def of_answer(answer: Json) -> Series | None:
    """Return what is to be drawn of an answer's timeline; None for unlike things."""
    if not of_one_kind(answer["timeline"], answer["citations"]):
        return None
    return series(answer["timeline"], answer.get("as_of"), answer.get("unsaid") or ())


def _unit(known: Sequence[tuple[Json, Number]], as_of: str | None) -> str:
    own = [figure.unit for point, figure in known if point["as_of"] == as_of and figure.unit]
    # Of two units as frequent as each other the later one holds: the newest paper.
    units = Counter(own or [figure.unit for _, figure in reversed(known) if figure.unit])
    return units.most_common(1)[0][0] if units else ""


def _axis(unit: str, largest: float) -> tuple[float, str]:
    """Return by what the values are divided, and the unit that leaves. 例: 円 up to 2億 → (1e8, 億円)"""
    if unit == "円":
        name = next((name for least, name in _MONEY if largest >= least), "円")
        return _SCALES.get(name[0], 1), name
    name = next((name for least, name in _COUNT if largest >= least), "") if unit != "%" else ""
    return _SCALES.get(name, 1), name + unit


def _gaps(points: Sequence[Point], unsaid: Collection[str]) -> Iterator[Gap]:
    """Yield where a series of years, fiscal years or months leaves some out.

    Dates that keep no step, such as the days of meetings, leave none out. Months make a series when at least half of
    them are there; the same month of each year is a yearly series.
    """
    for kind, of_kind in _by_kind(points):
        by_month = {dated[1]: point for point in of_kind if (dated := _months(point.as_of))}
        months = list(by_month)
        steps = [late - early for early, late in pairwise(months)]
        step = 12 if steps and gcd(*steps) % 12 == 0 else 1 if kind == "month" else 0
        if not steps or not step or (step == 1 and 2 * len(months) < months[-1] - months[0] + 1):
            continue
        for early, late in pairwise(months):
            missing = range(early + step, late, step)
            if missing:
                named = [_date(_code(kind, month)) for month in missing[:NAMED_GAPS]]
                if len(missing) > NAMED_GAPS:
                    named = [f"{named[0]}から{_date(_code(kind, missing[-1]))}まで"]
                searched = all(_code(kind, month) in unsaid for month in missing)
                words = f"{'、'.join(named)}は、{'資料に記載がありません' if searched else 'この図にありません'}"
                yield Gap(by_month[early].day, by_month[late].day, words, searched)


def _kind(code: str) -> str:
    dated = _months(code)
    return dated[0] if dated else ""


def _by_kind(points: Iterable[Point]) -> Iterator[tuple[str, Iterator[Point]]]:
    ordered = sorted(points, key=lambda point: (_kind(point.as_of), point.day))
    return groupby(ordered, key=lambda point: _kind(point.as_of))


def _code(kind: str, month: int) -> str:
    year, rest = divmod(month, 12)
    return {"fiscal": f"FY{year - 1}", "year": f"{year:04}"}.get(kind, f"{year:04}-{rest + 1:02}")


def _runs(points: Sequence[Point], gaps: Sequence[Gap]) -> tuple[tuple[Point, ...], ...]:
    """Return the points that a line joins: of one kind of date, with no gap and no contradiction between them.

    A whole year's figure and one as of a day are no steps of one way.
    """
    runs: list[list[Point]] = []
    for _, of_kind in _by_kind(points):
        runs.append([])
        for point in of_kind:
            torn = runs[-1] and any(runs[-1][-1].day <= gap.after and gap.before <= point.day for gap in gaps)
            if point.contradicted or torn:
                runs.append([])
            if not point.contradicted:
                runs[-1].append(point)
    return tuple(tuple(run) for run in runs if len(run) > 1)


def contradictions(points: Iterable[Point]) -> Iterator[list[Point]]:
    """Yield, for each date on which papers contradict each other, the points of that date."""
    for _, same in groupby((p for p in points if p.contradicted), key=lambda p: p.as_of):
        yield list(same)


def _notes(points: Sequence[Point], gaps: Sequence[Gap], zero: bool, given: int, kept: int) -> Iterator[str]:
    for same in contradictions(points):
        yield f"{short(same[0].label)}の値は、資料によって違います（{'、'.join(point.written for point in same)}）"
    yield from (gap.words for gap in gaps)
    if any(point.aside for point in points):
        yield f"{SQUARE}は期間の取り方が違う値です（1年分の値と、ある時点の値など）。線で結んでいません"
    if given > kept:
        yield f"単位の違う値、数値でない値（{given - kept}件）は、図に入れていません"
    if not zero:
        yield "縦の目盛りは0から始まっていません"


def described(drawn: Series) -> str:
    """Return the chart in words, for who cannot see it."""
    values = "、".join(f"{short(point.label)}は{point.written}" for point in drawn.points)
    return "。".join((f"時点ごとの値の折れ線グラフ。{values}", *drawn.notes)) + "。"


def source_line(answer: Json) -> str:
    """Return the papers behind an answer's timeline. 例: 出典：市政の概況 p.3（印刷ページ 5）、若葉市の概況 4行"""
    used = {point["citation"] for point in answer.get("timeline", ())}
    places: dict[str, list[str]] = {}
    for citation in answer["citations"]:
        if citation["n"] in used:
            there = places.setdefault(citation.get("title") or citation["file"], [])
            if (where := render.place(citation)) and where not in there:
                there.append(where)
    return "出典：" + "、".join(f"{title} {'・'.join(where)}".strip() for title, where in places.items())


# --- as a table ----------------------------------------------------------------------------------------------------

COLUMNS = ("時点", "値（原文）", "数値", "単位", "資料", "会議", "資料の日付", "ページ", "該当箇所（引用）", "備考")


def csv(timeline: Sequence[Json], citations: Sequence[Json], unsaid: Collection[str] = ()) -> bytes:
    """Return a timeline as a table for Excel: UTF-8 with its mark, a row a value, and what is to be known of it."""
    cited = {citation["n"]: citation for citation in citations}
    table = io.StringIO(newline="")
    rows = writer(table, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for point, remark in zip(timeline, remarks(timeline, unsaid), strict=True):
        citation = cited[point["citation"]]
        figure = number(written(point))
        published = render.when(citation.get("published"))
        guessed = "（推定）" if published and citation.get("published_guessed") else ""
        before = (render.when(point["as_of"]) or "", written(point))
        after = (
            figure.unit if figure else point.get("unit") or "",
            citation.get("title") or citation["file"],
            citation.get("meeting") or "",
            f"{published or ''}{guessed}",
            render.place(citation),
            str(citation["quote"]).strip(),
            remark,
        )
        # The figure is written here, with its minus: nothing in it can be a formula.
        plain = f"{figure.value:.12g}" if figure else ""
        rows.writerow((*map(_no_formula, before), plain, *map(_no_formula, after)))
    return table.getvalue().encode("utf-8-sig", errors="replace")


def remarks(timeline: Sequence[Json], unsaid: Collection[str] = ()) -> list[str]:
    """Return for each value what is to be known of it: another paper says otherwise, or dates after it are missing."""
    values: dict[str, set[str]] = {}
    for point in timeline:
        values.setdefault(point["as_of"], set()).add(render.folded(written(point)))
    drawn = series(timeline, unsaid=unsaid)
    gaps = {gap.after: gap.words for gap in drawn.gaps} if drawn else {}
    told = []
    for point in timeline:
        gap = gaps.pop(_day(point["as_of"]) or 0, "")
        parts = ["資料によって値が違います"] if len(values[point["as_of"]]) > 1 else []
        told.append("。".join([*parts, gap] if gap else parts))
    return told


def _no_formula(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text, with an invisible sign before what would begin a formula."""
    return "\u200b" + cell if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r\n]", cell) else cell
