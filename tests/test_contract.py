"""The page's client against the real API, so that neither changes without the other: no port, no model, no index."""

import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from answer.answer import Dropping, Status
from answer.judging import confidence
from api import schemas
from api.app import create_app
from api.settings import Settings
from eval.history import Runs
from index.collection import AddReport
from index.database.notes import Notes
from ingest.document import Document, Page
from ingest.parse import ParseError
from tests.api.conftest import (
    FakeAssistant,
    FakeCollection,
    FakeSnapshot,
    char_boxes,
    fact_of,
    full_answer,
    info_of,
    unsure_answer,
)
from tests.ui import fake_api
from ui import render
from ui.client import AskClient, Problem
from ui.written import DROPPINGS

PDF_TEXT = "Reservoir level\n41 percent"
TEXT = "１　防災\n避難所の数は57か所。\n"


@pytest.fixture
def pdf() -> Document:
    page = Page(1, 0, len(PDF_TEXT), "7", 200.0, 100.0, char_boxes(PDF_TEXT))
    return Document(
        "00000000000000bb", "dam.pdf", "dam.pdf", "bb" * 32, "pdf", PDF_TEXT, (page,), "physical", title="ダムの概要"
    )


@pytest.fixture
def text() -> Document:
    page = Page(1, 0, len(TEXT))
    return Document(
        "00000000000000aa", "town.txt", "town.txt", "aa" * 32, "text", TEXT, (page,), "none", title="町の概要"
    )


@pytest.fixture
def assistant(pdf, text, tmp_path) -> FakeAssistant:
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "dam.pdf"
    canvas = Canvas(str(path), pagesize=(200, 100))
    canvas.drawString(10, 50, "Reservoir level")
    canvas.save()
    facts = [fact_of(pdf, "貯水率", "41 percent", 41, "percent"), fact_of(text, "避難所", "57か所", 57, "か所")]
    return FakeAssistant(
        FakeCollection(FakeSnapshot({text.id: text, pdf.id: pdf}, facts, path), Notes(tmp_path / "index"))
    )


@pytest.fixture
def client(assistant, tmp_path) -> AskClient:
    settings = Settings(index=tmp_path / "index")
    return AskClient(TestClient(create_app(assistant, settings, Runs(tmp_path / "runs"))))


def script(client):
    from ui.app import main

    main(client)


def shown(app: AppTest) -> str:
    assert list(app.exception) == []
    return "\n".join(element.value for element in app.html)


def test_the_page_asks_the_real_api_and_shows_answer_citation_and_page(client):
    app = AppTest.from_function(script, args=(client,), default_timeout=20).run()
    app.chat_input[0].set_value("貯水率は何％ですか").run()
    page = shown(app)
    assert "41 percent" in page
    assert "ダムの概要" in page
    assert "p.1（印刷ページ 7）" in page
    assert len(app.get("imgs")) + len(app.get("image")) == 1
    app.chat_input[0].set_value("避難所の数はいくつですか").run()
    assert "<mark>57か所</mark>" in shown(app)


def test_the_page_shows_the_real_apis_not_found_and_its_refusals(client):
    app = AppTest.from_function(script, args=(client,), default_timeout=20).run()
    app.chat_input[0].set_value("宇宙港はいつ開きますか").run()
    assert "資料に記載がありません" in shown(app)
    assert "宇宙港" in shown(app)
    app.chat_input[0].set_value("あ" * 501).run()
    assert "質問が長すぎます" in shown(app)
    app.chat_input[0].set_value("？？").run()
    assert "記号だけでは質問として読めません" in shown(app)


def test_an_unsure_answer_of_the_real_api_is_drawn_and_its_right_candidate_becomes_a_question(client, assistant, pdf):
    assistant.ask = lambda question, **_: unsure_answer(pdf)
    app = AppTest.from_function(script, args=(client,), default_timeout=20).run()
    app.chat_input[0].set_value("貯水率は何％ですか").run()
    page = shown(app)
    assert "一つに決められません。" in page
    assert "<mark>41</mark> percent" in page
    assert "候補の箇所" in page
    app.button(key="bad-opinion-0").click().run()
    app.radio(key="candidate-opinion-0").set_value(2)
    app.button(key="send-opinion-0").click().run()
    [kept] = client.feedback()["feedback"]
    assert (kept["candidate"], kept["draft"]["answer"], kept["draft"]["evidence"][0]["page"]) == (2, "Reservoir", 1)


