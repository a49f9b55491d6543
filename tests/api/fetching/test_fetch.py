"""One paper from a site on the loopback, which only the test allows to be called."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.fetching.addresses import AddressRefused, CheckedNetwork, is_public
from api.fetching.fetch import Fetcher, FetchError, Mark, web_address
from api.fetching.names import KindRefused, name_of, place_in
from tests.api.fetching.site import site

LIMIT = 2**20
PLAN = "若竹町　水道計画\n令和6年4月1日\n更新した管路は、令和5年度で12.4kmです。\n"


@pytest.fixture
def town():
    with site() as town:
        yield town


@pytest.fixture
def fetcher():
    fetcher = Fetcher(LIMIT, allow=lambda address: True)
    yield fetcher
    fetcher.close()


def refusal(fetcher, address, folder):
    with pytest.raises(FetchError) as error:
        fetcher.fetch(address, folder)
    return str(error.value)


@pytest.mark.parametrize(
    ("address", "is_let"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("127.8.9.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # where clouds keep the secrets of a machine
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("2002:c0a8:101::1", False),
        ("no address", False),
    ],
)
def test_only_the_public_network_is_called(address, is_let):
    assert is_public(address) is is_let


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_by_whatever_name(town, tmp_path, host):
    town.put("/計画.txt", PLAN)
    ours = Fetcher(LIMIT)
    try:
        assert "受け取りません" in refusal(ours, town.url("/計画.txt", host), tmp_path)
    finally:
        ours.close()
    assert town.asked == []


def test_a_name_that_is_looked_up_twice_is_called_where_it_was_first(town, tmp_path):
    """A name server may say another address the second time: there is no second time."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    looked_up = []

    def resolve(host, port):
        looked_up.append(host)
        return next(answers)

    town.put("/plan.txt", PLAN)
    fetcher = Fetcher(LIMIT, resolve=resolve, allow=lambda address: address == "127.0.0.1")
    got = fetcher.fetch(town.url("/plan.txt", "papers.town.example"), tmp_path)
    fetcher.close()
    assert got.path.read_text(encoding="utf-8") == PLAN
    assert looked_up == ["papers.town.example"]
    assert town.asked[0][1]["host"].startswith("papers.town.example:")


def test_a_name_of_which_one_address_is_inside_is_refused_altogether():
    network = CheckedNetwork(lambda host, port: ["93.184.215.14", "10.0.0.7"])
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.7"):
        network.connect_tcp("mixed.example", 80)


def test_a_redirect_is_looked_at_anew(town, tmp_path):
    """The first address is allowed, and where it leads is not."""
    town.put("/moved", status=302, headers={"Location": town.url("/inside.txt", "inside.example")})
    town.put("/inside.txt", "ひみつ")
    hosts = {"papers.town.example": ["127.0.0.1"], "inside.example": ["10.0.0.7"]}
    fetcher = Fetcher(LIMIT, resolve=lambda host, port: hosts[host], allow=lambda address: address == "127.0.0.1")
    assert "受け取りません" in refusal(fetcher, town.url("/moved", "papers.town.example"), tmp_path)
    fetcher.close()
    assert [path for path, _ in town.asked] == ["/moved"]


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("file:///etc/passwd", "http"),
        ("ftp://127.0.0.1/x", "http"),
        ("http://user:secret@127.0.0.1/x", "パスワード"),
        (None, "転送先"),
        ("/round", "超えました"),
    ],
)
def test_a_redirect_leads_to_the_web_only_and_not_for_ever(town, fetcher, tmp_path, location, told):
    headers = {} if location is None else {"Location": location}
    assert told in refusal(fetcher, town.put("/round", status=301, headers=headers), tmp_path)


def test_a_redirect_within_the_site_is_followed(town, fetcher, tmp_path):
    town.put("/r6/plan.txt", PLAN)
    got = fetcher.fetch(town.put("/latest", status=307, headers={"Location": "/r6/plan.txt"}), tmp_path)
    assert got.path.read_text(encoding="utf-8") == PLAN
    assert place_in(got.url, got.name) == "127.0.0.1/r6/plan.txt"


@pytest.mark.parametrize("address", ["ftp://x/y", "file:///etc/passwd", "//x", "x.pdf", "http://", "http://a b/", ""])
def test_what_is_no_address_of_the_web_is_refused(address):
    with pytest.raises(FetchError):
        web_address(address)


def test_an_unchanged_paper_does_not_come_again(town, fetcher, tmp_path):
    address = town.put("/plan.txt", PLAN, headers={"Content-Type": "text/plain", "ETag": '"a1"', "Last-Modified": "x"})
    first = fetcher.fetch(address, tmp_path)
    assert first.mark == Mark('"a1"', "x")
    assert fetcher.fetch(address, tmp_path, first.mark) is None
    assert (town.asked[1][1]["if-none-match"], town.asked[1][1]["if-modified-since"]) == ('"a1"', "x")


