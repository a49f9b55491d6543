"""What a person sees: the real page over the sample collection, with the real model, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import CHROMIUM, ask, chromium, opened, served, wait_for_picture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.model,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: the page is not looked at in a browser"),
]


@pytest.fixture(scope="module")
def address(sample_index) -> Iterator[str]:
    with served(sample_index) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(params=[(1280, 900), (420, 900)], ids=["wide", "narrow"])
def page(request, browser, address) -> Iterator[Page]:
    """The opened page. Afterwards: nothing was complained about, and nothing was asked of another machine."""
    width, height = request.param
    complaints: list[str] = []
    elsewhere: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: elsewhere.append(r.url) if "//127.0.0.1:" not in r.url else None)

    context = browser.new_context(viewport={"width": width, "height": height}, locale="ja-JP")
    page = context.new_page()
    watch(page)
    opened(page, address)
    yield page
    context.close()
    assert complaints == []
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []


def save(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(700)  # fading and scrolling
    page.screenshot(path=folder / f"{name}.png")


def test_a_question_is_answered_with_citation_and_page_picture_and_the_next_is_honestly_not_found(page, tmp_path):
    examples = page.locator(".st-key-examples button")
    examples.first.wait_for(timeout=60_000)
    assert examples.count() >= 1
    save(page, tmp_path, "first-sight")

    ask(page, "令和6年1月末の時点で、くまもとDX推進コンソーシアムの会員数はいくつですか。")
    newest = page.locator(".st-key-newest")
    assert "507" in newest.locator(".tk-value").inner_text()
    citation = newest.locator(".tk-citation").first
    assert "507" in citation.locator("blockquote").inner_text()
    assert "令和6年2月議会" in citation.inner_text()
    assert "p.2" in citation.inner_text()
    wait_for_picture(page)
    save(page, tmp_path, "answer")

    question = newest.get_by_role("heading", level=2).inner_text()
    newest.get_by_text("ほかの関連箇所").click()
    passage = newest.locator('[class*="st-key-place-0-p"]').first
    passage.get_by_role("button").click()
    newest.locator(".tk-shown >> nth=0").wait_for()
    page.wait_for_function("""() => document.querySelectorAll('[class*="st-key-place-0-p"] .tk-shown').length === 1""")
    page.wait_for_function(
        """() => {
             const heading = document.querySelector('.st-key-page-0 .tk-page-heading').getBoundingClientRect();
             return heading.top >= 0 && heading.bottom <= window.innerHeight - 90;
           }"""
    )
    wait_for_picture(page)
    assert newest.get_by_role("heading", level=2).inner_text() == question
    assert "507" in newest.locator(".tk-value").inner_text()
    save(page, tmp_path, "passage")

    ask(page, "月面基地の職員食堂の定休日はいつですか。")
    assert "資料に記載がありません" in newest.locator(".tk-value").inner_text()
    assert page.locator(".st-key-turn-0").count() == 1, "the earlier question stays"
    save(page, tmp_path, "not-found")


def test_a_page_can_be_shown_large_and_put_away(page, tmp_path):
    ask(page, "令和6年1月末の時点で、くまもとDX推進コンソーシアムの会員数はいくつですか。")
    wait_for_picture(page)
    page.get_by_role("button", name="大きく表示").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("img").wait_for()
    page.wait_for_function("() => document.querySelector('[role=dialog] img').naturalWidth > 1000")
    save(page, tmp_path, "large")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.locator(".tk-value").count() == 1