def test_a_question_that_a_model_made_whole_is_told_by_the_real_api_and_called_so_on_the_page(client, assistant, pdf):
    assistant.ask = lambda question, **_: replace(full_answer(pdf), is_rewritten=True)
    told = client.ask("貯水率は何％ですか")
    assert (told["understood"], told["is_rewritten"]) == (full_answer(pdf).understood, True)
    app = AppTest.from_function(script, args=(client,), default_timeout=20).run()
    app.chat_input[0].set_value("貯水率は何％ですか").run()
    assert f"AIが補った質問</span> {told['understood']}" in shown(app)
    assert schemas.AnswerOut.model_validate({k: v for k, v in told.items() if k != "is_rewritten"})  # of older opinions


def test_the_words_of_confidence_promise_what_the_answers_hold():
    assert (render.HIGH, render.MIDDLE) == (confidence.HIGH, confidence.MIDDLE)


def test_the_pages_fake_answers_are_answers_of_the_api(client):
    real = client.ask("貯水率は何％ですか").keys()
    for fake in (fake_api.answer(), fake_api.unsure(), fake_api.not_found()):
        assert fake.keys() <= real
        assert fake["status"] in get_args(Status)


def test_what_the_page_is_told_of_a_model_is_what_the_api_tells(client):
    for fake, model in (
        (fake_api.generated(), schemas.GeneratedOut),
        (fake_api.generated()["sentences"][0], schemas.SentenceOut),
        (fake_api.writing(), schemas.WritingOut),
        (fake_api.sentence(1), schemas.SentenceEvent),
    ):
        assert fake.keys() == model.model_fields.keys()
    assert set(DROPPINGS) == set(get_args(Dropping))
    assert client.llm().keys() == fake_api.llm().keys()
    outcome, done = client.tell("貯水率は何％ですか")
    assert (outcome["event"], outcome["more"], done["event"]) == ("outcome", False, "done")
    assert outcome["answer"]["answer"] == done["answer"]["answer"] == client.ask("貯水率は何％ですか")["answer"]
    with pytest.raises(Problem) as refusal:
        next(client.tell("？？"))
    assert refusal.value.status == 422


def test_an_answer_with_every_field_can_be_drawn(client, assistant, pdf):
    assistant.ask = lambda question, **_: full_answer(pdf)
    app = AppTest.from_function(script, args=(client,), default_timeout=20).run()
    app.chat_input[0].set_value("増えましたか").run()
    page = shown(app)
    for part in (
        "16人増えました。",
        "57 − 41 = 16",
        "令和5年度（2023年度）",
        "令和4年度（2022年度）",
        "41人",
        "確度　低",
    ):
        assert part in page


def test_documents_pages_and_pictures_have_what_the_page_reads(client, pdf, text):
    listed = client.documents()
    assert [d["title"] for d in listed] == ["町の概要", "ダムの概要"]
    assert [(d["pages"], d["paging"], d["warnings"]) for d in listed] == [(1, "none", []), (1, "physical", [])]
    assert client.page(text.id, 1)["text"] == TEXT
    assert client.page(text.id, 1)["start"] == 0
    plain, marked = client.picture(pdf.id, 1), client.picture(pdf.id, 1, (0, 9))
    assert plain.startswith(b"\x89PNG")
    assert marked.startswith(b"\x89PNG")
    assert plain != marked
    assert client.picture(pdf.id, 1, (0, 9), dpi=200) != marked
    assert isinstance(client.examples(), list)


