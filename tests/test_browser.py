"""What a person sees: the real pages over the sample collection, with the real model, in a real browser.

Each picture is taken, and looked over, in a wide window and in a phone's. What a person does is done in the wide one,
and on the phone as well where it is done in another way there: pointing, choosing, sending files. The pictures are left
in ``build/screenshots``; the README has copies.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser import (
    CHROMIUM,
    ROOT,
    ask,
    opened,
    page_alone,
    point_at,
    served,
    settled,
    wait_for_picture,
)
from tests.ports import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.model,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: the page is not looked at in a browser"),
]
PICTURES = ROOT / "build" / "screenshots"
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
LETTER = {"wide": "甲", "narrow": "乙"}  # tells what one of the two has left in the collection from the other's
on_both = pytest.mark.parametrize("size", SIZES, indirect=True)
AXE = Axe()  # contrast, labels, roles
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
CHARTS = ["[data-testid=stVegaLiteChart]"]  # its marks are Vega's; the table beside says what they show
EARLY = "令和6年1月末の時点で、くまもとDX推進コンソーシアムの会員数はいくつですか。"
SERIES = "くまもとDX推進コンソーシアムの会員数の推移は？"
UNSETTLED = "移住体験ツアー第1弾の参加人数は何人ですか。"
NOWHERE = "札幌市の職員食堂の定休日はいつですか。"
# What a file may hold to be taken for more than text.
HOSTILE = """\
みどり市　令和6年9月定例会　説明資料
令和6年9月3日

