"""How long does a person wait, and for which step?"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

STEPS = ("retrieve", "read", "check")


def percentile(values: Iterable[float], q: float) -> float | None:
    """Return the value below which a share ``q`` lies: the median is exact, others take the lower neighbour."""
    ordered = sorted(values)
    if not ordered:
        return None
    return statistics.median(ordered) if q == 0.5 else ordered[int(q * (len(ordered) - 1))]


def latencies(totals: Sequence[float], steps: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """Return p50 and p95 in milliseconds, of the whole question and of each of ``STEPS``.

    The keys are ``p50_ms``, ``p95_ms`` and, by step, ``retrieve_p50_ms`` and so on; a step of which there is no time
    is None.
    """
    found: dict[str, float | None] = {f"p{round(100 * q)}_ms": percentile(totals, q) for q in (0.5, 0.95)}
    for step in STEPS:
        times = [one[step] for one in steps if step in one]
        found |= {f"{step}_p{round(100 * q)}_ms": percentile(times, q) for q in (0.5, 0.95)}
    return found