def end_of(client, intake):
    """Return the intake once it has ended."""
    until = time.monotonic() + 10
    while True:
        one = next(one for one in client.intakes() if one["id"] == intake["id"])
        if one["ended"]:
            return one
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_upload_reports_what_went_in_and_says_why_something_did_not(client, assistant, text):
    def adding(contents: dict[Path, bytes], names: dict[Path, str]) -> AddReport:
        (path,) = contents
        if contents[path] == b"":
            error = ParseError(path, "空のファイルです。", "the file is empty")
            return AddReport(added=[], refreshed=[], skipped=[], failed=[(path, error)], seconds=0.0)
        return AddReport(added=[info_of(text)], refreshed=[], skipped=[], failed=[], seconds=0.0)

    assistant.collection.adding = adding
    sent = client.upload("町の 概要.txt", "町".encode())
    assert sent["files"] == ["町の 概要.txt"]
    ended = end_of(client, sent)
    assert ended.keys() == fake_api.intake().keys()
    assert ended["report"].keys() == fake_api.report().keys()
    assert [d["title"] for d in ended["report"]["added"]] == ["町の概要"]
    assert render.intake_words(ended) == "取り込みました（1ページ）"
    assert list(assistant.collection.added[0][1].values()) == ["町の 概要.txt"]
    assert render.intake_words(end_of(client, client.upload("empty.txt", b""))) == "空のファイルです。"
    failed = next(one for one in client.intakes() if one["state"] == "failed")
    assert end_of(client, client.retry_intake(failed["id"]))["state"] == "failed", "it is still empty"
    for one in client.intakes():
        client.drop_intake(one["id"])
    assert client.intakes() == []
    with pytest.raises(Problem, match="no intake has the id"):
        client.drop_intake("1")


def test_a_removed_document_is_gone_and_a_second_removal_is_refused_in_words(client, text):
    client.remove(text.id)
    assert [d["title"] for d in client.documents()] == ["ダムの概要"]
    with pytest.raises(Problem, match="no document has the id") as refusal:
        client.remove(text.id)
    assert refusal.value.status == 404


def test_the_sample_collection_is_taken_in_and_health_says_that_there_is_one(client, assistant, text):
    assistant.collection.adding = lambda contents, names: AddReport(
        added=[info_of(text, file=n) for n in names.values()]
    )
    assert client.health()["has_sample"] is True
    assert client.health()["preparing"] is None
    assert len(end_of(client, client.add_sample())["report"]["added"]) == 6


def test_a_document_is_corrected_fetched_and_searched(client, assistant, pdf, text):
    assert client.describe(text.id, {"title": "町の姿", "published": "2024-06"})["title"] == "町の姿"
    assert client.original(pdf.id) == assistant.collection.current.pdf.read_bytes()
    found = client.find(text.id, "避難所 57")
    assert found["total"] == 1
    match = found["matches"][0]
    assert TEXT[match["start"] : match["end"]] == "避難所の数は57"
    for refused in (lambda: client.describe(text.id, {"published": "2024-02-30"}), lambda: client.find(text.id, " ")):
        with pytest.raises(Problem) as refusal:
            refused()
        assert refusal.value.status == 422


def test_feedback_becomes_a_question_of_the_question_file(client):
    answer = client.ask("避難所の数はいくつですか")
    sent = client.send_feedback({"verdict": "bad", "answer": answer, "reason": "unclear", "right_answer": "57か所です"})
    other = client.send_feedback({"verdict": "good", "answer": answer})
    assert client.accept(sent["id"], sent["draft"])["state"] == "accepted"
    assert client.dismiss(other["id"])["state"] == "dismissed"
    listed = client.feedback()
    assert [one["id"] for one in listed["feedback"]] == [other["id"], sent["id"]]
    assert listed["questions"] == len(client.questions().splitlines()) == 1


def test_the_scorecards_are_listed_and_opened(client):
    assert [run["id"] for run in client.evaluations()] == ["baseline"]
    assert client.evaluation("baseline")["wrong"] == []


def test_an_empty_collection_is_an_empty_list_and_no_error(client, assistant):
    assistant.collection.current = None
    assert client.documents() == []
    assert client.examples() == []
