"""The page 変更: two papers, what changed between them, and alerts."""

import csv
import io
import json
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import shown
from tests.ui.fake_api import PDF, PLAIN, alert, change, problem
from ui import changes_export
from ui.changes import alert_html, change_html, matches
from ui.export import markdown_of, word_of


def changes_page(client):
    from ui.changes import page

    page(client, client.documents())


@pytest.fixture
def app(api):
    return AppTest.from_function(changes_page, args=(api.client,), default_timeout=20)


def button(app, label):
    return next(b for b in app.button if b.label == label)


def sent(api, method, path):
    (request,) = [r for r in api.requests if r.method == method and r.url.path == path]
    return json.loads(request.content)


ADDED = change(
    "added", "加わった項目", label="移動図書館", then=None, difference=None, how=None, holds=["巡回する日", "本の予約"]
)


def test_a_change_is_shown_with_both_values_and_the_difference(app, api):
    api.changes = [change(), ADDED]
    page = shown(app.run())
    assert "48,210人" in page
    assert "47,655人" in page
    assert "555人減" in page
    assert "移動図書館" in page
    assert "巡回する日、本の予約" in page


def test_opening_a_row_draws_both_pages_with_their_places_marked(app):
    app.run()
    assert shown(app).count("<mark") == 0
    button(app, "両方のページを開く").click().run()
    assert shown(app).count("<mark") == 2
    button(app, "閉じる").click().run()
    assert shown(app).count("<mark") == 0


def test_what_one_paper_lacks_is_said(app, api):
    api.changes = [ADDED]
    button(app.run(), "両方のページを開く").click().run()
    assert "この資料には見当たりません" in shown(app)


def test_words_narrow_the_list(app, api):
    api.changes = [change(), ADDED]
    app.run()
    app.text_input(key="changes-words").set_value("図書館").run()
    page = shown(app)
    assert "移動図書館" in page
    assert "555人減" not in page
    app.text_input(key="changes-words").set_value("宇宙港").run()
    assert "当てはまる変更はありません" in shown(app)


def test_nothing_sure_is_said_so(app, api):
    api.changes = []
    assert "確かな変更は見つかりませんでした" in shown(app.run())


def test_one_paper_alone_is_compared_with_nothing(app, api):
    api.documents = [PDF]
    assert "比べる資料がまだありません" in shown(app.run())
    assert api.asked("GET", "/v1/changes") == 0


def test_a_failure_is_said_in_the_apis_words(app, api):
    api.refusal = problem(500, "版のつながりを記した editions.json を読み取れません。")
    assert "editions.json を読み取れません" in "".join(e.value for e in app.run().error) + shown(app)


def test_a_paper_can_be_parted_from_its_series_and_taken_back(app, api):
    app.run()
    other = next(d["id"] for d in api.documents if d["id"] != app.selectbox(key="changes-now").value)
    button(app, "シリーズから外す").click().run()
    assert api.said == {other: "parted"}
    assert "シリーズから外した" in shown(app)
    button(app, "自動の判定に戻す").click().run()
    assert api.said == {other: None}


def test_who_does_not_curate_is_not_offered_to_say_what_a_series_is(app):
    offered = {"シリーズから外す", "同じシリーズとして登録"}
    assert offered <= {b.label for b in app.run().button}
    app.session_state["me"] = {"permissions": ["read"]}
    assert not offered & {b.label for b in app.run().button}


def test_a_figure_can_be_followed_from_its_row(app, api):
    button(app.run(), "お知らせ").click().run()
    body = sent(api, "POST", "/v1/follows")
    cited = change()["now"]["citation"]
    assert body["spot"] == {
        "document_id": PLAIN["id"],
        "start": cited["start"],
        "end": cited["end"],
        "text": "47,655人",
    }
    assert "人口（若葉市）" in shown(app)


def test_a_question_can_be_followed_and_dropped(app, api):
    app.run()
    app.text_input(key="follow-question").set_value(" 人口は何人ですか ").run()
    button(app, "登録").click().run()
    assert sent(api, "POST", "/v1/follows") == {"question": "人口は何人ですか"}
    button(app, "外す").click().run()
    assert api.asked("DELETE", "/v1/follows/w1") == 1


def test_alerts_are_counted_opened_and_marked_as_seen(app, api):
    api.follows |= {"alerts": [alert()], "unseen": 1, "sends": ["webhook"]}
    page = shown(app.run())
    assert "新しい" in page
    assert "Webhookでも知らせます" in page
    app.button(key="alert-0").click().run()
    assert shown(app).count("<mark") == 2
    button(app, "すべて確認済みにする").click().run()
    assert api.asked("POST", "/v1/alerts/seen") == 1


# --- what is drawn and written ----------------------------------------------------------------------------------------


def test_what_papers_say_is_never_taken_for_html():
    wild = change(label="<script>", then={**change()["then"], "text": "<b>1人"}, section=["<i>"], holds=["<u>"])
    for html in (change_html(wild), alert_html(alert(label="<script>", now="<b>"))):
        assert "<script>" not in html
        assert "<b>1人" not in html
        assert "<i>" not in html


def test_every_word_must_be_held_whatever_its_width():
    assert matches(change(), "人口 ４８,２１０")
    assert not matches(change(), "人口 図書館")


def test_a_row_of_the_csv_has_both_places_and_no_formula():
    wild = change(label="=HYPERLINK()", then={**change()["then"], "text": "-48人"})
    head, row = csv.reader(io.StringIO(changes_export.to_csv([wild]).decode("utf-8-sig")))
    assert head == list(changes_export.HEAD)
    assert row[1] == "'=HYPERLINK()"
    assert row[2].startswith("-48人")
    assert all(cell.endswith("4行") for cell in row[5:])


def test_word_and_markdown_hold_every_change():
    found = {"then": PDF, "now": PLAIN, "changes": [change(), ADDED]}
    written = markdown_of(changes_export.blocks(found, found["changes"]))
    text = written.decode() if isinstance(written, bytes) else written
    document = zipfile.ZipFile(io.BytesIO(word_of(changes_export.blocks(found, found["changes"])))).read(
        "word/document.xml"
    )
    for said in ("48,210人", "555人減", "移動図書館", "gaiyou.pdf", "変わった数値"):
        assert said in text
        assert said in document.decode()
