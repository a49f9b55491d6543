"""What a report says of a run: the verdict, the headline, the parts, and why an answer is wrong."""

import pytest

from eval.baseline import said
from eval.reports import names, view
from eval.reports.terminal import render_comparison
from tests.eval.reports.runs import DROP, INVENTED, RIGHT, change, comparison, older, pair, record, scores


def test_without_a_baseline_the_verdict_is_open_to_doubt():
    assert view.verdict({"hoshi": scores()}, None).state == "unknown"


def test_what_must_not_occur_shuts_the_gate_even_without_a_baseline():
    found = view.verdict({"hoshi": scores(quotes_not_verbatim=3)}, None)
    assert (found.state, found.title) == ("shut", "不合格：あってはならない答えがあります")
    assert found.reasons == ("hoshi: 原文どおりでない引用 3件",)


def test_the_verdict_says_which_of_both_shuts_the_gate():
    found = view.verdict({"hoshi": scores()}, comparison(failures=(DROP,)))
    assert found.title == "不合格：基準より悪くなりました"
    assert found.reasons == ("hoshi: 正答率 90.0% → 70.0%（偶然とはいえない後退）",)
    both = view.verdict({"hoshi": scores()}, comparison(failures=(INVENTED, DROP)))
    assert both.title == "不合格：基準より悪くなりました。あってはならない答えがあります"


def test_an_open_gate_still_says_what_was_not_compared():
    found = view.verdict({}, comparison(left_out={"hoshi": list("abcdefg")}, unknown=("kawa",), not_run=("yama",)))
    assert found.state == "open"
    assert found.notes == (
        "kawa: 基準にない質問集です。比べていません。",
        "yama: 基準にありますが、今回は実行していません。",
        "hoshi: 基準のときから変わった質問が7問あり、比べていません（a、b、c、d、e ほか2）。",
    )


def test_nothing_in_common_with_the_baseline_is_no_pass():
    assert view.verdict({}, comparison(paired=(), unknown=("hoshi",))).state == "unknown"


def test_the_headline_counts_answers_and_traps_apart():
    marks = {mark.name: mark for mark in view.headline("hoshi", scores(errors=1), comparison())}
    assert (marks["正しく答えた"].count, marks["正しく答えた"].of) == (7, 10)
    assert (marks["出典も正しい"].count, marks["誤って「記載なし」"].count) == (6, 1)
    assert (marks["一つに決められない"].count, marks["一つに決められない"].of) == (1, 10)
    assert (marks["答えのない質問に答えなかった"].count, marks["答えのない質問に答えなかった"].of) == (3, 4)
    assert (marks["答えたうち正しい"].count, marks["答えたうち正しい"].of) == (7, 9)
    assert (marks["確度「高」のうち正しい"].count, marks["確度「高」のうち正しい"].of) == (3, 3)
    assert marks["正しく答えた"].change == "−20.0ポイント"
    assert marks["出典も正しい"].change is None, "it was not compared"
    assert [mark.name for mark in marks.values() if mark.bad] == ["エラー"]


def test_a_set_of_traps_only_has_no_share_of_right_answers():
    only = scores(answerable=0, types={"unanswerable": scores()["types"]["unanswerable"]})
    assert next(mark.name for mark in view.headline("hoshi", only, None)) == "答えのない質問に答えなかった"


def test_the_types_of_all_sets_are_added_up_in_one_order():
    parts = view.by_type({"hoshi": scores(), "kawa": scores()}, comparison(changes=(change(), change("h2", "fixed"))))
    assert [part.name for part in parts] == ["number", "date", "unanswerable"]
    assert (parts[0].questions, parts[0].right, parts[0].cited, parts[0].declined) == (16, 12, 10, 4)
    assert (parts[0].unsure, parts[0].absent, parts[0].candidate) == (2, 2, 12)
    assert (parts[0].broken, parts[0].fixed, parts[1].broken) == (1, 1, 0)
    assert parts[0].share == 0.75


def test_changes_of_another_set_are_not_counted_with_this_one():
    elsewhere = comparison(changes=(change(set="kawa"),))
    assert view.by_type({"hoshi": scores()}, elsewhere)[0].broken == 0
    assert view.by_file("hoshi", scores(), [record()], elsewhere)[0].broken == 0


def test_a_document_knows_the_questions_that_broke_on_it():
    parts = view.by_file("hoshi", scores(), [record(), RIGHT], comparison())
    assert [(part.name, part.questions, part.right, part.broken) for part in parts] == [
        ("hoshi.pdf", 9, 6, 1),
        ("hoshi.txt", 2, 1, 0),
    ]


def test_an_older_run_has_no_documents_and_no_steps():
    bare = {key: value for key, value in older(scores()).items() if key not in ("files", "retrieve_p50_ms")}
    assert view.by_file("hoshi", bare, [], None) == []
    assert view.times(bare) == {"total": (47.6, 101.9)}
    assert dict(view.more(bare))["ブライアスコア"] == "－"


def test_an_older_run_says_what_it_has_not_measured_and_called_every_silence_an_absence():
    marks = {mark.name: mark for mark in view.headline("hoshi", older(scores()), None)}
    assert [(name, mark.share) for name, mark in marks.items() if mark.count is None] == [
        ("答えたうち正しい", None),
        ("確度「高」のうち正しい", None),
        ("一つに決められない", None),
    ]
    assert marks["誤って「記載なし」"].count == 2
    assert view.promises_of(older(scores())) == []
    assert set(view.reach(older(scores())).values()) == {None}


