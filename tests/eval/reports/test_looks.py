"""The report in a real browser: read on a desk and on a phone, filtered, printed, without a network."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from eval.reports.write import write_reports
from tests.browser import CHROMIUM
from tests.eval.reports.runs import (
    CONFIG,
    DROP,
    FakePages,
    change,
    comparison,
    metrics,
    pair,
    record,
    scores,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser-2"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: the report is not looked at in a browser"),
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A run over two sets in which much went wrong, with a long name and long texts."""
    long = "星ヶ原町総合計画検討委員会説明資料令和七年三月改訂版.txt"
    records = [
        record("h1"),
        record("h2", expected={"type": "date"}, verdict={"answered": False}, citations=[]),
        record("h3", expected={"evidence": [{"file": long, "lines": [2, 2], "page": None, "quote": None}]}),
        record("k1", set="kawa", answer="長い答えです。" * 60),
    ]
    compared = comparison(
        changes=(change(), change("h2", "fixed")), paired=(pair(dropped=True), pair(set="*")), failures=(DROP,)
    )
    files = {long: scores()["files"]["hoshi.txt"]}
    folder = tmp_path_factory.mktemp("run")
    write_reports(folder, CONFIG, metrics(hoshi=scores(), kawa=scores(files=files)), records, compared, FakePages())
    return folder / "report.html"


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A run over more sets than are shown one by one, with an answer that was only offered."""
    offers = [{"text": "11,000人", "citation": 1, "confidence": 0.4}] * 3
    one = record("k1", set="kawa3", verdict={"answered": False, "candidate": True}, status="unsure", candidates=offers)
    sets = {f"kawa{n}": scores(standing="既読" if n else "初回") for n in range(5)}
    folder = tmp_path_factory.mktemp("many")
    write_reports(folder, CONFIG, metrics(**sets), [one], None, FakePages())
    return folder / "report.html"


@pytest.fixture(params=[1280, 390])
def page(browser, report, request) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url))
    page.goto(report.as_uri())
    yield page
    page.close()
    assert complaints == []


@pytest.mark.parametrize("which", ["report", "many"])
def test_it_can_be_read_by_everyone_and_fits_the_window(page, which, request):
    page.goto(request.getfixturevalue(which).as_uri())
    for details in page.locator("details").all():
        details.evaluate("e => { e.open = true }")
    found = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": WCAG})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_filters_leave_what_they_name_and_count_it(page):
    cases = page.locator(".case:visible")
    expect(cases).to_have_count(4)
    page.get_by_role("combobox", name="種類").select_option("数値（3）")
    expect(cases).to_have_count(3)
    page.get_by_role("combobox", name="質問集").select_option("kawa（1）")
    expect(cases).to_have_count(1)
    page.get_by_role("combobox", name="間違い方").select_option("「記載なし」とした（1）")
    expect(cases).to_have_count(0)


def test_the_pages_are_drawn_with_their_boxes(page):
    box = page.locator(".case .cited rect.own").first
    box.scroll_into_view_if_needed()
    assert box.bounding_box()["width"] > 20
    image = page.locator("svg.store image").first
    assert image.evaluate(
        "async e => { const i = new Image(); i.src = e.href.baseVal; await i.decode(); return i.width }"
    )


def test_it_prints_on_a_few_sheets_without_filters(browser, report):
    page = browser.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator(".case").first).to_be_visible()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") in range(4, 13)
    page.close()
