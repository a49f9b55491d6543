"""Folders that are watched, look by look; time passes only where a test says so."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.watching import watcher
from api.watching.record import AlreadyWatching, Record, WatchingDamaged
from api.watching.shelves import OwnShelf
from api.watching.watcher import SETTLE_SECONDS, Watcher
from index.collection import EMBEDDING, Collection
from index.database.folders import claimed_folder
from tests.conftest import HashingEmbedder

PLAN = "若竹町　水道計画\n令和6年4月1日\n\n１　管路\n更新した管路は、令和5年度で12.4kmです。\n"
LATER = "若竹町　水道計画\n令和7年4月1日\n\n１　管路\n更新した管路は、令和6年度で15.1kmです。\n"
NOTES = "若竹町　広報\n令和6年5月1日\n\n図書館の蔵書は8万4千冊です。\n"


class Town:
    """A folder, an index, and who watches: ``passes`` lets files settle and returns what came of it."""

    def __init__(self, tmp_path, embedder=None):
        self.folder = tmp_path / "資料"
        self.folder.mkdir()
        self.collection = Collection(tmp_path / "index", embedder or HashingEmbedder())
        self.time = 0.0
        self.begin()

    def begin(self, *folders):
        """Start to watch, as a new process does."""
        folders = folders or (self.folder,)
        record, shelf = Record(self.collection.folder), OwnShelf(self.collection)
        self.collection.folder.mkdir(exist_ok=True)
        self.watcher = Watcher(self.collection, shelf, folders, record, clock=lambda: self.time)

    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.age(path)
        return path

    def age(self, path):
        """Let each change of a file be seen by its time, however fast the test is."""
        self.writes = getattr(self, "writes", 0) + 1
        os.utime(path, (1_700_000_000 + self.writes, 1_700_000_000 + self.writes))

    def look(self, seconds=0.0):
        self.time += seconds
        return self.watcher.look()

    def passes(self):
        self.look()
        return self.look(SETTLE_SECONDS)

    def files(self):
        if not self.collection.exists():
            return set()
        return {info.file for info in self.collection.snapshot().documents()}

    def known(self):
        (folder,) = Record(self.collection.folder).read()
        return folder


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path)


def names(infos):
    return [info.file for info in infos]


def test_what_lies_in_the_folder_at_the_start_goes_in_once(town):
    town.put("計画.txt", PLAN)
    town.put("第1回/広報.txt", NOTES)
    assert sorted(names(town.passes().added)) == ["広報.txt", "計画.txt"]
    assert not town.passes()
    assert town.known().run.added == 2
    town.begin()
    assert not town.passes()  # nor by the next process
    assert town.files() == {"広報.txt", "計画.txt"}


def test_a_file_that_still_changes_is_left_alone_until_it_does_not(town):
    path = town.put("計画.txt", PLAN[:20])
    for end in (30, 40, len(PLAN)):
        assert town.look(SETTLE_SECONDS).is_waiting
        path.write_text(PLAN[:end], encoding="utf-8")
        town.age(path)
    assert town.files() == set()
    town.look(SETTLE_SECONDS)
    assert names(town.look(SETTLE_SECONDS).added) == ["計画.txt"]
    document = town.collection.snapshot().documents()[0].id
    assert "12.4km" in town.collection.snapshot().document(document).text


@pytest.mark.parametrize(
    "name",
    [
        "計画.txt.part",
        "計画.pdf.crdownload",
        "計画.tmp",
        "~$計画.docx",
        ".~lock.計画.docx#",
        ".隠れた.txt",
        ".git/計画.txt",
    ],
)
def test_halves_locks_and_hidden_files_are_no_papers(town, name):
    town.put(name, PLAN)
    done = town.passes()
    assert not done
    assert not done.is_waiting
    assert town.known().failed == {}


def test_a_name_whose_half_lies_beside_it_is_not_whole(town):
    """As Firefox does it: the name first, with nothing in it, and the half under another."""
    town.put("計画.txt", "")
    half = town.put("計画.txt.part", PLAN[:30])
    os.utime(half)
    assert town.passes().is_waiting
    assert town.known().failed == {}
    half.rename(town.folder / "計画.txt")
    assert names(town.passes().added) == ["計画.txt"]


def test_a_changed_paper_takes_the_place_of_what_it_was(town):
    town.put("計画.txt", PLAN)
    town.passes()
    town.put("計画.txt", LATER)
    assert names(town.passes().refreshed) == ["計画.txt"]
    (info,) = town.collection.snapshot().documents()
    assert "15.1km" in town.collection.snapshot().document(info.id).text


def test_a_removed_file_takes_its_paper_with_it_and_no_other(town, tmp_path):
    elsewhere = tmp_path / "別の場所.txt"
    elsewhere.write_text(NOTES, encoding="utf-8")
    town.collection.add([elsewhere])
    path = town.put("計画.txt", PLAN)
    town.passes()
    elsewhere.unlink()
    path.unlink()
    assert town.look().is_waiting  # it may be back in a moment
    assert town.files() == {"別の場所.txt", "計画.txt"}
    assert town.look(SETTLE_SECONDS).removed == [(str(town.folder), "計画.txt")]
    assert town.files() == {"別の場所.txt"}


def test_a_file_that_goes_while_nobody_watches_is_missed_at_the_next_start(town):
    path = town.put("計画.txt", PLAN)
    town.put("広報.txt", NOTES)
    town.passes()
    path.unlink()
    town.begin()
    assert town.passes().removed == [(str(town.folder), "計画.txt")]


def test_what_was_never_seen_in_the_folder_is_not_taken_out(town):
    """A paper that an earlier command took in from there, and whose file was gone before anybody watched."""
    path = town.put("計画.txt", PLAN)
    town.collection.add([town.folder])
    path.unlink()
    town.put("広報.txt", NOTES)
    assert not town.passes().removed
    assert town.files() == {"計画.txt", "広報.txt"}


def test_an_upload_of_the_same_content_stays_when_the_file_goes(town, tmp_path):
    sent = tmp_path / "0" / "送られた.txt"
    sent.parent.mkdir()
    sent.write_text(PLAN, encoding="utf-8")
    town.collection.add([sent], sources={sent: "計画.txt"})
    path = town.put("計画.txt", PLAN)
    town.passes()
    path.unlink()
    assert not town.passes().removed
    assert town.files() == {"計画.txt"}


@pytest.mark.parametrize("how", ["rename", "move", "copy, then remove"])
def test_a_new_name_is_no_loss(town, how):
    path = town.put("計画.txt", PLAN)
    town.passes()
    (before,) = town.collection.snapshot().documents()
    town.collection.describe(before.id, {"title": "水道の計画"})
    new = town.folder / ("第1回/計画.txt" if how == "move" else "新しい名前.txt")
    new.parent.mkdir(exist_ok=True)
    if how == "copy, then remove":
        shutil.copy(path, new)
        path.unlink()
    else:
        path.rename(new)
    for _ in range(3):
        assert not town.look(SETTLE_SECONDS).removed
    (info,) = town.collection.snapshot().documents()
    assert (info.id, info.title) == (before.id, "水道の計画")
    new.unlink()
    assert town.passes().removed  # under whatever name it is gone


def test_a_renamed_paper_that_changes_leaves_nothing_of_its_old_self(town):
    town.put("計画.txt", PLAN).rename(town.folder / "新しい名前.txt")
    town.put("計画.txt", PLAN)
    town.passes()
    (town.folder / "計画.txt").unlink()
    town.passes()
    town.put("新しい名前.txt", LATER)
    town.passes()
    (info,) = town.collection.snapshot().documents()
    assert "15.1km" in town.collection.snapshot().document(info.id).text


def test_of_two_equal_files_one_may_go_or_change_and_the_paper_stays(town):
    first, second = town.put("計画.txt", PLAN), town.put("写し.txt", PLAN)
    town.passes()
    source = town.collection.snapshot().documents()[0].source
    kept, changed = (second, first) if source == str(first) else (first, second)
    town.put(changed.name, LATER)
    while town.look(SETTLE_SECONDS).is_waiting:
        pass
    texts = town.collection.snapshot().texts(info.id for info in town.collection.snapshot().documents())
    assert {text.splitlines()[1] for text in texts.values()} == {"令和6年4月1日", "令和7年4月1日"}
    kept.unlink()
    town.passes()
    assert town.files() == {changed.name}


def test_a_paper_that_fails_is_told_once_and_tried_again_only_when_it_changes(town, monkeypatch):
    path = town.put("計画.pdf", "これは PDF ではない")
    done = town.passes()
    ((failed, why),) = done.failed
    assert (failed, bool(why.reason)) == (path, True)
    assert town.known().failed["計画.pdf"].reason == why.reason
    tried = []
    monkeypatch.setattr(town.watcher.shelf, "add", lambda *a: tried.append(a))
    assert not town.passes()
    town.begin()
    monkeypatch.setattr(town.watcher.shelf, "add", lambda *a: tried.append(a))
    assert not town.passes()
    assert tried == []
    monkeypatch.undo()
    path.unlink()
    town.put("計画.txt", PLAN)
    town.passes()
    town.passes()
    assert town.known().failed == {}
    assert town.files() == {"計画.txt"}


def test_a_paper_that_is_spoilt_keeps_its_last_good_state_and_is_told(town):
    town.put("計画.txt", PLAN)
    town.passes()
    path = town.put("計画.txt", "")
    assert town.passes().failed
    assert town.files() == {"計画.txt"}
    town.put("計画.txt", LATER)
    assert names(town.passes().refreshed) == ["計画.txt"]
    assert town.known().failed == {}
    path.write_text("", encoding="utf-8")
    town.age(path)
    town.passes()
    path.unlink()
    assert town.passes().removed
    assert town.files() == set()


def test_a_file_that_somebody_holds_is_told_once_and_goes_in_when_it_is_let_go(town, monkeypatch):
    """It does not change by that."""
    town.put("計画.txt", PLAN)

    def held(path):
        raise PermissionError(13, "held by another program", str(path))

    monkeypatch.setattr(watcher, "hash_file", held)
    ((_, why),) = town.passes().failed
    assert "権限" in why.reason
    assert not town.passes()
    monkeypatch.undo()
    assert names(town.look(SETTLE_SECONDS).added) == ["計画.txt"]
    assert town.known().failed == {}


def test_a_folder_that_is_gone_or_looks_unmounted_loses_nothing(town):
    town.put("計画.txt", PLAN)
    town.passes()
    away = town.folder.with_name("外した")
    town.folder.rename(away)
    ((_, problem),) = town.look().problems
    assert "見つかりません" in problem
    assert not town.passes()  # told once
    town.folder.mkdir()  # the mount point, without what was mounted there
    for _ in range(3):
        town.look(SETTLE_SECONDS)
    assert "空になり" in town.known().problem
    assert town.files() == {"計画.txt"}
    town.folder.rmdir()
    away.rename(town.folder)
    town.passes()
    assert town.known().problem is None
    assert town.files() == {"計画.txt"}


def test_the_last_file_of_a_folder_may_be_taken_out(town):
    town.put("計画.txt", PLAN).unlink()
    path = town.put("計画.txt", PLAN)
    town.passes()
    path.unlink()
    assert town.passes().removed
    assert town.files() == set()


def test_a_part_of_the_folder_that_cannot_be_looked_into_loses_nothing(town, monkeypatch):
    town.put("第1回/計画.txt", PLAN)
    town.passes()
    real = os.scandir

    def refused(path):
        if str(path).endswith("第1回"):
            raise PermissionError(13, "denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refused)
    for _ in range(3):
        town.look(SETTLE_SECONDS)
    assert town.files() == {"計画.txt"}


def test_a_paper_that_somebody_took_out_on_the_page_comes_back_only_when_it_changes(town):
    town.put("計画.txt", PLAN)
    town.put("広報.txt", NOTES)
    town.passes()
    (plan,) = (info.id for info in town.collection.snapshot().documents() if info.file == "計画.txt")
    town.collection.remove(plan)
    town.passes()
    town.begin()
    town.passes()
    assert town.files() == {"広報.txt"}
    town.put("計画.txt", LATER)
    town.passes()
    assert town.files() == {"広報.txt", "計画.txt"}


def test_a_file_that_goes_while_it_is_taken_in_is_gone_after_the_next_look(town):
    path = town.put("計画.txt", PLAN)
    town.look()
    town.time += SETTLE_SECONDS

    def gone(stage, done, total):
        if stage == EMBEDDING and done == total:
            path.unlink(missing_ok=True)

    town.watcher.look(gone)
    town.passes()
    assert town.files() == set()
    assert town.known().taken == {}


def test_ctrl_c_keeps_the_papers_that_were_finished_and_the_rest_comes_with_the_next_start(town, monkeypatch):
    from index import collection

    monkeypatch.setattr(collection, "CHECKPOINT", 1)  # each paper by itself
    for number in range(4):
        town.put(f"資料{number}.txt", PLAN.replace("12.4", f"1{number}.4"))
    town.look()
    town.time += SETTLE_SECONDS

    def interrupted(stage, done, total):
        if stage == EMBEDDING and len(town.files()) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        town.watcher.look(interrupted)
    assert len(town.files()) == 2
    assert {f"{name}" for name in town.known().taken} == town.files()
    town.begin()
    assert len(town.passes().added) == 2
    assert len(town.known().taken) == 4


def test_while_somebody_else_writes_nothing_is_lost_and_it_is_tried_again(town):
    town.put("計画.txt", PLAN)
    town.passes()
    (town.folder / "計画.txt").unlink()
    town.put("広報.txt", NOTES)
    town.look()
    with claimed_folder(town.collection.folder):
        done = town.look(SETTLE_SECONDS)
        assert done.is_busy
        assert done.is_waiting
    for _ in range(2):
        town.look(SETTLE_SECONDS)
    assert town.files() == {"広報.txt"}


def test_a_paper_that_moves_to_another_watched_folder_is_no_loss(town, tmp_path):
    other = tmp_path / "別"
    other.mkdir()
    path = town.put("計画.txt", PLAN)
    town.begin(town.folder, other)
    town.passes()
    path.rename(other / "計画.txt")
    for _ in range(3):
        assert not town.look(SETTLE_SECONDS).removed
    assert town.files() == {"計画.txt"}
    (other / "計画.txt").unlink()
    assert town.passes().removed


def test_a_folder_that_is_watched_no_longer_is_remembered_for_when_it_is_again(town, tmp_path):
    other = tmp_path / "別"
    other.mkdir()
    path = town.put("計画.txt", PLAN)
    town.passes()
    town.begin(other)
    town.passes()
    assert [(folder.path, folder.is_watched) for folder in Record(town.collection.folder).read()] == [
        (str(other), True),
        (str(town.folder), False),
    ]
    path.unlink()
    town.begin()
    assert town.passes().removed


def test_an_index_that_is_made_anew_gets_the_papers_again(town):
    town.put("計画.txt", PLAN)
    town.passes()
    shutil.copy(town.collection.folder / "watching.json", town.folder.parent / "kept.json")
    shutil.rmtree(town.collection.folder)
    town.collection = Collection(town.collection.folder, HashingEmbedder())
    town.collection.folder.mkdir()
    shutil.copy(town.folder.parent / "kept.json", town.collection.folder / "watching.json")
    town.begin()
    town.passes()
    assert town.files() == {"計画.txt"}


def test_two_do_not_watch_for_one_index(tmp_path):
    record = Record(tmp_path)
    assert not record.is_watched()
    with record.watching():
        assert Record(tmp_path).is_watched()
        with pytest.raises(AlreadyWatching), Record(tmp_path).watching():
            pass
    assert not record.is_watched()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"format": 9, "folders": []}', '{"format": 1, "folders": [{}]}'])
def test_a_record_that_is_damaged_is_named_and_not_written_over(town, body):
    path = town.collection.folder / "watching.json"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(WatchingDamaged, match=r"watching\.json"):
        town.begin()
    assert path.read_text(encoding="utf-8") == body


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "remove", "rename", "look", "restart"]), st.integers(0, 2), st.integers(0, 3)
        ),
        max_size=12,
    )
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_the_files_the_index_is_in_the_end_what_lies_there(tmp_path_factory, story):
    town = Town(tmp_path_factory.mktemp("story"))
    for what, which, other in story:
        path = town.folder / f"{which}.txt"
        if what == "put":
            town.put(path.name, PLAN.replace("12.4", f"{other}.9"))
        elif what == "remove":
            path.unlink(missing_ok=True)
        elif what == "rename" and path.exists():
            path.replace(town.folder / f"{other}.txt")
        elif what == "restart":
            town.begin()
        else:
            town.look(SETTLE_SECONDS)
    for _ in range(5):
        town.look(SETTLE_SECONDS)
    there = {path.read_text(encoding="utf-8") for path in town.folder.glob("*.txt")}
    held = [info.id for info in town.collection.snapshot().documents()] if town.collection.exists() else []
    assert sorted(town.collection.snapshot().texts(held).values() if held else []) == sorted(there)
    assert not town.look(SETTLE_SECONDS).is_waiting
