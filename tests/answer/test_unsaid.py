"""What the papers speak of, and do not say: to name a thing is no definition, no reason and no figure of it."""

import pytest

from answer.assistant import Assistant
from answer.reading.signals import AGAINST, SIGNALS, Signals, weakest
from tests.answer.papers import ask, assistant_over, plain

PAPER = """\
白砂県議会　令和6年6月定例会　説明資料
令和6年6月10日

１　港の利用

砂浜港の外国航路のツインコールは、令和5年8月から休んでいます。
県は、車で出向く遠隔診療「まわる医院」を運用しています。
港の新しい起重機は、令和6年12月に動かし始めます。

２　移住

移住の相談は、令和5年3月末で120件、令和6年3月末で180件でした。
移住の相談会は、東京と大阪で開いています。

３　みどり再生推進事業

令和6年度当初予算　4,500千円
"""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("unsaid"), {"r6-06.txt": PAPER})


@pytest.mark.parametrize(
    "question",
    [
        "移住の相談会を開いているのはなぜですか",
        "港の起重機を新しくする理由は何ですか",
        "遠隔診療推進事業の令和6年度の予算はいくらですか",  # the figure stands under another programme's name
        "外国航路の利用は、令和5年3月末から令和6年3月末までに何件増えましたか",  # what was counted is something else
        "みどり再生推進事業の補助は、令和5年3月末から令和6年3月末までに何件増えましたか",
        "まわる医院の診療は、令和6年3月末で何件ですか",
        "移住の相談会を開いているのは東京だけですか",  # of the others it is not said that there are none
    ],
)
def test_what_is_spoken_of_and_not_said_is_declined(county: Assistant, question: str):
    answer = ask(county, question)
    assert answer.status != "answered", answer.answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("「まわる医院」とはどういうものですか", "遠隔診療"),  # the word before the name says what it is
        ("みどり再生推進事業の令和6年度の予算はいくらですか", "4500千円"),
        ("移住の相談は、令和5年3月末から令和6年3月末までに何件増えましたか", "60件増"),
    ],
)
def test_what_is_said_is_answered(county: Assistant, question: str, said: str):
    answer = ask(county, question)
    assert said in plain(answer.answer)


def test_what_a_programme_is_for_is_its_reason_though_the_line_ends_in_its_kind(tmp_path):
    paper = "白砂県　説明資料\n令和6年6月\n\n１　新しい事業\n・窓口の待ち時間を減らすため、受付を電子化する事業\n"
    answer = ask(assistant_over(tmp_path, {"r6.txt": paper}), "窓口の受付を電子化するのはなぜですか")
    assert "待ち時間を減らすため" in answer.answer


def test_an_answer_on_two_values_is_as_sure_as_the_worse_one_in_each_respect():
    one = Signals(0.9, 0.2, 0.5, 0.1, period=1.0, unknown=0.3, needed=("第2回",))
    other = Signals(0.3, 0.8, 0.6, 0.7, period=0.4, needed=("第2回", "甲"), strange=("乙",))
    found = weakest([one, other])
    for name in SIGNALS:
        values = (getattr(one, name), getattr(other, name))
        assert getattr(found, name) == (max(values) if name in AGAINST else min(values)), name
    assert found.needed == ("第2回", "甲")
    assert found.strange == ("乙",)
