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


def test_a_file_is_handed_over_and_not_waited_for():
    api = FakeApi()
    assert api.client.upload("a.txt", b"a")["files"] == ["a.txt"]
    assert api.requests[-1].headers["prefer"] == "respond-async"


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


def test_events_end_where_lines_end_and_nowhere_else():
    quote = "前\u2028後\x85です"
    told = [{"event": "outcome", "answer": {"answer": quote}, "more": True}, None, {"event": "done", "answer": {}}]
    sent = b"".join((json.dumps(e, ensure_ascii=False).encode() if e else b"") + b"\n" for e in told)
    pieces = [sent[i : i + 7] for i in range(0, len(sent), 7)]
    client = client_that(lambda request: httpx.Response(200, content=iter(pieces)))
    assert list(client.tell("人口は？")) == told


def test_a_question_that_is_refused_has_its_title_also_when_it_is_told():
    client = client_that(lambda request: problem(422, "質問が長すぎます。"))
    with pytest.raises(Problem, match="exact English"):
        next(client.tell("人口は？"))