１　緑化の取組み
<script>document.body.dataset.harmed = "yes"</script>緑化基金の残高は4,321万円です。
[押すな](javascript:alert(1)) ![](http://example.com/x.png) **太字**
<img src=x onerror="document.body.dataset.harmed='yes'">
"""


@pytest.fixture(scope="module")
def address(sample_index, tmp_path_factory) -> Iterator[str]:
    """The page over a copy of the sample collection: opinions and uploads go into it."""
    index = tmp_path_factory.mktemp("served") / "index"
    shutil.copytree(sample_index, index)
    with served(index) as address:
        yield address


@pytest.fixture
def size(request) -> str:
    """The window that a person sits at: the wide one, unless a test asks for both."""
    return getattr(request, "param", "wide")


@pytest.fixture
def visitor(browser, size):
    """Open the page as a new person. Afterwards: nothing was complained about, and no other machine was asked."""
    complaints: list[str] = []
    elsewhere: list[str] = []
    contexts = []

    def watch(page: Page) -> None:
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: elsewhere.append(r.url) if "//127.0.0.1:" not in r.url else None)

    def visit(url: str) -> Page:
        context = browser.new_context(
            viewport=viewport(size),
            locale="ja-JP",
            accept_downloads=True,
            has_touch=size == "narrow",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []


@pytest.fixture
def page(visitor, address) -> Page:
    return opened(visitor(address), address)


@pytest.fixture
def save(request, size):
    """Keep a picture of either window as build output, after making sure that it can be read.

    Of a test that is run in both, only its own: it holds what was done there.
    """
    callspec = getattr(request.node, "callspec", None)
    windows = [size] if callspec and "size" in callspec.params else list(SIZES)

    def save(page: Page, name: str, *, whole: bool = False) -> None:
        for window in windows:
            page.set_viewport_size(viewport(window))
            settled(page)
            look_over(page)
            if whole:
                tall = page.evaluate("() => document.querySelector('.stMain').scrollHeight")
                page.set_viewport_size({**viewport(window), "height": max(viewport(window)["height"], tall + 40)})
                settled(page)
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}-{window}.png")
        page.set_viewport_size(viewport(size))
        settled(page)

    return save


def viewport(window: str) -> dict[str, int]:
    width, height = SIZES[window]
    return {"width": width, "height": height}


def look_over(page: Page) -> None:
    """Fail if something is cut off, is not Japanese, or cannot be read by everybody."""
    assert page.evaluate("() => document.documentElement.lang") == "ja"
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(ENGLISH) == []
    found = AXE.run(page, context={"exclude": CHARTS}, options={"resultTypes": ["violations"], "runOnly": WCAG})
    assert found.violations_count == 0, found.generate_report()


# What reaches over the right edge of the window and cannot be scrolled to.
CUT_OFF = """() => [...document.querySelectorAll('.stMain *')].filter(e => {
  const box = e.getBoundingClientRect();
  if (!box.width || box.right <= innerWidth + 1) return false;
  for (let up = e; up && up !== document.body; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (['auto', 'scroll', 'hidden', 'clip'].includes(style.overflowX) && !up.matches('.stMain')) return false;
    if (style.visibility === 'hidden' || style.display === 'none') return false;
  }
  return true;
}).map(e => `${e.tagName}.${e.className}`).slice(0, 5)"""
# Visible words of three and more Latin letters that are neither the product's nor a paper's.
ENGLISH = """() => {
const own = /^(API|PDF|Word|PowerPoint|Excel|CSV|PNG|HTML|Markdown|OCR|tenkyo|eval|run|questions|documents|jsonl|docx|zip|sample|seeds|fresh|unseen)$/;
  const walker = document.createTreeWalker(document.querySelector('.stApp'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!parent || parent.closest('style, script, title, code, pre, q, blockquote, .tk-offer, .tk-wrong li, .tk-page-text, .tk-title, .tk-section, .tk-value, .tk-tip, .tk-said, .tk-version, h2, h3, h4, dd, [data-testid="stIconMaterial"], [data-testid="stVegaLiteChart"]')) continue;
    if (!parent.getClientRects().length || getComputedStyle(parent).visibility === 'hidden') continue;
    if (parseFloat(getComputedStyle(parent).fontSize) < 2) continue;
    const text = node.textContent.replace(/\\S*\\.(pdf|txt|docx|jsonl)/g, '');
    for (const word of text.match(/[A-Za-z]{3,}/g) ?? []) if (!own.test(word)) found.push(word);
  }
  return [...new Set(found)].slice(0, 10);
}"""  # noqa: E501 - lists and selectors in JavaScript


FOCUSED = """() => {
  const { ariaLabel, innerText, placeholder } = document.activeElement;
  return (ariaLabel || innerText || placeholder || '').trim();
}"""


def newest(page: Page) -> Locator:
    return page.locator('[class*="st-key-newest-"]')


def go(page: Page, name: str) -> None:
    """Go to another page by its link in the head."""
    page.locator(".st-key-masthead").get_by_role("link", name=name, exact=True).click()


# --- asking and reading --------------------------------------------------------------------------------------------


@on_both
def test_a_question_is_answered_with_its_date_its_citation_and_the_marked_page(page, save):
    examples = page.locator(".st-key-examples button")
    expect(examples.last).to_be_in_viewport(timeout=60_000)
    save(page, "01-first-sight")
    ask(page, EARLY)
    assert "507" in newest(page).locator(".tk-value").inner_text()
    assert "いつの数字か" in newest(page).locator(".tk-date").inner_text()
    citation = newest(page).locator(".tk-citation").first
    assert "507" in citation.locator("blockquote").inner_text()
    assert "令和6年2月議会" in citation.inner_text()
    wait_for_picture(page)
    save(page, "02-answer")
    save(page, "03-answer-whole", whole=True)


def test_an_older_answer_says_that_there_is_a_newer_value(page, save):
    ask(page, EARLY)
    notice = newest(page).locator(".tk-notice")
    assert "新しい時点の値があります" in notice.inner_text()
    assert "648" in notice.inner_text()


@on_both
def test_a_marker_shows_its_quote_when_pointed_at_and_its_page_when_pressed(page, save, size):
    ask(page, SERIES)
    markers = newest(page).locator(".tk-value .tk-marker")
    assert markers.count() >= 3
    wait_for_picture(page)
    marker = markers.nth(2)
    if size == "wide":
        point_at(marker)
    else:
        marker.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
    tip = marker.locator(".tk-tip")
    expect(tip).to_be_visible()
    assert "648" in tip.inner_text()
    save(page, "04-marker")
    marker.press("Enter")
    expect(newest(page).locator(".tk-shown .tk-n")).to_have_text("3")
    wait_for_picture(page)


def test_pages_are_turned_enlarged_and_the_quote_found_again(page, save):
    ask(page, EARLY)
    wait_for_picture(page)
    viewer = newest(page).locator('[class*="st-key-page-"]')
    viewer.get_by_role("button", name="次のページ").click()
    expect(viewer.locator(".tk-page-heading")).to_contain_text("p.3")
    save(page, "05-next-page")
    viewer.get_by_role("button", name="引用のページに戻る").click()
    expect(viewer.locator(".tk-page-heading")).to_contain_text("p.2")
    before = viewer.locator("img").bounding_box()["width"]
    viewer.get_by_role("button", name="拡大").click()
    page.wait_for_function(
        """least => document.querySelector('[class*="st-key-newest-"] img').getBoundingClientRect().width > least""",
        arg=before + 50,
    )
    save(page, "06-enlarged")
    with page.expect_download() as download:
        viewer.get_by_role("button", name="原本をダウンロード").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    assert download.value.suggested_filename.endswith(".pdf")
    viewer.get_by_role("link", name="資料を読む").click()
    reader = page.locator('[class*="st-key-viewer-reader"]')
    expect(reader.locator(".tk-page-heading")).to_contain_text("p.2")
    page.go_back()
    expect(newest(page).locator(".tk-value")).to_contain_text("507", timeout=60_000)


# Which answers, and texts to copy, could be seen under a question, frame by frame.
SEEN = """() => {
  const visible = e => e.getClientRects().length > 0;
  window.seen = {};
  const look = () => {
    const heading = [...document.querySelectorAll('.tk-question h2')].filter(visible).at(-1)?.textContent;
    for (const e of document.querySelectorAll('.tk-value, [data-copy]'))
      if (visible(e)) (window.seen[heading] ??= new Set()).add(e.dataset.copy ?? e.innerText);
    requestAnimationFrame(look);
  };
  look();
}"""


def test_no_answer_is_ever_seen_under_another_question(page):
    page.evaluate(SEEN)
    ask(page, EARLY)
    wait_for_picture(page)
    ask(page, NOWHERE)
    newest(page).locator("[data-copy]").wait_for()
    seen = page.evaluate("question => [...window.seen[question]]", NOWHERE)
    assert any("資料に記載がありません" in text for text in seen)
    assert [text for text in seen if "507" in text] == []


@on_both
def test_a_follow_up_keeps_the_topic_and_can_be_put_right(page, save):
    ask(page, EARLY)
    ask(page, "では令和7年1月末は？")
    assert "648" in newest(page).locator(".tk-value").inner_text()
    understood = newest(page).locator(".tk-understood")
    assert "コンソーシアムの会員数" in understood.inner_text()
    save(page, "07-follow-up")
    newest(page).get_by_text("読み取りを直す").click()
    page.get_by_label("質問の全文").fill("くまもとDX推進コンソーシアムの令和6年5月末の会員数は？")
    page.get_by_role("button", name="この質問で調べる").click()
    expect(newest(page).locator(".tk-value")).to_contain_text("549", timeout=60_000)
    expect(page.locator(".st-key-earlier .stExpander")).to_have_count(2)


@on_both
def test_a_refusal_names_what_is_missing_what_is_near_and_what_was_searched(page, save):
    ask(page, NOWHERE)
    assert "資料に記載がありません" in newest(page).locator(".tk-value").inner_text()
    looked = newest(page).locator(".tk-looked").inner_text()
    assert "「札幌市」" in looked
    assert "調べた資料6件のどこにもありません" in looked
    wait_for_picture(page)
    save(page, "08-refusal")
    newest(page).locator(".tk-passage").first.wait_for()
    newest(page).get_by_text("調べた資料（6件）").click()
    expect(newest(page).locator(".tk-titles li")).to_have_count(6)
    save(page, "08-refusal-whole", whole=True)


@on_both
def test_what_cannot_be_settled_on_shows_candidates_whose_numbers_open_their_pages(page, save):
    ask(page, UNSETTLED)
    card = newest(page).locator(".tk-unsure")
    expect(card).to_contain_text("一つに決められません。")
    offers = card.locator("li")
    assert 2 <= offers.count() <= 3
    assert all("p." in text for text in offers.all_inner_texts())
    expect(newest(page).locator(".tk-shown .tk-n")).to_have_text("1")
    wait_for_picture(page)
    save(page, "27-unsure")
    save(page, "28-unsure-whole", whole=True)
    last = offers.last.locator(".tk-marker")
    last.press("Enter")
    expect(newest(page).locator(".tk-shown .tk-n")).to_have_text(str(offers.count()))
    wait_for_picture(page)
    settled(page)
    newest(page).get_by_role("button", name="正しい候補を知らせる").click()
    newest(page).get_by_text("資料に答えは書かれていない").click()
    newest(page).get_by_role("button", name="送る").scroll_into_view_if_needed()
    save(page, "29-right-candidate")


@on_both
def test_a_word_of_confidence_says_what_it_promises(page, save, size):
    ask(page, EARLY)
    badge = newest(page).locator(".tk-sure")
    if size == "wide":
        point_at(badge)
    else:
        badge.focus()
    expect(badge.locator(".tk-tip")).to_be_visible()
    assert "100件中" in badge.inner_text()
    save(page, "30-confidence")


def test_everything_is_reached_by_the_keyboard(page):
    ask(page, EARLY)
    page.locator("body").press("/")
    expect(page.get_by_placeholder("質問を入力")).to_be_focused()
    page.evaluate("() => document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1] == "質問を入力":
            break
    order = ["質問", "資料", "出典1：", "答えと出典をコピー", "リンクをコピー", "出典1の", "質問を入力"]
    places = [next((i for i, name in enumerate(seen) if name.startswith(wanted)), None) for wanted in order]
    assert None not in places, seen
    assert places == sorted(places), seen


# --- over time -----------------------------------------------------------------------------------------------------


@on_both
def test_an_indicator_over_time_is_a_chart_a_table_and_two_files(page, save):
    ask(page, SERIES)
    chart = newest(page).get_by_test_id("stVegaLiteChart")
    chart.locator("canvas, svg").first.wait_for()
    rows = newest(page).locator(".tk-timeline tbody tr")
    assert [("507" in r, "549" in r, "648" in r) for r in rows.all_inner_texts()] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    save(page, "09-over-time", whole=True)
    # pressed as a person does: on the spot, since a transparent layer for pointing lies over the points
    chart.locator(".mark-symbol path").nth(1).click(force=True)
    expect(newest(page).locator(".tk-shown .tk-n")).to_have_text("2")
    with page.expect_download() as csv:
        newest(page).get_by_role("button", name="表を保存（CSV）").click()
    assert "648" in Path(csv.value.path()).read_text(encoding="utf-8-sig")
    with page.expect_download() as png:
        newest(page).get_by_role("button", name="図を保存（PNG）").click()
    PICTURES.mkdir(parents=True, exist_ok=True)
    shutil.copy(png.value.path(), PICTURES / "10-chart.png")
    assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")


# --- taking it away ------------------------------------------------------------------------------------------------


def test_answer_and_citation_are_copied_as_they_are_quoted(page):
    ask(page, EARLY)
    newest(page).get_by_role("button", name="答えと出典をコピー").click()
    expect(newest(page).locator("[data-copy]")).to_have_text("コピーしました")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert "507" in copied
    assert "令和6年2月議会" in copied
    assert "p.2" in copied


def test_the_conversation_is_exported_with_its_pages(page, save):
    ask(page, EARLY)
    ask(page, SERIES)
    page.get_by_text("この会話を書き出す").click()
    save(page, "11-exports")
    for name, begins in (("Word", b"PK"), ("PDF", b"%PDF"), ("Markdown", b"PK")):
        with page.expect_download(timeout=60_000) as download:
            page.get_by_role("button", name=name).click()
        content = Path(download.value.path()).read_bytes()
        assert content.startswith(begins)
        assert len(content) > 20_000, "pictures of pages are in it"
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy(download.value.path(), PICTURES / f"export-{name}{Path(download.value.suggested_filename).suffix}")


def test_a_link_opens_the_same_answer_elsewhere_and_a_reload_keeps_the_conversation(page, visitor, address):
    ask(page, NOWHERE)
    ask(page, EARLY)
    newest(page).get_by_role("button", name="リンクをコピー").click()
    expect(newest(page).locator("[data-link]")).to_have_text("コピーしました")
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert parse_qs(urlparse(link).query)["q"] == [EARLY]
    other = visitor(link)
    expect(newest(other).locator(".tk-value")).to_contain_text("507", timeout=60_000)
    assert other.locator(".st-key-earlier .stExpander").count() == 0, "only the one answer is shared"
    page.reload()
    expect(newest(page).locator(".tk-value")).to_contain_text("507", timeout=60_000)
    expect(page.locator(".st-key-earlier .stExpander")).to_have_count(1)


def test_two_people_at_once_do_not_see_each_others_conversations(page, visitor, address):
    other = opened(visitor(address), address)
    ask(page, EARLY)
    ask(other, NOWHERE)
    assert "507" not in newest(other).inner_text()
    page.reload()
    expect(newest(page).locator(".tk-value")).to_contain_text("507", timeout=60_000)
    assert NOWHERE not in page.locator(".stMain").inner_text()


# --- which documents -----------------------------------------------------------------------------------------------


@on_both
def test_questions_are_put_to_the_chosen_documents_only(page, save):
    page.get_by_text("対象：すべての資料（6件）").click()
    page.get_by_label("会議").first.click()
    page.get_by_role("option", name="令和7年2月議会").click()
    page.keyboard.press("Escape")
    save(page, "12-scope")
    page.keyboard.press("Escape")
    ask(page, "くまもとDX推進コンソーシアムの会員数は？")
    assert "648" in newest(page).locator(".tk-value").inner_text()
    assert "対象：令和7年2月議会" in newest(page).locator(".tk-scope").inner_text()
    ask(page, EARLY)
    assert "507" not in newest(page).locator(".tk-value").inner_text(), "another meeting's paper"


# --- the collection ------------------------------------------------------------------------------------------------


@on_both
def test_files_are_taken_in_with_their_state_and_what_they_hold_is_only_ever_text(page, save, tmp_path, size):
    good, broken = tmp_path / f"緑化_{LETTER[size]}.txt", tmp_path / f"こわれた_{LETTER[size]}.pdf"
    good.write_text(f"{HOSTILE}{LETTER[size]}\n", encoding="utf-8")
    broken.write_bytes(b"%PDF-1.4 nothing more")
    go(page, "資料")
    page.get_by_text("資料を追加").click()
    page.locator("input[type=file]").set_input_files([good, broken])
    page.locator(".st-key-take-in button").click()
    expect(page.locator(".stMain")).to_contain_text("できなかったもの 1 件", timeout=60_000)
    save(page, "13-uploaded", whole=True)
    go(page, "質問")
    ask(page, "緑化基金の残高はいくらですか。")
    assert "4,321万円" in newest(page).locator(".tk-value").inner_text()
    shown = newest(page).locator(".tk-page-text").inner_text()
    assert "<script>document.body.dataset.harmed" in shown
    assert "![](http://example.com/x.png)" in shown
    save(page, "14-hostile")
    assert page.evaluate("() => document.body.dataset.harmed") is None
    assert page.locator('.stMain a[href^="javascript"], .stMain img[src*="example.com"]').count() == 0


def test_a_document_is_described_by_hand_read_and_searched(page, save, size):
    go(page, "資料")
    page.locator('[class*="st-key-document-"]').first.wait_for()
    save(page, "15-collection", whole=True)
    row = page.locator('[class*="st-key-document-"]', has_text="知事定例会見").first
    row.get_by_role("button", name="情報を直す").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("会議名").fill(f"知事定例会見（{LETTER[size]}）")
    save(page, "16-edit")
    dialog.get_by_role("button", name="保存する").click()
    dialog.wait_for(state="hidden", timeout=60_000)
    expect(page.locator(".stMain")).to_contain_text(f"知事定例会見（{LETTER[size]}）")
    row = page.locator('[class*="st-key-document-"]', has_text=f"知事定例会見（{LETTER[size]}）").first
    row.get_by_role("button", name="読む").click()
    page.locator('[class*="st-key-viewer-"] img').first.wait_for(timeout=60_000)
    save(page, "17-reader", whole=True)
    box = page.get_by_label("この資料の中を探す")
    box.fill("ハラスメント")
    box.press("Enter")
    page.locator(".st-key-matches").wait_for()
    save(page, "18-found")


def test_a_document_is_removed_only_after_a_second_yes(page, save, tmp_path, size):
    paper = tmp_path / f"外す資料_{LETTER[size]}.txt"
    paper.write_text(f"外す資料\n{LETTER[size]}のためだけの資料です。\n", encoding="utf-8")
    go(page, "資料")
    page.get_by_text("資料を追加").click()
    page.locator("input[type=file]").set_input_files([paper])
    page.locator(".st-key-take-in button").click()
    row = page.locator('[class*="st-key-document-"]', has_text="外す資料").first
    row.wait_for(timeout=60_000)
    row.get_by_role("button", name="外す", exact=True).click()
    dialog = page.get_by_role("dialog")
    save(page, "19-remove")
    dialog.get_by_role("button", name="やめる").click()
    dialog.wait_for(state="hidden")
    assert row.count() == 1
    row.get_by_role("button", name="外す", exact=True).click()
    dialog.get_by_role("button", name="外す", exact=True).click()
    row.wait_for(state="detached", timeout=60_000)


def test_an_empty_collection_shows_what_to_do_and_the_sample_is_one_click(visitor, save, tmp_path):
    with served(tmp_path / "index") as address:
        page = visitor(address)
        expect(page.locator(".stMain")).to_contain_text("まだ資料がありません", timeout=60_000)
        save(page, "20-empty")
        page.get_by_role("link", name="資料を取り込む").click()
        save(page, "21-first-steps")
        page.get_by_role("button", name="見本の資料で試す").click()
        page.wait_for_timeout(1500)
        save(page, "22-taking-in")
        expect(page.locator(".tk-counts")).to_contain_text("6 件", timeout=120_000)
        go(page, "質問")
        ask(page, EARLY)
        assert "507" in newest(page).locator(".tk-value").inner_text()
        page.close()  # before its server goes away


# --- how good it is ------------------------------------------------------------------------------------------------


def test_a_wrong_answer_becomes_a_question_that_is_asked_from_now_on(page, save, size):
    ask(page, EARLY)
    newest(page).get_by_role("button", name="違う").click()
    page.get_by_text("数字・内容が違う").click()
    page.get_by_label("正しい答え").fill(f"507者（{LETTER[size]}）")
    save(page, "23-wrong")
    newest(page).get_by_role("button", name="送る").click()
    expect(newest(page)).to_contain_text("ありがとうございます")
    go(page, "意見")
    expect(page.locator(".stMain")).to_contain_text(f"507者（{LETTER[size]}）", timeout=60_000)
    save(page, "24-opinions", whole=True)
    page.get_by_text("質問集に加える・使わない").first.click()
    page.get_by_label("正解とする表記").first.fill(f"507者（{LETTER[size]}）")
    page.get_by_label("正解とする表記").first.blur()  # its hint goes away, and what stands below moves up
    settled(page)
    page.get_by_role("button", name="質問集に加える", exact=True).first.click()
    expect(page.locator(".stMain")).to_contain_text("質問集に加えました", timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="質問集をダウンロード").click()
    assert f"507者（{LETTER[size]}）" in Path(download.value.path()).read_text(encoding="utf-8")


def test_the_scorecard_shows_what_was_measured(page, save):
    go(page, "成績")
    page.locator(".tk-marks").wait_for(timeout=60_000)
    save(page, "25-scorecard", whole=True)


# --- when the server is away ---------------------------------------------------------------------------------------


def test_the_page_says_that_the_server_is_away_and_recovers_by_itself(visitor, save, sample_index):
    port = free_port()
    with page_alone(port) as address:
        page = visitor(address)
        expect(page.locator(".tk-error")).to_contain_text("サーバーに接続できません", timeout=60_000)
        save(page, "26-away")
        with served(sample_index, api_port=port):
            expect(page.locator(".tk-welcome")).to_be_in_viewport(timeout=60_000)
            ask(page, EARLY)
            assert "507" in newest(page).locator(".tk-value").inner_text()
            page.close()  # before its server goes away


def test_an_open_page_outlives_a_restart_of_its_server(browser, sample_index):
    """Not watched for complaints: the browser complains of the server that is gone."""
    ports = free_port(), free_port()
    page = browser.new_page(locale="ja-JP")
    with served(sample_index, *ports) as address:
        opened(page, address)
        ask(page, NOWHERE)
        ask(page, EARLY)
        wait_for_picture(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("画面のサーバーとの接続が切れました", timeout=60_000)
    assert page.evaluate(ENGLISH) == []
    with served(sample_index, *ports):
        expect(dialog).to_be_hidden(timeout=60_000)
        # The answer before the restart still stands there; what was asked earlier is drawn last of all, once the
        # new server has read its index and answered both questions again.
        expect(page.locator(".st-key-earlier .stExpander")).to_have_count(1, timeout=60_000)
        expect(newest(page).locator(".tk-value")).to_contain_text("507", timeout=60_000)
        page.close()
