"""How well and how fast papers are read that nobody here chose, beside pdfplumber and kreuzberg in the same run.

    python -m eval.bench_ingest [--data ../shared/data] [--parts truth,speed,hostile,whole] [--show]

truth    our text against that of the Word originals, our figures against the ministry's own tables, lines that a
         program set with a space between all characters, pages that are turned
speed    pages a second with tables and facts, without embedding, and the peak memory
hostile  broken files, and real ones that are broken here: what becomes of them, in what time and memory
whole    the sample collection into an empty index, with embedding (only when asked for)

The two others are optional (``pip install 'tenkyo[bench]'``); Python ones run in as many processes as we have threads.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import multiprocessing
import os
import random
import re
import resource
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, TypeVar

from eval.history import peak_memory_mib
from ingest.document import Document
from ingest.facts import read_facts
from ingest.japanese import morphs
from ingest.parse import ParseError, parse
from ingest.pdf import read as pdf
from ingest.pdf.read import page_count

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261123
MUTATIONS = 200
Row = tuple[str, ...]
Figure = tuple[str, str, str]  # value, heading of its row, headings of its column
T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """What a program made of one file: a text for each page, tables as rows of cells, and its figures."""

    pages: tuple[str, ...]
    tables: tuple[tuple[Row, ...], ...] = ()
    figures: frozenset[Figure] = frozenset()

    @property
    def text(self) -> str:
        return "\n".join(self.pages)


# --- measures --------------------------------------------------------------------------------------------------------


def squeezed(text: str) -> str:
    """Return text without white space, width and compatibility forms, as it is compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


_AUTOMATIC = re.compile(
    r"^[\s　]*(?:\d+(?:[.．]\d+)*[.．]?|第\d+章[:：]?|[・•●○◎■□➢✓\uf000-\uf8ff]|[①-⑳]|[(（]\d+[)）])[\s　]*", re.M
)
_LEADERS = re.compile(r"[.．…・‥]{3,}|(?:\s[.．・])+(?=\s)")
_LONE_NUMBER = re.compile(r"^[\s　]*[-－―]?\s*(?:\d{1,3}|[ivx]{1,4})\s*[-－―]?[\s　]*$", re.M)
_DRAWN = re.compile(r"(?:left|right|center|top|bottom|margin|re)?(?:-?\d{5,}|00$)", re.M)


def running_text(text: str) -> str:
    """Return text without what a word processor adds when it prints or exports.

    Marks and numbers of paragraphs, leaders and page numbers stand in the print alone; the places of drawings
    (例: left1457325) in the export alone.
    """
    for aside in (_LONE_NUMBER, _AUTOMATIC, _LEADERS, _DRAWN):
        text = aside.sub("", text)
    return squeezed(text)


def gram_recall(truth: str, read: str, n: int = 6) -> float:
    """Return the share of the truth's different n-grams of characters that were read.

    Different ones, since an export says the text of a drawing twice.
    """
    wanted, found = ({text[i : i + n] for i in range(len(text) - n + 1)} for text in map(running_text, (truth, read)))
    return len(wanted & found) / max(1, len(wanted))


def plain(cell: str) -> str:
    """Return a cell as it is compared: without marks of notes, commas and 人."""
    return re.sub(r"※\d*|[,、人()]", "", squeezed(cell))


def gold_cells(table: str) -> Iterator[Figure]:
    """Yield the figures of a table between pipes, which may repeat its heading rows.

    An empty heading belongs to what stands left of it, unless the second heading row names it.
    """
    heads: list[Row] = []
    body = False
    for line in table.splitlines():
        row = tuple(map(plain, line.split("|")))
        if not any(map(number_of, row[1:])):
            heads = [row] if body or not heads else [*heads, row]
            body = False
            continue
        body = True
        for column, value in enumerate(row[1:], 1):
            named = [head[column] for head in heads if column < len(head) and head[column]]
            left = [head[c] for head in heads[:1] for c in range(1, min(column, len(head))) if head[c]]
            if value and row[0] and (named or left):
                yield value, row[0], (named or left)[-1]


def number_of(cell: str) -> float | None:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)%?", cell)
    return float(match[1]) if match else None


