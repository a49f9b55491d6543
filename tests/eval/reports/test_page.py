"""The report as a page: it holds everything, fetches nothing, and takes no document's word for HTML."""

import re

import pytest
from bs4 import BeautifulSoup

from eval.reports import page
from tests.eval.reports.runs import (
    CONFIG,
    DROP,
    RIGHT,
    FakePages,
    change,
    comparison,
    metrics,
    older,
    pair,
    record,
    scores,
)

NASTY = "<img src=x onerror=alert(1)>\"'&</style></script><b>太字</b>"


def html(config=CONFIG, measured=None, records=(), compared=None, pages=None):
    return page.render(config, measured or metrics(), list(records), compared, pages or FakePages())


def soup(*given, **more):
    return BeautifulSoup(html(*given, **more), "lxml")


def words(node):
    return " ".join(node.get_text(" ").split())


def test_why_the_gate_stays_shut_stands_before_everything_else():
    drawn = soup(records=[record()], compared=comparison(failures=(DROP,), paired=(pair(dropped=True),)))
    verdict = drawn.select_one(".verdict.shut")
    assert "不合格：基準より悪くなりました" in words(verdict)
    assert "hoshi: 正答率 90.0% → 70.0%" in words(verdict)
    assert not verdict.find_previous("h2")


def test_the_headline_shows_shares_counts_and_the_difference():
    main, answered, sure, cited, *_ = soup(compared=comparison()).select(".mark")
    assert words(main) == "正しく答えた 70.0% 7 / 10問 基準から −20.0ポイント"
    assert words(answered) == "答えたうち正しい 77.8% 7 / 9問"
    assert words(sure) == "確度「高」のうち正しい 100.0% 3 / 3問"
    assert words(cited) == "出典も正しい 60.0% 6 / 10問"
    assert "資料にない数字の答え 2 件（要確認）" in words(soup(measured=metrics(a=scores(unsupported_answers=2))))


def test_every_part_is_there():
    told = words(soup(records=[record()], compared=comparison()))
    for part in ("種類ごと", "文書ごと", "検索", "確度", "速さ", "間違えた答え", "評価の条件", "基準との差"):
        assert part in told
    assert "数値 6 / 8問 75.0% 5 1 1 0 悪化 1" in told
    assert "hoshi.txt 1 / 2問 50.0% 1 0 0 0" in told
    assert "hoshi 100.0% 3件 約束どおり 50.0% 4件 まだ言えない 100.0% 2件" in told
    assert "hoshi 70.0% 80.0% 90.0% 100.0%" in told, "what was within reach"
    assert "数値 8 75.0% 75.0% 75.0%" in told, "and by type"
    assert "（AURC） 0.123" in told
    assert "MRRは、語だけのほうが良い結果です（0.850 > 0.800）" in told
    assert "検索 24ミリ秒 31ミリ秒" in told
    assert "000001-abcdef12" in told
    assert "numpy 2.4.6" in told
    assert "yama: 実行していません。" in told


def test_the_interval_of_a_difference_is_drawn_to_scale():
    drawn = soup(compared=comparison(paired=(pair(low=-0.5, high=0.25, before=0.5, after=0.25),)))
    axis, line, *_ = drawn.select("svg.interval")[0].select("line")
    assert axis["x1"] == "100"
    # the axis reaches half to both sides, 96 units: −0.5 → 100 − 96, 0.25 → 100 + 48, the difference −0.25 → 52
    assert (line["x1"], line["x2"]) == ("4.0", "148.0")
    assert drawn.select_one("svg.interval circle")["cx"] == "52.0"


def test_the_points_of_the_reliability_diagram_lie_where_they_should():
    first, second, *_ = soup().select("svg.plot")[0].select("circle")
    # x: 60 + 340 × confidence, y: 250 − 230 × share
    assert (first["cx"], first["cy"]) == ("247.0", "135.0")
    assert (second["cx"], second["cy"]) == ("383.0", "20.0")


def test_broken_questions_come_first_with_before_and_after_and_lead_to_their_case():
    changes = (change("h2", "fixed"), change("h1"), change("h3", "changed", before="0123456789ab (57)"))
    drawn = soup(records=[record()], compared=comparison(changes=changes))
    heads = [words(node) for node in drawn.select("#baseline ~ details > summary")]
    assert heads[:3] == ["誤りになった 1問", "正しくなった 1問", "答えの文が変わった 1問"]
    assert words(drawn.select_one(".turn")) == "基準 12,345人 → 今回 11,000人"
    link = drawn.select_one(".changes a")["href"]
    assert drawn.find(id=link[1:])["class"][0] == "case"
    assert "57字の答え" in words(drawn.select(".turn")[2])


def test_a_wrong_answer_stands_beside_the_right_one_with_both_pages():
    case = soup(records=[record(), RIGHT]).select(".case")
    assert len(case) == 1
    gold, cited = case[0].select(".sides > section")
    assert "正しい答え 12,345人" in words(gold)
    assert "実際の答え 11,000人" in words(cited)
    assert gold.select_one("use")["href"] == "#page-hoshi-3"
    assert cited.select_one("use")["href"] == "#page-hoshi-2"
    box = cited.select_one("rect.own")
    assert [box[key] for key in ("x", "y", "width", "height")] == ["58.0", "98.0", "104.0", "16.0"]


