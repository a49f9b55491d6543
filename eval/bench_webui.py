"""Whether Open WebUI shows an answer with its sources, in the browser: the real program, over the sample collection.

Usage: python -m eval.bench_webui PATH/open-webui [--question 質問] [--out docs/open-webui.png] [--index DIR] [--quotes]

``pip install open-webui`` (3 GB, in an environment of its own) brings the program; nothing else is fetched. It is
started on the loopback with our API as its only model, asked one question in Chromium, and the page is pictured once
the sources stand under the answer. Printed are the times and what was shown; the status is 1 where a source or its page
is missing.
With ``--quotes`` it is also told quotes and pages (``TENKYO_OPEN_WEBUI_EVENTS=1``).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

HERE = Path(__file__).resolve().parent
QUESTION = "くまもとDX推進コンソーシアムの会員数は？"
WAIT_MS = 600_000  # it loads much, on a busy machine
# It asks nobody outside, and nobody has to sign in.
ALONE = {
    "WEBUI_AUTH": "false",
    "ENABLE_OLLAMA_API": "false",
    "RAG_EMBEDDING_ENGINE": "openai",  # else it would fetch a model
    "HF_HUB_OFFLINE": "1",
    "OFFLINE_MODE": "true",
    "ENABLE_VERSION_UPDATE_CHECK": "false",
    "ANONYMIZED_TELEMETRY": "false",
    "SCARF_NO_ANALYTICS": "true",
    "DO_NOT_TRACK": "true",
    "WEBUI_SECRET_KEY": "bench",
    "OPENAI_API_KEY": "none",  # who asks on one's own machine needs no key
    "DEFAULT_MODELS": "tenkyo",
    "DEFAULT_LOCALE": "ja-JP",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Ask, picture and print; return 0 where every source is shown with its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the command open-webui")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--out", type=Path, help="keep a picture of the page (PNG)")
    parser.add_argument("--quotes", action="store_true", help="tell it quotes and pages as well")
    parser.add_argument("--index", type=Path, help="an index of the sample collection; by default it is made")
    arguments = parser.parse_args(argv)
    seen = measure(arguments.program, arguments.question, arguments.out, arguments.index, quotes=arguments.quotes)
    for name, value in seen.items():
        print(f"{name}: {value}")
    return 0 if seen["sources"] and seen["sources"] == seen["links"] else 1


def measure(program: Path, question: str, out: Path | None, index: Path | None, *, quotes: bool) -> dict[str, Any]:
    """Return what Open WebUI shows of the answer to a question, and when, in seconds."""
    from tests.browser import chromium, ingest, served  # what starts the page for its tests
    from tests.ports import free_port

    port = free_port()
    told = {"TENKYO_OPEN_WEBUI_EVENTS": "1"} if quotes else {}
    with tempfile.TemporaryDirectory() as folder:
        if index is None:
            index = Path(folder) / "index"
            ingest(sorted((HERE.parent / "sample").glob("*.pdf")), index)
        with (
            served(index, port, more=told),
            _open_webui(program, f"http://127.0.0.1:{port}/v1", Path(folder)) as address,
            chromium() as browser,
        ):
            page = browser.new_page(viewport={"width": 1280, "height": 860}, locale="ja-JP")
            page.goto(address)
            box = page.locator("#chat-input")
            box.wait_for(timeout=WAIT_MS)
            page.wait_for_timeout(2_000)  # what is new in this version is told over the page
            page.keyboard.press("Escape")
            box.click()
            page.keyboard.type(question)
            asked = monotonic()
            page.keyboard.press("Enter")
            answer = page.locator(".chat-assistant")
            answer.locator("p").first.wait_for(timeout=WAIT_MS)
            answered = monotonic() - asked
            button = page.get_by_role("button", name="件のソース")
            button.wait_for(timeout=WAIT_MS)
            whole = monotonic() - asked
            links = answer.locator('a[href*="/documents?id="]').count()
            button.click()
            page.wait_for_timeout(1_000)
            seen = {
                "answer shown after": f"{answered:.2f} s",
                "sources shown after": f"{whole:.2f} s",
                "answer": answer.locator("p").first.inner_text().split("\n")[0],
                "title of the chat": page.title(),
                "links": links,
                "sources": int(re.findall(r"(\d+) 件", button.inner_text())[-1]),
            }
            if out is not None:
                page.screenshot(path=out)
            return seen


@contextmanager
def _open_webui(program: Path, api: str, folder: Path) -> Iterator[str]:
    """Run Open WebUI with our API as its only model, and yield its address."""
    from tests.browser import stopped, wait_for
    from tests.ports import free_port

    port = free_port()
    own = {**ALONE, "OPENAI_API_BASE_URL": api, "DATA_DIR": str(folder / "open-webui")}
    (folder / "open-webui").mkdir()
    process = subprocess.Popen(
        [program, "serve", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, **own},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, WAIT_MS / 1000)
        yield f"http://127.0.0.1:{port}"
    finally:
        stopped(process)


if __name__ == "__main__":
    sys.exit(main())
