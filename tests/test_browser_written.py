"""A model's words as a person sees them arrive: the real page over the real API, and a server that plays the model."""

import json
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.answer.generating import fake_server as fake
from tests.answer.generating.test_told import line_of
from tests.browser import CHROMIUM, ROOT, ask, opened, served, settled, take_in, wait_for_picture
from tests.ports import free_port
from tests.test_browser import SIZES, look_over

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser-3"),
    pytest.mark.model,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: the page is not looked at in a browser"),
]
PICTURES = ROOT / "build" / "screenshots"
QUESTION = "若葉市の給水人口は何人ですか。"
POPULATION = ("令和6年3月末現在の給水人口は、48,210人です。", "48,210人")
HOUSES = ("給水戸数は、令和6年3月末現在で21,034戸です。", "21,034戸")
PLANNED = ("計画給水人口は52,400人です。", "52,400人")
WRONG = ("給水人口は51,000人に増えました。", "48,210人")
TITLE = f"AIによる文章（原文と照合済み）・{fake.MODEL}"


def draw(path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    canvas = Canvas(str(path), invariant=True)
    canvas.setFont("HeiseiKakuGo-W5", 12)
    for n, line in enumerate(
        (
            "若葉市水道事業の概要",
            "令和6年6月定例会　建設水道委員会資料",
            "1　給水の状況",
            "給水人口は、令和6年3月末現在で48,210人です。",
            "給水戸数は、令和6年3月末現在で21,034戸です。",
            "2　計画",
            "計画給水人口は52,400人です。",
            "浄水場の更新は、令和8年度から3か年で行います。",
        )
    ):
        canvas.drawString(72, 780 - 34 * n, line)
    canvas.save()


class Model:
    """What the server says, sentence by sentence: each waits until ``let`` was called for it, unless all may come."""

    def __init__(self) -> None:
        self.server = fake.FakeServer()
        self.gates = threading.Semaphore(0)

    def says(self, *said: tuple[str, str], at_once: bool = True, finish: str = "stop") -> None:
        self.gates = gates = threading.Semaphore(0)

        def quirk(server, request):
            yield {"choices": [{"delta": {"content": '{"sentences": ['}}]}
            for n, (text, word) in enumerate(said):
                while not at_once and not gates.acquire(blocking=False):
                    yield 0.05
                one = json.dumps({"lines": [line_of(request, word)], "text": text}, ensure_ascii=False)
                yield {"choices": [{"delta": {"content": f"{', ' if n else ''}{one}"}}]}
            while not at_once and not gates.acquire(blocking=False):
                yield 0.05
            yield from fake.text("]}", finish=finish, request=request)

        self.server.quirk = quirk

    def let(self) -> None:
        """Let the model say the next thing; behind the last sentence that is its end."""
        self.gates.release()


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    model = Model()
    with fake.serving() as server:
        model.server = server
        yield model


@pytest.fixture(scope="module")
def address(tmp_path_factory, model) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("worded")
    draw(folder / "水道.pdf")
    api_port = free_port()
    with served(folder / "index", api_port, llm=model.server.url) as address:
        take_in(folder / "水道.pdf", api_port)
        yield address


@pytest.fixture(params=SIZES)
def page(request, browser, address) -> Iterator[Page]:
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height}, locale="ja-JP")
    yield opened(page, address)
    page.close()


@pytest.fixture
def save(request, page):
    """Keep a picture of the window as build output, after making sure that it can be read."""

    def save(name: str) -> None:
        settled(page)
        look_over(page)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}-{request.node.callspec.params['page']}.png")

    return save


def newest(page: Page):
    return page.locator('[class*="st-key-newest-"]')


