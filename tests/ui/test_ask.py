"""The conversation, drawn by Streamlit without a browser or a port."""

import json
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import ask, shown, whole_page
from tests.ui.fake_api import PDF, PLAIN, FakeApi, answer, citation, not_found, problem, text_citation, unsure
from ui import address, render, scope
from ui.turn import Turn

SERIES = [
    {"as_of": "2023-01-31", "value": "1,980件", "unit": "件", "citation": 2},
    {"as_of": "2024-01-31", "value": "2,776件", "unit": "件", "citation": 1},
]
NEWER = [*SERIES, {"as_of": "2025-01-31", "value": "3,012件", "unit": "件", "citation": 2}]


def bodies(api: FakeApi) -> list[dict]:
    """Return what was asked of the API, oldest first."""
    return [json.loads(r.content) for r in api.requests if r.url.path == "/v1/ask"]


def pictures(app: AppTest) -> int:
    return len(app.get("image")) + len(app.get("imgs"))


def test_the_first_sight_offers_the_collection_and_questions_it_answers(app):
    page = shown(app.run())
    assert "<b>2</b>件" in page
    assert "<b>9</b>ページ" in page
    assert app.chat_input[0].placeholder == "質問を入力"
    assert [app.button(key=f"example-{i}").label for i in range(2)] == [
        "相談件数は何件ですか",
        r"人口は \*何人\* ですか",
    ]


def test_an_example_is_asked_as_it_stands(app, api):
    app.run()
    app.button(key="example-1").click().run()
    assert "<h2>人口は *何人* ですか</h2>" in shown(app)
    assert api.asked("POST", "/v1/ask") == 1


def test_an_answer_comes_with_date_citations_passages_and_the_first_citations_page(app):
    page = ask(app.run())
    assert "2,776件（令和6年1月末現在）" in page
    assert "いつの数字か　令和6年1月31日（2024年）" in page
    assert "確度　高" in page
    assert "p.3（印刷ページ 5）" in page
    assert "相談件数は2,776件" in page
    assert pictures(app) == 1
    assert [e.label for e in app.expander if "関連箇所" in e.label] == ["ほかの関連箇所（1件）"]
    assert page.index("tk-answer") < page.index("tk-citation")


def test_a_click_on_a_citation_shows_its_page_and_asks_nothing_again(app, api):
    ask(app.run())
    app.button(key="show-0-c2").click().run()
    page = shown(app)
    assert "<mark>人口\t48,210人\t47,655人</mark>" in page
    assert "2,776件（令和6年1月末現在）" in page
    assert pictures(app) == 0
    assert api.asked("POST", "/v1/ask") == 1
    app.button(key="show-0-c1").click().run()
    assert pictures(app) == 1
    assert api.asked("GET", f"/v1/documents/{PDF['id']}/pages/3/image") == 1, "the picture is kept"


def test_a_page_that_cannot_be_had_is_said_beside_the_answer(app, api):
    api.reply = answer(citations=[citation(document_id="ffffffffffffffff", boxes=None)])
    page = ask(app.run())
    assert "その資料はありません" in page
    assert "2,776件" in page


def unfold(app: AppTest, name: str) -> str:
    app.session_state[name] = True
    app.run()
    return shown(app)


def test_earlier_questions_stay_folded_and_their_answers_are_there_once_unfolded(app, api):
    ask(app.run(), "一つ目の *質問*")
    page = ask(app, "二つ目の質問")
    earlier = next(e for e in app.expander if "一つ目" in e.label)
    assert earlier.label == r"一つ目の \*質問\*"
    assert not earlier.proto.expanded
    assert "<h2>二つ目の質問</h2>" in page
    assert page.count('class="tk-answer"') == 1
    assert unfold(app, "turn-0").count('class="tk-answer"') == 2
    assert api.asked("POST", "/v1/ask") == 2


def test_a_place_of_an_earlier_answer_can_still_be_shown(app, api):
    ask(app.run(), "一つ目")
    ask(app, "二つ目")
    unfold(app, "turn-0")
    app.button(key="show-0-c2").click().run()
    assert pictures(app) == 1
    assert "<mark>人口" in shown(app)
    assert api.asked("POST", "/v1/ask") == 2