def test_a_page_is_embedded_once_however_often_it_is_shown():
    told = html(records=[record("h1"), record("h2"), record("h3")])
    assert told.count("data:image/png;base64,") == 2
    assert len(re.findall(r'<use href="#page-hoshi-2"', told)) == 6, "each time in part and whole"


def test_a_report_without_wrong_answers_says_so():
    told = soup(records=[RIGHT])
    assert "間違えた答えはありません。" in words(told)
    assert told.select("select, image") == []


def test_what_was_only_offered_is_shown_as_what_it_is():
    one = record(
        verdict={"answered": False, "candidate": True},
        status="unsure",
        answer="一つに決められません。",
        candidates=[{"text": "11,000人", "citation": 1, "confidence": 0.4}, {"text": NASTY, "citation": 1}],
    )
    [case] = soup(records=[one]).select(".case")
    assert words(case.select_one(".badge.fault")) == "一つに決めなかった"
    assert [words(item) for item in case.select(".cited .offered li")] == ["11,000人", " ".join(NASTY.split())]


def test_a_set_that_was_learned_from_is_marked_as_no_measure():
    drawn = soup(measured=metrics(hoshi=scores(standing="既読"), kawa=scores(standing="初回")))
    assert [words(badge) for badge in drawn.select("h3 .badge")] == ["既読", "初見"]
    assert "実力の目安になりません" in words(drawn)


def test_many_sets_are_told_together_first_and_then_row_by_row():
    many = metrics(**{f"s{n}": scores(standing="初回") for n in range(5)})
    drawn = soup(measured=many, records=[record(set="s1"), RIGHT | {"set": "s2"}])
    assert words(drawn.select_one(".mark")) == "正しく答えた 70.0% 35 / 50問"
    assert len(drawn.select(".marks")) == 1
    [rows] = [table for table in drawn.select(".scroll") if table["aria-label"] == "質問集ごとの成績"]
    assert words(rows.select("tbody tr")[4]) == "s4 初見 14 70.0% 77.8% 100.0% 60.0% 75.0% 10.0% 10.0%"
    assert len(drawn.select("svg.plot")) == 2, "of all answers together"


def test_what_was_left_out_for_its_size_is_said():
    assert "2ページの画像を省きました" in words(soup(records=[record()], pages=FakePages(bytes_a_page=5_000_000)))


def test_an_older_run_is_shown_with_what_it_has():
    bare_scores = older(scores())
    for key in ("files", "reliability", "risk_coverage", "snapshot", "calibration_error", "p50_ms", "p95_ms"):
        del bare_scores[key]
    bare = record()
    del bare["first_relevant"]
    told = words(soup({}, {"sets": {"hoshi": bare_scores}}, [bare]))
    assert "この評価には記録がありません。" in told
    assert "答えたうち正しい － この評価では測っていません" in told
    assert "hoshi － － －" in told
    assert "評価した日時 － 版 不明" in told


def test_nothing_that_was_written_elsewhere_becomes_html():
    place = {"file": NASTY, "lines": None, "page": None, "quote": NASTY, "boxes": None}
    one = record(
        NASTY,
        expected={"question": NASTY, "answer": NASTY, "note": NASTY, "evidence": [place]},
        answer=NASTY,
        citations=[place],
        set=NASTY,
    )
    compared = comparison(changes=(change(NASTY, set=NASTY, question=NASTY, before=NASTY, after=NASTY),))
    config = CONFIG | {"commit": NASTY, "embedding_model": NASTY, "not_run": [NASTY], "packages": {NASTY: NASTY}}
    named = metrics(**{NASTY: scores(files={NASTY: scores()["files"]["hoshi.pdf"]}, snapshot=NASTY)})
    told = html(config, named, [one], compared)
    drawn = BeautifulSoup(told, "lxml")
    assert drawn.select("img, script") == []
    assert [tag for tag in drawn.find_all(True) if any(name.startswith("on") for name in tag.attrs)] == []
    assert "太字" not in drawn.style.get_text()
    assert len(drawn.select("style")) == 1
    assert "<b>太字" not in told
    assert words(drawn).count("<b>太字</b>") > 10, "it is shown as what it is"


def test_the_page_forbids_and_needs_nothing_from_elsewhere():
    told = html(records=[record()], compared=comparison())
    policy = BeautifulSoup(told, "lxml").select_one("meta[http-equiv]")["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    alone = re.sub(r"data:image/png;base64,[\w+/=]+", "", told)
    assert not re.search(r"https?:|//|@import|url\(|<script|<link", alone)


@pytest.mark.parametrize("name", ["report", "星ヶ原"])
def test_the_filters_name_the_types_and_faults_there_are(name):
    records = [
        record("h1", set=name),
        record("h2", set=name, expected={"type": "date"}, verdict={"answered": False}),
    ]
    drawn = soup(measured=metrics(**{name: scores()}), records=records)
    assert [words(option) for option in drawn.select("#by-type option")] == ["すべて", "数値（1）", "日付（1）"]
    assert [words(o) for o in drawn.select("#by-fault option")] == [
        "すべて",
        "内容が違う（1）",
        "「記載なし」とした（1）",
    ]
    assert drawn.select("#by-set") == []
    assert {"type-date", "fault-declined", "set-1"} < set(drawn.select(".case")[1]["class"])
