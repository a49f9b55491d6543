"""The page 成績: what its words say of the figures, and each of its states drawn by Streamlit without a browser."""

from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from eval import dataset
from eval.run import Stage
from tests.ui.conftest import shown
from tests.ui.fake_api import FakeApi, baseline, measured, problem, record, run, scores
from ui import marks
from ui.marks import EVERY, READ, UNREAD, Marks, choices, sets_of, types_of, whose
from ui.scorecard import baseline_of, build_html, details_html, glance_html, types_html, version_html
from ui.versions import chart, history, history_html
from ui.wrong import FAULTS, fault, why, wrong_html


def script(client):
    from ui.scorecard import page

    page(client)


@pytest.fixture
def api() -> FakeApi:
    api = FakeApi()
    older = run("20261101-000000", time="2026-11-01T00:00:00+00:00", commit="aaaaaaaaaaaa")
    api.runs = [run(sets={"sample": scores(9), "seeds": scores(5)}), older, baseline()]
    api.wrong = [
        record(1),
        record(2, verdict={"answered": False, "covered": False}, answer="資料に記載がありません", citations=[]),
        record(3, expected={"type": "date"}, set="seeds"),
    ]
    return api


@pytest.fixture
def app(api) -> AppTest:
    return AppTest.from_function(script, args=(api.client,), default_timeout=20)


# --- figures -------------------------------------------------------------------------------------------------------


def test_the_sets_are_counted_together_and_traps_apart_from_answers():
    marks = Marks.of([scores(9), scores(5, unsupported_answers=2, p95_ms=2000.0)])
    assert (marks.questions, marks.answerable, marks.right, marks.cited) == (24, 20, 14, 12)
    assert (marks.traps, marks.declined, marks.wrongly_declined) == (4, 2, 2)
    assert (marks.unsupported, marks.misquoted, marks.median_ms, marks.slow_ms) == (2, 0, 64.2, 2000.0)


def test_what_was_not_settled_on_and_what_was_sure_are_counted_over_all_sets():
    marks = Marks.of([measured(7), measured(8)])
    assert (marks.right_given, marks.given) == (15, 17)
    assert (marks.right_high, marks.high, marks.promised) == (11, 11, 0.95)
    assert (marks.unsure, marks.shown, marks.wrongly_declined) == (3, 3, 2)
    mixed = Marks.of([measured(8), scores(8)])
    assert (mixed.given, mixed.unsure) == (None, None), "an older evaluation did not count them"


def test_the_page_says_what_is_right_of_the_answers_and_whether_confidence_keeps_its_word():
    page = glance_html(Marks.of([measured(7)]))
    assert "<b>7</b> / 8問<span>（88%）</span>" in page
    assert "<b>5</b> / 5問<span>（100%）</span>" in page
    assert "「高」は、95%以上が正しいという約束です。約束どおりです。" in page
    assert "うち 2問は、その中に正しい答えがありました。" in page
    broken = measured(7, promises=[{"word": "高", "share": 0.8, "count": 5, "least": 0.95, "kept": None}])
    assert "まだ約束に届いていません。" in glance_html(Marks.of([broken]))
    none = measured(7, promises=[{"word": "高", "share": None, "count": 0, "least": 0.95, "kept": None}])
    assert "<b>0</b> 問" in glance_html(Marks.of([none]))


def test_an_older_evaluation_shows_a_dash_for_what_it_did_not_count():
    page = glance_html(Marks.of([scores(7)]))
    assert page.count("<b>－</b><span>（この評価では数えていません）</span>") == 3
    assert types_html(types_of([scores(7)])).count("<td>－</td>") == 4, "also each type's unsettled ones"
    assert "示した中に" not in details_html({"sample": scores(7)})
    assert "示した中に" in details_html({"sample": measured(7)})


def test_a_type_tells_what_was_not_settled_on_from_what_was_denied():
    assert "<td>6</td><td>2</td><td>1</td><td>0</td>" in types_html(types_of([measured(7)]))


