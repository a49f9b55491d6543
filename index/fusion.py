"""Two rankings become one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def fuse(rankings: Sequence[Sequence[tuple[Key, float]]], weights: Sequence[float], k: int) -> list[tuple[Key, float]]:
    """Return at most ``k`` keys of all ``rankings``, best first, by the weighted sum of their scaled scores.

    Each ranking's scores are scaled to 0–1 between its last and its first hit, because a BM25 score and a cosine have
    nothing in common but their order and their gaps; a key that a ranking does not hold gets 0 from it. Ties go to
    the ranking named first.
    """
    if len(rankings) != len(weights):
        raise ValueError(f"not the same number of rankings and weights: {len(rankings)} != {len(weights)}")
    total: dict[Key, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        if not ranking:
            continue
        low, high = ranking[-1][1], ranking[0][1]
        for key, score in ranking:
            scaled = (score - low) / (high - low) if high > low else 1.0
            total[key] = total.get(key, 0.0) + weight * scaled
    return sorted(total.items(), key=lambda item: -item[1])[:k]
