"""What the client sends, and what it makes of refusals and silence."""

import json

import httpx
import pytest

from tests.ui.fake_api import PDF, FakeApi, problem
from ui.client import ApiDown, ApiSlow, AskClient, Problem


def client_that(respond) -> AskClient:
    return AskClient(httpx.Client(base_url="http://fake", transport=httpx.MockTransport(respond)))


def test_a_page_picture_is_asked_for_with_the_quote_to_mark():
    api = FakeApi()
    assert api.client.picture(PDF["id"], 3, (120, 147)).startswith(b"\x89PNG")
    assert str(api.requests[-1].url) == f"http://fake/v1/documents/{PDF['id']}/pages/3/image?dpi=144&start=120&end=147"


def test_a_refusal_keeps_its_japanese_title_and_its_exact_detail():
    api = FakeApi()
    api.reply = problem(422, "質問が長すぎます。", "the question has 900 characters, at most 500")
    with pytest.raises(Problem) as refusal:
        api.client.ask("あ" * 900)
    assert refusal.value.title == "質問が長すぎます。"
    assert refusal.value.detail == "the question has 900 characters, at most 500"
    assert refusal.value.status == 422


def test_an_upload_is_waited_for_longer_than_an_answer():
    api = FakeApi()
    api.client.upload("a.txt", b"a")
    api.client.ask("人口は？")
    upload, question = api.requests
    assert upload.extensions["timeout"]["read"] > question.extensions["timeout"]["read"]


def events(*bodies):
    return httpx.Response(200, text="".join(json.dumps(body) + "\n" for body in bodies))


def test_an_upload_tells_how_far_it_is_and_returns_its_report():
    going = {"event": "progress", "stage": "読み取り中", "done": 3, "total": 8}
    client = client_that(lambda request: events(going, {"event": "done", "report": {"added": [1]}}))
    heard = []
    assert client.upload("a.txt", b"a", lambda *step: heard.append(step)) == {"added": [1]}
    assert heard == [("読み取り中", 3, 8)]


def test_an_upload_that_fails_half_way_is_a_refusal_and_one_that_falls_silent_is_not_done():
    refused = {"status": 503, "title": "索引が壊れています。", "detail": "damaged"}
    with pytest.raises(Problem, match="damaged") as refusal:
        client_that(lambda request: events({"event": "problem", "problem": refused})).upload("a.txt", b"a")
    assert (refusal.value.status, refusal.value.title) == (503, "索引が壊れています。")
    with pytest.raises(ApiDown):
        client_that(lambda request: events()).upload("a.txt", b"a")


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"[]", b'"x"', b"{}", b"\xff\xfe"])
def test_an_error_that_is_no_problem_document_still_has_words_for_people(body):
    with pytest.raises(Problem) as refusal:
        client_that(lambda request: httpx.Response(502, content=body)).documents()
    assert refusal.value.title == "サーバーがエラーを返しました（502）"


@pytest.mark.parametrize(
    ("met", "raised"),
    [
        (httpx.ConnectError, ApiDown),
        (httpx.ConnectTimeout, ApiDown),
        (httpx.ReadError, ApiDown),
        (httpx.RemoteProtocolError, ApiDown),
        (httpx.ReadTimeout, ApiSlow),
    ],
)
def test_a_server_that_is_not_there_differs_from_one_that_is_busy(met, raised):
    def respond(request):
        raise met("no", request=request)

    with pytest.raises(raised):
        client_that(respond).documents()