def test_a_baseline_has_no_speed_to_show():
    assert "速さ" in glance_html(Marks.of([scores()]))
    assert "速さ" not in glance_html(Marks.of(baseline()["sets"].values()))


def test_each_number_says_how_far_it_is_from_the_baseline():
    asked = {"questions_sha256": "0123"}
    kept = baseline(sets={"sample": scores(7, **asked)})
    now = run(sets={"sample": scores(9, **asked)})
    page = glance_html(Marks.of(now["sets"].values()), baseline_of(now, now["sets"], [now, kept]))
    assert page.count("基準から +2問") == 2, "right, and from the right place"
    assert page.count("基準と同じ") == 2, "declined, rightly and wrongly"
    kept["sets"]["sample"] = measured(7, **asked)
    settled = run(sets={"sample": measured(8, **asked)})
    page = glance_html(Marks.of(settled["sets"].values()), baseline_of(settled, settled["sets"], [settled, kept]))
    assert "基準から −1問" in page, "of those not settled on"
    worse = run(sets={"sample": scores(5, **asked)})
    assert "基準から −2問" in glance_html(Marks.of(worse["sets"].values()), baseline_of(worse, worse["sets"], [kept]))


def test_other_questions_are_not_compared_with_the_baseline():
    kept = baseline(sets={"sample": scores(7, questions_sha256="0123")})
    for sets in ({"sample": scores(questions_sha256="4567")}, {"seeds": scores(questions_sha256="0123")}):
        assert baseline_of(run(sets=sets), sets, [kept]) is None
    assert baseline_of(run(), run()["sets"], [baseline()]) is None, "neither says what it was asked"
    assert baseline_of(kept, kept["sets"], [kept]) is None
    assert "基準から" not in glance_html(Marks.of([scores()]))


def test_the_baseline_says_since_when_and_why_it_is_one():
    why = {"reason": "<i>表の読み方を直した</i>", "time": "2026-11-23T08:37:18+00:00", "commit": "d5b66b6a47e8"}
    page = version_html(kept := baseline(sets={"sample": scores(**why)}), kept["sets"])
    assert "2026/11/23 17:37" in page
    assert "d5b66b6a" not in page
    assert "理由: &lt;i&gt;表の読み方を直した&lt;/i&gt;" in page
    assert "理由" not in version_html(baseline(), baseline()["sets"])


def test_every_stage_of_the_search_has_its_words():
    found = scores()["retrieval"]["fused"]
    page = details_html({"sample": scores(retrieval=dict.fromkeys(get_args(Stage), found))})
    assert page.count('<th scope="row">') == 4
    assert not [stage for stage in get_args(Stage) if stage in page]


def test_what_must_not_happen_is_marked_with_words_when_it_does():
    assert "tk-bad" not in glance_html(Marks.of([scores()]))
    page = glance_html(Marks.of([scores(quotes_not_verbatim=3)]))
    assert "<b>3</b> 件<span>（要確認）</span>" in page
    assert page.count("tk-bad") == 1


@pytest.mark.parametrize(
    ("share", "words"), [(1.0, "100%"), (0.998, "99%"), (0.0, "0%"), (0.001, "1%"), (0.885, "88%"), (None, "－")]
)
def test_only_all_is_a_hundred_percent(share, words):
    assert marks.percent(share) == words


@pytest.mark.parametrize(("ms", "words"), [(4.0, "0.01秒未満"), (64.2, "0.06秒"), (1240.0, "1.2秒")])
def test_a_time_is_told_in_seconds(ms, words):
    assert marks.seconds(ms) == words


def test_types_come_in_one_order_with_their_japanese_names():
    assert list(types_of([scores()])) == ["number", "unanswerable"]
    assert tuple(marks.TYPES) == dataset.TYPES


def test_the_history_runs_from_the_baseline_to_the_newest_and_keeps_evaluations_of_one_minute_apart():
    points = history([run("c"), run("b"), baseline()])
    assert [point["when"] for point in points] == ["基準", "2026/11/23 17:37", "2026/11/23 17:37（2）"]
    assert [point["share"] for point in points] == [0.7, 0.8, 0.8]