def cells_found(gold: Sequence[Figure], figures: Iterable[Figure]) -> tuple[int, int]:
    """Return how many cells of a gold table were read under both headings, and how many figures were read wrong.

    The gold tables are those of the day after: a figure is right that differs from theirs by no more than a day can
    bring, and whose column adds up to its own total. A cell without a figure (例: －) must give none.
    """
    read: dict[tuple[str, str], list[float]] = {}
    for value, row, column in figures:
        number = number_of(value)
        if number is not None:
            read.setdefault((row, column), []).append(number)
    found = wrong = 0
    wanted: dict[tuple[str, str], list[float | None]] = {}
    for value, row, column in gold:
        wanted.setdefault((row, column), []).append(number_of(value))
    sums: dict[str, float] = {}
    for (row, column), numbers in read.items():
        if row != "合計":
            sums[column] = sums.get(column, 0.0) + sum(numbers)
    for (row, column), values in wanted.items():
        ours = [
            number
            for (r, c), numbers in read.items()
            if r == row and (c == column if (row, column) in read else covers(column, c))
            for number in numbers
            if "%" in c or sums.get(c) == sum(read.get(("合計", c), [math.nan]))
        ]
        for number in values:
            if number is None:
                found += not ours
                continue
            wanting = number
            near = [n for n in ours if abs(n - wanting) <= max(60, 0.35 * wanting)]
            if near:
                ours.remove(min(near, key=lambda n: abs(n - wanting)))
            found += bool(near)
        wrong += len(ours)
    return found, wrong


def covers(ours: str, theirs: str) -> bool:
    return bool(ours and theirs) and (ours in theirs or theirs in ours)


def figures_of_tables(tables: Iterable[Sequence[Row]]) -> Iterator[Figure]:
    """Yield each figure of tables given as rows, with its first cell and with all that stands above it."""
    for table in tables:
        for number, row in enumerate(table):
            for column in range(1, len(row)):
                above = [r[column] for r in table[:number] if column < len(r)]
                above += [next((c for c in reversed(r[:column]) if c), "") for r in table[:2] if column < len(r)]
                if re.search(r"\d", row[column]):
                    heads = "".join(plain(cell) for cell in above if not re.fullmatch(r"[\d.,%]+", plain(cell)))
                    yield plain(row[column]), plain(row[0]), heads


Placed = tuple[str, float, float, float, float]  # a character and its box on the page as shown


