"""An indicator's values over time as a chart, a picture and a table: pure functions of an answer's timeline."""

from __future__ import annotations

import io
import re
import unicodedata
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from csv import writer
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from math import gcd
from typing import TYPE_CHECKING, Any

from ui import font, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties
    from matplotlib.transforms import Bbox

Json = dict[str, Any]

# The page's colours (style.css :root): a picture that is taken away looks like the page.
INK, QUIET, LINE, SHADE, NAVY, SEAL = "#1f2630", "#5b6370", "#d8d4c8", "#f3f1ea", "#24476b", "#9e3524"
SQUARE = "■"
DIFFER = "資料により相違"
UNSAID = "記載なし"
NAMED_GAPS = 4  # missing months or years that are named one by one; more are named as from–to
NARROW = 44  # half-width columns of a note above the chart, so that it fits a telephone
TICKS = 5  # era dates below the axis of a narrow chart
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
    """Where a yearly or monthly series leaves dates out: between two days, and how that is said."""

    after: int
    before: int
    words: str


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
    return value if _folded(value).endswith(_folded(unit)) else f"{value}{unit}"


def _folded(text: str) -> str:
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text))


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


def _short(label: str) -> str:
    """Return a date in words without its western year. 例: 令和6年1月31日（2024年） → 令和6年1月31日"""
    return re.sub(r"（\d+年度?）$", "", label)


def _date(code: str) -> str:
    return _short(render.when(code) or code)


# --- the series ----------------------------------------------------------------------------------------------------


