"""What readers think of answers: kept through crashes and crowds, and made into questions that the evaluation reads."""

import json
import multiprocessing
import threading

import pytest
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api import feedback
from api.app import create_app
from api.feedback import Feedback
from api.schemas import AnswerOut, FeedbackIn, QuestionDraft
from api.settings import Settings
from eval.dataset import TYPES, faults_of, read_questions
from index.collection import Collection
from tests.api.conftest import citation_of, full_answer, unsure_answer
from tests.api.test_app import problem


@pytest.fixture
def answer(text_document):
    """An answer over a text file, as POST /v1/ask gives it."""
    body = full_answer(text_document).to_dict()
    return AnswerOut.model_validate({**body, "question": "避難所は？", "understood": "避難所の数はいくつですか。"})


@pytest.fixture
def bad(answer):
    said = {"verdict": "bad", "reason": "wrong_value", "right_answer": "57か所", "comment": "表の値です"}
    return {**said, "answer": answer.model_dump(mode="json")}


def give(client, body):
    response = client.post("/v1/feedback", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def accept(client, one, **changes):
    return client.post(f"/v1/feedback/{one['id']}/accept", json={**one["draft"], **changes})


def listed(client):
    return client.get("/v1/feedback").json()


def test_a_bad_verdict_comes_back_with_a_draft_of_a_question(client, bad):
    one = give(client, bad)
    assert (one["verdict"], one["state"], one["answer"]["passages"]) == ("bad", "open", [])
    assert one["draft"] == {
        "id": f"feedback-{one['id']}",
        "question": "避難所の数はいくつですか。",
        "type": "comparison",
        "answer": "57か所",
        "accept": ["57か所"],
        "accept_all": [],
        "evidence": [{"file": "mizuho.txt", "quote": "１　防災\n"[:5], "lines": [1, 1], "page": None}],
        "answerable": True,
        "note": f"意見 {one['id']}。値が違う。表示された答え: 16人増えました。。表の値です",
    }


def test_a_good_verdict_needs_no_draft(client, bad):
    assert give(client, {"verdict": "good", "answer": bad["answer"]})["draft"] is None


def test_a_page_is_the_evidence_where_lines_mean_nothing(client, bad, pdf_document):
    citation = citation_of(pdf_document, 0, 9).__dict__ | {"section": [], "boxes": None}
    bad["answer"] = {**bad["answer"], "citations": [citation, {**citation, "n": 2}]}
    quote = pdf_document.text[:9]
    assert give(client, bad)["draft"]["evidence"] == [{"file": "dam.pdf", "quote": quote, "lines": None, "page": 1}]


def test_a_place_that_a_question_file_cannot_name_is_left_out(client, bad):
    citation = {**bad["answer"]["citations"][0], "lines": None, "page": None}
    bad["answer"] = {**bad["answer"], "citations": [citation]}
    assert give(client, bad)["draft"]["evidence"] == []


def test_the_evidence_is_what_tells_the_right_answer_and_else_what_the_answer_stands_on(client, bad):
    """The second citation is of another date: evidence only if that is where the right answer stands."""
    first = bad["answer"]["citations"][0] | {"quote": "会員は648団体", "lines": [3, 3]}
    second = first | {"n": 2, "quote": "会員は 1,507 団体", "lines": [9, 9]}
    timeline = [{"as_of": "2024", "value": "1,507", "unit": "団体", "citation": 2}]
    bad["answer"] = {**bad["answer"], "citations": [first, second], "timeline": timeline}
    for right, lines in (("６４８団体", [3, 3]), ("1507団体", [9, 9]), ("700団体", [3, 3]), (None, [3, 3])):
        draft = give(client, {**bad, "right_answer": right})["draft"]
        assert [place["lines"] for place in draft["evidence"]] == [lines], right


def test_a_wrong_source_is_no_evidence(client, bad):
    assert give(client, {**bad, "reason": "wrong_source"})["draft"]["evidence"] == []


@pytest.mark.parametrize("right", ["資料に記載がありません", "記載なし", "記載はない"])
def test_a_right_answer_that_says_there_is_none_makes_the_question_unanswerable(client, bad, right):
    draft = give(client, {**bad, "right_answer": right})["draft"]
    assert (draft["type"], draft["answerable"], draft["accept"], draft["evidence"]) == ("unanswerable", False, [], [])


def test_a_right_candidate_becomes_the_answer_of_a_draft_with_its_own_places(client, text_document):
    shown = unsure_answer(text_document).to_dict()
    first = give(client, {"verdict": "good", "candidate": 1, "answer": shown})["draft"]
    assert (first["answer"], first["accept"], first["type"]) == ("57", ["57"], "number")
    assert [place["lines"] for place in first["evidence"]] == [list(c["lines"]) for c in shown["citations"][:2]]
    assert "正しいとされた候補: 57" in first["note"]
    second = give(client, {"verdict": "good", "candidate": 2, "answer": shown, "right_answer": "防災の計画"})["draft"]
    assert second["answer"] == "防災の計画", "in the reader's own words"
    assert [place["quote"] for place in second["evidence"]] == [shown["citations"][2]["quote"]]


def test_places_of_candidates_are_none_of_an_answer_that_they_do_not_hold(client, text_document):
    shown = unsure_answer(text_document).to_dict()
    assert give(client, {"verdict": "bad", "answer": shown, "right_answer": "99か所"})["draft"]["evidence"] == []
    assert give(client, {"verdict": "bad", "answer": shown})["draft"]["evidence"] == []
    assert len(give(client, {"verdict": "bad", "answer": shown, "right_answer": "57か所"})["draft"]["evidence"]) == 1


@pytest.mark.parametrize("wrong", [{"candidate": 3}, {"candidate": 0}, {"candidate": 1, "verdict": "bad"}])
def test_only_a_candidate_that_was_shown_can_be_right(client, text_document, wrong):
    said = {"verdict": "good", "answer": unsure_answer(text_document).to_dict()}
    problem(client.post("/v1/feedback", json=said | wrong), 422, "request-invalid")


def test_an_opinion_kept_before_there_were_candidates_is_still_read(tmp_path, said):
    store = Feedback(tmp_path)
    store.give(said)
    path = tmp_path / "feedback.jsonl"
    event = json.loads(path.read_text("utf-8"))
    del event["said"]["answer"]["candidates"], event["said"]["candidate"]
    path.write_text(json.dumps(event) + "\n", encoding="utf-8")
    assert [one.right_answer for one in store.all()] == ["57か所"]


def test_without_a_right_answer_the_draft_waits_for_one(client, bad):
    one = give(client, {**bad, "reason": "wrongly_declined", "right_answer": None})
    assert (one["draft"]["answer"], one["draft"]["accept"]) == ("", [])
    body = problem(accept(client, one), 422, "question-unfit")
    assert [error["where"] for error in body["errors"]] == ["body.answer", "body.accept"]


def test_the_types_are_those_of_the_evaluation():
    assert feedback.TYPES == TYPES


def test_the_list_is_newest_first_with_states(client, bad):
    first, second, third = (give(client, {**bad, "comment": text}) for text in ("一", "二", "三"))
    assert accept(client, second).json()["state"] == "accepted"
    assert client.post(f"/v1/feedback/{third['id']}/dismiss").json()["state"] == "dismissed"
    body = listed(client)
    assert [(one["id"], one["state"]) for one in body["feedback"]] == [
        (third["id"], "dismissed"),
        (second["id"], "accepted"),
        (first["id"], "open"),
    ]
    assert body["questions"] == 1


def test_accepted_questions_make_a_file_that_the_evaluation_reads(client, bad, settings, tmp_path):
    problem(client.get("/v1/feedback/questions"), 404, "no-questions")
    odd = "1行目\u2028続き\x85終わり\x0c次\n"
    one, none = give(client, bad), give(client, {**bad, "right_answer": "記載なし"})
    evidence = [{"file": "mizuho.txt", "quote": odd, "lines": [2, 3]}, {"file": "dam.pdf", "page": 4}]
    assert accept(client, one, evidence=evidence, accept_all=["避難所", "57"], note=odd).status_code == 200
    assert accept(client, none).status_code == 200
    response = client.get("/v1/feedback/questions")
    assert response.headers["content-disposition"].startswith("attachment")
    (tmp_path / "fetched.jsonl").write_bytes(response.content)
    questions = read_questions(tmp_path / "fetched.jsonl")
    assert questions == read_questions(settings.index / "questions.jsonl")
    assert [(q.type, q.answerable) for q in questions] == [("comparison", True), ("unanswerable", False)]
    assert [(p.file, p.lines, p.page) for p in questions[0].evidence] == [
        ("mizuho.txt", (2, 3), None),
        ("dam.pdf", None, 4),
    ]
    assert questions[0].note == odd


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"id": " "}, ["id"]),
        ({"question": ""}, ["question"]),
        ({"type": "figure"}, ["type"]),
        ({"type": "unanswerable"}, ["type"]),
        ({"answer": "　"}, ["answer"]),
        ({"accept": []}, ["accept"]),
        ({"accept": ["57か所", " "]}, ["accept"]),
        ({"accept_all": [""]}, ["accept_all"]),
        ({"accept": ["避 難所"]}, ["accept"]),
        ({"evidence": []}, ["evidence"]),
        ({"evidence": [{"file": "a.txt"}]}, ["evidence"]),
        ({"evidence": [{"file": "a.txt", "page": 1, "lines": [1, 1]}]}, ["evidence"]),
        ({"evidence": [{"file": "a.txt", "page": 0}]}, ["evidence"]),
        ({"evidence": [{"file": "a.txt", "lines": [3, 2]}]}, ["evidence"]),
        ({"evidence": [{"file": " ", "lines": [1, 2]}]}, ["evidence"]),
        ({"answerable": False}, ["type", "evidence"]),
        ({"answer": "", "accept": [], "evidence": []}, ["answer", "accept", "evidence"]),
    ],
)
def test_what_the_evaluation_would_refuse_is_refused_field_by_field(client, bad, settings, changes, fields):
    one = give(client, bad)
    body = problem(accept(client, one, **changes), 422, "question-unfit")
    assert [error["where"] for error in body["errors"]] == [f"body.{field}" for field in fields]
    assert all(error["what"].endswith("。") for error in body["errors"])
    assert not (settings.index / "questions.jsonl").exists()
    assert listed(client)["feedback"][0]["state"] == "open"


