"""A backup holds all of an index as it was at one moment, and is put back whole, or not at all."""

import errno
import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import backup
from index.backup import BackupRefused, back_up, check, read_manifest, restore
from index.collection import Collection
from index.protocols import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, IndexUnwritable
from tests.conftest import PAPERS, HashingEmbedder

QUESTION = "空き家バンクの登録件数"


def quiet(stage, done, total):
    pass


def told(collection):
    """Return all that a reader who comes now can see of a collection, and leave nothing of it open."""
    try:
        return _seen(collection)
    finally:
        gc.collect()


def _seen(collection):
    snapshot = Collection(collection.folder, HashingEmbedder()).snapshot()
    hits = [(hit.chunk.text, hit.score) for hit in snapshot.search(QUESTION)]
    return snapshot.id, [(info.id, snapshot.document(info.id).text) for info in snapshot.documents()], hits


@pytest.fixture
def archive(collection, tmp_path):
    (collection.folder / "follows.json").write_text('{"follows": [], "alerts": []}', encoding="utf-8")
    (collection.folder / "feedback.lock").touch()
    path, _ = back_up(collection.folder, tmp_path / "kept.zip", "1.2", quiet)
    return path


def test_what_is_restored_answers_as_before(collection, archive, tmp_path):
    done = restore(archive, tmp_path / "elsewhere" / "index", quiet)
    assert (done.problems, done.aside) == ((), None)
    assert told(Collection(tmp_path / "elsewhere" / "index")) == told(collection)
    assert (tmp_path / "elsewhere" / "index" / "follows.json").read_text() == '{"follows": [], "alerts": []}'
    again = Collection(tmp_path / "elsewhere" / "index", HashingEmbedder())
    assert again.verify() == []
    again.remove(again.snapshot().documents()[0].id)  # and goes on being written to
    assert len(again.snapshot().documents()) == len(PAPERS) - 1


def test_it_holds_no_cache_and_no_lock_and_says_what_it_holds(collection, archive):
    manifest = read_manifest(archive)
    assert (manifest.version, manifest.index, manifest.documents) == ("1.2", told(collection)[0], len(PAPERS))
    originals = {name for name in manifest.files if name.startswith("sources/")}
    assert len(originals) == len(PAPERS)
    assert {*manifest.files} - originals == {"tenkyo.db", "follows.json"}
    assert check(archive, quiet) == manifest
    assert archive.stat().st_mode & 0o077 == 0


def test_a_folder_gets_a_file_with_the_date(collection, tmp_path):
    path, _ = back_up(collection.folder, tmp_path, "1", quiet)
    assert path.parent == tmp_path
    assert path.match("tenkyo-20??????-??????.zip")


def test_a_backup_while_papers_come_and_go_is_whole(collection, papers, tmp_path):
    """Papers are replaced and cleared away all the time; each backup is one of the states, and fits together."""
    stop = threading.Event()
    paper = papers / "交通.txt"

    def change():
        writer, n = Collection(collection.folder, HashingEmbedder()), 0
        while not stop.is_set():
            n += 1
            paper.write_text(f"乗合タクシーの利用者は{n}人です。令和{n}年度は{n}件です。", encoding="utf-8")
            writer.add([paper])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("index.collection.GRACE", 0.0)
        writing = threading.Thread(target=change)
        writing.start()
        try:
            seen = []
            for n in range(6):
                path, manifest = back_up(collection.folder, tmp_path / f"{n}.zip", "1", quiet)
                done = restore(path, tmp_path / f"restored-{n}", quiet)
                assert done.problems == ()
                seen.append(manifest.index)
        finally:
            stop.set()
            writing.join()
    assert len(set(seen)) > 1


def test_nothing_is_replaced_unless_it_is_said(collection, archive, papers):
    before = told(collection)
    (papers / "新しい.txt").write_text("図書館は9時からです。", encoding="utf-8")
    collection.add([papers])
    after = told(collection)
    with pytest.raises(BackupRefused, match="--replace") as refused:
        restore(archive, collection.folder, quiet)
    assert "--replace" in refused.value.message
    assert told(collection) == after
    opened = Collection(collection.folder, HashingEmbedder())
    opened.snapshot()
    with pytest.raises(IndexBusy, match="stop `tenkyo serve`"):
        restore(archive, collection.folder, quiet, replace=True)
    assert told(collection) == after
    del opened  # and with it its connections
    gc.collect()
    done = restore(archive, collection.folder, quiet, replace=True)
    assert told(Collection(collection.folder)) == before
    assert told(Collection(done.aside)) == after, "what was there is put aside, and not lost"


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_backup_in_which_a_byte_has_changed_is_refused_or_unharmed(one_archive, at, flip):
    folder, original = one_archive
    content = bytearray(original.read_bytes())
    content[int(at * len(content))] ^= flip
    changed = folder / "changed.zip"
    changed.write_bytes(content)
    target = folder / "restored"
    shutil.rmtree(target, ignore_errors=True)
    try:
        restore(changed, target, quiet)
    except IndexDamaged:
        assert not target.exists()
    else:  # such as a byte of a date in the directory of the file, which nobody reads
        assert told(Collection(target))[1] == told(Collection(folder / "index"))[1]
    assert not list(folder.glob(".restored*"))


