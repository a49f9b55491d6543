"""The page 資料: the list, what goes in and out, and what is said of each document."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import shown
from tests.ui.fake_api import PDF, PLAIN, intake, problem, report, running
from ui import collection, render


def script(client):
    import streamlit as st

    from ui import collection

    pages = {
        "documents": st.Page(lambda: collection.page(client, client.documents()), title="資料", url_path="d"),
        "ask": st.Page(lambda: st.html("質問のページ"), title="質問", url_path="a"),
    }
    st.session_state["pages"] = pages
    st.navigation(list(pages.values()), position="hidden").run()


@pytest.fixture
def app(api) -> AppTest:
    return AppTest.from_function(script, args=(api.client,), default_timeout=20)


def titles(app: AppTest) -> list[str]:
    return [e.value.split('tk-title">')[1].split("<")[0] for e in app.html if "tk-document" in e.value]


def many(count: int) -> list[dict]:
    return [
        PDF
        | {"id": f"{n:016x}", "title": f"概況 第{n}号", "published": f"{2000 + n % 25}-01", "meeting": f"会議{n % 3}"}
        for n in range(count)
    ]


def take_in(app: AppTest, *names: str) -> str:
    """Choose files, send them, and return the page once they are in."""
    app.file_uploader[0].set_value([(name, b"content", "text/plain") for name in names]).run()
    return shown(app.button(key="take-in").click().run())


# --- the list


def test_the_list_says_what_a_document_is_and_where_that_is_from(app):
    page = shown(app.run())
    assert "<b>2</b> 件" in page
    assert "<b>9</b> ページ" in page
    assert "令和6年6月（2024年）【推定: 本文で最も新しい時点】" in page
    assert "令和6年（2024年）【手で設定】" in page
    assert "題名はファイル名から" in page
    assert "総務部" in page
    assert "PDF</span> <span>8ページ" in page
    assert "⚠ 5ページ: 文字が読み取れません" in page


def test_a_large_collection_comes_in_pieces_and_only_one_of_them_is_drawn(app, api):
    api.documents = many(1000)
    shown(app.run())
    assert len(titles(app)) == collection.SHOWN
    app.button(key="documents-after").click().run()
    assert "1000 件のうち 21–40 件目" in shown(app)
    assert len(titles(app)) == collection.SHOWN
    app.text_input(key="filter").set_value("第999号").run()
    assert titles(app) == ["概況 第999号"], "a narrowed list begins at its beginning"


def test_the_list_is_narrowed_by_meeting_and_sorted_as_wished(app, api):
    api.documents = many(12)
    app.run()
    assert titles(app)[0] == "概況 第11号", "newest first"
    app.selectbox(key="order").set_value("追加順").run()
    assert titles(app)[0] == "概況 第0号"
    app.selectbox(key="meeting").set_value("会議1").run()
    assert titles(app) == [f"概況 第{n}号" for n in (1, 4, 7, 10)]


def test_a_narrowed_list_says_so_and_is_made_whole_by_one_click(app, api):
    api.documents = many(12)
    assert "絞り込み中" not in shown(app.run())
    app.selectbox(key="meeting").set_value("会議1").run()
    app.text_input(key="filter").set_value("第4号").run()
    assert "絞り込み中：12 件のうち 1 件" in shown(app)
    app.button(key="narrow-none").click().run()
    assert "絞り込み中" not in shown(app)
    assert len(titles(app)) == 12


def test_a_list_narrowed_to_nothing_says_what_to_do(app, api):
    api.documents = many(12)
    app.run()
    app.text_input(key="filter").set_value("月面基地").run()
    assert "当てはまる資料がありません" in shown(app)


def test_words_match_however_they_are_written():
    documents = [PDF | {"title": "ＤＸ推進"}, PLAIN | {"title": "予算"}]
    assert collection.matching(documents, "dx") == documents[:1]
    assert collection.matching(documents, "GAIYOU 6月") == documents[:1], "file and meeting count too"
    assert collection.matching(documents, "dx 予算") == []
    assert collection.matching(documents, "　") == documents


def test_undated_documents_come_last():
    undated, old, new = PDF | {"published": None}, PDF | {"published": "2020"}, PDF | {"published": "2024-06"}
    assert collection.ordered([undated, old, new], "published") == [new, old, undated]


def test_a_document_can_be_asked_alone(app):
    app.run()
    app.button(key=f"ask-{PLAIN['id']}").click().run()
    assert app.session_state["scope"] == {"documents": [PLAIN["id"]]}
    assert "質問のページ" in shown(app)


# --- adding


def test_files_go_in_one_by_one_and_each_failure_is_named_until_it_is_dismissed(app, api):
    api.unreadable["broken.pdf"] = "PDFとして読めません。壊れている可能性があります。"
    app.run()
    page = take_in(app, "a.txt", "broken.pdf", "b.txt")
    assert "<span>2 件</span>" in page
    assert "できなかったもの 1 件" in page
    assert "broken.pdf</span><span>PDFとして読めません。" in page
    assert "b.txt</span><span>取り込みました（1ページ）" in page
    assert api.asked("POST", "/v1/documents") == 3
    assert "<b>4</b> 件" in page, "the list is drawn anew"
    assert "broken.pdf" in shown(app.run()), "the result stays"
    app.button(key="upload-close").click().run()
    assert "broken.pdf" not in shown(app)


def test_a_file_that_the_api_does_not_take_is_named_and_the_rest_goes_in(app, api):
    api.refused["thick.pdf"] = problem(413, "送れるのは合計 200 MB までです。")
    page = take_in(app.run(), "thick.pdf", "a.txt")
    assert "「thick.pdf」を取り込めません" in page
    assert "送れるのは合計 200 MB までです。" in page
    assert "a.txt</span><span>取り込みました" in page


def test_an_intake_is_seen_by_who_has_not_begun_it_in_pages_and_with_its_time(app, api):
    api.intakes = [running("1", "計画.pdf"), running("2", "別冊.pdf", state="waiting", share=0.0)]
    page = shown(app.run())
    assert "取り込んでいます　0 / 2 ファイル</b>" in page
    assert 'value="0.030"' in page
    assert "計画.pdf</span><span>文書を読み取っています　35 / 148 ページ　残り約2分" in page
    assert "別冊.pdf</span><span>順番を待っています" in page
    assert len(app.file_uploader) == 0


def test_an_intake_is_stopped_from_any_tab(app, api):
    api.intakes = [running("1", "計画.pdf"), running("2", "別冊.pdf", state="waiting")]
    app.run()
    page = shown(app.button(key="upload-stop").click().run())
    assert "取り込みを取りやめました" in page
    assert page.count("<span>取りやめました</span>") == 2
    assert [r.url.path for r in api.requests if r.method == "DELETE"] == ["/v1/intake/2", "/v1/intake/1"]


def test_what_failed_or_was_stopped_is_done_again_and_nothing_else(app, api):
    ended = {"report": None, "problem": {"title": "索引が壊れています。"}}
    api.intakes = [
        intake("1", "計画.pdf", report=report(added=[PDF])),
        intake("2", "別冊.pdf", state="failed", **ended),
        intake("3", "付表.pdf", state="stopped", **ended),
    ]
    app.run()
    page = shown(app.button(key="upload-retry").click().run())
    assert [r.url.path for r in api.requests if r.method == "POST"] == [f"/v1/intake/{n}/retry" for n in (2, 3)]
    assert page.count("順番を待っています") == 2
    api.intakes = [intake("1", "計画.pdf", report=report(added=[PDF]))]
    app.run()
    assert [button.key for button in app.button if button.key == "upload-retry"] == []


def test_the_end_of_an_intake_is_told_after_a_reload(app, api):
    api.intakes = [intake("1", "計画.pdf", report=report(added=[PDF]))]
    assert "計画.pdf</span><span>取り込みました（8ページ）" in shown(app.run())


def test_the_next_intake_begins_without_the_results_of_the_last(app, api):
    api.intakes = [intake("1", "古い.pdf", report=report(added=[PDF]))]
    app.run()
    page = take_in(app, "新しい.txt")
    assert "新しい.txt" in page
    assert "古い.pdf" not in page


def test_the_next_upload_begins_without_the_files_of_the_last(app):
    app.run()
    take_in(app, "a.txt")
    assert "を取り込む" not in "".join(button.label for button in app.button)


def test_a_very_large_file_is_warned_of_before_it_is_sent(app, monkeypatch):
    monkeypatch.setattr(collection, "LARGE_MB", 0)
    app.run()
    app.file_uploader[0].set_value([("thick.pdf", b"content", "application/pdf")]).run()
    assert "を超えるファイルがあります: thick.pdf" in shown(app)


def test_an_empty_collection_says_what_to_do_and_offers_the_sample(app, api):
    api.documents = []
    page = shown(app.run())
    assert "まだ資料がありません" in page
    assert page.count("<li>") == 3
    assert app.expander[0].proto.expanded, "files can be chosen right here"
    page = shown(app.button(key="try-sample").click().run())
    assert "gaiyou.pdf ほか 1 件</span><span>2 件を取り込みました" in page
    assert PDF["title"] in page


def test_without_a_sample_none_is_offered(app, api):
    api.documents, api.health = [], {"status": "empty", "has_sample": False}
    shown(app.run())
    assert not any(button.key == "try-sample" for button in app.button)


NAMESAKE = [{"document_id": PLAIN["id"], "file": "tokei.txt", "text": "同じ名前の別の資料として加えました"}]


@pytest.mark.parametrize(
    ("came", "said"),
    [
        ({"refreshed": [PLAIN]}, "新しい内容に替えました（1ページ）"),
        ({"added": [PLAIN], "notes": NAMESAKE}, "同じ名前の別の資料として加えました（1ページ）"),
        ({"skipped": [PLAIN]}, "同じ内容で取り込み済みです"),
        ({"duplicates": [{"file": "b", "same_as": "a.pdf"}]}, "「a.pdf」と同じ内容です"),
        ({"added": [PDF], "failed": [{"file": "b", "title": "空です。"}]}, "取り込みました（8ページ）、b: 空です。"),
        ({"added": [PDF, PLAIN]}, "2 件を取り込みました"),
        ({}, "変わりはありません"),
    ],
)
def test_what_became_of_an_intake_is_said_in_words(came, said):
    assert render.intake_words(intake(report=report(**came))) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (2.0, "まもなく終わります"), (34.0, "残り約40秒"), (60.0, "残り約60秒"), (95.0, "残り約2分")],
)
def test_the_time_left_is_said_roughly(seconds, said):
    assert render.time_left(seconds) == said


def test_every_kind_of_file_that_is_read_can_be_uploaded():
    from ingest.parse import SUFFIXES

    assert set(collection.UPLOAD_TYPES) == SUFFIXES


# --- changing


def edit(app: AppTest, document: dict, **typed: str) -> str:
    app.run()
    app.button(key=f"edit-{document['id']}").click().run()
    for field, text in typed.items():
        app.text_input(key=f"describe-{document['id']}-{field}").set_value(text)
    next(button for button in app.button if button.label == "保存する").click().run()
    return shown(app)


def test_what_is_said_of_a_document_can_be_put_right(app, api):
    page = edit(app, PDF, published="2024-06-04", department=" 企画  振興部 ")
    assert "の情報を直しました" in page
    assert "令和6年6月4日（2024年）【手で設定】" in page
    assert "企画 振興部" in page
    (sent,) = [json.loads(request.content) for request in api.requests if request.method == "PATCH"]
    assert sent == {"published": "2024-06-04", "department": "企画 振興部"}, "only what was changed"


def test_emptying_what_was_set_by_hand_takes_it_back_and_says_so(app):
    page = edit(app, PLAIN, published="")
    assert "日付を、資料から読み取った内容に戻しました" in page


def test_what_was_read_cannot_be_emptied(app, api):
    assert "題名は資料から読み取ったものなので、空にはできません" in edit(app, PDF, title="")
    assert api.asked("PATCH", f"/v1/documents/{PDF['id']}") == 0


def test_a_refused_change_keeps_the_dialog_with_what_was_typed(app, api):
    api.refusal = problem(503, "いま書き込めません。")
    page = edit(app, PDF, title="新しい題名")
    assert "いま書き込めません。" in page
    assert app.text_input(key=f"describe-{PDF['id']}-title").value == "新しい題名"


def test_saving_without_a_change_sends_nothing(app, api):
    edit(app, PDF)
    assert api.asked("PATCH", f"/v1/documents/{PDF['id']}") == 0


def test_a_date_is_offered_for_change_as_it_is_typed():
    assert [collection.spoken(code) for code in ("2024-06-04", "2024", None)] == ["令和6年6月4日", "令和6年", ""]
