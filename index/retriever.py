"""A question becomes ranked hits."""

from __future__ import annotations

from typing import Literal

from index.database.catalogue import Visible
from index.database.keyword_search import Key
from index.database.reading import View
from index.fusion import fuse
from index.protocols import Embedder, Hit
from ingest.document import Chunk
from ingest.japanese import words

Leg = Literal["fused", "vector", "keyword"]

DEPTH = 100  # hits of each leg that are fused
KEYWORD_WEIGHT = 0.6
"""The words' share of a fused score; the vectors have the rest.

nDCG@10 by eval/bench_retrieval.py (300 questions and 1,000 passages of each set, seed 20261123, default model):

    words' share          0 (vectors)    0.4    0.5    0.6    0.7    0.8    1 (words)
    JaQuAD dev               .892       .952   .958   .958   .956   .952      .944
    U4 tables valid          .513       .754   .776   .789   .793   .785      .766
    JSQuAD valid             .929       .955   .959   .959   .953   .950      .945

At 0.5 to 0.8 the fusion beats both legs on every set; 0.6 is in the middle of the best.
"""


def passage_text(chunk: Chunk) -> str:
    """Return what is embedded: the document's title and the chunk's headings, kept short, then its own text.

    A chunk that says only 前年比0.5%増 is found by the headings it stands under.
    """
    title = chunk.title if len(chunk.title) <= 80 else f"{chunk.title[:40]} … {chunk.title[-40:]}"
    path = " / ".join(part for part in (title, *(heading[:40] for heading in chunk.headings[-3:])) if part)
    return f"{path}\n{chunk.text}" if path else chunk.text


def retrieve(
    view: View, embedder: Embedder, question: str, k: int, leg: Leg = "fused", visible: Visible | None = None
) -> list[Hit]:
    """Return at most ``k`` hits, best first, of ``visible`` only. One leg alone scores in its own measure."""
    depth = max(k, DEPTH)
    legs: dict[str, list[tuple[Key, float]]] = {}
    if leg != "vector":
        legs["keyword"] = view.search(words(question), depth, visible=visible)
    if leg != "keyword":
        legs["vector"] = view.nearest(embedder.embed_queries([question]), depth, visible)[0]
    if leg == "fused":
        best = fuse([legs["keyword"], legs["vector"]], [KEYWORD_WEIGHT, 1 - KEYWORD_WEIGHT], k)
    else:
        best = legs[leg][:k]
    places = {name: {key: rank for rank, (key, _) in enumerate(found, 1)} for name, found in legs.items()}
    chunks = view.chunks_at([key for key, _ in best])
    return [
        Hit(chunks[key], score, {name: ranks[key] for name, ranks in places.items() if key in ranks})
        for key, score in best
    ]
