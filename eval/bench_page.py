"""How long a person waits in the browser: from Enter to the first useful content and to the whole answer.

Usage: python -m eval.bench_page [--questions eval/questions/sample.jsonl] [--count 50] [--out times.json]

The real page over the sample collection, in Chromium, one question after the other in one conversation. Measured inside
the browser, from the key press to the frame that shows it:

- question: the question stands in the conversation,
- answer: the answer (or 記載がありません) stands under it: the first useful content,
- whole: citations, and the picture or text of the cited page, have been drawn too.

Questions are taken from the set evenly, in its order. Needs Chromium and the development environment.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.dataset import read_questions

HERE = Path(__file__).resolve().parent
STAGES = ("question", "answer", "whole")

# Looks at every frame; a frame is what a person sees, and lasts 16 ms.
WATCH = """(question) => {
  const times = {};
  window.bench = times;
  const box = document.querySelector(".st-key-ask textarea");
  const shown = (element) => element && element.getClientRects().length > 0;
  box.addEventListener("keydown", () => {
    const start = performance.now();
    const look = () => {
      const now = performance.now() - start;
      const heading = document.querySelector('[class*="st-key-newest-"] h2');
      if (shown(heading) && heading.textContent === question) {
        times.question ??= now;
        const stale = (element) => element.closest("[data-stale=true]");
        const answer = document.querySelector('[class*="st-key-newest-"] .tk-answer');
        if (shown(answer) && !stale(answer)) {
          times.answer ??= now;
          const page = document.querySelector('[class*="st-key-newest-"] [class*="st-key-page-"]');
          const picture = page?.querySelector("img");
          const drawn = picture ? picture.complete && picture.naturalWidth > 0 && !stale(picture)
                                : page?.querySelector(".tk-page-text");
          const none = document.querySelector('[class*="st-key-newest-"] .tk-none') &&
                       !document.querySelector('[class*="st-key-newest-"] .tk-citation');
          if (drawn || none) { times.whole = now; return; }
        }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, {once: true});
}"""


def main(argv: Sequence[str] | None = None) -> None:
    """Print p50 and p95 of each stage in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, default=HERE / "questions" / "sample.jsonl")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--out", type=Path, help="keep the times of each question")
    arguments = parser.parse_args(argv)
    asked = [question.question for question in read_questions(arguments.questions)]
    step = max(1, len(asked) // arguments.count)
    times = measure(asked[::step][: arguments.count])
    for stage in STAGES:
        values = sorted(one[stage] for one in times)
        p95 = values[min(len(values) - 1, round(0.95 * len(values)))]
        print(f"{stage:8}  p50 {statistics.median(values):6.0f} ms   p95 {p95:6.0f} ms   n {len(values)}")
    if arguments.out:
        arguments.out.write_text(json.dumps(times, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def measure(questions: Sequence[str]) -> list[dict[str, float]]:
    """Return for each question, in milliseconds, when each stage stood on the page."""
    from tests.browser import chromium, ingest, opened, served  # what starts the page for its tests

    times = []
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        ingest(sorted((HERE.parent / "sample").glob("*.pdf")), index)
        with served(index) as address, chromium() as browser:
            page = opened(browser.new_page(viewport={"width": 1280, "height": 900}, locale="ja-JP"), address)
            page.locator(".st-key-examples button").first.wait_for(timeout=120_000)  # the model is loaded by then
            for question in questions:
                page.evaluate(WATCH, question)
                box = page.get_by_placeholder("質問を入力")
                box.fill(question)
                box.press("Enter")
                page.wait_for_function("() => window.bench.whole !== undefined", timeout=60_000)
                times.append(page.evaluate("() => window.bench"))
                page.wait_for_timeout(300)  # a person reads before asking again
    return times


if __name__ == "__main__":
    main()