@pytest.fixture(scope="module")
def one_archive(finished_index, tmp_path_factory):
    folder = tmp_path_factory.mktemp("backed-up")
    shutil.copytree(finished_index, folder / "index")
    return folder, back_up(folder / "index", folder / "kept.zip", "1", quiet)[0]


def test_one_that_was_cut_off_or_is_something_else_is_named(archive, tmp_path):
    half = tmp_path / "half.zip"
    half.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    for wrong in (half, tmp_path / "text.zip"):
        wrong.touch()
        with pytest.raises(IndexDamaged, match="use another one"):
            restore(wrong, tmp_path / "index2", quiet)
        with pytest.raises(IndexDamaged):
            check(wrong, quiet)
    with pytest.raises(IndexMissing, match="not there"):
        restore(tmp_path / "nowhere.zip", tmp_path / "index2", quiet)
    assert not (tmp_path / "index2").exists()


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/outside", "a\\..\\b", "C:x"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    path = tmp_path / "evil.zip"
    held = {"size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    body = {"kind": backup.KIND, "format": 1, "made": "", "version": "1", "index": "", "documents": 0}
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(name, "x")
        packed.writestr(backup.MANIFEST, json.dumps({**body, "files": {name: held}}))
    with pytest.raises(IndexDamaged, match="leads elsewhere"):
        restore(path, tmp_path / "index2", quiet)
    assert {file.name for file in tmp_path.iterdir()} == {"evil.zip"}


def test_a_place_that_is_something_else_is_not_overwritten(collection, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"a report")
    with pytest.raises(BackupRefused, match="no backup of tenkyo"):
        back_up(collection.folder, tmp_path / "report.pdf", "1", quiet)
    assert (tmp_path / "report.pdf").read_bytes() == b"a report"
    with pytest.raises(BackupRefused, match="outside"):
        back_up(collection.folder, collection.folder / "kept.zip", "1", quiet)
    with pytest.raises(IndexMissing, match="nothing to back up"):
        back_up(tmp_path / "nothing", tmp_path / "kept.zip", "1", quiet)
    with pytest.raises(IndexUnwritable, match="cannot be written"):
        back_up(collection.folder, tmp_path / "no" / "such" / "kept.zip", "1", quiet)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "current.json").write_text("{}")
    with pytest.raises(IndexMismatch, match="older version"):
        back_up(tmp_path / "old", tmp_path / "kept.zip", "1", quiet)


def test_a_full_disk_leaves_the_backup_before(collection, archive, monkeypatch):
    before = archive.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup, "_pack", full)
    with pytest.raises(IndexUnwritable, match="no space left"):
        back_up(collection.folder, archive, "1", quiet)
    assert archive.read_bytes() == before
    assert not list(archive.parent.glob(".tenkyo-*"))


DIES = """
import os, signal, sys
from pathlib import Path
from index import backup

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
real, calls = getattr(backup, sys.argv[3]), 0
def counted(*given, **named):
    global calls
    calls += 1
    return die() if calls == 2 or sys.argv[3] in ("_swap", "sync_folder") else real(*given, **named)
setattr(backup, sys.argv[3], counted)
if sys.argv[4] == "restore":
    backup.restore(Path(sys.argv[1]), Path(sys.argv[2]), lambda *_: None, replace=True)
else:
    backup.back_up(Path(sys.argv[2]), Path(sys.argv[1]), "2", lambda *_: None)
"""


@pytest.mark.parametrize(
    ("stage", "what"), [("_pack", "backup"), ("_unpack", "restore"), ("_swap", "restore"), ("sync_folder", "restore")]
)
def test_a_kill_at_any_moment_leaves_a_whole_index_and_a_whole_backup(collection, archive, stage, what):
    before = told(collection)
    root = Path(__file__).resolve().parents[2]
    died = subprocess.run([sys.executable, "-c", DIES, archive, collection.folder, stage, what], cwd=root, check=False)
    assert died.returncode == -9
    assert told(collection) == before
    assert check(archive, quiet).version == "1.2"
