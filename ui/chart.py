"""An indicator's values over time as a chart on the page and as a picture: pure functions of what is drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ui import font
from ui.timeline import Gap, Point, Series, contradictions, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties
    from matplotlib.transforms import Bbox

Json = dict[str, Any]

# The page's colours (style.css :root): a picture that is taken away looks like the page.
INK, QUIET, LINE, SHADE, NAVY, SEAL = "#1f2630", "#5b6370", "#d8d4c8", "#f3f1ea", "#24476b", "#9e3524"
DIFFER = "資料により相違"
UNSAID = "資料に記載なし"
NARROW = 44  # half-width columns of a note above the chart, so that it fits a telephone
TICKS = 5  # era dates below the axis of a narrow chart


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
            "short": short(point.label),
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
        for same in contradictions(drawn.points)
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
    """Return the shades of what the papers were searched for in vain; what the series lacks otherwise is no claim."""
    gaps = [gap for gap in gaps if gap.unsaid]
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
    match = re.fullmatch(r"(.*?年度?)(.*)", short(point.label))
    return [part for part in match.groups() if part] if match else [point.label]


def _labels(points: Sequence[Point]) -> str:
    """Return a Vega expression for the dates below the axis."""
    # The words are of era years only: render.when makes them of codes that timeline.series has understood.
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
    """Draw gaps that were searched for in vain, lines, contradictions and points."""
    for gap in (gap for gap in drawn.gaps if gap.unsaid):
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
    for same in contradictions(drawn.points):
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
        remarks = [short(point.label)] * point.aside + [DIFFER] * point.contradicted
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