def test_several_sets_count_as_one_each_share_weighed_by_its_questions():
    other = scores(answerable=30, unsure=0.2, unsure_shown=0.5, in_passages=0.4, p95_ms=900.0)
    whole = view.together({"hoshi": scores(), "kawa": other, "yama": older(scores())})
    assert whole["in_passages"] == pytest.approx((0.8 * 10 + 0.4 * 30) / 40)
    assert whole["unsure_shown"] == pytest.approx((1.0 * 1 + 0.5 * 6) / 7)
    assert whole["p95_ms"] == 900.0
    high, *_ = view.promises_of(whole)
    assert (high.share, high.count) == (1.0, 6)
    assert {mark.name: mark.count for mark in view.headline("*", whole, None)}["正しく答えた"] == 21


def test_a_scorecard_that_measures_nothing_is_marked():
    assert view.standing(scores()) is None, "one's own papers"
    assert [view.standing(scores(standing=one))[0] for one in ("初回", "既読", "封印")] == ["初見", "既読", "封印"]


@pytest.mark.parametrize(("why", "words"), list(names.ONLY_READ.items()))
def test_a_gain_on_known_questions_alone_is_told_first(why, words):
    assert view.notes_of(comparison(only_read=why, unknown=("kawa",)))[0] == words
    assert words in render_comparison(comparison(only_read=why))


def test_a_leg_that_beats_the_fusion_is_named():
    assert view.weaker_fusion(scores()["retrieval"]) == [("keyword", "mrr", 0.85, 0.8)]
    assert view.weaker_fusion({}) == []


def test_all_sets_together_are_compared_first_and_what_did_not_move_is_left_out():
    rows = (pair(), pair("cited", better=0, worse=0), pair(set="*unread"), pair(set="*"))
    assert [(one.set, one.measure) for one in view.moved(comparison(paired=rows))] == [
        ("*", "right"),
        ("*unread", "right"),
        ("hoshi", "right"),
    ]


@pytest.mark.parametrize(("low", "high", "bound"), [(-0.034, 0.01, 0.05), (0.0, 0.0, 0.01), (-0.7, 0.2, 1.0)])
def test_the_axis_of_the_intervals_reaches_to_a_round_share(low, high, bound):
    assert view.bound([pair(before=0.5, after=0.5, low=low, high=high)]) == bound


LONG = "一般会計の予算は、前の年度より少し増えた。"  # longer answers are only kept as a fingerprint


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("507企業", "549企業", "507企業"),
        ("0123456789ab (57)", "549企業", "（57字の答え。基準には全文がありません）"),
        ("", "549企業", "（答えなし）"),
        ("507企業(令和6年)", "507企業（令和6年）", "（今回と同じ答え。採点が変わりました）"),
        (said({"answer": LONG * 2}), LONG * 2, "（今回と同じ答え。採点が変わりました）"),
    ],
)
def test_the_answer_of_the_baseline_is_told_as_far_as_it_is_known(before, after, words):
    assert view.words_before(change(before=before, after=after)) == words


@pytest.mark.parametrize(
    ("verdict", "expected", "code"),
    [
        ({}, {}, "wrong"),
        ({"answered": False}, {}, "declined"),
        ({"right": True}, {}, "uncited"),
        ({"too_long": True}, {}, "too_long"),
        ({}, {"answerable": False}, "invented"),
        ({"answered": False, "error": "Traceback"}, {}, "error"),
    ],
)
def test_each_way_to_be_wrong_has_its_word(verdict, expected, code):
    one = record(verdict=verdict, expected=expected)
    assert view.fault(one) == code
    assert view.is_wrong(one)
    assert view.why(one)[0] == names.FAULTS[code][1]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ({"candidate": True, "in_passages": True}, "候補に正しい答えがありました。"),
        ({"candidate": False, "in_passages": True}, "示した箇所に正しい答えがありました。"),
        ({"candidate": False, "in_passages": False}, "候補にも、示した箇所にも、正しい答えはありませんでした。"),
    ],
)
def test_what_was_not_settled_on_is_no_denial_and_tells_what_was_in_sight(verdict, words):
    one = record(verdict={"answered": False} | verdict, status="unsure")
    assert view.fault(one) == "unsure"
    assert words in view.why(one)


def test_a_wrong_answer_tells_how_far_the_search_had_come():
    assert view.why(record())[-1] == "検索では、正しい箇所が2番目に見つかっていました。"
    nowhere = record(first_relevant={"fused": None, "reranked": None})
    assert view.why(nowhere)[-1] == "検索では、正しい箇所が10番目までに見つかりませんでした。"
    told = view.why(record(verdict={"unsupported": ["999"], "bad_quotes": 1, "luck": "figure"}))
    assert "出典にない数字を含みます: 999" in told
    assert "原文と違う引用が1件あります。" in told
    assert "正しい答えの文字は含みますが、別のことを言っています。" in told


def test_what_got_worse_comes_first_among_the_wrong_answers():
    records = [record("a"), RIGHT, record("b"), record("c")]
    compared = comparison(changes=(change("c"), change("a", "changed")))
    assert [one["id"] for one in view.wrong(records, compared)] == ["c", "a", "b"]
    assert [one["id"] for one in view.wrong(records, None)] == ["a", "b", "c"]
