"""An office in the real browser: the first administrator, and two people of two groups at one page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import CHROMIUM, ROOT, command, environment, settled, stopped, wait_for
from tests.ports import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser-3"),
    pytest.mark.model,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: the page is not looked at in a browser"),
]
PICTURES = ROOT / "build" / "screenshots"
PASSWORD = "とてもながいあいことば"
PAPERS = {
    "総務課": "浜風町　令和6年6月定例会　総務課資料\n令和6年6月4日\n\n１　窓口\n窓口の受付件数は、3,456件です。\n",
    "土木課": "浜風町　令和6年6月定例会　土木課資料\n令和6年6月5日\n\n１　桟橋\n桟橋の補修費は、7,890万円です。\n",
}


@dataclass
class Office:
    page: str
    api: str
    code: str  # of the first administrator
    index: Path

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            command(*arguments), env=environment(self.index), cwd=ROOT, check=True, capture_output=True, text=True
        )
        return done.stdout


@contextmanager
def shared(index: Path) -> Iterator[Office]:
    """Run `tenkyo serve --shared` over ``index``."""
    api_port, ui_port = free_port(), free_port()
    arguments = command("serve", "--shared", "--api-port", str(api_port), "--ui-port", str(ui_port))
    said = index.with_name("said")
    with said.open("w") as out:
        process = subprocess.Popen(arguments, env=environment(index), cwd=index.parent, stdout=out)
    try:
        wait_for(f"http://127.0.0.1:{api_port}/healthz", process)
        wait_for(f"http://127.0.0.1:{ui_port}/_stcore/health", process)
        code = None
        while code is None:
            code = re.search(r"コード: (\S+)", said.read_text(encoding="utf-8"))
        yield Office(f"http://127.0.0.1:{ui_port}", f"http://127.0.0.1:{api_port}", code[1], index)
    finally:
        stopped(process)


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    index = tmp_path_factory.mktemp("shared") / "index"
    index.mkdir()
    with shared(index) as office:
        yield office


@pytest.fixture
def person(browser, office):
    """Open a browser of somebody's own; afterwards nothing was complained about."""
    contexts = []
    complaints: list[str] = []

    def person() -> Page:
        contexts.append(browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield person
    for context in contexts:
        context.close()
    assert complaints == []


def taken(page: Page, name: str) -> None:
    """Take the picture, and look for what keeps somebody from using the page."""
    settled(page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"shared-{name}.png", full_page=True)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


def come_in(page: Page, office: Office, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{office.api}/sign-in")
    page.get_by_label("名前").fill(name)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="サインイン").click()


def invited(page: Page, office: Office, code: str) -> None:
    page.goto(f"{office.api}/welcome")
    page.get_by_label("コード").fill(code)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="はじめる").click()
    page.wait_for_url(f"{office.page}/**")


def asked(page: Page, question: str) -> str:
    """Ask, and return all that the page shows then."""
    box = page.get_by_placeholder("質問を入力")
    box.fill(question)
    box.press("Enter")
    newest = page.locator('[class*="st-key-newest-"]')
    newest.get_by_role("heading", name=question, exact=True).wait_for(timeout=120_000)
    newest.locator(".tk-answer, .tk-message").first.wait_for(timeout=120_000)
    settled(page)
    return page.inner_text("body")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1.evil.example:8501", "null"])
def test_the_pages_own_socket_is_not_spoken_to_from_another_site(office, origin):
    """As a browser opens it there; from the page's own origin it opens."""

    def opened(origin: str) -> int:
        asks = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Origin": origin}
        key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        host, port = office.page.removeprefix("http://").split(":")
        connection = HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request("GET", "/_stcore/stream", headers=asks | key)
            return connection.getresponse().status
        finally:
            connection.close()

    assert opened(origin) == 403
    assert opened(office.page) == 101