def test_not_found_names_what_is_missing_and_offers_the_nearest_places(app, api):
    api.reply = not_found()
    page = ask(app.run())
    assert "資料に記載がありません" in page
    assert "好物" in page
    assert "近い内容の箇所" in page
    assert "48,210人" in page
    assert "確度" not in page


def test_an_unsure_answer_shows_its_candidates_then_their_places_then_the_passages(app, api):
    api.reply = unsure()
    page = ask(app.run())
    assert "一つに決められません" in page
    assert "確度" not in page
    assert "候補の箇所" in page
    assert ">出典</h3>" not in page
    labels = [app.button(key=f"show-0-c{n}").label for n in (1, 2, 3)]
    assert [label[:3] for label in labels] == ["候補1", "候補1", "候補2"]
    assert [e.label for e in app.expander if "関連箇所" in e.label] == ["ほかの関連箇所（1件）"]
    assert next(e for e in app.expander if "関連箇所" in e.label).proto.expanded
    assert "候補と箇所をコピー" in page
    assert pictures(app) == 1, "the first candidate's page is open"
    app.button(key="show-0-c2").click().run()
    assert "<mark>人口\t48,210人\t47,655人</mark>" in shown(app)


def test_an_unsure_answer_without_candidates_shows_the_nearest_passages(app, api):
    api.reply = unsure(candidates=[], citations=[])
    page = ask(app.run())
    assert "関係のありそうな箇所</h3>" in page
    assert "<mark>人口\t48,210人\t47,655人</mark>" in page, "the page of the first one"


def test_a_follow_up_of_an_unsure_answer_follows_its_question(app, api):
    api.reply = unsure()
    ask(app.run(), "令和5年度の相談は何件ありましたか")
    api.reply = answer()
    ask(app, "では令和4年度は？")
    assert bodies(api)[-1]["after"] == "令和5年度の相談は何件ありましたか"
    assert app.query_params["q"] == ["令和5年度の相談は何件ありましたか", "では令和4年度は？"]


def test_an_unsure_answer_of_some_papers_can_be_asked_of_all(app, api):
    app.run()
    app.multiselect(key="scope-documents").set_value([PLAIN["id"]]).run()
    api.reply = unsure(scope={"documents": [PLAIN["id"]]}, searched=1)
    ask(app)
    app.button(key="widen-0").click().run()
    assert bodies(api)[-1]["scope"] is None


def test_not_found_without_any_passage_is_a_page_all_the_same(app, api):
    api.reply = not_found(passages=[])
    assert "資料に記載がありません" in ask(app.run())


def test_a_refused_question_shows_the_reason_and_the_next_one_goes_through(app, api):
    api.reply = problem(422, "質問が長すぎます（900文字）。500文字以内に縮めてください。", "900 > 500")
    page = ask(app.run(), "あ" * 900)
    assert "質問が長すぎます（900文字）。500文字以内に縮めてください。" in page
    assert "900 &gt; 500" not in page, "the exact English is for programmers"
    api.reply = answer()
    assert "2,776件" in ask(app)


def test_a_blank_question_is_not_sent(app, api):
    ask(app.run(), "　 ")
    assert api.asked("POST", "/v1/ask") == 0


def test_the_next_question_is_sent_with_the_one_before(app, api):
    ask(app.run(), "令和5年度の相談件数は何件ですか")
    ask(app, "では令和4年度は？")
    first, second = bodies(api)
    assert first["after"] is None
    assert second == {
        "question": "では令和4年度は？",
        "scope": None,
        "after": "令和5年度の相談件数は何件ですか",
        "as_typed": False,
    }


def test_a_follow_up_shows_how_it_was_understood_and_the_next_one_follows_that(app, api):
    ask(app.run(), "令和5年度の相談件数は何件ですか")
    api.reply = answer(understood="令和4年度の相談件数は何件ですか")
    page = ask(app, "では令和4年度は？")
    assert "<h2>では令和4年度は？</h2>" in page
    assert "令和4年度の相談件数は何件ですか" in page
    ask(app, "その前は？")
    assert bodies(api)[-1]["after"] == "令和4年度の相談件数は何件ですか"