def spread_lines(chars: Sequence[Placed]) -> Iterator[list[str]]:
    """Yield lines whose characters are all parted by single spaces, closed up: the words between wider gaps.

    例: １　町 議 会 だ よ り → １, 町議会だより
    """
    for _, group in groupby(chars, key=lambda char: char[0] in "\r\n"):
        line = list(group)
        inked = [char for char in line if not char[0].isspace()]
        shape = "".join(" " if char[0].isspace() else "x" for char in line).strip()
        if len(inked) < 5 or not re.fullmatch(r"x(?: +x)+", shape):
            continue
        gaps = [max(right[1] - left[3], right[2] - left[4]) for left, right in pairwise(inked)]
        size = max(max(char[3] - char[1], char[4] - char[2]) for char in inked)
        usual = sorted(gaps)[len(gaps) // 2]
        words = [inked[0][0]]
        for gap, char in zip(gaps, inked[1:], strict=True):
            if gap > usual + 0.5 * size:
                words.append("")
            words[-1] += char[0]
        if re.search(r"[ぁ-ん一-鿿]", "".join(words)):
            yield words


def shown_pairs(chars: Sequence[Placed]) -> Counter[str]:
    """Return the pairs of 漢字 that stand side by side on a page as it is shown."""
    pairs: Counter[str] = Counter()
    rows: dict[int, list[Placed]] = {}
    for char in chars:
        if "一" <= char[0] <= "鿿":
            rows.setdefault(round((char[2] + char[4]) / 2), []).append(char)
    for row in rows.values():
        for left, right in pairwise(sorted(row, key=lambda char: char[1])):
            size = max(left[3] - left[1], left[4] - left[2])
            if -0.2 * size < right[1] - left[3] < 0.3 * size and abs(right[4] - left[4]) < 0.3 * size:
                pairs[left[0] + right[0]] += 1
    return pairs


def share_of_pairs(pairs: Counter[str], text: str) -> float:
    """Return the share of the pairs that are read one after the other."""
    found = Counter(text[i : i + 2] for i in range(len(text) - 1))
    return sum((pairs & found).values()) / max(1, pairs.total())


def known_share(text: str) -> float:
    """Return the share of 漢字 that stand in words of two and more which the dictionary knows."""
    total = known = 0
    for run in re.findall(r"[一-鿿]{2,}", text):
        total += len(run)
        known += sum(m.end - m.start for m in morphs(run) if m.reading and m.end - m.start > 1)
    return known / max(1, total)


# --- programs --------------------------------------------------------------------------------------------------------


def read_ours(path: Path) -> Reading:
    document = parse(path)
    figures = frozenset(
        (plain(fact.value), plain(fact.row or ""), plain(fact.column or ""))
        for fact in read_facts(document)
        if fact.kind == "cell"
    )
    return Reading(tuple(document.text[page.start : page.end] for page in document.pages), figures=figures)


def read_pdfplumber(path: Path) -> Reading:
    import logging

    import pdfplumber

    logging.disable(logging.WARNING)
    pages: list[str] = []
    tables: list[tuple[Row, ...]] = []
    with pdfplumber.open(path) as document:
        for page in document.pages:
            pages.append(page.extract_text())
            tables += [tuple(tuple(cell or "" for cell in row) for row in table) for table in page.extract_tables()]
            page.close()
    return Reading(tuple(pages), tuple(tables), frozenset(figures_of_tables(tables)))


def read_kreuzberg(path: Path) -> Reading:
    import kreuzberg

    result = kreuzberg.extract_file_sync(str(path))
    tables = [tuple(tuple(cell or "" for cell in row) for row in table.cells) for table in result.tables]
    return Reading((result.content,), tuple(tables), frozenset(figures_of_tables(tables)))


PROGRAMS: dict[str, Callable[[Path], Reading]] = {
    "tenkyo": read_ours,
    "pdfplumber": read_pdfplumber,
    "kreuzberg": read_kreuzberg,
}


def programs() -> Iterator[str]:
    """Yield ours and the others that are installed; say which are not."""
    for name in PROGRAMS:
        if name == "tenkyo" or importlib.util.find_spec(name):
            yield name
        else:
            print(f"  {name} is not installed (pip install 'tenkyo[bench]'): not compared", file=sys.stderr)


def read_with(name: str, path: Path) -> Reading | None:
    """Return what a program reads of a file; None where it refuses it."""
    try:
        return PROGRAMS[name](path)
    except ParseError:
        return None
    except Exception:
        if name == "tenkyo":
            raise  # it refuses by ParseError only
        return None


def _of_pages(name: str, path: Path) -> tuple[bool, float]:
    """Return whether a program read a file and, in MiB, the most memory that this process took so far."""
    return read_with(name, path) is not None, own_mib()


def own_mib() -> float:
    """Return the largest resident size of this process; Linux's usual count begins with that of its parent."""
    status = Path("/proc/self/status")
    match = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.is_file() else None
    return int(match[1]) / 2**10 if match else peak_memory_mib()


def children_mib() -> float:
    """Return the largest resident size of a child that has ended. A child counts what its parent had when it began."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _pool(name: str, workers: int) -> Executor:
    # Ours reads in child processes of its own, and is given threads as the collection gives it.
    if name == "tenkyo":
        return ThreadPoolExecutor(workers)
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def _ready(name: str) -> None:
    if name != "tenkyo":
        __import__(name)


# --- parts -----------------------------------------------------------------------------------------------------------


def truth(data: Path, show: bool) -> None:
    names = list(programs())
    word = {data / "cio_papers" / f"{t.stem}.pdf": t for t in sorted((data / "cio_papers_docx_text").glob("*.txt"))}
    press = {
        data / "covid_press" / f"{t.stem}.pdf": t for t in sorted((data / "covid_press_tables_gold").glob("*.txt"))
    }
    for name in names:
        with _pool(name, os.cpu_count() or 1) as pool:
            read = dict(zip([*word, *press], pool.map(read_with, [name] * 99, [*word, *press]), strict=True))
        recalls = {p.stem: gram_recall(t.read_text("utf-8"), r.text if (r := read[p]) else "") for p, t in word.items()}
        found = wrong = total = 0
        for path, table in press.items():
            gold = list(gold_cells(table.read_text("utf-8")))
            right, other = cells_found(gold, (read[path] or Reading(())).figures)
            found, wrong, total = found + right, wrong + other, total + len(gold)
            if show:
                print(f"    {path.stem} {right}/{len(gold)}")
        if show:
            print("   ", " ".join(f"{key} {value:.3f}" for key, value in recalls.items()))
        mean = sum(recalls.values()) / len(recalls)
        print(
            f"  {name:<11} different 6-grams of the Word text {mean:.4f}, least {min(recalls.values()):.4f}; "
            f"ministry's cells {found / total:.4f} of {total}, read wrong {wrong}"
        )
    _truth_of_nankoku(data / "nankoku", show)


def _truth_of_nankoku(papers: Path, show: bool) -> None:
    files = sorted(papers.rglob("*.pdf"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = list(pool.map(read_with, ["tenkyo"] * len(files), files))
    spread = joined = 0
    lined: set[str] = set()
    shares: dict[tuple[str, int], float] = {}
    words: dict[bool, list[float]] = {True: [], False: []}
    for path, reading in zip(files, read, strict=True):
        if reading is None:
            continue
        for number, (raw, chars, turned) in enumerate(_raw_pages(path), 1):
            ours = reading.pages[number - 1]
            for line in spread_lines(chars):
                spread += 1
                # A tab stands where a ruling does; a lone figure is one of a row's.
                patterns = ["\t?".join(map(re.escape, word)) for word in line if not re.fullmatch(r"[\d,.]+", word)]
                whole = all(re.search(pattern, ours) for pattern in patterns)
                joined += whole
                lined.add(path.name)
                if show and not whole:
                    print(f"    {path.name} {number}: {line}")
            if len(re.findall(r"[一-鿿]", raw)) >= 20:
                words[turned].append(known_share(ours))
                if turned:
                    shares[path.name, number] = share_of_pairs(shown_pairs(chars), ours)
    print(f"  spread lines joined     {joined / max(1, spread):.4f} of {spread} in {len(lined)} files")
    upright = sum(share >= 0.95 for share in shares.values())
    print(f"  turned pages upright    {upright / max(1, len(shares)):.4f} of {len(shares)} (95 % of side-by-side 漢字)")
    print(
        "  漢字 in known words     "
        + ", ".join(
            f"{'turned' if turned else 'other'} pages {sum(v) / max(1, len(v)):.3f}" for turned, v in words.items()
        )
    )
    for (file, number), share in sorted(shares.items(), key=lambda item: item[1])[: 5 if show else 0]:
        print(f"    {file} {number}: {share:.3f}")


def _raw_pages(path: Path) -> Iterator[tuple[str, list[Placed], bool]]:
    """Yield pdfium's own text of each page, its characters on the page as shown, and whether the page is turned."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    for page in document:
        textpage = page.get_textpage()
        width, height = page.get_size()
        rotation = page.get_rotation()
        chars: list[Placed] = []
        for i in range(textpage.count_chars()):
            a, b, c, d = textpage.get_charbox(i)
            box = {
                0: (a, height - d, c, height - b),
                90: (b, a, d, c),
                180: (width - c, b, width - a, d),
                270: (width - d, height - c, width - b, height - a),
            }[rotation]
            chars.append((textpage.get_text_range(i, 1), *box))
        yield textpage.get_text_bounded(), chars, bool(rotation)
        textpage.close()
        page.close()


def speed(data: Path) -> None:
    files = sorted(data.rglob("*.pdf"))
    cores = os.cpu_count() or 1
    total = dict(zip(files, map(page_count, files), strict=True))
    print(f"  {len(files)} files, {sum(total.values())} pages")
    for workers in sorted({1, cores}):
        seconds, _, _ = _timed("tenkyo", files, workers)
        print(f"  tenkyo      {workers} workers, all files     {sum(total.values()) / seconds:7.1f} pages/s")
    # Others take many times as long: papers and press tables, and every sixth of the rest.
    few = [f for i, f in enumerate(files) if f.parent.name in ("cio_papers", "covid_press") or not i % 6]
    pages = sum(total[f] for f in few)
    print(f"  beside the others: {len(few)} files, {pages} pages")
    for workers in sorted({1, cores}):
        ours = 0.0
        for name in programs():
            seconds, memory, refused = _timed(name, few, workers)
            ours = ours or seconds
            print(
                f"  {name:<11} {workers} workers {pages / seconds:7.1f} pages/s, {seconds / ours:5.2f} times our time, "
                f"peak {memory:5.0f} MiB of one process, {refused} files refused"
            )
    largest = max(files, key=lambda f: total[f])
    seconds, parent, child = _apart(_one_file, largest)
    print(f"  largest file: {total[largest]} pages, {seconds:.1f} s, peak {parent:.0f} MiB, its child {child:.0f} MiB")


def _timed(name: str, files: Sequence[Path], workers: int) -> tuple[float, float, int]:
    """Return the seconds of reading files, largest first, the peak memory of one process, and how many were refused."""
    ordered = sorted(files, key=lambda f: -f.stat().st_size)
    with _pool(name, workers) as pool:
        list(pool.map(_ready, [name] * workers))
        began = time.perf_counter()
        results = list(pool.map(_of_pages, [name] * len(ordered), ordered))
        seconds = time.perf_counter() - began
        return seconds, max(memory for _, memory in results), sum(not read for read, _ in results)


def _text_only() -> None:
    """Read no pictures in this process: they are eval.bench_scans' part, and take seconds each."""
    vars(pdf)["ocr_installed"] = lambda: False


def _apart(function: Callable[..., T], *arguments: Any) -> T:
    """Return what a function returns in a process of its own, whose memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_text_only) as pool:
        return pool.submit(function, *arguments).result()


def _one_file(path: Path) -> tuple[float, float, float]:
    began = time.perf_counter()
    read_ours(path)
    return time.perf_counter() - began, own_mib(), children_mib()


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return a file broken in one of four ways: bytes flipped, a range zeroed, the end cut off, a range repeated."""
    broken = bytearray(data)
    how = chance.randrange(4)
    if how == 0:
        for _ in range(chance.choice((1, 10, 100, 1000))):
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        return bytes(broken)
    start = chance.randrange(len(broken))
    end = min(len(broken), start + chance.randrange(1, max(2, len(broken) // 4)))
    if how == 1:
        broken[start:end] = bytes(end - start)
    elif how == 2:
        del broken[max(1, start) :]
    else:
        broken[end:end] = broken[start:end]
    return bytes(broken)


def hostile(data: Path) -> None:
    def tell(what: str, outcomes: Sequence[tuple[str, float]], memory: float) -> None:
        counts = ", ".join(f"{count} {kind}" for kind, count in Counter(kind for kind, _ in outcomes).most_common())
        slowest = max(seconds for _, seconds in outcomes)
        print(f"  {what:<22} {counts}; slowest {slowest:.1f} s, children's peak {memory:.0f} MiB")

    tell("hostile files", *_apart(_outcomes, sorted((data / "hostile").glob("*.pdf"))))
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(SEED)
        real = [f for f in sorted((data / "pdf").rglob("*.pdf")) if f.stat().st_size < 2_000_000]
        broken: list[Path] = []
        for number in range(MUTATIONS):
            broken.append(Path(folder) / f"{number}.pdf")
            broken[-1].write_bytes(mutate(chance.choice(real).read_bytes(), chance))
        tell(f"{MUTATIONS} broken real files", *_apart(_outcomes, broken))


def outcome(path: Path) -> tuple[str, float]:
    """Return what became of a file ("text", "error", or the name of an exception that must not be), and the seconds."""
    began = time.perf_counter()
    try:
        document: Document = parse(path)
        read_facts(document)
        kind = "text" if document.text.strip() else "nothing"
    except ParseError as error:
        kind = "error" if error.message else "error without words"
    except Exception as error:
        kind = f"{type(error).__name__} ({path.name}: {error})"
    return kind, time.perf_counter() - began


def _outcomes(files: Sequence[Path]) -> tuple[list[tuple[str, float]], float]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(outcome, files)), children_mib()


def whole() -> None:
    from index.collection import Collection
    from index.embedder import open_embedder

    files = sorted((ROOT / "sample").glob("*.pdf"))
    embedder = open_embedder()
    embedder.embed_queries(["準備"])
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        report = Collection(Path(folder) / "index", embedder).add(files)
        seconds = time.perf_counter() - started
    pages = sum(map(page_count, files))
    print(f"  {len(report.added)} files, {pages} pages: {seconds:.1f} s, {pages / seconds:.1f} pages/s")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--parts", default="truth,speed,hostile", help="which parts, with commas between")
    parser.add_argument("--show", action="store_true", help="print every paper's figures, and what was not found")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    _text_only()
    if not (arguments.data / "pdf").is_dir() and parts != ["whole"]:
        print(f"the papers are not here: {arguments.data}; name their folder with --data", file=sys.stderr)
        return 2
    run: dict[str, Callable[[], None]] = {
        "truth": lambda: truth(arguments.data / "pdf", arguments.show),
        "speed": lambda: speed(arguments.data / "pdf"),
        "hostile": lambda: hostile(arguments.data),
        "whole": whole,
    }
    for part in parts:
        print(part, flush=True)
        run[part]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
