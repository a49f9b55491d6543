"""Index folders of before there was a database are taken over once, and nothing of them goes before all is there."""

import hashlib
import json
from pathlib import Path

import pytest

from index import collection as module
from index.collection import Collection
from index.protocols import IndexDamaged, IndexMismatch
from tests.conftest import PAPERS, HashingEmbedder

JUNE = "令和6年6月定例会_資料.txt"


@pytest.fixture
def old_folder(papers, tmp_path) -> Path:
    """A folder as the version before left it, as far as it says what it holds."""
    folder = tmp_path / "index"
    (folder / "sources").mkdir(parents=True)
    originals = []
    for path in sorted(papers.iterdir()):
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        copy = f"{sha256}{path.suffix}"
        (folder / "sources" / copy).write_bytes(data)
        given = {"title": "題名を直した資料"} if path.name == JUNE else {}
        originals.append(
            {
                "id": sha256[:16],
                "source": str(path),
                "file": path.name,
                "sha256": sha256,
                "copy": copy,
                "given": given,
                "lacks_ocr": False,
            }
        )
    made = folder / "snapshots" / "000007-0123abcd"
    made.mkdir(parents=True)
    (made / "store.sqlite").write_bytes(b"as it was")
    manifest = {"format": 4, "embedder": "hashing", "originals": originals}
    (made / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "current.json").write_text(json.dumps({"snapshot": made.name}), "utf-8")
    return folder


def files(collection: Collection) -> set[str]:
    return {info.file for info in collection.snapshot().documents()}


def test_an_old_folder_is_refused_until_the_next_ingestion_has_taken_it_over(old_folder, papers, tmp_path, embedder):
    collection = Collection(old_folder, embedder)
    assert not (old_folder / "tenkyo.db").exists()
    for refused in (collection.snapshot, lambda: collection.remove("x"), lambda: collection.describe("x", {})):
        with pytest.raises(IndexMismatch, match="run `tenkyo ingest` once"):
            refused()
    (problem,) = collection.verify()
    assert "古い版の形式です" in problem
    (tmp_path / "extra.txt").write_text("図書館は9時からです。", encoding="utf-8")
    stages = set()
    report = collection.add([tmp_path / "extra.txt", papers / JUNE], lambda stage, done, total: stages.add(stage))
    assert {info.file for info in report.refreshed} == set(PAPERS)
    assert ([info.file for info in report.added], report.skipped) == (["extra.txt"], [])
    assert {module.READING, module.EMBEDDING} <= stages
    assert files(collection) == {*PAPERS, "extra.txt"}
    assert {info.title for info in collection.snapshot().documents() if info.file == JUNE} == {"題名を直した資料"}
    assert collection.verify() == []
    assert not (old_folder / "current.json").exists()
    assert not (old_folder / "snapshots").exists()
    assert len(collection.add([papers]).skipped) == 3


def test_an_interruption_leaves_the_old_index_and_is_gone_on_with(old_folder, monkeypatch):
    class Impatient(HashingEmbedder):
        def embed_passages(self, texts):
            if self.embedded:
                raise KeyboardInterrupt
            return super().embed_passages(texts)

    monkeypatch.setattr(module, "CHECKPOINT", 1)
    with pytest.raises(KeyboardInterrupt):
        Collection(old_folder, Impatient()).add([])
    assert (old_folder / "snapshots" / "000007-0123abcd" / "store.sqlite").read_bytes() == b"as it was"
    embedder = HashingEmbedder()
    again = Collection(old_folder, embedder)
    with pytest.raises(IndexMismatch, match="older version"):
        again.snapshot()
    assert len(again.add([]).refreshed) == 2
    assert files(again) == set(PAPERS)
    assert embedder.embedded < sum(info.chunks for info in again.snapshot().documents())
    assert again.verify() == []


def test_a_file_that_has_changed_since_is_there_in_its_new_version_only(old_folder, papers, embedder):
    (papers / JUNE).write_text(PAPERS[JUNE].replace("66件", "71件"), encoding="utf-8")
    collection = Collection(old_folder, embedder)
    collection.add([papers])
    texts = [collection.snapshot().document(info.id).text for info in collection.snapshot().documents()]
    assert len(texts) == 3
    assert not any("66件" in text for text in texts)


def test_an_original_that_cannot_be_read_again_is_put_aside(old_folder, monkeypatch, embedder):
    def parse(path, progress, *, name, real=module.read_files.__globals__["parse"]):
        if name == JUNE:
            raise RecursionError("too deep")
        return real(path, progress, name=name)

    monkeypatch.setattr("index.reading.parse", parse)
    report = Collection(old_folder, embedder).add([])
    assert [path.name for path, _ in report.failed] == [JUNE]
    (kept,) = (old_folder / "unread").iterdir()
    assert kept.name.endswith(JUNE)
    assert kept.read_text("utf-8") == PAPERS[JUNE]


def test_another_model_is_refused_before_anything_is_read(old_folder):
    with pytest.raises(IndexMismatch, match="model hashing, not another"):
        Collection(old_folder, HashingEmbedder("another")).add([])
    assert (old_folder / "current.json").exists()


@pytest.mark.parametrize("name", ["current.json", "manifest.json"])
def test_an_old_folder_that_does_not_say_what_it_holds_is_named(old_folder, embedder, name):
    next(old_folder.rglob(name)).write_text("{", "utf-8")
    with pytest.raises(IndexDamaged, match=r"current\.json does not say"):
        Collection(old_folder, embedder).add([])


def test_it_is_taken_over_without_a_new_paper_too(old_folder, embedder):
    """As when it is served, before anybody sends one."""
    collection = Collection(old_folder, embedder)
    assert len(collection.add([]).refreshed) == len(PAPERS)
    assert files(collection) == {*PAPERS}
    assert collection.verify() == []
    assert not (old_folder / "current.json").exists()