def test_sentences_arrive_under_the_answer_are_read_out_and_lead_to_their_lines(page, model, save):
    model.says(POPULATION, WRONG, HOUSES, at_once=False)
    ask(page, QUESTION)
    expect(newest(page).locator(".tk-value")).to_contain_text("48,210人")
    box = newest(page).locator('[class*="st-key-written-"]')
    expect(box).to_contain_text("文章を照合しています…")
    assert box.get_attribute("aria-live") == "polite"
    model.let()
    expect(box.locator(".tk-worded")).to_contain_text([POPULATION[0]], timeout=15_000)
    wait_for_picture(page)
    save("27-arriving")
    marker = box.locator(".tk-marker").first
    marker.focus()
    model.let()
    model.let()
    expect(box.locator(".tk-worded")).to_have_count(2, timeout=15_000)
    expect(marker).to_be_focused()
    expect(box).to_contain_text("文章を照合しています…")
    box.locator(".tk-marker").last.click()
    expect(newest(page).locator(".tk-shown blockquote")).to_contain_text("21,034戸")
    expect(box).to_contain_text("文章を照合しています…")  # a click stops nothing
    model.let()
    expect(box).not_to_contain_text("文章を照合しています…", timeout=15_000)
    expect(box.locator("h3")).to_have_text(TITLE)
    expect(newest(page).locator(".tk-shown blockquote")).to_contain_text("21,034戸")
    save("28-written")
    box.locator("summary").click()
    expect(box.locator("details")).to_contain_text("51,000人")
    box.scroll_into_view_if_needed()
    save("29-dropped")
    asked = len(model.server.asked)
    page.get_by_role("link", name="資料", exact=True).click()
    expect(page.locator(".tk-counts")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="質問", exact=True).click()
    expect(newest(page).locator(".tk-worded")).to_have_count(2, timeout=15_000)
    assert len(model.server.asked) == asked, "a finished answer is kept"


def test_who_stops_the_model_stays_where_it_stood_and_the_server_hears_of_it(page, model, save):
    model.says(POPULATION, HOUSES, at_once=False)
    model.server.cancelled.clear()
    ask(page, QUESTION)
    box = newest(page).locator('[class*="st-key-written-"]')
    model.let()
    expect(box.locator(".tk-worded")).to_have_count(1, timeout=15_000)
    stop = box.get_by_role("button", name="止める")
    stop.focus()
    page.keyboard.press("Enter")
    expect(box).to_contain_text("AIの文章を止めました。", timeout=15_000)
    expect(box.locator(".tk-worded")).to_have_count(0)
    expect(box).to_be_focused()
    assert model.server.cancelled.wait(5)
    expect(newest(page).locator(".tk-value")).to_contain_text("48,210人")
    save("30-stopped")


def test_another_figure_cannot_be_overlooked(page, model, save):
    model.says(PLANNED)
    ask(page, QUESTION)
    notice = newest(page).locator(".tk-differs")
    expect(notice).to_be_in_viewport(timeout=15_000)
    expect(notice).to_contain_text("48,210人")
    expect(notice).to_contain_text("52,400人")
    wait_for_picture(page)
    save("31-differs")
    notice.locator(".tk-marker").last.click()
    expect(newest(page).locator(".tk-shown blockquote")).to_contain_text("52,400人")


def test_a_model_that_is_away_costs_only_its_words(page, model, save):
    model.server.quirk = fake.status(500)
    ask(page, QUESTION)
    box = newest(page).locator('[class*="st-key-written-"]')
    expect(box).to_contain_text("AIの文章はありません", timeout=30_000)
    expect(newest(page).locator(".tk-value")).to_contain_text("48,210人")
    wait_for_picture(page)
    save("32-model-away")
    model.says(POPULATION)
    box.get_by_role("button", name="もう一度書かせる").click()
    expect(box.locator(".tk-worded")).to_have_count(1, timeout=30_000)


def test_the_models_words_come_first_where_that_is_chosen_also_after_a_reload(page, model, save):
    model.says(POPULATION)
    page.get_by_role("button", name="AIの文章：あとに示す").click()
    page.get_by_text("AIによる文章を先に").click()
    save("33-order")
    page.keyboard.press("Escape")
    ask(page, QUESTION)
    way = newest(page).get_by_role("button", name="資料の言葉のままの答えへ")
    way.click(timeout=15_000)
    expect(newest(page).locator(".tk-answer")).to_be_focused()
    save("34-model-first")
    page.reload()
    newest(page).locator(".tk-worded").first.wait_for(timeout=30_000)
    first, second = (newest(page).locator(one).first.bounding_box()["y"] for one in (".tk-worded", ".tk-answer"))
    assert first < second
