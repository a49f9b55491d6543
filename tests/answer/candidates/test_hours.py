"""Opening hours of a made-up town: 何時 is answered by a time of day, never by a date."""

import pytest

from answer.assistant import Assistant
from answer.candidates.hours import find_clocks
from tests.answer.papers import ask, assistant_over

PLACES = """\
白浜町の窓口と施設
令和6年4月1日

役場本庁舎の開庁時間は、午前8時30分から午後5時15分まで（土曜日・日曜日・祝日は除く）です。

町民体育館は午前9時から午後9時まで、町民プールは午前10時から午後6時まで利用できます。

水曜日は税務課の窓口を午後7時30分まで延長します。

税務課の窓口は平日の午前8時45分から午後5時まで受け付けています。

郷土館
開館時間：9:30～17:00（入館は16:30まで）
休館日：毎週月曜日、年末年始

成人の集いは令和7年1月12日、文化会館で午後1時30分に開会します。

防災相談の電話は24時間受け付けています。

健康教室の時間は90分です。

法律相談室
平日は午前9時30分から午後4時まで。第2火曜日に限り午後6時30分まで延長。

町営浴場のご案内
営業時間：午前11時から午後9時まで
最終受付：午後8時15分
"""
LIBRARIES = """\
図書館の案内,,,
館名,平日,土日,休館日
中央図書館,9:00～19:00,9:00～17:00,月曜日
北図書館,10:00～18:00,10:00～16:00,火曜日
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("hours"), {"shisetsu.txt": PLACES, "toshokan.csv": LIBRARIES})


@pytest.mark.parametrize(
    ("question", "hours"),
    [
        ("役場本庁舎は何時まで開いていますか", "午後5時15分"),
        ("役場本庁舎の開庁時間は？", "午前8時30分から午後5時15分まで"),
        ("町民体育館は何時からですか", "午前9時"),
        ("町民プールは何時に閉まりますか", "午後6時"),  # two places in one sentence
        ("水曜日の税務課の窓口は何時までですか", "午後7時30分"),  # the exception of the day
        ("税務課の窓口は何時までですか", "午後5時"),  # … which holds on no other
        ("郷土館の開館時間は", "9:30～17:00"),
        ("郷土館の入館は何時までですか", "16:30"),
        ("成人の集いは何時に開会しますか", "午後1時30分"),
        ("防災相談の電話の受付時間は", "24時間"),
        ("北図書館は土日は何時までですか", "16:00"),  # the column of the day
        ("第2火曜日の法律相談室は何時までですか", "午後6時30分"),
        ("法律相談室は火曜日は何時までですか", "午後4時"),  # one week of the month is not every week
        ("町営浴場の最終受付は何時ですか", "午後8時15分"),
        ("中央図書館は平日何時まで開いていますか", "19:00"),
    ],
)
def test_the_end_of_the_hours_that_is_asked_for_is_given(town, question, hours):
    answer = ask(town, question)
    assert (answer.answer, answer.type) == (hours, "date")


@pytest.mark.parametrize(
    ("question", "days"), [("郷土館の休館日は何曜日ですか", "月曜日"), ("北図書館の休館日は", "火曜日")]
)
def test_a_day_of_rest_is_a_day_of_the_week(town, question, days):
    assert ask(town, question).answer.endswith(days)


def test_a_length_is_no_time_of_day_and_a_day_none_either(town):
    assert ask(town, "健康教室は何分間ですか").answer == "90分"
    assert "令和7年1月12日" in ask(town, "成人の集いはいつですか").answer


def test_of_a_place_whose_hours_are_not_told_nothing_is_said(town):
    assert ask(town, "水族館は何時までですか").status != "answered"
    assert ask(town, "健康教室は何時からですか").status != "answered"


@pytest.mark.parametrize(
    ("text", "clocks"),
    [
        ("9:30〜17:00", [("9:30", "17:00", "span")]),
        ("午前９時から正午まで", [("午前9時", "正午", "span")]),
        ("午後7時まで延長", [("午後7時", "", "closes")]),
        ("所要時間は3時間、一時停止", []),
    ],
)
def test_clocks_are_told_from_lengths(text, clocks):
    assert [(c.opens, c.closes, c.end) for c in find_clocks(text)] == clocks
