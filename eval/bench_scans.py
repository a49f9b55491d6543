"""How well scanned pages are read: born-digital pages become pictures, are read again, and both readings compared.

    python -m eval.bench_scans [--data ../shared/data/pdf] [--kinds 200,300,tilted] [--ask] [--show]

Pages of the sample collection and, where it is there, a fixed list of pages of real papers are drawn at 200 and 300
dpi, and at 200 dpi tilted by 0.7 degrees with noise, into PDFs of JPEG pictures. ``--ask`` also puts the questions of
the sample collection to an index of its pages scanned at 200 dpi, and compares answers and boxes with those over the
originals.

A figure is lost when it is missing or made unreadable (〓), which people see; it is wrong when another figure stands
there, or another sign, which nobody sees. A figure cut by 〓 is lost. Pages on which nothing could be read are named.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from answer.answer import Answer, Citation
from answer.assistant import Assistant
from eval.dataset import read_questions
from eval.history import peak_memory_mib
from index.collection import Collection
from index.embedder import open_embedder
from ingest.document import Document
from ingest.facts import read_facts
from ingest.parse import ParseError, parse
from ingest.pdf.read import render_page

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = (("r7-yosan.pdf", (2, 3, 5)), ("r6-02-gikai.pdf", (2, 6)), ("r7-01-kaiken.pdf", (2,)))
_BUDGET = "nankoku/gian/425_2022_03/benkyoukai/4gatsutousho"
REAL = (
    (f"{_BUDGET}/Ｐ４　目的別歳入.pdf", (1,)),
    (f"{_BUDGET}/Ｐ９　市税見積書.pdf", (1,)),
    (f"{_BUDGET}/Ｐ14~16　主な継続事業.pdf", (1,)),
    ("nankoku/gian/425_2022_03/施政方針.pdf", (2,)),
    ("nankoku/gian/425_2022_03/議案第８号：令和４年度一般会計予算.pdf", (2, 12, 30)),
    ("nankoku/gian/425_2022_03/議案第12号：令和４年度国民健康保険特別会計予算.pdf", (8,)),
    ("covid_press/20211201.pdf", (1,)),
    ("covid_press/tokyo_iryo_20210727.pdf", (1,)),
    ("cio_papers/dp2020_01.pdf", (4,)),
    ("cio_papers/dp2021_02.pdf", (6,)),
    ("mhlw_clinic_lists/000605713.pdf", (1,)),
    ("mhlw_model_rules/001018385.pdf", (20,)),
)
KINDS = {"200": (200, 0.0, 0.0), "300": (300, 0.0, 0.0), "tilted": (200, 0.7, 12.0), "150": (150, 0.0, 6.0)}


def scanned(path: Path, pages: Sequence[int], kind: str, into: Path) -> Path:
    """Write the pages of a PDF as a PDF of pictures; return its path."""
    dpi, degrees, noise = KINDS[kind]
    chance = np.random.default_rng(20261123)
    pictures = []
    for number in pages:
        picture = Image.open(BytesIO(render_page(path, number, dpi=dpi))).convert("L")
        if degrees:
            picture = picture.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)
        if noise:
            grey = np.asarray(picture, np.float32)
            picture = Image.fromarray(np.clip(grey + chance.normal(-6, noise, grey.shape), 0, 255).astype(np.uint8))
        pictures.append(picture)
    file = into / path.name
    pictures[0].save(file, "PDF", resolution=dpi, save_all=True, append_images=pictures[1:], quality=80)
    return file


_FIGURE = re.compile(r"(?<![〓\d])[△▲+-]?\d[\d,]*(?:\.\d+)?(?![〓\d])")


def plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("〜", "~").replace("−", "-")


def figures(text: str) -> Counter[str]:
    """Return the figures of a text, signs and digits, however wide they are set."""
    text = re.sub(r"(?<=[△▲]) +", "", unicodedata.normalize("NFKC", text).replace("−", "-"))
    text = re.sub(r"^[-―—ー一] ?(\d+) ?[-―—ー一]\f?$", r"\1", text, flags=re.M)  # the number of a page is no minus
    return Counter(match.group().rstrip(",").replace("▲", "△") for match in _FIGURE.finditer(text))


def wrong_signs(true: Counter[str], read: Counter[str]) -> int:
    """Return how many figures were read that are there with another sign only."""
    missing = Counter(figure.lstrip("△-+") for figure in (true - read).elements())
    wrong = Counter(figure.lstrip("△-+") for figure in (read - true).elements())
    return (missing & wrong).total()


Cells = Counter[tuple[str, str, str]]


def cells(document: Document) -> dict[int, Cells]:
    """Return, by page, the cells with figures: headings of row and column, and the value."""
    found: dict[int, Cells] = {}
    for fact in read_facts(document):
        if fact.kind == "cell" and fact.number is not None:
            key = plain(fact.row or ""), plain(fact.column or ""), plain(fact.value)
            found.setdefault(fact.page, Counter())[key] += 1
    return found


def matched(true: Cells, read: Cells) -> Cells:
    """Return the true cells that were read: the same value, under headings that are alike (a letter may be misread)."""
    found: Cells = Counter()
    left = read.copy()
    for cell in true.elements():
        best = max(
            (other for other in left if left[other] and other[2] == cell[2]),
            key=lambda other: sum(Levenshtein.normalized_similarity(a, b) for a, b in zip(cell, other, strict=True)),
            default=None,
        )
        if best and min(Levenshtein.normalized_similarity(a, b) for a, b in zip(cell, best, strict=True)) >= 0.8:
            left[best] -= 1
            found[cell] += 1
    return found


@dataclass
class Score:
    """What was right, over pages."""

    figures: int = 0
    figures_right: int = 0
    figures_wrong: int = 0
    signs_wrong: int = 0
    cells: int = 0
    cells_right: int = 0
    errors: list[float] = field(default_factory=list)
    missing: int = 0
    seconds: float = 0.0
    pages: int = 0

    def line(self, name: str) -> str:
        lost = max(0, self.figures - self.figures_right - self.figures_wrong)
        return (
            f"{name:30} figures {self.figures_right:5}/{self.figures:5} {_share(self.figures_right, self.figures)}"
            f" lost {lost:3} wrong {self.figures_wrong:3} (signs {self.signs_wrong})"
            f"  cells {self.cells_right:4}/{self.cells:4} {_share(self.cells_right, self.cells)}"
            f"  character errors median {statistics.median(self.errors or [1.0]):.3f}"
            f"  {self.seconds / max(1, self.pages):5.1f} s/page  unread {self.missing}"
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "  -  "


def page_text(document: Document, number: int) -> str:
    page = document.pages[number - 1]
    return document.text[page.start : page.end]


def compare(path: Path, numbers: Sequence[int], kind: str, folder: Path, *, show: bool) -> Score:
    score = Score(pages=len(numbers))
    truth = parse(path)
    true_cells = cells(truth)
    file = scanned(path, numbers, kind, folder)
    started = time.perf_counter()
    try:
        read: Document | None = parse(file)
    except ParseError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        read = None
    score.seconds = time.perf_counter() - started
    read_cells = cells(read) if read is not None else {}
    for i, number in enumerate(numbers, 1):
        true, text = page_text(truth, number), page_text(read, i) if read is not None else ""
        wanted, got = figures(true), figures(text)
        score.figures += wanted.total()
        score.figures_right += (wanted & got).total()
        score.figures_wrong += (got - wanted).total()
        score.signs_wrong += wrong_signs(wanted, got)
        held = true_cells.get(number, Counter())
        right = matched(held, read_cells.get(i, Counter()))
        score.cells += held.total()
        score.cells_right += right.total()
        # Columns may be read in another order: the characters of each line count, wherever the line stands.
        score.errors.append(_errors(plain(true), plain(text)))
        score.missing += not text.strip()
        if show:
            print(f"--- {path.name} p.{number} ({kind})")
            print("figures missing", dict(wanted - got), "\nfigures wrong  ", dict(got - wanted))
            print("cells missing", list((held - right).elements())[:12])
            print("cells wrong  ", list((read_cells.get(i, Counter()) - right).elements())[:12])
            print(slips(true, text).most_common(40))
    return score


def _errors(true: str, text: str) -> float:
    return min(1.0, Levenshtein.distance(true, text) / max(1, len(true)))


def slips(true: str, text: str) -> Counter[str]:
    """Return which characters were read as which others."""
    a, b = plain(true), plain(text)
    return Counter(
        f"{a[o.src_pos] if o.tag != 'insert' else ''}→{b[o.dest_pos] if o.tag != 'delete' else ''}"
        for o in Levenshtein.editops(a, b)
    )


def ask(folder: Path) -> None:
    """Put the sample's questions to its pages and to scans of them; print how many answers and boxes agree."""
    originals = sorted((ROOT / "sample").glob("*.pdf"))
    scans = folder / "scans"
    scans.mkdir()
    started = time.perf_counter()
    files = [scanned(path, range(1, len(parse(path).pages) + 1), "200", scans) for path in originals]
    print(f"drawn in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    embedder = open_embedder()
    assistants = []
    for name, paths in (("digital", originals), ("scanned", files)):
        started = time.perf_counter()
        collection = Collection(folder / name, embedder)
        collection.add(paths)
        print(f"{name}: ingested in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        assistants.append(Assistant(collection))
    digital, scan = assistants
    same = cited = boxes = near = asked = answered = 0
    for question in read_questions(ROOT / "eval" / "questions" / "sample.jsonl"):
        asked += 1
        a, b = digital.ask(question.question), scan.ask(question.question)
        same += a.status == b.status and plain(a.answer) == plain(b.answer)
        if a.status == "answered":
            answered += 1
        for one, other in _same_place(a, b):
            cited += 1
            boxes += bool(other.boxes)
            near += _overlap(one.boxes or (), other.boxes or ())
        if a.status != b.status or plain(a.answer) != plain(b.answer):
            print(f"  {question.id} {question.question}\n    digital: {a.answer!r}\n    scanned: {b.answer!r}")
    print(f"questions {asked}: same answers {same} {same / max(1, asked):.3f} ({answered} answered over the originals)")
    print(
        f"citations of the same page {cited}: with boxes {boxes}, on the true place {near} {near / max(1, cited):.3f}"
    )


def _same_place(a: Answer, b: Answer) -> Iterator[tuple[Citation, Citation]]:
    """Yield the citations of two answers that quote (nearly) the same words of one page."""
    for one in a.citations:
        for other in b.citations:
            alike = Levenshtein.normalized_similarity(plain(one.quote), plain(other.quote)) > 0.8
            if (one.file, one.page) == (other.file, other.page) and alike:
                yield one, other
                break


def _overlap(true: Sequence[Sequence[float]], read: Sequence[Sequence[float]]) -> bool:
    """Say whether most rectangles read lie on a true one: over .3 of both together, or with the middle inside."""

    def lies(box: Sequence[float], on: Sequence[float]) -> bool:
        across = max(0.0, min(box[2], on[2]) - max(box[0], on[0]))
        down = max(0.0, min(box[3], on[3]) - max(box[1], on[1]))
        shared = across * down
        both = (box[2] - box[0]) * (box[3] - box[1]) + (on[2] - on[0]) * (on[3] - on[1]) - shared
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return shared > 0.3 * both or (on[0] <= x <= on[2] and on[1] <= y <= on[3])

    return bool(read) and 2 * sum(any(lies(box, on) for on in true) for box in read) > len(read)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "pdf")
    parser.add_argument("--kinds", default="200,300,tilted")
    parser.add_argument("--only", default="", help="only files with this in their name")
    parser.add_argument("--ask", action="store_true")
    parser.add_argument("--show", action="store_true", help="print what was missed on each page")
    arguments = parser.parse_args(argv)
    files = [(ROOT / "sample" / name, pages) for name, pages in SAMPLE]
    files += [(arguments.data / name, pages) for name, pages in REAL if (arguments.data / name).exists()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in filter(None, arguments.kinds.split(",")):
            total = Score()
            print(f"== {kind}: {KINDS[kind][0]} dpi, tilted {KINDS[kind][1]}°, noise {KINDS[kind][2]}")
            for path, pages in files:
                if arguments.only not in path.name:
                    continue
                score = compare(path, pages, kind, folder, show=arguments.show)
                print(score.line(path.name[:30]), flush=True)
                for item in (
                    "figures",
                    "figures_right",
                    "figures_wrong",
                    "signs_wrong",
                    "cells",
                    "cells_right",
                    "missing",
                    "pages",
                ):
                    setattr(total, item, getattr(total, item) + getattr(score, item))
                total.seconds += score.seconds
                total.errors += score.errors
            print(total.line("all"), flush=True)
        if arguments.ask:
            ask(folder)
    print(f"peak memory {peak_memory_mib():.0f} MiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
