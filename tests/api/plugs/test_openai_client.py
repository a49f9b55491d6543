"""The real client of OpenAI over a real port: on one's own machine, and where there are accounts."""

import threading

import openai
import pytest
from openai import OpenAI

from api.app import create_app
from api.settings import Settings
from tests.answer.generating.test_told import PAPER, QUESTION
from tests.answer.papers import assistant_over
from tests.api.access.office import open_office
from tests.api.servers import live

CHILDREN = "保育所の待機児童数は何人ですか。"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A client of one's own machine, where no key is looked at."""
    folder = tmp_path_factory.mktemp("local")
    assistant = assistant_over(folder, {"環境課.txt": PAPER})
    with (
        live(create_app(assistant, Settings(index=folder))) as address,
        OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


@pytest.fixture
def office(tmp_path):
    office = open_office(tmp_path)
    with office.client, live(office.client.app) as address:
        office.address = address
        yield office


def key_of(office, who, **more):
    made = office.call(who, "POST", "/v1/keys", json={"name": "chat", "permissions": ["read"], **more}).json()
    return made["key"]["id"], made["secret"]


def client_of(office, secret, **more):
    return OpenAI(base_url=f"{office.address}/v1", api_key=secret, max_retries=0, **more)


def ask(client, question=QUESTION, **more):
    return client.chat.completions.create(model="tenkyo", messages=[{"role": "user", "content": question}], **more)


def test_the_client_reads_models_an_answer_and_its_sources(local):
    assert [model.id for model in local.models.list()] == ["tenkyo", "tenkyo-extractive"]
    reply = ask(local)
    message = reply.choices[0].message
    assert message.content.startswith("1,204トン")
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert "1,204トン" in cited.title
    assert reply.usage.total_tokens == 0
    assert reply.tenkyo["answer"].startswith("1,204トン")


def test_the_client_reads_a_stream_to_its_end(local):
    whole = ask(local).choices[0].message
    text, annotations, finish, usage = "", [], None, None
    for chunk in ask(local, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            annotations += getattr(choice.delta, "annotations", None) or []
            finish = choice.finish_reason or finish
    assert (text, finish) == (whole.content, "stop")
    assert annotations == [one.model_dump() for one in whole.annotations]
    assert usage.total_tokens == 0
    with local.chat.completions.stream(model="tenkyo", messages=[{"role": "user", "content": QUESTION}]) as stream:
        assert stream.get_final_completion().choices[0].message.content == whole.content


def test_the_client_knows_our_errors_as_its_own(local):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(local, " ")
    assert (refused.value.status_code, refused.value.code) == (400, "question-empty")
    with pytest.raises(openai.BadRequestError, match="n must be 1"):
        ask(local, n=3)
    with pytest.raises(openai.BadRequestError, match="tools"):
        ask(local, tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}])
    with pytest.raises(openai.NotFoundError) as unknown:
        local.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": QUESTION}])
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        ask(local, "長" * 501, stream=True)


def test_an_error_in_the_middle_of_a_stream_reaches_the_client(office, monkeypatch):
    _, secret = key_of(office, "reader")
    tell = office.assistant.tell

    def breaks(question, **how):
        yield next(tell(question, **how))
        raise RuntimeError("ours")

    monkeypatch.setattr(office.assistant, "tell", breaks)
    with client_of(office, secret) as client:
        stream = ask(client, CHILDREN, stream=True)
        said = next(stream).choices[0].delta.content + next(stream).choices[0].delta.content
        with pytest.raises(openai.APIError) as broken:
            list(stream)
    assert "9人" in said
    assert broken.value.code == "internal"


def test_a_key_asks_as_its_owner_and_no_longer_once_it_is_revoked(office):
    id_, secret = key_of(office, "reader")
    with client_of(office, secret) as client:
        assert "9人" in ask(client, CHILDREN).choices[0].message.content
        assert office.call("reader", "DELETE", f"/v1/keys/{id_}").status_code == 204
        for asked in (lambda: ask(client, CHILDREN), lambda: ask(client, CHILDREN, stream=True), client.models.list):
            with pytest.raises(openai.AuthenticationError) as refused:
                asked()
            assert refused.value.code == "invalid_api_key"


def test_a_stream_ends_with_an_error_when_its_key_is_revoked(office, monkeypatch):
    id_, secret = key_of(office, "reader")
    revoked, tell = threading.Event(), office.assistant.tell

    def slowly(question, **how):
        found, *rest = tell(question, **how)
        yield found
        assert revoked.wait(10)
        yield from rest

    monkeypatch.setattr(office.assistant, "tell", slowly)
    with client_of(office, secret) as client:
        stream = ask(client, CHILDREN, stream=True)
        assert "9人" in next(stream).choices[0].delta.content + next(stream).choices[0].delta.content
        office.call("reader", "DELETE", f"/v1/keys/{id_}")
        revoked.set()
        with pytest.raises(openai.APIError) as ended:
            list(stream)
    assert ended.value.code == "invalid_api_key"


def test_the_other_header_opens_no_other_door(office):
    _, secret = key_of(office, "reader")
    both = client_of(office, secret, default_headers={"x-api-key": secret})
    with both as client, pytest.raises(openai.BadRequestError) as two:
        ask(client, CHILDREN)
    assert two.value.code == "credentials"
    sent = {"model": "tenkyo", "messages": [{"role": "user", "content": CHILDREN}]}
    alone = office.client.post("/v1/chat/completions", json=sent, headers={"x-api-key": secret})
    assert "9人" in alone.json()["choices"][0]["message"]["content"]
    wrong = office.client.post("/v1/chat/completions", json=sent, headers={"x-api-key": "tk_wrong"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")


def test_a_background_task_is_recorded_as_a_request_without_a_question(office):
    _, secret = key_of(office, "reader")
    task = '### Task:\nGenerate a title: { "title": "…" }\n<chat_history>\nUSER: 会員数は？\n</chat_history>'
    office.tokens["key"] = secret
    for question, kept in ((task, None), (CHILDREN, CHILDREN)):
        sent = {"model": "tenkyo", "messages": [{"role": "user", "content": question}]}
        assert office.call("key", "POST", "/v1/chat/completions", json=sent).status_code == 200
        last = office.door.audit.newest(1)[0].entry
        assert (last["what"], last["by"], last.get("question")) == ("POST /v1/chat/completions", "key", kept)
