"""`tenkyo doctor` finds each thing that can be wrong with a deployment, and says what to do."""

import http.server
import os
import shutil
import threading
import time
from collections import namedtuple

import psycopg
import pytest
from sqlalchemy import make_url, text

from api import doctor
from api.access.database import open_accounts
from api.access.people import People
from api.access.signing_in import SigningIn
from api.cli import main
from api.settings import Settings
from eval.postgres import running, with_plain_role
from index.collection import Collection
from index.database import engine
from index.database.engine import open_database
from index.keywords import analyzer
from index.protocols import ModelMissing
from tests.api.access.office import CHEAP, PASSWORD
from tests.conftest import HashingEmbedder
from tests.ports import free_port


@pytest.fixture(scope="module")
def server():
    with running("fsync=off") as url:
        yield url


@pytest.fixture
def fresh(server, request):
    """A URL of an empty database of a test's own."""
    name = f"d{abs(hash(request.node.name))}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.removesuffix("postgres") + name


@pytest.fixture(autouse=True)
def deployment(monkeypatch, tmp_path):
    """One in which nothing is wrong: an index that was never written to, free ports, a model that is there."""
    for name in [name for name in os.environ if name.startswith("TENKYO_") and name != "TENKYO_CACHE"]:
        monkeypatch.delenv(name)
    for name, value in (("INDEX", tmp_path / "index"), ("API_PORT", free_port()), ("UI_PORT", free_port())):
        monkeypatch.setenv(f"TENKYO_{name}", str(value))
    monkeypatch.setattr(doctor, "open_embedder", lambda name, cache=None: HashingEmbedder())
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 0, 10**12))


@pytest.fixture
def told(capsys):
    """What the command says of a deployment in which something is wrong."""

    def run():
        status = main(["doctor"])
        said = capsys.readouterr().out
        assert status == 1, said
        assert "直すところが" in said
        return "\n".join(line for line in said.splitlines() if line.startswith("  ・"))

    return run


def found(check, **settings):
    return "\n".join(doctor.CHECKS[check](Settings(**settings)))


def test_where_nothing_is_wrong_it_says_so(capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert said.endswith("問題は見つかりませんでした。\n")
    assert said.count("○ ") == len(doctor.CHECKS)


# --- the database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("mysql://root:himitsu@host/db", "の形で指定"),
        ("postgresql://root:himitsu@127.0.0.1:1/db?connect_timeout=2", "サーバーが動いているか"),
    ],
)
def test_a_wrong_url_and_a_server_out_of_reach(told, monkeypatch, url, remedy):
    monkeypatch.setenv("TENKYO_DATABASE_URL", url)
    said = told()
    assert remedy in said
    assert "himitsu" not in said


def test_a_server_that_is_too_old(told, monkeypatch, server):
    monkeypatch.setenv("TENKYO_DATABASE_URL", server)
    monkeypatch.setattr(engine, "POSTGRES", 99)
    assert "99 版以上に上げてください" in told()