def test_an_office_from_its_first_code_to_two_people_who_do_not_see_each_others_papers(office, person, tmp_path):
    """The story of a first day, in order: every step needs the one before."""
    # Nobody is signed in: the page says so, and where.
    boss = person()
    boss.goto(office.page)
    expect(boss.get_by_text("サインインしてください")).to_be_visible(timeout=60_000)
    taken(boss, "signed-out")
    boss.goto(f"{office.api}/sign-in")
    taken(boss, "sign-in")

    # The first administrator, by the code that was printed.
    boss.goto(f"{office.api}/welcome")
    taken(boss, "welcome")
    boss.get_by_label("コード").fill(office.code)
    boss.get_by_label("あなたの名前").fill("管理 花子")
    boss.get_by_label("パスワード").fill(PASSWORD)
    boss.get_by_role("button", name="はじめる").click()
    boss.wait_for_url(f"{office.page}/**")
    expect(boss.get_by_role("button", name="管理 花子")).to_be_visible(timeout=60_000)

    # Two groups, one made on the page; two people, who set their own passwords.
    boss.get_by_role("link", name="管理").click()
    boss.get_by_text("グループ", exact=True).first.click()
    boss.get_by_label("新しいグループの名前").fill("総務課")
    boss.get_by_role("button", name="作る").click()
    expect(boss.get_by_text("グループ「総務課」を作りました")).to_be_visible()
    office.run("group", "add", "土木課")
    for group, paper in PAPERS.items():
        path = tmp_path / f"{group}.txt"
        path.write_text(paper, encoding="utf-8")
        office.run("ingest", "--group", group, str(path))
    codes = {
        name: re.search(r"コード: (\S+)", office.run("user", "add", name, "--group", group, "--may", may))[1]
        for name, group, may in (("佐藤", "総務課", "read"), ("鈴木", "土木課", "read,contribute,curate"))
    }
    reader, editor = person(), person()
    invited(reader, office, codes["佐藤"])
    invited(editor, office, codes["鈴木"])

    # Each is answered from the papers of their own group, and of the others' nothing is known.
    told = asked(reader, "窓口の受付件数は何件ですか。")
    assert "3,456件" in told
    assert "資料 1 件" in told or "土木課資料" not in told
    told = asked(reader, "桟橋の補修費はいくらですか。")
    assert "7,890" not in told
    assert "土木課" not in told
    taken(reader, "reader")
    link = reader.url
    told = asked(editor, "桟橋の補修費はいくらですか。")
    assert "7,890万円" in told
    taken(editor, "editor")

    # A link is answered for whoever opens it.
    editor.goto(link)
    editor.locator(".tk-answer, .tk-message").first.wait_for(timeout=120_000)
    settled(editor)
    assert "3,456" not in editor.inner_text("body")

    # Whoever is in both groups chooses whose papers are asked; a link keeps to it, for who is in the group.
    code = office.run("user", "add", "田中", "--group", "総務課", "--group", "土木課", "--may", "read")
    both = person()
    invited(both, office, re.search(r"コード: (\S+)", code)[1])
    for name, width in (("wide", 1280), ("narrow", 390)):
        both.set_viewport_size({"width": width, "height": 900})
        both.get_by_role("button", name="対象：").click()
        picker = both.get_by_label("どのグループの資料")
        expect(picker).to_be_visible()
        taken(both, f"whose-papers-{name}")
        if name == "wide":
            picker.click()
            both.get_by_role("option", name="土木課").click()
            expect(both.get_by_role("button", name="対象：土木課の資料（1件）")).to_be_visible()
        both.keyboard.press("Escape")
        both.keyboard.press("Escape")
    assert "7,890万円" in asked(both, "桟橋の補修費はいくらですか。")
    assert "対象：土木課の資料（1件）" in both.inner_text("body")
    taken(both, "whose-papers-answer-narrow")
    both.set_viewport_size({"width": 1280, "height": 900})
    taken(both, "whose-papers-answer")
    assert "3,456" not in asked(both, "窓口の受付件数は何件ですか。")
    own = both.url
    both.get_by_role("link", name="資料", exact=True).click()
    expect(both.get_by_text("土木課の資料", exact=True).first).to_be_visible()
    taken(both, "whose-papers-list")
    foreign = reader.context.new_page()
    foreign.goto(own)
    expect(foreign.get_by_text("そのグループはありません").first).to_be_visible(timeout=60_000)
    settled(foreign)
    assert "7,890" not in foreign.inner_text("body")
    taken(foreign, "whose-papers-foreign")
    foreign.close()

    # What was asked outlives the browser, and is answered anew for who opens it.
    again = reader.context.new_page()
    again.goto(office.page)
    again.get_by_role("button", name="これまでの会話").click()
    kept = again.get_by_role("button", name="窓口の受付件数は何件ですか。")
    expect(kept).to_be_visible()
    taken(again, "conversations")
    kept.click()
    again.locator(".tk-answer, .tk-message").first.wait_for(timeout=120_000)
    settled(again)
    assert "桟橋の補修費はいくらですか。" in again.inner_text("body")
    again.close()
    editor.get_by_role("button", name="これまでの会話").click()
    expect(editor.get_by_role("button", name="桟橋の補修費はいくらですか。").first).to_be_visible()
    assert editor.get_by_role("button", name="窓口の受付件数は何件ですか。").count() <= 1  # the link it opened itself
    editor.keyboard.press("Escape")

    # What a reader may not do is not offered.
    for page, can in ((reader, False), (editor, True)):
        page.get_by_role("link", name="資料", exact=True).click()
        page.get_by_role("button", name="読む").first.wait_for()
        settled(page)
        assert (page.get_by_role("button", name="外す").count() > 0) is can
        assert (page.get_by_text("資料を追加").count() > 0) is can
        assert page.get_by_role("link", name="管理").count() == 0
    taken(reader, "reader-documents")
    taken(editor, "editor-documents")

    # The administrator's page: people, documents, the record.
    for part in ("人", "資料", "監査記録"):
        boss.reload()
        boss.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).click()
        boss.wait_for_timeout(500)
        taken(boss, f"people-{part}")
    assert "資料のページ" in boss.inner_text("body")
    boss.get_by_role("button", name="書き換えがないかを確かめる").click()
    expect(boss.get_by_text("件に問題はありません")).to_be_visible()

    # Taken out of use, a person is so on the next click; signed out, in every tab.
    office.run("user", "set", "鈴木", "--disable")
    editor.get_by_role("link", name="質問").click()
    expect(editor.get_by_text("サインインしてください")).to_be_visible()
    second = reader.context.new_page()
    second.goto(office.page)
    expect(second.get_by_role("button", name="佐藤")).to_be_visible(timeout=60_000)
    reader.get_by_role("button", name="佐藤").click()
    taken(reader, "account")
    reader.get_by_role("button", name="サインアウト").click()
    expect(reader.get_by_text("サインインしてください")).to_be_visible()
    second.get_by_role("link", name="資料", exact=True).click()
    expect(second.get_by_text("サインインしてください")).to_be_visible()
    come_in(reader, office, "佐藤", "ちがうあいことばです")
    expect(reader.get_by_text("名前かパスワードが違います。")).to_be_visible()
    come_in(reader, office, "佐藤")
    expect(reader.get_by_role("button", name="佐藤")).to_be_visible(timeout=60_000)
