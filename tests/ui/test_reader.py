"""A document page by page: its address, its headings, its pages, and where words stand in it."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import shown
from tests.ui.fake_api import HEADINGS, PDF, PLAIN, FakeApi
from ui import reader


def script(client):
    from ui import collection

    collection.page(client, client.documents())


def opened(api: FakeApi, **address: str) -> AppTest:
    app = AppTest.from_function(script, args=(api.client,), default_timeout=20)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def address(app: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def marks(api: FakeApi) -> list[tuple[int, str | None, str | None]]:
    pictures = [r.url for r in api.requests if r.url.path.endswith("/image")]
    return [(int(u.path.split("/")[-2]), u.params.get("start"), u.params.get("end")) for u in pictures]


def match(page: int, start: int, text: str, word: str = "相談") -> dict:
    return {"page": page, "start": start, "end": start + len(word), "text": text}


def test_a_document_is_opened_from_the_list_and_left_again(api):
    app = opened(api)
    app.button(key=f"read-{PDF['id']}").click().run()
    assert "1 / 8" in shown(app)
    assert address(app) == {"id": PDF["id"], "page": "1"}
    app.button(key="reader-close").click().run()
    assert PLAIN["title"] in shown(app)
    assert address(app) == {}


def test_a_link_opens_a_page_with_its_mark(api):
    page = shown(opened(api, id=PDF["id"], page="3", start="120", end="147"))
    assert "3 / 8" in page
    assert marks(api) == [(3, "120", "147")]


@pytest.mark.parametrize("wrong", [{"page": "99"}, {"page": "x"}, {"page": "0", "start": "5"}, {"page": "１"}])
def test_what_makes_no_sense_in_a_link_opens_the_first_page(api, wrong):
    assert "1 / 8" in shown(opened(api, id=PDF["id"], **wrong))
    assert marks(api) == [(1, None, None)]


def test_a_document_that_is_gone_is_said_so(api):
    app = opened(api, id="../../healthz")
    assert "その資料はありません" in shown(app)
    assert not any("healthz" in str(r.url) for r in api.requests), "an address of the page is no address of the API"
    app.button(key="reader-close").click().run()
    assert PDF["title"] in shown(app)


def test_the_address_follows_the_page(api):
    app = opened(api, id=PDF["id"], page="3", start="120", end="147")
    app.button(key="reader-after").click().run()
    assert address(app) == {"id": PDF["id"], "page": "4"}
    app.button(key="reader-back").click().run()
    assert address(app) == {"id": PDF["id"], "page": "3", "start": "120", "end": "147"}


def test_a_page_is_gone_to_by_number_or_printed_number(api):
    app = opened(api, id=PDF["id"])
    assert app.selectbox(key="reader-page").options[5] == "p.6（印刷ページ 8）"
    app.selectbox(key="reader-page").set_value(6).run()
    assert "6 / 8" in shown(app)


def test_a_heading_leads_to_its_place_and_the_current_one_is_marked(api):
    app = opened(api, id=PDF["id"])
    outline = app.radio(key="reader-heading")
    assert outline.value == 0
    assert outline.options[2] == "\u2003\\(1\\) 相談 \\*件数\\*", "indented, and not taken for Markdown"
    outline.set_value(2).run()
    assert marks(api)[-1] == (3, "112", "118")
    assert app.radio(key="reader-heading").value == 2
    app.button(key="reader-after").click().run()
    assert app.radio(key="reader-heading").value is None
    assert ":nth-child(3)" in shown(app), "page 4 is still in the section of page 3"


def test_under_which_heading_one_is():
    place = {"page": 3, "start": None}
    assert reader.heading_at(HEADINGS, 2, place) == 0
    assert reader.heading_at(HEADINGS, 3, place) == 1
    assert reader.heading_at(HEADINGS, 3, {"page": 3, "start": 115}) == 2
    assert reader.heading_at(HEADINGS[1:], 1, place) is None


def test_words_are_found_and_gone_through_one_by_one(api):
    api.matches = [match(2, 50, "１ 相談の *件数*"), match(3, 120, "相談件数は2,776件")]
    app = opened(api, id=PDF["id"])
    app.text_input(key=f"search-{PDF['id']}").set_value("相談").run()
    assert app.radio(key="reader-match").options == [
        "**p.2**　１ :orange-background[相談]の \\*件数\\*",
        "**p.3**　:orange-background[相談]件数は2\\,776件",
    ]
    assert "1 / 2 件" in shown(app), "the first place is shown at once"
    assert marks(api)[-1] == (2, "50", "52")
    assert app.button(key="match-before").disabled
    app.button(key="match-after").click().run()
    assert "2 / 2 件" in shown(app)
    assert marks(api)[-1] == (3, "120", "122")
    assert app.button(key="match-after").disabled
    app.button(key="match-before").click().run()
    assert address(app) == {"id": PDF["id"], "page": "2", "start": "50", "end": "52"}
    app.radio(key="reader-match").set_value(1).run()
    assert "2 / 2 件" in shown(app)
    assert api.asked("GET", f"/v1/documents/{PDF['id']}/find") == 1


def test_a_search_goes_to_the_first_place_from_the_page_on_that_is_open(api):
    api.matches = [match(2, 50, "相談"), match(6, 420, "相談"), match(7, 480, "相談")]
    app = opened(api, id=PDF["id"], page="5")
    app.text_input(key=f"search-{PDF['id']}").set_value("相談").run()
    assert "2 / 3 件" in shown(app)
    assert address(app)["page"] == "6"
    app.button(key="reader-before").click().run()
    assert address(app)["page"] == "5", "the same words do not hold one back"


def test_words_that_are_not_there_are_said_so(api):
    app = opened(api, id=PDF["id"])
    app.text_input(key=f"search-{PDF['id']}").set_value("月面").run()
    assert "見つかりません" in shown(app)
    assert "「月面」" in shown(app)


@pytest.mark.parametrize(
    ("line", "words", "spans"),
    [
        ("ＤＸの推進とDX", "dx", [(0, 2), (6, 8)]),
        ("予 算の総額", "予算", [(0, 3)]),
        ("会員は 1,234社", "会員 1234", [(0, 2), (4, 9)]),
        ("㈱若葉", "(株)", [(0, 1)]),
        ("人口", "世帯", []),
    ],
)
def test_words_are_marked_however_they_are_written(line, words, spans):
    assert reader.occurrences(line, words) == spans


def test_a_long_line_is_cut_around_the_words():
    marked = reader.marked("あ" * 100 + "相談" + "い" * 100, "相談")
    assert marked.startswith("…あ")
    assert ":orange-background[相談]" in marked
    assert marked.endswith("い…")
    assert len(marked) < 120


def test_a_document_without_pages_has_neither_outline_nor_page_list(api):
    app = opened(api, id=PLAIN["id"])
    assert "若葉市の概況</code>" in shown(app)
    assert list(app.radio) == []
    assert list(app.selectbox) == []


def test_a_link_followed_later_opens_its_own_page_of_the_same_document(api):
    app = opened(api, id=PDF["id"], page="3", start="120", end="147")
    app.query_params.clear()
    app.query_params["id"], app.query_params["page"] = PDF["id"], "6"
    assert "6 / 8" in shown(app.run())
    assert address(app) == {"id": PDF["id"], "page": "6"}


def test_the_list_forgets_the_document_whose_address_was_left_by_another_link(api):
    app = opened(api, id=PDF["id"], page="3")
    app.query_params.clear()
    app.run()
    assert PLAIN["title"] in shown(app)
    assert "reader-at" not in app.session_state
