"""A list of addresses, from a site on the loopback into an index, and what the command says of it."""

from functools import partial

import pytest

from api import cli
from api.fetching import listed
from api.fetching.fetch import Fetcher
from api.fetching.listed import ListError, Memory, read_list, take_in
from index.collection import Collection
from tests.api.fetching.site import site
from tests.conftest import HashingEmbedder

PLAN = "若竹町　水道計画\n令和6年4月1日\n\n１　管路\n更新した管路は、令和5年度で12.4kmです。\n"
NOTES = "若竹町　広報\n令和6年5月1日\n\n図書館の蔵書は8万4千冊です。\n"
PLAIN = {"Content-Type": "text/plain"}


@pytest.fixture
def town():
    with site() as town:
        yield town


@pytest.fixture
def collection(tmp_path):
    return Collection(tmp_path / "index", HashingEmbedder())


def taken_in(collection, *addresses, progress=lambda stage, done, total: None, allow=lambda address: True):
    """Take a list in as the command does, but from this machine."""
    fetcher = Fetcher(2**20, allow=allow)

    def add(paths, sources):
        return collection.add(paths, sources=sources)

    def held():
        return {info.id for info in collection.snapshot().documents()} if collection.exists() else set()

    try:
        return take_in(list(addresses), fetcher, Memory(collection.folder), add, held, progress)
    finally:
        fetcher.close()


def files(collection):
    return sorted(info.file for info in collection.snapshot().documents())


def test_what_is_listed_goes_in_and_what_fails_is_told_and_keeps_nothing_back(town, collection):
    good = [town.put("/r6/plan.txt", PLAN), town.put("/koho/notes.txt", NOTES)]
    broken = town.put("/r6/broken.pdf", "これは PDF ではない", headers={"Content-Type": "application/pdf"})
    gone = town.url("/gone.pdf")
    report = taken_in(collection, good[0], broken, gone, good[1])
    assert files(collection) == ["notes.txt", "plan.txt"]
    assert [address for address, _ in report.failed] == [gone, broken]
    assert "404" in dict(report.failed)[gone]
    assert dict(report.failed)[broken]
    assert {info.source for info in collection.snapshot().documents()} == {
        "127.0.0.1/r6/plan.txt",
        "127.0.0.1/koho/notes.txt",
    }


def test_an_unchanged_paper_is_not_fetched_again_and_a_changed_one_is(town, collection):
    address = town.put("/plan.txt", PLAN, headers=PLAIN | {"ETag": '"a"'})
    taken_in(collection, address)
    report = taken_in(collection, address)
    assert (report.unchanged, report.taken) == ([address], [])
    town.put("/plan.txt", PLAN.replace("12.4", "12.5"), headers=PLAIN | {"ETag": '"b"'})
    report = taken_in(collection, address)
    assert [info.file for info in report.taken[0].refreshed] == ["plan.txt"]
    assert files(collection) == ["plan.txt"]


def test_a_paper_that_was_taken_out_is_fetched_again(town, collection):
    address = town.put("/plan.txt", PLAN, headers=PLAIN | {"ETag": '"a"'})
    taken_in(collection, address)
    collection.remove(collection.snapshot().documents()[0].id)
    taken_in(collection, address)
    assert files(collection) == ["plan.txt"]
    assert "if-none-match" not in town.asked[1][1]


def test_a_paper_that_could_not_be_read_is_tried_again(town, collection):
    address = town.put("/a.pdf", "これは PDF ではない", headers={"Content-Type": "application/pdf", "ETag": '"a"'})
    for _ in range(2):
        assert taken_in(collection, address).failed
    assert "if-none-match" not in town.asked[1][1]


def test_another_paper_at_the_same_address_stands_beside_the_one_before(town, collection):
    address = town.put("/latest.txt", PLAN)
    taken_in(collection, address)
    town.put("/latest.txt", NOTES)
    taken_in(collection, address)
    assert files(collection) == ["latest.txt", "latest.txt"]


