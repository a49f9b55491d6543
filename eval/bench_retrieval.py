"""How well each leg, and their fusion, finds the right passage on question sets that nobody here wrote.

    python -m eval.bench_retrieval [--data ../shared/data/qa] [--questions 300] [--passages 1000]

Passages are cut as the product cuts them (whole lines, at most 220 tokens) and embedded under their title; a passage
ranks where its best piece does. Vectors are kept in a temporary folder, so that a second run takes seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from eval.bm25 import Bm25
from index.embedder import open_embedder
from index.fusion import fuse
from index.keywords import chunk_words
from index.protocols import Embedder, Vectors
from index.retriever import DEPTH, KEYWORD_WEIGHT, passage_text
from ingest.document import Chunk
from ingest.japanese import words

ROOT = Path(__file__).resolve().parent.parent

SETS = ("jaquad_dev", "u4_tables_valid", "jsquad_valid")
SEED = 20261123
LIMIT = 220  # tokens of a piece, as in ingest/chunk.py
WEIGHTS = [i / 10 for i in range(11)]


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def sample(folder: Path, questions: int, passages: int) -> tuple[list[tuple[str, set[str]]], list[dict[str, str]]]:
    """Return questions with the ids of their right passages, and a corpus that holds those and random others."""
    draw = random.Random(SEED)
    corpus = {str(p["id"]): p for p in read(folder / "corpus.jsonl")}
    # read() gives JSON of any shape; the README of these sets says what their fields are.
    asked = [
        (str(q["question"]), set(map(str, q["positive_ids"])))  # type: ignore[call-overload] # any JSON
        for q in draw.sample(read(folder / "questions.jsonl"), questions)
    ]
    needed = sorted({key for _, right in asked for key in right if key in corpus})
    others = sorted(corpus.keys() - set(needed))
    chosen = needed + draw.sample(others, max(0, min(len(others), passages - len(needed))))
    return asked, [corpus[key] for key in chosen]  # type: ignore[misc] # any JSON


def cut(passage: dict[str, str], embedder: Embedder) -> Iterator[Chunk]:
    """Yield a passage's pieces as chunks whose document is the passage."""
    text, start, end, size = passage["text"], 0, 0, 0
    for line in text.replace("。", "。\0").replace("\n", "\n\0").split("\0"):
        tokens = embedder.count_tokens(line)
        if size and size + tokens > LIMIT:
            yield chunk_of(passage, start, end)
            start, size = end, 0
        end, size = end + len(line), size + tokens
    yield chunk_of(passage, start, end)


def chunk_of(passage: dict[str, str], start: int, end: int) -> Chunk:
    return Chunk(
        f"{passage['id']}:{start}", passage["id"], 1, start, end, passage["text"][start:end], (), passage["title"]
    )


def embedded(texts: list[str], kind: str, embedder: Embedder, cache: Path) -> Vectors:
    """Return the vectors of ``texts``, kept from an earlier run if there was one; ``kind`` ends in query or passage."""
    key = hashlib.sha256("\0".join([embedder.name, kind, *texts]).encode()).hexdigest()[:16]
    path = cache / f"{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        embed = embedder.embed_queries if kind.endswith("query") else embedder.embed_passages
        np.save(path, embed(texts))
    vectors: Vectors = np.load(path)
    return vectors


def by_passage(ranking: Sequence[tuple[str, float]]) -> list[str]:
    return list(dict.fromkeys(key.rsplit(":", 1)[0] for key, _ in ranking))


def ndcg(ranked: list[str], right: set[str], k: int = 10) -> float:
    """Return nDCG@k with gains 0 and 1 and the discount log2(rank + 1)."""
    gains = sum(1 / np.log2(rank + 1) for rank, key in enumerate(ranked[:k], 1) if key in right)
    return float(gains / sum(1 / np.log2(rank + 1) for rank in range(1, min(k, len(right)) + 1)))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "qa")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "tenkyo-bench")
    parser.add_argument("--model", default="default")
    parser.add_argument("--exact", action="store_true", help="do not round the default model's weights")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        print(f"the question sets are not here: {arguments.data}; name their folder with --data", file=sys.stderr)
        return 2
    embedder = open_embedder(arguments.model, exact=arguments.exact)
    kind = "exact" if arguments.exact else "rounded"
    print(f"nDCG@10 (first hit right), {arguments.questions} questions, {arguments.passages} passages, seed {SEED}")
    for name in SETS:
        asked, corpus = sample(arguments.data / name, arguments.questions, arguments.passages)
        chunks = [chunk for passage in corpus for chunk in cut(passage, embedder)]
        ids = [chunk.id for chunk in chunks]
        keywords = Bm25(ids, [chunk_words(chunk) for chunk in chunks])
        vectors = embedded([passage_text(c) for c in chunks], f"{kind} passage", embedder, arguments.cache)
        questions = [question for question, _ in asked]
        by_words = [keywords.search(words(question), DEPTH) for question in questions]
        cosines = embedded(questions, f"{kind} query", embedder, arguments.cache) @ vectors.T
        by_vectors = [[(ids[n], float(row[n])) for n in np.argsort(-row, kind="stable")[:DEPTH]] for row in cosines]
        print(f"{name}: {len(corpus)} passages in {len(chunks)} pieces")
        for weight in WEIGHTS:
            ranked = [
                by_passage(fuse([a, b], [weight, 1 - weight], DEPTH)) for a, b in zip(by_words, by_vectors, strict=True)
            ]
            scores = [ndcg(found, right) for found, (_, right) in zip(ranked, asked, strict=True)]
            first = [found[:1] != [] and found[0] in right for found, (_, right) in zip(ranked, asked, strict=True)]
            leg = {0.0: "vectors", 1.0: "words"}.get(weight, "fused" + " *" * (weight == KEYWORD_WEIGHT))
            print(f"  words {weight:.1f}  {np.mean(scores):.4f} ({np.mean(first):.3f})  {leg}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
