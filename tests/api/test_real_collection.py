"""The API and the command over a real collection on disk: only the embedding model is a fake."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.app import create_app
from api.settings import Settings
from index.collection import Collection

ROOT = Path(__file__).resolve().parents[2]
NAME = "令和6年9月定例会_資料.txt"
PAPER = "みずほ野市　令和6年9月定例会　行政報告資料\n\n１　消防団\n消防団員数は、令和6年8月末現在で412人です。\n"


@pytest.fixture
def client(collection, tmp_path):
    with TestClient(create_app(Assistant(collection), Settings(index=tmp_path / "index"))) as client:
        yield client


def send(client, *files):
    return client.post("/v1/documents", files=[("files", file) for file in files])


def sources(client):
    return sorted(document["source"] for document in client.get("/v1/documents").json()["documents"])


def test_an_uploaded_paper_is_found_and_can_be_read_page_by_page(client):
    added = send(client, (f"../../{NAME}", PAPER.encode())).json()["added"]
    assert [(d["file"], d["source"]) for d in added] == [(NAME, NAME)]
    passages = client.post("/v1/search", json={"question": "消防団員数"}).json()["passages"]
    assert passages[0]["document_id"] == added[0]["id"]
    page = client.get(f"/v1/documents/{added[0]['id']}/pages/1").json()
    assert page["text"] == PAPER
    assert page["lines"][3]["text"].startswith("消防団員数")


def test_an_upload_of_the_same_name_replaces_what_was_there(client):
    """The temporary folder is another one each time; the name is what stays."""
    first = send(client, (NAME, PAPER.encode())).json()
    before = len(sources(client))
    again = send(client, (NAME, PAPER.encode())).json()
    assert [d["id"] for d in again["skipped"]] == [first["added"][0]["id"]]
    changed = send(client, (NAME, PAPER.replace("412人", "409人").encode())).json()
    assert [d["source"] for d in changed["refreshed"]] == [NAME]
    assert len(sources(client)) == before
    assert client.get(f"/v1/documents/{first['added'][0]['id']}").status_code == 404


def test_what_cannot_be_read_is_named_without_our_folders(client):
    """An empty file, a program renamed .txt, and a broken PDF, beside a good paper in CP932."""
    response = send(
        client,
        ("空.txt", b""),
        ("実行.txt", b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 8),
        ("壊.pdf", b"%PDF-1.7\nrubbish"),
        (NAME, PAPER.encode("cp932")),
    )
    body = response.json()
    assert [d["file"] for d in body["added"]] == [NAME]
    assert [f["file"] for f in body["failed"]] == ["空.txt", "実行.txt", "壊.pdf"]
    assert all("/" not in f["detail"] and f["detail"].startswith(f["file"]) for f in body["failed"]), body["failed"]


def test_an_upload_of_an_unknown_kind_says_which_kinds_there_are(client):
    response = send(client, ("議案.odt", b"PK\x03\x04"))
    assert response.status_code == 422
    assert ".pdf" in response.json()["title"]


def test_a_removed_paper_is_gone_for_those_who_ask_next(client):
    added = send(client, (NAME, PAPER.encode())).json()["added"][0]["id"]
    assert client.delete(f"/v1/documents/{added}").status_code == 204
    assert client.delete(f"/v1/documents/{added}").status_code == 404
    found = client.post("/v1/search", json={"question": "消防団員数"}).json()["passages"]
    assert added not in {passage["document_id"] for passage in found}


def test_before_anything_is_indexed_the_first_upload_begins_the_collection(tmp_path, embedder):
    collection = Collection(tmp_path / "new", embedder)
    with TestClient(create_app(Assistant(collection), Settings(index=tmp_path / "new"))) as client:
        assert client.get("/healthz").json()["status"] == "empty"
        assert client.post("/v1/ask", json={"question": "消防団員数は何人ですか。"}).status_code == 409
        assert send(client, (NAME, PAPER.encode())).status_code == 200
        assert client.get("/healthz").json()["documents"] == 1
        assert client.post("/v1/ask", json={"question": "消防団員数は何人ですか。"}).status_code == 200


@pytest.mark.parametrize("arguments", [["documents"], ["documents", "--json"], ["verify"], ["remove"]])
def test_looking_after_a_collection_imports_no_model(collection, arguments):
    """Importing torch takes seconds. faiss is small, and removing needs it to write the vectors that stay."""
    document = collection.snapshot().documents()[0].id
    arguments = [*arguments, document] if arguments == ["remove"] else arguments
    code = f"""
