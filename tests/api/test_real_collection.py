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
