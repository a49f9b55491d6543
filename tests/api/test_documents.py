"""What a person does with one document: correct what is said of it, fetch its file, look for words."""

from dataclasses import replace
from email.message import Message
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.app import create_app
from api.settings import Settings
from index.protocols import IndexBusy
from ingest.parse import ParseError
from tests.api.conftest import PDF_ID, TEXT, TEXT_ID
from tests.api.test_app import problem

# --- what a person says of it -------------------------------------------------------------------------------------


def describe(client, **said):
    return client.patch(f"/v1/documents/{TEXT_ID}", json=said)


def test_what_is_said_is_set_as_one_line_and_comes_back_as_listed(client, assistant):
    body = describe(client, title=" 町政の\n 概要 ", meeting="令和6年6月議会", published="令和6年6月4日").json()
    assert (body["title"], body["meeting"], body["published"]) == ("町政の 概要", "令和6年6月議会", "2024-06-04")
    assert assistant.collection.described == [
        (TEXT_ID, {"title": "町政の 概要", "meeting": "令和6年6月議会", "published": "2024-06-04"})
    ]


def test_an_empty_text_takes_back_and_null_leaves_alone(client, assistant):
    assert describe(client, published="", title=None).status_code == 200
    assert assistant.collection.described == [(TEXT_ID, {"published": ""})]
    assert describe(client).json()["title"] == "瑞穂野町 町政の概要"
    assert len(assistant.collection.described) == 1


@pytest.mark.parametrize(("said", "kept"), [("2024", "2024"), ("2024-02-29", "2024-02-29"), ("R6.6.4", "2024-06-04")])
def test_a_date_is_taken_as_far_as_it_is_known(client, assistant, said, kept):
    assert describe(client, published=said).json()["published"] == kept


@pytest.mark.parametrize("said", ["2024-02-30", "2024-13", "2023-02-29", "来年", "令和6年度", "2024-06-04\n以降"])
def test_what_is_no_real_date_is_refused_in_words(client, assistant, said):
    assert "令和6年6月4日" in problem(describe(client, published=said), 422, "date-invalid")["title"]
    assert assistant.collection.described == []


@pytest.mark.parametrize("said", [{"title": "あ" * 301}, {"titel": "x"}, {"title": 5}])
def test_other_shapes_are_refused_by_field(client, said):
    problem(describe(client, **said), 422, "request-invalid")


def test_half_a_character_is_refused(client):
    headers = {"content-type": "application/json"}
    response = client.patch(f"/v1/documents/{TEXT_ID}", content=b'{"title": "\\ud800"}', headers=headers)
    problem(response, 422, "request-invalid")


def test_a_description_that_cannot_be_set_says_why(client, assistant):
    for error, status, kind in (
        (KeyError(TEXT_ID), 404, "document-unknown"),
        (ParseError(assistant.collection.current.pdf, "壊れています。", "broken"), 422, "file-unreadable"),
        (IndexBusy("locked", "書き込み中です。"), 409, "index-busy"),
    ):
        assistant.collection.error = error
        problem(describe(client, title="新"), status, kind)


def test_over_a_real_collection_the_new_title_is_listed_and_cited(collection, tmp_path):
    with TestClient(create_app(Assistant(collection), Settings(index=tmp_path / "index"))) as client:
        document = client.get("/v1/documents").json()["documents"][0]
        path = f"/v1/documents/{document['id']}"
        assert client.patch(path, json={"title": "直した題名"}).json()["taken_from"]["title"] == "by_hand"
        assert client.get(path).json()["title"] == "直した題名"
        assert client.patch(path, json={"title": ""}).json()["title"] == document["title"]
        problem(client.patch("/v1/documents/ffff", json={"title": "x"}), 404, "document-unknown")


# --- its file -----------------------------------------------------------------------------------------------------


def sent_name(response):
    """Return the file name as a browser reads it."""
    message = Message()
    message["content-disposition"] = response.headers["content-disposition"]
    assert message.get_content_disposition() == "attachment"
    name = message.get_filename()
    return unquote(name) if isinstance(name, str) else name


def test_the_file_comes_as_it_was_taken_in(client, pdf_path):
    response = client.get(f"/v1/documents/{PDF_ID}/file")
    assert response.content == pdf_path.read_bytes()
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert sent_name(response) == "dam.pdf"
    again = client.get(f"/v1/documents/{PDF_ID}/file", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert response.headers["etag"] == f'"{PDF_ID * 4}"'


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("令和6年6月議会_資料.pdf", "令和6年6月議会_資料.pdf"),
        ('議案"第1号".pdf', '議案"第1号".pdf'),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("100%; filename=x.pdf", "100%; filename=x.pdf"),
    ],
)
def test_no_file_name_breaks_the_header(client, assistant, pdf_document, name, kept):
    assistant.collection.current.held[PDF_ID] = replace(pdf_document, file=name)
    response = client.get(f"/v1/documents/{PDF_ID}/file")
    assert response.headers["content-disposition"].isprintable()
    assert "set-cookie" not in response.headers
    assert sent_name(response) == kept


@pytest.mark.parametrize("kind", ["html", "text", "markdown", "csv"])
def test_no_file_is_ever_a_page_of_ours(client, assistant, pdf_document, pdf_path, kind):
    """Somebody's HTML under our address could call our API; and the encoding of a text is its own."""
    pdf_path.write_bytes("<script>資料</script>".encode("cp932"))
    assistant.collection.current.held[PDF_ID] = replace(pdf_document, kind=kind)
    response = client.get(f"/v1/documents/{PDF_ID}/file")
    assert response.content == pdf_path.read_bytes()
    assert "html" not in response.headers["content-type"]
    assert "charset" not in response.headers["content-type"]
    assert response.headers["content-disposition"].startswith("attachment")


def test_a_file_that_is_gone_or_was_never_there_is_a_problem(client, pdf_path):
    problem(client.get("/v1/documents/ffff/file"), 404, "document-unknown")
    pdf_path.unlink()
    problem(client.get(f"/v1/documents/{PDF_ID}/file"), 404, "original-missing")


# --- words in it --------------------------------------------------------------------------------------------------


def test_words_are_found_with_page_and_offsets(client):
    body = client.get(f"/v1/documents/{TEXT_ID}/find", params={"q": "福祉"}).json()
    (match,) = body["matches"]
    assert (body["query"], body["total"], match["page"], match["text"]) == ("福祉", 1, 2, "２ 福祉")
    assert TEXT[match["start"] : match["end"]] == "福祉"


def test_a_search_without_words_or_without_a_document_is_refused(client):
    for q in ("", "　"):
        problem(client.get(f"/v1/documents/{TEXT_ID}/find", params={"q": q}), 422, "find-empty")
    problem(client.get(f"/v1/documents/{TEXT_ID}/find"), 422, "request-invalid")
    problem(client.get(f"/v1/documents/{TEXT_ID}/find", params={"q": "x", "limit": 0}), 422, "request-invalid")
    problem(client.get("/v1/documents/ffff/find", params={"q": "予算"}), 404, "document-unknown")
