"""One page of a document with a quote on it: turned, enlarged, kept."""

from streamlit.testing.v1 import AppTest

from tests.ui.conftest import shown
from tests.ui.fake_api import PDF, PLAIN, FakeApi, citation, page_of, text_citation
from ui import render, viewer


def script(client, place):
    import streamlit as st

    from ui import viewer

    viewer.show(client, st.session_state.get("place", place), key="v")


def opened(api: FakeApi, place: dict) -> AppTest:
    return AppTest.from_function(script, args=(api.client, place), default_timeout=20).run()


def pictures(api: FakeApi) -> list[tuple[int, bool]]:
    """Return the pages whose pictures were asked for, and whether something was to be marked on them."""
    return [
        (int(r.url.path.split("/")[-2]), "start" in r.url.params) for r in api.requests if r.url.path.endswith("/image")
    ]


def disabled(app: AppTest, name: str) -> bool:
    return app.button(key=f"v-{name}").disabled


def test_the_cited_page_comes_with_its_mark_and_its_neighbours_without(api):
    app = opened(api, citation())
    assert "p.3（印刷ページ 5）" in shown(app)
    assert "3 / 8" in shown(app)
    app.button(key="v-after").click().run()
    assert "p.4（印刷ページ 6）" in shown(app)
    assert pictures(api) == [(3, True), (4, False)]
    app.button(key="v-back").click().run()
    assert "3 / 8" in shown(app)
    assert not any(button.key == "v-back" for button in app.button), "one is back"
    assert pictures(api) == [(3, True), (4, False)], "a picture is fetched once"


def test_pages_end_at_the_ends(api):
    app = opened(api, citation(page=1, page_label="3"))
    assert disabled(app, "before")
    for _ in range(7):
        app.button(key="v-after").click().run()
    assert "8 / 8" in shown(app)
    assert disabled(app, "after")
    assert not disabled(app, "before")


def test_another_citation_opens_at_its_own_page(api):
    app = opened(api, citation())
    app.button(key="v-after").click().run()
    app.session_state["place"] = citation(2, page=6, page_label="8", start=400, end=410)
    assert "6 / 8" in shown(app.run())


def test_a_page_is_enlarged_in_steps_more_finely_drawn_and_fitted_again(api):
    app = opened(api, citation())
    assert disabled(app, "smaller")
    assert disabled(app, "fit")
    for _ in viewer.WIDTHS[1:]:
        app.button(key="v-larger").click().run()
    assert disabled(app, "larger")
    assert "width: 300% !important" in shown(app)
    assert [r.url.params["dpi"] for r in api.requests if r.url.path.endswith("/image")] == ["144", "216"]
    app.button(key="v-fit").click().run()
    assert "width: 100% !important" in shown(app)


def test_a_mark_is_brought_into_sight_where_it_is_on_the_picture(api):
    page = shown(opened(api, citation(boxes=[[10.0, 21.25, 20.0, 25.0]])))  # the picture is 60 x 85 pixels at 144 dpi
    assert "0.5 * frame.scrollWidth" in page
    assert "0.5 * frame.scrollHeight" in page


def test_a_text_file_is_shown_with_its_lines_and_the_quote_marked(api):
    page = shown(opened(api, text_citation()))
    assert "<mark>人口\t48,210人\t47,655人</mark>" in page
    assert "<span>4</span>" in page
    assert "3 / 8" not in page, "there is nothing to turn"


def test_a_long_text_is_shown_in_parts_beginning_with_the_quoted_one(api, monkeypatch):
    monkeypatch.setattr(viewer, "PART", 2)
    app = opened(api, text_citation())
    page = shown(app)
    assert "<mark>人口" in page
    assert "2 / 4" in page
    assert "若葉市の概況</code>" not in page
    app.button(key="v-before").click().run()
    assert "若葉市の概況</code>" in shown(app)
    app.button(key="v-back").click().run()
    assert "<mark>人口" in shown(app)


def test_a_page_that_cannot_be_had_is_said_and_can_be_tried_again(api):
    api.documents = [PLAIN]
    app = opened(api, citation())
    assert "その資料はありません" in shown(app)
    assert PDF["title"] in shown(app)
    api.documents = [PDF]
    app.button(key="v-again").click().run()
    assert "3 / 8" in shown(app)


def test_the_file_is_fetched_only_when_it_is_downloaded(api):
    app = opened(api, citation())
    (button,) = app.get("download_button")
    assert button.proto.label == "原本をダウンロード"
    assert api.asked("GET", f"/v1/documents/{PDF['id']}/file") == 0


def test_a_session_keeps_a_bounded_number_of_pages(api, monkeypatch):
    monkeypatch.setattr(viewer, "KEPT", 3)
    app = opened(api, citation(page=1))
    for _ in range(5):
        app.button(key="v-after").click().run()
    assert len(app.session_state["viewer-kept"]) == 3


def test_sheets_and_slides_are_called_what_they_are():
    heading = viewer._heading(
        {"kind": "sheet", "title": "予算", "paging": "physical", "page_list": [{"number": 2, "label": "歳入"}]},
        {"document_id": "x", "page": 1},
        viewer.View((), 2),
        b"",
    )
    assert render.place(heading) == "シート2「歳入」"


def test_lines_of_documents_stay_text():
    page = page_of("<b>太字</b>\n**強調**")
    html = render.page_lines_html(page["lines"], (3, 5))
    assert "&lt;b&gt;<mark>太字</mark>&lt;/b&gt;" in html
    assert "**強調**" in html