def test_what_is_too_large_is_given_up_with_or_without_a_length(town, fetcher, tmp_path):
    told = "大きすぎます（1 MB まで）"
    assert told in refusal(fetcher, town.put("/a.txt", "x" * (LIMIT + 1)), tmp_path)
    assert told in refusal(fetcher, town.put("/b.txt", "x" * (LIMIT + 1), length=None), tmp_path)
    assert fetcher.fetch(town.put("/c.txt", "x" * LIMIT, length=None), tmp_path).path.stat().st_size == LIMIT


def test_what_breaks_off_is_no_paper(town, fetcher, tmp_path):
    assert "途中で切れました" in refusal(fetcher, town.put("/plan.txt", PLAN, length=9999), tmp_path)


def test_what_takes_too_long_altogether_is_given_up(town, tmp_path):
    ticks = iter(range(0, 10_000, 400))
    slow = Fetcher(LIMIT, allow=lambda address: True, clock=lambda: next(ticks))
    assert "600 秒" in refusal(slow, town.put("/plan.txt", "x" * 300_000), tmp_path)
    slow.close()


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503, 206, 304])
def test_what_the_server_does_not_give_is_told_with_its_status(town, fetcher, tmp_path, status):
    assert str(status) in refusal(fetcher, town.put("/plan.txt", PLAN, status=status), tmp_path)


def test_nobody_at_the_address_and_no_such_name_are_told_apart(fetcher, town, tmp_path):
    assert "つながらない" in refusal(fetcher, "http://127.0.0.1:9/plan.txt", tmp_path)
    unknown = Fetcher(LIMIT, resolve=lambda host, port: [])
    assert "ホスト名が見つかりません" in refusal(unknown, "http://nowhere.example/plan.txt", tmp_path)
    unknown.close()


def test_what_is_packed_is_not_unpacked(town, fetcher, tmp_path):
    town.put("/plan.txt", headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    town.answers["/plan.txt"].body = gzip.compress(b"x" * LIMIT * 20)
    assert "圧縮" in refusal(fetcher, town.url("/plan.txt"), tmp_path)


DISPOSED = "attachment; filename"


@pytest.mark.parametrize(
    ("path", "disposition", "kind", "name"),
    [
        ("/r6/%E8%B3%87%E6%96%991.pdf", None, "application/pdf", "資料1.pdf"),
        ("/r6/plan.pdf", None, "application/octet-stream", "plan.pdf"),
        ("/download", f"{DISPOSED}*=UTF-8''%E8%A8%88%E7%94%BB.pdf", "application/pdf", "計画.pdf"),
        ("/download", f'{DISPOSED}="計画.pdf"', "application/pdf", "計画.pdf"),
        ("/download", f'{DISPOSED}="../../.ssh/計画.pdf"', "application/pdf", "計画.pdf"),
        ("/download", f'{DISPOSED}="/etc/passwd"', "text/plain", "passwd.txt"),
        ("/", None, "text/html; charset=utf-8", "town.example.html"),
        ("/news/", None, "text/html", "town.example.html"),
        ("/r6/plan", None, "text/csv", "plan.csv"),
        ("/r6/計画.docx", None, "application/zip", "計画.docx"),
    ],
)
def test_a_paper_is_called_as_its_server_or_its_address_says(path, disposition, kind, name):
    sent = disposition.encode() if disposition else None
    assert name_of(web_address(f"https://town.example{path}"), sent, kind) == name


def test_a_name_in_the_encoding_of_old_servers_is_read():
    sent = 'attachment; filename="第5回資料.pdf"'.encode("cp932")
    assert name_of(web_address("https://town.example/d"), sent, "application/pdf") == "第5回資料.pdf"


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("/plan.pdf", "text/html", "ウェブページ"),  # a page that says the paper is gone
        ("/plan.pdf", "image/png", "image/png"),
        ("/plan", "application/octet-stream", "種類が分かりません"),
        ("/plan.exe", "application/octet-stream", "種類が分かりません"),
        ("/plan.exe", "application/x-msdownload", "受け取りません"),
    ],
)
def test_what_is_no_paper_is_refused_before_it_is_written(path, kind, told):
    with pytest.raises(KindRefused, match=told):
        name_of(web_address(f"https://town.example{path}"), None, kind)


@given(st.binary(max_size=80))
def test_whatever_a_server_says_of_the_name_it_is_a_plain_one(disposition):
    name = name_of(web_address("https://town.example/x"), b"attachment; filename=" + disposition, "application/pdf")
    assert "/" not in name
    assert "\\" not in name
    assert name.isprintable()
    assert name not in ("", ".", "..")
    assert name[0] != "."
    assert len(name.encode()) <= 255