def test_a_question_that_a_model_made_whole_is_said_to_be_one_and_can_be_asked_as_typed(app, api):
    ask(app.run(), "令和5年度の相談件数は何件ですか")
    whole = "令和5年度の相談は法人でもできますか"
    api.reply = answer(understood=whole, is_rewritten=True)
    page = ask(app, "同じことは法人でもできますか")
    assert f'<span class="tk-tag">AIが補った質問</span> {whole}' in page
    assert "読み取り</span>" not in page
    app.button(key="as-typed-1").click().run()
    asked = {"question": "同じことは法人でもできますか", "scope": None, "after": None, "as_typed": True}
    assert bodies(api)[-1] == asked


def test_what_was_misunderstood_is_put_right_and_asked_as_a_whole_question(app, api):
    ask(app.run(), "令和5年度の相談件数は何件ですか")
    api.reply = answer(understood="令和4年度の相談件数は何件ですか")
    ask(app, "では令和4年度は？")
    api.reply = answer()
    app.text_area(key="mended-1").set_value("令和4年度の移住者数は何人ですか")
    next(b for b in app.button if b.label == "この質問で調べる").click().run()
    assert "<h2>令和4年度の移住者数は何人ですか</h2>" in shown(app)
    # What somebody wrote over what was read is not to be read as something else again.
    asked = {"question": "令和4年度の移住者数は何人ですか", "scope": None, "after": None, "as_typed": True}
    assert bodies(api)[-1] == asked


def test_a_word_that_was_put_right_is_shown_and_the_question_can_be_asked_as_typed(app, api):
    api.reply = answer(understood="セミナーの参加者は何人ですか")
    page = ask(app.run(), "セナミーの参加者は何人ですか")
    assert "<h2>セナミーの参加者は何人ですか</h2>" in page
    assert "セミナーの参加者は何人ですか" in page
    api.reply = answer()
    app.button(key="as-typed-0").click().run()
    asked = {"question": "セナミーの参加者は何人ですか", "scope": None, "after": None, "as_typed": True}
    assert bodies(api)[-1] == asked
    assert app.query_params["t"] == ["", "1"]  # also when the page is loaded again


def test_markers_in_the_answer_lead_to_the_citations(app, api):
    page = ask(app.run())
    assert 'data-show="show-0-c1"' in page
    assert app.button(key="show-0-c1").label.startswith("出典1の")


def test_a_newer_value_is_told_beside_an_older_answer(app, api):
    api.reply = answer(timeline=NEWER)
    page = ask(app.run())
    assert "新しい時点の値があります" in page
    assert "3,012件" in page


@pytest.mark.parametrize(
    "told",
    [
        {"timeline": SERIES},  # the answer is the newest
        {"timeline": NEWER, "type": "temporal"},  # the answer is the whole row
        {"timeline": [*SERIES, {**NEWER[-1], "value": "2,776件"}]},  # unchanged since
        {"timeline": NEWER, "as_of": "2022-01-31"},  # of no date that is known
        {"timeline": [*SERIES, {**NEWER[-1], "as_of": "FY2023"}]},  # of the whole year
    ],
)
def test_nothing_is_told_where_nothing_newer_says_otherwise(app, api, told):
    api.reply = answer(**told)
    assert "新しい時点の値があります" not in ask(app.run())


def test_two_papers_that_contradict_each_other_are_both_told(app, api):
    api.reply = answer(timeline=[*SERIES, {**SERIES[1], "value": "2,767件", "citation": 2}])
    page = ask(app.run())
    notice = page[page.index("tk-notice") :]
    assert "同じ時点の値が、資料によって違います" in notice
    assert "2,776件" in notice
    assert "2,767件" in notice
    api.reply = answer(timeline=[*SERIES, {**SERIES[1], "value": "２，７７６件", "citation": 2}])
    assert "資料によって違います" not in ask(app), "only written differently"


def test_a_question_is_put_to_the_chosen_documents_and_the_answer_says_so(app, api):
    app.run()
    app.multiselect(key="scope-meetings").set_value([PDF["meeting"]]).run()
    api.reply = answer(scope={"meetings": [PDF["meeting"]]}, searched=1)
    page = ask(app)
    assert bodies(api)[-1]["scope"] == {"meetings": [PDF["meeting"]]}
    assert f"対象：{PDF['meeting']}（1件）" in page
    app.button(key="scope-all").click().run()
    ask(app)
    assert bodies(api)[-1]["scope"] is None