def test_the_chart_tells_sets_apart_by_shape_and_stroke_too():
    drawn = chart(history([run(sets={"sample": scores(), "seeds": scores(5)}), baseline()])).to_dict()
    lines, dots = (layer["encoding"] for layer in drawn["layer"])
    assert len(set(map(str, lines["strokeDash"]["scale"]["range"]))) == 2
    assert len(set(dots["shape"]["scale"]["range"])) == 2


# --- whose papers --------------------------------------------------------------------------------------------------

BANK = {
    "sample": scores(9, standing="既読"),
    "音の町": measured(7, standing="初回"),
    "海の町": measured(8, standing="初回", title="海の町の計画"),
    "山の町": measured(8, standing="既読"),
}


def test_other_offices_papers_are_shown_together_before_what_the_program_was_made_with():
    asked = run(sets=BANK)
    assert choices(asked) == [UNREAD, READ, "sample", "山の町", "海の町", "音の町", EVERY]
    assert list(sets_of(asked, UNREAD)) == ["音の町", "海の町"]
    assert list(sets_of(asked, "山の町")) == ["山の町"]
    assert list(sets_of(asked, EVERY)) == list(BANK)
    own = run(sets=BANK | {"総務課": scores(5)})
    assert choices(own)[:3] == ["総務課", UNREAD, READ]
    assert choices(run(sets={"sample": scores(9), "seeds": scores(5)})) == [EVERY, "sample", "seeds"]


def test_a_set_says_whose_papers_it_is_about():
    named = {name: marks.set_name(name, one) for name, one in BANK.items()}
    assert named["sample"] == "見本資料"
    assert named["音の町"] == "ほかの自治体・省庁の資料（初見）: 音の町"
    assert named["海の町"] == "ほかの自治体・省庁の資料（初見）: 海の町の計画"
    assert named["山の町"] == "ほかの自治体・省庁の資料（既読）: 山の町"
    assert marks.set_name("総務課", scores()) == "お手元の資料（総務課）"
    assert marks.marked_name("総務課", scores()) == "お手元の資料（総務課）"
    assert [marks.marked_name(name) for name in ("sample", "seeds")] == [
        "見本資料（既読）",
        "点検用の資料（seeds・既読）",
    ]


def test_sets_that_are_counted_together_are_named_once():
    page = version_html(asked := run(sets=BANK), asked["sets"])
    assert (
        "質問集　ほかの自治体・省庁の資料（初見） 24問、ほかの自治体・省庁の資料（既読） 12問、見本資料（既読） 12問"
        in page
    )


def test_many_sets_are_rows_of_one_table_among_the_details():
    page = details_html(BANK)
    assert page.count("<table>") == 2
    assert page.count("ほかの自治体・省庁の資料（初見）: 音の町") == 2


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["音の町", "海の町"], "（初見）の成績です。お手元の資料の成績ではありません。答えを見て手直ししたことのない"),
        (["山の町"], "（既読）の成績です。お手元の資料の成績ではありません。作るときに見た質問（既読）なので、"),
        (["sample"], "これは見本資料の成績です。お手元の資料の成績ではありません。作るときに見た質問（既読）なので、"),
        (["音の町", "山の町"], "作るときに見た質問（既読）を含むので、実力の目安にはなりません。"),
    ],
)
def test_a_figure_over_questions_that_were_learned_from_is_told_to_be_no_measure(names, said):
    told = whose({name: BANK[name] for name in names})
    assert said in told
    assert ("目安になります" in told) == (names == ["音の町", "海の町"])


def test_ones_own_papers_need_no_such_word():
    assert whose({"総務課": scores()}) == "お手元の資料の成績です。"
    assert "含むので" not in whose({"総務課": scores(), "音の町": BANK["音の町"]})