import sys
from api.cli import main
status = main({arguments!r})
heavy = [name for name in ("torch", "sentence_transformers", "transformers", "fastapi") if name in sys.modules]
assert heavy == [], heavy
sys.exit(status)
"""
    environment = {**os.environ, "TENKYO_INDEX": str(collection.folder)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert (document in done.stdout) == (arguments != ["verify"])
    left = [info.id for info in collection.snapshot().documents()]
    assert (document in left) == (arguments[0] != "remove")


def test_a_quoted_row_comes_with_the_headings_over_it(client):
    paper = next(d for d in client.get("/v1/documents").json()["documents"] if d["file"].endswith(".md"))
    text = client.get(f"/v1/documents/{paper['id']}/pages/1").json()["text"]
    start = text.index("令和4年度 | 5,036")
    (table,) = client.get(f"/v1/documents/{paper['id']}/tables", params={"start": start, "end": start + 9}).json()[
        "tables"
    ]
    assert table["heads"] == ["年度", "利用者数（人）"]
    assert table["rows"] == [["令和4年度", "5,036"]]
    nothing = client.get(f"/v1/documents/{paper['id']}/tables", params={"start": 0, "end": 5}).json()
    assert nothing == {"tables": []}


# --- papers of one name ---------------------------------------------------------------------------------------------

HARBOUR = "第1回みずほ野市港湾審議会　資料1\n令和6年6月12日\n\n岸壁の延長は820メートルです。\n"
FOREST = "第1回みずほ野市森林審議会　資料1\n令和6年5月10日\n\n間伐した面積は31ヘクタールです。\n"


def files_named(client, name):
    return [d["id"] for d in client.get("/v1/documents").json()["documents"] if d["file"] == name]


def test_two_papers_of_one_name_in_one_upload_are_two_papers(client):
    body = send(client, ("資料1.txt", HARBOUR.encode()), ("資料1.txt", FOREST.encode())).json()
    assert len(body["added"]) == 2
    assert [note["text"] for note in body["notes"]] == ["同じ名前の別の資料として加えました"] * 2
    for words, paper in (("岸壁の延長", HARBOUR), ("間伐した面積", FOREST)):
        passage = client.post("/v1/search", json={"question": words}).json()["passages"][0]
        assert words in passage["quote"]
        assert passage["quote"] in paper


def test_another_paper_of_a_known_name_joins_it_and_the_reply_says_so(client):
    first = send(client, ("資料1.txt", HARBOUR.encode())).json()
    assert first["notes"] == []
    second = send(client, ("資料1.txt", FOREST.encode())).json()
    assert (len(second["added"]), second["refreshed"]) == (1, [])
    (note,) = second["notes"]
    assert (note["document_id"], note["file"]) == (second["added"][0]["id"], "資料1.txt")
    assert note["text"] == "同じ名前の別の資料として加えました"
    assert len(files_named(client, "資料1.txt")) == 2


def test_a_new_version_takes_the_place_of_its_own_paper_among_those_of_that_name(client):
    old, other = (send(client, ("資料1.txt", p.encode())).json()["added"][0]["id"] for p in (HARBOUR, FOREST))
    client.patch(f"/v1/documents/{old}", json={"title": "港の資料"})
    body = send(client, ("資料1.txt", HARBOUR.replace("820", "850").encode())).json()
    assert [d["title"] for d in body["refreshed"]] == ["港の資料"]
    assert [note["text"] for note in body["notes"]] == ["前の版と置き換えました"]
    assert files_named(client, "資料1.txt") == [other, body["refreshed"][0]["id"]]
    assert client.get(f"/v1/documents/{old}").status_code == 404


def test_one_paper_has_one_new_version_even_if_two_are_sent_at_once(client):
    send(client, ("資料1.txt", HARBOUR.encode()))
    versions = [("資料1.txt", HARBOUR.replace("820", length).encode()) for length in ("850", "860")]
    body = send(client, *versions).json()
    assert (len(body["added"]), len(body["refreshed"])) == (1, 1)
    assert len(files_named(client, "資料1.txt")) == 2


def test_papers_of_one_name_are_described_and_removed_each_by_its_own_id(client):
    send(client, ("資料1.txt", HARBOUR.encode()), ("資料1.txt", FOREST.encode()))
    one, other = files_named(client, "資料1.txt")
    assert client.patch(f"/v1/documents/{one}", json={"meeting": "港湾の会"}).status_code == 200
    assert client.get(f"/v1/documents/{other}").json()["meeting"] != "港湾の会"
    assert client.delete(f"/v1/documents/{one}").status_code == 204
    assert files_named(client, "資料1.txt") == [other]


def test_the_place_within_a_folder_tells_papers_apart(client):
    """The same form, filled in by two meetings: only where they lie differs."""
    body = send(
        client, ("第1回/資料1.txt", HARBOUR.encode()), ("第2回/資料1.txt", HARBOUR.replace("820", "9").encode())
    )
    assert [d["source"] for d in body.json()["added"]] == ["第1回/資料1.txt", "第2回/資料1.txt"]
    assert body.json()["notes"] == []


def test_a_name_longer_than_a_file_system_takes_is_shown_whole_and_given_back(client):
    name = "長" * 240 + ".txt"
    added = send(client, (name, "港の長さは820メートルです。\n".encode())).json()["added"][0]
    assert (added["file"], added["title"]) == (name, name.removesuffix(".txt"))
    assert client.patch(f"/v1/documents/{added['id']}", json={"meeting": "港湾の会"}).json()["title"] == added["title"]
    assert client.get(f"/v1/documents/{added['id']}/file").status_code == 200
