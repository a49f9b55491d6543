"""What only a browser shows: where the page scrolls to, where the keyboard is, and an intake that every tab sees."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.browser import ANSWER_MS, CHROMIUM, ask, opened, served, take_in, wait_for_picture
from tests.ports import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser-2"),
    pytest.mark.model,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: the page is not looked at in a browser"),
]
QUESTION = "若葉市の給水人口は何人ですか。"
FOCUSED = "() => (document.activeElement.getAttribute('aria-label') || document.activeElement.innerText).trim()"


def draw(path, pages: int) -> None:
    """Draw a paper whose first page says something at its very foot, and whose other pages are long."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    canvas = Canvas(str(path), invariant=True)
    for page in range(pages):
        canvas.setFont("HeiseiKakuGo-W5", 11)
        canvas.drawString(72, 790, f"若葉市水道事業の概要 {page + 1}")
        for line in range(30):
            canvas.drawString(
                72, 760 - line * 20, f"第{page + 1}地区の管路{line + 1}号は、{page + line}年に点検します。"
            )
        if page == 0:
            canvas.drawString(72, 60, "給水人口は、令和6年3月末現在で48,210人です。")
        canvas.showPage()
    canvas.save()


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("water")
    draw(folder / "水道.pdf", 1)
    api_port = free_port()
    with served(folder / "index", api_port) as address:
        take_in(folder / "水道.pdf", api_port)
        yield address


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["wide", "narrow"])
def page(request, browser, address) -> Iterator[Page]:
    width, height = request.param
    page = browser.new_page(viewport={"width": width, "height": height}, locale="ja-JP")
    yield opened(page, address)
    page.close()


# Whether the mark can be seen: within its frame, and above the question box.
MARKED = """() => {
  const frame = document.querySelector('[class*="st-key-newest-"] [class*="-frame"]');
  const page = frame.querySelector("img").getBoundingClientRect(), clip = frame.getBoundingClientRect();
  const foot = document.querySelector(".st-key-ask").getBoundingClientRect().top;
  const at = page.top + frame.dataset.y * page.height;
  return at >= Math.max(clip.top, 0) && at <= Math.min(clip.bottom, foot);
}"""


def test_a_click_on_a_marker_brings_the_mark_into_view_though_it_stands_at_the_foot_of_its_page(page):
    ask(page, QUESTION)
    wait_for_picture(page)
    page.locator(".tk-marker").first.click()
    page.wait_for_function(MARKED, timeout=ANSWER_MS)


def test_the_keyboard_goes_from_the_question_to_the_sources_and_back_in_a_few_steps(page):
    ask(page, QUESTION)
    wait_for_picture(page)  # the sources are there, and nothing more is drawn
    page.get_by_placeholder("質問を入力").focus()
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "出典へ戻る"
    assert page.locator(".tk-skip:focus-visible").bounding_box()["width"] > 40, "it is seen now"
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED).startswith("出典1の")
    page.get_by_role("button", name="質問欄へ").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_placeholder("質問を入力")).to_be_focused()


def test_an_intake_is_seen_in_a_second_tab_stopped_there_and_its_end_told_after_a_reload(browser, address, tmp_path):
    draw(tmp_path / "計画.pdf", 60)
    page, other = (browser.new_page(locale="ja-JP") for _ in range(2))
    opened(page, address).get_by_role("link", name="資料", exact=True).click()
    page.get_by_text("資料を追加").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "計画.pdf")
    page.locator(".st-key-take-in button").click()
    expect(page.locator(".tk-upload")).to_contain_text("計画.pdf", timeout=30_000)
    opened(other, address)
    expect(other.locator(".st-key-intake-elsewhere")).to_contain_text("資料を取り込んでいます", timeout=20_000)
    other.get_by_role("link", name="資料", exact=True).click()
    other.get_by_role("button", name="取り込みを取りやめる").click(timeout=20_000)
    expect(page.locator(".tk-upload")).to_contain_text("取り込みを取りやめました", timeout=30_000)
    page.reload()
    expect(page.locator(".tk-upload")).to_contain_text("取り込みを取りやめました", timeout=30_000)
    page.get_by_role("button", name="結果を閉じる").click()
    expect(page.locator(".tk-upload")).to_have_count(0, timeout=10_000)
    expect(page.locator(".tk-counts")).to_contain_text("1 件")
    page.close()
    other.close()