def test_the_period_of_the_documents_can_be_narrowed(app, api):
    app.run()
    app.selectbox(key="scope-since").set_value("2024-06").run()
    ask(app)
    assert bodies(api)[-1]["scope"] == {"since": "2024-06"}


def test_a_refusal_names_the_documents_that_were_searched_and_offers_all(app, api):
    app.run()
    app.multiselect(key="scope-documents").set_value([PLAIN["id"]]).run()
    api.reply = not_found(scope={"documents": [PLAIN["id"]]}, searched=1)
    ask(app)
    assert any(e.label == "調べた資料（1件）" for e in app.expander)
    api.reply = answer()
    app.button(key="widen-0").click().run()
    assert bodies(api)[-1]["scope"] is None
    assert "2,776件" in shown(app)


def test_papers_of_one_title_are_told_apart_by_their_meeting(app, api):
    api.documents = [PDF, PDF | {"id": "cccc000011112222", "meeting": "令和6年9月議会"}, PLAIN]
    app.run()
    names = app.multiselect(key="scope-documents").options
    assert names == [
        "令和6年度 若葉市 市政の概況（令和6年6月議会）",
        "令和6年度 若葉市 市政の概況（令和6年9月議会）",
        "若葉市の概況（令和6年（2024年））",
    ]


def test_the_address_holds_the_questions_and_opens_them_again(app, api):
    ask(app.run(), "一つ目の質問")
    ask(app, "二つ目の質問")
    assert app.query_params["q"] == ["一つ目の質問", "二つ目の質問"]
    opened = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    for name, values in app.query_params.items():
        opened.query_params[name] = values
    page = shown(opened.run())
    assert "<h2>二つ目の質問</h2>" in page
    assert [e.label for e in opened.expander if e.key == "turn-0"] == ["一つ目の質問"]
    asked = api.asked("POST", "/v1/ask")
    opened.run()
    assert api.asked("POST", "/v1/ask") == asked, "a rerun asks nothing again"


def test_a_link_opens_the_question_with_its_scope_and_tells_that_the_papers_have_changed(app, api):
    app.query_params["q"] = "相談件数は何件ですか"
    app.query_params["s"] = json.dumps({"meetings": [PDF["meeting"]]})
    app.query_params["v"] = "s1"
    page = shown(app.run())
    assert bodies(api)[-1]["scope"] == {"meetings": [PDF["meeting"]]}
    assert "資料が変わりました" not in page
    ask(app, "では令和4年度は？")
    assert bodies(api)[-1]["scope"] == {"meetings": [PDF["meeting"]]}, "what follows stays within the link's scope"

    gone = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    gone.query_params["q"] = "相談件数は何件ですか"
    narrowed = {"documents": ["f" * 16, PLAIN["id"]], "since": "2019"}  # one was removed since
    gone.query_params["s"] = json.dumps(narrowed)
    shown(gone.run())
    ask(gone, "では令和4年度は？")
    assert bodies(api)[-1]["scope"] == narrowed, "what no control can show is not forgotten: it would widen"

    later = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    later.query_params["q"] = "相談件数は何件ですか"
    later.query_params["v"] = "s0"
    assert "リンクが作られたあとに資料が変わりました" in shown(later.run())


@pytest.mark.parametrize(
    "found",
    [
        {"q": [""]},
        {"q": ["あ" * 501]},
        {"s": ['{"meetings":["x"]}'], "v": ["s1"]},
    ],
)
def test_an_address_that_asks_nothing_opens_the_first_sight(found):
    assert address.questions(found) == []


def test_a_scope_in_an_address_that_makes_no_sense_narrows_nothing():
    for typed in ("{", "[]", "null", '{"other": 1}', '{"groups": "g1"}', '{"meetings": [1]}', '{"since": 2024}'):
        assert address.questions({"q": ["人口は？"], "s": [typed]}) == [("人口は？", None, None, False)]