def test_a_number_stands_for_one_question(client, bad):
    first, second = give(client, bad), give(client, bad)
    accept(client, first)
    body = problem(accept(client, second, id=first["draft"]["id"]), 422, "question-unfit")
    assert "もう使われています" in body["title"]


def test_what_is_accepted_stays_and_what_was_put_aside_may_come_back(client, bad):
    one = give(client, bad)
    client.post(f"/v1/feedback/{one['id']}/dismiss")
    assert accept(client, one, note="直した").json()["draft"]["note"] == "直した"
    assert listed(client)["feedback"][0]["draft"]["note"] == "直した"
    problem(accept(client, one), 409, "feedback-accepted")
    problem(client.post(f"/v1/feedback/{one['id']}/dismiss"), 409, "feedback-accepted")
    assert listed(client)["questions"] == 1


def test_an_unknown_feedback_is_a_problem(client, bad):
    draft = give(client, bad)["draft"]
    problem(client.post("/v1/feedback/x/accept", json=draft), 404, "feedback-unknown")
    problem(client.post("/v1/feedback/x/dismiss"), 404, "feedback-unknown")


@pytest.mark.parametrize("wrong", [{"verdict": "fair"}, {"reason": "boring"}, {"comment": "あ" * 2001}, {"answer": {}}])
def test_feedback_of_another_shape_is_refused(client, bad, wrong):
    problem(client.post("/v1/feedback", json={**bad, **wrong}), 422, "request-invalid")


