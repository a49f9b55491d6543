"""``tenkyo watch`` as it runs: woken by what happens, stopped by Ctrl-C, heard by the page's API."""

import signal
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from api.access.cli import opened
from api.access.people import People
from api.cli import main
from api.settings import Settings
from api.watching import command
from api.watching.command import FolderError, told, whole_paths
from api.watching.record import Failed, Record, Seen
from api.watching.shelves import GroupShelf, OwnShelf
from api.watching.watcher import Done
from index.collection import Collection
from tests.conftest import HashingEmbedder

PLAN = "若竹町　水道計画\n令和6年4月1日\n\n１　管路\n更新した管路は、令和5年度で12.4kmです。\n"
SAID = 300  # seconds after which nobody waits any more, on however busy a machine


@pytest.fixture(autouse=True)
def ctrl_c():
    """Ctrl-C reaches the test, also where whoever runs the tests in several processes has it passed over."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "資料"
    folder.mkdir()
    return folder


def test_a_file_that_comes_and_goes_does_so_in_the_index_and_ctrl_c_ends_it(tmp_path, folder):
    """The whole loop over real notices of the system; each step waits for the line that tells of the one before."""
    collection = Collection(tmp_path / "index", HashingEmbedder())
    said, heard = [], []

    def say(line):
        said.append(line)
        if "見張っています" in line:
            assert Record(collection.folder).is_watched()
            (folder / "計画.txt").write_text(PLAN, encoding="utf-8")
        elif "追加 1 件: 計画.txt" in line:
            (folder / "計画.txt").unlink()
        elif "取り除き 1 件: 計画.txt" in line:
            signal.raise_signal(signal.SIGINT)

    patience = threading.Timer(SAID, signal.raise_signal, [signal.SIGINT])
    patience.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            command.watch(collection, OwnShelf(collection), [folder], nullcontext, say, lambda: heard.append(len(said)))
    finally:
        patience.cancel()
    assert [line.split(" ", 2)[-1] for line in said[1:]] == ["追加 1 件: 計画.txt", "取り除き 1 件: 計画.txt"]
    assert len(heard) == 1
    assert not Record(collection.folder).is_watched()


def test_a_system_that_tells_of_nothing_is_looked_at_all_the_same(tmp_path, folder, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr(command, "changes", full)
    monkeypatch.setattr(command.time, "sleep", lambda seconds: None)
    monkeypatch.setattr("api.watching.watcher.SETTLE_SECONDS", 0.0)
    collection = Collection(tmp_path / "index", HashingEmbedder())
    (folder / "計画.txt").write_text(PLAN, encoding="utf-8")

    def say(line):
        if "追加" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        command.watch(collection, OwnShelf(collection), [folder], nullcontext, say, lambda: None)
    assert "watch limit" in capsys.readouterr().err


def test_sigterm_ends_it_as_ctrl_c_does(tmp_path, folder):
    collection = Collection(tmp_path / "index", HashingEmbedder())
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        command.watch(
            collection,
            OwnShelf(collection),
            [folder],
            nullcontext,
            lambda line: signal.raise_signal(signal.SIGTERM),
            lambda: None,
        )
    assert signal.getsignal(signal.SIGTERM) is before


def test_folders_are_known_by_their_whole_path_and_none_lies_in_another(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert whole_paths([Path("資料"), folder / ".." / "資料"]) == [folder]
    (folder / "第1回").mkdir()
    with pytest.raises(FolderError, match="中にあります"):
        whole_paths([folder / "第1回", folder])
    with pytest.raises(FolderError, match="フォルダではありません"):
        whole_paths([folder / "ない"])


def test_many_files_are_counted_and_some_are_named():
    done = Done(removed=[("/x", f"{n}.txt") for n in range(9)])
    done.failed = [(Path("/x/a.pdf"), Failed(Seen(1, 1), "パスワードが付いています。", 3))]
    lines = [line.split(" ", 2)[-1] for line in told(done)]
    assert lines == [
        "取り除き 9 件: 0.txt、1.txt、2.txt、3.txt、4.txt ほか 4 件",
        "読み込めませんでした: /x/a.pdf の 3 ページ: パスワードが付いています。",
    ]


def test_the_command_names_what_is_no_folder_and_who_watches_already(tmp_path, folder, capsys):
    index = str(tmp_path / "index")
    assert main(["--index", index, "watch", str(folder / "ない")]) == 2
    assert "フォルダではありません" in capsys.readouterr().err
    with Record(tmp_path / "index").watching():
        assert main(["--index", index, "watch", str(folder)]) == 2
    assert "もう動いています" in capsys.readouterr().err
    assert main(["--index", index, "watch", "--group", "水道課", str(folder)]) == 2


def test_papers_of_a_group_s_folder_are_that_group_s_alone(tmp_path, folder):
    settings = Settings(index=tmp_path / "index", shared=True)
    collection = Collection(settings.index, HashingEmbedder())
    with opened(settings) as accounts:
        people: People = accounts.people
        water, roads = (people.add_group(name).id for name in ("水道課", "道路課"))
    path = folder / "計画.txt"
    path.write_text(PLAN, encoding="utf-8")
    shelf = GroupShelf("水道課", collection, settings)
    (info,) = shelf.add([path], None).added
    with opened(settings) as accounts:
        assert accounts.people.groups_of(info.id) == {water}
        accounts.people.give(roads, [info.id])
    shelf.remove(info.id)  # it was shared with the other group since, and stays there
    assert [one.id for one in collection.snapshot().documents()] == [info.id]
    with opened(settings) as accounts:
        assert accounts.people.groups_of(info.id) == {roads}
    GroupShelf("道路課", collection, settings).remove(info.id)
    assert collection.snapshot().documents() == []