def test_the_shared_link_is_the_address_of_that_one_answer(app, api):
    ask(app.run(), "一つ目の質問")
    page = ask(app, "二つ目の質問")
    link = page.split('data-link="?')[-1].split('"')[0].replace("&amp;", "&")
    assert parse_qs(link)["q"] == ["二つ目の質問"]
    assert parse_qs(link)["v"] == ["s1"]


def test_a_question_that_met_no_api_is_asked_again_once_it_is_back(app, api):
    ask(app.run())
    api.down = True
    page = ask(app, "二つ目の質問")
    assert "サーバーに接続できません" in page
    api.down = False
    app.button(key="again-1").click().run()
    assert "サーバーに接続できません" not in shown(app)
    assert bodies(api)[-1]["question"] == "二つ目の質問"


def test_a_new_conversation_follows_nothing_and_its_address_is_empty(app, api):
    ask(app.run(), "令和5年度の相談件数は何件ですか")
    app.button(key="begin").click().run()
    assert 'class="tk-answer"' not in shown(app)
    assert not app.query_params
    ask(app, "では令和4年度は？")
    assert bodies(api)[-1]["after"] is None


def test_two_people_have_conversations_of_their_own(app, api):
    ask(app.run(), "一人目の質問")
    other = AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)
    assert "一人目の質問" not in shown(other.run())


def test_a_refused_question_of_a_link_does_not_stop_the_page(app, api):
    api.reply = problem(422, "質問が短すぎます。")
    app.query_params["q"] = "？"
    assert "質問が短すぎます。" in shown(app.run())


def test_each_piece_of_an_answer_is_marked_with_the_citation_that_holds_it():
    told = answer(
        answer="・阿蘇市\n・高森町\n・南阿蘇村",
        citations=[citation(1, quote="阿蘇市、高森町"), text_citation(2, quote="南阿蘇村など")],
    )
    assert render.marked(told) == [("・阿蘇市\n", []), ("・高森町\n", [1]), ("・南阿蘇村", [2])]
    told = answer(
        answer="141件増（507件→648件）",
        derived={"how": "648 − 507 = 141", "operands": [1, 2]},
        citations=[citation(1, quote="507件"), citation(2, quote="648件")],
    )
    assert render.marked(told) == [("141件増（507件→648件）", [1, 2])]


def test_citations_of_other_dates_are_not_marked_in_the_answer():
    assert render.marked(answer(timeline=SERIES)) == [("2,776件（令和6年1月末現在）", [1])]


def test_a_turn_stands_in_an_address_only_once_it_has_an_answer():
    assert address.query([Turn("人口は？")]) == {}


def test_each_date_of_a_series_is_marked_with_its_own_citation():
    told = answer(
        answer="令和5年1月末 1,980件 → 令和6年1月末 2,776件（796件増）",
        type="temporal",
        timeline=SERIES,
        citations=[citation(1, quote="1,980件"), citation(2, quote="2,776件")],
        derived={"how": "2,776 − 1,980 = 796", "operands": [1, 2]},
    )
    assert [numbers for _, numbers in render.marked(told)] == [[1], [2]]


# --- by the keyboard ------------------------------------------------------------------------------------------------


def test_the_keyboard_is_led_past_the_page_to_answer_question_and_sources(app):
    page = ask(app.run())
    for where, words in (("answer", "答えへ"), ("question", "質問欄へ"), ("sources", "出典へ戻る")):
        assert f'data-skip="{where}">{words}</button>' in page


def test_the_choice_of_papers_is_closed_by_asking(app):
    app.run()
    app.session_state["scope-choice"] = True
    ask(app)
    assert not app.session_state["scope-choice"]


def test_papers_of_one_name_can_be_told_apart_where_they_are_chosen():
    twins = [PDF | {"id": str(n), "title": "資料1", "meeting": "審議会", "file": f} for n, f in enumerate("abb")]
    named = list(scope.names_of(twins).values())
    assert named == ["資料1（審議会）（a）", "資料1（審議会）（b）・1", "資料1（審議会）（b）・2"]
    assert scope.names_of([PDF]) == {PDF["id"]: "令和6年度 若葉市 市政の概況（令和6年6月議会）"}