def test_a_server_without_pgvector(told, monkeypatch, fresh):
    """The server's lists of extensions are hidden behind others in which it is missing."""
    with psycopg.connect(fresh.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bare")
        for view in ("pg_available_extensions", "pg_extension"):
            column = "name" if view == "pg_available_extensions" else "extname"
            connection.execute(f"CREATE VIEW bare.{view} AS SELECT * FROM pg_catalog.{view} WHERE {column} <> 'vector'")
    monkeypatch.setenv("TENKYO_DATABASE_URL", f"{fresh}?options=-csearch_path%3Dbare%2Cpg_catalog%2Cpublic")
    assert "pgvector を入れてください" in told()


def test_a_database_that_is_not_there_and_a_wrong_user(told, monkeypatch, server):
    monkeypatch.setenv("TENKYO_DATABASE_URL", server + "_nowhere")
    assert "データベースがありません" in told()
    monkeypatch.setenv("TENKYO_DATABASE_URL", server.replace("postgres@", "nobody_known@"))
    assert "ユーザー名かパスワードが違います" in told()


def test_an_empty_database_is_no_fault(capsys, monkeypatch, server):
    monkeypatch.setenv("TENKYO_DATABASE_URL", server)
    assert main(["doctor"]) == 0


def test_a_role_without_rights(told, monkeypatch, fresh):
    with psycopg.connect(fresh.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS doctors_guest")
        connection.execute("CREATE ROLE doctors_guest LOGIN")
    guest = fresh.replace("postgres@", "doctors_guest@")
    monkeypatch.setenv("TENKYO_DATABASE_URL", guest)
    said = told()
    assert "GRANT CREATE, USAGE ON SCHEMA public TO doctors_guest" in said
    assert "CREATE EXTENSION vector" in said
    open_database(fresh, create=True).close()
    with psycopg.connect(fresh.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO doctors_guest")
        said = told()
        assert "INSERT、UPDATE、DELETE の権限がありません" in said
        remedy = said[said.index("GRANT") : said.index(" を実行")]
        connection.execute(remedy)
        assert found("データベース") == "", "what it says helps"
        said = found("アカウント", shared=True)
        assert "GRANT CREATE ON DATABASE" in said
        connection.execute(said[said.index("GRANT") : said.index(" を実行")])
    assert "管理者がまだいません" in found("アカウント", shared=True)


def test_a_role_for_which_no_row_is_hidden_is_told_where_there_are_accounts(server, fresh):
    settings = {"shared": True, "database_url": fresh}
    assert "利用者 postgres は何でもできる利用者" in found("データベース", **settings)
    assert found("データベース", database_url=fresh) == "", "one person's own database hides nothing from them"
    settings["database_url"] = with_plain_role(server, "of_a_plain_role")
    open_database(settings["database_url"], create=True).close()
    assert found("データベース", **settings) == ""


def test_a_replica(told, monkeypatch, fresh):
    """A function of the same name stands before the server's own."""
    with psycopg.connect(fresh.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA copied")
        connection.execute("CREATE FUNCTION copied.pg_is_in_recovery() RETURNS bool LANGUAGE sql AS 'SELECT true'")
    monkeypatch.setenv("TENKYO_DATABASE_URL", f"{fresh}?options=-csearch_path%3Dcopied%2Cpg_catalog%2Cpublic")
    assert "プライマリ" in told()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_schema_of_another_version_another_model_and_a_clock_behind(
    told, monkeypatch, request, tmp_path, papers, kind
):
    url = request.getfixturevalue("fresh") if kind == "postgresql" else None
    if url:
        monkeypatch.setenv("TENKYO_DATABASE_URL", url)
    Collection(tmp_path / "index", HashingEmbedder(), url).add([papers])
    assert found("データベース") == ""
    monkeypatch.setattr(doctor, "open_embedder", lambda name, cache=None: HashingEmbedder("another"))
    assert "埋め込みモデル「hashing」で作られていますが、今の設定は「another」" in told()
    monkeypatch.setattr(doctor, "open_embedder", lambda name, cache=None: HashingEmbedder())
    monkeypatch.setattr(doctor, "analyzer", lambda: "tomorrow")
    assert "単語の切り方が違います" in told()
    monkeypatch.setattr(doctor, "analyzer", analyzer)
    real = time.time
    monkeypatch.setattr(doctor.time, "time", lambda: real() - 7200)
    assert "120 分遅れています" in told()
    monkeypatch.setattr(doctor.time, "time", real)
    remedies = {"9999": "新しい版の tenkyo を使ってください"}
    if url:  # in a folder, looking is enough to have it upgraded
        remedies["0001"] = "「tenkyo ingest」を実行すると"
    for revision, remedy in remedies.items():
        database = engine.connect(url or tmp_path / "index")
        with database.writing() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        database.close()
        assert remedy in told()


def test_a_file_that_is_no_database_and_a_folder_of_an_older_version(told, tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "current.json").write_text("{}")
    assert "古い版の形式" in told()
    (tmp_path / "index" / "tenkyo.db").write_bytes(b"no database" * 1000)
    assert "壊れています" in told()


# --- this machine ---------------------------------------------------------------------------------------------------


def test_a_folder_that_may_not_be_written(told, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TENKYO_INDEX", str(tmp_path / "file" / "index"))
    assert "書き込めません" in told()


def test_a_folder_that_several_machines_share(told, monkeypatch, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/papers {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(doctor, "MOUNTS", mounts)
    assert "共有フォルダ（nfs4）" in told()
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/papers {tmp_path}/elsewhere nfs4 rw 0 0\n")
    assert found("索引のフォルダ") == ""


def test_a_disk_that_is_nearly_full(told, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 0, 10**9))
    assert "空きが 0.9 GB しかありません" in told()


def test_a_model_that_is_missing(told, monkeypatch):
    def missing(_):
        raise ModelMissing("not there", "埋め込みモデルを用意できません。空き容量を確かめてください。")

    embedder = HashingEmbedder()
    embedder.embed_queries = missing
    monkeypatch.setattr(doctor, "open_embedder", lambda name, cache=None: embedder)
    assert "埋め込みモデルを用意できません" in told()


def test_a_port_that_another_program_has(told, monkeypatch):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as taken:
        thread = threading.Thread(target=taken.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            Other.body = b"a page of somebody else's"
            monkeypatch.setenv("TENKYO_API_PORT", str(taken.server_port))
            assert f"ポート {taken.server_port} は、ほかのプログラムが使っています" in told()
            Other.body = b'{"status": "ok", "version": "1", "embedder": "x"}'
            assert found("ポート") == "", "it is ours, and simply runs"
        finally:
            taken.shutdown()
            thread.join()


def test_an_address_that_is_not_this_machines(monkeypatch):
    assert "待ち受けられません" in found("ポート", api_host="no.such.host.invalid")


# --- settings and accounts ------------------------------------------------------------------------------------------

PUBLIC = {"public_url": "https://papers.example.jp", "public_api_url": "https://papers.example.jp:8443"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"api_host": "0.0.0.0"}, "TENKYO_API_HOST=0.0.0.0 は、ほかの機械から届きますが、サインインがありません"),
        ({"public_url": "https://papers.example.jp"}, "TENKYO_PUBLIC_URL は、サインインのある形"),
        ({"shared": True, "ui_host": "0.0.0.0"}, "TENKYO_PUBLIC_URL がありません"),
        ({"shared": True, **PUBLIC, "public_api_url": "https://api.example.jp"}, "同じホスト名にしてください"),
        ({"shared": True, **PUBLIC}, "TENKYO_PROXIES がない"),
        ({"shared": True, **PUBLIC, "proxies": "*"}, "TENKYO_PROXIES=*"),
        (
            {"shared": True, "public_url": "http://papers.example.jp", "public_api_url": "http://papers.example.jp:8"},
            "https のアドレスにしてください",
        ),
        ({"shared": True, "oidc_issuer": "https://login.example.jp"}, "TENKYO_OIDC_CLIENT_ID"),
        (
            {
                "shared": True,
                "oidc_issuer": "http://login.example.jp",
                "oidc_client_id": "a",
                "oidc_client_secret": "b",
            },
            "示された設定を直してください",
        ),
        (
            {"shared": True, "alert_mail_to": "a@example.jp"},
            "ALERT_MAIL_TO",
        ),
    ],
)
def test_settings_that_do_not_go_together(settings, said):
    assert said in found("設定の組み合わせ", **settings)


def test_settings_that_do_are_left_alone():
    assert found("設定の組み合わせ", shared=True, **PUBLIC, proxies="10.0.0.0/24", api_host="0.0.0.0") == ""
    assert found("設定の組み合わせ", shared=True) == ""


def test_accounts_without_an_administrator_and_accounts_that_nobody_asks_for(told, monkeypatch, tmp_path):
    monkeypatch.setenv("TENKYO_SHARED", "1")
    assert "管理者がまだいません" in told()
    assert not (tmp_path / "index").exists(), "looking makes nothing"
    accounts = open_accounts(tmp_path / "index")
    _, code = People(accounts).add("佐藤", ("read", "administer"))
    assert "管理者がまだいません" in told(), "who has no password cannot come in"
    SigningIn(accounts, 600.0, 3600.0, CHEAP).accept(code, "", PASSWORD)
    assert found("アカウント", shared=True) == ""
    monkeypatch.delenv("TENKYO_SHARED")
    assert "TENKYO_SHARED がないため" in told()
    with accounts.writing() as connection:
        connection.execute(text("PRAGMA user_version = 99"))
    accounts.close()
    assert "新しい版を使ってください" in told()


def test_the_url_of_a_server_is_told_without_its_password(told, monkeypatch, server):
    url = make_url(server).set(password="himitsu", port=1).render_as_string(False)
    monkeypatch.setenv("TENKYO_DATABASE_URL", url)
    assert "himitsu" not in told()