def test_ctrl_c_keeps_the_papers_that_were_taken_in(town, collection, monkeypatch):
    monkeypatch.setattr(listed, "AT_ONCE", 1)
    addresses = [
        town.put(f"/{n}.txt", PLAN.replace("12.4", f"{n}.4"), headers=PLAIN | {"ETag": f'"{n}"'}) for n in (1, 2, 3)
    ]

    def interrupted(stage, done, total):
        if done == 3:  # the third is fetched, and not yet in
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken_in(collection, *addresses, progress=interrupted)
    assert files(collection) == ["1.txt", "2.txt"]
    assert taken_in(collection, *addresses).unchanged == addresses[:2]
    assert files(collection) == ["1.txt", "2.txt", "3.txt"]


@pytest.mark.parametrize("body", ["", "[]", '{"format": 1, "addresses": {"x": 5}}', '{"format": 7}'])
def test_a_damaged_memory_costs_only_that_all_is_fetched_again(town, collection, body):
    address = town.put("/plan.txt", PLAN, headers=PLAIN | {"ETag": '"a"'})
    taken_in(collection, address)
    (collection.folder / "fetched.json").write_text(body, encoding="utf-8")
    assert [info.file for info in taken_in(collection, address).taken[0].skipped] == ["plan.txt"]
    assert taken_in(collection, address).unchanged == [address]


def test_a_list_has_an_address_a_line_and_comments(tmp_path):
    path = tmp_path / "一覧.txt"
    text = "\ufeff# 水道課\nhttps://town.example/a.pdf\n\n  https://town.example/b.pdf  # 令和6年度\nhttps://town.example/a.pdf#page=2\n"
    path.write_text(text, encoding="utf-8")
    assert read_list(path) == ["https://town.example/a.pdf", "https://town.example/b.pdf"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://town.example/a.pdf\nplan.pdf\n", "2 行目"),
        ("https://a.example/x https://b.example/y\n", "1 行目"),
        ("file:///etc/passwd\n", "1 行目"),
        ("# だけ\n", "アドレスがありません"),
    ],
)
def test_a_line_that_is_no_address_is_named_before_anything_is_fetched(tmp_path, text, told):
    path = tmp_path / "一覧.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ListError, match=told):
        read_list(path)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """``tenkyo ingest`` with an embedding model that needs no weights."""
    monkeypatch.setattr("index.embedder.open_embedder", lambda *a, **k: HashingEmbedder())
    return partial(lambda *arguments: cli.main(["--index", str(tmp_path / "index"), "ingest", *arguments]))


def test_the_command_refuses_this_machine_tells_why_and_ends_with_1(town, tmp_path, command, capsys):
    path = tmp_path / "一覧.txt"
    path.write_text(town.put("/plan.txt", PLAN) + "\n", encoding="utf-8")
    assert command("--from-list", str(path)) == 1
    said = capsys.readouterr()
    assert f"受け取れませんでした: {town.url('/plan.txt')}: このパソコンや組織の中" in said.err
    assert "失敗 1 件" in said.out
    assert town.asked == []


def test_the_command_takes_a_list_in_and_says_what_has_not_changed(town, tmp_path, command, capsys, monkeypatch):
    monkeypatch.setattr("api.fetching.fetch.Fetcher", partial(Fetcher, allow=lambda address: True))
    path = tmp_path / "一覧.txt"
    path.write_text(town.put("/plan.txt", PLAN, headers=PLAIN | {"ETag": '"a"'}), encoding="utf-8")
    assert command("--from-list", str(path)) == 0
    assert "追加 1 件" in capsys.readouterr().out
    assert command("--from-list", str(path)) == 0
    assert "前から変わっていないもの 1 件" in capsys.readouterr().err


def test_the_command_wants_papers_or_a_list_and_a_list_that_can_be_read(tmp_path, command, capsys):
    assert command() == 2
    assert command(str(tmp_path), "--from-list", str(tmp_path / "x")) == 2
    assert command("--from-list", str(tmp_path / "ない.txt")) == 2
    assert "ない.txt" in capsys.readouterr().err
    (tmp_path / "x").write_text("plan.pdf", encoding="utf-8")
    assert command("--from-list", str(tmp_path / "x")) == 2
    assert "1 行目" in capsys.readouterr().err