def test_half_a_character_in_a_shown_answer_is_refused(client, bad):
    bad["answer"]["answer"] = "\ud800"
    headers = {"content-type": "application/json"}
    response = client.post("/v1/feedback", content=json.dumps(bad).encode(), headers=headers)
    problem(response, 422, "request-invalid")


def test_an_answer_with_all_its_passages_may_be_sent_back(client, bad):
    passage = bad["answer"]["passages"] or [{**bad["answer"]["citations"][0], "chunk_id": "c:0-1", "score": 1.0}]
    bad["answer"]["passages"] = [{**passage[0], "quote": "あ" * 10_000}] * 5
    assert give(client, bad)["answer"]["passages"] == []
    bad["answer"]["passages"] *= 4
    problem(client.post("/v1/feedback", json=bad), 413, "too-large")


# --- the files ----------------------------------------------------------------------------------------------------


@pytest.fixture
def said(answer):
    return FeedbackIn(verdict="bad", answer=answer, right_answer="57か所")


@pytest.mark.parametrize("torn", [1, 20, 200, -1])
def test_a_line_cut_short_is_mended_and_costs_nothing_but_itself(tmp_path, said, torn):
    """The power went while the third line was written; with -1 only its end is missing, and it counts."""
    store = Feedback(tmp_path)
    ids = [store.give(said).id for _ in range(3)]
    path = tmp_path / "feedback.jsonl"
    *whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:torn])
    kept = ids if torn == -1 else ids[:2]
    assert [one.id for one in store.all()] == kept
    kept = [*kept, store.give(said).id]
    assert [one.id for one in store.all()] == kept
    assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())