def test_the_history_counts_other_offices_papers_together():
    runs = [run("b", sets=BANK), run("a", sets={name: one | {"standing": "初回"} for name, one in BANK.items()})]
    points = {(point["when"], point["set"]): point["share"] for point in history(runs)}
    assert points["2026/11/23 17:37（2）", "ほかの資料（初見）"] == 15 / 20
    before = points["2026/11/23 17:37", "ほかの資料（初見）"]
    assert before == pytest.approx(23 / 30), "one of them was not learned from yet"
    assert "<b>75%</b><small>15 / 20問</small>" in history_html(runs)


# --- wrong answers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "wrong"),
        ({"answered": False}, "declined"),
        ({"answered": False, "candidate": True}, "unsure"),
        ({"too_long": True}, "too_long"),
        ({"right": True}, "uncited"),
        ({"answerable": False}, "invented"),
        ({"answered": False, "error": "Traceback …"}, "error"),
    ],
)
def test_each_way_to_be_wrong_has_its_word(changes, code):
    one = record(verdict=changes, status="unsure" if code == "unsure" else "not_found")
    assert fault(one) == code
    assert why(one)[0] == FAULTS[code][1]


def test_a_wrong_value_says_whether_its_place_is_right_and_which_figures_stand_nowhere():
    assert "出典の箇所は合っています。" in why(record())
    told = why(record(verdict={"covered": False, "unsupported": ["999"], "bad_quotes": 1}))
    assert "出典も、正しい箇所を示していません。" in told
    assert "出典にない数字を含みます: 999" in told
    assert "原文と違う引用が 1 件あります。" in told


def test_a_wrong_answer_stands_beside_the_right_one_with_both_places_and_nothing_is_taken_for_html():
    page = wrong_html(record(answer="<b>141件</b>", expected={"question": "<i>何件</i>", "note": "<u>注</u>"}))
    assert "&lt;b&gt;141件" in page
    assert "<i>" not in page
    assert "<u>" not in page
    assert "<li>gaiyou.pdf　p.3<q>相談件数は2,776件</q></li>" in page
    assert "<li>gaiyou.pdf　p.3（印刷ページ 5）<q>相談件数は2,776件（令和6年1月末現在）となっている。</q></li>" in page


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ({"candidate": True}, "候補に正しい答えがありました。"),
        ({"candidate": False, "in_passages": True}, "示した箇所に正しい答えがありました。"),
        ({"candidate": False, "in_passages": False}, "候補にも、示した箇所にも、正しい答えはありませんでした。"),
    ],
)
def test_what_was_only_offered_stands_there_with_its_candidates(verdict, words):
    offers = [{"text": "<b>141件</b>", "citation": 1, "confidence": 0.4}]
    page = wrong_html(record(verdict={"answered": False} | verdict, status="unsure", candidates=offers))
    assert words in page
    assert "<li>&lt;b&gt;141件&lt;/b&gt;</li>" in page
    assert "一つに決めなかった" in page


def test_a_wrong_answer_names_the_papers_that_its_set_is_about():
    assert "質問集 ほかの自治体・省庁の資料（初見）: 音の町・s001" in wrong_html(record(set="音の町"), BANK)


def test_a_question_that_broke_the_program_is_shown_without_an_answer():
    broken = record(verdict={"answered": False, "error": "Traceback (most recent call last)"})
    page = wrong_html({key: broken[key] for key in ("id", "question", "set", "expected", "verdict")})
    assert "（答えなし）" in page
    assert "Traceback" not in page


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_newest_evaluation_stands_there_with_all_its_sets(app, api):
    page = shown(app.run())
    assert "<b>14</b> / 20問<span>（70%）</span>" in page
    assert "これは見本資料と点検用の資料（seeds）の成績です。お手元の資料の成績ではありません。" in page
    assert "d5b66b6a" not in page, "it stands among the details, for who opens them"
    assert "プログラムの識別番号　d5b66b6a＋変更あり" in build_html(api.runs[0], api.runs[0]["sets"])
    assert "評価した日時　2026/11/23 17:37" in page
    assert "検索モデル　標準" in page
    assert page.count("tk-wrong") == 3
    assert len(app.get("vega_lite_chart")) == 1
    assert api.asked("GET", "/v1/evaluations/20261123-083555") == 1
    shown(app.run())
    assert api.asked("GET", "/v1/evaluations/20261123-083555") == 1, "an evaluation never changes"