def series(timeline: Sequence[Json], as_of: str | None = None) -> Series | None:
    """Return what is to be drawn of a timeline; None when fewer than two of its dates have figures to compare.

    Figures of one unit only stand on one axis: that of the value at ``as_of``, else the most frequent one.
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
    gaps = tuple(_gaps(drawn))
    values = [point.value for point in drawn]
    zero = min(values) < 0 or max(values) - min(values) >= LOW * max(values)
    return Series(
        drawn, _runs(drawn, gaps), gaps, axis, zero, tuple(_notes(drawn, gaps, zero, len(timeline), len(kept)))
    )


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


def _gaps(points: Sequence[Point]) -> Iterator[Gap]:
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
                yield Gap(by_month[early].day, by_month[late].day, f"{'、'.join(named)}は資料に記載がありません")


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


def _contradictions(points: Iterable[Point]) -> Iterator[list[Point]]:
    for _, same in groupby((p for p in points if p.contradicted), key=lambda p: p.as_of):
        yield list(same)


def _notes(points: Sequence[Point], gaps: Sequence[Gap], zero: bool, given: int, kept: int) -> Iterator[str]:
    for same in _contradictions(points):
        yield f"{_short(same[0].label)}の値は、資料によって違います（{'、'.join(point.written for point in same)}）"
    yield from (gap.words for gap in gaps)
    if any(point.aside for point in points):
        yield f"{SQUARE}は期間の取り方が違う値です（1年分の値と、ある時点の値など）。線で結んでいません"
    if given > kept:
        yield f"単位の違う値、数値でない値（{given - kept}件）は、図に入れていません"
    if not zero:
        yield "縦の目盛りは0から始まっていません"


def described(drawn: Series) -> str:
    """Return the chart in words, for who cannot see it."""
    values = "、".join(f"{_short(point.label)}は{point.written}" for point in drawn.points)
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


# --- on the page ---------------------------------------------------------------------------------------------------


def spec(drawn: Series) -> Json:
    """Return the Vega-Lite chart; its selection ``point`` holds the ``citation`` of the value that was clicked.

    Written out, since altair takes a quarter of a second to put it together and check it, at each run of the page.
    """
    middle = (drawn.points[0].day + drawn.points[-1].day) / 2
    rows = [
        {
            "day": point.day,
            "value": point.value,
            "label": point.label,
            "short": _short(point.label),
            "written": point.written,
            "citation": point.citation,
            "as_of": point.as_of,
            "remark": DIFFER if point.contradicted else f"出典{point.citation}",
            "sign": _sign(point),
            "late": point.day > middle,
        }
        for point in drawn.points
    ]
    differing = [
        {"day": same[0].day, "value": min(p.value for p in same), "top": max(p.value for p in same)}
        | {"words": DIFFER, "late": same[0].day > middle}
        for same in _contradictions(drawn.points)
    ]
    joined = [{"day": point.day, "value": point.value, "run": i} for i, run in enumerate(drawn.runs) for point in run]
    x, y = _axes(drawn)
    level = [row for row, point in zip(rows, drawn.points, strict=True) if not point.aside]
    notes = [line for note in drawn.notes for line in font.wrapped(f"※ {note}", NARROW, font.columns)]
    return {
        "title": {
            "text": f"単位：{drawn.unit}" if drawn.unit else "値",
            "subtitle": notes,
            "anchor": "start",
            "fontSize": 12,
            "fontWeight": "normal",
            "color": QUIET,
            "subtitleColor": QUIET,
            "subtitleFontSize": 11,
        },
        "width": "container",
        "height": 240 + 15 * len(notes),
        "padding": {"left": 4, "right": 12, "top": 8, "bottom": 4},
        "config": {
            "axis": {"labelColor": QUIET, "labelFontSize": 11, "domainColor": QUIET, "tickColor": QUIET},
            "view": {"stroke": None},
        },
        "usermeta": {"embedOptions": {"actions": False}},  # a menu that speaks English
        "layer": [
            *_gap_layers(drawn.gaps, x),
            {
                "data": {"values": joined},
                "mark": {"type": "line", "color": NAVY, "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y, "detail": {"field": "run", "type": "nominal"}},
            },
            {
                "data": {"values": differing},
                "mark": {"type": "rule", "color": SEAL, "strokeDash": [4, 3], "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "y2": {"field": "top"}},
            },
            *_words(differing, "words", x, y, color=SEAL, dy=9),
            *_words([row for row in rows if row["sign"] == "square"], "short", x, y, dy=9),
            *_words([row for row in level[-1:] if row["sign"] == "circle"], "written", x, y, size=13),
            {
                "data": {"values": rows},
                "params": [
                    {"name": "point", "select": {"type": "point", "fields": ["citation", "as_of"], "clear": "dblclick"}}
                ],
                "mark": {
                    "type": "point",
                    "filled": True,
                    "opacity": 1,
                    "stroke": "#ffffff",
                    "strokeWidth": 1.5,
                    "cursor": "pointer",
                },
                "encoding": {
                    "x": x,
                    "y": y,
                    "size": {"condition": {"param": "point", "value": 150}, "value": 90},
                    "shape": {"field": "sign", "type": "nominal", "scale": None},
                    "color": {"condition": {"test": "datum.sign == 'diamond'", "value": SEAL}, "value": NAVY},
                    "tooltip": [
                        {"field": "label", "title": "時点", "type": "nominal"},
                        {"field": "written", "title": "値", "type": "nominal"},
                        {"field": "remark", "title": "備考", "type": "nominal"},
                    ],
                },
            },
        ],
    }


def _axes(drawn: Series) -> tuple[Json, Json]:
    days = [point.day for point in drawn.points]
    x_axis = {
        "values": [point.day for point in _ticks(drawn.points)],
        "labelExpr": _labels(drawn.points),
        "labelOverlap": "greedy",
        "labelPadding": 6,
        "grid": False,
    }
    y_axis: Json = {
        "tickCount": 4,
        "format": ",.12~g",  # 12 digits without trailing zeros: 1,234.5 and 0.97
        "gridColor": {"condition": {"test": "datum.value == 0", "value": QUIET}, "value": LINE},
    }
    if all(point.value == int(point.value) for point in drawn.points):
        y_axis["tickMinStep"] = 1
    return (
        _quantity("day", x_axis, _padded(days, 0.08)),
        _quantity("value", y_axis, _range(drawn)),
    )


def _quantity(name: str, axis: Json, domain: list[float]) -> Json:
    scale = {"zero": False, "nice": False, "domain": domain}
    return {"field": name, "type": "quantitative", "title": None, "axis": axis, "scale": scale}


def _gap_layers(gaps: Sequence[Gap], x: Json) -> list[Json]:
    shades = [{"day": gap.after, "until": gap.before, "words": gap.words} for gap in gaps]
    names = [{"day": (gap.after + gap.before) / 2} for gap in gaps]
    return [
        {
            "data": {"values": shades},
            "mark": {"type": "rect", "color": SHADE},
            "encoding": {
                "x": x,
                "x2": {"field": "until"},
                "tooltip": {"field": "words", "title": "備考", "type": "nominal"},
            },
        },
        {
            "data": {"values": names},
            "mark": {"type": "text", "text": UNSAID, "color": QUIET, "fontSize": 11, "baseline": "bottom", "dy": -4},
            "encoding": {"x": x, "y": {"value": "height"}},
        },
    ]


def _words(
    rows: Sequence[Json], name: str, x: Json, y: Json, *, color: str = INK, size: int = 11, dy: int = -9
) -> list[Json]:
    """Return layers that write beside points, inwards, on a white ground: a line may run below."""
    return [
        {
            "data": {"values": [row for row in rows if row["late"] == late]},
            "mark": {
                "type": "text",
                "fontSize": size,
                "fontWeight": "bold",
                "align": "right" if late else "left",
                "baseline": "bottom" if dy < 0 else "top",
                "dx": 9 if late else -9,
                "dy": dy,
                **ground,
            },
            "encoding": {"x": x, "y": y, "text": {"field": name, "type": "nominal"}},
        }
        for late in (True, False)
        for ground in ({"color": "#ffffff", "stroke": "#ffffff", "strokeWidth": 4}, {"color": color})
    ]


def _sign(point: Point) -> str:
    return "diamond" if point.contradicted else "square" if point.aside else "circle"


def _range(drawn: Series) -> list[float]:
    """Return the lower and upper end of the axis, with room for what is written above a point."""
    values = [point.value for point in drawn.points]
    low, high = min(values), max(values)
    room = (high - low or abs(high) or 1) * 0.18
    if not drawn.zero:
        return [low - room, high + room]
    return [low - room if low < 0 else 0.0, max(high, 0.0) + room]


def _padded(days: Sequence[int], share: float) -> list[float]:
    room = max((days[-1] - days[0]) * share, 1)
    return [days[0] - room, days[-1] + room]


def _ticks(points: Sequence[Point], most: int = TICKS) -> list[Point]:
    """Return the points whose date is written below the axis: the last, and those far enough from the next one.

    One that stands aside has its date beside it.
    """
    least = (points[-1].day - points[0].day) / (most - 0.5)
    level = [point for point in points if not point.aside]
    ticks = level[-1:]
    for point in reversed(level):
        if ticks[-1].day - point.day >= least:
            ticks.append(point)
    return ticks[::-1]


def _lines(point: Point) -> list[str]:
    """Return a date in two lines. 例: 令和6年 and 1月31日"""
    match = re.fullmatch(r"(.*?年度?)(.*)", _short(point.label))
    return [part for part in match.groups() if part] if match else [point.label]


def _labels(points: Sequence[Point]) -> str:
    """Return a Vega expression for the dates below the axis."""
    # The words are of era years only: render.when makes them of codes that _day has understood.
    cases = "".join(f"datum.value == {point.day} ? {_lines(point)} : " for point in _ticks(points))
    return cases + "''"


# --- to take away --------------------------------------------------------------------------------------------------

PIXELS = (1600, 900)
DPI = 100
SMALL, MIDDLE, LARGE = 13, 15, 21  # points
PICTURE_TICKS = 11
NOTE_LINES = 7  # of notes and sources below the picture


def png(drawn: Series, title: str, source: str) -> bytes:
    """Return the chart as a picture of 1600×900, with title, unit, values, notes and source in it."""
    # The object-oriented interface only: pyplot keeps figures that all threads share.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    figure = Figure(figsize=(PIXELS[0] / DPI, PIXELS[1] / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)

    def face(size: float) -> FontProperties:
        return FontProperties(fname=str(font.path()), size=size)

    def write(y: float, text: str, size: float, color: str, rows: int, *, align: str = "top") -> int:
        """Write at the left edge, from ``y`` down or up; return how many lines it took."""
        columns = int(PIXELS[0] * 0.9 / (size * DPI / 72) * 2)
        lines = font.wrapped(font.printable(text), columns, font.columns)
        if len(lines) > rows:
            lines = [*lines[: rows - 1], lines[rows - 1][: columns // 2 - 1] + "…"]
        figure.text(
            0.05,
            y,
            "\n".join(lines),
            fontproperties=face(size),
            color=color,
            va=align,
            linespacing=1.45,
            parse_math=False,
        )
        return len(lines)

    titled = write(0.96, " ".join(title.split()), LARGE, INK, 2)
    foot = "\n".join((*(f"※ {note}" for note in drawn.notes), source))
    noted = write(0.03, foot, SMALL, QUIET, NOTE_LINES, align="bottom")
    low, high = 0.03 + noted * 0.0292 + 0.11, 0.96 - titled * 0.049 - 0.07
    axes = figure.add_axes((0.08, low, 0.86, high - low))
    days = [point.day for point in drawn.points]
    axes.set_xlim(*_padded(days, 0.06))
    axes.set_ylim(*_range(drawn))
    _furnish(axes, drawn, face)
    figure.text(
        0.05,
        high + 0.018,
        font.printable(f"（単位：{drawn.unit}）" if drawn.unit else ""),
        fontproperties=face(SMALL),
        color=QUIET,
        parse_math=False,
    )
    _draw(axes, drawn, face)
    _write_values(axes, drawn, face)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI)
    return picture.getvalue()


def _furnish(axes: Axes, drawn: Series, face: Callable[[float], FontProperties]) -> None:
    """Give the axes their dates, figures and lines."""
    ticks = _ticks(drawn.points, PICTURE_TICKS)
    axes.set_xticks([point.day for point in ticks], ["\n".join(_lines(point)) for point in ticks])
    levels = [level for level in axes.get_yticks() if axes.get_ylim()[0] <= level <= axes.get_ylim()[1]]
    axes.set_yticks(levels, [f"{level:,.12g}" for level in levels])
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_fontproperties(face(SMALL))
        text.set_color(QUIET)
        text.set_linespacing(1.4)
    axes.grid(axis="y", color=LINE, linewidth=1)
    if axes.get_ylim()[0] < 0:
        axes.axhline(0, color=QUIET, linewidth=1, zorder=1)
    axes.set_axisbelow(True)
    axes.tick_params(color=QUIET, length=6)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(QUIET)


def _draw(axes: Axes, drawn: Series, face: Callable[[float], FontProperties]) -> None:
    """Draw gaps, lines, contradictions and points."""
    for gap in drawn.gaps:
        axes.axvspan(gap.after, gap.before, facecolor=SHADE, hatch="//", edgecolor=LINE, linewidth=0, zorder=0.5)
        axes.text(
            (gap.after + gap.before) / 2,
            0.97,
            UNSAID,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="top",
            color=QUIET,
            fontproperties=face(SMALL),
        )
    for run in drawn.runs:
        axes.plot([p.day for p in run], [p.value for p in run], color=NAVY, linewidth=3)
    for same in _contradictions(drawn.points):
        axes.plot([p.day for p in same], [p.value for p in same], color=SEAL, linewidth=2, linestyle=(0, (4, 3)))
    for sign, marker, color in (("circle", "o", NAVY), ("square", "s", NAVY), ("diamond", "D", SEAL)):
        of_kind = [point for point in drawn.points if _sign(point) == sign]
        axes.plot(
            [p.day for p in of_kind],
            [p.value for p in of_kind],
            marker=marker,
            color=color,
            markersize=12,
            linestyle="none",
            markeredgecolor="white",
            markeredgewidth=1.5,
        )


def _write_values(axes: Axes, drawn: Series, face: Callable[[float], FontProperties]) -> None:
    """Write each value beside its point, where no other one stands; the last one first, for it matters most."""
    from matplotlib.patheffects import withStroke

    taken: list[Bbox] = []
    for point in reversed(drawn.points):
        remarks = [_short(point.label)] * point.aside + [DIFFER] * point.contradicted
        words = point.written + (f"（{'、'.join(remarks)}）" if remarks else "")
        text = axes.annotate(
            font.printable(" ".join(words.split())),
            (point.day, point.value),
            (0, 0),
            textcoords="offset points",
            ha="center",
            color=SEAL if point.contradicted else INK,
            fontproperties=face(MIDDLE),
            parse_math=False,
            path_effects=[withStroke(linewidth=4, foreground="white")],  # a line may run below it
        )
        box = text.get_window_extent()
        if box.x0 < 0 or box.x1 > PIXELS[0]:
            text.set_horizontalalignment("left" if box.x0 < 0 else "right")
        for above in (12, -26, 34, -48, 56, -70):
            text.xyann = (0, above)
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
        else:
            text.remove()


COLUMNS = ("時点", "値（原文）", "数値", "単位", "資料", "会議", "資料の日付", "ページ", "該当箇所（引用）", "備考")


def csv(timeline: Sequence[Json], citations: Sequence[Json]) -> bytes:
    """Return a timeline as a table for Excel: UTF-8 with its mark, a row a value, and what is to be known of it."""
    cited = {citation["n"]: citation for citation in citations}
    table = io.StringIO(newline="")
    rows = writer(table, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for point, remark in zip(timeline, remarks(timeline), strict=True):
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


def remarks(timeline: Sequence[Json]) -> list[str]:
    """Return for each value what is to be known of it: another paper says otherwise, or dates after it are missing."""
    values: dict[str, set[str]] = {}
    for point in timeline:
        values.setdefault(point["as_of"], set()).add(_folded(written(point)))
    drawn = series(timeline)
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
