"""A timeline as a chart on the page and as a picture."""

import io
import json
import re

import altair
from hypothesis import given, settings
from PIL import Image

from tests.ui.timelines import DISPUTED, anything, point, timelines, yearly
from ui import chart, font, timeline

# --- on the page


def spec(points, as_of=None, unsaid=()):
    made = chart.spec(timeline.series(points, as_of, unsaid))
    altair.LayerChart.from_dict(made)  # raises for what is no Vega-Lite
    return json.loads(json.dumps(made))


def marks(made, kind):
    return [layer for layer in made["layer"] if layer["mark"]["type"] == kind]


def test_a_point_that_is_clicked_tells_its_citation():
    made = spec(DISPUTED)
    assert [(p["name"], p["select"]["type"], p["select"]["fields"]) for p in marks(made, "point")[0]["params"]] == [
        ("point", "point", ["citation", "as_of"])
    ]
    (dots,) = marks(made, "point")
    assert [row["citation"] for row in dots["data"]["values"]] == [1, 1, 2, 1]
    assert made["usermeta"]["embedOptions"]["actions"] is False  # a menu in English


def test_a_contradiction_has_a_shape_and_words_of_its_own():
    made = spec(DISPUTED)
    rows = marks(made, "point")[0]["data"]["values"]
    assert [row["sign"] for row in rows] == ["circle", "diamond", "diamond", "circle"]
    assert rows[1]["remark"] == "資料により相違"
    assert any(row.get("words") == "資料により相違" for layer in marks(made, "text") for row in layer["data"]["values"])
    assert any("資料によって違います" in line for line in made["title"]["subtitle"])


def test_only_a_gap_that_the_papers_were_searched_for_is_shaded_and_said_to_be_in_none():
    made = spec(yearly("5", None, "7", None, "9"), unsaid=["FY2020"])
    (shade,) = marks(made, "rect")[0]["data"]["values"]
    assert shade["words"] == "令和2年度は、資料に記載がありません"
    assert (shade["day"], shade["until"]) == (timeline._day("FY2019"), timeline._day("FY2021"))
    assert "資料に記載なし" in [layer["mark"].get("text") for layer in marks(made, "text")]
    assert "※ 令和4年度は、この図にありません" in made["title"]["subtitle"]


def test_what_nobody_searched_for_is_not_shaded_in_the_picture_either(monkeypatch):
    shaded = []
    monkeypatch.setattr("matplotlib.axes.Axes.axvspan", lambda *_, **__: shaded.append(1))
    for unsaid, shades in (([], 0), (["FY2020"], 1)):
        shaded.clear()
        chart.png(timeline.series(yearly("5", None, "7"), unsaid=unsaid), "件数", "出典：資料")
        assert len(shaded) == shades


def test_the_dates_below_the_axis_are_few_and_in_era_years():
    axis = marks(spec(yearly(*"1234567890", first=2014)), "point")[0]["encoding"]["x"]["axis"]
    assert 2 <= len(axis["values"]) <= chart.TICKS
    assert "['令和5年度']" in axis["labelExpr"]


def test_no_english_is_shown():
    for points in (DISPUTED, yearly("5", None, "7"), [*yearly("7", "8", "9"), point("2023-01-31", "4件")]):
        made = spec(points)
        tips = marks(made, "point")[0]["encoding"]["tooltip"]
        shown = [made["title"]["text"], *made["title"]["subtitle"], *(tip["title"] for tip in tips)]
        assert not re.search("[A-Za-z]", " ".join(shown))


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return sum(
        w * (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4)
        for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def test_words_and_points_stand_out_from_their_ground():
    for color in (chart.INK, chart.QUIET, chart.NAVY, chart.SEAL):
        for ground in ("#ffffff", chart.SHADE):
            assert (luminance(ground) + 0.05) / (luminance(color) + 0.05) >= 4.5


# --- the picture


def picture(points, title="相談件数の推移", source="出典：市政の概況 p.3", unsaid=()):
    drawn = timeline.series(points, unsaid=unsaid)
    return Image.open(io.BytesIO(chart.png(drawn, title, source))).convert("RGB")


def has_color(image, color):
    wanted = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
    return wanted in {found for _, found in image.getcolors(image.width * image.height)}


def test_the_picture_has_the_line_and_marks_a_contradiction_in_its_own_color():
    plain = picture(yearly("5", "6", "7"))
    assert plain.size == (1600, 900)
    assert has_color(plain, chart.NAVY)
    assert not has_color(plain, chart.SEAL)
    assert has_color(picture(DISPUTED), chart.SEAL)


def test_every_word_of_the_picture_is_set_in_the_font_that_is_shipped(monkeypatch):
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    texts = []
    savefig = Figure.savefig

    def noted(figure, *args, **kwargs):
        savefig(figure, *args, **kwargs)
        texts.extend(text for text in figure.findobj(Text) if text.get_visible() and text.get_text())

    monkeypatch.setattr(Figure, "savefig", noted)
    years = [*yearly("5", None, "▲7"), point("2023-01-31", "4件")]
    picture(years, "髙橋﨑𠮷の$予算$は？😀", "出典：葛\U000e0100飾区 › p.3", unsaid=["FY2020"])
    assert {text.get_fontproperties().get_file() for text in texts} == {str(font.path())}
    shown = "".join(text.get_text() for text in texts)
    assert {ord(c) for c in shown} <= font.characters() | {ord("\n")}
    for words in ("髙橋﨑〓の$予算$は？〓", "資料に記載なし", "▲7件", "令和元年度", "（単位：件）", "葛飾区 ＞ p.3"):
        assert words in shown
    assert "※ 令和2年度は、資料に記載がありません" in shown


def test_many_points_and_a_long_title_still_make_a_picture():
    points = [point(f"{2000 + i // 12}-{i % 12 + 1:02}", f"{i * 37 % 101:,}件") for i in range(120)]
    assert picture(points, "長い質問" * 200, "出典：" + "資料、" * 500).size == (1600, 900)


@settings(max_examples=80, deadline=None)
@given(timelines)
def test_no_timeline_breaks_the_chart(points):
    drawn = timeline.series(points)
    if drawn is not None:
        json.dumps(chart.spec(drawn), allow_nan=False)


@settings(max_examples=6, deadline=None)
@given(timelines, anything)
def test_no_timeline_and_no_words_break_the_picture(points, words):
    drawn = timeline.series([*points, point("2001", "1"), point("2002", "2")])
    if drawn is not None:
        chart.png(drawn, words, words)