def test_the_scores_of_ones_own_papers_come_first_and_it_is_said_whose_they_are(app, api):
    api.runs = [run(sets={"sample": scores(9), "総務課": scores(5)})]
    page = shown(app.run())
    assert "お手元の資料の成績です。" in page
    assert "<b>5</b> / 10問" in page
    assert app.selectbox(key="set-20261123-083555").options == [
        "お手元の資料（総務課）",
        "見本資料（既読）",
        "すべて合わせて",
    ]
    app.selectbox(key="set-20261123-083555").set_value(EVERY).run()
    assert "お手元の資料と、ほかの資料を合わせた成績です。作るときに見た質問（既読）を含むので" in shown(app)


def test_a_group_of_sets_is_shown_with_its_wrong_answers_alone(app, api):
    api.runs = [run(sets=BANK)]
    api.wrong = [record(1, set="音の町"), record(2, set="山の町"), record(3, set="sample")]
    page = shown(app.run())
    assert "これはほかの自治体・省庁の資料（初見）の成績です。" in page
    assert "<b>15</b> / 20問" in page
    assert [f"質問 {n}" in page for n in (1, 2, 3)] == [True, False, False]


def test_set_type_and_fault_narrow_the_wrong_answers(app):
    app.run()
    app.selectbox(key=f"kind-20261123-083555-{EVERY}").set_value("date").run()
    assert "相談件数の質問 3" in shown(app)
    assert "相談件数の質問 1" not in shown(app)
    app.selectbox(key=f"kind-20261123-083555-{EVERY}").set_value(EVERY).run()
    app.selectbox(key=f"fault-20261123-083555-{EVERY}").set_value("declined").run()
    assert [f"質問 {n}" in shown(app) for n in (1, 2, 3)] == [False, True, False]
    app.selectbox(key="set-20261123-083555").set_value("seeds").run()
    page = shown(app)
    assert "<b>5</b> / 10問" in page
    assert [f"質問 {n}" in page for n in (1, 2, 3)] == [False, False, True]


def test_an_earlier_version_and_the_baseline_can_be_looked_at(app, api):
    app.run()
    app.selectbox(key="run").set_value("20261101-000000").run()
    assert "評価した日時　2026/11/01 09:00" in shown(app)
    api.wrong = []
    app.selectbox(key="run").set_value("baseline").run()
    page = shown(app)
    assert "<b>7</b> / 10問" in page
    assert "基準の成績には、一問ごとの記録がありません" in page


def test_many_wrong_answers_come_in_pieces(app, api):
    api.wrong = [record(n) for n in range(25)]
    page = shown(app.run())
    assert page.count("tk-wrong") == 10
    assert "25 件のうち 1–10 件目" in page
    key = f"wrong-{EVERY}-{EVERY}"
    assert app.button(key=f"{key}-before").disabled
    app.button(key=f"{key}-after").click().run()
    app.button(key=f"{key}-after").click().run()
    assert shown(app).count("tk-wrong") == 5
    assert "25 件のうち 21–25 件目" in shown(app)
    assert app.button(key=f"{key}-after").disabled


def test_without_any_evaluation_the_page_says_how_to_make_one(app, api):
    api.runs = []
    page = shown(app.run())
    assert "まだ評価がありません" in page
    assert "<pre>tenkyo eval</pre>" in page


def test_a_page_without_server_says_so(app, api):
    api.down = True
    assert "サーバーに接続できません" in shown(app.run())


def test_an_evaluation_that_cannot_be_read_leaves_its_scores_standing(app, api):
    answered = api._respond
    gone = problem(500, "記録を読めません。")
    api._respond = lambda r: gone if r.url.path.startswith("/v1/evaluations/") else answered(r)
    app = AppTest.from_function(script, args=(api.client,), default_timeout=20)
    page = shown(app.run())
    assert "記録を読めません。" in page
    assert "<b>14</b> / 20問" in page
