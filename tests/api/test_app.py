"""The API as its callers see it: what comes back for good requests, bad ones and hostile ones."""

import errno
import io
import threading
import time

import pytest
from PIL import Image
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from index.collection import AddReport
from index.protocols import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing
from tests.api.conftest import PDF_ID, PDF_TEXT, TEXT, TEXT_ID, info_of, unreadable


def problem(response, status, kind):
    """Assert that the response is a problem document of this kind and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:tenkyo:problem:{kind}"
    assert body["status"] == status
    assert body["instance"] == response.request.url.path
    assert any("ぁ" <= c <= "ん" for c in body["title"]), body["title"]
    assert body["detail"].isprintable()
    return body


def ask(client, question, **more):
    return client.post("/v1/ask", json={"question": question, **more})


# --- asking -------------------------------------------------------------------------------------------------------


def test_a_question_comes_back_with_its_answer_and_citation(client):
    """The object is the one of the contract: the same as Answer.to_dict()."""
    body = ask(client, "保育所の待機児童数は何人ですか。", id="q7").json()
    assert (body["status"], body["answer"], body["id"]) == ("answered", "3人", "q7")
    citation = body["citations"][0]
    assert TEXT[citation["start"] : citation["end"]] == citation["quote"]
    assert (citation["page"], citation["page_label"], citation["page_guessed"]) == (2, "4", True)
    assert body["passages"][0]["chunk_id"] == "c:0-1"
    assert body["timings_ms"] == {"retrieve": 1.0, "read": 2.0, "check": 3.0, "total": 6.0, "write": 0.0}


def test_what_the_documents_do_not_say_is_an_answer_and_not_an_error(client):
    response = ask(client, "宇宙港はいつ開きますか。")
    assert response.status_code == 200
    assert response.json()["status"] == "not_found"
    assert response.json()["missing"] == ["宇宙港"]


def test_a_question_of_ten_thousand_characters_is_refused_with_both_lengths(client):
    body = problem(ask(client, "あ" * 10_000), 422, "question-too-long")
    assert "10000 characters" in body["detail"]
    assert "10,000文字" in body["title"]
    problem(client.post("/v1/search", json={"question": "あ" * 10_000}), 422, "question-too-long")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("", "empty"),
        ("　", "empty"),
        ("？？？！！", "symbols-only"),
        ("※△▲", "symbols-only"),
        ("How many shelters are there?", "not-japanese"),
    ],
)
def test_what_is_no_question_is_told_why(client, question, kind):
    problem(ask(client, question), 422, f"question-{kind}")
    problem(client.post("/v1/search", json={"question": question}), 422, f"question-{kind}")


def test_an_over_long_id_of_a_question_is_refused_by_field(client):
    assert problem(ask(client, "避難所は", id="x" * 201), 422, "request-invalid")["errors"][0]["where"] == "body.id"


@pytest.mark.parametrize("content", ["{", '{"question": "避難所は？', "避難所は？"])
def test_wrong_json_is_named_as_such(client, content):
    headers = {"content-type": "application/json"}
    problem(client.post("/v1/ask", content=content.encode(), headers=headers), 422, "json-invalid")


@pytest.mark.parametrize("body", [[], {}, {"question": 5}, {"question": None}, {"q": "x"}, {"question": "x", "z": 1}])
def test_json_of_another_shape_is_refused_by_field(client, body):
    assert problem(client.post("/v1/ask", json=body), 422, "request-invalid")["errors"][0]["where"].startswith("body")


def test_a_problem_does_not_send_the_input_back(client):
    assert "<script>" not in client.post("/v1/ask", json={"question": ["<script>"]}).text


def test_half_a_character_in_a_question_is_refused(client):
    headers = {"content-type": "application/json"}
    response = client.post("/v1/ask", content='{"question": "避難所は\\ud800？"}'.encode(), headers=headers)
    problem(response, 422, "request-invalid")


def test_a_search_returns_places_in_the_order_of_the_index(client):
    body = client.post("/v1/search", json={"question": "避難所", "k": 2, "leg": "keyword"}).json()
    assert [(p["n"], p["score"]) for p in body["passages"]] == [(1, 1.0), (2, 0.5)]
    assert body["passages"][0]["quote"] == TEXT[5:12]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [({"k": 0}, "request-invalid"), ({"k": 10**9}, "k-too-large"), ({"leg": "both"}, "request-invalid")],
)
def test_a_search_has_limits(client, wrong, kind):
    problem(client.post("/v1/search", json={"question": "避難所", **wrong}), 422, kind)


def test_examples_are_questions_that_the_collection_answers(client):
    """Both come from facts: one with the date it holds for, one without."""
    assert client.get("/v1/examples").json()["questions"] == [
        "令和5年4月1日現在の避難所の数は何か所ですか。",
        "保育所の待機児童数は何人ですか。",
    ]


def test_examples_are_looked_for_once_per_snapshot(client, assistant):
    client.get("/v1/examples")
    asked = len(assistant.asked)
    client.get("/v1/examples")
    assert len(assistant.asked) == asked
    assistant.collection.current.id = "snapshot-2"
    client.get("/v1/examples")
    assert len(assistant.asked) > asked


# --- documents ----------------------------------------------------------------------------------------------------


def test_the_collection_is_listed_with_its_snapshot(client):
    body = client.get("/v1/documents").json()
    assert body["index"] == "snapshot-1"
    assert [(d["id"], d["file"], d["pages"]) for d in body["documents"]] == [
        (TEXT_ID, "mizuho.txt", 2),
        (PDF_ID, "dam.pdf", 1),
    ]


def test_a_document_has_a_table_of_contents(client):
    body = client.get(f"/v1/documents/{TEXT_ID}").json()
    assert body["headings"] == [{"text": "１　防災", "level": 1, "page": 1, "start": 0, "end": 4}]
    assert body["page_list"] == [{"number": 1, "label": "3"}, {"number": 2, "label": "4"}]


@pytest.mark.parametrize(
    "path", ["ffffffffffffffff", "x", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "' OR 1=1 --", "議案", "a" * 3000]
)
@pytest.mark.parametrize("rest", ["", "/pages/1", "/pages/1/image"])
def test_an_unknown_document_is_not_found(client, path, rest):
    response = client.get(f"/v1/documents/{path}{rest}")
    body = response.json()
    assert response.status_code == 404
    assert body["type"] in ("urn:tenkyo:problem:document-unknown", "urn:tenkyo:problem:http-404")
    assert len(body["detail"]) < 200


def test_a_removed_document_is_gone(client, assistant):
    response = client.delete(f"/v1/documents/{TEXT_ID}")
    assert (response.status_code, response.content) == (204, b"")
    assert assistant.collection.removed == [TEXT_ID]
    problem(client.delete(f"/v1/documents/{TEXT_ID}"), 404, "document-unknown")


# --- pages --------------------------------------------------------------------------------------------------------


def test_a_page_of_a_text_file_has_the_lines_of_the_file(client):
    """The second page follows a form feed, which belongs to no line; numbering goes on through the file."""
    body = client.get(f"/v1/documents/{TEXT_ID}/pages/2").json()
    assert [(line["number"], line["text"]) for line in body["lines"]] == [
        (3, "２　福祉"),
        (4, "保育所の待機児童数は3人。"),
    ]
    assert all(TEXT[line["start"] : line["end"]] == line["text"] for line in body["lines"])
    assert TEXT[body["start"] : body["end"]] == body["text"]
    assert (body["label"], body["label_guessed"], body["image"], body["width"]) == ("4", True, None, None)


def test_a_page_of_a_pdf_has_boxes_around_its_lines(client):
    body = client.get(f"/v1/documents/{PDF_ID}/pages/1").json()
    assert [(line["number"], line["box"]) for line in body["lines"]] == [
        (None, [0.0, 0.0, 150.0, 20.0]),
        (None, [0.0, 20.0, 100.0, 40.0]),
    ]
    assert (body["width"], body["height"]) == (200.0, 100.0)
    assert client.get(body["image"]).headers["content-type"] == "image/png"


@pytest.mark.parametrize("number", [0, -1, 3, 10**9, 10**30])
@pytest.mark.parametrize("rest", ["", "/image"])
def test_a_page_that_is_not_there_is_named_with_the_last_one(client, number, rest):
    body = problem(client.get(f"/v1/documents/{TEXT_ID}/pages/{number}{rest}"), 404, "page-unknown")
    assert body["detail"] == f"page {number} is not within 1-2"


@pytest.mark.parametrize("number", ["one", "1.5", "１ページ"])
def test_a_page_is_a_number(client, number):
    problem(client.get(f"/v1/documents/{TEXT_ID}/pages/{number}"), 422, "request-invalid")


def picture(response):
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content)).convert("RGB")


def test_the_picture_of_a_page_has_the_resolution_asked_for(client):
    assert picture(client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params={"dpi": 72})).size == (200, 100)


@pytest.mark.parametrize("params", [{"boxes": "100,60,140,90"}, {"boxes": "1,1,2,2;100,60,140,90"}])
def test_a_rectangle_is_drawn_where_it_was_asked_for(client, params):
    """At 72 dpi a pixel is a point: inside the paper turns yellow, outside it stays white."""
    plain = picture(client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params={"dpi": 72}))
    drawn = picture(client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params={"dpi": 72, **params}))
    assert plain.getpixel((120, 75)) == (255, 255, 255)
    red, green, blue = drawn.getpixel((120, 75))
    assert min(red, green) > blue + 50
    assert drawn.getpixel((170, 75)) == (255, 255, 255)


def test_a_span_is_drawn_where_the_assistant_cites_it(client):
    """The fake cites everything at 10–30 by 20–40 points."""
    params = {"dpi": 72, "start": 0, "end": 5}
    drawn = picture(client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params=params))
    assert drawn.getpixel((15, 25)) != (255, 255, 255)


@pytest.mark.parametrize(
    "params",
    [
        {"start": 5},
        {"end": 5},
        {"start": 5, "end": 5},
        {"start": 7, "end": 3},
        {"start": len(PDF_TEXT), "end": len(PDF_TEXT) + 9},
        {"start": 10**9, "end": 10**10},
    ],
)
def test_a_span_outside_the_page_is_refused(client, params):
    problem(client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params=params), 422, "span-outside-page")


@pytest.mark.parametrize("boxes", ["1,2,3", "a,b,c,d", "5,5,1,1", "nan,0,1,1", "0,0,inf,1", ";", "0,0,1,1;" * 501])
def test_rectangles_that_are_none_are_refused(client, boxes):
    response = client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params={"boxes": boxes})
    problem(response, 422, "boxes-invalid")


@pytest.mark.parametrize("dpi", [0, 35, 221, 10**9, "high"])
def test_the_resolution_is_bounded(client, dpi):
    response = client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params={"dpi": dpi})
    problem(response, 422, "request-invalid")


def test_a_huge_page_is_drawn_more_coarsely(client, assistant, pdf_document, monkeypatch):
    """A PDF may declare a page of 200 inches; a picture of 500 megapixels would take the machine down."""
    from dataclasses import replace

    page = replace(pdf_document.pages[0], width=14_400.0, height=14_400.0)
    assistant.collection.current.held[PDF_ID] = replace(pdf_document, pages=(page,))
    seen = []
    monkeypatch.setattr("api.documents.render_page", lambda *a, dpi, boxes: seen.append(dpi) or b"")
    client.get(f"/v1/documents/{PDF_ID}/pages/1/image", params={"dpi": 200})
    assert seen == [20]


def test_a_text_file_has_no_pictures_and_says_so(client):
    body = problem(client.get(f"/v1/documents/{TEXT_ID}/pages/1/image"), 404, "no-image")
    assert "text file" in body["detail"]


def test_a_picture_that_is_known_is_not_sent_again(client):
    path = f"/v1/documents/{PDF_ID}/pages/1/image"
    first = client.get(path)
    assert first.headers["cache-control"] == "private, max-age=86400"
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(path, params={"boxes": "1,1,5,5"}, headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


# --- uploads ------------------------------------------------------------------------------------------------------


@pytest.fixture
def adding(assistant, text_document):
    """A collection that takes everything, but for empty files."""
    collection = assistant.collection

    def add(contents, sources):
        good = [path for path, content in contents.items() if content]
        return AddReport(
            added=[info_of(text_document, file=path.name, source=sources[path]) for path in good],
            refreshed=[],
            skipped=[],
            failed=[(path, unreadable(path)) for path in contents if path not in good],
            seconds=0.1,
        )

    collection.adding = add
    return collection


def send(client, *files):
    return client.post("/v1/documents", files=[("files", file) for file in files])


def test_an_upload_is_stored_under_its_plain_name(client, adding):
    body = send(client, ("議案.txt", "待機児童は3人。".encode()), ("別紙.md", b"# x")).json()
    assert [(d["file"], d["source"]) for d in body["added"]] == [("議案.txt", "議案.txt"), ("別紙.md", "別紙.md")]
    paths, _ = adding.added[0]
    assert not any(path.exists() for path in paths)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/cron.d/evil.txt", "evil.txt"),
        ("..\\..\\windows\\evil.txt", "evil.txt"),
        ("/etc/passwd", "passwd"),
        ("a\x1b[31m\u202etxt.exe.txt", "a[31mtxt.exe.txt"),
        ("か\u3099.txt", "が.txt"),
        ("..", None),
        ("/", None),
        ("　", None),
        ("C:\\Users\\kikaku\\議案.txt", "議案.txt"),
        (" .hidden.txt ", "hidden.txt"),
    ],
)
def test_the_name_of_an_upload_cannot_leave_its_folder(client, adding, settings, sent, kept):
    response = send(client, (sent, b"x"))
    if kept is None:
        problem(response, 422, "file-name")
        assert adding.added == []
    else:
        assert response.status_code == 200, response.text
        paths, sources = adding.added[0]
        assert [path.name for path in paths] == [kept]
        assert list(sources.values()) == [kept]
        assert paths[0].parent.parent.parent == settings.index / "intake"


def test_one_bad_file_among_good_ones_is_named_and_the_rest_goes_in(client, adding):
    response = send(client, ("空.txt", b""), ("良.txt", b"x"))
    assert response.status_code == 200
    assert [d["file"] for d in response.json()["added"]] == ["良.txt"]
    assert response.json()["failed"] == [
        {"file": "空.txt", "page": None, "title": "ファイルが空です。", "detail": "空.txt: the file is empty"}
    ]


def test_an_upload_of_bad_files_only_is_an_error_that_names_each(client, adding):
    body = problem(send(client, ("空.txt", b""), ("虚.txt", b"")), 422, "file-unreadable")
    assert body["title"] == "ファイルが空です。"
    assert [f["file"] for f in body["failed"]] == ["空.txt", "虚.txt"]


def test_an_upload_without_files_is_refused(client):
    problem(client.post("/v1/documents"), 422, "request-invalid")
    problem(client.post("/v1/documents", data={"files": "not a file"}), 422, "request-invalid")


def test_a_folder_that_is_sent_names_its_files_by_their_place(client, adding):
    send(client, ("第1回\\別紙/ 資料1.txt", b"1"), ("第2回/資料1.txt", b"2"))
    paths, sources = adding.added[0]
    assert list(sources.values()) == ["第1回/別紙/資料1.txt", "第2回/資料1.txt"]
    assert [path.name for path in paths] == ["資料1.txt"] * 2


def test_two_names_longer_than_a_file_system_takes_stay_two_and_are_shown_whole(client, adding):
    long = ["長" * 240 + end + ".pdf" for end in ("甲", "乙")]
    body = send(client, *[(name, b"x") for name in long]).json()
    paths, sources = adding.added[0]
    assert list(sources.values()) == long
    assert len({path.name for path in paths}) == 2
    assert all(len(path.name.encode()) <= 200 and path.suffix == ".pdf" for path in paths)
    assert [d["source"] for d in body["added"]] == long


def test_a_file_that_cannot_be_read_is_named_as_it_was_sent(client, adding):
    long = "長" * 240 + ".txt"
    assert problem(send(client, (f"第1回/{long}", b"")), 422, "file-unreadable")["file"] == long


def test_too_many_files_are_refused(client, adding):
    body = problem(send(client, *[(f"{n}.txt", b"x") for n in range(4)]), 413, "too-many-files")
    assert body["detail"] == "4 files, at most 3"


def test_an_upload_over_the_limit_is_refused_by_its_declared_length(client, adding):
    body = problem(send(client, ("big.txt", b"x" * (1024 * 1024 + 1))), 413, "too-large")
    assert "合計 1 MB まで" in body["title"]
    assert adding.added == []


def test_a_declared_length_over_the_limit_is_refused_before_anything_is_read(client, adding):
    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": str(10**30)}
    problem(client.post("/v1/documents", content=b"--b", headers=headers), 413, "too-large")


def test_an_upload_that_hides_its_length_is_cut_off_at_the_limit(client, adding):
    sent = 0

    def body():
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.txt"\r\n\r\n'
        for _ in range(64):
            sent += 1
            yield b"x" * 65536

    headers = {"content-type": "multipart/form-data; boundary=b"}
    problem(client.post("/v1/documents", content=body(), headers=headers), 413, "too-large")
    assert adding.added == []


def test_a_request_without_files_may_be_64_kilobytes(client):
    problem(ask(client, "あ" * 70_000), 413, "too-large")


def test_a_broken_multipart_body_is_refused(client):
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = client.post("/v1/documents", content=b"--b\r\nrubbish", headers=headers)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_full_disk_is_named_and_says_that_nothing_is_lost(client, adding, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    body = problem(send(client, ("x.txt", b"x")), 507, "no-space")
    assert "無事" in body["title"]


def test_a_full_disk_while_the_body_comes_in_is_named_too(client, adding, monkeypatch):
    async def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("starlette.datastructures.UploadFile.write", full)
    problem(send(client, ("x.txt", b"x")), 507, "no-space")


def test_questions_are_answered_while_a_long_upload_is_taken_in(client, adding):
    """Adding a thick PDF takes minutes; nobody who asks meanwhile has to wait for it."""
    started, finish = threading.Event(), threading.Event()
    take = adding.adding

    def slow(contents, sources):
        started.set()
        assert finish.wait(10)
        return take(contents, sources)

    adding.adding = slow
    results = []
    upload = threading.Thread(target=lambda: results.append(send(client, ("x.txt", b"x"))))
    upload.start()
    try:
        assert started.wait(10)
        before = time.monotonic()
        assert ask(client, "避難所の数は何か所ですか。").json()["answer"] == "57か所"
        assert time.monotonic() - before < 5
        assert not results
    finally:
        finish.set()
        upload.join()
    assert results[0].status_code == 200


# --- the index and the server -------------------------------------------------------------------------------------


def test_health_counts_the_documents(client):
    body = client.get("/healthz").json()
    assert (body["status"], body["index"], body["documents"], body["embedder"]) == ("ok", "snapshot-1", 2, "small")


def test_without_an_index_the_server_is_well_and_says_what_to_do(client, assistant):
    assistant.collection.current = None
    health = client.get("/healthz")
    assert health.status_code == 200
    assert (health.json()["status"], health.json()["documents"]) == ("empty", 0)
    assert "追加" in health.json()["detail"]
    assert client.get("/v1/documents").json() == {"index": None, "documents": []}
    assert client.get("/v1/examples").json() == {"questions": []}
    assert "追加" in problem(ask(client, "避難所は？"), 409, "index-missing")["title"]


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (IndexMissing("no index", "まだありません。"), 409, "index-missing"),
        (IndexBusy("locked", "ほかで書き込み中です。"), 409, "index-busy"),
        (IndexDamaged("hash differs", "索引が壊れています。"), 503, "index-unusable"),
        (IndexMismatch("other embedder", "別のモデルの索引です。"), 503, "index-unusable"),
    ],
)
def test_an_index_that_cannot_be_used_says_why_in_both_languages(client, assistant, error, status, kind, monkeypatch):
    monkeypatch.setattr("api.intake.WAIT_SECONDS", 0)
    assistant.collection.error = error
    body = problem(ask(client, "避難所は？"), status, kind)
    assert (body["title"], body["detail"]) == (error.message, str(error))
    problem(client.delete(f"/v1/documents/{TEXT_ID}"), status, kind)
    problem(send(client, ("x.txt", b"x")), status, kind)


def test_a_damaged_index_does_not_stop_the_health_check(client, assistant):
    assistant.collection.error = IndexDamaged("hash differs", "索引が壊れています。")
    body = client.get("/healthz").json()
    assert (body["status"], body["detail"]) == ("unusable", "索引が壊れています。")


@pytest.mark.parametrize("error", [RuntimeError("secret /etc/path"), OSError(errno.EIO, "secret")])
def test_an_unforeseen_error_keeps_its_text_in_the_log(client, assistant, error):
    assistant.collection.error = error
    assert "secret" not in str(problem(ask(client, "避難所は？"), 500, "internal"))


def test_an_unknown_route_and_a_wrong_method_are_problems_too(client):
    problem(client.get("/v2/ask"), 404, "http-404")
    response = client.get("/v1/ask")
    problem(response, 405, "http-405")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example"])
def test_another_host_name_is_refused(client, host):
    """A page elsewhere can give its own name the address 127.0.0.1; the browser then sends that name."""
    problem(client.get("/healthz", headers={"host": host}), 400, "host-not-allowed")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:8000", "[::1]:8000", "testserver"])
def test_this_machine_is_answered(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_a_configured_host_is_answered(assistant, settings):
    more = settings.model_copy(update={"allowed_hosts": ("papers.example.jp",)})
    client = TestClient(create_app(assistant, more), base_url="http://papers.example.jp")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example:8000"])
def test_a_form_of_another_site_is_refused(client, adding, origin):
    """A multipart form is sent across sites without asking; the browser names the site in Origin."""
    response = client.post("/v1/documents", files=[("files", ("x.txt", b"x"))], headers={"origin": origin})
    problem(response, 403, "origin-not-allowed")
    assert adding.added == []


def test_no_other_site_is_allowed_to_read(client):
    response = client.get("/v1/documents", headers={"origin": "http://localhost:8501"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_every_route_is_described_with_examples(client):
    schema = client.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert "application/problem+json" in str(operation["responses"].get("4XX")), (method, path)
    assert schema["components"]["schemas"]["AnswerOut"]["examples"]


def test_making_the_app_reads_no_index(assistant):
    assistant.collection.error = AssertionError("read too early")
    create_app(assistant, Settings())


# --- a scope, and a question before ----------------------------------------------------------------------------------


def test_a_question_within_a_scope_says_what_it_was_narrowed_to(client):
    scope = {"documents": [TEXT_ID]}
    answer = client.post("/v1/ask", json={"question": "避難所の数は？", "scope": scope}).json()
    assert answer["searched"] == 1
    left = {key: [] for key in ("groups", "meetings", "departments")} | dict.fromkeys(("since", "until"))
    assert answer["scope"] == left | scope
    narrowed = client.post("/v1/ask", json={"question": "避難所の数は？", "scope": {"documents": [PDF_ID]}}).json()
    assert narrowed["status"] == "not_found"


def test_without_accounts_there_are_no_groups(client):
    asked = {"question": "避難所の数は？", "scope": {"groups": ["防災課"]}}
    for stream in (False, True):
        refused = client.post("/v1/ask", json=asked | {"stream": stream})
        assert (refused.status_code, refused.json()["type"]) == (404, "urn:tenkyo:problem:group-unknown")
    assert client.get("/v1/documents", params={"groups": "防災課"}).status_code == 404
    assert {tuple(one["groups"]) for one in client.get("/v1/documents").json()["documents"]} == {()}


@pytest.mark.parametrize("scope", [None, {}, {"documents": [], "since": None}])
def test_a_scope_that_narrows_nothing_is_none(client, scope):
    answer = client.post("/v1/ask", json={"question": "避難所の数は？", "scope": scope}).json()
    assert (answer["scope"], answer["searched"]) == (None, 2)


def test_a_scope_without_documents_is_refused_in_japanese(client):
    problem = client.post("/v1/ask", json={"question": "避難所の数は？", "scope": {"documents": ["none"]}})
    assert (problem.status_code, problem.json()["type"]) == (422, "urn:tenkyo:problem:question-empty-scope")
    assert not problem.json()["title"].isascii()


@pytest.mark.parametrize(
    "scope",
    [
        {"since": "令和6年"},
        {"until": "2024-1"},
        {"since": "２０２４"},
        {"since": ""},
        {"pages": [1]},
        {"meetings": "6月議会"},
    ],
)
def test_a_scope_of_another_shape_is_refused_by_field(client, scope):
    for path in ("/v1/ask", "/v1/search"):
        assert client.post(path, json={"question": "避難所", "scope": scope}).status_code == 422


def test_the_question_before_makes_a_whole_one(client):
    answer = client.post("/v1/ask", json={"question": "では令和4年度は？", "after": "避難所の数は？"}).json()
    assert answer["question"] == "では令和4年度は？"
    assert answer["understood"] == "避難所の数は？ では令和4年度は？"


def test_a_question_asked_as_typed_is_taken_for_nothing_else(client):
    body = {"question": "では令和4年度は？", "after": "避難所の数は？", "as_typed": True}
    assert client.post("/v1/ask", json=body).json()["understood"] is None


def test_a_search_within_a_scope_finds_its_documents_only(client):
    body = {"question": "避難所", "scope": {"documents": [PDF_ID]}}
    found = client.post("/v1/search", json=body).json()["passages"]
    assert {passage["document_id"] for passage in found} == {PDF_ID}


@pytest.fixture
def dated(assistant, monkeypatch, text_document, pdf_document):
    """A collection whose documents have a meeting, a date and a department."""
    infos = [
        info_of(text_document, meeting="令和5年6月議会", published="2023-06", department="防災課"),
        info_of(pdf_document, meeting="令和6年2月議会", published="2024-02-29", department="河川課"),
    ]
    monkeypatch.setattr(assistant.collection.current, "documents", lambda: infos)


@pytest.mark.parametrize(
    ("params", "listed"),
    [
        ({}, [TEXT_ID, PDF_ID]),
        ({"meetings": "令和5年6月議会"}, [TEXT_ID]),
        ({"meetings": ["令和5年6月議会", "令和6年2月議会"]}, [TEXT_ID, PDF_ID]),
        ({"departments": "河川課"}, [PDF_ID]),
        ({"documents": [TEXT_ID, "none"]}, [TEXT_ID]),
        ({"since": "2024"}, [PDF_ID]),
        ({"until": "2023-06-01"}, [TEXT_ID]),
        ({"since": "2025"}, []),
    ],
)
def test_the_list_of_documents_can_be_narrowed(client, dated, params, listed):
    body = client.get("/v1/documents", params=params).json()
    assert [document["id"] for document in body["documents"]] == listed


@pytest.mark.parametrize("params", [{"since": "6月"}, {"until": "2024-13-01-01"}, {"meeting": "6月議会"}])
def test_a_list_narrowed_by_what_is_none_is_refused(client, dated, params):
    assert client.get("/v1/documents", params=params).status_code == 422
