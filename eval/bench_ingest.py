"""How fast files become an index: pages and passages a second, with and without embedding, and the peak memory.

    python -m eval.bench_ingest [FILE or FOLDER …]

Without arguments the sample collection is read. Parsing alone (with chunks and facts) and the whole of
``Collection.add`` into an empty folder are timed once each, the model being loaded beforehand.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from eval.report import peak_memory_mib
from index.collection import Collection
from index.embedder import open_embedder
from ingest.chunk import chunk
from ingest.facts import read_facts
from ingest.parse import SUFFIXES, ParseError, parse

SAMPLE = Path(__file__).resolve().parent.parent / "sample"


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the files among ``paths`` and directly in the folders among them, in order of name."""
    found = [f for path in paths for f in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [f for f in found if f.is_file() and f.suffix.lower() in SUFFIXES]


def main(argv: Sequence[str]) -> int:
    files = find([Path(a) for a in argv]) or sorted(SAMPLE.glob("*.pdf"))
    embedder = open_embedder()
    embedder.embed_queries(["準備"])
    pages = passages = facts = 0
    started = time.perf_counter()
    for file in files:
        try:
            document = parse(file)
        except ParseError as error:
            print(f"{file.name}: {error}", file=sys.stderr)
            continue
        pages += len(document.pages)
        passages += len(chunk(document, embedder.count_tokens))
        facts += len(read_facts(document))
    parsed = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        Collection(Path(folder) / "index", embedder).add(files)
        added = time.perf_counter() - started
    print(f"{len(files)} files, {pages} pages, {passages} passages, {facts} facts")
    print(f"parse, chunk, facts  {parsed:6.1f} s  {pages / parsed:6.1f} pages/s")
    print(f"whole ingest         {added:6.1f} s  {pages / added:6.1f} pages/s  {passages / added:6.1f} passages/s")
    print(f"peak memory          {peak_memory_mib():6.0f} MiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