def test_a_file_of_nothing_but_a_torn_line_begins_anew(tmp_path, said):
    (tmp_path / "feedback.jsonl").write_bytes(b'{"event": "giv')
    store = Feedback(tmp_path)
    assert store.all() == []
    store.give(said)
    assert len(store.all()) == 1


def test_lines_that_mean_nothing_are_passed_over(tmp_path, said, caplog):
    store = Feedback(tmp_path)
    first = store.give(said)
    with (tmp_path / "feedback.jsonl").open("ab") as file:
        for line in (b"\xff\xfe", b"[]", b"{}", b'{"event": "sung", "id": "x"}', b'{"event": "dismissed", "id": "x"}'):
            file.write(line + b"\n")
    second = store.give(said)
    assert [one.id for one in store.all()] == [first.id, second.id]
    assert "cannot be used" in caplog.text


def test_a_question_written_just_before_a_crash_is_not_written_twice(tmp_path, said):
    store = Feedback(tmp_path)
    one = store.give(said)
    store.accept(one.id, one.draft)
    events = (tmp_path / "feedback.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "feedback.jsonl").write_bytes(events[0])
    assert store.all()[0].state == "open"
    store.accept(one.id, one.draft)
    assert (store.all()[0].state, len(store.questions())) == ("accepted", 1)


def test_a_full_disk_leaves_what_was_there(tmp_path, said, monkeypatch):
    store = Feedback(tmp_path)
    store.give(said)
    before = (tmp_path / "feedback.jsonl").read_bytes()
    with monkeypatch.context() as patched:

        def full(_):
            raise OSError(28, "No space left on device")

        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            store.give(said)
    assert (tmp_path / "feedback.jsonl").read_bytes() == before


def test_threads_lose_nothing_of_each_other(tmp_path, said):
    def give():
        store = Feedback(tmp_path)
        for _ in range(10):
            store.give(said)

    threads = [threading.Thread(target=give) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.id for one in Feedback(tmp_path).all()}) == 40


def _give_many(folder, said):
    for _ in range(10):
        Feedback(folder).give(said)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_processes_lose_nothing_of_each_other(tmp_path, said):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_give_many, args=(tmp_path, said)) for _ in range(2)]
    for process in processes:
        process.start()
    _give_many(tmp_path, said)
    for process in processes:
        process.join()
    assert len(Feedback(tmp_path).all()) == 30


def test_two_who_accept_the_same_feedback_add_one_question(tmp_path, said):
    store = Feedback(tmp_path)
    one = store.give(said)
    outcomes = []

    def accept(n):
        try:
            store.accept(one.id, QuestionDraft(**{**dict(one.draft), "id": f"q{n}"}))
            outcomes.append("accepted")
        except Exception as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=accept, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Problem"] * 3 + ["accepted"]
    assert len(store.questions()) == 1


def test_the_index_minds_none_of_it(collection, said, papers, tmp_path):
    """Adding, removing, verifying and sweeping leave feedback and questions where they are."""
    store = Feedback(collection.folder)
    one = store.give(said)
    store.accept(one.id, one.draft)
    (papers / "新しい.txt").write_text("新しい橋は3本です。", encoding="utf-8")
    assert collection.add([papers]).failed == []
    collection.remove(collection.snapshot().documents()[0].id)
    assert collection.verify() == []
    assert [kept.state for kept in store.all()] == ["accepted"]
    assert len(store.questions()) == 1


def test_feedback_may_come_before_the_first_document(tmp_path, embedder, said, papers):
    Feedback(tmp_path / "new").give(said)
    collection = Collection(tmp_path / "new", embedder)
    with TestClient(create_app(Assistant(collection), Settings(index=tmp_path / "new"))) as client:
        assert client.get("/healthz").json()["status"] == "empty"
        assert collection.add([papers]).failed == []
        assert len(client.get("/v1/feedback").json()["feedback"]) == 1


def test_the_drafts_of_open_bad_verdicts_are_handed_on_as_questions(tmp_path, bad):
    """To `tenkyo eval new`, which may not read what this room keeps."""
    store = Feedback(tmp_path)
    first, second, third = (store.give(FeedbackIn.model_validate(bad)) for _ in range(3))
    store.give(FeedbackIn.model_validate(bad | {"verdict": "good"}))
    store.dismiss(second.id)
    store.accept(third.id, third.draft)
    [record] = store.open_drafts()
    assert record["id"] == f"feedback-{first.id}"
    assert record["evidence"] == [{"file": "mizuho.txt", "quote": "１　防災\n"[:5], "lines": [1, 1]}]
    assert faults_of(record) == ()
