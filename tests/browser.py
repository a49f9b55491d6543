"""The real page in the real browser: `tenkyo serve` on free ports, opened in Chromium.

    python -m tests.browser FILE.png [--index INDEX] [--width PIXELS] [QUESTION]

writes what a person sees of the answer to a question, asked of the sample or of an index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--no-sandbox",  # the tests may run as root, where Chromium has none
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 90
ANSWER_MS = 120_000  # the first question waits for the model
EXPECTED_MS = 30_000  # Playwright waits five seconds, which a busy machine needs for a click


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", *arguments]


def environment(index: Path, llm: str | None = None) -> dict[str, str]:
    """Return this environment with only ``index`` and the address of ``llm`` set of tenkyo's own variables."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("TENKYO_")}
    # What is found of a language model is kept beside the index, and no model of whoever runs the tests is started.
    own = {"TENKYO_INDEX": str(index), "XDG_DATA_HOME": str(index.parent)}
    return {**kept, **own, **({"TENKYO_LLM_URL": llm} if llm else {})}


def ingest(paths: list[Path], index: Path) -> None:
    subprocess.run(command("ingest", *map(str, paths)), env=environment(index), cwd=ROOT, check=True, timeout=900)


def take_in(path: Path, api_port: int) -> None:
    """Add a paper to what is served, whose model is loaded, and take the intake off the list: it was nobody's."""
    with httpx.Client(base_url=f"http://127.0.0.1:{api_port}/v1", timeout=ANSWER_MS / 1000, trust_env=False) as api:
        sent = api.post("/documents", files={"files": (path.name, path.read_bytes())})
        assert [one["file"] for one in sent.raise_for_status().json()["added"]] == [path.name]
        for intake in api.get("/intake").json()["intakes"]:
            api.delete(f"/intake/{intake['id']}").raise_for_status()


@contextmanager
def served(
    index: Path,
    api_port: int | None = None,
    ui_port: int | None = None,
    llm: str | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run `tenkyo serve` over ``index``, with a language model's server if named, and yield the page's address.

    ``more`` are other variables of ours.
    """
    api_port, ui_port = api_port or free_port(), ui_port or free_port()
    serve = command("serve", "--api-port", str(api_port), "--ui-port", str(ui_port))
    variables = {**environment(index, llm), **(more or {})}
    with _running(serve, variables, f"http://127.0.0.1:{api_port}/healthz", ui_port) as address:
        yield address


@contextmanager
def page_alone(api_port: int) -> Iterator[str]:
    """Run the page without the API that it is to find at ``api_port``, and yield its address."""
    ui_port = free_port()
    page = [sys.executable, "-m", "streamlit", "run", str(ROOT / "ui" / "app.py"), f"--server.port={ui_port}"]
    named = {**os.environ, "TENKYO_API_URL": f"http://127.0.0.1:{api_port}"}
    with _running(page, named, None, ui_port) as address:
        yield address


@contextmanager
def _running(arguments: list[str], variables: dict[str, str], api: str | None, ui_port: int) -> Iterator[str]:
    elsewhere = tempfile.TemporaryDirectory()  # the page must not depend on the working directory
    process = subprocess.Popen(arguments, env=variables, cwd=elsewhere.name, stdout=subprocess.DEVNULL)
    try:
        if api:
            wait_for(api, process)
        wait_for(f"http://127.0.0.1:{ui_port}/_stcore/health", process)
        yield f"http://127.0.0.1:{ui_port}"
    finally:
        stopped(process)
        elsewhere.cleanup()


def stopped(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make sure that it has."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = START_SECONDS) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = monotonic() + seconds
    while monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"tenkyo serve ended with status {process.returncode}")
        try:
            with opener.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            sleep(0.2)
    raise TimeoutError(f"{url} did not answer in {seconds} seconds")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        expect.set_options(timeout=EXPECTED_MS)
        try:
            yield browser
        finally:
            browser.close()


def opened(page: Page, address: str) -> Page:
    """Go to the page and return it once it can be asked."""
    page.goto(address)
    page.get_by_placeholder("質問を入力").wait_for(timeout=60_000)
    return page


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer stands there."""
    box = page.get_by_placeholder("質問を入力")
    box.fill(question)
    box.press("Enter")
    newest = page.locator('[class*="st-key-newest-"]')
    newest.get_by_role("heading", name=question, exact=True).wait_for(timeout=ANSWER_MS)
    newest.locator(".tk-answer, .tk-message").first.wait_for(timeout=ANSWER_MS)


STILL_FRAMES = 20  # in a row in which nothing may move, to count as still
MOST_FRAMES = 600  # that are waited for it
_WATCH = """([enough, most, where, waits]) => new Promise(resolve => {
  let last = '', still = 0, seen = 0;
  const look = () => {
    const now = where();
    still = now === last && !waits() ? still + 1 : 0;
    last = now;
    if (still < enough && ++seen < most) requestAnimationFrame(look); else resolve();
  };
  look();
})"""


def point_at(element: Locator) -> None:
    """Point at an element once nothing moves it: an answer scrolls into view, and its pictures arrive after it."""
    element.evaluate(
        f"""(element, [enough, most]) => ({_WATCH})([enough, most, () => {{
          const box = element.getBoundingClientRect();
          return `${{box.x}} ${{box.y}}`;
        }}, () => false])""",
        [STILL_FRAMES, MOST_FRAMES],
    )
    element.hover()


def settled(page: Page) -> None:
    """Wait until the page stands still: nothing fades, scrolls, grows or is about to be drawn again."""
    page.evaluate(
        f"""([enough, most]) => ({_WATCH})([enough, most, () => {{
          const main = document.querySelector('.stMain') ?? document.documentElement;
          return `${{main.scrollTop}} ${{main.scrollHeight}} ${{main.scrollWidth}} ${{main.innerText.length}}`;
        }}, () => document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]') !== null
          || document.getAnimations().some(one =>
               one.playState === 'running' && one.effect.getComputedTiming().iterations !== Infinity)])""",
        [STILL_FRAMES, MOST_FRAMES],
    )


def wait_for_picture(page: Page) -> None:
    """Wait until the picture of a page has been loaded and drawn."""
    page.wait_for_function(
        """() => [...document.querySelectorAll('[class*="st-key-newest-"] [class*="st-key-page-"] img')]
                 .some(image => image.complete && image.naturalWidth > 0)"""
    )


def picture(to: Path, question: str, index: Path, width: int) -> None:
    """Write a picture of the whole page with the answer to a question."""
    with served(index) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": 1000}, locale="ja-JP")
        ask(opened(page, address), question)
        settled(page)
        page.screenshot(path=to)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser")
    parser.add_argument("file", type=Path, metavar="FILE.png")
    parser.add_argument("question", nargs="?", default="くまもとDX推進コンソーシアムの会員数は？")
    parser.add_argument("--index", type=Path, help="(default: the sample, indexed for this)")
    parser.add_argument("--width", type=int, default=1280)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as made:
        index = given.index or Path(made) / "index"
        if given.index is None:
            ingest(sorted((ROOT / "sample").glob("*.pdf")), index)
        picture(given.file, given.question, index.resolve(), given.width)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
