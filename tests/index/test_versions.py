"""Papers of one name: which is a new version of which, and which is another paper altogether."""

import pytest

from index.versions import is_new_version
from ingest.parse import parse

REPORT = """\
若草市　消防団の概況
令和6年5月1日
防災安全課

１　団員
団員数は412人で、定員の91%です。
平均年齢は38.2歳です。

２　車両
ポンプ車は14台です。
小型動力ポンプは52台です。
"""
MINUTES = "第{n}回若草市{of}審議会　資料1\n令和6年{month}月12日\n\n{said}\n"


@pytest.fixture
def paper(tmp_path):
    """Return what is read in a file of that text; all have one name."""

    def paper(text):
        path = tmp_path / "資料1.txt"
        path.write_text(text, encoding="utf-8")
        return parse(path)

    return paper


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param(REPORT, {"412人": "409人"}, id="a figure is put right"),
        pytest.param("消防団員\n令和6年5月1日\n\n団員数は412人です。\n", {"412人": "421人"}, id="in a short note"),
        pytest.param("団員数は412人です。\n", {"412人": "421人"}, id="in a single line"),
        pytest.param(REPORT, {"平均年齢は38.2歳です。\n": "平均年齢は調査中です。\n"}, id="a sentence is put right"),
        pytest.param(REPORT, {"２　車両": "分団は8つあります。\n\n２　車両"}, id="lines are added"),
        pytest.param(REPORT, {"の概況": "の概況（訂正版）", "412人": "409人"}, id="it calls itself corrected"),
        pytest.param(REPORT, {"5月1日": "5月8日", "412人": "409人"}, id="it is dated anew within the month"),
        pytest.param(REPORT, {"若草市　消防団": "若草市 消防団", "412人": "４０９人"}, id="it is typed otherwise"),
    ],
)
def test_a_paper_that_was_put_right_is_a_new_version(paper, text, changes):
    new = text
    for before, after in changes.items():
        assert before in new
        new = new.replace(before, after)
    assert is_new_version(paper(new), paper(text))
    assert is_new_version(paper(text), paper(new))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            MINUTES.format(n=1, of="環境", month=6, said="街路樹は57本です。"),
            MINUTES.format(n=1, of="産業振興", month=5, said="創業の相談は142件です。"),
            id="another meeting's",
        ),
        pytest.param(
            MINUTES.format(n=1, of="環境", month=6, said="街路樹は57本です。"),
            MINUTES.format(n=2, of="環境", month=6, said="街路樹は58本です。"),
            id="the next meeting's",
        ),
        pytest.param(
            "令和4年度　国際交流の報告\n\n教室に通った人は312人です。\n\n通訳は65件です。\n",
            "令和5年度　国際交流の報告\n\n教室に通った人は345人です。\n\n通訳は65件です。\n",
            id="the next year's",
        ),
        pytest.param(REPORT, REPORT.replace("6年5月", "6年6月"), id="the next month's, though all is the same"),
        pytest.param(REPORT, REPORT.replace("若草市", "青葉市"), id="another town's"),
        pytest.param(REPORT, REPORT.replace("防災安全課", "総務課"), id="another department's"),
        pytest.param(
            "学校の概要\n第一小学校\n\n児童数\t325人\n学級数\t14\n教員数\t24人\n",
            "学校の概要\n第二小学校\n\n児童数\t410人\n学級数\t14\n教員数\t24人\n",
            id="the same form for another school",
        ),
        pytest.param(
            REPORT,
            REPORT.replace("5月1日", "5月8日").replace("412", "409").replace("38.2", "38.4").replace("14台", "15台"),
            id="the next week's, with its own figures",
        ),
        pytest.param("団員数は412人です。\n", "街路樹は412本です。\n", id="one line about something else"),
    ],
)
def test_another_paper_of_that_name_is_no_new_version(paper, one, other):
    assert not is_new_version(paper(one), paper(other))
    assert not is_new_version(paper(other), paper(one))


def test_what_a_person_said_of_a_paper_does_not_make_it_another_one(paper):
    held = paper(REPORT).described({"title": "団の現状", "published": "2024-07-01", "department": "消防本部"})
    assert is_new_version(paper(REPORT.replace("412人", "409人")), held)
