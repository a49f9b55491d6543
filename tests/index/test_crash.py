"""A writer that is killed leaves the last good index, and the next writer clears up."""

import subprocess
import sys
from pathlib import Path

import pytest

from index.collection import Collection
from tests.conftest import PAPERS, HashingEmbedder

WRITE = """
import os, sys, time
from pathlib import Path
import index.collection, index.database.writing, index.originals, index.reading
from tests.conftest import HashingEmbedder

module, name = sys.argv[3].rsplit(".", 1)
real = getattr(sys.modules[module], name)
def stop(*arguments, **named):
    print("reached", flush=True)
    time.sleep(60)
setattr(sys.modules[module], name, stop)
index.collection.Collection(Path(sys.argv[1]), HashingEmbedder()).add([Path(sys.argv[2])])
"""


@pytest.mark.parametrize(
    "stage",
    [
        "index.reading.parse",
        "index.originals.seal",  # the copy of the original has no name yet
        "index.originals.sync_folder",  # it has, and no document needs it
        "index.database.writing.record",  # all is written, and nothing is committed
    ],
)
def test_a_killed_writer_leaves_the_last_good_index(collection, papers, stage):
    before = collection.snapshot()
    (papers / "新しい.txt").write_text("図書館は9時からです。人口は5人です。", encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, collection.folder, papers, stage], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        reached = process.stdout.readline()
        process.kill()
    assert reached == "reached\n"
    reader = Collection(collection.folder, HashingEmbedder())
    assert reader.snapshot().id == before.id
    assert reader.verify() == []
    reader.add([papers])
    assert {info.file for info in reader.snapshot().documents()} == {*PAPERS, "新しい.txt"}
    assert reader.verify() == []
    assert len(list((collection.folder / "sources").iterdir())) == len(PAPERS) + 1
